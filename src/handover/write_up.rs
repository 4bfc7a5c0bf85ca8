//! The write-up that goes with a lead, its blanks, and how full it is.

use crate::words;

words! {
    /// A field of the write-up, in the order of the card.
    pub enum Field: "field of the write-up" {
        Situation = "situation",
        /// What it would be worth to them.
        Worth = "worth",
        Tried = "tried",
        /// Who else decides.
        Deciders = "deciders",
        Supplier = "supplier",
        /// Technical limits.
        Limits = "limits",
        NextStep = "next_step",
        /// What was sent to the buyer.
        Sent = "sent",
    }
}

/// Characters that a field has at most.
pub const LONGEST_FIELD: usize = 1_000;

/// How much of a hand-over is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Completeness {
    pub filled: i64,
    /// How many there can be: the write-up's fields, and what is counted beside them.
    pub of: i64,
}

/// What is counted beside the fields: a contact's name, a number to call, and what makes it a lead.
const BESIDE: i64 = 3;

impl Completeness {
    /// Of so many filled fields, with what stands beside them.
    #[must_use]
    pub fn of(fields: i64, beside: [bool; 3]) -> Completeness {
        use crate::units::Word;
        let beside = i64::try_from(beside.iter().filter(|b| **b).count()).unwrap_or(0);
        Completeness {
            filled: fields + beside,
            of: i64::try_from(Field::ALL.len()).unwrap_or(0) + BESIDE,
        }
    }

    /// Rounded down: what is not full is not 100.
    #[must_use]
    pub fn percent(self) -> i64 {
        self.filled * 100 / self.of.max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_blank_is_counted() {
        let full = Completeness::of(8, [true; 3]);
        assert_eq!((full.filled, full.of, full.percent()), (11, 11, 100));
        let some = Completeness::of(6, [true; 3]);
        assert_eq!((some.filled, some.percent()), (9, 81));
        assert_eq!(Completeness::of(0, [false; 3]).percent(), 0);
    }
}
