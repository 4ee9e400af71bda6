//! From what a resource can be found by to key rows.
//!
//! *Exact* keys are 64-bit keyed hashes trusted for totals; *lossy* keys only propose candidates that are verified
//! after decryption; *range* rows hold clinical dates and quantities in clear under random person numbers. Nothing
//! here is readable without the index key.

use crate::crypto::{MacKey, Secret};
use crate::select::json_list;
use fhir::ResourceType;
use fhir::search::{Entry, IndexValue, ParamKind, fold};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

/// Moves whenever other rows than before are made of the same resource: what older programs have written is indexed again.
/// 1: case of tokens, canonicals without their version, schedules. 2: of a token, rows hold the code only. 3: the first
/// [`LONG`] characters of a text. 4: joined letters, apostrophes and hyphens of texts.
pub(crate) const VERSION: i64 = 4;
/// The reserved parameter of a resource's own identity.
pub(crate) const ID_PARAM: i64 = 1;
/// Declared parameters start here: `100 + Param::id`.
const FIRST_PARAM: i64 = 100;
/// Prefixes up to this many characters are indexed; a longer search uses the first of them and verifies.
pub(crate) const PREFIX: usize = 8;
/// So is the prefix of this length: in a large house a great many names have their first eight letters in common.
pub(crate) const LONG: usize = 12;
/// Trigrams kept for one value.
pub(crate) const TRIGRAMS: usize = 48;

/// The parameter number of a declared search parameter.
pub(crate) fn param_number(param: &fhir::search::Param) -> i64 {
    FIRST_PARAM + i64::from(param.id)
}

/// The parameter number of one of one's own.
pub(crate) fn own_number(number: i64) -> i64 {
    FIRST_PARAM + i64::from(fhir::search::FIRST_OWN) + number
}

/// The index key, ready to hash; two of them, while it is being changed ([`crate::rekey`]).
#[derive(Clone)]
pub(crate) struct Hasher {
    /// What rows are found by.
    key: MacKey,
    /// What they have keys of as well.
    also: Option<MacKey>,
    /// Of whatever is no search parameter: the first there was.
    names: MacKey,
    /// Every row has the key of its first [`LONG`] characters: none is left that an older program has indexed.
    pub(crate) whole: bool,
    /// Lists of codes that pages ask for again and again, hashed by `key`.
    asked: Arc<Mutex<Asked>>,
}

/// Lists of hashes by parameter, and by where the list of their codes stands in the program.
type Asked = BTreeMap<(i64, usize, usize), Arc<str>>;

/// All key rows of one resource, without duplicates.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Keys {
    /// The parameters that have a value (`:missing`).
    pub(crate) present: BTreeSet<i64>,
    /// (param, hash)
    pub(crate) exact: BTreeSet<(i64, i64)>,
    /// (param, hash)
    pub(crate) lossy: BTreeSet<(i64, i64)>,
    /// Hashes that stand in the row's own list only: pairs, systems, codes without a system. A code alone finds the row.
    pub(crate) marks: BTreeSet<i64>,
    /// (param, lo, hi)
    pub(crate) range: BTreeSet<(i64, i64, i64)>,
}

impl Hasher {
    pub(crate) fn new(index_key: &Secret) -> Self {
        Self::changing(index_key, None, index_key, false)
    }

    pub(crate) fn changing(key: &Secret, also: Option<&Secret>, names: &Secret, whole: bool) -> Self {
        let (key, also, names) = (MacKey::new(key), also.map(MacKey::new), MacKey::new(names));
        Self { key, also, names, whole, asked: Arc::default() }
    }

    fn hash(&self, scope: i64, kind: u8, value: &[&[u8]]) -> i64 {
        Self::hash_by(&self.key, scope, kind, value)
    }

    fn hash_by(key: &MacKey, scope: i64, kind: u8, value: &[&[u8]]) -> i64 {
        let scope = scope.to_be_bytes();
        let mut parts: Vec<&[u8]> = vec![&scope, std::slice::from_ref(&kind)];
        for piece in value {
            parts.push(piece);
            parts.push(&[0]);
        }
        let full = key.mac(&parts);
        full.first_chunk::<8>().map_or(0, |bytes| i64::from_be_bytes(*bytes))
    }

    /// `Type/id`: a resource's own identity, and every local reference to it.
    pub(crate) fn id(&self, kind: ResourceType, id: &str) -> i64 {
        self.hash(ID_PARAM, b'i', &[kind.name().as_bytes(), id.as_bytes()])
    }

    /// Whether a row's own identity is this one, by any key in use.
    pub(crate) fn is(&self, identity: i64, kind: ResourceType, id: &str) -> bool {
        self.id(kind, id) == identity || self.other().is_some_and(|other| other.id(kind, id) == identity)
    }

    /// An address of which nothing is known, whatever the key that rows are found by.
    pub(crate) fn address(&self, kind: ResourceType, id: &str) -> i64 {
        Self::hash_by(&self.names, ID_PARAM, b'i', &[kind.name().as_bytes(), id.as_bytes()])
    }

    /// Whether rows are found by either of two keys, as long as one takes the place of the other.
    pub(crate) fn is_changing(&self) -> bool {
        self.also.is_some()
    }

    fn other(&self) -> Option<Self> {
        self.also.clone().map(|key| Self { key, also: None, asked: Arc::default(), ..self.clone() })
    }

    /// Hashes of a token: pair, code alone, system alone, code without a system; with the case of its letters.
    fn token(&self, param: i64, form: TokenForm<'_>) -> i64 {
        match form {
            TokenForm::Pair(system, code) => self.hash(param, b't', &[system.as_bytes(), code.as_bytes()]),
            TokenForm::Code(code) => self.hash(param, b'c', &[code.as_bytes()]),
            TokenForm::System(system) => self.hash(param, b's', &[system.as_bytes()]),
            TokenForm::NoSystem(code) => self.hash(param, b'n', &[code.as_bytes()]),
        }
    }

    /// A code and its pair as index version 0 hashed them, whatever they were.
    #[cfg(test)]
    pub(crate) fn old_token(&self, param: i64, system: &str, code: &str) -> [i64; 2] {
        [TokenForm::Code(code), TokenForm::Pair(system, code)].map(|form| self.token(param, form))
    }

    /// The same of a token whose case does not count.
    fn folded(&self, param: i64, form: TokenForm<'_>) -> i64 {
        match form {
            TokenForm::Pair(system, code) => self.hash(param, b'T', &[system.as_bytes(), fold(code).as_bytes()]),
            TokenForm::Code(code) => self.hash(param, b'C', &[fold(code).as_bytes()]),
            TokenForm::System(_) => self.token(param, form),
            TokenForm::NoSystem(code) => self.hash(param, b'N', &[fold(code).as_bytes()]),
        }
    }

    /// Whatever a token that is asked for may be stored as: with its case, or without.
    pub(crate) fn asked(&self, param: i64, form: TokenForm<'_>) -> Vec<i64> {
        match form {
            TokenForm::System(_) => vec![self.token(param, form)],
            _ => vec![self.token(param, form), self.folded(param, form)],
        }
    }

    /// What these codes alone may be stored as, as a list to bind. The lists are those of the program: few, and the same for
    /// everybody.
    pub(crate) fn codes(&self, param: i64, codes: &'static [&'static str]) -> Arc<str> {
        let at = (param, codes.as_ptr().addr(), codes.len());
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let list = asked.entry(at).or_insert_with(|| {
            json_list(codes.iter().flat_map(|code| self.asked(param, TokenForm::Code(code)))).into()
        });
        list.clone()
    }

    /// A URL, canonical or urn, as a whole.
    pub(crate) fn uri(&self, param: i64, url: &str) -> i64 {
        self.hash(param, b'u', &[url.as_bytes()])
    }

    /// A reference by business identifier, whose case does not count.
    pub(crate) fn reference_identifier(&self, param: i64, system: &str, value: &str) -> i64 {
        self.hash(param, b'D', &[system.as_bytes(), fold(value).as_bytes()])
    }

    /// The same in index version 0.
    pub(crate) fn old_reference_identifier(&self, param: i64, system: &str, value: &str) -> i64 {
        self.hash(param, b'd', &[system.as_bytes(), value.as_bytes()])
    }

    /// A string as written (`:exact`).
    pub(crate) fn exact_string(&self, param: i64, text: &str) -> i64 {
        self.hash(param, b'x', &[text.as_bytes()])
    }

    /// The row by which stores of before [`crate::key_list`] knew that a parameter has a value.
    pub(crate) fn present(&self, param: i64) -> i64 {
        self.hash(param, b'm', &[])
    }

    /// A secret date (birth, death), by year, month or day: `1954`, `1954-03`, `1954-03-07`.
    pub(crate) fn date(&self, param: i64, text: &str) -> i64 {
        self.hash(param, b'y', &[text.as_bytes()])
    }

    /// Lossy: the beginning of a normalised value, of a length that is indexed.
    pub(crate) fn prefix(&self, param: i64, beginning: &str) -> i64 {
        self.hash(param, b'p', &[beginning.as_bytes()])
    }

    /// Lossy: three characters anywhere in a normalised value.
    pub(crate) fn trigram(&self, param: i64, trigram: &str) -> i64 {
        self.hash(param, b'g', &[trigram.as_bytes()])
    }

    /// Any other keyed number of the store (logins, import keys), apart from search parameters by its `scope`.
    pub(crate) fn number(&self, scope: &str, value: &[&str]) -> i64 {
        let pieces: Vec<&[u8]> = std::iter::once(scope).chain(value.iter().copied()).map(str::as_bytes).collect();
        Self::hash_by(&self.names, 0, b'k', &pieces)
    }

    /// Every key row of a resource; under both keys, while there are two.
    pub(crate) fn keys(&self, kind: ResourceType, id: &str, entries: &[Entry]) -> Keys {
        let mut keys = self.other().map(|other| other.keys(kind, id, entries)).unwrap_or_default();
        keys.exact.insert((ID_PARAM, self.id(kind, id)));
        for entry in entries {
            let param = param_number(entry.param);
            keys.present.insert(param);
            self.add(&mut keys, param, entry);
        }
        keys
    }

    fn add(&self, keys: &mut Keys, param: i64, entry: &Entry) {
        match &entry.value {
            IndexValue::Token { system, code, exact, .. } => {
                self.add_token(keys, param, (system.as_deref(), code.as_deref()), *exact);
            }
            IndexValue::Reference { ty, id, url, identifier } => {
                if let (Some(ty), Some(id)) = (ty, id) {
                    keys.exact.insert((param, self.id(*ty, id)));
                }
                if let Some(url) = url {
                    keys.exact.insert((param, self.uri(param, url)));
                }
                if let Some((system, value)) = identifier {
                    let hash = self.reference_identifier(param, system.as_deref().unwrap_or_default(), value);
                    keys.exact.insert((param, hash));
                }
            }
            IndexValue::String(text) => self.add_string(keys, param, text),
            IndexValue::Uri(url) => {
                keys.exact.insert((param, self.uri(param, url)));
            }
            IndexValue::Date { lo, hi } if is_secret_date(entry.param) => {
                for text in calendar_forms(*lo, *hi) {
                    keys.exact.insert((param, self.date(param, &text)));
                }
            }
            IndexValue::Date { lo, hi } => {
                keys.range.insert((param, *lo, *hi));
            }
            IndexValue::Number { lo, hi } => {
                keys.range.insert((param, order(*lo), order(*hi)));
            }
            IndexValue::Quantity { lo, hi, system, code, unit } => {
                keys.range.insert((param, order(*lo), order(*hi)));
                self.add_token(keys, param, (system.as_deref(), code.as_deref().or(unit.as_deref())), true);
            }
        }
    }

    fn add_token(&self, keys: &mut Keys, param: i64, (system, code): (Option<&str>, Option<&str>), exact: bool) {
        if let Some(code) = code {
            let hash = |form| if exact { self.token(param, form) } else { self.folded(param, form) };
            keys.exact.insert((param, hash(TokenForm::Code(code))));
            keys.marks.insert(hash(system.map_or(TokenForm::NoSystem(code), |system| TokenForm::Pair(system, code))));
        }
        if let Some(system) = system {
            keys.marks.insert(self.token(param, TokenForm::System(system)));
        }
    }

    fn add_string(&self, keys: &mut Keys, param: i64, text: &str) {
        keys.exact.insert((param, self.exact_string(param, text)));
        let normalised = fhir::search::normalise(text);
        // Words are reached through the value they start, as the specification's default string search does.
        for length in (1..=PREFIX).chain([LONG]) {
            keys.lossy.extend(beginning(&normalised, length).map(|beginning| (param, self.prefix(param, beginning))));
        }
        for trigram in trigrams(&normalised).into_iter().take(TRIGRAMS) {
            keys.lossy.insert((param, self.trigram(param, &trigram)));
        }
    }
}

/// The four ways a token is asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum TokenForm<'a> {
    Pair(&'a str, &'a str),
    Code(&'a str),
    System(&'a str),
    NoSystem(&'a str),
}

/// Dates that name a person are never stored in clear, even as a number.
pub(crate) fn is_secret_date(param: &fhir::search::Param) -> bool {
    let person = matches!(param.ty, Some(ResourceType::PATIENT | ResourceType::PERSON | ResourceType::RELATED_PERSON));
    let own = param.id >= fhir::search::FIRST_OWN;
    param.kind == ParamKind::Date && (matches!(param.code, "birthdate" | "death-date") || (own && person))
}

/// The first characters of a text that has so many.
pub(crate) fn beginning(text: &str, length: usize) -> Option<&str> {
    let (last, sign) = text.char_indices().nth(length.checked_sub(1)?)?;
    text.get(..last + sign.len_utf8())
}

/// The distinct trigrams of a normalised text, in order.
pub(crate) fn trigrams(normalised: &str) -> Vec<String> {
    let chars: Vec<char> = normalised.chars().collect();
    let mut found = Vec::new();
    for window in chars.windows(3) {
        let trigram: String = window.iter().collect();
        if !found.contains(&trigram) {
            found.push(trigram);
        }
    }
    found
}

/// Maps a number to an integer of the same order.
pub(crate) fn order(value: f64) -> i64 {
    let bits = value.to_bits().cast_signed();
    if bits < 0 { i64::MIN.wrapping_sub(bits) } else { bits }
}

/// `2024`, `2024-05`, `2024-05-17` as far as the interval `[lo, hi)` pins them down.
pub(crate) fn calendar_forms(lo: i64, hi: i64) -> Vec<String> {
    let day = |micros: i64| {
        jiff::Timestamp::from_microsecond(micros).ok().map(|t| t.to_zoned(jiff::tz::TimeZone::UTC).date())
    };
    let (Some(first), Some(last)) = (day(lo), day(hi.saturating_sub(1))) else { return Vec::new() };
    let mut forms = Vec::new();
    if first.year() == last.year() {
        forms.push(format!("{:04}", first.year()));
        if first.month() == last.month() {
            forms.push(format!("{:04}-{:02}", first.year(), first.month()));
            if first.day() == last.day() {
                forms.push(first.to_string());
            }
        }
    }
    forms
}

/// The year, month or day that an interval is exactly, in UTC as [`calendar_forms`]; none for anything finer or odder.
pub(crate) fn calendar_unit(lo: i64, hi: i64) -> Option<String> {
    let finest = calendar_forms(lo, hi).pop()?;
    let first: jiff::civil::Date = format!("{finest}{}", "-01-01".get(finest.len().checked_sub(4)?..)?).parse().ok()?;
    let last = match finest.len() {
        4 => first.last_of_year(),
        7 => first.last_of_month(),
        _ => first,
    };
    let micros = |date: jiff::civil::Date| {
        date.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|moment| moment.timestamp().as_microsecond())
    };
    (micros(first)? == lo && micros(last.tomorrow().ok()?)? == hi).then_some(finest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn order_keeps_the_order_of_numbers(a in -1e12_f64..1e12, b in -1e12_f64..1e12) {
            prop_assert_eq!(a < b, order(a) < order(b));
        }
    }

    #[test]
    fn calendar_forms_stop_at_the_known_precision() {
        let day = 86_400_000_000;
        assert_eq!(calendar_forms(0, day), ["1970", "1970-01", "1970-01-01"]);
        assert_eq!(calendar_forms(0, 31 * day), ["1970", "1970-01"]);
        assert_eq!(calendar_forms(0, 365 * day), ["1970"]);
    }

    #[test]
    fn hashes_differ_by_parameter_kind_and_key() {
        let hasher = Hasher::new(&Secret::random().unwrap());
        let all = [
            hasher.token(101, TokenForm::Code("x")),
            hasher.token(102, TokenForm::Code("x")),
            hasher.token(101, TokenForm::NoSystem("x")),
            hasher.uri(101, "x"),
            Hasher::new(&Secret::random().unwrap()).uri(101, "x"),
        ];
        let distinct: BTreeSet<i64> = all.into_iter().collect();
        assert_eq!(distinct.len(), all.len());
    }
}
