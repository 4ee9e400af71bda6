//! A graded statement being written: the clearance's part first, then what the query adds.

use crate::call::Call;
use crate::cleared::{self, Lists};
use crate::engine::{Asked, Cell, Conn, Dialect, Row, holds};
use crate::error::Result;
use crate::key_list;
use confidentiality::{Asks, Columns, Predicate, SqlParam};
use std::borrow::Cow;
use std::fmt::Write as _;
use std::sync::{Arc, OnceLock};

/// So many hashes are looked for one by one: no list is taken apart for each row.
const FEW: usize = 4;
/// The first parameters of every statement are lists.
const LISTS: usize = 5;

/// The columns of `resource`, always under the alias `r`; a history query gives its rows the same names.
const COLUMNS: Columns = Columns {
    tenant: "r.tenant",
    rid: "r.rid",
    person: "r.person",
    place: "r.place",
    level: "r.level",
    categories: "r.categories",
    family: "r.family",
    author: "r.author",
    mask: "r.mask",
};

/// The clearance's part of every statement of one engine: written once for each kind of clearance, since only parameters
/// differ between actors.
struct Fixed {
    /// The lists as common table expressions; on SQLite they are tables of the connection ([`crate::cleared`]).
    with: Option<String>,
    permit: String,
    placeholder: String,
}

impl Fixed {
    fn of(dialect: Dialect, call: &Call) -> &'static Self {
        static KEPT: [[OnceLock<Fixed>; 3]; 2] = [const { [const { OnceLock::new() }; 3] }; 2];
        let [lite, pg] = &KEPT;
        let [program, person, masked] = if dialect == Dialect::Sqlite { lite } else { pg };
        let kept = match call.clearance.asks() {
            Asks::Program => program,
            Asks::Person => person,
            Asks::Masked => masked,
        };
        kept.get_or_init(|| Self::write(dialect, call))
    }

    fn write(dialect: Dialect, call: &Call) -> Self {
        let program = call.clearance.is_universal();
        let Predicate { with, permit, placeholder, params } = call.clearance.predicate(dialect, &COLUMNS, 1);
        // PostgreSQL wants every parameter used, whichever part of the predicate a statement takes.
        let used = (1..).zip(&params).filter_map(|(number, param)| match param {
            SqlParam::Int(_) => Some(format!("CAST(?{number} AS BIGINT)")),
            SqlParam::Text(_) => program.then(|| format!("CAST(?{number} AS TEXT)")),
        });
        let given = format!("given AS (SELECT {})", used.collect::<Vec<_>>().join(", "));
        let with = match (dialect, program) {
            (Dialect::Sqlite, _) => None,
            (Dialect::Postgres, true) => Some(given),
            (Dialect::Postgres, false) => Some(format!("{with}, {given}")),
        };
        Self { with, permit, placeholder }
    }
}

/// What one actor may see, as text that is the same for every actor, and the parameters so far.
pub(crate) struct Select {
    dialect: Dialect,
    with: Option<&'static str>,
    /// What a connection of SQLite is cleared for first; nothing for a program, whom lists do not concern.
    lists: Option<Arc<Lists>>,
    /// True for rows this actor may read.
    pub(crate) permit: &'static str,
    /// True for rows this actor may only count.
    pub(crate) placeholder: &'static str,
    /// The tenant's placeholder.
    pub(crate) tenant: String,
    /// The next condition is asked of rows that another one has found.
    pub(crate) probing: bool,
    /// References are followed whoever may read what they point at: for what is told to nobody.
    pub(crate) blind: bool,
    params: Vec<Cell>,
}

impl Select {
    pub(crate) fn new(dialect: Dialect, call: &Call) -> Self {
        let Fixed { with, permit, placeholder } = Fixed::of(dialect, call);
        let clearance = &call.clearance;
        let lists = (dialect == Dialect::Sqlite && !clearance.is_universal()).then(|| clearance.predicate_lists());
        let params = match dialect {
            Dialect::Sqlite => {
                let numbers = clearance.predicate_numbers().map(Cell::Int);
                std::iter::repeat_n(Cell::Null, LISTS).chain(numbers).collect()
            }
            Dialect::Postgres => clearance.predicate_params().into_iter().map(cell).collect(),
        };
        let mut select = Self {
            dialect,
            with: with.as_deref(),
            lists,
            permit,
            placeholder,
            tenant: String::new(),
            probing: false,
            blind: false,
            params,
        };
        select.tenant = select.bind(call.tenant);
        select
    }

    /// Adds a parameter; its placeholder.
    pub(crate) fn bind(&mut self, value: impl Into<Cell>) -> String {
        self.params.push(value.into());
        format!("?{}", self.params.len())
    }

    /// Adds a list of integers as one parameter; a sub-query giving them.
    pub(crate) fn list(&mut self, values: impl IntoIterator<Item = i64>) -> String {
        match self.dialect {
            Dialect::Sqlite => self.listed(&json_list(values)),
            Dialect::Postgres => self.array(values.into_iter().collect()),
        }
    }

    /// The same of a list that is written already, by [`json_list`].
    pub(crate) fn listed(&mut self, list: &str) -> String {
        match self.dialect {
            Dialect::Sqlite => format!("SELECT value FROM json_each({})", self.bind(list)),
            Dialect::Postgres => {
                let values = list.trim_matches(['[', ']']).split(',');
                self.array(values.filter_map(|value| value.parse().ok()).collect())
            }
        }
    }

    fn array(&mut self, values: Vec<i64>) -> String {
        format!("SELECT value FROM unnest({}::bigint[]) value", self.bind(Cell::Ints(values)))
    }

    /// A test that this parameter has a value in `r`.
    pub(crate) fn present(&mut self, param: i64) -> String {
        let mark = self.bind(key_list::mark(param));
        holds(self.dialect, "r.params", &mark)
    }

    /// A test that the list of keys of `r` holds one of these hashes.
    pub(crate) fn marked(&mut self, hashes: impl IntoIterator<Item = i64>) -> String {
        let hashes: Vec<i64> = hashes.into_iter().collect();
        if hashes.len() <= FEW {
            let one = |hash: i64| {
                let placeholder = self.bind(hash.to_be_bytes().to_vec());
                holds(self.dialect, "r.keys", &placeholder)
            };
            return format!("({})", hashes.into_iter().map(one).collect::<Vec<_>>().join(" OR "));
        }
        let hex: Vec<String> = hashes.into_iter().map(|hash| format!("{hash:016x}")).collect();
        let placeholder = self.bind(serde_json::Value::from(hex).to_string());
        match self.dialect {
            Dialect::Sqlite => {
                format!("EXISTS (SELECT 1 FROM json_each({placeholder}) h WHERE instr(r.keys, unhex(h.value)) > 0)")
            }
            Dialect::Postgres => format!(
                "EXISTS (SELECT 1 FROM json_array_elements_text({placeholder}::json) h(value) \
                 WHERE position(decode(h.value, 'hex') IN r.keys) > 0)"
            ),
        }
    }

    /// How many parameters there are, to come back to with [`Select::reset`].
    pub(crate) fn mark(&self) -> usize {
        self.params.len()
    }

    /// Forgets the parameters added since `mark`: the text that used them is thrown away.
    pub(crate) fn reset(&mut self, mark: usize) {
        self.params.truncate(mark);
    }

    /// `text` (a SELECT) under the clearance's common table expressions, where there are any.
    pub(crate) fn under<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.with.map_or(Cow::Borrowed(text), |with| Cow::Owned(["WITH ", with, " ", text].concat()))
    }

    /// Asks for what `text` gives, as [`Select::run`], and does not wait for it yet.
    pub(crate) fn ask(&self, conn: &Conn<'_>, text: &str) -> Result<Asked> {
        if let Some(lists) = &self.lists {
            cleared::bring(conn, lists)?;
        }
        conn.ask(&self.under(text), &self.params)
    }

    /// Runs `text` as [`Select::under`] writes it.
    pub(crate) fn run(&self, conn: &Conn<'_>, text: &str) -> Result<Vec<Row>> {
        if let Some(lists) = &self.lists {
            cleared::bring(conn, lists)?;
        }
        conn.query(&self.under(text), &self.params)
    }
}

/// Integers as a list that both engines take apart.
pub(crate) fn json_list(values: impl IntoIterator<Item = i64>) -> String {
    let mut text = String::from("[");
    for value in values {
        if text.len() > 1 {
            text.push(',');
        }
        // Writing to a text cannot fail.
        let _ = write!(text, "{value}");
    }
    text.push(']');
    text
}

fn cell(param: SqlParam) -> Cell {
    match param {
        SqlParam::Int(value) => Cell::Int(value),
        SqlParam::Text(value) => Cell::Text(value),
    }
}
