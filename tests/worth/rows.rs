//! Rows of leads on their way, written past the program: as many as no walk through it could make.

use assay::identity::{PayBasis, Role};
use assay::store::Actor;
use assay::store::Tx;
use assay::store::people::{self, NewPerson};
use assay::units::{CampaignId, ClientId, PersonId, WallTime};
use sha2::{Digest, Sha256};
use sqlx::{AssertSqlSafe, PgPool, SqlitePool};
use std::fmt::Write;

/// A call of a lead: when, and for how many seconds they talked.
#[derive(Debug, Clone)]
pub struct Dial {
    pub at: WallTime,
    pub talked: Option<i64>,
    pub by: PersonId,
}

/// A lead, and how far it came.
#[derive(Debug, Clone)]
pub struct Lead {
    pub id: String,
    pub source: &'static str,
    pub received: WallTime,
    pub dials: Vec<Dial>,
    pub handed: Option<Handed>,
}

/// What was handed over of it.
#[derive(Debug, Clone)]
pub struct Handed {
    pub at: WallTime,
    /// `budget=in_place`, by criterion.
    pub answers: Vec<(&'static str, &'static str)>,
    pub to: Option<PersonId>,
    pub answer: Option<Said>,
    /// What a second reviewer answered, of all criteria.
    pub second: Option<Vec<(&'static str, &'static str)>>,
}

/// What sales said.
#[derive(Debug, Clone)]
pub struct Said {
    pub at: WallTime,
    pub by: PersonId,
    pub answer: &'static str,
    pub reason: Option<&'static str>,
    pub criterion: Option<&'static str>,
    pub note: &'static str,
}

/// A client with a campaign, and people.
pub struct House {
    pub client: ClientId,
    pub campaign: CampaignId,
    pub version: String,
    pub caller: PersonId,
    pub reviewer: PersonId,
    pub manager: PersonId,
    pub reps: Vec<PersonId>,
}

const BY: Actor = Actor::Shell;
pub const BEGAN: &str = "2025-01-01";

async fn person(tx: &mut Tx, login: &str, role: Role, client: &ClientId) -> PersonId {
    let new = NewPerson {
        login,
        name: login,
        role,
        pay_basis: PayBasis::Fixed,
        password_hash: "x",
        clients: std::slice::from_ref(client),
    };
    people::add(tx, &BY, &new, BEGAN.parse().unwrap())
        .await
        .unwrap()
}

impl House {
    pub async fn build(tx: &mut Tx, reps: usize) -> House {
        let client = people::add_client(tx, &BY, "Northlight", BEGAN.parse().unwrap())
            .await
            .unwrap();
        let mut house = House {
            caller: person(tx, "tom", Role::Telemarketer, &client).await,
            reviewer: person(tx, "marek", Role::Reviewer, &client).await,
            manager: person(tx, "max", Role::Manager, &client).await,
            reps: Vec::new(),
            campaign: CampaignId::from("campaign".to_owned()),
            version: "version".to_owned(),
            client,
        };
        for nth in 0..reps {
            let login = format!("rep-{nth}");
            let id = person(tx, &login, Role::Sales, &house.client).await;
            house.reps.push(id);
        }
        house
    }

    /// The campaign with its checklist and sources.
    pub fn begin(&self) -> String {
        let bant = include_str!("../../config/checklists/bant.toml");
        let hash = assay::hex::hex(&Sha256::digest(bant.as_bytes()));
        let bant = bant.replace('\'', "''");
        let client = &self.client;
        let mut sql = format!(
            "INSERT INTO checklists (id, name, client_id) VALUES ('list', 'BANT', '{client}');
             INSERT INTO checklist_versions (id, checklist_id, version, body, sha256, \
             signed_by_marketing, signed_by_sales, in_force_from, marketing_signed_at, \
             sales_signed_at) VALUES ('version', 'list', 1, '{bant}', '{hash}', 'a', 'b', 1, 1, 1);
             INSERT INTO campaigns (id, client_id, name, checklist_id, created_at) VALUES \
             ('campaign', '{client}', 'Euro', 'list', 1);\n"
        );
        for (name, grade, origin) in [
            ("website request", "A", "marketing"),
            ("referral", "A", "sales"),
            ("trade show", "B", "marketing"),
            ("webinar", "C", "marketing"),
        ] {
            let _ = writeln!(
                sql,
                "INSERT INTO sources (id, client_id, name, grade, contact_within_hours, origin) \
                 VALUES ('{name}', '{client}', '{name}', '{grade}', 72, '{origin}');"
            );
        }
        sql
    }

    /// Statements that put leads there.
    pub fn leads(&self, leads: &[Lead], first_number: i64) -> String {
        let mut sql = String::new();
        for (nth, lead) in leads.iter().enumerate() {
            self.lead(&mut sql, lead, first_number + nth as i64);
        }
        sql
    }

    fn lead(&self, sql: &mut String, lead: &Lead, number: i64) {
        let (client, campaign, id) = (&self.client, &self.campaign, &lead.id);
        let _ = writeln!(
            sql,
            "INSERT INTO leads (id, client_id, campaign_id, external_id, company, source_id, \
             created_at) VALUES ('{id}', '{client}', '{campaign}', '{id}', 'Company {id}', '{}', {});",
            lead.source,
            lead.received.micros()
        );
        for (nth, dial) in lead.dials.iter().enumerate() {
            self.dial(sql, id, nth, dial);
        }
        if let Some(handed) = &lead.handed {
            self.handed(sql, id, handed, number);
        }
    }

    fn dial(&self, sql: &mut String, lead: &str, nth: usize, dial: &Dial) {
        let at = dial.at.micros();
        let (answered, ended, outcome) = match dial.talked {
            Some(s) => (
                (at + 9_000_000).to_string(),
                at + 9_000_000 + s * 1_000_000,
                "answered",
            ),
            None => ("NULL".to_owned(), at + 25_000_000, "no_answer"),
        };
        let _ = writeln!(
            sql,
            "INSERT INTO calls (id, started_at, answered_at, ended_at, outcome, direction, \
             recovered, person_id, client_id, lead_id, lead_by, facts, sealed_at) VALUES \
             ('{lead}-{nth}', {at}, {answered}, {ended}, '{outcome}', 'outbound', 0, '{}', '{}', \
             '{lead}', 'choice', '{{}}', {ended});",
            dial.by, self.client
        );
    }

    fn handed(&self, sql: &mut String, lead: &str, h: &Handed, number: i64) {
        let (at, campaign, version) = (h.at.micros(), &self.campaign, &self.version);
        let given = |answers: &[(&str, &str)]| {
            let each = answers
                .iter()
                .map(|(c, a)| format!("{{\"criterion\":\"{c}\",\"answer\":\"{a}\"}}"));
            format!("[{}]", each.collect::<Vec<_>>().join(","))
        };
        let (claim, hash) = (format!("claim-{lead}"), "0".repeat(64));
        let to = h.to.as_ref().map_or("NULL".into(), |p| format!("'{p}'"));
        let _ = writeln!(
            sql,
            "INSERT INTO claims (id, number, lead_id, campaign_id, person_id, write_up, \
             own_answers, state, created_at, decided_at, outcome, checklist_version_id) VALUES \
             ('{claim}', {number}, '{lead}', '{campaign}', '{}', 'w', '{{}}', 'decided', {}, {at}, \
             'passed', '{version}');
             INSERT INTO verdicts (id, claim_id, reviewer_id, checklist_version_id, \
             checklist_sha256, recordings, answers, passed, note, committed_at, hold_until, state, \
             final_at, entry_id) VALUES ('v-{lead}', '{claim}', '{}', '{version}', '{hash}', '[]', \
             '{}', 1, '', {}, {at}, 'final', {at}, 'e-{lead}');
             INSERT INTO handovers (claim_id, lead_id, campaign_id, client_id, sales_id, passed_at, \
             handed_at, answer_due_at, call_due_at) VALUES ('{claim}', '{lead}', '{campaign}', \
             '{}', {to}, {at}, {at}, {due}, {due});
             UPDATE lead_work SET stage = 'handed_over', is_open = 0 WHERE lead_id = '{lead}';",
            self.caller,
            at - 3_600_000_000,
            self.reviewer,
            given(&h.answers),
            at - 10_000_000,
            self.client,
            due = at + 86_400_000_000,
        );
        if let Some(second) = &h.second {
            let _ = writeln!(
                sql,
                "INSERT INTO second_reviews (id, number, reason, lead_id, campaign_id, \
                 checklist_version_id, claim_id, verdict_id, created_at, due_at, opens_at, state, \
                 reviewer_id, answers, passed, answered_at, decided_at) VALUES ('s-{lead}', \
                 {number}, 'sales_rejection', '{lead}', '{campaign}', '{version}', '{claim}', \
                 'v-{lead}', {at}, {at}, {at}, 'decided', '{}', '{}', 1, {at}, {at});",
                self.reviewer,
                given(second)
            );
        }
        if let Some(said) = &h.answer {
            let quoted = |text: Option<&str>| text.map_or("NULL".into(), |t| format!("'{t}'"));
            let until = match said.answer {
                "later" | "nurture" => (said.at.micros() + 1).to_string(),
                _ => "NULL".to_owned(),
            };
            let _ = writeln!(
                sql,
                "INSERT INTO sales_answers (id, claim_id, person_id, answer, criterion, note, at, \
                 until_at, reason) VALUES ('a-{lead}', '{claim}', '{}', '{}', {}, '{}', {}, {until}, \
                 {});
                 UPDATE handovers SET answer_id = 'a-{lead}' WHERE claim_id = '{claim}';",
                said.by,
                said.answer,
                quoted(said.criterion),
                said.note,
                said.at.micros(),
                quoted(said.reason)
            );
        }
    }
}

/// Either database, past the program.
pub enum Raw {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

impl Raw {
    pub async fn run(&self, sql: &str) {
        let sql = format!("BEGIN;\n{sql}\nCOMMIT;");
        match self {
            Raw::Sqlite(pool) => {
                sqlx::raw_sql(AssertSqlSafe(sql))
                    .execute(pool)
                    .await
                    .unwrap();
            }
            Raw::Postgres(pool) => {
                sqlx::raw_sql(AssertSqlSafe(sql))
                    .execute(pool)
                    .await
                    .unwrap();
            }
        }
    }

    pub async fn refuses(&self, sql: &str) -> bool {
        match self {
            Raw::Sqlite(pool) => sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
                .execute(pool)
                .await
                .is_err(),
            Raw::Postgres(pool) => sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
                .execute(pool)
                .await
                .is_err(),
        }
    }
}
