//! What sales answers to a lead that was handed over: beside the verdict, and away from the ledger
//! (PRODUCT I2, H2). Only ever added to: a further answer says which one it replaces.

use crate::handover::{Answer, Given, Pact, RejectReason, counted};
use crate::identity::Role;
use crate::leads::Stage;
use crate::pii::Pii;
use crate::review::{Rules, SecondReviewReason};
use crate::store::events::{Event, Topic};
use crate::store::handover::list::{self, Handover};
use crate::store::handover::seen::{self, SeenCall};
use crate::store::handover::{opening, pacts, questions};
use crate::store::leads::stages::{self, Worth};
use crate::store::review::claims::{self, Claim};
use crate::store::review::second_reviews::{self, When};
use crate::store::review::verdicts::{self, Verdict};
use crate::store::{Actor, Result, StoreError, Tx, all, new_id, run};
use crate::units::{AnswerId, ClaimId, Micros, PersonId, WallTime, Zone};
use crate::webhook::Subject;
use serde_json::json;
use sqlx::FromRow;

/// An answer as stored.
#[derive(Debug, Clone, FromRow, PartialEq, Eq)]
pub struct SalesAnswer {
    pub id: AnswerId,
    pub answer: Answer,
    /// The buyer's date, or when a lead that is nurtured is looked at again.
    pub until_at: Option<WallTime>,
    /// Of a rejection; null: it is none.
    pub reason: Option<RejectReason>,
    /// What a rejection cites.
    pub criterion: Option<String>,
    pub note: Pii<String>,
    pub at: WallTime,
    /// Whose it is: a person's name, or that of a machine's token.
    pub by_name: Pii<String>,
    /// The answer that it replaces; null: the first.
    pub replaces: Option<AnswerId>,
}

/// What is answered, and over which answer.
#[derive(Debug, Clone)]
pub struct NewAnswer<'a> {
    pub given: Given<'a>,
    /// The one that stood when this was written.
    pub replaces: Option<&'a AnswerId>,
}

/// Puts an answer on record. A rejection that cites a criterion goes to a second blind review
/// (PRODUCT R10), unless one is there already: a review judges every row, whatever asked for it. A
/// question goes to whoever made the call.
///
/// # Errors
/// [`StoreError::Conflict`] when the lead was not handed over, or somebody answered meanwhile;
/// [`StoreError::Refused`] when the answer does not say what it has to, cites what was not judged,
/// or calls unreachable whom the wire has not seen called as often as was agreed.
pub async fn add(
    tx: &mut Tx,
    by: &Actor,
    claim: &Claim,
    new: &NewAnswer<'_>,
    rules: &Rules,
    now: WallTime,
) -> Result<AnswerId> {
    let handover = list::of_claim(tx, &claim.id).await?;
    let Some(handover) = handover.filter(|h| h.handed_at.is_some()) else {
        return Err(StoreError::Conflict(
            "this lead was not handed over: sales answers for what was",
        ));
    };
    if handover.answer_id.as_ref() != new.replaces {
        return Err(StoreError::Conflict(
            "another answer stands: read it, and say that yours replaces it",
        ));
    }
    let given = &new.given;
    given
        .check(now)
        .map_err(|why| StoreError::Refused(why.to_owned()))?;
    if given.reason == Some(RejectReason::Unreachable) {
        tried_enough(tx, &handover, &rules.zone, now).await?;
    }
    let verdict = verdicts::of_claim(tx, &claim.id)
        .await?
        .ok_or_else(|| StoreError::gone("the verdict of claim", &claim.id))?;
    if let Some(criterion) = given.criterion {
        cite(tx, claim, &verdict, criterion, rules, now).await?;
    }
    let id = insert(tx, by, claim, new, now).await?;
    if given.answer == Answer::NeedsInformation {
        questions::ask(tx, by, claim, (None, given.note), now).await?;
    }
    let detail = json!({
        "answer": given.answer,
        "criterion": given.criterion,
        "reason": given.reason,
        "until": given.until,
    });
    claims::put_message(tx, Subject::SalesAnswered, claim, detail.clone(), now).await?;
    tx.tell(Event::to_role(Topic::Handovers, Role::Sales));
    tx.tell(Event::to_person(Topic::Handovers, &claim.person_id));
    opening::note(tx, by, "sales.answered", &claim.id, detail, now).await?;
    Ok(id)
}

async fn insert(
    tx: &mut Tx,
    by: &Actor,
    claim: &Claim,
    new: &NewAnswer<'_>,
    now: WallTime,
) -> Result<AnswerId> {
    let (person, token) = match by {
        Actor::Person(id) => (Some(id), None),
        Actor::Token(id) => (None, Some(id)),
        _ => {
            return Err(StoreError::Conflict(
                "sales answers for itself, or by its CRM's token",
            ));
        }
    };
    let (id, given): (AnswerId, _) = (new_id(), &new.given);
    run!(
        tx,
        "INSERT INTO sales_answers (id, claim_id, person_id, token_id, answer, criterion, note, \
         at, until_at, reason, replaces) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        &id,
        &claim.id,
        person,
        token,
        given.answer,
        given.criterion,
        given.note.trim(),
        now,
        given.until,
        given.reason,
        new.replaces
    )?;
    // Whoever takes a lead that was nobody's in particular has it.
    let takes = person.filter(|_| matches!(given.answer, Answer::Now | Answer::Later));
    run!(
        tx,
        "UPDATE handovers SET answer_id = $2, sales_id = COALESCE(sales_id, $3) WHERE claim_id = $1",
        &claim.id,
        &id,
        takes
    )?;
    // Taken now or later, it is accepted; whatever replaces that takes it back.
    let step = match given.answer {
        Answer::Now | Answer::Later => Stage::Accepted,
        Answer::NeedsInformation | Answer::Nurture | Answer::Reject => Stage::HandedOver,
    };
    stages::moved(tx, by, &claim.lead_id, (step, &Worth::default()), now).await?;
    Ok(id)
}

/// A rejection cites a must-pass criterion of the definition that the lead was judged by, and
/// somebody hears the call afresh.
async fn cite(
    tx: &mut Tx,
    claim: &Claim,
    verdict: &Verdict,
    criterion: &str,
    rules: &Rules,
    now: WallTime,
) -> Result<()> {
    let version = claims::version(tx, claim).await?;
    let list = version.checklist()?;
    if !list.criterion(criterion).is_some_and(|c| c.must_pass) {
        return Err(StoreError::Refused(
            "Cite a must-pass criterion of the checklist that the lead was judged by, or give \
             another reason"
                .to_owned(),
        ));
    }
    if is_asked(tx, verdict).await? {
        return Ok(());
    }
    let (reason, when) = (
        SecondReviewReason::SalesRejection,
        When::within(now, rules.second_review_within),
    );
    second_reviews::add_of_verdict(tx, verdict, claim, reason, Some(criterion), now, when).await?;
    Ok(())
}

async fn is_asked(tx: &mut Tx, verdict: &Verdict) -> Result<bool> {
    let known = second_reviews::of_verdict(tx, &verdict.id).await?;
    Ok(known
        .iter()
        .any(|s| s.reason != SecondReviewReason::Dispute))
}

/// Nobody is unreachable whom sales has not called as often as was agreed.
async fn tried_enough(tx: &mut Tx, h: &Handover, zone: &Zone, now: WallTime) -> Result<()> {
    let owed = pacts::owed(tx, &h.client_id, now).await?;
    let calls = seen::of_sales(tx, &h.lead_id, h.passed_at).await?;
    let attempts: Vec<_> = calls.iter().filter_map(SeenCall::attempt).collect();
    if counted(&attempts, owed.attempt_days, now) >= owed.attempts {
        return Ok(());
    }
    Err(StoreError::Refused(format!(
        "Not tried often enough: {}",
        told(&calls, &owed, zone)
    )))
}

/// What the wire saw and what was agreed: "1 call, 2026-11-20 09:12, 14 s; agreed: 5 in 10 days".
#[must_use]
pub fn told(calls: &[SeenCall], owed: &Pact, zone: &Zone) -> String {
    let one = |c: &SeenCall| {
        let length = c.talked().map_or_else(
            || "not answered".to_owned(),
            |talked| format!("{} s", talked.0 / Micros::from_secs(1).0),
        );
        format!("{}, {length}", zone.minute(c.at))
    };
    let seen: Vec<String> = calls.iter().rev().take(5).rev().map(one).collect();
    let count = match calls.len() {
        0 => "no call".to_owned(),
        1 => "1 call, ".to_owned(),
        n => format!("{n} calls, the last "),
    };
    format!(
        "{count}{}; agreed: {} in {} days, an hour apart at least; calls from mobiles are not seen \
         here",
        seen.join("; "),
        owed.attempts,
        owed.attempt_days
    )
}

/// What sales said of a claim's lead, oldest first.
pub async fn of_claim(tx: &mut Tx, claim: &ClaimId) -> Result<Vec<SalesAnswer>> {
    Ok(all!(
        tx,
        SalesAnswer,
        "SELECT s.id, s.answer, s.until_at, s.reason, s.criterion, s.note, s.at, s.replaces, \
         COALESCE(p.name, t.name, '') AS by_name FROM sales_answers s LEFT JOIN people p ON p.id = \
         s.person_id LEFT JOIN api_tokens t ON t.id = s.token_id WHERE s.claim_id = $1 ORDER BY \
         s.at, s.id",
        claim
    )?)
}

/// What rejections cite, once per claim and criterion, for the clients of a person.
pub async fn cited(tx: &mut Tx, person: &PersonId) -> Result<Vec<(ClaimId, String)>> {
    Ok(all!(
        tx,
        (ClaimId, String),
        "SELECT DISTINCT s.claim_id, s.criterion FROM sales_answers s JOIN claims c ON c.id = \
         s.claim_id JOIN campaigns k ON k.id = c.campaign_id
           JOIN person_clients pc ON pc.client_id = k.client_id AND pc.person_id = $1
         WHERE s.answer = 'reject' AND s.criterion IS NOT NULL ORDER BY s.claim_id, s.criterion",
        person
    )?)
}
