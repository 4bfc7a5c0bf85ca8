//! Where leads come from, as marketing and managers keep it (PRODUCT L3).

use crate::api::access::Who;
use crate::api::app::App;
use crate::api::problem::Problem;
use crate::leads::{NewSource, Origin};
use crate::store::leads::sources;
use crate::units::{ClientId, Money, SourceId, WallTime};
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A source.
#[derive(Serialize, ToSchema)]
pub struct LeadSource {
    id: SourceId,
    client_id: ClientId,
    client: String,
    name: String,
    /// A letter, A the best.
    grade: String,
    /// From a lead's arrival to the first contact; 168 at most.
    contact_within_hours: i64,
    #[schema(required)]
    supplier: Option<String>,
    /// Of one lead; null: not said.
    #[schema(required)]
    cost: Option<Money>,
    /// Since when no lead is to come from it.
    #[schema(required)]
    retired_at: Option<WallTime>,
    /// Of the leads that come in from now on; those that are there keep theirs.
    origin: Origin,
}

/// Sources of one's clients.
#[derive(Serialize, ToSchema)]
pub struct LeadSources {
    sources: Vec<LeadSource>,
}

/// Sources of one's clients, by client and name.
#[utoipa::path(get, path = "/sources", responses((status = 200, body = LeadSources)))]
pub async fn list(State(app): State<App>, who: Who) -> Result<Json<LeadSources>, Problem> {
    let mut tx = app.db.read().await?;
    let found = sources::of_person(&mut tx, who.id()).await?;
    let view = |s: sources::Source| LeadSource {
        cost: s.cost(),
        id: s.id,
        client_id: s.client_id,
        client: s.client,
        name: s.name,
        grade: s.grade,
        contact_within_hours: s.contact_within_hours,
        supplier: s.supplier,
        retired_at: s.retired_at,
        origin: s.origin,
    };
    Ok(Json(LeadSources {
        sources: found.into_iter().map(view).collect(),
    }))
}

/// A source as somebody wants it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SourceBody {
    name: String,
    grade: String,
    contact_within_hours: i64,
    supplier: Option<String>,
    cost: Option<Money>,
    /// Whose leads these are; not said, a new source's are `unknown`, and another's stay as they
    /// were.
    origin: Option<Origin>,
    /// No lead is to come from it any more.
    #[serde(default)]
    retired: bool,
}

impl SourceBody {
    fn into_new(self, before: Origin) -> NewSource {
        NewSource {
            name: self.name,
            grade: self.grade,
            contact_within_hours: self.contact_within_hours,
            supplier: self.supplier,
            cost: self.cost,
            origin: self.origin.unwrap_or(before),
        }
    }
}

/// A source for a client.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSourceBody {
    client: ClientId,
    source: SourceBody,
}

/// A source that was added.
#[derive(Serialize, ToSchema)]
pub struct AddedSource {
    id: SourceId,
}

/// Adds a source to one of one's clients.
#[utoipa::path(
    post,
    path = "/sources",
    request_body = NewSourceBody,
    responses((status = 200, body = AddedSource))
)]
pub async fn add(
    State(app): State<App>,
    who: Who,
    body: Result<Json<NewSourceBody>, JsonRejection>,
) -> Result<Json<AddedSource>, Problem> {
    let Json(body) = body?;
    if !who.sees_client(&body.client) {
        return Err(Problem::not_found());
    }
    let (actor, new) = (who.actor(), body.source.into_new(Origin::Unknown));
    let mut tx = app.db.write().await?;
    let id = sources::add(&mut tx, &actor, &body.client, new, app.clock.now()).await?;
    tx.commit().await?;
    Ok(Json(AddedSource { id }))
}

/// What a change did.
#[derive(Serialize, ToSchema)]
pub struct ChangedSource {
    /// Leads that wait for first contact and have another deadline now.
    leads: u64,
}

/// Changes a source; its deadline holds at once for every lead that nobody has talked to.
#[utoipa::path(
    put,
    path = "/sources/{id}",
    request_body = SourceBody,
    responses((status = 200, body = ChangedSource))
)]
pub async fn change(
    State(app): State<App>,
    who: Who,
    Path(id): Path<SourceId>,
    body: Result<Json<SourceBody>, JsonRejection>,
) -> Result<Json<ChangedSource>, Problem> {
    let Json(body) = body?;
    let mut tx = app.db.write().await?;
    let source = sources::by_id(&mut tx, &id)
        .await?
        .filter(|s| who.sees_client(&s.client_id))
        .ok_or_else(Problem::not_found)?;
    let (retired, actor) = (body.retired, who.actor());
    let new = (body.into_new(source.origin), retired);
    let leads = sources::change(&mut tx, &actor, &source, new, app.clock.now()).await?;
    tx.commit().await?;
    Ok(Json(ChangedSource { leads }))
}
