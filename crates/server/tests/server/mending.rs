//! What goes wrong around a writing, and must leave nothing lost and nothing told: two tabs, the wrong record, grave words,
//! duties taken by mistake.

use crate::house::{House, fall, hidden, unrelated};
use crate::support::{Answer, create, csrf, patient};
use app::Origin;
use confidentiality::{Actor, Categories, Category, RelationKind};
use serde_json::json;
use store::{FOREVER, NewRelation};

/// A draft opened in two tabs: the second, edited, is answered "enregistrée", kept nowhere, and its draft is dropped.
#[tokio::test(flavor = "multi_thread")]
async fn same_key_with_other_words_is_not_silently_lost() {
    let house = House::new().await;
    let amina = house.world.sign_in("amina").await;
    let form = house.form(&amina, &format!("personne={}", house.odette)).await;
    let send = async |to: &str, person: &str, text: &str| {
        let body = format!("{form}&personne={person}&cible=chute&donnees={text}");
        house.world.form(to, &amina, &body).await
    };
    send("/transmissions", &house.odette, "premier+texte").await.expect(303);
    send("/brouillons", &house.odette, "texte+bien+plus+complet").await.expect(200);
    let second = send("/transmissions", &house.odette, "texte+bien+plus+complet").await;
    let thread = house.text(&amina, &format!("/personnes/{}/fil", house.odette)).await;
    let drafts = house.text(&amina, "/moi").await;
    assert!(
        second.status != 303 || thread.contains("bien plus complet") || drafts.contains("bien plus complet"),
        "answered {} {}, kept nowhere",
        second.status,
        second.header("location")
    );
}

/// The same key about another person: answered with the first person's transmission, nothing written.
#[tokio::test(flavor = "multi_thread")]
async fn same_key_about_another_person_is_not_answered_as_kept() {
    let house = House::new().await;
    let amina = house.world.sign_in("amina").await;
    let form = house.form(&amina, "").await;
    let send = async |person: &str, text: &str| {
        let body = format!("{form}&personne={person}&cible=chute&donnees={text}");
        house.world.form("/transmissions", &amina, &body).await
    };
    send(&house.odette, "chute+Odette").await.expect(303);
    let second = send(&house.lucien, "chute+Lucien").await;
    let thread = house.text(&amina, &format!("/personnes/{}/fil", house.lucien)).await;
    assert!(second.status != 303 || thread.contains("chute Lucien"), "{} {}", second.status, second.header("location"));
}

/// 3a. A level-4 note sent twice by an author who has not stepped up makes two.
#[tokio::test(flavor = "multi_thread")]
async fn a_very_sensitive_form_sent_twice_is_kept_once() {
    let house = House::new().await;
    let amina = house.world.sign_in("amina").await;
    let form = house.form(&amina, &format!("personne={}", house.odette)).await;
    let body =
        format!("{form}&personne={}&cible=humeur&donnees=s%C3%A9ropositivit%C3%A9+VIH+annonc%C3%A9e", house.odette);
    let one = house.world.form("/transmissions", &amina, &body).await.expect(303);
    let two = house.world.form("/transmissions", &amina, &body).await.expect(303);
    let full = house.world.program("full").await;
    let all = full
        .get(&format!("/fhir/Communication?patient=Patient/{}&_total=accurate", house.odette))
        .await
        .expect(200)
        .json();
    assert_eq!(all["total"], 1, "{} / {}", one.header("location"), two.header("location"));
}

/// 3b. Right after "Enregistrer", its author gets "Page introuvable".
#[tokio::test(flavor = "multi_thread")]
async fn the_author_is_not_told_that_what_she_just_wrote_does_not_exist() {
    let house = House::new().await;
    let amina = house.world.sign_in("amina").await;
    let kept = house.write(&amina, "donnees=s%C3%A9ropositivit%C3%A9+VIH+annonc%C3%A9e").await.expect(303);
    assert_ne!(house.world.page(kept.header("location"), &amina).await.status, 404);
}

/// Moved while its author corrects: the conflict page offers version 2, and saving writes the words back in the wrong record.
#[tokio::test(flavor = "multi_thread")]
async fn a_late_correction_does_not_write_back_in_the_wrong_record() {
    let house = House::new().await;
    let amina = house.world.sign_in("amina").await;
    let path = house.written(&amina, "donnees=secret+de+Lucien").await;
    let page = house.world.page(&format!("{path}/corriger"), &amina).await.expect(200);
    house.refile(&amina, &path).await;
    let send = async |page: &Answer| {
        let body = format!(
            "csrf={}&cle={}&version={}&personne={}&cible=douleur&urgence=routine&donnees=secret+de+Lucien+bis&motif=faute",
            csrf(page),
            hidden(page, "cle"),
            hidden(page, "version"),
            house.odette
        );
        house.world.form(&format!("{path}/corriger"), &amina, &body).await
    };
    let conflict = send(&page).await;
    if conflict.status == 409 {
        send(&conflict).await;
    }
    let id = path.rsplit('/').next().unwrap();
    let full = house.world.program("limited").await;
    let now = full.get(&format!("/fhir/Communication/{id}")).await.expect(200).text();
    assert!(!now.contains("secret de Lucien"), "{now}");
}

/// 4b. The same when the author moved it herself (author column stays hers).
#[tokio::test(flavor = "multi_thread")]
async fn a_withdrawn_transmission_is_not_corrected_by_a_direct_post() {
    let house = House::new().await;
    let amina = house.world.sign_in("amina").await;
    let path = house.written(&amina, "donnees=secret+de+Lucien").await;
    house.refile(&amina, &path).await;
    let page = house.world.page(&path, &amina).await.expect(200);
    let body = format!(
        "csrf={}&version=2&personne={}&cible=douleur&donnees=secret+de+Lucien&motif=faute",
        csrf(&page),
        house.odette
    );
    let sent = house.world.form(&format!("{path}/corriger"), &amina, &body).await;
    let id = path.rsplit('/').next().unwrap();
    let full = house.world.program("limited").await;
    let now = full.get(&format!("/fhir/Communication/{id}")).await.expect(200).text();
    assert!(!now.contains("secret de Lucien"), "{} {now}", sent.status);
}

/// The preview tells an aide-soignante who holds a nominative grant for VIH about this person.
#[tokio::test(flavor = "multi_thread")]
async fn the_preview_does_not_tell_a_secret_grant() {
    let house = House::new().await;
    let amina = house.world.sign_in("amina").await;
    let app = &house.world.app;
    let token = amina.split('=').nth(1).unwrap();
    let cx = app::accounts::signed_in(app, token).await.unwrap().cx(app, Origin::default()).await.unwrap();
    let odette = app::records::read(&cx, fhir::ResourceType::PATIENT, &house.odette).await.unwrap();
    let grant = NewRelation {
        subject: 43,
        person: odette.person,
        place: odette.place,
        kind: RelationKind::Grant,
        categories: Categories::one(Category::Vih),
        starts: 0,
        ends: FOREVER,
    };
    let look = async |who: &str| {
        let form = house.form(&amina, &format!("personne={who}")).await;
        let body = format!("{form}&personne={who}&cible=humeur&donnees=VIH");
        house.world.form("/transmissions/apercu", &amina, &body).await.expect(200).text()
    };
    let before = look(&house.odette).await;
    app.store().add_relations(app.tenant(), vec![grant]).await.unwrap();
    let after = look(&house.odette).await;
    assert_eq!(before.contains("hugo"), after.contains("hugo"), "{after}");
}

/// Moved to the right record, what was received as restricted becomes ordinary.
#[tokio::test(flavor = "multi_thread")]
async fn moving_a_writing_does_not_lower_its_level() {
    let house = House::new().await;
    let (amina, hugo) = (house.world.sign_in("amina").await, house.world.sign_in("hugo").await);
    let full = house.world.program("full").await;
    let mut note = fall(&house.odette, 1);
    note["meta"] = json!({"security": [{"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "R"},
        {"system": "urn:socle:sensitivity", "code": "PSY"}]});
    let made = create(&full, note).await;
    let path = made.replace("Communication", "/transmissions");
    house.world.page(&path, &amina).await.expect(404);
    house.refile(&hugo, &path).await;
    let right = house.text(&amina, &format!("/personnes/{}/fil", house.lucien)).await;
    assert!(!right.contains("tombée au salon"), "{right}");
}

/// The reason of an earlier correction, and the reminder's target, stay in the wrong record.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_said_of_the_other_person_stays_in_the_wrong_record() {
    let house = House::new().await;
    let (amina, claire) = (house.world.sign_in("amina").await, house.world.sign_in("claire").await);
    let path = house.written(&amina, "donnees=vomit&cible=x&evaluer=23:00").await;
    let page = house.world.page(&format!("{path}/corriger"), &amina).await.expect(200);
    let body = format!(
        "csrf={}&version=1&personne={}&cible=douleur&donnees=vomit+encore&motif=sa+fille+Louise+dit+le+contraire",
        csrf(&page),
        house.odette
    );
    house.world.form(&format!("{path}/corriger"), &amina, &body).await.expect(303);
    house.refile(&amina, &path).await;
    let left = house.text(&claire, &path).await;
    assert!(!left.contains("sa fille Louise"), "earlier Provenance.reason: {left}");
    assert!(!left.contains("À évaluer\u{a0}: Douleur"), "Task.code: {left}");
}

/// The reminder of a moved transmission is cancelled there and not made anew.
#[tokio::test(flavor = "multi_thread")]
async fn a_moved_transmission_keeps_its_reminder() {
    let house = House::new().await;
    let amina = house.world.sign_in("amina").await;
    let path = house.written(&amina, "donnees=vomit&evaluer=23:00").await;
    assert!(house.text(&amina, "/releve").await.contains("À évaluer : </span>Douleur"));
    house.refile(&amina, &path).await;
    assert!(house.text(&amina, "/releve").await.contains("À évaluer : </span>Douleur"));
}

/// What is taken back loses its hour of evaluation.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_taken_back_keeps_its_hour() {
    let house = House::new().await;
    let amina = house.world.sign_in("amina").await;
    let path = house.written(&amina, "donnees=trop+vite&evaluer=18:00").await;
    let page = house.world.page(&path, &amina).await.expect(200);
    let undone =
        house.world.form(&format!("{path}/annuler"), &amina, &format!("csrf={}", csrf(&page))).await.expect(303);
    assert!(house.text(&amina, undone.header("location")).await.contains("18:00"));
}

/// The level shown before a correction is kept is lower than the one it keeps.
#[tokio::test(flavor = "multi_thread")]
async fn a_correction_shows_the_level_it_will_have() {
    let house = House::new().await;
    let hugo = house.world.sign_in("hugo").await;
    let path = house.written(&hugo, "donnees=id%C3%A9es+suicidaires").await;
    assert!(house.text(&hugo, &path).await.contains("Sensible"));
    let page = house.world.page(&format!("{path}/corriger"), &hugo).await.expect(200);
    let body = format!(
        "csrf={}&cle={}&version=1&personne={}&cible=humeur&donnees=va+bien&motif=faute&faire=niveau",
        csrf(&page),
        hidden(&page, "cle"),
        house.odette
    );
    let shown = house.world.form(&format!("{path}/corriger"), &hugo, &body).await.expect(200).text();
    let send = body.replace("&faire=niveau", "");
    house.world.form(&format!("{path}/corriger"), &hugo, &send).await.expect(303);
    let kept = house.text(&hugo, &path).await;
    assert_eq!(shown.contains("level l3"), kept.contains("level l3"), "{shown}");
}

/// Who accompanies a person at one's second place may not write about them.
#[tokio::test(flavor = "multi_thread")]
async fn one_writes_at_ones_second_place_too() {
    let house = House::new().await;
    let elsewhere = house.world.program("elsewhere").await;
    let away = create(&elsewhere, patient("Ailleurs")).await;
    let (app, actor) = (&house.world.app, Actor::new(42));
    let other = app.places().iter().find(|place| place.finess == "990000033").unwrap().place;
    let post =
        store::Post { actor, place: other, unit: -other.value(), persona: "as".into(), starts: 0, ends: FOREVER };
    app.store().add_post(app.tenant(), post).await.unwrap();
    let amina = house.world.sign_in("amina").await;
    let id = away.strip_prefix("Patient/").unwrap();
    assert!(house.text(&amina, &format!("/personnes/{id}")).await.contains("AILLEURS"));
    let form = house.form(&amina, &format!("personne={id}")).await;
    let answer =
        house.world.form("/transmissions", &amina, &format!("{form}&personne={id}&cible=chute&donnees=a")).await;
    assert_eq!(answer.status, 303);
}

/// Who accompanies nobody learns by the preview who accompanies whom, and what is masked from whom.
#[tokio::test(flavor = "multi_thread")]
async fn the_preview_is_for_those_who_may_write() {
    let house = House::new().await;
    let zoe = unrelated(&house, "sec").await;
    let form = house.form(&zoe, &format!("personne={}", house.odette)).await;
    let body = format!("{form}&personne={}&cible=humeur&donnees=a", house.odette);
    let answer = house.world.form("/transmissions/apercu", &zoe, &body).await;
    assert!(!answer.text().contains("hugo"), "{} {}", answer.status, answer.text());
}

/// Moved by a reviewer, the writing is the reviewer's: hugo may rewrite amina's words, amina may not.
#[tokio::test(flavor = "multi_thread")]
async fn a_moved_writing_stays_its_authors() {
    let house = House::new().await;
    let (amina, hugo) = (house.world.sign_in("amina").await, house.world.sign_in("hugo").await);
    let path = house.written(&amina, "donnees=les+mots+de+amina").await;
    house.refile(&hugo, &path).await;
    let thread = house.text(&hugo, &format!("/personnes/{}/fil", house.lucien)).await;
    let new = thread.split("href=\"/transmissions/").filter_map(|one| one.split('"').next()).find(|id| id.len() == 36);
    let new = format!("/transmissions/{}", new.unwrap_or_else(|| panic!("{thread}")));
    let page = house.text(&hugo, &new).await;
    assert!(page.contains("les mots de amina") && !page.contains("Corriger"), "{page}");
}

/// The reminder of what was in the wrong record still says its target there.
#[tokio::test(flavor = "multi_thread")]
async fn a_withdrawn_reminder_does_not_name_its_target() {
    let house = House::new().await;
    let (amina, claire) = (house.world.sign_in("amina").await, house.world.sign_in("claire").await);
    let path = house.written(&amina, "donnees=vomit&evaluer=23:00").await;
    house.refile(&amina, &path).await;
    let left = house.text(&claire, &path).await;
    assert!(!left.contains("À évaluer\u{a0}: Douleur"), "{left}");
}

/// The reminder of a note whose existence is a secret tells everyone that it exists, when and by whom.
#[tokio::test(flavor = "multi_thread")]
async fn a_reminder_does_not_tell_of_a_secret_note() {
    let house = House::new().await;
    let (amina, hugo) = (house.world.sign_in("amina").await, house.world.sign_in("hugo").await);
    house.write(&amina, "donnees=s%C3%A9ropositivit%C3%A9+VIH+annonc%C3%A9e&evaluer=23:00").await.expect(303);
    let page = house.text(&hugo, "/releve").await;
    assert!(!page.contains("À évaluer"), "{page}");
}

/// The reason of a correction is graded by its own words: less than what it explains.
#[tokio::test(flavor = "multi_thread")]
async fn the_reason_of_a_correction_is_as_secret_as_what_is_corrected() {
    let house = House::new().await;
    let hugo = house.world.sign_in("hugo").await;
    let path = house.written(&hugo, "donnees=id%C3%A9es+suicidaires").await;
    let page = house.world.page(&format!("{path}/corriger"), &hugo).await.expect(200);
    let body = format!(
        "csrf={}&version=1&personne={}&cible=humeur&donnees=id%C3%A9es+suicidaires+hier&motif=il+ne+veut+plus+vivre",
        csrf(&page),
        house.odette
    );
    house.world.form(&format!("{path}/corriger"), &hugo, &body).await.expect(303);
    let limited = house.world.program("limited").await;
    let id = path.rsplit('/').next().unwrap();
    limited.get(&format!("/fhir/Communication/{id}")).await.expect(404);
    let found = limited.get(&format!("/fhir/Provenance?_count={}", 50)).await.text();
    assert!(!found.contains("plus vivre"), "{found}");
}

/// Taken back, then the old page is sent again: nothing says that it was kept, and the text comes back under a new number.
#[tokio::test(flavor = "multi_thread")]
async fn a_form_taken_back_and_sent_again_gives_its_text_back() {
    let house = House::new().await;
    let amina = house.world.sign_in("amina").await;
    let form = house.form(&amina, &format!("personne={}", house.odette)).await;
    let body = format!("{form}&personne={}&cible=chute&donnees=deux+fois", house.odette);
    let kept = house.world.form("/transmissions", &amina, &body).await.expect(303);
    let page = house.world.page(kept.header("location"), &amina).await.expect(200);
    let path = kept.header("location").split('?').next().unwrap().to_owned();
    let undo = format!("csrf={}", csrf(&page));
    house.world.form(&format!("{path}/annuler"), &amina, &undo).await.expect(303);
    let again = house.world.form("/transmissions", &amina, &body).await.expect(409);
    assert!(again.text().contains("deux fois") && again.text().contains("pas encore enregistré"));
    let (number, text) =
        (hidden(&again, "cle"), body.split("cle=").nth(1).unwrap().split_once('&').unwrap().1.to_owned());
    let body = format!("csrf={}&cle={number}&{text}", csrf(&again));
    house.world.form("/transmissions", &amina, &body).await.expect(303);
}

/// Empties the files of a store under its feet: nothing can be read nor kept any more.
fn lose(dir: &std::path::Path) {
    for entry in std::fs::read_dir(dir).unwrap().map(Result::unwrap).filter(|one| one.path().is_file()) {
        let file = std::fs::OpenOptions::new().write(true).open(entry.path()).unwrap();
        let length = file.metadata().unwrap().len();
        if entry.path().to_string_lossy().ends_with("-shm") {
            // It is mapped in memory: it keeps its length.
            std::os::unix::fs::FileExt::write_all_at(&file, &vec![0; usize::try_from(length).unwrap()], 0).unwrap();
        } else {
            file.set_len(0).unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_sent_to_a_store_that_is_down_gives_its_text_back() {
    let house = House::new().await;
    let amina = house.world.sign_in("amina").await;
    let form = house.form(&amina, &format!("personne={}", house.odette)).await;
    lose(house.world.dir.path());
    let body = format!("{form}&qui=amina&personne={}&cible=chute&donnees=Tombee+pres+du+lit", house.odette);
    let answer = house.world.form("/transmissions", &amina, &body).await;
    assert!(answer.status >= 500, "{} {}", answer.status, answer.header("location"));
    let text = answer.text();
    assert!(text.contains("Tombee pres du lit") && text.contains("n’a pas"), "{text}");
    assert!(text.contains("enregistré"), "{text}");
}
