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
