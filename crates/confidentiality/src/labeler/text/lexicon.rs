//! Every word of the rules in one tree of letters: a word of a text is walked once, and tells which words and stems it is.

/// How a word of the rules is to be met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Form {
    /// As it is; in the plural too from four letters on.
    Word,
    /// As it is, in capitals.
    Upper,
    /// Any word that begins so.
    Stem,
    /// As it is, and it is no misspelling of another.
    Known,
}

/// A word met in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Met {
    /// Its atom.
    pub(super) atom: u32,
    /// How it was to be met.
    pub(super) form: Form,
    /// Letters of it, in bytes.
    pub(super) length: usize,
}

/// The tree.
#[derive(Debug)]
pub(super) struct Lexicon {
    /// Level by level, so that the children of one follow those of the one before; then one that only bounds the last.
    nodes: Vec<Node>,
    /// The letter that leads to each, beside one another: children are looked through.
    letters: Vec<u8>,
    /// What ends at the nodes, in their order.
    ends: Vec<(u32, Form)>,
}

#[derive(Debug, Clone, Copy)]
struct Node {
    /// First child, unless the next node has the same.
    child: u32,
    /// First of what ends here, unless the next node has the same.
    end: u32,
}

impl Lexicon {
    /// From words, in any order.
    pub(super) fn new<'a>(words: impl IntoIterator<Item = (&'a str, u32, Form)>) -> Self {
        let mut words: Vec<_> = words.into_iter().map(|(word, atom, form)| (word.as_bytes(), atom, form)).collect();
        words.sort_unstable();
        let (mut nodes, mut letters, mut ends) = (Vec::new(), Vec::new(), Vec::new());
        // The words under each node of a level, past the letters that they share.
        let (mut level, mut depth, mut child) = (vec![words.as_slice()], 0_usize, 1);
        while !level.is_empty() {
            let mut below = Vec::new();
            for under in level {
                let letter =
                    |(word, ..): &(&[u8], u32, Form)| depth.checked_sub(1).and_then(|last| word.get(last)).copied();
                letters.push(under.first().and_then(letter).unwrap_or_default());
                nodes.push(Node { child, end: ends.len() as u32 });
                let (here, longer) = under.split_at(under.partition_point(|(word, ..)| word.len() == depth));
                ends.extend(here.iter().map(|(_, atom, form)| (*atom, *form)));
                let before = below.len();
                below.extend(longer.chunk_by(|(a, ..), (b, ..)| a.get(depth) == b.get(depth)));
                child += (below.len() - before) as u32;
            }
            (level, depth) = (below, depth + 1);
        }
        nodes.push(Node { child, end: ends.len() as u32 });
        Self { nodes, letters, ends }
    }

    /// Tells what a word is; the text begins with it, and a space follows it.
    pub(super) fn meet(&self, text: &[u8], mut met: impl FnMut(Met)) {
        let mut node = 0;
        for (index, letter) in text.iter().enumerate().take_while(|(_, letter)| **letter != b' ') {
            let Some(child) = self.child(node, *letter) else { return };
            node = child;
            let ending = self.ending(node);
            if ending.is_empty() {
                continue;
            }
            let length = index + 1;
            let next = (text.get(length), text.get(length + 1));
            let ends = next.0 == Some(&b' ');
            let plural = length >= 4 && !matches!(letter, b's' | b'x' | b'z');
            let plural = plural && matches!(next, (Some(b's' | b'x'), Some(b' ')));
            for &(atom, form) in ending {
                let is = match form {
                    Form::Word => ends || plural,
                    Form::Upper | Form::Known => ends,
                    Form::Stem => true,
                };
                if is {
                    met(Met { atom, form, length });
                }
            }
        }
    }

    fn child(&self, node: usize, letter: u8) -> Option<usize> {
        let (from, to) = (self.nodes.get(node)?.child as usize, self.nodes.get(node + 1)?.child as usize);
        let place = self.letters.get(from..to)?.iter().position(|child| *child == letter)?;
        Some(from + place)
    }

    fn ending(&self, node: usize) -> &[(u32, Form)] {
        match (self.nodes.get(node), self.nodes.get(node + 1)) {
            (Some(here), Some(next)) => self.ends.get(here.end as usize..next.end as usize).unwrap_or_default(),
            _ => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_met_as_its_form_says() {
        let lexicon = Lexicon::new([
            ("viol", 0, Form::Word),
            ("viol", 1, Form::Stem),
            ("vih", 2, Form::Upper),
            ("bras", 3, Form::Word),
            ("violon", 4, Form::Known),
            ("vi", 5, Form::Word),
        ]);
        let met = |text: &str| {
            let mut all = Vec::new();
            lexicon.meet(text.as_bytes(), |met| all.push(met.atom));
            all
        };
        assert_eq!([met("viol "), met("viols "), met("violx a ")], [[0, 1], [0, 1], [0, 1]]);
        assert_eq!([met("violon "), met("violents ")], [vec![1, 4], vec![1]]);
        assert_eq!(
            [met("vih "), met("vihs "), met("brass "), met("vis "), met(" "), met("")],
            [vec![2], vec![], vec![], vec![], vec![], vec![]]
        );
    }
}
