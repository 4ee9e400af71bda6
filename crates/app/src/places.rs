//! Establishments: how each one is called and what kind it is. The kind decides which sensitive matters are the everyday work of its
//! teams (matrix: core business), so that who reads what follows it: it is said by a person, never taken from a file.

use crate::cx::Cx;
use crate::error::Result;
use crate::hiring;
use crate::records;
use crate::sender;
use confidentiality::{Categories, Place, PlaceProfile};
use fhir::ResourceType;
use std::collections::BTreeSet;
use store::PlaceRow;

/// Why a place is not described so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unfit {
    /// Nothing to be called by, or too long.
    Nameless,
    /// Whoever asks does not answer for accounts there.
    Beyond,
    /// Somebody has described it already.
    Known,
}

/// What is said of a place; what is not said stays as it was.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Said<'a> {
    /// Its name.
    pub name: Option<&'a str>,
    /// What kind it is.
    pub profile: Option<PlaceProfile>,
}

/// Whether whoever asks says what this place is: they answer there for accounts of every function.
///
/// # Errors
/// Absence for whoever does not answer for accounts; the store's.
pub async fn may_describe(cx: &Cx, place: Place) -> Result<bool> {
    hiring::decides_at(cx, place).await
}

/// Says how a place is called and what it is; who reads what there follows at once.
///
/// # Errors
/// As [`may_describe`]; a conflict when somebody else has said so meanwhile.
pub async fn describe(cx: &Cx, place: &PlaceRow, said: Said<'_>) -> Result<std::result::Result<(), Unfit>> {
    if !may_describe(cx, place.place).await? {
        return Ok(Err(Unfit::Beyond));
    }
    let mut wanted = place.clone();
    if let Some(name) = said.name {
        let Some(name) = hiring::named(name) else { return Ok(Err(Unfit::Nameless)) };
        name.clone_into(&mut wanted.name);
    }
    if let Some(profile) = said.profile {
        (wanted.profile, wanted.told) = (profile, true);
    }
    if wanted != *place {
        write(cx, place, wanted).await?;
    }
    Ok(Ok(()))
}

/// Adds a place; one that was made by itself, and that nobody has described, is described.
///
/// # Errors
/// As [`describe`].
pub async fn add(cx: &Cx, finess: &str, said: Said<'_>) -> Result<std::result::Result<(), Unfit>> {
    let app = cx.app();
    if said.name.is_some_and(|name| hiring::named(name).is_none()) {
        return Ok(Err(Unfit::Nameless));
    }
    if app.place(finess).is_none() {
        let name = PlaceRow::unnamed(finess);
        app.store().ensure_place(app.tenant(), finess, PlaceProfile::Other, &name).await?;
        app.follow(false).await?;
    }
    let place = app.place(finess).ok_or(store::Error::Absent)?;
    if place.told || !place.is_unnamed() {
        return Ok(Err(Unfit::Known));
    }
    describe(cx, &place, said).await
}

async fn write(cx: &Cx, known: &PlaceRow, wanted: PlaceRow) -> Result<()> {
    let call = cx.because(&change(known, &wanted)).call("place-describe");
    let done = cx.app().store().describe_place(&call, known.clone(), wanted).await;
    // Also when somebody was quicker: what they have said is known from now on.
    cx.app().follow(false).await?;
    Ok(done?)
}

/// What the log says of it.
fn change(known: &PlaceRow, wanted: &PlaceRow) -> String {
    let code = |place: &PlaceRow| if place.told { place.profile.code() } else { "pas dit" };
    let kind = ((known.told, known.profile) != (wanted.told, wanted.profile))
        .then(|| format!(", type\u{a0}: {} → {}", code(known), code(wanted)));
    let name = (known.name != wanted.name).then_some(", nom changé");
    format!("établissement {}{}{}", known.finess, kind.unwrap_or_default(), name.unwrap_or_default())
}

/// What counts as the everyday work of those who accompany persons in a place of this kind.
pub fn core_business(cx: &Cx, profile: PlaceProfile) -> Categories {
    cx.app().matrix().core_business(profile)
}

/// Places that nobody has named are called as the organisations of their number that have been imported; where those do not agree,
/// nothing is changed.
///
/// # Errors
/// The store's.
pub(crate) async fn take_names(cx: &Cx) -> Result<()> {
    if !cx.clearance().sees_all() {
        return Ok(());
    }
    for place in cx.app().places().iter().filter(|place| place.is_unnamed()) {
        let pairs = [("identifier".to_owned(), format!("{0},1{0}", place.finess))];
        let query = fhir::search::parse(ResourceType::ORGANIZATION, &pairs, true)
            .map_err(|_| crate::error::Error::Bug("the search of an organisation does not parse".to_owned()))?;
        let page = records::page(cx, "match", &query).await?;
        let ours = page.matches.iter().filter(|found| sender::numbers(&found.resource).contains(&place.finess));
        let names: BTreeSet<&str> =
            ours.filter_map(|found| found.resource.str_at(&["name"])).filter_map(hiring::named).collect();
        if let (Some(name), 1) = (names.first(), names.len()) {
            write(cx, place, PlaceRow { name: (*name).to_owned(), ..place.clone() }).await?;
        }
    }
    Ok(())
}
