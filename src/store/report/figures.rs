//! What reports count of each call, kept beside the calls: one narrow row per call that a person
//! made on behalf of a client. Triggers note each call that came or changed, whoever wrote it; a
//! job counts those that are noted, so that nothing on the way of a call waits for a report.

use crate::call::Direction;
use crate::leads::Disposition;
use crate::media::speech::SpeechSpan;
use crate::pii::Pii;
use crate::report::talk::Talk;
use crate::store::{Actor, Result, Tx, all, all_in, insert, log, one, run};
use crate::units::{CallId, CampaignId, ClientId, PersonId, Spans, WallTime, Zone};
use serde_json::json;
use sha2::{Digest, Sha256};
use sqlx::FromRow;
use std::collections::BTreeMap;

/// So many calls are counted in one transaction: some milliseconds.
const AT_A_TIME: i64 = 300;

/// How many calls of the box wait to be counted.
///
/// # Errors
/// When the database fails.
pub async fn waiting(tx: &mut Tx) -> Result<i64> {
    let row = one!(tx, (i64,), "SELECT COUNT(*) FROM figures_due")?;
    Ok(row.map_or(0, |r| r.0))
}

/// A call as it is counted.
#[derive(FromRow)]
struct Row {
    id: CallId,
    client_id: Option<ClientId>,
    person_id: Option<PersonId>,
    campaign_id: Option<CampaignId>,
    line: Option<Pii<String>>,
    prospect_e164: Option<Pii<String>>,
    direction: Option<Direction>,
    started_at: WallTime,
    answered_at: Option<WallTime>,
    disposition: Option<Disposition>,
    /// Of the recording, from which speech is counted; null: none.
    starts_at: Option<WallTime>,
}

/// A call that counts: one that a person made on behalf of a client.
struct Figure<'a> {
    id: &'a CallId,
    client: &'a ClientId,
    person: &'a PersonId,
    campaign: Option<&'a CampaignId>,
    shown: &'a str,
    day: i64,
    minute: i64,
    answered: bool,
    talk: Talk,
    /// Whoever made the call says that nobody was reached.
    nobody: bool,
    meeting: bool,
    prospect: Option<i64>,
}

/// Counts some of the calls that wait, in days and minutes of a zone; gives how many they were. In
/// another zone than before all calls are counted anew.
///
/// # Errors
/// When the database fails.
pub async fn count(tx: &mut Tx, zone: &Zone) -> Result<usize> {
    keep_zone(tx, zone).await?;
    let due = all!(
        tx,
        (CallId,),
        "SELECT call_id FROM figures_due ORDER BY call_id LIMIT $1",
        AT_A_TIME
    )?;
    if due.is_empty() {
        return Ok(0);
    }
    let ids: Vec<CallId> = due.into_iter().map(|r| r.0).collect();
    let rows = all_in!(
        tx,
        Row,
        "SELECT c.id, c.client_id, c.person_id, l.campaign_id, c.line, c.prospect_e164, \
         c.direction, c.started_at, c.answered_at, c.disposition, r.starts_at FROM calls c LEFT \
         JOIN leads l ON l.id = c.lead_id LEFT JOIN recordings r ON r.call_id = c.id WHERE c.id IN \
         (",
        &ids,
        ")"
    )?;
    let mut lanes: BTreeMap<CallId, BTreeMap<i64, Spans>> = BTreeMap::new();
    let spoken = all_in!(
        tx,
        (CallId, i64, String),
        "SELECT call_id, lane, speech FROM lanes WHERE call_id IN (",
        &ids,
        ")"
    )?;
    for (call, lane, text) in spoken {
        // One that does not read holds up no other: its call counts as one in which nothing was
        // said.
        let spans: Vec<SpeechSpan> = serde_json::from_str(&text).unwrap_or_else(|error| {
            tracing::error!(%call, lane, %error, "a lane's speech does not read: no report counts it");
            Vec::new()
        });
        let spans = Spans::of(spans.iter().map(|s| (s.from_ms.into(), s.to_ms.into())));
        lanes.entry(call).or_default().insert(lane, spans);
    }
    let figures: Vec<Figure> = rows
        .iter()
        .filter_map(|row| figure(row, lanes.get(&row.id), zone))
        .collect();
    put(tx, &ids, &figures).await?;
    Ok(ids.len())
}

/// Notes every call to be counted anew: after a restore, or when somebody doubts a figure. What was
/// told of whole weeks where nobody is to be singled out stays as it was told.
///
/// # Errors
/// When the database fails.
pub async fn count_all(tx: &mut Tx, by: &Actor, now: WallTime) -> Result<i64> {
    note_all(tx).await?;
    let calls = waiting(tx).await?;
    let detail = json!({ "calls": calls });
    log::append(
        tx,
        by,
        "report.rebuilt",
        "figures:calls".into(),
        detail,
        now,
    )
    .await?;
    Ok(calls)
}

async fn note_all(tx: &mut Tx) -> Result<()> {
    run!(
        tx,
        "INSERT INTO figures_due (call_id) SELECT id FROM calls WHERE 1 = 1 ON CONFLICT (call_id) \
         DO NOTHING"
    )?;
    Ok(())
}

/// Days and minutes are those of one zone.
async fn keep_zone(tx: &mut Tx, zone: &Zone) -> Result<()> {
    let zone = zone.to_string();
    let kept = one!(tx, (String,), "SELECT zone FROM figures_zone WHERE one = 1")?;
    if kept.as_ref().is_some_and(|k| k.0 == zone) {
        return Ok(());
    }
    run!(
        tx,
        "INSERT INTO figures_zone (one, zone) VALUES (1, $1) ON CONFLICT (one) DO UPDATE SET zone \
         = excluded.zone",
        &zone
    )?;
    if kept.is_some() {
        note_all(tx).await?;
    }
    Ok(())
}

fn figure<'a>(
    row: &'a Row,
    lanes: Option<&BTreeMap<i64, Spans>>,
    zone: &Zone,
) -> Option<Figure<'a>> {
    let (client, person) = (row.client_id.as_ref()?, row.person_id.as_ref()?);
    if row.direction != Some(Direction::Outbound) {
        return None;
    }
    let (day, minute) = zone.day_and_minute(row.started_at);
    Some(Figure {
        id: &row.id,
        client,
        person,
        campaign: row.campaign_id.as_ref(),
        shown: row.line.as_ref().map_or("", |l| l.reveal().as_str()),
        day,
        minute,
        answered: row.answered_at.is_some(),
        talk: talk(row, lanes),
        nobody: matches!(
            row.disposition,
            Some(Disposition::NoAnswer | Disposition::Voicemail)
        ),
        meeting: row.disposition == Some(Disposition::MeetingMade),
        prospect: row.prospect_e164.as_ref().map(|n| key(n.reveal())),
    })
}

/// The telemarketer's lane is the left one, 0.
fn talk(row: &Row, lanes: Option<&BTreeMap<i64, Spans>>) -> Talk {
    let (Some(answered), Some(starts), Some(lanes)) = (row.answered_at, row.starts_at, lanes)
    else {
        return Talk::default();
    };
    let silent = Spans::default();
    let [ours, theirs] = [0, 1].map(|lane| lanes.get(&lane).unwrap_or(&silent));
    let answered = u64::try_from(answered.millis_since(starts)).unwrap_or(0);
    Talk::of(ours, theirs, answered)
}

/// Tells numbers apart, and is none.
fn key(number: &str) -> i64 {
    let hash = Sha256::digest(number.as_bytes());
    let first = hash.first_chunk().copied().unwrap_or_default();
    i64::from_be_bytes(first)
}

async fn put(tx: &mut Tx, ids: &[CallId], figures: &[Figure<'_>]) -> Result<()> {
    // Whether it counted before or does no longer: its row is made anew.
    for table in ["call_figures", "figures_due"] {
        let before = format!("DELETE FROM {table} WHERE call_id IN (");
        all_in!(tx, (CallId,), before, ids, ") RETURNING call_id")?;
    }
    if figures.is_empty() {
        return Ok(());
    }
    insert!(
        tx,
        (CallId,),
        "INSERT INTO call_figures (call_id, client_id, person_id, campaign_id, shown, day, minute, \
         answered, speech_ms, replies, nobody, meeting, prospect) ",
        figures,
        |f| [
            f.id,
            f.client,
            f.person,
            f.campaign,
            f.shown,
            f.day,
            f.minute,
            i64::from(f.answered),
            f.talk.speech_ms,
            f.talk.replies,
            i64::from(f.nobody),
            i64::from(f.meeting),
            f.prospect,
        ],
        " RETURNING call_id"
    )?;
    Ok(())
}
