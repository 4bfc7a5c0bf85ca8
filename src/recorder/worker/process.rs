//! The near end of a worker process: started, asked under a deadline, ended with all that it
//! started.

use super::job::{Job, Order};
use super::protocol;
use super::settings::WorkerSettings;
use crate::confine;
use crate::media::codec::foreign::NoSound;
use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long a process may take to confine itself.
const START: Duration = Duration::from_secs(20);

/// A process that has said that it is confined.
pub(super) struct Process {
    /// `None` where the system's own manager started it.
    child: Option<Child>,
    pub(super) to: Patient,
    pub(super) from: BufReader<Patient>,
}

impl Process {
    /// Starts a process for a job, from the decoders' own service where there is one.
    pub(super) fn start(settings: &WorkerSettings, job: Job) -> Result<Process, NoSound> {
        match settings.socket.as_os_str().is_empty() {
            true => Process::spawn(settings, job, Stdio::piped()),
            false => Process::connect(settings, job),
        }
        .and_then(Process::greeted)
    }

    /// Starts a process whose input is a file.
    pub(super) fn over(
        settings: &WorkerSettings,
        job: Job,
        input: File,
    ) -> Result<Process, NoSound> {
        Process::spawn(settings, job, Stdio::from(input)).and_then(Process::greeted)
    }

    fn spawn(settings: &WorkerSettings, job: Job, input: Stdio) -> Result<Process, NoSound> {
        let user = settings.user;
        let order = serde_json::to_string(&Order { job, user }).map_err(io::Error::from);
        let mut command = Command::new(&settings.program);
        command
            .arg("seal-worker")
            .arg(order.map_err(unstarted)?)
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .current_dir("/")
            // A group of its own, so that what it starts goes with it.
            .process_group(0)
            .stdin(input)
            .stdout(Stdio::piped())
            // What it would write to the log would be a stranger's.
            .stderr(Stdio::null());
        // SAFETY: between fork and exec one system call is made; nothing is allocated or locked.
        unsafe {
            command.pre_exec(confine::hand_on_no_capabilities);
        }
        let mut child = command.spawn().map_err(unstarted)?;
        let to = child.stdin.take().map(OwnedFd::from);
        let from = child.stdout.take().map(OwnedFd::from);
        let from = from.ok_or_else(|| unstarted(io::Error::other("a pipe is missing")))?;
        Ok(Process {
            child: Some(child),
            to: Patient::new(to).map_err(unstarted)?,
            from: BufReader::new(Patient::new(Some(from)).map_err(unstarted)?),
        })
    }

    /// A service that listens on a socket starts a worker for each connection, under its own user.
    fn connect(settings: &WorkerSettings, job: Job) -> Result<Process, NoSound> {
        let failed = |error: io::Error| {
            let path = settings.socket.display();
            NoSound::Refused(kept(&format!(
                "the decoders' service does not answer on {path} ({error}): \
                 `systemctl start assay-decoder.socket`"
            )))
        };
        let to = UnixStream::connect(&settings.socket).map_err(failed)?;
        let from = to.try_clone().map_err(failed)?;
        let mut process = Process {
            child: None,
            to: Patient::new(Some(to.into())).map_err(unstarted)?,
            from: BufReader::new(Patient::new(Some(from.into())).map_err(unstarted)?),
        };
        process.wait_at_most(START);
        let order = Order { job, user: None };
        protocol::order(&mut process.to, &order).map_err(failed)?;
        Ok(process)
    }

    /// Hears whether it is confined.
    fn greeted(mut self) -> Result<Process, NoSound> {
        self.wait_at_most(START);
        match protocol::greeting(&mut self.from) {
            Ok(Ok(())) => Ok(self),
            Ok(Err(why)) => Err(NoSound::Refused(kept(&format!(
                "the decoder was not started, because it could not be confined: {why}"
            )))),
            Err(error) => Err(NoSound::Failed(
                self.ended(&format!("the decoder's process did not begin ({error})")),
            )),
        }
    }

    /// From now on, reading and writing end with `TimedOut` after this long.
    pub(super) fn wait_at_most(&mut self, time: Duration) {
        let until = Instant::now() + time;
        self.to.until = until;
        self.from.get_mut().until = until;
    }

    /// Ends it, and says how it ended.
    pub(super) fn ended(mut self, why: &str) -> String {
        match self.end() {
            Some(how) => format!("{why}; {how}"),
            None => why.to_owned(),
        }
    }

    fn end(&mut self) -> Option<String> {
        let mut child = self.child.take()?;
        // One that has ended by itself says how; others get no time for more.
        let ended = child.try_wait().ok().flatten();
        if let Ok(group) = libc::pid_t::try_from(child.id()) {
            // SAFETY: plain numbers go in. The group is the child's own, and the child has not been
            // waited for, or its number was its own until a moment ago.
            unsafe { libc::kill(-group, libc::SIGKILL) };
        }
        let status = ended.or_else(|| child.wait().ok())?;
        Some(status.to_string())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end();
    }
}

fn unstarted(error: io::Error) -> NoSound {
    NoSound::Failed(format!("the decoders' process cannot be started: {error}"))
}

/// What a refusal means for the call.
fn kept(why: &str) -> String {
    format!("{why}. The payload is kept: `assay doctor` says what to do, then `assay seal`.")
}

/// An end of a pipe that nobody waits for longer than until a moment.
pub(super) struct Patient {
    /// `None` where there is nothing to write to.
    end: Option<File>,
    until: Instant,
}

impl Patient {
    fn new(end: Option<OwnedFd>) -> io::Result<Patient> {
        if let Some(end) = &end {
            // SAFETY: the descriptor is open, and plain numbers go in.
            let set = unsafe {
                let flags = libc::fcntl(end.as_raw_fd(), libc::F_GETFL);
                libc::fcntl(end.as_raw_fd(), libc::F_SETFL, flags | libc::O_NONBLOCK)
            };
            if set < 0 {
                return Err(io::Error::last_os_error());
            }
        }
        Ok(Patient {
            end: end.map(File::from),
            until: Instant::now(),
        })
    }

    fn end(&mut self) -> io::Result<&mut File> {
        self.end
            .as_mut()
            .ok_or_else(|| io::ErrorKind::BrokenPipe.into())
    }

    fn wait(&mut self, events: libc::c_short) -> io::Result<()> {
        let fd = self.end()?.as_raw_fd();
        loop {
            let left = self.until.saturating_duration_since(Instant::now());
            let mut poll = libc::pollfd {
                fd,
                events,
                revents: 0,
            };
            let ms = left.as_micros().div_ceil(1000).min(i32::MAX as u128);
            // SAFETY: one structure, which outlives the call.
            match unsafe { libc::poll(&raw mut poll, 1, ms as libc::c_int) } {
                0 => return Err(io::ErrorKind::TimedOut.into()),
                1.. => return Ok(()),
                _ => match io::Error::last_os_error() {
                    e if e.kind() == io::ErrorKind::Interrupted => {}
                    e => return Err(e),
                },
            }
        }
    }
}

impl Read for Patient {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.end()?.read(buffer) {
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => self.wait(libc::POLLIN)?,
                read => return read,
            }
        }
    }
}

impl Write for Patient {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            match self.end()?.write(bytes) {
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => self.wait(libc::POLLOUT)?,
                written => return written,
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
