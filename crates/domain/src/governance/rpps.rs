//! The number of a health professional in the national directory (RPPS).

/// The eleven figures of an RPPS number, the last of which is a key (Luhn); an eight before them says that it is one. None for
/// anything else.
#[must_use]
pub fn rpps(text: &str) -> Option<&str> {
    let number = if text.len() == 12 { text.strip_prefix('8')? } else { text };
    let figures: Option<Vec<u32>> = number.chars().map(|sign| sign.to_digit(10)).collect();
    let figures = figures.filter(|figures| figures.len() == 11 && figures.iter().any(|figure| *figure > 0))?;
    let doubled = |at: usize, figure: u32| if at % 2 == 1 { figure * 2 / 10 + figure * 2 % 10 } else { figure };
    let sum: u32 = figures.iter().rev().enumerate().map(|(at, figure)| doubled(at, *figure)).sum();
    sum.is_multiple_of(10).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::rpps;

    #[test]
    fn an_rpps_number_has_eleven_figures_and_a_key() {
        for fine in ["10000000009", "810000000009", "10101010105"] {
            assert_eq!(rpps(fine).map(str::len), Some(11), "{fine}");
        }
        for wrong in ["10000000008", "1000000009", "", "00000000000", "1000000000a", "910000000009", "10000 000009"] {
            assert_eq!(rpps(wrong), None, "{wrong}");
        }
        assert_eq!(rpps("810000000009"), Some("10000000009"));
    }
}
