//! What changes after its row is a leaf, or is none: locks, requests, what became of claims,
//! payroll runs, ends, who is paid by what. Who has the database can change it without touching a
//! leaf; each act has left a line in the log, which is one, and is held against it here (PRODUCT
//! I10, S8). A claim's write-up and its claimant's own answers are in neither yet.

use crate::commission::{PeriodAct, payroll};
use crate::store::{Result, Tx, all};
use crate::units::WallTime;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The first things that do not hold, without names.
///
/// # Errors
/// When the database fails.
pub(super) async fn findings(tx: &mut Tx) -> Result<Vec<String>> {
    let told = Told::read(tx).await?;
    let mut found = locks(tx).await?;
    found.extend(requests(tx, &told).await?);
    found.extend(dismissed(tx, &told).await?);
    found.extend(claims_that_are_over(tx, &told).await?);
    found.extend(claims_that_are_decided(tx).await?);
    found.extend(calls_of_claims(tx, &told).await?);
    found.extend(runs(tx, &told).await?);
    found.extend(ends(tx, &told).await?);
    found.extend(people(tx, &told).await?);
    Ok(found)
}

/// Lines of the log, oldest first.
struct Told(Vec<Line>);

#[derive(sqlx::FromRow)]
struct Line {
    at: WallTime,
    actor: String,
    action: String,
    subject: String,
    detail: String,
}

impl Line {
    fn detail(&self) -> Value {
        serde_json::from_str(&self.detail).unwrap_or_default()
    }
}

impl Told {
    async fn read(tx: &mut Tx) -> Result<Told> {
        Ok(Told(all!(
            tx,
            Line,
            "SELECT at, actor, action, subject, detail FROM audit WHERE action IN ('period.asked', \
             'fraud.alleged', 'fraud.dismissed', 'plan.proposed', 'claim.made', 'claim.changed', \
             'claim.withdrawn', 'claim.sent_back', 'payroll.made', 'plan.ended', \
             'campaign.closed', 'campaign.reopened', 'person.added', 'person.head', \
             'person.payroll_number') ORDER BY seq"
        )?))
    }

    fn of<'a>(&'a self, actions: &'a [&str]) -> impl Iterator<Item = &'a Line> {
        self.0
            .iter()
            .filter(|l| actions.contains(&l.action.as_str()))
    }
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

/// What waits for a second person, and of which the log does not tell that the first asked for it.
async fn requests(tx: &mut Tx, told: &Told) -> Result<Vec<String>> {
    let lines: BTreeSet<(&str, &str, &str, WallTime)> = told
        .of(&["period.asked", "fraud.alleged", "plan.proposed"])
        .map(|l| (&*l.action, &*l.subject, &*l.actor, l.at))
        .collect();
    let waiting = all!(
        tx,
        (String, String, String, WallTime),
        "SELECT 'period.asked', 'period:' || period, asked_by, asked_at FROM period_acts WHERE \
         confirmed_at IS NULL AND withdrawn_at IS NULL UNION ALL SELECT 'fraud.alleged', 'claim:' \
         || claim_id, ruled_by, ruled_at FROM rulings WHERE kind = 'fraud' AND confirmed_at IS NULL \
         AND dismissed_at IS NULL UNION ALL SELECT 'plan.proposed', 'plan_draft:' || id, proposed_by, \
         proposed_at FROM plan_drafts WHERE plan_id IS NULL AND withdrawn_at IS NULL"
    )?;
    let planted = waiting.into_iter().filter(|(action, subject, by, at)| {
        !lines.contains(&(action.as_str(), subject.as_str(), by.as_str(), *at))
    });
    Ok(planted
        .map(|(action, subject, ..)| {
            format!("{subject} waits for a second person, and the log does not tell of a {action}")
        })
        .collect())
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

/// Claims that are withdrawn or sent back, and those of which the log says so.
async fn claims_that_are_over(tx: &mut Tx, told: &Told) -> Result<Vec<String>> {
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

async fn claims_that_are_decided(tx: &mut Tx) -> Result<Vec<String>> {
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
async fn calls_of_claims(tx: &mut Tx, told: &Told) -> Result<Vec<String>> {
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

/// Who there is, whose pay hangs on what, whose house somebody signs for, and by which number they
/// are paid.
async fn people(tx: &mut Tx, told: &Told) -> Result<Vec<String>> {
    let mut lines: BTreeMap<&str, Person> = BTreeMap::new();
    for line in told.of(&["person.added", "person.head", "person.payroll_number"]) {
        lines.entry(&line.subject).or_default().hears(line);
    }
    let rows = all!(
        tx,
        (String, String, String, Option<String>, Option<String>),
        "SELECT 'person:' || id, role, pay_basis, head_of, payroll_number FROM people ORDER BY id"
    )?;
    let mut found = Vec::new();
    for (subject, role, pay_basis, head_of, number) in rows {
        let told = lines.remove(subject.as_str()).unwrap_or_default();
        if told.role.is_none() {
            found.push(format!("{subject} was added past the log"));
        }
        let number = number.map(|number| payroll::sha256_of(&subject, &number));
        let held = [
            ("role", told.role.is_none_or(|told| told == role)),
            (
                "pay basis",
                told.pay_basis.is_none_or(|told| told == pay_basis),
            ),
            ("house", told.head_of == head_of),
            (
                "payroll number",
                told.number.is_none_or(|told| told == number),
            ),
        ];
        let other = held.iter().filter(|(_, holds)| !holds);
        found.extend(other.map(|(what, _)| {
            format!("the {what} of {subject} is not the one that the log tells of")
        }));
    }
    let gone = lines.keys();
    found.extend(gone.map(|subject| format!("{subject} was taken away")));
    Ok(found)
}

/// What the log tells of somebody.
struct Person {
    role: Option<String>,
    pay_basis: Option<String>,
    head_of: Option<String>,
    /// None: the line is of a release that did not say it.
    number: Option<Option<String>>,
}

impl Default for Person {
    fn default() -> Person {
        Person {
            role: None,
            pay_basis: None,
            head_of: None,
            number: Some(None),
        }
    }
}

impl Person {
    fn hears(&mut self, line: &Line) {
        let detail = line.detail();
        let word = |field: &str| detail[field].as_str().map(str::to_owned);
        match line.action.as_str() {
            "person.added" => (self.role, self.pay_basis) = (word("role"), word("pay_basis")),
            "person.head" => self.head_of = word("of"),
            _ => self.number = detail.get("number_sha256").map(|_| word("number_sha256")),
        }
    }
}
