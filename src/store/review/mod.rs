//! Claims, verdicts, second reviews and disputes; the checklists that they are judged by.

pub mod checklists;
pub mod claiming;
pub mod claims;
pub mod disputes;
pub mod eligible;
pub mod heard;
pub mod interest;
pub mod leaving;
pub mod openers;
mod queue;
pub mod record;
pub mod second_reviews;
pub(in crate::store) mod settling;
pub mod sheet;
pub mod verdicts;
