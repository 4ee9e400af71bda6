//! JSON Pointer (RFC 6901).

use crate::json::{MAX_DEPTH, Value};

/// The keys that lead to a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pointer(Vec<String>);

impl Pointer {
    /// Reads `/name/0/family`; nothing for what is no pointer, or is deeper than any document.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if text.is_empty() {
            return Some(Self(Vec::new()));
        }
        let keys = text.strip_prefix('/')?.split('/').map(unescape).collect::<Option<Vec<_>>>()?;
        (keys.len() <= MAX_DEPTH).then_some(Self(keys))
    }

    /// How many keys there are.
    pub(super) fn depth(&self) -> usize {
        self.0.len()
    }

    /// The value it leads to.
    pub(super) fn find<'a>(&self, root: &'a Value) -> Option<&'a Value> {
        self.0.iter().try_fold(root, |value, key| match value {
            Value::Object(object) => object.get(key),
            Value::Array(items) => items.get(index(key)?),
            _ => None,
        })
    }

    /// The same, to change.
    pub(super) fn find_mut<'a>(&self, root: &'a mut Value) -> Option<&'a mut Value> {
        self.0.iter().try_fold(root, |value, key| match value {
            Value::Object(object) => object.get_mut(key),
            Value::Array(items) => items.get_mut(index(key)?),
            _ => None,
        })
    }

    /// Where it stands: the pointer to the container, and the last key. Nothing for the whole document.
    pub(super) fn split(&self) -> Option<(Self, &str)> {
        let (last, rest) = self.0.split_last()?;
        Some((Self(rest.to_vec()), last))
    }

    /// Whether `other` is something in what this leads to.
    pub(super) fn holds(&self, other: &Self) -> bool {
        other.0.len() > self.0.len() && other.0.starts_with(&self.0)
    }
}

/// A place in a list: digits, without a zero in front.
pub(super) fn index(key: &str) -> Option<usize> {
    let digits = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_digit());
    (digits && (key == "0" || !key.starts_with('0'))).then(|| key.parse().ok())?
}

fn unescape(key: &str) -> Option<String> {
    let mut text = String::with_capacity(key.len());
    let mut letters = key.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '~' => text.push(match letters.next()? {
                '0' => '~',
                '1' => '/',
                _ => return None,
            }),
            other => text.push(other),
        }
    }
    Some(text)
}
