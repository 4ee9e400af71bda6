//! `rest-hook`: an empty `POST` to the address of the program.

use super::address::Allowed;
use app::subscriptions::Failure;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, redirect};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// How long an answer is waited for, connection included.
const DEADLINE: Duration = Duration::from_secs(10);

pub(super) struct Hook {
    allowed: Arc<Allowed>,
    client: Client,
}

/// Follows names only to addresses one may go to: what a name means may change between two looks, so this one is the
/// last.
struct Names(Arc<Allowed>);

impl Resolve for Names {
    fn resolve(&self, name: Name) -> Resolving {
        let allowed = self.0.clone();
        Box::pin(async move {
            let name = name.as_str().to_owned();
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let kept: Vec<SocketAddr> = found.filter(|address| allowed.leads(&name, address.ip())).collect();
            if kept.is_empty() {
                return Err("this name leads to no address that is allowed".into());
            }
            Ok(Box::new(kept.into_iter()) as Addrs)
        })
    }
}

impl Hook {
    pub(super) fn new(allowed: Arc<Allowed>) -> Result<Self, String> {
        let client = Client::builder()
            .user_agent("Socle")
            .timeout(DEADLINE)
            .redirect(redirect::Policy::none())
            .no_proxy()
            .referer(false)
            .pool_max_idle_per_host(0)
            .dns_resolver(Arc::new(Names(allowed.clone())))
            .build();
        Ok(Self { allowed, client: client.map_err(|error| error.to_string())? })
    }

    /// Tells, and reads nothing but the status of the answer.
    pub(super) async fn post(&self, endpoint: &str, headers: &[(String, String)]) -> Result<(), Failure> {
        if !self.allowed.admits(endpoint) {
            return Err(Failure::NotAllowed);
        }
        let mut sent = HeaderMap::new();
        for (name, value) in headers {
            if let (Ok(name), Ok(mut value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(value)) {
                value.set_sensitive(true);
                sent.append(name, value);
            }
        }
        let request = self.client.post(endpoint).headers(sent).header("content-length", "0");
        match request.send().await {
            Ok(answer) if answer.status().is_success() => Ok(()),
            Ok(answer) => Err(Failure::Status(answer.status().as_u16())),
            Err(error) if error.is_timeout() => Err(Failure::Late),
            Err(_) => Err(Failure::Unreachable),
        }
    }
}
