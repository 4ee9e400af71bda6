//! Somebody's word on a measure that no rule proves: the form, and what was said before.

use crate::trouble::Trouble;
use crate::web::dates;
use crate::web::done;
use crate::web::fields::Fields;
use crate::web::session::Visit;
use app::assets;
use app::measures::{self, Vouched};
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use domain::governance::measures::{DeclaredField, DeclaredSheet, Measure, Status, find, longest, may_be_declared};

/// What the page of a measure shows of declarations.
pub(super) struct Words {
    pub(super) sheet: DeclaredSheet,
    pub(super) version: i64,
    pub(super) most: i16,
    pub(super) mistakes: Vec<(&'static str, String)>,
    /// Why nothing was kept, where no field is wrong.
    pub(super) notice: Option<&'static str>,
    pub(super) said: Vec<Said>,
}

/// A declaration, in words.
pub(super) struct Said {
    pub(super) at: String,
    pub(super) by: String,
    pub(super) words: String,
    pub(super) over: bool,
}

impl Words {
    /// What is wrong, for the head of the page.
    pub(super) fn wrongs(&self) -> impl Iterator<Item = (&str, &str)> {
        let fields = self.mistakes.iter().map(|(field, said)| (*field, said.as_str()));
        self.notice.into_iter().map(|said| ("", said)).chain(fields)
    }

    pub(super) fn wrong(&self, field: &str) -> Option<&str> {
        self.mistakes.iter().find(|(name, _)| *name == field).map(|(_, text)| text.as_str())
    }
}

/// Whether a word says something of a measure: no rule proves it, or rules leave something open.
pub(super) fn is_open(status: &Status) -> bool {
    let by_machine = status.evidence.iter().any(|one| one.connector.is_machine());
    may_be_declared(status.measure) || !by_machine || !status.remaining.is_empty()
}

/// The form as it is at first, with what was said before.
pub(super) async fn words(visit: &Visit, measure: &Measure) -> Result<Words, Trouble> {
    let vouched = measures::vouched(&visit.cx, measure.id).await.map_err(|error| visit.trouble(error))?;
    let names = visit.cx.app().names().await.map_err(|error| visit.trouble(error))?;
    let (today, now) = (assets::today(&visit.cx), visit.cx.now());
    let said = |one: &Vouched| Said {
        at: dates::when(one.at, now),
        by: names.get(&one.by).cloned().unwrap_or_else(|| "un compte fermé".to_owned()),
        words: told(one),
        over: one.declared.until() <= today,
    };
    let sheet = DeclaredSheet {
        who: visit.cx.signer().display.clone(),
        on: today.to_string(),
        months: longest(measure).to_string(),
        ..DeclaredSheet::default()
    };
    let version = vouched.first().map_or(0, |one| one.version);
    let said = vouched.iter().take(20).map(said).collect();
    Ok(Words { sheet, version, most: longest(measure), mistakes: Vec::new(), notice: None, said })
}

fn told(one: &Vouched) -> String {
    let declared = &one.declared;
    let holds = if declared.holds { "en place" } else { "pas en place" };
    let day = |day: jiff::civil::Date| dates::short(&day.to_string());
    let proof = if declared.proof.is_empty() { String::new() } else { format!(", {}", declared.proof) };
    let (on, until) = (day(declared.on), day(declared.until()));
    format!("{} répond de ceci\u{a0}: {holds} au {on}{proof}. Valable jusqu’au {until}.", declared.who)
}

fn name(field: DeclaredField) -> &'static str {
    match field {
        DeclaredField::Holds => "vrai",
        DeclaredField::On => "date",
        DeclaredField::Who => "qui",
        DeclaredField::Proof => "preuve",
        DeclaredField::Months => "mois",
    }
}

/// Keeps a declaration.
pub(crate) async fn submit(visit: Visit, Path(id): Path<String>, fields: Fields) -> Result<Response, Trouble> {
    visit.check(&fields)?;
    let measure = find(&id).ok_or_else(Trouble::absent)?;
    let board = measures::board(&visit.cx).await.map_err(|error| visit.trouble(error))?;
    let status = board.statuses.iter().find(|status| status.measure == id).ok_or_else(Trouble::absent)?;
    let known: i64 = fields.text("version").parse().map_err(|_| Trouble::absent())?;
    if !is_open(status) {
        return Err(Trouble::absent());
    }
    let text = |name: &str| fields.text(name).to_owned();
    let sheet = DeclaredSheet {
        holds: text("vrai"),
        on: text("date"),
        who: text("qui"),
        proof: text("preuve"),
        months: text("mois"),
    };
    let declared = match sheet.parse(measure, assets::today(&visit.cx)) {
        Ok(declared) => declared,
        Err(wrong) => {
            let mistakes = wrong.into_iter().map(|(field, french)| (name(field), french)).collect();
            let words = Words { sheet, version: known, mistakes, ..words(&visit, measure).await? };
            return super::list::shown_measure(&visit, StatusCode::UNPROCESSABLE_ENTITY, &board, &id, Some(words))
                .await;
        }
    };
    match measures::vouch(&visit.cx, known, &declared).await {
        Ok(()) => Ok(done::to(&format!("/maitrise/mesures/{}", measure.id), "declaree")),
        Err(app::Error::Store(app::StoreError::Conflict(_))) => {
            let notice = Some(
                "Quelqu’un a déclaré cette mesure entre-temps\u{a0}: lisez ce qui est dit plus bas, puis enregistrez de nouveau si besoin.",
            );
            let words = Words { sheet, notice, ..words(&visit, measure).await? };
            super::list::shown_measure(&visit, StatusCode::CONFLICT, &board, &id, Some(words)).await
        }
        Err(error) => Err(visit.write_trouble(error)),
    }
}
