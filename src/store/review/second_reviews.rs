//! Second reviews: the same call judged again by somebody else, who is not told why (PRODUCT R9 to
//! R12).

use crate::pii::Pii;
use crate::review::{
    Act, Given, Place, PutBack, Rules, SecondReviewReason, SecondReviewState, Stake,
};
use crate::store::events::Event;
use crate::store::review::checklists;
use crate::store::review::claims::{self, Claim};
use crate::store::review::interest::{self, Item, Kind};
use crate::store::review::queue::{Queued, SECOND_REVIEWS, refused};
use crate::store::review::sheet::{Judged, Sheet};
use crate::store::review::verdicts::Verdict;
use crate::store::{
    Actor, MaybeFlag, ROWS_AT_A_TIME, Result, StoreError, Tx, all, all_in, changed_one, leads, log,
    new_id, one, run,
};
use crate::units::{
    CalibrationId, CallId, CampaignId, ClaimId, ClientId, ItemId, LeadId, Micros, PersonId,
    SecondReviewId, VerdictId, VersionId, WallTime,
};
use serde_json::json;
use sqlx::FromRow;
use std::collections::{BTreeMap, HashSet};

/// A second review with what its desk shows.
#[derive(Debug, Clone, FromRow, PartialEq, Eq)]
pub struct SecondReview {
    pub id: SecondReviewId,
    /// What people say: S-12.
    pub number: i64,
    pub reason: SecondReviewReason,
    pub lead_id: LeadId,
    pub company: Pii<String>,
    pub campaign_id: CampaignId,
    pub campaign: String,
    pub client_id: ClientId,
    pub checklist_version_id: VersionId,
    /// Null for a call that nobody claimed.
    pub claim_id: Option<ClaimId>,
    /// The verdict that is judged afresh; null for a call that nobody claimed.
    pub verdict_id: Option<VerdictId>,
    /// Null: of no calibration.
    pub calibration_id: Option<CalibrationId>,
    /// The one who is to do it; null: whoever may.
    pub assigned_to: Option<PersonId>,
    /// What a dispute or a rejection is about; null: the whole verdict.
    pub criterion: Option<String>,
    pub created_at: WallTime,
    pub due_at: WallTime,
    /// Nobody is offered it before.
    pub opens_at: WallTime,
    pub state: SecondReviewState,
    /// The reviewer at work; null: none is.
    pub locked_by: Option<PersonId>,
    /// Until when they have it; null with the reviewer.
    pub locked_until: Option<WallTime>,
    /// When its reviewer first had it; null before.
    pub taken_at: Option<WallTime>,
    /// Who answered it.
    pub reviewer_id: Option<PersonId>,
    /// The blind answers, a JSON array.
    pub answers: Option<Pii<String>>,
    /// What those come to; null with them.
    #[sqlx(try_from = "MaybeFlag")]
    pub passed: Option<bool>,
    /// What was heard of it, as JSON.
    pub heard: Option<String>,
    /// The answers that stand, a JSON array.
    pub final_answers: Option<Pii<String>>,
    /// What those come to; null until it is decided.
    #[sqlx(try_from = "MaybeFlag")]
    pub final_passed: Option<bool>,
    /// What the reviewer wrote beside them; null until it is decided.
    pub final_note: Option<Pii<String>>,
    /// Null until it is decided.
    pub decided_at: Option<WallTime>,
}

const SECOND_REVIEW: &str =
    "SELECT o.id, o.number, o.reason, o.lead_id, l.company, o.campaign_id, k.name AS campaign, \
     k.client_id, o.checklist_version_id, o.claim_id, o.verdict_id, o.calibration_id,
    o.assigned_to, o.criterion, o.created_at, o.due_at, o.opens_at, o.state, o.locked_by, \
     o.locked_until, o.taken_at, o.reviewer_id, o.answers, o.passed, o.heard, o.final_answers, \
     o.final_passed, o.final_note, o.decided_at
  FROM second_reviews o JOIN leads l ON l.id = o.lead_id JOIN campaigns k ON k.id = o.campaign_id";

impl SecondReview {
    /// Whether nobody has answered it yet and somebody is to.
    #[must_use]
    pub fn waits(&self) -> bool {
        matches!(
            self.state,
            SecondReviewState::Open | SecondReviewState::InReview
        )
    }

    /// Where it stands in its queue.
    #[must_use]
    pub fn place(&self) -> Place {
        Place::of(
            self.state == SecondReviewState::Open,
            self.state == SecondReviewState::InReview,
            self.locked_by.as_ref(),
            self.locked_until,
        )
    }

    /// Whether a reviewer is at work on it: a dispute that was answered is with its reviewer until
    /// it is confirmed.
    #[must_use]
    pub fn is_with(&self, who: &PersonId, now: WallTime) -> bool {
        self.place().is_with(who, now)
            || (self.state == SecondReviewState::Answered && self.reviewer_id.as_ref() == Some(who))
    }
}

impl Queued for SecondReview {
    fn id(&self) -> &str {
        &self.id
    }

    fn place(&self) -> Place {
        SecondReview::place(self)
    }

    fn columns(&self) -> (&'static str, Option<&PersonId>) {
        (self.state.as_str(), self.locked_by.as_ref())
    }
}

/// When a second review is to be done.
#[derive(Debug, Clone, Copy)]
pub struct When {
    /// Nobody is offered it before.
    pub opens: WallTime,
    pub due: WallTime,
}

impl When {
    /// From a moment on, within a span.
    #[must_use]
    pub fn within(opens: WallTime, span: Micros) -> When {
        When {
            opens,
            due: opens + span,
        }
    }
}

/// What is to be judged again.
#[derive(Debug, Clone)]
pub struct NewSecondReview<'a> {
    pub reason: SecondReviewReason,
    pub lead: &'a LeadId,
    pub campaign: &'a CampaignId,
    pub checklist_version: &'a VersionId,
    /// `None` for a call that nobody claimed.
    pub claim: Option<&'a ClaimId>,
    /// `None` for a call that nobody claimed.
    pub verdict: Option<&'a VerdictId>,
    /// `None`: of no calibration.
    pub calibration: Option<&'a CalibrationId>,
    /// The one who is to do it; otherwise whoever may.
    pub assigned_to: Option<&'a PersonId>,
    /// What a dispute or a rejection is about.
    pub criterion: Option<&'a str>,
    pub calls: &'a [CallId],
}

/// Puts a second review into its queue; gives its id. Who asked for it, and why, stands in the line
/// of the act that did.
pub(in crate::store) async fn add(
    tx: &mut Tx,
    new: &NewSecondReview<'_>,
    now: WallTime,
    when: When,
) -> Result<SecondReviewId> {
    let id: SecondReviewId = new_id();
    let number = one!(
        tx,
        (i64,),
        "SELECT COALESCE(MAX(number), 0) + 1 FROM second_reviews"
    )?
    .map_or(1, |r| r.0);
    run!(
        tx,
        "INSERT INTO second_reviews (id, number, reason, lead_id, campaign_id, \
         checklist_version_id, claim_id, verdict_id, calibration_id, assigned_to, criterion, \
         created_at, due_at, opens_at, state)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 'open')",
        &id,
        number,
        new.reason,
        new.lead,
        new.campaign,
        new.checklist_version,
        new.claim,
        new.verdict,
        new.calibration,
        new.assigned_to,
        new.criterion,
        now,
        when.due,
        when.opens
    )?;
    for call in new.calls {
        run!(
            tx,
            "INSERT INTO second_review_calls (second_review_id, call_id) VALUES ($1, $2)",
            &id,
            call
        )?;
    }
    tx.tell(Event::queue());
    Ok(id)
}

/// A final verdict is to be judged afresh, along the version that it answered.
pub(in crate::store) async fn add_of_verdict(
    tx: &mut Tx,
    v: &Verdict,
    claim: &Claim,
    reason: SecondReviewReason,
    criterion: Option<&str>,
    now: WallTime,
    when: When,
) -> Result<SecondReviewId> {
    let calls = claims::calls(tx, &claim.id).await?;
    let new = NewSecondReview {
        reason,
        lead: &claim.lead_id,
        campaign: &claim.campaign_id,
        checklist_version: &v.checklist_version_id,
        claim: Some(&claim.id),
        verdict: Some(&v.id),
        calibration: None,
        assigned_to: None,
        criterion,
        calls: &calls,
    };
    add(tx, &new, now, when).await
}

/// Chance has drawn a final verdict (PRODUCT R10).
///
/// # Errors
/// When the database fails.
pub async fn draw(
    tx: &mut Tx,
    v: &Verdict,
    claim: &Claim,
    now: WallTime,
    when: When,
) -> Result<SecondReviewId> {
    let reason = SecondReviewReason::Random;
    let id = add_of_verdict(tx, v, claim, reason, None, now, when).await?;
    let (subject, detail) = (format!("second_review:{id}"), json!({ "verdict": v.id }));
    let action = "second_review.drawn";
    log::append(tx, &Actor::System, action, subject, detail, now).await?;
    Ok(id)
}

/// The calls to be judged.
pub async fn calls(tx: &mut Tx, id: &SecondReviewId) -> Result<Vec<CallId>> {
    let rows = all!(
        tx,
        (CallId,),
        "SELECT call_id FROM second_review_calls WHERE second_review_id = $1 ORDER BY call_id",
        id
    )?;
    Ok(rows.into_iter().map(|r| r.0).collect())
}

/// A second review, whatever became of it.
pub async fn by_id(tx: &mut Tx, id: &SecondReviewId) -> Result<Option<SecondReview>> {
    Ok(one!(
        tx,
        SecondReview,
        sqlx::AssertSqlSafe(format!("{SECOND_REVIEW} WHERE o.id = $1")),
        id
    )?)
}

/// Second reviews by their ids.
///
/// # Errors
/// When the database fails.
pub async fn by_ids(
    tx: &mut Tx,
    ids: &[&SecondReviewId],
) -> Result<BTreeMap<SecondReviewId, SecondReview>> {
    let mut found = BTreeMap::new();
    for some in ids.chunks(ROWS_AT_A_TIME) {
        let sql = format!("{SECOND_REVIEW} WHERE o.id IN (");
        let rows = all_in!(tx, SecondReview, sql, some, ")")?;
        found.extend(rows.into_iter().map(|r| (r.id.clone(), r)));
    }
    Ok(found)
}

/// A second review that another row points at.
///
/// # Errors
/// [`StoreError::Broken`] when it is gone.
pub async fn existing(tx: &mut Tx, id: &SecondReviewId) -> Result<SecondReview> {
    by_id(tx, id)
        .await?
        .ok_or_else(|| StoreError::gone("second review", id))
}

/// Those of somebody's clients that can be taken now, most urgent first.
pub async fn queue(
    tx: &mut Tx,
    person: &PersonId,
    now: WallTime,
    limit: i64,
) -> Result<Vec<SecondReview>> {
    let sql = format!(
        "{SECOND_REVIEW} JOIN person_clients pc ON pc.client_id = k.client_id AND pc.person_id = \
         $3 LEFT JOIN skips s ON s.item_id = o.id AND s.reviewer_id = $3
         WHERE o.opens_at <= $1 AND (o.state = 'open' OR (o.state = 'in_review' AND \
         o.locked_until < $1)) AND COALESCE(s.reason, '') <> 'interest' AND (o.assigned_to IS NULL \
         OR o.assigned_to = $3) ORDER BY CASE WHEN s.reason IS NULL THEN 0 ELSE 1 END, o.due_at, \
         o.number LIMIT $2"
    );
    Ok(all!(
        tx,
        SecondReview,
        sqlx::AssertSqlSafe(sql),
        now,
        limit,
        person
    )?)
}

/// Those of some second reviews that nobody has taken since they were read, in the same order.
///
/// # Errors
/// When the database fails.
pub async fn still_free(
    tx: &mut Tx,
    of: Vec<SecondReviewId>,
    now: WallTime,
) -> Result<Vec<SecondReviewId>> {
    SECOND_REVIEWS.free(tx, of, now).await
}

/// The one that a reviewer is at work on, or has answered and not confirmed yet.
pub async fn taken_by(
    tx: &mut Tx,
    reviewer: &PersonId,
    now: WallTime,
) -> Result<Option<SecondReview>> {
    let sql = format!(
        "{SECOND_REVIEW} WHERE (o.locked_by = $1 AND o.state = 'in_review' AND o.locked_until >= \
         $2) OR (o.reviewer_id = $1 AND o.state = 'answered') ORDER BY o.due_at LIMIT 1"
    );
    Ok(one!(
        tx,
        SecondReview,
        sqlx::AssertSqlSafe(sql),
        reviewer,
        now
    )?)
}

/// All of a person's clients, newest first.
///
/// # Errors
/// When the database fails.
pub async fn of_clients(tx: &mut Tx, person: &PersonId) -> Result<Vec<SecondReview>> {
    let sql = format!(
        "{SECOND_REVIEW} JOIN person_clients pc ON pc.client_id = k.client_id AND pc.person_id = \
         $1 ORDER BY o.created_at DESC, o.number DESC"
    );
    Ok(all!(tx, SecondReview, sqlx::AssertSqlSafe(sql), person)?)
}

/// The second reviews of a verdict, the first before the others.
pub async fn of_verdict(tx: &mut Tx, verdict: &VerdictId) -> Result<Vec<SecondReview>> {
    let sql = format!("{SECOND_REVIEW} WHERE o.verdict_id = $1 ORDER BY o.number");
    Ok(all!(tx, SecondReview, sqlx::AssertSqlSafe(sql), verdict)?)
}

/// The second reviews of a round, one for each of its reviewers.
pub async fn of_calibration(tx: &mut Tx, round: &CalibrationId) -> Result<Vec<SecondReview>> {
    let sql = format!("{SECOND_REVIEW} WHERE o.calibration_id = $1 ORDER BY o.number");
    Ok(all!(tx, SecondReview, sqlx::AssertSqlSafe(sql), round)?)
}

/// Locks one for a reviewer; gives it as it is then.
///
/// # Errors
/// [`StoreError::Conflict`] when somebody else has it, is asked for it by name, or it is judged;
/// [`StoreError::Interest`].
pub async fn take(
    tx: &mut Tx,
    by: &PersonId,
    id: &SecondReviewId,
    now: WallTime,
) -> Result<SecondReview> {
    let row = existing(tx, id).await?;
    ask(tx, Act::Take, by, &row, now).await?;
    if taken_by(tx, by, now).await?.is_some_and(|s| s.id != *id) {
        return Err(StoreError::Conflict(
            "another second review is still with you: answer it or put it back first",
        ));
    }
    if row.opens_at > now || row.assigned_to.as_ref().is_some_and(|a| a != by) {
        return Err(StoreError::Conflict(
            "this one is not offered to you: the next is",
        ));
    }
    SECOND_REVIEWS.take(tx, &row, by, now).await?;
    note(tx, by, "second_review.taken", id, json!({}), now).await?;
    tx.tell(Event::queue());
    existing(tx, id).await
}

/// A reviewer who works on it keeps it.
///
/// # Errors
/// [`StoreError::Conflict`] when it is not with them.
pub async fn keep(tx: &mut Tx, row: &SecondReview, by: &PersonId, now: WallTime) -> Result<()> {
    if row.state == SecondReviewState::Answered {
        return Ok(());
    }
    SECOND_REVIEWS.keep(tx, row, by, now).await
}

/// Who has an interest in each of these, and who has judged their leads.
///
/// # Errors
/// When the database fails.
pub async fn stakes(tx: &mut Tx, rows: &[SecondReview]) -> Result<Vec<Stake>> {
    let items: Vec<Item<'_>> = rows
        .iter()
        .map(|s| Item {
            id: &s.id,
            client: &s.client_id,
            claimant: None,
        })
        .collect();
    interest::stakes(tx, Kind::SecondReviews, &items).await
}

/// Asks whether somebody may do something to one.
pub(in crate::store) async fn ask(
    tx: &mut Tx,
    act: Act,
    by: &PersonId,
    row: &SecondReview,
    now: WallTime,
) -> Result<()> {
    let stakes = stakes(tx, std::slice::from_ref(row)).await?;
    let stake = stakes.into_iter().next().unwrap_or_else(interest::empty);
    let subject = format!("{}:{}", SECOND_REVIEWS.kind, row.id);
    interest::ask(tx, act, by, &stake, &subject, now).await
}

/// Puts it back into its queue. But for a break, it comes last for this reviewer from now on.
///
/// # Errors
/// [`StoreError::Conflict`] when it is not with them.
pub async fn put_back(
    tx: &mut Tx,
    by: &PersonId,
    row: &SecondReview,
    (why, words): (PutBack, &str),
    now: WallTime,
) -> Result<()> {
    SECOND_REVIEWS.put_back(tx, row, by).await?;
    claims::skip(tx, by, &row.id, (why, words), now).await?;
    let detail = json!({ "why": why });
    note(tx, by, "second_review.released", &row.id, detail, now).await?;
    tx.tell(Event::queue());
    Ok(())
}

async fn note(
    tx: &mut Tx,
    by: &PersonId,
    action: &str,
    id: &SecondReviewId,
    detail: serde_json::Value,
    now: WallTime,
) -> Result<()> {
    let subject = format!("{}:{id}", SECOND_REVIEWS.kind);
    log::append(tx, &by.into(), action, subject, detail, now).await
}

/// What a reviewer answers.
#[derive(Debug, Clone)]
pub struct NewAnswer<'a> {
    pub answers: &'a [Given],
    pub note: &'a str,
}

/// Takes the blind answer, judged by the rules. It is the last but for a dispute, whose reviewer
/// then sees the reason and confirms or changes.
///
/// # Errors
/// [`StoreError::Conflict`] when it is not with this reviewer; [`StoreError::Interest`];
/// [`StoreError::NotReady`] with what is missing.
pub async fn answer(
    tx: &mut Tx,
    by: &PersonId,
    id: &SecondReviewId,
    a: &NewAnswer<'_>,
    rules: &Rules,
    now: WallTime,
) -> Result<()> {
    let row = existing(tx, id).await?;
    ask(tx, Act::Answer, by, &row, now).await?;
    row.place().judge(by, now).map_err(refused)?;
    let judged = judged(tx, by, &row, a.answers, rules).await?;
    let passed = judged.judgement.passed;
    let rows = run!(
        tx,
        "UPDATE second_reviews SET state = 'answered', reviewer_id = $2, answers = $3, passed = \
         $4, recordings = $5, heard = $6, answered_at = $7, locked_by = NULL, locked_until = NULL
         WHERE id = $1 AND state = 'in_review' AND locked_by = $2 AND locked_until >= $7",
        id,
        by,
        &judged.answers,
        i64::from(passed),
        &judged.recordings,
        &judged.heard,
        now
    )?;
    changed_one(
        rows,
        "this one is not with you any more: its lock ran out, or it is answered",
    )?;
    let subject = format!("{}:{id}", SECOND_REVIEWS.kind);
    let answers = log::digest_of(&subject, &judged.answers);
    let detail = json!({ "passed": passed, "answers_sha256": answers });
    note(tx, by, "second_review.answered", id, detail, now).await?;
    if row.reason != SecondReviewReason::Dispute {
        decide(tx, id, by, &judged.answers, passed, a.note, now).await?;
    }
    Ok(())
}

/// Judges answers along the version that is judged by.
pub(in crate::store) async fn judged(
    tx: &mut Tx,
    by: &PersonId,
    row: &SecondReview,
    answers: &[Given],
    rules: &Rules,
) -> Result<Judged> {
    let version = checklists::existing(tx, &row.checklist_version_id).await?;
    let calls = calls(tx, &row.id).await?;
    let sheet = Sheet {
        item: &ItemId::from(row.id.clone()),
        reviewer: by,
        version: &version,
        calls: &calls,
    };
    sheet.judged(tx, rules, answers).await
}

/// The answers that stand. For a dispute this is part of [`super::disputes::confirm`].
pub(in crate::store) async fn decide(
    tx: &mut Tx,
    id: &SecondReviewId,
    reviewer: &PersonId,
    answers: &str,
    passed: bool,
    note: &str,
    now: WallTime,
) -> Result<()> {
    let rows = run!(
        tx,
        "UPDATE second_reviews SET state = 'decided', final_answers = $3, final_passed = $4, \
         final_note = $5, decided_at = $6 WHERE id = $1 AND state = 'answered' AND reviewer_id = \
         $2",
        id,
        reviewer,
        answers,
        i64::from(passed),
        note,
        now
    )?;
    changed_one(rows, "this one was not answered by you, or is decided")
}

/// It is not wanted any more.
pub(in crate::store) async fn withdraw(tx: &mut Tx, id: &SecondReviewId) -> Result<()> {
    existing(tx, id)
        .await?
        .place()
        .withdraw()
        .map_err(refused)?;
    let rows = run!(
        tx,
        "UPDATE second_reviews SET state = 'withdrawn', locked_by = NULL, locked_until = NULL \
         WHERE id = $1 AND state IN ('open', 'in_review')",
        id
    )?;
    changed_one(rows, "somebody has judged it already")?;
    tx.tell(Event::queue());
    Ok(())
}

/// A call that nobody claimed, with its lead.
#[derive(Debug, Clone, FromRow, PartialEq, Eq)]
pub struct Unclaimed {
    pub call_id: CallId,
    pub lead_id: LeadId,
    pub campaign_id: CampaignId,
}

/// Answered calls of a person's clients that nobody claimed and nobody was asked to judge, newest
/// first: one of each lead, whose newest it is. A lead that somebody has claimed was neither missed
/// nor withheld, and one that is being judged is not drawn again meanwhile.
pub async fn unclaimed(
    tx: &mut Tx,
    person: &PersonId,
    from: WallTime,
    limit: i64,
) -> Result<Vec<Unclaimed>> {
    let newest_first = all!(
        tx,
        Unclaimed,
        "SELECT k.id AS call_id, k.lead_id, l.campaign_id FROM calls k JOIN leads l ON l.id = \
         k.lead_id JOIN person_clients pc ON pc.client_id = l.client_id AND pc.person_id = $1
           JOIN recordings r ON r.call_id = k.id
         WHERE k.outcome = 'answered' AND k.started_at >= $2 AND NOT EXISTS (SELECT 1 FROM \
         claims c WHERE c.lead_id = k.lead_id AND c.state NOT IN ('withdrawn', 'sent_back')) AND \
         NOT EXISTS (SELECT 1 FROM second_review_calls c WHERE c.call_id = k.id) AND NOT EXISTS \
         (SELECT 1 FROM second_reviews o WHERE o.lead_id = k.lead_id AND o.state IN ('open', \
         'in_review'))
         ORDER BY k.started_at DESC, k.id LIMIT $3",
        person,
        from,
        limit
    )?;
    let mut leads = HashSet::new();
    Ok(newest_first
        .into_iter()
        .filter(|c: &Unclaimed| leads.insert(c.lead_id.clone()))
        .collect())
}

/// Puts calls that nobody claimed before reviewers (PRODUCT R12); `of` is how many there were to
/// draw from. Each call comes with the version that it is judged by.
///
/// # Errors
/// [`StoreError::Interest`] when whoever draws has one in the client of a call.
pub async fn sample(
    tx: &mut Tx,
    by: &PersonId,
    drawn: &[(Unclaimed, VersionId)],
    of: usize,
    now: WallTime,
    due: WallTime,
) -> Result<()> {
    let mut clients: Vec<ClientId> = Vec::new();
    for (found, _) in drawn {
        let campaign = leads::existing_campaign(tx, &found.campaign_id).await?;
        if !clients.contains(&campaign.client_id) {
            clients.push(campaign.client_id);
        }
    }
    for client in &clients {
        let stake = interest::of_client(tx, client).await?;
        interest::ask(
            tx,
            Act::Sample,
            by,
            &stake,
            &format!("client:{client}"),
            now,
        )
        .await?;
    }
    for (found, version) in drawn {
        let new = NewSecondReview {
            reason: SecondReviewReason::Unclaimed,
            lead: &found.lead_id,
            campaign: &found.campaign_id,
            checklist_version: version,
            claim: None,
            verdict: None,
            calibration: None,
            assigned_to: None,
            criterion: None,
            calls: std::slice::from_ref(&found.call_id),
        };
        add(tx, &new, now, When { opens: now, due }).await?;
    }
    let detail = json!({ "calls": drawn.len(), "of": of });
    let subject = "second_reviews".to_owned();
    log::append(tx, &by.into(), "sample.drawn", subject, detail, now).await
}

/// A round in which several reviewers judge the same claim (PRODUCT R11).
///
/// # Errors
/// [`StoreError::Interest`] when whoever begins it has one in the claim.
pub async fn calibrate(
    tx: &mut Tx,
    by: &PersonId,
    claim: &Claim,
    first: &Verdict,
    reviewers: &[PersonId],
    now: WallTime,
    due: WallTime,
) -> Result<CalibrationId> {
    claims::ask(tx, Act::Calibrate, by, claim, now).await?;
    let id: CalibrationId = new_id();
    run!(
        tx,
        "INSERT INTO calibrations (id, claim_id, created_by, created_at, due_at) VALUES ($1, $2, \
         $3, $4, $5)",
        &id,
        &claim.id,
        by,
        now,
        due
    )?;
    let calls = claims::calls(tx, &claim.id).await?;
    for reviewer in reviewers {
        let new = NewSecondReview {
            reason: SecondReviewReason::Calibration,
            lead: &claim.lead_id,
            campaign: &claim.campaign_id,
            checklist_version: &first.checklist_version_id,
            claim: Some(&claim.id),
            verdict: Some(&first.id),
            calibration: Some(&id),
            assigned_to: Some(reviewer),
            criterion: None,
            calls: &calls,
        };
        add(tx, &new, now, When { opens: now, due }).await?;
    }
    let detail = json!({ "claim": claim.id });
    let subject = format!("calibration:{id}");
    log::append(tx, &by.into(), "calibration.begun", subject, detail, now).await?;
    Ok(id)
}

/// A round of calibration as stored.
#[derive(Debug, Clone, FromRow, PartialEq, Eq)]
pub struct Calibration {
    pub id: CalibrationId,
    pub claim_id: ClaimId,
    pub claim_number: i64,
    pub company: Pii<String>,
    pub client_id: ClientId,
    pub created_at: WallTime,
    pub due_at: WallTime,
}

/// All rounds, newest first, at most 200.
pub async fn calibrations(tx: &mut Tx) -> Result<Vec<Calibration>> {
    Ok(all!(
        tx,
        Calibration,
        "SELECT b.id, b.claim_id, c.number AS claim_number, l.company, l.client_id, b.created_at, \
         b.due_at FROM calibrations b JOIN claims c ON c.id = b.claim_id JOIN leads l ON l.id = \
         c.lead_id
         ORDER BY b.created_at DESC LIMIT 200"
    )?)
}
