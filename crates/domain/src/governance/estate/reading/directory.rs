//! Accounts of a directory, as a table. Dates are instants, or counted by Windows.

use super::delimited::{Row, Table};
use super::parts::{clip, flag};
use super::{Content, Format, Line, Parsed, Reason, computers};
use crate::governance::estate::Account;
use crate::governance::estate::date;

/// The column that names the account.
pub(super) const LOGIN: &[&str] = &["samaccountname", "identifiant", "login", "uid", "userprincipalname"];

/// Reads a table.
pub(super) fn read(table: &Table) -> Parsed {
    Parsed { format: Format::Directory, lines: table.rows.iter().map(|row| line(table, row)).collect() }
}

fn line(table: &Table, row: &Row) -> Line {
    if let Some(reason) = table.trouble(row) {
        return Line::unread(row.line, reason);
    }
    // Computers have accounts too.
    let raw = |name: &str| table.field(row, &[name]).map(str::to_owned).into_iter().collect::<Vec<_>>();
    if is_computer(&raw("objectclass"), table.field(row, LOGIN).unwrap_or_default()) {
        return match computers::sighting(&raw) {
            Some(sighting) => Line::machine(row.line, sighting),
            None => Line::unread(row.line, Reason::Empty),
        };
    }
    let several = |name: &str| table.field(row, &[name]).map(str::to_owned).into_iter().collect();
    let french = |name: &str| match name {
        "samaccountname" => LOGIN,
        "displayname" => &["displayname", "name", "cn", "nomcomplet", "nomaffiche"][..],
        "enabled" => &["enabled", "actif", "active"],
        "lastlogontimestamp" => &["lastlogontimestamp", "lastlogondate", "lastlogon", "derniereconnexion"],
        "pwdlastset" => &["pwdlastset", "passwordlastset", "motdepassechangele"],
        "whencreated" => &["whencreated", "created", "creele", "datedecreation"],
        "accountexpires" => &["accountexpires", "accountexpirationdate", "expirele", "dateexpiration"],
        "passwordneverexpires" => &["passwordneverexpires", "motdepassesansexpiration"],
        _ => &[],
    };
    let field = |name: &str| match french(name) {
        [] => several(name),
        names => table.field(row, names).map(str::to_owned).into_iter().collect::<Vec<_>>(),
    };
    match account(&field) {
        Ok(account) => Line { line: row.line, content: Content::Account(account) },
        Err(reason) => Line::unread(row.line, reason),
    }
}

/// An entry of a machine, by its classes, else by the sign that ends its login. Services have logins that end alike.
pub(super) fn is_computer(classes: &[String], login: &str) -> bool {
    let classes: Vec<String> =
        classes.iter().flat_map(|class| class.split([',', ' ', ';'])).map(str::to_lowercase).collect();
    let has = |word: &str| classes.iter().any(|class| class == word);
    let service = classes.iter().any(|class| class.contains("managedserviceaccount"));
    !service && (has("computer") || (classes.is_empty() && login.ends_with('$')))
}

/// An account from what each attribute says, names in small letters.
pub(super) fn account(values: &dyn Fn(&str) -> Vec<String>) -> Result<Account, Reason> {
    let one = |name: &str| values(name).first().and_then(|text| clip(text));
    let login = one("samaccountname").ok_or(Reason::Empty)?;
    let at = |name: &str| match one(name).as_deref() {
        None | Some("0" | "9223372036854775807" | "Never" | "Jamais" | "never") => Ok(None),
        Some(text) if text.len() >= 15 && text.bytes().all(|byte| byte.is_ascii_digit()) => Ok(date::windows(text)),
        Some(text) => date::generalized(text).or_else(|| date::instant(text)).map(Some).ok_or(Reason::Date),
    };
    let control: Option<u32> = one("useraccountcontrol").and_then(|text| text.parse().ok());
    let enabled = one("enabled").and_then(|text| flag(&text)).or_else(|| control.map(|bits| bits & 0x2 == 0));
    let never = one("passwordneverexpires").and_then(|text| flag(&text));
    let groups = values("memberof");
    let mut groups: Vec<String> = groups.iter().flat_map(|list| names(list)).collect();
    groups.sort();
    groups.dedup();
    Ok(Account {
        login,
        display: one("displayname"),
        enabled,
        last_seen: at("lastlogontimestamp")?,
        password_set: at("pwdlastset")?,
        created: at("whencreated")?,
        expires: at("accountexpires")?,
        password_never_expires: never.or_else(|| control.map(|bits| bits & 0x1_0000 != 0)),
        groups,
        guarded: one("admincount").map(|text| text != "0"),
        gone: false,
    })
}

/// Groups, short: `CN=Domain Admins,CN=Users,DC=x` or `Domain Admins,G_SI`.
fn names(list: &str) -> Vec<String> {
    let distinguished = list.to_lowercase().starts_with("cn=");
    if !distinguished {
        return list.split([',', '|']).filter_map(clip).collect();
    }
    let each = list.split([';', '|']);
    let each = each.filter_map(|name| {
        let first = name.trim().split(',').next()?;
        let (key, value) = first.split_once('=')?;
        key.trim().eq_ignore_ascii_case("cn").then(|| clip(value)).flatten()
    });
    each.collect()
}
