//! The texts of what is gathered: they depend only on what is asked for, never on whom or by whom.

use super::super::narrow;
use super::{Gather, Saying, Whom};
use crate::call::Call;
use crate::index::{Hasher, param_number};
use crate::select::Select;
use crate::stored::STORED;
use fhir::ResourceType;

/// The rows to show, and one more.
pub(super) fn chosen(select: &mut Select, hasher: &Hasher, call: &Call, wanted: &Gather) -> String {
    let mut rows = candidates(select, call, wanted);
    if let Some(persons) = &wanted.only {
        let persons = select.list(persons.iter().map(|person| person.value()));
        rows.push_str(&format!(" AND +r.person IN ({persons})"));
    }
    if let Some(author) = wanted.by {
        rows.push_str(&format!(" AND r.author = {}", select.bind(author.value())));
    }
    for saying in &wanted.saying {
        rows.push_str(&says(select, hasher, &wanted.kinds, *saying));
    }
    let (limit, by) = (select.bind(i64::from(wanted.most) + 1), by_index(wanted));
    // With a sign, the order is not one in which some other index has all rows about a person.
    let sign = if is_few(wanted) { "+" } else { "" };
    // The rows chosen come first in the join, on both engines: each body is then fetched by its number.
    format!(
        "SELECT {STORED} FROM (SELECT r.rid AS number FROM resource r{by} \
         WHERE {rows} AND ({}) ORDER BY {sign}r.moment DESC, r.rid DESC LIMIT {limit}) w CROSS JOIN resource r \
         WHERE r.tenant = {} AND r.rid = w.number ORDER BY r.moment DESC, r.rid DESC",
        select.permit, select.tenant
    )
}

/// What an item says is looked up by its own number, among the parameters of its own type.
fn says(select: &mut Select, hasher: &Hasher, kinds: &[ResourceType], saying: Saying) -> String {
    let tenant = select.tenant.clone();
    let of = |code: &str| -> Vec<(i64, i64)> {
        let params =
            kinds.iter().filter_map(|kind| Some((kind.code(), param_number(fhir::search::param(*kind, code)?))));
        params.collect()
    };
    let either =
        |texts: Vec<String>| if texts.is_empty() { "(1 = 0)".to_owned() } else { format!("({})", texts.join(" OR ")) };
    let mut coded = |params: &[&str], codes: &'static [&'static str]| {
        let mut texts = Vec::new();
        for (kind, number) in params.iter().flat_map(|param| of(param)) {
            let hashes = select.listed(&hasher.codes(number, codes));
            texts.push(format!(
                "(r.type = {kind} AND EXISTS (SELECT 1 FROM exact_key k WHERE k.tenant = {tenant} AND k.param = {number} \
                 AND k.hash IN ({hashes}) AND k.rid = r.rid))"
            ));
        }
        either(texts)
    };
    match saying {
        Saying::Any(param, codes) => format!(" AND {}", coded(&[param], codes)),
        Saying::None(params, codes) => format!(" AND NOT {}", coded(params, codes)),
        Saying::Since(param, from) => {
            let mut since = |number| {
                let from = select.bind(from);
                format!(
                    "EXISTS (SELECT 1 FROM range_key d WHERE d.tenant = {tenant} AND d.param = {number} \
                     AND d.rid = r.rid AND d.lo >= {from})"
                )
            };
            format!(" AND {}", either(of(param).into_iter().map(|(_, number)| since(number)).collect()))
        }
    }
}

/// How many rows may only be counted.
pub(super) fn counted(select: &mut Select, call: &Call, wanted: &Gather) -> String {
    let (rows, by) = (candidates(select, call, wanted), by_index(wanted));
    format!("SELECT COUNT(*) FROM resource r{by} WHERE {rows} AND ({})", select.placeholder)
}

/// Live rows of the right persons, types and dates, whoever may see them. The text depends only on which of these are
/// asked for.
fn candidates(select: &mut Select, call: &Call, wanted: &Gather) -> String {
    let persons = match &wanted.whom {
        Whom::Person(person) => format!("r.person = {}", select.bind(person.value())),
        Whom::Patient(_) => "r.person < 0".to_owned(),
        Whom::Unit(unit) => {
            let (unit, now) = (select.bind(*unit), select.bind(call.now));
            format!(
                "r.person IN (SELECT e.person FROM relation e WHERE e.tenant = {} AND e.subject = {unit} \
                 AND e.person <> 0 AND e.starts <= {now} AND e.ends > {now})",
                select.tenant
            )
        }
        Whom::Anyone => "r.person <> 0".to_owned(),
        Whom::Known if call.clearance.is_universal() => "r.person <> 0".to_owned(),
        Whom::Known => "r.person IN (SELECT k.person FROM clr_person k WHERE k.person <> 0)".to_owned(),
    };
    let mut text = format!("r.tenant = {} AND {persons} AND r.deleted = 0", select.tenant);
    if is_few(wanted) {
        // As the index says it.
        text.push_str(&format!(" AND +r.type IN ({})", WHEREABOUTS.map(|kind| kind.code().to_string()).join(", ")));
    }
    if let Some(from) = wanted.from {
        text.push_str(&format!(" AND r.moment >= {}", select.bind(from)));
    }
    if let Some(to) = wanted.to {
        text.push_str(&format!(" AND r.moment < {}", select.bind(to)));
    }
    text.push_str(&narrow(select, &wanted.kinds, &[]));
    text
}

/// Who somebody is, and where they live: few rows for each person, with an index of their own (`main_21.sql`).
const WHEREABOUTS: [ResourceType; 2] = [ResourceType::ENCOUNTER, ResourceType::PATIENT];

fn is_few(wanted: &Gather) -> bool {
    let few = !wanted.kinds.is_empty() && wanted.kinds.iter().all(|kind| WHEREABOUTS.contains(kind));
    few && !matches!(wanted.whom, Whom::Patient(_))
}

/// These few rows are found by their index, and not among all that there is about each person: SQLite would rather take an index that
/// holds every column.
fn by_index(wanted: &Gather) -> &'static str {
    if is_few(wanted) { " INDEXED BY resource_whereabouts" } else { "" }
}
