//! The functions a transmission may be addressed to, and how each files what it writes.

/// A function of an establishment: a persona of the measures matrix, as colleagues call it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Function {
    /// Persona code of the matrix.
    pub code: &'static str,
    /// One of them, as a screen says it.
    pub one: &'static str,
    /// Several of them.
    pub many: &'static str,
    /// Kind of writing of its everyday notes: gives the family of the record, and the floor of the level.
    pub kind: &'static str,
}

const fn function(code: &'static str, one: &'static str, many: &'static str, kind: &'static str) -> Function {
    Function { code, one, many, kind }
}

/// In the order in which a form offers them.
const ALL: [Function; 11] = [
    function("as", "aide-soignant", "aides-soignants", "transmission"),
    function("ide", "infirmier", "infirmiers", "transmission"),
    function("idec", "cadre de soins", "cadres de soins", "transmission"),
    function("medco", "médecin", "médecins", "transmission"),
    function("reeduc", "rééducateur", "rééducateurs", "transmission"),
    function("psy", "psychologue", "psychologues", "note psychologue"),
    function("educ", "éducateur", "éducateurs", "note educative"),
    function("ass", "assistant social", "assistants sociaux", "note sociale"),
    function("chef", "chef de service", "chefs de service", "note educative"),
    function("dir", "direction", "direction", "note"),
    function("sec", "secrétariat", "secrétariat", "note"),
];

/// Every function that can be addressed.
pub fn all() -> &'static [Function] {
    &ALL
}

/// The function with this persona code. An agency worker (`interim:ide`) is addressed as the function replaced.
pub fn find(persona: &str) -> Option<Function> {
    let code = persona.strip_prefix("interim:").unwrap_or(persona);
    ALL.into_iter().find(|function| function.code == code)
}

/// How a persona files its everyday notes.
pub fn kind_of(persona: &str) -> &'static str {
    find(persona).map_or("transmission", |function| function.kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agency_nurse_is_addressed_as_a_nurse() {
        assert_eq!(find("interim:ide").unwrap().code, "ide");
        assert_eq!(find("info"), None);
        assert_eq!(kind_of("educ"), "note educative");
        assert_eq!(kind_of("interim"), "transmission");
    }
}
