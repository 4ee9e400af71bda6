//! What programs are made of, part by part.

use crate::assets;
use crate::cx::Cx;
use crate::error::{Error, Result};
use domain::governance::estate::Judged;

/// A part of a program, and what is concluded of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The program, with its version.
    pub program: String,
    /// The part.
    pub judged: Judged,
}

/// Every part of every program whose bill of materials was imported.
///
/// # Errors
/// Absence for whoever may not see the estate; the store's.
pub async fn parts(cx: &Cx) -> Result<Vec<Part>> {
    let (estate, facts, today) = (assets::estate(cx).await?, super::facts(cx).await?, assets::today(cx));
    let judge = move || {
        let of = |bill: &domain::governance::estate::Bill| {
            let program = format!("{} {}", bill.name, bill.version.as_deref().unwrap_or_default());
            let program = program.trim_end().to_owned();
            let part = |judged| Part { program: program.clone(), judged };
            bill.components.iter().map(|one| part(one.judged(&facts, today))).collect::<Vec<_>>()
        };
        estate.products.iter().flat_map(|seen| of(&seen.told)).collect()
    };
    tokio::task::spawn_blocking(judge).await.map_err(|e| Error::Bug(e.to_string()))
}
