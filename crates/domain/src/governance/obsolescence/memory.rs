//! What was concluded already. An estate of ten thousand machines has a few hundred programs: each is judged once.

use super::{Finding, Kind, Observed};
use jiff::civil::Date;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Conclusions kept; beyond, one begins anew.
const MOST: usize = 100_000;

/// Conclusions by all that was observed, and by the day.
#[derive(Debug, Default)]
pub(super) struct Memory(Mutex<HashMap<Key, Finding>>);

type Key = (Kind, Date, String);

fn key(observed: &Observed<'_>, at: Date) -> Key {
    let Observed { kind, publisher, name, version, build, edition, service_pack, arch, maker, model, cpe, purl } =
        *observed;
    let parts = [name, version, build, edition, service_pack, arch, maker, model, publisher, cpe, purl];
    (kind, at, parts.join("\u{0}"))
}

impl Memory {
    /// What was concluded before, else what is concluded now.
    pub(super) fn recall(&self, observed: &Observed<'_>, at: Date, judge: impl FnOnce() -> Finding) -> Finding {
        let key = key(observed, at);
        if let Some(known) = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return known.clone();
        }
        let finding = judge();
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(key, finding.clone());
        finding
    }
}
