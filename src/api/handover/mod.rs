//! Leads handed over to sales.

pub mod answer;
