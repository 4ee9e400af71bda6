//! Where notifications may go: addresses the operator has named, and never, by a name, into the private network.

use reqwest::Url;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Addresses the operator allows, by scheme, host and port.
#[derive(Debug, Clone, Default)]
pub struct Allowed {
    /// Names that must lead to public addresses.
    public: Vec<Url>,
    /// Names and addresses that may be private.
    private: Vec<Url>,
    /// This machine, at any port.
    loopback: bool,
}

impl Allowed {
    /// These addresses; the second may be private: of the house's own network, or this machine.
    ///
    /// # Errors
    /// The first that is not the beginning of an `https` address (`http` for this machine only).
    pub fn new(public: &[String], private: &[String]) -> Result<Self, String> {
        let read = |texts: &[String]| {
            texts.iter().map(|text| origin(text).ok_or_else(|| text.clone())).collect::<Result<Vec<Url>, String>>()
        };
        Ok(Self { public: read(public)?, private: read(private)?, loopback: false })
    }

    /// This machine only, at any port: for a demonstration.
    pub fn loopback() -> Self {
        Self { loopback: true, ..Self::default() }
    }

    /// Whether one may go there, as far as the address itself tells: where its name leads is looked at when one goes.
    pub(super) fn admits(&self, text: &str) -> bool {
        let Ok(url) = Url::parse(text) else { return false };
        let Some(host) = url.host_str().filter(|_| is_sound(&url)) else { return false };
        if self.loopback && is_loopback(host) || listed(&self.private, &url) {
            return true;
        }
        listed(&self.public, &url) && literal(host).is_none_or(is_public)
    }

    /// Whether a name may lead to this address.
    pub(super) fn leads(&self, name: &str, address: IpAddr) -> bool {
        let private = self.private.iter().any(|url| url.host_str() == Some(name));
        private || is_public(address) || (self.loopback && is_loopback(name) && address.is_loopback())
    }
}

/// `https`, or `http` to this machine.
fn is_sound(url: &Url) -> bool {
    let plain = url.username().is_empty() && url.password().is_none();
    plain && (url.scheme() == "https" || (url.scheme() == "http" && url.host_str().is_some_and(is_loopback)))
}

fn origin(text: &str) -> Option<Url> {
    Url::parse(text).ok().filter(|url| is_sound(url) && url.path() == "/" && url.query().is_none())
}

fn listed(list: &[Url], url: &Url) -> bool {
    list.iter().any(|one| one.origin() == url.origin())
}

fn literal(host: &str) -> Option<IpAddr> {
    host.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || literal(host).is_some_and(|address| address.is_loopback())
}

/// Whether an address is of the public network: of no house, no link, no machine, no test.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_documentation();
    // "This network", shared by providers, of protocols, of relays, of measures, reserved.
    let reserved = matches!((a, b, c), (0 | 240..=255, _, _) | (100, 64..=127, _) | (192, 0, 0) | (192, 88, 99));
    !special && !reserved && !matches!((a, b), (198, 18 | 19))
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(inside) = address.to_ipv4_mapped() {
        return is_public_v4(inside);
    }
    // Only what is given out (2000::/3); not tunnels that hide another address, nor what stands in documents.
    match address.segments() {
        [0x2001, 0..=0x01ff | 0x0db8, ..] | [0x2002, ..] | [0x3fff, ..] => false,
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed() -> Allowed {
        let texts = |all: &[&str]| all.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let private = texts(&["https://pui.lan:8443", "https://10.0.0.7", "http://127.0.0.1:9000"]);
        Allowed::new(&texts(&["https://hook.example.fr", "https://8.8.8.8", "https://10.0.0.9"]), &private).unwrap()
    }

    #[test]
    fn goes_only_where_the_operator_says() {
        let good = ["https://hook.example.fr/a?b=c", "https://HOOK.example.fr:443/", "https://pui.lan:8443/x"];
        for good in good.iter().chain(&["https://10.0.0.7/x", "http://127.0.0.1:9000/x", "https://8.8.8.8/"]) {
            assert!(allowed().admits(good), "{good}");
        }
        for bad in [
            "https://hook.example.fr:444/",
            "https://hook.example.fr.evil.fr/",
            "https://hook.example.fr@evil.fr/",
            "https://x@hook.example.fr/",
            "https://pui.lan/",
            "http://hook.example.fr/",
            "http://127.0.0.1:9001/x",
            "https://10.0.0.9/",
            "http://10.0.0.7/",
            "https://169.254.169.254/",
            "not an address",
        ] {
            assert!(!allowed().admits(bad), "{bad}");
        }
        assert!(!Allowed::default().admits("https://hook.example.fr/"));
    }

    #[test]
    fn a_name_never_leads_into_the_private_network_unless_said() {
        let inside =
            ["10.1.2.3", "127.0.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "::1", "fd00::1", "fe80::1"];
        for address in
            inside.iter().chain(&["::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::", "0.0.0.0", "224.0.0.1"])
        {
            let address = address.parse().unwrap();
            assert!(!allowed().leads("hook.example.fr", address), "{address}");
            assert!(allowed().leads("pui.lan", address), "{address}");
        }
        for address in ["8.8.8.8", "2a01:4f8::1"] {
            assert!(allowed().leads("hook.example.fr", address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn a_demonstration_goes_to_this_machine_only() {
        let here = Allowed::loopback();
        for good in ["http://127.0.0.1:1234/x", "http://localhost:80/", "https://localhost/", "http://[::1]:9/"] {
            assert!(here.admits(good), "{good}");
        }
        assert!(!here.admits("https://hook.example.fr/") && !here.admits("http://10.0.0.7/"));
        assert!(here.leads("localhost", "127.0.0.1".parse().unwrap()));
        assert!(!here.leads("localhost", "10.0.0.1".parse().unwrap()));
    }

    #[test]
    fn a_list_names_whole_machines() {
        for bad in ["hook.example.fr", "http://hook.example.fr", "https://hook.example.fr/a", "https://a@b.fr", ""] {
            assert!(Allowed::new(&[bad.to_owned()], &[]).is_err(), "{bad}");
        }
    }
}
