//! What sort of establishment: it selects the measures that count, and ranks them.

use super::catalogue::{Level, Measure};
use super::evidence::Connector;
use serde::{Deserialize, Serialize};

/// What must be true of an establishment for a measure to count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Condition {
    /// People sleep there.
    Nights,
    /// A host keeps health data for it.
    Hosted,
    /// Residents or visitors have a Wi-Fi.
    PublicWifi,
}

impl Condition {
    pub(super) fn find(word: &str) -> Option<Self> {
        match word {
            "nights" => Some(Self::Nights),
            "hosted" => Some(Self::Hosted),
            "wifi_public" => Some(Self::PublicWifi),
            _ => None,
        }
    }
}

/// An establishment, as its director describes it in a minute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Profile {
    /// How many people work there.
    pub staff: u32,
    /// People sleep there.
    pub nights: bool,
    /// People are cared for at home.
    pub at_home: bool,
    /// Socle runs on a machine of the establishment.
    pub self_hosted: bool,
    /// Some health data are with a host (hosted software, off-site backup).
    pub hosted: bool,
    /// Residents or visitors have a Wi-Fi.
    pub public_wifi: bool,
    /// Workstations are in a directory (Active Directory, LDAP).
    pub directory: bool,
}

impl Default for Profile {
    /// Nothing is left out until somebody says so.
    fn default() -> Self {
        Self {
            staff: 50,
            nights: true,
            at_home: false,
            self_hosted: true,
            hosted: true,
            public_wifi: true,
            directory: true,
        }
    }
}

impl Profile {
    /// Whether a measure counts here.
    pub fn selects(&self, measure: &Measure) -> bool {
        match measure.when {
            None => true,
            Some(Condition::Nights) => self.nights,
            Some(Condition::Hosted) => self.hosted,
            Some(Condition::PublicWifi) => self.public_wifi,
        }
    }

    /// Whether a source of evidence exists here: without a directory, nobody waits for one.
    pub fn has(&self, connector: Connector) -> bool {
        self.directory || !matches!(connector, Connector::Dir)
    }

    /// How much a measure matters here: the base first, then what this establishment is exposed to.
    pub fn rank(&self, measure: &Measure) -> u32 {
        let exposed = match measure.domain {
            "Sauvegarde" | "Continuité" if self.self_hosted => 4,
            "Postes" if self.at_home => 4,
            "Exposition" | "Obsolescence" => 4,
            "Identités" if self.staff >= 50 => 3,
            "Mises à jour" | "Postes" | "Sauvegarde" | "Administration" => 3,
            "Identités" | "Prestataires" | "Traçabilité" => 2,
            _ => 1,
        };
        let level = match measure.level {
            Level::Base => 100,
            Level::Standard => 40,
            Level::Reinforced => 10,
        };
        level + exposed * 5
    }
}
