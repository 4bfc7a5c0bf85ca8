//! The card of a lead that was handed over (PRODUCT H1): what sales needs to make the call.

use crate::api::access::Who;
use crate::api::app::App;
use crate::api::handover::seen_by;
use crate::api::handover::views::{
    AnswerGiven, BuyerPromise, CallSeen, HandoverQuestion, HandoverRating, ReadinessKnown,
};
use crate::api::leads::CriterionName;
use crate::api::problem::Problem;
use crate::handover::{Completeness, Field, counted};
use crate::identity::Role;
use crate::review::{Checklist, DisputeState, Evidence, Given};
use crate::store::Tx;
use crate::store::handover::list::Handover;
use crate::store::handover::seen::{self, SeenCall};
use crate::store::handover::{answers, cards, pacts, promises, questions, ratings, write_ups};
use crate::store::leads::{self, Lead};
use crate::store::review::claims::{self, Claim};
use crate::store::review::verdicts::{self, Verdict};
use crate::store::review::{disputes, second_reviews};
use crate::store::{calls, people};
use crate::units::{AnswerId, ClaimId, LeadId, WallTime, Word, Zone};
use axum::Json;
use axum::extract::{Path, State};
use serde::Serialize;
use utoipa::ToSchema;

/// A proven answer with the seconds that show it.
#[derive(Serialize, ToSchema)]
pub struct ProvenAnswer {
    criterion: String,
    title: String,
    answer: String,
    passes: bool,
    #[schema(required)]
    moment: Option<Evidence>,
    /// In the buyer's words, where they were written down.
    words: String,
}

/// A field of the write-up.
#[derive(Serialize, ToSchema)]
pub struct WriteUpField {
    field: Field,
    /// Null: blank.
    #[schema(required)]
    text: Option<String>,
    /// Its campaign hands no lead over without it.
    needed: bool,
}

/// The write-up with its blanks.
#[derive(Serialize, ToSchema)]
pub struct WriteUp {
    /// What makes it a lead, in the telemarketer's words.
    text: String,
    fields: Vec<WriteUpField>,
    filled: i64,
    of: i64,
}

/// Who made the call, and how to reach them.
#[derive(Serialize, ToSchema)]
pub struct BroughtBy {
    name: String,
    /// Their extension now; null: they have none.
    #[schema(required)]
    line: Option<String>,
    /// The hand-over call, once the wire has seen it.
    #[schema(required)]
    call: Option<CallSeen>,
}

/// Sales' calls to the buyer, as the wire saw them.
#[derive(Serialize, ToSchema)]
pub struct SalesCalls {
    calls: Vec<CallSeen>,
    /// Attempts that count: an hour apart, within the agreed days.
    counted: i64,
    agreed: i64,
    agreed_days: i64,
    /// All of it in one line.
    told: String,
}

/// What is known of the lead, for the context in its levels.
#[derive(Serialize, ToSchema)]
pub struct LeadContext {
    came_in_at: WallTime,
    #[schema(required)]
    source: Option<String>,
    #[schema(required)]
    source_event: Option<String>,
    #[schema(required)]
    theme: Option<String>,
    #[schema(required)]
    segment: Option<String>,
    /// What the contact read or attended.
    #[schema(required)]
    interactions: Option<String>,
    /// Conversations before the hand-over, and how long they were together.
    conversations: i64,
    talked_ms: i64,
    #[schema(required)]
    first_contact_at: Option<WallTime>,
}

/// A lead that was handed over.
#[derive(Serialize, ToSchema)]
pub struct HandoverCard {
    claim: ClaimId,
    number: i64,
    lead: LeadId,
    company: String,
    #[schema(required)]
    contact: Option<String>,
    #[schema(required)]
    contact_role: Option<String>,
    /// To call, in E.164.
    numbers: Vec<String>,
    campaign: String,
    passed_at: WallTime,
    #[schema(required)]
    answer_due_at: Option<WallTime>,
    #[schema(required)]
    call_due_at: Option<WallTime>,
    #[schema(required)]
    whose: Option<String>,
    mine: bool,
    promises: Vec<BuyerPromise>,
    proven: Vec<ProvenAnswer>,
    write_up: WriteUp,
    brought_by: BroughtBy,
    sales_calls: SalesCalls,
    context: LeadContext,
    /// Oldest first.
    answers: Vec<AnswerGiven>,
    /// The answer that stands; a further one names it as what it replaces.
    #[schema(required)]
    answer: Option<AnswerId>,
    /// What a rejection may cite.
    criteria: Vec<CriterionName>,
    questions: Vec<HandoverQuestion>,
    #[schema(required)]
    rating: Option<HandoverRating>,
    #[schema(required)]
    readiness: Option<ReadinessKnown>,
}

/// A lead that was handed over, with all that is needed to call.
#[utoipa::path(
    get,
    path = "/handovers/{id}",
    responses((status = 200, body = HandoverCard))
)]
pub async fn card(
    State(app): State<App>,
    who: Who,
    Path(id): Path<ClaimId>,
) -> Result<Json<HandoverCard>, Problem> {
    let mut tx = app.db.read().await?;
    let (handover, claim) = seen_by(&mut tx, &who, &id).await?;
    if who.is(Role::Sales) && handover.opened_at.is_none() {
        drop(tx);
        let mut writing = app.db.write().await?;
        cards::opened(&mut writing, who.id(), &id, app.clock.now()).await?;
        writing.commit().await?;
        tx = app.db.read().await?;
    }
    let lead = leads::existing(&mut tx, &handover.lead_id).await?;
    let verdict = verdicts::of_claim(&mut tx, &id)
        .await?
        .ok_or_else(Problem::not_found)?;
    let list = claims::version(&mut tx, &claim).await?.checklist()?;
    let given = standing(&mut tx, &claim, &verdict).await?;
    let now = app.clock.now();
    let tx = &mut tx;
    let numbers = texts(write_ups::numbers(tx, &lead.id).await?);
    let mut promised = Vec::new();
    for p in promises::of_claim(tx, &id).await? {
        promised.push(BuyerPromise::of(tx, p, now).await?);
    }
    let said = answers::of_claim(tx, &id).await?;
    let current = handover.answer_id.clone();
    Ok(Json(HandoverCard {
        write_up: write_up(tx, &claim, &lead, &numbers).await?,
        brought_by: brought_by(tx, &handover, &claim, now).await?,
        sales_calls: sales_calls(tx, &handover, &app.rules.zone, now).await?,
        context: context(tx, &handover, &lead).await?,
        answers: said
            .into_iter()
            .map(|a| AnswerGiven::of(a, current.as_ref(), |id| list.title(id)))
            .collect(),
        questions: questions::of_claim(tx, &id)
            .await?
            .into_iter()
            .map(HandoverQuestion::from)
            .collect(),
        rating: ratings::of_claim(tx, &id).await?.map(HandoverRating::from),
        readiness: ratings::readiness(tx, &id).await?.map(ReadinessKnown::from),
        proven: proven(&list, &given),
        criteria: may_cite(list),
        promises: promised,
        answer: current,
        mine: handover.sales_id.as_ref() == Some(who.id()),
        claim: id,
        number: handover.number,
        lead: lead.id,
        company: lead.company.into_inner(),
        contact: lead.contact.map(|c| c.into_inner()),
        contact_role: lead.contact_role,
        numbers,
        campaign: lead.campaign,
        passed_at: handover.passed_at,
        answer_due_at: handover.answer_due_at,
        call_due_at: handover.call_due_at,
        whose: handover.sales.map(|s| s.into_inner()),
    }))
}

fn texts(all: Vec<crate::pii::Pii<String>>) -> Vec<String> {
    all.into_iter().map(|t| t.into_inner()).collect()
}

/// The answers that hold: the verdict's, or those of the second review that turned it.
async fn standing(tx: &mut Tx, claim: &Claim, v: &Verdict) -> Result<Vec<Given>, Problem> {
    let turned = disputes::of_claim(tx, &claim.id).await?;
    if let Some(d) = turned.filter(|d| d.state == DisputeState::Changed) {
        let second = second_reviews::existing(tx, &d.second_review_id).await?;
        if let Some(answers) = second.final_answers {
            return Ok(serde_json::from_str(answers.reveal())?);
        }
    }
    Ok(serde_json::from_str(v.answers.reveal())?)
}

/// The must-pass rows in the checklist's order, without what a reviewer noted for the claimant.
fn proven(list: &Checklist, given: &[Given]) -> Vec<ProvenAnswer> {
    let must = list.criteria.iter().filter(|c| c.must_pass);
    must.filter_map(|c| {
        let g = given.iter().find(|g| g.criterion == c.id)?;
        let answer = c.answers.iter().find(|a| a.id == g.answer);
        Some(ProvenAnswer {
            criterion: c.id.clone(),
            title: c.title.clone(),
            answer: answer.map_or_else(|| "Does not apply".to_owned(), |a| a.label.clone()),
            passes: c.passes(&g.answer) == Some(true),
            moment: g.evidence.clone(),
            words: g.words.clone(),
        })
    })
    .collect()
}

fn may_cite(list: Checklist) -> Vec<CriterionName> {
    let must = list.criteria.into_iter().filter(|c| c.must_pass);
    must.map(|c| CriterionName {
        id: c.id,
        title: c.title,
    })
    .collect()
}

async fn write_up(
    tx: &mut Tx,
    claim: &Claim,
    lead: &Lead,
    numbers: &[String],
) -> Result<WriteUp, Problem> {
    let needed = write_ups::needed(tx, &claim.campaign_id).await?;
    let filled = write_ups::of_claim(tx, &claim.id).await?;
    let text = claim.write_up.reveal().clone();
    let fields = Field::ALL.iter().map(|field| WriteUpField {
        field: *field,
        text: filled
            .iter()
            .find(|f| f.field == *field)
            .map(|f| f.text.reveal().clone()),
        needed: needed.contains(field),
    });
    let fields: Vec<WriteUpField> = fields.collect();
    let beside = [
        lead.contact.is_some(),
        !numbers.is_empty(),
        !text.trim().is_empty(),
    ];
    let count = i64::try_from(filled.len()).unwrap_or(0);
    let complete = Completeness::of(count, beside);
    Ok(WriteUp {
        text,
        fields,
        filled: complete.filled,
        of: complete.of,
    })
}

async fn brought_by(
    tx: &mut Tx,
    h: &Handover,
    claim: &Claim,
    now: WallTime,
) -> Result<BroughtBy, Problem> {
    let person = people::by_id(tx, &h.claimant_id).await?;
    let line = write_ups::line_of(tx, &h.claimant_id, now).await?;
    let call = seen::between(tx, &h.claimant_id, &h.client_id, h.passed_at).await?;
    Ok(BroughtBy {
        name: person.map_or_else(|| claim.person.reveal().clone(), |p| p.name.into_inner()),
        line: line.map(|l| l.into_inner()),
        call: call.map(CallSeen::from),
    })
}

async fn sales_calls(
    tx: &mut Tx,
    h: &Handover,
    zone: &Zone,
    now: WallTime,
) -> Result<SalesCalls, Problem> {
    let owed = pacts::owed(tx, &h.client_id, now).await?;
    let calls = seen::of_sales(tx, &h.lead_id, h.passed_at).await?;
    let attempts: Vec<_> = calls.iter().filter_map(SeenCall::attempt).collect();
    Ok(SalesCalls {
        counted: counted(&attempts, owed.attempt_days, now),
        agreed: owed.attempts,
        agreed_days: owed.attempt_days,
        told: answers::told(&calls, &owed, zone),
        calls: calls.into_iter().map(CallSeen::from).collect(),
    })
}

async fn context(tx: &mut Tx, h: &Handover, lead: &Lead) -> Result<LeadContext, Problem> {
    let all = calls::of_lead(tx, &h.lead_id).await?;
    let before = all.iter().filter(|c| c.started_at < h.passed_at);
    let spoken: Vec<(WallTime, i64)> = before
        .filter_map(|c| {
            let (from, to) = (c.answered_at?, c.ended_at?);
            Some((from, to.millis_since(from)))
        })
        .collect();
    Ok(LeadContext {
        came_in_at: lead.created_at,
        source: lead.source.clone(),
        source_event: lead.source_event.clone(),
        theme: lead.theme.clone(),
        segment: lead.segment.clone(),
        interactions: lead.interactions.as_ref().map(|i| i.reveal().clone()),
        conversations: i64::try_from(spoken.len()).unwrap_or(0),
        talked_ms: spoken.iter().map(|(_, ms)| ms).sum(),
        first_contact_at: spoken.first().map(|(at, _)| *at),
    })
}
