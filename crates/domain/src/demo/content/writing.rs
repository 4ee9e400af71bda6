//! Writings kept as lines of text, so that people of the trade can proof-read them.
//!
//! `[role]`, or `[role: kind]`, begins what one function writes. A line is `weight target marks : données | actions |
//! résultats`; a line that begins with `>` is the answer it gets: `> role : données | actions | résultats`. Marks:
//!
//! | mark | meaning |
//! |---|---|
//! | `!`, `!!` | urgent, danger |
//! | `@ide,medco` | for these functions |
//! | `+4` | to be looked at again four hours later |
//! | `~12-15` | written between these hours; the next morning from 24 on |
//! | `?vih` | of people with this trait only |
//! | `/2` | in this unit of the place only, counted from 1 |
//! | `#` | what it is about is not said in a reminder |

use std::sync::LazyLock;

/// What was seen, what was done, what came of it; the last two may be empty.
pub(crate) type Text = [&'static str; 3];

/// A writing: who writes it, how it is filed, how often it comes, and the text.
#[derive(Debug, Clone, Default)]
pub(crate) struct Writing {
    /// A persona, or `nuit`.
    pub(crate) role: &'static str,
    /// When it is not filed as the function's notes are.
    pub(crate) kind: Option<&'static str>,
    pub(crate) weight: u64,
    pub(crate) target: &'static str,
    /// Code of the urgency; empty when there is none.
    pub(crate) urgency: &'static str,
    pub(crate) recipients: Vec<&'static str>,
    /// In so many hours.
    pub(crate) look_again: Option<i64>,
    pub(crate) hours: Option<(i64, i64)>,
    /// A trait.
    pub(crate) of: Option<&'static str>,
    pub(crate) unit: Option<usize>,
    pub(crate) is_sensitive: bool,
    pub(crate) text: Text,
    pub(crate) reply: Option<Reply>,
}

/// What another function answers.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) role: &'static str,
    pub(crate) text: Text,
}

impl Writing {
    pub(crate) fn is_urgent(&self) -> bool {
        !self.urgency.is_empty()
    }

    /// A fall that has just happened, not the watch that follows it.
    pub(crate) fn is_fall(&self) -> bool {
        self.target == "chute" && self.is_urgent()
    }
}

static ALL: LazyLock<[Vec<Writing>; 3]> = LazyLock::new(|| {
    let texts = [
        include_str!("../../../data/demo/ehpad.txt"),
        include_str!("../../../data/demo/ime.txt"),
        include_str!("../../../data/demo/csapa.txt"),
    ];
    // A test sees to it that every line can be read.
    texts.map(|text| parse(text).0)
});

/// What is written at a place, by its index.
pub(crate) fn writings(place: usize) -> &'static [Writing] {
    ALL.get(place).map_or(&[], Vec::as_slice)
}

/// The writings of a text, and the lines that could not be read.
fn parse(text: &'static str) -> (Vec<Writing>, Vec<&'static str>) {
    let (mut all, mut wrong): (Vec<Writing>, Vec<&str>) = Default::default();
    let mut section = ("", None);
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//")) {
        if let Some(inside) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = inside.split_once(':').map_or((inside, None), |(role, kind)| (role, Some(kind.trim())));
        } else if let Some(rest) = line.strip_prefix('>') {
            match (all.last_mut(), reply(rest)) {
                (Some(last), Some(reply)) => last.reply = Some(reply),
                _ => wrong.push(line),
            }
        } else {
            match writing(line) {
                Some(writing) => all.push(Writing { role: section.0, kind: section.1, ..writing }),
                None => wrong.push(line),
            }
        }
    }
    (all, wrong)
}

fn reply(line: &'static str) -> Option<Reply> {
    let (role, text) = line.split_once(" : ")?;
    Some(Reply { role: role.trim(), text: parts(text) })
}

fn writing(line: &'static str) -> Option<Writing> {
    let (head, text) = line.split_once(" : ")?;
    let mut words = head.split_whitespace();
    let weight = words.next()?.parse().ok()?;
    let mut writing = Writing { weight, target: words.next()?, text: parts(text), ..Writing::default() };
    words.all(|mark| writing.mark(mark).is_some()).then_some(writing)
}

impl Writing {
    fn mark(&mut self, mark: &'static str) -> Option<()> {
        match mark {
            "!" => self.urgency = "urgent",
            "!!" => self.urgency = "stat",
            "#" => self.is_sensitive = true,
            _ => {
                let rest = mark.get(1..)?;
                match mark.chars().next()? {
                    '@' => self.recipients = rest.split(',').collect(),
                    '+' => self.look_again = Some(rest.parse().ok()?),
                    '~' => {
                        let (from, to) = rest.split_once('-')?;
                        self.hours = Some((from.parse().ok()?, to.parse().ok()?));
                    }
                    '?' => self.of = Some(rest),
                    '/' => self.unit = Some(rest.parse::<usize>().ok()?.checked_sub(1)?),
                    _ => return None,
                }
            }
        }
        Some(())
    }
}

fn parts(text: &'static str) -> Text {
    let mut parts = text.split(" | ").map(str::trim);
    std::array::from_fn(|_| parts.next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::super::super::{PLACES, accounts, traits};
    use super::*;
    use crate::care::function;
    use crate::care::target::Target;

    #[test]
    fn reads_a_line_and_its_answer() {
        let (all, wrong) =
            parse("[ide: observation]\n3 chute ! @medco,as +4 ~20-30 ?abus /2 # : Vu. | Fait.\n > as : Ok.\nx");
        assert_eq!(wrong, ["x"]);
        let one = &all[0];
        assert_eq!((one.role, one.kind, one.weight, one.target), ("ide", Some("observation"), 3, "chute"));
        assert_eq!((one.urgency, one.look_again, one.hours), ("urgent", Some(4), Some((20, 30))));
        assert_eq!((one.of, one.unit, one.text), (Some("abus"), Some(1), ["Vu.", "Fait.", ""]));
        assert!(one.is_sensitive && one.is_fall() && one.recipients == ["medco", "as"]);
        assert_eq!(one.reply.as_ref().unwrap().role, "as");
    }

    #[test]
    fn every_line_can_be_read_and_names_only_what_exists() {
        for (text, place) in ["ehpad", "ime", "csapa"].iter().zip(0..) {
            let path = format!("{}/data/demo/{text}.txt", env!("CARGO_MANIFEST_DIR"));
            let read: &'static str = std::fs::read_to_string(path).unwrap().leak();
            assert_eq!(parse(read).1, Vec::<&str>::new(), "{text}");
            for writing in writings(place) {
                let said = writing.text;
                assert!(!said[0].is_empty() && writing.weight > 0, "{said:?}");
                assert!(Target::parse(writing.target).is_some(), "{} {said:?}", writing.target);
                assert!(writing.recipients.iter().all(|code| function::find(code).is_some()), "{said:?}");
                assert!(writing.of.is_none_or(|of| traits::exists(place, of)), "{said:?}");
                assert!(writing.unit.is_none_or(|unit| unit < PLACES[place].units.len()), "{said:?}");
                assert!(writing.look_again.is_none_or(|hours| (1..24).contains(&hours)), "{said:?}");
                let persona = |role: &str| if role == "nuit" { "as".to_owned() } else { role.to_owned() };
                for role in std::iter::once(writing.role).chain(writing.reply.as_ref().map(|reply| reply.role)) {
                    let works = |a: &&crate::demo::Account| a.place == place && a.related && a.persona == persona(role);
                    assert!(accounts().iter().any(|account| works(&account)), "{role} {said:?}");
                }
            }
        }
    }

    #[test]
    fn one_in_thirty_is_urgent_and_one_in_three_is_for_someone() {
        for place in 0..3 {
            let sum = |keep: &dyn Fn(&&Writing) -> bool| -> u64 {
                writings(place).iter().filter(keep).map(|writing| writing.weight).sum()
            };
            let all = sum(&|_| true);
            let (urgent, addressed) =
                (sum(&|w| w.is_urgent()) * 100 / all, sum(&|w| !w.recipients.is_empty()) * 100 / all);
            let whole = sum(&|w| !w.text[2].is_empty()) * 100 / all;
            assert!(
                (2..=5).contains(&urgent) && (25..=50).contains(&addressed) && whole > 25,
                "{place} {urgent} {addressed} {whole}"
            );
        }
    }
}
