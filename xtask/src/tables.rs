//! Tables generated from the standards' own files: committed in our form, checked where the source is at hand.

use std::path::{Path, PathBuf};
use std::{env, fs};

use anyhow::{Context, Result, bail};
use domain::governance::obsolescence::Facts;

use crate::{command, elements, outlines, search_params, sizing};

const SOURCE: &str = "synthetic/hl7-r4-search-parameters.json";
const TABLE: &str = "crates/fhir/src/search/params.tsv";
const ELEMENTS: &str = "crates/fhir/src/validate/elements.tsv";
const BINDINGS: &str = "crates/fhir/src/validate/bindings.tsv";
const SYSTEMS: &str = "crates/fhir/src/terminology/systems.tsv";
const COMPARTMENTS: &str = "crates/fhir/src/compartments.tsv";
const SUMMARIES: &str = "crates/fhir/src/summaries.tsv";
const INVARIANTS: &str = "crates/fhir/src/validate/invariants.tsv";
const ENDS: &str = "crates/domain/src/governance/obsolescence/data/facts.tsv";
const ENDS_SOURCE: &str = "maitrise/endoflife/endoflife-products.json";

/// Refuses a committed table that differs from a new one; a loud skip where the source is not at hand.
pub(crate) fn check() -> Result<()> {
    sizing::check()?;
    check_elements()?;
    check_ends_of_life()?;
    let Some(source) = find_source(SOURCE) else {
        if env::var("SOCLE_REQUIRE").unwrap_or_default().split(',').any(|word| word.trim() == "samples") {
            bail!("SOCLE_REQUIRE names samples, and {SOURCE} is not under SOCLE_SAMPLES");
        }
        eprintln!("SKIPPED: {SOURCE} is not under SOCLE_SAMPLES");
        return Ok(());
    };
    let (existing, fresh) = regenerate(&source)?;
    if existing != fresh {
        bail!("{TABLE} is out of date: run `cargo xtask search-params`");
    }
    Ok(())
}

fn check_elements() -> Result<()> {
    let Some(folder) = env::var_os("SOCLE_DEFINITIONS") else {
        eprintln!("SKIPPED: SOCLE_DEFINITIONS names no folder of HL7's definitions");
        return Ok(());
    };
    for (name, fresh) in of_definitions(Path::new(&folder))? {
        if fs::read_to_string(command::root().join(name)).unwrap_or_default() != fresh {
            bail!("{name} is out of date: run `cargo xtask elements`");
        }
    }
    Ok(())
}

/// Each table made of the definitions, and what it is today.
fn of_definitions(folder: &Path) -> Result<[(&'static str, String); 6]> {
    let (fresh, outlines) = (elements::generate(folder)?, outlines::generate(folder)?);
    Ok([
        (ELEMENTS, fresh.elements),
        (BINDINGS, fresh.bindings),
        (SYSTEMS, fresh.systems),
        (INVARIANTS, fresh.invariants),
        (COMPARTMENTS, outlines.compartments),
        (SUMMARIES, outlines.summaries),
    ])
}

/// Writes the tables made of the definitions anew.
pub(crate) fn write_elements() -> Result<()> {
    let folder = env::var_os("SOCLE_DEFINITIONS").context("SOCLE_DEFINITIONS must name the definitions' folder")?;
    for (name, fresh) in of_definitions(Path::new(&folder))? {
        fs::write(command::root().join(name), fresh).with_context(|| format!("cannot write {name}"))?;
    }
    Ok(())
}

/// Writes the table anew; numbers already given are kept.
pub(crate) fn write() -> Result<()> {
    let source = find_source(SOURCE).with_context(|| format!("SOCLE_SAMPLES must name a folder with {SOURCE}"))?;
    let (_, fresh) = regenerate(&source)?;
    fs::write(command::root().join(TABLE), fresh).with_context(|| format!("cannot write {TABLE}"))
}

/// Writes the table of ends of life anew.
pub(crate) fn write_ends_of_life() -> Result<()> {
    let source =
        find_source(ENDS_SOURCE).with_context(|| format!("SOCLE_SAMPLES must name a folder with {ENDS_SOURCE}"))?;
    fs::write(command::root().join(ENDS), ends_of_life(&source)?).with_context(|| format!("cannot write {ENDS}"))
}

fn check_ends_of_life() -> Result<()> {
    let Some(source) = find_source(ENDS_SOURCE) else {
        eprintln!("SKIPPED: {ENDS_SOURCE} is not under SOCLE_SAMPLES");
        return Ok(());
    };
    if fs::read_to_string(command::root().join(ENDS)).unwrap_or_default() != ends_of_life(&source)? {
        bail!("{ENDS} is out of date: run `cargo xtask ends-of-life`");
    }
    Ok(())
}

fn ends_of_life(source: &Path) -> Result<String> {
    let json = fs::read_to_string(source).with_context(|| format!("cannot read {}", source.display()))?;
    Ok(Facts::reduce(&json)?)
}

fn find_source(name: &str) -> Option<PathBuf> {
    let samples = env::var_os("SOCLE_SAMPLES")?;
    Some(PathBuf::from(samples).join(name)).filter(|path| path.is_file())
}

/// The committed table, empty when there is none yet, and the one the source gives today.
fn regenerate(source: &Path) -> Result<(String, String)> {
    let existing = fs::read_to_string(command::root().join(TABLE)).unwrap_or_default();
    let source = fs::read_to_string(source).with_context(|| format!("cannot read {}", source.display()))?;
    let fresh = search_params::generate(&source, &existing)?;
    Ok((existing, fresh))
}
