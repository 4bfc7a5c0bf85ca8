//! This box as a witness of other boxes' logs (C2SP tlog-witness): whoever asks is known by the
//! signature on their checkpoint, and by nothing else. What an unknown one costs is bounded: 68 KiB
//! that are read within ten seconds, one of eight places, and no signature that is verified.

use crate::api::app::App;
use crate::api::cosigner::Cosigner;
use crate::api::problem::Problem;
use crate::proof::sha256;
use crate::proof::witness::{AddCheckpoint, MAX_REQUEST_BYTES, Refusal, SIZE_TYPE};
use crate::store::proof::witnessed;
use crate::store::{self, StoreError};
use axum::body::{Body, to_bytes};
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::sync::Arc;
use std::time::Duration;

/// How long a request may take to arrive.
const PATIENCE: Duration = Duration::from_secs(10);
const TEXT: &str = "text/plain; charset=utf-8";

/// Cosigns a checkpoint of a log that this box knows, if it follows from the one that it cosigned
/// last (C2SP tlog-witness). 409 tells that one's size.
#[utoipa::path(
    post,
    path = "/witness/add-checkpoint",
    request_body(content = String, content_type = "text/plain"),
    responses((status = 200, body = String, content_type = "text/plain"))
)]
pub async fn add_checkpoint(State(app): State<App>, body: Body) -> Result<Response, Problem> {
    let cosigner = cosigner(&app)?;
    let bytes = tokio::time::timeout(PATIENCE, to_bytes(body, MAX_REQUEST_BYTES)).await;
    let malformed = || refused(&Refusal::Malformed);
    let Ok(Ok(bytes)) = bytes else {
        return Ok(malformed());
    };
    let Some(asked) = AddCheckpoint::parse(&bytes) else {
        return Ok(malformed());
    };
    let busy = || {
        let (status, what) = (StatusCode::TOO_MANY_REQUESTS, "Too many ask at once");
        Problem::new(status, what, "Ask again in a second.")
    };
    let _place = cosigner.place().ok_or_else(busy)?;
    let _turn = cosigner.turn().await.ok_or_else(busy)?;
    Ok(match answer(&app, cosigner, &asked).await? {
        Ok(line) => ([(header::CONTENT_TYPE, TEXT)], line).into_response(),
        Err(refusal) => refused(&refusal),
    })
}

/// The largest checkpoint that this box has cosigned of a log, by the SHA-256 of the log's origin
/// in hex (C2SP tlog-witness, monitor retrieval).
#[utoipa::path(
    get,
    path = "/witness/{origin}/checkpoint",
    responses((status = 200, body = String, content_type = "text/plain"))
)]
pub async fn cosigned(
    State(app): State<App>,
    Path(origin): Path<String>,
) -> Result<Response, Problem> {
    let cosigner = cosigner(&app)?;
    let of = |name: &str| sha256(&[name.as_bytes()]).to_hex() == origin;
    let log = cosigner.logs.iter().find(|log| of(log.name()));
    let log = log.ok_or_else(Problem::not_found)?;
    let mut tx = app.db.read().await?;
    let note = witnessed::note(&mut tx, log.name()).await?;
    let note = note.ok_or_else(Problem::not_found)?;
    Ok(([(header::CONTENT_TYPE, TEXT)], note).into_response())
}

fn cosigner(app: &App) -> Result<&Arc<Cosigner>, Problem> {
    match &app.witness {
        None => Err(Problem::not_found()),
        Some(Ok(cosigner)) => Ok(cosigner),
        Some(Err(why)) => Err(Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "This witness has no key",
            why,
        )),
    }
}

/// The cosignature, which exists once its tree is kept.
async fn answer(
    app: &App,
    cosigner: &Cosigner,
    asked: &AddCheckpoint,
) -> store::Result<Result<String, Refusal>> {
    let (seen, mut note) = match asked.opened(&cosigner.logs) {
        Ok(opened) => opened,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let now = app.clock.now();
    let seconds = u64::try_from(now.micros().div_euclid(1_000_000)).unwrap_or(0);
    let cosignature = cosigner.key.cosign(&note, seconds);
    let cosignature = cosignature.map_err(|why| StoreError::Broken(why.to_string()))?;
    let line = cosignature.to_string();
    note.add(cosignature);
    // Most need no place among those who write.
    let last = witnessed::last(&mut app.db.read().await?, &seen.origin).await?;
    match asked.follows(seen.head, last) {
        Ok(()) if last == Some(seen.head) => return Ok(Ok(line)),
        Err(Refusal::OtherSize(size)) => return Ok(Err(Refusal::OtherSize(size))),
        Err(Refusal::DoesNotFollow) => return Ok(Err(Refusal::DoesNotFollow)),
        _ => {}
    }
    let mut tx = app.db.write().await?;
    let done = witnessed::advance(&mut tx, asked, &seen, &note.to_string(), now).await?;
    tx.commit().await?;
    Ok(done.map(|()| line))
}

fn refused(refusal: &Refusal) -> Response {
    let status = match refusal {
        Refusal::Malformed => StatusCode::BAD_REQUEST,
        Refusal::UnknownLog(_) => StatusCode::NOT_FOUND,
        Refusal::Unsigned => StatusCode::FORBIDDEN,
        Refusal::OtherSize(size) => {
            let told = ([(header::CONTENT_TYPE, SIZE_TYPE)], format!("{size}\n"));
            return (StatusCode::CONFLICT, told).into_response();
        }
        Refusal::DoesNotFollow | Refusal::Rewritten(_) => StatusCode::UNPROCESSABLE_ENTITY,
    };
    Problem::new(status, "Not cosigned", format!("{refusal}.")).into_response()
}
