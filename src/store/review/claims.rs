//! Claims and their queue.

use crate::pii::Pii;
use crate::review::{ClaimOutcome, ClaimState, Place, Refusal};
use crate::store::events::{Event, Topic};
use crate::store::review::queue::{CLAIMS, Queued, refused};
use crate::store::{Actor, Result, StoreError, Tx, all, changed_one, leads, log, new_id, one, run};
use crate::units::{CallId, CampaignId, ClaimId, ClientId, LeadId, PersonId, WallTime};
use serde_json::json;
use sqlx::FromRow;

/// A claim with what lists show of it.
#[derive(Debug, Clone, FromRow, PartialEq, Eq)]
pub struct Claim {
    pub id: ClaimId,
    /// What people say: C-1001.
    pub number: i64,
    pub lead_id: LeadId,
    pub company: Pii<String>,
    pub campaign_id: CampaignId,
    pub campaign: String,
    pub client_id: ClientId,
    pub person_id: PersonId,
    /// The claimant's name.
    pub person: Pii<String>,
    pub write_up: Pii<String>,
    /// The claimant's own answer per criterion, as a JSON object.
    pub own_answers: Pii<String>,
    pub state: ClaimState,
    /// 1 where a manager wants it judged before others.
    pub priority: i64,
    /// The reviewer at work; null in the queue and once it is decided.
    pub locked_by: Option<PersonId>,
    pub locked_until: Option<WallTime>,
    /// When its reviewer first had it; null before.
    pub taken_at: Option<WallTime>,
    pub created_at: WallTime,
    pub decided_at: Option<WallTime>,
    /// Null until it is decided.
    pub outcome: Option<ClaimOutcome>,
}

impl Claim {
    /// Where it stands in the queue.
    #[must_use]
    pub fn place(&self) -> Place {
        Place::of(
            self.state == ClaimState::Open,
            self.state == ClaimState::InReview,
            self.locked_by.as_ref(),
            self.locked_until,
        )
    }

    /// Whether nobody has judged it yet.
    #[must_use]
    pub fn waits(&self) -> bool {
        matches!(self.state, ClaimState::Open | ClaimState::InReview)
    }
}

impl Queued for Claim {
    fn id(&self) -> &str {
        &self.id
    }

    fn place(&self) -> Place {
        Claim::place(self)
    }

    fn columns(&self) -> (&'static str, Option<&PersonId>) {
        (self.state.as_str(), self.locked_by.as_ref())
    }
}

const CLAIM: &str =
    "SELECT c.id, c.number, c.lead_id, l.company, c.campaign_id, k.name AS campaign, k.client_id, \
     c.person_id, p.name AS person, c.write_up, c.own_answers, c.state, c.priority,
    c.locked_by, c.locked_until, c.taken_at, c.created_at, c.decided_at, c.outcome
  FROM claims c JOIN leads l ON l.id = c.lead_id JOIN campaigns k ON k.id = c.campaign_id JOIN \
     people p ON p.id = c.person_id";

/// What a telemarketer claims.
#[derive(Debug, Clone)]
pub struct NewClaim<'a> {
    pub lead: &'a LeadId,
    pub campaign: &'a CampaignId,
    pub person: &'a PersonId,
    pub calls: &'a [CallId],
    pub write_up: &'a str,
    /// The claimant's own answer per criterion, as JSON.
    pub own_answers: &'a str,
    /// Said on the phone, by header or keys, and not on the page.
    pub by_phone: bool,
}

/// Serializes on PostgreSQL the numbering of claims, and what they rest on: which leads are one.
pub(in crate::store) const NUMBER_LOCK: i64 = 0x434c_4149;

/// Puts a claim into the queue.
///
/// # Errors
/// A duplicate when this person's claim on this lead is still undecided; a conflict when the lead
/// was merged away.
pub async fn add(tx: &mut Tx, claim: &NewClaim<'_>, now: WallTime) -> Result<ClaimId> {
    tx.serialize(NUMBER_LOCK).await?;
    if leads::merged_into(tx, claim.lead).await?.is_some() {
        return Err(StoreError::Conflict(
            "this lead has just been merged into another: reload, and claim that one",
        ));
    }
    let id: ClaimId = new_id();
    let number = one!(
        tx,
        (i64,),
        "SELECT COALESCE(MAX(number), 1000) + 1 FROM claims"
    )?
    .map_or(1001, |r| r.0);
    run!(
        tx,
        "INSERT INTO claims (id, number, lead_id, campaign_id, person_id, write_up, own_answers, \
         state, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, 'open', $8)",
        &id,
        number,
        claim.lead,
        claim.campaign,
        claim.person,
        claim.write_up,
        claim.own_answers,
        now
    )?;
    for call in claim.calls {
        run!(
            tx,
            "INSERT INTO claim_calls (claim_id, call_id) VALUES ($1, $2)",
            &id,
            call
        )?;
    }
    let mut detail = json!({ "calls": claim.calls });
    if claim.by_phone {
        detail["by"] = json!("phone");
    }
    let by = claim.person.into();
    log::append(tx, &by, "claim.made", format!("claim:{id}"), detail, now).await?;
    tx.tell(Event::queue());
    tx.tell(Event::to_person(Topic::Claims, claim.person));
    Ok(id)
}

pub async fn by_id(tx: &mut Tx, id: &ClaimId) -> Result<Option<Claim>> {
    Ok(one!(
        tx,
        Claim,
        sqlx::AssertSqlSafe(format!("{CLAIM} WHERE c.id = $1")),
        id
    )?)
}

/// A claim that another row points at.
pub(in crate::store) async fn existing(tx: &mut Tx, id: &ClaimId) -> Result<Claim> {
    by_id(tx, id)
        .await?
        .ok_or_else(|| StoreError::gone("claim", id))
}

/// A telemarketer's own claims, newest first, at most 500.
pub async fn of_person(tx: &mut Tx, person: &PersonId) -> Result<Vec<Claim>> {
    Ok(all!(
        tx,
        Claim,
        sqlx::AssertSqlSafe(format!(
            "{CLAIM} WHERE c.person_id = $1 ORDER BY c.created_at DESC LIMIT 500"
        )),
        person
    )?)
}

/// Decided claims of a person's clients, newest first.
pub async fn decided_of_clients(tx: &mut Tx, person: &PersonId, limit: i64) -> Result<Vec<Claim>> {
    let sql = format!(
        "{CLAIM} JOIN person_clients pc ON pc.client_id = k.client_id AND pc.person_id = $1 WHERE \
         c.state = 'decided' ORDER BY c.decided_at DESC LIMIT $2"
    );
    Ok(all!(tx, Claim, sqlx::AssertSqlSafe(sql), person, limit)?)
}

/// A lead's claims, oldest first.
pub async fn of_lead(tx: &mut Tx, lead: &LeadId) -> Result<Vec<Claim>> {
    Ok(all!(
        tx,
        Claim,
        sqlx::AssertSqlSafe(format!(
            "{CLAIM} WHERE c.lead_id = $1 ORDER BY c.created_at"
        )),
        lead
    )?)
}

/// The calls in which it was said.
pub async fn calls(tx: &mut Tx, claim: &ClaimId) -> Result<Vec<CallId>> {
    let rows = all!(
        tx,
        (CallId,),
        "SELECT call_id FROM claim_calls WHERE claim_id = $1 ORDER BY call_id",
        claim
    )?;
    Ok(rows.into_iter().map(|r| r.0).collect())
}

/// Whether a person's claim on a lead is still undecided.
pub async fn undecided(tx: &mut Tx, lead: &LeadId, person: &PersonId) -> Result<bool> {
    Ok(one!(
        tx,
        (String,),
        "SELECT id FROM claims WHERE lead_id = $1 AND person_id = $2 AND state <> 'decided'",
        lead,
        person
    )?
    .is_some())
}

/// Who made a claim's calls.
pub async fn callers(tx: &mut Tx, claim: &ClaimId) -> Result<Vec<PersonId>> {
    let rows = all!(
        tx,
        (PersonId,),
        "SELECT DISTINCT k.person_id FROM claim_calls c JOIN calls k ON k.id = c.call_id WHERE \
         c.claim_id = $1 AND k.person_id IS NOT NULL",
        claim
    )?;
    Ok(rows.into_iter().map(|r| r.0).collect())
}

/// Claims of somebody's clients that can be taken now, oldest first within priority: open ones, and
/// those whose lock has run out.
pub async fn queue(
    tx: &mut Tx,
    person: &PersonId,
    now: WallTime,
    limit: i64,
) -> Result<Vec<Claim>> {
    let sql = format!(
        "{CLAIM} JOIN person_clients pc ON pc.client_id = k.client_id AND pc.person_id = $3
         WHERE c.state = 'open' OR (c.state = 'in_review' AND c.locked_until < $1) ORDER BY \
         c.priority DESC, c.created_at, c.number LIMIT $2"
    );
    Ok(all!(
        tx,
        Claim,
        sqlx::AssertSqlSafe(sql),
        now,
        limit,
        person
    )?)
}

/// A manager wants a claim judged before others, or in its turn again.
///
/// # Errors
/// [`StoreError::Conflict`] when its verdict is given.
pub async fn put_first(
    tx: &mut Tx,
    by: &Actor,
    claim: &Claim,
    first: bool,
    now: WallTime,
) -> Result<()> {
    let rows = run!(
        tx,
        "UPDATE claims SET priority = $2 WHERE id = $1 AND state IN ('open', 'in_review')",
        &claim.id,
        i64::from(first)
    )?;
    changed_one(rows, "its verdict is given already")?;
    let (subject, detail) = (format!("claim:{}", claim.id), json!({ "first": first }));
    log::append(tx, by, "claim.put_first", subject, detail, now).await?;
    tell(tx, claim);
    Ok(())
}

/// The queue changed, and the claimant's place in it.
fn tell(tx: &mut Tx, claim: &Claim) {
    tx.tell(Event::queue());
    tx.tell(Event::to_person(Topic::Claims, &claim.person_id));
}

/// The claim that a reviewer is at work on.
pub async fn taken_by(tx: &mut Tx, reviewer: &PersonId, now: WallTime) -> Result<Option<Claim>> {
    let sql = format!(
        "{CLAIM} WHERE c.locked_by = $1 AND c.state = 'in_review' AND c.locked_until >= $2 ORDER \
         BY c.created_at LIMIT 1"
    );
    Ok(one!(tx, Claim, sqlx::AssertSqlSafe(sql), reviewer, now)?)
}

/// The claim whose verdict a reviewer can still take back.
pub async fn held_by(tx: &mut Tx, reviewer: &PersonId) -> Result<Option<Claim>> {
    let sql = format!(
        "{CLAIM} WHERE c.locked_by = $1 AND c.state = 'held' ORDER BY c.locked_until DESC LIMIT 1"
    );
    Ok(one!(tx, Claim, sqlx::AssertSqlSafe(sql), reviewer)?)
}

/// Locks a claim for a reviewer; gives it as it is then.
///
/// # Errors
/// [`StoreError::Conflict`] when somebody else has it or it is judged.
pub async fn take(tx: &mut Tx, by: &PersonId, claim: &ClaimId, now: WallTime) -> Result<Claim> {
    let row = existing(tx, claim).await?;
    CLAIMS.take(tx, &row, by, now).await?;
    let subject = format!("claim:{claim}");
    log::append(tx, &by.into(), "review.taken", subject, json!({}), now).await?;
    tell(tx, &row);
    existing(tx, claim).await
}

/// A reviewer who works on a claim keeps it.
///
/// # Errors
/// [`StoreError::Conflict`] when it is not with them.
pub async fn keep(tx: &mut Tx, claim: &Claim, by: &PersonId, now: WallTime) -> Result<()> {
    CLAIMS.keep(tx, claim, by, now).await
}

/// Puts a claim back into the queue.
///
/// # Errors
/// [`StoreError::Conflict`] when it is not with them.
pub async fn put_back(tx: &mut Tx, by: &PersonId, claim: &Claim, now: WallTime) -> Result<()> {
    CLAIMS.put_back(tx, claim, by).await?;
    let subject = format!("claim:{}", claim.id);
    log::append(tx, &by.into(), "review.released", subject, json!({}), now).await?;
    tell(tx, claim);
    Ok(())
}

/// Somebody asked for what their interest forbids: `action` is `review` or `verdict`.
pub async fn note_refusal(
    tx: &mut Tx,
    by: &PersonId,
    claim: &ClaimId,
    action: &str,
    why: Refusal,
    now: WallTime,
) -> Result<()> {
    let detail = json!({ "why": format!("{why:?}") });
    let (action, subject) = (format!("{action}.refused"), format!("claim:{claim}"));
    log::append(tx, &by.into(), &action, subject, detail, now).await
}

/// From review to hold: the reviewer has committed a verdict.
pub(in crate::store) async fn hold(
    tx: &mut Tx,
    claim: &Claim,
    reviewer: &PersonId,
    now: WallTime,
) -> Result<()> {
    claim.place().judge(reviewer, now).map_err(refused)?;
    let rows = run!(
        tx,
        "UPDATE claims SET state = 'held' WHERE id = $1 AND state = 'in_review' AND locked_by = \
         $2 AND locked_until >= $3",
        &claim.id,
        reviewer,
        now
    )?;
    changed_one(rows, "this claim is not with you any more")
}

/// Back from hold to review: the verdict was taken back.
pub(in crate::store) async fn resume(
    tx: &mut Tx,
    claim: &ClaimId,
    reviewer: &PersonId,
    now: WallTime,
) -> Result<()> {
    let rows = run!(
        tx,
        "UPDATE claims SET state = 'in_review', locked_until = $3 WHERE id = $1 AND state = \
         'held' AND locked_by = $2",
        claim,
        reviewer,
        now + crate::review::LOCK
    )?;
    changed_one(rows, "this claim is not with you")
}

/// From hold to decided: the verdict is final.
pub(in crate::store) async fn decide(
    tx: &mut Tx,
    claim: &Claim,
    outcome: ClaimOutcome,
    now: WallTime,
) -> Result<()> {
    let rows = run!(
        tx,
        "UPDATE claims SET state = 'decided', outcome = $2, decided_at = $3, locked_by = NULL, \
         locked_until = NULL WHERE id = $1 AND state = 'held'",
        &claim.id,
        outcome,
        now
    )?;
    if rows == 1 {
        tx.tell(Event::to_person(Topic::Claims, &claim.person_id));
        Ok(())
    } else {
        Err(StoreError::Broken(format!(
            "claim {} has a verdict on hold and is not on hold itself",
            claim.id
        )))
    }
}
