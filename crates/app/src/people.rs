//! The list of persons: by name, by room, by number.

use crate::cx::Cx;
use crate::error::Result;
use crate::units;
use confidentiality::Person;
use domain::care::stay;
use fhir::ResourceType;
use fhir::json::Value;
use fhir::search::normalise;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use store::{Call, Gather, Gathered, Saying, Undisclosed, Version, Whom};

/// Patients and stays read for one list, at most.
const MOST: u32 = 10_000;

/// The persons this actor may see.
#[derive(Debug)]
pub struct People {
    /// Those of the page, by family name, then given names.
    pub persons: Vec<Resident>,
    /// How many there are on all pages.
    pub all: usize,
    /// There are more.
    pub cut: bool,
}

/// A person, and where they live or are received now.
#[derive(Debug)]
pub struct Resident {
    /// The Patient.
    pub patient: Version,
    /// Number of the room, when there is one.
    pub room: Option<String>,
}

impl Resident {
    /// Id of the Patient.
    pub fn id(&self) -> &str {
        self.patient.resource.id().unwrap_or_default()
    }
}

/// Persons of a unit (or all, when none is given) whose names start like `words`, who live in the room `words`, or whose
/// number (of the file, or national) is `words`; everyone without words.
///
/// # Errors
/// The store's.
pub async fn list(cx: &Cx, unit: Option<i64>, words: &str) -> Result<People> {
    page(cx, (unit, false), words, |all| 0..all).await
}

/// Of the same, or of everybody in the house, those of one page: which places in the list, once it is known how many there are. The
/// others are not seen, as far as the journal is concerned.
///
/// # Errors
/// The store's.
pub async fn page(
    cx: &Cx,
    (unit, whole): (Option<i64>, bool),
    words: &str,
    shown: impl FnOnce(usize) -> Range<usize>,
) -> Result<People> {
    let call = cx.call("persons");
    let wanted = Wanted::parse(words);
    // Who accompanies nobody (direction, reception) still knows who lives in the house; not so who has a unit, if nobody is in it yet.
    let accompanies = cx.cares() || !units::mine(cx).await?.units.is_empty();
    let everyone = if accompanies && !whole { Whom::Known } else { Whom::Anyone };
    let (patients, stays) = look(cx, &call, unit.map_or(everyone, Whom::Unit), None).await?;
    let mut chosen: BTreeSet<Person> = BTreeSet::new();
    let mut choose = |item: &Version| {
        if wanted.fits(item) {
            chosen.insert(item.person);
        }
        true
    };
    let (patients, stays) = (patients.retain(&mut choose), stays.retain(&mut choose));
    let mut all = 0;
    let patients = patients.retain(|item| chosen.contains(&item.person)).map(|mut found| {
        found.items.sort_by_cached_key(sort_key);
        all = found.items.len();
        let on_page = found.items.get(shown(all)).unwrap_or_default();
        chosen = on_page.iter().map(|item| item.person).collect();
        found
    });
    let fit = |item: &Version| chosen.contains(&item.person);
    let found = patients.retain(fit).zip(stays.retain(fit));
    let found = cx.app().store().disclose(&call, found).await?;
    Ok(People { all, cut: found.0.more, persons: residents(found) })
}

/// Each with its own limit; of the stays, those that run; of these persons only, when it is said.
pub(crate) async fn look(
    cx: &Cx,
    call: &Call,
    whom: Whom,
    only: Option<Vec<Person>>,
) -> Result<(Undisclosed<Gathered>, Undisclosed<Gathered>)> {
    let [patients, stays] = cx.app().store().gather_each(call, asks(&whom, only.as_deref())).await?;
    Ok((patients, stays))
}

/// What is asked for it.
pub(crate) fn asks(whom: &Whom, only: Option<&[Person]>) -> [Gather; 2] {
    let of_kind = |kind: ResourceType| Gather {
        only: only.map(<[Person]>::to_vec),
        ..Gather::plain(whom.clone(), vec![kind], MOST)
    };
    let running = vec![Saying::Any("status", &["in-progress"])];
    [of_kind(ResourceType::PATIENT), Gather { saying: running, ..of_kind(ResourceType::ENCOUNTER) }]
}

/// Patients, and their running stays.
pub(crate) type Persons = (Gathered, Gathered);

/// Each person with their room, by name.
pub(crate) fn residents((patients, stays): Persons) -> Vec<Resident> {
    let mut rooms: BTreeMap<Person, String> = BTreeMap::new();
    for stay in stays.items {
        if let Some(room) = room_of(&stay) {
            rooms.entry(stay.person).or_insert(room);
        }
    }
    let mut persons = patients.items;
    persons.sort_by_cached_key(sort_key);
    persons.into_iter().map(|patient| Resident { room: rooms.remove(&patient.person), patient }).collect()
}

/// The room of a stay: where it takes place now, as it is called. A unit is none.
fn room_of(stay: &Version) -> Option<String> {
    let places = stay.resource.get(&["location"]).and_then(Value::as_array)?;
    let status = |place: &Value| place.get("status").and_then(Value::as_str).unwrap_or("active") == "active";
    let name = |place: &Value| Some(place.get("location")?.get("display")?.as_str()?.to_owned());
    places.iter().rfind(|place| status(place) && stay::is_room(place)).and_then(name)
}

/// What is looked for.
struct Wanted {
    words: Vec<String>,
    /// All words together, when they have a figure: a room, or a number.
    number: Option<String>,
}

/// Figures of the shortest file number; what has fewer may be a room.
const NUMBER: usize = 5;

impl Wanted {
    fn parse(text: &str) -> Self {
        let words: Vec<String> = text.split_whitespace().map(normalise).collect();
        let whole = words.concat();
        let figures = whole.bytes().any(|byte| byte.is_ascii_digit());
        Self { number: figures.then_some(whole), words }
    }

    fn fits(&self, item: &Version) -> bool {
        if item.resource.kind() != ResourceType::PATIENT {
            let room = room_of(item).map(|room| normalise(&room).replace(' ', "")).unwrap_or_default();
            let figures = room.trim_start_matches(|letter: char| !letter.is_ascii_digit());
            return self
                .number
                .as_ref()
                .is_some_and(|number| *number == room || (number == figures && room.starts_with("chambre")));
        }
        self.words.is_empty() || self.named(item) || self.number.as_ref().is_some_and(|number| numbered(item, number))
    }

    /// Each word begins a part of one of the names.
    fn named(&self, patient: &Version) -> bool {
        let names = patient.resource.get(&["name"]).and_then(Value::as_array).into_iter().flatten();
        let mut parts: Vec<String> = Vec::new();
        for name in names {
            let given = name.get("given").and_then(Value::as_array).into_iter().flatten();
            let texts = [name.get("family"), name.get("text")].into_iter().flatten().chain(given);
            for text in texts.filter_map(Value::as_str).map(normalise) {
                parts.extend(text.split([' ', '-', '\'']).map(str::to_owned));
                parts.push(text);
            }
        }
        self.words.iter().all(|word| parts.iter().any(|part| part.starts_with(word.as_str())))
    }
}

/// One of the person's numbers is this one; a national number may be given without its key.
fn numbered(patient: &Version, number: &str) -> bool {
    let all = patient.resource.get(&["identifier"]).and_then(Value::as_array).into_iter().flatten();
    let mut values = all.filter_map(|one| one.get("value")?.as_str()).map(normalise);
    let long = number.bytes().filter(u8::is_ascii_digit).count() >= NUMBER;
    long && values
        .any(|value| value == number || (number.len() == 13 && value.len() == 15 && value.starts_with(number)))
}

fn sort_key(person: &Version) -> String {
    let name = person.resource.get(&["name"]).and_then(|names| names.get(0));
    let text = |key: &str| name.and_then(|name| name.get(key)).and_then(|value| value.as_str()).unwrap_or_default();
    let given = name.and_then(|name| name.get("given")).and_then(|given| given.get(0)).and_then(|g| g.as_str());
    normalise(&format!("{} {} {}", text("family"), given.unwrap_or_default(), text("text")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use confidentiality::{Actor, Categories, Family, Level, MaskFlags, Place, Rid};
    use fhir::Resource;
    use serde_json::json;

    fn version(value: Value) -> Version {
        Version {
            resource: Resource::from_value(value).unwrap(),
            rid: Rid::new(1),
            person: Person::new(1),
            place: Place::new(1),
            version: 1,
            updated: 0,
            level: Level::Daily,
            categories: Categories::empty(),
            family: Family::Adm,
            mask: MaskFlags::empty(),
            rules: 1,
            author: Actor::new(1),
            moment: 0,
            deleted: false,
            how: None,
        }
    }

    fn odette() -> Version {
        version(json!({"resourceType": "Patient", "name": [{"family": "Le Goff", "given": ["Marie-Odette"]}],
            "identifier": [{"value": "236069967892846"}, {"value": "D01004"}]}))
    }

    fn finds(words: &str) -> bool {
        Wanted::parse(words).fits(&odette())
    }

    #[test]
    fn finds_a_person_by_the_beginning_of_any_name() {
        for words in ["", "le", "goff", "GOF ma", "odé", "marie-o", "le goff"] {
            assert!(finds(words), "{words}");
        }
        for words in ["off", "goff lucien", "dette"] {
            assert!(!finds(words), "{words}");
        }
    }

    #[test]
    fn finds_a_person_by_a_whole_number() {
        for words in ["2 36 06 99 678 928 46", "2360699678928", "d01004"] {
            assert!(finds(words), "{words}");
        }
        for words in ["23606996789284", "01004", "2"] {
            assert!(!finds(words), "{words}");
        }
    }

    #[test]
    fn finds_who_lives_in_a_room() {
        let stay = version(json!({"resourceType": "Encounter", "status": "in-progress", "location": [
            {"location": {"display": "102"}, "status": "completed"}, {"location": {"display": "206 B"}, "status": "active"}]}));
        assert!(Wanted::parse("206b").fits(&stay) && Wanted::parse("206 B").fits(&stay));
        assert!(!Wanted::parse("102").fits(&stay) && !Wanted::parse("").fits(&stay));
    }
}
