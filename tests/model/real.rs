//! The store as the model drives it.

use super::common::judging::{answers, hear, recorded, rules};
use super::life::{Ended, Life, Op, Outcome, Stage};
use assay::commission::Terms;
use assay::identity::{PayBasis, Role};
use assay::jobs::holds::Holds;
use assay::leads::import::LeadRow;
use assay::review::checklist::BANT;
use assay::review::{DisputeState, PutBack, Ruling};
use assay::store::commission::ledger;
use assay::store::commission::plans::{self, NewPlan};
use assay::store::people::{self, NewPerson};
use assay::store::review::claiming::{self, NewClaim};
use assay::store::review::second_reviews::NewAnswer;
use assay::store::review::verdicts::NewVerdict;
use assay::store::review::{checklists, claims, disputes, second_reviews, verdicts};
use assay::store::{Actor, Db, Tx, calls, leads};
use assay::units::{
    CallId, CampaignId, ChecklistId, ClaimId, ClientId, LeadId, Micros, Money, PersonId, VersionId,
    WallTime,
};
use std::path::{Path, PathBuf};

const BY: Actor = Actor::Shell;

/// Where a store lies.
#[derive(Clone)]
pub enum Place {
    Sqlite(PathBuf),
    Postgres { admin: String, name: String },
}

impl Place {
    pub async fn connect(&self) -> Db {
        match self {
            Place::Sqlite(path) => Db::sqlite(path).await.unwrap(),
            Place::Postgres { admin, name } => {
                Db::postgres(&admin.replace("/postgres", &format!("/{name}")))
                    .await
                    .unwrap()
            }
        }
    }

    pub async fn create(&self) -> Db {
        if let Place::Postgres { admin, name } = self {
            let pool = sqlx::PgPool::connect(admin).await.unwrap();
            let sql = sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"));
            sqlx::query(sql).execute(&pool).await.unwrap();
            pool.close().await;
        }
        self.connect().await
    }
}

/// A store with one lead, two telemarketers, two reviewers and a manager.
pub struct Real {
    place: Place,
    db: Option<Db>,
    world: Option<World>,
    now: WallTime,
    claims: Vec<(ClaimId, CallId)>,
}

struct World {
    client: ClientId,
    campaign: CampaignId,
    checklist: ChecklistId,
    versions: Vec<VersionId>,
    lead: LeadId,
    claimants: [PersonId; 2],
    reviewers: [PersonId; 2],
    manager: PersonId,
}

/// What can be seen of a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    who: usize,
    stage: String,
    outcome: Option<&'static str>,
    dispute: Option<&'static str>,
    earned: bool,
    version: u8,
}

/// What is to be seen where the model stands.
pub fn expected(life: &Life) -> Vec<Seen> {
    let claims = life.claims.iter().enumerate();
    claims
        .filter_map(|(slot, c)| c.map(|c| (slot, c)))
        .map(|(slot, c)| Seen {
            who: c.who,
            stage: match c.stage {
                Stage::InQueue(super::life::Desk::Waiting) => "open".to_owned(),
                Stage::InQueue(super::life::Desk::With { who, .. }) => format!("in_review {who}"),
                Stage::InQueue(super::life::Desk::Over) => "nowhere".to_owned(),
                Stage::Held { who, passed, .. } => format!("held {who} {passed}"),
                Stage::Decided => "decided".to_owned(),
                Stage::Withdrawn => "withdrawn".to_owned(),
                Stage::SentBack => "sent_back".to_owned(),
            },
            outcome: c.outcome.map(|o| match o {
                Outcome::Failed => "failed",
                Outcome::Passed => "passed",
                Outcome::AlreadyPaid => "passed_already_paid",
                Outcome::Waiting => "passed_waiting",
            }),
            dispute: c.dispute.map(|d| match d.ended {
                None => "open",
                Some(Ended::Stands) => "stands",
                Some(Ended::Changed) => "changed",
                Some(Ended::RuledOut) => "ineligible",
            }),
            earned: life.earned == Some(slot),
            version: c.version,
        })
        .collect()
}

type Done = Result<(), String>;

impl Real {
    pub fn sqlite(path: &Path) -> Real {
        Real::at(Place::Sqlite(path.to_owned()))
    }

    pub fn postgres(admin: &str, number: u32) -> Real {
        Real::at(Place::Postgres {
            admin: admin.to_owned(),
            name: format!("model{number}"),
        })
    }

    fn at(place: Place) -> Real {
        Real {
            place,
            db: None,
            world: None,
            now: "2026-11-01T09:00:00Z".parse().unwrap(),
            claims: Vec::new(),
        }
    }

    pub async fn open(&mut self) {
        let db = self.place.create().await;
        let mut tx = db.write().await.unwrap();
        self.world = Some(world(&mut tx, self.now).await);
        tx.commit().await.unwrap();
        self.db = Some(db);
    }

    pub async fn close(self) {
        self.db.unwrap().close().await;
    }

    fn world(&self) -> &World {
        self.world.as_ref().unwrap()
    }

    /// Does it, in a transaction of its own, and lets the jobs run.
    pub async fn apply(&mut self, op: Op) -> Done {
        let slot = match op {
            Op::Withdraw(s) | Op::Dispute(s) | Op::RuleOut(s) => Some(s),
            Op::Take(_, s) | Op::PutBack(_, s) | Op::SendBack(_, s) | Op::TakeBack(_, s) => Some(s),
            Op::TakeAgain(_, s) | Op::PutBackAgain(_, s) => Some(s),
            Op::Commit(_, s, _) | Op::AnswerAgain(_, s, _) | Op::Confirm(_, s, _) => Some(s),
            _ => None,
        };
        if slot.is_some_and(|s| s >= self.claims.len()) {
            return Err("no such claim".to_owned());
        }
        self.now = self.now + Micros::from_millis(200);
        let done = match op {
            Op::Claim(who) => self.claim(who).await,
            Op::HoldsEnd => self.wait(&[10]).await,
            Op::LocksLapse => self.wait(&[10, 31 * 60]).await,
            Op::DisputesEnd => self.wait(&[10, 8 * 86_400]).await,
            Op::Publish => self.publish().await,
            Op::Restart => {
                self.db.take().unwrap().close().await;
                self.db = Some(self.place.connect().await);
                Ok(())
            }
            Op::Pay(r, on_leads) => self.pay(r, on_leads).await,
            _ => self.act(op).await,
        };
        self.jobs().await;
        done
    }

    async fn jobs(&self) {
        let db = self.db.as_ref().unwrap();
        let done = Holds::default().once(db, &rules(), self.now).await.unwrap();
        assert_eq!(done.trouble, None);
        // A second look finds nothing more to do.
        Holds::default().once(db, &rules(), self.now).await.unwrap();
    }

    async fn wait(&mut self, seconds: &[i64]) -> Done {
        for s in seconds {
            self.now = self.now + Micros::from_secs(*s);
            self.jobs().await;
        }
        Ok(())
    }

    async fn claim(&mut self, who: usize) -> Done {
        // The model has room for two.
        if self.claims.len() == 2 {
            return Err("no room".to_owned());
        }
        let (db, world) = (self.db.as_ref().unwrap(), self.world.as_ref().unwrap());
        let mut tx = db.write().await.unwrap();
        let call = recorded(&mut tx, self.now).await;
        let (by, lead) = (&world.claimants[who], &world.lead);
        calls::set_lead(&mut tx, by, &call, lead, self.now)
            .await
            .unwrap();
        let new = NewClaim {
            lead: &world.lead,
            campaign: &world.campaign,
            person: &world.claimants[who],
            calls: std::slice::from_ref(&call),
            write_up: "",
            own_answers: "{}",
            by: assay::leads::ClaimedBy::Page,
        };
        let at = self.now + Micros::from_millis(1);
        let made = claiming::add(&mut tx, &new, at).await;
        match made {
            Ok(id) => {
                tx.commit().await.unwrap();
                self.claims.push((id, call));
                Ok(())
            }
            Err(error) => Err(tx.refuse(error).await.to_string()),
        }
    }

    async fn publish(&mut self) -> Done {
        let world = self.world.as_ref().unwrap();
        if world.versions.len() == 2 {
            return Err("published".to_owned());
        }
        let mut tx = self.db.as_ref().unwrap().write().await.unwrap();
        let body = BANT.replace("Budget", "Money");
        let (list, version) = checklists::add(&mut tx, &BY, &world.client, &body, self.now)
            .await
            .unwrap();
        assert_eq!(list, world.checklist);
        checklists::sign(&mut tx, &BY, &version, ("Mia", "Sam"), self.now, None)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        self.world.as_mut().unwrap().versions.push(version);
        Ok(())
    }

    async fn pay(&mut self, r: usize, on_leads: bool) -> Done {
        let basis = match on_leads {
            true => PayBasis::QualifiedLeads,
            false => PayBasis::Fixed,
        };
        let who = &self.world().reviewers[r];
        // The program has no verb for it yet: an administrator writes it.
        let sql = "UPDATE people SET pay_basis = $1 WHERE id = $2";
        match &self.place {
            Place::Sqlite(path) => {
                let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
                let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
                let basis = assay::units::Word::as_str(basis);
                sqlx::query(sql)
                    .bind(basis)
                    .bind(who.as_str())
                    .execute(&pool)
                    .await
                    .unwrap();
                pool.close().await;
            }
            Place::Postgres { admin, name } => {
                let url = admin.replace("/postgres", &format!("/{name}"));
                let pool = sqlx::PgPool::connect(&url).await.unwrap();
                let basis = assay::units::Word::as_str(basis);
                sqlx::query(sql)
                    .bind(basis)
                    .bind(who.as_str())
                    .execute(&pool)
                    .await
                    .unwrap();
                pool.close().await;
            }
        }
        Ok(())
    }

    async fn act(&self, op: Op) -> Done {
        let mut tx = self.db.as_ref().unwrap().write().await.unwrap();
        let done = self.verb(&mut tx, op).await;
        match done {
            Ok(()) => {
                tx.commit().await.unwrap();
                Ok(())
            }
            Err(error) => Err(tx.refuse(error).await.to_string()),
        }
    }

    async fn verb(&self, tx: &mut Tx, op: Op) -> assay::store::Result<()> {
        let (world, now) = (self.world(), self.now);
        let by = |r: usize| &world.reviewers[r];
        match op {
            Op::Withdraw(s) => {
                let row = self.row(tx, s).await;
                claiming::withdraw(tx, &row, now).await
            }
            Op::Take(r, s) => claims::take(tx, by(r), &self.claims[s].0, now)
                .await
                .map(drop),
            Op::PutBack(r, s) => {
                let row = self.row(tx, s).await;
                claims::put_back(tx, by(r), &row, (PutBack::Break, ""), now).await
            }
            Op::SendBack(r, s) => {
                let (claim, call) = &self.claims[s];
                hear(tx, claim, by(r), call, now).await;
                let row = self.row(tx, s).await;
                claims::send_back(tx, by(r), &row, "another company", now).await
            }
            Op::Commit(r, s, passed) => {
                let (claim, call) = &self.claims[s];
                hear(tx, claim, by(r), call, now).await;
                let new = NewVerdict {
                    reviewer: by(r),
                    answers: &answers(call, passed),
                    note: "",
                };
                verdicts::commit(tx, claim, &new, &rules(), now)
                    .await
                    .map(drop)
            }
            Op::TakeBack(r, s) => verdicts::take_back(tx, by(r), &self.claims[s].0, now).await,
            Op::Dispute(s) => {
                let row = self.row(tx, s).await;
                let Some(v) = verdicts::of_claim(tx, &row.id).await? else {
                    return Err(assay::store::StoreError::Conflict("no verdict"));
                };
                let rows = [disputes::Row {
                    criterion: "budget".to_owned(),
                    clip: "{}".to_owned(),
                    reason: "it was said".to_owned().into(),
                }];
                disputes::add(tx, &v, &row, &rows, &rules(), now)
                    .await
                    .map(drop)
            }
            Op::TakeAgain(..)
            | Op::PutBackAgain(..)
            | Op::AnswerAgain(..)
            | Op::Confirm(..)
            | Op::RuleOut(_) => self.about_dispute(tx, op).await,
            _ => unreachable!("{op:?} is no verb"),
        }
    }

    async fn about_dispute(&self, tx: &mut Tx, op: Op) -> assay::store::Result<()> {
        let (world, now) = (self.world(), self.now);
        let (r, slot) = match op {
            Op::TakeAgain(r, s) | Op::PutBackAgain(r, s) => (r, s),
            Op::AnswerAgain(r, s, _) | Op::Confirm(r, s, _) => (r, s),
            Op::RuleOut(s) => (0, s),
            _ => unreachable!(),
        };
        let by = &world.reviewers[r];
        let (claim, call) = &self.claims[slot];
        let Some(dispute) = disputes::of_claim(tx, claim).await? else {
            return Err(assay::store::StoreError::Conflict("no dispute"));
        };
        let id = &dispute.second_review_id;
        match op {
            Op::TakeAgain(..) => second_reviews::take(tx, by, id, now).await.map(drop),
            Op::PutBackAgain(..) => {
                let row = second_reviews::existing(tx, id).await?;
                second_reviews::put_back(tx, by, &row, (PutBack::Break, ""), now).await
            }
            Op::AnswerAgain(_, _, passed) => {
                hear(tx, id, by, call, now).await;
                let answer = NewAnswer {
                    answers: &answers(call, passed),
                    note: "",
                };
                second_reviews::answer(tx, by, id, &answer, &rules(), now).await
            }
            Op::Confirm(_, _, passed) => {
                let answer = NewAnswer {
                    answers: &answers(call, passed),
                    note: "",
                };
                disputes::confirm(tx, by, &dispute, &answer, &rules(), now).await
            }
            _ => disputes::rule_out(tx, &world.manager, &dispute, Ruling::Duplicate, now).await,
        }
    }

    async fn row(&self, tx: &mut Tx, slot: usize) -> claims::Claim {
        claims::by_id(tx, &self.claims[slot].0)
            .await
            .unwrap()
            .unwrap()
    }

    /// What can be seen of the claims now.
    pub async fn seen(&self) -> Vec<Seen> {
        let world = self.world();
        let mut tx = self.db.as_ref().unwrap().read().await.unwrap();
        let entries = ledger::all_entries(&mut tx).await.unwrap();
        assert!(entries.len() < 2, "a lead earns once");
        let mut all = Vec::new();
        for (id, _) in &self.claims {
            let c = claims::by_id(&mut tx, id).await.unwrap().unwrap();
            let v = verdicts::of_claim(&mut tx, id).await.unwrap();
            if let Some(v) = &v {
                assert_eq!(
                    Some(&v.checklist_version_id),
                    c.checklist_version_id.as_ref()
                );
            }
            let who = |p: &Option<PersonId>| {
                let p = p.as_ref().unwrap();
                world.reviewers.iter().position(|r| r == p).unwrap()
            };
            let state = assay::units::Word::as_str(c.state);
            let stage = match state {
                "in_review" => format!("in_review {}", who(&c.locked_by)),
                "held" => format!("held {} {}", who(&c.locked_by), v.unwrap().passed),
                state => state.to_owned(),
            };
            let dispute = disputes::of_claim(&mut tx, id).await.unwrap();
            all.push(Seen {
                who: world
                    .claimants
                    .iter()
                    .position(|p| *p == c.person_id)
                    .unwrap(),
                stage,
                outcome: c.outcome.map(assay::units::Word::as_str),
                dispute: dispute.map(|d: disputes::Dispute| {
                    let state: DisputeState = d.state;
                    assay::units::Word::as_str(state)
                }),
                earned: entries.iter().any(|e| e.claim_id == *id),
                version: world
                    .versions
                    .iter()
                    .position(|v| Some(v) == c.checklist_version_id.as_ref())
                    .unwrap() as u8,
            });
        }
        all
    }
}

async fn world(tx: &mut Tx, now: WallTime) -> World {
    let client = people::add_client(tx, &BY, "Northlight", now)
        .await
        .unwrap();
    let mut ids = Vec::new();
    for (login, role, pay_basis) in [
        ("ines", Role::Telemarketer, PayBasis::Commission),
        ("tom", Role::Telemarketer, PayBasis::Commission),
        ("marek", Role::Reviewer, PayBasis::Fixed),
        ("rosa", Role::Reviewer, PayBasis::Fixed),
        ("max", Role::Manager, PayBasis::Fixed),
    ] {
        let new = NewPerson {
            login,
            name: login,
            role,
            pay_basis,
            password_hash: "x",
            clients: std::slice::from_ref(&client),
        };
        ids.push(people::add(tx, &BY, &new, now).await.unwrap());
    }
    let (checklist, version) = checklists::add(tx, &BY, &client, BANT, now).await.unwrap();
    checklists::sign(tx, &BY, &version, ("Mia", "Sam"), now, None)
        .await
        .unwrap();
    let campaign = leads::add_campaign(tx, &BY, &client, "Fleet", &checklist, now)
        .await
        .unwrap();
    let plan = NewPlan {
        campaign: &campaign,
        amount: &Money::new(4_000, "EUR"),
        terms: &Terms::default(),
        payable_after_days: 14,
        from: None,
    };
    let draft = plans::propose(tx, &BY, &plan, now).await.unwrap();
    let plan = plans::approve(tx, &ids[4], &draft, now).await.unwrap();
    for who in &ids {
        plans::acknowledge(tx, who, &plan, now).await.unwrap();
    }
    let row = LeadRow {
        id: "L-1".into(),
        company: "Norvik".into(),
        ..LeadRow::default()
    };
    let of = leads::campaign(tx, &campaign).await.unwrap().unwrap();
    leads::importing::import(tx, &BY, &of, &[(row, Vec::new())], 0, now)
        .await
        .unwrap();
    let lead = leads::in_campaign(tx, &campaign, "L-1")
        .await
        .unwrap()
        .unwrap()
        .id;
    World {
        client,
        campaign,
        checklist,
        versions: vec![version],
        lead,
        claimants: [ids[0].clone(), ids[1].clone()],
        reviewers: [ids[2].clone(), ids[3].clone()],
        manager: ids[4].clone(),
    }
}
