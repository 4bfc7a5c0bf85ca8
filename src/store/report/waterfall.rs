//! What the waterfall is made of: when each thing of a lead and of a claim happened.

use crate::report::waterfall::{Name, Owner, Passage};
use crate::store::handover::sales_call::SALES_CALL;
use crate::store::report::funnel::Group;
use crate::store::{Result, Tx, all, one};
use crate::units::{ClientId, WallTime};
use sqlx::FromRow;
use std::collections::{BTreeMap, BTreeSet};

#[derive(FromRow)]
struct LeadRow {
    received: WallTime,
    dialled: Option<WallTime>,
    contacted: Option<WallTime>,
    campaign: String,
    source: String,
    supplier: String,
    origin: String,
}

impl LeadRow {
    fn group(&self) -> Group {
        Group {
            campaign: self.campaign.clone(),
            source: self.source.clone(),
            supplier: self.supplier.clone(),
            origin: self.origin.clone(),
        }
    }
}

#[derive(FromRow)]
struct ClaimRow {
    spoken: Option<WallTime>,
    made: WallTime,
    taken: Option<WallTime>,
    given: Option<WallTime>,
    /// 1: it passed, and its lead had not earned before.
    earns: Option<i64>,
    booked: Option<WallTime>,
    handed: Option<WallTime>,
    opened: Option<WallTime>,
    called: Option<WallTime>,
    answered: Option<WallTime>,
}

/// The passages of the leads that came in and the claims that were made in a time, by stretch; of
/// leads that are alike in one of these ways alone, where it is said.
///
/// # Errors
/// When the database fails.
pub async fn passages(
    tx: &mut Tx,
    client: &ClientId,
    (from, to): (WallTime, WallTime),
    alike: Option<&BTreeSet<Group>>,
) -> Result<BTreeMap<usize, Vec<Passage>>> {
    let mut by: BTreeMap<usize, Vec<Passage>> = BTreeMap::new();
    let mut put = |name: Name, from: WallTime, to: Option<WallTime>| {
        let place = Name::ALL.iter().position(|n| *n == name).unwrap_or(0);
        by.entry(place).or_default().push(Passage { from, to });
    };
    for lead in leads(tx, client, (from, to), alike.is_some()).await? {
        if alike.is_some_and(|told| !told.contains(&lead.group())) {
            continue;
        }
        put(Name::FirstDial, lead.received, lead.dialled);
        put(Name::FirstContact, lead.received, lead.contacted);
    }
    for claim in claims(tx, client, (from, to)).await? {
        if let Some(spoken) = claim.spoken {
            put(Name::Claim, spoken, Some(claim.made));
        }
        put(Name::Taken, claim.made, claim.taken);
        if let Some(taken) = claim.taken {
            put(Name::Verdict, taken, claim.given);
        }
        if let (Some(given), Some(1)) = (claim.given, claim.earns) {
            put(Name::Money, given, claim.booked);
        }
        if let Some(handed) = claim.handed {
            put(Name::Card, handed, claim.opened);
            put(Name::SalesCall, handed, claim.called);
            put(Name::Answer, handed, claim.answered);
        }
    }
    Ok(by)
}

/// How many people the passages of claims are about: those who made them, judged them, and had them
/// handed over.
#[derive(Debug, Clone, Copy, Default, FromRow)]
pub struct People {
    pub claimants: i64,
    pub reviewers: i64,
    pub sales: i64,
}

impl People {
    /// Behind a stretch of a claim's way; `None`: it is the box's own, or a lead's.
    #[must_use]
    pub fn behind(&self, name: Name) -> Option<i64> {
        match (name, name.owner()) {
            (Name::Claim, _) => Some(self.claimants),
            (_, Owner::Review) => Some(self.reviewers),
            (_, Owner::Sales) => Some(self.sales),
            (_, Owner::House | Owner::Telemarketing) => None,
        }
    }
}

/// How many people the passages of the claims of a time are about, as they stood at a moment.
///
/// # Errors
/// When the database fails.
pub async fn people(
    tx: &mut Tx,
    client: &ClientId,
    (from, to): (WallTime, WallTime),
    before: WallTime,
) -> Result<People> {
    let row = one!(
        tx,
        People,
        "SELECT COUNT(DISTINCT k.person_id) AS claimants, COUNT(DISTINCT v.reviewer_id) AS \
         reviewers, COUNT(DISTINCT h.sales_id) AS sales FROM claims k JOIN campaigns a ON a.id = \
         k.campaign_id LEFT JOIN verdicts v ON v.claim_id = k.id AND v.state <> 'taken_back' AND \
         v.committed_at < $4 LEFT JOIN handovers h ON h.claim_id = k.id AND h.handed_at < $4 WHERE \
         a.client_id = $1 AND k.created_at >= $2 AND k.created_at < $3 AND k.state NOT IN \
         ('withdrawn', 'sent_back')",
        client,
        from,
        to,
        before
    )?;
    Ok(row.unwrap_or_default())
}

/// What they are told apart by is read where it is asked for.
async fn leads(
    tx: &mut Tx,
    client: &ClientId,
    (from, to): (WallTime, WallTime),
    with_groups: bool,
) -> Result<Vec<LeadRow>> {
    let (groups, named) = match with_groups {
        false => (
            "'' AS campaign, '' AS source, '' AS supplier, '' AS origin",
            "",
        ),
        true => (
            "k.name AS campaign, COALESCE(s.name, '') AS source, COALESCE(s.supplier, '') AS \
             supplier, w.origin",
            "JOIN campaigns k ON k.id = w.campaign_id LEFT JOIN sources s ON s.id = w.source_id",
        ),
    };
    let sql = format!(
        "SELECT w.received_at AS received, w.first_attempt_at AS dialled, w.first_contact_at AS \
         contacted, {groups} FROM lead_work w {named} WHERE w.client_id = $1 AND w.received_at >= \
         $2 AND w.received_at < $3 AND NOT EXISTS (SELECT 1 FROM lead_merges m WHERE m.lead_id = \
         w.lead_id AND m.split_at IS NULL)"
    );
    Ok(all!(
        tx,
        LeadRow,
        sqlx::AssertSqlSafe(sql),
        client,
        from,
        to
    )?)
}

async fn claims(
    tx: &mut Tx,
    client: &ClientId,
    (from, to): (WallTime, WallTime),
) -> Result<Vec<ClaimRow>> {
    let sql = format!(
        "SELECT (SELECT MAX(c.ended_at) FROM claim_calls cc JOIN calls c ON c.id = cc.call_id \
         WHERE cc.claim_id = k.id) AS spoken, k.created_at AS made, k.taken_at AS taken, \
         v.committed_at AS given, CASE WHEN k.outcome = 'passed_already_paid' THEN 0 ELSE \
         v.passed END AS earns, (SELECT MIN(g.booked_at) FROM ledger g WHERE g.claim_id = k.id \
         AND g.kind = 'accrual') AS booked, h.handed_at AS handed, h.opened_at AS opened, (SELECT \
         MIN(x.started_at) {SALES_CALL}) AS called, (SELECT MIN(s.at) FROM sales_answers s WHERE \
         s.claim_id = k.id) AS answered FROM claims k JOIN campaigns a ON a.id = k.campaign_id \
         LEFT JOIN verdicts v ON v.claim_id = k.id AND v.state <> 'taken_back' AND v.state = \
         'final' LEFT JOIN handovers h ON h.claim_id = k.id WHERE a.client_id = $1 AND \
         k.created_at >= $2 AND k.created_at < $3 AND k.state NOT IN ('withdrawn', 'sent_back')"
    );
    Ok(all!(
        tx,
        ClaimRow,
        sqlx::AssertSqlSafe(sql),
        client,
        from,
        to
    )?)
}
