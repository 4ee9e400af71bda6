//! Signing in and out; and giving back what someone was writing when their session ended.

use super::done;
use super::fields::Fields;
use super::frame::{framed, local, show};
use super::params::Params;
use super::session::{self, MaybeToken, Visit};
use super::transmissions::KEY;
use super::transmissions::form::{self, Making};
use super::typed;
use crate::request::RequestId;
use crate::state::{Demo, Server};
use crate::trouble::{Doing, Trouble};
use app::accounts;
use askama::Template;
use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};

#[derive(Template)]
#[template(path = "sign_in.html")]
struct Page<'a> {
    login: &'a str,
    /// Where the visitor wanted to go.
    next: &'a str,
    error: Option<String>,
    /// What was just done.
    said: Option<&'static str>,
    /// A form was sent without a session, and nothing of it is kept.
    lost: bool,
    /// A form that was sent without a session: kept in this page, field by field.
    carried: Carried<'a>,
    /// Whoever comes has been told that what is carried is lost with them.
    told: bool,
    demo: Option<&'a Demo>,
    /// Days of the demo that are not written yet.
    missing: Option<String>,
}

framed!(Page<'_>, signed out);

/// Names and values.
type Carried<'a> = Vec<(&'a str, &'a str)>;

impl<'a> Page<'a> {
    fn of(server: &'a Server, login: &'a str, next: &'a str, error: Option<String>, carried: Carried<'a>) -> Self {
        let demo = server.config().demo.as_ref();
        let missing = demo.and_then(|demo| super::tour::missing(demo, server.app().now()));
        Self { login, next, error, said: None, lost: false, carried, told: false, demo, missing }
    }
}

impl Page<'_> {
    fn mistakes(&self) -> Vec<(&str, &str)> {
        self.error.iter().map(|said| ("password", said.as_str())).collect()
    }
}

/// Fields of the sign-in itself, and what must not outlive a session.
const OWN: [&str; 5] = ["login", "password", "suite", "csrf", LEAVE];
/// Another person comes in, and leaves behind what is kept for who was writing.
const LEAVE: &str = "laisser";
/// The login of whoever was writing.
const WRITER: &str = "qui";

pub(crate) async fn form(
    State(server): State<Server>,
    params: Params,
    uri: Uri,
    Extension(RequestId(request)): Extension<RequestId>,
) -> Response {
    let next = local(params.some("suite")).unwrap_or_default();
    let lost = params.text("fin") == "1";
    show(
        StatusCode::OK,
        &Page { lost, said: done::said(&uri), ..Page::of(&server, "", next, None, Vec::new()) },
        &request,
    )
}

/// A form of any page, as it is carried through the sign-in: where it goes, the page it was on, and all that it held.
const CARRIED: [&str; 4] = [WRITER, "vers", "retour", "reste"];

/// A form that was sent without a session.
pub(crate) struct Kept {
    /// The login of whoever was writing.
    pub(crate) writer: String,
    pub(crate) to: String,
    pub(crate) from: Option<String>,
    /// Its fields.
    pub(crate) rest: String,
}

/// Said on the page that keeps it.
const ENDED: &str =
    "Votre session était terminée. Reconnectez-vous avec le même identifiant\u{a0}: votre texte vous sera rendu.";

/// The sign-in page that keeps it.
pub(crate) fn ended(server: &Server, kept: &Kept, request: &str) -> Response {
    let values = [kept.writer.as_str(), &kept.to, kept.from.as_deref().unwrap_or_default(), &kept.rest];
    let carried = CARRIED.into_iter().zip(values).collect();
    let page = Page::of(server, &kept.writer, "", Some(ENDED.to_owned()), carried);
    show(StatusCode::UNAUTHORIZED, &page, request)
}

/// The sign-in page that keeps a form sent without a session, or when none could be looked up.
pub(crate) fn interrupted(server: &Server, fields: &Fields, request: &str, refused: StatusCode) -> Response {
    let (status, error) = if refused.is_server_error() {
        (
            refused,
            "Socle ne répond pas bien en ce moment\u{a0}: votre texte n’a pas été enregistré, il est gardé dans cette page. Reconnectez-vous dans quelques instants avec le même identifiant\u{a0}: il vous sera rendu.",
        )
    } else {
        (StatusCode::UNAUTHORIZED, ENDED)
    };
    let (login, carried) = (fields.text(WRITER), carried(fields));
    show(status, &Page::of(server, login, "", Some(error.to_owned()), carried), request)
}

/// Whether a form comes with it that was interrupted.
pub(crate) fn carries(fields: &Fields) -> bool {
    !carried(fields).is_empty()
}

fn carried(fields: &Fields) -> Carried<'_> {
    if !fields.text("vers").is_empty() {
        return CARRIED.into_iter().map(|name| (name, fields.text(name))).collect();
    }
    if fields.text(KEY).is_empty() {
        return Vec::new();
    }
    let pairs = fields.pairs().iter().map(|(name, value)| (name.as_str(), value.as_str()));
    pairs.filter(|(name, _)| !OWN.contains(name)).collect()
}

pub(crate) async fn submit(
    State(server): State<Server>,
    MaybeToken(before): MaybeToken,
    Extension(RequestId(request)): Extension<RequestId>,
    all: HeaderMap,
    fields: Fields,
) -> Result<Response, Trouble> {
    let (login, next) = (fields.text("login").trim(), local(Some(fields.text("suite"))).unwrap_or_default());
    if let Some(said) = left_behind(&fields, login) {
        let page = Page { told: true, ..Page::of(&server, login, next, Some(said), carried(&fields)) };
        return Ok(show(StatusCode::CONFLICT, &page, &request));
    }
    match accounts::sign_in(server.app(), login, fields.text("password")).await {
        Ok(token) => {
            if let Some(before) = before {
                // Whoever sat here before has left.
                accounts::sign_out(server.app(), &before)
                    .await
                    .map_err(|error| Trouble::from_app(error, Doing::Read, &request))?;
            }
            let cookie = [(header::SET_COOKIE, session::cookie(server.config(), &token))];
            if fields.text(WRITER) == login && !carried(&fields).is_empty() {
                return Ok((cookie, give_back(&server, &all, token, request, &fields).await?).into_response());
            }
            let to = if next.is_empty() { "/" } else { next };
            Ok((cookie, Redirect::to(to)).into_response())
        }
        Err(error) => {
            let (status, error) = said(error, &request)?;
            Ok(show(status, &Page::of(&server, login, next, Some(error), carried(&fields)), &request))
        }
    }
}

/// What is said once to whoever comes in while a text of somebody else is kept in the page.
fn left_behind(fields: &Fields, login: &str) -> Option<String> {
    let writer = fields.text(WRITER);
    let theirs = !writer.is_empty() && writer != login && !carried(fields).is_empty();
    (theirs && fields.text(LEAVE).is_empty()).then(|| {
        format!(
            "Cette page garde un texte de «\u{a0}{writer}\u{a0}», pas encore enregistré\u{a0}: avec cet identifiant, il lui sera rendu. Pour entrer quand même avec le vôtre, retapez votre mot de passe\u{a0}: ce texte sera perdu."
        )
    })
}

/// The form as it was when the session ended.
async fn give_back(
    server: &Server,
    all: &HeaderMap,
    token: String,
    request: String,
    fields: &Fields,
) -> Result<Response, Trouble> {
    let visit = Visit::open(server, all, token, request.clone()).await;
    let visit = visit.map_err(|error| Trouble::from_app(error, Doing::Read, &request))?;
    let notice = "Vous voilà reconnecté. Votre texte est là, il n’est pas encore enregistré.";
    if let Some(to) = local(Some(fields.text("vers"))) {
        let from = local(Some(fields.text("retour")));
        return Ok(typed::given_back(&visit, StatusCode::OK, (to, from), fields.text("reste"), notice));
    }
    let notice = Some(notice);
    let corrected = Some(fields.text("corrige")).filter(|id| fhir::is_id(id));
    let correction = corrected.zip(fields.text("version").parse().ok());
    let correction = correction.map(|(id, version)| (id.to_owned(), version, fields.text("motif").to_owned()));
    let sent = Making::sent(fields.text(KEY).to_owned(), fields);
    form::page(&visit, StatusCode::OK, Making { correction, notice, ..sent }).await
}

/// What is said beside the password; other failures have their own page.
pub(crate) fn said(error: app::Error, request: &str) -> Result<(StatusCode, String), Trouble> {
    match error {
        app::Error::Credentials => Ok((
            StatusCode::UNPROCESSABLE_ENTITY,
            "Identifiant ou mot de passe incorrect. Vérifiez les majuscules, puis recommencez.".to_owned(),
        )),
        app::Error::TooManyAttempts(seconds) => Ok((
            StatusCode::TOO_MANY_REQUESTS,
            format!("Trop d’essais. Patientez {seconds}\u{a0}secondes avant de recommencer."),
        )),
        other => Err(Trouble::from_app(other, Doing::Read, request)),
    }
}

/// The same of whoever is signed in: only the password is asked for.
pub(crate) fn said_of_own(error: app::Error, request: &str) -> Result<(StatusCode, String), Trouble> {
    let (status, words) = said(error, request)?;
    let wrong = status == StatusCode::UNPROCESSABLE_ENTITY;
    let own = "Mot de passe incorrect. Vérifiez les majuscules, puis recommencez.";
    Ok((status, if wrong { own.to_owned() } else { words }))
}

pub(crate) async fn leave(State(server): State<Server>, visit: Visit, fields: Fields) -> Result<Response, Trouble> {
    visit.check(&fields)?;
    accounts::sign_out(server.app(), &visit.token).await.map_err(|error| visit.trouble(error))?;
    let cookie = [(header::SET_COOKIE, session::no_cookie(server.config()))];
    Ok((cookie, done::to("/connexion", "parti")).into_response())
}
