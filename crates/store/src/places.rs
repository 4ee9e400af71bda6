//! The establishments of a legal entity.

use crate::check::SealedRows;
use crate::crypto::{self, Secret};
use crate::engine::{Db, Row, cells, tell};
use crate::error::{Error, Result};
use crate::keys::Use;
use crate::relations::PlaceRow;
use crate::store::Store;
use confidentiality::{Place, PlaceProfile};

impl Store {
    /// A place (FINESS EG) of a tenant, made or brought up to date.
    ///
    /// # Errors
    /// The engine's.
    pub async fn ensure_place(&self, tenant: i64, finess: &str, profile: PlaceProfile, name: &str) -> Result<Place> {
        let aad = format!("place {tenant} {finess}");
        let body = crypto::seal(&self.keyring().tenant(tenant, Use::Data)?, aad.as_bytes(), name.as_bytes())?;
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

    /// The places of a tenant, in the order they were made: the first is the default place.
    ///
    /// # Errors
    /// The engine's; [`Error::Integrity`] when a name does not open.
    pub async fn places(&self, tenant: i64) -> Result<Vec<PlaceRow>> {
        let key = self.keyring().tenant(tenant, Use::Data)?;
        self.engine()
            .read(Db::Main, move |conn| {
                let rows = conn.query(
                    "SELECT place, finess, profile, body FROM place WHERE tenant = ?1 ORDER BY place",
                    &cells![tenant],
                )?;
                rows.iter().map(|row| place_row(&key, tenant, row)).collect()
            })
            .await
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

fn place_row(key: &Secret, tenant: i64, row: &Row) -> Result<PlaceRow> {
    let finess = row.text(1)?.to_owned();
    let name = crypto::open(key, format!("place {tenant} {finess}").as_bytes(), row.blob(3)?)?;
    Ok(PlaceRow {
        place: Place::new(row.int(0)?),
        profile: PlaceProfile::parse(row.text(2)?),
        name: String::from_utf8(name).map_err(|_| Error::Integrity("place name".into()))?,
        finess,
    })
}
