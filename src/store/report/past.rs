//! Leads whose time is over, with what was known of them and what sales said of them in time: what
//! scores are learnt from (PRODUCT P4), and sales' gate is counted from (P5).

use crate::handover::{Answer, RejectReason};
use crate::pii::Pii;
use crate::report::score::{Features, Past, days, states_of};
use crate::review::{Checklist, Given};
use crate::store::review::checklists;
use crate::store::{Result, Tx, all, one};
use crate::units::{ClaimId, ClientId, LeadId, Micros, PersonId, VersionId, WallTime, Zone};
use sqlx::FromRow;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// After so long it is known what sales makes of a lead that was handed over.
pub const SALES_KNOWN: Micros = Micros::from_secs(30 * 86_400);
/// After so long it is known what becomes of a lead that came in.
pub const TELESALES_KNOWN: Micros = Micros::from_secs(90 * 86_400);
/// What is longer ago tells of another market.
pub const LONGEST_AGO: Micros = Micros::from_secs(2 * 366 * 86_400);

/// A lead that was handed over, with what was known of it then and what sales said of it in time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handed {
    pub claim_id: ClaimId,
    pub lead_id: LeadId,
    pub handed_at: WallTime,
    pub features: Features,
    /// Calls to it before it passed.
    pub calls: i64,
    /// What sales had said when its time was over, or has said so far.
    pub answer: Option<Answer>,
    /// Of a rejection alone.
    pub reason: Option<RejectReason>,
    /// Of a rejection that cites one.
    pub criterion: Option<String>,
    /// Who said it; null: a CRM.
    pub by: Option<PersonId>,
    /// When it was said; null: nothing was.
    pub answered_at: Option<WallTime>,
    /// In whose words; null with the answer.
    pub note: Option<Pii<String>>,
    /// It was turned down for a criterion that a second reviewer found met.
    pub contradicted: bool,
}

impl Handed {
    /// Whether sales took it; `None` where it said nothing that tells of the lead: not a word, a
    /// question that stands for good, no capacity, or a criterion that a second reviewer found met.
    #[must_use]
    pub fn accepted(&self) -> Option<bool> {
        match (self.answer?, self.reason) {
            (Answer::Now | Answer::Later, _) => Some(true),
            (Answer::NeedsInformation, _) => None,
            (_, Some(RejectReason::NoCapacity)) => None,
            _ if self.contradicted => None,
            _ => Some(false),
        }
    }

    /// As something to learn from, when its time is over.
    #[must_use]
    pub fn past(&self) -> Option<Past> {
        Some(Past {
            features: self.features.clone(),
            at: self.handed_at,
            known_at: self.handed_at + SALES_KNOWN,
            accepted: self.accepted()?,
            counted: self.calls,
        })
    }
}

#[derive(FromRow)]
struct HandedRow {
    claim_id: ClaimId,
    lead_id: LeadId,
    handed_at: WallTime,
    grade: String,
    source: String,
    given: Option<String>,
    calls: i64,
    answer: Option<Answer>,
    reason: Option<RejectReason>,
    criterion: Option<String>,
    person_id: Option<PersonId>,
    answered_at: Option<WallTime>,
    note: Option<Pii<String>>,
    second: Option<String>,
    version_id: Option<VersionId>,
}

/// The verdict's answers in one text, by criterion.
fn answers(given: Option<&str>) -> Result<String> {
    let Some(given) = given else {
        return Ok(String::new());
    };
    let given: Vec<Given> = serde_json::from_str(given)?;
    let mut each: Vec<String> = given
        .iter()
        .map(|g| format!("{}={}", g.criterion, g.answer))
        .collect();
    each.sort_unstable();
    Ok(each.join(";"))
}

/// Checklists' versions that have been read.
#[derive(Default)]
struct Lists(BTreeMap<VersionId, Checklist>);

impl Lists {
    /// Whether a second reviewer's answers, by their version of the checklist, say that the
    /// criterion is met which a rejection cites.
    async fn contradicted(
        &mut self,
        tx: &mut Tx,
        cited: Option<&str>,
        second: (Option<&str>, Option<&VersionId>),
    ) -> Result<bool> {
        let (Some(cited), (Some(answers), Some(id))) = (cited, second) else {
            return Ok(false);
        };
        if !self.0.contains_key(id) {
            let version = checklists::existing(tx, id).await?;
            self.0.insert(id.clone(), version.checklist()?);
        }
        let given: Vec<Given> = serde_json::from_str(answers)?;
        let met = self.0.get(id).and_then(|list| list.met(cited, &given));
        Ok(met == Some(true))
    }
}

/// On how many of the house's days there had been a conversation with a lead before it passed, by
/// its claim.
async fn days_spoken(
    tx: &mut Tx,
    client: &ClientId,
    since: WallTime,
    zone: &Zone,
) -> Result<HashMap<ClaimId, i64>> {
    let rows = all!(
        tx,
        (ClaimId, WallTime),
        "SELECT h.claim_id, c.started_at FROM handovers h JOIN calls c ON c.lead_id = h.lead_id \
         AND c.started_at < h.passed_at AND c.answered_at IS NOT NULL AND c.ended_at - \
         c.answered_at >= 30000000 WHERE h.client_id = $1 AND h.handed_at >= $2",
        client,
        since
    )?;
    let mut days: HashMap<ClaimId, BTreeSet<i64>> = HashMap::new();
    for (claim, at) in rows {
        days.entry(claim)
            .or_default()
            .insert(zone.day_and_minute(at).0);
    }
    let counted = days
        .into_iter()
        .map(|(claim, days)| (claim, i64::try_from(days.len()).unwrap_or(i64::MAX)));
    Ok(counted.collect())
}

/// Leads of a client that were handed over since a moment, in the order in which they were.
/// Verdicts are found by their index, which is of those that were not taken back: the statement
/// says so.
///
/// # Errors
/// When the database fails, or a verdict does not read.
pub async fn handed(
    tx: &mut Tx,
    client: &ClientId,
    since: WallTime,
    zone: &Zone,
) -> Result<Vec<Handed>> {
    let spoken = days_spoken(tx, client, since, zone).await?;
    let rows = all!(
        tx,
        HandedRow,
        "SELECT h.claim_id, h.lead_id, h.handed_at, COALESCE(s.grade, '') AS grade, \
         COALESCE(s.name, '') AS source, v.answers AS given, (SELECT COUNT(*) FROM calls c WHERE \
         c.lead_id = h.lead_id AND c.started_at < h.passed_at) AS calls, a.answer, a.reason, \
         a.criterion, a.person_id, a.at AS answered_at, a.note, x.answers AS second, \
         x.checklist_version_id AS version_id FROM handovers h JOIN lead_work w ON w.lead_id = \
         h.lead_id LEFT JOIN sources s ON s.id = w.source_id LEFT JOIN verdicts v ON v.claim_id = \
         h.claim_id AND v.state <> 'taken_back' AND v.state = 'final' LEFT JOIN sales_answers a \
         ON a.claim_id = h.claim_id AND a.at < h.handed_at + $3 AND NOT EXISTS (SELECT 1 FROM \
         sales_answers r WHERE r.replaces = a.id AND r.at < h.handed_at + $3) LEFT JOIN \
         second_reviews x ON a.criterion IS NOT NULL AND x.id = (SELECT y.id FROM second_reviews \
         y WHERE y.verdict_id = v.id AND y.reason <> 'dispute' AND y.answers IS NOT NULL ORDER BY \
         y.answered_at DESC, y.id DESC LIMIT 1) WHERE h.client_id = $1 AND h.handed_at >= $2 \
         ORDER BY h.handed_at, h.claim_id",
        client,
        since,
        SALES_KNOWN.0
    )?;
    let mut lists = Lists::default();
    let mut handed = Vec::with_capacity(rows.len());
    for row in rows {
        let second = (row.second.as_deref(), row.version_id.as_ref());
        let cited = row.criterion.as_deref();
        let contradicted = lists.contradicted(tx, cited, second).await?;
        handed.push(Handed {
            features: Features {
                grade: row.grade,
                source: row.source,
                answers: answers(row.given.as_deref())?,
                interactions: days(spoken.get(&row.claim_id).copied().unwrap_or(0)).to_owned(),
            },
            claim_id: row.claim_id,
            lead_id: row.lead_id,
            handed_at: row.handed_at,
            calls: row.calls,
            answer: row.answer,
            reason: row.reason,
            criterion: row.criterion,
            by: row.person_id,
            answered_at: row.answered_at,
            note: row.note,
            contradicted,
        });
    }
    Ok(handed)
}

#[derive(FromRow)]
struct CameRow {
    received_at: WallTime,
    grade: String,
    source: String,
    first_attempt_at: Option<WallTime>,
    first_contact_at: Option<WallTime>,
    before: i64,
    /// When it was called for the third and the sixth time of those before.
    third_at: Option<WallTime>,
    sixth_at: Option<WallTime>,
    handed_at: Option<WallTime>,
    answer: Option<Answer>,
    reason: Option<RejectReason>,
    criterion: Option<String>,
    second: Option<String>,
    version_id: Option<VersionId>,
}

impl CameRow {
    /// As `None` where sales had it and said nothing that tells of it, as with [`Handed`].
    fn accepted(&self, contradicted: bool) -> Option<bool> {
        match (self.handed_at, self.answer, self.reason) {
            (None, ..) => Some(false),
            (_, Some(Answer::Now | Answer::Later), _) => Some(true),
            (_, None | Some(Answer::NeedsInformation), _)
            | (_, _, Some(RejectReason::NoCapacity)) => None,
            _ if contradicted => None,
            _ => Some(false),
        }
    }

    /// Once in each state that it went through.
    fn past(&self, accepted: bool) -> Vec<Past> {
        let over = self.received_at + TELESALES_KNOWN;
        let until = self.handed_at.map_or(over, |at| at.min(over));
        let contact = self.first_contact_at.filter(|at| *at < until);
        let states = states_of(self.before, contact.is_some()).into_iter();
        let state = |state: &'static str| Past {
            features: Features {
                grade: self.grade.clone(),
                source: self.source.clone(),
                answers: String::new(),
                interactions: state.to_owned(),
            },
            at: match state {
                "not_called" => self.received_at,
                "reached" => contact.unwrap_or(self.received_at),
                "called_3_5" => self.third_at.unwrap_or(self.received_at),
                "called_6" => self.sixth_at.unwrap_or(self.received_at),
                _ => self.first_attempt_at.unwrap_or(self.received_at),
            },
            known_at: over,
            accepted,
            counted: match state {
                "not_called" => 0,
                "called_1_2" => 1,
                "called_3_5" => 3,
                "called_6" => 6,
                _ => self.before + 1,
            },
        };
        states.map(state).collect()
    }
}

/// Leads that came in and whose time is over, each in the states that it went through; how many
/// were left out, and how many wait.
///
/// # Errors
/// When the database fails.
pub async fn came(
    tx: &mut Tx,
    client: &ClientId,
    (since, now): (WallTime, WallTime),
) -> Result<(Vec<Past>, i64, i64)> {
    let over = now - TELESALES_KNOWN;
    let before = |what: &str| {
        format!(
            "(SELECT {what} FROM calls c WHERE c.lead_id = w.lead_id AND COALESCE(c.direction, '') \
             <> 'inbound' AND c.started_at < w.received_at + $4 AND c.started_at < \
             COALESCE(h.handed_at, c.started_at + 1) AND (w.first_contact_at IS NULL OR \
             COALESCE(c.answered_at, c.started_at) < w.first_contact_at)"
        )
    };
    let (count, at) = (before("COUNT(*)"), before("c.started_at"));
    let sql = format!(
        "SELECT w.received_at, COALESCE(s.grade, '') AS grade, COALESCE(s.name, '') AS source, \
         w.first_attempt_at, w.first_contact_at, {count}) AS before, {at} ORDER BY c.started_at, \
         c.id LIMIT 1 OFFSET 2) AS third_at, {at} ORDER BY c.started_at, c.id LIMIT 1 OFFSET 5) \
         AS sixth_at, h.handed_at, a.answer, a.reason, a.criterion, x.answers AS second, \
         x.checklist_version_id AS version_id FROM lead_work w LEFT JOIN sources s ON s.id = \
         w.source_id LEFT JOIN handovers h ON h.lead_id = w.lead_id AND h.handed_at < \
         w.received_at + $4 LEFT JOIN sales_answers a ON a.claim_id = h.claim_id AND a.at < \
         w.received_at + $4 AND NOT EXISTS (SELECT 1 FROM sales_answers r WHERE r.replaces = a.id \
         AND r.at < w.received_at + $4) LEFT JOIN verdicts v ON a.criterion IS NOT NULL AND \
         v.claim_id = h.claim_id AND v.state <> 'taken_back' AND v.state = 'final' LEFT JOIN \
         second_reviews x ON x.id = (SELECT y.id FROM second_reviews y WHERE y.verdict_id = v.id \
         AND y.reason <> 'dispute' AND y.answers IS NOT NULL ORDER BY y.answered_at DESC, y.id \
         DESC LIMIT 1) WHERE w.client_id = $1 AND w.received_at >= $2 AND w.received_at < $3 AND \
         NOT EXISTS (SELECT 1 FROM lead_merges m WHERE m.lead_id = w.lead_id AND m.split_at IS \
         NULL)"
    );
    let rows = all!(
        tx,
        CameRow,
        sqlx::AssertSqlSafe(sql),
        client,
        since,
        over,
        TELESALES_KNOWN.0
    )?;
    let waiting = one!(
        tx,
        (i64,),
        "SELECT COUNT(*) FROM lead_work w WHERE w.client_id = $1 AND w.received_at >= $2 AND NOT \
         EXISTS (SELECT 1 FROM lead_merges m WHERE m.lead_id = w.lead_id AND m.split_at IS NULL)",
        client,
        over
    )?;
    let (mut lists, mut past, mut left_out) = (Lists::default(), Vec::new(), 0);
    for row in &rows {
        let second = (row.second.as_deref(), row.version_id.as_ref());
        let cited = row.criterion.as_deref();
        let contradicted = lists.contradicted(tx, cited, second).await?;
        match row.accepted(contradicted) {
            Some(accepted) => past.extend(row.past(accepted)),
            None => left_out += 1,
        }
    }
    Ok((past, left_out, waiting.map_or(0, |r| r.0)))
}
