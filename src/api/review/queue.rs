//! The desk: taking a claim, judging it, taking the verdict back.
//!
//! Until the verdict is committed a reviewer is blind: neither the claimant's name nor number,
//! neither their answers nor their write-up is in any answer of these routes.

use crate::api::access::Who;
use crate::api::app::App;
use crate::api::problem::Problem;
use crate::api::review::claims::{idempotency_key, no_checklist};
use crate::api::review::desk::Sheet;
use crate::api::review::item::{AtStake, Claimant, Committed, ItemKind, Review};
use crate::api::review::rows::answered_rows;
use crate::commission::plan_at;
use crate::review::{Given, Refusal, may_judge};
use crate::store::commission::{ledger, plans};
use crate::store::idempotency::{self, Request};
use crate::store::review::checklists::{self, Version};
use crate::store::review::claims::{self, Claim};
use crate::store::review::verdicts::{self, NewVerdict, Verdict};
use crate::store::{StoreError, Tx, leads};
use crate::units::{ClaimId, ItemId, WallTime};
use axum::Json;
use axum::body::Bytes;
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
    claims: Vec<QueueItem>,
}

/// Claims that one may judge, oldest first within priority.
#[utoipa::path(get, path = "/queue", responses((status = 200, body = Queue)))]
pub async fn queue(State(app): State<App>, who: Who) -> Result<Json<Queue>, Problem> {
    let mut tx = app.db.read().await?;
    let mut items = Vec::new();
    for claim in claims::queue(&mut tx, who.id(), app.clock.now(), 500).await? {
        if interest(&mut tx, &who, &claim).await?.is_none() {
            items.push(QueueItem {
                number: format!("C-{}", claim.number),
                first: claim.priority > 0,
                id: claim.id,
                company: claim.company.into_inner(),
                campaign: claim.campaign,
                created_at: claim.created_at,
            });
        }
    }
    Ok(Json(Queue { claims: items }))
}

/// Why somebody may not judge a claim.
async fn interest(tx: &mut Tx, who: &Who, claim: &Claim) -> Result<Option<Refusal>, Problem> {
    let callers = claims::callers(tx, &claim.id).await?;
    Ok(may_judge(
        &who.judge(),
        Some(&claim.person_id),
        &callers,
        &claim.client_id,
    )
    .err())
}

/// How many are chosen by reading before one of them is taken: where many reviewers ask at once,
/// the first ones may be gone.
pub(super) const CHOICE: usize = 20;

/// The oldest claim that this reviewer may judge. A claim that is with them already comes first.
/// Choosing reads; only taking writes, briefly.
#[utoipa::path(
    post,
    path = "/review/take",
    responses((status = 200, body = Option<Review>))
)]
pub async fn take_next(State(app): State<App>, who: Who) -> Result<Json<Option<Review>>, Problem> {
    let now = app.clock.now();
    loop {
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
        for id in chosen {
            match claims::take(&mut tx, who.id(), &id, now).await {
                Ok(claim) => {
                    let body = view(&app, &mut tx, &who, &claim, now).await?;
                    tx.commit().await?;
                    return Ok(Json(Some(body)));
                }
                // Somebody else was quicker: the next, then.
                Err(StoreError::Conflict(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// The first claims of the queue that this reviewer may judge.
async fn choose(tx: &mut Tx, who: &Who, now: WallTime) -> Result<Vec<ClaimId>, Problem> {
    let mut chosen = Vec::new();
    for claim in claims::queue(tx, who.id(), now, 500).await? {
        if chosen.len() == CHOICE {
            break;
        }
        if interest(tx, who, &claim).await?.is_none() {
            chosen.push(claim.id);
        }
    }
    Ok(chosen)
}

/// Takes one claim.
#[utoipa::path(post, path = "/review/{id}/take", responses((status = 200, body = Review)))]
pub async fn take(
    State(app): State<App>,
    who: Who,
    Path(id): Path<ClaimId>,
) -> Result<Json<Review>, Problem> {
    let now = app.clock.now();
    let mut tx = app.db.write().await?;
    let claim = claims::by_id(&mut tx, &id)
        .await?
        .ok_or_else(Problem::not_found)?;
    if let Some(refusal) = interest(&mut tx, &who, &claim).await? {
        return Err(refused(tx, &who, &id, "review", refusal, now).await?);
    }
    if let Some(other) = claims::taken_by(&mut tx, who.id(), now)
        .await?
        .filter(|c| c.id != id)
    {
        return Err(Problem::conflict(format!(
            "Claim C-{} is still with you: give its verdict or put it back first.",
            other.number
        )));
    }
    let claim = claims::take(&mut tx, who.id(), &id, now).await?;
    let body = view(&app, &mut tx, &who, &claim, now).await?;
    tx.commit().await?;
    Ok(Json(body))
}

/// Puts a refused attempt on record; gives the answer.
async fn refused(
    mut tx: Tx,
    who: &Who,
    claim: &ClaimId,
    action: &str,
    why: Refusal,
    now: WallTime,
) -> Result<Problem, Problem> {
    claims::note_refusal(&mut tx, who.id(), claim, action, why, now).await?;
    tx.commit().await?;
    Ok(Problem::forbidden(format!("{why}. This look was logged.")))
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

/// A claim that this reviewer has taken or judged; for everybody else it does not exist.
async fn mine(tx: &mut Tx, who: &Who, id: &ClaimId) -> Result<Claim, Problem> {
    let claim = claims::by_id(tx, id)
        .await?
        .ok_or_else(Problem::not_found)?;
    let judged = verdicts::of_claim(tx, id)
        .await?
        .is_some_and(|v| v.reviewer_id == *who.id());
    if judged || claim.locked_by.as_ref() == Some(who.id()) {
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
    let version = version_of(tx, claim, verdict.as_ref(), now).await?;
    let calls = claims::calls(tx, &claim.id).await?;
    let item = ItemId::from(claim.id.clone());
    let sheet = Sheet {
        item: &item,
        reviewer: who.id(),
        version: &version,
        calls: &calls,
    };
    let sheet = sheet.view(tx, &app.rules).await?;
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

/// A verdict stands by the version that it answered, whatever came into force since.
async fn version_of(
    tx: &mut Tx,
    claim: &Claim,
    verdict: Option<&Verdict>,
    now: WallTime,
) -> Result<Version, Problem> {
    match verdict {
        Some(v) => Ok(checklists::existing(tx, &v.checklist_version_id).await?),
        None => {
            let campaign = leads::existing_campaign(tx, &claim.campaign_id).await?;
            let version = checklists::in_force(tx, &campaign.checklist_id, now).await?;
            version.ok_or_else(no_checklist)
        }
    }
}

async fn at_stake(tx: &mut Tx, claim: &Claim, now: WallTime) -> Result<AtStake, Problem> {
    let plans = plans::of_campaign(tx, &claim.campaign_id).await?;
    let plan = plan_at(&plans, now);
    Ok(AtStake {
        amount: plan.map(|p| p.amount.clone()),
        plan_version: plan.map(|p| p.version),
        already_earned: ledger::has_earned(tx, &claim.campaign_id, &claim.lead_id).await?,
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
        claimant: Claimant {
            name: claim.person.reveal().clone(),
            write_up: claim.write_up.reveal().clone(),
            answers: serde_json::from_str(claim.own_answers.reveal())?,
        },
        id: v.id,
    })
}

/// Puts a claim back into the queue.
#[utoipa::path(post, path = "/review/{id}/release", responses((status = 204)))]
pub async fn put_back(
    State(app): State<App>,
    who: Who,
    Path(id): Path<ClaimId>,
) -> Result<StatusCode, Problem> {
    let mut tx = app.db.write().await?;
    let claim = mine(&mut tx, &who, &id).await?;
    claims::put_back(&mut tx, who.id(), &claim, app.clock.now()).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A verdict.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VerdictBody {
    answers: Vec<Given>,
    #[serde(default)]
    note: String,
    /// The version that the page showed; where another one is in force by now, the page is told and
    /// nothing is answered.
    #[serde(default)]
    checklist_version: Option<i64>,
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
        .ok_or_else(Problem::not_found)?;
    if let Some(refusal) = interest(&mut tx, &who, &claim).await? {
        return Err(refused(tx, &who, &id, "verdict", refusal, now).await?);
    }
    if !claim.waits() || claim.locked_by.as_ref() != Some(who.id()) {
        return Err(Problem::conflict(
            "This claim is not with you any more: its lock ran out, somebody else has it, or its \
             verdict is given.",
        ));
    }
    let version = version_of(&mut tx, &claim, None, now).await?;
    let seen = b.checklist_version.unwrap_or(version.version);
    if seen != version.version {
        return Err(Problem::conflict(format!(
            "The checklist changed while you were judging: version {} is in force. Reload the \
             page; this claim stays with you.",
            version.version
        )));
    }
    let verdict = judge(&app, &mut tx, &who, &id, &version, &b, now).await?;
    let response = serde_json::to_value(committed(&claim, verdict, &version)?)?;
    idempotency::keep(&mut tx, &request, &response.to_string(), now).await?;
    tx.commit().await?;
    Ok(Json(response))
}

async fn judge(
    app: &App,
    tx: &mut Tx,
    who: &Who,
    id: &ClaimId,
    version: &Version,
    b: &VerdictBody,
    now: WallTime,
) -> Result<Verdict, Problem> {
    let calls = claims::calls(tx, id).await?;
    let sheet = Sheet {
        item: &ItemId::from(id.clone()),
        reviewer: who.id(),
        version,
        calls: &calls,
    };
    let judged = sheet.judged(tx, &app.rules, &b.answers).await?;
    let new = NewVerdict {
        reviewer: who.id(),
        checklist_version: &version.id,
        checklist_sha256: &version.sha256,
        recordings: &judged.recordings,
        answers: &serde_json::to_string(&b.answers)?,
        passed: judged.judgement.passed,
        note: b.note.trim(),
        heard: &judged.heard,
    };
    Ok(verdicts::commit(tx, id, &new, now).await?)
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
