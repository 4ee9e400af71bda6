//! What staff write about a person, day by day, each on a shift of theirs: targeted transmissions, their follow-ups and
//! their answers.

use super::content::{self, Reply, Writing};
use super::duty::{self, Presence};
use super::person::{Part, Person, instant};
use super::staff::Account;
use crate::care::function;
use crate::care::transmission::{Sheet, Signature, Transmission};
use crate::local_time;
use jiff::civil::Date;
use serde_json::json;

const HOUR: i64 = 3_600_000_000;
const DAY: i64 = 24 * HOUR;
/// How often, per mille a day: lately, within a year, before. Institutes and centres write on weekdays only.
const RATES: [[u64; 3]; 3] = [[2_500, 420, 60], [1_500, 420, 60], [1_000, 380, 60]];
/// How many draws find someone on duty to write.
const DRAWS: u8 = 8;

impl Person {
    /// What the days bring: writings, figures, appointments.
    pub(super) fn daily(&mut self) {
        let all: Vec<&Writing> =
            content::writings(self.place).iter().filter(|writing| self.concerns(writing)).collect();
        let urgent = all.iter().copied().filter(|writing| writing.is_urgent() && writing.target != "hospitalisation");
        let urgent: Vec<&Writing> = urgent.collect();
        for (day, back) in self.days(5) {
            self.begin(day, Part::Writings);
            let [recent, year, older] = RATES.get(self.place).copied().unwrap_or_default();
            let more = u64::from(self.first) + 1;
            for _ in 0..self.times(back, [recent * (1 + more) / 2, year, older]) {
                self.write(&all, day);
            }
            // The first of each unit never has a quiet handover.
            if self.first && back < 2 {
                self.write(&urgent, day);
            }
            self.vitals(day, back);
            self.appointments(day, back);
        }
    }

    fn concerns(&self, writing: &Writing) -> bool {
        writing.of.is_none_or(|of| self.is(of)) && writing.unit.is_none_or(|unit| unit == self.unit)
    }

    /// One writing, by someone who is there that day to write it.
    fn write(&mut self, all: &[&'static Writing], day: Date) {
        for _ in 0..DRAWS {
            let Some(writing) = self.pick(all) else { return };
            let present = duty::present(self.place, self.unit, writing.role, day);
            let pick = usize::try_from(self.stream.below(present.len() as u64)).unwrap_or(0);
            let Some(presence) = present.get(pick) else { continue };
            let Some(at) = self.hour_of(writing, presence, day) else { continue };
            return self.transmit(writing, presence.account, at, day);
        }
    }

    /// One of them, the frequent ones more often.
    fn pick(&mut self, all: &[&'static Writing]) -> Option<&'static Writing> {
        let total = all.iter().map(|writing| writing.weight).sum();
        let mut left = self.stream.below(total);
        let found = all.iter().find(|writing| {
            let here = left < writing.weight;
            left = left.saturating_sub(writing.weight);
            here
        });
        found.copied()
    }

    /// When, within the shift: at the hours the text speaks of, or often in the last hour, all at once.
    fn hour_of(&mut self, writing: &Writing, presence: &Presence, day: Date) -> Option<i64> {
        let midnight = local_time::instant(day.at(0, 0, 0, 0));
        let (mut first, mut last) = (presence.starts, presence.ends);
        match writing.hours {
            Some((from, to)) => {
                first = first.max(midnight + from * HOUR);
                last = last.min(midnight + to * HOUR);
            }
            None if self.stream.chance(35) => first = last - HOUR,
            None => {}
        }
        (first < last).then(|| self.between(first, last))
    }

    fn transmit(&mut self, writing: &'static Writing, account: &'static Account, at: i64, day: Date) {
        let id = self.stream.uuid();
        let due = writing.look_again.map(|hours| (at + hours * HOUR) / HOUR * HOUR);
        // An ordinary writing is not always sent to those it could be.
        let recipients = if writing.is_urgent() || self.stream.chance(70) { &*writing.recipients } else { &[] };
        let sheet = Sheet {
            target: writing.target.to_owned(),
            urgency: writing.urgency.to_owned(),
            recipients: recipients.iter().map(|code| (*code).to_owned()).collect(),
            evaluate_at: due.map(|due| local_time::local(due).strftime("%H:%M").to_string()).unwrap_or_default(),
            ..self.sheet(&writing.text, at)
        };
        self.keep(&sheet, &id, account, at, writing.kind, writing.is_sensitive);
        if writing.is_fall() && self.place < 2 {
            let value = json!({
                "resourceType": "AdverseEvent", "id": self.stream.uuid(), "actuality": "actual",
                "event": { "text": "Chute" }, "subject": self.subject(), "date": instant(at),
                "recorder": self.author(account.login)
            });
            if self.keeps(at) {
                self.add(account.login, None, value);
            }
        }
        if let Some(reply) = &writing.reply {
            self.answer(reply, (writing, &id), account, at, day);
        }
    }

    /// Another function answers, some hours later, when one of its people is there.
    fn answer(&mut self, reply: &Reply, first: (&Writing, &str), to: &Account, at: i64, day: Date) {
        let mut days = vec![day];
        days.extend(day.tomorrow());
        let found = days.into_iter().flat_map(|day| duty::present(self.place, self.unit, reply.role, day));
        let windows = found.map(|presence| {
            let (starts, ends) = (presence.starts.max(at + HOUR / 2), presence.ends.min(at + 20 * HOUR));
            Presence { starts, ends, ..presence }
        });
        let mut windows = windows.filter(|presence| presence.starts < presence.ends);
        let Some(presence) = windows.next() else { return };
        let then = self.between(presence.starts, presence.ends.min(presence.starts + 4 * HOUR));
        let id = self.stream.uuid();
        let recipients = function::find(to.persona).map(|function| function.code.to_owned());
        let (writing, first) = first;
        let sheet = Sheet {
            target: writing.target.to_owned(),
            recipients: recipients.into_iter().collect(),
            reply_to: first.to_owned(),
            ..self.sheet(&reply.text, then)
        };
        self.keep(&sheet, &id, presence.account, then, None, writing.is_sensitive);
    }

    /// The three parts of a text, their slots filled.
    fn sheet(&mut self, text: &[&str; 3], at: i64) -> Sheet {
        let [data, actions, results] = text.map(|part| self.fill(part, at));
        Sheet { patient: self.id.clone(), data, actions, results, ..Sheet::default() }
    }

    /// Signs a sheet, with the reminder it asks for. A reminder of the past has been dealt with; of the last day, not yet.
    fn keep(
        &mut self,
        sheet: &Sheet,
        id: &str,
        account: &'static Account,
        at: i64,
        kind: Option<&'static str>,
        neutral: bool,
    ) {
        let kind = kind.unwrap_or_else(|| function::kind_of(account.persona));
        let practitioner = format!("demo-{}", account.login);
        let task = self.stream.uuid();
        let Ok(written) = Transmission::parse(sheet, at) else { return };
        if !self.keeps(at) {
            return;
        }
        let by = Signature { id, key: id, practitioner: Some(&practitioner), display: account.display, at, kind };
        self.add(account.login, Some(kind), written.to_fhir(&by));
        // The demo grades a reminder on its own words: what only some may read has none.
        let Some(mut value) = written.follow_up(&by, &task).filter(|_| !neutral) else { return };
        let due = written.evaluate_at().unwrap_or(at);
        if let (true, Some(object)) = (due + DAY <= self.edition.until, value.as_object_mut()) {
            object.insert("status".into(), "completed".into());
            object.insert("lastModified".into(), instant(due).into());
        }
        self.add(account.login, None, value);
    }
}
