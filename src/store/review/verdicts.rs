//! Verdicts: committed, held for ten seconds, then final together with what they earn (PRODUCT R7,
//! M3).

use crate::pii::Pii;
use crate::review::{Act, ClaimOutcome, Given, HOLD, Rules, VerdictState};
use crate::store::events::Event;
use crate::store::review::claims::{self, CameTo, Claim};
use crate::store::review::openers::{self, OpenerPart};
use crate::store::review::settling::{RestsOn, book_opener, settle, tell_of_opener};
use crate::store::review::sheet::Sheet;
use crate::store::{
    Actor, Flag, Result, StoreError, Tx, all, all_in, changed_one, log, new_id, one, run,
};
use crate::units::{
    ClaimId, EntryId, ItemId, PersonId, SecondReviewId, VerdictId, VersionId, WallTime,
};
use crate::webhook::Subject;
use serde_json::json;
use sqlx::FromRow;
use std::collections::BTreeMap;

/// A verdict as stored.
#[derive(Debug, Clone, FromRow, PartialEq, Eq)]
pub struct Verdict {
    pub id: VerdictId,
    pub claim_id: ClaimId,
    pub reviewer_id: PersonId,
    pub checklist_version_id: VersionId,
    pub checklist_sha256: String,
    /// JSON object: call id to the SHA-256 of its recording.
    pub recordings: String,
    /// JSON array of the answers with their evidence.
    pub answers: Pii<String>,
    #[sqlx(try_from = "Flag")]
    pub passed: bool,
    pub note: Pii<String>,
    pub committed_at: WallTime,
    pub hold_until: WallTime,
    pub state: VerdictState,
    /// Null until the hold is over.
    pub final_at: Option<WallTime>,
    /// The entry that it books if it passes, named at the commit.
    pub entry_id: EntryId,
    /// What was heard of it, as JSON; none was kept before the fifth migration.
    pub heard: Option<String>,
}

const VERDICT: &str = "SELECT id, claim_id, reviewer_id, checklist_version_id, checklist_sha256, \
    recordings, answers, passed, note, committed_at, hold_until, state, final_at, entry_id, heard \
    FROM verdicts";

/// What a reviewer commits.
#[derive(Debug, Clone)]
pub struct NewVerdict<'a> {
    pub reviewer: &'a PersonId,
    pub answers: &'a [Given],
    pub note: &'a str,
}

/// Commits a verdict: the answers are judged under the claim's own checklist version and by what
/// was heard, and the hold begins.
///
/// # Errors
/// [`StoreError::Interest`]; [`StoreError::Conflict`] when the claim is not with this reviewer;
/// [`StoreError::NotReady`] with what is missing.
pub async fn commit(
    tx: &mut Tx,
    claim: &ClaimId,
    v: &NewVerdict<'_>,
    rules: &Rules,
    now: WallTime,
) -> Result<Verdict> {
    let row = claims::existing(tx, claim).await?;
    claims::ask(tx, Act::Answer, v.reviewer, &row, now).await?;
    let version = claims::version(tx, &row).await?;
    claims::hold(tx, &row, v.reviewer, now).await?;
    let calls = claims::calls(tx, claim).await?;
    let sheet = Sheet {
        item: &ItemId::from(claim.clone()),
        reviewer: v.reviewer,
        version: &version,
        calls: &calls,
    };
    let judged = sheet.judged(tx, rules, v.answers).await?;
    let passed = judged.judgement.passed;
    let id: VerdictId = new_id();
    run!(
        tx,
        "INSERT INTO verdicts (id, claim_id, reviewer_id, checklist_version_id, checklist_sha256, \
         recordings, answers, passed, note, committed_at, hold_until, state, entry_id, heard)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'held', $12, $13)",
        &id,
        claim,
        v.reviewer,
        &version.id,
        &version.sha256,
        &judged.recordings,
        &judged.answers,
        i64::from(passed),
        v.note,
        now,
        now + HOLD,
        // Named now, so that a request sent again is answered with the same entry.
        new_id::<EntryId>(),
        &judged.heard
    )?;
    let subject = format!("verdict:{id}");
    let detail = json!({
        "claim": claim,
        "passed": passed,
        "answers_sha256": log::digest_of(&subject, &judged.answers),
    });
    let by = v.reviewer.into();
    log::append(tx, &by, "verdict.committed", subject, detail, now).await?;
    existing(tx, &id).await
}

/// Takes a held verdict back: the claim is with its reviewer again.
///
/// # Errors
/// [`StoreError::Conflict`] when the hold is over.
pub async fn take_back(tx: &mut Tx, by: &PersonId, claim: &ClaimId, now: WallTime) -> Result<()> {
    let rows = run!(
        tx,
        "UPDATE verdicts SET state = 'taken_back' WHERE claim_id = $1 AND reviewer_id = $2 AND \
         state = 'held' AND hold_until > $3",
        claim,
        by,
        now
    )?;
    changed_one(rows, "the ten seconds are over: the verdict stands")?;
    claims::resume(tx, claim, by, now).await?;
    let subject = format!("claim:{claim}");
    log::append(
        tx,
        &by.into(),
        "verdict.taken_back",
        subject,
        json!({}),
        now,
    )
    .await
}

/// A verdict, also one that was taken back.
pub async fn by_id(tx: &mut Tx, id: &VerdictId) -> Result<Option<Verdict>> {
    Ok(one!(
        tx,
        Verdict,
        sqlx::AssertSqlSafe(format!("{VERDICT} WHERE id = $1")),
        id
    )?)
}

/// A verdict that another row points at.
///
/// # Errors
/// [`StoreError::Broken`] when it is gone.
pub async fn existing(tx: &mut Tx, id: &VerdictId) -> Result<Verdict> {
    by_id(tx, id)
        .await?
        .ok_or_else(|| StoreError::gone("verdict", id))
}

/// Verdicts by their ids.
///
/// # Errors
/// When the database fails.
pub async fn by_ids(tx: &mut Tx, ids: &[&VerdictId]) -> Result<BTreeMap<VerdictId, Verdict>> {
    let mut found = BTreeMap::new();
    for some in ids.chunks(AT_A_TIME) {
        let sql = format!("{VERDICT} WHERE id IN (");
        let rows = all_in!(tx, Verdict, sql, some, ")")?;
        found.extend(rows.into_iter().map(|v| (v.id.clone(), v)));
    }
    Ok(found)
}

/// A statement takes no more values than some thousands.
const AT_A_TIME: usize = 1_000;

/// The verdict of a claim that stands or is on hold.
pub async fn of_claim(tx: &mut Tx, claim: &ClaimId) -> Result<Option<Verdict>> {
    Ok(one!(
        tx,
        Verdict,
        sqlx::AssertSqlSafe(format!(
            "{VERDICT} WHERE claim_id = $1 AND state <> 'taken_back'"
        )),
        claim
    )?)
}

/// Held verdicts whose time has come, oldest first: at most 100 beside those that are `stuck`.
pub async fn due(tx: &mut Tx, now: WallTime, stuck: usize) -> Result<Vec<VerdictId>> {
    let limit = i64::try_from(stuck).unwrap_or(0).saturating_add(100);
    let rows = all!(
        tx,
        (VerdictId,),
        "SELECT id FROM verdicts WHERE state = 'held' AND hold_until <= $1 ORDER BY hold_until \
         LIMIT $2",
        now,
        limit
    )?;
    Ok(rows.into_iter().map(|r| r.0).collect())
}

/// Makes a verdict final when its hold is over: verdict, claim, entry, outgoing message and line in
/// the log in this one transaction. Gives verdict and claim, or `None` when it is final already or
/// was taken back meanwhile.
///
/// # Errors
/// When the database fails; nothing of it stands then.
pub async fn make_final(
    tx: &mut Tx,
    verdict: &VerdictId,
    rules: &Rules,
    now: WallTime,
) -> Result<Option<(Verdict, Claim)>> {
    let now = log::after_others(tx, now).await?;
    let rows = run!(
        tx,
        "UPDATE verdicts SET state = 'final', final_at = $2 WHERE id = $1 AND state = 'held' AND \
         hold_until <= $2",
        verdict,
        now
    )?;
    if rows == 0 {
        return Ok(None);
    }
    let v = existing(tx, verdict).await?;
    let claim = claims::existing(tx, &v.claim_id).await?;
    let rests_on = RestsOn {
        verdict: &v.id,
        entry: &v.entry_id,
        second_review: None,
        passed: v.passed,
    };
    let came_to = settle(tx, &rests_on, &claim, rules, now).await?;
    claims::decide(tx, &claim, &came_to, now).await?;
    let body = told(&v, &claim, &came_to);
    claims::put_message(tx, Subject::VerdictFinal, &claim, body.clone(), now).await?;
    let subject = format!("verdict:{}", v.id);
    log::append(tx, &Actor::System, "verdict.final", subject, body, now).await?;
    tx.tell(Event::queue());
    Ok(Some((v, claim)))
}

fn told(v: &Verdict, claim: &Claim, came_to: &CameTo) -> serde_json::Value {
    json!({
        "verdict": v.id,
        "claim": claim.id,
        "claim_number": claim.number,
        "outcome": came_to.outcome,
        "ledger_entry": came_to.entry,
    })
}

/// Looks at a claim that passed and waits for its turn (PRODUCT I3): it earns, comes to nothing
/// because an earlier one earned, or waits on. Gives whether its turn had come.
///
/// # Errors
/// When the database fails; nothing of it stands then.
pub async fn take_turn(tx: &mut Tx, claim: &ClaimId, rules: &Rules, now: WallTime) -> Result<bool> {
    let now = log::after_others(tx, now).await?;
    let claim = claims::existing(tx, claim).await?;
    if claim.outcome != Some(ClaimOutcome::PassedWaiting) {
        return Ok(false);
    }
    let (v, turned) = what_stands(tx, &claim).await?;
    let rests_on = RestsOn {
        verdict: &v.id,
        entry: &v.entry_id,
        second_review: turned.as_ref(),
        passed: v.passed || turned.is_some(),
    };
    let came_to = settle(tx, &rests_on, &claim, rules, now).await?;
    claims::resettle(tx, &claim, &came_to, now).await?;
    if came_to.outcome == ClaimOutcome::PassedWaiting {
        return Ok(false);
    }
    claims::wake(tx, &claim, now).await?;
    let body = told(&v, &claim, &came_to);
    claims::put_message(tx, Subject::ClaimSettled, &claim, body.clone(), now).await?;
    let subject = format!("claim:{}", claim.id);
    log::append(tx, &Actor::System, "claim.settled", subject, body, now).await?;
    Ok(true)
}

/// Looks at the opener's part of a claim, which waits for them to read the plan (PRODUCT M1). Gives
/// whether it was booked.
///
/// # Errors
/// When the database fails; nothing of it stands then.
pub async fn take_opener_turn(
    tx: &mut Tx,
    claim: &ClaimId,
    rules: &Rules,
    now: WallTime,
) -> Result<bool> {
    let now = log::after_others(tx, now).await?;
    let claim = claims::existing(tx, claim).await?;
    if claim.opener_waits_until.is_none() {
        return Ok(false);
    }
    let (v, turned) = what_stands(tx, &claim).await?;
    let rests_on = RestsOn {
        verdict: &v.id,
        entry: &v.entry_id,
        second_review: turned.as_ref(),
        passed: v.passed || turned.is_some(),
    };
    let opener = book_opener(tx, &rests_on, &claim, &rules.zone, now).await?;
    tell_of_opener(tx, &claim, &opener, now).await?;
    openers::settle(tx, &claim.id, &opener, now).await?;
    Ok(matches!(opener, OpenerPart::Booked(_)))
}

/// A decided claim's verdict, and the second review that turned it.
async fn what_stands(tx: &mut Tx, claim: &Claim) -> Result<(Verdict, Option<SecondReviewId>)> {
    let v = of_claim(tx, &claim.id)
        .await?
        .ok_or_else(|| StoreError::gone("the verdict of claim", &claim.id))?;
    let turned = one!(
        tx,
        (SecondReviewId,),
        "SELECT d.second_review_id FROM disputes d JOIN second_reviews s ON s.id = \
         d.second_review_id AND s.verdict_id = d.verdict_id AND s.state = 'decided' AND \
         s.final_passed = 1 WHERE d.verdict_id = $1 AND d.state = 'changed'",
        &v.id
    )?;
    Ok((v, turned.map(|row| row.0)))
}
