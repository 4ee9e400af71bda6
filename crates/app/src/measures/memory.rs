//! The last judgement, kept as long as nothing that it rests on has changed: thousands of machines are not judged anew for
//! each page. It is told only after the store has entered the look.

use super::{Board, House, Planned, Vouched};
use crate::assets::Import;
use crate::error::{Error, Result};
use aws_lc_rs::digest::{SHA256, digest};
use domain::governance::measures::Own;
use domain::governance::obsolescence::Facts;
use jiff::civil::Date;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

/// A judgement is worth five minutes: what ages, ages by the day.
const WORTH: i64 = 5 * 60_000_000;

/// What it rests on, when it was made, and the judgement.
type Made = (Vec<u8>, i64, Arc<Board>);

/// The last judgement.
#[derive(Debug, Default)]
pub(crate) struct Judged(Mutex<Option<Made>>);

/// What a judgement rests on.
pub(super) struct Grounds<'a> {
    pub(super) imports: Vec<&'a Import>,
    pub(super) own: &'a Own,
    pub(super) house: &'a House,
    pub(super) facts: &'a Arc<Facts>,
    pub(super) plan: &'a [Planned],
    pub(super) declared: &'a [Vouched],
    pub(super) records: &'a BTreeSet<String>,
    pub(super) today: Date,
}

impl Grounds<'_> {
    /// The same for the same grounds.
    pub(super) fn key(&self) -> Result<Vec<u8>> {
        let imports: Vec<i64> = self.imports.iter().map(|import| import.import).collect();
        let plan: Vec<_> = self.plan.iter().map(|one| (&one.id, one.version, &one.action)).collect();
        let declared: Vec<_> = self.declared.iter().map(|one| (&one.declared, one.version, one.at)).collect();
        let facts = Arc::as_ptr(self.facts).addr();
        let all = (imports, &self.own.sha256, self.house, facts, plan, declared, self.records, self.today);
        let text = serde_json::to_vec(&all).map_err(|e| Error::Bug(e.to_string()))?;
        Ok(digest(&SHA256, &text).as_ref().to_vec())
    }
}

impl Judged {
    /// The judgement on these grounds, if it was made of late.
    pub(super) fn find(&self, key: &[u8], now: i64) -> Option<Board> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let fits = |(known, at, _): &Made| known == key && (0..WORTH).contains(&(now - at));
        kept.filter(fits).map(|(.., board)| Board::clone(&board))
    }

    /// Keeps it.
    pub(super) fn keep(&self, key: Vec<u8>, now: i64, board: &Board) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((key, now, Arc::new(board.clone())));
    }
}
