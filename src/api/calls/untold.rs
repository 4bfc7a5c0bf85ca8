//! What lists and single answers leave out where it was promised that nobody is singled out
//! (PRODUCT P1; reports of figures ask `api/report/together.rs`).
//!
//! The row of a call or a lead stays, for whoever hears it or works on it. Whose call it was is
//! told where a claim needs it, and nowhere else. How many there are is not told either: a count
//! for any days and any filter is a figure, and two of them differ by one person's calls.

use crate::api::access::Who;
use crate::api::problem::Problem;
use crate::identity::Role;
use crate::store::report::aggregate;
use crate::store::{Tx, calls};
use crate::units::ClientId;
use std::collections::BTreeSet;

/// The clients of whom something is left out of an answer.
pub(in crate::api) struct Untold(BTreeSet<ClientId>);

impl Untold {
    pub(in crate::api) fn nothing() -> Untold {
        Untold(BTreeSet::new())
    }

    /// For who asks about calls; a telemarketer's own calls are their own.
    ///
    /// # Errors
    /// When the database fails.
    pub(in crate::api) async fn of_calls(tx: &mut Tx, who: &Who) -> Result<Untold, Problem> {
        if who.is(Role::Telemarketer) {
            return Ok(Untold::nothing());
        }
        Untold::of_leads(tx, who).await
    }

    /// For who asks about leads, which several people call.
    ///
    /// # Errors
    /// When the database fails.
    pub(in crate::api) async fn of_leads(tx: &mut Tx, who: &Who) -> Result<Untold, Problem> {
        let mut promised = aggregate::promised(tx).await?;
        promised.retain(|client| who.sees_client(client));
        Ok(Untold(promised))
    }

    /// Nothing is left out.
    pub(in crate::api) fn is_nothing(&self) -> bool {
        self.0.is_empty()
    }

    pub(in crate::api) fn has(&self, client: &ClientId) -> bool {
        self.0.contains(client)
    }

    /// A count, where it is of no such client.
    pub(in crate::api) fn count(&self, count: i64) -> Option<i64> {
        self.is_nothing().then_some(count)
    }

    /// Whether whose call it was is not told, neither by its line nor by what is said of it.
    ///
    /// # Errors
    /// When the database fails.
    pub(in crate::api) async fn is_of(
        &self,
        tx: &mut Tx,
        call: &calls::Call,
    ) -> Result<bool, Problem> {
        if call.client_id.as_ref().is_none_or(|c| !self.has(c)) {
            return Ok(false);
        }
        let claimed = calls::claimed(tx, std::slice::from_ref(&call.id)).await?;
        Ok(claimed.is_empty())
    }
}
