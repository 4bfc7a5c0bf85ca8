//! The proof log on both databases: what stands becomes leaves, an entry is proved without the box,
//! and whatever is changed, added or taken away past the program is named (PRODUCT I10, S8).

use super::tampering::Tool;
use super::*;
use assay::commission::{Part, Split};
use assay::jobs::notary::{Copy, LogKey, Notary};
use assay::proof::bundle::{Given as Trusted, verify};
use assay::proof::{Checkpoint, Head, Scheme, SignerKey, VerifierKey, leaf};
use assay::store::proof::bundle::{Reader, of_entry};
use assay::store::proof::check::{self, Known};
use assay::store::proof::{checkpoints, log};
use assay::store::webhook::receivers::{self, NewReceiver};
use assay::webhook::Master;

fn key() -> SignerKey {
    SignerKey::new("assay-test", Scheme::Note, &[7; 32]).unwrap()
}

/// Makes leaves of all that waits, and signs.
pub(super) async fn seal(tx: &mut Tx, now: WallTime) -> Head {
    while log::append(tx, now).await.unwrap().done > 0 {}
    let head = log::head(tx).await.unwrap();
    let checkpoint = Checkpoint {
        origin: "assay-test".to_owned(),
        head,
        extensions: Vec::new(),
    };
    let note = checkpoint.sign(&key()).unwrap().to_string();
    checkpoints::keep(tx, head, &note, now).await.unwrap();
    head
}

pub(super) async fn findings(db: &Db, known: &[Known]) -> Vec<String> {
    let mut tx = db.read().await.unwrap();
    let outcome = check::all_rows(&mut tx, &key().verifier(), known).await;
    outcome.map_or_else(|why| vec![why.to_string()], |outcome| outcome.findings)
}

/// A row of each kind that becomes a leaf.
pub(super) async fn everything(tx: &mut Tx) -> (World, Vec<ledger::Entry>) {
    let zone = Zone::utc();
    let world = world(tx).await;
    let vera = manager(tx, &world, "vera").await;
    let now = at("2026-11-20");
    let terms = Terms {
        tiers: vec![Tier {
            from_lead: 2,
            amount_minor: 5000,
        }],
        cap_minor: Some(8000),
        split: Some(Split::of(30)),
    };
    let ana = splits::telemarketer(tx, &world, "ana", "202").await;
    let plan = NewPlan {
        campaign: &world.campaign,
        amount: &Money::new(4000, "EUR"),
        terms: &terms,
        payable_after_days: 14,
        from: None,
    };
    let all = [world.ines.clone(), world.tom.clone(), ana];
    approve(tx, &world.max, &all, &plan, now).await;
    let opened = [("202", "2026-11-03T09:00:00Z", 60)];
    let mut claimed = Vec::new();
    for n in 0..3 {
        // The last one's lead was opened by somebody else.
        claimed.push(match n {
            2 => splits::claimed(tx, &world, n, &opened, now).await,
            _ => claim_on_own_lead(tx, &world, n, now).await,
        });
        let v = verdict(tx, &world, &claimed[claimed.len() - 1], true, now).await;
        let end = v.hold_until;
        verdicts::make_final(tx, &v.id, &rules(), end)
            .await
            .unwrap();
    }
    let later = now + Micros::from_secs(60);
    let first = claims::by_id(tx, &claimed[0]).await.unwrap().unwrap();
    let v = verdicts::of_claim(tx, &claimed[0]).await.unwrap().unwrap();
    let when = second_reviews::When {
        opens: later,
        due: later + Micros::from_secs(60),
    };
    let second = second_reviews::draw(tx, &v, &first, later, when)
        .await
        .unwrap();
    second_reviews::take(tx, &world.rosa, &second, later)
        .await
        .unwrap();
    let call = claims::calls(tx, &claimed[0]).await.unwrap().remove(0);
    listens(tx, &second, &world.rosa, &call, later).await;
    let answer = second_reviews::NewAnswer {
        answers: &answers(&call, true),
        note: "",
    };
    second_reviews::answer(tx, &world.rosa, &second, &answer, &rules(), later)
        .await
        .unwrap();
    let fraud = claims::by_id(tx, &claimed[1]).await.unwrap().unwrap();
    let said = rulings::accuse(tx, &world.max, &fraud, "no such call", later).await;
    rulings::confirm(tx, &vera, &said.unwrap(), &zone, later)
        .await
        .unwrap();
    let december = at("2026-12-01T00:10:00Z");
    let lock = (PeriodAct::Lock, "2026-11");
    let asked = periods::ask(tx, &world.max, lock, "", &zone, december).await;
    periods::confirm(tx, &vera, &asked.unwrap(), &zone, december)
        .await
        .unwrap();
    let entries = ledger::all_entries(tx).await.unwrap();
    (world, entries)
}

#[test]
fn each_entry_is_proved_by_its_bundle_and_a_rewritten_one_is_not() {
    on_both(async |db| {
        let mut tx = db.write().await.unwrap();
        let (world, entries) = everything(&mut tx).await;
        assert_eq!(entries.len(), 5);
        let now = at("2026-12-02");
        let trusted = key().verifier();
        let early = of_entry(&mut tx, &trusted, (&entries[0].id, Reader::Payee), vec![]).await;
        assert!(matches!(early, Err(StoreError::Conflict(_))), "{early:?}");
        let before = seal(&mut tx, now).await;
        let note = checkpoints::latest(&mut tx).await.unwrap().unwrap().note;
        give_line(&mut tx, "777", &world.ines, &world.northlight, now, None).await;
        let after = seal(&mut tx, now + Micros::from_secs(1)).await;
        assert!(after.size > before.size);
        tx.commit().await.unwrap();
        assert_eq!(findings(&db, &[]).await, Vec::<String>::new());
        let mut tx = db.read().await.unwrap();
        for entry in &entries {
            let older = vec![note.clone()];
            let made = of_entry(&mut tx, &trusted, (&entry.id, Reader::Payee), older)
                .await
                .unwrap();
            let json = made.to_json();
            let given = |log| Trusted {
                log,
                witnesses: &[],
                audio: &[],
                other_checkpoint: Some(note.as_bytes()),
            };
            let report = verify(json.as_bytes(), &given(&trusted));
            let report = report.unwrap_or_else(|broken| panic!("{broken}\n{json}"));
            // Who has an opener's share does not see how the colleague's claim was judged.
            let closed = entry.part == Part::Opener;
            assert_eq!(
                (report.entry.as_str(), !report.erased.is_empty()),
                (&*entry.id, closed)
            );
            assert_eq!(json.contains("\"answers\""), !closed, "{json}");
            // Of what nobody shares a record says what it always said.
            let shared = entry.part != Part::Whole;
            for said in ["\"part\"", "\"shared_with\""] {
                assert_eq!(json.contains(said), shared, "{said}: {json}");
            }
            let stranger = SignerKey::new("assay-test", Scheme::Note, &[8; 32]).unwrap();
            let stranger = stranger.verifier();
            assert!(verify(json.as_bytes(), &given(&stranger)).is_err());
            let amount = format!("\"amount\":{}", entry.amount_minor);
            assert!(json.contains(&amount), "{json}");
            let other = json.replace(&amount, "\"amount\":999900");
            assert!(verify(other.as_bytes(), &given(&trusted)).is_err());
        }
    });
}

/// With every hash computed again and signed by the box's own key, only what has left the box tells;
/// it names the row.
#[test]
fn what_is_computed_anew_is_found_against_what_left_the_box() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("assay.db");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let db = Db::sqlite(&path).await.unwrap();
        let mut tx = db.write().await.unwrap();
        let (_, entries) = everything(&mut tx).await;
        let head = seal(&mut tx, at("2026-12-02")).await;
        tx.commit().await.unwrap();
        let tool = Tool::open(&path).await;
        let kept: Vec<(i64, String, String, String)> =
            sqlx::query_as("SELECT idx, kind, subject, commitment FROM leaves ORDER BY idx")
                .fetch_all(&tool.pool)
                .await
                .unwrap();
        let left = Known {
            head,
            leaves: kept
                .iter()
                .map(|(.., commitment)| leaf(assay::proof::Hash::from_hex(commitment).unwrap()))
                .collect(),
            from: "the copy".to_owned(),
        };
        let alone = Known {
            leaves: Vec::new(),
            from: "the checkpoint".to_owned(),
            ..left.clone()
        };
        assert_eq!(
            findings(&db, std::slice::from_ref(&left)).await,
            Vec::<String>::new()
        );
        // The first entry says another amount; its leaf and all tiles are made again, and signed.
        tool.run("UPDATE ledger SET amount_minor = 999900 WHERE place = 1")
            .await;
        let spoilt = kept
            .iter()
            .find(|(_, kind, ..)| kind == "ledger_entry")
            .unwrap();
        for (idx, ..) in kept.iter().rev().take_while(|(idx, ..)| *idx >= spoilt.0) {
            tool.run(&format!("DELETE FROM leaves WHERE idx = {idx}"))
                .await;
        }
        tool.run("DELETE FROM tiles").await;
        tool.run("DELETE FROM checkpoints").await;
        rebuild(&db, &tool, &kept, spoilt.0).await;
        assert_eq!(
            findings(&db, &[]).await,
            Vec::<String>::new(),
            "it fits itself"
        );
        let found = findings(&db, std::slice::from_ref(&left)).await;
        assert!(
            found[0].contains(&spoilt.2) && found[0].contains("not the one that left the box"),
            "{found:?}"
        );
        assert!(entries.iter().any(|e| *e.id == *spoilt.2));
        let found = findings(&db, std::slice::from_ref(&alone)).await;
        assert!(
            found[0].contains("are not those of the checkpoint"),
            "{found:?}"
        );
        // Fewer leaves than what left.
        let shorter = Known {
            head: Head {
                size: head.size + 1,
                ..head
            },
            ..alone
        };
        let found = findings(&db, &[shorter]).await;
        assert!(
            found
                .iter()
                .any(|f| f.contains("the newest were taken away")),
            "{found:?}"
        );
    });
}

/// Seals everything from a leaf on again, as the box would.
async fn rebuild(db: &Db, tool: &Tool, kept: &[(i64, String, String, String)], from: i64) {
    tool.run("CREATE TABLE stay AS SELECT * FROM leaves").await;
    tool.run("DELETE FROM leaves").await;
    // The tree of what stays: tiles by the log itself, one leaf after the other.
    let stays: Vec<(String, String, Option<String>, String)> =
        sqlx::query_as("SELECT kind, subject, salt, commitment FROM stay ORDER BY idx")
            .fetch_all(&tool.pool)
            .await
            .unwrap();
    let mut edge = assay::proof::Edge::new();
    let hashes = stays
        .iter()
        .map(|(.., c)| leaf(assay::proof::Hash::from_hex(c).unwrap()));
    for tile in edge.grow(hashes) {
        use base64::Engine;
        let bytes = assay::proof::tile_bytes(&tile.hashes);
        let text = base64::engine::general_purpose::STANDARD.encode(bytes);
        tool.run(&format!(
            "INSERT INTO tiles (level, idx, hashes) VALUES ({}, {}, '{text}')",
            tile.tile.level(),
            tile.tile.index()
        ))
        .await;
    }
    tool.run("INSERT INTO leaves SELECT * FROM stay").await;
    tool.run("DROP TABLE stay").await;
    for (_, kind, subject, _) in kept.iter().filter(|(idx, ..)| *idx >= from) {
        tool.run(&format!(
            "INSERT INTO leaf_queue (kind, subject) VALUES ('{kind}', '{subject}')"
        ))
        .await;
    }
    let mut tx = db.write().await.unwrap();
    seal(&mut tx, at("2026-12-03")).await;
    tx.commit().await.unwrap();
}

/// What somebody puts into the queue, takes out of it or leaves there holds up nothing else, and is
/// named; a verdict that did not pass pays nothing whatever a dispute says.
#[test]
fn a_queue_that_was_meddled_with_holds_up_nothing_and_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("assay.db");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let db = Db::sqlite(&path).await.unwrap();
        let mut tx = db.write().await.unwrap();
        let (world, _) = everything(&mut tx).await;
        let sealed = seal(&mut tx, at("2026-12-02")).await;
        tx.commit().await.unwrap();
        let tool = Tool::open(&path).await;
        for (kind, subject) in [("log_line", "1"), ("nonsense", "1"), ("claim", "gone")] {
            tool.run(&format!(
                "INSERT INTO leaf_queue (kind, subject) VALUES ('{kind}', '{subject}')"
            ))
            .await;
        }
        let found = findings(&db, &[]).await;
        assert_eq!(found.len(), 2, "{found:?}");
        tool.run("INSERT INTO leaf_queue (kind, subject) SELECT 'claim', id FROM claims LIMIT 1")
            .await;
        let mut tx = db.write().await.unwrap();
        let late = at("2026-12-03");
        give_line(&mut tx, "778", &world.ines, &world.northlight, late, None).await;
        tx.commit().await.unwrap();
        // The tool took the triggers: the box queues its line by hand here.
        tool.run("INSERT INTO leaf_queue SELECT 'log_line', MAX(seq) FROM audit").await;
        let mut tx = db.write().await.unwrap();
        let head = seal(&mut tx, late).await;
        assert_eq!(head.size, sealed.size + 1, "the new line alone");
        let stuck = log::append(&mut tx, late).await.unwrap().stuck;
        assert_eq!(stuck.len(), 2, "{stuck:?}");
        tx.commit().await.unwrap();
        tool.run("DELETE FROM leaf_queue").await;
        assert_eq!(findings(&db, &[]).await, Vec::<String>::new());
        // A commission for a verdict that did not pass, with everything else in its place.
        tool.run("UPDATE verdicts SET passed = 0 WHERE id = (SELECT verdict_id FROM ledger WHERE place = 1)")
            .await;
        let found = findings(&db, &[]).await;
        assert!(
            found.iter().any(|f| f.contains("rests on no verdict that passed")),
            "{found:?}"
        );
        tool.run("UPDATE verdicts SET passed = 1").await;
        // Salts gone, so that nothing could be held against its row.
        tool.run("UPDATE leaves SET salt = substr(salt, 1, 63) || 'x' WHERE idx = 3").await;
        assert!(!findings(&db, &[]).await.is_empty());
    });
}

/// A key of another box, or none, opens no checkpoint.
#[test]
fn a_checkpoint_of_another_box_is_refused() {
    let other = SignerKey::new("assay-other", Scheme::Note, &[9; 32]).unwrap();
    let mine: VerifierKey = key().verifier();
    let checkpoint = Checkpoint {
        origin: "assay-other".to_owned(),
        head: Head {
            size: 1,
            root: assay::proof::empty_root(),
        },
        extensions: Vec::new(),
    };
    let note = checkpoint.sign(&other).unwrap().to_string();
    let refused = assay::proof::open(note.as_bytes(), &mine).unwrap_err();
    assert!(
        refused.to_string().contains("is of the log 'assay-other'"),
        "{refused}"
    );
}

/// The sizes of the checkpoints that left, by the copy's own files.
fn left(copy: &std::path::Path) -> Vec<u64> {
    let files = std::fs::read_dir(copy.join("checkpoints")).into_iter();
    let names = files.flatten().map(|f| f.unwrap().file_name());
    let sizes = names.filter_map(|n| n.to_str()?.parse().ok());
    let mut sizes: Vec<u64> = sizes.collect();
    sizes.sort_unstable();
    sizes
}

/// Bodies of messages of a topic, in their order.
pub(super) async fn messages(open: &Open, topic: &str) -> Vec<String> {
    let sql = "SELECT body FROM outbox WHERE topic = $1 ORDER BY seq";
    let found: Vec<(String,)> = match &open.raw {
        Raw::Sqlite(pool) => sqlx::query_as(sql).bind(topic).fetch_all(pool).await,
        Raw::Postgres(pool) => sqlx::query_as(sql).bind(topic).fetch_all(pool).await,
    }
    .unwrap();
    found.into_iter().map(|(body,)| body).collect()
}

/// PRODUCT S8: a checkpoint leaves the box once in a day of the house's and at each close, and
/// receivers are told of each that left.
#[test]
fn a_checkpoint_leaves_each_day_and_at_each_close() {
    on_both(async |db| {
        let folder = tempfile::tempdir().unwrap();
        let zone: Zone = "Europe/Berlin".parse().unwrap();
        let copy = folder.path().join("copy");
        let notary = Notary {
            key: LogKey::open_or_make(folder.path()).unwrap().into(),
            copy: Copy::new(copy.clone()),
            zone: zone.clone(),
        };
        let mut tx = db.write().await.unwrap();
        let world = world(&mut tx).await;
        let petra = manager(&mut tx, &world, "petra").await;
        let now = at("2026-11-20T09:00:00Z");
        let claim = claim_on_own_lead(&mut tx, &world, 0, now).await;
        let v = verdict(&mut tx, &world, &claim, true, now).await;
        verdicts::make_final(&mut tx, &v.id, &rules(), v.hold_until)
            .await
            .unwrap();
        let payroll = NewReceiver {
            name: "payroll",
            url: "https://payroll.example/hook",
            topics: None,
            client: None,
        };
        let master = Master::new([7; 32]);
        receivers::add(&mut tx, &BY, &payroll, &master, now)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        // What the day brings: something new in the log, and the job's turn.
        let turn = async |when: &str| {
            let now = at(when);
            let mut tx = db.write().await.unwrap();
            people::add_client(&mut tx, &BY, when, now).await.unwrap();
            tx.commit().await.unwrap();
            let done = notary.once(&db, now).await.unwrap();
            assert_eq!(done.trouble, None);
            left(&copy).len()
        };
        let days = [
            ("2026-12-01T10:00:00Z", 1, "the first at once"),
            ("2026-12-01T22:59:00Z", 1, "the same day"),
            ("2026-12-01T23:01:00Z", 2, "midnight is the house's"),
            ("2026-12-02T12:00:00Z", 2, "the same day"),
        ];
        for (when, many, why) in days {
            assert_eq!(turn(when).await, many, "{when}: {why}");
        }
        // A close, by two people: it leaves before the day is over.
        let closed = at("2026-12-02T13:00:00Z");
        let mut tx = db.write().await.unwrap();
        let lock = (PeriodAct::Lock, "2026-11");
        let asked = periods::ask(&mut tx, &world.max, lock, "", &zone, closed);
        let asked = asked.await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(turn("2026-12-02T13:00:30Z").await, 2, "asked for by one");
        let mut tx = db.write().await.unwrap();
        periods::confirm(&mut tx, &petra, &asked, &zone, at("2026-12-02T13:01:00Z"))
            .await
            .unwrap();
        tx.commit().await.unwrap();
        assert_eq!(turn("2026-12-02T13:02:00Z").await, 3, "closed");
        assert_eq!(turn("2026-12-02T13:05:00Z").await, 3, "and once");
        // Nothing new: nothing leaves again.
        notary.once(&db, at("2026-12-09T10:00:00Z")).await.unwrap();
        assert_eq!(left(&copy).len(), 4);
        notary.once(&db, at("2026-12-10T10:00:00Z")).await.unwrap();
        let sizes = left(&copy);
        let told: Vec<u64> = messages(&db, "checkpoint.made")
            .await
            .iter()
            .map(|body| {
                let body: serde_json::Value = serde_json::from_str(body).unwrap();
                let data = body.get("data").unwrap_or(&body);
                data["size"].as_u64().unwrap()
            })
            .collect();
        assert_eq!(told, sizes);
    });
}
