//! When calls connect (PRODUCT P1), as a page's data and as CSV.

pub mod sheets;

use crate::api::access::Who;
use crate::api::app::App;
use crate::api::problem::Problem;
use crate::api::report::promise::Promise;
use crate::api::report::{ReportClient, client, days};
use crate::identity::Role;
use crate::report::aggregate as pieces;
use crate::report::interval::Rate;
use crate::report::slots::{
    self as rule, Asked, Counts, Grid, Marked, Prospects, Slots, Strata, What, time_of_day,
};
use crate::store::report::aggregate;
use crate::store::report::slots::{self as stored, Wanted};
use crate::store::{Tx, leads};
use crate::units::{CampaignId, ClientId, PersonId, numbered_day};
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which calls, and how they are told.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct SlotsQuery {
    /// Without it, the first of one's own by name.
    client: Option<ClientId>,
    /// From this day on, `2026-11-01`; without it, four weeks back.
    from: Option<String>,
    /// Up to this day, included; without it, today.
    to: Option<String>,
    /// For a manager: one telemarketer's calls alone.
    person: Option<PersonId>,
    campaign: Option<CampaignId>,
    /// Calls that showed this number.
    shown: Option<String>,
    /// `connects` or `meetings`.
    count: Option<Count>,
    /// Minutes: 5, 10, 15, 20, 30 or 60.
    width: Option<i64>,
    /// Minutes after the hour at which a slot starts; a multiple of five, less than the width.
    offset: Option<i64>,
    /// A rate is told from so many calls on.
    fewest: Option<i64>,
    /// Cuts the day: before this time, `10:30`, and …
    before: Option<String>,
    /// … from this one on, `14:30`.
    after: Option<String>,
    /// Of a file: which table.
    #[param(inline)]
    table: Option<SlotsTable>,
}

/// A table of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum SlotsTable {
    /// By weekday and slot.
    #[default]
    Cells,
    /// By slot, all weekdays together.
    Slots,
    /// By the minute of the hour at which slots start.
    Starts,
    /// The two parts of a cut.
    Cut,
    /// By telemarketer.
    People,
    /// By the number shown.
    Numbers,
}

/// What is counted of calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Count {
    #[default]
    Connects,
    Meetings,
}

impl From<Count> for What {
    fn from(count: Count) -> What {
        match count {
            Count::Connects => What::Connects,
            Count::Meetings => What::Meetings,
        }
    }
}

/// A person's or a number's calls.
#[derive(Debug, Serialize, ToSchema)]
pub struct SlotsOf {
    id: String,
    name: String,
    #[serde(flatten)]
    counts: Counts,
    /// Null under the fewest calls.
    #[schema(required)]
    rate: Option<Rate>,
}

/// How the rule that tells a voicemail does on calls that telemarketers marked.
#[derive(Debug, Serialize, ToSchema)]
pub struct SlotsVoicemails {
    /// Marked as voicemail, and told as one.
    machines: Marked,
    /// Marked as somebody who was talked to, and told as a person.
    people: Marked,
}

/// A choice of the page.
#[derive(Debug, Serialize, ToSchema)]
pub struct SlotsCampaign {
    id: CampaignId,
    name: String,
}

/// Four weeks that are told where nobody is singled out.
#[derive(Debug, Serialize, ToSchema)]
pub struct SlotsBlock {
    /// `2026-10-26`.
    from: String,
    /// Its last day.
    to: String,
}

/// When calls connect.
#[derive(Debug, Serialize, ToSchema)]
pub struct SlotsReport {
    client: ClientId,
    clients: Vec<ReportClient>,
    campaigns: Vec<SlotsCampaign>,
    /// The days that are told, the last included; null where nothing can be told yet.
    #[schema(required)]
    from: Option<String>,
    #[schema(required)]
    to: Option<String>,
    /// Days and times are those of this zone.
    zone: String,
    count: Count,
    /// Minutes.
    width: i64,
    offset: i64,
    fewest: i64,
    connect_seconds: i64,
    #[serde(flatten)]
    slots: Slots,
    /// Null where nobody is singled out.
    #[schema(required)]
    prospects: Option<Prospects>,
    /// How the rule that tells a voicemail does on answered calls that telemarketers marked; null
    /// where nobody is singled out.
    #[schema(required)]
    voicemails: Option<SlotsVoicemails>,
    /// By telemarketer; none where nobody is singled out.
    people: Vec<SlotsOf>,
    /// By the number shown; none where nobody is singled out.
    numbers: Vec<SlotsOf>,
    /// Calls that are not counted yet: some seconds. 0 where nobody is singled out.
    waiting: i64,
    /// It holds that nobody is singled out.
    #[schema(required)]
    promise: Option<Promise>,
    /// Where it holds: what can be told, oldest first.
    blocks: Vec<SlotsBlock>,
}

/// Calls, connects and meetings by weekday and slot, with intervals. A telemarketer has their own.
/// Where it was promised that nobody is singled out, a manager has whole weeks of five people or
/// more together, and no other question is answered.
#[utoipa::path(
    get,
    path = "/reports/slots",
    params(SlotsQuery),
    responses((status = 200, body = SlotsReport))
)]
pub async fn slots(
    State(app): State<App>,
    who: Who,
    query: Result<Query<SlotsQuery>, QueryRejection>,
) -> Result<Json<SlotsReport>, Problem> {
    let Query(q) = query?;
    Ok(Json(report(&app, &who, &q).await?))
}

async fn report(app: &App, who: &Who, q: &SlotsQuery) -> Result<SlotsReport, Problem> {
    let asked = asked(app, q)?;
    let days = days(app, q.from.as_deref(), q.to.as_deref())?;
    let mut tx = app.db.read().await?;
    let (client, clients) = client(&mut tx, who, q.client.as_ref()).await?;
    let own = who.is(Role::Telemarketer);
    if own && q.person.as_ref().is_some_and(|p| p != who.id()) {
        return Err(Problem::not_found());
    }
    let promise = aggregate::in_force(&mut tx, &client).await?;
    let campaigns = leads::open_campaigns(&mut tx, who.id()).await?;
    let campaigns = campaigns.into_iter().filter(|c| c.client_id == client);
    let mut made = SlotsReport {
        clients,
        campaigns: campaigns
            .map(|c| SlotsCampaign {
                id: c.id,
                name: c.name,
            })
            .collect(),
        from: None,
        to: None,
        zone: app.rules.zone.to_string(),
        count: q.count.unwrap_or_default(),
        width: asked.grid.width(),
        offset: asked.grid.offset(),
        fewest: asked.fewest,
        connect_seconds: app.reports.connect_ms / 1_000,
        slots: rule::report(&[], &Strata::default(), &asked),
        prospects: None,
        voicemails: None,
        people: Vec::new(),
        numbers: Vec::new(),
        waiting: super::together::waiting(&mut tx).await?,
        promise: promise.map(Promise::from),
        blocks: Vec::new(),
        client,
    };
    if made.promise.is_some() && !own {
        together(&mut tx, &mut made, q, &asked, days).await?;
    } else {
        let wanted = Wanted {
            client: made.client.clone(),
            days,
            person: if own {
                Some(who.id().clone())
            } else {
                q.person.clone()
            },
            campaign: q.campaign.clone(),
            shown: q.shown.clone(),
            connect_ms: app.reports.connect_ms,
        };
        apart(&mut tx, &mut made, &wanted, &asked).await?;
    }
    Ok(made)
}

/// Everything that the calls tell.
async fn apart(
    tx: &mut Tx,
    made: &mut SlotsReport,
    wanted: &Wanted,
    asked: &Asked,
) -> Result<(), Problem> {
    let found = stored::tallied(tx, wanted, asked.grid).await?;
    made.slots = rule::report(&found.dialled, &found.strata, asked);
    made.prospects = Some(Prospects::new(found.reach, 1));
    let marks = found.marks;
    made.voicemails = Some(SlotsVoicemails {
        machines: Marked::new(marks.machines, marks.machines_told),
        people: Marked::new(marks.people, marks.people_told),
    });
    made.slots.reach(&found, asked.fewest);
    let names = stored::names(tx).await?;
    let view = |id: &str, name: String, counts: Counts| SlotsOf {
        id: id.to_owned(),
        name,
        counts,
        rate: counts.rate(asked.what, asked.fewest),
    };
    let people = rule::sums(&found.strata, |(person, _)| person.as_str());
    let name = |id: &str| {
        let name = names.get(&PersonId::from(id));
        name.map_or(String::new(), |n| n.reveal().clone())
    };
    made.people = people
        .into_iter()
        .map(|(id, c)| view(id, name(id), c))
        .collect();
    made.people
        .sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
    let numbers = rule::sums(&found.strata, |(_, shown)| shown.as_str());
    made.numbers = numbers
        .into_iter()
        .map(|(shown, c)| view(shown, shown.to_owned(), c))
        .collect();
    made.from = numbered_day(wanted.days.0);
    made.to = numbered_day(wanted.days.1 - 1);
    Ok(())
}

/// What was counted of whole blocks, of five people or more.
async fn together(
    tx: &mut Tx,
    made: &mut SlotsReport,
    q: &SlotsQuery,
    asked: &Asked,
    days: (i64, i64),
) -> Result<(), Problem> {
    if q.person.is_some() || q.campaign.is_some() || q.shown.is_some() {
        return Err(Problem::bad(pieces::Refused::Filtered.to_string()));
    }
    pieces::fits(asked.grid, asked.cut).map_err(|why| Problem::bad(why.to_string()))?;
    let blocks = aggregate::blocks(tx, &made.client).await?;
    let told: Vec<i64> = match (&q.from, &q.to) {
        // Nothing is asked for: all that there is.
        (None, None) => blocks.clone(),
        _ => {
            let whole = |block: &&i64| {
                let (from, to) = pieces::days_of(**block);
                days.0 <= from && to <= days.1
            };
            blocks.iter().filter(whole).copied().collect()
        }
    };
    let block = |block: &i64| {
        let (from, to) = pieces::days_of(*block);
        let day = |number| numbered_day(number).unwrap_or_default();
        SlotsBlock {
            from: day(from),
            to: day(to - 1),
        }
    };
    made.blocks = blocks.iter().map(block).collect();
    if let (Some(first), Some(last)) = (told.first(), told.last()) {
        let dialled = aggregate::told(tx, &made.client, (*first, *last)).await?;
        made.slots = rule::report(&dialled, &Strata::default(), asked);
        made.from = Some(block(first).from);
        made.to = Some(block(last).to);
    }
    Ok(())
}

fn asked(app: &App, q: &SlotsQuery) -> Result<Asked, Problem> {
    let usual = Grid::default();
    let grid = Grid::new(
        q.width.unwrap_or(usual.width()),
        // Another width starts on the hour where nothing else is said.
        q.offset
            .unwrap_or(if q.width.is_none() { usual.offset() } else { 0 }),
    );
    let time = |text: &Option<String>| {
        let given = text.as_deref().filter(|t| !t.is_empty());
        given.map(time_of_day).transpose()
    };
    let bad = |why: rule::BadGrid| Problem::bad(why.to_string());
    let cut = match (time(&q.before).map_err(bad)?, time(&q.after).map_err(bad)?) {
        (None, None) => None,
        (Some(before), Some(from)) if before <= from => Some((before, from)),
        _ => return Err(bad(rule::BadGrid::Cut)),
    };
    let fewest = q.fewest.unwrap_or(app.reports.fewest);
    if !(1..=1_000_000).contains(&fewest) {
        return Err(Problem::bad("The fewest calls are 1 to 1000000."));
    }
    Ok(Asked {
        grid: grid.map_err(bad)?,
        what: q.count.unwrap_or_default().into(),
        fewest,
        cut,
    })
}
