//! The lists of a clearance: as JSON, and as the tables that a statement reads them from.

use super::{Dialect, Slots};
use crate::Clearance;

impl Clearance {
    /// A post opens the same for each of its persons: each kind of scope once, under a number, then who has which. A row
    /// is then compared with a few kinds, and its person looked up, however many persons there are.
    pub(super) fn kinds_of_scopes(&self) -> (Vec<Vec<i64>>, Vec<Vec<i64>>) {
        let (mut kinds, mut persons): (Vec<Vec<i64>>, Vec<Vec<i64>>) = (Vec::new(), Vec::new());
        for scope in &self.scopes {
            let opens = [
                scope.place.value(),
                scope.families.bits(),
                scope.level3.bits(),
                scope.level4.bits(),
                scope.core.bits(),
                scope.cap.code(),
            ];
            let known = kinds.iter().position(|kind| kind.iter().skip(1).eq(opens.iter()));
            let number = i64::try_from(known.unwrap_or(kinds.len())).unwrap_or(i64::MAX);
            if known.is_none() {
                kinds.push(std::iter::once(number).chain(opens).collect());
            }
            persons.push(vec![scope.person.value(), number]);
        }
        (kinds, persons)
    }
}

pub(super) fn json_row(values: impl Iterator<Item = i64>) -> String {
    let values: Vec<String> = values.map(|value| value.to_string()).collect();
    format!("[{}]", values.join(","))
}

pub(super) fn json_rows(rows: impl Iterator<Item = Vec<i64>>) -> String {
    let rows: Vec<String> = rows.map(|row| json_row(row.into_iter())).collect();
    format!("[{}]", rows.join(","))
}

pub(super) fn with(dialect: Dialect, p: &Slots) -> String {
    let table = |name: &str, columns: &[&str], slot: &str| {
        let fields: Vec<String> = (0..columns.len())
            .map(|n| match dialect {
                Dialect::Sqlite => format!("json_extract(value, '$[{n}]')"),
                Dialect::Postgres => format!("(value->>{n})::bigint"),
            })
            .collect();
        format!(
            "{name}({}) AS MATERIALIZED (SELECT {} FROM {})",
            columns.join(", "),
            fields.join(", "),
            rows(dialect, slot)
        )
    };
    let list = |name: &str, slot: &str| match dialect {
        Dialect::Sqlite => format!("{name}(place) AS MATERIALIZED (SELECT value FROM json_each({slot}))"),
        Dialect::Postgres => format!(
            "{name}(place) AS MATERIALIZED (SELECT value::bigint FROM json_array_elements_text({slot}::text::json))"
        ),
    };
    [
        table("clr_scope", &["kind", "place", "families", "l3", "l4", "core", "cap"], &p.scopes),
        table("clr_person", &["person", "kind"], &p.persons),
        table("clr_masked", &["person", "rid", "categories"], &p.maskings),
        list("clr_staff", &p.staff),
        list("clr_visible", &p.visible),
    ]
    .join(", ")
}

fn rows(dialect: Dialect, slot: &str) -> String {
    match dialect {
        Dialect::Sqlite => format!("json_each({slot})"),
        Dialect::Postgres => format!("json_array_elements({slot}::text::json)"),
    }
}
