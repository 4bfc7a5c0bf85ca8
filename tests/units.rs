//! The box as its unit runs it: what systemd thinks of the units, decoders under users of their
//! own, a tap that the kernel keeps from sending, and a watchdog and a readiness that hang on the
//! tap's own turns. What needs root, or systemd's tools, says so where it could not be tried.

mod common;

use assay::capture::live::{self, LiveTap};
use assay::confine;
use assay::media::codec::Codec;
use assay::media::codec::foreign::{Coded, Foreign, NoSound};
use assay::recorder::worker::{Worker, WorkerSettings};
use common::*;
use std::io::Write;
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

/// Says that something could not be tried here; where tests must be whole, that fails.
fn not_tried(why: &str) {
    println!("NOT TRIED: {why}");
    assert!(std::env::var_os("CI").is_none(), "{why}");
}

fn is_root() -> bool {
    // SAFETY: no arguments; it cannot fail.
    unsafe { libc::geteuid() == 0 }
}

fn services() -> Vec<PathBuf> {
    let units = std::fs::read_dir(root().join("systemd")).unwrap();
    let mut services: Vec<PathBuf> = units
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().is_some_and(|e| e == "service"))
        .collect();
    services.sort();
    services
}

#[test]
fn systemd_finds_little_to_say_of_the_units() {
    for service in services() {
        let judged = Command::new("systemd-analyze")
            .args(["security", "--offline=true"])
            .arg(&service)
            .output();
        let Ok(judged) = judged else {
            return not_tried("systemd-analyze is not installed");
        };
        let text = String::from_utf8_lossy(&judged.stdout).into_owned();
        let last = text.lines().last().unwrap_or_default();
        println!("{last}");
        let figure = last
            .split("service: ")
            .nth(1)
            .and_then(|t| t.split(' ').next());
        let figure: f64 = figure.and_then(|f| f.parse().ok()).unwrap_or_else(|| {
            panic!("{text} {}", String::from_utf8_lossy(&judged.stderr));
        });
        assert!(figure <= 1.5, "{last}");
    }
}

#[test]
fn each_unit_has_limits_and_decoders_end_first() {
    let mut scores = Vec::new();
    for service in services() {
        let text = std::fs::read_to_string(&service).unwrap();
        let value = |key: &str| {
            let line = text
                .lines()
                .find_map(|l| l.strip_prefix(key)?.strip_prefix('='));
            line.unwrap_or_else(|| panic!("{}: no {key}", service.display()))
                .to_owned()
        };
        for limit in ["MemoryMax", "TasksMax", "LimitNOFILE", "LimitCORE"] {
            value(limit);
        }
        scores.push((value("OOMScoreAdjust").parse::<i32>().unwrap(), service));
    }
    scores.sort();
    let order: Vec<&str> = scores
        .iter()
        .map(|(_, s)| s.file_name().unwrap().to_str().unwrap())
        .collect();
    let expected = ["assay-capture", "assay", "assay-review", "assay-decoder@"];
    assert_eq!(order, expected.map(|name| format!("{name}.service")));
}

/// One packet of silence in Opus, one in GSM.
fn decodes(worker: &mut Worker) -> [Result<usize, NoSound>; 2] {
    let gsm = [&[0xd0][..], &[0; 32]].concat();
    [(Codec::Opus, &[0xf8, 0xff, 0xfe][..]), (Codec::Gsm, &gsm)].map(|(codec, payload)| {
        let packet = Coded {
            missing: 0,
            payload,
        };
        worker.decode(codec, &[packet]).map(|s| s.pcm.len())
    })
}

struct Service(Child);

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn decoders_come_from_their_own_service_where_there_is_one() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("decoders");
    let mut worker = Worker::new(WorkerSettings {
        program: "/nowhere".into(),
        socket: socket.clone(),
        ..WorkerSettings::default()
    });
    for refused in decodes(&mut worker) {
        let Err(NoSound::Refused(why)) = refused else {
            panic!("{refused:?}");
        };
        assert!(why.contains("assay-decoder.socket"), "{why}");
    }
    let service = Command::new("systemd-socket-activate")
        .args(["--accept", "--inetd", "-l"])
        .arg(&socket)
        .args([ASSAY, "seal-worker"])
        .stderr(Stdio::null())
        .spawn();
    let Ok(service) = service else {
        return not_tried("systemd-socket-activate is not installed");
    };
    let _service = Service(service);
    until("the service listens", || socket.exists());
    assert_eq!(decodes(&mut worker), [Ok(960), Ok(160)]);
    // The same processes again.
    assert_eq!(decodes(&mut worker), [Ok(960), Ok(160)]);
}

/// The tap's own socket.
fn packet_socket() -> i32 {
    let is_packet = |fd: &i32| {
        let (mut domain, mut length) = (0_i32, 4);
        // SAFETY: the kernel writes one number of four bytes.
        let got = unsafe {
            libc::getsockopt(
                *fd,
                libc::SOL_SOCKET,
                libc::SO_DOMAIN,
                (&raw mut domain).cast(),
                &raw mut length,
            )
        };
        got == 0 && domain == libc::AF_PACKET
    };
    (0..256).find(is_packet).unwrap()
}

/// Each way to send on a socket, or to get another; and what came of it.
fn ways_to_send(socket: i32) -> Vec<(&'static str, i64)> {
    let frame = [0_u8; 60];
    // SAFETY: plain numbers, and structures that outlive each call.
    unsafe {
        let mut to: libc::sockaddr_ll = std::mem::zeroed();
        to.sll_family = libc::AF_PACKET as u16;
        to.sll_protocol = 0x88b5_u16.to_be();
        to.sll_ifindex = libc::if_nametoindex(c"lo".as_ptr()) as i32;
        to.sll_halen = 6;
        let length = size_of_val(&to) as u32;
        let mut part = libc::iovec {
            iov_base: frame.as_ptr().cast_mut().cast(),
            iov_len: frame.len(),
        };
        let mut message: libc::msghdr = std::mem::zeroed();
        message.msg_name = (&raw mut to).cast();
        message.msg_namelen = length;
        message.msg_iov = &raw mut part;
        message.msg_iovlen = 1;
        let mut messages = libc::mmsghdr {
            msg_hdr: message,
            msg_len: 0,
        };
        let (at, many) = (frame.as_ptr().cast(), frame.len());
        let address = (&raw const to).cast();
        let none = std::ptr::null::<u8>();
        vec![
            (
                "sendto",
                libc::sendto(socket, at, many, 0, address, length) as i64,
            ),
            (
                "sendmsg",
                libc::sendmsg(socket, &raw const message, 0) as i64,
            ),
            (
                "sendmmsg",
                libc::sendmmsg(socket, &raw mut messages, 1, 0).into(),
            ),
            ("dup", libc::dup(socket).into()),
            ("dup2", libc::dup2(socket, 250).into()),
            ("fcntl", libc::fcntl(socket, libc::F_DUPFD, 200).into()),
            (
                "packet",
                libc::socket(libc::AF_PACKET, libc::SOCK_RAW, 0).into(),
            ),
            (
                "cooked",
                libc::socket(libc::AF_PACKET, libc::SOCK_DGRAM, 0).into(),
            ),
            (
                "raw",
                libc::socket(libc::AF_INET, libc::SOCK_RAW, libc::IPPROTO_RAW).into(),
            ),
            ("write", libc::write(socket, at, many) as i64),
            ("writev", libc::writev(socket, &raw const part, 1) as i64),
            ("io_uring", libc::syscall(libc::SYS_io_uring_setup, 1, none)),
            (
                "pidfd_getfd",
                libc::syscall(libc::SYS_pidfd_getfd, -1, socket, 0),
            ),
        ]
    }
}

/// Run by the next test, in a process of its own: what is muted stays so.
#[test]
#[ignore = "mutes the process that it runs in"]
fn tries_to_send() {
    let mut tap = [LiveTap::open("lo", false, &[]).unwrap()];
    let socket = packet_socket();
    for (way, came) in ways_to_send(socket) {
        // A socket that is bound to no interface sends only where it is told to.
        let refused = ["write", "writev", "io_uring", "pidfd_getfd"].contains(&way);
        assert!(came >= 0 || refused, "unmuted, {way}: {came}");
    }
    // A thread that was there before is muted as well.
    let (go, wait) = channel();
    let earlier = std::thread::spawn(move || {
        wait.recv().unwrap();
        ways_to_send(socket)
    });
    live::mute(&tap).unwrap();
    go.send(()).unwrap();
    for (way, came) in [ways_to_send(socket), earlier.join().unwrap()].concat() {
        assert_eq!(came, -1, "muted, {way}");
        println!("SHOW {way}: refused");
    }
    // All else goes on: connections, datagrams, and the tap, which sees them.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    stream.write_all(b"hello").unwrap();
    let datagrams = UdpSocket::bind("127.0.0.1:0").unwrap();
    let here = datagrams.local_addr().unwrap();
    datagrams.send_to(b"hello", here).unwrap();
    let mut seen = 0;
    until("the tap sees them", || {
        tap[0].read(|_| seen += 1);
        seen > 0
    });
    // The tap's own thread has no socket to open, and none to send on.
    let descriptor = datagrams.as_raw_fd();
    let thread = std::thread::spawn(move || {
        confine::mute_thread().unwrap();
        let sent = datagrams
            .send_to(b"hello", here)
            .map_err(|e| e.raw_os_error());
        let bound = UdpSocket::bind("127.0.0.1:0").map_err(|e| e.raw_os_error());
        assert_eq!(sent, Err(Some(libc::EPERM)));
        assert_eq!(bound.unwrap_err(), Some(libc::EPERM));
        datagrams
    });
    let datagrams = thread.join().unwrap();
    assert_eq!(datagrams.as_raw_fd(), descriptor);
    datagrams.send_to(b"hello", here).unwrap();
}

#[test]
fn a_tap_cannot_send_and_all_else_goes_on() {
    if !is_root() {
        return not_tried("a tap needs root");
    }
    let own = std::env::current_exe().unwrap();
    let tried = Command::new(own)
        .args(["--exact", "tries_to_send", "--ignored", "--nocapture"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&tried.stdout);
    assert!(
        tried.status.success() && said.contains("1 passed"),
        "{said} {}",
        String::from_utf8_lossy(&tried.stderr)
    );
}

/// A box that taps loopback, with a manager that listens to what it tells.
struct Tapping {
    address: String,
    child: Service,
    manager: UnixDatagram,
    _folder: tempfile::TempDir,
}

/// How long the manager waits for its dog to be fed.
const WATCHDOG: Duration = Duration::from_millis(900);

impl Tapping {
    fn start() -> Tapping {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("notify");
        let manager = UnixDatagram::bind(&socket).unwrap();
        manager.set_nonblocking(true).unwrap();
        let address = free_address();
        let child = Command::new(ASSAY)
            .args(["run", "--interface", "lo", "--listen", &address, "--data"])
            .arg(folder.path().join("data"))
            .env("NOTIFY_SOCKET", &socket)
            .env("WATCHDOG_USEC", WATCHDOG.as_micros().to_string())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Tapping {
            address,
            child: Service(child),
            manager,
            _folder: folder,
        }
    }

    /// How often the dog is fed in a time.
    fn fed(&self, time: Duration) -> usize {
        let (began, mut fed) = (Instant::now(), 0);
        while began.elapsed() < time {
            let mut text = [0; 256];
            match self.manager.recv(&mut text) {
                Ok(n) => fed += usize::from(text[..n].starts_with(b"WATCHDOG=1")),
                Err(_) => std::thread::sleep(Duration::from_millis(20)),
            }
        }
        fed
    }

    fn asked(&self, path: &str) -> (u16, String) {
        let asked = ureq::get(format!("http://{}{path}", self.address));
        let asked = asked.config().http_status_as_error(false).build().call();
        asked.map_or((0, String::new()), |mut answer| {
            let status = answer.status().as_u16();
            (status, answer.body_mut().read_to_string().unwrap())
        })
    }

    /// The kernel's number of the tap's thread.
    fn tap(&self) -> i32 {
        let tasks = format!("/proc/{}/task", self.child.0.id());
        let mut threads = std::fs::read_dir(tasks).unwrap().flatten();
        let tap = threads.find(|t| {
            std::fs::read_to_string(t.path().join("comm")).is_ok_and(|name| name == "tap\n")
        });
        let name = tap.unwrap().file_name();
        name.to_str().unwrap().parse().unwrap()
    }
}

fn trace(request: libc::c_uint, thread: i32) {
    let none = std::ptr::null_mut::<libc::c_void>();
    // SAFETY: plain numbers go in, and no addresses.
    let done = unsafe { libc::ptrace(request, thread, none, none) };
    assert!(done == 0 || std::thread::panicking());
}

/// A thread that stands still until this goes, as a test that fails has it go.
struct StandsStill(i32);

impl StandsStill {
    fn from_now_on(thread: i32) -> StandsStill {
        trace(libc::PTRACE_SEIZE, thread);
        trace(libc::PTRACE_INTERRUPT, thread);
        // SAFETY: waits for the thread to stop; the status is not asked for.
        unsafe { libc::waitpid(thread, std::ptr::null_mut(), libc::__WALL) };
        StandsStill(thread)
    }
}

impl Drop for StandsStill {
    fn drop(&mut self) {
        trace(libc::PTRACE_DETACH, self.0);
    }
}

#[test]
fn a_tap_that_hangs_starves_the_watchdog_and_is_not_ready() {
    if !is_root() {
        return not_tried("a tap needs root");
    }
    let running = Tapping::start();
    until("it is ready", || running.asked("/readyz").0 == 200);
    assert!(running.fed(WATCHDOG * 2) >= 3);
    for task in std::fs::read_dir(format!("/proc/{}/task", running.child.0.id())).unwrap() {
        let status = std::fs::read_to_string(task.unwrap().path().join("status")).unwrap();
        assert!(status.contains("Seccomp:\t2") && status.contains("NoNewPrivs:\t1"));
    }
    let tap = StandsStill::from_now_on(running.tap());
    // What was fed before it stood still.
    running.fed(WATCHDOG);
    assert_eq!(running.fed(WATCHDOG * 3), 0, "the tap stands still");
    assert_eq!(running.asked("/healthz").0, 200, "the page does not");
    until("it says so", || {
        running.asked("/readyz").1.contains("The tap stands still")
    });
    assert_eq!(running.asked("/readyz").0, 503);
    drop(tap);
    until("it is ready again", || running.asked("/readyz").0 == 200);
    assert!(running.fed(WATCHDOG * 2) >= 3);
}

#[test]
fn a_box_without_its_key_is_not_ready() {
    if !is_root() {
        return not_tried("a tap needs root");
    }
    let running = Tapping::start();
    until("it is ready", || running.asked("/readyz").0 == 200);
    let keys: &Path = &running._folder.path().join("data/keys");
    std::fs::rename(keys, keys.with_extension("gone")).unwrap();
    until("it says so", || {
        running
            .asked("/readyz")
            .1
            .contains("no key to record under")
    });
    std::fs::rename(keys.with_extension("gone"), keys).unwrap();
    until("it is ready again", || running.asked("/readyz").0 == 200);
}
