//! What every tracked file must respect: a length, and no trace of the machine it was written on.

use std::path::Path;
use std::{fs, str};

use anyhow::{Result, bail};

use crate::command;

const LONGEST: usize = 400;
const MEASURED: [&str; 4] = ["rs", "html", "css", "js"];

/// Written in two pieces, so that this file passes its own check.
const UNWANTED: [&str; 8] = [
    concat!("/wo", "rk/"),
    concat!("/fa", "rm/"),
    concat!("/ro", "ot/"),
    concat!("/ho", "me/"),
    concat!("CLA", "UDE"),
    concat!("index.", "crates.io"),
    concat!("static.", "crates.io"),
    concat!("pythonhosted", ".org"),
];

/// Reads every file git knows or would add.
pub(crate) fn check() -> Result<()> {
    let arguments = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
    let listing = command::capture(command::program("git").args(arguments))?;
    let mut findings = Vec::new();
    for path in listing.split('\0').filter(|path| !path.is_empty() && *path != "Cargo.lock") {
        // Deleted but still in the index, or binary: nothing to read.
        let Ok(bytes) = fs::read(command::root().join(path)) else {
            continue;
        };
        let Ok(text) = str::from_utf8(&bytes) else { continue };
        findings.extend(inspect(path, text));
    }
    if !findings.is_empty() {
        bail!("{}", findings.join("\n"));
    }
    Ok(())
}

fn inspect(path: &str, text: &str) -> Vec<String> {
    let mut findings = Vec::new();
    let extension = Path::new(path).extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    let lines = text.lines().count();
    if MEASURED.contains(&extension) && lines > LONGEST {
        findings.push(format!("{path}: {lines} lines, more than {LONGEST}: look for the missing type or module"));
    }
    for (number, line) in text.lines().enumerate() {
        for word in UNWANTED.iter().filter(|word| line.contains(**word)) {
            findings.push(format!("{path}:{}: `{word}` belongs to a machine, not to the repository", number + 1));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::{LONGEST, UNWANTED, inspect};

    #[test]
    fn refuses_a_source_file_that_is_too_long() {
        let long = "x\n".repeat(LONGEST + 1);
        assert_eq!(inspect("src/a.rs", &long).len(), 1);
        assert!(inspect("src/table.tsv", &long).is_empty());
        assert!(inspect("src/a.rs", &"x\n".repeat(LONGEST)).is_empty());
    }

    #[test]
    fn refuses_a_path_of_a_machine_in_any_text() {
        for word in UNWANTED {
            assert_eq!(inspect("README.md", &format!("fine\nsee {word}x\n")).len(), 1, "{word}");
        }
    }
}
