//! Looks for a word in bytes, in every form it could have leaked in.

use aho_corasick::AhoCorasick;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use sha2::Digest as _;
use std::path::{Path, PathBuf};

/// Knows the words in all their forms; upper and lower case are one.
pub(crate) struct Scanner {
    names: Vec<String>,
    forms: AhoCorasick,
}

impl Scanner {
    pub(crate) fn new(words: &[&str]) -> Self {
        let all =
            words.iter().flat_map(|word| encodings(word).into_iter().map(move |(form, bytes)| (*word, form, bytes)));
        let (names, forms): (Vec<String>, Vec<Vec<u8>>) =
            all.map(|(word, form, bytes)| (format!("{word} as {form}"), bytes)).unzip();
        let forms = AhoCorasick::builder().ascii_case_insensitive(true).build(forms).unwrap();
        Self { names, forms }
    }

    /// The names of the forms that are there.
    pub(crate) fn find(&self, bytes: &[u8]) -> Vec<&str> {
        let found = self.forms.find_overlapping_iter(bytes);
        found.map(|found| self.names.get(found.pattern().as_usize()).unwrap().as_str()).collect()
    }
}

/// Every file under a folder.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

/// The same word as somebody could have written it.
pub(crate) fn plants(word: &str) -> Vec<(String, Vec<u8>)> {
    let mut plants = encodings(word);
    plants.push(("upper case".into(), word.to_uppercase().into_bytes()));
    for before in ["", "x", "xy"] {
        plants.push((format!("base64 after `{before}`"), base64(&format!("{before}{word}, et la suite")).into_bytes()));
    }
    plants.push(("upper hexadecimal".into(), hex(word.as_bytes()).to_ascii_uppercase().into_bytes()));
    plants
}

pub(crate) fn base64(text: &str) -> String {
    STANDARD_NO_PAD.encode(text)
}

fn encodings(word: &str) -> Vec<(String, Vec<u8>)> {
    let mut all = Vec::new();
    for (fold, text) in [
        ("written", word.to_owned()),
        ("lower case", word.to_lowercase()),
        ("upper case", word.to_uppercase()),
        ("folded", fhir::search::normalise(word)),
    ] {
        all.push((format!("{fold} UTF-8"), text.clone().into_bytes()));
        all.push((format!("{fold} UTF-16LE"), text.encode_utf16().flat_map(u16::to_le_bytes).collect()));
        all.push((format!("{fold} UTF-16BE"), text.encode_utf16().flat_map(u16::to_be_bytes).collect()));
        all.push((format!("{fold} hexadecimal"), hex(text.as_bytes()).into_bytes()));
        all.extend(digests(&text).into_iter().map(|(form, bytes)| (format!("{fold} {form}"), bytes)));
        for shift in 0..3 {
            all.push((format!("{fold} base64, shifted by {shift}"), inside_base64(&text, shift).into_bytes()));
        }
    }
    all
}

/// A hash without a key is as good as the word, to who has a list of words: its first 8 bytes, as numbers and as text.
fn digests(text: &str) -> Vec<(&'static str, Vec<u8>)> {
    let digest = sha2::Sha256::digest(text.as_bytes());
    let first: [u8; 8] = digest.iter().copied().take(8).collect::<Vec<u8>>().try_into().unwrap();
    vec![
        ("SHA-256", first.to_vec()),
        ("SHA-256, the other way round", first.iter().rev().copied().collect()),
        ("SHA-256 in hexadecimal", hex(&first).into_bytes()),
        ("SHA-256 as a number", i64::from_be_bytes(first).to_string().into_bytes()),
        ("SHA-256 as another number", i64::from_le_bytes(first).to_string().into_bytes()),
    ]
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The characters of a base64 text that depend on the word alone, when `shift` bytes come before it.
fn inside_base64(text: &str, shift: usize) -> String {
    let whole = STANDARD_NO_PAD.encode([vec![0; shift], text.as_bytes().to_vec()].concat());
    let (first, last) = ((shift * 8).div_ceil(6), (shift + text.len()) * 8 / 6);
    whole.get(first..last).unwrap().to_owned()
}
