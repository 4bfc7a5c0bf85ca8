//! Reports, on both databases: held against a count by hand and against another computation of the
//! same calls, and attacked where it was promised that nobody is singled out.

mod common;
#[path = "reports/experiments.rs"]
mod experiments;
#[path = "reports/numbers.rs"]
mod numbers;
#[path = "reports/untold.rs"]
mod untold;

use assay::archive::seal::SealedLane;
use assay::archive::{AudioFormat, Recording, SealedCall};
use assay::call::{CallFacts, Direction, Outcome, Party, Side};
use assay::identity::{PayBasis, Role};
use assay::leads::{Disposition, Numbers};
use assay::media::lane::LaneStats;
use assay::media::speech::SpeechSpan;
use assay::report::aggregate::{FEWEST_PEOPLE, days_of};
use assay::report::slots::{
    Asked, Counts, Dialled, Grid, Strata, Stratum, Tallied, What, report, sums,
};
use assay::store::calls::NewDisposition;
use assay::store::people::{self, NewLine, NewPerson};
use assay::store::report::numbers::dials;
use assay::store::report::slots::{Wanted, tallied};
use assay::store::report::{aggregate, days, figures};
use assay::store::{Actor, Db, StoreError, Tx, calls};
use assay::units::{ClientId, Hertz, Micros, PersonId, WallTime, Zone, day_number};
use common::{Client, Demo, Postgres, until};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

const BY: Actor = Actor::Shell;
const CONNECT_MS: i64 = 20_000;

fn at(text: &str) -> WallTime {
    text.parse().unwrap()
}

fn berlin() -> Zone {
    "Europe/Berlin".parse().unwrap()
}

/// Runs a story on both databases.
fn on_both(story: impl AsyncFn(Db)) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    runtime.block_on(async {
        let db = Db::sqlite(&folder.path().join("assay.db")).await.unwrap();
        story(db.clone()).await;
        db.close().await;
    });
    if let Some(postgres) = Postgres::start() {
        runtime.block_on(async {
            let db = Db::postgres(&postgres.url()).await.unwrap();
            story(db.clone()).await;
            db.close().await;
        });
    }
}

/// A client with telemarketers, each on a line of their own, and two managers.
struct House {
    client: ClientId,
    other: ClientId,
    callers: Vec<PersonId>,
    managers: [PersonId; 2],
    elsewhere: PersonId,
}

impl House {
    async fn build(tx: &mut Tx, callers: usize) -> House {
        let now = at("2026-01-01");
        let client = people::add_client(tx, &BY, "Northlight", now)
            .await
            .unwrap();
        let other = people::add_client(tx, &BY, "Calder", now).await.unwrap();
        let mut house = House {
            callers: Vec::new(),
            managers: [
                person(tx, "max", Role::Manager, &client).await,
                person(tx, "mia", Role::Manager, &client).await,
            ],
            elsewhere: person(tx, "eve", Role::Manager, &other).await,
            client,
            other,
        };
        for n in 0..callers {
            let id = person(tx, &format!("t{n}"), Role::Telemarketer, &house.client).await;
            let line = NewLine {
                value: &format!("{}", 200 + n),
                person: &id,
                client: &house.client,
                from: now,
                to: None,
            };
            people::add_line(tx, &BY, &line, now).await.unwrap();
            house.callers.push(id);
        }
        house
    }

    fn wanted(&self, from: &str, to: &str) -> Wanted {
        Wanted {
            client: self.client.clone(),
            days: (day_number(from).unwrap(), day_number(to).unwrap() + 1),
            person: None,
            campaign: None,
            shown: None,
            connect_ms: CONNECT_MS,
        }
    }
}

async fn person(tx: &mut Tx, login: &str, role: Role, client: &ClientId) -> PersonId {
    let new = NewPerson {
        login,
        name: login,
        role,
        pay_basis: PayBasis::Fixed,
        password_hash: "x",
        clients: std::slice::from_ref(client),
    };
    people::add(tx, &BY, &new, at("2026-01-01")).await.unwrap()
}

/// What is said in a call, in seconds from its answer.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Talk {
    /// Nobody answers.
    Nobody,
    /// A greeting of 25 s, and a message.
    Machine,
    /// So many seconds of the prospect's, in three turns.
    Person(u32),
}

#[derive(Clone, Debug)]
struct Dial {
    at: WallTime,
    caller: usize,
    number: String,
    talk: Talk,
    said: Option<Disposition>,
}

impl Dial {
    fn new(at: WallTime, caller: usize, talk: Talk) -> Dial {
        Dial {
            at,
            caller,
            number: "+493012345".into(),
            talk,
            said: None,
        }
    }

    /// Whether it is a connect, by the rule as a person would say it.
    fn connects(&self) -> bool {
        let said_nobody = matches!(
            self.said,
            Some(Disposition::Voicemail | Disposition::NoAnswer)
        );
        matches!(self.talk, Talk::Person(s) if s >= 20) && !said_nobody
    }

    fn sealed(&self) -> SealedCall {
        let mut facts = CallFacts::new(Uuid::now_v7(), self.at);
        let party = |number: &str| Party {
            number: Some(number.to_owned().into()),
            ..Party::default()
        };
        facts.from = party(&format!("{}", 200 + self.caller));
        facts.to = party(&self.number);
        facts.telemarketer = Some(Side::Caller);
        facts.direction = Some(Direction::Outbound);
        facts.outcome = Outcome::NoAnswer;
        let answered = self.at + Micros::from_secs(8);
        let spans = |seconds: &[(u32, u32)]| {
            let span = |(from, to): &(u32, u32)| SpeechSpan {
                from_ms: (from + 8) * 1_000,
                to_ms: (to + 8) * 1_000,
            };
            seconds.iter().map(span).collect::<Vec<_>>()
        };
        let (ours, theirs) = match self.talk {
            Talk::Nobody => (spans(&[]), spans(&[])),
            Talk::Machine => (spans(&[(26, 40)]), spans(&[(0, 25)])),
            Talk::Person(s) => (
                spans(&[(2, 5), (100, 120), (200, 220)]),
                spans(&[
                    (0, 1),
                    (6, 6 + (s - 1) / 2),
                    (130, 130 + s - 1 - (s - 1) / 2),
                ]),
            ),
        };
        let recording = (self.talk != Talk::Nobody).then(|| {
            facts.outcome = Outcome::Answered;
            facts.answered_at = Some(answered);
            let name = format!("recordings/{}.opus", facts.id);
            Recording {
                path: name.clone(),
                key: None,
                peaks: format!("{name}.json"),
                raw: None,
                format: AudioFormat::Opus,
                sample_rate: Hertz(8_000),
                duration_ms: 300_000,
                starts_at: self.at,
                sha256: "0".repeat(64),
                bytes: 10,
            }
        });
        let lane = |side, speech| SealedLane {
            side,
            stats: LaneStats::default(),
            speech,
        };
        let lanes = match recording {
            None => Vec::new(),
            Some(_) => vec![lane(Side::Caller, ours), lane(Side::Callee, theirs)],
        };
        SealedCall {
            facts,
            recording,
            lanes,
            gaps: Vec::new(),
        }
    }
}

async fn take_in(db: &Db, house: &House, dials: &[Dial]) {
    let plan = Numbers::new("DE", "").unwrap();
    for some in dials.chunks(200) {
        let mut tx = db.write().await.unwrap();
        let sealed: Vec<SealedCall> = some.iter().map(Dial::sealed).collect();
        let now = at("2026-12-01");
        calls::insert(&mut tx, &sealed, &plan, now).await.unwrap();
        for (dial, call) in some.iter().zip(&sealed) {
            if let Some(kind) = dial.said {
                let by = Actor::from(&house.callers[dial.caller]);
                let said = NewDisposition {
                    kind,
                    appointment_at: None,
                    appointment_with: None,
                };
                let id = call.facts.id.to_string().into();
                calls::set_disposition(&mut tx, &by, &id, &said, now)
                    .await
                    .unwrap();
            }
        }
        tx.commit().await.unwrap();
    }
}

async fn count(db: &Db, zone: &Zone) {
    loop {
        let mut tx = db.write().await.unwrap();
        let counted = figures::count(&mut tx, zone).await.unwrap();
        tx.commit().await.unwrap();
        if counted == 0 {
            return;
        }
    }
}

/// What is counted of calls, with the usual slots.
async fn tally(tx: &mut Tx, wanted: &Wanted) -> Tallied {
    tallied(tx, wanted, Grid::default()).await.unwrap()
}

/// The same numbers at every run.
struct Seeded(u64);

impl Seeded {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}

/// Calls over some weeks in working hours of Berlin, in summer and winter time.
fn floor(seed: u64, callers: usize, many: usize, first: &str, days: u64) -> Vec<Dial> {
    let mut random = Seeded(seed);
    let zone = berlin();
    let dial = |_| {
        let day = day_number(first).unwrap() + random.below(days) as i64;
        let start = zone
            .start_of_day(&assay::units::numbered_day(day).unwrap())
            .unwrap();
        let second = 8 * 3_600 + random.below(9 * 3_600) as i64;
        let mut dial = Dial::new(
            start + Micros::from_secs(second),
            random.below(callers as u64) as usize,
            match random.below(10) {
                0..=4 => Talk::Nobody,
                5 | 6 => Talk::Machine,
                _ => Talk::Person(3 + random.below(60) as u32),
            },
        );
        dial.number = format!("+4930{}", 100_000 + random.below(300));
        dial.said = match random.below(12) {
            0 => Some(Disposition::Voicemail),
            1 => Some(Disposition::MeetingMade),
            2 => Some(Disposition::Conversation),
            _ => None,
        };
        dial
    };
    (0..many).map(dial).collect()
}

fn sum(all: &[Dialled]) -> Counts {
    let mut total = Counts::default();
    all.iter().for_each(|d| total += d.counts);
    total
}

#[test]
fn slots_are_those_of_a_count_by_hand() {
    on_both(async |db| {
        let mut tx = db.write().await.unwrap();
        let house = House::build(&mut tx, 2).await;
        tx.commit().await.unwrap();
        let mut dials = vec![
            // Wednesday, 25 November, in Berlin: 9:50, 9:52, 10:09 and 10:10.
            Dial::new(at("2026-11-25T08:50:00Z"), 0, Talk::Person(30)),
            Dial::new(at("2026-11-25T08:52:00Z"), 0, Talk::Person(19)),
            Dial::new(at("2026-11-25T09:09:59Z"), 1, Talk::Machine),
            Dial::new(at("2026-11-25T09:10:00Z"), 1, Talk::Person(20)),
            // The same clock in summer.
            Dial::new(at("2026-06-24T07:50:00Z"), 0, Talk::Person(40)),
            Dial::new(at("2026-11-25T09:11:00Z"), 1, Talk::Nobody),
        ];
        dials[4].said = Some(Disposition::Voicemail);
        dials[3].said = Some(Disposition::MeetingMade);
        dials[1].number = "+494012345".into();
        take_in(&db, &house, &dials).await;
        count(&db, &berlin()).await;
        let mut tx = db.read().await.unwrap();
        let wanted = house.wanted("2026-01-01", "2026-12-31");
        let asked = Asked {
            grid: Grid::default(),
            what: What::Connects,
            fewest: 1,
            cut: Some((600, 870)),
        };
        let found = tally(&mut tx, &wanted).await;
        let made = report(&found.dialled, &found.strata, &asked);
        let counts = |calls, connects, meetings| Counts {
            calls,
            connects,
            meetings,
        };
        let cells: Vec<(i64, i64, Counts)> = made
            .cells
            .iter()
            .map(|c| (c.weekday, c.start, c.counts))
            .collect();
        assert_eq!(
            cells,
            [(2, 590, counts(4, 1, 0)), (2, 610, counts(2, 1, 1))],
            "the machine, the 19 s and what is marked as voicemail connect nobody"
        );
        assert_eq!(made.cut.unwrap().outside.counts, counts(3, 1, 0));
        let shown = sums(&found.strata, |(_, shown)| shown.as_str());
        let shown: Vec<(&str, i64)> = shown.into_iter().map(|(n, c)| (n, c.calls)).collect();
        assert_eq!(shown, [("200", 3), ("201", 3)]);
        assert_eq!((found.reach.called, found.reach.reached), (2, 1));
        // One day, one person, another client.
        let november = house.wanted("2026-11-25", "2026-11-25");
        assert_eq!(sum(&tally(&mut tx, &november).await.dialled).calls, 5);
        let own = Wanted {
            person: Some(house.callers[1].clone()),
            ..wanted.clone()
        };
        assert_eq!(sum(&tally(&mut tx, &own).await.dialled), counts(3, 1, 1));
        // An empty text asks for all.
        let all = Wanted {
            person: Some(String::new().into()),
            campaign: Some(String::new().into()),
            shown: Some(String::new()),
            ..wanted.clone()
        };
        assert_eq!(tally(&mut tx, &all).await, found);
        let other = Wanted {
            client: house.other.clone(),
            ..wanted
        };
        assert_eq!(tally(&mut tx, &other).await, Tallied::default());
    });
}

#[test]
fn slots_are_those_of_another_computation() {
    on_both(async |db| {
        let mut tx = db.write().await.unwrap();
        let house = House::build(&mut tx, 7).await;
        tx.commit().await.unwrap();
        let dials = floor(1, 7, 1_500, "2026-10-12", 28);
        take_in(&db, &house, &dials).await;
        count(&db, &berlin()).await;
        let mut expected: BTreeMap<(i64, i64), Counts> = BTreeMap::new();
        let zone = berlin();
        for dial in &dials {
            // By the text of the local time, and not by the program's own arithmetic.
            let (day, minute) = zone.day_and_minute(dial.at);
            let start = ((minute - 10).div_euclid(20)) * 20 + 10;
            let into = expected.entry(((day + 3) % 7, start)).or_default();
            *into += Counts {
                calls: 1,
                connects: i64::from(dial.connects()),
                meetings: i64::from(dial.said == Some(Disposition::MeetingMade)),
            };
        }
        let mut tx = db.read().await.unwrap();
        let wanted = house.wanted("2026-10-12", "2026-11-08");
        let asked = Asked {
            grid: Grid::default(),
            what: What::Connects,
            fewest: 20,
            cut: None,
        };
        let found = tally(&mut tx, &wanted).await;
        let made = report(&found.dialled, &Strata::default(), &asked);
        let cells: BTreeMap<(i64, i64), Counts> = made
            .cells
            .iter()
            .map(|c| ((c.weekday, c.start), c.counts))
            .collect();
        assert_eq!(cells, expected);
        // What was marked, beside what the lanes tell.
        let marked = |kinds: &[Disposition], talk: fn(Talk) -> bool| {
            let of = dials
                .iter()
                .filter(|d| d.said.is_some_and(|s| kinds.contains(&s)));
            let answered = of.filter(|d| d.talk != Talk::Nobody);
            (
                answered.clone().count() as i64,
                answered.filter(|d| talk(d.talk)).count() as i64,
            )
        };
        let machines = marked(&[Disposition::Voicemail], |t| t == Talk::Machine);
        let talked = [Disposition::MeetingMade, Disposition::Conversation];
        let people = marked(&talked, |t| t != Talk::Machine);
        let marks = found.marks;
        assert_eq!((marks.machines, marks.machines_told), machines);
        assert_eq!((marks.people, marks.people_told), people);
        assert!(machines.1 > 5 && machines.1 < machines.0 && people.1 < people.0);
        // Numbers that were called in a slot, and reached in it; in another they are others.
        for (grid, per) in [(Grid::default(), 1_440), (Grid::new(30, 15).unwrap(), 60)] {
            let mut numbers: BTreeMap<i64, BTreeMap<&str, bool>> = BTreeMap::new();
            for dial in &dials {
                let (_, minute) = zone.day_and_minute(dial.at);
                let slot = numbers.entry(grid.start_of(minute) % per).or_default();
                *slot.entry(&dial.number).or_default() |= dial.connects();
            }
            let expected = numbers.iter().map(|(start, numbers)| {
                let reached = numbers.values().filter(|r| **r).count() as i64;
                (*start, numbers.len() as i64, reached)
            });
            let found = tallied(&mut tx, &wanted, grid).await.unwrap();
            let found = match per {
                60 => found.reach_by_start,
                _ => found.reach_by_slot,
            };
            let found = found.iter().map(|(start, p)| (*start, p.called, p.reached));
            assert!(found.eq(expected), "{per}");
        }
        // Held against their callers, cells add up to what was expected of them.
        let few = Asked { fewest: 1, ..asked };
        let told = report(&found.dialled, &found.strata, &few);
        let mut expected: BTreeMap<(i64, i64), f64> = BTreeMap::new();
        let own = |n: usize| {
            let of = dials.iter().filter(|d| d.caller == n);
            of.clone().filter(|d| d.connects()).count() as f64 / of.count() as f64
        };
        let own: Vec<f64> = (0..7).map(own).collect();
        for dial in &dials {
            let (day, minute) = zone.day_and_minute(dial.at);
            let cell = ((day + 3) % 7, ((minute - 10).div_euclid(20)) * 20 + 10);
            *expected.entry(cell).or_default() += own[dial.caller];
        }
        let overall = told.rate.unwrap().rate;
        let mut adjusted = 0;
        for cell in &told.cells {
            let Some(found) = cell.adjusted else {
                continue;
            };
            let wanted = cell.counts.connects as f64 / expected[&(cell.weekday, cell.start)];
            assert!((found.rate - wanted * overall).abs() < 1e-9, "{cell:?}");
            adjusted += 1;
        }
        assert!(adjusted > 5, "{adjusted}");
        let people = sums(&found.strata, |(person, _)| person.as_str());
        assert_eq!(people.len(), 7);
        for (n, person) in house.callers.iter().enumerate() {
            let of = dials.iter().filter(|d| d.caller == n);
            let connects = of.clone().filter(|d| d.connects()).count() as i64;
            let own = people[person.as_str()];
            assert_eq!((own.calls, own.connects), (of.count() as i64, connects));
        }
    });
}

#[test]
fn a_figure_follows_what_is_said_of_a_call_later() {
    on_both(async |db| {
        let mut tx = db.write().await.unwrap();
        let house = House::build(&mut tx, 1).await;
        tx.commit().await.unwrap();
        let dial = Dial::new(at("2026-11-25T08:50:00Z"), 0, Talk::Person(30));
        take_in(&db, &house, std::slice::from_ref(&dial)).await;
        count(&db, &berlin()).await;
        let wanted = house.wanted("2026-11-25", "2026-11-25");
        let counted = async || {
            let mut tx = db.read().await.unwrap();
            sum(&tally(&mut tx, &wanted).await.dialled)
        };
        assert_eq!(counted().await.connects, 1);
        let mut tx = db.write().await.unwrap();
        let all = calls::of_person(&mut tx, &house.callers[0], at("2027-01-01"), 9).await;
        let id = all.unwrap().remove(0).id;
        let said = NewDisposition {
            kind: Disposition::Voicemail,
            appointment_at: None,
            appointment_with: None,
        };
        let by = Actor::from(&house.callers[0]);
        calls::set_disposition(&mut tx, &by, &id, &said, at("2026-11-26"))
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let mut tx = db.read().await.unwrap();
        assert_eq!(figures::waiting(&mut tx).await.unwrap(), 1);
        drop(tx);
        count(&db, &berlin()).await;
        assert_eq!((counted().await.calls, counted().await.connects), (1, 0));
        // In another zone it is another slot; rebuilt, it is the same.
        count(&db, &Zone::utc()).await;
        let mut tx = db.read().await.unwrap();
        assert_eq!(tally(&mut tx, &wanted).await.dialled[0].minute, 8 * 60 + 50);
        drop(tx);
        let mut tx = db.write().await.unwrap();
        let noted = figures::count_all(&mut tx, &BY, at("2026-11-27")).await;
        assert_eq!(noted.unwrap(), 1);
        tx.commit().await.unwrap();
        count(&db, &berlin()).await;
        let mut tx = db.read().await.unwrap();
        assert_eq!(tally(&mut tx, &wanted).await.dialled[0].minute, 9 * 60 + 50);
    });
}

/// Packs every day before one; gives how many there were.
async fn pack(db: &Db, today: i64) -> usize {
    let mut packed = 0;
    loop {
        let mut tx = db.write().await.unwrap();
        let was_due = days::is_due(&mut tx, today).await.unwrap();
        assert_eq!(days::pack(&mut tx, today).await.unwrap(), was_due);
        tx.commit().await.unwrap();
        if !was_due {
            return packed;
        }
        packed += 1;
    }
}

/// Packed or not, a day says what its calls say, and follows them.
#[test]
fn packed_days_say_what_their_calls_say() {
    on_both(async |db| {
        let mut tx = db.write().await.unwrap();
        let house = House::build(&mut tx, 7).await;
        tx.commit().await.unwrap();
        take_in(&db, &house, &floor(3, 7, 900, "2026-10-12", 28)).await;
        count(&db, &berlin()).await;
        let wanted = house.wanted("2026-10-01", "2026-11-30");
        let told = async || {
            let mut tx = db.read().await.unwrap();
            let numbers = dials(&mut tx, &house.client, wanted.days, CONNECT_MS).await;
            (tally(&mut tx, &wanted).await, numbers.unwrap())
        };
        let counted = told().await;
        // Of 28 days all but the last are over.
        let today = day_number("2026-11-08").unwrap();
        assert_eq!(pack(&db, today).await, 27);
        assert_eq!(told().await, counted);
        assert_eq!(pack(&db, today + 1).await, 1);
        assert_eq!(told().await, counted);
        // What is said later of a call is told at once, and its day is packed again.
        let mut tx = db.write().await.unwrap();
        let mut all = calls::of_person(&mut tx, &house.callers[0], at("2027-01-01"), 900)
            .await
            .unwrap();
        all.retain(|c| c.disposition.is_none() && c.answered_at.is_some());
        let said = NewDisposition {
            kind: Disposition::Voicemail,
            appointment_at: None,
            appointment_with: None,
        };
        let by = Actor::from(&house.callers[0]);
        calls::set_disposition(&mut tx, &by, &all[0].id, &said, at("2026-11-26"))
            .await
            .unwrap();
        tx.commit().await.unwrap();
        count(&db, &berlin()).await;
        let followed = told().await;
        assert_eq!(followed.0.marks.machines, counted.0.marks.machines + 1);
        assert_eq!(pack(&db, today + 1).await, 1);
        assert_eq!(told().await, followed);
        // In another zone no call of it may be left.
        count(&db, &"Pacific/Auckland".parse().unwrap()).await;
        let moved = told().await;
        assert_ne!(moved.0.dialled, followed.0.dialled);
        assert!(pack(&db, today + 30).await >= 20);
        assert_eq!(told().await, moved);
    });
}

#[test]
fn a_promise_is_made_by_one_manager_and_lifted_by_two() {
    on_both(async |db| {
        let mut tx = db.write().await.unwrap();
        let house = House::build(&mut tx, 1).await;
        let (now, [max, mia]) = (at("2026-11-25"), &house.managers);
        let client = &house.client;
        for wrong in [&house.elsewhere, &house.callers[0]] {
            let refused = aggregate::promise(&mut tx, wrong, client, now).await;
            assert!(
                matches!(refused, Err(StoreError::Refused(_))),
                "{refused:?}"
            );
        }
        aggregate::promise(&mut tx, max, client, now).await.unwrap();
        let again = aggregate::promise(&mut tx, mia, client, now).await;
        assert!(matches!(again, Err(StoreError::Conflict(_))), "{again:?}");
        let unasked = aggregate::lift(&mut tx, mia, client, now).await;
        assert!(
            matches!(unasked, Err(StoreError::Conflict(_))),
            "{unasked:?}"
        );
        aggregate::ask_to_lift(&mut tx, max, client, now)
            .await
            .unwrap();
        let alone = aggregate::lift(&mut tx, max, client, now).await;
        assert!(matches!(alone, Err(StoreError::Conflict(_))), "{alone:?}");
        aggregate::keep(&mut tx, mia, client, now).await.unwrap();
        assert!(aggregate::lift(&mut tx, mia, client, now).await.is_err());
        aggregate::ask_to_lift(&mut tx, mia, client, now)
            .await
            .unwrap();
        aggregate::lift(&mut tx, max, client, now).await.unwrap();
        assert_eq!(aggregate::in_force(&mut tx, client).await.unwrap(), None);
        let told = aggregate::promises(&mut tx, client).await.unwrap();
        assert_eq!(told.len(), 1);
        assert!(told[0].lifted_at.is_some());
        tx.commit().await.unwrap();
    });
}

/// A slot that begins before midnight goes on after it, for what is expected of it too.
#[test]
fn a_slot_over_midnight_is_adjusted_as_one() {
    let grid = Grid::new(20, 10).unwrap();
    let counts = |calls, connects| Counts {
        calls,
        connects,
        meetings: 0,
    };
    // Monday, 23:55, and Tuesday, 0:05: one slot of Monday's. A better caller has the second half.
    let made = [
        ("slow", 0, 1_435, counts(40, 4)),
        ("good", 1, 5, counts(40, 20)),
        ("slow", 2, 600, counts(40, 4)),
        ("good", 2, 605, counts(40, 12)),
    ];
    let dialled = made.map(|(_, weekday, minute, counts)| Dialled {
        weekday,
        minute,
        counts,
    });
    let cells = made.map(|(who, weekday, minute, counts)| Stratum {
        of: usize::from(who == "good"),
        weekday,
        minute,
        counts,
    });
    let strata = Strata {
        names: ["slow", "good"]
            .map(|w| (w.to_owned(), String::new()))
            .into(),
        cells: cells.into(),
    };
    let asked = Asked {
        grid,
        what: What::Connects,
        fewest: 1,
        cut: None,
    };
    let told = report(&dialled, &strata, &asked);
    let night = &told.cells[0];
    assert_eq!(
        (night.weekday, night.start, night.counts),
        (0, 1_430, counts(80, 24))
    );
    // They could be expected to have 40 times 8 of 80, and 40 times 32 of 80.
    let adjusted = night.adjusted.unwrap().rate;
    assert!(
        (adjusted - 24.0 / 20.0 * 40.0 / 160.0).abs() < 1e-12,
        "{adjusted}"
    );
}

#[test]
fn names_have_one_order_on_both_databases() {
    on_both(async |db| {
        let mut tx = db.write().await.unwrap();
        for name in [
            "apple", "Zulu", "Äpfel", "zebra", "Apple", "émile", "a-b", "ab",
        ] {
            people::add_client(&mut tx, &BY, name, at("2026-01-01"))
                .await
                .unwrap();
        }
        let all = people::all_clients(&mut tx).await.unwrap();
        let names: Vec<&str> = all.iter().map(|(_, name)| name.as_str()).collect();
        let order = [
            "Apple", "Zulu", "a-b", "ab", "apple", "zebra", "Äpfel", "émile",
        ];
        assert_eq!(names, order);
    });
}

/// The day on which it is asked, and the first and the last block.
type Question = (i64, i64, i64);
/// Calls by weekday and slot.
type Told = BTreeMap<(i64, i64), i64>;

/// Whatever is asked, now and later, and whatever two answers differ by, is about five people or more.
#[test]
fn nobody_is_singled_out_by_thousands_of_questions() {
    on_both(async |db| {
        let mut tx = db.write().await.unwrap();
        let house = House::build(&mut tx, 6).await;
        let [max, _] = &house.managers;
        aggregate::promise(&mut tx, max, &house.client, at("2026-08-01"))
            .await
            .unwrap();
        tx.commit().await.unwrap();
        // Three blocks from Monday, 31 August on; most slots of the sixth caller are theirs alone.
        let zone = berlin();
        let first = assay::report::aggregate::block_of(day_number("2026-09-10").unwrap());
        let mut dials = Vec::new();
        for block in first..first + 3 {
            let (from, _) = days_of(block);
            let from = assay::units::numbered_day(from).unwrap();
            dials.extend(floor(block as u64, 5, 900, &from, 28));
            let mut alone = floor(block as u64 + 7, 1, 60, &from, 28);
            alone.iter_mut().for_each(|d| d.caller = 5);
            dials.extend(alone);
        }
        take_in(&db, &house, &dials).await;
        count(&db, &zone).await;
        // As the days go by, blocks are counted once each.
        let mut answers: Vec<(Question, Vec<Dialled>)> = Vec::new();
        let (_, end) = days_of(first + 2);
        for day in (0..6).map(|n| end + 20 - n * 15).rev() {
            let now = zone
                .start_of_day(&assay::units::numbered_day(day).unwrap())
                .unwrap();
            let mut tx = db.write().await.unwrap();
            aggregate::count_blocks(&mut tx, &zone, CONNECT_MS, now)
                .await
                .unwrap();
            tx.commit().await.unwrap();
            let mut tx = db.read().await.unwrap();
            for from in first..first + 3 {
                for to in from..first + 3 {
                    let told = aggregate::told(&mut tx, &house.client, (from, to)).await;
                    answers.push(((day, from, to), told.unwrap()));
                }
            }
        }
        // What is known to whoever has the calls: who called in each piece of each block.
        let mut callers: BTreeMap<(i64, i64, i64), BTreeSet<usize>> = BTreeMap::new();
        let mut truth: BTreeMap<(i64, i64, i64), i64> = BTreeMap::new();
        for dial in &dials {
            let (day, minute) = zone.day_and_minute(dial.at);
            let block = assay::report::aggregate::block_of(day);
            let piece = (block, (day + 3) % 7, Grid::default().start_of(minute));
            callers.entry(piece).or_default().insert(dial.caller);
            *truth.entry(piece).or_default() += 1;
        }
        // Where one answer is about more than another, in time or because it was given later, what it
        // has more is a sum of whole pieces of five or more.
        let sums: BTreeMap<(i64, i64), BTreeSet<i64>> = {
            let mut sums: BTreeMap<(i64, i64), BTreeSet<i64>> = BTreeMap::new();
            for ((block, weekday, start), calls) in &truth {
                if callers[&(*block, *weekday, *start)].len() as i64 >= FEWEST_PEOPLE {
                    let known = sums.entry((*weekday, *start)).or_default();
                    let more: Vec<i64> = known.iter().map(|k| k + calls).collect();
                    known.extend(more);
                    known.insert(*calls);
                }
            }
            sums
        };
        let mut differences = 0;
        let mut told_something = false;
        let by_slot = |answer: &[Dialled]| -> Told {
            let of = |d: &Dialled| ((d.weekday, d.minute), d.counts.calls);
            answer.iter().map(of).collect()
        };
        let answers: Vec<(Question, Told)> =
            answers.iter().map(|(of, a)| (*of, by_slot(a))).collect();
        for (wide, a) in &answers {
            for (narrow, b) in &answers {
                if narrow.0 > wide.0 || narrow.1 < wide.1 || narrow.2 > wide.2 {
                    continue;
                }
                let slots: BTreeSet<&(i64, i64)> = a.keys().chain(b.keys()).collect();
                for slot in slots {
                    let apart = (a.get(slot).unwrap_or(&0) - b.get(slot).unwrap_or(&0)).abs();
                    differences += 1;
                    told_something |= apart > 0;
                    assert!(
                        apart == 0 || sums.get(slot).is_some_and(|s| s.contains(&apart)),
                        "{slot:?}: two answers are {apart} calls apart"
                    );
                }
            }
        }
        assert!(told_something && differences > 5_000, "{differences}");
        println!(
            "SHOW {differences} differences of {} answers",
            answers.len()
        );
        // A call that comes late, or is marked later, changes nothing that was told.
        let before = answers.last().map(|(_, told)| told.clone());
        let mut late = Dial::new(dials[0].at, 5, Talk::Person(30));
        late.said = Some(Disposition::MeetingMade);
        take_in(&db, &house, &[late]).await;
        count(&db, &zone).await;
        let mut tx = db.write().await.unwrap();
        figures::count_all(&mut tx, &BY, at("2026-12-24"))
            .await
            .unwrap();
        let made = aggregate::count_blocks(&mut tx, &zone, CONNECT_MS, at("2026-12-24")).await;
        tx.commit().await.unwrap();
        println!("SHOW {} blocks counted later", made.unwrap());
        let mut tx = db.read().await.unwrap();
        let after = aggregate::told(&mut tx, &house.client, (first + 2, first + 2)).await;
        assert_eq!(Some(by_slot(&after.unwrap())), before);
    });
}

/// She says something of a call of hers that no claim needs; gives the lead's id.
fn a_comment(ines: &Client, listed: &serde_json::Value, id: &str) -> Option<String> {
    let body = serde_json::json!({ "from_ms": 0, "to_ms": 500, "text": "Call her again" });
    listed["calls"].as_array().unwrap().iter().find_map(|call| {
        let lead = call["lead"]["id"]
            .as_str()
            .filter(|_| call["lead_settled"] == false)?;
        let path = format!("/calls/{}/comments", call["id"].as_str()?);
        let is_hers = call["person_id"] == id;
        let said = is_hers.then(|| ines.send("POST", &path, Some(body.clone()), None).0)?;
        (said == 200).then(|| lead.to_owned())
    })
}

/// What the pages ask, by those who may and those who want more.
#[test]
fn a_promise_holds_on_every_way_to_a_figure() {
    let demo = Demo::start();
    let (max, ines, ada) = (
        demo.sign_in("max"),
        demo.sign_in("ines"),
        demo.sign_in("ada"),
    );
    let status = |who: &Client, path: &str| who.send("GET", path, None, None).0;
    until("the calls are counted", || {
        max.get("/reports/slots")["waiting"] == 0
    });
    let first = max.get("/reports/slots");
    let clients = first["clients"].as_array().unwrap();
    let north = clients
        .iter()
        .find(|c| c["name"] == "Northlight Fleet")
        .unwrap();
    let client = north["id"].as_str().unwrap();
    let of = |more: &str| format!("/reports/slots?client={client}{more}");
    // Before: by person, any grid, any cut that is a multiple of five.
    let open = max.get(&of("&before=10:30&after=14:30&fewest=1"));
    let people = open["people"].as_array().unwrap();
    assert_eq!(people.len(), 2, "Ines and Tom");
    let calls: i64 = people.iter().map(|p| p["calls"].as_i64().unwrap()).sum();
    assert_eq!(open["total"]["calls"].as_i64().unwrap(), calls);
    let ines_id = people[0]["id"].as_str().unwrap().to_owned();
    for (wrong, why) in [
        ("&width=7", "a width that divides no hour"),
        ("&offset=33", "an offset beyond the width"),
        ("&from=2026-02-30", "no day"),
        ("&from=2026-11-02&to=2026-11-01", "it ends before it begins"),
        ("&from=1800-01-01", "two hundred years"),
        ("&before=10:31&after=14:30", "no multiple of five"),
        ("&before=10:30", "half a cut"),
        ("&fewest=0", "none"),
        ("&who=ines", "nothing that there is"),
    ] {
        let asked = status(&max, &of(wrong));
        assert!([400, 422].contains(&asked), "{why}: {asked}");
    }
    // A telemarketer has their own, and nobody else's.
    let own = ines.get(&of(""));
    assert_eq!(own["people"].as_array().unwrap().len(), 1);
    assert_eq!(status(&ines, &of("&person=somebody")), 404);
    assert_eq!(status(&ines, "/reports/waterfall"), 403);
    assert_eq!(status(&ada, "/reports/slots"), 403);
    assert_eq!(status(&max, "/reports/slots?client=nobody"), 404);
    let (_, csv) = max.text(&of("").replace("/slots?", "/slots.csv?"));
    assert!(csv.starts_with("weekday,start,calls,"), "{csv}");
    let comment = a_comment(&ines, &max.get("/calls"), &ines_id);
    // Where nothing is promised, the waterfall tells all.
    let way = max.get(&format!("/reports/waterfall?client={client}"));
    assert_eq!(
        way["stretches"][3]["open"], 2,
        "two claims wait for a reviewer"
    );
    assert_eq!(
        way["stretches"][2]["ended"], 2,
        "both were made after their calls"
    );
    // The promise is made; it is told to all, and every way to one person ends.
    let promise = |who: &Client, act: &str| {
        let body = serde_json::json!({ "client": client, "act": act });
        who.send("POST", "/reports/promise", Some(body), None).0
    };
    assert_eq!(promise(&ines, "promise"), 403);
    assert_eq!(promise(&max, "promise"), 204);
    assert_eq!(promise(&max, "promise"), 409);
    let shut = max.get(&of(""));
    assert_eq!(shut["total"]["calls"], 0, "no four weeks are over");
    assert!(shut["people"].as_array().unwrap().is_empty());
    assert!(shut["numbers"].as_array().unwrap().is_empty());
    assert!(shut["prospects"].is_null());
    for more in [
        format!("&person={ines_id}"),
        "&shown=201".into(),
        "&campaign=x".into(),
        "&width=60".into(),
        "&before=10:35&after=14:30".into(),
    ] {
        assert_eq!(status(&max, &of(&more)), 422, "{more}");
        let csv = of(&more).replace("/slots?", "/slots.csv?");
        assert_eq!(status(&max, &csv), 422, "{csv}");
    }
    assert_eq!(ines.get(&of(""))["total"]["calls"], own["total"]["calls"]);
    assert!(!ines.get("/reports/promise")["promises"][0]["since"].is_null());
    // Calls are listed without whose they are, but where a claim needs it; nor does a comment tell.
    let listed = max.get("/calls");
    assert!(comment.is_some(), "a call of no claim was commented on");
    let mut named = 0;
    for call in listed["calls"].as_array().unwrap() {
        let path = format!("/calls/{}/comments", call["id"].as_str().unwrap());
        for said in max.get(&path)["comments"].as_array().unwrap() {
            let is_named = said["by"] == "Ines Okafor";
            assert!(!is_named || call["lead_settled"] == true, "{call}: {said}");
        }
        let settled = call["lead_settled"] == true;
        let is_told = !call["person_id"].is_null() || !call["line"].is_null();
        named += i32::from(is_told);
        // Sofia's client has promised nothing.
        let line = call["line"].as_str().unwrap_or_default();
        assert!(!is_told || settled || line == "203", "{call}");
        let one = max.get(&format!("/calls/{}", call["id"].as_str().unwrap()));
        assert_eq!(one["person_id"], call["person_id"]);
        assert_eq!(one["line"], call["line"]);
    }
    assert!(named > 0, "claims name their claimant");
    assert_eq!(status(&max, &format!("/calls?person={ines_id}")), 422);
    let lead = max.get(&format!("/leads/{}", comment.unwrap()));
    let said = lead["events"].as_array().unwrap().iter();
    let said: Vec<&serde_json::Value> = said.filter(|e| e["kind"] == "comment").collect();
    assert_eq!(said[0]["by"], "the telemarketer", "{lead}");
    // One manager alone does not lift it.
    assert_eq!(promise(&max, "ask_to_lift"), 204);
    assert_eq!(promise(&max, "lift"), 409);
    assert_eq!(promise(&max, "keep"), 204);
    // Two call here, and one judges: no stretch of theirs is told.
    let way = max.get(&format!("/reports/waterfall?client={client}"));
    let told = way["stretches"].as_array().unwrap().iter();
    assert!(
        told.clone().all(|s| s["open"] == 0 && s["ended"] == 0),
        "{way}"
    );
    assert_eq!(told.count(), 9);
}

/// Cells of a file by column.
fn columns(csv: &str) -> Vec<BTreeMap<String, String>> {
    let mut lines = csv.lines().map(|l| l.split(',').map(str::to_owned));
    let head: Vec<String> = lines.next().unwrap().collect();
    lines
        .map(|cells| head.iter().cloned().zip(cells).collect())
        .collect()
}

/// A share as files write it; empty where there is none.
fn digits(share: &serde_json::Value) -> String {
    share.as_f64().map_or(String::new(), |s| format!("{s:.4}"))
}

/// Each table of slots, and the lists that have one, as a file beside the page's JSON.
#[test]
fn every_table_is_a_file_that_says_what_the_page_does() {
    let demo = Demo::start();
    let max = demo.sign_in("max");
    until("the calls are counted", || {
        max.get("/reports/slots")["waiting"] == 0
    });
    let asked = "fewest=1&before=10:30&after=14:30&width=60&from=2020-01-01";
    let told = max.get(&format!("/reports/slots?{asked}"));
    let file = |table: &str| {
        let (status, csv) = max.text(&format!("/reports/slots.csv?{asked}&table={table}"));
        assert_eq!(status, 200, "{table}: {csv}");
        columns(&csv)
    };
    let cut = [
        told["cut"]["outside"].clone(),
        told["cut"]["between"].clone(),
    ];
    let list = |name: &str| told[name].as_array().unwrap().clone();
    let mut rates = 0;
    for (table, rows) in [
        ("cells", list("cells")),
        ("slots", list("slots")),
        ("starts", list("starts")),
        ("cut", cut.to_vec()),
        ("people", list("people")),
        ("numbers", list("numbers")),
    ] {
        let written = file(table);
        assert_eq!(written.len(), rows.len(), "{table}");
        for (line, row) in written.iter().zip(&rows) {
            for column in ["calls", "connects", "meetings"] {
                assert_eq!(line[column], row[column].to_string(), "{table} {column}");
            }
            for (rate, names) in [
                ("rate", ["rate", "low", "high"]),
                ("adjusted", ["adjusted", "adjusted_low", "adjusted_high"]),
            ] {
                for (of, name) in ["rate", "low", "high"].iter().zip(names) {
                    if let Some(cell) = line.get(name) {
                        assert_eq!(*cell, digits(&row[rate][of]), "{table} {name}");
                        rates += i32::from(!cell.is_empty());
                    }
                }
            }
            if let Some(name) = line.get("name") {
                assert_eq!(*name, row["name"], "{table}");
            }
            if ["slots", "starts"].contains(&table) {
                let prospects = &row["prospects"];
                assert_eq!(line["numbers"], prospects["called"].to_string(), "{table}");
                assert_eq!(line["numbers_reached"], prospects["reached"].to_string());
                assert_eq!(line["reach"], digits(&prospects["rate"]["rate"]));
            }
        }
    }
    assert!(rates > 12, "{rates}");
    let overview = max.get("/reports/overview");
    let (_, csv) = max.text("/reports/overview.csv");
    let figures: BTreeMap<String, String> = columns(&csv)
        .into_iter()
        .map(|line| (line["what"].clone(), line["figure"].clone()))
        .collect();
    assert_eq!(
        figures["claims_waiting"],
        overview["queue"]["claims"].to_string()
    );
    assert_eq!(
        figures["recorded"],
        overview["calls"]["recorded"].to_string()
    );
    for (table, rows) in [
        ("sources", overview["sources"].as_array().unwrap().len()),
        ("earned", overview["earned"].as_array().unwrap().len()),
        ("waiting", overview["waiting"].as_array().unwrap().len()),
        (
            "days",
            overview["verdicts"]["days"].as_array().unwrap().len(),
        ),
        ("fallen", overview["fallen"].as_array().unwrap().len()),
    ] {
        let (_, csv) = max.text(&format!("/reports/overview.csv?table={table}"));
        assert_eq!(columns(&csv).len(), rows, "{table}");
    }
    let client = told["client"].as_str().unwrap();
    let plan = serde_json::json!({
        "client": client, "name": "=1+1", "question": "Which?", "over": "days",
        "measure": "connects", "first": "2099-01-01", "last": "2099-02-01",
        "arms": [{ "name": "a", "asks": "x" }, { "name": "b", "asks": "y" }],
    });
    let (status, body) = max.send("POST", "/reports/experiments", Some(plan), None);
    assert_eq!(status, 200, "{body}");
    let (_, csv) = max.text(&format!("/reports/experiments.csv?client={client}"));
    assert_eq!(
        columns(&csv)[0]["name"],
        "'=1+1",
        "no program takes it for a formula"
    );
    for path in [
        "/reports/gate.csv?table=behind",
        "/reports/gate.csv?table=bands",
        "/reports/score.csv?table=groups",
        "/reports/forecast.csv?table=plan",
    ] {
        assert_eq!(max.text(path).0, 200, "{path}");
    }
    assert_eq!(max.text("/reports/gate.csv?table=all").0, 422);
}
