//! `cargo xtask dictionary`: trains the compression dictionary of the store's bodies.
//!
//! From the demo's invented people only: a dictionary is shipped with the product, so nothing of a real record may be
//! in it. A dictionary that was released is never made again under its number: old bodies need it.

use anyhow::{Context, Result};
use std::fs;

use crate::command;

const TARGET: &str = "crates/store/dictionaries/1.zdict";
const SIZE: usize = 40 << 10;
const SEEDS: std::ops::Range<u64> = 1..4;
/// Samples of one seed: training needs variety more than volume.
const EVERY: usize = 41;

/// Writes the dictionary.
pub(crate) fn write() -> Result<()> {
    let samples = samples();
    let dictionary = zstd::dict::from_samples(&samples, SIZE).context("the dictionary does not train")?;
    eprintln!("{TARGET}: {} bytes from {} resources", dictionary.len(), samples.len());
    fs::write(command::root().join(TARGET), dictionary).with_context(|| format!("cannot write {TARGET}"))
}

/// Resources of invented people, as the store packs them.
fn samples() -> Vec<Vec<u8>> {
    let day = jiff::civil::date(2026, 1, 15);
    let dossiers = SEEDS.flat_map(|seed| domain::demo::dossiers(seed, day));
    let resources = dossiers.flat_map(|dossier| dossier.resources);
    resources.step_by(EVERY).map(|(_, resource)| resource.to_string().into_bytes()).collect()
}
