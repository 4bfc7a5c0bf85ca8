//! Calls by client and day, as reports of long periods read them: [`Day`]s that are over are kept
//! packed, one text each, so that a year of a large house is read in milliseconds.
//!
//! **Invariant.** `figure_days` has a row for each client and day with a row in `call_figures`, and
//! its `body`, where there is one, says what those rows say. Triggers take the body of a day away as
//! soon as one of its calls is counted, counted anew or gone; the job `figures` packs days that are
//! over again. A day without a body is read from its calls: no figure ever waits for the job.

use crate::leads::Disposition;
use crate::pii::Pii;
use crate::report::day::{Day, Mark, Row as Told};
use crate::store::{Result, StoreError, Tx, all, one, run};
use crate::units::{CampaignId, ClientId, PersonId};
use sqlx::FromRow;

/// So many days are in memory at a time.
const AT_A_TIME: i64 = 32;

/// Gives the calls of each of a client's days from the first on, before the second, oldest first;
/// days without a call are left out.
///
/// # Errors
/// When the database fails, or a packed day does not read.
pub async fn each(
    tx: &mut Tx,
    client: &ClientId,
    (from, to): (i64, i64),
    mut take: impl FnMut(&Day),
) -> Result<()> {
    let mut first = from;
    while first < to {
        let after = to.min(first + AT_A_TIME);
        let rows = all!(
            tx,
            (i64, Option<String>),
            "SELECT day, body FROM figure_days WHERE client_id = $1 AND day >= $2 AND day < $3 \
             ORDER BY day",
            client,
            first,
            after
        )?;
        for (day, body) in rows {
            match body {
                Some(text) => take(&unpacked(client, day, &text)?),
                None => take(&counted(tx, client, day).await?),
            }
        }
        first = after;
    }
    Ok(())
}

fn unpacked(client: &ClientId, day: i64, text: &str) -> Result<Day> {
    Day::read(day, text).map_err(|why| StoreError::Broken(format!("{client}, day {day}: {why}")))
}

/// Whether a day is over and changed since it was packed, so that [`pack`] has work.
///
/// # Errors
/// When the database fails.
pub async fn is_due(tx: &mut Tx, today: i64) -> Result<bool> {
    Ok(due(tx, today).await?.is_some())
}

async fn due(tx: &mut Tx, today: i64) -> Result<Option<(ClientId, i64)>> {
    Ok(one!(
        tx,
        (ClientId, i64),
        "SELECT client_id, day FROM figure_days WHERE body IS NULL AND day < $1 ORDER BY day, \
         client_id LIMIT 1",
        today
    )?)
}

/// Packs one day that is over and changed since it was packed, if there is one; whether there was.
///
/// # Errors
/// When the database fails.
pub async fn pack(tx: &mut Tx, today: i64) -> Result<bool> {
    let Some((client, day)) = due(tx, today).await? else {
        return Ok(false);
    };
    let packed = counted(tx, &client, day).await?;
    if packed.calls.is_empty() {
        run!(
            tx,
            "DELETE FROM figure_days WHERE client_id = $1 AND day = $2",
            &client,
            day
        )?;
    } else {
        run!(
            tx,
            "UPDATE figure_days SET body = $3 WHERE client_id = $1 AND day = $2",
            &client,
            day,
            packed.text()?
        )?;
    }
    Ok(true)
}

#[derive(FromRow)]
struct Row {
    person_id: PersonId,
    campaign_id: Option<CampaignId>,
    shown: Pii<String>,
    minute: i64,
    answered: i64,
    speech_ms: i64,
    replies: i64,
    nobody: i64,
    meeting: i64,
    prospect: Option<i64>,
    disposition: Option<Disposition>,
}

impl Row {
    fn told(&self) -> Told<'_> {
        Told {
            minute: self.minute,
            person: self.person_id.as_str(),
            shown: self.shown.reveal(),
            campaign: self.campaign_id.as_ref().map_or("", |c| c.as_str()),
            answered: self.answered == 1,
            nobody: self.nobody == 1,
            meeting: self.meeting == 1,
            mark: self.disposition.and_then(mark),
            speech_ms: self.speech_ms,
            replies: self.replies,
            prospect: self.prospect,
        }
    }
}

fn mark(said: Disposition) -> Option<Mark> {
    match said {
        Disposition::Voicemail => Some(Mark::Voicemail),
        Disposition::Conversation
        | Disposition::MeetingMade
        | Disposition::CallBack
        | Disposition::NotInterested
        | Disposition::DoNotCall => Some(Mark::Person),
        _ => None,
    }
}

/// A day by its calls.
async fn counted(tx: &mut Tx, client: &ClientId, day: i64) -> Result<Day> {
    let rows = all!(
        tx,
        Row,
        "SELECT f.person_id, f.campaign_id, f.shown, f.minute, f.answered, f.speech_ms, f.replies, \
         f.nobody, f.meeting, f.prospect, c.disposition FROM call_figures f JOIN calls c ON c.id = \
         f.call_id WHERE f.client_id = $1 AND f.day = $2 ORDER BY f.minute, f.call_id",
        client,
        day
    )?;
    let told: Vec<Told> = rows.iter().map(Row::told).collect();
    Ok(Day::of(day, &told))
}
