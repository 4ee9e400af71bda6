//! Persons moved from a unit to another by several people at once; on both engines.

mod housing;

use super::world::{NOW, patient, worlds};
use confidentiality::Level;
use store::Move;

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_move_somebody_at_once_one_is_told() {
    for world in worlds().await {
        let admitting = world.client(Level::VerySensitive);
        let person = world.store.admit(&admitting, vec![world.create(patient("p1"))]).await.unwrap()[0].person;
        let mut units = Vec::new();
        for name in ["Les Lilas", "Les Roses"] {
            units.push(world.store.ensure_unit(world.tenant, world.place, name).await.unwrap());
        }
        for turn in 1..=20 {
            let mut client = world.client(Level::VerySensitive);
            client.now = NOW + 2 * turn;
            let go = |to: i64| world.store.move_persons(&client, world.place, vec![Move { person, from: 0, to }]);
            let (one, other) = tokio::join!(go(units[0]), go(units[1]));
            assert_eq!(one.is_ok(), other.is_err(), "turn {turn}: {one:?} {other:?}");
            let members = world.store.members(world.tenant, units.clone(), client.now).await.unwrap();
            let there: Vec<i64> =
                members.iter().filter(|(_, own)| own.contains(&person)).map(|(unit, _)| *unit).collect();
            assert_eq!(there.len(), 1, "turn {turn}: {members:?}");
            client.now += 1;
            let back = vec![Move { person, from: there[0], to: 0 }];
            world.store.move_persons(&client, world.place, back).await.unwrap();
        }
    }
}
