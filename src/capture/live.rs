//! The live tap: a TPACKET_V3 ring on an AF_PACKET socket (packet(7), Linux
//! `Documentation/networking/packet_mmap`).
//!
//! Needs CAP_NET_RAW and nothing else; sends nothing (PRODUCT I6), and [`mute`] has the
//! kernel hold it to that. The kernel fills blocks of the
//! ring that is mapped into this process; a frame is read in place and never copied here.

use super::filter::Instruction;
use crate::confine::{self, Refused};
use crate::units::WallTime;
use crate::wire::{Frame, Link};
use std::ffi::CString;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::sync::atomic::{AtomicU32, Ordering};
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
    ring: Ring,
    /// The block that the kernel fills next.
    next: usize,
    /// On loopback every packet is seen going out and coming in.
    loopback: bool,
    drops: u64,
    received: u64,
}

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
        let socket = packet_socket(all).map_err(|e| match e.raw_os_error() {
            Some(libc::EPERM | libc::EACCES) => TapError::NoPrivilege(name.to_owned()),
            _ => io_error(e),
        })?;
        let tap = LiveTap {
            name: name.to_owned(),
            ring: Ring::of(&socket).map_err(io_error)?,
            socket,
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
        let address = libc::sockaddr_ll {
            sll_family: libc::AF_PACKET as u16,
            sll_protocol: protocol,
            sll_ifindex: index as i32,
            sll_hatype: 0,
            sll_pkttype: 0,
            sll_halen: 0,
            sll_addr: [0; 8],
        };
        let length = size_of_val(&address) as libc::socklen_t;
        // SAFETY: the socket is open, and the address is of the length that is said.
        let done =
            unsafe { libc::bind(self.socket.as_raw_fd(), (&raw const address).cast(), length) };
        succeeded(done)
    }

    /// The interface as it was asked for.
    pub fn name(&self) -> &str {
        &self.name
    }

    fn attach(&self, filter: &[Instruction]) -> io::Result<()> {
        // The kernel copies the instructions within the call.
        let program = libc::sock_fprog {
            len: filter.len() as u16,
            filter: filter.as_ptr().cast_mut(),
        };
        set(
            &self.socket,
            libc::SOL_SOCKET,
            libc::SO_ATTACH_FILTER,
            &program,
        )
    }

    fn promiscuous(&self, index: u32) -> io::Result<()> {
        let request = libc::packet_mreq {
            mr_ifindex: index as i32,
            mr_type: libc::PACKET_MR_PROMISC as u16,
            mr_alen: 0,
            mr_address: [0; 8],
        };
        set(
            &self.socket,
            libc::SOL_PACKET,
            libc::PACKET_ADD_MEMBERSHIP,
            &request,
        )
    }

    /// Hands out the frames of the next block; whether there was one.
    pub fn read(&mut self, mut each: impl FnMut(Frame<'_>)) -> bool {
        let Some(block) = self.ring.filled(self.next) else {
            return false;
        };
        let mut at = block.first;
        for _ in 0..block.packets {
            let Some(packet) = block.packet(at) else {
                break;
            };
            let echo = packet.source.sll_pkttype == libc::PACKET_OUTGOING
                && (self.loopback || packet.source.sll_hatype == libc::ARPHRD_LOOPBACK);
            if !echo {
                each(packet.frame());
            }
            at += packet.header.tp_next_offset as usize;
        }
        self.ring.give_back(self.next);
        self.next = (self.next + 1) % BLOCKS;
        true
    }

    /// Packets that the kernel gave and dropped, since the tap was opened. The kernel resets its
    /// own counts at each reading, so they are added up here.
    pub fn kernel_counts(&mut self) -> (u64, u64) {
        let mut stats = libc::tpacket_stats_v3 {
            tp_packets: 0,
            tp_drops: 0,
            tp_freeze_q_cnt: 0,
        };
        let read = get(
            &self.socket,
            libc::SOL_PACKET,
            libc::PACKET_STATISTICS,
            &mut stats,
        );
        if read.is_ok() {
            self.received += u64::from(stats.tp_packets);
            self.drops += u64::from(stats.tp_drops);
        }
        (self.received, self.drops)
    }
}

/// The ring that kernel and process share.
struct Ring(*mut u8);

// SAFETY: the mapping belongs to this value alone, which is not `Sync`; no thread holds on to it.
unsafe impl Send for Ring {}

/// A block that the kernel has filled.
struct Block<'a> {
    /// What follows the block's own header.
    bytes: &'a [u8],
    packets: u32,
    /// Of the first packet, from the block's start.
    first: usize,
}

/// One packet of a block, with the two headers that the kernel puts before it.
struct Captured<'a> {
    header: libc::tpacket3_hdr,
    source: libc::sockaddr_ll,
    bytes: &'a [u8],
}

const BLOCK_HEADER: usize = size_of::<libc::tpacket_block_desc>();

impl Ring {
    fn of(socket: &OwnedFd) -> io::Result<Ring> {
        let version = libc::tpacket_versions::TPACKET_V3;
        set(socket, libc::SOL_PACKET, libc::PACKET_VERSION, &version)?;
        let request = libc::tpacket_req3 {
            tp_block_size: BLOCK_BYTES as u32,
            tp_block_nr: BLOCKS as u32,
            tp_frame_size: 2048,
            tp_frame_nr: (BLOCK_BYTES / 2048 * BLOCKS) as u32,
            tp_retire_blk_tov: RETIRE_MS,
            tp_sizeof_priv: 0,
            tp_feature_req_word: 0,
        };
        set(socket, libc::SOL_PACKET, libc::PACKET_RX_RING, &request)?;
        // SAFETY: a new mapping at a place of the kernel's choice touches no memory of ours.
        let ring = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                BLOCK_BYTES * BLOCKS,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_SHARED,
                socket.as_raw_fd(),
                0,
            )
        };
        if ring == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        Ok(Ring(ring.cast()))
    }

    fn block(&self, number: usize) -> *mut libc::tpacket_block_desc {
        debug_assert!(number < BLOCKS);
        // SAFETY: `number` is below `BLOCKS`, so the place is within the mapping.
        unsafe { self.0.add(number * BLOCK_BYTES) }.cast()
    }

    /// Whose a block is; kernel and process hand it over to each other by this word.
    fn status(&self, number: usize) -> &AtomicU32 {
        let block = self.block(number);
        // SAFETY: the word is within the mapping, which lives as long as `self`, is aligned, and is
        // read and written by both sides as one word.
        unsafe { &*(&raw mut (*block).hdr.bh1.block_status).cast::<AtomicU32>() }
    }

    /// A block, if it is ours to read.
    fn filled(&self, number: usize) -> Option<Block<'_>> {
        if self.status(number).load(Ordering::Acquire) & libc::TP_STATUS_USER == 0 {
            return None;
        }
        let block = self.block(number);
        // SAFETY: the status says that the kernel has finished with the block and leaves it alone
        // until it is given back, which `give_back` does when nothing borrows from it any more. The
        // bytes begin behind the header, where the status is.
        unsafe {
            let bytes = block.cast::<u8>().add(BLOCK_HEADER);
            Some(Block {
                bytes: std::slice::from_raw_parts(bytes, BLOCK_BYTES - BLOCK_HEADER),
                packets: (*block).hdr.bh1.num_pkts,
                first: (*block).hdr.bh1.offset_to_first_pkt as usize,
            })
        }
    }

    fn give_back(&mut self, number: usize) {
        self.status(number)
            .store(libc::TP_STATUS_KERNEL, Ordering::Release);
    }
}

impl Drop for Ring {
    fn drop(&mut self) {
        // SAFETY: the mapping is of this length, and nothing borrows from it any more.
        unsafe { libc::munmap(self.0.cast(), BLOCK_BYTES * BLOCKS) };
    }
}

impl<'a> Block<'a> {
    /// Bytes at a place counted from the block's start.
    fn at(&self, place: usize, length: usize) -> Option<&'a [u8]> {
        let from = place.checked_sub(BLOCK_HEADER)?;
        self.bytes.get(from..from.checked_add(length)?)
    }

    /// The packet whose header is at a place; `None` when it would leave the block.
    fn packet(&self, at: usize) -> Option<Captured<'a>> {
        const HEADER: usize = size_of::<libc::tpacket3_hdr>();
        let header = self.at(at, HEADER)?;
        // SAFETY: the bytes are as many as the structure has, of numbers alone; no alignment is
        // asked for.
        let header = unsafe {
            header
                .as_ptr()
                .cast::<libc::tpacket3_hdr>()
                .read_unaligned()
        };
        let source = self.at(at + align(HEADER), size_of::<libc::sockaddr_ll>())?;
        // SAFETY: as above.
        let source = unsafe { source.as_ptr().cast::<libc::sockaddr_ll>().read_unaligned() };
        let bytes = self.at(at + usize::from(header.tp_mac), header.tp_snaplen as usize)?;
        Some(Captured {
            header,
            source,
            bytes,
        })
    }
}

impl<'a> Captured<'a> {
    fn frame(&self) -> Frame<'a> {
        let link = match self.source.sll_hatype {
            ARPHRD_NONE | ARPHRD_PPP => Link::RawIp,
            _ => Link::Ethernet,
        };
        let seconds = i64::from(self.header.tp_sec) * 1_000_000;
        Frame {
            at: WallTime(seconds + i64::from(self.header.tp_nsec) / 1000),
            interface: self.source.sll_ifindex as u16,
            link,
            bytes: self.bytes,
            original_len: self.header.tp_len as usize,
        }
    }
}

/// Has the kernel refuse to send on these taps' sockets, and on any other of their kind, to all of
/// this process.
///
/// # Errors
/// When it does not hold; nothing is sent all the same.
pub fn mute(taps: &[LiveTap]) -> Result<(), Refused> {
    let sockets: Vec<BorrowedFd<'_>> = taps.iter().map(|t| t.socket.as_fd()).collect();
    confine::mute(&sockets)
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
    // SAFETY: the events are as many as is said, and outlive the call.
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
            let read = get(&tap.socket, libc::SOL_SOCKET, libc::SO_ERROR, &mut error);
            let error = read.map_or_else(|e| e, |()| io::Error::from_raw_os_error(error));
            Err(TapError::Io(tap.name.clone(), error))
        }
        None => Ok(()),
    }
}

/// TPACKET_ALIGN.
fn align(size: usize) -> usize {
    size.next_multiple_of(16)
}

fn succeeded(done: libc::c_int) -> io::Result<()> {
    match done {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

fn packet_socket(protocol: u16) -> io::Result<OwnedFd> {
    // SAFETY: plain numbers go in.
    let raw = unsafe {
        libc::socket(
            libc::AF_PACKET,
            libc::SOCK_RAW | libc::SOCK_CLOEXEC,
            i32::from(protocol),
        )
    };
    if raw < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the descriptor was opened just now and is nobody else's.
    Ok(unsafe { OwnedFd::from_raw_fd(raw) })
}

/// Sets a socket option that takes `T`.
fn set<T>(socket: &OwnedFd, level: i32, option: i32, value: &T) -> io::Result<()> {
    let length = size_of::<T>() as libc::socklen_t;
    // SAFETY: the kernel reads as many bytes as `T` has, within the call.
    succeeded(unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            level,
            option,
            std::ptr::from_ref(value).cast(),
            length,
        )
    })
}

/// Reads a socket option into `T`, which any bytes must be valid for.
fn get<T: Copy>(socket: &OwnedFd, level: i32, option: i32, value: &mut T) -> io::Result<()> {
    let mut length = size_of::<T>() as libc::socklen_t;
    // SAFETY: the kernel writes at most as many bytes as `T` has; the callers' types are of numbers
    // alone.
    succeeded(unsafe {
        libc::getsockopt(
            socket.as_raw_fd(),
            level,
            option,
            std::ptr::from_mut(value).cast(),
            &raw mut length,
        )
    })
}

fn interface_index(name: &str) -> Option<u32> {
    let name = CString::new(name).ok()?;
    // SAFETY: the name ends in a zero and outlives the call.
    match unsafe { libc::if_nametoindex(name.as_ptr()) } {
        0 => None,
        index => Some(index),
    }
}
