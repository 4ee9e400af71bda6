//! Searches by the lists that are stored here (FHIR R4, search §3.1.1.4.5): `:in` and `:not-in` of a value set, `:below` and
//! `:above` of a code in its hierarchy. Each becomes the codes it stands for before the search is read, also behind chains
//! and `_has`, in the criteria of conditions and in the entries of Bundles.

use crate::cx::Cx;
use crate::error::Result;
use crate::terminology::{self, Which, escaped, unknown};
use fhir::bundle::Entry;
use fhir::search::{Own, Param, ParamKind, Query, Scope};
use fhir::{Invalid, Issue, ResourceType};
use std::borrow::Cow;

/// Names and values of a query.
type Pairs = Vec<(String, String)>;

/// A code that nothing has: what an empty list holds.
const NONE: &str = "urn:socle:none|none";

/// How a list is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    In,
    NotIn,
    Below,
    Above,
}

impl By {
    fn parse(modifier: &str) -> Option<Self> {
        match modifier {
            "in" => Some(Self::In),
            "not-in" => Some(Self::NotIn),
            "below" => Some(Self::Below),
            "above" => Some(Self::Above),
            _ => None,
        }
    }
}

impl Cx {
    /// The same search with the codes of each list in its place; what is not about lists is as it was.
    ///
    /// # Errors
    /// `Invalid` with the parameter's name, for a list or a system that is not loaded here, or that is too large.
    pub async fn with_codes(&self, scope: &Scope, pairs: &[(String, String)]) -> Result<Pairs> {
        let (Scope::Type(kind) | Scope::Compartment { kind: Some(kind), .. }) = scope else {
            return Ok(pairs.to_vec());
        };
        let own = self.app().own_params();
        let mut known = Vec::with_capacity(pairs.len());
        for (name, value) in pairs {
            let Some((stem, by)) = listed(&own, *kind, name) else {
                known.push((name.clone(), value.clone()));
                continue;
            };
            let found = match by {
                By::In | By::NotIn => within(self, value).await,
                By::Below => near(self, value, true).await,
                By::Above => near(self, value, false).await,
            };
            let mut codes = found.map_err(|error| at(error, name))?;
            if codes.is_empty() {
                codes.push(NONE.to_owned());
            }
            let modifier = if by == By::NotIn { ":not" } else { "" };
            known.push((format!("{stem}{modifier}"), codes.join(",")));
        }
        Ok(known)
    }

    /// Reads the criteria of a condition, by lists too.
    ///
    /// # Errors
    /// As [`Cx::criteria`] and [`Cx::with_codes`].
    pub async fn condition(&self, kind: ResourceType, text: &str) -> Result<Query> {
        Ok(self.criteria(kind, &self.spelled_out(&Scope::Type(kind), text).await?)?)
    }

    /// The text of a query in which the codes of each list stand in its place.
    async fn spelled_out<'a>(&self, scope: &Scope, text: &'a str) -> Result<Cow<'a, str>> {
        if !mentions(text) {
            return Ok(Cow::Borrowed(text));
        }
        let criteria = text.split_once('?').map_or(text, |(_, criteria)| criteria);
        let pairs = self.with_codes(scope, &fhir::search::asked(criteria)?).await?;
        let text: Vec<String> =
            pairs.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
        Ok(Cow::Owned(text.join("&")))
    }

    /// An entry of a Bundle whose address and condition name codes, not lists.
    ///
    /// # Errors
    /// `Invalid` with the path of the entry's request.
    pub(crate) async fn entry_with_codes<'a>(&self, entry: &'a Entry) -> Result<Cow<'a, Entry>> {
        readable(entry)?;
        let about = |text: &Option<String>| text.as_deref().is_some_and(mentions);
        if !about(&entry.url) && !about(&entry.if_none_exist) {
            return Ok(Cow::Borrowed(entry));
        }
        let here = |error| under(error, &format!("Bundle.entry[{}].request", entry.index));
        let mut entry = entry.clone();
        if let Some((path, criteria)) = entry.url.as_deref().and_then(|url| url.split_once('?')) {
            let mut parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
            if parts.last() == Some(&"_search") {
                parts.pop();
            }
            if let Some(scope) = Scope::parse(&parts) {
                let criteria = self.spelled_out(&scope, criteria).await.map_err(here)?;
                entry.url = Some(format!("{path}?{criteria}"));
            }
        }
        if let (Some(resource), Some(text)) = (&entry.resource, &entry.if_none_exist) {
            let text = self.spelled_out(&Scope::Type(resource.kind()), text).await.map_err(here)?;
            entry.if_none_exist = Some(text.into_owned());
        }
        Ok(Cow::Owned(entry))
    }
}

/// Refuses an entry whose address or condition means something else than it says.
fn readable(entry: &Entry) -> Result<()> {
    let query = entry.url.as_deref().and_then(|url| url.split_once('?')).map(|(_, query)| query);
    for (part, text) in [("url", query), ("ifNoneExist", entry.if_none_exist.as_deref())] {
        let path = format!("Bundle.entry[{}].request.{part}", entry.index);
        let found = fhir::search::asked(text.unwrap_or_default());
        found.map_err(|invalid| fhir::bundle::within(&path, invalid))?;
    }
    Ok(())
}

/// Whether a query may be about lists.
fn mentions(text: &str) -> bool {
    let text = text.replace("%3A", ":").replace("%3a", ":");
    [":in=", ":not-in=", ":below=", ":above="].iter().any(|modifier| text.contains(modifier))
}

fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/|,\\".contains(&byte);
    let one = |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    text.bytes().map(one).collect()
}

/// The name without its modifier, when it asks for the codes of a list: every parameter it leads to is a token.
fn listed<'a>(own: &Own, kind: ResourceType, name: &'a str) -> Option<(&'a str, By)> {
    let (stem, modifier) = name.rsplit_once(':')?;
    let by = By::parse(modifier)?;
    let (mut kinds, mut rest) = (vec![kind], stem);
    loop {
        if let Some(after) = rest.strip_prefix("_has:") {
            let (source, after) = after.split_once(':')?;
            kinds = vec![ResourceType::parse(source)?];
            rest = after.split_once(':')?.1;
        } else if let Some((link, after)) = rest.split_once('.') {
            let (code, target) = link.split_once(':').map_or((link, None), |(code, target)| (code, Some(target)));
            kinds = match target {
                Some(target) => vec![ResourceType::parse(target)?],
                None => params(own, &kinds, code).flat_map(Param::target_types).collect(),
            };
            rest = after;
        } else {
            break;
        }
    }
    let mut found = params(own, &kinds, rest).peekable();
    (found.peek().is_some() && found.all(|param| param.kind == ParamKind::Token)).then_some((stem, by))
}

/// What a name means for each of these types.
fn params<'a>(own: &'a Own, kinds: &'a [ResourceType], code: &'a str) -> impl Iterator<Item = &'static Param> + 'a {
    kinds.iter().filter_map(move |kind| {
        fhir::search::param(*kind, code).or_else(|| own.answered(*kind).find(|param| param.code == code))
    })
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

fn under(error: crate::Error, path: &str) -> crate::Error {
    match error {
        crate::Error::Store(store::Error::Invalid(invalid)) => fhir::bundle::within(path, invalid).into(),
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
