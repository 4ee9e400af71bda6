//! What is written from time to time: projects and their goals, letters; and the agenda.

use super::content;
use super::person::{CLERKS, DOCTORS, Part, Person, instant};
use crate::local_time;
use jiff::ToSpan as _;
use jiff::civil::{Date, Weekday};
use serde_json::json;

/// Days before which an appointment is known.
const KNOWN: i64 = 14;
const DAY: i64 = 86_400_000_000;

const APPOINTMENTS: [&[&str]; 3] = [
    &[
        "Dentiste",
        "Podologue",
        "Kinésithérapeute",
        "Ophtalmologue",
        "Coiffeur",
        "Visite de la famille",
        "Cardiologue",
        "Psychologue",
    ],
    &[
        "Orthophoniste",
        "Neurologue",
        "Dentiste",
        "Équipe de suivi de scolarisation",
        "Rendez-vous avec les parents",
        "Psychomotricité",
        "MDPH",
    ],
    &[
        "Rendez-vous infirmier",
        "Rendez-vous médecin",
        "Infectiologue",
        "Dentiste",
        "Mission locale",
        "CAF",
        "Entretien social",
    ],
];

impl Person {
    /// A personal project a year, its goals, and the evaluation that comes before it.
    pub(super) fn projects(&mut self) {
        let author = self.referent();
        let goals = content::goals(self.place);
        for year in 0..1 + self.stream.below(5) {
            let start = self.ago(1 + year * 365 + self.stream.clone().below(200));
            let current = year == 0;
            let value = json!({
                "resourceType": "CarePlan", "id": self.stream.uuid(), "status": if current { "active" } else { "completed" },
                "intent": "plan", "title": format!("Projet personnalisé {}", start.year()),
                "subject": self.subject(), "period": { "start": start.to_string() }, "author": self.author(author)
            });
            self.add(author, Some("note educative"), value);
            // One after the other from somewhere: a project never holds one goal twice.
            let first = self.stream.below(goals.len() as u64) as usize;
            let count = 2 + self.stream.below(3) as usize;
            for goal in goals.iter().cycle().skip(first).take(count) {
                let text = self.fill(goal, self.edition.until);
                let reached = *self.stream.pick(&["achieved", "in-progress", "not-achieved"], &"in-progress");
                let value = json!({
                    "resourceType": "Goal", "id": self.stream.uuid(), "lifecycleStatus": if current { "active" } else { "completed" },
                    "achievementStatus": { "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/goal-achievement", "code": reached }] },
                    "description": { "text": text }, "subject": self.subject(), "startDate": start.to_string()
                });
                self.add(author, Some("note educative"), value);
            }
        }
    }

    pub(super) fn letters(&mut self) {
        let all = content::LETTERS.get(self.place).copied().unwrap_or_default();
        for _ in 0..4 + self.stream.below(6) {
            let (title, text, of) = *self.stream.pick(all, &("Courrier", "Bien reçu.", ""));
            if !of.is_empty() && !self.is(of) {
                continue;
            }
            let day = self.day(1_700);
            let at = self.moment(day);
            let text = self.fill(text, at);
            let value = json!({
                "resourceType": "DocumentReference", "id": self.stream.uuid(), "status": "current",
                "type": { "text": title }, "description": text, "subject": self.subject(), "date": instant(at),
                "content": [{ "attachment": { "contentType": "text/plain", "title": title } }]
            });
            self.add(self.by(DOCTORS), Some("compte-rendu"), value);
        }
    }

    /// The appointments that become known on a day: those of two weeks later. Of the past of a demo, whether they took
    /// place.
    pub(super) fn appointments(&mut self, known: Date, back: i64) {
        let Ok(day) = known.checked_add(KNOWN.days()) else { return };
        self.begin(day, Part::Agenda);
        if matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday) {
            return;
        }
        for _ in 0..self.times(back - KNOWN, [45, 12, 3]) {
            let all = APPOINTMENTS.get(self.place).copied().unwrap_or_default();
            let what = *self.stream.pick(all, &"Rendez-vous");
            let start = self.moment(day) / (DAY / 96) * (DAY / 96);
            let missed = self.stream.chance(10);
            let status = match (start > self.edition.until, missed) {
                (true, _) => "booked",
                (false, true) => "noshow",
                (false, false) => "fulfilled",
            };
            let id = self.stream.uuid();
            if self.keeps(local_time::instant(known.at(0, 0, 0, 0))) {
                let value = json!({
                    "resourceType": "Appointment", "id": id, "status": status, "description": what,
                    "start": instant(start), "end": instant(start + DAY / 48),
                    "participant": [{ "actor": self.subject(), "status": "accepted" }]
                });
                self.add(self.by(CLERKS), None, value);
            }
        }
    }
}
