//! Leads: what a number is, and which lead a call belongs to. Rules only.

pub mod disposition;
pub mod import;
pub mod matching;
pub mod numbers;

pub use disposition::Disposition;
pub use matching::{FoundBy, LEAD_HEADERS, LeadMatch, match_lead, vicidial_lead};
pub use numbers::Numbers;
