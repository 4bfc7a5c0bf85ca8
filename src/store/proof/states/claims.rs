//! What claims have come to, and what they stand on.

use super::told::{Line, Told};
use crate::store::{Result, Tx, all, log};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

pub(super) async fn findings(tx: &mut Tx, told: &Told) -> Result<Vec<String>> {
    let mut found = over(tx, told).await?;
    found.extend(decided(tx).await?);
    found.extend(calls(tx, told).await?);
    found.extend(checklists(tx, told).await?);
    found.extend(words(tx, told).await?);
    found.extend(answers(tx, told).await?);
    found.extend(decided_by_nobody(tx, told).await?);
    Ok(found)
}

/// Claims that are judged by other checklists than those that they were made under.
async fn checklists(tx: &mut Tx, told: &Told) -> Result<Vec<String>> {
    let made: BTreeMap<&str, &Line> = told.of(&["claim.made"]).map(|l| (&*l.subject, l)).collect();
    let rows = all!(
        tx,
        (String, i64, Option<String>),
        "SELECT 'claim:' || id, number, checklist_version_id FROM claims ORDER BY number"
    )?;
    let other = rows.iter().filter(|(subject, _, version)| {
        let stands = json!({ "checklist_version": version });
        made.get(&**subject).is_some_and(|line| !line.says(&stands))
    });
    Ok(other
        .map(|(_, number, _)| {
            format!("claim C-{number} is under another checklist version than it was made under")
        })
        .take(3)
        .collect())
}

/// Answers that are not those that were given, also while a verdict is on hold and no leaf yet.
async fn answers(tx: &mut Tx, told: &Told) -> Result<Vec<String>> {
    let said: BTreeMap<&str, &Line> = told
        .of(&["verdict.committed", "second_review.answered"])
        .map(|l| (&*l.subject, l))
        .collect();
    let rows = all!(
        tx,
        (String, String),
        "SELECT 'verdict:' || id, answers FROM verdicts UNION ALL SELECT 'second_review:' || id, \
         answers FROM second_reviews WHERE state IN ('answered', 'decided') ORDER BY 1"
    )?;
    let other = rows.iter().filter(|(subject, answers)| {
        let stands = json!({ "answers_sha256": log::digest_of(subject, answers) });
        said.get(&**subject).is_some_and(|line| !line.says(&stands))
    });
    Ok(other
        .map(|(subject, _)| format!("the answers of {subject} are not those that were given"))
        .take(3)
        .collect())
}

/// Second reviews of a dispute that are decided, and the dispute is not; but for those that their
/// reviewer left, and another was asked.
async fn decided_by_nobody(tx: &mut Tx, told: &Told) -> Result<Vec<String>> {
    let left: BTreeSet<String> = told
        .of(&["dispute.asked_another"])
        .filter_map(|l| Some(l.detail()["left"].as_str()?.to_owned()))
        .collect();
    let rows = all!(
        tx,
        (String,),
        "SELECT s.id FROM second_reviews s WHERE s.reason = 'dispute' AND s.state = 'decided' AND \
         NOT EXISTS (SELECT 1 FROM disputes d WHERE d.second_review_id = s.id AND d.state IN \
         ('changed', 'stands') AND d.decided_at = s.decided_at) ORDER BY s.id"
    )?;
    Ok(rows
        .iter()
        .filter(|(id,)| !left.contains(id))
        .take(3)
        .map(|(id,)| format!("second_review:{id} is decided, and its dispute is not"))
        .collect())
}

/// Claims that are withdrawn or sent back, and those of which the log says so.
async fn over(tx: &mut Tx, told: &Told) -> Result<Vec<String>> {
    let mut lines: BTreeMap<&str, &str> = told
        .of(&["claim.withdrawn", "claim.sent_back"])
        .map(|l| (&*l.subject, l.action.trim_start_matches("claim.")))
        .collect();
    let over = all!(
        tx,
        (String, i64, String),
        "SELECT 'claim:' || id, number, state FROM claims WHERE state IN ('withdrawn', 'sent_back') \
         ORDER BY number"
    )?;
    let mut found = Vec::new();
    for (subject, number, state) in &over {
        if lines.remove(subject.as_str()) != Some(state.as_str()) {
            let state = state.replace('_', " ");
            found.push(format!(
                "claim C-{number} is {state}, and the log does not tell of it"
            ));
        }
    }
    let rest = lines.iter().map(|(subject, state)| {
        let state = state.replace('_', " ");
        format!("{subject} was {state}, as the log tells, and is not any more")
    });
    found.extend(rest);
    Ok(found)
}

/// What a decided claim came to is what its verdict says, or the second review that changed it, and
/// what it was settled as last. `{passed}` is 0 or 1.
const DECIDED: [(&str, &str); 4] = [
    (
        "is decided without a verdict, or has one and is not decided",
        "c.id IN (SELECT id FROM claims WHERE state = 'decided' EXCEPT SELECT claim_id FROM verdicts \
         WHERE state = 'final') OR c.id IN (SELECT claim_id FROM verdicts WHERE state = 'final' \
         EXCEPT SELECT id FROM claims WHERE state = 'decided')",
    ),
    (
        "came to something else than its verdict",
        "c.state = 'decided' AND v.id IS NOT NULL AND {passed} <> CASE WHEN c.outcome = 'failed' \
         THEN 0 ELSE 1 END",
    ),
    (
        "is not what it was settled as",
        "c.state = 'decided' AND c.outcome <> 'passed_waiting' AND COALESCE((SELECT t.outcome FROM \
         settlements t WHERE t.claim_id = c.id AND t.outcome <> 'opener' ORDER BY t.nth DESC LIMIT \
         1), '') <> c.outcome",
    ),
    (
        "is said to wait, and has earned",
        "c.outcome = 'passed_waiting' AND EXISTS (SELECT 1 FROM ledger g WHERE g.claim_id = c.id AND \
         g.kind = 'accrual' AND g.part <> 'opener' AND NOT EXISTS (SELECT 1 FROM ledger r WHERE \
         r.corrects = g.id))",
    ),
];

const PASSED: &str = "CASE WHEN d.id IS NULL THEN v.passed ELSE COALESCE((SELECT s.final_passed FROM \
    second_reviews s WHERE s.id = d.second_review_id AND s.state = 'decided' AND s.claim_id = c.id \
    AND s.verdict_id = v.id), 0) END";

async fn decided(tx: &mut Tx) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for (what, wrong) in DECIDED {
        let wrong = wrong.replace("{passed}", PASSED);
        let sql = format!(
            "SELECT c.number FROM claims c LEFT JOIN verdicts v ON v.claim_id = c.id AND v.state = \
             'final' LEFT JOIN disputes d ON d.verdict_id = v.id AND d.state = 'changed' WHERE \
             {wrong} ORDER BY c.number LIMIT 3"
        );
        let rows = all!(tx, (i64,), sqlx::AssertSqlSafe(sql))?;
        found.extend(
            rows.iter()
                .map(|(number,)| format!("claim C-{number} {what}")),
        );
    }
    Ok(found)
}

/// Claims that stand on other calls than their claimants said.
async fn calls(tx: &mut Tx, told: &Told) -> Result<Vec<String>> {
    let mut said: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in told.of(&["claim.made", "claim.changed"]) {
        if let Ok(calls) = serde_json::from_value(line.detail()["calls"].clone()) {
            said.insert(line.subject.clone(), calls);
        }
    }
    let rows = all!(
        tx,
        (String, i64, Option<String>),
        "SELECT 'claim:' || c.id, c.number, k.call_id FROM claims c LEFT JOIN claim_calls k ON \
         k.claim_id = c.id ORDER BY c.number"
    )?;
    let mut stand: BTreeMap<(i64, String), BTreeSet<String>> = BTreeMap::new();
    for (subject, number, call) in rows {
        stand.entry((number, subject)).or_default().extend(call);
    }
    let other = stand
        .iter()
        .filter(|((_, subject), calls)| said.get(subject).is_some_and(|said| said != *calls));
    Ok(other
        .map(|((number, _), _)| {
            format!("claim C-{number} stands on other calls than the log tells")
        })
        .take(3)
        .collect())
}

/// Claims that say something else than their claimants said last: what a version says is a leaf, and
/// each that followed has its line.
async fn words(tx: &mut Tx, told: &Told) -> Result<Vec<String>> {
    let mut said: BTreeMap<&str, i64> = BTreeMap::new();
    for line in told.of(&["claim.changed"]) {
        *said.entry(&line.subject).or_default() += 1;
    }
    let rows = all!(
        tx,
        (String, i64, i64),
        "SELECT 'claim:' || id, number, words_version FROM claims ORDER BY number"
    )?;
    let other = rows
        .iter()
        .filter(|(subject, _, version)| said.get(&**subject).copied().unwrap_or(0) != *version);
    Ok(other
        .map(|(_, number, _)| {
            format!("claim C-{number} was changed more or less often than the log tells")
        })
        .take(3)
        .collect())
}
