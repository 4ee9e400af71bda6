//! *Relève*: what happened in a unit since one was last there.

use crate::cx::Cx;
use crate::error::Result;
use crate::people::{self, Resident};
use crate::transmissions::is_open;
use crate::units::{self, Posts, Unit};
use confidentiality::{Actor, Level, Person};
use domain::care::handover::{Rank, belongs, ranks};
use fhir::ResourceType;
use fhir::json::Value;
use std::collections::BTreeMap;
use store::{Gather, Version, Whom};

/// Items read at most; a longer handover says that it is cut.
const MOST: u32 = 400;
const DAY: i64 = 24 * 3_600_000_000;
/// Clocks differ a little; what is dated further ahead is not of this handover.
const AHEAD: i64 = 3_600_000_000;
/// The furthest one may look back.
const FURTHEST: i64 = 7 * DAY;

/// What is asked.
#[derive(Debug, Clone, Copy, Default)]
pub struct Ask {
    /// Which unit; where one is, when absent.
    pub unit: Option<i64>,
    /// From when (UTC microseconds); since the last duty, when absent.
    pub since: Option<i64>,
    /// For paper: nothing of level 3 or above.
    pub print: bool,
}

/// A handover.
#[derive(Debug)]
pub struct Handover {
    /// Where.
    pub unit: Unit,
    /// Where else this actor works.
    pub posts: Posts,
    /// From when.
    pub since: i64,
    /// It begins where the actor's last duty ended.
    pub since_duty: bool,
    /// What cannot wait, then what is for the reader, then the rest; the latest first.
    pub lines: Vec<Line>,
    /// What has to be looked at again, the first due first.
    pub due: Vec<Due>,
    /// The people of the unit.
    pub residents: Vec<Resident>,
    /// How many writings are not shown.
    pub hidden: i64,
    /// Older ones were left out.
    pub cut: bool,
}

/// One item.
#[derive(Debug)]
pub struct Line {
    /// What was written.
    pub item: Version,
    /// About whom.
    pub person: Person,
    /// Where it stands.
    pub rank: Rank,
    /// The reader has ticked it, or wrote it.
    pub read: bool,
}

/// A follow-up.
#[derive(Debug)]
pub struct Due {
    /// The Task.
    pub task: Version,
    /// About whom.
    pub person: Person,
    /// When (UTC microseconds).
    pub at: i64,
}

impl Handover {
    /// The person of an item, when they live in the unit.
    pub fn resident(&self, person: Person) -> Option<&Resident> {
        self.residents.iter().find(|resident| resident.patient.person == person)
    }
}

/// Reads a handover; `None` when the actor works in no unit, or has to choose one.
///
/// # Errors
/// `Absent` for a unit where the actor does not work.
pub async fn load(cx: &Cx, ask: Ask) -> Result<Option<Handover>> {
    let posts = units::mine(cx).await?;
    let unit = match ask.unit {
        Some(number) => posts.find(number).ok_or(store::Error::Absent)?.clone(),
        None => match posts.here(cx.now()) {
            Some(unit) => unit.clone(),
            None => return Ok(None),
        },
    };
    let last = if ask.since.is_none() { units::last_duty(cx).await? } else { None };
    let since = ask.since.or(last).unwrap_or(cx.now() - units::USUAL).clamp(cx.now() - FURTHEST, cx.now());
    let found = read(cx, &unit, since, ask.print).await?;
    let rids: Vec<_> = found.items.iter().map(|item| item.rid).collect();
    let receipts = cx.app().store().receipts_of(&cx.call("handover"), &rids).await?;
    let me = cx.clearance().actor();
    let ranked = ranks(found.items.iter().map(|item| (item.person, &item.resource)), cx.persona().unwrap_or_default());
    let read = |item: &Version| {
        // Who ticked a former version has not read this one.
        let ticked = |(actor, at): &(Actor, i64)| *actor == me && *at >= item.updated;
        item.author == me || receipts.get(&item.rid).is_some_and(|all| all.iter().any(ticked))
    };
    let mut lines: Vec<Line> = found
        .items
        .into_iter()
        .zip(ranked)
        .map(|(item, rank)| Line { person: item.person, read: read(&item), rank, item })
        .collect();
    lines.sort_by_key(|line| line.rank);
    Ok(Some(Handover {
        unit,
        posts,
        since,
        since_duty: last.is_some(),
        lines,
        due: found.due,
        residents: found.residents,
        hidden: found.hidden,
        cut: found.cut,
    }))
}

struct Found {
    items: Vec<Version>,
    due: Vec<Due>,
    residents: Vec<Resident>,
    hidden: i64,
    cut: bool,
}

/// Four looks, one audit entry: what was written, the figures that alarm, what is due, who lives here. Figures are many and
/// have their own limit: they never push a writing out.
async fn read(cx: &Cx, unit: &Unit, since: i64, print: bool) -> Result<Found> {
    let store = cx.app().store();
    let call = cx.call(if print { "print-handover" } else { "handover" });
    let whom = Whom::Unit(unit.number);
    let look = async |kinds: &[&str], from: i64| {
        let kinds = kinds.iter().filter_map(|kind| ResourceType::parse(kind)).collect();
        let ask = Gather { whom: whom.clone(), kinds, from: Some(from), to: Some(cx.now() + AHEAD), most: MOST };
        store.gather(&call, &ask).await
    };
    let fit = |item: &Version| !print || item.level <= Level::Standard;
    let shown = |item: &Version| belongs(&item.resource) && fit(item);
    let written = look(&["Communication"], since).await?.retain(shown);
    // An event known by its day only is dated at midnight.
    let events = look(&["AdverseEvent"], since - DAY).await?.retain(|item| shown(item) && recent(item, since));
    let figures = look(&["Observation"], since).await?.retain(shown);
    let due = look(&["Task"], cx.now() - FURTHEST).await?.retain(|item| due_at(item).is_some() && fit(item));
    let persons = people::gather(cx, &call, whom.clone()).await?;
    let all = written.zip(events).zip(figures).zip(due).zip(persons);
    let ((((written, events), figures), due), persons) = store.disclose(&call, all).await?;
    let (hidden, cut) = (written.hidden + events.hidden, written.more);
    let mut items = [written.items, events.items, figures.items].concat();
    items.sort_by_key(|item| std::cmp::Reverse(item.moment));
    let mut due: Vec<Due> =
        due.items.into_iter().filter_map(|task| Some(Due { person: task.person, at: due_at(&task)?, task })).collect();
    due.sort_by_key(|due| due.at);
    Ok(Found { hidden, cut, items, due, residents: people::residents(persons) })
}

/// Happened since then, as far as its date says: a whole day is recent when it ends later.
fn recent(item: &Version, since: i64) -> bool {
    let day = item.resource.str_at(&["date"]).and_then(fhir::date::interval);
    item.moment >= since || day.is_some_and(|(_, ends)| ends > since)
}

/// When an open follow-up is due.
fn due_at(item: &Version) -> Option<i64> {
    let open = item.resource.str_at(&["status"]).is_some_and(is_open);
    let end = item.resource.get(&["restriction", "period", "end"]).and_then(Value::as_str);
    end.filter(|_| open).and_then(fhir::date::interval).map(|(at, _)| at)
}

/// Ticks items as read, or takes the tick away; how many.
///
/// # Errors
/// The store's; what may not be read is left out without a word.
pub async fn mark(cx: &Cx, ids: &[String], read: bool) -> Result<usize> {
    let mut by_kind: BTreeMap<ResourceType, Vec<String>> = BTreeMap::new();
    for id in ids {
        if let Some((kind, id)) = fhir::refs::local(id) {
            by_kind.entry(kind).or_default().push(id);
        }
    }
    let store = cx.app().store();
    let mut marked = 0;
    for (kind, ids) in by_kind {
        marked += if read {
            store.mark_read(&cx.call("mark-read"), kind, &ids).await?
        } else {
            store.unmark_read(&cx.call("unmark-read"), kind, &ids).await?
        };
    }
    Ok(marked)
}
