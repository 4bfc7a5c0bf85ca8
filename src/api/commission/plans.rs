//! Commission plans: proposed and approved by managers, read by telemarketers (PRODUCT M1).

use crate::api::access::Who;
use crate::api::app::{App, done};
use crate::api::problem::Problem;
use crate::commission::{Split, Terms, Tier};
use crate::identity::Role;
use crate::store::commission::plans::{self, Draft, NewPlan, Reader, Version};
use crate::store::{Actor, Tx, leads};
use crate::units::{CampaignId, Money, PlanDraftId, PlanId, WallTime};
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A version of a campaign's plan. None is ever changed.
#[derive(Serialize, ToSchema)]
#[schema(as = PlanVersion)]
pub struct View {
    id: PlanId,
    campaign_id: CampaignId,
    campaign: String,
    version: i64,
    /// What a passed lead earns.
    amount: Money,
    /// What it earns from the n-th of a payee in a month on; by n, ascending.
    tiers: Vec<PlanTier>,
    /// The most that a payee earns by the campaign in a month.
    #[schema(required)]
    cap: Option<Money>,
    /// The share of whoever opened the lead.
    #[schema(required)]
    split: Option<PlanSplit>,
    /// How long after the verdict it is paid out at the earliest.
    payable_after_days: i64,
    /// It holds for claims made from then on.
    from: WallTime,
    /// Claims made from then on are not paid under it; null: until another follows.
    #[schema(required)]
    until: Option<WallTime>,
    /// Who set that end.
    #[schema(required)]
    ended_by: Option<String>,
    approved_by: String,
    approved_at: WallTime,
    /// When whoever asks has read it; a telemarketer's own alone.
    #[schema(required)]
    read_at: Option<WallTime>,
    /// It holds or will hold for claims of whoever asks, and they have not read it.
    to_read: bool,
    /// Who earns by it and when they read it; for managers.
    readers: Vec<PlanReader>,
}

/// From the n-th passed lead of a payee in a month on, each earns this.
#[derive(Serialize, ToSchema)]
pub struct PlanTier {
    /// 2 to 100,000.
    from_lead: i64,
    amount: Money,
}

/// The opener's share: of another telemarketer who talked with the lead first.
#[derive(Serialize, ToSchema)]
pub struct PlanSplit {
    /// Of what the lead earns, rounded down: 1 to 99.
    opener_percent: i64,
    /// Their first recorded conversation had at least so many seconds of talk.
    min_seconds: i64,
    /// It was within so many days before the claim.
    within_days: i64,
}

impl PlanSplit {
    fn of(terms: &Terms) -> Option<PlanSplit> {
        terms.split.map(|split| PlanSplit {
            opener_percent: split.opener_percent,
            min_seconds: split.min_seconds,
            within_days: split.within_days,
        })
    }
}

/// Somebody who earns by a plan.
#[derive(Serialize, ToSchema)]
pub struct PlanReader {
    name: String,
    #[schema(required)]
    read_at: Option<WallTime>,
}

/// A version that nobody has approved yet.
#[derive(Serialize, ToSchema)]
#[schema(as = PlanDraft)]
pub struct DraftView {
    id: PlanDraftId,
    campaign_id: CampaignId,
    amount: Money,
    tiers: Vec<PlanTier>,
    #[schema(required)]
    cap: Option<Money>,
    #[schema(required)]
    split: Option<PlanSplit>,
    payable_after_days: i64,
    /// Null: from its approval on. A moment that is past when it is approved counts as that: no
    /// plan holds for claims that were made before.
    #[schema(required)]
    from: Option<WallTime>,
    /// Who proposed it; null: a command on the box did.
    #[schema(required)]
    proposed_by: Option<String>,
    proposed_at: WallTime,
}

/// Plans of one's clients' campaigns.
#[derive(Serialize, ToSchema)]
pub struct Plans {
    /// By campaign, newest first.
    versions: Vec<View>,
    /// For managers.
    drafts: Vec<DraftView>,
    campaigns: Vec<PlanCampaign>,
    now: WallTime,
}

/// A campaign that has a plan, or needs one.
#[derive(Serialize, ToSchema)]
pub struct PlanCampaign {
    id: CampaignId,
    name: String,
    client: String,
    /// When it ended; null: it is running.
    #[schema(required)]
    closed_at: Option<WallTime>,
}

/// The plans that one earns by, or answers for.
#[utoipa::path(get, path = "/plans", responses((status = 200, body = Plans)))]
pub async fn list(State(app): State<App>, who: Who) -> Result<Json<Plans>, Problem> {
    let now = app.clock.now();
    let mut tx = app.db.read().await?;
    let manager = who.is(Role::Manager);
    let unread = match manager {
        true => Vec::new(),
        false => plans::unread(&mut tx, who.id(), now).await?,
    };
    let mut versions = Vec::new();
    for version in plans::of_clients(&mut tx, who.id()).await? {
        let readers = match manager {
            true => plans::readers(&mut tx, &version.id).await?,
            false => Vec::new(),
        };
        let read_at = plans::acknowledged(&mut tx, &version.id, who.id()).await?;
        let to_read = unread.contains(&version.id);
        versions.push(view(version, readers, (read_at, to_read)));
    }
    let campaigns = leads::all_campaigns(&mut tx, who.id()).await?;
    let mut drafts = Vec::new();
    if manager {
        for campaign in &campaigns {
            let proposed = plans::drafts(&mut tx, &campaign.id).await?;
            drafts.extend(proposed.into_iter().map(draft_view));
        }
    }
    let campaigns = campaigns.into_iter().map(|c| PlanCampaign {
        id: c.id,
        name: c.name,
        client: c.client,
        closed_at: c.closed_at,
    });
    Ok(Json(Plans {
        versions,
        drafts,
        campaigns: campaigns.collect(),
        now,
    }))
}

fn view(v: Version, readers: Vec<Reader>, (read_at, to_read): (Option<WallTime>, bool)) -> View {
    View {
        amount: Money::new(v.amount_minor, &v.currency),
        tiers: tiers(&v.terms, &v.currency),
        cap: cap(&v.terms, &v.currency),
        split: PlanSplit::of(&v.terms),
        id: v.id,
        campaign_id: v.campaign_id,
        campaign: v.campaign,
        version: v.version,
        payable_after_days: v.payable_after_days,
        from: v.from_at,
        until: v.until_at,
        ended_by: v.ended_by.map(crate::pii::Pii::into_inner),
        approved_by: v.approved_by.into_inner(),
        approved_at: v.approved_at,
        read_at,
        to_read,
        readers: readers
            .into_iter()
            .map(|r| PlanReader {
                name: r.name.into_inner(),
                read_at: r.at,
            })
            .collect(),
    }
}

fn tiers(terms: &Terms, currency: &str) -> Vec<PlanTier> {
    let tiers = terms.tiers.iter().map(|t| PlanTier {
        from_lead: t.from_lead,
        amount: Money::new(t.amount_minor, currency),
    });
    tiers.collect()
}

fn cap(terms: &Terms, currency: &str) -> Option<Money> {
    terms.cap_minor.map(|minor| Money::new(minor, currency))
}

fn draft_view(d: Draft) -> DraftView {
    DraftView {
        amount: d.amount(),
        tiers: tiers(&d.terms, &d.currency),
        cap: cap(&d.terms, &d.currency),
        split: PlanSplit::of(&d.terms),
        id: d.id,
        campaign_id: d.campaign_id,
        payable_after_days: d.payable_after_days,
        from: d.from_at,
        proposed_by: d.proposed_by_name.map(crate::pii::Pii::into_inner),
        proposed_at: d.proposed_at,
    }
}

/// The next version of a campaign's plan.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanBody {
    campaign: CampaignId,
    /// Such as `40.00`.
    amount: String,
    /// ISO 4217.
    currency: String,
    /// At most 10, by the lead that each begins at, ascending.
    #[serde(default)]
    tiers: Vec<TierBody>,
    /// The most that a payee earns by the campaign in a month, such as `2000.00`.
    cap: Option<String>,
    /// The share of whoever opened the lead.
    split: Option<SplitBody>,
    /// 0 to 3,660.
    payable_after_days: i64,
    /// In force from then on; without it from its approval on.
    from: Option<WallTime>,
}

/// A tier of a plan.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TierBody {
    /// 2 to 100,000: from this lead of a payee in a month on.
    from_lead: i64,
    /// Such as `45.00`.
    amount: String,
}

/// The opener's share.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SplitBody {
    /// Of what the lead earns: 1 to 99.
    opener_percent: i64,
    /// 1 to 3,600, of talk; without it 60.
    min_seconds: Option<i64>,
    /// 1 to 3,650, before the claim; without it 90.
    within_days: Option<i64>,
}

impl SplitBody {
    fn split(&self) -> Split {
        let plain = Split::of(self.opener_percent);
        Split {
            min_seconds: self.min_seconds.unwrap_or(plain.min_seconds),
            within_days: self.within_days.unwrap_or(plain.within_days),
            ..plain
        }
    }
}

impl PlanBody {
    fn money(&self, amount: &str) -> Result<Money, Problem> {
        Money::parse(amount, &self.currency).map_err(|why| Problem::bad(why.to_string()))
    }

    fn terms(&self) -> Result<Terms, Problem> {
        let tiers = self.tiers.iter().map(|tier| {
            Ok(Tier {
                from_lead: tier.from_lead,
                amount_minor: self.money(&tier.amount)?.minor,
            })
        });
        let cap = self.cap.as_deref().map(|cap| self.money(cap)).transpose()?;
        Ok(Terms {
            tiers: tiers.collect::<Result<_, Problem>>()?,
            cap_minor: cap.map(|cap| cap.minor),
            split: self.split.as_ref().map(SplitBody::split),
        })
    }
}

/// A proposal.
#[derive(Serialize, ToSchema)]
pub struct Proposed {
    id: PlanDraftId,
}

/// Proposes a version. Nothing holds by it until it is approved.
#[utoipa::path(
    post,
    path = "/plans",
    request_body = PlanBody,
    responses((status = 200, body = Proposed))
)]
pub async fn propose(
    State(app): State<App>,
    who: Who,
    body: Result<Json<PlanBody>, JsonRejection>,
) -> Result<Json<Proposed>, Problem> {
    let Json(b) = body?;
    let (amount, terms) = (b.money(&b.amount)?, b.terms()?);
    let mut tx = app.db.write().await?;
    of_mine(&mut tx, &who, &b.campaign).await?;
    let plan = NewPlan {
        campaign: &b.campaign,
        amount: &amount,
        terms: &terms,
        payable_after_days: b.payable_after_days,
        from: b.from,
    };
    let id = plans::propose(&mut tx, &Actor::from(who.id()), &plan, app.clock.now()).await?;
    tx.commit().await?;
    Ok(Json(Proposed { id }))
}

pub(super) async fn of_mine(tx: &mut Tx, who: &Who, campaign: &CampaignId) -> Result<(), Problem> {
    leads::campaign(tx, campaign)
        .await?
        .filter(|c| who.sees_client(&c.client_id))
        .map(drop)
        .ok_or_else(Problem::not_found)
}

/// Approves a proposal: it is in force from the day that it names, never before now.
#[utoipa::path(post, path = "/plans/drafts/{id}/approve", responses((status = 204)))]
pub async fn approve(
    State(app): State<App>,
    who: Who,
    Path(id): Path<PlanDraftId>,
) -> Result<StatusCode, Problem> {
    let mut tx = app.db.write().await?;
    draft_of_mine(&mut tx, &who, &id).await?;
    if let Err(error) = plans::approve(&mut tx, who.id(), &id, app.clock.now()).await {
        return Err(tx.refuse(error).await.into());
    }
    done(tx).await
}

async fn draft_of_mine(tx: &mut Tx, who: &Who, id: &PlanDraftId) -> Result<(), Problem> {
    let draft = plans::draft_by_id(tx, id)
        .await?
        .ok_or_else(Problem::not_found)?;
    of_mine(tx, who, &draft.campaign_id).await
}

/// Takes a proposal back.
#[utoipa::path(delete, path = "/plans/drafts/{id}", responses((status = 204)))]
pub async fn withdraw(
    State(app): State<App>,
    who: Who,
    Path(id): Path<PlanDraftId>,
) -> Result<StatusCode, Problem> {
    let mut tx = app.db.write().await?;
    draft_of_mine(&mut tx, &who, &id).await?;
    plans::withdraw(&mut tx, who.id(), &id, app.clock.now()).await?;
    done(tx).await
}

/// A telemarketer has read a version: what waited for that has its turn.
#[utoipa::path(post, path = "/plans/{id}/acknowledge", responses((status = 204)))]
pub async fn acknowledge(
    State(app): State<App>,
    who: Who,
    Path(id): Path<PlanId>,
) -> Result<StatusCode, Problem> {
    let mut tx = app.db.write().await?;
    plans::version(&mut tx, &id)
        .await?
        .filter(|v| who.sees_client(&v.client_id))
        .ok_or_else(Problem::not_found)?;
    plans::acknowledge(&mut tx, who.id(), &id, app.clock.now()).await?;
    done(tx).await
}
