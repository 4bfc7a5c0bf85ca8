//! Promises to buyers, noted by whoever made the call or by sales.

use crate::api::access::Who;
use crate::api::app::{App, done};
use crate::api::handover::seen_by;
use crate::api::problem::Problem;
use crate::handover::PromiseKind;
use crate::review::Evidence;
use crate::store::handover::promises::{self, NewPromise};
use crate::units::{ClaimId, PromiseId, WallTime};
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

/// What was promised to a buyer.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PromiseBody {
    kind: PromiseKind,
    /// In the words of the call.
    words: String,
    /// When its time begins.
    from: WallTime,
    /// And ends.
    until: WallTime,
    /// The seconds in which it was made.
    moment: Option<Evidence>,
}

/// Notes a promise to a buyer.
#[utoipa::path(
    post,
    path = "/handovers/{id}/promises",
    request_body = PromiseBody,
    responses((status = 204))
)]
pub async fn add(
    State(app): State<App>,
    who: Who,
    Path(id): Path<ClaimId>,
    body: Result<Json<PromiseBody>, JsonRejection>,
) -> Result<StatusCode, Problem> {
    let Json(b) = body?;
    let mut tx = app.db.write().await?;
    let (_, claim) = seen_by(&mut tx, &who, &id).await?;
    let new = NewPromise {
        kind: b.kind,
        words: &b.words,
        from: b.from,
        until: b.until,
        moment: b.moment.as_ref(),
    };
    promises::add(&mut tx, who.id(), &claim, &new, app.clock.now()).await?;
    done(tx).await
}

/// Withdraws a promise: it stays to be seen.
#[utoipa::path(delete, path = "/promises/{id}", responses((status = 204)))]
pub async fn withdraw(
    State(app): State<App>,
    who: Who,
    Path(id): Path<PromiseId>,
) -> Result<StatusCode, Problem> {
    let mut tx = app.db.write().await?;
    let promise = promises::by_id(&mut tx, &id)
        .await?
        .ok_or_else(Problem::not_found)?;
    seen_by(&mut tx, &who, &promise.claim_id).await?;
    promises::withdraw(&mut tx, who.id(), &promise, app.clock.now()).await?;
    done(tx).await
}
