//! Where somebody stays, and who accompanies them, are one write; on both engines.

use crate::world::{NOW, World, patient, worlds};
use confidentiality::{Level, Person};
use serde_json::{Value, json};
use store::{Call, Change, Conflict, Error, Housing};

fn stay(id: &str, status: &str) -> Value {
    json!({"resourceType": "Encounter", "id": id, "status": status, "class": {"code": "IMP"},
        "subject": {"reference": "Patient/p1"}})
}

/// In which of these units somebody is, at a moment.
async fn at(world: &World, units: &[i64], person: Person, now: i64) -> Vec<i64> {
    let members = world.store.members(world.tenant, units.to_vec(), now).await.unwrap();
    members.iter().filter(|(_, own)| own.contains(&person)).map(|(unit, _)| *unit).collect()
}

async fn units(world: &World) -> Vec<i64> {
    let mut units = Vec::new();
    for name in ["Les Lilas", "Les Roses"] {
        units.push(world.store.ensure_unit(world.tenant, world.place, name).await.unwrap());
    }
    units
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stay_and_who_accompanies_it_are_kept_together_or_not_at_all() {
    for world in worlds().await {
        let (call, place, units) = (world.client(Level::VerySensitive), world.place, units(&world).await);
        let both = vec![world.create(patient("p1")), world.create(stay("s1", "in-progress"))];
        let refused = world.store.lodge(&call, both.clone(), Housing::In { place, unit: -99 }).await;
        assert!(matches!(refused, Err(Error::Absent)), "{refused:?}");
        let person = world.store.lodge(&call, both, Housing::In { place, unit: units[0] }).await.unwrap()[0].person;
        assert_eq!(at(&world, &[units[0], units[1], store::everybody(place)], person, NOW).await.len(), 2);
        let late = |more: i64| Call { now: NOW + more, ..call.clone() };
        let next = |id: &str| vec![world.create(stay(id, "finished"))];
        world.store.lodge(&late(1), next("s2"), Housing::In { place, unit: units[1] }).await.unwrap();
        assert_eq!(at(&world, &units, person, NOW + 1).await, [units[1]]);
        world.store.lodge(&late(2), next("s3"), Housing::Leaves { place, until: NOW + 10 }).await.unwrap();
        assert_eq!(at(&world, &units, person, NOW + 9).await, [units[1]]);
        assert_eq!(at(&world, &units, person, NOW + 10).await, [] as [i64; 0]);
        world.store.lodge(&late(3), next("s4"), Housing::Stays { place }).await.unwrap();
        assert_eq!(at(&world, &units, person, NOW + 1_000).await, [units[1]]);
        world.store.lodge(&late(4), next("s5"), Housing::Leaves { place, until: NOW + 4 }).await.unwrap();
        world.store.lodge(&late(5), next("s6"), Housing::Stays { place }).await.unwrap();
        assert_eq!(at(&world, &units, person, NOW + 5).await, [] as [i64; 0], "what is over stays over");
        let everybody = store::everybody(place);
        assert_eq!(at(&world, &[everybody], person, NOW + 5).await, [everybody], "the house still knows them");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_place_somebody_at_once_one_is_told() {
    for world in worlds().await {
        let (call, place, units) = (world.client(Level::VerySensitive), world.place, units(&world).await);
        let both = vec![world.create(patient("p1")), world.create(stay("s1", "in-progress"))];
        let person = world.store.lodge(&call, both, Housing::In { place, unit: 0 }).await.unwrap()[0].person;
        for turn in 1..=10 {
            let call = Call { now: NOW + turn, ..call.clone() };
            let again = || match world.create(stay("s1", "in-progress")) {
                Change::Create { resource, graded, .. } => {
                    vec![Change::Update { resource, graded, if_match: Some(turn), upsert: false, import: None }]
                }
                other => vec![other],
            };
            let go = |unit: i64| world.store.lodge(&call, again(), Housing::In { place, unit });
            let (one, other) = tokio::join!(go(units[0]), go(units[1]));
            let lost =
                [&one, &other].into_iter().filter(|done| matches!(done, Err(Error::Conflict(Conflict::Version))));
            assert_eq!(lost.count(), 1, "turn {turn}: {one:?} {other:?}");
            assert_eq!(at(&world, &units, person, NOW + turn).await, [units[usize::from(one.is_err())]], "turn {turn}");
        }
    }
}
