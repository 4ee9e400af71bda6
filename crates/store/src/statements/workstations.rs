//! The tour of enrolled machines.

use super::NOW;
use crate::{Call, NewMachine, Store};
use confidentiality::{Place, Workstation};

/// Unknown until some are in; enrolled, judged, taken out.
pub(super) async fn tour(store: &Store, client: &Call, place: Place) {
    let tenant = client.tenant;
    assert_eq!(store.workstation(tenant, None).await.unwrap(), (None, Workstation::Any));
    let asset = Some("serial:A1".to_owned());
    let new = NewMachine { name: "Infirmerie".into(), asset, place, unit: 0, state: Workstation::Sound };
    let number = store.enrol(client, b"token", new.clone()).await.unwrap();
    assert_eq!(store.workstation(tenant, None).await.unwrap(), (None, Workstation::Unknown));
    assert_eq!(store.workstation(tenant, Some(b"else")).await.unwrap(), (None, Workstation::Unknown));
    assert_eq!(store.workstation(tenant, Some(b"token")).await.unwrap(), (Some(number), Workstation::Sound));
    assert_eq!(store.judge_machines(tenant, vec![(number, Workstation::Obsolete)]).await.unwrap(), 1);
    assert_eq!(store.judge_machines(tenant, vec![(number, Workstation::Obsolete)]).await.unwrap(), 0);
    let machines = store.machines(tenant).await.unwrap();
    assert_eq!(machines.len(), 1);
    assert_eq!(machines[0].machine, NewMachine { state: Workstation::Obsolete, ..new });
    assert_eq!(machines[0].enrolled, NOW);
    assert!(store.take_out(client, number).await.unwrap());
    assert!(!store.take_out(client, number).await.unwrap());
    assert_eq!(store.workstation(tenant, Some(b"token")).await.unwrap(), (None, Workstation::Any));
    assert!(store.machines(tenant).await.unwrap().is_empty());
}
