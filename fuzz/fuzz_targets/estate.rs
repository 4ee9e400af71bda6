//! Any file is refused with its reason, or read into lines that can be kept, read again and folded; every line has a fate.
#![no_main]

use domain::governance::estate::{Estate, Line, Source, read};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    match read(bytes) {
        Err(refusal) => assert!(!refusal.code().is_empty() && !refusal.french().is_empty()),
        Ok(parsed) => {
            let kept = serde_json::to_string(&parsed.lines).expect("lines can be kept");
            let again: Vec<Line> = serde_json::from_str(&kept).expect("and read again");
            assert_eq!(again, parsed.lines);
            let (count, format) = (again.len(), parsed.format);
            let source = Source { import: 1, at: 1, file: String::new(), format, line: 0, entry: 0 };
            let estate = Estate::fold(Estate::lines(source, again));
            assert_eq!(estate.fates(1).len(), count);
        }
    }
});
