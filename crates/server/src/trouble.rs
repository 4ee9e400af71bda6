//! What went wrong, before it is known whether a page or a resource will say so.

use axum::http::StatusCode;
use axum::http::header::{HeaderName, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::response::{IntoResponse, Response};
use fhir::Issue;

/// A request that failed. It travels as an extension of an empty answer; the outermost layer of the pages or of the
/// API, which knows the request's number, writes it out.
#[derive(Debug, Clone)]
pub(crate) struct Trouble {
    pub(crate) status: StatusCode,
    pub(crate) issues: Vec<Issue>,
    pub(crate) headers: Vec<(HeaderName, String)>,
    /// What is stored does not open.
    pub(crate) damaged: bool,
}

/// What was being done, as far as the status depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Doing {
    /// Reading or searching.
    Read,
    /// Writing, on condition of a version or not.
    Write {
        /// `If-Match` was given.
        if_match: bool,
    },
}

impl Trouble {
    pub(crate) fn new(status: StatusCode, code: &'static str, fr: &str, en: &str) -> Self {
        Self { status, issues: vec![Issue::error(code, None, fr, en)], headers: Vec::new(), damaged: false }
    }

    pub(crate) fn invalid(status: StatusCode, invalid: fhir::Invalid) -> Self {
        Self { status, issues: invalid.issues, headers: Vec::new(), damaged: false }
    }

    pub(crate) fn with(mut self, name: HeaderName, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(crate) fn bad(fr: &str, en: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "value", fr, en)
    }

    pub(crate) fn absent() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", "Rien ici, ou rien que vous puissiez voir.", "Not found.")
    }

    pub(crate) fn method(allow: &str) -> Self {
        let (fr, en) = ("Cette méthode n’est pas permise ici.", "Method not allowed here.");
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "not-supported", fr, en).with(axum::http::header::ALLOW, allow)
    }

    pub(crate) fn too_long() -> Self {
        let (fr, en) = ("L’envoi est trop volumineux.", "The body is too large.");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too-long", fr, en)
    }

    /// A defect: nothing is said but the request's number.
    pub(crate) fn bug() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "exception", "Erreur interne.", "Internal error.")
    }

    /// What is there and does not open.
    pub(crate) fn damaged() -> Self {
        let (fr, en) = (
            "Ces données sont abîmées et ne peuvent pas être lues : prévenez votre référent informatique.",
            "This data is damaged and cannot be read: tell whoever keeps this server.",
        );
        Self { damaged: true, ..Self::new(StatusCode::INTERNAL_SERVER_ERROR, "exception", fr, en) }
    }

    /// With the number of its request, for whoever looks for what went wrong.
    pub(crate) fn numbered(mut self, request: &str) -> Self {
        if self.status == StatusCode::INTERNAL_SERVER_ERROR {
            for issue in &mut self.issues {
                let (fr, en) = (issue.text_fr.trim_end_matches('.'), issue.text_en.trim_end_matches('.'));
                issue.text_fr = format!("{fr}. Numéro de la demande : {request}");
                issue.text_en = format!("{en}, request {request}");
            }
        }
        self
    }

    pub(crate) fn unauthorized(fr: &str, en: &str, challenge: &str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "login", fr, en).with(WWW_AUTHENTICATE, challenge)
    }

    /// From what a use case says. Logged here, once.
    pub(crate) fn from_app(error: app::Error, doing: Doing, request: &str) -> Self {
        match error {
            app::Error::Store(error) => Self::from_store(error, doing, request),
            app::Error::Credentials => {
                Self::unauthorized("Identifiant ou secret incorrect.", "Wrong login or secret.", "Bearer")
            }
            app::Error::SignedOut => Self::unauthorized(
                "Jeton absent, inconnu ou expiré.",
                "Missing, unknown or expired token.",
                "Bearer error=\"invalid_token\"",
            ),
            app::Error::TooManyAttempts(seconds) => Self::new(
                StatusCode::TOO_MANY_REQUESTS,
                "throttled",
                "Trop d’essais : patientez avant de recommencer.",
                "Too many attempts: retry later.",
            )
            .with(RETRY_AFTER, seconds.to_string()),
            app::Error::Entry { index, error } => {
                let mut trouble = Self::from_app(*error, doing, request);
                for issue in &mut trouble.issues {
                    issue.expression.get_or_insert_with(|| format!("Bundle.entry[{index}]"));
                }
                trouble
            }
            app::Error::File { .. } | app::Error::Bug(_) => defect(request, &error),
        }
    }

    fn from_store(error: app::StoreError, doing: Doing, request: &str) -> Self {
        use app::StoreError as E;
        match error {
            E::Invalid(invalid) => {
                let malformed =
                    invalid.issues.iter().any(|issue| issue.code == "structure" || issue.code == "duplicate");
                let rules = matches!(doing, Doing::Write { .. }) && !malformed;
                let status = if rules { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::BAD_REQUEST };
                Self::invalid(status, invalid)
            }
            E::Refused(refusal) => {
                tracing::info!(request, code = refusal.code(), "refused");
                Self::new(StatusCode::FORBIDDEN, "forbidden", refusal.french(), &refusal.to_string())
            }
            E::Absent => Self::absent(),
            E::Gone(_) => Self::new(StatusCode::GONE, "deleted", "Cette ressource a été supprimée.", "Deleted."),
            E::Conflict(conflict) => Self::from_conflict(conflict, doing),
            E::Unavailable(_) | E::Locked => {
                tracing::warn!(request, %error, "unavailable");
                let (fr, en) = ("Le service est momentanément indisponible.", "Temporarily unavailable.");
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "transient", fr, en).with(RETRY_AFTER, "5")
            }
            E::Integrity(_) => {
                tracing::error!(request, %error, "damaged");
                Self::damaged()
            }
            E::OfChange { error, .. } => Self::from_store(*error, doing, request),
            E::Key(_) | E::Shares(_) | E::Bug(_) => defect(request, &error),
        }
    }

    fn from_conflict(conflict: app::Conflict, doing: Doing) -> Self {
        use app::Conflict as C;
        let (status, code, fr, en) = match conflict {
            C::Version if doing == (Doing::Write { if_match: true }) => (
                StatusCode::PRECONDITION_FAILED,
                "conflict",
                "La version a changé entre-temps : relisez avant d’écrire.",
                "The version has changed: read again.",
            ),
            C::Version | C::Overtaken => (
                StatusCode::CONFLICT,
                "conflict",
                "Quelqu’un a enregistré entre-temps : relisez avant d’écrire.",
                "Somebody wrote in between: read again.",
            ),
            C::SeveralMatches => (
                StatusCode::PRECONDITION_FAILED,
                "multiple-matches",
                "Plusieurs ressources répondent à ces critères.",
                "The criteria match several resources.",
            ),
            C::HiddenReference => (
                StatusCode::PRECONDITION_FAILED,
                "conflict",
                "Cette ressource renvoie à un élément que vous ne pouvez pas lire : elle ne peut être remplacée.",
                "The current version holds a reference this client cannot read.",
            ),
            C::PersonChanged => (
                StatusCode::UNPROCESSABLE_ENTITY,
                "business-rule",
                "Une ressource ne change pas de personne : créez-en une autre.",
                "A resource may not move to another person.",
            ),
            C::IdChosen => (
                StatusCode::METHOD_NOT_ALLOWED,
                "not-supported",
                "Rien ici que vous puissiez remplacer, et ce programme ne choisit pas les identifiants : utilisez POST.",
                "Nothing here to replace, and this client may not choose ids: use POST.",
            ),
            C::IdTaken => (StatusCode::CONFLICT, "duplicate", "Cet identifiant est déjà pris.", "Id already taken."),
        };
        let trouble = Self::new(status, code, fr, en);
        let elsewhere = (conflict == C::IdChosen).then_some("GET, HEAD, PATCH, DELETE");
        elsewhere.into_iter().fold(trouble, |trouble, allow| trouble.with(axum::http::header::ALLOW, allow))
    }
}

fn defect(request: &str, error: &dyn std::error::Error) -> Trouble {
    tracing::error!(request, %error, "defect");
    Trouble::bug()
}

impl IntoResponse for Trouble {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// What stands in for an answer that panicked.
pub(crate) fn panicked(panic: Box<dyn std::any::Any + Send + 'static>) -> Response<axum::body::Body> {
    // The panic's own text may hold content: the hook has written where it happened.
    drop(panic);
    Trouble::bug().into_response()
}
