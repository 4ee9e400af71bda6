//! The 146 concrete resource types of R4, with the stable numbers databases use.

use std::collections::HashMap;
use std::fmt;
use std::sync::LazyLock;

/// A resource type of R4.
#[derive(Copy, Clone, Eq, PartialEq, Hash, Ord, PartialOrd)]
pub struct ResourceType(u16);

/// `number<TAB>name`; append only, numbers never change.
const TABLE: &str = include_str!("types.tsv");

static NAMES: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| TABLE.lines().filter_map(|line| line.split_once('\t')).map(|(_, name)| name).collect());
static NUMBERS: LazyLock<HashMap<&'static str, u16>> = LazyLock::new(|| {
    TABLE
        .lines()
        .filter_map(|line| line.split_once('\t'))
        .filter_map(|(number, name)| Some((name, number.parse().ok()?)))
        .collect()
});

macro_rules! types {
    ($($constant:ident = $number:literal $name:literal),* $(,)?) => {
        impl ResourceType {
            $(#[doc = concat!("`", $name, "`.")] pub const $constant: Self = Self($number);)*
        }
        #[cfg(test)]
        const CONSTANTS: &[(ResourceType, &str)] = &[$((ResourceType::$constant, $name)),*];
    };
}

types! {
    PATIENT = 103 "Patient",
    ENCOUNTER = 44 "Encounter",
    OBSERVATION = 96 "Observation",
    BUNDLE = 12 "Bundle",
    BINARY = 9 "Binary",
    PROVENANCE = 111 "Provenance",
    ORGANIZATION = 100 "Organization",
    PRACTITIONER = 108 "Practitioner",
    PRACTITIONER_ROLE = 109 "PractitionerRole",
    RELATED_PERSON = 114 "RelatedPerson",
    CONDITION = 28 "Condition",
    COMMUNICATION = 23 "Communication",
    DOCUMENT_REFERENCE = 42 "DocumentReference",
    MEDICATION_REQUEST = 79 "MedicationRequest",
    ALLERGY_INTOLERANCE = 4 "AllergyIntolerance",
    PARAMETERS = 102 "Parameters",
    OPERATION_OUTCOME = 99 "OperationOutcome",
    GROUP = 58 "Group",
    LOCATION = 71 "Location",
    DEVICE = 35 "Device",
    MEDICATION = 75 "Medication",
    PERSON = 106 "Person",
    HEALTHCARE_SERVICE = 60 "HealthcareService",
    SEARCH_PARAMETER = 123 "SearchParameter",
    SUBSCRIPTION = 130 "Subscription",
    STRUCTURE_DEFINITION = 128 "StructureDefinition",
    VALUE_SET = 144 "ValueSet",
    CODE_SYSTEM = 22 "CodeSystem",
}

impl ResourceType {
    /// The type of this name.
    pub fn parse(name: &str) -> Option<Self> {
        NUMBERS.get(name).copied().map(Self)
    }

    /// The type of this number.
    pub fn from_code(code: i64) -> Option<Self> {
        let number = u16::try_from(code).ok()?;
        let index = usize::from(number).checked_sub(1)?;
        NAMES.get(index).map(|_| Self(number))
    }

    /// Its number.
    pub fn code(self) -> i64 {
        i64::from(self.0)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        usize::from(self.0).checked_sub(1).and_then(|index| NAMES.get(index)).copied().unwrap_or_default()
    }

    /// All types, in the order of their numbers.
    pub fn all() -> impl Iterator<Item = Self> {
        (1..=u16::try_from(NAMES.len()).unwrap_or(0)).map(Self)
    }
}

impl fmt::Display for ResourceType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Debug for ResourceType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_is_numbered_in_order_and_constants_agree() {
        assert_eq!(ResourceType::all().count(), 146);
        for (index, line) in TABLE.lines().enumerate() {
            let (number, name) = line.split_once('\t').unwrap();
            assert_eq!(number.parse::<usize>().unwrap(), index + 1);
            assert_eq!(ResourceType::parse(name).unwrap().name(), name);
        }
        for (kind, name) in CONSTANTS {
            assert_eq!(kind.name(), *name);
        }
        assert_eq!(ResourceType::parse("Resource"), None);
        assert_eq!(ResourceType::from_code(0), None);
    }
}
