//! What sales answers to a passed claim. A rejection that cites a criterion goes to a second blind
//! review; nothing of it reaches the ledger (PRODUCT I2, H2, R10).

use crate::api::access::Who;
use crate::api::app::{App, done};
use crate::api::handover::seen_by;
use crate::api::problem::Problem;
use crate::handover::{Answer, Given, RejectReason};
use crate::store::handover::answers::{self, NewAnswer};
use crate::units::{AnswerId, ClaimId, WallTime};
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

/// What sales makes of a lead.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SalesAnswerBody {
    answer: Answer,
    /// With `later` the buyer's date, with `nurture` when it is looked at again.
    until: Option<WallTime>,
    /// Of a rejection.
    reason: Option<RejectReason>,
    /// With the reason `criterion`: which must-pass criterion is not met.
    criterion: Option<String>,
    /// In one's words; with `needs_information` the question to whoever made the call.
    #[serde(default)]
    note: String,
    /// The answer that stood on the page, where there was one.
    replaces: Option<AnswerId>,
}

/// Sales answers for a lead that was handed over. It never moves the money.
#[utoipa::path(
    post,
    path = "/claims/{id}/sales-answer",
    request_body = SalesAnswerBody,
    responses((status = 204))
)]
pub async fn answer(
    State(app): State<App>,
    who: Who,
    Path(id): Path<ClaimId>,
    body: Result<Json<SalesAnswerBody>, JsonRejection>,
) -> Result<StatusCode, Problem> {
    let Json(b) = body?;
    let mut tx = app.db.write().await?;
    let (_, claim) = seen_by(&mut tx, &who, &id).await?;
    let new = NewAnswer {
        given: Given {
            answer: b.answer,
            until: b.until,
            reason: b.reason,
            criterion: b.criterion.as_deref(),
            note: b.note.trim(),
        },
        replaces: b.replaces.as_ref(),
    };
    let now = app.clock.now();
    answers::add(&mut tx, &who.actor(), &claim, &new, &app.rules, now).await?;
    done(tx).await
}
