//! Leads: what a number is, and which lead a call belongs to. Rules only.

pub mod dialler;
pub mod disposition;
pub mod finding;
pub mod import;
pub mod interaction;
pub mod matching;
pub mod numbers;
pub mod source;
pub mod stage;
pub mod table;

pub use disposition::{ClaimedBy, Disposition};
pub use matching::{FoundBy, LEAD_HEADERS, LeadMatch, match_lead, vicidial_lead};
pub use numbers::Numbers;
pub use source::{NewSource, Origin};
pub use stage::{BuyerStage, LeadDisposition, Stage};
