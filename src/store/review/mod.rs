//! Claims, verdicts, second reviews and disputes; the checklists that they are judged by.

pub mod checklists;
pub mod claims;
pub mod disputes;
pub mod eligible;
pub mod heard;
mod queue;
pub mod second_reviews;
pub mod verdicts;
