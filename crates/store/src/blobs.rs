//! Large content (the file of a Binary, of an attachment…) beside the rows of resources: in sealed chunks, once for each
//! person however many versions and items hold it.
//!
//! A body that has such content holds its address and its key instead: so who may open the body may open the content, at
//! level 4 as below, and nobody else; and nothing has to be sealed anew when a label changes. Address and key are
//! made of the content and the person's key: the same content is stored once, and nothing opens once that key is gone.

use crate::crypto::{self, Secret};
use crate::engine::{Conn, cells};
use crate::error::{Error, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use confidentiality::Person;
use fhir::json::Value;

/// Bytes of the smallest content that is kept apart: below, it is packed with the body.
const LEAST: usize = 16 << 10;
/// Bytes of a chunk.
const CHUNK: usize = 256 << 10;
/// First byte of a body that has content apart; without any, a body is a JSON object.
const MARK: u8 = b'[';
/// How a chunk begins: as it is, or packed.
const PLAIN: u8 = 0;
const PACKED: u8 = 1;
const LEVEL: i32 = 3;

/// Content ready to be written.
pub(crate) struct Blob {
    address: Vec<u8>,
    /// Sealed, in order.
    chunks: Vec<Vec<u8>>,
}

/// Where a body's content is.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Apart {
    /// Which of the texts of the resource, in the order of the document.
    text: usize,
    address: Vec<u8>,
    key: Secret,
    bytes: usize,
}

/// Whose content it is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Whose {
    pub(crate) tenant: i64,
    /// 0: about nobody.
    pub(crate) person: Person,
}

impl Whose {
    fn associated(self, address: &[u8], chunk: usize, of: usize) -> Vec<u8> {
        let mut bytes = self.tenant.to_be_bytes().to_vec();
        bytes.extend_from_slice(&self.person.value().to_be_bytes());
        bytes.extend_from_slice(address);
        bytes.extend_from_slice(&(chunk as u64).to_be_bytes());
        bytes.extend_from_slice(&(of as u64).to_be_bytes());
        bytes
    }
}

/// Takes large content out of a resource: what is left, to be closed as its body, and the content. `key` is the person's,
/// or the legal entity's for what is about nobody.
pub(crate) fn lift(whose: Whose, key: &Secret, resource: &fhir::Resource) -> Result<(Vec<u8>, Vec<Blob>)> {
    let large = |text: &str| text.len() >= LEAST / 3 * 4;
    if !resource.object().values().any(|value| any_text(value, &large)) {
        return Ok((resource.to_vec(), Vec::new()));
    }
    let mut value = resource.value();
    let (mut apart, mut blobs, mut failed) = (Vec::new(), Vec::new(), None);
    each_text(&mut value, &mut 0, &mut |index, text| {
        let Some(content) = Some(&*text).filter(|text| large(text)).and_then(|text| exact(text)) else { return };
        match close(whose, key, &content) {
            Ok((address, content_key, chunks)) => {
                apart.push(Apart { text: index, address: address.clone(), key: content_key, bytes: content.len() });
                blobs.push(Blob { address, chunks });
                text.clear();
            }
            Err(error) => failed = Some(error),
        }
    });
    if let Some(error) = failed {
        return Err(error);
    }
    if apart.is_empty() {
        return Ok((resource.to_vec(), blobs));
    }
    let mut body = fhir::json::to_vec(&apart.iter().map(Apart::to_json).collect());
    body.push(b'\n');
    body.extend(fhir::json::to_vec(&value));
    Ok((body, blobs))
}

/// Whether a body holds all of its resource.
pub(crate) fn is_whole(body: &[u8]) -> bool {
    body.first() != Some(&MARK)
}

/// A resource as it was received, from its opened body: content comes back from where it is.
pub(crate) fn join(conn: &Conn<'_>, whose: Whose, body: &[u8]) -> Result<fhir::Resource> {
    let damaged = || Error::Integrity("a body is not a resource".into());
    if is_whole(body) {
        return fhir::Resource::from_slice(body).map_err(|_| damaged());
    }
    let (apart, rest) = parse(body)?;
    let mut value = fhir::json::parse(rest).map_err(|_| damaged())?;
    let (mut left, mut failed) = (apart.iter().peekable(), None);
    each_text(&mut value, &mut 0, &mut |index, text| {
        let Some(one) = left.next_if(|one| one.text == index) else { return };
        match open(conn, whose, one) {
            Ok(content) => *text = STANDARD.encode(content),
            Err(error) => failed = Some(error),
        }
    });
    match (failed, left.next()) {
        (Some(error), _) => Err(error),
        (None, Some(_)) => Err(damaged()),
        (None, None) => fhir::Resource::from_value(value).map_err(|_| damaged()),
    }
}

/// Addresses of what a body holds apart.
pub(crate) fn addresses(body: &[u8]) -> Result<Vec<Vec<u8>>> {
    match body.first() {
        Some(&MARK) => Ok(parse(body)?.0.into_iter().map(|apart| apart.address).collect()),
        _ => Ok(Vec::new()),
    }
}

/// Writes content, unless it is there.
pub(crate) fn put(conn: &Conn<'_>, whose: Whose, blobs: &[Blob]) -> Result<()> {
    let (tenant, person) = (whose.tenant, whose.person.value());
    for blob in blobs {
        let there = conn.query_one(
            "SELECT COUNT(*) FROM blob WHERE tenant = ?1 AND person = ?2 AND address = ?3",
            &cells![tenant, person, blob.address.clone()],
        )?;
        if usize::try_from(there.int(0)?) == Ok(blob.chunks.len()) {
            continue;
        }
        for (chunk, body) in (0_i64..).zip(&blob.chunks) {
            conn.execute(
                "INSERT INTO blob(tenant, person, address, chunk, kind, body) VALUES(?1, ?2, ?3, ?4, '', ?5)
                 ON CONFLICT DO NOTHING",
                &cells![tenant, person, blob.address.clone(), chunk, body.clone()],
            )?;
        }
    }
    Ok(())
}

impl Apart {
    fn to_json(&self) -> Value {
        let (address, key) = (STANDARD.encode(&self.address), STANDARD.encode(self.key.bytes()));
        serde_json::json!([self.text, address, key, self.bytes])
    }

    fn parse(value: &Value) -> Option<Self> {
        let number = |value: &Value| usize::try_from(value.as_u64()?).ok();
        let bytes = |value: &Value| STANDARD.decode(value.as_str()?).ok();
        let [text, address, key, size] = value.as_array()?.as_slice() else { return None };
        let key = Secret::from_slice(&bytes(key)?).ok()?;
        Some(Self { text: number(text)?, address: bytes(address)?, key, bytes: number(size)? })
    }
}

fn parse(body: &[u8]) -> Result<(Vec<Apart>, &[u8])> {
    let damaged = || Error::Integrity("a list of content apart is not one".into());
    let end = body.iter().position(|byte| *byte == b'\n').ok_or_else(damaged)?;
    let (list, rest) = body.split_at_checked(end).ok_or_else(damaged)?;
    let list = fhir::json::parse(list).map_err(|_| damaged())?;
    let apart = list.as_array().and_then(|list| list.iter().map(Apart::parse).collect());
    Ok((apart.ok_or_else(damaged)?, rest))
}

/// What a text holds, if it is written as we would write it: so that it comes back the same.
fn exact(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok().filter(|content| content.len() >= LEAST && STANDARD.encode(content) == text)
}

/// Address, key and chunks of content.
fn close(whose: Whose, key: &Secret, content: &[u8]) -> Result<(Vec<u8>, Secret, Vec<Vec<u8>>)> {
    let digest = crypto::sha256(&[content]);
    let made = |what: &[u8]| crypto::mac(key.bytes(), &[b"blob ", what, &digest]);
    let address = made(b"address").iter().take(16).copied().collect::<Vec<u8>>();
    let content_key = Secret::from_slice(&made(b"key"))?;
    let of = content.len().div_ceil(CHUNK);
    let seal = |(index, chunk): (usize, &[u8])| {
        crypto::seal(&content_key, &whose.associated(&address, index, of), &pack(chunk)?)
    };
    let chunks = content.chunks(CHUNK).enumerate().map(seal).collect::<Result<Vec<_>>>()?;
    Ok((address, content_key, chunks))
}

fn pack(chunk: &[u8]) -> Result<Vec<u8>> {
    let packed = zstd::bulk::compress(chunk, LEVEL).map_err(|_| Error::bug("compression"))?;
    let (mark, bytes) = if packed.len() < chunk.len() { (PACKED, packed.as_slice()) } else { (PLAIN, chunk) };
    let mut out = Vec::with_capacity(bytes.len() + 1);
    out.push(mark);
    out.extend_from_slice(bytes);
    Ok(out)
}

fn unpack(chunk: &[u8]) -> Option<Vec<u8>> {
    match chunk.split_first()? {
        (&PLAIN, bytes) => Some(bytes.to_vec()),
        (&PACKED, bytes) => zstd::bulk::decompress(bytes, CHUNK).ok(),
        _ => None,
    }
}

/// Reads content; what is torn is told by the number of the chunk.
fn open(conn: &Conn<'_>, whose: Whose, apart: &Apart) -> Result<Vec<u8>> {
    let rows = conn.query(
        "SELECT chunk, body FROM blob WHERE tenant = ?1 AND person = ?2 AND address = ?3 ORDER BY chunk",
        &cells![whose.tenant, whose.person.value(), apart.address.clone()],
    )?;
    let of = apart.bytes.div_ceil(CHUNK);
    let mut rows = rows.iter();
    let mut content = Vec::with_capacity(apart.bytes.min(1 << 30));
    for chunk in 0..of {
        let torn = |why: &str| Error::Integrity(format!("content apart is torn: chunk {} of {of} {why}", chunk + 1));
        let row = rows.next().ok_or_else(|| torn("is missing"))?;
        if usize::try_from(row.int(0)?) != Ok(chunk) {
            return Err(torn("is missing"));
        }
        let plain = crypto::open(&apart.key, &whose.associated(&apart.address, chunk, of), row.blob(1)?);
        content.extend(plain.ok().and_then(|plain| unpack(&plain)).ok_or_else(|| torn("does not open"))?);
    }
    if content.len() == apart.bytes {
        Ok(content)
    } else {
        Err(Error::Integrity("content apart has another size".into()))
    }
}

fn any_text(value: &Value, wanted: &dyn Fn(&str) -> bool) -> bool {
    match value {
        Value::String(text) => wanted(text),
        Value::Array(list) => list.iter().any(|value| any_text(value, wanted)),
        Value::Object(object) => object.values().any(|value| any_text(value, wanted)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Every text, in the order of the document, with its number.
fn each_text(value: &mut Value, next: &mut usize, with: &mut dyn FnMut(usize, &mut String)) {
    match value {
        Value::String(text) => {
            with(*next, text);
            *next += 1;
        }
        Value::Array(list) => list.iter_mut().for_each(|value| each_text(value, next, with)),
        Value::Object(object) => object.values_mut().for_each(|value| each_text(value, next, with)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
