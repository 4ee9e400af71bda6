//! A matrix is refused when it is unsafe.

use super::world::matrix;
use crate::*;

fn parse(text: &str) -> Result<Matrix, MatrixError> {
    Matrix::parse(text)
}

fn edited(from: &str, to: &str) -> MatrixError {
    let shipped = include_str!("../../data/matrix.toml");
    assert!(shipped.contains(from), "nothing to edit: {from}");
    parse(&shipped.replacen(from, to, 1)).unwrap_err()
}

#[test]
fn the_shipped_matrix_loads_and_is_total() {
    let matrix = matrix();
    assert_eq!(matrix.version(), 1);
    assert_eq!(matrix.personas().count(), 19);
    assert_eq!(matrix.measures(Level::VerySensitive).step_up_s, Some(600));
    let care = |persona: &&Persona| persona.opens_care();
    let codes: Vec<&str> = matrix.personas().filter(care).map(|persona| persona.code()).collect();
    assert_eq!(codes, ["as", "ass", "chef", "educ", "ide", "idec", "interim", "medco", "medext", "psy", "reeduc"]);
    assert_eq!(matrix.core_business(PlaceProfile::Ehpad), [Category::Neu, Category::Grave].into_iter().collect());
    assert_eq!(matrix.list_view(Level::VerySensitive, Category::Vih.into()), ListView::Nothing);
    assert_eq!(matrix.list_view(Level::VerySensitive, Category::Psy.into()), ListView::Count);
    assert_eq!(matrix.list_view(Level::Sensitive, Category::Vih.into()), ListView::Neutral);
}

#[test]
fn every_persona_has_a_name_and_an_owner() {
    for persona in matrix().personas() {
        assert!(!persona.french().is_empty() && !persona.owner().is_empty(), "{}", persona.code());
    }
}

#[test]
fn refuses_a_weaker_measure_at_a_higher_level() {
    let error = edited("idle_lock_s = 300", "idle_lock_s = 1200");
    assert_eq!(error, MatrixError::NotMonotone { level: 4, measure: "idle_lock_s" });
    let error = edited("print = \"counted\"", "print = \"free\"");
    assert_eq!(error, MatrixError::NotMonotone { level: 3, measure: "print" });
    let error = edited("second_person = true }\n", "second_person = true }\nlevel_note = 1\n");
    assert!(matches!(error, MatrixError::Syntax(_)));
    let error = edited("lasts_s = 7200", "lasts_s = 72000");
    assert_eq!(error, MatrixError::NotMonotone { level: 3, measure: "break_glass" });
}

#[test]
fn refuses_a_matrix_with_holes() {
    assert!(matches!(edited("code = \"medext\"", "code = \"autre\""), MatrixError::NotTotal(_)));
    assert!(matches!(edited("code = \"medext\"", "code = \"ide\""), MatrixError::NotTotal(_)));
    assert!(matches!(edited("saad = []\n", ""), MatrixError::NotTotal(_)));
    assert!(matches!(edited("level = 1\n", "level = 2\n"), MatrixError::NotTotal(_)));
}

#[test]
fn refuses_a_persona_nobody_answers_for() {
    let error = edited("owner = \"cadre de soins\"", "owner = \" \"");
    assert_eq!(error, MatrixError::NoOwner("as".to_owned()));
}

#[test]
fn refuses_a_technical_administrator_who_reads() {
    for grant in ["staff = true", "break_glass = true", "blocks = [{ families = [\"adm\"] }]", "journal = true"] {
        let error = edited("technical = true\ncap = 0", &format!("technical = true\ncap = 0\n{grant}"));
        assert_eq!(error, MatrixError::TechnicalReads("info".to_owned()));
    }
    let error = edited("technical = true\ncap = 0", "cap = 2");
    assert_eq!(error, MatrixError::TechnicalReads("info".to_owned()));
}

#[test]
fn reviewers_and_readers_of_the_journal_are_declared() {
    let codes = |may: fn(&Persona) -> bool| {
        matrix().personas().filter(|persona| may(persona)).map(|persona| persona.code().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(codes(Persona::may_read_journal), ["chef", "dir", "dpo", "idec", "medco", "usager"]);
    assert_eq!(codes(Persona::is_reviewer), ["chef", "idec"]);
    assert_eq!(codes(Persona::audits), ["dpo"]);
    assert_eq!(codes(Persona::may_see_estate), ["dir", "info"]);
}

#[test]
fn refuses_a_weak_sign_in_that_reaches_higher() {
    assert!(matches!(edited("password = 4", "password = 0"), MatrixError::NotTotal(_)));
    assert!(matches!(edited("obsolete = 2", "obsolete = 4"), MatrixError::NotTotal(_)), "worse, and more");
    assert!(matches!(edited("unknown = 2", "unknown = 1"), MatrixError::NotTotal(_)), "care needs the usual record");
    assert!(matches!(edited("sound = 4\n", ""), MatrixError::NotTotal(_)));
}

#[test]
fn refuses_unknown_words() {
    assert!(matches!(edited("\"PJM\"]", "\"PJN\"]"), MatrixError::Unknown { what: "category", .. }));
    assert!(matches!(
        edited("families = [\"soin\"", "families = [\"soins\""),
        MatrixError::Unknown { what: "family", .. }
    ));
    assert!(matches!(edited("\ncap = 2", "\ncap = 9"), MatrixError::Unknown { what: "level", .. }));
}

#[test]
fn interim_keeps_the_families_under_a_cap() {
    let matrix = matrix();
    let (persona, cap) = matrix.persona(&"interim:ide".into()).unwrap();
    assert_eq!((persona.code(), cap), ("ide", Level::Standard));
    assert!(matrix.persona(&"interim:nobody".into()).is_none());
    assert!(matrix.persona(&"root".into()).is_none());
}
