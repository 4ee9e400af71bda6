//! What a server that dies leaves to the other: somebody signed in, an export, a program to be told, entries for the log.

use crate::site::Server;
use crate::{named, soon};
use serde_json::json;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// A job that the dead server held is taken over when its lease of a minute is over, and a busy machine adds some seconds.
const TOLD_WITHIN: Duration = Duration::from_secs(90);

/// What was begun on the first server.
pub(crate) struct Left {
    cookie: String,
    export: String,
    told: Arc<AtomicUsize>,
}

/// Counts the notifications that come.
fn receiver() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/hook", listener.local_addr().unwrap());
    let told = Arc::new(AtomicUsize::new(0));
    let count = told.clone();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut some = [0; 2_048];
            if stream.read(&mut some).is_ok_and(|read| read > 0) {
                count.fetch_add(1, Ordering::SeqCst);
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            }
        }
    });
    (address, told)
}

impl Left {
    pub(crate) fn with(first: &Server, token: &str) -> Self {
        let (endpoint, told) = receiver();
        let wanted = json!({"resourceType": "Subscription", "id": "pair-told", "status": "requested", "reason": "essai",
            "criteria": "Patient", "channel": {"type": "rest-hook", "endpoint": endpoint}});
        let made = first.send(token, "PUT", "/Subscription/pair-told", &[], Some(&wanted));
        assert_eq!(made.status, 201, "{}", made.body);
        soon("the subscription is set up", || first.get(token, "/Subscription/pair-told").json()["status"] == "active");
        let begun = first.send(token, "GET", "/Patient/$export?_type=Patient", &["Prefer: respond-async"], None);
        assert_eq!(begun.status, 202, "{}", begun.body);
        let at = begun.head.lines().find(|line| line.to_lowercase().starts_with("content-location:"));
        let export = at.unwrap().rsplit_once("/fhir").unwrap().1.trim().to_owned();
        Self { cookie: first.sign_in(), export, told }
    }

    pub(crate) fn is_taken_over_by(&self, second: &Server, token: &str) {
        // Sessions are in the database.
        let page = second.page("/personnes", &self.cookie);
        assert_eq!(page.status, 200, "{}", page.head);
        // Whatever the first was telling when it died, the other tells what is written now.
        let before = self.told.load(Ordering::SeqCst);
        let begun = Instant::now();
        assert_eq!(second.send(token, "PUT", "/Patient/pair-last", &[], Some(&named("pair-last"))).status, 201);
        while self.told.load(Ordering::SeqCst) == before {
            assert!(begun.elapsed() < TOLD_WITHIN, "nobody has taken over what is to be told");
            thread::sleep(Duration::from_millis(100));
        }
        // The export is answered by the one that is left, file included.
        soon("the export is ready", || second.get(token, &self.export).status == 200);
        let manifest = second.get(token, &self.export).json();
        let file = manifest["output"][0]["url"].as_str().unwrap_or_else(|| panic!("{manifest}"));
        let lines = second.get(token, file.rsplit_once("/fhir").unwrap().1);
        assert!(lines.status == 200 && lines.body.contains("\"resourceType\":\"Patient\""), "{}", lines.head);
        // Every entry of both gets its place in the log.
        soon("the log is in order", || second.watched("/metrics").body.contains("\nsocle_log_behind 0.0\n"));
    }
}
