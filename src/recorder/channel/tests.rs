use super::client::{Client, Standstill, commit_all};
use super::frame::{LONGEST_ANSWER, LONGEST_ASK, MOST_CONNECTIONS, PROTOCOL, read, send};
use super::server::{Committing, Server, Tap};
use super::words::{Ask, LeftBehind, TapState};
use crate::archive::SealedCall;
use crate::call::{CallFacts, Instruction, StreamNo};
use crate::pii::Pii;
use crate::recorder::heard::Heard;
use crate::recorder::live::{Control, Live};
use crate::recorder::sealer::Commit;
use crate::recorder::worker::WorkerSettings;
use crate::recorder::{Backlog, Discarded};
use crate::units::WallTime;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use uuid::Uuid;

/// A tap's process: its thread answers as `controls` says.
struct House {
    _folder: tempfile::TempDir,
    path: PathBuf,
    client: Client,
    commit: Commit,
    around: Arc<Around>,
    server: Option<Server>,
}

#[derive(Default)]
struct Around {
    lines: Mutex<Vec<String>>,
    sealed: Mutex<Vec<Uuid>>,
}

impl Tap for Around {
    fn state(&self) -> TapState {
        TapState {
            troubles: vec!["The tap stands still.".into()],
            left_behind: 1,
            ..TapState::default()
        }
    }

    fn lines(&self, values: Vec<String>) {
        *self.lines.lock().unwrap() = values;
    }

    fn left_behind(&self) -> LeftBehind {
        LeftBehind {
            calls: vec![call(9)],
            before_segment: 3,
        }
    }

    fn sealed(&self, calls: &[Uuid]) {
        self.sealed.lock().unwrap().extend(calls);
    }
}

fn call(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

fn house(controls: impl FnOnce(Receiver<Control>) + Send + 'static) -> House {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tap.sock");
    let (live, inbox) = Live::new(Backlog::default(), WorkerSettings::default());
    std::thread::spawn(move || controls(inbox));
    let (committing, commit) = Committing::new();
    let around = Arc::new(Around::default());
    let server = Server::start(&path, live, committing, around.clone()).unwrap();
    House {
        client: Client::new(&path),
        _folder: folder,
        path,
        commit,
        around,
        server: Some(server),
    }
}

fn elsewhere(house: &House) -> Live {
    Live::elsewhere(house.client.clone(), WorkerSettings::default())
}

#[test]
fn what_the_page_asks_the_tap_answers() {
    let house = house(|inbox| {
        for control in inbox {
            match control {
                Control::Instruct { call: id, done, .. } => done.send(id == call(1)).unwrap(),
                Control::Discarded { to } => to
                    .send(vec![Discarded {
                        reason: "tls".into(),
                        at: WallTime(7),
                        interface: None,
                        addresses: Some((
                            "10.0.0.1:5061".parse().unwrap(),
                            "[::1]:1".parse().unwrap(),
                        )),
                        length: 99,
                        first_bytes: vec![0x16, 3, 1].into(),
                    }])
                    .unwrap(),
                Control::Listen { .. } => {}
            }
        }
    });
    let live = elsewhere(&house);
    assert_eq!(live.instruct(call(1), Instruction::Pause), Some(true));
    assert_eq!(live.instruct(call(2), Instruction::Announced), Some(false));
    let discarded = live.discarded().unwrap();
    assert_eq!((discarded[0].length, discarded[0].at), (99, WallTime(7)));
    assert!(!live.hurry(call(1)), "nothing waits");
    let state: TapState = house.client.ask(&Ask::State).unwrap();
    live.show(state.clone());
    assert_eq!((state.left_behind, state.troubles.len()), (1, 1));
    let values = vec![Pii::new("201".to_owned())];
    house.client.ask::<()>(&Ask::Lines { values }).unwrap();
    assert_eq!(*house.around.lines.lock().unwrap(), ["201"]);
    let left: LeftBehind = house.client.ask(&Ask::LeftBehind).unwrap();
    assert_eq!(left.before_segment, 3);
    let calls = left.calls;
    house.client.ask::<()>(&Ask::Sealed { calls }).unwrap();
    assert_eq!(*house.around.sealed.lock().unwrap(), [call(9)]);
}

#[test]
fn a_tap_that_does_not_answer_is_no_answer() {
    let mut house = house(drop);
    let live = elsewhere(&house);
    assert_eq!(live.instruct(call(1), Instruction::Pause), None);
    assert_eq!(live.discarded(), Some(Vec::new()), "nothing was kept");
    house.server = None;
    assert!(!house.path.exists());
    assert_eq!(live.instruct(call(1), Instruction::Pause), None);
    assert_eq!(live.discarded(), None);
    assert!(live.listen(call(1)).recv().is_err(), "ends at once");
}

#[test]
fn a_listener_hears_what_the_tap_copies_until_the_call_ends() {
    let house = house(|inbox| {
        let Ok(Control::Listen { call: id, to }) = inbox.recv() else {
            panic!("somebody listens");
        };
        to.send(Heard::Facts(Box::new(CallFacts::new(id, WallTime(5)))))
            .unwrap();
        to.send(Heard::Packet(StreamNo(3), vec![0x80, 8, 1]))
            .unwrap();
        // So long nothing comes, and it is told.
        std::thread::sleep(Duration::from_millis(700));
        to.send(Heard::End).unwrap();
    });
    let heard: Vec<Heard> = elsewhere(&house).listen(call(4)).iter().collect();
    let facts = CallFacts::new(call(4), WallTime(5));
    assert_eq!(heard.first(), Some(&Heard::Facts(Box::new(facts))));
    assert_eq!(heard[1], Heard::Packet(StreamNo(3), vec![0x80, 8, 1]));
    assert_eq!(heard[2], Heard::Nothing);
    assert_eq!(heard.last(), Some(&Heard::End));
}

fn sealed(n: u128) -> SealedCall {
    SealedCall {
        facts: CallFacts::new(call(n), WallTime(n as i64)),
        recording: None,
        lanes: Vec::new(),
        gaps: Vec::new(),
    }
}

#[test]
fn a_sealed_call_waits_until_somebody_has_committed_it() {
    let house = house(drop);
    // A page's half that takes calls and dies before it answers.
    let mut first = UnixStream::connect(&house.path).unwrap();
    let protocol = PROTOCOL;
    send(&mut first, &Ask::Commit { protocol }).unwrap();
    let nothing: Vec<SealedCall> = read(&mut first, LONGEST_ANSWER).unwrap();
    assert!(nothing.is_empty(), "it is told that there is nothing yet");
    send(&mut first, &None::<String>).unwrap();
    let commit = house.commit.clone();
    let committing = std::thread::spawn(move || commit(vec![sealed(1), sealed(2)]));
    loop {
        let calls: Vec<SealedCall> = read(&mut first, LONGEST_ANSWER).unwrap();
        if calls == [sealed(1), sealed(2)] {
            break;
        }
        send(&mut first, &None::<String>).unwrap();
    }
    drop(first);
    assert!(!committing.is_finished(), "it waits");
    // The next one refuses, then commits.
    let (to, taken) = channel();
    let stop = Arc::new(AtomicBool::new(false));
    let refused = AtomicBool::new(false);
    let takes: Commit = Arc::new(move |calls: Vec<SealedCall>| {
        to.send(calls.len()).unwrap();
        match refused.swap(true, Relaxed) {
            true => Ok(()),
            false => Err("the disk is full".into()),
        }
    });
    let (client, end) = (house.client.clone(), stop.clone());
    let standstill = Standstill::default();
    let told = standstill.clone();
    let page = std::thread::spawn(move || commit_all(&client, &takes, &told, &end));
    let why = committing.join().unwrap().unwrap_err();
    assert_eq!(why.to_string(), "the disk is full");
    assert_eq!(standstill.why().as_deref(), Some("the disk is full"));
    (house.commit)(vec![sealed(1)]).unwrap();
    assert_eq!(standstill.why(), None);
    stop.store(true, Relaxed);
    page.join().unwrap();
    assert_eq!(taken.iter().collect::<Vec<_>>(), [2, 1]);
}

#[test]
fn what_is_no_ask_ends_its_connection_alone() {
    let house = house(drop);
    let far = u32::try_from(LONGEST_ASK + 1).unwrap().to_be_bytes();
    for bad in [&far[..], b"\0\0\0\x02{}", b"\0\0\0\x09{\"ask\":1}", b"\0\0"] {
        let mut peer = UnixStream::connect(&house.path).unwrap();
        peer.write_all(bad).unwrap();
        peer.shutdown(std::net::Shutdown::Write).unwrap();
        let mut answer = Vec::new();
        peer.read_to_end(&mut answer).unwrap();
        assert!(answer.is_empty(), "{bad:?}");
    }
    assert!(house.client.ask::<TapState>(&Ask::State).is_ok());
    let mode = std::fs::metadata(&house.path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o660, "its group's and nobody else's");
}

#[test]
fn connections_are_bounded_and_idle_ones_end() {
    let house = house(drop);
    let idle: Vec<UnixStream> = (0..MOST_CONNECTIONS)
        .map(|_| UnixStream::connect(&house.path).unwrap())
        .collect();
    let refused = house.client.ask::<TapState>(&Ask::State);
    assert!(refused.is_err(), "one too many");
    // They have asked nothing within their time.
    for mut peer in idle {
        let mut answer = Vec::new();
        peer.read_to_end(&mut answer).unwrap();
    }
    let asked = (0..50).any(|_| {
        std::thread::sleep(Duration::from_millis(20));
        house.client.ask::<TapState>(&Ask::State).is_ok()
    });
    assert!(asked, "there is room again");
}

#[test]
fn halves_of_different_versions_commit_nothing() {
    let house = house(drop);
    let mut other = UnixStream::connect(&house.path).unwrap();
    let protocol = PROTOCOL + 1;
    send(&mut other, &Ask::Commit { protocol }).unwrap();
    let mut answer = Vec::new();
    other.read_to_end(&mut answer).unwrap();
    assert!(answer.is_empty());
    // What a peer of the right version does not understand it refuses, and the tap keeps.
    let mut one = UnixStream::connect(&house.path).unwrap();
    send(&mut one, &Ask::Commit { protocol: PROTOCOL }).unwrap();
    let nothing: Vec<SealedCall> = read(&mut one, LONGEST_ANSWER).unwrap();
    assert!(nothing.is_empty());
}

#[test]
fn an_answer_that_comes_byte_by_byte_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tap.sock");
    let listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
    let slow = std::thread::spawn(move || {
        let (mut peer, _) = listener.accept().unwrap();
        let mut given = 0;
        while given < 100 && peer.write_all(&[0]).is_ok() {
            given += 1;
            std::thread::sleep(Duration::from_millis(200));
        }
        given
    });
    let asked = Client::new(&path).ask::<TapState>(&Ask::State);
    assert!(asked.is_err());
    assert!(slow.join().unwrap() < 30, "it was waited for");
}
