//! Content that marketing offers and sales sends with the first mail (PRODUCT H5).

use crate::api::access::Who;
use crate::api::app::{App, done};
use crate::api::handover::seen_by;
use crate::api::problem::Problem;
use crate::handover::content::{LARGEST_FILE, Wanted};
use crate::identity::Role;
use crate::leads::BuyerStage;
use crate::store::handover::content::{self, Attached, Content, NewContent, What};
use crate::store::{StoreError, people};
use crate::units::{ClaimId, ClientId, ContentId, WallTime};
use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Path, Query, Request, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// A piece of content.
#[derive(Serialize, ToSchema)]
pub struct ContentPiece {
    id: ContentId,
    client: String,
    title: String,
    /// On the web, or the box's own to the file.
    link: String,
    /// Its name, where it is a file; null: it is a link.
    #[schema(required)]
    file: Option<String>,
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
            file: c.file,
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
        what: What::Link(&b.link),
        theme: &b.theme,
        topic: &b.topic,
        stage: b.stage,
        pain: &b.pain,
    };
    let mut tx = app.db.write().await?;
    content::add(&mut tx, who.id(), &new, app.clock.now()).await?;
    done(tx).await
}

/// What a file that marketing offers is.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ContentFileWanted {
    client: ClientId,
    title: String,
    /// Its name: a document, a picture or a film.
    file: String,
    #[serde(default)]
    theme: String,
    #[serde(default)]
    topic: String,
    #[param(inline)]
    stage: Option<BuyerStage>,
    #[serde(default)]
    pain: String,
}

/// Marketing offers a file, of at most 5 MB.
#[utoipa::path(
    post,
    path = "/content/file",
    params(ContentFileWanted),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 204))
)]
pub async fn add_file(
    State(app): State<App>,
    who: Who,
    asked: Result<Query<ContentFileWanted>, QueryRejection>,
    request: Request,
) -> Result<StatusCode, Problem> {
    let Query(b) = asked?;
    if !who.sees_client(&b.client) {
        return Err(Problem::not_found());
    }
    let bytes = axum::body::to_bytes(request.into_body(), LARGEST_FILE).await;
    let bytes = bytes.map_err(|_| {
        Problem::bad("The file is larger than 5 MB, or did not come whole: give a link to it.")
    })?;
    let name = b.file.clone();
    let made = tokio::task::spawn_blocking(move || Attached::of(&name, &bytes)).await;
    let made = made.map_err(|why| StoreError::Broken(why.to_string()))??;
    let new = NewContent {
        client: &b.client,
        title: &b.title,
        what: What::File(&made),
        theme: &b.theme,
        topic: &b.topic,
        stage: b.stage,
        pain: &b.pain,
    };
    let mut tx = app.db.write().await?;
    content::add(&mut tx, who.id(), &new, app.clock.now()).await?;
    done(tx).await
}

/// A file that marketing offers or offered, to be saved: no browser shows it as a page of the box.
#[utoipa::path(
    get,
    path = "/content/{id}/file",
    responses((status = 200, content_type = "application/octet-stream", body = Vec<u8>))
)]
pub async fn file(
    State(app): State<App>,
    who: Who,
    Path(id): Path<ContentId>,
) -> Result<Response, Problem> {
    let mut tx = app.db.read().await?;
    content::by_id(&mut tx, &id)
        .await?
        .filter(|c| who.sees_client(&c.client_id))
        .ok_or_else(Problem::not_found)?;
    let found = content::file(&mut tx, &id).await?;
    let (name, bytes) = found.ok_or_else(Problem::not_found)?;
    // RFC 6266: the name as it is, and one for programs that read ASCII alone.
    let ascii = name.replace(|c: char| !c.is_ascii_graphic() && c != ' ', "_");
    let whole = utf8_percent_encode(&name, NON_ALPHANUMERIC);
    let disposition = format!("attachment; filename=\"{ascii}\"; filename*=UTF-8''{whole}");
    let headers = [
        (CONTENT_TYPE, "application/octet-stream".to_owned()),
        (CONTENT_DISPOSITION, disposition),
    ];
    Ok((headers, bytes).into_response())
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
                stage: lead.buyer_stage,
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
