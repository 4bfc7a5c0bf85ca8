//! What sales' gate is counted from (PRODUCT P5).

use crate::handover::{Answer, RejectReason, counted};
use crate::report::gate::{Case, Doubt, FirstCall};
use crate::store::handover::pacts;
use crate::store::handover::sales_call::SALES_CALL;
use crate::store::handover::seen::{self, SeenCall};
use crate::store::report::past::{self, Handed, SALES_KNOWN};
use crate::store::{Result, Tx, all};
use crate::units::{ClaimId, ClientId, PersonId, WallTime, Zone};
use sqlx::FromRow;
use std::collections::BTreeMap;

#[derive(FromRow)]
struct Row {
    claim_id: ClaimId,
    sales_id: Option<PersonId>,
    passed_at: WallTime,
    answer_due_at: Option<WallTime>,
    call_due_at: Option<WallTime>,
    /// Sales' first call.
    called_at: Option<WallTime>,
    talked_from: Option<WallTime>,
    talked_to: Option<WallTime>,
}

/// As long as a contact is.
const TALKED_US: i64 = 30_000_000;

impl Row {
    fn first_call(&self) -> FirstCall {
        match (self.called_at, self.talked_from, self.talked_to) {
            (None, ..) => FirstCall::None,
            (_, Some(from), Some(to)) if (to - from).0 >= TALKED_US => FirstCall::Talked,
            (_, Some(_), _) => FirstCall::Short,
            _ => FirstCall::NotAnswered,
        }
    }
}

/// Leads of a client that were handed over between two moments, as they stand at a third: an answer
/// counts that came in time, and a call that began before.
///
/// # Errors
/// When the database fails, or a verdict does not read.
pub async fn cases(
    tx: &mut Tx,
    client: &ClientId,
    (from, to): (WallTime, WallTime),
    now: WallTime,
    zone: &Zone,
) -> Result<Vec<Case>> {
    let sql = format!(
        "SELECT h.claim_id, h.sales_id, h.passed_at, h.answer_due_at, h.call_due_at, f.started_at \
         AS called_at, f.answered_at AS talked_from, f.ended_at AS talked_to FROM handovers h \
         LEFT JOIN calls f ON f.id = (SELECT x.id {SALES_CALL} ORDER BY x.started_at, x.id LIMIT \
         1) WHERE h.client_id = $1 AND h.handed_at >= $2 AND h.handed_at < $3"
    );
    let rows = all!(tx, Row, sqlx::AssertSqlSafe(sql), client, from, to)?;
    let mut rows: BTreeMap<ClaimId, Row> =
        rows.into_iter().map(|r| (r.claim_id.clone(), r)).collect();
    let mut cases = Vec::with_capacity(rows.len());
    for handed in past::handed(tx, client, from, zone).await? {
        let Some(mut row) = rows.remove(&handed.claim_id) else {
            continue;
        };
        row.called_at.take_if(|at| *at >= now);
        let doubt = doubt(tx, client, &handed, &row).await?;
        let whose = handed.by.as_ref().or(row.sales_id.as_ref());
        let turned_down = matches!(handed.answer, Some(Answer::Reject | Answer::Nurture));
        let is_over = |due: Option<WallTime>| due.is_some_and(|at| at < now);
        cases.push(Case {
            whose: whose.map_or(String::new(), ToString::to_string),
            first_call: row.first_call(),
            // A question that stands for good is no way of leaving a lead undecided unseen.
            answer_overdue: match handed.answer {
                None => is_over(row.answer_due_at),
                Some(Answer::NeedsInformation) => handed.handed_at + SALES_KNOWN < now,
                Some(_) => false,
            },
            call_overdue: row.called_at.is_none() && !turned_down && is_over(row.call_due_at),
            answer: handed.answer,
            reason: handed.reason,
            features: handed.features,
            doubt,
        });
    }
    Ok(cases)
}

/// Why a rejection is not supported by what is known.
async fn doubt(
    tx: &mut Tx,
    client: &ClientId,
    handed: &Handed,
    row: &Row,
) -> Result<Option<Doubt>> {
    let Some(reason) = handed.reason else {
        return Ok(None);
    };
    if handed.contradicted {
        return Ok(Some(Doubt::Contradicted));
    }
    let words = handed.note.as_ref().map_or("", |n| n.reveal().trim());
    if reason.needs_words() && words.chars().count() < crate::handover::answer::FEWEST_WORDS {
        return Ok(Some(Doubt::NoWords));
    }
    let Some(answered_at) = handed
        .answered_at
        .filter(|_| reason == RejectReason::Unreachable)
    else {
        return Ok(None);
    };
    let calls = seen::of_sales(tx, &handed.lead_id, row.passed_at).await?;
    let before: Vec<&SeenCall> = calls.iter().filter(|c| c.at < answered_at).collect();
    let reached = before
        .iter()
        .any(|c| c.talked().is_some_and(|talked| talked.0 >= TALKED_US));
    if reached {
        return Ok(Some(Doubt::Reached));
    }
    let owed = pacts::owed(tx, client, answered_at).await?;
    let attempts: Vec<_> = before.iter().filter_map(|c| c.attempt()).collect();
    let few = counted(&attempts, owed.attempt_days, answered_at) < owed.attempts;
    Ok(few.then_some(Doubt::FewAttempts))
}
