//! Claims, as the telemarketer makes and follows them.

use crate::api::access::Who;
use crate::api::app::App;
use crate::api::calls::Call;
use crate::api::problem::Problem;
use crate::api::review::rows::{AnsweredRow, answered_rows};
use crate::review::{
    Checklist, ClaimOutcome, ClaimState, DisputeState, Rules, Ruling, VerdictState,
};
use crate::store::Tx;
use crate::store::commission::ledger;
use crate::store::idempotency::{self, Request};
use crate::store::review::claims::{self, NewClaim};
use crate::store::review::disputes::{self, Dispute};
use crate::store::review::{checklists, second_reviews, verdicts};
use crate::store::{calls, leads};
use crate::units::{CallId, CampaignId, ClaimId, EntryId, LeadId, Money, VerdictId, WallTime};
use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A claim as its claimant sees it: a verdict on hold does not exist yet.
#[derive(Serialize, ToSchema)]
pub struct Claim {
    id: ClaimId,
    number: i64,
    company: String,
    campaign: String,
    lead_id: LeadId,
    /// A verdict on hold reads `in_review`.
    state: ClaimState,
    taken_at_all: bool,
    /// In the queue, from 1.
    #[schema(required)]
    position: Option<usize>,
    write_up: String,
    created_at: WallTime,
    #[schema(required)]
    decided_at: Option<WallTime>,
    #[schema(required)]
    outcome: Option<ClaimOutcome>,
    calls: Vec<Call>,
    #[schema(required)]
    verdict: Option<OwnVerdict>,
    #[schema(required)]
    entry: Option<OwnEntry>,
    #[schema(required)]
    dispute: Option<OwnDispute>,
    /// End of the time in which it may be disputed; null for what cannot be.
    #[schema(required)]
    dispute_until: Option<WallTime>,
}

/// The verdict on an own claim.
#[derive(Serialize, ToSchema)]
pub struct OwnVerdict {
    id: VerdictId,
    passed: bool,
    final_at: WallTime,
    note: String,
    checklist_version: i64,
    rows: Vec<AnsweredRow>,
}

/// What an own claim earned.
#[derive(Serialize, ToSchema)]
pub struct OwnEntry {
    id: EntryId,
    amount: Money,
    earned_at: WallTime,
    period: String,
}

/// An own dispute: what the second reviewer answered shows once it is decided.
#[derive(Serialize, ToSchema)]
pub struct OwnDispute {
    criterion: String,
    reason: String,
    state: DisputeState,
    #[schema(required)]
    ruling: Option<Ruling>,
    created_at: WallTime,
    due_at: WallTime,
    #[schema(required)]
    decided_at: Option<WallTime>,
    #[schema(required)]
    rows: Option<Vec<AnsweredRow>>,
    #[schema(required)]
    note: Option<String>,
}

/// A telemarketer's own claims.
#[derive(Serialize, ToSchema)]
pub struct Claims {
    claims: Vec<Claim>,
}

/// Own claims, newest first, at most 500.
#[utoipa::path(get, path = "/claims", responses((status = 200, body = Claims)))]
pub async fn list(State(app): State<App>, who: Who) -> Result<Json<Claims>, Problem> {
    let mut tx = app.db.read().await?;
    let queue = claims::queue(&mut tx, who.id(), app.clock.now(), 1000).await?;
    let mut items = Vec::new();
    for claim in claims::of_person(&mut tx, who.id()).await? {
        let position = queue.iter().position(|q| q.id == claim.id).map(|p| p + 1);
        items.push(own_view(&mut tx, &app.rules, &claim, position).await?);
    }
    Ok(Json(Claims { claims: items }))
}

async fn own_view(
    tx: &mut Tx,
    rules: &Rules,
    c: &claims::Claim,
    position: Option<usize>,
) -> Result<Claim, Problem> {
    let found = verdicts::of_claim(tx, &c.id).await?;
    let (mut verdict, mut entry, mut dispute, mut dispute_until) = (None, None, None, None);
    if let Some(v) = found.filter(|v| v.state == VerdictState::Final) {
        let version = checklists::existing(tx, &v.checklist_version_id).await?;
        let list = version.checklist()?;
        let final_at = v.final_at.unwrap_or(v.hold_until);
        entry = ledger::of_verdict(tx, &v.id).await?.map(|e| OwnEntry {
            amount: e.amount(),
            id: e.id,
            earned_at: e.earned_at,
            period: e.period,
        });
        if let Some(d) = disputes::of_claim(tx, &c.id).await? {
            dispute = Some(dispute_view(tx, &list, d).await?);
        }
        dispute_until = (!v.passed).then(|| final_at + rules.dispute_within);
        verdict = Some(OwnVerdict {
            passed: v.passed,
            final_at,
            rows: answered_rows(&list, &serde_json::from_str::<Vec<_>>(v.answers.reveal())?),
            note: v.note.into_inner(),
            checklist_version: version.version,
            id: v.id,
        });
    }
    let calls = calls::of_claim(tx, &c.id).await?;
    Ok(Claim {
        id: c.id.clone(),
        number: c.number,
        company: c.company.reveal().clone(),
        campaign: c.campaign.clone(),
        lead_id: c.lead_id.clone(),
        state: match c.state {
            ClaimState::Held => ClaimState::InReview,
            state => state,
        },
        taken_at_all: c.state != ClaimState::Open,
        position,
        write_up: c.write_up.reveal().clone(),
        created_at: c.created_at,
        decided_at: c.decided_at,
        outcome: c.outcome,
        calls: calls.iter().map(Call::of).collect(),
        verdict,
        entry,
        dispute,
        dispute_until,
    })
}

async fn dispute_view(tx: &mut Tx, list: &Checklist, d: Dispute) -> Result<OwnDispute, Problem> {
    let second = second_reviews::existing(tx, &d.second_review_id).await?;
    let rows = match (d.state, &second.final_answers) {
        (DisputeState::Stands | DisputeState::Changed, Some(answers)) => {
            let given: Vec<_> = serde_json::from_str(answers.reveal())?;
            Some(answered_rows(list, &given))
        }
        _ => None,
    };
    Ok(OwnDispute {
        criterion: d.criterion,
        reason: d.reason.into_inner(),
        state: d.state,
        ruling: d.ruling,
        created_at: d.created_at,
        due_at: second.due_at,
        decided_at: d.decided_at,
        rows,
        note: second.final_note.map(|n| n.into_inner()),
    })
}

/// What a claim is made with.
#[derive(Serialize, ToSchema)]
pub struct ClaimForm {
    campaign: String,
    version: i64,
    checklist: Checklist,
    /// The claimant's other recorded calls with that lead.
    other_calls: Vec<Call>,
}

/// The checklist along which a call's lead can be claimed, and the claimant's other recorded calls
/// with that lead.
#[utoipa::path(get, path = "/calls/{id}/checklist", responses((status = 200, body = ClaimForm)))]
pub async fn checklist(
    State(app): State<App>,
    who: Who,
    Path(id): Path<CallId>,
) -> Result<Json<ClaimForm>, Problem> {
    let mut tx = app.db.read().await?;
    let call = who.call(&mut tx, &id).await?;
    let (Some(lead), Some(campaign)) = (call.lead_id, call.campaign_id) else {
        return Err(no_lead());
    };
    let mut others = calls::of_lead(&mut tx, &lead).await?;
    others.retain(|c| {
        c.id != id && c.duration_ms.is_some() && c.person_id.as_ref() == Some(who.id())
    });
    let campaign = leads::existing_campaign(&mut tx, &campaign).await?;
    let version = checklists::in_force(&mut tx, &campaign.checklist_id, app.clock.now())
        .await?
        .ok_or_else(no_checklist)?;
    Ok(Json(ClaimForm {
        campaign: campaign.name,
        version: version.version,
        checklist: version.checklist()?,
        other_calls: others.iter().map(Call::of).collect(),
    }))
}

fn no_lead() -> Problem {
    Problem::bad("Say first which lead the call belongs to.")
}

/// A campaign without a version in force can be neither claimed nor judged.
pub fn no_checklist() -> Problem {
    Problem::conflict(
        "The campaign's checklist has no version in force: the heads of marketing and sales sign \
         one first.",
    )
}

/// A claim.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClaimBody {
    /// One to twenty own calls of one lead.
    calls: Vec<CallId>,
    write_up: String,
    /// Criterion id to answer id; blanks are allowed and shown as such.
    #[serde(default)]
    answers: BTreeMap<String, String>,
}

/// Claims a lead. Needs an `Idempotency-Key`.
#[utoipa::path(
    post,
    path = "/claims",
    params(("idempotency-key" = String, Header)),
    request_body = ClaimBody,
    responses((status = 200, body = Claim))
)]
pub async fn add(
    State(app): State<App>,
    who: Who,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Value>, Problem> {
    let request = Request {
        person: who.id(),
        key: idempotency_key(&headers)?,
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
    let new = NewClaim {
        lead: &lead,
        campaign: &campaign,
        person: who.id(),
        calls: &b.calls,
        write_up: b.write_up.trim(),
        own_answers: &serde_json::to_string(&b.answers)?,
        by_phone: false,
    };
    let id = match claims::add(&mut tx, &new, now).await {
        Err(e) if e.is_duplicate() => {
            return Err(Problem::conflict(
                "Your claim on this lead is in the queue already.",
            ));
        }
        other => other?,
    };
    let claim = claims::by_id(&mut tx, &id)
        .await?
        .ok_or_else(Problem::not_found)?;
    let response = serde_json::to_value(own_view(&mut tx, &app.rules, &claim, None).await?)?;
    idempotency::keep(&mut tx, &request, &response.to_string(), now).await?;
    tx.commit().await?;
    Ok(Json(response))
}

/// All calls of a claim are the claimant's own, were answered, and belong to one lead.
async fn lead_of_calls(
    tx: &mut Tx,
    who: &Who,
    ids: &[CallId],
) -> Result<(LeadId, CampaignId), Problem> {
    if ids.is_empty() || ids.len() > 20 {
        return Err(Problem::bad("A claim needs one to twenty calls."));
    }
    let mut lead: Option<(LeadId, CampaignId)> = None;
    for (i, id) in ids.iter().enumerate() {
        if ids[..i].contains(id) {
            return Err(Problem::bad("A call stands twice in this claim."));
        }
        let call = who.call(tx, id).await?;
        if call.duration_ms.is_none() {
            return Err(Problem::bad(
                "This call has no recording, so nobody could hear the claim: choose the call in \
                 which it was said.",
            ));
        }
        let (Some(l), Some(campaign)) = (call.lead_id, call.campaign_id) else {
            return Err(no_lead());
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
            "Send an Idempotency-Key header of 8 to 200 characters, new for each request and the \
             same when you repeat it.",
        )
    })
}

/// Whether a claim is judged before others.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FirstBody {
    first: bool,
}

/// A manager wants a claim judged before others, or in its turn again (PRODUCT R2). It changes
/// when, never by whom or how.
#[utoipa::path(
    post,
    path = "/claims/{id}/first",
    request_body = FirstBody,
    responses((status = 204))
)]
pub async fn put_first(
    State(app): State<App>,
    who: Who,
    Path(id): Path<ClaimId>,
    body: Result<Json<FirstBody>, JsonRejection>,
) -> Result<StatusCode, Problem> {
    let Json(b) = body?;
    let mut tx = app.db.write().await?;
    let claim = claims::by_id(&mut tx, &id)
        .await?
        .filter(|c| who.sees_client(&c.client_id))
        .ok_or_else(Problem::not_found)?;
    claims::put_first(&mut tx, &who.actor(), &claim, b.first, app.clock.now()).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
