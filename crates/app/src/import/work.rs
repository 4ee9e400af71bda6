//! One resource of a unit, from what came to what will be written.

use super::identity::source_version;
use super::report::Line;
use super::source::Item;
use crate::cx::Cx;
use crate::error::Result;
use crate::links::Space;
use fhir::refs::Reference;
use fhir::{Issue, Resource, ResourceType};
use store::{ImportKey, Imported, Version};

/// What will be done with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Plan {
    /// Not decided yet.
    Open,
    /// Its twin in the same unit stands for it.
    Repeated,
    /// Already here under this id.
    Skip(String),
    /// New version of this id, replacing this version.
    Update(String, i64),
    /// New, under this id.
    Create(String),
    /// A person must decide; what is here has this id, if it is one resource.
    Conflict(Option<String>),
    /// Not taken.
    Refuse,
}

pub(super) struct Work<'a> {
    pub(super) item: &'a Item,
    /// Where its relative addresses belong.
    pub(super) space: Space,
    pub(super) resource: Resource,
    pub(super) key: ImportKey,
    /// What an earlier import remembers under the same key.
    pub(super) memory: Option<Imported>,
    /// What came from the same address is somebody else.
    pub(super) contradicted: bool,
    pub(super) plan: Plan,
    /// What is here already under another key: row, version.
    pub(super) twin: Option<(i64, i64)>,
    pub(super) issues: Vec<Line>,
}

impl<'a> Work<'a> {
    pub(super) fn new(cx: &Cx, item: &'a Item, finess: &str) -> Result<Self> {
        let (store, tenant) = (cx.app().store(), cx.app().tenant());
        let resource = item.resource.clone();
        let content = store.digest(tenant, &fhir::equality::canonical(&resource.value()))?;
        let (scope, address, source) = address(item, finess, &content);
        let hash = store.import_number(tenant, &scope, &address)?;
        let key = ImportKey { hash, content, source_version: source_version(&resource), source };
        let space = Space::of(item.full_url.as_deref(), &source_of(&resource, finess));
        Ok(Self {
            space,
            item,
            resource,
            key,
            memory: None,
            contradicted: false,
            plan: Plan::Open,
            twin: None,
            issues: Vec::new(),
        })
    }

    pub(super) fn kind(&self) -> ResourceType {
        self.resource.kind()
    }

    /// The id it has, or will have, here.
    pub(super) fn here(&self) -> Option<&str> {
        match &self.plan {
            Plan::Skip(id) | Plan::Update(id, _) | Plan::Create(id) | Plan::Conflict(Some(id)) => Some(id),
            Plan::Repeated | Plan::Open | Plan::Conflict(None) | Plan::Refuse => None,
        }
    }

    /// One of many lines of a file.
    pub(super) fn is_line(&self) -> bool {
        self.item.at.line.is_some()
    }

    /// Nothing is decided yet.
    pub(super) fn is_open(&self) -> bool {
        self.plan == Plan::Open
    }

    /// Nothing here stands for it.
    pub(super) fn is_lost(&self) -> bool {
        matches!(self.plan, Plan::Conflict(None) | Plan::Refuse)
    }

    pub(super) fn will_be_written(&self) -> bool {
        matches!(self.plan, Plan::Update(..) | Plan::Create(_))
    }

    /// Path of the resource in the file.
    pub(super) fn path(&self) -> String {
        match self.item.at.entry {
            Some(index) => format!("Bundle.entry[{index}].resource"),
            None => self.kind().to_string(),
        }
    }

    /// A path in the resource, as a path in the file.
    pub(super) fn under(&self, path: &str) -> String {
        let rest = path.split_once('.').map_or(String::new(), |(_, rest)| format!(".{rest}"));
        format!("{}{rest}", self.path())
    }

    pub(super) fn warn(&mut self, code: &'static str, path: String, fr: &str) {
        let issue = Issue::warning(code, Some(path), fr, fr);
        self.issues.push(self.item.at.issue(issue));
    }

    /// Leaves the decision to a person.
    pub(super) fn conflict(&mut self, id: Option<String>, fr: &str) {
        self.warn("conflict", self.path(), fr);
        self.plan = Plan::Conflict(id);
    }

    pub(super) fn refuse(&mut self, code: &'static str, path: String, fr: &str) {
        let issue = Issue::error(code, Some(path), fr, fr);
        self.issues.push(self.item.at.issue(issue));
        self.plan = Plan::Refuse;
    }

    /// Equal to what is here, or to what a transaction of ours makes of it, links included, and received under no stricter label.
    pub(super) fn equals(&self, cx: &Cx, found: &Version) -> bool {
        let label = cx.grade_at(found.place, &self.resource, None, Vec::new()).label;
        if label.level > found.level || !label.categories.is_subset(found.categories) {
            return false;
        }
        let mut resource = self.resource.clone();
        resource.set_id(found.resource.id().unwrap_or_default());
        let resource = resource.into_value();
        let same = |here: &Resource| fhir::equality::semantic(&resource, &here.value(), &|_| None).is_ok();
        same(&found.resource) || {
            let mut logical = found.resource.clone();
            crate::export::make_logical(&mut logical) && same(&logical)
        }
    }
}

/// What the number of an import key is made of, and the source if its addresses last.
fn address(item: &Item, finess: &str, content: &[u8]) -> (String, String, String) {
    let resource = &item.resource;
    if let Some(url) = &item.full_url {
        match Reference::parse(url) {
            Reference::Absolute { base, .. } => return (String::new(), url.clone(), base.to_owned()),
            Reference::Urn(_) => return (String::new(), url.clone(), String::new()),
            _ => {}
        }
    }
    let source = source_of(resource, finess);
    match resource.id() {
        Some(id) => (source.clone(), format!("{}/{id}", resource.kind()), source),
        // Nothing names it but what it says.
        None => {
            let digest: String = content.iter().map(|byte| format!("{byte:02x}")).collect();
            (source, format!("{}?{digest}", resource.kind()), String::new())
        }
    }
}

/// Whose ids an address without a server is taken for, so that two who share an id stay two: `meta.source` when there is
/// one, else the place.
fn source_of(resource: &Resource, finess: &str) -> String {
    let named = resource.source().map(|source| source.split_once('#').map_or(source, |(source, _)| source));
    named.filter(|source| !source.is_empty()).unwrap_or(finess).to_owned()
}
