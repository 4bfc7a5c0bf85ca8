//! The page's part of a box: waits for the database, serves until the process is told to stop.

use super::waiting;
use crate::api::Metrics;
use crate::cmd::folder::Folder;
use crate::cmd::office::{self, Office};
use crate::cmd::{place, serve};
use crate::door::Tls;
use crate::recorder::live::Live;
use std::sync::Arc;
use tokio::net::TcpListener;

/// What a page is served with.
pub(super) struct Page {
    pub(super) listener: TcpListener,
    pub(super) tls: Option<Arc<Tls>>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) live: Live,
}

impl Page {
    /// Waits for the database, has `begin` do what needs it, and serves the page until the process
    /// is told to stop or `ended`. Then what `end` stops ends before the runtime does, which its
    /// threads ask the database through; what it gives is given.
    pub(super) fn serve<T>(
        self,
        folder: Folder,
        ended: impl Future<Output = ()>,
        begin: impl FnOnce(&Office) -> anyhow::Result<()>,
        end: impl FnOnce() -> T,
    ) -> (anyhow::Result<()>, T) {
        let Page {
            listener,
            tls,
            metrics,
            live,
        } = self;
        let mut ended = std::pin::pin!(ended);
        let first = folder.block_on(office::open_db(&folder.config));
        // Only now: a second start on the same folder has failed by here, and takes nobody's place;
        // and whoever finds the box by it finds a schema that stands.
        let _announced = place::announce(folder.folder(), folder.file.as_deref());
        let found = waiting::database(&folder, first, listener, tls.as_ref(), &metrics, &mut ended);
        let (listener, found) = match found {
            Ok((listener, Some(found))) => (listener, found),
            Ok((_, None)) => return (Ok(()), end()),
            Err(why) => return (Err(why), end()),
        };
        let office = Office::of(folder, found);
        let served = serve::app(&office, metrics, live).and_then(|app| {
            begin(&office)?;
            serve::serve(&office, listener, app, tls, ended)
        });
        let given = end();
        office.block_on(office.db.close());
        (served, given)
    }
}
