//! One stored version: its clear columns, and how its body opens.

use crate::blobs::{self, Whose};
use crate::body::{self, Address, Key, Seal};
use crate::call::Call;
use crate::engine::{Conn, Row};
use crate::error::{Error, Result};
use crate::keys::Use;
use crate::store::Inner;
use crate::write::How;
use confidentiality::{Actor, Categories, Family, Label, Level, MaskFlags, Open4, Person, Place, Rid};
use fhir::{Resource, ResourceType};

/// The columns of [`Stored`], in order, under the alias `r`.
pub(crate) const STORED: &str = "r.rid, r.version, r.type, r.person, r.place, r.updated, r.level, r.categories, \
     r.family, r.mask, r.author, r.deleted, r.moment, r.rules, r.body, r.how";
/// How many columns that is: what a query adds comes after.
pub(crate) const STORED_COLUMNS: usize = 16;

/// The clinical date of what has none (a relative, an insurance): the first day of year 1, after everything else in a
/// timeline and in no window of time.
pub const UNDATED: i64 = -62_135_596_800_000_000;

/// A version of a resource as its row holds it, still closed.
#[derive(Debug, Clone)]
pub(crate) struct Stored {
    pub(crate) rid: i64,
    pub(crate) version: i64,
    pub(crate) kind: ResourceType,
    pub(crate) person: Person,
    pub(crate) place: Place,
    pub(crate) updated: i64,
    pub(crate) level: Level,
    pub(crate) categories: Categories,
    pub(crate) family: Family,
    pub(crate) mask: MaskFlags,
    pub(crate) author: Actor,
    pub(crate) deleted: bool,
    pub(crate) moment: i64,
    pub(crate) rules: i64,
    pub(crate) body: Vec<u8>,
    pub(crate) how: Option<How>,
}

/// A version of a resource that may be shown.
#[derive(Debug, Clone)]
pub struct Version {
    /// The resource with `meta.versionId`, `meta.lastUpdated` and the server's security labels; references the reader
    /// may not follow are masked. A tombstone has its type and id only.
    pub resource: Resource,
    /// Row number: what the audit names it by.
    pub rid: Rid,
    /// Whom it is about; 0 = nobody.
    pub person: Person,
    /// Where it was produced; 0 = the whole entity.
    pub place: Place,
    /// From 1.
    pub version: i64,
    /// UTC microseconds.
    pub updated: i64,
    /// Effective level.
    pub level: Level,
    /// Effective categories.
    pub categories: Categories,
    /// Kind of document.
    pub family: Family,
    /// Masked from some readers by what was received.
    pub mask: MaskFlags,
    /// Version of the rules that graded it.
    pub rules: i64,
    /// Who wrote this version.
    pub author: Actor,
    /// Clinical date (UTC microseconds), or [`UNDATED`].
    pub moment: i64,
    /// It has been deleted.
    pub deleted: bool,
    /// How it was made; absent for what was written before that was kept.
    pub how: Option<How>,
}

impl Stored {
    pub(crate) fn parse(row: &Row) -> Result<Self> {
        let damaged = |what: &str| Error::Integrity(format!("unknown {what} code in a row"));
        Ok(Self {
            rid: row.int(0)?,
            version: row.int(1)?,
            kind: ResourceType::from_code(row.int(2)?).ok_or_else(|| damaged("type"))?,
            person: Person::new(row.int(3)?),
            place: Place::new(row.int(4)?),
            updated: row.int(5)?,
            level: Level::from_code(row.int(6)?).ok_or_else(|| damaged("level"))?,
            categories: Categories::from_bits_truncate(row.int(7)?),
            family: Family::from_code(row.int(8)?).ok_or_else(|| damaged("family"))?,
            mask: MaskFlags::from_bits_truncate(row.int(9)?),
            author: Actor::new(row.int(10)?),
            deleted: row.int(11)? != 0,
            moment: row.int(12)?,
            rules: row.int(13)?,
            body: row.blob(14)?.to_vec(),
            how: How::from_code(row.int(15)?),
        })
    }

    /// The resource as it was received, with its id.
    pub(crate) fn open(&self, inner: &Inner, conn: &Conn<'_>, tenant: i64, open4: Option<&Open4>) -> Result<Resource> {
        let plain = self.plain(inner, conn, tenant, open4)?;
        if blobs::is_whole(&plain) {
            // We wrote it, as its seal says: nobody takes it apart before somebody looks into it.
            let kept = Resource::from_kept(plain).map_err(|_| Error::Integrity("a body is not a resource".into()))?;
            return self.of_its_type(kept);
        }
        self.read(conn, tenant, &plain)
    }

    /// The resource of its opened body, every value of which is looked at.
    pub(crate) fn read(&self, conn: &Conn<'_>, tenant: i64, plain: &[u8]) -> Result<Resource> {
        self.of_its_type(blobs::join(conn, Whose { tenant, person: self.person }, plain)?)
    }

    fn of_its_type(&self, resource: Resource) -> Result<Resource> {
        if resource.kind() != self.kind {
            return Err(Error::Integrity("a row's type is not that of its body".into()));
        }
        Ok(resource)
    }

    /// Its body, opened: large content is elsewhere.
    pub(crate) fn plain(&self, inner: &Inner, conn: &Conn<'_>, tenant: i64, open4: Option<&Open4>) -> Result<Vec<u8>> {
        let at = Address { tenant, rid: self.rid, version: self.version };
        let header = body::header(&self.body)?;
        match header.seal {
            Seal::Tenant => {
                let key = inner.keyring.tenant(tenant, Use::Data)?;
                body::open(at, &Key::Shared(&key), &self.body)
            }
            Seal::Person => {
                let key = inner.keyring.person(&inner.engine, conn, tenant, self.person)?;
                body::open(at, &Key::Shared(&key.secret), &self.body)
            }
            Seal::Pair => {
                let open4 = open4.ok_or_else(|| Error::bug("level 4 was permitted without the right to open it"))?;
                let pair = (tenant, self.person, header.category());
                let key = inner.keyring.private_half(&inner.engine, conn, open4, pair)?;
                body::open(at, &Key::Pair(&key), &self.body)
            }
        }
    }

    /// Opens it and puts on what the server owns.
    pub(crate) fn show(&self, inner: &Inner, conn: &Conn<'_>, call: &Call) -> Result<Version> {
        let mut resource = self.open(inner, conn, call.tenant, call.clearance.open4())?;
        fhir::subscription::hide_headers_of(&mut resource);
        resource.set_version(self.version, &fhir::date::instant(self.updated));
        let label = Label { level: self.level, categories: self.categories, reasons: Vec::new() };
        resource.set_server_security(&confidentiality::labeler::security_tags(&label));
        Ok(Version {
            resource,
            rid: Rid::new(self.rid),
            person: self.person,
            place: self.place,
            version: self.version,
            updated: self.updated,
            level: self.level,
            categories: self.categories,
            family: self.family,
            mask: self.mask,
            rules: self.rules,
            author: self.author,
            moment: self.moment,
            deleted: self.deleted,
            how: self.how,
        })
    }
}
