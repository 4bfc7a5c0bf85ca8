//! Leads: what a number is, and which lead a call belongs to. Rules only.

pub mod import;
pub mod matching;
pub mod numbers;

pub use matching::{LeadMatch, match_lead};
pub use numbers::Numbers;
