//! The channel between the tap's process and the page's, where they are two (`assay run --role
//! capture` and `--role review`): a Unix socket that the tap's process listens on.
//!
//! DESIGN §2 has both halves on one database. Here the tap's process has none: whoever takes over
//! what reads strangers' packets finds no ledger, and on a box with SQLite access to the file would
//! be access to all of it.
//!
//! The tap depends on nobody: it records whether or not a page asks. Its process opens no database
//! and holds no private key. What it sealed waits here until the page's process has committed it;
//! what an earlier run left in the spool is read, sealed and committed by the page's process, which
//! has the key.
//!
//! Who may connect is the kernel's to say: the socket belongs to the tap's user and to the group
//! that both share, and nobody else may write to it (unix(7)).
//!
//! # Frames
//! `length:u32` big endian, then so many bytes. The first frame of a connection is an [`Ask`](words::Ask) in
//! JSON, its answer follows:
//!
//! | ask | answer |
//! |---|---|
//! | `state` | [`TapState`](words::TapState) |
//! | `discarded` | a list of [`Discarded`](super::Discarded) |
//! | `instruct`, `hurry` | `true` or `false` |
//! | `lines`, `sealed` | `null` |
//! | `left_behind` | a list of call ids |
//! | `listen` | [`Heard`](super::heard::Heard), a frame each, until the call ends |
//! | `commit` | lists of sealed calls until the connection ends; each is answered by `null`, or by the reason why they are not committed |
//!
//! A connection asks once. Bounds: [`MOST_CONNECTIONS`](frame::MOST_CONNECTIONS) at once, frames of
//! [`LONGEST_ASK`](frame::LONGEST_ASK), [`LONGEST_ANSWER`](frame::LONGEST_ANSWER),
//! [`LONGEST_HEARD`](frame::LONGEST_HEARD) and [`LONGEST_CALLS`](frame::LONGEST_CALLS) bytes, and a
//! time for each ask and answer as a whole. Halves of different [`PROTOCOL`](frame::PROTOCOL)s show
//! each other nothing but that.

pub mod client;
pub mod frame;
mod heard;
pub mod server;
pub mod words;

#[cfg(test)]
mod tests;

/// Reads any bytes as each end reads what the other says: for the fuzzer, in the place of a half
/// that was taken over.
pub fn hear(bytes: &[u8]) {
    let _ = frame::read::<words::Ask>(&mut &bytes[..], frame::LONGEST_ASK);
    let _ = frame::read::<words::TapState>(&mut &bytes[..], frame::LONGEST_ANSWER);
    let _ = frame::read::<words::LeftBehind>(&mut &bytes[..], frame::LONGEST_ANSWER);
    let _ = frame::read::<Vec<super::Discarded>>(&mut &bytes[..], frame::LONGEST_ANSWER);
    let _ = frame::read::<Vec<crate::archive::SealedCall>>(&mut &bytes[..], frame::LONGEST_CALLS);
    if let Ok(heard) = frame::read_frame(&mut &bytes[..], frame::LONGEST_HEARD) {
        let _ = heard::read(&heard);
    }
}
