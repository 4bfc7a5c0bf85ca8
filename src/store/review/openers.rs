//! What became of the share of whoever opened a claim's lead, on the claim's row (PRODUCT M1).

use crate::store::{Result, Tx, all, run};
use crate::units::{ClaimId, EntryId, WallTime};

/// What became of the opener's part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store) enum OpenerPart {
    /// Nobody has a share, or nothing is earned.
    None,
    Booked(EntryId),
    /// They have not read the plan: it is looked at again then.
    Waits(WallTime),
}

impl OpenerPart {
    fn waits_until(&self) -> Option<WallTime> {
        match self {
            OpenerPart::Waits(until) => Some(*until),
            _ => None,
        }
    }

    fn settled_at(&self, now: WallTime) -> Option<WallTime> {
        matches!(self, OpenerPart::Booked(_)).then_some(now)
    }
}

/// The opener's part of a claim came to something, or to nothing any more.
pub(in crate::store) async fn settle(
    tx: &mut Tx,
    claim: &ClaimId,
    opener: &OpenerPart,
    now: WallTime,
) -> Result<()> {
    run!(
        tx,
        "UPDATE claims SET opener_waits_until = $2, opener_settled_at = COALESCE($3, \
         opener_settled_at) WHERE id = $1 AND opener_id IS NOT NULL",
        claim,
        opener.waits_until(),
        opener.settled_at(now)
    )?;
    if opener.settled_at(now).is_some() {
        run!(
            tx,
            "INSERT INTO settlements (claim_id, nth, at, outcome) SELECT $1, COUNT(*) + 1, $2, \
             'opener' FROM settlements WHERE claim_id = $1",
            claim,
            now
        )?;
    }
    Ok(())
}

/// Claims of which the opener's part waits and is to be looked at, at most 100.
///
/// # Errors
/// When the database fails.
pub async fn due(tx: &mut Tx, now: WallTime) -> Result<Vec<ClaimId>> {
    let rows = all!(
        tx,
        (ClaimId,),
        "SELECT id FROM claims WHERE opener_waits_until <= $1 ORDER BY created_at, number LIMIT 100",
        now
    )?;
    Ok(rows.into_iter().map(|r| r.0).collect())
}
