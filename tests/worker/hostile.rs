//! A decoder that has been taken over: this test's own program, run in FFmpeg's place. It looks at
//! the name by which it was started, does what that says, and never comes to the tests.

use std::ffi::{CStr, CString, c_char, c_int};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Programs of this name, with what they do behind it, are decoders.
pub const NAME: &str = "decoder-";
/// How a decoder ends that has tried everything and told it.
pub const TRIED: i32 = 46;
/// The same, in the place of libopus: run by this argument with the data folder behind it.
pub const OWN: &str = "in-the-place-of-libopus";

/// Runs before `main`, and with it before the test harness looks at the arguments.
#[used]
#[unsafe(link_section = ".init_array")]
static BEFORE_MAIN: extern "C" fn(c_int, *const *const c_char) = before_main;

extern "C" fn before_main(count: c_int, arguments: *const *const c_char) {
    let argument = |n: c_int| {
        // SAFETY: the loader hands over `main`'s arguments, each ended by a zero.
        (n < count).then(|| unsafe { CStr::from_ptr(*arguments.add(n as usize)) })
    };
    let text = |n| argument(n).map(|a| a.to_string_lossy().into_owned());
    let Some(name) = text(0) else { return };
    if text(1).as_deref() == Some(OWN) {
        let folder = PathBuf::from(text(2).unwrap_or_default());
        let bounds = assay::confine::Bounds {
            memory: assay::confine::limits::MEMORY,
            user: None,
        };
        // SAFETY: no arguments; it cannot fail.
        let recorder = unsafe { libc::getppid() };
        if let Err(refused) = assay::confine::decoding(bounds) {
            end(&format!("refused: {refused}"), 1);
        }
        end(&everything(&folder, recorder), TRIED);
    }
    let file = Path::new(&name).file_name().unwrap_or_default();
    let Some(what) = file.to_str().and_then(|f| f.strip_prefix(NAME)) else {
        return;
    };
    let folder = Path::new(&name).parent().unwrap_or(Path::new("/"));
    act(what, folder)
}

/// Says one line, and ends.
fn end(line: &str, status: i32) -> ! {
    let _ = writeln!(std::io::stderr(), "{line}");
    // SAFETY: a plain number goes in; nothing runs behind it.
    unsafe { libc::_exit(status) }
}

fn take_all() {
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
}

fn give(bytes: usize) {
    let _ = std::io::stdout().write_all(&vec![0; bytes]);
}

fn act(what: &str, folder: &Path) -> ! {
    // SAFETY: no arguments; it cannot fail.
    let parent = unsafe { libc::getppid() };
    match what {
        "crashes" => {
            // SAFETY: of no use to anybody: the process is to end by it.
            unsafe { std::ptr::null_mut::<u8>().write_volatile(1) };
            end("alive", 0)
        }
        "hangs" => loop {
            std::thread::sleep(Duration::from_secs(3600));
        },
        "spins" => loop {
            std::hint::spin_loop();
        },
        "eats-memory" => {
            let mut all = Vec::new();
            loop {
                all.push(vec![1_u8; 64 << 20]);
                std::hint::black_box(&all);
            }
        }
        "gives-too-little" => {
            take_all();
            give(1000);
            end("", 0)
        }
        "gives-without-end" => loop {
            give(1 << 20);
        },
        "complains-without-end" => loop {
            let _ = std::io::stderr().write_all(&[b'x'; 1 << 16]);
        },
        "gives-nothing" => {
            take_all();
            end("", 0)
        }
        "runs-a-shell-by-the-loader" => by_the_loader(),
        "tries-everything" => end(&everything(folder, parent), TRIED),
        other => end(&format!("no decoder does '{other}'"), 1),
    }
}

/// The loader may be run, since the decoder itself needs it.
fn by_the_loader() -> ! {
    for loader in ["/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1"] {
        run(loader, &[loader, "/bin/sh", "-c", "exit 47"]);
    }
    end("no loader was run", 48)
}

fn run(program: &str, arguments: &[&str]) -> i64 {
    let program = CString::new(program).unwrap_or_default();
    let arguments: Vec<CString> = arguments
        .iter()
        .map(|a| CString::new(*a).unwrap_or_default())
        .collect();
    let mut pointers: Vec<*const c_char> = arguments.iter().map(|a| a.as_ptr()).collect();
    pointers.push(std::ptr::null());
    let none = [std::ptr::null::<c_char>()];
    // SAFETY: texts that end in zeros, and lists that end in null.
    i64::from(unsafe { libc::execve(program.as_ptr(), pointers.as_ptr(), none.as_ptr()) })
}

/// What came of a system call: `done`, or the error's name.
fn came(result: i64) -> String {
    if result >= 0 {
        return "done".to_owned();
    }
    let error = std::io::Error::last_os_error().raw_os_error();
    match error {
        Some(libc::EPERM) => "EPERM".to_owned(),
        Some(libc::EACCES) => "EACCES".to_owned(),
        Some(libc::ENOSYS) => "ENOSYS".to_owned(),
        Some(libc::ENOMEM) => "ENOMEM".to_owned(),
        Some(libc::EMFILE) => "EMFILE".to_owned(),
        other => format!("error-{}", other.unwrap_or(0)),
    }
}

/// One name for each attempt, and what came of it.
struct Tried(Vec<(String, String)>);

impl Tried {
    fn call(&mut self, name: &str, result: i64) {
        self.0.push((name.to_owned(), came(result)));
    }

    fn file<T>(&mut self, name: &str, result: std::io::Result<T>) {
        let came = match result {
            Ok(_) => "done".to_owned(),
            Err(e) => match e.raw_os_error() {
                Some(libc::EPERM) => "EPERM".to_owned(),
                Some(libc::EACCES) => "EACCES".to_owned(),
                other => format!("error-{}", other.unwrap_or(0)),
            },
        };
        self.0.push((name.to_owned(), came));
    }

    fn number(&mut self, name: &str, number: usize) {
        self.0.push((name.to_owned(), number.to_string()));
    }
}

/// Tries all of it; `name=what-came` for each, on one line.
fn everything(folder: &Path, parent: i32) -> String {
    let mut tried = Tried(Vec::new());
    files(&mut tried, folder, parent);
    processes(&mut tried, parent);
    sockets(&mut tried, folder);
    privileges(&mut tried);
    resources(&mut tried);
    let all: Vec<String> = tried.0.iter().map(|(n, c)| format!("{n}={c}")).collect();
    all.join(" ")
}

fn files(tried: &mut Tried, folder: &Path, parent: i32) {
    let reads = [
        ("read-key", folder.join("the.key")),
        ("read-database", folder.join("data/assay.db")),
        ("read-passwd", "/etc/passwd".into()),
        ("read-own-environment", "/proc/self/environ".into()),
        (
            "read-parent-environment",
            format!("/proc/{parent}/environ").into(),
        ),
        ("read-parent-memory", format!("/proc/{parent}/mem").into()),
        ("read-parent-maps", format!("/proc/{parent}/maps").into()),
        ("read-first-process", "/proc/1/status".into()),
    ];
    for (name, path) in reads {
        tried.file(name, std::fs::File::open(path));
    }
    tried.file("list-data", std::fs::read_dir(folder.join("data")));
    tried.file("list-processes", std::fs::read_dir("/proc"));
    let data = folder.join("data");
    let (database, here) = (data.join("assay.db"), data.join("was-here"));
    tried.file("write-data", std::fs::write(&here, "x"));
    tried.file(
        "write-shared-memory",
        std::fs::write("/dev/shm/assay-was-here", "x"),
    );
    tried.file("write-tmp", std::fs::write("/tmp/assay-was-here", "x"));
    tried.file(
        "rename-database",
        std::fs::rename(&database, data.join("gone")),
    );
    tried.file("remove-database", std::fs::remove_file(&database));
    tried.file("link-database", std::fs::hard_link(&database, &here));
    tried.file("make-folder", std::fs::create_dir(&here));
    tried.file("symlink", std::os::unix::fs::symlink(&database, &here));
    let path = CString::new(database.as_os_str().as_encoded_bytes()).unwrap_or_default();
    // SAFETY: a text that ends in a zero.
    unsafe {
        tried.call(
            "chmod-database",
            i64::from(libc::chmod(path.as_ptr(), 0o777)),
        );
        tried.call(
            "truncate-database",
            i64::from(libc::truncate(path.as_ptr(), 0)),
        );
        let root = c"/".as_ptr();
        tried.call("chroot", i64::from(libc::chroot(root)));
        let none = std::ptr::null::<c_char>();
        tried.call(
            "mount",
            i64::from(libc::mount(
                none,
                root,
                none,
                libc::MS_REMOUNT,
                std::ptr::null(),
            )),
        );
    }
}

fn processes(tried: &mut Tried, parent: i32) {
    // SAFETY: plain numbers go in, or structures that outlive the call; signal 0 harms nobody.
    unsafe {
        tried.call("signal-parent", i64::from(libc::kill(parent, 0)));
        tried.call("signal-first", i64::from(libc::kill(1, 0)));
        tried.call("signal-group", i64::from(libc::kill(0, 0)));
        let reached = (2..1 << 16).filter(|pid| libc::kill(*pid, 0) == 0).count();
        tried.number("processes-signalled", reached);
        tried.call(
            "signal-thread",
            libc::syscall(libc::SYS_tgkill, parent, parent, 0),
        );
        tried.call("pidfd", libc::syscall(libc::SYS_pidfd_open, parent, 0));
        let null = std::ptr::null_mut::<libc::c_void>();
        tried.call(
            "ptrace-parent",
            libc::ptrace(libc::PTRACE_ATTACH, parent, null, null),
        );
        tried.call(
            "ptrace-me",
            libc::ptrace(libc::PTRACE_TRACEME, 0, null, null),
        );
        let mut byte = 0_u8;
        let here = libc::iovec {
            iov_base: (&raw mut byte).cast(),
            iov_len: 1,
        };
        let read = libc::process_vm_readv(parent, &raw const here, 1, &raw const here, 1, 0);
        tried.call("memory-of-parent", read as i64);
        let mut limit = std::mem::zeroed::<libc::rlimit>();
        let nothing = std::ptr::null();
        let limits = libc::prlimit(parent, libc::RLIMIT_CPU, nothing, &raw mut limit);
        tried.call("limits-of-parent", i64::from(limits));
        let least = libc::setpriority(libc::PRIO_PROCESS, parent as u32, 19);
        tried.call("priority-of-parent", i64::from(least));
        // A child that is there after all ends at once.
        match libc::fork() {
            0 => libc::_exit(0),
            pid => tried.call("fork", i64::from(pid)),
        }
        let raw = libc::syscall(libc::SYS_clone, libc::SIGCHLD, 0, 0, 0, 0);
        if raw == 0 {
            libc::_exit(0)
        }
        tried.call("clone", raw);
    }
    tried.call("shell", run("/bin/sh", &["sh", "-c", "exit 47"]));
    tried.call(
        "shell-by-link",
        run("/usr/bin/dash", &["sh", "-c", "exit 47"]),
    );
}

fn sockets(tried: &mut Tried, folder: &Path) {
    let kinds = [
        ("tcp", libc::AF_INET, libc::SOCK_STREAM),
        ("tcp6", libc::AF_INET6, libc::SOCK_STREAM),
        ("udp", libc::AF_INET, libc::SOCK_DGRAM),
        ("unix", libc::AF_UNIX, libc::SOCK_STREAM),
        ("packet", libc::AF_PACKET, libc::SOCK_RAW),
        ("raw", libc::AF_INET, libc::SOCK_RAW),
        ("netlink", libc::AF_NETLINK, libc::SOCK_RAW),
        ("vsock", libc::AF_VSOCK, libc::SOCK_STREAM),
    ];
    for (name, family, kind) in kinds {
        // SAFETY: plain numbers go in.
        tried.call(name, i64::from(unsafe { libc::socket(family, kind, 0) }));
    }
    let path = folder.join("socket");
    tried.file(
        "connect-unix",
        std::os::unix::net::UnixStream::connect(path),
    );
    tried.file("connect-tcp", std::net::TcpStream::connect("127.0.0.1:9"));
    let mut pair = [0; 2];
    // SAFETY: the kernel writes two numbers.
    let made = unsafe { libc::socketpair(libc::AF_UNIX, libc::SOCK_STREAM, 0, pair.as_mut_ptr()) };
    tried.call("socketpair", i64::from(made));
}

fn privileges(tried: &mut Tried) {
    // SAFETY: plain numbers go in, or structures that outlive the call.
    unsafe {
        tried.call("become-root", i64::from(libc::setuid(0)));
        for (name, flags) in [
            ("user", libc::CLONE_NEWUSER),
            ("network", libc::CLONE_NEWNET),
        ] {
            tried.call(
                &format!("new-{name}-namespace"),
                i64::from(libc::unshare(flags)),
            );
        }
        let limit = libc::rlimit {
            rlim_cur: libc::RLIM_INFINITY,
            rlim_max: libc::RLIM_INFINITY,
        };
        let raised = libc::setrlimit(libc::RLIMIT_AS, &raw const limit);
        tried.call("raise-memory", i64::from(raised));
        let raised = libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit);
        tried.call("raise-descriptors", i64::from(raised));
        let sets = [0x2008_0522_u32, 0, u32::MAX, u32::MAX, 0, 0, 0, 0];
        let set = libc::syscall(libc::SYS_capset, sets.as_ptr(), sets.as_ptr().add(2));
        tried.call("capabilities", set);
        for (name, call) in [
            ("bpf", libc::SYS_bpf),
            ("io-uring", libc::SYS_io_uring_setup),
            ("perf", libc::SYS_perf_event_open),
            ("userfaultfd", libc::SYS_userfaultfd),
            ("keyctl", libc::SYS_keyctl),
            ("personality", libc::SYS_personality),
            ("memfd", libc::SYS_memfd_create),
            ("shm", libc::SYS_shmget),
            ("mq", libc::SYS_mq_open),
            ("open-by-handle", libc::SYS_open_by_handle_at),
            ("reboot", libc::SYS_reboot),
        ] {
            tried.call(name, libc::syscall(call, 0, 0, 0, 0, 0, 0));
        }
    }
}

fn resources(tried: &mut Tried) {
    let map = |length, protection| {
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
        // SAFETY: a mapping of its own, which nothing else uses.
        let at = unsafe { libc::mmap(std::ptr::null_mut(), length, protection, flags, -1, 0) };
        if at == libc::MAP_FAILED { -1 } else { 0 }
    };
    tried.call("memory-of-8-gb", map(8 << 30, libc::PROT_READ));
    let all = libc::PROT_READ | libc::PROT_WRITE | libc::PROT_EXEC;
    tried.call("written-and-run-memory", map(4096, all));
    // SAFETY: only asks whether a number is a descriptor.
    let open = (0..1024).filter(|fd| unsafe { libc::fcntl(*fd, libc::F_GETFD) } >= 0);
    tried.number("descriptors", open.count());
    tried.number("environment", std::env::vars_os().count());
    // SAFETY: the kernel gives back a number.
    let kept = (0..10_000)
        .take_while(|_| unsafe { libc::dup(0) } >= 0)
        .count();
    tried.number("descriptors-kept", kept);
    let (began, mut threads) = (Instant::now(), 0);
    while threads < 20_000 && began.elapsed() < Duration::from_secs(20) {
        let idle = || std::thread::sleep(Duration::from_secs(600));
        match std::thread::Builder::new().stack_size(16 << 10).spawn(idle) {
            Ok(_) => threads += 1,
            Err(_) => break,
        }
    }
    tried.number("threads", threads);
}
