//! Periods: what a close has to look at, and the two people who lock one or open it again (PRODUCT
//! M2).

use crate::commission::PeriodAct;
use crate::identity::Role;
use crate::pii::Pii;
use crate::review::{Act, Stake};
use crate::store::commission::payroll;
use crate::store::outbox::{self, Of};
use crate::store::review::interest;
use crate::store::{Result, StoreError, Tx, all, changed_one, log, new_id, one, people, run};
use crate::units::{ClientId, PeriodActId, PersonId, WallTime, Zone};
use crate::webhook::Subject;
use serde_json::json;
use sqlx::FromRow;

/// A period.
#[derive(Debug, Clone, FromRow, PartialEq, Eq)]
pub struct Period {
    /// `2026-11`.
    pub name: String,
    /// Null: open.
    pub locked_at: Option<WallTime>,
}

/// What somebody has asked for, and a second person may confirm.
#[derive(Debug, Clone, FromRow, PartialEq, Eq)]
pub struct Asked {
    pub id: PeriodActId,
    pub period: String,
    pub act: PeriodAct,
    pub note: String,
    /// What the first person signed: the sums, as JSON.
    pub sums: String,
    pub asked_by: PersonId,
    pub asked_by_name: Pii<String>,
    pub asked_at: WallTime,
    /// Null: it waits for a second person.
    pub confirmed_by_name: Option<Pii<String>>,
    /// Null with the name.
    pub confirmed_at: Option<WallTime>,
}

const ASKED: &str = "SELECT a.id, a.period, a.act, a.note, a.sums, a.asked_by, h.name AS \
    asked_by_name, a.asked_at, g.name AS confirmed_by_name, a.confirmed_at FROM period_acts a JOIN \
    people h ON h.id = a.asked_by LEFT JOIN people g ON g.id = a.confirmed_by WHERE a.withdrawn_at \
    IS NULL";

/// What one person would be paid in one currency.
#[derive(Debug, Clone, FromRow, PartialEq, Eq)]
pub struct Sum {
    pub person_id: PersonId,
    pub payee: Pii<String>,
    /// What a payroll file names them by; null: they have none, and no file can hold them.
    pub payroll_number: Option<String>,
    pub currency: String,
    pub entries: i64,
    pub taken_back: i64,
    /// In the currency's smallest unit.
    pub amount_minor: i64,
    /// What of it a payroll run has paid.
    pub paid_minor: i64,
}

/// Periods with entries, newest first.
///
/// # Errors
/// When the database fails.
pub async fn all(tx: &mut Tx) -> Result<Vec<Period>> {
    Ok(all!(
        tx,
        Period,
        "SELECT name, locked_at FROM periods ORDER BY name DESC"
    )?)
}

/// When a period had been locked, by what was confirmed until then; none: it was open.
///
/// # Errors
/// When the database fails.
pub async fn locked_then(tx: &mut Tx, period: &str, then: WallTime) -> Result<Option<WallTime>> {
    let last = one!(
        tx,
        (PeriodAct, WallTime),
        "SELECT act, confirmed_at FROM period_acts WHERE period = $1 AND confirmed_at <= $2 ORDER \
         BY confirmed_at DESC LIMIT 1",
        period,
        then
    )?;
    Ok(last.and_then(|(act, at)| (act == PeriodAct::Lock).then_some(at)))
}

/// What a period comes to, per person and currency, by name; of the clients of `viewer` alone where
/// one is given.
///
/// # Errors
/// When the database fails; both databases refuse a sum that does not fit.
pub async fn sums(tx: &mut Tx, period: &str, viewer: Option<&PersonId>) -> Result<Vec<Sum>> {
    Ok(all!(
        tx,
        Sum,
        "SELECT g.person_id, MIN(h.name) AS payee, MIN(h.payroll_number) AS payroll_number, \
         g.currency, COUNT(*) AS entries, COUNT(g.corrects) AS taken_back, \
         CAST(SUM(g.amount_minor) AS BIGINT) AS amount_minor, CAST(COALESCE(SUM(CASE WHEN \
         e.entry_id IS NOT NULL THEN g.amount_minor END), 0) AS BIGINT) AS paid_minor FROM ledger \
         g JOIN people h ON h.id = g.person_id LEFT JOIN payroll_run_entries e ON e.entry_id = \
         g.id WHERE g.period = $1 AND ($2 = '' OR EXISTS (SELECT 1 FROM campaigns k JOIN \
         person_clients x ON x.client_id = k.client_id AND x.person_id = $2 WHERE k.id = \
         g.campaign_id)) GROUP BY g.person_id, g.currency ORDER BY g.currency, MIN(h.name), \
         g.person_id",
        period,
        viewer.map_or("", |p| p.as_str())
    )?)
}

/// What is not settled yet of a period's claims.
#[derive(Debug, Clone, Default, FromRow, PartialEq, Eq)]
pub struct Unsettled {
    /// Claims made before the period's end that have no verdict.
    pub undecided: i64,
    /// Verdicts of those that are on hold.
    pub holds: i64,
    /// Those that passed and wait: for an earlier claim, a plan, or a plan to be read.
    pub waiting: i64,
    pub disputes: i64,
    /// Fraud that somebody alleged and nobody has confirmed.
    pub allegations: i64,
}

/// Counts what is not settled of the claims that were made before a moment, of somebody's clients.
///
/// # Errors
/// When the database fails.
pub async fn unsettled(tx: &mut Tx, before: WallTime, viewer: &PersonId) -> Result<Unsettled> {
    Ok(one!(
        tx,
        Unsettled,
        "SELECT COUNT(CASE WHEN c.state IN ('open', 'in_review') THEN 1 END) AS undecided, \
         COUNT(CASE WHEN c.state = 'held' THEN 1 END) AS holds, COUNT(CASE WHEN c.outcome = \
         'passed_waiting' THEN 1 END) AS waiting, COUNT(d.id) AS disputes, COUNT(f.id) AS \
         allegations FROM claims c JOIN campaigns k ON k.id = c.campaign_id JOIN person_clients x \
         ON x.client_id = k.client_id AND x.person_id = $2 LEFT JOIN disputes d ON d.claim_id = \
         c.id AND d.state = 'open' LEFT JOIN rulings f ON f.claim_id = c.id AND f.kind = 'fraud' \
         AND f.confirmed_at IS NULL AND f.dismissed_at IS NULL WHERE c.created_at < $1 AND (c.state IN ('open', 'in_review', \
         'held') OR c.outcome = 'passed_waiting' OR d.id IS NOT NULL OR f.id IS NOT NULL)",
        before,
        viewer
    )?
    .unwrap_or_default())
}

/// Asks for a period to be locked, or to be opened again. Nothing changes until somebody else
/// confirms it.
///
/// # Errors
/// [`StoreError::Conflict`] when it is not over, empty, locked or open already, or asked for
/// already;
/// [`StoreError::Interest`].
pub async fn ask(
    tx: &mut Tx,
    by: &PersonId,
    (act, period): (PeriodAct, &str),
    note: &str,
    zone: &Zone,
    now: WallTime,
) -> Result<PeriodActId> {
    may_settle(tx, by, period, now).await?;
    fits(tx, (act, period), zone, now).await?;
    let sums = signed(&sums(tx, period, None).await?);
    let id: PeriodActId = new_id();
    let rows = run!(
        tx,
        "INSERT INTO period_acts (id, period, act, note, sums, asked_by, asked_at) VALUES ($1, $2, \
         $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
        &id,
        period,
        act,
        note,
        &sums,
        by,
        now
    )?;
    changed_one(
        rows,
        "somebody has asked for it already: confirm that, or take it back first",
    )?;
    let detail = json!({ "act": act, "sums": sums });
    let subject = format!("period:{period}");
    log::append(tx, &by.into(), "period.asked", subject, detail, now).await?;
    Ok(id)
}

/// A second person confirms it: the period is locked, or open again.
///
/// # Errors
/// [`StoreError::Conflict`] when it is the same person, it is over, the clock runs behind the one by
/// which it was locked or opened before, or the sums are no longer those that were signed;
/// [`StoreError::Interest`].
pub async fn confirm(
    tx: &mut Tx,
    by: &PersonId,
    id: &PeriodActId,
    zone: &Zone,
    now: WallTime,
) -> Result<()> {
    let now = log::after_others(tx, now).await?;
    let asked = open_by_id(tx, id).await?;
    may_settle(tx, by, &asked.period, now).await?;
    if asked.asked_by == *by {
        return Err(StoreError::Conflict(
            "it takes two people: somebody else confirms what you asked for",
        ));
    }
    fits(tx, (asked.act, &asked.period), zone, now).await?;
    follows(tx, &asked.period, now).await?;
    if signed(&sums(tx, &asked.period, None).await?) != asked.sums {
        return Err(StoreError::Conflict(
            "the sums have changed since they were signed first: take it back, look again, and ask \
             anew",
        ));
    }
    let rows = run!(
        tx,
        "UPDATE period_acts SET confirmed_by = $2, confirmed_at = $3 WHERE id = $1 AND \
         confirmed_at IS NULL AND withdrawn_at IS NULL",
        id,
        by,
        now
    )?;
    changed_one(rows, "it is confirmed already, or was taken back")?;
    let locked = (asked.act == PeriodAct::Lock).then_some(now);
    run!(
        tx,
        "UPDATE periods SET locked_at = $2, locked_by = $3 WHERE name = $1",
        &asked.period,
        locked,
        locked.map(|_| by)
    )?;
    let (action, told) = match asked.act {
        PeriodAct::Lock => ("period.locked", Subject::PeriodLocked),
        PeriodAct::Reopen => ("period.reopened", Subject::PeriodReopened),
    };
    let data = json!({ "period": asked.period });
    outbox::put(tx, told, Of::House, &data, now).await?;
    let (subject, detail) = (
        format!("period:{}", asked.period),
        json!({ "asked_by": asked.asked_by, "sums": asked.sums }),
    );
    log::append(tx, &by.into(), action, subject, detail, now).await
}

/// Takes back what was asked for.
///
/// # Errors
/// [`StoreError::Conflict`] when it is confirmed already, or was taken back;
/// [`StoreError::Interest`].
pub async fn withdraw(tx: &mut Tx, by: &PersonId, id: &PeriodActId, now: WallTime) -> Result<()> {
    let asked = open_by_id(tx, id).await?;
    may_settle(tx, by, &asked.period, now).await?;
    run!(
        tx,
        "UPDATE period_acts SET withdrawn_at = $2 WHERE id = $1",
        id,
        now
    )?;
    let subject = format!("period:{}", asked.period);
    let detail = json!({ "act": asked.act });
    log::append(tx, &by.into(), "period.withdrawn", subject, detail, now).await
}

async fn open_by_id(tx: &mut Tx, id: &PeriodActId) -> Result<Asked> {
    let found = by_id(tx, id).await?.filter(|a| a.confirmed_at.is_none());
    found.ok_or(StoreError::Conflict(
        "it is confirmed already, or was taken back",
    ))
}

/// What somebody has asked for and nobody has taken back.
///
/// # Errors
/// When the database fails.
pub async fn by_id(tx: &mut Tx, id: &PeriodActId) -> Result<Option<Asked>> {
    let sql = format!("{ASKED} AND a.id = $1");
    Ok(one!(tx, Asked, sqlx::AssertSqlSafe(sql), id)?)
}

/// What was done to a period and what is asked for, oldest first.
///
/// # Errors
/// When the database fails.
pub async fn acts(tx: &mut Tx, period: &str) -> Result<Vec<Asked>> {
    let sql = format!("{ASKED} AND a.period = $1 ORDER BY a.asked_at, a.id");
    Ok(all!(tx, Asked, sqlx::AssertSqlSafe(sql), period)?)
}

async fn fits(
    tx: &mut Tx,
    (act, period): (PeriodAct, &str),
    zone: &Zone,
    now: WallTime,
) -> Result<()> {
    let known = one!(
        tx,
        Period,
        "SELECT name, locked_at FROM periods WHERE name = $1",
        period
    )?;
    let Some(known) = known else {
        return Err(StoreError::Conflict(
            "nothing was booked in this period: there is nothing to lock",
        ));
    };
    match act {
        PeriodAct::Lock if known.locked_at.is_some() => {
            Err(StoreError::Conflict("this period is locked already"))
        }
        PeriodAct::Lock if zone.month(now).as_str() <= period => Err(StoreError::Conflict(
            "this period is not over yet: lock it when its month has ended",
        )),
        PeriodAct::Lock if holds(tx).await? > 0 => Err(StoreError::Conflict(
            "a verdict is on hold, and may be booked in it yet: wait ten seconds",
        )),
        PeriodAct::Reopen if known.locked_at.is_none() => {
            Err(StoreError::Conflict("this period is open"))
        }
        PeriodAct::Reopen if payroll::has_paid(tx, period).await? => Err(StoreError::Conflict(
            "a payroll run has paid of this period: it stays locked, and what comes later stands \
             in the next open one",
        )),
        _ => Ok(()),
    }
}

/// What was done to a period stands in the order of its times.
async fn follows(tx: &mut Tx, period: &str, now: WallTime) -> Result<()> {
    let later = one!(
        tx,
        (PeriodActId,),
        "SELECT id FROM period_acts WHERE period = $1 AND confirmed_at >= $2 LIMIT 1",
        period,
        now
    )?;
    match later {
        None => Ok(()),
        Some(_) => Err(StoreError::Conflict(
            "this box's clock runs behind the one by which the period was locked or opened last: \
             set the clock right (`assay doctor`), and confirm again",
        )),
    }
}

async fn holds(tx: &mut Tx) -> Result<i64> {
    let found = one!(
        tx,
        (i64,),
        "SELECT COUNT(*) FROM verdicts WHERE state = 'held'"
    )?;
    Ok(found.map_or(0, |row| row.0))
}

fn signed(sums: &[Sum]) -> String {
    let lines = sums
        .iter()
        .map(|s| json!([s.person_id, s.currency, s.amount_minor, s.entries]));
    serde_json::Value::from_iter(lines).to_string()
}

/// A period is everybody's who earned in it: whoever locks it sees all those clients, and their pay
/// hangs on nobody's of them.
async fn may_settle(tx: &mut Tx, by: &PersonId, period: &str, now: WallTime) -> Result<()> {
    let rows = all!(
        tx,
        (ClientId, PersonId),
        "SELECT DISTINCT k.client_id, g.person_id FROM ledger g JOIN campaigns k ON k.id = \
         g.campaign_id WHERE g.period = $1 ORDER BY k.client_id, g.person_id",
        period
    )?;
    let mut clients: Vec<ClientId> = rows.iter().map(|r| r.0.clone()).collect();
    clients.dedup();
    if clients.is_empty() {
        clients.extend(people::clients_of(tx, by).await?.into_iter().take(1));
    }
    let subject = format!("period:{period}");
    for client in clients {
        let of_client = rows.iter().filter(|r| r.0 == client);
        let stake = Stake {
            client: client.clone(),
            earners: of_client.map(|r| r.1.clone()).collect(),
            ..interest::empty()
        };
        interest::ask(tx, Act::Settle, by, &stake, &subject, now).await?;
    }
    Ok(())
}

/// Sets somebody's number in the payroll: what a payroll file names them by.
///
/// # Errors
/// [`StoreError::Refused`] for what is no number; [`StoreError::Interest`]; a duplicate when
/// somebody else has it.
pub async fn set_payroll_number(
    tx: &mut Tx,
    by: &PersonId,
    person: &PersonId,
    number: &str,
    now: WallTime,
) -> Result<()> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    let begins = number.starts_with(|c: char| c.is_ascii_alphanumeric());
    // A file neutralizes what a spreadsheet would count, and payroll does not know it then.
    if !begins || number.len() > 20 || !number.chars().all(fits) {
        return Err(StoreError::Refused(
            "A payroll number has 1 to 20 letters, digits and - _ . / and begins with a letter or \
             a digit: correct it"
                .to_owned(),
        ));
    }
    let clients = people::clients_of(tx, person).await?;
    let shared = people::clients_of(tx, by).await?;
    let client = clients.into_iter().find(|c| shared.contains(c));
    let client = client.ok_or_else(|| StoreError::gone("person", person))?;
    let stake = interest::of_client(tx, &client).await?;
    let subject = format!("person:{person}");
    interest::ask(tx, Act::Settle, by, &stake, &subject, now).await?;
    let rows = run!(
        tx,
        "UPDATE people SET payroll_number = $2 WHERE id = $1 AND role = $3",
        person,
        number,
        Role::Telemarketer
    )?;
    changed_one(rows, "only who earns commission has a payroll number")?;
    let detail = json!({ "number_sha256": log::digest_of(&subject, number) });
    log::append(
        tx,
        &by.into(),
        "person.payroll_number",
        subject,
        detail,
        now,
    )
    .await
}
