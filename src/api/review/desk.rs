//! What claims and second reviews share at the desk: the sheet that is judged, what was heard of
//! it, and drafts. An item is either of them.

use crate::api::access::Who;
use crate::api::app::App;
use crate::api::calls::sound::{self, Sound};
use crate::api::problem::Problem;
use crate::review::heard::{HeardRange, Played};
use crate::review::{Criterion, LOCK, PutBack, Rules, sheet};
use crate::store::calls;
use crate::store::review::checklists::{self, Version};
use crate::store::review::heard::Report;
use crate::store::review::sheet::Sheet;
use crate::store::review::{claims, heard, second_reviews};
use crate::store::{StoreError, Tx};
use crate::units::{CallId, ClaimId, ItemId, SecondReviewId, WallTime};
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// An item that is with the one who asks.
struct AtWork {
    calls: Vec<CallId>,
    version: Version,
    taken_at: WallTime,
    /// Until when it stays with them if nothing more is heard.
    until: WallTime,
}

/// # Errors
/// 404 when it is not with them now.
async fn at_work(tx: &mut Tx, who: &Who, id: &ItemId, now: WallTime) -> Result<AtWork, Problem> {
    let until = now + LOCK;
    let claim = claims::by_id(tx, &ClaimId::from(id.as_str())).await?;
    if let Some(claim) = claim.filter(|c| c.place().is_with(who.id(), now)) {
        claims::keep(tx, &claim, who.id(), now).await?;
        return Ok(AtWork {
            until,
            calls: claims::calls(tx, &claim.id).await?,
            version: claims::version(tx, &claim).await?,
            taken_at: claim.taken_at.unwrap_or(claim.created_at),
        });
    }
    let second = second_reviews::by_id(tx, &SecondReviewId::from(id.as_str()))
        .await?
        .filter(|s| s.is_with(who.id(), now))
        .ok_or_else(Problem::not_found)?;
    second_reviews::keep(tx, &second, who.id(), now).await?;
    Ok(AtWork {
        until,
        calls: second_reviews::calls(tx, &second.id).await?,
        version: checklists::existing(tx, &second.checklist_version_id).await?,
        taken_at: second.taken_at.unwrap_or(second.created_at),
    })
}

/// What a page played of a call.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HeardBody {
    call: CallId,
    played: Vec<Played>,
}

/// How much of an item was heard, and until when it stays with its reviewer.
#[derive(Serialize, ToSchema)]
pub struct HeardSoFar {
    speech_ms: u64,
    heard_ms: u64,
    /// 0 to 1.
    share: f64,
    /// What is credited of the call that was reported.
    heard: Vec<HeardRange>,
    locked_until: WallTime,
}

/// More time ranges than a page makes in the longest time between two reports.
const MOST_PLAYED: usize = 2_000;

/// The page reports what it played. It is credited as far as the clock allows for this person and
/// as far as the box has served the sound to them (PRODUCT R8); the answer says what is.
#[utoipa::path(
    post,
    path = "/review/{id}/heard",
    request_body = HeardBody,
    responses((status = 200, body = HeardSoFar))
)]
pub async fn heard(
    State(app): State<App>,
    who: Who,
    Path(id): Path<ItemId>,
    body: Result<Json<HeardBody>, JsonRejection>,
) -> Result<Json<HeardSoFar>, Problem> {
    let Json(b) = body?;
    let now = app.clock.now();
    let mut tx = app.db.write().await?;
    let item = at_work(&mut tx, &who, &id, now).await?;
    if !item.calls.contains(&b.call) || b.played.len() > MOST_PLAYED {
        return Err(Problem::bad("This call is not part of what you judge."));
    }
    let report = Report {
        item: &id,
        reviewer: who.id(),
        call: &b.call,
        taken_at: item.taken_at,
        played: &b.played,
    };
    let heard = heard::report(&mut tx, &report, now).await?;
    let sheet = Sheet {
        item: &id,
        reviewer: who.id(),
        version: &item.version,
        calls: &item.calls,
    };
    let listened = sheet::listened(&sheet.sounds(&mut tx).await?);
    tx.commit().await?;
    Ok(Json(HeardSoFar {
        speech_ms: listened.speech_ms,
        heard_ms: listened.heard_ms,
        share: listened.share(),
        heard: heard.ranges(),
        locked_until: item.until,
    }))
}

/// Answers that are not given yet.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DraftBody {
    /// The last revision that this page knows; 0 where it knows none.
    revision: i64,
    /// As the page wants it back.
    #[schema(value_type = Object)]
    draft: Value,
}

/// A draft that was kept, and until when the item stays with its reviewer.
#[derive(Serialize, ToSchema)]
pub struct Kept {
    revision: i64,
    locked_until: WallTime,
}

/// Larger than any answers are.
const LARGEST_DRAFT: usize = 64 << 10;

/// Answers that are not given yet are kept on the box, so that a lost browser loses none. Another
/// tab that saved meanwhile is not written over (PRODUCT R14).
#[utoipa::path(
    put,
    path = "/review/{id}/draft",
    request_body = DraftBody,
    responses((status = 200, body = Kept))
)]
pub async fn draft(
    State(app): State<App>,
    who: Who,
    Path(id): Path<ItemId>,
    body: Result<Json<DraftBody>, JsonRejection>,
) -> Result<Json<Kept>, Problem> {
    let Json(b) = body?;
    let text = b.draft.to_string();
    if text.len() > LARGEST_DRAFT || b.revision < 0 {
        return Err(Problem::bad("The draft is too large: it was not kept."));
    }
    let now = app.clock.now();
    let mut tx = app.db.write().await?;
    let item = at_work(&mut tx, &who, &id, now).await?;
    let kept = heard::keep_draft(&mut tx, &id, who.id(), &text, b.revision, now).await;
    let revision = kept.map_err(elsewhere)?;
    tx.commit().await?;
    Ok(Json(Kept {
        revision,
        locked_until: item.until,
    }))
}

fn elsewhere(error: StoreError) -> Problem {
    match error {
        StoreError::Conflict(_) => Problem {
            kind: "urn:assay:draft-elsewhere",
            ..Problem::new(
                StatusCode::CONFLICT,
                "Open in another tab",
                "Its answers are newer. Go on there, or load them here.",
            )
        },
        error => error.into(),
    }
}

/// Why something is put back.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PutBackBody {
    reason: PutBack,
    /// At most 500 characters; needed for `other`.
    #[serde(default)]
    note: String,
}

/// Reads why something is put back; a page that goes away says nothing, and means a break.
///
/// # Errors
/// 422 when a reason lacks its words.
pub fn reason(body: &[u8]) -> Result<(PutBack, String), Problem> {
    if body.is_empty() {
        return Ok((PutBack::Break, String::new()));
    }
    let b: PutBackBody = serde_json::from_slice(body)
        .map_err(|e| Problem::bad(format!("The reason cannot be read: {e}.")))?;
    let note = b.note.trim().to_owned();
    let letters = note.chars().count();
    if letters > 500 || (b.reason == PutBack::Other && letters < 3) {
        return Err(Problem::bad("Say why in a few words: 3 to 500 characters."));
    }
    Ok((b.reason, note))
}

/// What lies on the desk whichever item it is: checklist, sound, what was heard and answered so
/// far.
///
/// # Errors
/// When the database fails.
pub async fn sheet_view(
    tx: &mut Tx,
    sheet: &Sheet<'_>,
    rules: &Rules,
) -> Result<SheetView, Problem> {
    let list = sheet.version.checklist()?;
    let heard = heard::of_item(tx, sheet.item, sheet.reviewer).await?;
    let mut sounds = Vec::new();
    for id in sheet.calls {
        let Some(call) = calls::by_id(tx, id).await? else {
            continue;
        };
        if let Some(mut sound) = sound::of_call(tx, id).await? {
            sound.started_at = Some(call.started_at);
            let of_call = heard.iter().find(|(known, _)| known == id);
            sound.heard = Some(of_call.map_or_else(Vec::new, |(_, h)| h.ranges()));
            sounds.push(sound);
        }
    }
    let draft = heard::draft(tx, sheet.item, sheet.reviewer).await?;
    Ok(SheetView {
        checklist: ChecklistView {
            name: list.name,
            version: sheet.version.version,
            in_force_from: sheet.version.in_force_from,
            review_on: sheet.version.review_on,
            criteria: list.criteria,
        },
        calls: sounds,
        draft_revision: draft.as_ref().map_or(0, |d| d.revision),
        draft: draft.map(|d| serde_json::from_str(&d.body)).transpose()?,
        heard_needed: rules.heard_share,
    })
}

/// A checklist version to judge by.
#[derive(Serialize, ToSchema)]
pub struct ChecklistView {
    name: String,
    version: i64,
    #[schema(required)]
    in_force_from: Option<WallTime>,
    #[schema(required)]
    review_on: Option<WallTime>,
    criteria: Vec<Criterion>,
}

/// What lies on the desk whichever item it is.
#[derive(Serialize, ToSchema)]
pub struct SheetView {
    checklist: ChecklistView,
    calls: Vec<Sound>,
    /// Answers that were not given yet, as the page left them.
    #[schema(value_type = Option<Object>, required)]
    draft: Option<Value>,
    /// How often the draft was saved; 0: never.
    draft_revision: i64,
    /// The share of speech, 0 to 1, that must be heard before a verdict; a fail on a heard moment
    /// needs less.
    heard_needed: f64,
}
