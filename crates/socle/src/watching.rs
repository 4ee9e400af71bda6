//! The listener for whoever watches the machine: this machine only, unless an address is named.

use crate::failure::{Failure, Result};
use crate::screen::say;
use std::future::Future;
use std::net::SocketAddr;
use std::path::Path;
use tokio::net::TcpListener;

/// Where figures are read, unless something else is named.
const DEFAULT: ([u8; 4], u16) = ([127, 0, 0, 1], 9464);

/// Where figures are read.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Admin {
    /// Nowhere.
    Closed,
    /// There, or nothing is served.
    At(SocketAddr),
    /// Where they are by default, if nobody else is there.
    Usual,
}

impl Admin {
    /// Listens, or does not.
    pub(crate) async fn open(self) -> Result<Watching> {
        let (address, asked) = match self {
            Self::Closed => return Ok(Watching(None)),
            Self::At(address) => (address, true),
            Self::Usual => (DEFAULT.into(), false),
        };
        match TcpListener::bind(address).await {
            Ok(listener) => Ok(Watching(Some(listener))),
            Err(error) if asked => Err(Failure::file(Path::new(&address.to_string()), &error)),
            Err(_) => {
                say(&format!("Pas de mesures : {address} est déjà pris. Nommez une autre adresse avec --admin."));
                Ok(Watching(None))
            }
        }
    }
}

/// A listener, or none.
#[derive(Debug)]
pub(crate) struct Watching(Option<TcpListener>);

impl Watching {
    /// Where it is.
    pub(crate) fn address(&self) -> Option<SocketAddr> {
        self.0.as_ref()?.local_addr().ok()
    }

    /// Serves until `over`.
    pub(crate) async fn serve(
        self,
        app: app::App,
        meters: server::Meters,
        over: impl Future<Output = ()> + Send + 'static,
    ) {
        let Some(listener) = self.0 else { return };
        let router = server::admin(app, env!("CARGO_PKG_VERSION"), meters);
        if let Err(error) = server::serve(listener, router, over).await {
            tracing::error!(%error, "figures are no longer served");
        }
    }
}
