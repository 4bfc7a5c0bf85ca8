//! What was sent of a lead to its client's CRM, and what came back (PRODUCT O6).

use crate::api::access::Who;
use crate::api::app::{App, done};
use crate::api::handover::seen_by;
use crate::api::problem::Problem;
use crate::handover::SendState;
use crate::handover::mapping::CrmKind;
use crate::handover::push::Fields;
use crate::store::handover::crms::{self, Crm};
use crate::store::handover::sends::{self, Shown};
use crate::units::{ClaimId, WallTime};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

/// How a lead stands with its client's CRM.
#[derive(Serialize, ToSchema)]
pub struct SentToCrm {
    kind: CrmKind,
    /// Leads are sent to it now.
    on: bool,
    state: SendState,
    /// What the CRM calls it.
    #[schema(required)]
    record: Option<String>,
    /// When the CRM last took it.
    #[schema(required)]
    written_at: Option<WallTime>,
    /// Attempts since it began to wait.
    attempts: i64,
    /// When it was last tried.
    #[schema(required)]
    last_at: Option<WallTime>,
    /// What HTTP answered then.
    #[schema(required)]
    last_status: Option<i64>,
    /// The first 300 characters of that.
    #[schema(required)]
    last_answer: Option<String>,
    /// Why it was not taken, in a clause.
    #[schema(required)]
    last_error: Option<String>,
    /// When it is tried again at the earliest, of one that waits.
    #[schema(required)]
    next_attempt_at: Option<WallTime>,
    /// What was sent last, by the CRM's names.
    fields: Fields,
}

/// A lead and its client's CRM.
#[derive(Serialize, ToSchema)]
pub struct HandoverCrm {
    /// Null: the client has none, or nothing of this lead is sent to it.
    #[schema(required)]
    sent: Option<SentToCrm>,
}

/// What was sent of a lead to its client's CRM, and what came back.
#[utoipa::path(
    get,
    path = "/handovers/{id}/crm",
    responses((status = 200, body = HandoverCrm))
)]
pub async fn sent(
    State(app): State<App>,
    who: Who,
    Path(id): Path<ClaimId>,
) -> Result<Json<HandoverCrm>, Problem> {
    let mut tx = app.db.read().await?;
    let (handover, _) = seen_by(&mut tx, &who, &id).await?;
    let Some(crm) = crms::of_client(&mut tx, &handover.client_id).await? else {
        return Ok(Json(HandoverCrm { sent: None }));
    };
    let shown = sends::of_claim(&mut tx, &crm.id, &id).await?;
    let sent = shown.map(|s| view(&crm, s)).transpose()?;
    Ok(Json(HandoverCrm { sent }))
}

fn view(crm: &Crm, s: Shown) -> Result<SentToCrm, Problem> {
    let fields = s.tried.map(|json| serde_json::from_str(json.reveal()));
    Ok(SentToCrm {
        kind: crm.kind,
        on: crm.off_at.is_none(),
        state: s.state,
        record: s.record,
        written_at: s.written_at,
        attempts: s.attempts,
        last_at: s.last_at,
        last_status: s.last_status,
        last_answer: s.last_answer.map(|a| a.into_inner()),
        last_error: s.last_error,
        next_attempt_at: (s.state == SendState::Waiting).then_some(s.next_attempt_at),
        fields: fields.transpose()?.unwrap_or_default(),
    })
}

/// Sends a lead to its client's CRM once more, whole; one that is there is changed.
#[utoipa::path(post, path = "/handovers/{id}/crm", responses((status = 204)))]
pub async fn again(
    State(app): State<App>,
    who: Who,
    Path(id): Path<ClaimId>,
) -> Result<StatusCode, Problem> {
    let mut tx = app.db.write().await?;
    seen_by(&mut tx, &who, &id).await?;
    sends::again(&mut tx, &who.actor(), &id, app.clock.now()).await?;
    done(tx).await
}
