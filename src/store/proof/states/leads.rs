//! Which leads are one.

use super::told::Told;
use crate::store::{Result, Tx, all};
use std::collections::BTreeMap;

/// Leads that are merged otherwise than the log tells: whose calls count for which lead hangs on it.
pub(super) async fn merges(tx: &mut Tx, told: &Told) -> Result<Vec<String>> {
    let mut said = BTreeMap::new();
    for line in told.of(&["lead.merged", "lead.split"]) {
        match line.detail()["into"].as_str() {
            Some(into) => said.insert(line.subject.clone(), into.to_owned()),
            None => said.remove(&line.subject),
        };
    }
    let rows = all!(
        tx,
        (String, String),
        "SELECT 'lead:' || lead_id, into_id FROM lead_merges WHERE split_at IS NULL ORDER BY 1"
    )?;
    let mut found = Vec::new();
    for (subject, into) in rows {
        if said.remove(&subject).as_deref() != Some(&*into) {
            found.push(format!("{subject} is merged past the log"));
        }
    }
    let split = said.keys();
    found.extend(split.map(|subject| format!("{subject} was split again past the log")));
    Ok(found)
}
