//! What somebody typed in a form is not lost when the form could not be kept: the session was over, the page was of a former
//! one, somebody else had written meanwhile, or nothing worked.

use super::fields::Fields;
use super::frame::{Frame, Menu, framed, local, show};
use super::session::{self, Visit};
use super::sign_in;
use crate::headers;
use crate::state::Server;
use crate::trouble::Trouble;
use askama::Template;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::Response;
use domain::text::is_blank;

/// The fields in which one writes freely, and what they are called.
const TEXTS: [(&str, &str); 27] = [
    ("actions", "Actions"),
    ("chambre", "Chambre"),
    ("depuis", "Depuis"),
    ("donnees", "Données"),
    ("inventaire", "Nom dans l’inventaire"),
    ("medicament", "Médicament"),
    ("mot", "Ce qui est à expliquer"),
    ("motif", "Motif"),
    ("mots", "Ce qui se passe"),
    ("nom", "Nom"),
    ("nom-unite", "Nom de l’unité"),
    ("nom-utilise", "Nom utilisé"),
    ("outils", "Outils"),
    ("point", "Point de contrôle"),
    ("posologie", "Dose et moments"),
    ("prenoms", "Prénoms"),
    ("prescripteur", "Prescripteur"),
    ("preuve", "Où est la preuve"),
    ("qui", "Qui"),
    ("quoi", "Ce qu’il y a à faire"),
    ("reactions", "Réactions"),
    ("remarque", "Remarque"),
    ("resultats", "Résultats"),
    ("substance", "Substance"),
    ("sujet", "Sujet"),
    ("temoin", "Témoin"),
    ("texte", "Texte"),
];
/// Those in which one word may say all.
const LONE: [&str; 4] = ["medicament", "posologie", "reactions", "substance"];
/// What is never kept for later.
const SECRETS: [&str; 7] = ["csrf", "password", "confirmation", "confirmation-ajout", "actuel", "nouveau", "encore"];

/// What is known of a request that sent a form.
pub(crate) struct Head {
    headers: HeaderMap,
    path: String,
    /// The page it was on.
    from: String,
    request: String,
}

impl Head {
    pub(crate) fn of(parts: &Parts, request: String) -> Self {
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
        Self { from: page_before(&parts.headers), headers: parts.headers.clone(), path, request }
    }
}

/// The address of the page that sent a form, without its origin; empty when it is not known.
pub(crate) fn page_before(all: &HeaderMap) -> String {
    let from = headers::text(all, header::REFERER).and_then(|from| from.parse::<Uri>().ok());
    from.as_ref().and_then(Uri::path_and_query).map_or("", |path| path.as_str()).to_owned()
}

/// What was typed, on an answer that says that it could not be kept: field by field, and the page it came from.
#[derive(Debug, Clone)]
pub(crate) struct Typed {
    pub(crate) texts: Vec<(&'static str, String)>,
    pub(crate) from: Option<String>,
}

/// What the field is called when somebody has written in it: elsewhere, a word alone is a choice, or soon typed again.
fn text_of(name: &str, value: &str) -> Option<&'static str> {
    let (_, label) = TEXTS.iter().find(|(known, _)| *known == name)?;
    let said = if LONE.contains(&name) { !is_blank(value) } else { value.trim().contains(char::is_whitespace) };
    said.then_some(label)
}

fn texts(fields: &Fields) -> Vec<(&'static str, String)> {
    let text = |(name, value): &(String, String)| Some((text_of(name, value)?, value.clone()));
    fields.pairs().iter().filter_map(text).collect()
}

/// Looks at the answer to a form: what is lost with it is given back, or kept until its author is back.
pub(crate) async fn keep(server: &Server, head: &Head, fields: &Fields, mut response: Response) -> Response {
    if head.path == "/connexion" {
        // What it carries may be somebody else's: it stays in the page, unread.
        let failed = response.extensions().get::<Trouble>().filter(|trouble| trouble.status.is_server_error());
        let failed = failed.map(|trouble| trouble.status);
        return match failed {
            Some(status) if sign_in::carries(fields) => sign_in::interrupted(server, fields, &head.request, status),
            _ => response,
        };
    }
    let texts = texts(fields);
    if texts.is_empty() {
        return response;
    }
    let from = local(Some(&head.from)).map(str::to_owned);
    if response.extensions().get::<session::Ended>().is_some() {
        let writer = session::login_of(fields.text("csrf")).unwrap_or_default();
        let kept = sign_in::Kept { writer, to: head.path.clone(), from, rest: rest(fields) };
        return sign_in::ended(server, &kept, &head.request);
    }
    let Some(status) = response.extensions().get::<Trouble>().map(|trouble| trouble.status) else { return response };
    if status == StatusCode::FORBIDDEN
        && let Some(page) = stale(server, head, fields).await
    {
        return page;
    }
    response.extensions_mut().insert(Typed { texts, from });
    response
}

/// The form as it was sent, without what must not outlive it.
fn rest(fields: &Fields) -> String {
    let pairs = fields.pairs().iter().filter(|(name, _)| !SECRETS.contains(&name.as_str()));
    let encoded = pairs.map(|(name, value)| format!("{}={}", headers::encode(name, ""), headers::encode(value, "")));
    encoded.collect::<Vec<_>>().join("&")
}

/// A form of the same person's former session is given back under a fresh token. Anyone else's is refused.
async fn stale(server: &Server, head: &Head, fields: &Fields) -> Option<Response> {
    let token = session::token_of(&head.headers, server.config())?;
    let visit = Visit::open(server, &head.headers, token, head.request.clone()).await.ok()?;
    let own = session::login_of(fields.text("csrf")).as_ref() == Some(&visit.login);
    if !own || visit.check(fields).is_ok() {
        return None;
    }
    let notice = "Cette page datait d’une connexion précédente. Vérifiez votre texte, puis enregistrez.";
    let (to, from) = (head.path.as_str(), local(Some(&head.from)));
    Some(given_back(&visit, StatusCode::FORBIDDEN, (to, from), &rest(fields), notice))
}

#[derive(Template)]
#[template(path = "given_back.html")]
struct Page<'a> {
    head: Frame,
    notice: &'static str,
    action: &'a str,
    from: Option<&'a str>,
    /// What goes with the texts: name and value.
    hidden: Vec<(String, String)>,
    /// Label, name and text.
    texts: Vec<(&'static str, String, String)>,
}

framed!(Page<'_>);

/// The page that gives a form back: its texts to be read again, and the rest as it was.
pub(crate) fn given_back(
    visit: &Visit,
    status: StatusCode,
    (action, from): (&str, Option<&str>),
    rest: &str,
    notice: &'static str,
) -> Response {
    let (mut hidden, mut texts) = (Vec::new(), Vec::new());
    for (name, value) in fhir::search::pairs(rest) {
        match text_of(&name, &value) {
            Some(label) => texts.push((label, name, value)),
            None if SECRETS.contains(&name.as_str()) => {}
            None => hidden.push((name, value)),
        }
    }
    let page = Page { head: visit.frame(Menu::None), notice, action, from, hidden, texts };
    show(status, &page, &visit.request)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::path::Path;

    /// Fields with a keyboard in the forms that are posted: tag and name.
    fn fields() -> Vec<(String, String)> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
        let mut found = Vec::new();
        for file in fs::read_dir(folder).unwrap() {
            let path = file.unwrap().path();
            let text = fs::read_to_string(&path).unwrap();
            for tag in text.split('<').filter(|tag| tag.starts_with("input") || tag.starts_with("textarea")) {
                let name = tag.split(" name=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default();
                found.push((tag.to_owned(), name.to_owned()));
            }
        }
        assert!(found.len() > 60);
        found
    }

    /// Codes, figures and identifiers: one word each.
    const WORDS: [&str; 14] = [
        "{{ name }}",
        "argent-{{ year }}",
        "avancement",
        "code",
        "evaluer",
        "fin-{{ row.actor }}",
        "identifiant",
        "ins",
        "login",
        "mois",
        "travail",
        "{{ row.code }}",
        "q",
        "effectif",
    ];

    #[test]
    fn every_field_in_which_one_writes_has_a_name_to_be_given_back_under() {
        let typed =
            |tag: &str| (!tag.contains(" type=\"") || tag.starts_with("textarea")) && !tag.contains(" readonly");
        for (tag, name) in fields().iter().filter(|(tag, _)| typed(tag)) {
            let known = TEXTS.iter().any(|(text, _)| text == name) || WORDS.contains(&name.as_str());
            assert!(known, "{tag}");
        }
    }

    #[test]
    fn no_password_outlives_its_form() {
        for (tag, name) in fields().iter().filter(|(tag, _)| tag.contains("type=\"password\"")) {
            // A name made by the page: the confirmations, and those of the page where one changes one's own.
            let made = name.starts_with("{{");
            assert!(made || SECRETS.contains(&name.as_str()), "{tag}");
        }
        let body = b"csrf=x&motif=deux+mots&confirmation=s3cret&nouveau=s3cret&niveau=2&mots=%C3%A0+c%C3%B4t%C3%A9";
        let kept = rest(&Fields::read(body));
        assert_eq!(kept, "motif=deux%20mots&niveau=2&mots=%C3%A0%20c%C3%B4t%C3%A9");
        assert_eq!(fhir::search::pairs(&kept)[2].1, "à côté");
    }
}
