//! Pages in French, whole from the server: they need no script, and are quicker with ours.

mod access_review;
mod accessibility;
mod account;
mod alike;
mod assets;
mod charter;
mod confirm;
mod dates;
mod devices;
mod done;
mod duties;
mod emergencies;
mod estate;
mod fields;
mod frame;
mod handover;
mod health;
mod identity;
mod level;
mod lines;
mod lodging;
mod outbox;
pub(crate) mod packs;
mod pager;
mod params;
mod password;
mod people;
mod person;
mod printing;
mod review;
#[cfg(test)]
mod sample;
mod sending;
mod session;
mod sheets;
mod sign_in;
mod standing;
mod stays;
mod strip;
mod summary;
mod tour;
mod transmissions;
mod typed;
mod units;
mod words;

use crate::headers;
use crate::request;
use crate::state::Server;
use crate::trouble::{self, Trouble};
use app::Damage;
use axum::Router;
use axum::extract::Request;
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use frame::{ErrorPage, show};
use tower_http::catch_panic::CatchPanicLayer;

pub(crate) use sending::Sendings;

pub(crate) fn routes(server: &Server) -> Router<Server> {
    let pages = Router::new()
        .route("/", get(home))
        .route("/connexion", get(sign_in::form).post(sign_in::submit))
        .route("/deconnexion", post(sign_in::leave))
        .route("/confirmer", get(confirm::form).post(confirm::submit))
        .route("/accessibilite", get(accessibility::page))
        .route("/essayez", get(tour::page))
        .route("/essayez/jours", post(tour::add_days))
        .route("/charte", get(charter::page).post(charter::sign))
        .route("/charte/texte", post(charter::put))
        .route("/moi", get(account::page))
        .route("/moi/theme", post(account::theme))
        .route("/moi/mot-de-passe", get(password::form).post(password::submit))
        .route("/unites", get(units::choose).post(units::take))
        .route("/unites/quitter", post(units::leave))
        .route("/unites/repartition", get(lodging::page).post(lodging::settle))
        .route("/unites/repartition/nouvelle", post(lodging::add))
        .route("/unites/repartition/unite", post(lodging::change))
        .route("/appareil", get(devices::own).post(devices::enrol))
        .route("/appareils", get(devices::list))
        .route("/appareils/retirer", post(devices::take_out))
        .route("/releve", get(handover::page))
        .route("/releve/lu", post(handover::mark))
        .route("/releve/impression", get(handover::print))
        .route("/niveaux", get(review::page))
        .route("/acces-a-relire", get(access_review::page).post(access_review::submit))
        .route("/a-suivre", get(duties::page))
        .route("/personnes", get(people::list))
        .route("/personnes/admission", get(stays::admission::form).post(stays::admission::submit))
        .route("/personnes/{id}", get(person::synthesis::page))
        .route("/personnes/{id}/fil", get(person::thread::page))
        .route("/personnes/{id}/sejour", get(stays::stay::page).post(stays::stay::submit))
        .route("/personnes/{id}/lectures", get(person::accesses::page))
        .route("/personnes/{id}/lectures/impression", get(person::accesses::print))
        .route("/personnes/{id}/lectures/demandes", post(person::requests::submit))
        .route("/demandes-d-acces", get(person::requests::register))
        .merge(emergencies())
        .merge(transmissions())
        .merge(health::routes())
        .merge(estate())
        .merge(standing())
        .route("/static/socle.css", get(assets::css))
        .route("/static/socle.js", get(assets::js))
        .route("/static/socle.svg", get(assets::icon))
        .fallback(async || Trouble::absent())
        .method_not_allowed_fallback(method_not_allowed);
    let pages = pages.layer(CatchPanicLayer::custom(trouble::panicked));
    pages
        .layer(axum::middleware::from_fn_with_state(server.clone(), sending::once))
        .layer(axum::middleware::from_fn(finish))
}

fn emergencies() -> Router<Server> {
    use person::emergency;
    Router::new()
        .route("/personnes/{id}/urgence", get(emergency::page).post(emergency::open))
        .route("/personnes/{id}/urgence/fin", post(emergency::close))
        .route("/personnes/{id}/urgence/tres-sensible", post(emergency::deepen))
        .route("/personnes/{id}/urgence/seul", post(emergency::alone))
        .route("/acces-en-urgence", get(emergencies::page))
        .route("/acces-en-urgence/reponse", post(emergencies::answer))
        .route("/acces-en-urgence/avis", post(emergencies::mark))
}

fn transmissions() -> Router<Server> {
    use transmissions::{drafts, form, label, preview, reading, refile, submit};
    Router::new()
        .route("/transmissions", post(submit::create))
        .route("/transmissions/nouvelle", get(form::new))
        .route("/transmissions/apercu", post(preview::fragment))
        .route("/transmissions/{id}", get(reading::page))
        .route("/transmissions/{id}/lu", post(reading::mark))
        .route("/transmissions/{id}/evalue", post(reading::evaluate))
        .route("/transmissions/{id}/annuler", post(submit::undo))
        .route("/transmissions/{id}/corriger", get(form::correct).post(submit::correct))
        .route("/transmissions/{id}/deplacer", get(refile::form).post(refile::submit))
        .route("/transmissions/{id}/niveau", get(label::page).post(label::submit))
        .route("/brouillons", post(drafts::keep))
        .route("/brouillons/supprimer", post(drafts::forget))
}

fn standing() -> Router<Server> {
    use standing::{
        accounts, brief, declare, exempt, files, history, house, list, places, plan, protection, rescue, trail,
    };
    Router::new()
        .route("/maitrise", get(brief::page))
        .route("/maitrise/mesures", get(list::page))
        .route("/maitrise/mesures.csv", get(files::csv))
        .route("/maitrise/mesures.json", get(files::json))
        .route("/maitrise/mesures/{id}", get(list::measure))
        .route("/maitrise/mesures/{id}/declaration", post(declare::submit))
        .route("/maitrise/evolution", get(history::page))
        .route("/maitrise/evolution.csv", get(history::csv))
        .route("/maitrise/exceptions", get(exempt::page).post(exempt::submit))
        .route("/maitrise/exceptions/retirer", post(exempt::withdraw))
        .route("/maitrise/plan", get(plan::list::page).post(plan::submit::keep))
        .route("/maitrise/plan.csv", get(plan::files::csv))
        .route("/maitrise/plan.json", get(plan::files::json))
        .route("/maitrise/plan/nouvelle", get(plan::form::new))
        .route("/maitrise/plan/{id}", get(plan::form::edit))
        .route("/maitrise/profil", get(house::page).post(house::submit))
        .route("/maitrise/etablissements", get(places::page))
        .route("/maitrise/etablissements/{id}", get(places::sheet).post(places::submit))
        .route("/maitrise/comptes", get(accounts::page))
        .route("/maitrise/comptes/nouveau", get(accounts::arrive::form).post(accounts::arrive::submit))
        .route("/maitrise/comptes/qui/{id}", get(accounts::sheet::page).post(accounts::sheet::submit))
        .route("/maitrise/comptes/{id}", get(accounts::review::page).post(accounts::review::submit))
        .route("/maitrise/secours", get(rescue::page).post(rescue::submit))
        .route("/maitrise/traces", get(trail::page).post(trail::submit))
        .route("/maitrise/reglages", get(protection::page).post(protection::submit))
        .route("/maitrise/envois", get(outbox::page))
        .route("/maitrise/envois/{id}/reessayer", post(outbox::try_again))
        .route("/maitrise/envois/{id}/abandonner", get(outbox::ask).post(outbox::abandon))
        .route("/maitrise/derogations", post(house::derogate))
        .route("/maitrise/derogations/retirer", post(house::withdraw))
}

fn estate() -> Router<Server> {
    use estate::{intake, list, machine, movements, parts, work};
    Router::new()
        .route("/parc", get(list::page))
        .route("/parc/machines/{id}", get(machine::page))
        .route("/parc/a-traiter", get(work::page))
        .route("/parc/a-traiter/{id}", get(work::one::page))
        .route("/parc/a-traiter/{id}/csv", get(work::one::csv))
        .route("/parc/mouvements", get(movements::page))
        .route("/parc/mouvements/csv", get(movements::csv))
        .route("/parc/composants", get(parts::page))
        .route("/parc/composants/csv", get(parts::csv))
        .route("/parc/import", get(intake::page).post(intake::submit))
        .route("/parc/import/lots/{id}", get(intake::lot))
        .route("/parc/import/confirmer", post(intake::confirm))
        .route("/parc/import/annuler", post(intake::undo))
        .route("/parc/import/modeles/{id}", get(intake::blank))
}

/// Where a day begins: the handover for those who accompany people, the machines for who looks after them, what they answer for
/// for those who accompany nobody, the list of persons for the others.
async fn home(visit: Result<session::Visit, Response>) -> Redirect {
    let Ok(visit) = visit else { return Redirect::to("/connexion") };
    // Asked once, here: whatever else one came for opens as before.
    let next = if visit.is_to_choose() { "/moi/mot-de-passe" } else { first(&visit) };
    match next {
        next if charter::is_to_sign(&visit).await => Redirect::to(&charter::on_the_way(next)),
        next => Redirect::to(next),
    }
}

fn first(visit: &session::Visit) -> &'static str {
    if visit.cares() {
        "/releve"
    } else if visit.is_technical() {
        "/parc"
    } else if visit.accompanies_nobody() {
        "/a-suivre"
    } else {
        "/personnes"
    }
}

async fn method_not_allowed(method: Method) -> Trouble {
    Trouble::method(if method == Method::POST { "GET, HEAD" } else { "POST" })
}

/// Writes out what failed, and puts on the headers of every page.
async fn finish(mut request: Request, next: Next) -> Response {
    let (id, damage) = (request::id_of(request.extensions()), Damage::default());
    if request.method() == Method::GET {
        request.extensions_mut().insert(damage.clone());
    }
    let mut response = next.run(request).await;
    // Whatever is no page (a file, say) has no room for it: it does not leave as if it were whole. And what is damaged is not absent.
    if (response.status().is_success() || response.status() == StatusCode::NOT_FOUND) && damage.is_untold() {
        response = Trouble::damaged().into_response();
    }
    if let Some(trouble) = response.extensions_mut().remove::<Trouble>() {
        let typed = response.extensions_mut().remove::<typed::Typed>();
        response = error_page(&trouble, typed, &id);
    }
    headers::page(response.headers_mut());
    response
}

fn error_page(trouble: &Trouble, typed: Option<typed::Typed>, id: &str) -> Response {
    let (title, help) = match trouble.status {
        StatusCode::NOT_FOUND | StatusCode::GONE => (
            "Page introuvable",
            "Cette page n’existe pas, ou vous n’y avez pas accès. Vérifiez l’adresse, ou repartez de la liste des personnes.",
        ),
        StatusCode::FORBIDDEN => ("Action refusée", "Revenez à la page précédente, rechargez-la, puis recommencez."),
        StatusCode::CONFLICT | StatusCode::PRECONDITION_FAILED => {
            ("Modifié entre-temps", "Quelqu’un a enregistré avant vous. Relisez la page avant de recommencer.")
        }
        StatusCode::PAYLOAD_TOO_LARGE => (
            "Envoi trop volumineux",
            "Rien n’a été gardé. Revenez à la page précédente\u{a0}: votre texte y est encore, raccourcissez-le ou partagez-le en deux\u{a0}; si c’est un fichier, choisissez-en un plus petit.",
        ),
        StatusCode::METHOD_NOT_ALLOWED => (
            "Page à rouvrir",
            "Cette adresse reçoit un formulaire et ne s’ouvre pas seule. Revenez à la page précédente, ou repartez du menu.",
        ),
        StatusCode::INTERNAL_SERVER_ERROR if trouble.damaged => (
            "Données abîmées",
            "Ce qui est demandé est là et ne peut pas être lu. Prévenez votre référent informatique, avec le numéro ci-dessous. Le reste s’ouvre comme d’habitude.",
        ),
        StatusCode::SERVICE_UNAVAILABLE => ("Service indisponible", "Réessayez dans quelques instants."),
        StatusCode::INTERNAL_SERVER_ERROR => (
            "Erreur de notre côté",
            "Ce n’est pas votre faute. Réessayez\u{a0}; si cela recommence, donnez le numéro ci-dessous à votre référent.",
        ),
        _ => ("Demande impossible", "Revenez à la page précédente, puis recommencez."),
    };
    let server_side = trouble.status.is_server_error();
    let what = match trouble.status {
        StatusCode::NOT_FOUND | StatusCode::GONE | StatusCode::METHOD_NOT_ALLOWED => None,
        _ if server_side => None,
        _ => trouble.issues.first().map(|issue| issue.text_fr.clone()),
    };
    let number = server_side.then(|| id.to_owned());
    let mut response = show(trouble.status, &ErrorPage { title, what, help, number, typed }, id);
    for (name, value) in &trouble.headers {
        response.headers_mut().insert(name.clone(), headers::value(value));
    }
    response.into_response()
}
