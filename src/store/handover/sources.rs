//! The leads of campaigns, sources, suppliers and lists with what became of them: identifiers and
//! times, no names (PRODUCT H3).

use crate::handover::source::{DEAD, LeadFacts, Part, SourceKind};
use crate::handover::{Answer, RejectReason};
use crate::store::{Flag, Result, Tx, all};
use crate::units::{CampaignId, ClientId, ImportId, LeadId, Money, PersonId, WallTime, Zone};
use sqlx::FromRow;
use std::collections::BTreeMap;

/// A lead with what became of it.
#[derive(Debug, Clone, FromRow)]
pub struct SourceLead {
    pub id: LeadId,
    /// As the list that it came from calls it.
    pub external_id: String,
    pub campaign_id: CampaignId,
    pub campaign: String,
    pub client_id: ClientId,
    pub client: String,
    /// Null: not known.
    pub source: Option<String>,
    /// Of the list that it came in with; where that says nobody, of its source. Null: not known.
    pub supplier: Option<String>,
    /// The list that it came in with; null: it came in by itself.
    pub import_id: Option<ImportId>,
    /// Of one lead of its source, in cents of the currency; null: not said.
    pub cost_minor: Option<i64>,
    /// ISO 4217; null with the cost.
    pub currency: Option<String>,
    pub created_at: WallTime,
    #[sqlx(try_from = "Flag")]
    pub merged: bool,
    /// Calls with it, whoever made them, answered or not.
    pub attempts: i64,
    /// Null: there is none.
    pub first_call_at: Option<WallTime>,
    /// Null: there is none.
    pub last_call_at: Option<WallTime>,
    /// When a call was first answered, by whomever or whatever; null: none was.
    pub first_answered_at: Option<WallTime>,
    /// The largest final answer that says that the number is none.
    pub dead: Option<i64>,
    /// Null: it has not passed.
    pub passed_at: Option<WallTime>,
    /// The answer of sales that stands; null: none was given.
    pub answer: Option<Answer>,
    /// Of a rejection alone.
    pub reason: Option<RejectReason>,
    /// Of a rejection that cites one.
    pub criterion: Option<String>,
    /// It was promised that nobody of its client is singled out.
    #[sqlx(try_from = "Flag")]
    pub untold: bool,
}

impl SourceLead {
    /// As the rule counts it.
    #[must_use]
    pub fn facts(&self) -> LeadFacts {
        LeadFacts {
            merged: self.merged,
            attempts: self.attempts,
            answered: self.first_answered_at.is_some(),
            dead: self.dead,
            passed: self.passed_at.is_some(),
            answer: self.answer,
            reason: self.reason,
            criterion: self.criterion.clone(),
            cost: self.cost(),
            untold: self.untold,
        }
    }

    /// Its id as a sheet may say it: where a list gave none, its number or its mail address stands
    /// for one, and the box's own goes in the place of that.
    #[must_use]
    pub fn told_id(&self) -> &str {
        let id = self.external_id.as_str();
        // E.164: a plus and digits.
        let is_number = id
            .strip_prefix('+')
            .is_some_and(|digits| digits.len() >= 7 && digits.bytes().all(|b| b.is_ascii_digit()));
        match is_number || id.contains('@') {
            true => self.id.as_str(),
            false => id,
        }
    }

    /// What its source says that one costs; none: not said.
    #[must_use]
    pub fn cost(&self) -> Option<Money> {
        Some(Money::new(self.cost_minor?, self.currency.as_deref()?))
    }

    /// What it is told apart by.
    #[must_use]
    pub fn part(&self, by: SourceKind) -> PartName {
        PartName {
            client: self.client.clone(),
            client_id: self.client_id.clone(),
            name: self.name(by),
        }
    }

    fn name(&self, by: SourceKind) -> String {
        match by {
            SourceKind::Campaign => self.campaign.clone(),
            SourceKind::Source => self.source.clone().unwrap_or_default(),
            SourceKind::Supplier => self.supplier.clone().unwrap_or_default(),
            SourceKind::List => self
                .import_id
                .as_ref()
                .map_or_else(String::new, ToString::to_string),
        }
    }
}

/// A campaign, source, supplier or list of one client: another's of the same name is another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PartName {
    pub client: String,
    pub client_id: ClientId,
    /// Of a list the id; empty: not known.
    pub name: String,
}

/// A list that leads came in with.
#[derive(Debug, Clone, FromRow)]
pub struct SourceList {
    pub id: ImportId,
    pub campaign: String,
    pub client_id: ClientId,
    pub client: String,
    /// Empty: not said.
    pub supplier: String,
    pub file_name: String,
    pub began_at: WallTime,
    /// Null: it stands.
    pub undone_at: Option<WallTime>,
    /// Rows of the list.
    pub total: i64,
    pub added: i64,
    /// Rows that brought a lead up to date which was there.
    pub changed: i64,
    pub bad: i64,
    /// Duplicates that were left out.
    pub skipped: i64,
}

impl SourceList {
    /// What its leads are told apart by; none where a list may have leads of several.
    #[must_use]
    pub fn part(&self, by: SourceKind) -> Option<PartName> {
        let name = match by {
            SourceKind::Campaign => self.campaign.clone(),
            SourceKind::Source => return None,
            SourceKind::Supplier => self.supplier.clone(),
            SourceKind::List => self.id.to_string(),
        };
        Some(PartName {
            client: self.client.clone(),
            client_id: self.client_id.clone(),
            name,
        })
    }

    /// Duplicates that it left out, where it began at a moment or later and stands.
    fn left_out(&self, from: WallTime) -> i64 {
        match self.undone_at.is_none() && self.began_at >= from {
            true => self.skipped,
            false => 0,
        }
    }
}

/// What became of leads that came in from a moment on, by what they are told apart by. Lists say
/// what was left out of them.
#[must_use]
pub fn parts(
    (leads, lists): (&[SourceLead], &[SourceList]),
    by: SourceKind,
    from: WallTime,
    zone: &Zone,
) -> BTreeMap<PartName, Part> {
    let mut parts: BTreeMap<PartName, Part> = BTreeMap::new();
    for lead in leads {
        let part = parts.entry(lead.part(by)).or_default();
        part.add(zone.month(lead.created_at), &lead.facts());
    }
    for list in lists {
        let left_out = list.left_out(from);
        let is_told = left_out > 0 || by == SourceKind::List && list.began_at >= from;
        let Some(name) = list.part(by).filter(|_| is_told) else {
            continue;
        };
        // A list of which no row became a lead is one too.
        let part = parts.entry(name).or_default();
        if left_out > 0 {
            part.leave_out(zone.month(list.began_at), left_out);
        }
    }
    parts
}

/// The name that [`SourceLead::part`] gives a lead.
fn part(by: SourceKind) -> &'static str {
    match by {
        SourceKind::Campaign => "k.name",
        SourceKind::Source => "COALESCE(s.name, '')",
        SourceKind::Supplier => "COALESCE(NULLIF(i.supplier, ''), s.supplier, '')",
        SourceKind::List => "COALESCE(w.import_id, '')",
    }
}

/// What a lead `l` is joined with for its [`part`].
fn joined(by: SourceKind) -> &'static str {
    match by {
        SourceKind::Campaign => "JOIN campaigns k ON k.id = l.campaign_id",
        SourceKind::Source => "LEFT JOIN sources s ON s.id = l.source_id",
        SourceKind::Supplier => {
            "LEFT JOIN lead_work w ON w.lead_id = l.id LEFT JOIN imports i ON i.id = w.import_id \
             LEFT JOIN sources s ON s.id = l.source_id"
        }
        SourceKind::List => "LEFT JOIN lead_work w ON w.lead_id = l.id",
    }
}

/// Which leads are wanted.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted<'a> {
    /// Of one campaign, source, supplier or list alone, by its name.
    pub part: Option<(SourceKind, &'a str)>,
    /// Of this client alone.
    pub client: Option<&'a ClientId>,
}

/// Leads of a person's clients that came in between two moments, oldest first.
///
/// # Errors
/// When the database fails.
pub async fn leads(
    tx: &mut Tx,
    person: &PersonId,
    (from, until): (WallTime, WallTime),
    wanted: Wanted<'_>,
    limit: i64,
) -> Result<Vec<SourceLead>> {
    // Which leads first, in the order of their index, then what became of them: else that is found
    // out of all that came in. Crossed, so that a lead's earlier like is met by its number.
    let dead = DEAD.map(|status| status.to_string()).join(", ");
    let calls = |what: &str| format!("(SELECT {what} FROM calls c WHERE c.lead_id = l.id)");
    let sql = format!(
        "SELECT l.id, l.external_id, l.campaign_id, k.name AS campaign, l.client_id, n.name AS client, s.name \
         AS source, COALESCE(NULLIF(i.supplier, ''), s.supplier) AS supplier, w.import_id, \
         s.cost_minor, s.currency, l.created_at, CASE WHEN EXISTS (SELECT 1 FROM lead_merges m \
         WHERE m.lead_id = l.id AND m.split_at IS NULL) OR EXISTS (SELECT 1 FROM lead_numbers a \
         CROSS JOIN lead_numbers b CROSS JOIN leads e WHERE a.lead_id = l.id AND b.e164 = a.e164 \
         AND b.lead_id <> a.lead_id AND e.id = b.lead_id AND e.client_id = l.client_id AND \
         (e.created_at < l.created_at OR (e.created_at = l.created_at AND e.id < l.id))) THEN \
         CAST(1 AS BIGINT) ELSE CAST(0 AS BIGINT) END AS merged, {attempts} AS attempts, {first} AS \
         first_call_at, {last} AS last_call_at, {answer} AS first_answered_at, {none} AS dead, h.passed_at, a.answer, a.reason, a.criterion, \
         CASE WHEN EXISTS (SELECT 1 FROM aggregate_modes m WHERE m.client_id = l.client_id AND \
         m.lifted_at IS NULL) THEN CAST(1 AS BIGINT) ELSE CAST(0 AS BIGINT) END AS untold FROM \
         (SELECT l.id FROM leads l CROSS JOIN person_clients pc {joined} WHERE pc.person_id = $1 \
         AND pc.client_id = l.client_id AND l.created_at >= $2 AND l.created_at < $3 AND {part} = \
         $5 AND ($6 = '' OR pc.client_id = $6) ORDER BY l.created_at, l.id LIMIT $4) z CROSS JOIN \
         leads l JOIN campaigns k ON k.id = l.campaign_id JOIN clients n ON n.id = l.client_id \
         LEFT JOIN lead_work w ON w.lead_id = l.id LEFT JOIN imports i ON i.id = w.import_id LEFT \
         JOIN sources s ON s.id = l.source_id LEFT JOIN handovers h ON h.lead_id = l.id LEFT JOIN \
         sales_answers a ON a.id = h.answer_id WHERE l.id = z.id ORDER BY l.created_at, l.id",
        attempts = calls("COUNT(*)"),
        first = calls("MIN(c.started_at)"),
        last = calls("MAX(c.started_at)"),
        answer = calls("MIN(c.answered_at)"),
        none = calls(&format!(
            "MAX(CASE WHEN c.sip_status IN ({dead}) THEN c.sip_status END)"
        )),
        part = wanted.part.map_or("''", |(by, _)| part(by)),
        joined = wanted.part.map_or("", |(by, _)| joined(by)),
    );
    Ok(all!(
        tx,
        SourceLead,
        sqlx::AssertSqlSafe(sql),
        person,
        from,
        until,
        limit,
        wanted.part.map_or("", |(_, name)| name),
        wanted.client.map_or("", |c| c.as_str())
    )?)
}

/// Lists of a person's clients that were taken in between two moments, if in part, oldest first.
///
/// # Errors
/// When the database fails.
pub async fn lists(
    tx: &mut Tx,
    person: &PersonId,
    (from, until): (WallTime, WallTime),
) -> Result<Vec<SourceList>> {
    Ok(all!(
        tx,
        SourceList,
        "SELECT i.id, k.name AS campaign, i.client_id, n.name AS client, i.supplier, i.file_name, i.began_at, \
         i.undone_at, i.total, i.added, i.changed, i.bad, i.skipped FROM imports i JOIN \
         person_clients pc ON pc.client_id = i.client_id AND pc.person_id = $1 JOIN campaigns k ON \
         k.id = i.campaign_id JOIN clients n ON n.id = i.client_id WHERE i.began_at < $3 AND \
         (i.ended_at IS NULL OR i.ended_at >= $2) ORDER BY i.began_at, i.id",
        person,
        from,
        until
    )?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lead(external_id: &str) -> SourceLead {
        SourceLead {
            id: "l1".into(),
            external_id: external_id.to_owned(),
            campaign_id: "k".into(),
            campaign: String::new(),
            client_id: "c".into(),
            client: String::new(),
            source: None,
            supplier: None,
            import_id: None,
            cost_minor: None,
            currency: None,
            created_at: WallTime(0),
            merged: false,
            attempts: 0,
            first_call_at: None,
            last_call_at: None,
            first_answered_at: None,
            dead: None,
            passed_at: None,
            answer: None,
            reason: None,
            criterion: None,
            untold: false,
        }
    }

    #[test]
    fn a_sheet_says_no_number_and_no_mail_address() {
        for (id, told) in [
            ("L-1003", "L-1003"),
            ("1003004005", "1003004005"),
            ("+1", "+1"),
            ("+494055501010", "l1"),
            ("jonas@halden.example", "l1"),
        ] {
            assert_eq!(lead(id).told_id(), told, "{id}");
        }
    }
}
