//! Messages to the outside, written in the transaction of what they tell of, once for each receiver
//! that wants them.

use crate::store::{Result, Tx, all, new_id, one, run};
use crate::units::{CampaignId, ClientId, MessageId, ReceiverId, WallTime};
use crate::webhook::Subject;
use serde::Serialize;
use serde_json::Value;

/// Whose business a message tells of.
#[derive(Debug, Clone, Copy)]
pub(in crate::store) enum Of<'a> {
    Client(&'a ClientId),
    Campaign(&'a CampaignId),
    /// Of all clients together.
    House,
}

/// A message as it is sent, in the order that Standard Webhooks recommends.
#[derive(Serialize)]
struct Body<'a> {
    #[serde(rename = "type")]
    kind: Subject,
    timestamp: WallTime,
    data: &'a Value,
}

/// Puts a message into the outbox, for every receiver that asks for its topic and its client; where
/// there is none, nothing is written. Its body is fixed now.
pub(in crate::store) async fn put(
    tx: &mut Tx,
    subject: Subject,
    of: Of<'_>,
    data: &Value,
    now: WallTime,
) -> Result<()> {
    let receivers = wanting(tx, subject).await?;
    if receivers.is_empty() {
        return Ok(());
    }
    let client = client(tx, of).await?;
    let to = receivers
        .into_iter()
        .filter(|(_, of_client)| of_client.is_none() || of_client.as_deref() == client.as_deref());
    let to: Vec<ReceiverId> = to.map(|(id, _)| id).collect();
    put_for(tx, subject, (client.as_ref(), &to), data, now).await
}

/// Puts a message for these receivers, whatever they ask for.
pub(in crate::store) async fn put_for(
    tx: &mut Tx,
    kind: Subject,
    (client, to): (Option<&ClientId>, &[ReceiverId]),
    data: &Value,
    now: WallTime,
) -> Result<()> {
    if to.is_empty() {
        return Ok(());
    }
    let id: MessageId = new_id();
    let body = Body {
        kind,
        timestamp: now,
        data,
    };
    let last = one!(tx, (i64,), "SELECT COALESCE(MAX(seq), 0) FROM outbox")?;
    let seq = last.map_or(1, |row| row.0 + 1);
    run!(
        tx,
        "INSERT INTO outbox (id, topic, body, created_at, next_attempt_at, seq, client_id) VALUES \
         ($1, $2, $3, $4, $4, $5, $6)",
        &id,
        kind,
        serde_json::to_string(&body)?,
        now,
        seq,
        client
    )?;
    for receiver in to {
        run!(
            tx,
            "INSERT INTO deliveries (receiver_id, seq, message_id, since) VALUES ($1, $2, $3, $4)",
            receiver,
            seq,
            &id,
            now
        )?;
    }
    Ok(())
}

/// Whether anybody asks for a topic: what is told of by the thousand need not be put together.
pub(in crate::store) async fn is_wanted(tx: &mut Tx, subject: Subject) -> Result<bool> {
    Ok(!wanting(tx, subject).await?.is_empty())
}

/// Receivers that ask for a topic, each with the client to which it is limited.
async fn wanting(tx: &mut Tx, subject: Subject) -> Result<Vec<(ReceiverId, Option<ClientId>)>> {
    Ok(all!(
        tx,
        (ReceiverId, Option<ClientId>),
        "SELECT r.id, r.client_id FROM receivers r WHERE r.removed_at IS NULL AND (r.all_topics = \
         1 OR EXISTS (SELECT 1 FROM receiver_topics t WHERE t.receiver_id = r.id AND t.topic = \
         $1)) ORDER BY r.id",
        subject
    )?)
}

async fn client(tx: &mut Tx, of: Of<'_>) -> Result<Option<ClientId>> {
    match of {
        Of::House => Ok(None),
        Of::Client(id) => Ok(Some(id.clone())),
        Of::Campaign(id) => {
            let found = one!(
                tx,
                (ClientId,),
                "SELECT client_id FROM campaigns WHERE id = $1",
                id
            )?;
            Ok(found.map(|row| row.0))
        }
    }
}
