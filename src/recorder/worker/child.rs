//! The worker itself: gives up what it may do, then decodes what it is asked to.

use super::{ffmpeg, protocol};
use crate::media::codec::Codec;
use crate::media::codec::foreign::{NoSound, one_by_one};
use std::io::{self, BufReader, BufWriter, stdin, stdout};
use std::time::Duration;

/// Memory of the worker and of each decoder that it starts.
const MOST_MEMORY: u64 = 2 << 30;
const MOST_FILES: u64 = 64;
/// The user `nobody`.
const NOBODY: u32 = 65_534;

/// Serves until its input ends.
///
/// # Errors
/// When a pipe breaks.
pub fn serve(program: &str, patience: Duration) -> io::Result<()> {
    confine();
    let (mut from, mut to) = (
        BufReader::new(stdin().lock()),
        BufWriter::new(stdout().lock()),
    );
    while let Some((question, payloads)) = protocol::question(&mut from)? {
        let coded = question.coded(&payloads);
        let sound = match question.codec {
            Codec::Opus => Ok(one_by_one(Codec::Opus, &coded)),
            codec if codec.is_foreign() => ffmpeg::decode(program, patience, codec, &coded),
            codec => Err(NoSound::NotInstalled(format!(
                "{codec:?} is no codec of a decoder here"
            ))),
        };
        protocol::reply(&mut to, sound)?;
    }
    Ok(())
}

/// Gives up privileges, the network and most of what is left. Each step that the system refuses is
/// passed over: the next ones hold all the same, and inside a stricter sandbox some are not needed.
fn confine() {
    let limit = |what, most: u64| {
        let limit = libc::rlimit {
            rlim_cur: most,
            rlim_max: most,
        };
        // SAFETY: the kernel reads one structure, within the call.
        unsafe { libc::setrlimit(what, &raw const limit) };
    };
    // SAFETY: plain numbers go in; `setgroups` reads no list of no groups. The process has one
    // thread, so no other sees its user change half way.
    unsafe {
        libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
        // Without a network; an ordinary user needs a user namespace for that.
        if libc::unshare(libc::CLONE_NEWNET) != 0 {
            libc::unshare(libc::CLONE_NEWUSER | libc::CLONE_NEWNET);
        }
        if libc::geteuid() == 0 {
            libc::setgroups(0, std::ptr::null());
            libc::setgid(NOBODY);
            libc::setuid(NOBODY);
        }
        libc::prctl(
            libc::PR_CAP_AMBIENT,
            libc::PR_CAP_AMBIENT_CLEAR_ALL,
            0,
            0,
            0,
        );
        drop_capabilities();
        // After the change of user, which would undo it.
        libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
        libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    }
    limit(libc::RLIMIT_AS, MOST_MEMORY);
    limit(libc::RLIMIT_CORE, 0);
    limit(libc::RLIMIT_FSIZE, 0);
    limit(libc::RLIMIT_NOFILE, MOST_FILES);
}

/// capset(2) with three empty sets.
fn drop_capabilities() {
    const VERSION_3: u32 = 0x2008_0522;
    let header = [VERSION_3, 0];
    let sets = [0_u32; 6];
    // SAFETY: capset(2) reads a header of two words and, for version 3, six words of sets.
    unsafe { libc::syscall(libc::SYS_capset, header.as_ptr(), sets.as_ptr()) };
}
