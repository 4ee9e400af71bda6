//! *Séjour*: who is admitted, where they are, when and why they leave.

mod admission;
mod alike;
mod ins;
mod record;

pub use admission::{Admission, Field, LONGEST_NAME, LONGEST_ROOM, Mistake, Sex, Sheet, Spot, identity, room};
pub use alike::{Likeness, is_one_letter_apart, likeness};
pub use ins::Ins;
pub use record::{Cause, Stay, Step, cancelled, ended, gone, here, is_provisional, is_room, moved, reopened};
