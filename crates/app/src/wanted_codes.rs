//! Searches by the lists that are stored here (FHIR R4, search §3.1.1.4.5): `:in` and `:not-in` of a value set, `:below` and
//! `:above` of a code in its hierarchy. Each becomes the codes it stands for before the search is read.

use crate::cx::Cx;
use crate::error::Result;
use crate::terminology::{self, Which, escaped, unknown};
use fhir::search::{ParamKind, Scope};
use fhir::{Invalid, Issue};

/// Names and values of a query.
type Pairs = Vec<(String, String)>;

impl Cx {
    /// The same search with the codes of each list in its place; what is not about lists is as it was.
    ///
    /// # Errors
    /// `Invalid` with the parameter's name, for a list or a system that is not loaded here, or that is too large.
    pub async fn with_codes(&self, scope: &Scope, pairs: &[(String, String)]) -> Result<Pairs> {
        let (Scope::Type(kind) | Scope::Compartment { kind: Some(kind), .. }) = scope else {
            return Ok(pairs.to_vec());
        };
        let mut known = Vec::with_capacity(pairs.len());
        for (name, value) in pairs {
            let token = |code: &str| fhir::search::param(*kind, code).is_some_and(|one| one.kind == ParamKind::Token);
            let modified = name.split_once(':').filter(|(code, _)| token(code));
            let found = match modified {
                Some((_, "in" | "not-in")) => within(self, value).await,
                Some((_, "below")) => near(self, value, true).await,
                Some((_, "above")) => near(self, value, false).await,
                _ => {
                    known.push((name.clone(), value.clone()));
                    continue;
                }
            };
            let (code, modifier) = modified.unwrap_or_default();
            let codes = found.map_err(|error| at(error, name))?;
            match (codes.is_empty(), modifier == "not-in") {
                (true, true) => {}
                // Nothing is in an empty list: an id that none has.
                (true, false) => known.push(("_id".to_owned(), "!".to_owned())),
                (false, true) => known.push((format!("{code}:not"), codes.join(","))),
                (false, false) => known.push((code.to_owned(), codes.join(","))),
            }
        }
        Ok(known)
    }
}

fn at(error: crate::Error, name: &str) -> crate::Error {
    match error {
        crate::Error::Store(store::Error::Invalid(invalid)) => {
            let here = |issue| Issue { expression: Some(name.to_owned()), ..issue };
            Invalid { issues: invalid.issues.into_iter().map(here).collect() }.into()
        }
        other => other,
    }
}

fn token(system: &str, code: &str) -> String {
    format!("{}|{}", escaped(system), escaped(code))
}

/// The codes of a value set: by its address, or `ValueSet/id`.
async fn within(cx: &Cx, value: &str) -> Result<Vec<String>> {
    let which = match fhir::refs::local(value) {
        Some((kind, id)) if kind.name() == "ValueSet" => Which::Id(id),
        _ => Which::Url(value.to_owned()),
    };
    let (_, expansion) = terminology::expand(cx, which).await?;
    Ok(expansion.whole()?.iter().map(|item| token(&item.system, &item.code)).collect())
}

/// A code, and those it subsumes or is subsumed by.
async fn near(cx: &Cx, value: &str, below: bool) -> Result<Vec<String>> {
    let (url, code) = value.split_once('|').ok_or_else(|| unknown(value))?;
    let system = terminology::system(cx, Which::Url(url.to_owned())).await?.ok_or_else(|| unknown(url))?;
    let is = |other: &str| other == code || if below { system.is_a(other, code) } else { system.is_a(code, other) };
    let mut codes: Vec<String> =
        system.concepts().filter(|one| is(&one.code)).map(|one| token(url, &one.code)).collect();
    if codes.is_empty() {
        codes.push(token(url, code));
    }
    Ok(codes)
}
