//! What the house sets of its own protection, within bounds that keep it sound: a value that weakens a measure may be
//! chosen, and its measure then fails; a value that would lock people out, or leave nothing, may not.

use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;

/// A setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Setting {
    /// Minutes without a request after which a session ends.
    Idle,
    /// Wrong secrets after which a login waits.
    Tries,
    /// Least number of signs of a password.
    Shortest,
    /// Months that the content of the journal is kept.
    Trail,
}

impl Setting {
    /// In the order of the form.
    pub const ALL: [Self; 4] = [Self::Idle, Self::Tries, Self::Shortest, Self::Trail];

    /// What may be chosen.
    #[must_use]
    pub fn bounds(self) -> RangeInclusive<u32> {
        match self {
            Self::Idle => 2..=60,
            Self::Tries => 3..=20,
            Self::Shortest => 8..=64,
            Self::Trail => 6..=120,
        }
    }

    /// What the measures expect.
    #[must_use]
    pub fn advised(self) -> RangeInclusive<u32> {
        match self {
            Self::Idle => 2..=30,
            Self::Tries => 3..=10,
            Self::Shortest => 12..=64,
            Self::Trail => 6..=60,
        }
    }

    /// Its question, for screens.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Idle => "Une session laissée seule se ferme après (minutes)",
            Self::Tries => "Un identifiant attend après tant d’essais manqués",
            Self::Shortest => "Un mot de passe a au moins (caractères)",
            Self::Trail => "Le contenu du journal est gardé (mois)",
        }
    }

    /// Stands for it in a form.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Idle => "inactivite",
            Self::Tries => "essais",
            Self::Shortest => "longueur",
            Self::Trail => "journal",
        }
    }
}

/// What the house has set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Protection {
    /// See [`Setting::Idle`].
    pub idle_minutes: u32,
    /// See [`Setting::Tries`].
    pub tries: u32,
    /// See [`Setting::Shortest`].
    pub shortest: u32,
    /// See [`Setting::Trail`].
    pub trail_months: u32,
}

impl Default for Protection {
    fn default() -> Self {
        Self { idle_minutes: 30, tries: 5, shortest: 12, trail_months: 36 }
    }
}

impl Protection {
    /// One value.
    #[must_use]
    pub fn of(&self, setting: Setting) -> u32 {
        match setting {
            Setting::Idle => self.idle_minutes,
            Setting::Tries => self.tries,
            Setting::Shortest => self.shortest,
            Setting::Trail => self.trail_months,
        }
    }

    fn set(&mut self, setting: Setting, value: u32) {
        match setting {
            Setting::Idle => self.idle_minutes = value,
            Setting::Tries => self.tries = value,
            Setting::Shortest => self.shortest = value,
            Setting::Trail => self.trail_months = value,
        }
    }

    /// What a form says, or every setting that is no number within its bounds.
    ///
    /// # Errors
    /// These settings, in the order of the form.
    pub fn parse<'a>(given: impl Fn(Setting) -> &'a str) -> Result<Self, Vec<Setting>> {
        let (mut parsed, mut wrong) = (Self::default(), Vec::new());
        for setting in Setting::ALL {
            match given(setting).trim().parse::<u32>().ok().filter(|value| setting.bounds().contains(value)) {
                Some(value) => parsed.set(setting, value),
                None => wrong.push(setting),
            }
        }
        if wrong.is_empty() { Ok(parsed) } else { Err(wrong) }
    }

    /// Whether a value is what the measures expect.
    #[must_use]
    pub fn is_sound(&self, setting: Setting) -> bool {
        setting.advised().contains(&self.of(setting))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ships_is_within_what_is_advised_and_what_is_advised_may_be_chosen() {
        for setting in Setting::ALL {
            assert!(Protection::default().is_sound(setting), "{setting:?}");
            let (advised, bounds) = (setting.advised(), setting.bounds());
            assert!(bounds.contains(advised.start()) && bounds.contains(advised.end()));
            assert!(advised != bounds, "{setting:?}: nothing can be chosen that fails");
        }
    }

    #[test]
    fn a_value_that_is_no_number_or_out_of_bounds_is_refused() {
        let given = |setting| match setting {
            Setting::Idle => "61",
            Setting::Tries => "",
            Setting::Shortest => " 16 ",
            Setting::Trail => "24",
        };
        assert_eq!(Protection::parse(given), Err(vec![Setting::Idle, Setting::Tries]));
        let fine = Protection::parse(|setting| if setting == Setting::Idle { "45" } else { "20" }).unwrap();
        assert_eq!(fine, Protection { idle_minutes: 45, tries: 20, shortest: 20, trail_months: 20 });
        assert!(!fine.is_sound(Setting::Idle) && !fine.is_sound(Setting::Tries) && fine.is_sound(Setting::Trail));
    }
}
