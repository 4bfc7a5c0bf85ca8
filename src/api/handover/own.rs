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
use crate::store::handover::list::{self, Handover, OwnWanted};
use crate::store::handover::seen::{self, SeenCall};
use crate::store::handover::{answers, promises, questions, ratings, write_ups};
use crate::store::review::claims;
use crate::store::{Tx, leads};
use crate::units::{CampaignId, ClaimId, WallTime};
use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};

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
    /// `after` of the next page; null on the last.
    #[schema(required)]
    next: Option<String>,
}

/// Which of one's own leads that passed.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct OwnHandedPage {
    /// A part of a company's or a contact's name, or a number as `C-1001`.
    #[serde(default)]
    q: String,
    /// Held back for a blank, or asked about by sales, alone.
    #[serde(default)]
    to_do: bool,
    /// `next` of the page before.
    after: Option<String>,
}

/// Leads on a page.
const PAGE: usize = 20;

fn place(text: &str) -> Result<(WallTime, i64), Problem> {
    let read = text
        .split_once('.')
        .and_then(|(at, number)| Some((WallTime(at.parse().ok()?), number.parse().ok()?)));
    read.ok_or_else(|| {
        Problem::bad("'after' is the 'next' of an earlier answer, as it stands there.")
    })
}

/// What became of one's own leads that passed, newest first, 20 at a time.
#[utoipa::path(
    get,
    path = "/handed-over",
    params(OwnHandedPage),
    responses((status = 200, body = OwnHandovers))
)]
pub async fn list(
    State(app): State<App>,
    who: Who,
    page: Result<Query<OwnHandedPage>, QueryRejection>,
) -> Result<Json<OwnHandovers>, Problem> {
    let Query(page) = page?;
    let wanted = OwnWanted {
        search: &page.q,
        to_do: page.to_do,
        after: page.after.as_deref().map(place).transpose()?,
    };
    let mut tx = app.db.read().await?;
    let (now, mut leads) = (app.clock.now(), Vec::new());
    let mut found = list::of_claimant(&mut tx, who.id(), &wanted, PAGE as i64 + 1).await?;
    let follows = found.len() > PAGE;
    found.truncate(PAGE);
    let last = found.last().filter(|_| follows);
    let next = last.map(|h| format!("{}.{}", h.passed_at.micros(), h.number));
    for h in found {
        leads.push(view(&mut tx, h, now).await?);
    }
    Ok(Json(OwnHandovers { leads, next }))
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
