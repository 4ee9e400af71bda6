//! What a reader may not follow is masked in all that is shown: references, and other addresses of this server.

use crate::engine::cells;
use crate::error::{Conflict, Error, Result};
use crate::index::ID_PARAM;
use crate::read::{PLACE, Reader};
use crate::store::Store;
use crate::stored::Version;
use fhir::{Resource, ResourceType, addresses};
use std::collections::BTreeSet;

type Targets = BTreeSet<(ResourceType, String)>;

impl Store {
    /// Says at which address resources are served, without a slash at its end; the first to say so is heard.
    pub fn serve_at(&self, base: &str) {
        let _ = self.0.served.set(base.to_owned());
    }

    /// Where resources are served; nothing as long as they are not.
    pub fn base(&self) -> Option<&str> {
        self.0.served.get().map(String::as_str)
    }
}

impl Reader<'_> {
    /// The resource of this server that an address names.
    pub(crate) fn here(&self, address: &str) -> Option<(ResourceType, String)> {
        addresses::here(address, self.inner.served.get().map(String::as_str).unwrap_or_default())
    }

    /// What a resource leads to here, itself left out.
    fn led_to(&self, resource: &Resource) -> Targets {
        let mut targets = BTreeSet::new();
        addresses::visit(resource, &mut |address| targets.extend(self.here(address)));
        if let Some(id) = resource.id() {
            targets.remove(&(resource.kind(), id.to_owned()));
        }
        targets
    }

    /// One batched look at the targets of a page. A client of the whole tenant follows everything.
    pub(crate) fn mask(&self, versions: &mut [Version]) -> Result<()> {
        if self.call.clearance.sees_all() {
            return Ok(());
        }
        let of_each: Vec<Targets> = versions.iter().map(|version| self.led_to(&version.resource)).collect();
        let all: Targets = of_each.iter().flatten().cloned().collect();
        let mut readable = self.readable(&all)?;
        if self.call.origin.tells_unknown {
            readable.extend(self.never_here(all.difference(&readable))?);
        }
        for (version, targets) in versions.iter_mut().zip(of_each) {
            let closed: Targets = targets.difference(&readable).cloned().collect();
            // Most of what is read leads to nothing that is closed: it is left as it is.
            if !closed.is_empty() {
                let hidden = |address: &str| self.here(address).is_some_and(|target| closed.contains(&target));
                version.resource.mask_addresses(&hidden);
            }
        }
        Ok(())
    }

    /// Those that nothing of this legal entity has ever been: what is deleted keeps its identity, as does what is closed.
    fn never_here<'t>(&self, targets: impl Iterator<Item = &'t (ResourceType, String)>) -> Result<Targets> {
        let mut unknown = Targets::new();
        // Rows may be found by either of two keys.
        if self.hasher.is_changing() {
            return Ok(unknown);
        }
        for (kind, id) in targets {
            let at = cells![self.call.tenant, ID_PARAM, self.hasher.id(*kind, id)];
            if self.conn.query_opt(PLACE, &at)?.is_none() {
                unknown.insert((*kind, id.clone()));
            }
        }
        Ok(unknown)
    }

    /// A version that leads where this actor may not follow may not be overwritten by them, whatever the new body says.
    pub(crate) fn refuse_hidden(&self, current: &Version) -> Result<()> {
        if self.call.clearance.sees_all() {
            return Ok(());
        }
        let targets = self.led_to(&self.unmasked(current)?);
        if self.readable(&targets)?.len() < targets.len() {
            return Err(Error::Conflict(Conflict::HiddenReference));
        }
        Ok(())
    }
}
