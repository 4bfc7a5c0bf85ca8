//! Claims, as the telemarketer makes and follows them.

use crate::api::access::Who;
use crate::api::{App, Event, Problem};
use crate::review::{NOT_APPLICABLE, Rules};
use crate::store::Tx;
use crate::store::calls;
use crate::store::commission::ledger;
use crate::store::idempotency::{self, Request};
use crate::store::leads;
use crate::store::log::{self, Entry};
use crate::store::review::checklists;
use crate::store::review::claims::{self, Claim, NewClaim};
use crate::store::review::disputes;
use crate::store::review::second_reviews;
use crate::store::review::verdicts;
use crate::units::{Money, WallTime};
use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

pub async fn list(State(app): State<App>, who: Who) -> Result<Json<Value>, Problem> {
    let mut tx = app.db.read().await?;
    let queue = claims::queue(&mut tx, who.id(), app.clock.now(), 1000).await?;
    let mut items = Vec::new();
    for claim in claims::of_person(&mut tx, who.id()).await? {
        let position = queue.iter().position(|q| q.id == claim.id).map(|p| p + 1);
        items.push(own_view(&mut tx, &app.rules, &claim, position).await?);
    }
    Ok(Json(json!({ "claims": items })))
}

/// A claim as its claimant sees it: a verdict on hold does not exist yet.
async fn own_view(
    tx: &mut Tx,
    rules: &Rules,
    c: &Claim,
    position: Option<usize>,
) -> Result<Value, Problem> {
    let verdict = verdicts::of_claim(tx, &c.id)
        .await?
        .filter(|v| v.state == "sealed");
    let line = match &verdict {
        Some(v) => ledger::of_verdict(tx, &v.id).await?,
        None => None,
    };
    let version = match &verdict {
        Some(v) => checklists::by_id(tx, &v.checklist_version_id).await?,
        None => None,
    };
    let rows = match (&version, &verdict) {
        (Some(version), Some(v)) => answered_rows(
            &version.checklist()?,
            &serde_json::from_str::<Vec<_>>(&v.answers)?,
        ),
        _ => Value::Null,
    };
    let calls = calls::of_claim(tx, &c.id).await?;
    let dispute = match (&version, disputes::of_claim(tx, &c.id).await?) {
        (Some(version), Some(d)) => dispute_view(tx, &version.checklist()?, &d).await?,
        _ => Value::Null,
    };
    let dispute_until = verdict
        .as_ref()
        .filter(|v| v.passed == 0)
        .and_then(|v| v.sealed_at)
        .map(|at| WallTime(at) + rules.dispute_within);
    Ok(json!({
        "dispute": dispute,
        "dispute_until": dispute_until,
        "id": c.id,
        "number": c.number,
        "company": c.company,
        "campaign": c.campaign,
        "lead_id": c.lead_id,
        "state": match c.state.as_str() { "held" => "in_review", state => state },
        "taken_at_all": c.state != "open",
        "position": position,
        "write_up": c.write_up,
        "created_at": WallTime(c.created_at),
        "decided_at": c.decided_at.map(WallTime),
        "outcome": c.outcome,
        "calls": calls.iter().map(crate::api::calls::view).collect::<Vec<_>>(),
        "verdict": verdict.map(|v| json!({ "id": v.id, "passed": v.passed == 1, "sealed_at": v.sealed_at.map(WallTime), "note": v.note, "checklist_version": version.map(|v| v.version), "rows": rows })),
        "line": line.map(|l| json!({ "id": l.id, "amount": Money { minor: l.amount_minor, currency: l.currency }, "earned_at": WallTime(l.earned_at), "period": l.period })),
    }))
}

/// A dispute as the claimant sees it: what the second reviewer answered shows once it is decided.
async fn dispute_view(
    tx: &mut Tx,
    list: &crate::review::Checklist,
    d: &disputes::Dispute,
) -> Result<Value, Problem> {
    let look = second_reviews::by_id(tx, &d.look_id)
        .await?
        .ok_or_else(Problem::not_found)?;
    let rows = match (d.state.as_str(), &look.final_answers) {
        ("stands" | "changed", Some(answers)) => {
            answered_rows(list, &serde_json::from_str::<Vec<_>>(answers)?)
        }
        _ => Value::Null,
    };
    Ok(json!({
        "criterion": d.criterion, "reason": d.reason, "state": d.state, "ruling": d.ruling, "created_at": WallTime(d.created_at), "due_at": WallTime(look.due_at),
        "decided_at": d.decided_at.map(WallTime), "rows": rows, "note": look.final_note,
    }))
}

/// A verdict's rows with the words of the checklist version that it answered.
pub fn answered_rows(list: &crate::review::Checklist, given: &[crate::review::Given]) -> Value {
    let rows = list.criteria.iter().map(|c| {
        let g = given.iter().find(|g| g.criterion == c.id);
        let answer = g.and_then(|g| c.answers.iter().find(|a| a.id == g.answer));
        let label = answer.map(|a| a.label.as_str()).or(g.filter(|g| g.answer == NOT_APPLICABLE).map(|_| "Does not \
            apply"));
        json!({
            "criterion": c.id, "title": c.title, "must_pass": c.must_pass, "answer": label,
            "passes": answer.map(|a| a.passes), "evidence": g.and_then(|g| g.evidence.clone()), "words": g.map(|g| &g.words), "note": g.map(|g| &g.note),
        })
    });
    rows.collect()
}

/// The checklist along which a call's lead can be claimed, and the claimant's other recorded calls
/// with that lead.
pub async fn checklist(
    State(app): State<App>,
    who: Who,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    let mut tx = app.db.read().await?;
    let call = who.call(&mut tx, &id).await?;
    let (Some(lead), Some(campaign)) = (call.lead_id, call.campaign_id) else {
        return Err(Problem::bad("Say first which lead the call belongs to."));
    };
    let mut others = calls::of_lead(&mut tx, &lead).await?;
    others.retain(|c| {
        c.id != id && c.duration_ms.is_some() && c.person_id.as_deref() == Some(who.id())
    });
    let others: Vec<Value> = others.iter().map(crate::api::calls::view).collect();
    let campaign = leads::campaign(&mut tx, &campaign)
        .await?
        .ok_or_else(Problem::not_found)?;
    let version = checklists::in_force(&mut tx, &campaign.checklist_id, app.clock.now())
        .await?
        .ok_or_else(no_checklist)?;
    Ok(Json(
        json!({ "campaign": campaign.name, "version": version.version, "checklist": version.checklist()?, "other_calls": others }),
    ))
}

pub fn no_checklist() -> Problem {
    Problem::conflict(
        "The campaign's checklist has no version in force: the heads of marketing and sales sign \
         one first.",
    )
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClaimBody {
    calls: Vec<String>,
    write_up: String,
    /// Criterion id to answer id; blanks are allowed and shown as such.
    #[serde(default)]
    answers: std::collections::BTreeMap<String, String>,
}

pub async fn add(
    State(app): State<App>,
    who: Who,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Value>, Problem> {
    let key = idempotency_key(&headers)?;
    let request = Request {
        person: who.id(),
        key,
        route: "POST /claims",
        body: &body,
    };
    let b: ClaimBody = serde_json::from_slice(&body)
        .map_err(|e| Problem::bad(format!("The claim cannot be read: {e}.")))?;
    let mut tx = app.db.write().await?;
    if let Some(earlier) = idempotency::earlier(&mut tx, &request).await? {
        return Ok(Json(serde_json::from_str(&earlier)?));
    }
    let (lead, campaign) = lead_of_calls(&mut tx, &who, &b.calls).await?;
    let now = app.clock.now();
    let answers = serde_json::to_string(&b.answers)?;
    let claim = NewClaim {
        lead: &lead,
        campaign: &campaign,
        person: who.id(),
        calls: &b.calls,
        write_up: b.write_up.trim(),
        own_answers: &answers,
    };
    let id = match claims::add(&mut tx, &claim, now).await {
        Err(e) if e.is_duplicate() => {
            return Err(Problem::conflict(
                "Your claim on this lead is in the queue already.",
            ));
        }
        other => other?,
    };
    log::append(
        &mut tx,
        Entry {
            at: now,
            actor: who.id(),
            action: "claim.made",
            subject: &format!("claim:{id}"),
            detail: json!({ "calls": b.calls }),
        },
    )
    .await?;
    let claim = claims::by_id(&mut tx, &id)
        .await?
        .ok_or_else(Problem::not_found)?;
    let response = own_view(&mut tx, &app.rules, &claim, None).await?;
    idempotency::keep(&mut tx, &request, &response.to_string(), now).await?;
    tx.commit().await?;
    let _ = app.events.send(Event::to_role("queue", "reviewer"));
    Ok(Json(response))
}

/// All calls of a claim are the claimant's own, were answered, and belong to one lead.
async fn lead_of_calls(
    tx: &mut Tx,
    who: &Who,
    ids: &[String],
) -> Result<(String, String), Problem> {
    if ids.is_empty() || ids.len() > 20 {
        return Err(Problem::bad("A claim needs one to twenty calls."));
    }
    let mut lead: Option<(String, String)> = None;
    for id in ids {
        let call = who.call(tx, id).await?;
        if call.duration_ms.is_none() {
            return Err(Problem::bad(
                "This call has no recording, so nobody could hear the claim: choose the call in \
                 which it was said.",
            ));
        }
        let (Some(l), Some(campaign)) = (call.lead_id, call.campaign_id) else {
            return Err(Problem::bad("Say first which lead the call belongs to."));
        };
        match &lead {
            Some((known, _)) if *known != l => {
                return Err(Problem::bad(
                    "The calls belong to different leads: claim each lead on its own.",
                ));
            }
            _ => lead = Some((l, campaign)),
        }
    }
    lead.ok_or_else(|| Problem::bad("A claim needs a call."))
}

/// What creates something must carry a key, so that sending it twice does it once.
pub fn idempotency_key(headers: &HeaderMap) -> Result<&str, Problem> {
    let key = headers
        .get("idempotency-key")
        .and_then(|v| v.to_str().ok())
        .filter(|k| (8..=200).contains(&k.len()));
    key.ok_or_else(|| {
        Problem::bad(
            "Send an Idempotency-Key header of 8 to 200 characters, new \
        for each request and the same when you repeat it.",
        )
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FirstBody {
    first: bool,
}

/// A manager wants a claim judged before others, or in its turn again (PRODUCT R2). It changes
/// when, never by whom or how.
pub async fn put_first(
    State(app): State<App>,
    who: Who,
    Path(id): Path<String>,
    body: Result<Json<FirstBody>, JsonRejection>,
) -> Result<StatusCode, Problem> {
    let Json(b) = body?;
    let mut tx = app.db.write().await?;
    let claim = claims::by_id(&mut tx, &id)
        .await?
        .filter(|c| who.sees_client(&c.client_id))
        .ok_or_else(Problem::not_found)?;
    claims::put_first(&mut tx, &id, b.first).await?;
    let detail = json!({ "first": b.first });
    log::append(
        &mut tx,
        Entry {
            at: app.clock.now(),
            actor: who.id(),
            action: "claim.put_first",
            subject: &format!("claim:{id}"),
            detail,
        },
    )
    .await?;
    tx.commit().await?;
    let _ = app.events.send(Event::to_role("queue", "reviewer"));
    let _ = app.events.send(Event::to_person("claims", claim.person_id));
    Ok(StatusCode::NO_CONTENT)
}
