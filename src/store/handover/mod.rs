//! What sales gets of leads that passed, and what it says of them. No path leads from here to the
//! ledger.

pub mod answers;
pub mod cards;
pub mod content;
pub mod crm;
pub mod crms;
pub mod flip;
pub mod list;
pub mod mappings;
pub(in crate::store) mod opening;
pub mod pacts;
pub mod promises;
pub mod questions;
pub mod ratings;
pub(in crate::store) mod sales_call;
pub mod seen;
pub mod sends;
pub mod sources;
pub mod write_ups;
