//! Somebody who is admitted, from what was typed to the resources that keep it.

use super::Ins;
use super::record::{PROVISIONAL, RELIABILITY, STATUS, places_of};
use super::sheet::{FIRST_NAMES, Field, Mistake, Sex, Sheet, Spot};
use ::fhir::Resource;
use ::fhir::json::Value;
use jiff::ToSpan as _;
use jiff::civil::Date;
use serde_json::json;

/// Signs of a name.
pub const LONGEST_NAME: usize = 100;
/// Signs of a room.
pub const LONGEST_ROOM: usize = 30;
/// Nobody is older.
const OLDEST: i64 = 130;

/// Somebody who is admitted: nothing is missing, nothing contradicts itself.
#[derive(Clone, PartialEq, Eq)]
pub struct Admission {
    family: String,
    used: Option<String>,
    given: String,
    born: Date,
    sex: Sex,
    ins: Option<Ins>,
    start: Date,
    room: Option<String>,
    spot: Spot,
}

impl std::fmt::Debug for Admission {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Admission(***, {})", self.start)
    }
}

impl Admission {
    /// Reads what was typed, on a day.
    ///
    /// # Errors
    /// What is wrong, field by field.
    pub fn parse(sheet: &Sheet, spot: Spot, today: Date) -> Result<Self, Vec<Mistake>> {
        let mut wrong = Vec::new();
        let mut said = |field, text| wrong.push(Mistake { field, text });
        let family = name(&sheet.family).unwrap_or_else(|text| {
            said(Field::Family, text.unwrap_or("Donnez le nom de naissance."));
            String::new()
        });
        let used = name(&sheet.used).or_else(|text| text.map_or(Ok(String::new()), Err)).unwrap_or_else(|text| {
            said(Field::Used, text);
            String::new()
        });
        let given = name(&sheet.given).unwrap_or_else(|text| {
            said(Field::Given, text.unwrap_or("Donnez au moins le premier prénom."));
            String::new()
        });
        let born = born(&sheet.born, today).map_err(|text| said(Field::Born, text)).ok();
        let sex = Sex::ALL.into_iter().find(|sex| sex.code() == sheet.sex);
        if sex.is_none() {
            said(Field::Sex, "Choisissez le sexe de l’état civil.");
        }
        let ins = match sheet.ins.trim() {
            "" => None,
            text => Ins::parse(text).map_err(|text| said(Field::Ins, text)).ok(),
        };
        let start = start(&sheet.start, born, today).map_err(|text| said(Field::Start, text)).ok();
        let room = room(&sheet.room).map_err(|text| said(Field::Room, text)).ok().flatten();
        match (born, sex, start) {
            (Some(born), Some(sex), Some(start)) if wrong.is_empty() => {
                let used = Some(used).filter(|used| !used.is_empty() && *used != family);
                Ok(Self { family, used, given, born, sex, ins, start, room, spot })
            }
            _ => Err(wrong),
        }
    }

    /// Day of birth.
    pub fn born(&self) -> Date {
        self.born
    }

    /// First day.
    pub fn start(&self) -> Date {
        self.start
    }

    /// National number.
    pub fn ins(&self) -> Option<&Ins> {
        self.ins.as_ref()
    }

    /// Family names, and first names.
    pub(super) fn names(&self) -> (impl Iterator<Item = &str>, impl Iterator<Item = &str>) {
        (std::iter::once(self.family.as_str()).chain(self.used.as_deref()), self.given.split(' '))
    }

    /// The first of the first names.
    fn first(&self) -> &str {
        self.given.split(' ').next().unwrap_or_default()
    }

    /// The Patient, whose identity nobody has verified yet: provisional, as the national rules of identity want it.
    pub fn patient(&self, id: &str) -> Value {
        let mut names = vec![json!({
            "extension": [{ "url": FIRST_NAMES, "valueString": self.given }],
            "use": "official", "family": self.family, "given": [self.first()],
        })];
        if let Some(used) = &self.used {
            names.push(json!({ "use": "usual", "family": used, "given": [self.first()] }));
        }
        let mut value = json!({
            "resourceType": "Patient",
            "id": id,
            "extension": [{ "url": RELIABILITY, "extension": [
                { "url": "identityStatus", "valueCoding": { "system": STATUS, "code": PROVISIONAL } }] }],
            "active": true,
            "name": names,
            "gender": self.sex.fhir(),
            "birthDate": self.born.to_string(),
        });
        if let (Some(ins), Some(object)) = (&self.ins, value.as_object_mut()) {
            let (system, code) = ins.system();
            let kind = "https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-v2-0203";
            let kind = json!({ "coding": [{ "system": kind, "code": code }] });
            let number = json!({ "use": "official", "type": kind, "system": system, "value": ins.value() });
            object.insert("identifier".into(), json!([number]));
        }
        value
    }

    /// The Encounter that is their stay.
    pub fn encounter(&self, id: &str, patient: &str) -> Value {
        let start = self.start.to_string();
        let mut value = json!({
            "resourceType": "Encounter",
            "id": id,
            "status": "in-progress",
            "class": { "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": self.spot.class },
            "subject": { "reference": format!("Patient/{patient}") },
            "period": { "start": start },
            "serviceProvider": {
                "identifier": { "system": "urn:oid:1.2.250.1.71.4.2.2", "value": format!("1{}", self.spot.finess) },
            },
        });
        let places = places_of(self.spot.unit, self.room.as_deref(), &start);
        if let Some(object) = value.as_object_mut().filter(|_| !places.is_empty()) {
            object.insert("location".into(), places.into());
        }
        value
    }
}

impl Admission {
    /// Whether this Patient is the one it made, with the same answers.
    pub fn made(&self, patient: &Resource) -> bool {
        let own = self.patient("");
        ["name", "gender", "birthDate", "identifier"].iter().all(|element| own.get(element) == patient.get(&[element]))
    }

    /// Whether this Encounter is the one it opened, with the same answers, wherever they have been since.
    pub fn opened(&self, stay: &Resource) -> bool {
        let start = self.start.to_string();
        let first = |places: Option<&Value>| -> Vec<Value> {
            let all = places.and_then(Value::as_array).into_iter().flatten();
            let since =
                |place: &&Value| place.get("period").and_then(|period| period.get("start")?.as_str()) == Some(&start);
            all.filter(since).filter_map(|place| place.get("location").cloned()).collect()
        };
        stay.str_at(&["period", "start"]) == Some(&start)
            && first(stay.get(&["location"])) == first(self.encounter("", "").get("location"))
    }
}

/// A name without spaces in excess; nothing said of one that is empty.
fn name(text: &str) -> Result<String, Option<&'static str>> {
    let name = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if name.is_empty() {
        return Err(None);
    }
    if name.chars().count() > LONGEST_NAME {
        return Err(Some("Trop long\u{a0}: 100\u{a0}caractères au plus."));
    }
    let fits = |sign: char| sign.is_alphabetic() || " -'’.".contains(sign);
    if name.chars().all(fits) && name.contains(char::is_alphabetic) {
        Ok(name)
    } else {
        Err(Some("Un nom s’écrit en lettres, avec des traits d’union ou des apostrophes au besoin."))
    }
}

fn born(text: &str, today: Date) -> Result<Date, &'static str> {
    let born: Date = text.trim().parse().map_err(|_| "Donnez la date de naissance.")?;
    if born > today {
        return Err("Cette date de naissance est à venir.");
    }
    let oldest = today.checked_sub(OLDEST.years()).unwrap_or(today);
    if born < oldest { Err("Cette date de naissance est trop ancienne\u{a0}: vérifiez l’année.") } else { Ok(born) }
}

fn start(text: &str, born: Option<Date>, today: Date) -> Result<Date, &'static str> {
    let start: Date = text.trim().parse().map_err(|_| "Donnez la date d’entrée.")?;
    if start > today {
        return Err("Une entrée à venir ne s’enregistre pas encore\u{a0}: revenez ce jour-là.");
    }
    if born.is_some_and(|born| start < born) {
        return Err("L’entrée est avant la naissance\u{a0}: vérifiez les deux dates.");
    }
    Ok(start)
}

/// A room, or none.
///
/// # Errors
/// What is wrong with it.
pub fn room(text: &str) -> Result<Option<String>, &'static str> {
    let room = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if room.chars().count() > LONGEST_ROOM || room.contains(char::is_control) {
        return Err("Trop long pour une chambre\u{a0}: 30\u{a0}caractères au plus.");
    }
    Ok(Some(room).filter(|room| !room.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::super::{identity, is_provisional};
    use super::*;
    use jiff::civil::date;

    const TODAY: Date = date(2026, 5, 28);

    fn sheet() -> Sheet {
        let text = str::to_owned;
        Sheet {
            family: text("Quéméner"),
            used: text("Le  Goff"),
            given: text(" Marie-Odette Jeanne "),
            born: text("1938-03-07"),
            sex: text("F"),
            ins: text("1 09 07 63 220 834 89"),
            start: text("2026-05-28"),
            room: text("12"),
        }
    }

    fn spot() -> Spot {
        Spot { finess: "990000025".to_owned(), class: "IMP", unit: -7 }
    }

    fn wrong(sheet: &Sheet) -> Vec<Field> {
        let mistakes = Admission::parse(sheet, spot(), TODAY).err().unwrap_or_default();
        mistakes.into_iter().map(|mistake| mistake.field).collect()
    }

    #[test]
    fn what_is_kept_is_valid_and_provisional() {
        let new = Admission::parse(&sheet(), spot(), TODAY).unwrap();
        let patient = Resource::from_value(new.patient("p")).unwrap();
        let stay = Resource::from_value(new.encounter("s", "p")).unwrap();
        for resource in [&patient, &stay] {
            assert_eq!(::fhir::validate::check(resource), [], "{}", resource.kind());
        }
        assert!(is_provisional(&patient));
        let again = Sheet { ins: sheet().ins, start: sheet().start, room: sheet().room, ..identity(&patient) };
        assert_eq!(Admission::parse(&again, spot(), TODAY).unwrap(), new);
        let name = |at: usize| patient.get(&["name"]).unwrap().get(at).unwrap().clone();
        assert_eq!((&name(0)["given"], &name(1)["family"]), (&json!(["Marie-Odette"]), &json!("Le Goff")));
        assert_eq!(stay.get(&["location"]).unwrap().as_array().unwrap().len(), 2);
        assert_eq!(format!("{new:?}"), "Admission(***, 2026-05-28)");
        let plain = Sheet { used: String::new(), ins: String::new(), room: String::new(), ..sheet() };
        let new = Admission::parse(&plain, Spot { unit: 0, ..spot() }, TODAY).unwrap();
        let patient = Resource::from_value(new.patient("p")).unwrap();
        assert!(patient.get(&["identifier"]).is_none() && patient.get(&["name"]).unwrap().get(1).is_none());
        assert!(new.encounter("s", "p").get("location").is_none());
    }

    #[test]
    fn one_answer_apart_is_another_form() {
        let parse = |sheet: &Sheet, unit| Admission::parse(sheet, Spot { unit, ..spot() }, TODAY).unwrap();
        let new = parse(&sheet(), -7);
        let patient = Resource::from_value(new.patient("p")).unwrap();
        let stay = Resource::from_value(new.encounter("s", "p")).unwrap();
        let moved = super::super::moved(&stay, 0, Some("14"), 1_780_000_000_000_000).unwrap();
        let moved = Resource::from_value(moved).unwrap();
        let kept = |other: &Admission| (other.made(&patient), other.opened(&stay), other.opened(&moved));
        assert_eq!(kept(&new), (true, true, true));
        assert_eq!(kept(&parse(&sheet(), 0)), (true, false, false));
        for sheet in [Sheet { room: "13".into(), ..sheet() }, Sheet { start: "2026-05-27".into(), ..sheet() }] {
            assert_eq!(kept(&parse(&sheet, -7)), (true, false, false));
        }
        let (born, ins) = (Sheet { born: "1938-03-08".into(), ..sheet() }, Sheet { ins: String::new(), ..sheet() });
        for sheet in [born, ins, Sheet { given: "Marie-Odette".into(), ..sheet() }] {
            assert_eq!(kept(&parse(&sheet, -7)), (false, true, true));
        }
    }

    #[test]
    fn each_field_says_what_is_wrong_with_it() {
        assert_eq!(wrong(&sheet()), []);
        let all = wrong(&Sheet { ins: "1".into(), room: "x".repeat(31), ..Sheet::default() });
        use Field as F;
        assert_eq!(all, [F::Family, F::Given, F::Born, F::Sex, F::Ins, F::Start, F::Room]);
        for (born, start, field) in [
            ("1938-03-07", "2026-05-29", Field::Start),
            ("2026-05-20", "2026-05-19", Field::Start),
            ("2026-05-29", "2026-05-28", Field::Born),
            ("1838-03-07", "2026-05-28", Field::Born),
            ("07/03/1938", "2026-05-28", Field::Born),
            ("1938-03-07", "2026-02-30", Field::Start),
        ] {
            let sheet = Sheet { born: born.into(), start: start.into(), ..sheet() };
            assert!(wrong(&sheet).contains(&field), "{born} {start}");
        }
        for name in ["<b>", "123", "-", &"x".repeat(101)] {
            assert_eq!(wrong(&Sheet { used: name.into(), ..sheet() }), [Field::Used], "{name}");
        }
        for name in ["d’Abbadie", "O'Brien", "de la Tour", "Nguyễn", "J.-P."] {
            assert_eq!(wrong(&Sheet { family: name.into(), ..sheet() }), [], "{name}");
        }
    }
}
