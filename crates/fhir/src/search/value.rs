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
    /// Whether the range passes.
    pub fn holds(self, lo: f64, hi: f64) -> bool {
        self.comparator.holds((self.lo, self.hi), (lo, hi))
    }
}

/// The range the digits of a decimal imply: 5.4 is from 5.35 to 5.45.
pub(crate) fn implied(text: &str) -> Option<(f64, f64)> {
    let value: f64 = text.parse().ok().filter(|value: &f64| value.is_finite())?;
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let decimals = mantissa.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    let half = 0.5 * 10_f64.powi(exponent.saturating_sub(i32::try_from(decimals).ok()?));
    Some((value - half, value + half))
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
        let (lo, hi) = implied("5.4").unwrap();
        assert!((lo - 5.35).abs() < 1e-9 && (hi - 5.45).abs() < 1e-9);
        assert_eq!(implied("100"), Some((99.5, 100.5)));
        assert_eq!(implied("1e2"), Some((50.0, 150.0)));
        assert_eq!(implied("x"), None);
        assert_eq!(implied("1e999"), None);
    }

    #[test]
    fn prefixes_compare_intervals() {
        let test = |comparator| DateTest { comparator, lo: 10, hi: 20 };
        assert!(test(Comparator::Eq).holds(10, 20) && !test(Comparator::Eq).holds(9, 20));
        assert!(test(Comparator::Ge).holds(15, 25) && test(Comparator::Ge).holds(12, 13));
        assert!(test(Comparator::Sa).holds(20, 21) && !test(Comparator::Sa).holds(19, 21));
        assert!(test(Comparator::Eb).holds(1, 10) && test(Comparator::Lt).holds(1, 15));
    }
}
