//! A call's sound and its picture.

use super::trace;
use crate::api::access::Who;
use crate::api::app::{App, Conversions};
use crate::api::people::session;
use crate::api::problem::Problem;
use crate::archive::AudioFormat;
use crate::archive::marks::Marks;
use crate::archive::pcm::Pages;
use crate::archive::ranges::{self, Range};
use crate::archive::webm;
use crate::identity::Role;
use crate::store::calls::listens::Way;
use crate::store::calls::{self, StoredRecording};
use crate::store::review::heard;
use crate::units::{CallId, PersonId};
use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use std::io;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot, watch};
use tokio_stream::wrappers::ReceiverStream;
use utoipa::{IntoParams, ToSchema};

/// How the sound is wanted.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Wanted {
    /// For players that refuse Ogg: the same packets in WebM, or all of it as PCM.
    #[param(inline)]
    r#as: Option<Wrapping>,
}

/// A form of the sound beside Ogg.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Wrapping {
    Webm,
    Wav,
}

/// A recording's bytes, whole or in ranges: a listen, which stands in the log whatever range is
/// asked for. A reviewer is credited as heard what they asked for here, and no more.
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
    let wrapping = wanted
        .r#as
        .filter(|_| recording.format == AudioFormat::Opus);
    trace::note(&app, &who, &id, way(wrapping)).await?;
    let sound = sound(&app, &id, &recording, wrapping).await?;
    let total = match &sound {
        Sound::Made(bytes) => bytes.len() as u64,
        Sound::Pcm { pages, .. } => pages.wav_length(),
        Sound::Stored(_) => recording.bytes.unsigned_abs(),
    };
    let tag = etag(&recording, wrapping);
    let range = ranges::parse(
        headers.get(header::RANGE).and_then(|v| v.to_str().ok()),
        total,
    );
    let (status, first, end) = match range {
        Range::Unsatisfiable => return Ok(beyond(total)),
        Range::Whole => (StatusCode::OK, 0, total),
        Range::Part { first, last } => (StatusCode::PARTIAL_CONTENT, first, last + 1),
    };
    let listener = who.is(Role::Reviewer).then(|| Listener {
        person: who.id().clone(),
        call: id.clone(),
    });
    let part = Part {
        sound,
        recording: recording.clone(),
        first,
        end,
        listener,
    };
    // What is wrong with the file is told before the answer begins.
    let (body, opened) = streamed(app, who, part);
    opened
        .await
        .map_err(io::Error::other)
        .flatten()
        .map_err(|error| gone(&id, &error))?;
    let mut response = (status, head(&recording, wrapping, tag, end - first), body).into_response();
    if status == StatusCode::PARTIAL_CONTENT {
        let value = format!("bytes {first}-{}/{total}", end - 1);
        response
            .headers_mut()
            .extend(value.parse().map(|v| (header::CONTENT_RANGE, v)));
    }
    Ok(response)
}

/// Where the bytes come from.
enum Sound {
    /// An object of this name.
    Stored(String),
    Made(Bytes),
    /// Made in the range that is asked for, from an object of this name.
    Pcm {
        path: String,
        pages: Arc<Pages>,
    },
}

fn way(wrapping: Option<Wrapping>) -> Way {
    match wrapping {
        None => Way::Recording,
        Some(Wrapping::Webm) => Way::Webm,
        Some(Wrapping::Wav) => Way::Wav,
    }
}

/// The sound as it is asked for; what has to be made is made in its turn, and once.
async fn sound(
    app: &App,
    id: &CallId,
    recording: &StoredRecording,
    wrapping: Option<Wrapping>,
) -> Result<Sound, Problem> {
    let path = recording.path.clone();
    let Some(wrapping) = wrapping else {
        return Ok(Sound::Stored(path));
    };
    match wrapping {
        Wrapping::Webm => Ok(Sound::Made(webm(app, id, recording).await?)),
        Wrapping::Wav => {
            let _turn = turn(app).await?;
            let pages = pages(app, id, recording).await?;
            Ok(Sound::Pcm { path, pages })
        }
    }
}

/// The same packets in WebM; of a very long call they are made each time.
async fn webm(app: &App, id: &CallId, recording: &StoredRecording) -> Result<Bytes, Problem> {
    let (kept, key) = (&app.conversions.webm, (id, recording.sha256.as_str()));
    let (objects, path) = (app.objects.clone(), recording.path.clone());
    let bytes = kept
        .or_make(key, Conversions::MOST_WEBM, async {
            let _turn = turn(app).await?;
            let make = move || Ok(Bytes::from(webm::from_ogg_opus(&objects.read(&path)?)?));
            made(id, make).await
        })
        .await?;
    if bytes.len() > Conversions::LARGEST_WEBM {
        kept.forget(key.0, key.1);
    }
    Ok(bytes)
}

/// Where which second of a recording lies; read once.
pub(super) async fn pages(
    app: &App,
    id: &CallId,
    recording: &StoredRecording,
) -> Result<Arc<Pages>, Problem> {
    let key = (id, recording.sha256.as_str());
    let (objects, path) = (app.objects.clone(), recording.path.clone());
    let kept = &app.conversions.pages;
    kept.or_make(key, Conversions::MOST_MARKS, async {
        let make = move || Ok(Arc::new(Pages::of(&objects.read(&path)?)?));
        made(id, make).await
    })
    .await
}

/// A turn at making something of a recording.
pub(super) async fn turn(app: &App) -> Result<tokio::sync::OwnedSemaphorePermit, Problem> {
    let turns = app.conversions.turns.clone();
    turns.acquire_owned().await.map_err(|error| {
        tracing::error!(%error, "no recording can be converted");
        Problem::not_found()
    })
}

/// What is made of a recording, where blocking is allowed.
pub(super) async fn made<T: Send + 'static>(
    id: &CallId,
    make: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, Problem> {
    let made = tokio::task::spawn_blocking(make).await;
    let made = made.map_err(io::Error::other).flatten();
    made.map_err(|error| gone(id, &error))
}

fn mime(recording: &StoredRecording, wrapping: Option<Wrapping>) -> &'static str {
    match wrapping {
        None => recording.format.mime(),
        Some(Wrapping::Webm) => "audio/webm",
        Some(Wrapping::Wav) => "audio/wav",
    }
}

fn etag(recording: &StoredRecording, wrapping: Option<Wrapping>) -> String {
    let kind = mime(recording, wrapping).trim_start_matches("audio");
    format!("\"{}{kind}\"", recording.sha256)
}

/// No browser keeps it: who put a claim back, or signed out, hears it no more.
fn head(
    recording: &StoredRecording,
    wrapping: Option<Wrapping>,
    tag: String,
    length: u64,
) -> [(HeaderName, String); 5] {
    [
        (header::CONTENT_TYPE, mime(recording, wrapping).to_owned()),
        (header::CONTENT_LENGTH, length.to_string()),
        (header::ACCEPT_RANGES, "bytes".to_owned()),
        (header::ETAG, tag),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ]
}

fn beyond(total: u64) -> Response {
    let detail = format!("The recording has {total} bytes; the range begins behind its end.");
    let status = StatusCode::RANGE_NOT_SATISFIABLE;
    let mut response = Problem::new(status, "Beyond the end", detail).into_response();
    let value = format!("bytes */{total}");
    response
        .headers_mut()
        .extend(value.parse().map(|v| (header::CONTENT_RANGE, v)));
    response
}

/// A part of a recording on its way to somebody.
struct Part {
    sound: Sound,
    recording: StoredRecording,
    first: u64,
    /// One past the last byte.
    end: u64,
    /// A reviewer, whose hearing counts.
    listener: Option<Listener>,
}

struct Listener {
    person: PersonId,
    call: CallId,
}

/// So many bytes are read at a time: some forty seconds of Opus, half a minute of PCM.
fn chunk(format: AudioFormat) -> u64 {
    match format {
        AudioFormat::Opus => 256 << 10,
        AudioFormat::Wav | AudioFormat::G711 | AudioFormat::Flac => 1 << 20,
    }
}

/// Sends a part piece by piece, so that memory does not grow with a recording, and notes what was
/// asked for as it goes. The second value says whether the first piece could be read.
fn streamed(app: App, who: Who, part: Part) -> (Body, oneshot::Receiver<io::Result<()>>) {
    let (pieces, body) = mpsc::channel::<io::Result<Bytes>>(1);
    let (opened, first) = oneshot::channel();
    tokio::spawn(async move {
        tokio::select! {
            () = send(&app, &part, pieces, opened) => {}
            // Who may not listen any more hears no more.
            () = session::ended(&app, &who) => {}
        }
    });
    (Body::from_stream(ReceiverStream::new(body)), first)
}

/// Sends the pieces; says with the first whether it could be read. Nobody waits for what is noted.
async fn send(
    app: &App,
    part: &Part,
    pieces: mpsc::Sender<io::Result<Bytes>>,
    opened: oneshot::Sender<io::Result<()>>,
) {
    let (served, noted) = watch::channel(part.first);
    tokio::join!(
        send_pieces(app, part, (pieces, opened), served),
        note_served(app, part, noted),
    );
}

async fn send_pieces(
    app: &App,
    part: &Part,
    (pieces, opened): (
        mpsc::Sender<io::Result<Bytes>>,
        oneshot::Sender<io::Result<()>>,
    ),
    served: watch::Sender<u64>,
) {
    let mut opened = Some(opened);
    let mut at = part.first;
    while at < part.end {
        let end = part.end.min(at + chunk(part.recording.format));
        let piece = read(app, &part.sound, at, end).await;
        let (ok, told) = match &piece {
            Ok(_) => (true, Ok(())),
            Err(error) => (false, Err(io::Error::new(error.kind(), error.to_string()))),
        };
        if let Some(opened) = opened.take() {
            let _ = opened.send(told);
        }
        // Nobody listens any more.
        if pieces.send(piece).await.is_err() || !ok {
            return;
        }
        served.send_replace(end);
        at = end;
    }
    if let Some(opened) = opened {
        let _ = opened.send(Ok(()));
    }
}

/// Notes how far a reviewer was served, as it grows, and once more when it has ended.
async fn note_served(app: &App, part: &Part, mut served: watch::Receiver<u64>) {
    let Some(listener) = &part.listener else {
        return;
    };
    while served.changed().await.is_ok() {
        let end = *served.borrow_and_update();
        if let Err(error) = serve(app, part, listener, end).await {
            tracing::error!(error = error.detail, call = %listener.call, "what was served is not noted");
        }
    }
}

async fn read(app: &App, sound: &Sound, first: u64, end: u64) -> io::Result<Bytes> {
    match sound {
        Sound::Made(bytes) => Ok(bytes.slice(first as usize..end as usize)),
        Sound::Pcm { path, pages } => {
            let (objects, path, pages) = (app.objects.clone(), path.clone(), pages.clone());
            let made = move || {
                let object = objects.get(&path)?;
                Ok(pages.wav(first, end, |at, count| object.read(at, count))?)
            };
            let made = tokio::task::spawn_blocking(made).await;
            made.map_err(io::Error::other).flatten().map(Bytes::from)
        }
        Sound::Stored(path) => {
            let (objects, path) = (app.objects.clone(), path.clone());
            let count = (end - first) as usize;
            tokio::task::spawn_blocking(move || Ok(objects.get(&path)?.read(first, count)?))
                .await
                .map_err(io::Error::other)
                .flatten()
                .map(Bytes::from)
        }
    }
}

/// Notes that a reviewer was served a part up to here (PRODUCT R8).
async fn serve(app: &App, part: &Part, to: &Listener, end: u64) -> Result<(), Problem> {
    let marks = marks(app, part, to).await?;
    let spans = marks.spans(part.first, end);
    let mut tx = app.db.read().await?;
    let known = heard::served(&mut tx, &to.person, &to.call).await?;
    drop(tx);
    if spans.minus(&known).is_empty() {
        return Ok(());
    }
    let mut tx = app.db.write().await?;
    heard::serve(&mut tx, &to.person, &to.call, &spans, app.clock.now()).await?;
    Ok(tx.commit().await?)
}

/// Which milliseconds lie in which bytes of what is served; read once for a recording.
async fn marks(app: &App, part: &Part, to: &Listener) -> Result<Arc<Marks>, Problem> {
    let length_ms = part.recording.duration_ms.unsigned_abs();
    if let Sound::Pcm { pages, .. } = &part.sound {
        return Ok(Arc::new(Marks::even(pages.wav_length(), length_ms)));
    }
    let key = (&to.call, part.recording.sha256.as_str());
    let (objects, path) = (app.objects.clone(), part.recording.path.clone());
    let (kept, format) = (&app.conversions.marks, part.recording.format);
    let stored = kept
        .or_make(key, Conversions::MOST_MARKS, async {
            let _turn = turn(app).await?;
            let read = move || {
                let bytes = objects.read(&path)?;
                Ok(Arc::new(Marks::of(format, &bytes, length_ms)))
            };
            made(&to.call, read).await
        })
        .await?;
    Ok(match &part.sound {
        Sound::Stored(_) | Sound::Pcm { .. } => stored,
        Sound::Made(bytes) => Arc::new(stored.rewrapped(bytes.len() as u64)),
    })
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
    drop(tx);
    trace::note(&app, &who, &id, Way::Picture).await?;
    let (objects, path) = (app.objects.clone(), recording.peaks.clone());
    let read = tokio::task::spawn_blocking(move || Ok(objects.read(&path)?))
        .await
        .map_err(io::Error::other)
        .flatten();
    let bytes = read.map_err(|error| gone(&id, &error))?;
    Ok((
        [
            (header::CONTENT_TYPE, "application/json"),
            (header::CACHE_CONTROL, "no-store"),
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
