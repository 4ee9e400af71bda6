//! Long lists, a page at a time.

use crate::headers;
use domain::agreement::shown as said;
use std::ops::Range;

/// Rows of one page.
pub(crate) const ROWS: usize = 200;
/// Persons of one page: each is in the journal of what was seen.
pub(crate) const PERSONS: usize = 100;

/// Where one is in a long list, and the pages beside it.
pub(crate) struct Pager {
    /// The rows of the page, from 0.
    pub(crate) rows: Range<usize>,
    /// `201 à 400 sur 950`; nothing when there is one page.
    pub(crate) said: Option<String>,
    /// Addresses of the pages before and after.
    pub(crate) before: Option<String>,
    pub(crate) after: Option<String>,
}

impl Pager {
    /// The page of this number, from 1, of a list of so many rows; beyond the last page one is on the last.
    pub(crate) fn new(path: &str, query: &[(&str, &str)], page: Option<i64>, rows: usize) -> Self {
        Self::sized(ROWS, path, query, page, rows)
    }

    /// The same of pages of so many rows.
    pub(crate) fn sized(size: usize, path: &str, query: &[(&str, &str)], page: Option<i64>, rows: usize) -> Self {
        let pages = rows.div_ceil(size).max(1);
        let page = usize::try_from(page.unwrap_or(1)).unwrap_or(1).clamp(1, pages);
        let on = (page - 1) * size..(page * size).min(rows);
        let link = |number: usize| {
            let kept = query.iter().filter(|(_, value)| !value.is_empty());
            let kept: String = kept.map(|(name, value)| format!("{name}={}&", headers::encode(value, ""))).collect();
            format!("{path}?{kept}page={number}")
        };
        Self {
            said: (pages > 1).then(|| format!("{} à {} sur {}", said(on.start + 1), said(on.end), said(rows))),
            rows: on,
            before: (page > 1).then(|| link(page - 1)),
            after: (page < pages).then(|| link(page + 1)),
        }
    }

    /// The rows of the page.
    pub(crate) fn cut<T>(&self, rows: Vec<T>) -> Vec<T> {
        rows.into_iter().take(self.rows.end).skip(self.rows.start).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_list_has_pages_and_a_short_one_none() {
        let at = |page, rows| Pager::new("/parc", &[("q", "a b"), ("etat", "")], page, rows);
        let none = at(None, 200);
        assert!(none.said.is_none() && none.before.is_none() && none.after.is_none());
        let second = at(Some(2), 401);
        assert_eq!(second.said.as_deref(), Some("201 à 400 sur 401"));
        assert_eq!(second.before.as_deref(), Some("/parc?q=a%20b&page=1"));
        assert_eq!(second.cut((0..401).collect()).first(), Some(&200));
        for beyond in [Some(3), Some(99), Some(i64::MAX)] {
            let last = at(beyond, 401);
            assert_eq!((last.rows, last.after), (400..401, None));
        }
        assert_eq!(at(Some(-4), 401).rows, 0..200);
        assert_eq!(at(None, 0).cut(Vec::<u8>::new()), [0_u8; 0]);
    }
}
