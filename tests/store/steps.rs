//! An act that breaks off at any of its writes leaves nothing behind, and done again it is done once.

use super::*;
use std::collections::BTreeMap;

/// Every table that an act of money may write to.
const WRITTEN: [&str; 12] = [
    "verdicts",
    "claims",
    "ledger",
    "periods",
    "period_acts",
    "rulings",
    "audit",
    "outbox",
    "leaf_queue",
    "disputes",
    "second_reviews",
    "plan_acks",
];

/// What makes the database break off at a write.
async fn break_at(open: &Open, table: &str, write: &str) {
    let sql = match &open.raw {
        Raw::Sqlite(_) => vec![format!(
            "CREATE TRIGGER broken BEFORE {write} ON {table} BEGIN SELECT RAISE(ABORT, 'broken off'); END"
        )],
        Raw::Postgres(_) => vec![
            "CREATE OR REPLACE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE \
             EXCEPTION 'broken off'; END $$"
                .to_owned(),
            format!(
                "CREATE TRIGGER broken BEFORE {write} ON {table} FOR EACH ROW EXECUTE FUNCTION \
                 broken()"
            ),
        ],
    };
    for sql in sql {
        execute(open, &sql).await.unwrap();
    }
}

async fn mend(open: &Open, table: &str) {
    let sql = match &open.raw {
        Raw::Sqlite(_) => "DROP TRIGGER broken".to_owned(),
        Raw::Postgres(_) => format!("DROP TRIGGER broken ON {table}"),
    };
    execute(open, &sql).await.unwrap();
}

/// All rows of the tables, as text.
async fn all_that_is(open: &Open) -> BTreeMap<&'static str, Vec<String>> {
    let mut all = BTreeMap::new();
    for table in WRITTEN {
        let rows: Vec<(String,)> = match &open.raw {
            Raw::Sqlite(pool) => {
                let columns: Vec<(String,)> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
                    "SELECT name FROM pragma_table_info('{table}')"
                )))
                .fetch_all(pool)
                .await
                .unwrap();
                let said: Vec<String> = columns.iter().map(|c| format!("quote({})", c.0)).collect();
                let sql = format!(
                    "SELECT {} AS said FROM {table} ORDER BY said",
                    said.join(" || ")
                );
                sqlx::query_as(sqlx::AssertSqlSafe(sql))
                    .fetch_all(pool)
                    .await
                    .unwrap()
            }
            Raw::Postgres(pool) => {
                let sql = format!("SELECT CAST(t AS TEXT) AS said FROM {table} t ORDER BY said");
                sqlx::query_as(sqlx::AssertSqlSafe(sql))
                    .fetch_all(pool)
                    .await
                    .unwrap()
            }
        };
        all.insert(table, rows.into_iter().map(|r| r.0).collect());
    }
    all
}

/// Tries an act with a break at each write that it makes; then does it.
pub(super) async fn broken_at_each_write(
    open: &Open,
    act: impl AsyncFn(&mut Tx) -> Result<(), StoreError>,
) -> usize {
    let mut broken = 0;
    for table in WRITTEN {
        for write in ["INSERT", "UPDATE"] {
            let before = all_that_is(open).await;
            break_at(open, table, write).await;
            let mut tx = open.write().await.unwrap();
            let done = act(&mut tx).await;
            drop(tx);
            mend(open, table).await;
            if let Err(why) = done {
                assert!(
                    why.to_string().contains("broken off"),
                    "{table} {write}: {why}"
                );
                broken += 1;
            }
            assert_eq!(all_that_is(open).await, before, "{table} {write}");
        }
    }
    let mut tx = open.write().await.unwrap();
    act(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
    broken
}

#[test]
fn an_act_that_breaks_off_leaves_nothing_and_is_done_once() {
    on_both(async |open| {
        let zone = Zone::utc();
        let mut tx = open.write().await.unwrap();
        let world = world(&mut tx).await;
        let vera = manager(&mut tx, &world, "vera").await;
        let now = at("2026-11-20");
        let claim = claim_on_own_lead(&mut tx, &world, 1, now).await;
        let v = verdict(&mut tx, &world, &claim, true, now).await;
        tx.commit().await.unwrap();
        let end = v.hold_until;
        let sealing = broken_at_each_write(&open, async |tx| {
            verdicts::make_final(tx, &v.id, &rules(), end)
                .await
                .map(drop)
        })
        .await;
        let december = at("2026-12-01T00:10:00Z");
        let mut tx = open.write().await.unwrap();
        let decided = claims::by_id(&mut tx, &claim).await.unwrap().unwrap();
        let said = rulings::accuse(&mut tx, &world.max, &decided, "n", december).await;
        let said = said.unwrap();
        let lock = (PeriodAct::Lock, "2026-11");
        let asked = periods::ask(&mut tx, &world.max, lock, "", &zone, december).await;
        let asked = asked.unwrap();
        tx.commit().await.unwrap();
        let closing = broken_at_each_write(&open, async |tx| {
            periods::confirm(tx, &vera, &asked, &zone, december).await
        })
        .await;
        let later = december + Micros::from_secs(1);
        let reversing = broken_at_each_write(&open, async |tx| {
            rulings::confirm(tx, &vera, &said, &zone, later).await
        })
        .await;
        // Verdict, claim, entry, period, log, message and the log's queue; and so on.
        assert!(
            sealing >= 6 && closing >= 4 && reversing >= 5,
            "{sealing} {closing} {reversing}"
        );
        let mut tx = open.read().await.unwrap();
        let entries = ledger::all_entries(&mut tx).await.unwrap();
        let said: Vec<_> = entries
            .iter()
            .map(|e| (e.amount_minor, &*e.period))
            .collect();
        assert_eq!(said, [(4000, "2026-11"), (-4000, "2026-12")]);
        assert_eq!(differences(&mut tx).await, []);
    });
}
