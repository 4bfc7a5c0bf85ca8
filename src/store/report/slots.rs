//! What reports of when calls connect are made of.

use crate::pii::Pii;
use crate::report::slots::{Grid, Tallied, Tally, Which};
use crate::store::report::days;
use crate::store::{Result, Tx, all};
use crate::units::{CampaignId, ClientId, PersonId};
use std::collections::BTreeMap;

/// Which calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    pub client: ClientId,
    /// Days since 1970-01-01 in the house's time zone: from the first on, before the second.
    pub days: (i64, i64),
    /// One person's alone.
    pub person: Option<PersonId>,
    /// Of leads of one campaign alone.
    pub campaign: Option<CampaignId>,
    /// Those that showed this number.
    pub shown: Option<String>,
    /// A connect has so much of the other side's speech, in milliseconds.
    pub connect_ms: i64,
}

/// Counts the calls that are wanted; prospects' numbers in the slots of a grid.
///
/// # Errors
/// When the database fails.
pub async fn tallied<'a>(tx: &mut Tx, wanted: &'a Wanted, grid: Grid) -> Result<Tallied> {
    // An empty text asks for all.
    let one = |wanted: Option<&'a str>| wanted.filter(|text| !text.is_empty());
    let mut tally = Tally::new(Which {
        person: one(wanted.person.as_ref().map(|p| p.as_str())),
        campaign: one(wanted.campaign.as_ref().map(|c| c.as_str())),
        shown: one(wanted.shown.as_deref()),
        connect_ms: wanted.connect_ms,
        grid,
    });
    days::each(tx, &wanted.client, wanted.days, |day| tally.add(day)).await?;
    Ok(tally.done())
}

/// What people are called, by their ids: sales too, whose calls count as others' do.
///
/// # Errors
/// When the database fails.
pub async fn names(tx: &mut Tx) -> Result<BTreeMap<PersonId, Pii<String>>> {
    let rows = all!(tx, (PersonId, Pii<String>), "SELECT id, name FROM people")?;
    Ok(rows.into_iter().collect())
}
