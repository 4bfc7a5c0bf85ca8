//! Somebody with the database, for whom no trigger holds: thousands of rows changed, added and taken
//! away, as they are and with every hash of the box computed again (PRODUCT I10, S8).

use super::proof::{everything, findings, seal};
use super::*;
use assay::proof::{Edge, Hash, Head, leaf, tile_bytes};
use assay::store::proof::check::Known;
use base64::Engine as _;
use rand::{RngExt as _, SeedableRng as _};
use sha2::{Digest as _, Sha256};

/// Columns of which the log says nothing, and why: they change after the row stands, or they are
/// where something lies and not what it is (`check` reads the files themselves).
const NOT_SAID: &[(&str, &[&str])] = &[
    ("recordings", &["path", "peaks", "raw", "cipher", "key_id"]),
    ("checklist_versions", &["review_on"]),
    ("period_acts", &["withdrawn_at"]),
    (
        "second_reviews",
        &[
            "calibration_id",
            "assigned_to",
            "due_at",
            "locked_by",
            "locked_until",
            "taken_at",
            "opens_at",
        ],
    ),
    (
        "claims",
        &[
            "priority",
            "state",
            "locked_by",
            "locked_until",
            "decided_at",
            "outcome",
            "taken_at",
            "checklist_version_id",
            "first_reason",
            "first_at",
            "sent_back_note",
            "waits_until",
            "unread_since",
            "settled_at",
            "sent_back_by",
            // How it was made, which moves no money.
            "came_by",
            "opener_waits_until",
            "opener_settled_at",
        ],
    ),
];
/// Columns of claims that are records of their own.
const WORDS: [&str; 3] = ["write_up", "own_answers", "words_version"];
const TABLES: [&str; 11] = [
    "ledger",
    "verdicts",
    "plans",
    "plan_acks",
    "rulings",
    "period_acts",
    "second_reviews",
    "checklist_versions",
    "audit",
    "recordings",
    "claims",
];

/// How many acts; some where `PROOF_TAMPERED` does not say.
fn acts(some: usize) -> usize {
    std::env::var("PROOF_TAMPERED").map_or(some, |n| n.parse().expect("PROOF_TAMPERED is a number"))
}

/// A row of each kind, sealed into the log.
async fn sealed(folder: &std::path::Path) -> (Db, Tool, Head) {
    let path = folder.join("assay.db");
    let db = Db::sqlite(&path).await.unwrap();
    let mut tx = db.write().await.unwrap();
    everything(&mut tx).await;
    let head = seal(&mut tx, at("2026-12-02")).await;
    tx.commit().await.unwrap();
    assert_eq!(findings(&db, &[]).await, Vec::<String>::new());
    let tool = Tool::open(&path).await;
    (db, tool, head)
}

/// Each of `PROOF_TAMPERED` acts is named, and each put back is whole again.
#[test]
fn whoever_has_the_database_is_found_out_row_by_row() {
    let acts = acts(300);
    let folder = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let (db, tool, _) = sealed(folder.path()).await;
        let mut random = rand::rngs::StdRng::seed_from_u64(16);
        let mut columns = 0;
        for n in 0..acts {
            let act = tool.act(TABLES[n % TABLES.len()], random.random()).await;
            columns += usize::from(matches!(act.how, How::Changed(_)));
            let found = findings(&db, &[]).await;
            assert!(
                found.iter().any(|f| f.contains(&act.named())),
                "{act:?}: {found:?}"
            );
            tool.put_back(act.table).await;
        }
        println!("{acts} acts of somebody with the database, {columns} of them columns: all named");
        assert_eq!(findings(&db, &[]).await, Vec::<String>::new());
    });
}

/// The same acts by somebody who has the log's key too and computes again every hash that the box
/// has: the chain of its lines, commitments, leaves, tiles, checkpoint. With fresh salts for all
/// that follows, or with the old ones wherever the record is what it was. What has left the box
/// names the row, or where it is gone the one in its place.
#[test]
fn whoever_computes_every_hash_again_is_named_by_what_has_left_the_box() {
    let acts = acts(60);
    let folder = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let (db, tool, head) = sealed(folder.path()).await;
        let left = Known {
            head,
            leaves: tool.leaf_hashes().await,
            from: "the copy".to_owned(),
        };
        tool.keep_log().await;
        let mut random = rand::rngs::StdRng::seed_from_u64(61);
        let mut fit = 0;
        for n in 0..acts {
            let act = tool.act(TABLES[n % TABLES.len()], random.random()).await;
            let from = tool.place_of(&act).await;
            tool.compute_again(&db, &act, from, random.random()).await;
            fit += usize::from(findings(&db, &[]).await.is_empty());
            let found = findings(&db, std::slice::from_ref(&left)).await;
            let told = match tool.leaf_at(from).await {
                Some(name) => format!("{name}: leaf {from} is not the one that left the box"),
                None => "the newest were taken away".to_owned(),
            };
            assert!(found.iter().any(|f| f.contains(&told)), "{act:?}, {told}: {found:?}");
            tool.put_back(act.table).await;
            tool.put_back_log().await;
        }
        println!(
            "{acts} acts with every hash computed again, {fit} of which the box alone could not tell: all \
             named"
        );
        // Many such forgeries fit the box itself, or nothing was computed again.
        assert!(fit * 4 > acts, "{fit} of {acts}");
        assert_eq!(findings(&db, &[left]).await, Vec::<String>::new());
    });
}

#[derive(Debug)]
enum How {
    /// This column.
    Changed(String),
    Added,
    TakenAway,
}

#[derive(Debug)]
struct Act {
    table: &'static str,
    how: How,
    /// Of the row that stood, and was changed, taken away or made another of.
    row: i64,
    /// Of its leaf.
    subject: String,
}

impl Act {
    /// What a finding has to name.
    fn named(&self) -> String {
        let of_line = if self.table == "audit" {
            "log_line "
        } else {
            ""
        };
        match self.how {
            How::Added => self.planted(),
            // Of words, their claim is enough: which version is another question.
            _ => format!("{of_line}{}", self.subject.trim_end_matches(":0")),
        }
    }

    /// The subject of the row that was added.
    fn planted(&self) -> String {
        match self.table {
            "plan_acks" => format!("{}:planted", self.subject.split(':').next().unwrap()),
            "recordings" => format!("planted:{}", self.subject.split(':').nth(1).unwrap()),
            "audit" => "4711".to_owned(),
            _ => "planted".to_owned(),
        }
    }

    /// Whether what a claim says was changed, which is a record of its own.
    fn of_words(&self) -> bool {
        matches!(&self.how, How::Changed(column) if WORDS.contains(&&**column))
    }

    fn kind(&self) -> &'static str {
        match self.table {
            _ if self.of_words() => "claim_words",
            "ledger" => "ledger_entry",
            "audit" => "log_line",
            "second_reviews" => "second_review",
            table => table.strip_suffix('s').unwrap(),
        }
    }
}

/// The subject of a table's leaf.
fn subject_of(table: &str) -> &'static str {
    match table {
        "plan_acks" => "plan_id || ':' || person_id",
        "recordings" => "call_id || ':' || sha256",
        "audit" => "CAST(seq AS TEXT)",
        _ => "id",
    }
}

/// When a row of a table is in the log.
fn stands(table: &str) -> &'static str {
    match table {
        "verdicts" => "state = 'final'",
        "second_reviews" => "state = 'decided'",
        "checklist_versions" => "in_force_from IS NOT NULL",
        "period_acts" => "confirmed_at IS NOT NULL",
        _ => "1 = 1",
    }
}

/// A connection past the program.
pub(super) struct Tool {
    pub(super) pool: sqlx::SqlitePool,
}

impl Tool {
    pub(super) async fn open(path: &std::path::Path) -> Tool {
        let options = sqlx::sqlite::SqliteConnectOptions::new()
            .filename(path)
            .foreign_keys(false)
            .busy_timeout(std::time::Duration::from_secs(10));
        let pool = sqlx::sqlite::SqlitePoolOptions::new().max_connections(1);
        let pool = pool.connect_with(options).await.unwrap();
        let tool = Tool { pool };
        tool.run("PRAGMA ignore_check_constraints = ON").await;
        tool.run("PRAGMA synchronous = OFF").await;
        let triggers: Vec<(String,)> =
            sqlx::query_as("SELECT name FROM sqlite_schema WHERE type = 'trigger'")
                .fetch_all(&tool.pool)
                .await
                .unwrap();
        for (name,) in triggers {
            tool.run(&format!("DROP TRIGGER {name}")).await;
        }
        for name in ["one_commission_per_lead", "one_opener_per_lead"] {
            tool.run(&format!("DROP INDEX {name}")).await;
        }
        tool
    }

    pub(super) async fn run(&self, sql: &str) {
        let done = sqlx::query(sqlx::AssertSqlSafe(sql.to_owned()));
        let done = done.execute(&self.pool).await;
        done.unwrap_or_else(|why| panic!("{sql}: {why}"));
    }

    /// A row that stands, by its rowid, and the subject of its leaf.
    async fn row(&self, table: &str, dice: u32) -> (i64, String) {
        let (subject, stands) = (subject_of(table), stands(table));
        let sql = format!("SELECT rowid, {subject} FROM {table} WHERE {stands} ORDER BY rowid");
        let rows: Vec<(i64, String)> = sqlx::query_as(sqlx::AssertSqlSafe(sql))
            .fetch_all(&self.pool)
            .await
            .unwrap();
        rows[(dice / 16) as usize % rows.len()].clone()
    }

    /// Changes, adds or takes away a row, as the dice fall.
    async fn act(&self, table: &'static str, dice: u32) -> Act {
        self.run(&format!("CREATE TABLE kept AS SELECT * FROM {table}"))
            .await;
        let (row, subject) = self.row(table, dice).await;
        let version = self.version(&subject).await;
        let how = match dice % 4 {
            0 => {
                self.run(&format!("DELETE FROM {table} WHERE rowid = {row}"))
                    .await;
                How::TakenAway
            }
            1 => {
                self.add(table, row).await;
                How::Added
            }
            _ => How::Changed(self.change(table, row, dice).await),
        };
        let subject = match &how {
            How::Changed(column) if WORDS.contains(&&**column) => format!("{subject}:{version}"),
            _ => subject,
        };
        Act {
            table,
            how,
            row,
            subject,
        }
    }

    /// How often a claim was changed.
    async fn version(&self, claim: &str) -> i64 {
        let sql = "SELECT COALESCE(MAX(words_version), 0) FROM claims WHERE id = $1";
        let version: (i64,) = sqlx::query_as(sql)
            .bind(claim)
            .fetch_one(&self.pool)
            .await
            .unwrap();
        version.0
    }

    async fn put_back(&self, table: &str) {
        self.run(&format!("DELETE FROM {table}")).await;
        self.run(&format!("INSERT INTO {table} SELECT * FROM kept"))
            .await;
        self.run("DROP TABLE kept").await;
    }

    /// Gives the column.
    async fn change(&self, table: &str, row: i64, dice: u32) -> String {
        let silent = NOT_SAID.iter().find(|(name, _)| *name == table);
        let silent = silent.map_or(&[][..], |(_, columns)| columns);
        let columns: Vec<(String, String)> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
            "SELECT name, type FROM pragma_table_info('{table}')"
        )))
        .fetch_all(&self.pool)
        .await
        .unwrap();
        let said: Vec<_> = columns
            .iter()
            .filter(|(name, _)| !silent.contains(&name.as_str()))
            .collect();
        let (column, kind) = said[(dice / 1024) as usize % said.len()];
        let value = match kind.as_str() {
            "BIGINT" => format!("COALESCE({column}, 0) + 4000000"),
            _ if column == "terms" => "'{\"cap_minor\":1}'".to_owned(),
            _ => format!("COALESCE({column}, '') || '0'"),
        };
        self.run(&format!(
            "UPDATE {table} SET {column} = {value} WHERE rowid = {row}"
        ))
        .await;
        column.clone()
    }

    /// One row more, like another but for what names it.
    async fn add(&self, table: &str, row: i64) {
        self.run(&format!(
            "CREATE TABLE more AS SELECT * FROM {table} WHERE rowid = {row}"
        ))
        .await;
        let names: &[&str] = match table {
            "plan_acks" => &["person_id = 'planted'"],
            "recordings" => &["call_id = 'planted'", "path = 'planted'"],
            "audit" => &["seq = 4711", "hash = 'planted'"],
            "ledger" => &[
                "id = 'planted'",
                "place = 4711",
                "nth = 4711",
                "kind = 'correction'",
            ],
            "claims" => &["id = 'planted'", "number = 4711", "lead_id = 'planted'"],
            "verdicts" => &[
                "id = 'planted'",
                "claim_id = 'planted'",
                "entry_id = 'planted'",
            ],
            "plans" | "checklist_versions" => &["id = 'planted'", "version = 4711"],
            "rulings" => &["id = 'planted'", "claim_id = 'planted'"],
            "second_reviews" => &["id = 'planted'", "number = 4711"],
            _ => &["id = 'planted'"],
        };
        self.run(&format!("UPDATE more SET {}", names.join(", ")))
            .await;
        self.run(&format!("INSERT INTO {table} SELECT * FROM more"))
            .await;
        self.run("DROP TABLE more").await;
    }

    /// The hashes of the leaves, first to last.
    async fn leaf_hashes(&self) -> Vec<Hash> {
        let sql = "SELECT commitment FROM leaves ORDER BY idx";
        let all: Vec<(String,)> = sqlx::query_as(sql).fetch_all(&self.pool).await.unwrap();
        let hash = |(commitment,): &(String,)| leaf(Hash::from_hex(commitment).unwrap());
        all.iter().map(hash).collect()
    }

    async fn keep_log(&self) {
        for table in LOG {
            self.run(&format!(
                "CREATE TABLE kept_{table} AS SELECT * FROM {table}"
            ))
            .await;
        }
    }

    async fn put_back_log(&self) {
        for table in LOG {
            self.run(&format!("DELETE FROM {table}")).await;
            self.run(&format!("INSERT INTO {table} SELECT * FROM kept_{table}"))
                .await;
        }
    }

    /// Where in the log the first record is that the act touches: an entry says its plan's amount
    /// too, and a line of the log the hash of the one before.
    async fn place_of(&self, act: &Act) -> i64 {
        let subject = &act.subject;
        let touched = match act.table {
            "audit" => format!("kind = 'log_line' AND CAST(subject AS INTEGER) >= {subject}"),
            "plans" => format!("kind = 'ledger_entry' OR kind = 'plan' AND subject = '{subject}'"),
            _ => format!("kind = '{}' AND subject = '{subject}'", act.kind()),
        };
        let sql = format!("SELECT MIN(idx) FROM kept_leaves WHERE {touched}");
        let place: (i64,) = sqlx::query_as(sqlx::AssertSqlSafe(sql))
            .fetch_one(&self.pool)
            .await
            .unwrap();
        place.0
    }

    /// Kind and subject of a leaf.
    async fn leaf_at(&self, place: i64) -> Option<String> {
        sqlx::query_as("SELECT kind, subject FROM leaves WHERE idx = $1")
            .bind(place)
            .fetch_optional(&self.pool)
            .await
            .unwrap()
            .map(|(kind, subject): (String, String)| format!("{kind} {subject}"))
    }

    /// Every hash from a leaf on, as the box would make them of the rows as they are now, the
    /// touched one first; `old_salts` wherever a record is what it was.
    async fn compute_again(&self, db: &Db, act: &Act, from: i64, old_salts: bool) {
        let hashes = matches!(&act.how, How::Changed(c) if c == "hash" || c == "previous");
        if act.table == "audit" && !hashes {
            self.chain_again().await;
        }
        self.run(&format!("DELETE FROM leaves WHERE idx >= {from}"))
            .await;
        self.run("DELETE FROM checkpoints").await;
        self.tiles_again().await;
        if let Some(subject) = self.subject_now(act).await {
            self.queue(act.kind(), &format!("'{subject}'")).await;
            self.sealed(db).await;
        }
        self.run(&format!(
            "INSERT INTO leaf_queue (kind, subject) SELECT kind, subject FROM kept_leaves WHERE idx \
             >= {from} AND NOT (kind = '{}' AND subject = '{}' AND {})",
            act.kind(),
            act.subject,
            i32::from(!matches!(act.how, How::Added)),
        ))
        .await;
        self.sealed(db).await;
        if old_salts {
            self.old_salts(act).await;
            self.run("DELETE FROM checkpoints").await;
            self.tiles_again().await;
            self.sealed(db).await;
        }
        self.run("DELETE FROM leaf_queue").await;
    }

    /// Subject of the row that was changed or added, if it stands.
    async fn subject_now(&self, act: &Act) -> Option<String> {
        let which = match act.how {
            How::TakenAway => return None,
            How::Added => "rowid = (SELECT MAX(rowid) FROM {table})".replace("{table}", act.table),
            How::Changed(_) => format!("rowid = {}", act.row),
        };
        let (table, stands) = (act.table, stands(act.table));
        let subject = match act.of_words() {
            true => "id || ':' || words_version",
            false => subject_of(table),
        };
        let sql = format!("SELECT {subject} FROM {table} WHERE {which} AND {stands}");
        sqlx::query_as(sqlx::AssertSqlSafe(sql))
            .fetch_optional(&self.pool)
            .await
            .unwrap()
            .map(|(subject,): (String,)| subject)
    }

    async fn queue(&self, kind: &str, subject: &str) {
        let sql = format!("INSERT INTO leaf_queue (kind, subject) VALUES ('{kind}', {subject})");
        self.run(&sql).await;
    }

    async fn sealed(&self, db: &Db) {
        let mut tx = db.write().await.unwrap();
        seal(&mut tx, at("2026-12-03")).await;
        tx.commit().await.unwrap();
    }

    /// The tiles of the leaves as they are.
    async fn tiles_again(&self) {
        self.run("DELETE FROM tiles").await;
        for tile in Edge::new().grow(self.leaf_hashes().await) {
            let text = base64::engine::general_purpose::STANDARD.encode(tile_bytes(&tile.hashes));
            let (level, idx) = (tile.tile.level(), tile.tile.index());
            let values = format!("({level}, {idx}, '{text}')");
            self.run(&format!(
                "INSERT INTO tiles (level, idx, hashes) VALUES {values}"
            ))
            .await;
        }
    }

    /// Leaves of records that the act does not touch get the salt that they had.
    async fn old_salts(&self, act: &Act) {
        let touched = match act.table {
            "audit" => "f.kind = 'log_line'".to_owned(),
            "plans" => "f.kind IN ('plan', 'ledger_entry')".to_owned(),
            _ => format!(
                "(f.kind = '{}' AND f.subject = '{}')",
                act.kind(),
                act.subject
            ),
        };
        let kept = "FROM kept_leaves k WHERE k.kind = f.kind AND k.subject = f.subject";
        self.run(&format!(
            "UPDATE leaves AS f SET salt = (SELECT k.salt {kept}), commitment = (SELECT \
             k.commitment {kept}) WHERE NOT {touched} AND EXISTS (SELECT 1 {kept})"
        ))
        .await;
    }

    /// The chain of the log's lines, each with its number, from the first on.
    async fn chain_again(&self) {
        let sql = "SELECT seq, at, actor, action, subject, detail FROM audit ORDER BY seq";
        type Line = (i64, i64, String, String, String, String);
        let lines: Vec<Line> = sqlx::query_as(sql).fetch_all(&self.pool).await.unwrap();
        let mut previous = "0".repeat(64);
        for (seq, at, actor, action, subject, detail) in lines {
            let mut digest = Sha256::new();
            let fields = [
                &seq.to_string(),
                &at.to_string(),
                &actor,
                &action,
                &subject,
                &detail,
                &previous,
            ];
            for field in fields {
                digest.update((field.len() as u64).to_le_bytes());
                digest.update(field.as_bytes());
            }
            let hash = assay::hex::hex(&digest.finalize());
            self.run(&format!(
                "UPDATE audit SET previous = '{previous}', hash = '{hash}' WHERE seq = {seq}"
            ))
            .await;
            previous = hash;
        }
    }
}

/// What the log of the box is kept in.
const LOG: [&str; 4] = ["leaves", "tiles", "checkpoints", "leaf_queue"];
