//! Calls, their recordings, lanes and gaps.

pub mod comments;

use crate::archive::{Recording, SealedCall};
use crate::call::{CallFacts, Side};
use crate::leads::disposition;
use crate::leads::{LEAD_HEADERS, LeadMatch, Numbers, match_lead, vicidial_lead};
use crate::store::log;
use crate::store::people;
use crate::store::review::claims;
use crate::store::{ROWS_AT_A_TIME, Result, StoreError, Tx, all, insert, one, run};
use crate::units::WallTime;
use serde::Serialize;
use sqlx::FromRow;
use std::collections::BTreeSet;

/// A call as lists and pages show it.
#[derive(Debug, Clone, FromRow, Serialize, PartialEq, Eq)]
pub struct Call {
    pub id: String,
    pub started_at: i64,
    pub answered_at: Option<i64>,
    pub ended_at: Option<i64>,
    pub outcome: String,
    pub direction: Option<String>,
    pub recovered: i64,
    pub line: Option<String>,
    pub person_id: Option<String>,
    pub client_id: Option<String>,
    pub prospect_number: Option<String>,
    pub prospect_name: Option<String>,
    pub lead_id: Option<String>,
    pub lead_by: Option<String>,
    pub company: Option<String>,
    pub contact: Option<String>,
    pub campaign_id: Option<String>,
    pub disposition: Option<String>,
    pub appointment_at: Option<i64>,
    pub appointment_with: Option<String>,
    pub duration_ms: Option<i64>,
    pub gaps: i64,
}

const CALL: &str = "SELECT c.id, c.started_at, c.answered_at, c.ended_at, c.outcome, c.direction, \
    c.recovered, c.line, c.person_id, c.client_id, c.prospect_number, c.prospect_name,
    c.lead_id, c.lead_by, l.company, l.contact, l.campaign_id, c.disposition, c.appointment_at, \
    c.appointment_with, r.duration_ms, (SELECT COUNT(*) FROM gaps g WHERE g.call_id = c.id) AS \
    gaps
  FROM calls c LEFT JOIN leads l ON l.id = c.lead_id LEFT JOIN recordings r ON r.call_id = c.id";

/// What is stored of a recording.
#[derive(Debug, Clone, FromRow, PartialEq, Eq)]
pub struct StoredRecording {
    pub call_id: String,
    pub path: String,
    pub peaks: String,
    /// What could not be decoded, kept as it came.
    pub raw: Option<String>,
    pub format: String,
    pub sample_rate: i64,
    pub duration_ms: i64,
    pub starts_at: i64,
    pub sha256: String,
    pub bytes: i64,
}

/// Who made a call and on whose behalf, and which lead it belongs to.
struct Belongs {
    person: Option<String>,
    client: Option<String>,
    lead: LeadMatch,
}

/// The two ends of a call as its signalling named them.
struct Ends {
    line: Option<String>,
    prospect: Option<String>,
    e164: Option<String>,
    name: Option<String>,
}

/// Takes in sealed calls with everything that belongs to them, in one transaction. A call that is
/// there already is left as it is: sealing may run twice after a crash. Gives how many were new.
///
/// All calls share a few statements, however many they are: each statement is a way to the database
/// and back.
///
/// # Errors
/// When the database fails.
pub async fn insert(
    tx: &mut Tx,
    sealed: &[SealedCall],
    numbers: &Numbers,
    now: WallTime,
) -> Result<usize> {
    if sealed.is_empty() {
        return Ok(0);
    }
    tx.serialize(claims::NUMBER_LOCK).await?;
    let ends: Vec<Ends> = sealed
        .iter()
        .map(|call| Ends::of(&call.facts, numbers))
        .collect();
    let belongs = belongs(tx, sealed, &ends).await?;
    let mut new = insert_rows(tx, sealed, &ends, &belongs, now).await?;
    let taken: Vec<(String, &SealedCall, &Belongs)> = sealed
        .iter()
        .zip(&belongs)
        .map(|(call, b)| (call.facts.id.to_string(), call, b))
        .filter(|(id, ..)| new.remove(id))
        .collect();
    for (id, _, b) in &taken {
        if let LeadMatch::Ambiguous(candidates) = &b.lead {
            for lead in candidates {
                run!(
                    tx,
                    "INSERT INTO call_lead_candidates (call_id, lead_id) VALUES ($1, $2)",
                    id,
                    lead
                )?;
            }
        }
    }
    insert_recordings(
        tx,
        &taken
            .iter()
            .map(|(id, call, _)| (id.as_str(), *call))
            .collect::<Vec<_>>(),
    )
    .await?;
    let subjects: Vec<String> = taken.iter().map(|(id, ..)| format!("call:{id}")).collect();
    let told = taken.iter().zip(&subjects).map(|((_, call, _), subject)| {
        let recorded = call.recording.as_ref().map(|r| r.sha256.clone());
        let detail = serde_json::json!({ "recording_sha256": recorded, "gaps": call.gaps.len(), "recovered": call.facts.recovered });
        log::Entry { at: now, actor: "system", action: "call.sealed", subject, detail }
    });
    log::append_all(tx, &told.collect::<Vec<_>>()).await?;
    for (id, call, b) in &taken {
        take_word(tx, id, call, b, now).await?;
    }
    Ok(taken.len())
}

/// Whether a call has been stored already.
pub async fn is_sealed(tx: &mut Tx, id: &str) -> Result<bool> {
    Ok(one!(
        tx,
        (i64,),
        "SELECT CAST(1 AS BIGINT) FROM calls WHERE id = $1",
        id
    )?
    .is_some())
}

impl Ends {
    fn of(f: &CallFacts, numbers: &Numbers) -> Ends {
        let number = |side: Side| {
            let party = if side == Side::Caller { &f.from } else { &f.to };
            (
                party.number.as_ref().map(|n| n.reveal().clone()),
                party.name.as_ref().map(|n| n.reveal().clone()),
            )
        };
        // Where no line is known yet, the side without a telephone number is ours.
        let ours = f.telemarketer.unwrap_or_else(|| {
            match number(Side::Callee)
                .0
                .as_deref()
                .and_then(|n| numbers.e164(n))
            {
                None if number(Side::Caller)
                    .0
                    .as_deref()
                    .and_then(|n| numbers.e164(n))
                    .is_some() =>
                {
                    Side::Callee
                }
                _ => Side::Caller,
            }
        });
        let line = number(ours).0;
        let (prospect, name) = number(ours.other());
        let e164 = prospect.as_deref().and_then(|n| numbers.e164(n));
        Ends {
            line,
            prospect,
            e164,
            name,
        }
    }
}

async fn belongs(tx: &mut Tx, sealed: &[SealedCall], ends: &[Ends]) -> Result<Vec<Belongs>> {
    let lines: BTreeSet<&str> = ends.iter().filter_map(|e| e.line.as_deref()).collect();
    let lines = people::lines_named(tx, &lines.into_iter().collect::<Vec<_>>()).await?;
    let e164: BTreeSet<&str> = ends.iter().filter_map(|e| e.e164.as_deref()).collect();
    let leads = crate::store::leads::by_numbers(tx, &e164.into_iter().collect::<Vec<_>>()).await?;
    let mut all = Vec::with_capacity(sealed.len());
    for (SealedCall { facts: f, .. }, ends) in sealed.iter().zip(ends) {
        let owner = lines
            .iter()
            .find(|l| Some(&l.value) == ends.line.as_ref() && l.is_at(f.started_at));
        let (person, client) = owner.map_or((None, None), |l| {
            (Some(l.person_id.clone()), Some(l.client_id.clone()))
        });
        let named = |wanted: &str| {
            f.headers
                .iter()
                .find(|(name, _)| name.eq_ignore_ascii_case(wanted))
                .map(|(_, v)| v.reveal().clone())
        };
        let in_name = || f.from.name.as_ref().and_then(|n| vicidial_lead(n.reveal()));
        let by_header = match LEAD_HEADERS.iter().find_map(|h| named(h)).or_else(in_name) {
            Some(id) => crate::store::leads::by_external(tx, &id, client.as_deref()).await?,
            None => Vec::new(),
        };
        let its = leads.iter().filter(|(number, _, of)| {
            Some(number) == ends.e164.as_ref() && client.as_ref().is_none_or(|client| client == of)
        });
        let mut by_number: Vec<String> = its.map(|(_, lead, _)| lead.clone()).collect();
        by_number.dedup();
        all.push(Belongs {
            person,
            client,
            lead: match_lead(&by_header, &by_number),
        });
    }
    Ok(all)
}

/// What the PBX or the telemarketer's keys said of the call: a disposition, or a claim on its lead.
/// A claim that is in the queue already stays as it is.
async fn take_word(
    tx: &mut Tx,
    id: &str,
    call: &SealedCall,
    b: &Belongs,
    now: WallTime,
) -> Result<()> {
    let header = call
        .facts
        .headers
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(disposition::HEADER))
        .map(|(_, v)| v.reveal().as_str());
    let keys: String = call
        .lanes
        .first()
        .map(|l| l.stats.dtmf.iter().map(|d| d.key).collect())
        .unwrap_or_default();
    let said = disposition::said(header, &keys);
    if let Some(kind) = said.disposition {
        set_disposition(
            tx,
            id,
            &Disposition {
                kind,
                appointment_at: None,
                appointment_with: None,
            },
            now,
        )
        .await?;
    }
    let (LeadMatch::Header(lead) | LeadMatch::Number(lead), Some(person), true) =
        (&b.lead, &b.person, said.claimed && call.recording.is_some())
    else {
        return Ok(());
    };
    if claims::undecided(tx, lead, person).await? {
        return Ok(());
    }
    let Some(found) = crate::store::leads::by_id(tx, lead).await? else {
        return Ok(());
    };
    let calls = [id.to_owned()];
    let claim = claims::NewClaim {
        lead,
        campaign: &found.campaign_id,
        person,
        calls: &calls,
        write_up: "",
        own_answers: "{}",
    };
    let claim = claims::add(tx, &claim, now).await?;
    let detail = serde_json::json!({ "calls": calls, "by": "phone" });
    log::append(
        tx,
        log::Entry {
            at: now,
            actor: person,
            action: "claim.made",
            subject: &format!("claim:{claim}"),
            detail,
        },
    )
    .await
}

/// Gives the ids of those that were not there yet.
async fn insert_rows(
    tx: &mut Tx,
    sealed: &[SealedCall],
    ends: &[Ends],
    belongs: &[Belongs],
    now: WallTime,
) -> Result<BTreeSet<String>> {
    struct Row<'a> {
        f: &'a CallFacts,
        ends: &'a Ends,
        b: &'a Belongs,
        lead: Option<(&'a String, &'static str)>,
        words: [Option<String>; 3],
        facts: String,
    }
    let mut rows = Vec::with_capacity(sealed.len());
    for ((SealedCall { facts: f, .. }, ends), b) in sealed.iter().zip(ends).zip(belongs) {
        let lead = match &b.lead {
            LeadMatch::Header(lead) => Some((lead, "header")),
            LeadMatch::Number(lead) => Some((lead, "number")),
            _ => None,
        };
        let words = [
            Some(word(&f.outcome)?),
            f.ended_by.as_ref().map(word).transpose()?,
            f.direction.as_ref().map(word).transpose()?,
        ];
        rows.push(Row {
            f,
            ends,
            b,
            lead,
            words,
            facts: serde_json::to_string(&f.without_keys())?,
        });
    }
    let micros = |at: Option<WallTime>| at.map(WallTime::micros);
    let new = insert!(
        tx,
        (String,),
        "INSERT INTO calls (id, started_at, ringing_at, answered_at, ended_at, outcome, \
         sip_status, ended_by, direction, recovered, line, person_id, client_id, prospect_number, \
         prospect_e164, prospect_name,
           lead_id, lead_by, facts, sealed_at) ",
        &rows,
        |row| [
            row.f.id.to_string(),
            row.f.started_at.micros(),
            micros(row.f.ringing_at),
            micros(row.f.answered_at),
            micros(row.f.ended_at),
            &row.words[0],
            row.f.sip_status.map(i64::from),
            &row.words[1],
            &row.words[2],
            i64::from(row.f.recovered),
            &row.ends.line,
            &row.b.person,
            &row.b.client,
            &row.ends.prospect,
            &row.ends.e164,
            &row.ends.name,
            row.lead.map(|l| l.0),
            row.lead.map(|l| l.1),
            &row.facts,
            now.micros(),
        ],
        " ON CONFLICT (id) DO NOTHING RETURNING id"
    )?;
    Ok(new.into_iter().map(|(id,)| id).collect())
}

/// Recordings with something that could not be heard, and what was kept of it: call, kept object,
/// and whether a verdict rests on the recording as it is.
pub async fn unheard(tx: &mut Tx) -> Result<Vec<(String, String, bool)>> {
    let rows = all!(
        tx,
        (String, String, i64),
        "SELECT r.call_id, r.raw, (SELECT COUNT(*) FROM claim_calls cc JOIN verdicts v ON \
         v.claim_id = cc.claim_id WHERE cc.call_id = r.call_id AND v.state <> 'taken_back') FROM \
         recordings r
         WHERE r.raw IS NOT NULL AND EXISTS (SELECT 1 FROM gaps g WHERE g.call_id = r.call_id AND \
         g.reason IN ('unsupported_codec', 'decoder_failed', 'encrypted')) ORDER BY r.call_id"
    )?;
    Ok(rows
        .into_iter()
        .map(|(call, raw, verdicts)| (call, raw, verdicts > 0))
        .collect())
}

/// Puts a recording that was made anew in the place of the one that could not be heard; gives that
/// one.
///
/// # Errors
/// When a verdict rests on the old one: it stays (PRODUCT I4).
pub async fn replace_recording(
    tx: &mut Tx,
    call: &SealedCall,
    now: WallTime,
) -> Result<Option<StoredRecording>> {
    let id = call.facts.id.to_string();
    if unheard(tx)
        .await?
        .iter()
        .any(|(known, _, judged)| *known == id && *judged)
    {
        return Err(StoreError::Value(
            "a verdict rests on this recording".to_owned(),
        ));
    }
    let before = recording(tx, &id).await?;
    // What the spool or the rules withheld is missing now as it was then.
    run!(
        tx,
        "DELETE FROM gaps WHERE call_id = $1 AND reason NOT IN ('disk', 'overload', 'paused', \
         'policy')",
        &id
    )?;
    run!(tx, "DELETE FROM lanes WHERE call_id = $1", &id)?;
    run!(tx, "DELETE FROM recordings WHERE call_id = $1", &id)?;
    insert_recordings(tx, &[(&id, call)]).await?;
    let detail = serde_json::json!({ "recording_sha256": call.recording.as_ref().map(|r| r.sha256.clone()), "instead_of": before.as_ref().map(|r| &r.sha256), "gaps": call.gaps.len() });
    log::append(
        tx,
        log::Entry {
            at: now,
            actor: "system",
            action: "call.sealed_again",
            subject: &format!("call:{id}"),
            detail,
        },
    )
    .await?;
    Ok(before)
}

async fn insert_recordings(tx: &mut Tx, calls: &[(&str, &SealedCall)]) -> Result<()> {
    let mut gaps = Vec::new();
    let mut lanes = Vec::new();
    for (id, call) in calls {
        for gap in &call.gaps {
            gaps.push((
                *id,
                i64::from(gap.lane),
                gap.from_ms as i64,
                gap.to_ms as i64,
                word(&gap.reason)?,
            ));
        }
        for (number, lane) in call
            .lanes
            .iter()
            .enumerate()
            .filter(|_| call.recording.is_some())
        {
            lanes.push((
                *id,
                number as i64,
                word(&lane.side)?,
                serde_json::to_string(&lane.stats)?,
                serde_json::to_string(&lane.speech)?,
            ));
        }
    }
    for gaps in gaps.chunks(ROWS_AT_A_TIME) {
        insert!(
            tx,
            (),
            "INSERT INTO gaps (call_id, lane, from_ms, to_ms, reason) ",
            gaps,
            |gap| [gap.0, gap.1, gap.2, gap.3, &gap.4],
            ""
        )?;
    }
    let recordings: Vec<(&str, &Recording)> = calls
        .iter()
        .filter_map(|(id, call)| Some((*id, call.recording.as_ref()?)))
        .collect();
    for recordings in recordings.chunks(ROWS_AT_A_TIME) {
        insert!(
            tx,
            (),
            "INSERT INTO recordings (call_id, path, peaks, raw, format, sample_rate, duration_ms, \
             starts_at, sha256, bytes, cipher, key_id) ",
            recordings,
            |r| [
                r.0,
                &r.1.path,
                &r.1.peaks,
                &r.1.raw,
                r.1.format.name(),
                i64::from(r.1.sample_rate.0),
                r.1.duration_ms as i64,
                r.1.starts_at.micros(),
                &r.1.sha256,
                r.1.bytes as i64,
                i64::from(r.1.key.is_some()),
                &r.1.key,
            ],
            ""
        )?;
    }
    for lanes in lanes.chunks(ROWS_AT_A_TIME) {
        insert!(
            tx,
            (),
            "INSERT INTO lanes (call_id, lane, side, stats, speech) ",
            lanes,
            |lane| [lane.0, lane.1, &lane.2, &lane.3, &lane.4],
            ""
        )?;
    }
    Ok(())
}

/// An enum's name as JSON and the schema's CHECKs spell it.
fn word<T: Serialize>(value: &T) -> Result<String> {
    match serde_json::to_value(value)? {
        serde_json::Value::String(word) => Ok(word),
        other => Err(StoreError::Value(format!("{other} is no word"))),
    }
}

pub async fn by_id(tx: &mut Tx, id: &str) -> Result<Option<Call>> {
    Ok(one!(
        tx,
        Call,
        sqlx::AssertSqlSafe(format!("{CALL} WHERE c.id = $1")),
        id
    )?)
}

/// A telemarketer's own calls, newest first, before a moment.
pub async fn of_person(
    tx: &mut Tx,
    person: &str,
    before: WallTime,
    limit: i64,
) -> Result<Vec<Call>> {
    let sql = format!(
        "{CALL} WHERE c.person_id = $1 AND c.started_at < $2 ORDER BY c.started_at DESC LIMIT $3"
    );
    Ok(all!(
        tx,
        Call,
        sqlx::AssertSqlSafe(sql),
        person,
        before.micros(),
        limit
    )?)
}

/// Calls of the clients that a person may see, newest first, before a moment.
pub async fn of_clients(
    tx: &mut Tx,
    person: &str,
    before: WallTime,
    limit: i64,
) -> Result<Vec<Call>> {
    let sql = format!(
        "{CALL} JOIN person_clients pc ON pc.client_id = c.client_id AND pc.person_id = $1 WHERE \
         c.started_at < $2 ORDER BY c.started_at DESC LIMIT $3"
    );
    Ok(all!(
        tx,
        Call,
        sqlx::AssertSqlSafe(sql),
        person,
        before.micros(),
        limit
    )?)
}

pub async fn of_lead(tx: &mut Tx, lead: &str) -> Result<Vec<Call>> {
    Ok(all!(
        tx,
        Call,
        sqlx::AssertSqlSafe(format!("{CALL} WHERE c.lead_id = $1 ORDER BY c.started_at")),
        lead
    )?)
}

pub async fn of_claim(tx: &mut Tx, claim: &str) -> Result<Vec<Call>> {
    let sql = format!(
        "{CALL} JOIN claim_calls cc ON cc.call_id = c.id WHERE cc.claim_id = $1 ORDER BY \
         c.started_at"
    );
    Ok(all!(tx, Call, sqlx::AssertSqlSafe(sql), claim)?)
}

/// Leads that a call could belong to, where that is not decided: (id, company, campaign).
pub async fn candidates(tx: &mut Tx, call: &str) -> Result<Vec<(String, String, String)>> {
    Ok(all!(
        tx,
        (String, String, String),
        "SELECT l.id, l.company, k.name FROM call_lead_candidates c JOIN leads l ON l.id = \
         c.lead_id JOIN campaigns k ON k.id = l.campaign_id WHERE c.call_id = $1 ORDER BY \
         l.company",
        call
    )?)
}

pub async fn recording(tx: &mut Tx, call: &str) -> Result<Option<StoredRecording>> {
    Ok(one!(
        tx,
        StoredRecording,
        "SELECT call_id, path, peaks, raw, format, sample_rate, duration_ms, starts_at, sha256, \
         bytes FROM recordings WHERE call_id = $1",
        call
    )?)
}

/// A lane's side, statistics and speech map, as JSON.
pub async fn lanes(tx: &mut Tx, call: &str) -> Result<Vec<(i64, String, String, String)>> {
    Ok(all!(
        tx,
        (i64, String, String, String),
        "SELECT lane, side, stats, speech FROM lanes WHERE call_id = $1 ORDER BY lane",
        call
    )?)
}

/// Gaps as (lane, from_ms, to_ms, reason).
pub async fn gaps(tx: &mut Tx, call: &str) -> Result<Vec<(i64, i64, i64, String)>> {
    Ok(all!(
        tx,
        (i64, i64, i64, String),
        "SELECT lane, from_ms, to_ms, reason FROM gaps WHERE call_id = $1 ORDER BY from_ms, lane",
        call
    )?)
}

/// The facts that the recorder gathered, holds among them.
pub async fn facts(tx: &mut Tx, call: &str) -> Result<Option<CallFacts>> {
    let row = one!(tx, (String,), "SELECT facts FROM calls WHERE id = $1", call)?;
    row.map(|(text,)| Ok(serde_json::from_str(&text)?))
        .transpose()
}

/// Whether a person may hear a call through a claim that they have taken or judged.
pub async fn heard_through_review(tx: &mut Tx, call: &str, reviewer: &str) -> Result<bool> {
    Ok(one!(
        tx,
        (i64,),
        "SELECT CAST(1 AS BIGINT) FROM claim_calls cc JOIN claims c ON c.id = cc.claim_id WHERE \
         cc.call_id = $1 AND (c.locked_by = $2 OR EXISTS (SELECT 1 FROM verdicts v WHERE \
         v.claim_id = c.id AND v.reviewer_id = $2))
         UNION SELECT CAST(1 AS BIGINT) FROM look_calls lc JOIN looks o ON o.id = lc.look_id \
         WHERE lc.call_id = $1 AND (o.locked_by = $2 OR o.reviewer_id = $2) LIMIT 1",
        call,
        reviewer
    )?
    .is_some())
}

/// The telemarketer's own word on a call (PRODUCT L6).
#[derive(Debug, Clone)]
pub struct Disposition<'a> {
    pub kind: &'a str,
    pub appointment_at: Option<WallTime>,
    pub appointment_with: Option<&'a str>,
}

pub async fn set_disposition(
    tx: &mut Tx,
    call: &str,
    d: &Disposition<'_>,
    now: WallTime,
) -> Result<()> {
    let rows = run!(
        tx,
        "UPDATE calls SET disposition = $2, disposition_at = $3, appointment_at = $4, \
         appointment_with = $5 WHERE id = $1",
        call,
        d.kind,
        now.micros(),
        d.appointment_at.map(WallTime::micros),
        d.appointment_with
    )?;
    crate::store::changed_one(rows, "there is no such call")
}

/// Settles which lead a call belongs to.
pub async fn set_lead(tx: &mut Tx, call: &str, lead: &str) -> Result<()> {
    let rows = run!(
        tx,
        "UPDATE calls SET lead_id = $2, lead_by = 'choice' WHERE id = $1",
        call,
        lead
    )?;
    crate::store::changed_one(rows, "there is no such call")
}

/// Every recording, for the check of files against rows.
pub async fn all_recordings(tx: &mut Tx) -> Result<Vec<StoredRecording>> {
    Ok(all!(
        tx,
        StoredRecording,
        "SELECT call_id, path, peaks, raw, format, sample_rate, duration_ms, starts_at, sha256, \
         bytes FROM recordings ORDER BY starts_at"
    )?)
}
