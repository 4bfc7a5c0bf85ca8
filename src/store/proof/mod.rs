//! The proof log (PRODUCT S8, I10): what happened becomes leaves of one append-only Merkle tree.
//!
//! The way of a row: a trigger of the schema queues it when it stands for good, whoever wrote it
//! ([`sources`] names the rows); [`append`](log::append) makes it a leaf, a salted commitment to
//! what the row says; a checkpoint signs the root with a key that the database does not hold; and
//! [`others`] stamp and cosign it; [`check`] reads every row again and holds it against its leaf, and
//! what changes after its row is a leaf against the log's lines ([`states`]).
//! Of a leaf the database keeps the salt and the commitment, not the words: those are the row's.
//! Nothing is erased yet, so a salt never changes, and a row that is gone is a finding.

pub mod bundle;
pub mod check;
pub mod checkpoints;
pub mod log;
pub mod others;
mod records;
mod signed;
mod sources;
mod states;
mod tiles;
pub mod witnessed;

pub use tiles::{consistency, tiles_from};
