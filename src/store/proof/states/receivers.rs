//! Where messages go.

use super::told::{Line, Told};
use crate::store::webhook::receivers::host_of;
use crate::store::{Result, Tx, all, log};
use serde_json::json;
use std::collections::BTreeMap;

/// What the log tells of a receiver: whose messages it is sent stays what it was first.
struct Said<'a> {
    first: &'a Line,
    last: &'a Line,
}

/// Receivers that are not the ones that somebody set up: who plants one reads what the house says.
pub(super) async fn findings(tx: &mut Tx, told: &Told) -> Result<Vec<String>> {
    let mut said: BTreeMap<&str, Said> = BTreeMap::new();
    for line in told.of(&["receiver.added", "receiver.changed", "receiver.removed"]) {
        let known = said.remove(&*line.subject);
        if line.action != "receiver.removed" {
            let first = known.map_or(line, |said| said.first);
            said.insert(&line.subject, Said { first, last: line });
        }
    }
    let rows = all!(
        tx,
        (String, String, String, Option<String>, i64),
        "SELECT 'receiver:' || id, name, url, client_id, all_topics FROM receivers WHERE removed_at \
         IS NULL ORDER BY id"
    )?;
    let mut topics: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let chosen = all!(
        tx,
        (String, String),
        "SELECT 'receiver:' || receiver_id, topic FROM receiver_topics ORDER BY topic"
    )?;
    for (subject, topic) in chosen {
        topics.entry(subject).or_default().push(topic);
    }
    let mut found = Vec::new();
    for (subject, name, url, client, all_topics) in rows {
        let topics = (all_topics == 0).then(|| topics.remove(&subject).unwrap_or_default());
        let stands = json!({
            "name": name,
            "host": host_of(&url),
            "topics": topics,
            "url_sha256": log::digest_of(&subject, &url),
        });
        let Some(said) = said.remove(&*subject) else {
            found.push(format!("{subject} was added past the log"));
            continue;
        };
        if !said.last.says(&stands) || !said.first.says(&json!({ "client": client })) {
            found.push(format!("{subject} is not the one that the log tells of"));
        }
    }
    found.extend(said.keys().map(|gone| format!("{gone} was taken away")));
    Ok(found)
}
