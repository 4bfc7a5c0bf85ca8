//! Where a client's leads come from (PRODUCT L3). A deadline holds for every lead of the source
//! that nobody has talked to, those that wait already among them.

use crate::leads::finding::folded;
use crate::leads::source::{NewSource, Origin, SEEDS};
use crate::store::{Actor, Result, StoreError, Tx, all, changed_one, log, new_id, one, run};
use crate::units::{ClientId, Money, PersonId, SourceId, WallTime};
use serde_json::json;
use sqlx::FromRow;

/// A source.
#[derive(Debug, Clone, FromRow, PartialEq, Eq)]
pub struct Source {
    pub id: SourceId,
    pub client_id: ClientId,
    pub client: String,
    pub name: String,
    pub grade: String,
    pub contact_within_hours: i64,
    /// Null: not said.
    pub supplier: Option<String>,
    /// Of one lead, in cents of the currency; null: not said.
    pub cost_minor: Option<i64>,
    /// ISO 4217; null with the cost.
    pub currency: Option<String>,
    /// Since when no lead is to come from it any more; null: in use.
    pub retired_at: Option<WallTime>,
    /// Of leads that come in from now on.
    pub origin: Origin,
}

impl Source {
    /// What one of its leads costs; none: not said.
    #[must_use]
    pub fn cost(&self) -> Option<Money> {
        Some(Money::new(self.cost_minor?, self.currency.as_deref()?))
    }
}

const SOURCE: &str = "SELECT s.id, s.client_id, c.name AS client, s.name, s.grade, \
    s.contact_within_hours, s.supplier, s.cost_minor, s.currency, s.retired_at, s.origin FROM \
    sources s JOIN clients c ON c.id = s.client_id";

/// The sources of somebody's clients, by client and name.
///
/// # Errors
/// When the database fails.
pub async fn of_person(tx: &mut Tx, person: &PersonId) -> Result<Vec<Source>> {
    let sql = format!(
        "{SOURCE} JOIN person_clients pc ON pc.client_id = s.client_id AND pc.person_id = $1 ORDER \
         BY c.name, s.name"
    );
    Ok(all!(tx, Source, sqlx::AssertSqlSafe(sql), person)?)
}

/// A client's sources, by name.
///
/// # Errors
/// When the database fails.
pub async fn of_client(tx: &mut Tx, client: &ClientId) -> Result<Vec<Source>> {
    let sql = format!("{SOURCE} WHERE s.client_id = $1 ORDER BY s.name");
    Ok(all!(tx, Source, sqlx::AssertSqlSafe(sql), client)?)
}

/// # Errors
/// When the database fails.
pub async fn by_id(tx: &mut Tx, id: &SourceId) -> Result<Option<Source>> {
    let sql = format!("{SOURCE} WHERE s.id = $1");
    Ok(one!(tx, Source, sqlx::AssertSqlSafe(sql), id)?)
}

/// The names of a client's sources in use; an import may name no other.
///
/// # Errors
/// When the database fails.
pub async fn names(tx: &mut Tx, client: &ClientId) -> Result<Vec<String>> {
    let all = of_client(tx, client).await?;
    let used = all.into_iter().filter(|s| s.retired_at.is_none());
    Ok(used.map(|s| s.name).collect())
}

/// The sources that a client begins with, where it has none of that name.
pub(in crate::store) async fn seed(tx: &mut Tx, client: &ClientId) -> Result<()> {
    for (name, grade, hours, origin) in SEEDS {
        run!(
            tx,
            "INSERT INTO sources (id, client_id, name, grade, contact_within_hours, origin) VALUES \
             ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
            new_id::<SourceId>(),
            client,
            name,
            grade,
            hours,
            origin
        )?;
    }
    Ok(())
}

async fn is_taken(
    tx: &mut Tx,
    client: &ClientId,
    name: &str,
    but: Option<&SourceId>,
) -> Result<bool> {
    let others = all!(
        tx,
        (String,),
        "SELECT name FROM sources WHERE client_id = $1 AND id <> $2",
        client,
        but.map_or("", |id| id.as_str())
    )?;
    let name = folded(name);
    Ok(others.iter().any(|(other,)| folded(other) == name))
}

const TAKEN: &str =
    "this client has a source of that name: change that one, or choose another name";

fn detail(new: &NewSource) -> serde_json::Value {
    json!({
        "name": new.name,
        "grade": new.grade,
        "contact_within_hours": new.contact_within_hours,
        "supplier": new.supplier,
        "cost": new.cost,
        "origin": new.origin,
    })
}

/// Adds a source to a client; gives its id.
///
/// # Errors
/// [`StoreError::Refused`] for what cannot be kept, [`StoreError::Conflict`] when there is one of
/// that name.
pub async fn add(
    tx: &mut Tx,
    by: &Actor,
    client: &ClientId,
    new: NewSource,
    now: WallTime,
) -> Result<SourceId> {
    let new = new.checked().map_err(StoreError::Refused)?;
    if is_taken(tx, client, &new.name, None).await? {
        return Err(StoreError::Conflict(TAKEN));
    }
    let id: SourceId = new_id();
    run!(
        tx,
        "INSERT INTO sources (id, client_id, name, grade, contact_within_hours, supplier, \
         cost_minor, currency, origin) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        &id,
        client,
        &new.name,
        &new.grade,
        new.contact_within_hours,
        new.supplier.as_deref(),
        new.cost.as_ref().map(|c| c.minor),
        new.cost.as_ref().map(|c| c.currency.as_str()),
        new.origin
    )?;
    let subject = format!("source:{id}");
    log::append(tx, by, "source.added", subject, detail(&new), now).await?;
    Ok(id)
}

/// Changes a source; gives how many leads that wait for first contact have another deadline now.
/// One that is retired keeps its leads and gets no more.
///
/// # Errors
/// As [`add`].
pub async fn change(
    tx: &mut Tx,
    by: &Actor,
    source: &Source,
    (new, retired): (NewSource, bool),
    now: WallTime,
) -> Result<u64> {
    let new = new.checked().map_err(StoreError::Refused)?;
    if is_taken(tx, &source.client_id, &new.name, Some(&source.id)).await? {
        return Err(StoreError::Conflict(TAKEN));
    }
    let rows = run!(
        tx,
        "UPDATE sources SET name = $2, grade = $3, contact_within_hours = $4, supplier = $5, \
         cost_minor = $6, currency = $7, retired_at = CASE WHEN $8 = 0 THEN NULL ELSE \
         COALESCE(retired_at, $9) END, origin = $10 WHERE id = $1",
        &source.id,
        &new.name,
        &new.grade,
        new.contact_within_hours,
        new.supplier.as_deref(),
        new.cost.as_ref().map(|c| c.minor),
        new.cost.as_ref().map(|c| c.currency.as_str()),
        i64::from(retired),
        now,
        new.origin
    )?;
    changed_one(rows, "there is no such source")?;
    let moved = if new.contact_within_hours == source.contact_within_hours {
        0
    } else {
        run!(
            tx,
            "UPDATE lead_work SET due_at = received_at + $2 WHERE source_id = $1 AND \
             first_contact_at IS NULL",
            &source.id,
            new.contact_within_hours * 3_600_000_000
        )?
    };
    let mut told = detail(&new);
    told["retired"] = json!(retired);
    told["leads"] = json!(moved);
    let subject = format!("source:{}", source.id);
    log::append(tx, by, "source.changed", subject, told, now).await?;
    Ok(moved)
}
