//! Opening a record in an emergency, and what those who answer for it do about it.

use crate::mistakes::mistaken;
use crate::support::{Answer, PASSWORD, World, create, csrf, patient, secret_condition};
use app::{Cx, Origin, accounts, measures};
use confidentiality::{Actor, Categories, ClientScope, Level, Purpose, RelationKind};
use domain::governance::measures::State;
use fhir::ResourceType;
use serde_json::{Value, json};
use std::sync::atomic::Ordering;
use store::{AccountKind, FOREVER, NewRelation, Post};

const MINUTE: i64 = 60_000_000;
const DAY: i64 = 24 * 60 * MINUTE;
const WORDS: &str = "mots=Elle+ne+r%C3%A9pond+plus+dans+le+couloir";

/// Zoé works here and accompanies Lucien; Paul is at the reception; Hugo answers for the records.
struct House {
    world: World,
    odette: String,
    lucien: String,
    zoe: String,
}

impl House {
    async fn new() -> Self {
        let world = World::new().await;
        for (actor, persona, login) in [(44, "as", "zoe"), (45, "sec", "paul")] {
            let (app, actor, unit) = (&world.app, Actor::new(actor), 0);
            let post =
                Post { actor, place: app.default_place(), unit, persona: persona.into(), starts: 0, ends: FOREVER };
            app.store().add_post(app.tenant(), post).await.unwrap();
            let scope = ClientScope { place: None, cap: Level::Open, write: false, chosen_ids: false };
            let (kind, display, secret) = (AccountKind::Person, format!("{login} (essai)"), PASSWORD.to_owned());
            let login = login.to_owned();
            let account = accounts::NewAccount { actor, kind, login, display, secret, scope, practitioner: None };
            accounts::put(app, account).await.unwrap();
        }
        let full = world.program("full").await;
        let mut ids = Vec::new();
        for name in ["QUEMENER", "MARCHAND"] {
            let who = create(&full, patient(name)).await;
            create(&full, anxiety(&who)).await;
            create(&full, secret_condition(&who)).await;
            ids.push(who.trim_start_matches("Patient/").to_owned());
        }
        let [odette, lucien] = <[String; 2]>::try_from(ids).unwrap();
        accompany(&world, 44, &lucien).await;
        let zoe = world.sign_in("zoe").await;
        Self { world, odette, lucien, zoe }
    }

    async fn page(&self, cookie: &str, path: &str) -> String {
        self.world.page(path, cookie).await.expect(200).text()
    }

    /// A person's thread, as somebody sees it.
    async fn thread(&self, cookie: &str, who: &str) -> String {
        self.page(cookie, &format!("/personnes/{who}/fil")).await
    }

    async fn post(&self, cookie: &str, path: &str, rest: &str) -> Answer {
        let token = csrf(&self.world.page("/moi", cookie).await.expect(200));
        self.world.form(path, cookie, &format!("csrf={token}&{rest}")).await
    }

    async fn urgent(&self, cookie: &str, end: &str, rest: &str) -> Answer {
        self.post(cookie, &format!("/personnes/{}/urgence{end}", self.odette), rest).await
    }

    async fn open(&self) {
        self.urgent(&self.zoe, "", &format!("motif=malaise&{WORDS}")).await.expect(303);
    }

    async fn confirm(&self, cookie: &str) {
        let password = format!("password={}", PASSWORD.replace(' ', "+"));
        self.post(cookie, "/confirmer", &password).await.expect(303);
    }

    fn later(&self, time: i64) {
        self.world.clock.fetch_add(time, Ordering::Relaxed);
    }

    async fn traces(&self) -> State {
        let cx = Cx::operator(&self.world.app, None, Level::VerySensitive, Purpose::Api, Origin::default());
        let board = measures::board(&cx).await.unwrap();
        board.statuses.iter().find(|status| status.measure == "TRACE-03").unwrap().state
    }

    /// Agrees, with the password.
    async fn agree(&self, cookie: &str, which: &str) -> Answer {
        let password = PASSWORD.replace(' ', "+");
        self.post(cookie, "/acces-en-urgence/reponse", &format!("{which}&reponse=oui&password={password}")).await
    }

    /// What the journal says of a person's record.
    async fn journal(&self, cookie: &str, who: &str) -> String {
        self.page(cookie, &format!("/personnes/{who}/lectures")).await
    }

    /// The fields that name the only opening.
    async fn which(&self, cookie: &str) -> String {
        let page = self.page(cookie, "/acces-en-urgence").await;
        let field = |name: &str| page.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap().split('"').next();
        let asked = if page.contains("name=\"demande\"") { field("demande").unwrap() } else { "0" };
        format!("personne={}&numero={}&demande={asked}", field("personne").unwrap(), field("numero").unwrap())
    }
}

async fn accompany(world: &World, subject: i64, patient: &str) {
    let cx = Cx::operator(&world.app, None, Level::VerySensitive, Purpose::Api, Origin::default());
    let person = app::records::read(&cx, ResourceType::PATIENT, patient).await.unwrap().person;
    let (place, kind, categories) = (world.app.default_place(), RelationKind::Assignment, Categories::empty());
    let relation = NewRelation { subject, person, place, kind, categories, starts: 0, ends: FOREVER };
    world.app.store().add_relations(world.app.tenant(), vec![relation]).await.unwrap();
}

/// Level 3.
fn anxiety(patient: &str) -> Value {
    json!({"resourceType": "Condition", "subject": {"reference": patient}, "recordedDate": "2026-05-02",
        "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10", "code": "F32.2"}], "text": "Episode sévère"}})
}

#[tokio::test(flavor = "multi_thread")]
async fn an_emergency_opens_one_record_for_two_hours_and_says_so() {
    let house = House::new().await;
    let zoe = &house.zoe;
    assert!(house.page(zoe, "/personnes?q=quem").await.contains("chercher dans tout"), "no such person of hers");
    let found = house.page(zoe, "/personnes?q=quem&ou=maison").await;
    assert!(found.contains(&house.odette) && !found.contains(&house.lucien), "{found}");
    let page = house.thread(zoe, &house.odette).await;
    assert!(!page.contains("sévère") && page.contains("Accès en urgence"), "{page}");
    for (sent, said) in [
        ("", "Choisissez le motif."),
        ("motif=malaise&mots=vite", "quelqu’un la relira"),
        ("motif=malaise", "Dites en une phrase"),
    ] {
        assert!(mistaken(&house.urgent(zoe, "", sent).await.expect(422)).contains(said), "{sent}");
    }
    assert!(!house.thread(zoe, &house.odette).await.contains("sévère"));
    house.open().await;
    house.open().await;
    let page = house.thread(zoe, &house.odette).await;
    assert!(page.contains("sévère") && page.contains("ouvert en urgence") && !page.contains("Immuno"), "{page}");
    let other = house.thread(zoe, &house.lucien).await;
    assert!(!other.contains("sévère") && other.contains("Accès en urgence"), "one record, no other");
    assert!(house.page(zoe, &format!("/personnes/{}/urgence", house.odette)).await.contains("L’urgence est passée"));
    house.later(2 * 60 * MINUTE - 1);
    let zoe = &house.world.sign_in("zoe").await;
    assert!(house.thread(zoe, &house.odette).await.contains("sévère"));
    house.later(1);
    assert!(!house.thread(zoe, &house.odette).await.contains("sévère"), "two hours have passed");
    let hugo = house.world.sign_in("hugo").await;
    let journal = house.page(&hugo, &format!("/personnes/{}/lectures", house.odette)).await;
    assert_eq!(journal.matches("Accès en urgence ouvert").count(), 2, "the second click is entered too: {journal}");
    assert!(
        journal.contains("Elle ne répond plus dans le couloir") && journal.contains("accès en urgence"),
        "{journal}"
    );
    let journal = house.page(&hugo, &format!("/personnes/{}/lectures", house.lucien)).await;
    assert!(!journal.contains("accès en urgence"), "what she saw of another was not by that right: {journal}");
    assert_eq!(house.page(&hugo, "/acces-en-urgence").await.matches("<tr id=").count(), 1, "twice is once");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_is_told_of_nothing_and_it_is_closed_by_hand() {
    let house = House::new().await;
    let paul = house.world.sign_in("paul").await;
    assert!(!house.page(&paul, "/personnes?q=xx").await.contains("ou=maison"));
    assert!(!house.thread(&paul, &house.odette).await.contains("Accès en urgence"));
    house.world.page(&format!("/personnes/{}/urgence", house.odette), &paul).await.expect(404);
    house.urgent(&paul, "", &format!("motif=malaise&{WORDS}")).await.expect(404);
    house.world.page("/acces-en-urgence", &paul).await.expect(404);
    house.world.page("/acces-en-urgence", &house.zoe).await.expect(404);
    house.urgent(&house.zoe, "/seul", "").await.expect(404);
    house.urgent(&house.zoe, "/tres-sensible", "sujet=VIH").await.expect(404);
    house.open().await;
    let hugo = house.world.sign_in("hugo").await;
    for tab in ["", "/fil", "/lectures"] {
        let path = format!("/personnes/{}{tab}", house.odette);
        let page = house.page(&hugo, &path).await;
        let (told, hidden) = (page.find("Ouvert en urgence le").unwrap(), page.find("class=\"hidden\""));
        assert!(hidden.is_none_or(|hidden| told < hidden), "above what is not shown: {page}");
        assert!(!house.page(&paul, &path).await.contains("Ouvert en urgence le"));
    }
    house.urgent(&house.zoe, "/fin", "").await.expect(303);
    assert!(!house.thread(&house.zoe, &house.odette).await.contains("sévère"));
    house.urgent(&house.zoe, "/fin", "").await.expect(303);
    house.urgent(&paul, "/fin", "").await.expect(404);
    let journal = house.journal(&hugo, &house.odette).await;
    assert_eq!(journal.matches("Accès en urgence refermé").count(), 1, "{journal}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_very_sensitive_wants_a_second_person() {
    let house = House::new().await;
    let (zoe, hugo) = (&house.zoe, house.world.sign_in("hugo").await);
    house.open().await;
    let none = mistaken(&house.urgent(zoe, "/tres-sensible", "").await.expect(422));
    assert!(none.contains("Choisissez au moins un sujet") && none.contains("id=\"sujets-erreur\""), "{none}");
    house.urgent(zoe, "/tres-sensible", "sujet=PSY").await.expect(303);
    let waits = house.world.page(&format!("/personnes/{}/urgence", house.odette), zoe).await;
    assert!(waits.text().contains("Sans réponse dans 120 secondes") && waits.header("refresh") == "10");
    assert!(house.page(&hugo, "/moi").await.contains("Une demande attend votre accord"));
    assert!(!house.page(zoe, "/moi").await.contains("votre accord"), "not for the one who asked");
    let which = house.which(&hugo).await;
    house.agree(zoe, &which).await.expect(404);
    let wrong = house.post(&hugo, "/acces-en-urgence/reponse", &format!("{which}&reponse=oui&password=x")).await;
    assert!(mistaken(&wrong.expect(422)).contains("Mot de passe incorrect"), "a screen left open agrees to nothing");
    house.post(&hugo, "/acces-en-urgence/reponse", &format!("{which}&reponse=non")).await.expect(303);
    house.agree(&hugo, &which).await.expect(303);
    house.confirm(zoe).await;
    assert!(!house.thread(zoe, &house.odette).await.contains("Immuno"), "refused is refused");
    assert!(
        !house.journal(&hugo, &house.odette).await.contains("accord donné"),
        "what was not done is not in the journal"
    );
    house.later(20 * MINUTE);
    assert!(house.page(zoe, &format!("/personnes/{}/urgence", house.odette)).await.contains("Refusés par hugo"));
    house.later(3 * MINUTE);
    house.urgent(zoe, "/seul", "").await.expect(404);
    house.urgent(zoe, "/tres-sensible", "sujet=VIH&sujet=SEX&sujet=INF").await.expect(303);
    house.agree(&hugo, &which).await.expect(303);
    house.confirm(zoe).await;
    assert!(!house.thread(zoe, &house.odette).await.contains("Immuno"), "what was agreed to is what was seen");
    house.agree(&hugo, &house.which(&hugo).await).await.expect(303);
    assert!(!house.page(&hugo, "/moi").await.contains("attend votre accord"));
    assert!(house.thread(zoe, &house.odette).await.contains("Immuno"));
    assert!(!house.thread(zoe, &house.lucien).await.contains("Immuno"));
    house.later(30 * MINUTE);
    let zoe = &house.world.sign_in("zoe").await;
    house.confirm(zoe).await;
    let page = house.thread(zoe, &house.odette).await;
    assert!(!page.contains("Immuno") && page.contains("sévère"), "half an hour for one, two hours for the other");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_answer_a_life_at_stake_opens_alone_and_each_opening_is_looked_at() {
    let house = House::new().await;
    let (zoe, hugo) = (&house.zoe, house.world.sign_in("hugo").await);
    assert_eq!(house.traces().await, State::NotCovered);
    house.open().await;
    house.urgent(zoe, "/tres-sensible", "sujet=VIH").await.expect(303);
    house.later(2 * MINUTE - 1);
    house.urgent(zoe, "/seul", "").await.expect(404);
    house.later(1);
    assert!(
        !house.journal(&hugo, &house.odette).await.contains("sans accord"),
        "what was not done is not in the journal"
    );
    house.urgent(zoe, "/seul", "").await.expect(303);
    house.urgent(zoe, "/seul", "").await.expect(303);
    assert!(house.page(&hugo, "/moi").await.contains("ouverts sans accord"), "those who answer are told");
    house.confirm(zoe).await;
    assert!(house.thread(zoe, &house.odette).await.contains("Immuno"));
    let page = house.page(&hugo, "/acces-en-urgence").await;
    assert!(page.contains("ouverts sans accord, pour un danger vital") && page.contains("zoe (essai)"), "{page}");
    assert_eq!(house.traces().await, State::Conform, "there is time");
    house.later(7 * DAY + 3 * MINUTE);
    assert_eq!(house.traces().await, State::Failing);
    let hugo = house.world.sign_in("hugo").await;
    assert!(house.page(&hugo, "/acces-en-urgence").await.contains("en retard"));
    let which = house.which(&hugo).await;
    for (sent, said) in [
        ("avis=expliquer", "Dites en un mot"),
        ("avis=justifie", "Dites si la personne sait"),
        (&format!("avis=expliquer&mot={}", "a".repeat(301)), "300 caractères"),
    ] {
        let refused = house.post(&hugo, "/acces-en-urgence/avis", &format!("{which}&{sent}")).await.expect(422);
        let refused = mistaken(&refused);
        assert!(refused.contains(said), "{sent}: {refused}");
    }
    house.post(&hugo, "/acces-en-urgence/avis", &format!("{which}&avis=justifie&dit=oui")).await.expect(303);
    assert!(house.page(&hugo, "/acces-en-urgence").await.contains("Justifié, la personne le sait (hugo"));
    assert_eq!(house.traces().await, State::Failing, "it was late, for a month");
    house
        .post(&hugo, "/acces-en-urgence/avis", &format!("{which}&avis=expliquer&mot=Pourquoi&dit=danger"))
        .await
        .expect(303);
    assert!(house.page(&hugo, "/acces-en-urgence").await.contains("ce serait dangereux"));
    assert!(!house.page(&hugo, "/moi").await.contains("ouverts sans accord"), "somebody has looked at it");
    house.later(31 * DAY);
    assert_eq!(house.traces().await, State::NotCovered);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_looked_at_an_opening_has_not_seen_what_it_opened_since_and_nobody_agrees_to_their_own() {
    let house = House::new().await;
    let (hugo, claire) = (house.world.sign_in("hugo").await, house.world.sign_in("claire").await);
    house.urgent(&hugo, "", &format!("motif=crise&{WORDS}")).await.expect(303);
    let which = house.which(&claire).await;
    house.post(&claire, "/acces-en-urgence/avis", &format!("{which}&avis=justifie")).await.expect(303);
    house.urgent(&hugo, "/tres-sensible", "sujet=VIH").await.expect(303);
    assert!(!house.page(&hugo, "/moi").await.contains("votre accord"), "nobody is asked for their own");
    house.agree(&hugo, &which).await.expect(303);
    assert!(!house.thread(&hugo, &house.odette).await.contains("Immuno"), "nor does it open");
    house.agree(&claire, &house.which(&claire).await).await.expect(303);
    assert!(house.thread(&hugo, &house.odette).await.contains("Immuno"));
    let page = house.page(&claire, "/acces-en-urgence").await;
    assert!(page.contains("au plus tard le") && page.contains("La personne le sait-elle"), "{page}");
    // Asked for again, it hides nothing of what was open before; and nothing outlives what is closed.
    house.urgent(&hugo, "/fin", "").await.expect(303);
    house.confirm(&hugo).await;
    assert!(!house.thread(&hugo, &house.odette).await.contains("Immuno"));
    house.urgent(&hugo, "", &format!("motif=crise&{WORDS}")).await.expect(303);
    assert_eq!(house.page(&claire, "/acces-en-urgence").await.matches("<tr id=").count(), 2);
    assert!(!house.thread(&hugo, &house.odette).await.contains("Immuno"), "another opening begins at level 3");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_opening_goes_with_the_person_when_they_are_erased_and_counts_no_more() {
    let house = House::new().await;
    house.open().await;
    house.later(8 * DAY);
    assert_eq!(house.traces().await, State::Failing);
    let (app, odette) = (&house.world.app, house.odette.as_str());
    let cx = Cx::operator(app, None, Level::VerySensitive, Purpose::Api, Origin::default());
    let person = app::records::read(&cx, ResourceType::PATIENT, odette).await.unwrap().person;
    let kept = async || app.store().setting(app.tenant(), &format!("emergency/{person}")).await.unwrap();
    assert!(kept().await.is_some());
    app.store().replay_erasures(&house.world.dir.path().join("erased"), app.now()).await.unwrap();
    let items = app::erasure::plan(app, "essai", odette).await.unwrap().unwrap().counts.items;
    app::erasure::ask(app, "essai", (odette, items), ("hugo", PASSWORD), "demande").await.unwrap();
    assert!(app::erasure::approve(app, "essai", odette, ("claire", PASSWORD)).await.unwrap().erased);
    assert!(kept().await.is_none(), "no version of it stays");
    assert_eq!(house.traces().await, State::NotCovered);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_looks_at_their_own_opening() {
    let house = House::new().await;
    let hugo = house.world.sign_in("hugo").await;
    house.urgent(&hugo, "", &format!("motif=crise&{WORDS}")).await.expect(303);
    assert!(house.page(&hugo, "/acces-en-urgence").await.contains("une autre personne le relit"));
    let claire = house.world.sign_in("claire").await;
    let which = house.which(&claire).await;
    let own = house.post(&hugo, "/acces-en-urgence/avis", &format!("{which}&avis=justifie")).await.expect(422).text();
    assert!(own.contains("Votre propre accès"));
    house.post(&claire, "/acces-en-urgence/avis", &format!("{which}&avis=expliquer&mot=Pourquoi")).await.expect(303);
    assert!(house.page(&hugo, "/acces-en-urgence").await.contains("À expliquer : Pourquoi (claire"));
    let gone = which.replace("numero=", "numero=9");
    house.post(&claire, "/acces-en-urgence/avis", &format!("{gone}&avis=justifie")).await.expect(404);
}
