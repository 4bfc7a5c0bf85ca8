//! The data folder: configuration, keys, spool and recordings. What records needs nothing else; the
//! database is the [`office`](super::office)'s.

pub use super::place::Place;
use super::{place, setup};
use crate::archive::AudioFormat;
use crate::archive::keys::{self, Keyring};
use crate::archive::objects::Objects;
use crate::archive::seal::SealOptions;
use crate::archive::spool::{self, ClosedCall};
use crate::call::Lines;
use crate::clock::Clock;
use crate::config::Config;
use crate::jobs::notary::Copy;
use crate::leads::Numbers;
use crate::recorder::worker::WorkerSettings;
use crate::units::WallTime;
use anyhow::{Context as _, bail};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::runtime::Runtime;

/// An open data folder.
pub struct Folder {
    pub config: Config,
    pub numbers: Numbers,
    pub clock: Clock,
    pub runtime: Runtime,
    /// The configuration's file.
    pub file: Option<PathBuf>,
    began: WallTime,
}

/// Root may have written what the box has to read.
impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = place::give_to_owner(&self.config.data.folder, self.began) {
            tracing::error!(%error, folder = %self.config.data.folder.display(),
                "not everything that was written here belongs to the box's own user: give it with \
                 `chown -R --reference=FOLDER FOLDER`");
        }
    }
}

impl Folder {
    /// A box's folder, made where there is none: a box may begin with this command.
    ///
    /// # Errors
    /// When the configuration, or the folder cannot be opened.
    pub fn open(place: &Place) -> anyhow::Result<Folder> {
        let place = place::found(place);
        let config = configured(&place)?;
        Folder::of(place, config)
    }

    /// The folder of a box that is there.
    ///
    /// # Errors
    /// When there is no box: whoever looks at nothing would find nothing wrong.
    pub fn of_box(place: &Place) -> anyhow::Result<Folder> {
        let place = place::found(place);
        let config = configured(&place)?;
        if !has_box(&config) {
            bail!(
                "there is no box in {}: name its folder with --data, or its configuration with \
                 --config",
                config.data.folder.display()
            );
        }
        Folder::of(place, config)
    }

    /// A folder as it is, with a box or without: nothing is made.
    ///
    /// # Errors
    /// When the configuration cannot be read.
    pub fn as_it_is(place: &Place) -> anyhow::Result<Folder> {
        let place = place::found(place);
        let config = configured(&place)?;
        Folder::at(place, config)
    }

    /// Whether a box has begun in it.
    #[must_use]
    pub fn has_box(&self) -> bool {
        has_box(&self.config)
    }

    fn of(place: Place, config: Config) -> anyhow::Result<Folder> {
        let folder = &config.data.folder;
        std::fs::create_dir_all(folder)
            .with_context(|| format!("the data folder {} cannot be made", folder.display()))?;
        Folder::at(place, config)
    }

    fn at(place: Place, config: Config) -> anyhow::Result<Folder> {
        let began = Clock::System.now();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()?;
        let numbers = setup::number_plan(&config)?;
        Ok(Folder {
            config,
            numbers,
            clock: Clock::System,
            runtime,
            file: place.config,
            began,
        })
    }

    /// The data folder.
    pub fn folder(&self) -> &Path {
        &self.config.data.folder
    }

    /// Runs asynchronous work to its end; the calling thread waits.
    pub fn block_on<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    /// Begins asynchronous work, which ends with the process at the latest.
    pub fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.runtime.spawn(work);
    }

    /// What earlier runs left in the spool, sealed or not.
    ///
    /// # Errors
    /// When the spool cannot be read.
    pub fn spooled(&self) -> anyhow::Result<Vec<ClosedCall>> {
        spool::recover(&self.folder().join("spool")).context("the spool cannot be read")
    }

    /// The house's own numbers as they were last known, for a start without the database.
    #[must_use]
    pub fn known_lines(&self) -> Lines {
        let text = std::fs::read_to_string(self.folder().join(LINES)).unwrap_or_else(|why| {
            if why.kind() != std::io::ErrorKind::NotFound {
                tracing::error!(%why, "the house's own numbers, as they were kept, cannot be read");
            }
            String::new()
        });
        Lines::new(text.lines().map(str::to_owned))
    }

    /// Says so where what is recorded lies in the open.
    pub fn warn_of_open_recordings(&self) {
        let open = Keyring::open(self.folder()).is_ok_and(|keys| !keys.encrypts());
        if open {
            tracing::warn!(
                folder = %self.folder().display(),
                "recordings lie in the open in this folder: whoever has the disk hears them; \
                 `assay key new` makes a key, for what is recorded from the next start on"
            );
        }
    }

    /// A box that records for the first time makes its key.
    ///
    /// # Errors
    /// When the data folder cannot be written.
    pub fn first_key(&self) -> anyhow::Result<()> {
        if self.config.recording.encrypt && keys::places(self.folder())?.is_empty() {
            let id = keys::generate(self.folder()).context("the key cannot be made")?;
            tracing::warn!(%id, "a key was made, and its private half lies beside the recordings: \
                take it off with `assay key export` and `assay key forget`");
        }
        Ok(())
    }

    /// Where the proof log is copied to.
    pub fn log_copy(&self) -> Copy {
        let set = &self.config.proof.copy_to;
        let folder = match set.as_os_str().is_empty() {
            true => self.folder().join("log"),
            false => set.clone(),
        };
        Copy::new(folder)
    }

    /// Recordings as they are kept in the data folder, under its keys.
    ///
    /// # Errors
    /// When the folder or its keys cannot be read.
    pub fn objects(&self) -> anyhow::Result<Objects> {
        let keyring = Keyring::open(self.folder()).context("the keys cannot be read")?;
        Ok(Objects::open(self.folder(), keyring)?)
    }

    /// How calls are sealed, in the configuration's format unless another is asked for.
    pub fn options(&self, format: Option<AudioFormat>) -> SealOptions {
        SealOptions {
            format: format.unwrap_or_else(|| setup::format(self.config.recording.format)),
            mask_digits: self.config.keep_out.mask_digits,
        }
    }

    /// How decoders that are not ours are run.
    pub fn worker(&self) -> WorkerSettings {
        let recording = &self.config.recording;
        WorkerSettings {
            ffmpeg: recording.decoder.clone(),
            patience: Duration::from_secs(u64::from(recording.decoder_seconds.max(1))),
            user: (recording.decoder_user > 0).then_some(recording.decoder_user),
            socket: recording.decoder_socket.clone(),
            ..WorkerSettings::default()
        }
    }
}

fn configured(place: &Place) -> anyhow::Result<Config> {
    let mut config = match &place.config {
        Some(path) => setup::read(path)?,
        None => Config::default(),
    };
    if let Some(data) = &place.data {
        config.data.folder.clone_from(data);
    }
    Ok(config)
}

/// Whether a box has begun there. With a database elsewhere the folder says so.
fn has_box(config: &Config) -> bool {
    let folder = &config.data.folder;
    match config.database.url.is_empty() {
        true => folder.join(DATABASE).is_file(),
        false => folder.is_dir(),
    }
}

/// The database's file, where it is not on a server.
pub const DATABASE: &str = "assay.db";

/// The house's own numbers, one a line; in the folder of the one who records.
pub const LINES: &str = "spool/lines";
