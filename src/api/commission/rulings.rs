//! Rulings: two claims on one lead, and fraud (PRODUCT I3, M2).

use crate::api::access::Who;
use crate::api::app::{App, done};
use crate::api::problem::Problem;
use crate::commission::RulingKind;
use crate::review::ClaimOutcome;
use crate::store::Tx;
use crate::store::commission::ledger;
use crate::store::commission::rulings::{self, Pair, Ruling};
use crate::store::review::claims::{self, Claim};
use crate::units::{ClaimId, Money, RulingId, WallTime};
use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// A claim that a ruling is about.
#[derive(Serialize, ToSchema)]
pub struct RuledClaim {
    id: ClaimId,
    number: i64,
    company: String,
    claimant: String,
    campaign: String,
    made_at: WallTime,
    #[schema(required)]
    outcome: Option<ClaimOutcome>,
    /// What it has earned and nobody has taken back.
    #[schema(required)]
    earned: Option<Money>,
}

/// Two claims on leads that share a number.
#[derive(Serialize, ToSchema)]
pub struct ClaimPair {
    later: RuledClaim,
    first: RuledClaim,
    /// The number, in E.164; empty: the leads were one once.
    number: String,
}

/// A ruling.
#[derive(Serialize, ToSchema)]
#[schema(as = ClaimRuling)]
pub struct View {
    id: RulingId,
    kind: RulingKind,
    claim: RuledClaim,
    /// The claim that was made first; null for fraud.
    #[schema(required)]
    same_as: Option<RuledClaim>,
    note: String,
    ruled_at: WallTime,
    /// Whoever asks said so: somebody else confirms it.
    own: bool,
    /// Fraud takes a second person; other rulings stand at once.
    #[schema(required)]
    confirmed_at: Option<WallTime>,
    /// Fraud that was alleged, and is not any more.
    #[schema(required)]
    dismissed_at: Option<WallTime>,
}

/// What there is to rule on, and what was ruled.
#[derive(Serialize, ToSchema)]
pub struct Rulings {
    /// Newest first, at most 200; on the first page alone.
    pairs: Vec<ClaimPair>,
    /// There are more than 200: the others show as these are ruled on.
    more_pairs: bool,
    /// On the first page all fraud that is alleged; then what stands, newest first.
    rulings: Vec<View>,
    /// `before` of the next page; null on the last.
    #[schema(required)]
    next: Option<RulingId>,
}

/// Which page.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct RulingsBefore {
    /// `next` of the page before.
    before: Option<RulingId>,
}

/// Rulings on a page, beside those that wait for a second person.
const PAGE: i64 = 100;
const PAIRS: i64 = 200;

/// Claims of one's clients to rule on.
#[utoipa::path(
    get,
    path = "/rulings",
    params(RulingsBefore),
    responses((status = 200, body = Rulings))
)]
pub async fn list(
    State(app): State<App>,
    who: Who,
    asked: Result<Query<RulingsBefore>, QueryRejection>,
) -> Result<Json<Rulings>, Problem> {
    let Query(RulingsBefore { before }) = asked?;
    let mut tx = app.db.read().await?;
    let mut past = rulings::of_clients(&mut tx, who.id(), before.as_ref(), PAGE + 1).await?;
    let more = past.len() as i64 > PAGE;
    past.truncate(PAGE as usize);
    let next = past.last().filter(|_| more).map(|r| r.id.clone());
    let (mut open, mut waiting) = (Vec::new(), Vec::new());
    if before.is_none() {
        open = rulings::open_pairs(&mut tx, who.id(), PAIRS + 1).await?;
        waiting = rulings::alleged(&mut tx, who.id()).await?;
    }
    let more_pairs = open.len() as i64 > PAIRS;
    open.truncate(PAIRS as usize);
    waiting.extend(past);
    Ok(Json(Rulings {
        pairs: pairs(&mut tx, open).await?,
        more_pairs,
        rulings: views(&mut tx, waiting, &who).await?,
        next,
    }))
}

async fn pairs(tx: &mut Tx, found: Vec<Pair>) -> Result<Vec<ClaimPair>, Problem> {
    let mut pairs = Vec::new();
    for pair in found {
        pairs.push(ClaimPair {
            later: ruled(tx, &pair.later).await?,
            first: ruled(tx, &pair.first).await?,
            number: pair.number.into_inner(),
        });
    }
    Ok(pairs)
}

async fn views(tx: &mut Tx, found: Vec<Ruling>, who: &Who) -> Result<Vec<View>, Problem> {
    let mut views = Vec::new();
    for r in found {
        let same_as = match &r.same_as {
            Some(claim) => Some(ruled(tx, claim).await?),
            None => None,
        };
        views.push(View {
            claim: ruled(tx, &r.claim_id).await?,
            same_as,
            own: r.ruled_by == *who.id(),
            id: r.id,
            kind: r.kind,
            note: r.note.into_inner(),
            ruled_at: r.ruled_at,
            confirmed_at: r.confirmed_at,
            dismissed_at: r.dismissed_at,
        });
    }
    Ok(views)
}

async fn ruled(tx: &mut Tx, id: &ClaimId) -> Result<RuledClaim, Problem> {
    let claim = claims::by_id(tx, id)
        .await?
        .ok_or_else(Problem::not_found)?;
    let earned = ledger::earned_by_claim(tx, id).await?;
    Ok(RuledClaim {
        id: claim.id,
        number: claim.number,
        company: claim.company.into_inner(),
        claimant: claim.person.into_inner(),
        campaign: claim.campaign,
        made_at: claim.created_at,
        outcome: claim.outcome,
        earned,
    })
}

/// What is ruled.
#[derive(Deserialize, ToSchema)]
#[schema(as = ClaimRulingBody)]
#[serde(deny_unknown_fields)]
pub struct RulingBody {
    /// The claim that would earn nothing: the later of two.
    claim: ClaimId,
    kind: RulingKind,
    /// The claim that was made first; not for fraud.
    same_as: Option<ClaimId>,
    /// 10 to 500 characters; the claimants read it.
    note: String,
}

/// A ruling that is made.
#[derive(Serialize, ToSchema)]
pub struct Made {
    id: RulingId,
}

/// Rules that two leads are one or two, or says that a claim was made by fraud, which a second
/// manager confirms.
#[utoipa::path(
    post,
    path = "/rulings",
    request_body = RulingBody,
    responses((status = 200, body = Made))
)]
pub async fn rule(
    State(app): State<App>,
    who: Who,
    body: Result<Json<RulingBody>, JsonRejection>,
) -> Result<Json<Made>, Problem> {
    let Json(b) = body?;
    let note = b.note.trim();
    if !(10..=500).contains(&note.chars().count()) {
        return Err(Problem::bad(
            "Say why in 10 to 500 characters: the claimants read it.",
        ));
    }
    let now = app.clock.now();
    let mut tx = app.db.write().await?;
    let claim = mine(&mut tx, &who, &b.claim).await?;
    let made = match (b.kind, &b.same_as) {
        (RulingKind::Fraud, None) => rulings::accuse(&mut tx, who.id(), &claim, note, now).await,
        (RulingKind::Duplicate | RulingKind::Distinct, Some(first)) => {
            mine(&mut tx, &who, first).await?;
            let (pair, what) = ((&b.claim, first), (b.kind, note));
            rulings::rule_on_pair(&mut tx, who.id(), pair, what, &app.rules.zone, now).await
        }
        _ => {
            return Err(Problem::bad(
                "Name the claim that was made first for a duplicate or two leads, and none for \
                 fraud.",
            ));
        }
    };
    let id = match made {
        Ok(id) => id,
        Err(error) if error.is_duplicate() => {
            return Err(Problem::conflict("It is ruled already: reload the page."));
        }
        Err(error) => return Err(tx.refuse(error).await.into()),
    };
    tx.commit().await?;
    Ok(Json(Made { id }))
}

async fn mine(tx: &mut Tx, who: &Who, claim: &ClaimId) -> Result<Claim, Problem> {
    claims::by_id(tx, claim)
        .await?
        .filter(|c| who.sees_client(&c.client_id))
        .ok_or_else(Problem::not_found)
}

/// A second manager confirms fraud: the entry is taken back.
#[utoipa::path(post, path = "/rulings/{id}/confirm", responses((status = 204)))]
pub async fn confirm(
    State(app): State<App>,
    who: Who,
    Path(id): Path<RulingId>,
) -> Result<StatusCode, Problem> {
    let mut tx = alleged(&app, &who, &id).await?;
    let (zone, now) = (&app.rules.zone, app.clock.now());
    if let Err(error) = rulings::confirm(&mut tx, who.id(), &id, zone, now).await {
        return Err(tx.refuse(error).await.into());
    }
    done(tx).await
}

/// Fraud is not alleged any more: who said so takes it back, or another manager dismisses it. No
/// money moves.
#[utoipa::path(post, path = "/rulings/{id}/dismiss", responses((status = 204)))]
pub async fn dismiss(
    State(app): State<App>,
    who: Who,
    Path(id): Path<RulingId>,
) -> Result<StatusCode, Problem> {
    let mut tx = alleged(&app, &who, &id).await?;
    if let Err(error) = rulings::dismiss(&mut tx, who.id(), &id, app.clock.now()).await {
        return Err(tx.refuse(error).await.into());
    }
    done(tx).await
}

/// Begins to write about a ruling on a claim that one sees.
async fn alleged(app: &App, who: &Who, id: &RulingId) -> Result<Tx, Problem> {
    let mut tx = app.db.write().await?;
    let ruling = rulings::by_id(&mut tx, id).await?;
    let ruling = ruling.ok_or_else(Problem::not_found)?;
    mine(&mut tx, who, &ruling.claim_id).await?;
    Ok(tx)
}
