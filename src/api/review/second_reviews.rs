//! Second reviews: their own queue and desk. A reviewer is not told why a call lies before them
//! (PRODUCT R9 to R12); what asks for them and what comes of them is in
//! [`agreement`](super::agreement).

use crate::api::access::Who;
use crate::api::app::{App, done};
use crate::api::problem::Problem;
use crate::api::review::desk::{PutBackBody, reason, sheet_view};
use crate::api::review::item::{Answered, Disputed, ItemKind, Review, disputed_rows};
use crate::api::review::queue::{CHOICE, TRIES};
use crate::api::review::rows::answered_rows;
use crate::review::{Given, Refusal, SecondReviewState};
use crate::store::review::checklists::{self, Version};
use crate::store::review::second_reviews::{self, NewAnswer, SecondReview};
use crate::store::review::sheet::Sheet;
use crate::store::review::{disputes, interest, verdicts};
use crate::store::{StoreError, Tx, leads};
use crate::units::{ItemId, SecondReviewId, WallTime};
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Those of the first 500 that wait which this reviewer may do (PRODUCT I1, R9). Taking one asks
/// again.
async fn open_to(tx: &mut Tx, who: &Who, now: WallTime) -> Result<Vec<SecondReview>, Problem> {
    let waiting = second_reviews::queue(tx, who.id(), now, 500).await?;
    let stakes = second_reviews::stakes(tx, &waiting).await?;
    let party = who.party();
    let may = waiting.into_iter().zip(stakes);
    let may = may.filter(|(_, stake)| interest::against_taking(&party, stake).is_none());
    Ok(may.map(|(second, _)| second).collect())
}

/// What a reviewer may know of why: calibration is announced, all else is a second review.
fn kind(second: &SecondReview) -> ItemKind {
    match second.calibration_id {
        Some(_) => ItemKind::Calibration,
        None => ItemKind::SecondReview,
    }
}

/// A second review that waits.
#[derive(Serialize, ToSchema)]
pub struct SecondReviewItem {
    id: SecondReviewId,
    /// S-12.
    number: String,
    company: String,
    campaign: String,
    kind: ItemKind,
    due_at: WallTime,
}

/// Second reviews that wait and that one may do.
#[derive(Serialize, ToSchema)]
pub struct SecondReviews {
    second_reviews: Vec<SecondReviewItem>,
    now: WallTime,
}

/// Second reviews that one may do, most urgent first.
#[utoipa::path(get, path = "/second-reviews", responses((status = 200, body = SecondReviews)))]
pub async fn queue(State(app): State<App>, who: Who) -> Result<Json<SecondReviews>, Problem> {
    let now = app.clock.now();
    let mut tx = app.db.read().await?;
    let waiting = open_to(&mut tx, &who, now).await?;
    let items = waiting.into_iter().map(|second| SecondReviewItem {
        number: format!("S-{}", second.number),
        kind: kind(&second),
        id: second.id,
        company: second.company.into_inner(),
        campaign: second.campaign,
        due_at: second.due_at,
    });
    Ok(Json(SecondReviews {
        second_reviews: items.collect(),
        now,
    }))
}

/// The most urgent one that this reviewer may do; one that is with them already comes first.
/// Choosing reads; only taking writes, briefly.
#[utoipa::path(
    post,
    path = "/second-reviews/take",
    responses((status = 200, body = Option<Review>))
)]
pub async fn take_next(State(app): State<App>, who: Who) -> Result<Json<Option<Review>>, Problem> {
    let now = app.clock.now();
    // Who is quicker each time is rare; whatever else refuses, the page may ask again.
    for _ in 0..TRIES {
        let mut read = app.db.read().await?;
        if let Some(second) = second_reviews::taken_by(&mut read, who.id(), now).await? {
            return Ok(Json(Some(view(&app, &mut read, &who, second, now).await?)));
        }
        let chosen = choose(&mut read, &who, now).await?;
        // Nobody waits for the one writer with a reader's connection in hand.
        drop(read);
        if chosen.is_empty() {
            return Ok(Json(None));
        }
        let mut tx = app.db.write().await?;
        // Another page of this reviewer may have taken one since.
        if let Some(second) = second_reviews::taken_by(&mut tx, who.id(), now).await? {
            return Ok(Json(Some(view(&app, &mut tx, &who, second, now).await?)));
        }
        for id in second_reviews::still_free(&mut tx, chosen, now).await? {
            match second_reviews::take(&mut tx, who.id(), &id, now).await {
                Ok(second) => {
                    let body = view(&app, &mut tx, &who, second, now).await?;
                    tx.commit().await?;
                    return Ok(Json(Some(body)));
                }
                // Somebody else was quicker: the next, then.
                Err(StoreError::Conflict(_) | StoreError::Interest(Refusal::JudgedBefore)) => {}
                Err(error) => return Err(tx.refuse(error).await.into()),
            }
        }
    }
    Ok(Json(None))
}

/// The first of the queue that this reviewer may do.
async fn choose(tx: &mut Tx, who: &Who, now: WallTime) -> Result<Vec<SecondReviewId>, Problem> {
    let open = open_to(tx, who, now).await?;
    Ok(open.into_iter().take(CHOICE).map(|s| s.id).collect())
}

/// What a page that is opened anew goes on with: the one at work, or nothing.
#[utoipa::path(
    get,
    path = "/second-reviews/current",
    responses((status = 200, body = Option<Review>))
)]
pub async fn current(State(app): State<App>, who: Who) -> Result<Json<Option<Review>>, Problem> {
    let now = app.clock.now();
    let mut tx = app.db.read().await?;
    Ok(Json(
        match second_reviews::taken_by(&mut tx, who.id(), now).await? {
            Some(second) => Some(view(&app, &mut tx, &who, second, now).await?),
            None => None,
        },
    ))
}

/// One that this reviewer has or has done; for everybody else, and once its lock ran out, it does
/// not exist.
async fn mine(tx: &mut Tx, who: &Who, id: &SecondReviewId) -> Result<SecondReview, Problem> {
    second_reviews::by_id(tx, id)
        .await?
        .filter(|s| s.place().is_with(who.id(), who.at) || s.reviewer_id.as_ref() == Some(who.id()))
        .ok_or_else(Problem::not_found)
}

/// A second review that one has or has done.
#[utoipa::path(get, path = "/second-reviews/{id}", responses((status = 200, body = Review)))]
pub async fn one(
    State(app): State<App>,
    who: Who,
    Path(id): Path<SecondReviewId>,
) -> Result<Json<Review>, Problem> {
    let mut tx = app.db.read().await?;
    let second = mine(&mut tx, &who, &id).await?;
    Ok(Json(
        view(&app, &mut tx, &who, second, app.clock.now()).await?,
    ))
}

async fn view(
    app: &App,
    tx: &mut Tx,
    who: &Who,
    second: SecondReview,
    now: WallTime,
) -> Result<Review, Problem> {
    let lead = leads::existing(tx, &second.lead_id).await?;
    let version = checklists::existing(tx, &second.checklist_version_id).await?;
    let calls = second_reviews::calls(tx, &second.id).await?;
    let item = ItemId::from(second.id.clone());
    let sheet = Sheet {
        item: &item,
        reviewer: who.id(),
        version: &version,
        calls: &calls,
    };
    let sheet = sheet_view(tx, &sheet, &app.rules).await?;
    Ok(Review {
        kind: kind(&second),
        number: format!("S-{}", second.number),
        company: second.company.reveal().clone(),
        contact: lead.contact.map(|c| c.into_inner()),
        contact_role: lead.contact_role,
        campaign: second.campaign.clone(),
        source: lead.source,
        created_at: second.created_at,
        came_by: None,
        due_at: Some(second.due_at),
        state: second.state.as_str(),
        locked_until: second.locked_until,
        other_claims: None,
        money: None,
        now,
        sheet,
        verdict: None,
        answered: answered(tx, &second, &version).await?,
        id: item,
    })
}

async fn answered(
    tx: &mut Tx,
    second: &SecondReview,
    version: &Version,
) -> Result<Option<Answered>, Problem> {
    let Some(answers) = &second.answers else {
        return Ok(None);
    };
    let dispute = match disputes::of_second_review(tx, &second.id).await? {
        Some(d) => {
            let first = verdicts::existing(tx, &d.verdict_id).await?;
            let list = version.checklist()?;
            let given: Vec<Given> = serde_json::from_str(first.answers.reveal())?;
            Some(Disputed {
                rows: disputed_rows(tx, &d.id, &list).await?,
                first_rows: answered_rows(&list, &given),
                first_passed: first.passed,
            })
        }
        None => None,
    };
    Ok(Some(Answered {
        passed: second.passed == Some(true),
        answers: serde_json::from_str(answers.reveal())?,
        decided: second.state == SecondReviewState::Decided,
        final_passed: second.final_passed,
        dispute,
    }))
}

/// Puts it back into its queue, with a reason; without a body it is a break.
#[utoipa::path(
    post,
    path = "/second-reviews/{id}/release",
    request_body = Option<PutBackBody>,
    responses((status = 204))
)]
pub async fn put_back(
    State(app): State<App>,
    who: Who,
    Path(id): Path<SecondReviewId>,
    body: Bytes,
) -> Result<StatusCode, Problem> {
    let (why, note) = reason(&body)?;
    let mut tx = app.db.write().await?;
    let second = second_reviews::by_id(&mut tx, &id)
        .await?
        .filter(|s| s.locked_by.as_ref() == Some(who.id()))
        .ok_or_else(Problem::not_found)?;
    second_reviews::put_back(&mut tx, who.id(), &second, (why, &note), app.clock.now()).await?;
    done(tx).await
}

/// The answers of a second review.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AnswerBody {
    answers: Vec<Given>,
    #[serde(default)]
    note: String,
}

fn read(body: &[u8]) -> Result<AnswerBody, Problem> {
    serde_json::from_slice(body)
        .map_err(|e| Problem::bad(format!("The answers cannot be read: {e}.")))
}

/// The blind answer. It is the last but for a dispute, whose reason is shown now.
#[utoipa::path(
    post,
    path = "/second-reviews/{id}/answer",
    request_body = AnswerBody,
    responses((status = 200, body = Review))
)]
pub async fn answer(
    State(app): State<App>,
    who: Who,
    Path(id): Path<SecondReviewId>,
    body: Bytes,
) -> Result<Json<Review>, Problem> {
    let b = read(&body)?;
    let now = app.clock.now();
    let mut tx = app.db.write().await?;
    mine(&mut tx, &who, &id).await?;
    let new = NewAnswer {
        answers: &b.answers,
        note: b.note.trim(),
    };
    if let Err(error) = second_reviews::answer(&mut tx, who.id(), &id, &new, &app.rules, now).await
    {
        return Err(tx.refuse(error).await.into());
    }
    let second = second_reviews::existing(&mut tx, &id).await?;
    let body = view(&app, &mut tx, &who, second, now).await?;
    tx.commit().await?;
    Ok(Json(body))
}

/// Having seen the reason, the second reviewer confirms or changes; both answers are kept, and the
/// ledger follows.
#[utoipa::path(
    post,
    path = "/second-reviews/{id}/confirm",
    request_body = AnswerBody,
    responses((status = 200, body = Review))
)]
pub async fn confirm(
    State(app): State<App>,
    who: Who,
    Path(id): Path<SecondReviewId>,
    body: Bytes,
) -> Result<Json<Review>, Problem> {
    let b = read(&body)?;
    let now = app.clock.now();
    let mut tx = app.db.write().await?;
    mine(&mut tx, &who, &id).await?;
    let dispute = disputes::of_second_review(&mut tx, &id)
        .await?
        .ok_or_else(Problem::not_found)?;
    let confirmed = NewAnswer {
        answers: &b.answers,
        note: b.note.trim(),
    };
    let done = disputes::confirm(&mut tx, who.id(), &dispute, &confirmed, &app.rules, now).await;
    if let Err(error) = done {
        return Err(tx.refuse(error).await.into());
    }
    let second = second_reviews::existing(&mut tx, &id).await?;
    let body = view(&app, &mut tx, &who, second, now).await?;
    tx.commit().await?;
    Ok(Json(body))
}
