//! Invariants of R4, by type.

use super::walk::Walk;
use crate::json::Object;

/// Checks what must hold between the elements of an object of this type.
pub(super) fn check(_walk: &mut Walk<'_>, _name: &str, _object: &Object) {}
