//! The desk: taking a claim, judging it, taking the verdict back.
//!
//! Until the verdict is final a reviewer is blind: neither the claimant's name nor number,
//! neither their answers nor their write-up is in any answer of these routes.

use crate::api::access::Who;
use crate::api::app::{App, done};
use crate::api::problem::Problem;
use crate::api::review::claims::idempotency_key;
use crate::api::review::desk::{PutBackBody, reason, sheet_view};
use crate::api::review::item::{AtStake, Claimant, Committed, HeardShare, ItemKind, Review};
use crate::api::review::rows::answered_rows;
use crate::identity::Role;
use crate::review::{Given, Refusal, VerdictState};
use crate::store::commission::{ledger, plans};
use crate::store::idempotency::{self, Request};
use crate::store::review::checklists::Version;
use crate::store::review::claims::{self, Claim};
use crate::store::review::interest;
use crate::store::review::sheet::Sheet;
use crate::store::review::verdicts::{self, NewVerdict, Verdict};
use crate::store::{StoreError, Tx, leads};
use crate::units::{ClaimId, ItemId, WallTime};
use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// A claim that waits.
#[derive(Serialize, ToSchema)]
pub struct QueueItem {
    id: ClaimId,
    /// C-1001.
    number: String,
    company: String,
    campaign: String,
    created_at: WallTime,
    /// A manager put it first.
    first: bool,
}

/// Claims that wait and that one may judge.
#[derive(Serialize, ToSchema)]
pub struct Queue {
    /// The next of them, at most 100.
    claims: Vec<QueueItem>,
    /// How many of the first 500 that wait one may judge.
    waiting: usize,
    /// How many that wait one has put back.
    skipped: i64,
}

/// So many are shown: nobody picks, and the box gives the next.
const SHOWN: usize = 100;

/// Claims that one may judge, oldest first within priority. Nobody picks from it.
#[utoipa::path(get, path = "/queue", responses((status = 200, body = Queue)))]
pub async fn queue(State(app): State<App>, who: Who) -> Result<Json<Queue>, Problem> {
    let mut tx = app.db.read().await?;
    let waiting = open_to(&mut tx, &who, app.clock.now()).await?;
    let skipped = claims::skipped(&mut tx, who.id()).await?;
    Ok(Json(Queue {
        waiting: waiting.len(),
        skipped,
        claims: waiting
            .into_iter()
            .take(SHOWN)
            .map(|claim| QueueItem {
                number: format!("C-{}", claim.number),
                first: claim.priority > 0,
                id: claim.id,
                company: claim.company.into_inner(),
                campaign: claim.campaign,
                created_at: claim.created_at,
            })
            .collect(),
    }))
}

/// Those of the first 500 that wait which this reviewer may judge. Taking one asks again.
async fn open_to(tx: &mut Tx, who: &Who, now: WallTime) -> Result<Vec<Claim>, Problem> {
    let claims = claims::queue(tx, who.id(), now, 500).await?;
    let stakes = claims::stakes(tx, &claims).await?;
    let party = who.party();
    let may = claims.into_iter().zip(stakes);
    let may = may.filter(|(_, stake)| interest::against_taking(&party, stake).is_none());
    Ok(may.map(|(claim, _)| claim).collect())
}

/// How many are chosen by reading before one of them is taken: where many reviewers ask at once,
/// the first ones may be gone.
pub(super) const CHOICE: usize = 20;
/// How often the queue is read again for somebody.
pub(super) const TRIES: usize = 100;

/// The oldest claim that this reviewer may judge. A claim that is with them already comes first.
/// Choosing reads; only taking writes, briefly.
#[utoipa::path(
    post,
    path = "/review/take",
    responses((status = 200, body = Option<Review>))
)]
pub async fn take_next(State(app): State<App>, who: Who) -> Result<Json<Option<Review>>, Problem> {
    let now = app.clock.now();
    // Who is quicker each time is rare; whatever else refuses, the page may ask again.
    for _ in 0..TRIES {
        let mut read = app.db.read().await?;
        if let Some(claim) = claims::taken_by(&mut read, who.id(), now).await? {
            return Ok(Json(Some(view(&app, &mut read, &who, &claim, now).await?)));
        }
        let chosen = choose(&mut read, &who, now).await?;
        // Nobody waits for the one writer with a reader's connection in hand.
        drop(read);
        if chosen.is_empty() {
            return Ok(Json(None));
        }
        let mut tx = app.db.write().await?;
        // Another page of this reviewer may have taken one since.
        if let Some(claim) = claims::taken_by(&mut tx, who.id(), now).await? {
            return Ok(Json(Some(view(&app, &mut tx, &who, &claim, now).await?)));
        }
        for id in claims::still_free(&mut tx, chosen, now).await? {
            match claims::take(&mut tx, who.id(), &id, now).await {
                Ok(claim) => {
                    let body = view(&app, &mut tx, &who, &claim, now).await?;
                    tx.commit().await?;
                    return Ok(Json(Some(body)));
                }
                // Somebody else was quicker: the next, then.
                Err(StoreError::Conflict(_) | StoreError::Interest(Refusal::JudgedBefore)) => {}
                // Pay or role changed since the page was opened.
                Err(error) => return Err(tx.refuse(error).await.into()),
            }
        }
    }
    Ok(Json(None))
}

/// The first claims of the queue that this reviewer may judge.
async fn choose(tx: &mut Tx, who: &Who, now: WallTime) -> Result<Vec<ClaimId>, Problem> {
    let open = open_to(tx, who, now).await?;
    Ok(open.into_iter().take(CHOICE).map(|c| c.id).collect())
}

/// What a page that is opened anew goes on with: the claim at work, else the one on hold, else
/// nothing.
#[utoipa::path(
    get,
    path = "/review/current",
    responses((status = 200, body = Option<Review>))
)]
pub async fn current(State(app): State<App>, who: Who) -> Result<Json<Option<Review>>, Problem> {
    let now = app.clock.now();
    let mut tx = app.db.read().await?;
    let at_work = claims::taken_by(&mut tx, who.id(), now).await?;
    let found = match at_work {
        Some(claim) => Some(claim),
        None => claims::held_by(&mut tx, who.id()).await?,
    };
    Ok(Json(match found {
        Some(claim) => Some(view(&app, &mut tx, &who, &claim, now).await?),
        None => None,
    }))
}

/// A claim that this reviewer has taken or judged.
#[utoipa::path(get, path = "/review/{id}", responses((status = 200, body = Review)))]
pub async fn one(
    State(app): State<App>,
    who: Who,
    Path(id): Path<ClaimId>,
) -> Result<Json<Review>, Problem> {
    let mut tx = app.db.read().await?;
    let claim = mine(&mut tx, &who, &id).await?;
    Ok(Json(
        view(&app, &mut tx, &who, &claim, app.clock.now()).await?,
    ))
}

/// A claim that is with this reviewer or that they have judged; for everybody else, and once it was
/// put back or its lock ran out, it does not exist.
async fn mine(tx: &mut Tx, who: &Who, id: &ClaimId) -> Result<Claim, Problem> {
    let claim = claims::by_id(tx, id)
        .await?
        .ok_or_else(Problem::not_found)?;
    let judged = verdicts::of_claim(tx, id)
        .await?
        .is_some_and(|v| v.reviewer_id == *who.id());
    if judged || claim.place().is_with(who.id(), who.at) {
        Ok(claim)
    } else {
        Err(Problem::not_found())
    }
}

async fn view(
    app: &App,
    tx: &mut Tx,
    who: &Who,
    claim: &Claim,
    now: WallTime,
) -> Result<Review, Problem> {
    let lead = leads::existing(tx, &claim.lead_id).await?;
    let verdict = verdicts::of_claim(tx, &claim.id).await?;
    let version = claims::version(tx, claim).await?;
    let calls = claims::calls(tx, &claim.id).await?;
    let item = ItemId::from(claim.id.clone());
    let sheet = Sheet {
        item: &item,
        reviewer: who.id(),
        version: &version,
        calls: &calls,
    };
    let sheet = sheet_view(tx, &sheet, &app.rules).await?;
    let others = claims::of_lead(tx, &claim.lead_id).await?.len();
    Ok(Review {
        kind: ItemKind::Claim,
        number: format!("C-{}", claim.number),
        company: claim.company.reveal().clone(),
        contact: lead.contact.map(|c| c.into_inner()),
        contact_role: lead.contact_role,
        campaign: claim.campaign.clone(),
        source: lead.source,
        created_at: claim.created_at,
        came_by: claim.came_by,
        due_at: None,
        state: claim.state.as_str(),
        locked_until: claim.locked_until,
        other_claims: Some(others.saturating_sub(1)),
        money: Some(at_stake(tx, claim, now).await?),
        now,
        sheet,
        verdict: verdict.map(|v| committed(claim, v, &version)).transpose()?,
        answered: None,
        id: item,
    })
}

async fn at_stake(tx: &mut Tx, claim: &Claim, now: WallTime) -> Result<AtStake, Problem> {
    let plan = plans::of_claim(tx, claim, now).await?;
    Ok(AtStake {
        plan_version: plan.as_ref().map(|p| p.version),
        amount: plan.map(|p| p.amount),
        already_earned: ledger::has_earned(tx, claim, now).await?,
    })
}

fn committed(claim: &Claim, v: Verdict, version: &Version) -> Result<Committed, Problem> {
    let given: Vec<Given> = serde_json::from_str(v.answers.reveal())?;
    Ok(Committed {
        passed: v.passed,
        state: v.state,
        committed_at: v.committed_at,
        hold_until: v.hold_until,
        final_at: v.final_at,
        entry: v.passed.then_some(v.entry_id),
        note: v.note.into_inner(),
        rows: answered_rows(&version.checklist()?, &given),
        answers: given,
        heard: HeardShare::of(v.heard.as_deref())?,
        claimant: (v.state == VerdictState::Final)
            .then(|| claimant(claim))
            .transpose()?,
        id: v.id,
    })
}

fn claimant(claim: &Claim) -> Result<Claimant, Problem> {
    Ok(Claimant {
        name: claim.person.reveal().clone(),
        write_up: claim.write_up.reveal().clone(),
        answers: serde_json::from_str(claim.own_answers.reveal())?,
    })
}

/// Puts a claim back into the queue, with a reason; without a body it is a break.
#[utoipa::path(
    post,
    path = "/review/{id}/release",
    request_body = Option<PutBackBody>,
    responses((status = 204))
)]
pub async fn put_back(
    State(app): State<App>,
    who: Who,
    Path(id): Path<ClaimId>,
    body: Bytes,
) -> Result<StatusCode, Problem> {
    let (why, note) = reason(&body)?;
    let mut tx = app.db.write().await?;
    // Also when the lock has run out and nobody has taken it since.
    let claim = claims::by_id(&mut tx, &id)
        .await?
        .filter(|c| c.locked_by.as_ref() == Some(who.id()))
        .ok_or_else(Problem::not_found)?;
    claims::put_back(&mut tx, who.id(), &claim, (why, &note), app.clock.now()).await?;
    done(tx).await
}

/// Why a claim goes back to its claimant.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SendBackBody {
    /// 3 to 500 characters; the claimant reads it.
    note: String,
}

/// The call is about another company: the claim goes back to its claimant, who sets the lead right.
/// Nothing is judged, and it costs nobody anything (PRODUCT R14).
#[utoipa::path(
    post,
    path = "/review/{id}/send-back",
    request_body = SendBackBody,
    responses((status = 204))
)]
pub async fn send_back(
    State(app): State<App>,
    who: Who,
    Path(id): Path<ClaimId>,
    body: Result<Json<SendBackBody>, JsonRejection>,
) -> Result<StatusCode, Problem> {
    let Json(b) = body?;
    let note = b.note.trim();
    if !(3..=500).contains(&note.chars().count()) {
        return Err(Problem::bad(
            "Say which company you heard: 3 to 500 characters.",
        ));
    }
    let mut tx = app.db.write().await?;
    let claim = mine(&mut tx, &who, &id).await?;
    if let Err(error) = claims::send_back(&mut tx, who.id(), &claim, note, app.clock.now()).await {
        return Err(tx.refuse(error).await.into());
    }
    done(tx).await
}

/// A verdict.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VerdictBody {
    answers: Vec<Given>,
    #[serde(default)]
    note: String,
}

/// Commits a verdict: ten seconds in which it can be taken back begin. Needs an `Idempotency-Key`.
#[utoipa::path(
    post,
    path = "/review/{id}/verdict",
    params(("idempotency-key" = String, Header)),
    request_body = VerdictBody,
    responses((status = 200, body = Committed))
)]
pub async fn commit(
    State(app): State<App>,
    who: Who,
    Path(id): Path<ClaimId>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Value>, Problem> {
    let route = format!("POST /review/{id}/verdict");
    let request = Request {
        person: who.id(),
        key: idempotency_key(&headers)?,
        route: &route,
        body: &body,
    };
    let b: VerdictBody = serde_json::from_slice(&body)
        .map_err(|e| Problem::bad(format!("The verdict cannot be read: {e}.")))?;
    let now = app.clock.now();
    let mut tx = app.db.write().await?;
    if let Some(earlier) = idempotency::earlier(&mut tx, &request).await? {
        return Ok(Json(serde_json::from_str(&earlier)?));
    }
    let claim = claims::by_id(&mut tx, &id)
        .await?
        .filter(|c| who.sees_client(&c.client_id) || !who.is(Role::Reviewer))
        .ok_or_else(Problem::not_found)?;
    let new = NewVerdict {
        reviewer: who.id(),
        answers: &b.answers,
        note: b.note.trim(),
    };
    let verdict = match verdicts::commit(&mut tx, &id, &new, &app.rules, now).await {
        Ok(verdict) => verdict,
        Err(error) => return Err(tx.refuse(error).await.into()),
    };
    let version = claims::version(&mut tx, &claim).await?;
    let response = serde_json::to_value(committed(&claim, verdict, &version)?)?;
    idempotency::keep(&mut tx, &request, &response.to_string(), now).await?;
    tx.commit().await?;
    Ok(Json(response))
}

/// Takes a verdict back within its hold.
#[utoipa::path(delete, path = "/review/{id}/verdict", responses((status = 200, body = Review)))]
pub async fn take_back(
    State(app): State<App>,
    who: Who,
    Path(id): Path<ClaimId>,
) -> Result<Json<Review>, Problem> {
    let now = app.clock.now();
    let mut tx = app.db.write().await?;
    mine(&mut tx, &who, &id).await?;
    verdicts::take_back(&mut tx, who.id(), &id, now).await?;
    let claim = mine(&mut tx, &who, &id).await?;
    let body = view(&app, &mut tx, &who, &claim, now).await?;
    tx.commit().await?;
    Ok(Json(body))
}
