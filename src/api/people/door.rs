//! What stands between a request and a password: few are hashed at a time, guesses are counted
//! before they are checked, and nobody keeps more streams open than a person needs.

use crate::api::problem::Problem;
use crate::hex::hex;
use crate::identity::Role;
use crate::identity::lockout::{Guess, Guesses, TryAgain};
use crate::identity::totp::Master;
use crate::units::{PersonId, WallTime};
use argon2::password_hash::PasswordHasher;
use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Block, Params, Version};
use axum::http::StatusCode;
use std::cell::RefCell;
use std::collections::HashMap;
use std::net::IpAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use subtle::ConstantTimeEq;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Passwords that are hashed at the same time: each takes 19 MiB.
pub const HASHED_AT_ONCE: usize = 2;
/// Those that wait for their turn.
pub const WAITING: usize = 300;
/// Event streams of one person: a browser opens one a tab.
pub const STREAMS_PER_PERSON: usize = 24;
/// Calls that one person listens in on at the same time.
pub const LISTENS_PER_PERSON: usize = 6;
/// Streams of all people together; listening has as many again.
pub const STREAMS: usize = 400;

/// A hash of no password: checked when the login is unknown, so that the answer takes as long.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$YXNzYXlhc3NheWFzc2F5$\
    q3Xz0s9i0ZbC8i7yTqJc7r2m3JkJqQeF6o7v0H8m2dA";

/// Hashes a password with Argon2id; slow on purpose, so call it where blocking is allowed.
///
/// # Errors
/// When the system gives no random salt.
pub fn hash_password(password: &str) -> Result<String, String> {
    Argon2::default()
        .hash_password(password.as_bytes())
        .map(|h| h.to_string())
        .map_err(|e| e.to_string())
}

/// A password that nobody guesses, to be changed by who gets it: 64 random bits in hexadecimal.
#[must_use]
pub fn first_password() -> String {
    hex(&rand::random::<[u8; 8]>())
}

thread_local! {
    /// Memory for hashing; each thread that hashes keeps its own.
    static BLOCKS: RefCell<Vec<Block>> = const { RefCell::new(Vec::new()) };
}

fn fits(password: &str, hash: &str) -> bool {
    let Ok(parsed) = PasswordHash::new(hash) else {
        return false;
    };
    let (Some(salt), Some(wanted)) = (&parsed.salt, &parsed.hash) else {
        return false;
    };
    let (Ok(algorithm), Ok(params)) = (
        Algorithm::try_from(parsed.algorithm.as_str()),
        Params::try_from(&parsed),
    ) else {
        return false;
    };
    let version = parsed.version.and_then(|v| Version::try_from(v).ok());
    let mut made = vec![0; wanted.as_bytes().len()];
    let hashed = BLOCKS.with_borrow_mut(|blocks| {
        let need = params.block_count();
        if blocks.len() < need {
            *blocks = vec![Block::new(); need];
        }
        let argon2 = Argon2::new(algorithm, version.unwrap_or_default(), params);
        let memory = &mut blocks[..need];
        argon2.hash_password_into_with_memory(password.as_bytes(), salt, &mut made, memory)
    });
    hashed.is_ok() && bool::from(made.ct_eq(wanted.as_bytes()))
}

/// The threads that hash, always the same: each that ever did keeps the 19 MiB that it took, since
/// the allocator gives memory of that size back to nobody.
struct Hashing(std::sync::mpsc::Sender<Job>);

type Job = Box<dyn FnOnce() + Send>;

impl Hashing {
    fn start() -> Hashing {
        let (sender, jobs) = std::sync::mpsc::channel::<Job>();
        let jobs = Arc::new(Mutex::new(jobs));
        for _ in 0..HASHED_AT_ONCE {
            let jobs = jobs.clone();
            let work = move || {
                loop {
                    let next = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
                    match next {
                        // A job that panics ends no thread: the others wait for it.
                        Ok(job) => drop(catch_unwind(AssertUnwindSafe(job))),
                        // The door is gone.
                        Err(_) => return,
                    }
                }
            };
            let started = std::thread::Builder::new()
                .name("passwords".into())
                .spawn(work);
            if let Err(error) = started {
                tracing::error!(%error, "a thread for passwords does not start");
            }
        }
        Hashing(sender)
    }

    /// Does something in its turn; nothing where it failed.
    /// `place` is free again when it is done, whether somebody still waits for it or not.
    async fn run<T: Send + 'static>(
        &self,
        place: OwnedSemaphorePermit,
        what: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        let (done, answer) = tokio::sync::oneshot::channel();
        let job = Box::new(move || {
            let _place = place;
            // Who waited may have gone.
            if !done.is_closed() {
                let _ = done.send(what());
            }
        });
        self.0.send(job).ok()?;
        answer.await.ok()
    }
}

/// What the door knows; one for the process.
#[derive(Clone)]
pub struct Door(Arc<Inside>);

struct Inside {
    guesses: Mutex<Guesses>,
    hashing: Hashing,
    waiting: Arc<Semaphore>,
    streams: Mutex<HashMap<(PersonId, Kind), usize>>,
    master: Master,
    /// Who has to have a second factor.
    second_factor: Vec<Role>,
}

/// What a stream carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// What changed.
    Events,
    /// The sound of a call in progress.
    Listen,
}

/// A stream that is counted until this is dropped.
pub struct Open {
    door: Door,
    key: (PersonId, Kind),
}

impl Drop for Open {
    fn drop(&mut self) {
        let mut streams = self.door.streams();
        if let Some(count) = streams.get_mut(&self.key) {
            *count -= 1;
            if *count == 0 {
                streams.remove(&self.key);
            }
        }
    }
}

impl Door {
    /// `master` makes the secrets of second factors; `second_factor` are the roles that need one.
    #[must_use]
    pub fn new(master: Master, second_factor: Vec<Role>) -> Door {
        Door(Arc::new(Inside {
            guesses: Mutex::default(),
            hashing: Hashing::start(),
            waiting: Arc::new(Semaphore::new(WAITING)),
            streams: Mutex::default(),
            master,
            second_factor,
        }))
    }

    fn streams(&self) -> std::sync::MutexGuard<'_, HashMap<(PersonId, Kind), usize>> {
        self.0
            .streams
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn guesses(&self) -> std::sync::MutexGuard<'_, Guesses> {
        self.0
            .guesses
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// From what second factors are made.
    pub(in crate::api) fn master(&self) -> &Master {
        &self.0.master
    }

    /// Whether a role needs a second factor.
    pub(in crate::api) fn wants_second_factor(&self, role: Role) -> bool {
        self.0.second_factor.contains(&role)
    }

    /// Counts a guess, and then tells whether a password fits; `hash` is none where nobody has the
    /// login, and it takes as long.
    ///
    /// # Errors
    /// 429 when too many were guessed, 503 when too many sign in at once.
    pub(in crate::api) async fn check(
        &self,
        guess: &Guess,
        password: String,
        hash: Option<String>,
        now: WallTime,
    ) -> Result<bool, Problem> {
        let Ok(place) = self.0.waiting.clone().try_acquire_owned() else {
            return Err(busy());
        };
        self.admit(guess, now)?;
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| NOBODY.to_owned());
        let right = self
            .0
            .hashing
            .run(place, move || fits(&password, &hash))
            .await;
        Ok(right.ok_or_else(busy)? && known)
    }

    /// Hashes a new password, in its turn.
    ///
    /// # Errors
    /// 503 when too many sign in at once.
    pub(in crate::api) async fn hash(&self, password: String) -> Result<String, Problem> {
        let waiting = self.0.waiting.clone();
        let place = waiting.try_acquire_owned().map_err(|_| busy())?;
        let made = self
            .0
            .hashing
            .run(place, move || hash_password(&password))
            .await;
        made.ok_or_else(busy)?.map_err(|error| {
            tracing::error!(%error, "a password cannot be hashed");
            busy()
        })
    }

    /// Counts a guess at what is no password.
    ///
    /// # Errors
    /// 429 when too many were guessed.
    pub(in crate::api) fn admit(&self, guess: &Guess, now: WallTime) -> Result<(), Problem> {
        self.guesses()
            .admit(guess, now)
            .map_err(|wait| try_again(wait, now))
    }

    /// A guess was right, whatever it takes beside the password.
    pub(in crate::api) fn was_right(&self, guess: &Guess) {
        self.guesses().was_right(guess);
    }

    /// Opens a stream of somebody.
    ///
    /// # Errors
    /// 429 for one more than a person needs.
    pub(in crate::api) fn open(&self, person: &PersonId, kind: Kind) -> Result<Open, Problem> {
        let most = match kind {
            Kind::Events => STREAMS_PER_PERSON,
            Kind::Listen => LISTENS_PER_PERSON,
        };
        let mut streams = self.streams();
        let of_kind = streams.iter().filter(|((_, k), _)| *k == kind);
        let all: usize = of_kind.map(|(_, count)| count).sum();
        let own = streams.get(&(person.clone(), kind)).copied().unwrap_or(0);
        if own >= most || all >= STREAMS {
            return Err(Problem::new(
                StatusCode::TOO_MANY_REQUESTS,
                "Too many pages",
                "You have as many pages open as the box serves at once: close one.",
            ));
        }
        streams.insert((person.clone(), kind), own + 1);
        drop(streams);
        Ok(Open {
            door: self.clone(),
            key: (person.clone(), kind),
        })
    }
}

fn busy() -> Problem {
    Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "Too many sign in at once",
        "Wait a few seconds, and try again.",
    )
}

/// The same for every login, there or not.
fn try_again(wait: TryAgain, now: WallTime) -> Problem {
    let seconds = ((wait.at - now).0 / 1_000_000).max(0) + 1;
    Problem::new(
        StatusCode::TOO_MANY_REQUESTS,
        "Too many wrong passwords",
        format!(
            "Try again in {seconds} seconds: after some wrong ones it goes slowly. From a browser \
             in which you have signed in before it goes on at once. An administrator can set a new \
             password with `assay user password`."
        ),
    )
}

/// Somebody who guesses at a login.
pub(in crate::api) fn guess(login: &str, from: IpAddr, known: Option<&str>) -> Guess {
    use sha2::{Digest, Sha256};
    let hash = |text: &str| -> [u8; 32] { Sha256::digest(text.as_bytes()).into() };
    Guess {
        login: hash(login),
        from,
        known: known.map(hash),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_fits_its_own_hash_alone_and_nobodys_hash_is_a_hash() {
        let hash = hash_password("correct horse").unwrap();
        assert!(fits("correct horse", &hash) && !fits("Correct horse", &hash) && !fits("", NOBODY));
        assert!(PasswordHash::new(NOBODY).is_ok());
    }

    #[test]
    fn somebody_has_so_many_streams_and_gets_them_back() {
        let door = Door::new(Master::new([0; 32]), Vec::new());
        let session = PersonId::from("s");
        let mut open: Vec<Open> = (0..STREAMS_PER_PERSON)
            .map(|_| door.open(&session, Kind::Events).unwrap())
            .collect();
        assert!(door.open(&session, Kind::Events).is_err());
        assert!(door.open(&session, Kind::Listen).is_ok());
        assert!(door.open(&PersonId::from("other"), Kind::Events).is_ok());
        open.pop();
        assert!(door.open(&session, Kind::Events).is_ok());
        drop(open);
        assert!(door.streams().is_empty());
    }
}
