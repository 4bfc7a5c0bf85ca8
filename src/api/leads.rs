//! Leads and their timelines; lines that nobody owns yet.

use super::access::Who;
use super::{App, Problem};
use crate::report::coverage::{self as report, Difference};
use crate::store::coverage as stored;
use crate::store::leads::{self, Lead};
use crate::store::{calls, claims, people, verdicts};
use crate::units::{Micros, WallTime};
use axum::Json;
use axum::extract::{Path, Query, State};
use serde::Deserialize;
use serde_json::{Value, json};

pub async fn list(State(app): State<App>, who: Who) -> Result<Json<Value>, Problem> {
    who.must_be(&["telemarketer", "sales", "marketing", "manager"])?;
    let mut tx = app.db.read().await?;
    let rows = leads::of_person(&mut tx, who.id(), 500).await?;
    Ok(Json(json!({ "leads": rows.iter().map(view).collect::<Vec<_>>() })))
}

fn view(l: &Lead) -> Value {
    json!({
        "id": l.id, "external_id": l.external_id, "company": l.company, "contact": l.contact, "contact_role": l.contact_role, "campaign": l.campaign,
        "source": l.source, "source_event": l.source_event, "theme": l.theme, "segment": l.segment, "interactions": l.interactions, "created_at": WallTime(l.created_at),
    })
}

/// One line per call, claim and verdict (PRODUCT L5), less what the role may not see: a telemarketer sees own calls and
/// own claims; sales and marketing see that a lead passed, not what it paid.
pub async fn timeline(State(app): State<App>, who: Who, Path(id): Path<String>) -> Result<Json<Value>, Problem> {
    who.must_be(&["telemarketer", "sales", "marketing", "manager"])?;
    let mut tx = app.db.read().await?;
    let lead = leads::by_id(&mut tx, &id).await?.filter(|l| who.sees_lead(l)).ok_or_else(Problem::not_found)?;
    let own = |person: Option<&str>| !who.is("telemarketer") || person == Some(who.id());
    let mut events = vec![(lead.created_at, json!({ "kind": "lead", "what": lead.source.clone() }))];
    for call in calls::of_lead(&mut tx, &id).await?.iter().filter(|c| own(c.person_id.as_deref())) {
        let seen = if matches!(who.person.role.as_str(), "telemarketer" | "manager") { super::calls::view(call) } else { json!({ "outcome": call.outcome }) };
        events.push((call.started_at, json!({ "kind": "call", "call": seen, "disposition": call.disposition, "outcome": call.outcome, "duration_ms": call.duration_ms })));
    }
    for claim in claims::of_lead(&mut tx, &id).await?.iter().filter(|c| own(Some(&c.person_id))) {
        events.push((claim.created_at, json!({ "kind": "claim", "number": claim.number })));
        if let Some(v) = verdicts::of_claim(&mut tx, &claim.id).await?.filter(|v| v.state == "sealed") {
            events.push((v.sealed_at.unwrap_or_default(), json!({ "kind": "verdict", "number": claim.number, "passed": v.passed == 1 })));
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

#[derive(Deserialize)]
pub struct Period {
    /// Without it, the last seven days.
    days: Option<i64>,
}

/// Lines that nobody owns, totals of a period, and where our account differs from the phone system's.
pub async fn coverage(State(app): State<App>, who: Who, Query(period): Query<Period>) -> Result<Json<Value>, Problem> {
    who.must_be(&["manager", "admin"])?;
    let now = app.clock.now();
    let from = now - Micros::from_secs(86_400 * period.days.unwrap_or(7).clamp(1, 366));
    let mut tx = app.db.read().await?;
    let rows = people::unknown_lines(&mut tx).await?;
    let (calls, records) = (stored::calls(&mut tx, from, now).await?, stored::records(&mut tx, from, now).await?);
    let lines = people::lines(&mut tx).await?;
    // Who is called by whom is for the line's own client; an administrator keeps the lines of all.
    let may = |d: &Difference| who.is("admin") || lines.iter().any(|l| who.sees_client(&l.client_id) && [&d.from, &d.to].into_iter().flatten().any(|n| *n == l.value));
    let all = report::reconcile(&calls, &records, &app.numbers);
    let (shown, hidden): (Vec<Difference>, Vec<Difference>) = all.into_iter().partition(may);
    let unknown: Vec<Value> = rows.iter().map(|l| json!({ "number": l.number, "calls": l.calls, "last_at": WallTime(l.last_at) })).collect();
    Ok(Json(json!({
        "from": from, "to": now, "lines": unknown, "totals": report::totals(&calls), "records": records.len(),
        "differences": shown, "of_other_clients": hidden.len(),
    })))
}
