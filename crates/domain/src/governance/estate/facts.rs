//! What a source says of a machine. Everything may be unsaid: `None` is "not told", an empty list is "told: nothing".

use serde::{Deserialize, Serialize};

/// What sort of machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A desk computer.
    Desktop,
    /// A laptop.
    Laptop,
    /// A server, virtual or not.
    Server,
    /// A telephone or a tablet.
    Mobile,
    /// A switch, an access point, a firewall.
    Network,
    /// A printer.
    Printer,
    /// Something on the network.
    Other,
}

/// Yes, no, or the source looked and cannot tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It is.
    Yes,
    /// It is not.
    No,
    /// Looked at, and not known.
    Unknown,
}

/// The operating system, kept as one: a version is only worth beside its name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct System {
    /// Short name: `Windows`, `Debian`, `iPadOS`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Caption with the edition, in the language of the machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub full_name: Option<String>,
    /// Version as displayed: `22H2`, `12`, `15.8.4`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Version of the kernel: `10.0.19045`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kernel: Option<String>,
    /// Service pack, or build with its revision: `19045.6456`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_pack: Option<String>,
    /// Processor family.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arch: Option<String>,
    /// Day of installation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub installed: Option<String>,
    /// Deduced from the outside, not told by the machine: gives way to anything told.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub guessed: bool,
}

impl System {
    /// The name to show.
    #[must_use]
    pub fn display(&self) -> &str {
        self.full_name.as_deref().or(self.name.as_deref()).unwrap_or_default()
    }
}

/// An installed program.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(default)]
pub struct Software {
    /// Its name.
    pub name: String,
    /// Its version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Who publishes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub publisher: Option<String>,
    /// Day of installation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub installed: Option<String>,
    /// Its CPE, where the source gives one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpe: Option<String>,
    /// What sort of package of a distribution it is: `deb`, `rpm`; none for what is installed otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub package: Option<String>,
}

/// A correction of the system.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Patch {
    /// `KB5062554`.
    pub id: String,
    /// Day of installation.
    pub installed: Option<String>,
}

/// A protection against malware.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Antivirus {
    /// Its name.
    pub name: String,
    /// It works.
    pub enabled: State,
    /// Its signatures are current.
    pub up_to_date: State,
}

/// A firewall, or one profile of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Firewall {
    /// The profile, if it has several.
    pub profile: Option<String>,
    /// It works.
    pub on: State,
}

/// A volume.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drive {
    /// `C:`, `/`, `/dev/sda2`.
    pub name: String,
    /// The system starts from it.
    pub system: bool,
    /// Its content is encrypted.
    pub encrypted: State,
    /// By what.
    pub method: Option<String>,
}

/// A program by which somebody can take the machine over from afar.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Remote {
    /// `anydesk`, `teamviewer`…
    pub kind: String,
    /// Its number, where known.
    pub id: Option<String>,
}

/// A database service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Database {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: Option<String>,
    /// It is backed up.
    pub backed_up: State,
    /// When it last was.
    pub last_backup: Option<String>,
}

/// A service that listens.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Port {
    /// `tcp` or `udp`.
    pub protocol: String,
    /// Number.
    pub number: u16,
    /// What seems to listen, with its version.
    pub service: Option<String>,
    /// Its CPE, where the source gives one.
    pub cpe: Option<String>,
    /// How it is encrypted, where the scan looked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<Tls>,
}

/// How a service is encrypted.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(default)]
pub struct Tls {
    /// It accepts a version older than 1.2.
    pub old: Option<bool>,
    /// When its certificate begins to be worth something, UTC microseconds.
    pub from: Option<i64>,
    /// When its certificate ends, UTC microseconds.
    pub until: Option<i64>,
}

/// What an update server knows of the machine.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Updates {
    /// Updates it needs.
    pub needed: Option<u64>,
    /// Updates that failed.
    pub failed: Option<u64>,
    /// Updates not installed yet.
    pub not_installed: Option<u64>,
    /// When it last came for them, UTC microseconds.
    pub synchronised: Option<i64>,
    /// When it last reported, UTC microseconds.
    pub reported: Option<i64>,
}

/// Everything one source says of one machine.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "named by their types")]
pub struct Facts {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maker: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub firmware: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system: Option<System>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub software: Option<Vec<Software>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patches: Option<Vec<Patch>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub antivirus: Option<Vec<Antivirus>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub firewalls: Option<Vec<Firewall>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drives: Option<Vec<Drive>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remote: Option<Vec<Remote>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub admins: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secure_boot: Option<State>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub databases: Option<Vec<Database>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ports: Option<Vec<Port>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updates: Option<Updates>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub addresses: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holder: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// A management of mobiles knows it, and it follows its rules.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub managed: Option<State>,
}
