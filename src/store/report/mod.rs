//! What reports are made from.

pub mod aggregate;
pub mod coverage;
pub mod days;
pub mod experiments;
pub mod figures;
pub mod forecast;
pub mod funnel;
pub mod gate;
pub mod numbers;
pub mod origin;
pub mod overview;
pub mod past;
pub mod score;
pub mod slots;
mod texts;
pub mod waterfall;
