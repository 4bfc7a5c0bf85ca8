//! No sound leaves without a line in the log.

use crate::api::access::Who;
use crate::api::app::App;
use crate::api::problem::Problem;
use crate::store::calls::listens::{self, Listen, Way};
use crate::units::CallId;

/// Writes down that somebody listens, before the first byte; once a quarter of an hour and way.
///
/// # Errors
/// When the database fails: nothing is served then.
pub(super) async fn note(app: &App, who: &Who, call: &CallId, way: Way) -> Result<(), Problem> {
    let (by, address) = (who.actor(), who.from.to_string());
    let listen = Listen {
        call,
        way,
        session: &who.session,
        address: &address,
    };
    let now = app.clock.now();
    let mut tx = app.db.read().await?;
    if listens::is_noted(&mut tx, &by, &listen, now).await? {
        return Ok(());
    }
    drop(tx);
    let mut tx = app.db.write().await?;
    listens::note(&mut tx, &by, &listen, now).await?;
    Ok(tx.commit().await?)
}
