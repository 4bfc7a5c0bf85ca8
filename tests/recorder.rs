//! The recorder from the tap's side and the sealing's: time that passes, calls that are committed
//! together.

mod common;

use assay::archive::keys::Keyring;
use assay::archive::objects::Objects;
use assay::archive::seal::SealOptions;
use assay::archive::spool::{ClosedCall, Spool, SpoolSettings};
use assay::call::Settings;
use assay::call::{CallFacts, CallNo, Commands, Lines};
use assay::capture::file::CaptureFiles;
use assay::recorder::sealer::{Commit, SealSettings, start_sealing};
use assay::recorder::worker::WorkerSettings;
use assay::recorder::{Backlog, Recorder};
use assay::units::{Micros, WallTime};
use common::*;
use std::path::Path;
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use uuid::Uuid;

const CALLS: u32 = 40;

/// Calls without media, closed.
fn closed(dir: &Path, keyring: &Keyring) -> Vec<ClosedCall> {
    let (closed, inbox) = channel();
    let mut spool = Spool::start(
        SpoolSettings::new(dir, keyring.clone(), true),
        Some(&[]),
        closed,
        WallTime(0),
    )
    .unwrap();
    for call in 0..CALLS {
        let facts = CallFacts::new(
            Uuid::from_u128(u128::from(call) + 1),
            WallTime(i64::from(call) * 1000),
        );
        spool.open(CallNo(call), &facts);
        spool.close(CallNo(call), &facts);
    }
    drop(spool);
    inbox.iter().collect()
}

#[test]
fn many_are_committed_together_and_one_that_cannot_be_keeps_nobody_back() {
    let folder = tempfile::tempdir().unwrap();
    let spool = folder.path().join("spool");
    let objects = Objects::open(folder.path(), Keyring::default()).unwrap();
    let calls = closed(&spool, objects.keyring());
    assert_eq!(calls.len(), CALLS as usize);
    let poison = Uuid::from_u128(21);
    let (all_sent, wait) = channel::<()>();
    let (wait, together) = (Mutex::new(wait), Arc::new(Mutex::new(Vec::new())));
    let noted = together.clone();
    let commit: Commit = Arc::new(move |sealed| {
        // Ends when the sender is gone: by then every call waits.
        let _ = wait.lock().unwrap().recv();
        if sealed.iter().any(|call| call.facts.id == poison) {
            return Err("the database refuses it".into());
        }
        noted
            .lock()
            .unwrap()
            .push(sealed.iter().map(|call| call.facts.id).collect::<Vec<_>>());
        Ok(())
    });
    let settings = SealSettings {
        spool,
        objects,
        options: SealOptions::default(),
        workers: 1,
        worker: WorkerSettings::default(),
        backlog: Backlog::default(),
        keep_trying: false,
    };
    let queue = start_sealing(&settings, &commit, |_| {}).unwrap();
    let ids: Vec<Uuid> = calls.iter().map(|call| call.id).collect();
    let refused = calls.iter().find(|call| call.id == poison).cloned();
    calls
        .into_iter()
        .for_each(|call| queue.closed.send(call).unwrap());
    drop(all_sent);
    assert_eq!(queue.finish(), 1, "one stays in the spool");
    assert_eq!(settings.backlog.stuck(), 1, "and the box says so");
    let together = together.lock().unwrap();
    assert!(
        together.iter().any(|batch| batch.len() > 1)
            && together.iter().all(|batch| batch.len() <= 16),
        "{together:?}"
    );
    let mut committed = together.concat();
    committed.sort();
    assert_eq!(
        committed,
        ids.into_iter()
            .filter(|id| *id != poison)
            .collect::<Vec<_>>(),
        "each once"
    );
    // The database takes it later.
    let commit: Commit = Arc::new(|_| Ok(()));
    let queue = start_sealing(&settings, &commit, |_| {}).unwrap();
    queue.closed.send(refused.unwrap()).unwrap();
    assert_eq!((queue.finish(), settings.backlog.stuck()), (0, 0));
}

/// Found on a live box: the page's own packets kept the clock of the calls standing still, which
/// only theirs moved.
#[test]
fn a_call_ends_while_the_mirror_shows_other_things() {
    let folder = tempfile::tempdir().unwrap();
    let (closed, inbox) = channel();
    let settings = SpoolSettings::new(folder.path(), Keyring::default(), true);
    let mut recorder = Recorder::start(
        settings,
        Some(&[]),
        Settings::default(),
        Lines::default(),
        closed,
        WallTime(0),
    )
    .unwrap();
    let mut files = CaptureFiles::open(&[fixture("busy")]);
    let (mut last, mut link) = (WallTime(0), None);
    while let Some(frame) = files.next_frame() {
        recorder.frame(&frame);
        (last, link) = (frame.at, Some(frame.link));
    }
    recorder.pulse(None);
    assert_eq!(
        inbox.try_iter().count(),
        0,
        "what may still come is waited for"
    );
    // ARP, twice a second.
    let mut arp = [0xff_u8; 60];
    arp[12..14].copy_from_slice(&[8, 6]);
    for n in 1..80 {
        let at = last + Micros::from_millis(500 * n);
        recorder.frame(&assay::wire::Frame {
            at,
            interface: 0,
            link: link.unwrap(),
            bytes: &arp,
            original_len: 60,
        });
        recorder.pulse(None);
    }
    drop(recorder);
    assert_eq!(inbox.iter().count(), 1);
}
