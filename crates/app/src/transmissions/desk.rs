//! What a form is made with: the person, or everyone to choose among; and the targets its writer used last.

use crate::cx::Cx;
use crate::error::{Error, Result};
use crate::people::{self, Resident};
use crate::person::{self, Strip};
use domain::care::target::Target;
use domain::care::transmission::Note;
use fhir::ResourceType;
use store::{Call, Gather, Undisclosed, Whom};

const DAY: i64 = 24 * 3_600_000_000;
/// How far back one's own writings are looked at.
const HABIT: i64 = 30 * DAY;
/// How many of them.
const MOST: u32 = 30;
/// Targets offered first.
const RECENT: usize = 5;

/// What lies before someone who writes.
#[derive(Debug, Default)]
pub struct Desk {
    /// Whom it is about, once chosen.
    pub strip: Option<Strip>,
    /// Everyone to choose among, before.
    pub persons: Vec<Resident>,
    /// The targets that the writer used last, the last first.
    pub recent: Vec<Target>,
}

/// Reads what the form about `patient` shows; about nobody yet, when there is no such person that this actor may know of.
///
/// # Errors
/// The store's.
pub async fn desk(cx: &Cx, patient: &str) -> Result<Desk> {
    let (store, call) = (cx.app().store(), cx.call("transmission-form"));
    let recent = recent(cx, &call).await?;
    if fhir::is_id(patient) {
        let found = person::look_at_strip(cx, &call, patient).await?.zip(recent);
        let (strip, recent) = store.disclose(&call, found).await?;
        return match person::make_strip(cx, strip) {
            Ok(strip) => Ok(Desk { strip: Some(strip), persons: Vec::new(), recent }),
            Err(Error::Store(store::Error::Absent)) => Ok(Desk { strip: None, persons: everyone(cx).await?, recent }),
            Err(error) => Err(error),
        };
    }
    let recent = store.disclose(&call, recent).await?;
    Ok(Desk { strip: None, persons: everyone(cx).await?, recent })
}

async fn everyone(cx: &Cx) -> Result<Vec<Resident>> {
    Ok(people::list(cx, None, "").await?.persons)
}

/// Of one's own last writings, what they were about and nothing else: no person is shown, none is entered.
async fn recent(cx: &Cx, call: &Call) -> Result<Undisclosed<Vec<Target>>> {
    let kinds = vec![ResourceType::COMMUNICATION];
    let (from, by) = (Some(cx.now() - HABIT), Some(cx.clearance().actor()));
    let own = cx.app().store().gather(call, &Gather { from, by, ..Gather::plain(Whom::Known, kinds, MOST) }).await?;
    let mut targets: Vec<Target> = Vec::new();
    let none = own.retain(|item| {
        let target = Note::read(&item.resource).target;
        targets.extend(target.filter(|target| targets.len() < RECENT && !targets.contains(target)));
        false
    });
    Ok(none.map(|_| targets))
}
