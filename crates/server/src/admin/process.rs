//! What the system says of this process, under the names that Prometheus expects.

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use std::fmt;

/// Ticks of a second, as Linux tells them to programs.
const TICKS: f64 = 100.0;

/// Read once, when asked.
#[derive(Debug)]
pub(super) struct Process {
    resident: Option<i64>,
    cpu: Option<f64>,
    files: Option<i64>,
}

impl Process {
    /// Looks into `/proc`; what is not there is left out.
    pub(super) fn look() -> Self {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = resident.and_then(|rest| rest.split_whitespace().next()?.parse::<i64>().ok());
        let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
        let files = std::fs::read_dir("/proc/self/fd").ok().and_then(|all| i64::try_from(all.count()).ok());
        Self { resident: kib.map(|kib| kib * 1_024), cpu: cpu(&stat), files }
    }
}

/// User and system time: the 14th and 15th fields, of which the second is a name in brackets.
fn cpu(stat: &str) -> Option<f64> {
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace().skip(11);
    let (user, system): (f64, f64) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    Some((user + system) / TICKS)
}

impl Collector for Process {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let gauges = [
            ("resident_memory_bytes", "Memory in use", self.resident),
            ("open_fds", "Open files and connections", self.files),
        ];
        for (name, help, value) in gauges {
            if let Some(value) = value {
                let gauge = ConstGauge::new(value);
                gauge.encode(encoder.encode_descriptor(name, help, None, gauge.metric_type())?)?;
            }
        }
        if let Some(cpu) = self.cpu {
            let counter = ConstCounter::new(cpu);
            let help = "Processor time, user and system";
            counter.encode(encoder.encode_descriptor("cpu_seconds", help, None, counter.metric_type())?)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_linux_says_whatever_the_process_is_called() {
        let stat = "17 (so) c le) S 1 17 17 0 -1 4194560 9 0 0 0 250 50 0 0 20 0 4 0 100 1 2";
        assert_eq!(cpu(stat), Some(3.0));
        assert_eq!(cpu("17 (socle) S 1"), None);
        let now = Process::look();
        assert!(now.resident.is_some_and(|bytes| bytes > 1 << 20) && now.cpu.is_some() && now.files.is_some());
    }
}
