//! The address that a dialler opens when a call is over (PRODUCT L2). Diallers open it with GET or
//! POST, sign nothing, set no header, and do it twice: the token may stand in the address, is good
//! for this alone, and what comes again changes nothing.

use crate::api::app::App;
use crate::api::people::machine::Machine;
use crate::api::problem::Problem;
use crate::leads::dialler;
use crate::store::leads;
use crate::store::leads::early::{self, Said};
use crate::units::{LeadId, WallTime};
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// What a dialler says; what it says beside this is left aside. VICIdial's own names stand beside
/// ours.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DiallerWord {
    /// The lead as its list calls it.
    #[serde(alias = "lead_id", alias = "vendor_lead_code")]
    lead: Option<String>,
    /// The number, where the lead is not said.
    #[serde(alias = "phone_number")]
    number: Option<String>,
    /// Names the call, so that what comes twice is known.
    #[serde(alias = "call_id", alias = "uniqueid")]
    call: Option<String>,
    /// One of ours, or one of VICIdial's statuses as `NI`.
    #[serde(alias = "dispo", alias = "status")]
    disposition: String,
    /// When it calls back, RFC 3339.
    at: Option<WallTime>,
    /// `assay_…`, for diallers that send no header.
    token: Option<String>,
}

/// What came of it.
#[derive(Serialize, ToSchema)]
pub struct DiallerHeard {
    /// `noted`, `known` (it came before), or why nothing was noted.
    said: &'static str,
}

const fn heard(said: &'static str) -> Json<DiallerHeard> {
    Json(DiallerHeard { said })
}

async fn take(
    app: App,
    machine: Machine,
    asked: Result<Query<DiallerWord>, QueryRejection>,
) -> Result<Json<DiallerHeard>, Problem> {
    let Query(asked) = asked?;
    // Who admitted it has read it.
    drop(asked.token);
    // A status that says nothing of the lead is no mistake of the dialler.
    let Some(kind) = dialler::disposition(&asked.disposition) else {
        return Ok(heard("this status says nothing of the lead"));
    };
    let mut tx = app.db.write().await?;
    let client = machine.token.client_id.as_ref();
    let mut found: Vec<LeadId> = match asked.lead.as_deref().map(str::trim) {
        Some(lead) if !lead.is_empty() => leads::by_external(&mut tx, lead, client).await?,
        _ => Vec::new(),
    };
    if found.is_empty()
        && let Some(e164) = asked.number.as_deref().and_then(|n| app.numbers.e164(n))
    {
        let by_number = leads::by_numbers(&mut tx, &[&e164]).await?;
        let own = by_number
            .into_iter()
            .filter(|(_, _, of)| machine.reaches(of));
        found = own.map(|(_, lead, _)| lead).collect();
        found.dedup();
    }
    let [lead] = found.as_slice() else {
        return Err(match found.is_empty() {
            true => Problem::not_found(),
            false => Problem::conflict(
                "Several leads fit: use a token for one client, or the lead's own number.",
            ),
        });
    };
    let lead = leads::existing(&mut tx, lead).await?;
    let said = Said {
        kind,
        call: asked.call.as_deref().unwrap_or_default(),
        at: asked.at,
    };
    let new = early::say(&mut tx, &machine.actor(), &lead, &said, machine.at).await?;
    tx.commit().await?;
    Ok(heard(if new { "noted" } else { "known" }))
}

/// A dialler says how a call with a lead came out.
#[utoipa::path(
    get,
    path = "/machine/disposition",
    params(DiallerWord),
    responses((status = 200, body = DiallerHeard))
)]
pub async fn get(
    State(app): State<App>,
    machine: Machine,
    asked: Result<Query<DiallerWord>, QueryRejection>,
) -> Result<Json<DiallerHeard>, Problem> {
    take(app, machine, asked).await
}

/// The same for diallers that send it.
#[utoipa::path(
    post,
    path = "/machine/disposition",
    params(DiallerWord),
    responses((status = 200, body = DiallerHeard))
)]
pub async fn post(
    State(app): State<App>,
    machine: Machine,
    asked: Result<Query<DiallerWord>, QueryRejection>,
) -> Result<Json<DiallerHeard>, Problem> {
    take(app, machine, asked).await
}
