//! What the house has decided of one thing: an account that may be shared, a port meant to be open, a machine that is to be
//! replaced. Each says why, by whom and until when; past that day the thing is judged again as if nothing had been decided.

use super::rules::Settings;
use jiff::ToSpan as _;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// The longest reason and the longest subject, in signs.
const REASON: usize = 500;
const SUBJECT: usize = 120;

/// What may be decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExemptKind {
    /// A machine is to be replaced: until the day of its replacement.
    Replacement,
    /// A machine that is seen no more, or that no inventory knows, is accounted for: lost, in reserve, somebody else's.
    Decided,
    /// An account may be shared, or stay unused.
    Account,
    /// An account may administer workstations.
    LocalAdmin,
    /// A port is meant to be seen from the Internet.
    Port,
}

impl ExemptKind {
    /// Every kind, in the order of the form.
    pub const ALL: [Self; 5] = [Self::Replacement, Self::Decided, Self::Account, Self::LocalAdmin, Self::Port];

    /// As forms write it.
    pub fn code(self) -> &'static str {
        match self {
            Self::Replacement => "remplacement",
            Self::Decided => "machine",
            Self::Account => "compte",
            Self::LocalAdmin => "administrateur",
            Self::Port => "port",
        }
    }

    /// In French, for screens.
    pub fn label(self) -> &'static str {
        match self {
            Self::Replacement => "Machine dont le remplacement est prévu",
            Self::Decided => "Machine disparue ou inconnue, dont le sort est décidé",
            Self::Account => "Compte partagé, dormant ou à large accès, accepté",
            Self::LocalAdmin => "Compte administrateur de postes accepté",
            Self::Port => "Port ouvert sur Internet, voulu",
        }
    }

    /// The kind of a code.
    pub fn find(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// It is about a machine of the inventory.
    pub fn is_machine(self) -> bool {
        matches!(self, Self::Replacement | Self::Decided)
    }

    /// Years it may last at most.
    fn most(self) -> i16 {
        match self {
            Self::Replacement => 5,
            Self::Decided | Self::Account | Self::LocalAdmin | Self::Port => 2,
        }
    }
}

/// Something decided.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exemption {
    /// Stands for it in a form.
    pub id: String,
    /// What kind.
    pub kind: ExemptKind,
    /// Of what: the key of a machine, a login, a port.
    pub subject: String,
    /// Its name when it was decided.
    pub shown: String,
    /// Why.
    pub reason: String,
    /// By whom: the account.
    pub by: i64,
    /// First day.
    pub from: Date,
    /// Last day.
    pub until: Date,
}

impl std::fmt::Debug for Exemption {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Exemption({:?}, until {})", self.kind, self.until)
    }
}

/// A field of the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the fields of an exemption")]
pub enum ExemptField {
    Kind,
    Subject,
    Reason,
    Until,
}

/// What a form says of an exemption.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as in `Exemption`")]
pub struct ExemptSheet {
    pub kind: String,
    pub subject: String,
    pub reason: String,
    pub until: String,
}

impl ExemptSheet {
    /// An exemption that cannot be wrong, or every mistake with its field. `machine`: the key of the machine of a name.
    ///
    /// # Errors
    /// Every mistake, in the order of the form.
    pub fn parse(
        &self,
        id: &str,
        by: i64,
        machine: impl Fn(&str) -> Option<String>,
        today: Date,
    ) -> Result<Exemption, Vec<(ExemptField, &'static str)>> {
        let mut wrong = Vec::new();
        let kind = ExemptKind::find(&self.kind);
        if kind.is_none() {
            wrong.push((ExemptField::Kind, "Choisissez de quoi il s’agit."));
        }
        let shown = self.subject.trim();
        let subject = match kind {
            _ if shown.is_empty() || shown.chars().count() > SUBJECT => None,
            Some(kind) if kind.is_machine() => machine(shown),
            Some(ExemptKind::Port) => shown.parse::<u16>().ok().filter(|port| *port > 0).map(|port| port.to_string()),
            _ => Some(shown.to_owned()),
        };
        if subject.is_none() {
            wrong.push((
                ExemptField::Subject,
                match kind {
                    Some(kind) if kind.is_machine() => "Donnez le nom d’une machine du parc.",
                    Some(ExemptKind::Port) => "Donnez un numéro de port, de 1 à 65535.",
                    _ => "Donnez l’identifiant du compte.",
                },
            ));
        }
        let reason = self.reason.trim();
        if reason.is_empty() {
            wrong.push((ExemptField::Reason, "Dites pourquoi."));
        } else if reason.chars().count() > REASON {
            wrong.push((ExemptField::Reason, "Texte trop long\u{a0}: 500 caractères au plus."));
        }
        let until = self.until.trim().parse::<Date>().ok();
        let most = today.saturating_add(kind.map_or(5, ExemptKind::most).years());
        match until {
            None => wrong.push((ExemptField::Until, "Donnez une date de fin\u{a0}: une exception prend toujours fin.")),
            Some(until) if until < today => wrong.push((ExemptField::Until, "Cette date est passée.")),
            Some(until) if until > most => {
                wrong.push((
                    ExemptField::Until,
                    "Cette date est trop loin\u{a0}: deux ans au plus, cinq pour un remplacement.",
                ));
            }
            Some(_) => {}
        }
        match (kind, subject, until) {
            (Some(kind), Some(subject), Some(until)) if wrong.is_empty() => Ok(Exemption {
                id: id.to_owned(),
                kind,
                subject,
                shown: shown.to_owned(),
                reason: reason.to_owned(),
                by,
                from: today,
                until,
            }),
            _ => Err(wrong),
        }
    }
}

impl Exemption {
    /// It counts on a day.
    pub fn is_in_force(&self, on: Date) -> bool {
        self.from <= on && on <= self.until
    }
}

impl Settings {
    /// What counts on a day: what was decided for good, and what was decided until then.
    #[must_use]
    pub fn with(&self, exemptions: &[Exemption], on: Date) -> Self {
        let mut all = self.clone();
        for one in exemptions.iter().filter(|one| one.is_in_force(on)) {
            let subject = one.subject.clone();
            match one.kind {
                ExemptKind::Replacement => {
                    all.replacements.insert(subject, one.until);
                }
                ExemptKind::Decided => {
                    all.decided.insert(subject);
                }
                ExemptKind::Account => {
                    all.exempt_accounts.insert(subject);
                }
                ExemptKind::LocalAdmin => {
                    all.local_admins.insert(subject);
                }
                ExemptKind::Port => {
                    all.public_ports.extend(subject.parse::<u16>().ok());
                }
            }
        }
        all
    }
}
