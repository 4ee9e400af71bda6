//! The three places: their units, their rooms, and the resources that describe them.

use super::{ENTITY, ENTITY_NAME};
use serde_json::{Value, json};

/// One unit of a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnitOfDemo {
    /// Name on screens.
    pub name: &'static str,
    /// How many of the place's people are in it.
    pub people: usize,
}

/// One place of the demo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlaceOfDemo {
    /// FINESS EG, invented.
    pub finess: &'static str,
    /// Name on screens.
    pub name: &'static str,
    /// Place profile code.
    pub profile: &'static str,
    /// How many people it accompanies.
    pub people: usize,
    /// Its units, in the order of the people's ranks.
    pub units: &'static [UnitOfDemo],
}

const fn unit(name: &'static str, people: usize) -> UnitOfDemo {
    UnitOfDemo { name, people }
}

/// The three places, the first being the default one.
pub const PLACES: [PlaceOfDemo; 3] = [
    PlaceOfDemo {
        finess: "990000025",
        name: "EHPAD Les Tilleuls",
        profile: "ehpad",
        people: 80,
        units: &[
            unit("Unité 1 – Rez-de-jardin", 28),
            unit("Unité 2 – Premier étage", 30),
            unit("Unité protégée – Les Glycines", 22),
        ],
    },
    PlaceOfDemo {
        finess: "990000033",
        name: "IME La Clairière",
        profile: "ime",
        people: 60,
        units: &[
            unit("Les Moineaux (7-11 ans)", 20),
            unit("Les Cigales (12-15 ans)", 22),
            unit("Les Passerelles (16-19 ans)", 18),
        ],
    },
    PlaceOfDemo {
        finess: "990000041",
        name: "CSAPA Le Passage",
        profile: "csapa",
        people: 50,
        units: &[unit("Consultations", 34), unit("Appartements thérapeutiques", 16)],
    },
];

/// How many times fewer people are in a small demo.
const SMALLER: usize = 10;

impl PlaceOfDemo {
    /// Ranks of its people; of a `small` demo, the first tenth of each unit.
    pub fn ranks(&self, small: bool) -> Vec<usize> {
        let kept = |people: usize| if small { (people + SMALLER / 2) / SMALLER } else { people };
        let firsts = self.units.iter().scan(0, |next, unit| {
            let first = *next;
            *next += unit.people;
            Some(first..first + kept(unit.people))
        });
        firsts.flatten().collect()
    }

    /// Unit of the person of this rank, and how many of its people come before.
    pub(super) fn seat(&self, rank: usize) -> (usize, usize) {
        let mut left = rank;
        for (index, unit) in self.units.iter().enumerate() {
            if left < unit.people {
                return (index, left);
            }
            left -= unit.people;
        }
        (0, left)
    }

    /// The room of the person of this rank: everyone in a care home, a third in an institute, those of the flats.
    pub(super) fn room(&self, rank: usize) -> Option<String> {
        let (unit, seat) = self.seat(rank);
        match (self.profile, unit) {
            ("ehpad", 2) => Some(format!("G{:02}", seat + 1)),
            ("ehpad", unit) => Some(format!("{}{:02}", unit + 1, seat + 1)),
            ("ime", _) => (seat % 3 == 0).then(|| format!("Chambre {}", self.boarders_before(unit) + seat / 3 + 1)),
            ("csapa", 1) => Some(format!("Appt {}", seat / 2 + 1)),
            _ => None,
        }
    }

    fn boarders_before(&self, unit: usize) -> usize {
        self.units.iter().take(unit).map(|unit| unit.people.div_ceil(3)).sum()
    }

    /// Id of the Location of a room.
    pub(super) fn room_id(&self, room: &str) -> String {
        format!("demo-{}-{}", self.profile, room.replace(' ', "-"))
    }

    fn unit_id(&self, unit: usize) -> String {
        format!("demo-{}-u{}", self.profile, unit + 1)
    }

    /// Its units and its rooms.
    fn locations(&self) -> Vec<Value> {
        let managing = json!({ "reference": format!("Organization/demo-{}", self.profile) });
        let mut all = Vec::new();
        for (index, unit) in self.units.iter().enumerate() {
            all.push(location(&self.unit_id(index), unit.name, ("wa", "Ward"), &managing));
        }
        let mut rooms: Vec<(usize, String)> =
            (0..self.people).filter_map(|rank| Some((self.seat(rank).0, self.room(rank)?))).collect();
        rooms.dedup();
        for (unit, room) in rooms {
            let mut value = location(&self.room_id(&room), &room, ("ro", "Room"), &managing);
            if let Some(object) = value.as_object_mut() {
                object.insert("identifier".into(), json!([{ "system": "urn:socle:room", "value": room }]));
                object.insert("partOf".into(), json!({ "reference": format!("Location/{}", self.unit_id(unit)) }));
            }
            all.push(value);
        }
        all
    }
}

fn location(id: &str, name: &str, (code, display): (&str, &str), managing: &Value) -> Value {
    let system = "http://terminology.hl7.org/CodeSystem/location-physical-type";
    json!({
        "resourceType": "Location", "id": id, "status": "active", "name": name, "mode": "instance",
        "physicalType": { "coding": [{ "system": system, "code": code, "display": display }] },
        "managingOrganization": managing,
    })
}

/// The organisations (the legal entity and one for each place), their units and their rooms.
pub fn structure() -> Vec<Value> {
    let organization = |id: &str, finess: &str, name: &str, parent: Option<&str>| {
        let mut value = json!({
            "resourceType": "Organization",
            "id": id,
            "identifier": [{ "system": "urn:oid:1.2.250.1.71.4.2.2", "value": format!("1{finess}") }],
            "active": true,
            "name": name,
        });
        if let (Some(parent), Some(object)) = (parent, value.as_object_mut()) {
            object.insert("partOf".into(), json!({ "reference": format!("Organization/{parent}") }));
        }
        value
    };
    let mut all = vec![organization("demo-entite", ENTITY, ENTITY_NAME, None)];
    for place in PLACES {
        all.push(organization(&format!("demo-{}", place.profile), place.finess, place.name, Some("demo-entite")));
        all.extend(place.locations());
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn units_share_out_everybody_and_a_small_demo_fills_each() {
        for place in PLACES {
            assert_eq!(place.units.iter().map(|unit| unit.people).sum::<usize>(), place.people);
            assert_eq!(place.ranks(false), (0..place.people).collect::<Vec<_>>());
            let few = place.ranks(true);
            let units: BTreeSet<usize> = few.iter().map(|rank| place.seat(*rank).0).collect();
            assert_eq!(units.len(), place.units.len());
            assert!(few.iter().filter(|rank| place.seat(**rank).1 == 0).count() == place.units.len());
        }
        assert_eq!(PLACES.map(|place| place.ranks(true).len()), [8, 6, 5]);
    }

    #[test]
    fn every_resident_has_a_room_of_their_own() {
        let rooms: BTreeSet<String> = (0..80).filter_map(|rank| PLACES[0].room(rank)).collect();
        assert!(rooms.len() == 80 && rooms.contains("101") && rooms.contains("206") && rooms.contains("G01"));
        let boarders = (0..60).filter_map(|rank| PLACES[1].room(rank)).collect::<BTreeSet<_>>();
        assert!(boarders.len() == 21 && boarders.contains("Chambre 1"), "{boarders:?}");
        assert_eq!((0..50).filter_map(|rank| PLACES[2].room(rank)).count(), 16);
    }

    #[test]
    fn locations_hang_together() {
        let all = structure();
        let ids: BTreeSet<String> = all
            .iter()
            .map(|v| format!("{}/{}", v["resourceType"].as_str().unwrap(), v["id"].as_str().unwrap()))
            .collect();
        assert_eq!(ids.len(), all.len());
        for value in &all {
            assert!(fhir::is_id(value["id"].as_str().unwrap()), "{value}");
            for key in ["partOf", "managingOrganization"] {
                let target = value.get(key).map(|target| target["reference"].as_str().unwrap());
                assert!(target.is_none_or(|target| ids.contains(target)), "{value}");
            }
        }
        let room = all.iter().find(|value| value["id"] == "demo-ehpad-206").unwrap();
        assert_eq!(room["partOf"]["reference"], "Location/demo-ehpad-u2");
    }
}
