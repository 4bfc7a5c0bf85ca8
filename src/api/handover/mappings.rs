//! What a client's CRM calls our fields and states, and what its states mean here: changed by
//! administrators, and by the managers whose client's it is.

use crate::api::access::Who;
use crate::api::app::{App, done};
use crate::api::problem::Problem;
use crate::handover::mapping::{self, CrmKind, LeadState, Mapping};
use crate::identity::Role;
use crate::store::handover::crms::{self, Crm};
use crate::store::handover::mappings::{self, Mappings};
use crate::store::{Tx, people};
use crate::units::{ClientId, WallTime, Word};
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// The mapping of a client's CRM that holds.
#[derive(Serialize, ToSchema)]
pub struct CrmMapped {
    mapping: Mapping,
    /// 0: what its kind begins with.
    version: i64,
    /// Null: nobody changed it.
    #[schema(required)]
    set_at: Option<WallTime>,
    /// Who changed it; null: nobody, or a command on the box.
    #[schema(required)]
    set_by: Option<String>,
    /// Fields that have to be made there first.
    make_first: Vec<String>,
}

fn make_first(kind: CrmKind, mapping: &Mapping) -> Vec<String> {
    let own = mapping.own_fields(kind).into_iter();
    own.map(str::to_owned).collect()
}

pub(super) async fn mapped(tx: &mut Tx, crm: &Crm) -> Result<CrmMapped, Problem> {
    let found: Mappings = mappings::of(tx, &crm.client_id, crm.kind).await?;
    let set = found.set();
    let by = match set {
        Some(version) => people::by_id(tx, &version.set_by.as_str().into()).await?,
        None => None,
    };
    Ok(CrmMapped {
        mapping: found.current().clone(),
        version: found.version(),
        set_at: set.map(|v| v.set_at),
        set_by: by.map(|p| p.name.into_inner()),
        make_first: make_first(crm.kind, found.current()),
    })
}

/// Another mapping of a client's CRM.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CrmMappingBody {
    mapping: Mapping,
    /// The version that was looked at.
    replaces: i64,
}

/// Changes the mapping of a client's CRM. What was sent stays as it was sent; a lead is written by
/// the new one as soon as something of it changes.
#[utoipa::path(
    put,
    path = "/crm/{id}/mapping",
    request_body = CrmMappingBody,
    responses((status = 204))
)]
pub async fn set(
    State(app): State<App>,
    who: Who,
    Path(id): Path<ClientId>,
    body: Result<Json<CrmMappingBody>, JsonRejection>,
) -> Result<StatusCode, Problem> {
    let Json(b) = body?;
    let mut tx = app.db.write().await?;
    seen(&mut tx, &who, &id).await?;
    let new = (b.mapping, b.replaces);
    mappings::set(&mut tx, &who.actor(), &id, new, app.clock.now()).await?;
    done(tx).await
}

/// What would be sent of an invented lead.
#[derive(Serialize, ToSchema)]
pub struct CrmExample {
    /// One for each state, in its order.
    leads: Vec<CrmExampleLead>,
    /// Fields that have to be made there first.
    make_first: Vec<String>,
}

/// An invented lead in one state.
#[derive(Serialize, ToSchema)]
pub struct CrmExampleLead {
    state: LeadState,
    /// By their names in the CRM.
    fields: BTreeMap<String, String>,
}

/// Says what would be sent by a mapping, and changes nothing.
#[utoipa::path(
    post,
    path = "/crm/{id}/mapping/example",
    request_body = Mapping,
    responses((status = 200, body = CrmExample))
)]
pub async fn example(
    State(app): State<App>,
    who: Who,
    Path(id): Path<ClientId>,
    body: Result<Json<Mapping>, JsonRejection>,
) -> Result<Json<CrmExample>, Problem> {
    let Json(draft) = body?;
    let mut tx = app.db.read().await?;
    let kind = seen(&mut tx, &who, &id).await?.kind;
    let draft = draft
        .checked(kind)
        .map_err(|why| Problem::bad(format!("{why}.")))?;
    let lead = |state: &LeadState| CrmExampleLead {
        state: *state,
        fields: mapping::example(kind, &draft, *state),
    };
    Ok(Json(CrmExample {
        leads: LeadState::ALL.iter().map(lead).collect(),
        make_first: make_first(kind, &draft),
    }))
}

/// The CRM of a client that one may see; what one may not see is not there.
async fn seen(tx: &mut Tx, who: &Who, client: &ClientId) -> Result<Crm, Problem> {
    let found = crms::of_client(tx, client).await?;
    let sees = who.is(Role::Admin) || who.sees_client(client);
    found.filter(|_| sees).ok_or_else(Problem::not_found)
}
