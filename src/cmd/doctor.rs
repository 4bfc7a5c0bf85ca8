//! `assay doctor`: what is wrong with this box and its mirror, and what to do (PRODUCT O3).

use super::folder::Folder;
use super::office::{Place, open_db};
use super::setup;
use crate::call::{CallFacts, CallNo, Commands, Lines, StreamNo, Tracker};
use crate::capture::CaptureFiles;
use crate::capture::live::{self, LiveTap, TapError};
use crate::confine;
use crate::doctor::mirror::{Finding, Level, Mirror};
use crate::doctor::{folder, host};
use crate::hex::hex;
use crate::media::codec::Codec;
use crate::media::codec::foreign::{Coded, Foreign, NoSound};
use crate::recorder::Discarded;
use crate::recorder::worker::Worker;
use crate::store::{Db, log};
use crate::units::WallTime;
use crate::wire::{Datagram, Frame, Wire};
use std::collections::HashMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// What to look at, and for how long.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// How long to look at the mirror
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// Interface to look at; without it those of the configuration
    #[arg(long, short)]
    interface: Vec<String>,
    /// Judge these capture files instead of the interfaces
    #[arg(long = "file", num_args = 1..)]
    files: Vec<PathBuf>,
}

/// Exit code 1 when something is bad.
///
/// # Errors
/// When the configuration or the data folder cannot be opened at all.
pub fn run(args: &Args, place: &Place) -> anyhow::Result<ExitCode> {
    let folder = Folder::as_it_is(place)?;
    let mut found = Vec::new();
    if args.files.is_empty() {
        found.extend(the_box(&folder)?);
        found.push(folder::clock());
        found.push(confinement(&folder));
        found.push(codecs(&folder));
        let names = if args.interface.is_empty() {
            &folder.config.capture.interfaces
        } else {
            &args.interface
        };
        println!("looking at {} for {} s …", names.join(", "), args.seconds);
        found.extend(interfaces(
            &folder,
            names,
            Duration::from_secs(args.seconds),
        ));
    } else {
        let mut looked = Looked::new(&folder);
        let mut files = CaptureFiles::open(&args.files);
        while let Some(frame) = files.next_frame() {
            looked.frame(&frame);
        }
        found.extend(
            files
                .into_errors()
                .iter()
                .map(|e| Finding::bad(e.to_string(), "the rest of the file was judged")),
        );
        found.extend(looked.mirror.findings());
        looked.show_discarded();
    }
    found.sort_by_key(|f| std::cmp::Reverse(f.level));
    for f in &found {
        let sign = match f.level {
            Level::Good => "good   ",
            Level::Warning => "warning",
            Level::Bad => "BAD    ",
        };
        println!("{sign} {}", f.what);
        if !f.todo.is_empty() {
            println!("        → {}", f.todo);
        }
    }
    Ok(if found.iter().any(|f| f.level == Level::Bad) {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

/// The box in the folder, if one has begun there; none is begun.
fn the_box(folder: &Folder) -> anyhow::Result<Vec<Finding>> {
    let path = folder.folder();
    if !folder.has_box() {
        return Ok(vec![Finding::warning(
            format!("there is no box in {} yet", path.display()),
            "begin it with `assay run`, or name the folder of yours with --data",
        )]);
    }
    let db = folder.block_on(open_db(&folder.config))?;
    let mut found = vec![store(folder, &db)];
    found.extend(folder::keys(path));
    let copy = folder.log_copy();
    found.push(folder::log_copy(copy.is_elsewhere(path), &copy.folder));
    found.push(folder::disk(path));
    Ok(found)
}

fn interfaces(folder: &Folder, names: &[String], time: Duration) -> Vec<Finding> {
    let filter = match setup::filter(&folder.config.capture) {
        Ok(filter) => filter,
        Err(error) => return vec![Finding::bad(error.to_string(), "mend the configuration")],
    };
    let mut found = Vec::new();
    for name in names {
        match LiveTap::open(name, folder.config.capture.promiscuous, &filter) {
            Ok(tap) => found.extend(look(folder, tap, name, time)),
            Err(error @ TapError::NoPrivilege(_)) => found.push(Finding::bad(
                error.to_string(),
                "run it as root, or give it the capability",
            )),
            Err(error) => found.push(Finding::bad(
                error.to_string(),
                "name an interface that is there in [capture] interfaces",
            )),
        }
    }
    found
}

fn look(folder: &Folder, tap: LiveTap, name: &str, time: Duration) -> Vec<Finding> {
    let before = host::interface_losses(name);
    let mut taps = [tap];
    let mut looked = Looked::new(folder);
    let began = Instant::now();
    while began.elapsed() < time {
        if !taps[0].read(|frame| looked.frame(&frame))
            && let Err(error) = live::wait(&taps, Duration::from_millis(100))
        {
            return vec![Finding::bad(
                error.to_string(),
                "is the interface up? `ip link set dev IFACE up`",
            )];
        }
    }
    let (received, dropped) = taps[0].kernel_counts();
    let lost = host::interface_losses(name).saturating_sub(before);
    looked.show_discarded();
    let mut found = looked.mirror.findings();
    found.push(match dropped + lost {
        0 => Finding::good(format!("{name}: {received} packets, none lost on the way")),
        _ => Finding::bad(
            format!(
                "{name}: of {received} packets the kernel dropped {dropped} and the interface \
                {lost}"
            ),
            "the box is too slow, or its interface is: leave out what is not telephony with \
             [capture] hosts, raise the interface's ring (`ethtool -G`)",
        ),
    });
    found
}

/// What was seen: judged as a mirror, and read as the recorder would, so that what it would discard
/// can be looked at.
struct Looked {
    mirror: Mirror,
    wire: Wire,
    tracker: Tracker,
}

/// Packets of each reason that are shown.
const SHOWN: usize = 3;

impl Looked {
    fn new(folder: &Folder) -> Looked {
        let (settings, lines) = (setup::tracker(&folder.config), Lines::default());
        Looked {
            mirror: Mirror::default(),
            wire: Wire::default(),
            tracker: Tracker::new(settings, lines, |_| uuid::Uuid::now_v7()),
        }
    }

    fn frame(&mut self, frame: &Frame<'_>) {
        self.mirror.frame(frame);
        let tracker = &mut self.tracker;
        tracker.set_interface(Some(frame.interface));
        self.wire.frame(frame, &mut |at, d: &Datagram<'_>| {
            tracker.datagram(at, d, &mut Nowhere);
        });
    }

    /// The last packets that the recorder would discard.
    fn show_discarded(&self) {
        let frames = self.wire.rejected().iter().map(Discarded::frame);
        let datagrams = self.tracker.discarded().iter().map(Discarded::datagram);
        let mut shown: HashMap<String, usize> = HashMap::new();
        for packet in frames.chain(datagrams) {
            let count = shown.entry(packet.reason.clone()).or_default();
            *count += 1;
            if *count <= SHOWN {
                println!("{}", line(&packet));
            }
        }
    }
}

/// A discarded packet on one line.
fn line(packet: &Discarded) -> String {
    let route = packet
        .addresses
        .map_or(String::new(), |(from, to)| format!(" {from} > {to}"));
    let interface = packet
        .interface
        .map_or(String::new(), |n| format!(" interface {n}"));
    let text: String = packet
        .first_bytes
        .reveal()
        .iter()
        .map(|b| {
            if b.is_ascii_graphic() || *b == b' ' {
                char::from(*b)
            } else {
                '.'
            }
        })
        .collect();
    format!(
        "discarded {}: {}{interface}{route}, {} bytes: {} {text}",
        packet.reason,
        packet.at,
        packet.length,
        hex(packet.first_bytes.reveal()),
    )
}

/// A recorder that keeps nothing.
struct Nowhere;

impl Commands for Nowhere {
    fn open(&mut self, _: CallNo, _: &CallFacts) {}
    fn packet(&mut self, _: CallNo, _: StreamNo, _: WallTime, _: &[u8]) {}
    fn facts(&mut self, _: CallNo, _: &CallFacts) {}
    fn close(&mut self, _: CallNo, _: &CallFacts) {}
}

fn store(folder: &Folder, db: &Db) -> Finding {
    let chain = folder.block_on(async {
        let mut tx = db.read().await?;
        log::verify(&mut tx).await
    });
    match chain {
        Ok(lines) => Finding::good(format!(
            "the database answers, its audit chain of {lines} lines is whole"
        )),
        Err(error) => Finding::bad(
            format!("the database: {error}"),
            "restore the last backup, and keep this one to find out what happened",
        ),
    }
}

/// Has a packet of Opus decoded, by which a process shows that it could be confined.
fn confinement(folder: &Folder) -> Finding {
    const SILENCE: [u8; 3] = [0xf8, 0xff, 0xfe];
    let packet = Coded {
        missing: 0,
        payload: &SILENCE,
    };
    let decoded = Worker::new(folder.worker()).decode(Codec::Opus, &[packet]);
    match (decoded, confine::landlock()) {
        (Err(NoSound::Refused(why)), _) => Finding::bad(
            why,
            "let it: a unit or a container that filters system calls must allow seccomp, prctl, \
             capset, close_range, landlock_* and prlimit64; what is recorded until then is kept",
        ),
        (Err(why), _) => Finding::bad(why.to_string(), "install this program anew"),
        (Ok(_), None) => Finding::warning(
            "this kernel has no Landlock, so FFmpeg cannot be confined and is not started: calls \
             in its codecs are kept and not heard; Opus, imports and listening in are decoded, \
             confined by their system calls alone",
            "run Linux 5.13 or newer with `landlock` in `lsm=`, then `assay seal`",
        ),
        (Ok(_), Some(version)) => Finding::good(format!(
            "decoders run confined: no files, network, signals or keys (Landlock {version}, \
             seccomp)"
        )),
    }
}

/// Asks for a frame of each codec that is not decoded here, in the very process that will decode
/// calls.
fn codecs(folder: &Folder) -> Finding {
    let amr = |wide| Codec::Amr {
        wide,
        octet_aligned: true,
        crc: false,
    };
    let frame = |head: &[u8], length: usize| [head, &vec![0; length - head.len()]].concat();
    let asked = [
        (Codec::G729, frame(&[], 10)),
        (Codec::G7231, frame(&[], 24)),
        (Codec::Gsm, frame(&[0xd0], 33)),
        (Codec::Ilbc { ms: 30 }, frame(&[], 50)),
        (amr(false), frame(&[0xf0, 0x3c], 33)),
        (amr(true), frame(&[0xf0, 0x44], 63)),
    ];
    let mut worker = Worker::new(folder.worker());
    let failed = asked
        .iter()
        .filter_map(|(codec, payload)| {
            worker
                .decode(
                    *codec,
                    &[Coded {
                        missing: 0,
                        payload,
                    }],
                )
                .err()
                .map(|e| e.to_string())
        })
        .next();
    match failed {
        None => {
            Finding::good("calls in G.729, G.723.1, GSM, iLBC, Speex and AMR are decoded by FFmpeg")
        }
        Some(error) => Finding::warning(
            error,
            "calls in other codecs are heard all the same; `assay seal` makes the others audible \
             later",
        ),
    }
}
