//! Rows that somebody's act put there, each by a line of its own: a row without its line was put
//! there past the program, whatever trigger made it a leaf, and a line without its row tells of one
//! that was taken away.

use super::told::{Line, Told};
use crate::store::{Result, Tx, all};
use crate::units::WallTime;
use serde_json::Value;
use std::collections::BTreeSet;

/// An act, and the rows that stand by it.
struct Act {
    action: &'static str,
    /// What of the line's detail the row says too, as JSON pointers.
    says: &'static [&'static str],
    /// Whether the row knows who it was, and when.
    who: bool,
    when: bool,
    /// Subject, who, when and what the line says, with a space between; null where the row does not
    /// know.
    rows: &'static str,
}

impl Act {
    const fn by_anybody(self) -> Act {
        Act { who: false, ..self }
    }

    const fn at_any_time(self) -> Act {
        Act {
            when: false,
            ..self
        }
    }
}

const fn act(action: &'static str, says: &'static [&'static str], rows: &'static str) -> Act {
    Act {
        action,
        says,
        who: true,
        when: true,
        rows,
    }
}

const ACTS: &[Act] = &[
    act(
        "claim.made",
        &[],
        "SELECT 'claim:' || id, person_id, created_at, '' FROM claims",
    ),
    act(
        "verdict.committed",
        &["/claim", "/passed"],
        "SELECT 'verdict:' || id, reviewer_id, committed_at, claim_id || ' ' || CASE passed WHEN 1 \
         THEN 'true' ELSE 'false' END FROM verdicts",
    ),
    act(
        "second_review.answered",
        &["/passed"],
        "SELECT 'second_review:' || id, reviewer_id, answered_at, CASE passed WHEN 1 THEN 'true' \
         ELSE 'false' END FROM second_reviews WHERE state IN ('answered', 'decided')",
    ),
    act(
        "dispute.made",
        &["/verdict"],
        "SELECT 'dispute:' || id, person_id, created_at, verdict_id FROM disputes",
    ),
    act(
        "dispute.decided",
        &["/second_review", "/changed"],
        "SELECT 'dispute:' || d.id, s.reviewer_id, d.decided_at, s.id || CASE d.state WHEN \
         'changed' THEN ' true' ELSE ' false' END FROM disputes d JOIN second_reviews s ON s.id = \
         d.second_review_id WHERE d.state IN ('changed', 'stands')",
    ),
    act(
        "dispute.ruled_out",
        &["/why"],
        "SELECT 'dispute:' || id, ruled_by, decided_at, ruling FROM disputes WHERE state = \
         'ineligible'",
    ),
    act(
        "plan.proposed",
        &["/amount/minor", "/amount/currency", "/campaign"],
        "SELECT 'plan_draft:' || id, proposed_by, proposed_at, amount_minor || ' ' || currency || ' \
         ' || campaign_id FROM plan_drafts",
    ),
    act(
        "plan.approved",
        &["/amount/minor", "/amount/currency", "/version"],
        "SELECT 'plan:' || id, approved_by, approved_at, amount_minor || ' ' || currency || ' ' || \
         version FROM plans",
    ),
    act(
        "plan.acknowledged",
        &[],
        "SELECT 'plan:' || plan_id, person_id, at, '' FROM plan_acks",
    ),
    act(
        "period.asked",
        &[],
        "SELECT 'period:' || period, asked_by, asked_at, '' FROM period_acts",
    ),
    act(
        "period.locked",
        &["/asked_by"],
        "SELECT 'period:' || period, confirmed_by, confirmed_at, asked_by FROM period_acts WHERE \
         act = 'lock' AND confirmed_at IS NOT NULL",
    ),
    act(
        "period.reopened",
        &["/asked_by"],
        "SELECT 'period:' || period, confirmed_by, confirmed_at, asked_by FROM period_acts WHERE \
         act = 'reopen' AND confirmed_at IS NOT NULL",
    ),
    act(
        "claim.ruled",
        &["/ruling", "/same_as"],
        "SELECT 'claim:' || claim_id, ruled_by, ruled_at, id || ' ' || same_as FROM rulings WHERE \
         kind <> 'fraud'",
    ),
    act(
        "fraud.alleged",
        &["/ruling"],
        "SELECT 'claim:' || claim_id, ruled_by, ruled_at, id FROM rulings WHERE kind = 'fraud'",
    ),
    act(
        "fraud.confirmed",
        &["/ruling"],
        "SELECT 'claim:' || claim_id, confirmed_by, confirmed_at, id FROM rulings WHERE kind = \
         'fraud' AND confirmed_at IS NOT NULL",
    ),
    act(
        "checklist.in_force",
        &[],
        "SELECT 'checklist_version:' || id, CAST(NULL AS TEXT), in_force_from, '' FROM checklist_versions WHERE \
         in_force_from IS NOT NULL",
    )
    .by_anybody(),
    act(
        "report.aggregate_only",
        &[],
        "SELECT 'client:' || client_id, put_by, since, '' FROM aggregate_modes",
    ),
    act(
        "report.by_person_again",
        &[],
        "SELECT 'client:' || client_id, lifted_by, lifted_at, '' FROM aggregate_modes WHERE \
         lifted_at IS NOT NULL",
    ),
    act(
        "question.asked",
        &["/about"],
        "SELECT 'question:' || id, person_id, asked_at, about FROM questions",
    ),
    act(
        "token.made",
        &["/scopes"],
        "SELECT 'token:' || id, CAST(NULL AS TEXT), created_at, scopes FROM api_tokens",
    )
    .by_anybody(),
    act(
        "token.revoked",
        &[],
        "SELECT 'token:' || id, CAST(NULL AS TEXT), revoked_at, '' FROM api_tokens WHERE revoked_at IS NOT NULL",
    )
    .by_anybody(),
    act(
        "person.interest",
        &["/earner"],
        "SELECT 'person:' || person_id, CAST(NULL AS TEXT), CAST(NULL AS BIGINT), earner_id FROM interests",
    )
    .by_anybody()
    .at_any_time(),
];

/// So many of one act are named.
const NAMED: usize = 3;

type Row = (String, Option<String>, Option<WallTime>, Option<String>);
/// Subject, who, when, and what else.
type Key = (String, String, WallTime, String);

pub(super) async fn findings(tx: &mut Tx) -> Result<Vec<String>> {
    let actions: Vec<&str> = ACTS.iter().map(|act| act.action).collect();
    let told = Told::of_actions(tx, &actions).await?;
    let mut found = Vec::new();
    for act in ACTS {
        let rows = all!(tx, Row, act.rows)?;
        let stands: BTreeSet<Key> = rows.into_iter().map(key_of_row).collect();
        let all = [act.action];
        let lines = told.of(&all).map(|line| key_of_line(line, act));
        let lines: BTreeSet<Key> = lines.collect();
        let planted: Vec<&Key> = stands.difference(&lines).collect();
        found.extend(planted.iter().take(NAMED).map(|(subject, ..)| {
            format!(
                "{subject} was put there past the log: it does not tell of this {}",
                act.action
            )
        }));
        // One that says something else is named once.
        let named: BTreeSet<&str> = planted.iter().map(|key| &*key.0).collect();
        let gone = lines.difference(&stands);
        let gone = gone.filter(|key| !named.contains(&*key.0));
        found.extend(gone.take(NAMED).map(|(subject, ..)| {
            format!(
                "{subject}: the log tells of a {} that is there no more",
                act.action
            )
        }));
    }
    Ok(found)
}

fn key_of_row((subject, who, when, says): Row) -> Key {
    let (who, says) = (who.unwrap_or_default(), says.unwrap_or_default());
    (subject, who, when.unwrap_or(WallTime(0)), says)
}

fn key_of_line(line: &Line, act: &Act) -> Key {
    let detail = line.detail();
    let says = act
        .says
        .iter()
        .map(|at| detail.pointer(at).map_or_else(String::new, text));
    let says: Vec<String> = says.collect();
    (
        line.subject.clone(),
        if act.who {
            line.actor.clone()
        } else {
            String::new()
        },
        if act.when { line.at } else { WallTime(0) },
        says.join(" "),
    )
}

/// A word as it is, a list with spaces between, anything else as JSON.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(all) => {
            let mut all: Vec<String> = all.iter().map(text).collect();
            all.sort_unstable();
            all.join(" ")
        }
        other => other.to_string(),
    }
}
