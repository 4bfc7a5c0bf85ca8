//! A receiver's messages: what waits, what was delivered, what was given up and is replayed.

use super::receivers::of_mine;
use crate::api::access::Who;
use crate::api::app::App;
use crate::api::problem::Problem;
use crate::store::webhook::deliveries::{self, Listed, MessageState, PAGE, Wanted};
use crate::units::{MessageId, ReceiverId, WallTime};
use crate::webhook::Subject;
use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// An outgoing message and how it stands with one receiver; what it says is not shown.
#[derive(Serialize, ToSchema)]
#[schema(as = OutgoingMessage)]
pub struct View {
    id: MessageId,
    topic: Subject,
    state: MessageState,
    created_at: WallTime,
    attempts: i64,
    #[schema(required)]
    last_at: Option<WallTime>,
    /// The HTTP status of the last answer; null: there was none.
    #[schema(required)]
    last_status: Option<i64>,
    /// What the last attempt came to, in words; null: it was delivered, or none was made.
    #[schema(required)]
    last_error: Option<String>,
    /// How often it was replayed.
    replays: i64,
    #[schema(required)]
    delivered_at: Option<WallTime>,
    /// When it was given up.
    #[schema(required)]
    dead_at: Option<WallTime>,
}

/// Messages, newest first.
#[derive(Serialize, ToSchema)]
#[schema(as = OutgoingMessages)]
pub struct Messages {
    messages: Vec<View>,
    /// For the page after this; null: there is none.
    #[schema(required)]
    before: Option<i64>,
}

/// Which messages.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Filter {
    /// Without it, all.
    state: Option<MessageState>,
    /// As the page before this one gave it.
    before: Option<i64>,
}

/// A receiver's messages, newest first, fifty a page.
#[utoipa::path(
    get,
    path = "/webhooks/{id}/messages",
    params(Filter),
    responses((status = 200, body = Messages))
)]
pub async fn list(
    State(app): State<App>,
    who: Who,
    Path(id): Path<ReceiverId>,
    filter: Result<Query<Filter>, QueryRejection>,
) -> Result<Json<Messages>, Problem> {
    let Query(filter) = filter?;
    let mut tx = app.db.read().await?;
    of_mine(&mut tx, &who, &id).await?;
    let wanted = Wanted {
        receiver: &id,
        state: filter.state,
        before: filter.before,
    };
    let found = deliveries::list(&mut tx, &wanted).await?;
    let full = i64::try_from(found.len()).is_ok_and(|n| n == PAGE);
    let before = found.last().filter(|_| full).map(|m| m.seq);
    Ok(Json(Messages {
        messages: found.into_iter().map(view).collect(),
        before,
    }))
}

fn view(m: Listed) -> View {
    View {
        state: m.state(),
        id: m.message_id,
        topic: m.topic,
        created_at: m.created_at,
        attempts: m.attempts,
        last_at: m.last_at,
        last_status: m.last_status,
        last_error: m.last_error,
        replays: m.replays,
        delivered_at: m.delivered_at,
        dead_at: m.dead_at,
    }
}

/// Which dead messages are sent again.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = MessageReplay)]
pub struct ReplayBody {
    /// Null: all of the receiver's.
    message: Option<MessageId>,
}

/// How many go out again.
#[derive(Serialize, ToSchema)]
#[schema(as = MessagesReplayed)]
pub struct Replayed {
    messages: u64,
}

/// Puts dead messages back into their line, under the ids that they had.
#[utoipa::path(
    post,
    path = "/webhooks/{id}/replay",
    request_body = ReplayBody,
    responses((status = 200, body = Replayed))
)]
pub async fn replay(
    State(app): State<App>,
    who: Who,
    Path(id): Path<ReceiverId>,
    body: Result<Json<ReplayBody>, JsonRejection>,
) -> Result<Json<Replayed>, Problem> {
    let Json(body) = body?;
    let mut tx = app.db.write().await?;
    of_mine(&mut tx, &who, &id).await?;
    let which = (&id, body.message.as_ref());
    let messages = deliveries::replay(&mut tx, &who.actor(), which, app.clock.now()).await?;
    tx.commit().await?;
    Ok(Json(Replayed { messages }))
}
