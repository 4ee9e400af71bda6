//! Places: the establishments of a legal entity. Their names are sealed; what kind each one is decides what its teams read.

use crate::assets::{enter, permitted};
use crate::call::Call;
use crate::check::SealedRows;
use crate::crypto::{self, Secret};
use crate::engine::{Conn, Db, Row, cells, tell};
use crate::error::{Conflict, Error, Result};
use crate::keys::Use;
use crate::store::Store;
use confidentiality::{Place, PlaceProfile};
use std::collections::BTreeMap;

/// What is stored when somebody has said that the kind is none of those that are known. A place of which nobody has said
/// anything has the code of [`PlaceProfile::Other`]: both relax nothing.
const SAID_OTHER: &str = "none";

/// A place of the tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaceRow {
    /// Number.
    pub place: Place,
    /// FINESS EG.
    pub finess: String,
    /// What kind of establishment.
    pub profile: PlaceProfile,
    /// Somebody has said what kind it is.
    pub told: bool,
    /// Its name.
    pub name: String,
}

impl PlaceRow {
    /// What a place is called as long as nobody has named it.
    pub fn unnamed(finess: &str) -> String {
        format!("Établissement {finess}")
    }

    /// Nobody has named it.
    pub fn is_unnamed(&self) -> bool {
        self.name == Self::unnamed(&self.finess)
    }

    fn code(&self) -> &'static str {
        if self.told && self.profile == PlaceProfile::Other { SAID_OTHER } else { self.profile.code() }
    }
}

impl Store {
    /// A place (FINESS EG) of a tenant, made or brought up to date.
    ///
    /// # Errors
    /// The engine's.
    pub async fn ensure_place(&self, tenant: i64, finess: &str, profile: PlaceProfile, name: &str) -> Result<Place> {
        let body = self.sealed_name(tenant, finess, name)?;
        let finess = finess.to_owned();
        self.engine()
            .write(Db::Main, move |conn| {
                conn.execute(
                    "INSERT INTO place(tenant, place, finess, profile, body)
                     SELECT ?1, COALESCE(MAX(place), 0) + 1, ?2, ?3, ?4 FROM place WHERE tenant = ?1
                     ON CONFLICT(tenant, finess) DO UPDATE SET profile = excluded.profile, body = excluded.body",
                    &cells![tenant, finess.clone(), profile.code(), body],
                )?;
                tell(conn)?;
                let row = conn
                    .query_one("SELECT place FROM place WHERE tenant = ?1 AND finess = ?2", &cells![tenant, finess])?;
                Ok(Place::new(row.int(0)?))
            })
            .await
            .inspect(|_| self.said())
    }

    /// Says how a place is called and what it is, in one transaction with the entry of the log: who reads what there follows.
    ///
    /// # Errors
    /// [`Error::Conflict`] when it is no longer what was read: nothing is changed. [`Error::Absent`] for whoever does not answer
    /// for accounts; the engine's.
    pub async fn describe_place(&self, call: &Call, known: PlaceRow, wanted: PlaceRow) -> Result<()> {
        permitted(call)?;
        let body = self.sealed_name(call.tenant, &known.finess, &wanted.name)?;
        let key = self.keyring().tenant(call.tenant, Use::Data)?;
        let (inner, call) = (self.0.clone(), call.clone());
        self.engine()
            .write(Db::Main, move |conn| {
                if !rows(conn, &key, call.tenant)?.contains(&known) {
                    return Err(Error::Conflict(Conflict::Overtaken));
                }
                let touched = conn.execute(
                    "UPDATE place SET profile = ?3, body = ?4 WHERE tenant = ?1 AND place = ?2 AND profile = ?5",
                    &cells![call.tenant, known.place.value(), wanted.code(), body.clone(), known.code()],
                )?;
                if touched != 1 {
                    return Err(Error::Conflict(Conflict::Overtaken));
                }
                tell(conn)?;
                enter(&inner, conn, &call, BTreeMap::from([("places".to_owned(), 1)]))
            })
            .await
            .inspect(|()| self.said())
    }

    /// The places of a tenant, in the order they were made: the first is the default place.
    ///
    /// # Errors
    /// The engine's; [`Error::Integrity`] when a name does not open.
    pub async fn places(&self, tenant: i64) -> Result<Vec<PlaceRow>> {
        let key = self.keyring().tenant(tenant, Use::Data)?;
        self.engine().read(Db::Main, move |conn| rows(conn, &key, tenant)).await
    }

    fn sealed_name(&self, tenant: i64, finess: &str, name: &str) -> Result<Vec<u8>> {
        let aad = format!("place {tenant} {finess}");
        crypto::seal(&self.keyring().tenant(tenant, Use::Data)?, aad.as_bytes(), name.as_bytes())
    }
}

/// For who looks for damage.
pub(crate) const CLOSED: SealedRows = SealedRows {
    what: "place",
    fr: "établissement",
    text: "SELECT 0, place, finess, body FROM place WHERE tenant = ?1 ORDER BY place LIMIT ?2 OFFSET ?3",
    body: 3,
    spot: Some(["place", "body", "place = ?4 AND finess = ?5"]),
    usage: "",
    aad: |tenant, row| Ok(format!("place {tenant} {}", row.text(2)?).into_bytes()),
};

fn rows(conn: &Conn<'_>, key: &Secret, tenant: i64) -> Result<Vec<PlaceRow>> {
    const ALL: &str = "SELECT place, finess, profile, body FROM place WHERE tenant = ?1 ORDER BY place";
    conn.query(ALL, &cells![tenant])?.iter().map(|row| parsed(key, tenant, row)).collect()
}

fn parsed(key: &Secret, tenant: i64, row: &Row) -> Result<PlaceRow> {
    let (finess, code) = (row.text(1)?.to_owned(), row.text(2)?);
    let name = crypto::open(key, format!("place {tenant} {finess}").as_bytes(), row.blob(3)?)?;
    Ok(PlaceRow {
        place: Place::new(row.int(0)?),
        profile: PlaceProfile::parse(code),
        told: code != PlaceProfile::Other.code(),
        name: String::from_utf8(name).map_err(|_| Error::Integrity("place name".into()))?,
        finess,
    })
}
