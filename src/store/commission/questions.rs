//! Questions about money (PRODUCT M5): asked by a telemarketer about what is theirs, answered by a
//! manager without an interest in it, within a number of working days. What was said is only ever
//! added to, and no question moves money.

use crate::commission::question::{About, PartKind};
use crate::identity::Role;
use crate::pii::Pii;
use crate::review::{Act, Stake};
use crate::store::events::{Event, Topic};
use crate::store::outbox::{self, Of};
use crate::store::review::{claims, interest};
use crate::store::{Result, StoreError, Tx, all, changed_one, log, new_id, one, people, run};
use crate::units::{ClaimId, ClientId, EntryId, PersonId, QuestionId, WallTime, Zone};
use crate::webhook;
use serde_json::json;
use sqlx::FromRow;

/// What a question is about.
#[derive(Debug, Clone, Copy)]
pub enum Subject<'a> {
    /// An entry of one's own.
    Entry(&'a EntryId),
    /// A claim of one's own.
    Claim(&'a ClaimId),
    /// A claim that is not there.
    Missing {
        client: &'a ClientId,
        company: &'a str,
        /// When the call was, by the one who asks: `2026-11-20`.
        day: &'a str,
    },
}

/// A question.
#[derive(Debug, Clone)]
pub struct NewQuestion<'a> {
    pub about: About,
    pub subject: Subject<'a>,
    /// 1 to 2,000 characters.
    pub text: &'a str,
}

/// The house's clock for answers.
#[derive(Debug, Clone, Copy)]
pub struct Answering<'a> {
    /// Working days.
    pub within_days: u32,
    pub zone: &'a Zone,
}

impl Answering<'_> {
    fn due(&self, now: WallTime) -> WallTime {
        self.zone.after_working_days(now, self.within_days)
    }
}

/// A question as lists show it.
#[derive(Debug, Clone, FromRow, PartialEq, Eq)]
pub struct Question {
    pub id: QuestionId,
    /// What people say: Q-7.
    pub number: i64,
    pub person_id: PersonId,
    /// Who asked.
    pub person: Pii<String>,
    pub client_id: ClientId,
    pub about: About,
    /// Null: a claim is missing.
    pub claim_id: Option<ClaimId>,
    /// What people say: C-1001; null with the claim.
    pub claim_number: Option<i64>,
    /// Null: it is about the claim, or one that is missing.
    pub entry_id: Option<EntryId>,
    /// The lead's, or as it was given for a claim that is missing.
    pub company: Pii<String>,
    /// Of a claim that is missing: `2026-11-20`.
    pub happened_on: Option<String>,
    pub asked_at: WallTime,
    pub due_at: WallTime,
    /// Null: it waits for an answer.
    pub answered_at: Option<WallTime>,
}

const QUESTION: &str = "SELECT q.id, q.number, q.person_id, h.name AS person, q.client_id, \
    q.about, q.claim_id, c.number AS claim_number, q.entry_id, COALESCE(q.company, l.company, '') \
    AS company, q.happened_on, q.asked_at, q.due_at, q.answered_at FROM questions q JOIN people h \
    ON h.id = q.person_id LEFT JOIN claims c ON c.id = q.claim_id LEFT JOIN leads l ON l.id = \
    c.lead_id";

/// One thing that was said.
#[derive(Debug, Clone, FromRow, PartialEq, Eq)]
pub struct Part {
    pub kind: PartKind,
    /// Their name.
    pub said_by: Pii<String>,
    pub text: Pii<String>,
    pub at: WallTime,
}

/// Nobody needs more questions at once, and a page shows them all.
const MOST_OPEN: i64 = 50;
const MOST_PARTS: i64 = 100;
const LONGEST: usize = 2_000;

/// What a question is filed under.
struct Filed<'a> {
    client: ClientId,
    claim: Option<ClaimId>,
    entry: Option<&'a EntryId>,
    company: Option<&'a str>,
    day: Option<&'a str>,
}

/// Asks a question about one's own money.
///
/// # Errors
/// [`StoreError::Refused`] for what is not one's own, or cannot be filed; [`StoreError::Conflict`]
/// when too many wait.
pub async fn ask(
    tx: &mut Tx,
    by: &PersonId,
    new: &NewQuestion<'_>,
    clock: &Answering<'_>,
    now: WallTime,
) -> Result<QuestionId> {
    let text = fitting(new.text)?;
    let filed = filed(tx, by, new).await?;
    let open = count(
        tx,
        "SELECT COUNT(*) FROM questions WHERE person_id = $1 AND answered_at IS NULL",
        by,
    );
    if open.await? >= MOST_OPEN {
        return Err(StoreError::Conflict(
            "fifty of your questions wait for an answer: ask on in one of them",
        ));
    }
    let id: QuestionId = new_id();
    let due = clock.due(now);
    run!(
        tx,
        "INSERT INTO questions (id, number, person_id, client_id, about, claim_id, entry_id, \
         company, happened_on, period, asked_at, due_at) SELECT $1, COALESCE(MAX(number), 0) + 1, \
         $2, $3, $4, $5, $6, $7, $8, $9, $10, $11 FROM questions",
        &id,
        by,
        &filed.client,
        new.about,
        filed.claim.as_ref(),
        filed.entry,
        filed.company,
        filed.day,
        clock.zone.month(now),
        now,
        due
    )?;
    put_part(tx, &id, (PartKind::Question, by, text), now).await?;
    let detail = json!({ "about": new.about, "claim": filed.claim, "entry": filed.entry });
    let subject = format!("question:{id}");
    log::append(tx, &by.into(), "question.asked", subject, detail, now).await?;
    put_message(tx, webhook::Subject::QuestionAsked, &id, now).await?;
    tell(tx, by);
    Ok(id)
}

fn tell(tx: &mut Tx, person: &PersonId) {
    tx.tell(Event::to_person(Topic::Claims, person));
    tx.tell(Event::to_role(Topic::Claims, Role::Manager));
}

/// Puts a message about a question into the outbox: what it is about and how it stands, none of its
/// words.
async fn put_message(
    tx: &mut Tx,
    subject: webhook::Subject,
    id: &QuestionId,
    now: WallTime,
) -> Result<()> {
    let q = existing(tx, id).await?;
    let data = json!({
        "question": q.id,
        "number": q.number,
        "about": q.about,
        "person": q.person_id,
        "client": q.client_id,
        "claim": q.claim_id,
        "claim_number": q.claim_number,
        "entry": q.entry_id,
        "asked_at": q.asked_at,
        "due_at": q.due_at,
        "answered_at": q.answered_at,
    });
    outbox::put(tx, subject, Of::Client(&q.client_id), &data, now).await
}

fn fitting(text: &str) -> Result<&str> {
    let text = text.trim();
    match (1..=LONGEST).contains(&text.chars().count()) {
        true => Ok(text),
        false => Err(StoreError::Refused(
            "A question or an answer has 1 to 2,000 characters".to_owned(),
        )),
    }
}

async fn filed<'a>(tx: &mut Tx, by: &PersonId, new: &NewQuestion<'a>) -> Result<Filed<'a>> {
    let missing = matches!(new.subject, Subject::Missing { .. });
    if missing != (new.about == About::MissingClaim) {
        return Err(StoreError::Refused(
            "A missing claim is asked about by company and day, everything else by its claim or \
             line"
                .to_owned(),
        ));
    }
    match new.subject {
        Subject::Entry(entry) => {
            let sql = "SELECT k.client_id, g.claim_id FROM ledger g JOIN campaigns k ON k.id = \
                 g.campaign_id WHERE g.id = $1 AND g.person_id = $2";
            of_own(tx, sql, entry, by, Some(entry)).await
        }
        Subject::Claim(claim) => {
            let sql = "SELECT k.client_id, c.id FROM claims c JOIN campaigns k ON k.id = \
                 c.campaign_id WHERE c.id = $1 AND c.person_id = $2";
            of_own(tx, sql, claim, by, None).await
        }
        Subject::Missing {
            client,
            company,
            day,
        } => {
            let company = company.trim();
            let fits = (1..=200).contains(&company.chars().count());
            if !fits || day.len() != 10 || day.parse::<WallTime>().is_err() {
                return Err(StoreError::Refused(
                    "Name the company, in up to 200 characters, and the day of the call, such as \
                     2026-11-20"
                        .to_owned(),
                ));
            }
            if !people::clients_of(tx, by).await?.contains(client) {
                return Err(StoreError::Refused(
                    "That is no client of yours: choose one of your own".to_owned(),
                ));
            }
            Ok(Filed {
                client: client.clone(),
                claim: None,
                entry: None,
                company: Some(company),
                day: Some(day),
            })
        }
    }
}

async fn of_own<'a>(
    tx: &mut Tx,
    sql: &'static str,
    id: &str,
    by: &PersonId,
    entry: Option<&'a EntryId>,
) -> Result<Filed<'a>> {
    let found = one!(tx, (ClientId, ClaimId), sql, id, by)?;
    let (client, claim) = found.ok_or_else(|| {
        StoreError::Refused("There is no such line or claim of yours: look it up again".to_owned())
    })?;
    Ok(Filed {
        client,
        claim: Some(claim),
        entry,
        company: None,
        day: None,
    })
}

async fn count(tx: &mut Tx, sql: &'static str, of: &str) -> Result<i64> {
    Ok(one!(tx, (i64,), sql, of)?.map_or(0, |row| row.0))
}

async fn put_part(
    tx: &mut Tx,
    id: &QuestionId,
    (kind, by, text): (PartKind, &PersonId, &str),
    now: WallTime,
) -> Result<()> {
    let said = count(
        tx,
        "SELECT COUNT(*) FROM question_parts WHERE question_id = $1",
        id,
    )
    .await?;
    if said >= MOST_PARTS {
        return Err(StoreError::Conflict(
            "a hundred things were said here already: ask a new question",
        ));
    }
    run!(
        tx,
        "INSERT INTO question_parts (question_id, nth, kind, person_id, text, at) VALUES ($1, $2, \
         $3, $4, $5, $6)",
        id,
        said + 1,
        kind,
        by,
        text,
        now
    )?;
    Ok(())
}

/// Asks on in an own question; what was answered is open again, with a clock of its own.
///
/// # Errors
/// [`StoreError::Refused`] for somebody else's question.
pub async fn follow_up(
    tx: &mut Tx,
    by: &PersonId,
    id: &QuestionId,
    text: &str,
    clock: &Answering<'_>,
    now: WallTime,
) -> Result<()> {
    let text = fitting(text)?;
    let question = existing(tx, id).await?;
    if question.person_id != *by {
        return Err(StoreError::Refused(
            "This question is somebody else's: ask one of your own".to_owned(),
        ));
    }
    put_part(tx, id, (PartKind::Question, by, text), now).await?;
    if question.answered_at.is_some() {
        run!(
            tx,
            "UPDATE questions SET answered_at = NULL, due_at = $2 WHERE id = $1",
            id,
            clock.due(now)
        )?;
    }
    let subject = format!("question:{id}");
    log::append(tx, &by.into(), "question.asked_on", subject, json!({}), now).await?;
    put_message(tx, webhook::Subject::QuestionAsked, id, now).await?;
    tell(tx, by);
    Ok(())
}

/// A manager without an interest answers. Nothing else changes by it.
///
/// # Errors
/// [`StoreError::Conflict`] when it is answered already; [`StoreError::Interest`].
pub async fn answer(
    tx: &mut Tx,
    by: &PersonId,
    id: &QuestionId,
    text: &str,
    now: WallTime,
) -> Result<()> {
    let text = fitting(text)?;
    let question = existing(tx, id).await?;
    let subject = format!("question:{id}");
    let stake = stake(tx, &question).await?;
    interest::ask(tx, Act::Settle, by, &stake, &subject, now).await?;
    let answered = question.answered_at.is_some();
    if answered {
        return Err(StoreError::Conflict(
            "somebody has answered it already: read what they said",
        ));
    }
    put_part(tx, id, (PartKind::Answer, by, text), now).await?;
    let rows = run!(
        tx,
        "UPDATE questions SET answered_at = $2 WHERE id = $1 AND answered_at IS NULL",
        id,
        now
    )?;
    changed_one(
        rows,
        "somebody has answered it already: read what they said",
    )?;
    log::append(tx, &by.into(), "question.answered", subject, json!({}), now).await?;
    put_message(tx, webhook::Subject::QuestionAnswered, id, now).await?;
    tell(tx, &question.person_id);
    Ok(())
}

/// Who gains or loses by an answer: the claim's people, or whoever asks.
async fn stake(tx: &mut Tx, question: &Question) -> Result<Stake> {
    let mut stake = match &question.claim_id {
        Some(id) => {
            let claim = claims::existing(tx, id).await?;
            claims::stake(tx, &claim).await?
        }
        None => Stake {
            client: question.client_id.clone(),
            ..interest::empty()
        },
    };
    if !stake.earners.contains(&question.person_id) {
        stake.earners.push(question.person_id.clone());
    }
    Ok(stake)
}

async fn existing(tx: &mut Tx, id: &QuestionId) -> Result<Question> {
    by_id(tx, id)
        .await?
        .ok_or_else(|| StoreError::gone("question", id))
}

/// # Errors
/// When the database fails.
pub async fn by_id(tx: &mut Tx, id: &QuestionId) -> Result<Option<Question>> {
    let sql = format!("{QUESTION} WHERE q.id = $1");
    Ok(one!(tx, Question, sqlx::AssertSqlSafe(sql), id)?)
}

/// Somebody's own questions, newest first, those before the one of a number.
///
/// # Errors
/// When the database fails.
pub async fn of_person(
    tx: &mut Tx,
    person: &PersonId,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<Question>> {
    let sql = format!(
        "{QUESTION} WHERE q.person_id = $1 AND q.number < $2 ORDER BY q.number DESC LIMIT $3"
    );
    Ok(all!(
        tx,
        Question,
        sqlx::AssertSqlSafe(sql),
        person,
        before.unwrap_or(i64::MAX),
        limit
    )?)
}

/// All questions of somebody's clients that wait, by when they are due.
///
/// # Errors
/// When the database fails.
pub async fn waiting(tx: &mut Tx, person: &PersonId) -> Result<Vec<Question>> {
    let sql = format!(
        "{QUESTION} JOIN person_clients x ON x.client_id = q.client_id AND x.person_id = $1 WHERE \
         q.answered_at IS NULL ORDER BY q.due_at, q.id"
    );
    Ok(all!(tx, Question, sqlx::AssertSqlSafe(sql), person)?)
}

/// Questions of somebody's clients that are answered, newest first, those before the one of a
/// number.
///
/// # Errors
/// When the database fails.
pub async fn answered(
    tx: &mut Tx,
    person: &PersonId,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<Question>> {
    let sql = format!(
        "{QUESTION} JOIN person_clients x ON x.client_id = q.client_id AND x.person_id = $1 WHERE \
         q.answered_at IS NOT NULL AND q.number < $2 ORDER BY q.number DESC LIMIT $3"
    );
    Ok(all!(
        tx,
        Question,
        sqlx::AssertSqlSafe(sql),
        person,
        before.unwrap_or(i64::MAX),
        limit
    )?)
}

/// What was said, oldest first.
///
/// # Errors
/// When the database fails.
pub async fn parts(tx: &mut Tx, id: &QuestionId) -> Result<Vec<Part>> {
    Ok(all!(
        tx,
        Part,
        "SELECT a.kind, h.name AS said_by, a.text, a.at FROM question_parts a JOIN people h ON \
         h.id = a.person_id WHERE a.question_id = $1 ORDER BY a.nth",
        id
    )?)
}

/// How many questions of somebody's clients, asked before a moment, wait for an answer.
///
/// # Errors
/// When the database fails.
pub async fn open_before(tx: &mut Tx, before: WallTime, viewer: &PersonId) -> Result<i64> {
    let found = one!(
        tx,
        (i64,),
        "SELECT COUNT(*) FROM questions q JOIN person_clients x ON x.client_id = q.client_id AND \
         x.person_id = $2 WHERE q.answered_at IS NULL AND q.asked_at < $1",
        before,
        viewer
    )?;
    Ok(found.map_or(0, |row| row.0))
}
