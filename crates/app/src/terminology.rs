//! Code lists: those that are stored here, and what they build on, brought together for `fhir::terminology` to answer.

use crate::cx::Cx;
use crate::error::Result;
use crate::records;
use fhir::search::Total;
use fhir::terminology::{Expansion, Library, System};
use fhir::{Invalid, Resource, ResourceType};

/// Lists read for one answer.
const MOST: usize = 200;

/// Which list is meant.
#[derive(Debug, Clone)]
pub enum Which {
    /// The stored resource with this id.
    Id(String),
    /// By its canonical address, maybe with `|version`.
    Url(String),
    /// The one that was sent.
    Given(Box<Resource>),
}

/// The codes of a value set; the resource too, unless it is one of R4 that is not stored.
///
/// # Errors
/// `Absent` for an id; `Invalid` with `not-found` for an address, `not-supported`, `too-costly`.
pub async fn expand(cx: &Cx, which: Which) -> Result<(Option<Resource>, Expansion)> {
    let kind = kind("ValueSet")?;
    let set = match which {
        Which::Given(set) => *set,
        Which::Id(id) => records::read(cx, kind, &id).await?.resource,
        Which::Url(url) => match find(cx, kind, &url).await? {
            Some(set) => set,
            None => return Ok((None, Expansion::of_r4(&url).ok_or_else(|| unknown(&url))?)),
        },
    };
    let library = library(cx, &set).await?;
    let expansion = Expansion::of(&set, &library)?;
    Ok((Some(set), expansion))
}

/// The code system that is meant, stored here or one of R4 whose codes are all known; none when it is not.
///
/// # Errors
/// `Absent` for an id; `Invalid` with `not-supported`, `too-costly`.
pub async fn system(cx: &Cx, which: Which) -> Result<Option<System>> {
    let kind = kind("CodeSystem")?;
    let resource = match which {
        Which::Given(system) => Some(*system),
        Which::Id(id) => Some(records::read(cx, kind, &id).await?.resource),
        Which::Url(url) => match find(cx, kind, &url).await? {
            None => return Ok(System::of_r4(&url)),
            found => found,
        },
    };
    Ok(resource.map(|resource| System::parse(&resource)).transpose()?)
}

/// What a value set builds on, as far as it is stored here.
async fn library(cx: &Cx, set: &Resource) -> Result<Library> {
    let mut library = Library::default();
    let mut waiting = library.wants(set);
    let mut looked = 0;
    while let Some((kind, address)) = waiting.pop() {
        looked += 1;
        if looked > MOST {
            let (fr, en) = ("Cette liste en assemble trop d’autres.", "It builds on too many lists.");
            return Err(Invalid::one("too-costly", None, fr, en).into());
        }
        if let Some(found) = find(cx, kind, &address).await? {
            waiting.extend(library.wants(&found));
            library.add(&address, found)?;
        }
    }
    Ok(library)
}

/// The last written of those with this address that this actor may read.
async fn find(cx: &Cx, kind: ResourceType, address: &str) -> Result<Option<Resource>> {
    let (url, version) = address.split_once('|').map_or((address, None), |(url, version)| (url, Some(version)));
    let mut pairs = vec![("url".to_owned(), escaped(url)), ("_sort".to_owned(), "-_lastUpdated".to_owned())];
    pairs.extend(version.map(|version| ("version".to_owned(), escaped(version))));
    let mut query = fhir::search::parse(kind, &pairs, true)?;
    (query.count, query.total) = (Some(1), Total::None);
    let page = records::page(cx, "terminology", &query).await?;
    Ok(page.matches.into_iter().next().map(|version| version.resource))
}

pub(crate) fn escaped(value: &str) -> String {
    value.chars().flat_map(|c| matches!(c, '\\' | ',' | '$' | '|').then_some('\\').into_iter().chain([c])).collect()
}

fn kind(name: &str) -> Result<ResourceType> {
    ResourceType::parse(name).ok_or_else(|| crate::error::Error::Bug(format!("no {name} in R4")))
}

pub(crate) fn unknown(url: &str) -> Invalid {
    let (fr, en) = (format!("La liste « {url} » n’est pas chargée ici."), format!("'{url}' is not loaded here."));
    Invalid::one("not-found", None, fr, en)
}
