//! What the card and the telemarketer's page both show of a hand-over.

use crate::api::problem::Problem;
use crate::call::Outcome;
use crate::handover::{Answer, Field, PromiseKind, PromiseState, Readiness, RejectReason};
use crate::review::Evidence;
use crate::store::Tx;
use crate::store::handover::answers::SalesAnswer;
use crate::store::handover::promises::{self, Promise};
use crate::store::handover::questions::Question;
use crate::store::handover::ratings::{Known, Rating};
use crate::store::handover::seen::SeenCall;
use crate::units::{AnswerId, HandoverQuestionId, PromiseId, WallTime};
use serde::Serialize;
use utoipa::ToSchema;

/// An answer of sales.
#[derive(Serialize, ToSchema)]
pub struct AnswerGiven {
    id: AnswerId,
    answer: Answer,
    /// The buyer's date, or when it is looked at again.
    #[schema(required)]
    until: Option<WallTime>,
    #[schema(required)]
    reason: Option<RejectReason>,
    /// Of a rejection: a matter of taste, and no fault of the lead by the agreed definition.
    preference: bool,
    /// The title of the criterion that it cites.
    #[schema(required)]
    criterion: Option<String>,
    note: String,
    at: WallTime,
    by: String,
    /// Another one came after it.
    replaced: bool,
}

impl AnswerGiven {
    /// With a criterion's title for its id.
    pub fn of(a: SalesAnswer, current: Option<&AnswerId>, title: impl Fn(&str) -> String) -> Self {
        AnswerGiven {
            replaced: current != Some(&a.id),
            preference: a.reason.is_some_and(RejectReason::is_preference),
            criterion: a.criterion.as_deref().map(title),
            id: a.id,
            answer: a.answer,
            until: a.until_at,
            reason: a.reason,
            note: a.note.into_inner(),
            at: a.at,
            by: a.by_name.into_inner(),
        }
    }
}

/// A call as the wire saw it.
#[derive(Serialize, ToSchema)]
pub struct CallSeen {
    at: WallTime,
    outcome: Outcome,
    /// How long they talked; null: nobody answered.
    #[schema(required)]
    talked_ms: Option<i64>,
    by: String,
}

impl From<SeenCall> for CallSeen {
    fn from(c: SeenCall) -> CallSeen {
        CallSeen {
            at: c.at,
            outcome: c.outcome,
            talked_ms: c.talked().map(|talked| talked.0 / 1_000),
            by: c.person.into_inner(),
        }
    }
}

/// A question of sales, and what was answered.
#[derive(Serialize, ToSchema)]
pub struct HandoverQuestion {
    id: HandoverQuestionId,
    /// The blank that it is about; null: the whole.
    #[schema(required)]
    field: Option<Field>,
    text: String,
    asked_at: WallTime,
    /// Null: a CRM asked.
    #[schema(required)]
    by: Option<String>,
    #[schema(required)]
    answer: Option<String>,
    #[schema(required)]
    answered_at: Option<WallTime>,
}

impl From<Question> for HandoverQuestion {
    fn from(q: Question) -> HandoverQuestion {
        HandoverQuestion {
            id: q.id,
            field: q.field,
            text: q.text.into_inner(),
            asked_at: q.asked_at,
            by: q.asked_by.map(|b| b.into_inner()),
            answer: q.answer.map(|a| a.into_inner()),
            answered_at: q.answered_at,
        }
    }
}

/// Whether there was enough to make the call.
#[derive(Serialize, ToSchema)]
pub struct HandoverRating {
    enough: bool,
    why: String,
    at: WallTime,
}

impl From<Rating> for HandoverRating {
    fn from(r: Rating) -> HandoverRating {
        HandoverRating {
            enough: r.enough,
            why: r.why.into_inner(),
            at: r.at,
        }
    }
}

/// What sales knows of readiness, beside the verdict.
#[derive(Serialize, ToSchema)]
pub struct ReadinessKnown {
    level: Readiness,
    note: String,
    at: WallTime,
}

impl From<Known> for ReadinessKnown {
    fn from(k: Known) -> ReadinessKnown {
        ReadinessKnown {
            level: k.level,
            note: k.note.into_inner(),
            at: k.at,
        }
    }
}

/// A promise to a buyer, and what the wire says of it.
#[derive(Serialize, ToSchema)]
pub struct BuyerPromise {
    id: PromiseId,
    kind: PromiseKind,
    words: String,
    from: WallTime,
    until: WallTime,
    /// The seconds in which it was made.
    #[schema(required)]
    moment: Option<Evidence>,
    by: String,
    state: PromiseState,
    /// The first call of the house since its time began.
    #[schema(required)]
    called_at: Option<WallTime>,
}

impl BuyerPromise {
    /// As it stands at a moment.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn of(tx: &mut Tx, p: Promise, now: WallTime) -> Result<BuyerPromise, Problem> {
        let (state, called_at) = promises::state(tx, &p, now).await?;
        let ms = |ms: i64| ms.unsigned_abs();
        let moment = p.call_id.zip(p.from_ms.zip(p.to_ms));
        Ok(BuyerPromise {
            id: p.id,
            kind: p.kind,
            words: p.words.into_inner(),
            from: p.from_at,
            until: p.until_at,
            moment: moment.map(|(call, (from, to))| Evidence {
                call,
                from_ms: ms(from),
                to_ms: ms(to),
            }),
            by: p.made_by.into_inner(),
            state,
            called_at,
        })
    }
}
