//! What every subcommand that touches the data folder opens first.

pub use super::place::Place;
use super::{place, setup};
use crate::archive::keys::{self, Keyring};
use crate::archive::objects::Objects;
use crate::archive::seal::SealOptions;
use crate::archive::spool::{self, ClosedCall};
use crate::archive::{AudioFormat, SealedCall};
use crate::call::Lines;
use crate::clock::Clock;
use crate::config::Config;
use crate::jobs::notary::Copy;
use crate::leads::Numbers;
use crate::recorder::sealer::Commit;
use crate::recorder::worker::WorkerSettings;
use crate::store::calls;
use crate::store::people;
use crate::store::people::Person;
use crate::store::{Db, Tx};
use crate::units::{CallId, WallTime};
use anyhow::{Context as _, anyhow};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::{Handle, Runtime};

/// An open data folder.
pub struct Context {
    pub config: Config,
    pub db: Db,
    pub numbers: Numbers,
    pub clock: Clock,
    pub runtime: Runtime,
    /// The configuration's file.
    pub file: Option<PathBuf>,
    began: WallTime,
}

/// Root may have written what the box has to read.
impl Drop for Context {
    fn drop(&mut self) {
        if let Err(error) = place::give_to_owner(&self.config.data.folder, self.began) {
            tracing::error!(%error, folder = %self.config.data.folder.display(),
                "not everything that was written here belongs to the box's own user: give it with \
                 `chown -R --reference=FOLDER FOLDER`");
        }
    }
}

impl Context {
    /// # Errors
    /// When the configuration, the folder or the database cannot be opened.
    pub fn open(place: &Place) -> anyhow::Result<Context> {
        let began = Clock::System.now();
        let place = &place::found(place);
        let mut config = match &place.config {
            Some(path) => setup::read(path)?,
            None => Config::default(),
        };
        if let Some(data) = &place.data {
            config.data.folder.clone_from(data);
        }
        let folder = &config.data.folder;
        std::fs::create_dir_all(folder)
            .with_context(|| format!("the data folder {} cannot be made", folder.display()))?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()?;
        let db = runtime.block_on(open_db(&config))?;
        let numbers = setup::number_plan(&config)?;
        Ok(Context {
            config,
            db,
            numbers,
            clock: Clock::System,
            runtime,
            file: place.config.clone(),
            began,
        })
    }

    pub fn folder(&self) -> &Path {
        &self.config.data.folder
    }

    pub fn block_on<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    /// Commits sealed calls into the store, from the sealing threads.
    pub fn committer(&self, and_then: impl Fn(&SealedCall) + Send + Sync + 'static) -> Commit {
        committer(
            self.runtime.handle().clone(),
            self.db.clone(),
            self.numbers.clone(),
            self.clock.clone(),
            and_then,
        )
    }

    /// What earlier runs left in the spool and the store does not have yet.
    ///
    /// # Errors
    /// When spool or store cannot be read.
    pub fn unsealed(&self) -> anyhow::Result<Vec<ClosedCall>> {
        let found =
            spool::recover(&self.folder().join("spool")).context("the spool cannot be read")?;
        self.block_on(async {
            let mut tx = self.db.read().await?;
            let mut waiting = Vec::new();
            for call in found {
                if !calls::is_sealed(&mut tx, &CallId::from(call.id.to_string())).await? {
                    waiting.push(call);
                }
            }
            anyhow::Ok(waiting)
        })
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

    /// The house's own numbers, for the tracker.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn lines(&self) -> anyhow::Result<Lines> {
        self.block_on(lines(&self.db))
    }

    /// Somebody by login.
    ///
    /// # Errors
    /// When there is nobody of that login.
    pub async fn person(&self, tx: &mut Tx, login: &str) -> anyhow::Result<Person> {
        people::by_login(tx, login).await?.ok_or_else(|| {
            anyhow!("nobody signs in as '{login}'; `assay user list` shows who does")
        })
    }
}

/// # Errors
/// When the store cannot be read.
pub async fn lines(db: &Db) -> anyhow::Result<Lines> {
    let mut tx = db.read().await?;
    Ok(Lines::new(
        people::lines(&mut tx)
            .await?
            .into_iter()
            .map(|l| l.value.into_inner()),
    ))
}

fn committer(
    handle: Handle,
    db: Db,
    numbers: Numbers,
    clock: Clock,
    and_then: impl Fn(&SealedCall) + Send + Sync + 'static,
) -> Commit {
    Arc::new(move |sealed: Vec<SealedCall>| {
        let stored: crate::store::Result<()> = handle.block_on(async {
            let mut tx = db.write().await?;
            calls::insert(&mut tx, &sealed, &numbers, clock.now()).await?;
            tx.commit().await
        });
        stored
            .map(|()| sealed.iter().for_each(&and_then))
            .map_err(Into::into)
    })
}

async fn open_db(config: &Config) -> anyhow::Result<Db> {
    match config.database.url.as_str() {
        "" => {
            let path = config.data.folder.join("assay.db");
            Db::sqlite(&path)
                .await
                .with_context(|| format!("the database {} cannot be opened", path.display()))
        }
        url => Db::postgres(url)
            .await
            .context("the database of [database] url cannot be opened"),
    }
}
