//! What marketing and sales owe one another, by versions that both heads sign, and how both halves
//! were kept, measured from the wire.

use crate::handover::Pact;
use crate::identity::House;
use crate::pii::Pii;
use crate::store::handover::sales_call::SALES_CALL;
use crate::store::{Actor, Result, StoreError, Tx, all, changed_one, log, new_id, one, run};
use crate::units::{ClaimId, ClientId, LeadId, PactId, PersonId, WallTime};
use serde_json::json;
use sqlx::FromRow;

/// A version of the agreement.
#[derive(Debug, Clone, FromRow, PartialEq, Eq)]
pub struct Version {
    pub id: PactId,
    pub client_id: ClientId,
    /// Counted from 1 within its client.
    pub version: i64,
    pub leads_a_month: i64,
    pub complete_percent: i64,
    pub answer_hours: i64,
    pub call_hours: i64,
    pub attempts: i64,
    pub attempt_days: i64,
    pub proposed_by: Pii<String>,
    pub proposed_at: WallTime,
    /// Names; null: not signed.
    pub marketing: Option<Pii<String>>,
    /// Null with the name.
    pub marketing_signed_at: Option<WallTime>,
    /// Who signed for sales; null: nobody has.
    pub sales: Option<Pii<String>>,
    /// Null with the name.
    pub sales_signed_at: Option<WallTime>,
    /// When both had signed; null: they have not.
    pub in_force_from: Option<WallTime>,
}

impl Version {
    /// Its figures.
    #[must_use]
    pub fn pact(&self) -> Pact {
        Pact {
            leads_a_month: self.leads_a_month,
            complete_percent: self.complete_percent,
            answer_hours: self.answer_hours,
            call_hours: self.call_hours,
            attempts: self.attempts,
            attempt_days: self.attempt_days,
        }
    }
}

const VERSION: &str = "SELECT v.id, v.client_id, v.version, v.leads_a_month, v.complete_percent, \
    v.answer_hours, v.call_hours, v.attempts, v.attempt_days, p.name AS proposed_by, \
    v.proposed_at, m.name AS marketing, v.marketing_signed_at, s.name AS sales, \
    v.sales_signed_at, v.in_force_from FROM pacts v JOIN people p ON p.id = v.proposed_by LEFT \
    JOIN people m ON m.id = v.signed_by_marketing LEFT JOIN people s ON s.id = v.signed_by_sales";

/// What is owed at a moment; what holds where nothing was signed.
///
/// # Errors
/// When the database fails.
pub async fn owed(tx: &mut Tx, client: &ClientId, at: WallTime) -> Result<Pact> {
    let sql = format!(
        "{VERSION} WHERE v.client_id = $1 AND v.in_force_from <= $2 ORDER BY v.version DESC LIMIT 1"
    );
    let found = one!(tx, Version, sqlx::AssertSqlSafe(sql), client, at)?;
    Ok(found.map_or_else(Pact::default, |v| v.pact()))
}

/// Versions of a client, newest first.
///
/// # Errors
/// When the database fails.
pub async fn of_client(tx: &mut Tx, client: &ClientId) -> Result<Vec<Version>> {
    let sql = format!("{VERSION} WHERE v.client_id = $1 ORDER BY v.version DESC");
    Ok(all!(tx, Version, sqlx::AssertSqlSafe(sql), client)?)
}

/// A version, signed or not.
///
/// # Errors
/// When the database fails.
pub async fn by_id(tx: &mut Tx, id: &PactId) -> Result<Option<Version>> {
    let sql = format!("{VERSION} WHERE v.id = $1");
    Ok(one!(tx, Version, sqlx::AssertSqlSafe(sql), id)?)
}

/// Somebody of either house proposes a version.
///
/// # Errors
/// [`StoreError::Refused`] when nobody could keep it.
pub async fn propose(
    tx: &mut Tx,
    by: &PersonId,
    client: &ClientId,
    pact: &Pact,
    now: WallTime,
) -> Result<PactId> {
    pact.check()
        .map_err(|why| StoreError::Refused(why.to_owned()))?;
    let id: PactId = new_id();
    run!(
        tx,
        "INSERT INTO pacts (id, client_id, version, leads_a_month, complete_percent, \
         answer_hours, call_hours, attempts, attempt_days, proposed_by, proposed_at) SELECT $1, \
         $2, COALESCE(MAX(version), 0) + 1, $3, $4, $5, $6, $7, $8, $9, $10 FROM pacts WHERE \
         client_id = $2",
        &id,
        client,
        pact.leads_a_month,
        pact.complete_percent,
        pact.answer_hours,
        pact.call_hours,
        pact.attempts,
        pact.attempt_days,
        by,
        now
    )?;
    let detail = json!({ "client": client });
    note(tx, by, "pact.proposed", &id, detail, now).await?;
    Ok(id)
}

/// The head of a house signs a version; with both signatures it is in force. Gives whether it is. A
/// version that a newer one has overtaken is not signed any more.
///
/// # Errors
/// [`StoreError::Conflict`] when it is signed or overtaken; [`StoreError::Refused`] for who heads
/// nothing.
pub async fn sign(
    tx: &mut Tx,
    by: &PersonId,
    house: House,
    version: &Version,
    now: WallTime,
) -> Result<bool> {
    let sql = match house {
        House::Marketing => {
            "UPDATE pacts SET signed_by_marketing = $2, marketing_signed_at = $3 WHERE id = $1 AND \
             signed_by_marketing IS NULL AND in_force_from IS NULL AND NOT EXISTS (SELECT 1 FROM \
             pacts n WHERE n.client_id = pacts.client_id AND n.version > pacts.version AND \
             n.in_force_from IS NOT NULL)"
        }
        House::Sales => {
            "UPDATE pacts SET signed_by_sales = $2, sales_signed_at = $3 WHERE id = $1 AND \
             signed_by_sales IS NULL AND in_force_from IS NULL AND NOT EXISTS (SELECT 1 FROM \
             pacts n WHERE n.client_id = pacts.client_id AND n.version > pacts.version AND \
             n.in_force_from IS NOT NULL)"
        }
    };
    let rows = run!(tx, sql, &version.id, by, now)?;
    changed_one(
        rows,
        "your house has signed it already, or a newer version is in force",
    )?;
    let both = "UPDATE pacts SET in_force_from = $2 WHERE id = $1 AND signed_by_marketing IS NOT \
        NULL AND signed_by_sales IS NOT NULL AND in_force_from IS NULL";
    let in_force = run!(tx, both, &version.id, now)? == 1;
    let action = if in_force {
        "pact.in_force"
    } else {
        "pact.signed"
    };
    let detail = json!({ "house": house });
    note(tx, by, action, &version.id, detail, now).await?;
    Ok(in_force)
}

async fn note(
    tx: &mut Tx,
    by: &PersonId,
    action: &str,
    id: &PactId,
    detail: serde_json::Value,
    now: WallTime,
) -> Result<()> {
    log::append(
        tx,
        &Actor::from(by),
        action,
        format!("pact:{id}"),
        detail,
        now,
    )
    .await
}

/// A hand-over as both halves are measured by it.
#[derive(Debug, Clone, FromRow)]
pub struct Measured {
    pub claim_id: ClaimId,
    /// What people say: C-1001.
    pub number: i64,
    pub lead_id: LeadId,
    pub company: Pii<String>,
    pub handed_at: WallTime,
    pub answer_due_at: WallTime,
    pub call_due_at: WallTime,
    /// The first answer, whatever replaced it.
    pub answered_at: Option<WallTime>,
    /// 1 where the answer that stands is a rejection or nurture, else 0.
    pub rejected: i64,
    /// When the wire first saw sales call; null: not yet.
    pub first_call_at: Option<WallTime>,
    /// Fields of the write-up that are filled, with what stands beside them.
    pub filled: i64,
}

/// What a client's sales was handed between two moments, oldest first.
///
/// # Errors
/// When the database fails.
pub async fn measured(
    tx: &mut Tx,
    client: &ClientId,
    (from, until): (WallTime, WallTime),
) -> Result<Vec<Measured>> {
    let sql = format!(
        "SELECT h.claim_id, c.number, h.lead_id, l.company, h.handed_at, h.answer_due_at, h.call_due_at, \
         (SELECT MIN(s.at) FROM sales_answers s WHERE s.claim_id = h.claim_id) AS answered_at, \
         (SELECT COUNT(*) FROM sales_answers a WHERE a.id = h.answer_id AND a.answer IN \
         ('reject', 'nurture')) AS rejected, (SELECT MIN(x.started_at) {SALES_CALL}) AS \
         first_call_at, (SELECT COUNT(DISTINCT f.field) FROM handover_fields f WHERE f.claim_id = \
         h.claim_id AND f.text <> '' AND f.at = (SELECT MAX(g.at) FROM handover_fields g WHERE \
         g.claim_id = f.claim_id AND g.field = f.field)) + CASE WHEN c.write_up <> '' THEN 1 ELSE \
         0 END + CASE WHEN l.contact IS NOT NULL THEN 1 ELSE 0 END + CASE WHEN EXISTS (SELECT 1 \
         FROM lead_numbers n WHERE n.lead_id = l.id) THEN 1 ELSE 0 END AS filled FROM handovers h \
         JOIN claims c ON c.id = h.claim_id JOIN leads l ON l.id = h.lead_id WHERE h.client_id = \
         $1 AND h.handed_at >= $2 AND h.handed_at < $3 ORDER BY h.handed_at, c.number"
    );
    Ok(all!(
        tx,
        Measured,
        sqlx::AssertSqlSafe(sql),
        client,
        from,
        until
    )?)
}
