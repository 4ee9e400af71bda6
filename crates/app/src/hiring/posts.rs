//! Functions: who works where, as what, from when to when.

use super::changes::{answers, is_own};
use super::giver::{Giver, OF_ONE_PERSON};
use super::{NEVER, Taken, Unfit, end_of};
use crate::app::App;
use crate::cx::Cx;
use crate::error::Result;
use confidentiality::{Actor, Place};
use domain::local_time;
use jiff::civil::Date;
use std::collections::BTreeSet;
use store::{FOREVER, Post};

/// Whoever takes somebody's place does so as somebody.
const INTERIM: &str = "interim";
/// Before the function of the one whose place is taken.
const INSTEAD: &str = "interim:";

/// A function that begins.
#[derive(Debug, Clone, Copy)]
pub struct NewPost<'a> {
    /// Code of the persona in the matrix; behind `interim:`, whose place is taken.
    pub role: &'a str,
    /// Where: a place and one of its units, a place and everybody in it ([`store::everybody`]), or a place and nobody (0).
    pub spots: &'a [(Place, i64)],
    /// The first day; today when there is none.
    pub from: Option<Date>,
    /// The last day; without one, it goes on.
    pub until: Option<Date>,
}

/// The first day of the reader's next function, if one is to come.
///
/// # Errors
/// The store's.
pub async fn next_day(cx: &Cx) -> Result<Option<Date>> {
    let (app, me) = (cx.app(), cx.clearance().actor());
    let posts = app.store().all_posts(app.tenant()).await?;
    let to_come = posts.iter().filter(|post| post.actor == me && post.starts > cx.now()).map(|post| post.starts);
    Ok(to_come.min().map(|starts| local_time::local(starts).date()))
}

/// Where somebody may work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spot {
    /// The place.
    pub place: Place,
    /// Its name.
    pub place_name: String,
    /// The unit; the whole place, or 0: the place, without the persons in it.
    pub unit: i64,
    /// What it is called.
    pub name: String,
}

/// A function that somebody has, or will have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// What it is.
    pub post: Post,
    /// In French.
    pub french: String,
    /// Where.
    pub spot: Spot,
    /// The first day, when it has not come yet.
    pub from: Option<Date>,
    /// The last day, when there is one.
    pub until: Option<Date>,
}

/// Code and words of the functions that are given here by whoever asks.
///
/// # Errors
/// Absence for whoever does not answer for accounts; the store's.
pub async fn roles(cx: &Cx) -> Result<Vec<(String, String)>> {
    let wide = Giver::of(cx).await?.is_wide();
    Ok(known_roles(cx.app(), wide))
}

fn known_roles(app: &App, wide: bool) -> Vec<(String, String)> {
    let all = app.matrix().personas().filter(|one| !OF_ONE_PERSON.contains(&one.code()) && one.code() != INTERIM);
    let given = all.filter(|one| wide || one.is_technical());
    given.map(|one| (one.code().to_owned(), one.french().to_owned())).collect()
}

/// Where whoever asks may give functions: of each place, everybody, its units, then nobody.
///
/// # Errors
/// As [`roles`].
pub async fn spots(cx: &Cx) -> Result<Vec<Spot>> {
    let giver = Giver::of(cx).await?;
    Ok(all_spots(cx.app()).await?.into_iter().filter(|spot| giver.is_at(spot.place)).collect())
}

/// Everywhere that somebody may work.
async fn all_spots(app: &App) -> Result<Vec<Spot>> {
    let units = app.store().units(app.tenant()).await?;
    let of_place = |place: &store::PlaceRow| {
        let spot = |unit: i64, name: &str| Spot {
            place: place.place,
            place_name: place.name.clone(),
            unit,
            name: name.to_owned(),
        };
        let own = units.iter().filter(|unit| unit.place == place.place).map(|unit| spot(unit.unit, &unit.name));
        let mut all = vec![spot(store::everybody(place.place), "toutes les personnes")];
        all.extend(own);
        all.push(spot(0, "aucune personne"));
        all
    };
    Ok(app.places().iter().flat_map(of_place).collect())
}

/// Units of a place by their names, whatever their capitals; everybody; or, without either, nobody.
///
/// # Errors
/// The store's.
pub async fn spots_named(app: &App, place: Place, units: &[String], everybody: bool) -> Taken<Vec<(Place, i64)>> {
    let here: Vec<Spot> = all_spots(app).await?.into_iter().filter(|spot| spot.place == place).collect();
    let own = || here.iter().filter(|spot| spot.unit != 0 && spot.unit != store::everybody(place));
    let mut found = Vec::new();
    for name in units {
        match own().find(|spot| spot.name.to_lowercase() == name.to_lowercase()) {
            Some(spot) => found.push((place, spot.unit)),
            None => return Ok(Err(Unfit::Unit(own().map(|spot| spot.name.clone()).collect()))),
        }
    }
    if everybody {
        found.push((place, store::everybody(place)));
    }
    if found.is_empty() {
        found.push((place, 0));
    }
    found.sort_unstable();
    found.dedup();
    Ok(Ok(found))
}

/// What somebody does here, now and later; what is over is left out.
pub(super) async fn functions(cx: &Cx, actor: Actor) -> Result<Vec<Held>> {
    let (app, now) = (cx.app(), cx.now());
    let spots = all_spots(app).await?;
    Ok(held_by(cx, actor).await?.into_iter().map(|post| held(app, &spots, post, now)).collect())
}

/// The same, as they are kept.
pub(super) async fn held_by(cx: &Cx, actor: Actor) -> Result<Vec<Post>> {
    let (app, now) = (cx.app(), cx.now());
    let own = app.store().all_posts(app.tenant()).await?.into_iter().filter(|post| post.actor == actor);
    Ok(own.filter(|post| post.ends > now && post.ends > post.starts).collect())
}

fn held(app: &App, spots: &[Spot], post: Post, now: i64) -> Held {
    let french = app.matrix().persona(&post.persona.as_str().into()).map(|(row, _)| row.french().to_owned());
    let instead = post.persona.strip_prefix("interim:").map(|_| "remplacement, ").unwrap_or_default();
    let spot = spots.iter().find(|spot| spot.place == post.place && spot.unit == post.unit).cloned();
    Held {
        french: format!("{instead}{}", french.unwrap_or_else(|| format!("fonction inconnue ({})", post.persona))),
        spot: spot.unwrap_or_else(|| Spot {
            place: post.place,
            place_name: String::new(),
            unit: post.unit,
            name: "unité inconnue".to_owned(),
        }),
        from: (post.starts > now).then(|| local_time::local(post.starts).date()),
        until: (post.ends != FOREVER).then(|| local_time::local(post.ends - 1).date()),
        post,
    }
}

/// The posts that are asked for, of nobody yet.
pub(super) async fn of(cx: &Cx, new: &NewPost<'_>) -> Taken<Vec<Post>> {
    let (app, now, giver) = (cx.app(), cx.now(), Giver::of(cx).await?);
    if let Err(unfit) = known(app, new.role) {
        return Ok(Err(unfit));
    }
    if new.from.is_some_and(|from| from.year() >= NEVER) {
        return Ok(Err(Unfit::Past));
    }
    let starts = new.from.map_or(now, |from| local_time::instant(from.at(0, 0, 0, 0)).max(now));
    let ends = new.until.and_then(end_of).unwrap_or(FOREVER);
    if ends <= starts {
        return Ok(Err(Unfit::Past));
    }
    if new.role.starts_with(INSTEAD) && ends == FOREVER {
        return Ok(Err(Unfit::Endless));
    }
    let nobody =
        |(place, unit): &(Place, i64)| *unit == 0 && new.spots.iter().any(|(at, own)| at == place && *own != 0);
    if new.spots.iter().any(nobody) {
        return Ok(Err(Unfit::Contradictory));
    }
    let all = all_spots(app).await?;
    let there = |(place, unit): &(Place, i64)| all.iter().any(|spot| spot.place == *place && spot.unit == *unit);
    if new.spots.is_empty() || !new.spots.iter().all(there) {
        return Ok(Err(Unfit::Unit(all.into_iter().map(|spot| spot.name).collect())));
    }
    let post = |(place, unit): &(Place, i64)| Post {
        actor: Actor::new(0),
        place: *place,
        unit: *unit,
        persona: new.role.to_owned(),
        starts,
        ends,
    };
    let posts: Vec<Post> = new.spots.iter().collect::<BTreeSet<_>>().into_iter().map(post).collect();
    if posts.iter().all(|post| giver.gives(cx, post)) { Ok(Ok(posts)) } else { Ok(Err(Unfit::Beyond)) }
}

/// What the log says of functions: what, where, from when to when.
pub(super) fn said(posts: &[Post]) -> String {
    let day = |at: i64| local_time::local(at).date();
    let one = |post: &Post| {
        let until = if post.ends == FOREVER { String::new() } else { format!(" au {}", day(post.ends - 1)) };
        format!("{} {}/{} du {}{until}", post.persona, post.place.value(), post.unit, day(post.starts))
    };
    posts.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// Gives somebody a function.
///
/// # Errors
/// Absence for whoever does not answer for accounts; the store's.
pub async fn add_post(cx: &Cx, actor: Actor, new: &NewPost<'_>) -> Taken<()> {
    let posts = match of(cx, new).await? {
        Ok(posts) => posts,
        Err(unfit) => return Ok(Err(unfit)),
    };
    if is_own(cx, actor) {
        return Ok(Err(Unfit::Own));
    }
    let sheet = super::sheet(cx, actor).await?;
    // Whoever has functions elsewhere, or is somebody's relative, is not given one of ours by who does not answer for those.
    if let Err(unfit) = Giver::of(cx).await?.gives_all(cx, sheet.functions.iter().map(|held| &held.post)) {
        return Ok(Err(unfit));
    }
    let meets = |post: &Post, held: &Post| {
        let same = (held.place, held.unit, &held.persona) == (post.place, post.unit, &post.persona);
        same && held.starts < post.ends && post.starts < held.ends
    };
    if posts.iter().any(|post| sheet.functions.iter().any(|held| meets(post, &held.post))) {
        return Ok(Err(Unfit::Held));
    }
    let posts: Vec<Post> = posts.into_iter().map(|post| Post { actor, ..post }).collect();
    let call = cx.because(&format!("compte {}, {}", sheet.login, said(&posts))).call("post-add");
    Ok(Ok(cx.app().store().change_posts(&call, Vec::new(), posts).await?))
}

/// Ends a function now; one that has not begun never will.
///
/// # Errors
/// As [`add_post`]; absence when they do not have it, or no longer.
pub async fn end_post(cx: &Cx, actor: Actor, post: &Post) -> Taken<()> {
    answers(cx)?;
    if is_own(cx, actor) {
        return Ok(Err(Unfit::Own));
    }
    let sheet = super::sheet(cx, actor).await?;
    let held = sheet.functions.iter().find(|held| held.post == *post).ok_or(store::Error::Absent)?;
    if !Giver::of(cx).await?.gives(cx, post) {
        return Ok(Err(Unfit::Beyond));
    }
    let call = cx.because(&format!("compte {}, {}", sheet.login, said(std::slice::from_ref(post)))).call("post-end");
    let ends = cx.now().max(post.starts);
    Ok(Ok(cx.app().store().change_posts(&call, vec![(held.post.clone(), ends)], Vec::new()).await?))
}

fn known(app: &App, role: &str) -> std::result::Result<(), Unfit> {
    let own = role.strip_prefix("interim:").unwrap_or(role);
    if OF_ONE_PERSON.contains(&own) {
        return Err(Unfit::OfOnePerson);
    }
    let all = known_roles(app, true);
    if all.iter().any(|(code, _)| code == own) { Ok(()) } else { Err(Unfit::Role(all)) }
}
