//! The page, the API and the jobs, until the process is told to stop.

use super::folder::Folder;
use super::office::Office;
use crate::api::{self, App, Metrics};
use crate::clock::Clock;
use crate::config::Server;
use crate::door::tls::Source;
use crate::door::{self, Tls};
use crate::identity::totp::Master;
use crate::jobs;
use crate::jobs::notary::{Copy, LogKey, Notary, WitnessKey};
use crate::jobs::time_stamp::TimeStamp;
use crate::jobs::witnesses::{Alarms, Witnesses};
use crate::keyfile;
use crate::outgoing;
use crate::recorder::live::Live;
use crate::store::proof::{checkpoints, log, witnessed};
use anyhow::anyhow;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// From what second factors are made. Several boxes on one database need the same file.
const FACTORS: &str = "second-factors.key";
const REMEDY: &str = "put the right file back, or remove it and take everybody's second factor off \
                      with `assay user second-factor`";

/// Takes the address, so that what is wrong with it is told before anything else begins.
///
/// # Errors
/// Names the address and what to do.
pub fn listen(folder: &Folder, address: SocketAddr) -> anyhow::Result<TcpListener> {
    folder
        .block_on(TcpListener::bind(address))
        .map_err(|e| match e.kind() {
            io::ErrorKind::AddrInUse => {
                anyhow!(
                    "port {} on {} is in use: another program listens there; end it, or set \
                another address in [server] listen or with --listen",
                    address.port(),
                    address.ip()
                )
            }
            _ => anyhow!("cannot listen on {address}: {e}"),
        })
}

/// What handlers and jobs share.
///
/// # Errors
/// When the data folder's keys cannot be read.
pub fn app(office: &Office, metrics: Arc<Metrics>, live: Live) -> anyhow::Result<App> {
    // Without it the box still records and judges; readiness says what is missing.
    let key = log_key(office).map_err(|why| why.to_string());
    Ok(App {
        db: office.db.clone(),
        objects: office.objects()?,
        folder: office.folder().to_owned(),
        live,
        clock: office.clock.clone(),
        numbers: office.numbers.clone(),
        rules: super::setup::rules(&office.config)?,
        datev: super::setup::datev(&office.config),
        answer_within_days: office.config.questions.answer_within_days,
        reports: api::Reports {
            connect_ms: i64::from(office.config.reports.connect_seconds) * 1_000,
            fewest: office.config.reports.fewest_calls.into(),
            recorded: office.config.reports.recorded_percent / 100.0,
            working_hours: super::setup::working_hours(&office.config)?,
        },
        jobs: jobs::Jobs::default(),
        fallen: jobs::numbers::Fallen::default(),
        log_key: key.map(|key| key.verifier()),
        log_copy: office.log_copy(),
        witness: witness(office)?,
        alarms: Alarms::default(),
        sending: jobs::Sending {
            sender: super::setup::sender(&office.config.webhooks)?,
            master: outgoing::key::open(office.folder())?,
            keep: super::setup::keep_messages(&office.config.webhooks),
        },
        conversions: api::Conversions::default(),
        importing: Arc::new(tokio::sync::Semaphore::new(1)),
        door: api::Door::new(
            Master::new(*keyfile::open(&office.folder().join(FACTORS), REMEDY)?),
            super::setup::second_factor(&office.config)?,
        ),
        metrics,
        secure_cookies: office.config.server.secure_cookies,
        session_hours: office.config.server.session_hours,
    })
}

/// Serves until SIGINT or SIGTERM, or until `ended`.
///
/// # Errors
/// When the server fails.
pub fn serve(
    office: &Office,
    listener: TcpListener,
    app: App,
    tls: Option<Arc<Tls>>,
    ended: impl Future<Output = ()>,
) -> anyhow::Result<()> {
    let settings = settings(&office.config.server, tls.clone());
    // One copy, which the jobs write one after the other.
    let copy = app.log_copy.clone();
    let notary = notary(office, &app, &copy);
    let others = others(office, &app, &copy)?;
    office.block_on(async {
        let jobs = jobs::start(
            &app.jobs,
            &app.db,
            &app.clock,
            &app.rules,
            notary,
            others,
            counting(&app),
            &app.sending,
        );
        let mut stop = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let reloading = tokio::spawn(reload(
            signal(SignalKind::hangup())?,
            tls,
            app.clock.clone(),
        ));
        sd_notify::notify(&[sd_notify::NotifyState::Ready]).ok();
        let watchdog = tokio::spawn(feed_watchdog(app.metrics.clone()));
        let counters = app.metrics.door.clone();
        let server = door::serve(listener, api::router(app), settings, counters);
        // Pages keep their event stream open: there is no waiting for them.
        tokio::select! {
            () = server => {}
            _ = stop.recv() => {}
            _ = interrupt.recv() => {}
            () = ended => {}
        }
        sd_notify::notify(&[sd_notify::NotifyState::Stopping]).ok();
        drop(jobs);
        watchdog.abort();
        reloading.abort();
        anyhow::Ok(())
    })
}

fn counting(app: &App) -> jobs::Counting {
    let (zone, connect_ms) = (&app.rules.zone, app.reports.connect_ms);
    jobs::Counting {
        figures: jobs::figures::Figures {
            zone: zone.clone(),
            connect_ms,
        },
        numbers: jobs::numbers::Watch {
            fallen: app.fallen.clone(),
            zone: zone.clone(),
            connect_ms,
            fewest: app.reports.fewest,
        },
    }
}

/// Descriptors that are kept back for recording: spool, objects, database, taps, decoders.
const KEPT_BACK: u64 = 400;

/// As many connections as the configuration says, and the system has descriptors for.
/// How the door is kept.
pub(super) fn settings(config: &Server, tls: Option<Arc<Tls>>) -> door::Settings {
    door::Settings {
        tls,
        proxies: config.proxies.clone(),
        limits: limits(config),
    }
}

fn limits(config: &Server) -> door::Limits {
    let all = descriptors().saturating_sub(KEPT_BACK).max(16);
    let all = config
        .connections
        .min(usize::try_from(all).unwrap_or(usize::MAX));
    if all < config.connections {
        tracing::warn!(
            connections = all,
            "fewer connections than [server] connections says: the system gives this process too \
             few descriptors (LimitNOFILE)"
        );
    }
    door::Limits {
        all,
        per_address: config.connections_per_address.min(all),
    }
}

/// Asks the system for as many descriptors as it gives, and says how many those are.
fn descriptors() -> u64 {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: `limit` is a valid place for the answer.
    if unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) } != 0 {
        return 1024;
    }
    let raised = libc::rlimit {
        rlim_cur: limit.rlim_max,
        rlim_max: limit.rlim_max,
    };
    // SAFETY: `raised` is a valid limit; where it is refused the old one holds.
    match unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const raised) } {
        0 => raised.rlim_cur,
        _ => limit.rlim_cur,
    }
}

/// How an address is served: its certificate, or none for plain HTTP.
///
/// # Errors
/// When the certificate cannot be used.
pub fn tls(folder: &Folder, address: SocketAddr) -> anyhow::Result<Option<Arc<Tls>>> {
    let config = &folder.config.server;
    if !config.is_secure(address) {
        if !address.ip().is_loopback() {
            tracing::warn!(
                %address,
                "the page is served without TLS ([server] tls = \"off\"): whoever listens on the \
                 way reads passwords and recordings, unless a proxy in front speaks HTTPS"
            );
        }
        return Ok(None);
    }
    let source = match (&config.certificate, &config.certificate_key) {
        (Some(certificate), Some(key)) => Source::Files {
            certificate: certificate.clone(),
            key: key.clone(),
        },
        _ => Source::Own {
            folder: folder.folder().join("tls"),
            names: door::tls::names(address.ip()),
        },
    };
    let tls = Tls::open(source, folder.clock.now())?;
    let about = tls.about();
    tracing::info!(fingerprint = about.fingerprint, ends = %about.ends, own = about.own, "certificate");
    Ok(Some(Arc::new(tls)))
}

/// The page's address as somebody types it, and how to know the certificate.
#[must_use]
pub fn told(address: SocketAddr, tls: Option<&Tls>) -> String {
    let Some(tls) = tls else {
        return format!("http://{address}");
    };
    let about = tls.about();
    match about.own {
        true => format!(
            "https://{address}\nThe box signed its certificate itself: the browser asks once \
             whether to trust it. Its SHA-256 fingerprint is\n  {}",
            about.fingerprint
        ),
        false => format!("https://{address}"),
    }
}

/// SIGHUP: the certificate's files are read again.
async fn reload(mut hangup: Signal, tls: Option<Arc<Tls>>, clock: Clock) {
    while hangup.recv().await.is_some() {
        match tls.as_ref().map(|tls| tls.reload(clock.now())) {
            None => {}
            Some(Ok(about)) => {
                tracing::info!(fingerprint = about.fingerprint, ends = %about.ends, "certificate read");
            }
            Some(Err(error)) => {
                tracing::error!(%error, "the certificate is not read: the old one is served on");
            }
        }
    }
}

/// The key of this box's log: made for a log that is empty, and the right one for any other.
pub(super) fn log_key(office: &Office) -> anyhow::Result<LogKey> {
    let (size, latest) = office.block_on(async {
        let mut tx = office.db.read().await?;
        let size = log::size(&mut tx).await?;
        anyhow::Ok((size, checkpoints::latest(&mut tx).await?))
    })?;
    let key = match size {
        0 => LogKey::open_or_make(office.folder())?,
        _ => LogKey::open(office.folder())?,
    };
    if let Some(latest) = latest {
        let opened = crate::proof::open(latest.note.as_bytes(), &key.verifier());
        opened.map_err(|why| {
            anyhow!(
                "log.key in the data folder is not the key of this database's log ({why}): put the \
                 right one back from your backup; boxes that share a database share it"
            )
        })?;
    }
    Ok(key)
}

/// Who seals the log of this box; why nobody does.
fn notary(office: &Office, app: &App, copy: &Copy) -> Result<Notary, String> {
    Ok(Notary {
        key: Arc::new(log_key(office).map_err(|why| why.to_string())?),
        copy: copy.clone(),
        zone: app.rules.zone.clone(),
    })
}

/// What this box is as a witness: nothing where no log is set up, and why it cannot be one.
fn witness(office: &Office) -> anyhow::Result<Option<Result<Arc<api::Cosigner>, String>>> {
    let logs = super::setup::witnessed_logs(&office.config)?;
    if logs.is_empty() {
        return Ok(None);
    }
    let key = witness_key(office).map_err(|why| why.to_string());
    Ok(Some(key.map(|key| Arc::new(api::Cosigner::new(key, logs)))))
}

/// The key by which this box cosigns: made while it has cosigned nothing.
pub(super) fn witness_key(office: &Office) -> anyhow::Result<WitnessKey> {
    let used = office.block_on(async {
        let mut tx = office.db.read().await?;
        anyhow::Ok(witnessed::any(&mut tx).await?)
    })?;
    Ok(match used {
        false => WitnessKey::open_or_make(office.folder())?,
        true => WitnessKey::open(office.folder())?,
    })
}

/// Who says something of this box's checkpoints.
fn others(office: &Office, app: &App, copy: &Copy) -> anyhow::Result<jobs::Others> {
    let (config, sender) = (&office.config, &app.sending.sender);
    let authority = super::setup::authority(config, sender)?;
    let witnesses = super::setup::witnesses(config, sender)?;
    Ok(jobs::Others {
        time_stamp: authority.map(|authority| TimeStamp {
            sender: sender.clone(),
            authority,
            copy: copy.clone(),
        }),
        witnesses: (!witnesses.is_empty())
            .then(|| Witnesses::new(sender.clone(), copy.clone(), app.alarms.clone(), witnesses)),
        no_witness: match &app.witness {
            Some(Err(why)) => Some(why.clone()),
            _ => None,
        },
    })
}

/// systemd restarts the box when this falls silent: when the tap does not come round, or the page's
/// threads do not. Where no tap runs, the latter alone.
pub(super) async fn feed_watchdog(metrics: Arc<Metrics>) {
    let Some(every) = sd_notify::watchdog_enabled() else {
        return;
    };
    let mut ticks = tokio::time::interval(every / 3);
    let mut seen = None;
    loop {
        ticks.tick().await;
        let turns = metrics.tap_turns.load(Relaxed);
        if turns == 0 || seen != Some(turns) {
            sd_notify::notify(&[sd_notify::NotifyState::Watchdog]).ok();
        }
        seen = Some(turns);
    }
}
