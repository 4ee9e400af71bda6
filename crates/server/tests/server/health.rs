//! Allergies and treatments by screen, as a browser without script does.

use crate::house::{House, hidden};
use crate::mistakes::mistaken;
use crate::support::{Answer, create, csrf};
use serde_json::json;
use std::sync::atomic::Ordering;

const PEANUT: &str = "substance=Arachide&sorte=allergy&gravite=high&reactions=%C5%92d%C3%A8me+du+visage&depuis=2015";
const PILLS: &str =
    "medicament=Parac%C3%A9tamol+1+g&posologie=1+comprim%C3%A9+matin+et+soir&debut=2026-05-20&fin=&prescripteur=Dr+Roy";
const MINUTE: i64 = 60_000_000;

impl House {
    /// The hidden fields of the form of somebody who may.
    async fn entry(&self, cookie: &str, base: &str) -> String {
        let new = if base == "/allergies" { "nouvelle" } else { "nouveau" };
        let page = self.world.page(&format!("{base}/{new}?personne={}", self.odette), cookie).await.expect(200);
        format!("csrf={}&cle={}&personne={}", csrf(&page), hidden(&page, "cle"), self.odette)
    }

    /// The page of what was kept.
    async fn noted(&self, cookie: &str, base: &str, fields: &str) -> String {
        let body = format!("{}&{fields}", self.entry(cookie, base).await);
        let answer = self.world.form(base, cookie, &body).await.expect(303);
        answer.header("location").split('?').next().unwrap().to_owned()
    }

    async fn synthesis(&self, cookie: &str) -> String {
        self.text(cookie, &format!("/personnes/{}", self.odette)).await
    }

    async fn token(&self, cookie: &str) -> String {
        csrf(&self.world.page("/moi", cookie).await.expect(200))
    }

    /// Sends the form of a correction or of an end, in the version that a page showed.
    async fn send(&self, cookie: &str, path: &str, version: &str, fields: &str) -> Answer {
        let token = self.token(cookie).await;
        let body = format!("csrf={token}&personne={}&version={version}&{fields}", self.odette);
        self.world.form(path, cookie, &body).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_allergy_is_noted_by_who_may_and_read_by_all_who_care() {
    let house = House::new().await;
    let (amina, hugo) = (house.world.sign_in("amina").await, house.world.sign_in("hugo").await);
    let page = house.synthesis(&hugo).await;
    assert!(page.contains("Ajouter une allergie") && page.contains("Ajouter un traitement"), "{page}");
    let path = house.noted(&hugo, "/allergies", PEANUT).await;
    let own = house.text(&hugo, &format!("{path}?fait=ecrit")).await;
    for said in ["Allergie enregistrée.", "Œdème du visage", "Grave", "2015", "Courant", "Corriger"] {
        assert!(own.contains(said), "{said}: {own}");
    }
    let theirs = house.synthesis(&amina).await;
    assert!(
        theirs.contains("<b>Allergie</b> Arachide (grave)") && !theirs.contains("Ajouter une allergie"),
        "{theirs}"
    );
    // She reads it, with its level and why; she changes nothing of it.
    let read = house.text(&amina, &path).await;
    assert!(read.contains("Arachide") && !read.contains("Corriger") && !read.contains("Réfutée ou"), "{read}");
    let label = house.text(&amina, &format!("{path}/niveau")).await;
    assert!(label.contains("Donné par les règles") && label.contains("Revenir à l’allergie"), "{label}");
    assert!(house.text(&hugo, &format!("{path}/niveau")).await.contains("Enregistrer ce niveau"));
    house.world.page(&format!("{path}/corriger"), &amina).await.expect(404);
    house.world.page(&format!("{path}/terminer"), &amina).await.expect(404);
    let journal = house.text(&hugo, &format!("/personnes/{}/lectures", house.odette)).await;
    assert!(
        journal.contains("Allergie ou traitement : noté") && journal.contains("Allergie ou traitement : lu"),
        "{journal}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_is_told_why_and_keeps_their_words() {
    let house = House::new().await;
    let (amina, hugo) = (house.world.sign_in("amina").await, house.world.sign_in("hugo").await);
    let form = house.world.page(&format!("/allergies/nouvelle?personne={}", house.odette), &amina).await.expect(403);
    assert!(form.text().contains("par un infirmier, un cadre de soins ou un médecin"), "{}", form.text());
    house.world.page("/traitements/nouveau?personne=personne", &hugo).await.expect(404);
    let token = house.token(&amina).await;
    for (path, body) in [("/allergies", PEANUT), ("/traitements", PILLS)] {
        let body = format!("csrf={token}&personne={}&{body}", house.odette);
        let refused = house.world.form(path, &amina, &body).await.expect(403).text();
        let typed = if path == "/allergies" { "Œdème du visage" } else { "1 comprimé matin et soir" };
        assert!(
            refused.contains("par un infirmier, un cadre de soins ou un médecin") && refused.contains(typed),
            "{refused}"
        );
    }
    let denied = format!("csrf={token}&personne={}", house.odette);
    house.world.form("/allergies/aucune", &amina, &denied).await.expect(403);
    let path = house.noted(&hugo, "/allergies", PEANUT).await;
    for (act, body) in [("corriger", PEANUT), ("terminer", "pourquoi=refutee"), ("annuler", "")] {
        let answer = house.send(&amina, &format!("{path}/{act}"), "1", &format!("{body}&motif=un+essai")).await;
        assert!(answer.status == 403 || answer.status == 404, "{act}: {}", answer.status);
    }
    assert!(house.synthesis(&amina).await.contains("Arachide (grave)"));
    // A treatment is not read by all: to them it is not there.
    let pills = house.noted(&hugo, "/traitements", PILLS).await;
    house.world.page(&pills, &amina).await.expect(404);
    house.world.page(&format!("{pills}/niveau"), &amina).await.expect(404);
    let synthesis = house.synthesis(&amina).await;
    assert!(synthesis.contains("Les traitements ne sont pas affichés") && !synthesis.contains("Paracétamol"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_sent_twice_is_kept_once() {
    let house = House::new().await;
    let hugo = house.world.sign_in("hugo").await;
    for (base, fields) in [("/allergies", PEANUT), ("/traitements", PILLS)] {
        let form = house.entry(&hugo, base).await;
        let body = format!("{form}&{fields}");
        let first = house.world.form(base, &hugo, &body).await.expect(303);
        let second = house.world.form(base, &hugo, &body).await.expect(303);
        assert_eq!(first.header("location"), second.header("location"));
        // The same number with other words is told so, and the words are there.
        let other =
            if base == "/allergies" { "substance=Latex&gravite=low" } else { "medicament=Autre&posologie=midi" };
        let told = house.world.form(base, &hugo, &format!("{form}&{other}")).await.expect(409).text();
        assert!(told.contains("déjà servi") && (told.contains("Latex") || told.contains("value=\"Autre\"")), "{told}");
    }
    let page = house.synthesis(&hugo).await;
    assert_eq!((page.matches("Arachide").count(), page.matches("Paracétamol").count()), (1, 1), "{page}");
    assert!(!page.contains("Latex"));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_mistake_stands_beside_its_field_and_nothing_is_lost() {
    let house = House::new().await;
    let hugo = house.world.sign_in("hugo").await;
    for (base, fields, said) in [
        (
            "/allergies",
            "substance=&reactions=plaques+rouges&depuis=2031",
            vec!["à quoi", "gravité", "pas encore venue"],
        ),
        (
            "/traitements",
            "medicament=&posologie=&debut=2026-05-02&fin=2026-05-01&prescripteur=Dr+Le+Roy",
            vec!["le médicament", "la dose", "avant le premier"],
        ),
    ] {
        let body = format!("{}&{fields}", house.entry(&hugo, base).await);
        let text = mistaken(&house.world.form(base, &hugo, &body).await.expect(422));
        for said in said {
            assert!(text.contains(said), "{said}: {text}");
        }
        assert!(text.contains("plaques rouges") || text.contains("Dr Le Roy"), "{text}");
    }
    let path = house.noted(&hugo, "/traitements", PILLS).await;
    let body = "pourquoi=arret&dernier=2026-05-01&motif=";
    let text = mistaken(&house.send(&hugo, &format!("{path}/terminer"), "1", body).await.expect(422));
    assert!(text.contains("commence plus tard") && text.contains("Dites pourquoi"), "{text}");
    let text = mistaken(&house.send(&hugo, &format!("{path}/corriger"), "1", PILLS).await.expect(422));
    assert!(text.contains("pourquoi vous corrigez") && text.contains("Paracétamol 1 g"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn that_no_allergy_is_known_is_noted_once_and_yields_to_one() {
    let house = House::new().await;
    let (amina, hugo) = (house.world.sign_in("amina").await, house.world.sign_in("hugo").await);
    let form = house.world.page(&format!("/allergies/nouvelle?personne={}", house.odette), &hugo).await.expect(200);
    assert!(form.text().contains("Aucune allergie connue</button>"));
    let deny = async || {
        let body = format!("csrf={}&personne={}", house.token(&hugo).await, house.odette);
        house.world.form("/allergies/aucune", &hugo, &body).await
    };
    deny().await.expect(303);
    let again = deny().await.expect(303);
    let said = house.text(&hugo, again.header("location")).await;
    assert!(
        said.contains("C’est noté : aucune allergie connue") && said.contains(">Pas d’allergie connue</a>"),
        "{said}"
    );
    let full = house.world.program("full").await;
    let all = async || {
        let path = format!("/fhir/AllergyIntolerance?patient={}", house.odette);
        full.get(&path).await.expect(200).json()["entry"].as_array().unwrap().clone()
    };
    assert_eq!(all().await.len(), 1, "said twice, noted once");
    assert!(house.synthesis(&amina).await.contains("Pas d’allergie connue"));
    house.noted(&hugo, "/allergies", PEANUT).await;
    let page = house.synthesis(&amina).await;
    assert!(page.contains("Arachide (grave)") && !page.contains("Pas d’allergie connue"), "{page}");
    let statuses: Vec<_> = all().await.iter().map(|one| one["resource"]["verificationStatus"].clone()).collect();
    assert!(statuses.iter().any(|status| status["coding"][0]["code"] == "refuted"), "{statuses:?}");
    // With one noted, that there is none is not.
    let refused = deny().await.expect(422).text();
    assert!(refused.contains("Une allergie est notée"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_who_correct_at_once_lose_nothing_to_each_other() {
    let house = House::new().await;
    let (claire, hugo) = (house.world.sign_in("claire").await, house.world.sign_in("hugo").await);
    let path = house.noted(&hugo, "/traitements", PILLS).await;
    let form = house.world.page(&format!("{path}/corriger"), &claire).await.expect(200);
    let of = hidden(&form, "version");
    let three = PILLS.replace("matin+et+soir", "matin%2C+midi+et+soir");
    let correct = format!("{path}/corriger");
    house.send(&claire, &correct, &of, &format!("{three}&motif=douleur+%C3%A0+midi")).await.expect(303);
    let late = house.send(&hugo, &correct, &of, &format!("{PILLS}&besoin=1&motif=moins+souvent")).await.expect(409);
    let text = late.text();
    assert!(text.contains("entre-temps") && text.contains("Version actuelle"), "{text}");
    assert!(text.contains("matin, midi et soir") && text.contains("value=\"1 comprimé matin et soir\""), "{text}");
    assert!(text.contains("value=\"moins souvent\"") && text.contains("name=\"besoin\" value=\"1\" checked"), "{text}");
    let now = hidden(&late, "version");
    let done = house.send(&hugo, &correct, &now, &format!("{PILLS}&besoin=1&motif=moins+souvent")).await.expect(303);
    let page = house.text(&hugo, done.header("location")).await;
    assert!(page.contains("moins souvent") && page.contains("douleur à midi") && page.contains("Version 1"), "{page}");
    // Somebody else has stopped it: what was typed is there, and that it is over.
    let end = "pourquoi=arret&dernier=2026-05-27&motif=fin+de+cure";
    house.send(&claire, &format!("{path}/terminer"), "3", end).await.expect(303);
    let over = house.send(&hugo, &correct, "3", &format!("{PILLS}&motif=encore+une+fois")).await.expect(409).text();
    assert!(over.contains("y a mis fin") && over.contains("encore une fois"), "{over}");
    house.send(&hugo, &correct, "4", &format!("{PILLS}&motif=encore+une+fois")).await.expect(422);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_ended_leaves_the_strip_and_comes_back_when_that_is_taken_back() {
    let house = House::new().await;
    let (claire, hugo) = (house.world.sign_in("claire").await, house.world.sign_in("hugo").await);
    let path = house.noted(&hugo, "/allergies", PEANUT).await;
    for why in ["refutee", "erreur"] {
        let page = house.world.page(&format!("{path}/terminer"), &hugo).await.expect(200);
        let body = format!("pourquoi={why}&motif=test+cutan%C3%A9+n%C3%A9gatif");
        let done = house.send(&hugo, &format!("{path}/terminer"), &hidden(&page, "version"), &body).await.expect(303);
        let ended = house.text(&hugo, done.header("location")).await;
        assert!(ended.contains("Annuler (30 secondes)") && ended.contains("test cutané négatif"), "{ended}");
        assert!(!house.synthesis(&hugo).await.contains("Arachide (grave)"));
        let other = house.send(&claire, &format!("{path}/annuler"), "", "").await.expect(403);
        assert!(other.text().contains("trop tard"));
        let back = house.send(&hugo, &format!("{path}/annuler"), "", "").await.expect(303);
        assert!(house.text(&hugo, back.header("location")).await.contains("notée comme avant"));
        assert!(house.synthesis(&hugo).await.contains("Arachide (grave)"));
    }
    house.send(&hugo, &format!("{path}/terminer"), "5", "pourquoi=refutee&motif=test+refait").await.expect(303);
    house.world.clock.fetch_add(2 * MINUTE, Ordering::Relaxed);
    house.send(&hugo, &format!("{path}/annuler"), "", "").await.expect(403);
    assert!(!house.text(&hugo, &path).await.contains("Annuler (30"));
    // Its end is sent in the version that was read.
    let path = house.noted(&hugo, "/allergies", "substance=Latex&gravite=low").await;
    let late =
        house.send(&hugo, &format!("{path}/terminer"), "7", "pourquoi=erreur&motif=vu+trop+vite").await.expect(409);
    assert!(late.text().contains("entre-temps") && late.text().contains("vu trop vite"));
    // Ended meanwhile: whoever ends it too, or sends that form again, is told so on its page.
    let end = format!("{path}/terminer");
    house.send(&claire, &end, "1", "pourquoi=refutee&motif=test+fait").await.expect(303);
    for cookie in [&hugo, &claire] {
        let told = house.send(cookie, &end, "1", "pourquoi=erreur&motif=vu+trop+vite").await.expect(303);
        let page = house.text(cookie, told.header("location")).await;
        assert!(
            page.contains("déjà terminé") && page.contains("test fait") && !page.contains("vu trop vite"),
            "{page}"
        );
    }
    for act in ["terminer", "corriger"] {
        let told = house.world.page(&format!("{path}/{act}"), &hugo).await.expect(303);
        assert_eq!(told.header("location"), format!("{path}?fait=deja"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_treatment_is_marked_for_a_day_and_leaves_when_it_is_stopped() {
    let house = House::new().await;
    let (claire, hugo) = (house.world.sign_in("claire").await, house.world.sign_in("hugo").await);
    let path = house.noted(&claire, "/traitements", &PILLS.replace("fin=", "fin=2026-05-31&besoin=1")).await;
    let page = house.synthesis(&hugo).await;
    assert!(page.contains("1 comprimé matin et soir, si besoin, jusqu’au 31/05/2026"), "{page}");
    assert_eq!(page.matches("changé il y a moins de 24 h").count(), 1, "{page}");
    assert!(page.contains(&format!("href=\"{path}\">Paracétamol 1 g</a>")), "{page}");
    // What is old and came in today is not new.
    let full = house.world.program("full").await;
    let old = json!({"resourceType": "MedicationRequest", "status": "active", "intent": "order", "authoredOn": "2025-05-02",
        "subject": {"reference": format!("Patient/{}", house.odette)}, "medicationCodeableConcept": {"text": "Furosémide"}});
    create(&full, old).await;
    assert_eq!(house.synthesis(&hugo).await.matches("changé il y a moins").count(), 1);
    house.world.clock.fetch_add(25 * 60 * MINUTE, Ordering::Relaxed);
    let hugo = house.world.sign_in("hugo").await;
    assert!(!house.synthesis(&hugo).await.contains("changé il y a moins"));
    house.world.clock.fetch_add(4 * 24 * 60 * MINUTE, Ordering::Relaxed);
    let hugo = house.world.sign_in("hugo").await;
    let page = house.synthesis(&hugo).await;
    assert!(!page.contains("Paracétamol") && page.contains("Furosémide"), "its last day is over: {page}");
    let other = house.noted(&hugo, "/traitements", "medicament=Ibuprof%C3%A8ne&posologie=midi&debut=2026-06-01").await;
    let end = format!("{other}/terminer");
    let later = house.send(&hugo, &end, "1", "pourquoi=arret&dernier=2026-06-08&motif=dans+quelques+jours").await;
    later.expect(303);
    assert!(house.synthesis(&hugo).await.contains("midi, jusqu’au 08/06/2026"));
    // To another day, that is taken back as any end.
    assert!(house.text(&hugo, &other).await.contains("Annuler (30 secondes)"));
    house.send(&hugo, &format!("{other}/annuler"), "", "").await.expect(303);
    let back = house.text(&hugo, &other).await;
    assert!(!back.contains("Annuler (30") && !house.synthesis(&hugo).await.contains("08/06/2026"), "{back}");
    // On its last day it is given still.
    let form = house.text(&hugo, &end).await;
    assert!(form.contains("value=\"2026-06-02\""), "{form}");
    house.send(&hugo, &end, "3", "pourquoi=arret&dernier=2026-06-02&motif=fin+de+cure").await.expect(303);
    assert!(house.synthesis(&hugo).await.contains("midi, jusqu’au 02/06/2026"));
    let further = "pourquoi=arret&dernier=2026-06-03&motif=encore+un+jour";
    let text = mistaken(&house.send(&hugo, &end, "4", further).await.expect(422));
    assert!(text.contains("pour le prolonger, corrigez-le"), "{text}");
    house.send(&hugo, &end, "4", "pourquoi=arret&dernier=2026-06-01&motif=mal+support%C3%A9").await.expect(303);
    assert!(!house.synthesis(&hugo).await.contains("Ibuprofène"));
    let read = house.text(&hugo, &other).await;
    assert!(read.contains("Arrêté") && read.contains("mal supporté") && !read.contains(">Corriger<"), "{read}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_level_is_seen_before_it_is_kept() {
    let house = House::new().await;
    let (claire, hugo) = (house.world.sign_in("claire").await, house.world.sign_in("hugo").await);
    let form = house.entry(&hugo, "/allergies").await;
    let look = async |path: &str, more: &str, text: &str| {
        let body = format!("{form}&substance={text}{more}");
        house.world.form(path, &hugo, &body).await.expect(200).text()
    };
    let calm = look("/allergies/apercu", "", "Fraises").await;
    assert!(calm.contains("Courant") && calm.contains("Qui lira ceci") && !calm.contains("<html"), "{calm}");
    let whole = look("/allergies", "&faire=niveau", "Abacavir%2C+donn%C3%A9+pour+le+VIH").await;
    assert!(whole.contains("<html") && whole.contains("Très sensible") && whole.contains("Abacavir"), "{whole}");
    assert!(!house.synthesis(&hugo).await.contains("Abacavir"), "a look keeps nothing");
    // Kept at the level of what it says: who may read it confirms who they are first.
    let body = format!("{form}&substance=Abacavir%2C+donn%C3%A9+pour+le+VIH&gravite=high");
    let kept = house.world.form("/allergies", &hugo, &body).await.expect(303);
    assert!(kept.header("location").starts_with("/confirmer?suite=/allergies/"), "{}", kept.header("location"));
    let pills = house.entry(&claire, "/traitements").await;
    let body = format!("{pills}&{PILLS}");
    let seen = house.world.form("/traitements/apercu", &claire, &body).await.expect(200).text();
    assert!(seen.contains("1</b> médecin") && !seen.contains("aide-soignant"), "{seen}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_typed_comes_back_after_the_session_is_over() {
    let house = House::new().await;
    let hugo = house.world.sign_in("hugo").await;
    let body = format!("{}&{PILLS}", house.entry(&hugo, "/traitements").await);
    let leave = format!("csrf={}", house.token(&hugo).await);
    house.world.form("/deconnexion", &hugo, &leave).await.expect(303);
    let kept = house.world.form("/traitements", &hugo, &body).await.expect(401).text();
    assert!(kept.contains("votre texte vous sera rendu") && kept.contains("Parac%C3%A9tamol"), "{kept}");
    // A page of a former session gives it back to its author.
    let again = house.world.sign_in("hugo").await;
    let page = house.world.form("/traitements", &again, &body).await.expect(403);
    assert!(
        page.text().contains("connexion précédente") && page.text().contains("1 comprimé matin et soir</textarea>")
    );
    let fields = format!("csrf={}&{}", csrf(&page), body.split_once('&').unwrap().1);
    house.world.form("/traitements", &again, &fields).await.expect(303);
    // One word says all of an allergy.
    let body =
        format!("{}&substance=Arachide&reactions=Urticaire&gravite=low", house.entry(&again, "/allergies").await);
    let leave = format!("csrf={}", house.token(&again).await);
    house.world.form("/deconnexion", &again, &leave).await.expect(303);
    let kept = house.world.form("/allergies", &again, &body).await.expect(401).text();
    assert!(kept.contains("votre texte vous sera rendu") && kept.contains("substance=Arachide"), "{kept}");
}

#[test]
fn a_form_that_the_script_holds_back_has_a_place_to_say_why() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
    let texts = std::fs::read_dir(folder).unwrap().map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap());
    let held: Vec<String> = texts.filter(|text| text.contains("data-preview=")).collect();
    assert!(held.len() >= 2);
    for text in held {
        for place in ["id=\"brouillon\" role=\"status\"", "id=\"dit\" role=\"status\"", "id=\"apercu\""] {
            assert!(text.contains(place), "{place}: {text}");
        }
    }
}
