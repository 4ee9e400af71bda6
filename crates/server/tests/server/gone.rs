//! Who is no longer here: said wherever they are named, offered last, and still to be read.

use crate::facts::post;
use crate::support::{World, made, patient};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_left_or_died_is_said_to_have_and_is_offered_last() {
    let world = World::new().await;
    let program = world.program("full").await;
    let (dead, left, here) = (made(&world, "Abgrall").await, made(&world, "Bellec").await, made(&world, "Colin").await);
    for (id, family, key, value) in
        [(&dead, "Abgrall", "deceasedDateTime", json!("2026-05-03")), (&left, "Bellec", "active", json!(false))]
    {
        let mut changed = patient(family);
        changed["id"] = json!(id);
        changed[key] = value;
        program.put(&format!("/fhir/Patient/{id}"), &changed).await.expect(200);
    }
    let carer = world.sign_in("amina").await;
    let list = world.page("/personnes", &carer).await.expect(200).text();
    assert!(list.contains("<span class=\"mention\">décédée le 03/05/2026</span>"), "{list}");
    assert!(list.contains("<span class=\"mention\">partie</span>"), "{list}");
    let form = world.page("/transmissions/nouvelle", &carer).await.expect(200).text();
    let at = |id: &str| form.find(&format!("<option value=\"{id}\">")).unwrap();
    assert!(at(&here) < at(&dead) && at(&dead) < at(&left), "{form}");
    assert!(form.contains("décédée le 03/05/2026</option>") && form.contains("– partie</option>"), "{form}");
    let page = world.page(&format!("/personnes/{left}"), &carer).await.expect(200).text();
    assert!(page.contains("<span class=\"mention\">partie</span>"), "{page}");
    let claire = world.sign_in("claire").await;
    assert_eq!(post(&world, &claire, "/unites/repartition/nouvelle", "nom=Les+Lilas").await, 303);
    let units = world.page("/unites/repartition", &claire).await.expect(200).text();
    assert_eq!(units.matches("class=\"mention\"").count(), 2, "{units}");
}
