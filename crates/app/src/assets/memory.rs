//! Lines already opened, and the estate last folded: kept in memory, and never told before the store has entered the look.

use super::{Head, Import};
use crate::cx::Cx;
use crate::error::{Error, Result};
use domain::governance::estate::{Estate, Line, Source};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use store::AssetImport;

/// What is kept in memory.
#[derive(Debug, Default)]
pub(crate) struct Memory(Mutex<Known>);

#[derive(Debug, Default, Clone)]
struct Known {
    lines: BTreeMap<i64, Arc<Vec<Line>>>,
    folded: Option<(Vec<i64>, Arc<Estate>)>,
    /// As it was before the last import.
    before: Option<(Vec<i64>, Arc<Estate>)>,
}

/// Live imports and their lines.
pub(crate) type Lines = Vec<(Import, Arc<Vec<Line>>)>;

/// The row of an import, opened.
pub(super) fn import(row: &AssetImport) -> Result<Import> {
    let Head { file, format, lines } = serde_json::from_slice(&row.head).map_err(damaged)?;
    let (import, at, actor, undone) = (row.import, row.at, row.actor, row.undone);
    let digest = row.digest.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(Import { import, at, actor, undone, file, format, lines, taken_back: undone.is_some(), digest })
}

fn damaged(_: serde_json::Error) -> Error {
    Error::Store(store::Error::Integrity("an import of the estate does not decode".into()))
}

/// The estate of all live imports.
pub(super) async fn load(cx: &Cx, verb: &str) -> Result<Arc<Estate>> {
    let lines = lines(cx, verb).await?;
    let key: Vec<i64> = lines.iter().map(|(import, _)| import.import).collect();
    let memory = cx.app().estate();
    let folded = memory.0.lock().unwrap_or_else(PoisonError::into_inner).folded.clone();
    if let Some((_, estate)) = folded.filter(|(known, _)| *known == key) {
        return Ok(estate);
    }
    let fold = move || Arc::new(Estate::fold(sources(&lines)));
    let estate = tokio::task::spawn_blocking(fold).await.map_err(|e| Error::Bug(e.to_string()))?;
    memory.0.lock().unwrap_or_else(PoisonError::into_inner).folded = Some((key, estate.clone()));
    Ok(estate)
}

/// The estate of these imports alone, folded once as long as they are asked for.
pub(crate) fn before(memory: &Memory, older: &Lines) -> Arc<Estate> {
    let key: Vec<i64> = older.iter().map(|(import, _)| import.import).collect();
    let folded = memory.0.lock().unwrap_or_else(PoisonError::into_inner).before.clone();
    if let Some((_, estate)) = folded.filter(|(known, _)| *known == key) {
        return estate;
    }
    let estate = Arc::new(Estate::fold(sources(older)));
    memory.0.lock().unwrap_or_else(PoisonError::into_inner).before = Some((key, estate.clone()));
    estate
}

/// Lines with their places.
pub(crate) fn sources(lines: &Lines) -> impl Iterator<Item = (Source, domain::governance::estate::Content)> {
    lines.iter().flat_map(|(import, lines)| {
        let (number, at, file) = (import.import, import.at, import.file.clone());
        let source = Source { import: number, at, file, format: import.format, line: 0, entry: 0 };
        Estate::lines(source, lines.to_vec())
    })
}

/// All live imports, the oldest first; only those not opened yet are read.
pub(super) async fn lines(cx: &Cx, verb: &str) -> Result<Lines> {
    let (call, store) = (cx.call(verb), cx.app().store());
    let memory = cx.app().estate();
    let known = memory.0.lock().unwrap_or_else(PoisonError::into_inner).lines.clone();
    let live = |rows: &[AssetImport]| -> Vec<i64> {
        rows.iter().filter(|row| row.undone.is_none()).map(|row| row.import).collect()
    };
    let rows = store.asset_imports(&call).await?;
    let read = rows
        .and_read(async |rows| {
            let missing: Vec<i64> = live(rows).into_iter().filter(|import| !known.contains_key(import)).collect();
            if missing.is_empty() {
                return Ok::<_, store::Error>(None);
            }
            store.asset_parts(&call, missing).await.map(Some)
        })
        .await?;
    let (rows, parts) = store.disclose(&call, read).await?;
    let mut fresh: BTreeMap<i64, Vec<Line>> = BTreeMap::new();
    for (import, part) in parts.into_iter().flatten() {
        let lines: Vec<Line> = serde_json::from_slice(&part).map_err(damaged)?;
        fresh.entry(import).or_default().extend(lines);
    }
    let wanted = live(&rows);
    let mut all: BTreeMap<i64, Arc<Vec<Line>>> = known;
    all.extend(fresh.into_iter().map(|(import, lines)| (import, Arc::new(lines))));
    all.retain(|import, _| wanted.contains(import));
    memory.0.lock().unwrap_or_else(PoisonError::into_inner).lines = all.clone();
    let opened = rows.iter().filter(|row| row.undone.is_none());
    let opened = opened.map(|row| Ok((import(row)?, all.get(&row.import).cloned().unwrap_or_default())));
    opened.collect()
}
