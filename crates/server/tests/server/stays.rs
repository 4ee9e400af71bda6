//! *Admettre une personne*, and *Séjour*: said by whoever admits persons, followed by whoever accompanies them.

use crate::facts::{house, operator, post};
use crate::support::{Answer, World, create, csrf, made, patient, secret_condition, weight};
use confidentiality::Actor;
use serde_json::Value;
use std::sync::atomic::Ordering;
use store::{FOREVER, Post};

const HERE: &str = "/personnes/admission";
/// A number of a form, and another one.
const KEY: &str = "formulaire-0123456789";
const OTHER: &str = "formulaire-9876543210";
const DAY: i64 = 86_400_000_000;

/// A form of admission; what is given last counts.
fn form(key: &str, more: &[(&str, &str)]) -> String {
    let usual = [
        ("cle", key),
        ("nom", "Durand"),
        ("prenoms", "Odette+Jeanne"),
        ("naissance", "1940-02-01"),
        ("sexe", "F"),
        ("entree", "2026-05-20"),
        ("unite", "0"),
        ("chambre", "12"),
    ];
    let mut all: Vec<(&str, &str)> =
        usual.into_iter().filter(|(name, _)| more.iter().all(|(own, _)| own != name)).collect();
    all.extend(more);
    all.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

async fn send(world: &World, cookie: &str, path: &str, fields: &str) -> Answer {
    let token = csrf(&world.page("/moi", cookie).await.expect(200));
    world.form(path, cookie, &format!("csrf={token}&{fields}")).await
}

/// Admits somebody; the id of their Patient.
async fn admitted(world: &World, cookie: &str, fields: &str) -> String {
    let answer = send(world, cookie, HERE, fields).await.expect(303);
    let (_, path) = answer.header("location").split_once("/personnes/").unwrap();
    path.split_once("/sejour?fait=admise").unwrap().0.to_owned()
}

async fn unit(world: &World, director: &str, name: &str) -> i64 {
    assert_eq!(post(world, director, "/unites/repartition/nouvelle", &format!("nom={name}")).await, 303);
    let units = world.app.store().units(world.app.tenant()).await.unwrap();
    units.into_iter().find(|unit| unit.name == name).unwrap().unit
}

/// Amina accompanies this unit, and no other.
async fn carer(world: &World, unit: i64) -> String {
    let (store, tenant, place) = (world.app.store(), world.app.tenant(), world.app.default_place());
    let clearance = operator(world).clearance().clone();
    let call = store::Call { tenant, clearance, now: world.app.now(), origin: store::Origin::default() };
    let actor = Actor::new(42);
    let ended = store.posts(tenant, actor, world.app.now()).await.unwrap();
    let ended = ended.into_iter().map(|one| (one, world.app.now())).collect();
    let new = Post { actor, place, unit, persona: "as".into(), starts: 0, ends: FOREVER };
    store.change_posts(&call, ended, vec![new]).await.unwrap();
    world.sign_in("amina").await
}

/// The stays of somebody, as a program reads them.
async fn stays(world: &World, id: &str) -> Vec<Value> {
    let program = world.program("full").await;
    let found = program.get(&format!("/fhir/Encounter?patient={id}")).await.expect(200).json();
    let entries = found["entry"].as_array().cloned().unwrap_or_default();
    entries.into_iter().map(|entry| entry["resource"].clone()).collect()
}

/// What the page of a stay says of the one that goes on, or has ended: its id and version.
fn of(page: &str) -> String {
    let value = |name: &str| {
        let (_, rest) = page.split_once(&format!("name=\"{name}\" value=\"")).unwrap();
        rest.split_once('"').unwrap().0.to_owned()
    };
    format!("sejour={}&version={}", value("sejour"), value("version"))
}

async fn page(world: &World, cookie: &str, id: &str) -> String {
    world.page(&format!("/personnes/{id}/sejour"), cookie).await.expect(200).text()
}

/// Says something of the stay as it is now.
async fn say(world: &World, cookie: &str, id: &str, fields: &str) -> Answer {
    let of = of(&page(world, cookie, id).await);
    send(world, cookie, &format!("/personnes/{id}/sejour"), &format!("{of}&{fields}")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_is_admitted_and_accompanied_at_once() {
    let (world, director) = house().await;
    let lilas = unit(&world, &director, "Lilas").await;
    let amina = carer(&world, lilas).await;
    assert!(world.page("/personnes", &director).await.expect(200).text().contains(HERE));
    let empty = world.page(HERE, &director).await.expect(200).text();
    assert!(empty.contains("value=\"2026-05-28\"") && empty.contains(">Lilas</option>"), "{empty}");
    let fields = form(KEY, &[("unite", &lilas.to_string()), ("nom-utilise", "Le+Goff"), ("ins", "109076322083489")]);
    let id = admitted(&world, &director, &fields).await;
    // As the rest of the house reads it.
    let list = world.page("/personnes", &amina).await.expect(200).text();
    assert!(list.contains("LE GOFF Odette") && list.contains("<td>12</td>"), "{list}");
    let strip = world.page(&format!("/personnes/{id}"), &amina).await.expect(200).text();
    assert!(strip.contains("identité provisoire") && strip.contains("Chambre </span>12"), "{strip}");
    assert!(world.page("/transmissions/nouvelle", &amina).await.expect(200).text().contains("LE GOFF Odette"));
    let own = page(&world, &director, &id).await;
    assert!(own.contains("depuis le 20/05/2026 · Lilas · chambre 12"), "{own}");
    let kept = stays(&world, &id).await;
    assert_eq!(
        (kept.len(), &kept[0]["status"], &kept[0]["period"]["start"]),
        (1, &"in-progress".into(), &"2026-05-20".into())
    );
    // Sent twice, by whichever way, it is kept once; for somebody else, it is a new form.
    assert_eq!(admitted(&world, &director, &fields).await, id);
    let other = send(&world, &director, HERE, &form(KEY, &[("nom", "Petit"), ("prenoms", "Louis")])).await.expect(409);
    assert!(other.text().contains("avait déjà servi") && !other.text().contains(KEY), "{}", other.text());
    let corrected = fields.replace("chambre=12", "chambre=13");
    send(&world, &director, HERE, &corrected).await.expect(409);
    assert_eq!(stays(&world, &id).await.len(), 1);
    let journal = world.page(&format!("/personnes/{id}/lectures"), &director).await.expect(200).text();
    assert!(journal.contains("Admission"), "{journal}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_said_beside_each_field_and_nothing_is_kept() {
    let (world, director) = house().await;
    for (name, value, said) in [
        ("nom", "", "Donnez le nom de naissance."),
        ("prenoms", "4", "Un nom s’écrit en lettres"),
        ("naissance", "2026-06-01", "à venir"),
        ("sexe", "X", "Choisissez le sexe"),
        ("ins", "109076322083488", "La clé de ce numéro"),
        ("entree", "2026-05-29", "Une entrée à venir"),
        ("entree", "1939-05-29", "avant la naissance"),
        ("unite", "-99", "n’existe plus"),
        ("unite", "", "Choisissez l’unité"),
        ("chambre", &"x".repeat(31), "Trop long"),
    ] {
        let answer = send(&world, &director, HERE, &form(KEY, &[(name, value)])).await.expect(422).text();
        let (_, error) = answer.split_once(&format!("id=\"{name}-erreur\">")).expect(name);
        assert!(error.split_once('<').unwrap().0.contains(said), "{name}: {error}");
        assert!(name == "nom" || answer.contains("value=\"Durand\""), "what is typed is given back: {answer}");
    }
    assert!(world.page("/personnes", &director).await.expect(200).text().contains("Aucune personne"));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_may_be_known_is_shown_before_anything_is_kept() {
    let (world, director) = house().await;
    let first = admitted(&world, &director, &form(KEY, &[("ins", "109076322083489")])).await;
    // A homonym, one letter apart.
    let like = [("nom", "DURANT"), ("naissance", "1951-03-04")];
    let asked = send(&world, &director, HERE, &form(OTHER, &like)).await.expect(200).text();
    assert!(asked.contains("Son séjour est en cours ici, chambre 12") && asked.contains("DURAND Odette"), "{asked}");
    assert!(asked.contains(&format!("name=\"vus\" value=\"{first}\"")) && asked.contains("1951-03-04"), "{asked}");
    let another = |vus: &str| form(OTHER, &[like[0], like[1], ("choix", "autre"), ("vus", vus)]);
    // Nobody is told to be another than whom one has not been shown.
    send(&world, &director, HERE, &another("")).await.expect(200);
    send(&world, &director, HERE, &format!("{}&vus={first}", form(OTHER, &like))).await.expect(422);
    let taken = form(OTHER, &[like[0], like[1], ("choix", &first), ("vus", &first)]);
    send(&world, &director, HERE, &taken).await.expect(422);
    let second = admitted(&world, &director, &another(&first)).await;
    assert_ne!(first, second);
    // Of one number, there is one person.
    let number =
        [("nom", "Roux"), ("prenoms", "Jean"), ("ins", "1 09 07 63 220 834 89"), ("choix", "autre"), ("vus", &first)];
    let refused = send(&world, &director, HERE, &form("formulaire-du-numero-1", &number)).await.expect(422).text();
    assert!(refused.contains("Une autre personne de l’établissement a déjà ce numéro"), "{refused}");
    // Whoever has left is known too, and comes back to their own record.
    let left = "faire=sortir&cause=domicile&jour-sortie=2026-05-21&heure-sortie=10:00";
    say(&world, &director, &first, left).await.expect(303);
    let back = [("entree", "2026-05-28"), ("choix", first.as_str()), ("vus", &format!("{first},{second}"))];
    let fields = form("formulaire-du-retour-1", &back);
    assert_eq!(admitted(&world, &director, &fields).await, first);
    assert_eq!(admitted(&world, &director, &fields).await, first, "sent twice");
    assert_eq!(stays(&world, &first).await.len(), 2);
    let list = world.page("/personnes", &director).await.expect(200).text();
    assert!(!list.contains("partie") && list.contains("2 personnes"), "{list}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stay_changes_ends_and_is_mended() {
    let (world, director) = house().await;
    let (lilas, roses) = (unit(&world, &director, "Lilas").await, unit(&world, &director, "Roses").await);
    let id = admitted(&world, &director, &form(KEY, &[("unite", &lilas.to_string())])).await;
    let amina = carer(&world, roses).await;
    let sees = async || world.page("/personnes", &amina).await.expect(200).text().contains("DURAND");
    assert!(!sees().await);
    let moved =
        |unit: i64, day: &str, hour: &str| format!("faire=placer&unite={unit}&chambre=14&jour={day}&heure={hour}");
    for (fields, field) in [
        (moved(roses, "2026-05-28", "22:30"), "jour"),
        (moved(roses, "2026-05-19", "23:59"), "jour"),
        (moved(roses, "", "10:00"), "jour"),
        (moved(roses, "2026-05-21", "25:00"), "heure"),
        (moved(-99, "2026-05-21", "10:00"), "unite"),
        ("faire=sortir&cause=deces&jour-sortie=2026-05-29&heure-sortie=10:00".to_owned(), "jour-sortie"),
        ("faire=sortir&cause=deces&jour-sortie=2026-05-19&heure-sortie=10:00".to_owned(), "jour-sortie"),
        ("faire=sortir&cause=&jour-sortie=2026-05-21&heure-sortie=10:00".to_owned(), "cause"),
        ("faire=annuler&motif=+".to_owned(), "motif"),
    ] {
        let answer = say(&world, &director, &id, &fields).await.expect(422).text();
        assert!(answer.contains(&format!("id=\"{field}-erreur\"")), "{fields}: {answer}");
    }
    let former = of(&page(&world, &director, &id).await);
    say(&world, &director, &id, &moved(roses, "2026-05-21", "10:00")).await.expect(303);
    assert!(sees().await);
    let here = page(&world, &director, &id).await;
    assert!(
        here.contains("Lilas, du 20/05/2026 au 21/05/2026 à 10 h 00") && here.contains("· Roses · chambre 14"),
        "{here}"
    );
    // What was read before somebody else's change is not taken for what is.
    let path = format!("/personnes/{id}/sejour");
    let late = send(&world, &director, &path, &format!("{former}&{}", moved(lilas, "2026-05-22", "10:00"))).await;
    assert!(late.expect(409).text().contains("avant vous"));
    let left = "faire=sortir&cause=deces&jour-sortie=2026-05-28&heure-sortie=10:00";
    say(&world, &director, &id, left).await.expect(303);
    let gone = page(&world, &director, &id).await;
    assert!(gone.contains("décédée le 28/05/2026") && gone.contains("Aucun séjour en cours"), "{gone}");
    assert!(sees().await, "those who have to end what they write");
    assert!(world.page(&format!("/personnes/{id}"), &amina).await.expect(200).text().contains("décédée le"));
    say(&world, &director, &id, "faire=retour").await.expect(303);
    let back = page(&world, &director, &id).await;
    assert!(!back.contains("décédée") && back.contains("· Roses · chambre 14"), "{back}");
    world.clock.fetch_add(8 * DAY, Ordering::Relaxed);
    let amina = world.sign_in("amina").await;
    let director = world.sign_in("diane").await;
    let sees = async || world.page("/personnes", &amina).await.expect(200).text().contains("DURAND");
    assert!(sees().await, "what was taken back has no end");
    say(&world, &director, &id, "faire=annuler&motif=Mauvaise+personne").await.expect(303);
    assert!(!sees().await);
    assert_eq!(stays(&world, &id).await[0]["status"], "entered-in-error");
    assert!(page(&world, &director, &id).await.contains("par erreur"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_team_keeps_those_who_left_for_a_week() {
    let (world, director) = house().await;
    let lilas = unit(&world, &director, "Lilas").await;
    let id = admitted(&world, &director, &form(KEY, &[("unite", &lilas.to_string())])).await;
    carer(&world, lilas).await;
    let left = "faire=sortir&cause=etablissement&jour-sortie=2026-05-28&heure-sortie=10:00";
    say(&world, &director, &id, left).await.expect(303);
    for (days, sees) in [(6, true), (2, false)] {
        world.clock.fetch_add(days * DAY, Ordering::Relaxed);
        let amina = world.sign_in("amina").await;
        assert_eq!(world.page("/personnes", &amina).await.expect(200).text().contains("DURAND"), sees, "{days}");
    }
    // Who answers for the whole house still knows who lived in it.
    let hugo = world.sign_in("hugo").await;
    assert!(world.page("/personnes", &hugo).await.expect(200).text().contains("partie"));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_whoever_admits_persons_does_and_reads_nothing_more_for_it() {
    let (world, director) = house().await;
    let id = made(&world, "Martin").await;
    let path = format!("/personnes/{id}/sejour");
    for login in ["amina", "ivan"] {
        let cookie = world.sign_in(login).await;
        for page in [HERE, &path] {
            assert_eq!(world.page(page, &cookie).await.status, 404, "{login} {page}");
        }
        send(&world, &cookie, HERE, &form(KEY, &[])).await.expect(404);
        let left = "sejour=x&version=1&faire=sortir&cause=fin&jour-sortie=2026-05-28&heure-sortie=10:00";
        send(&world, &cookie, &path, left).await.expect(404);
        let seen = world.page(&format!("/personnes/{id}"), &cookie).await.text();
        assert!(!seen.contains("/sejour"), "{login}");
    }
    assert!(!world.page("/personnes", &director).await.expect(200).text().contains("DURAND"));
    // Whoever was brought by a program has no stay: one is opened, in their own record.
    let opened = page(&world, &director, &id).await;
    assert!(opened.contains("Aucun séjour en cours") && opened.contains("Aucun séjour n’est enregistré"), "{opened}");
    let again = world.page(&format!("{HERE}?personne={id}"), &director).await.expect(200).text();
    assert!(again.contains("value=\"Martin\"") && again.contains("value=\"1938-03-07\""), "{again}");
    let own = [("nom", "Martin"), ("naissance", "1938-03-07"), ("choix", id.as_str())];
    assert_eq!(admitted(&world, &director, &form(KEY, &own)).await, id);
    create(&world.program("full").await, weight(&format!("Patient/{id}"), 61)).await;
    let thread = world.page(&format!("/personnes/{id}/fil"), &director).await.expect(200).text();
    assert!(!thread.contains("Poids"), "{thread}");
    let amina = world.sign_in("amina").await;
    assert!(world.page(&format!("/personnes/{id}/fil"), &amina).await.expect(200).text().contains("Poids"));
    // Nor does another house's: what a program brings there is neither shown nor admitted here.
    let there = create(&world.program("elsewhere").await, patient("Zola")).await;
    let fields = form(OTHER, &[("nom", "Zola"), ("choix", there.trim_start_matches("Patient/"))]);
    let asked = send(&world, &director, HERE, &fields).await.expect(422).text();
    assert!(asked.contains("ne ressemble plus à celle-ci"), "{asked}");
    let fields = form(OTHER, &[("nom", "Zola")]);
    assert_ne!(format!("Patient/{}", admitted(&world, &director, &fields).await), there);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_one_comes_from_is_shown_whatever_their_name_is() {
    let (world, director) = house().await;
    let known = serde_json::json!({"resourceType": "Patient", "name": [{"text": "Madame Z."}]});
    let reference = create(&world.program("full").await, known).await;
    let id = reference.trim_start_matches("Patient/");
    let asked = world.page(&format!("{HERE}?personne={id}"), &director).await.expect(200).text();
    assert!(asked.contains(&format!("name=\"personne\" value=\"{id}\"")), "{asked}");
    let from = |more: &[(&str, &str)]| {
        let own = [("personne", id), ("ins", "109076322083489")];
        form(KEY, &[&own[..], more].concat())
    };
    let asked = send(&world, &director, HERE, &from(&[])).await.expect(200).text();
    assert!(asked.contains("vous venez de son dossier") && asked.contains(&format!("value=\"{id}\"")), "{asked}");
    send(&world, &director, HERE, &from(&[("vus", id)])).await.expect(422);
    let done = send(&world, &director, HERE, &from(&[("vus", id), ("choix", id)])).await.expect(303);
    assert_eq!(done.header("location"), format!("/personnes/{id}/sejour?fait=admise-sans-ins"));
    let told = world.page(done.header("location"), &director).await.expect(200).text();
    assert!(told.contains("Le numéro INS saisi n’est pas enregistré"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stay_that_leads_to_what_is_hidden_is_not_said_to_have_changed() {
    let (world, director) = house().await;
    let full = world.program("full").await;
    let id = made(&world, "Martin").await;
    let closed = create(&full, secret_condition(&format!("Patient/{id}"))).await;
    let stay = serde_json::json!({"resourceType": "Encounter", "status": "in-progress", "class": {"code": "IMP"},
        "subject": {"reference": format!("Patient/{id}")}, "period": {"start": "2026-05-20"},
        "diagnosis": [{"condition": {"reference": closed}}]});
    create(&full, stay).await;
    let left = "faire=sortir&cause=domicile&jour-sortie=2026-05-21&heure-sortie=10:00";
    let told = say(&world, &director, &id, left).await.expect(409).text();
    assert!(told.contains("que vous ne pouvez pas lire") && !told.contains("avant vous"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_death_at_night_is_of_the_day_here() {
    let (world, director) = house().await;
    let id = admitted(&world, &director, &form(KEY, &[])).await;
    let left = "faire=sortir&cause=deces&jour-sortie=2026-05-28&heure-sortie=00:30";
    say(&world, &director, &id, left).await.expect(303);
    assert!(page(&world, &director, &id).await.contains("décédée le 28/05/2026"));
}
