//! Who may give what: nobody gives, by an account, what they do not answer for.
//!
//! Whoever administers machines reads nothing about anybody (matrix: `technical`); whoever could give themselves a doctor's account, or a
//! doctor's password, would.

use super::Unfit;
use crate::cx::Cx;
use crate::error::Result;
use confidentiality::Place;
use std::collections::BTreeSet;
use store::Post;

/// Whoever has one follows one person, not a place: their account comes with that person.
pub(super) const OF_ONE_PERSON: [&str; 2] = ["usager", "rep"];

/// What somebody who answers for accounts may give.
pub(super) struct Giver {
    /// Everywhere: the operator of the machine.
    all: bool,
    /// Where they answer for accounts by a function that is not technical.
    places: BTreeSet<Place>,
    /// Where they do by a technical one.
    technical: BTreeSet<Place>,
}

/// Whether whoever asks answers at this place for accounts of every function, and so for who reads what.
pub(crate) async fn decides_at(cx: &Cx, place: Place) -> Result<bool> {
    let giver = Giver::of(cx).await?;
    Ok(giver.all || giver.places.contains(&place))
}

impl Giver {
    /// # Errors
    /// Absence for whoever does not answer for accounts; the store's.
    pub(super) async fn of(cx: &Cx) -> Result<Self> {
        super::changes::answers(cx)?;
        let mut giver =
            Self { all: cx.clearance().is_universal(), places: BTreeSet::new(), technical: BTreeSet::new() };
        if giver.all {
            return Ok(giver);
        }
        let app = cx.app();
        for post in app.store().posts(app.tenant(), cx.clearance().actor(), cx.now()).await? {
            match app.matrix().persona(&post.persona.as_str().into()) {
                Some((row, _)) if row.may_see_estate() && row.is_technical() => giver.technical.insert(post.place),
                Some((row, _)) if row.may_see_estate() => giver.places.insert(post.place),
                _ => false,
            };
        }
        Ok(giver)
    }

    /// Whether they may give this function, or the account that has it.
    pub(super) fn gives(&self, cx: &Cx, post: &Post) -> bool {
        let own = post.persona.strip_prefix("interim:").unwrap_or(&post.persona);
        let technical = || cx.app().matrix().persona(&own.into()).is_some_and(|(row, _)| row.is_technical());
        self.all
            || (!OF_ONE_PERSON.contains(&own)
                && (self.places.contains(&post.place) || (self.technical.contains(&post.place) && technical())))
    }

    /// Whether they may give the account that has all these: one that has none yet is the direction's.
    pub(super) fn gives_all<'p>(
        &self,
        cx: &Cx,
        posts: impl Iterator<Item = &'p Post>,
    ) -> std::result::Result<(), Unfit> {
        let mut posts = posts.peekable();
        let none = posts.peek().is_none() && !self.all && self.places.is_empty();
        if !none && posts.all(|post| self.gives(cx, post)) { Ok(()) } else { Err(Unfit::Beyond) }
    }

    /// Whether they may give anything at this place.
    pub(super) fn is_at(&self, place: Place) -> bool {
        self.all || self.places.contains(&place) || self.technical.contains(&place)
    }

    /// Whether they may give functions that are not technical somewhere.
    pub(super) fn is_wide(&self) -> bool {
        self.all || !self.places.is_empty()
    }
}
