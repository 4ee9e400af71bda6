//! The estate: machines, accounts, movements of staff and parts of programs, as files of other programs tell of them.
//!
//! A file is read into lines ([`read`]); what is kept is what each line says ([`Sighting`]), never a machine: machines are
//! folded out of all lines ([`Estate::fold`]), so that an import can be taken back and the order of imports does not
//! matter. Nothing is dropped: a line that could not be read says why.

mod cluster;
mod date;
mod departures;
mod facts;
mod fold;
mod identity;
mod product;
mod reading;
pub(super) mod register;
mod release;
mod sighting;
mod staff;
#[cfg(test)]
mod tests;
mod verdicts;

pub use cluster::Conflict;
pub use facts::{
    Antivirus, Database, Drive, Facts, Firewall, Kind, Patch, Port, Remote, Software, State, System, Tls, Updates,
};
pub use fold::{Asset, Estate, Fate, Seen, Source};
pub use identity::{Name, Traits};
pub use product::{Bill, Component};
pub use reading::{Column, Content, Format, LARGEST, Line, Parsed, REGISTERS, Reason, Refusal, Register, blank, read};
pub use register::{
    Access, Advisory, Contract, Disposal, Entry, Grant, Job, Professional, Proofreading, Reentry, Ticket, Zone,
};
pub use sighting::Sighting;
pub use staff::{Account, Movement};
pub use verdicts::Judged;
