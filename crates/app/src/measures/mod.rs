//! Where the establishment stands: measures, what proves them, and what to do this month.
//!
//! Evidence is made by rules over real imports and over what Socle knows of itself, each time it is looked at; nothing of
//! it is seeded. Whoever sees the estate sees this.

mod clocks;
mod declared;
mod history;
mod house;
mod memory;
mod own;
mod parts;
mod plan;
mod report;
mod rights;

pub use clocks::{About, Deadline};
pub use declared::{Vouched, declarations, vouch, vouched};
pub use history::{Compared, compare, history, keep_figures};
pub use house::{House, LARGEST, Loaded, change, facts, house, load_facts};
pub use parts::{Part, parts};
pub use plan::{Planned, accounts, keep, new_action, plan, sources, story, told};
pub use report::report;

pub(crate) use history::{Kept, renew};
pub(crate) use house::Known;
pub(crate) use memory::Judged;
pub(crate) use own::Verified;
pub(crate) use rights::Counted;

use crate::assets::{self, Import};
use crate::cx::Cx;
use crate::error::{Error, Result};
use clocks::Written;
use domain::governance::estate::Estate;
use domain::governance::measures::{
    Action, Declared, Exposed, Figures, Inputs, Own, State, Status, Step, assess, by_urgency, figures, month,
};
use domain::governance::obsolescence::{Facts, Verdict};
use jiff::civil::Date;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Things to do in a month.
const STEPS: usize = 5;
/// A measure whose state is no longer what it was before the last import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The measure, by id.
    pub measure: &'static str,
    /// Before.
    pub before: State,
    /// Now.
    pub after: State,
}

/// Everything the director's page says.
#[derive(Debug, Clone)]
pub struct Board {
    /// Every measure that counts here.
    pub statuses: Vec<Status>,
    /// The same by id, what is to be dealt with first.
    pub urgent: Vec<&'static str>,
    /// The figures.
    pub figures: Figures,
    /// What to do this month.
    pub steps: Vec<Step>,
    /// What is planned.
    pub plan: Vec<Planned>,
    /// What the last import changed.
    pub changes: Vec<Change>,
    /// What comes due.
    pub deadlines: Vec<Deadline>,
    /// Machines by verdict on their system.
    pub machines: Vec<(Verdict, usize)>,
    /// When something was last imported, UTC microseconds.
    pub imported: Option<i64>,
    /// The day it is of.
    pub today: Date,
}

/// Where the establishment stands now.
///
/// # Errors
/// Absence for whoever may not see the estate; the store's.
pub async fn board(cx: &Cx) -> Result<Board> {
    let lines = assets::live(cx, "measures").await?;
    let (estate, own) = (assets::estate(cx).await?, own::own(cx).await?);
    let (house, facts) = (house(cx).await?, facts(cx).await?);
    let (plan, declared) = (plan(cx).await?, declarations(cx).await?);
    let records = records(cx).await?;
    let (now, today) = (cx.now(), assets::today(cx));
    let grounds = memory::Grounds {
        imports: lines.iter().map(|(import, _)| import).collect(),
        own: &own,
        house: &house,
        facts: &facts,
        plan: &plan,
        declared: &declared,
        records: &records,
        today,
    };
    let key = grounds.key()?;
    if let Some(board) = cx.app().judged().find(&key, now) {
        return Ok(board);
    }
    let app = cx.app().clone();
    let make = move || {
        let imports: Vec<&Import> = lines.iter().map(|(import, _)| import).collect();
        let actions: Vec<Action> = plan.iter().map(|one| one.action.clone()).collect();
        let words: Vec<(Declared, i64)> = declared.iter().map(|one| (one.declared.clone(), one.at)).collect();
        let (actions, words) = (actions.as_slice(), words.as_slice());
        let standing = Standing { own: &own, house: &house, facts: &facts, actions, words, now, today };
        let statuses = standing.statuses(&estate, &imports);
        let latest = imports.iter().map(|import| import.at).max();
        let older: Vec<_> = lines.iter().filter(|(import, _)| Some(import.at) != latest).cloned().collect();
        let changes = if older.is_empty() { Vec::new() } else { standing.changes(&statuses, &older, app.estate()) };
        let findings = estate.findings(&facts, today);
        let exposed = Exposed::of(&estate, &facts, &records, today);
        let written = Written { house: &house, plan: &plan, declared: &declared };
        let deadlines = clocks::deadlines(&estate, &facts, &written, today);
        let verdicts = Verdict::ALL.into_iter().rev();
        let count = |verdict| (verdict, findings.iter().filter(|(_, finding)| finding.verdict == verdict).count());
        Board {
            figures: figures(&statuses),
            urgent: by_urgency(&house.profile, &statuses, &exposed),
            steps: month(&house.profile, &statuses, &exposed, STEPS),
            changes,
            deadlines,
            machines: verdicts.map(count).filter(|(_, count)| *count > 0).collect(),
            imported: latest,
            plan,
            statuses,
            today,
        }
    };
    let board = tokio::task::spawn_blocking(make).await.map_err(|e| Error::Bug(e.to_string()))?;
    cx.app().judged().keep(key, now, &board);
    Ok(board)
}

/// Keys of the machines from which records are opened: they are enrolled.
///
/// # Errors
/// The store's.
pub async fn records(cx: &Cx) -> Result<BTreeSet<String>> {
    let enrolled = cx.app().store().machines(cx.app().tenant()).await?;
    Ok(enrolled.into_iter().filter_map(|one| one.machine.asset).collect())
}

/// What a judgement rests on besides the estate.
struct Standing<'a> {
    own: &'a Own,
    house: &'a House,
    facts: &'a Facts,
    actions: &'a [Action],
    words: &'a [(Declared, i64)],
    now: i64,
    today: Date,
}

impl Standing<'_> {
    fn statuses(&self, estate: &Estate, imports: &[&Import]) -> Vec<Status> {
        let imports = imports.iter().map(|import| (import.import, (import.at, import.digest.clone()))).collect();
        let settings = self.house.settings.with(&self.house.exemptions, self.today);
        let inputs = Inputs {
            estate,
            imports: &imports,
            facts: self.facts,
            own: self.own,
            settings: &settings,
            derogations: &self.house.derogations,
            actions: self.actions,
            declared: self.words,
            now: self.now,
            today: self.today,
        };
        assess(inputs, &self.house.profile)
    }

    /// What stood otherwise without the last import.
    fn changes(&self, now: &[Status], older: &assets::Lines, memory: &assets::Memory) -> Vec<Change> {
        let imports: Vec<&Import> = older.iter().map(|(import, _)| import).collect();
        let before = self.statuses(&assets::before(memory, older), &imports);
        let pairs = now.iter().zip(&before).filter(|(now, before)| now.state != before.state);
        pairs.map(|(now, before)| Change { measure: now.measure, before: before.state, after: now.state }).collect()
    }
}

/// Keeps a version of a paper; the same sent twice by the same person is kept once.
pub(crate) async fn keep_once(cx: &Cx, call: &store::Call, name: &str, known: i64, body: &[u8]) -> Result<()> {
    let store = cx.app().store();
    match store.keep_paper(call, name, known, body).await {
        Err(store::Error::Conflict(overtaken)) => {
            let newest = store.disclose(call, store.paper(call, name).await?).await?;
            let same = newest.is_some_and(|paper| {
                paper.version == known + 1 && paper.actor == cx.clearance().actor() && paper.body == body
            });
            if same { Ok(()) } else { Err(store::Error::Conflict(overtaken).into()) }
        }
        kept => Ok(kept?),
    }
}

/// The figures of every measure by requirement of a published framework: « RECYF » gives every « RECYF-… ».
#[must_use]
pub fn by_framework(board: &Board, prefix: &str) -> Vec<(String, Arc<Status>)> {
    let mut rows = Vec::new();
    for status in &board.statuses {
        let Some(measure) = domain::governance::measures::find(status.measure) else { continue };
        let status = Arc::new(status.clone());
        let wanted = measure.sources.iter().filter(|source| source.starts_with(prefix));
        rows.extend(wanted.map(|source| ((*source).to_owned(), status.clone())));
    }
    rows.sort_by(|(one, _), (other, _)| one.cmp(other));
    rows
}
