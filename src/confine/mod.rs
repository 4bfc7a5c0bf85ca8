//! Holds processes to what they need. Whatever decodes strangers' bytes with code that is not
//! memory-safe, or not ours, runs in a process that has called [`decoding`] or [`starting`] first:
//!
//! | step | by | without it |
//! |---|---|---|
//! | no descriptors but its pipes | close_range(2) | refused |
//! | a user of its own, where it was started as root | setresuid(2) | refused |
//! | no capabilities, none to be had | capset(2), `PR_SET_NO_NEW_PRIVS` | refused |
//! | memory, processor time, descriptors, threads; no files written, no core | setrlimit(2) | refused |
//! | no file, no TCP, no signal out | Landlock | refused where a program is started; else the next holds it alone |
//! | no system call but those on its list: no socket, signal, process, ptrace, open | seccomp(2) | refused |
//!
//! Each step holds as root, as any user, inside a unit that refuses namespaces, and in a container;
//! none of them needs a privilege. A process that meets a refusal decodes nothing: it says which
//! step was refused, the payload is kept, and the call says why.
//!
//! [`mute()`] is for the tap: the kernel then refuses to send on its sockets.
//! [`limits`] lists what all of it may take.

mod calls;
mod files;
mod filter;
pub mod limits;
mod mute;
mod process;
mod refused;

pub use files::{Program, landlock};
pub use mute::{mute, mute_thread};
pub use refused::Refused;

use filter::{Filter, Over};
use std::io;
use std::time::Duration;

/// What a process may take at the most.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Address space in bytes.
    pub memory: u64,
    /// The user that root becomes; `None` is one that no other process has.
    pub user: Option<u32>,
}

/// Confines this process, which decodes itself: it keeps its three first descriptors and its
/// memory. It must have one thread.
///
/// # Errors
/// Names the step that was refused; the process must not decode then.
pub fn decoding(bounds: Bounds) -> Result<(), Refused> {
    give_up(bounds, Some(limits::PROCESSOR))?;
    // The list of calls alone leaves no way to a file; Landlock is a second wall, where it is.
    if landlock().is_some() {
        files::shut_out(None).map_err(|e| Refused::at("shut out all files", e))?;
    }
    calls::decoding()
        .and_then(|calls| calls.install(Over::Thread))
        .map_err(|e| Refused::at("give up other system calls", e))
}

/// Confines this process, which starts `program` and decodes nothing itself. It must have one
/// thread. Gives what confines that program further, between fork and exec.
///
/// # Errors
/// Names the step that was refused; nothing must be started then.
pub fn starting(bounds: Bounds, program: &Program) -> Result<Inner, Refused> {
    give_up(bounds, None)?;
    files::shut_out(Some(program)).map_err(|error| match error.kind() {
        io::ErrorKind::Unsupported => Refused::at(
            "shut out all files",
            io::Error::other("this kernel has no Landlock (Linux 5.13 and newer, in `lsm=`)"),
        ),
        _ => Refused::at("shut out all files but the decoder's", error),
    })?;
    let refused = |e| Refused::at("give up other system calls", e);
    let inner = calls::program().map_err(refused)?;
    calls::starting()
        .and_then(|calls| calls.install(Over::Thread))
        .map_err(refused)?;
    Ok(Inner(inner))
}

/// What both have in common.
fn give_up(bounds: Bounds, processor: Option<Duration>) -> Result<(), Refused> {
    process::close_others()?;
    process::end_with_parent()?;
    process::change_user(bounds.user)?;
    process::drop_capabilities()?;
    process::end_with_parent()?;
    process::no_new_privileges()?;
    process::end_first();
    process::keep_memory_private()?;
    process::limit(bounds.memory, processor)
}

/// Confines a program that is about to be run.
#[derive(Debug, Clone)]
pub struct Inner(Filter);

impl Inner {
    /// To be called between fork and exec; allocates and locks nothing.
    ///
    /// # Errors
    /// When the kernel refuses; nothing must be run then.
    pub fn enter(&self, processor: Duration) -> io::Result<()> {
        process::end_with_parent().map_err(Refused::into_error)?;
        process::lower(libc::RLIMIT_CPU, processor.as_secs().max(1))?;
        self.0.install(Over::Thread)
    }
}

/// Keeps the process's memory out of core files and from others of its user: keys are in it.
///
/// # Errors
/// When the kernel refuses.
pub fn keep_memory_private() -> Result<(), Refused> {
    process::keep_memory_private()
}

/// Has a program that is about to be run get no capability of this process. To be called between
/// fork and exec; allocates and locks nothing.
///
/// # Errors
/// When the kernel refuses.
pub fn hand_on_no_capabilities() -> io::Result<()> {
    process::hand_on_no_capabilities()
}
