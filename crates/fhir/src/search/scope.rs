//! Where a search looks (FHIR R4, search §3.1.1.2): one type, several, or a compartment.

use super::bounds;
use super::own::{FIRST, Own};
use super::parse::parse_with;
use super::query::{Filter, Query, SortKey, SortOn};
use crate::{Invalid, Issue, ResourceType, compartment};

/// Where a search looks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// `[type]`.
    Type(ResourceType),
    /// Everywhere, or in the types `_type` names.
    System,
    /// `[compartment]/[id]/[type]`, or `*` for every type that may belong to it.
    Compartment {
        /// The type of the resource the compartment is named after.
        of: ResourceType,
        /// Its id.
        id: String,
        /// Only this type.
        kind: Option<ResourceType>,
    },
}

impl Scope {
    /// Reads the parts of a path below the base.
    pub fn parse(path: &[&str]) -> Option<Self> {
        match path {
            [] | [""] => Some(Self::System),
            [name] => ResourceType::parse(name).map(Self::Type),
            [of, id, name] => {
                let of = ResourceType::parse(of).filter(|of| compartment::exists(*of))?;
                let kind = if *name == "*" { None } else { Some(ResourceType::parse(name)?) };
                crate::is_id(id).then(|| Self::Compartment { of, id: (*id).to_owned(), kind })
            }
            _ => None,
        }
    }

    /// The path below the base, without a slash before it.
    pub fn path(&self) -> String {
        match self {
            Self::Type(kind) => kind.to_string(),
            Self::System => String::new(),
            Self::Compartment { of, id, kind } => {
                format!("{of}/{id}/{}", kind.map_or_else(|| "*".to_owned(), |kind| kind.to_string()))
            }
        }
    }

    /// The types looked at: those of the scope, as far as `_type` names them.
    fn kinds(&self, pairs: &[(String, String)]) -> Result<Vec<ResourceType>, Invalid> {
        let mut kinds = match self {
            Self::Type(kind) | Self::Compartment { kind: Some(kind), .. } => return Ok(vec![*kind]),
            Self::System => ResourceType::all().collect(),
            Self::Compartment { of, kind: None, .. } => compartment::kinds(*of),
        };
        for (_, names) in pairs.iter().filter(|(name, _)| name == TYPE) {
            let named: Option<Vec<ResourceType>> =
                names.split(',').map(|name| ResourceType::parse(name.trim())).collect();
            let named = named.ok_or_else(|| {
                let (fr, en) =
                    ("Un type de « _type » n’existe pas en FHIR R4.", "A type of '_type' is not one of FHIR R4.");
                Invalid { issues: vec![Issue::error("value", Some(TYPE.to_owned()), fr.to_owned(), en.to_owned())] }
            })?;
            kinds.retain(|kind| named.contains(kind));
        }
        Ok(kinds)
    }

    fn has_types(&self) -> bool {
        matches!(self, Self::System | Self::Compartment { kind: None, .. })
    }
}

/// Which types a search of several looks at.
const TYPE: &str = "_type";

/// Reads a query as [`super::parse`] does. Of several types, every one must know each parameter.
///
/// # Errors
/// As [`super::parse`]; [`Invalid`] when `_type` names what is not a type, or nothing the scope holds.
pub fn parse_in(scope: &Scope, pairs: &[(String, String)], strict: bool) -> Result<Query, Invalid> {
    parse_in_with(&Own::default(), scope, pairs, strict)
}

/// As [`parse_in`], with parameters of one's own too.
///
/// # Errors
/// As [`parse_in`].
pub fn parse_in_with(own: &Own, scope: &Scope, pairs: &[(String, String)], strict: bool) -> Result<Query, Invalid> {
    let kinds = scope.kinds(pairs)?;
    let mut ignored: Vec<String> = Vec::new();
    loop {
        let set_aside = |name: &String| ignored.contains(name) || (scope.has_types() && name == TYPE);
        let known: Vec<(String, String)> = pairs.iter().filter(|(name, _)| !set_aside(name)).cloned().collect();
        let each =
            kinds.iter().map(|kind| parse_with(own, *kind, &known, strict)).collect::<Result<Vec<Query>, Invalid>>()?;
        let mut unknown: Vec<String> = each.iter().flat_map(|query| query.ignored.clone()).collect();
        if each.len() < 2 || unknown.is_empty() {
            return merged(scope, each, ignored);
        }
        // What one type does not know is set aside for all.
        unknown.dedup();
        unknown.retain(|name| !ignored.contains(name));
        unknown.sort();
        unknown.dedup();
        ignored.extend(unknown);
    }
}

fn merged(scope: &Scope, each: Vec<Query>, ignored: Vec<String>) -> Result<Query, Invalid> {
    let mut each = each.into_iter();
    let Some(mut query) = each.next() else {
        let (fr, en) = ("Aucun de ces types n’est à cette adresse.", "None of these types is at this address.");
        return Err(Invalid::one("value", Some(TYPE.to_owned()), fr, en));
    };
    let added = |key: &SortKey| matches!(&key.on, SortOn::Param(param) if param.id >= FIRST);
    if each.len() > 0 && query.sort.iter().any(added) {
        let fr = "Un paramètre ajouté ici trie les ressources d’un seul type.";
        let en = "A search parameter added here sorts resources of one type only.";
        return Err(Invalid::one("not-supported", Some("_sort".to_owned()), fr, en));
    }
    for other in each {
        query.also.push((other.ty, other.filters));
        for include in other.includes {
            if !query.includes.iter().any(|known| known.is(&include)) {
                query.includes.push(include);
            }
        }
    }
    if let Scope::Compartment { of, id, .. } = scope {
        let within = Filter::Within { of: *of, id: id.clone() };
        let others = query.also.iter_mut().map(|(_, filters)| filters);
        others.chain([&mut query.filters]).for_each(|filters| filters.push(within.clone()));
    }
    if let Some(issue) = bounds::of_query(&query) {
        return Err(Invalid { issues: vec![issue] });
    }
    query.ignored.extend(ignored);
    query.scope = scope.clone();
    Ok(query)
}
