//! The national health identifier, as it is typed: its key tells most slips of the hand.

/// Figures and letters of a number with its key.
const LENGTH: usize = 15;
/// Of which are the number without its key.
const BODY: usize = 13;
/// Where the department of birth is: in Corsica, a letter stands in it.
const DEPARTMENT: std::ops::Range<usize> = 5..7;
/// Numbers that are given while somebody waits for theirs begin with one of these.
const WAITING: [char; 4] = ['3', '4', '7', '8'];

/// A number whose key is right.
#[derive(Clone, PartialEq, Eq)]
pub struct Ins(String);

impl std::fmt::Debug for Ins {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Ins(***)")
    }
}

impl Ins {
    /// Reads a number of fifteen signs, spaces or not between them.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let whole: String = text.chars().filter(|sign| !sign.is_whitespace()).collect::<String>().to_ascii_uppercase();
        if whole.len() != LENGTH {
            return Err("Un numéro INS a 15\u{a0}signes, avec sa clé\u{a0}: recopiez-le en entier.");
        }
        let read = || {
            let (body, key) = (whole.get(..BODY)?, whole.get(BODY..)?);
            let (before, department, after) =
                (body.get(..DEPARTMENT.start)?, body.get(DEPARTMENT)?, body.get(DEPARTMENT.end..)?);
            let department = match department {
                "2A" => "19",
                "2B" => "18",
                other => other,
            };
            let number: u64 = figures(&format!("{before}{department}{after}"))?;
            (97 - number % 97 == figures(key)?).then_some(())
        };
        match read() {
            Some(()) => Ok(Self(whole)),
            None => Err("La clé de ce numéro ne correspond pas\u{a0}: vérifiez chaque chiffre, ou laissez vide."),
        }
    }

    /// The fifteen signs.
    pub fn value(&self) -> &str {
        &self.0
    }

    /// The system it is kept under, and the code of its type.
    pub fn system(&self) -> (&'static str, &'static str) {
        if self.0.starts_with(WAITING) {
            ("urn:oid:1.2.250.1.213.1.4.9", "INS-NIA")
        } else {
            ("urn:oid:1.2.250.1.213.1.4.8", "INS-NIR")
        }
    }
}

fn figures(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_tells_a_slip_of_the_hand() {
        // Keys of the reference, computed by hand: Corsica counts as 19 and 18.
        for good in ["1 80 03 2B 020 401 23", "297022a02077878", "109076322083489"] {
            Ins::parse(good).unwrap();
        }
        let good = "109076322083489";
        for (at, sign) in good.char_indices() {
            let other = if sign == '9' { '1' } else { '9' };
            let wrong: String =
                good.char_indices().map(|(index, sign)| if index == at { other } else { sign }).collect();
            assert!(Ins::parse(&wrong).is_err(), "{wrong}");
        }
        for wrong in
            ["", "1", "10907632208348", "1090763220834891", "1090763220834AB", "10907632208é489", "+09076322083489"]
        {
            assert!(Ins::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_number_of_who_waits_is_told_apart_and_none_is_shown_in_a_log() {
        let waiting = format!("7090763220834{:02}", 97 - 7_090_763_220_834_u64 % 97);
        let ins = Ins::parse(&waiting).unwrap();
        assert_eq!(ins.system().1, "INS-NIA");
        assert_eq!(Ins::parse("109076322083489").unwrap().system().1, "INS-NIR");
        assert_eq!(format!("{ins:?}"), "Ins(***)");
    }
}
