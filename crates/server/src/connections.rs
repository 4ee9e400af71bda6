//! Connections: taken one by one, each held to sending its headers in time.
//!
//! Bodies have limits of their own (`incoming`); without this one, whoever sends headers a letter at a time could hold
//! connections for ever.

use axum::Router;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;
use tokio::net::{TcpListener, TcpSocket, TcpStream};

/// Longest time between the first byte of a request and the end of its headers.
const HEADERS: Duration = Duration::from_secs(30);
/// Pause after the system refuses a connection, which it does when there are too many.
const PAUSE: Duration = Duration::from_millis(200);

/// Connections that wait to be taken, as many as a system of our days allows. Past that number the system takes no notice of who
/// comes, and whoever does knocks again after a second: with 128, which is usual, so it went for a third of 200 who came at once.
const WAITING: u32 = 4_096;

/// Listens at an address, where a whole house may come at the same moment.
///
/// # Errors
/// The system's: above all, the address is taken.
pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // What a server that has just ended leaves behind does not keep the next one from its address.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(WAITING)
}

/// Serves until `shutdown`, then lets running requests end.
///
/// # Errors
/// The listener's.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    listener.local_addr()?;
    let mut server = Builder::new(TokioExecutor::new());
    server.http1().timer(TokioTimer::new()).header_read_timeout(HEADERS);
    server.http2().timer(TokioTimer::new());
    let (all, mut shutdown) = (GracefulShutdown::new(), pin!(shutdown));
    loop {
        let accepted = tokio::select! {
            () = &mut shutdown => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, _)) => begin(&server, &all, stream, router.clone()),
            Err(error) => {
                tracing::warn!(%error, "a connection was not accepted");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
    drop(listener);
    all.shutdown().await;
    Ok(())
}

fn begin(server: &Builder<TokioExecutor>, all: &GracefulShutdown, stream: TcpStream, router: Router) {
    // Small answers leave at once; where that cannot be asked, they leave a little later.
    drop(stream.set_nodelay(true));
    let service = TowerToHyperService::new(router.into_service::<hyper::body::Incoming>());
    let connection = server.serve_connection_with_upgrades(TokioIo::new(stream), service).into_owned();
    let watched = all.watch(connection);
    tokio::spawn(async move {
        if let Err(error) = watched.await {
            tracing::debug!(error = %error, "a connection ended early");
        }
    });
}
