//! Leads on their way into a client's CRM, with CRMs on loopback that keep records, on both
//! databases: one record for a lead whatever happens, and a CRM that fails costs nobody anything.

use super::fake::{Fake, KEY, Mood};
use super::handover::{Passed, answer, passed, said, sales_calls};
use super::*;
use assay::clock::Clock;
use assay::handover::mapping::{CrmKind, LeadField, LeadState, Mapping, Meaning, Means};
use assay::handover::push::{Credential, Told};
use assay::handover::{Answer, CrmOutcome, Given as Said, RejectReason, SendState};
use assay::identity::token::Scope;
use assay::jobs::Sending;
use assay::jobs::crm::{self as job, Crms};
use assay::outgoing::Sender;
use assay::store::handover::crm::{self, Beside, Deal, Line, Named, Says, Taken};
use assay::store::handover::crms::{self, Crm, NewCrm};
use assay::store::handover::mappings::{self, Mappings};
use assay::store::handover::sends::{self, Shown};
use assay::store::people::tokens::{self, NewToken};
use assay::units::Word;
use assay::webhook::schedule::WINDOW;
use assay::webhook::{Allowed, Master};
use serde_json::{Map, Value, json};
use std::sync::Arc;
use std::time::Duration;

/// A box with a lead that was handed over, and the job.
struct House {
    db: Db,
    clock: Clock,
    sending: Sending,
    job: Crms,
    p: Passed,
}

struct Nobody;

impl assay::outgoing::Resolve for Nobody {
    fn resolve<'a>(
        &'a self,
        _: &'a str,
    ) -> std::pin::Pin<Box<dyn Future<Output = std::io::Result<Vec<std::net::IpAddr>>> + Send + 'a>>
    {
        Box::pin(async { Ok(Vec::new()) })
    }
}

const MINUTE: Micros = Micros::from_secs(60);

impl House {
    async fn new(db: &Db) -> House {
        let mut tx = db.write().await.unwrap();
        let p = passed(&mut tx, &[]).await;
        tx.commit().await.unwrap();
        let allowed = Allowed::new(vec!["127.0.0.1/32".parse().unwrap()]);
        let sender = Sender::new(allowed, None).unwrap();
        let clock = Clock::manual(p.at + MINUTE);
        let sending = Sending {
            sender: sender.with(Arc::new(Nobody), Duration::from_millis(1_500)),
            master: Master::new([9; 32]),
            keep: None,
        };
        House {
            job: Crms::new(db.clone(), clock.clone(), sending.clone()),
            db: db.clone(),
            clock,
            sending,
            p,
        }
    }

    fn now(&self) -> WallTime {
        self.clock.now()
    }

    async fn set(&self, fake: &Fake, key: Option<&str>) -> Result<(), StoreError> {
        let kind = fake.kept.lock().unwrap().kind;
        let credential = key.map(|key| Credential::parse(kind, key).unwrap());
        let url = fake.url();
        let new = NewCrm {
            client: &self.p.world.northlight,
            kind,
            url: &url,
            credential: credential.as_ref(),
            from: Some(self.p.at),
        };
        let mut tx = self.db.write().await.unwrap();
        let sealing = (&self.sending.master, rand::random());
        crms::set(&mut tx, &BY, &new, sealing, self.now()).await?;
        tx.commit().await
    }

    async fn crm(&self) -> Crm {
        let mut tx = self.db.read().await.unwrap();
        let found = crms::of_client(&mut tx, &self.p.world.northlight).await;
        found.unwrap().unwrap()
    }

    async fn mappings(&self) -> Mappings {
        let crm = self.crm().await;
        let mut tx = self.db.read().await.unwrap();
        mappings::of(&mut tx, &crm.client_id, crm.kind)
            .await
            .unwrap()
    }

    async fn test(&self, sending: &Sending) -> Result<Told, StoreError> {
        let mappings = self.mappings().await;
        job::test(sending, &self.crm().await, mappings.current()).await
    }

    async fn map(&self, mapping: Mapping, replaces: i64) -> Result<i64, StoreError> {
        let mut tx = self.db.write().await.unwrap();
        let client = &self.p.world.northlight;
        let by = Actor::from(&self.p.world.max);
        let new = (mapping, replaces);
        let version = mappings::set(&mut tx, &by, client, new, self.now()).await?;
        tx.commit().await?;
        Ok(version)
    }

    async fn shown(&self) -> Option<Shown> {
        let crm = self.crm().await;
        let mut tx = self.db.read().await.unwrap();
        sends::of_claim(&mut tx, &crm.id, &self.p.claim.id)
            .await
            .unwrap()
    }

    /// Runs the job until nothing is due and nobody is being written to.
    async fn run(&mut self) {
        loop {
            let done = self.job.once(self.now()).await.unwrap();
            assert_eq!(done.trouble, None);
            while !self.job.is_idle(self.now()) {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            let mut tx = self.db.read().await.unwrap();
            if sends::due(&mut tx, self.now()).await.unwrap().is_empty() {
                return;
            }
        }
    }

    async fn runs_after(&mut self, time: Micros) {
        self.clock.advance(time);
        self.run().await;
    }

    async fn again(&self) -> Result<(), StoreError> {
        let mut tx = self.db.write().await.unwrap();
        let by = Actor::from(&self.p.sam);
        sends::again(&mut tx, &by, &self.p.claim.id, self.now()).await?;
        tx.commit().await
    }

    async fn says(&self, said: Said<'_>) {
        let mut tx = self.db.write().await.unwrap();
        answer(&mut tx, &self.p, said, self.now()).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn sales_call(&self, started: &str) {
        let mut tx = self.db.write().await.unwrap();
        sales_calls(&mut tx, started, 60, true).await;
        tx.commit().await.unwrap();
    }
}

/// What the last change was sent as.
fn last_fields(fake: &Fake) -> Map<String, Value> {
    let body = fake.asked().last().unwrap().body.clone();
    let fields = body.get("properties").cloned().unwrap_or(body);
    fields.as_object().unwrap().clone()
}

/// A field by what it is called in each CRM.
fn name(kind: CrmKind, names: [&'static str; 4]) -> &'static str {
    names[CrmKind::ALL.iter().position(|k| *k == kind).unwrap()]
}

const STATE: [&str; 4] = ["state", "status", "Status", "hs_lead_status"];
const COMPANY: [&str; 4] = ["company", "accountName", "Company", "company"];
const FIRST_CALL: [&str; 4] = [
    "first_call_at",
    "cAssayFirstCall",
    "Assay_First_Call__c",
    "assay_first_call",
];

/// Hand-over, repeats, first call and answer, in one CRM.
async fn follows(db: &Db, kind: CrmKind) {
    let mut own = House::new(db).await;
    let fake = Fake::start(kind).await;
    own.run().await;
    assert_eq!(fake.asked().len(), 0, "{kind}: nobody set it up");
    own.set(&fake, Some(KEY)).await.unwrap();
    own.run().await;
    let records = fake.records();
    assert_eq!(records.len(), 1, "{kind}");
    assert_eq!(records[0][name(kind, COMPANY)], "Company L-1", "{kind}");
    let shown = own.shown().await.unwrap();
    assert_eq!(
        (shown.state, shown.record.as_deref(), shown.last_error),
        (SendState::Sent, Some("r1"), None),
        "{kind}"
    );
    assert!(matches!(shown.last_status, Some(200 | 201)), "{kind}");
    assert!(shown.last_answer.unwrap().reveal().contains("r1"), "{kind}");
    // Nothing changed, and a process begins anew.
    let asked = fake.asked().len();
    own.job = Crms::new(db.clone(), own.clock.clone(), own.sending.clone());
    own.runs_after(MINUTE).await;
    assert_eq!(fake.asked().len(), asked, "{kind}");
    // The wire sees sales' first call; somebody there has corrected the company.
    let company = name(kind, COMPANY).to_owned();
    let mine = json!("Norvik Ferries Ltd");
    for record in fake.kept.lock().unwrap().records.values_mut() {
        record.insert(company.clone(), mine.clone());
    }
    own.sales_call("2026-11-20T13:00:00Z").await;
    own.runs_after(MINUTE).await;
    let records = fake.records();
    let first = records[0][name(kind, FIRST_CALL)].as_str().unwrap();
    assert!(
        first.starts_with("2026-11-20") && first.contains("13:00:00"),
        "{first}"
    );
    if kind != CrmKind::Plain {
        assert_eq!(
            records[0][&company], mine,
            "{kind}: what they changed stays"
        );
        assert_eq!(last_fields(&fake).len(), 2, "{kind}: first call and state");
    }
    let called = records[0][name(kind, STATE)].clone();
    own.says(Said {
        reason: Some(RejectReason::Other),
        note: "Bought elsewhere",
        ..said(Answer::Reject)
    })
    .await;
    own.runs_after(MINUTE).await;
    let records = fake.records();
    assert_eq!(records.len(), 1, "{kind}");
    assert_ne!(records[0][name(kind, STATE)], called, "{kind}");
}

#[test]
fn a_lead_is_one_record_that_follows_the_wire_and_sales() {
    on_both(async |open| follows(&open.db, CrmKind::EspoCrm).await);
}

#[test]
fn each_kind_of_crm_gets_one_record_that_follows() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for kind in CrmKind::ALL {
        let folder = tempfile::tempdir().unwrap();
        runtime.block_on(async {
            let db = Db::sqlite(&folder.path().join("assay.db")).await.unwrap();
            follows(&db, *kind).await;
            db.close().await;
        });
    }
}

/// A crash, a power cut or a lost answer between what was sent and what was written down.
async fn survives(db: &Db, kind: CrmKind) {
    let mut own = House::new(db).await;
    let fake = Fake::start(kind).await;
    own.set(&fake, Some(KEY)).await.unwrap();
    fake.behave(Mood::Loses);
    own.run().await;
    let kept = fake.records().len();
    let shown = own.shown().await.unwrap();
    assert_eq!(
        (shown.state, shown.last_status),
        (SendState::Waiting, None),
        "{kind}"
    );
    assert!(
        shown.last_error.is_some() && shown.record.is_none(),
        "{kind}"
    );
    fake.behave(Mood::Works);
    own.runs_after(Micros::from_secs(5)).await;
    assert_eq!(
        fake.records().len(),
        kept,
        "{kind}: it may be at work still"
    );
    own.runs_after(MINUTE).await;
    assert_eq!(own.shown().await.unwrap().state, SendState::Sent, "{kind}");
    assert_eq!(fake.records().len(), 1, "{kind}");
    // A process that died with the lease: nobody sends before it ends.
    own.sales_call("2026-11-20T13:00:00Z").await;
    own.job.once(own.now()).await.unwrap();
    while !own.job.is_idle(own.now()) {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    own.again().await.unwrap();
    let (id, asked) = (own.crm().await.id, fake.asked().len());
    let mut tx = db.write().await.unwrap();
    let taken = sends::take(&mut tx, &id, &own.sending.master, own.now()).await;
    let taken = taken.unwrap().unwrap();
    tx.commit().await.unwrap();
    own.run().await;
    assert_eq!(fake.asked().len(), asked, "{kind}: the lease is another's");
    own.runs_after(sends::LEASE).await;
    assert_eq!(own.shown().await.unwrap().state, SendState::Sent, "{kind}");
    assert_eq!(fake.records().len(), 1, "{kind}");
    // It was not dead, and comes too late.
    let tried = sends::Tried {
        came: assay::handover::push::Came::Down("late".to_owned()),
        asked: None,
        status: None,
        answer: None,
    };
    let mut tx = db.write().await.unwrap();
    let late = sends::finish(&mut tx, &taken, &tried, 0.5, own.now()).await;
    assert!(late.unwrap_err().to_string().contains("lease"), "{kind}");
}

#[test]
fn what_was_sent_and_not_written_down_makes_no_second_record() {
    on_both(async |open| survives(&open.db, CrmKind::EspoCrm).await);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for kind in [CrmKind::Plain, CrmKind::Salesforce, CrmKind::HubSpot] {
        let folder = tempfile::tempdir().unwrap();
        runtime.block_on(async {
            let db = Db::sqlite(&folder.path().join("assay.db")).await.unwrap();
            survives(&db, kind).await;
            db.close().await;
        });
    }
}

#[test]
fn a_crm_that_is_down_slow_or_lying_is_told_and_tried_again() {
    on_both(async |open| {
        let mut own = House::new(&open.db).await;
        let (fake, elsewhere) = (
            Fake::start(CrmKind::EspoCrm).await,
            Fake::start(CrmKind::EspoCrm).await,
        );
        own.set(&fake, Some(KEY)).await.unwrap();
        let location = format!("location: {}/api/v1/Lead\r\n", elsewhere.url());
        let answers = |status, header: &str, body: &str| {
            Mood::Answers(status, header.to_owned(), body.to_owned())
        };
        for (mood, words, status) in [
            (answers(500, "", "boom"), "fault is on its side", Some(500)),
            (
                answers(503, "retry-after: 30\r\n", ""),
                "fault is on its side",
                Some(503),
            ),
            (answers(302, &location, ""), "a redirect", Some(302)),
            (answers(401, "", ""), "this key", Some(401)),
            (answers(200, "", "<html>sign in"), "no list", Some(200)),
            (
                answers(404, "", &format!("no {KEY}")),
                "is the address right",
                Some(404),
            ),
            (Mood::Hangs, "ten seconds", None),
            (Mood::Endless, "64 KiB", None),
        ] {
            fake.behave(mood.clone());
            let failures = own.crm().await.failures;
            own.runs_after(Micros::from_secs(3_600 * 9)).await;
            let shown = own.shown().await.unwrap();
            let error = shown.last_error.unwrap();
            assert!(error.contains(words), "{mood:?}: {error}");
            assert_eq!(
                (shown.state, shown.last_status),
                (SendState::Waiting, status)
            );
            assert!(shown.next_attempt_at > own.now(), "{mood:?}");
            let crm = own.crm().await;
            assert_eq!(crm.failures, failures + 1, "{mood:?}");
            assert_eq!(crm.last_error, Some(error));
            let text = shown
                .last_answer
                .map_or_else(String::new, |a| a.reveal().clone());
            assert!(!text.contains(KEY), "{text}");
            assert_eq!(fake.records().len(), 0, "{mood:?}");
            if own.now() > own.p.at + Micros::from_secs(2 * 86_400) {
                own.set(&fake, None).await.unwrap();
            }
        }
        assert_eq!(elsewhere.asked().len(), 0, "no redirect is followed");
        fake.behave(Mood::Works);
        own.runs_after(Micros::from_secs(3_600 * 9)).await;
        assert_eq!(own.shown().await.unwrap().state, SendState::Sent);
        assert_eq!(
            (own.crm().await.failures, own.crm().await.last_error),
            (0, None)
        );
        assert_eq!(fake.records().len(), 1);
    });
}

#[test]
fn after_three_days_a_lead_is_given_up_and_can_be_sent_again() {
    on_both(async |open| {
        let mut own = House::new(&open.db).await;
        let fake = Fake::start(CrmKind::EspoCrm).await;
        own.set(&fake, Some(KEY)).await.unwrap();
        fake.answers(500, "", "");
        let began = own.now();
        own.run().await;
        assert!(own.again().await.is_ok(), "who waits may be hurried");
        while own.now() <= began + WINDOW {
            own.runs_after(Micros::from_secs(3_600)).await;
        }
        let shown = own.shown().await.unwrap();
        assert_eq!(shown.state, SendState::GivenUp);
        let attempts = fake.asked().len();
        assert!((10..30).contains(&attempts), "{attempts} attempts");
        own.runs_after(WINDOW).await;
        assert_eq!(fake.asked().len(), attempts, "given up is given up");
        let mut tx = open.db.read().await.unwrap();
        let lines = log::lines_of(&mut tx, &format!("claim:{}", own.p.claim.id)).await;
        let said = |action: &str| lines.as_ref().unwrap().iter().any(|l| l.action == action);
        assert!(said("crm.given_up") && said("crm.sent_again"));
        drop(tx);
        fake.behave(Mood::Works);
        own.again().await.unwrap();
        own.run().await;
        assert_eq!(own.shown().await.unwrap().state, SendState::Sent);
        // Somebody deletes it there: it is not made again by itself.
        fake.kept.lock().unwrap().records.clear();
        own.sales_call("2026-11-20T13:00:00Z").await;
        own.runs_after(MINUTE).await;
        let shown = own.shown().await.unwrap();
        assert_eq!(shown.state, SendState::GivenUp);
        assert!(shown.last_error.unwrap().contains("gone there"));
        assert_eq!(fake.records().len(), 0);
        own.again().await.unwrap();
        own.run().await;
        assert_eq!(fake.records().len(), 1);
        assert_eq!(fake.records()[0]["accountName"], "Company L-1", "whole");
    });
}

/// What the client's CRM says became of the lead.
async fn reports(own: &House, outcome: CrmOutcome) {
    let mut tx = own.db.write().await.unwrap();
    let new = NewToken {
        name: "CRM",
        client: Some(&own.p.world.northlight),
        scopes: &[Scope::CrmWrite],
        hash: outcome.as_str(),
        expires: None,
    };
    tokens::add(&mut tx, &BY, &new, own.now()).await.unwrap();
    let token = tokens::by_hash(&mut tx, outcome.as_str(), own.now()).await;
    let line = Line {
        event: outcome.as_str(),
        lead: Named::Lead(&own.p.claim.lead_id),
        says: Says::Outcome {
            outcome,
            value: None,
            happened_at: own.now(),
            note: "",
            deal: Deal::default(),
        },
        whole: outcome.as_str(),
    };
    let token = token.unwrap().unwrap();
    crm::take(&mut tx, &token, &line, &rules(), own.now())
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

/// Sets the state that people or their rules gave a lead in the CRM.
fn moved_there(fake: &Fake, state: &str) {
    for record in fake.kept.lock().unwrap().records.values_mut() {
        record.insert(state.to_owned(), json!("Converted"));
    }
}

/// An outcome, the first call, an answer, a name that is mended, and all of it sent again.
async fn is_left_alone(db: &Db, kind: CrmKind, outcome: CrmOutcome) {
    let mut own = House::new(db).await;
    let fake = Fake::start(kind).await;
    own.set(&fake, Some(KEY)).await.unwrap();
    own.run().await;
    let state = name(kind, STATE);
    moved_there(&fake, state);
    let (asked, before) = (fake.asked().len(), own.shown().await.unwrap());
    reports(&own, outcome).await;
    own.runs_after(MINUTE).await;
    assert_eq!(fake.asked().len(), asked, "{kind}: there is nothing to say");
    let shown = own.shown().await.unwrap();
    assert_eq!(shown.state, SendState::Sent, "{kind}");
    assert_eq!(
        (shown.written_at, shown.last_status, shown.last_answer),
        (before.written_at, before.last_status, before.last_answer),
        "{kind}: what it said last"
    );
    own.sales_call("2026-11-20T13:00:00Z").await;
    own.runs_after(MINUTE).await;
    own.says(Said {
        reason: Some(RejectReason::Other),
        note: "Bought elsewhere",
        ..said(Answer::Reject)
    })
    .await;
    own.runs_after(MINUTE).await;
    let sent = last_fields(&fake);
    assert!(
        sent.contains_key(name(kind, FIRST_CALL)),
        "{kind}: {sent:?}"
    );
    own.again().await.unwrap();
    own.runs_after(MINUTE).await;
    for asked in &fake.asked()[asked..] {
        let body = asked.body.to_string();
        assert!(!body.contains(&format!("\"{state}\"")), "{kind}: {body}");
    }
    assert_eq!(fake.records().len(), 1, "{kind}");
    if kind != CrmKind::Plain {
        assert_eq!(fake.records()[0][state], "Converted", "{kind}");
    }
}

#[test]
fn an_outcome_that_the_crm_reported_is_never_overwritten() {
    on_both(async |open| is_left_alone(&open.db, CrmKind::EspoCrm, CrmOutcome::Lost).await);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for (kind, outcome) in CrmKind::ALL.iter().zip([
        CrmOutcome::Opportunity,
        CrmOutcome::Won,
        CrmOutcome::Opportunity,
        CrmOutcome::Won,
    ]) {
        runtime.block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let db = Db::sqlite(&folder.path().join("assay.db")).await.unwrap();
            is_left_alone(&db, *kind, outcome).await;
            db.close().await;
        });
    }
}

#[test]
fn a_lead_that_alone_is_refused_holds_up_no_other() {
    on_both(async |open| {
        let mut own = House::new(&open.db).await;
        let fake = Fake::start(CrmKind::HubSpot).await;
        own.set(&fake, Some(KEY)).await.unwrap();
        fake.answers(400, "", "{\"message\":\"lastname\"}");
        own.run().await;
        let shown = own.shown().await.unwrap();
        assert_eq!(shown.state, SendState::Waiting);
        assert!(
            shown
                .last_error
                .unwrap()
                .contains("does not take this lead")
        );
        assert_eq!(own.crm().await.failures, 0, "it is not down");
        fake.behave(Mood::Works);
        let second = {
            let mut tx = open.db.write().await.unwrap();
            let world = &own.p.world;
            let number = "+494055501011";
            let lead = add_lead(&mut tx, world, "L-2", number).await;
            let made = call("2026-11-20T12:00:30Z", "201", number, None);
            let made = insert(&mut tx, &made).await;
            let now = own.now();
            let claim = new_claim(&mut tx, world, &lead, &made.id, &world.ines, now).await;
            let held = verdict(&mut tx, world, &claim, true, now).await;
            let end = now + Micros::from_secs(10);
            verdicts::make_final(&mut tx, &held.id, &rules(), end)
                .await
                .unwrap();
            tx.commit().await.unwrap();
            claim
        };
        own.run().await;
        assert_eq!(fake.records().len(), 1);
        assert_eq!(fake.records()[0]["assay_claim"], second.as_str());
        own.runs_after(MINUTE).await;
        assert_eq!(fake.records().len(), 2);
    });
}

#[test]
fn nothing_is_sent_to_a_crm_that_is_off_or_of_another_client() {
    on_both(async |open| {
        let mut own = House::new(&open.db).await;
        let (fake, other) = (
            Fake::start(CrmKind::EspoCrm).await,
            Fake::start(CrmKind::EspoCrm).await,
        );
        let northlight = own.p.world.northlight.clone();
        own.p.world.northlight = own.p.world.calder.clone();
        own.set(&other, Some(KEY)).await.unwrap();
        own.p.world.northlight = northlight.clone();
        let turn = async |own: &House, on| {
            let mut tx = open.db.write().await.unwrap();
            crms::turn(&mut tx, &BY, &northlight, on, own.now()).await?;
            tx.commit().await
        };
        assert!(turn(&own, false).await.is_err(), "there is none");
        assert!(own.again().await.is_err(), "there is none");
        own.set(&fake, Some(KEY)).await.unwrap();
        turn(&own, false).await.unwrap();
        assert!(turn(&own, false).await.is_err(), "it is so already");
        own.runs_after(MINUTE).await;
        assert_eq!((fake.asked().len(), other.asked().len()), (0, 0));
        turn(&own, true).await.unwrap();
        own.run().await;
        assert_eq!((fake.records().len(), other.records().len()), (1, 0));
    });
}

#[test]
fn a_key_is_sealed_for_its_address_and_goes_to_no_other() {
    on_both(async |open| {
        let own = House::new(&open.db).await;
        let (fake, evil) = (
            Fake::start(CrmKind::EspoCrm).await,
            Fake::start(CrmKind::EspoCrm).await,
        );
        assert!(own.set(&fake, None).await.is_err(), "no key is there");
        own.set(&fake, Some(KEY)).await.unwrap();
        own.set(&fake, None).await.unwrap();
        let moved = own.set(&evil, None).await.unwrap_err().to_string();
        assert!(moved.contains("for another address"), "{moved}");
        let crm = own.crm().await;
        assert_eq!(crm.credential(&own.sending.master).unwrap().reveal(), KEY);
        assert!(crm.credential(&Master::new([8; 32])).is_err());
        assert!(!format!("{crm:?}").contains(KEY));
        // Whoever has the database points it at their own.
        let sql = format!("UPDATE crms SET url = '{}'", evil.url());
        execute(&open, &sql).await.unwrap();
        let other = own.crm().await.credential(&own.sending.master);
        assert!(other.unwrap_err().to_string().contains("webhooks.key"));
        let mut tx = open.db.read().await.unwrap();
        let subject = format!("client:{}", own.p.world.northlight);
        let lines = log::lines_of(&mut tx, &subject).await.unwrap();
        assert_eq!(lines.iter().filter(|l| l.action == "crm.set").count(), 2);
        assert!(lines.iter().all(|l| !l.detail.contains(KEY)), "{lines:?}");
    });
}

#[test]
fn the_test_button_says_in_words_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let db = Db::sqlite(&folder.path().join("assay.db")).await.unwrap();
        let own = House::new(&db).await;
        for kind in CrmKind::ALL {
            let fake = Fake::start(*kind).await;
            own.set(&fake, Some(KEY)).await.unwrap();
            let told = async || own.test(&own.sending).await.unwrap();
            let works = told().await;
            assert!(works.works, "{kind}: {works:?}");
            let lost = fake.kept.lock().unwrap().fields.pop_last();
            if let Some(field) = lost {
                let missing = told().await;
                assert_eq!(missing.missing, std::slice::from_ref(&field), "{kind}");
                assert!(!missing.works && missing.words.contains(&field), "{kind}");
            }
            let began = std::time::Instant::now();
            fake.behave(Mood::Hangs);
            let slow = told().await;
            assert!(began.elapsed() < Duration::from_secs(3), "{kind}");
            assert!(slow.words.contains("ten seconds"), "{kind}: {slow:?}");
            fake.behave(Mood::Works);
            own.set(&fake, Some("wrong-key")).await.unwrap();
            let wrong = told().await;
            assert!(
                !wrong.works && wrong.words.contains("401"),
                "{kind}: {wrong:?}"
            );
            assert_eq!(fake.records().len(), 0, "{kind}: nothing is made");
        }
        let fake = Fake::start(CrmKind::Salesforce).await;
        own.set(&fake, Some("consumer:secret")).await.unwrap();
        assert!(own.test(&own.sending).await.unwrap().works);
        own.set(&fake, Some("consumer:other")).await.unwrap();
        let told = own.test(&own.sending).await.unwrap();
        assert!(told.words.contains("connected app"), "{told:?}");
        let private = Sending {
            sender: Sender::new(Allowed::default(), None).unwrap(),
            ..own.sending.clone()
        };
        let told = own.test(&private).await.unwrap();
        assert!(told.words.contains("allowed_ranges"), "{told:?}");
        db.close().await;
    });
}

#[test]
fn the_schema_of_crms_refuses_what_must_not_be() {
    on_both(async |open| {
        let mut own = House::new(&open.db).await;
        let fake = Fake::start(CrmKind::EspoCrm).await;
        own.set(&fake, Some(KEY)).await.unwrap();
        own.run().await;
        let client = own.p.world.northlight.clone();
        let new = |id: &str, kind: &str, url: &str| {
            format!(
                "INSERT INTO crms (id, client_id, kind, url, secret, from_at, set_by, set_at, \
                 next_attempt_at, replaced_at) VALUES ('{id}', '{client}', '{kind}', '{url}', 's', \
                 1, 'shell', 1, 1, 1)"
            )
        };
        execute(&open, &new("a", "plain", "https://a.example"))
            .await
            .unwrap();
        for wrong in [
            new("b", "siebel", "https://a.example"),
            new("b", "plain", "short"),
            "UPDATE crms SET replaced_at = NULL".to_owned(),
            "UPDATE crms SET secret = ''".to_owned(),
            "UPDATE crms SET failures = -1, last_error = 'x'".to_owned(),
            "UPDATE crms SET failures = 1, last_error = NULL".to_owned(),
            "UPDATE crms SET lease = 'x', lease_until = NULL".to_owned(),
            "UPDATE crm_sends SET state = 'elsewhere'".to_owned(),
            "UPDATE crm_sends SET attempts = -1".to_owned(),
            "UPDATE crm_sends SET written_at = NULL".to_owned(),
            "UPDATE crm_sends SET written = NULL, written_at = NULL".to_owned(),
            "UPDATE crm_sends SET last_error = 'x'".to_owned(),
            "UPDATE crm_sends SET state = 'given_up', last_error = NULL".to_owned(),
            format!("UPDATE crm_sends SET last_answer = '{}'", "x".repeat(301)),
            "INSERT INTO crm_sends (crm_id, claim_id, state, since, next_attempt_at) SELECT \
             crm_id, claim_id, state, since, next_attempt_at FROM crm_sends"
                .to_owned(),
        ] {
            assert!(execute(&open, &wrong).await.is_err(), "{wrong}");
        }
    });
}

/// Somebody, or a rule, moves the lead on there before the box hears of it: in the seconds of a
/// push, or because nobody tells.
async fn is_read_first(db: &Db, kind: CrmKind) {
    let mut own = House::new(db).await;
    let fake = Fake::start(kind).await;
    own.set(&fake, Some(KEY)).await.unwrap();
    own.run().await;
    let state = name(kind, STATE);
    moved_there(&fake, state);
    own.sales_call("2026-11-20T13:00:00Z").await;
    own.runs_after(MINUTE).await;
    let record = &fake.records()[0];
    assert_eq!(record[state], "Converted", "{kind}");
    assert!(record.contains_key(name(kind, FIRST_CALL)), "{kind}");
    reports(&own, CrmOutcome::Opportunity).await;
    own.runs_after(MINUTE).await;
    assert_eq!(fake.records()[0][state], "Converted", "{kind}");
    let shown = own.shown().await.unwrap();
    assert_eq!((shown.state, shown.last_error), (SendState::Sent, None));
}

#[test]
fn a_state_that_was_set_there_before_it_is_told_is_not_overwritten() {
    on_both(async |open| is_read_first(&open.db, CrmKind::EspoCrm).await);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for kind in [CrmKind::Salesforce, CrmKind::HubSpot] {
        runtime.block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let db = Db::sqlite(&folder.path().join("assay.db")).await.unwrap();
            is_read_first(&db, kind).await;
            db.close().await;
        });
    }
}

/// EspoCRM's mapping with another name for the company and another word for a called lead.
fn another() -> Mapping {
    let mut mapping = Mapping::of(CrmKind::EspoCrm);
    let firm = "cFirm".to_owned();
    mapping.fields.insert(LeadField::Company, firm);
    let reached = "Reached".to_owned();
    mapping.states.insert(LeadState::Called, reached);
    mapping
}

#[test]
fn a_mapping_that_is_changed_is_used_from_then_on_and_sends_nothing_by_itself() {
    on_both(async |open| {
        let mut own = House::new(&open.db).await;
        let none = own.map(another(), 0).await.unwrap_err().to_string();
        assert!(none.contains("set it up first"), "{none}");
        let fake = Fake::start(CrmKind::EspoCrm).await;
        own.set(&fake, Some(KEY)).await.unwrap();
        own.run().await;
        let asked = fake.asked().len();
        assert_eq!(own.map(another(), 0).await.unwrap(), 1);
        assert_eq!(own.map(another(), 1).await.unwrap(), 1, "nothing changed");
        let late = own.map(another(), 0).await.unwrap_err().to_string();
        assert!(late.contains("meanwhile"), "{late}");
        own.runs_after(MINUTE).await;
        assert_eq!(fake.asked().len(), asked, "another mapping alone");
        own.sales_call("2026-11-20T13:00:00Z").await;
        own.runs_after(MINUTE).await;
        let sent = last_fields(&fake);
        assert_eq!(sent["cFirm"], "Company L-1");
        assert_eq!((&sent["status"], sent.len()), (&json!("Reached"), 3));
        // Another word for the same state is nothing new to say of a lead that has it.
        let mut mapping = another();
        let word = "Spoken to".to_owned();
        mapping.states.insert(LeadState::Called, word);
        assert_eq!(own.map(mapping, 1).await.unwrap(), 2);
        execute(&open, "UPDATE leads SET company = 'Norvik Ferries'")
            .await
            .unwrap();
        own.runs_after(MINUTE).await;
        let sent = last_fields(&fake);
        assert_eq!((&sent["cFirm"], sent.len()), (&json!("Norvik Ferries"), 1));
        assert_eq!(fake.records()[0]["status"], "Reached");
        // Nor does a process that begins anew send anything.
        let asked = fake.asked().len();
        own.job = Crms::new(open.db.clone(), own.clock.clone(), own.sending.clone());
        own.runs_after(MINUTE).await;
        assert_eq!(fake.asked().len(), asked);
        assert_eq!(fake.records().len(), 1);
    });
}

#[test]
fn a_mapping_is_a_line_in_the_log_and_what_cannot_be_is_refused() {
    on_both(async |open| {
        let mut own = House::new(&open.db).await;
        let fake = Fake::start(CrmKind::EspoCrm).await;
        own.set(&fake, Some(KEY)).await.unwrap();
        let claim = |name: &str| {
            let mut mapping = another();
            mapping.fields.insert(LeadField::Claim, name.to_owned());
            mapping
        };
        assert_eq!(own.map(claim("cOurClaim"), 0).await.unwrap(), 1);
        assert_eq!(own.map(another(), 1).await.unwrap(), 2, "nothing was sent");
        own.run().await;
        let moved = own
            .map(claim("cOurClaim"), 2)
            .await
            .unwrap_err()
            .to_string();
        assert!(
            moved.contains("'cAssayClaim'") && moved.contains("it stays"),
            "{moved}"
        );
        let twice = own.map(claim("cFirm"), 2).await.unwrap_err().to_string();
        assert!(twice.contains("'cFirm' is named for two fields"), "{twice}");
        let mut tx = open.db.read().await.unwrap();
        let subject = format!("client:{}", own.p.world.northlight);
        let lines = log::lines_of(&mut tx, &subject).await.unwrap();
        let mapped: Vec<_> = lines.iter().filter(|l| l.action == "crm.mapped").collect();
        assert_eq!(mapped.len(), 2);
        assert!(mapped[0].detail.contains("cOurClaim"), "{mapped:?}");
        assert_eq!(mapped[0].actor, own.p.world.max.as_str());
        let set = own.mappings().await.set().cloned().unwrap();
        assert_eq!(set.set_by, own.p.world.max.as_str());
        drop(tx);
        for sql in [
            "UPDATE crm_mappings SET set_by = 'shell'",
            "DELETE FROM crm_mappings",
            "UPDATE crm_sends SET tried_version = -1",
            "UPDATE crm_sends SET written_version = -1",
            "INSERT INTO crm_mappings (client_id, kind, version, mapping, set_by, set_at) SELECT \
             client_id, 'siebel', 1, mapping, set_by, set_at FROM crm_mappings WHERE version = 1",
            "INSERT INTO crm_mappings (client_id, kind, version, mapping, set_by, set_at) SELECT \
             client_id, 'plain', 0, mapping, set_by, set_at FROM crm_mappings WHERE version = 1",
            "INSERT INTO crm_mappings (client_id, kind, version, mapping, set_by, set_at) SELECT \
             client_id, kind, 1, mapping, set_by, set_at FROM crm_mappings WHERE version = 1",
        ] {
            assert!(execute(&open, sql).await.is_err(), "{sql}");
        }
    });
}

impl House {
    /// The client's CRM, or another's, says a state in its own word.
    async fn says_state(
        &self,
        client: &ClientId,
        (event, state): (&str, &str),
        reason: Option<RejectReason>,
    ) -> Result<Taken, StoreError> {
        let mut tx = self.db.write().await.unwrap();
        if tokens::by_hash(&mut tx, client.as_str(), self.now())
            .await?
            .is_none()
        {
            let new = NewToken {
                name: "CRM",
                client: Some(client),
                scopes: &[Scope::CrmWrite],
                hash: client.as_str(),
                expires: None,
            };
            tokens::add(&mut tx, &BY, &new, self.now()).await?;
        }
        let token = tokens::by_hash(&mut tx, client.as_str(), self.now()).await?;
        let whole = format!("{event} {state}");
        let line = Line {
            event,
            lead: Named::Lead(&self.p.claim.lead_id),
            says: Says::State(
                state,
                Beside {
                    until: None,
                    reason,
                    criterion: None,
                    value: None,
                    happened_at: self.now(),
                    note: "",
                    deal: Deal::default(),
                },
            ),
            whole: &whole,
        };
        let taken = crm::take(&mut tx, &token.unwrap(), &line, &rules(), self.now()).await;
        tx.commit().await?;
        taken
    }

    async fn outcomes(&self) -> Vec<CrmOutcome> {
        let mut tx = self.db.read().await.unwrap();
        let found = crm::of_lead(&mut tx, &self.p.claim.lead_id).await.unwrap();
        found.into_iter().map(|o| o.outcome).collect()
    }

    async fn entries(&self) -> Vec<ledger::Entry> {
        let mut tx = self.db.read().await.unwrap();
        ledger::all_entries(&mut tx).await.unwrap()
    }
}

#[test]
fn a_state_of_a_crm_means_what_its_client_says_and_moves_no_money() {
    on_both(async |open| {
        let own = House::new(&open.db).await;
        let (northlight, calder) = (&own.p.world.northlight, &own.p.world.calder);
        let refused = async |client, said, reason| {
            let said = own.says_state(client, said, reason).await;
            said.unwrap_err().to_string()
        };
        let entries = own.entries().await;
        assert!(!entries.is_empty(), "the pass booked one");
        let none = refused(northlight, ("1", "Closed Won"), None).await;
        assert!(none.contains("no CRM set up"), "{none}");
        let fake = Fake::start(CrmKind::EspoCrm).await;
        own.set(&fake, Some(KEY)).await.unwrap();
        let unknown = refused(northlight, ("1", "Bought"), None).await;
        assert!(unknown.contains("'Bought' means nothing here"), "{unknown}");
        let theirs = refused(calder, ("1", "Closed Won"), None).await;
        assert!(theirs.contains("within this token's reach"), "{theirs}");
        let mut mapping = another();
        for (state, means) in [("Bought", Meaning::Lost), ("No", Meaning::Reject)] {
            let state = state.to_owned();
            mapping.means.push(Means { state, means });
        }
        own.map(mapping.clone(), 0).await.unwrap();
        let said = own.says_state(northlight, ("1", "bought"), None).await;
        assert_eq!(said.unwrap(), Taken::Accepted);
        // Corrected; what was said stays as it was taken, and is said once.
        mapping.means[3].means = Meaning::Won;
        own.map(mapping, 1).await.unwrap();
        let again = own.says_state(northlight, ("1", "bought"), None).await;
        assert_eq!(again.unwrap(), Taken::Repeated);
        assert_eq!(own.outcomes().await, [CrmOutcome::Lost]);
        let said = own.says_state(northlight, ("2", "Bought"), None).await;
        assert_eq!(said.unwrap(), Taken::Accepted);
        assert!(own.outcomes().await.contains(&CrmOutcome::Won));
        let no = refused(northlight, ("3", "No"), None).await;
        assert!(no.contains("why you reject it"), "{no}");
        let reason = Some(RejectReason::NoCapacity);
        let said = own.says_state(northlight, ("4", "No"), reason).await;
        assert_eq!(said.unwrap(), Taken::Accepted);
        assert_eq!(own.entries().await, entries, "no money moved");
    });
}
