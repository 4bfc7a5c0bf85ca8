//! The extract of the books (PRODUCT M2): every claim, whatever became of it, with its verdict, its
//! entries and what was ruled. Read page by page by the claims' numbers, so that no number of
//! claims is too large.

use crate::commission::payroll::{decimal, field, plain};
use crate::commission::{EntryKind, Part, RulingKind};
use crate::pii::Pii;
use crate::review::fate::{Came, Fate, fate};
use crate::review::{ClaimOutcome, ClaimState, DisputeState};
use crate::store::{Flag, MaybeFlag, Result, StoreError, Tx, all, all_in};
use crate::units::{ClaimId, EntryId, Money, PersonId, VerdictId, WallTime, sum_by_currency};
use sqlx::FromRow;
use std::collections::BTreeMap;

/// Whose claims.
#[derive(Debug, Clone, Copy)]
pub enum Whose<'a> {
    /// One's own.
    Own(&'a PersonId),
    /// Of a manager's clients; of one person where one is named.
    Clients {
        viewer: &'a PersonId,
        person: Option<&'a PersonId>,
    },
    /// A person's, for the administrator's shell.
    Person(&'a PersonId),
    /// Everybody's, for the same.
    All,
}

/// Which claims, and from where on.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    pub whose: Whose<'a>,
    /// Made from then on.
    pub from: Option<WallTime>,
    /// Made before then.
    pub before: Option<WallTime>,
    /// After the claim of this number; none: from the first.
    pub after: Option<i64>,
    /// At most so many, 1 to [`MOST`].
    pub limit: i64,
}

/// The largest page.
pub const MOST: i64 = 1_000;

#[derive(FromRow)]
struct Row {
    id: ClaimId,
    number: i64,
    person_id: PersonId,
    person: Pii<String>,
    company: Pii<String>,
    campaign: String,
    created_at: WallTime,
    state: ClaimState,
    outcome: Option<ClaimOutcome>,
    decided_at: Option<WallTime>,
    settled_at: Option<WallTime>,
    waits_until: Option<WallTime>,
    sent_back_note: Option<Pii<String>>,
    verdict_id: Option<VerdictId>,
    #[sqlx(try_from = "MaybeFlag")]
    passed: Option<bool>,
    final_at: Option<WallTime>,
    dispute: Option<DisputeState>,
    #[sqlx(try_from = "Flag")]
    behind_another: bool,
    #[sqlx(try_from = "Flag")]
    has_plan: bool,
}

/// A claim and all that became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extracted {
    pub id: ClaimId,
    /// What people say: C-1001.
    pub number: i64,
    pub person_id: PersonId,
    /// The claimant's name.
    pub person: Pii<String>,
    pub company: Pii<String>,
    pub campaign: String,
    pub made_at: WallTime,
    pub fate: Fate,
    /// When that was: decided, settled, or made where it waits.
    pub since: WallTime,
    /// Until when it waits at the latest, where there is such a day.
    pub waits_until: Option<WallTime>,
    /// `None`: not sent back, or before the ninth migration.
    pub sent_back_note: Option<Pii<String>>,
    /// Its final verdict; `None`: it has none.
    pub verdict_id: Option<VerdictId>,
    /// What its final verdict said first; a dispute may have turned it.
    pub passed: Option<bool>,
    /// When that became final; `None` with it.
    pub final_at: Option<WallTime>,
    /// `None`: nobody has disputed it.
    pub dispute: Option<DisputeState>,
    /// Oldest first.
    pub entries: Vec<Line>,
    /// What was ruled on it, oldest first.
    pub rulings: Vec<Ruled>,
    /// What its entries come to, per currency.
    pub stands: Vec<Money>,
}

/// An entry of a claim.
#[derive(Debug, Clone, FromRow, PartialEq, Eq)]
pub struct Line {
    pub claim_id: ClaimId,
    pub id: EntryId,
    pub kind: EntryKind,
    /// The claimant's; where claims of several people are asked for, the opener's beside it, too.
    pub part: Part,
    pub amount_minor: i64,
    pub currency: String,
    /// Digits after the currency's decimal point.
    pub exponent: i64,
    pub period: String,
    pub payable_at: WallTime,
    /// Why it takes another back; null for an accrual.
    pub reason: Option<String>,
    /// The payroll run that paid it; null: none yet.
    pub run: Option<i64>,
}

/// What was ruled on a claim.
#[derive(Debug, Clone, FromRow, PartialEq, Eq)]
pub struct Ruled {
    pub claim_id: ClaimId,
    pub kind: RulingKind,
    pub note: Pii<String>,
    pub ruled_at: WallTime,
    /// Fraud takes a second person; null: nobody has confirmed it.
    pub confirmed_at: Option<WallTime>,
}

/// Whether a claim `c` waits for an earlier one on its lead: one whose own plan is to be read waits
/// for nothing else any more.
pub(super) const BEHIND_ANOTHER: &str = "CASE WHEN c.outcome = 'passed_waiting' AND c.unread_since IS NULL AND EXISTS (SELECT 1 FROM claims e LEFT JOIN disputes o \
     ON o.claim_id = e.id AND o.state = 'open' WHERE e.lead_id = c.lead_id AND e.campaign_id = \
     c.campaign_id AND e.person_id <> c.person_id AND e.place < c.place AND (e.state IN ('open', \
     'in_review', 'held') OR e.outcome = 'passed_waiting' OR o.id IS NOT NULL OR ((e.outcome = \
     'failed' OR e.state = 'sent_back') AND c.waits_until > c.decided_at AND c.waits_until < \
     9223372036854775807))) THEN CAST(1 AS BIGINT) ELSE CAST(0 AS BIGINT) END";

const ROW: &str =
    "SELECT c.id, c.number, c.person_id, p.name AS person, l.company, k.name AS campaign, \
     c.created_at, c.state, c.outcome, c.decided_at, c.settled_at, c.waits_until, \
     c.sent_back_note, v.id AS verdict_id, v.passed, v.final_at, d.state AS dispute,
     {behind_another} AS behind_another,
     CASE WHEN c.plan_id IS NULL THEN CAST(0 AS BIGINT) ELSE CAST(1 AS BIGINT) END AS has_plan
  FROM claims c JOIN leads l ON l.id = c.lead_id JOIN campaigns k ON k.id = c.campaign_id JOIN \
     people p ON p.id = c.person_id LEFT JOIN verdicts v ON v.claim_id = c.id AND v.state <> \
     'taken_back' AND v.state = 'final' LEFT JOIN disputes d ON d.verdict_id = v.id
  WHERE c.number > $1 AND c.created_at >= $2 AND c.created_at < $3 AND {person} AND ($5 = '' OR EXISTS (SELECT 1 FROM person_clients x WHERE x.client_id = k.client_id \
     AND x.person_id = $5))
  ORDER BY c.number LIMIT $6";

/// A page of claims, by number; the next begins after the last one's.
///
/// # Errors
/// When the database fails, or the amounts of a claim do not add up to a number.
pub async fn page(tx: &mut Tx, wanted: &Wanted<'_>) -> Result<Vec<Extracted>> {
    let (person, viewer) = match wanted.whose {
        Whose::Own(person) | Whose::Person(person) => (Some(person), None),
        Whose::Clients { viewer, person } => (person, Some(viewer)),
        Whose::All => (None, None),
    };
    let text = |id: Option<&PersonId>| id.map_or(String::new(), |id| id.to_string());
    let whose = match person {
        Some(_) => "c.person_id = $4",
        None => "$4 = ''",
    };
    let sql = ROW
        .replace("{behind_another}", BEHIND_ANOTHER)
        .replace("{person}", whose);
    let rows = all!(
        tx,
        Row,
        sqlx::AssertSqlSafe(sql),
        wanted.after.unwrap_or(0),
        wanted.from.unwrap_or(WallTime(i64::MIN)),
        wanted.before.unwrap_or(WallTime(i64::MAX)),
        text(person),
        text(viewer),
        wanted.limit.clamp(1, MOST)
    )?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<&str> = rows.iter().map(|r| r.id.as_str()).collect();
    let mut lines = lines(tx, &ids).await?;
    let mut ruled = rulings(tx, &ids).await?;
    let whole = rows.into_iter().map(|row| {
        let mut entries = lines.remove(&row.id).unwrap_or_default();
        let mut rulings = ruled.remove(&row.id).unwrap_or_default();
        // An extract of one person holds their money: a colleague's share in a lead is not in it.
        if person.is_some() {
            entries.retain(|e| e.part != Part::Opener);
        }
        // What one person alleges is not told to the accused before a second one has looked.
        if matches!(wanted.whose, Whose::Own(_)) {
            rulings.retain(|r| r.kind != RulingKind::Fraud || r.confirmed_at.is_some());
        }
        whole(row, entries, rulings)
    });
    whole.collect()
}

async fn lines(tx: &mut Tx, claims: &[&str]) -> Result<BTreeMap<ClaimId, Vec<Line>>> {
    let found = all_in!(
        tx,
        Line,
        "SELECT g.claim_id, g.id, g.kind, g.part, g.amount_minor, g.currency, g.exponent, \
         g.period, g.payable_at, g.reason, r.number AS run FROM ledger g LEFT JOIN \
         payroll_run_entries e ON e.entry_id = g.id LEFT JOIN payroll_runs r ON r.id = e.run_id \
         WHERE g.claim_id IN (",
        claims.iter().copied(),
        ") ORDER BY g.booked_at, CASE WHEN g.part = 'opener' THEN 1 ELSE 0 END, g.id"
    )?;
    let mut by_claim: BTreeMap<ClaimId, Vec<Line>> = BTreeMap::new();
    for line in found {
        by_claim
            .entry(line.claim_id.clone())
            .or_default()
            .push(line);
    }
    Ok(by_claim)
}

async fn rulings(tx: &mut Tx, claims: &[&str]) -> Result<BTreeMap<ClaimId, Vec<Ruled>>> {
    let found = all_in!(
        tx,
        Ruled,
        "SELECT claim_id, kind, note, ruled_at, confirmed_at FROM rulings WHERE dismissed_at IS NULL \
         AND claim_id IN (",
        claims.iter().copied(),
        ") ORDER BY ruled_at, id"
    )?;
    let mut by_claim: BTreeMap<ClaimId, Vec<Ruled>> = BTreeMap::new();
    for ruled in found {
        by_claim
            .entry(ruled.claim_id.clone())
            .or_default()
            .push(ruled);
    }
    Ok(by_claim)
}

fn whole(row: Row, entries: Vec<Line>, rulings: Vec<Ruled>) -> Result<Extracted> {
    let accruals = entries.iter().filter(|e| e.kind == EntryKind::Accrual);
    let backs = entries.iter().filter(|e| e.kind == EntryKind::Reversal);
    let (accruals, backs) = (accruals.count(), backs.count());
    let came = Came {
        state: row.state,
        outcome: row.outcome,
        dispute: row.dispute,
        earns: accruals > backs,
        taken_back: backs > 0,
        behind_another: row.behind_another,
        has_plan: row.has_plan,
    };
    let amounts = entries
        .iter()
        .map(|e| (e.currency.as_str(), e.amount_minor));
    let stands = sum_by_currency(amounts)
        .map_err(|why| StoreError::Broken(format!("claim {}: {why}", row.number)))?;
    let since = row.settled_at.or(row.decided_at);
    let fate = fate(&came);
    // Of other waits it says when they are looked at again, which is no deadline.
    let waits_until = row.waits_until.filter(|at| *at < WallTime(i64::MAX));
    Ok(Extracted {
        fate,
        since: since.unwrap_or(row.created_at),
        waits_until: waits_until.filter(|_| fate == Fate::WaitsForEarlier),
        id: row.id,
        number: row.number,
        person_id: row.person_id,
        person: row.person,
        company: row.company,
        campaign: row.campaign,
        made_at: row.created_at,
        sent_back_note: row.sent_back_note,
        verdict_id: row.verdict_id,
        passed: row.passed,
        final_at: row.final_at,
        dispute: row.dispute,
        entries,
        rulings,
        stands,
    })
}

/// The first line of the extract as CSV.
pub const HEADER: &str = "claim,person,company,campaign,made_at,became,since,waits_until,verdict,\
    verdict_at,dispute,entries,periods,payroll_runs,rulings,stands,currency\r\n";

impl Extracted {
    /// Its line as CSV (RFC 4180); no field is a formula.
    #[must_use]
    pub fn csv(&self) -> String {
        let time = |at: Option<WallTime>| at.map_or(String::new(), |at| at.to_string());
        let each = |of: &dyn Fn(&Line) -> String| {
            let all: Vec<String> = self.entries.iter().map(of).collect();
            all.join("; ")
        };
        let (stands, currency) = self.sum();
        let verdict = self.passed.map_or("", |passed| match passed {
            true => "passed",
            false => "failed",
        });
        let rulings: Vec<&str> = self.rulings.iter().map(|r| r.kind.as_str()).collect();
        let fields = [
            format!("C-{}", self.number),
            plain(self.person.reveal()),
            plain(self.company.reveal()),
            plain(&self.campaign),
            self.made_at.to_string(),
            self.fate.to_string(),
            self.since.to_string(),
            time(self.waits_until),
            verdict.to_owned(),
            time(self.final_at),
            self.dispute.map_or("", |d| d.as_str()).to_owned(),
            each(&|e| e.id.to_string()),
            each(&|e| e.period.clone()),
            each(&|e| e.run.map_or("none yet".to_owned(), |run| run.to_string())),
            rulings.join("; "),
            stands,
            currency,
        ];
        fields.map(|f| field(&f)).join(",") + "\r\n"
    }

    /// What it comes to; of several currencies, each as text.
    fn sum(&self) -> (String, String) {
        match (&self.stands[..], self.entries.first()) {
            ([one], Some(entry)) => {
                let exponent = u32::try_from(entry.exponent).unwrap_or_default();
                (decimal(one.minor, exponent, '.'), one.currency.clone())
            }
            (several, _) => {
                let all: Vec<String> = several.iter().map(Money::to_string).collect();
                (all.join("; "), String::new())
            }
        }
    }
}
