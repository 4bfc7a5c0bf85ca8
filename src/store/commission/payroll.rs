//! Payroll runs (PRODUCT M3). What holds of them: an entry is in one run at most; a row is above
//! zero and the sum of its entries; numbers have no gaps; the file is kept as it went out, under
//! its hash. A run is made in one transaction: rows and their entries first, the run itself last,
//! after which the schema takes nothing more for it. A period of which a run has paid stays locked;
//! what comes later stands in the next one, and what was taken back meanwhile is in the next run's
//! sum.

use crate::commission::payroll::{
    Candidate, Datev, Head, LeftOut, LeftOutReason, PayrollFormat, Row, Shares, share_out, write,
};
use crate::hex::hex;
use crate::identity::Role;
use crate::pii::Pii;
use crate::review::{Act, Stake, may};
use crate::store::events::{Event, Topic};
use crate::store::outbox::{self, Of};
use crate::store::review::interest;
use crate::store::{Result, StoreError, Tx, all, log, new_id, one, run};
use crate::units::{ClientId, EntryId, Micros, Money, PayrollRunId, PersonId, WallTime, Zone};
use crate::webhook::Subject;
use serde_json::json;
use sha2::{Digest, Sha256};
use sqlx::FromRow;
use std::collections::{BTreeMap, BTreeSet};

/// What a run is to take.
#[derive(Debug, Clone)]
pub struct Wanted<'a> {
    /// Of this locked period and of those before it: `2026-11`.
    pub period: &'a str,
    pub format: PayrollFormat,
    /// What is payable by the end of this day there, `2026-12-15`; none: by the period's end.
    pub pay_day: Option<&'a str>,
    /// Entries of this currency alone.
    pub currency: Option<&'a str>,
    /// What the payroll office calls the house by.
    pub datev: &'a Datev,
}

/// A run that was made.
#[derive(Debug, Clone, FromRow, PartialEq, Eq)]
pub struct Run {
    pub id: PayrollRunId,
    /// What people say: run 7.
    pub number: i64,
    pub period: String,
    /// The last moment by which its entries were payable.
    pub payable_by: WallTime,
    pub format: PayrollFormat,
    pub made_by: PersonId,
    pub made_by_name: Pii<String>,
    pub made_at: WallTime,
    /// Of its file.
    pub sha256: String,
}

const RUN: &str = "SELECT p.id, p.number, p.period, p.payable_by, p.format, p.made_by, h.name AS \
    made_by_name, p.made_at, p.sha256 FROM payroll_runs p JOIN people h ON h.id = p.made_by";

/// A run's entries belong to somebody's clients alone: others do not see it.
const SEEN: &str = "NOT EXISTS (SELECT 1 FROM payroll_run_entries e JOIN ledger g ON g.id = \
    e.entry_id JOIN campaigns k ON k.id = g.campaign_id WHERE e.run_id = p.id AND NOT EXISTS \
    (SELECT 1 FROM person_clients x WHERE x.client_id = k.client_id AND x.person_id = $1))";

impl Run {
    /// What its file is called.
    #[must_use]
    pub fn file_name(&self) -> String {
        let Run { number, period, .. } = self;
        format!("assay-run-{number}-{period}.{}", self.format.extension())
    }
}

/// The last day that a run may be for: entries are payable up to ten years after their verdict, and
/// nobody pays that out at once by a slip of the pen.
const FURTHEST: Micros = Micros::from_secs(45 * 86_400);

/// An entry that a run could take.
#[derive(FromRow)]
struct Payable {
    id: EntryId,
    person_id: PersonId,
    payee: Pii<String>,
    payroll_number: Option<String>,
    client_id: ClientId,
    amount_minor: i64,
    currency: String,
    exponent: i64,
}

/// What a run made now would pay, and whom it would leave out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    pub payable_by: WallTime,
    pub shares: Shares,
}

/// Makes a run: freezes what it pays, to whom, and its file.
///
/// # Errors
/// [`StoreError::Conflict`] when the period is not locked or nothing is left to pay;
/// [`StoreError::Refused`] when the format cannot hold it, the day is none, or an earlier run was
/// changed past the program; [`StoreError::Interest`].
pub async fn make(
    tx: &mut Tx,
    by: &PersonId,
    wanted: &Wanted<'_>,
    zone: &Zone,
    now: WallTime,
) -> Result<Run> {
    // A period is locked, reopened and paid by one at a time.
    let payable_by = payable_by(wanted, zone, now)?;
    is_locked(tx, wanted.period).await?;
    let payable = payable(tx, wanted, payable_by).await?;
    let subject = format!("period:{}", wanted.period);
    for stake in stakes(&payable) {
        interest::ask(tx, Act::Settle, by, &stake, &subject, now).await?;
    }
    let shares = share_out(wanted.format, candidates(payable)?).map_err(refused)?;
    if shares.rows.is_empty() {
        return Err(nothing_to_pay(&shares));
    }
    if let Some(wrong) = differences(tx).await?.first() {
        return Err(StoreError::Refused(format!(
            "Nothing is paid from books that were changed past the program: {wrong}. `assay check` \
             says what else; pay by hand what is due until it is cleared up."
        )));
    }
    let number = one!(
        tx,
        (i64,),
        "SELECT COALESCE(MAX(number), 0) + 1 FROM payroll_runs"
    )?;
    let head = Head {
        run: number.map_or(1, |row| row.0),
        period: wanted.period.to_owned(),
        pay_month: zone.month(payable_by),
    };
    let file = write(wanted.format, &head, &shares.rows, wanted.datev).map_err(refused)?;
    let made = Made {
        id: new_id(),
        number: head.run,
        payable_by,
        sha256: hex(&Sha256::digest(&file)),
        file: hex(&file),
    };
    put(tx, by, wanted, (&made, &shares), now).await?;
    let detail = json!({
        "run": made.id, "number": made.number, "format": wanted.format, "sha256": made.sha256,
        "rows": shares.rows.len(), "left_out": shares.left_out.len(), "payable_by": payable_by,
        "contents_sha256": contents(tx, &made.id).await?,
    });
    outbox::put(
        tx,
        Subject::PayrollMade,
        Of::House,
        &told(&made, wanted),
        now,
    )
    .await?;
    log::append(tx, &by.into(), "payroll.made", subject, detail, now).await?;
    tx.tell(Event::to_role(Topic::Claims, Role::Manager));
    by_id(tx, &made.id)
        .await?
        .ok_or_else(|| StoreError::gone("payroll run", &made.id))
}

/// What a message says of a run: which, and the file by its hash; whom it pays stands in the file.
fn told(made: &Made, wanted: &Wanted<'_>) -> serde_json::Value {
    json!({
        "run": made.id,
        "number": made.number,
        "period": wanted.period,
        "format": wanted.format,
        "payable_by": made.payable_by,
        "sha256": made.sha256,
    })
}

/// What a run would pay now. Nothing is written, and nobody's interest is logged.
///
/// # Errors
/// As [`make`]'s, but for [`StoreError::Interest`], which leaves no line.
pub async fn preview(
    tx: &mut Tx,
    by: &PersonId,
    wanted: &Wanted<'_>,
    zone: &Zone,
    now: WallTime,
) -> Result<Preview> {
    let payable_by = payable_by(wanted, zone, now)?;
    is_locked(tx, wanted.period).await?;
    let payable = payable(tx, wanted, payable_by).await?;
    let who = interest::party(tx, by).await?;
    for stake in stakes(&payable) {
        may(Act::Settle, &who, &stake).map_err(StoreError::Interest)?;
    }
    let shares = share_out(wanted.format, candidates(payable)?).map_err(refused)?;
    if !shares.rows.is_empty() {
        // What the file would be refused for is said before somebody makes the run.
        let head = Head {
            run: 0,
            period: wanted.period.to_owned(),
            pay_month: zone.month(payable_by),
        };
        write(wanted.format, &head, &shares.rows, wanted.datev).map_err(refused)?;
    }
    Ok(Preview { payable_by, shares })
}

fn refused(why: crate::commission::payroll::NoRun) -> StoreError {
    StoreError::Refused(why.to_string())
}

fn nothing_to_pay(shares: &Shares) -> StoreError {
    StoreError::Conflict(match shares.left_out.is_empty() {
        true => {
            "nothing is left to pay: what is payable by then is in a run already, or is payable \
             later"
        }
        false => {
            "nobody can be paid by this run: those who are payable have no payroll number that it \
             holds, or a sum of zero or less"
        }
    })
}

/// The last moment by which entries must be payable.
fn payable_by(wanted: &Wanted<'_>, zone: &Zone, now: WallTime) -> Result<WallTime> {
    let bad = |why: &str| StoreError::Refused(why.to_owned());
    let month = zone.end_of_month(wanted.period);
    let month = month.ok_or_else(|| bad("A period is a month such as 2026-11"))?;
    let end = match wanted.pay_day {
        None => month,
        Some(day) => zone
            .end_of_day(day)
            .ok_or_else(|| bad("A pay day is a day such as 2026-12-15"))?,
    };
    if end < month {
        return Err(bad(
            "The pay day lies before the period's end: choose a later one",
        ));
    }
    if end > month.max(now) + FURTHEST {
        return Err(bad(
            "The pay day lies too far ahead: choose one within 45 days, or make a run later",
        ));
    }
    Ok(WallTime(end.micros() - 1))
}

async fn is_locked(tx: &mut Tx, period: &str) -> Result<()> {
    let found = one!(
        tx,
        (Option<WallTime>,),
        "SELECT locked_at FROM periods WHERE name = $1",
        period
    )?;
    match found {
        Some((Some(_),)) => Ok(()),
        _ => Err(StoreError::Conflict(
            "this period is not locked: two people lock it first, so that what is paid stands",
        )),
    }
}

async fn payable(tx: &mut Tx, wanted: &Wanted<'_>, by: WallTime) -> Result<Vec<Payable>> {
    Ok(all!(
        tx,
        Payable,
        "SELECT g.id, g.person_id, h.name AS payee, h.payroll_number, k.client_id, g.amount_minor, \
         g.currency, g.exponent FROM ledger g JOIN periods p ON p.name = g.period AND p.locked_at \
         IS NOT NULL JOIN people h ON h.id = g.person_id JOIN campaigns k ON k.id = g.campaign_id \
         WHERE g.period <= $1 AND g.payable_at <= $2 AND ($3 = '' OR g.currency = $3) AND NOT \
         EXISTS (SELECT 1 FROM payroll_run_entries e WHERE e.entry_id = g.id) ORDER BY \
         g.booked_at, g.id",
        wanted.period,
        by,
        wanted.currency.unwrap_or_default()
    )?)
}

/// A run is everybody's whom it pays or leaves out: whoever makes it sees all those clients, and
/// their pay hangs on nobody's of them.
fn stakes(payable: &[Payable]) -> Vec<Stake> {
    let mut clients: BTreeMap<&ClientId, BTreeSet<&PersonId>> = BTreeMap::new();
    for p in payable {
        clients
            .entry(&p.client_id)
            .or_default()
            .insert(&p.person_id);
    }
    let stake = |(client, earners): (&ClientId, BTreeSet<&PersonId>)| Stake {
        client: client.clone(),
        earners: earners.into_iter().cloned().collect(),
        ..interest::empty()
    };
    clients.into_iter().map(stake).collect()
}

fn candidates(payable: Vec<Payable>) -> Result<Vec<Candidate>> {
    let mut found: BTreeMap<(PersonId, String), Candidate> = BTreeMap::new();
    for p in payable {
        let exponent = u32::try_from(p.exponent).unwrap_or_default();
        let key = (p.person_id.clone(), p.currency.clone());
        let candidate = found.entry(key).or_insert_with(|| Candidate {
            person: p.person_id,
            payee: p.payee,
            payroll_number: p.payroll_number,
            currency: p.currency,
            exponent,
            entries: Vec::new(),
        });
        if candidate.exponent != exponent {
            return Err(StoreError::Broken(format!(
                "entry {} has another number of digits than earlier ones of its currency",
                p.id
            )));
        }
        candidate.entries.push((p.id, p.amount_minor));
    }
    Ok(found.into_values().collect())
}

/// A run's own row, about to be written.
struct Made {
    id: PayrollRunId,
    number: i64,
    payable_by: WallTime,
    sha256: String,
    /// Its bytes, as hex digits.
    file: String,
}

async fn put(
    tx: &mut Tx,
    by: &PersonId,
    wanted: &Wanted<'_>,
    (made, shares): (&Made, &Shares),
    now: WallTime,
) -> Result<()> {
    for row in &shares.rows {
        put_row(tx, &made.id, row).await?;
    }
    for left in &shares.left_out {
        put_left_out(tx, &made.id, left).await?;
    }
    run!(
        tx,
        "INSERT INTO payroll_runs (id, number, period, payable_by, format, made_by, made_at, file, \
         sha256) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        &made.id,
        made.number,
        wanted.period,
        made.payable_by,
        wanted.format,
        by,
        now,
        &made.file,
        &made.sha256
    )?;
    Ok(())
}

async fn put_row(tx: &mut Tx, id: &PayrollRunId, row: &Row) -> Result<()> {
    run!(
        tx,
        "INSERT INTO payroll_rows (run_id, person_id, payee, payroll_number, currency, exponent, \
         amount_minor) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        id,
        &row.person,
        row.payee.reveal(),
        &row.payroll_number,
        &row.amount.currency,
        i64::from(row.exponent),
        row.amount.minor
    )?;
    for entry in &row.entries {
        run!(
            tx,
            "INSERT INTO payroll_run_entries (entry_id, run_id, person_id, currency) VALUES ($1, \
             $2, $3, $4)",
            entry,
            id,
            &row.person,
            &row.amount.currency
        )?;
    }
    Ok(())
}

async fn put_left_out(tx: &mut Tx, id: &PayrollRunId, left: &LeftOut) -> Result<()> {
    run!(
        tx,
        "INSERT INTO payroll_left_out (run_id, person_id, payee, currency, exponent, amount_minor, \
         entries, reason) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        id,
        &left.person,
        left.payee.reveal(),
        &left.amount.currency,
        i64::from(left.exponent),
        left.amount.minor,
        i64::try_from(left.entries).unwrap_or(i64::MAX),
        left.reason
    )?;
    Ok(())
}

/// # Errors
/// When the database fails.
pub async fn by_id(tx: &mut Tx, id: &PayrollRunId) -> Result<Option<Run>> {
    let sql = format!("{RUN} WHERE p.id = $1");
    Ok(one!(tx, Run, sqlx::AssertSqlSafe(sql), id)?)
}

/// The run of a number.
///
/// # Errors
/// When the database fails.
pub async fn by_number(tx: &mut Tx, number: i64) -> Result<Option<Run>> {
    let sql = format!("{RUN} WHERE p.number = $1");
    Ok(one!(tx, Run, sqlx::AssertSqlSafe(sql), number)?)
}

/// Whether all that a run pays belongs to somebody's clients.
///
/// # Errors
/// When the database fails.
pub async fn sees(tx: &mut Tx, viewer: &PersonId, id: &PayrollRunId) -> Result<bool> {
    let sql = format!("{RUN} WHERE {SEEN} AND p.id = $2");
    Ok(one!(tx, Run, sqlx::AssertSqlSafe(sql), viewer, id)?.is_some())
}

/// Runs that were made of a period, or that paid entries of it, oldest first; of those that
/// somebody sees where one is given.
///
/// # Errors
/// When the database fails.
pub async fn of_period(tx: &mut Tx, period: &str, viewer: Option<&PersonId>) -> Result<Vec<Run>> {
    let sql = format!(
        "{RUN} WHERE ($1 = '' OR {SEEN}) AND (p.period = $2 OR EXISTS (SELECT 1 FROM \
         payroll_run_entries e JOIN ledger g ON g.id = e.entry_id WHERE e.run_id = p.id AND \
         g.period = $2)) ORDER BY p.number"
    );
    let viewer = viewer.map_or("", |v| v.as_str());
    Ok(all!(tx, Run, sqlx::AssertSqlSafe(sql), viewer, period)?)
}

/// All runs, oldest first.
///
/// # Errors
/// When the database fails.
pub async fn all_runs(tx: &mut Tx) -> Result<Vec<Run>> {
    let sql = format!("{RUN} ORDER BY p.number");
    Ok(all!(tx, Run, sqlx::AssertSqlSafe(sql))?)
}

#[derive(FromRow)]
struct RowOf {
    person_id: PersonId,
    payee: Pii<String>,
    payroll_number: String,
    currency: String,
    exponent: i64,
    amount_minor: i64,
}

#[derive(FromRow)]
struct LeftOutOf {
    person_id: PersonId,
    payee: Pii<String>,
    currency: String,
    exponent: i64,
    amount_minor: i64,
    entries: i64,
    reason: LeftOutReason,
}

/// Whom a run pays and whom it left out, as it froze them.
///
/// # Errors
/// When the database fails.
pub async fn shares(tx: &mut Tx, id: &PayrollRunId) -> Result<Shares> {
    let rows = all!(
        tx,
        RowOf,
        "SELECT person_id, payee, payroll_number, currency, exponent, amount_minor FROM \
         payroll_rows WHERE run_id = $1 ORDER BY currency, payee, person_id",
        id
    )?;
    let mut entries = entries(tx, id).await?;
    let row = |r: RowOf| Row {
        entries: entries
            .remove(&(r.person_id.clone(), r.currency.clone()))
            .unwrap_or_default(),
        person: r.person_id,
        payee: r.payee,
        payroll_number: r.payroll_number,
        amount: Money::new(r.amount_minor, &r.currency),
        exponent: u32::try_from(r.exponent).unwrap_or_default(),
    };
    let mut rows: Vec<Row> = rows.into_iter().map(row).collect();
    // Each database sorts names in a way of its own.
    rows.sort_by_cached_key(|r| (r.amount.currency.clone(), r.payee.reveal().clone()));
    let left_out = all!(
        tx,
        LeftOutOf,
        "SELECT person_id, payee, currency, exponent, amount_minor, entries, reason FROM \
         payroll_left_out WHERE run_id = $1 ORDER BY currency, payee, person_id",
        id
    )?;
    let left = |l: LeftOutOf| LeftOut {
        person: l.person_id,
        payee: l.payee,
        amount: Money::new(l.amount_minor, &l.currency),
        exponent: u32::try_from(l.exponent).unwrap_or_default(),
        entries: usize::try_from(l.entries).unwrap_or_default(),
        reason: l.reason,
    };
    Ok(Shares {
        rows,
        left_out: left_out.into_iter().map(left).collect(),
    })
}

async fn entries(
    tx: &mut Tx,
    id: &PayrollRunId,
) -> Result<BTreeMap<(PersonId, String), Vec<EntryId>>> {
    let found = all!(
        tx,
        (PersonId, String, EntryId),
        "SELECT e.person_id, e.currency, e.entry_id FROM payroll_run_entries e JOIN ledger g ON \
         g.id = e.entry_id WHERE e.run_id = $1 ORDER BY g.booked_at, g.id",
        id
    )?;
    let mut by_row: BTreeMap<_, Vec<EntryId>> = BTreeMap::new();
    for (person, currency, entry) in found {
        by_row.entry((person, currency)).or_default().push(entry);
    }
    Ok(by_row)
}

/// A run's file, byte for byte as it went out first; it is held against its hash.
///
/// # Errors
/// [`StoreError::Broken`] when it is no longer what was made.
pub async fn file(tx: &mut Tx, run: &Run) -> Result<Vec<u8>> {
    let broken = |what: &str| StoreError::Broken(format!("payroll run {}: {what}", run.number));
    let found = one!(
        tx,
        (String,),
        "SELECT file FROM payroll_runs WHERE id = $1",
        &run.id
    )?;
    let (digits,) = found.ok_or_else(|| StoreError::gone("payroll run", &run.id))?;
    let bytes = crate::hex::bytes(&digits).ok_or_else(|| broken("its file cannot be read"))?;
    match hex(&Sha256::digest(&bytes)) == run.sha256 {
        true => Ok(bytes),
        false => Err(broken("its file is not what its hash says")),
    }
}

/// Hands a run's file out again; the log says to whom.
///
/// # Errors
/// [`StoreError::Broken`] when it is no longer what was made.
pub async fn hand_out(
    tx: &mut Tx,
    by: &crate::store::Actor,
    run: &Run,
    now: WallTime,
) -> Result<Vec<u8>> {
    let bytes = file(tx, run).await?;
    let detail = json!({ "number": run.number, "sha256": run.sha256 });
    let subject = format!("payroll_run:{}", run.id);
    log::append(tx, by, "payroll.downloaded", subject, detail, now).await?;
    Ok(bytes)
}

/// Whether a run has paid an entry of a period: it stays locked then.
///
/// # Errors
/// When the database fails.
pub async fn has_paid(tx: &mut Tx, period: &str) -> Result<bool> {
    let found = one!(
        tx,
        (EntryId,),
        "SELECT e.entry_id FROM payroll_run_entries e JOIN ledger g ON g.id = e.entry_id WHERE \
         g.period = $1 LIMIT 1",
        period
    )?;
    Ok(found.is_some())
}

/// SHA-256 of all that a run is, as the rows say it: what it pays to whom and for which entries,
/// whom it left out, for which period, by whom and when. The log's line of the run holds it, so that
/// no row can be taken out of it or put into it unseen.
async fn contents(tx: &mut Tx, id: &PayrollRunId) -> Result<String> {
    let head = one!(
        tx,
        (
            i64,
            String,
            WallTime,
            PayrollFormat,
            PersonId,
            WallTime,
            String
        ),
        "SELECT number, period, payable_by, format, made_by, made_at, sha256 FROM payroll_runs \
         WHERE id = $1",
        id
    )?;
    let rows = all!(
        tx,
        (PersonId, String, String, String, i64, i64),
        "SELECT person_id, currency, payee, payroll_number, exponent, amount_minor FROM \
         payroll_rows WHERE run_id = $1",
        id
    )?;
    let entries = all!(
        tx,
        (EntryId, PersonId, String),
        "SELECT entry_id, person_id, currency FROM payroll_run_entries WHERE run_id = $1",
        id
    )?;
    let left_out = all!(
        tx,
        (PersonId, String, String, i64, i64, i64, LeftOutReason),
        "SELECT person_id, currency, payee, exponent, amount_minor, entries, reason FROM \
         payroll_left_out WHERE run_id = $1",
        id
    )?;
    // Each database sorts in a way of its own.
    let mut all: Vec<String> = rows
        .iter()
        .map(|row| json!(["pays", row]).to_string())
        .collect();
    all.extend(
        entries
            .iter()
            .map(|entry| json!(["entry", entry]).to_string()),
    );
    all.extend(
        left_out
            .iter()
            .map(|left| json!(["left out", left]).to_string()),
    );
    all.sort_unstable();
    let mut digest = Sha256::new();
    digest.update(json!(head).to_string());
    for line in all {
        digest.update("\n");
        digest.update(line);
    }
    Ok(hex(&digest.finalize()))
}

/// What the log tells of a run.
struct Told {
    made_by: String,
    rows: Option<u64>,
    left_out: Option<u64>,
    /// None: of an earlier release.
    contents: Option<String>,
}

/// By run.
async fn told_of_runs(tx: &mut Tx) -> Result<BTreeMap<String, Told>> {
    let lines = all!(
        tx,
        (String, String),
        "SELECT actor, detail FROM audit WHERE action = 'payroll.made' ORDER BY seq"
    )?;
    let mut told = BTreeMap::new();
    for (made_by, detail) in lines {
        let detail: serde_json::Value = serde_json::from_str(&detail)?;
        let Some(run) = detail["run"].as_str() else {
            continue;
        };
        let line = Told {
            made_by,
            rows: detail["rows"].as_u64(),
            left_out: detail["left_out"].as_u64(),
            contents: detail["contents_sha256"].as_str().map(str::to_owned),
        };
        told.insert(run.to_owned(), line);
    }
    Ok(told)
}

/// Where runs are not what they should be: a number is missing, a row is not the sum of its
/// entries, a file is not what its hash says, or something of a run is not what the log tells of it.
/// One line each, without names.
///
/// # Errors
/// When the database fails.
pub async fn differences(tx: &mut Tx) -> Result<Vec<String>> {
    let (mut found, told) = (Vec::new(), told_of_runs(tx).await?);
    for (expected, run) in (1..).zip(all_runs(tx).await?) {
        if run.number != expected {
            found.push(format!("run {expected} is missing"));
        }
        if let Err(why) = file(tx, &run).await {
            found.push(why.to_string());
        }
        found.extend(wrong_rows(tx, &run).await?);
        let told = told.get(run.id.as_str());
        found.extend(untold(tx, &run, told).await?);
    }
    found.extend(of_no_run(tx).await?);
    Ok(found)
}

/// What of a run is not as the log tells.
async fn untold(tx: &mut Tx, run: &Run, told: Option<&Told>) -> Result<Option<String>> {
    let Some(told) = told else {
        return Ok(Some(format!(
            "run {}: the log tells of no such run",
            run.number
        )));
    };
    let holds = match &told.contents {
        Some(told) => contents(tx, &run.id).await? == *told,
        None => {
            let shares = shares(tx, &run.id).await?;
            let counts = |told: Option<u64>, n: usize| told.is_none_or(|told| told == n as u64);
            told.made_by == run.made_by.as_str()
                && counts(told.rows, shares.rows.len())
                && counts(told.left_out, shares.left_out.len())
        }
    };
    Ok((!holds).then(|| {
        format!(
            "run {} is not what the log tells of it: whom it pays, for which entries, whom it left \
             out, or who made it was changed, added or taken away",
            run.number
        )
    }))
}

/// Entries that are said to be paid by a run or a row that is not there.
async fn of_no_run(tx: &mut Tx) -> Result<Vec<String>> {
    let rows = all!(
        tx,
        (EntryId,),
        "SELECT e.entry_id FROM payroll_run_entries e WHERE NOT EXISTS (SELECT 1 FROM \
         payroll_rows r JOIN payroll_runs p ON p.id = r.run_id WHERE r.run_id = e.run_id AND \
         r.person_id = e.person_id AND r.currency = e.currency) ORDER BY e.entry_id LIMIT 20"
    )?;
    let said =
        |(entry,): (EntryId,)| format!("entry {entry} is said to be paid, and no run pays it");
    Ok(rows.into_iter().map(said).collect())
}

async fn wrong_rows(tx: &mut Tx, run: &Run) -> Result<Vec<String>> {
    let rows = all!(
        tx,
        (PersonId, String, i64, Option<i64>),
        "SELECT r.person_id, r.currency, r.amount_minor, CAST(SUM(g.amount_minor) AS BIGINT) FROM \
         payroll_rows r LEFT JOIN payroll_run_entries e ON e.run_id = r.run_id AND e.person_id = \
         r.person_id AND e.currency = r.currency LEFT JOIN ledger g ON g.id = e.entry_id WHERE \
         r.run_id = $1 GROUP BY r.person_id, r.currency, r.amount_minor ORDER BY r.person_id, \
         r.currency",
        &run.id
    )?;
    let wrong = rows.into_iter().filter(|r| r.3 != Some(r.2));
    Ok(wrong
        .map(|(person, currency, minor, sum)| {
            format!(
                "run {} pays {person} {}, and its entries come to {}",
                run.number,
                Money::new(minor, &currency),
                Money::new(sum.unwrap_or_default(), &currency)
            )
        })
        .collect())
}
