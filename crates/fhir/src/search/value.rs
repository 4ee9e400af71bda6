//! Comparisons of intervals, as FHIR defines the prefixes of numbers and dates (R4, search §2.1.1.4.4–5).

/// A prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparator {
    /// Contained in the value's range.
    Eq,
    /// Not contained.
    Ne,
    /// Above.
    Gt,
    /// Below.
    Lt,
    /// Above, or contained.
    Ge,
    /// Below, or contained.
    Le,
    /// Starts after.
    Sa,
    /// Ends before.
    Eb,
    /// About: overlaps the range widened by a tenth.
    Ap,
}

impl Comparator {
    /// Splits a prefix off; none means equal.
    pub(crate) fn split(text: &str) -> (Self, &str) {
        let known = [
            ("eq", Self::Eq),
            ("ne", Self::Ne),
            ("gt", Self::Gt),
            ("lt", Self::Lt),
            ("ge", Self::Ge),
            ("le", Self::Le),
            ("sa", Self::Sa),
            ("eb", Self::Eb),
            ("ap", Self::Ap),
        ];
        known
            .iter()
            .find_map(|(prefix, comparator)| Some((*comparator, text.strip_prefix(prefix)?)))
            .unwrap_or((Self::Eq, text))
    }

    fn holds<T: PartialOrd + Copy>(self, wanted: (T, T), found: (T, T)) -> bool {
        let contained = found.0 >= wanted.0 && found.1 <= wanted.1;
        match self {
            Self::Eq => contained,
            Self::Ne => !contained,
            Self::Gt => found.1 > wanted.1,
            Self::Lt => found.0 < wanted.0,
            Self::Ge => found.1 > wanted.1 || contained,
            Self::Le => found.0 < wanted.0 || contained,
            Self::Sa => found.0 >= wanted.1,
            Self::Eb => found.1 <= wanted.0,
            Self::Ap => found.1 > wanted.0 && found.0 < wanted.1,
        }
    }
}

/// A date to compare with: UTC microseconds, `hi` exclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DateTest {
    /// How.
    pub comparator: Comparator,
    /// From, inclusive.
    pub lo: i64,
    /// To, exclusive.
    pub hi: i64,
}

impl DateTest {
    /// Whether the interval `[lo, hi)` passes.
    pub fn holds(self, lo: i64, hi: i64) -> bool {
        self.comparator.holds((self.lo, self.hi), (lo, hi))
    }
}

/// A number to compare with, as the range its digits imply.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NumTest {
    /// How.
    pub comparator: Comparator,
    /// From.
    pub lo: f64,
    /// To.
    pub hi: f64,
}

impl NumTest {
    /// Reads a prefix and a decimal. Ranges of numbers are closed: bounds that are not part of the range are moved to
    /// the next number inside, or outside where the comparison is strict and they are part of it.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (comparator, text) = Comparator::split(text);
        let (implied_lo, implied_hi) = implied(text)?;
        let (value, _) = exact(text)?;
        let (lo, hi) = match comparator {
            // 100 is [99.5, 100.5). Of more digits than a number holds, the range is the number itself.
            Comparator::Eq | Comparator::Ne => (implied_lo.min(value), implied_hi.next_down().max(value)),
            Comparator::Ap => {
                let tenth = value.abs() * 0.1;
                ((value - tenth).next_down(), (value + tenth).next_up())
            }
            Comparator::Sa => (value, value.next_up()),
            Comparator::Eb => (value.next_down(), value),
            Comparator::Gt | Comparator::Lt | Comparator::Ge | Comparator::Le => (value, value),
        };
        Some(Self { comparator, lo, hi })
    }

    /// Whether the range passes.
    pub fn holds(self, lo: f64, hi: f64) -> bool {
        self.comparator.holds((self.lo, self.hi), (lo, hi))
    }
}

/// The range the digits of a decimal imply: 5.4 is from 5.35 to 5.45. An exponent counts for no digit: 1e2 is from 50
/// to 150.
pub(crate) fn implied(text: &str) -> Option<(f64, f64)> {
    let value: f64 = text.parse().ok().filter(|value: &f64| value.is_finite())?;
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let decimals = mantissa.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    let last = exponent.saturating_sub(i32::try_from(decimals).ok()?);
    let digits: String = mantissa.chars().filter(|c| *c != '.').collect();
    // In whole numbers where they fit: a bound is then the nearest there is to what was meant.
    let bound = |half: i128| {
        let tenths = digits.parse::<i128>().ok()?.checked_mul(10)?.checked_add(half)?;
        format!("{tenths}e{}", last.saturating_sub(1)).parse::<f64>().ok().filter(|bound| bound.is_finite())
    };
    let half = 0.5 * 10_f64.powi(last);
    Some((bound(-5).unwrap_or(value - half), bound(5).unwrap_or(value + half)))
}

/// The range a stored decimal stands for: its value alone.
pub(crate) fn exact(text: &str) -> Option<(f64, f64)> {
    let value: f64 = text.parse().ok().filter(|value: &f64| value.is_finite())?;
    Some((value, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_imply_a_range() {
        assert_eq!(implied("5.4"), Some((5.35, 5.45)));
        assert_eq!(implied("5.40"), Some((5.395, 5.405)));
        assert_eq!(implied("-5.4"), Some((-5.45, -5.35)));
        assert_eq!(implied("0"), Some((-0.5, 0.5)));
        assert_eq!(implied("100"), Some((99.5, 100.5)));
        assert_eq!(implied("1e2"), Some((50.0, 150.0)));
        assert_eq!(implied("x"), None);
        assert_eq!(implied("1e999"), None);
        assert_eq!(implied("1e-400"), Some((-0.0, 0.0)));
        let long = format!("0.{}", "1".repeat(60));
        let (lo, hi) = implied(&long).unwrap();
        assert!(lo <= 0.2 && hi >= 0.1);
    }

    #[test]
    fn prefixes_compare_intervals() {
        let holds = |comparator, lo, hi| DateTest { comparator, lo: 10, hi: 20 }.holds(lo, hi);
        // (prefix, answers for: before, meets its start, overlaps its start, inside, equal, around, overlaps its end,
        // meets its end, after)
        let found = [(0, 5), (5, 10), (5, 15), (12, 13), (10, 20), (5, 25), (15, 25), (20, 25), (30, 35)];
        for (comparator, expected) in [
            (Comparator::Eq, "...##...."),
            (Comparator::Ne, "###..####"),
            (Comparator::Gt, ".....####"),
            (Comparator::Lt, "###..#..."),
            (Comparator::Ge, "...######"),
            (Comparator::Le, "######..."),
            (Comparator::Sa, ".......##"),
            (Comparator::Eb, "##......."),
            (Comparator::Ap, "..#####.."),
        ] {
            let answers: String =
                found.iter().map(|(lo, hi)| if holds(comparator, *lo, *hi) { '#' } else { '.' }).collect();
            assert_eq!(answers, expected, "{comparator:?}");
        }
    }

    #[test]
    fn numbers_are_compared_as_the_specification_says() {
        let holds = |query: &str, value: &str| {
            let (lo, hi) = exact(value).unwrap();
            NumTest::parse(query).unwrap().holds(lo, hi)
        };
        for (query, yes, no) in [
            ("100", vec!["99.5", "100", "100.49999"], vec!["99.49", "100.5"]),
            ("5.4", vec!["5.35", "5.4", "5.4499"], vec!["5.3499", "5.45"]),
            ("ne100", vec!["99.49", "100.5"], vec!["99.5", "100"]),
            ("gt100", vec!["100.001", "101"], vec!["100", "99"]),
            ("lt100", vec!["99.999"], vec!["100", "101"]),
            ("ge100", vec!["100", "100.1"], vec!["99.9"]),
            ("le100", vec!["100", "99.9"], vec!["100.1"]),
            ("sa100", vec!["100.1"], vec!["100", "99"]),
            ("eb100", vec!["99.9"], vec!["100", "101"]),
            ("ap100", vec!["90", "100", "110"], vec!["89.9", "110.1"]),
            ("ap-100", vec!["-90", "-110"], vec!["-89", "-111"]),
            ("ap0", vec!["0"], vec!["0.1", "-0.1"]),
            ("0", vec!["0", "0.4"], vec!["0.5", "-0.51"]),
            ("123456789012345678901234567890.5", vec!["123456789012345678901234567890.5"], vec!["1", "2e29"]),
            ("0.1234567890123456789012345", vec!["0.1234567890123456789012345"], vec!["0.12345678901", "0.2"]),
            ("-9007199254740993.25", vec!["-9007199254740993.25"], vec!["-9007199254740999"]),
        ] {
            yes.iter().for_each(|value| assert!(holds(query, value), "{query} {value}"));
            no.iter().for_each(|value| assert!(!holds(query, value), "{query} {value}"));
        }
        for bad in ["", "gt", "x", "NaN", "inf", "gtgt1", "1e999"] {
            assert_eq!(NumTest::parse(bad), None, "{bad}");
        }
    }
}
