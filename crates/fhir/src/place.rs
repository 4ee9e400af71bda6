//! Paths of elements for messages: element names and positions, never content.

/// Whether a key has the form of an element name: `_` at most once in front, then lower camel case.
pub(crate) fn is_element(key: &str) -> bool {
    let name = key.strip_prefix('_').unwrap_or(key);
    name.len() <= 64
        && name.bytes().next().is_some_and(|first| first.is_ascii_lowercase())
        && name.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// Adds `.key`; a key that is no element name may be anything, a person's name too, so `?` stands for it.
pub(crate) fn step(path: &mut String, key: &str) {
    path.push('.');
    path.push_str(if is_element(key) { key } else { "?" });
}

/// Adds `[index]`.
pub(crate) fn index(path: &mut String, index: usize) {
    path.push('[');
    path.push_str(&index.to_string());
    path.push(']');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hides_keys_that_are_not_element_names() {
        let mut path = String::from("Patient");
        step(&mut path, "_birthDate");
        step(&mut path, "Jean Untel");
        index(&mut path, 3);
        assert_eq!(path, "Patient._birthDate.?[3]");
        assert!(!is_element("") && !is_element("_") && !is_element("__a") && !is_element("a.b"));
    }
}
