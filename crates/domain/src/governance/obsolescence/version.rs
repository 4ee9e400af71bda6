//! Versions as numbers: which cycle a version belongs to, and which cycles a range covers.

use regex::Regex;
use std::cmp::Ordering;
use std::sync::LazyLock;

static NUMBER: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\d+(?:\.\d+)*").ok());
static RANGE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(\d+(?:\.\d+)*)[^-]{0,24}\s-\s[^\d]{0,16}(\d+(?:\.\d+)*)").ok());

/// A version, by its numbers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Version(Vec<u64>);

impl Version {
    /// Only digits and dots; anything else is not a number (`10-22h2`, `lmde7`).
    pub(super) fn parse(text: &str) -> Option<Self> {
        let parts: Option<Vec<u64>> = text.split('.').map(|part| part.parse().ok()).collect();
        parts.filter(|parts| !parts.is_empty()).map(Self)
    }

    /// The first version written in a text.
    pub(super) fn first(text: &str) -> Option<Self> {
        NUMBER.as_ref()?.find(text).and_then(|found| Self::parse(found.as_str()))
    }

    /// The two ends of « 1.2 - 3.4 ».
    pub(super) fn range(text: &str) -> Option<(Self, Self)> {
        let found = RANGE.as_ref()?.captures(text)?;
        let end = |index| found.get(index).and_then(|end| Self::parse(end.as_str()));
        end(1).zip(end(2)).filter(|(low, high)| low < high)
    }

    fn starts(&self, other: &Self) -> bool {
        other.0.starts_with(&self.0)
    }

    /// Compared as far as the shorter goes.
    fn roughly(&self, other: &Self) -> Ordering {
        let shorter = self.0.len().min(other.0.len());
        self.0.iter().take(shorter).cmp(other.0.iter().take(shorter))
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let parts: Vec<String> = self.0.iter().map(u64::to_string).collect();
        f.write_str(&parts.join("."))
    }
}

/// Where a version falls among the cycles of a product.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// One cycle.
    In(String),
    /// The version is too short to tell: one of these.
    Among(Vec<String>),
    /// Older than the oldest cycle.
    Before(String),
    /// Newer than the newest cycle.
    After(String),
    /// Older than this cycle and newer than another, and in none.
    Between(String),
    /// None of that.
    Nowhere,
}

/// The cycle with the longest numbers that begin the version.
pub(super) fn place<'c>(version: &Version, cycles: impl Iterator<Item = &'c str>) -> Place {
    let known: Vec<(Version, &str)> = cycles.filter_map(|id| Version::parse(id).map(|parsed| (parsed, id))).collect();
    let inside = known.iter().filter(|(cycle, _)| cycle.starts(version)).max_by_key(|(cycle, _)| cycle.0.len());
    if let Some((_, id)) = inside {
        return Place::In((*id).to_owned());
    }
    let among: Vec<String> =
        known.iter().filter(|(cycle, _)| version.starts(cycle)).map(|(_, id)| (*id).to_owned()).collect();
    if !among.is_empty() {
        return Place::Among(among);
    }
    let (oldest, newest) = (known.iter().min(), known.iter().max());
    match (oldest, newest) {
        (Some((oldest, id)), _) if version.roughly(oldest) == Ordering::Less => Place::Before((*id).to_owned()),
        (_, Some((newest, id))) if version.roughly(newest) == Ordering::Greater => Place::After((*id).to_owned()),
        _ => {
            let next = known.iter().filter(|(cycle, _)| cycle > version).min();
            next.map_or(Place::Nowhere, |(_, id)| Place::Between((*id).to_owned()))
        }
    }
}

/// The cycles from one version to another, both included.
pub(super) fn between<'c>(low: &Version, high: &Version, cycles: impl Iterator<Item = &'c str>) -> Vec<String> {
    cycles
        .filter(|id| {
            Version::parse(id)
                .is_some_and(|cycle| cycle.roughly(low) != Ordering::Less && cycle.roughly(high) != Ordering::Greater)
        })
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(version: &str, cycles: &[&str]) -> Place {
        place(&Version::parse(version).unwrap(), cycles.iter().copied())
    }

    #[test]
    fn takes_the_longest_cycle_that_begins_the_version() {
        assert_eq!(at("7.24.1", &["7", "7.2", "7.24"]), Place::In("7.24".into()));
        assert_eq!(at("12.0", &["12", "12.1"]), Place::In("12".into()));
        assert_eq!(at("120.0.1", &["12", "119", "120"]), Place::In("120".into()));
    }

    #[test]
    fn says_when_it_cannot_tell() {
        assert_eq!(at("8", &["8.0", "8.1", "9"]), Place::Among(vec!["8.0".into(), "8.1".into()]));
        assert_eq!(at("5.6.2", &["6.0", "7.0"]), Place::Before("6.0".into()));
        assert_eq!(at("9.9", &["6.0", "7.0"]), Place::After("7.0".into()));
        assert_eq!(at("6.5", &["6.0", "7.0"]), Place::Between("7.0".into()));
    }

    #[test]
    fn reads_ranges() {
        let (low, high) = Version::range("apple macos 11 (big sur) - 13 (ventura)").unwrap();
        assert_eq!(between(&low, &high, ["10.15", "11", "12", "13", "14"].into_iter()), ["11", "12", "13"]);
        assert_eq!(Version::range("debian gnu/linux 12 (bookworm)"), None);
        assert_eq!(Version::range("microsoft .net runtime - 6.0.21 (x64)"), None);
    }
}
