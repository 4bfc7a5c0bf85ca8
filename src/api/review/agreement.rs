//! What managers ask of reviews: samples of what nobody claimed, calibration rounds, and how well
//! reviewers agree. None of it moves money (PRODUCT R10 to R12).

use crate::api::access::Who;
use crate::api::app::App;
use crate::api::leads::CriterionName;
use crate::api::problem::Problem;
use crate::api::review::rows::{AnsweredRow, answered_rows};
use crate::identity::Role;
use crate::review::agreement::{Agreement, Pairs};
use crate::review::{
    Checklist, ClaimOutcome, Given, Refusal, SecondReviewReason, SecondReviewState, Stake,
    VerdictState,
};
use crate::store::handover::answers;
use crate::store::people::Person;
use crate::store::review::second_reviews::{self, Calibration, SecondReview};
use crate::store::review::verdicts::{self, Verdict};
use crate::store::review::{checklists, claims, eligible, interest};
use crate::store::{Tx, leads, people};
use crate::units::{CalibrationId, ClaimId, Micros, PersonId, VerdictId, VersionId, WallTime};
use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// How many calls to draw.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SampleBody {
    /// 1 to 50.
    count: u32,
    /// How far back, 1 to 366.
    days: u32,
}

/// How many calls were drawn.
#[derive(Serialize, ToSchema)]
pub struct Drawn {
    drawn: usize,
}

const MOST_SAMPLED: u32 = 50;
/// So many sampled calls are told, the newest.
const MOST_TOLD: usize = 200;

/// Draws answered calls that nobody claimed, to find leads that were missed or withheld (PRODUCT
/// R12).
#[utoipa::path(
    post,
    path = "/samples",
    request_body = SampleBody,
    responses((status = 200, body = Drawn))
)]
pub async fn sample(
    State(app): State<App>,
    who: Who,
    body: Result<Json<SampleBody>, JsonRejection>,
) -> Result<Json<Drawn>, Problem> {
    let Json(b) = body?;
    if b.count == 0 || b.count > MOST_SAMPLED || b.days == 0 || b.days > 366 {
        return Err(Problem::bad(
            "Draw 1 to 50 calls, from the last 1 to 366 days.",
        ));
    }
    let now = app.clock.now();
    let since = now - Micros::from_secs(86_400 * i64::from(b.days));
    let mut tx = app.db.write().await?;
    let mut found = second_reviews::unclaimed(&mut tx, who.id(), since, 10_000).await?;
    let of = found.len();
    let mut drawn = Vec::new();
    while drawn.len() < b.count as usize && !found.is_empty() {
        let call = found.swap_remove(rand::random_range(0..found.len()));
        let campaign = leads::existing_campaign(&mut tx, &call.campaign_id).await?;
        let version = checklists::in_force(&mut tx, &campaign.checklist_id, now).await?;
        drawn.extend(version.map(|v| (call, v.id)));
    }
    let due = now + app.rules.second_review_within;
    if let Err(error) = second_reviews::sample(&mut tx, who.id(), &drawn, of, now, due).await {
        return Err(tx.refuse(error).await.into());
    }
    tx.commit().await?;
    Ok(Json(Drawn { drawn: drawn.len() }))
}

/// Who is to judge which claim.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CalibrationBody {
    /// A decided claim.
    claim: ClaimId,
    /// Two to twenty.
    reviewers: Vec<PersonId>,
    /// 1 to 90.
    days: u32,
}

/// A round that has begun.
#[derive(Serialize, ToSchema)]
pub struct NewRound {
    id: CalibrationId,
}

/// Several reviewers judge the same claim (PRODUCT R11).
#[utoipa::path(
    post,
    path = "/calibrations",
    request_body = CalibrationBody,
    responses((status = 200, body = NewRound))
)]
pub async fn calibrate(
    State(app): State<App>,
    who: Who,
    body: Result<Json<CalibrationBody>, JsonRejection>,
) -> Result<Json<NewRound>, Problem> {
    let Json(b) = body?;
    let now = app.clock.now();
    let mut tx = app.db.write().await?;
    let claim = claims::by_id(&mut tx, &b.claim)
        .await?
        .filter(|c| who.sees_client(&c.client_id))
        .ok_or_else(Problem::not_found)?;
    let first = verdicts::of_claim(&mut tx, &claim.id)
        .await?
        .filter(|v| v.state == VerdictState::Final)
        .ok_or_else(|| {
            Problem::conflict(
                "Only a decided claim can be judged by several: this one's verdict is still open.",
            )
        })?;
    if b.reviewers.len() < 2 || b.reviewers.len() > 20 || b.days == 0 || b.days > 90 {
        return Err(Problem::bad(
            "Choose two to twenty reviewers, and 1 to 90 days.",
        ));
    }
    let known = people::colleagues(&mut tx, who.id(), Role::Reviewer).await?;
    let stake = claims::stake(&mut tx, &claim).await?;
    for (i, reviewer) in b.reviewers.iter().enumerate() {
        if b.reviewers[..i].contains(reviewer) {
            return Err(Problem::bad("A reviewer stands twice in this round."));
        }
        let reviewer = known
            .iter()
            .find(|p| p.id == *reviewer)
            .ok_or_else(|| Problem::bad("One of them is no reviewer of yours."))?;
        may_calibrate(&mut tx, reviewer, &first, &stake).await?;
    }
    let due = now + Micros::from_secs(86_400 * i64::from(b.days));
    let (by, reviewers) = (who.id(), &b.reviewers);
    let begun = second_reviews::calibrate(&mut tx, by, &claim, &first, reviewers, now, due).await;
    let id = match begun {
        Ok(id) => id,
        Err(error) => return Err(tx.refuse(error).await.into()),
    };
    let can_be_disputed = eligible::kept_free_until(&mut tx, &first, &app.rules)
        .await?
        .is_some_and(|until| until > now);
    if can_be_disputed && eligible::reviewers(&mut tx, &claim).await?.is_empty() {
        return Err(Problem::conflict(
            "Leave one reviewer out: while this verdict can be disputed, somebody has to be left \
             who can judge it afresh.",
        ));
    }
    tx.commit().await?;
    Ok(Json(NewRound { id }))
}

async fn may_calibrate(
    tx: &mut Tx,
    reviewer: &Person,
    first: &Verdict,
    stake: &Stake,
) -> Result<(), Problem> {
    let name = reviewer.name.reveal();
    if reviewer.id == first.reviewer_id {
        return Err(Problem::bad(format!(
            "{name} gave this claim's verdict, which is compared anyway: choose others."
        )));
    }
    let party = interest::party(tx, &reviewer.id).await?;
    match interest::against_taking(&party, stake) {
        None => Ok(()),
        Some(Refusal::JudgedBefore) => Err(Problem::bad(format!(
            "{name} has judged this lead before, or is to: choose others, who hear it for the \
             first time."
        ))),
        Some(_) => Err(Problem::bad(format!(
            "{name} has an interest in this claim: choose others."
        ))),
    }
}

/// What one reviewer answered in a round.
#[derive(Serialize, ToSchema)]
pub struct Column {
    reviewer: String,
    passed: bool,
    rows: Vec<AnsweredRow>,
}

/// A round with its differences, row by row.
#[derive(Serialize, ToSchema)]
pub struct Round {
    id: CalibrationId,
    /// The claim's number.
    claim: i64,
    company: String,
    created_at: WallTime,
    due_at: WallTime,
    done: usize,
    of: usize,
    open: bool,
    criteria: Vec<CriterionName>,
    /// Empty while it is open.
    columns: Vec<Column>,
}

/// A reviewer who may be asked.
#[derive(Serialize, ToSchema)]
pub struct ReviewerName {
    id: PersonId,
    name: String,
}

/// A claim that may be judged by several.
#[derive(Serialize, ToSchema)]
pub struct DecidedClaim {
    id: ClaimId,
    number: i64,
    company: String,
    #[schema(required)]
    outcome: Option<ClaimOutcome>,
    #[schema(required)]
    decided_at: Option<WallTime>,
}

/// Rounds, and what another could be made of.
#[derive(Serialize, ToSchema)]
pub struct Calibrations {
    rounds: Vec<Round>,
    reviewers: Vec<ReviewerName>,
    claims: Vec<DecidedClaim>,
}

/// Rounds with their differences; answers show once all are in, or the round is over.
#[utoipa::path(get, path = "/calibrations", responses((status = 200, body = Calibrations)))]
pub async fn calibrations(State(app): State<App>, who: Who) -> Result<Json<Calibrations>, Problem> {
    let now = app.clock.now();
    let mut tx = app.db.read().await?;
    let mut rounds = Vec::new();
    for round in second_reviews::calibrations(&mut tx).await? {
        if who.sees_client(&round.client_id) {
            rounds.push(view(&mut tx, round, now).await?);
        }
    }
    let reviewers = people::colleagues(&mut tx, who.id(), Role::Reviewer).await?;
    let decided = claims::decided_of_clients(&mut tx, who.id(), 200).await?;
    Ok(Json(Calibrations {
        rounds,
        reviewers: reviewers
            .into_iter()
            .map(|p| ReviewerName {
                id: p.id,
                name: p.name.into_inner(),
            })
            .collect(),
        claims: decided
            .into_iter()
            .map(|c| DecidedClaim {
                id: c.id,
                number: c.number,
                company: c.company.into_inner(),
                outcome: c.outcome,
                decided_at: c.decided_at,
            })
            .collect(),
    }))
}

async fn view(tx: &mut Tx, round: Calibration, now: WallTime) -> Result<Round, Problem> {
    let each = second_reviews::of_calibration(tx, &round.id).await?;
    let done = each.iter().filter(|s| s.answers.is_some()).count();
    let open = done < each.len() && round.due_at > now;
    let first = verdicts::of_claim(tx, &round.claim_id)
        .await?
        .ok_or_else(Problem::not_found)?;
    let version = checklists::existing(tx, &first.checklist_version_id).await?;
    let list = version.checklist()?;
    let mut columns = Vec::new();
    if !open {
        let (reviewer, answers) = (&first.reviewer_id, first.answers.reveal());
        columns.push(column(tx, &list, reviewer, answers, first.passed).await?);
        for second in &each {
            if let (Some(reviewer), Some(answers), Some(passed)) =
                (&second.reviewer_id, &second.answers, second.passed)
            {
                columns.push(column(tx, &list, reviewer, answers.reveal(), passed).await?);
            }
        }
    }
    Ok(Round {
        id: round.id,
        claim: round.claim_number,
        company: round.company.into_inner(),
        created_at: round.created_at,
        due_at: round.due_at,
        done,
        of: each.len(),
        open,
        criteria: list
            .criteria
            .into_iter()
            .map(|c| CriterionName {
                id: c.id,
                title: c.title,
            })
            .collect(),
        columns,
    })
}

async fn column(
    tx: &mut Tx,
    list: &Checklist,
    reviewer: &PersonId,
    answers: &str,
    passed: bool,
) -> Result<Column, Problem> {
    Ok(Column {
        reviewer: name_of(tx, reviewer).await?,
        passed,
        rows: answered_rows(list, &serde_json::from_str::<Vec<_>>(answers)?),
    })
}

async fn name_of(tx: &mut Tx, person: &PersonId) -> Result<String, Problem> {
    let person = people::by_id(tx, person).await?;
    Ok(person.map_or_else(String::new, |p| p.name.into_inner()))
}

/// Agreement on one criterion.
#[derive(Serialize, ToSchema)]
pub struct CriterionAgreement {
    title: String,
    agreement: Agreement,
}

/// A reviewer's verdicts that were judged again.
#[derive(Serialize, ToSchema)]
pub struct ReviewerErrors {
    reviewer: String,
    /// Tells reviewers of one name apart.
    login: String,
    /// How many were judged again.
    looked_at: u64,
    /// How many of those came out otherwise.
    otherwise: u64,
}

/// Rejections by sales that cite a criterion.
#[derive(Serialize, ToSchema, Default)]
pub struct Rejections {
    /// How many were judged again.
    looked_at: u64,
    /// How many of those the second reviewer did not find supported.
    unsupported: u64,
}

/// A call that nobody claimed and a reviewer judged.
#[derive(Serialize, ToSchema)]
pub struct Sampled {
    /// S-12.
    number: String,
    company: String,
    passed: bool,
    #[schema(required)]
    at: Option<WallTime>,
}

/// How well reviewers agree, and what second reviews found.
#[derive(Serialize, ToSchema)]
pub struct AgreementReport {
    verdict: Agreement,
    criteria: Vec<CriterionAgreement>,
    reviewers: Vec<ReviewerErrors>,
    rejections: Rejections,
    sampled: Vec<Sampled>,
    waiting: u64,
    overdue: u64,
}

/// What is counted on the way.
#[derive(Default)]
struct Counts {
    /// A criterion's title with the pairs of answers given to it.
    criteria: BTreeMap<String, (String, Pairs)>,
    verdict: Pairs,
    /// How many verdicts of a reviewer were judged again, and how many came out otherwise.
    reviewers: BTreeMap<PersonId, (u64, u64)>,
    /// Checklists that have been read.
    lists: BTreeMap<VersionId, Checklist>,
    /// A claim's first blind answer.
    blind: BTreeMap<ClaimId, (Checklist, Vec<Given>)>,
    sampled: Vec<Sampled>,
    waiting: u64,
    overdue: u64,
}

impl Counts {
    /// Counts a second review, beside the verdict that it is of, if it is of one.
    async fn take(
        &mut self,
        tx: &mut Tx,
        (second, first): (SecondReview, Option<&Verdict>),
        now: WallTime,
    ) -> Result<(), Problem> {
        let waits = second.waits() || second.state == SecondReviewState::Answered;
        if waits && second.opens_at <= now {
            self.waiting += 1;
            self.overdue += u64::from(second.due_at < now);
        }
        let (Some(answers), Some(passed)) = (&second.answers, second.passed) else {
            return Ok(());
        };
        let given: Vec<Given> = serde_json::from_str(answers.reveal())?;
        let Some(first) = first else {
            self.sampled.push(Sampled {
                number: format!("S-{}", second.number),
                company: second.company.into_inner(),
                passed,
                at: second.decided_at,
            });
            return Ok(());
        };
        let list = self.list(tx, &second.checklist_version_id).await?;
        let before: Vec<Given> = serde_json::from_str(first.answers.reveal())?;
        self.count(&list, &before, &given);
        self.verdict.add(first.passed, passed);
        let of = self.reviewers.entry(first.reviewer_id.clone()).or_default();
        of.0 += 1;
        of.1 += u64::from(first.passed != passed);
        // They come newest first.
        if second.reason != SecondReviewReason::Dispute {
            self.blind.insert(first.claim_id.clone(), (list, given));
        }
        Ok(())
    }

    async fn list(&mut self, tx: &mut Tx, id: &VersionId) -> Result<Checklist, Problem> {
        if let Some(known) = self.lists.get(id) {
            return Ok(known.clone());
        }
        let list = checklists::existing(tx, id).await?.checklist()?;
        self.lists.insert(id.clone(), list.clone());
        Ok(list)
    }

    fn count(&mut self, list: &Checklist, first: &[Given], second: &[Given]) {
        for c in &list.criteria {
            if let (Some(a), Some(b)) = (list.met(&c.id, first), list.met(&c.id, second)) {
                let entry = self.criteria.entry(c.id.clone());
                let (_, pairs) = entry.or_insert_with(|| (c.title.clone(), Pairs::default()));
                pairs.add(a, b);
            }
        }
    }
}

/// By name; reviewers of one name are told apart.
async fn errors(
    tx: &mut Tx,
    counted: BTreeMap<PersonId, (u64, u64)>,
) -> Result<Vec<ReviewerErrors>, Problem> {
    let mut all = Vec::new();
    for (id, (looked_at, otherwise)) in counted {
        let person = people::by_id(tx, &id).await?;
        let named = person.map(|p| (p.name.into_inner(), p.login.into_inner()));
        let (reviewer, login) = named.unwrap_or_default();
        all.push(ReviewerErrors {
            reviewer,
            login,
            looked_at,
            otherwise,
        });
    }
    all.sort_by(|a, b| (&a.reviewer, &a.login).cmp(&(&b.reviewer, &b.login)));
    Ok(all)
}

/// Agreement per criterion; reviewers' errors and unsupported rejections by sales side by side;
/// what samples found. None of it moves money (PRODUCT R10).
#[utoipa::path(get, path = "/agreement", responses((status = 200, body = AgreementReport)))]
pub async fn agreement(State(app): State<App>, who: Who) -> Result<Json<AgreementReport>, Problem> {
    let now = app.clock.now();
    let mut tx = app.db.read().await?;
    let mut counts = Counts::default();
    let seconds = second_reviews::of_clients(&mut tx, who.id()).await?;
    let of: Vec<&VerdictId> = seconds
        .iter()
        .filter_map(|s| s.verdict_id.as_ref())
        .collect();
    let firsts = verdicts::by_ids(&mut tx, &of).await?;
    for second in seconds {
        let first = second.verdict_id.as_ref().and_then(|id| firsts.get(id));
        counts.take(&mut tx, (second, first), now).await?;
    }
    counts.sampled.truncate(MOST_TOLD);
    let mut rejections = Rejections::default();
    for (claim, criterion) in answers::cited(&mut tx, who.id()).await? {
        if let Some((list, given)) = counts.blind.get(&claim) {
            rejections.looked_at += 1;
            let supported = list.met(&criterion, given) == Some(false);
            rejections.unsupported += u64::from(!supported);
        }
    }
    let criteria = counts.criteria.into_values();
    let reviewers = errors(&mut tx, counts.reviewers).await?;
    Ok(Json(AgreementReport {
        verdict: counts.verdict.agreement(),
        criteria: criteria
            .map(|(title, pairs)| CriterionAgreement {
                title,
                agreement: pairs.agreement(),
            })
            .collect(),
        reviewers,
        rejections,
        sampled: counts.sampled,
        waiting: counts.waiting,
        overdue: counts.overdue,
    }))
}
