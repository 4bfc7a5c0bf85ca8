//! Receivers: set up by administrators, seen by the managers whose clients' messages they are sent.

use crate::api::access::Who;
use crate::api::app::{App, done};
use crate::api::problem::Problem;
use crate::identity::Role;
use crate::store::webhook::PausedFor;
use crate::store::webhook::deliveries::{self, Standing};
use crate::store::webhook::receivers::{self, Generation, NewReceiver, Receiver};
use crate::store::{Tx, people};
use crate::units::{ClientId, ReceiverId, WallTime, Word};
use crate::webhook::{Secret, Subject, Target};
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderName, StatusCode, header};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A receiver of outgoing messages.
#[derive(Serialize, ToSchema)]
#[schema(as = MessageReceiver)]
pub struct View {
    id: ReceiverId,
    name: String,
    /// Whole for administrators; of what others see, scheme and host.
    url: String,
    /// Null: all, those that come later too.
    #[schema(required)]
    topics: Option<Vec<Subject>>,
    /// Null: messages of all clients, and of the house.
    #[schema(required)]
    client: Option<String>,
    created_at: WallTime,
    /// Null: it is sent to.
    #[schema(required)]
    paused_at: Option<WallTime>,
    #[schema(required)]
    paused_for: Option<PausedFor>,
    /// Attempts in a row that failed.
    failures: i64,
    /// Messages that wait.
    waiting: i64,
    /// Messages that were given up.
    dead: i64,
    /// When the first that waits began to.
    #[schema(required)]
    oldest: Option<WallTime>,
    /// What the last attempt of the first that waits came to, in words.
    #[schema(required)]
    last_error: Option<String>,
    /// When it is tried again at the earliest; null: nothing waits.
    #[schema(required)]
    next_attempt_at: Option<WallTime>,
    /// When a message was last delivered.
    #[schema(required)]
    worked_at: Option<WallTime>,
    /// Since when its newest secret signs.
    secret_since: WallTime,
    /// Until when an earlier secret signs beside it.
    #[schema(required)]
    earlier_secret_until: Option<WallTime>,
}

/// A client whose messages a receiver may be limited to.
#[derive(Serialize, ToSchema)]
pub struct MessageClient {
    id: ClientId,
    name: String,
}

/// Receivers, and what one is set up with.
#[derive(Serialize, ToSchema)]
#[schema(as = MessageReceivers)]
pub struct Receivers {
    /// By name.
    receivers: Vec<View>,
    topics: Vec<Subject>,
    /// For administrators.
    clients: Vec<MessageClient>,
    now: WallTime,
}

/// Every receiver that one may see.
#[utoipa::path(get, path = "/webhooks", responses((status = 200, body = Receivers)))]
pub async fn list(State(app): State<App>, who: Who) -> Result<Json<Receivers>, Problem> {
    let now = app.clock.now();
    let mut tx = app.db.read().await?;
    let clients = people::all_clients(&mut tx).await?;
    let standing = deliveries::standing(&mut tx).await?;
    let mut shown = Vec::new();
    for receiver in receivers::all(&mut tx).await? {
        if !sees(&who, &receiver, &clients) {
            continue;
        }
        let line = standing.iter().find(|s| s.receiver_id == receiver.id);
        let topics = match receiver.all_topics {
            true => None,
            false => Some(receivers::topics(&mut tx, &receiver.id).await?),
        };
        let secrets = receivers::generations(&mut tx, &receiver.id, now).await?;
        let client = clients
            .iter()
            .find(|c| Some(&c.0) == receiver.client_id.as_ref());
        let client = client.map(|(_, name)| name.clone());
        shown.push(view(&who, receiver, (topics, client), line, &secrets));
    }
    let clients = clients.into_iter().filter(|_| who.is(Role::Admin));
    Ok(Json(Receivers {
        receivers: shown,
        topics: Subject::ALL
            .iter()
            .copied()
            .filter(|t| *t != Subject::Test)
            .collect(),
        clients: clients
            .map(|(id, name)| MessageClient { id, name })
            .collect(),
        now,
    }))
}

/// An administrator sees all; a manager those whose messages are all of their own clients.
pub(in crate::api) fn sees(who: &Who, receiver: &Receiver, clients: &[(ClientId, String)]) -> bool {
    match &receiver.client_id {
        _ if who.is(Role::Admin) => true,
        Some(client) => who.sees_client(client),
        None => clients.iter().all(|(id, _)| who.sees_client(id)),
    }
}

fn view(
    who: &Who,
    r: Receiver,
    (topics, client): (Option<Vec<Subject>>, Option<String>),
    line: Option<&Standing>,
    secrets: &[Generation],
) -> View {
    let waiting = line.map_or(0, |l| l.waiting);
    let url = match who.is(Role::Admin) {
        true => r.url,
        false => receivers::host_of(&r.url).to_owned(),
    };
    View {
        id: r.id,
        name: r.name,
        url,
        topics,
        client,
        created_at: r.created_at,
        paused_at: r.paused_at,
        paused_for: r.paused_for,
        failures: r.failures,
        waiting,
        dead: line.map_or(0, |l| l.dead),
        oldest: line.and_then(|l| l.oldest),
        last_error: line.and_then(|l| l.last_error.clone()),
        next_attempt_at: (waiting > 0).then_some(r.next_attempt_at),
        worked_at: r.worked_at,
        secret_since: secrets.first().map_or(r.created_at, |s| s.from_at),
        earlier_secret_until: secrets.iter().skip(1).filter_map(|s| s.until_at).max(),
    }
}

/// A receiver that whoever asks may see.
///
/// # Errors
/// 404 for all others.
pub(super) async fn of_mine(tx: &mut Tx, who: &Who, id: &ReceiverId) -> Result<Receiver, Problem> {
    let clients = people::all_clients(tx).await?;
    let found = receivers::by_id(tx, id).await?;
    found
        .filter(|r| sees(who, r, &clients))
        .ok_or_else(Problem::not_found)
}

/// A transaction that changes a receiver of one's own.
async fn changing(app: &App, who: &Who, id: &ReceiverId) -> Result<Tx, Problem> {
    let mut tx = app.db.write().await?;
    of_mine(&mut tx, who, id).await?;
    Ok(tx)
}

/// What a receiver is set up with.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = MessageReceiverBody)]
pub struct ReceiverBody {
    /// 1 to 80 characters.
    name: String,
    /// https://; http:// within the ranges that the configuration allows.
    url: String,
    /// Null: all.
    topics: Option<Vec<Subject>>,
    /// Only messages of this client; null: of all, and of the house.
    client: Option<ClientId>,
}

/// What a receiver is changed to; whose messages it is sent stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = MessageReceiverChange)]
pub struct ChangeBody {
    /// 1 to 80 characters.
    name: String,
    /// https://; http:// within the ranges that the configuration allows.
    url: String,
    /// Null: all.
    topics: Option<Vec<Subject>>,
}

/// Whether messages may be sent to a URL.
fn check_url(app: &App, url: &str) -> Result<(), Problem> {
    let checked = Target::parse(url, app.sending.sender.allowed());
    checked
        .map(drop)
        .map_err(|why| Problem::bad(why.to_string()))
}

/// A receiver's newest secret, as its verifier takes it.
#[derive(Serialize, ToSchema)]
#[schema(as = MessageSecret)]
pub struct SecretView {
    id: ReceiverId,
    /// `whsec_` and base64.
    secret: String,
}

/// A secret is for whoever asked, and for no cache.
type Once = ([(HeaderName, &'static str); 1], Json<SecretView>);

fn once(id: ReceiverId, secret: &Secret) -> Once {
    let secret = secret.shown();
    (
        [(header::CACHE_CONTROL, "no-store")],
        Json(SecretView { id, secret }),
    )
}

/// Sets a receiver up; gives its secret.
#[utoipa::path(
    post,
    path = "/webhooks",
    request_body = ReceiverBody,
    responses((status = 200, body = SecretView))
)]
pub async fn add(
    State(app): State<App>,
    who: Who,
    body: Result<Json<ReceiverBody>, JsonRejection>,
) -> Result<Once, Problem> {
    let Json(body) = body?;
    check_url(&app, &body.url)?;
    let new = NewReceiver {
        name: &body.name,
        url: &body.url,
        topics: body.topics.as_deref(),
        client: body.client.as_ref(),
    };
    let mut tx = app.db.write().await?;
    if let Some(client) = new.client {
        let clients = people::all_clients(&mut tx).await?;
        let known = clients.iter().any(|(id, _)| id == client);
        known.then_some(()).ok_or_else(Problem::not_found)?;
    }
    let (by, master) = (who.actor(), &app.sending.master);
    let (id, secret) = receivers::add(&mut tx, &by, &new, master, app.clock.now()).await?;
    tx.commit().await?;
    Ok(once(id, &secret))
}

/// Changes name, URL and topics.
#[utoipa::path(
    put,
    path = "/webhooks/{id}",
    request_body = ChangeBody,
    responses((status = 204))
)]
pub async fn change(
    State(app): State<App>,
    who: Who,
    Path(id): Path<ReceiverId>,
    body: Result<Json<ChangeBody>, JsonRejection>,
) -> Result<StatusCode, Problem> {
    let Json(body) = body?;
    check_url(&app, &body.url)?;
    let new = NewReceiver {
        name: &body.name,
        url: &body.url,
        topics: body.topics.as_deref(),
        client: None,
    };
    let mut tx = changing(&app, &who, &id).await?;
    receivers::change(&mut tx, &who.actor(), &id, &new, app.clock.now()).await?;
    done(tx).await
}

/// Removes a receiver: nothing more is sent to it.
#[utoipa::path(delete, path = "/webhooks/{id}", responses((status = 204)))]
pub async fn remove(
    State(app): State<App>,
    who: Who,
    Path(id): Path<ReceiverId>,
) -> Result<StatusCode, Problem> {
    let mut tx = changing(&app, &who, &id).await?;
    receivers::remove(&mut tx, &who.actor(), &id, app.clock.now()).await?;
    done(tx).await
}

/// Sends nothing to a receiver until it is resumed; its messages wait.
#[utoipa::path(post, path = "/webhooks/{id}/pause", responses((status = 204)))]
pub async fn pause(
    State(app): State<App>,
    who: Who,
    Path(id): Path<ReceiverId>,
) -> Result<StatusCode, Problem> {
    let mut tx = changing(&app, &who, &id).await?;
    let (by, now) = (who.actor(), app.clock.now());
    receivers::pause(&mut tx, &by, &id, PausedFor::Admin, now).await?;
    done(tx).await
}

/// Goes on sending: what waited has three days from now.
#[utoipa::path(post, path = "/webhooks/{id}/resume", responses((status = 204)))]
pub async fn resume(
    State(app): State<App>,
    who: Who,
    Path(id): Path<ReceiverId>,
) -> Result<StatusCode, Problem> {
    let mut tx = changing(&app, &who, &id).await?;
    receivers::resume(&mut tx, &who.actor(), &id, app.clock.now()).await?;
    done(tx).await
}

/// How the next secret comes in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = MessageRotation)]
pub struct Rotation {
    /// The earlier secret signs no more: it is known to others. Else it signs for another day.
    at_once: bool,
}

/// Makes a receiver's next secret, and gives it.
#[utoipa::path(
    post,
    path = "/webhooks/{id}/rotate",
    request_body = Rotation,
    responses((status = 200, body = SecretView))
)]
pub async fn rotate(
    State(app): State<App>,
    who: Who,
    Path(id): Path<ReceiverId>,
    body: Result<Json<Rotation>, JsonRejection>,
) -> Result<Once, Problem> {
    let Json(Rotation { at_once }) = body?;
    let mut tx = changing(&app, &who, &id).await?;
    let (by, how) = (who.actor(), (&app.sending.master, at_once));
    let secret = receivers::rotate(&mut tx, &by, &id, how, app.clock.now()).await?;
    tx.commit().await?;
    Ok(once(id, &secret))
}

/// Shows a receiver's newest secret; the log says who looked.
#[utoipa::path(
    post,
    path = "/webhooks/{id}/secret",
    responses((status = 200, body = SecretView))
)]
pub async fn secret(
    State(app): State<App>,
    who: Who,
    Path(id): Path<ReceiverId>,
) -> Result<Once, Problem> {
    let mut tx = changing(&app, &who, &id).await?;
    let (by, master) = (who.actor(), &app.sending.master);
    let secret = receivers::show_secret(&mut tx, &by, &id, master, app.clock.now()).await?;
    tx.commit().await?;
    Ok(once(id, &secret))
}

/// Puts a message of the topic `webhook.test` into a receiver's line.
#[utoipa::path(post, path = "/webhooks/{id}/test", responses((status = 204)))]
pub async fn test(
    State(app): State<App>,
    who: Who,
    Path(id): Path<ReceiverId>,
) -> Result<StatusCode, Problem> {
    let mut tx = changing(&app, &who, &id).await?;
    receivers::test(&mut tx, &who.actor(), &id, app.clock.now()).await?;
    done(tx).await
}
