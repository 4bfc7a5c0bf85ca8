//! Comments pinned to the audio, and clips shared by a link that expires; each opening is in the
//! audit chain (PRODUCT R13).

use super::audio;
use super::untold::Untold;
use crate::api::access::Who;
use crate::api::app::{App, done};
use crate::api::peer::Peer;
use crate::api::problem::Problem;
use crate::archive::AudioFormat;
use crate::archive::decode::decode;
use crate::archive::encode::encode;
use crate::archive::objects::Objects;
use crate::archive::pcm::Pages;
use crate::hex::hex;
use crate::identity::Role;
use crate::review::Tag;
use crate::store::Tx;
use crate::store::calls::comments::{self, NewComment, NewShare};
use crate::store::calls::{self, StoredRecording};
use crate::units::{CallId, CommentId, Hertz, Micros, ShareId, WallTime};
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::io;
use utoipa::ToSchema;

/// A comment on a time range of a call.
#[derive(Serialize, ToSchema)]
pub struct Comment {
    id: CommentId,
    from_ms: i64,
    to_ms: i64,
    #[schema(required)]
    tag: Option<Tag>,
    text: String,
    /// A name, or `a reviewer`.
    by: String,
    at: WallTime,
}

/// A call's comments.
#[derive(Serialize, ToSchema)]
pub struct Comments {
    comments: Vec<Comment>,
}

/// What was added.
#[derive(Serialize, ToSchema)]
pub struct NewCommentId {
    id: CommentId,
}

/// A reviewer sees their own alone: a name in a comment would end blindness. A telemarketer sees
/// what was said to them, and not which reviewer said it.
fn visible(who: &Who, c: &comments::Comment, is_untold: bool) -> Option<Comment> {
    if who.is(Role::Reviewer) && c.person_id != *who.id() {
        return None;
    }
    Some(Comment {
        id: c.id.clone(),
        from_ms: c.from_ms,
        to_ms: c.to_ms,
        tag: c.tag,
        text: c.text.reveal().clone(),
        by: author(who, c, is_untold),
        at: c.created_at,
    })
}

/// A comment's author as somebody may know them; `is_untold` is whether it is not told whose call
/// it was.
pub(in crate::api) fn author(who: &Who, c: &comments::Comment, is_untold: bool) -> String {
    let is_own = c.person_id == *who.id();
    match c.role {
        Role::Reviewer if !is_own && !who.is(Role::Manager) => "a reviewer".to_owned(),
        Role::Telemarketer if !is_own && is_untold => "the telemarketer".to_owned(),
        _ => c.person.reveal().clone(),
    }
}

/// A call's comments in the order of its audio.
#[utoipa::path(get, path = "/calls/{id}/comments", responses((status = 200, body = Comments)))]
pub async fn list(
    State(app): State<App>,
    who: Who,
    Path(id): Path<CallId>,
) -> Result<Json<Comments>, Problem> {
    let mut tx = app.db.read().await?;
    let call = who.call(&mut tx, &id).await?;
    let found = comments::of_call(&mut tx, &id).await?;
    let untold = Untold::of_calls(&mut tx, &who).await?;
    let is_untold = untold.is_of(&mut tx, &call).await?;
    let comments = found.iter().filter_map(|c| visible(&who, c, is_untold));
    Ok(Json(Comments {
        comments: comments.collect(),
    }))
}

/// What is said of a time range.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CommentBody {
    from_ms: i64,
    to_ms: i64,
    tag: Option<Tag>,
    /// 1 to 2,000 characters.
    text: String,
}

/// The recording of a call, if a time range lies in it.
async fn within(
    tx: &mut Tx,
    call: &CallId,
    from_ms: i64,
    to_ms: i64,
) -> Result<StoredRecording, Problem> {
    let recording = calls::recording(tx, call)
        .await?
        .ok_or_else(|| Problem::bad("Nothing was recorded in this call."))?;
    if from_ms < 0 || from_ms >= to_ms || to_ms > recording.duration_ms.saturating_add(1_000) {
        return Err(Problem::bad("The time range lies outside the recording."));
    }
    Ok(recording)
}

/// Pins a comment to a time range of a call.
#[utoipa::path(
    post,
    path = "/calls/{id}/comments",
    request_body = CommentBody,
    responses((status = 200, body = NewCommentId))
)]
pub async fn add(
    State(app): State<App>,
    who: Who,
    Path(id): Path<CallId>,
    body: Result<Json<CommentBody>, JsonRejection>,
) -> Result<Json<NewCommentId>, Problem> {
    let Json(b) = body?;
    let mut tx = app.db.write().await?;
    who.call(&mut tx, &id).await?;
    within(&mut tx, &id, b.from_ms, b.to_ms).await?;
    let text = b.text.trim();
    if text.is_empty() || text.chars().count() > 2_000 {
        return Err(Problem::bad("A comment has 1 to 2,000 characters."));
    }
    let new = NewComment {
        call: &id,
        person: who.id(),
        from_ms: b.from_ms,
        to_ms: b.to_ms,
        tag: b.tag,
        text,
    };
    let id = comments::add(&mut tx, &new, app.clock.now()).await?;
    tx.commit().await?;
    Ok(Json(NewCommentId { id }))
}

/// A clip to share.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ShareBody {
    from_ms: i64,
    to_ms: i64,
    /// What for.
    reason: String,
    /// How long the link is good: 1 to 720.
    hours: u32,
}

/// A link that was made; its secret is in no other answer.
#[derive(Serialize, ToSchema)]
pub struct Shared {
    path: String,
    expires_at: WallTime,
}

/// A shared clip.
#[derive(Serialize, ToSchema)]
pub struct Share {
    id: ShareId,
    from_ms: i64,
    to_ms: i64,
    reason: String,
    expires_at: WallTime,
    revoked: bool,
    /// How often the link was opened.
    opened: i64,
}

/// A call's shared clips.
#[derive(Serialize, ToSchema)]
pub struct Shares {
    shares: Vec<Share>,
}

const LONGEST_CLIP_MS: i64 = 5 * 60 * 1000;
const LONGEST_HOURS: u32 = 30 * 24;

fn token_hash(token: &str) -> String {
    hex(&Sha256::digest(token.as_bytes()))
}

/// Shares a clip by a link that expires.
#[utoipa::path(
    post,
    path = "/calls/{id}/shares",
    request_body = ShareBody,
    responses((status = 200, body = Shared))
)]
pub async fn share(
    State(app): State<App>,
    who: Who,
    Path(id): Path<CallId>,
    body: Result<Json<ShareBody>, JsonRejection>,
) -> Result<Json<Shared>, Problem> {
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
    comments::share(&mut tx, &new, now).await?;
    tx.commit().await?;
    Ok(Json(Shared {
        path: format!("/shared/{token}"),
        expires_at,
    }))
}

/// A call's shared clips, newest first.
#[utoipa::path(get, path = "/calls/{id}/shares", responses((status = 200, body = Shares)))]
pub async fn shares(
    State(app): State<App>,
    who: Who,
    Path(id): Path<CallId>,
) -> Result<Json<Shares>, Problem> {
    let mut tx = app.db.read().await?;
    who.call(&mut tx, &id).await?;
    let found = comments::shares_of_call(&mut tx, &id).await?;
    let view = |s: comments::Share| Share {
        id: s.id,
        from_ms: s.from_ms,
        to_ms: s.to_ms,
        reason: s.reason.into_inner(),
        expires_at: s.expires_at,
        revoked: s.revoked_at.is_some(),
        opened: s.opened,
    };
    Ok(Json(Shares {
        shares: found.into_iter().map(view).collect(),
    }))
}

/// Ends a link.
#[utoipa::path(delete, path = "/calls/{id}/shares/{share}", responses((status = 204)))]
pub async fn revoke(
    State(app): State<App>,
    who: Who,
    Path((id, share)): Path<(CallId, ShareId)>,
) -> Result<StatusCode, Problem> {
    let mut tx = app.db.write().await?;
    who.call(&mut tx, &id).await?;
    comments::revoke(&mut tx, who.id(), &share, &id, app.clock.now()).await?;
    done(tx).await
}

/// The clip behind a link, for whoever holds it: the seconds alone, nobody's name.
#[utoipa::path(
    get,
    path = "/shared/{token}",
    responses((status = 200, content_type = "audio/wav", body = [u8]))
)]
pub async fn shared(
    State(app): State<App>,
    peer: Peer,
    Path(token): Path<String>,
) -> Result<Response, Problem> {
    let now = app.clock.now();
    let mut tx = app.db.write().await?;
    let share = comments::open(&mut tx, &token_hash(&token), &peer.text(), now)
        .await?
        .ok_or_else(Problem::not_found)?;
    let recording = calls::recording(&mut tx, &share.call_id)
        .await?
        .ok_or_else(Problem::not_found)?;
    tx.commit().await?;
    let _turn = audio::turn(&app).await?;
    let (call, objects) = (share.call_id.clone(), app.objects.clone());
    let wanted = (share.from_ms, share.to_ms);
    let bytes = match recording.format {
        AudioFormat::Opus => {
            let pages = audio::pages(&app, &call, &recording).await?;
            let cut = move || cut_opus(&objects, &recording.path, &pages, wanted);
            audio::made(&call, cut).await?
        }
        format => {
            let cut = move || excerpt(&objects.read(&recording.path)?, format, wanted);
            audio::made(&call, cut).await?
        }
    };
    Ok((
        [
            (header::CONTENT_TYPE, "audio/wav"),
            (header::CACHE_CONTROL, "no-store"),
        ],
        bytes,
    )
        .into_response())
}

fn cut_opus(
    objects: &Objects,
    path: &str,
    pages: &Pages,
    (from_ms, to_ms): (i64, i64),
) -> io::Result<Vec<u8>> {
    let object = objects.get(path)?;
    let wanted = (from_ms.unsigned_abs(), to_ms.unsigned_abs());
    let [left, right] = pages.excerpt(wanted, |at, count| object.read(at, count))?;
    encode(AudioFormat::Wav, [&left, &right], Hertz(48_000), None)
}

fn excerpt(
    stored: &[u8],
    format: AudioFormat,
    (from_ms, to_ms): (i64, i64),
) -> io::Result<Vec<u8>> {
    let sound = decode(format, stored)?;
    let at =
        |ms: i64, lane: &[i16]| ((ms * i64::from(sound.rate.0) / 1000) as usize).min(lane.len());
    let cut = |lane: usize| {
        let samples = &sound.lanes[lane][..];
        &samples[at(from_ms, samples)..at(to_ms, samples)]
    };
    encode(AudioFormat::Wav, [cut(0), cut(1)], sound.rate, None)
}
