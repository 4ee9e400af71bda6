//! Keys that are not there though something of their person is: a copy of `keys` that is older than `main`, or rows that
//! went. Nothing of that person opens then, and a new key would divide them in two for ever.

use super::{CATEGORY_SHIFT, FIRST_EPOCH};
use crate::engine::{Conn, Db, Engine, Row, cells};
use crate::error::{Error, KEYS_OLDER, Result};
use confidentiality::Person;
use fhir::ResourceType;

/// Newest Patients that are looked at: some of them may have been erased since.
const NEWEST: i64 = 20;
/// Of one key that is not there nothing follows; of so many, those that came last, that the keys are of another day.
const TOGETHER: usize = 2;

const ERASED: &str = "SELECT 1 FROM erased WHERE tenant = ?1 AND person = ?2";

/// A Patient whose person has no key, and was not erased.
pub(crate) struct Lost {
    pub(crate) person: i64,
    /// Row and version.
    pub(crate) at: (i64, i64),
}

/// Those of the last Patients who came whose key is not there: damage, as any other. Refuses keys that hold none of them, or neither
/// of the last two: they are of before these came.
pub(crate) async fn lost(engine: &Engine, tenant: i64) -> Result<Vec<Lost>> {
    let newest = move |conn: &Conn<'_>| {
        let text = "SELECT person, rid, version FROM resource WHERE tenant = ?1 AND type = ?2 AND deleted = 0 \
             ORDER BY rid DESC LIMIT ?3";
        let rows = conn.query(text, &cells![tenant, ResourceType::PATIENT.code(), NEWEST])?;
        let one = |row: &Row| Ok(Lost { person: row.int(0)?, at: (row.int(1)?, row.int(2)?) });
        rows.iter().map(one).collect::<Result<Vec<_>>>()
    };
    let newest = engine.read(Db::Main, newest).await?;
    let sort = move |conn: &Conn<'_>| {
        let mut found = Vec::new();
        for one in newest {
            let at = cells![tenant, one.person];
            let keyed = "SELECT 1 FROM person_key WHERE tenant = ?1 AND person = ?2 LIMIT 1";
            let is_keyed = conn.query_opt(keyed, &at)?.is_some();
            if is_keyed || conn.query_opt(ERASED, &at)?.is_none() {
                found.push((one, is_keyed));
            }
        }
        Ok(found)
    };
    let found = engine.read(Db::Keys, sort).await?;
    if !found.is_empty() && found.iter().take(TOGETHER).all(|(_, is_keyed)| !is_keyed) {
        return Err(Error::Integrity(KEYS_OLDER.into()));
    }
    Ok(found.into_iter().filter(|(_, is_keyed)| !is_keyed).map(|(one, _)| one).collect())
}

/// What is said of a key that is not there: of a person who was erased, nothing is known.
pub(super) fn missing(keys: &Conn<'_>, tenant: i64, person: Person) -> Result<Error> {
    let erased = keys.query_opt(ERASED, &cells![tenant, person.value()])?.is_some();
    let lost = || Error::Integrity(format!("the key of person {person} is not there"));
    Ok(if erased { Error::Absent } else { lost() })
}

/// Those of these persons of whom there is anything.
pub(super) fn known(main: &Conn<'_>, tenant: i64, persons: Vec<Person>) -> Result<Vec<Person>> {
    const ANY: &str = "SELECT 1 FROM resource WHERE tenant = ?1 AND person = ?2 LIMIT 1";
    let is_known = |person: Person| Ok(main.query_opt(ANY, &cells![tenant, person.value()])?.map(|_| person));
    persons.into_iter().filter_map(|person| is_known(person).transpose()).collect()
}

/// Whether anything of a person, as it is or as it was, is closed by the pair of this category.
pub(super) fn is_used(main: &Conn<'_>, tenant: i64, person: Person, category: i64) -> Result<bool> {
    let id = u32::try_from(FIRST_EPOCH | (category << CATEGORY_SHIFT)).map_err(|_| Error::bug("key id"))?;
    let at = cells![tenant, person.value(), id.to_be_bytes().to_vec()];
    for text in [
        "SELECT 1 FROM resource WHERE tenant = ?1 AND person = ?2 AND seal = 2 AND substr(body, 3, 4) = ?3 LIMIT 1",
        "SELECT 1 FROM resource r CROSS JOIN history h WHERE r.tenant = ?1 AND r.person = ?2 AND h.tenant = r.tenant \
         AND h.rid = r.rid AND h.seal = 2 AND substr(h.body, 3, 4) = ?3 LIMIT 1",
    ] {
        if main.query_opt(text, &at)?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}
