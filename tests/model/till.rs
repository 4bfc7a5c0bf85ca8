//! The store as the model of the books drives it.

use super::books::{self, Books, Interested, MONTHS, Op, Outcome, PLANS, Why};
use super::common::judging::{answers, hear, recorded, rules};
use super::real::{self, Place};
use assay::commission::payroll::{Datev, PayrollFormat};
use assay::commission::{EntryKind, PeriodAct, ReversalReason, RulingKind, Terms, Tier};
use assay::handover::{Answer, Given, RejectReason};
use assay::identity::{PayBasis, Role};
use assay::jobs::holds::Holds;
use assay::leads::import::LeadRow;
use assay::review::checklist::BANT;
use assay::store::commission::plans::{self, NewPlan};
use assay::store::commission::{ledger, payroll, periods, rebook, rulings};
use assay::store::handover::{answers as sales, list};
use assay::store::people::{self, NewPerson};
use assay::store::review::claiming::{self, NewClaim};
use assay::store::review::second_reviews::{self, NewAnswer};
use assay::store::review::verdicts::NewVerdict;
use assay::store::review::{checklists, claims, disputes, verdicts};
use assay::store::{Actor, Db, Result, StoreError, Tx, calls, leads};
use assay::units::{
    CallId, CampaignId, ClaimId, EntryId, LeadId, Micros, Money, PeriodActId, PersonId, PlanId,
    RulingId, WallTime, Word, Zone,
};

const BY: Actor = Actor::Shell;
const MONTH: [&str; MONTHS] = ["2026-11", "2026-12", "2027-01"];
/// As many as three claims and their disputes need: nobody judges a lead twice.
const REVIEWERS: usize = 6;

/// A store with two leads of one number, two telemarketers, six reviewers, and three managers.
pub struct Till {
    place: Place,
    db: Option<Db>,
    world: Option<World>,
    now: WallTime,
    claims: Vec<(ClaimId, CallId)>,
    judged: usize,
    /// Each transaction of the next operation is broken off once before it is done.
    pub breaks: bool,
}

#[derive(serde::Serialize, serde::Deserialize)]
struct World {
    campaign: CampaignId,
    plans: Vec<PlanId>,
    leads: [LeadId; 2],
    claimants: [PersonId; 2],
    reviewers: Vec<PersonId>,
    /// The third is paid by leads.
    managers: [PersonId; 3],
    sales: PersonId,
}

/// What can be seen of the books.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Seen {
    outcomes: Vec<Option<&'static str>>,
    /// Claim, minor units, month, why it was taken back, and how many payroll runs have it.
    ledger: Vec<(usize, i64, String, Option<&'static str>, usize)>,
    locked: Vec<String>,
}

/// What is to be seen where the model stands.
pub fn expected(books: &Books) -> Seen {
    let outcome = |o| match o {
        Outcome::Failed => "failed",
        Outcome::Passed => "passed",
        Outcome::AlreadyPaid => "passed_already_paid",
        Outcome::Waiting => "passed_waiting",
    };
    let why = |w| match w {
        Why::Duplicate => "duplicate",
        Why::Fraud => "fraud",
    };
    let lines = books.ledger.iter();
    Seen {
        outcomes: books
            .claims
            .iter()
            .flatten()
            .map(|c| c.outcome.map(outcome))
            .collect(),
        ledger: lines
            .map(|l| {
                let month = MONTH[l.month].to_owned();
                (l.slot, l.minor, month, l.back.map(why), usize::from(l.paid))
            })
            .collect(),
        locked: (0..MONTHS)
            .filter(|m| books.locked[*m])
            .map(|m| MONTH[m].to_owned())
            .collect(),
    }
}

type Done = std::result::Result<(), String>;

impl Till {
    pub fn at(place: Place) -> Till {
        Till {
            place,
            db: None,
            world: None,
            now: "2026-11-01T09:00:00Z".parse().unwrap(),
            claims: Vec::new(),
            judged: 0,
            breaks: false,
        }
    }

    pub async fn open(&mut self) {
        let db = self.place.create().await;
        let mut tx = db.write().await.unwrap();
        self.world = Some(world(&mut tx, self.now).await);
        tx.commit().await.unwrap();
        self.db = Some(db);
    }

    /// Books everything again and holds it against the ledger, then ends.
    pub async fn close(self) -> Vec<rebook::Difference> {
        let db = self.db.unwrap();
        let mut tx = db.write().await.unwrap();
        let booked = ledger::all_entries(&mut tx).await.unwrap();
        let again = rebook::book_again(&mut tx, &Zone::utc()).await.unwrap();
        drop(tx);
        db.close().await;
        let of = |month: &&str| rebook::differences(&booked, &again, month);
        MONTH.iter().flat_map(of).collect()
    }

    fn world(&self) -> &World {
        self.world.as_ref().unwrap()
    }

    fn db(&self) -> &Db {
        self.db.as_ref().unwrap()
    }

    /// Does it, each step in a transaction of its own, and lets the jobs run.
    pub async fn apply(&mut self, op: Op) -> Done {
        self.now = self.now + Micros::from_millis(200);
        let done = match op {
            Op::Restart => {
                self.db.take().unwrap().close().await;
                self.db = Some(self.place.connect().await);
                Ok(())
            }
            Op::MonthEnds => self.month_ends(),
            Op::Claim(who, lead) => self.claim(who, lead).await,
            Op::Approve => self.approve().await,
            op => match self.begin(op).await {
                Ok(()) => match self.last(op).await {
                    Ok(()) => Ok(()),
                    Err(why) => {
                        self.leave_off(op).await;
                        Err(why)
                    }
                },
                Err(why) => Err(why),
            },
        };
        self.jobs().await;
        done
    }

    /// All of it but the step by which it comes to count.
    pub async fn begin(&mut self, op: Op) -> Done {
        match op {
            Op::Judge(slot, passed) => self.judge(slot, passed).await,
            Op::Dispute(slot, passes) => self.dispute(slot, passes).await,
            Op::Lock(m) | Op::Reopen(m) | Op::LockAlone(m) => self.ask(op, m).await,
            _ => Ok(()),
        }
    }

    /// The step by which it comes to count.
    pub async fn last(&mut self, op: Op) -> Done {
        match op {
            Op::Judge(..) => {
                self.now = self.now + Micros::from_secs(10);
                self.jobs().await;
                Ok(())
            }
            Op::Dispute(slot, passes) => self.redress(slot, passes, 2).await,
            Op::Lock(m) | Op::Reopen(m) | Op::LockAlone(m) => self.sign(op, m).await,
            op => self.act(async |t, tx, now| t.verb(tx, op, now).await).await,
        }
    }

    /// A transaction: where it breaks, first one that never ends.
    async fn act(&self, verb: impl AsyncFn(&Till, &mut Tx, WallTime) -> Result<()>) -> Done {
        if self.breaks {
            let mut tx = self.db().write().await.unwrap();
            let _ = verb(self, &mut tx, self.now).await;
            drop(tx);
        }
        let mut tx = self.db().write().await.unwrap();
        match verb(self, &mut tx, self.now).await {
            Ok(()) => tx.commit().await.map_err(|e| e.to_string()),
            Err(error) => Err(tx.refuse(error).await.to_string()),
        }
    }

    async fn jobs(&self) {
        for pass in 0..3 {
            let now = self.now + Micros::from_millis(pass);
            if self.breaks {
                let mut tx = self.db().write().await.unwrap();
                for due in verdicts::due(&mut tx, now, 0).await.unwrap() {
                    verdicts::make_final(&mut tx, &due, &rules(), now)
                        .await
                        .unwrap();
                }
                for due in claims::turns_due(&mut tx, now).await.unwrap() {
                    verdicts::take_turn(&mut tx, &due, &rules(), now)
                        .await
                        .unwrap();
                }
                drop(tx);
            }
            let done = Holds::default().once(self.db(), &rules(), now).await;
            assert_eq!(done.unwrap().trouble, None);
        }
    }

    fn month_ends(&mut self) -> Done {
        let month = Zone::utc().month(self.now);
        let at = MONTH.iter().position(|m| **m == month).unwrap();
        let next = MONTH.get(at + 1).ok_or("the last month")?;
        self.now = format!("{next}-01T09:00:00Z").parse().unwrap();
        Ok(())
    }

    fn of(&self, slot: usize) -> std::result::Result<&(ClaimId, CallId), String> {
        self.claims.get(slot).ok_or("no such claim".to_owned())
    }

    async fn claim(&mut self, who: usize, lead: usize) -> Done {
        if self.claims.len() == books::CLAIMS {
            return Err("no room".to_owned());
        }
        let made = std::cell::RefCell::new(None);
        self.act(async |t, tx, now| {
            let (by, lead) = (&t.world().claimants[who], &t.world().leads[lead]);
            let call = recorded(tx, now).await;
            calls::set_lead(tx, by, &call, lead, now).await?;
            let new = NewClaim {
                lead,
                campaign: &t.world().campaign,
                person: by,
                calls: std::slice::from_ref(&call),
                write_up: "",
                own_answers: "{}",
                by: assay::leads::ClaimedBy::Page,
            };
            let id = claiming::add(tx, &new, now + Micros::from_millis(1)).await?;
            *made.borrow_mut() = Some((id, call));
            Ok(())
        })
        .await?;
        self.claims.extend(made.into_inner());
        Ok(())
    }

    /// Somebody who has judged nothing yet.
    fn reviewer(&mut self) -> PersonId {
        self.judged += 1;
        self.world().reviewers[(self.judged - 1) % REVIEWERS].clone()
    }

    async fn judge(&mut self, slot: usize, passed: bool) -> Done {
        let (claim, call) = self.of(slot)?.clone();
        self.undecided(&claim).await?;
        let by = self.reviewer();
        self.act(async |_, tx, now| claims::take(tx, &by, &claim, now).await.map(drop))
            .await?;
        self.now = self.now + Micros::from_secs(1);
        self.act(async |_, tx, now| {
            hear(tx, &claim, &by, &call, now).await;
            let new = NewVerdict {
                reviewer: &by,
                answers: &answers(&call, passed),
                note: "",
            };
            verdicts::commit(tx, &claim, &new, &rules(), now)
                .await
                .map(drop)
        })
        .await
    }

    /// So that a reviewer is not used up for nothing.
    async fn undecided(&self, claim: &ClaimId) -> Done {
        let mut tx = self.db().read().await.unwrap();
        let row = claims::by_id(&mut tx, claim).await.unwrap().unwrap();
        match row.outcome {
            None => Ok(()),
            Some(_) => Err("it is decided".to_owned()),
        }
    }

    async fn dispute(&mut self, slot: usize, passes: bool) -> Done {
        let claim = self.of(slot)?.0.clone();
        self.act(async |_, tx, now| {
            let row = claims::by_id(tx, &claim).await?.unwrap();
            let Some(v) = verdicts::of_claim(tx, &claim).await? else {
                return Err(StoreError::Conflict("no verdict"));
            };
            let rows = [disputes::Row {
                criterion: "budget".to_owned(),
                clip: "{}".to_owned(),
                reason: "it was said".to_owned().into(),
            }];
            disputes::add(tx, &v, &row, &rows, &rules(), now)
                .await
                .map(drop)
        })
        .await?;
        self.reviewer();
        for step in 0..2 {
            self.redress(slot, passes, step).await?;
        }
        Ok(())
    }

    /// The second review of a dispute, step by step: taken, answered, confirmed.
    async fn redress(&mut self, slot: usize, passes: bool, step: usize) -> Done {
        let (claim, call) = self.of(slot)?.clone();
        let by = self.world().reviewers[(self.judged - 1) % REVIEWERS].clone();
        let answer = answers(&call, passes);
        self.now = self.now + Micros::from_secs(1);
        self.act(async |_, tx, now| {
            let dispute = disputes::of_claim(tx, &claim).await?.unwrap();
            let id = &dispute.second_review_id;
            let new = NewAnswer {
                answers: &answer,
                note: "",
            };
            match step {
                0 => second_reviews::take(tx, &by, id, now).await.map(drop),
                1 => {
                    hear(tx, id, &by, &call, now).await;
                    second_reviews::answer(tx, &by, id, &new, &rules(), now).await
                }
                _ => disputes::confirm(tx, &by, &dispute, &new, &rules(), now).await,
            }
        })
        .await
    }

    async fn approve(&mut self) -> Done {
        let version = self.world().plans.len();
        if version == PLANS.len() {
            return Err("no other version".to_owned());
        }
        let made = std::cell::RefCell::new(None);
        self.act(async |t, tx, now| {
            let by = &t.world().managers[0];
            *made.borrow_mut() = Some(approved(tx, by, &t.world().campaign, version, now).await?);
            Ok(())
        })
        .await?;
        let made = made.into_inner();
        self.world.as_mut().unwrap().plans.extend(made);
        Ok(())
    }

    async fn ask(&self, op: Op, month: usize) -> Done {
        let act = match op {
            Op::Reopen(_) => PeriodAct::Reopen,
            _ => PeriodAct::Lock,
        };
        self.act(async |t, tx, now| {
            let (by, wanted) = (&t.world().managers[0], (act, MONTH[month]));
            periods::ask(tx, by, wanted, "", &Zone::utc(), now)
                .await
                .map(drop)
        })
        .await
    }

    async fn sign(&mut self, op: Op, month: usize) -> Done {
        let second = usize::from(!matches!(op, Op::LockAlone(_)));
        self.now = self.now + Micros::from_millis(1);
        self.act(async |t, tx, now| {
            let (by, id) = (&t.world().managers[second], asked(tx, month).await?);
            periods::confirm(tx, by, &id, &Zone::utc(), now).await
        })
        .await
    }

    /// What was asked for and is refused does not stand in the next one's way.
    async fn leave_off(&mut self, op: Op) {
        if let Op::Lock(month) | Op::Reopen(month) | Op::LockAlone(month) = op {
            self.act(async |t, tx, now| {
                let id = asked(tx, month).await?;
                periods::withdraw(tx, &t.world().managers[0], &id, now).await
            })
            .await
            .unwrap();
        }
    }

    async fn verb(&self, tx: &mut Tx, op: Op, now: WallTime) -> Result<()> {
        let world = self.world();
        let no = |_| StoreError::Conflict("no such claim");
        match op {
            Op::Read(who, version) => {
                let Some(plan) = world.plans.get(version) else {
                    return Err(StoreError::Conflict("no such version"));
                };
                plans::acknowledge(tx, &world.claimants[who], plan, now).await
            }
            Op::Same(later, first) => {
                let pair = (
                    &self.of(later).map_err(no)?.0,
                    &self.of(first).map_err(no)?.0,
                );
                let ruling = (RulingKind::Duplicate, "");
                let by = &world.managers[0];
                rulings::rule_on_pair(tx, by, pair, ruling, &Zone::utc(), now)
                    .await
                    .map(drop)
            }
            Op::Merge => {
                let [into, lead] = &world.leads;
                let lead = leads::by_id(tx, lead).await?.unwrap();
                let into = leads::by_id(tx, into).await?.unwrap();
                leads::merges::merge(tx, &BY, &lead, &into, now)
                    .await
                    .map(drop)
            }
            Op::Accuse(slot) => {
                let id = &self.of(slot).map_err(no)?.0;
                let row = claims::by_id(tx, id).await?.unwrap();
                rulings::accuse(tx, &world.managers[0], &row, "", now)
                    .await
                    .map(drop)
            }
            Op::Confirm(slot, by_another) => {
                let ruling = alleged(tx, &self.of(slot).map_err(no)?.0).await?;
                let by = &world.managers[usize::from(by_another)];
                rulings::confirm(tx, by, &ruling, &Zone::utc(), now).await
            }
            Op::Dismiss(slot) => {
                let ruling = alleged(tx, &self.of(slot).map_err(no)?.0).await?;
                rulings::dismiss(tx, &world.managers[1], &ruling, now).await
            }
            Op::Sales(slot, takes) => self.answered(tx, slot, takes, now).await,
            Op::Pay(month) => paid(tx, &world.managers[0], month, now).await,
            Op::Interested(what) => self.interested(tx, what, now).await,
            _ => unreachable!("{op:?} is no verb"),
        }
    }

    async fn answered(&self, tx: &mut Tx, slot: usize, takes: bool, now: WallTime) -> Result<()> {
        let Ok((id, _)) = self.of(slot) else {
            return Err(StoreError::Conflict("no such claim"));
        };
        let row = claims::by_id(tx, id).await?.unwrap();
        if !row.outcome.is_some_and(|o| o.has_passed()) {
            return Err(StoreError::Conflict("it did not pass"));
        }
        // Of several claims that pass on a lead the first is handed over: that one is answered.
        for (id, _) in &self.claims {
            let Some(handed) = list::of_claim(tx, id).await? else {
                continue;
            };
            let claim = claims::by_id(tx, id).await?.unwrap();
            if claim.lead_id != row.lead_id {
                continue;
            }
            let new = sales::NewAnswer {
                given: Given {
                    answer: if takes { Answer::Now } else { Answer::Reject },
                    until: None,
                    reason: (!takes).then_some(RejectReason::Criterion),
                    criterion: (!takes).then_some("budget"),
                    note: if takes {
                        ""
                    } else {
                        "No budget is named in it."
                    },
                },
                replaces: handed.answer_id.as_ref(),
            };
            let by = Actor::from(&self.world().sales);
            return sales::add(tx, &by, &claim, &new, &rules(), now)
                .await
                .map(drop);
        }
        Err(StoreError::Conflict("it was not handed over"))
    }

    /// The manager who is paid by leads, wherever there is something to rule on.
    async fn interested(&self, tx: &mut Tx, what: Interested, now: WallTime) -> Result<()> {
        let (world, nothing) = (self.world(), StoreError::Conflict("nothing to rule on"));
        let by = &world.managers[2];
        match what {
            Interested::Same => {
                let [Some((first, _)), Some((later, _))] =
                    [self.claims.first(), self.claims.get(1)]
                else {
                    return Err(nothing);
                };
                let ruling = (RulingKind::Duplicate, "");
                rulings::rule_on_pair(tx, by, (later, first), ruling, &Zone::utc(), now)
                    .await
                    .map(drop)
            }
            Interested::Accuse => {
                let Some((id, _)) = self.claims.first() else {
                    return Err(nothing);
                };
                let row = claims::by_id(tx, id).await?.unwrap();
                rulings::accuse(tx, by, &row, "", now).await.map(drop)
            }
            Interested::Dismiss => {
                let Some((id, _)) = self.claims.first() else {
                    return Err(nothing);
                };
                let ruling = alleged(tx, id).await?;
                rulings::dismiss(tx, by, &ruling, now).await
            }
            Interested::Approve => approved(tx, by, &world.campaign, 1, now).await.map(drop),
            Interested::Lock => {
                let wanted = (PeriodAct::Lock, MONTH[0]);
                periods::ask(tx, by, wanted, "", &Zone::utc(), now)
                    .await
                    .map(drop)
            }
            Interested::Pay => paid(tx, by, 0, now).await,
        }
    }

    /// What can be seen of the books now.
    pub async fn seen(&self) -> Seen {
        let mut tx = self.db().read().await.unwrap();
        assert_eq!(payroll::differences(&mut tx).await.unwrap(), [""; 0]);
        let runs = paid_entries(&mut tx).await;
        let mut seen = Seen::default();
        for (id, _) in &self.claims {
            let row = claims::by_id(&mut tx, id).await.unwrap().unwrap();
            seen.outcomes.push(row.outcome.map(Word::as_str));
        }
        for e in ledger::all_entries(&mut tx).await.unwrap() {
            let slot = self.claims.iter().position(|c| c.0 == e.claim_id).unwrap();
            let why = e.reason.as_deref().map(|r| {
                let reason: ReversalReason = r.parse().unwrap();
                Word::as_str(reason)
            });
            assert_eq!(why.is_some(), e.kind == EntryKind::Reversal);
            let runs = runs.iter().filter(|id| **id == e.id).count();
            seen.ledger
                .push((slot, e.amount_minor, e.period, why, runs));
        }
        let all = periods::all(&mut tx).await.unwrap();
        let locked = all.into_iter().filter(|p| p.locked_at.is_some());
        seen.locked = locked.map(|p| p.name).collect();
        seen.locked.sort();
        seen
    }
}

/// What was alleged of a claim last, whatever became of it.
async fn alleged(tx: &mut Tx, claim: &ClaimId) -> Result<RulingId> {
    let all = rulings::of_claim(tx, claim).await?;
    let last = all.into_iter().rfind(|r| r.kind == RulingKind::Fraud);
    last.map(|r| r.id)
        .ok_or(StoreError::Conflict("nobody has said so"))
}

/// What somebody has asked for of a month, and nobody has confirmed.
async fn asked(tx: &mut Tx, month: usize) -> Result<PeriodActId> {
    let acts = periods::acts(tx, MONTH[month]).await?;
    let open = acts.into_iter().find(|a| a.confirmed_at.is_none());
    open.map(|a| a.id)
        .ok_or(StoreError::Conflict("nobody has asked"))
}

/// Makes a run for a month.
async fn paid(tx: &mut Tx, by: &PersonId, month: usize, now: WallTime) -> Result<()> {
    let wanted = payroll::Wanted {
        period: MONTH[month],
        format: PayrollFormat::Csv,
        pay_day: None,
        currency: None,
        datev: &Datev::default(),
    };
    payroll::make(tx, by, &wanted, &Zone::utc(), now)
        .await
        .map(drop)
}

/// The entries of all runs, as often as runs have them.
async fn paid_entries(tx: &mut Tx) -> Vec<EntryId> {
    let mut entries = Vec::new();
    for run in payroll::all_runs(tx).await.unwrap() {
        let shares = payroll::shares(tx, &run.id).await.unwrap();
        entries.extend(shares.rows.into_iter().flat_map(|row| row.entries));
    }
    entries
}

async fn approved(
    tx: &mut Tx,
    by: &PersonId,
    campaign: &CampaignId,
    version: usize,
    now: WallTime,
) -> Result<PlanId> {
    let says = &PLANS[version];
    let terms = Terms {
        tiers: says
            .second
            .iter()
            .map(|minor| Tier {
                from_lead: 2,
                amount_minor: *minor,
            })
            .collect(),
        cap_minor: says.cap,
        ..Terms::default()
    };
    let plan = NewPlan {
        campaign,
        amount: &Money::new(says.amount, "EUR"),
        terms: &terms,
        payable_after_days: 14,
        from: None,
    };
    let draft = plans::propose(tx, &BY, &plan, now).await?;
    plans::approve(tx, by, &draft, now).await
}

async fn world(tx: &mut Tx, now: WallTime) -> World {
    let client = people::add_client(tx, &BY, "Northlight", now)
        .await
        .unwrap();
    let mut people = Vec::new();
    let mut roles = vec![(Role::Telemarketer, PayBasis::Commission); 2];
    roles.extend([(Role::Reviewer, PayBasis::Fixed); REVIEWERS]);
    roles.extend([(Role::Manager, PayBasis::Fixed); 2]);
    roles.push((Role::Manager, PayBasis::QualifiedLeads));
    roles.push((Role::Sales, PayBasis::Fixed));
    for (n, (role, pay_basis)) in roles.into_iter().enumerate() {
        let name = format!("person{n}");
        let new = NewPerson {
            login: &name,
            name: &name,
            role,
            pay_basis,
            password_hash: "x",
            clients: std::slice::from_ref(&client),
        };
        people.push(people::add(tx, &BY, &new, now).await.unwrap());
    }
    let (checklist, version) = checklists::add(tx, &BY, &client, BANT, now).await.unwrap();
    checklists::sign(tx, &BY, &version, ("Mia", "Sam"), now, None)
        .await
        .unwrap();
    let campaign = leads::add_campaign(tx, &BY, &client, "Fleet", &checklist, now)
        .await
        .unwrap();
    let of = leads::campaign(tx, &campaign).await.unwrap().unwrap();
    let mut found = Vec::new();
    for external in ["L-1", "L-2"] {
        let row = LeadRow {
            id: external.into(),
            company: "Norvik".into(),
            ..LeadRow::default()
        };
        let number = ("+493012345678".to_owned(), "030 12345678".to_owned());
        leads::importing::import(tx, &BY, &of, &[(row, vec![number])], 0, now)
            .await
            .unwrap();
        let lead = leads::in_campaign(tx, &campaign, external).await.unwrap();
        found.push(lead.unwrap().id);
    }
    let managers: [PersonId; 3] = std::array::from_fn(|n| people[2 + REVIEWERS + n].clone());
    let plan = approved(tx, &managers[0], &campaign, 0, now).await.unwrap();
    for (n, who) in people[..2].iter().enumerate() {
        let number = format!("P-{n}");
        periods::set_payroll_number(tx, &managers[0], who, &number, now)
            .await
            .unwrap();
    }
    // As the model begins: one of the two has read it.
    plans::acknowledge(tx, &people[0], &plan, now)
        .await
        .unwrap();
    World {
        campaign,
        plans: vec![plan],
        leads: [found[0].clone(), found[1].clone()],
        claimants: [people[0].clone(), people[1].clone()],
        reviewers: people[2..2 + REVIEWERS].to_vec(),
        managers,
        sales: people[5 + REVIEWERS].clone(),
    }
}

/// What another process needs to know in order to go on.
#[derive(serde::Serialize, serde::Deserialize)]
struct Handed {
    world: World,
    now: i64,
    claims: Vec<(ClaimId, CallId)>,
    judged: usize,
}

impl Till {
    /// Gives the store up, for another process to go on.
    pub async fn hand_over(self) -> String {
        self.db.unwrap().close().await;
        let handed = Handed {
            world: self.world.unwrap(),
            now: self.now.micros(),
            claims: self.claims,
            judged: self.judged,
        };
        serde_json::to_string(&handed).unwrap()
    }

    /// Goes on where another process gave up, or died.
    pub async fn take_over(place: Place, handed: &str) -> Till {
        let handed: Handed = serde_json::from_str(handed).unwrap();
        let mut till = Till::at(place);
        till.db = Some(till.place.connect().await);
        till.world = Some(handed.world);
        till.now = WallTime(handed.now);
        till.claims = handed.claims;
        till.judged = handed.judged;
        till
    }

    pub fn sqlite(path: &std::path::Path) -> Till {
        Till::at(real::Place::Sqlite(path.to_owned()))
    }

    pub fn postgres(admin: &str, number: u32) -> Till {
        Till::at(real::Place::Postgres {
            admin: admin.to_owned(),
            name: format!("till{number}"),
        })
    }
}
