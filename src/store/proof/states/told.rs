//! What the log tells, to hold what stands against.

use crate::store::{Result, Tx, all_in};
use crate::units::WallTime;
use serde_json::Value;

/// Lines of the log, oldest first.
pub(super) struct Told(Vec<Line>);

/// A line with what it says.
#[derive(sqlx::FromRow)]
pub(super) struct Line {
    pub at: WallTime,
    pub actor: String,
    pub action: String,
    pub subject: String,
    detail: String,
}

impl Line {
    pub fn detail(&self) -> Value {
        serde_json::from_str(&self.detail).unwrap_or_default()
    }

    /// Whether each field of what stands is what the line says, lists in any order. Lines of earlier
    /// releases say less.
    pub fn says(&self, stands: &Value) -> bool {
        let detail = self.detail();
        let mut fields = stands.as_object().into_iter().flatten();
        fields.all(|(name, stands)| detail.get(name).is_none_or(|said| same(said, stands)))
    }
}

fn same(one: &Value, other: &Value) -> bool {
    let sorted = |list: &[Value]| {
        let mut list: Vec<String> = list.iter().map(Value::to_string).collect();
        list.sort();
        list
    };
    match (one, other) {
        (Value::Array(one), Value::Array(other)) => sorted(one) == sorted(other),
        _ => one == other,
    }
}

/// What more than a row's being there is held against.
const HELD: &[&str] = &[
    "fraud.dismissed",
    "claim.made",
    "claim.changed",
    "claim.withdrawn",
    "claim.sent_back",
    "payroll.made",
    "plan.ended",
    "campaign.closed",
    "campaign.reopened",
    "person.added",
    "person.head",
    "person.payroll_number",
    "person.password",
    "person.disabled",
    "person.enabled",
    "line.given",
    "lead.merged",
    "lead.split",
    "receiver.added",
    "receiver.changed",
    "receiver.removed",
    "verdict.committed",
    "second_review.answered",
    "dispute.asked_another",
    "plan.proposed",
    "plan.approved",
];

impl Told {
    pub async fn read(tx: &mut Tx) -> Result<Told> {
        Told::of_actions(tx, HELD).await
    }

    pub async fn of_actions(tx: &mut Tx, actions: &[&str]) -> Result<Told> {
        let before = "SELECT at, actor, action, subject, detail FROM audit WHERE action IN (";
        Ok(Told(all_in!(
            tx,
            Line,
            before,
            actions.iter().copied(),
            ") ORDER BY seq"
        )?))
    }

    pub fn of<'a>(&'a self, actions: &'a [&str]) -> impl Iterator<Item = &'a Line> {
        self.0
            .iter()
            .filter(|l| actions.contains(&l.action.as_str()))
    }
}
