//! A scan of the network by nmap: what answers, and what it looks like from outside.

use super::parts::clip;
use super::tree::Element;
use super::{Format, Line, Parsed, Reason};
use crate::governance::estate::date;
use crate::governance::estate::{Facts, Kind, Name, Port, Sighting, System, Tls, Traits};

/// How sure of an operating system nmap must be, in percent.
const SURE: u32 = 85;

/// Reads a scan.
pub(super) fn read(root: &Element) -> Parsed {
    let seconds = |element: &Element, name: &str| element.attribute(name).and_then(|text| text.parse().ok());
    let begun = seconds(root, "start");
    let one = |host: &Element| {
        if host.child("status").and_then(|status| status.attribute("state")).is_some_and(|state| state != "up") {
            return Line::unread(host.line, Reason::Down);
        }
        let seen = seconds(host, "endtime").or_else(|| seconds(host, "starttime")).or(begun).and_then(date::unix);
        Line::machine(
            host.line,
            Sighting { traits: traits(host), facts: facts(host), seen, outside: true, ..Sighting::default() },
        )
    };
    let mut lines: Vec<Line> = root.all("host").map(one).collect();
    if lines.is_empty() {
        lines.push(Line::unread(root.line, Reason::Down));
    }
    Parsed { format: Format::Nmap, lines }
}

fn addresses(host: &Element, mac: bool) -> impl Iterator<Item = &Element> {
    host.all("address").filter(move |address| (address.attribute("addrtype") == Some("mac")) == mac)
}

fn traits(host: &Element) -> Traits {
    let names = host.child("hostnames").into_iter().flat_map(|names| names.all("hostname"));
    let name = names.filter_map(|name| name.attribute("name")).find_map(|name| Name::parse(name, None));
    // What has no name goes by its address: nothing found on the network is left out.
    let address = || addresses(host, false).find_map(|address| address.attribute("addr"));
    let name = name.or_else(|| address().map(|shown| Name { shown: shown.to_owned(), domain: None }));
    let macs = addresses(host, true).filter_map(|address| address.attribute("addr").map(str::to_owned)).collect();
    Traits { name, macs, ..Traits::default() }
}

fn facts(host: &Element) -> Facts {
    let ports = host.child("ports").into_iter().flat_map(|ports| ports.all("port"));
    let mut ports: Vec<Port> = ports.filter_map(port).collect();
    ports.sort();
    let addresses_of: Vec<String> =
        addresses(host, false).filter_map(|address| address.attribute("addr").map(str::to_owned)).collect();
    let class = best(host).and_then(|found| found.child("osclass"));
    let kind = class.and_then(|class| class.attribute("type")).map(|kind| match kind {
        "printer" | "print server" => Kind::Printer,
        "router" | "switch" | "firewall" | "WAP" | "bridge" | "broadband router" | "hub" | "load balancer" => {
            Kind::Network
        }
        "phone" => Kind::Mobile,
        "general purpose" if system(host).is_some_and(|system| system.display().contains("Server")) => Kind::Server,
        "general purpose" => Kind::Desktop,
        _ => Kind::Other,
    });
    Facts {
        kind,
        maker: addresses(host, true).find_map(|address| address.attribute("vendor").and_then(clip)),
        system: system(host),
        ports: Some(ports),
        addresses: (!addresses_of.is_empty()).then_some(addresses_of),
        ..Facts::default()
    }
}

/// The likeliest system, where it is likely.
fn best(host: &Element) -> Option<&Element> {
    let accuracy = |found: &Element| found.attribute("accuracy").and_then(|text| text.parse::<u32>().ok()).unwrap_or(0);
    let found = host.child("os")?.all("osmatch").max_by_key(|found| accuracy(found))?;
    (accuracy(found) >= SURE).then_some(found)
}

fn system(host: &Element) -> Option<System> {
    let found = best(host)?;
    let full_name = found.attribute("name").and_then(clip)?;
    let family = found.child("osclass").and_then(|class| class.attribute("osfamily")).and_then(clip);
    Some(System { name: family, full_name: Some(full_name), guessed: true, ..System::default() })
}

fn port(port: &Element) -> Option<Port> {
    if port.child("state")?.attribute("state") != Some("open") {
        return None;
    }
    let service = port.child("service");
    let part = |name: &str| service.and_then(|service| service.attribute(name));
    let product = part("product").map(|product| match part("version") {
        Some(version) => format!("{product} {version}"),
        None => product.to_owned(),
    });
    Some(Port {
        protocol: port.attribute("protocol").unwrap_or("tcp").to_owned(),
        number: port.attribute("portid")?.parse().ok()?,
        service: product.or_else(|| part("name").map(str::to_owned)).and_then(|text| clip(&text)),
        cpe: service.and_then(|service| service.child("cpe")).and_then(|cpe| clip(&cpe.text)),
        tls: tls(port),
    })
}

/// What the scripts `ssl-cert` and `ssl-enum-ciphers` found.
fn tls(port: &Element) -> Option<Tls> {
    let script = |id: &'static str| port.all("script").find(move |script| script.attribute("id") == Some(id));
    let ciphers = script("ssl-enum-ciphers").map(|script| {
        let versions = script.all("table").filter_map(|table| table.attribute("key"));
        versions.filter(|version| version.starts_with("SSL") || version.starts_with("TLS")).collect::<Vec<_>>()
    });
    let old = ciphers
        .filter(|versions| !versions.is_empty())
        .map(|versions| versions.iter().any(|version| matches!(*version, "SSLv2" | "SSLv3" | "TLSv1.0" | "TLSv1.1")));
    let validity =
        script("ssl-cert").and_then(|script| script.all("table").find(|one| one.attribute("key") == Some("validity")));
    let day = |key: &str| {
        let elem = validity?.all("elem").find(|elem| elem.attribute("key") == Some(key))?;
        date::instant(elem.text.trim())
    };
    let tls = Tls { old, from: day("notBefore"), until: day("notAfter") };
    (tls != Tls::default()).then_some(tls)
}
