//! From files to units of import: one Bundle, one resource, or some lines of NDJSON.

use super::report::{At, Line};
use super::text;
use crate::error::{Error, Result};
use crate::folder;
use fhir::bundle::{self, Kind, Method};
use fhir::{Issue, Resource, ResourceType, Severity};
use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Cursor};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Lines of NDJSON in one transaction.
const LINES: usize = 500;
/// How the names of files of lines end.
const OF_LINES: &[&str] = &["ndjson", "jsonl"];

/// What is imported.
#[derive(Debug, Clone)]
pub enum Input {
    /// A file, or a folder of files.
    Path(PathBuf),
    /// Lines of NDJSON that were sent.
    Lines(Arc<[u8]>),
}

impl From<PathBuf> for Input {
    fn from(path: PathBuf) -> Self {
        Self::Path(path)
    }
}

impl Input {
    /// The file; none of its own for what was sent.
    pub(crate) fn path(&self) -> &Path {
        match self {
            Self::Path(path) => path,
            Self::Lines(_) => Path::new(""),
        }
    }

    pub(crate) fn size(&self) -> u64 {
        match self {
            Self::Path(path) => std::fs::metadata(path).map_or(0, |metadata| metadata.len()),
            Self::Lines(bytes) => u64::try_from(bytes.len()).unwrap_or(u64::MAX),
        }
    }
}

/// One file to read, or what was sent, and the set of files it belongs to.
#[derive(Debug, Clone)]
pub(crate) struct One {
    pub(crate) input: Input,
    pub(crate) set: usize,
}

/// What is imported in one transaction.
#[derive(Debug, Default)]
pub(crate) struct Unit {
    pub(crate) items: Vec<Item>,
    /// The set of files it is from.
    pub(crate) set: usize,
    /// One bad item refuses all.
    pub(crate) whole: bool,
    /// How many could not be read at all, and what was noticed.
    pub(crate) refused: u64,
    pub(crate) issues: Vec<Line>,
}

/// One resource to import.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    pub(crate) at: At,
    pub(crate) full_url: Option<String>,
    pub(crate) resource: Resource,
}

/// The files named, folders opened, in order, and what is said of those passed over: in a folder only `.json`, `.ndjson` and
/// `.jsonl` count, and nothing hidden (a name that starts with a dot). A folder is one set, so
/// are the files of lines of one folder that are named one by one; any other file is a set of its own.
pub(crate) fn files(inputs: &[Input]) -> Result<(Vec<One>, Vec<Line>)> {
    let (mut found, mut passed) = (Vec::new(), Vec::new());
    let mut of_lines: HashMap<PathBuf, usize> = HashMap::new();
    for (set, input) in inputs.iter().enumerate() {
        let Input::Path(path) = input else {
            found.push(One { input: input.clone(), set });
            continue;
        };
        let metadata = std::fs::metadata(path).map_err(|e| Error::file(path, &e))?;
        if metadata.is_dir() {
            let ends = [OF_LINES, &["json"]].concat();
            let all = folder::all(path)?.into_iter().filter(|file| !is_hidden(path, file));
            let (inside, others): (Vec<_>, Vec<_>) = all.partition(|file| folder::ends(file, &ends));
            passed.extend(others.iter().map(|file| pass_over(file)));
            if inside.is_empty() {
                let reason = "aucun fichier .json, .ndjson ou .jsonl dans ce dossier".to_owned();
                return Err(Error::File { path: path.display().to_string(), reason });
            }
            found.extend(inside.into_iter().map(|path| One { input: Input::Path(path), set }));
        } else {
            let beside = path.parent().filter(|_| is_lines(path)).map(Path::to_owned);
            let set = beside.map_or(set, |folder| *of_lines.entry(folder).or_insert(set));
            found.push(One { input: input.clone(), set });
        }
    }
    Ok((found, passed))
}

/// Whether a file of a folder, or a folder within it that holds it, has a name that starts with a dot.
fn is_hidden(folder: &Path, file: &Path) -> bool {
    let below = file.strip_prefix(folder).unwrap_or(file);
    below.components().any(|part| part.as_os_str().as_encoded_bytes().starts_with(b"."))
}

fn pass_over(file: &Path) -> Line {
    let at = At { file: file.display().to_string(), ..At::default() };
    let text = "Fichier laissé de côté : d'un dossier, un import ne lit que .json, .ndjson et .jsonl.";
    at.line(Severity::Information, "not-supported", None, text.to_owned())
}

fn is_lines(path: &Path) -> bool {
    folder::ends(path, OF_LINES)
}

/// A file being read, unit by unit.
pub(crate) struct Source {
    set: usize,
    from: Text,
}

enum Text {
    /// NDJSON: the reader and the number of the last line read.
    Lines(At, Box<dyn BufRead + Send + Sync>, usize),
    /// A file that is one unit, until it has been given.
    Whole(At, Option<PathBuf>),
}

impl Source {
    pub(crate) fn open(one: &One) -> Result<Self> {
        Ok(Self { set: one.set, from: Text::open(&one.input)? })
    }

    /// The next unit.
    pub(crate) fn next(&mut self) -> Result<Option<Unit>> {
        let unit = match &mut self.from {
            Text::Whole(at, path) => {
                let Some(path) = path.take() else { return Ok(None) };
                let bytes = std::fs::read(&path).map_err(|e| Error::file(&path, &e))?;
                Some(whole(at, bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes)))
            }
            Text::Lines(at, reader, number) => lines(at, reader.as_mut(), number)?,
        };
        Ok(unit.map(|unit| Unit { set: self.set, ..unit }))
    }
}

impl Text {
    fn open(input: &Input) -> Result<Self> {
        let path = match input {
            Input::Path(path) => path,
            Input::Lines(bytes) => return Ok(Self::Lines(At::default(), Box::new(Cursor::new(bytes.clone())), 0)),
        };
        let at = At { file: path.display().to_string(), ..At::default() };
        if is_lines(path) {
            let file = File::open(path).map_err(|e| Error::file(path, &e))?;
            return Ok(Self::Lines(at, Box::new(BufReader::new(file)), 0));
        }
        Ok(Self::Whole(at, Some(path.to_owned())))
    }
}

fn lines(at: &At, reader: &mut dyn BufRead, number: &mut usize) -> Result<Option<Unit>> {
    let (mut unit, mut read) = (Unit::default(), 0);
    let mut bytes = Vec::new();
    while read < LINES {
        bytes.clear();
        let length = reader.read_until(b'\n', &mut bytes).map_err(|e| Error::file(Path::new(&at.file), &e))?;
        if length == 0 {
            break;
        }
        *number += 1;
        read += 1;
        let line = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes).trim_ascii();
        if line.is_empty() {
            continue;
        }
        let at = At { line: Some(*number), ..at.clone() };
        match fhir::json::parse(line) {
            Ok(value) => match Resource::from_value(value) {
                Ok(resource) => unit.items.push(Item { at, full_url: None, resource }),
                Err(invalid) => unit.refuse(at.issues(invalid)),
            },
            Err(error) => {
                let text = text::wrong(line, &error, true);
                unit.refuse(vec![at.line(Severity::Error, "structure", None, text)]);
            }
        }
    }
    Ok((read > 0).then_some(unit))
}

fn whole(at: &At, bytes: &[u8]) -> Unit {
    let mut unit = Unit { whole: true, ..Unit::default() };
    let value = match fhir::json::parse(bytes) {
        Ok(value) => value,
        Err(error) => {
            unit.refuse(vec![at.line(Severity::Error, "structure", None, text::wrong(bytes, &error, false))]);
            return unit;
        }
    };
    match Resource::from_value(value) {
        Err(invalid) => unit.refuse(at.issues(invalid)),
        Ok(resource) if resource.kind() == ResourceType::BUNDLE => return bundle(at, &resource),
        Ok(resource) => unit.items.push(Item { at: at.clone(), full_url: None, resource }),
    }
    unit
}

fn bundle(at: &At, resource: &Resource) -> Unit {
    let mut unit = Unit::default();
    let (kind, entries) = match bundle::parse_each(resource) {
        Ok(read) => read,
        Err(invalid) => {
            unit.refuse(at.issues(invalid));
            return unit;
        }
    };
    if matches!(kind, Kind::History | Kind::Response) {
        let (fr, en) = ("Ce type de Bundle ne s'importe pas : c'est la réponse d'un serveur.", "A server's answer.");
        unit.refuse(vec![at.issue(Issue::error("not-supported", Some("Bundle.type".into()), fr, en))]);
        return unit;
    }
    unit.whole = kind == Kind::Transaction;
    for (index, entry) in entries.into_iter().enumerate() {
        let at = At { entry: Some(index), ..at.clone() };
        let entry = match entry {
            Ok(entry) => entry,
            Err(invalid) => {
                unit.refuse(at.issues(invalid));
                continue;
            }
        };
        let path = format!("Bundle.entry[{index}]");
        if kind == Kind::Searchset && entry.is_outcome {
            let (fr, en) = ("Ce que le serveur dit de la recherche n'est pas importé.", "An outcome of the search.");
            let issue = Issue::warning("informational", Some(path), fr, en);
            unit.issues.push(at.issue(Issue { severity: Severity::Information, ..issue }));
            continue;
        }
        match (entry.method, entry.resource) {
            (None | Some(Method::Post | Method::Put), Some(resource)) => {
                unit.items.push(Item { at, full_url: entry.full_url, resource });
            }
            (None | Some(Method::Post | Method::Put), None) => {
                let (fr, en) = ("Cette entrée ne porte pas de ressource.", "No resource.");
                unit.refuse(vec![at.issue(Issue::error("required", Some(format!("{path}.resource")), fr, en))]);
            }
            // Part of it would be done, where it is all or nothing.
            (Some(Method::Delete | Method::Patch), _) if unit.whole => {
                let (fr, en) = ("Un import n'exécute que POST et PUT.", "Only POST and PUT.");
                let at_method = Some(format!("{path}.request.method"));
                unit.refuse(vec![at.issue(Issue::error("not-supported", at_method, fr, en))]);
            }
            _ => {
                let (fr, en) = ("Un import n'exécute que POST et PUT : entrée laissée de côté.", "Only POST and PUT.");
                unit.issues.push(at.issue(Issue::warning(
                    "not-supported",
                    Some(format!("{path}.request.method")),
                    fr,
                    en,
                )));
            }
        }
    }
    unit
}

impl Unit {
    fn refuse(&mut self, why: Vec<Line>) {
        self.refused += 1;
        self.issues.extend(why);
    }
}
