//! Load: so many clients one request after the other, or so many requests a second whatever the answers.

use super::http::{Ask, Client, Who};
use crate::failure::{Failure, LOCKED, Result};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Gives the n-th request of a client.
pub(super) type Next = Arc<dyn Fn(u64, u64) -> Ask + Send + Sync>;

/// What was seen during a load.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Times of answers, in microseconds, sorted.
    micros: Vec<u64>,
    took: Duration,
}

impl Seen {
    fn of(mut micros: Vec<u64>, took: Duration) -> Self {
        micros.sort_unstable();
        Self { micros, took }
    }

    pub(super) fn n(&self) -> usize {
        self.micros.len()
    }

    /// Answers a second.
    pub(super) fn per_s(&self) -> f64 {
        self.micros.len() as f64 / self.took.as_secs_f64().max(1e-9)
    }

    /// Milliseconds that a part (0 to 100) of the answers did not exceed.
    pub(super) fn percentile_ms(&self, part: usize) -> f64 {
        let at = (self.micros.len() * part).div_ceil(100).saturating_sub(1);
        self.micros.get(at).map_or(0.0, |micros| *micros as f64 / 1_000.0)
    }
}

/// `clients` that each wait for an answer before asking again.
pub(super) async fn closed(who: &Who, clients: u64, time: Duration, next: Next) -> Result<Seen> {
    let mut tasks = Vec::new();
    for client in 0..clients {
        let mut connection = Client::connect(who).await?;
        let next = next.clone();
        tasks.push(tokio::spawn(async move {
            let begun = Instant::now();
            let mut micros = Vec::new();
            let mut n = 0;
            while begun.elapsed() < time {
                let ask = next(client, n);
                let sent = Instant::now();
                connection.send(&ask).await?.done(&ask.path)?;
                micros.push(elapsed(sent));
                n += 1;
            }
            Ok(micros)
        }));
    }
    let begun = Instant::now();
    gather(tasks, begun).await
}

/// A fixed number of requests, shared between `clients`.
pub(super) async fn all(who: &Who, clients: u64, asks: Vec<Ask>) -> Result<(Seen, Vec<super::http::Reply>)> {
    let mut shares: Vec<Vec<Ask>> = (0..clients).map(|_| Vec::new()).collect();
    for (share, ask) in (0..shares.len()).cycle().zip(asks) {
        if let Some(share) = shares.get_mut(share) {
            share.push(ask);
        }
    }
    let mut tasks = Vec::new();
    let begun = Instant::now();
    for share in shares {
        let mut connection = Client::connect(who).await?;
        tasks.push(tokio::spawn(async move {
            let mut seen = Vec::new();
            for ask in share {
                let sent = Instant::now();
                let reply = connection.send(&ask).await?.done(&ask.path)?;
                seen.push((elapsed(sent), reply));
            }
            Ok::<_, Failure>(seen)
        }));
    }
    let (mut micros, mut replies) = (Vec::new(), Vec::new());
    for task in tasks {
        for (time, reply) in task.await.map_err(|_| stopped())?? {
            micros.push(time);
            replies.push(reply);
        }
    }
    Ok((Seen::of(micros, begun.elapsed()), replies))
}

/// `per_s` requests a second from as many kept connections as `sessions`: the time of an answer counts from the moment
/// at which its request was due, so that a server that falls behind is not spared.
pub(super) async fn paced(sessions: Vec<Who>, per_s: u64, time: Duration, next: Next) -> Result<Seen> {
    let count = u32::try_from(sessions.len().max(1)).unwrap_or(u32::MAX);
    let gap = Duration::from_secs(1) / u32::try_from(per_s.max(1)).unwrap_or(u32::MAX);
    let begun = Instant::now();
    let mut tasks = Vec::new();
    for (client, who) in (0u32..).zip(sessions) {
        let next = next.clone();
        tasks.push(tokio::spawn(async move {
            let mut connection = Client::connect(&who).await?;
            let mut micros = Vec::new();
            for n in 0u32.. {
                let due = gap * (n * count + client);
                if due > time {
                    break;
                }
                tokio::time::sleep_until((begun + due).into()).await;
                let ask = next(u64::from(client), u64::from(n));
                connection.send(&ask).await?.done(&ask.path)?;
                micros.push(elapsed(begun + due));
            }
            Ok(micros)
        }));
    }
    gather(tasks, begun).await
}

async fn gather(tasks: Vec<tokio::task::JoinHandle<Result<Vec<u64>>>>, begun: Instant) -> Result<Seen> {
    let mut micros = Vec::new();
    for task in tasks {
        micros.extend(task.await.map_err(|_| stopped())??);
    }
    Ok(Seen::of(micros, begun.elapsed()))
}

fn stopped() -> Failure {
    Failure::new(LOCKED, "Un client de la mesure s'est arrêté.")
}

fn elapsed(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_a_time_that_was_seen() {
        let seen = Seen::of((1..=200).rev().map(|n| n * 1_000).collect(), Duration::from_secs(2));
        assert_eq!((seen.percentile_ms(50), seen.percentile_ms(95), seen.percentile_ms(99)), (100.0, 190.0, 198.0));
        assert_eq!((seen.n(), seen.per_s()), (200, 100.0));
        assert_eq!(Seen::default().percentile_ms(95), 0.0);
    }
}
