//! The pattern language of the rules: words, stems, groups, gaps. Its grammar is in the crate's README.

use super::fold::fold;
use std::collections::BTreeMap;

/// A word of a pattern.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Atom {
    /// Exactly this word; its plural too from four letters on.
    Word(String),
    /// This word, written in capitals.
    Upper(String),
    /// Any word that begins so.
    Stem(String),
}

/// One step of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step<A> {
    /// This word.
    Word(A),
    /// One of these.
    One(Vec<Vec<Step<A>>>),
    /// One of these, or nothing.
    Maybe(Vec<Vec<Step<A>>>),
    /// Up to this many words.
    Gap(usize),
}

impl<A> Step<A> {
    /// The same step with other words.
    pub(super) fn map<B>(self, word: &mut impl FnMut(A) -> B) -> Step<B> {
        let mut rows = |rows: Vec<Vec<Self>>| -> Vec<Vec<Step<B>>> {
            rows.into_iter().map(|row| row.into_iter().map(|step| step.map(word)).collect()).collect()
        };
        match self {
            Self::One(all) => Step::One(rows(all)),
            Self::Maybe(all) => Step::Maybe(rows(all)),
            Self::Gap(most) => Step::Gap(most),
            Self::Word(atom) => Step::Word(word(atom)),
        }
    }
}

/// Word classes, by name.
pub(super) type Classes = BTreeMap<String, Vec<Vec<Step<Atom>>>>;

/// Reads the classes of the context file.
pub(super) fn classes(lists: &BTreeMap<String, Vec<String>>) -> Result<Classes, String> {
    let none = Classes::new();
    let read = |(name, list): (&String, &Vec<String>)| {
        let words = list.iter().map(|term| parse(term, &none)).collect::<Result<Vec<_>, _>>()?;
        Ok((name.clone(), words))
    };
    lists.iter().map(read).collect()
}

/// Reads a pattern.
///
/// # Errors
/// What is wrong with it.
pub(super) fn parse(term: &str, classes: &Classes) -> Result<Vec<Step<Atom>>, String> {
    let wrong = |what: String| format!("« {term} »: {what}");
    let mut rest = term.trim();
    let steps = row(&mut rest, classes).map_err(wrong)?;
    if !rest.is_empty() {
        return Err(wrong("a group does not begin".into()));
    }
    if matches!(steps.last(), None | Some(Step::Gap(_))) || matches!(steps.first(), Some(Step::Gap(_))) {
        return Err(wrong("a pattern begins and ends with a word".into()));
    }
    Ok(steps)
}

/// Steps until the end, or until what ends an alternative.
fn row(rest: &mut &str, classes: &Classes) -> Result<Vec<Step<Atom>>, String> {
    let mut steps = Vec::new();
    loop {
        *rest = rest.trim_start();
        let Some(next) = rest.chars().next().filter(|next| !matches!(next, '|' | ')')) else { return Ok(steps) };
        let rows = match next {
            '.' => {
                let dots = rest.len() - rest.trim_start_matches('.').len();
                *rest = rest.trim_start_matches('.');
                steps.push(Step::Gap(if dots > 2 { 6 } else { 3 }));
                continue;
            }
            '(' => group(rest, classes)?,
            '<' => {
                let tail = rest.strip_prefix('<').unwrap_or(rest);
                let (name, after) = tail.split_once('>').ok_or("a class does not end")?;
                *rest = after;
                classes.get(name).cloned().ok_or("unknown class")?
            }
            _ => {
                let end = rest.find([' ', '?', '(', '<', '|', ')']).unwrap_or(rest.len());
                let (word, after) = rest.split_at(end);
                if after.starts_with('?') {
                    return Err(format!("« {word}? »: what may be absent is in brackets, « ({word})? »"));
                }
                *rest = after;
                vec![sequence(word)?]
            }
        };
        let may_be_absent = rest.starts_with('?');
        *rest = rest.trim_start_matches('?');
        match rows.as_slice() {
            _ if may_be_absent => steps.push(Step::Maybe(rows)),
            [only] => steps.extend(only.iter().cloned()),
            _ => steps.push(Step::One(rows)),
        }
    }
}

/// The alternatives between brackets.
fn group(rest: &mut &str, classes: &Classes) -> Result<Vec<Vec<Step<Atom>>>, String> {
    let mut rows = Vec::new();
    loop {
        // Past the bracket, or the bar.
        *rest = rest.get(1..).unwrap_or_default();
        let steps = row(rest, classes)?;
        if steps.is_empty() {
            return Err("an alternative is empty".into());
        }
        rows.push(steps);
        if let Some(after) = rest.strip_prefix(')') {
            *rest = after;
            return Ok(rows);
        }
        if rest.is_empty() {
            return Err("a group does not end".into());
        }
    }
}

/// Words in a row, as they would be cut in a text.
fn sequence(words: &str) -> Result<Vec<Step<Atom>>, String> {
    let cut = |c: char| !(c.is_alphanumeric() || matches!(c, '*' | '+' | '%'));
    let atoms = words
        .split(cut)
        .filter(|word| !word.is_empty())
        .map(|word| atom(word).map(Step::Word))
        .collect::<Result<Vec<_>, _>>()?;
    if atoms.is_empty() { Err("a word is missing".into()) } else { Ok(atoms) }
}

fn atom(word: &str) -> Result<Atom, String> {
    if let Some(stem) = word.strip_suffix('*') {
        let short = stem.len() < 2 && !stem.starts_with(|c: char| c.is_ascii_digit());
        return if short || stem.is_empty() || stem.contains('*') {
            Err(format!("the stem « {word} » is too short"))
        } else {
            Ok(Atom::Stem(fold(stem)))
        };
    }
    if word.contains('*') {
        return Err(format!("« * » is only for the end of « {word} »"));
    }
    let capitals = word.chars().any(char::is_uppercase) && !word.chars().any(char::is_lowercase);
    Ok(if capitals { Atom::Upper(fold(word)) } else { Atom::Word(fold(word)) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stems_groups_gaps_and_classes_are_read() {
        let lists = BTreeMap::from([("kin".to_owned(), vec!["mere".to_owned(), "beau-pere".to_owned()])]);
        let classes = classes(&lists).unwrap();
        let word = |word: &str| Step::Word(Atom::Word(word.into()));
        let steps = parse("<kin> .. (tape|l'a (re)? frapp*) TS (fort)?", &classes).unwrap();
        let frappe =
            vec![word("l"), word("a"), Step::Maybe(vec![vec![word("re")]]), Step::Word(Atom::Stem("frapp".into()))];
        let read = vec![
            Step::One(vec![vec![word("mere")], vec![word("beau"), word("pere")]]),
            Step::Gap(3),
            Step::One(vec![vec![word("tape")], frappe]),
            Step::Word(Atom::Upper("ts".into())),
            Step::Maybe(vec![vec![word("fort")]]),
        ];
        assert_eq!(steps, read);
    }

    #[test]
    fn refuses_what_would_match_anything() {
        for term in
            ["", "..", ".. mot", "mot ..", "a*", "m*t", "(un|", "un)", "<nobody>", "( | )", "(un||deux)", "verres?"]
        {
            assert!(parse(term, &Classes::new()).is_err(), "{term}");
        }
    }
}
