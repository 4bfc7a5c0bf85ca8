//! SQLite's log is written back beside those who commit, and a piece of long work is whole before
//! whatever is committed after it.

use super::*;

/// In bytes; sixteen of them are four times what makes the log long.
const ANSWER: usize = 1 << 20;

async fn put(tx: &mut Tx, person: &PersonId, n: usize, response: &str) {
    let key = format!("answer-{n}");
    let request = idempotency::Request {
        person,
        key: &key,
        route: "POST /x",
        body: b"a",
    };
    idempotency::keep(tx, &request, response, at("2026-11-20"))
        .await
        .unwrap();
}

fn length(path: &std::path::Path) -> u64 {
    std::fs::metadata(path).map_or(0, |found| found.len())
}

#[test]
fn the_log_is_written_back_and_cut_while_others_commit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("assay.db");
    let wal = folder.path().join("assay.db-wal");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let db = Db::sqlite(&path).await.unwrap();
        let mut tx = db.write().await.unwrap();
        let ana = NewPerson {
            login: "ana",
            name: "Ana",
            role: Role::Telemarketer,
            pay_basis: PayBasis::Commission,
            password_hash: "x",
            clients: &[],
        };
        let ana = people::add(&mut tx, &BY, &ana, at("2026-11-01"))
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let answer = "a".repeat(ANSWER);
        for n in 0..16 {
            // One by one of each kind: both begin it.
            let begun = if n % 2 == 0 {
                db.write().await
            } else {
                db.write_piece().await
            };
            let mut tx = begun.unwrap();
            put(&mut tx, &ana, n, &answer).await;
            tx.commit().await.unwrap();
        }
        // It starts anew with the first commit that finds it written back.
        let mut more = 16;
        while length(&wal) > 8 * ANSWER as u64 || length(&path) < 16 * ANSWER as u64 {
            let mut tx = db.write().await.unwrap();
            put(&mut tx, &ana, more, "a little").await;
            tx.commit().await.unwrap();
            more += 1;
            assert!(
                more < 10_000,
                "the log is {} bytes long still",
                length(&wal)
            );
            tokio::time::sleep(std::time::Duration::from_millis(2)).await;
        }
        let mut tx = db.read().await.unwrap();
        let kept = idempotency::Request {
            person: &ana,
            key: "answer-15",
            route: "POST /x",
            body: b"a",
        };
        let earlier = idempotency::earlier(&mut tx, &kept).await.unwrap();
        assert_eq!(earlier.map(|answer| answer.len()), Some(ANSWER));
        drop(tx);
        db.close().await;
    });
}
