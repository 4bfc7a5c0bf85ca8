//! Outgoing messages, with real receivers on loopback that are down, slow, lying or huge, on both
//! databases.

mod common;
#[path = "messages/receiver.rs"]
mod receiver;

use assay::clock::Clock;
use assay::identity::{PayBasis, Role};
use assay::jobs::Sending;
use assay::jobs::outbox::Outbox;
use assay::outgoing::{Resolve, Sender, Signed};
use assay::review::checklist::BANT;
use assay::store::commission::plans::{self, NewPlan};
use assay::store::people::{self, NewPerson};
use assay::store::review::checklists;
use assay::store::webhook::PausedFor;
use assay::store::webhook::deliveries::{self, LEASE, Listed, MessageState, Wanted};
use assay::store::webhook::forget::BATCH;
use assay::store::webhook::receivers::{self, NewReceiver};
use assay::store::{Actor, Db, StoreError, leads, log};
use assay::units::{ClientId, Micros, Money, ReceiverId, WallTime};
use assay::webhook::schedule::{OVERLAP, WINDOW};
use assay::webhook::{Allowed, Master, Subject, Target, sign};
use common::Postgres;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use receiver::{Behaviour, Receiver};
use std::collections::VecDeque;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

const BY: Actor = Actor::Shell;
const SECOND: Micros = Micros::from_secs(1);

/// A box that sends: its database, its clock, and the job.
struct World {
    db: Db,
    clock: Clock,
    sending: Sending,
    job: Outbox,
}

fn sender(ranges: &[&str]) -> Sender {
    let ranges = ranges.iter().map(|r| r.parse().unwrap()).collect();
    Sender::new(Allowed::new(ranges), None).unwrap()
}

impl World {
    /// With 127.0.0.1 allowed, and a patience that tests have.
    fn new(db: &Db) -> World {
        let sender = sender(&["127.0.0.1/32"]);
        World::with(
            db,
            sender.with(Arc::new(Nobody), Duration::from_millis(1_500)),
        )
    }

    fn with(db: &Db, sender: Sender) -> World {
        let clock = Clock::manual("2026-11-28T10:00:00Z".parse().unwrap());
        let sending = Sending {
            sender,
            master: Master::new([9; 32]),
            keep: Some(Micros::from_secs(90 * 86_400)),
        };
        World {
            job: Outbox::new(db.clone(), clock.clone(), sending.clone()),
            db: db.clone(),
            clock,
            sending,
        }
    }

    fn now(&self) -> WallTime {
        self.clock.now()
    }

    async fn add(&self, name: &str, url: &str) -> ReceiverId {
        self.add_for(name, url, None, None).await
    }

    async fn add_for(
        &self,
        name: &str,
        url: &str,
        topics: Option<&[Subject]>,
        client: Option<&ClientId>,
    ) -> ReceiverId {
        let new = NewReceiver {
            name,
            url,
            topics,
            client,
        };
        let mut tx = self.db.write().await.unwrap();
        let master = &self.sending.master;
        let added = receivers::add(&mut tx, &BY, &new, master, self.now()).await;
        tx.commit().await.unwrap();
        added.unwrap().0
    }

    async fn put(&self, to: &ReceiverId) {
        let mut tx = self.db.write().await.unwrap();
        receivers::test(&mut tx, &BY, to, self.now()).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Runs the job until nothing is due and nobody is being sent to.
    async fn run(&mut self) {
        loop {
            let done = self.job.once(self.now()).await.unwrap();
            assert_eq!(done.trouble, None);
            while !self.job.is_idle(self.now()) {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            let mut tx = self.db.read().await.unwrap();
            if deliveries::due(&mut tx, self.now())
                .await
                .unwrap()
                .is_empty()
            {
                return;
            }
        }
    }

    /// A receiver's messages, oldest first.
    async fn messages(&self, id: &ReceiverId) -> Vec<Listed> {
        let mut tx = self.db.read().await.unwrap();
        let wanted = Wanted {
            receiver: id,
            state: None,
            before: None,
        };
        let mut all = deliveries::list(&mut tx, &wanted).await.unwrap();
        all.reverse();
        all
    }

    async fn receiver(&self, id: &ReceiverId) -> receivers::Receiver {
        let mut tx = self.db.read().await.unwrap();
        receivers::by_id(&mut tx, id).await.unwrap().unwrap()
    }

    /// Moves the clock to when a receiver is tried again.
    async fn until_tried(&self, id: &ReceiverId) {
        let wait = self.receiver(id).await.next_attempt_at - self.now();
        self.clock.advance(Micros(wait.0.max(0)));
    }

    async fn actions(&self, id: &ReceiverId) -> Vec<String> {
        let mut tx = self.db.read().await.unwrap();
        log::actions(&mut tx, &format!("receiver:{id}"))
            .await
            .unwrap()
    }
}

/// A resolver that knows no name.
struct Nobody;

impl Resolve for Nobody {
    fn resolve<'a>(
        &'a self,
        _: &'a str,
    ) -> Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send + 'a>> {
        Box::pin(async { Ok(Vec::new()) })
    }
}

/// A resolver that gives another answer each time, as whoever rebinds a name does.
struct Answers(Mutex<VecDeque<Vec<IpAddr>>>);

impl Answers {
    fn new(answers: &[&[&str]]) -> Arc<Answers> {
        let parsed = |a: &&[&str]| a.iter().map(|ip| ip.parse().unwrap()).collect();
        Arc::new(Answers(Mutex::new(answers.iter().map(parsed).collect())))
    }

    fn left(&self) -> usize {
        self.0.lock().unwrap().len()
    }
}

impl Resolve for Answers {
    fn resolve<'a>(
        &'a self,
        _: &'a str,
    ) -> Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send + 'a>> {
        Box::pin(async { Ok(self.0.lock().unwrap().pop_front().unwrap_or_default()) })
    }
}

/// Runs a story on both databases.
fn on_both(story: impl AsyncFn(Db)) {
    on_sqlite(&story);
    if let Some(postgres) = Postgres::start() {
        tokio::runtime::Runtime::new().unwrap().block_on(async {
            let db = Db::postgres(&postgres.url()).await.unwrap();
            story(db.clone()).await;
            db.close().await;
        });
    }
}

fn on_sqlite(story: impl AsyncFn(Db)) {
    let folder = tempfile::tempdir().unwrap();
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let db = Db::sqlite(&folder.path().join("assay.db")).await.unwrap();
        story(db.clone()).await;
        db.close().await;
    });
}

#[test]
fn a_message_arrives_once_signed_and_in_the_order_it_was_put() {
    on_both(async |db| {
        let mut world = World::new(&db);
        let crm = Receiver::start(Behaviour::Answer(204)).await;
        let id = world.add("CRM", &crm.url()).await;
        for _ in 0..5 {
            world.put(&id).await;
        }
        world.run().await;
        let messages = world.messages(&id).await;
        let put: Vec<String> = messages.iter().map(|m| m.message_id.to_string()).collect();
        assert_eq!((put.len(), crm.ids()), (5, put));
        assert!(
            messages
                .iter()
                .all(|m| m.state() == MessageState::Delivered)
        );
        assert!(
            messages
                .iter()
                .all(|m| m.attempts == 1 && m.last_status == Some(204))
        );
        let got = crm.got().remove(0);
        assert!(
            got.head.starts_with("POST /hook?key=1 HTTP/1.1\r\n"),
            "{}",
            got.head
        );
        assert_eq!(got.header("content-type"), "application/json");
        assert_eq!(got.header("host"), crm.address.to_string());
        let seconds = world.now().micros() / 1_000_000;
        assert_eq!(got.header("webhook-timestamp"), seconds.to_string());
        let secret = world.sending.master.secret(&id, 1);
        let signed = sign::signatures(&[secret], &got.id(), seconds, got.body.as_bytes());
        assert_eq!(got.header("webhook-signature"), signed);
        let body: serde_json::Value = serde_json::from_str(&got.body).unwrap();
        assert_eq!(body["type"], "webhook.test");
        assert_eq!(body["timestamp"], world.now().to_string());
        assert_eq!(body["data"]["receiver"], id.to_string());
        world.run().await;
        assert_eq!(crm.got().len(), 5, "nothing is sent again");
    });
}

#[test]
fn a_receiver_that_fails_holds_its_own_line_up_and_keeps_its_order() {
    on_both(async |db| {
        let mut world = World::new(&db);
        let crm = Receiver::start(Behaviour::Answer(500)).await;
        let other = Receiver::start(Behaviour::Answer(200)).await;
        let (id, next) = (
            world.add("CRM", &crm.url()).await,
            world.add("Other", &other.url()).await,
        );
        for _ in 0..3 {
            world.put(&id).await;
            world.put(&next).await;
        }
        for failures in 1..4 {
            world.run().await;
            assert_eq!(world.receiver(&id).await.failures, failures);
            world.until_tried(&id).await;
        }
        let messages = world.messages(&id).await;
        let first = messages[0].message_id.to_string();
        assert_eq!(crm.ids(), [first.clone(), first.clone(), first.clone()]);
        assert_eq!(messages[0].last_error.as_deref(), Some("it answered 500"));
        assert_eq!(
            messages[1].attempts, 0,
            "the second is not tried before the first"
        );
        assert_eq!(other.got().len(), 3, "the other receiver has its own");
        crm.behave(Behaviour::Answer(200));
        world.run().await;
        let put: Vec<String> = messages.iter().map(|m| m.message_id.to_string()).collect();
        assert_eq!(crm.ids()[3..], put);
        assert_eq!(world.receiver(&id).await.failures, 0);
        let bodies: Vec<String> = crm.got().into_iter().map(|g| g.body).collect();
        assert!(
            bodies[..4].iter().all(|b| *b == bodies[0]),
            "the body is fixed when it is put"
        );
    });
}

#[test]
fn what_was_sent_and_not_marked_is_sent_again_under_its_id() {
    on_both(async |db| {
        let mut world = World::new(&db);
        let crm = Receiver::start(Behaviour::Answer(200)).await;
        let id = world.add("CRM", &crm.url()).await;
        world.put(&id).await;
        world.put(&id).await;
        // A process sends, and ends before it can write that down.
        let mut tx = db.write().await.unwrap();
        let taken = deliveries::take(&mut tx, &id, &world.sending.master, world.now()).await;
        let taken = taken.unwrap().unwrap();
        tx.commit().await.unwrap();
        let message = Signed {
            id: &taken.message,
            seconds: 1,
            signatures: String::new(),
            body: &taken.body,
        };
        let target = Target::parse(&taken.url, world.sending.sender.allowed()).unwrap();
        world.sending.sender.send(&target, &message).await.unwrap();
        // Nobody else sends while its lease lasts.
        world.run().await;
        assert_eq!(crm.got().len(), 1);
        world.clock.advance(Micros(LEASE.0 + SECOND.0));
        world.run().await;
        let messages = world.messages(&id).await;
        let [first, second] = [0, 1].map(|n: usize| messages[n].message_id.to_string());
        assert_eq!(crm.ids(), [first.clone(), first, second]);
        assert_eq!(crm.got()[0].body, crm.got()[1].body);
        // Should the first process live after all, it writes nothing any more.
        let late = deliveries::Tried {
            judged: assay::webhook::Judged::Failed { asked: None },
            status: None,
            error: Some("late".to_owned()),
        };
        let mut tx = db.write().await.unwrap();
        let written = deliveries::finish(&mut tx, &taken, &late, 0.5, world.now()).await;
        assert!(
            matches!(written, Err(StoreError::Conflict(_))),
            "{written:?}"
        );
    });
}

#[test]
fn two_processes_never_send_to_one_receiver_at_a_time() {
    on_both(async |db| {
        let world = World::new(&db);
        let crm = Receiver::start(Behaviour::Hang).await;
        let id = world.add("CRM", &crm.url()).await;
        for _ in 0..3 {
            world.put(&id).await;
        }
        let (clock, sending) = (world.clock.clone(), world.sending.clone());
        let process = || Outbox::new(db.clone(), clock.clone(), sending.clone());
        let mut processes = [process(), process(), process(), process()];
        for _ in 0..3 {
            for process in &mut processes {
                process.once(clock.now()).await.unwrap();
            }
        }
        for process in &mut processes {
            while !process.is_idle(clock.now()) {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        }
        assert_eq!(crm.got().len(), 1);
        assert_eq!(world.messages(&id).await[0].attempts, 1);
    });
}

#[test]
fn secrets_overlap_for_a_day_or_end_at_once() {
    on_both(async |db| {
        let mut world = World::new(&db);
        let crm = Receiver::start(Behaviour::Answer(200)).await;
        let id = world.add("CRM", &crm.url()).await;
        let rotate = async |world: &World, at_once| {
            let mut tx = db.write().await.unwrap();
            let how = (&world.sending.master, at_once);
            let secret = receivers::rotate(&mut tx, &BY, &id, how, world.now()).await;
            tx.commit().await.unwrap();
            secret.unwrap()
        };
        let signed = async |world: &mut World| {
            world.put(&id).await;
            world.run().await;
            let got = crm.got().pop().unwrap();
            let seconds = world.now().micros() / 1_000_000;
            let by = |n: i64| {
                let secret = world.sending.master.secret(&id, n);
                sign::signatures(&[secret], &got.id(), seconds, got.body.as_bytes())
            };
            let all = got.header("webhook-signature");
            let of = |s: &str| (1..9).find(|n| by(*n) == s).unwrap();
            all.split(' ').map(of).collect::<Vec<i64>>()
        };
        assert_eq!(signed(&mut world).await, [1]);
        let second = rotate(&world, false).await;
        assert_eq!(second, world.sending.master.secret(&id, 2));
        assert_eq!(signed(&mut world).await, [2, 1]);
        world.clock.advance(Micros(OVERLAP.0 - 1));
        assert_eq!(signed(&mut world).await, [2, 1]);
        world.clock.advance(Micros(1));
        assert_eq!(signed(&mut world).await, [2]);
        rotate(&world, true).await;
        assert_eq!(
            signed(&mut world).await,
            [3],
            "a secret that is known signs no more"
        );
        for _ in 0..receivers::MOST_SECRETS - 1 {
            rotate(&world, false).await;
        }
        let mut tx = db.write().await.unwrap();
        let how = (&world.sending.master, false);
        let refused = receivers::rotate(&mut tx, &BY, &id, how, world.now()).await;
        assert!(
            matches!(refused, Err(StoreError::Conflict(_))),
            "{refused:?}"
        );
        drop(tx);
        assert_eq!(signed(&mut world).await, [6, 5, 4, 3]);
        rotate(&world, true).await;
        let mut tx = db.write().await.unwrap();
        let master = &world.sending.master;
        let shown = receivers::show_secret(&mut tx, &BY, &id, master, world.now())
            .await
            .unwrap();
        tx.commit().await.unwrap();
        assert_eq!(shown, master.secret(&id, 7));
        let actions = world.actions(&id).await;
        assert_eq!(actions.last().unwrap(), "receiver.secret_shown");
        assert_eq!(
            actions
                .iter()
                .filter(|a| *a == "receiver.secret_rotated")
                .count(),
            6
        );
        // Another key file: nothing is signed with what nobody verifies.
        world.put(&id).await;
        let other = Sending {
            master: Master::new([1; 32]),
            ..world.sending.clone()
        };
        let before = crm.got().len();
        let mut job = Outbox::new(db.clone(), world.clock.clone(), other);
        job.once(world.now()).await.unwrap();
        while !job.is_idle(world.now()) {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        let trouble = job.once(world.now()).await.unwrap().trouble.unwrap();
        assert!(trouble.contains("webhooks.key"), "{trouble}");
        assert_eq!(crm.got().len(), before);
    });
}

#[test]
fn whatever_a_receiver_does_costs_it_one_attempt() {
    on_sqlite(async |db| {
        let mut world = World::new(&db);
        let elsewhere = Receiver::start(Behaviour::Answer(200)).await;
        let to = format!("location: http://{}/other", elsewhere.address);
        let mut all = Vec::new();
        for (n, (behaviour, said)) in [
            (Behaviour::Answer(404), "404"),
            (Behaviour::Answer(401), "secret"),
            (Behaviour::With(301, to.clone()), "redirect"),
            (Behaviour::With(307, to), "redirect"),
            (Behaviour::Hang, "ten seconds"),
            (Behaviour::Drip, "ten seconds"),
            (Behaviour::Interim, "ten seconds"),
            (Behaviour::Endless, "64 KiB"),
            (Behaviour::Headers, "64 KiB"),
            (Behaviour::Lie, "ended in the middle"),
            (Behaviour::Garbage, "no HTTP"),
            (Behaviour::Close, "no HTTP"),
        ]
        .into_iter()
        .enumerate()
        {
            let receiver = Receiver::start(behaviour.clone()).await;
            let id = world.add(&format!("R{n}"), &receiver.url()).await;
            world.put(&id).await;
            all.push((behaviour, said, receiver, id));
        }
        // One that is down, and one that answers as it should.
        let down = format!("http://127.0.0.1:{}/", common::free_port());
        let down = world.add("down", &down).await;
        world.put(&down).await;
        let good = Receiver::start(Behaviour::Answer(200)).await;
        let good_id = world.add("good", &good.url()).await;
        world.put(&good_id).await;
        world.run().await;
        for (behaviour, said, receiver, id) in &all {
            let message = world.messages(id).await.remove(0);
            let error = message.last_error.clone().unwrap_or_default();
            assert_eq!(
                message.state(),
                MessageState::Waiting,
                "{behaviour:?}: {error}"
            );
            assert!(error.contains(said), "{behaviour:?}: {error}");
            assert_eq!(receiver.got().len(), 1, "{behaviour:?}");
        }
        let error = world.messages(&down).await.remove(0).last_error.unwrap();
        assert!(error.contains("nobody answers at 127.0.0.1"), "{error}");
        assert_eq!(
            world.messages(&good_id).await[0].state(),
            MessageState::Delivered
        );
        assert!(elsewhere.got().is_empty(), "a redirect was followed");
    });
}

#[test]
fn receivers_that_hang_take_nobodys_place() {
    on_both(async |db| {
        let sender = sender(&["127.0.0.1/32"]).with(Arc::new(Nobody), Duration::from_secs(300));
        let mut world = World::with(&db, sender);
        let mut all = Vec::new();
        for n in 0..40 {
            let hangs = n % 2 == 0;
            let behaviour = if hangs {
                Behaviour::Hang
            } else {
                Behaviour::Answer(200)
            };
            let receiver = Receiver::start(behaviour).await;
            let id = world.add(&format!("R{n:02}"), &receiver.url()).await;
            for _ in 0..3 {
                world.put(&id).await;
            }
            all.push((hangs, receiver));
        }
        // Those that answer get all of theirs while the others have not answered their first.
        let served = || {
            let fits = |(hangs, r): &(bool, Receiver)| r.got().len() == if *hangs { 1 } else { 3 };
            all.iter().all(fits)
        };
        for turn in 0.. {
            assert!(
                turn < 3_000,
                "{:?}",
                all.iter().map(|a| a.1.got().len()).collect::<Vec<_>>()
            );
            world.job.once(world.now()).await.unwrap();
            if served() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert!(!world.job.is_idle(world.now()));
    });
}

#[test]
fn after_three_days_of_failures_a_message_is_dead_and_is_replayed_from_there() {
    on_both(async |db| {
        let mut world = World::new(&db);
        let crm = Receiver::start(Behaviour::Answer(500)).await;
        let id = world.add("CRM", &crm.url()).await;
        let began = world.now();
        world.put(&id).await;
        world.put(&id).await;
        world.clock.advance(Micros::from_secs(86_400));
        world.put(&id).await;
        let dead = |all: &[Listed]| {
            all.iter()
                .filter(|m| m.state() == MessageState::Dead)
                .count()
        };
        let mut attempts = 0;
        while dead(&world.messages(&id).await) == 0 {
            world.run().await;
            attempts += 1;
            assert!(attempts < 100, "it is tried for ever");
            world.until_tried(&id).await;
        }
        assert!(attempts > 10, "{attempts} attempts in three days");
        let messages = world.messages(&id).await;
        assert_eq!(messages[0].dead_at, Some(began + WINDOW));
        // The second has waited as long behind the first; the third has time left.
        assert_eq!(dead(&messages), 2);
        assert_eq!(messages[2].state(), MessageState::Waiting);
        assert_eq!(world.actions(&id).await.last().unwrap(), "message.dead");
        crm.behave(Behaviour::Answer(200));
        world.until_tried(&id).await;
        world.run().await;
        let ids: Vec<String> = messages.iter().map(|m| m.message_id.to_string()).collect();
        assert_eq!(
            crm.ids().last(),
            Some(&ids[2]),
            "a dead letter unblocks the line"
        );
        // One is replayed, then all that are left; each under its own id.
        let mut tx = db.write().await.unwrap();
        let one = (&id, Some(&messages[1].message_id));
        assert_eq!(
            deliveries::replay(&mut tx, &BY, one, world.now())
                .await
                .unwrap(),
            1
        );
        tx.commit().await.unwrap();
        world.run().await;
        assert_eq!(crm.ids().last(), Some(&ids[1]));
        let mut tx = db.write().await.unwrap();
        let all = (&id, None);
        assert_eq!(
            deliveries::replay(&mut tx, &BY, all, world.now())
                .await
                .unwrap(),
            1
        );
        tx.commit().await.unwrap();
        world.run().await;
        assert_eq!(crm.ids().last(), Some(&ids[0]));
        let messages = world.messages(&id).await;
        assert!(
            messages
                .iter()
                .all(|m| m.state() == MessageState::Delivered)
        );
        assert_eq!(
            messages.iter().map(|m| m.replays).collect::<Vec<_>>(),
            [1, 1, 0]
        );
        let mut tx = db.write().await.unwrap();
        let nothing = deliveries::replay(&mut tx, &BY, all, world.now()).await;
        assert!(
            matches!(nothing, Err(StoreError::Conflict(_))),
            "{nothing:?}"
        );
        drop(tx);
        assert_eq!(world.actions(&id).await.last().unwrap(), "message.replayed");
    });
}

#[test]
fn a_receiver_is_heard_when_it_asks_for_time_or_is_gone() {
    on_both(async |db| {
        let mut world = World::new(&db);
        let busy = Behaviour::With(429, "retry-after: 600".to_owned());
        let crm = Receiver::start(busy).await;
        let id = world.add("CRM", &crm.url()).await;
        world.put(&id).await;
        world.run().await;
        let asked = world.receiver(&id).await.next_attempt_at - world.now();
        assert_eq!(asked, Micros::from_secs(600));
        crm.behave(Behaviour::Answer(410));
        world.until_tried(&id).await;
        world.run().await;
        let receiver = world.receiver(&id).await;
        assert_eq!(receiver.paused_for, Some(PausedFor::Gone));
        assert_eq!(world.actions(&id).await.last().unwrap(), "receiver.paused");
        crm.behave(Behaviour::Answer(200));
        world.clock.advance(Micros(WINDOW.0 + SECOND.0));
        world.run().await;
        assert_eq!(crm.got().len(), 2, "nothing is sent while it is paused");
        let mut tx = db.write().await.unwrap();
        receivers::resume(&mut tx, &BY, &id, world.now())
            .await
            .unwrap();
        tx.commit().await.unwrap();
        world.run().await;
        assert_eq!(
            world.messages(&id).await[0].state(),
            MessageState::Delivered
        );
        let mut tx = db.write().await.unwrap();
        receivers::remove(&mut tx, &BY, &id, world.now())
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let mut tx = db.write().await.unwrap();
        assert!(
            receivers::test(&mut tx, &BY, &id, world.now())
                .await
                .is_err()
        );
    });
}

#[test]
fn an_address_is_checked_where_it_is_connected_to() {
    on_sqlite(async |db| {
        // Nothing listens on 10.0.0.1; 127.0.0.2 is the trap, and is not allowed.
        let trap = Receiver::at("127.0.0.2".parse().unwrap(), Behaviour::Answer(200), None).await;
        let crm = Receiver::start(Behaviour::Answer(500)).await;
        let port = crm.address.port();
        let answers = Answers::new(&[&["127.0.0.1"], &["127.0.0.2"], &["10.0.0.1", "::1"], &[]]);
        let sender = sender(&["127.0.0.1/32"]);
        let mut world = World::with(&db, sender.with(answers.clone(), Duration::from_secs(5)));
        let id = world
            .add("CRM", &format!("http://crm.example:{port}/"))
            .await;
        let literal = world.add("trap", &trap.url()).await;
        let mapped = format!("http://[::ffff:127.0.0.2]:{}/", trap.address.port());
        let mapped = world.add("mapped", &mapped).await;
        for (left, said) in [
            (3, "it answered 500"),
            (2, "127.0.0.2 is this box itself"),
            (1, "is this box itself"),
            (0, "name was not found"),
        ] {
            world.put(&id).await;
            world.run().await;
            assert_eq!(answers.left(), left, "a name is looked up once per attempt");
            let error = world.messages(&id).await.remove(0).last_error.unwrap();
            assert!(error.contains(said), "{error}");
            world.until_tried(&id).await;
        }
        assert_eq!(crm.got().len(), 1);
        for refused in [literal, mapped] {
            world.put(&refused).await;
            world.run().await;
            let error = world.messages(&refused).await.remove(0).last_error.unwrap();
            assert!(error.contains("127.0.0.2 is this box itself"), "{error}");
        }
        assert!(trap.got().is_empty(), "{:?}", trap.got());
    });
}

/// An authority, and a server's certificate for a name under it.
fn certified(name: &str) -> (String, TlsAcceptor) {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let own = CertificateParams::new(vec![name.to_owned()]).unwrap();
    let certificate = own.signed_by(&key, &issuer).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
        )
        .unwrap();
    (issuer.pem(), TlsAcceptor::from(Arc::new(config)))
}

#[test]
fn a_receiver_proves_its_name_by_a_certificate_of_a_trusted_authority() {
    on_sqlite(async |db| {
        let (authority, acceptor) = certified("crm.example");
        let ip = "127.0.0.1".parse().unwrap();
        let crm = Receiver::at(ip, Behaviour::Answer(200), Some(acceptor)).await;
        let plain = Receiver::start(Behaviour::Answer(200)).await;
        let allowed = || Allowed::new(vec!["127.0.0.1/32".parse().unwrap()]);
        let with = |authority: Option<&str>| {
            let sender = Sender::new(allowed(), authority.map(str::as_bytes)).unwrap();
            let answers = Answers::new(&[&["127.0.0.1"], &["127.0.0.1"]]);
            World::with(&db, sender.with(answers, Duration::from_secs(5)))
        };
        let mut world = with(Some(&authority));
        let port = crm.address.port();
        let at = |name: &str, port| format!("https://{name}:{port}/");
        let right = world.add("right", &at("crm.example", port)).await;
        let wrong = world.add("wrong", &at("other.example", port)).await;
        let none = world
            .add("none", &at("127.0.0.1", plain.address.port()))
            .await;
        for id in [&right, &wrong, &none] {
            world.put(id).await;
        }
        world.run().await;
        assert_eq!(world.messages(&right).await[0].last_error, None);
        let error = world.messages(&wrong).await.remove(0).last_error.unwrap();
        assert!(error.contains("for another name"), "{error}");
        let error = world.messages(&none).await.remove(0).last_error.unwrap();
        assert!(error.contains("no TLS"), "{error}");
        assert_eq!((crm.got().len(), plain.got().len()), (1, 0));
        let mut world = with(None);
        world.put(&right).await;
        world.run().await;
        let error = world.messages(&right).await.remove(1).last_error.unwrap();
        assert!(error.contains("not trusted"), "{error}");
        assert_eq!(crm.got().len(), 1);
        assert!(Sender::new(allowed(), Some(b"nothing")).is_err());
    });
}

#[test]
fn a_message_is_put_with_its_act_for_those_who_ask_for_it() {
    on_both(async |db| {
        let world = World::new(&db);
        let now = world.now();
        let mut tx = db.write().await.unwrap();
        let mut clients = Vec::new();
        for name in ["Northlight", "Calder"] {
            clients.push(people::add_client(&mut tx, &BY, name, now).await.unwrap());
        }
        let new = NewPerson {
            login: "max",
            name: "Max Oberg",
            role: Role::Manager,
            pay_basis: PayBasis::Fixed,
            password_hash: "x",
            clients: &clients,
        };
        let max = people::add(&mut tx, &BY, &new, now).await.unwrap();
        let (checklist, version) = checklists::add(&mut tx, &BY, &clients[0], BANT, now)
            .await
            .unwrap();
        checklists::sign(&mut tx, &BY, &version, ("Mia", "Sam"), now, None)
            .await
            .unwrap();
        let campaign = leads::add_campaign(&mut tx, &BY, &clients[0], "Fleet", &checklist, now)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let (plan, claim) = ([Subject::PlanApproved], [Subject::ClaimMade]);
        let url = "https://crm.example/";
        let all = world.add("all", url).await;
        let own = world
            .add_for("own", url, Some(&plan), Some(&clients[0]))
            .await;
        let other_client = world
            .add_for("other client", url, None, Some(&clients[1]))
            .await;
        let other_topic = world.add_for("other topic", url, Some(&claim), None).await;
        let paused = world.add("paused", url).await;
        let mut tx = db.write().await.unwrap();
        receivers::pause(&mut tx, &BY, &paused, PausedFor::Admin, now)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let approve = async |commit: bool| {
            let mut tx = db.write().await.unwrap();
            let plan = NewPlan {
                campaign: &campaign,
                amount: &Money::new(4000, "JPY"),
                terms: &assay::commission::Terms::default(),
                payable_after_days: 14,
                from: None,
            };
            let draft = plans::propose(&mut tx, &BY, &plan, now).await.unwrap();
            plans::approve(&mut tx, &max, &draft, now).await.unwrap();
            if commit {
                tx.commit().await.unwrap();
            }
        };
        approve(false).await;
        assert!(
            world.messages(&all).await.is_empty(),
            "no message without its act"
        );
        approve(true).await;
        let mut ids = Vec::new();
        for (receiver, expected) in [
            (&all, 1),
            (&own, 1),
            (&paused, 1),
            (&other_client, 0),
            (&other_topic, 0),
        ] {
            let messages = world.messages(receiver).await;
            assert_eq!(messages.len(), expected);
            ids.extend(messages.into_iter().map(|m| m.message_id));
        }
        ids.dedup();
        assert_eq!(ids.len(), 1, "one message, whoever it is for");
        let mut tx = db.write().await.unwrap();
        let master = &world.sending.master;
        let taken = deliveries::take(&mut tx, &all, master, now)
            .await
            .unwrap()
            .unwrap();
        let body: serde_json::Value = serde_json::from_str(&taken.body).unwrap();
        assert!(
            taken
                .body
                .starts_with("{\"type\":\"plan.approved\",\"timestamp\":\"")
        );
        let amount = &body["data"]["amount"];
        assert_eq!(amount["minor"], 4000);
        assert_eq!(
            (&amount["currency"], &amount["exponent"]),
            (&"JPY".into(), &0.into())
        );
        assert!(!taken.body.contains("Oberg") && !taken.body.contains("Northlight"));
    });
}

#[test]
fn what_everybody_has_had_for_long_goes_in_batches_and_the_rest_stays() {
    on_both(async |db| {
        let mut world = World::new(&db);
        let (crm, bad) = (
            Receiver::start(Behaviour::Answer(200)).await,
            Receiver::start(Behaviour::Answer(500)).await,
        );
        let days = |n: i64| Micros::from_secs(86_400 * n);
        let crm = world.add("CRM", &crm.url()).await;
        let dead = world.add("dead", &bad.url()).await;
        world.put(&dead).await;
        for _ in 0..BATCH + 1 {
            world.put(&crm).await;
        }
        world.run().await;
        world.clock.advance(days(60));
        world.put(&crm).await;
        world.put(&crm).await;
        world.run().await;
        world.clock.advance(days(29));
        world.run().await;
        let forgotten = async |db: &Db| {
            let mut tx = db.read().await.unwrap();
            let lines = log::actions(&mut tx, "messages").await.unwrap();
            assert!(lines.iter().all(|line| line == "messages.forgotten"));
            lines.len()
        };
        assert_eq!(forgotten(&db).await, 0, "the ninetieth day is not over");
        let for_ever = Sending {
            keep: None,
            ..world.sending.clone()
        };
        let mut never = Outbox::new(db.clone(), world.clock.clone(), for_ever);
        world.clock.advance(days(2));
        never.once(world.now()).await.unwrap();
        assert_eq!(forgotten(&db).await, 0, "kept for ever");
        world.job.once(world.now()).await.unwrap();
        assert_eq!(forgotten(&db).await, 1, "one batch at a time");
        for _ in 0..3 {
            world.run().await;
        }
        assert_eq!(forgotten(&db).await, 2, "and then no more");
        assert_eq!(world.messages(&crm).await.len(), 2);
        assert_eq!(world.messages(&dead).await[0].state(), MessageState::Dead);
        // The newest stays: the next one's place follows from it.
        world.clock.advance(days(200));
        world.run().await;
        let left = world.messages(&crm).await;
        assert_eq!(left.len(), 1);
        world.put(&crm).await;
        world.run().await;
        assert!(world.messages(&crm).await[1].seq > left[0].seq);
        let mut tx = db.read().await.unwrap();
        log::verify(&mut tx).await.unwrap();
    });
}

/// What the schema refuses, whoever writes.
const REFUSED: [&str; 9] = [
    "UPDATE outbox SET body = 'other' WHERE seq = 1",
    "UPDATE outbox SET seq = 9 WHERE seq = 1",
    "UPDATE deliveries SET delivered_at = NULL WHERE seq = 1",
    "UPDATE deliveries SET dead_at = 5 WHERE seq = 1",
    "UPDATE deliveries SET delivered_at = 5, dead_at = 5 WHERE seq = 2",
    "UPDATE deliveries SET message_id = 'other' WHERE seq = 2",
    "DELETE FROM deliveries WHERE seq = 2",
    "INSERT INTO receiver_secrets (receiver_id, generation, fingerprint, from_at) SELECT \
     receiver_id, 2, fingerprint, 1 FROM receiver_secrets",
    "INSERT INTO receivers (id, name, url, all_topics, made_by, created_at, next_attempt_at) SELECT \
     'x', name, url, 1, made_by, 1, 1 FROM receivers",
];

/// One message that was delivered, and one that waits.
async fn one_and_one(db: &Db) {
    let mut world = World::new(db);
    let crm = Receiver::start(Behaviour::Answer(200)).await;
    let id = world.add("CRM", &crm.url()).await;
    world.put(&id).await;
    world.run().await;
    world.put(&id).await;
}

#[test]
fn the_schema_refuses_what_would_lose_or_change_a_message() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("assay.db");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let db = Db::sqlite(&path).await.unwrap();
        one_and_one(&db).await;
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&path);
        let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
        for wrong in REFUSED {
            assert!(sqlx::query(wrong).execute(&pool).await.is_err(), "{wrong}");
        }
        pool.close().await;
        db.close().await;
    });
    if let Some(postgres) = Postgres::start() {
        runtime.block_on(async {
            let db = Db::postgres(&postgres.url()).await.unwrap();
            one_and_one(&db).await;
            let pool = sqlx::PgPool::connect(&postgres.url()).await.unwrap();
            for wrong in REFUSED {
                assert!(sqlx::query(wrong).execute(&pool).await.is_err(), "{wrong}");
            }
            pool.close().await;
            db.close().await;
        });
    }
}
