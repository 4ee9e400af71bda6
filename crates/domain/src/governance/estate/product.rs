//! What a program is made of, as its publisher tells (a bill of materials).

use serde::{Deserialize, Serialize};

/// A part of a program.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(default)]
pub struct Component {
    /// `library`, `framework`, `operating-system`…
    pub kind: String,
    /// Name, with its group before it.
    pub name: String,
    /// Version.
    pub version: Option<String>,
    /// Package URL.
    pub purl: Option<String>,
    /// CPE.
    pub cpe: Option<String>,
}

/// A program and its parts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Bill {
    /// The program.
    pub name: String,
    /// Its version.
    pub version: Option<String>,
    /// Its parts.
    pub components: Vec<Component>,
    /// When the bill was made, UTC microseconds.
    pub seen: Option<i64>,
}
