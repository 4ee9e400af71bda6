//! Every version opens as what its row says; every key of its list is in the index, and the index has no other.

use super::{BATCH, Check};
use crate::blobs;
use crate::body;
use crate::call::Call;
use crate::engine::{Conn, Db, cells};
use crate::error::{Error, Result};
use crate::index::own_number;
use crate::key_list::{self, KeyList};
use crate::read::{PAST_COLUMNS, Reader};
use crate::reindex;
use crate::store::Store;
use crate::stored::{STORED, STORED_COLUMNS, Stored};
use fhir::Resource;
use std::collections::BTreeSet;

/// Content apart, by person and address.
type Files = BTreeSet<(i64, Vec<u8>)>;

/// What bodies and lists say must be there.
#[derive(Default)]
struct Listed {
    /// Rows of each key table.
    exact: i64,
    lossy: i64,
    files: Files,
}

/// Goes through all items, in order of rows.
pub(super) async fn check(
    store: &Store,
    call: &Call,
    check: &mut Check,
    told: &(dyn Fn(u64) + Send + Sync),
) -> Result<()> {
    let (mut after, mut listed, mut whole) = (0, Listed::default(), true);
    loop {
        let (inner, call, hasher) = (store.0.clone(), call.clone(), store.hasher(call.tenant)?);
        let read = store.engine().read(Db::Main, move |conn| {
            let reader = Reader { inner: &inner, conn, call: &call, hasher };
            let mut part = Check::default();
            let mut listed = Listed::default();
            let next = batch(&reader, after, &mut part, &mut listed)?;
            Ok((part, listed, next))
        });
        let Some((part, count, next)) = check.note(
            (&format!("main: items after row {after}"), &format!("les éléments après le n° {after}")),
            read.await,
        )?
        else {
            whole = false;
            break;
        };
        check.items += part.items;
        check.versions += part.versions;
        check.indexed_otherwise += part.indexed_otherwise;
        part.findings.into_iter().for_each(|one| check.find(one.code, one.detail, one.text));
        (listed.exact, listed.lossy) = (listed.exact + count.exact, listed.lossy + count.lossy);
        listed.files.extend(count.files);
        told(check.items);
        match next {
            Some(next) => after = next,
            None => break,
        }
    }
    let tenant = call.tenant;
    let counted = store.engine().read(Db::Main, move |conn| strays(conn, tenant)).await;
    if let Some(([exact, lossy], files)) = check.note(("main: index", "les index"), counted)?.filter(|_| whole) {
        let strays = files.difference(&listed.files).count();
        if strays > 0 {
            let fr = format!("contenus qui ne sont d'aucun élément qui s'ouvre : {strays}.");
            check.find("blob", format!("{strays} contents belong to no item that opens"), fr);
        }
        for (table, has, wants) in [("exact_key", exact, listed.exact), ("lossy_key", lossy, listed.lossy)] {
            if has > wants {
                let more = has - wants;
                let fr = format!("la table {table} a des lignes qui ne sont d'aucun élément : {more}.");
                check.find("index", format!("{table} has {more} rows that belong to no item"), fr);
            }
        }
    }
    Ok(())
}

/// Rows of the key tables; those of search parameters that are no more are being swept.
fn strays(conn: &Conn<'_>, tenant: i64) -> Result<([i64; 2], Files)> {
    let at = cells![tenant, own_number(0)];
    let exact = conn.query_one("SELECT COUNT(*) FROM exact_key WHERE tenant = ?1 AND param < ?2", &at)?.int(0)?;
    let lossy = conn.query_one("SELECT COUNT(*) FROM lossy_key WHERE tenant = ?1 AND param < ?2", &at)?.int(0)?;
    let files = conn.query("SELECT DISTINCT person, address FROM blob WHERE tenant = ?1", &cells![tenant])?;
    let files = files.iter().map(|row| Ok((row.int(0)?, row.blob(1)?.to_vec()))).collect::<Result<_>>()?;
    Ok(([exact, lossy], files))
}

/// The resource of a version; what its body has apart is noted.
fn opened(reader: &Reader<'_>, stored: &Stored, listed: &mut Listed) -> Result<Resource> {
    let tenant = reader.call.tenant;
    let plain = stored.plain(reader.inner, reader.conn, tenant, reader.call.clearance.open4())?;
    let addresses = blobs::addresses(&plain)?;
    listed.files.extend(addresses.into_iter().map(|address| (stored.person.value(), address)));
    stored.read(reader.conn, tenant, &plain)
}

fn batch(reader: &Reader<'_>, after: i64, check: &mut Check, listed: &mut Listed) -> Result<Option<i64>> {
    let tenant = reader.call.tenant;
    let text = format!(
        "SELECT {STORED}, r.seal, r.self, r.keys, r.params FROM resource r WHERE r.tenant = ?1 AND r.rid > ?2 ORDER BY r.rid LIMIT ?3"
    );
    let rows = reader.conn.query(&text, &cells![tenant, after, BATCH])?;
    let mut current = Vec::with_capacity(rows.len());
    for row in &rows {
        check.items += 1;
        let rid = row.int(0)?;
        current.push((rid, row.int(1)?));
        match Stored::parse(row) {
            Ok(stored) => {
                let (seal, own) = (row.int(STORED_COLUMNS)?, row.int(STORED_COLUMNS + 1)?);
                let list = row.opt_blob(STORED_COLUMNS + 2);
                let list = list.and_then(|list| list.map_or_else(|| Ok(KeyList::default()), KeyList::parse));
                let params = row.opt_blob(STORED_COLUMNS + 3);
                let params = params.and_then(|params| key_list::marked(params.unwrap_or_default()));
                item(reader, &stored, (seal, own), check, listed);
                match list.and_then(|list| Ok((list, params?))) {
                    Ok(listing) => index(reader, &stored, &listing, check, listed)?,
                    Err(_) => {
                        let fr = format!("élément n° {rid} : la liste de ses clés d'index est abîmée.");
                        check.find("index", format!("the list of keys of item {rid} is damaged"), fr);
                    }
                }
            }
            Err(_) => {
                let fr = format!("élément n° {rid} : sa ligne porte un code inconnu.");
                check.find("row", format!("item {rid} has a code nobody knows"), fr);
            }
        }
    }
    let Some((last, _)) = current.last().copied() else { return Ok(None) };
    history(reader, (after, last), &current, (check, listed))?;
    Ok((i64::try_from(rows.len()) == Ok(BATCH)).then_some(last))
}

/// The body opens by the key its row names, and is what the row says.
fn item(reader: &Reader<'_>, stored: &Stored, (seal, own): (i64, i64), check: &mut Check, listed: &mut Listed) {
    let (at, fr) = place(stored.rid, stored.version);
    if body::header(&stored.body).is_ok_and(|header| header.seal.code() != seal) {
        let fr = format!("{fr} : le scellement de sa ligne n'est pas celui de son contenu.");
        check.find("row", format!("{at}: another seal than its body's"), fr);
    }
    match opened(reader, stored, listed) {
        Ok(resource) => {
            let named = resource.id().is_some_and(|id| reader.hasher.is(own, stored.kind, id));
            if !named {
                let fr = format!("{fr} : introuvable par son identifiant.");
                check.find("index", format!("{at}: cannot be found by its id"), fr);
            }
        }
        Err(error) => check.find("body", format!("{at}: {error}"), format!("{fr} : son contenu ne s'ouvre pas.")),
    }
}

/// An item's version, in English and in French.
fn place(rid: i64, version: i64) -> (String, String) {
    (format!("item {rid}, version {version}"), format!("élément n° {rid}, version {version}"))
}

/// A list of keys, and the parameters beside it.
type Listing = (KeyList, BTreeSet<i64>);

/// Every key of the list is a row of the index; and the list is what this program would make of the body.
fn index(
    reader: &Reader<'_>,
    stored: &Stored,
    listing: &Listing,
    check: &mut Check,
    listed: &mut Listed,
) -> Result<()> {
    let (tenant, rid, own, list) = (reader.call.tenant, stored.rid, own_number(0), &listing.0);
    let mut missing = 0;
    let exact = "SELECT 1 FROM exact_key WHERE tenant = ?1 AND param = ?2 AND hash = ?3 AND rid = ?4";
    let lossy = "SELECT 1 FROM lossy_key WHERE tenant = ?1 AND param = ?2 AND hash = ?3 AND rid = ?4";
    for (text, keys, count) in [(exact, &list.exact, &mut listed.exact), (lossy, &list.lossy, &mut listed.lossy)] {
        for (param, hash) in keys.iter().filter(|(param, _)| *param < own) {
            *count += 1;
            missing += i64::from(reader.conn.query_opt(text, &cells![tenant, *param, *hash, rid])?.is_none());
        }
    }
    for param in list.ranges.iter().filter(|param| **param < own) {
        let text = "SELECT 1 FROM range_key WHERE tenant = ?1 AND param = ?2 AND rid = ?3 LIMIT 1";
        missing += i64::from(reader.conn.query_opt(text, &cells![tenant, *param, rid])?.is_none());
    }
    if missing > 0 {
        let fr = format!("élément n° {rid} : lignes d'index qui manquent : {missing}.");
        check.find("index", format!("item {rid} lacks {missing} of its rows in the index"), fr);
    }
    match compared(reader, stored, listing)? {
        Compared::Same => {}
        Compared::Otherwise => check.indexed_otherwise += 1,
        Compared::Damaged => {
            let fr = format!("élément n° {rid} : introuvable par une partie de ce qu'il contient.");
            check.find("index", format!("item {rid} is not found by all it holds"), fr);
        }
    }
    Ok(())
}

/// A list of keys beside what this program makes of the body.
enum Compared {
    Same,
    /// It was made by other rules.
    Otherwise,
    /// It was made by these, and changed since.
    Damaged,
}

fn compared(reader: &Reader<'_>, stored: &Stored, (list, params): &Listing) -> Result<Compared> {
    let tenant = reader.call.tenant;
    let Ok(resource) = stored.open(reader.inner, reader.conn, tenant, reader.call.clearance.open4()) else {
        return Ok(Compared::Same);
    };
    let entries = if stored.deleted { Vec::new() } else { fhir::search::extract(&resource) };
    let keys = reader.hasher.keys(stored.kind, resource.id().unwrap_or_default(), &entries);
    let shipped = |keys: &BTreeSet<(i64, i64)>| -> BTreeSet<(i64, i64)> {
        keys.iter().filter(|(param, _)| *param < own_number(0)).copied().collect()
    };
    let numbers = |params: &BTreeSet<i64>| -> BTreeSet<i64> {
        params.iter().filter(|param| **param < own_number(0)).copied().collect()
    };
    if keys.exact != shipped(&list.exact) || keys.lossy != shipped(&list.lossy) {
        return Ok(Compared::Otherwise);
    }
    // What has no row of its own, or more in its row than its parameter.
    let ranges: BTreeSet<i64> = keys.range.iter().map(|(param, ..)| *param).collect();
    let mut same =
        keys.marks.is_subset(&list.marks) && keys.present == numbers(params) && ranges == numbers(&list.ranges);
    for (param, lo, hi) in &keys.range {
        let text = "SELECT 1 FROM range_key WHERE tenant = ?1 AND param = ?2 AND rid = ?3 AND lo = ?4 AND hi = ?5";
        same &= reader.conn.query_opt(text, &cells![tenant, *param, stored.rid, *lo, *hi])?.is_some();
    }
    Ok(match same {
        true => Compared::Same,
        false if reindex::is_whole(reader.conn, tenant)? => Compared::Damaged,
        false => Compared::Otherwise,
    })
}

/// Older versions of these items: all of them are there, and open.
fn history(
    reader: &Reader<'_>,
    (after, last): (i64, i64),
    current: &[(i64, i64)],
    (check, listed): (&mut Check, &mut Listed),
) -> Result<()> {
    let text = format!(
        "SELECT {STORED} FROM (SELECT {PAST_COLUMNS} FROM history h JOIN resource c ON c.tenant = h.tenant AND c.rid = h.rid
           WHERE h.tenant = ?1 AND h.rid > ?2 AND h.rid <= ?3) r ORDER BY r.rid, r.version"
    );
    let rows = reader.conn.query(&text, &cells![reader.call.tenant, after, last])?;
    let mut found = BTreeSet::new();
    for row in &rows {
        check.versions += 1;
        found.insert((row.int(0)?, row.int(1)?));
        let (at, fr) = place(row.int(0)?, row.int(1)?);
        match Stored::parse(row) {
            Ok(stored) => match opened(reader, &stored, listed) {
                Ok(_) => {}
                Err(Error::Absent) => {
                    let fr = format!("{fr} : sa personne n'a pas de clé.");
                    check.find("body", format!("{at}: its person has no key"), fr);
                }
                Err(error) => {
                    check.find("body", format!("{at}: {error}"), format!("{fr} : son contenu ne s'ouvre pas."));
                }
            },
            Err(_) => {
                let fr = format!("{fr} : sa ligne porte un code inconnu.");
                check.find("row", format!("{at} has a code nobody knows"), fr);
            }
        }
    }
    for (rid, version) in current {
        let missing = (1..*version).filter(|past| !found.contains(&(*rid, *past))).count();
        if missing > 0 {
            let fr = format!("élément n° {rid} : anciennes versions qui manquent : {missing}.");
            check.find("history", format!("item {rid} lacks {missing} older versions"), fr);
        }
    }
    Ok(())
}
