//! Leads that may be one: side by side, merged, said to be two, and split again.

use crate::api::access::Who;
use crate::api::app::{App, done};
use crate::api::problem::Problem;
use crate::leads::Stage;
use crate::leads::import::DuplicateBy;
use crate::store::Tx;
use crate::store::leads::duplicates::{self, Merged, Pair, Place, Side};
use crate::store::leads::{self, Lead, merges};
use crate::units::{CampaignId, LeadId, WallTime};
use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// One of two leads that may be one.
#[derive(Serialize, ToSchema)]
pub struct DuplicateLead {
    id: LeadId,
    /// As the list that it came from calls it.
    external_id: String,
    company: String,
    #[schema(required)]
    contact: Option<String>,
    #[schema(required)]
    contact_role: Option<String>,
    #[schema(required)]
    email: Option<String>,
    /// In E.164.
    numbers: Vec<String>,
    #[schema(required)]
    source: Option<String>,
    received_at: WallTime,
    stage: Stage,
    calls: i64,
    /// Claims on it, whatever became of them.
    claims: i64,
    /// Leads that are merged into it.
    taken_in: i64,
    /// Why the other cannot become part of it; null: it can.
    #[schema(required)]
    cannot_stay: Option<String>,
}

/// Two leads that may be one.
#[derive(Serialize, ToSchema)]
pub struct DuplicatePair {
    one: DuplicateLead,
    other: DuplicateLead,
    /// What both have: a number in E.164, a mail address or a company.
    shared: String,
}

/// Leads of a campaign that may be one.
#[derive(Serialize, ToSchema)]
pub struct Duplicates {
    pairs: Vec<DuplicatePair>,
    /// `after` of the next page; null: this is the last.
    #[schema(required)]
    next: Option<String>,
}

/// Which leads, by what, from where.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct DuplicatesAsked {
    campaign: CampaignId,
    /// What both have; a number without it.
    #[param(inline)]
    by: Option<DuplicateBy>,
    /// `next` of the page before.
    after: Option<String>,
}

const AT_ONCE: i64 = 20;

/// Leads of a campaign that share a number, a mail address or a company, and that nobody has
/// settled: 20 at a time. A page may have none and another follow: so many leads are held against
/// the others in one go.
#[utoipa::path(
    get,
    path = "/duplicates",
    params(DuplicatesAsked),
    responses((status = 200, body = Duplicates))
)]
pub async fn list(
    State(app): State<App>,
    who: Who,
    asked: Result<Query<DuplicatesAsked>, QueryRejection>,
) -> Result<Json<Duplicates>, Problem> {
    let Query(asked) = asked?;
    let place: Option<Place> = match &asked.after {
        None => Some(Place::default()),
        Some(text) => serde_json::from_str(text).ok(),
    };
    let place = place.ok_or_else(bad_place)?;
    let mut tx = app.db.read().await?;
    campaign(&mut tx, &who, &asked.campaign).await?;
    let by = asked.by.unwrap_or(DuplicateBy::Number);
    let most = (AT_ONCE, duplicates::AT_ONCE);
    let found = duplicates::pairs(&mut tx, &asked.campaign, by, &place, most).await?;
    let next = found.1.map(|place| serde_json::json!(place).to_string());
    Ok(Json(Duplicates {
        pairs: found.0.into_iter().map(pair).collect(),
        next,
    }))
}

fn bad_place() -> Problem {
    Problem::bad("'after' is the 'next' of an earlier answer, as it stands there.")
}

async fn campaign(tx: &mut Tx, who: &Who, id: &CampaignId) -> Result<(), Problem> {
    let found = leads::campaign(tx, id).await?;
    let seen = found.is_some_and(|c| who.sees_client(&c.client_id));
    seen.then_some(()).ok_or_else(Problem::not_found)
}

fn pair(pair: Pair) -> DuplicatePair {
    DuplicatePair {
        one: side(pair.one, pair.ways.first_stays),
        other: side(pair.other, pair.ways.second_stays),
        shared: pair.shared.into_inner(),
    }
}

fn side(side: Side, stays: Result<(), &'static str>) -> DuplicateLead {
    let lead = side.lead;
    DuplicateLead {
        id: lead.id,
        external_id: lead.external_id,
        company: lead.company.into_inner(),
        contact: lead.contact.map(|c| c.into_inner()),
        contact_role: lead.contact_role,
        email: lead.email.map(|e| e.into_inner()),
        numbers: side.numbers.into_iter().map(|n| n.into_inner()).collect(),
        source: lead.source,
        received_at: lead.received_at,
        stage: lead.stage,
        calls: side.calls,
        claims: side.claims,
        taken_in: side.taken_in,
        cannot_stay: stays.err().map(str::to_owned),
    }
}

/// The other of two leads.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OtherLead {
    other: LeadId,
}

/// What moved.
#[derive(Serialize, ToSchema)]
pub struct MovedCalls {
    /// Calls that moved.
    calls: u64,
    /// Calls that stay because they stand in a claim.
    kept: u64,
}

/// A lead becomes part of another of its campaign, with its calls and numbers.
#[utoipa::path(
    post,
    path = "/leads/{id}/merge",
    request_body = OtherLead,
    responses((status = 200, body = MovedCalls))
)]
pub async fn merge(
    State(app): State<App>,
    who: Who,
    Path(id): Path<LeadId>,
    body: Result<Json<OtherLead>, JsonRejection>,
) -> Result<Json<MovedCalls>, Problem> {
    let Json(b) = body?;
    let mut tx = app.db.write().await?;
    let lead = seen(&mut tx, &who, &id).await?;
    let into = seen(&mut tx, &who, &b.other).await?;
    match merges::merge(&mut tx, &who.actor(), &lead, &into, app.clock.now()).await {
        Ok(calls) => {
            tx.commit().await?;
            Ok(Json(MovedCalls { calls, kept: 0 }))
        }
        Err(error) => Err(tx.refuse(error).await.into()),
    }
}

/// A lead that is part of another is one of its own again.
#[utoipa::path(
    post,
    path = "/leads/{id}/split",
    responses((status = 200, body = MovedCalls))
)]
pub async fn split(
    State(app): State<App>,
    who: Who,
    Path(id): Path<LeadId>,
) -> Result<Json<MovedCalls>, Problem> {
    let mut tx = app.db.write().await?;
    let lead = seen(&mut tx, &who, &id).await?;
    match merges::split(&mut tx, &who.actor(), &lead, app.clock.now()).await {
        Ok((calls, kept)) => {
            tx.commit().await?;
            Ok(Json(MovedCalls { calls, kept }))
        }
        Err(error) => Err(tx.refuse(error).await.into()),
    }
}

/// Two leads that may be one are two: they are not asked about any more.
#[utoipa::path(
    post,
    path = "/leads/{id}/apart",
    request_body = OtherLead,
    responses((status = 204))
)]
pub async fn apart(
    State(app): State<App>,
    who: Who,
    Path(id): Path<LeadId>,
    body: Result<Json<OtherLead>, JsonRejection>,
) -> Result<StatusCode, Problem> {
    let Json(b) = body?;
    let mut tx = app.db.write().await?;
    let one = seen(&mut tx, &who, &id).await?;
    let other = seen(&mut tx, &who, &b.other).await?;
    let leads = (&one, &other);
    match duplicates::set_apart(&mut tx, who.id(), leads, app.clock.now()).await {
        Ok(()) => done(tx).await,
        Err(error) => Err(tx.refuse(error).await.into()),
    }
}

/// A lead that one may see; what one may not see is not there.
async fn seen(tx: &mut Tx, who: &Who, id: &LeadId) -> Result<Lead, Problem> {
    let lead = leads::by_id(tx, id).await?;
    lead.filter(|l| who.sees_lead(l))
        .ok_or_else(Problem::not_found)
}

/// A lead that is part of another.
#[derive(Serialize, ToSchema)]
pub struct MergedLead {
    id: LeadId,
    external_id: String,
    company: String,
    into: LeadId,
    into_external_id: String,
    into_company: String,
    merged_at: WallTime,
    /// Calls that came with it.
    calls: i64,
}

/// Leads of a campaign that are part of others.
#[derive(Serialize, ToSchema)]
pub struct MergedLeads {
    /// The newest merge first.
    leads: Vec<MergedLead>,
    /// `after` of the next page; null: this is the last.
    #[schema(required)]
    next: Option<String>,
}

/// Which leads, from where.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct MergedAsked {
    campaign: CampaignId,
    /// `next` of the page before.
    after: Option<String>,
}

/// Leads of a campaign that are part of others, 20 at a time.
#[utoipa::path(
    get,
    path = "/merges",
    params(MergedAsked),
    responses((status = 200, body = MergedLeads))
)]
pub async fn merged(
    State(app): State<App>,
    who: Who,
    asked: Result<Query<MergedAsked>, QueryRejection>,
) -> Result<Json<MergedLeads>, Problem> {
    let Query(asked) = asked?;
    let place = asked
        .after
        .as_deref()
        .map_or(Some((WallTime(i64::MAX), "")), |text| {
            let (at, id) = text.split_once('.')?;
            Some((WallTime(at.parse().ok()?), id))
        });
    let (at, id) = place.ok_or_else(bad_place)?;
    let mut tx = app.db.read().await?;
    campaign(&mut tx, &who, &asked.campaign).await?;
    let lead = LeadId::from(id);
    let found = duplicates::merged(&mut tx, &asked.campaign, (at, &lead), AT_ONCE).await?;
    let full = i64::try_from(found.len()).is_ok_and(|n| n >= AT_ONCE);
    let last = found.last().filter(|_| full);
    Ok(Json(MergedLeads {
        next: last.map(|m| format!("{}.{}", m.merged_at.micros(), m.lead_id)),
        leads: found.into_iter().map(view).collect(),
    }))
}

fn view(m: Merged) -> MergedLead {
    MergedLead {
        id: m.lead_id,
        external_id: m.external_id,
        company: m.company.into_inner(),
        into: m.into_id,
        into_external_id: m.into_external_id,
        into_company: m.into_company.into_inner(),
        merged_at: m.merged_at,
        calls: m.calls,
    }
}
