//! Accesses looked at each month by somebody who answers for the records: a sample that the server draws, fixed once drawn, and
//! what is said of each access. Whoever looks is in the journal, as for any other read.
//!
//! The sample is a paper of the house: numbers of entries and persons, no name. A word on an access is kept with it.

mod draw;

pub use draw::draw;

use crate::app::App;
use crate::charter::house;
use crate::cx::Cx;
use crate::error::{Error, Result};
use crate::grounds::Grounds;
use crate::people::{self, Resident};
use confidentiality::{Actor, Person, Place};
use domain::governance::measures::Share;
use domain::governance::sample::Picked;
use domain::local_time;
use jiff::ToSpan as _;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use store::Whom;

const KIND: &str = "sample";
const DAY: i64 = 86_400_000_000;
/// Days one has before what is not looked at counts.
const TIME: i64 = 14 * DAY;
/// The longest word on an access, in signs.
pub const LONGEST: usize = 200;
/// Somebody else may write at the same moment: so many times it is tried again.
const TRIES: usize = 5;

/// What somebody says of an access.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// Who says it.
    pub by: Actor,
    /// When, UTC microseconds.
    pub at: i64,
    /// Nothing is to be explained.
    pub normal: bool,
    /// A word, for what is.
    pub word: String,
}

/// An access of a sample.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Line {
    picked: Picked,
    mark: Option<Mark>,
}

/// The sample of a month.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Sample {
    /// When it was drawn, UTC microseconds.
    at: i64,
    /// What it was drawn from: accesses since …
    from: i64,
    /// … and how many there were.
    of: u64,
    /// What chance was: with it the draw can be made again.
    seed: String,
    lines: Vec<Line>,
}

impl Sample {
    fn marked(&self) -> usize {
        self.lines.iter().filter(|line| line.mark.is_some()).count()
    }

    fn is_done(&self) -> bool {
        self.marked() == self.lines.len()
    }
}

fn name(day: Date) -> String {
    format!("{KIND}/{}", day.strftime("%Y-%m"))
}

/// The sample of a name, with its version; 0 and none as long as none was drawn.
async fn find(app: &App, name: &str) -> Result<(i64, Option<Sample>)> {
    let Some(paper) = app.store().setting(app.tenant(), name).await? else { return Ok((0, None)) };
    let damaged = |_| Error::Store(store::Error::Integrity("a sample of accesses does not decode".into()));
    Ok((paper.version, Some(serde_json::from_slice(&paper.body).map_err(damaged)?)))
}

async fn keep(app: &App, name: &str, known: i64, sample: &Sample) -> Result<()> {
    let body = serde_json::to_vec(sample).map_err(|e| Error::Bug(e.to_string()))?;
    Ok(app.store().keep_paper(&house(app).call("accesses-sample"), name, known, &body).await?)
}

/// The sample to look at now: this month's, else the last month's.
async fn current(app: &App) -> Result<Option<(String, Sample)>> {
    let today = local_time::local(app.now()).date();
    for day in [today, today.first_of_month().saturating_sub(1.day())] {
        let name = name(day);
        if let (_, Some(sample)) = find(app, &name).await? {
            return Ok(Some((name, sample)));
        }
    }
    Ok(None)
}

/// Of the accesses of the sample that counts, how many somebody has looked at: the last month's, as long as there is still time
/// for this month's. None as long as nothing was ever drawn.
pub(crate) async fn share(app: &App) -> Result<Option<Share>> {
    let today = local_time::local(app.now()).date();
    let (_, newest) = find(app, &name(today)).await?;
    let (_, before) = find(app, &name(today.first_of_month().saturating_sub(1.day()))).await?;
    let counts = match (newest, before) {
        (Some(newest), Some(before)) if !newest.is_done() && app.now() - newest.at < TIME => Some(before),
        (newest, before) => newest.or(before),
    };
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    Ok(counts.map(|sample| Share { comply: number(sample.marked()), of: number(sample.lines.len()) }))
}

/// An access to look at, and whose record it opened.
#[derive(Debug)]
pub struct Seen {
    /// Its place in the sample: which one a form speaks of.
    pub turn: usize,
    /// The access.
    pub picked: Picked,
    /// Whose record.
    pub person: Person,
    /// What was said of it.
    pub mark: Option<Mark>,
}

/// A sample, as somebody who looks at accesses sees it.
#[derive(Debug)]
pub struct Month {
    /// Stands for it in a form.
    pub name: String,
    /// When it was drawn, UTC microseconds.
    pub at: i64,
    /// The last instant at which it has to be looked at, UTC microseconds.
    pub until: i64,
    /// Accesses since this instant …
    pub from: i64,
    /// … and how many there were, all places together.
    pub of: u64,
    /// Those to records that this actor answers for.
    pub seen: Vec<Seen>,
    /// Others are for somebody else.
    pub elsewhere: usize,
    /// Only who opened records, when and by what right: this actor knows nobody of them, and says nothing of it.
    pub blind: bool,
    /// Those whose records were opened.
    pub residents: Vec<Resident>,
}

impl Month {
    /// Whose record an access opened.
    pub fn resident(&self, person: Person) -> Option<&Resident> {
        self.residents.iter().find(|resident| resident.patient.person == person)
    }
}

/// Of these accesses, those of people who work, or did, where this actor watches over accesses; not of those who are served
/// there, whose records are their own.
async fn watched(cx: &Cx, lines: &[Line]) -> Result<BTreeSet<usize>> {
    let posts = cx.app().store().all_posts(cx.app().tenant()).await?;
    let own =
        |post: &&store::Post| post.actor == cx.clearance().actor() && post.starts <= cx.now() && cx.now() < post.ends;
    let here: BTreeSet<Place> = posts.iter().filter(own).map(|post| post.place).collect();
    let served = |post: &store::Post| {
        cx.app().matrix().persona(&post.persona.as_str().into()).is_some_and(|(persona, _)| persona.is_served())
    };
    let ours = posts.iter().filter(|post| here.contains(&post.place));
    let served: BTreeSet<Actor> = ours.clone().filter(|post| served(post)).map(|post| post.actor).collect();
    let staff: BTreeSet<Actor> = ours.map(|post| post.actor).filter(|actor| !served.contains(actor)).collect();
    let fit = |(turn, line): (usize, &Line)| staff.contains(&line.picked.opening.actor).then_some(turn);
    Ok(lines.iter().enumerate().filter_map(fit).collect())
}

/// The sample to look at now; none when nothing was drawn.
///
/// # Errors
/// Absence for whoever answers for no record; the store's.
pub async fn load(cx: &Cx) -> Result<Option<Month>> {
    let blind = !cx.clearance().reviews_accesses();
    if blind && !cx.audits() {
        return Err(store::Error::Absent.into());
    }
    let Some((name, sample)) = current(cx.app()).await? else { return Ok(None) };
    let all = sample.lines.len();
    let watched = if blind { watched(cx, &sample.lines).await? } else { BTreeSet::new() };
    let residents =
        residents(cx, "accesses-review", sample.lines.iter().map(|line| line.picked.opening.person)).await?;
    let known: BTreeSet<Person> = residents.iter().map(|resident| resident.patient.person).collect();
    let lines = sample.lines.into_iter().enumerate();
    let fits = |turn: usize, line: &Line| watched.contains(&turn) || known.contains(&line.picked.opening.person);
    let seen = lines.filter(|(turn, line)| fits(*turn, line)).map(|(turn, line)| Seen {
        turn,
        person: line.picked.opening.person,
        picked: line.picked,
        mark: line.mark,
    });
    let (mut seen, mut grounds): (Vec<Seen>, _) = (seen.collect(), Grounds::default());
    for one in &mut seen {
        let of = (one.person, one.picked.opening.actor, one.picked.opening.at);
        grounds.keep(cx.app(), of, &mut one.picked.opening.why).await?;
    }
    if blind {
        // The order of the draw follows what is unusual, some of which tells whose record it was.
        seen.sort_by_key(|one| std::cmp::Reverse((one.picked.opening.at, one.turn)));
    }
    let (at, until) = (sample.at, sample.at + TIME);
    Ok(Some(Month {
        name,
        at,
        until,
        from: sample.from,
        of: sample.of,
        elsewhere: all - seen.len(),
        blind,
        seen,
        residents,
    }))
}

/// How many accesses of this month's sample this actor has to look at, without showing anybody, and whether it is too late.
///
/// # Errors
/// As [`load`].
pub async fn waiting(cx: &Cx) -> Result<(usize, bool)> {
    let blind = !cx.clearance().reviews_accesses();
    if blind && !cx.audits() {
        return Err(store::Error::Absent.into());
    }
    let Some((_, sample)) = current(cx.app()).await? else { return Ok((0, false)) };
    if blind {
        let watched = watched(cx, &sample.lines).await?;
        let left = sample.lines.iter().enumerate().filter(|(turn, line)| line.mark.is_none() && watched.contains(turn));
        let left = left.count();
        return Ok((left, left > 0 && sample.at + TIME < cx.now()));
    }
    let mut left: Vec<_> = sample.lines.into_iter().filter(|line| line.mark.is_none()).collect();
    left.retain(|line| line.picked.opening.actor != cx.clearance().actor());
    let own = answered_for(cx, "accesses-review", left.iter().map(|line| line.picked.opening.person).collect()).await?;
    left.retain(|line| own.contains(&line.picked.opening.person));
    Ok((left.len(), !left.is_empty() && sample.at + TIME < cx.now()))
}

/// Of these persons, those whose journal this actor reads: that they were shown is in it.
pub(crate) async fn residents(cx: &Cx, verb: &str, persons: impl Iterator<Item = Person>) -> Result<Vec<Resident>> {
    let (call, persons): (_, BTreeSet<Person>) = (cx.call(verb), persons.collect());
    let only = Some(persons.into_iter().collect());
    let (patients, stays) = people::look(cx, &call, Whom::Anyone, only).await?;
    let mut allowed = BTreeMap::new();
    let patients = patients.retain(|item| {
        let may = cx.clearance().may_read_journal(item.person, item.place);
        allowed.insert(item.person, may);
        may
    });
    let stays = stays.retain(|item| allowed.get(&item.person).copied().unwrap_or_default());
    Ok(people::residents(cx.app().store().disclose(&call, patients.zip(stays)).await?))
}

/// Of these persons, those whose journal this actor reads, without showing anybody.
pub(crate) async fn answered_for(cx: &Cx, verb: &str, persons: BTreeSet<Person>) -> Result<BTreeSet<Person>> {
    let (call, mut known) = (cx.call(verb), BTreeSet::new());
    let (patients, _) = people::look(cx, &call, Whom::Anyone, Some(persons.into_iter().collect())).await?;
    drop(patients.retain(|item| {
        let may = cx.clearance().may_read_journal(item.person, item.place);
        may && known.insert(item.person)
    }));
    Ok(known)
}

/// Why nothing is said of an access.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unfit {
    /// Nobody looks at their own accesses.
    Own,
    /// What is to be explained needs a word.
    Wordless,
    /// The word is too long.
    TooLong,
}

/// Says of an access that it is normal, or with a word what is to be explained. `Err` inside: why not.
///
/// # Errors
/// Absence when there is no such access, or for whoever does not answer for the record; a conflict when others go on writing;
/// the store's.
pub async fn mark(
    cx: &Cx,
    month: &str,
    turn: usize,
    normal: bool,
    word: &str,
) -> Result<std::result::Result<(), Unfit>> {
    let (app, word) = (cx.app(), word.trim());
    if !cx.clearance().reviews_accesses() || !month.starts_with("sample/") {
        return Err(store::Error::Absent.into());
    }
    for _ in 0..TRIES {
        let (version, sample) = find(app, month).await?;
        let mut sample = sample.ok_or(store::Error::Absent)?;
        let line = sample.lines.get_mut(turn).ok_or(store::Error::Absent)?;
        let opening = &line.picked.opening;
        if residents(cx, "access-mark", std::iter::once(opening.person)).await?.is_empty() {
            return Err(store::Error::Absent.into());
        }
        if opening.actor == cx.clearance().actor() {
            return Ok(Err(Unfit::Own));
        }
        match word.chars().count() {
            0 if !normal => return Ok(Err(Unfit::Wordless)),
            long if long > LONGEST => return Ok(Err(Unfit::TooLong)),
            _ => {}
        }
        line.mark = Some(Mark { by: cx.clearance().actor(), at: cx.now(), normal, word: word.to_owned() });
        match keep(app, month, version, &sample).await {
            Err(Error::Store(store::Error::Conflict(_))) => {}
            kept => return kept.map(Ok),
        }
    }
    Err(store::Error::Conflict(store::Conflict::Overtaken).into())
}
