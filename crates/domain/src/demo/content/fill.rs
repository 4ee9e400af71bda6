//! Filling the slots of a text.

use super::super::random::Stream;

const DAYS: [&str; 5] = ["lundi", "mardi", "mercredi", "jeudi", "vendredi"];
const RELATIVES: [&str; 8] =
    ["sa fille", "son fils", "sa nièce", "sa sœur", "son frère", "son petit-fils", "une voisine", "sa belle-fille"];
const MEALS: [&str; 7] =
    ["la soupe", "le poisson", "le fromage blanc", "la compote", "la viande", "le gratin", "le dessert"];
const NAMES: [&str; 10] = ["Mme P.", "M. R.", "Mme L.", "M. K.", "Lucas", "Inaya", "Tom", "Jade", "M. D.", "Mme V."];
const PLACES: [&str; 6] =
    ["au salon", "dans le couloir", "en chambre", "au jardin", "à l'atelier", "devant l'ascenseur"];

/// Gives every `{slot}` of a text a value: hour, figures, day, relative, food, someone else, where.
pub(crate) fn fill(text: &str, stream: &mut Stream) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((slot, tail)) = after.split_once('}') else { break };
        out.push_str(before);
        out.push_str(&value(slot, stream));
        rest = tail;
    }
    out.push_str(rest);
    out
}

fn value(slot: &str, stream: &mut Stream) -> String {
    let pick = |stream: &mut Stream, items: &[&'static str]| (*stream.pick(items, &"")).to_owned();
    match slot {
        "h" => {
            let (hour, minute) = (6 + stream.below(16), 5 * stream.below(12));
            if minute == 0 { format!("{hour} h") } else { format!("{hour} h {minute:02}") }
        }
        "n" => (2 + stream.below(6)).to_string(),
        "ta" => format!("{}/{}", 10 + stream.below(7), 6 + stream.below(4)),
        "pouls" => (56 + stream.below(44)).to_string(),
        "temp" => format!("{},{}", 36 + stream.below(3), stream.below(10)),
        "kg" => (44 + stream.below(40)).to_string(),
        "eva" => (2 + stream.below(6)).to_string(),
        "jour" => pick(stream, &DAYS),
        "parent" => pick(stream, &RELATIVES),
        "plat" => pick(stream, &MEALS),
        "autre" => pick(stream, &NAMES),
        "lieu" => pick(stream, &PLACES),
        other => other.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::content::{goals, writings};

    #[test]
    fn leaves_no_slot_in_any_text() {
        let mut stream = Stream::new(1, 1);
        let mut texts: Vec<&str> = (0..3).flat_map(writings).map(|writing| writing.text).collect();
        texts.extend((0..3).flat_map(goals));
        texts.extend(super::super::LETTERS.iter().flat_map(|letters| letters.iter()).map(|letter| letter.1));
        for text in texts {
            let filled = fill(text, &mut stream);
            assert!(!filled.contains(['{', '}']), "{filled}");
        }
        assert!(fill("à {h}", &mut stream).contains(" h"));
    }
}
