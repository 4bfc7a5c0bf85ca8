//! What one call may hold. No honest call comes near; a hostile one must not grow without end.

/// Dialogs, and with them Call-IDs, tags and hosts that were invited.
pub(in crate::call) const MOST_DIALOGS: usize = 64;
/// Other calls of the same transfer.
pub(in crate::call) const MOST_LINKS: usize = 32;
/// Pairs of addresses between which its messages were seen.
pub(in crate::call) const MOST_HOPS: usize = 64;
/// Descriptions that differ from the one before; then the newest takes the place of the last of its
/// side and hop. Every half hour of re-keying a call of four hours has 16.
pub(in crate::call) const MOST_FORMATS: usize = 128;
/// And the bytes that they take.
pub(in crate::call) const MOST_DESCRIBED: usize = 32 << 10;
/// Re-INVITEs move a call's media.
pub(in crate::call) const MOST_ADDRESSES: usize = 256;
/// Times on hold, and time ranges that are withheld.
pub(in crate::call) const MOST_HOLDS: usize = 256;
/// Streams: then the one with the fewest packets goes for one that has more.
pub(in crate::call) const MOST_STREAMS: usize = 64;
/// Up to here a stream from where the call's descriptions say is taken with its first packet.
pub(in crate::call) const AT_ONCE: usize = 16;
/// Streams of RTCP among them.
pub(in crate::call) const MOST_REPORTS: usize = 16;
/// And so many of senders that nobody named.
pub(in crate::call) const FIRST_REPORTS: usize = 4;
/// Bytes that are kept of a header.
pub(in crate::call) const LONGEST_HEADER: usize = 512;
