//! Comments pinned to the audio, and clips shared by a link that expires; each opening is in the
//! audit chain (PRODUCT R13).

use super::access::Who;
use super::{App, Problem};
use crate::archive::AudioFormat;
use crate::archive::decode::decode;
use crate::archive::encode::encode;
use crate::hex::hex;
use crate::store::audit::{self, Entry};
use crate::store::comments::{self, Comment, NewShare, Share, TAGS};
use crate::store::{Tx, calls};
use crate::units::{Micros, WallTime};
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::io;

/// A reviewer sees their own alone: a name in a comment would end blindness. A telemarketer sees
/// what was said to them, and not which reviewer said it.
fn visible(who: &Who, c: &Comment) -> Option<Value> {
    if who.is("reviewer") && c.person_id != who.id() {
        return None;
    }
    let by = if c.role == "reviewer" && !who.is("manager") && c.person_id != who.id() {
        "a reviewer"
    } else {
        c.person.as_str()
    };
    Some(
        json!({ "id": c.id, "from_ms": c.from_ms, "to_ms": c.to_ms, "tag": c.tag, "text": c.text, "by": by, "at": WallTime(c.created_at) }),
    )
}

pub async fn list(
    State(app): State<App>,
    who: Who,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    let mut tx = app.db.read().await?;
    who.call(&mut tx, &id).await?;
    let found: Vec<Value> = comments::of_call(&mut tx, &id)
        .await?
        .iter()
        .filter_map(|c| visible(&who, c))
        .collect();
    Ok(Json(json!({ "comments": found })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CommentBody {
    from_ms: i64,
    to_ms: i64,
    tag: Option<String>,
    text: String,
}

/// Of a stretch of a call that has a recording.
async fn within(
    tx: &mut Tx,
    call: &str,
    from_ms: i64,
    to_ms: i64,
) -> Result<calls::StoredRecording, Problem> {
    let recording = calls::recording(tx, call)
        .await?
        .ok_or_else(|| Problem::bad("Nothing was recorded in this call."))?;
    if from_ms < 0 || from_ms >= to_ms || to_ms > recording.duration_ms + 1_000 {
        return Err(Problem::bad("The stretch lies outside the recording."));
    }
    Ok(recording)
}

pub async fn add(
    State(app): State<App>,
    who: Who,
    Path(id): Path<String>,
    body: Result<Json<CommentBody>, JsonRejection>,
) -> Result<Json<Value>, Problem> {
    let Json(b) = body?;
    let now = app.clock.now();
    let mut tx = app.db.write().await?;
    who.call(&mut tx, &id).await?;
    within(&mut tx, &id, b.from_ms, b.to_ms).await?;
    if b.tag.as_deref().is_some_and(|t| !TAGS.contains(&t)) {
        return Err(Problem::bad(format!("Tags are {}.", TAGS.join(", "))));
    }
    let text = b.text.trim();
    if text.is_empty() || text.chars().count() > 2_000 {
        return Err(Problem::bad("A comment has 1 to 2,000 characters."));
    }
    let comment = comments::add(
        &mut tx,
        &id,
        who.id(),
        (b.from_ms, b.to_ms),
        b.tag.as_deref(),
        text,
        now,
    )
    .await?;
    audit::append(
        &mut tx,
        Entry {
            at: now,
            actor: who.id(),
            action: "comment.made",
            subject: &format!("call:{id}"),
            detail: json!({ "comment": comment }),
        },
    )
    .await?;
    tx.commit().await?;
    Ok(Json(json!({ "id": comment })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShareBody {
    from_ms: i64,
    to_ms: i64,
    reason: String,
    hours: u32,
}

const LONGEST_CLIP_MS: i64 = 5 * 60 * 1000;
const LONGEST_HOURS: u32 = 30 * 24;

fn token_hash(token: &str) -> String {
    hex(&Sha256::digest(token.as_bytes()))
}

pub async fn share(
    State(app): State<App>,
    who: Who,
    Path(id): Path<String>,
    body: Result<Json<ShareBody>, JsonRejection>,
) -> Result<Json<Value>, Problem> {
    let Json(b) = body?;
    let now = app.clock.now();
    let mut tx = app.db.write().await?;
    who.call(&mut tx, &id).await?;
    within(&mut tx, &id, b.from_ms, b.to_ms).await?;
    if b.to_ms - b.from_ms > LONGEST_CLIP_MS
        || b.hours == 0
        || b.hours > LONGEST_HOURS
        || b.reason.trim().is_empty()
    {
        return Err(Problem::bad(
            "Share up to five minutes, for 1 to 720 hours, and say what for.",
        ));
    }
    let token = hex(&rand::random::<[u8; 24]>());
    let expires_at = now + Micros::from_secs(3600 * i64::from(b.hours));
    let new = NewShare {
        token_hash: &token_hash(&token),
        call: &id,
        from_ms: b.from_ms,
        to_ms: b.to_ms,
        by: who.id(),
        reason: b.reason.trim(),
        expires_at,
    };
    let share = comments::share(&mut tx, &new, now).await?;
    let detail =
        json!({ "share": share, "from_ms": b.from_ms, "to_ms": b.to_ms, "expires_at": expires_at });
    audit::append(
        &mut tx,
        Entry {
            at: now,
            actor: who.id(),
            action: "clip.shared",
            subject: &format!("call:{id}"),
            detail,
        },
    )
    .await?;
    tx.commit().await?;
    Ok(Json(
        json!({ "path": format!("/shared/{token}"), "expires_at": expires_at }),
    ))
}

pub async fn shares(
    State(app): State<App>,
    who: Who,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    let mut tx = app.db.read().await?;
    who.call(&mut tx, &id).await?;
    let view = |s: &Share| json!({ "id": s.id, "from_ms": s.from_ms, "to_ms": s.to_ms, "reason": s.reason, "expires_at": WallTime(s.expires_at), "revoked": s.revoked_at.is_some(), "opened": s.opened });
    let found: Vec<Value> = comments::shares_of_call(&mut tx, &id)
        .await?
        .iter()
        .map(view)
        .collect();
    Ok(Json(json!({ "shares": found })))
}

pub async fn revoke(
    State(app): State<App>,
    who: Who,
    Path((id, share)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let now = app.clock.now();
    let mut tx = app.db.write().await?;
    who.call(&mut tx, &id).await?;
    comments::revoke(&mut tx, &share, &id, now).await?;
    audit::append(
        &mut tx,
        Entry {
            at: now,
            actor: who.id(),
            action: "clip.revoked",
            subject: &format!("call:{id}"),
            detail: json!({ "share": share }),
        },
    )
    .await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The clip behind a link, for whoever holds it: the seconds alone, nobody's name.
pub async fn shared(
    State(app): State<App>,
    Path(token): Path<String>,
) -> Result<Response, Problem> {
    let now = app.clock.now();
    let mut tx = app.db.write().await?;
    let share = comments::open(&mut tx, &token_hash(&token), now)
        .await?
        .ok_or_else(Problem::not_found)?;
    let recording = calls::recording(&mut tx, &share.call_id)
        .await?
        .ok_or_else(Problem::not_found)?;
    audit::append(
        &mut tx,
        Entry {
            at: now,
            actor: "link",
            action: "clip.opened",
            subject: &format!("call:{}", share.call_id),
            detail: json!({ "share": share.id }),
        },
    )
    .await?;
    tx.commit().await?;
    let objects = app.objects.clone();
    let cut = tokio::task::spawn_blocking(move || {
        excerpt(
            &objects.read(&recording.path)?,
            &recording.format,
            share.from_ms,
            share.to_ms,
        )
    })
    .await
    .map_err(io::Error::other)
    .flatten();
    let bytes = cut.map_err(|error| {
        tracing::error!(%error, "a shared clip cannot be read: run `assay check`");
        Problem::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "Recording not readable",
            "The clip cannot be read from the disk.",
        )
    })?;
    Ok((
        [
            (header::CONTENT_TYPE, "audio/wav"),
            (header::CACHE_CONTROL, "no-store"),
        ],
        bytes,
    )
        .into_response())
}

fn excerpt(stored: &[u8], format: &str, from_ms: i64, to_ms: i64) -> io::Result<Vec<u8>> {
    let sound = decode(AudioFormat::from_name(format).unwrap_or_default(), stored)?;
    let at =
        |ms: i64, lane: &[i16]| ((ms * i64::from(sound.rate.0) / 1000) as usize).min(lane.len());
    let cut = |lane: usize| {
        let samples = &sound.lanes[lane][..];
        &samples[at(from_ms, samples)..at(to_ms, samples)]
    };
    encode(AudioFormat::Wav, [cut(0), cut(1)], sound.rate, None)
}
