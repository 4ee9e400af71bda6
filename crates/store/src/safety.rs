//! The safety projection: of what few may read, what must still reach the one who cares — drug and schedule, allergy, what
//! to do. No id, author or cause; under the ordinary person key, so that opening it needs no right to level 4.
//!
//! Rows are those of the current version, whatever its level: an ordinary item may rise later, be masked, or be of a kind
//! that an actor does not read. Who reads the item is not told of it twice.

use crate::call::{Call, Shown, Undisclosed};
use crate::check::SealedRows;
use crate::crypto;
use crate::damage::Damaged;
use crate::engine::{Conn, Row as Fetched, cells};
use crate::error::{Error, Result};
use crate::keys::PersonKey;
use crate::read::Reader;
use crate::store::{Inner, Store};
use crate::stored::UNDATED;
use confidentiality::labeler::{SafetyFact, SafetyKind};
use confidentiality::{Level, Person};
use fhir::Resource;
use fhir::json::Value;
use serde::{Deserialize, Serialize};

/// One fact, as it reaches whoever cares for the person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Safety {
    /// Whose.
    pub person: Person,
    /// What.
    pub fact: SafetyFact,
    /// Clinical date of its source, or the date of its writing when it has none (UTC microseconds).
    pub since: i64,
    /// When it ends, if that is known.
    pub ends: Option<i64>,
    /// The reader may read the source itself. Of such a source, only what to do is told: the source is not on every page.
    pub readable: bool,
    /// The reader is told that the source exists, by a count of what is not shown.
    pub counted: bool,
}

/// Where the facts of one resource belong.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spot {
    pub(crate) tenant: i64,
    pub(crate) person: Person,
    pub(crate) rid: i64,
}

/// A row, closed.
#[derive(Debug)]
pub(crate) struct Row {
    kind: i64,
    ends: i64,
    body: Vec<u8>,
}

/// What a body holds.
#[derive(Serialize, Deserialize)]
struct Text {
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

const DRUG: i64 = 1;
const CONSIGNE: i64 = 3;
const ALERT: i64 = 4;

fn code(kind: SafetyKind) -> i64 {
    match kind {
        SafetyKind::Drug => DRUG,
        SafetyKind::Allergy => 2,
        SafetyKind::Consigne => CONSIGNE,
        SafetyKind::Alert => ALERT,
    }
}

fn parse_kind(code: i64) -> Result<SafetyKind> {
    match code {
        1 => Ok(SafetyKind::Drug),
        2 => Ok(SafetyKind::Allergy),
        CONSIGNE => Ok(SafetyKind::Consigne),
        ALERT => Ok(SafetyKind::Alert),
        _ => Err(Error::Integrity("unknown kind of safety fact".into())),
    }
}

/// Closes the facts of a resource under its person's key.
pub(crate) fn close(key: &PersonKey, spot: Spot, resource: &Resource, facts: &[SafetyFact]) -> Result<Vec<Row>> {
    // 0 = it does not say.
    let (key, ends) = (key.secret.derive("safety")?, ends(resource).unwrap_or_default());
    let close = |(part, fact): (usize, &SafetyFact)| {
        let text = Text { text: fact.text.clone(), detail: fact.detail.clone() };
        let plain = serde_json::to_vec(&text).map_err(|e| Error::bug(e.to_string()))?;
        let body = crypto::seal(&key, &aad(spot, part), &plain)?;
        Ok(Row { kind: code(fact.kind), ends, body })
    };
    facts.iter().enumerate().map(close).collect()
}

/// Puts the rows of an item in the place of those it had.
pub(crate) fn replace(conn: &Conn<'_>, spot: Spot, rows: &[Row]) -> Result<()> {
    clear(conn, spot)?;
    put(conn, spot, rows)
}

/// Forgets what the former version of an item said.
pub(crate) fn clear(conn: &Conn<'_>, spot: Spot) -> Result<()> {
    let sql = "DELETE FROM safety WHERE tenant = ?1 AND person = ?2 AND rid = ?3";
    conn.each(sql, &cells![spot.tenant, spot.person.value(), spot.rid])
}

/// Writes what an item says, of which nothing is there.
pub(crate) fn put(conn: &Conn<'_>, spot: Spot, rows: &[Row]) -> Result<()> {
    let (tenant, person, rid) = (spot.tenant, spot.person.value(), spot.rid);
    for (part, row) in rows.iter().enumerate() {
        let part = i64::try_from(part).map_err(|_| Error::bug("too many safety facts"))?;
        conn.each(
            "INSERT INTO safety(tenant, person, rid, part, kind, ends, body) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            &cells![tenant, person, rid, part, row.kind, row.ends, row.body.clone()],
        )?;
    }
    Ok(())
}

/// For who looks for damage.
pub(crate) const CLOSED: SealedRows = SealedRows {
    what: "safety fact of item",
    fr: "fait utile à la sécurité de l'élément",
    text: "SELECT person, rid, part, body FROM safety WHERE tenant = ?1 ORDER BY person, rid, part LIMIT ?2 OFFSET ?3",
    body: 3,
    spot: None,
    usage: "safety",
    aad: |tenant, row| {
        let spot = Spot { tenant, person: Person::new(row.int(0)?), rid: row.int(1)? };
        Ok(aad(spot, usize::try_from(row.int(2)?).unwrap_or(usize::MAX)))
    },
};

fn aad(spot: Spot, part: usize) -> Vec<u8> {
    format!("safety {} {} {} {part}", spot.tenant, spot.person.value(), spot.rid).into_bytes()
}

/// When what a resource says ends, by its own dates (UTC microseconds), where it says so.
#[must_use]
pub fn ends(resource: &Resource) -> Option<i64> {
    let at = |text: &str| fhir::date::interval(text).map(|(_, hi)| hi);
    // How long a medicine may be handed out (`dispenseRequest.validityPeriod`) is not how long it is taken.
    const PATHS: [&[&str]; 3] = [&["effectivePeriod", "end"], &["period", "end"], &["abatementDateTime"]];
    let own = PATHS.iter().find_map(|path| resource.str_at(path).and_then(at));
    own.or_else(|| doses_end(resource))
}

/// The last day of a schedule, when each of its doses has one.
fn doses_end(resource: &Resource) -> Option<i64> {
    let doses = resource.get(&["dosageInstruction"]).or_else(|| resource.get(&["dosage"]))?.as_array()?;
    let end = |dose: &Value| {
        let text = dose.get("timing")?.get("repeat")?.get("boundsPeriod")?.get("end")?.as_str()?;
        fhir::date::interval(text).map(|(_, hi)| hi)
    };
    doses.iter().map(end).collect::<Option<Vec<_>>>()?.into_iter().max()
}

impl Store {
    /// What matters for the safety of these persons, of those the caller takes care of, in order of persons; whatever the
    /// level of its source, and whatever is masked. Only facts that have not ended: allergies and points of attention of sources
    /// that the caller may not read, drugs of such sources for whom medical documents are opened, and what to do. The words of
    /// a point of attention stop at level 2.
    ///
    /// # Errors
    /// The engine's; [`Error::Integrity`] when a row does not open.
    pub async fn safety(&self, call: &Call, persons: &[Person]) -> Result<Undisclosed<Vec<Safety>>> {
        let told = |by: &dyn Fn(Person) -> bool| -> Vec<i64> {
            persons.iter().filter(|person| by(**person)).map(|person| person.value()).collect()
        };
        let (cared, treated) =
            (told(&|person| call.clearance.cares_for(person)), told(&|person| call.clearance.treats(person)));
        self.look(call, move |reader| {
            let facts = read(reader, cared, treated)?;
            let mut shown = Shown::default();
            facts.iter().for_each(|fact| shown.add_safety(fact.person));
            Ok((facts, shown))
        })
        .await
    }
}

fn read(reader: &Reader<'_>, cared: Vec<i64>, treated: Vec<i64>) -> Result<Vec<Safety>> {
    let mut select = reader.select();
    let (persons, treated, now) = (select.list(cared), select.list(treated), select.bind(reader.call.now));
    let (undated, usual) = (select.bind(UNDATED), select.bind(Level::Standard.code()));
    let text = format!(
        "SELECT f.person, f.rid, f.part, f.kind, f.ends, f.body, \
         CASE WHEN r.moment = {undated} THEN r.updated ELSE r.moment END AS since, CASE WHEN {} THEN 1 ELSE 0 END, \
         CASE WHEN {} THEN 1 ELSE 0 END \
         FROM safety f JOIN resource r ON r.tenant = f.tenant AND r.rid = f.rid \
         WHERE f.tenant = {} AND f.person IN ({persons}) AND (f.ends = 0 OR f.ends > {now}) \
         AND (f.kind = {CONSIGNE} OR CASE WHEN {} THEN 1 ELSE 0 END = 0) \
         AND (f.kind <> {ALERT} OR r.level <= {usual}) AND (f.kind <> {DRUG} OR f.person IN ({treated})) \
         ORDER BY +f.person, since DESC, f.rid, f.part",
        select.permit, select.placeholder, select.tenant, select.permit
    );
    let rows = select.run(reader.conn, &text)?;
    let one = |row| {
        let opened = open(reader.inner, reader.conn, reader.call.tenant, row);
        reader.unless_damaged((Damaged::Safety, row.int(1)?, row.int(2)?), opened)
    };
    rows.iter().filter_map(|row| one(row).transpose()).collect()
}

fn open(inner: &Inner, conn: &Conn<'_>, tenant: i64, row: &Fetched) -> Result<Safety> {
    let spot = Spot { tenant, person: Person::new(row.int(0)?), rid: row.int(1)? };
    let part = usize::try_from(row.int(2)?).map_err(|_| Error::Integrity("a safety fact's number".into()))?;
    let key = inner.keyring.person(&inner.engine, conn, tenant, spot.person)?.secret.derive("safety")?;
    let plain = crypto::open(&key, &aad(spot, part), row.blob(5)?)?;
    let text: Text =
        serde_json::from_slice(&plain).map_err(|_| Error::Integrity("a safety fact does not decode".into()))?;
    Ok(Safety {
        person: spot.person,
        fact: SafetyFact { kind: parse_kind(row.int(3)?)?, text: text.text, detail: text.detail },
        since: row.int(6)?,
        ends: Some(row.int(4)?).filter(|ends| *ends != 0),
        readable: row.int(7)? == 1,
        counted: row.int(8)? == 1,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn end(value: Value) -> i64 {
        ends(&Resource::from_value(value).unwrap()).unwrap_or_default()
    }

    #[test]
    fn a_treatment_ends_with_the_last_of_its_doses() {
        let dose = |end: Option<&str>| match end {
            Some(end) => json!({"text": "1 cp", "timing": {"repeat": {"boundsPeriod": {"end": end}}}}),
            None => json!({"text": "1 cp"}),
        };
        let request = |doses: Vec<Value>| json!({"resourceType": "MedicationRequest", "dosageInstruction": doses});
        let day = |text: &str| fhir::date::interval(text).unwrap().1;
        assert_eq!(end(request(vec![dose(Some("2026-05-02")), dose(Some("2026-06-02"))])), day("2026-06-02"));
        assert_eq!(end(request(vec![dose(Some("2026-05-02")), dose(None)])), 0, "one dose goes on");
        assert_eq!(end(request(Vec::new())), 0, "it does not say");
        let mut handed_out = request(vec![dose(Some("2026-06-02"))]);
        handed_out["dispenseRequest"] = json!({"validityPeriod": {"end": "2026-05-02"}});
        assert_eq!(end(handed_out.clone()), day("2026-06-02"), "what is handed out no more may be taken still");
        handed_out["dosageInstruction"] = json!([dose(None)]);
        assert_eq!(end(handed_out), 0);
        let flag = json!({"resourceType": "Flag", "period": {"start": "2026-01-01", "end": "2026-02-01"}});
        assert_eq!(end(flag), day("2026-02-01"));
    }
}
