//! Disputes: made by the claimant, ruled out by a manager where they are not eligible, and nothing
//! else (PRODUCT R9).

use crate::api::access::Who;
use crate::api::app::{App, done};
use crate::api::problem::Problem;
use crate::api::review::item::{DisputedRow, views};
use crate::review::given::Evidence;
use crate::review::{Checklist, DisputeState, Given, Ruling, SecondReviewState};
use crate::store::review::claims::{self, Claim};
use crate::store::review::disputes;
use crate::store::review::second_reviews::{self, SecondReview};
use crate::store::review::verdicts::{self, Verdict};
use crate::store::review::{checklists, eligible};
use crate::store::{Tx, calls};
use crate::units::{ClaimId, DisputeId, SecondReviewId, VerdictId, VersionId, WallTime};
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// What a claimant disputes.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DisputeBody {
    /// 1 to 9 rows that failed, each once.
    rows: Vec<DisputeRow>,
}

/// A row that is disputed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DisputeRow {
    criterion: String,
    /// The seconds in which it is said.
    clip: Evidence,
    /// At least ten characters.
    reason: String,
}

/// A dispute that waits for its second reviewer.
#[derive(Serialize, ToSchema)]
pub struct DisputeDue {
    due_at: WallTime,
}

const SHORTEST_REASON: usize = 10;

/// Disputes failed rows of an own claim's verdict.
#[utoipa::path(
    post,
    path = "/claims/{id}/dispute",
    request_body = DisputeBody,
    responses((status = 200, body = DisputeDue))
)]
pub async fn add(
    State(app): State<App>,
    who: Who,
    Path(id): Path<ClaimId>,
    body: Result<Json<DisputeBody>, JsonRejection>,
) -> Result<Json<DisputeDue>, Problem> {
    let Json(b) = body?;
    let now = app.clock.now();
    let mut tx = app.db.write().await?;
    let claim = claims::by_id(&mut tx, &id)
        .await?
        .filter(|c| c.person_id == *who.id())
        .ok_or_else(Problem::not_found)?;
    let verdict = verdicts::of_claim(&mut tx, &id)
        .await?
        .ok_or_else(|| Problem::conflict("There is no verdict to dispute yet."))?;
    let rows = rows(&mut tx, &claim, &verdict, b.rows).await?;
    match disputes::add(&mut tx, &verdict, &claim, &rows, &app.rules, now).await {
        Err(e) if e.is_duplicate() => {
            return Err(Problem::conflict("This verdict has been disputed already."));
        }
        other => other?,
    };
    tx.commit().await?;
    Ok(Json(DisputeDue {
        due_at: now + app.rules.second_review_within,
    }))
}

/// The rows as they are stored, each checked.
async fn rows(
    tx: &mut Tx,
    claim: &Claim,
    verdict: &Verdict,
    given: Vec<DisputeRow>,
) -> Result<Vec<disputes::Row>, Problem> {
    if given.is_empty() || given.len() > 9 {
        return Err(Problem::bad("Dispute one to nine rows that failed."));
    }
    let mut rows: Vec<disputes::Row> = Vec::new();
    for row in given {
        if rows.iter().any(|r| r.criterion == row.criterion) {
            return Err(Problem::bad("A row stands twice in this dispute."));
        }
        if !has_failed(tx, verdict, &row.criterion).await? {
            return Err(Problem::bad("Dispute a row that failed."));
        }
        if row.reason.trim().chars().count() < SHORTEST_REASON {
            return Err(Problem::bad(
                "Say in a few words why each row should have passed: ten characters or more.",
            ));
        }
        if !lies_within(tx, claim, &row.clip).await? {
            return Err(Problem::bad(
                "Name the seconds in which it is said, within a call of this claim.",
            ));
        }
        rows.push(disputes::Row {
            clip: serde_json::to_string(&row.clip)?,
            criterion: row.criterion,
            reason: row.reason.trim().to_owned().into(),
        });
    }
    Ok(rows)
}

async fn has_failed(tx: &mut Tx, verdict: &Verdict, criterion: &str) -> Result<bool, Problem> {
    let version = checklists::existing(tx, &verdict.checklist_version_id).await?;
    let list = version.checklist()?;
    let given: Vec<Given> = serde_json::from_str(verdict.answers.reveal())?;
    let must_pass = list.criterion(criterion).is_some_and(|c| c.must_pass);
    Ok(must_pass && list.met(criterion, &given) == Some(false))
}

async fn lies_within(tx: &mut Tx, claim: &Claim, clip: &Evidence) -> Result<bool, Problem> {
    let of_claim = claims::calls(tx, &claim.id).await?.contains(&clip.call);
    let length = calls::recording(tx, &clip.call)
        .await?
        .map_or(0, |r| r.duration_ms.unsigned_abs());
    Ok(of_claim && clip.from_ms < clip.to_ms && clip.to_ms <= length + 1_000)
}

/// What keeps a dispute from going on.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Waits {
    /// Everybody who could judge it has an interest or has judged the call.
    NobodyLeft,
    /// Its reviewer answered, never confirmed, and it is overdue.
    LeftUnconfirmed,
}

/// A dispute as a manager sees it. What the second reviewer answered shows once it is decided.
#[derive(Serialize, ToSchema)]
pub struct Dispute {
    id: DisputeId,
    /// The claim's number.
    claim: i64,
    company: String,
    claimant: String,
    rows: Vec<DisputedRow>,
    created_at: WallTime,
    due_at: WallTime,
    #[schema(required)]
    waits: Option<Waits>,
    state: DisputeState,
    #[schema(required)]
    ruling: Option<Ruling>,
    #[schema(required)]
    decided_at: Option<WallTime>,
}

/// A claim that waits, and that no reviewer may judge.
#[derive(Serialize, ToSchema)]
pub struct StuckClaim {
    id: ClaimId,
    number: i64,
    company: String,
    claimant: String,
    campaign: String,
    created_at: WallTime,
}

/// Disputes of one's clients, and claims that wait for another reviewer.
#[derive(Serialize, ToSchema)]
pub struct Disputes {
    disputes: Vec<Dispute>,
    /// Every reviewer has judged the lead or has an interest. Of the 200 that have waited longest.
    nobody_left: Vec<StuckClaim>,
    now: WallTime,
}

/// A manager's list, open ones first.
#[utoipa::path(get, path = "/disputes", responses((status = 200, body = Disputes)))]
pub async fn list(State(app): State<App>, who: Who) -> Result<Json<Disputes>, Problem> {
    let now = app.clock.now();
    let mut tx = app.db.read().await?;
    let listed = disputes::of_clients(&mut tx, who.id()).await?;
    let known = Known::of(&mut tx, &listed).await?;
    let mut items = Vec::new();
    for d in listed {
        items.push(known.view(&mut tx, d, now).await?);
    }
    let stuck = eligible::judged_by_nobody(&mut tx, who.id()).await?;
    Ok(Json(Disputes {
        disputes: items,
        nobody_left: stuck.into_iter().map(stuck_claim).collect(),
        now,
    }))
}

fn stuck_claim(c: Claim) -> StuckClaim {
    StuckClaim {
        id: c.id,
        number: c.number,
        company: c.company.into_inner(),
        claimant: c.person.into_inner(),
        campaign: c.campaign,
        created_at: c.created_at,
    }
}

/// What a list of disputes points at, read for all of them at once.
struct Known {
    claims: BTreeMap<ClaimId, Claim>,
    seconds: BTreeMap<SecondReviewId, SecondReview>,
    /// The checklist's version of each verdict.
    versions: BTreeMap<VerdictId, VersionId>,
    lists: BTreeMap<VersionId, Checklist>,
    rows: BTreeMap<DisputeId, Vec<disputes::Row>>,
}

impl Known {
    async fn of(tx: &mut Tx, listed: &[disputes::Dispute]) -> Result<Known, Problem> {
        let ids: Vec<&ClaimId> = listed.iter().map(|d| &d.claim_id).collect();
        let claims = claims::by_ids(tx, &ids).await?;
        let ids: Vec<&SecondReviewId> = listed.iter().map(|d| &d.second_review_id).collect();
        let seconds = second_reviews::by_ids(tx, &ids).await?;
        let ids: Vec<&VerdictId> = listed.iter().map(|d| &d.verdict_id).collect();
        let verdicts = verdicts::by_ids(tx, &ids).await?.into_iter();
        let versions: BTreeMap<VerdictId, VersionId> = verdicts
            .map(|(id, v)| (id, v.checklist_version_id))
            .collect();
        let mut lists = BTreeMap::new();
        for id in versions.values().collect::<BTreeSet<_>>() {
            let version = checklists::existing(tx, id).await?;
            lists.insert(id.clone(), version.checklist()?);
        }
        let ids: Vec<&DisputeId> = listed.iter().map(|d| &d.id).collect();
        Ok(Known {
            claims,
            seconds,
            versions,
            lists,
            rows: disputes::rows_of(tx, &ids).await?,
        })
    }

    async fn view(
        &self,
        tx: &mut Tx,
        d: disputes::Dispute,
        now: WallTime,
    ) -> Result<Dispute, Problem> {
        let claim = self.claims.get(&d.claim_id).cloned();
        let claim = claim.ok_or_else(Problem::not_found)?;
        let second = self.seconds.get(&d.second_review_id);
        let second = second.ok_or_else(Problem::not_found)?;
        let list = self.versions.get(&d.verdict_id);
        let list = list.and_then(|id| self.lists.get(id));
        let list = list.ok_or_else(Problem::not_found)?;
        let rows = self.rows.get(&d.id).cloned().unwrap_or_default();
        Ok(Dispute {
            rows: views(rows, list)?,
            waits: waits(tx, &d, (&claim, second), now).await?,
            id: d.id,
            claim: claim.number,
            company: claim.company.into_inner(),
            claimant: claim.person.into_inner(),
            created_at: d.created_at,
            due_at: second.due_at,
            state: d.state,
            ruling: d.ruling,
            decided_at: d.decided_at,
        })
    }
}

async fn waits(
    tx: &mut Tx,
    d: &disputes::Dispute,
    (claim, second): (&Claim, &SecondReview),
    now: WallTime,
) -> Result<Option<Waits>, Problem> {
    Ok(match second.state {
        _ if d.state != DisputeState::Open => None,
        SecondReviewState::Open if eligible::reviewers(tx, claim).await?.is_empty() => {
            Some(Waits::NobodyLeft)
        }
        SecondReviewState::Answered if second.due_at < now => Some(Waits::LeftUnconfirmed),
        _ => None,
    })
}

/// Why a dispute is not to be judged.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RulingBody {
    why: Ruling,
}

/// A dispute that this manager may see.
async fn visible(tx: &mut Tx, who: &Who, id: &DisputeId) -> Result<disputes::Dispute, Problem> {
    let dispute = disputes::by_id(tx, id)
        .await?
        .ok_or_else(Problem::not_found)?;
    claims::by_id(tx, &dispute.claim_id)
        .await?
        .filter(|c| who.sees_client(&c.client_id))
        .ok_or_else(Problem::not_found)?;
    Ok(dispute)
}

/// A manager rules on eligibility alone.
#[utoipa::path(
    post,
    path = "/disputes/{id}/ineligible",
    request_body = RulingBody,
    responses((status = 204))
)]
pub async fn rule_out(
    State(app): State<App>,
    who: Who,
    Path(id): Path<DisputeId>,
    body: Result<Json<RulingBody>, JsonRejection>,
) -> Result<StatusCode, Problem> {
    let Json(RulingBody { why }) = body?;
    let now = app.clock.now();
    let mut tx = app.db.write().await?;
    let dispute = visible(&mut tx, &who, &id).await?;
    if let Err(error) = disputes::rule_out(&mut tx, who.id(), &dispute, why, now).await {
        return Err(tx.refuse(error).await.into());
    }
    done(tx).await
}

/// The reviewer who answered never confirmed, and it is overdue: somebody else judges it afresh.
/// The manager does not learn what was answered.
#[utoipa::path(post, path = "/disputes/{id}/ask-another", responses((status = 204)))]
pub async fn ask_another(
    State(app): State<App>,
    who: Who,
    Path(id): Path<DisputeId>,
) -> Result<StatusCode, Problem> {
    let now = app.clock.now();
    let mut tx = app.db.write().await?;
    let dispute = visible(&mut tx, &who, &id).await?;
    let due = now + app.rules.second_review_within;
    if let Err(error) = disputes::ask_another(&mut tx, who.id(), &dispute, now, due).await {
        return Err(tx.refuse(error).await.into());
    }
    done(tx).await
}
