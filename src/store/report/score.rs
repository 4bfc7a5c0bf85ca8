//! What is learnt of past leads, and where their scores are kept (PRODUCT P4). A score is made of
//! what sales answered: it orders lists of work, and nothing that reviews, queues or books reads
//! it.

use crate::report::lesson::Learnt;
use crate::report::score::{Features, Model, Past, Score, ScoreList, WorkOrder, tried};
use crate::store::report::past::{Handed, LONGEST_AGO, SALES_KNOWN, came, handed};
use crate::store::{Actor, Flag, Result, Tx, all, all_in, changed_one, log, one, run};
use crate::units::{CampaignId, ClaimId, ClientId, LeadId, PersonId, WallTime, Zone};
use serde_json::json;
use sqlx::FromRow;
use std::collections::BTreeMap;

/// What was learnt of a client's leads for both lists.
pub struct Lesson {
    pub sales: Learnt,
    pub telesales: Learnt,
    /// Scores of what was handed over, by claim.
    scores: BTreeMap<ClaimId, Score>,
    model: Model,
}

impl Lesson {
    /// How likely a lead that is worked on comes to be accepted, in millionths.
    fn worth(&self, row: &OpenRow) -> Option<i64> {
        let share = self.model.share(&row.features());
        share.filter(|_| row.is_scored).map(millionths)
    }
}

fn millionths(share: f64) -> i64 {
    ((share * 1e6).round() as i64).clamp(0, 1_000_000)
}

/// Learns from a client's past leads, and scores those that were handed over. Changes nothing.
///
/// # Errors
/// When the database fails, or a verdict does not read.
pub async fn learn(tx: &mut Tx, client: &ClientId, zone: &Zone, now: WallTime) -> Result<Lesson> {
    let month = |at: WallTime| {
        let month = zone.month(at);
        let begins = zone.start_of_day(&format!("{month}-01"));
        (month, begins.unwrap_or(at))
    };
    let all = handed(tx, client, now - LONGEST_AGO, zone).await?;
    let is_over = |h: &&Handed| h.handed_at + SALES_KNOWN <= now;
    let past: Vec<Past> = all
        .iter()
        .filter(is_over)
        .filter_map(Handed::past)
        .collect();
    let over = all.iter().filter(is_over).count();
    let counts = [over - past.len(), all.len() - over];
    let [left_out, waiting] = counts.map(|n| i64::try_from(n).unwrap_or(i64::MAX));
    let (sales, model) = Learnt::of(&past, (left_out, waiting), month);
    let scores = all
        .iter()
        .filter_map(|h| Some((h.claim_id.clone(), model.score(&h.features)?)));
    let scores = scores.collect();
    let (past, left_out, waiting) = came(tx, client, (now - LONGEST_AGO, now)).await?;
    let (telesales, model) = Learnt::of(&past, (left_out, waiting), month);
    Ok(Lesson {
        sales,
        telesales,
        scores,
        model,
    })
}

/// Keeps what was learnt: both lessons, and the scores of what was handed over, each with how far
/// the house's clocks are ahead of UTC when its answer is due, so that its day is the house's.
///
/// # Errors
/// When the database fails.
pub async fn keep(
    tx: &mut Tx,
    client: &ClientId,
    lesson: &Lesson,
    zone: &Zone,
    now: WallTime,
) -> Result<()> {
    let both = [
        (ScoreList::Sales, &lesson.sales),
        (ScoreList::Telesales, &lesson.telesales),
    ];
    for (list, learnt) in both {
        run!(
            tx,
            "INSERT INTO score_models (client_id, list, made_at, body) VALUES ($1, $2, $3, $4) ON \
             CONFLICT (client_id, list) DO UPDATE SET made_at = excluded.made_at, body = \
             excluded.body",
            client,
            list,
            now,
            serde_json::to_string(learnt)?
        )?;
    }
    let due = all!(
        tx,
        (ClaimId, WallTime),
        "SELECT claim_id, answer_due_at FROM handovers WHERE client_id = $1 AND answer_due_at IS \
         NOT NULL",
        client
    )?;
    let due: BTreeMap<ClaimId, WallTime> = due.into_iter().collect();
    let kept = all!(
        tx,
        (ClaimId, String, i64),
        "SELECT claim_id, explained, east_us FROM lead_scores WHERE client_id = $1",
        client
    )?;
    let each = kept
        .into_iter()
        .map(|(claim, explained, east)| (claim, (explained, east)));
    let mut kept: BTreeMap<ClaimId, (String, i64)> = each.collect();
    for (claim, score) in &lesson.scores {
        let east = zone.east(due.get(claim).copied().unwrap_or(now)).0;
        let new = (serde_json::to_string(score)?, east);
        if kept.remove(claim).as_ref() == Some(&new) {
            continue;
        }
        run!(
            tx,
            "INSERT INTO lead_scores (claim_id, client_id, share, explained, made_at, east_us) \
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (claim_id) DO UPDATE SET share = \
             excluded.share, explained = excluded.explained, made_at = excluded.made_at, east_us \
             = excluded.east_us",
            claim,
            client,
            millionths(score.share),
            &new.0,
            now,
            east
        )?;
    }
    for claim in kept.keys() {
        run!(tx, "DELETE FROM lead_scores WHERE claim_id = $1", claim)?;
    }
    Ok(())
}

#[derive(FromRow)]
struct OpenRow {
    lead_id: LeadId,
    grade: String,
    source: String,
    attempts: i64,
    #[sqlx(try_from = "Flag")]
    is_reached: bool,
    worth: Option<i64>,
    east_us: i64,
    /// When something is to be done with it, where nothing was agreed.
    act_at: WallTime,
    /// Its campaign is worked on in the order of the score.
    #[sqlx(try_from = "Flag")]
    is_scored: bool,
}

impl OpenRow {
    fn features(&self) -> Features {
        open_features(&self.grade, &self.source, self.attempts, self.is_reached)
    }
}

/// What is known of a lead that is worked on.
#[must_use]
pub fn open_features(grade: &str, source: &str, attempts: i64, is_reached: bool) -> Features {
    Features {
        grade: grade.to_owned(),
        source: source.to_owned(),
        answers: String::new(),
        interactions: tried(attempts, is_reached).to_owned(),
    }
}

/// So many leads are looked at in one piece.
const AT_A_TIME: i64 = 2_000;

/// Where a lead belongs in the list of work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    pub lead: LeadId,
    /// In millionths; `None`: its campaign is not worked on by the score.
    pub worth: Option<i64>,
    /// How far the house's clocks are ahead of UTC when something is to be done with it.
    pub east_us: i64,
}

/// Leads of a piece whose place in the list of work is to change, and after which lead the next
/// piece begins; `None`: there is none.
pub type Piece = (Vec<Placed>, Option<LeadId>);

/// Looks at some of a client's open leads, in the order of their ids.
///
/// # Errors
/// When the database fails.
pub async fn look(
    tx: &mut Tx,
    client: &ClientId,
    (lesson, zone): (&Lesson, &Zone),
    after: Option<&LeadId>,
) -> Result<Piece> {
    let rows = all!(
        tx,
        OpenRow,
        "SELECT w.lead_id, COALESCE(s.grade, '') AS grade, COALESCE(s.name, '') AS source, \
         w.attempts, CASE WHEN w.contacts > 0 THEN CAST(1 AS BIGINT) ELSE CAST(0 AS BIGINT) END AS \
         is_reached, w.worth, w.east_us, CASE WHEN w.first_contact_at IS NULL THEN w.due_at ELSE \
         w.last_contact_at + 604800000000 END AS act_at, CASE WHEN c.work_order = 'score' AND w.is_open = 1 THEN CAST(1 AS \
         BIGINT) ELSE CAST(0 AS BIGINT) END AS is_scored FROM lead_work w JOIN campaigns c ON c.id \
         = w.campaign_id LEFT JOIN sources s ON s.id = w.source_id WHERE w.client_id = $1 AND \
         w.lead_id > $2 AND w.campaign_id IN (SELECT k.id FROM campaigns k WHERE k.client_id = $1 \
         AND (k.work_order = 'score' OR EXISTS (SELECT 1 FROM lead_work o WHERE o.client_id = $1 \
         AND o.campaign_id = k.id AND o.worth IS NOT NULL))) ORDER BY w.lead_id LIMIT $3",
        client,
        after.map_or("", |id| id.as_str()),
        AT_A_TIME
    )?;
    let full = i64::try_from(rows.len()).is_ok_and(|n| n >= AT_A_TIME);
    let next = rows.last().map(|r| r.lead_id.clone()).filter(|_| full);
    let changed = rows.into_iter().filter_map(|row| {
        let worth = lesson.worth(&row);
        // Without a score no day is asked for.
        let east_us = worth.map_or(row.east_us, |_| zone.east(row.act_at).0);
        let is_new = (worth, east_us) != (row.worth, row.east_us);
        is_new.then_some(Placed {
            lead: row.lead_id,
            worth,
            east_us,
        })
    });
    Ok((changed.collect(), next))
}

/// Puts leads where they belong in the list of work.
///
/// # Errors
/// When the database fails.
pub async fn place(tx: &mut Tx, leads: &[Placed]) -> Result<()> {
    for placed in leads {
        run!(
            tx,
            "UPDATE lead_work SET worth = $2, east_us = $3 WHERE lead_id = $1",
            &placed.lead,
            placed.worth,
            placed.east_us
        )?;
    }
    Ok(())
}

/// What was learnt for a list, and when; `None`: nothing yet.
///
/// # Errors
/// When the database fails, or what is kept does not read.
pub async fn learnt(
    tx: &mut Tx,
    client: &ClientId,
    list: ScoreList,
) -> Result<Option<(WallTime, Learnt)>> {
    let row = one!(
        tx,
        (WallTime, String),
        "SELECT made_at, body FROM score_models WHERE client_id = $1 AND list = $2",
        client,
        list
    )?;
    let read = |(at, body): (WallTime, String)| Ok((at, serde_json::from_str(&body)?));
    row.map(read).transpose()
}

/// The client whose lesson is oldest, if that is from before a moment or there is none.
///
/// # Errors
/// When the database fails.
pub async fn due(tx: &mut Tx, before: WallTime) -> Result<Option<ClientId>> {
    let row = one!(
        tx,
        (ClientId,),
        "SELECT c.id FROM clients c LEFT JOIN score_models m ON m.client_id = c.id AND m.list = \
         'telesales' WHERE m.made_at IS NULL OR m.made_at < $1 ORDER BY COALESCE(m.made_at, 0), \
         c.id LIMIT 1",
        before
    )?;
    Ok(row.map(|r| r.0))
}

/// Scores of these claims' leads, where their campaigns are worked on by it.
///
/// # Errors
/// When the database fails, or a score does not read.
pub async fn of_claims(tx: &mut Tx, claims: &[ClaimId]) -> Result<BTreeMap<ClaimId, Score>> {
    if claims.is_empty() {
        return Ok(BTreeMap::new());
    }
    let rows = all_in!(
        tx,
        (ClaimId, String),
        "SELECT l.claim_id, l.explained FROM lead_scores l JOIN handovers h ON h.claim_id = \
         l.claim_id JOIN campaigns k ON k.id = h.campaign_id AND k.work_order = 'score' WHERE \
         l.claim_id IN (",
        claims,
        ")"
    )?;
    let read = |(id, text): (ClaimId, String)| Ok((id, serde_json::from_str(&text)?));
    rows.into_iter().map(read).collect()
}

/// A campaign and the order in which its leads are worked on.
#[derive(Debug, Clone, FromRow, PartialEq, Eq)]
pub struct Ordered {
    pub id: CampaignId,
    pub name: String,
    pub work_order: WorkOrder,
}

/// The open campaigns of a client, by name.
///
/// # Errors
/// When the database fails.
pub async fn orders(tx: &mut Tx, client: &ClientId) -> Result<Vec<Ordered>> {
    Ok(all!(
        tx,
        Ordered,
        "SELECT id, name, work_order FROM campaigns WHERE client_id = $1 AND closed_at IS NULL \
         ORDER BY name, id",
        client
    )?)
}

/// Says in which order a campaign's leads are worked on from now on; lists follow within a minute.
///
/// # Errors
/// When the database fails, or the campaign is gone.
pub async fn set_order(
    tx: &mut Tx,
    by: &PersonId,
    campaign: &CampaignId,
    order: WorkOrder,
    now: WallTime,
) -> Result<()> {
    let rows = run!(
        tx,
        "UPDATE campaigns SET work_order = $2 WHERE id = $1",
        campaign,
        order
    )?;
    changed_one(rows, "there is no such campaign")?;
    // The client is looked at next.
    run!(
        tx,
        "UPDATE score_models SET made_at = 0 WHERE client_id = (SELECT client_id FROM campaigns \
         WHERE id = $1)",
        campaign
    )?;
    let subject = format!("campaign:{campaign}");
    let detail = json!({ "order": order });
    log::append(
        tx,
        &Actor::from(by),
        "campaign.ordered",
        subject,
        detail,
        now,
    )
    .await
}
