//! What sales answers to a passed claim. A rejection that cites a criterion goes to a second blind
//! review; nothing of it reaches the ledger (PRODUCT I2, H2, R10).

use crate::api::access::Who;
use crate::api::app::App;
use crate::api::problem::Problem;
use crate::handover::Answer;
use crate::review::ClaimOutcome;
use crate::store::handover::answers::{self, NewAnswer};
use crate::store::review::{checklists, claims, verdicts};
use crate::units::ClaimId;
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

/// What sales makes of a lead.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SalesAnswerBody {
    answer: Answer,
    /// For a rejection: the criterion that is not met; without one it is a preference.
    criterion: Option<String>,
    #[serde(default)]
    note: String,
}

/// Sales answers for a lead that passed. It never moves the money.
#[utoipa::path(
    post,
    path = "/claims/{id}/sales-answer",
    request_body = SalesAnswerBody,
    responses((status = 204))
)]
pub async fn answer(
    State(app): State<App>,
    who: Who,
    Path(id): Path<ClaimId>,
    body: Result<Json<SalesAnswerBody>, JsonRejection>,
) -> Result<StatusCode, Problem> {
    let Json(b) = body?;
    let mut tx = app.db.write().await?;
    let claim = claims::by_id(&mut tx, &id)
        .await?
        .filter(|c| who.sees_client(&c.client_id))
        .filter(|c| c.outcome.is_some_and(ClaimOutcome::has_passed))
        .ok_or_else(Problem::not_found)?;
    let verdict = verdicts::of_claim(&mut tx, &id)
        .await?
        .ok_or_else(Problem::not_found)?;
    let criterion = b
        .criterion
        .as_deref()
        .filter(|_| b.answer == Answer::Reject);
    if let Some(criterion) = criterion {
        let version = checklists::existing(&mut tx, &verdict.checklist_version_id).await?;
        let list = version.checklist()?;
        if !list.criterion(criterion).is_some_and(|c| c.must_pass) {
            return Err(Problem::bad(
                "Cite a must-pass criterion of the checklist that the lead was judged by, or none \
                 for a preference.",
            ));
        }
    }
    let new = NewAnswer {
        person: who.id(),
        answer: b.answer,
        criterion,
        note: b.note.trim(),
    };
    let now = app.clock.now();
    answers::add(&mut tx, &claim, &verdict, &new, &app.rules, now).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
