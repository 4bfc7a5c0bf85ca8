//! The line of leads on their way into a client's CRM.
//!
//! # Invariants
//! - A lead waits when it was handed over and no row says so, or when its fields are another than
//!   those that were tried last, by the mapping of then: another mapping alone sends nothing. One
//!   that waits is sent as it is then, by the mapping that holds.
//! - Who sends has the CRM's lease, and writes the outcome only while it is still theirs: two
//!   processes never send to one CRM at a time, and a crash holds a line up until its lease ends.
//! - No transaction is open while a lead is on its way. What was sent and not marked is sent again,
//!   and finds its record (`handover::push`).
//! - A CRM that takes nothing is asked less and less often, whatever waits; a lead that alone is
//!   refused waits by itself and holds up no other. Leads that were tried less often come first:
//!   one at which a CRM fails (a record that its user may not change) is not all that it is asked.

use crate::handover::SendState;
use crate::handover::mapping::{CrmKind, Mapping};
use crate::handover::push::{Came, Credential, Fields};
use crate::identity::Role;
use crate::pii::Pii;
use crate::store::events::{Event, Topic};
use crate::store::handover::crm::{self, Handed};
use crate::store::handover::crms::{self, Crm};
use crate::store::handover::mappings::{self, Mappings};
use crate::store::webhook::receivers::tell;
use crate::store::{
    Actor, Result, StoreError, Tx, all, all_in, changed_one, log, new_id, one, run,
};
use crate::units::{ClaimId, ClientId, CrmId, Micros, WallTime};
use crate::webhook::Master;
use crate::webhook::schedule::{self, Next, WINDOW};
use serde_json::json;
use sqlx::FromRow;
use std::collections::BTreeMap;

/// How long a sender has a CRM to itself: a conversation is three requests at most, of ten seconds.
pub const LEASE: Micros = Micros::from_secs(60);

/// A place among a client's leads, by when they were handed over.
pub type Place = (WallTime, ClaimId);

/// What was found behind a place.
#[derive(Debug, Clone, Default)]
pub struct Stale {
    /// Leads that should wait and do not.
    pub claims: Vec<ClaimId>,
    /// The last that was looked at; none: there was none.
    pub last: Option<Place>,
}

/// Leads of a CRM that should wait and do not, of those handed over after a place: at most `limit`
/// are looked at.
///
/// # Errors
/// When the database fails, or a row's JSON is none.
pub async fn stale(tx: &mut Tx, crm: &Crm, after: &Place, limit: i64) -> Result<Stale> {
    let after = (after.0, &after.1);
    let handed = crm::handed_since(tx, &crm.client_id, after, limit).await?;
    let last = handed.last().map(|h| (h.handed_at, h.claim_id.clone()));
    if last.is_none() {
        return Ok(Stale::default());
    }
    let rows = all_in!(
        tx,
        (CrmId, ClaimId, SendState, Option<Pii<String>>, i64),
        "SELECT s.crm_id, s.claim_id, s.state, s.tried, s.tried_version FROM crm_sends s WHERE s.claim_id IN (",
        handed.iter().map(|h| &h.claim_id),
        ")"
    )?;
    let own = rows.into_iter().filter(|r| r.0 == crm.id);
    let known: BTreeMap<ClaimId, _> = own.map(|r| (r.1, (r.2, r.3, r.4))).collect();
    let mappings = mappings::of(tx, &crm.client_id, crm.kind).await?;
    let mut claims = Vec::new();
    for h in handed {
        let waits = match known.get(&h.claim_id) {
            None => true,
            Some((SendState::Waiting, ..)) => false,
            Some((_, tried, version)) => {
                let as_then = h.fields(crm.kind, mappings.at(*version));
                read(tried.as_ref())? != Some(as_then)
            }
        };
        if waits {
            claims.push(h.claim_id);
        }
    }
    Ok(Stale { claims, last })
}

fn read(fields: Option<&Pii<String>>) -> Result<Option<Fields>> {
    let read = fields.map(|text| serde_json::from_str(text.reveal()));
    Ok(read.transpose()?)
}

/// Leads wait for a CRM from now on; those that do already wait as before.
///
/// # Errors
/// When the database fails.
pub async fn wait(tx: &mut Tx, crm: &CrmId, claims: &[ClaimId], now: WallTime) -> Result<()> {
    for claim in claims {
        run!(
            tx,
            "INSERT INTO crm_sends (crm_id, claim_id, state, since, next_attempt_at) VALUES ($1, \
             $2, 'waiting', $3, $3) ON CONFLICT (crm_id, claim_id) DO UPDATE SET state = \
             'waiting', since = $3, next_attempt_at = $3, attempts = 0 WHERE crm_sends.state <> \
             'waiting'",
            crm,
            claim,
            now
        )?;
    }
    Ok(())
}

/// CRMs to which something may be sent now.
///
/// # Errors
/// When the database fails.
pub async fn due(tx: &mut Tx, now: WallTime) -> Result<Vec<CrmId>> {
    let rows = all!(
        tx,
        (CrmId,),
        "SELECT c.id FROM crms c WHERE c.replaced_at IS NULL AND c.off_at IS NULL AND \
         c.next_attempt_at <= $1 AND (c.lease_until IS NULL OR c.lease_until <= $1) AND EXISTS \
         (SELECT 1 FROM crm_sends s WHERE s.crm_id = c.id AND s.state = 'waiting' AND \
         s.next_attempt_at <= $1) ORDER BY c.failures, c.id",
        now
    )?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// A lead that its sender has the lease for.
#[derive(Debug, Clone)]
pub struct Taken {
    pub crm: CrmId,
    pub client: ClientId,
    pub kind: CrmKind,
    pub url: String,
    pub credential: Credential,
    /// As it is now.
    pub mapping: Mapping,
    pub claim: ClaimId,
    /// As they are now.
    pub fields: Pii<Fields>,
    /// As the CRM has taken them last; none: all are to be written.
    pub written: Option<Pii<Fields>>,
    pub record: Option<String>,
    /// The number of the mapping.
    version: i64,
    /// Names this lease.
    lease: String,
    since: WallTime,
    attempts: i64,
    failures: i64,
}

/// What an attempt came to.
#[derive(Debug, Clone)]
pub struct Tried {
    pub came: Came,
    /// What the CRM asks for before the next attempt.
    pub asked: Option<Micros>,
    /// The HTTP status of the last answer; none: there was none.
    pub status: Option<u16>,
    /// Its first 300 characters.
    pub answer: Option<Pii<String>>,
}

#[derive(FromRow)]
struct Head {
    claim_id: ClaimId,
    since: WallTime,
    attempts: i64,
    written: Option<Pii<String>>,
    written_version: i64,
    record: Option<String>,
    /// 0: not yet, or all of it is to be sent again.
    was_tried: i64,
}

/// Takes the first lead that waits for a CRM, with the CRM's lease; none where nothing is due, or
/// somebody else has it.
///
/// # Errors
/// When the database fails; [`StoreError::Conflict`] when the key file is another one.
pub async fn take(
    tx: &mut Tx,
    id: &CrmId,
    master: &Master,
    now: WallTime,
) -> Result<Option<Taken>> {
    let lease: String = new_id();
    let rows = run!(
        tx,
        "UPDATE crms SET lease = $2, lease_until = $3 WHERE id = $1 AND replaced_at IS NULL AND \
         off_at IS NULL AND next_attempt_at <= $4 AND (lease_until IS NULL OR lease_until <= $4)",
        id,
        &lease,
        now + LEASE,
        now
    )?;
    // The caller drops the transaction, and the lease with it.
    let Some(crm) = crms::by_id(tx, id).await?.filter(|_| rows == 1) else {
        return Ok(None);
    };
    let head = one!(
        tx,
        Head,
        "SELECT s.claim_id, s.since, s.attempts, s.written, s.written_version, s.record, CASE WHEN s.tried \
         IS NULL THEN CAST(0 AS BIGINT) ELSE CAST(1 AS BIGINT) END AS was_tried FROM crm_sends s JOIN \
         handovers h ON h.claim_id = s.claim_id WHERE s.crm_id = $1 AND s.state = 'waiting' AND \
         s.next_attempt_at <= $2 ORDER BY s.attempts, s.since, h.handed_at, s.claim_id LIMIT 1",
        id,
        now
    )?;
    let Some(head) = head else {
        return Ok(None);
    };
    let handed = crm::handed_over(tx, &head.claim_id).await?;
    let handed = handed.ok_or_else(|| StoreError::gone("the hand-over", &head.claim_id))?;
    let mappings = mappings::of(tx, &crm.client_id, crm.kind).await?;
    let credential = crm.credential(master)?;
    let lead = (head, handed);
    Ok(Some(taken(crm, lead, &mappings, credential, lease)?))
}

fn taken(
    crm: Crm,
    (head, handed): (Head, Handed),
    mappings: &Mappings,
    credential: Credential,
    lease: String,
) -> Result<Taken> {
    // Who does not know the record writes all of it; a plain receiver need not name one.
    let is_known = head.record.is_some() || crm.kind == CrmKind::Plain && head.was_tried != 0;
    let written = read(head.written.filter(|_| is_known).as_ref())?;
    let before = mappings.at(head.written_version);
    let written = written.map(|w| carried(w, crm.kind, (before, mappings.current()), &handed));
    Ok(Taken {
        credential,
        mapping: mappings.current().clone(),
        version: mappings.version(),
        crm: crm.id,
        client: crm.client_id,
        url: crm.url,
        failures: crm.failures,
        fields: handed.fields(crm.kind, mappings.current()).into(),
        kind: crm.kind,
        claim: head.claim_id,
        written: written.map(Pii::new),
        record: head.record,
        lease,
        since: head.since,
        attempts: head.attempts,
    })
}

/// What was written, as the mapping that holds would have written it: where a field of ours kept
/// its name there and has nothing new to say, another word for the same is no change.
fn carried(
    mut written: Fields,
    kind: CrmKind,
    (before, now): (&Mapping, &Mapping),
    handed: &Handed,
) -> Fields {
    let (as_then, as_now) = (handed.fields(kind, before), handed.fields(kind, now));
    for (name, value) in &mut written {
        let same = before.field(name) == now.field(name) && as_then.get(name) == Some(value);
        if let Some(word) = as_now.get(name).filter(|_| same) {
            value.clone_from(word);
        }
    }
    written
}

/// What becomes of a lead and of its CRM.
struct Outcome {
    state: SendState,
    /// When this lead may be tried again.
    lead_at: WallTime,
    /// Attempts in a row in which the CRM took nothing.
    failures: i64,
    crm_at: WallTime,
    error: Option<String>,
}

fn outcome(taken: &Taken, tried: &Tried, chance: f64, now: WallTime) -> Outcome {
    let one_more = |n: i64| u32::try_from(n.saturating_add(1)).unwrap_or(u32::MAX);
    let next = |n| schedule::next(n, taken.since, tried.asked, chance, now);
    let stands = |next: Next| match next {
        Next::Again(at) => (SendState::Waiting, at),
        Next::GiveUp => (SendState::GivenUp, now),
    };
    let ((state, at), error) = match &tried.came {
        Came::Written(_) | Came::Same => ((SendState::Sent, now), None),
        Came::Down(why) => (stands(next(one_more(taken.failures))), Some(why)),
        Came::Refused(why) => (stands(next(one_more(taken.attempts))), Some(why)),
        Came::Never(why) => ((SendState::GivenUp, now), Some(why)),
    };
    let is_down = matches!(tried.came, Came::Down(_));
    Outcome {
        state,
        lead_at: at,
        failures: if is_down {
            taken.failures.saturating_add(1)
        } else {
            0
        },
        crm_at: if is_down { at } else { now },
        error: error.cloned(),
    }
}

/// Writes down what an attempt came to, and gives the lease back.
///
/// # Errors
/// [`StoreError::Conflict`] when the lease has ended and is somebody else's: nothing is written,
/// and the lead is sent again.
pub async fn finish(
    tx: &mut Tx,
    taken: &Taken,
    tried: &Tried,
    chance: f64,
    now: WallTime,
) -> Result<()> {
    let outcome = outcome(taken, tried, chance, now);
    give_back(tx, taken, tried, &outcome, now).await?;
    match tried.came {
        Came::Same => leave(tx, taken, now).await?,
        _ => write_down(tx, taken, tried, &outcome, now).await?,
    }
    if outcome.state == SendState::GivenUp {
        give_up(tx, taken, &outcome, now).await?;
    }
    // A page need not be told of every lead of a long line.
    let news = outcome.failures != taken.failures || outcome.state == SendState::GivenUp;
    if news || standing(tx, &taken.crm).await?.waiting == 0 {
        tell(tx);
    }
    tx.tell(Event::to_role(Topic::Handovers, Role::Sales));
    tx.tell(Event::to_role(Topic::Handovers, Role::Manager));
    Ok(())
}

async fn give_back(
    tx: &mut Tx,
    taken: &Taken,
    tried: &Tried,
    outcome: &Outcome,
    now: WallTime,
) -> Result<()> {
    let worked = matches!(tried.came, Came::Written(_)).then_some(now);
    let error = outcome.error.as_ref().filter(|_| outcome.failures > 0);
    let rows = run!(
        tx,
        "UPDATE crms SET lease = NULL, lease_until = NULL, failures = $3, last_error = $4, \
         next_attempt_at = $5, worked_at = COALESCE($6, worked_at) WHERE id = $1 AND lease = $2",
        &taken.crm,
        &taken.lease,
        outcome.failures,
        error,
        outcome.crm_at,
        worked
    )?;
    changed_one(
        rows,
        "the lease has ended: another process sends to this CRM",
    )
}

async fn write_down(
    tx: &mut Tx,
    taken: &Taken,
    tried: &Tried,
    outcome: &Outcome,
    now: WallTime,
) -> Result<()> {
    let fields = Pii::new(serde_json::to_string(taken.fields.reveal())?);
    let (written, record) = match &tried.came {
        Came::Written(record) => (Some(&fields), record.as_ref()),
        _ => (None, None),
    };
    let rows = run!(
        tx,
        "UPDATE crm_sends SET state = $3, next_attempt_at = $4, attempts = attempts + 1, tried = \
         $5, written = COALESCE($6, written), written_at = COALESCE($7, written_at), record = \
         COALESCE($8, record), last_at = $9, last_status = $10, last_answer = $11, last_error = \
         $12, tried_version = $13, written_version = CASE WHEN $6 IS NULL THEN written_version ELSE \
         $13 END WHERE crm_id = $1 AND claim_id = $2",
        &taken.crm,
        &taken.claim,
        outcome.state,
        outcome.lead_at,
        &fields,
        written,
        written.map(|_| now),
        record,
        now,
        tried.status.map(i64::from),
        &tried.answer,
        &outcome.error,
        taken.version
    )?;
    changed_one(rows, "this lead is not on its way any more")
}

/// The CRM has all of a lead: what it said last still holds.
async fn leave(tx: &mut Tx, taken: &Taken, now: WallTime) -> Result<()> {
    let rows = run!(
        tx,
        "UPDATE crm_sends SET state = 'sent', next_attempt_at = $3, tried = $4, tried_version = \
         $5, last_error = NULL WHERE crm_id = $1 AND claim_id = $2",
        &taken.crm,
        &taken.claim,
        now,
        serde_json::to_string(taken.fields.reveal())?,
        taken.version
    )?;
    changed_one(rows, "this lead is not on its way any more")
}

/// A lead's time is over, or the CRM will not have it. Where the CRM takes nothing, so is that of
/// those that have waited as long.
async fn give_up(tx: &mut Tx, taken: &Taken, outcome: &Outcome, now: WallTime) -> Result<()> {
    let mut leads = 1;
    if outcome.failures > 0 {
        leads += run!(
            tx,
            "UPDATE crm_sends SET state = 'given_up', last_error = COALESCE(last_error, $3) WHERE \
             crm_id = $1 AND state = 'waiting' AND since <= $2",
            &taken.crm,
            now - WINDOW,
            &outcome.error
        )?;
    }
    let detail = json!({ "leads": leads, "crm": taken.crm, "why": outcome.error });
    let subject = format!("claim:{}", taken.claim);
    log::append(tx, &Actor::System, "crm.given_up", subject, detail, now).await
}

/// Sends a lead again, whole: its record is looked for by the claim, and made where it is gone.
///
/// # Errors
/// [`StoreError::Conflict`] when its client has no CRM that is on, or it is on its way.
pub async fn again(tx: &mut Tx, by: &Actor, claim: &ClaimId, now: WallTime) -> Result<()> {
    let found = one!(
        tx,
        (CrmId,),
        "SELECT c.id FROM handovers h JOIN crms c ON c.client_id = h.client_id AND c.replaced_at \
         IS NULL AND c.off_at IS NULL WHERE h.claim_id = $1 AND h.handed_at IS NOT NULL",
        claim
    )?;
    let Some((crm,)) = found else {
        return Err(StoreError::Conflict(
            "this client has no CRM that leads are sent to",
        ));
    };
    wait(tx, &crm, std::slice::from_ref(claim), now).await?;
    let rows = run!(
        tx,
        "UPDATE crm_sends SET record = NULL, tried = NULL, since = $3, next_attempt_at = $3 WHERE crm_id = $1 \
         AND claim_id = $2 AND state = 'waiting'",
        &crm,
        claim,
        now
    )?;
    changed_one(rows, "it is on its way already")?;
    run!(
        tx,
        "UPDATE crms SET next_attempt_at = $2 WHERE id = $1",
        &crm,
        now
    )?;
    let (subject, detail) = (format!("claim:{claim}"), json!({ "crm": crm }));
    log::append(tx, by, "crm.sent_again", subject, detail, now).await?;
    tx.tell(Event::to_role(Topic::Handovers, Role::Sales));
    tx.tell(Event::to_role(Topic::Handovers, Role::Manager));
    Ok(())
}

/// How a lead stands with its client's CRM.
#[derive(Debug, Clone, FromRow, PartialEq, Eq)]
pub struct Shown {
    pub state: SendState,
    /// Attempts since it began to wait.
    pub attempts: i64,
    /// When it is tried again at the earliest, of one that waits.
    pub next_attempt_at: WallTime,
    /// JSON: its fields as they were tried last; null: not yet.
    pub tried: Option<Pii<String>>,
    /// When the CRM last took it; null: not yet.
    pub written_at: Option<WallTime>,
    /// What the CRM calls it; null: not known.
    pub record: Option<String>,
    /// When it was last tried; null: not yet.
    pub last_at: Option<WallTime>,
    /// What HTTP answered then; null: nothing did.
    pub last_status: Option<i64>,
    /// The beginning of that; null: nothing did.
    pub last_answer: Option<Pii<String>>,
    /// Why it was not taken, in a clause; null: it was, or was not tried.
    pub last_error: Option<String>,
}

/// How a claim's lead stands with a CRM; none: nothing was sent to it, and nothing waits.
///
/// # Errors
/// When the database fails.
pub async fn of_claim(tx: &mut Tx, crm: &CrmId, claim: &ClaimId) -> Result<Option<Shown>> {
    Ok(one!(
        tx,
        Shown,
        "SELECT s.state, s.attempts, CASE WHEN c.next_attempt_at > s.next_attempt_at THEN \
         c.next_attempt_at ELSE s.next_attempt_at END AS next_attempt_at, s.tried, s.written_at, \
         s.record, s.last_at, s.last_status, s.last_answer, s.last_error FROM crm_sends s JOIN \
         crms c ON c.id = s.crm_id WHERE s.crm_id = $1 AND s.claim_id = $2",
        crm,
        claim
    )?)
}

/// How the line of a CRM stands.
#[derive(Debug, Clone, Copy, Default, FromRow, PartialEq, Eq)]
pub struct Standing {
    pub waiting: i64,
    pub given_up: i64,
}

/// How many leads wait for a CRM, and how many were given up.
///
/// # Errors
/// When the database fails.
pub async fn standing(tx: &mut Tx, crm: &CrmId) -> Result<Standing> {
    let found = one!(
        tx,
        Standing,
        "SELECT (SELECT COUNT(*) FROM crm_sends s WHERE s.crm_id = $1 AND s.state = 'waiting') AS \
         waiting, (SELECT COUNT(*) FROM crm_sends s WHERE s.crm_id = $1 AND s.state = \
         'given_up') AS given_up",
        crm
    )?;
    Ok(found.unwrap_or_default())
}
