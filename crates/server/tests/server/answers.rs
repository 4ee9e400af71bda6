//! What changes while one writes: what is answered goes away, nobody reads, nothing was changed.

use crate::house::{House, hidden, unrelated};
use crate::support::{Answer, csrf};

/// Claire answers what Amina wrote; the page is open before anything happens to it.
struct Reply {
    house: House,
    amina: String,
    claire: String,
    path: String,
    page: Answer,
}

impl Reply {
    async fn new() -> Self {
        let house = House::new().await;
        let (amina, claire) = (house.world.sign_in("amina").await, house.world.sign_in("claire").await);
        let path = house.written(&amina, "donnees=Toux+grasse").await;
        let id = path.rsplit('/').next().unwrap();
        let page = house.world.page(&format!("/transmissions/nouvelle?reponse={id}"), &claire).await.expect(200);
        Self { house, amina, claire, path, page }
    }

    async fn undo(&self) {
        let page = self.house.world.page(&self.path, &self.amina).await.expect(200);
        let body = format!("csrf={}", csrf(&page));
        self.house.world.form(&format!("{}/annuler", self.path), &self.amina, &body).await.expect(303);
    }

    /// What is sent of a page, as it stands there.
    async fn send(&self, page: &Answer, more: &str) -> Answer {
        let answered = if page.text().contains("name=\"reponse\"") { hidden(page, "reponse") } else { String::new() };
        let whom = page.text().contains("name=\"personne\" value").then(|| hidden(page, "personne"));
        let body = format!(
            "csrf={}&cle={}&onglet={}&vu=0&reponse={answered}&personne={}&cible=douleur&donnees=auscultation+libre&{more}",
            csrf(page),
            hidden(page, "cle"),
            hidden(page, "onglet"),
            whom.unwrap_or_default(),
        );
        self.house.world.form("/transmissions", &self.claire, &body).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_to_what_was_taken_back_is_kept_apart() {
    let reply = Reply::new().await;
    reply.undo().await;
    let back = reply.send(&reply.page, "").await.expect(409);
    let text = back.text();
    assert!(text.contains("a été annulée") && text.contains("auscultation libre"), "{text}");
    assert!(text.contains("class=\"strip\"") && !text.contains("name=\"reponse\""), "{text}");
    let kept = reply.send(&back, "").await.expect(303);
    let path = kept.header("location").to_owned();
    assert!(reply.house.text(&reply.claire, &path).await.contains("auscultation libre"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_that_answers_what_was_taken_back_opens() {
    let reply = Reply::new().await;
    reply.undo().await;
    let kept = reply.send(&reply.page, "faire=brouillon").await.expect(303);
    let draft = reply.house.world.page(kept.header("location"), &reply.claire).await.expect(200);
    assert!(draft.text().contains("a été annulée") && draft.text().contains("auscultation libre"));
    reply.send(&draft, "").await.expect(303);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_to_what_was_moved_asks_whom_it_is_about() {
    let reply = Reply::new().await;
    reply.house.refile(&reply.amina, &reply.path).await;
    let back = reply.send(&reply.page, "").await.expect(409);
    let text = back.text();
    assert!(text.contains("par erreur") && text.contains("auscultation libre"), "{text}");
    assert!(text.contains("<select id=\"personne\"") && !text.contains("name=\"reponse\""), "{text}");
    let thread = reply.house.text(&reply.claire, &format!("/personnes/{}/fil", reply.house.odette)).await;
    assert!(!thread.contains("auscultation libre"), "{thread}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_writes_is_not_who_is_told() {
    let house = House::new().await;
    let amina = house.world.sign_in("amina").await;
    let form = house.form(&amina, &format!("personne={}", house.odette)).await;
    let look = async |to: &str| {
        let body = format!("{form}&personne={}&cible=humeur&donnees=calme&pour={to}", house.odette);
        house.world.form("/transmissions/apercu", &amina, &body).await.expect(200).text()
    };
    assert!(look("as").await.contains("Aucun collègue de la fonction"), "she is the only one");
    assert!(!look("medco").await.contains("Aucun collègue"), "claire reads");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_open_about_somebody_is_not_for_who_looks_after_machines() {
    let house = House::new().await;
    let (amina, hugo) = (house.world.sign_in("amina").await, house.world.sign_in("hugo").await);
    let technician = unrelated(&house, "info").await;
    let path = house.written(&amina, "donnees=A+bien+dormi").await;
    let form = house.world.page(&format!("{path}/niveau"), &hugo).await.expect(200);
    let body = format!("csrf={}&version=1&niveau=0&motif=Rien+de+particulier", csrf(&form));
    house.world.form(&format!("{path}/niveau"), &hugo, &body).await.expect(303);
    let seen = house.text(&amina, &path).await;
    assert!(seen.contains("Ouvert") && !seen.contains("informatique"), "{seen}");
    house.world.page(&path, &technician).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_done_is_said_where_one_is_led() {
    let house = House::new().await;
    let zoe = unrelated(&house, "as").await;
    let led = house.world.page("/releve?fait=niveau", &zoe).await.expect(303);
    assert_eq!(led.header("location"), "/unites?fait=niveau");
    assert!(house.text(&zoe, "/unites?fait=niveau").await.contains("Le niveau est enregistré"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_of_the_teams_are_not_for_who_lives_here() {
    let house = House::new().await;
    let person = unrelated(&house, "usager").await;
    house.world.page("/transmissions/nouvelle", &person).await.expect(404);
    let units = house.text(&person, "/unites").await;
    assert!(units.contains("celle des équipes") && !units.contains("affectation"), "{units}");
    assert!(!house.text(&person, "/moi").await.contains("Mon poste"));
    let amina = house.world.sign_in("amina").await;
    assert!(house.text(&amina, "/moi").await.contains("Mon poste"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_that_nobody_sees_is_none() {
    let house = House::new().await;
    let amina = house.world.sign_in("amina").await;
    let page = house.write(&amina, "donnees=%C2%A0%E2%80%8B%E2%80%8B").await.expect(422).text();
    assert!(page.contains("Écrivez ce que vous avez vu"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correction_that_changes_nothing_is_not_one() {
    let house = House::new().await;
    let amina = house.world.sign_in("amina").await;
    let path = house.written(&amina, "donnees=Chute+lundi").await;
    let page = house.world.page(&format!("{path}/corriger"), &amina).await.expect(200);
    let send = async |text: &str| {
        let body = format!(
            "csrf={}&version=1&cible=douleur&urgence=routine&personne={}&motif=pour+voir&donnees={text}",
            csrf(&page),
            house.odette
        );
        house.world.form(&format!("{path}/corriger"), &amina, &body).await
    };
    assert!(send("Chute+lundi").await.expect(422).text().contains("Vous n’avez rien changé"));
    send("Chute+mardi").await.expect(303);
}

#[tokio::test(flavor = "multi_thread")]
async fn opening_the_form_stands_in_the_journal_under_its_name() {
    let house = House::new().await;
    let amina = house.world.sign_in("amina").await;
    house.form(&amina, &format!("personne={}", house.odette)).await;
    let journal = house.text(&amina, &format!("/personnes/{}/lectures", house.odette)).await;
    assert!(journal.contains("Page d’écriture ouverte"), "{journal}");
}
