//! Row numbers, each with its own type.

use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! number {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(i64);

        impl $name {
            /// From the stored number.
            #[must_use]
            pub const fn new(value: i64) -> Self {
                Self(value)
            }

            /// The stored number.
            #[must_use]
            pub const fn value(self) -> i64 {
                self.0
            }

            /// Whether it is 0: nobody, nowhere, all — as each use says.
            #[must_use]
            pub const fn is_zero(self) -> bool {
                self.0 == 0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }
    };
}

number!(
    /// A person the records are about. 0 = nobody.
    Person
);
number!(
    /// An establishment (FINESS EG). 0 = the whole legal entity.
    Place
);
number!(
    /// Who acts: an account or a client.
    Actor
);
number!(
    /// A resource's row. 0 = all, in a masking.
    Rid
);
