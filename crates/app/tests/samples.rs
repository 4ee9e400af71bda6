//! Files written by others: in twice without doubling, and out again as they came.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod support;

use app::{Cx, person};
use confidentiality::Level;
use fhir::bundle;
use fhir::refs::{self, Reference};
use fhir::{Resource, ResourceType};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;
use support::{World, all, counts, samples, unpack};

/// A resource of the samples, and where its file says it is.
struct Sample {
    full_url: Option<String>,
    resource: Resource,
}

fn read(bytes: &[u8]) -> Vec<Sample> {
    let resource = Resource::from_slice(bytes).unwrap();
    if resource.kind() != ResourceType::BUNDLE {
        return vec![Sample { full_url: None, resource }];
    }
    let entries = bundle::parse(&resource).unwrap().entries.into_iter();
    entries.filter_map(|e| e.resource.map(|resource| Sample { full_url: e.full_url, resource })).collect()
}

/// Keeps each resource once; how many there are.
fn once(samples: &mut Vec<Sample>) -> usize {
    let mut seen = BTreeSet::new();
    samples.retain(|sample| seen.insert((sample.resource.kind(), sample.resource.id().map(str::to_owned))));
    samples.len()
}

/// Where the links of the samples lead, when every resource keeps its id.
fn links(samples: &[Sample]) -> HashMap<String, String> {
    let mut links = HashMap::new();
    for Sample { full_url, resource } in samples {
        let Some(id) = resource.id() else { continue };
        let here = format!("{}/{id}", resource.kind());
        links.extend(full_url.clone().map(|url| (url, here.clone())));
        refs::visit(resource, &mut |_, text| {
            let Reference::Conditional(kind, criteria) = Reference::parse(text) else { return };
            let query = fhir::search::parse(kind, &fhir::search::pairs(criteria), true).unwrap();
            let mut found = samples.iter().map(|sample| &sample.resource).filter(|candidate| {
                candidate.kind() == kind && query.filters.iter().all(|f| fhir::search::matches(candidate, f))
            });
            if let Some(one) = found.next() {
                links.insert(text.to_owned(), format!("{kind}/{}", one.id().unwrap()));
            }
        });
    }
    links
}

/// Everything is here once, under its own id, and says what it said.
async fn read_back(world: &World, samples: &[Sample]) {
    let operator = world.operator();
    let links = links(samples);
    let kinds: BTreeSet<ResourceType> = samples.iter().map(|sample| sample.resource.kind()).collect();
    let mut here: BTreeMap<(ResourceType, String), Resource> = BTreeMap::new();
    for kind in kinds {
        for version in all(&operator, kind).await {
            here.insert((kind, version.resource.id().unwrap().to_owned()), version.resource);
        }
    }
    assert_eq!(here.len(), samples.len(), "a resource is missing or doubled");
    for Sample { resource, .. } in samples {
        let key = (resource.kind(), resource.id().unwrap().to_owned());
        assert!(here.contains_key(&key), "{key:?} is not here under its own id");
        let found = here.get(&key).unwrap();
        let same = fhir::equality::semantic(&resource.value(), &found.value(), &|link| links.get(link).cloned());
        assert_eq!(same, Ok(()), "{key:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn forty_synthea_bundles_go_in_twice_and_come_back_equal() {
    let Some(folder) = samples() else { return };
    let world = World::new().await;
    let files = unpack(&folder.join("synthetic/synthea-r4-40.tar.zst"));
    let inside = world.folder.path().join("synthea");
    std::fs::create_dir(&inside).unwrap();
    let mut samples = Vec::new();
    for (name, bytes) in files.iter().filter(|(name, _)| name.ends_with(".json")) {
        std::fs::write(inside.join(name.rsplit('/').next().unwrap()), bytes).unwrap();
        samples.extend(read(bytes));
    }
    let total = u64::try_from(samples.len()).unwrap();
    assert!(total > 5_000, "{total}");
    // A few resources are in several bundles, word for word.
    let different = u64::try_from(once(&mut samples)).unwrap();
    let first = world.import(std::slice::from_ref(&inside)).await;
    let expected = [different, 0, total - different, 0, 0];
    assert_eq!(counts(&first), expected, "{:?}", first.issues.iter().take(5).collect::<Vec<_>>());
    let second = world.import(&[inside]).await;
    assert_eq!(counts(&second), [0, 0, total, 0, 0], "{:?}", second.issues.iter().take(5).collect::<Vec<_>>());
    read_back(&world, &samples).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn french_examples_go_in_twice_and_come_back_equal() {
    let Some(folder) = samples() else { return };
    let paths: Vec<PathBuf> = ["tddui-fhir", "sdo", "cds", "annuaire"]
        .iter()
        .map(|part| folder.join("fhir-dui").join(part).join("examples"))
        .collect();
    let world = World::new().await;
    let mut samples = Vec::new();
    for path in &paths {
        for file in std::fs::read_dir(path).unwrap() {
            samples.extend(read(&std::fs::read(file.unwrap().path()).unwrap()));
        }
    }
    let total = u64::try_from(samples.len()).unwrap();
    let first = world.import(&paths).await;
    assert_eq!(counts(&first), [total, 0, 0, 0, 0], "{:?}", first.issues);
    let second = world.import(&paths).await;
    assert_eq!(counts(&second), [0, 0, total, 0, 0], "{:?}", second.issues);
    read_back(&world, &samples).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_personas_see_two_timelines_of_the_same_imported_person() {
    let Some(folder) = samples() else { return };
    let world = World::new().await;
    let files = unpack(&folder.join("synthetic/synthea-r4-40.tar.zst"));
    let biggest =
        files.iter().filter(|(name, _)| name.ends_with(".json")).max_by_key(|(_, bytes)| bytes.len()).unwrap();
    let path = world.write("person.json", std::str::from_utf8(&biggest.1).unwrap());
    let report = world.import(&[path]).await;
    assert_eq!(report.refused, 0, "{:?}", report.issues);
    let (nurse, clerk) = (world.person(10, "ide").await, world.person(11, "sec").await);
    let limited = world.program(12, Some(world.first), Level::Daily).await;
    let elsewhere = world.program(13, Some(world.second), Level::VerySensitive).await;
    let patient = all(&world.operator(), ResourceType::PATIENT).await.remove(0);
    let id = patient.resource.id().unwrap();
    let whole = person::timeline(&world.operator(), id, None, 1_000).await.unwrap();
    let shown = async |cx: &Cx| person::timeline(cx, id, None, 1_000).await.unwrap();
    let (one, two) = (shown(&nurse).await, shown(&clerk).await);
    assert!(one.readable > two.readable && two.readable < whole.readable, "{} {}", one.readable, two.readable);
    assert!(two.hidden > 0 || one.hidden > 0, "what is not shown is counted where that may be known");
    let expected = whole.items.iter().filter(|item| item.level <= Level::Daily).count();
    let share = shown(&limited).await;
    assert!(share.items.iter().all(|item| item.level <= Level::Daily));
    if whole.next.is_none() {
        assert_eq!(share.items.len(), expected);
    }
    assert!(person::timeline(&elsewhere, id, None, 10).await.is_err(), "another place knows nothing of this person");
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_that_is_fhir_comes_twice_without_a_change() {
    let Some(folder) = samples() else { return };
    let world = World::new().await;
    let paths = ["fhir-dui", "documents/fhir-mhd", "national"].map(|part| folder.join(part));
    let first = world.import(&paths).await;
    assert!(first.created > 200, "{:?}", counts(&first));
    let second = world.import(&paths).await;
    assert_eq!((second.created, second.updated), (0, 0), "{:?}", counts(&second));
    assert_eq!((first.count(), first.refused), (second.count(), second.refused));
}
