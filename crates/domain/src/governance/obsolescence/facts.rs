//! Products, cycles and dates.

use std::sync::LazyLock;

/// The table of facts and the rules that find a product and a cycle in it.
#[derive(Debug, Default)]
pub struct Facts {}

static SHIPPED: LazyLock<Facts> = LazyLock::new(Facts::default);

impl Facts {
    /// The facts shipped with this version.
    pub fn shipped() -> &'static Self {
        &SHIPPED
    }
}
