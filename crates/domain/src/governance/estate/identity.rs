//! What tells one machine from another: serial number, then hardware UUID, then network cards, then name.
//!
//! Numbers that makers leave everywhere identify nothing, nor do the cards of virtual adapters.

use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Serial numbers that makers, and those who assemble, did not fill in.
const GENERIC_SERIALS: &[&str] = &[
    "tobefilledbyoem",
    "defaultstring",
    "systemserialnumber",
    "serialnumber",
    "notspecified",
    "notapplicable",
    "none",
    "na",
    "unknown",
    "inconnu",
    "oem",
    "invalid",
    "empty",
    "chassisserialnumber",
    "baseboardserialnumber",
    "null",
    "123456789",
    "1234567890",
    "0123456789",
    "12345678",
    "1234567",
    "notavailable",
    "nonrenseigne",
    "aucun",
    "undefined",
    "systemname",
    "xxxxxxxxx",
    "sernum",
    "serial",
    "ssn",
    "tobefilled",
    "standard",
    "default",
    "parallels",
    "vmware",
];
/// Hardware UUIDs that are the same on many machines.
const GENERIC_UUIDS: &[&str] = &[
    "03000200-0400-0500-0006-000700080009",
    "12345678-1234-5678-90ab-cddeefaabbcc",
    "4c4c4544-0000-2010-8020-80c04f202020",
    "fefefefe-fefe-fefe-fefe-fefefefefefe",
    "01020304-0506-0708-090a-0b0c0d0e0f10",
    "00020003-0004-0005-0006-000700080009",
    "58585858-5858-5858-5858-585858585858",
    "11111111-2222-3333-4444-555555555555",
];
/// Cards that programs make, the same ones on every machine: VMware's host adapters, TAP and Npcap adapters.
const VIRTUAL_CARDS: &[&str] = &["00:50:56:c0:", "00:ff:", "00:05:9a:3c:7a:", "02:00:4c:4f:"];
/// A serial number or UUID shared by so many machines of different names identifies none of them.
pub(super) const SHARED: usize = 3;

/// The name of a machine on its network.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Name {
    /// As the source writes it, without the domain.
    pub shown: String,
    /// The domain, in small letters; none for a workgroup.
    pub domain: Option<String>,
}

impl Name {
    /// Reads a name, with or without its domain.
    #[must_use]
    pub fn parse(text: &str, domain: Option<&str>) -> Option<Self> {
        let text = text.trim().trim_end_matches(['.', '$']);
        // « DOMAINE\\POSTE »: what stands before is a short name of the domain, which no other source can be compared with.
        let text = text.rsplit('\\').next().unwrap_or(text);
        let (short, rest) = match text.split_once('.') {
            // An address is no name.
            Some(_) if text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') => return None,
            Some((short, rest)) => (short, Some(rest)),
            None => (text, None),
        };
        let domain = rest.or(domain).map(|domain| domain.trim().trim_end_matches('.').to_lowercase());
        let domain = domain.filter(|domain| domain.contains('.') && !domain.contains(' '));
        let known = !short.is_empty() && !matches!(short.to_lowercase().as_str(), "localhost" | "unknown" | "none");
        known.then(|| Self { shown: short.to_owned(), domain })
    }

    /// What two writings of one name have in common.
    #[must_use]
    pub fn key(&self) -> String {
        self.shown.to_lowercase()
    }
}

/// What a source says a machine is recognised by: as written, to be shown; only what identifies is compared.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Traits {
    /// Serial number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub serial: Option<String>,
    /// Hardware UUID.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uuid: Option<String>,
    /// Network cards.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub macs: BTreeSet<String>,
    /// Name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<Name>,
}

impl Traits {
    /// The serial number as it is compared; none when it identifies nothing.
    #[must_use]
    pub fn serial_key(&self) -> Option<String> {
        self.serial.as_deref().and_then(serial)
    }

    /// The UUID as it is compared; none when it identifies nothing.
    #[must_use]
    pub fn uuid_key(&self) -> Option<String> {
        self.uuid.as_deref().and_then(uuid)
    }

    /// The cards as they are compared.
    #[must_use]
    pub fn mac_keys(&self) -> BTreeSet<String> {
        self.macs.iter().filter_map(|text| mac(text)).collect()
    }

    /// Whether anything tells this machine from another.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.name.is_none()
            && self.serial_key().is_none()
            && self.uuid_key().is_none()
            && self.macs.iter().all(|text| mac(text).is_none())
    }
}

fn plain(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn one_sign(text: &str) -> bool {
    let mut signs = text.chars();
    signs.next().is_none_or(|first| signs.all(|sign| sign == first))
}

fn serial(text: &str) -> Option<String> {
    let key = plain(text);
    // A virtual machine's number is its UUID in other words, and a copy keeps it.
    let generic =
        key.len() < 4 || one_sign(&key) || key.starts_with("vmware") || GENERIC_SERIALS.contains(&key.as_str());
    (!generic).then_some(key)
}

/// Lower-case UUID in the lesser of its two byte orders: programs do not agree which half is swapped.
fn uuid(text: &str) -> Option<String> {
    let key = text.trim().trim_matches(['{', '}']).to_lowercase();
    let digits: Vec<char> = key.chars().filter(char::is_ascii_hexdigit).collect();
    if GENERIC_UUIDS.contains(&key.as_str()) || key.len() < 8 {
        return None;
    }
    if digits.len() != 32 || key.len() > 36 {
        // Telephones give sixteen digits.
        return (!one_sign(&plain(&key))).then(|| plain(&key));
    }
    if digits.iter().all(|digit| *digit == '0') || digits.iter().all(|digit| *digit == 'f') {
        return None;
    }
    let pairs: Vec<String> = digits.chunks(2).map(|pair| pair.iter().collect()).collect();
    let order = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
    let swapped: String = order.iter().filter_map(|at: &usize| pairs.get(*at)).map(String::as_str).collect();
    let straight: String = digits.into_iter().collect();
    Some(straight.min(swapped))
}

/// Six pairs of small letters; none for a group, nothing, a drawn or a shared address.
fn mac(text: &str) -> Option<String> {
    let digits: Vec<char> = text.trim().to_lowercase().chars().filter(|c| !matches!(c, ':' | '-' | '.')).collect();
    if digits.len() != 12 || !digits.iter().all(char::is_ascii_hexdigit) {
        return None;
    }
    let key = digits.chunks(2).map(|pair| pair.iter().collect::<String>()).collect::<Vec<_>>().join(":");
    let first = u8::from_str_radix(key.get(..2)?, 16).ok()?;
    // Bit 0: a group. Bit 1: given by a program, as private addresses of telephones are.
    let real = first & 0b11 == 0 && key != "00:00:00:00:00:00";
    (real && !VIRTUAL_CARDS.iter().any(|card| key.starts_with(card))).then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_left_by_makers_identify_nothing() {
        for text in
            ["To be filled by O.E.M.", "0", "00000000", "Default string", "N/A", "VMware-42 1c 8b", "", "xxxxxx"]
        {
            assert_eq!(serial(text), None, "{text}");
        }
        assert_eq!(serial("CZC 0479-792"), Some("czc0479792".to_owned()));
        for text in ["03000200-0400-0500-0006-000700080009", "00000000-0000-0000-0000-000000000000", "", "0"] {
            assert_eq!(uuid(text), None, "{text}");
        }
    }

    #[test]
    fn a_uuid_is_the_same_in_both_byte_orders() {
        assert_eq!(uuid("4c4c4544-0034-3010-8048-b6c04f503732"), uuid("{44454C4C-3400-1030-8048-B6C04F503732}"));
        assert_ne!(uuid("00000000-0000-4000-8000-182328201778"), uuid("00000000-0000-4000-8000-926635549356"));
    }

    #[test]
    fn drawn_group_and_shared_cards_identify_nothing() {
        for text in ["02:42:ac:11:00:02", "01:00:5e:00:00:01", "00:50:56:C0:00:08", "0a:00:27:00:00:00", "ff:ff", ""] {
            assert_eq!(mac(text), None, "{text}");
        }
        assert_eq!(mac("0050.5600.0002"), Some("00:50:56:00:00:02".to_owned()));
    }

    #[test]
    fn a_name_is_short_and_its_domain_apart() {
        let name = Name::parse("PC-Accueil.Residence.local", Some("AUTRE")).unwrap();
        assert_eq!((name.key().as_str(), name.domain.as_deref()), ("pc-accueil", Some("residence.local")));
        assert_eq!(Name::parse("ASSO\\PC-12$", None).unwrap(), Name::parse("PC-12", None).unwrap());
        assert_eq!(Name::parse("PC1", Some("WORKGROUP")).unwrap().domain, None);
        assert_eq!(Name::parse("192.168.1.4", None), None);
        assert_eq!(Name::parse("localhost", None), None);
    }
}
