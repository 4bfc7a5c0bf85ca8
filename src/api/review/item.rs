//! What lies on a reviewer's desk: a claim or a second review, and what came of it.

use crate::api::problem::Problem;
use crate::api::review::desk::SheetView;
use crate::api::review::rows::AnsweredRow;
use crate::leads::ClaimedBy;
use crate::review::given::Evidence;
use crate::review::heard::Listened;
use crate::review::{Checklist, Given, VerdictState};
use crate::store::Tx;
use crate::store::review::disputes;
use crate::units::{DisputeId, EntryId, ItemId, Money, VerdictId, WallTime};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// What a reviewer has on the desk.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ItemKind {
    Claim,
    SecondReview,
    /// Several reviewers judge the same call.
    Calibration,
}

/// A claim or a second review on the desk, without what would name the claimant.
#[derive(Serialize, ToSchema)]
pub struct Review {
    pub(super) id: ItemId,
    pub(super) kind: ItemKind,
    /// C-1001, or S-12.
    pub(super) number: String,
    pub(super) company: String,
    #[schema(required)]
    pub(super) contact: Option<String>,
    #[schema(required)]
    pub(super) contact_role: Option<String>,
    pub(super) campaign: String,
    #[schema(required)]
    pub(super) source: Option<String>,
    pub(super) created_at: WallTime,
    /// How it was claimed; null for a second review, and for claims from before that was kept.
    #[schema(required)]
    pub(super) came_by: Option<ClaimedBy>,
    /// Of a second review.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) due_at: Option<WallTime>,
    /// open, in_review, held, answered, decided or withdrawn.
    pub(super) state: &'static str,
    #[schema(required)]
    pub(super) locked_until: Option<WallTime>,
    /// How many other claims the lead has; null for a second review.
    #[schema(required)]
    pub(super) other_claims: Option<usize>,
    /// What a pass earns; null for a second review.
    #[schema(required)]
    pub(super) money: Option<AtStake>,
    pub(super) now: WallTime,
    #[serde(flatten)]
    pub(super) sheet: SheetView,
    /// Of a claim, once it is committed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) verdict: Option<Committed>,
    /// Of a second review, once it is answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) answered: Option<Answered>,
}

/// What a pass earns.
#[derive(Serialize, ToSchema)]
pub struct AtStake {
    /// Null while no plan is in force.
    #[schema(required)]
    pub(super) amount: Option<Money>,
    #[schema(required)]
    pub(super) plan_version: Option<i64>,
    /// The lead has earned its one commission.
    pub(super) already_earned: bool,
}

/// A verdict as its reviewer sees it; once it is final, with whose claim it was and what they had
/// answered.
#[derive(Serialize, ToSchema)]
pub struct Committed {
    pub(super) id: VerdictId,
    pub(super) passed: bool,
    pub(super) state: VerdictState,
    pub(super) committed_at: WallTime,
    pub(super) hold_until: WallTime,
    #[schema(required)]
    pub(super) final_at: Option<WallTime>,
    /// The entry that a pass books.
    #[schema(required)]
    pub(super) entry: Option<EntryId>,
    pub(super) note: String,
    pub(super) answers: Vec<Given>,
    pub(super) rows: Vec<AnsweredRow>,
    /// How much of the speech was heard; null for verdicts from before that was kept.
    #[schema(required)]
    pub(super) heard: Option<HeardShare>,
    /// Null while the verdict can be taken back: nothing that is learned may change it.
    #[schema(required)]
    pub(super) claimant: Option<Claimant>,
}

/// How much of the speech was heard.
#[derive(Serialize, ToSchema)]
pub struct HeardShare {
    speech_ms: u64,
    heard_ms: u64,
    /// 0 to 1.
    share: f64,
}

impl HeardShare {
    /// As a verdict keeps it.
    ///
    /// # Errors
    /// When the row cannot be read.
    pub(super) fn of(kept: Option<&str>) -> Result<Option<HeardShare>, Problem> {
        let Some(kept) = kept else { return Ok(None) };
        let listened: Listened = serde_json::from_str(kept)?;
        Ok(Some(HeardShare {
            speech_ms: listened.speech_ms,
            heard_ms: listened.heard_ms,
            share: listened.share(),
        }))
    }
}

/// Who claimed, and with what.
#[derive(Serialize, ToSchema)]
pub struct Claimant {
    pub(super) name: String,
    pub(super) write_up: String,
    /// Criterion id to answer id.
    #[schema(value_type = std::collections::BTreeMap<String, String>)]
    pub(super) answers: Value,
}

/// What a reviewer answered in a second review.
#[derive(Serialize, ToSchema)]
pub struct Answered {
    pub(super) passed: bool,
    pub(super) answers: Vec<Given>,
    pub(super) decided: bool,
    #[schema(required)]
    pub(super) final_passed: Option<bool>,
    /// Why it was asked, where it was a dispute.
    #[schema(required)]
    pub(super) dispute: Option<Disputed>,
}

/// What a claimant disputes, shown once the second reviewer has answered blind.
#[derive(Serialize, ToSchema)]
pub struct Disputed {
    pub(super) rows: Vec<DisputedRow>,
    pub(super) first_rows: Vec<AnsweredRow>,
    pub(super) first_passed: bool,
}

/// A row that is disputed, with the claimant's clip and reason.
#[derive(Serialize, ToSchema)]
pub struct DisputedRow {
    criterion: String,
    title: String,
    clip: Evidence,
    reason: String,
}

/// A dispute's rows with the words of the checklist version that was judged by.
pub(super) async fn disputed_rows(
    tx: &mut Tx,
    id: &DisputeId,
    list: &Checklist,
) -> Result<Vec<DisputedRow>, Problem> {
    views(disputes::rows(tx, id).await?, list)
}

/// Rows with their criteria's titles.
pub(super) fn views(
    rows: Vec<disputes::Row>,
    list: &Checklist,
) -> Result<Vec<DisputedRow>, Problem> {
    let view = |row: disputes::Row| {
        Ok(DisputedRow {
            title: list.title(&row.criterion),
            criterion: row.criterion,
            clip: serde_json::from_str(&row.clip)?,
            reason: row.reason.into_inner(),
        })
    };
    rows.into_iter().map(view).collect()
}
