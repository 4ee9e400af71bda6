//! *Relève*: what happened in a unit since one was last there.

use crate::cx::Cx;
use crate::error::Result;
use crate::people::{self, Persons, Resident};
use crate::transmissions::{OPEN, is_open};
use crate::units::{self, Posts, Unit};
use confidentiality::{Level, Person, Rid};
use domain::care::handover::{Rank, belongs, ranks};
use domain::care::target::Target;
use domain::care::transmission::Note;
use fhir::ResourceType;
use fhir::json::Value;
use std::collections::{BTreeMap, BTreeSet};
use store::{Call, Gather, Gathered, Saying, Undisclosed, Version, Whom};

/// Items read at most; a longer handover says that it is cut.
const MOST: u32 = 400;
const DAY: i64 = 24 * 3_600_000_000;
/// Clocks differ a little; what is dated further ahead is not of this handover.
const AHEAD: i64 = 3_600_000_000;
/// The furthest one may look back.
const FURTHEST: i64 = 7 * DAY;

/// What is asked.
#[derive(Debug, Clone, Default)]
pub struct Ask {
    /// Which unit; where one is, when absent.
    pub unit: Option<i64>,
    /// From when (UTC microseconds); since the last duty, when absent.
    pub since: Option<i64>,
    /// For paper: nothing of level 3 or above.
    pub print: bool,
    /// About this person only, by the id of the Patient.
    pub person: Option<String>,
    /// About this target only.
    pub target: Option<Target>,
    /// Of these lines only.
    pub filter: Filter,
    /// Leaving out so many of the first …
    pub start: usize,
    /// … and giving at most so many; all, when absent.
    pub most: Option<usize>,
    /// Everyone of the unit is shown, to choose among.
    pub list: bool,
}

/// Some of the lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Filter {
    /// All of them.
    #[default]
    All,
    /// What cannot wait.
    Critical,
    /// What is for the reader.
    Mine,
    /// What the reader has not ticked.
    Unread,
}

impl Filter {
    /// In the order of a page.
    pub const ALL: [Self; 4] = [Self::All, Self::Critical, Self::Mine, Self::Unread];

    fn keeps(self, rank: Rank, mine: bool, read: bool) -> bool {
        match self {
            Self::All => true,
            Self::Critical => rank.is_first(),
            Self::Mine => mine,
            Self::Unread => !read,
        }
    }
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
    /// What cannot wait, then what is for the reader, then the rest; the latest first. Those asked for, and no other was
    /// read as far as the journal is concerned.
    pub lines: Vec<Line>,
    /// How many lines each filter has, in the order of [`Filter::ALL`].
    pub counts: [usize; 4],
    /// How many lines of those asked for, over all pages, cannot wait, are for the reader, are the rest.
    pub ranks: [usize; 3],
    /// There are lines after these.
    pub further: bool,
    /// What has to be looked at again, the first due first; before the first line only, and not among
    /// those of one target.
    pub due: Vec<Due>,
    /// The people of the unit who are named on the page.
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
    let looked = look(cx, &unit, since, &ask).await?;
    let (plan, found) = (looked.plan, cx.app().store().disclose(&looked.call, looked.found).await?);
    let ((items, due), persons) = found;
    let (hidden, cut) = (items.hidden, items.more);
    let mut lines: Vec<(usize, Line)> = Vec::new();
    for item in items.items {
        if let Some(place) = plan.places.get(&item.rid) {
            lines.push((place.turn, Line { person: item.person, rank: place.rank, read: place.read, item }));
        }
    }
    lines.sort_by_key(|(turn, _)| *turn);
    let lines = lines.into_iter().map(|(_, line)| line).collect();
    let due = due.items.into_iter().filter_map(|task| Some(Due { person: task.person, at: due_at(&task)?, task }));
    let mut due: Vec<Due> = due.collect();
    due.sort_by_key(|due| due.at);
    Ok(Some(Handover {
        unit,
        posts,
        since,
        since_duty: last.is_some(),
        lines,
        counts: plan.counts,
        ranks: plan.ranks,
        further: plan.further,
        due,
        residents: people::residents(persons),
        hidden,
        cut,
    }))
}

/// What was read, narrowed to what will be shown; and where each line goes. Nothing of it is let out before its entry.
struct Looked {
    call: Call,
    found: Undisclosed<((Gathered, Gathered), Persons)>,
    plan: Plan,
}

/// The lines of a page.
#[derive(Default)]
struct Plan {
    places: BTreeMap<Rid, Turn>,
    counts: [usize; 4],
    ranks: [usize; 3],
    further: bool,
    persons: BTreeSet<Person>,
}

struct Turn {
    turn: usize,
    rank: Rank,
    read: bool,
}

/// Several looks, one audit entry: what was written, what came here late, the figures that alarm, what is due, who lives
/// here. Figures are many and have their own limit: they never push a writing out.
async fn look(cx: &Cx, unit: &Unit, since: i64, ask: &Ask) -> Result<Looked> {
    let store = cx.app().store();
    let call = cx.call(if ask.print { "print-handover" } else { "handover" });
    let whom = Whom::Unit(unit.number);
    let only = match &ask.person {
        Some(id) => Some(vec![store.person_of(&call, id).await?.unwrap_or_default()]),
        None => None,
    };
    let fit = |item: &Version| !ask.print || item.level <= Level::Standard;
    let about = |item: &Version| ask.target.is_none_or(|target| Note::read(&item.resource).target == Some(target));
    let shown = |item: &Version| belongs(&item.resource) && fit(item) && about(item);
    let of_kind = |kind: &str, from: i64, to: i64, saying: Vec<Saying>| {
        let kinds = ResourceType::parse(kind).into_iter().collect();
        let (from, to, only) = (Some(from), Some(to), only.clone());
        Gather { from, to, saying, only, marks: true, ..Gather::plain(whom.clone(), kinds, MOST) }
    };
    let ahead = cx.now() + AHEAD;
    let counted = |asked: Gather| Gather { count: true, ..asked };
    let written = counted(of_kind("Communication", since, ahead, Vec::new()));
    // What came to this record since then, however old it says it is.
    let late = of_kind("Communication", since - FURTHEST, since, vec![Saying::Since("received", since)]);
    // An event known by its day only is dated at midnight.
    let events = counted(of_kind("AdverseEvent", since - DAY, ahead, Vec::new()));
    let figures = of_kind("Observation", since, ahead, Vec::new());
    let open = of_kind("Task", cx.now() - FURTHEST, ahead, vec![Saying::Any("status", OPEN)]);
    let asks = [written, late, events, figures, Gather { marks: false, ..open }];
    let [written, late, events, figures, due] = store.gather_each(&call, asks).await?;
    let whole = |found: Gathered| Gathered { more: false, ..found };
    let (written, late) = (written.retain(shown), late.retain(shown).map(whole));
    let events = events.retain(|item| shown(item) && recent(item, since)).map(whole);
    let figures = figures.retain(shown).map(whole);
    let mut plan = Plan::default();
    let items = written.join(late).join(events).join(figures).map(|mut found| {
        found.items.sort_by_key(|item| std::cmp::Reverse(item.moment));
        plan = arrange(cx, &found, ask);
        found
    });
    let items = items.retain(|item| plan.places.contains_key(&item.rid));
    let first = ask.start == 0 && ask.target.is_none();
    let due = due.retain(|item| first && due_at(item).is_some() && fit(item));
    let due = due.map(|found| {
        plan.persons.extend(found.items.iter().map(|item| item.person));
        found
    });
    plan.persons.extend(only.into_iter().flatten());
    let named = (!ask.list).then(|| plan.persons.iter().copied().collect());
    let (patients, stays) = people::look(cx, &call, whom, named).await?;
    Ok(Looked { found: items.zip(due).zip(patients.zip(stays)), plan, call })
}

/// Which lines the page has, in which order.
fn arrange(cx: &Cx, found: &Gathered, ask: &Ask) -> Plan {
    let me = cx.clearance().actor();
    // Who ticked a former version has not read this one.
    let read = |item: &Version| {
        item.author == me || found.marks.get(&item.rid).is_some_and(|version| *version >= item.version)
    };
    let ranked = ranks(found.items.iter().map(|item| (item.person, &item.resource)), cx.persona().unwrap_or_default());
    let mut lines: Vec<((Rank, bool), bool, &Version)> =
        found.items.iter().zip(ranked).map(|(item, ranked)| (ranked, read(item), item)).collect();
    lines.sort_by_key(|((rank, _), ..)| *rank);
    let keeps =
        |filter: Filter, ((rank, mine), read, _): &((Rank, bool), bool, &Version)| filter.keeps(*rank, *mine, *read);
    let counts = Filter::ALL.map(|filter| lines.iter().filter(|line| keeps(filter, line)).count());
    lines.retain(|line| keeps(ask.filter, line));
    let lines: Vec<(Rank, bool, &Version)> =
        lines.into_iter().map(|((rank, _), read, item)| (rank, read, item)).collect();
    let of = |wanted: fn(Rank) -> bool| lines.iter().filter(|(rank, ..)| wanted(*rank)).count();
    let ranks = [of(Rank::is_first), of(|rank| rank == Rank::Mine), of(|rank| !rank.is_first() && rank != Rank::Mine)];
    let most = ask.most.unwrap_or(usize::MAX);
    let further = lines.len() > ask.start.saturating_add(most);
    let page = lines.into_iter().skip(ask.start).take(most).enumerate();
    let mut plan = Plan { counts, ranks, further, ..Plan::default() };
    for (turn, (rank, read, item)) in page {
        plan.persons.insert(item.person);
        plan.places.insert(item.rid, Turn { turn, rank, read });
    }
    plan
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

/// An item and the version that was on the page: `Communication/c1/_history/2`.
pub fn seen(item: &Version) -> String {
    let id = item.resource.id().unwrap_or_default();
    format!("{}/{id}/_history/{}", item.resource.kind(), item.version)
}

/// Ticks items as read, each in the version that was on the page ([`seen`]; the current one, when it is not said), or takes the
/// tick away; how many.
///
/// # Errors
/// The store's; what may not be read is left out without a word.
pub async fn mark(cx: &Cx, items: &[String], read: bool) -> Result<usize> {
    let mut by_kind: BTreeMap<ResourceType, Vec<(String, i64)>> = BTreeMap::new();
    for item in items {
        let (item, version) = item.split_once("/_history/").unwrap_or((item, ""));
        if let Some((kind, id)) = fhir::refs::local(item) {
            by_kind.entry(kind).or_default().push((id, version.parse().unwrap_or(i64::MAX)));
        }
    }
    let store = cx.app().store();
    let mut marked = 0;
    for (kind, seen) in by_kind {
        marked += if read {
            store.mark_read(&cx.call("mark-read"), kind, &seen).await?
        } else {
            let ids: Vec<String> = seen.into_iter().map(|(id, _)| id).collect();
            store.unmark_read(&cx.call("unmark-read"), kind, &ids).await?
        };
    }
    Ok(marked)
}
