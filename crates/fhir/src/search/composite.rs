//! Composites (FHIR R4, search §3.1.1.4.17): several values that must stand together in one element.

use super::extract::values;
use super::matches::value_matches;
use super::path::Path;
use super::query::{Modifier, Operand};
use super::table::{self, Param};
use crate::Resource;
use crate::json::Object;

/// Where a path of a part begins when it is not the composite's own element.
const ROOT: &str = "%resource.";

/// One part of a composite.
pub(crate) struct Part {
    code: &'static str,
    from_root: bool,
    paths: Vec<Path>,
}

impl Part {
    /// Reads `code: expression; code: expression`; none when an expression is not understood.
    pub(super) fn compile_all(text: &'static str) -> Option<Vec<Self>> {
        text.split("; ").map(Self::compile).collect()
    }

    fn compile(text: &'static str) -> Option<Self> {
        let (code, expression) = text.split_once(": ")?;
        let (from_root, expression) =
            expression.strip_prefix(ROOT).map_or((false, expression), |expression| (true, expression));
        let paths = expression.split(" | ").map(Path::compile).collect::<Option<_>>()?;
        Some(Self { code, from_root, paths })
    }

    /// Its paths, and whether they begin at the resource.
    #[cfg(test)]
    pub(super) fn paths(&self) -> impl Iterator<Item = (bool, &Path)> {
        self.paths.iter().map(|path| (self.from_root, path))
    }

    /// The parameter this part is one of, by which it is read and found.
    pub(super) fn param(&self, whole: &Param) -> Option<&'static Param> {
        table::param(whole.ty?, self.code)
    }
}

impl Param {
    /// The parameters a composite is made of, in the order of its values; none for any other.
    pub fn parts(&self) -> impl Iterator<Item = &'static Self> + '_ {
        self.parts.iter().filter_map(|part| part.param(self))
    }

    fn elements<'a>(&'a self, resource: &'a Resource) -> impl Iterator<Item = &'a Object> {
        let own = self.ty.is_none_or(|ty| ty == resource.kind());
        self.paths.iter().filter(move |_| own).flat_map(|path| path.objects(resource.object()))
    }
}

/// Whether one element holds a value for every part.
pub(super) fn matches(resource: &Resource, param: &Param, wanted: &Operand) -> bool {
    let Operand::Parts(operands) = wanted else { return false };
    every_part(resource, param, &|at, found| {
        operands.get(at).is_some_and(|operand| value_matches(found, &Modifier::None, operand))
    })
}

/// Whether one element says something in every part.
pub(super) fn is_present(resource: &Resource, param: &Param) -> bool {
    every_part(resource, param, &|_, _| true)
}

fn every_part(resource: &Resource, whole: &Param, fits: &dyn Fn(usize, &super::IndexValue) -> bool) -> bool {
    whole.elements(resource).any(|element| {
        whole.parts.iter().enumerate().all(|(at, part)| {
            let Some(param) = part.param(whole) else { return false };
            let from = if part.from_root { resource.object() } else { element };
            let mut found = false;
            for path in &part.paths {
                path.follow(from, &mut |node| found |= values(param, node).iter().any(|value| fits(at, value)));
            }
            found
        })
    })
}
