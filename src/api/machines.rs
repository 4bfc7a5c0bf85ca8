//! What machines ask with a token (PRODUCT O2): the phone system, a CRM, the payroll office. Each
//! route is good for one scope, and reaches no more than the token's client.

use crate::api::app::{App, done};
use crate::api::calls::live;
use crate::api::people::machine::Machine;
use crate::api::problem::Problem;
use crate::call::{Instruction, Side};
use crate::leads::Disposition;
use crate::recorder::CallInProgress;
use crate::store::calls::{self, NewDisposition};
use crate::store::commission::payroll;
use crate::store::log::{self, Outside};
use crate::store::{Tx, leads, people};
use crate::units::{CallId, ClaimId, LeadId, PayrollRunId, WallTime};
use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which call in progress is meant: one of these.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LiveRef {
    /// The telemarketer's number, extension or agent ID.
    line: Option<String>,
    /// A Call-ID of SIP.
    call_id: Option<String>,
}

/// What a call in progress was told.
#[derive(Serialize, ToSchema)]
pub struct MachineInstructed {
    /// As this box names the call.
    call: CallId,
}

/// The call in progress that is meant, if its line is in the token's reach.
async fn find(app: &App, machine: &Machine, of: &LiveRef) -> Result<CallInProgress, Problem> {
    let named =
        |wanted: &Option<String>, has: &dyn Fn(&str) -> bool| wanted.as_deref().is_none_or(has);
    if of.line.is_none() && of.call_id.is_none() {
        return Err(Problem::bad(
            "Say which call: give its line or its call_id.",
        ));
    }
    let calls = app.live.calls();
    let mut tx = app.db.read().await?;
    let mut found: Option<&CallInProgress> = None;
    for call in calls.iter() {
        let Some(line) = line(call) else {
            continue;
        };
        let fits = named(&of.line, &|wanted| line == wanted)
            && named(&of.call_id, &|wanted| {
                call.call_ids.iter().any(|id| id == wanted)
            });
        if !fits {
            continue;
        }
        // What is out of reach is not there: it neither is told of nor makes another ambiguous.
        let owner = people::line_at(&mut tx, &line, call.started_at).await?;
        if !owner.is_some_and(|owner| machine.reaches(&owner.client_id)) {
            continue;
        }
        if found.replace(call).is_some() {
            return Err(Problem::conflict(
                "Several calls of this line are in progress: give the call_id.",
            ));
        }
    }
    found.cloned().ok_or_else(no_call)
}

fn no_call() -> Problem {
    Problem {
        detail: "No such call is in progress, or its line is not in this token's reach.".to_owned(),
        ..Problem::not_found()
    }
}

fn line(call: &CallInProgress) -> Option<String> {
    let number = match call.telemarketer? {
        Side::Caller => &call.from,
        Side::Callee => &call.to,
    };
    number.as_ref().map(|n| n.reveal().clone())
}

async fn instruct(
    app: App,
    machine: Machine,
    body: Result<Json<LiveRef>, JsonRejection>,
    (instruction, outside): (Instruction, fn(CallId) -> Outside),
) -> Result<Json<MachineInstructed>, Problem> {
    let Json(of) = body?;
    let call = find(&app, &machine, &of).await?;
    let id = CallId::from(call.id.to_string());
    let mut tx = app.db.write().await?;
    log::note(&mut tx, &machine.actor(), &outside(id.clone()), machine.at).await?;
    tx.commit().await?;
    live::tell(&app, call.id, instruction).await?;
    Ok(Json(MachineInstructed { call: id }))
}

macro_rules! instruction {
    ($(#[$doc:meta])* $name:ident, $path:literal, $instruction:expr, $outside:expr) => {
        $(#[$doc])*
        #[utoipa::path(
            post,
            path = $path,
            request_body = LiveRef,
            responses((status = 200, body = MachineInstructed))
        )]
        pub async fn $name(
            State(app): State<App>,
            machine: Machine,
            body: Result<Json<LiveRef>, JsonRejection>,
        ) -> Result<Json<MachineInstructed>, Problem> {
            instruct(app, machine, body, ($instruction, $outside)).await
        }
    };
}

instruction!(
    /// Pauses the recording of a call in progress.
    pause, "/machine/live/pause", Instruction::Pause, Outside::Paused
);
instruction!(
    /// Resumes it.
    resume, "/machine/live/resume", Instruction::Resume, Outside::Resumed
);
instruction!(
    /// The other side has said yes to being recorded.
    consent, "/machine/live/consent", Instruction::Consent, Outside::Consented
);
instruction!(
    /// The other side has heard the announcement.
    announced, "/machine/live/announced", Instruction::Announced, Outside::Announced
);

async fn reachable(tx: &mut Tx, machine: &Machine, id: &CallId) -> Result<(), Problem> {
    let call = calls::by_id(tx, id).await?;
    let reached = call
        .and_then(|call| call.client_id)
        .is_some_and(|c| machine.reaches(&c));
    if reached {
        Ok(())
    } else {
        Err(Problem::not_found())
    }
}

/// What became of a call.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MachineDisposition {
    disposition: Disposition,
    /// For a meeting or a call back.
    appointment_at: Option<WallTime>,
}

/// The phone system says what became of a call. Said again, the newest stands.
#[utoipa::path(
    post,
    path = "/machine/calls/{id}/disposition",
    request_body = MachineDisposition,
    responses((status = 204))
)]
pub async fn disposition(
    State(app): State<App>,
    machine: Machine,
    Path(id): Path<CallId>,
    body: Result<Json<MachineDisposition>, JsonRejection>,
) -> Result<StatusCode, Problem> {
    let Json(body) = body?;
    if body.disposition.has_appointment() && body.appointment_at.is_none() {
        return Err(Problem::bad(
            "Say when: a meeting and a call back have a time.",
        ));
    }
    let mut tx = app.db.write().await?;
    reachable(&mut tx, &machine, &id).await?;
    let new = NewDisposition {
        kind: body.disposition,
        appointment_at: body.appointment_at,
        appointment_with: None,
    };
    calls::set_disposition(&mut tx, &machine.actor(), &id, &new, machine.at).await?;
    done(tx).await
}

/// The phone system says that the telemarketer claims a call's lead. Said again, it is the same
/// claim.
#[utoipa::path(post, path = "/machine/calls/{id}/claim", responses((status = 204)))]
pub async fn claim(
    State(app): State<App>,
    machine: Machine,
    Path(id): Path<CallId>,
) -> Result<StatusCode, Problem> {
    let mut tx = app.db.write().await?;
    reachable(&mut tx, &machine, &id).await?;
    calls::claim_by_machine(&mut tx, &machine.actor(), &id, machine.at).await?;
    done(tx).await
}

/// From where on in the list.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct PassedAfter {
    /// `next` of the answer before; from the beginning without it.
    after: Option<String>,
}

/// A lead that passed.
#[derive(Serialize, ToSchema)]
pub struct PassedLead {
    claim: ClaimId,
    passed_at: WallTime,
    lead: LeadId,
    /// As the list that it came from calls it.
    external_id: String,
    company: String,
    #[schema(required)]
    contact: Option<String>,
    campaign: String,
    /// What the telemarketer wrote.
    write_up: String,
}

/// Leads that passed, oldest first.
#[derive(Serialize, ToSchema)]
pub struct PassedLeads {
    leads: Vec<PassedLead>,
    /// For asking on; the same as before where nothing new has passed.
    #[schema(required)]
    next: Option<String>,
}

const PASSED_AT_ONCE: i64 = 200;

/// A CRM reads leads that passed, 200 at a time.
#[utoipa::path(
    get,
    path = "/machine/leads",
    params(PassedAfter),
    responses((status = 200, body = PassedLeads))
)]
pub async fn passed(
    State(app): State<App>,
    machine: Machine,
    asked: Result<Query<PassedAfter>, QueryRejection>,
) -> Result<Json<PassedLeads>, Problem> {
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
    let mut tx = app.db.read().await?;
    let (client, id) = (machine.token.client_id.as_ref(), ClaimId::from(id));
    let found = leads::passed_after(&mut tx, client, (at, &id), PASSED_AT_ONCE).await?;
    let last = found
        .last()
        .map(|p| format!("{}.{}", p.settled_at.micros(), p.claim_id));
    let view = |p: leads::Passed| PassedLead {
        claim: p.claim_id,
        passed_at: p.settled_at,
        lead: p.lead_id,
        external_id: p.external_id,
        company: p.company.into_inner(),
        contact: p.contact.map(|c| c.into_inner()),
        campaign: p.campaign,
        write_up: p.write_up.into_inner(),
    };
    Ok(Json(PassedLeads {
        leads: found.into_iter().map(view).collect(),
        next: last.or(asked.after),
    }))
}

/// A payroll run, as the payroll office lists it.
#[derive(Serialize, ToSchema)]
pub struct MachineRun {
    id: PayrollRunId,
    number: i64,
    period: String,
    made_at: WallTime,
    /// Of its file, in hex.
    sha256: String,
    file_name: String,
}

/// Payroll runs, oldest first.
#[derive(Serialize, ToSchema)]
pub struct MachineRuns {
    runs: Vec<MachineRun>,
}

/// A run pays people of all clients alike: a token for one client reads none.
fn whole_house(machine: &Machine) -> Result<(), Problem> {
    match machine.token.client_id {
        None => Ok(()),
        Some(_) => Err(Problem::forbidden(
            "This token is for one client, and a payroll run is the house's: make one for all \
             clients.",
        )),
    }
}

/// The payroll office lists runs.
#[utoipa::path(get, path = "/machine/payroll", responses((status = 200, body = MachineRuns)))]
pub async fn runs(State(app): State<App>, machine: Machine) -> Result<Json<MachineRuns>, Problem> {
    whole_house(&machine)?;
    let mut tx = app.db.read().await?;
    let view = |run: payroll::Run| MachineRun {
        file_name: run.file_name(),
        id: run.id,
        number: run.number,
        period: run.period,
        made_at: run.made_at,
        sha256: run.sha256,
    };
    let runs = payroll::all_runs(&mut tx).await?;
    Ok(Json(MachineRuns {
        runs: runs.into_iter().map(view).collect(),
    }))
}

/// A run's file, byte for byte as it was made. The log says who had it.
#[utoipa::path(
    get,
    path = "/machine/payroll/{id}/file",
    responses((status = 200, content_type = "application/octet-stream", body = Vec<u8>))
)]
pub async fn run_file(
    State(app): State<App>,
    machine: Machine,
    Path(id): Path<PayrollRunId>,
) -> Result<Response, Problem> {
    whole_house(&machine)?;
    let mut tx = app.db.write().await?;
    let run = payroll::by_id(&mut tx, &id)
        .await?
        .ok_or_else(Problem::not_found)?;
    let bytes = payroll::hand_out(&mut tx, &machine.actor(), &run, machine.at).await?;
    tx.commit().await?;
    let headers = [(header::CONTENT_TYPE, "application/octet-stream")];
    Ok((headers, bytes).into_response())
}
