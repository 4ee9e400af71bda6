//! Bytes into letters: UTF-8, UTF-16 and Windows-1252; anything else is refused rather than guessed.

use super::Refusal;

/// What Windows-1252 puts where Latin-1 has control signs; 0 where it has nothing.
const WINDOWS: [u32; 32] = [
    0x20AC, 0, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0, 0x017D, 0, 0,
    0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0, 0x017E, 0x0178,
];

/// How files that are not text begin.
const COMPRESSED: &[&[u8]] = &[
    b"PK\x03\x04",
    b"\x1f\x8b",
    b"\x78\x9c",
    b"\x78\x01",
    b"\x78\xda",
    b"7z\xbc\xaf",
    b"BZh",
    b"\xfd7zXZ",
    b"\x28\xb5\x2f\xfd",
    b"Rar!",
];

/// Bytes of a file in which a page shows what it is.
const HEAD: usize = 4 << 10;
/// Parts of an archive that are looked at.
const PARTS: usize = 10_000;

/// The text of a file; lines that end as on old Macs end as elsewhere.
pub(super) fn decode(bytes: &[u8]) -> Result<String, Refusal> {
    let text = letters(bytes)?;
    if text.contains('\r') && !text.contains('\n') {
        return Ok(text.replace('\r', "\n"));
    }
    Ok(text)
}

fn letters(bytes: &[u8]) -> Result<String, Refusal> {
    if is_office(bytes) {
        return Err(Refusal::Office);
    }
    if COMPRESSED.iter().any(|start| bytes.starts_with(start)) {
        return Err(Refusal::Compressed);
    }
    if let Some(rest) = bytes.strip_prefix(b"\xef\xbb\xbf") {
        return utf8(rest);
    }
    if let Some(rest) = bytes.strip_prefix(b"\xff\xfe") {
        return utf16(rest, u16::from_le_bytes);
    }
    if let Some(rest) = bytes.strip_prefix(b"\xfe\xff") {
        return utf16(rest, u16::from_be_bytes);
    }
    match bytes.get(..4) {
        // UTF-16 without its mark, as some programs write it.
        Some([first, 0, _, 0]) if *first != 0 => return utf16(bytes, u16::from_le_bytes),
        Some([0, first, 0, _]) if *first != 0 => return utf16(bytes, u16::from_be_bytes),
        _ => {}
    }
    if bytes.contains(&0) {
        return Err(Refusal::Binary);
    }
    match bytes.trim_ascii_start().first() {
        // A page has its own way of telling its encoding, and need not: it is refused for what it is.
        Some(b'<') if is_page(&String::from_utf8_lossy(bytes.get(..HEAD).unwrap_or(bytes))) => Err(Refusal::WebPage),
        Some(b'<') => declared(bytes),
        // JSON is UTF-8 by definition.
        Some(b'{' | b'[') => utf8(bytes),
        _ => utf8(bytes).or_else(|_| if is_broken(bytes) { Err(Refusal::Mixed) } else { windows(bytes) }),
    }
}

/// Whether some of its letters are written in UTF-8 and others are not: read as one it loses the others. Looked for are letters with an accent, œ
/// and signs of print, which in Windows-1252 would be « Ã© », « Å“ » and « â€™ »: nobody writes those.
fn is_broken(bytes: &[u8]) -> bool {
    let telling = |c| matches!(c, 'À'..='ÿ' | 'Œ' | 'œ' | '\u{2010}'..='\u{203A}' | '€');
    bytes.utf8_chunks().any(|chunk| chunk.valid().contains(telling))
}

/// Whether it is HTML, well formed or not: by the element that stands first, comments and instructions apart.
pub(super) fn is_page(text: &str) -> bool {
    let mut rest = text.trim_start();
    while let Some((_, after)) = rest
        .strip_prefix("<!--")
        .and_then(|comment| comment.split_once("-->"))
        .or_else(|| rest.strip_prefix("<?").and_then(|told| told.split_once("?>")))
    {
        rest = after.trim_start();
    }
    let first = rest.chars().take(16).collect::<String>().to_lowercase();
    let Some(first) = first.strip_prefix("<!doctype").or_else(|| first.strip_prefix('<')) else { return false };
    let name = first.trim_start().split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    matches!(name, "html" | "head" | "body" | "table" | "meta" | "title" | "script" | "div" | "center" | "form")
}

/// Whether an archive is a document: by the names of its parts, which its last part lists. Nothing is unpacked.
fn is_office(bytes: &[u8]) -> bool {
    let number = |at: usize, size: usize| -> Option<usize> {
        let digits = bytes.get(at..at.checked_add(size)?)?;
        Some(digits.iter().rev().fold(0, |number, byte| number << 8 | usize::from(*byte)))
    };
    if !bytes.starts_with(b"PK\x03\x04") {
        return false;
    }
    // The end of the list stands within a comment's length of the end.
    let tail = bytes.len().saturating_sub(22 + 0xFFFF);
    let ends = bytes.get(tail..).unwrap_or_default().windows(4).rposition(|window| window == b"PK\x05\x06");
    let Some(mut at) = ends.and_then(|end| number(tail + end + 16, 4)) else { return false };
    for _ in 0..PARTS {
        if bytes.get(at..).is_none_or(|rest| !rest.starts_with(b"PK\x01\x02")) {
            return false;
        }
        let lengths = [28, 30, 32].map(|part| number(at + part, 2).unwrap_or_default());
        let [name, extra, comment] = lengths;
        if matches!(bytes.get(at + 46..at + 46 + name), Some(b"[Content_Types].xml" | b"mimetype")) {
            return true;
        }
        at += 46 + name + extra + comment;
    }
    false
}

fn utf8(bytes: &[u8]) -> Result<String, Refusal> {
    std::str::from_utf8(bytes).map(str::to_owned).map_err(|_| Refusal::Encoding)
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, Refusal> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(Refusal::Encoding);
    }
    char::decode_utf16(pairs.iter().map(|pair| unit(*pair))).collect::<Result<_, _>>().map_err(|_| Refusal::Encoding)
}

/// XML says its encoding in its first line.
fn declared(bytes: &[u8]) -> Result<String, Refusal> {
    let head = bytes.get(..200).unwrap_or(bytes);
    let head: String = head.iter().map(|byte| char::from(byte.to_ascii_lowercase())).collect();
    let end = head.find("?>").unwrap_or(0);
    let said = head.get(..end).and_then(|head| head.split_once("encoding")).map(|(_, rest)| rest);
    let said = said.and_then(|rest| rest.split(['"', '\'']).nth(1)).unwrap_or("utf-8").trim();
    match said {
        "utf-8" | "utf8" | "us-ascii" | "ascii" => utf8(bytes),
        "iso-8859-1" | "latin1" | "windows-1252" | "cp1252" | "iso-8859-15" => windows(bytes),
        _ => Err(Refusal::ForeignEncoding),
    }
}

fn windows(bytes: &[u8]) -> Result<String, Refusal> {
    if bytes.iter().any(|byte| matches!(byte, 0..=8 | 14..=25 | 27..=31 | 127)) {
        return Err(Refusal::Binary);
    }
    let letter = |byte: &u8| match *byte {
        byte @ 0x80..=0x9F => {
            WINDOWS.get(usize::from(byte - 0x80)).copied().filter(|code| *code != 0).and_then(char::from_u32)
        }
        byte => Some(char::from(byte)),
    };
    // What has no letter there is writing of another kind: of DOS, of old Macs.
    bytes.iter().map(letter).collect::<Option<String>>().ok_or(Refusal::ForeignEncoding)
}
