//! What a CRM says with its token: answers and outcomes, line by line. One that is refused is told
//! by line and reason, and the others stand. And what it reads, in its own field names.

use crate::api::app::App;
use crate::api::people::machine::Machine;
use crate::api::problem::Problem;
use crate::handover::mapping::CrmKind;
use crate::handover::{Answer, CrmOutcome, Given, RejectReason};
use crate::leads::Origin;
use crate::store::StoreError;
use crate::store::Tx;
use crate::store::handover::crm::{self, Beside, Deal, Handed, Line, Named, Says, Taken};
use crate::store::handover::mappings::{self, Mappings};
use crate::units::{ClaimId, ClientId, LeadId, WallTime};
use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Query, State};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};

/// One thing that a CRM says of one lead: an answer or an outcome.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CrmLine {
    /// As the CRM numbers it. Said again, nothing happens again.
    event: String,
    /// The lead by the box's id, or by `external_id`.
    lead: Option<LeadId>,
    /// As the list that it came from calls it.
    external_id: Option<String>,
    answer: Option<Answer>,
    /// With `later` and `nurture`.
    until: Option<WallTime>,
    reason: Option<RejectReason>,
    criterion: Option<String>,
    outcome: Option<CrmOutcome>,
    /// Instead of both: its own word for a state, of which the client's mapping says what it means.
    state: Option<String>,
    /// Of an outcome, in minor units.
    value_minor: Option<i64>,
    currency: Option<String>,
    /// Whether there was one, with an outcome.
    proof_of_concept: Option<bool>,
    /// Whose the deal is, as the CRM has it; shown where the box keeps another, and changes
    /// nothing.
    origin: Option<Origin>,
    /// When the deal was entered in the CRM.
    entered_at: Option<WallTime>,
    /// When it happened; now without it.
    at: Option<WallTime>,
    #[serde(default)]
    note: String,
}

/// What a CRM says.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CrmLines {
    /// At most 500; each as `CrmLine`.
    #[schema(value_type = Vec<CrmLine>)]
    lines: Vec<Value>,
}

/// What came of a line.
#[derive(Serialize, ToSchema, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum CrmLineState {
    Accepted,
    /// It was said before.
    Repeated,
    Refused,
}

/// A line and what came of it.
#[derive(Serialize, ToSchema)]
pub struct CrmLineTold {
    /// From 1.
    line: usize,
    state: CrmLineState,
    /// Why it was refused.
    #[schema(required)]
    reason: Option<String>,
}

/// What came of each line.
#[derive(Serialize, ToSchema)]
pub struct CrmTold {
    lines: Vec<CrmLineTold>,
    refused: usize,
}

const MOST_LINES: usize = 500;

/// A CRM says what became of leads. Each line stands for itself.
#[utoipa::path(
    post,
    path = "/machine/outcomes",
    request_body = CrmLines,
    responses((status = 200, body = CrmTold))
)]
pub async fn take(
    State(app): State<App>,
    machine: Machine,
    body: Result<Json<CrmLines>, JsonRejection>,
) -> Result<Json<CrmTold>, Problem> {
    let Json(b) = body?;
    if b.lines.len() > MOST_LINES {
        return Err(Problem::bad("Send at most 500 lines at once."));
    }
    let mut lines = Vec::with_capacity(b.lines.len());
    for (at, whole) in b.lines.into_iter().enumerate() {
        // A transaction each: no line waits for another, and none takes another with it.
        let (state, reason) = match one(&app, &machine, &whole).await {
            Ok(Taken::Accepted) => (CrmLineState::Accepted, None),
            Ok(Taken::Repeated) => (CrmLineState::Repeated, None),
            Err(why) => (CrmLineState::Refused, Some(why?)),
        };
        lines.push(CrmLineTold {
            line: at + 1,
            state,
            reason,
        });
    }
    let refused = lines
        .iter()
        .filter(|l| l.state == CrmLineState::Refused)
        .count();
    Ok(Json(CrmTold { lines, refused }))
}

/// Takes one line; the inner error is the reason, the outer one a box that failed.
async fn one(
    app: &App,
    machine: &Machine,
    whole: &Value,
) -> Result<Taken, Result<String, Problem>> {
    let line: CrmLine = serde_json::from_value(whole.clone()).map_err(|e| Ok(format!("{e}.")))?;
    let text = whole.to_string();
    let read = says(&line, machine.at).map_err(|why| Ok(why.to_owned()))?;
    let failed = |e: StoreError| match e {
        StoreError::Refused(why) => Ok(why),
        StoreError::Conflict(why) => Ok(why.to_owned()),
        e => Err(Problem::from(e)),
    };
    let mut tx = app.db.write().await.map_err(failed)?;
    let stored = Line {
        event: &line.event,
        lead: named(&line).map_err(|why| Ok(why.to_owned()))?,
        says: read,
        whole: &text,
    };
    let taken = crm::take(&mut tx, &machine.token, &stored, &app.rules, machine.at)
        .await
        .map_err(failed)?;
    tx.commit().await.map_err(failed)?;
    Ok(taken)
}

fn named(line: &CrmLine) -> Result<Named<'_>, &'static str> {
    match (&line.lead, line.external_id.as_deref()) {
        (Some(lead), None) => Ok(Named::Lead(lead)),
        (None, Some(external)) if !external.is_empty() => Ok(Named::External(external)),
        _ => Err("Name the lead by 'lead' or by 'external_id', one of them."),
    }
}

fn says(line: &CrmLine, now: WallTime) -> Result<Says<'_>, &'static str> {
    match (line.answer, line.outcome, line.state.as_deref()) {
        (None, None, Some(state)) => Ok(Says::State(state, beside(line, now)?)),
        (Some(answer), None, None) => Ok(Says::Answer(Given {
            answer,
            until: line.until,
            reason: line.reason,
            criterion: line.criterion.as_deref(),
            note: line.note.trim(),
        })),
        (None, Some(outcome), None) => Ok(Says::Outcome {
            outcome,
            value: value(line)?,
            happened_at: line.at.unwrap_or(now),
            note: &line.note,
            deal: deal(line),
        }),
        _ => Err("Say an 'answer', an 'outcome' or a 'state', one of them."),
    }
}

fn beside(line: &CrmLine, now: WallTime) -> Result<Beside<'_>, &'static str> {
    Ok(Beside {
        until: line.until,
        reason: line.reason,
        criterion: line.criterion.as_deref(),
        value: value(line)?,
        happened_at: line.at.unwrap_or(now),
        note: &line.note,
        deal: deal(line),
    })
}

fn value(line: &CrmLine) -> Result<Option<(i64, &str)>, &'static str> {
    match (line.value_minor, line.currency.as_deref()) {
        (Some(minor), Some(currency)) => Ok(Some((minor, currency))),
        (None, None) => Ok(None),
        _ => Err("A value has both 'value_minor' and 'currency'."),
    }
}

fn deal(line: &CrmLine) -> Deal {
    Deal {
        proof_of_concept: line.proof_of_concept,
        origin: line.origin,
        entered_at: line.entered_at,
    }
}

/// In whose field names, and from where on.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct CrmAsked {
    /// `plain` without it.
    #[param(inline)]
    r#as: Option<CrmKind>,
    /// `next` of the answer before; from the beginning without it.
    after: Option<String>,
}

/// A lead that was handed over, in a CRM's fields.
#[derive(Serialize, ToSchema)]
pub struct CrmLead {
    claim: ClaimId,
    lead: LeadId,
    /// As the list that it came from calls it.
    external_id: String,
    handed_at: WallTime,
    /// By their names in the CRM.
    fields: BTreeMap<String, String>,
}

/// Leads that were handed over, oldest first.
#[derive(Serialize, ToSchema)]
pub struct CrmLeads {
    leads: Vec<CrmLead>,
    /// For asking on; the same as before where nothing new was handed over.
    #[schema(required)]
    next: Option<String>,
}

const AT_ONCE: i64 = 200;

/// A CRM reads leads that were handed over in its own field names, 200 at a time. Read again, a
/// lead has the first call that the wire saw since, and sales' answer.
#[utoipa::path(
    get,
    path = "/machine/handovers",
    params(CrmAsked),
    responses((status = 200, body = CrmLeads))
)]
pub async fn handed(
    State(app): State<App>,
    machine: Machine,
    asked: Result<Query<CrmAsked>, QueryRejection>,
) -> Result<Json<CrmLeads>, Problem> {
    let Query(asked) = asked?;
    let place = asked
        .after
        .as_deref()
        .map_or(Some((WallTime(0), "")), |text| {
            let (at, id) = text.split_once('.')?;
            Some((WallTime(at.parse().ok()?), id))
        });
    let Some((at, id)) = place else {
        return Err(Problem::bad(
            "'after' is the 'next' of an earlier answer, as it stands there.",
        ));
    };
    let kind = asked.r#as.unwrap_or(CrmKind::Plain);
    let mut tx = app.db.read().await?;
    let id = ClaimId::from(id);
    let found = crm::handed_after(&mut tx, &machine.token, (at, &id), AT_ONCE).await?;
    let last = found
        .last()
        .map(|h| format!("{}.{}", h.handed_at.micros(), h.claim_id));
    let mappings = of_clients(&mut tx, kind, &found).await?;
    let leads = found.into_iter();
    Ok(Json(CrmLeads {
        leads: leads.filter_map(|h| mapped(kind, &mappings, h)).collect(),
        next: last.or(asked.after),
    }))
}

/// The mappings of the clients whose leads these are.
async fn of_clients(
    tx: &mut Tx,
    kind: CrmKind,
    leads: &[Handed],
) -> Result<BTreeMap<ClientId, Mappings>, Problem> {
    let mut found = BTreeMap::new();
    for h in leads {
        if !found.contains_key(&h.client_id) {
            let of = mappings::of(tx, &h.client_id, kind).await?;
            found.insert(h.client_id.clone(), of);
        }
    }
    Ok(found)
}

fn mapped(kind: CrmKind, of: &BTreeMap<ClientId, Mappings>, h: Handed) -> Option<CrmLead> {
    let mapping = of.get(&h.client_id)?.current();
    Some(CrmLead {
        fields: h.fields(kind, mapping),
        claim: h.claim_id,
        lead: h.lead_id,
        external_id: h.external_id,
        handed_at: h.handed_at,
    })
}
