//! Claims, as the telemarketer makes and follows them.

use crate::api::access::Who;
use crate::api::app::{App, done};
use crate::api::calls::Call;
use crate::api::problem::Problem;
use crate::api::review::item::{DisputedRow, HeardShare, disputed_rows};
use crate::api::review::rows::{AnsweredRow, answered_rows};
use crate::review::{
    Checklist, ClaimOutcome, ClaimState, Criterion, DisputeState, Rules, Ruling, VerdictState,
};
use crate::store::commission::opening::{self, Claiming};
use crate::store::commission::{ledger, plans};
use crate::store::idempotency::{self, Request};
use crate::store::review::checklists;
use crate::store::review::claiming::{self, Change, NewClaim, Wanted};
use crate::store::review::claims::{self, OwnWanted};
use crate::store::review::disputes::{self, Dispute};
use crate::store::review::second_reviews::{self, SecondReview};
use crate::store::review::verdicts::{self, Verdict};
use crate::store::{StoreError, Tx, calls, leads};
use crate::units::{
    CallId, CampaignId, ClaimId, EntryId, LeadId, Money, VerdictId, VersionId, WallTime,
};
use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};

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
    /// Nobody has taken it: it can be changed or withdrawn.
    changeable: bool,
    /// In the queue, from 1.
    #[schema(required)]
    position: Option<usize>,
    write_up: String,
    /// What it is judged by.
    checklist: Vec<Criterion>,
    /// Criterion id to the claimant's own answer.
    own_answers: BTreeMap<String, String>,
    created_at: WallTime,
    /// Who else opened the lead, as it was when the claim was made, and has a share in what it
    /// earns.
    #[schema(required)]
    opener: Option<LeadOpener>,
    /// A manager had it judged before others.
    #[schema(required)]
    first: Option<PutFirst>,
    /// A reviewer heard that it is about another company.
    #[schema(required)]
    sent_back: Option<SentBack>,
    #[schema(required)]
    decided_at: Option<WallTime>,
    #[schema(required)]
    outcome: Option<ClaimOutcome>,
    /// Of a claim that passed and waits for earlier ones: until when at the latest, where a
    /// deadline tells.
    #[schema(required)]
    waits_until: Option<WallTime>,
    /// Of a claim that passed and waits for its claimant to read the plan: after this a later claim
    /// on the lead may earn instead.
    #[schema(required)]
    read_until: Option<WallTime>,
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

/// A colleague who opened a lead, and has a share in what a claim on it earns.
#[derive(Serialize, ToSchema)]
pub struct LeadOpener {
    name: String,
    /// When their conversation began.
    at: WallTime,
    /// Of what the lead earns, as the plan states it: 1 to 99.
    percent: i64,
}

/// Why a manager had a claim judged before others.
#[derive(Serialize, ToSchema)]
pub struct PutFirst {
    reason: String,
    at: WallTime,
}

/// Why a claim came back without a verdict.
#[derive(Serialize, ToSchema)]
pub struct SentBack {
    note: String,
    at: WallTime,
}

/// What became of an own claim: the answers that stand, whoever gave them.
#[derive(Serialize, ToSchema)]
pub struct OwnVerdict {
    id: VerdictId,
    passed: bool,
    final_at: WallTime,
    note: String,
    checklist_version: i64,
    rows: Vec<AnsweredRow>,
    /// A second reviewer gave these answers, and changed the verdict.
    changed: bool,
    /// What the first reviewer had answered, where it was changed.
    #[schema(required)]
    first_rows: Option<Vec<AnsweredRow>>,
    /// How much of the speech was heard by whoever gave these answers.
    #[schema(required)]
    heard: Option<HeardShare>,
}

/// What an own claim earned.
#[derive(Serialize, ToSchema)]
pub struct OwnEntry {
    id: EntryId,
    amount: Money,
    earned_at: WallTime,
    period: String,
}

/// An own dispute.
#[derive(Serialize, ToSchema)]
pub struct OwnDispute {
    rows: Vec<DisputedRow>,
    state: DisputeState,
    #[schema(required)]
    ruling: Option<Ruling>,
    created_at: WallTime,
    due_at: WallTime,
    #[schema(required)]
    decided_at: Option<WallTime>,
    /// The second reviewer's, once it is decided.
    #[schema(required)]
    note: Option<String>,
}

/// Which claims, and from where on.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ClaimsWanted {
    /// A part of the company's name, or a number as `C-1001`.
    q: Option<String>,
    /// Decided ones, or those that are not.
    decided: Option<bool>,
    /// `next` of the page before.
    before: Option<i64>,
}

/// Claims on a page.
const PAGE: i64 = 50;

/// A page of a telemarketer's own claims.
#[derive(Serialize, ToSchema)]
pub struct Claims {
    claims: Vec<Claim>,
    /// `before` of the next page; null on the last.
    #[schema(required)]
    next: Option<i64>,
}

/// Own claims, newest first, 50 a page.
#[utoipa::path(
    get,
    path = "/claims",
    params(ClaimsWanted),
    responses((status = 200, body = Claims))
)]
pub async fn list(
    State(app): State<App>,
    who: Who,
    asked: Result<Query<ClaimsWanted>, QueryRejection>,
) -> Result<Json<Claims>, Problem> {
    let Query(asked) = asked?;
    let wanted = OwnWanted {
        search: asked.q.as_deref().unwrap_or_default(),
        decided: asked.decided,
        before: asked.before,
    };
    let mut tx = app.db.read().await?;
    let mut found = claims::of_person(&mut tx, who.id(), &wanted, PAGE + 1).await?;
    let full = usize::try_from(PAGE).unwrap_or(usize::MAX);
    let more = found.len() > full;
    found.truncate(full);
    let queue = match found.iter().any(claims::Claim::waits) {
        true => claims::queue(&mut tx, who.id(), app.clock.now(), 1000).await?,
        false => Vec::new(),
    };
    let (mut items, mut versions) = (Vec::new(), Versions::default());
    for claim in &found {
        let position = queue.iter().position(|q| q.id == claim.id).map(|p| p + 1);
        items.push(own_view(&mut tx, &app.rules, &mut versions, claim, position).await?);
    }
    Ok(Json(Claims {
        claims: items,
        next: found.last().filter(|_| more).map(|c| c.number),
    }))
}

/// Checklist versions, each read once for a list.
#[derive(Default)]
struct Versions(BTreeMap<VersionId, (i64, Checklist)>);

impl Versions {
    /// A version's number and what it asks.
    async fn get(&mut self, tx: &mut Tx, id: &VersionId) -> Result<(i64, Checklist), Problem> {
        if let Some(known) = self.0.get(id) {
            return Ok(known.clone());
        }
        let version = checklists::existing(tx, id).await?;
        let read = (version.version, version.checklist()?);
        self.0.insert(id.clone(), read.clone());
        Ok(read)
    }
}

async fn own_view(
    tx: &mut Tx,
    rules: &Rules,
    versions: &mut Versions,
    c: &claims::Claim,
    position: Option<usize>,
) -> Result<Claim, Problem> {
    let found = verdicts::of_claim(tx, &c.id).await?;
    let mut result = Outcome::default();
    if let Some(v) = found.filter(|v| v.state == VerdictState::Final) {
        result = outcome(tx, rules, versions, c, v).await?;
    }
    let calls = calls::of_claim(tx, &c.id).await?;
    let checklist = match &c.checklist_version_id {
        Some(id) => versions.get(tx, id).await?.1.criteria,
        None => Vec::new(),
    };
    Ok(Claim {
        checklist,
        opener: opener(tx, c).await?,
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
        changeable: c.state == ClaimState::Open,
        position,
        write_up: c.write_up.reveal().clone(),
        own_answers: serde_json::from_str(c.own_answers.reveal())?,
        created_at: c.created_at,
        first: c
            .first_reason
            .as_ref()
            .zip(c.first_at)
            .map(|(why, at)| PutFirst {
                reason: why.reveal().clone(),
                at,
            }),
        sent_back: c.sent_back_note.as_ref().map(|note| SentBack {
            note: note.reveal().clone(),
            at: c.decided_at.unwrap_or(c.created_at),
        }),
        decided_at: c.decided_at,
        outcome: c.outcome,
        waits_until: c.waits_until.filter(|at| *at < WallTime(i64::MAX)),
        read_until: c.unread_since.map(|since| since + rules.read_within),
        calls: calls.iter().map(Call::of).collect(),
        verdict: result.verdict,
        entry: result.entry,
        dispute: result.dispute,
        dispute_until: result.dispute_until,
    })
}

async fn opener(tx: &mut Tx, c: &claims::Claim) -> Result<Option<LeadOpener>, Problem> {
    let (Some(name), Some(at), Some(plan)) = (&c.opener, c.opened_at, &c.plan_id) else {
        return Ok(None);
    };
    let plan = plans::version(tx, plan).await?;
    let split = plan.and_then(|plan| plan.terms.split);
    Ok(split.map(|split| LeadOpener {
        name: name.reveal().clone(),
        at,
        percent: split.opener_percent,
    }))
}

/// What a final verdict shows.
#[derive(Default)]
struct Outcome {
    verdict: Option<OwnVerdict>,
    entry: Option<OwnEntry>,
    dispute: Option<OwnDispute>,
    dispute_until: Option<WallTime>,
}

async fn outcome(
    tx: &mut Tx,
    rules: &Rules,
    versions: &mut Versions,
    c: &claims::Claim,
    v: Verdict,
) -> Result<Outcome, Problem> {
    let (version, list) = versions.get(tx, &v.checklist_version_id).await?;
    let final_at = v.final_at.unwrap_or(v.hold_until);
    let entry = ledger::of_verdict(tx, &v.id).await?.map(|e| OwnEntry {
        amount: e.amount(),
        id: e.id,
        earned_at: e.earned_at,
        period: e.period,
    });
    let first_rows = answered_rows(&list, &serde_json::from_str::<Vec<_>>(v.answers.reveal())?);
    let dispute_until = (!v.passed).then(|| final_at + rules.dispute_within);
    let mut verdict = OwnVerdict {
        passed: v.passed,
        final_at,
        rows: first_rows,
        note: v.note.into_inner(),
        checklist_version: version,
        changed: false,
        first_rows: None,
        heard: HeardShare::of(v.heard.as_deref())?,
        id: v.id,
    };
    let mut dispute = None;
    if let Some(d) = disputes::of_claim(tx, &c.id).await? {
        let second = second_reviews::existing(tx, &d.second_review_id).await?;
        if let (DisputeState::Changed, Some(answers)) = (d.state, &second.final_answers) {
            let rows = answered_rows(&list, &serde_json::from_str::<Vec<_>>(answers.reveal())?);
            verdict.first_rows = Some(std::mem::replace(&mut verdict.rows, rows));
            verdict.passed = second.final_passed == Some(true);
            verdict.changed = true;
            verdict.heard = HeardShare::of(second.heard.as_deref())?;
        }
        dispute = Some(dispute_view(tx, &list, d, second).await?);
    }
    Ok(Outcome {
        verdict: Some(verdict),
        entry,
        dispute,
        dispute_until,
    })
}

async fn dispute_view(
    tx: &mut Tx,
    list: &Checklist,
    d: Dispute,
    second: SecondReview,
) -> Result<OwnDispute, Problem> {
    let decided = d.state != DisputeState::Open;
    Ok(OwnDispute {
        rows: disputed_rows(tx, &d.id, list).await?,
        state: d.state,
        ruling: d.ruling,
        created_at: d.created_at,
        due_at: second.due_at,
        decided_at: d.decided_at,
        note: second
            .final_note
            .filter(|_| decided)
            .map(|n| n.into_inner()),
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
    /// What a pass earns; null while no plan is in force.
    #[schema(required)]
    earns: Option<Earns>,
    /// Who else opened the lead, and has a share in what it earns if it is claimed now.
    #[schema(required)]
    opener: Option<LeadOpener>,
    /// What was written and not claimed yet.
    #[schema(required)]
    draft: Option<ClaimDraft>,
    /// The claimant's last claim on that lead, where it failed.
    #[schema(required)]
    failed_before: Option<FailedBefore>,
    /// Why the call cannot be claimed now, in words.
    #[schema(required)]
    blocked: Option<String>,
}

/// What a pass earns.
#[derive(Serialize, ToSchema)]
pub struct Earns {
    amount: Money,
    plan_version: i64,
}

/// An own claim on the same lead that failed.
#[derive(Serialize, ToSchema)]
pub struct FailedBefore {
    number: i64,
    #[schema(required)]
    decided_at: Option<WallTime>,
    /// What it takes to claim again, in words.
    needs: String,
}

/// A claim that is not made yet.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ClaimDraft)]
pub struct ClaimDraft {
    #[serde(default)]
    write_up: String,
    /// Criterion id to answer id.
    #[serde(default)]
    answers: BTreeMap<String, String>,
    #[serde(default)]
    calls: Vec<CallId>,
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
    let now = app.clock.now();
    let campaign = leads::existing_campaign(&mut tx, &campaign).await?;
    let version = checklists::in_force(&mut tx, &campaign.checklist_id, now)
        .await?
        .ok_or_else(no_checklist)?;
    let wanted = Wanted {
        lead: &lead,
        campaign: &campaign.id,
        person: who.id(),
        calls: std::slice::from_ref(&id),
        but: None,
    };
    let obstacle = claiming::obstacle(&mut tx, &wanted, now).await?;
    let plan = plans::in_force(&mut tx, &campaign.id, now).await?;
    let draft = claiming::draft(&mut tx, who.id(), &id).await?;
    let claiming = Claiming {
        lead: &lead,
        campaign: &campaign.id,
        claimant: who.id(),
    };
    let opened = match &plan {
        Some(plan) => opening::opened(&mut tx, plan, &claiming, now).await?,
        None => None,
    };
    Ok(Json(ClaimForm {
        opener: opened.map(|o| LeadOpener {
            name: o.name.into_inner(),
            at: o.at,
            percent: o.percent,
        }),
        failed_before: failed_before(&mut tx, &who, &lead).await?,
        blocked: obstacle.map(|o| o.to_string()),
        earns: plan.map(|p| Earns {
            amount: p.amount,
            plan_version: p.version,
        }),
        draft: draft.map(|d| serde_json::from_str(&d)).transpose()?,
        campaign: campaign.name,
        version: version.version,
        checklist: version.checklist()?,
        other_calls: others.iter().map(Call::of).collect(),
    }))
}

async fn failed_before(
    tx: &mut Tx,
    who: &Who,
    lead: &LeadId,
) -> Result<Option<FailedBefore>, Problem> {
    let own = claims::of_lead(tx, lead).await?;
    let last = own
        .into_iter()
        .rfind(|c| c.person_id == *who.id() && c.outcome == Some(ClaimOutcome::Failed));
    Ok(last.map(|c| FailedBefore {
        number: c.number,
        decided_at: c.decided_at,
        needs: "Claiming again needs a conversation that began after that claim was made."
            .to_owned(),
    }))
}

/// When a draft was kept.
#[derive(Serialize, ToSchema)]
pub struct DraftKept {
    saved_at: WallTime,
}

/// Larger than any write-up is.
const LARGEST_DRAFT: usize = 64 << 10;

/// Keeps what is written and not claimed yet, so that a lost browser loses none (PRODUCT R14).
#[utoipa::path(
    put,
    path = "/calls/{id}/claim-draft",
    request_body = ClaimDraft,
    responses((status = 200, body = DraftKept))
)]
pub async fn draft(
    State(app): State<App>,
    who: Who,
    Path(id): Path<CallId>,
    body: Result<Json<ClaimDraft>, JsonRejection>,
) -> Result<Json<DraftKept>, Problem> {
    let Json(b) = body?;
    let text = serde_json::to_string(&b)?;
    if text.len() > LARGEST_DRAFT {
        return Err(Problem::bad("The draft is too large: it was not kept."));
    }
    let now = app.clock.now();
    let mut tx = app.db.write().await?;
    who.call(&mut tx, &id).await?;
    claiming::keep_draft(&mut tx, who.id(), &id, &text, now).await?;
    tx.commit().await?;
    Ok(Json(DraftKept { saved_at: now }))
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
        by: crate::leads::ClaimedBy::Page,
    };
    let id = claiming::add(&mut tx, &new, now).await.map_err(cannot)?;
    let claim = claims::by_id(&mut tx, &id)
        .await?
        .ok_or_else(Problem::not_found)?;
    let response = serde_json::to_value(
        own_view(&mut tx, &app.rules, &mut Versions::default(), &claim, None).await?,
    )?;
    idempotency::keep(&mut tx, &request, &response.to_string(), now).await?;
    tx.commit().await?;
    Ok(Json(response))
}

/// What stands in a claim's way is told as such.
fn cannot(error: StoreError) -> Problem {
    match error {
        StoreError::Refused(why) => Problem::conflict(why),
        error => error.into(),
    }
}

/// An own claim; for everybody else it does not exist.
async fn own(tx: &mut Tx, who: &Who, id: &ClaimId) -> Result<claims::Claim, Problem> {
    claims::by_id(tx, id)
        .await?
        .filter(|c| c.person_id == *who.id())
        .ok_or_else(Problem::not_found)
}

/// Changes an own claim that nobody has taken (PRODUCT R14).
#[utoipa::path(
    put,
    path = "/claims/{id}",
    request_body = ClaimBody,
    responses((status = 200, body = Claim))
)]
pub async fn change(
    State(app): State<App>,
    who: Who,
    Path(id): Path<ClaimId>,
    body: Result<Json<ClaimBody>, JsonRejection>,
) -> Result<Json<Claim>, Problem> {
    let Json(b) = body?;
    let mut tx = app.db.write().await?;
    let claim = own(&mut tx, &who, &id).await?;
    let (lead, _) = lead_of_calls(&mut tx, &who, &b.calls).await?;
    if lead != claim.lead_id {
        return Err(Problem::bad(
            "These calls belong to another lead: withdraw this claim and claim that one.",
        ));
    }
    let change = Change {
        calls: &b.calls,
        write_up: b.write_up.trim(),
        own_answers: &serde_json::to_string(&b.answers)?,
    };
    claiming::change(&mut tx, &claim, &change, app.clock.now())
        .await
        .map_err(cannot)?;
    let claim = own(&mut tx, &who, &id).await?;
    let view = own_view(&mut tx, &app.rules, &mut Versions::default(), &claim, None).await?;
    tx.commit().await?;
    Ok(Json(view))
}

/// Takes an own claim out of the queue while nobody has taken it.
#[utoipa::path(delete, path = "/claims/{id}", responses((status = 204)))]
pub async fn withdraw(
    State(app): State<App>,
    who: Who,
    Path(id): Path<ClaimId>,
) -> Result<StatusCode, Problem> {
    let mut tx = app.db.write().await?;
    let claim = own(&mut tx, &who, &id).await?;
    claiming::withdraw(&mut tx, &claim, app.clock.now()).await?;
    done(tx).await
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
    /// Why, 5 to 200 characters; the claimant reads it. Needed to put it first.
    #[serde(default)]
    reason: String,
}

/// A manager without an interest wants a claim judged before others, with a reason that the
/// claimant reads, or in its turn again (PRODUCT R2). It changes when, never by whom or how.
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
    let reason = b.reason.trim();
    if b.first && !(5..=200).contains(&reason.chars().count()) {
        return Err(Problem::bad(
            "Say why this claim goes first: 5 to 200 characters, which its claimant reads.",
        ));
    }
    let mut tx = app.db.write().await?;
    let claim = claims::by_id(&mut tx, &id)
        .await?
        .filter(|c| who.sees_client(&c.client_id))
        .ok_or_else(Problem::not_found)?;
    let why = b.first.then_some(reason);
    if let Err(error) = claims::put_first(&mut tx, who.id(), &claim, why, app.clock.now()).await {
        return Err(tx.refuse(error).await.into());
    }
    done(tx).await
}
