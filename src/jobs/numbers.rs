//! Looks which of our numbers connect less than they did. That takes a second where a client has
//! called a year with many; a manager's first page shows what was found last.

use crate::jobs::done::Done;
use crate::report::numbers::{Number, fallen};
use crate::store::report::{aggregate, numbers};
use crate::store::{Db, Result, StoreError, people};
use crate::units::{ClientId, Micros, WallTime, Zone};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How often it looks.
const EVERY: Micros = Micros::from_secs(3_600);
/// Of so many days, as the page of numbers does where nothing else is asked.
const DAYS: i64 = 91;

/// What was found last. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Fallen(Arc<Mutex<BTreeMap<ClientId, Vec<Number>>>>);

impl Fallen {
    fn table(&self) -> MutexGuard<'_, BTreeMap<ClientId, Vec<Number>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A client's numbers whose level fell and has not risen again. Whether it was promised since
    /// that nobody is singled out, the caller asks.
    #[must_use]
    pub fn of(&self, client: &ClientId) -> Vec<Number> {
        self.table().get(client).cloned().unwrap_or_default()
    }
}

/// The job.
#[derive(Debug, Clone)]
pub struct Watch {
    pub fallen: Fallen,
    /// Days are told in it.
    pub zone: Zone,
    /// A connect has so much of the other side's speech, in milliseconds.
    pub connect_ms: i64,
    /// A rate is told from so many calls on.
    pub fewest: i64,
}

impl Watch {
    /// Looks at each client's numbers, one client after the other.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn once(&self, db: &Db, now: WallTime) -> Result<Done> {
        let (today, _) = self.zone.day_and_minute(now);
        let mut tx = db.read().await?;
        let clients = people::all_clients(&mut tx).await?;
        drop(tx);
        for (client, _) in clients {
            let found = self.look(db, &client, today).await?;
            self.fallen.table().insert(client, found);
        }
        Ok(Done {
            next: now + EVERY,
            trouble: None,
        })
    }

    async fn look(&self, db: &Db, client: &ClientId, today: i64) -> Result<Vec<Number>> {
        let mut tx = db.read().await?;
        if aggregate::in_force(&mut tx, client).await?.is_some() {
            return Ok(Vec::new());
        }
        let days = (today - DAYS + 1, today + 1);
        let dials = numbers::dials(&mut tx, client, days, self.connect_ms).await?;
        drop(tx);
        let fewest = self.fewest;
        // No work for the threads that serve pages.
        let found = tokio::task::spawn_blocking(move || fallen(&dials, fewest)).await;
        found.map_err(|why| StoreError::Broken(format!("numbers were not counted: {why}")))
    }
}
