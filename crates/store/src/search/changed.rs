//! What was written in some time: gone through in the order of that time, by an index, as long as it is little. Beyond, what there
//! is of the type is gone through by its labels, which no row has to be fetched for.

use super::keyed;
use crate::engine::cells;
use crate::error::Result;
use crate::read::Reader;
use fhir::ResourceType;
use fhir::search::{Comparator, DateTest, Filter};

/// Rows written in a time that are gone through.
const FEW: i64 = 10_000;
/// Times that one of them is looked up: once for each type that it may be of.
const LOOKS: usize = 200_000;

/// From the first moment on, and before the second (UTC microseconds).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    from: i64,
    to: i64,
}

impl Span {
    /// All moments.
    const ALWAYS: Self = Self { from: i64::MIN, to: i64::MAX };

    pub(crate) fn since(from: i64) -> Self {
        Self { from, ..Self::ALWAYS }
    }

    /// Until this moment too.
    pub(crate) fn until(self, last: i64) -> Self {
        Self { to: last.saturating_add(1), ..self }
    }

    /// Outside of which nothing meets all of these filters; none when they leave out nothing by its time.
    pub(super) fn of(filters: &[Filter]) -> Option<Self> {
        let mut span = Self::ALWAYS;
        for filter in filters {
            if let Filter::LastUpdated(tests) = filter {
                let each = tests.iter().map(|test| Self::of_test(*test));
                let any =
                    each.reduce(|one, other| Self { from: one.from.min(other.from), to: one.to.max(other.to) })?;
                span = Self { from: span.from.max(any.from), to: span.to.min(any.to) };
            }
        }
        (span != Self::ALWAYS).then_some(span)
    }

    /// A version is of one microsecond.
    fn of_test(test: DateTest) -> Self {
        match test.comparator {
            Comparator::Gt | Comparator::Sa => Self::since(test.hi),
            Comparator::Ge => Self::since(test.lo),
            Comparator::Lt | Comparator::Eb => Self { to: test.lo, ..Self::ALWAYS },
            Comparator::Le => Self { to: test.hi, ..Self::ALWAYS },
            Comparator::Eq | Comparator::Ap => Self { from: test.lo, to: test.hi },
            Comparator::Ne => Self::ALWAYS,
        }
    }
}

impl Reader<'_> {
    /// The rows of these types that were written when these filters say, where no other filter finds fewer by its keys, and they are
    /// few.
    pub(super) fn written_then(&self, kinds: &[ResourceType], filters: &[Filter]) -> Result<Option<Vec<i64>>> {
        let Some(span) = Span::of(filters).filter(|_| !keyed::gives_rows(filters)) else { return Ok(None) };
        Ok(self.written(span, kinds)?.filter(|rids| rids.len() * kinds.len() <= LOOKS))
    }

    /// The rows of these types (none named: of all) that were written then; none where more were written, of whatever type, than are
    /// gone through.
    pub(crate) fn written(&self, span: Span, kinds: &[ResourceType]) -> Result<Option<Vec<i64>>> {
        let text = "SELECT u.rid, u.type FROM resource u
             WHERE u.tenant = ?1 AND u.updated >= ?2 AND u.updated < ?3 LIMIT ?4";
        let found = self.conn.query(text, &cells![self.call.tenant, span.from, span.to, FEW + 1])?;
        if found.len() > usize::try_from(FEW).unwrap_or(usize::MAX) {
            return Ok(None);
        }
        let mut rids = Vec::new();
        for row in &found {
            let kind = row.int(1)?;
            if kinds.is_empty() || kinds.iter().any(|wanted| wanted.code() == kind) {
                rids.push(row.int(0)?);
            }
        }
        Ok(Some(rids))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(texts: &[&str]) -> Option<(i64, i64)> {
        let text: Vec<String> = texts.iter().map(|text| format!("_lastUpdated={text}")).collect();
        let pairs = fhir::search::pairs(&text.join("&"));
        let query = fhir::search::parse(ResourceType::CONDITION, &pairs, true).unwrap();
        Span::of(&query.filters).map(|span| (span.from, span.to))
    }

    #[test]
    fn a_span_holds_all_that_meets_its_filters() {
        let day = |day: &str| fhir::date::interval(day).unwrap();
        let (first, second) = (day("2026-05-01"), day("2026-05-02"));
        let (always, never) = (i64::MIN, i64::MAX);
        for (texts, wanted) in [
            (&["gt2026-05-01"][..], Some((first.1, never))),
            (&["sa2026-05-01"], Some((first.1, never))),
            (&["ge2026-05-01"], Some((first.0, never))),
            (&["lt2026-05-01"], Some((always, first.0))),
            (&["eb2026-05-01"], Some((always, first.0))),
            (&["le2026-05-01"], Some((always, first.1))),
            (&["2026-05-01"], Some(first)),
            (&["ne2026-05-01"], None),
            (&["ge2026-05-01", "lt2026-05-02"], Some(first)),
            (&["2026-05-01,2026-05-02"], Some((first.0, second.1))),
            (&["lt2026-05-01,gt2026-05-01"], None),
            (&[], None),
        ] {
            assert_eq!(span(texts), wanted, "{texts:?}");
        }
    }
}
