//! Accounts that a newer export of their directory no longer has.

use super::*;

fn export(logins: &[&str], day: &str) -> String {
    let rows = logins.iter().map(|login| format!("{login};True;2026-{day} 08:00:00\n"));
    format!("sAMAccountName;Enabled;lastLogonDate\n{}", rows.collect::<String>())
}

fn gone(texts: &[String]) -> Vec<String> {
    let estate = fold(&texts.iter().map(String::as_bytes).collect::<Vec<_>>());
    estate.accounts.into_iter().filter(|account| account.told.gone).map(|account| account.told.login).collect()
}

#[test]
fn an_account_that_the_newer_export_no_longer_has_is_gone_in_whatever_order_they_come() {
    let (old, new) = (export(&["a", "b", "c", "d"], "06-01"), export(&["a", "b", "C", "e"], "09-01"));
    assert_eq!(gone(&[old.clone(), new.clone()]), ["d"]);
    assert_eq!(gone(&[new.clone(), old.clone()]), ["d"]);
    let back = export(&["a", "b", "c", "d", "e"], "10-01");
    assert_eq!(gone(&[back, old, new]), [] as [&str; 0], "it is there again");
}

#[test]
fn a_part_of_the_directory_or_another_one_takes_nobody_away() {
    let whole = export(&["a", "b", "c", "d", "e"], "06-01");
    assert_eq!(gone(&[whole.clone(), export(&["a"], "09-01")]), [] as [&str; 0]);
    assert_eq!(gone(&[whole.clone(), export(&["x", "y", "z"], "09-01")]), [] as [&str; 0]);
    assert_eq!(gone(&[export(&["a", "z"], "05-01"), whole]), ["z"], "a part, and later the whole");
}

proptest! {
    #[test]
    fn who_is_gone_does_not_depend_on_the_order_nor_on_giving_an_export_twice(
        exports in proptest::collection::vec((proptest::collection::btree_set(0..6_u8, 1..6), 1..9_u8), 1..5),
    ) {
        let texts: Vec<String> = exports
            .iter()
            .map(|(logins, month)| {
                let names: Vec<String> = logins.iter().map(|login| format!("a{login}")).collect();
                export(&names.iter().map(String::as_str).collect::<Vec<_>>(), &format!("0{month}-01"))
            })
            .collect();
        let sources = |order: &[usize]| {
            let lines = order.iter().flat_map(|at| {
                let place = source(*at as i64 + 1, "file", Format::Directory);
                Estate::lines(place, read(texts[*at].as_bytes()).unwrap().lines)
            });
            Estate::fold(lines.collect::<Vec<_>>()).accounts
        };
        let order: Vec<usize> = (0..texts.len()).collect();
        let back: Vec<usize> = order.iter().rev().copied().collect();
        let twice: Vec<usize> = order.iter().chain(&order).copied().collect();
        let told = sources(&order);
        prop_assert_eq!(&told, &sources(&back));
        prop_assert_eq!(&told, &sources(&twice));
        // Whoever is in the newest export is not gone, and nobody is without another export.
        let newest = exports.iter().map(|(_, month)| *month).max().unwrap();
        for (logins, _) in exports.iter().filter(|(_, month)| *month == newest) {
            let here = |account: &&Seen<Account>| logins.iter().any(|login| account.told.login == format!("a{login}"));
            let alone = exports.iter().filter(|(_, month)| *month == newest).count() == 1;
            prop_assert!(!alone || told.iter().filter(here).all(|account| !account.told.gone));
        }
    }
}
