//! Hand-overs as lists and cards show them.

use crate::handover::{Answer, RejectReason};
use crate::leads::finding::folded;
use crate::pii::Pii;
use crate::store::handover::opening;
use crate::store::handover::sales_call::SALES_CALL;
use crate::store::{Result, Tx, all, all_in, leads, one};
use crate::units::{AnswerId, CallId, CampaignId, ClaimId, ClientId, LeadId, PersonId, WallTime};
use sqlx::FromRow;
use std::collections::HashMap;

/// A lead that passed, and where it stands with sales.
#[derive(Debug, Clone, FromRow, PartialEq, Eq)]
pub struct Handover {
    pub claim_id: ClaimId,
    /// What people say: C-1001.
    pub number: i64,
    pub lead_id: LeadId,
    pub company: Pii<String>,
    /// Null: not known.
    pub contact: Option<Pii<String>>,
    pub campaign_id: CampaignId,
    pub campaign: String,
    pub client_id: ClientId,
    pub claimant_id: PersonId,
    pub passed_at: WallTime,
    /// Null: held back for a blank.
    pub handed_at: Option<WallTime>,
    /// When sales first opened its card; null: not yet.
    pub opened_at: Option<WallTime>,
    /// Whose it is; null: nobody's in particular.
    pub sales_id: Option<PersonId>,
    /// Their name; null with the id.
    pub sales: Option<Pii<String>>,
    /// Null: held back for a blank.
    pub answer_due_at: Option<WallTime>,
    /// Null: held back for a blank.
    pub call_due_at: Option<WallTime>,
    /// The answer that stands; null: none was given.
    pub answer_id: Option<AnswerId>,
    /// Null, here and below: none was given.
    pub answer: Option<Answer>,
    /// The buyer's date, or when a lead that is nurtured is looked at again; null of other answers.
    pub until_at: Option<WallTime>,
    /// Of a rejection alone.
    pub reason: Option<RejectReason>,
    /// Of a rejection that cites one.
    pub criterion: Option<String>,
    /// When the answer that stands was given.
    pub answered_at: Option<WallTime>,
    /// When the wire first saw sales and the buyer in a call.
    pub first_call_at: Option<WallTime>,
    /// Questions that the telemarketer has not answered.
    pub questions: i64,
}

fn handover() -> String {
    format!(
        "SELECT h.claim_id, c.number, h.lead_id, l.company, l.contact, h.campaign_id, k.name AS \
         campaign, h.client_id, c.person_id AS claimant_id, h.passed_at, h.handed_at, \
         h.opened_at, h.sales_id, s.name AS sales, h.answer_due_at, h.call_due_at, h.answer_id, \
         a.answer, a.until_at, a.reason, a.criterion, a.at AS answered_at, (SELECT \
         MIN(x.started_at) {SALES_CALL}) AS first_call_at, (SELECT COUNT(*) FROM \
         handover_questions q WHERE q.claim_id = h.claim_id AND q.answer IS NULL) AS questions \
         FROM handovers h JOIN claims c ON c.id = h.claim_id JOIN leads l ON l.id = h.lead_id \
         JOIN campaigns k ON k.id = h.campaign_id LEFT JOIN people s ON s.id = h.sales_id LEFT \
         JOIN sales_answers a ON a.id = h.answer_id"
    )
}

/// Which hand-overs of a person's clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// Those without an answer first, the next due before the others.
    All,
    Unanswered,
    /// Those that the wire has not seen sales call.
    NotCalled,
}

impl Which {
    /// What narrows a list of hand-overs `h` to these, as the end of a condition.
    fn condition(self) -> String {
        match self {
            Which::All | Which::Unanswered => String::new(),
            Which::NotCalled => format!(" AND NOT EXISTS (SELECT 1 {SALES_CALL})"),
        }
    }
}

/// Where a page ends: what its rows are ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Those with an answer come behind those without one.
    pub is_answered: bool,
    /// Without an answer by when one is due, in the order of work; else when it passed.
    pub at: i64,
    /// The claim's.
    pub number: i64,
}

/// Which hand-overs are wanted.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    pub which: Which,
    /// A part of a company's or a contact's name, or a number as `C-1001`; empty: all.
    pub search: &'a str,
    /// Of this campaign alone; `None`: of any.
    pub campaign: Option<&'a CampaignId>,
    /// Behind this place; `None`: from the beginning.
    pub after: Option<Place>,
}

/// What is looked for, as a statement takes it.
struct Search {
    /// For `LIKE`; empty: everything.
    part: String,
    /// A claim's number; -1: none was typed.
    number: i64,
}

impl Search {
    fn of(typed: &str) -> Search {
        let folded = folded(typed.trim());
        Search {
            number: folded.trim_start_matches("c-").parse().unwrap_or(-1),
            part: match folded.as_str() {
                "" => String::new(),
                text => format!("%{}%", leads::escaped_like(text)),
            },
        }
    }
}

/// What narrows hand-overs `h` of leads `l` and claims `c`: `$3` campaign, `$4` part of a name, `$5`
/// number of a claim.
const NARROWED: &str = "($3 = '' OR h.campaign_id = $3) AND ($4 = '' OR l.company_folded LIKE $4 \
    ESCAPE '\\' OR l.contact_folded LIKE $4 ESCAPE '\\' OR c.number = $5)";

type Row = (ClaimId, i64, i64);

/// Those without an answer, in the order in which they are worked on. The plus keeps SQLite from
/// the index of all that was ever handed over: those that wait have their own.
async fn waiting(
    tx: &mut Tx,
    person: &PersonId,
    wanted: &Wanted<'_>,
    limit: i64,
) -> Result<Vec<Row>> {
    let sql = format!(
        "SELECT x.claim_id, x.place, x.number FROM (SELECT h.claim_id, c.number, CASE WHEN \
         k.work_order = 'score' THEN COALESCE((SELECT (h.answer_due_at + z.east_us) / 86400000000 * \
         86400000000 - z.east_us + (1000000 - z.share) * 86399 FROM lead_scores z WHERE z.claim_id = h.claim_id), \
         h.answer_due_at) ELSE h.answer_due_at END AS place FROM handovers h JOIN person_clients \
         pc ON pc.client_id = h.client_id AND pc.person_id = $1 JOIN claims c ON c.id = h.claim_id \
         JOIN campaigns k ON k.id = h.campaign_id JOIN leads l ON l.id = h.lead_id WHERE \
         h.answer_id IS NULL AND +h.handed_at IS NOT NULL AND {NARROWED}{}) x WHERE x.place > $6 OR \
         (x.place = $6 AND x.number > $7) ORDER BY x.place, x.number LIMIT $2",
        wanted.which.condition()
    );
    let after = wanted.after.map_or((i64::MIN, 0), |p| (p.at, p.number));
    rows(tx, (sql, person), wanted, after, limit).await
}

/// Those with an answer, newest first: read from the end of all by their index, so that the list
/// costs what it shows. Who turned a lead down need not call.
async fn answered(
    tx: &mut Tx,
    person: &PersonId,
    wanted: &Wanted<'_>,
    limit: i64,
) -> Result<Vec<Row>> {
    let to_call = match wanted.which {
        Which::NotCalled => " AND a.answer NOT IN ('reject', 'nurture')",
        Which::All | Which::Unanswered => "",
    };
    let sql = format!(
        "SELECT h.claim_id, h.passed_at, c.number FROM handovers h CROSS JOIN person_clients pc \
         CROSS JOIN sales_answers a CROSS JOIN claims c CROSS JOIN leads l WHERE pc.client_id = \
         h.client_id AND pc.person_id = $1 AND a.id = h.answer_id AND c.id = h.claim_id AND l.id = \
         h.lead_id AND h.handed_at IS NOT NULL{to_call} AND {NARROWED}{} AND h.passed_at <= $6 AND \
         (h.passed_at < $6 OR c.number > $7) ORDER BY h.passed_at DESC, c.number LIMIT $2",
        wanted.which.condition()
    );
    let after = wanted.after.filter(|p| p.is_answered);
    let after = after.map_or((i64::MAX, 0), |p| (p.at, p.number));
    rows(tx, (sql, person), wanted, after, limit).await
}

async fn rows(
    tx: &mut Tx,
    (sql, person): (String, &PersonId),
    wanted: &Wanted<'_>,
    (at, number): (i64, i64),
    limit: i64,
) -> Result<Vec<Row>> {
    let search = Search::of(wanted.search);
    Ok(all!(
        tx,
        Row,
        sqlx::AssertSqlSafe(sql),
        person,
        limit,
        wanted.campaign.map_or("", |c| c.as_str()),
        &search.part,
        search.number,
        at,
        number
    )?)
}

/// A page of hand-overs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    pub leads: Vec<Handover>,
    /// Where it ends; none: nothing follows.
    pub next: Option<Place>,
}

/// What was handed over to sales of a person's clients: without an answer first, by when one is
/// due; in a campaign that is worked on by the score, by the day (of UTC) of that and then by the
/// score. At most `limit` of them.
///
/// # Errors
/// When the database fails.
pub async fn of_clients(
    tx: &mut Tx,
    person: &PersonId,
    wanted: &Wanted<'_>,
    limit: i64,
) -> Result<Page> {
    let place = |is_answered| {
        move |(claim, at, number): Row| {
            let place = Place {
                is_answered,
                at,
                number,
            };
            (claim, place)
        }
    };
    let mut chosen = Vec::new();
    if wanted.after.is_none_or(|p| !p.is_answered) {
        let rows = waiting(tx, person, wanted, limit + 1).await?;
        chosen.extend(rows.into_iter().map(place(false)));
    }
    let room = limit + 1 - i64::try_from(chosen.len()).unwrap_or(limit);
    if wanted.which != Which::Unanswered && room > 0 {
        let rows = answered(tx, person, wanted, room).await?;
        chosen.extend(rows.into_iter().map(place(true)));
    }
    page(tx, chosen, limit).await
}

/// One more than the page has was chosen where another follows.
async fn page(tx: &mut Tx, mut chosen: Vec<(ClaimId, Place)>, limit: i64) -> Result<Page> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let follows = chosen.len() > limit;
    chosen.truncate(limit);
    let next = chosen.last().map(|c| c.1).filter(|_| follows);
    let claims = chosen.into_iter().map(|c| c.0).collect();
    Ok(Page {
        next,
        leads: whole(tx, claims).await?,
    })
}

/// How many of a person's clients wait for an answer of sales, and how many are held back.
///
/// # Errors
/// When the database fails.
pub async fn counts(tx: &mut Tx, person: &PersonId) -> Result<(i64, i64)> {
    let found = one!(
        tx,
        (i64, i64),
        "SELECT COUNT(h.handed_at), COUNT(*) - COUNT(h.handed_at) FROM handovers h JOIN \
         person_clients pc ON pc.client_id = h.client_id AND pc.person_id = $1 WHERE h.answer_id \
         IS NULL",
        person
    )?;
    Ok(found.unwrap_or((0, 0)))
}

/// Which of one's own leads that passed.
#[derive(Debug, Clone, Copy, Default)]
pub struct OwnWanted<'a> {
    /// As in [`Wanted`].
    pub search: &'a str,
    /// Held back for a blank, or asked about by sales, alone.
    pub to_do: bool,
    /// Behind the one that passed then and has this claim number; `None`: the newest.
    pub after: Option<(WallTime, i64)>,
}

/// A telemarketer's own leads that passed, newest first.
///
/// # Errors
/// When the database fails.
pub async fn of_claimant(
    tx: &mut Tx,
    person: &PersonId,
    wanted: &OwnWanted<'_>,
    limit: i64,
) -> Result<Vec<Handover>> {
    let to_do = match wanted.to_do {
        true => {
            " AND (h.handed_at IS NULL OR EXISTS (SELECT 1 FROM handover_questions q WHERE \
             q.claim_id = h.claim_id AND q.answer IS NULL))"
        }
        false => "",
    };
    // Only the rows of the page are read whole.
    let sql = format!(
        "SELECT h.claim_id, h.passed_at, c.number FROM claims c CROSS JOIN handovers h CROSS JOIN \
         leads l WHERE h.claim_id = c.id AND l.id = h.lead_id AND c.person_id = $1 AND ($3 = '' OR \
         l.company_folded LIKE $3 ESCAPE '\\' OR l.contact_folded LIKE $3 ESCAPE '\\' OR c.number = \
         $4) AND (h.passed_at < $5 OR (h.passed_at = $5 AND c.number < $6)){to_do} ORDER BY \
         h.passed_at DESC, c.number DESC LIMIT $2"
    );
    let (sql, search) = (sqlx::AssertSqlSafe(sql), Search::of(wanted.search));
    let (at, number) = wanted.after.unwrap_or((WallTime(i64::MAX), 0));
    let chosen = all!(
        tx,
        Row,
        sql,
        person,
        limit,
        &search.part,
        search.number,
        at,
        number
    )?;
    whole(tx, chosen.into_iter().map(|row| row.0).collect()).await
}

/// Hand-overs, in the order of their claims.
async fn whole(tx: &mut Tx, claims: Vec<ClaimId>) -> Result<Vec<Handover>> {
    if claims.is_empty() {
        return Ok(Vec::new());
    }
    let sql = format!("{} WHERE h.claim_id IN (", handover());
    let found = all_in!(tx, Handover, sql, &claims, ")")?;
    let mut by_id: HashMap<ClaimId, Handover> =
        found.into_iter().map(|h| (h.claim_id.clone(), h)).collect();
    Ok(claims.iter().filter_map(|id| by_id.remove(id)).collect())
}

/// The hand-over of a claim, handed over or held back.
///
/// # Errors
/// When the database fails.
pub async fn of_claim(tx: &mut Tx, claim: &ClaimId) -> Result<Option<Handover>> {
    let sql = format!("{} WHERE h.claim_id = $1", handover());
    Ok(one!(tx, Handover, sqlx::AssertSqlSafe(sql), claim)?)
}

/// Whether a lead was handed over to the sales of somebody's client.
///
/// # Errors
/// When the database fails.
pub async fn has_lead(tx: &mut Tx, lead: &LeadId, person: &PersonId) -> Result<bool> {
    Ok(one!(
        tx,
        (i64,),
        "SELECT CAST(1 AS BIGINT) FROM handovers h JOIN person_clients pc ON pc.client_id = \
         h.client_id AND pc.person_id = $2 WHERE h.lead_id = $1 AND h.handed_at IS NOT NULL",
        lead,
        person
    )?
    .is_some())
}

/// Whether sales of a client may hear a call: it stands in a claim that was handed over to them.
///
/// # Errors
/// When the database fails.
pub async fn may_hear(tx: &mut Tx, call: &CallId, person: &PersonId) -> Result<bool> {
    Ok(one!(
        tx,
        (i64,),
        "SELECT CAST(1 AS BIGINT) FROM claim_calls x JOIN handovers h ON h.claim_id = x.claim_id \
         JOIN person_clients pc ON pc.client_id = h.client_id AND pc.person_id = $2 WHERE \
         x.call_id = $1 AND h.handed_at IS NOT NULL LIMIT 1",
        call,
        person
    )?
    .is_some())
}

/// Fields that hold a claim's hand-over back.
///
/// # Errors
/// When the database fails.
pub async fn held_back_by(tx: &mut Tx, claim: &ClaimId) -> Result<Vec<crate::handover::Field>> {
    opening::blanks(tx, claim).await
}
