//! How PostgreSQL is made to look things up, whatever it knows of the tables: before it has looked at them, or when they have
//! grown since, it takes a parameter, or a type, for a few rows, reads all of them, and compares each with a list. What a
//! statement finds by keys is gone through instead, and each looked up: `OFFSET 0` keeps the planner from seeing through it.

/// The text, with what it lists gone through.
pub(super) fn one_by_one(sql: &str) -> String {
    by_each_hash(&asked_of_each(&joined(&by_each_row(&by_each_person(sql)))))
}

const PERSONS: &str = "r.person IN (";

/// Rows of persons that are listed: `FROM resource r WHERE … AND r.person IN (SELECT …) AND …`. A planner that has not looked at
/// the table takes a legal entity for a few rows, and would go through all of them.
fn by_each_person(sql: &str) -> String {
    let Some((before, rest)) = sql.split_once(ROWS) else { return sql.to_owned() };
    let (test, after) = enclosed(rest).unwrap_or((rest, ""));
    let text = persons(test).unwrap_or_else(|| format!("{ROWS}{}", by_each_person(test)));
    format!("{before}{text}{}", by_each_person(after))
}

fn persons(test: &str) -> Option<String> {
    let apart = [" OR ", " LIMIT ", " GROUP BY "];
    let (test, order) = match outermost(test, " ORDER BY ").as_slice() {
        [test] => (*test, String::new()),
        [test, order] => (*test, format!(" ORDER BY {order}")),
        _ => return None,
    };
    if apart.iter().any(|word| outermost(test, word).len() > 1) || numbers(test).is_some() {
        return None;
    }
    tenant(test)?;
    let (first, persons, second) = listed(test, PERSONS).filter(|(_, persons, _)| persons.starts_with("SELECT "))?;
    // With a sign before it, it is asked of rows that something else has found.
    if !first.ends_with(" AND ") {
        return None;
    }
    Some(format!(
        "FROM (SELECT DISTINCT one.person FROM ({persons}) one(person)) one CROSS JOIN LATERAL (SELECT * {ROWS}{first}\
         r.person = one.person{} OFFSET 0) r{order}",
        by_each_person(second)
    ))
}

const JOINED: &str = " CROSS JOIN resource r WHERE ";

/// Rows found by something that comes first: ` CROSS JOIN resource r WHERE r.tenant = … AND r.rid = … AND …`.
fn joined(sql: &str) -> String {
    let Some((before, rest)) = sql.split_once(JOINED) else { return sql.to_owned() };
    let ends = [" AND ", " ORDER BY "];
    let number = rest.find("r.rid = ").and_then(|from| rest.get(from..));
    let number = number.and_then(|rest| {
        ends.iter().filter_map(|end| rest.split_once(end)).map(|(first, _)| first).min_by_key(|first| first.len())
    });
    match tenant(rest).zip(number) {
        Some((tenant, number)) => format!(
            "{before} CROSS JOIN LATERAL (SELECT * {ROWS}{tenant} AND {number} OFFSET 0) r WHERE {}",
            joined(rest)
        ),
        None => format!("{before}{JOINED}{}", joined(rest)),
    }
}

/// What is asked of each row that has been found: `EXISTS (SELECT 1 FROM exact_key k WHERE … AND k.rid = r.rid)`.
fn asked_of_each(sql: &str) -> String {
    let mut out = String::with_capacity(sql.len() + 64);
    let mut rest = sql;
    while let Some((before, after)) = rest.split_once(ASKED) {
        let of_keys = ["exact_key ", "lossy_key ", "range_key "].iter().any(|table| after.starts_with(table));
        out.push_str(&format!("{before}{ASKED}"));
        rest = after;
        if let Some((test, after)) = enclosed(after).filter(|_| of_keys) {
            out.push_str(&format!("{test} OFFSET 0"));
            rest = after;
        }
    }
    out.push_str(rest);
    out
}

const ASKED: &str = "EXISTS (SELECT 1 FROM ";

const ROWS: &str = "FROM resource r WHERE ";
const NUMBERS: &str = "r.rid IN (";

/// Rows given by their numbers: `FROM resource r WHERE … AND r.rid IN (SELECT …)`.
fn by_each_row(sql: &str) -> String {
    let Some((before, rest)) = sql.split_once(ROWS) else { return sql.to_owned() };
    let (test, after) = enclosed(rest).unwrap_or((rest, ""));
    let held = test.contains(" FOR UPDATE") || test.contains(" FOR SHARE");
    let found = numbers(test).filter(|_| !held).zip(tenant(test));
    let text = match found {
        Some(((first, numbers, second), tenant)) => format!(
            "FROM (SELECT DISTINCT n.rid FROM ({}) n(rid)) n CROSS JOIN LATERAL (SELECT * {ROWS}{tenant} \
             AND r.rid = n.rid OFFSET 0) r WHERE {}TRUE{}",
            by_each_row(numbers),
            by_each_row(first),
            by_each_row(second)
        ),
        None => format!("{ROWS}{}", by_each_row(test)),
    };
    format!("{before}{text}{}", by_each_row(after))
}

/// What is before the list that gives the rows, in it, and after it. Only a condition that each row must meet gives them.
fn numbers(test: &str) -> Option<(&str, &str, &str)> {
    let part = giving(test)?;
    // Where it is, not where the same text may be first.
    let from = (part.as_ptr() as usize).checked_sub(test.as_ptr() as usize)?;
    let (first, rest) = test.split_at_checked(from)?;
    let (numbers, second) = enclosed(rest.strip_prefix(NUMBERS)?)?;
    Some((first, numbers, second.strip_prefix(')')?))
}

/// The part of a condition, that each row must meet, which begins with its numbers.
fn giving(test: &str) -> Option<&str> {
    if outermost(test, " OR ").len() > 1 {
        return None;
    }
    let parts = outermost(test, " AND ");
    let listed = |part: &&str| part.strip_prefix(NUMBERS).is_some_and(|list| list.starts_with("SELECT "));
    let within = || parts.iter().copied().filter_map(grouped).find_map(giving);
    parts.iter().copied().find(listed).or_else(within)
}

/// What is in the parentheses around the whole.
fn grouped(part: &str) -> Option<&str> {
    let (within, after) = part.strip_prefix('(').and_then(enclosed)?;
    let last = [") ORDER BY ", ") LIMIT "].iter().any(|end| after.starts_with(end));
    (after == ")" || last).then_some(within)
}

/// The test of the legal entity.
fn tenant(test: &str) -> Option<&str> {
    outermost(test, " AND ").into_iter().find(|part| part.starts_with("r.tenant = ?"))
}

/// The parts between these words, but for those in parentheses.
fn outermost<'t>(text: &'t str, between: &str) -> Vec<&'t str> {
    let (mut parts, mut from, mut depth) = (Vec::new(), 0, 0);
    for (at, c) in text.char_indices() {
        depth += i32::from(c == '(') - i32::from(c == ')');
        if depth == 0 && at >= from && text.get(at..).is_some_and(|rest| rest.starts_with(between)) {
            parts.extend(text.get(from..at));
            from = at + between.len();
        }
    }
    parts.extend(text.get(from..));
    parts
}

const KEYS: &str = "FROM exact_key k WHERE ";

/// Keys of a list of hashes: `(SELECT k.rid FROM exact_key k WHERE … AND k.hash IN (…))`.
fn by_each_hash(sql: &str) -> String {
    let mut out = String::with_capacity(sql.len() + 128);
    let mut rest = sql;
    while let Some((before, after)) = rest.split_once(KEYS) {
        out.push_str(before);
        let (test, after) = enclosed(after).unwrap_or((after, ""));
        match each_hash(test).filter(|_| after.starts_with(')')) {
            Some(looked_up) => out.push_str(&looked_up),
            None => out.push_str(&format!("{KEYS}{}", by_each_hash(test))),
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

fn each_hash(test: &str) -> Option<String> {
    let (before, hashes, after) = listed(test, "k.hash IN (")?;
    let hashes = by_each_hash(hashes);
    // Asked of each row: once is enough.
    let after = after.strip_suffix(" OFFSET 0").unwrap_or(after);
    let (params, test) = match listed(before, "k.param IN (") {
        Some((first, params, second)) => {
            (format!("({params}) p(param) CROSS JOIN "), format!("{first}k.param = p.param{second}"))
        }
        None => (String::new(), before.to_owned()),
    };
    Some(format!(
        "FROM {params}({hashes}) w(hash) CROSS JOIN LATERAL \
         (SELECT k.hash, k.rid {KEYS}{test}k.hash = w.hash{after} OFFSET 0) k"
    ))
}

/// What is before a list, in it, and after it; none when there is no such list, or only within another one.
fn listed<'t>(text: &'t str, list: &str) -> Option<(&'t str, &'t str, &'t str)> {
    let (before, rest) = text.split_once(list)?;
    let (inner, after) = enclosed(rest)?;
    let depth = before.chars().map(|c| i32::from(c == '(') - i32::from(c == ')')).sum::<i32>();
    (depth == 0).then_some((before, inner, after.strip_prefix(')')?))
}

/// The text up to the parenthesis that closes what is around it, and the rest from there on.
fn enclosed(text: &str) -> Option<(&str, &str)> {
    let mut depth = 0;
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' if depth == 0 => return text.split_at_checked(at),
            ')' => depth -= 1,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_hash_of_a_list_is_looked_up() {
        let listed = "SELECT EXISTS (SELECT 1 FROM exact_key k WHERE k.tenant = ?1 AND k.param IN (SELECT p) AND k.hash IN \
                      (SELECT 1) AND k.rid = r.rid)";
        let wanted = "SELECT EXISTS (SELECT 1 FROM (SELECT p) p(param) CROSS JOIN (SELECT 1) w(hash) CROSS JOIN LATERAL \
                      (SELECT k.hash, k.rid FROM exact_key k WHERE k.tenant = ?1 AND k.param = p.param \
                      AND k.hash = w.hash AND k.rid = r.rid OFFSET 0) k)";
        assert_eq!(one_by_one(listed), wanted);
        let single = "(SELECT k.rid FROM exact_key k WHERE k.hash = ?1)";
        assert_eq!(one_by_one(single), single);
    }

    #[test]
    fn each_row_of_a_list_is_looked_up_and_rows_within_it() {
        let nested = "SELECT r.a FROM resource r WHERE r.tenant = ?1 AND (b OR c) AND ((r.rid IN (SELECT k.rid FROM k WHERE \
                      k.h IN (SELECT r.self FROM resource r WHERE r.tenant = ?1 AND (r.rid IN (SELECT 2)))))) LIMIT 1";
        let wanted = "SELECT r.a FROM (SELECT DISTINCT n.rid FROM (SELECT k.rid FROM k WHERE k.h IN (SELECT r.self \
                      FROM (SELECT DISTINCT n.rid FROM (SELECT 2) n(rid)) n CROSS JOIN LATERAL (SELECT * FROM resource r \
                      WHERE r.tenant = ?1 AND r.rid = n.rid OFFSET 0) r WHERE r.tenant = ?1 AND (TRUE))) n(rid)) n \
                      CROSS JOIN LATERAL (SELECT * FROM resource r WHERE r.tenant = ?1 AND r.rid = n.rid OFFSET 0) r \
                      WHERE r.tenant = ?1 AND (b OR c) AND ((TRUE)) LIMIT 1";
        assert_eq!(one_by_one(nested), wanted);
    }

    #[test]
    fn each_person_of_a_list_is_looked_up() {
        let chosen = "SELECT r.a FROM (SELECT r.rid AS number FROM resource r WHERE r.tenant = ?1 AND r.person IN (SELECT 1) \
                      AND r.deleted = 0 AND (b OR c) ORDER BY r.moment LIMIT ?2) w";
        let wanted = "SELECT r.a FROM (SELECT r.rid AS number FROM (SELECT DISTINCT one.person FROM (SELECT 1) one(person)) one \
                      CROSS JOIN LATERAL (SELECT * FROM resource r WHERE r.tenant = ?1 AND r.person = one.person \
                      AND r.deleted = 0 AND (b OR c) OFFSET 0) r ORDER BY r.moment LIMIT ?2) w";
        assert_eq!(one_by_one(chosen), wanted);
        for other in [
            "FROM resource r WHERE r.tenant = ?1 AND +r.person IN (SELECT 1)",
            "FROM resource r WHERE r.tenant = ?1 AND r.person IN (0, ?2)",
            "FROM resource r WHERE r.tenant = ?1 AND (r.person IN (SELECT 1) OR r.deleted = 0)",
        ] {
            assert_eq!(one_by_one(other), other);
        }
    }

    #[test]
    fn what_is_asked_of_a_row_is_asked_by_its_number() {
        let asked =
            "a AND EXISTS (SELECT 1 FROM range_key d WHERE d.lo > (?1) AND d.rid = r.rid) AND EXISTS (SELECT 1 FROM t)";
        let wanted = "a AND EXISTS (SELECT 1 FROM range_key d WHERE d.lo > (?1) AND d.rid = r.rid OFFSET 0) AND EXISTS (SELECT 1 FROM t)";
        assert_eq!(one_by_one(asked), wanted);
        let joined = "FROM w CROSS JOIN resource r WHERE r.tenant = ?1 AND r.rid = w.number ORDER BY r.rid";
        let wanted = "FROM w CROSS JOIN LATERAL (SELECT * FROM resource r WHERE r.tenant = ?1 AND r.rid = w.number OFFSET 0) r \
                      WHERE r.tenant = ?1 AND r.rid = w.number ORDER BY r.rid";
        assert_eq!(one_by_one(joined), wanted);
    }

    #[test]
    fn rows_are_given_only_by_what_each_of_them_must_meet() {
        for other in [
            "FROM resource r WHERE r.tenant = ?1 AND NOT (r.rid IN (SELECT 1))",
            "FROM resource r WHERE r.tenant = ?1 AND (r.rid IN (SELECT 1) OR r.rid IN (SELECT 2))",
            "FROM resource r WHERE r.tenant = ?1 AND EXISTS (SELECT 1 FROM t WHERE t.rid = r.rid)",
            "FROM resource r WHERE r.tenant = ?1 AND r.rid IN (SELECT 1) FOR UPDATE",
            "FROM resource r WHERE r.rid IN (SELECT 1)",
        ] {
            assert_eq!(one_by_one(other), other);
        }
    }
}
