//! What a decided claim comes to: whose turn it is on its lead, and what it books (PRODUCT I3, M3).

use crate::commission::{Booking, FinalVerdict, Part, book, open_period, opener_accrual};
use crate::review::{ClaimOutcome, ClaimState, DisputeState, Earlier, Rules, Turn, turn};
use crate::store::commission::ledger::{self, Earns};
use crate::store::commission::{plans, rulings};
use crate::store::leads::same;
use crate::store::review::claims::{CameTo, Claim};
use crate::store::review::openers::OpenerPart;
use crate::store::{Actor, Result, Tx, all, log};
use crate::units::{EntryId, LeadId, PersonId, SecondReviewId, VerdictId, WallTime, Zone};
use crate::webhook::Subject;
use serde_json::json;
use sqlx::FromRow;

/// The answers that a booking rests on: the verdict's, or those of the second review that turned
/// it.
pub(in crate::store) struct RestsOn<'a> {
    pub verdict: &'a VerdictId,
    /// The entry that the verdict names.
    pub entry: &'a EntryId,
    /// `None`: the verdict's own answers.
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
    let booked = book_it(tx, on, claim, &rules.zone, now).await?;
    let outcome = match booked.booking {
        Booking::Accrue(_) => ClaimOutcome::Passed,
        Booking::AlreadyEarned => ClaimOutcome::PassedAlreadyPaid,
        Booking::RuledOut => ClaimOutcome::Passed,
        Booking::Nothing => ClaimOutcome::Failed,
        // Nothing is lost: approving or reading a plan looks at it again.
        Booking::NoPlan | Booking::NotRead => {
            return Ok(unread(claim, &booked.booking, now));
        }
    };
    if let Some(entry) = &booked.entry {
        ledger::put_message(tx, Subject::EntryBooked, entry, now).await?;
        tell_of_opener(tx, claim, &booked.opener, now).await?;
    }
    Ok(CameTo {
        outcome,
        entry: booked.entry,
        waits_until: None,
        unread_since: None,
        opener: booked.opener,
    })
}

/// Says of an opener's part that was booked what the verdict's own line and message do not.
pub(in crate::store) async fn tell_of_opener(
    tx: &mut Tx,
    claim: &Claim,
    opener: &OpenerPart,
    now: WallTime,
) -> Result<()> {
    let OpenerPart::Booked(entry) = opener else {
        return Ok(());
    };
    ledger::put_message(tx, Subject::EntryBooked, entry, now).await?;
    let detail = json!({ "claim": claim.id, "claim_number": claim.number });
    let (subject, action) = (format!("entry:{entry}"), "ledger.opener_booked");
    log::append(tx, &Actor::System, action, subject, detail, now).await
}

fn waiting(until: Option<WallTime>) -> CameTo {
    CameTo {
        outcome: ClaimOutcome::PassedWaiting,
        entry: None,
        // A moment after the deadline itself, which still belongs to it.
        waits_until: Some(until.map_or(WallTime(i64::MAX), |end| WallTime(end.micros() + 1))),
        unread_since: None,
        opener: OpenerPart::None,
    }
}

/// It is the claim's turn, and there is no plan, or none that its claimant has read.
fn unread(claim: &Claim, booking: &Booking, now: WallTime) -> CameTo {
    let since = claim.unread_since.unwrap_or(now);
    CameTo {
        unread_since: (*booking == Booking::NotRead).then_some(since),
        ..waiting(None)
    }
}

#[derive(FromRow)]
struct Before {
    person_id: PersonId,
    state: ClaimState,
    outcome: Option<ClaimOutcome>,
    decided_at: Option<WallTime>,
    unread_since: Option<WallTime>,
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
        found.extend(rows.iter().map(|row| standing(row, claim, rules)));
    }
    Ok(found)
}

async fn before(tx: &mut Tx, claim: &Claim, lead: &LeadId) -> Result<Vec<Before>> {
    Ok(all!(
        tx,
        Before,
        "SELECT c.person_id, c.state, c.outcome, c.decided_at, c.unread_since, d.state AS dispute, (SELECT COUNT(*) FROM \
         claim_calls x JOIN calls k ON k.id = x.call_id AND k.lead_id = c.lead_id WHERE \
         x.claim_id = c.id) AS calls FROM claims c LEFT JOIN disputes d ON d.claim_id = c.id \
         WHERE c.lead_id = $1 AND c.campaign_id = $2 AND c.id <> $5 AND (c.person_id <> $3 OR \
         c.outcome = 'passed_waiting') AND c.place < $4",
        lead,
        &claim.campaign_id,
        &claim.person_id,
        claim.place,
        &claim.id
    )?)
}

fn standing(row: &Before, claim: &Claim, rules: &Rules) -> Earlier {
    match (row.outcome, row.dispute) {
        _ if row.state.is_undecided() => Earlier::Undecided,
        // It costs nothing to be sent back: while the lead may be right after all, the place is
        // kept for as long as a verdict may be disputed.
        _ if row.state == ClaimState::SentBack && row.calls > 0 => {
            row.decided_at.map_or(Earlier::Over, |at| {
                Earlier::FailedUntil(at + rules.dispute_within)
            })
        }
        (Some(ClaimOutcome::PassedWaiting), _) => match row.unread_since {
            // Nobody comes to another plan by leaving their own claim's unread.
            Some(since) if row.person_id != claim.person_id => {
                Earlier::UnreadUntil(since + rules.read_within)
            }
            _ => Earlier::Waiting,
        },
        (Some(ClaimOutcome::Failed), Some(DisputeState::Open)) => Earlier::Undecided,
        (Some(ClaimOutcome::Failed), None) => match row.decided_at {
            Some(at) => Earlier::FailedUntil(at + rules.dispute_within),
            None => Earlier::Over,
        },
        _ => Earlier::Over,
    }
}

/// What the answers came to.
pub(in crate::store) struct Booked {
    pub booking: Booking,
    /// The claimant's entry, where they earn.
    pub entry: Option<EntryId>,
    pub opener: OpenerPart,
}

/// Books what the answers earn at a moment, by what was known then: the claimant's entry, and the
/// opener's beside it where they have read the plan.
pub(in crate::store) async fn book_it(
    tx: &mut Tx,
    on: &RestsOn<'_>,
    claim: &Claim,
    zone: &Zone,
    now: WallTime,
) -> Result<Booked> {
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
        shared: claim.opener_id.is_some(),
    };
    let period = open_period(now, &ledger::locked_periods(tx, now).await?, zone);
    let currency = plan.as_ref().map_or("", |plan| &plan.amount.currency);
    let payee = (&claim.campaign_id, &claim.person_id);
    let so_far = ledger::so_far(tx, payee, (&period, currency)).await?;
    let booking = book(&verdict, plan.as_ref(), &period, so_far);
    let entry = match &booking {
        Booking::Accrue(accrual) => {
            let entry = ledger::name_for(tx, on.verdict, on.entry).await?;
            let earns = Earns {
                entry: &entry,
                claim,
                verdict: on.verdict,
                second_review: on.second_review,
            };
            ledger::accrue(tx, &earns, accrual, zone, now).await?;
            Some(entry)
        }
        _ => None,
    };
    let opener = book_opener(tx, on, claim, zone, now).await?;
    Ok(Booked {
        booking,
        entry,
        opener,
    })
}

/// Books the opener's part beside the claimant's entry that stands, once they have read the plan.
/// The claimant waits for nothing of it.
pub(in crate::store) async fn book_opener(
    tx: &mut Tx,
    on: &RestsOn<'_>,
    claim: &Claim,
    zone: &Zone,
    now: WallTime,
) -> Result<OpenerPart> {
    let Some(opener) = &claim.opener_id else {
        return Ok(OpenerPart::None);
    };
    let Some(beside) = ledger::standing_part(tx, &claim.id, Part::Claimant).await? else {
        return Ok(OpenerPart::None);
    };
    let entry = ledger::opener_entry(&beside.id);
    if ledger::by_id(tx, &entry).await?.is_some() {
        return Ok(OpenerPart::Booked(entry));
    }
    let Some(plan) = plans::of_claim(tx, claim, now).await? else {
        return Ok(OpenerPart::None);
    };
    match plans::acknowledged(tx, &plan.id, opener).await? {
        None => return Ok(OpenerPart::Waits(WallTime(i64::MAX))),
        Some(at) if at > now => return Ok(OpenerPart::Waits(at)),
        Some(_) => {}
    }
    let period = open_period(now, &ledger::locked_periods(tx, now).await?, zone);
    let payee = (&claim.campaign_id, opener);
    let so_far = ledger::so_far(tx, payee, (&period, &plan.amount.currency)).await?;
    let leads = beside.leads_before.unwrap_or(0);
    let accrual = opener_accrual(&plan, leads, so_far.minor, (now, &period));
    let earns = Earns {
        entry: &entry,
        claim,
        verdict: on.verdict,
        second_review: on.second_review,
    };
    ledger::accrue(tx, &earns, &accrual, zone, now).await?;
    Ok(OpenerPart::Booked(entry))
}

/// The defects that `tests/planted_coupling.sh` must find: what sales says badly of earns nothing,
/// at its booking or when a dispute turns it.
#[cfg(feature = "planted-coupling")]
async fn planted_coupling(tx: &mut Tx, claim: &Claim, on: &RestsOn<'_>) -> Result<bool> {
    let planted = std::env::var("PLANTED").unwrap_or_default();
    if (planted == "disputes") != on.second_review.is_some() {
        return Ok(false);
    }
    let sql = match planted.as_str() {
        "ratings" => "SELECT id FROM handover_ratings WHERE claim_id = $1 AND enough = 0",
        "readiness" => "SELECT id FROM readiness WHERE claim_id = $1 AND level = 'not_ready'",
        "promises" => "SELECT id FROM promises WHERE claim_id = $1 AND withdrawn_at IS NOT NULL",
        "crm" => {
            "SELECT o.id FROM crm_outcomes o JOIN claims c ON c.lead_id = o.lead_id WHERE c.id = \
             $1 AND o.outcome = 'lost'"
        }
        "scores" => "SELECT claim_id FROM lead_scores WHERE claim_id = $1 AND share < 500000",
        _ => "SELECT id FROM sales_answers WHERE claim_id = $1 AND answer = 'reject'",
    };
    let found = all!(tx, (String,), sql, &claim.id)?;
    Ok(!found.is_empty())
}

#[cfg(not(feature = "planted-coupling"))]
#[allow(clippy::unused_async, reason = "beside the planted defect")]
async fn planted_coupling(_: &mut Tx, _: &Claim, _: &RestsOn<'_>) -> Result<bool> {
    Ok(false)
}
