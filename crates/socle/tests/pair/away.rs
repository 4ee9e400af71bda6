//! The database away, then back: requests are told to come back, soon, and nobody has to start the server again.

use crate::cluster::Cluster;
use crate::proxy::Proxy;
use crate::site::{Answer, Base};
use crate::{named, soon};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Longer than any request may wait: ten seconds for a connection, and what a busy machine adds.
const BOUND: Duration = Duration::from_secs(20);

#[test]
fn requests_are_told_to_come_back_while_the_database_is_away() {
    let Some(cluster) = Cluster::start().unwrap() else { return };
    let url = cluster.url();
    let folder = url.split_whitespace().find_map(|word| word.strip_prefix("host=")).unwrap();
    let proxy = Proxy::start(&PathBuf::from(folder));
    let base = Base::on(proxy.url("postgres"));
    let server = base.serve("a");
    let token = server.token();
    let before = server.send(&token, "PUT", "/Patient/away", &[], Some(&named("away")));
    assert_eq!(before.status, 201, "{}", before.body);
    let cookie = server.sign_in();
    assert_eq!(server.page("/personnes", &cookie).status, 200);
    assert_eq!(server.watched("/readyz").status, 200);
    for _ in 0..2 {
        proxy.refuse(true);
        let asked = [
            within(|| server.get(&token, "/Patient/away")),
            within(|| server.get(&token, "/Patient?identifier=urn:essai|away")),
            within(|| server.send(&token, "PUT", "/Patient/away", &[], Some(&named("away")))),
            within(|| server.page("/personnes", &cookie)),
        ];
        for answer in asked {
            assert_eq!(answer.status, 503, "{} {}", answer.head, answer.body);
            assert!(answer.head.to_lowercase().contains("\r\nretry-after: 5"), "{}", answer.head);
        }
        assert_eq!(within(|| server.watched("/healthz")).status, 200);
        assert_eq!(within(|| server.watched("/readyz")).status, 503);
        assert!(within(|| server.watched("/metrics")).body.contains("\nsocle_store_up 0.0\n"));
        proxy.refuse(false);
        soon("it serves again", || server.get(&token, "/Patient/away").status == 200);
        soon("it is ready again", || server.watched("/readyz").status == 200);
    }
    let after = server.send(&token, "PUT", "/Patient/away", &[], Some(&named("away")));
    assert_eq!(after.status, 200, "{}", after.body);
    let figures = server.watched("/metrics").body;
    assert!(figures.contains("socle_requests_total{class=\"fhir_read\",status=\"503\"}"), "{figures}");
    server.stop();
}

fn within(ask: impl FnOnce() -> Answer) -> Answer {
    let begun = Instant::now();
    let answer = ask();
    assert!(begun.elapsed() < BOUND, "{:?}", begun.elapsed());
    answer
}
