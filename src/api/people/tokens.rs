//! Tokens of machines, as an administrator makes and ends them.

use super::session::token_hash;
use crate::api::access::Who;
use crate::api::app::{App, done};
use crate::api::problem::Problem;
use crate::hex::hex;
use crate::identity::token::{self, Scope};
use crate::store::people;
use crate::store::people::tokens::{self, NewToken};
use crate::units::{ClientId, Micros, TokenId, WallTime};
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::ToSchema;

/// A machine's token; its text is in no answer but the one that made it.
#[derive(Serialize, ToSchema)]
pub struct ApiToken {
    id: TokenId,
    name: String,
    /// Whose data it reaches; every client's where it is null.
    #[schema(required)]
    client: Option<String>,
    scopes: Vec<Scope>,
    created_at: WallTime,
    #[schema(required)]
    expires_at: Option<WallTime>,
    #[schema(required)]
    revoked_at: Option<WallTime>,
    /// To the minute.
    #[schema(required)]
    used_at: Option<WallTime>,
    #[schema(required)]
    used_from: Option<String>,
}

/// All tokens.
#[derive(Serialize, ToSchema)]
pub struct ApiTokens {
    tokens: Vec<ApiToken>,
    /// Whose data a token may be for.
    clients: Vec<TokenClient>,
}

/// A client that a token may be for.
#[derive(Serialize, ToSchema)]
pub struct TokenClient {
    id: ClientId,
    name: String,
}

/// All tokens, those that are good first.
#[utoipa::path(get, path = "/tokens", responses((status = 200, body = ApiTokens)))]
pub async fn list(State(app): State<App>, _: Who) -> Result<Json<ApiTokens>, Problem> {
    let mut tx = app.db.read().await?;
    let clients = people::all_clients(&mut tx).await?;
    let names: HashMap<ClientId, String> = clients.iter().cloned().collect();
    let view = |t: tokens::Token| ApiToken {
        scopes: token::split(&t.scopes),
        client: t
            .client_id
            .map(|c| names.get(&c).cloned().unwrap_or_default()),
        id: t.id,
        name: t.name,
        created_at: t.created_at,
        expires_at: t.expires_at,
        revoked_at: t.revoked_at,
        used_at: t.used_at,
        used_from: t.used_from,
    };
    let found = tokens::list(&mut tx).await?;
    Ok(Json(ApiTokens {
        tokens: found.into_iter().map(view).collect(),
        clients: clients
            .into_iter()
            .map(|(id, name)| TokenClient { id, name })
            .collect(),
    }))
}

/// A token to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApiTokenBody {
    /// Which machine gets it.
    name: String,
    /// Whose data it reaches; every client's without one.
    client: Option<ClientId>,
    scopes: Vec<Scope>,
    /// For how many days; until it is revoked without a number.
    days: Option<u32>,
}

/// A token that was made: shown this once.
#[derive(Serialize, ToSchema)]
pub struct MadeToken {
    id: TokenId,
    token: String,
}

/// Makes a token.
#[utoipa::path(
    post,
    path = "/tokens",
    request_body = ApiTokenBody,
    responses((status = 200, body = MadeToken))
)]
pub async fn add(
    State(app): State<App>,
    who: Who,
    body: Result<Json<ApiTokenBody>, JsonRejection>,
) -> Result<Json<MadeToken>, Problem> {
    let Json(body) = body?;
    let text = token::text(&hex(&rand::random::<[u8; 32]>()));
    let mut tx = app.db.write().await?;
    if let Some(client) = &body.client
        && !people::all_clients(&mut tx)
            .await?
            .iter()
            .any(|(id, _)| id == client)
    {
        return Err(Problem::bad("There is no such client."));
    }
    // Longer than the store takes, and no more.
    let days = |days: u32| who.at + Micros::from_secs(86_400 * i64::from(days.min(100_000)));
    let new = NewToken {
        name: &body.name,
        client: body.client.as_ref(),
        scopes: &body.scopes,
        hash: &token_hash(&text),
        expires: body.days.map(days),
    };
    let id = tokens::add(&mut tx, &who.actor(), &new, who.at).await?;
    tx.commit().await?;
    Ok(Json(MadeToken { id, token: text }))
}

/// Ends a token.
#[utoipa::path(delete, path = "/tokens/{id}", responses((status = 204)))]
pub async fn revoke(
    State(app): State<App>,
    who: Who,
    Path(id): Path<TokenId>,
) -> Result<StatusCode, Problem> {
    let mut tx = app.db.write().await?;
    tokens::revoke(&mut tx, &who.actor(), &id, who.at).await?;
    done(tx).await
}
