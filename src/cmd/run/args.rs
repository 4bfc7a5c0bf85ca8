//! What `assay run` is asked, and where its halves meet.

use crate::cmd::folder::Folder;
use std::net::SocketAddr;
use std::path::PathBuf;

/// What to tap and where to listen, instead of the configuration's.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Interface to tap; may be given more than once.
    #[arg(long, short)]
    pub(super) interface: Vec<String>,
    /// Address of the page and the API.
    #[arg(long)]
    pub(super) listen: Option<SocketAddr>,
    /// What this process is of the box: all of it, the half that taps, or the half that serves the
    /// page. The halves share the data folder.
    #[arg(long, value_enum, default_value_t = Role::All)]
    pub(super) role: Role,
}

/// What a process is of the box.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Role {
    /// Taps, seals, serves the page.
    All,
    /// Taps and seals: needs raw sockets, and neither the database nor the private key.
    Capture,
    /// Serves the page and commits what is sealed.
    Review,
}

impl Args {
    /// The interfaces that are tapped.
    pub(super) fn interfaces(&self, folder: &Folder) -> Vec<String> {
        match self.interface.is_empty() {
            true => folder.config.capture.interfaces.clone(),
            false => self.interface.clone(),
        }
    }
}

/// Where the halves meet: in the folder that is the tap's own. In the data folder itself the tap's
/// user makes nothing: what lies beside a database SQLite believes.
pub(super) fn socket(folder: &Folder) -> PathBuf {
    folder.folder().join("spool").join("tap.sock")
}
