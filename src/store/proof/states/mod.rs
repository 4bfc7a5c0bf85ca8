//! What changes after its row is a leaf, or is none: locks, requests, what became of claims,
//! payroll runs, ends, who is paid by what, which leads are one, whose a line is, where messages go.
//! Who has the database can change it without touching a leaf; each act has left a line in the log,
//! which is one, and is held against it here (PRODUCT I10, S8).

mod acts;
mod claims;
mod leads;
mod people;
mod receivers;
mod told;

use crate::commission::PeriodAct;
use crate::store::{Result, Tx, all};
use crate::units::WallTime;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use told::{Line, Told};

/// The first things that do not hold, without names.
///
/// # Errors
/// When the database fails.
pub(super) async fn findings(tx: &mut Tx) -> Result<Vec<String>> {
    let told = Told::read(tx).await?;
    let mut found = locks(tx).await?;
    found.extend(dismissed(tx, &told).await?);
    found.extend(acts::findings(tx).await?);
    found.extend(claims::findings(tx, &told).await?);
    found.extend(runs(tx, &told).await?);
    found.extend(ends(tx, &told).await?);
    found.extend(approved(&told));
    found.extend(people::findings(tx, &told).await?);
    found.extend(leads::merges(tx, &told).await?);
    found.extend(receivers::findings(tx, &told).await?);
    Ok(found)
}

/// Periods that are not locked or open as two people last signed.
async fn locks(tx: &mut Tx) -> Result<Vec<String>> {
    let signed = all!(
        tx,
        (String, PeriodAct, WallTime, String),
        "SELECT period, act, confirmed_at, confirmed_by FROM period_acts WHERE confirmed_at IS NOT \
         NULL AND confirmed_by IS NOT NULL ORDER BY confirmed_at"
    )?;
    let mut wanted: BTreeMap<String, Option<(WallTime, String)>> = BTreeMap::new();
    for (period, act, at, by) in signed {
        wanted.insert(period, (act == PeriodAct::Lock).then_some((at, by)));
    }
    for (period,) in all!(tx, (String,), "SELECT DISTINCT period FROM ledger")? {
        wanted.entry(period).or_default();
    }
    let periods = all!(
        tx,
        (String, Option<WallTime>, Option<String>),
        "SELECT name, locked_at, locked_by FROM periods ORDER BY name"
    )?;
    let mut found = Vec::new();
    for (name, locked_at, locked_by) in periods {
        let signed = wanted.remove(&name).flatten();
        if signed != locked_at.map(|at| (at, locked_by.unwrap_or_default())) {
            found.push(format!(
                "period {name} is not locked or open as two people signed"
            ));
        }
    }
    let gone = wanted.keys();
    found.extend(gone.map(|name| format!("period {name} was taken away")));
    Ok(found)
}

/// Allegations that are dismissed, and those of which the log says so.
async fn dismissed(tx: &mut Tx, told: &Told) -> Result<Vec<String>> {
    let said = told.of(&["fraud.dismissed"]).filter_map(|l| {
        let ruling = l.detail()["ruling"].as_str()?.to_owned();
        Some((ruling, l.actor.clone(), l.at))
    });
    let said: BTreeSet<(String, String, WallTime)> = said.collect();
    let stand = all!(
        tx,
        (String, String, WallTime),
        "SELECT id, COALESCE(dismissed_by, ''), COALESCE(dismissed_at, 0) FROM rulings WHERE \
         dismissed_by IS NOT NULL OR dismissed_at IS NOT NULL"
    )?;
    let stand: BTreeSet<_> = stand.into_iter().collect();
    let other = said.symmetric_difference(&stand).map(|(ruling, ..)| ruling);
    let other: BTreeSet<&String> = other.collect();
    Ok(other
        .into_iter()
        .map(|ruling| format!("ruling {ruling} is not dismissed as the log tells"))
        .collect())
}

/// Payroll runs against the lines that told of them; what is in them is
/// [`differences`](crate::store::commission::payroll::differences)'s to say.
async fn runs(tx: &mut Tx, told: &Told) -> Result<Vec<String>> {
    let mut lines = BTreeMap::new();
    for line in told.of(&["payroll.made"]) {
        let detail = line.detail();
        if let (Some(number), Some(sha256)) = (detail["number"].as_i64(), detail["sha256"].as_str())
        {
            lines.insert(number, sha256.to_owned());
        }
    }
    let runs = all!(
        tx,
        (i64, String),
        "SELECT number, sha256 FROM payroll_runs ORDER BY number"
    )?;
    let mut found = Vec::new();
    for (number, sha256) in &runs {
        if lines.remove(number).as_ref() != Some(sha256) {
            found.push(format!(
                "payroll run {number} is not the one that the log tells of"
            ));
        }
    }
    let gone = lines.keys();
    found.extend(gone.map(|number| format!("payroll run {number} was taken away")));
    Ok(found)
}

/// Plans that are not what was proposed: whoever approved one read a draft that somebody had changed.
fn approved(told: &Told) -> Vec<String> {
    let drafts: BTreeMap<&str, &Line> = told
        .of(&["plan.proposed"])
        .map(|l| (l.subject.trim_start_matches("plan_draft:"), l))
        .collect();
    let other = told.of(&["plan.approved"]).filter(|line| {
        let detail = line.detail();
        let draft = detail["draft"].as_str().and_then(|id| drafts.get(id));
        let fields = ["amount", "terms", "payable_after_days"].map(|field| {
            let said = detail.get(field)?;
            Some((field.to_owned(), said.clone()))
        });
        let says = Value::Object(fields.into_iter().flatten().collect());
        draft.is_some_and(|draft| !draft.says(&says))
    });
    other
        .map(|line| format!("{} is not the plan that was proposed", line.subject))
        .collect()
}

/// Ends of plans and campaigns against the lines that told of them: who plants one keeps others
/// from being paid.
async fn ends(tx: &mut Tx, told: &Told) -> Result<Vec<String>> {
    let mut lines = BTreeMap::new();
    for line in told.of(&["plan.ended", "campaign.closed", "campaign.reopened"]) {
        // A campaign that goes on again has none.
        match line.detail()["until"].as_str() {
            Some(until) => lines.insert(line.subject.clone(), until.to_owned()),
            None => lines.remove(&line.subject),
        };
    }
    let ends = all!(
        tx,
        (String, WallTime),
        "SELECT 'plan:' || plan_id, at FROM plan_ends UNION ALL SELECT 'campaign:' || id, closed_at \
         FROM campaigns WHERE closed_at IS NOT NULL ORDER BY 1"
    )?;
    let mut found = Vec::new();
    for (subject, at) in ends {
        if lines.remove(&subject) != Some(at.to_string()) {
            found.push(format!(
                "the end of {subject} is not the one that the log tells of"
            ));
        }
    }
    let gone = lines.keys();
    found.extend(gone.map(|subject| format!("the end of {subject} was taken away")));
    Ok(found)
}
