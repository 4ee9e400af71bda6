//! Machines as measures count them: by what they do.

use crate::governance::estate::{Asset, Kind};
use crate::governance::obsolescence::Finding;

/// What a machine is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// A computer somebody works at.
    Workstation,
    /// A telephone or a tablet.
    Mobile,
    /// A server, a hypervisor, a storage.
    Server,
    /// A firewall, a switch, an access point.
    Network,
    /// A printer, a telephone exchange, a camera.
    Other,
}

/// Products that are servers, whatever box they are in.
const SERVERS: [&str; 11] = [
    "windows-server",
    "hyper-v-server",
    "vmware-esxi",
    "vmware-vcenter",
    "proxmox-ve",
    "proxmox-backup-server",
    "xcp-ng",
    "nutanix-aos",
    "synology-dsm",
    "qnap-qts",
    "truenas",
];
const NETWORK: [&str; 9] = [
    "fortios",
    "pan-os",
    "sns-firmware",
    "opnsense",
    "pfsense",
    "sonicwall-tz",
    "sophos-sfos",
    "routeros",
    "cisco-ios-xe",
];
const MOBILES: [&str; 3] = ["ios", "ipados", "android"];
/// Systems that are as often a server as a workstation: the box decides, and a box that is not told is a server.
const EITHER: [&str; 10] = [
    "debian",
    "ubuntu",
    "rhel",
    "rocky-linux",
    "almalinux",
    "centos",
    "centos-stream",
    "oracle-linux",
    "sles",
    "opensuse",
];

impl Role {
    /// What a machine is there for, from its kind and from what runs on it.
    pub fn of(asset: &Asset, system: &Finding) -> Self {
        let product = system.product.as_deref().unwrap_or_default();
        if SERVERS.contains(&product) {
            return Self::Server;
        }
        if NETWORK.contains(&product) {
            return Self::Network;
        }
        if MOBILES.contains(&product) {
            return Self::Mobile;
        }
        match asset.facts.kind {
            Some(Kind::Desktop | Kind::Laptop) => Self::Workstation,
            Some(Kind::Server) => Self::Server,
            Some(Kind::Mobile) => Self::Mobile,
            Some(Kind::Network) => Self::Network,
            Some(Kind::Printer | Kind::Other) => Self::Other,
            None if EITHER.contains(&product) => Self::Server,
            None if matches!(product, "windows" | "macos" | "linuxmint" | "fedora") => Self::Workstation,
            None => Self::Other,
        }
    }
}
