//! The form of an action, and what is wrong with it.

use super::super::catalogue::find;
use super::{Action, ActionState, Euros, Owner};
use jiff::civil::Date;
use std::collections::BTreeMap;

/// The longest title and name, in signs.
const TITLE: usize = 200;
const NAME: usize = 80;
/// The longest reason and remark, in signs.
const REASON: usize = 500;
const NOTE: usize = 2000;
/// The largest sum of a year, in euros, and the most work, in half-days.
const MOST: u64 = 100_000_000;
const WORK: u32 = 5000;

/// A field of the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the fields of an action")]
pub enum ActionField {
    Title,
    Measure,
    Owner,
    Due,
    Money(i16),
    Work,
    State,
    Progress,
    Reason,
    Note,
}

/// What is wrong with one field, said to whoever filled it in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionMistake {
    /// Which field.
    pub field: ActionField,
    /// What to do.
    pub french: String,
}

/// What a form says of an action.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as in `Action`")]
pub struct ActionSheet {
    pub title: String,
    pub measure: String,
    pub owner: String,
    pub due: String,
    pub money: Vec<(i16, String)>,
    pub work: String,
    pub state: String,
    pub progress: String,
    pub reason: String,
    pub note: String,
}

impl From<&Action> for ActionSheet {
    fn from(action: &Action) -> Self {
        Self {
            title: action.title.clone(),
            measure: action.measure.clone().unwrap_or_default(),
            owner: action.owner.name.clone(),
            due: action.due.map(|due| due.to_string()).unwrap_or_default(),
            money: action.money.iter().map(|(year, sum)| (*year, sum.0.to_string())).collect(),
            work: action.half_days.map(|work| work.to_string()).unwrap_or_default(),
            state: action.state.code().to_owned(),
            progress: action.progress.to_string(),
            reason: action.reason.clone(),
            note: action.note.clone(),
        }
    }
}

type Wrong = Vec<ActionMistake>;

impl ActionSheet {
    /// An action that cannot be wrong, or every mistake with its field. `before`: the version that is changed; `accounts`:
    /// the number of the account that bears a name.
    ///
    /// # Errors
    /// Every mistake, in the order of the form.
    pub fn parse(
        &self,
        before: Option<&Action>,
        accounts: impl Fn(&str) -> Option<i64>,
        today: Date,
    ) -> Result<Action, Wrong> {
        let mut wrong = Wrong::new();
        let state = ActionState::find(&self.state);
        if state.is_none() {
            say(&mut wrong, ActionField::State, "Choisissez où en est l’action.");
        }
        let state = state.unwrap_or_default();
        let title = text(&mut wrong, ActionField::Title, &self.title, TITLE);
        if title.is_empty() {
            say(&mut wrong, ActionField::Title, "Dites ce qu’il y a à faire.");
        }
        let measure = Some(self.measure.trim()).filter(|id| !id.is_empty());
        if measure.is_some_and(|id| find(id).is_none()) {
            say(&mut wrong, ActionField::Measure, "Cette mesure n’existe pas\u{a0}: choisissez-en une, ou aucune.");
        }
        let owner = text(&mut wrong, ActionField::Owner, &self.owner, NAME);
        if owner.is_empty() && state.is_open() {
            say(&mut wrong, ActionField::Owner, "Dites qui s’en charge\u{a0}: une personne, ou un prestataire.");
        }
        let owner = Owner { account: accounts(&owner), name: owner };
        let due = self.due(&mut wrong, before, state, today);
        let money = self.money(&mut wrong);
        let half_days = number(&mut wrong, ActionField::Work, &self.work, WORK);
        let progress = self.progress(&mut wrong, state);
        let reason = text(&mut wrong, ActionField::Reason, &self.reason, REASON);
        if reason.is_empty() && state == ActionState::Abandoned {
            say(&mut wrong, ActionField::Reason, "Dites pourquoi cette action est abandonnée.");
        }
        let note = text(&mut wrong, ActionField::Note, &self.note, NOTE);
        if !wrong.is_empty() {
            return Err(wrong);
        }
        let since = before.filter(|before| before.state == state).and_then(|before| before.closed);
        let closed = (!state.is_open()).then(|| since.unwrap_or(today));
        let measure = measure.map(str::to_owned);
        let reason = if state == ActionState::Abandoned { reason } else { String::new() };
        Ok(Action { title, measure, owner, due, money, half_days, state, progress, reason, note, closed })
    }

    /// A day ahead for what is open, unless it is the one that was written before.
    fn due(&self, wrong: &mut Wrong, before: Option<&Action>, state: ActionState, today: Date) -> Option<Date> {
        let told = self.due.trim();
        if told.is_empty() {
            if state.is_open() {
                say(wrong, ActionField::Due, "Donnez une échéance\u{a0}: sans date, une action attend toujours.");
            }
            return None;
        }
        let Ok(due) = told.parse::<Date>() else {
            say(wrong, ActionField::Due, "Cette date n’existe pas.");
            return None;
        };
        let kept = before.is_some_and(|before| before.due == Some(due));
        if state.is_open() && due < today && !kept {
            say(wrong, ActionField::Due, "Cette date est passée\u{a0}: donnez une échéance à venir.");
        } else if due.year() > today.year() + 20 || due.year() < 2000 {
            say(wrong, ActionField::Due, "Cette date est trop loin.");
        }
        Some(due)
    }

    fn money(&self, wrong: &mut Wrong) -> BTreeMap<i16, Euros> {
        let mut money = BTreeMap::new();
        for (year, told) in &self.money {
            let told: String = told.chars().filter(|sign| !sign.is_whitespace() && *sign != '€').collect();
            if told.is_empty() {
                continue;
            }
            match told.parse::<u64>().ok().filter(|sum| *sum <= MOST) {
                Some(0) => {}
                Some(sum) => {
                    money.insert(*year, Euros(sum));
                }
                None => say(wrong, ActionField::Money(*year), "Donnez un montant en euros, sans centimes."),
            }
        }
        money
    }

    fn progress(&self, wrong: &mut Wrong, state: ActionState) -> u8 {
        let told = self.progress.trim().trim_end_matches('%').trim();
        match (state, told.parse::<u8>().ok().filter(|part| *part <= 100)) {
            (ActionState::Done, _) => 100,
            (_, Some(part)) => part,
            (_, None) if told.is_empty() => 0,
            (_, None) => {
                say(wrong, ActionField::Progress, "Donnez un avancement de 0 à 100.");
                0
            }
        }
    }
}

fn say(wrong: &mut Wrong, field: ActionField, french: &str) {
    wrong.push(ActionMistake { field, french: french.to_owned() });
}

fn text(wrong: &mut Wrong, field: ActionField, told: &str, most: usize) -> String {
    let told = told.trim();
    if told.chars().count() > most {
        wrong.push(ActionMistake { field, french: format!("Texte trop long\u{a0}: {most} caractères au plus.") });
    }
    told.to_owned()
}

fn number(wrong: &mut Wrong, field: ActionField, told: &str, most: u32) -> Option<u32> {
    let told = told.trim();
    if told.is_empty() {
        return None;
    }
    let number = told.parse().ok().filter(|number| *number <= most);
    if number.is_none() {
        wrong.push(ActionMistake { field, french: format!("Donnez un nombre entier, de 0 à {most}.") });
    }
    number
}
