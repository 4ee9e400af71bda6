//! An item as one line of a list.

use super::dates;
use super::health;
use super::level::{LevelMark, categories};
use super::summary;
use super::words;
use app::{Names, Version};
use domain::care::transmission::{Note, Urgency};
use fhir::ResourceType;

/// What is received within this is received when it is written.
const APART: i64 = 60_000_000;
/// Letters of a line's text in a handover.
const SHORT: usize = 160;

/// An item as a template reads it.
#[derive(Debug)]
pub(crate) struct Line {
    /// Where it can be read in full.
    pub(crate) link: Option<String>,
    /// What it is about: a target, or the kind of item.
    pub(crate) topic: String,
    /// Each part with its mark: `D`, `A`, `R`.
    pub(crate) parts: Vec<(&'static str, String)>,
    pub(crate) author: String,
    pub(crate) at: String,
    pub(crate) hour: Option<String>,
    pub(crate) level: LevelMark,
    pub(crate) categories: Vec<&'static str>,
    /// `Urgent`, and whether there is danger now.
    pub(crate) urgency: Option<(&'static str, bool)>,
    pub(crate) recipients: Vec<String>,
    pub(crate) corrected: bool,
    /// When it came to this record, long after its own hour.
    pub(crate) came: Option<String>,
}

impl Line {
    /// Who signed: their name, and what comes after it.
    pub(crate) fn signed(&self) -> (&str, &str) {
        self.author.split_at(self.author.find(", ").unwrap_or(self.author.len()))
    }

    /// In full.
    pub(crate) fn whole(item: &Version, names: &Names, now: i64) -> Self {
        Self::of(item, names, now, usize::MAX)
    }

    /// As short as a list needs.
    pub(crate) fn short(item: &Version, names: &Names, now: i64) -> Self {
        Self::of(item, names, now, SHORT)
    }

    fn of(item: &Version, names: &Names, now: i64, longest: usize) -> Self {
        let resource = &item.resource;
        let note = (resource.kind() == ResourceType::COMMUNICATION).then(|| Note::read(resource));
        let account = || names.get(&item.author).cloned();
        let sender = note.as_ref().and_then(|note| note.sender.clone());
        let parts = match &note {
            Some(note) => parts(note, longest),
            None => vec![("", summary::shorten(&summary::line(resource), longest))],
        };
        let id = resource.id().unwrap_or_default();
        Self {
            link: note.as_ref().map(|_| format!("/transmissions/{id}")).or_else(|| health::link(resource.kind(), id)),
            topic: note.as_ref().and_then(topic).unwrap_or_else(|| words::kind(resource.kind()).to_owned()),
            parts,
            author: sender.or_else(account).unwrap_or_default(),
            at: dates::when(item.moment, now),
            hour: summary::has_hour(resource, item.moment).then(|| dates::hour(dates::local(item.moment))),
            level: item.level.into(),
            categories: categories(item.categories),
            urgency: note.as_ref().and_then(|note| urgency(note.urgency)),
            recipients: note.as_ref().map(recipients).unwrap_or_default(),
            corrected: item.version > 1,
            came: came(item).map(|at| format!("arrivé {}", dates::when(at, now))),
        }
    }
}

/// When an item was received, if that is not when it was written.
fn came(item: &Version) -> Option<i64> {
    let (at, _) = item.resource.str_at(&["received"]).and_then(fhir::date::interval)?;
    (at > item.moment + APART).then_some(at)
}

/// The target, or how it was filed.
fn topic(note: &Note) -> Option<String> {
    let filed = || note.kind.as_deref().map(capital);
    note.target.map(|target| target.french().to_owned()).or_else(|| note.topic.clone()).or_else(filed)
}

fn parts(note: &Note, longest: usize) -> Vec<(&'static str, String)> {
    if note.withdrawn {
        return vec![("", "Écrit par erreur dans ce dossier. Le texte n’est plus affiché.".to_owned())];
    }
    let marked = note.actions.is_some() || note.results.is_some();
    let texts = [("D", Some(&note.data)), ("A", note.actions.as_ref()), ("R", note.results.as_ref())];
    let mut left = longest;
    let mut parts = Vec::new();
    for (mark, text) in texts {
        let Some(text) = text.filter(|text| !text.is_empty() && left > 8) else { continue };
        let shown = summary::shorten(text, left);
        left = left.saturating_sub(shown.chars().count());
        parts.push((if marked { mark } else { "" }, shown));
    }
    parts
}

pub(crate) fn urgency(urgency: Urgency) -> Option<(&'static str, bool)> {
    match urgency {
        Urgency::Routine => None,
        Urgency::Urgent => Some(("Urgent", false)),
        Urgency::Danger => Some(("Danger immédiat", true)),
    }
}

/// Functions in words.
pub(crate) fn recipients(note: &Note) -> Vec<String> {
    let known = |code: &String| domain::care::function::find(code).map(|function| function.many.to_owned());
    note.recipients.iter().filter_map(known).collect()
}

/// With a capital letter.
pub(crate) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
