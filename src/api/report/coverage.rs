//! What was seen, recorded and missed, and where our account differs from the phone system's.

use crate::api::access::Who;
use crate::api::app::App;
use crate::api::problem::Problem;
use crate::hex::hex;
use crate::identity::Role;
use crate::recorder::Discarded;
use crate::report::coverage::{self as report, Difference, Totals};
use crate::store::people;
use crate::store::report::coverage as stored;
use crate::units::{Micros, WallTime};
use axum::Json;
use axum::extract::{Query, State};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use utoipa::{IntoParams, ToSchema};

/// How far back.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Period {
    /// 1 to 366; without it, the last seven days.
    days: Option<i64>,
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
    reason: &'static str,
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
    lines: Vec<UnknownLine>,
    totals: Totals,
    /// Records of the phone system in the period.
    records: usize,
    differences: Vec<Difference>,
    /// The last few of each reason, for administrators; empty where no tap runs.
    discarded: Vec<DiscardedPacket>,
    /// Recordings lie unencrypted on the box's disk.
    in_the_open: bool,
}

/// Lines that nobody owns, totals of a period, and where our account differs from the phone
/// system's. What is told and counted is of one's own clients' lines; an administrator, and who works
/// for every client, has all.
#[utoipa::path(get, path = "/coverage", params(Period), responses((status = 200, body = Coverage)))]
pub async fn coverage(
    State(app): State<App>,
    who: Who,
    Query(period): Query<Period>,
) -> Result<Json<Coverage>, Problem> {
    let now = app.clock.now();
    let from = now - Micros::from_secs(86_400 * period.days.unwrap_or(7).clamp(1, 366));
    let mut tx = app.db.read().await?;
    let unknown = people::unknown_lines(&mut tx).await?;
    let calls = stored::calls(&mut tx, from, now).await?;
    let records = stored::records(&mut tx, from, now).await?;
    let lines = people::lines(&mut tx).await?;
    // Counts too are for the line's own client alone (PRODUCT I7).
    let clients = people::all_clients(&mut tx).await?;
    let whole = who.is(Role::Admin) || clients.iter().all(|(client, _)| who.sees_client(client));
    let own: HashSet<&str> = lines
        .iter()
        .filter(|l| who.sees_client(&l.client_id))
        .map(|l| l.value.reveal().as_str())
        .collect();
    let is_own = |numbers: [Option<&str>; 2]| {
        whole
            || numbers
                .into_iter()
                .flatten()
                .any(|number| own.contains(number))
    };
    let all = report::reconcile(&calls, &records, &app.numbers);
    let shown: Vec<Difference> = all
        .into_iter()
        .filter(|d| is_own([d.from.as_deref(), d.to.as_deref()]))
        .collect();
    let calls: Vec<report::Seen> = calls
        .into_iter()
        .filter(|c| is_own([c.from.as_deref(), c.to.as_deref()]))
        .collect();
    let records = records
        .iter()
        .filter(|r| is_own([Some(&r.from), Some(&r.to)]))
        .count();
    let discarded = match who.is(Role::Admin) {
        true => discarded(&app).await,
        false => Vec::new(),
    };
    let lines = unknown.into_iter().map(|l| UnknownLine {
        number: l.number.into_inner(),
        calls: l.calls,
        last_at: l.last_at,
    });
    Ok(Json(Coverage {
        from,
        to: now,
        lines: lines.collect(),
        totals: report::totals(&calls),
        records,
        differences: shown,
        discarded,
        in_the_open: !app.objects.keyring().encrypts(),
    }))
}

/// Asks the tap; it answers from its own thread.
async fn discarded(app: &App) -> Vec<DiscardedPacket> {
    let live = app.live.clone();
    let answer = tokio::task::spawn_blocking(move || live.discarded()).await;
    let packets = answer.ok().flatten().unwrap_or_default();
    let view = |p: Discarded| DiscardedPacket {
        reason: p.reason.name(),
        at: p.at(),
        addresses: p.addresses().map(|(a, b)| (a.to_string(), b.to_string())),
        length: p.length(),
        first_bytes: hex(p.first_bytes()),
    };
    packets.into_iter().map(view).collect()
}
