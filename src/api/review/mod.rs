//! Claims and how they are judged.

pub mod agreement;
pub mod checklists;
pub mod claims;
pub mod desk;
pub mod disputes;
pub mod item;
pub mod queue;
pub mod record;
pub mod rows;
pub mod second_reviews;
pub mod trial;
