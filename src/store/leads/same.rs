//! Leads that a manager has ruled to be one (PRODUCT I3).

use crate::store::{Result, Tx, all};
use crate::units::{LeadId, WallTime};
use std::collections::HashSet;

/// A lead, and those that were ruled to be the same by then.
pub(in crate::store) async fn leads(
    tx: &mut Tx,
    lead: &LeadId,
    at: WallTime,
) -> Result<Vec<LeadId>> {
    let mut known = vec![lead.clone()];
    let mut next = 0;
    while let Some(of) = known.get(next).cloned() {
        next += 1;
        let linked = all!(
            tx,
            (LeadId,),
            "SELECT same_lead_id FROM rulings WHERE lead_id = $1 AND kind = 'duplicate' AND \
             ruled_at <= $2 UNION SELECT lead_id FROM rulings WHERE same_lead_id = $1 AND kind = \
             'duplicate' AND ruled_at <= $2",
            &of,
            at
        )?;
        known.extend(linked.into_iter().map(|r| r.0).filter(|l| *l != of));
        known = first_of_each(known);
    }
    Ok(known)
}

fn first_of_each(leads: Vec<LeadId>) -> Vec<LeadId> {
    let mut seen = HashSet::new();
    leads
        .into_iter()
        .filter(|l| seen.insert(l.clone()))
        .collect()
}
