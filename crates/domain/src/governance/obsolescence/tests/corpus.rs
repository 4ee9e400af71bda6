//! Names of machines and programs as inventories write them, none of which was looked at when rules were written.

use super::*;

/// `kind; name|version|build|maker|model|publisher; day; product cycle verdict` ; `-` is none.
const CASES: [&str; 3] = [include_str!("cases.txt"), include_str!("systems.txt"), include_str!("programs.txt")];

#[test]
fn recognises_what_inventories_write() {
    let facts = Facts::shipped();
    let mut wrong = Vec::new();
    let mut count = 0;
    for line in CASES.iter().flat_map(|cases| cases.lines()).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let mut parts = line.split(';').map(str::trim);
        let mut next = || parts.next().unwrap();
        let kind = match next() {
            "s" => Kind::System,
            "p" => Kind::Software,
            "d" => Kind::Device,
            other => panic!("{other} in {line}"),
        };
        let (written, day, expected) = (next(), next().parse().unwrap(), next());
        let found = assess(facts, &observed(kind, written), day);
        let part = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".into());
        let got = format!("{} {} {}", part(&found.product), part(&found.cycle), found.verdict.code());
        if got != expected {
            wrong.push(format!("{written} on {day}: {got}, not {expected} ({})", found.reason.fr));
        }
        count += 1;
    }
    assert!(wrong.is_empty(), "{} of {count}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(count >= 600, "{count}");
}
