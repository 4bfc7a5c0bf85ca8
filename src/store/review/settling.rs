//! What a decided claim comes to: whose turn it is on its lead, and what it books (PRODUCT I3, M3).

use crate::commission::{Booking, FinalVerdict, book, plan_at};
use crate::review::{ClaimOutcome, ClaimState, DisputeState, Earlier, Rules, Turn, turn};
use crate::store::commission::ledger::{self, Earns};
use crate::store::commission::plans;
use crate::store::review::claims::{CameTo, Claim};
use crate::store::{Result, Tx, all};
use crate::units::{EntryId, SecondReviewId, VerdictId, WallTime};
use sqlx::FromRow;

/// The answers that a booking rests on: the verdict's, or those of the second review that turned it.
pub(in crate::store) struct RestsOn<'a> {
    pub verdict: &'a VerdictId,
    /// The entry that the verdict names.
    pub entry: &'a EntryId,
    pub second_review: Option<&'a SecondReviewId>,
    pub passed: bool,
}

/// What a claim comes to, and its entry where it earns. Of the valid claims on a lead the one that
/// was made first earns, whichever is judged first.
pub(in crate::store) async fn settle(
    tx: &mut Tx,
    on: &RestsOn<'_>,
    claim: &Claim,
    rules: &Rules,
    now: WallTime,
) -> Result<CameTo> {
    if on.passed
        && let Turn::Wait(until) = turn(&earlier(tx, claim, rules).await?, now)
    {
        return Ok(CameTo {
            outcome: ClaimOutcome::PassedWaiting,
            entry: None,
            // A moment after the deadline itself, which still belongs to it.
            waits_until: Some(until.map_or(WallTime(i64::MAX), |end| WallTime(end.micros() + 1))),
        });
    }
    let (outcome, entry) = book_it(tx, on, claim, now).await?;
    Ok(CameTo {
        outcome,
        entry,
        waits_until: None,
    })
}

#[derive(FromRow)]
struct Before {
    state: ClaimState,
    outcome: Option<ClaimOutcome>,
    decided_at: Option<WallTime>,
    dispute: Option<DisputeState>,
    /// Calls of it that still belong to the lead.
    calls: i64,
}

/// Where the earlier claims of others on the same lead stand.
async fn earlier(tx: &mut Tx, claim: &Claim, rules: &Rules) -> Result<Vec<Earlier>> {
    let rows = all!(
        tx,
        Before,
        "SELECT c.state, c.outcome, c.decided_at, d.state AS dispute, (SELECT COUNT(*) FROM \
         claim_calls x JOIN calls k ON k.id = x.call_id AND k.lead_id = c.lead_id WHERE x.claim_id = \
         c.id) AS calls FROM claims c LEFT JOIN disputes d ON d.claim_id = c.id WHERE c.lead_id = $1 \
         AND c.campaign_id = $2 AND c.person_id <> $3 AND c.place < $4",
        &claim.lead_id,
        &claim.campaign_id,
        &claim.person_id,
        claim.place
    )?;
    Ok(rows.iter().map(|row| standing(row, rules)).collect())
}

fn standing(row: &Before, rules: &Rules) -> Earlier {
    match (row.outcome, row.dispute) {
        _ if row.state.is_undecided() => Earlier::Undecided,
        // It costs nothing to be sent back: while the lead may be right after all, the place is
        // kept for as long as a verdict may be disputed.
        _ if row.state == ClaimState::SentBack && row.calls > 0 => {
            row.decided_at.map_or(Earlier::Over, |at| {
                Earlier::FailedUntil(at + rules.dispute_within)
            })
        }
        (Some(ClaimOutcome::PassedWaiting), _) => Earlier::Waiting,
        (Some(ClaimOutcome::Failed), Some(DisputeState::Open)) => Earlier::Undecided,
        (Some(ClaimOutcome::Failed), None) => match row.decided_at {
            Some(at) => Earlier::FailedUntil(at + rules.dispute_within),
            None => Earlier::Over,
        },
        _ => Earlier::Over,
    }
}

/// Books what the answers earn; gives what the claim came to and the entry.
async fn book_it(
    tx: &mut Tx,
    on: &RestsOn<'_>,
    claim: &Claim,
    now: WallTime,
) -> Result<(ClaimOutcome, Option<EntryId>)> {
    let verdict = FinalVerdict {
        passed: on.passed,
        at: now,
        lead_already_earned: ledger::has_earned(tx, &claim.campaign_id, &claim.lead_id).await?,
    };
    let plans = plans::of_campaign(tx, &claim.campaign_id).await?;
    // The version in force when the claim was made (PRODUCT I4); where none was, today's.
    let own = claim.plan_id.as_ref();
    let plan = own
        .and_then(|id| plans.iter().find(|p| p.id == *id))
        .or_else(|| plan_at(&plans, now));
    Ok(
        match book(&verdict, plan, &ledger::locked_periods(tx).await?) {
            Booking::Accrue(accrual) => {
                let earns = Earns {
                    entry: on.entry,
                    person: &claim.person_id,
                    campaign: &claim.campaign_id,
                    lead: &claim.lead_id,
                    claim: &claim.id,
                    verdict: on.verdict,
                    second_review: on.second_review,
                };
                ledger::accrue(tx, &earns, &accrual, now).await?;
                (ClaimOutcome::Passed, Some(on.entry.clone()))
            }
            Booking::AlreadyEarned => (ClaimOutcome::PassedAlreadyPaid, None),
            Booking::NoPlan => {
                tracing::error!(
                    claim = claim.number,
                    "a lead passed and its campaign has no commission plan in force: nothing was \
                     booked; approve a plan and book it as a correction"
                );
                (ClaimOutcome::Passed, None)
            }
            Booking::Nothing => (ClaimOutcome::Failed, None),
        },
    )
}
