//! Somebody with an account.

use crate::world::World;
use store::{Account, AccountKind};

/// Her account, kept under this number.
pub(crate) async fn nora(world: &World, actor: i64) -> Account {
    let account = Account {
        actor,
        kind: AccountKind::Person,
        login: "nora".into(),
        display: "Nora".into(),
        password: String::new(),
        place: None,
        max_level: 0,
        write: false,
        chosen_ids: false,
        practitioner: None,
        ends: None,
        chosen: None,
    };
    world.store.put_account(world.tenant, account.clone()).await.unwrap();
    account
}
