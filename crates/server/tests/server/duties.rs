//! Since when a handover is told: duties taken, left, planned, stayed beyond.

use crate::house::{House, fall, hidden};
use crate::support::{NOW, create, csrf};
use confidentiality::Actor;
use store::{Shift, ShiftKind};

const HOUR: i64 = 3_600_000_000;

/// "Je prends mon poste" pressed twice (or the wrong unit, then the right one): the handover is empty.
#[tokio::test(flavor = "multi_thread")]
async fn taking_ones_post_twice_does_not_empty_the_handover() {
    let house = House::new().await;
    let (amina, claire) = (house.world.sign_in("amina").await, house.world.sign_in("claire").await);
    let full = house.world.program("full").await;
    create(&full, fall(&house.odette, 2)).await;
    let _ = claire;
    let choose = house.world.page("/unites", &amina).await.expect(200);
    let body = format!("csrf={}&unite={}", csrf(&choose), hidden(&choose, "unite"));
    // She took it a minute ago (the clock of the test does not move).
    let (app, actor) = (&house.world.app, Actor::new(42));
    let unit: i64 = hidden(&choose, "unite").parse().unwrap();
    let taken = Shift { actor, unit, starts: NOW - 60_000_000, ends: NOW + 7 * HOUR, kind: ShiftKind::Taken };
    app.store().plan(app.tenant(), vec![taken]).await.unwrap();
    assert!(house.text(&amina, "/releve").await.contains("tombée au salon"));
    house.world.form("/unites", &amina, &body).await.expect(303);
    let page = house.text(&amina, "/releve").await;
    assert!(page.contains("tombée au salon"), "{page}");
}

/// A planned shift that was never worked (sick leave) hides what happened before its end.
#[tokio::test(flavor = "multi_thread")]
async fn a_shift_planned_but_not_worked_is_no_last_duty() {
    let house = House::new().await;
    let amina = house.world.sign_in("amina").await;
    let full = house.world.program("full").await;
    create(&full, fall(&house.odette, 2)).await;
    let (app, actor) = (&house.world.app, Actor::new(42));
    let shift =
        |from: i64, to: i64, kind| Shift { actor, unit: -1, starts: NOW - from * HOUR, ends: NOW - to * HOUR, kind };
    let shifts = vec![shift(80, 72, ShiftKind::Taken), shift(8, 1, ShiftKind::Planned)];
    app.store().plan(app.tenant(), shifts).await.unwrap();
    let page = house.text(&amina, "/releve").await;
    assert!(page.contains("tombée au salon"), "{page}");
}

/// A post that ended by itself at the planned hour: working on, one's handover is empty.
#[tokio::test(flavor = "multi_thread")]
async fn staying_late_does_not_empty_the_handover() {
    let house = House::new().await;
    let amina = house.world.sign_in("amina").await;
    let full = house.world.program("full").await;
    create(&full, fall(&house.odette, 2)).await;
    let (app, actor) = (&house.world.app, Actor::new(42));
    let taken = Shift {
        actor,
        unit: -app.default_place().value(),
        starts: NOW - 8 * HOUR,
        ends: NOW - HOUR / 2,
        kind: ShiftKind::Taken,
    };
    app.store().plan(app.tenant(), vec![taken]).await.unwrap();
    assert!(house.text(&amina, "/releve").await.contains("tombée au salon"));
}
