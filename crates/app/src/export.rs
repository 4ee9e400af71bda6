//! Export: what a cap opens, in files, and how much was left inside.

mod logical;

pub(crate) use logical::make_logical;

use crate::app::App;
use crate::cx::{Cx, Origin};
use crate::error::{Error, Result};
use crate::{person, records};
use confidentiality::{Level, Purpose};
use fhir::search::{Query, Summary};
use fhir::{Resource, ResourceType, refs};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use store::{Store, Version};

/// Resources read, and disclosed in one audit entry, at a time.
const PAGE: u32 = 1_000;
/// How the base of an export ends.
const BASE: &str = ".dui.invalid/fhir";
const TDDUI: &str = "https://interop.esante.gouv.fr/ig/fhir/tddui/StructureDefinition/tddui-bundle";

/// Form of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A folder with one `Type.ndjson` a type.
    Ndjson,
    /// One Bundle of type `collection`.
    Bundle,
    /// One Bundle of type `transaction` under the TDDUI profile.
    Tddui,
}

/// What to export.
#[derive(Debug, Clone)]
pub struct Ask {
    /// Folder or file to make.
    pub out: PathBuf,
    /// Form.
    pub format: Format,
    /// One person's record only: the id of the Patient.
    pub person: Option<String>,
    /// Highest level that leaves.
    pub max_level: Level,
    /// Why; for level 4 it must be stated.
    pub purpose: Option<Purpose>,
    /// In words, kept in the audit.
    pub reason: Option<String>,
}

/// What an export did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Resources written.
    pub exported: u64,
    /// Resources of the same scope that stayed inside.
    pub not_exported: u64,
    /// Resources written, by type.
    pub types: BTreeMap<String, u64>,
    /// Files made.
    pub files: Vec<String>,
}

/// What the entries of an export of this store are tied together by: an address that leads nowhere on purpose (RFC 2606).
pub(crate) fn base(store: &Store) -> String {
    format!("https://{}{BASE}", store.id())
}

/// Whether it is what an export of a store, this one or another, ties its entries together by.
pub(crate) fn is_base(base: &str) -> bool {
    base.starts_with("https://") && base.ends_with(BASE)
}

/// Exports what the operator may take out.
///
/// # Errors
/// `Invalid` when level 4 is asked for without a person and a purpose, or when the target is in use; `Absent` when
/// there is no such person; `File`; the store's. What was begun is removed.
pub async fn run(app: &App, request: &str, ask: &Ask, progress: &(dyn Fn(u64) + Send + Sync)) -> Result<Report> {
    if ask.max_level == Level::VerySensitive && (ask.person.is_none() || ask.purpose.is_none()) {
        let fr = "Le niveau 4 ne sort que pour une personne (--person) et avec une finalité (--purpose).";
        return Err(Error::invalid("forbidden", None, fr, "Level 4 leaves for one person, with a purpose."));
    }
    let origin = Origin { request: request.to_owned(), reason: ask.reason.clone(), device: None };
    let purpose = ask.purpose.unwrap_or(Purpose::Export);
    // Once somebody has been erased, what was theirs looks like what has never been here.
    let tells_unknown = ask.person.is_none() && !app.store().has_erased(app.tenant()).await?;
    let cx = Cx::operator(app, None, ask.max_level, purpose, origin.clone()).telling_unknown(tells_unknown);
    let whole = Cx::operator(app, None, Level::VerySensitive, Purpose::Export, origin);
    if let Some(person) = &ask.person {
        refuse_unseen(&cx, &whole, person, ask.max_level).await?;
    }
    let mut files = Files::create(app, ask)?;
    let mut report = fill(&cx, ask, &mut files, progress).await?;
    if tells_unknown && app.store().has_erased(app.tenant()).await? {
        let fr = "Une personne a été effacée pendant l'export : à refaire.";
        return Err(Error::invalid("conflict", None, fr, "Somebody was erased meanwhile."));
    }
    report.not_exported = match &ask.person {
        Some(person) => kept_inside(&cx, &whole, person).await?,
        None => everything(&whole).await?.saturating_sub(report.exported),
    };
    report.files = files.finish()?;
    Ok(report)
}

/// Of somebody whose own identity stays inside, nothing would leave: that is said, not that there is nobody.
async fn refuse_unseen(cx: &Cx, whole: &Cx, person: &str, max_level: Level) -> Result<()> {
    let seen = async |cx: &Cx| person::timeline(cx, person, None, 1).await.map(|timeline| timeline.patient.level);
    let Err(error) = seen(cx).await else { return Ok(()) };
    if !matches!(error, Error::Store(store::Error::Absent)) {
        return Err(error);
    }
    let fr = format!(
        "L'identité de cette personne est de niveau {}, au-dessus de ce qui sort (--max-level {}) : son dossier ne peut pas \
         sortir à ce niveau.",
        seen(whole).await?.code(),
        max_level.code()
    );
    Err(Error::invalid("forbidden", None, fr, "The person is above the highest level that leaves."))
}

async fn fill(cx: &Cx, ask: &Ask, files: &mut Files, progress: &(dyn Fn(u64) + Send + Sync)) -> Result<Report> {
    let mut report = Report::default();
    let mut keep = |versions: Vec<Version>| -> Result<()> {
        for version in versions {
            *report.types.entry(version.resource.kind().to_string()).or_default() += 1;
            report.exported += 1;
            files.add(version.resource)?;
        }
        progress(report.exported);
        Ok(())
    };
    match &ask.person {
        Some(person) => record(cx, person, &mut keep).await?,
        None => {
            for kind in ResourceType::all() {
                let mut query = Query { count: Some(PAGE), ..Query::all(kind) };
                loop {
                    let page = records::page(cx, "export", &query).await?;
                    keep(page.matches)?;
                    query.page = page.next;
                    if query.page.is_none() {
                        break;
                    }
                }
            }
        }
    }
    Ok(report)
}

/// A person, everything about them, and what it refers to that is about nobody: professionals, organisations, places.
async fn record(cx: &Cx, person: &str, keep: &mut impl FnMut(Vec<Version>) -> Result<()>) -> Result<()> {
    let mut seen: BTreeSet<(ResourceType, String)> = BTreeSet::new();
    let mut next: BTreeSet<(ResourceType, String)> = BTreeSet::new();
    let mut page = None;
    let mut first = true;
    loop {
        let timeline = person::timeline(cx, person, page, PAGE).await?;
        let mut versions = timeline.items;
        if std::mem::take(&mut first) {
            versions.push(timeline.patient);
        }
        for version in &versions {
            seen.insert(named(&version.resource));
            next.extend(targets(&version.resource));
        }
        keep(versions)?;
        page = timeline.next;
        if page.is_none() {
            break;
        }
    }
    while !next.is_empty() {
        let wanted: BTreeSet<_> =
            std::mem::take(&mut next).into_iter().filter(|key| seen.insert(key.clone())).collect();
        let mut found = Vec::new();
        for (kind, id) in wanted {
            match records::read(cx, kind, &id).await {
                Ok(version) if version.person.is_zero() => found.push(version),
                Ok(_) | Err(Error::Store(store::Error::Absent | store::Error::Gone(_))) => {}
                Err(error) => return Err(error),
            }
        }
        next.extend(found.iter().flat_map(|version| targets(&version.resource)));
        keep(found)?;
    }
    Ok(())
}

fn named(resource: &Resource) -> (ResourceType, String) {
    (resource.kind(), resource.id().unwrap_or_default().to_owned())
}

fn targets(resource: &Resource) -> BTreeSet<(ResourceType, String)> {
    let mut found = BTreeSet::new();
    refs::visit(resource, &mut |_, text| found.extend(refs::local(text)));
    found
}

async fn everything(whole: &Cx) -> Result<u64> {
    let mut all = 0;
    for kind in ResourceType::all() {
        let query = Query { summary: Summary::Count, ..Query::all(kind) };
        let total = records::page(whole, "export", &query).await?.total.unwrap_or_default();
        all += u64::try_from(total).unwrap_or_default();
    }
    Ok(all)
}

/// How many items about a person the cap keeps inside.
async fn kept_inside(cx: &Cx, whole: &Cx, person: &str) -> Result<u64> {
    let all = person::timeline(whole, person, None, 1).await?.readable;
    let out = person::timeline(cx, person, None, 1).await?.readable;
    Ok(u64::try_from(all.saturating_sub(out)).unwrap_or_default())
}

/// The files being made, beside their place until they are whole.
struct Files {
    out: PathBuf,
    aside: PathBuf,
    format: Format,
    base: String,
    open: BTreeMap<ResourceType, BufWriter<File>>,
    whole: Option<BufWriter<File>>,
    entries: u64,
}

impl Files {
    fn create(app: &App, ask: &Ask) -> Result<Self> {
        let out = ask.out.clone();
        refuse_used(&out, ask.format)?;
        let name = out.file_name().and_then(|name| name.to_str()).unwrap_or("export");
        let aside = out.with_file_name(format!(".{name}.partiel"));
        let _ = std::fs::remove_dir_all(&aside);
        let _ = std::fs::remove_file(&aside);
        let base = base(app.store());
        let mut files = Self { out, aside, format: ask.format, base, open: BTreeMap::new(), whole: None, entries: 0 };
        if ask.format == Format::Ndjson {
            std::fs::create_dir_all(&files.aside).map_err(|e| Error::file(&files.aside, &e))?;
        } else {
            let mut file = private(&files.aside)?;
            file.write_all(files.head().as_bytes()).map_err(|e| Error::file(&files.aside, &e))?;
            files.whole = Some(file);
        }
        Ok(files)
    }

    fn head(&self) -> String {
        match self.format {
            Format::Tddui => {
                format!("{{\"resourceType\":\"Bundle\",\"meta\":{{\"profile\":[\"{TDDUI}\"]}},\"type\":\"transaction\"")
            }
            _ => "{\"resourceType\":\"Bundle\",\"type\":\"collection\"".to_owned(),
        }
    }

    fn add(&mut self, resource: Resource) -> Result<()> {
        let kind = resource.kind();
        let aside = self.aside.clone();
        let written = match &mut self.whole {
            None => {
                let path = self.aside.join(format!("{kind}.ndjson"));
                let file = match self.open.entry(kind) {
                    std::collections::btree_map::Entry::Occupied(file) => file.into_mut(),
                    std::collections::btree_map::Entry::Vacant(vacant) => vacant.insert(private(&path)?),
                };
                file.write_all(&resource.to_vec()).and_then(|()| file.write_all(b"\n"))
            }
            Some(file) => {
                let start: &[u8] = if self.entries == 0 { b",\"entry\":[\n" } else { b",\n" };
                let entry = entry(&self.base, self.format, resource);
                file.write_all(start).and_then(|()| file.write_all(&fhir::json::to_vec(&entry)))
            }
        };
        self.entries += 1;
        written.map_err(|e| Error::file(&aside, &e))
    }

    /// Puts everything in its place.
    fn finish(mut self) -> Result<Vec<String>> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |e: std::io::Error| Error::file(&path, &e)
        };
        let mut names = Vec::new();
        for (kind, mut file) in std::mem::take(&mut self.open) {
            file.flush().and_then(|()| file.get_ref().sync_all()).map_err(failed(&self.aside))?;
            names.push(self.out.join(format!("{kind}.ndjson")).display().to_string());
        }
        if let Some(mut file) = self.whole.take() {
            let end: &[u8] = if self.entries == 0 { b"}\n" } else { b"\n]}\n" };
            file.write_all(end).and_then(|()| file.flush()).map_err(failed(&self.aside))?;
            file.get_ref().sync_all().map_err(failed(&self.aside))?;
            names.push(self.out.display().to_string());
        } else if self.out.is_dir() {
            std::fs::remove_dir(&self.out).map_err(failed(&self.out))?;
        }
        std::fs::rename(&self.aside, &self.out).map_err(failed(&self.out))?;
        Ok(names)
    }
}

/// What was begun holds clear text: it does not stay.
impl Drop for Files {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.aside);
        let _ = std::fs::remove_file(&self.aside);
    }
}

fn entry(base: &str, format: Format, mut resource: Resource) -> Value {
    if format == Format::Tddui {
        make_logical(&mut resource);
    }
    let kind = resource.kind();
    let full_url = format!("{base}/{kind}/{}", resource.id().unwrap_or_default());
    let mut entry = json!({ "fullUrl": full_url, "resource": resource.into_value() });
    if format == Format::Tddui
        && let Some(object) = entry.as_object_mut()
    {
        object.insert("request".into(), json!({ "method": "POST", "url": kind.name() }));
    }
    entry
}

/// Nothing is written over: an empty folder or file is no loss.
fn refuse_used(out: &Path, format: Format) -> Result<()> {
    let used = match std::fs::metadata(out) {
        Err(_) => false,
        Ok(metadata) if metadata.is_dir() != (format == Format::Ndjson) => true,
        Ok(metadata) if metadata.is_dir() => std::fs::read_dir(out).map_err(|e| Error::file(out, &e))?.next().is_some(),
        Ok(metadata) => metadata.len() > 0,
    };
    if used {
        let fr =
            format!("{} existe déjà et n'est pas vide : rien n'est écrasé, choisissez un autre nom.", out.display());
        Err(Error::invalid("duplicate", None, fr, "The target exists and is not empty."))
    } else {
        Ok(())
    }
}

fn private(path: &Path) -> Result<BufWriter<File>> {
    let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path);
    file.map(BufWriter::new).map_err(|e| Error::file(path, &e))
}
