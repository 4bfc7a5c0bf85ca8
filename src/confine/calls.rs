//! Which system calls a confined process may make: everything else fails with EPERM. No list holds
//! sockets, signals to others, other processes' memory, new namespaces, or any change of a file.

use super::filter::{Filter, Rule, Verdict, allow, fail};
use libc as c;
use std::io;

/// Both kinds of process need these: memory, their descriptors, time and their own end.
const EVERY: &[Rule] = &[
    allow(c::SYS_read),
    allow(c::SYS_readv),
    allow(c::SYS_write),
    allow(c::SYS_writev),
    allow(c::SYS_lseek),
    allow(c::SYS_close),
    allow(c::SYS_munmap),
    allow(c::SYS_mremap),
    allow(c::SYS_madvise),
    allow(c::SYS_brk),
    allow(c::SYS_futex),
    allow(c::SYS_sched_yield),
    allow(c::SYS_rt_sigreturn),
    allow(c::SYS_rt_sigprocmask),
    allow(c::SYS_sigaltstack),
    allow(c::SYS_clock_gettime),
    allow(c::SYS_clock_nanosleep),
    allow(c::SYS_nanosleep),
    allow(c::SYS_gettimeofday),
    allow(c::SYS_getrandom),
    allow(c::SYS_getpid),
    allow(c::SYS_gettid),
    allow(c::SYS_restart_syscall),
    allow(c::SYS_exit),
    allow(c::SYS_exit_group),
];

const EXEC: u32 = c::PROT_EXEC as u32;
const WRITE_EXEC: u32 = (c::PROT_WRITE | c::PROT_EXEC) as u32;

/// One that decodes itself is loaded by then: it maps no more code, opens nothing, starts nothing.
const DECODING: &[Rule] = &[
    allow(c::SYS_mmap).when(2, EXEC, 0),
    allow(c::SYS_mprotect).when(2, EXEC, 0),
];

/// What a program needs to be loaded and to run threads. Which files it may read and run is
/// Landlock's to say; no memory is both written and run.
const PROGRAM: &[Rule] = &[
    fail(c::SYS_mmap, c::EPERM).when(2, WRITE_EXEC, WRITE_EXEC),
    allow(c::SYS_mmap),
    fail(c::SYS_mprotect, c::EPERM).when(2, WRITE_EXEC, WRITE_EXEC),
    allow(c::SYS_mprotect),
    allow(c::SYS_execve),
    allow(c::SYS_openat).when(2, c::O_ACCMODE as u32, c::O_RDONLY as u32),
    allow(c::SYS_pread64),
    allow(c::SYS_fstat),
    allow(c::SYS_newfstatat),
    allow(c::SYS_statx),
    allow(c::SYS_faccessat),
    allow(c::SYS_readlinkat),
    allow(c::SYS_getcwd),
    allow(c::SYS_dup),
    allow(c::SYS_dup3),
    allow(c::SYS_pipe2),
    allow(c::SYS_fcntl).when(1, u32::MAX, c::F_GETFD as u32),
    allow(c::SYS_fcntl).when(1, u32::MAX, c::F_SETFD as u32),
    allow(c::SYS_fcntl).when(1, u32::MAX, c::F_GETFL as u32),
    allow(c::SYS_fcntl).when(1, u32::MAX, c::F_SETFL as u32),
    allow(c::SYS_fcntl).when(1, u32::MAX, c::F_DUPFD_CLOEXEC as u32),
    fail(c::SYS_ioctl, c::ENOTTY),
    allow(c::SYS_ppoll),
    allow(c::SYS_eventfd2),
    allow(c::SYS_fadvise64),
    allow(c::SYS_rt_sigaction),
    allow(c::SYS_set_tid_address),
    allow(c::SYS_set_robust_list),
    allow(c::SYS_rseq),
    allow(c::SYS_membarrier),
    // Its own limits, which it can only lower.
    allow(c::SYS_prlimit64).when(0, u32::MAX, 0),
    allow(c::SYS_getrusage),
    allow(c::SYS_sched_getaffinity),
    allow(c::SYS_sysinfo),
    allow(c::SYS_uname),
    allow(c::SYS_getuid),
    allow(c::SYS_geteuid),
    allow(c::SYS_getgid),
    allow(c::SYS_getegid),
    allow(c::SYS_getppid),
    allow(c::SYS_prctl).when(0, u32::MAX, c::PR_SET_NAME as u32),
    allow(c::SYS_prctl).when(0, u32::MAX, c::PR_GET_NAME as u32),
    // glibc makes threads by the older call then; what the newer one asks is behind a pointer.
    fail(c::SYS_clone3, c::ENOSYS),
];

#[cfg(target_arch = "x86_64")]
const PROGRAM_OF_OLD: &[Rule] = &[
    allow(c::SYS_arch_prctl),
    allow(c::SYS_poll),
    allow(c::SYS_open).when(1, c::O_ACCMODE as u32, c::O_RDONLY as u32),
    allow(c::SYS_stat),
    allow(c::SYS_lstat),
    allow(c::SYS_access),
    allow(c::SYS_readlink),
    allow(c::SYS_dup2),
    allow(c::SYS_pipe),
    allow(c::SYS_time),
];
#[cfg(not(target_arch = "x86_64"))]
const PROGRAM_OF_OLD: &[Rule] = &[];

/// Threads, and no process. Before it runs it may tell why it does not, over a socket that goes
/// with that moment; it has no other.
const THREADS: &[Rule] = &[
    allow(c::SYS_clone).when(0, c::CLONE_THREAD as u32, c::CLONE_THREAD as u32),
    allow(c::SYS_sendto).when(4, u32::MAX, 0),
];

const NAMESPACES: u32 = (c::CLONE_NEWNS
    | c::CLONE_NEWCGROUP
    | c::CLONE_NEWUTS
    | c::CLONE_NEWIPC
    | c::CLONE_NEWUSER
    | c::CLONE_NEWPID
    | c::CLONE_NEWNET) as u32;
const SECCOMP_SET_MODE_FILTER: u32 = 1;

/// One that starts decoders decodes nothing itself: it may fork, wait, and confine what it starts.
const STARTING: &[Rule] = &[
    allow(c::SYS_clone).when(0, NAMESPACES, 0),
    allow(c::SYS_wait4),
    allow(c::SYS_waitid),
    // By which `std::process` hears why a program was not run; no address can be named.
    allow(c::SYS_socketpair).when(0, u32::MAX, c::AF_UNIX as u32),
    allow(c::SYS_recvfrom),
    allow(c::SYS_recvmsg),
    allow(c::SYS_seccomp).when(0, u32::MAX, SECCOMP_SET_MODE_FILTER),
    allow(c::SYS_prctl).when(0, u32::MAX, c::PR_SET_PDEATHSIG as u32),
];

fn of(lists: &[&[Rule]]) -> io::Result<Filter> {
    Filter::of(&lists.concat(), Verdict::Fail(c::EPERM))
}

/// For a process that decodes itself.
pub(super) fn decoding() -> io::Result<Filter> {
    of(&[EVERY, DECODING])
}

/// For a process that starts a program for each stream.
pub(super) fn starting() -> io::Result<Filter> {
    of(&[EVERY, PROGRAM, PROGRAM_OF_OLD, STARTING])
}

/// For that program.
pub(super) fn program() -> io::Result<Filter> {
    of(&[EVERY, PROGRAM, PROGRAM_OF_OLD, THREADS])
}
