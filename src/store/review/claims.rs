//! Claims and their queue.

use crate::leads::ClaimedBy;
use crate::leads::finding::folded;
use crate::pii::Pii;
use crate::review::sheet::tells_company;
use crate::review::{Act, ClaimOutcome, ClaimState, Place, PutBack, Stake};
use crate::store::events::{Event, Topic};
use crate::store::handover::opening::{self, Passed};
use crate::store::leads::{same, work};
use crate::store::outbox::{self, Of};
use crate::store::review::interest::{self, Item, Kind};
use crate::store::review::openers::{self, OpenerPart};
use crate::store::review::queue::{CLAIMS, Queued, refused};
use crate::store::review::{checklists, heard};
use crate::store::{
    Actor, ROWS_AT_A_TIME, Result, StoreError, Tx, all, all_in, changed_one, leads, log, one, run,
};
use crate::units::{
    CallId, CampaignId, ClaimId, ClientId, LeadId, Micros, PersonId, PlanId, VersionId, WallTime,
};
use crate::webhook::Subject;
use serde_json::json;
use sqlx::FromRow;
use std::collections::BTreeMap;

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
    /// Until when they have it; null with the reviewer.
    pub locked_until: Option<WallTime>,
    /// When its reviewer first had it; null before.
    pub taken_at: Option<WallTime>,
    pub created_at: WallTime,
    /// When its verdict became final, or it was sent back; null before, and when withdrawn.
    pub decided_at: Option<WallTime>,
    /// Null until it is decided.
    pub outcome: Option<ClaimOutcome>,
    /// The checklist version in force when it was made; null only before the eighth migration.
    pub checklist_version_id: Option<VersionId>,
    /// The plan in force when it was made; null: none was.
    pub plan_id: Option<PlanId>,
    /// Why a manager put it first, in words that the claimant reads; null: in its turn.
    pub first_reason: Option<Pii<String>>,
    /// When that was; null with the reason.
    pub first_at: Option<WallTime>,
    /// Its place among the claims on its lead; of the valid ones the first earns.
    pub place: i64,
    /// What the reviewer wrote who sent it back.
    pub sent_back_note: Option<Pii<String>>,
    /// Null: before this was kept.
    pub came_by: Option<ClaimedBy>,
    /// When a claim that waits for its turn is looked at again; the end of time: when an earlier
    /// one is over.
    pub waits_until: Option<WallTime>,
    /// Since when it would have earned, had its claimant read the plan; null: it waits for
    /// something else, or for nothing.
    pub unread_since: Option<WallTime>,
    /// When it earned, or was found not to; null: open, or waiting for its turn.
    pub settled_at: Option<WallTime>,
    /// Who else opened the lead and has a share in what it earns, as it was when the claim was
    /// made; null: nobody.
    pub opener_id: Option<PersonId>,
    /// Their name.
    pub opener: Option<Pii<String>>,
    /// The call by which they opened it, and when that was answered.
    pub opener_call_id: Option<CallId>,
    /// Null with the opener.
    pub opened_at: Option<WallTime>,
    /// When their part, which waits for them to read the plan, is looked at again; the end of time:
    /// when they have read it.
    pub opener_waits_until: Option<WallTime>,
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
    c.locked_by, c.locked_until, c.taken_at, c.created_at, c.decided_at, c.outcome, \
     c.checklist_version_id, c.plan_id, c.first_reason, c.first_at, c.place, c.sent_back_note, c.came_by, \
     c.waits_until, c.unread_since, c.settled_at, c.opener_id, o.name AS opener, c.opener_call_id, oc.answered_at AS \
     opened_at, c.opener_waits_until
  FROM claims c JOIN leads l ON l.id = c.lead_id JOIN campaigns k ON k.id = c.campaign_id JOIN \
     people p ON p.id = c.person_id LEFT JOIN people o ON o.id = c.opener_id LEFT JOIN calls oc ON \
     oc.id = c.opener_call_id";

/// Adds a line about a claim to the log.
pub(in crate::store) async fn note(
    tx: &mut Tx,
    by: &PersonId,
    action: &str,
    id: &ClaimId,
    detail: serde_json::Value,
    now: WallTime,
) -> Result<()> {
    log::append(tx, &by.into(), action, format!("claim:{id}"), detail, now).await
}

/// What a message to the outside says of a claim, with what is to be said beside it: identifiers
/// and states, no names.
pub(in crate::store) fn message(claim: &Claim, more: serde_json::Value) -> serde_json::Value {
    let mut data = json!({
        "claim": claim.id,
        "claim_number": claim.number,
        "lead": claim.lead_id,
        "campaign": claim.campaign_id,
        "client": claim.client_id,
        "person": claim.person_id,
    });
    if let (Some(data), serde_json::Value::Object(more)) = (data.as_object_mut(), more) {
        data.extend(more);
    }
    data
}

/// Puts a message about a claim into the outbox.
pub(in crate::store) async fn put_message(
    tx: &mut Tx,
    subject: Subject,
    claim: &Claim,
    more: serde_json::Value,
    now: WallTime,
) -> Result<()> {
    let data = message(claim, more);
    outbox::put(tx, subject, Of::Client(&claim.client_id), &data, now).await
}

/// A claim on a lead is over: what waits behind it is looked at again, on leads ruled to be the
/// same too.
pub(in crate::store) async fn wake(tx: &mut Tx, claim: &Claim, now: WallTime) -> Result<()> {
    for lead in same::leads(tx, &claim.lead_id, now).await? {
        run!(
            tx,
            "UPDATE claims SET waits_until = $3 WHERE lead_id = $1 AND campaign_id = $2 AND \
             outcome = 'passed_waiting' AND waits_until > $3",
            &lead,
            &claim.campaign_id,
            now
        )?;
    }
    Ok(())
}

/// An entry on a lead was taken back as fraud: who claimed it too and came to nothing has their
/// turn, and so has who lost an entry because this one had earned.
pub(in crate::store) async fn turn_comes(tx: &mut Tx, claim: &Claim, now: WallTime) -> Result<()> {
    for lead in same::leads(tx, &claim.lead_id, now).await? {
        run!(
            tx,
            "UPDATE claims SET outcome = 'passed_waiting', settled_at = NULL, waits_until = $4 \
             WHERE lead_id = $1 AND campaign_id = $2 AND id <> $3 AND (outcome = \
             'passed_already_paid' OR (outcome = 'passed' AND EXISTS (SELECT 1 FROM ledger r WHERE \
             r.claim_id = claims.id AND r.kind = 'reversal' AND r.reason = 'duplicate' AND r.place \
             = (SELECT MAX(g.place) FROM ledger g WHERE g.claim_id = claims.id))))",
            &lead,
            &claim.campaign_id,
            &claim.id,
            now
        )?;
    }
    wake(tx, claim, now).await
}

/// A campaign has a plan: what passed without one is looked at again.
pub(in crate::store) async fn plan_came(
    tx: &mut Tx,
    campaign: &CampaignId,
    now: WallTime,
) -> Result<()> {
    run!(
        tx,
        "UPDATE claims SET waits_until = $2 WHERE campaign_id = $1 AND outcome = 'passed_waiting' \
         AND waits_until > $2",
        campaign,
        now
    )?;
    Ok(())
}

/// Somebody has read a plan: their claims that wait, and their shares in others', are looked at
/// again.
pub(in crate::store) async fn plan_read(
    tx: &mut Tx,
    person: &PersonId,
    now: WallTime,
) -> Result<()> {
    run!(
        tx,
        "UPDATE claims SET waits_until = $2 WHERE person_id = $1 AND outcome = 'passed_waiting' \
         AND waits_until > $2",
        person,
        now
    )?;
    run!(
        tx,
        "UPDATE claims SET opener_waits_until = $2 WHERE opener_id = $1 AND opener_waits_until > $2",
        person,
        now
    )?;
    Ok(())
}

/// The reviewer at work hears that the call is about another company: nothing is judged, and the
/// claimant sets the lead right. Who has heard nothing of it cannot tell.
///
/// # Errors
/// [`StoreError::Conflict`] when it is not with them; [`StoreError::Refused`] when they heard less
/// than a second of it; [`StoreError::Interest`].
pub async fn send_back(
    tx: &mut Tx,
    by: &PersonId,
    claim: &Claim,
    why: &str,
    now: WallTime,
) -> Result<()> {
    ask(tx, Act::Answer, by, claim, now).await?;
    claim.place().judge(by, now).map_err(refused)?;
    let heard = heard::of_item(tx, &claim.id.clone().into(), by).await?;
    if !tells_company(heard.iter().map(|(_, heard)| heard)) {
        return Err(StoreError::Refused(
            "Which company this is can only be heard: play the call first".to_owned(),
        ));
    }
    let rows = run!(
        tx,
        "UPDATE claims SET state = 'sent_back', sent_back_note = $3, sent_back_by = $2, \
         decided_at = $4, locked_by = NULL, locked_until = NULL WHERE id = $1 AND state = \
         'in_review' AND locked_by = $2",
        &claim.id,
        by,
        why,
        now
    )?;
    changed_one(rows, "this claim is not with you any more")?;
    wake(tx, claim, now).await?;
    note(tx, by, "claim.sent_back", &claim.id, json!({}), now).await?;
    work::follow(tx, &by.into(), [&claim.lead_id], now).await?;
    put_message(tx, Subject::ClaimSentBack, claim, json!({}), now).await?;
    tell(tx, claim);
    Ok(())
}

/// A claim, whatever became of it.
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

/// Which of one's own claims are wanted.
#[derive(Debug, Clone, Default)]
pub struct OwnWanted<'a> {
    /// A part of the company's name, or a number as `C-1001`.
    pub search: &'a str,
    /// Decided, or not; `None`: all.
    pub decided: Option<bool>,
    /// Claims that were made before the one of this number.
    pub before: Option<i64>,
}

/// A page of a telemarketer's own claims, newest first.
///
/// # Errors
/// When the database fails.
pub async fn of_person(
    tx: &mut Tx,
    person: &PersonId,
    wanted: &OwnWanted<'_>,
    limit: i64,
) -> Result<Vec<Claim>> {
    let search = folded(wanted.search.trim());
    let number = search.trim_start_matches("c-").parse().unwrap_or(-1_i64);
    let sql = format!(
        "{CLAIM} WHERE c.person_id = $1 AND c.number < $2 AND ($3 = '' OR l.company_folded LIKE \
         $3 ESCAPE '\\' OR c.number = $4) AND ($5 < 0 OR (CASE WHEN c.state = 'decided' THEN 1 \
         ELSE 0 END) = $5) ORDER BY c.number DESC LIMIT $6"
    );
    let part = |text: &str| match text {
        "" => String::new(),
        text => format!("%{}%", leads::escaped_like(text)),
    };
    Ok(all!(
        tx,
        Claim,
        sqlx::AssertSqlSafe(sql),
        person,
        wanted.before.unwrap_or(i64::MAX),
        part(&search),
        number,
        wanted.decided.map_or(-1, i64::from),
        limit
    )?)
}

/// Claims by their ids.
///
/// # Errors
/// When the database fails.
pub async fn by_ids(tx: &mut Tx, ids: &[&ClaimId]) -> Result<BTreeMap<ClaimId, Claim>> {
    let mut found = BTreeMap::new();
    for some in ids.chunks(ROWS_AT_A_TIME) {
        let rows = all_in!(tx, Claim, format!("{CLAIM} WHERE c.id IN ("), some, ")")?;
        found.extend(rows.into_iter().map(|c| (c.id.clone(), c)));
    }
    Ok(found)
}

/// Decided claims of a person's clients, newest first.
pub async fn decided_of_clients(tx: &mut Tx, person: &PersonId, limit: i64) -> Result<Vec<Claim>> {
    let sql = format!(
        "{CLAIM} WHERE c.id IN (SELECT d.id FROM claims d CROSS JOIN campaigns g CROSS JOIN \
         person_clients pc WHERE d.state = 'decided' AND g.id = d.campaign_id AND pc.client_id = \
         g.client_id AND pc.person_id = $1 ORDER BY d.decided_at DESC LIMIT $2) ORDER BY \
         c.decided_at DESC"
    );
    Ok(all!(tx, Claim, sqlx::AssertSqlSafe(sql), person, limit)?)
}

/// A lead's claims, oldest first.
pub async fn of_lead(tx: &mut Tx, lead: &LeadId) -> Result<Vec<Claim>> {
    Ok(all!(
        tx,
        Claim,
        sqlx::AssertSqlSafe(format!("{CLAIM} WHERE c.lead_id = $1 ORDER BY c.number")),
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

/// Claims of somebody's clients that can be taken now, oldest first within priority: open ones, and
/// those whose lock has run out. What this person has skipped comes last, and what they skipped for
/// an interest never.
pub async fn queue(
    tx: &mut Tx,
    person: &PersonId,
    now: WallTime,
    limit: i64,
) -> Result<Vec<Claim>> {
    let sql = format!(
        "{CLAIM} JOIN person_clients pc ON pc.client_id = k.client_id AND pc.person_id = $3
           LEFT JOIN skips s ON s.item_id = c.id AND s.reviewer_id = $3
         WHERE c.id IN (SELECT q.id FROM claims q WHERE q.state = 'open' OR (q.state = 'in_review' \
         AND q.locked_until < $1)) AND COALESCE(s.reason, '') <> 'interest' ORDER BY CASE WHEN \
         s.reason IS NULL THEN 0 ELSE 1 END, c.priority DESC, c.created_at, c.number LIMIT $2"
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

/// Those of some claims that nobody has taken since they were read, in the same order.
///
/// # Errors
/// When the database fails.
pub async fn still_free(tx: &mut Tx, of: Vec<ClaimId>, now: WallTime) -> Result<Vec<ClaimId>> {
    CLAIMS.free(tx, of, now).await
}

/// The claims of somebody's clients that have waited longest, at most `limit`.
pub(in crate::store) async fn longest_waiting(
    tx: &mut Tx,
    person: &PersonId,
    limit: i64,
) -> Result<Vec<Claim>> {
    let sql = format!(
        "{CLAIM} JOIN person_clients pc ON pc.client_id = k.client_id AND pc.person_id = $1 WHERE \
         c.id IN (SELECT q.id FROM claims q WHERE q.state = 'open') ORDER BY c.created_at, c.number \
         LIMIT $2"
    );
    Ok(all!(tx, Claim, sqlx::AssertSqlSafe(sql), person, limit)?)
}

/// A manager without an interest wants a claim judged before others, with a reason that the
/// claimant reads; or, without one, in its turn again.
///
/// # Errors
/// [`StoreError::Conflict`] when its verdict is given; [`StoreError::Interest`].
pub async fn put_first(
    tx: &mut Tx,
    by: &PersonId,
    claim: &Claim,
    reason: Option<&str>,
    now: WallTime,
) -> Result<()> {
    ask(tx, Act::PutFirst, by, claim, now).await?;
    let rows = run!(
        tx,
        "UPDATE claims SET priority = $2, first_reason = $3, first_at = $4 WHERE id = $1 AND state \
         IN ('open', 'in_review')",
        &claim.id,
        i64::from(reason.is_some()),
        reason,
        reason.map(|_| now)
    )?;
    changed_one(rows, "its verdict is given already")?;
    let detail = json!({ "first": reason.is_some() });
    note(tx, by, "claim.put_first", &claim.id, detail, now).await?;
    tell(tx, claim);
    Ok(())
}

/// Who has an interest in each of these claims, and who has judged their leads.
///
/// # Errors
/// When the database fails.
pub async fn stakes(tx: &mut Tx, claims: &[Claim]) -> Result<Vec<Stake>> {
    let items: Vec<Item<'_>> = claims
        .iter()
        .map(|c| Item {
            id: &c.id,
            client: &c.client_id,
            claimant: Some(&c.person_id),
        })
        .collect();
    interest::stakes(tx, Kind::Claims, &items).await
}

/// The same of one claim.
///
/// # Errors
/// When the database fails.
pub async fn stake(tx: &mut Tx, claim: &Claim) -> Result<Stake> {
    let stakes = stakes(tx, std::slice::from_ref(claim)).await?;
    Ok(stakes.into_iter().next().unwrap_or_else(interest::empty))
}

/// Asks whether somebody may do something to a claim.
pub(in crate::store) async fn ask(
    tx: &mut Tx,
    act: Act,
    by: &PersonId,
    claim: &Claim,
    now: WallTime,
) -> Result<()> {
    let stake = stake(tx, claim).await?;
    interest::ask(tx, act, by, &stake, &format!("claim:{}", claim.id), now).await
}

/// The queue changed, and the claimant's place in it.
pub(in crate::store) fn tell(tx: &mut Tx, claim: &Claim) {
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

/// Locks a claim for a reviewer; gives it as it is then. A claim from before the eighth migration
/// gets its checklist version now.
///
/// # Errors
/// [`StoreError::Conflict`] when somebody else has it, it is judged, or another one is with them;
/// [`StoreError::Interest`].
pub async fn take(tx: &mut Tx, by: &PersonId, claim: &ClaimId, now: WallTime) -> Result<Claim> {
    let row = existing(tx, claim).await?;
    ask(tx, Act::Take, by, &row, now).await?;
    let other = taken_by(tx, by, now).await?;
    if other.is_some_and(|c| c.id != *claim) {
        return Err(StoreError::Conflict(
            "another claim is still with you: give its verdict or put it back first",
        ));
    }
    CLAIMS.take(tx, &row, by, now).await?;
    if row.checklist_version_id.is_none() {
        let campaign = leads::existing_campaign(tx, &row.campaign_id).await?;
        let version = checklists::in_force(tx, &campaign.checklist_id, now).await?;
        if version.is_none() {
            return Err(StoreError::Conflict(NO_VERSION));
        }
        run!(
            tx,
            "UPDATE claims SET checklist_version_id = $2 WHERE id = $1",
            claim,
            version.map(|v| v.id)
        )?;
    }
    note(tx, by, "review.taken", claim, json!({}), now).await?;
    tell(tx, &row);
    existing(tx, claim).await
}

const NO_VERSION: &str = "the campaign's checklist has no version in force: the heads of marketing \
    and sales sign one first";

/// The checklist version that a claim is judged by.
///
/// # Errors
/// [`StoreError::Conflict`] when none was ever in force.
pub async fn version(tx: &mut Tx, claim: &Claim) -> Result<checklists::Version> {
    match &claim.checklist_version_id {
        Some(id) => checklists::existing(tx, id).await,
        None => Err(StoreError::Conflict(NO_VERSION)),
    }
}

/// A reviewer who works on a claim keeps it.
///
/// # Errors
/// [`StoreError::Conflict`] when it is not with them.
pub async fn keep(tx: &mut Tx, claim: &Claim, by: &PersonId, now: WallTime) -> Result<()> {
    CLAIMS.keep(tx, claim, by, now).await
}

/// Puts a claim back into the queue. But for a break, it comes last for this reviewer from now on.
///
/// # Errors
/// [`StoreError::Conflict`] when it is not with them.
pub async fn put_back(
    tx: &mut Tx,
    by: &PersonId,
    claim: &Claim,
    (why, words): (PutBack, &str),
    now: WallTime,
) -> Result<()> {
    CLAIMS.put_back(tx, claim, by).await?;
    skip(tx, by, &claim.id, (why, words), now).await?;
    note(
        tx,
        by,
        "review.released",
        &claim.id,
        json!({ "why": why }),
        now,
    )
    .await?;
    tell(tx, claim);
    Ok(())
}

/// Nobody picks from the queue (PRODUCT R2), so nobody skips to the claim that they want either.
const MOST_SKIPS: i64 = 10;
const SKIPS_WITHIN: Micros = Micros::from_secs(86_400);

/// Remembers that a reviewer has put an item back, and why.
pub(in crate::store) async fn skip(
    tx: &mut Tx,
    by: &PersonId,
    item: &str,
    (why, words): (PutBack, &str),
    now: WallTime,
) -> Result<()> {
    if why == PutBack::Break {
        return Ok(());
    }
    let lately = one!(
        tx,
        (i64,),
        "SELECT COUNT(*) FROM skips WHERE reviewer_id = $1 AND at > $2 AND reason <> 'interest'",
        by,
        now - SKIPS_WITHIN
    )?;
    if why != PutBack::Interest && lately.is_some_and(|n| n.0 >= MOST_SKIPS) {
        return Err(StoreError::Conflict(
            "you have put back ten within a day: judge this one, or take a break; who skips at \
             will picks",
        ));
    }
    run!(
        tx,
        "INSERT INTO skips (item_id, reviewer_id, reason, note, at) VALUES ($1, $2, $3, $4, $5) ON \
         CONFLICT (item_id, reviewer_id) DO UPDATE SET reason = excluded.reason, note = \
         excluded.note, at = excluded.at WHERE skips.reason <> 'interest'",
        item,
        by,
        why,
        words,
        now
    )?;
    Ok(())
}

/// How many claims that wait a reviewer has skipped.
pub async fn skipped(tx: &mut Tx, reviewer: &PersonId) -> Result<i64> {
    Ok(one!(
        tx,
        (i64,),
        "SELECT COUNT(*) FROM skips s CROSS JOIN claims c WHERE c.id = s.item_id AND \
         s.reviewer_id = $1 AND c.state IN ('open', 'in_review')",
        reviewer
    )?
    .map_or(0, |r| r.0))
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
    came_to: &CameTo,
    now: WallTime,
) -> Result<()> {
    let rows = run!(
        tx,
        "UPDATE claims SET state = 'decided', outcome = $2, decided_at = $3, waits_until = $4, \
         settled_at = $5, unread_since = $6, locked_by = NULL, locked_until = NULL WHERE id = $1 \
         AND state = 'held'",
        &claim.id,
        came_to.outcome,
        now,
        came_to.waits_until,
        came_to.settled_at(now),
        came_to.unread_since
    )?;
    if rows == 1 {
        note_settled(tx, claim, came_to, now).await?;
        openers::settle(tx, &claim.id, &came_to.opener, now).await?;
        hand_over(tx, claim, came_to, now).await?;
        wake(tx, claim, now).await?;
        work::follow(tx, &Actor::System, [&claim.lead_id], now).await?;
        tx.tell(Event::to_person(Topic::Claims, &claim.person_id));
        Ok(())
    } else {
        Err(StoreError::Broken(format!(
            "claim {} has a verdict on hold and is not on hold itself",
            claim.id
        )))
    }
}

/// What a claim came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store) struct CameTo {
    pub outcome: ClaimOutcome,
    /// What was booked for the claimant; `None`: nothing was.
    pub entry: Option<crate::units::EntryId>,
    /// Where it waits for its turn: when it is looked at again.
    pub waits_until: Option<WallTime>,
    /// Since when only the plan that its claimant has not read stands in its way.
    pub unread_since: Option<WallTime>,
    pub opener: OpenerPart,
}

impl CameTo {
    fn settled_at(&self, now: WallTime) -> Option<WallTime> {
        self.waits_until.is_none().then_some(now)
    }
}

/// A decided claim comes to something else: its turn has come, or a dispute turned it.
pub(in crate::store) async fn resettle(
    tx: &mut Tx,
    claim: &Claim,
    came_to: &CameTo,
    now: WallTime,
) -> Result<()> {
    let rows = run!(
        tx,
        "UPDATE claims SET outcome = $2, waits_until = $3, settled_at = $4, unread_since = $5 WHERE \
         id = $1 AND state = 'decided'",
        &claim.id,
        came_to.outcome,
        came_to.waits_until,
        came_to.settled_at(now),
        came_to.unread_since
    )?;
    changed_one(rows, "this claim is not decided")?;
    if came_to.unread_since != claim.unread_since {
        // Those behind it learn until when they wait for it.
        wake(tx, claim, now).await?;
    }
    note_settled(tx, claim, came_to, now).await?;
    openers::settle(tx, &claim.id, &came_to.opener, now).await?;
    hand_over(tx, claim, came_to, now).await?;
    work::follow(tx, &Actor::System, [&claim.lead_id], now).await?;
    tx.tell(Event::to_person(Topic::Claims, &claim.person_id));
    Ok(())
}

/// A lead that passed goes to sales, whether or not it earns yet.
async fn hand_over(tx: &mut Tx, claim: &Claim, came_to: &CameTo, now: WallTime) -> Result<()> {
    if !came_to.outcome.has_passed() {
        return Ok(());
    }
    let passed = Passed {
        claim: &claim.id,
        lead: &claim.lead_id,
        campaign: &claim.campaign_id,
        client: &claim.client_id,
        claimant: &claim.person_id,
    };
    opening::open(tx, &passed, now).await
}

/// Keeps each time that a claim came to something: it may earn anew after its entry was taken back,
/// and booking everything again needs both.
async fn note_settled(tx: &mut Tx, claim: &Claim, came_to: &CameTo, now: WallTime) -> Result<()> {
    if came_to.settled_at(now).is_some() {
        run!(
            tx,
            "INSERT INTO settlements (claim_id, nth, at, outcome) SELECT $1, COUNT(*) + 1, $2, $3 \
             FROM settlements WHERE claim_id = $1",
            &claim.id,
            now,
            came_to.outcome
        )?;
    }
    Ok(())
}

/// What of somebody's own claims is still to come.
#[derive(Debug, Clone, Default, FromRow, PartialEq, Eq)]
pub struct OwnOpen {
    /// Without a verdict.
    pub undecided: i64,
    /// Passed, and waiting.
    pub waiting: i64,
}

/// Of the clients of `viewer` alone where one is given.
///
/// # Errors
/// When the database fails.
pub async fn open_of_person(
    tx: &mut Tx,
    person: &PersonId,
    viewer: Option<&PersonId>,
) -> Result<OwnOpen> {
    Ok(one!(
        tx,
        OwnOpen,
        "SELECT COUNT(CASE WHEN state IN ('open', 'in_review', 'held') THEN 1 END) AS undecided, \
         COUNT(CASE WHEN outcome = 'passed_waiting' THEN 1 END) AS waiting FROM claims WHERE \
         person_id = $1 AND ($2 = '' OR EXISTS (SELECT 1 FROM campaigns k JOIN person_clients x \
         ON x.client_id = k.client_id AND x.person_id = $2 WHERE k.id = claims.campaign_id))",
        person,
        viewer.map_or("", |v| v.as_str())
    )?
    .unwrap_or_default())
}

/// Claims that wait for their turn and are to be looked at, the first made first; at most 100.
pub async fn turns_due(tx: &mut Tx, now: WallTime) -> Result<Vec<ClaimId>> {
    let rows = all!(
        tx,
        (ClaimId,),
        "SELECT id FROM claims WHERE outcome = 'passed_waiting' AND waits_until <= $1 ORDER BY \
         created_at, number LIMIT 100",
        now
    )?;
    Ok(rows.into_iter().map(|r| r.0).collect())
}
