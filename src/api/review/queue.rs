//! The desk: taking a claim, judging it, taking the verdict back.
//!
//! Until the verdict is committed a reviewer is blind: neither the claimant's name nor number,
//! neither their answers nor their write-up is in any answer of these routes.

use crate::api::access::Who;
use crate::api::review::claims::{answered_rows, idempotency_key, no_checklist};
use crate::api::review::desk;
use crate::api::{App, Event, Problem};
use crate::commission::plan_at;
use crate::review::{Given, may_judge};
use crate::store::Tx;
use crate::store::commission::ledger;
use crate::store::idempotency::{self, Request};
use crate::store::leads;
use crate::store::log::{self, Entry};
use crate::store::review::checklists::{self, Version};
use crate::store::review::claims::{self, Claim};
use crate::store::review::second_reviews;
use crate::store::review::verdicts::{self, NewVerdict, Verdict};
use crate::units::WallTime;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

pub async fn queue(State(app): State<App>, who: Who) -> Result<Json<Value>, Problem> {
    let mut tx = app.db.read().await?;
    let mut items = Vec::new();
    for claim in claims::queue(&mut tx, who.id(), app.clock.now(), 500).await? {
        if is_for(&mut tx, &who, &claim).await? {
            items.push(
                json!({ "id": claim.id, "number": format!("C-{}", claim.number), "company": claim.company, "campaign": claim.campaign, "created_at": WallTime(claim.created_at), "first": claim.priority > 0 }),
            );
        }
    }
    Ok(Json(json!({ "claims": items })))
}

async fn is_for(tx: &mut Tx, who: &Who, claim: &Claim) -> Result<bool, Problem> {
    let callers = claims::callers(tx, &claim.id).await?;
    Ok(may_judge(&who.judge(), &claim.person_id, &callers, &claim.client_id).is_ok())
}

/// The oldest claim that this reviewer may judge. A claim that is with them already comes first.
pub async fn take_next(State(app): State<App>, who: Who) -> Result<Json<Value>, Problem> {
    let now = app.clock.now();
    let mut tx = app.db.write().await?;
    if let Some(claim) = claims::taken_by(&mut tx, who.id(), now).await? {
        return Ok(Json(view(&app, &mut tx, &who, &claim, now).await?));
    }
    for claim in claims::queue(&mut tx, who.id(), now, 500).await? {
        if is_for(&mut tx, &who, &claim).await?
            && claims::take(&mut tx, &claim.id, who.id(), now)
                .await
                .is_ok()
        {
            return taken(&app, tx, &who, &claim.id, now).await;
        }
    }
    Ok(Json(Value::Null))
}

pub async fn take(
    State(app): State<App>,
    who: Who,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    let now = app.clock.now();
    let mut tx = app.db.write().await?;
    let claim = claims::by_id(&mut tx, &id)
        .await?
        .ok_or_else(Problem::not_found)?;
    let callers = claims::callers(&mut tx, &id).await?;
    if let Err(refusal) = may_judge(&who.judge(), &claim.person_id, &callers, &claim.client_id) {
        log::append(
            &mut tx,
            Entry {
                at: now,
                actor: who.id(),
                action: "review.refused",
                subject: &format!("claim:{id}"),
                detail: json!({ "why": format!("{refusal:?}") }),
            },
        )
        .await?;
        tx.commit().await?;
        return Err(Problem::forbidden(format!(
            "{refusal}. This look was logged."
        )));
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
    claims::take(&mut tx, &id, who.id(), now).await?;
    taken(&app, tx, &who, &id, now).await
}

async fn taken(
    app: &App,
    mut tx: Tx,
    who: &Who,
    id: &str,
    now: WallTime,
) -> Result<Json<Value>, Problem> {
    log::append(
        &mut tx,
        Entry {
            at: now,
            actor: who.id(),
            action: "review.taken",
            subject: &format!("claim:{id}"),
            detail: json!({}),
        },
    )
    .await?;
    let claim = claims::by_id(&mut tx, id)
        .await?
        .ok_or_else(Problem::not_found)?;
    let body = view(app, &mut tx, who, &claim, now).await?;
    tx.commit().await?;
    let _ = app.events.send(Event::to_role("queue", "reviewer"));
    let _ = app.events.send(Event::to_person("claims", claim.person_id));
    Ok(Json(body))
}

/// What a page that is opened anew goes on with: the claim at work, else the one on hold, else
/// nothing.
pub async fn current(State(app): State<App>, who: Who) -> Result<Json<Value>, Problem> {
    let now = app.clock.now();
    let mut tx = app.db.read().await?;
    let at_work = claims::taken_by(&mut tx, who.id(), now).await?;
    let found = match at_work {
        Some(claim) => Some(claim),
        None => claims::held_by(&mut tx, who.id()).await?,
    };
    match found {
        Some(claim) => Ok(Json(view(&app, &mut tx, &who, &claim, now).await?)),
        None => Ok(Json(Value::Null)),
    }
}

pub async fn one(
    State(app): State<App>,
    who: Who,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    let mut tx = app.db.read().await?;
    let claim = mine(&mut tx, &who, &id).await?;
    Ok(Json(
        view(&app, &mut tx, &who, &claim, app.clock.now()).await?,
    ))
}

/// A claim that this reviewer has taken or judged; for everybody else it does not exist.
async fn mine(tx: &mut Tx, who: &Who, id: &str) -> Result<Claim, Problem> {
    let claim = claims::by_id(tx, id)
        .await?
        .ok_or_else(Problem::not_found)?;
    let judged = verdicts::of_claim(tx, id)
        .await?
        .is_some_and(|v| v.reviewer_id == who.id());
    if judged || claim.locked_by.as_deref() == Some(who.id()) {
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
) -> Result<Value, Problem> {
    let campaign = leads::campaign(tx, &claim.campaign_id)
        .await?
        .ok_or_else(Problem::not_found)?;
    let lead = leads::by_id(tx, &claim.lead_id)
        .await?
        .ok_or_else(Problem::not_found)?;
    let verdict = verdicts::of_claim(tx, &claim.id).await?;
    // A verdict stands by the version that it answered, whatever came into force since.
    let version = match &verdict {
        Some(v) => checklists::by_id(tx, &v.checklist_version_id).await?,
        None => checklists::in_force(tx, &campaign.checklist_id, now).await?,
    };
    let version = version.ok_or_else(no_checklist)?;
    let calls = second_reviews::calls_of_claim(tx, &claim.id).await?;
    let sheet = desk::sheet(tx, &app.rules, &version, &claim.id, who.id(), &calls).await?;
    let plans = leads::plans(tx, &claim.campaign_id).await?;
    let plan = plan_at(&plans, now);
    let earned = ledger::has_earned(tx, &claim.campaign_id, &claim.lead_id).await?;
    let mut body = json!({
        "id": claim.id, "kind": "claim", "number": format!("C-{}", claim.number), "company": claim.company, "contact": lead.contact, "contact_role": lead.contact_role,
        "campaign": claim.campaign, "source": lead.source, "created_at": WallTime(claim.created_at),
        "state": claim.state, "locked_until": claim.locked_until.map(WallTime),
        "other_claims": claims::of_lead(tx, &claim.lead_id).await?.len() - 1,
        "money": { "amount": plan.map(|p| &p.amount), "plan_version": plan.map(|p| p.version), "already_earned": earned },
        "now": now,
    });
    body = desk::merged(body, sheet);
    if let Some(v) = verdict {
        body["verdict"] = committed(claim, &v, &version)?;
    }
    Ok(body)
}

/// After the commit the reviewer sees whose claim it was and what they had answered.
fn committed(claim: &Claim, v: &Verdict, version: &Version) -> Result<Value, Problem> {
    let given: Vec<Given> = serde_json::from_str(&v.answers)?;
    Ok(json!({
        "id": v.id, "passed": v.passed == 1, "state": v.state, "committed_at": WallTime(v.committed_at), "hold_until": WallTime(v.hold_until), "sealed_at": v.sealed_at.map(WallTime),
        "ledger_line": (v.passed == 1).then_some(&v.ledger_line_id), "note": v.note, "answers": given, "rows": answered_rows(&version.checklist()?, &given),
        "claimant": { "name": claim.person, "write_up": claim.write_up, "answers": serde_json::from_str::<Value>(&claim.own_answers)? },
    }))
}

pub async fn release(
    State(app): State<App>,
    who: Who,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let now = app.clock.now();
    let mut tx = app.db.write().await?;
    let claim = mine(&mut tx, &who, &id).await?;
    claims::release(&mut tx, &id, who.id()).await?;
    log::append(
        &mut tx,
        Entry {
            at: now,
            actor: who.id(),
            action: "review.released",
            subject: &format!("claim:{id}"),
            detail: json!({}),
        },
    )
    .await?;
    tx.commit().await?;
    let _ = app.events.send(Event::to_role("queue", "reviewer"));
    let _ = app.events.send(Event::to_person("claims", claim.person_id));
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct VerdictBody {
    answers: Vec<Given>,
    #[serde(default)]
    note: String,
    /// The version that the page showed; another one in force by now is told rather than answered.
    #[serde(default)]
    checklist_version: Option<i64>,
}

pub async fn commit(
    State(app): State<App>,
    who: Who,
    Path(id): Path<String>,
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
    let callers = claims::callers(&mut tx, &id).await?;
    if let Err(refusal) = may_judge(&who.judge(), &claim.person_id, &callers, &claim.client_id) {
        log::append(
            &mut tx,
            Entry {
                at: now,
                actor: who.id(),
                action: "verdict.refused",
                subject: &format!("claim:{id}"),
                detail: json!({ "why": format!("{refusal:?}") }),
            },
        )
        .await?;
        tx.commit().await?;
        return Err(Problem::forbidden(format!(
            "{refusal}. This look was logged."
        )));
    }
    if claim.state != "in_review" || claim.locked_by.as_deref() != Some(who.id()) {
        return Err(Problem::conflict(
            "This claim is not with you any more: its lock ran out, somebody else has it, or its \
             verdict is given.",
        ));
    }
    let campaign = leads::campaign(&mut tx, &claim.campaign_id)
        .await?
        .ok_or_else(Problem::not_found)?;
    let version = checklists::in_force(&mut tx, &campaign.checklist_id, now)
        .await?
        .ok_or_else(no_checklist)?;
    if b.checklist_version
        .is_some_and(|seen| seen != version.version)
    {
        return Err(Problem::conflict(format!(
            "The checklist changed while you were judging: version {} is in force. Reload the \
             page; this claim stays with you.",
            version.version
        )));
    }
    let calls = second_reviews::calls_of_claim(&mut tx, &id).await?;
    let judged = desk::judged(
        &mut tx,
        &app.rules,
        &version,
        &id,
        who.id(),
        &calls,
        &b.answers,
    )
    .await?;
    let new = NewVerdict {
        claim: &id,
        reviewer: who.id(),
        checklist_version: &version.id,
        checklist_sha256: &version.sha256,
        recordings: &judged.recordings,
        answers: &serde_json::to_string(&b.answers)?,
        passed: judged.judgement.passed,
        note: b.note.trim(),
        heard: &judged.heard,
    };
    let verdict = verdicts::commit(&mut tx, &new, now).await?;
    let response = committed(&claim, &verdict, &version)?;
    idempotency::keep(&mut tx, &request, &response.to_string(), now).await?;
    tx.commit().await?;
    Ok(Json(response))
}

pub async fn take_back(
    State(app): State<App>,
    who: Who,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    let now = app.clock.now();
    let mut tx = app.db.write().await?;
    mine(&mut tx, &who, &id).await?;
    verdicts::take_back(&mut tx, &id, who.id(), now).await?;
    let claim = claims::by_id(&mut tx, &id)
        .await?
        .ok_or_else(Problem::not_found)?;
    let body = view(&app, &mut tx, &who, &claim, now).await?;
    tx.commit().await?;
    Ok(Json(body))
}
