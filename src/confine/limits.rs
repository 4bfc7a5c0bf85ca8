//! Every limit of what strangers' bytes may take and unpack to, in one place.
//!
//! | bound | where it holds | what honest input could meet it |
//! |---|---|---|
//! | [`MEMORY`], [`LISTENING_MEMORY`], [`READING_MEMORY`] | `RLIMIT_AS` of a decoder's process | six hours of one side in Opus |
//! | [`PROCESSOR`] | `RLIMIT_CPU` of a process that decodes itself | none: it is replaced after [`ASKED_OF_ONE`] |
//! | [`FILES`] | `RLIMIT_NOFILE` | none: it has three |
//! | [`THREADS`] | `RLIMIT_NPROC`, above what the user runs already | none: FFmpeg starts some ten |
//! | [`ANSWER`], [`PACKET_SAMPLES`] | samples that the recorder takes from a worker | as [`MEMORY`] |
//! | [`IMPORTED_SOUND`] | samples that a PBX's recording may hold | 93 minutes of stereo at 48 kHz, nine hours at 8 kHz |
//! | [`SLOWEST`], [`FASTEST`] | its sample rate | none |
//! | [`CAPTURE_INTERFACES`] | interfaces of a capture file's section | none |
//! | [`CAPTURE_BLOCK`] | one block of it | key logs of a day, in one block |
//! | [`CAPTURE_TIMES`] | its packets' times | none |
//! | [`CAPTURE_FREE`], [`CAPTURE_RATIO`] | what a compressed capture unpacks to | a capture of nothing but zeros |
//! | [`CAPTURE_WINDOW`] | what zstd keeps to look back into | files of `zstd --ultra --long=27` and above |
//!
//! Each ends in an error that names the file or the call, and says what to do.

use std::time::Duration;

/// Address space of a process that decodes calls, and of each FFmpeg.
pub const MEMORY: u64 = 2 << 30;
/// Of one that decodes for a listener: a packet at a time.
pub const LISTENING_MEMORY: u64 = 512 << 20;
/// Of one that reads a PBX's recording: a packet at a time, and what the file's index takes.
pub const READING_MEMORY: u64 = 1 << 30;
/// Processor time of a process that decodes itself. FFmpeg has `[recording] decoder_seconds`.
pub const PROCESSOR: Duration = Duration::from_secs(900);
/// Bytes of payload that one process is asked for before another takes its place: some three hours
/// of Opus, a tenth of [`PROCESSOR`] on a small box.
pub const ASKED_OF_ONE: usize = 64 << 20;
/// Descriptors.
pub const FILES: u64 = 64;
/// Threads beyond those that the process's user runs already; a process of its own user has none.
pub const THREADS: u64 = 256;
/// Bytes of samples in one answer: a process of [`MEMORY`] could not hold more.
pub const ANSWER: u64 = MEMORY;
/// Samples that one packet may give: 120 ms at 48 kHz, eightfold, and what may be made up before
/// it.
pub const PACKET_SAMPLES: u32 = 46_080 + (1 << 20);
/// Of what FFmpeg says, in bytes.
pub const COMPLAINT: u64 = 4096;

/// Bytes of samples that an imported recording may unpack to, both lanes together.
pub const IMPORTED_SOUND: usize = 1 << 30;
/// Sample rates of recordings, in hertz.
pub const SLOWEST: u32 = 4_000;
/// The fastest of them.
pub const FASTEST: u32 = 192_000;
/// How long reading one recording may take.
pub const READING: Duration = Duration::from_secs(900);

/// Interfaces that a section of a pcapng file may describe: packets name them by 16 bits here.
pub const CAPTURE_INTERFACES: usize = 1 << 16;
/// The largest block of a capture file that is believed, in bytes: options of four bytes take ten
/// times their room in memory.
pub const CAPTURE_BLOCK: usize = 4 << 20;
/// Times that packets may have, in µs since 1970: up to the year 2200.
pub const CAPTURE_TIMES: std::ops::Range<i64> = 0..7_258_118_400_000_000;
/// Bytes that any compressed capture may unpack to, and how many times its own size beyond that.
pub const CAPTURE_FREE: u64 = 64 << 20;
/// So many times its own size.
pub const CAPTURE_RATIO: u64 = 200;
/// The window of a zstd file, in bytes (RFC 8878 §3.1.1.1.2): what `zstd --ultra -22` writes.
pub const CAPTURE_WINDOW: u64 = 128 << 20;
