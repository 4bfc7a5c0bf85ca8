//! Reports.

pub mod coverage;
pub mod experiments;
pub mod forecast;
pub mod funnel;
pub mod gate;
pub mod numbers;
pub mod origin;
pub mod overview;
pub mod promise;
pub mod score;
pub mod slots;
mod together;
pub mod waterfall;

use crate::api::access::Who;
use crate::api::app::App;
use crate::api::problem::Problem;
use crate::store::{Tx, people};
use crate::units::{ClientId, WallTime, Zone, day_number, numbered_day};
use serde::Serialize;
use utoipa::ToSchema;

/// A client whose figures somebody may see.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReportClient {
    id: ClientId,
    name: String,
}

/// The client that is asked for, or the first by name; and all of whoever asks.
///
/// # Errors
/// 404 for another's client, and for who has none.
async fn client(
    tx: &mut Tx,
    who: &Who,
    wanted: Option<&ClientId>,
) -> Result<(ClientId, Vec<ReportClient>), Problem> {
    let all = people::all_clients(tx).await?;
    let own: Vec<ReportClient> = all
        .into_iter()
        .filter(|(id, _)| who.sees_client(id))
        .map(|(id, name)| ReportClient { id, name })
        .collect();
    let chosen = own.iter().find(|c| wanted.is_none_or(|w| *w == c.id));
    let chosen = chosen.ok_or_else(Problem::not_found)?.id.clone();
    Ok((chosen, own))
}

/// When a day, counted from 1970-01-01, begins.
fn start_of(zone: &Zone, day: i64) -> WallTime {
    let text = numbered_day(day).unwrap_or_default();
    zone.start_of_day(&text).unwrap_or_default()
}

/// The longest period that is told, in days: ten years.
const LONGEST: i64 = 3_660;

/// From the first day on, before the second, counted from 1970-01-01 in the house's time zone; four
/// weeks up to today where nothing is asked for.
///
/// # Errors
/// For what is no day, and for a period that ends before it begins or is too long.
fn days(app: &App, from: Option<&str>, to: Option<&str>) -> Result<(i64, i64), Problem> {
    days_or(app, from, to, 28)
}

/// The same, with so many days where nothing is asked for.
///
/// # Errors
/// As for [`days`].
fn days_or(
    app: &App,
    from: Option<&str>,
    to: Option<&str>,
    usual: i64,
) -> Result<(i64, i64), Problem> {
    let today = app.rules.zone.day_and_minute(app.clock.now()).0;
    let day = |text: Option<&str>| {
        let given = text.filter(|t| !t.is_empty());
        let read = |t| day_number(t).ok_or_else(|| Problem::bad("A day is such as 2026-11-20."));
        given.map(read).transpose()
    };
    let to = day(to)?.unwrap_or(today) + 1;
    let from = day(from)?.unwrap_or(to - usual);
    if from >= to {
        return Err(Problem::bad(
            "The period ends before it begins: its first day comes first.",
        ));
    }
    if to - from > LONGEST {
        return Err(Problem::bad(
            "A period has ten years at most: ask for less.",
        ));
    }
    Ok((from, to))
}
