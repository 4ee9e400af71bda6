//! What other rules would change in a real store: numbers only, never content, never who.

use crate::app::App;
use crate::error::Result;
use crate::relabel::{Past, call};
use confidentiality::labeler::{Context, Labeler};
use confidentiality::{Label, Level};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use store::Sheet;

/// Resources of one step, and of one entry of the log.
const BATCH: u32 = 500;

/// What would change.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Resources looked at.
    pub items: u64,
    /// Those whose level or categories would grow.
    pub raised: u64,
    /// Those of which the new rules say less: nothing would change.
    pub lowered_ignored: u64,
    /// Of those raised, how many would have to be sealed as level 4.
    pub level4: u64,
    /// Resources that do not open.
    pub unreadable: u64,
    /// By level before and after, `2→4`; the same twice: categories only.
    pub by_level: BTreeMap<String, u64>,
    /// By rule that speaks in one set only, or speaks otherwise.
    pub by_rule: BTreeMap<String, u64>,
    /// By type of resource.
    pub by_type: BTreeMap<String, u64>,
}

/// One resource of which the two sets differ.
struct Change {
    levels: (Level, Level),
    kind: &'static str,
    rules: BTreeSet<String>,
    raised: bool,
    level4: bool,
}

/// Goes through every current resource with both sets. `progress` is told how many were looked at.
///
/// # Errors
/// The store's.
pub async fn run(
    app: &App,
    request: &str,
    (old, new): (Labeler, Labeler),
    progress: &(dyn Fn(u64) + Send + Sync),
) -> Result<Difference> {
    let past = Past::load(app, request, "compare-rules").await?;
    let look = Arc::new(move |sheet: &Sheet<'_>| difference(sheet, &past.context(sheet), &old, &new));
    let (mut found, mut after) = (Difference::default(), 0);
    loop {
        let survey = app.store().survey(&call(app, request, "compare-rules"), after, BATCH, look.clone()).await?;
        found.items += survey.answers.len() as u64;
        found.unreadable += survey.unreadable;
        survey.answers.iter().flatten().for_each(|change| found.add(change));
        progress(found.items);
        let Some(next) = survey.next else { return Ok(found) };
        after = next;
    }
}

impl Difference {
    fn add(&mut self, change: &Change) {
        let (from, to) = change.levels;
        *self.by_level.entry(format!("{}→{}", from.code(), to.code())).or_default() += 1;
        *self.by_type.entry(change.kind.to_owned()).or_default() += 1;
        for rule in &change.rules {
            *self.by_rule.entry(rule.clone()).or_default() += 1;
        }
        self.raised += u64::from(change.raised);
        self.lowered_ignored += u64::from(!change.raised);
        self.level4 += u64::from(change.level4);
    }
}

/// From what the store has, or would have under the old rules, to what the new ones say.
fn difference(sheet: &Sheet<'_>, context: &Context, old: &Labeler, new: &Labeler) -> Option<Change> {
    let value = sheet.resource.value();
    let (old, new) = (old.label_resource(&value, context).label, new.label_resource(&value, context).label);
    let level = old.level.max(sheet.level);
    let raised = new.level > level || !new.categories.is_subset(old.categories.union(sheet.categories));
    let lowered = new.level < old.level || !old.categories.is_subset(new.categories);
    (raised || lowered).then(|| Change {
        levels: if raised { (level, level.max(new.level)) } else { (old.level, new.level) },
        kind: sheet.resource.kind().name(),
        rules: speaking(&old, &new),
        raised,
        level4: raised && new.level == Level::VerySensitive && sheet.level < Level::VerySensitive,
    })
}

/// The rules that make the difference: those that speak in one set only; else all that speak.
fn speaking(old: &Label, new: &Label) -> BTreeSet<String> {
    let ids = |label: &Label| label.reasons.iter().map(|reason| reason.rule.clone()).collect::<BTreeSet<_>>();
    let (before, after) = (ids(old), ids(new));
    let one: BTreeSet<String> = before.symmetric_difference(&after).cloned().collect();
    if one.is_empty() { after } else { one }
}
