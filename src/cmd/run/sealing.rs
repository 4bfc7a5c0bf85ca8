//! How a box seals, beside its page and its tap.

use crate::archive::objects::Objects;
use crate::cmd::folder::Folder;
use crate::recorder::Backlog;
use crate::recorder::sealer::SealSettings;
use std::path::PathBuf;

/// Where a folder has its spool.
pub(super) fn spool_of(folder: &Folder) -> PathBuf {
    folder.folder().join("spool")
}

/// By one thread, again and again until it has succeeded.
pub(super) fn settings(folder: &Folder, objects: Objects, backlog: Backlog) -> SealSettings {
    SealSettings {
        spool: spool_of(folder),
        objects,
        options: folder.options(None),
        workers: 1,
        worker: folder.worker(),
        backlog,
        keep_trying: true,
    }
}
