//! Accounts of a directory, as a table. Dates are instants, or counted by Windows.

use super::delimited::{Row, Table};
use super::parts::{clip, flag, uncoded};
use super::{Content, Format, Line, Parsed, Reason, computers};
use crate::governance::estate::Account;
use crate::governance::estate::date;
use std::cell::Cell;

/// The column that names the account.
pub(super) const LOGIN: &[&str] = &["samaccountname", "identifiant", "login", "uid", CLOUD];
/// The same in a cloud.
const CLOUD: &str = "userprincipalname";
const ENABLED: &[&str] = &["enabled", "accountenabled", "actif", "active", "compteactive"];
/// The same, the other way round.
const BLOCKED: &[&str] = &["blockcredential", "blockcredentials", "signinblocked", "connexionbloquee"];
/// Last sign-in: a directory's, or a cloud's.
pub(super) const USED: &[&str] = &[
    "lastlogontimestamp",
    "lastlogondate",
    "lastlogon",
    "derniereconnexion",
    "derniereouverturedesession",
    "lastsignindatetime",
    "lastsuccessfulsignindatetime",
    "lastinteractivesignindatetime",
    "lastsignindate",
    "lastsignin",
    "lastactivitydate",
    "lastactivitydateutc",
];
const RENEWED: &[&str] = &[
    "pwdlastset",
    "passwordlastset",
    "motdepassechangele",
    "lastpasswordchangetimestamp",
    "lastpasswordchangedatetime",
    "lastpasswordchange",
];
const CREATED: &[&str] =
    &["whencreated", "created", "creele", "datedecreation", "createddatetime", "creationtime", "creationdate"];
pub(super) const EXPIRES: &[&str] = &["accountexpires", "accountexpirationdate", "expirele", "dateexpiration"];

/// Whether a table is one: it names accounts. Machines that a service manages have somebody's name beside theirs.
pub(super) fn fits(table: &Table) -> bool {
    let own = |name: &&&str| **name != CLOUD;
    let own: Vec<&str> = LOGIN.iter().filter(own).copied().collect();
    table.has(&own) || (table.has(&[CLOUD]) && !computers::fits(table))
}

/// Reads a table.
pub(super) fn read(table: &Table) -> Parsed {
    Parsed { format: Format::Directory, lines: table.rows.iter().map(|row| line(table, row)).collect() }
}

fn line(table: &Table, row: &Row) -> Line {
    if let Some(reason) = table.trouble(row) {
        return Line::unread(row.line, reason);
    }
    let unreadable = Cell::new(false);
    let say = |names: &[&str]| -> Vec<String> {
        let said = table.field(row, names);
        let plain = said.map(|text| uncoded(text).ok_or_else(|| unreadable.set(true)));
        plain.and_then(Result::ok).into_iter().collect()
    };
    let content = content(table, &say);
    match content {
        // What says whose it is, or from when to when, is not what it looks like: nothing of the line is trusted.
        _ if unreadable.get() => Line::unread(row.line, Reason::Coded),
        Ok(Content::Machine(sighting)) => Line::machine(row.line, *sighting),
        Ok(content) => Line { line: row.line, content },
        Err(reason) => Line::unread(row.line, reason),
    }
}

fn content(table: &Table, say: &dyn Fn(&[&str]) -> Vec<String>) -> Result<Content, Reason> {
    // Computers have accounts too, and groups.
    let mut classes = say(&["objectclass"]);
    classes.extend(say(&["samaccounttype"]).iter().filter_map(|number| class(number)).map(str::to_owned));
    if is_computer(&classes, say(LOGIN).first().map_or("", String::as_str)) {
        let sighting =
            computers::sighting(&|name| if computers::is_own(table, name) { say(&[name]) } else { Vec::new() })
                .ok_or(Reason::Empty)?;
        return Ok(Content::Machine(Box::new(sighting)));
    }
    if !classes.is_empty() && !is_person(&classes) {
        return Err(Reason::Foreign);
    }
    let values = |name: &str| match name {
        "enabled" => {
            let blocked = || say(BLOCKED).first().and_then(|said| flag(said)).map(|blocked| (!blocked).to_string());
            let told = say(ENABLED);
            if told.is_empty() { blocked().into_iter().collect() } else { told }
        }
        "samaccountname" => say(LOGIN),
        "displayname" => say(&["displayname", "name", "cn", "nomcomplet", "nomaffiche", "nomdaffichage"]),
        "lastlogontimestamp" => USED.iter().flat_map(|name| say(&[name])).collect(),
        "pwdlastset" => say(RENEWED),
        "whencreated" => say(CREATED),
        "accountexpires" => say(EXPIRES),
        "passwordneverexpires" => say(&["passwordneverexpires", "motdepassesansexpiration"]),
        name => say(&[name]),
    };
    let account = account(&values)?;
    let (use_untold, end_untold) = (!table.has(USED), !table.has(EXPIRES));
    Ok(Content::Account(Account { use_untold, end_untold, ..account }))
}

/// What a directory's number of a kind of account means, where it is not somebody's.
fn class(number: &str) -> Option<&'static str> {
    match number {
        "268435456" | "268435457" | "536870912" | "536870913" => Some("group"),
        "805306369" => Some("computer"),
        _ => None,
    }
}

/// Whether an entry of these classes is an account: of somebody, or of a service. Groups, contacts and folders are none.
pub(super) fn is_person(classes: &[String]) -> bool {
    let classes = words(classes);
    let is = |wanted: &[&str]| classes.iter().any(|class| wanted.contains(&class.as_str()));
    let service = classes.iter().any(|class| class.contains("managedserviceaccount"));
    (service || is(&["user", "person", "inetorgperson", "posixaccount"])) && !is(&["contact", "group"])
}

fn words(classes: &[String]) -> Vec<String> {
    let each = classes.iter().flat_map(|class| class.split([',', ' ', ';', '|', '\n']));
    each.filter(|class| !class.is_empty()).map(str::to_lowercase).collect()
}

/// An entry of a machine, by its classes, else by the sign that ends its login. Services have logins that end alike.
pub(super) fn is_computer(classes: &[String], login: &str) -> bool {
    let classes = words(classes);
    let has = |word: &str| classes.iter().any(|class| class == word);
    let service = classes.iter().any(|class| class.contains("managedserviceaccount"));
    !service && (has("computer") || (classes.is_empty() && login.ends_with('$')))
}

/// An account from what each attribute says, names in small letters.
pub(super) fn account(values: &dyn Fn(&str) -> Vec<String>) -> Result<Account, Reason> {
    let one = |name: &str| values(name).first().and_then(|text| clip(text));
    let login = one("samaccountname").ok_or(Reason::Empty)?;
    let at = |name: &str| match one(name).as_deref() {
        Some(text) if name == "accountexpires" && date::is_endless(text) => Ok(None),
        Some(text) => instant(text),
        None => Ok(None),
    };
    // A directory tells a use in several ways, each of which may be behind: the latest counts.
    let used: Vec<String> = values("lastlogontimestamp").iter().filter_map(|text| clip(text)).collect();
    let used: Vec<Result<Option<i64>, Reason>> = used.iter().map(|text| instant(text)).collect();
    let latest = used.iter().filter_map(|told| told.ok().flatten()).max();
    let used = if latest.is_some() { latest } else { used.into_iter().find(Result::is_err).transpose()?.flatten() };
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
        last_seen: used,
        password_set: at("pwdlastset")?,
        created: at("whencreated")?,
        expires: at("accountexpires")?,
        password_never_expires: never.or_else(|| control.map(|bits| bits & 0x1_0000 != 0)),
        groups,
        guarded: one("admincount").map(|text| text != "0"),
        ..Account::default()
    })
}

/// An instant as a directory tells it; none for never.
fn instant(text: &str) -> Result<Option<i64>, Reason> {
    match text {
        "0" | "9223372036854775807" | "Never" | "Jamais" | "never" => Ok(None),
        text if text.len() >= 15 && text.bytes().all(|byte| byte.is_ascii_digit()) => Ok(date::windows(text)),
        text => date::generalized(text).or_else(|| date::instant(text)).map(Some).ok_or(Reason::Date),
    }
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
