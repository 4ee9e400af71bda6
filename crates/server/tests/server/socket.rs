//! On a real socket, from start to stop.

use crate::support::World;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::watch;

/// Whoever finds the queue full is not answered at all: with nobody who takes connections, for ever.
#[tokio::test]
async fn a_house_that_comes_at_once_is_let_in_before_anybody_has_been_taken() {
    let listener = server::listen("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = listener.local_addr().unwrap();
    let mut waiting = Vec::new();
    for _ in 0..300 {
        let coming = tokio::time::timeout(Duration::from_secs(20), TcpStream::connect(address));
        waiting.push(coming.await.expect("the system let the connection wait").unwrap());
    }
    assert_eq!(waiting.len(), 300);
    let taken = server::listen(address).expect_err("another listens there");
    assert_eq!(taken.kind(), std::io::ErrorKind::AddrInUse);
}

async fn told(mut stop: watch::Receiver<bool>) {
    stop.wait_for(|stop| *stop).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn serves_and_keeps_house_until_told_to_stop() {
    let world = World::new().await;
    let listener = server::listen("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = listener.local_addr().unwrap();
    let (tell, stop) = watch::channel(false);
    let serving = tokio::spawn(server::serve(listener, world.router.clone(), told(stop.clone())));
    let app = world.app.clone();
    let keeping = tokio::spawn(async move { server::keep_house(app, told(stop)).await });
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = "GET /fhir/metadata HTTP/1.1\r\nhost: dui.test\r\nconnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("CapabilityStatement"));
    let cookie = world.sign_in("claire").await;
    world.page("/personnes", &cookie).await.expect(200);
    tell.send(true).unwrap();
    serving.await.unwrap().unwrap();
    keeping.await.unwrap();
    let report = app::audit::verify(&world.app, None).await.unwrap();
    assert!(report.findings.is_empty() && report.tree_size > 0, "{report:?}");
}
