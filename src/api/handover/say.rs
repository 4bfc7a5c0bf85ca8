//! What sales says of a hand-over beside its answer: a rating, what it knows of readiness, and
//! questions to whoever made the call.

use crate::api::access::Who;
use crate::api::app::{App, done};
use crate::api::handover::seen_by;
use crate::api::problem::Problem;
use crate::handover::{Field, Readiness};
use crate::store::handover::{questions, ratings};
use crate::units::{ClaimId, HandoverQuestionId};
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

/// Whether there was enough to make the call.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RatingBody {
    enough: bool,
    /// Why not: needed with a no.
    #[serde(default)]
    why: String,
}

/// Sales rates the hand-over. It never moves the money.
#[utoipa::path(
    post,
    path = "/handovers/{id}/rating",
    request_body = RatingBody,
    responses((status = 204))
)]
pub async fn rate(
    State(app): State<App>,
    who: Who,
    Path(id): Path<ClaimId>,
    body: Result<Json<RatingBody>, JsonRejection>,
) -> Result<StatusCode, Problem> {
    let Json(b) = body?;
    let mut tx = app.db.write().await?;
    let (_, claim) = seen_by(&mut tx, &who, &id).await?;
    let said = (b.enough, &*b.why);
    ratings::rate(&mut tx, who.id(), &claim, said, app.clock.now()).await?;
    done(tx).await
}

/// How ready sales finds the buyer.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadinessBody {
    level: Readiness,
    #[serde(default)]
    note: String,
}

/// Sales adds what it knows of readiness, beside the verdict. It never moves the money.
#[utoipa::path(
    post,
    path = "/handovers/{id}/readiness",
    request_body = ReadinessBody,
    responses((status = 204))
)]
pub async fn readiness(
    State(app): State<App>,
    who: Who,
    Path(id): Path<ClaimId>,
    body: Result<Json<ReadinessBody>, JsonRejection>,
) -> Result<StatusCode, Problem> {
    let Json(b) = body?;
    let mut tx = app.db.write().await?;
    let (_, claim) = seen_by(&mut tx, &who, &id).await?;
    let said = (b.level, &*b.note);
    ratings::add_readiness(&mut tx, who.id(), &claim, said, app.clock.now()).await?;
    done(tx).await
}

/// A question to whoever made the call.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HandoverQuestionBody {
    /// The blank that it is about.
    field: Option<Field>,
    text: String,
}

/// Sales asks whoever made the call.
#[utoipa::path(
    post,
    path = "/handovers/{id}/questions",
    request_body = HandoverQuestionBody,
    responses((status = 204))
)]
pub async fn ask(
    State(app): State<App>,
    who: Who,
    Path(id): Path<ClaimId>,
    body: Result<Json<HandoverQuestionBody>, JsonRejection>,
) -> Result<StatusCode, Problem> {
    let Json(b) = body?;
    let mut tx = app.db.write().await?;
    let (_, claim) = seen_by(&mut tx, &who, &id).await?;
    let said = (b.field, &*b.text);
    questions::ask(&mut tx, &who.actor(), &claim, said, app.clock.now()).await?;
    done(tx).await
}

/// What the telemarketer answers.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HandoverReplyBody {
    text: String,
}

/// Whoever made the call answers a question about it, once.
#[utoipa::path(
    post,
    path = "/handover-questions/{id}/answer",
    request_body = HandoverReplyBody,
    responses((status = 204))
)]
pub async fn reply(
    State(app): State<App>,
    who: Who,
    Path(id): Path<HandoverQuestionId>,
    body: Result<Json<HandoverReplyBody>, JsonRejection>,
) -> Result<StatusCode, Problem> {
    let Json(b) = body?;
    let mut tx = app.db.write().await?;
    let question = questions::by_id(&mut tx, &id)
        .await?
        .ok_or_else(Problem::not_found)?;
    seen_by(&mut tx, &who, &question.claim_id).await?;
    questions::answer(&mut tx, who.id(), &question, &b.text, app.clock.now()).await?;
    done(tx).await
}
