//! Whether the box records: its tap turns and reads, the disk has room, there is a key, and the
//! clock is right. Looked at beside the tap; `/readyz` says what was found.

use crate::api::Metrics;
use crate::archive::keys;
use crate::cmd::folder::Folder;
use crate::doctor::host;
use crate::units::{Micros, WallTime};
use std::path::PathBuf;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant, SystemTime};

/// Nothing was written later than the clock says, by more than this.
const AHEAD: Duration = Duration::from_secs(60);
/// Wall clock and steady clock may come apart by this much between two looks.
const JUMP: Micros = Micros::from_secs(2);
/// How long a clock that jumped is not believed, and one may go without NTP that had it.
const DOUBT: Duration = Duration::from_secs(600);

/// What is remembered between two looks.
pub(super) struct Readiness {
    folder: PathBuf,
    /// What is recorded must be encrypted.
    encrypt: bool,
    /// Why the kernel does not hold the tap to silence.
    unmuted: Option<String>,
    /// Of the tap, at the last look.
    turns: Option<u64>,
    clock: Clock,
}

impl Readiness {
    pub(super) fn new(folder: &Folder, unmuted: Option<String>) -> Readiness {
        Readiness {
            folder: folder.folder().to_owned(),
            encrypt: folder.config.recording.encrypt,
            unmuted,
            turns: None,
            clock: Clock::default(),
        }
    }

    /// Looks, and shows what is wrong. Some seconds lie between two looks.
    pub(super) fn look(&mut self, metrics: &Metrics, now: WallTime) {
        let turns = metrics.tap_turns.load(Relaxed);
        let before = self.turns.replace(turns);
        let stuck = (before == Some(turns)).then(|| "The tap stands still.".to_owned());
        let unread = metrics.tap_unread.load(Relaxed).then(|| {
            "The tap cannot read: is the interface still there? See `assay doctor`.".to_owned()
        });
        let unmuted = self
            .unmuted
            .as_ref()
            .map(|why| format!("The kernel does not keep the tap from sending: {why}."));
        let newest = newest(&self.folder);
        let wrong = self
            .clock
            .look(now, Instant::now(), newest, host::clock_is_synchronized());
        let found = [stuck, unread, unmuted, self.room(), self.key(), wrong];
        metrics.set_troubles(found.into_iter().flatten().collect());
    }

    fn room(&self) -> Option<String> {
        let free = host::free_space(&self.folder)?;
        (free < host::LITTLE).then(|| {
            format!(
                "{} MB are left for recordings: free space or move [data] folder.",
                free >> 20
            )
        })
    }

    fn key(&self) -> Option<String> {
        let there = keys::places(&self.folder).is_ok_and(|k| k.iter().any(|k| k.current));
        (self.encrypt && !there).then(|| {
            "There is no key to record under: `assay key new` or `assay key import`.".to_owned()
        })
    }
}

/// When something was last written in the data folder.
fn newest(folder: &std::path::Path) -> Option<SystemTime> {
    let entries = std::fs::read_dir(folder).ok()?.flatten();
    entries
        .filter_map(|e| e.metadata().ok()?.modified().ok())
        .max()
}

/// The clock, as it was seen.
#[derive(Default)]
struct Clock {
    last: Option<(WallTime, Instant)>,
    /// When it jumped, and by how much.
    jumped: Option<(Instant, Micros)>,
    /// When NTP was last seen to keep it.
    kept: Option<Instant>,
}

impl Clock {
    /// What is wrong with it. A clock that NTP never kept is the doctor's to warn of.
    fn look(
        &mut self,
        now: WallTime,
        steady: Instant,
        newest: Option<SystemTime>,
        kept: bool,
    ) -> Option<String> {
        if let Some((wall, then)) = self.last.replace((now, steady)) {
            let passed = (steady - then).as_micros() as i64;
            let apart = Micros((now - wall).0.saturating_sub(passed));
            if apart.0.abs() > JUMP.0 {
                self.jumped = Some((steady, apart));
            }
        }
        if kept {
            self.kept = Some(steady);
        }
        let here = SystemTime::UNIX_EPOCH + Duration::from_micros(now.micros().max(0) as u64);
        if newest.is_some_and(|newest| newest > here + AHEAD) {
            return Some(
                "The clock is behind what was written here before: set it (`timedatectl`).".into(),
            );
        }
        if let Some((at, by)) = self.jumped.filter(|(at, _)| steady - *at < DOUBT) {
            let ago = (steady - at).as_secs();
            return Some(format!(
                "The clock jumped by {} s, {ago} s ago.",
                by.0 / 1_000_000
            ));
        }
        self.kept
            .is_some_and(|at| steady - at > DOUBT)
            .then(|| "NTP has kept the clock, and keeps it no longer.".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_wrong_when_it_jumps_lags_behind_or_loses_ntp() {
        let (start, zero) = (Instant::now(), 1_790_000_000_000_000);
        let at = |s: u64| start + Duration::from_secs(s);
        let wall = |s: i64| WallTime(zero + s * 1_000_000);
        let system =
            |s: i64| Some(SystemTime::UNIX_EPOCH + Duration::from_micros(wall(s).micros() as u64));
        let mut clock = Clock::default();
        assert_eq!(clock.look(wall(0), at(0), system(0), false), None);
        assert_eq!(clock.look(wall(2), at(2), system(50), true), None);
        let behind = clock.look(wall(4), at(4), system(90), true).unwrap();
        assert!(behind.contains("behind"), "{behind}");
        let jumped = clock.look(wall(-60), at(6), None, true).unwrap();
        assert!(jumped.contains("by -66 s"), "{jumped}");
        assert_eq!(
            clock.look(wall(640), at(706), None, true),
            None,
            "forgotten"
        );
        assert_eq!(clock.look(wall(700), at(766), None, false), None);
        let lost = clock.look(wall(1300), at(1366), None, false).unwrap();
        assert!(lost.contains("NTP"), "{lost}");
    }
}
