//! Tokens of machines: the phone system, a CRM, the payroll office, Prometheus.

use crate::identity::token::{self, Scope};
use crate::store::{Actor, Result, StoreError, Tx, all, changed_one, log, new_id, one, run};
use crate::units::{ClientId, Micros, TokenId, WallTime};
use serde_json::json;
use sqlx::FromRow;

/// A token's last use is noted this often.
pub const USED_EVERY: Micros = Micros::from_secs(60);
/// How long a token is good, where it has an end.
const LONGEST: Micros = Micros::from_secs(3_653 * 86_400);
/// Tokens that are good at once.
pub const MOST_TOKENS: i64 = 200;

/// A token as an administrator sees it; its text is nowhere.
#[derive(Debug, Clone, FromRow, PartialEq, Eq)]
pub struct Token {
    pub id: TokenId,
    /// Which machine has it.
    pub name: String,
    /// Whose data it reaches; null: every client's.
    pub client_id: Option<ClientId>,
    /// By name, with blanks between.
    pub scopes: String,
    pub created_at: WallTime,
    /// Null: until it is revoked.
    pub expires_at: Option<WallTime>,
    /// Null: good until it expires.
    pub revoked_at: Option<WallTime>,
    /// When it was last used, to the minute; null: never.
    pub used_at: Option<WallTime>,
    /// And from which address.
    pub used_from: Option<String>,
}

impl Token {
    /// Whether it is good for something.
    #[must_use]
    pub fn has(&self, scope: Scope) -> bool {
        token::split(&self.scopes).contains(&scope)
    }

    /// Whether it reaches a client's data.
    #[must_use]
    pub fn reaches(&self, client: &ClientId) -> bool {
        self.client_id.as_ref().is_none_or(|c| c == client)
    }
}

const TOKEN: &str = "id, name, client_id, scopes, created_at, expires_at, revoked_at, used_at, \
    used_from";

/// A token that is made.
#[derive(Debug, Clone)]
pub struct NewToken<'a> {
    pub name: &'a str,
    /// Whose data it reaches; `None`: every client's.
    pub client: Option<&'a ClientId>,
    pub scopes: &'a [Scope],
    /// SHA-256 of its text, in hex.
    pub hash: &'a str,
    /// `None`: until it is revoked.
    pub expires: Option<WallTime>,
}

/// Makes a token; gives its id.
///
/// # Errors
/// [`StoreError::Refused`] for one without a name or a scope, one that has expired, or beyond
/// [`MOST_TOKENS`].
pub async fn add(tx: &mut Tx, by: &Actor, new: &NewToken<'_>, now: WallTime) -> Result<TokenId> {
    let refused = |why: &str| Err(StoreError::Refused(why.to_owned()));
    let name = new.name.trim();
    if name.is_empty() || name.chars().count() > 80 {
        return refused("name the machine that gets the token, in at most 80 characters");
    }
    if new.scopes.is_empty() {
        return refused("say what the token is good for: one scope at least");
    }
    if new.expires.is_some_and(|at| at > now + LONGEST) {
        return refused("a token is good for ten years at most, or until it is revoked");
    }
    if new.expires.is_some_and(|at| at <= now) {
        return refused("the token would have expired already: give a later date");
    }
    let good = one!(
        tx,
        (i64,),
        "SELECT COUNT(*) FROM api_tokens WHERE revoked_at IS NULL AND (expires_at IS NULL OR \
         expires_at > $1)",
        now
    )?;
    if good.is_some_and(|row| row.0 >= MOST_TOKENS) {
        return refused("there are 200 tokens: revoke those that nobody uses");
    }
    let id: TokenId = new_id();
    run!(
        tx,
        "INSERT INTO api_tokens (id, name, client_id, scopes, token_hash, created_at, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        &id,
        name,
        new.client,
        token::join(new.scopes),
        new.hash,
        now,
        new.expires
    )?;
    let detail = json!({ "scopes": new.scopes, "client": new.client, "expires": new.expires });
    log::append(tx, by, "token.made", format!("token:{id}"), detail, now).await?;
    Ok(id)
}

/// The token of a hash, if it is still good.
///
/// # Errors
/// When the database fails.
pub async fn by_hash(tx: &mut Tx, hash: &str, now: WallTime) -> Result<Option<Token>> {
    let sql = format!(
        "SELECT {TOKEN} FROM api_tokens WHERE token_hash = $1 AND revoked_at IS NULL AND \
         (expires_at IS NULL OR expires_at > $2)"
    );
    Ok(one!(tx, Token, sqlx::AssertSqlSafe(sql), hash, now)?)
}

/// All tokens, those that are good first, the newest first.
///
/// # Errors
/// When the database fails.
pub async fn list(tx: &mut Tx) -> Result<Vec<Token>> {
    let sql = format!(
        "SELECT {TOKEN} FROM api_tokens ORDER BY CASE WHEN revoked_at IS NULL THEN 0 ELSE 1 END, \
         created_at DESC LIMIT 1000"
    );
    Ok(all!(tx, Token, sqlx::AssertSqlSafe(sql))?)
}

/// Ends a token.
///
/// # Errors
/// [`StoreError::Conflict`] where it has ended.
pub async fn revoke(tx: &mut Tx, by: &Actor, id: &TokenId, now: WallTime) -> Result<()> {
    let changed = run!(
        tx,
        "UPDATE api_tokens SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL",
        id,
        now
    )?;
    changed_one(changed, "this token has ended already, or there is none")?;
    log::append(
        tx,
        by,
        "token.revoked",
        format!("token:{id}"),
        json!({}),
        now,
    )
    .await
}

/// Notes that a token is in use.
///
/// # Errors
/// When the database fails.
pub async fn used(tx: &mut Tx, id: &TokenId, from: &str, now: WallTime) -> Result<()> {
    run!(
        tx,
        "UPDATE api_tokens SET used_at = $2, used_from = $3 WHERE id = $1",
        id,
        now,
        from
    )?;
    Ok(())
}
