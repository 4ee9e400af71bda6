//! *Où en est la maison*: the director's page, the measures, the profile and its exceptions.

pub(crate) mod brief;
pub(crate) mod files;
pub(crate) mod house;
pub(crate) mod list;

use domain::governance::measures::{Measure, State};

/// The code a style hangs on, and the words people read.
pub(crate) type Shown = (&'static str, &'static str);

fn shown(state: State) -> Shown {
    let code = match state {
        State::Conform => "conform",
        State::Derogated => "derogated",
        State::ToProve => "to_prove",
        State::Failing => "failing",
        State::NotCovered => "not_covered",
    };
    (code, state.label())
}

/// `Une demi-journée`, `2 jours et demi`.
fn work(measure: &Measure) -> String {
    match (measure.half_days / 2, measure.half_days % 2) {
        (0, _) => "Une demi-journée".to_owned(),
        (1, 0) => "Une journée".to_owned(),
        (1, _) => "Une journée et demie".to_owned(),
        (days, 0) => format!("{days} jours"),
        (days, _) => format!("{days} jours et demi"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::governance::measures::catalogue;

    #[test]
    fn work_is_said_in_days() {
        for measure in catalogue() {
            let said = work(measure);
            assert!(said.contains("jour") && !said.contains('0'), "{said}");
        }
    }
}
