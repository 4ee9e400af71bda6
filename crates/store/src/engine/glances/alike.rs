//! Questions of one text that are asked at the same moment, by however many requests, are one statement: beginning and ending a plan
//! costs PostgreSQL more than a row found by its key.

use super::Question;
use crate::engine::cell::Cell;
use crate::engine::conn::{Row, pg_row, pg_row_from};
use crate::engine::rows::outermost;
use crate::error::{Error, Result};

/// One statement, and whose questions it answers.
pub(super) struct Sent {
    pub(super) text: String,
    pub(super) params: Vec<Cell>,
    /// Which questions; with the first column of their rows when the statement answers several.
    whose: Vec<(Option<i64>, usize)>,
}

impl Sent {
    /// Whether it answers different questions.
    pub(super) fn is_shared(&self) -> bool {
        self.whose.iter().any(|(first, _)| first.is_some())
    }

    /// The questions it answers.
    pub(super) fn whose(&self) -> impl Iterator<Item = usize> {
        self.whose.iter().map(|(_, at)| *at)
    }

    /// Gives each question its rows.
    pub(super) fn tell(&self, rows: &[tokio_postgres::Row], answers: &mut [Result<Vec<Row>>]) {
        for row in rows {
            match self.read(row) {
                Ok((first, cells)) => self.give(first, &cells, answers),
                Err(error) => return self.fail(&error, answers),
            }
        }
    }

    /// Tells whoever asked that it failed.
    pub(super) fn fail(&self, error: &Error, answers: &mut [Result<Vec<Row>>]) {
        for at in self.whose() {
            if let Some(answer) = answers.get_mut(at) {
                *answer = Err(error.for_another());
            }
        }
    }

    fn read(&self, row: &tokio_postgres::Row) -> Result<(Option<i64>, Row)> {
        Ok(match self.is_shared() {
            true => (Some(row.try_get(0)?), pg_row_from(row, 1)?),
            false => (None, pg_row(row)?),
        })
    }

    fn give(&self, first: Option<i64>, cells: &Row, answers: &mut [Result<Vec<Row>>]) {
        for (_, at) in self.whose.iter().filter(|(wanted, _)| *wanted == first) {
            if let Some(Ok(answer)) = answers.get_mut(*at) {
                answer.push(cells.clone());
            }
        }
    }
}

/// Questions that are the same, or differ in one integer only.
struct Group<'q> {
    /// The first of them.
    question: &'q Question,
    /// Where they differ, and the text for all of them.
    each: Option<(usize, String)>,
    members: Vec<usize>,
}

/// The statements that answer these questions.
pub(super) fn statements(questions: &[&Question]) -> Vec<Sent> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for (at, question) in questions.iter().enumerate() {
        if !groups.iter_mut().any(|group| group.takes(question, at)) {
            groups.push(Group { question, each: None, members: vec![at] });
        }
    }
    groups.into_iter().map(|group| group.statement(questions)).collect()
}

impl Group<'_> {
    fn takes(&mut self, (sql, params): &Question, at: usize) -> bool {
        let (own, had) = self.question;
        if own != sql || had.len() != params.len() {
            return false;
        }
        let mut differ = (0..).zip(had.iter().zip(params)).filter(|(_, (one, other))| one != other);
        let taken = match (differ.next(), differ.next()) {
            (None, _) => true,
            (Some((position, (Cell::Int(_), Cell::Int(_)))), None) => match &self.each {
                Some((found, _)) => *found == position,
                None => {
                    self.each = for_each(sql, position).map(|text| (position, text));
                    self.each.is_some()
                }
            },
            _ => false,
        };
        if taken {
            self.members.push(at);
        }
        taken
    }

    fn statement(self, questions: &[&Question]) -> Sent {
        let (sql, params) = self.question;
        let Some((position, text)) = self.each else {
            let whose = self.members.into_iter().map(|at| (None, at)).collect();
            return Sent { text: sql.clone(), params: params.clone(), whose };
        };
        let value = |at: &usize| match questions.get(*at).and_then(|(_, params)| params.get(position)) {
            Some(Cell::Int(value)) => Some(*value),
            _ => None,
        };
        let whose: Vec<(Option<i64>, usize)> = self.members.iter().map(|at| (value(at), *at)).collect();
        let mut values: Vec<i64> = whose.iter().filter_map(|(value, _)| *value).collect();
        values.sort_unstable();
        values.dedup();
        let mut params = params.clone();
        if let Some(param) = params.get_mut(position) {
            *param = Cell::Ints(values);
        }
        Sent { text, params, whose }
    }
}

/// The text that runs a query for each of several values of one parameter, by its position, and puts the value before each row; none
/// where what comes before the query itself names that parameter.
pub(in crate::engine) fn for_each(sql: &str, position: usize) -> Option<String> {
    let placeholder = format!("?{}", position + 1);
    let (head, query) = sql.split_at_checked(outermost(sql, "SELECT ")?)?;
    if replaced(head, &placeholder, "") != head {
        return None;
    }
    let query = replaced(query, &placeholder, "w.v");
    Some(format!(
        "{head}SELECT w.v, x.* FROM unnest({placeholder}::bigint[]) AS w(v) CROSS JOIN LATERAL ({query} OFFSET 0) x"
    ))
}

/// A placeholder, and no longer one that begins like it, replaced.
fn replaced(sql: &str, placeholder: &str, by: &str) -> String {
    let mut out = String::with_capacity(sql.len());
    let mut rest = sql;
    while let Some((before, after)) = rest.split_once(placeholder) {
        out.push_str(before);
        out.push_str(if after.starts_with(|c: char| c.is_ascii_digit()) { placeholder } else { by });
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::cells;

    fn asked(sql: &str, params: &[Cell]) -> Question {
        (sql.to_owned(), params.to_vec())
    }

    fn sent(questions: &[Question]) -> Vec<(String, Vec<Cell>, Vec<usize>)> {
        let questions: Vec<&Question> = questions.iter().collect();
        let told = |sent: Sent| {
            let whose = sent.whose().collect();
            (sent.text, sent.params, whose)
        };
        statements(&questions).into_iter().map(told).collect()
    }

    #[test]
    fn the_same_question_is_asked_once() {
        let one = asked("SELECT a FROM t WHERE b = ?1", &cells![5]);
        assert_eq!(sent(&[one.clone(), one.clone()]), [(one.0, one.1, vec![0, 1])]);
    }

    #[test]
    fn questions_that_differ_in_one_number_are_one_statement() {
        let text = "WITH given AS (SELECT ?1) SELECT a FROM t WHERE b = ?2 AND c = ?12";
        let of = |tenant: i64, b: i64| asked(text, &cells![tenant, b]);
        let each = "WITH given AS (SELECT ?1) SELECT w.v, x.* FROM unnest(?2::bigint[]) AS w(v) \
                    CROSS JOIN LATERAL (SELECT a FROM t WHERE b = w.v AND c = ?12 OFFSET 0) x";
        let found = sent(&[of(1, 9), of(1, 8), of(2, 8), of(1, 9), of(1, 7)]);
        let all = vec![Cell::Int(1), Cell::Ints(vec![7, 8, 9])];
        assert_eq!(
            found,
            [(each.to_owned(), all, vec![0, 1, 3, 4]), (text.to_owned(), cells![2, 8].to_vec(), vec![2])]
        );
    }

    #[test]
    fn what_differs_in_a_text_in_two_numbers_or_before_the_query_is_asked_alone() {
        let alone = |sql: &str, one: &[Cell], other: &[Cell]| {
            assert_eq!(sent(&[asked(sql, one), asked(sql, other)]).len(), 2, "{sql}");
        };
        alone("SELECT a FROM t WHERE b = ?1", &cells!["x"], &cells!["y"]);
        alone("SELECT a FROM t WHERE b = ?1 AND c = ?2", &cells![1, 2], &cells![3, 4]);
        alone("WITH given AS (SELECT ?1) SELECT a FROM t", &cells![1], &cells![2]);
    }
}
