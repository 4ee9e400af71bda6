//! Sample contexts for the templates: every page can be looked at without a store.

use super::frame::{Frame, Menu};
use super::identity::{Identity, Ins};
use super::level::LevelMark;
use super::lines::Line;
use super::people::Row;
use super::printing::Paper;
use super::strip::{Chip, StripView};
use askama::Template;
use confidentiality::Level;

pub(crate) fn frame(menu: Menu) -> Frame {
    let display = "Amina Rahal, aide-soignante".to_owned();
    Frame {
        display,
        csrf: "jeton".to_owned(),
        confirmed: false,
        theme: None,
        menu,
        cares: true,
        apart: false,
        estate: false,
        demo: false,
        drafts: 1,
        desk: app::emergency::Desk::default(),
        machine: None,
        past: None,
        damage: app::Damage::default(),
        made: "24/11/2026 à 9 h 35".to_owned(),
        said: None,
        paper: Paper::of(vec![Level::Sensitive, Level::VerySensitive]),
        mistakes: Vec::new(),
    }
}

pub(crate) fn identity() -> Identity {
    Identity {
        name: "QUÉMÉNER Odette".to_owned(),
        sex: "Femme",
        born: "07/03/1938".to_owned(),
        age: Some("88 ans".to_owned()),
        gone: None,
        ins: Some(Ins { value: "2 38 03 99 123 456 78".to_owned(), mention: "identité de test" }),
    }
}

pub(crate) fn row() -> Row {
    Row { id: "p1".to_owned(), room: Some("206".to_owned()), who: identity(), apart: None }
}

/// A resource as the store gives it.
pub(crate) fn version(value: serde_json::Value) -> app::Version {
    app::Version {
        resource: fhir::Resource::from_value(value).unwrap(),
        rid: confidentiality::Rid::new(1),
        person: confidentiality::Person::new(1),
        place: confidentiality::Place::new(0),
        version: 1,
        updated: 0,
        level: Level::Daily,
        categories: confidentiality::Categories::default(),
        family: confidentiality::Family::Adm,
        mask: confidentiality::MaskFlags::default(),
        rules: 1,
        author: confidentiality::Actor::new(1),
        moment: 0,
        deleted: false,
        how: None,
    }
}

pub(crate) fn strip() -> StripView {
    StripView {
        id: "p1".to_owned(),
        who: identity(),
        room: Some("206".to_owned()),
        allergies: vec![Chip { text: "Pénicilline".to_owned(), severe: true, link: None }],
        denied: Vec::new(),
        denial: None,
        nothing_noted: false,
        unseen: false,
        consignes: Vec::new(),
        older_consignes: false,
        alerts: vec!["Risque de chute".to_owned()],
        measures: vec!["Curatelle renforcée jusqu’au 03/05/2028".to_owned()],
        directives: true,
        unreadable: false,
        hidden: true,
        writes: true,
        admits: false,
        keeps_health: true,
    }
}

pub(crate) fn line(level: Level) -> Line {
    Line {
        link: Some("/transmissions/c1".to_owned()),
        topic: "Douleur".to_owned(),
        parts: vec![("D", "Grimace <au> lever.".to_owned()), ("A", "EN 5, IDE vue.".to_owned())],
        author: "Inès Le Goff, infirmière".to_owned(),
        at: "aujourd’hui à 9 h 30".to_owned(),
        hour: Some("9 h 30".to_owned()),
        level: LevelMark::from(level),
        categories: Vec::new(),
        urgency: Some(("Urgent", false)),
        recipients: vec!["infirmiers".to_owned()],
        corrected: true,
        came: None,
    }
}

/// A page as text, without the digests that change with the style sheet and the script.
pub(crate) fn rendered(page: &impl Template) -> String {
    let text = page.render().unwrap();
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some((before, after)) = rest.split_once("?v=") {
        out.push_str(before);
        rest = after.trim_start_matches(|letter: char| letter.is_ascii_alphanumeric() || "-_".contains(letter));
    }
    out + rest
}
