//! Dates as one reads them in France.

pub(crate) use domain::local_time::local;

use jiff::civil::{Date, DateTime};
use jiff::{ToSpan as _, Unit};

const DAYS: [&str; 7] = ["lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"];
const MONTHS: [&str; 12] = [
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
];

/// Of what has no date.
pub(crate) const UNDATED: &str = "sans date";

/// `mardi 24 novembre 2026`.
pub(crate) fn long(date: Date) -> String {
    let day = usize::try_from(date.weekday().to_monday_zero_offset()).unwrap_or_default();
    let month = usize::try_from(date.month() - 1).unwrap_or_default();
    let number = if date.day() == 1 { "1er".to_owned() } else { date.day().to_string() };
    let (day, month) = (DAYS.get(day).copied().unwrap_or_default(), MONTHS.get(month).copied().unwrap_or_default());
    format!("{day} {number} {month} {}", date.year())
}

/// `14 h 05`.
pub(crate) fn hour(at: DateTime) -> String {
    format!("{}\u{a0}h\u{a0}{:02}", at.hour(), at.minute())
}

/// `aujourd’hui à 14 h 05`, `hier à 20 h 45`, `21/11 à 9 h 00`, `21/11/2025`: as short as it stays clear.
pub(crate) fn when(micros: i64, now: i64) -> String {
    if micros <= app::UNDATED {
        return UNDATED.to_owned();
    }
    let (at, today) = (local(micros), local(now).date());
    let day = at.date();
    let tomorrow = today.checked_add(1.day()).is_ok_and(|tomorrow| tomorrow == day);
    match near(day, today) {
        Some(near) => format!("{near} à {}", hour(at)),
        None if tomorrow => format!("demain à {}", hour(at)),
        None if day.year() == today.year() => format!("{:02}/{:02} à {}", day.day(), day.month(), hour(at)),
        None => format!("{:02}/{:02}/{}", day.day(), day.month(), day.year()),
    }
}

/// `14 h 05`, `hier 20 h 45`, `21/11 9 h 00`: in a list of the last hours.
pub(crate) fn brief(micros: i64, now: i64) -> String {
    let (at, today) = (local(micros), local(now).date());
    if at.date() == today { hour(at) } else { when(micros, now).replace(" à ", " ") }
}

/// In a sentence, after *depuis* or *prévu*: `hier à 20 h 45`, `le 21/11 à 9 h 00`.
pub(crate) fn since(micros: i64, now: i64) -> String {
    article(when(micros, now))
}

/// The day only, after *depuis*.
pub(crate) fn since_day(micros: i64, now: i64) -> String {
    article(day(micros, now))
}

/// A number of the calendar has its article, *hier* has none.
fn article(when: String) -> String {
    if when.starts_with(|first: char| first.is_ascii_digit()) { format!("le {when}") } else { when }
}

/// `24/11/2026 à 14 h 05`: what is still true on another day.
pub(crate) fn exact(micros: i64) -> String {
    let at = local(micros);
    format!("{:02}/{:02}/{} à {}", at.day(), at.month(), at.year(), hour(at))
}

/// The day only: `aujourd’hui`, `hier`, `19/11`, `19/11/2025`.
pub(crate) fn day(micros: i64, now: i64) -> String {
    if micros <= app::UNDATED {
        return UNDATED.to_owned();
    }
    let (day, today) = (local(micros).date(), local(now).date());
    match near(day, today) {
        Some(near) => near.to_owned(),
        None if day.year() == today.year() => format!("{:02}/{:02}", day.day(), day.month()),
        None => format!("{:02}/{:02}/{}", day.day(), day.month(), day.year()),
    }
}

/// A FHIR date: `07/03/1938`, `03/1938`, `1938`; of an instant, its day here.
pub(crate) fn short(text: &str) -> String {
    let whole = domain::local_time::day(text).map(|day| day.to_string());
    let day = whole.as_deref().unwrap_or(text);
    let parts: Vec<&str> = day.split('-').rev().collect();
    parts.join("/")
}

/// Age on a day of someone born on a FHIR date; about, when only the year is known.
pub(crate) fn age(born: &str, today: Date) -> Option<String> {
    let about = born.len() < 10;
    let whole = match born.len() {
        4 => format!("{born}-07-01"),
        7 => format!("{born}-15"),
        _ => born.to_owned(),
    };
    let born: Date = whole.parse().ok()?;
    let span = born.until((Unit::Year, today)).ok().filter(|span| !span.is_negative())?;
    let years = span.get_years();
    let text = match years {
        0 | 1 => {
            let months = born.until((Unit::Month, today)).ok()?.get_months();
            if months == 0 { "moins d’un mois".to_owned() } else { format!("{months}\u{a0}mois") }
        }
        years => format!("{years}\u{a0}ans"),
    };
    Some(if about { format!("environ {text}") } else { text })
}

/// `aujourd’hui` and `hier`, else nothing.
pub(crate) fn near(date: Date, today: Date) -> Option<&'static str> {
    if date == today {
        Some("aujourd’hui")
    } else if today.checked_sub(1.day()).is_ok_and(|yesterday| yesterday == date) {
        Some("hier")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn writes_dates_as_they_are_said() {
        assert_eq!(long(date(2026, 11, 24)), "mardi 24 novembre 2026");
        assert_eq!(long(date(2026, 11, 1)), "dimanche 1er novembre 2026");
        assert_eq!((short("1938-03-07").as_str(), short("1938").as_str()), ("07/03/1938", "1938"));
        assert_eq!((short("2026-05-27T22:30:00.000Z").as_str(), short("2026-05").as_str()), ("28/05/2026", "05/2026"));
    }

    #[test]
    fn says_when_as_shortly_as_it_stays_clear() {
        let at = |text: &str| text.parse::<jiff::Timestamp>().unwrap().as_microsecond();
        let now = at("2026-11-24T08:00:00Z");
        let said = |text: &str| when(at(text), now).replace('\u{a0}', " ");
        assert_eq!(said("2026-11-24T07:05:00Z"), "aujourd’hui à 8 h 05");
        assert_eq!(said("2026-11-23T19:45:00Z"), "hier à 20 h 45");
        assert_eq!(said("2026-11-25T07:00:00Z"), "demain à 8 h 00");
        assert_eq!(said("2026-11-21T08:00:00Z"), "21/11 à 9 h 00");
        assert_eq!(said("2025-11-21T08:00:00Z"), "21/11/2025");
        assert_eq!((when(app::UNDATED, now), day(app::UNDATED, now)), ("sans date".to_owned(), "sans date".to_owned()));
        let from = |text: &str| since(at(text), now).replace('\u{a0}', " ");
        assert_eq!(from("2026-11-21T08:00:00Z"), "le 21/11 à 9 h 00");
        assert_eq!(from("2026-11-23T19:45:00Z"), "hier à 20 h 45");
        assert_eq!(since_day(at("2026-11-21T08:00:00Z"), now), "le 21/11");
        assert_eq!(brief(now - 60_000_000, now).replace('\u{a0}', " "), "8 h 59");
        assert_eq!(brief(at("2026-11-23T19:45:00Z"), now).replace('\u{a0}', " "), "hier 20 h 45");
        assert_eq!(exact(now).replace('\u{a0}', " "), "24/11/2026 à 9 h 00");
    }

    #[test]
    fn counts_years_then_months() {
        let today = date(2026, 11, 24);
        assert_eq!(age("1938-11-25", today).unwrap(), "87\u{a0}ans");
        assert_eq!(age("1938-11-24", today).unwrap(), "88\u{a0}ans");
        assert_eq!(age("2026-09-01", today).unwrap(), "2\u{a0}mois");
        assert_eq!(age("2026-11-20", today).unwrap(), "moins d’un mois");
        assert_eq!(age("1940", today).unwrap(), "environ 86\u{a0}ans");
        assert_eq!(age("2030-01-01", today), None);
        assert_eq!(age("rubbish", today), None);
    }

    #[test]
    fn says_today_and_yesterday() {
        let today = date(2026, 3, 1);
        assert_eq!(near(today, today), Some("aujourd’hui"));
        assert_eq!(near(date(2026, 2, 28), today), Some("hier"));
        assert_eq!(near(date(2026, 2, 27), today), None);
    }
}
