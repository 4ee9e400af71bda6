//! Files of other programs, read: the format is recognised by what is inside, never by a name.
//!
//! A file is refused whole only when nothing of it can be trusted; else each line stands alone, and one that cannot be read
//! stays in its place with its reason.

mod computers;
mod cyclonedx;
mod delimited;
mod directory;
mod glpi;
mod json;
mod ldif;
mod nmap;
mod ocs;
mod osquery;
mod osqueryi;
mod parts;
mod professionals;
mod refusal;
mod register;
mod staff;
mod text;
mod tree;
mod wsus;
mod zone;

pub use refusal::{Reason, Refusal};
pub use register::{Column, REGISTERS, Register, blank};

use super::register::Entry;
use super::{Account, Bill, Movement, Sighting};
use serde::{Deserialize, Serialize};

/// The largest file that is read.
pub const LARGEST: usize = 64 << 20;
/// Lines of one file.
const MOST: usize = 500_000;

/// A format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Inventories of GLPI's agent, one or several, or one a line.
    Glpi,
    /// Inventories of OCS or FusionInventory.
    Ocs,
    /// Computers of an update server.
    Wsus,
    /// A scan of the network.
    Nmap,
    /// Results of osquery.
    Osquery,
    /// A bill of materials.
    Cyclonedx,
    /// Accounts and machines of a directory.
    Directory,
    /// Machines, as a table.
    Computers,
    /// Movements of staff.
    Staff,
    /// Accesses from afar.
    Accesses,
    /// Requests for accesses from afar.
    Grants,
    /// Runs of backups.
    Jobs,
    /// Contracts with providers.
    Contracts,
    /// Machines that left.
    Disposals,
    /// Grave flaws.
    Advisories,
    /// Things reported.
    Tickets,
    /// Restored records that were looked at.
    Proofreadings,
    /// Paper typed after an outage.
    Reentries,
    /// What domains say of their mail.
    Zone,
    /// Professionals of the national directory.
    Professionals,
}

impl Format {
    /// The name to show.
    #[must_use]
    pub fn french(self) -> &'static str {
        match self {
            Self::Glpi => "inventaire GLPI",
            Self::Ocs => "inventaire OCS ou FusionInventory",
            Self::Wsus => "serveur de mises à jour (WSUS)",
            Self::Nmap => "exploration du réseau (nmap)",
            Self::Osquery => "relevé osquery",
            Self::Cyclonedx => "composition de logiciel (CycloneDX)",
            Self::Directory => "comptes de l'annuaire",
            Self::Computers => "liste de machines",
            Self::Staff => "mouvements du personnel",
            Self::Accesses => "accès à distance",
            Self::Grants => "demandes d'accès à distance",
            Self::Jobs => "résultats de sauvegardes",
            Self::Contracts => "contrats",
            Self::Disposals => "appareils réformés",
            Self::Advisories => "failles graves",
            Self::Tickets => "signalements",
            Self::Proofreadings => "relectures de restauration",
            Self::Reentries => "ressaisies après panne",
            Self::Zone => "noms de domaine (DNS)",
            Self::Professionals => "extrait de l'Annuaire Santé",
        }
    }

    /// Its word in JSON.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Glpi => "glpi",
            Self::Ocs => "ocs",
            Self::Wsus => "wsus",
            Self::Nmap => "nmap",
            Self::Osquery => "osquery",
            Self::Cyclonedx => "cyclonedx",
            Self::Directory => "directory",
            Self::Computers => "computers",
            Self::Staff => "staff",
            Self::Accesses => "accesses",
            Self::Grants => "grants",
            Self::Jobs => "jobs",
            Self::Contracts => "contracts",
            Self::Disposals => "disposals",
            Self::Advisories => "advisories",
            Self::Tickets => "tickets",
            Self::Proofreadings => "proofreadings",
            Self::Reentries => "reentries",
            Self::Zone => "zone",
            Self::Professionals => "professionals",
        }
    }
}

/// What a line says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Content {
    /// Something of a machine.
    Machine(Box<Sighting>),
    /// An account.
    Account(Account),
    /// A movement of staff.
    Movement(Movement),
    /// A program and its parts.
    Product(Bill),
    /// A line of a register.
    Entry(Box<Entry>),
    /// It could not be read.
    Unread(Reason),
}

/// A line of a file, or an entry of one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The line where it begins, from 1; in a list, which of its entries.
    pub line: u64,
    /// What it says.
    pub content: Content,
}

impl Line {
    fn machine(line: u64, sighting: Sighting) -> Self {
        let content = if sighting.traits.is_empty() {
            Content::Unread(Reason::Nameless)
        } else {
            Content::Machine(Box::new(sighting))
        };
        Self { line, content }
    }

    fn unread(line: u64, reason: Reason) -> Self {
        Self { line, content: Content::Unread(reason) }
    }
}

/// A file, read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parsed {
    /// What it was.
    pub format: Format,
    /// All its lines, in order.
    pub lines: Vec<Line>,
}

/// Reads a file.
///
/// # Errors
/// Why the whole file is refused.
pub fn read(bytes: &[u8]) -> Result<Parsed, Refusal> {
    if bytes.len() > LARGEST {
        return Err(Refusal::TooLarge);
    }
    let text = text::decode(bytes)?;
    let start = text.trim_start();
    let parsed = match start.chars().next() {
        None => return Err(Refusal::Empty),
        Some('<') => xml(&text)?,
        Some('{' | '[') => json::read(&text)?,
        Some(_) if ldif::is_ldif(start) => ldif::read(&text),
        Some(_) if zone::is_zone(start) => zone::read(&text),
        Some(_) => table(&text)?,
    };
    if parsed.lines.len() > MOST {
        return Err(Refusal::TooMany);
    }
    if parsed.lines.is_empty() {
        return Err(Refusal::Empty);
    }
    Ok(parsed)
}

fn xml(text: &str) -> Result<Parsed, Refusal> {
    if text::is_page(text) {
        return Err(Refusal::WebPage);
    }
    let root = tree::read(text)?;
    match root.name.to_ascii_uppercase().as_str() {
        "REQUEST" => Ok(ocs::read(&root)),
        "NMAPRUN" => Ok(nmap::read(&root)),
        _ => Err(Refusal::Unknown),
    }
}

fn table(text: &str) -> Result<Parsed, Refusal> {
    let known = |table: &delimited::Table| register::find(table).is_some() || kind(table).is_some();
    told(&delimited::read(text, known)?).ok_or(Refusal::Columns)
}

/// What the names of the columns say a table is.
fn told(table: &delimited::Table) -> Option<Parsed> {
    if let Some(register) = register::find(table) {
        return Some(register::read(register, table));
    }
    Some(match kind(table)? {
        Format::Wsus => wsus::read(table),
        Format::Directory => directory::read(table),
        Format::Staff => staff::read(table),
        Format::Professionals => professionals::read(table),
        _ => computers::read(table),
    })
}

fn kind(table: &delimited::Table) -> Option<Format> {
    let fits = [
        (Format::Professionals, professionals::fits(table)),
        (Format::Wsus, wsus::fits(table)),
        (Format::Directory, directory::fits(table)),
        (Format::Computers, computers::fits(table)),
        (Format::Staff, staff::fits(table)),
    ];
    fits.into_iter().find(|(_, fits)| *fits).map(|(format, _)| format)
}
