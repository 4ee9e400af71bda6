//! Two servers on one PostgreSQL: what one writes the other reads, and when one dies the other goes on with nothing lost.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail"
)]

mod away;
#[path = "../../../store/tests/support/cluster.rs"]
mod cluster;
mod failover;
mod patroni;
#[expect(dead_code, reason = "finer faults are for the store's own tests")]
#[path = "../../../store/tests/faults/proxy.rs"]
mod proxy;
#[path = "../../../store/tests/support/replica.rs"]
mod replica;
mod site;
mod stand_in;
mod survivor;

use serde_json::{Value, json};
use site::{Base, Server};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

/// Tries until the answer is as wished: what another server learns within a second.
fn soon(what: &str, mut right: impl FnMut() -> bool) {
    let until = Instant::now() + Duration::from_secs(10);
    while !right() {
        assert!(Instant::now() < until, "{what}");
        thread::sleep(Duration::from_millis(50));
    }
}

fn patient(value: &str) -> Value {
    json!({"resourceType": "Patient", "name": [{"family": "Essai"}], "identifier": [{"system": "urn:essai", "value": value}]})
}

fn named(id: &str) -> Value {
    let mut value = patient(id);
    value["id"] = json!(id);
    value
}

#[test]
fn two_servers_share_one_database() {
    let Some(base) = Base::start() else { return };
    let first = base.serve("a");
    let second = base.serve("b");
    // The second start has given the client a new secret: what it opens holds on both.
    let token = second.token();
    reads_what_the_other_writes(&first, &second, &token);
    creates_once_under_a_condition(&first, &second, &token);
    searches_by_what_the_other_defines(&first, &second, &token);
    let left = survivor::Left::with(&first, &token);
    loses_nothing_with_the_one_that_dies(first, &second, &token);
    left.is_taken_over_by(&second, &token);
    verifies_the_log(&base, second);
}

fn reads_what_the_other_writes(first: &Server, second: &Server, token: &str) {
    let made = first.send(token, "PUT", "/Patient/pair-1", &[], Some(&named("pair-1")));
    assert_eq!(made.status, 201, "{}", made.body);
    assert_eq!(second.get(token, "/Patient/pair-1").status, 200);
    let stale = second.send(token, "PUT", "/Patient/pair-1", &["If-Match: W/\"7\""], Some(&named("pair-1")));
    assert_eq!(stale.status, 412, "{}", stale.body);
    assert_eq!(second.send(token, "DELETE", "/Patient/pair-1", &[], None).status, 204);
    assert_eq!(first.get(token, "/Patient/pair-1").status, 410);
}

/// Pairs of conditional creates at the same moment: one resource each.
fn creates_once_under_a_condition(first: &Server, second: &Server, token: &str) {
    for round in 0..20 {
        let value = format!("race-{round}");
        let condition = format!("If-None-Exist: identifier=urn:essai|{value}");
        let gate = Arc::new(Barrier::new(2));
        let statuses: Vec<u16> = thread::scope(|scope| {
            let asked: Vec<_> = [first, second]
                .into_iter()
                .map(|server| {
                    let (gate, value, condition) = (gate.clone(), &value, &condition);
                    scope.spawn(move || {
                        gate.wait();
                        server.send(token, "POST", "/Patient", &[condition], Some(&patient(value))).status
                    })
                })
                .collect();
            asked.into_iter().map(|one| one.join().unwrap()).collect()
        });
        let mut sorted = statuses.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, [200, 201], "round {round}");
        let found = second.get(token, &format!("/Patient?identifier=urn:essai|{value}&_summary=count"));
        assert_eq!(found.json()["total"], 1, "round {round}");
    }
}

fn searches_by_what_the_other_defines(first: &Server, second: &Server, token: &str) {
    let mut known = named("pair-own");
    known["maritalStatus"] = json!({"text": "Célibataire"});
    assert_eq!(first.send(token, "PUT", "/Patient/pair-own", &[], Some(&known)).status, 201);
    let definition = json!({"resourceType": "SearchParameter", "id": "pair-sp", "url": "urn:essai:sp", "name": "Essai",
        "status": "active", "description": "Essai", "code": "situation", "base": ["Patient"], "type": "string",
        "expression": "Patient.maritalStatus.text"});
    let defined = first.send(token, "PUT", "/SearchParameter/pair-sp", &[], Some(&definition));
    assert_eq!(defined.status, 201, "{}", defined.body);
    let ask = |server: &Server| {
        server.send(token, "GET", "/Patient?situation=celib&_summary=count", &["Prefer: handling=strict"], None)
    };
    for server in [first, second] {
        soon("the parameter is answered", || {
            let found = ask(server);
            found.status == 200 && found.json()["total"] == 1
        });
    }
    assert_eq!(first.send(token, "DELETE", "/SearchParameter/pair-sp", &[], None).status, 204);
    soon("the parameter is forgotten", || ask(second).status == 400);
}

/// Writers on both; the first server is killed. What was acknowledged is there, and the second never stops.
fn loses_nothing_with_the_one_that_dies(first: Server, second: &Server, token: &str) {
    let over = AtomicBool::new(false);
    let acknowledged: Vec<String> = thread::scope(|scope| {
        let writers: Vec<_> = (0..4)
            .map(|writer| {
                let server = if writer % 2 == 0 { first.address() } else { second.address() };
                let (over, dies) = (&over, writer % 2 == 0);
                scope.spawn(move || write_until(&server, token, writer, dies, over))
            })
            .collect();
        thread::sleep(Duration::from_millis(1500));
        first.kill();
        thread::sleep(Duration::from_millis(1500));
        over.store(true, Ordering::Relaxed);
        writers.into_iter().flat_map(|writer| writer.join().unwrap()).collect()
    });
    assert!(acknowledged.len() > 20, "{} writes only", acknowledged.len());
    for id in &acknowledged {
        assert_eq!(second.get(token, &format!("/Patient/{id}")).status, 200, "{id} is lost");
    }
}

/// Ids of the writes that were acknowledged.
fn write_until(address: &str, token: &str, writer: usize, dies: bool, over: &AtomicBool) -> Vec<String> {
    let mut done = Vec::new();
    for round in 0.. {
        if over.load(Ordering::Relaxed) {
            break;
        }
        let id = format!("pair-w{writer}-{round}");
        match site::exchange(address, token, "PUT", &format!("/Patient/{id}"), &[], Some(&named(&id))) {
            Ok(answer) if answer.status == 201 => done.push(id),
            Ok(answer) => panic!("{id}: {} {}", answer.status, answer.body),
            Err(_) if dies => break,
            Err(error) => panic!("{id}: {error}"),
        }
    }
    done
}

/// The one that is left has taken over the log: every entry of both is in its tree.
fn verifies_the_log(base: &Base, second: Server) {
    second.stop();
    let (code, report) = base.verify("b");
    assert_eq!(code, 0, "{report}");
    assert_eq!(report["findings"], json!([]), "{report}");
}
