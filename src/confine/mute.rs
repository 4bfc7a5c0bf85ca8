//! The tap sends nothing (PRODUCT I6), and the kernel holds it to that: a packet socket has no
//! half that can be shut (`shutdown(2)` is refused on it), so the system calls that would send are.
//!
//! One way past it is left to code that has taken the process over: to hand the socket to itself
//! over a Unix socket, under another number.

use super::filter::{Filter, Over, Rule, Verdict, fail};
use super::process;
use super::refused::Refused;
use libc as c;
use std::os::fd::{AsRawFd, BorrowedFd};

/// Calls that send on the descriptor in the first argument, or make another of it.
const SEND: [c::c_long; 12] = [
    c::SYS_write,
    c::SYS_writev,
    c::SYS_pwrite64,
    c::SYS_pwritev,
    c::SYS_pwritev2,
    c::SYS_sendto,
    c::SYS_sendmsg,
    c::SYS_sendmmsg,
    c::SYS_sendfile,
    c::SYS_dup,
    c::SYS_dup3,
    c::SYS_fcntl,
];
/// The same, where the descriptor is the third.
const SEND_THIRD: [c::c_long; 1] = [c::SYS_splice];
/// What Linux 2.0 sent frames by (packet(7)).
const SOCK_PACKET: u32 = 10;
/// The type's flags are above these bits.
const SOCKET_TYPE: u32 = 0xf;

/// From now on no thread of this process can send on these sockets, hand them on, or open others
/// by which frames or raw IP are sent. Connections and datagrams of the page are untouched.
///
/// # Errors
/// When the kernel refuses: an older one than Linux 3.17, or a thread with a filter of its own.
pub fn mute(sockets: &[BorrowedFd<'_>]) -> Result<(), Refused> {
    let mut rules = vec![
        fail(c::SYS_socket, c::EPERM).when(0, u32::MAX, c::AF_PACKET as u32),
        fail(c::SYS_socket, c::EPERM).when(1, SOCKET_TYPE, c::SOCK_RAW as u32),
        fail(c::SYS_socket, c::EPERM).when(1, SOCKET_TYPE, SOCK_PACKET),
        // These would reach the sockets past the rules below.
        fail(c::SYS_io_uring_setup, c::ENOSYS),
        fail(c::SYS_pidfd_getfd, c::EPERM),
    ];
    rules.extend(sockets.iter().flat_map(|s| silent(s.as_raw_fd() as u32)));
    install(&rules, Over::Process)
}

/// From now on this thread, which reads the tap, opens no socket and sends nothing at all.
///
/// # Errors
/// As [`mute`].
pub fn mute_thread() -> Result<(), Refused> {
    let calls = [
        c::SYS_socket,
        c::SYS_socketpair,
        c::SYS_connect,
        c::SYS_sendto,
        c::SYS_sendmsg,
        c::SYS_sendmmsg,
        c::SYS_io_uring_setup,
    ];
    install(&calls.map(|call| fail(call, c::EPERM)), Over::Thread)
}

fn silent(socket: u32) -> Vec<Rule> {
    let none = |call: c::c_long| fail(call, c::EPERM);
    let mut rules: Vec<Rule> = SEND
        .iter()
        .map(|call| none(*call).when(0, u32::MAX, socket))
        .collect();
    rules.extend(SEND_THIRD.map(|call| none(call).when(2, u32::MAX, socket)));
    #[cfg(target_arch = "x86_64")]
    rules.push(none(c::SYS_dup2).when(0, u32::MAX, socket));
    rules
}

fn install(rules: &[Rule], over: Over) -> Result<(), Refused> {
    process::no_new_privileges()?;
    Filter::of(rules, Verdict::Allow)
        .and_then(|filter| filter.install(over))
        .map_err(|e| Refused::at("mute the tap", e))
}
