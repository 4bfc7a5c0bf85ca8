//! Books everything again, through the very verbs that booked it, beside the ledger, and holds the
//! two against each other entry by entry (PRODUCT I2).
//!
//! On a copy: tables of the same names that belong to this connection alone lie in front of the
//! ledger and its periods, so that the verbs write there and nothing of the box waits or changes.
//! They end with the transaction.

use crate::commission::{EntryKind, Part, ReversalReason, RulingKind};
use crate::store::commission::ledger::{self, Entry};
use crate::store::handover::flip::SAID;
use crate::store::review::claims;
use crate::store::review::settling::{RestsOn, book_it, book_opener};
use crate::store::{Flag, On, Result, StoreError, Tx, all, run};
use crate::units::{ClaimId, EntryId, Money, RulingId, SecondReviewId, VerdictId, WallTime, Zone};
use sqlx::FromRow;
use std::collections::BTreeMap;

/// Where the ledger is not what booking again gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    pub entry: EntryId,
    pub claim_number: i64,
    pub what: String,
}

/// That a decided claim came to something, in the order in which that happened: a claim may do so
/// again when what it earned was taken back.
#[derive(FromRow)]
struct Settled {
    claim_id: ClaimId,
    verdict_id: VerdictId,
    entry_id: EntryId,
    second_review_id: Option<SecondReviewId>,
    #[sqlx(try_from = "Flag")]
    passed: bool,
    at: WallTime,
    /// The entry's place, or [`NOT_BOOKED`].
    booked: i64,
}

impl Settled {
    fn rests_on(&self) -> RestsOn<'_> {
        RestsOn {
            verdict: &self.verdict_id,
            entry: &self.entry_id,
            second_review: self.second_review_id.as_ref(),
            passed: self.passed,
        }
    }
}

/// A ruling that takes money back.
#[derive(FromRow)]
struct Ruled {
    id: RulingId,
    kind: RulingKind,
    claim_id: ClaimId,
    at: WallTime,
    booked: i64,
}

/// The place of what booked nothing.
const NOT_BOOKED: i64 = i64::MAX;

enum Happened {
    Settled(Settled),
    /// The opener of a settled claim's lead had read the plan: their part came to something.
    OpenerSettled(Settled),
    Ruled(Ruled),
}

impl Happened {
    fn at(&self) -> WallTime {
        match self {
            Happened::Settled(s) | Happened::OpenerSettled(s) => s.at,
            Happened::Ruled(r) => r.at,
        }
    }

    fn booked(&self) -> i64 {
        match self {
            Happened::Settled(s) | Happened::OpenerSettled(s) => s.booked,
            Happened::Ruled(r) => r.booked,
        }
    }
}

/// Whatever sales says, every word of it the opposite, for this transaction alone: whatever reads
/// it from now on reads this. Gives how many there are of each.
///
/// # Errors
/// When the database fails.
pub async fn flip_answers(tx: &mut Tx) -> Result<Vec<(&'static str, u64)>> {
    let (main, mut counts) = (main_schema(tx), Vec::with_capacity(SAID.len()));
    for said in SAID {
        let table = said.table;
        let copy = format!("CREATE TEMP TABLE {table} AS SELECT * FROM {main}{table}");
        run!(tx, sqlx::AssertSqlSafe(copy))?;
        resolve_names_again(tx).await?;
        let flip = format!("UPDATE {table} SET {}", said.opposite);
        counts.push((said.what, run!(tx, sqlx::AssertSqlSafe(flip))?));
    }
    Ok(counts)
}

fn main_schema(tx: &Tx) -> &'static str {
    match tx.on {
        On::Sqlite(_) => "main.",
        On::Postgres(_) => "",
    }
}

/// A statement that PostgreSQL keeps goes on naming the table that it named before.
async fn resolve_names_again(tx: &mut Tx) -> Result<()> {
    if matches!(tx.on, On::Postgres(_)) {
        run!(tx, "DISCARD PLANS")?;
    }
    Ok(())
}

/// Books all that was ever decided, in a transaction that must not be committed; gives the entries.
///
/// # Errors
/// When the database fails, or a row does not read.
pub async fn book_again(tx: &mut Tx, zone: &Zone) -> Result<Vec<Entry>> {
    let original = ledger::all_entries(tx).await?;
    let zones: BTreeMap<EntryId, Zone> = original
        .iter()
        .filter_map(|e| Some((e.id.clone(), e.zone.parse().ok()?)))
        .collect();
    let happened = in_order(tx).await?;
    put_copies_in_front(tx).await?;
    for one in &happened {
        match one {
            Happened::Settled(s) => {
                let zone = zones.get(&s.entry_id).unwrap_or(zone);
                let claim = claims::existing(tx, &s.claim_id).await?;
                book_it(tx, &s.rests_on(), &claim, zone, s.at).await?;
            }
            Happened::OpenerSettled(s) => {
                let entry = ledger::opener_entry(&s.entry_id);
                let zone = zones.get(&entry).unwrap_or(zone);
                let claim = claims::existing(tx, &s.claim_id).await?;
                book_opener(tx, &s.rests_on(), &claim, zone, s.at).await?;
            }
            Happened::Ruled(r) => {
                let reason = match r.kind {
                    RulingKind::Fraud => ReversalReason::Fraud,
                    _ => ReversalReason::Duplicate,
                };
                for entry in ledger::standing_of_claim(tx, &r.claim_id).await? {
                    let zone = zones.get(&entry).unwrap_or(zone);
                    ledger::book_reversal(tx, &entry, (&r.id, reason), zone, r.at).await?;
                }
            }
        }
    }
    let again = ledger::all_entries(tx).await?;
    take_copies_away(tx).await?;
    Ok(again)
}

async fn put_copies_in_front(tx: &mut Tx) -> Result<()> {
    let main = main_schema(tx);
    let own = match tx.on {
        On::Sqlite(_) => "temp.",
        On::Postgres(_) => "",
    };
    for sql in [
        format!("CREATE TEMP TABLE periods AS SELECT * FROM {main}periods"),
        format!("CREATE UNIQUE INDEX {own}copied_period ON periods (name)"),
        format!("CREATE TEMP TABLE ledger AS SELECT * FROM {main}ledger WHERE 1 = 0"),
        format!("CREATE INDEX {own}copied_by_lead ON ledger (campaign_id, lead_id)"),
        format!("CREATE INDEX {own}copied_by_claim ON ledger (claim_id)"),
        format!("CREATE INDEX {own}copied_by_payee ON ledger (campaign_id, person_id, period)"),
        format!("CREATE INDEX {own}copied_by_place ON ledger (place)"),
        format!("CREATE INDEX {own}copied_by_corrects ON ledger (corrects)"),
    ] {
        run!(tx, sqlx::AssertSqlSafe(sql))?;
    }
    resolve_names_again(tx).await?;
    if ledger::all_entries(tx).await?.is_empty() {
        Ok(())
    } else {
        Err(StoreError::Broken(
            "the copy of the ledger does not lie in front of it".to_owned(),
        ))
    }
}

async fn take_copies_away(tx: &mut Tx) -> Result<()> {
    let own = match tx.on {
        On::Sqlite(_) => "temp",
        On::Postgres(_) => "pg_temp",
    };
    for table in ["ledger", "periods"] {
        let sql = format!("DROP TABLE {own}.{table}");
        run!(tx, sqlx::AssertSqlSafe(sql))?;
    }
    resolve_names_again(tx).await
}

/// When decided claims came to something, or openers' parts; `{entry}` is what was booked then.
const SETTLED: &str = "SELECT c.id AS claim_id, v.id AS verdict_id, v.entry_id, d.second_review_id, \
    CASE WHEN d.id IS NULL THEN v.passed ELSE COALESCE((SELECT s.final_passed FROM second_reviews s \
    WHERE s.id = d.second_review_id AND s.state = 'decided' AND s.claim_id = c.id AND s.verdict_id \
    = v.id), 0) END AS passed, t.at, COALESCE((SELECT MIN(g.place) FROM ledger g WHERE g.verdict_id \
    = v.id AND g.kind = 'accrual' AND g.earned_at = t.at AND {entry}), 9223372036854775807) AS booked
    FROM settlements t JOIN claims c ON c.id = t.claim_id JOIN verdicts v ON v.claim_id = c.id AND \
    v.state <> 'taken_back' AND v.state = 'final' LEFT JOIN disputes d ON d.verdict_id = v.id AND d.state = 'changed' WHERE \
    {which} AND (d.id IS NULL OR t.outcome <> 'failed') ORDER BY t.at, c.place, c.number, t.nth";

async fn settled(tx: &mut Tx, which: &str, entry: &str) -> Result<Vec<Settled>> {
    let sql = SETTLED.replace("{which}", which).replace("{entry}", entry);
    Ok(all!(tx, Settled, sqlx::AssertSqlSafe(sql))?)
}

async fn in_order(tx: &mut Tx) -> Result<Vec<Happened>> {
    let claimants = settled(tx, "t.outcome <> 'opener'", "g.part <> 'opener'").await?;
    let openers = settled(tx, "t.outcome = 'opener'", "g.part = 'opener'").await?;
    let ruled = all!(
        tx,
        Ruled,
        "SELECT id, kind, claim_id, COALESCE(confirmed_at, ruled_at) AS at, COALESCE((SELECT \
         MIN(g.place) FROM ledger g WHERE g.ruling_id = rulings.id), 9223372036854775807) AS \
         booked FROM rulings WHERE kind = 'duplicate' OR (kind = 'fraud' AND confirmed_at IS NOT \
         NULL) ORDER BY COALESCE(confirmed_at, ruled_at), id"
    )?;
    let mut all: Vec<Happened> = claimants.into_iter().map(Happened::Settled).collect();
    all.extend(openers.into_iter().map(Happened::OpenerSettled));
    all.extend(ruled.into_iter().map(Happened::Ruled));
    Ok(by_place_and_time(all))
}

/// What booked stands in the order of its entries: of two acts at once, the one that had its turn
/// first may have looked at the clock later. What booked nothing comes by its time.
fn by_place_and_time(all: Vec<Happened>) -> Vec<Happened> {
    let (mut booked, mut others): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|one| one.booked() != NOT_BOOKED);
    booked.sort_by_key(Happened::booked);
    others.sort_by_key(Happened::at);
    let (mut order, mut others) = (Vec::new(), others.into_iter().peekable());
    for one in booked {
        while let Some(other) = others.next_if(|other| other.at() < one.at()) {
            order.push(other);
        }
        order.push(one);
    }
    order.extend(others);
    order
}

/// Where two ledgers differ within a period, entry by entry.
#[must_use]
pub fn differences(ledger: &[Entry], again: &[Entry], period: &str) -> Vec<Difference> {
    let of_period = |entries: &[Entry]| -> BTreeMap<String, Entry> {
        let within = entries.iter().filter(|e| e.period == period);
        within.map(|e| (key(e), e.clone())).collect()
    };
    let (booked, again) = (of_period(ledger), of_period(again));
    let mut found = Vec::new();
    for (key, e) in &booked {
        let what = match again.get(key) {
            None => Some(format!("{} stands in it, and nothing books that", said(e))),
            Some(a) if counts(e) != counts(a) || !counted_alike(e, a) => Some(format!(
                "{} stands in it, and {} is right",
                said(e),
                said(a)
            )),
            Some(_) => None,
        };
        found.extend(what.map(|what| difference(e, what)));
    }
    let missing = again.iter().filter(|(key, _)| !booked.contains_key(*key));
    found.extend(missing.map(|(_, a)| difference(a, format!("{} is missing", said(a)))));
    // More entries than keys: the same thing was booked twice under two names.
    let total = ledger.iter().filter(|e| e.period == period).count();
    if total > booked.len() {
        found.extend(doubled(ledger, period));
    }
    found
}

/// An accrual is named when its verdict is given; a reversal is known by what it takes back.
fn key(e: &Entry) -> String {
    match &e.corrects {
        Some(of) => format!("back {of}"),
        None => e.id.to_string(),
    }
}

fn doubled(ledger: &[Entry], period: &str) -> Vec<Difference> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let within = ledger.iter().filter(|e| e.period == period);
    within
        .filter(|e| {
            let times = seen.entry(key(e)).or_default();
            *times += 1;
            *times > 1
        })
        .map(|e| difference(e, format!("{} stands in it twice", said(e))))
        .collect()
}

fn difference(e: &Entry, what: String) -> Difference {
    Difference {
        entry: e.id.clone(),
        claim_number: e.claim_number,
        what,
    }
}

/// What money hangs on: names aside, everything.
fn counts(e: &Entry) -> impl PartialEq + use<> {
    (
        (
            (e.kind, e.part),
            e.person_id.clone(),
            e.campaign_id.clone(),
            e.lead_id.clone(),
        ),
        (
            e.claim_id.clone(),
            e.verdict_id.clone(),
            e.second_review_id.clone(),
        ),
        (
            e.plan_id.clone(),
            e.plan_version,
            e.checklist_version_id.clone(),
        ),
        (e.amount_minor, e.currency.clone(), e.exponent),
        (
            e.earned_at,
            e.payable_at,
            e.corrects.clone(),
            e.reason.clone(),
        ),
    )
}

/// What an entry says of those before it, which tiers and caps rest on; what was booked before the
/// tenth migration says nothing.
fn counted_alike(e: &Entry, a: &Entry) -> bool {
    e.minor_before.is_none() || (e.leads_before, e.minor_before) == (a.leads_before, a.minor_before)
}

fn said(e: &Entry) -> String {
    let kind = match e.kind {
        EntryKind::Accrual => "an accrual",
        EntryKind::Reversal => "a reversal",
        EntryKind::Correction => "a correction",
    };
    let part = match e.part {
        Part::Whole => "",
        Part::Claimant => " (the claimant's part)",
        Part::Opener => " (the opener's part)",
    };
    format!(
        "{kind}{part} of {} for {}, earned {}, payable {}",
        Money::new(e.amount_minor, &e.currency),
        e.person_id,
        e.earned_at,
        e.payable_at
    )
}
