//! Lists of leads, and the telemarketer's day: what is late, due and agreed (PRODUCT L3, L6).

use crate::api::access::Who;
use crate::api::app::{App, done};
use crate::api::calls::untold::Untold;
use crate::api::problem::Problem;
use crate::identity::Role;
use crate::leads::{BuyerStage, LeadDisposition, Stage};
use crate::report::lesson::Learnt;
use crate::report::score::{Score, ScoreList, tried};
use crate::store::Tx;
use crate::store::leads::lists::{self, COUNTED, Listed, View, Wanted};
use crate::store::leads::saying::{self, NewWord};
use crate::store::leads::{self, sources, stages, suppressions};
use crate::store::report::score;
use crate::units::{CampaignId, ClientId, LeadDispositionId, LeadId, PersonId, SourceId, WallTime};
use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use utoipa::{IntoParams, ToSchema};

/// Leads on a page.
const PAGE: i64 = 50;

/// Why a lead is on the work list.
#[derive(Serialize, ToSchema, Debug, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Due {
    /// First contact, by the deadline of its source.
    Contact,
    CallBack,
    Meeting,
    /// Not ready before that day.
    Nurture,
    /// Talked to, and nothing agreed: within a week.
    NextStep,
}

/// A lead in a list.
#[derive(Serialize, ToSchema)]
pub struct ListedLead {
    id: LeadId,
    external_id: String,
    company: String,
    #[schema(required)]
    contact: Option<String>,
    #[schema(required)]
    contact_role: Option<String>,
    campaign: String,
    #[schema(required)]
    source: Option<String>,
    /// Of the source; A is the best.
    #[schema(required)]
    grade: Option<String>,
    received_at: WallTime,
    /// Calls to it that the wire saw, answered or not.
    attempts: i64,
    #[schema(required)]
    last_attempt_at: Option<WallTime>,
    /// The first conversation.
    #[schema(required)]
    first_contact_at: Option<WallTime>,
    #[schema(required)]
    last_contact_at: Option<WallTime>,
    stage: Stage,
    #[schema(required)]
    buyer_stage: Option<BuyerStage>,
    /// What was said of it last.
    #[schema(required)]
    said: Option<LeadDisposition>,
    /// When something is to be done, and what; null: nothing is.
    #[schema(required)]
    act_at: Option<WallTime>,
    #[schema(required)]
    due: Option<Due>,
    /// With whom, where that was agreed.
    #[schema(required)]
    with: Option<String>,
    /// Its numbers, for whoever calls it.
    numbers: Vec<String>,
    /// The list by which one of them is never to be called.
    #[schema(required)]
    never_call: Option<String>,
    /// How likely sales comes to accept it, where its campaign is worked on by that.
    #[schema(required)]
    score: Option<Score>,
}

fn due(l: &Listed) -> Option<Due> {
    if l.is_open == 0 {
        return None;
    }
    Some(match (l.next_at, l.said) {
        (Some(_), Some(LeadDisposition::MeetingMade)) => Due::Meeting,
        (Some(_), Some(LeadDisposition::Nurture)) => Due::Nurture,
        (Some(_), _) => Due::CallBack,
        (None, _) if l.first_contact_at.is_none() => Due::Contact,
        (None, _) => Due::NextStep,
    })
}

fn view(
    l: Listed,
    numbers: &mut BTreeMap<LeadId, Vec<String>>,
    listed: &[(ClientId, String, String)],
    lessons: &BTreeMap<ClientId, Learnt>,
) -> ListedLead {
    let due = due(&l);
    let score = l.worth.and(lessons.get(&l.client_id)).and_then(|learnt| {
        let tried = tried(l.attempts, l.first_contact_at.is_some());
        let source = l.source.as_deref().unwrap_or_default();
        learnt.of_group(source, tried).cloned()
    });
    let own = numbers.get(&l.id);
    let never = listed.iter().find(|(client, e164, _)| {
        *client == l.client_id && own.is_some_and(|own| own.contains(e164))
    });
    ListedLead {
        numbers: numbers.remove(&l.id).unwrap_or_default(),
        id: l.id,
        external_id: l.external_id,
        company: l.company.into_inner(),
        contact: l.contact.map(|c| c.into_inner()),
        contact_role: l.contact_role,
        campaign: l.campaign,
        source: l.source,
        grade: l.grade,
        received_at: l.received_at,
        attempts: l.attempts,
        last_attempt_at: l.last_attempt_at,
        first_contact_at: l.first_contact_at,
        last_contact_at: l.last_contact_at,
        stage: l.stage,
        buyer_stage: l.buyer_stage,
        said: l.said,
        act_at: due.map(|_| l.act_at),
        due,
        with: l.next_with.map(|w| w.into_inner()),
        never_call: never.map(|(_, _, list)| list.clone()),
        score,
    }
}

/// What was learnt of the clients whose leads are here in the order of the score.
async fn lessons(tx: &mut Tx, found: &[Listed]) -> Result<BTreeMap<ClientId, Learnt>, Problem> {
    let ordered = found.iter().filter(|l| l.worth.is_some());
    let clients: BTreeSet<&ClientId> = ordered.map(|l| &l.client_id).collect();
    let mut lessons = BTreeMap::new();
    for client in clients {
        if let Some((_, learnt)) = score::learnt(tx, client, ScoreList::Telesales).await? {
            lessons.insert(client.clone(), learnt);
        }
    }
    Ok(lessons)
}

/// Which leads, and from where on.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct LeadsWanted {
    /// All, the newest first, without it.
    #[param(inline)]
    view: Option<View>,
    /// Beginnings of words of the company, the contact, their mail or the lead's own number; or a
    /// telephone number.
    q: Option<String>,
    stage: Option<Stage>,
    source: Option<SourceId>,
    campaign: Option<CampaignId>,
    /// `next` of the page before.
    after: Option<String>,
}

/// A page of leads.
#[derive(Serialize, ToSchema)]
pub struct ListedLeads {
    leads: Vec<ListedLead>,
    /// `after` of the next page; null on the last.
    #[schema(required)]
    next: Option<String>,
    /// How many there are in all; 1001 stands for more than a thousand. Null: it would tell what
    /// calls came to, and it was promised that nobody is singled out.
    #[schema(required)]
    count: Option<i64>,
    now: WallTime,
}

/// A place in a list as text.
fn place(text: &str) -> Result<(i64, LeadId), Problem> {
    let read = text
        .split_once('.')
        .and_then(|(at, id)| Some((at.parse().ok()?, LeadId::from(id))));
    read.ok_or_else(|| {
        Problem::bad("'after' is the 'next' of an earlier answer, as it stands there.")
    })
}

async fn page(tx: &mut Tx, who: &Who, wanted: &Wanted<'_>) -> Result<ListedLeads, Problem> {
    let mut found = lists::page(tx, &who.clients, wanted, PAGE).await?;
    let full = usize::try_from(PAGE).unwrap_or(usize::MAX);
    let more = found.len() > full;
    found.truncate(full);
    let next = found.last().filter(|_| more);
    let next = next.map(|l| format!("{}.{}", l.place, l.id));
    let mut numbers: BTreeMap<LeadId, Vec<String>> = BTreeMap::new();
    // Marketing has them in its own lists; whoever calls needs them here.
    if !who.is(Role::Marketing) {
        let ids: Vec<LeadId> = found.iter().map(|l| l.id.clone()).collect();
        for (lead, number) in lists::numbers(tx, &ids).await? {
            numbers.entry(lead).or_default().push(number.into_inner());
        }
    }
    let asked: Vec<&str> = numbers.values().flatten().map(String::as_str).collect();
    let listed = suppressions::listed(tx, &asked).await?;
    let count = counted(tx, who, wanted).await?;
    let lessons = lessons(tx, &found).await?;
    let leads = found
        .into_iter()
        .map(|l| view(l, &mut numbers, &listed, &lessons));
    Ok(ListedLeads {
        leads: leads.collect(),
        next,
        count,
        now: wanted.now,
    })
}

/// How many leads are wanted, where that may be told.
async fn counted(tx: &mut Tx, who: &Who, wanted: &Wanted<'_>) -> Result<Option<i64>, Problem> {
    if wanted.tells_of_calls() && !Untold::of_leads(tx, who).await?.is_nothing() {
        return Ok(None);
    }
    let count = lists::count(tx, &who.clients, wanted).await?;
    Ok(Some(count.min(COUNTED + 1)))
}

/// Leads of one's clients, 50 a page.
#[utoipa::path(
    get,
    path = "/leads",
    params(LeadsWanted),
    responses((status = 200, body = ListedLeads))
)]
pub async fn leads(
    State(app): State<App>,
    who: Who,
    asked: Result<Query<LeadsWanted>, QueryRejection>,
) -> Result<Json<ListedLeads>, Problem> {
    let Query(asked) = asked?;
    let after = asked.after.as_deref().map(place).transpose()?;
    let wanted = Wanted {
        view: asked.view.unwrap_or(View::Newest),
        search: asked.q.as_deref().unwrap_or_default(),
        stage: asked.stage,
        source: asked.source.as_ref(),
        campaign: asked.campaign.as_ref(),
        of: None,
        after: after.as_ref().map(|(at, id)| (*at, id)),
        now: app.clock.now(),
    };
    let mut tx = app.db.read().await?;
    Ok(Json(page(&mut tx, &who, &wanted).await?))
}

/// By its id and name.
#[derive(Serialize, ToSchema)]
pub struct Choice {
    id: String,
    name: String,
    client: String,
}

/// What lists of leads can be narrowed to.
#[derive(Serialize, ToSchema)]
pub struct LeadChoices {
    sources: Vec<Choice>,
    campaigns: Vec<Choice>,
}

/// Sources and campaigns of one's clients.
#[utoipa::path(get, path = "/leads/choices", responses((status = 200, body = LeadChoices)))]
pub async fn choices(State(app): State<App>, who: Who) -> Result<Json<LeadChoices>, Problem> {
    let mut tx = app.db.read().await?;
    let sources = sources::of_person(&mut tx, who.id()).await?;
    let campaigns = leads::open_campaigns(&mut tx, who.id()).await?;
    Ok(Json(LeadChoices {
        sources: sources
            .into_iter()
            .map(|s| Choice {
                id: s.id.to_string(),
                name: s.name,
                client: s.client,
            })
            .collect(),
        campaigns: campaigns
            .into_iter()
            .map(|c| Choice {
                id: c.id.to_string(),
                name: c.name,
                client: c.client,
            })
            .collect(),
    }))
}

/// From where on.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct WorkWanted {
    /// `next` of the page before.
    after: Option<String>,
}

/// What is to be done, the most urgent first.
#[derive(Serialize, ToSchema)]
pub struct WorkList {
    #[serde(flatten)]
    page: ListedLeads,
    /// Past their time; 1001 stands for more than a thousand, here and below.
    late: i64,
    /// Older than seven days and never talked to. It is to read 0.
    over_7_days: i64,
}

/// A telemarketer's work list, less what colleagues have agreed to do; a manager's is everybody's.
#[utoipa::path(
    get,
    path = "/work",
    params(WorkWanted),
    responses((status = 200, body = WorkList))
)]
pub async fn list(
    State(app): State<App>,
    who: Who,
    asked: Result<Query<WorkWanted>, QueryRejection>,
) -> Result<Json<WorkList>, Problem> {
    let Query(asked) = asked?;
    let after = asked.after.as_deref().map(place).transpose()?;
    let wanted = Wanted {
        view: View::Work,
        search: "",
        stage: None,
        source: None,
        campaign: None,
        of: who.is(Role::Telemarketer).then(|| who.id()),
        after: after.as_ref().map(|(at, id)| (*at, id)),
        now: app.clock.now(),
    };
    let mut tx = app.db.read().await?;
    let page = page(&mut tx, &who, &wanted).await?;
    let of = |view| Wanted {
        view,
        ..wanted.clone()
    };
    let late = lists::count(&mut tx, &who.clients, &of(View::Late)).await?;
    let over = Wanted {
        of: None,
        ..of(View::Untouched)
    };
    let over_7_days = lists::count(&mut tx, &who.clients, &over).await?;
    Ok(Json(WorkList {
        page,
        late,
        over_7_days,
    }))
}

/// Whose late leads these are.
#[derive(Serialize, ToSchema)]
pub struct LateOf {
    /// Who agreed to call back, else who called last; null: nobody has called, or it is not told.
    #[schema(required)]
    person_id: Option<PersonId>,
    #[schema(required)]
    name: Option<String>,
    /// It was promised that nobody is singled out: these are everybody's.
    is_untold: bool,
    leads: i64,
    /// The time of the one that is latest.
    oldest: WallTime,
}

/// What is late, by person.
#[derive(Serialize, ToSchema)]
pub struct EscalatedLeads {
    /// The latest first.
    people: Vec<LateOf>,
    now: WallTime,
}

/// What is late at one's clients, by whose work it is.
#[utoipa::path(get, path = "/work/escalated", responses((status = 200, body = EscalatedLeads)))]
pub async fn escalated(State(app): State<App>, who: Who) -> Result<Json<EscalatedLeads>, Problem> {
    let now = app.clock.now();
    let mut tx = app.db.read().await?;
    let untold = Untold::of_leads(&mut tx, &who).await?;
    let (hidden, told): (Vec<ClientId>, Vec<ClientId>) =
        who.clients.iter().cloned().partition(|c| untold.has(c));
    let by_person = lists::escalated(&mut tx, &told, now).await?;
    let late = by_person.into_iter().map(|e| LateOf {
        person_id: e.person_id,
        name: e.name.map(|n| n.into_inner()),
        is_untold: false,
        leads: e.leads,
        oldest: e.oldest,
    });
    let mut people: Vec<LateOf> = late.collect();
    let hidden = lists::escalated(&mut tx, &hidden, now).await?;
    people.extend(hidden.iter().map(|e| e.oldest).min().map(|oldest| LateOf {
        person_id: None,
        name: None,
        is_untold: true,
        leads: hidden.iter().map(|e| e.leads).sum(),
        oldest,
    }));
    people.sort_by_key(|p| p.oldest);
    Ok(Json(EscalatedLeads { people, now }))
}

/// What became of a lead.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LeadWord {
    disposition: LeadDisposition,
    /// Of a meeting, a call back, or the day on which nurture ends.
    at: Option<WallTime>,
    with: Option<String>,
}

/// What takes it back.
#[derive(Serialize, ToSchema)]
pub struct SaidOfLead {
    id: LeadDispositionId,
}

async fn own(tx: &mut Tx, who: &Who, id: &LeadId) -> Result<leads::Lead, Problem> {
    leads::by_id(tx, id)
        .await?
        .filter(|l| who.sees_lead(l))
        .ok_or_else(Problem::not_found)
}

/// A telemarketer says what became of a lead: of their last call with it, or of the lead itself.
#[utoipa::path(
    post,
    path = "/leads/{id}/disposition",
    request_body = LeadWord,
    responses((status = 200, body = SaidOfLead))
)]
pub async fn say(
    State(app): State<App>,
    who: Who,
    Path(id): Path<LeadId>,
    body: Result<Json<LeadWord>, JsonRejection>,
) -> Result<Json<SaidOfLead>, Problem> {
    let Json(body) = body?;
    let mut tx = app.db.write().await?;
    let lead = own(&mut tx, &who, &id).await?;
    let new = NewWord {
        kind: body.disposition,
        at: body.at,
        with: body.with.as_deref().map(str::trim),
    };
    let id = saying::say(&mut tx, who.id(), &lead, &new, app.clock.now()).await?;
    tx.commit().await?;
    Ok(Json(SaidOfLead { id }))
}

/// Takes back what one has just said of a lead; what was said before stands again.
#[utoipa::path(delete, path = "/lead-dispositions/{id}", responses((status = 204)))]
pub async fn take_back(
    State(app): State<App>,
    who: Who,
    Path(id): Path<LeadDispositionId>,
) -> Result<StatusCode, Problem> {
    let mut tx = app.db.write().await?;
    saying::take_back(&mut tx, who.id(), &id, app.clock.now())
        .await?
        .ok_or_else(Problem::not_found)?;
    done(tx).await
}

/// How far the buyer has come.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BuyerStageBody {
    stage: BuyerStage,
}

/// Says how far the buyer has come.
#[utoipa::path(
    post,
    path = "/leads/{id}/buyer-stage",
    request_body = BuyerStageBody,
    responses((status = 204))
)]
pub async fn set_buyer(
    State(app): State<App>,
    who: Who,
    Path(id): Path<LeadId>,
    body: Result<Json<BuyerStageBody>, JsonRejection>,
) -> Result<StatusCode, Problem> {
    let Json(body) = body?;
    let mut tx = app.db.write().await?;
    let lead = own(&mut tx, &who, &id).await?;
    stages::set_buyer(&mut tx, &who.actor(), &lead, body.stage, app.clock.now()).await?;
    done(tx).await
}
