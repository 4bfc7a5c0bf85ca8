//! The channel between the tap's process and the page's, where they are two (`assay run --role
//! capture` and `--role review`): a Unix socket that the tap's process listens on.
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
//! `length:u32` big endian, then so many bytes. The first frame of a connection is an [`Ask`] in
//! JSON, its answer follows:
//!
//! | ask | answer |
//! |---|---|
//! | `state` | [`TapState`] |
//! | `discarded` | a list of [`Discarded`](super::Discarded) |
//! | `instruct`, `hurry` | `true` or `false` |
//! | `lines`, `sealed` | `null` |
//! | `left_behind` | a list of call ids |
//! | `listen` | [`Heard`](super::live::Heard), a frame each, until the call ends |
//! | `commit` | lists of sealed calls until the connection ends; each is answered by `null`, or by the reason why they are not committed |
//!
//! A connection asks once. Bounds: [`MOST_CONNECTIONS`] at once, [`LONGEST_ASK`] bytes an ask,
//! [`LONGEST_ANSWER`] an answer, [`PATIENCE`] for a peer that neither sends nor takes.

mod client;
mod heard;
mod server;

pub use client::{Client, commit_all, told};
pub use server::{Committing, Server, Tap};

use super::in_progress::CallInProgress;
use crate::call::Instruction;
use crate::pii::Pii;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// Connections at once; further ones are closed unheard. Thirty-two listeners, and what else a page
/// asks.
pub const MOST_CONNECTIONS: usize = 64;
/// In bytes: a house of a hundred thousand lines.
pub const LONGEST_ASK: usize = 4 << 20;
/// In bytes: sixteen sealed calls of hours, or ten thousand calls in progress.
pub const LONGEST_ANSWER: usize = 64 << 20;
/// How long a peer may neither send nor take.
pub const PATIENCE: Duration = Duration::from_secs(2);

/// What the page's process asks of the tap's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
pub enum Ask {
    /// How it stands.
    State,
    /// The last discarded packets.
    Discarded,
    Instruct {
        call: Uuid,
        instruction: Instruction,
    },
    /// Somebody waits for a call that is not sealed yet.
    Hurry { call: Uuid },
    /// A call's packets from now on.
    Listen { call: Uuid },
    /// The house's own numbers, from now on.
    Lines { values: Vec<Pii<String>> },
    /// Sealed calls, to be committed.
    Commit,
    /// Calls of earlier runs in the spool that are not known to be committed.
    LeftBehind,
    /// These of them are committed: their spool may go.
    Sealed { calls: Vec<Uuid> },
}

/// How the tap stands, as of the last second.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct TapState {
    /// Calls in progress.
    pub calls: Arc<Vec<CallInProgress>>,
    /// Calls that have ended and wait to be sealed, those for whom somebody waits (`true`) first.
    pub backlog: Vec<(CallInProgress, bool)>,
    pub figures: TapFigures,
    /// Why it does not record as it should, a sentence each.
    pub troubles: Vec<String>,
    /// Calls of earlier runs in the spool.
    pub left_behind: usize,
}

/// The tap's counters, by the names that metrics give them without `assay_`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TapFigures {
    pub counts: BTreeMap<String, i64>,
    /// Packets by the reason for which they are not in the spool.
    pub discarded: Vec<(String, u64)>,
    /// Bounds that were met.
    pub limits_met: Vec<(String, u64)>,
}

fn send_frame(to: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    let length = u32::try_from(bytes.len()).map_err(io::Error::other)?;
    to.write_all(&length.to_be_bytes())?;
    to.write_all(bytes)?;
    to.flush()
}

fn read_frame(from: &mut impl Read, most: usize) -> io::Result<Vec<u8>> {
    let mut length = [0; 4];
    from.read_exact(&mut length)?;
    let length = u32::from_be_bytes(length) as usize;
    if length > most {
        return Err(io::Error::other(format!(
            "a frame of {length} bytes, and {most} are the most"
        )));
    }
    // What is announced is not believed: room is made as the bytes come.
    let mut bytes = Vec::new();
    from.take(length as u64).read_to_end(&mut bytes)?;
    match bytes.len() == length {
        true => Ok(bytes),
        false => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

fn send(to: &mut impl Write, what: &impl Serialize) -> io::Result<()> {
    send_frame(to, &serde_json::to_vec(what)?)
}

fn read<T: DeserializeOwned>(from: &mut impl Read, most: usize) -> io::Result<T> {
    serde_json::from_slice(&read_frame(from, most)?).map_err(|why| {
        io::Error::other(format!(
            "what came over the channel is not understood ({why}): both halves must be of one \
             version"
        ))
    })
}

#[cfg(test)]
mod tests;
