//! Writing, reading and mending transmissions, as a browser without script does.

use crate::house::{House, hidden};
use crate::support::{create, csrf, patient};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_is_read_by_the_team_with_its_level_and_its_readers() {
    let house = House::new().await;
    let (amina, claire) = (house.world.sign_in("amina").await, house.world.sign_in("claire").await);
    let path = house.written(&amina, "donnees=Grimace+%3Cau%3E+lever.&actions=Ines+pr%C3%A9venue.&pour=ide").await;
    let own = house.text(&amina, &path).await;
    assert!(own.contains("Grimace &#60;au&#62; lever.") && own.contains("Ines prévenue."), "{own}");
    assert!(own.contains("Courant") && own.contains("Pour : infirmiers") && own.contains("Corriger"));
    let theirs = house.text(&claire, &path).await;
    assert!(theirs.contains("Grimace") && !theirs.contains("Corriger") && theirs.contains("Marquer comme lu"));
    assert!(theirs.contains("1</b> aide-soignant") && theirs.contains("1</b> médecin"), "{theirs}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_incomplete_form_comes_back_with_each_mistake_beside_its_field_and_nothing_lost() {
    let house = House::new().await;
    let amina = house.world.sign_in("amina").await;
    let form = house.form(&amina, "").await;
    let body = format!("{form}&actions=d%C3%A9j%C3%A0+tap%C3%A9&urgence=urgent&evaluer=midi");
    let page = house.world.form("/transmissions", &amina, &body).await.expect(422).text();
    for (field, text) in [("personne", "Choisissez la personne"), ("cible", "une cible"), ("donnees", "Écrivez ce que")]
    {
        assert!(page.contains(&format!("id=\"{field}-erreur\">{text}")) || page.contains(text), "{field}: {page}");
        assert!(page.contains(&format!("aria-describedby=\"{field}-erreur\"")), "{field}");
    }
    assert!(page.contains("<title>Erreur : Nouvelle transmission") && page.contains("déjà tapé"));
    assert!(page.contains("value=\"urgent\" checked"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_sent_twice_is_kept_once_with_its_reminder() {
    let house = House::new().await;
    let amina = house.world.sign_in("amina").await;
    let form = house.form(&amina, &format!("personne={}", house.odette)).await;
    for fields in ["donnees=une+fois", "donnees=une+fois&evaluer=18:00"] {
        let body = format!("{form}{}&personne={}&cible=chute&{fields}", fields.len(), house.odette);
        let first = house.world.form("/transmissions", &amina, &body).await.expect(303);
        let second = house.world.form("/transmissions", &amina, &body).await.expect(303);
        assert_eq!(first.header("location"), second.header("location"));
    }
    let thread = house.text(&amina, &format!("/personnes/{}/fil?partie=ecrits", house.odette)).await;
    assert_eq!(thread.matches("une fois").count(), 2, "two forms, each kept once");
    assert!(house.text(&amina, "/releve").await.contains("À évaluer : </span>Chute"));
}

#[tokio::test(flavor = "multi_thread")]
async fn sees_the_level_rise_and_the_readers_leave_before_saving() {
    let house = House::new().await;
    let amina = house.world.sign_in("amina").await;
    let form = house.form(&amina, &format!("personne={}", house.odette)).await;
    let look = async |path: &str, more: &str, text: &str| {
        let body = format!("{form}&personne={}&cible=humeur&donnees={text}{more}", house.odette);
        house.world.form(path, &amina, &body).await.expect(200).text()
    };
    let calm = look("/transmissions/apercu", "", "a+bien+dormi").await;
    assert!(calm.contains("Courant") && calm.contains("Qui lira ceci") && !calm.contains("<html"), "{calm}");
    let grave = look("/transmissions/apercu", "", "s%C3%A9ropositivit%C3%A9+VIH+annonc%C3%A9e").await;
    assert!(grave.contains("Très sensible") && grave.contains("VIH"), "{grave}");
    // Without script, the same beside the button.
    let whole = look("/transmissions", "&faire=niveau", "s%C3%A9ropositivit%C3%A9+VIH+annonc%C3%A9e").await;
    assert!(whole.contains("<html") && whole.contains("Très sensible") && whole.contains("séropositivité"));
    assert!(!house.text(&amina, "/releve").await.contains("séropositivité"), "a look keeps nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correction_gives_its_reason_and_keeps_the_former_version() {
    let house = House::new().await;
    let (amina, claire) = (house.world.sign_in("amina").await, house.world.sign_in("claire").await);
    let path = house.written(&amina, "donnees=Chute+lundi").await;
    let page = house.world.page(&format!("{path}/corriger"), &amina).await.expect(200);
    assert!(page.text().contains("Chute lundi"));
    let (token, of) = (csrf(&page), hidden(&page, "version"));
    let send = async |version: &str, fields: &str| {
        let body =
            format!("csrf={token}&version={version}&cible=chute&urgence=routine&personne={}&{fields}", house.odette);
        house.world.form(&format!("{path}/corriger"), &amina, &body).await
    };
    let unexplained = send(&of, "donnees=Chute+mardi&motif=+").await.expect(422).text();
    assert!(unexplained.contains("Dites pourquoi") && unexplained.contains("Chute mardi"));
    send(&of, "donnees=Chute+mardi&motif=erreur+de+jour").await.expect(303);
    let corrected = house.text(&claire, &path).await;
    assert!(corrected.contains("Chute mardi") && corrected.contains("erreur de jour"), "{corrected}");
    assert!(corrected.contains("Version 1") && corrected.contains("Chute lundi"), "the former version stays");
    // Someone who still had the first version on screen.
    let late = send(&of, "donnees=Chute+mercredi&motif=autre").await.expect(409).text();
    assert!(late.contains("modifiée entre-temps") && late.contains("Chute mercredi"), "{late}");
    assert!(house.text(&claire, &path).await.contains("Chute mardi"));
    // Another's writing is answered, not corrected.
    house.world.page(&format!("{path}/corriger"), &claire).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_about_the_same_person_and_shown_under_what_it_answers() {
    let house = House::new().await;
    let (amina, claire) = (house.world.sign_in("amina").await, house.world.sign_in("claire").await);
    let path = house.written(&amina, "donnees=Toux+grasse&evaluer=18:00").await;
    assert!(house.text(&amina, "/releve").await.contains("À évaluer :"));
    let id = path.rsplit('/').next().unwrap();
    let page = house.world.page(&format!("/transmissions/nouvelle?reponse={id}"), &claire).await.expect(200);
    assert!(page.text().contains("Toux grasse") && page.text().contains("Répondre"));
    let send = async |person: &str, text: &str| {
        let body = format!(
            "csrf={}&cle={}{text}&personne={person}&cible=douleur&donnees={text}&reponse={id}",
            csrf(&page),
            hidden(&page, "cle")
        );
        house.world.form("/transmissions", &claire, &body).await
    };
    send(&house.odette, "auscultation+libre").await.expect(303);
    assert!(!house.text(&amina, "/releve").await.contains("À évaluer :"), "an answer is the evaluation");
    assert!(house.text(&amina, &path).await.contains("auscultation libre"));
    // Whatever the form says, it is not about someone else.
    send(&house.lucien, "ailleurs").await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reminder_is_closed_by_whoever_looked_again() {
    let house = House::new().await;
    let (amina, claire) = (house.world.sign_in("amina").await, house.world.sign_in("claire").await);
    let path = house.written(&amina, "donnees=Toux+grasse&evaluer=18:00").await;
    let page = house.world.page(&path, &claire).await.expect(200);
    assert!(page.text().contains("C’est évalué"));
    let done = house.world.form(&format!("{path}/evalue"), &claire, &format!("csrf={}", csrf(&page))).await.expect(303);
    let after = house.text(&claire, done.header("location")).await;
    assert!(after.contains("terminé") && !after.contains("C’est évalué</button>"), "{after}");
    assert!(!house.text(&amina, "/releve").await.contains("À évaluer :"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_writing_in_the_wrong_record_leaves_it_without_its_text_nor_the_other_name() {
    let house = House::new().await;
    let (amina, hugo) = (house.world.sign_in("amina").await, house.world.sign_in("hugo").await);
    let path = house.written(&amina, "donnees=A+mang%C3%A9+chez+sa+fille").await;
    let page = house.world.page(&format!("{path}/deplacer"), &amina).await.expect(200);
    let (token, of) = (csrf(&page), hidden(&page, "version"));
    let send = async |person: &str, reason: &str| {
        let body = format!("csrf={token}&version={of}&personne={person}&motif={reason}");
        house.world.form(&format!("{path}/deplacer"), &amina, &body).await
    };
    let incomplete = send("", "").await.expect(422).text();
    assert!(incomplete.contains("Choisissez la personne dont") && incomplete.contains("ce qui s’est passé"));
    let moved = send(&house.lucien, "deux+chambres+voisines").await.expect(303);
    assert!(moved.header("location").starts_with(&format!("/personnes/{}", house.lucien)));
    let right = house.text(&amina, &format!("/personnes/{}/fil", house.lucien)).await;
    assert!(right.contains("A mangé chez sa fille") && right.contains("amina (essai)"));
    let wrong = house.text(&amina, &format!("/personnes/{}/fil", house.odette)).await;
    assert!(wrong.contains("Écrit par erreur") && !wrong.contains("A mangé") && !wrong.contains("MARCHAND"), "{wrong}");
    let left = house.text(&amina, &path).await;
    assert!(!left.contains("A mangé") && !left.contains("MARCHAND"), "not even to its author: {left}");
    assert!(house.text(&hugo, &path).await.contains("A mangé"), "a reviewer reads the former version");
    // Once is enough.
    house.world.page(&format!("{path}/deplacer"), &amina).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_taken_back_becomes_a_draft_of_its_author() {
    let house = House::new().await;
    let (amina, claire) = (house.world.sign_in("amina").await, house.world.sign_in("claire").await);
    let path = house.written(&amina, "donnees=trop+vite&evaluer=18:00").await;
    let page = house.world.page(&format!("{path}?fait=ecrit"), &amina).await.expect(200);
    assert!(page.text().contains("Annuler (30 secondes)"));
    let body = format!("csrf={}", csrf(&page));
    let other = house.world.page(&path, &claire).await.expect(200);
    house.world.form(&format!("{path}/annuler"), &claire, &format!("csrf={}", csrf(&other))).await.expect(403);
    let undone = house.world.form(&format!("{path}/annuler"), &amina, &body).await.expect(303);
    let draft = undone.header("location").to_owned();
    assert!(house.text(&amina, &draft).await.contains("trop vite"));
    house.world.page(&path, &claire).await.expect(410);
    assert!(!house.text(&amina, "/releve").await.contains("À évaluer :"), "its reminder went with it");
    house.world.page(&draft, &claire).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_is_kept_with_a_button_or_a_script_and_found_again() {
    let house = House::new().await;
    let (amina, claire) = (house.world.sign_in("amina").await, house.world.sign_in("claire").await);
    let kept = house.write(&amina, "donnees=pas+fini&faire=brouillon").await.expect(303);
    assert!(house.text(&amina, kept.header("location")).await.contains("pas fini"));
    let form = house.form(&amina, &format!("personne={}", house.odette)).await;
    let body = format!("{form}&personne={}&donnees=par+le+script", house.odette);
    assert!(house.world.form("/brouillons", &amina, &body).await.expect(200).text().contains("Brouillon gardé à"));
    let account = house.world.page("/moi", &amina).await.expect(200);
    assert!(account.text().contains("pas fini") && account.text().contains("par le script"));
    assert!(account.text().contains("<b>QUÉMÉNER Odette, née le 07/03/1938</b> pas fini"), "{}", account.text());
    assert!(!house.text(&claire, "/moi").await.contains("pas fini"));
    let forget = format!("csrf={}&cle={}", csrf(&account), hidden(&account, "cle"));
    house.world.form("/brouillons/supprimer", &amina, &forget).await.expect(303);
    assert_eq!(house.text(&amina, "/moi").await.matches("nouvelle?brouillon=").count(), 1);
    // Keeping it for good ends the draft.
    house.written(&amina, "donnees=fini").await;
    assert!(!house.text(&amina, "/moi").await.contains(">fini<"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_ends_while_one_writes_gives_the_text_back_to_the_same_login_only() {
    let house = House::new().await;
    let amina = house.world.sign_in("amina").await;
    let form = house.form(&amina, &format!("personne={}", house.odette)).await;
    let body = format!("{form}&qui=amina&personne={}&cible=chute&donnees=longtemps+%3Ctap%C3%A9%3E", house.odette);
    let asked = house.world.form("/transmissions", "", &body).await.expect(401).text();
    assert!(asked.contains("Votre session était terminée") && asked.contains("longtemps &#60;tapé&#62;"), "{asked}");
    assert!(!asked.contains("name=\"csrf\""), "a token must not outlive its session");
    let again = |login: &str| format!("{body}&login={login}&password={}", crate::support::PASSWORD.replace(' ', "+"));
    let back = house.world.form("/connexion", "", &again("amina")).await.expect(200);
    assert!(back.text().contains("pas encore enregistré") && back.text().contains("longtemps &#60;tapé&#62;"));
    assert!(!back.header("set-cookie").is_empty());
    // Another one is told first that a text waits for its writer.
    let told = house.world.form("/connexion", "", &again("claire")).await.expect(409);
    assert!(told.header("set-cookie").is_empty() && told.text().contains("longtemps &#60;tapé&#62;"));
    assert!(told.text().contains("garde un texte de « amina »") && told.text().contains("name=\"laisser\""));
    let other = house.world.form("/connexion", "", &format!("{}&laisser=oui", again("claire"))).await.expect(303);
    assert!(!other.text().contains("longtemps"));
    // A script is told, not led to a page.
    let told = house.world.script("/brouillons", "", &body).await;
    assert_eq!(told.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_does_not_accompany_a_person_writes_nothing_there_and_loses_nothing() {
    let house = House::new().await;
    let full = house.world.program("elsewhere").await;
    let away = create(&full, patient("Ailleurs")).await;
    let amina = house.world.sign_in("amina").await;
    let form = house.form(&amina, "").await;
    let id = away.strip_prefix("Patient/").unwrap();
    let body = format!("{form}&personne={id}&cible=chute&donnees=un+texte+pr%C3%A9cieux");
    let page = house.world.form("/transmissions", &amina, &body).await.expect(404).text();
    assert!(page.contains("un texte précieux") && page.contains("Vous n’accompagnez pas"), "{page}");
    house.world.page(&format!("/personnes/{id}"), &amina).await.expect(404);
    house.world.page(&format!("/personnes/{id}/lectures"), &amina).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn forms_of_other_sites_and_of_other_sessions_are_refused() {
    let house = House::new().await;
    let amina = house.world.sign_in("amina").await;
    let path = house.written(&amina, "donnees=ici").await;
    for (to, body) in [
        ("/transmissions".to_owned(), "cle=x&donnees=a"),
        ("/transmissions/apercu".to_owned(), "donnees=a"),
        ("/brouillons".to_owned(), "donnees=a"),
        (format!("{path}/lu"), ""),
        (format!("{path}/evalue"), ""),
        (format!("{path}/annuler"), ""),
        (format!("{path}/corriger"), "version=1&donnees=a"),
        (format!("{path}/deplacer"), "version=1&personne=a&motif=b"),
        ("/releve/lu".to_owned(), "items=a"),
        ("/unites".to_owned(), "unite=-1"),
        ("/unites/quitter".to_owned(), ""),
        ("/moi/theme".to_owned(), "theme=nuit"),
    ] {
        house.world.form(&to, &amina, body).await.expect(403);
    }
}
