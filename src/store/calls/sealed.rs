//! Taking in what the recorder has sealed: calls, recordings, lanes and gaps, and what was said of
//! them on the phone.

use crate::archive::{Recording, SealedCall};
use crate::call::{CallFacts, Direction, Side};
use crate::identity::Role;
use crate::leads::ClaimedBy;
use crate::leads::disposition::{self, HEADER};
use crate::leads::{FoundBy, LEAD_HEADERS, LeadMatch, Numbers, match_lead, vicidial_lead};
use crate::store::calls::{NewDisposition, StoredRecording, recording, set_disposition};
use crate::store::events::{Event, Topic};
use crate::store::outbox::{self, Of};
use crate::store::report::aggregate;
use crate::store::review::claiming::{self, NewClaim, Obstacle, Wanted};
use crate::store::{
    Actor, Flag, ROWS_AT_A_TIME, Result, StoreError, Tx, all, all_in, insert, leads, log, one,
    people, run,
};
use crate::units::{CallId, ClientId, LeadId, PersonId, WallTime};
use crate::webhook::Subject;
use serde_json::json;
use sqlx::FromRow;
use std::collections::BTreeSet;

/// Who made a call and on whose behalf, and which lead it belongs to.
struct Belongs {
    person: Option<PersonId>,
    client: Option<ClientId>,
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
    let ends: Vec<Ends> = sealed
        .iter()
        .map(|call| Ends::of(&call.facts, numbers))
        .collect();
    let belongs = belongs(tx, sealed, &ends).await?;
    let mut new = insert_rows(tx, sealed, &ends, &belongs, now).await?;
    let taken: Vec<(CallId, &SealedCall, &Belongs)> = sealed
        .iter()
        .zip(&belongs)
        .map(|(call, b)| (CallId::from(call.facts.id.to_string()), call, b))
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
            .map(|(id, call, _)| (id, *call))
            .collect::<Vec<_>>(),
    )
    .await?;
    let entries = taken.iter().map(|(id, call, _)| log::Entry {
        at: now,
        by: &Actor::System,
        action: "call.sealed",
        subject: format!("call:{id}"),
        detail: json!({
            "recording_sha256": call.recording.as_ref().map(|r| &r.sha256),
            "gaps": call.gaps.len(),
            "recovered": call.facts.recovered,
        }),
    });
    log::append_all(tx, &entries.collect::<Vec<_>>()).await?;
    for (id, call, b) in &taken {
        take_disposition(tx, id, call, b, now).await?;
        if let Some(lead) = b.lead.settled() {
            leads::early::catch_up(tx, (id, lead), call.facts.started_at, now).await?;
        }
    }
    let leads = taken.iter().filter_map(|(_, _, b)| b.lead.settled());
    leads::work::follow(tx, &Actor::System, leads, now).await?;
    put_messages(tx, &taken, now).await?;
    if !taken.is_empty() {
        tx.tell(Event::to_role(Topic::Calls, Role::Telemarketer));
        tx.tell(Event::to_role(Topic::Calls, Role::Manager));
        tell_sales(tx, &taken).await?;
    }
    Ok(taken.len())
}

/// What sales has to do ticks itself off: its own calls, and those within the house.
async fn tell_sales(tx: &mut Tx, taken: &[(CallId, &SealedCall, &Belongs)]) -> Result<()> {
    let internal = |call: &SealedCall| call.facts.direction == Some(Direction::Internal);
    let people: BTreeSet<&PersonId> = taken.iter().filter_map(|t| t.2.person.as_ref()).collect();
    let concerns = taken.iter().any(|(_, call, _)| internal(call))
        || (!people.is_empty()
            && !all_in!(
                tx,
                (PersonId,),
                "SELECT id FROM people WHERE role = 'sales' AND id IN (",
                people,
                ")"
            )?
            .is_empty());
    if concerns {
        tx.tell(Event::to_role(Topic::Handovers, Role::Sales));
    }
    Ok(())
}

/// Tells the outside of calls that somebody of a client made: no numbers, no names, and not by whom
/// where it was promised that nobody is singled out.
async fn put_messages(
    tx: &mut Tx,
    taken: &[(CallId, &SealedCall, &Belongs)],
    now: WallTime,
) -> Result<()> {
    if taken.is_empty() || !outbox::is_wanted(tx, Subject::CallRecorded).await? {
        return Ok(());
    }
    let promised = aggregate::promised(tx).await?;
    for (id, call, b) in taken {
        let Some(client) = &b.client else {
            continue;
        };
        let f = &call.facts;
        let person = b.person.as_ref().filter(|_| !promised.contains(client));
        let lead = b.lead.settled();
        let data = json!({
            "call": id,
            "client": client,
            "person": person,
            "lead": lead,
            "outcome": f.outcome,
            "started_at": f.started_at,
            "answered_at": f.answered_at,
            "ended_at": f.ended_at,
            "recorded": call.recording.is_some(),
        });
        let of = Of::Client(client);
        outbox::put(tx, Subject::CallRecorded, of, &data, now).await?;
    }
    Ok(())
}

/// Whether a call has been stored already.
pub async fn is_sealed(tx: &mut Tx, id: &CallId) -> Result<bool> {
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
    let leads = leads::by_numbers(tx, &e164.into_iter().collect::<Vec<_>>()).await?;
    let mut all = Vec::with_capacity(sealed.len());
    for (SealedCall { facts: f, .. }, ends) in sealed.iter().zip(ends) {
        let owner = lines
            .iter()
            .find(|l| Some(l.value.reveal()) == ends.line.as_ref() && l.is_at(f.started_at));
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
            Some(id) => leads::by_external(tx, &id, client.as_ref()).await?,
            None => Vec::new(),
        };
        let its = leads.iter().filter(|(number, _, of)| {
            Some(number) == ends.e164.as_ref() && client.as_ref().is_none_or(|client| client == of)
        });
        let mut by_number: Vec<LeadId> = its.map(|(_, lead, _)| lead.clone()).collect();
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
async fn take_disposition(
    tx: &mut Tx,
    id: &CallId,
    call: &SealedCall,
    b: &Belongs,
    now: WallTime,
) -> Result<()> {
    let header = call
        .facts
        .headers
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(HEADER))
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
            &b.person.as_ref().map_or(Actor::System, Actor::from),
            id,
            &NewDisposition {
                kind,
                appointment_at: None,
                appointment_with: None,
            },
            now,
        )
        .await?;
    }
    let claimed = said.claimed.filter(|_| call.recording.is_some());
    let (LeadMatch::Header(lead) | LeadMatch::Number(lead), Some(person), Some(by)) =
        (&b.lead, &b.person, claimed)
    else {
        return Ok(());
    };
    match said_claim(tx, id, lead, (person, by), now).await? {
        Said::Stands => Ok(()),
        Said::Obstacle(why) => claiming::note_not_made(tx, person, id, &why.to_string(), now).await,
    }
}

/// What came of a claim that was said outside the page.
enum Said {
    Stands,
    Obstacle(Obstacle),
}

/// Claims a call's lead for whoever was on its line.
async fn said_claim(
    tx: &mut Tx,
    id: &CallId,
    lead: &LeadId,
    (person, by): (&PersonId, ClaimedBy),
    now: WallTime,
) -> Result<Said> {
    let Some(found) = leads::by_id(tx, lead).await? else {
        return Ok(Said::Stands);
    };
    let claim = NewClaim {
        lead,
        campaign: &found.campaign_id,
        person,
        calls: std::slice::from_ref(id),
        write_up: "",
        own_answers: "{}",
        by,
    };
    let wanted = Wanted {
        lead,
        campaign: claim.campaign,
        person,
        calls: claim.calls,
        but: None,
    };
    match claiming::obstacle(tx, &wanted, now).await? {
        None => {
            claiming::add(tx, &claim, now).await?;
            Ok(Said::Stands)
        }
        // Said again in a second call: the claim stands already.
        Some(Obstacle::InQueue(_)) => Ok(Said::Stands),
        Some(why) => Ok(Said::Obstacle(why)),
    }
}

/// The phone system says that the telemarketer on a call's line claims its lead. Said again, it is
/// the same claim.
///
/// # Errors
/// [`StoreError::Refused`] for a call without a lead, a person or a sound, and with what stands in
/// the claim's way.
pub async fn claim_by_machine(tx: &mut Tx, by: &Actor, call: &CallId, now: WallTime) -> Result<()> {
    let found = one!(
        tx,
        (Option<LeadId>, Option<PersonId>, i64),
        "SELECT c.lead_id, c.person_id, (SELECT COUNT(*) FROM recordings r WHERE r.call_id = c.id) \
         FROM calls c WHERE c.id = $1",
        call
    )?;
    let Some((Some(lead), Some(person), 1..)) = found else {
        return Err(StoreError::Refused(
            "this call has no lead, belongs to nobody's line, or was not recorded: the \
             telemarketer claims it on the page once that is settled"
                .to_owned(),
        ));
    };
    if let Said::Obstacle(why) =
        said_claim(tx, call, &lead, (&person, ClaimedBy::Machine), now).await?
    {
        return Err(StoreError::Refused(why.to_string()));
    }
    let detail = json!({ "person": person });
    log::append(
        tx,
        by,
        "call.claim_said",
        format!("call:{call}"),
        detail,
        now,
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
) -> Result<BTreeSet<CallId>> {
    struct Row<'a> {
        f: &'a CallFacts,
        ends: &'a Ends,
        b: &'a Belongs,
        lead: Option<(&'a LeadId, FoundBy)>,
        facts: String,
    }
    let mut rows = Vec::with_capacity(sealed.len());
    for ((SealedCall { facts: f, .. }, ends), b) in sealed.iter().zip(ends).zip(belongs) {
        let lead = match &b.lead {
            LeadMatch::Header(lead) => Some((lead, FoundBy::Header)),
            LeadMatch::Number(lead) => Some((lead, FoundBy::Number)),
            _ => None,
        };
        rows.push(Row {
            f,
            ends,
            b,
            lead,
            facts: serde_json::to_string(&f.without_keys())?,
        });
    }
    let new = insert!(
        tx,
        (CallId,),
        "INSERT INTO calls (id, started_at, ringing_at, answered_at, ended_at, outcome, \
         sip_status, ended_by, direction, recovered, line, person_id, client_id, prospect_number, \
         prospect_e164, prospect_name,
           lead_id, lead_by, facts, sealed_at) ",
        &rows,
        |row| [
            row.f.id.to_string(),
            row.f.started_at,
            row.f.ringing_at,
            row.f.answered_at,
            row.f.ended_at,
            row.f.outcome,
            row.f.sip_status.map(i64::from),
            row.f.ended_by,
            row.f.direction,
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
            now,
        ],
        " ON CONFLICT (id) DO NOTHING RETURNING id"
    )?;
    Ok(new.into_iter().map(|(id,)| id).collect())
}

/// A recording with something that could not be heard.
#[derive(Debug, Clone, FromRow, PartialEq, Eq)]
pub struct Unheard {
    pub call_id: CallId,
    /// The object that holds what could not be decoded.
    pub raw: String,
    /// A verdict rests on the recording as it is.
    #[sqlx(try_from = "Flag")]
    pub judged: bool,
}

/// Recordings with something that could not be heard.
pub async fn unheard(tx: &mut Tx) -> Result<Vec<Unheard>> {
    Ok(all!(
        tx,
        Unheard,
        "SELECT r.call_id, r.raw, (SELECT COUNT(*) FROM claim_calls cc JOIN verdicts v ON \
         v.claim_id = cc.claim_id WHERE cc.call_id = r.call_id AND v.state <> 'taken_back') AS \
         judged FROM recordings r
         WHERE r.raw IS NOT NULL AND EXISTS (SELECT 1 FROM gaps g WHERE g.call_id = r.call_id AND \
         g.reason IN ('unsupported_codec', 'decoder_failed', 'encrypted')) ORDER BY r.call_id"
    )?)
}

/// Puts a recording that was made anew in the place of the one that could not be heard; gives that
/// one.
///
/// # Errors
/// [`StoreError::Refused`] when a verdict rests on the old one: it stays (PRODUCT I4).
pub async fn replace_recording(
    tx: &mut Tx,
    by: &Actor,
    call: &SealedCall,
    now: WallTime,
) -> Result<Option<StoredRecording>> {
    let id = CallId::from(call.facts.id.to_string());
    if unheard(tx)
        .await?
        .iter()
        .any(|u| u.call_id == id && u.judged)
    {
        return Err(StoreError::Refused(
            "a verdict rests on this recording".to_owned(),
        ));
    }
    let before = recording(tx, &id).await?;
    // What the spool or the rules withheld is missing now as it was then.
    run!(
        tx,
        "DELETE FROM gaps WHERE call_id = $1 AND reason NOT IN ('disk', 'overload', \
         'damaged', 'paused', 'policy')",
        &id
    )?;
    run!(tx, "DELETE FROM lanes WHERE call_id = $1", &id)?;
    run!(tx, "DELETE FROM recordings WHERE call_id = $1", &id)?;
    insert_recordings(tx, &[(&id, call)]).await?;
    let detail = json!({
        "recording_sha256": call.recording.as_ref().map(|r| &r.sha256),
        "instead_of": before.as_ref().map(|r| &r.sha256),
        "gaps": call.gaps.len(),
    });
    let subject = format!("call:{id}");
    log::append(tx, by, "call.sealed_again", subject, detail, now).await?;
    Ok(before)
}

async fn insert_recordings(tx: &mut Tx, calls: &[(&CallId, &SealedCall)]) -> Result<()> {
    let mut gaps = Vec::new();
    let mut lanes = Vec::new();
    for (id, call) in calls {
        for gap in &call.gaps {
            gaps.push((
                *id,
                i64::from(gap.lane),
                gap.from_ms as i64,
                gap.to_ms as i64,
                gap.reason,
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
                lane.side,
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
            |gap| [gap.0, gap.1, gap.2, gap.3, gap.4],
            ""
        )?;
    }
    let recordings: Vec<(&CallId, &Recording)> = calls
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
                r.1.format,
                i64::from(r.1.sample_rate.0),
                r.1.duration_ms as i64,
                r.1.starts_at,
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
            |lane| [lane.0, lane.1, lane.2, &lane.3, &lane.4],
            ""
        )?;
    }
    Ok(())
}
