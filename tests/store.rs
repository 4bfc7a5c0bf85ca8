//! The store on SQLite and on PostgreSQL: the same story on both, and every rule of the schema with
//! a row that breaks it.

#[path = "store/allegations.rs"]
mod allegations;
#[path = "store/anew.rs"]
mod anew;
mod common;
#[path = "store/crms.rs"]
mod crms;
#[path = "store/duplicates.rs"]
mod duplicates;
#[path = "store/ends.rs"]
mod ends;
#[path = "crm/fake.rs"]
mod fake;
#[path = "store/handover.rs"]
mod handover;
#[path = "store/neutral.rs"]
mod neutral;
#[path = "store/others.rs"]
mod others;
#[path = "store/proof.rs"]
mod proof;
#[path = "store/split_rules.rs"]
mod split_rules;
#[path = "store/splits.rs"]
mod splits;
#[path = "store/states.rs"]
mod states;
#[path = "store/steps.rs"]
mod steps;
#[path = "store/tampering.rs"]
mod tampering;
#[path = "store/wal.rs"]
mod wal;
#[path = "store/writers.rs"]
mod writers;

use assay::archive::seal::SealedLane;
use assay::archive::{AudioFormat, Recording, SealedCall};
use assay::call::{CallFacts, Outcome, Party, Side};
use assay::commission::{PeriodAct, RulingKind, Terms, Tier};
use assay::identity::{PayBasis, Role};
use assay::jobs::holds::Holds;
use assay::leads::import::LeadRow;
use assay::leads::{Disposition, FoundBy, Numbers};
use assay::media::lane::LaneStats;
use assay::media::{Gap, GapReason};
use assay::review::checklist::BANT;
use assay::review::heard::Played;
use assay::review::{ClaimOutcome, ClaimState, Evidence, Given, Rules, VerdictState};
use assay::store::commission::plans::{self, NewPlan};
use assay::store::commission::{ledger, periods, rebook, rulings};
use assay::store::leads::merges;
use assay::store::people::{self, NewLine, NewPerson};
use assay::store::review::claiming::NewClaim;
use assay::store::review::verdicts::NewVerdict;
use assay::store::review::{
    checklists, claiming, claims, disputes, heard, second_reviews, verdicts,
};
use assay::store::{Actor, Db, StoreError, Tx, calls, idempotency, leads, log};
use assay::units::{
    CallId, CampaignId, ClaimId, ClientId, Hertz, LeadId, Micros, Money, PersonId, PlanId, Spans,
    VersionId, WallTime, Zone,
};
use common::Postgres;
use std::ops::Deref;
use uuid::Uuid;

const BY: Actor = Actor::Shell;

/// A database, and a way past the program.
struct Open {
    db: Db,
    raw: Raw,
}

enum Raw {
    Sqlite(sqlx::SqlitePool),
    Postgres(sqlx::PgPool),
}

impl Deref for Open {
    type Target = Db;

    fn deref(&self) -> &Db {
        &self.db
    }
}

impl Open {
    async fn sqlite(path: &std::path::Path) -> Open {
        let db = Db::sqlite(path).await.unwrap();
        let options = sqlx::sqlite::SqliteConnectOptions::new()
            .filename(path)
            .foreign_keys(true);
        let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
        Open {
            db,
            raw: Raw::Sqlite(pool),
        }
    }
}

fn at(text: &str) -> WallTime {
    text.parse().unwrap()
}

/// Runs a story on both databases.
fn on_both(story: impl AsyncFn(Open)) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    runtime.block_on(async {
        let open = Open::sqlite(&folder.path().join("assay.db")).await;
        let db = open.db.clone();
        story(open).await;
        db.close().await;
    });
    if let Some(postgres) = Postgres::start() {
        runtime.block_on(async {
            let db = Db::postgres(&postgres.url()).await.unwrap();
            let raw = sqlx::PgPool::connect(&postgres.url()).await.unwrap();
            story(Open {
                db: db.clone(),
                raw: Raw::Postgres(raw.clone()),
            })
            .await;
            raw.close().await;
            db.close().await;
        });
    }
}

#[derive(Clone)]
struct World {
    northlight: ClientId,
    calder: ClientId,
    ines: PersonId,
    tom: PersonId,
    marek: PersonId,
    max: PersonId,
    rosa: PersonId,
    campaign: CampaignId,
    version: VersionId,
}

async fn world(tx: &mut Tx) -> World {
    let now = at("2026-11-01");
    let northlight = people::add_client(tx, &BY, "Northlight", now)
        .await
        .unwrap();
    let calder = people::add_client(tx, &BY, "Calder", now).await.unwrap();
    let mut ids = Vec::new();
    for (login, role, basis) in [
        ("ines", Role::Telemarketer, PayBasis::Commission),
        ("tom", Role::Telemarketer, PayBasis::Commission),
        ("marek", Role::Reviewer, PayBasis::Fixed),
        ("max", Role::Manager, PayBasis::Fixed),
        ("rosa", Role::Reviewer, PayBasis::Fixed),
    ] {
        let new = NewPerson {
            login,
            name: login,
            role,
            pay_basis: basis,
            password_hash: "x",
            clients: std::slice::from_ref(&northlight),
        };
        ids.push(people::add(tx, &BY, &new, now).await.unwrap());
    }
    let (checklist, version) = checklists::add(tx, &BY, &northlight, BANT, now)
        .await
        .unwrap();
    checklists::sign(tx, &BY, &version, ("Mia", "Sam"), now, None)
        .await
        .unwrap();
    let campaign = leads::add_campaign(tx, &BY, &northlight, "Fleet", &checklist, now)
        .await
        .unwrap();
    let plan = NewPlan {
        campaign: &campaign,
        amount: &Money::new(4000, "EUR"),
        terms: &Terms::default(),
        payable_after_days: 14,
        from: None,
    };
    approve(tx, &ids[3], &ids[..2], &plan, now).await;
    let moved = at("2026-11-15");
    give_line(tx, "201", &ids[0], &northlight, now, Some(moved)).await;
    give_line(tx, "201", &ids[1], &northlight, moved, None).await;
    World {
        northlight,
        calder,
        ines: ids[0].clone(),
        tom: ids[1].clone(),
        marek: ids[2].clone(),
        max: ids[3].clone(),
        rosa: ids[4].clone(),
        campaign,
        version,
    }
}

async fn give_line(
    tx: &mut Tx,
    value: &str,
    person: &PersonId,
    client: &ClientId,
    from: WallTime,
    to: Option<WallTime>,
) {
    let line = NewLine {
        value,
        person,
        client,
        from,
        to,
    };
    people::add_line(tx, &BY, &line, from).await.unwrap();
}

async fn add_lead(tx: &mut Tx, world: &World, id: &str, e164: &str) -> LeadId {
    let campaign = leads::campaign(tx, &world.campaign).await.unwrap().unwrap();
    let row = LeadRow {
        id: id.into(),
        company: format!("Company {id}"),
        source: "webinar".into(),
        ..LeadRow::default()
    };
    let list = [(row, vec![(e164.into(), e164.into())])];
    for (new, when) in [(1, "at first"), (0, "then it is brought up to date")] {
        let added = leads::importing::import(tx, &BY, &campaign, &list, 0, at("2026-11-02")).await;
        assert_eq!(added.unwrap(), new, "{when}");
    }
    leads::by_external(tx, id, None).await.unwrap().remove(0)
}

fn call(started: &str, line: &str, number: &str, header: Option<&str>) -> SealedCall {
    let mut facts = CallFacts::new(Uuid::now_v7(), at(started));
    facts.from = Party {
        number: Some(line.to_owned().into()),
        ..Party::default()
    };
    facts.to = Party {
        number: Some(number.to_owned().into()),
        ..Party::default()
    };
    facts.outcome = Outcome::Answered;
    facts.answered_at = Some(at(started));
    facts.telemarketer = Some(Side::Caller);
    if let Some(id) = header {
        facts
            .headers
            .insert("X-Lead-Id".into(), id.to_owned().into());
    }
    let name = format!("recordings/{}.opus", facts.id);
    let recording = Recording {
        path: name.clone(),
        key: None,
        peaks: format!("{name}.json"),
        raw: None,
        format: AudioFormat::Opus,
        sample_rate: Hertz(8000),
        duration_ms: 60_000,
        starts_at: at(started),
        sha256: "0".repeat(64),
        bytes: 10,
    };
    SealedCall {
        facts,
        recording: Some(recording),
        lanes: Vec::new(),
        gaps: Vec::new(),
    }
}

async fn insert(tx: &mut Tx, call: &SealedCall) -> calls::Call {
    let numbers = Numbers::new("DE", "").unwrap();
    let twice = [call.clone(), call.clone()];
    assert_eq!(
        calls::insert(tx, &twice, &numbers, at("2026-11-20"))
            .await
            .unwrap(),
        1
    );
    assert_eq!(
        calls::insert(tx, &twice, &numbers, at("2026-11-20"))
            .await
            .unwrap(),
        0,
        "sealed twice, stored once"
    );
    calls::by_id(tx, &id_of(call)).await.unwrap().unwrap()
}

fn id_of(call: &SealedCall) -> CallId {
    CallId::from(call.facts.id.to_string())
}

async fn new_claim(
    tx: &mut Tx,
    world: &World,
    lead: &LeadId,
    call: &CallId,
    person: &PersonId,
    now: WallTime,
) -> ClaimId {
    let new = NewClaim {
        lead,
        campaign: &world.campaign,
        person,
        calls: std::slice::from_ref(call),
        write_up: "w",
        own_answers: "{}",
        by: assay::leads::ClaimedBy::Page,
    };
    claiming::add(tx, &new, now).await.unwrap()
}

/// Answers to BANT that pass on a moment of a call, or fail on it.
fn answers(call: &CallId, passed: bool) -> Vec<Given> {
    let row = |criterion: &str, answer: &str| Given {
        criterion: criterion.to_owned(),
        answer: answer.to_owned(),
        evidence: Some(Evidence {
            call: call.clone(),
            from_ms: 0,
            to_ms: 1_000,
        }),
        words: "drivers lose two hours a day".to_owned(),
        note: String::new(),
    };
    match passed {
        true => vec![
            row("budget", "in_place"),
            row("authority", "decides"),
            row("need", "pain"),
            row("timescale", "months_3"),
        ],
        false => vec![row("budget", "none")],
    }
}

/// A reviewer hears the first seconds of an item's call.
async fn listens(tx: &mut Tx, item: &str, reviewer: &PersonId, call: &CallId, now: WallTime) {
    let all = Spans::of([(0, 60_000)]);
    heard::serve(tx, reviewer, call, &all, now).await.unwrap();
    let report = heard::Report {
        item: &item.into(),
        reviewer,
        call,
        taken_at: now,
        played: &[Played {
            from_ms: 0,
            to_ms: 1_000,
            speed: 1.0,
        }],
    };
    heard::report(tx, &report, now + Micros::from_secs(5))
        .await
        .unwrap();
}

async fn verdict(
    tx: &mut Tx,
    world: &World,
    claim: &ClaimId,
    passed: bool,
    now: WallTime,
) -> verdicts::Verdict {
    verdict_by(tx, &world.marek, claim, passed, now).await
}

async fn verdict_by(
    tx: &mut Tx,
    reviewer: &PersonId,
    claim: &ClaimId,
    passed: bool,
    now: WallTime,
) -> verdicts::Verdict {
    claims::take(tx, reviewer, claim, now).await.unwrap();
    let call = claims::calls(tx, claim).await.unwrap().remove(0);
    listens(tx, claim, reviewer, &call, now).await;
    let new = NewVerdict {
        reviewer,
        answers: &answers(&call, passed),
        note: "",
    };
    verdicts::commit(tx, claim, &new, &rules(), now)
        .await
        .unwrap()
}

/// A plan that is approved, and that these people have read.
async fn approve(
    tx: &mut Tx,
    by: &PersonId,
    readers: &[PersonId],
    plan: &NewPlan<'_>,
    now: WallTime,
) {
    let draft = plans::propose(tx, &BY, plan, now).await.unwrap();
    let plan = plans::approve(tx, by, &draft, now).await.unwrap();
    for who in readers {
        plans::acknowledge(tx, who, &plan, now).await.unwrap();
    }
}

/// One more claim on a lead of its own with the number that the others share, made after them.
async fn new_claim_on_shared_number(tx: &mut Tx, world: &World, now: WallTime) -> ClaimId {
    let number = "+494055501010";
    let lead = add_lead(tx, world, "L-6", number).await;
    let made = call("2026-11-10T19:00:00Z", "201", number, Some("L-6"));
    let found = insert(tx, &made).await;
    let at = now + Micros::from_secs(9);
    new_claim(tx, world, &lead, &found.id, &world.ines, at).await
}

/// Where the ledger is not what booking again gives.
async fn differences(tx: &mut Tx) -> Vec<rebook::Difference> {
    let booked = ledger::all_entries(tx).await.unwrap();
    let again = rebook::book_again(tx, &Zone::utc()).await.unwrap();
    let periods: std::collections::BTreeSet<&str> =
        booked.iter().chain(&again).map(|e| &*e.period).collect();
    let found = periods
        .into_iter()
        .flat_map(|period| rebook::differences(&booked, &again, period));
    found.collect()
}

/// A manager of the client, entered where they are not there yet.
async fn manager(tx: &mut Tx, world: &World, login: &str) -> PersonId {
    if let Some(person) = people::by_login(tx, login).await.unwrap() {
        return person.id;
    }
    let new = NewPerson {
        login,
        name: login,
        role: Role::Manager,
        pay_basis: PayBasis::Fixed,
        password_hash: "x",
        clients: std::slice::from_ref(&world.northlight),
    };
    people::add(tx, &BY, &new, at("2026-11-01")).await.unwrap()
}

fn rules() -> Rules {
    Rules {
        heard_share: 0.0,
        second_reviews: 0.0,
        second_review_within: Micros::from_secs(86_400),
        dispute_within: Micros::from_secs(7 * 86_400),
        read_within: Micros::from_secs(7 * 86_400),
        zone: Zone::utc(),
    }
}

#[test]
fn from_a_call_to_one_ledger_line() {
    on_both(async |db| {
        let mut tx = db.write().await.unwrap();
        let world = world(&mut tx).await;
        let lead = add_lead(&mut tx, &world, "L-1", "+494055501010").await;
        let found = insert(
            &mut tx,
            &call("2026-11-10T10:00:00Z", "201", "040 55501010", None),
        )
        .await;
        assert_eq!(
            (
                found.person_id.as_ref(),
                found.lead_id.as_ref(),
                found.lead_by
            ),
            (Some(&world.ines), Some(&lead), Some(FoundBy::Number))
        );
        let now = at("2026-11-20T12:00:00Z");
        let claim = new_claim(&mut tx, &world, &lead, &found.id, &world.ines, now).await;
        let held = verdict(&mut tx, &world, &claim, true, now).await;
        tx.commit().await.unwrap();

        let mut tx = db.write().await.unwrap();
        let early = verdicts::due(&mut tx, now + Micros::from_millis(9_999), 0).await;
        assert!(early.unwrap().is_empty());
        assert_eq!(
            verdicts::make_final(
                &mut tx,
                &held.id,
                &rules(),
                now + Micros::from_millis(9_999)
            )
            .await
            .unwrap()
            .map(|(_, c)| c.person_id),
            None,
            "the hold is not over"
        );
        let end = now + Micros::from_secs(10);
        assert_eq!(
            verdicts::due(&mut tx, end, 0).await.unwrap(),
            vec![held.id.clone()]
        );
        assert_eq!(
            verdicts::make_final(&mut tx, &held.id, &rules(), end)
                .await
                .unwrap()
                .map(|(_, c)| c.person_id),
            Some(world.ines.clone())
        );
        assert_eq!(
            verdicts::make_final(&mut tx, &held.id, &rules(), end)
                .await
                .unwrap()
                .map(|(_, c)| c.person_id),
            None,
            "a second time does nothing"
        );
        let lines = ledger::of_person(&mut tx, &world.ines).await.unwrap();
        assert_eq!(
            (
                lines.len(),
                lines[0].id.as_str(),
                lines[0].amount_minor,
                lines[0].period.as_str()
            ),
            (1, held.entry_id.as_str(), 4000, "2026-11")
        );
        assert_eq!(lines[0].payable_at, end + Micros::from_secs(14 * 86_400));
        // The other telemarketer's claim on the same lead passes too, and earns nothing.
        let second = new_claim(&mut tx, &world, &lead, &found.id, &world.tom, end).await;
        let v = verdict_by(&mut tx, &world.rosa, &second, true, end).await;
        verdicts::make_final(&mut tx, &v.id, &rules(), end + Micros::from_secs(10))
            .await
            .unwrap()
            .map(|(_, c)| c.person_id);
        assert_eq!(
            claims::by_id(&mut tx, &second)
                .await
                .unwrap()
                .unwrap()
                .outcome,
            Some(ClaimOutcome::PassedAlreadyPaid)
        );
        assert_eq!(ledger::all_entries(&mut tx).await.unwrap().len(), 1);
        tx.commit().await.unwrap();

        // Taken back by two people, once, by adding an entry; then the next claim has its turn.
        let zone = Zone::utc();
        let end = end + Micros::from_secs(60);
        let mut tx = db.write().await.unwrap();
        let petra = manager(&mut tx, &world, "petra").await;
        let first = lines[0].claim_id.clone();
        let first = claims::by_id(&mut tx, &first).await.unwrap().unwrap();
        let said = rulings::accuse(&mut tx, &world.max, &first, "Never called them", end)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let mut tx = db.write().await.unwrap();
        let again = rulings::accuse(&mut tx, &petra, &first, "The same again", end).await;
        assert!(again.unwrap_err().is_duplicate());
        drop(tx);
        let mut tx = db.write().await.unwrap();
        let alone = rulings::confirm(&mut tx, &world.max, &said, &zone, end).await;
        assert!(alone.unwrap_err().to_string().contains("two people"));
        assert_eq!(ledger::all_entries(&mut tx).await.unwrap().len(), 1);
        rulings::confirm(&mut tx, &petra, &said, &zone, end)
            .await
            .unwrap();
        let twice = rulings::confirm(&mut tx, &petra, &said, &zone, end).await;
        assert!(twice.unwrap_err().to_string().contains("confirmed already"));
        let end = end + Micros::from_secs(1);
        let due = claims::turns_due(&mut tx, end).await.unwrap();
        assert_eq!(due, std::slice::from_ref(&second));
        let turned = verdicts::take_turn(&mut tx, &second, &rules(), end).await;
        assert!(turned.unwrap());
        tx.commit().await.unwrap();
        let mut tx = db.read().await.unwrap();
        let all = ledger::all_entries(&mut tx).await.unwrap();
        let mut amounts: Vec<(&str, i64)> = all
            .iter()
            .map(|l| (l.person_id.as_str(), l.amount_minor))
            .collect();
        amounts.sort_unstable();
        let mut expected = [
            (world.ines.as_str(), 4000),
            (world.ines.as_str(), -4000),
            (world.tom.as_str(), 4000),
        ];
        expected.sort_unstable();
        assert_eq!(amounts, expected);
        // What was not payable yet is taken back when it would have been.
        let payable = |end: WallTime| -> i64 {
            let by_then = all.iter().filter(|l| l.payable_at <= end);
            by_then.map(|l| l.amount_minor).sum()
        };
        assert!(all.iter().all(|l| payable(l.payable_at) >= 0), "{all:?}");
        assert_eq!(differences(&mut tx).await, []);
        assert!(log::verify(&mut tx).await.unwrap() >= 6);
    });
}

#[test]
fn calls_that_are_committed_together_are_each_what_they_are_alone() {
    on_both(async |db| {
        let mut tx = db.write().await.unwrap();
        let world = world(&mut tx).await;
        let one = add_lead(&mut tx, &world, "L-1", "+495115550199").await;
        let two = add_lead(&mut tx, &world, "L-2", "+495115550199").await;
        let three = add_lead(&mut tx, &world, "L-3", "+494055501010").await;
        // Another client's lead has the number too: whoever calls for Northlight does not mean that
        // one.
        let (checklist, _) = checklists::add(&mut tx, &BY, &world.calder, BANT, at("2026-11-01"))
            .await
            .unwrap();
        let vans = leads::add_campaign(
            &mut tx,
            &BY,
            &world.calder,
            "Vans",
            &checklist,
            at("2026-11-01"),
        )
        .await
        .unwrap();
        let calders = add_lead(
            &mut tx,
            &World {
                campaign: vans,
                ..world.clone()
            },
            "V-1",
            "+494055501010",
        )
        .await;
        let mut sealed = vec![
            call("2026-11-10T10:00:00Z", "201", "040 55501010", None),
            call("2026-11-16T10:00:00Z", "201", "040 55501010", None),
            call("2026-11-16T10:00:00Z", "999", "0511 5550199", None),
            call("2026-11-16T10:00:00Z", "201", "0511 5550199", Some("L-2")),
            call("2026-11-16T10:00:00Z", "201", "0211 5550100", None),
            call("2026-11-16T10:00:00Z", "999", "040 55501010", None),
        ];
        // More than one statement takes.
        sealed[4].gaps = (0..2_500)
            .map(|n| Gap {
                lane: (n % 2) as u8,
                from_ms: n,
                to_ms: n + 1,
                reason: GapReason::Lost,
            })
            .collect();
        sealed[3].recording = None;
        sealed[3].gaps = vec![Gap {
            lane: 1,
            from_ms: 5,
            to_ms: 9,
            reason: GapReason::Disk,
        }];
        let lane = |side| SealedLane {
            side,
            stats: LaneStats::default(),
            speech: Vec::new(),
        };
        sealed[0].lanes = vec![lane(Side::Caller), lane(Side::Callee)];
        let numbers = Numbers::new("DE", "").unwrap();
        assert_eq!(
            calls::insert(&mut tx, &sealed[1..2], &numbers, at("2026-11-20"))
                .await
                .unwrap(),
            1
        );
        assert_eq!(
            calls::insert(&mut tx, &sealed, &numbers, at("2026-11-20"))
                .await
                .unwrap(),
            5,
            "one was there already"
        );
        assert_eq!(
            calls::insert(&mut tx, &[], &numbers, at("2026-11-20"))
                .await
                .unwrap(),
            0
        );
        let mut found = Vec::new();
        for call in &sealed {
            let c = calls::by_id(&mut tx, &id_of(call)).await.unwrap().unwrap();
            found.push((c.person_id, c.lead_id, c.lead_by, c.duration_ms, c.gaps));
        }
        let (ines, tom, minute) = (
            Some(world.ines.clone()),
            Some(world.tom.clone()),
            Some(60_000),
        );
        assert_eq!(
            found,
            [
                (ines, Some(three.clone()), Some(FoundBy::Number), minute, 0),
                (
                    tom.clone(),
                    Some(three.clone()),
                    Some(FoundBy::Number),
                    minute,
                    0
                ),
                (None, None, None, minute, 0),
                (
                    tom.clone(),
                    Some(two.clone()),
                    Some(FoundBy::Header),
                    None,
                    1
                ),
                (tom, None, None, minute, 2_500),
                (None, None, None, minute, 0),
            ]
        );
        for (unclear, between) in [(2, [one, two]), (5, [three, calders])] {
            let unclear = id_of(&sealed[unclear]);
            let mut candidates = calls::candidates(&mut tx, std::slice::from_ref(&unclear))
                .await
                .unwrap();
            assert_eq!(
                candidates
                    .remove(&unclear)
                    .unwrap()
                    .into_iter()
                    .map(|c| c.id)
                    .collect::<Vec<_>>(),
                between
            );
        }
        for (call, lanes) in sealed.iter().zip([2, 0, 0, 0, 0, 0]) {
            let id = id_of(call);
            assert_eq!(calls::lanes(&mut tx, &id).await.unwrap().len(), lanes);
            assert_eq!(
                log::actions(&mut tx, &format!("call:{id}")).await.unwrap(),
                ["call.sealed"]
            );
        }
        log::verify(&mut tx).await.unwrap();
    });
}

#[test]
fn lines_leads_and_locks() {
    on_both(async |db| {
        let mut tx = db.write().await.unwrap();
        let world = world(&mut tx).await;
        let one = add_lead(&mut tx, &world, "L-1", "+495115550199").await;
        let two = add_lead(&mut tx, &world, "L-2", "+495115550199").await;
        // The same desk was Ines's until the 15th, then Tom's.
        let early = insert(
            &mut tx,
            &call("2026-11-14T23:00:00Z", "201", "+49 511 5550199", None),
        )
        .await;
        let late = insert(
            &mut tx,
            &call(
                "2026-11-15T01:00:00Z",
                "201",
                "+49 511 5550199",
                Some("L-2"),
            ),
        )
        .await;
        assert_eq!(
            (early.person_id.as_ref(), late.person_id.as_ref()),
            (Some(&world.ines), Some(&world.tom))
        );
        // Two leads have the number: nothing is guessed. A header says which.
        assert_eq!(
            (early.lead_id.as_ref(), late.lead_id.as_ref(), late.lead_by),
            (None, Some(&two), Some(FoundBy::Header))
        );
        assert_eq!(
            calls::candidates(&mut tx, std::slice::from_ref(&early.id))
                .await
                .unwrap()[&early.id]
                .len(),
            2
        );
        calls::set_lead(&mut tx, &world.ines, &early.id, &one, at("2026-11-15"))
            .await
            .unwrap();
        assert_eq!(
            calls::by_id(&mut tx, &early.id)
                .await
                .unwrap()
                .unwrap()
                .lead_by,
            Some(FoundBy::Choice)
        );
        // A line that nobody owns is listed until somebody says whose it is.
        let stray = insert(
            &mut tx,
            &call("2026-11-16T01:00:00Z", "299", "+49 511 5550100", None),
        )
        .await;
        assert_eq!(
            (
                stray.person_id,
                people::unknown_lines(&mut tx).await.unwrap()[0]
                    .number
                    .reveal()
                    .as_str()
            ),
            (None, "299")
        );
        let (tom, client) = (&world.tom, &world.northlight);
        give_line(&mut tx, "299", tom, client, WallTime(0), None).await;
        assert_eq!(people::unknown_lines(&mut tx).await.unwrap(), Vec::new());
        assert_eq!(
            calls::of_person(&mut tx, &world.tom, WallTime(i64::MAX), 10)
                .await
                .unwrap()
                .len(),
            2
        );
        assert_eq!(
            people::clients_of(&mut tx, &world.ines).await.unwrap(),
            vec![world.northlight.clone()]
        );
        assert_ne!(world.northlight, world.calder);

        // A lock runs out and the claim is offered again, to whoever comes first.
        let now = at("2026-11-20");
        let claim = new_claim(&mut tx, &world, &one, &early.id, &world.ines, now).await;
        claims::take(&mut tx, &world.marek, &claim, now)
            .await
            .unwrap();
        assert!(
            claims::take(&mut tx, &world.rosa, &claim, now + Micros::from_secs(60))
                .await
                .is_err()
        );
        assert!(
            claims::queue(&mut tx, &world.ines, now + Micros::from_secs(60), 9)
                .await
                .unwrap()
                .is_empty()
        );
        let later = now + Micros::from_secs(31 * 60);
        assert_eq!(
            claims::queue(&mut tx, &world.ines, later, 9)
                .await
                .unwrap()
                .len(),
            1
        );
        claims::take(&mut tx, &world.rosa, &claim, later)
            .await
            .unwrap();
        let late = NewVerdict {
            reviewer: &world.marek,
            answers: &answers(&early.id, false),
            note: "",
        };
        assert!(
            verdicts::commit(&mut tx, &claim, &late, &rules(), later)
                .await
                .is_err(),
            "who lost the lock cannot judge"
        );

        // The same request again gets the same answer; another under its key is refused.
        let request = |body| idempotency::Request {
            person: &world.ines,
            key: "key-12345",
            route: "POST /x",
            body,
        };
        idempotency::keep(&mut tx, &request(b"a"), "answer", now)
            .await
            .unwrap();
        assert_eq!(
            idempotency::earlier(&mut tx, &request(b"a"))
                .await
                .unwrap()
                .as_deref(),
            Some("answer")
        );
        assert!(idempotency::earlier(&mut tx, &request(b"b")).await.is_err());
    });
}

#[test]
fn answers_and_sessions_that_nobody_can_use_any_more_are_removed() {
    on_both(async |db| {
        let mut tx = db.write().await.unwrap();
        let world = world(&mut tx).await;
        let day = |day: i64| WallTime(day * 86_400_000_000);
        for (key, at) in [("old-key-1", 100), ("old-key-2", 101), ("new-key-1", 140)] {
            let request = idempotency::Request {
                person: &world.ines,
                key,
                route: "POST /x",
                body: b"a",
            };
            idempotency::keep(&mut tx, &request, "answer", day(at))
                .await
                .unwrap();
        }
        // A batch at a time, the oldest first; what is thirty days old is kept.
        for (now, gone) in [(130, 0), (131, 1), (150, 1), (150, 0)] {
            let forgotten = idempotency::forget(&mut tx, 1, day(now)).await;
            assert_eq!(forgotten.unwrap(), gone, "{now}");
        }
        let kept = idempotency::Request {
            person: &world.ines,
            key: "new-key-1",
            route: "POST /x",
            body: b"a",
        };
        let earlier = idempotency::earlier(&mut tx, &kept).await.unwrap();
        assert_eq!(earlier.as_deref(), Some("answer"));
        for (hash, expires) in [("one", 100), ("two", 300)] {
            let session = people::sessions::NewSession {
                person: &world.ines,
                token_hash: hash,
                address: "",
                agent: "",
                password_hash: &"x".to_owned().into(),
                second_factor_since: None,
                expires: day(expires),
            };
            people::sessions::sign_in(&mut tx, &session, day(90))
                .await
                .unwrap();
        }
        let mut forget = async |now| {
            people::sessions::forget(&mut tx, 9, day(now))
                .await
                .unwrap()
        };
        assert_eq!(forget(100).await, 0, "it has just ended");
        assert_eq!(forget(299).await, 1, "the one that ended long ago");
        assert_eq!(forget(300).await, 0, "nobody's that works");
    });
}

#[test]
fn two_leads_become_one_and_two_again_without_touching_money() {
    on_both(async |db| {
        let mut tx = db.write().await.unwrap();
        let world = world(&mut tx).await;
        let (one, two) = (
            add_lead(&mut tx, &world, "L-1", "+494055501010").await,
            add_lead(&mut tx, &world, "L-2", "+494055501010").await,
        );
        let (first, second) = (
            leads::by_id(&mut tx, &one).await.unwrap().unwrap(),
            leads::by_id(&mut tx, &two).await.unwrap().unwrap(),
        );
        assert_eq!(
            duplicates::sharing_a_number(&mut tx, &world).await,
            [(
                first.clone(),
                second.clone(),
                "+494055501010".to_owned().into()
            )]
        );
        let asked = insert(
            &mut tx,
            &call("2026-11-10T10:00:00Z", "201", "040 55501010", None),
        )
        .await;
        assert_eq!(asked.lead_id, None, "two leads fit");
        let by_header = insert(
            &mut tx,
            &call("2026-11-10T11:00:00Z", "201", "040 55501010", Some("L-2")),
        )
        .await;
        assert_eq!(by_header.lead_id.as_ref(), Some(&two));

        let now = at("2026-11-19");
        assert_eq!(
            merges::merge(&mut tx, &BY, &second, &first, now)
                .await
                .unwrap(),
            1
        );
        assert!(
            duplicates::sharing_a_number(&mut tx, &world)
                .await
                .is_empty()
        );
        for id in [&asked.id, &by_header.id] {
            assert_eq!(
                calls::by_id(&mut tx, id)
                    .await
                    .unwrap()
                    .unwrap()
                    .lead_id
                    .as_ref(),
                Some(&one),
                "one question answered, one call moved"
            );
        }
        let later = insert(
            &mut tx,
            &call("2026-11-12T10:00:00Z", "201", "040 55501010", Some("L-2")),
        )
        .await;
        assert_eq!(
            later.lead_id.as_ref(),
            Some(&one),
            "the old id leads to the lead that took it in"
        );
        let calls_of = [asked.id.clone()];
        let on_merged = NewClaim {
            lead: &two,
            campaign: &world.campaign,
            person: &world.ines,
            calls: &calls_of,
            write_up: "w",
            own_answers: "{}",
            by: assay::leads::ClaimedBy::Page,
        };
        assert!(
            claiming::add(&mut tx, &on_merged, now)
                .await
                .unwrap_err()
                .to_string()
                .contains("merged into another")
        );

        // A claimed lead is never merged away, and no two claimed ones become one.
        new_claim(&mut tx, &world, &one, &by_header.id, &world.ines, now).await;
        let three = add_lead(&mut tx, &world, "L-3", "+494055501099").await;
        let third = leads::by_id(&mut tx, &three).await.unwrap().unwrap();
        for (from, into, why) in [
            (&first, &third, "split"),
            (&first, &first, "itself"),
            (&third, &second, "already"),
            (&second, &third, "already"),
        ] {
            assert!(
                merges::merge(&mut tx, &BY, from, into, now)
                    .await
                    .unwrap_err()
                    .to_string()
                    .contains(why),
                "{why}"
            );
        }
        assert_eq!(
            merges::split(&mut tx, &BY, &second, now).await.unwrap(),
            (0, 1),
            "what has been claimed stays with its claim"
        );
        assert!(
            merges::split(&mut tx, &BY, &second, now).await.is_err(),
            "it is split already"
        );
        assert!(
            merges::merge(&mut tx, &BY, &first, &third, now)
                .await
                .unwrap_err()
                .to_string()
                .contains("stays")
        );
        new_claim(&mut tx, &world, &three, &asked.id, &world.ines, now).await;
        assert!(
            merges::merge(&mut tx, &BY, &first, &third, now)
                .await
                .unwrap_err()
                .to_string()
                .contains("manager")
        );

        // Unclaimed calls go back.
        let ticket = insert(
            &mut tx,
            &call("2026-11-12T11:00:00Z", "201", "0", Some("L-2")),
        )
        .await;
        assert_eq!(
            ticket.lead_id.as_ref(),
            Some(&two),
            "split: it is a lead of its own again"
        );
        assert_eq!(
            merges::merge(&mut tx, &BY, &second, &third, now)
                .await
                .unwrap(),
            1
        );
        assert_eq!(
            merges::split(&mut tx, &BY, &second, now).await.unwrap(),
            (1, 0)
        );
        assert_eq!(
            calls::by_id(&mut tx, &ticket.id)
                .await
                .unwrap()
                .unwrap()
                .lead_id
                .as_ref(),
            Some(&two)
        );
    });
}

#[test]
fn the_pbx_says_how_a_call_came_out_and_the_phone_claims_its_lead() {
    on_both(async |db| {
        let mut tx = db.write().await.unwrap();
        let world = world(&mut tx).await;
        add_lead(&mut tx, &world, "12345", "+494055501010").await;
        let mut told = call("2026-11-10T10:00:00Z", "201", "040 55501010", None);
        told.facts
            .headers
            .insert("X-Disposition".into(), "Not interested".to_owned().into());
        assert_eq!(
            insert(&mut tx, &told).await.disposition,
            Some(Disposition::NotInterested)
        );
        // VICIdial's lead id in the display name, and a claim by header: once, however many calls
        // say it.
        for started in ["2026-11-11T10:00:00Z", "2026-11-12T10:00:00Z"] {
            let mut claimed = call(started, "201", "0123 99", None);
            claimed.facts.from.name = Some("V11201052070000012345".to_owned().into());
            claimed
                .facts
                .headers
                .insert("X-Disposition".into(), "qualified".to_owned().into());
            assert_eq!(
                insert(&mut tx, &claimed).await.lead_by,
                Some(FoundBy::Header)
            );
        }
        let claims = claims::of_person(&mut tx, &world.ines, &Default::default(), 500)
            .await
            .unwrap();
        assert_eq!(
            (
                claims.len(),
                claims[0].state,
                claims[0].write_up.reveal().as_str()
            ),
            (1, ClaimState::Open, "")
        );
        assert_eq!(claims[0].came_by, Some(assay::leads::ClaimedBy::Header));
    });
}

/// PRODUCT M4: a plan whose numbers run over stops its own verdict, and no other's.
#[test]
fn a_verdict_that_is_stuck_holds_up_no_other() {
    on_both(async |db| {
        let mut tx = db.write().await.unwrap();
        let world = world(&mut tx).await;
        let now = at("2026-11-20");
        let fleet = leads::existing_campaign(&mut tx, &world.campaign)
            .await
            .unwrap();
        let (client, checklist) = (&world.northlight, &fleet.checklist_id);
        let vans = leads::add_campaign(&mut tx, &BY, client, "Vans", checklist, now).await;
        let other = World {
            campaign: vans.unwrap(),
            ..world.clone()
        };
        let max = people::by_login(&mut tx, "max").await.unwrap().unwrap().id;
        let plan = NewPlan {
            campaign: &other.campaign,
            amount: &Money::new(100, "EUR"),
            terms: &Terms::default(),
            payable_after_days: 3_660,
            from: None,
        };
        approve(&mut tx, &max, std::slice::from_ref(&world.ines), &plan, now).await;
        let mut held = Vec::new();
        // The one that is stuck comes first.
        for (w, id, number) in [
            (&other, "V-1", "+494055501011"),
            (&world, "L-1", "+494055501010"),
        ] {
            let lead = add_lead(&mut tx, w, id, number).await;
            let made = call("2026-11-10T10:00:00Z", "201", number, Some(id));
            let found = insert(&mut tx, &made).await;
            let claim = new_claim(&mut tx, w, &lead, &found.id, &world.ines, now).await;
            held.push(verdict(&mut tx, w, &claim, true, now).await);
        }
        tx.commit().await.unwrap();
        // Somebody with the database gives it a span that no sum can hold.
        let drop_trigger = match &db.raw {
            Raw::Sqlite(_) => "DROP TRIGGER plan_keeps",
            Raw::Postgres(_) => "DROP TRIGGER plan_keeps ON plans",
        };
        for sql in [
            drop_trigger.to_owned(),
            format!(
                "UPDATE plans SET payable_after_days = 200000000 WHERE campaign_id = '{}'",
                other.campaign
            ),
        ] {
            execute(&db, &sql).await.unwrap();
        }
        let rules = rules();
        let (mut holds, end) = (Holds::default(), held[0].hold_until);
        for attempt in 0..3 {
            let done = holds.once(&db, &rules, end).await.unwrap();
            assert!(done.next - end < Micros::from_secs(1), "attempt {attempt}");
            assert!(done.trouble.unwrap().contains(held[0].id.as_str()));
        }
        let mut tx = db.read().await.unwrap();
        let mut states = Vec::new();
        for v in &held {
            states.push(verdicts::existing(&mut tx, &v.id).await.unwrap().state);
        }
        assert_eq!(states, [VerdictState::Held, VerdictState::Final]);
    });
}

/// PRODUCT M2: a period is locked by two people who have no interest in it, and opened again so.
#[test]
fn a_locked_period_leaves_its_lines_to_the_next() {
    on_both(async |db| {
        let zone = Zone::utc();
        let mut tx = db.write().await.unwrap();
        let world = world(&mut tx).await;
        let petra = manager(&mut tx, &world, "petra").await;
        let one = add_lead(&mut tx, &world, "L-1", "+494055501010").await;
        let two = add_lead(&mut tx, &world, "L-2", "+494055501011").await;
        let made = [
            ("2026-11-10T10:00:00Z", "040 55501010"),
            ("2026-11-10T11:00:00Z", "040 55501011"),
        ]
        .map(|(when, number)| call(when, "201", number, None));
        let now = at("2026-11-30T23:59:00Z");
        let mut claimed = Vec::new();
        for (lead, made) in [&one, &two].into_iter().zip(&made) {
            let found = insert(&mut tx, made).await;
            claimed.push(new_claim(&mut tx, &world, lead, &found.id, &world.ines, now).await);
        }
        let v = verdict(&mut tx, &world, &claimed[0], true, now).await;
        let late = now + Micros::from_secs(10);
        verdicts::make_final(&mut tx, &v.id, &rules(), late)
            .await
            .unwrap();
        let lock = (PeriodAct::Lock, "2026-11");
        let early = periods::ask(&mut tx, &world.max, lock, "", &zone, late).await;
        assert!(early.unwrap_err().to_string().contains("not over yet"));
        let december = at("2026-12-01T00:10:00Z");
        let empty = (PeriodAct::Lock, "2026-09");
        let nothing = periods::ask(&mut tx, &world.max, empty, "", &zone, december).await;
        assert!(
            nothing
                .unwrap_err()
                .to_string()
                .contains("nothing was booked")
        );
        let asked = periods::ask(&mut tx, &world.max, lock, "", &zone, december)
            .await
            .unwrap();
        let alone = periods::confirm(&mut tx, &world.max, &asked, &zone, december).await;
        assert!(alone.unwrap_err().to_string().contains("two people"));
        periods::confirm(&mut tx, &petra, &asked, &zone, december)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        // What comes later is booked into the next, and booking again comes to the same.
        let mut tx = db.write().await.unwrap();
        let v = verdict(&mut tx, &world, &claimed[1], true, december).await;
        let booked = december + Micros::from_secs(10);
        verdicts::make_final(&mut tx, &v.id, &rules(), booked)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let mut tx = db.read().await.unwrap();
        let periods_of = |all: Vec<ledger::Entry>| -> Vec<String> {
            all.into_iter().map(|e| e.period).collect()
        };
        let all = ledger::all_entries(&mut tx).await.unwrap();
        assert_eq!(periods_of(all), ["2026-11", "2026-12"]);
        assert_eq!(differences(&mut tx).await, []);
        drop(tx);
        // Opened again by two, and never by a row alone.
        assert!(
            execute(&db, "UPDATE periods SET locked_at = NULL")
                .await
                .is_err()
        );
        let mut tx = db.write().await.unwrap();
        let reopen = (PeriodAct::Reopen, "2026-11");
        let asked = periods::ask(&mut tx, &petra, reopen, "Wrong sum", &zone, booked)
            .await
            .unwrap();
        // By a clock that runs behind, it would have been opened before it was locked.
        let slow = december - Micros::from_secs(3_600);
        let behind = periods::confirm(&mut tx, &world.max, &asked, &zone, slow).await;
        assert!(behind.unwrap_err().to_string().contains("clock"));
        periods::confirm(&mut tx, &world.max, &asked, &zone, booked)
            .await
            .unwrap();
        let known = periods::all(&mut tx).await.unwrap();
        assert!(known.iter().all(|p| p.locked_at.is_none()), "{known:?}");
        // A statement of the past knows what it was then.
        let second = Micros::from_secs(1);
        for (then, locked) in [
            (december - second, false),
            (december + second, true),
            (booked - second, true),
            (booked + second, false),
        ] {
            let told = periods::locked_then(&mut tx, "2026-11", then).await;
            assert_eq!(told.unwrap().is_some(), locked, "{then}");
        }
        tx.commit().await.unwrap();
    });
}

/// PRODUCT I3: two leads that turn out to be one earn once, whenever that is found out.
#[test]
fn leads_that_are_ruled_to_be_one_earn_once() {
    on_both(async |db| {
        let zone = Zone::utc();
        let mut tx = db.write().await.unwrap();
        let world = world(&mut tx).await;
        let now = at("2026-11-20");
        let mut claimed = Vec::new();
        for (n, (id, number)) in [
            ("L-1", "+494055501010"),
            ("L-2", "+494055501010"),
            ("L-3", "+494055501010"),
            ("L-4", "+494055501099"),
        ]
        .into_iter()
        .enumerate()
        {
            let lead = add_lead(&mut tx, &world, id, number).await;
            let made = call(&format!("2026-11-10T1{n}:00:00Z"), "201", number, Some(id));
            let found = insert(&mut tx, &made).await;
            let at = now + Micros::from_secs(i64::try_from(n).unwrap());
            claimed.push(new_claim(&mut tx, &world, &lead, &found.id, &world.ines, at).await);
        }
        for claim in &claimed[..2] {
            let v = verdict(&mut tx, &world, claim, true, now).await;
            verdicts::make_final(&mut tx, &v.id, &rules(), v.hold_until)
                .await
                .unwrap();
        }
        tx.commit().await.unwrap();
        let later = now + Micros::from_secs(60);
        let mut tx = db.write().await.unwrap();
        assert_eq!(ledger::all_entries(&mut tx).await.unwrap().len(), 2);
        let pairs = rulings::open_pairs(&mut tx, &world.max, 200).await.unwrap();
        assert_eq!(pairs.len(), 3, "each two of three: {pairs:?}");
        let dup = (RulingKind::Duplicate, "One company, two names");
        for (pair, why) in [
            ((&claimed[0], &claimed[1]), "made later"),
            ((&claimed[3], &claimed[0]), "share no number"),
            ((&claimed[0], &claimed[0]), "same lead"),
        ] {
            let refused = rulings::rule_on_pair(&mut tx, &world.max, pair, dup, &zone, later).await;
            let told = refused.unwrap_err().to_string();
            assert!(told.contains(why), "{told}");
        }
        // What was earned is not taken back for a claim that has earned nothing, and may fail yet.
        let sixth = new_claim_on_shared_number(&mut tx, &world, now).await;
        let v = verdict(&mut tx, &world, &sixth, true, now).await;
        verdicts::make_final(&mut tx, &v.id, &rules(), v.hold_until)
            .await
            .unwrap();
        let early = (&sixth, &claimed[2]);
        let refused = rulings::rule_on_pair(&mut tx, &world.max, early, dup, &zone, later).await;
        let told = refused.unwrap_err().to_string();
        assert!(told.contains("has not earned"), "{told}");
        drop(tx);
        let mut tx = db.write().await.unwrap();
        // A reviewer rules on nothing.
        let pair = (&claimed[1], &claimed[0]);
        let refused = rulings::rule_on_pair(&mut tx, &world.marek, pair, dup, &zone, later).await;
        assert!(
            matches!(refused, Err(StoreError::Interest(_))),
            "{refused:?}"
        );
        drop(tx);
        let mut tx = db.write().await.unwrap();
        rulings::rule_on_pair(&mut tx, &world.max, pair, dup, &zone, later)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let mut tx = db.write().await.unwrap();
        let twice = rulings::rule_on_pair(&mut tx, &world.max, pair, dup, &zone, later).await;
        assert!(twice.unwrap_err().is_duplicate());
        drop(tx);
        // The third is found out before its verdict: it passes and earns nothing.
        let mut tx = db.write().await.unwrap();
        let pair = (&claimed[2], &claimed[0]);
        rulings::rule_on_pair(&mut tx, &world.max, pair, dup, &zone, later)
            .await
            .unwrap();
        let v = verdict(&mut tx, &world, &claimed[2], true, later).await;
        verdicts::make_final(&mut tx, &v.id, &rules(), v.hold_until)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let mut tx = db.read().await.unwrap();
        let all = ledger::all_entries(&mut tx).await.unwrap();
        let standing: i64 = all.iter().map(|e| e.amount_minor).sum();
        assert_eq!((all.len(), standing), (3, 4000), "{all:?}");
        let third = claims::by_id(&mut tx, &claimed[2]).await.unwrap().unwrap();
        assert_eq!(third.outcome, Some(ClaimOutcome::PassedAlreadyPaid));
        assert_eq!(differences(&mut tx).await, []);
    });
}

/// PRODUCT I3: a lead that was merged into another one brings its numbers along.
#[test]
fn a_number_that_a_merge_brought_shows_that_two_claimed_leads_are_one() {
    on_both(async |db| {
        let zone = Zone::utc();
        let mut tx = db.write().await.unwrap();
        let world = world(&mut tx).await;
        let now = at("2026-11-20");
        let (first, second) = ("+494055501010", "+494055501099");
        let mut claimed = Vec::new();
        for (n, (id, number)) in [("L-1", first), ("L-2", second)].into_iter().enumerate() {
            let lead = add_lead(&mut tx, &world, id, number).await;
            let made = call(&format!("2026-11-10T1{n}:00:00Z"), "201", number, Some(id));
            let found = insert(&mut tx, &made).await;
            let at = now + Micros::from_secs(i64::try_from(n).unwrap());
            let claim = new_claim(&mut tx, &world, &lead, &found.id, &world.ines, at).await;
            let v = verdict(&mut tx, &world, &claim, true, now).await;
            verdicts::make_final(&mut tx, &v.id, &rules(), v.hold_until)
                .await
                .unwrap();
            claimed.push((lead, claim));
        }
        let later = now + Micros::from_secs(60);
        let pair = (&claimed[1].1, &claimed[0].1);
        let dup = (RulingKind::Duplicate, "One company, two numbers");
        assert_eq!(
            rulings::open_pairs(&mut tx, &world.max, 200).await.unwrap(),
            []
        );
        let third = add_lead(&mut tx, &world, "L-3", first).await;
        let by_id = async |tx: &mut Tx, id: &LeadId| leads::existing(tx, id).await.unwrap();
        let (third, into) = (
            by_id(&mut tx, &third).await,
            by_id(&mut tx, &claimed[1].0).await,
        );
        merges::merge(&mut tx, &BY, &third, &into, later)
            .await
            .unwrap();
        let open = rulings::open_pairs(&mut tx, &world.max, 200).await.unwrap();
        assert_eq!(open.len(), 1, "{open:?}");
        assert_eq!((&open[0].later, &open[0].first), pair);
        assert_eq!(open[0].number.reveal(), first);
        tx.commit().await.unwrap();
        let mut tx = db.write().await.unwrap();
        rulings::rule_on_pair(&mut tx, &world.max, pair, dup, &zone, later)
            .await
            .unwrap();
        let all = ledger::all_entries(&mut tx).await.unwrap();
        let standing: i64 = all.iter().map(|e| e.amount_minor).sum();
        assert_eq!((all.len(), standing), (3, 4000), "{all:?}");
        assert_eq!(
            rulings::open_pairs(&mut tx, &world.max, 200).await.unwrap(),
            []
        );
        drop(tx);
        // Split again before anybody rules, nothing says that they are one.
        let mut tx = db.write().await.unwrap();
        merges::split(&mut tx, &BY, &third, later).await.unwrap();
        assert_eq!(
            rulings::open_pairs(&mut tx, &world.max, 200).await.unwrap(),
            []
        );
        let refused = rulings::rule_on_pair(&mut tx, &world.max, pair, dup, &zone, later).await;
        assert!(refused.unwrap_err().to_string().contains("no number"));
    });
}

/// PRODUCT M1: tiers and a cap count what stands in the period; taking an entry back changes no
/// other, and a version that comes later changes nothing of what was claimed before.
#[test]
fn tiers_and_a_cap_count_what_stands_and_change_nothing_before() {
    on_both(async |db| {
        let zone = Zone::utc();
        let mut tx = db.write().await.unwrap();
        let world = world(&mut tx).await;
        let vera = manager(&mut tx, &world, "vera").await;
        let now = at("2026-11-18");
        let mut claimed = vec![claim_on_own_lead(&mut tx, &world, 0, now).await];
        let terms = Terms {
            tiers: vec![Tier {
                from_lead: 3,
                amount_minor: 5000,
            }],
            cap_minor: Some(15_000),
            split: None,
        };
        let mut plan = NewPlan {
            campaign: &world.campaign,
            amount: &Money::new(4500, "EUR"),
            terms: &terms,
            payable_after_days: 14,
            from: None,
        };
        let both = [world.ines.clone(), world.tom.clone()];
        approve(&mut tx, &world.max, &both, &plan, now).await;
        for n in 1..5 {
            claimed.push(claim_on_own_lead(&mut tx, &world, n, now).await);
        }
        // Worse for claims that come, and for no other.
        let (little, plain) = (Money::new(1, "EUR"), Terms::default());
        (plan.amount, plan.terms) = (&little, &plain);
        approve(&mut tx, &world.max, &both, &plan, at("2026-11-19")).await;
        // All holds end in one moment: one pass books them.
        let last = at("2026-11-19");
        for claim in &claimed[..4] {
            let v = verdict(&mut tx, &world, claim, true, now).await;
            verdicts::make_final(&mut tx, &v.id, &rules(), last)
                .await
                .unwrap();
        }
        let later = last + Micros::from_secs(1);
        let fraud = claims::by_id(&mut tx, &claimed[1]).await.unwrap().unwrap();
        let said = rulings::accuse(&mut tx, &world.max, &fraud, "no such call", later).await;
        rulings::confirm(&mut tx, &vera, &said.unwrap(), &zone, later)
            .await
            .unwrap();
        let v = verdict(&mut tx, &world, &claimed[4], true, now).await;
        verdicts::make_final(&mut tx, &v.id, &rules(), later)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let mut tx = db.read().await.unwrap();
        let all = ledger::all_entries(&mut tx).await.unwrap();
        let said: Vec<_> = all
            .iter()
            .map(|e| (e.place, e.amount_minor, e.leads_before, e.minor_before))
            .collect();
        let expected = [
            (1, 4000, Some(0), Some(0)),
            (2, 4500, Some(1), Some(4000)),
            (3, 5000, Some(2), Some(8500)),
            (4, 1500, Some(3), Some(13_500)),
            (5, -4500, None, None),
            // Three stand: it is the fourth, and the cap leaves it 4,500.
            (6, 4500, Some(3), Some(10_500)),
        ];
        assert_eq!(said, expected, "{all:?}");
        assert_eq!(differences(&mut tx).await, []);
        drop(tx);
        for (bad, why) in [
            (terms_with(&[(1, 1)], None), "second passed lead"),
            (terms_with(&[(2, -1)], None), "0 or more"),
            (terms_with(&[], Some(0)), "more than 0"),
        ] {
            let mut tx = db.write().await.unwrap();
            let plan = NewPlan {
                terms: &bad,
                ..plan.clone()
            };
            let refused = plans::propose(&mut tx, &BY, &plan, now).await.unwrap_err();
            assert!(refused.to_string().contains(why), "{refused}");
        }
    });
}

fn terms_with(tiers: &[(i64, i64)], cap_minor: Option<i64>) -> Terms {
    let tier = |&(from_lead, amount_minor)| Tier {
        from_lead,
        amount_minor,
    };
    Terms {
        tiers: tiers.iter().map(tier).collect(),
        cap_minor,
        split: None,
    }
}

/// A claim of Ines on a lead that nobody else has to do with.
async fn claim_on_own_lead(tx: &mut Tx, world: &World, n: u32, now: WallTime) -> ClaimId {
    let (id, number) = (format!("T-{n}"), format!("+4940555020{n:02}"));
    let lead = add_lead(tx, world, &id, &number).await;
    let made = call(
        &format!("2026-11-10T10:{n:02}:00Z"),
        "201",
        &number,
        Some(&id),
    );
    let found = insert(tx, &made).await;
    new_claim(tx, world, &lead, &found.id, &world.ines, now).await
}

/// PRODUCT M1: a plan is approved by somebody signed in, and read before anything accrues under it;
/// what passes meanwhile waits and is not lost.
#[test]
fn nothing_accrues_under_a_plan_that_is_not_approved_or_not_read() {
    on_both(async |db| {
        let mut tx = db.write().await.unwrap();
        let world = world(&mut tx).await;
        let now = at("2026-11-20");
        let fleet = leads::existing_campaign(&mut tx, &world.campaign)
            .await
            .unwrap();
        let (client, checklist) = (&world.northlight, &fleet.checklist_id);
        let vans = leads::add_campaign(&mut tx, &BY, client, "Vans", checklist, now).await;
        let vans = World {
            campaign: vans.unwrap(),
            ..world.clone()
        };
        let lead = add_lead(&mut tx, &vans, "V-1", "+494055501011").await;
        let made = call("2026-11-10T10:00:00Z", "201", "+494055501011", Some("V-1"));
        let found = insert(&mut tx, &made).await;
        let claim = new_claim(&mut tx, &vans, &lead, &found.id, &world.ines, now).await;
        let v = verdict(&mut tx, &vans, &claim, true, now).await;
        let end = v.hold_until;
        verdicts::make_final(&mut tx, &v.id, &rules(), end)
            .await
            .unwrap();
        let outcome = async |tx: &mut Tx| claims::by_id(tx, &claim).await.unwrap().unwrap().outcome;
        assert_eq!(outcome(&mut tx).await, Some(ClaimOutcome::PassedWaiting));
        let plan = NewPlan {
            campaign: &vans.campaign,
            amount: &Money::new(5000, "EUR"),
            terms: &Terms::default(),
            payable_after_days: 0,
            from: None,
        };
        let draft = plans::propose(&mut tx, &BY, &plan, end).await.unwrap();
        tx.commit().await.unwrap();
        let mut tx = db.write().await.unwrap();
        let refused = plans::approve(&mut tx, &world.marek, &draft, end).await;
        assert!(
            matches!(refused, Err(StoreError::Interest(_))),
            "{refused:?}"
        );
        drop(tx);
        let mut tx = db.write().await.unwrap();
        let approved = plans::approve(&mut tx, &world.max, &draft, end)
            .await
            .unwrap();
        let twice = plans::approve(&mut tx, &world.max, &draft, end).await;
        assert!(matches!(twice, Err(StoreError::Conflict(_))), "{twice:?}");
        assert_eq!(claims::turns_due(&mut tx, end).await.unwrap().len(), 1);
        verdicts::take_turn(&mut tx, &claim, &rules(), end)
            .await
            .unwrap();
        assert_eq!(outcome(&mut tx).await, Some(ClaimOutcome::PassedWaiting));
        let unread = plans::unread(&mut tx, &world.ines, end).await.unwrap();
        assert_eq!(unread, std::slice::from_ref(&approved));
        plans::acknowledge(&mut tx, &world.ines, &approved, end)
            .await
            .unwrap();
        let turned = verdicts::take_turn(&mut tx, &claim, &rules(), end).await;
        assert!(turned.unwrap());
        assert_eq!(outcome(&mut tx).await, Some(ClaimOutcome::Passed));
        tx.commit().await.unwrap();
        let mut tx = db.read().await.unwrap();
        let all = ledger::all_entries(&mut tx).await.unwrap();
        assert_eq!((all.len(), all[0].amount_minor), (1, 5000));
        // Names stand as on the day of the booking.
        assert_eq!(all[0].payee.reveal(), "ines");
        assert_eq!(differences(&mut tx).await, []);
        drop(tx);
        execute(&db, "UPDATE people SET name = 'Somebody else'")
            .await
            .unwrap();
        execute(&db, "UPDATE leads SET company = 'Elsewhere'")
            .await
            .unwrap();
        let mut tx = db.read().await.unwrap();
        let after = ledger::all_entries(&mut tx).await.unwrap();
        assert_eq!(
            (after[0].payee.clone(), after[0].company.clone()),
            (all[0].payee.clone(), all[0].company.clone())
        );
    });
}

async fn execute(open: &Open, sql: &str) -> Result<(), sqlx::Error> {
    let sql = sqlx::AssertSqlSafe(sql.to_owned());
    match &open.raw {
        Raw::Sqlite(pool) => sqlx::query(sql).execute(pool).await.map(drop),
        Raw::Postgres(pool) => sqlx::query(sql).execute(pool).await.map(drop),
    }
}

/// Every CHECK, unique index and trigger with a statement that it must refuse.
#[test]
fn the_schema_refuses_what_must_not_be() {
    on_both(async |db| {
        let mut tx = db.write().await.unwrap();
        let world = world(&mut tx).await;
        let lead = add_lead(&mut tx, &world, "L-1", "+494055501010").await;
        let found = insert(
            &mut tx,
            &call("2026-11-10T10:00:00Z", "201", "040 55501010", None),
        )
        .await;
        let now = at("2026-11-20");
        let claim = new_claim(&mut tx, &world, &lead, &found.id, &world.ines, now).await;
        let v = verdict(&mut tx, &world, &claim, true, now).await;
        verdicts::make_final(&mut tx, &v.id, &rules(), now + Micros::from_secs(10))
            .await
            .unwrap()
            .map(|(_, c)| c.person_id);
        let sealed = claims::by_id(&mut tx, &v.claim_id).await.unwrap().unwrap();
        let when = second_reviews::When {
            opens: at("2026-11-20"),
            due: at("2026-11-22"),
        };
        let second = second_reviews::draw(&mut tx, &v, &sealed, when.opens, when)
            .await
            .unwrap();
        second_reviews::take(&mut tx, &world.rosa, &second, at("2026-11-20"))
            .await
            .unwrap();
        listens(&mut tx, &second, &world.rosa, &found.id, now).await;
        let answer = second_reviews::NewAnswer {
            answers: &answers(&found.id, true),
            note: "",
        };
        second_reviews::answer(&mut tx, &world.rosa, &second, &answer, &rules(), now)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let World {
            ines,
            tom,
            northlight,
            campaign,
            version,
            ..
        } = &world;
        for sql in [
            format!(
                "INSERT INTO disputes (id, verdict_id, claim_id, person_id, second_review_id, \
                 created_at, state) VALUES ('d', '{}', '{claim}', '{ines}', '{second}', 1, 'open')",
                v.id
            ),
            "INSERT INTO dispute_rows (dispute_id, criterion, clip, reason) VALUES ('d', 'need', \
             '{}', 'r')"
                .to_owned(),
        ] {
            execute(&db, &sql).await.unwrap();
        }
        let call = &found.id;
        let line = &v.entry_id;
        let ledger = |id: &str,
                      kind: &str,
                      amount: i64,
                      corrects: &str,
                      reason: &str,
                      lead: &str,
                      period: &str| {
            format!(
                "INSERT INTO ledger (id, kind, person_id, campaign_id, lead_id, claim_id, \
                 verdict_id, plan_id, amount_minor, currency, earned_at, payable_at, period, \
                 corrects, reason, booked_at, payee, company, campaign, nth, ruling_id, place)
                 SELECT '{id}', '{kind}', person_id, campaign_id, {lead}, claim_id, verdict_id, \
                 plan_id, {amount}, currency, 5, 6, '{period}', {corrects}, {reason}, 7, payee, \
                 company, campaign, CASE WHEN '{kind}' = 'accrual' THEN 1 ELSE 0 END, CASE WHEN \
                 '{kind}' = 'reversal' THEN 'ruling' END, (SELECT MAX(place) + 1 FROM ledger) FROM ledger WHERE \
                 id = '{line}'"
            )
        };
        let quoted_line = format!("'{line}'");
        for sql in [
            "INSERT INTO periods (name) VALUES ('2026-10')".to_owned(),
            format!(
                "INSERT INTO period_acts (id, period, act, note, sums, asked_by, asked_at, \
                 confirmed_by, confirmed_at) VALUES ('pa', '2026-10', 'lock', '', '[]', '{tom}', 1, \
                 '{ines}', 1)"
            ),
            "UPDATE periods SET locked_at = 1 WHERE name = '2026-10'".to_owned(),
            format!(
                "INSERT INTO rulings (id, kind, claim_id, lead_id, note, ruled_by, ruled_at, \
                 confirmed_by, confirmed_at) VALUES ('ruling', 'fraud', '{claim}', '{lead}', 'n', \
                 '{tom}', 1, '{ines}', 1)"
            ),
        ] {
            execute(&db, &sql).await.unwrap();
        }
        let refused = [
            "UPDATE second_reviews SET final_note = 'other' WHERE state = 'decided'".to_owned(),
            "INSERT INTO periods (name, locked_at) VALUES ('2026-09', 1)".into(),
            "UPDATE periods SET locked_at = 1 WHERE name = '2026-11'".into(),
            "UPDATE periods SET locked_at = NULL WHERE name = '2026-10'".into(),
            "DELETE FROM periods".into(),
            "UPDATE period_acts SET note = 'other'".into(),
            "DELETE FROM period_acts".into(),
            format!(
                "INSERT INTO period_acts (id, period, act, note, sums, asked_by, asked_at, \
                 confirmed_by, confirmed_at) VALUES ('pb', '2026-10', 'reopen', '', '[]', '{tom}', \
                 2, '{tom}', 2)"
            ),
            "UPDATE plans SET amount_minor = 1".into(),
            "UPDATE plans SET terms = '{\"cap_minor\":1}'".into(),
            "DELETE FROM plans".into(),
            "UPDATE plan_acks SET at = 9".into(),
            "DELETE FROM plan_acks".into(),
            "DELETE FROM second_reviews".into(),
            "UPDATE second_reviews SET state = 'decided'".into(),
            "UPDATE second_reviews SET reason = 'bored'".into(),
            "INSERT INTO disputes (id, verdict_id, claim_id, person_id, second_review_id, \
             created_at, state) SELECT 'x', verdict_id, claim_id, person_id, second_review_id, 1, \
             'open' FROM disputes"
                .into(),
            "UPDATE dispute_rows SET reason = 'other'".into(),
            "DELETE FROM dispute_rows".into(),
            "INSERT INTO dispute_rows (dispute_id, criterion, clip, reason) SELECT dispute_id, \
             criterion, '{}', 'r' FROM dispute_rows"
                .into(),
            format!(
                "INSERT INTO drafts (item_id, reviewer_id, body, saved_at, revision) VALUES ('x', \
                 '{tom}', '{{}}', 1, 0)"
            ),
            format!(
                "INSERT INTO skips (item_id, reviewer_id, reason, note, at) VALUES ('x', '{tom}', \
                 'bored', '', 1)"
            ),
            format!(
                "INSERT INTO campaigns (id, client_id, name, checklist_id, created_at) SELECT 'x', \
                 '{}', 'n', checklist_id, 1 FROM campaigns",
                world.calder
            ),
            format!("UPDATE claims SET person_id = '{tom}'"),
            "UPDATE claims SET checklist_version_id = NULL".into(),
            "UPDATE claims SET plan_id = NULL".into(),
            "UPDATE claims SET created_at = 1".into(),
            "DELETE FROM claims".into(),
            format!(
                "INSERT INTO claims (id, number, lead_id, campaign_id, person_id, write_up, \
                 own_answers, state, created_at) VALUES ('x', 9, '{lead}', '{campaign}', '{tom}', \
                 '', '', 'open', 1)"
            ),
            "UPDATE disputes SET state = 'ineligible', decided_at = 1".into(),
            format!(
                "INSERT INTO comments (id, call_id, person_id, from_ms, to_ms, text, \
                created_at) VALUES ('x', '{}', '{}', 5, 5, 't', 1)",
                found.id, world.tom
            ),
            format!(
                "INSERT INTO comments (id, call_id, person_id, from_ms, to_ms, tag, text, \
                created_at) VALUES ('x', '{}', '{}', 5, 6, 'shout', 't', 1)",
                found.id, world.tom
            ),
            format!(
                "INSERT INTO shares (id, token_hash, call_id, from_ms, to_ms, created_by, \
                reason, created_at, expires_at) VALUES ('x', 'h', '{}', 5, 6, '{}', 'r', 7, 7)",
                found.id, world.tom
            ),
            "UPDATE people SET head_of = 'the world'".into(),
            "INSERT INTO clients (id, name, created_at) VALUES ('x', 'Northlight', 1)".into(),
            "INSERT INTO people (id, login, name, role, pay_basis, password_hash, created_at) \
             VALUES ('x', 'ines', 'n', 'admin', 'fixed', 'h', 1)"
                .into(),
            "INSERT INTO people (id, login, name, role, pay_basis, password_hash, created_at) \
             VALUES ('x', 'y', 'n', 'boss', 'fixed', 'h', 1)"
                .into(),
            "INSERT INTO people (id, login, name, role, pay_basis, password_hash, created_at) \
             VALUES ('x', 'y', 'n', 'admin', 'bribes', 'h', 1)"
                .into(),
            "UPDATE people SET failed_sign_ins = -1".into(),
            format!(
                "INSERT INTO person_clients (person_id, client_id) VALUES ('{ines}', \
                'nobody')"
            ),
            format!(
                "INSERT INTO interests (person_id, earner_id, reason) VALUES ('{ines}', \
                '{ines}', 'r')"
            ),
            format!(
                "INSERT INTO lines (id, value, person_id, client_id, from_at, to_at) VALUES \
                ('x', 'v', '{ines}', '{northlight}', 5, 5)"
            ),
            format!(
                "INSERT INTO checklists (id, name, client_id) VALUES ('x', 'BANT', '{northlight}')"
            ),
            "INSERT INTO checklist_versions (id, checklist_id, version, body, sha256) SELECT 'x', \
             checklist_id, 1, 'b', 's' FROM checklist_versions"
                .into(),
            "INSERT INTO checklist_versions (id, checklist_id, version, body, sha256) SELECT 'x', \
             checklist_id, 0, 'b', 's' FROM checklist_versions"
                .into(),
            "INSERT INTO checklist_versions (id, checklist_id, version, body, sha256, \
             in_force_from, signed_by_sales) SELECT 'x', checklist_id, 7, 'b', 's', 1, 's' FROM \
             checklist_versions"
                .into(),
            format!("UPDATE checklist_versions SET body = 'other' WHERE id = '{version}'"),
            "INSERT INTO campaigns (id, client_id, name, checklist_id, created_at) SELECT 'x', \
             client_id, name, checklist_id, 1 FROM campaigns"
                .into(),
            "UPDATE plans SET amount_minor = -1".into(),
            "UPDATE plans SET currency = 'EURO'".into(),
            "UPDATE plans SET version = 0".into(),
            "UPDATE plans SET payable_after_days = -1".into(),
            "INSERT INTO plans (id, campaign_id, version, amount_minor, currency, from_at, \
             approved_by, approved_at) SELECT 'x', campaign_id, version, 1, 'EUR', 1, \
             approved_by, 1 FROM plans"
                .into(),
            "INSERT INTO sources (id, client_id, name, grade, contact_within_hours) SELECT 'x', \
             client_id, 'Webinar', 'C', 5 FROM sources WHERE name = 'webinar'"
                .into(),
            "UPDATE sources SET contact_within_hours = 0".into(),
            "UPDATE sources SET contact_within_hours = 169".into(),
            "UPDATE sources SET grade = 'good'".into(),
            "UPDATE sources SET cost_minor = 100".into(),
            "UPDATE sources SET cost_minor = -1, currency = 'EUR'".into(),
            "UPDATE lead_work SET stage = 'nice'".into(),
            "UPDATE lead_work SET buyer_stage = 'nice'".into(),
            "UPDATE lead_work SET is_open = 2".into(),
            "UPDATE lead_work SET due_at = received_at".into(),
            "UPDATE lead_work SET said = 'conversation', said_at = NULL".into(),
            "UPDATE lead_work SET attempts = 7, first_attempt_at = NULL".into(),
            "UPDATE lead_stages SET at = 1".into(),
            "DELETE FROM lead_stages".into(),
            format!(
                "INSERT INTO lead_stages (lead_id, nth, at, actor) VALUES ('{lead}', 99, 1, 'x')"
            ),
            format!(
                "INSERT INTO lead_dispositions (id, lead_id, kind, said_at) VALUES ('x', '{lead}', \
                 'conversation', 1)"
            ),
            format!(
                "INSERT INTO lead_dispositions (id, lead_id, person_id, kind, said_at) SELECT 'x', \
                 '{lead}', id, 'nurture', 1 FROM people"
            ),
            format!(
                "INSERT INTO leads (id, client_id, campaign_id, external_id, company, \
                created_at) VALUES ('x', '{northlight}', '{campaign}', 'L-1', 'c', 1)"
            ),
            format!(
                "INSERT INTO lead_numbers (lead_id, e164, as_given) VALUES ('{lead}', \
                '+494055501010', 'x')"
            ),
            "UPDATE calls SET outcome = 'nice'".into(),
            "UPDATE calls SET direction = 'up'".into(),
            "UPDATE calls SET recovered = 2".into(),
            "UPDATE calls SET lead_by = NULL".into(),
            "UPDATE calls SET lead_by = 'guess'".into(),
            "UPDATE calls SET disposition = 'conversation'".into(),
            "UPDATE calls SET disposition = 'lovely', disposition_at = 1".into(),
            "UPDATE recordings SET format = 'mp3'".into(),
            "UPDATE recordings SET sha256 = 'short'".into(),
            "UPDATE recordings SET cipher = 1".into(),
            "UPDATE recordings SET sample_rate = 0".into(),
            "UPDATE recordings SET duration_ms = -1".into(),
            "UPDATE recordings SET bytes = -1".into(),
            format!(
                "INSERT INTO recordings (call_id, path, peaks, format, sample_rate, \
                duration_ms, starts_at, sha256, bytes) SELECT call_id, 'p', peaks, format, 1, 1, \
                1, sha256, 1 FROM recordings WHERE call_id = '{call}'"
            ),
            format!(
                "INSERT INTO lanes (call_id, lane, side, stats, speech) VALUES ('{call}', 2, \
                'caller', '', '')"
            ),
            format!(
                "INSERT INTO lanes (call_id, lane, side, stats, speech) VALUES ('{call}', 0, \
                'middle', '', '')"
            ),
            format!(
                "INSERT INTO gaps (call_id, lane, from_ms, to_ms, reason) VALUES ('{call}', \
                0, 5, 4, 'lost')"
            ),
            format!(
                "INSERT INTO gaps (call_id, lane, from_ms, to_ms, reason) VALUES ('{call}', \
                3, 4, 5, 'lost')"
            ),
            "UPDATE claims SET state = 'pondered'".into(),
            "UPDATE claims SET outcome = NULL".into(),
            "UPDATE claims SET outcome = 'maybe'".into(),
            format!("UPDATE claims SET locked_by = '{tom}'"),
            "INSERT INTO claims (id, number, lead_id, campaign_id, person_id, write_up, \
             own_answers, state, created_at, checklist_version_id) SELECT 'x', number, lead_id, \
             campaign_id, person_id, '', '', 'open', 1, checklist_version_id FROM claims"
                .into(),
            format!("UPDATE verdicts SET note = 'changed' WHERE id = '{}'", v.id),
            format!("DELETE FROM verdicts WHERE id = '{}'", v.id),
            "INSERT INTO verdicts (id, claim_id, reviewer_id, checklist_version_id, \
             checklist_sha256, recordings, answers, passed, note, committed_at, hold_until, \
             state, entry_id)
             SELECT 'x', claim_id, reviewer_id, checklist_version_id, '', '', '', 1, '', 1, 2, \
             'held', 'new' FROM verdicts"
                .into(),
            "INSERT INTO verdicts (id, claim_id, reviewer_id, checklist_version_id, \
             checklist_sha256, recordings, answers, passed, note, committed_at, hold_until, \
             state, entry_id)
             SELECT 'x', claim_id, reviewer_id, checklist_version_id, '', '', '', 1, '', 2, 2, \
             'taken_back', 'new' FROM verdicts"
                .into(),
            "INSERT INTO periods (name) VALUES ('November')".into(),
            format!("UPDATE ledger SET amount_minor = 9 WHERE id = '{line}'"),
            "DELETE FROM ledger".into(),
            ledger("x", "accrual", 1, "NULL", "NULL", "lead_id", "2026-11"),
            ledger("x", "accrual", -1, "NULL", "NULL", "'other'", "2026-11"),
            ledger(
                "x",
                "bonus",
                1,
                &quoted_line,
                "'fraud'",
                "lead_id",
                "2026-11",
            ),
            ledger(
                "x",
                "reversal",
                4000,
                &quoted_line,
                "'fraud'",
                "lead_id",
                "2026-11",
            ),
            ledger(
                "x",
                "reversal",
                -1,
                &quoted_line,
                "'fraud'",
                "lead_id",
                "2026-11",
            ),
            ledger(
                "x",
                "reversal",
                -4000,
                &quoted_line,
                "'sales said no'",
                "lead_id",
                "2026-11",
            ),
            ledger(
                "x",
                "reversal",
                -4000,
                &quoted_line,
                "'upheld'",
                "lead_id",
                "2026-11",
            ),
            ledger(
                "x",
                "reversal",
                -4000,
                &quoted_line,
                "'duplicate'",
                "lead_id",
                "2026-11",
            ),
            ledger(
                "x", "reversal", -4000, "NULL", "'fraud'", "lead_id", "2026-11",
            ),
            ledger(
                "x",
                "reversal",
                -4000,
                &quoted_line,
                "'fraud'",
                "lead_id",
                "2026-10",
            ),
            ledger(
                "x",
                "correction",
                1,
                &quoted_line,
                "NULL",
                "lead_id",
                "2026-11",
            ),
            ledger(
                "x",
                "correction",
                1,
                &quoted_line,
                "'upheld'",
                "lead_id",
                "2026-11",
            ),
            "UPDATE rulings SET note = 'other'".into(),
            "DELETE FROM rulings".into(),
            format!(
                "INSERT INTO rulings (id, kind, claim_id, lead_id, note, ruled_by, ruled_at, \
                 confirmed_by, confirmed_at) VALUES ('x', 'fraud', '{claim}', '{lead}', 'n', \
                 '{tom}', 1, '{tom}', 1)"
            ),
            format!(
                "INSERT INTO sales_answers (id, claim_id, person_id, answer, note, at) VALUES \
                ('x', '{claim}', '{tom}', 'perhaps', '', 1)"
            ),
            "UPDATE audit SET actor = 'somebody else'".into(),
            "DELETE FROM audit".into(),
            "INSERT INTO audit (seq, at, actor, action, subject, detail, previous, hash) SELECT \
             999, 1, 'a', 'a', 's', '', '', hash FROM audit WHERE seq = 1"
                .into(),
        ];
        for statement in &refused {
            assert!(
                execute(&db, statement).await.is_err(),
                "not refused: {statement}"
            );
        }
        // The same forms with a good row are taken: what refuses is the rule, not a slip in the
        // statement.
        execute(
            &db,
            &ledger(
                "good",
                "reversal",
                -4000,
                &quoted_line,
                "'fraud'",
                "lead_id",
                "2026-11",
            ),
        )
        .await
        .unwrap();
        execute(&db, "UPDATE recordings SET bytes = 11")
            .await
            .unwrap();
        execute(
            &db,
            &format!(
                "INSERT INTO gaps (call_id, lane, from_ms, to_ms, reason) VALUES \
            ('{call}', 0, 4, 5, 'lost')"
            ),
        )
        .await
        .unwrap();
    });
}

#[test]
fn a_changed_audit_line_is_found() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    runtime.block_on(async {
        let db = Open::sqlite(&folder.path().join("assay.db")).await;
        let mut tx = db.write().await.unwrap();
        for n in 0..3 {
            let client = format!("Client {n}");
            let added = people::add_client(&mut tx, &BY, &client, WallTime(n)).await;
            added.unwrap();
        }
        tx.commit().await.unwrap();
        // Somebody with the file and a tool takes the triggers off.
        execute(&db, "DROP TRIGGER audit_keeps").await.unwrap();
        execute(&db, "UPDATE audit SET detail = '{\"n\":7}' WHERE seq = 2")
            .await
            .unwrap();
        let error = log::verify(&mut db.read().await.unwrap())
            .await
            .unwrap_err();
        assert!(error.to_string().contains("broken at line 2"), "{error}");
        db.close().await;
    });
}

/// What a log line could hold of a row: nothing that names or numbers anybody.
#[test]
fn no_row_prints_a_number_or_a_name() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    runtime.block_on(async {
        let db = Db::sqlite(&folder.path().join("assay.db")).await.unwrap();
        let mut tx = db.write().await.unwrap();
        let world = world(&mut tx).await;
        let lead = add_lead(&mut tx, &world, "Marked", "+494055501010").await;
        let mut sealed = call("2026-11-10T10:00:00Z", "201", "040 55501010", None);
        sealed.facts.to.name = Some("Marked Person".to_owned().into());
        let found = insert(&mut tx, &sealed).await;
        let stray = call("2026-11-10T10:00:00Z", "29901", "040 55501010", None);
        insert(&mut tx, &stray).await;
        let now = at("2026-11-20");
        let claim = new_claim(&mut tx, &world, &lead, &found.id, &world.ines, now).await;
        let held = verdict(&mut tx, &world, &claim, true, now).await;
        let end = held.hold_until;
        let (v, c) = verdicts::make_final(&mut tx, &held.id, &rules(), end)
            .await
            .unwrap()
            .unwrap();
        let when = second_reviews::When {
            opens: end,
            due: end,
        };
        let second = second_reviews::draw(&mut tx, &v, &c, end, when)
            .await
            .unwrap();
        let dispute = disputes::Row {
            criterion: "need".to_owned(),
            clip: "{}".to_owned(),
            reason: "Marked Person said so".to_owned().into(),
        };
        let other = insert(
            &mut tx,
            &call("2026-11-11T10:00:00Z", "201", "040 55501010", None),
        )
        .await;
        let theirs = new_claim(&mut tx, &world, &lead, &other.id, &world.tom, now).await;
        let failed = verdict_by(&mut tx, &world.rosa, &theirs, false, end).await;
        let (failed, theirs) =
            verdicts::make_final(&mut tx, &failed.id, &rules(), failed.hold_until)
                .await
                .unwrap()
                .unwrap();
        let disputed = disputes::add(&mut tx, &failed, &theirs, &[dispute], &rules(), end)
            .await
            .unwrap();
        let comment = calls::comments::NewComment {
            call: &found.id,
            person: &world.marek,
            from_ms: 0,
            to_ms: 1,
            tag: None,
            text: "Marked Person at 040 55501010",
        };
        calls::comments::add(&mut tx, &comment, end).await.unwrap();
        let tx = &mut tx;
        let rows = [
            format!("{:?}", people::by_login(tx, "ines").await.unwrap()),
            format!("{:?}", people::lines(tx).await.unwrap()),
            format!("{:?}", people::unknown_lines(tx).await.unwrap()),
            format!("{:?}", leads::by_id(tx, &lead).await.unwrap()),
            format!("{:?}", calls::by_id(tx, &found.id).await.unwrap()),
            format!("{:?}", calls::recording(tx, &found.id).await.unwrap()),
            format!(
                "{:?}",
                calls::comments::of_call(tx, &found.id).await.unwrap()
            ),
            format!("{:?}", calls::facts(tx, &found.id).await.unwrap()),
            format!("{:?}", c),
            format!("{:?}", v),
            format!("{:?}", second_reviews::existing(tx, &second).await.unwrap()),
            format!("{:?}", disputes::of_claim(tx, &theirs.id).await.unwrap()),
            format!("{:?}", disputes::rows(tx, &disputed).await.unwrap()),
            format!("{:?}", ledger::all_entries(tx).await.unwrap()),
            format!("{:?}", checklists::by_id(tx, &world.version).await.unwrap()),
            format!("{:?}", duplicates::sharing_a_number(tx, &world).await),
        ];
        for row in &rows {
            assert!(row.len() > 1, "an empty row says nothing");
            for secret in [
                "Marked Person",
                "Company Marked",
                "55501010",
                "29901",
                "\"ines\"",
                "\"Mia\"",
            ] {
                assert!(!row.contains(secret), "{secret} is in {row}");
            }
        }
    });
}
