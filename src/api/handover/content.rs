//! Content that marketing offers and sales sends with the first mail (PRODUCT H5).

use crate::api::access::Who;
use crate::api::app::{App, done};
use crate::api::handover::seen_by;
use crate::api::problem::Problem;
use crate::handover::content::Wanted;
use crate::identity::Role;
use crate::leads::BuyerStage;
use crate::store::handover::content::{self, Content, NewContent};
use crate::store::people;
use crate::units::{ClaimId, ClientId, ContentId, WallTime};
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// A piece of content.
#[derive(Serialize, ToSchema)]
pub struct ContentPiece {
    id: ContentId,
    client: String,
    title: String,
    link: String,
    theme: String,
    topic: String,
    /// Of the buyer; empty: any.
    stage: String,
    pain: String,
    added_at: WallTime,
    /// How often sales took it.
    uses: i64,
}

impl From<Content> for ContentPiece {
    fn from(c: Content) -> ContentPiece {
        ContentPiece {
            id: c.id,
            client: c.client,
            title: c.title,
            link: c.link,
            theme: c.theme,
            topic: c.topic,
            stage: c.stage,
            pain: c.pain,
            added_at: c.added_at,
            uses: c.uses,
        }
    }
}

/// Words that sales looked for in vain.
#[derive(Serialize, ToSchema)]
pub struct ContentMiss {
    words: String,
    client: String,
    times: i64,
    last_at: WallTime,
}

/// A client for which content may be offered.
#[derive(Serialize, ToSchema)]
pub struct ContentClient {
    id: ClientId,
    name: String,
}

/// Content of one's clients.
#[derive(Serialize, ToSchema)]
pub struct AllContent {
    content: Vec<ContentPiece>,
    /// For marketing alone.
    misses: Vec<ContentMiss>,
    clients: Vec<ContentClient>,
}

/// Content that is offered, newest first, and what was looked for in vain.
#[utoipa::path(get, path = "/content", responses((status = 200, body = AllContent)))]
pub async fn list(State(app): State<App>, who: Who) -> Result<Json<AllContent>, Problem> {
    let mut tx = app.db.read().await?;
    let misses = match who.is(Role::Sales) {
        true => Vec::new(),
        false => content::misses(&mut tx, who.id()).await?,
    };
    let all = content::of_person(&mut tx, who.id()).await?;
    let clients = people::named_clients_of(&mut tx, who.id()).await?;
    Ok(Json(AllContent {
        content: all.into_iter().map(ContentPiece::from).collect(),
        misses: misses
            .into_iter()
            .map(|m| ContentMiss {
                words: m.words.into_inner(),
                client: m.client,
                times: m.times,
                last_at: m.last_at,
            })
            .collect(),
        clients: clients
            .into_iter()
            .map(|(id, name)| ContentClient { id, name })
            .collect(),
    }))
}

/// What marketing offers.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ContentBody {
    client: ClientId,
    title: String,
    /// On the web.
    link: String,
    #[serde(default)]
    theme: String,
    #[serde(default)]
    topic: String,
    stage: Option<BuyerStage>,
    #[serde(default)]
    pain: String,
}

/// Marketing offers a piece of content.
#[utoipa::path(
    post,
    path = "/content",
    request_body = ContentBody,
    responses((status = 204))
)]
pub async fn add(
    State(app): State<App>,
    who: Who,
    body: Result<Json<ContentBody>, JsonRejection>,
) -> Result<StatusCode, Problem> {
    let Json(b) = body?;
    if !who.sees_client(&b.client) {
        return Err(Problem::not_found());
    }
    let new = NewContent {
        client: &b.client,
        title: &b.title,
        link: &b.link,
        theme: &b.theme,
        topic: &b.topic,
        stage: b.stage,
        pain: &b.pain,
    };
    let mut tx = app.db.write().await?;
    content::add(&mut tx, who.id(), &new, app.clock.now()).await?;
    done(tx).await
}

/// It is offered no more.
#[utoipa::path(delete, path = "/content/{id}", responses((status = 204)))]
pub async fn retire(
    State(app): State<App>,
    who: Who,
    Path(id): Path<ContentId>,
) -> Result<StatusCode, Problem> {
    let mut tx = app.db.write().await?;
    content::by_id(&mut tx, &id)
        .await?
        .filter(|c| who.sees_client(&c.client_id))
        .ok_or_else(Problem::not_found)?;
    content::retire(&mut tx, who.id(), &id, app.clock.now()).await?;
    done(tx).await
}

/// Words to look for; without them, what fits the lead.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ContentWanted {
    #[serde(default)]
    q: String,
}

/// A piece that was taken for the buyer.
#[derive(Serialize, ToSchema)]
pub struct ContentUsed {
    title: String,
    at: WallTime,
}

/// Content for a lead.
#[derive(Serialize, ToSchema)]
pub struct LeadContent {
    content: Vec<ContentPiece>,
    used: Vec<ContentUsed>,
}

const SUGGESTED: usize = 3;
const FOUND: usize = 20;

/// What fits a lead that was handed over, or the words that sales looks for. Words without a hit
/// are listed for marketing.
#[utoipa::path(
    get,
    path = "/handovers/{id}/content",
    params(ContentWanted),
    responses((status = 200, body = LeadContent))
)]
pub async fn of_lead(
    State(app): State<App>,
    who: Who,
    Path(id): Path<ClaimId>,
    Query(wanted): Query<ContentWanted>,
) -> Result<Json<LeadContent>, Problem> {
    let mut tx = app.db.read().await?;
    let (handover, claim) = seen_by(&mut tx, &who, &id).await?;
    let lead = crate::store::leads::existing(&mut tx, &handover.lead_id).await?;
    let words = wanted.q.trim();
    let (theme, pain) = (lead.theme.unwrap_or_default(), claim.write_up.reveal());
    let (asked, most) = match words.is_empty() {
        true => (
            Wanted::Lead {
                theme: &theme,
                pain,
            },
            SUGGESTED,
        ),
        false => (Wanted::Words(words), FOUND),
    };
    let found = content::fitting(&mut tx, &handover.client_id, &asked, most).await?;
    let used = content::used(&mut tx, &id).await?;
    drop(tx);
    if found.is_empty() && !words.is_empty() {
        let mut tx = app.db.write().await?;
        let now = app.clock.now();
        content::miss(&mut tx, who.id(), &handover.client_id, words, now).await?;
        tx.commit().await?;
    }
    Ok(Json(LeadContent {
        content: found.into_iter().map(ContentPiece::from).collect(),
        used: used
            .into_iter()
            .map(|u| ContentUsed {
                title: u.title,
                at: u.at,
            })
            .collect(),
    }))
}

/// What is taken for the buyer.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ContentTaken {
    content: ContentId,
}

/// Sales takes a piece of content for the buyer.
#[utoipa::path(
    post,
    path = "/handovers/{id}/content",
    request_body = ContentTaken,
    responses((status = 204))
)]
pub async fn take(
    State(app): State<App>,
    who: Who,
    Path(id): Path<ClaimId>,
    body: Result<Json<ContentTaken>, JsonRejection>,
) -> Result<StatusCode, Problem> {
    let Json(b) = body?;
    let mut tx = app.db.write().await?;
    let (handover, claim) = seen_by(&mut tx, &who, &id).await?;
    content::by_id(&mut tx, &b.content)
        .await?
        .filter(|c| c.client_id == handover.client_id)
        .ok_or_else(Problem::not_found)?;
    content::take(&mut tx, who.id(), &claim, &b.content, app.clock.now()).await?;
    done(tx).await
}
