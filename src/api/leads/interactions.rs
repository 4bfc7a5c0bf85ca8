//! What contacts read or attended, told by a machine that follows them: line by line, and one that
//! is refused takes no other with it (PRODUCT L1).

use crate::api::app::App;
use crate::api::people::machine::Machine;
use crate::api::problem::Problem;
use crate::leads::interaction::Interaction;
use crate::store::leads::{self, Lead, interactions};
use crate::store::{StoreError, Tx};
use crate::units::{LeadId, WallTime};
use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Something that the contact of a lead read or attended.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InteractionLine {
    /// The lead by the box's id, or by `external_id`.
    lead: Option<LeadId>,
    /// As the list that it came from calls it.
    external_id: Option<String>,
    at: WallTime,
    /// At most 200 characters; the same at the same time is kept once.
    what: String,
}

/// What contacts read or attended.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InteractionLines {
    /// At most 500.
    lines: Vec<InteractionLine>,
}

/// A line that was refused.
#[derive(Serialize, ToSchema)]
pub struct RefusedInteraction {
    /// From 1.
    line: usize,
    reason: String,
}

/// What came of the lines.
#[derive(Serialize, ToSchema)]
pub struct InteractionsTold {
    added: usize,
    /// They were there already.
    repeated: usize,
    refused: Vec<RefusedInteraction>,
}

const MOST_LINES: usize = 500;

/// A machine tells what contacts read or attended. Each line stands for itself; said again, it is
/// there already.
#[utoipa::path(
    post,
    path = "/machine/interactions",
    request_body = InteractionLines,
    responses((status = 200, body = InteractionsTold))
)]
pub async fn add(
    State(app): State<App>,
    machine: Machine,
    body: Result<Json<InteractionLines>, JsonRejection>,
) -> Result<Json<InteractionsTold>, Problem> {
    let Json(body) = body?;
    if body.lines.len() > MOST_LINES {
        return Err(Problem::bad("Send at most 500 lines at once."));
    }
    let mut told = InteractionsTold {
        added: 0,
        repeated: 0,
        refused: Vec::new(),
    };
    for (nth, line) in body.lines.into_iter().enumerate() {
        match one(&app, &machine, line).await {
            Ok(true) => told.added += 1,
            Ok(false) => told.repeated += 1,
            Err(StoreError::Refused(reason)) => told.refused.push(RefusedInteraction {
                line: nth + 1,
                reason,
            }),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(Json(told))
}

fn refused(why: &str) -> StoreError {
    StoreError::Refused(why.to_owned())
}

/// Whether it is new.
async fn one(app: &App, machine: &Machine, line: InteractionLine) -> Result<bool, StoreError> {
    let said = Interaction::new(line.at, &line.what, machine.at)
        .ok_or_else(|| refused("Say what it was, at a moment after 1999 and before now."))?;
    let mut tx = app.db.write().await?;
    let lead = named(&mut tx, machine, &line).await?;
    let new = interactions::tell(&mut tx, &machine.actor(), &lead, said, machine.at).await?;
    tx.commit().await?;
    Ok(new)
}

/// The lead that a line names, within the token's reach.
async fn named(tx: &mut Tx, machine: &Machine, line: &InteractionLine) -> Result<Lead, StoreError> {
    let id = match (&line.lead, line.external_id.as_deref()) {
        (Some(id), None) => id.clone(),
        (None, Some(external)) => {
            let client = machine.token.client_id.as_ref();
            let found = leads::by_external(tx, external, client).await?;
            match &found[..] {
                [one] => one.clone(),
                [] => return Err(refused("No such lead is within this token's reach.")),
                _ => {
                    return Err(refused(
                        "Several leads have this id: name it by the box's own.",
                    ));
                }
            }
        }
        _ => {
            return Err(refused(
                "Name the lead by 'lead' or by 'external_id', one of them.",
            ));
        }
    };
    let lead = leads::by_id(tx, &id).await?;
    lead.filter(|l| machine.reaches(&l.client_id))
        .ok_or_else(|| refused("No such lead is within this token's reach."))
}
