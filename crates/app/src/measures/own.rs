//! What Socle knows of itself.

use crate::accounts::{BLOCKED_AFTER, IDLE_S};
use crate::cx::Cx;
use crate::error::{Error, Result};
use aws_lc_rs::digest::{SHA256, digest};
use domain::governance::measures::{Accounts, Audit, Check, Factors, Own, Share};
use std::sync::{Mutex, PoisonError};

/// A verification of the audit log is worth a day; then it is made anew.
const VERIFIED: i64 = 86_400_000_000;

/// The last verification of the audit log.
#[derive(Debug, Default)]
pub(crate) struct Verified(Mutex<Option<Check>>);

/// What Socle knows of itself. What it does not know is absent: the measure stays without proof.
pub(super) async fn own(cx: &Cx) -> Result<Own> {
    let app = cx.app();
    let people = app.store().people_accounts(app.tenant()).await?;
    let all = u32::try_from(people.len()).unwrap_or(u32::MAX);
    let named = people.iter().filter(|account| account.practitioner.is_some()).count();
    let mut own = Own {
        accounts: Some(Accounts {
            personal: Some(Share { comply: u32::try_from(named).unwrap_or(0), of: all }),
            ..Accounts::default()
        }),
        // Socle signs people in by a password alone: nobody has a second factor here yet.
        factors: Some(Factors { carers: Some(Share { comply: 0, of: all }), administrators: None }),
        idle_minutes: u32::try_from(IDLE_S / 60).ok(),
        blocked_after: Some(BLOCKED_AFTER),
        audit: Some(Audit { verified: Some(verified(cx).await?), ..Audit::default() }),
        ..Own::default()
    };
    let read = serde_json::to_vec(&own).map_err(|e| Error::Bug(e.to_string()))?;
    own.sha256 = digest(&SHA256, &read).as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(own)
}

/// The verification of the audit log, made anew once a day.
async fn verified(cx: &Cx) -> Result<Check> {
    let kept = *cx.app().verified().0.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(check) = kept.filter(|check| (0..VERIFIED).contains(&(cx.now() - check.at))) {
        return Ok(check);
    }
    let report = crate::audit::verify(cx.app(), None).await?;
    let check = Check { at: cx.now(), ok: report.findings.is_empty() };
    *cx.app().verified().0.lock().unwrap_or_else(PoisonError::into_inner) = Some(check);
    Ok(check)
}
