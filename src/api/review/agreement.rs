//! What managers ask of reviews: samples of what nobody claimed, calibration rounds, and how well
//! reviewers agree. None of it moves money (PRODUCT R10 to R12).

use crate::api::access::Who;
use crate::api::review::claims::answered_rows;
use crate::api::{App, Event, Problem};
use crate::review::agreement::Pairs;
use crate::review::{Checklist, Given, NOT_APPLICABLE};
use crate::store::Tx;
use crate::store::handover::answers;
use crate::store::leads;
use crate::store::log::{self, Entry};
use crate::store::people;
use crate::store::review::checklists;
use crate::store::review::claims;
use crate::store::review::eligible;
use crate::store::review::second_reviews::{self, NewLook, When};
use crate::store::review::verdicts;
use crate::units::{Micros, WallTime};
use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SampleBody {
    count: u32,
    /// How far back.
    days: u32,
}

const MOST_SAMPLED: u32 = 50;

/// Draws answered calls that nobody claimed, to find leads that were missed or withheld (PRODUCT
/// R12).
pub async fn sample(
    State(app): State<App>,
    who: Who,
    body: Result<Json<SampleBody>, JsonRejection>,
) -> Result<Json<Value>, Problem> {
    let Json(b) = body?;
    if b.count == 0 || b.count > MOST_SAMPLED || b.days == 0 || b.days > 366 {
        return Err(Problem::bad(
            "Draw 1 to 50 calls, from the last 1 to 366 days.",
        ));
    }
    let now = app.clock.now();
    let mut tx = app.db.write().await?;
    let mut found = second_reviews::unclaimed(
        &mut tx,
        who.id(),
        now - Micros::from_secs(86_400 * i64::from(b.days)),
        10_000,
    )
    .await?;
    let mut drawn = 0;
    while drawn < b.count && !found.is_empty() {
        let (call, lead, campaign) = found.swap_remove(rand::random_range(0..found.len()));
        let checklist = leads::campaign(&mut tx, &campaign)
            .await?
            .ok_or_else(Problem::not_found)?
            .checklist_id;
        let Some(version) = checklists::in_force(&mut tx, &checklist, now).await? else {
            continue;
        };
        let look = NewLook {
            reason: "unclaimed",
            lead: &lead,
            campaign: &campaign,
            checklist_version: &version.id,
            claim: None,
            verdict: None,
            calibration: None,
            assigned_to: None,
            criterion: None,
            calls: &[call],
        };
        second_reviews::add(
            &mut tx,
            &look,
            now,
            When::within(now, app.rules.second_look_within),
        )
        .await?;
        drawn += 1;
    }
    log::append(
        &mut tx,
        Entry {
            at: now,
            actor: who.id(),
            action: "sample.drawn",
            subject: "looks",
            detail: json!({ "calls": drawn, "of": found.len() + drawn as usize }),
        },
    )
    .await?;
    tx.commit().await?;
    let _ = app.events.send(Event::to_role("queue", "reviewer"));
    Ok(Json(json!({ "drawn": drawn })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CalibrationBody {
    /// A decided claim, by its id.
    claim: String,
    reviewers: Vec<String>,
    days: u32,
}

/// Several reviewers judge the same claim (PRODUCT R11).
pub async fn calibrate(
    State(app): State<App>,
    who: Who,
    body: Result<Json<CalibrationBody>, JsonRejection>,
) -> Result<Json<Value>, Problem> {
    let Json(b) = body?;
    let now = app.clock.now();
    let mut tx = app.db.write().await?;
    let claim = claims::by_id(&mut tx, &b.claim)
        .await?
        .filter(|c| who.sees_client(&c.client_id))
        .ok_or_else(Problem::not_found)?;
    let first = verdicts::of_claim(&mut tx, &claim.id)
        .await?
        .filter(|v| v.state == "sealed");
    let first = first.ok_or_else(|| {
        Problem::conflict(
            "Only a decided claim can be judged by several: this one's verdict is still open.",
        )
    })?;
    if b.reviewers.len() < 2 || b.reviewers.len() > 20 || b.days == 0 || b.days > 90 {
        return Err(Problem::bad(
            "Choose two to twenty reviewers, and 1 to 90 days.",
        ));
    }
    let known = people::colleagues(&mut tx, who.id(), "reviewer").await?;
    let due = now + Micros::from_secs(86_400 * i64::from(b.days));
    let round = second_reviews::add_calibration(&mut tx, &claim.id, who.id(), now, due).await?;
    let calls = second_reviews::calls_of_claim(&mut tx, &claim.id).await?;
    for reviewer in &b.reviewers {
        let reviewer = known
            .iter()
            .find(|p| p.id == *reviewer)
            .ok_or_else(|| Problem::bad("One of them is no reviewer of yours."))?;
        if reviewer.id == first.reviewer_id {
            return Err(Problem::bad(format!(
                "{} gave this claim's verdict, which is compared anyway: choose others.",
                reviewer.name
            )));
        }
        if eligible::has_judged(&mut tx, &reviewer.id, &calls, "").await? {
            return Err(Problem::bad(format!(
                "{} has judged this call before, or is to: choose others, who hear it for the \
                 first time.",
                reviewer.name
            )));
        }
        let look = NewLook {
            reason: "calibration",
            lead: &claim.lead_id,
            campaign: &claim.campaign_id,
            checklist_version: &first.checklist_version_id,
            claim: Some(&claim.id),
            verdict: Some(&first.id),
            calibration: Some(&round),
            assigned_to: Some(&reviewer.id),
            criterion: None,
            calls: &calls,
        };
        second_reviews::add(&mut tx, &look, now, When { opens: now, due }).await?;
    }
    let can_be_disputed = eligible::kept_back_until(&mut tx, &first, &app.rules)
        .await?
        .is_some_and(|until| until > now);
    if can_be_disputed && eligible::reviewers(&mut tx, &claim).await?.is_empty() {
        return Err(Problem::conflict(
            "Leave one reviewer out: while this verdict can be disputed, somebody has to be left \
             who can judge it afresh.",
        ));
    }
    log::append(
        &mut tx,
        Entry {
            at: now,
            actor: who.id(),
            action: "calibration.begun",
            subject: &format!("calibration:{round}"),
            detail: json!({ "claim": claim.id }),
        },
    )
    .await?;
    tx.commit().await?;
    let _ = app.events.send(Event::to_role("queue", "reviewer"));
    Ok(Json(json!({ "id": round })))
}

/// Rounds with their differences, row by row; answers show once all are in, or the round is over.
pub async fn calibrations(State(app): State<App>, who: Who) -> Result<Json<Value>, Problem> {
    let now = app.clock.now();
    let mut tx = app.db.read().await?;
    let mut rounds = Vec::new();
    for round in second_reviews::calibrations(&mut tx).await? {
        if !who.sees_client(&round.client_id) {
            continue;
        }
        let each = second_reviews::of_calibration(&mut tx, &round.id).await?;
        let done = each.iter().filter(|l| l.answers.is_some()).count();
        let open = done < each.len() && round.due_at > now.micros();
        let first = verdicts::of_claim(&mut tx, &round.claim_id)
            .await?
            .ok_or_else(Problem::not_found)?;
        let version = checklists::by_id(&mut tx, &first.checklist_version_id)
            .await?
            .ok_or_else(Problem::not_found)?;
        let list = version.checklist()?;
        let mut columns = Vec::new();
        if !open {
            columns.push(
                column(
                    &mut tx,
                    &list,
                    &first.reviewer_id,
                    &first.answers,
                    first.passed,
                )
                .await?,
            );
            for look in &each {
                if let (Some(reviewer), Some(answers), Some(passed)) =
                    (&look.reviewer_id, &look.answers, look.passed)
                {
                    columns.push(column(&mut tx, &list, reviewer, answers, passed).await?);
                }
            }
        }
        rounds.push(json!({
            "id": round.id, "claim": round.claim_number, "company": round.company, "created_at": WallTime(round.created_at), "due_at": WallTime(round.due_at),
            "done": done, "of": each.len(), "open": open, "criteria": list.criteria.iter().map(|c| json!({ "id": c.id, "title": c.title })).collect::<Vec<_>>(), "columns": columns,
        }));
    }
    let reviewers: Vec<Value> = people::colleagues(&mut tx, who.id(), "reviewer")
        .await?
        .iter()
        .map(|p| json!({ "id": p.id, "name": p.name }))
        .collect();
    let decided: Vec<Value> = claims::decided_of_clients(&mut tx, who.id(), 200)
        .await?
        .iter()
        .map(|c| json!({ "id": c.id, "number": c.number, "company": c.company, "outcome": c.outcome, "decided_at": c.decided_at.map(WallTime) }))
        .collect();
    Ok(Json(
        json!({ "rounds": rounds, "reviewers": reviewers, "claims": decided }),
    ))
}

async fn column(
    tx: &mut Tx,
    list: &Checklist,
    reviewer: &str,
    answers: &str,
    passed: i64,
) -> Result<Value, Problem> {
    let name = people::by_id(tx, reviewer)
        .await?
        .map_or_else(String::new, |p| p.name);
    Ok(
        json!({ "reviewer": name, "passed": passed == 1, "rows": answered_rows(list, &serde_json::from_str::<Vec<_>>(answers)?) }),
    )
}

/// A title with the pairs of answers given to it.
type Criteria = BTreeMap<String, (String, Pairs)>;

/// Agreement per criterion; reviewers' errors and unsupported rejections by sales side by side;
/// what samples found. None of it moves money (PRODUCT R10).
pub async fn agreement(State(app): State<App>, who: Who) -> Result<Json<Value>, Problem> {
    let mut tx = app.db.read().await?;
    let (mut criteria, mut verdict) = (Criteria::new(), Pairs::default());
    let mut reviewers: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    let mut rejections = (0_u64, 0_u64);
    let mut sampled = Vec::new();
    // A claim's first blind answer: they come newest first.
    let mut blind: BTreeMap<String, (Checklist, Vec<Given>)> = BTreeMap::new();
    let mut waiting = (0_u64, 0_u64);
    let now = app.clock.now();
    for look in second_reviews::of_clients(&mut tx, who.id()).await? {
        if (look.is_waiting() || look.state == "answered") && look.opens_at <= now.micros() {
            waiting.0 += 1;
            waiting.1 += u64::from(look.due_at < now.micros());
        }
        let (Some(answers), Some(passed)) = (&look.answers, look.passed) else {
            continue;
        };
        let second: Vec<Given> = serde_json::from_str(answers)?;
        let list = checklists::by_id(&mut tx, &look.checklist_version_id)
            .await?
            .ok_or_else(Problem::not_found)?
            .checklist()?;
        let Some(first_id) = &look.verdict_id else {
            sampled.push(json!({ "number": format!("S-{}", look.number), "company": look.company, "passed": passed == 1, "at": look.decided_at.map(WallTime) }));
            continue;
        };
        let first = verdicts::by_id(&mut tx, first_id)
            .await?
            .ok_or_else(Problem::not_found)?;
        count(
            &list,
            &serde_json::from_str::<Vec<Given>>(&first.answers)?,
            &second,
            &mut criteria,
        );
        verdict.add(first.passed == 1, passed == 1);
        let name = people::by_id(&mut tx, &first.reviewer_id)
            .await?
            .map_or_else(String::new, |p| p.name);
        let of = reviewers.entry(name).or_default();
        of.0 += 1;
        of.1 += u64::from(first.passed != passed);
        if look.reason != "dispute" {
            blind.insert(first.claim_id, (list, second));
        }
    }
    for (claim, criterion) in answers::cited(&mut tx, who.id()).await? {
        let Some((list, second)) = blind.get(&claim) else {
            continue;
        };
        rejections.0 += 1;
        rejections.1 += u64::from(passes(list, &criterion, second) != Some(false));
    }
    let rows: Vec<Value> = criteria
        .values()
        .map(|(title, pairs)| json!({ "title": title, "agreement": pairs.agreement() }))
        .collect();
    let errors: Vec<Value> = reviewers.iter().map(|(name, (looked, changed))| json!({ "reviewer": name, "looked_at": looked, "otherwise": changed })).collect();
    Ok(Json(json!({
        "verdict": verdict.agreement(), "criteria": rows, "reviewers": errors, "rejections": { "looked_at": rejections.0, "unsupported": rejections.1 },
        "sampled": sampled, "waiting": waiting.0, "overdue": waiting.1,
    })))
}

fn passes(list: &Checklist, criterion: &str, given: &[Given]) -> Option<bool> {
    let g = given.iter().find(|g| g.criterion == criterion)?;
    if g.answer == NOT_APPLICABLE {
        return Some(true);
    }
    list.criteria
        .iter()
        .find(|c| c.id == criterion)?
        .answers
        .iter()
        .find(|a| a.id == g.answer)
        .map(|a| a.passes)
}

fn count(list: &Checklist, first: &[Given], second: &[Given], into: &mut Criteria) {
    for c in &list.criteria {
        if let (Some(a), Some(b)) = (passes(list, &c.id, first), passes(list, &c.id, second)) {
            into.entry(c.id.clone())
                .or_insert_with(|| (c.title.clone(), Pairs::default()))
                .1
                .add(a, b);
        }
    }
}
