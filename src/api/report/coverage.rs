//! What was seen, recorded and missed, and where our account differs from the phone system's.

use crate::api::access::Who;
use crate::api::app::{App, done};
use crate::api::calls::untold::Untold;
use crate::api::problem::Problem;
use crate::api::sheet::{Cell, sheet};
use crate::commission::is_period;
use crate::hex::hex;
use crate::identity::Role;
use crate::leads::Numbers;
use crate::recorder::Discarded;
use crate::report::coverage::{self as report, Difference, Month, Totals};
use crate::store::people::{self, Line};
use crate::store::report::coverage as stored;
use crate::store::{StoreError, Tx, calls};
use crate::units::{CallId, ClientId, Micros, WallTime, Zone};
use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};
use utoipa::{IntoParams, ToSchema};

/// How far back, or which month.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Period {
    /// 1 to 366; without it, the last seven days.
    days: Option<i64>,
    /// `2026-11`, instead of `days`.
    month: Option<String>,
}

impl Period {
    fn span(&self, zone: &Zone, now: WallTime) -> Result<(WallTime, WallTime), Problem> {
        let day = Micros::from_secs(86_400);
        match &self.month {
            None => match self.days.unwrap_or(7) {
                days @ 1..=366 => Ok((now - Micros(day.0 * days), now)),
                _ => Err(Problem::bad("'days' is 1 to 366.")),
            },
            Some(_) if self.days.is_some() => Err(Problem::bad("Name days or a month, not both.")),
            Some(month) => {
                let ends = zone.end_of_month(month).filter(|_| is_period(month));
                let first = zone.start_of_day(&format!("{month}-01"));
                first
                    .zip(ends)
                    .ok_or_else(|| Problem::bad("A month is such as 2026-11."))
            }
        }
    }
}

/// What somebody found out.
#[derive(Debug, Serialize, ToSchema)]
pub struct CoverageNote {
    by: String,
    text: String,
    at: WallTime,
}

/// A difference, with what was found out about it.
#[derive(Serialize, ToSchema)]
pub struct CoverageDifference {
    #[serde(flatten)]
    difference: Difference,
    /// Oldest first.
    notes: Vec<CoverageNote>,
}

/// A line that calls were seen on and that is nobody's.
#[derive(Serialize, ToSchema)]
pub struct UnknownLine {
    number: String,
    calls: i64,
    last_at: WallTime,
}

/// A packet that the running tap discarded.
#[derive(Serialize, ToSchema)]
pub struct DiscardedPacket {
    /// As the metrics name it.
    reason: String,
    at: WallTime,
    /// From and to; null where it was not read that far.
    #[schema(required)]
    addresses: Option<(String, String)>,
    /// Of all that was captured, in bytes.
    length: usize,
    /// Its first bytes in hex; of media the header alone.
    first_bytes: String,
}

/// A period's coverage.
#[derive(Serialize, ToSchema)]
pub struct Coverage {
    from: WallTime,
    to: WallTime,
    /// The house's, in which months begin and end.
    zone: String,
    lines: Vec<UnknownLine>,
    /// Clients of whom it was promised that nobody is singled out: their calls are in no count,
    /// and their differences are listed without whose line it was.
    untold: Vec<String>,
    /// Null, here and below: that was promised of all.
    #[schema(required)]
    totals: Option<Totals>,
    /// Records of the phone system in the period.
    #[schema(required)]
    records: Option<usize>,
    differences: Vec<CoverageDifference>,
    /// By the phone system's records.
    months: Vec<Month>,
    /// Of the calls that it says were answered, so many per cent are to be recorded.
    target_percent: f64,
    /// The last few of each reason, for administrators; empty where no tap runs.
    discarded: Vec<DiscardedPacket>,
    /// Recordings lie unencrypted on the box's disk.
    in_the_open: bool,
}

/// Lines that nobody owns, totals of a period, and where our account differs from the phone
/// system's. What is told and counted is of one's own clients' lines; an administrator, and who
/// works for every client, has all.
#[utoipa::path(get, path = "/coverage", params(Period), responses((status = 200, body = Coverage)))]
pub async fn coverage(
    State(app): State<App>,
    who: Who,
    period: Result<Query<Period>, QueryRejection>,
) -> Result<Json<Coverage>, Problem> {
    let Query(period) = period?;
    Ok(Json(made(&app, &who, &period).await?))
}

/// The differences as CSV, with what was found out about each.
#[utoipa::path(
    get,
    path = "/coverage.csv",
    params(Period),
    responses((status = 200, content_type = "text/csv", body = String))
)]
pub async fn csv(
    State(app): State<App>,
    who: Who,
    period: Result<Query<Period>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(period) = period?;
    let made = made(&app, &who, &period).await?;
    let columns = [
        "at", "kind", "from", "to", "answered", "call", "record", "likely", "notes",
    ];
    let zone = app.rules.zone.clone();
    let rows = made.differences.into_iter().map(move |one| {
        let d = one.difference;
        let text = |t: Option<String>| Cell::text(t.unwrap_or_default());
        let notes = one.notes.iter().map(|n| format!("{}: {}", n.by, n.text));
        [
            Cell::figure(zone.minute(d.at)),
            Cell::figure(d.kind.as_str()),
            text(d.from),
            text(d.to),
            Cell::figure(i64::from(d.answered)),
            text(d.call),
            text(d.record),
            Cell::text(d.likely),
            Cell::text(notes.collect::<Vec<_>>().join("; ")),
        ]
    });
    Ok(sheet("coverage", columns, rows))
}

async fn made(app: &App, who: &Who, period: &Period) -> Result<Coverage, Problem> {
    let (from, to) = period.span(&app.rules.zone, app.clock.now())?;
    let mut tx = app.db.read().await?;
    let unknown = people::unknown_lines(&mut tx).await?;
    let calls = stored::calls(&mut tx, from, to).await?;
    let records = stored::records(&mut tx, from, to).await?;
    let notes = stored::notes(&mut tx, from, to).await?;
    let own = Own::of(&mut tx, who).await?;
    let untold = own.untold_names.clone();
    drop(tx);
    let (numbers, zone, target) = (
        app.numbers.clone(),
        app.rules.zone.clone(),
        app.reports.recorded,
    );
    // A month of calls is some work: not on a thread that serves others.
    let work = move || held(calls, records, &own, &numbers, &zone, target);
    let held = tokio::task::spawn_blocking(work).await;
    let held = held.map_err(|why| StoreError::Broken(why.to_string()))?;
    let discarded = match who.is(Role::Admin) {
        true => discarded(app).await,
        false => Vec::new(),
    };
    let lines = unknown.into_iter().map(|l| UnknownLine {
        number: l.number.into_inner(),
        calls: l.calls,
        last_at: l.last_at,
    });
    Ok(Coverage {
        from,
        to,
        zone: app.rules.zone.to_string(),
        lines: lines.collect(),
        untold,
        totals: held.totals,
        records: held.records,
        differences: with_notes(held.differences, &notes),
        months: held.months,
        target_percent: app.reports.recorded * 100.0,
        discarded,
        in_the_open: !app.objects.keyring().encrypts(),
    })
}

/// Whose lines somebody may see: counts too are for the line's own client alone (PRODUCT I7).
struct Own {
    /// An administrator, and who works for every client.
    whole: bool,
    clients: HashSet<ClientId>,
    /// By their numbers, whoever had them and when.
    lines: HashMap<String, Vec<Line>>,
    /// What a manager is told neither by the line nor by the count.
    untold: Untold,
    /// The clients of that, by their names.
    untold_names: Vec<String>,
}

impl Own {
    async fn of(tx: &mut Tx, who: &Who) -> Result<Own, Problem> {
        let all = people::all_clients(tx).await?;
        let untold = match who.is(Role::Admin) {
            true => Untold::nothing(),
            false => Untold::of_calls(tx, who).await?,
        };
        let mut lines: HashMap<String, Vec<Line>> = HashMap::new();
        for line in people::lines(tx).await? {
            let of = lines.entry(line.value.reveal().clone()).or_default();
            of.push(line);
        }
        let names = all.iter().filter(|(client, _)| untold.has(client));
        Ok(Own {
            whole: who.is(Role::Admin) || all.iter().all(|(c, _)| who.sees_client(c)),
            untold_names: names.map(|(_, name)| name.clone()).collect(),
            clients: who.clients.iter().cloned().collect(),
            lines,
            untold,
        })
    }

    /// Whose these numbers were at a moment.
    fn clients_at(
        &self,
        numbers: [Option<&str>; 2],
        at: WallTime,
    ) -> impl Iterator<Item = &ClientId> {
        let named = numbers.into_iter().flatten();
        let lines = named.filter_map(|number| self.lines.get(number)).flatten();
        lines
            .filter(move |line| line.is_at(at))
            .map(|line| &line.client_id)
    }

    fn has(&self, numbers: [Option<&str>; 2], at: WallTime) -> bool {
        self.whole
            || self
                .clients_at(numbers, at)
                .any(|c| self.clients.contains(c))
    }

    /// Whether a call is in the counts.
    fn counts(&self, numbers: [Option<&str>; 2], at: WallTime) -> bool {
        self.has(numbers, at) && !self.clients_at(numbers, at).any(|c| self.untold.has(c))
    }

    /// There is a client whose calls are counted.
    fn counts_any(&self) -> bool {
        self.untold.is_nothing() || self.clients.iter().any(|c| !self.untold.has(c))
    }

    /// Leaves out whose line it was.
    fn tell(&self, mut difference: Difference) -> Difference {
        let at = difference.at;
        for number in [&mut difference.from, &mut difference.to] {
            number.take_if(|n| {
                self.clients_at([Some(n), None], at)
                    .any(|c| self.untold.has(c))
            });
        }
        difference
    }
}

/// Both accounts, held against each other.
struct Held {
    /// `None`, here and below: it is not told.
    totals: Option<Totals>,
    records: Option<usize>,
    differences: Vec<Difference>,
    months: Vec<Month>,
}

fn held(
    mut calls: Vec<report::Seen>,
    mut records: Vec<report::Record>,
    own: &Own,
    numbers: &Numbers,
    zone: &Zone,
    target: f64,
) -> Held {
    let mut differences = report::reconcile(&calls, &records, numbers);
    differences.retain(|d| own.has([d.from.as_deref(), d.to.as_deref()], d.at));
    let is_counted = own.counts_any();
    records.retain(|r| is_counted && own.counts([Some(&r.from), Some(&r.to)], r.started_at));
    calls.retain(|c| is_counted && own.counts([c.from.as_deref(), c.to.as_deref()], c.started_at));
    let counted: Vec<Difference> = differences
        .iter()
        .filter(|d| is_counted && own.counts([d.from.as_deref(), d.to.as_deref()], d.at))
        .cloned()
        .collect();
    Held {
        totals: is_counted.then(|| report::totals(&calls)),
        months: report::months(&records, &counted, zone, target),
        records: is_counted.then_some(records.len()),
        differences: differences.into_iter().map(|d| own.tell(d)).collect(),
    }
}

fn with_notes(differences: Vec<Difference>, notes: &[stored::Note]) -> Vec<CoverageDifference> {
    let mut by_subject: HashMap<&str, Vec<&stored::Note>> = HashMap::new();
    for note in notes {
        let call = note.call_id.as_ref().map(CallId::as_str);
        for subject in [note.cdr_id.as_deref().or(call)].into_iter().flatten() {
            by_subject.entry(subject).or_default().push(note);
        }
    }
    let view = |difference: Difference| {
        let subject = difference.record.as_deref().or(difference.call.as_deref());
        let notes = subject
            .and_then(|s| by_subject.get(s))
            .into_iter()
            .flatten();
        let notes = notes.map(|n| CoverageNote {
            by: n.said_by.reveal().clone(),
            text: n.text.reveal().clone(),
            at: n.at,
        });
        CoverageDifference {
            notes: notes.collect(),
            difference,
        }
    };
    differences.into_iter().map(view).collect()
}

/// What somebody found out about a difference.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CoverageNoteBody {
    /// As the difference names it.
    call: Option<CallId>,
    /// As the difference names it.
    record: Option<String>,
    /// 1 to 2,000 characters.
    text: String,
}

/// Longer than anybody writes into one note.
const LONGEST: usize = 2_000;

/// Writes down what was found out about a difference; it stands beside it, with who wrote it, and
/// stays as it was written.
#[utoipa::path(
    post,
    path = "/coverage/notes",
    request_body = CoverageNoteBody,
    responses((status = 204))
)]
pub async fn note(
    State(app): State<App>,
    who: Who,
    body: Result<Json<CoverageNoteBody>, JsonRejection>,
) -> Result<StatusCode, Problem> {
    let Json(body) = body?;
    let text = body.text.trim();
    if text.is_empty() || text.chars().count() > LONGEST {
        return Err(Problem::bad("Write 1 to 2,000 characters."));
    }
    let mut tx = app.db.write().await?;
    let own = Own::of(&mut tx, &who).await?;
    let seen = match (&body.record, &body.call) {
        (Some(record), _) => stored::record(&mut tx, record)
            .await?
            .is_some_and(|(from, to, at)| own.has([Some(&from), Some(&to)], at)),
        (None, Some(_)) => true,
        (None, None) => {
            return Err(Problem::bad(
                "Name the call or the record that it is about.",
            ));
        }
    };
    let about = match &body.call {
        Some(call) => calls::by_id(&mut tx, call).await?.is_some_and(|c| {
            own.whole || c.client_id.is_some_and(|client| who.sees_client(&client))
        }),
        None => true,
    };
    if !seen || !about {
        return Err(Problem::not_found());
    }
    let (call, record) = (body.call.as_ref(), body.record.as_deref());
    stored::note(&mut tx, who.id(), (call, record), text, app.clock.now()).await?;
    done(tx).await
}

/// Asks the tap; it answers from its own thread.
async fn discarded(app: &App) -> Vec<DiscardedPacket> {
    let live = app.live.clone();
    let answer = tokio::task::spawn_blocking(move || live.discarded()).await;
    let packets = answer.ok().flatten().unwrap_or_default();
    let view = |p: Discarded| DiscardedPacket {
        reason: p.reason,
        at: p.at,
        addresses: p.addresses.map(|(a, b)| (a.to_string(), b.to_string())),
        length: p.length,
        first_bytes: hex(p.first_bytes.reveal()),
    };
    packets.into_iter().map(view).collect()
}
