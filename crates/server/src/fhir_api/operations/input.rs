//! What is given to an operation: in the address, a form, or `Parameters`.

use crate::fhir_api::{Ask, body};
use crate::trouble::Trouble;
use axum::body::Body;
use axum::http::StatusCode;
use fhir::json::Value;
use fhir::{Invalid, Resource, ResourceType};

/// Parameters of an operation.
#[derive(Debug, Default)]
pub(crate) struct Input {
    /// Simple values, as texts.
    pairs: Vec<(String, String)>,
    /// The body, when it is a resource.
    pub(crate) resource: Option<Resource>,
}

impl Input {
    /// Reads the address and the body.
    pub(crate) async fn read(ask: &Ask, body: Body) -> Result<Self, Trouble> {
        let mut pairs = ask.pairs();
        if crate::headers::media_type(&ask.headers).as_deref() == Some("application/x-www-form-urlencoded") {
            pairs.extend(body::form(&ask.headers, body).await?);
            return Ok(Self { pairs, resource: None });
        }
        let resource = body::maybe_resource(&ask.headers, body).await?;
        if let Some(resource) = resource.as_ref().filter(|resource| resource.kind().name() == "Parameters") {
            pairs.extend(simple(resource.object().get("parameter")));
        }
        Ok(Self { pairs, resource })
    }

    /// What the address and `Parameters` say.
    pub(crate) fn given(mut pairs: Vec<(String, String)>, parameters: Option<&Value>) -> Self {
        pairs.extend(simple(parameters.and_then(|parameters| parameters.get("parameter"))));
        Self { pairs, resource: None }
    }

    /// A parameter of the body, as it came.
    pub(crate) fn part(&self, name: &str) -> Option<&Value> {
        let all = self.resource.as_ref()?.get(&["parameter"])?.as_array()?;
        all.iter().find(|one| one.get("name").and_then(Value::as_str) == Some(name))
    }

    /// Every value of a parameter, whole.
    pub(crate) fn every(&self, name: &str) -> Vec<String> {
        let given = self.pairs.iter().filter(|(given, value)| given == name && !value.is_empty());
        given.map(|(_, value)| value.clone()).collect()
    }

    /// The first value of a parameter.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(given, value)| given == name && !value.is_empty()).map(|(_, value)| value.as_str())
    }

    /// The names given, of values that are not simple too.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        let sent = self.resource.as_ref().filter(|resource| resource.kind() == ResourceType::PARAMETERS);
        let parts = sent.and_then(|sent| sent.get(&["parameter"])?.as_array()).into_iter().flatten();
        let parts = parts.filter_map(|part| part.get("name")?.as_str());
        self.pairs.iter().map(|(name, _)| name.as_str()).chain(parts)
    }

    /// Every value of a parameter, as given.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.pairs.iter().filter(move |(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    /// Every value of a parameter that is a list, repeated or with commas.
    pub(crate) fn list<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let given = self.pairs.iter().filter(move |(given, _)| given == name);
        given.flat_map(|(_, value)| value.split(',')).map(str::trim).filter(|value| !value.is_empty())
    }

    /// The types of `_type`.
    pub(crate) fn types(&self) -> Result<Vec<ResourceType>, Trouble> {
        let known = |name| ResourceType::parse(name).ok_or_else(|| wrong("_type", "un type de FHIR R4", "an R4 type"));
        self.list("_type").map(known).collect()
    }

    /// The interval of time that a date or instant means.
    pub(crate) fn time(&self, name: &str) -> Result<Option<(i64, i64)>, Trouble> {
        // A plus that was not encoded has become a space.
        let read = |text: &str| fhir::date::asked(text);
        let known = |text| read(text).ok_or_else(|| wrong(name, "une date", "a date"));
        self.text(name).map(known).transpose()
    }

    /// A whole number.
    pub(crate) fn number(&self, name: &str) -> Result<Option<u32>, Trouble> {
        let known = |text: &str| text.parse().map_err(|_| wrong(name, "un nombre entier", "a whole number"));
        self.text(name).map(known).transpose()
    }
}

/// A parameter that cannot be read.
pub(crate) fn wrong(name: &str, fr: &str, en: &str) -> Trouble {
    let (fr, en) = (format!("« {name} » doit être {fr}."), format!("'{name}' must be {en}."));
    Trouble::invalid(StatusCode::BAD_REQUEST, Invalid::one("value", Some(name.to_owned()), fr, en))
}

fn simple(parameter: Option<&Value>) -> Vec<(String, String)> {
    let all = parameter.and_then(Value::as_array).into_iter().flatten();
    let read = |one: &Value| {
        let name = one.get("name")?.as_str()?.to_owned();
        let (_, value) = one.as_object()?.iter().find(|(key, _)| key.starts_with("value"))?;
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Bool(_) | Value::Number(_) => value.to_string(),
            _ => return None,
        };
        Some((name, text))
    };
    all.filter_map(read).collect()
}
