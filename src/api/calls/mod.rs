//! Calls: lists, one call, and the telemarketer's disposition of it.

pub mod audio;
pub mod comments;
pub mod live;
pub mod sound;
mod trace;
pub mod untold;

use crate::api::access::Who;
use crate::api::app::App;
use crate::api::problem::Problem;
use crate::call::{Direction, Outcome};
use crate::identity::Role;
use crate::leads::{Disposition, FoundBy};
use crate::store::Tx;
use crate::store::calls::lists::{self, Of, Wanted};
use crate::store::calls::{self, NewDisposition};
use crate::store::leads;
use crate::units::{CallId, LeadId, PersonId, WallTime};
use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use serde::{Deserialize, Serialize};
use sound::Sound;
use untold::Untold;
use utoipa::{IntoParams, ToSchema};

/// A call as its own people see it.
#[derive(Serialize, ToSchema)]
pub struct Call {
    pub(super) id: CallId,
    started_at: WallTime,
    #[schema(required)]
    answered_at: Option<WallTime>,
    #[schema(required)]
    ended_at: Option<WallTime>,
    outcome: Outcome,
    #[schema(required)]
    direction: Option<Direction>,
    /// The run that recorded it ended before the call did.
    recovered: bool,
    /// Our side's number.
    #[schema(required)]
    line: Option<String>,
    #[schema(required)]
    person_id: Option<PersonId>,
    prospect: Prospect,
    #[schema(required)]
    lead: Option<CallLead>,
    #[schema(required)]
    disposition: Option<Disposition>,
    #[schema(required)]
    appointment: Option<Appointment>,
    /// Length of the recording; null where there is none.
    #[schema(required)]
    duration_ms: Option<i64>,
    /// How many gaps the recording has.
    gaps: i64,
    /// Leads that it could belong to, while that is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    candidates: Option<Vec<Candidate>>,
    /// It stands in a claim, so its lead is not changed any more.
    lead_settled: bool,
}

/// The other side, as the signalling named it.
#[derive(Serialize, ToSchema)]
pub struct Prospect {
    #[schema(required)]
    number: Option<String>,
    #[schema(required)]
    name: Option<String>,
}

/// The lead that a call belongs to.
#[derive(Serialize, ToSchema)]
pub struct CallLead {
    id: LeadId,
    #[schema(required)]
    company: Option<String>,
    #[schema(required)]
    contact: Option<String>,
    #[schema(required)]
    found_by: Option<FoundBy>,
}

/// A meeting or a call back.
#[derive(Serialize, ToSchema)]
pub struct Appointment {
    at: WallTime,
    #[schema(required)]
    with: Option<String>,
}

/// A lead that a call could belong to.
#[derive(Serialize, ToSchema)]
pub struct Candidate {
    id: LeadId,
    company: String,
    campaign: String,
}

impl Call {
    /// A row, as somebody may know it; `is_settled` is whether it stands in a claim.
    fn told(c: &calls::Call, is_settled: bool, untold: &Untold) -> Call {
        let mut call = Call::of(c);
        call.lead_settled = is_settled;
        if !is_settled && c.client_id.as_ref().is_some_and(|id| untold.has(id)) {
            call.person_id = None;
            call.line = None;
        }
        call
    }

    /// As a row has it, for the one whose call it is.
    pub(in crate::api) fn of(c: &calls::Call) -> Call {
        let text = |t: &Option<crate::pii::Pii<String>>| t.as_ref().map(|t| t.reveal().clone());
        Call {
            id: c.id.clone(),
            started_at: c.started_at,
            answered_at: c.answered_at,
            ended_at: c.ended_at,
            outcome: c.outcome,
            direction: c.direction,
            recovered: c.recovered,
            line: text(&c.line),
            person_id: c.person_id.clone(),
            prospect: Prospect {
                number: text(&c.prospect_number),
                name: text(&c.prospect_name),
            },
            lead: c.lead_id.as_ref().map(|id| CallLead {
                id: id.clone(),
                company: text(&c.company),
                contact: text(&c.contact),
                found_by: c.lead_by,
            }),
            disposition: c.disposition,
            appointment: c.appointment_at.map(|at| Appointment {
                at,
                with: text(&c.appointment_with),
            }),
            duration_ms: c.duration_ms,
            gaps: c.gaps,
            candidates: None,
            lead_settled: false,
        }
    }
}

/// Which calls, and from where on.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct CallsWanted {
    /// `next` of the page before, or RFC 3339: calls that began before then.
    before: Option<String>,
    /// 1 to 200; without it 50.
    limit: Option<i64>,
    /// Beginnings of words of the lead's company or contact, or of a number as `+49 40`.
    q: Option<String>,
    outcome: Option<String>,
    disposition: Option<Disposition>,
    /// A manager may ask for one person's.
    person: Option<PersonId>,
    /// Only those that no lead was found for.
    #[serde(default)]
    without_lead: bool,
}

const MOST: i64 = 200;

/// A page of calls, newest first.
#[derive(Serialize, ToSchema)]
pub struct Calls {
    calls: Vec<Call>,
    /// `before` of the next page; null on the last.
    #[schema(required)]
    next: Option<String>,
    /// How many there are in all; 1001 stands for more than a thousand. Null: it was promised that
    /// nobody is singled out.
    #[schema(required)]
    count: Option<i64>,
}

/// A place in the list as text: a moment, or one with the call that stands there.
fn place(text: &str) -> Result<(WallTime, CallId), Problem> {
    let (at, id) = text.split_once('_').unwrap_or((text, ""));
    let at = at
        .parse()
        .map_err(|_| Problem::bad("'before' is the 'next' of an earlier answer, or RFC 3339."))?;
    Ok((at, CallId::from(id)))
}

/// A telemarketer's own calls; a manager's are those of their clients.
#[utoipa::path(get, path = "/calls", params(CallsWanted), responses((status = 200, body = Calls)))]
pub async fn list(
    State(app): State<App>,
    who: Who,
    asked: Result<Query<CallsWanted>, QueryRejection>,
) -> Result<Json<Calls>, Problem> {
    let Query(asked) = asked?;
    let limit = asked.limit.unwrap_or(50).clamp(1, MOST);
    let before = asked.before.as_deref().map(place).transpose()?;
    if asked
        .outcome
        .as_deref()
        .is_some_and(|o| !lists::is_outcome(o))
    {
        return Err(Problem::bad(
            "No call comes to that: 'outcome' is a word as a call's 'outcome' has it.",
        ));
    }
    let wanted = Wanted {
        of: match who.is(Role::Telemarketer) {
            true => Of::Person(who.id()),
            false => Of::Clients(&who.clients, asked.person.as_ref()),
        },
        search: asked.q.as_deref().unwrap_or_default(),
        outcome: asked.outcome.as_deref(),
        disposition: asked.disposition,
        without_lead: asked.without_lead,
        before: before.as_ref().map(|(at, id)| (*at, id)),
    };
    let mut tx = app.db.read().await?;
    let untold = Untold::of_calls(&mut tx, &who).await?;
    if asked.person.is_some() && !untold.is_nothing() {
        return Err(Problem::bad(
            "It was promised that nobody is singled out: calls are listed of everybody together.",
        ));
    }
    let mut rows = lists::page(&mut tx, &wanted, limit).await?;
    let full = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = rows.len() > full;
    rows.truncate(full);
    let count = lists::count(&mut tx, &wanted).await?;
    let mut items = Vec::with_capacity(rows.len());
    let ids: Vec<CallId> = rows.iter().map(|c| c.id.clone()).collect();
    let claimed = calls::claimed(&mut tx, &ids).await?;
    let without_lead = rows.iter().filter(|c| c.lead_id.is_none());
    let without_lead: Vec<CallId> = without_lead.map(|c| c.id.clone()).collect();
    let mut fitting = calls::candidates(&mut tx, &without_lead).await?;
    for call in &rows {
        let mut item = Call::told(call, claimed.contains(&call.id), &untold);
        if call.lead_id.is_none() {
            item.candidates = Some(candidates(fitting.remove(&call.id)));
        }
        items.push(item);
    }
    let last = rows.last().filter(|_| more);
    Ok(Json(Calls {
        calls: items,
        next: last.map(|c| format!("{}_{}", c.started_at, c.id)),
        count: untold.count(count.min(lists::COUNTED + 1)),
    }))
}

/// A call, as somebody may know it.
async fn told(tx: &mut Tx, who: &Who, row: &calls::Call) -> Result<Call, Problem> {
    let claimed = calls::claimed(tx, std::slice::from_ref(&row.id)).await?;
    let untold = Untold::of_calls(tx, who).await?;
    Ok(Call::told(row, !claimed.is_empty(), &untold))
}

fn candidates(found: Option<Vec<calls::Candidate>>) -> Vec<Candidate> {
    let view = |c: calls::Candidate| Candidate {
        id: c.id,
        company: c.company.into_inner(),
        campaign: c.campaign,
    };
    found.into_iter().flatten().map(view).collect()
}

/// A call with its sound.
#[derive(Serialize, ToSchema)]
pub struct CallWithSound {
    #[serde(flatten)]
    call: Call,
    #[schema(required)]
    sound: Option<Sound>,
}

/// One call. What names the claimant is not for reviewers: they have the review's own view.
#[utoipa::path(get, path = "/calls/{id}", responses((status = 200, body = CallWithSound)))]
pub async fn one(
    State(app): State<App>,
    who: Who,
    Path(id): Path<CallId>,
) -> Result<Json<CallWithSound>, Problem> {
    let mut tx = app.db.read().await?;
    let row = who.call(&mut tx, &id).await?;
    let mut call = told(&mut tx, &who, &row).await?;
    let mut fitting = calls::candidates(&mut tx, std::slice::from_ref(&id)).await?;
    call.candidates = Some(candidates(fitting.remove(&id)));
    let sound = sound::of_call(&mut tx, &id).await?;
    Ok(Json(CallWithSound { call, sound }))
}

/// What became of a call.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DispositionBody {
    disposition: Disposition,
    /// For a meeting or a call back.
    appointment_at: Option<WallTime>,
    appointment_with: Option<String>,
}

/// The telemarketer says what became of a call (PRODUCT L6).
#[utoipa::path(
    post,
    path = "/calls/{id}/disposition",
    request_body = DispositionBody,
    responses((status = 200, body = Call))
)]
pub async fn disposition(
    State(app): State<App>,
    who: Who,
    Path(id): Path<CallId>,
    body: Result<Json<DispositionBody>, JsonRejection>,
) -> Result<Json<Call>, Problem> {
    let Json(b) = body?;
    if b.disposition.has_appointment() && b.appointment_at.is_none() {
        return Err(Problem::bad(
            "Say when: a meeting and a call back have a time.",
        ));
    }
    let mut tx = app.db.write().await?;
    who.call(&mut tx, &id).await?;
    let new = NewDisposition {
        kind: b.disposition,
        appointment_at: b.appointment_at,
        appointment_with: b.appointment_with.as_deref(),
    };
    calls::set_disposition(&mut tx, &who.actor(), &id, &new, app.clock.now()).await?;
    let row = who.call(&mut tx, &id).await?;
    let call = told(&mut tx, &who, &row).await?;
    tx.commit().await?;
    Ok(Json(call))
}

/// What to look for.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Search {
    /// Beginnings of words of the company's or the contact's name, or of the lead's own number; without
    /// it, the leads that the call's number fits.
    q: Option<String>,
}

/// A lead that a call could be with.
#[derive(Serialize, ToSchema)]
pub struct FoundLead {
    id: LeadId,
    company: String,
    #[schema(required)]
    contact: Option<String>,
    campaign: String,
}

/// At most 20.
#[derive(Serialize, ToSchema)]
pub struct FoundLeads {
    leads: Vec<FoundLead>,
}

/// Leads of one's clients that a call could be with: those that its number fits come first.
#[utoipa::path(
    get,
    path = "/calls/{id}/leads",
    params(Search),
    responses((status = 200, body = FoundLeads))
)]
pub async fn leads(
    State(app): State<App>,
    who: Who,
    Path(id): Path<CallId>,
    Query(search): Query<Search>,
) -> Result<Json<FoundLeads>, Problem> {
    let mut tx = app.db.read().await?;
    who.call(&mut tx, &id).await?;
    let wanted = search.q.unwrap_or_default();
    let found = leads::search(&mut tx, who.id(), &id, wanted.trim(), 20).await?;
    Ok(Json(FoundLeads {
        leads: found
            .into_iter()
            .map(|l| FoundLead {
                id: l.id,
                company: l.company.into_inner(),
                contact: l.contact.map(|c| c.into_inner()),
                campaign: l.campaign,
            })
            .collect(),
    }))
}

/// Which lead a call belongs to.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LeadBody {
    lead: LeadId,
}

/// Somebody settles which lead a call belongs to, or sets it right until the call is claimed.
#[utoipa::path(
    post,
    path = "/calls/{id}/lead",
    request_body = LeadBody,
    responses((status = 200, body = Call))
)]
pub async fn choose_lead(
    State(app): State<App>,
    who: Who,
    Path(id): Path<CallId>,
    body: Result<Json<LeadBody>, JsonRejection>,
) -> Result<Json<Call>, Problem> {
    let Json(LeadBody { lead }) = body?;
    let mut tx = app.db.write().await?;
    who.call(&mut tx, &id).await?;
    leads::by_id(&mut tx, &lead)
        .await?
        .filter(|l| who.sees_lead(l))
        .ok_or_else(Problem::not_found)?;
    if let Err(error) = calls::set_lead(&mut tx, who.id(), &id, &lead, app.clock.now()).await {
        return Err(tx.refuse(error).await.into());
    }
    let row = who.call(&mut tx, &id).await?;
    let call = told(&mut tx, &who, &row).await?;
    tx.commit().await?;
    Ok(Json(call))
}
