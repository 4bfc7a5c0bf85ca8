//! What payroll runs have paid of the ledger, and what none has taken yet (PRODUCT M3, S8). It only
//! reads: runs are made in [`payroll`](super::payroll).

use crate::store::commission::payroll::Wanted;
use crate::store::{Result, Tx, all};
use crate::units::{EntryId, Money, PersonId, WallTime};
use sqlx::FromRow;
use std::collections::HashMap;

/// The run that paid an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paid {
    /// The run's number.
    pub run: i64,
    pub made_at: WallTime,
}

/// The entries of a person that a run has paid, each with its run.
///
/// # Errors
/// When the database fails.
pub async fn of_person(tx: &mut Tx, person: &PersonId) -> Result<HashMap<EntryId, Paid>> {
    let found = all!(
        tx,
        (EntryId, i64, WallTime),
        "SELECT e.entry_id, r.number, r.made_at FROM payroll_run_entries e JOIN payroll_runs r ON \
         r.id = e.run_id WHERE e.person_id = $1",
        person
    )?;
    let one = |(entry, run, made_at)| (entry, Paid { run, made_at });
    Ok(found.into_iter().map(one).collect())
}

/// What a run has paid of a period in one currency.
#[derive(Debug, Clone, FromRow, PartialEq, Eq)]
pub struct PaidOf {
    /// The run's number.
    pub run: i64,
    pub made_at: WallTime,
    /// ISO 4217.
    pub currency: String,
    /// In the currency's smallest unit.
    pub amount_minor: i64,
    pub entries: i64,
}

impl PaidOf {
    /// What it paid.
    #[must_use]
    pub fn amount(&self) -> Money {
        Money::new(self.amount_minor, &self.currency)
    }
}

/// What runs have paid of the period that a run is wanted of, by run and currency; of the clients
/// of `viewer` alone.
///
/// # Errors
/// When the database fails.
pub async fn of_period(tx: &mut Tx, viewer: &PersonId, wanted: &Wanted<'_>) -> Result<Vec<PaidOf>> {
    Ok(all!(
        tx,
        PaidOf,
        "SELECT r.number AS run, r.made_at, g.currency, CAST(SUM(g.amount_minor) AS BIGINT) AS \
         amount_minor, COUNT(*) AS entries FROM ledger g JOIN payroll_run_entries e ON e.entry_id \
         = g.id JOIN payroll_runs r ON r.id = e.run_id JOIN campaigns k ON k.id = g.campaign_id \
         JOIN person_clients x ON x.client_id = k.client_id AND x.person_id = $1 WHERE g.period = \
         $2 AND ($3 = '' OR g.currency = $3) GROUP BY r.number, r.made_at, g.currency ORDER BY \
         r.number, g.currency",
        viewer,
        wanted.period,
        wanted.currency.unwrap_or_default()
    )?)
}

/// What is payable later than a run would take, in one currency.
#[derive(Debug, Clone, FromRow, PartialEq, Eq)]
pub struct Later {
    /// ISO 4217.
    pub currency: String,
    /// In the currency's smallest unit.
    pub amount_minor: i64,
    pub entries: i64,
    /// When the first of it is payable.
    pub first_at: WallTime,
    /// When the last of it is payable.
    pub last_at: WallTime,
}

impl Later {
    /// What it comes to.
    #[must_use]
    pub fn amount(&self) -> Money {
        Money::new(self.amount_minor, &self.currency)
    }
}

/// Of the locked periods that a run is wanted of, what is in none and payable after a moment, by
/// currency; of the clients of `viewer` alone.
///
/// # Errors
/// When the database fails.
pub async fn later(
    tx: &mut Tx,
    viewer: &PersonId,
    wanted: &Wanted<'_>,
    after: WallTime,
) -> Result<Vec<Later>> {
    Ok(all!(
        tx,
        Later,
        "SELECT g.currency, CAST(SUM(g.amount_minor) AS BIGINT) AS amount_minor, COUNT(*) AS \
         entries, MIN(g.payable_at) AS first_at, MAX(g.payable_at) AS last_at FROM ledger g JOIN \
         periods p ON p.name = g.period AND p.locked_at IS NOT NULL JOIN campaigns k ON k.id = \
         g.campaign_id JOIN person_clients x ON x.client_id = k.client_id AND x.person_id = $1 \
         WHERE g.period <= $2 AND ($3 = '' OR g.currency = $3) AND g.payable_at > $4 AND NOT \
         EXISTS (SELECT 1 FROM payroll_run_entries e WHERE e.entry_id = g.id) GROUP BY g.currency \
         ORDER BY g.currency",
        viewer,
        wanted.period,
        wanted.currency.unwrap_or_default(),
        after
    )?)
}
