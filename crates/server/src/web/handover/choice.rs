//! What the address of a handover asks for.

use crate::headers;
use crate::web::params::Params;
use crate::web::people::Row;
use app::handover::{Ask, Filter};
use domain::care::target::Target;

const HOUR: i64 = 3_600_000_000;
/// How far back one may look. A few lengths only: a free choice would date what is hidden and counted.
const HOURS: [i64; 4] = [12, 24, 72, 168];
/// The same, as a form offers them.
pub(super) const SPANS: [(&str, &str); 5] = [
    ("", "Depuis mon dernier poste"),
    ("12", "12\u{a0}h"),
    ("24", "24\u{a0}h"),
    ("72", "3\u{a0}jours"),
    ("168", "7\u{a0}jours"),
];
/// Lines of one page.
pub(super) const PAGE: usize = 30;
/// The filters, as the address names them, in the order of a page.
pub(super) const FILTERS: [(&str, Filter); 4] =
    [("tout", Filter::All), ("urgent", Filter::Critical), ("moi", Filter::Mine), ("nonlu", Filter::Unread)];

pub(super) struct Choice {
    unit: Option<i64>,
    pub(super) hours: String,
    pub(super) filter: Filter,
    pub(super) resident: String,
    pub(super) target: Option<Target>,
    /// The form is asked for.
    narrow: String,
    pub(super) start: usize,
}

impl Choice {
    pub(super) fn of(params: &Params) -> Self {
        let text = |name: &str| params.text(name).to_owned();
        let filter = FILTERS.into_iter().find(|(code, _)| *code == params.text("filtre"));
        let start = params.number("debut").and_then(|start| usize::try_from(start).ok()).unwrap_or_default();
        Self {
            unit: params.number("unite"),
            hours: text("heures"),
            filter: filter.map(|(_, filter)| filter).unwrap_or_default(),
            resident: Some(text("personne")).filter(|id| fhir::is_id(id)).unwrap_or_default(),
            target: Target::parse(params.text("cible")),
            narrow: text("filtrer"),
            start,
        }
    }

    /// A page of it.
    pub(super) fn ask(&self, now: i64) -> Ask {
        let hours = self.hours.parse::<i64>().ok().filter(|hours| HOURS.contains(hours));
        Ask {
            unit: self.unit,
            since: hours.map(|hours| now - hours * HOUR),
            print: false,
            person: Some(self.resident.clone()).filter(|id| !id.is_empty()),
            target: self.target,
            filter: self.filter,
            start: self.start,
            most: Some(PAGE),
            list: self.open(),
        }
    }

    /// All of it, for paper.
    pub(super) fn ask_paper(&self, now: i64) -> Ask {
        Ask { print: true, start: 0, most: None, list: false, ..self.ask(now) }
    }

    /// The form that narrows is asked for: everyone of the unit is on the page, to choose among.
    pub(super) fn open(&self) -> bool {
        !self.narrow.is_empty()
    }

    /// What was chosen in it, in words: `Douleur · PETIT Jean`.
    pub(super) fn chosen(&self, residents: &[Row]) -> Option<String> {
        let span = SPANS.into_iter().find(|(hours, _)| !hours.is_empty() && *hours == self.hours);
        self.narrowed(residents, span.map(|(_, name)| name))
    }

    /// The same, without the length of time: what makes it less than all.
    pub(super) fn narrowed(&self, residents: &[Row], also: Option<&str>) -> Option<String> {
        let person = residents.iter().find(|one| one.id == self.resident).map(Row::named);
        let unknown = (!self.resident.is_empty() && person.is_none()).then(|| "personne d’une autre unité".to_owned());
        let target = self.target.map(|target| target.french().to_owned());
        let parts = [person, unknown, target, also.map(str::to_owned)];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        (!parts.is_empty()).then(|| parts.join(" · "))
    }

    /// The same handover with something changed.
    pub(super) fn link(&self, changes: &[(&str, &str)]) -> String {
        let number = |number: Option<i64>| number.map(|number| number.to_string()).unwrap_or_default();
        let (unit, start) = (number(self.unit), if self.start == 0 { String::new() } else { self.start.to_string() });
        let filter = FILTERS.into_iter().find(|(_, filter)| *filter == self.filter).map_or("", |(code, _)| code);
        let now = [
            ("unite", unit.as_str()),
            ("heures", &self.hours),
            ("filtre", filter),
            ("personne", &self.resident),
            ("cible", self.target.map_or("", Target::code)),
            ("debut", &start),
            ("filtrer", &self.narrow),
        ];
        let changed = |name: &str, value: &str| {
            let value = changes.iter().find(|(changed, _)| *changed == name).map_or(value, |(_, value)| value);
            let value = if name == "filtre" && value == "tout" { "" } else { value };
            (!value.is_empty()).then(|| format!("{name}={}", headers::encode(value, "")))
        };
        let pairs: Vec<String> = now.into_iter().filter_map(|(name, value)| changed(name, value)).collect();
        if pairs.is_empty() { "/releve".to_owned() } else { format!("/releve?{}", pairs.join("&")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice(query: &str) -> Choice {
        Choice::of(&Params::of(query))
    }

    #[test]
    fn a_link_keeps_what_was_chosen_and_leaves_out_what_is_usual() {
        assert_eq!(choice("").link(&[]), "/releve");
        let chosen = choice("unite=-3&heures=24&personne=p1&debut=60");
        assert_eq!(
            chosen.link(&[("filtre", "urgent"), ("debut", "")]),
            "/releve?unite=-3&heures=24&filtre=urgent&personne=p1"
        );
        assert_eq!(choice("filtre=moi").link(&[("filtre", "tout")]), "/releve");
    }

    #[test]
    fn nothing_but_what_is_known_is_believed() {
        let wild = choice("heures=5&filtre=x&personne=a%20b&cible=zzz&debut=-4&unite=x");
        let ask = wild.ask(0);
        assert_eq!((ask.since, ask.filter, ask.person, ask.target, ask.start), (None, Filter::All, None, None, 0));
        assert_eq!(wild.link(&[]), "/releve?heures=5");
    }
}
