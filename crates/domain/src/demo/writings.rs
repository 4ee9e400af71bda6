//! What is written about a person: transmissions, projects and their goals, evaluations, letters, appointments.

use super::content::{self, Writing};
use super::person::{CLERKS, DOCTORS, Person, REFERENTS};
use serde_json::json;

impl Person<'_> {
    pub(super) fn writings(&mut self) {
        let all = content::writings(self.place);
        for day in self.days(2_300, 350, 50) {
            let Some(writing) = self.pick(all) else { return };
            let text = self.fill(writing.text);
            let value = json!({
                "resourceType": "Communication", "id": self.stream.uuid(), "status": "completed",
                "category": [{ "text": writing.kind }],
                "subject": self.subject(), "sent": self.hour(day),
                "sender": self.author(writing.login), "payload": [{ "contentString": text }]
            });
            self.add(writing.login, Some(writing.kind), value);
        }
    }

    /// One of them, the frequent ones more often.
    fn pick(&mut self, all: &'static [Writing]) -> Option<&'static Writing> {
        let total = all.iter().map(|writing| writing.weight).sum();
        let mut left = self.stream.below(total);
        all.iter().find(|writing| {
            let here = left < writing.weight;
            left = left.saturating_sub(writing.weight);
            here
        })
    }

    /// A personal project a year, its goals, and the evaluation that comes before it.
    pub(super) fn projects(&mut self) {
        let author = self.by(REFERENTS);
        let goals = content::goals(self.place);
        for year in 0..1 + self.stream.below(5) {
            let start = self.ago(year * 365 + self.stream.clone().below(200));
            let plan = self.stream.uuid();
            let current = year == 0;
            let value = json!({
                "resourceType": "CarePlan", "id": plan, "status": if current { "active" } else { "completed" },
                "intent": "plan", "title": format!("Projet personnalisé {}", start.year()),
                "subject": self.subject(), "period": { "start": start.to_string() }, "author": self.author(author)
            });
            self.add(author, Some("note educative"), value);
            for _ in 0..2 + self.stream.below(3) {
                let goal = *self.stream.pick(goals, &"Aller bien");
                let text = self.fill(goal);
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
            let (title, text) = *self.stream.pick(all, &("Courrier", "Bien reçu."));
            let text = self.fill(text);
            let day = self.day(1_700);
            let value = json!({
                "resourceType": "DocumentReference", "id": self.stream.uuid(), "status": "current",
                "type": { "text": title }, "description": text, "subject": self.subject(), "date": self.hour(day),
                "content": [{ "attachment": { "contentType": "text/plain", "title": title } }]
            });
            self.add(self.by(DOCTORS), Some("compte-rendu"), value);
        }
    }

    pub(super) fn appointments(&mut self) {
        let with = [
            "Dentiste",
            "Podologue",
            "Kinésithérapeute",
            "Ophtalmologue",
            "Coiffeur",
            "Rendez-vous famille",
            "Juge",
            "MDPH",
        ];
        for _ in 0..5 + self.stream.below(8) {
            let what = *self.stream.pick(&with, &"Rendez-vous");
            let day = self.day(700);
            let status = if self.stream.chance(10) { "noshow" } else { "fulfilled" };
            let value = json!({
                "resourceType": "Appointment", "id": self.stream.uuid(), "status": status, "description": what,
                "start": self.hour(day), "participant": [{ "actor": self.subject(), "status": "accepted" }]
            });
            self.add(self.by(CLERKS), None, value);
        }
    }
}
