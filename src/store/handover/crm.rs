//! What a CRM says of leads that were handed over: answers and outcomes, each event once (PRODUCT
//! O6). It reaches what its token reaches, and never the ledger.

use crate::handover::mapping::{self, CrmKind, Mapping, Meant};
use crate::handover::push::Fields;
use crate::handover::{CrmOutcome, Given, RejectReason};
use crate::leads::{Origin, Stage};
use crate::pii::Pii;
use crate::review::Rules;
use crate::store::handover::answers::{self, NewAnswer};
use crate::store::handover::sales_call::SALES_CALL;
use crate::store::handover::{list, mappings, opening};
use crate::store::leads::stages::{self, Worth};
use crate::store::people::tokens::Token;
use crate::store::review::claims::{self, Claim};
use crate::store::{Actor, Flag, MaybeFlag, Result, StoreError, Tx, all, log, new_id, one, run};
use crate::units::{ClaimId, ClientId, LeadId, Money, WallTime};
use serde_json::json;
use sqlx::FromRow;

/// What became of a lead, by a CRM.
#[derive(Debug, Clone, FromRow, PartialEq, Eq)]
pub struct Outcome {
    pub outcome: CrmOutcome,
    /// Cents of the currency; null: not said.
    pub value_minor: Option<i64>,
    /// ISO 4217; null: not said.
    pub currency: Option<String>,
    pub happened_at: WallTime,
    /// Null: not said.
    #[sqlx(try_from = "MaybeFlag")]
    pub proof_of_concept: Option<bool>,
    pub note: Pii<String>,
    /// The name of the token.
    pub by_name: String,
}

impl Outcome {
    /// What the deal is worth; none: not said.
    #[must_use]
    pub fn value(&self) -> Option<Money> {
        Some(Money::new(self.value_minor?, self.currency.as_deref()?))
    }
}

/// What a CRM said of a lead, oldest first.
///
/// # Errors
/// When the database fails.
pub async fn of_lead(tx: &mut Tx, lead: &LeadId) -> Result<Vec<Outcome>> {
    Ok(all!(
        tx,
        Outcome,
        "SELECT o.outcome, o.value_minor, o.currency, o.happened_at, o.proof_of_concept, o.note, t.name AS by_name \
         FROM crm_outcomes o JOIN api_tokens t ON t.id = o.token_id WHERE o.lead_id = $1 ORDER BY \
         o.happened_at, o.id",
        lead
    )?)
}

/// By what a CRM names a lead.
#[derive(Debug, Clone, Copy)]
pub enum Named<'a> {
    Lead(&'a LeadId),
    /// As the list that it came from calls it.
    External(&'a str),
}

impl<'a> Named<'a> {
    /// The box's id or the list's, the other empty.
    fn either(self) -> (&'a str, &'a str) {
        match self {
            Named::Lead(id) => (id.as_str(), ""),
            Named::External(external) => ("", external),
        }
    }
}

/// What a CRM says beside its own word for a state.
#[derive(Debug, Clone)]
pub struct Beside<'a> {
    pub until: Option<WallTime>,
    pub reason: Option<RejectReason>,
    pub criterion: Option<&'a str>,
    pub value: Option<(i64, &'a str)>,
    pub happened_at: WallTime,
    pub note: &'a str,
    pub deal: Deal,
}

/// One thing that a CRM says.
#[derive(Debug, Clone)]
pub enum Says<'a> {
    /// A state in its own word, which the client's mapping gives a meaning.
    State(&'a str, Beside<'a>),
    Answer(Given<'a>),
    Outcome {
        outcome: CrmOutcome,
        value: Option<(i64, &'a str)>,
        happened_at: WallTime,
        note: &'a str,
        deal: Deal,
    },
}

/// What a CRM knows of the deal beside its outcome.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Deal {
    /// `None`, here and below: it does not say.
    pub proof_of_concept: Option<bool>,
    /// Whose it is, as the CRM says: shown beside what the box keeps, and changes nothing.
    pub origin: Option<Origin>,
    /// When it was entered there.
    pub entered_at: Option<WallTime>,
}

/// What came of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    Accepted,
    /// The same was said under the same event before.
    Repeated,
}

/// A line of a CRM.
#[derive(Debug, Clone)]
pub struct Line<'a> {
    /// As the CRM numbers it: said again, nothing happens again.
    pub event: &'a str,
    pub lead: Named<'a>,
    pub says: Says<'a>,
    /// All of it as it came, by which a repeat is known.
    pub whole: &'a str,
}

const LONGEST_EVENT: usize = 200;

/// Takes what a CRM says of one lead.
///
/// # Errors
/// [`StoreError::Refused`] when the lead is not in the token's reach or was not handed over, or
/// what is said cannot be; [`StoreError::Conflict`] when the event was used for something else.
pub async fn take(
    tx: &mut Tx,
    token: &Token,
    line: &Line<'_>,
    rules: &Rules,
    now: WallTime,
) -> Result<Taken> {
    let event = line.event.trim();
    if event.is_empty() || event.chars().count() > LONGEST_EVENT {
        return Err(StoreError::Refused(
            "Give an event of 1 to 200 characters: by it a repeat is known".to_owned(),
        ));
    }
    let earlier = one!(
        tx,
        (String,),
        "SELECT said FROM crm_events WHERE token_id = $1 AND event = $2",
        &token.id,
        event
    )?;
    match earlier {
        Some((said,)) if said == line.whole => return Ok(Taken::Repeated),
        Some(_) => {
            return Err(StoreError::Conflict(
                "this event was used for something else: give each its own",
            ));
        }
        None => {}
    }
    let line = &in_our_words(tx, token, line).await?;
    let reached = reached(tx, token, line).await?;
    remember(tx, token, line, now).await?;
    let by = Actor::Token(token.id.clone());
    let claim = match reached {
        Reached::HandedOver(claim) => claim,
        Reached::OfSales(lead) => {
            add_outcome(tx, &by, token, line, (&lead, None), now).await?;
            return Ok(Taken::Accepted);
        }
    };
    match &line.says {
        Says::Answer(given) => {
            let stands = list::of_claim(tx, &claim.id).await?;
            let stands = stands.and_then(|h| h.answer_id);
            let new = NewAnswer {
                given: *given,
                replaces: stands.as_ref(),
            };
            answers::add(tx, &by, &claim, &new, rules, now).await?;
        }
        Says::State(..) | Says::Outcome { .. } => {
            let of = (&claim.lead_id, Some(&*claim));
            add_outcome(tx, &by, token, line, of, now).await?;
        }
    }
    Ok(Taken::Accepted)
}

/// A line whose state is in the box's words.
async fn in_our_words<'a>(tx: &mut Tx, token: &Token, line: &Line<'a>) -> Result<Line<'a>> {
    let mut line = line.clone();
    if let Says::State(state, beside) = &line.says {
        let Some(client) = client_of(tx, token, line.lead).await? else {
            return Err(StoreError::Refused(
                "No such lead was handed over within this token's reach".to_owned(),
            ));
        };
        let meaning = mappings::meaning(tx, &client, state).await?;
        line.says = said(meaning.meant(), beside);
    }
    Ok(line)
}

fn said<'a>(meant: Meant, beside: &Beside<'a>) -> Says<'a> {
    match meant {
        Meant::Answer(answer) => Says::Answer(Given {
            answer,
            until: beside.until,
            reason: beside.reason,
            criterion: beside.criterion,
            note: beside.note.trim(),
        }),
        Meant::Outcome(outcome) => Says::Outcome {
            outcome,
            value: beside.value,
            happened_at: beside.happened_at,
            note: beside.note,
            deal: beside.deal,
        },
    }
}

/// The client of a lead within a token's reach; none where there is no such lead, or they differ.
async fn client_of(tx: &mut Tx, token: &Token, lead: Named<'_>) -> Result<Option<ClientId>> {
    let (id, external) = lead.either();
    let client = token.client_id.as_ref().map_or("", |c| c.as_str());
    let mut found = all!(
        tx,
        (ClientId,),
        "SELECT DISTINCT l.client_id FROM leads l WHERE (l.id = $1 OR ($2 <> '' AND l.external_id \
         = $2)) AND ($3 = '' OR l.client_id = $3) LIMIT 2",
        id,
        external,
        client
    )?;
    let one = found.pop();
    Ok(one.map(|r| r.0).filter(|_| found.is_empty()))
}

/// By which a repeat is known.
async fn remember(tx: &mut Tx, token: &Token, line: &Line<'_>, now: WallTime) -> Result<()> {
    run!(
        tx,
        "INSERT INTO crm_events (token_id, event, said, at) VALUES ($1, $2, $3, $4)",
        &token.id,
        line.event.trim(),
        line.whole,
        now
    )?;
    Ok(())
}

async fn add_outcome(
    tx: &mut Tx,
    by: &Actor,
    token: &Token,
    line: &Line<'_>,
    (lead, claim): (&LeadId, Option<&Claim>),
    now: WallTime,
) -> Result<()> {
    let Says::Outcome {
        outcome,
        value,
        happened_at,
        note,
        deal,
    } = &line.says
    else {
        return Ok(());
    };
    if value.is_some_and(|(minor, currency)| minor < 0 || currency.len() != 3) {
        return Err(StoreError::Refused(
            "A value is 0 or more in minor units, with a currency of three letters".to_owned(),
        ));
    }
    if *happened_at > now || happened_at.micros() < 0 || note.chars().count() > 2_000 {
        return Err(StoreError::Refused(
            "What happened was before now and after 1970; a note has at most 2,000 characters"
                .to_owned(),
        ));
    }
    if deal
        .entered_at
        .is_some_and(|at| at > now || at.micros() < 0)
    {
        return Err(StoreError::Refused(
            "A deal was entered before now and after 1970".to_owned(),
        ));
    }
    run!(
        tx,
        "INSERT INTO crm_outcomes (id, token_id, event, lead_id, outcome, value_minor, currency, \
         happened_at, note, at, proof_of_concept, origin, entered_at) VALUES ($1, $2, $3, $4, $5, \
         $6, $7, $8, $9, $10, $11, $12, $13)",
        new_id::<String>(),
        &token.id,
        line.event.trim(),
        lead,
        outcome,
        value.map(|v| v.0),
        value.map(|v| v.1),
        happened_at,
        note.trim(),
        now,
        deal.proof_of_concept.map(i64::from),
        deal.origin,
        deal.entered_at
    )?;
    let worth = Worth {
        value: value.map(|(minor, currency)| Money::new(minor, currency)),
        proof_of_concept: deal.proof_of_concept,
    };
    let step = match outcome {
        CrmOutcome::Opportunity => Stage::Opportunity,
        CrmOutcome::Won => Stage::Won,
        CrmOutcome::Lost => Stage::Lost,
    };
    stages::moved(tx, by, lead, (step, &worth), now).await?;
    let detail = json!({ "outcome": outcome });
    let Some(claim) = claim else {
        let subject = format!("lead:{lead}");
        return log::append(tx, by, "crm.outcome", subject, detail, now).await;
    };
    opening::note(tx, by, "crm.outcome", &claim.id, detail, now).await?;
    tx.tell(crate::store::Event::to_person(
        crate::store::Topic::Handovers,
        &claim.person_id,
    ));
    Ok(())
}

/// What a line is about.
enum Reached {
    /// A lead that was handed over, by its claim.
    HandedOver(Box<Claim>),
    /// A lead that sales brought in itself: nobody handed it over, and the CRM tells what became of
    /// it.
    OfSales(LeadId),
}

/// The lead that a line names, if it is in the token's reach: what is not does not exist for it.
async fn reached(tx: &mut Tx, token: &Token, line: &Line<'_>) -> Result<Reached> {
    let (id, external) = line.lead.either();
    let client = token.client_id.as_ref().map_or("", |c| c.as_str());
    let found = all!(
        tx,
        (ClaimId,),
        "SELECT h.claim_id FROM handovers h JOIN leads l ON l.id = h.lead_id WHERE h.handed_at IS \
         NOT NULL AND (l.id = $1 OR ($2 <> '' AND l.external_id = $2)) AND ($3 = '' OR \
         h.client_id = $3) LIMIT 2",
        id,
        external,
        client
    )?;
    match &found[..] {
        [(claim,)] => {
            let claim = claims::existing(tx, claim).await?;
            Ok(Reached::HandedOver(Box::new(claim)))
        }
        [] if matches!(line.says, Says::Outcome { .. }) => {
            let own = of_sales(tx, (id, external), client).await?;
            own.map(Reached::OfSales).ok_or_else(|| {
                StoreError::Refused(
                    "No such lead was handed over within this token's reach, or is sales' own"
                        .to_owned(),
                )
            })
        }
        [] => Err(StoreError::Refused(
            "No such lead was handed over within this token's reach".to_owned(),
        )),
        _ => Err(StoreError::Refused(
            "Several leads have this id: name the lead by the box's own".to_owned(),
        )),
    }
}

/// A lead that was sales' own when it came in, by the box's id or its list's; none where several
/// are.
async fn of_sales(
    tx: &mut Tx,
    (id, external): (&str, &str),
    client: &str,
) -> Result<Option<LeadId>> {
    let mut found = all!(
        tx,
        (LeadId,),
        "SELECT l.id FROM leads l JOIN lead_work w ON w.lead_id = l.id AND w.origin = 'sales' \
         WHERE (l.id = $1 OR ($2 <> '' AND l.external_id = $2)) AND ($3 = '' OR l.client_id = $3) \
         LIMIT 2",
        id,
        external,
        client
    )?;
    let one = found.pop();
    Ok(one.map(|r| r.0).filter(|_| found.is_empty()))
}

/// A lead that was handed over, as a CRM reads it.
#[derive(Debug, Clone, FromRow)]
pub struct Handed {
    pub claim_id: ClaimId,
    pub lead_id: LeadId,
    pub external_id: String,
    pub handed_at: WallTime,
    pub client_id: ClientId,
    pub company: Pii<String>,
    /// Null: not known.
    pub contact: Option<Pii<String>>,
    /// Null: not known.
    pub contact_role: Option<String>,
    /// The first of its numbers, in E.164; null: it has none.
    pub phone: Option<Pii<String>>,
    /// Null: not known.
    pub source: Option<String>,
    pub write_up: Pii<String>,
    /// When the wire first saw sales call; null: not yet.
    pub first_call_at: Option<WallTime>,
    /// The answer that stands; null: none was given.
    pub answer: Option<crate::handover::Answer>,
    /// A CRM has said what became of it.
    #[sqlx(try_from = "Flag")]
    pub is_reported: bool,
}

impl Handed {
    /// Its fields by their names in a CRM.
    #[must_use]
    pub fn fields(&self, kind: CrmKind, mapping: &Mapping) -> Fields {
        let text =
            |t: &Option<Pii<String>>| t.as_ref().map_or_else(String::new, |t| t.reveal().clone());
        let first_call = self
            .first_call_at
            .map_or_else(String::new, |at| at.to_string());
        let lead = mapping::Lead {
            company: self.company.reveal(),
            contact: &text(&self.contact),
            title: self.contact_role.as_deref().unwrap_or_default(),
            phone: &text(&self.phone),
            source: self.source.as_deref().unwrap_or_default(),
            write_up: self.write_up.reveal(),
            claim: &self.claim_id,
            first_call: &first_call,
            answer: self.answer,
            is_reported: self.is_reported,
        };
        mapping::fields(kind, mapping, &lead)
    }
}

fn handed() -> String {
    format!(
        "SELECT h.claim_id, h.lead_id, l.external_id, h.handed_at, h.client_id, l.company, l.contact, \
         l.contact_role, (SELECT MIN(n.e164) FROM lead_numbers n WHERE n.lead_id = l.id) AS \
         phone, s.name AS source, c.write_up, (SELECT MIN(x.started_at) {SALES_CALL}) AS \
         first_call_at, a.answer, CASE WHEN EXISTS (SELECT 1 FROM crm_outcomes o WHERE o.lead_id = h.lead_id) THEN CAST(1 AS BIGINT) ELSE CAST(0 AS BIGINT) END AS is_reported FROM handovers h JOIN claims c ON c.id = h.claim_id JOIN leads l \
         ON l.id = h.lead_id LEFT JOIN sources s ON s.id = l.source_id LEFT JOIN sales_answers a \
         ON a.id = h.answer_id WHERE h.handed_at IS NOT NULL"
    )
}

/// Leads handed over after a place in the list, oldest first; of the token's client, or of all.
///
/// # Errors
/// When the database fails.
pub async fn handed_after(
    tx: &mut Tx,
    token: &Token,
    (at, id): (WallTime, &ClaimId),
    limit: i64,
) -> Result<Vec<Handed>> {
    let client = match token.client_id {
        Some(_) => "x.client_id = $3",
        None => "$3 = ''",
    };
    // Only the rows of the page are read whole.
    let sql = format!(
        "{} AND h.claim_id IN (SELECT x.claim_id FROM handovers x WHERE x.handed_at IS NOT NULL \
         AND x.handed_at >= $1 AND (x.handed_at > $1 OR x.claim_id > $2) AND {client} ORDER BY \
         x.handed_at, x.claim_id LIMIT $4) ORDER BY h.handed_at, h.claim_id",
        handed()
    );
    Ok(all!(
        tx,
        Handed,
        sqlx::AssertSqlSafe(sql),
        at,
        id,
        token.client_id.as_ref().map_or("", |c| c.as_str()),
        limit
    )?)
}

/// A client's leads handed over after a place, oldest first, by their index: a look costs what it
/// gives.
///
/// # Errors
/// When the database fails.
pub(in crate::store) async fn handed_since(
    tx: &mut Tx,
    client: &ClientId,
    (at, id): (WallTime, &ClaimId),
    limit: i64,
) -> Result<Vec<Handed>> {
    let sql = format!(
        "{} AND h.claim_id IN (SELECT x.claim_id FROM handovers x WHERE x.client_id = $1 AND \
         x.handed_at IS NOT NULL AND x.handed_at >= $2 AND (x.handed_at > $2 OR x.claim_id > $3) \
         ORDER BY x.handed_at, x.claim_id LIMIT $4) ORDER BY h.handed_at, h.claim_id",
        handed()
    );
    let sql = sqlx::AssertSqlSafe(sql);
    Ok(all!(tx, Handed, sql, client, at, id, limit)?)
}

/// The lead of a claim that was handed over.
///
/// # Errors
/// When the database fails.
pub(in crate::store) async fn handed_over(tx: &mut Tx, claim: &ClaimId) -> Result<Option<Handed>> {
    let sql = format!("{} AND h.claim_id = $1", handed());
    Ok(one!(tx, Handed, sqlx::AssertSqlSafe(sql), claim)?)
}
