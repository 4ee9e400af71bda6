//! What every request of this server shares.

use crate::fhir_api::Running;
use crate::web::Sendings;
use fhir::capability::Reach;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// What a server is made of.
#[derive(Clone)]
pub struct Config {
    /// The use cases.
    pub app: app::App,
    /// Version of the program.
    pub version: &'static str,
    /// Address seen from outside, without a trailing slash.
    pub base: String,
    /// Cookies travel on HTTPS only.
    pub secure_cookies: bool,
    /// Where notifications go.
    pub notices: crate::Notices,
    /// What is counted of requests.
    pub meters: crate::Meters,
    /// Accounts shown on the sign-in page of a demonstration.
    pub demo: Option<Demo>,
}

/// A demonstration: its invented accounts are shown to everyone.
#[derive(Debug, Clone)]
pub struct Demo {
    /// The accounts, in the order of the page.
    pub accounts: Vec<DemoAccount>,
    /// Their common password.
    pub password: String,
    /// When the last thing of the demo was written (UTC microseconds).
    pub until: Arc<AtomicI64>,
}

impl Demo {
    /// How many days are missing at `now`; none when the demo is of today.
    pub(crate) fn missing(&self, now: i64) -> Option<i64> {
        app::demo::missing_days(self.until.load(Ordering::Relaxed), now)
    }
}

/// One account of a demonstration.
#[derive(Debug, Clone)]
pub struct DemoAccount {
    /// Login.
    pub login: String,
    /// Name and function.
    pub display: String,
    /// Persona code of the matrix.
    pub role: String,
    /// Where.
    pub place_name: String,
    /// One line on what this account sees.
    pub sees: String,
}

/// Shared state. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Server(Arc<Inner>);

struct Inner {
    config: Config,
    fhir: String,
    metadata: fhir::json::Value,
    running: Running,
    sendings: Sendings,
    terminology: Vec<u8>,
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Config({})", self.base)
    }
}

impl Server {
    pub(crate) fn new(mut config: Config) -> Self {
        config.base.truncate(config.base.trim_end_matches('/').len());
        let fhir = format!("{}/fhir", config.base);
        config.app.serve_at(&fhir);
        let date = fhir::date::instant(config.app.now());
        let token = format!("{}{}", config.base, crate::oauth::TOKEN);
        let metadata = fhir::capability::statement(config.version, &date, &fhir, &token);
        let terminology = fhir::json::to_vec(&fhir::capability::terminology(config.version, &date, &fhir));
        Self(Arc::new(Inner {
            config,
            fhir,
            metadata,
            running: Running::default(),
            sendings: Sendings::default(),
            terminology,
        }))
    }

    pub(crate) fn app(&self) -> &app::App {
        &self.0.config.app
    }

    pub(crate) fn config(&self) -> &Config {
        &self.0.config
    }

    /// Base address of the FHIR API, without a trailing slash.
    pub(crate) fn fhir_base(&self) -> &str {
        &self.0.fhir
    }

    /// Forms that were sent a short while ago.
    pub(crate) fn sendings(&self) -> &Sendings {
        &self.0.sendings
    }

    /// Imports that this server does.
    pub(crate) fn running(&self) -> &Running {
        &self.0.running
    }

    /// The CapabilityStatement, with the search parameters added here; of what this client may do, when it is known.
    pub(crate) fn metadata(&self, client: Option<&app::Cx>) -> fhir::json::Value {
        let mut statement = self.0.metadata.clone();
        fhir::capability::add_own(&mut statement, &self.app().own_params());
        if let Some(clearance) = client.map(app::Cx::clearance) {
            let reach = Reach {
                writes: clearance.may_write().is_ok(),
                chooses: clearance.may_choose_ids(),
                imports: clearance.may_import().is_ok(),
            };
            fhir::capability::narrow(&mut statement, reach);
        }
        statement
    }

    /// The TerminologyCapabilities.
    pub(crate) fn terminology(&self) -> &[u8] {
        &self.0.terminology
    }
}
