//! What is counted of requests.

use super::Class;
use prometheus_client::encoding::{EncodeLabelSet, LabelSetEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Seconds.
const BOUNDS: [f64; 13] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// Counts requests, as the figures show them. Cheap to clone.
#[derive(Clone)]
pub struct Meters(Arc<Inner>);

struct Inner {
    registry: Registry,
    requests: Family<Answered, Counter>,
    seconds: Family<Of, Histogram, fn() -> Histogram>,
    running: Gauge,
}

/// Labels of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Answered {
    class: Class,
    status: u16,
}

/// Label of a kind of requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Of(Class);

impl EncodeLabelSet for Answered {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> Result<(), fmt::Error> {
        [("class", self.class.name())].encode(encoder)?;
        [("status", self.status)].encode(encoder)
    }
}

impl EncodeLabelSet for Of {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> Result<(), fmt::Error> {
        [("class", self.0.name())].encode(encoder)
    }
}

impl fmt::Debug for Meters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Meters")
    }
}

impl Default for Meters {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("socle");
        let (requests, running) = (Family::<Answered, Counter>::default(), Gauge::default());
        let seconds: Family<Of, Histogram, fn() -> Histogram> = Family::new_with_constructor(|| Histogram::new(BOUNDS));
        registry.register("requests", "Requests answered, by kind and status", requests.clone());
        registry.register("request_seconds", "Time until the headers of the answer, by kind", seconds.clone());
        registry.register("requests_running", "Requests not answered yet", running.clone());
        Self(Arc::new(Inner { registry, requests, seconds, running }))
    }
}

impl Meters {
    pub(super) fn registry(&self) -> &Registry {
        &self.0.registry
    }

    /// A request has come.
    pub(crate) fn begin(&self, class: Class) -> Begun {
        self.0.running.inc();
        Begun { meters: self.clone(), class }
    }
}

/// A request that runs, until it is answered or whoever asked is gone.
pub(crate) struct Begun {
    meters: Meters,
    class: Class,
}

impl Begun {
    /// It has been answered.
    pub(crate) fn end(self, status: u16, took: Duration) {
        let (inner, class) = (&self.meters.0, self.class);
        inner.requests.get_or_create(&Answered { class, status }).inc();
        inner.seconds.get_or_create(&Of(class)).observe(took.as_secs_f64());
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        self.meters.0.running.dec();
    }
}
