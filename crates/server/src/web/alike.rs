//! Persons of a list who may be taken for one another: the same name, or first names one letter apart. Wherever names stand side
//! by side, theirs come with the day they were born.

use super::identity::Identity;
use super::people::Row;
use app::people::Resident;
use domain::care::stay::is_one_letter_apart;
use fhir::search::normalise;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

/// Those whom a name alone does not tell apart.
#[derive(Debug, Default)]
pub(crate) struct Alike {
    /// Ids of their Patients.
    ids: BTreeSet<String>,
    today: Date,
}

impl Alike {
    /// Among those of a page.
    pub(crate) fn among<'a>(residents: impl IntoIterator<Item = &'a Resident>, today: Date) -> Self {
        let mut families: BTreeMap<String, Vec<(String, &str)>> = BTreeMap::new();
        for resident in residents {
            let (family, given) = Identity::names(&resident.patient.resource);
            let known = families.entry(normalise(&family)).or_default();
            // A page may show the same person several times.
            if known.iter().all(|(_, id)| *id != resident.id()) {
                known.push((normalise(&given), resident.id()));
            }
        }
        let ids = families.values().flat_map(|family| family.iter().filter(|one| is_like_another(family, one)));
        Self { ids: ids.map(|(_, id)| (*id).to_owned()).collect(), today }
    }

    /// A person of that page.
    pub(crate) fn row(&self, resident: &Resident) -> Row {
        let who = Identity::of(&resident.patient.resource, self.today);
        let alike = self.ids.contains(resident.id()) && !who.born.is_empty();
        let apart = alike.then(|| format!("{} le {}", who.born_word(), who.born));
        Row { id: resident.id().to_owned(), room: resident.room.clone(), apart, who }
    }

    /// Every person of a list.
    pub(crate) fn rows<'a>(residents: impl IntoIterator<Item = &'a Resident> + Clone, today: Date) -> Vec<Row> {
        let alike = Self::among(residents.clone(), today);
        residents.into_iter().map(|resident| alike.row(resident)).collect()
    }

    /// Persons to choose among, in the same order: those who are here before those who are gone, of whom one may still write.
    pub(crate) fn to_write_about<'a>(
        residents: impl IntoIterator<Item = &'a Resident> + Clone,
        today: Date,
    ) -> Vec<Row> {
        let mut rows = Self::rows(residents, today);
        rows.sort_by_key(|row| row.who.gone.is_some());
        rows
    }
}

fn is_like_another(family: &[(String, &str)], (given, id): &(String, &str)) -> bool {
    family.iter().any(|(other, whose)| whose != id && is_one_letter_apart(given, other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn told_apart_when_names_are_the_same_or_nearly() {
        let person = |id: &str, family: &str, given: &str, born: &str| {
            let patient = serde_json::json!({"resourceType": "Patient", "id": id, "gender": "male", "birthDate": born,
                "name": [{"family": family, "given": [given]}]});
            Resident { patient: crate::web::sample::version(patient), room: None }
        };
        let all = [
            person("a", "Martin", "Jean", "1940-05-03"),
            person("b", "MARTIN", "Jéan", "1951-01-02"),
            person("c", "Martin", "Jeanne", "1960-01-01"),
            person("d", "Petit", "Louis", "1933-01-01"),
            person("e", "Petit", "Louise", "1934-01-01"),
            person("e", "Petit", "Louise", "1934-01-01"),
            person("f", "Roux", "Jean", ""),
            person("g", "Roux", "Jean", "1950-01-01"),
        ];
        let rows = Alike::rows(&all, jiff::civil::date(2026, 1, 1));
        let apart: Vec<Option<&str>> = rows.iter().map(|row| row.apart.as_deref()).collect();
        let (jean, louise) = ("né le 03/05/1940", "né le 01/01/1934");
        let mut expected = vec![Some(jean), Some("né le 02/01/1951"), None, Some("né le 01/01/1933")];
        expected.extend([Some(louise), Some(louise), None, Some("né le 01/01/1950")]);
        assert_eq!(apart, expected);
        assert_eq!(rows[0].label(), "MARTIN Jean, né le 03/05/1940");
    }
}
