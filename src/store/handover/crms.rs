//! The CRM of a client, as an administrator sets it up: where it is, and the key that lets the box
//! in, sealed ([`crate::webhook::sealed`]). The key is opened for a request alone; no verb gives it
//! back, and no line of the log has it.

use crate::handover::mapping::CrmKind;
use crate::handover::push::Credential;
use crate::store::webhook::receivers::host_of;
use crate::store::webhook::receivers::tell;
use crate::store::{Actor, Result, StoreError, Tx, all, changed_one, log, new_id, one, run};
use crate::units::{ClientId, CrmId, WallTime};
use crate::webhook::{Master, sealed};
use serde_json::json;
use sqlx::FromRow;

/// A client's CRM as stored.
#[derive(Debug, Clone, FromRow, PartialEq, Eq)]
pub struct Crm {
    pub id: CrmId,
    pub client_id: ClientId,
    pub kind: CrmKind,
    pub url: String,
    /// Sealed.
    secret: String,
    /// Leads handed over since then are sent.
    pub from_at: WallTime,
    /// A person's id, or `shell`.
    pub set_by: String,
    pub set_at: WallTime,
    /// Null: it is sent to.
    pub off_at: Option<WallTime>,
    /// Attempts in a row in which it took nothing.
    pub failures: i64,
    /// Why the last of them failed, in a clause; null: none did.
    pub last_error: Option<String>,
    /// When something may be sent again.
    pub next_attempt_at: WallTime,
    /// When a lead was last written; null: none yet.
    pub worked_at: Option<WallTime>,
}

const CRM: &str = "SELECT c.id, c.client_id, c.kind, c.url, c.secret, c.from_at, c.set_by, c.set_at, \
    c.off_at, c.failures, c.last_error, c.next_attempt_at, c.worked_at FROM crms c";

/// What a key is sealed for: it opens for nothing else.
fn about<'a>(client: &'a ClientId, kind: CrmKind, url: &'a str) -> [&'a str; 3] {
    [client.as_str(), kind.as_str(), url]
}

const OTHER_KEY: StoreError = StoreError::Conflict(
    "the key file webhooks.key is not the one that this CRM's key was sealed with: put that back, \
     or enter the CRM's key again",
);

impl Crm {
    /// The key that lets the box in.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the box's key file is another one.
    pub fn credential(&self, master: &Master) -> Result<Credential> {
        let about = about(&self.client_id, self.kind, &self.url);
        let text = sealed::open(master, &about, &self.secret).ok_or(OTHER_KEY)?;
        Credential::parse(self.kind, &text).map_err(|_| OTHER_KEY)
    }
}

/// What a CRM is set up with.
#[derive(Debug, Clone)]
pub struct NewCrm<'a> {
    pub client: &'a ClientId,
    pub kind: CrmKind,
    /// As [`Target::parse`](crate::webhook::Target::parse) takes it.
    pub url: &'a str,
    /// `None`: the one that is there stays, where kind and URL do.
    pub credential: Option<&'a Credential>,
    /// Leads handed over since then are sent; `None`: as before, or from now on.
    pub from: Option<WallTime>,
}

/// Sets a client's CRM up, or changes it, and turns it on. Another kind or URL is another CRM: its
/// key is entered anew, so that nobody sends the one that is there to an address of their own.
///
/// # Errors
/// [`StoreError::Refused`] where a key is missing, or it would send from a day to come.
pub async fn set(
    tx: &mut Tx,
    by: &Actor,
    new: &NewCrm<'_>,
    (master, nonce): (&Master, [u8; 12]),
    now: WallTime,
) -> Result<CrmId> {
    check(new, now)?;
    let before = of_client(tx, new.client).await?;
    let same = |c: &&Crm| c.kind == new.kind && c.url == new.url;
    let from = new.from.or(before.as_ref().map(|c| c.from_at));
    let from = from.unwrap_or(now);
    let secret = new
        .credential
        .map(|c| {
            let about = about(new.client, new.kind, new.url);
            sealed::seal(master, &about, nonce, c.reveal()).ok_or(OTHER_KEY)
        })
        .transpose()?;
    let id = match (before.as_ref().filter(same), secret) {
        (Some(same), secret) => {
            change(tx, &same.id, secret.as_deref(), from, now).await?;
            same.id.clone()
        }
        (None, Some(secret)) => replace(tx, by, new, (&secret, from), now).await?,
        (None, None) => {
            return Err(StoreError::Refused(
                "Enter the CRM's key: the one that is there is for another address".to_owned(),
            ));
        }
    };
    let detail = json!({
        "kind": new.kind, "host": host_of(new.url), "from": from, "new_key": new.credential.is_some()
    });
    log::append(tx, by, "crm.set", subject(new.client), detail, now).await?;
    tell(tx);
    Ok(id)
}

fn subject(client: &ClientId) -> String {
    format!("client:{client}")
}

fn check(new: &NewCrm<'_>, now: WallTime) -> Result<()> {
    let refused = |why: &str| Err(StoreError::Refused(why.to_owned()));
    if new.from.is_some_and(|at| at > now || at.micros() < 0) {
        return refused("Leads are sent that were handed over since a day before now: choose one");
    }
    if new.kind != CrmKind::Plain && new.url.contains('?') {
        return refused("A CRM's address has no part after a ?: leave it out");
    }
    Ok(())
}

async fn change(
    tx: &mut Tx,
    id: &CrmId,
    secret: Option<&str>,
    from: WallTime,
    now: WallTime,
) -> Result<()> {
    run!(
        tx,
        "UPDATE crms SET secret = COALESCE($2, secret), from_at = $3, off_at = NULL, failures = 0, \
         last_error = NULL, next_attempt_at = $4 WHERE id = $1",
        id,
        secret,
        from,
        now
    )?;
    wait_anew(tx, id, now).await
}

async fn replace(
    tx: &mut Tx,
    by: &Actor,
    new: &NewCrm<'_>,
    (secret, from): (&str, WallTime),
    now: WallTime,
) -> Result<CrmId> {
    run!(
        tx,
        "UPDATE crms SET replaced_at = $2 WHERE client_id = $1 AND replaced_at IS NULL",
        new.client,
        now
    )?;
    let id: CrmId = new_id();
    run!(
        tx,
        "INSERT INTO crms (id, client_id, kind, url, secret, from_at, set_by, set_at, \
         next_attempt_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)",
        &id,
        new.client,
        new.kind,
        new.url,
        secret,
        from,
        by.as_str(),
        now
    )?;
    Ok(id)
}

/// What waits has three days from now.
async fn wait_anew(tx: &mut Tx, id: &CrmId, now: WallTime) -> Result<()> {
    run!(
        tx,
        "UPDATE crm_sends SET since = $2, next_attempt_at = $2 WHERE crm_id = $1 AND state = \
         'waiting'",
        id,
        now
    )?;
    Ok(())
}

/// Turns a client's CRM on or off: while it is off nothing is sent, and what waits does.
///
/// # Errors
/// [`StoreError::Conflict`] when it is so already, or there is none.
pub async fn turn(
    tx: &mut Tx,
    by: &Actor,
    client: &ClientId,
    on: bool,
    now: WallTime,
) -> Result<()> {
    let rows = run!(
        tx,
        "UPDATE crms SET off_at = $2, failures = 0, last_error = NULL, next_attempt_at = $3 WHERE \
         client_id = $1 AND replaced_at IS NULL AND (off_at IS NULL) <> ($4 = 1)",
        client,
        (!on).then_some(now),
        now,
        i64::from(on)
    )?;
    changed_one(rows, "it is so already; reload the page")?;
    if on && let Some(crm) = of_client(tx, client).await? {
        wait_anew(tx, &crm.id, now).await?;
    }
    let action = if on {
        "crm.turned_on"
    } else {
        "crm.turned_off"
    };
    log::append(tx, by, action, subject(client), json!({}), now).await?;
    tell(tx);
    Ok(())
}

/// Somebody has tried a client's CRM.
///
/// # Errors
/// When the database fails.
pub async fn tested(
    tx: &mut Tx,
    by: &Actor,
    client: &ClientId,
    works: bool,
    now: WallTime,
) -> Result<()> {
    let detail = json!({ "works": works });
    log::append(tx, by, "crm.tested", subject(client), detail, now).await
}

/// The CRM of a client, on or off.
///
/// # Errors
/// When the database fails.
pub async fn of_client(tx: &mut Tx, client: &ClientId) -> Result<Option<Crm>> {
    let sql = format!("{CRM} WHERE c.client_id = $1 AND c.replaced_at IS NULL");
    Ok(one!(tx, Crm, sqlx::AssertSqlSafe(sql), client)?)
}

/// Every CRM that holds, on or off.
///
/// # Errors
/// When the database fails.
pub async fn all(tx: &mut Tx) -> Result<Vec<Crm>> {
    let sql = format!("{CRM} WHERE c.replaced_at IS NULL ORDER BY c.id");
    Ok(all!(tx, Crm, sqlx::AssertSqlSafe(sql))?)
}

/// One by its id, whether it holds or was replaced.
///
/// # Errors
/// When the database fails.
pub(in crate::store) async fn by_id(tx: &mut Tx, id: &CrmId) -> Result<Option<Crm>> {
    let sql = format!("{CRM} WHERE c.id = $1");
    Ok(one!(tx, Crm, sqlx::AssertSqlSafe(sql), id)?)
}
