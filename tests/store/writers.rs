//! Many writers at once: nobody is refused for the database's sake, and all adds up.

use super::*;
use assay::store::proof::log as proof_log;
use std::sync::Arc;
use tokio::task::JoinSet;

const LEADS: u32 = 40;

/// One act and all that hangs on it, again and again by 200 at once: claims judged and made final
/// twice over, fraud ruled by two, plans proposed, approved and read, the log sealed meanwhile.
#[test]
fn two_hundred_writers_at_once_are_all_answered_and_the_books_add_up() {
    on_both(async |open| {
        let db = open.db.clone();
        let now = at("2026-11-20");
        let mut tx = db.write().await.unwrap();
        let world = Arc::new(world(&mut tx).await);
        let vera = manager(&mut tx, &world, "vera").await;
        // What a reviewer hears takes time that two pages share: one for each claim.
        let mut claimed = Vec::new();
        for n in 0..LEADS {
            let claim = claim_on_own_lead(&mut tx, &world, n, now).await;
            claimed.push((claim, reviewer(&mut tx, &world, n).await));
        }
        tx.commit().await.unwrap();
        let mut writers = JoinSet::new();
        for n in 0..LEADS * 5 {
            let (db, world, vera) = (db.clone(), world.clone(), vera.clone());
            let (claim, reviewer) = claimed[(n / 5) as usize].clone();
            let who = (reviewer, vera);
            writers.spawn(async move { act(&db, n, &claim, &world, &who, now).await });
        }
        while let Some(done) = writers.join_next().await {
            done.unwrap();
        }
        let mut tx = db.write().await.unwrap();
        let late = now + Micros::from_secs(600);
        for claim in claims::turns_due(&mut tx, late).await.unwrap() {
            verdicts::take_turn(&mut tx, &claim, &rules(), late)
                .await
                .unwrap();
        }
        while proof_log::append(&mut tx, late).await.unwrap().done > 0 {}
        tx.commit().await.unwrap();
        let mut tx = db.read().await.unwrap();
        let entries = ledger::all_entries(&mut tx).await.unwrap();
        let earned = entries.iter().filter(|e| e.corrects.is_none()).count();
        let back = entries.iter().filter(|e| e.corrects.is_some()).count();
        assert_eq!((earned, back), (LEADS as usize, LEADS as usize));
        assert_eq!(entries.iter().map(|e| e.amount_minor).sum::<i64>(), 0);
        assert_eq!(differences(&mut tx).await, []);
        log::verify(&mut tx).await.unwrap();
    });
}

async fn reviewer(tx: &mut Tx, world: &World, n: u32) -> PersonId {
    let login = format!("reviewer-{n}");
    let new = NewPerson {
        login: &login,
        name: &login,
        role: Role::Reviewer,
        pay_basis: PayBasis::Fixed,
        password_hash: "x",
        clients: std::slice::from_ref(&world.northlight),
    };
    people::add(tx, &BY, &new, at("2026-11-01")).await.unwrap()
}

async fn act(
    db: &Db,
    n: u32,
    claim: &ClaimId,
    world: &World,
    (reviewer, vera): &(PersonId, PersonId),
    now: WallTime,
) {
    let moment = |ms: u32| now + Micros::from_millis(i64::from(ms));
    match n % 5 {
        0 => {
            let mut tx = db.write().await.unwrap();
            verdict_by(&mut tx, reviewer, claim, true, moment(n)).await;
            tx.commit().await.unwrap();
            make_final(db, claim, moment(n)).await;
            let mut tx = db.write().await.unwrap();
            let decided = claims::by_id(&mut tx, claim).await.unwrap().unwrap();
            let at = moment(20_000 + n);
            let said = rulings::accuse(&mut tx, &world.max, &decided, "n", at).await;
            tx.commit().await.unwrap();
            let mut tx = db.write().await.unwrap();
            rulings::confirm(
                &mut tx,
                vera,
                &said.unwrap(),
                &Zone::utc(),
                moment(30_000 + n),
            )
            .await
            .unwrap();
            tx.commit().await.unwrap();
        }
        1 | 2 => make_final(db, claim, moment(n)).await,
        3 => {
            let mut tx = db.write().await.unwrap();
            let plan = NewPlan {
                campaign: &world.campaign,
                amount: &Money::new(1, "EUR"),
                terms: &Terms::default(),
                payable_after_days: 14,
                from: None,
            };
            let readers = [world.ines.clone()];
            approve(&mut tx, &world.max, &readers, &plan, moment(40_000 + n)).await;
            tx.commit().await.unwrap();
        }
        _ => {
            let mut tx = db.write().await.unwrap();
            proof_log::append(&mut tx, moment(n)).await.unwrap();
            tx.commit().await.unwrap();
        }
    }
}

/// What the job does, once or several times: whoever comes second finds nothing to do.
async fn make_final(db: &Db, claim: &ClaimId, now: WallTime) {
    let mut tx = db.write().await.unwrap();
    if let Some(v) = verdicts::of_claim(&mut tx, claim).await.unwrap() {
        let end = v.hold_until.max(now);
        verdicts::make_final(&mut tx, &v.id, &rules(), end)
            .await
            .unwrap();
    }
    tx.commit().await.unwrap();
}

/// A command that imports a long list beside a running box: who has a verdict to give waits for a
/// piece of it, and not for the list.
#[test]
fn who_writes_beside_another_process_at_work_waits_for_a_piece_and_not_for_the_list() {
    const PIECES: usize = 100;
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("assay.db");
    runtime.block_on(async {
        // Two handles are two processes to SQLite: neither knows the other's queue.
        let command = Db::sqlite(&path).await.unwrap();
        let page = Db::sqlite(&path).await.unwrap();
        let done = Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let count = done.clone();
        let list = tokio::spawn(async move {
            for _ in 0..PIECES {
                let tx = command.write().await.unwrap();
                tokio::time::sleep(std::time::Duration::from_millis(15)).await;
                tx.commit().await.unwrap();
                count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                command.let_others_write().await;
            }
            command.close().await;
        });
        let pieces = || done.load(std::sync::atomic::Ordering::SeqCst);
        while pieces() == 0 {
            tokio::task::yield_now().await;
        }
        let mut waited = Vec::new();
        while pieces() + 30 < PIECES {
            let before = pieces();
            page.write().await.unwrap().commit().await.unwrap();
            waited.push(pieces() - before);
        }
        let most = waited.iter().max().copied();
        assert!(
            waited.len() > 10 && most.is_some_and(|most| most < 15),
            "{waited:?}"
        );
        list.await.unwrap();
        page.close().await;
    });
}
