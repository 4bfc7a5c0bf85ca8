//! What reports of when calls connect are made of.

use crate::pii::Pii;
use crate::report::slots::{Counts, Dialled, GRAIN, Grid, Stratum};
use crate::report::talk::FEWEST_REPLIES;
use crate::store::{Result, Tx, all, one};
use crate::units::{CampaignId, ClientId, PersonId};
use sqlx::FromRow;
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

/// What a connect is, in SQL; `$7` and `$8` are the least speech and the fewest replies.
const IS_CONNECT: &str =
    "f.answered = 1 AND f.nobody = 0 AND f.speech_ms >= $7 AND f.replies >= $8";

/// What is counted of calls, in the same way.
const COUNTS: &str = "COUNT(*) AS calls, COUNT(CASE WHEN f.answered = 1 AND f.nobody = 0 AND \
    f.speech_ms >= $7 AND f.replies >= $8 THEN 1 END) AS connects, COUNT(CASE WHEN f.meeting = 1 \
    THEN 1 END) AS meetings";

/// Of the calls that are wanted; an empty text asks for all.
const WHERE: &str = "FROM call_figures f WHERE f.client_id = $1 AND f.day >= $2 AND f.day < $3 AND \
    ($4 = '' OR f.person_id = $4) AND ($5 = '' OR f.campaign_id = $5) AND ($6 = '' OR f.shown = $6)";

/// Reads rows of the calls that are wanted: `$what` before the counts, `$rest` after the
/// conditions.
macro_rules! counted {
    ($tx:expr, $row:ty, $wanted:expr, $what:expr, $rest:expr) => {{
        let w: &Wanted = $wanted;
        let sql = format!("SELECT {} {COUNTS} {WHERE} {}", $what, $rest);
        all!(
            $tx,
            $row,
            sqlx::AssertSqlSafe(sql),
            &w.client,
            w.days.0,
            w.days.1,
            w.person.as_ref().map_or("", |p| p.as_str()),
            w.campaign.as_ref().map_or("", |c| c.as_str()),
            w.shown.as_deref().unwrap_or(""),
            w.connect_ms,
            FEWEST_REPLIES
        )
    }};
}

#[derive(FromRow)]
struct Five {
    weekday: i64,
    five: i64,
    calls: i64,
    connects: i64,
    meetings: i64,
}

/// By weekday and five minutes of the day.
///
/// # Errors
/// When the database fails.
pub async fn dialled(tx: &mut Tx, wanted: &Wanted) -> Result<Vec<Dialled>> {
    // 1970 began on a Thursday.
    let what = format!("(f.day + 3) % 7 AS weekday, f.minute / {GRAIN} AS five,");
    let rest = format!("GROUP BY (f.day + 3) % 7, f.minute / {GRAIN} ORDER BY 1, 2");
    let rows = counted!(tx, Five, wanted, what, rest)?;
    let dialled = rows.into_iter().map(|r| Dialled {
        weekday: r.weekday,
        minute: r.five * GRAIN,
        counts: Counts {
            calls: r.calls,
            connects: r.connects,
            meetings: r.meetings,
        },
    });
    Ok(dialled.collect())
}

#[derive(FromRow)]
struct Own {
    person_id: PersonId,
    shown: Pii<String>,
    weekday: i64,
    five: i64,
    calls: i64,
    connects: i64,
    meetings: i64,
}

/// By person, number shown, weekday and five minutes of the day.
///
/// # Errors
/// When the database fails.
pub async fn strata(tx: &mut Tx, wanted: &Wanted) -> Result<Vec<Stratum>> {
    let what =
        format!("f.person_id, f.shown, (f.day + 3) % 7 AS weekday, f.minute / {GRAIN} AS five,");
    let rest = format!(
        "GROUP BY f.person_id, f.shown, (f.day + 3) % 7, f.minute / {GRAIN} ORDER BY 1, 2, 3, 4"
    );
    let rows = counted!(tx, Own, wanted, what, rest)?;
    let strata = rows.into_iter().map(|r| Stratum {
        of: (r.person_id.to_string(), r.shown.into_inner()),
        weekday: r.weekday,
        minute: r.five * GRAIN,
        counts: Counts {
            calls: r.calls,
            connects: r.connects,
            meetings: r.meetings,
        },
    });
    Ok(strata.collect())
}

/// What people are called, by their ids: sales too, whose calls count as others' do.
///
/// # Errors
/// When the database fails.
pub async fn names(tx: &mut Tx) -> Result<BTreeMap<PersonId, Pii<String>>> {
    let rows = all!(tx, (PersonId, Pii<String>), "SELECT id, name FROM people")?;
    Ok(rows.into_iter().collect())
}

/// Numbers that were called in a slot, and those of them that a call of it connected with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, FromRow)]
pub struct Prospects {
    /// Minute of the day, or of the hour, at which the slot starts; 0 of all together.
    pub start: i64,
    pub called: i64,
    pub reached: i64,
}

/// Numbers that were called and reached, by slot; `per` is 1,440 for slots of the day, and 60 for
/// those of the hour, whichever it is.
///
/// # Errors
/// When the database fails.
pub async fn prospects_by(
    tx: &mut Tx,
    wanted: &Wanted,
    grid: Grid,
    per: i64,
) -> Result<Vec<Prospects>> {
    let (width, offset) = (grid.width(), grid.offset());
    let start = format!(
        "(((f.minute + {DAY} - {offset}) % {DAY}) / {width} * {width} + {offset}) % {DAY} % {per}"
    );
    let sql = format!(
        "SELECT {start} AS start, COUNT(DISTINCT f.prospect) AS called, COUNT(DISTINCT CASE WHEN \
         {IS_CONNECT} THEN f.prospect END) AS reached {WHERE} AND f.prospect IS NOT NULL GROUP BY \
         {start} ORDER BY 1"
    );
    let w = wanted;
    Ok(all!(
        tx,
        Prospects,
        sqlx::AssertSqlSafe(sql),
        &w.client,
        w.days.0,
        w.days.1,
        w.person.as_ref().map_or("", |p| p.as_str()),
        w.campaign.as_ref().map_or("", |c| c.as_str()),
        w.shown.as_deref().unwrap_or(""),
        w.connect_ms,
        FEWEST_REPLIES
    )?)
}

const DAY: i64 = 1_440;

/// Answered calls that were marked, by what the lanes tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, FromRow)]
pub struct Marks {
    /// Marked as voicemail, and those of them that answered nothing.
    pub machines: i64,
    pub machines_told: i64,
    /// Marked as somebody who was talked to, and those of them that took the word again.
    pub people: i64,
    pub people_told: i64,
}

/// How the rule that tells a voicemail does on the calls that telemarketers marked. What they
/// marked is not asked for it.
///
/// # Errors
/// When the database fails.
pub async fn marks(tx: &mut Tx, wanted: &Wanted) -> Result<Marks> {
    let w = wanted;
    let row = one!(
        tx,
        Marks,
        "SELECT COUNT(CASE WHEN c.disposition = 'voicemail' THEN 1 END) AS machines, COUNT(CASE \
         WHEN c.disposition = 'voicemail' AND f.replies < $7 THEN 1 END) AS machines_told, \
         COUNT(CASE WHEN c.disposition <> 'voicemail' THEN 1 END) AS people, COUNT(CASE WHEN \
         c.disposition <> 'voicemail' AND f.replies >= $7 THEN 1 END) AS people_told FROM calls c \
         JOIN call_figures f ON f.call_id = c.id WHERE c.client_id = $1 AND c.disposition IN \
         ('voicemail', 'conversation', 'meeting_made', 'call_back', 'not_interested', \
         'do_not_call') AND f.answered = 1 AND f.day >= $2 AND f.day < $3 AND ($4 = '' OR \
         f.person_id = $4) AND ($5 = '' OR f.campaign_id = $5) AND ($6 = '' OR f.shown = $6)",
        &w.client,
        w.days.0,
        w.days.1,
        w.person.as_ref().map_or("", |p| p.as_str()),
        w.campaign.as_ref().map_or("", |c| c.as_str()),
        w.shown.as_deref().unwrap_or(""),
        FEWEST_REPLIES
    )?;
    Ok(row.unwrap_or_default())
}

/// How many different numbers were called, and reached.
///
/// # Errors
/// When the database fails.
pub async fn prospects(tx: &mut Tx, wanted: &Wanted) -> Result<Prospects> {
    let sql = format!(
        "SELECT CAST(0 AS BIGINT) AS start, COUNT(*) AS called, COUNT(CASE WHEN p.connects > 0 THEN 1 END) AS reached FROM \
         (SELECT f.prospect, {COUNTS} {WHERE} AND f.prospect IS NOT NULL GROUP BY f.prospect) p"
    );
    let w = wanted;
    let row = one!(
        tx,
        Prospects,
        sqlx::AssertSqlSafe(sql),
        &w.client,
        w.days.0,
        w.days.1,
        w.person.as_ref().map_or("", |p| p.as_str()),
        w.campaign.as_ref().map_or("", |c| c.as_str()),
        w.shown.as_deref().unwrap_or(""),
        w.connect_ms,
        FEWEST_REPLIES
    )?;
    Ok(row.unwrap_or_default())
}
