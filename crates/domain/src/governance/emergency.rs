//! *Accès en urgence* (break glass): a record is opened past what one usually reads, for a reason and a time; somebody else then looks
//! at it. What is very sensitive wants a second person first; without an answer within two minutes, and a life at stake, it opens alone.
//!
//! Periods and persons: table of measures of the confidentiality ladder (levels 3 and 4). Numbers and fixed words only: what the
//! opener says of the person is in the journal.

use confidentiality::{Actor, Categories, Category, Place};
use serde::{Deserialize, Serialize};

const SECOND: i64 = 1_000_000;
/// How long the second person is waited for, microseconds.
pub const ALONE: i64 = 120 * SECOND;
/// How long there is to look at an opening, microseconds.
pub const REVIEW: i64 = 7 * 24 * 3_600 * SECOND;
/// The longest text on an opening, in signs.
pub const LONGEST: usize = 300;

/// Why a record is opened in an emergency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Motive {
    /// The person is ill, has fallen, is in pain.
    Illness,
    /// They endanger themselves or somebody.
    Crisis,
    /// Care or a treatment that cannot wait.
    Treatment,
    /// They leave for a hospital.
    Hospital,
    /// They are missing.
    Missing,
    /// Something else.
    Other,
}

impl Motive {
    /// All, in the order of the form.
    pub const ALL: [Self; 6] =
        [Self::Illness, Self::Crisis, Self::Treatment, Self::Hospital, Self::Missing, Self::Other];

    /// As forms write it.
    pub fn code(self) -> &'static str {
        match self {
            Self::Illness => "malaise",
            Self::Crisis => "crise",
            Self::Treatment => "soin",
            Self::Hospital => "depart",
            Self::Missing => "disparition",
            Self::Other => "autre",
        }
    }

    /// In French, for screens.
    pub fn label(self) -> &'static str {
        match self {
            Self::Illness => "Malaise, chute, douleur aiguë",
            Self::Crisis => "Crise, danger pour soi ou pour autrui",
            Self::Treatment => "Soin ou traitement qui ne peut pas attendre",
            Self::Hospital => "Départ aux urgences, appel du 15",
            Self::Missing => "Disparition, fugue",
            Self::Other => "Autre urgence",
        }
    }
}

/// What the second person answered, or that they did not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// Who answered; the opener, when nobody did.
    pub by: Actor,
    /// When, UTC microseconds.
    pub at: i64,
    /// Until when it is open; none when it was refused.
    pub until: Option<i64>,
}

/// What is very sensitive was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deep {
    /// When, UTC microseconds.
    pub asked: i64,
    /// On which subjects, as bits.
    subjects: i64,
    /// What was said to it.
    pub answer: Option<Answer>,
}

impl Deep {
    /// Asked for now.
    #[must_use]
    pub fn new(asked: i64, subjects: Categories) -> Self {
        Self { asked, subjects: subjects.bits(), answer: None }
    }

    /// On which subjects.
    #[must_use]
    pub fn subjects(&self) -> Categories {
        Categories::from_bits_truncate(self.subjects)
    }
}

/// Whether the person knows that what is very sensitive was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Told {
    /// They were told.
    Yes,
    /// Telling them would put them in danger.
    Danger,
}

/// What somebody says of an opening.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// Who.
    pub by: Actor,
    /// When, UTC microseconds.
    pub at: i64,
    /// When something was first said of it: said once in time, it was in time.
    pub first: i64,
    /// It was justified.
    pub justified: bool,
    /// A word, for what is to be explained.
    pub word: String,
    /// Whether the person knows of it, where they have to.
    pub told: Option<Told>,
}

/// A record opened in an emergency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opening {
    /// Its id.
    pub id: String,
    /// Who opened it.
    pub by: Actor,
    /// Where its relation stands; 0 = everywhere.
    pub place: Place,
    /// When, UTC microseconds.
    pub at: i64,
    /// Until when.
    pub until: i64,
    /// Why.
    pub motive: Motive,
    /// What is very sensitive, each time it was asked for.
    #[serde(default)]
    pub deep: Vec<Deep>,
    /// What somebody said of it.
    pub mark: Option<Mark>,
}

/// Where the opening of what is very sensitive stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeepState {
    /// It was not asked for.
    None,
    /// Somebody is awaited; from this instant on it may be opened alone.
    Waiting(i64),
    /// It is open until this instant.
    Open(i64),
    /// It was refused, by them.
    Refused(Actor),
    /// It was open, or nobody answered in time.
    Over,
}

impl Opening {
    /// It has begun and is not over.
    #[must_use]
    pub fn is_open(&self, now: i64) -> bool {
        self.at <= now && now < self.until
    }

    /// Where what is very sensitive stands: what was asked for last.
    #[must_use]
    pub fn deep_state(&self, now: i64) -> DeepState {
        let Some(deep) = self.deep.last() else { return DeepState::None };
        match deep.answer {
            _ if !self.is_open(now) => DeepState::Over,
            Some(Answer { until: Some(until), .. }) if now < until => DeepState::Open(until),
            Some(Answer { until: Some(_), .. }) => DeepState::Over,
            Some(Answer { until: None, by, .. }) => DeepState::Refused(by),
            None => DeepState::Waiting(deep.asked + ALONE),
        }
    }

    /// What is very sensitive was asked for, and nobody has answered.
    #[must_use]
    pub fn waits(&self, now: i64) -> bool {
        matches!(self.deep_state(now), DeepState::Waiting(_))
    }

    /// What was asked for last.
    #[must_use]
    pub fn asked(&self) -> Categories {
        self.deep.last().map(Deep::subjects).unwrap_or_default()
    }

    /// Answers what was asked for last: it opens for so long, and not beyond the opening; or it is refused. Whoever has looked at the
    /// opening before has not seen this.
    pub fn answer(&mut self, by: Actor, now: i64, lasts: Option<i64>) {
        let until = lasts.map(|lasts| self.until.min(now + lasts));
        if let Some(deep) = self.deep.last_mut() {
            deep.answer = Some(Answer { by, at: now, until });
        }
        if until.is_some() {
            self.mark = None;
        }
    }

    /// What is very sensitive was opened, by whoever's leave.
    #[must_use]
    pub fn went_deep(&self) -> bool {
        self.deep.iter().any(|deep| deep.answer.is_some_and(|answer| answer.until.is_some()))
    }

    /// It was opened with no answer of a second person.
    #[must_use]
    pub fn went_alone(&self) -> bool {
        let alone = |answer: Answer| answer.until.is_some() && answer.by == self.by;
        self.deep.iter().any(|deep| deep.answer.is_some_and(alone))
    }

    /// The instant from which it counts: it was opened, or somebody looked at it.
    #[must_use]
    pub fn latest(&self) -> i64 {
        self.mark.as_ref().map_or(self.at, |mark| mark.at.max(self.at))
    }

    /// The last instant at which it has to be looked at, UTC microseconds.
    #[must_use]
    pub fn due(&self) -> i64 {
        self.at + REVIEW
    }

    /// Somebody looked at it in time, or there still is time.
    #[must_use]
    pub fn complies(&self, now: i64) -> bool {
        self.mark.as_ref().map_or(now, |mark| mark.first) <= self.due()
    }
}

/// A field of the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the fields of a form")]
pub enum EmergencyField {
    Motive,
    Words,
}

/// What a form says of an emergency.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields of a form")]
pub struct EmergencySheet {
    pub motive: String,
    pub words: String,
}

/// Words that say something, at least.
const SHORTEST: usize = 10;

impl EmergencySheet {
    /// The motive and the words, or every mistake with its field.
    ///
    /// # Errors
    /// Every mistake, in the order of the form.
    pub fn parse(&self) -> Result<(Motive, String), Vec<(EmergencyField, &'static str)>> {
        let mut wrong = Vec::new();
        let motive = Motive::ALL.into_iter().find(|motive| motive.code() == self.motive);
        if motive.is_none() {
            wrong.push((EmergencyField::Motive, "Choisissez le motif."));
        }
        let words = self.words.trim();
        match words.chars().count() {
            0 => wrong.push((EmergencyField::Words, "Dites en une phrase ce qui se passe.")),
            few if few < SHORTEST => {
                wrong.push((EmergencyField::Words, "Une phrase, s’il vous plaît\u{a0}: quelqu’un la relira."))
            }
            many if many > LONGEST => {
                wrong.push((EmergencyField::Words, "Texte trop long\u{a0}: 300 caractères au plus."))
            }
            _ => {}
        }
        motive.filter(|_| wrong.is_empty()).map(|motive| (motive, words.to_owned())).ok_or(wrong)
    }
}

/// Subjects by their codes; what is no code is left out.
#[must_use]
pub fn subjects<'a>(codes: impl IntoIterator<Item = &'a str>) -> Categories {
    let known = codes.into_iter().filter_map(Category::parse).map(Categories::one);
    known.fold(Categories::empty(), Categories::union)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_780_000_000_000_000;
    const MINUTE: i64 = 60 * SECOND;

    fn opening(deep: Option<Deep>) -> Opening {
        let (until, deep) = (NOW + 120 * MINUTE, Vec::from_iter(deep));
        let (by, place) = (Actor::new(1), Place::new(3));
        Opening { id: "a".into(), by, place, at: NOW, until, motive: Motive::Crisis, deep, mark: None }
    }

    #[test]
    fn the_second_person_is_waited_for_two_minutes() {
        let asked = Deep::new(NOW + MINUTE, subjects(["VIH", "PSY", "rien"]));
        assert_eq!(asked.subjects().len(), 2);
        let one = opening(Some(asked));
        assert_eq!(one.deep_state(NOW + MINUTE), DeepState::Waiting(NOW + 3 * MINUTE));
        assert_eq!(one.deep_state(NOW + 120 * MINUTE), DeepState::Over, "the opening is over");
        assert_eq!(opening(None).deep_state(NOW), DeepState::None);
        let by = |by: i64, lasts: Option<i64>| {
            let mut one = opening(Some(asked));
            one.mark = Some(mark(NOW));
            one.answer(Actor::new(by), NOW, lasts);
            one
        };
        let open = by(2, Some(30 * MINUTE));
        assert_eq!(open.deep_state(NOW + MINUTE), DeepState::Open(NOW + 30 * MINUTE));
        assert_eq!(open.deep_state(NOW + 30 * MINUTE), DeepState::Over);
        assert!(open.mark.is_none(), "whoever had looked at it had not seen this");
        assert!(open.went_deep() && !open.went_alone() && by(1, Some(MINUTE)).went_alone());
        assert_eq!(by(2, Some(999 * MINUTE)).deep_state(NOW), DeepState::Open(NOW + 120 * MINUTE), "not beyond it");
        let mut again = by(2, None);
        assert_eq!(again.deep_state(NOW + MINUTE), DeepState::Refused(Actor::new(2)));
        assert!(!again.went_deep() && again.mark.is_some());
        again.deep.push(asked);
        again.answer(Actor::new(1), NOW, Some(MINUTE));
        again.deep.push(asked);
        assert!(again.went_alone(), "what was asked for since hides nothing");
    }

    fn mark(at: i64) -> Mark {
        Mark { by: Actor::new(2), at, first: at, justified: true, word: String::new(), told: None }
    }

    #[test]
    fn an_opening_is_looked_at_within_seven_days() {
        let one = opening(None);
        assert!(one.complies(one.due()) && !one.complies(one.due() + 1));
        let marked = |at: i64| Opening { mark: Some(mark(at)), ..opening(None) };
        assert!(marked(one.due()).complies(one.due() * 2), "once looked at in time, for ever");
        assert!(!marked(one.due() + 1).complies(one.due() + 2));
    }

    #[test]
    fn each_mistake_is_said_beside_its_field() {
        let wrong = |motive: &str, words: &str| -> Vec<EmergencyField> {
            let sheet = EmergencySheet { motive: motive.into(), words: words.into() };
            sheet.parse().err().unwrap_or_default().into_iter().map(|(field, _)| field).collect()
        };
        assert_eq!(wrong("", " "), [EmergencyField::Motive, EmergencyField::Words]);
        assert_eq!(wrong("crise", "urgent"), [EmergencyField::Words]);
        assert_eq!(wrong("crise", &"a".repeat(LONGEST + 1)), [EmergencyField::Words]);
        assert_eq!(wrong("Crise", "a frappé une voisine"), [EmergencyField::Motive]);
        assert_eq!(wrong("crise", "a frappé une voisine"), []);
    }
}
