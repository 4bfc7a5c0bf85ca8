//! Bundles: one document that proves one ledger entry without the box.

mod amount;
mod broken;
mod compose;
mod document;
mod frame;
mod links;
mod rules;
mod tables;
mod verify;
mod walk;
mod write;

pub use amount::{MAX_AMOUNT, MAX_STEPS};
pub use broken::{Broken, Fault};
pub use compose::{ComposeError, Contents, Placed, compose, tiles_needed};
pub use document::{
    Audio, Bundle, FORMAT, Item, MAX_AUDIO, MAX_BYTES, MAX_CHECKPOINTS, MAX_ITEMS, MAX_PROOF,
    Opened, Step, VERSION,
};
pub use tables::{AGREEMENTS, Agreement, LINKS, Link, Need, Op};
pub use verify::{Given, Report, Stamped, verify};
