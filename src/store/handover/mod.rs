//! What sales says of the leads that were handed over. No path leads from here to the ledger.

pub mod answers;
