//! The half of the page: database, private key, jobs. It commits what the half that taps has sealed,
//! seals what an earlier run of it left, and asks it what the page asks.

use super::args::{Args, socket};
use super::left::{SealForTap, checked};
use super::page::Page;
use crate::api::Metrics;
use crate::cmd::folder::{Folder, Place};
use crate::cmd::office::{self, Office};
use crate::cmd::{place, serve};
use crate::pii::Pii;
use crate::recorder::channel::client::{Client, Standstill, commit_all};
use crate::recorder::channel::frame::PROTOCOL;
use crate::recorder::channel::words::{Ask, TapState};
use crate::recorder::live::Live;
use crate::store::Db;
use std::io;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::runtime::Handle;

/// # Errors
/// When the data folder or the address cannot be opened.
pub(super) fn run(args: &Args, place: &Place) -> anyhow::Result<ExitCode> {
    let folder = Folder::open(place)?;
    place::close_to_others(folder.folder())?;
    folder.first_key()?;
    place::share_with_tap(folder.folder())?;
    folder.warn_of_open_recordings();
    let address = args.listen.unwrap_or(folder.config.server.listen);
    let listener = serve::listen(&folder, address)?;
    let tls = serve::tls(&folder, listener.local_addr()?)?;
    let metrics = Arc::new(Metrics::default());
    // Until it has answered once.
    metrics.set_troubles(vec![silent("it was not asked yet")]);
    let client = Client::new(&socket(&folder));
    let live = Live::elsewhere(client.clone(), folder.worker());
    let stop = Arc::new(AtomicBool::new(false));
    let threads = Mutex::new(Vec::new());
    let served = Page {
        listener,
        tls,
        metrics: metrics.clone(),
        live: live.clone(),
    };
    let (served, ()) = served.serve(
        folder,
        std::future::pending(),
        |office| {
            let started = begin(office, &client, (live, metrics), &stop)?;
            threads
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .extend(started);
            Ok(())
        },
        || {
            stop.store(true, Relaxed);
            let mut threads = threads.lock().unwrap_or_else(PoisonError::into_inner);
            threads.drain(..).for_each(|thread| _ = thread.join());
        },
    );
    served.map(|()| ExitCode::SUCCESS)
}

/// Starts what follows the half that taps.
fn begin(
    office: &Office,
    client: &Client,
    (live, metrics): (Live, Arc<Metrics>),
    stop: &Arc<AtomicBool>,
) -> anyhow::Result<[JoinHandle<()>; 3]> {
    let (standstill, left_behind) = (Standstill::default(), Arc::new(AtomicUsize::new(0)));
    let follow = Follow {
        client: client.clone(),
        db: office.db.clone(),
        handle: office.runtime.handle().clone(),
        live,
        metrics,
        standstill: standstill.clone(),
        left_behind: left_behind.clone(),
        is_silent: false,
    };
    let commit = checked(office.committer(|_| {}));
    let left = SealForTap::start(office, client)?;
    let handle = office.runtime.handle().clone();
    let named = |name: &str| std::thread::Builder::new().name(name.into());
    let (client, end) = (client.clone(), stop.clone());
    let committing =
        named("commit").spawn(move || commit_all(&client, &commit, &standstill, &end))?;
    let end = stop.clone();
    let sealing = named("left").spawn(move || seal_left(left, &handle, &left_behind, &end))?;
    let end = stop.clone();
    let following = named("follow").spawn(move || follow.run(&end))?;
    Ok([committing, sealing, following])
}

/// Beside the others: to read a spool of a day takes its time.
fn seal_left(mut left: SealForTap, handle: &Handle, count: &AtomicUsize, stop: &AtomicBool) {
    let mut looked: Option<Instant> = None;
    while !stop.load(Relaxed) {
        let due = looked.is_none_or(|at| at.elapsed() >= LOOKED);
        if due && count.load(Relaxed) > 0 {
            if let Err(why) = handle.block_on(left.look()) {
                tracing::error!(why = %format!("{why:#}"), "what the tap has left is not sealed");
            }
            looked = Some(Instant::now());
        }
        std::thread::sleep(ASKED);
    }
}

/// How often the half that taps is asked how it stands.
const ASKED: Duration = Duration::from_secs(1);
/// How often it is asked what it has left, while it has something.
const LOOKED: Duration = Duration::from_secs(10);

/// So many are shown, whatever it says.
const MOST_TROUBLES: usize = 8;

fn silent(why: &str) -> String {
    format!("The half that taps does not answer ({why}): is assay-capture running?")
}

/// Shows how the tap stands, tells it the house's numbers, and seals what it cannot.
struct Follow {
    client: Client,
    db: Db,
    handle: Handle,
    live: Live,
    metrics: Arc<Metrics>,
    standstill: Standstill,
    /// For who seals them.
    left_behind: Arc<AtomicUsize>,
    is_silent: bool,
}

impl Follow {
    fn run(mut self, stop: &AtomicBool) {
        while !stop.load(Relaxed) {
            let asked = self.ask();
            if let (Err(why), false) = (&asked, self.is_silent) {
                tracing::error!(%why, "the half that taps does not answer; it may record all the same");
            }
            if asked.is_ok() && self.is_silent {
                tracing::warn!("the half that taps answers again");
            }
            self.is_silent = asked.is_err();
            if let Err(why) = &asked {
                self.metrics.set_troubles(vec![silent(&why.to_string())]);
                self.live.show(TapState::default());
            }
            std::thread::sleep(ASKED);
        }
    }

    fn ask(&mut self) -> io::Result<()> {
        let state: TapState = self.client.ask(&Ask::State)?;
        if state.protocol != PROTOCOL {
            return Err(io::Error::other(
                "it is of another version: restart both halves",
            ));
        }
        self.metrics.show_tap(state.figures.clone());
        let mut troubles = state.troubles.clone();
        troubles.truncate(MOST_TROUBLES);
        let standstill = self.standstill.why();
        troubles.extend(standstill.map(|why| format!("Sealed calls are not committed: {why}.")));
        self.metrics.set_troubles(troubles);
        self.left_behind.store(state.left_behind, Relaxed);
        self.live.show(state);
        self.tell_lines()
    }

    /// The tap's half is told each time: it may have begun anew.
    fn tell_lines(&self) -> io::Result<()> {
        let Ok(values) = self.handle.block_on(office::line_values(&self.db)) else {
            // It goes on with those that it knows.
            return Ok(());
        };
        let values = values.into_iter().map(Pii::new).collect();
        self.client.ask(&Ask::Lines { values })
    }
}
