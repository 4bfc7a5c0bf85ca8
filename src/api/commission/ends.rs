//! The end of a campaign, and of a plan.

use crate::api::access::Who;
use crate::api::app::{App, done};
use crate::api::commission::plans::of_mine;
use crate::api::problem::Problem;
use crate::store::Actor;
use crate::store::commission::plans;
use crate::store::leads::campaigns;
use crate::units::{CampaignId, PlanId, WallTime};
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

/// Ends a campaign now. Conversations that began before it are still claimed, judged and paid.
#[utoipa::path(post, path = "/campaigns/{id}/close", responses((status = 204)))]
pub async fn close(
    State(app): State<App>,
    who: Who,
    Path(id): Path<CampaignId>,
) -> Result<StatusCode, Problem> {
    let mut tx = app.db.write().await?;
    of_mine(&mut tx, &who, &id).await?;
    let by = Actor::from(who.id());
    if let Err(error) = campaigns::close(&mut tx, &by, &id, app.clock.now()).await {
        return Err(tx.refuse(error).await.into());
    }
    done(tx).await
}

/// Takes the end of a campaign back.
#[utoipa::path(post, path = "/campaigns/{id}/reopen", responses((status = 204)))]
pub async fn reopen(
    State(app): State<App>,
    who: Who,
    Path(id): Path<CampaignId>,
) -> Result<StatusCode, Problem> {
    let mut tx = app.db.write().await?;
    of_mine(&mut tx, &who, &id).await?;
    let by = Actor::from(who.id());
    if let Err(error) = campaigns::reopen(&mut tx, &by, &id, app.clock.now()).await {
        return Err(tx.refuse(error).await.into());
    }
    done(tx).await
}

/// The end of a plan.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanEndBody {
    /// Claims made from then on are not paid under it; without it from now on.
    until: Option<WallTime>,
}

/// Sets the end of a plan: claims made from then on wait until another version is approved.
#[utoipa::path(
    post,
    path = "/plans/{id}/end",
    request_body = PlanEndBody,
    responses((status = 204))
)]
pub async fn end_plan(
    State(app): State<App>,
    who: Who,
    Path(id): Path<PlanId>,
    body: Result<Json<PlanEndBody>, JsonRejection>,
) -> Result<StatusCode, Problem> {
    let Json(b) = body?;
    let mut tx = app.db.write().await?;
    let version = plans::version(&mut tx, &id)
        .await?
        .filter(|v| who.sees_client(&v.client_id))
        .ok_or_else(Problem::not_found)?;
    if let Err(error) = plans::end(&mut tx, who.id(), &version, b.until, app.clock.now()).await {
        return Err(tx.refuse(error).await.into());
    }
    done(tx).await
}
