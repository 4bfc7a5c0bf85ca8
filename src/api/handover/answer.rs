//! What sales answers to a passed claim. A rejection that cites a criterion goes to a second blind
//! review; nothing of it reaches the ledger (PRODUCT I2, H2, R10).

use crate::api::access::Who;
use crate::api::{App, Event, Problem};
use crate::store::handover::answers;
use crate::store::log::{self, Entry};
use crate::store::review::checklists;
use crate::store::review::claims;
use crate::store::review::second_reviews::{self, When};
use crate::store::review::verdicts;
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::json;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnswerBody {
    answer: String,
    /// For a rejection: the criterion that is not met; without one it is a preference.
    criterion: Option<String>,
    #[serde(default)]
    note: String,
}

pub async fn answer(
    State(app): State<App>,
    who: Who,
    Path(id): Path<String>,
    body: Result<Json<AnswerBody>, JsonRejection>,
) -> Result<StatusCode, Problem> {
    let Json(b) = body?;
    if !answers::ANSWERS.contains(&b.answer.as_str()) {
        return Err(Problem::bad(format!(
            "Sales answers {}.",
            answers::ANSWERS.join(", ")
        )));
    }
    let now = app.clock.now();
    let mut tx = app.db.write().await?;
    let claim = claims::by_id(&mut tx, &id)
        .await?
        .filter(|c| who.sees_client(&c.client_id))
        .ok_or_else(Problem::not_found)?;
    let passed = claim.outcome.as_deref().is_some_and(|o| o != "failed");
    let verdict = verdicts::of_claim(&mut tx, &id)
        .await?
        .filter(|_| passed)
        .ok_or_else(Problem::not_found)?;
    let criterion = b.criterion.as_deref().filter(|_| b.answer == "reject");
    if let Some(criterion) = criterion {
        let list = checklists::by_id(&mut tx, &verdict.checklist_version_id)
            .await?
            .ok_or_else(Problem::not_found)?
            .checklist()?;
        if !list
            .criteria
            .iter()
            .any(|c| c.id == criterion && c.must_pass)
        {
            return Err(Problem::bad(
                "Cite a must-pass criterion of the checklist that the lead was judged by, or none \
                 for a preference.",
            ));
        }
        // A look judges every row: one that is there already, for whatever reason, answers this
        // rejection too.
        let asked = second_reviews::of_verdict(&mut tx, &verdict.id)
            .await?
            .iter()
            .any(|l| l.reason != "dispute");
        if !asked {
            second_reviews::add_of_verdict(
                &mut tx,
                &verdict,
                &claim,
                "sales_rejection",
                Some(criterion),
                now,
                When::within(now, app.rules.second_look_within),
            )
            .await?;
        }
    }
    answers::add(
        &mut tx,
        &id,
        who.id(),
        &b.answer,
        criterion,
        b.note.trim(),
        now,
    )
    .await?;
    let detail = json!({ "answer": b.answer, "criterion": criterion });
    log::append(
        &mut tx,
        Entry {
            at: now,
            actor: who.id(),
            action: "sales.answered",
            subject: &format!("claim:{id}"),
            detail,
        },
    )
    .await?;
    tx.commit().await?;
    let _ = app.events.send(Event::to_role("queue", "reviewer"));
    Ok(StatusCode::NO_CONTENT)
}
