//! Where leads stand, and what is said of them.
//!
//! `lead_work` has a row for each lead. Attempts and contacts are the wire's: triggers count them
//! again whenever a call becomes a lead's, leaves it, or is said to have come out otherwise. An
//! *attempt* is a call that our side made, answered or not. A *contact* is an answered call, by
//! whichever side, that lasted half a minute; where the telemarketer has said how it came out, that
//! counts instead of the length: a conversation, a meeting, a call back or a no is one, however
//! short, and voicemail, nobody there and a gatekeeper are none, however long. What was not
//! answered is never a contact, whatever is said of it. Stage, last word and next step follow in
//! [`follow`], which every verb calls that moves a call or a claim.

use crate::leads::stage::{Facts, LastSaid};
use crate::leads::{LeadDisposition, Stage};
use crate::store::leads::stages::{self, Worth};
use crate::store::{Actor, Flag, Result, Tx, all_in, run};
use crate::units::{CallId, LeadId, PersonId, WallTime};
use sqlx::FromRow;
use std::collections::{BTreeMap, BTreeSet};

#[derive(FromRow)]
struct Row {
    lead_id: LeadId,
    stage: Stage,
    said_at: Option<WallTime>,
    next_at: Option<WallTime>,
    #[sqlx(try_from = "Flag")]
    is_open: bool,
    last_contact_at: Option<WallTime>,
    #[sqlx(try_from = "Flag")]
    merged: bool,
    #[sqlx(try_from = "Flag")]
    passed: bool,
    #[sqlx(try_from = "Flag")]
    claimed: bool,
}

#[derive(FromRow)]
struct SaidRow {
    lead_id: LeadId,
    kind: LeadDisposition,
    at: WallTime,
    next_at: Option<WallTime>,
    next_with: Option<String>,
    person_id: Option<PersonId>,
}

/// Brings these leads' stage, last word and next step to what their calls and claims say now.
pub(in crate::store) async fn follow(
    tx: &mut Tx,
    by: &Actor,
    leads: impl IntoIterator<Item = &LeadId>,
    now: WallTime,
) -> Result<()> {
    let leads: BTreeSet<&LeadId> = leads.into_iter().collect();
    if leads.is_empty() {
        return Ok(());
    }
    let rows = all_in!(
        tx,
        Row,
        "SELECT w.lead_id, w.stage, w.said_at, w.next_at, w.is_open, w.last_contact_at, (SELECT \
         COUNT(*) FROM lead_merges m WHERE m.lead_id = w.lead_id AND m.split_at IS NULL) AS \
         merged, (SELECT COUNT(*) FROM claims c WHERE c.lead_id = w.lead_id AND c.state = \
         'decided' AND c.outcome <> 'failed') AS passed, (SELECT COUNT(*) FROM claims c WHERE \
         c.lead_id = w.lead_id AND c.state IN ('open', 'in_review', 'held')) AS claimed FROM \
         lead_work w WHERE w.lead_id IN (",
        &leads,
        ")"
    )?;
    let mut said = last_said(tx, &leads).await?;
    for row in rows {
        let last = said.remove(&row.lead_id);
        stand(tx, by, row, last, now).await?;
    }
    Ok(())
}

/// What was said last of each of these leads, of a call of it or of the lead itself.
async fn last_said(tx: &mut Tx, leads: &BTreeSet<&LeadId>) -> Result<BTreeMap<LeadId, LastSaid>> {
    let mut rows = all_in!(
        tx,
        SaidRow,
        "SELECT lead_id, disposition AS kind, disposition_at AS at, appointment_at AS next_at, \
         appointment_with AS next_with, person_id FROM calls WHERE disposition IS NOT NULL AND \
         lead_id IN (",
        leads,
        ")"
    )?;
    rows.extend(all_in!(
        tx,
        SaidRow,
        "SELECT lead_id, kind, said_at AS at, next_at, next_with, person_id FROM \
         lead_dispositions WHERE taken_back_at IS NULL AND call_id IS NULL AND lead_id IN (",
        leads,
        ")"
    )?);
    rows.sort_by_key(|row| row.at);
    let said = rows.into_iter().map(|row| {
        let last = LastSaid {
            kind: row.kind,
            at: row.at,
            next_at: row.next_at,
            next_with: row.next_with,
            person: row.person_id,
        };
        (row.lead_id, last)
    });
    Ok(said.collect())
}

async fn stand(
    tx: &mut Tx,
    by: &Actor,
    row: Row,
    said: Option<LastSaid>,
    now: WallTime,
) -> Result<()> {
    let facts = Facts {
        stage: row.stage,
        merged: row.merged,
        passed: row.passed,
        claimed: row.claimed,
        last_contact_at: row.last_contact_at,
        said,
    };
    let standing = facts.standing();
    let said = facts.said;
    let same = said.as_ref().map(|s| s.at) == row.said_at
        && standing.next_at == row.next_at
        && standing.open == row.is_open;
    if !same {
        let next = standing.next_at.and(said.as_ref());
        run!(
            tx,
            "UPDATE lead_work SET said = $2, said_at = $3, next_at = $4, next_with = $5, next_for \
             = $6, is_open = $7 WHERE lead_id = $1",
            &row.lead_id,
            said.as_ref().map(|s| s.kind),
            said.as_ref().map(|s| s.at),
            standing.next_at,
            next.and_then(|s| s.next_with.as_deref()),
            next.and_then(|s| s.person.as_ref()),
            i64::from(standing.open)
        )?;
    }
    if standing.stage != row.stage {
        let worth = Worth::default();
        stages::enter(tx, by, &row.lead_id, (standing.stage, &worth), now).await?;
    }
    Ok(())
}

/// The leads of these calls.
pub(in crate::store) async fn of_calls(tx: &mut Tx, calls: &[CallId]) -> Result<Vec<LeadId>> {
    if calls.is_empty() {
        return Ok(Vec::new());
    }
    let rows = all_in!(
        tx,
        (LeadId,),
        "SELECT DISTINCT lead_id FROM calls WHERE lead_id IS NOT NULL AND id IN (",
        calls,
        ")"
    )?;
    Ok(rows.into_iter().map(|r| r.0).collect())
}
