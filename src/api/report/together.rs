//! On what terms a report is told: the one place that says what is left of a question where it was
//! promised that nobody is singled out (PRODUCT P1; the rule is in [`crate::report::aggregate`]).
//!
//! Slots, numbers and experiments have pieces of their own. Reports of leads and hand-overs are
//! told of the spans that are given here, and of a piece of a span where it is of five people or
//! more. Claims, verdicts, money and sales' answers have names where somebody's pay or a claim
//! needs them; origin and score count deals and leads, and nobody's work; what waits for somebody
//! is listed as it waits, calls among it, and without whose it is.

use crate::api::app::App;
use crate::api::problem::Problem;
use crate::api::report::promise::Promise;
use crate::api::report::start_of;
use crate::report::aggregate::{counted_until, days_of, settled_on, settled_within};
use crate::store::Tx;
use crate::store::report::{aggregate, figures};
use crate::units::{ClientId, WallTime, numbered_day};

/// What came in between two moments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) from: WallTime,
    pub(super) to: WallTime,
    /// It is told as it stood then, and only of five people or more; `None`: as it stands.
    pub(super) as_of: Option<WallTime>,
}

impl Span {
    pub(super) fn moments(&self) -> (WallTime, WallTime) {
        (self.from, self.to)
    }
}

/// On what terms a report is told.
#[derive(Debug)]
pub(super) struct Terms {
    /// It holds that nobody is singled out.
    pub(super) promise: Option<Promise>,
    /// Oldest first; none: nothing can be told yet.
    pub(super) spans: Vec<Span>,
    /// The days that are told, the last included.
    pub(super) from: String,
    pub(super) to: String,
}

/// The terms of a question about days, of which `are_asked` says whether somebody chose them.
///
/// # Errors
/// When the database fails.
pub(super) async fn terms(
    app: &App,
    tx: &mut Tx,
    client: &ClientId,
    (days, are_asked): ((i64, i64), bool),
) -> Result<Terms, Problem> {
    let promise = aggregate::in_force(tx, client).await?.map(Promise::from);
    let zone = &app.rules.zone;
    let day = |number| numbered_day(number).unwrap_or_default();
    let span = |(from, to), as_of: Option<i64>| Span {
        from: start_of(zone, from),
        to: start_of(zone, to),
        as_of: as_of.map(|day| start_of(zone, day)),
    };
    let told: Vec<i64> = match promise {
        None => Vec::new(),
        Some(_) => settled_within(are_asked.then_some(days), today(app)).collect(),
    };
    let spans = match promise {
        None => vec![span(days, None)],
        Some(_) => told
            .iter()
            .map(|block| span(days_of(*block), Some(settled_on(*block))))
            .collect(),
    };
    let (first, last) = match (told.first(), told.last()) {
        (Some(first), Some(last)) => (days_of(*first).0, days_of(*last).1),
        _ => days,
    };
    Ok(Terms {
        promise,
        spans,
        from: day(first),
        to: day(last - 1),
    })
}

/// The day as of which a client's calls are counted: today, or where it was promised that nobody is
/// singled out the first after the last four weeks that are over.
///
/// # Errors
/// When the database fails.
pub(super) async fn as_of(
    app: &App,
    tx: &mut Tx,
    client: &ClientId,
) -> Result<(i64, Option<Promise>), Problem> {
    let promise = aggregate::in_force(tx, client).await?.map(Promise::from);
    Ok(match promise {
        None => (today(app), None),
        Some(_) => (counted_until(today(app)), promise),
    })
}

/// How many calls wait to be counted. It moves with every call of the box: where it was promised of
/// somebody that nobody is singled out, it is 0.
///
/// # Errors
/// When the database fails.
pub(super) async fn waiting(tx: &mut Tx) -> Result<i64, Problem> {
    match aggregate::promised(tx).await?.is_empty() {
        true => Ok(figures::waiting(tx).await?),
        false => Ok(0),
    }
}

fn today(app: &App) -> i64 {
    app.rules.zone.day_and_minute(app.clock.now()).0
}
