//! A checklist's draft tried on its client's past verdicts, before it is signed (PRODUCT R3). It
//! changes no verdict.

use crate::api::access::Who;
use crate::api::app::App;
use crate::api::problem::Problem;
use crate::api::review::checklists::visible;
use crate::handover::Answer;
use crate::review::trial::{Would, would};
use crate::review::{Checklist, Given};
use crate::store::review::checklists;
use crate::store::review::record::{self, Past};
use crate::units::{Micros, VersionId, WallTime};
use axum::Json;
use axum::extract::{Path, Query, State};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};

/// How far back.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Window {
    /// 1 to 366; without it 90.
    days: Option<u32>,
}

/// Verdicts that were tried; the newest 5,000 of the time.
#[derive(Serialize, ToSchema)]
pub struct Trial {
    from: WallTime,
    verdicts: usize,
    now_passed: usize,
    now_failed: usize,
    would_pass: usize,
    would_fail: usize,
    /// The answers that were given do not tell.
    cannot_tell: usize,
    /// Passed, and would fail; the newest 200.
    newly_failed: Vec<TrialRow>,
    /// Failed, and would pass; the newest 200.
    newly_passed: Vec<TrialRow>,
    /// What the answers do not tell, by criterion.
    cannot_tell_rows: Vec<Untold>,
    /// What it would have cost the floor, by currency.
    cost: Vec<Cost>,
}

/// A verdict that would come out otherwise.
#[derive(Serialize, ToSchema)]
pub struct TrialRow {
    claim_number: i64,
    company: String,
    decided_at: WallTime,
    was: Was,
    /// The criteria that would fail it.
    why: Vec<String>,
    /// The last thing that sales said of the lead.
    #[schema(required)]
    sales: Option<Answer>,
    /// Calls with the lead after the verdict.
    called_after: i64,
}

/// What the verdict is.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Was {
    Passed,
    Failed,
}

/// A criterion of which the answers do not tell.
#[derive(Serialize, ToSchema)]
pub struct Untold {
    criterion: String,
    title: String,
    n: usize,
    /// Why, in words.
    why: &'static str,
}

/// What telemarketers would have earned less or more.
#[derive(Serialize, ToSchema)]
pub struct Cost {
    currency: String,
    lost_minor: i64,
    gained_minor: i64,
}

const MOST: i64 = 5_000;
const ROWS: usize = 200;

/// Tries a version on past verdicts of its client: who would have failed or passed, as far as the
/// answers tell, what became of those leads, and what it would have cost.
#[utoipa::path(
    get,
    path = "/checklists/{id}/trial",
    params(Window),
    responses((status = 200, body = Trial))
)]
pub async fn trial(
    State(app): State<App>,
    who: Who,
    Path(id): Path<VersionId>,
    Query(window): Query<Window>,
) -> Result<Json<Trial>, Problem> {
    let days = window.days.unwrap_or(90);
    if !(1..=366).contains(&days) {
        return Err(Problem::bad("Choose 1 to 366 days."));
    }
    let from = app.clock.now() - Micros::from_secs(86_400 * i64::from(days));
    let mut tx = app.db.read().await?;
    let version = visible(&mut tx, &who, &id).await?;
    let draft = version.checklist()?;
    let checklist = checklists::listed(&mut tx, &version.checklist_id)
        .await?
        .ok_or_else(Problem::not_found)?;
    let past = record::past(&mut tx, &checklist.client_id, from, MOST).await?;
    drop(tx);
    Ok(Json(tried(&draft, past, from)?))
}

fn tried(draft: &Checklist, past: Vec<Past>, from: WallTime) -> Result<Trial, Problem> {
    let mut t = Trial {
        from,
        verdicts: past.len(),
        now_passed: past.iter().filter(|p| p.passed).count(),
        now_failed: past.iter().filter(|p| !p.passed).count(),
        would_pass: 0,
        would_fail: 0,
        cannot_tell: 0,
        newly_failed: Vec::new(),
        newly_passed: Vec::new(),
        cannot_tell_rows: Vec::new(),
        cost: Vec::new(),
    };
    let (mut untold, mut cost) = (BTreeMap::<String, usize>::new(), BTreeMap::new());
    for p in past {
        let given: Vec<Given> = serde_json::from_str(p.answers.reveal())?;
        match would(draft, &given) {
            Would::Pass => {
                t.would_pass += 1;
                if !p.passed {
                    add(&mut cost, &p, |c| &mut c.1);
                    t.newly_passed.push(row(p, Vec::new()));
                }
            }
            Would::Fail(ids) => {
                t.would_fail += 1;
                if p.passed {
                    add(&mut cost, &p, |c| &mut c.0);
                    let why = ids.iter().map(|id| draft.title(id)).collect();
                    t.newly_failed.push(row(p, why));
                }
            }
            Would::Unknown(ids) => {
                t.cannot_tell += 1;
                for id in ids {
                    *untold.entry(id).or_default() += 1;
                }
            }
        }
    }
    t.newly_failed.truncate(ROWS);
    t.newly_passed.truncate(ROWS);
    t.cannot_tell_rows = untold
        .into_iter()
        .map(|(criterion, n)| Untold {
            title: draft.title(&criterion),
            criterion,
            n,
            why: "Not asked then, answered otherwise, or shown by fewer words or no moment.",
        })
        .collect();
    t.cost = cost
        .into_iter()
        .map(|(currency, (lost_minor, gained_minor))| Cost {
            currency,
            lost_minor,
            gained_minor,
        })
        .collect();
    Ok(t)
}

/// Money by currency: lost and gained.
type Money = BTreeMap<String, (i64, i64)>;

fn add(cost: &mut Money, p: &Past, to: fn(&mut (i64, i64)) -> &mut i64) {
    if let (Some(minor), Some(currency)) = (p.amount_minor, &p.currency) {
        let sum = to(cost.entry(currency.clone()).or_default());
        *sum = sum.saturating_add(minor);
    }
}

fn row(p: Past, why: Vec<String>) -> TrialRow {
    TrialRow {
        claim_number: p.claim_number,
        company: p.company.into_inner(),
        decided_at: p.decided_at,
        was: if p.passed { Was::Passed } else { Was::Failed },
        why,
        sales: p.sales,
        called_after: p.called_after,
    }
}
