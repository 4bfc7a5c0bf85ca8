//! Leads and their timelines; lines that nobody owns yet.

use crate::api::access::Who;
use crate::api::{App, Problem};
use crate::report::coverage::{self as report, Difference};
use crate::store::Tx;
use crate::store::calls;
use crate::store::calls::comments;
use crate::store::handover::answers;
use crate::store::leads::{self, Lead};
use crate::store::people;
use crate::store::report::coverage as stored;
use crate::store::review::checklists;
use crate::store::review::claims;
use crate::store::review::disputes;
use crate::store::review::verdicts;
use crate::units::{Micros, WallTime};
use axum::Json;
use axum::extract::{Path, Query, State};
use serde::Deserialize;
use serde_json::{Value, json};

pub async fn list(State(app): State<App>, who: Who) -> Result<Json<Value>, Problem> {
    let mut tx = app.db.read().await?;
    let rows = leads::of_person(&mut tx, who.id(), 500).await?;
    Ok(Json(
        json!({ "leads": rows.iter().map(view).collect::<Vec<_>>() }),
    ))
}

fn view(l: &Lead) -> Value {
    json!({
        "id": l.id, "external_id": l.external_id, "company": l.company, "contact": l.contact, "contact_role": l.contact_role, "campaign": l.campaign,
        "source": l.source, "source_event": l.source_event, "theme": l.theme, "segment": l.segment, "interactions": l.interactions, "created_at": WallTime(l.created_at),
    })
}

/// One line per call, claim and verdict (PRODUCT L5), less what the role may not see: a
/// telemarketer sees own calls and own claims; sales and marketing see that a lead passed, not what
/// it paid.
pub async fn timeline(
    State(app): State<App>,
    who: Who,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    let mut tx = app.db.read().await?;
    let lead = leads::by_id(&mut tx, &id)
        .await?
        .filter(|l| who.sees_lead(l))
        .ok_or_else(Problem::not_found)?;
    let own = |person: Option<&str>| !who.is("telemarketer") || person == Some(who.id());
    let mut events = vec![(
        lead.created_at,
        json!({ "kind": "lead", "what": lead.source.clone() }),
    )];
    for call in calls::of_lead(&mut tx, &id)
        .await?
        .iter()
        .filter(|c| own(c.person_id.as_deref()))
    {
        let seen = if matches!(who.person.role.as_str(), "telemarketer" | "manager") {
            crate::api::calls::view(call)
        } else {
            json!({ "outcome": call.outcome })
        };
        events.push((call.started_at, json!({ "kind": "call", "call": seen, "disposition": call.disposition, "outcome": call.outcome, "duration_ms": call.duration_ms })));
    }
    for claim in claims::of_lead(&mut tx, &id)
        .await?
        .iter()
        .filter(|c| own(Some(&c.person_id)))
    {
        events.push((
            claim.created_at,
            json!({ "kind": "claim", "number": claim.number, "waiting": waiting(&who, claim) }),
        ));
        after_the_verdict(&mut tx, &who, claim, &mut events).await?;
        if let Some(v) = verdicts::of_claim(&mut tx, &claim.id)
            .await?
            .filter(|v| v.state == "sealed")
        {
            // Claimant and manager see the verdict as it was given and what a dispute made of it;
            // the others what holds.
            let holds = claim.outcome.as_deref().is_some_and(|o| o != "failed");
            let passed = if who.is("telemarketer") || who.is("manager") {
                v.passed == 1
            } else {
                holds
            };
            events.push((
                v.sealed_at.unwrap_or_default(),
                json!({ "kind": "verdict", "number": claim.number, "passed": passed, "claim": claim.id, "criteria": must_pass(&mut tx, &v).await? }),
            ));
        }
    }
    if who.is("telemarketer") || who.is("manager") {
        for call in calls::of_lead(&mut tx, &id)
            .await?
            .iter()
            .filter(|c| own(c.person_id.as_deref()))
        {
            for c in comments::of_call(&mut tx, &call.id).await? {
                let by = if c.role == "reviewer" && !who.is("manager") {
                    "a reviewer"
                } else {
                    c.person.as_str()
                };
                events.push((
                    c.created_at,
                    json!({ "kind": "comment", "what": c.text, "tag": c.tag, "by": by }),
                ));
            }
        }
    }
    events.sort_by_key(|(at, _)| *at);
    let events: Vec<Value> = events
        .into_iter()
        .map(|(at, mut e)| {
            e["at"] = json!(WallTime(at));
            e
        })
        .collect();
    Ok(Json(json!({ "lead": view(&lead), "events": events })))
}

/// What a manager may change about a claim that waits: its id, and whether it is judged before
/// others.
fn waiting(who: &Who, claim: &claims::Claim) -> Option<Value> {
    let waits = who.is("manager") && matches!(claim.state.as_str(), "open" | "in_review");
    waits.then(|| json!({ "claim": claim.id, "first": claim.priority > 0 }))
}

/// Criteria that sales may cite.
async fn must_pass(tx: &mut Tx, v: &verdicts::Verdict) -> Result<Value, Problem> {
    let Some(version) = checklists::by_id(tx, &v.checklist_version_id).await? else {
        return Ok(Value::Null);
    };
    Ok(version
        .checklist()?
        .criteria
        .iter()
        .filter(|c| c.must_pass)
        .map(|c| json!({ "id": c.id, "title": c.title }))
        .collect())
}

/// Disputes for claimant and manager; what sales answered for everybody who sees the lead.
async fn after_the_verdict(
    tx: &mut Tx,
    who: &Who,
    claim: &claims::Claim,
    events: &mut Vec<(i64, Value)>,
) -> Result<(), Problem> {
    if (who.is("telemarketer") || who.is("manager"))
        && let Some(d) = disputes::of_claim(tx, &claim.id).await?
    {
        events.push((
            d.created_at,
            json!({ "kind": "dispute", "number": claim.number, "what": d.reason }),
        ));
        if let Some(at) = d.decided_at {
            events.push((
                at,
                json!({ "kind": "dispute_decided", "number": claim.number, "what": d.state }),
            ));
        }
    }
    for a in answers::of_claim(tx, &claim.id).await? {
        events.push((a.at, json!({ "kind": "sales", "number": claim.number, "what": a.answer, "criterion": a.criterion, "note": a.note })));
    }
    Ok(())
}

#[derive(Deserialize)]
pub struct Period {
    /// Without it, the last seven days.
    days: Option<i64>,
}

/// Lines that nobody owns, totals of a period, and where our account differs from the phone
/// system's.
pub async fn coverage(
    State(app): State<App>,
    who: Who,
    Query(period): Query<Period>,
) -> Result<Json<Value>, Problem> {
    let now = app.clock.now();
    let from = now - Micros::from_secs(86_400 * period.days.unwrap_or(7).clamp(1, 366));
    let mut tx = app.db.read().await?;
    let rows = people::unknown_lines(&mut tx).await?;
    let (calls, records) = (
        stored::calls(&mut tx, from, now).await?,
        stored::records(&mut tx, from, now).await?,
    );
    let lines = people::lines(&mut tx).await?;
    // Who is called by whom is for the line's own client; an administrator keeps the lines of all.
    let may = |d: &Difference| {
        who.is("admin")
            || lines.iter().any(|l| {
                who.sees_client(&l.client_id)
                    && [&d.from, &d.to]
                        .into_iter()
                        .flatten()
                        .any(|n| *n == l.value)
            })
    };
    let all = report::reconcile(&calls, &records, &app.numbers);
    let (shown, hidden): (Vec<Difference>, Vec<Difference>) = all.into_iter().partition(may);
    let unknown: Vec<Value> = rows
        .iter()
        .map(|l| json!({ "number": l.number, "calls": l.calls, "last_at": WallTime(l.last_at) }))
        .collect();
    Ok(Json(json!({
        "from": from, "to": now, "lines": unknown, "totals": report::totals(&calls), "records": records.len(),
        "differences": shown, "of_other_clients": hidden.len(),
    })))
}
