//! One look is one entry, which names those who were shown and no one else.

use crate::house::{House, fall};
use crate::support::{Answer, NOW, create};
use serde_json::json;

const HOUR: i64 = 3_600_000_000;

impl House {
    /// How many entries the journal has.
    async fn entries(&self) -> i64 {
        let report = self.world.app.store().verify_audit(self.world.app.tenant(), None, NOW).await.unwrap();
        assert_eq!(report.findings, []);
        report.tree_size
    }

    /// What the journal says of a person.
    async fn journal(&self, person: &str) -> String {
        let claire = self.world.sign_in("claire").await;
        self.text(&claire, &format!("/personnes/{person}/lectures")).await
    }

    async fn nights(&self, person: &str, count: usize) {
        let full = self.world.program("full").await;
        for at in 0..count {
            let sent = fhir::date::instant(NOW - HOUR - i64::try_from(at).unwrap() * 60_000_000);
            let night = json!({"resourceType": "Communication", "status": "completed", "sent": sent,
                "subject": {"reference": format!("Patient/{person}")}, "category": [{"text": "transmission"}],
                "topic": {"coding": [{"system": "urn:socle:target", "code": "nuit"}]},
                "payload": [{"contentString": "bonne nuit"}]});
            create(&full, night).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn reading_a_transmission_is_one_entry() {
    let house = House::new().await;
    let (amina, claire) = (house.world.sign_in("amina").await, house.world.sign_in("claire").await);
    let path = house.written(&amina, "donnees=Grimace+au+lever").await;
    let form = house.world.page(&format!("{path}/corriger"), &amina).await.expect(200);
    let body = format!(
        "csrf={}&version=1&personne={}&cible=douleur&urgence=routine&donnees=Grimace+au+coucher&motif=moment",
        crate::support::csrf(&form),
        house.odette
    );
    house.world.form(&format!("{path}/corriger"), &amina, &body).await.expect(303);
    let before = house.entries().await;
    let page = house.text(&claire, &path).await;
    assert!(page.contains("Grimace au coucher") && page.contains("Version 1") && page.contains("moment"));
    assert_eq!(house.entries().await, before + 1);
    house.world.page("/transmissions/rien", &claire).await.expect(404);
    assert_eq!(house.entries().await, before + 2, "an attempt is entered");
}

#[tokio::test(flavor = "multi_thread")]
async fn writing_is_entered_without_a_read_of_what_was_just_written() {
    let house = House::new().await;
    let amina = house.world.sign_in("amina").await;
    let form = house.form(&amina, &format!("personne={}", house.odette)).await;
    let body = format!("{form}&personne={}&cible=douleur&urgence=routine&donnees=Grimace", house.odette);
    let before = house.entries().await;
    house.world.form("/transmissions", &amina, &body).await.expect(303);
    assert_eq!(house.entries().await, before + 1);
}

/// Narrowed to one person, cut at thirty lines, filtered by target: whoever is not on the page was not read.
#[tokio::test(flavor = "multi_thread")]
async fn a_handover_enters_only_those_it_shows() {
    let house = House::new().await;
    let amina = house.world.sign_in("amina").await;
    let full = house.world.program("full").await;
    create(&full, fall(&house.odette, 2)).await;
    house.nights(&house.lucien, 3).await;
    let before = house.entries().await;
    let page = house.text(&amina, &format!("/releve?heures=12&personne={}", house.odette)).await;
    assert!(page.contains("tombée au salon") && !page.contains("bonne nuit") && !page.contains("MARCHAND"), "{page}");
    assert_eq!(house.entries().await, before + 1);
    assert!(house.journal(&house.odette).await.contains("amina (essai)"));
    assert!(!house.journal(&house.lucien).await.contains("amina (essai)"), "narrowed to another");
    let page = house.text(&amina, "/releve?heures=12&cible=chute").await;
    assert!(page.contains("tombée au salon") && !page.contains("bonne nuit"));
    let page = house.text(&amina, "/releve?heures=12&filtre=urgent").await;
    assert!(page.contains("tombée au salon") && page.contains("Tout <b>4</b>") && page.contains("Urgent <b>1</b>"));
    assert!(!house.journal(&house.lucien).await.contains("amina (essai)"), "filtered out");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handover_cut_at_thirty_lines_enters_thirty() {
    let house = House::new().await;
    let amina = house.world.sign_in("amina").await;
    let full = house.world.program("full").await;
    for _ in 0..31 {
        create(&full, fall(&house.odette, 2)).await;
    }
    house.nights(&house.lucien, 1).await;
    let page = house.text(&amina, "/releve?heures=12").await;
    assert!(page.contains("La suite") && !page.contains("MARCHAND"), "{page}");
    assert!(!house.journal(&house.lucien).await.contains("amina (essai)"));
    assert!(house.text(&amina, "/releve?heures=12&debut=30").await.contains("MARCHAND"));
    assert!(house.journal(&house.lucien).await.contains("amina (essai)"));
}

/// The list to choose among shows everyone: they are entered, because they are shown.
#[tokio::test(flavor = "multi_thread")]
async fn the_form_that_narrows_names_everyone_of_the_unit() {
    let house = House::new().await;
    let amina = house.world.sign_in("amina").await;
    assert!(!house.text(&amina, "/releve").await.contains("MARCHAND"));
    assert!(house.text(&amina, "/releve?filtrer=1").await.contains("MARCHAND Odette</option>"));
    assert!(house.journal(&house.lucien).await.contains("amina (essai)"));
}

/// The targets one used last come first; to offer them shows nobody.
#[tokio::test(flavor = "multi_thread")]
async fn the_targets_used_last_are_offered_first() {
    let house = House::new().await;
    let amina = house.world.sign_in("amina").await;
    assert!(!house.text(&amina, "/transmissions/nouvelle").await.contains("Mes dernières cibles"));
    house.written(&amina, "donnees=Grimace").await;
    let before = house.entries().await;
    let form = house.text(&amina, &format!("/transmissions/nouvelle?personne={}", house.lucien)).await;
    assert_eq!(house.entries().await, before + 1);
    let first = form.split("Mes dernières cibles").nth(1).unwrap().split("</optgroup>").next().unwrap().to_owned();
    assert!(first.contains("Douleur") && first.matches("<option").count() == 1, "{first}");
    let read = |page: &str| page.matches("amina (essai)").count();
    let once = read(&house.journal(&house.odette).await);
    house.text(&amina, &format!("/transmissions/nouvelle?personne={}", house.lucien)).await;
    assert_eq!(read(&house.journal(&house.odette).await), once, "whom she wrote about before is not shown");
}

/// Moved to the right record after its hour: those who are there now meet it.
#[tokio::test(flavor = "multi_thread")]
async fn a_writing_moved_here_is_in_the_handover_whatever_its_hour() {
    let house = House::new().await;
    let (amina, hugo) = (house.world.sign_in("amina").await, house.world.sign_in("hugo").await);
    let full = house.world.program("full").await;
    let night = json!({"resourceType": "Communication", "status": "completed",
        "subject": {"reference": format!("Patient/{}", house.odette)}, "category": [{"text": "transmission"}],
        "sent": fhir::date::instant(NOW - 40 * HOUR), "payload": [{"contentString": "agité toute la nuit"}],
        "topic": {"coding": [{"system": "urn:socle:target", "code": "nuit"}]}});
    let path = format!("/transmissions/{}", create(&full, night).await.split_once('/').unwrap().1);
    assert!(!house.text(&amina, "/releve?heures=12").await.contains("agité toute la nuit"), "it is two days old");
    house.refile(&hugo, &path).await;
    let page = house.text(&amina, "/releve?heures=12").await;
    assert!(page.contains("agité toute la nuit") && page.contains("arrivé aujourd’hui"), "{page}");
    assert!(page.contains("Tout <b>1</b>") && page.contains("Non lu <b>1</b>"));
}

/// A correction between the page and the tick: what was not seen is not read.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_corrected_after_it_was_shown_is_not_read() {
    let house = House::new().await;
    let (amina, claire) = (house.world.sign_in("amina").await, house.world.sign_in("claire").await);
    let path = house.written(&amina, "donnees=Grimace+au+lever").await;
    let shown = house.world.page("/releve?heures=12", &claire).await.expect(200);
    let page = house.world.page(&path, &claire).await.expect(200);
    let form = house.world.page(&format!("{path}/corriger"), &amina).await.expect(200);
    let body = format!(
        "csrf={}&version=1&personne={}&cible=douleur&urgence=routine&donnees=Grimace+au+coucher&motif=moment",
        crate::support::csrf(&form),
        house.odette
    );
    house.world.form(&format!("{path}/corriger"), &amina, &body).await.expect(303);
    let tick = async |page: &Answer, to: &str, field: &str| {
        let value = crate::house::hidden(page, field).replace(' ', "+");
        let body = format!("csrf={}&{field}={value}", crate::support::csrf(page));
        house.world.form(to, &claire, &body).await.expect(303);
    };
    tick(&shown, "/releve/lu", "items").await;
    tick(&page, &format!("{path}/lu"), "version").await;
    assert!(house.text(&claire, "/releve?heures=12").await.contains("Non lu <b>1</b>"), "the same second, other words");
    let again = house.world.page("/releve?heures=12", &claire).await.expect(200);
    tick(&again, "/releve/lu", "items").await;
    assert!(house.text(&claire, "/releve?heures=12").await.contains("Non lu <b>0</b>"));
}
