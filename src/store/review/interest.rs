//! Interest, asked where the world changes (PRODUCT I1): a verb asks in its own transaction, of
//! the person as they are then. A refusal leaves a line in the log, which [`Tx::refuse`] keeps.

use crate::identity::Role;
use crate::review::{Act, Party, Refusal, Stake, may};
use crate::store::{Result, StoreError, Tx, all_in, log, people};
use crate::units::{ClientId, PersonId, WallTime};
use serde_json::json;
use std::collections::BTreeMap;

/// Somebody as the rule asks about them, now.
///
/// # Errors
/// [`StoreError::Broken`] when there is no such person.
pub async fn party(tx: &mut Tx, id: &PersonId) -> Result<Party> {
    let person = people::by_id(tx, id)
        .await?
        .ok_or_else(|| StoreError::gone("person", id))?;
    party_of(tx, &person).await
}

/// The same of a person who has been read.
pub(in crate::store) async fn party_of(tx: &mut Tx, person: &people::Person) -> Result<Party> {
    Ok(Party {
        role: person.role,
        pay_basis: person.pay_basis,
        works_here: person.disabled_at.is_none(),
        clients: people::clients_of(tx, &person.id).await?,
        paid_through: people::interests_of(tx, &person.id).await?,
        id: person.id.clone(),
    })
}

/// What lies in a queue, as far as interests are concerned.
#[derive(Debug, Clone, Copy)]
pub(in crate::store) enum Kind {
    Claims,
    SecondReviews,
}

/// An item of a queue.
pub(in crate::store) struct Item<'a> {
    pub id: &'a str,
    pub client: &'a ClientId,
    /// A claim's claimant. By a second review all earn who claimed its lead or made its calls: who
    /// made a call that nobody claimed could.
    pub claimant: Option<&'a PersonId>,
}

/// (item, somebody) of one query.
type Named = Vec<(String, PersonId)>;

/// The stakes of items of one kind, in their order.
pub(in crate::store) async fn stakes(
    tx: &mut Tx,
    kind: Kind,
    items: &[Item<'_>],
) -> Result<Vec<Stake>> {
    let ids: Vec<&str> = items.iter().map(|i| i.id).collect();
    let mut found = people_by_item(tx, kind, &ids).await?;
    let stakes = items.iter().map(|item| {
        let mut stake = found.remove(item.id).unwrap_or_else(empty);
        stake.client = item.client.clone();
        stake.earners = match item.claimant {
            Some(claimant) => vec![claimant.clone()],
            None => stake.rivals.iter().chain(&stake.callers).cloned().collect(),
        };
        stake.earners.sort();
        stake.earners.dedup();
        stake
    });
    Ok(stakes.collect())
}

/// The stake of what touches all calls of a client: a sample, a plan.
///
/// # Errors
/// When the database fails.
pub async fn of_client(tx: &mut Tx, client: &ClientId) -> Result<Stake> {
    let floor = people::of_client(tx, client, Role::Telemarketer).await?;
    Ok(Stake {
        client: client.clone(),
        earners: floor.into_iter().map(|p| p.id).collect(),
        ..empty()
    })
}

/// Nobody's.
pub(in crate::store) fn empty() -> Stake {
    Stake {
        client: ClientId::from(""),
        earners: Vec::new(),
        callers: Vec::new(),
        rivals: Vec::new(),
        openers: Vec::new(),
        judges: Vec::new(),
    }
}

/// Asks whether somebody may act. A refusal is noted in this transaction; nothing else of the act
/// may have been done in it before.
///
/// # Errors
/// [`StoreError::Interest`] with the reason against it.
pub(in crate::store) async fn ask(
    tx: &mut Tx,
    act: Act,
    by: &PersonId,
    stake: &Stake,
    subject: &str,
    now: WallTime,
) -> Result<()> {
    let who = party(tx, by).await?;
    let Err(why) = may(act, &who, stake) else {
        return Ok(());
    };
    let detail = json!({ "act": act, "why": format!("{why:?}") });
    log::append(
        tx,
        &by.into(),
        "act.refused",
        subject.to_owned(),
        detail,
        now,
    )
    .await?;
    Err(StoreError::Interest(why))
}

/// Why somebody may not have an item on the desk: what the queue leaves out for them.
#[must_use]
pub fn against_taking(who: &Party, stake: &Stake) -> Option<Refusal> {
    may(Act::Take, who, stake).err()
}

/// Callers, rivals, openers and judges of many items by a few queries.
async fn people_by_item(tx: &mut Tx, kind: Kind, ids: &[&str]) -> Result<BTreeMap<String, Stake>> {
    let mut found: BTreeMap<String, Stake> = BTreeMap::new();
    if ids.is_empty() {
        return Ok(found);
    }
    let add =
        |list: Named, found: &mut BTreeMap<String, Stake>, to: fn(&mut Stake) -> &mut Vec<_>| {
            for (item, person) in list {
                let people = to(found.entry(item).or_insert_with(empty));
                if !people.contains(&person) {
                    people.push(person);
                }
            }
        };
    let callers = read(tx, kind, CALLERS, ids).await?;
    add(callers, &mut found, |s| &mut s.callers);
    let rivals = read(tx, kind, RIVALS, ids).await?;
    add(rivals, &mut found, |s| &mut s.rivals);
    let openers = read(tx, kind, OPENERS, ids).await?;
    add(openers, &mut found, |s| &mut s.openers);
    for judges in JUDGES {
        let judges = read(tx, kind, judges, ids).await?;
        add(judges, &mut found, |s| &mut s.judges);
    }
    Ok(found)
}

async fn read(tx: &mut Tx, kind: Kind, sql: &str, ids: &[&str]) -> Result<Named> {
    let (items, calls, key) = match kind {
        Kind::Claims => ("claims", "claim_calls", "claim_id"),
        Kind::SecondReviews => ("second_reviews", "second_review_calls", "second_review_id"),
    };
    // A claim's own claimant is no rival of theirs, and its own verdict was not given before it.
    let (own, other) = match kind {
        Kind::Claims => (
            " AND c.id <> a.id AND c.person_id <> a.person_id",
            " AND c.id <> a.id",
        ),
        Kind::SecondReviews => ("", ""),
    };
    let before = sql
        .replace("{items}", items)
        .replace("{calls}", calls)
        .replace("{key}", key)
        .replace("{own}", own)
        .replace("{other}", other);
    Ok(all_in!(tx, (String, PersonId), before, ids, ")")?)
}

const CALLERS: &str = "SELECT x.{key}, k.person_id FROM {calls} x JOIN calls k ON k.id = x.call_id \
    WHERE k.person_id IS NOT NULL AND x.{key} IN (";

/// Who else has claimed the lead and did not withdraw it.
const RIVALS: &str = "SELECT a.id, c.person_id FROM {items} a JOIN claims c ON c.lead_id = \
    a.lead_id{own} AND c.state NOT IN ('withdrawn', 'sent_back') WHERE a.id IN (";

/// Who has a share in a claim on the lead that was not withdrawn, this one or another.
const OPENERS: &str = "SELECT a.id, c.opener_id FROM {items} a JOIN claims c ON c.lead_id = \
    a.lead_id AND c.opener_id IS NOT NULL AND c.state NOT IN ('withdrawn', 'sent_back') WHERE a.id \
    IN (";

/// Who judged the lead or one of the calls: by a verdict or a second review, or is asked by name
/// to.
const JUDGES: [&str; 4] = [
    "SELECT a.id, v.reviewer_id FROM {items} a JOIN claims c ON c.lead_id = a.lead_id{other} JOIN \
     verdicts v ON v.claim_id = c.id AND v.state <> 'taken_back' WHERE a.id IN (",
    "SELECT x.{key}, v.reviewer_id FROM {calls} x JOIN claim_calls y ON y.call_id = x.call_id AND \
     y.claim_id <> x.{key} JOIN verdicts v ON v.claim_id = y.claim_id AND v.state <> 'taken_back' \
     WHERE x.{key} IN (",
    "SELECT a.id, COALESCE(o.reviewer_id, o.assigned_to) FROM {items} a JOIN second_reviews o ON \
     o.lead_id = a.lead_id AND o.id <> a.id WHERE (o.reviewer_id IS NOT NULL OR (o.assigned_to IS \
     NOT NULL AND o.state IN ('open', 'in_review'))) AND a.id IN (",
    "SELECT x.{key}, COALESCE(o.reviewer_id, o.assigned_to) FROM {calls} x JOIN \
     second_review_calls y ON y.call_id = x.call_id JOIN second_reviews o ON o.id = \
     y.second_review_id AND o.id <> x.{key} WHERE (o.reviewer_id IS NOT NULL OR (o.assigned_to IS \
     NOT NULL AND o.state IN ('open', 'in_review'))) AND x.{key} IN (",
];
