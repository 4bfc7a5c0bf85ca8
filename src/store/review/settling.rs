//! What a decided claim comes to: whose turn it is on its lead, and what it books (PRODUCT I3, M3).

use crate::commission::{Booking, FinalVerdict, book, open_period};
use crate::review::{ClaimOutcome, ClaimState, DisputeState, Earlier, Rules, Turn, turn};
use crate::store::commission::ledger::{self, Earns};
use crate::store::commission::{plans, rulings};
use crate::store::leads::same;
use crate::store::review::claims::{CameTo, Claim};
use crate::store::{Result, Tx, all};
use crate::units::{EntryId, LeadId, SecondReviewId, VerdictId, WallTime, Zone};
use crate::webhook::Subject;
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
        && let Turn::Wait(until) = turn(&earlier(tx, claim, rules, now).await?, now)
    {
        return Ok(waiting(until));
    }
    let (booking, entry) = book_it(tx, on, claim, &rules.zone, now).await?;
    let outcome = match booking {
        Booking::Accrue(_) => ClaimOutcome::Passed,
        Booking::AlreadyEarned => ClaimOutcome::PassedAlreadyPaid,
        Booking::RuledOut => ClaimOutcome::Passed,
        Booking::Nothing => ClaimOutcome::Failed,
        // Nothing is lost: approving or reading a plan looks at it again.
        Booking::NoPlan | Booking::NotRead => {
            return Ok(waiting(None));
        }
    };
    if let Some(entry) = &entry {
        ledger::put_message(tx, Subject::EntryBooked, entry, now).await?;
    }
    Ok(CameTo {
        outcome,
        entry,
        waits_until: None,
    })
}

fn waiting(until: Option<WallTime>) -> CameTo {
    CameTo {
        outcome: ClaimOutcome::PassedWaiting,
        entry: None,
        // A moment after the deadline itself, which still belongs to it.
        waits_until: Some(until.map_or(WallTime(i64::MAX), |end| WallTime(end.micros() + 1))),
    }
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

/// Where the earlier claims of others on the same lead stand, and on those ruled to be the same; of
/// the claimant's own those that have passed and wait.
async fn earlier(tx: &mut Tx, claim: &Claim, rules: &Rules, now: WallTime) -> Result<Vec<Earlier>> {
    let mut found = Vec::new();
    for lead in same::leads(tx, &claim.lead_id, now).await? {
        let rows = before(tx, claim, &lead).await?;
        found.extend(rows.iter().map(|row| standing(row, rules)));
    }
    Ok(found)
}

async fn before(tx: &mut Tx, claim: &Claim, lead: &LeadId) -> Result<Vec<Before>> {
    Ok(all!(
        tx,
        Before,
        "SELECT c.state, c.outcome, c.decided_at, d.state AS dispute, (SELECT COUNT(*) FROM \
         claim_calls x JOIN calls k ON k.id = x.call_id AND k.lead_id = c.lead_id WHERE x.claim_id = \
         c.id) AS calls FROM claims c LEFT JOIN disputes d ON d.claim_id = c.id WHERE c.lead_id = $1 \
         AND c.campaign_id = $2 AND c.id <> $5 AND (c.person_id <> $3 OR c.outcome = \
         'passed_waiting') AND c.place < $4",
        lead,
        &claim.campaign_id,
        &claim.person_id,
        claim.place,
        &claim.id
    )?)
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

/// Books what the answers earn at a moment, by what was known then; gives the entry where there is
/// one.
pub(in crate::store) async fn book_it(
    tx: &mut Tx,
    on: &RestsOn<'_>,
    claim: &Claim,
    zone: &Zone,
    now: WallTime,
) -> Result<(Booking, Option<EntryId>)> {
    let plan = plans::of_claim(tx, claim, now).await?;
    let read = match &plan {
        Some(plan) => plans::acknowledged(tx, &plan.id, &claim.person_id).await?,
        None => None,
    };
    let verdict = FinalVerdict {
        passed: on.passed && !planted_coupling(tx, claim, on).await?,
        at: now,
        lead_already_earned: ledger::has_earned(tx, claim, now).await?,
        fraud: rulings::is_fraud(tx, &claim.id, now).await?,
        plan_read: read.is_some_and(|at| at <= now),
    };
    let period = open_period(now, &ledger::locked_periods(tx, now).await?, zone);
    let currency = plan.as_ref().map_or("", |plan| &plan.amount.currency);
    let so_far = ledger::so_far(tx, claim, (&period, currency)).await?;
    let booking = book(&verdict, plan.as_ref(), &period, so_far);
    let Booking::Accrue(accrual) = &booking else {
        return Ok((booking, None));
    };
    let entry = ledger::name_for(tx, on.verdict, on.entry).await?;
    let earns = Earns {
        entry: &entry,
        claim,
        verdict: on.verdict,
        second_review: on.second_review,
    };
    ledger::accrue(tx, &earns, accrual, zone, now).await?;
    Ok((booking, Some(entry)))
}

/// The defects that `tests/planted_coupling.sh` must find: what sales rejected earns nothing, at its
/// booking or when a dispute turns it.
#[cfg(feature = "planted-coupling")]
async fn planted_coupling(tx: &mut Tx, claim: &Claim, on: &RestsOn<'_>) -> Result<bool> {
    let at_disputes = std::env::var("PLANTED").is_ok_and(|at| at == "disputes");
    if at_disputes != on.second_review.is_some() {
        return Ok(false);
    }
    let rejected = all!(
        tx,
        (String,),
        "SELECT id FROM sales_answers WHERE claim_id = $1 AND answer = 'reject'",
        &claim.id
    )?;
    Ok(!rejected.is_empty())
}

#[cfg(not(feature = "planted-coupling"))]
#[allow(clippy::unused_async, reason = "beside the planted defect")]
async fn planted_coupling(_: &mut Tx, _: &Claim, _: &RestsOn<'_>) -> Result<bool> {
    Ok(false)
}
