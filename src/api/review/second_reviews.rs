//! Second looks: their own queue and desk. A reviewer is not told why a call lies before them
//! (PRODUCT R9 to R12); what asks for them and what comes of them is in `quality`.

use crate::api::access::Who;
use crate::api::review::claims::answered_rows;
use crate::api::review::desk;
use crate::api::{App, Event, Problem};
use crate::review::{Given, may_judge};
use crate::store::Tx;
use crate::store::leads;
use crate::store::log::{self, Entry};
use crate::store::review::checklists::{self, Version};
use crate::store::review::claims;
use crate::store::review::disputes;
use crate::store::review::eligible;
use crate::store::review::second_reviews::{self, Look, NewAnswer};
use crate::store::review::verdicts;
use crate::units::WallTime;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

/// Whether somebody may answer it: no interest, and no answer of theirs about these calls yet
/// (PRODUCT I1, R9).
async fn may_look(tx: &mut Tx, who: &Who, look: &Look) -> Result<bool, Problem> {
    let (claimant, callers) = second_reviews::interested(tx, look).await?;
    let assigned = look.assigned_to.as_deref().is_none_or(|a| a == who.id());
    if !assigned || may_judge(&who.judge(), &claimant, &callers, &look.client_id).is_err() {
        return Ok(false);
    }
    // Whoever was asked by name was fresh then, and has been offered nothing else of these calls
    // since.
    let calls = second_reviews::calls(tx, &look.id).await?;
    Ok(look.assigned_to.is_some() || !eligible::has_judged(tx, who.id(), &calls, &look.id).await?)
}

/// What a reviewer may know of why: calibration is announced, all else is a second look.
fn label(look: &Look) -> &'static str {
    if look.calibration_id.is_some() {
        "calibration"
    } else {
        "second_look"
    }
}

pub async fn queue(State(app): State<App>, who: Who) -> Result<Json<Value>, Problem> {
    let now = app.clock.now();
    let mut tx = app.db.read().await?;
    let mut items = Vec::new();
    for look in second_reviews::queue(&mut tx, who.id(), now, 500).await? {
        if may_look(&mut tx, &who, &look).await? {
            items.push(json!({ "id": look.id, "number": format!("S-{}", look.number), "company": look.company, "campaign": look.campaign, "kind": label(&look), "due_at": WallTime(look.due_at) }));
        }
    }
    Ok(Json(json!({ "looks": items, "now": now })))
}

/// The most urgent one that this reviewer may do; one that is with them already comes first.
pub async fn take_next(State(app): State<App>, who: Who) -> Result<Json<Value>, Problem> {
    let now = app.clock.now();
    let mut tx = app.db.write().await?;
    if let Some(look) = second_reviews::at_work(&mut tx, who.id(), now).await? {
        return Ok(Json(view(&app, &mut tx, &who, &look, now).await?));
    }
    for look in second_reviews::queue(&mut tx, who.id(), now, 500).await? {
        if may_look(&mut tx, &who, &look).await?
            && second_reviews::take(&mut tx, &look.id, who.id(), now)
                .await
                .is_ok()
        {
            let subject = format!("look:{}", look.id);
            log::append(
                &mut tx,
                Entry {
                    at: now,
                    actor: who.id(),
                    action: "look.taken",
                    subject: &subject,
                    detail: json!({}),
                },
            )
            .await?;
            let look = second_reviews::by_id(&mut tx, &look.id)
                .await?
                .ok_or_else(Problem::not_found)?;
            let body = view(&app, &mut tx, &who, &look, now).await?;
            tx.commit().await?;
            return Ok(Json(body));
        }
    }
    Ok(Json(Value::Null))
}

pub async fn current(State(app): State<App>, who: Who) -> Result<Json<Value>, Problem> {
    let now = app.clock.now();
    let mut tx = app.db.read().await?;
    match second_reviews::at_work(&mut tx, who.id(), now).await? {
        Some(look) => Ok(Json(view(&app, &mut tx, &who, &look, now).await?)),
        None => Ok(Json(Value::Null)),
    }
}

/// One that this reviewer has or has done; for everybody else it does not exist.
async fn mine(tx: &mut Tx, who: &Who, id: &str) -> Result<Look, Problem> {
    let look = second_reviews::by_id(tx, id)
        .await?
        .ok_or_else(Problem::not_found)?;
    let is_mine = look.locked_by.as_deref() == Some(who.id())
        || look.reviewer_id.as_deref() == Some(who.id());
    if is_mine {
        Ok(look)
    } else {
        Err(Problem::not_found())
    }
}

pub async fn one(
    State(app): State<App>,
    who: Who,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    let mut tx = app.db.read().await?;
    let look = mine(&mut tx, &who, &id).await?;
    Ok(Json(
        view(&app, &mut tx, &who, &look, app.clock.now()).await?,
    ))
}

async fn version_of(tx: &mut Tx, look: &Look) -> Result<Version, Problem> {
    checklists::by_id(tx, &look.checklist_version_id)
        .await?
        .ok_or_else(Problem::not_found)
}

async fn view(
    app: &App,
    tx: &mut Tx,
    who: &Who,
    look: &Look,
    now: WallTime,
) -> Result<Value, Problem> {
    let lead = leads::by_id(tx, &look.lead_id)
        .await?
        .ok_or_else(Problem::not_found)?;
    let version = version_of(tx, look).await?;
    let calls = second_reviews::calls(tx, &look.id).await?;
    let sheet = desk::sheet(tx, &app.rules, &version, &look.id, who.id(), &calls).await?;
    let body = json!({
        "id": look.id, "kind": label(look), "number": format!("S-{}", look.number), "company": look.company, "contact": lead.contact, "contact_role": lead.contact_role,
        "campaign": look.campaign, "source": lead.source, "created_at": WallTime(look.created_at), "due_at": WallTime(look.due_at),
        "state": look.state, "locked_until": look.locked_until.map(WallTime), "other_claims": Value::Null, "money": Value::Null, "now": now,
        "answered": answered(tx, look, &version).await?,
    });
    Ok(desk::merged(body, sheet))
}

/// What was answered; and, once it was, why it was asked, where it was a dispute.
async fn answered(tx: &mut Tx, look: &Look, version: &Version) -> Result<Value, Problem> {
    let Some(answers) = &look.answers else {
        return Ok(Value::Null);
    };
    let dispute = match disputes::of_look(tx, &look.id).await? {
        Some(d) => {
            let first = verdicts::by_id(tx, &d.verdict_id)
                .await?
                .ok_or_else(Problem::not_found)?;
            let list = version.checklist()?;
            json!({
                "criterion": d.criterion, "title": list.criteria.iter().find(|c| c.id == d.criterion).map(|c| &c.title), "clip": serde_json::from_str::<Value>(&d.clip)?, "reason": d.reason,
                "first_rows": answered_rows(&list, &serde_json::from_str::<Vec<_>>(&first.answers)?), "first_passed": first.passed == 1,
            })
        }
        None => Value::Null,
    };
    Ok(json!({
        "passed": look.passed == Some(1), "answers": serde_json::from_str::<Value>(answers)?, "decided": look.state == "decided",
        "final_passed": look.final_passed.map(|p| p == 1), "dispute": dispute,
    }))
}

pub async fn release(
    State(app): State<App>,
    who: Who,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let now = app.clock.now();
    let mut tx = app.db.write().await?;
    mine(&mut tx, &who, &id).await?;
    second_reviews::release(&mut tx, &id, who.id()).await?;
    log::append(
        &mut tx,
        Entry {
            at: now,
            actor: who.id(),
            action: "look.released",
            subject: &format!("look:{id}"),
            detail: json!({}),
        },
    )
    .await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnswerBody {
    answers: Vec<Given>,
    #[serde(default)]
    note: String,
}

/// The blind answer. It is the last word but for a dispute, whose reason is shown now.
pub async fn answer(
    State(app): State<App>,
    who: Who,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Json<Value>, Problem> {
    let b: AnswerBody = serde_json::from_slice(&body)
        .map_err(|e| Problem::bad(format!("The answers cannot be read: {e}.")))?;
    let now = app.clock.now();
    let mut tx = app.db.write().await?;
    let look = mine(&mut tx, &who, &id).await?;
    if !may_look(&mut tx, &who, &look).await? {
        return Err(Problem::forbidden(
            "You have an interest in this call, so somebody else looks at it.".to_owned(),
        ));
    }
    let version = version_of(&mut tx, &look).await?;
    let calls = second_reviews::calls(&mut tx, &id).await?;
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
    let is_dispute = disputes::of_look(&mut tx, &id).await?.is_some();
    let (answers, note) = (serde_json::to_string(&b.answers)?, b.note.trim());
    let new = NewAnswer {
        answers: &answers,
        passed: judged.judgement.passed,
        recordings: &judged.recordings,
        heard: &judged.heard,
        note,
        last_word: !is_dispute,
    };
    second_reviews::answer(&mut tx, &id, who.id(), &new, now).await?;
    log::append(
        &mut tx,
        Entry {
            at: now,
            actor: who.id(),
            action: "look.answered",
            subject: &format!("look:{id}"),
            detail: json!({ "passed": judged.judgement.passed }),
        },
    )
    .await?;
    let look = second_reviews::by_id(&mut tx, &id)
        .await?
        .ok_or_else(Problem::not_found)?;
    let body = view(&app, &mut tx, &who, &look, now).await?;
    tx.commit().await?;
    Ok(Json(body))
}

/// Having seen the reason, the second reviewer confirms or changes; both answers are kept, and the
/// ledger follows.
pub async fn confirm(
    State(app): State<App>,
    who: Who,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Json<Value>, Problem> {
    let b: AnswerBody = serde_json::from_slice(&body)
        .map_err(|e| Problem::bad(format!("The answers cannot be read: {e}.")))?;
    let now = app.clock.now();
    let mut tx = app.db.write().await?;
    let look = mine(&mut tx, &who, &id).await?;
    let dispute = disputes::of_look(&mut tx, &id)
        .await?
        .ok_or_else(Problem::not_found)?;
    let version = version_of(&mut tx, &look).await?;
    let calls = second_reviews::calls(&mut tx, &id).await?;
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
    second_reviews::decide(
        &mut tx,
        &id,
        who.id(),
        &serde_json::to_string(&b.answers)?,
        judged.judgement.passed,
        b.note.trim(),
        now,
    )
    .await?;
    let first = verdicts::by_id(&mut tx, &dispute.verdict_id)
        .await?
        .ok_or_else(Problem::not_found)?;
    let claim = claims::by_id(&mut tx, &dispute.claim_id)
        .await?
        .ok_or_else(Problem::not_found)?;
    disputes::decide(
        &mut tx,
        &dispute,
        &first,
        &claim,
        judged.judgement.passed,
        now,
    )
    .await?;
    let look = second_reviews::by_id(&mut tx, &id)
        .await?
        .ok_or_else(Problem::not_found)?;
    let body = view(&app, &mut tx, &who, &look, now).await?;
    tx.commit().await?;
    let _ = app.events.send(Event::to_person("claims", claim.person_id));
    Ok(Json(body))
}
