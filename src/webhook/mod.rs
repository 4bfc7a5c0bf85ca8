//! Outgoing messages by the rules of Standard Webhooks (standardwebhooks.com), as values: what a
//! message is and how it is signed, which addresses one is never sent to, what a receiver's URL
//! may be, and when an attempt is repeated.

pub mod address;
pub mod attempt;
pub mod schedule;
pub mod sealed;
pub mod sign;
mod subject;
mod target;

pub use address::{Allowed, Network, Special};
pub use attempt::{Answer, Failure, Judged};
pub use sign::{Master, Secret};
pub use subject::Subject;
pub use target::{BadTarget, Host, Target};
