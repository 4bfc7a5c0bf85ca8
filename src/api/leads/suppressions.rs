//! Lists of numbers that are never to be called, and who was called all the same.

use crate::api::access::Who;
use crate::api::app::{App, done};
use crate::api::calls::untold::Untold;
use crate::api::problem::Problem;
use crate::identity::Role;
use crate::leads::table;
use crate::store::leads::suppressions::{self, Called};
use crate::units::{CallId, ClientId, WallTime};
use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// A list of a client.
#[derive(Serialize, ToSchema)]
pub struct SuppressionList {
    client_id: ClientId,
    client: String,
    list: String,
    numbers: i64,
    newest: WallTime,
}

/// A call to a number that was on a list by then.
#[derive(Serialize, ToSchema)]
pub struct CalledThough {
    call: CallId,
    started_at: WallTime,
    number: String,
    list: String,
    listed_at: WallTime,
    /// Whose line it was; for managers, where it was not promised that nobody is singled out.
    #[schema(required)]
    person: Option<String>,
    client: String,
}

/// Lists of one's clients, and calls that were made to numbers on them.
#[derive(Serialize, ToSchema)]
pub struct Suppressions {
    lists: Vec<SuppressionList>,
    /// The newest first, at most 200.
    called: Vec<CalledThough>,
}

/// Numbers of one's clients that are never to be called, and calls that were made all the same.
#[utoipa::path(get, path = "/suppressions", responses((status = 200, body = Suppressions)))]
pub async fn list(State(app): State<App>, who: Who) -> Result<Json<Suppressions>, Problem> {
    let mut tx = app.db.read().await?;
    let lists = suppressions::of_person(&mut tx, who.id()).await?;
    let called = suppressions::called(&mut tx, who.id()).await?;
    let untold = Untold::of_calls(&mut tx, &who).await?;
    let is_told = |c: &Called| who.is(Role::Manager) && !untold.has(&c.client_id);
    let view = |c: Called| CalledThough {
        person: c
            .person
            .clone()
            .filter(|_| is_told(&c))
            .map(|p| p.into_inner()),
        call: c.call_id,
        started_at: c.started_at,
        number: c.number.into_inner(),
        list: c.list,
        listed_at: c.added_at,
        client: c.client,
    };
    Ok(Json(Suppressions {
        lists: lists
            .into_iter()
            .map(|l| SuppressionList {
                client_id: l.client_id,
                client: l.client,
                list: l.list,
                numbers: l.numbers,
                newest: l.newest,
            })
            .collect(),
        called: called.into_iter().map(view).collect(),
    }))
}

/// Which list of which client.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct SuppressionWanted {
    client: ClientId,
    list: String,
}

/// A line that holds no number.
#[derive(Serialize, ToSchema)]
pub struct NoNumber {
    line: u64,
    text: String,
}

/// What came of a list.
#[derive(Serialize, ToSchema)]
pub struct AddedSuppressions {
    /// Numbers that were on no list before.
    added: usize,
    numbers: usize,
    /// Lines without a number, at most 50.
    left_out: Vec<NoNumber>,
}

/// Puts numbers on a list: a file with one in the first column of each line.
#[utoipa::path(
    post,
    path = "/suppressions",
    params(SuppressionWanted),
    request_body(content = Vec<u8>, content_type = "text/csv"),
    responses((status = 200, body = AddedSuppressions))
)]
pub async fn add(
    State(app): State<App>,
    who: Who,
    asked: Result<Query<SuppressionWanted>, QueryRejection>,
    body: Bytes,
) -> Result<Json<AddedSuppressions>, Problem> {
    let Query(asked) = asked?;
    if !who.sees_client(&asked.client) {
        return Err(Problem::not_found());
    }
    let (text, _) = table::text(body.to_vec());
    let (mut numbers, mut left_out) = (Vec::new(), Vec::new());
    for record in table::Records::of(&text, table::separator(&text)) {
        let first = record.fields.ok().and_then(|f| f.into_iter().next());
        match first.as_deref().and_then(|n| app.numbers.e164(n)) {
            Some(e164) => numbers.push(e164),
            // A first line may name its column.
            None if record.line == 1 => {}
            None => left_out.push(NoNumber {
                line: record.line,
                text: record.raw.chars().take(80).collect(),
            }),
        }
    }
    numbers.sort_unstable();
    numbers.dedup();
    let of = (&asked.client, asked.list.as_str());
    let mut tx = app.db.write().await?;
    let added = suppressions::add(&mut tx, &who.actor(), of, &numbers, app.clock.now()).await?;
    tx.commit().await?;
    left_out.truncate(50);
    Ok(Json(AddedSuppressions {
        added,
        numbers: numbers.len(),
        left_out,
    }))
}

/// Takes a list away.
#[utoipa::path(
    delete,
    path = "/suppressions",
    params(SuppressionWanted),
    responses((status = 204))
)]
pub async fn remove(
    State(app): State<App>,
    who: Who,
    asked: Result<Query<SuppressionWanted>, QueryRejection>,
) -> Result<StatusCode, Problem> {
    let Query(asked) = asked?;
    if !who.sees_client(&asked.client) {
        return Err(Problem::not_found());
    }
    let of = (&asked.client, asked.list.as_str());
    let mut tx = app.db.write().await?;
    suppressions::remove(&mut tx, &who.actor(), of, app.clock.now()).await?;
    done(tx).await
}
