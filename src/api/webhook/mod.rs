//! Outgoing messages: who receives them, and what waits or was given up (PRODUCT M3, O6).

pub mod messages;
pub mod receivers;
