//! What became of a telemarketer's own leads (PRODUCT H3), their write-ups, and which blanks hold a
//! campaign's hand-overs back.

use crate::api::access::Who;
use crate::api::app::{App, done};
use crate::api::handover::seen_by;
use crate::api::handover::views::{
    AnswerGiven, BuyerPromise, CallSeen, HandoverQuestion, HandoverRating,
};
use crate::api::problem::Problem;
use crate::handover::Field;
use crate::identity::Role;
use crate::store::handover::list::{self, Handover};
use crate::store::handover::seen::{self, SeenCall};
use crate::store::handover::{answers, promises, questions, ratings, write_ups};
use crate::store::review::claims;
use crate::store::{Tx, leads};
use crate::units::{CampaignId, ClaimId, WallTime};
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// What became of an own lead that passed.
#[derive(Serialize, ToSchema)]
pub struct OwnHandover {
    claim: ClaimId,
    number: i64,
    company: String,
    #[schema(required)]
    contact: Option<String>,
    campaign: String,
    passed_at: WallTime,
    /// Null: held back.
    #[schema(required)]
    handed_at: Option<WallTime>,
    /// Blanks that hold it back.
    blanks: Vec<Field>,
    #[schema(required)]
    whose: Option<String>,
    /// The answer that stands.
    #[schema(required)]
    answer: Option<AnswerGiven>,
    questions: Vec<HandoverQuestion>,
    #[schema(required)]
    rating: Option<HandoverRating>,
    /// Sales' first call to the buyer, and the one that talked longest.
    #[schema(required)]
    first_call: Option<CallSeen>,
    #[schema(required)]
    longest_call: Option<CallSeen>,
    /// The call between oneself and sales.
    #[schema(required)]
    handover_call: Option<CallSeen>,
    promises: Vec<BuyerPromise>,
    /// What stands in the write-up, by field.
    write_up: BTreeMap<Field, String>,
}

/// Own leads that passed.
#[derive(Serialize, ToSchema)]
pub struct OwnHandovers {
    leads: Vec<OwnHandover>,
}

const MOST: i64 = 100;

/// What became of one's own leads that passed, newest first, at most 100.
#[utoipa::path(get, path = "/handed-over", responses((status = 200, body = OwnHandovers)))]
pub async fn list(State(app): State<App>, who: Who) -> Result<Json<OwnHandovers>, Problem> {
    let mut tx = app.db.read().await?;
    let (now, mut leads) = (app.clock.now(), Vec::new());
    for h in list::of_claimant(&mut tx, who.id(), MOST).await? {
        leads.push(view(&mut tx, h, now).await?);
    }
    Ok(Json(OwnHandovers { leads }))
}

async fn view(tx: &mut Tx, h: Handover, now: WallTime) -> Result<OwnHandover, Problem> {
    let id = &h.claim_id;
    let answer = match &h.answer_id {
        None => None,
        Some(current) => {
            let claim = claims::by_id(tx, id)
                .await?
                .ok_or_else(Problem::not_found)?;
            let list = claims::version(tx, &claim).await?.checklist()?;
            let all = answers::of_claim(tx, id).await?;
            let standing = all.into_iter().find(|a| a.id == *current);
            standing.map(|a| AnswerGiven::of(a, Some(current), |id| list.title(id)))
        }
    };
    let mut promised = Vec::new();
    for p in promises::of_claim(tx, id).await? {
        promised.push(BuyerPromise::of(tx, p, now).await?);
    }
    let calls = seen::of_sales(tx, &h.lead_id, h.passed_at).await?;
    let longest = calls.iter().max_by_key(|c| c.talked().map(|t| t.0));
    let between = seen::between(tx, &h.claimant_id, &h.client_id, h.passed_at).await?;
    let blanks = match h.handed_at {
        Some(_) => Vec::new(),
        None => list::held_back_by(tx, id).await?,
    };
    let asked = questions::of_claim(tx, id).await?;
    let filled = write_ups::of_claim(tx, id).await?;
    Ok(OwnHandover {
        longest_call: longest.cloned().map(CallSeen::from),
        first_call: first(calls),
        handover_call: between.map(CallSeen::from),
        rating: ratings::of_claim(tx, id).await?.map(HandoverRating::from),
        questions: asked.into_iter().map(HandoverQuestion::from).collect(),
        write_up: filled
            .into_iter()
            .map(|f| (f.field, f.text.into_inner()))
            .collect(),
        promises: promised,
        answer,
        blanks,
        claim: h.claim_id,
        number: h.number,
        company: h.company.into_inner(),
        contact: h.contact.map(|c| c.into_inner()),
        campaign: h.campaign,
        passed_at: h.passed_at,
        handed_at: h.handed_at,
        whose: h.sales.map(|s| s.into_inner()),
    })
}

fn first(calls: Vec<SeenCall>) -> Option<CallSeen> {
    calls.into_iter().next().map(CallSeen::from)
}

/// A field of a write-up.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FieldBody {
    field: Field,
    /// Empty: it is blank again.
    text: String,
}

/// Whoever made the call fills a field of the write-up. The last blank that held the lead back
/// hands it over.
#[utoipa::path(
    put,
    path = "/handovers/{id}/write-up",
    request_body = FieldBody,
    responses((status = 204))
)]
pub async fn fill(
    State(app): State<App>,
    who: Who,
    Path(id): Path<ClaimId>,
    body: Result<Json<FieldBody>, JsonRejection>,
) -> Result<StatusCode, Problem> {
    let Json(b) = body?;
    let mut tx = app.db.write().await?;
    let (_, claim) = seen_by(&mut tx, &who, &id).await?;
    let said = (b.field, b.text.trim());
    write_ups::fill(&mut tx, who.id(), &claim, said, app.clock.now()).await?;
    done(tx).await
}

/// A campaign, with the blanks that hold its hand-overs back.
#[derive(Serialize, ToSchema)]
pub struct CampaignNeeds {
    id: CampaignId,
    name: String,
    client: String,
    needs: Vec<Field>,
}

/// Campaigns of one's clients.
#[derive(Serialize, ToSchema)]
pub struct AllCampaignNeeds {
    campaigns: Vec<CampaignNeeds>,
    /// Whether one may change them.
    changes: bool,
}

/// Which blanks hold each campaign's hand-overs back.
#[utoipa::path(
    get,
    path = "/campaign-needs",
    responses((status = 200, body = AllCampaignNeeds))
)]
pub async fn needs(State(app): State<App>, who: Who) -> Result<Json<AllCampaignNeeds>, Problem> {
    let mut tx = app.db.read().await?;
    let mut campaigns = Vec::new();
    for c in leads::open_campaigns(&mut tx, who.id()).await? {
        campaigns.push(CampaignNeeds {
            needs: write_ups::needed(&mut tx, &c.id).await?,
            id: c.id,
            name: c.name,
            client: c.client,
        });
    }
    let changes = who.is(Role::Manager) || who.is(Role::Marketing);
    Ok(Json(AllCampaignNeeds { campaigns, changes }))
}

/// Which blanks hold a campaign's hand-overs back.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NeedsBody {
    needs: Vec<Field>,
}

/// Says which blanks hold a campaign's hand-overs back from now on.
#[utoipa::path(
    put,
    path = "/campaign-needs/{id}",
    request_body = NeedsBody,
    responses((status = 204))
)]
pub async fn set_needs(
    State(app): State<App>,
    who: Who,
    Path(id): Path<CampaignId>,
    body: Result<Json<NeedsBody>, JsonRejection>,
) -> Result<StatusCode, Problem> {
    let Json(b) = body?;
    let mut tx = app.db.write().await?;
    leads::campaign(&mut tx, &id)
        .await?
        .filter(|c| who.sees_client(&c.client_id))
        .ok_or_else(Problem::not_found)?;
    write_ups::need(&mut tx, who.id(), &id, &b.needs, app.clock.now()).await?;
    done(tx).await
}
