//! Calls that were made before their lead came in: they join it when it does (PRODUCT L2).

use crate::store::leads::by_numbers;
use crate::store::{Result, Tx, all_in, run};
use crate::units::{CallId, ClientId, LeadId};
use std::collections::{BTreeMap, BTreeSet};

/// Joins a client's calls of these numbers that have no lead: to the one lead that has the number
/// now, or, where several do, as a question. Gives the leads that got one, with how many calls did.
pub(super) async fn join(
    tx: &mut Tx,
    client: &ClientId,
    numbers: &BTreeSet<&str>,
) -> Result<(BTreeSet<LeadId>, u64)> {
    if numbers.is_empty() {
        return Ok(Default::default());
    }
    let calls = all_in!(
        tx,
        (CallId, String, Option<ClientId>),
        "SELECT id, prospect_e164, client_id FROM calls WHERE lead_id IS NULL AND prospect_e164 IN (",
        numbers,
        ") ORDER BY started_at, id"
    )?;
    let own: Vec<(CallId, String)> = calls
        .into_iter()
        .filter(|(_, _, of)| of.as_ref() == Some(client))
        .map(|(call, number, _)| (call, number))
        .collect();
    if own.is_empty() {
        return Ok(Default::default());
    }
    let called: BTreeSet<&str> = own.iter().map(|(_, number)| number.as_str()).collect();
    let mut fitting: BTreeMap<String, BTreeSet<LeadId>> = BTreeMap::new();
    for (number, lead, of) in by_numbers(tx, &called.into_iter().collect::<Vec<_>>()).await? {
        if of == *client {
            fitting.entry(number).or_default().insert(lead);
        }
    }
    let (mut leads, mut joined) = (BTreeSet::new(), 0);
    for (call, number) in own {
        let Some(fit) = fitting.get(&number) else {
            continue;
        };
        if fit.len() > 1 {
            ask_which(tx, &call, fit).await?;
            continue;
        }
        for lead in fit {
            joined += run!(
                tx,
                "UPDATE calls SET lead_id = $2, lead_by = 'number' WHERE id = $1 AND lead_id IS \
                 NULL AND NOT EXISTS (SELECT 1 FROM call_lead_candidates c WHERE c.call_id = $1)",
                &call,
                lead
            )?;
            leads.insert(lead.clone());
        }
    }
    Ok((leads, joined))
}

async fn ask_which(tx: &mut Tx, call: &CallId, leads: &BTreeSet<LeadId>) -> Result<()> {
    for lead in leads {
        run!(
            tx,
            "INSERT INTO call_lead_candidates (call_id, lead_id) VALUES ($1, $2) ON CONFLICT \
             (call_id, lead_id) DO NOTHING",
            call,
            lead
        )?;
    }
    Ok(())
}
