//! Two persons of one house, and those who write about them.

use crate::support::{Answer, NOW, PASSWORD, World, create, csrf, demo, patient};
use confidentiality::Actor;
use serde_json::json;
use store::FOREVER;

/// Odette and Lucien live here.
pub(crate) struct House {
    pub(crate) world: World,
    pub(crate) odette: String,
    pub(crate) lucien: String,
}

impl House {
    pub(crate) async fn new() -> Self {
        let world = World::with(Some(demo())).await;
        let full = world.program("full").await;
        let odette = create(&full, patient("Quéméner")).await;
        let lucien = create(&full, patient("Marchand")).await;
        let id = |reference: String| reference.strip_prefix("Patient/").unwrap().to_owned();
        Self { odette: id(odette), lucien: id(lucien), world }
    }

    pub(crate) async fn form(&self, cookie: &str, query: &str) -> String {
        let page = self.world.page(&format!("/transmissions/nouvelle?{query}"), cookie).await.expect(200);
        format!("csrf={}&cle={}", csrf(&page), hidden(&page, "cle"))
    }

    pub(crate) async fn write(&self, cookie: &str, fields: &str) -> Answer {
        let form = self.form(cookie, &format!("personne={}", self.odette)).await;
        let body = format!("{form}&personne={}&cible=douleur&urgence=routine&{fields}", self.odette);
        self.world.form("/transmissions", cookie, &body).await
    }

    pub(crate) async fn written(&self, cookie: &str, fields: &str) -> String {
        let answer = self.write(cookie, fields).await.expect(303);
        answer.header("location").split('?').next().unwrap().to_owned()
    }

    pub(crate) async fn text(&self, cookie: &str, path: &str) -> String {
        self.world.page(path, cookie).await.expect(200).text()
    }

    /// Hugo (idec) or the author moves to Lucien.
    pub(crate) async fn refile(&self, cookie: &str, path: &str) {
        let page = self.world.page(&format!("{path}/deplacer"), cookie).await.expect(200);
        let body = format!(
            "csrf={}&version={}&personne={}&motif=voisines",
            csrf(&page),
            hidden(&page, "version"),
            self.lucien
        );
        self.world.form(&format!("{path}/deplacer"), cookie, &body).await.expect(303);
    }
}

pub(crate) fn hidden(page: &Answer, name: &str) -> String {
    let text = page.text();
    let found = text.split(&format!("name=\"{name}\" value=\"")).nth(1);
    assert!(found.is_some(), "no field {name}");
    found.unwrap().split('"').next().unwrap().to_owned()
}

/// A fall, so many hours ago.
pub(crate) fn fall(who: &str, hours_ago: i64) -> serde_json::Value {
    json!({"resourceType": "Communication", "status": "completed", "subject": {"reference": format!("Patient/{who}")},
        "category": [{"text": "transmission"}], "sent": fhir::date::instant(NOW - hours_ago * 3_600_000_000),
        "topic": {"coding": [{"system": "urn:socle:target", "code": "chute"}]},
        "payload": [{"contentString": "tombée au salon"}]})
}

/// Someone on the staff who accompanies nobody.
pub(crate) async fn unrelated(house: &House, persona: &str) -> String {
    let app = &house.world.app;
    let (actor, place) = (Actor::new(44), app.default_place());
    let post = store::Post { actor, place, unit: 0, persona: persona.into(), starts: 0, ends: FOREVER };
    app.store().add_post(app.tenant(), post).await.unwrap();
    let scope = confidentiality::ClientScope {
        place: None,
        cap: confidentiality::Level::Open,
        write: false,
        chosen_ids: false,
    };
    let new = app::accounts::NewAccount {
        actor,
        kind: store::AccountKind::Person,
        login: "zoe".into(),
        display: "zoe (essai)".into(),
        secret: PASSWORD.to_owned(),
        scope,
        practitioner: None,
    };
    app::accounts::put(app, new).await.unwrap();
    house.world.sign_in("zoe").await
}
