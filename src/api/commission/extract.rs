//! The extract of the books: every claim, whatever became of it, as a page and as CSV (PRODUCT M2).

use crate::api::access::Who;
use crate::api::app::App;
use crate::api::problem::Problem;
use crate::commission::{EntryKind, Part, RulingKind};
use crate::identity::Role;
use crate::review::DisputeState;
use crate::review::fate::Fate;
use crate::store::commission::extract::{self, Extracted, Line, Wanted, Whose};
use crate::store::log::{self, Outside};
use crate::store::{Db, Tx, people};
use crate::units::{ClaimId, EntryId, Money, PersonId, VerdictId, WallTime};
use axum::Json;
use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use utoipa::{IntoParams, ToSchema};

/// An entry of a claim.
#[derive(Serialize, ToSchema)]
pub struct ExtractEntry {
    id: EntryId,
    kind: EntryKind,
    part: Part,
    amount: Money,
    period: String,
    payable_at: WallTime,
    /// Why it takes another back.
    #[schema(required)]
    reason: Option<String>,
    /// The payroll run that paid it.
    #[schema(required)]
    run: Option<i64>,
}

/// What was ruled on a claim.
#[derive(Serialize, ToSchema)]
pub struct ExtractRuling {
    kind: RulingKind,
    note: String,
    ruled_at: WallTime,
    /// Of fraud: when a second person confirmed it.
    #[schema(required)]
    confirmed_at: Option<WallTime>,
}

/// A claim and all that became of it.
#[derive(Serialize, ToSchema)]
pub struct ExtractClaim {
    id: ClaimId,
    number: i64,
    person: String,
    company: String,
    campaign: String,
    made_at: WallTime,
    fate: Fate,
    /// When that was.
    since: WallTime,
    #[schema(required)]
    waits_until: Option<WallTime>,
    /// What the reviewer wrote who sent it back.
    #[schema(required)]
    sent_back_note: Option<String>,
    #[schema(required)]
    verdict: Option<VerdictId>,
    /// What its verdict said first; a dispute may have turned it.
    #[schema(required)]
    passed: Option<bool>,
    #[schema(required)]
    final_at: Option<WallTime>,
    #[schema(required)]
    dispute: Option<DisputeState>,
    entries: Vec<ExtractEntry>,
    rulings: Vec<ExtractRuling>,
    /// What its entries come to, per currency.
    stands: Vec<Money>,
}

/// Somebody whose claims can be asked for.
#[derive(Serialize, ToSchema)]
pub struct ExtractPerson {
    id: PersonId,
    name: String,
}

/// A page of the extract, by number.
#[derive(Serialize, ToSchema)]
pub struct Extract {
    claims: Vec<ExtractClaim>,
    /// Ask for what comes after this number; null: that was all.
    #[schema(required)]
    next: Option<i64>,
    /// For a manager: the telemarketers of their clients, by name.
    people: Vec<ExtractPerson>,
    zone: String,
    now: WallTime,
}

/// Which claims.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ExtractQuery {
    /// For a manager: one telemarketer's alone.
    person: Option<PersonId>,
    /// Made from this day on, `2026-11-01`, in the house's time zone.
    from: Option<String>,
    /// Made up to this day, included.
    to: Option<String>,
    /// After the claim of this number.
    after: Option<i64>,
}

/// So many claims come at once.
const A_PAGE: i64 = 200;

/// What of the query does not change from page to page.
#[derive(Clone)]
struct Span {
    viewer: PersonId,
    own: bool,
    person: Option<PersonId>,
    from: Option<WallTime>,
    before: Option<WallTime>,
}

impl Span {
    fn of(app: &App, who: &Who, q: &ExtractQuery) -> Result<Span, Problem> {
        let zone = &app.rules.zone;
        let day = |text: &Option<String>, of: &dyn Fn(&str) -> Option<WallTime>| {
            let given = text.as_deref().filter(|t| !t.is_empty());
            let read =
                given.map(|t| of(t).ok_or_else(|| Problem::bad("A day is such as 2026-11-20.")));
            read.transpose()
        };
        let from = day(&q.from, &|t| zone.start_of_day(t))?;
        let before = day(&q.to, &|t| zone.end_of_day(t))?;
        if from
            .zip(before)
            .is_some_and(|(from, before)| before <= from)
        {
            return Err(Problem::bad("The last day lies before the first."));
        }
        Ok(Span {
            viewer: who.id().clone(),
            own: !who.is(Role::Manager),
            person: q.person.clone().filter(|p| !p.is_empty()),
            from,
            before,
        })
    }

    /// Whoever is asked for is there: a telemarketer of the viewer's clients, or one who has claims
    /// with them.
    async fn is_of_somebody(&self, tx: &mut Tx) -> Result<(), Problem> {
        let Some(person) = &self.person else {
            return Ok(());
        };
        let found = match self.own {
            true => *person == self.viewer,
            false => self.is_theirs(tx, person).await?,
        };
        match found {
            true => Ok(()),
            false => Err(Problem::not_found()),
        }
    }

    async fn is_theirs(&self, tx: &mut Tx, person: &PersonId) -> Result<bool, Problem> {
        let known = people::by_id(tx, person).await?;
        if known.is_none_or(|p| p.role != Role::Telemarketer) {
            return Ok(false);
        }
        let own = people::clients_of(tx, &self.viewer).await?;
        let theirs = people::clients_of(tx, person).await?;
        if theirs.iter().any(|client| own.contains(client)) {
            return Ok(true);
        }
        let any = Span {
            from: None,
            before: None,
            ..self.clone()
        };
        Ok(!extract::page(tx, &any.wanted(None, 1)).await?.is_empty())
    }

    fn wanted(&self, after: Option<i64>, limit: i64) -> Wanted<'_> {
        let whose = match self.own {
            true => Whose::Own(&self.viewer),
            false => Whose::Clients {
                viewer: &self.viewer,
                person: self.person.as_ref(),
            },
        };
        Wanted {
            whose,
            from: self.from,
            before: self.before,
            after,
            limit,
        }
    }
}

/// Own claims; for a manager those of their clients.
#[utoipa::path(
    get,
    path = "/extract",
    params(ExtractQuery),
    responses((status = 200, body = Extract))
)]
pub async fn page(
    State(app): State<App>,
    who: Who,
    query: Result<Query<ExtractQuery>, QueryRejection>,
) -> Result<Json<Extract>, Problem> {
    let Query(q) = query?;
    let span = Span::of(&app, &who, &q)?;
    let mut tx = app.db.read().await?;
    span.is_of_somebody(&mut tx).await?;
    let found = extract::page(&mut tx, &span.wanted(q.after, A_PAGE)).await?;
    let full = i64::try_from(found.len()).is_ok_and(|n| n == A_PAGE);
    let next = found.last().filter(|_| full).map(|c| c.number);
    let people = match (span.own, q.after) {
        (false, None) => names(&mut tx, &who).await?,
        _ => Vec::new(),
    };
    Ok(Json(Extract {
        claims: found.into_iter().map(view).collect(),
        next,
        people,
        zone: app.rules.zone.to_string(),
        now: app.clock.now(),
    }))
}

async fn names(tx: &mut Tx, who: &Who) -> Result<Vec<ExtractPerson>, Problem> {
    let mut all = Vec::new();
    for client in &who.clients {
        for person in people::of_client(tx, client, Role::Telemarketer).await? {
            all.push(ExtractPerson {
                id: person.id,
                name: person.name.into_inner(),
            });
        }
    }
    all.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
    all.dedup_by(|a, b| a.id == b.id);
    Ok(all)
}

fn view(c: Extracted) -> ExtractClaim {
    let ruling = |r: extract::Ruled| ExtractRuling {
        kind: r.kind,
        note: r.note.into_inner(),
        ruled_at: r.ruled_at,
        confirmed_at: r.confirmed_at,
    };
    ExtractClaim {
        id: c.id,
        number: c.number,
        person: c.person.into_inner(),
        company: c.company.into_inner(),
        campaign: c.campaign,
        made_at: c.made_at,
        fate: c.fate,
        since: c.since,
        waits_until: c.waits_until,
        sent_back_note: c.sent_back_note.map(crate::pii::Pii::into_inner),
        verdict: c.verdict_id,
        passed: c.passed,
        final_at: c.final_at,
        dispute: c.dispute,
        entries: c.entries.into_iter().map(entry).collect(),
        rulings: c.rulings.into_iter().map(ruling).collect(),
        stands: c.stands,
    }
}

fn entry(e: Line) -> ExtractEntry {
    ExtractEntry {
        amount: Money::new(e.amount_minor, &e.currency),
        id: e.id,
        kind: e.kind,
        part: e.part,
        period: e.period,
        payable_at: e.payable_at,
        reason: e.reason,
        run: e.run,
    }
}

/// The same as CSV, whole: it is sent as it is read.
#[utoipa::path(
    get,
    path = "/extract.csv",
    params(ExtractQuery),
    responses((status = 200, content_type = "text/csv", body = String))
)]
pub async fn csv(
    State(app): State<App>,
    who: Who,
    query: Result<Query<ExtractQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(q) = query?;
    let span = Span::of(&app, &who, &q)?;
    let of = match span.own {
        true => Some(who.id().clone()),
        false => span.person.clone(),
    };
    let mut tx = app.db.write().await?;
    span.is_of_somebody(&mut tx).await?;
    let what = Outside::BooksExtracted(of);
    log::note(&mut tx, &who.actor(), &what, app.clock.now()).await?;
    tx.commit().await?;
    let (send, receive) = mpsc::channel(2);
    tokio::spawn(write(app.db.clone(), span, send));
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"assay-extract.csv\"",
        ),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, Body::from_stream(ReceiverStream::new(receive))).into_response())
}

type Piece = Result<String, std::io::Error>;

/// Sends the whole extract, a page at a time; it ends when nobody reads any more. A failure ends
/// the answer short of its end, which the browser tells.
async fn write(db: Db, span: Span, to: mpsc::Sender<Piece>) {
    let mut after = None;
    let mut piece = extract::HEADER.to_owned();
    loop {
        let found = async {
            let mut tx = db.read().await?;
            extract::page(&mut tx, &span.wanted(after, extract::MOST)).await
        };
        let found = found.await.map_err(std::io::Error::other);
        let last = match &found {
            Ok(found) => {
                found.iter().for_each(|c| piece.push_str(&c.csv()));
                found.last().map(|c| c.number)
            }
            Err(error) => {
                tracing::error!(%error, "the extract ends early");
                None
            }
        };
        let sent = to.send(found.map(|_| std::mem::take(&mut piece))).await;
        if sent.is_err() || last.is_none() {
            return;
        }
        after = last;
    }
}
