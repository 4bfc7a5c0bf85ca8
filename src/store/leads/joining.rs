//! Calls that were made before their lead came in: they join it when it does (PRODUCT L2).

use crate::store::leads::by_numbers;
use crate::store::{Result, Tx, all_in, run};
use crate::units::{CallId, ClientId, LeadId, WallTime};
use sqlx::FromRow;
use std::collections::{BTreeMap, BTreeSet};

#[derive(FromRow)]
struct Called {
    started_at: WallTime,
    id: CallId,
    prospect_e164: String,
    client_id: Option<ClientId>,
    lead_id: Option<LeadId>,
}

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
    // By number alone, which has an index: asked for a lead as well, SQLite walks through every call
    // that has none, a tenth of a second for each few rows of a list at a million calls.
    let mut calls = all_in!(
        tx,
        Called,
        "SELECT started_at, id, prospect_e164, client_id, lead_id FROM calls WHERE prospect_e164 IN (",
        numbers,
        ")"
    )?;
    calls.retain(|call| call.lead_id.is_none() && call.client_id.as_ref() == Some(client));
    calls.sort_by(|a, b| (a.started_at, &a.id).cmp(&(b.started_at, &b.id)));
    let own: Vec<(CallId, String)> = calls
        .into_iter()
        .map(|call| (call.id, call.prospect_e164))
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
