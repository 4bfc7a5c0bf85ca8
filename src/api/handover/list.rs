//! What was handed over to sales: passed and unanswered first.

use crate::api::access::Who;
use crate::api::app::App;
use crate::api::problem::Problem;
use crate::handover::Answer;
use crate::report::score::Score;
use crate::store::handover::list::{self, Handover, Place, Wanted, Which};
use crate::store::report::score;
use crate::units::{CampaignId, ClaimId, WallTime};
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// A lead that passed, as sales' list has it.
#[derive(Serialize, ToSchema)]
pub struct HandedLead {
    /// Its claim, by which it is opened.
    claim: ClaimId,
    number: i64,
    company: String,
    #[schema(required)]
    contact: Option<String>,
    campaign: String,
    passed_at: WallTime,
    #[schema(required)]
    answer_due_at: Option<WallTime>,
    #[schema(required)]
    call_due_at: Option<WallTime>,
    /// Whose it is; null: nobody's in particular.
    #[schema(required)]
    whose: Option<String>,
    mine: bool,
    /// The answer that stands.
    #[schema(required)]
    answer: Option<Answer>,
    /// The buyer's date, or when it is looked at again.
    #[schema(required)]
    until: Option<WallTime>,
    /// When the wire first saw sales and the buyer in a call.
    #[schema(required)]
    first_call_at: Option<WallTime>,
    /// Questions that wait for the telemarketer.
    questions: i64,
    /// How likely sales accepts it, where its campaign is worked on by that and enough is known.
    #[schema(required)]
    score: Option<Score>,
}

/// Leads that were handed over.
#[derive(Serialize, ToSchema)]
pub struct HandedLeads {
    leads: Vec<HandedLead>,
    /// Of all clients that one sees: they wait for an answer.
    waiting: i64,
    /// They passed, and wait for a blank to be filled.
    held_back: i64,
    /// `after` of the next page; null on the last.
    #[schema(required)]
    next: Option<String>,
}

/// Which of them.
#[derive(Deserialize, ToSchema, Clone, Copy, Default)]
#[serde(rename_all = "snake_case")]
pub enum HandedWhich {
    #[default]
    All,
    Unanswered,
    /// The wire has not seen sales call, and sales has not turned them down.
    NotCalled,
}

/// Which of the leads that were handed over.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct HandedPage {
    /// Without it all.
    #[serde(default)]
    #[param(inline)]
    which: HandedWhich,
    /// A part of a company's or a contact's name, or a number as `C-1001`.
    #[serde(default)]
    q: String,
    /// Of this campaign alone.
    campaign: Option<CampaignId>,
    /// `next` of the page before.
    after: Option<String>,
}

/// Leads on a page.
const PAGE: i64 = 50;

/// A place in the list as text.
fn told(place: Place) -> String {
    let answered = if place.is_answered { "a" } else { "w" };
    format!("{answered}.{}.{}", place.at, place.number)
}

fn place(text: &str) -> Result<Place, Problem> {
    let mut parts = text.split('.');
    let mut next = || parts.next();
    let read = next().zip(next().zip(next()));
    let read = read.and_then(|(answered, (at, number))| {
        Some(Place {
            is_answered: match answered {
                "a" => true,
                "w" => false,
                _ => return None,
            },
            at: at.parse().ok()?,
            number: number.parse().ok()?,
        })
    });
    read.ok_or_else(|| {
        Problem::bad("'after' is the 'next' of an earlier answer, as it stands there.")
    })
}

/// Leads handed over to one's clients' sales, 50 at a time: those without an answer first, the next
/// due before the others; then the newest.
#[utoipa::path(
    get,
    path = "/handovers",
    params(HandedPage),
    responses((status = 200, body = HandedLeads))
)]
pub async fn list(
    State(app): State<App>,
    who: Who,
    page: Result<Query<HandedPage>, QueryRejection>,
) -> Result<Json<HandedLeads>, Problem> {
    let Query(page) = page?;
    let which = match page.which {
        HandedWhich::All => Which::All,
        HandedWhich::Unanswered => Which::Unanswered,
        HandedWhich::NotCalled => Which::NotCalled,
    };
    let mut tx = app.db.read().await?;
    let wanted = Wanted {
        which,
        search: &page.q,
        campaign: page.campaign.as_ref(),
        after: page.after.as_deref().map(place).transpose()?,
    };
    let found = list::of_clients(&mut tx, who.id(), &wanted, PAGE).await?;
    let (rows, next) = (found.leads, found.next.map(told));
    let (waiting, held_back) = list::counts(&mut tx, who.id()).await?;
    let claims: Vec<ClaimId> = rows.iter().map(|h| h.claim_id.clone()).collect();
    let mut scores = score::of_claims(&mut tx, &claims).await?;
    let leads = rows.into_iter().map(|h| {
        let score = scores.remove(&h.claim_id);
        view(&who, h, score)
    });
    Ok(Json(HandedLeads {
        leads: leads.collect(),
        waiting,
        held_back,
        next,
    }))
}

fn view(who: &Who, h: Handover, score: Option<Score>) -> HandedLead {
    // Told of what waits for an answer alone: what is answered is no longer foretold.
    let score = score.filter(|_| h.answer_id.is_none());
    HandedLead {
        mine: h.sales_id.as_ref() == Some(who.id()),
        claim: h.claim_id,
        number: h.number,
        company: h.company.into_inner(),
        contact: h.contact.map(|c| c.into_inner()),
        campaign: h.campaign,
        passed_at: h.passed_at,
        answer_due_at: h.answer_due_at,
        call_due_at: h.call_due_at,
        whose: h.sales.map(|s| s.into_inner()),
        answer: h.answer,
        until: h.until_at,
        first_call_at: h.first_call_at,
        questions: h.questions,
        score,
    }
}
