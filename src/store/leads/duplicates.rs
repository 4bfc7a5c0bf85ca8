//! Leads that may be one (PRODUCT L1): those of a campaign that share a number, a mail address or
//! a company, until somebody has merged them or said that they are two.

use crate::leads::import::DuplicateBy;
use crate::pii::Pii;
use crate::store::leads::merges::{self, Ways};
use crate::store::leads::{self, Lead};
use crate::store::{Result, StoreError, Tx, all, changed_one, log, one, run};
use crate::units::{CampaignId, LeadId, PersonId, WallTime};
use serde_json::json;
use sqlx::FromRow;

/// One of two leads that may be one, with what a decision rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Side {
    pub lead: Lead,
    /// In E.164.
    pub numbers: Vec<Pii<String>>,
    pub calls: i64,
    /// Claims on it, also those that failed or were withdrawn.
    pub claims: i64,
    /// Leads that are merged into it.
    pub taken_in: i64,
}

/// Two leads that may be one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    pub one: Side,
    pub other: Side,
    /// The number in E.164, the address or the company that both have.
    pub shared: Pii<String>,
    pub ways: Ways,
}

/// Where a page begins: behind this pair of external ids.
pub type Place = (String, String);

type Found = (LeadId, LeadId, String, String, Pii<String>);

/// Leads of a campaign that are held against the others in one go: a look costs no more where no
/// two have anything in common.
pub const AT_ONCE: i64 = 4_000;
/// So often in one page: whoever asks goes on by themselves.
const MOST_GOES: usize = 1;

/// Crossed, so that SQLite begins with the campaign in the order of the page and goes on by what
/// both have; `|| ''` keeps it from going through all leads that come after instead. Its values:
/// campaign, the two external ids of the place, how many, and before which external id it ends;
/// empty: at the end of all.
fn sql(by: DuplicateBy) -> String {
    let (shared, joined) = match by {
        DuplicateBy::Number => (
            "x.e164",
            "CROSS JOIN lead_numbers x CROSS JOIN lead_numbers y CROSS JOIN leads b WHERE \
             x.lead_id = a.id AND y.e164 = x.e164 AND b.id = y.lead_id",
        ),
        DuplicateBy::Mail => (
            "a.email_folded",
            "CROSS JOIN leads b WHERE a.email_folded <> '' AND b.email_folded <> '' AND \
             b.email_folded = a.email_folded",
        ),
        DuplicateBy::Company => (
            "a.company",
            "CROSS JOIN leads b WHERE a.company_folded <> '' AND b.company_folded = \
             a.company_folded",
        ),
    };
    format!(
        "SELECT a.id, b.id, a.external_id, b.external_id, {shared} FROM leads a {joined} AND \
         a.campaign_id = $1 AND b.campaign_id = $1 AND a.external_id < b.external_id || '' AND \
         a.external_id >= $2 AND (a.external_id > $2 OR b.external_id > $3) AND ($5 = '' OR \
         a.external_id < $5) AND NOT EXISTS (SELECT 1 FROM lead_merges m WHERE m.split_at IS NULL \
         AND m.lead_id IN (a.id, b.id)) AND NOT EXISTS (SELECT 1 FROM leads_apart t WHERE \
         t.lead_id IN (a.id, b.id) AND t.other_id IN (a.id, b.id)) ORDER BY a.external_id, \
         b.external_id LIMIT $4"
    )
}

/// Pairs of a campaign's leads that share what is asked for, in the order of their external ids,
/// at most `limit`; and where to go on, which there may be though none was found. So many leads are
/// held against the others `at_once` ([`AT_ONCE`]).
///
/// # Errors
/// When the database fails.
pub async fn pairs(
    tx: &mut Tx,
    campaign: &CampaignId,
    by: DuplicateBy,
    after: &Place,
    (limit, at_once): (i64, i64),
) -> Result<(Vec<Pair>, Option<Place>)> {
    let (mut found, mut place) = (Vec::new(), Some(after.clone()));
    for _ in 0..MOST_GOES {
        let Some(at) = place.take() else { break };
        let room = limit - i64::try_from(found.len()).unwrap_or(limit);
        if room <= 0 {
            place = Some(at);
            break;
        }
        let (more, next) = go(tx, campaign, by, &at, (room, at_once)).await?;
        found.extend(more);
        place = next;
    }
    // Two leads that share two numbers are one pair.
    found.dedup_by(|a, b| (&a.0, &a.1) == (&b.0, &b.1));
    let mut pairs = Vec::with_capacity(found.len());
    for (one, other, _, _, shared) in found {
        pairs.push(pair(tx, [&one, &other], shared).await?);
    }
    Ok((pairs, place))
}

/// What some leads behind a place have in common with others, and where the next begin.
async fn go(
    tx: &mut Tx,
    campaign: &CampaignId,
    by: DuplicateBy,
    at: &Place,
    (room, at_once): (i64, i64),
) -> Result<(Vec<Found>, Option<Place>)> {
    let end = one!(
        tx,
        (String,),
        "SELECT external_id FROM leads WHERE campaign_id = $1 AND external_id >= $2 ORDER BY \
         external_id LIMIT 1 OFFSET $3",
        campaign,
        &at.0,
        at_once
    )?;
    let end = end.map(|r| r.0);
    let before = end.as_deref().unwrap_or_default();
    let sql = sqlx::AssertSqlSafe(sql(by));
    let found = all!(tx, Found, sql, campaign, &at.0, &at.1, room, before)?;
    let full = i64::try_from(found.len()).is_ok_and(|n| n >= room);
    let next = match found.last().filter(|_| full) {
        Some(last) => Some((last.2.clone(), last.3.clone())),
        None => end.map(|external| (external, String::new())),
    };
    Ok((found, next))
}

async fn pair(tx: &mut Tx, [one, other]: [&LeadId; 2], shared: Pii<String>) -> Result<Pair> {
    let (one, other) = (side(tx, one).await?, side(tx, other).await?);
    Ok(Pair {
        ways: merges::ways(tx, &one.lead, &other.lead).await?,
        one,
        other,
        shared,
    })
}

#[derive(FromRow)]
struct Counted {
    calls: i64,
    claims: i64,
    taken_in: i64,
}

async fn side(tx: &mut Tx, lead: &LeadId) -> Result<Side> {
    let counted = one!(
        tx,
        Counted,
        "SELECT (SELECT COUNT(*) FROM calls c WHERE c.lead_id = l.id) AS calls, (SELECT COUNT(*) \
         FROM claims k WHERE k.lead_id = l.id) AS claims, (SELECT COUNT(*) FROM lead_merges m \
         WHERE m.into_id = l.id AND m.split_at IS NULL) AS taken_in FROM leads l WHERE l.id = $1",
        lead
    )?;
    let counted = counted.ok_or_else(|| StoreError::gone("lead", lead))?;
    Ok(Side {
        lead: leads::existing(tx, lead).await?,
        numbers: leads::numbers(tx, lead).await?,
        calls: counted.calls,
        claims: counted.claims,
        taken_in: counted.taken_in,
    })
}

/// A manager without an interest says that two leads of a campaign are two: they are no longer
/// asked about. A merge can still be made.
///
/// # Errors
/// [`StoreError::Conflict`] when they are one lead, of two campaigns, or this was said before;
/// [`StoreError::Interest`].
pub async fn set_apart(
    tx: &mut Tx,
    by: &PersonId,
    (one, other): (&Lead, &Lead),
    now: WallTime,
) -> Result<()> {
    merges::ask(tx, by, [one, other], now).await?;
    if one.id == other.id || one.campaign_id != other.campaign_id {
        return Err(StoreError::Conflict("these are no two leads of a campaign"));
    }
    let (first, second) = match one.id < other.id {
        true => (one, other),
        false => (other, one),
    };
    let rows = run!(
        tx,
        "INSERT INTO leads_apart (lead_id, other_id, said_by, said_at) VALUES ($1, $2, $3, $4) ON \
         CONFLICT (lead_id, other_id) DO NOTHING",
        &first.id,
        &second.id,
        by,
        now
    )?;
    changed_one(rows, "somebody has said so already; reload the page")?;
    let (subject, detail) = (format!("lead:{}", first.id), json!({ "other": second.id }));
    log::append(tx, &by.into(), "lead.apart", subject, detail, now).await?;
    merges::tell(tx);
    Ok(())
}

/// A lead that is part of another.
#[derive(Debug, Clone, FromRow, PartialEq, Eq)]
pub struct Merged {
    pub lead_id: LeadId,
    pub external_id: String,
    pub company: Pii<String>,
    pub into_id: LeadId,
    pub into_external_id: String,
    pub into_company: Pii<String>,
    pub merged_at: WallTime,
    /// Calls that came with it.
    pub calls: i64,
}

/// Leads of a campaign that are part of others, the newest merge first, behind a place. Crossed, so
/// that SQLite begins with the merges, which are few.
///
/// # Errors
/// When the database fails.
pub async fn merged(
    tx: &mut Tx,
    campaign: &CampaignId,
    (at, lead): (WallTime, &LeadId),
    limit: i64,
) -> Result<Vec<Merged>> {
    Ok(all!(
        tx,
        Merged,
        "SELECT m.lead_id, l.external_id, l.company, m.into_id, i.external_id AS \
         into_external_id, i.company AS into_company, m.merged_at, (SELECT COUNT(*) FROM \
         lead_merge_calls k WHERE k.merge_id = m.id) AS calls FROM lead_merges m CROSS JOIN leads \
         l CROSS JOIN leads i WHERE l.id = m.lead_id AND i.id = m.into_id AND l.campaign_id = $1 \
         AND m.split_at IS NULL AND (m.merged_at < $2 OR (m.merged_at = $2 AND m.lead_id < $3)) ORDER \
         BY m.merged_at DESC, m.lead_id DESC LIMIT $4",
        campaign,
        at,
        lead,
        limit
    )?)
}
