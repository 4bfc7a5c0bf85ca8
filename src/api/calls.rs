//! Calls: lists, one call, its sound and its picture, and the telemarketer's own word on it.

use super::access::Who;
use super::{App, Event, Problem};
use crate::archive::AudioFormat;
use crate::archive::decode::decode;
use crate::archive::encode::encode;
use crate::archive::ranges::{self, Range};
use crate::archive::webm;
use crate::call::CallFacts;
use crate::leads::disposition::DISPOSITIONS;
use crate::store::audit::{self, Entry};
use crate::store::calls::{self, Call, Disposition, StoredRecording};
use crate::store::{Tx, leads};
use crate::units::WallTime;
use axum::Json;
use axum::body::Body;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use std::io;

#[derive(Deserialize)]
pub struct Page {
    /// RFC 3339; calls that began before it. What `next` of the page before said.
    before: Option<WallTime>,
    limit: Option<i64>,
}

const MOST: i64 = 200;

pub async fn list(
    State(app): State<App>,
    who: Who,
    Query(page): Query<Page>,
) -> Result<Json<Value>, Problem> {
    let before = page.before.unwrap_or(WallTime(i64::MAX));
    let limit = page.limit.unwrap_or(50).clamp(1, MOST);
    let mut tx = app.db.read().await?;
    let rows = match who.is("telemarketer") {
        true => calls::of_person(&mut tx, who.id(), before, limit).await?,
        false => calls::of_clients(&mut tx, who.id(), before, limit).await?,
    };
    let mut items = Vec::with_capacity(rows.len());
    for call in &rows {
        let mut item = view(call);
        if call.lead_id.is_none() {
            item["candidates"] = candidates(&mut tx, &call.id).await?;
        }
        items.push(item);
    }
    let next = (rows.len() as i64 == limit)
        .then(|| rows.last().map(|c| WallTime(c.started_at)))
        .flatten();
    Ok(Json(json!({ "calls": items, "next": next })))
}

async fn candidates(tx: &mut Tx, call: &str) -> Result<Value, Problem> {
    let found = calls::candidates(tx, call).await?;
    Ok(found
        .into_iter()
        .map(
            |(id, company, campaign)| json!({ "id": id, "company": company, "campaign": campaign }),
        )
        .collect())
}

/// A call as its own people see it.
pub fn view(c: &Call) -> Value {
    json!({
        "id": c.id,
        "started_at": WallTime(c.started_at),
        "answered_at": c.answered_at.map(WallTime),
        "ended_at": c.ended_at.map(WallTime),
        "outcome": c.outcome,
        "direction": c.direction,
        "recovered": c.recovered == 1,
        "line": c.line,
        "person_id": c.person_id,
        "prospect": { "number": c.prospect_number, "name": c.prospect_name },
        "lead": c.lead_id.as_ref().map(|id| json!({ "id": id, "company": c.company, "contact": c.contact, "found_by": c.lead_by })),
        "disposition": c.disposition,
        "appointment": c.appointment_at.map(|at| json!({ "at": WallTime(at), "with": c.appointment_with })),
        "duration_ms": c.duration_ms,
        "gaps": c.gaps,
    })
}

pub async fn one(
    State(app): State<App>,
    who: Who,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    let mut tx = app.db.read().await?;
    let call = who.call(&mut tx, &id).await?;
    // What names the claimant is not for reviewers: they have the review's own view.
    let mut body = view(&call);
    body["candidates"] = candidates(&mut tx, &id).await?;
    body["sound"] = sound(&mut tx, &id).await?;
    Ok(Json(body))
}

/// What a player needs of a call, and nothing that names anybody.
pub async fn sound(tx: &mut Tx, id: &str) -> Result<Value, Problem> {
    let Some(recording) = calls::recording(tx, id).await? else {
        return Ok(Value::Null);
    };
    let facts = calls::facts(tx, id).await?;
    let left = facts.as_ref().map(CallFacts::left);
    let mut lanes = Vec::new();
    for (lane, side, stats, speech) in calls::lanes(tx, id).await? {
        let stats: Value = serde_json::from_str(&stats)?;
        let who = if left.is_some_and(|l| json!(l) == json!(side)) {
            "telemarketer"
        } else {
            "prospect"
        };
        lanes.push(json!({
            "lane": lane, "who": who, "speech": serde_json::from_str::<Value>(&speech)?,
            "codecs": stats["codecs"], "packets": stats["packets"], "lost": stats["lost"], "concealed_ms": stats["concealed_ms"], "jitter_ms": stats["jitter_ms"], "mos": stats["mos"], "unheard": stats["unheard"], "encryption": stats["encryption"], "loss_was": stats["loss_was"],
        }));
    }
    let gaps = calls::gaps(tx, id).await?;
    let starts_at = WallTime(recording.starts_at);
    let offset = |at: WallTime| at.millis_since(starts_at).clamp(0, recording.duration_ms);
    let holds: Vec<Value> = facts.iter().flat_map(|f| &f.holds).map(|(from, to)| json!({ "from_ms": offset(*from), "to_ms": to.map_or(recording.duration_ms, offset) })).collect();
    Ok(json!({
        "call": id,
        "duration_ms": recording.duration_ms,
        "sample_rate": recording.sample_rate,
        "format": recording.format,
        "sha256": recording.sha256,
        "answered_ms": facts.as_ref().and_then(|f| f.answered_at).map(offset),
        "consent_ms": facts.as_ref().and_then(|f| f.consent_at).map(offset),
        "announced_ms": facts.as_ref().and_then(|f| f.announced_at).map(offset),
        "holds": holds,
        "lanes": lanes,
        "gaps": gaps.into_iter().map(|(lane, from_ms, to_ms, reason)| json!({ "lane": lane, "from_ms": from_ms, "to_ms": to_ms, "reason": reason })).collect::<Vec<_>>(),
    }))
}

/// How the sound is wanted.
#[derive(Deserialize)]
pub struct Wanted {
    /// For players that refuse Ogg: the same packets in WebM, or all of it as PCM.
    r#as: Option<Wrapping>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Wrapping {
    Webm,
    Wav,
}

pub async fn audio(
    State(app): State<App>,
    who: Who,
    Path(id): Path<String>,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let mut tx = app.db.read().await?;
    who.call(&mut tx, &id).await?;
    let recording = calls::recording(&mut tx, &id).await?.ok_or_else(no_sound)?;
    drop(tx);
    let sound = match wanted
        .r#as
        .filter(|_| recording.format == AudioFormat::Opus.name())
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

async fn note_listen(app: &App, who: &Who, call: &str) -> Result<(), Problem> {
    let mut tx = app.db.write().await?;
    audit::append(
        &mut tx,
        Entry {
            at: app.clock.now(),
            actor: who.id(),
            action: "call.listened",
            subject: &format!("call:{call}"),
            detail: json!({}),
        },
    )
    .await?;
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
        Sound::Stored => AudioFormat::from_name(&recording.format)
            .unwrap_or_default()
            .mime(),
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

pub async fn peaks(
    State(app): State<App>,
    who: Who,
    Path(id): Path<String>,
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

fn gone(call: &str, error: &io::Error) -> Problem {
    tracing::error!(%error, call, "a recording cannot be read: run `assay check`");
    Problem::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "Recording not readable",
        "The recording is on record and cannot be read from the disk. Your administrator can see \
         why with `assay check`.",
    )
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DispositionBody {
    disposition: String,
    appointment_at: Option<WallTime>,
    appointment_with: Option<String>,
}

pub async fn disposition(
    State(app): State<App>,
    who: Who,
    Path(id): Path<String>,
    body: Result<Json<DispositionBody>, JsonRejection>,
) -> Result<Json<Value>, Problem> {
    let Json(b) = body?;
    if !DISPOSITIONS.contains(&b.disposition.as_str()) {
        return Err(Problem::bad(format!(
            "'{}' is no disposition; there are {}.",
            b.disposition,
            DISPOSITIONS.join(", ")
        )));
    }
    if matches!(b.disposition.as_str(), "meeting_made" | "call_back") && b.appointment_at.is_none()
    {
        return Err(Problem::bad(
            "Say when: a meeting and a call back have a time.",
        ));
    }
    let mut tx = app.db.write().await?;
    who.call(&mut tx, &id).await?;
    let now = app.clock.now();
    calls::set_disposition(
        &mut tx,
        &id,
        &Disposition {
            kind: &b.disposition,
            appointment_at: b.appointment_at,
            appointment_with: b.appointment_with.as_deref(),
        },
        now,
    )
    .await?;
    audit::append(
        &mut tx,
        Entry {
            at: now,
            actor: who.id(),
            action: "call.disposition",
            subject: &format!("call:{id}"),
            detail: json!({ "disposition": b.disposition }),
        },
    )
    .await?;
    let call = who.call(&mut tx, &id).await?;
    tx.commit().await?;
    Ok(Json(view(&call)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeadBody {
    lead: String,
}

pub async fn choose_lead(
    State(app): State<App>,
    who: Who,
    Path(id): Path<String>,
    body: Result<Json<LeadBody>, JsonRejection>,
) -> Result<Json<Value>, Problem> {
    let Json(LeadBody { lead }) = body?;
    let mut tx = app.db.write().await?;
    who.call(&mut tx, &id).await?;
    leads::by_id(&mut tx, &lead)
        .await?
        .filter(|l| who.sees_lead(l))
        .ok_or_else(Problem::not_found)?;
    calls::set_lead(&mut tx, &id, &lead).await?;
    audit::append(
        &mut tx,
        Entry {
            at: app.clock.now(),
            actor: who.id(),
            action: "call.lead_chosen",
            subject: &format!("call:{id}"),
            detail: json!({ "lead": lead }),
        },
    )
    .await?;
    let call = who.call(&mut tx, &id).await?;
    tx.commit().await?;
    let _ = app.events.send(Event::to_person("calls", who.id()));
    Ok(Json(view(&call)))
}
