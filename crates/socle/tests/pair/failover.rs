//! The machine of the database goes while people write: the other takes over, and nothing that was acknowledged is lost.
//!
//! Long, and wants Patroni and etcd (Debian: `patroni etcd-server python3-etcd`): run by `cargo xtask failover`.

use crate::patroni::Pair;
use crate::site::{self, Base};
use serde_json::json;
use std::io::{self, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

const WRITERS: usize = 8;

#[test]
fn a_database_that_dies_is_replaced_by_the_other() {
    if std::env::var_os("SOCLE_FAILOVER").is_none() {
        writeln!(io::stderr(), "SKIPPED: the failover of two databases is run by `cargo xtask failover`").unwrap();
        return;
    }
    let mut pair = Pair::start();
    let base = Base::on(pair.url());
    let server = base.serve("a");
    let (token, address, over) = (server.token(), server.address(), AtomicBool::new(false));
    let (elected, written) = thread::scope(|scope| {
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let (token, address, over) = (&token, &address, &over);
                scope.spawn(move || write_until(address, token, writer, over))
            })
            .collect();
        thread::sleep(Duration::from_secs(5));
        let elected = pair.kill_leader();
        thread::sleep(Duration::from_secs(8));
        over.store(true, Ordering::Relaxed);
        (elected, writers.into_iter().map(|writer| writer.join().unwrap()).collect::<Vec<_>>())
    });
    let acknowledged: Vec<&String> = written.iter().flat_map(|one| &one.done).collect();
    let refused: usize = written.iter().map(|one| one.refused).sum();
    let silence = written.iter().map(|one| one.silence).max().unwrap();
    for id in &acknowledged {
        assert_eq!(server.get(&token, &format!("/Patient/{id}")).status, 200, "{id} was acknowledged, and is lost");
    }
    assert!(written.iter().all(|one| one.resumed), "writing has gone on after the failover");
    server.stop();
    let (code, report) = base.verify("a");
    assert_eq!((code, &report["findings"]), (0, &json!([])), "{report}");
    writeln!(
        io::stderr(),
        "{} writes acknowledged, none lost; {refused} answered by an error meanwhile; another server elected after {:.1} s, \
         writing again after {:.1} s; log verified ({} entries)",
        acknowledged.len(),
        elected.as_secs_f64(),
        silence.as_secs_f64(),
        report["tree_size"],
    )
    .unwrap();
}

/// What a writer has seen.
#[derive(Default)]
struct Written {
    done: Vec<String>,
    refused: usize,
    /// Longest time without an acknowledgement.
    silence: Duration,
    /// Whether a write was acknowledged after one was refused.
    resumed: bool,
}

fn write_until(address: &str, token: &str, writer: usize, over: &AtomicBool) -> Written {
    let (mut written, mut last) = (Written::default(), Instant::now());
    for round in 0.. {
        if over.load(Ordering::Relaxed) {
            break;
        }
        let id = format!("failover-{writer}-{round}");
        let value = crate::named(&id);
        match site::exchange(address, token, "PUT", &format!("/Patient/{id}"), &[], Some(&value)) {
            Ok(answer) if answer.status == 201 => {
                written.done.push(id);
                written.silence = written.silence.max(last.elapsed());
                written.resumed = written.refused > 0;
                last = Instant::now();
            }
            Ok(answer) => {
                assert!(answer.status >= 500, "{id}: {} {}", answer.status, answer.body);
                written.refused += 1;
                thread::sleep(Duration::from_millis(100));
            }
            Err(error) => panic!("{id}: the server itself does not answer: {error}"),
        }
    }
    written
}
