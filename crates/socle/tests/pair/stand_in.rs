//! The database away and its replica there: pages of care are read as they were, and say so; nothing else goes on.

use crate::cluster::Cluster;
use crate::proxy::Proxy;
use crate::site::{Base, Server};
use crate::{named, replica, soon};
use std::path::Path;
use std::thread;
use std::time::Duration;

const SAID: &str = "La base de données ne répond pas.";

#[test]
fn carers_read_from_the_replica_while_the_database_is_away() {
    let Some(cluster) = Cluster::start().unwrap() else { return };
    let url = cluster.url();
    let folder = url.split_whitespace().find_map(|word| word.strip_prefix("host=")).unwrap();
    let proxy = Proxy::start(Path::new(folder));
    let base = Base::on(proxy.url("postgres"));
    // The demonstration makes the data and gives the accounts; what is tried is the server of its configuration.
    let demo = base.serve("a");
    let (token, cookie) = (demo.token(), demo.sign_in());
    demo.stop();
    let replica = replica::of(&cluster);
    let server = base.serve_by("b", &format!("postgres_replica = {:?}", replica.url()));
    let pages = ["/releve", "/personnes"];
    for page in pages {
        let answer = server.page(page, &cookie);
        assert!(answer.status == 200 && !answer.body.contains(SAID), "{page}: {}", answer.status);
    }
    thread::sleep(Duration::from_secs(3));
    proxy.refuse(true);
    soon("the page says so", || server.page("/releve", &cookie).body.contains(SAID));
    for page in pages {
        let answer = server.page(page, &cookie);
        assert!(answer.status == 200 && answer.body.contains(SAID), "{page}: {} {}", answer.status, answer.body);
    }
    only_reads(&server, &token);
    proxy.refuse(false);
    soon("it serves as ever", || !server.page("/releve", &cookie).body.contains(SAID));
    soon("the log has caught up", || server.watched("/readyz").body == "ok\n");
    let written = server.send(&token, "PUT", "/Patient/stand-in", &[], Some(&named("stand-in")));
    assert_eq!(written.status, 201, "{}", written.body);
    server.stop();
    let (code, report) = base.verify("a");
    assert_eq!(code, 0, "{report}");
}

fn only_reads(server: &Server, token: &str) {
    let asked = [
        server.get(token, "/Patient?_count=1"),
        server.send(token, "PUT", "/Patient/stand-in", &[], Some(&named("stand-in"))),
    ];
    for answer in asked {
        assert_eq!(answer.status, 503, "{} {}", answer.head, answer.body);
    }
    let ready = server.watched("/readyz");
    assert_eq!((ready.status, ready.body.contains("replica")), (200, true), "{}", ready.body);
    let figures = server.watched("/metrics").body;
    assert!(figures.contains("\nsocle_replica_stands_in 1.0\n"), "{figures}");
}
