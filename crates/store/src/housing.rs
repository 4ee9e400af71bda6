//! Where a person is, as a write of their stay says: who accompanies them follows, in the same transaction.

use crate::call::Call;
use crate::engine::{Conn, cells, hold};
use crate::error::{Error, Result};
use crate::relations::{FOREVER, NewRelation, insert_relation};
use crate::units::{FIRST, everybody};
use confidentiality::{Categories, Person, Place, RelationKind};

/// What a write says of where the person it is about is, from the same transaction on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Housing {
    /// Nothing.
    Unsaid,
    /// Every person whom it creates is at the place of the writing.
    Arrives,
    /// They are at a place, in one of its units and in no other; 0: none.
    In {
        /// Where.
        place: Place,
        /// The unit.
        unit: i64,
    },
    /// They are in no unit of a place any more, once its team has had until then to end what it writes.
    Leaves {
        /// Where.
        place: Place,
        /// UTC microseconds.
        until: i64,
    },
    /// They have not left: whoever still accompanies them does so without an end.
    Stays {
        /// Where.
        place: Place,
    },
}

const AT: &str =
    "SELECT relation FROM relation WHERE tenant = ?1 AND subject = ?2 AND person = ?3 AND kind = ?4 AND ends > ?5";
const THERE: &str = "SELECT unit FROM unit WHERE tenant = ?1 AND unit = ?2 AND place = ?3";
const IN: &str = "SELECT relation FROM relation
     WHERE tenant = ?1 AND subject = ?2 AND person = ?3 AND kind = ?4 AND starts <= ?5 AND ends = ?6";
const OUT: &str = "UPDATE relation SET ends = ?5
     WHERE tenant = ?1 AND person = ?2 AND kind = ?3 AND place = ?4 AND subject < ?6 AND subject <> ?7 AND ends > ?5";
const BACK: &str = "UPDATE relation SET ends = ?5
     WHERE tenant = ?1 AND person = ?2 AND kind = ?3 AND place = ?4 AND subject < ?6 AND ends > ?7";

impl Housing {
    /// The place of which it says something.
    pub(crate) fn place(self) -> Option<Place> {
        match self {
            Self::Unsaid | Self::Arrives => None,
            Self::In { place, .. } | Self::Leaves { place, .. } | Self::Stays { place } => Some(place),
        }
    }

    /// Follows it for somebody.
    ///
    /// # Errors
    /// [`Error::Absent`] for a unit that is not of this place; the engine's.
    pub(crate) fn follow(self, conn: &Conn<'_>, call: &Call, person: Person) -> Result<()> {
        let (kind, whose) = (RelationKind::Assignment.code(), person.value());
        match self {
            Self::Unsaid | Self::Arrives => Ok(()),
            Self::In { place, unit } => lodge(conn, call, person, (place, unit)),
            Self::Leaves { place, until } => {
                conn.execute(OUT, &cells![call.tenant, whose, kind, place.value(), until, FIRST, 0])?;
                Ok(())
            }
            Self::Stays { place } => {
                conn.execute(BACK, &cells![call.tenant, whose, kind, place.value(), FOREVER, FIRST, call.now])?;
                Ok(())
            }
        }
    }
}

fn lodge(conn: &Conn<'_>, call: &Call, person: Person, (place, unit): (Place, i64)) -> Result<()> {
    let (kind, categories, whole) = (RelationKind::Assignment, Categories::empty(), everybody(place));
    let new = |subject| NewRelation { subject, person, place, kind, categories, starts: call.now, ends: FOREVER };
    // Whoever else moves them waits here.
    let text = format!("{AT}{}", hold(conn.dialect()));
    let at = conn.query(&text, &cells![call.tenant, whole, person.value(), kind.code(), call.now])?;
    if at.is_empty() {
        insert_relation(conn, call.tenant, &new(whole))?;
    }
    conn.execute(OUT, &cells![call.tenant, person.value(), kind.code(), place.value(), call.now, FIRST, unit])?;
    if unit == 0 {
        return Ok(());
    }
    let text = format!("{THERE}{}", hold(conn.dialect()));
    if conn.query_opt(&text, &cells![call.tenant, unit, place.value()])?.is_none() {
        return Err(Error::Absent);
    }
    let known = conn.query(IN, &cells![call.tenant, unit, person.value(), kind.code(), call.now, FOREVER])?;
    if known.is_empty() { insert_relation(conn, call.tenant, &new(unit)) } else { Ok(()) }
}
