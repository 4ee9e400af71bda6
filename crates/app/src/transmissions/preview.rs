//! What a writing will be: its level, why, and who will read it.

use super::signature;
use crate::cx::Cx;
use crate::error::Result;
use confidentiality::{Facts, Item, Label, MaskFlags, Person, PersonaCode, Purpose, Rid, Session, Strength};
use domain::care::function;
use domain::care::transmission::{Sheet, Transmission};
use fhir::Resource;
use std::collections::BTreeMap;

/// The level of a writing, and its readers.
#[derive(Debug, Clone)]
pub struct Preview {
    /// Level, categories, reasons.
    pub label: Label,
    /// Who will read it, by function.
    pub readers: Vec<Readers>,
}

/// Some of the readers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Readers {
    /// What they are: `infirmiers`.
    pub function: String,
    /// Their names and functions, as screens show them.
    pub names: Vec<String>,
}

/// A session that has done all it can: who *may* read, whatever they have typed today.
const STRONGEST: Session = Session { strength: Strength::SecondFactor, age_s: 0, step_up_age_s: Some(0) };

/// What a sheet would become if it were kept as it stands; `None` while nobody is chosen.
///
/// # Errors
/// `Absent` for a person this actor may not know of.
pub async fn preview(cx: &Cx, sheet: &Sheet) -> Result<Option<Preview>> {
    let Some(transmission) = Transmission::guess(sheet, cx.now()) else { return Ok(None) };
    let call = cx.call("preview-readers");
    let person = cx.app().store().person_of(&call, transmission.patient()).await?.ok_or(store::Error::Absent)?;
    let id = cx.fresh_id();
    let by = signature(cx, &id, &id);
    let resource = Resource::from_value(transmission.to_fhir(&by))?;
    let graded = cx.grade(&resource, Some(by.kind));
    let item = Item {
        rid: Rid::new(0),
        person,
        also: Vec::new(),
        place: graded.place,
        level: graded.label.level,
        categories: graded.label.categories,
        family: graded.family,
        author: cx.clearance().actor(),
        mask: MaskFlags::empty(),
    };
    let readers = readers(cx, person, &item).await?;
    Ok(Some(Preview { label: graded.label, readers }))
}

/// What an item that is kept says of itself.
pub(super) fn item(version: &store::Version) -> Item {
    Item {
        rid: version.rid,
        person: version.person,
        also: Vec::new(),
        place: version.place,
        level: version.level,
        categories: version.categories,
        family: version.family,
        author: version.author,
        mask: version.mask,
    }
}

/// Everyone who may read an item about a person, were they signed in as strongly as they can.
pub(super) async fn readers(cx: &Cx, person: Person, item: &Item) -> Result<Vec<Readers>> {
    let app = cx.app();
    let names = app.names().await?;
    let mut by_function: BTreeMap<(usize, Words), Vec<String>> = BTreeMap::new();
    for (actor, facts) in app.store().audience(app.tenant(), person, cx.now()).await? {
        let persona = facts.relations.first().map(|relation| relation.persona.clone());
        let facts = Facts {
            actor,
            relations: facts.relations,
            maskings: facts.maskings,
            session: STRONGEST,
            purpose: Purpose::Care,
            place_profiles: facts.profiles,
            client: None,
        };
        let clearance = confidentiality::clearance(app.matrix(), &facts);
        if let (true, Some(name)) = (confidentiality::decide(&clearance, item).decision.is_permit(), names.get(&actor))
        {
            by_function.entry(function_of(cx, persona)).or_default().push(name.clone());
        }
    }
    let readers = by_function.into_iter().map(|((_, (one, many)), mut names)| {
        names.sort();
        Readers { function: if names.len() == 1 { one } else { many }, names }
    });
    Ok(readers.collect())
}

/// A function in words: one of them, several.
type Words = (String, String);

/// The function's rank in a list, and its name.
fn function_of(cx: &Cx, persona: Option<PersonaCode>) -> (usize, Words) {
    let code = persona.map(|persona| persona.to_string()).unwrap_or_default();
    match function::find(&code) {
        Some(function) => {
            let rank = function::all().iter().position(|known| known.code == function.code);
            (rank.unwrap_or_default(), (function.one.to_owned(), function.many.to_owned()))
        }
        None => {
            let words = cx.app().matrix().persona(&PersonaCode::from(code)).map(|(row, _)| row.french().to_owned());
            let words = words.unwrap_or_else(|| "autre".to_owned());
            (function::all().len(), (words.clone(), words))
        }
    }
}
