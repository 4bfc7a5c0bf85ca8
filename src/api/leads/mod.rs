//! Leads and their timelines.

pub mod dialler;
pub mod duplicates;
pub mod imports;
pub mod interactions;
pub mod sources;
pub mod suppressions;
pub mod work;

use crate::api::access::Who;
use crate::api::app::App;
use crate::api::calls::comments::author;
use crate::api::calls::untold::Untold;
use crate::api::problem::Problem;
use crate::call;
use crate::handover::{Answer, CrmOutcome};
use crate::identity::Role;
use crate::leads::{BuyerStage, ClaimedBy, Disposition, Stage};
use crate::pii::Pii;
use crate::review::{ClaimOutcome, DisputeState, Tag, VerdictState};
use crate::store::Tx;
use crate::store::calls::{self, comments};
use crate::store::handover::crm::{self, Outcome};
use crate::store::handover::{answers, content, list as handed_over};
use crate::store::leads::{self, interactions as contact, stages};
use crate::store::review::claims::{self, Claim};
use crate::store::review::verdicts::{self, Verdict};
use crate::store::review::{checklists, disputes};
use crate::units::{ClaimId, DisputeId, LeadId, Money, PersonId, WallTime};
use axum::Json;
use axum::extract::{Path, State};
use serde::Serialize;
use utoipa::ToSchema;

/// A lead.
#[derive(Serialize, ToSchema)]
pub struct Lead {
    id: LeadId,
    /// As the list that it came from calls it.
    external_id: String,
    company: String,
    #[schema(required)]
    contact: Option<String>,
    #[schema(required)]
    contact_role: Option<String>,
    campaign: String,
    #[schema(required)]
    source: Option<String>,
    #[schema(required)]
    source_event: Option<String>,
    #[schema(required)]
    theme: Option<String>,
    #[schema(required)]
    segment: Option<String>,
    /// Whose it is at the client's, by name or login.
    #[schema(required)]
    owner: Option<String>,
    #[schema(required)]
    product: Option<String>,
    /// In E.164.
    numbers: Vec<String>,
    /// What the contact read or attended, as the list has it.
    #[schema(required)]
    interactions: Option<String>,
    created_at: WallTime,
    received_at: WallTime,
    /// When first contact is due.
    due_at: WallTime,
    /// Calls to it that the wire saw, answered or not.
    attempts: i64,
    #[schema(required)]
    first_attempt_at: Option<WallTime>,
    /// The first conversation.
    #[schema(required)]
    first_contact_at: Option<WallTime>,
    stage: Stage,
    #[schema(required)]
    buyer_stage: Option<BuyerStage>,
}

fn view(l: leads::Lead, numbers: Vec<Pii<String>>) -> Lead {
    Lead {
        id: l.id,
        external_id: l.external_id,
        company: l.company.into_inner(),
        contact: l.contact.map(|c| c.into_inner()),
        contact_role: l.contact_role,
        campaign: l.campaign,
        source: l.source,
        source_event: l.source_event,
        theme: l.theme,
        segment: l.segment,
        owner: l.owner,
        product: l.product,
        numbers: numbers.into_iter().map(|n| n.into_inner()).collect(),
        interactions: l.interactions.map(|i| i.into_inner()),
        created_at: l.created_at,
        received_at: l.received_at,
        due_at: l.due_at,
        attempts: l.attempts,
        first_attempt_at: l.first_attempt_at,
        first_contact_at: l.first_contact_at,
        stage: l.stage,
        buyer_stage: l.buyer_stage,
    }
}

/// Something that happened to a lead.
#[derive(Serialize, ToSchema)]
pub struct LeadEvent {
    at: WallTime,
    #[serde(flatten)]
    what: Happened,
}

/// What happened.
#[derive(Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Happened {
    /// The lead came in, from a source.
    Lead {
        what: Option<String>,
    },
    Call {
        outcome: call::Outcome,
        disposition: Option<Disposition>,
        duration_ms: Option<i64>,
    },
    Claim {
        number: i64,
        /// Null: not known of older ones.
        came_by: Option<ClaimedBy>,
        /// While it waits, for a manager.
        waiting: Option<Waiting>,
    },
    Verdict {
        number: i64,
        passed: bool,
        claim: ClaimId,
        /// What sales may cite.
        criteria: Vec<CriterionName>,
    },
    Dispute {
        number: i64,
        what: String,
    },
    DisputeDecided {
        number: i64,
        what: DisputeState,
    },
    Sales {
        number: i64,
        what: Answer,
        /// What a rejection cites; null is a preference.
        criterion: Option<String>,
        note: String,
    },
    /// A CRM reported what became of it.
    Reported {
        what: CrmOutcome,
        /// Null: not said.
        value: Option<Money>,
        /// Null: not said.
        proof_of_concept: Option<bool>,
        note: String,
        /// The name of its token.
        by: String,
    },
    /// The contact read or attended something.
    Interaction {
        what: String,
    },
    /// Content was taken for the buyer, by its title.
    Content {
        what: String,
    },
    /// The lead, or its buyer, came to a stage.
    Stage {
        stage: Option<Stage>,
        buyer_stage: Option<BuyerStage>,
    },
    Comment {
        what: String,
        tag: Option<Tag>,
        by: String,
    },
}

/// What a manager may change about a claim that waits.
#[derive(Serialize, ToSchema)]
pub struct Waiting {
    claim: ClaimId,
    /// Whether it is judged before others.
    first: bool,
}

/// A criterion by its title.
#[derive(Serialize, ToSchema)]
pub struct CriterionName {
    pub id: String,
    pub title: String,
}

/// A lead with what happened to it.
#[derive(Serialize, ToSchema)]
pub struct Timeline {
    lead: Lead,
    /// Oldest first.
    events: Vec<LeadEvent>,
}

/// Calls, claims, verdicts and answers of a lead (PRODUCT L5), less what the role may not see: a
/// telemarketer sees own calls and own claims; sales and marketing see that a lead passed, not what
/// it paid.
#[utoipa::path(get, path = "/leads/{id}", responses((status = 200, body = Timeline)))]
pub async fn timeline(
    State(app): State<App>,
    who: Who,
    Path(id): Path<LeadId>,
) -> Result<Json<Timeline>, Problem> {
    let mut tx = app.db.read().await?;
    let lead = leads::by_id(&mut tx, &id)
        .await?
        .filter(|l| who.sees_lead(l))
        .ok_or_else(Problem::not_found)?;
    // Sales sees what was handed over to it, and no other lead of its client (PRODUCT I7).
    if who.is(Role::Sales) && !handed_over::has_lead(&mut tx, &id, who.id()).await? {
        return Err(Problem::not_found());
    }
    let mut events = vec![LeadEvent {
        at: lead.created_at,
        what: Happened::Lead {
            what: lead.source.clone(),
        },
    }];
    let claims = claims::of_lead(&mut tx, &id).await?;
    let theirs = claims.iter().any(|c| own(&who, Some(&c.person_id)));
    let entered = stages::of_lead(&mut tx, &id).await?;
    let reported = crm::of_lead(&mut tx, &id).await?;
    events.extend(steps(&who, theirs, !reported.is_empty(), entered));
    if theirs {
        events.extend(reported.into_iter().map(told));
    }
    of_calls(&mut tx, &who, &id, &mut events).await?;
    for claim in claims {
        if own(&who, Some(&claim.person_id)) {
            of_claim(&mut tx, &who, &claim, &mut events).await?;
        }
    }
    for read in contact::of_lead(&mut tx, &id).await? {
        events.push(LeadEvent {
            at: read.at,
            what: Happened::Interaction {
                what: read.what.into_inner(),
            },
        });
    }
    events.sort_by_key(|e| e.at);
    let numbers = leads::numbers(&mut tx, &id).await?;
    Ok(Json(Timeline {
        lead: view(lead, numbers),
        events,
    }))
}

/// Its stages as they are told. That it came in, and that it is claimed and passed, are events of
/// their own. A lead that fell back to contacted tells of a verdict: it is told once, and not to
/// sales; what came of a colleague's claim is not told to who has none on it; and what a CRM
/// reported is told with its value and note.
fn steps(
    who: &Who,
    theirs: bool,
    is_reported: bool,
    entered: Vec<stages::Entered>,
) -> Vec<LeadEvent> {
    let mut contacted = who.is(Role::Sales);
    let mut is_told = |stage: Stage| match stage {
        Stage::Suspect | Stage::Claimed | Stage::Passed => false,
        Stage::Opportunity | Stage::Won | Stage::Lost if is_reported => false,
        Stage::Contacted => !std::mem::replace(&mut contacted, true),
        _ => theirs,
    };
    let told = entered
        .into_iter()
        .filter(|s| s.stage.is_none_or(&mut is_told));
    let event = |s: stages::Entered| LeadEvent {
        at: s.at,
        what: Happened::Stage {
            stage: s.stage,
            buyer_stage: s.buyer_stage,
        },
    };
    told.map(event).collect()
}

fn told(o: Outcome) -> LeadEvent {
    LeadEvent {
        at: o.happened_at,
        what: Happened::Reported {
            what: o.outcome,
            value: o.value(),
            proof_of_concept: o.proof_of_concept,
            note: o.note.into_inner(),
            by: o.by_name,
        },
    }
}

/// Whether what belongs to `person` is theirs to see.
fn own(who: &Who, person: Option<&PersonId>) -> bool {
    !who.is(Role::Telemarketer) || person == Some(who.id())
}

/// Whether they are claimant or manager, who see how it came to a verdict.
fn sees_the_way(who: &Who) -> bool {
    who.is(Role::Telemarketer) || who.is(Role::Manager)
}

async fn of_calls(
    tx: &mut Tx,
    who: &Who,
    lead: &LeadId,
    events: &mut Vec<LeadEvent>,
) -> Result<(), Problem> {
    let calls = calls::of_lead(tx, lead).await?;
    let untold = Untold::of_calls(tx, who).await?;
    for call in calls.iter().filter(|c| own(who, c.person_id.as_ref())) {
        events.push(LeadEvent {
            at: call.started_at,
            what: Happened::Call {
                outcome: call.outcome,
                disposition: call.disposition,
                duration_ms: call.duration_ms,
            },
        });
        if !sees_the_way(who) {
            continue;
        }
        let comments = comments::of_call(tx, &call.id).await?;
        let is_untold = !comments.is_empty() && untold.is_of(tx, call).await?;
        for c in comments {
            events.push(LeadEvent {
                at: c.created_at,
                what: Happened::Comment {
                    by: author(who, &c, is_untold),
                    what: c.text.into_inner(),
                    tag: c.tag,
                },
            });
        }
    }
    Ok(())
}

async fn of_claim(
    tx: &mut Tx,
    who: &Who,
    claim: &Claim,
    events: &mut Vec<LeadEvent>,
) -> Result<(), Problem> {
    let waits = who.is(Role::Manager) && claim.waits();
    events.push(LeadEvent {
        at: claim.created_at,
        what: Happened::Claim {
            number: claim.number,
            came_by: claim.came_by,
            waiting: waits.then(|| Waiting {
                claim: claim.id.clone(),
                first: claim.priority > 0,
            }),
        },
    });
    if let Some(v) = verdicts::of_claim(tx, &claim.id).await?
        && v.state == VerdictState::Final
    {
        // Claimant and manager see the verdict as it was given and what a dispute made of it; the
        // others what holds.
        let passed = match sees_the_way(who) {
            true => v.passed,
            false => claim.outcome.is_some_and(ClaimOutcome::has_passed),
        };
        events.push(LeadEvent {
            at: v.final_at.unwrap_or(v.hold_until),
            what: Happened::Verdict {
                number: claim.number,
                passed,
                claim: claim.id.clone(),
                criteria: must_pass(tx, &v).await?,
            },
        });
    }
    after_the_verdict(tx, who, claim, events).await
}

/// Criteria that sales may cite.
async fn must_pass(tx: &mut Tx, v: &Verdict) -> Result<Vec<CriterionName>, Problem> {
    let version = checklists::existing(tx, &v.checklist_version_id).await?;
    let list = version.checklist()?;
    let cited = list.criteria.into_iter().filter(|c| c.must_pass);
    Ok(cited
        .map(|c| CriterionName {
            id: c.id,
            title: c.title,
        })
        .collect())
}

/// What a claimant says of each row that they dispute.
async fn reasons(tx: &mut Tx, dispute: &DisputeId) -> Result<String, Problem> {
    let rows = disputes::rows(tx, dispute).await?;
    let reasons: Vec<String> = rows.into_iter().map(|r| r.reason.into_inner()).collect();
    Ok(reasons.join(" "))
}

/// Disputes for claimant and manager; what sales answered and took for the buyer for everybody who
/// sees the lead.
async fn after_the_verdict(
    tx: &mut Tx,
    who: &Who,
    claim: &Claim,
    events: &mut Vec<LeadEvent>,
) -> Result<(), Problem> {
    let number = claim.number;
    let dispute = disputes::of_claim(tx, &claim.id).await?;
    if let Some(d) = dispute.filter(|_| sees_the_way(who)) {
        events.push(LeadEvent {
            at: d.created_at,
            what: Happened::Dispute {
                number,
                what: reasons(tx, &d.id).await?,
            },
        });
        events.extend(d.decided_at.map(|at| LeadEvent {
            at,
            what: Happened::DisputeDecided {
                number,
                what: d.state,
            },
        }));
    }
    for a in answers::of_claim(tx, &claim.id).await? {
        events.push(LeadEvent {
            at: a.at,
            what: Happened::Sales {
                number,
                what: a.answer,
                criterion: a.criterion,
                note: a.note.into_inner(),
            },
        });
    }
    for used in content::used(tx, &claim.id).await? {
        events.push(LeadEvent {
            at: used.at,
            what: Happened::Content { what: used.title },
        });
    }
    Ok(())
}
