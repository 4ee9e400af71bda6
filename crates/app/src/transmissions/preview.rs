//! What a writing will be: its level, why, and who will read it.

use super::{at_least, signature};
use crate::cx::Cx;
use crate::error::Result;
use crate::records;
use confidentiality::{
    Action, Actor, Facts, Item, Label, Person, PersonaCode, Purpose, RelationKind, Rid, Session, Strength,
};
use domain::care::function;
use domain::care::transmission::{Sheet, Transmission};
use fhir::{Resource, ResourceType};
use std::collections::{BTreeMap, BTreeSet};
use store::{ActorFacts, Graded, Version};

/// The level of a writing, and its readers.
#[derive(Debug, Clone)]
pub struct Preview {
    /// Level, categories, reasons.
    pub label: Label,
    /// Who will read it, by function.
    pub readers: Vec<Readers>,
    /// Persona codes of the functions it is addressed to.
    pub recipients: Vec<String>,
}

/// Some of the readers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Readers {
    /// What they are: `infirmiers`.
    pub function: String,
    /// How many.
    pub count: usize,
    /// Their names and functions, as screens show them; none when the asker could not read such an item of another.
    pub names: Vec<String>,
    /// Persona codes of all functions that those of them who did not write it have here: nobody tells something to themselves.
    pub codes: BTreeSet<&'static str>,
}

/// A session that has done all it can: who *may* read, whatever they have typed today.
const STRONGEST: Session =
    Session { strength: Strength::SecondFactor, age_s: 0, step_up_age_s: Some(0), ..Session::none() };

/// What a sheet would become if it were kept as it stands, as a correction of `corrected` or anew; `None` while nobody is
/// chosen, or when the actor may not write about them.
///
/// # Errors
/// The store's.
pub async fn preview(cx: &Cx, sheet: &Sheet, corrected: Option<&str>) -> Result<Option<Preview>> {
    let Some(transmission) = Transmission::guess(sheet, cx.now()) else { return Ok(None) };
    let call = cx.call("preview-readers");
    let Some(person) = cx.app().store().person_of(&call, transmission.patient()).await? else { return Ok(None) };
    let cx = &cx.beside(person);
    let id = cx.fresh_id();
    let by = signature(cx, &id, &id);
    let resource = Resource::from_value(transmission.to_fhir(&by))?;
    let before = match corrected {
        Some(id) => Some(records::read(cx, ResourceType::COMMUNICATION, id).await?),
        None => None,
    };
    let found = look(cx, person, cx.grade(&resource, Some(by.kind)), before.as_ref()).await?;
    Ok(found.map(|preview| Preview { recipients: sheet.recipients.clone(), ..preview }))
}

/// The level and the readers of what is about to be kept about a person, in the place of `before` or anew; `None` when the actor
/// may not write it.
pub(crate) async fn look(
    cx: &Cx,
    person: Person,
    mut graded: Graded,
    before: Option<&Version>,
) -> Result<Option<Preview>> {
    if let Some(before) = before {
        graded = at_least(graded, before);
    }
    if confidentiality::permit(cx.clearance(), Action::Create, person, graded.place, &graded.label).is_err() {
        return Ok(None);
    }
    let item = new_item(cx, person, &graded);
    let readers = readers(cx, person, &item).await?;
    Ok(Some(Preview { label: graded.label, readers, recipients: Vec::new() }))
}

/// What an item about to be kept says of itself.
pub(crate) fn new_item(cx: &Cx, person: Person, graded: &Graded) -> Item {
    Item {
        rid: Rid::new(0),
        person,
        also: Vec::new(),
        place: graded.place,
        level: graded.label.level,
        categories: graded.label.categories,
        family: graded.family,
        author: cx.clearance().actor(),
        mask: graded.mask,
    }
}

/// Everyone who may read an item about a person, were they signed in as strongly as they can. Whoever could not read such
/// an item of another's is told of functions only, by right of function: who was given access by name, or from whom the
/// person has masked, is not theirs to know.
pub(crate) async fn readers(cx: &Cx, person: Person, item: &Item) -> Result<Vec<Readers>> {
    let app = cx.app();
    let (me, people) = (cx.clearance().actor(), app.people().await?);
    let audience = app.store().audience(app.tenant(), person, cx.now()).await?;
    let anothers = Item { author: Actor::new(0), ..item.clone() };
    let mine = audience.iter().find(|(actor, _)| *actor == me);
    let insider = mine.is_some_and(|(actor, facts)| reads(cx, *actor, facts.clone(), &anothers));
    let mut by_function: BTreeMap<(usize, Words), Group> = BTreeMap::new();
    for (actor, mut facts) in audience {
        let persona = facts.relations.first().map(|relation| relation.persona.clone());
        let all = facts.relations.iter().filter_map(|relation| function::find(relation.persona.as_str()));
        let codes: Vec<&'static str> = all.map(|function| function.code).collect();
        if !insider {
            facts.maskings.clear();
            facts.relations.retain(|one| !matches!(one.kind, RelationKind::Grant | RelationKind::BreakGlass));
        }
        // Whoever has left keeps their posts, and reads nothing.
        let present = people.present(actor, cx.now());
        if let (true, Some(name)) = (reads(cx, actor, facts, item), present) {
            let group = by_function.entry(function_of(cx, persona)).or_default();
            group.0.push(name.clone());
            if actor != item.author {
                group.1.extend(codes);
            }
        }
    }
    let readers = by_function.into_iter().map(|((_, (one, many)), (mut names, codes))| {
        let count = names.len();
        names.sort();
        Readers {
            function: if count == 1 { one } else { many },
            count,
            names: if insider { names } else { Vec::new() },
            codes,
        }
    });
    Ok(readers.collect())
}

/// Whether someone with these facts would be permitted an item.
fn reads(cx: &Cx, actor: Actor, facts: ActorFacts, item: &Item) -> bool {
    let facts = Facts {
        actor,
        relations: facts.relations,
        maskings: facts.maskings,
        session: STRONGEST,
        purpose: Purpose::Care,
        place_profiles: facts.profiles,
        client: None,
    };
    let clearance = confidentiality::clearance(cx.app().matrix(), &facts);
    confidentiality::decide(&clearance, item).decision.is_permit()
}

/// Names of readers, and the codes of all their functions.
type Group = (Vec<String>, BTreeSet<&'static str>);
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
