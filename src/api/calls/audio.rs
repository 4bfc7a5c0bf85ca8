//! A call's sound and its picture.

use crate::api::access::Who;
use crate::api::app::App;
use crate::api::problem::Problem;
use crate::archive::AudioFormat;
use crate::archive::decode::decode;
use crate::archive::encode::encode;
use crate::archive::ranges::{self, Range};
use crate::archive::webm;
use crate::store::calls::{self, StoredRecording};
use crate::store::log::{self, Outside};
use crate::units::CallId;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use std::io;
use utoipa::{IntoParams, ToSchema};

/// How the sound is wanted.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Wanted {
    /// For players that refuse Ogg: the same packets in WebM, or all of it as PCM.
    #[param(inline)]
    r#as: Option<Wrapping>,
}

#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Wrapping {
    Webm,
    Wav,
}

/// A recording's bytes, whole or in ranges. The first part, and a whole file, are a listen and stand
/// in the log.
#[utoipa::path(
    get,
    path = "/calls/{id}/audio",
    params(Wanted),
    responses(
        (status = 200, content_type = "audio/ogg", body = [u8]),
        (status = 206, content_type = "audio/ogg", body = [u8]),
    )
)]
pub async fn audio(
    State(app): State<App>,
    who: Who,
    Path(id): Path<CallId>,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let mut tx = app.db.read().await?;
    who.call(&mut tx, &id).await?;
    let recording = calls::recording(&mut tx, &id).await?.ok_or_else(no_sound)?;
    drop(tx);
    let sound = match wanted
        .r#as
        .filter(|_| recording.format == AudioFormat::Opus)
    {
        None => Sound::Stored,
        Some(wrapping) => {
            let (objects, path) = (app.objects.clone(), recording.path.clone());
            let made = tokio::task::spawn_blocking(move || wrap(&objects.read(&path)?, wrapping))
                .await
                .map_err(io::Error::other)
                .flatten();
            Sound::Made(wrapping, made.map_err(|error| gone(&id, &error))?)
        }
    };
    let total = if let Sound::Made(_, bytes) = &sound {
        bytes.len() as u64
    } else {
        recording.bytes as u64
    };
    let range = ranges::parse(
        headers.get(header::RANGE).and_then(|v| v.to_str().ok()),
        total,
    );
    // A player asks for many parts; the first one, and a whole file, are a listen.
    if matches!(range, Range::Whole | Range::Part { first: 0, .. }) {
        note_listen(&app, &who, &id).await?;
    }
    answer(&app, &recording, sound, total, range)
        .await
        .map_err(|error| gone(&id, &error))
}

/// Where the bytes come from.
enum Sound {
    Stored,
    Made(Wrapping, Vec<u8>),
}

fn wrap(stored: &[u8], wrapping: Wrapping) -> io::Result<Vec<u8>> {
    match wrapping {
        Wrapping::Webm => Ok(webm::from_ogg_opus(stored)?),
        Wrapping::Wav => {
            let sound = decode(AudioFormat::Opus, stored)?;
            encode(
                AudioFormat::Wav,
                [&sound.lanes[0], &sound.lanes[1]],
                sound.rate,
                None,
            )
        }
    }
}

async fn note_listen(app: &App, who: &Who, call: &CallId) -> Result<(), Problem> {
    let mut tx = app.db.write().await?;
    let what = Outside::Listened(call.clone());
    log::note(&mut tx, &who.actor(), &what, app.clock.now()).await?;
    Ok(tx.commit().await?)
}

async fn answer(
    app: &App,
    recording: &StoredRecording,
    sound: Sound,
    total: u64,
    range: Range,
) -> io::Result<Response> {
    let mime = match &sound {
        Sound::Stored => recording.format.mime(),
        Sound::Made(Wrapping::Webm, _) => "audio/webm",
        Sound::Made(Wrapping::Wav, _) => "audio/wav",
    };
    let common = [
        (header::CONTENT_TYPE, mime.to_owned()),
        (header::ACCEPT_RANGES, "bytes".to_owned()),
        (
            header::ETAG,
            format!(
                "\"{}{}\"",
                recording.sha256,
                mime.trim_start_matches("audio")
            ),
        ),
        (header::CACHE_CONTROL, "private, max-age=3600".to_owned()),
    ];
    let (status, first, length) = match range {
        Range::Unsatisfiable => {
            let detail =
                format!("The recording has {total} bytes; the range begins behind its end.");
            let mut response =
                Problem::new(StatusCode::RANGE_NOT_SATISFIABLE, "Beyond the end", detail)
                    .into_response();
            response.headers_mut().extend([(
                header::CONTENT_RANGE,
                format!("bytes */{total}")
                    .parse()
                    .map_err(io::Error::other)?,
            )]);
            return Ok(response);
        }
        Range::Whole => (StatusCode::OK, 0, total),
        Range::Part { first, last } => (StatusCode::PARTIAL_CONTENT, first, last - first + 1),
    };
    let bytes = match sound {
        Sound::Made(_, bytes) => bytes[first as usize..(first + length) as usize].to_vec(),
        Sound::Stored => {
            let (objects, path) = (app.objects.clone(), recording.path.clone());
            tokio::task::spawn_blocking(move || objects.get(&path)?.read(first, length as usize))
                .await??
        }
    };
    let mut response = (status, common, Body::from(bytes)).into_response();
    if status == StatusCode::PARTIAL_CONTENT {
        let value = format!("bytes {first}-{}/{total}", first + length - 1);
        response.headers_mut().insert(
            header::CONTENT_RANGE,
            value.parse().map_err(io::Error::other)?,
        );
    }
    Ok(response)
}

/// The picture of both lanes: the least and the greatest sample of each piece, in turn.
#[derive(Serialize, ToSchema)]
#[allow(
    dead_code,
    reason = "the box stores it as it is served; this is its shape"
)]
pub struct Peaks {
    version: u32,
    channels: u32,
    sample_rate: u32,
    samples_per_pixel: u32,
    bits: u32,
    length: u64,
    data: Vec<i16>,
}

/// A recording's picture.
#[utoipa::path(
    get,
    path = "/calls/{id}/peaks",
    responses((status = 200, body = Peaks))
)]
pub async fn peaks(
    State(app): State<App>,
    who: Who,
    Path(id): Path<CallId>,
) -> Result<Response, Problem> {
    let mut tx = app.db.read().await?;
    who.call(&mut tx, &id).await?;
    let recording = calls::recording(&mut tx, &id).await?.ok_or_else(no_sound)?;
    let (objects, path) = (app.objects.clone(), recording.peaks.clone());
    let read = tokio::task::spawn_blocking(move || Ok(objects.read(&path)?))
        .await
        .map_err(io::Error::other)
        .flatten();
    let bytes = read.map_err(|error| gone(&id, &error))?;
    Ok((
        [
            (header::CONTENT_TYPE, "application/json"),
            (header::CACHE_CONTROL, "private, max-age=3600"),
        ],
        bytes,
    )
        .into_response())
}

fn no_sound() -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "No sound",
        "Nothing was spoken in this call, so there is no recording.",
    )
}

fn gone(call: &CallId, error: &io::Error) -> Problem {
    tracing::error!(%error, %call, "a recording cannot be read: run `assay check`");
    Problem::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "Recording not readable",
        "The recording is on record and cannot be read from the disk. Your administrator can see \
         why with `assay check`.",
    )
}
