//! What a process gives up of itself: descriptors, user, capabilities, and the right to take more
//! than its limits.

use super::limits;
use super::refused::Refused;
use std::io;
use std::time::Duration;

/// The first of the users that belong to nobody: systemd's list (UIDS-GIDS) leaves 1879048191 to
/// 2147352575 unused. The process's own number is added, so that no two decoders share a user.
const FIRST_USER: u32 = 1_900_000_000;
/// The user `nobody`, for where the system knows no numbers above 65535 (user namespaces).
const NOBODY: u32 = 65_534;

fn done(result: libc::c_int) -> io::Result<()> {
    match result {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

fn prctl(option: libc::c_int, value: libc::c_ulong) -> io::Result<()> {
    let none: libc::c_ulong = 0;
    // SAFETY: plain numbers go in; the options here take no pointer.
    done(unsafe { libc::prctl(option, value, none, none, none) })
}

/// Closes all descriptors but input, output and errors.
pub(super) fn close_others() -> Result<(), Refused> {
    // SAFETY: plain numbers go in; nothing in this process owns a descriptor above 2 yet.
    let closed = unsafe { libc::syscall(libc::SYS_close_range, 3_u32, u32::MAX, 0_u32) };
    match closed {
        0 => Ok(()),
        _ => Err(Refused::at(
            "close its descriptors",
            io::Error::last_os_error(),
        )),
    }
}

/// Ends with the thread that started it. A change of user undoes it.
pub(super) fn end_with_parent() -> Result<(), Refused> {
    prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL as libc::c_ulong)
        .map_err(|e| Refused::at("end with the recorder", e))
}

/// Root becomes a user of its own; anybody else stays who they are.
pub(super) fn change_user(wanted: Option<u32>) -> Result<(), Refused> {
    // SAFETY: no arguments; it cannot fail.
    if unsafe { libc::geteuid() } != 0 {
        return Ok(());
    }
    let own = FIRST_USER + std::process::id();
    let changed = match wanted {
        Some(user) => become_user(user),
        None => become_user(own).or_else(|error| match error.raw_os_error() {
            Some(libc::EINVAL) => become_user(NOBODY),
            _ => Err(error),
        }),
    };
    changed.map_err(|e| Refused::at("change to a user of its own", e))
}

fn become_user(user: u32) -> io::Result<()> {
    if user == 0 {
        return Err(io::Error::other("root is no user for a decoder"));
    }
    // SAFETY: plain numbers go in; `setgroups` reads no list of no groups. The process has one
    // thread, so no other sees its user change half way.
    unsafe {
        done(libc::setgroups(0, std::ptr::null()))?;
        done(libc::setresgid(user, user, user))?;
        done(libc::setresuid(user, user, user))
    }
}

/// capset(2) and capget(2): a header of a version and a process, then two words a set.
const CAPABILITIES_3: u32 = 0x2008_0522;

/// Gives up every capability, and looks whether it is so. A unit may refuse the call by which they
/// are given up (capset(2) is one of systemd's `@privileged`): then there must be none, but for what
/// programs could inherit, which comes to nothing without new privileges.
pub(super) fn drop_capabilities() -> Result<(), Refused> {
    let refused = |e| Refused::at("give up its capabilities", e);
    hand_on_no_capabilities().map_err(refused)?;
    let (holds, hands_on) = capabilities().map_err(refused)?;
    if !holds && !hands_on {
        return Ok(());
    }
    let (header, none) = ([CAPABILITIES_3, 0], [0_u32; 6]);
    // SAFETY: the kernel reads a header of two words and six words of sets.
    let set = unsafe { libc::syscall(libc::SYS_capset, header.as_ptr(), none.as_ptr()) };
    match done(set as libc::c_int) {
        Err(_) if !holds => Ok(()),
        Err(why) => Err(refused(why)),
        Ok(()) => match capabilities().map_err(refused)? {
            (false, false) => Ok(()),
            _ => Err(refused(io::Error::other("some are left"))),
        },
    }
}

/// Whether this process holds any, effective or permitted, and whether a program that it runs could
/// inherit any.
fn capabilities() -> io::Result<(bool, bool)> {
    let header = [CAPABILITIES_3, 0];
    let mut sets = [0_u32; 6];
    // SAFETY: the kernel reads a header of two words and, for version 3, writes six words.
    let got = unsafe { libc::syscall(libc::SYS_capget, header.as_ptr(), sets.as_mut_ptr()) };
    done(got as libc::c_int)?;
    let [
        effective,
        permitted,
        inheritable,
        high_effective,
        high_permitted,
        high_inheritable,
    ] = sets;
    let holds = effective | permitted | high_effective | high_permitted;
    Ok((holds != 0, inheritable | high_inheritable != 0))
}

/// Takes the capabilities from a program that is about to be run that a unit hands on to all. To be
/// called between fork and exec; allocates and locks nothing.
pub(super) fn hand_on_no_capabilities() -> io::Result<()> {
    prctl(
        libc::PR_CAP_AMBIENT,
        libc::PR_CAP_AMBIENT_CLEAR_ALL as libc::c_ulong,
    )
}

/// Where memory is short, this process ends before any that records. Not a wall: nothing rests on
/// it.
pub(super) fn end_first() {
    let _ = std::fs::write("/proc/self/oom_score_adj", "1000");
}

/// No program that it runs gains any.
pub(super) fn no_new_privileges() -> Result<(), Refused> {
    prctl(libc::PR_SET_NO_NEW_PRIVS, 1).map_err(|e| Refused::at("give up new privileges", e))
}

/// Its memory is neither dumped nor looked into by others of its user.
pub(super) fn keep_memory_private() -> Result<(), Refused> {
    prctl(libc::PR_SET_DUMPABLE, 0).map_err(|e| Refused::at("keep its memory private", e))
}

/// Limits of memory, and of processor time where it decodes itself.
pub(super) fn limit(memory: u64, processor: Option<Duration>) -> Result<(), Refused> {
    let threads = running() + limits::THREADS;
    let set = [
        (libc::RLIMIT_CORE, 0),
        (libc::RLIMIT_FSIZE, 0),
        (libc::RLIMIT_MEMLOCK, 0),
        (libc::RLIMIT_MSGQUEUE, 0),
        (libc::RLIMIT_NOFILE, limits::FILES),
        (libc::RLIMIT_NPROC, threads),
        (libc::RLIMIT_AS, memory),
    ];
    let processor = processor.map(|p| (libc::RLIMIT_CPU, p.as_secs().max(1)));
    for (what, most) in set.into_iter().chain(processor) {
        lower(what, most).map_err(|e| Refused::at("limit what it takes", e))?;
    }
    Ok(())
}

/// A limit that is lower already stays. Allocates nothing, so that it may be called between fork
/// and exec.
pub(super) fn lower(what: Resource, most: u64) -> io::Result<()> {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: the kernel writes one structure, within the call.
    done(unsafe { libc::getrlimit(what, &raw mut limit) })?;
    let most = most.min(limit.rlim_max);
    limit = libc::rlimit {
        rlim_cur: most,
        rlim_max: most,
    };
    // SAFETY: the kernel reads one structure, within the call.
    done(unsafe { libc::setrlimit(what, &raw const limit) })
}

#[cfg(target_env = "gnu")]
pub(super) type Resource = libc::__rlimit_resource_t;
#[cfg(not(target_env = "gnu"))]
pub(super) type Resource = libc::c_int;

/// Threads that run under this process's user; they count against its limit.
fn running() -> u64 {
    use std::os::unix::fs::MetadataExt;
    // SAFETY: no arguments; it cannot fail.
    let user = unsafe { libc::geteuid() };
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let own = processes.filter(|p| p.metadata().is_ok_and(|m| m.uid() == user));
    own.filter_map(|p| std::fs::read_dir(p.path().join("task")).ok())
        .map(|tasks| tasks.count() as u64)
        .sum()
}
