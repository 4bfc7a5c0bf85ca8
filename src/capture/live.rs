//! The live tap: a TPACKET_V3 ring on an AF_PACKET socket (packet(7), Linux
//! `Documentation/networking/packet_mmap`).
//!
//! Needs CAP_NET_RAW and nothing else; sends nothing (PRODUCT I6). The kernel fills blocks of the
//! ring that is mapped into this process; a frame is read where it lies and never copied here.

use super::filter::Instruction;
use crate::units::WallTime;
use crate::wire::{Frame, Link};
use std::ffi::CString;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::time::Duration;

/// Why an interface cannot be tapped, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum TapError {
    #[error("no interface is called '{0}'; `ip link` lists them, 'any' stands for all")]
    NoInterface(String),
    #[error(
        "no privilege to capture on '{0}': give the program CAP_NET_RAW, for instance with \
         `setcap cap_net_raw+ep` or AmbientCapabilities= in its systemd unit"
    )]
    NoPrivilege(String),
    #[error("the filter is refused by the kernel on '{0}': {1}; try it with `tcpdump -d`")]
    Filter(String, io::Error),
    #[error("cannot capture on '{0}': {1}")]
    Io(String, io::Error),
}

const BLOCK_BYTES: usize = 1 << 20;
const BLOCKS: usize = 32;
/// A block that does not fill is handed over after this long.
const RETIRE_MS: u32 = 50;
/// ARPHRD_* numbers (if_arp.h) of link layers without an Ethernet header.
const ARPHRD_NONE: u16 = 0xfffe;
const ARPHRD_PPP: u16 = 512;

/// One interface, or all.
pub struct LiveTap {
    name: String,
    socket: OwnedFd,
    ring: *mut u8,
    next: usize,
    loopback: bool,
    drops: u64,
    received: u64,
}

// The ring belongs to this value alone.
unsafe impl Send for LiveTap {}

impl LiveTap {
    /// Opens an interface by name; `any` is all of them. An empty filter passes everything.
    ///
    /// # Errors
    /// A [`TapError`] says what is wrong and what to do.
    pub fn open(
        name: &str,
        promiscuous: bool,
        filter: &[Instruction],
    ) -> Result<LiveTap, TapError> {
        let io_error = |e| TapError::Io(name.to_owned(), e);
        let index = match name {
            "any" => 0,
            _ => interface_index(name).ok_or_else(|| TapError::NoInterface(name.to_owned()))?,
        };
        let all = (libc::ETH_P_ALL as u16).to_be();
        let raw = unsafe {
            libc::socket(
                libc::AF_PACKET,
                libc::SOCK_RAW | libc::SOCK_CLOEXEC,
                i32::from(all),
            )
        };
        if raw < 0 {
            let error = io::Error::last_os_error();
            return Err(match error.raw_os_error() {
                Some(libc::EPERM | libc::EACCES) => TapError::NoPrivilege(name.to_owned()),
                _ => io_error(error),
            });
        }
        let socket = unsafe { OwnedFd::from_raw_fd(raw) };
        set(
            &socket,
            libc::PACKET_VERSION,
            &libc::tpacket_versions::TPACKET_V3,
        )
        .map_err(io_error)?;
        let request = libc::tpacket_req3 {
            tp_block_size: BLOCK_BYTES as u32,
            tp_block_nr: BLOCKS as u32,
            tp_frame_size: 2048,
            tp_frame_nr: (BLOCK_BYTES / 2048 * BLOCKS) as u32,
            tp_retire_blk_tov: RETIRE_MS,
            tp_sizeof_priv: 0,
            tp_feature_req_word: 0,
        };
        set(&socket, libc::PACKET_RX_RING, &request).map_err(io_error)?;
        let protection = libc::PROT_READ | libc::PROT_WRITE;
        let ring = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                BLOCK_BYTES * BLOCKS,
                protection,
                libc::MAP_SHARED,
                socket.as_raw_fd(),
                0,
            )
        };
        if ring == libc::MAP_FAILED {
            return Err(io_error(io::Error::last_os_error()));
        }
        let tap = LiveTap {
            name: name.to_owned(),
            socket,
            ring: ring.cast(),
            next: 0,
            loopback: name == "lo",
            drops: 0,
            received: 0,
        };
        if !filter.is_empty() {
            tap.attach(filter)
                .map_err(|e| TapError::Filter(name.to_owned(), e))?;
        }
        tap.bind(index, all).map_err(io_error)?;
        if promiscuous && index != 0 {
            tap.promiscuous(index).map_err(io_error)?;
        }
        Ok(tap)
    }

    fn bind(&self, index: u32, protocol: u16) -> io::Result<()> {
        let mut address: libc::sockaddr_ll = unsafe { std::mem::zeroed() };
        address.sll_family = libc::AF_PACKET as u16;
        address.sll_protocol = protocol;
        address.sll_ifindex = index as i32;
        let length = size_of::<libc::sockaddr_ll>() as libc::socklen_t;
        match unsafe { libc::bind(self.socket.as_raw_fd(), (&raw const address).cast(), length) } {
            0 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    fn attach(&self, filter: &[Instruction]) -> io::Result<()> {
        let program = libc::sock_fprog {
            len: filter.len() as u16,
            filter: filter.as_ptr().cast_mut(),
        };
        let length = size_of::<libc::sock_fprog>() as libc::socklen_t;
        match unsafe {
            libc::setsockopt(
                self.socket.as_raw_fd(),
                libc::SOL_SOCKET,
                libc::SO_ATTACH_FILTER,
                (&raw const program).cast(),
                length,
            )
        } {
            0 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        }
    }

    fn promiscuous(&self, index: u32) -> io::Result<()> {
        let mut request: libc::packet_mreq = unsafe { std::mem::zeroed() };
        request.mr_ifindex = index as i32;
        request.mr_type = libc::PACKET_MR_PROMISC as u16;
        set(&self.socket, libc::PACKET_ADD_MEMBERSHIP, &request)
    }

    /// Hands out the frames of the next block; whether there was one.
    pub fn read(&mut self, mut each: impl FnMut(Frame<'_>)) -> bool {
        let block = unsafe { self.ring.add(self.next * BLOCK_BYTES) };
        let header = block.cast::<libc::tpacket_block_desc>();
        // The kernel sets the status last and we clear it last.
        let status = unsafe {
            &*(&raw mut (*header).hdr.bh1.block_status).cast::<std::sync::atomic::AtomicU32>()
        };
        if status.load(std::sync::atomic::Ordering::Acquire) & libc::TP_STATUS_USER == 0 {
            return false;
        }
        let (count, first) = unsafe {
            (
                (*header).hdr.bh1.num_pkts,
                (*header).hdr.bh1.offset_to_first_pkt,
            )
        };
        let mut at = first as usize;
        for _ in 0..count {
            let packet = unsafe { block.add(at) }.cast::<libc::tpacket3_hdr>();
            let packet_header = unsafe { &*packet };
            // Behind the packet's header the kernel puts where it came from.
            let source = unsafe {
                &*block
                    .add(at + align(size_of::<libc::tpacket3_hdr>()))
                    .cast::<libc::sockaddr_ll>()
            };
            // On loopback every packet is seen going out and coming in.
            let echo = source.sll_pkttype == libc::PACKET_OUTGOING
                && (self.loopback || source.sll_hatype == libc::ARPHRD_LOOPBACK);
            if !echo {
                let bytes = unsafe {
                    std::slice::from_raw_parts(
                        block.add(at + usize::from(packet_header.tp_mac)),
                        packet_header.tp_snaplen as usize,
                    )
                };
                let link = if matches!(source.sll_hatype, ARPHRD_NONE | ARPHRD_PPP) {
                    Link::RawIp
                } else {
                    Link::Ethernet
                };
                let micros = i64::from(packet_header.tp_sec) * 1_000_000
                    + i64::from(packet_header.tp_nsec) / 1000;
                each(Frame {
                    at: WallTime(micros),
                    interface: source.sll_ifindex as u16,
                    link,
                    bytes,
                    original_len: packet_header.tp_len as usize,
                });
            }
            at += packet_header.tp_next_offset as usize;
        }
        status.store(libc::TP_STATUS_KERNEL, std::sync::atomic::Ordering::Release);
        self.next = (self.next + 1) % BLOCKS;
        true
    }

    /// Packets that the kernel gave and dropped, since the tap was opened. The kernel resets its
    /// own counts at each reading, so they are added up here.
    pub fn kernel_counts(&mut self) -> (u64, u64) {
        let mut stats: libc::tpacket_stats_v3 = unsafe { std::mem::zeroed() };
        let mut length = size_of::<libc::tpacket_stats_v3>() as libc::socklen_t;
        let read = unsafe {
            libc::getsockopt(
                self.socket.as_raw_fd(),
                libc::SOL_PACKET,
                libc::PACKET_STATISTICS,
                (&raw mut stats).cast(),
                &raw mut length,
            )
        };
        if read == 0 {
            self.received += u64::from(stats.tp_packets);
            self.drops += u64::from(stats.tp_drops);
        }
        (self.received, self.drops)
    }
}

/// Waits until a block of any tap is there, `wait` at the longest.
///
/// # Errors
/// Names the interface that failed, for instance because it went away.
pub fn wait(taps: &[LiveTap], wait: Duration) -> Result<(), TapError> {
    let mut events: Vec<libc::pollfd> = taps
        .iter()
        .map(|t| libc::pollfd {
            fd: t.socket.as_raw_fd(),
            events: libc::POLLIN,
            revents: 0,
        })
        .collect();
    let ready = unsafe {
        libc::poll(
            events.as_mut_ptr(),
            events.len() as libc::nfds_t,
            wait.as_millis() as i32,
        )
    };
    if ready < 0 && io::Error::last_os_error().kind() != io::ErrorKind::Interrupted {
        return Err(TapError::Io("any".to_owned(), io::Error::last_os_error()));
    }
    let failed = taps
        .iter()
        .zip(&events)
        .find(|(_, e)| e.revents & (libc::POLLERR | libc::POLLHUP | libc::POLLNVAL) != 0);
    match failed {
        Some((tap, _)) => {
            // Reading the socket's error clears it; the interface may come back.
            let mut error: libc::c_int = 0;
            let mut length = size_of::<libc::c_int>() as libc::socklen_t;
            unsafe {
                libc::getsockopt(
                    tap.socket.as_raw_fd(),
                    libc::SOL_SOCKET,
                    libc::SO_ERROR,
                    (&raw mut error).cast(),
                    &raw mut length,
                )
            };
            Err(TapError::Io(
                tap.name.clone(),
                io::Error::from_raw_os_error(error),
            ))
        }
        None => Ok(()),
    }
}

impl Drop for LiveTap {
    fn drop(&mut self) {
        unsafe { libc::munmap(self.ring.cast(), BLOCK_BYTES * BLOCKS) };
    }
}

/// TPACKET_ALIGN.
fn align(size: usize) -> usize {
    size.next_multiple_of(16)
}

fn set<T>(socket: &OwnedFd, option: i32, value: &T) -> io::Result<()> {
    let length = size_of::<T>() as libc::socklen_t;
    match unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::SOL_PACKET,
            option,
            std::ptr::from_ref(value).cast(),
            length,
        )
    } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

fn interface_index(name: &str) -> Option<u32> {
    let name = CString::new(name).ok()?;
    match unsafe { libc::if_nametoindex(name.as_ptr()) } {
        0 => None,
        index => Some(index),
    }
}
