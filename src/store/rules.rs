//! The schema's rules, which hold whoever writes: those that a database has, held against those
//! that it came with (PRODUCT I10). Each database says them in its own words, so the ones that it
//! came with are made anew beside it, and dropped again.

use crate::store::{Db, Pool, Result, StoreError, new_id, pool_of, upgrade};
use sqlx::{Executor, PgPool, SqlitePool};
use std::collections::BTreeMap;

/// By kind (`table`, `constraint`, `index`, `trigger` or `rewrite rule`) and name, what each says.
pub type Rules = BTreeMap<(String, String), String>;

type Rule = (String, String, String);

const OF_SQLITE: &str = "SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name \
    NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT LIKE '\\_sqlx%' ESCAPE '\\'";

/// A trigger says its function's body too. What is switched off is not there.
const OF_POSTGRES: &str = "SELECT 'table', CAST(c.relname AS TEXT), CASE WHEN c.relrowsecurity \
    THEN 'row security: ' ELSE '' END || (SELECT string_agg(a.attname || ' ' || \
    format_type(a.atttypid, a.atttypmod) || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END || \
    COALESCE(' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid), ''), ', ' ORDER BY a.attnum) FROM \
    pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum WHERE \
    a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) FROM pg_class c WHERE c.relkind = \
    'r' AND c.relnamespace = to_regnamespace(quote_ident(current_schema())) AND c.relname NOT LIKE \
    '\\_sqlx%' UNION ALL SELECT 'constraint', c.relname || '.' || k.conname, \
    pg_get_constraintdef(k.oid) FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid WHERE \
    c.relnamespace = to_regnamespace(quote_ident(current_schema())) AND c.relname NOT LIKE \
    '\\_sqlx%' AND NOT EXISTS (SELECT 1 FROM pg_trigger t WHERE t.tgconstraint = k.oid AND \
    t.tgenabled NOT IN ('O', 'A')) UNION ALL SELECT 'index', CAST(c.relname AS TEXT), \
    replace(pg_get_indexdef(c.oid), ' ON ' || quote_ident(current_schema()) || '.', ' ON ') FROM \
    pg_class c JOIN pg_index i ON i.indexrelid = c.oid WHERE i.indisvalid AND i.indislive AND \
    c.relnamespace = to_regnamespace(quote_ident(current_schema())) AND c.relname NOT LIKE \
    '\\_sqlx%' UNION ALL SELECT 'trigger', CAST(t.tgname AS TEXT), pg_get_triggerdef(t.oid, true) \
    || ' ' || p.prosrc FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON \
    p.oid = t.tgfoid WHERE NOT t.tgisinternal AND t.tgenabled IN ('O', 'A') AND c.relnamespace = \
    to_regnamespace(quote_ident(current_schema())) UNION ALL SELECT 'rewrite rule', c.relname || \
    '.' || w.rulename, pg_get_ruledef(w.oid) FROM pg_rewrite w JOIN pg_class c ON c.oid = \
    w.ev_class WHERE c.relkind = 'r' AND c.relnamespace = \
    to_regnamespace(quote_ident(current_schema()))";

fn rules(rows: Vec<Rule>) -> Rules {
    let rule = |(kind, name, says)| ((kind, name), says);
    rows.into_iter().map(rule).collect()
}

impl Db {
    /// The rules that this database has.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn rules(&self) -> Result<Rules> {
        Ok(rules(match &self.pool {
            Pool::Sqlite { read, .. } => sqlx::query_as(OF_SQLITE).fetch_all(read).await?,
            Pool::Postgres { read, .. } => sqlx::query_as(OF_POSTGRES).fetch_all(read).await?,
        }))
    }

    /// The rules that a database of this version comes with, as a database of this kind says them.
    ///
    /// # Errors
    /// When the database fails; on PostgreSQL also where its user may not make a schema.
    pub async fn rules_wanted(&self) -> Result<Rules> {
        match &self.pool {
            Pool::Sqlite { .. } => in_memory().await,
            Pool::Postgres { read, .. } => in_schema(read).await,
        }
    }
}

async fn in_memory() -> Result<Rules> {
    let pool: SqlitePool = pool_of(1).connect("sqlite::memory:").await?;
    upgrade::sqlite().run(&pool).await?;
    let rows = sqlx::query_as(OF_SQLITE).fetch_all(&pool).await?;
    pool.close().await;
    Ok(rules(rows))
}

/// In a schema that nobody but this transaction ever sees.
async fn in_schema(pool: &PgPool) -> Result<Rules> {
    let mut tx = pool.begin().await?;
    let name = format!("assay_{}", new_id::<String>().replace('-', ""));
    let made = format!("CREATE SCHEMA {name}; SET LOCAL search_path TO {name}");
    let made = sqlx::raw_sql(sqlx::AssertSqlSafe(made));
    if let Err(why) = tx.execute(made).await {
        return Err(StoreError::Refused(format!(
            "the schema's rules are held against a new one, and the database's user may not make it \
             (GRANT CREATE ON DATABASE … TO …): {why}"
        )));
    }
    for migration in upgrade::postgres().iter() {
        tx.execute(sqlx::raw_sql(migration.sql.clone())).await?;
    }
    let rows = sqlx::query_as(OF_POSTGRES).fetch_all(&mut *tx).await?;
    tx.rollback().await?;
    Ok(rules(rows))
}

/// Rules that are gone or say something else, and triggers that were planted. An index, a table or a
/// constraint more is the house's own affair.
#[must_use]
pub fn broken(wanted: &Rules, found: &Rules) -> Vec<String> {
    let mut wrong = Vec::new();
    for (key @ (kind, name), says) in wanted {
        match found.get(key) {
            None => wrong.push(format!(
                "the {kind} '{name}' is gone: somebody with the database took it away"
            )),
            Some(other) if other != says => wrong.push(format!(
                "the {kind} '{name}' says something else than it came with"
            )),
            Some(_) => {}
        }
    }
    let planted = found
        .keys()
        .filter(|key| ["trigger", "rewrite rule"].contains(&&*key.0) && !wanted.contains_key(*key));
    wrong.extend(planted.map(|(kind, name)| {
        format!("the {kind} '{name}' is none of ours: somebody with the database put it there")
    }));
    wrong
}
