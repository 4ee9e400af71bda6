//! Forms of actions, both ways.

use super::*;
use jiff::civil::date;
use proptest::prelude::*;

const TODAY: Date = date(2026, 11, 28);

fn sheet() -> ActionSheet {
    ActionSheet {
        title: "Remplacer PC-1".into(),
        measure: "MAJ-01".into(),
        owner: "Ivan".into(),
        due: "2027-01-31".into(),
        money: vec![(2026, String::new()), (2027, "1 250 €".into())],
        work: "3".into(),
        state: "a-faire".into(),
        ..ActionSheet::default()
    }
}

fn parse(sheet: &ActionSheet) -> Result<Action, Vec<ActionField>> {
    let accounts = |name: &str| (name == "Ivan").then_some(62);
    let told = sheet.parse(None, accounts, TODAY);
    told.map_err(|wrong| wrong.into_iter().map(|one| one.field).collect())
}

#[test]
fn a_form_makes_an_action_that_knows_its_account_and_its_money() {
    let action = parse(&sheet()).unwrap();
    assert_eq!((action.owner.account, action.total(), action.half_days), (Some(62), Euros(1250), Some(3)));
    assert_eq!(action.measure().unwrap().id, "MAJ-01");
    assert!(action.is_planned(TODAY) && !action.is_overdue(TODAY) && action.closed.is_none());
    assert!(action.is_overdue(date(2027, 2, 1)) && !action.is_planned(date(2027, 2, 1)));
    assert!(!format!("{action:?}").contains("Ivan"));
}

#[test]
fn each_mistake_is_said_at_its_field() {
    let wrong = |change: fn(&mut ActionSheet)| {
        let mut sheet = sheet();
        change(&mut sheet);
        parse(&sheet).unwrap_err()
    };
    assert_eq!(wrong(|sheet| sheet.title = " ".into()), [ActionField::Title]);
    assert_eq!(wrong(|sheet| sheet.title = "é".repeat(201)), [ActionField::Title]);
    assert_eq!(wrong(|sheet| sheet.measure = "ABC-99".into()), [ActionField::Measure]);
    assert_eq!(wrong(|sheet| sheet.owner.clear()), [ActionField::Owner]);
    for due in ["", "2026-11-27", "2026-02-30", "demain", "2099-01-01"] {
        let mut sheet = sheet();
        sheet.due = due.into();
        assert_eq!(parse(&sheet).unwrap_err(), [ActionField::Due], "{due}");
    }
    assert_eq!(wrong(|sheet| sheet.money[0].1 = "12,50".into()), [ActionField::Money(2026)]);
    assert_eq!(wrong(|sheet| sheet.money[1].1 = "-3".into()), [ActionField::Money(2027)]);
    assert_eq!(wrong(|sheet| sheet.work = "beaucoup".into()), [ActionField::Work]);
    assert_eq!(wrong(|sheet| sheet.progress = "101".into()), [ActionField::Progress]);
    assert_eq!(wrong(|sheet| sheet.state = "autre".into()), [ActionField::State]);
    assert_eq!(wrong(|sheet| sheet.state = "abandonne".into()), [ActionField::Reason]);
    assert_eq!(parse(&ActionSheet::default()).unwrap_err().len(), 4);
}

#[test]
fn what_is_over_needs_no_date_and_says_since_when() {
    let mut done = ActionSheet { state: "fait".into(), due: String::new(), owner: String::new(), ..sheet() };
    let action = parse(&done).unwrap();
    assert_eq!((action.progress, action.closed), (100, Some(TODAY)));
    let later = done.parse(Some(&action), |_| None, date(2027, 1, 1)).unwrap();
    assert_eq!(later.closed, Some(TODAY));
    done.state = "abandonne".into();
    done.reason = "Machine vendue".into();
    let gone = done.parse(Some(&action), |_| None, date(2027, 1, 1)).unwrap();
    assert_eq!(gone.closed, Some(date(2027, 1, 1)));
}

#[test]
fn a_late_action_can_be_changed_without_a_new_date() {
    let action = parse(&sheet()).unwrap();
    let later = date(2027, 3, 1);
    let mut sheet = ActionSheet::from(&action);
    sheet.progress = "40".into();
    assert!(sheet.parse(Some(&action), |_| None, later).unwrap().is_overdue(later));
    sheet.due = "2027-02-15".into();
    assert_eq!(sheet.parse(Some(&action), |_| None, later).unwrap_err()[0].field, ActionField::Due);
}

#[test]
fn differences_are_those_of_the_two_versions() {
    let action = parse(&sheet()).unwrap();
    assert!(action.differences(&action).is_empty());
    let other = Action { progress: 50, state: ActionState::Doing, ..action.clone() };
    let said: Vec<&str> = other.differences(&action).iter().map(|(what, ..)| *what).collect();
    assert_eq!(said, ["État", "Avancement"]);
}

#[test]
fn sums_are_read_in_threes() {
    let said = |sum| Euros(sum).to_string().replace(['\u{202f}', '\u{a0}'], " ");
    assert_eq!([0, 999, 1000, 1_234_567].map(said), ["0 €", "999 €", "1 000 €", "1 234 567 €"]);
}

#[test]
fn the_budget_leaves_out_what_was_abandoned() {
    let of = |state, year, sum| Action { state, money: [(year, Euros(sum))].into(), ..Action::default() };
    let all = [
        of(ActionState::Todo, 2026, 100),
        Action { progress: 50, ..of(ActionState::Doing, 2027, 200) },
        Action { progress: 100, ..of(ActionState::Done, 2026, 50) },
        of(ActionState::Abandoned, 2026, 999),
    ];
    let budget = budget(&all);
    assert_eq!(budget[&2026], Year { open: Euros(100), done: Euros(50) });
    assert_eq!(budget[&2027].total(), Euros(200));
    let far = progress(&all, TODAY);
    assert_eq!((far.open, far.done, far.abandoned, far.percent), (2, 1, 1, Some(50)));
    assert_eq!(progress(&[], TODAY).percent, None);
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(
        title in "[a-zé ]{1,40}[a-z]", sum in 1u64..1_000_000, work in 0u32..100, progress in 0u8..100, year in 2020i16..2040,
    ) {
        let sheet = ActionSheet {
            title, money: vec![(year, sum.to_string())], work: work.to_string(), progress: progress.to_string(),
            state: "en-cours".into(), ..sheet()
        };
        let action = parse(&sheet).unwrap();
        let again = ActionSheet::from(&action);
        prop_assert_eq!(&parse(&again).unwrap(), &action);
        let kept: Action = serde_json::from_str(&serde_json::to_string(&action).unwrap()).unwrap();
        prop_assert_eq!(kept, action);
    }

    #[test]
    fn no_form_makes_it_fall(texts in proptest::collection::vec(".{0,30}", 9), year in any::<i16>()) {
        let mut texts = texts.into_iter();
        let mut next = || texts.next().unwrap_or_default();
        let sheet = ActionSheet {
            title: next(), measure: next(), owner: next(), due: next(), money: vec![(year, next())], work: next(),
            state: next(), progress: next(), reason: next(), note: String::new(),
        };
        let _ = parse(&sheet);
    }
}
