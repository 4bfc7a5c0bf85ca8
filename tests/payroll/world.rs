//! A house with two currencies and its books, on either database, and a way past the program.

use crate::common::Postgres;
use assay::archive::{AudioFormat, Recording, SealedCall};
use assay::call::{CallFacts, Outcome, Party, Side};
use assay::commission::PeriodAct;
use assay::commission::payroll::{Datev, PayrollFormat};
use assay::identity::{PayBasis, Role};
use assay::leads::Numbers;
use assay::leads::import::LeadRow;
use assay::review::checklist::BANT;
use assay::review::heard::Played;
use assay::review::{Evidence, Given, Rules};
use assay::store::commission::payroll::Wanted;
use assay::store::commission::plans::{self, NewPlan};
use assay::store::commission::{periods, rulings};
use assay::store::people::{self, NewLine, NewPerson};
use assay::store::review::claiming::NewClaim;
use assay::store::review::verdicts::NewVerdict;
use assay::store::review::{checklists, claiming, claims, heard, verdicts};
use assay::store::{Actor, Db, Tx, calls, leads};
use assay::units::{
    CallId, CampaignId, ClaimId, ClientId, Hertz, Micros, Money, PersonId, Spans, WallTime, Zone,
};
use std::ops::Deref;
use uuid::Uuid;

pub const BY: Actor = Actor::Shell;

/// A database, and a way past the program.
pub struct Open {
    pub db: Db,
    raw: Raw,
    pub folder: std::path::PathBuf,
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
    /// One of SQLite alone.
    #[allow(dead_code, reason = "not every test that shares this file opens one")]
    pub async fn sqlite(path: &std::path::Path) -> Open {
        let db = Db::sqlite(path).await.unwrap();
        let options = sqlx::sqlite::SqliteConnectOptions::new()
            .filename(path)
            .foreign_keys(true);
        let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
        Open {
            db,
            raw: Raw::Sqlite(pool),
            folder: path.parent().unwrap().to_owned(),
        }
    }

    /// Runs a statement past the program.
    pub async fn execute(&self, sql: &str) -> Result<u64, sqlx::Error> {
        let sql = sqlx::AssertSqlSafe(sql.to_owned());
        match &self.raw {
            Raw::Sqlite(pool) => sqlx::query(sql)
                .execute(pool)
                .await
                .map(|r| r.rows_affected()),
            Raw::Postgres(pool) => sqlx::query(sql)
                .execute(pool)
                .await
                .map(|r| r.rows_affected()),
        }
    }

    pub fn is_sqlite(&self) -> bool {
        matches!(self.raw, Raw::Sqlite(_))
    }
}

/// Runs a story on both databases.
pub fn on_both(story: impl AsyncFn(&Open)) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    runtime.block_on(async {
        let path = folder.path().join("assay.db");
        let db = Db::sqlite(&path).await.unwrap();
        let options = sqlx::sqlite::SqliteConnectOptions::new()
            .filename(path)
            .foreign_keys(true);
        let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
        let open = Open {
            db,
            raw: Raw::Sqlite(pool.clone()),
            folder: folder.path().to_owned(),
        };
        story(&open).await;
        pool.close().await;
        open.db.close().await;
    });
    if let Some(postgres) = Postgres::start() {
        runtime.block_on(async {
            let db = Db::postgres(&postgres.url()).await.unwrap();
            let pool = sqlx::PgPool::connect(&postgres.url()).await.unwrap();
            let open = Open {
                db,
                raw: Raw::Postgres(pool.clone()),
                folder: folder.path().to_owned(),
            };
            story(&open).await;
            pool.close().await;
            open.db.close().await;
        });
    }
}

pub fn at(text: &str) -> WallTime {
    text.parse().unwrap()
}

#[derive(Clone)]
pub struct World {
    pub northlight: ClientId,
    pub calder: ClientId,
    pub ines: PersonId,
    pub tom: PersonId,
    pub marek: PersonId,
    /// Managers of Northlight.
    pub max: PersonId,
    pub petra: PersonId,
    /// A manager of Calder.
    pub cara: PersonId,
    /// Its plan pays 40.00 EUR.
    pub euro: CampaignId,
    /// Its plan pays 35.00 GBP.
    pub pound: CampaignId,
}

pub async fn world(tx: &mut Tx) -> World {
    let now = at("2026-10-01");
    let northlight = people::add_client(tx, &BY, "Northlight", now)
        .await
        .unwrap();
    let calder = people::add_client(tx, &BY, "Calder", now).await.unwrap();
    let ines = person(tx, ("ines", "Ines Okafor"), Role::Telemarketer, &northlight).await;
    let tom = person(tx, ("tom", "Tom Brandt"), Role::Telemarketer, &northlight).await;
    let marek = person(tx, ("marek", "Marek"), Role::Reviewer, &northlight).await;
    let max = person(tx, ("max", "Max Oberg"), Role::Manager, &northlight).await;
    let petra = person(tx, ("petra", "Petra Hollmann"), Role::Manager, &northlight).await;
    let cara = person(tx, ("cara", "Cara Lund"), Role::Manager, &calder).await;
    let (checklist, version) = checklists::add(tx, &BY, &northlight, BANT, now)
        .await
        .unwrap();
    checklists::sign(tx, &BY, &version, ("Mia", "Sam"), now, None)
        .await
        .unwrap();
    let mut campaigns = Vec::new();
    for (name, amount) in [
        ("Fleet", Money::new(4000, "EUR")),
        ("Isles", Money::new(3500, "GBP")),
    ] {
        let campaign = leads::add_campaign(tx, &BY, &northlight, name, &checklist, now)
            .await
            .unwrap();
        let plan = NewPlan {
            campaign: &campaign,
            amount: &amount,
            terms: &assay::commission::Terms::default(),
            payable_after_days: 0,
            from: None,
        };
        let draft = plans::propose(tx, &BY, &plan, now).await.unwrap();
        let plan = plans::approve(tx, &max, &draft, now).await.unwrap();
        for who in [&ines, &tom] {
            plans::acknowledge(tx, who, &plan, now).await.unwrap();
        }
        campaigns.push(campaign);
    }
    for (line, who) in [("201", &ines), ("202", &tom)] {
        let line = NewLine {
            value: line,
            person: who,
            client: &northlight,
            from: now,
            to: None,
        };
        people::add_line(tx, &BY, &line, now).await.unwrap();
    }
    World {
        northlight,
        calder,
        ines,
        tom,
        marek,
        max,
        petra,
        cara,
        euro: campaigns[0].clone(),
        pound: campaigns[1].clone(),
    }
}

pub async fn person(
    tx: &mut Tx,
    (login, name): (&str, &str),
    role: Role,
    client: &ClientId,
) -> PersonId {
    let new = NewPerson {
        login,
        name,
        role,
        pay_basis: match role {
            Role::Telemarketer => PayBasis::Commission,
            _ => PayBasis::Fixed,
        },
        password_hash: "x",
        clients: std::slice::from_ref(client),
    };
    people::add(tx, &BY, &new, at("2026-10-01")).await.unwrap()
}

pub fn rules() -> Rules {
    Rules {
        heard_share: 0.0,
        second_reviews: 0.0,
        second_review_within: Micros::from_secs(86_400),
        dispute_within: Micros::from_secs(7 * 86_400),
        read_within: Micros::from_secs(7 * 86_400),
        zone: Zone::utc(),
    }
}

pub fn sealed(started: WallTime, line: &str, number: &str) -> SealedCall {
    let mut facts = CallFacts::new(Uuid::now_v7(), started);
    let party = |number: &str| Party {
        number: Some(number.to_owned().into()),
        ..Party::default()
    };
    facts.from = party(line);
    facts.to = party(number);
    facts.outcome = Outcome::Answered;
    facts.answered_at = Some(started);
    facts.telemarketer = Some(Side::Caller);
    let name = format!("recordings/{}.opus", facts.id);
    let recording = Recording {
        path: name.clone(),
        key: None,
        peaks: format!("{name}.json"),
        raw: None,
        format: AudioFormat::Opus,
        sample_rate: Hertz(8000),
        duration_ms: 60_000,
        starts_at: started,
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

/// A claim on a lead of its own: `nth` names lead and number.
pub async fn claims_lead(
    tx: &mut Tx,
    w: &World,
    person: &PersonId,
    campaign: &CampaignId,
    nth: u32,
    now: WallTime,
) -> ClaimId {
    let (id, number) = (format!("L-{nth}"), format!("+4940555{nth:05}"));
    let row = LeadRow {
        id: id.clone(),
        company: format!("Company {nth}"),
        source: "webinar".into(),
        ..LeadRow::default()
    };
    let list = [(row, vec![(number.clone(), number.clone())])];
    let of = leads::campaign(tx, campaign).await.unwrap().unwrap();
    leads::importing::import(tx, &BY, &of, &list, 0, now)
        .await
        .unwrap();
    let lead = leads::by_external(tx, &id, None).await.unwrap().remove(0);
    let line = if *person == w.ines { "201" } else { "202" };
    let call = sealed(now, line, &number);
    let numbers = Numbers::new("DE", "").unwrap();
    calls::insert(tx, std::slice::from_ref(&call), &numbers, now)
        .await
        .unwrap();
    let new = NewClaim {
        lead: &lead,
        campaign,
        person,
        calls: &[CallId::from(call.facts.id.to_string())],
        write_up: "w",
        own_answers: "{}",
        by: assay::leads::ClaimedBy::Page,
    };
    claiming::add(tx, &new, now).await.unwrap()
}

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

/// Marek hears the first second of a claim that he has.
pub async fn hears(tx: &mut Tx, w: &World, claim: &ClaimId, now: WallTime) -> CallId {
    let call = claims::calls(tx, claim).await.unwrap().remove(0);
    let all = Spans::of([(0, 60_000)]);
    heard::serve(tx, &w.marek, &call, &all, now).await.unwrap();
    let report = heard::Report {
        item: &claim.clone().into(),
        reviewer: &w.marek,
        call: &call,
        taken_at: now,
        played: &[Played {
            from_ms: 0,
            to_ms: 1_000,
            speed: 1.0,
        }],
    };
    let later = now + Micros::from_secs(5);
    heard::report(tx, &report, later).await.unwrap();
    call
}

/// Marek hears a claim's first second and judges it; its hold ends.
pub async fn judged(tx: &mut Tx, w: &World, claim: &ClaimId, passed: bool, now: WallTime) {
    claims::take(tx, &w.marek, claim, now).await.unwrap();
    let call = hears(tx, w, claim, now).await;
    let new = NewVerdict {
        reviewer: &w.marek,
        answers: &answers(&call, passed),
        note: "",
    };
    let verdict = verdicts::commit(tx, claim, &new, &rules(), now)
        .await
        .unwrap();
    verdicts::make_final(tx, &verdict.id, &rules(), verdict.hold_until)
        .await
        .unwrap()
        .unwrap();
}

/// A claim that passes, and earns.
pub async fn earns(
    tx: &mut Tx,
    w: &World,
    person: &PersonId,
    campaign: &CampaignId,
    nth: u32,
    now: WallTime,
) -> ClaimId {
    let claim = claims_lead(tx, w, person, campaign, nth, now).await;
    judged(tx, w, &claim, true, now + Micros::from_secs(60)).await;
    claim
}

/// Two managers call a claim fraud: its entry is taken back.
pub async fn taken_back(tx: &mut Tx, w: &World, claim: &ClaimId, now: WallTime) {
    let claim = claims::by_id(tx, claim).await.unwrap().unwrap();
    let ruling = rulings::accuse(tx, &w.max, &claim, "Nobody called", now)
        .await
        .unwrap();
    rulings::confirm(tx, &w.petra, &ruling, &Zone::utc(), now)
        .await
        .unwrap();
}

/// Two managers lock a period.
pub async fn lock(tx: &mut Tx, w: &World, period: &str, now: WallTime) {
    let zone = Zone::utc();
    let act = (PeriodAct::Lock, period);
    let asked = periods::ask(tx, &w.max, act, "", &zone, now).await.unwrap();
    periods::confirm(tx, &w.petra, &asked, &zone, now)
        .await
        .unwrap();
}

/// The first gets number 1047, the second 1052.
pub async fn numbers(tx: &mut Tx, w: &World, people: &[&PersonId], now: WallTime) {
    for (who, number) in people.iter().zip(["1047", "1052"]) {
        periods::set_payroll_number(tx, &w.max, who, number, now)
            .await
            .unwrap();
    }
}

pub const DATEV: Datev = Datev {
    consultant: 1_103_899,
    client: 62_069,
    wage_type: 202,
};

pub fn wanted(period: &str, format: PayrollFormat) -> Wanted<'_> {
    Wanted {
        period,
        format,
        pay_day: None,
        currency: None,
        datev: &DATEV,
    }
}
