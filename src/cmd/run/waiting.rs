//! A box whose database does not answer yet: it records, its page says so, and it asks again.

use crate::api::{self, Metrics};
use crate::cmd::folder::Folder;
use crate::cmd::{office, serve};
use crate::door::{self, Tls};
use crate::store::Db;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

/// How long to wait before the database is asked again: twice as long each time, up to the second.
const PAUSE: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(15);

/// The database, as soon as it answers, and the listener for its page; `first` is what it said when
/// it was first asked. None: the process was told to stop first, or the tap has ended.
///
/// # Errors
/// When the listener cannot be shared.
pub(super) fn database<F: Future<Output = ()>>(
    folder: &Folder,
    first: anyhow::Result<Db>,
    listener: TcpListener,
    tls: Option<&Arc<Tls>>,
    metrics: &Arc<Metrics>,
    ended: &mut Pin<&mut F>,
) -> anyhow::Result<(TcpListener, Option<Db>)> {
    folder.block_on(async {
        let why = match first {
            Ok(db) => return Ok((listener, Some(db))),
            Err(why) => why,
        };
        tracing::error!(
            why = %format!("{why:#}"),
            "the database does not answer: the box records, and its page comes when it does"
        );
        let listener = listener.into_std()?;
        let twin = TcpListener::from_std(listener.try_clone()?)?;
        let listener = TcpListener::from_std(listener)?;
        let settings = serve::settings(&folder.config.server, tls.cloned());
        let page = door::serve(twin, api::waiting(), settings, metrics.door.clone());
        let mut stop = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let status = "records; waits for the database";
        let states = [
            sd_notify::NotifyState::Ready,
            sd_notify::NotifyState::Status(status),
        ];
        sd_notify::notify(&states).ok();
        let watchdog = tokio::spawn(serve::feed_watchdog(metrics.clone()));
        let db = tokio::select! {
            () = page => None,
            db = answering(folder) => Some(db),
            _ = stop.recv() => None,
            _ = interrupt.recv() => None,
            () = ended => None,
        };
        watchdog.abort();
        Ok((listener, db))
    })
}

async fn answering(folder: &Folder) -> Db {
    let mut pause = PAUSE;
    loop {
        tokio::time::sleep(pause).await;
        match office::open_db(&folder.config).await {
            Ok(db) => {
                tracing::warn!("the database answers: what was recorded meanwhile is sealed now");
                return db;
            }
            Err(why) => tracing::warn!(why = %format!("{why:#}"), "the database does not answer"),
        }
        pause = (pause * 2).min(LONGEST);
    }
}
