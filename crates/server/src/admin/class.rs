//! What a request was for, in a few words: never its address, which may name somebody.

use axum::http::Method;
use prometheus_client::encoding::{EncodeLabelValue, LabelValueEncoder};

/// The kind of a request, by its method and the shape of its address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Class {
    Page,
    Form,
    Static,
    Token,
    WebSocket,
    Metadata,
    Read,
    History,
    Search,
    Create,
    Update,
    Patch,
    Delete,
    Transaction,
    Operation,
    Other,
}

impl Class {
    /// `known`: a route has this address.
    pub(crate) fn of(method: &Method, path: &str, known: bool) -> Self {
        if let Some(rest) = path.strip_prefix("/fhir").filter(|rest| rest.is_empty() || rest.starts_with('/')) {
            return Self::of_fhir(method, rest);
        }
        let reads = matches!(*method, Method::GET | Method::HEAD);
        match path {
            _ if !known => Self::Other,
            crate::oauth::TOKEN => Self::Token,
            crate::notices::socket::PATH => Self::WebSocket,
            _ if path.starts_with("/static/") => Self::Static,
            _ if reads => Self::Page,
            _ if *method == Method::POST => Self::Form,
            _ => Self::Other,
        }
    }

    fn of_fhir(method: &Method, path: &str) -> Self {
        let mut parts = path.split('/').filter(|part| !part.is_empty());
        let (count, reads) = (parts.clone().count(), matches!(*method, Method::GET | Method::HEAD));
        if parts.clone().any(|part| part.starts_with('$')) {
            return Self::Operation;
        }
        match parts.next_back().unwrap_or_default() {
            "metadata" | "smart-configuration" if reads => Self::Metadata,
            "_search" if *method == Method::POST => Self::Search,
            _ if reads && path.contains("/_history") => Self::History,
            _ if reads => [Self::Search, Self::Search, Self::Read].get(count).copied().unwrap_or(Self::Search),
            _ => match (method.as_str(), count) {
                ("POST", 0) => Self::Transaction,
                ("POST", 1) => Self::Create,
                ("PUT", 1 | 2) => Self::Update,
                ("PATCH", 1 | 2) => Self::Patch,
                ("DELETE", 1 | 2) => Self::Delete,
                _ => Self::Other,
            },
        }
    }

    /// Its word.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Form => "form",
            Self::Static => "static",
            Self::Token => "token",
            Self::WebSocket => "websocket",
            Self::Metadata => "fhir_metadata",
            Self::Read => "fhir_read",
            Self::History => "fhir_history",
            Self::Search => "fhir_search",
            Self::Create => "fhir_create",
            Self::Update => "fhir_update",
            Self::Patch => "fhir_patch",
            Self::Delete => "fhir_delete",
            Self::Transaction => "fhir_transaction",
            Self::Operation => "fhir_operation",
            Self::Other => "other",
        }
    }
}

impl EncodeLabelValue for Class {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> Result<(), std::fmt::Error> {
        self.name().encode(encoder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_classed_by_its_shape() {
        let all = [
            ("GET", "/personnes/12", Class::Page),
            ("POST", "/connexion", Class::Form),
            ("GET", "/static/socle.css", Class::Static),
            ("POST", "/oauth/token", Class::Token),
            ("GET", "/websocket", Class::WebSocket),
            ("GET", "/fhir/metadata", Class::Metadata),
            ("HEAD", "/fhir/Patient/a", Class::Read),
            ("GET", "/fhir/Patient/a/_history", Class::History),
            ("GET", "/fhir/Patient/a/_history/2", Class::History),
            ("GET", "/fhir/_history", Class::History),
            ("GET", "/fhir", Class::Search),
            ("GET", "/fhir/Patient", Class::Search),
            ("GET", "/fhir/Patient/a/Observation", Class::Search),
            ("POST", "/fhir/Patient/_search", Class::Search),
            ("POST", "/fhir/", Class::Transaction),
            ("POST", "/fhir/Patient", Class::Create),
            ("PUT", "/fhir/Patient/a", Class::Update),
            ("PUT", "/fhir/Patient", Class::Update),
            ("PATCH", "/fhir/Patient/a", Class::Patch),
            ("DELETE", "/fhir/Patient/a", Class::Delete),
            ("POST", "/fhir/Patient/a/$everything", Class::Operation),
            ("GET", "/fhir/$export/job/1", Class::Operation),
            ("BREW", "/fhir/Patient/a", Class::Other),
            ("BREW", "/connexion", Class::Other),
            ("POST", "/fhir/a/b/c/d", Class::Other),
        ];
        for (method, path, class) in all {
            assert_eq!(Class::of(&method.parse().unwrap(), path, true), class, "{method} {path}");
        }
        assert_eq!(Class::of(&Method::GET, "/odette-martin", false), Class::Other);
        assert_eq!(Class::of(&Method::GET, "/fhirx", false), Class::Other);
    }
}
