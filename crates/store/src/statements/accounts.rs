//! The tour of accounts and sessions.

use super::NOW;
use crate::{Account, AccountKind, Call, Conflict, Error, Post, SessionRow, SignIn, Store};
use confidentiality::Actor;

/// An account, found and signed in.
pub(super) async fn tour(store: &Store, tenant: i64, call: &Call) {
    let account = Account {
        actor: 41,
        kind: AccountKind::Person,
        login: "odile".into(),
        display: "Odile".into(),
        password: String::new(),
        place: None,
        max_level: 4,
        write: true,
        chosen_ids: false,
        practitioner: None,
        ends: None,
        chosen: None,
    };
    store.put_account(tenant, account.clone()).await.unwrap();
    store.find_account(tenant, AccountKind::Person, "odile").await.unwrap().unwrap();
    store.account(tenant, Actor::new(41)).await.unwrap().unwrap();
    assert_eq!(store.people_accounts(tenant).await.unwrap().len(), 1);
    assert_eq!(store.programs(tenant).await.unwrap().len(), 0);
    let session = SessionRow { tenant, actor: 41, strength: 2, started: NOW, stepped_up: 0, ends: crate::FOREVER };
    store.open_session(b"token", session, &account).await.unwrap();
    store.open_session(b"again", SessionRow { strength: 3, started: NOW + 9, ..session }, &account).await.unwrap();
    let signed = SignIn { actor: 41, first: NOW, last: NOW + 9, strength: 3 };
    assert_eq!(store.sign_ins(tenant).await.unwrap(), [signed]);
    assert_eq!(store.sign_ins(tenant + 1).await.unwrap(), []);
    let later = NOW + 3_600_000_000;
    store.session(b"token", later, crate::FOREVER).await.unwrap().unwrap();
    store.step_up_session(b"token", later).await.unwrap();
    let ended = Account { ends: Some(later), ..account.clone() };
    store.change_accounts(call, vec![(account.clone(), ended.clone())], Some(b"token")).await.unwrap();
    // What was read before that changes nothing any more, and lets nobody in.
    let open = Account { password: "another".into(), ..account.clone() };
    let late = store.change_accounts(call, vec![(account.clone(), open)], None).await;
    assert!(matches!(late, Err(Error::Conflict(Conflict::Overtaken))), "{late:?}");
    assert!(store.account(tenant, Actor::new(41)).await.unwrap() == Some(ended));
    let late = store.open_session(b"late", session, &account).await;
    assert!(matches!(late, Err(Error::Conflict(Conflict::Overtaken))), "{late:?}");
    assert!(store.session(b"late", NOW, crate::FOREVER).await.unwrap().is_none());
    assert!(store.session(b"again", later, crate::FOREVER).await.unwrap().is_none());
    store.session(b"token", later, crate::FOREVER).await.unwrap().unwrap();
    assert!(!store.account(tenant, Actor::new(41)).await.unwrap().unwrap().is_open(later));
    store.close_session(b"token").await.unwrap();
    arrives(store, tenant, call).await;
}

/// Somebody arrives, under a number of their own; a login is given once.
async fn arrives(store: &Store, tenant: i64, call: &Call) {
    let odile = store.find_account(tenant, AccountKind::Person, "odile").await.unwrap().unwrap();
    let rose = Account { actor: 0, login: "rose".into(), ..odile };
    let (actor, place) = (Actor::new(0), confidentiality::Place::new(1));
    let post = Post { actor, place, unit: 0, persona: "as".into(), starts: NOW, ends: crate::FOREVER };
    let given = store.hire(call, rose.clone(), vec![post.clone()]).await.unwrap();
    assert_eq!(store.account(tenant, given).await.unwrap().unwrap().login, "rose");
    assert_eq!(store.posts(tenant, given, NOW).await.unwrap().len(), 1);
    let twice = store.hire(call, rose, Vec::new()).await;
    assert!(matches!(twice, Err(Error::Conflict(_))), "{twice:?}");
    // They change function: what was read before that ends nothing any more.
    let (former, next) = (Post { actor: given, ..post.clone() }, Post { actor: given, persona: "ide".into(), ..post });
    let moved = vec![(former.clone(), NOW + 1)];
    store.change_posts(call, moved.clone(), vec![next.clone()]).await.unwrap();
    let held = store.posts(tenant, given, NOW + 1).await.unwrap();
    assert_eq!(held.iter().map(|post| post.persona.as_str()).collect::<Vec<_>>(), ["ide"]);
    let late = store.change_posts(call, moved, vec![former]).await;
    assert!(matches!(late, Err(Error::Conflict(Conflict::Overtaken))), "{late:?}");
    assert_eq!(store.posts(tenant, given, NOW + 1).await.unwrap().len(), 1);
    // What has not begun yet is as if it had never been, and can be given again.
    let later = Post { starts: NOW + 9, ..next };
    store.change_posts(call, Vec::new(), vec![later.clone()]).await.unwrap();
    store.change_posts(call, vec![(later.clone(), NOW + 9)], Vec::new()).await.unwrap();
    store.change_posts(call, Vec::new(), vec![later.clone()]).await.unwrap();
    let twice = store.change_posts(call, Vec::new(), vec![later]).await;
    assert!(matches!(twice, Err(Error::Conflict(Conflict::Overtaken))), "{twice:?}");
}
