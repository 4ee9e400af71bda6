//! AGGIR: from the letters of eight variables to the iso-resource group (*GIR*) of somebody who grows old.
//!
//! Tables, order and thresholds: Code de l'action sociale et des familles, annexe 2-2 (R232-3). Each variable is A (done alone), B (in
//! part) or C (not done). Groups are tried in order; each sums what its B and C weigh, and the first whose sum reaches one of its
//! thresholds gives the rank, which gives the GIR. The two other discriminating variables (going out, communicating at a distance)
//! weigh nothing.

/// What one variable is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Letter {
    /// Done alone: spontaneously, totally, habitually and correctly.
    A,
    /// In part.
    B,
    /// Not done.
    C,
}

/// Variables that count, in the order of a profile.
pub const VARIABLES: [&str; 8] = [
    "cohérence",
    "orientation",
    "toilette",
    "habillage",
    "alimentation",
    "élimination",
    "transferts",
    "déplacements à l’intérieur",
];

/// The letters of the eight variables, in the order of [`VARIABLES`].
pub type Profile = [Letter; 8];

/// What a profile comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Score {
    /// 1 to 13: who needs the most comes first.
    pub rank: u8,
    /// 1 to 6.
    pub gir: u8,
}

/// One group of the algorithm: weights of C, of B, then thresholds with their ranks, the highest first.
type Group = ([i32; 8], [i32; 8], &'static [(i32, u8)]);

const GROUPS: [Group; 8] = [
    ([2000, 1200, 40, 40, 60, 100, 800, 200], [0, 0, 16, 16, 20, 16, 120, 32], &[(4380, 1), (4140, 2), (3390, 3)]),
    ([1500, 1200, 40, 40, 60, 100, 800, -80], [320, 120, 16, 16, 0, 16, 120, -40], &[(2016, 4)]),
    ([0, 0, 40, 40, 60, 160, 1000, 400], [0, 0, 16, 16, 20, 20, 200, 40], &[(1700, 5), (1432, 6)]),
    ([0, 0, 0, 0, 2000, 400, 2000, 200], [0, 0, 0, 0, 200, 200, 200, 0], &[(2400, 7)]),
    ([400, 400, 400, 400, 400, 800, 800, 200], [0, 0, 100, 100, 100, 100, 100, 0], &[(1200, 8)]),
    ([200, 200, 500, 500, 500, 500, 500, 200], [100, 100, 100, 100, 100, 100, 100, 0], &[(800, 9)]),
    ([150, 150, 300, 300, 500, 500, 400, 200], [0, 0, 200, 200, 200, 200, 200, 100], &[(650, 10)]),
    ([0, 0, 3000, 3000, 3000, 3000, 1000, 1000], [0, 0, 2000, 2000, 2000, 2000, 2000, 1000], &[(4000, 11), (2000, 12)]),
];
/// Of whom no group speaks.
const LAST: u8 = 13;
/// The GIR of each rank, from the first.
const GIR: [u8; 13] = [1, 2, 2, 2, 2, 2, 2, 3, 3, 4, 4, 5, 6];

/// Reads a profile of eight letters, in capitals or not; none when it is not one.
pub fn profile(text: &str) -> Option<Profile> {
    let letters = text.trim().chars().map(|letter| match letter {
        'A' | 'a' => Some(Letter::A),
        'B' | 'b' => Some(Letter::B),
        'C' | 'c' => Some(Letter::C),
        _ => None,
    });
    letters.collect::<Option<Vec<Letter>>>()?.try_into().ok()
}

/// The rank and the GIR of a profile.
pub fn score(profile: &Profile) -> Score {
    let rank = GROUPS.iter().find_map(|(c, b, thresholds)| {
        let weighed = profile.iter().zip(c).zip(b).map(|((letter, c), b)| match letter {
            Letter::A => 0,
            Letter::B => *b,
            Letter::C => *c,
        });
        let sum: i32 = weighed.sum();
        thresholds.iter().find(|(least, _)| sum >= *least).map(|(_, rank)| *rank)
    });
    let rank = rank.unwrap_or(LAST);
    Score { rank, gir: GIR.get(usize::from(rank).saturating_sub(1)).copied().unwrap_or(6) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn of(text: &str) -> (u8, u8) {
        let score = score(&profile(text).unwrap());
        (score.rank, score.gir)
    }

    #[test]
    fn letters_are_read_and_nothing_else() {
        assert_eq!(profile("aAbBcCaA"), profile(" AABBCCAA "));
        for wrong in ["", "AAAAAAA", "AAAAAAAAA", "AAAAAAAD", "AAAA AAAA"] {
            assert_eq!(profile(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn known_profiles_have_their_group() {
        assert_eq!((of("CCCCCCCC"), of("AAAAAAAA"), of("AAAAAABA")), ((1, 1), (13, 6), (12, 5)));
    }

    /// How many of the 6,561 profiles fall into each GIR, counted from the tables of the Code by others.
    #[test]
    fn all_profiles_are_spread_as_the_code_spreads_them() {
        let letters = [Letter::A, Letter::B, Letter::C];
        let mut counts = [0_u32; 7];
        for number in 0..3_usize.pow(8) {
            let mut rest = number;
            let profile: Profile = std::array::from_fn(|_| {
                let letter = letters[rest % 3];
                rest /= 3;
                letter
            });
            counts[usize::from(score(&profile).gir)] += 1;
        }
        assert_eq!(counts, [0, 8, 3208, 2400, 760, 157, 28]);
    }

    #[test]
    #[expect(clippy::print_stderr, reason = "a skipped test says so")]
    fn vectors_of_others_agree() {
        let Some(samples) = std::env::var_os("SOCLE_SAMPLES") else {
            assert!(
                !std::env::var("SOCLE_REQUIRE").is_ok_and(|all| all.contains("samples")),
                "SOCLE_SAMPLES is not set"
            );
            eprintln!("SKIPPED: SOCLE_SAMPLES is not set, the vectors of AGGIR were not compared");
            return;
        };
        let text = std::fs::read_to_string(Path::new(&samples).join("scales/aggir-vectors.csv")).unwrap();
        let mut compared = 0;
        for line in text.lines().skip(1) {
            let cells: Vec<&str> = line.split(',').collect();
            assert_eq!(of(cells[0]), (cells[1].parse().unwrap(), cells[2].parse().unwrap()), "{line}");
            compared += 1;
        }
        assert!(compared > 3_000, "{compared}");
    }
}
