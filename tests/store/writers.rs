//! Many writers at once: nobody is refused for the database's sake, and all adds up.

use super::*;
use assay::commission::payroll::{Datev, PayrollFormat};
use assay::store::commission::payroll;
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

/// Verdicts that a dispute turns, months that are locked and opened again, and payroll runs, by 200
/// at once: whoever is refused is told why, nobody is paid twice, and the books add up.
#[test]
fn two_hundred_writers_dispute_lock_and_pay_at_once_and_nobody_is_paid_twice() {
    on_both(async |open| {
        let db = open.db.clone();
        let now = at("2026-11-28");
        let mut tx = db.write().await.unwrap();
        let world = Arc::new(world(&mut tx).await);
        let vera = manager(&mut tx, &world, "vera").await;
        periods::set_payroll_number(&mut tx, &world.max, &world.ines, "1001", now)
            .await
            .unwrap();
        let mut claimed = Vec::new();
        for n in 0..LEADS {
            let claim = claim_on_own_lead(&mut tx, &world, n, now).await;
            let judge = reviewer(&mut tx, &world, 2 * n).await;
            let v = verdict_by(&mut tx, &judge, &claim, n < 2, now).await;
            verdicts::make_final(&mut tx, &v.id, &rules(), v.hold_until)
                .await
                .unwrap();
            claimed.push((claim, reviewer(&mut tx, &world, 2 * n + 1).await));
        }
        tx.commit().await.unwrap();
        let mut writers = JoinSet::new();
        for n in 0..LEADS * 5 {
            let (db, world, vera) = (db.clone(), world.clone(), vera.clone());
            let (claim, again) = claimed[(n / 5) as usize].clone();
            writers.spawn(async move {
                match n % 5 {
                    0 if n >= 10 => turn(&db, &claim, &again).await,
                    1 | 2 => close(&db, (&world.max, &vera), PeriodAct::Lock).await,
                    3 => close(&db, (&vera, &world.max), PeriodAct::Reopen).await,
                    _ => pay(&db, &world.max, "2026-11", (DECEMBER, "2026-12-20")).await,
                }
            });
        }
        while let Some(done) = writers.join_next().await {
            done.unwrap();
        }
        for period in ["2026-11", "2026-12"] {
            lock_if_open(&db, (&world.max, &vera), period).await;
        }
        for period in ["2026-11", "2026-12"] {
            pay(&db, &world.max, period, ("2027-02-01", "2027-02-01")).await;
        }
        let mut tx = db.read().await.unwrap();
        let entries = ledger::all_entries(&mut tx).await.unwrap();
        assert_eq!(entries.len(), LEADS as usize);
        let mut paid = Vec::new();
        for run in payroll::all_runs(&mut tx).await.unwrap() {
            let shares = payroll::shares(&mut tx, &run.id).await.unwrap();
            paid.extend(shares.rows.iter().map(|row| row.amount.minor));
        }
        assert_eq!(
            paid.iter().sum::<i64>(),
            4000 * i64::from(LEADS),
            "{paid:?}"
        );
        assert_eq!(differences(&mut tx).await, []);
        log::verify(&mut tx).await.unwrap();
    });
}

/// Does it, or is refused for a reason that the house's rules give.
async fn try_to<T>(db: &Db, verb: impl AsyncFnOnce(&mut Tx) -> Result<T, StoreError>) -> Option<T> {
    let mut tx = db.write().await.unwrap();
    match verb(&mut tx).await {
        Ok(done) => {
            tx.commit().await.unwrap();
            Some(done)
        }
        Err(StoreError::Conflict(_) | StoreError::Refused(_)) => None,
        Err(why) => panic!("{why}"),
    }
}

/// A dispute, to its end: the second reviewer finds that it passes.
async fn turn(db: &Db, claim: &ClaimId, again: &PersonId) {
    let later = |seconds| at(DECEMBER) + Micros::from_secs(seconds);
    let rows = [disputes::Row {
        criterion: "budget".to_owned(),
        clip: "{}".to_owned(),
        reason: "it was said".to_owned().into(),
    }];
    let mut tx = db.write().await.unwrap();
    let row = claims::by_id(&mut tx, claim).await.unwrap().unwrap();
    let v = verdicts::of_claim(&mut tx, claim).await.unwrap().unwrap();
    disputes::add(&mut tx, &v, &row, &rows, &rules(), later(0))
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let mut tx = db.write().await.unwrap();
    let call = claims::calls(&mut tx, claim).await.unwrap().remove(0);
    let dispute = disputes::of_claim(&mut tx, claim).await.unwrap().unwrap();
    let id = &dispute.second_review_id;
    second_reviews::take(&mut tx, again, id, later(1))
        .await
        .unwrap();
    listens(&mut tx, id, again, &call, later(1)).await;
    let answer = second_reviews::NewAnswer {
        answers: &answers(&call, true),
        note: "",
    };
    second_reviews::answer(&mut tx, again, id, &answer, &rules(), later(8))
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let mut tx = db.write().await.unwrap();
    disputes::confirm(&mut tx, again, &dispute, &answer, &rules(), later(9))
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

/// When all of them act, within some seconds of each other.
const DECEMBER: &str = "2026-12-02T08:00:00Z";

/// One asks and another confirms; where somebody else was first, both are refused.
async fn close(db: &Db, (first, second): (&PersonId, &PersonId), act: PeriodAct) {
    let (now, what) = (at(DECEMBER) + Micros::from_secs(9), (act, "2026-11"));
    let zone = Zone::utc();
    let asked = try_to(db, async |tx| {
        periods::ask(tx, first, what, "", &zone, now).await
    })
    .await;
    if let Some(asked) = asked {
        let confirmed = async |tx: &mut Tx| periods::confirm(tx, second, &asked, &zone, now).await;
        if try_to(db, confirmed).await.is_none() {
            try_to(db, async |tx| {
                periods::withdraw(tx, first, &asked, now).await
            })
            .await;
        }
    }
}

async fn lock_if_open(db: &Db, (first, second): (&PersonId, &PersonId), period: &str) {
    let (now, zone) = (at("2027-01-02"), Zone::utc());
    let what = (PeriodAct::Lock, period);
    let asked = try_to(db, async |tx| {
        periods::ask(tx, first, what, "", &zone, now).await
    })
    .await;
    if let Some(asked) = asked {
        let confirmed = async |tx: &mut Tx| periods::confirm(tx, second, &asked, &zone, now).await;
        assert!(try_to(db, confirmed).await.is_some());
    }
}

/// A run of what is payable by that day.
async fn pay(db: &Db, by: &PersonId, period: &str, (now, day): (&str, &str)) {
    let datev = Datev::default();
    let (now, zone) = (at(now) + Micros::from_secs(9), Zone::utc());
    let wanted = payroll::Wanted {
        period,
        format: PayrollFormat::Csv,
        pay_day: Some(day),
        currency: None,
        datev: &datev,
    };
    try_to(db, async |tx| {
        payroll::make(tx, by, &wanted, &zone, now).await
    })
    .await;
}
