//! Versioned, labelled, encrypted FHIR resources on SQLite or PostgreSQL, with search and audit.
//!
//! The only place with SQL. Every read takes a [`Call`] whose clearance decides *in the query*; every value read is
//! [`Undisclosed`] until its audit entry is durable; every write commits with its audit entry, a draft's first save
//! included. It must never know of HTML, HTTP or the rules of the trade.

mod accounts;
mod assets;
mod audit;
mod blobs;
mod body;
mod call;
mod check;
mod cleared;
pub mod copy;
mod crypto;
mod damage;
mod dictionary;
#[cfg(test)]
mod distribution;
mod downtime;
mod drafts;
mod engine;
mod erasure;
mod error;
mod followed;
mod heard;
mod hiring;
mod history;
mod housing;
mod identity;
mod import;
mod index;
mod key_list;
mod keys;
mod labels;
pub mod metal;
mod old_keys;
mod others;
mod outbox;
mod own_params;
mod papers;
mod places;
mod read;
mod receipts;
mod reindex;
mod rekey;
mod relations;
pub mod root;
mod safety;
mod search;
mod select;
mod sessions;
pub mod shares;
mod shifts;
mod sign_ins;
mod sizes;
#[cfg(test)]
mod statements;
mod store;
mod stored;
mod subscriptions;
mod tasks;
mod together;
mod tokens;
mod units;
#[cfg(test)]
mod upgrade;
mod vitals;
mod workstations;
mod write;

pub use accounts::{Account, AccountKind};
pub use assets::{AssetImport, NewAssets};
pub use audit::{Access, Accesses, Envelope, Finding, Opening, Report, Traced};
pub use call::{Call, Origin, Undisclosed};
pub use check::Check;
pub use crypto::Secret;
pub use damage::{Damage, Damaged};
pub use downtime::Outage;
pub use drafts::{Draft, Hand};
pub use engine::{Ahead, Location, Part, Ping, Pool, Spread, Unwritable};
pub use erasure::{Erasure, ErasureAsked};
pub use error::{Conflict, ENCODING, Error, FOREIGN, FULL, LOG_FULL, MOVED, NEWER, Result};
pub use heard::Heard;
pub use history::{HistoryPage, HistoryQuery};
pub use housing::Housing;
pub use import::{ImportKey, Imported};
pub use keys::{Reclosed, Rotation};
pub use labels::{
    Asked, Batch, Decided, Judge, Judgement, LabelSet, NewLabel, Pass, RaisedOver, Rollback, Sheet, Story, Survey,
    ToReview,
};
pub use outbox::{Counts, Job, Sending, Waiting};
pub use papers::Paper;
pub use places::PlaceRow;
pub use read::Wish;
pub use receipts::Receipt;
pub use relations::{ActorFacts, Bond, FOREVER, NewRelation, Post};
pub use safety::{Safety, ends};
pub use search::{Everything, Gather, Gathered, Page, Saying, Timeline, TimelineFilter, TimelineItem, Whom};
pub use sessions::SessionRow;
pub use shifts::{Shift, ShiftKind};
pub use sign_ins::SignIn;
pub use sizes::{Size, sizes};
pub use store::Store;
pub use stored::{UNDATED, Version};
pub use subscriptions::{Changes, Told, Watch};
pub use tasks::{Task, Wanted};
pub use units::{Move, UnitRow, everybody};
pub use vitals::{Log, Vitals};
pub use workstations::{Machine, NewMachine};
pub use write::{Change, Clock, Duplicate, Effect, Graded, How, Written};
