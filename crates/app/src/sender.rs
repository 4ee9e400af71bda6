//! Who sent a resource: the kind of establishment (FINESS category) of the organisations it says it comes from. An
//! addiction centre says something of a person by its name alone.

use crate::cx::Cx;
use crate::error::Result;
use crate::records;
use confidentiality::Place;
use fhir::json::Value;
use fhir::search::{Filter, Query, Total};
use fhir::{Resource, ResourceType};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use store::PlaceRow;

/// FINESS categories of establishments, TRE_R66: its address, and its number.
const CATEGORIES: [&str; 2] = [
    "https://mos.esante.gouv.fr/NOS/TRE_R66-CategorieEtablissement/FHIR/TRE-R66-CategorieEtablissement",
    "urn:oid:1.2.250.1.71.4.2.2",
];
/// Elements that say where a resource comes from.
const ELEMENTS: [&str; 9] = [
    "sender",
    "author",
    "custodian",
    "serviceProvider",
    "performer",
    "requester",
    "recorder",
    "informationSource",
    "responsible",
];
/// Who keeps a record: says where it is, and nothing of its content.
const MANAGING: &str = "managingOrganization";
/// What everybody must know whoever sent it: who is who, and the directory.
const NEUTRAL: [&str; 8] = [
    "Patient",
    "RelatedPerson",
    "Organization",
    "Practitioner",
    "PractitionerRole",
    "Location",
    "HealthcareService",
    "Medication",
];

/// Ids of one search.
const ASKED: usize = 200;
/// Senders of one page.
const PAGE: u32 = 1_000;

/// A resource's address here.
pub(crate) type Key = (ResourceType, String);

/// What senders are known: what comes with a writing, and what is here.
#[derive(Debug, Default)]
pub(crate) struct Senders(HashMap<Key, Resource>);

impl Senders {
    /// Those that these resources name, and the organisations of the roles among them; `brought`: those that come with them.
    pub(crate) async fn load<'a>(
        cx: &Cx,
        verb: &str,
        resources: impl IntoIterator<Item = &'a Resource>,
        brought: impl IntoIterator<Item = (Key, &'a Resource)>,
    ) -> Result<Self> {
        let brought = brought.into_iter().filter(|((kind, _), _)| is_sender(*kind));
        let mut known: HashMap<Key, Resource> = brought.map(|(key, resource)| (key, resource.clone())).collect();
        let places = !cx.is_placed() && cx.app().places().len() > 1;
        let managed = |one| if places { managed(one) } else { None };
        let mut asked: Vec<Key> =
            resources.into_iter().flat_map(|one| named(one).into_iter().chain(managed(one))).collect();
        for _role_then_organisation in 0..2 {
            let mut wanted: BTreeMap<ResourceType, BTreeSet<String>> = BTreeMap::new();
            for (kind, id) in asked.drain(..).filter(|key| !known.contains_key(key)) {
                wanted.entry(kind).or_default().insert(id);
            }
            for (kind, ids) in wanted {
                let ids: Vec<String> = ids.into_iter().collect();
                for some in ids.chunks(ASKED) {
                    read(cx, verb, kind, Some(Filter::Id(some.to_vec())), &mut known).await?;
                }
            }
            asked.extend(known.values().filter_map(organization));
        }
        Ok(Self(known))
    }

    /// All that are here.
    pub(crate) async fn all(cx: &Cx, verb: &str) -> Result<Self> {
        let mut known = HashMap::new();
        for kind in ["Organization", "PractitionerRole"].into_iter().filter_map(ResourceType::parse) {
            read(cx, verb, kind, None, &mut known).await?;
        }
        Ok(Self(known))
    }

    /// The categories of who sent this resource; `whole`: of who sent the document or message it is in.
    pub(crate) fn of(&self, resource: &Resource, whole: &[String]) -> Vec<String> {
        if NEUTRAL.contains(&resource.kind().name()) {
            return Vec::new();
        }
        let mut found = whole.to_vec();
        found.extend(self.named_by(resource));
        found.sort();
        found.dedup();
        found
    }

    /// Who sent a document or a message, which begins with its head, sent all that is in it.
    pub(crate) fn of_whole(&self, head: Option<&Resource>) -> Vec<String> {
        let head = head.filter(|one| matches!(one.kind().name(), "Composition" | "MessageHeader"));
        head.map(|head| self.named_by(head)).unwrap_or_default()
    }

    /// The establishment of ours that it says it comes from, by its FINESS number.
    pub(crate) fn place(&self, resource: &Resource, ours: &[PlaceRow]) -> Option<Place> {
        let mut numbers: Vec<String> = named_logically(resource).iter().filter_map(finess).collect();
        for key in managed(resource).into_iter().chain(named(resource)) {
            let Some(sender) = self.0.get(&key) else { continue };
            numbers.extend(self::numbers(sender));
            numbers
                .extend(organization(sender).and_then(|key| self.0.get(&key)).map(self::numbers).unwrap_or_default());
        }
        numbers.iter().find_map(|number| ours.iter().find(|row| row.finess == *number)).map(|row| row.place)
    }

    fn named_by(&self, resource: &Resource) -> Vec<String> {
        let named = named(resource).into_iter().filter_map(|key| self.0.get(&key));
        let theirs = named.flat_map(|sender| {
            let behind = organization(sender).and_then(|key| self.0.get(&key));
            categories(&sender.value())
                .into_iter()
                .chain(behind.iter().flat_map(|one| categories(&one.value())).collect::<Vec<_>>())
        });
        let contained = resource.get(&["contained"]).and_then(Value::as_array).into_iter().flatten();
        let inside = contained.filter(|one| is(one, "Organization")).flat_map(categories);
        theirs.chain(inside).collect()
    }
}

async fn read(
    cx: &Cx,
    verb: &str,
    kind: ResourceType,
    filter: Option<Filter>,
    known: &mut HashMap<Key, Resource>,
) -> Result<()> {
    let filters = filter.into_iter().collect();
    let mut query = Query { filters, count: Some(PAGE), total: Total::None, ..Query::all(kind) };
    loop {
        let page = records::page(cx, verb, &query).await?;
        let keyed = |one: store::Version| ((kind, one.resource.id().unwrap_or_default().to_owned()), one.resource);
        known.extend(page.matches.into_iter().map(keyed));
        query.page = page.next;
        if query.page.is_none() {
            return Ok(());
        }
    }
}

fn is_sender(kind: ResourceType) -> bool {
    matches!(kind.name(), "Organization" | "PractitionerRole")
}

fn is(value: &Value, kind: &str) -> bool {
    value.get("resourceType").and_then(Value::as_str) == Some(kind)
}

/// The organisations and the roles that a resource says it comes from.
fn named(resource: &Resource) -> Vec<(ResourceType, String)> {
    let mut found = Vec::new();
    for element in ELEMENTS {
        let Some(value) = resource.get(&[element]) else { continue };
        for one in value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice) {
            // Some performers are an element with an actor.
            let reference = one.get("reference").or_else(|| one.get("actor")?.get("reference")).and_then(Value::as_str);
            found.extend(reference.and_then(fhir::refs::local).filter(|(kind, _)| is_sender(*kind)));
        }
    }
    found
}

/// The FINESS number of an identifier: by itself, or behind the 1 of a national number of a structure (IDNST).
fn finess(identifier: &Value) -> Option<String> {
    let system = identifier.get("system").and_then(Value::as_str);
    let value = identifier.get("value").and_then(Value::as_str)?;
    let national = system.is_some_and(|system| system == "urn:oid:1.2.250.1.71.4.2.2");
    let known = system.is_none_or(|system| national || system.to_lowercase().contains("finess"));
    let number = value.strip_prefix('1').filter(|rest| national && rest.len() == 9).unwrap_or(value);
    known.then(|| number.to_owned())
}

/// The FINESS numbers of an organisation.
pub(crate) fn numbers(organization: &Resource) -> Vec<String> {
    let all = organization.get(&["identifier"]).and_then(Value::as_array).into_iter().flatten();
    all.filter_map(finess).collect()
}

/// The organisation that keeps a record.
fn managed(resource: &Resource) -> Option<Key> {
    fhir::refs::local(resource.str_at(&[MANAGING, "reference"])?).filter(|(kind, _)| is_sender(*kind))
}

/// The identifiers of who it comes from, where no resource is named.
fn named_logically(resource: &Resource) -> Vec<Value> {
    let elements = ELEMENTS.iter().chain([&MANAGING]).filter_map(|element| resource.get(&[element]));
    let each = elements.flat_map(|value| value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice));
    each.filter_map(|one| one.get("identifier").or_else(|| one.get("actor")?.get("identifier")).cloned()).collect()
}

/// The organisation of a role.
fn organization(role: &Resource) -> Option<(ResourceType, String)> {
    fhir::refs::local(role.str_at(&["organization", "reference"])?)
}

/// The FINESS categories an organisation says it has.
fn categories(organization: &Value) -> Vec<String> {
    let types = organization.get("type").and_then(Value::as_array).into_iter().flatten();
    let codings = types.filter_map(|one| one.get("coding")?.as_array()).flatten();
    let ours = codings.filter(|coding| {
        let system = coding.get("system").and_then(Value::as_str);
        system.is_some_and(|system| CATEGORIES.contains(&system))
    });
    ours.filter_map(|coding| coding.get("code")?.as_str().map(str::to_owned)).collect()
}
