//! Questions about money: a telemarketer asks about what is theirs, a manager without an interest
//! answers (PRODUCT M5).

use crate::api::access::Who;
use crate::api::app::{App, done};
use crate::api::problem::Problem;
use crate::commission::question::{About, PartKind, QuestionState, standing};
use crate::identity::Role;
use crate::store::commission::questions::{self, Answering, NewQuestion, Question, Subject};
use crate::store::{Tx, people};
use crate::units::{ClaimId, ClientId, EntryId, QuestionId, WallTime};
use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// A question about money.
#[derive(Serialize, ToSchema)]
pub struct MoneyQuestion {
    id: QuestionId,
    number: i64,
    about: About,
    state: QuestionState,
    /// Who asked.
    person: String,
    /// The lead's company, or what was given for a claim that is missing.
    company: String,
    #[schema(required)]
    claim: Option<ClaimId>,
    #[schema(required)]
    claim_number: Option<i64>,
    #[schema(required)]
    entry: Option<EntryId>,
    /// Of a claim that is missing: the day of the call.
    #[schema(required)]
    happened_on: Option<String>,
    asked_at: WallTime,
    /// When an answer is overdue.
    due_at: WallTime,
    #[schema(required)]
    answered_at: Option<WallTime>,
    /// What was said, oldest first.
    parts: Vec<QuestionPart>,
}

/// One thing that was said.
#[derive(Serialize, ToSchema)]
pub struct QuestionPart {
    kind: PartKind,
    by: String,
    text: String,
    at: WallTime,
}

/// A client whose claim may be missing.
#[derive(Serialize, ToSchema)]
pub struct QuestionClient {
    id: ClientId,
    name: String,
}

/// Own questions, newest first; for a manager those of their clients: on the first page all that
/// wait, by when they are due, and then what is answered, newest first.
#[derive(Serialize, ToSchema)]
pub struct Questions {
    questions: Vec<MoneyQuestion>,
    /// `before` of the next page; null on the last.
    #[schema(required)]
    next: Option<i64>,
    /// One's own.
    clients: Vec<QuestionClient>,
    /// Working days in which a question is answered.
    answer_within_days: u32,
    zone: String,
    now: WallTime,
}

/// Questions on a page, beside those that wait.
const PAGE: i64 = 100;

/// Which page.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct QuestionsBefore {
    /// `next` of the page before.
    before: Option<i64>,
}

/// Questions about money.
#[utoipa::path(
    get,
    path = "/questions",
    params(QuestionsBefore),
    responses((status = 200, body = Questions))
)]
pub async fn list(
    State(app): State<App>,
    who: Who,
    asked: Result<Query<QuestionsBefore>, QueryRejection>,
) -> Result<Json<Questions>, Problem> {
    let Query(QuestionsBefore { before }) = asked?;
    let now = app.clock.now();
    let mut tx = app.db.read().await?;
    let manages = who.is(Role::Manager);
    let mut found = match manages {
        true => questions::answered(&mut tx, who.id(), before, PAGE + 1).await?,
        false => questions::of_person(&mut tx, who.id(), before, PAGE + 1).await?,
    };
    let more = found.len() as i64 > PAGE;
    found.truncate(PAGE as usize);
    let next = found.last().filter(|_| more).map(|q| q.number);
    let mut all = Vec::new();
    if manages && before.is_none() {
        for question in questions::waiting(&mut tx, who.id()).await? {
            all.push(view(&mut tx, question, now).await?);
        }
    }
    for question in found {
        all.push(view(&mut tx, question, now).await?);
    }
    let clients = people::named_clients_of(&mut tx, who.id()).await?;
    let clients = clients.into_iter();
    Ok(Json(Questions {
        questions: all,
        next,
        clients: clients
            .map(|(id, name)| QuestionClient { id, name })
            .collect(),
        answer_within_days: app.answer_within_days,
        zone: app.rules.zone.to_string(),
        now,
    }))
}

async fn view(tx: &mut Tx, q: Question, now: WallTime) -> Result<MoneyQuestion, Problem> {
    let parts = questions::parts(tx, &q.id).await?;
    Ok(MoneyQuestion {
        state: standing(q.answered_at, q.due_at, now),
        id: q.id,
        number: q.number,
        about: q.about,
        person: q.person.into_inner(),
        company: q.company.into_inner(),
        claim: q.claim_id,
        claim_number: q.claim_number,
        entry: q.entry_id,
        happened_on: q.happened_on,
        asked_at: q.asked_at,
        due_at: q.due_at,
        answered_at: q.answered_at,
        parts: parts
            .into_iter()
            .map(|p| QuestionPart {
                kind: p.kind,
                by: p.said_by.into_inner(),
                text: p.text.into_inner(),
                at: p.at,
            })
            .collect(),
    })
}

/// A question: about an entry, about a claim, or about a claim that is missing, which names client,
/// company and day.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QuestionBody {
    about: About,
    entry: Option<EntryId>,
    claim: Option<ClaimId>,
    client: Option<ClientId>,
    company: Option<String>,
    /// `2026-11-20`.
    day: Option<String>,
    /// 1 to 2,000 characters.
    text: String,
}

impl QuestionBody {
    fn subject(&self) -> Result<Subject<'_>, Problem> {
        let named = (&self.entry, &self.claim, &self.client);
        match (named, &self.company, &self.day) {
            ((Some(entry), None, None), None, None) => Ok(Subject::Entry(entry)),
            ((None, Some(claim), None), None, None) => Ok(Subject::Claim(claim)),
            ((None, None, Some(client)), Some(company), Some(day)) => Ok(Subject::Missing {
                client,
                company,
                day,
            }),
            _ => Err(Problem::bad(
                "A question is about one thing: name an entry, a claim, or client, company and day.",
            )),
        }
    }
}

/// A question was asked.
#[derive(Serialize, ToSchema)]
pub struct QuestionAsked {
    id: QuestionId,
}

fn clock(app: &App) -> Answering<'_> {
    Answering {
        within_days: app.answer_within_days,
        zone: &app.rules.zone,
    }
}

/// Asks about one's own money. Nothing moves by it.
#[utoipa::path(
    post,
    path = "/questions",
    request_body = QuestionBody,
    responses((status = 200, body = QuestionAsked))
)]
pub async fn ask(
    State(app): State<App>,
    who: Who,
    body: Result<Json<QuestionBody>, JsonRejection>,
) -> Result<Json<QuestionAsked>, Problem> {
    let Json(body) = body?;
    let new = NewQuestion {
        about: body.about,
        subject: body.subject()?,
        text: &body.text,
    };
    let mut tx = app.db.write().await?;
    let id = questions::ask(&mut tx, who.id(), &new, &clock(&app), app.clock.now()).await?;
    tx.commit().await?;
    Ok(Json(QuestionAsked { id }))
}

/// What is said in a question.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QuestionText {
    /// 1 to 2,000 characters.
    text: String,
}

async fn visible(tx: &mut Tx, who: &Who, id: &QuestionId) -> Result<(), Problem> {
    let found = questions::by_id(tx, id).await?;
    let sees = |q: &Question| match who.is(Role::Manager) {
        true => who.sees_client(&q.client_id),
        false => q.person_id == *who.id(),
    };
    found.filter(sees).map(drop).ok_or_else(Problem::not_found)
}

/// Asks on in an own question.
#[utoipa::path(
    post,
    path = "/questions/{id}/follow-up",
    request_body = QuestionText,
    responses((status = 204))
)]
pub async fn follow_up(
    State(app): State<App>,
    who: Who,
    Path(id): Path<QuestionId>,
    body: Result<Json<QuestionText>, JsonRejection>,
) -> Result<StatusCode, Problem> {
    let Json(QuestionText { text }) = body?;
    let mut tx = app.db.write().await?;
    visible(&mut tx, &who, &id).await?;
    let now = app.clock.now();
    questions::follow_up(&mut tx, who.id(), &id, &text, &clock(&app), now).await?;
    done(tx).await
}

/// Answers a question.
#[utoipa::path(
    post,
    path = "/questions/{id}/answer",
    request_body = QuestionText,
    responses((status = 204))
)]
pub async fn answer(
    State(app): State<App>,
    who: Who,
    Path(id): Path<QuestionId>,
    body: Result<Json<QuestionText>, JsonRejection>,
) -> Result<StatusCode, Problem> {
    let Json(QuestionText { text }) = body?;
    let mut tx = app.db.write().await?;
    visible(&mut tx, &who, &id).await?;
    let now = app.clock.now();
    if let Err(error) = questions::answer(&mut tx, who.id(), &id, &text, now).await {
        return Err(tx.refuse(error).await.into());
    }
    done(tx).await
}
