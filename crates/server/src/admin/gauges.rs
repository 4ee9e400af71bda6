//! What the store says of itself, written for Prometheus at each scrape.

use app::{Outage, Part, Spread, Unwritable, Vitals};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use std::fmt::{self, Debug};

const MICROS: f64 = 1_000_000.0;

/// Read just before.
#[derive(Debug)]
pub(super) struct Gauges {
    pub(super) version: &'static str,
    pub(super) engine: &'static str,
    pub(super) parts: Vec<Part>,
    /// None when the store did not answer in time.
    pub(super) vitals: Option<Vitals>,
    pub(super) outage: Option<Outage>,
    pub(super) unwritable: Unwritable,
    pub(super) damaged: usize,
    /// The moment that is shown, while a replica stands in for the database.
    pub(super) shown: Option<i64>,
    pub(super) now: i64,
}

/// Values of one name, by the database they are about.
type Rows = Vec<(&'static str, f64)>;

impl Collector for Gauges {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let out = &mut encoder;
        let labels = [("version", self.version), ("engine", self.engine)];
        let mut about = out.encode_descriptor("build_info", "What runs", None, MetricType::Gauge)?;
        about.encode_family(&labels)?.encode_gauge(&1_i64)?;
        one(out, "store_up", "Whether the store answered this scrape", f64::from(u8::from(self.vitals.is_some())))?;
        self.parts(out)?;
        self.log(out)?;
        let damaged = "Items met since the start that do not open";
        one(out, "damaged_items", damaged, number(u64::try_from(self.damaged).unwrap_or(u64::MAX)))?;
        let Some(vitals) = &self.vitals else { return Ok(()) };
        let bytes = vitals.bytes.iter().map(|(name, bytes)| (*name, number(*bytes))).collect();
        several(out, "store_bytes", "Bytes on disk, journals included", MetricType::Gauge, bytes)?;
        let changes = "Changes that programs are still to be told of (10,000: or more)";
        one(out, "notices_waiting", changes, signed(vitals.changes))?;
        let outbox = vitals.outbox;
        one(out, "outbox_waiting", "Jobs that are to be done, dead letters apart", signed(outbox.waiting))?;
        one(out, "outbox_failing", "Of these, those whose last try failed", signed(outbox.failing))?;
        one(out, "outbox_dead", "Dead letters: given up, waiting for a person", signed(outbox.dead))?;
        one(out, "outbox_late_seconds", "For how long the first job has been due", self.age(outbox.due))
    }
}

impl Gauges {
    /// Seconds since, at least none.
    fn age(&self, since: Option<i64>) -> f64 {
        since.map_or(0.0, |since| signed((self.now - since).max(0)) / MICROS)
    }

    fn parts(&self, out: &mut DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let rows = |value: &dyn Fn(&Part) -> Option<u64>| -> Rows {
            self.parts.iter().filter_map(|part| Some((part.name, number(value(part)?)))).collect()
        };
        let (gauge, counter) = (MetricType::Gauge, MetricType::Counter);
        several(out, "writer_queue", "Writes that wait for the writer", gauge, rows(&|part| Some(part.queue?.0)))?;
        several(out, "writer_queue_limit", "Writes that may wait", gauge, rows(&|part| Some(part.queue?.1)))?;
        several(out, "commit_failures", "Commits that failed", counter, rows(&|part| Some(part.failed)))?;
        several(out, "connections_used", "Connections at work", gauge, rows(&|part| Some(part.pool.used)))?;
        several(out, "connections_limit", "Connections at most", gauge, rows(&|part| Some(part.pool.limit)))?;
        several(
            out,
            "connections_waiting",
            "Requests that wait for a connection",
            gauge,
            rows(&|part| part.pool.waiting),
        )?;
        let refused = rows(&|part| Some(part.pool.turned_away));
        several(out, "connections_refused", "Requests that got no connection in time", counter, refused)?;
        let groups: Vec<_> = self.parts.iter().filter_map(|part| Some((part.name, part.groups.as_ref()?))).collect();
        spread(out, "commit_writes", "Writes that share one commit", &groups, 1.0)?;
        let commits: Vec<_> = self.parts.iter().map(|part| (part.name, &part.commits)).collect();
        spread(out, "commit_seconds", "Time of one commit, until it is on disk", &commits, MICROS)
    }

    fn log(&self, out: &mut DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let (late, lost) = self.outage.as_ref().map_or((0, 0), |outage| (outage.late, outage.lost));
        let outage = f64::from(u8::from(self.outage.is_some() || self.unwritable.log));
        let records = f64::from(u8::from(self.unwritable.records));
        one(out, "records_outage", "Whether records cannot be written now", records)?;
        one(out, "log_outage", "Whether the log of accesses cannot be written now", outage)?;
        let stands_in = f64::from(u8::from(self.shown.is_some()));
        one(out, "replica_stands_in", "Whether the database is away and its replica is read", stands_in)?;
        one(out, "replica_behind_seconds", "How old what it shows may be meanwhile", self.age(self.shown))?;
        one(out, "log_reads_late", "Reads that will enter the log when it can be written", number(late))?;
        one(out, "log_reads_lost", "Reads that could only be counted", number(lost))?;
        let Some(log) = self.vitals.as_ref().map(|vitals| vitals.log) else { return Ok(()) };
        one(out, "log_size", "Entries in the tree of the log", signed(log.size))?;
        one(out, "log_epoch", "Lives of the tree: one more after a copy was put back", signed(log.epoch))?;
        one(out, "log_behind", "Entries that are not in the tree yet (10,000: or more)", signed(log.behind))?;
        one(out, "log_behind_seconds", "Age of the oldest of them", self.age(log.oldest))?;
        let signed_at = log.signed.map_or(0.0, |at| signed(at) / MICROS);
        one(out, "log_signed_timestamp_seconds", "When the tree was last signed (0: never)", signed_at)
    }
}

fn one(out: &mut DescriptorEncoder<'_>, name: &str, help: &str, value: f64) -> Result<(), fmt::Error> {
    out.encode_descriptor(name, help, None, MetricType::Gauge)?.encode_gauge(&value)
}

fn several(
    out: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    kind: MetricType,
    rows: Rows,
) -> Result<(), fmt::Error> {
    if rows.is_empty() {
        return Ok(());
    }
    let counts = matches!(kind, MetricType::Counter);
    let mut metric = out.encode_descriptor(name, help, None, kind)?;
    for (database, value) in rows {
        let labels = [("database", database)];
        let mut row = metric.encode_family(&labels)?;
        if counts {
            row.encode_counter::<NoLabelSet, _, f64>(&value, None)?;
        } else {
            row.encode_gauge(&value)?;
        }
    }
    Ok(())
}

/// A histogram, its bounds divided by `unit`.
fn spread(
    out: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    rows: &[(&'static str, &Spread)],
    unit: f64,
) -> Result<(), fmt::Error> {
    if rows.is_empty() {
        return Ok(());
    }
    let mut metric = out.encode_descriptor(name, help, None, MetricType::Histogram)?;
    for (database, spread) in rows {
        let bound = |bound: u64| if bound == u64::MAX { f64::INFINITY } else { number(bound) / unit };
        let buckets: Vec<_> = spread.buckets.iter().map(|(at, count)| (bound(*at), *count)).collect();
        let labels = [("database", *database)];
        let mut row = metric.encode_family(&labels)?;
        row.encode_histogram::<NoLabelSet>(number(spread.sum) / unit, spread.count(), &buckets, None)?;
    }
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "figures for a graph")]
fn number(value: u64) -> f64 {
    value as f64
}

#[expect(clippy::cast_precision_loss, reason = "figures for a graph")]
fn signed(value: i64) -> f64 {
    value as f64
}
