//! Files shown to somebody who has not said yes yet: closed in the store, so that any server goes on with them, for a while, one
//! lot a person.

use super::{File, Outcome, import};
use crate::cx::Cx;
use crate::error::{Error, Result};
use crate::tasks;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use store::{Sending, Wanted};

/// How long files wait (microseconds).
const WAITS: i64 = 15 * 60_000_000;
/// Lots kept at once; the oldest goes.
const MOST: i64 = 4;

#[derive(Serialize, Deserialize)]
struct Kept {
    name: String,
    bytes: String,
}

/// Keeps files until [`confirm`]; the word that takes them out. An earlier lot of the same person is gone.
///
/// # Errors
/// The store's.
pub async fn hold(cx: &Cx, files: Vec<File>) -> Result<String> {
    let (app, since, actor) = (cx.app(), cx.now(), cx.clearance().actor());
    let kept = files.into_iter().map(|file| Kept { name: file.name, bytes: STANDARD.encode(&file.bytes) });
    let body = serde_json::to_vec(&kept.collect::<Vec<_>>()).map_err(|error| Error::Bug(error.to_string()))?;
    let wanted =
        Wanted { kind: Sending::Preview, actor, since, due: since + WAITS, lease: 0, most: MOST, alone: false };
    let job = app.store().replace_task(app.tenant(), wanted, &body).await?;
    Ok(tasks::id(&job))
}

/// Imports what was held for this person under this word.
///
/// # Errors
/// Absence when it is no longer there, or was somebody else's; those of [`import`].
pub async fn confirm(cx: &Cx, token: &str) -> Result<Outcome> {
    let (store, tenant) = (cx.app().store(), cx.app().tenant());
    let task = tasks::own(cx, Sending::Preview, token).await?;
    if task.since + WAITS <= cx.now() {
        return Err(store::Error::Absent.into());
    }
    // Of two who say yes at once, on whatever servers, one does it.
    store.hold(tenant, task.job, cx.now() + tasks::LEASE).await?.ok_or(store::Error::Absent)?;
    store.drop_task(tenant, Sending::Preview, task.job.subject).await?;
    import(cx, files(&task.body)?).await
}

fn files(body: &[u8]) -> Result<Vec<File>> {
    let damaged = || store::Error::Integrity("files that wait do not decode".into());
    let kept: Vec<Kept> = serde_json::from_slice(body).map_err(|_| damaged())?;
    let file = |one: Kept| Ok(File::new(one.name, STANDARD.decode(one.bytes).map_err(|_| damaged())?));
    kept.into_iter().map(file).collect()
}
