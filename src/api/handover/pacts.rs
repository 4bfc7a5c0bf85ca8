//! The agreement of marketing and sales: what each owes, by versions that both heads sign, and how
//! both halves were kept. A promise that was missed leads to its leads.

use crate::api::access::Who;
use crate::api::app::{App, done};
use crate::api::problem::Problem;
use crate::handover::{Completeness, Field, Pact};
use crate::identity::House;
use crate::store::handover::pacts::{self, Measured, Version};
use crate::store::{Tx, people};
use crate::units::{ClaimId, ClientId, LeadId, PactId, WallTime, Word, Zone};
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What each owes.
#[derive(Serialize, Deserialize, ToSchema, Clone, Copy)]
#[serde(deny_unknown_fields)]
pub struct PactFigures {
    /// Marketing: leads handed over in a month; 0: nothing was said of it.
    leads_a_month: i64,
    /// Marketing: how full a write-up is at least, in percent.
    complete_percent: i64,
    /// Sales: hours to an answer.
    answer_hours: i64,
    /// Sales: hours to the first call.
    call_hours: i64,
    /// Sales: attempts before a lead is unreachable.
    attempts: i64,
    attempt_days: i64,
}

impl From<Pact> for PactFigures {
    fn from(p: Pact) -> PactFigures {
        PactFigures {
            leads_a_month: p.leads_a_month,
            complete_percent: p.complete_percent,
            answer_hours: p.answer_hours,
            call_hours: p.call_hours,
            attempts: p.attempts,
            attempt_days: p.attempt_days,
        }
    }
}

/// A signature.
#[derive(Serialize, ToSchema)]
pub struct PactSignature {
    name: String,
    at: WallTime,
}

/// A version of the agreement.
#[derive(Serialize, ToSchema)]
pub struct PactVersion {
    id: PactId,
    version: i64,
    figures: PactFigures,
    proposed_by: String,
    proposed_at: WallTime,
    #[schema(required)]
    marketing: Option<PactSignature>,
    #[schema(required)]
    sales: Option<PactSignature>,
    #[schema(required)]
    in_force_from: Option<WallTime>,
}

fn version(v: Version) -> PactVersion {
    let signature = |name: Option<crate::pii::Pii<String>>, at: Option<WallTime>| {
        name.zip(at).map(|(name, at)| PactSignature {
            name: name.into_inner(),
            at,
        })
    };
    PactVersion {
        figures: v.pact().into(),
        id: v.id,
        version: v.version,
        proposed_by: v.proposed_by.into_inner(),
        proposed_at: v.proposed_at,
        marketing: signature(v.marketing, v.marketing_signed_at),
        sales: signature(v.sales, v.sales_signed_at),
        in_force_from: v.in_force_from,
    }
}

/// What was owed of a lead, and was not done in its time.
#[derive(Serialize, ToSchema, Clone, Copy, PartialEq, Eq, Debug)]
#[serde(rename_all = "snake_case")]
pub enum Owed {
    Complete,
    Answer,
    Call,
}

/// A lead of which something was missed.
#[derive(Serialize, ToSchema)]
pub struct MissedPromise {
    claim: ClaimId,
    number: i64,
    /// By which who sees no card opens the lead.
    lead: LeadId,
    company: String,
    owed: Owed,
    due_at: WallTime,
    /// When it was done after all.
    #[schema(required)]
    done_at: Option<WallTime>,
}

/// Both halves, of the hand-overs of this month.
#[derive(Serialize, ToSchema)]
pub struct PactMeasured {
    /// `2026-11`.
    month: String,
    handed_over: i64,
    /// Marketing's write-ups that are as full as was agreed.
    complete: i64,
    /// Whose answer is due or given; and how many were in time.
    answers_due: i64,
    answered_in_time: i64,
    calls_due: i64,
    called_in_time: i64,
    missed: Vec<MissedPromise>,
}

/// The agreement of a client's marketing and sales.
#[derive(Serialize, ToSchema)]
pub struct ClientPact {
    client: ClientId,
    name: String,
    /// What holds now; where nothing is signed, what the box assumes.
    holds: PactFigures,
    signed: bool,
    /// Newest first.
    versions: Vec<PactVersion>,
    measured: PactMeasured,
}

/// Agreements of one's clients.
#[derive(Serialize, ToSchema)]
pub struct Pacts {
    clients: Vec<ClientPact>,
    /// The house for which one signs.
    #[schema(required)]
    signs_for: Option<House>,
}

/// Agreements of one's clients, with how both halves were kept this month.
#[utoipa::path(get, path = "/pacts", responses((status = 200, body = Pacts)))]
pub async fn list(State(app): State<App>, who: Who) -> Result<Json<Pacts>, Problem> {
    let mut tx = app.db.read().await?;
    let (now, mut clients) = (app.clock.now(), Vec::new());
    for (client, name) in people::named_clients_of(&mut tx, who.id()).await? {
        let holds = pacts::owed(&mut tx, &client, now).await?;
        let versions = pacts::of_client(&mut tx, &client).await?;
        clients.push(ClientPact {
            measured: measure(&mut tx, &client, &holds, &app.rules.zone, now).await?,
            signed: versions.iter().any(|v| v.in_force_from.is_some()),
            versions: versions.into_iter().map(version).collect(),
            holds: holds.into(),
            client,
            name,
        });
    }
    Ok(Json(Pacts {
        clients,
        signs_for: who.person.head_of,
    }))
}

async fn measure(
    tx: &mut Tx,
    client: &ClientId,
    holds: &Pact,
    zone: &Zone,
    now: WallTime,
) -> Result<PactMeasured, Problem> {
    let month = zone.month(now);
    let first = zone.start_of_day(&format!("{month}-01")).unwrap_or(now);
    let until = zone.end_of_month(&month).unwrap_or(now);
    let rows = pacts::measured(tx, client, (first, until)).await?;
    Ok(sums(&rows, holds, month, now))
}

fn sums(rows: &[Measured], holds: &Pact, month: String, now: WallTime) -> PactMeasured {
    let mut m = PactMeasured {
        month,
        handed_over: i64::try_from(rows.len()).unwrap_or(0),
        complete: 0,
        answers_due: 0,
        answered_in_time: 0,
        calls_due: 0,
        called_in_time: 0,
        missed: Vec::new(),
    };
    for row in rows {
        let full = Completeness {
            filled: row.filled,
            of: i64::try_from(Field::ALL.len()).unwrap_or(0) + 3,
        };
        match full.percent() >= holds.complete_percent {
            true => m.complete += 1,
            false => m
                .missed
                .push(missed(row, Owed::Complete, row.handed_at, None)),
        }
        let (due, in_time) = kept(row.answer_due_at, row.answered_at, now);
        m.answers_due += i64::from(due);
        m.answered_in_time += i64::from(due && in_time);
        if due && !in_time {
            m.missed.push(missed(
                row,
                Owed::Answer,
                row.answer_due_at,
                row.answered_at,
            ));
        }
        // Whom sales turned down in time needs no call.
        let (due, in_time) = kept(row.call_due_at, row.first_call_at, now);
        let due = due && (row.rejected == 0 || row.first_call_at.is_some());
        m.calls_due += i64::from(due);
        m.called_in_time += i64::from(due && in_time);
        if due && !in_time {
            m.missed
                .push(missed(row, Owed::Call, row.call_due_at, row.first_call_at));
        }
    }
    m
}

/// Whether it can be told, because it is done or its time is over; and whether it was done in time.
fn kept(due: WallTime, done: Option<WallTime>, now: WallTime) -> (bool, bool) {
    (
        done.is_some() || now > due,
        done.is_some_and(|done| done <= due),
    )
}

fn missed(
    row: &Measured,
    owed: Owed,
    due_at: WallTime,
    done_at: Option<WallTime>,
) -> MissedPromise {
    MissedPromise {
        claim: row.claim_id.clone(),
        number: row.number,
        lead: row.lead_id.clone(),
        company: row.company.reveal().clone(),
        owed,
        due_at,
        done_at,
    }
}

/// A proposal.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PactBody {
    client: ClientId,
    figures: PactFigures,
}

/// Somebody of either house proposes a version.
#[utoipa::path(
    post,
    path = "/pacts",
    request_body = PactBody,
    responses((status = 204))
)]
pub async fn propose(
    State(app): State<App>,
    who: Who,
    body: Result<Json<PactBody>, JsonRejection>,
) -> Result<StatusCode, Problem> {
    let Json(b) = body?;
    if !who.sees_client(&b.client) {
        return Err(Problem::not_found());
    }
    let f = b.figures;
    let pact = Pact {
        leads_a_month: f.leads_a_month,
        complete_percent: f.complete_percent,
        answer_hours: f.answer_hours,
        call_hours: f.call_hours,
        attempts: f.attempts,
        attempt_days: f.attempt_days,
    };
    let mut tx = app.db.write().await?;
    pacts::propose(&mut tx, who.id(), &b.client, &pact, app.clock.now()).await?;
    done(tx).await
}

/// The head of a house signs a version; with both signatures it is in force.
#[utoipa::path(post, path = "/pacts/{id}/sign", responses((status = 204)))]
pub async fn sign(
    State(app): State<App>,
    who: Who,
    Path(id): Path<PactId>,
) -> Result<StatusCode, Problem> {
    let mut tx = app.db.write().await?;
    let version = pacts::by_id(&mut tx, &id)
        .await?
        .filter(|v| who.sees_client(&v.client_id))
        .ok_or_else(Problem::not_found)?;
    let house = who.person.head_of.ok_or_else(|| {
        Problem::forbidden(
            "The heads of marketing and sales sign. An administrator names them with `assay user \
             head`.",
        )
    })?;
    pacts::sign(&mut tx, who.id(), house, &version, app.clock.now()).await?;
    done(tx).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(answered: Option<i64>, called: Option<i64>, filled: i64) -> Measured {
        Measured {
            claim_id: ClaimId::from("c"),
            number: 1,
            lead_id: "lead".into(),
            company: "Norvik".to_owned().into(),
            handed_at: WallTime(0),
            answer_due_at: WallTime(10),
            call_due_at: WallTime(20),
            answered_at: answered.map(WallTime),
            rejected: 0,
            first_call_at: called.map(WallTime),
            filled,
        }
    }

    #[test]
    fn both_halves_are_measured_and_a_missed_promise_names_its_lead() {
        let holds = Pact {
            complete_percent: 80,
            ..Pact::default()
        };
        let rows = [
            row(Some(5), Some(15), 11),
            row(Some(12), None, 5),
            row(None, None, 11),
        ];
        let m = sums(&rows, &holds, "2026-11".to_owned(), WallTime(15));
        assert_eq!((m.handed_over, m.complete), (3, 2));
        assert_eq!((m.answers_due, m.answered_in_time), (3, 1));
        assert_eq!(
            (m.calls_due, m.called_in_time),
            (1, 1),
            "two have time left"
        );
        let owed: Vec<Owed> = m.missed.iter().map(|m| m.owed).collect();
        assert_eq!(owed, [Owed::Complete, Owed::Answer, Owed::Answer]);
    }
}
