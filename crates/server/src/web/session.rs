//! The session cookie, and who is behind it.

use super::dates;
use super::devices;
use super::done;
use super::fields::{Fields, foreign};
use super::frame::{Frame, Menu};
use super::printing::Paper;
use super::typed;
use crate::headers;
use crate::request;
use crate::state::{Config, Server};
use crate::trouble::{Doing, Trouble};
use app::accounts::{self, SignedIn};
use app::{Cx, Damage, Origin};
use app::{emergency, transmissions, workstations};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use confidentiality::{Level, Workstation};
use std::convert::Infallible;

/// `__Host-` lets a browser refuse the cookie unless it came by HTTPS from this very host.
fn name(config: &Config) -> &'static str {
    if config.secure_cookies { "__Host-socle" } else { "socle" }
}

/// The cookie that opens a session.
pub(crate) fn cookie(config: &Config, token: &str) -> HeaderValue {
    let secure = if config.secure_cookies { "; Secure" } else { "" };
    headers::value(&format!("{}={token}; Path=/; HttpOnly; SameSite=Lax{secure}", name(config)))
}

/// The cookie that ends it.
pub(crate) fn no_cookie(config: &Config) -> HeaderValue {
    let secure = if config.secure_cookies { "; Secure" } else { "" };
    headers::value(&format!("{}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0{secure}", name(config)))
}

pub(crate) fn token_of(all: &HeaderMap, config: &Config) -> Option<String> {
    cookie_of(all, name(config))
}

fn theme_of(all: &HeaderMap) -> Option<&'static str> {
    let chosen = cookie_of(all, THEME)?;
    THEMES.iter().map(|(code, _)| *code).find(|code| *code == chosen)
}

fn cookie_of(all: &HeaderMap, wanted: &str) -> Option<String> {
    all.get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, value)| *name == wanted && !value.is_empty())
        .map(|(_, value)| value.to_owned())
}

/// The cookie of an enrolled machine.
fn device_name(config: &Config) -> &'static str {
    if config.secure_cookies { "__Host-socle-appareil" } else { "socle-appareil" }
}

/// The cookie that a machine shows from its enrolment on, for as long as browsers keep one.
pub(crate) fn device_cookie(config: &Config, token: &str) -> HeaderValue {
    let secure = if config.secure_cookies { "; Secure" } else { "" };
    let name = device_name(config);
    headers::value(&format!("{name}={token}; Path=/; HttpOnly; SameSite=Lax; Max-Age={}{secure}", 400 * 86_400))
}

/// The token of the request's cookie, whether it is worth anything or not.
pub(crate) struct MaybeToken(pub(crate) Option<String>);

impl FromRequestParts<Server> for MaybeToken {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, server: &Server) -> Result<Self, Infallible> {
        Ok(Self(token_of(&parts.headers, server.config())))
    }
}

/// A request of someone signed in.
pub(crate) struct Visit {
    pub(crate) token: String,
    pub(crate) cx: Cx,
    pub(crate) request: String,
    pub(crate) login: String,
    /// They have not chosen their password yet.
    given: bool,
    theme: Option<&'static str>,
    demo: bool,
    drafts: usize,
    desk: emergency::Desk,
    machine: Workstation,
    /// What a page could not read, and says.
    damage: Damage,
    /// What was just done, as the address says.
    said: Option<&'static str>,
}

/// The cookie that keeps the theme: a choice of the browser's user, nobody's data.
const THEME: &str = "socle-theme";
/// The themes one can choose; without a choice, the system's.
pub(crate) const THEMES: [(&str, &str); 3] =
    [("clair", "Clair"), ("sombre", "Sombre"), ("nuit", "Nuit (rouge, peu lumineux)")];

/// The cookie of a theme, or of none.
pub(crate) fn theme_cookie(config: &Config, theme: Option<&str>) -> HeaderValue {
    let secure = if config.secure_cookies { "; Secure" } else { "" };
    let (value, age) = theme.map_or(("", 0), |theme| (theme, 365 * 86_400));
    headers::value(&format!("{THEME}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={age}{secure}"))
}

impl Visit {
    /// The visit of a session token.
    ///
    /// # Errors
    /// [`app::Error::SignedOut`], the store's.
    pub(crate) async fn open(server: &Server, all: &HeaderMap, token: String, request: String) -> app::Result<Self> {
        let device = cookie_of(all, device_name(server.config()));
        let (number, machine) = workstations::state(server.app(), device.as_deref()).await?;
        let origin = Origin { request: request.clone(), reason: None, device: number.map(|number| number.to_string()) };
        let (who, cx) = enter(server, &token, machine, origin).await?;
        let drafts = if cx.writes() { transmissions::count_drafts(&cx).await? } else { 0 };
        // What waits for somebody else is no reason not to show a page.
        let desk = emergency::waiting(&cx).await.unwrap_or_else(|error| {
            tracing::error!(request, %error, "who waits for an answer is not known");
            emergency::Desk::default()
        });
        Ok(Self {
            token,
            cx,
            drafts,
            desk,
            request,
            login: who.login().to_owned(),
            given: who.is_given(),
            theme: theme_of(all),
            demo: server.config().demo.is_some(),
            machine,
            damage: Damage::default(),
            said: None,
        })
    }

    /// The same, for a page: it says what was just done, and what it cannot read. A form that is sent is done whole, or not.
    fn of(self, parts: &Parts) -> Self {
        let said = done::said(&parts.uri).filter(|_| parts.method == Method::GET);
        match parts.extensions.get::<Damage>().cloned() {
            Some(damage) => Self { said, cx: self.cx.noting(damage.clone()), damage, ..self },
            None => Self { said, ..self },
        }
    }

    /// The head of this visitor's pages.
    pub(crate) fn frame(&self, menu: Menu) -> Frame {
        Frame {
            display: self.cx.signer().display.clone(),
            csrf: format!("{}.{}.{}", csrf(&self.token), self.request, URL_SAFE_NO_PAD.encode(&self.login)),
            confirmed: self.confirmed(),
            theme: self.theme,
            menu,
            cares: self.cares(),
            apart: self.accompanies_nobody() && !self.is_technical() || self.cx.clearance().reviews_accesses(),
            estate: self.answers_for_machines(),
            demo: self.demo,
            drafts: self.drafts,
            desk: self.desk,
            machine: devices::warning(self.machine, self.machine().1),
            past: past(&self.cx),
            damage: self.damage.clone(),
            made: dates::exact(self.cx.now()),
            said: self.said,
            paper: Paper::owed(self.cx.clearance()),
            mistakes: Vec::new(),
        }
    }

    /// The machine at which this visitor sits, and the highest level that is opened from it.
    pub(crate) fn machine(&self) -> (Workstation, Level) {
        (self.machine, self.cx.app().matrix().workstation_cap(self.machine))
    }

    /// Whether this visitor answers for the machines.
    pub(crate) fn answers_for_machines(&self) -> bool {
        self.cx.clearance().sees_estate()
    }

    /// Whether this visitor accompanies people and writes about them: not only in an emergency.
    pub(crate) fn cares(&self) -> bool {
        self.cx.cares() && self.cx.writes()
    }

    /// Whether this visitor works at a place, whomever they accompany.
    pub(crate) fn is_staff(&self) -> bool {
        !self.cx.clearance().staff_places().is_empty()
    }

    /// Whether this visitor looks after machines, and reads nothing about anybody.
    pub(crate) fn is_technical(&self) -> bool {
        let persona = self.cx.persona().unwrap_or_default().into();
        self.cx.app().matrix().persona(&persona).is_some_and(|(row, _)| row.is_technical())
    }

    /// Whether they are to choose a password of their own; nobody is in a demonstration, whose passwords are for everybody.
    pub(crate) fn is_to_choose(&self) -> bool {
        self.given && !self.demo
    }

    /// Whether this visitor is related to nobody: what they may do is elsewhere than in records.
    pub(crate) fn accompanies_nobody(&self) -> bool {
        !self.cx.cares()
    }

    /// The theme this browser chose.
    pub(crate) fn theme(&self) -> Option<&'static str> {
        self.theme
    }

    /// Whether the password was typed again a short while ago.
    pub(crate) fn confirmed(&self) -> bool {
        self.cx.clearance().open4().is_some()
    }

    /// Refuses a form that one of this session's own pages did not hold.
    pub(crate) fn check(&self, fields: &Fields) -> Result<(), Trouble> {
        self.check_token(fields.text("csrf"))
    }

    /// The same of a token read otherwise.
    pub(crate) fn check_token(&self, given: &str) -> Result<(), Trouble> {
        let given = given.split('.').next().unwrap_or_default();
        verify_slices_are_equal(given.as_bytes(), csrf(&self.token).as_bytes()).map_err(|_| foreign())
    }

    pub(crate) fn trouble(&self, error: app::Error) -> Trouble {
        Trouble::from_app(error, Doing::Read, &self.request)
    }

    /// What failed while writing.
    pub(crate) fn write_trouble(&self, error: app::Error) -> Trouble {
        Trouble::from_app(error, Doing::Write { if_match: true }, &self.request)
    }
}

/// Known to the session's pages only: no other site can read it, nor make it from the cookie it cannot read.
fn csrf(token: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, format!("socle csrf {token}").as_bytes()).as_ref())
}

/// The number of the page that holds a token: each page has its own.
pub(crate) fn page_of(token: &str) -> Option<&str> {
    token.split('.').nth(1).filter(|page| !page.is_empty())
}

/// Who the page was made for: told by the page, and proved by nothing.
pub(crate) fn login_of(token: &str) -> Option<String> {
    String::from_utf8(URL_SAFE_NO_PAD.decode(token.split('.').nth(2)?).ok()?).ok().filter(|login| !login.is_empty())
}

/// On an answer that leads to the sign-in because a form came without a session.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ended;

impl FromRequestParts<Server> for Visit {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, server: &Server) -> Result<Self, Response> {
        let request = request::id_of(&parts.extensions);
        let token = token_of(&parts.headers, server.config()).ok_or_else(|| to_sign_in(parts))?;
        match Self::open(server, &parts.headers, token, request.clone()).await {
            Ok(visit) => Ok(visit.of(parts)),
            Err(app::Error::SignedOut) => Err(to_sign_in(parts)),
            Err(error) => Err(Trouble::from_app(error, Doing::Read, &request).into_response()),
        }
    }
}

/// What a page says while the database is away.
fn past(cx: &Cx) -> Option<String> {
    let shown = dates::when(app::upkeep::shown_as_of(cx.app())?, cx.now());
    Some(format!(
        "La base de données ne répond pas. Vous lisez le dossier tel qu’il était {shown}. Rien ne peut être écrit, et ce qui est très sensible ne s’ouvre pas."
    ))
}

async fn enter(server: &Server, token: &str, machine: Workstation, origin: Origin) -> app::Result<(SignedIn, Cx)> {
    let mut who = accounts::signed_in(server.app(), token).await?;
    who.session.workstation = machine;
    let cx = who.cx(server.app(), origin).await?;
    Ok((who, cx))
}

/// To the sign-in page, and back here afterwards if it was a page; to the page of the form if it was one, which has to be told that
/// nothing was kept. A script is told, not led away.
fn to_sign_in(parts: &Parts) -> Response {
    let here = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    if parts.headers.contains_key("x-socle-script") {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    if parts.method == Method::GET && here != "/personnes" {
        Redirect::to(&format!("/connexion?suite={}", headers::encode(here, "/"))).into_response()
    } else if parts.method == Method::POST && here != "/deconnexion" {
        let from = typed::page_before(&parts.headers);
        let mut answer =
            Redirect::to(&format!("/connexion?fin=1&suite={}", headers::encode(&from, "/"))).into_response();
        answer.extensions_mut().insert(Ended);
        answer
    } else {
        Redirect::to("/connexion").into_response()
    }
}
