//! Filling the slots of a text.

use super::super::random::Stream;
use crate::local_time;

const DAYS: [&str; 5] = ["lundi", "mardi", "mercredi", "jeudi", "vendredi"];
const RELATIVES: [&[&str]; 3] = [
    &["sa fille", "son fils", "sa nièce", "sa sœur", "son frère", "son petit-fils", "sa cousine", "sa belle-fille"],
    &["sa mère", "son père", "sa grand-mère", "sa tante", "son beau-père"],
    &["sa mère", "son père", "sa sœur", "son frère", "son cousin", "son amie"],
];
const MEALS: [&str; 7] =
    ["la soupe", "le poisson", "le fromage blanc", "la compote", "la viande", "le gratin", "le dessert"];
/// Other people are never named, even invented.
const OTHERS: [&[&str]; 3] = [
    &["une voisine de table", "un voisin de couloir", "un résident", "une résidente", "Mme P.", "M. R."],
    &["un camarade", "une camarade", "un autre jeune", "L.", "T.", "un copain du groupe"],
    &["un autre patient", "un ami", "un voisin", "une connaissance"],
];
const PLACES: [&[&str]; 3] = [
    &["au salon", "dans le couloir", "en chambre", "au jardin", "dans la salle de bain", "devant l’ascenseur"],
    &["en classe", "dans le couloir", "dans la cour", "à l’atelier", "au self", "au gymnase"],
    &["en salle d’attente", "à l’accueil", "dans le couloir", "devant l’entrée"],
];

/// Whom a text is about, where, and when it is written (UTC microseconds).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Told {
    pub(crate) woman: bool,
    pub(crate) place: usize,
    pub(crate) at: i64,
}

/// Gives every `{slot}` of a text a value: hour, figures, day, relative, food, someone else, where; of `{elle/il}`, the
/// first for a woman; of `{un;deux;trois}`, any. Slots may stand
/// within slots.
pub(crate) fn fill(text: &str, told: &Told, stream: &mut Stream) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let parts = split(after, '}');
        let Some((slot, tail)) = parts.split_first().and_then(|(slot, _)| Some((*slot, after.get(slot.len() + 1..)?)))
        else {
            break;
        };
        out.push_str(before);
        out.push_str(&value(slot, told, stream));
        rest = tail;
    }
    out.push_str(rest);
    out
}

/// The parts of a text around a sign, but where the sign stands within slots.
fn split(text: &str, sign: char) -> Vec<&str> {
    let mut depth = 0_usize;
    let parts = text.split(|letter: char| {
        let outside = depth == 0;
        match letter {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        outside && letter == sign
    });
    parts.collect()
}

fn value(slot: &str, told: &Told, stream: &mut Stream) -> String {
    let gender = |woman: &'static str, man: &'static str| (if told.woman { woman } else { man }).to_owned();
    let pick = |stream: &mut Stream, items: &[&'static str]| (*stream.pick(items, &"")).to_owned();
    let here = |all: &[&'static [&'static str]; 3]| all.get(told.place).copied().unwrap_or_default();
    match slot {
        "e" => gender("e", ""),
        "il" => gender("elle", "il"),
        "Il" => gender("Elle", "Il"),
        "lui" => gender("elle", "lui"),
        "h" => earlier(told.at, 5, stream),
        "h1" => earlier(told.at, 65, stream),
        "rdv" => hour(9 + stream.below(9), 15 * stream.below(4)),
        "n" => (2 + stream.below(6)).to_string(),
        "ta" => format!("{}/{}", 10 + stream.below(7), 6 + stream.below(4)),
        "pouls" => (56 + stream.below(44)).to_string(),
        "temp" => format!("36,{}", 2 + stream.below(8)),
        "fievre" => format!("38,{}", 5 + stream.below(5)),
        "kg" => (if told.place == 1 { 22 + stream.below(40) } else { 46 + stream.below(36) }).to_string(),
        "eva" => (3 + stream.below(5)).to_string(),
        "eva0" => stream.below(3).to_string(),
        "sat" => (90 + stream.below(9)).to_string(),
        "gly" => format!("{},{}{}", 1 + stream.below(2), stream.below(10), stream.below(10)),
        "mg" => (10 * (2 + stream.below(9))).to_string(),
        "jour" => pick(stream, &DAYS),
        "parent" => pick(stream, here(&RELATIVES)),
        "Parent" => capital(&pick(stream, here(&RELATIVES))),
        "plat" => pick(stream, &MEALS),
        "autre" => pick(stream, here(&OTHERS)),
        "lieu" => pick(stream, here(&PLACES)),
        other => {
            let mut choices = split(other, ';');
            if let ([_], [woman, man]) = (choices.as_slice(), split(other, '/').as_slice()) {
                choices = vec![if told.woman { *woman } else { *man }];
            }
            let choice = *stream.pick(choices.as_slice(), &"");
            fill(choice, told, stream)
        }
    }
}

fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// An hour before the writing, by `least` minutes and up to an hour and a half more: what is told has happened.
fn earlier(at: i64, least: u64, stream: &mut Stream) -> String {
    let back = i64::try_from(least + stream.below(85)).unwrap_or(5) * 60_000_000;
    let then = local_time::local(at - back);
    let minute = then.minute() / 5 * 5;
    hour(u64::try_from(then.hour()).unwrap_or(0), u64::try_from(minute).unwrap_or(0))
}

fn hour(hour: u64, minute: u64) -> String {
    if minute == 0 { format!("{hour} h") } else { format!("{hour} h {minute:02}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::content::{LETTERS, goals, writings};

    const KNOWN: [&str; 24] = [
        "e", "il", "Il", "lui", "h", "rdv", "n", "ta", "pouls", "temp", "fievre", "kg", "eva", "eva0", "sat", "gly",
        "mg", "jour", "h1", "Parent", "parent", "plat", "autre", "lieu",
    ];

    #[test]
    fn leaves_no_slot_in_any_text_and_knows_each() {
        let mut stream = Stream::new(1, 1);
        for (place, letters) in LETTERS.iter().enumerate() {
            let mut texts: Vec<&str> = goals(place).to_vec();
            texts.extend(letters.iter().map(|letter| letter.1));
            texts.extend(
                writings(place).iter().flat_map(|w| w.text.into_iter().chain(w.reply.iter().flat_map(|r| r.text))),
            );
            for text in texts {
                for slot in text.split('{').skip(1).filter_map(|after| after.split_once('}')).map(|cut| cut.0) {
                    assert!(slot.contains(['/', ';']) || KNOWN.contains(&slot), "{slot} in {text}");
                }
                let filled = fill(text, &Told { woman: true, place, at: 0 }, &mut stream);
                assert!(!filled.contains(['{', '}']) && !filled.contains("  "), "{filled}");
            }
        }
    }

    #[test]
    fn speaks_of_the_person_as_they_are() {
        let mut stream = Stream::new(1, 1);
        let mut said =
            |woman| fill("{Il} est {contente/content}, fatigué{e}.", &Told { woman, place: 0, at: 0 }, &mut stream);
        assert_eq!(
            (said(true), said(false)),
            ("Elle est contente, fatiguée.".into(), "Il est content, fatigué.".into())
        );
    }
}
