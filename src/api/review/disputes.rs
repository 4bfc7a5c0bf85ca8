//! Disputes: made by the claimant, ruled out by a manager where they are not eligible, and nothing
//! else (PRODUCT R9).

use crate::api::access::Who;
use crate::api::{App, Event, Problem};
use crate::review::judge::Evidence;
use crate::store::calls;
use crate::store::log::{self, Entry};
use crate::store::review::checklists;
use crate::store::review::claims;
use crate::store::review::disputes::{self, NewDispute};
use crate::store::review::eligible;
use crate::store::review::second_reviews;
use crate::store::review::verdicts;
use crate::units::WallTime;
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DisputeBody {
    criterion: String,
    clip: Evidence,
    reason: String,
}

const SHORTEST_REASON: usize = 10;

pub async fn add(
    State(app): State<App>,
    who: Who,
    Path(id): Path<String>,
    body: Result<Json<DisputeBody>, JsonRejection>,
) -> Result<Json<Value>, Problem> {
    let Json(b) = body?;
    let now = app.clock.now();
    let mut tx = app.db.write().await?;
    let claim = claims::by_id(&mut tx, &id)
        .await?
        .filter(|c| c.person_id == who.id())
        .ok_or_else(Problem::not_found)?;
    let verdict = verdicts::of_claim(&mut tx, &id)
        .await?
        .filter(|v| v.state == "sealed")
        .ok_or_else(|| Problem::conflict("There is no verdict to dispute yet."))?;
    if now.micros() > verdict.sealed_at.unwrap_or_default() + app.rules.dispute_within.0 {
        return Err(Problem::conflict(
            "The time to dispute this verdict is over.",
        ));
    }
    let list = checklists::by_id(&mut tx, &verdict.checklist_version_id)
        .await?
        .ok_or_else(Problem::not_found)?
        .checklist()?;
    let given: Vec<crate::review::Given> = serde_json::from_str(&verdict.answers)?;
    let failed = list
        .criteria
        .iter()
        .find(|c| c.id == b.criterion && c.must_pass)
        .is_some_and(|c| {
            let answer = given
                .iter()
                .find(|g| g.criterion == c.id)
                .map(|g| g.answer.as_str());
            c.answers
                .iter()
                .any(|a| Some(a.id.as_str()) == answer && !a.passes)
        });
    if !failed {
        return Err(Problem::bad("Dispute a row that failed."));
    }
    if b.reason.trim().chars().count() < SHORTEST_REASON {
        return Err(Problem::bad(
            "Say in a few words why the row should have passed.",
        ));
    }
    let of_claim = second_reviews::calls_of_claim(&mut tx, &id)
        .await?
        .contains(&b.clip.call);
    let length = calls::recording(&mut tx, &b.clip.call)
        .await?
        .map_or(0, |r| r.duration_ms as u64);
    if !of_claim || b.clip.from_ms >= b.clip.to_ms || b.clip.to_ms > length + 1_000 {
        return Err(Problem::bad(
            "Name the seconds in which it is said, within a call of this claim.",
        ));
    }
    let new = NewDispute {
        criterion: &b.criterion,
        clip: &serde_json::to_string(&b.clip)?,
        reason: b.reason.trim(),
    };
    let due = now + app.rules.second_look_within;
    match disputes::add(&mut tx, &verdict, &claim, &new, now, due).await {
        Err(e) if e.is_duplicate() => {
            return Err(Problem::conflict("This verdict has been disputed already."));
        }
        other => other?,
    };
    tx.commit().await?;
    let _ = app.events.send(Event::to_role("queue", "reviewer"));
    let _ = app.events.send(Event::to_person("claims", who.id()));
    Ok(Json(json!({ "due_at": due })))
}

/// A manager's list. What the second reviewer answered shows once it is decided.
pub async fn list(State(app): State<App>, who: Who) -> Result<Json<Value>, Problem> {
    let now = app.clock.now();
    let mut tx = app.db.read().await?;
    let mut items = Vec::new();
    for d in disputes::of_clients(&mut tx, who.id()).await? {
        let claim = claims::by_id(&mut tx, &d.claim_id)
            .await?
            .ok_or_else(Problem::not_found)?;
        let look = second_reviews::by_id(&mut tx, &d.look_id)
            .await?
            .ok_or_else(Problem::not_found)?;
        let waits = match look.state.as_str() {
            _ if d.state != "open" => Value::Null,
            "open" if eligible::reviewers(&mut tx, &claim).await?.is_empty() => {
                json!("nobody_left")
            }
            "answered" if look.due_at < now.micros() => json!("left_unconfirmed"),
            _ => Value::Null,
        };
        let verdict = verdicts::by_id(&mut tx, &d.verdict_id)
            .await?
            .ok_or_else(Problem::not_found)?;
        let list = checklists::by_id(&mut tx, &verdict.checklist_version_id)
            .await?
            .ok_or_else(Problem::not_found)?
            .checklist()?;
        let title = list
            .criteria
            .iter()
            .find(|c| c.id == d.criterion)
            .map_or(d.criterion.clone(), |c| c.title.clone());
        items.push(json!({
            "id": d.id, "claim": claim.number, "company": claim.company, "claimant": claim.person, "criterion": title, "reason": d.reason, "clip": serde_json::from_str::<Value>(&d.clip)?,
            "created_at": WallTime(d.created_at), "due_at": WallTime(look.due_at), "waits": waits, "state": d.state, "ruling": d.ruling, "decided_at": d.decided_at.map(WallTime),
        }));
    }
    Ok(Json(json!({ "disputes": items, "now": now })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RulingBody {
    why: String,
}

pub async fn rule_out(
    State(app): State<App>,
    who: Who,
    Path(id): Path<String>,
    body: Result<Json<RulingBody>, JsonRejection>,
) -> Result<StatusCode, Problem> {
    let Json(RulingBody { why }) = body?;
    if !matches!(why.as_str(), "duplicate" | "wrong_claimant") {
        return Err(Problem::bad(
            "A manager rules on eligibility only: duplicate or wrong_claimant.",
        ));
    }
    let now = app.clock.now();
    let mut tx = app.db.write().await?;
    let dispute = disputes::by_id(&mut tx, &id)
        .await?
        .ok_or_else(Problem::not_found)?;
    let claim = claims::by_id(&mut tx, &dispute.claim_id)
        .await?
        .filter(|c| who.sees_client(&c.client_id))
        .ok_or_else(Problem::not_found)?;
    if who.person.pay_basis != "fixed" || who.paid_through.contains(&claim.person_id) {
        let detail = json!({ "why": "interest" });
        log::append(
            &mut tx,
            Entry {
                at: now,
                actor: who.id(),
                action: "dispute.refused",
                subject: &format!("dispute:{id}"),
                detail,
            },
        )
        .await?;
        tx.commit().await?;
        return Err(Problem::forbidden(
            "Your pay hangs on this, so somebody else rules on it. This was logged.".to_owned(),
        ));
    }
    disputes::rule_out(&mut tx, &dispute, who.id(), &why, now).await?;
    tx.commit().await?;
    let _ = app.events.send(Event::to_person("claims", claim.person_id));
    Ok(StatusCode::NO_CONTENT)
}

/// The reviewer who answered has left it without the last word, and it is overdue: somebody else
/// judges it afresh. The manager does not learn what was answered.
pub async fn ask_another(
    State(app): State<App>,
    who: Who,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let now = app.clock.now();
    let mut tx = app.db.write().await?;
    let dispute = disputes::by_id(&mut tx, &id)
        .await?
        .ok_or_else(Problem::not_found)?;
    claims::by_id(&mut tx, &dispute.claim_id)
        .await?
        .filter(|c| who.sees_client(&c.client_id))
        .ok_or_else(Problem::not_found)?;
    disputes::ask_another(
        &mut tx,
        &dispute,
        who.id(),
        now,
        now + app.rules.second_look_within,
    )
    .await?;
    tx.commit().await?;
    let _ = app.events.send(Event::to_role("queue", "reviewer"));
    Ok(StatusCode::NO_CONTENT)
}
