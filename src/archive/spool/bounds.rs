//! What may wait for the disk.

/// So much memory may wait for the disk: two seconds of four thousand G.711 calls. Bytes count, not
/// blocks: a flush makes a small block of each call at once.
pub(super) const MOST_QUEUED: usize = 32 << 20;
/// And so much more, which packets leave alone, for what is known of calls.
pub(super) const MOST_FACTS: usize = 8 << 20;
/// Calls that wait to be sealed: with more, the attempts of strangers are not written down.
pub(super) const MOST_UNSEALED: usize = 50_000;
/// Losses of a call that are told apart; further ones make the last of them longer.
pub(super) const MOST_LOSSES: usize = 512;
/// What a job takes beside its bytes.
pub(super) const JOB: usize = 256;

/// The bounds of the queue, by their names in `call/LIMITS.md`.
pub const BOUNDS: [(&str, usize); 4] = [
    ("bytes for the spool", MOST_QUEUED),
    ("bytes of facts for the spool", MOST_FACTS),
    ("calls that wait to be sealed", MOST_UNSEALED),
    ("losses of a call", MOST_LOSSES),
];
