//! What managers rule on claims: that two leads are one, that they are two, or fraud (PRODUCT I3,
//! M2). A ruling takes the claim's entry back where it has one, and keeps it from earning where it
//! has none yet.

use crate::commission::{Claimed, ReversalReason, RulingKind, ruling_on};
use crate::pii::Pii;
use crate::review::{Act, ClaimState};
use crate::store::commission::ledger;
use crate::store::events::{Event, Topic};
use crate::store::leads::same;
use crate::store::review::claims::{self, Claim};
use crate::store::review::openers::{self, OpenerPart};
use crate::store::{Actor, Result, StoreError, Tx, all, changed_one, log, new_id, one, run};
use crate::units::{ClaimId, EntryId, LeadId, PersonId, RulingId, WallTime, Zone};
use crate::webhook::Subject;
use serde_json::json;
use sqlx::FromRow;

/// A ruling.
#[derive(Debug, Clone, FromRow, PartialEq, Eq)]
pub struct Ruling {
    pub id: RulingId,
    pub kind: RulingKind,
    pub claim_id: ClaimId,
    /// The claim on the same lead that was made first; null for fraud.
    pub same_as: Option<ClaimId>,
    pub note: Pii<String>,
    pub ruled_by: PersonId,
    pub ruled_at: WallTime,
    /// Fraud takes a second person.
    pub confirmed_by: Option<PersonId>,
    /// Null: not confirmed, or no second person is needed.
    pub confirmed_at: Option<WallTime>,
    /// Fraud that nobody has confirmed, and that is not alleged any more.
    pub dismissed_at: Option<WallTime>,
}

const RULING: &str = "SELECT d.id, d.kind, d.claim_id, d.same_as, d.note, d.ruled_by, d.ruled_at, \
    d.confirmed_by, d.confirmed_at, d.dismissed_at FROM rulings d";

const RULING_OF_CLIENTS: &str = "SELECT d.id, d.kind, d.claim_id, d.same_as, d.note, d.ruled_by, \
    d.ruled_at, d.confirmed_by, d.confirmed_at, d.dismissed_at FROM rulings d JOIN claims c ON c.id = d.claim_id \
    JOIN campaigns k ON k.id = c.campaign_id JOIN person_clients pc ON pc.client_id = k.client_id \
    WHERE pc.person_id = $1";

/// Of a ruling `d`: that a second person is needed.
const ALLEGED: &str = "d.kind = 'fraud' AND d.confirmed_at IS NULL AND d.dismissed_at IS NULL";

/// Two claims on leads that share a number, or were one lead once; the later one first.
#[derive(Debug, Clone, FromRow, PartialEq, Eq)]
pub struct Pair {
    pub later: ClaimId,
    pub first: ClaimId,
    /// A number that stands with both leads, in E.164; empty: they were one lead once.
    pub number: Pii<String>,
}

/// Of two claims on leads that share a number: that both may earn, and that nobody has ruled. What
/// one person alleges is no ruling: it hides nothing.
const OPEN: &str = "c.state NOT IN ('withdrawn', 'sent_back') AND f.state NOT IN ('withdrawn', \
    'sent_back') AND COALESCE(c.outcome, '') <> 'failed' AND COALESCE(f.outcome, '') <> 'failed' \
    AND NOT EXISTS (SELECT 1 FROM rulings d WHERE d.claim_id = c.id AND (d.same_as = f.id OR \
    d.confirmed_at IS NOT NULL)) AND NOT EXISTS (SELECT 1 FROM rulings d WHERE d.claim_id = f.id \
    AND (d.kind = 'duplicate' OR d.confirmed_at IS NOT NULL))";

/// Claims of somebody's clients that may be on one lead, and on which nobody has ruled: newest
/// first. A lead has the numbers of those that were merged into it too.
///
/// # Errors
/// When the database fails.
pub async fn open_pairs(tx: &mut Tx, person: &PersonId, limit: i64) -> Result<Vec<Pair>> {
    // In this order: from the numbers that stand with several leads to the claims on these. SQLite
    // would hold every claim of a campaign against every other; so the indices by campaign are not
    // for the last.
    let by_own = format!(
        "SELECT c.id AS later, f.id AS first, MIN(x.e164) AS number, c.created_at AS at FROM \
         (SELECT e164 FROM lead_numbers GROUP BY e164 HAVING COUNT(*) > 1) z CROSS JOIN \
         lead_numbers x CROSS JOIN claims c CROSS JOIN campaigns k CROSS JOIN person_clients pc \
         CROSS JOIN lead_numbers y CROSS JOIN claims f WHERE pc.person_id = $1 AND x.e164 = z.e164 \
         AND c.lead_id = x.lead_id AND k.id = c.campaign_id AND pc.client_id = k.client_id AND \
         y.e164 = z.e164 AND y.lead_id <> x.lead_id AND f.lead_id = y.lead_id AND f.campaign_id \
         || '' = c.campaign_id AND (f.created_at < c.created_at OR (f.created_at = c.created_at AND \
         f.number < c.number)) AND {OPEN} GROUP BY c.id, f.id, c.created_at"
    );
    // From a merged lead by its numbers to other leads, or those that these are merged into; one of
    // the two claims is the later.
    let by_merged = format!(
        "SELECT c.id AS later, f.id AS first, MIN(x.e164) AS number, c.created_at AS at FROM \
         person_clients pc CROSS JOIN lead_merges m CROSS JOIN leads l CROSS JOIN lead_numbers x \
         CROSS JOIN lead_numbers y LEFT JOIN lead_merges n ON n.lead_id = y.lead_id AND \
         n.split_at IS NULL CROSS JOIN claims c CROSS JOIN claims f WHERE pc.person_id = $1 AND \
         m.split_at IS NULL AND l.id = m.into_id AND l.client_id = pc.client_id AND x.lead_id = \
         m.lead_id AND y.e164 = x.e164 AND y.lead_id <> m.lead_id AND COALESCE(n.into_id, \
         y.lead_id) <> m.into_id AND ((c.lead_id = m.into_id AND f.lead_id = COALESCE(n.into_id, \
         y.lead_id)) OR (f.lead_id = m.into_id AND c.lead_id = COALESCE(n.into_id, y.lead_id))) \
         AND f.campaign_id = c.campaign_id AND (f.created_at < c.created_at OR (f.created_at = \
         c.created_at AND f.number < c.number)) AND {OPEN} GROUP BY c.id, f.id, c.created_at"
    );
    // Leads that were one once, or those that these are part of now, whatever they share.
    let by_split = format!(
        "SELECT c.id AS later, f.id AS first, '' AS number, c.created_at AS at FROM \
         person_clients pc CROSS JOIN lead_merges m CROSS JOIN leads l LEFT JOIN lead_merges n ON \
         n.lead_id = m.lead_id AND n.split_at IS NULL LEFT JOIN lead_merges o ON o.lead_id = \
         m.into_id AND o.split_at IS NULL CROSS JOIN claims c CROSS JOIN claims f WHERE \
         pc.person_id = $1 AND m.split_at IS NOT NULL AND l.id = m.into_id AND l.client_id = \
         pc.client_id AND ((c.lead_id = COALESCE(n.into_id, m.lead_id) AND f.lead_id = \
         COALESCE(o.into_id, m.into_id)) OR (c.lead_id = COALESCE(o.into_id, m.into_id) AND \
         f.lead_id = COALESCE(n.into_id, m.lead_id))) AND c.lead_id <> f.lead_id AND (f.created_at < c.created_at OR \
         (f.created_at = c.created_at AND f.number < c.number)) AND {OPEN}"
    );
    let sql = format!(
        "SELECT later, first, MAX(number) AS number FROM ({by_own} UNION ALL {by_merged} UNION ALL \
         {by_split}) p GROUP BY later, first, at ORDER BY at DESC, first LIMIT $2"
    );
    Ok(all!(tx, Pair, sqlx::AssertSqlSafe(sql), person, limit)?)
}

/// A manager without an interest rules that a later claim is on the same lead as an earlier one, or
/// that the two are not the same. The same lead earns once: the later claim's entry is taken back,
/// or it never earns.
///
/// # Errors
/// [`StoreError::Refused`] when there is nothing to rule; [`StoreError::Conflict`] when the later
/// has earned and the first has not; [`StoreError::Interest`]; a duplicate when it was ruled
/// already.
pub async fn rule_on_pair(
    tx: &mut Tx,
    by: &PersonId,
    (later, first): (&ClaimId, &ClaimId),
    (kind, note): (RulingKind, &str),
    zone: &Zone,
    now: WallTime,
) -> Result<RulingId> {
    let now = log::after_others(tx, now).await?;
    let (later, first) = (
        claims::existing(tx, later).await?,
        claims::existing(tx, first).await?,
    );
    let subject = format!("claim:{}", later.id);
    for claim in [&later, &first] {
        claims::ask(tx, Act::Settle, by, claim, now).await?;
    }
    let shared = share_number(tx, &later.lead_id, &first.lead_id).await?;
    ruling_on(&claimed(&later), &claimed(&first), shared)
        .map_err(|why| StoreError::Refused(why.to_string()))?;
    // An entry is taken back because the lead has earned by the other claim, and not before it has:
    // the first may fail yet, and then the later one is right.
    if kind == RulingKind::Duplicate
        && !ledger::standing_of_claim(tx, &later.id).await?.is_empty()
        && ledger::standing_of_claim(tx, &first.id).await?.is_empty()
    {
        return Err(StoreError::Conflict(
            "the claim made first has not earned: rule once it has, or the lead would earn nothing",
        ));
    }
    if kind == RulingKind::Duplicate
        && let Some(other) = earned_twice(tx, &later, &first, now).await?
    {
        return Err(StoreError::Refused(format!(
            "Claim {other} has earned on one of the two leads as well: rule on that claim first, \
             or one lead would have earned twice."
        )));
    }
    let new = Ruling {
        id: new_id(),
        kind,
        claim_id: later.id.clone(),
        same_as: Some(first.id.clone()),
        note: note.to_owned().into(),
        ruled_by: by.clone(),
        ruled_at: now,
        confirmed_by: None,
        confirmed_at: None,
        dismissed_at: None,
    };
    put(tx, &new, &later.lead_id, Some(&first.lead_id)).await?;
    let detail = json!({ "ruling": new.id, "kind": kind, "same_as": first.id });
    log::append(tx, &by.into(), "claim.ruled", subject, detail, now).await?;
    let more = json!({ "ruling": new.id, "kind": kind, "same_as": first.id });
    claims::put_message(tx, Subject::RulingMade, &later, more, now).await?;
    if kind == RulingKind::Duplicate {
        take_back(
            tx,
            by,
            &later,
            (&new.id, ReversalReason::Duplicate),
            zone,
            now,
        )
        .await?;
        claims::wake(tx, &later, now).await?;
    }
    claims::tell(tx, &later);
    claims::tell(tx, &first);
    Ok(new.id)
}

/// Whether more than one entry would stand on the one lead that a ruling makes of two, the later
/// claim's own aside: the number of the claim that earned last of them.
async fn earned_twice(
    tx: &mut Tx,
    later: &Claim,
    first: &Claim,
    now: WallTime,
) -> Result<Option<i64>> {
    let mut leads = same::leads(tx, &later.lead_id, now).await?;
    for lead in same::leads(tx, &first.lead_id, now).await? {
        if !leads.contains(&lead) {
            leads.push(lead);
        }
    }
    let mut earned = Vec::new();
    for lead in leads {
        let of = ledger::standing_on_lead(tx, &later.campaign_id, &lead).await?;
        earned.extend(of.into_iter().filter(|(claim, _)| *claim != later.id));
    }
    earned.sort_by_key(|(_, number)| *number);
    earned.dedup_by(|a, b| a.0 == b.0);
    Ok(earned.into_iter().nth(1).map(|(_, number)| number))
}

/// A manager without an interest says that a claim was made by fraud. Nothing moves until a second
/// one confirms it.
///
/// # Errors
/// [`StoreError::Conflict`] when the claim has no verdict; [`StoreError::Interest`]; a duplicate
/// when it was said already.
pub async fn accuse(
    tx: &mut Tx,
    by: &PersonId,
    claim: &Claim,
    note: &str,
    now: WallTime,
) -> Result<RulingId> {
    claims::ask(tx, Act::Settle, by, claim, now).await?;
    if claim.state != ClaimState::Decided {
        return Err(StoreError::Conflict(
            "its verdict is not final: fraud is ruled on what has been judged",
        ));
    }
    let new = Ruling {
        id: new_id(),
        kind: RulingKind::Fraud,
        claim_id: claim.id.clone(),
        same_as: None,
        note: note.to_owned().into(),
        ruled_by: by.clone(),
        ruled_at: now,
        confirmed_by: None,
        confirmed_at: None,
        dismissed_at: None,
    };
    put(tx, &new, &claim.lead_id, None).await?;
    let (subject, detail) = (format!("claim:{}", claim.id), json!({ "ruling": new.id }));
    log::append(tx, &by.into(), "fraud.alleged", subject, detail, now).await?;
    claims::tell(tx, claim);
    Ok(new.id)
}

/// A second manager without an interest confirms fraud: the entry is taken back, and the next valid
/// claim on the lead has its turn.
///
/// # Errors
/// [`StoreError::Conflict`] when it is the same person, or it is confirmed or dismissed already;
/// [`StoreError::Interest`].
pub async fn confirm(
    tx: &mut Tx,
    by: &PersonId,
    ruling: &RulingId,
    zone: &Zone,
    now: WallTime,
) -> Result<()> {
    let now = log::after_others(tx, now).await?;
    let (found, claim) = to_settle(tx, by, ruling, now).await?;
    if found.ruled_by == *by {
        return Err(StoreError::Conflict(
            "it takes two people to call it fraud: somebody else confirms what you said",
        ));
    }
    let rows = run!(
        tx,
        "UPDATE rulings SET confirmed_by = $2, confirmed_at = $3 WHERE id = $1 AND kind = 'fraud' \
         AND confirmed_by IS NULL AND dismissed_by IS NULL",
        ruling,
        by,
        now
    )?;
    changed_one(rows, DECIDED)?;
    let (subject, detail) = (format!("claim:{}", claim.id), json!({ "ruling": ruling }));
    log::append(tx, &by.into(), "fraud.confirmed", subject, detail, now).await?;
    let more = json!({ "ruling": ruling, "kind": found.kind, "same_as": null });
    claims::put_message(tx, Subject::RulingMade, &claim, more, now).await?;
    let why = (ruling, ReversalReason::Fraud);
    if take_back(tx, by, &claim, why, zone, now).await? {
        claims::turn_comes(tx, &claim, now).await?;
    } else {
        claims::wake(tx, &claim, now).await?;
    }
    claims::tell(tx, &claim);
    Ok(())
}

/// A ruling and its claim, for a manager who may settle it.
async fn to_settle(
    tx: &mut Tx,
    by: &PersonId,
    ruling: &RulingId,
    now: WallTime,
) -> Result<(Ruling, Claim)> {
    let found = by_id(tx, ruling).await?;
    let found = found.ok_or_else(|| StoreError::gone("ruling", ruling))?;
    let claim = claims::existing(tx, &found.claim_id).await?;
    claims::ask(tx, Act::Settle, by, &claim, now).await?;
    Ok((found, claim))
}

const DECIDED: &str = "it is confirmed already, or no longer alleged: reload the page";

/// Who alleged fraud takes it back, or another manager without an interest dismisses it: no money
/// has moved, and none does. It may be alleged anew.
///
/// # Errors
/// [`StoreError::Conflict`] when it is confirmed or dismissed already; [`StoreError::Interest`].
pub async fn dismiss(tx: &mut Tx, by: &PersonId, ruling: &RulingId, now: WallTime) -> Result<()> {
    let (_, claim) = to_settle(tx, by, ruling, now).await?;
    let rows = run!(
        tx,
        "UPDATE rulings SET dismissed_by = $2, dismissed_at = $3 WHERE id = $1 AND kind = 'fraud' \
         AND confirmed_by IS NULL AND dismissed_by IS NULL",
        ruling,
        by,
        now
    )?;
    changed_one(rows, DECIDED)?;
    let (subject, detail) = (format!("claim:{}", claim.id), json!({ "ruling": ruling }));
    log::append(tx, &by.into(), "fraud.dismissed", subject, detail, now).await?;
    claims::tell(tx, &claim);
    Ok(())
}

/// Takes the claim's entry back where it has one, and the opener's with it; gives whether it had.
async fn take_back(
    tx: &mut Tx,
    by: &PersonId,
    claim: &Claim,
    why: (&RulingId, ReversalReason),
    zone: &Zone,
    now: WallTime,
) -> Result<bool> {
    let entries = ledger::standing_of_claim(tx, &claim.id).await?;
    for entry in &entries {
        ledger::reverse(tx, &Actor::from(by), entry, why, zone, now).await?;
    }
    openers::settle(tx, &claim.id, &OpenerPart::None, now).await?;
    tx.tell(Event::to_person(Topic::Claims, &claim.person_id));
    if let Some(opener) = &claim.opener_id {
        tx.tell(Event::to_person(Topic::Claims, opener));
    }
    Ok(!entries.is_empty())
}

async fn put(tx: &mut Tx, r: &Ruling, lead: &LeadId, same: Option<&LeadId>) -> Result<()> {
    run!(
        tx,
        "INSERT INTO rulings (id, kind, claim_id, same_as, lead_id, same_lead_id, note, ruled_by, \
         ruled_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        &r.id,
        r.kind,
        &r.claim_id,
        r.same_as.as_ref(),
        lead,
        same,
        r.note.reveal(),
        &r.ruled_by,
        r.ruled_at
    )?;
    Ok(())
}

fn claimed(claim: &Claim) -> Claimed {
    Claimed {
        id: claim.id.clone(),
        number: claim.number,
        lead: claim.lead_id.clone(),
        campaign: claim.campaign_id.clone(),
        made_at: claim.created_at,
        stands: !matches!(claim.state, ClaimState::Withdrawn | ClaimState::SentBack),
    }
}

/// Whether a number stands with both: their own, or one of a lead that was merged into them; or
/// they, or leads that are part of them now, were one lead once.
async fn share_number(tx: &mut Tx, a: &LeadId, b: &LeadId) -> Result<bool> {
    let merged = |into: &str| {
        format!("SELECT lead_id FROM lead_merges WHERE into_id = {into} AND split_at IS NULL")
    };
    let sql = format!(
        "SELECT x.e164 FROM lead_numbers x JOIN lead_numbers y ON y.e164 = x.e164 WHERE (x.lead_id \
         = $1 OR x.lead_id IN ({})) AND (y.lead_id = $2 OR y.lead_id IN ({})) UNION SELECT m.id \
         FROM lead_merges m LEFT JOIN lead_merges n ON n.lead_id = m.lead_id AND n.split_at IS NULL \
         LEFT JOIN lead_merges o ON o.lead_id = m.into_id AND o.split_at IS NULL WHERE m.split_at \
         IS NOT NULL AND COALESCE(n.into_id, m.lead_id) IN ($1, $2) AND COALESCE(o.into_id, \
         m.into_id) IN ($1, $2) LIMIT 1",
        merged("$1"),
        merged("$2")
    );
    let shared = one!(tx, (String,), sqlx::AssertSqlSafe(sql), a, b)?;
    Ok(shared.is_some())
}

/// # Errors
/// When the database fails.
pub async fn by_id(tx: &mut Tx, id: &RulingId) -> Result<Option<Ruling>> {
    let sql = format!("{RULING} WHERE d.id = $1");
    Ok(one!(tx, Ruling, sqlx::AssertSqlSafe(sql), id)?)
}

/// What was ruled on a claim, oldest first.
///
/// # Errors
/// When the database fails.
pub async fn of_claim(tx: &mut Tx, claim: &ClaimId) -> Result<Vec<Ruling>> {
    let sql = format!("{RULING} WHERE d.claim_id = $1 ORDER BY d.ruled_at, d.id");
    Ok(all!(tx, Ruling, sqlx::AssertSqlSafe(sql), claim)?)
}

/// Fraud that is alleged of claims of somebody's clients, and that nobody has confirmed; newest
/// first.
///
/// # Errors
/// When the database fails.
pub async fn alleged(tx: &mut Tx, person: &PersonId) -> Result<Vec<Ruling>> {
    let sql = format!("{RULING_OF_CLIENTS} AND {ALLEGED} ORDER BY d.id DESC");
    let sql = sqlx::AssertSqlSafe(sql);
    Ok(all!(tx, Ruling, sql, person)?)
}

/// What stands of the rulings on claims of somebody's clients, newest first, those before one.
///
/// # Errors
/// When the database fails.
pub async fn of_clients(
    tx: &mut Tx,
    person: &PersonId,
    before: Option<&RulingId>,
    limit: i64,
) -> Result<Vec<Ruling>> {
    let sql = format!(
        "{RULING_OF_CLIENTS} AND NOT ({ALLEGED}) AND ($2 = '' OR d.id < $2) ORDER BY d.id DESC \
         LIMIT $3"
    );
    Ok(all!(
        tx,
        Ruling,
        sqlx::AssertSqlSafe(sql),
        person,
        before.map_or("", |id| id.as_str()),
        limit
    )?)
}

/// Whether two people had called a claim fraud by then.
pub(in crate::store) async fn is_fraud(tx: &mut Tx, claim: &ClaimId, at: WallTime) -> Result<bool> {
    let found = one!(
        tx,
        (RulingId,),
        "SELECT id FROM rulings WHERE claim_id = $1 AND kind = 'fraud' AND confirmed_at <= $2",
        claim,
        at
    )?;
    Ok(found.is_some())
}

/// The claimant's entry that a ruling took back.
///
/// # Errors
/// When the database fails.
pub async fn taken_back(tx: &mut Tx, ruling: &RulingId) -> Result<Option<EntryId>> {
    let found = one!(
        tx,
        (EntryId,),
        "SELECT corrects FROM ledger WHERE ruling_id = $1 AND part <> 'opener'",
        ruling
    )?;
    Ok(found.map(|row| row.0))
}
