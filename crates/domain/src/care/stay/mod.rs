//! *Séjour*: who is admitted, where they are, when and why they leave.

mod admission;
mod alike;
mod ins;
mod record;
mod sheet;

pub use admission::{Admission, LONGEST_NAME, LONGEST_ROOM, room};
pub use alike::{Likeness, is_one_letter_apart, likeness};
pub use ins::Ins;
pub use record::{Cause, Stay, Step, cancelled, ended, gone, here, is_provisional, is_room, moved, reopened};
pub use sheet::{Field, Mistake, Sex, Sheet, Spot, identity};
