//! The extract of the books: every claim, whatever became of it (PRODUCT M2).

use crate::world::*;
use assay::review::fate::Fate;
use assay::store::commission::extract::{self, Extracted, Wanted, Whose};
use assay::store::commission::payroll;
use assay::store::commission::plans::{self, NewPlan};
use assay::store::review::{claiming, claims};
use assay::store::{Tx, leads};
use assay::units::{ClaimId, Micros, Money, PersonId, WallTime, Zone};
use std::collections::BTreeSet;

/// Of Ines a claim of every fate that a claim comes to by itself; of Tom one.
async fn seeded(tx: &mut Tx) -> (World, Vec<(ClaimId, Fate)>) {
    let w = world(tx).await;
    let when = |n: i64| at("2026-11-10T08:00:00Z") + Micros::from_secs(3600 * n);
    let mut made = Vec::new();
    let mut put = |claim: ClaimId, fate| made.push((claim, fate));
    put(
        claims_lead(tx, &w, &w.ines, &w.euro, 1, when(1)).await,
        Fate::InQueue,
    );
    let gone = claims_lead(tx, &w, &w.ines, &w.euro, 2, when(2)).await;
    let claim = claims::by_id(tx, &gone).await.unwrap().unwrap();
    claiming::withdraw(tx, &claim, when(2)).await.unwrap();
    put(gone, Fate::Withdrawn);
    let back = claims_lead(tx, &w, &w.ines, &w.euro, 3, when(3)).await;
    claims::take(tx, &w.marek, &back, when(3)).await.unwrap();
    hears(tx, &w, &back, when(3)).await;
    let claim = claims::by_id(tx, &back).await.unwrap().unwrap();
    claims::send_back(tx, &w.marek, &claim, "It is their landlord.", when(3))
        .await
        .unwrap();
    put(back, Fate::SentBack);
    let failed = claims_lead(tx, &w, &w.ines, &w.euro, 4, when(4)).await;
    judged(tx, &w, &failed, false, when(4)).await;
    put(failed, Fate::Failed);
    put(
        earns(tx, &w, &w.ines, &w.euro, 5, when(5)).await,
        Fate::Earned,
    );
    let fraud = earns(tx, &w, &w.ines, &w.euro, 6, when(6)).await;
    taken_back(tx, &w, &fraud, when(30)).await;
    put(fraud, Fate::TakenBack);
    put(waits_for_a_plan(tx, &w, when(7)).await, Fate::WaitsForPlan);
    put(
        waits_for_reading(tx, &w, when(8)).await,
        Fate::WaitsForReading,
    );
    put(
        waits_for_an_earlier(tx, &w, when(9)).await,
        Fate::WaitsForEarlier,
    );
    // The last, since it stays with its reviewer.
    let taken = claims_lead(tx, &w, &w.ines, &w.euro, 9, when(10)).await;
    claims::take(tx, &w.marek, &taken, when(10)).await.unwrap();
    put(taken, Fate::InReview);
    (w, made)
}

/// Tom's claim on the same lead was made first, and nobody has judged it.
async fn waits_for_an_earlier(tx: &mut Tx, w: &World, now: WallTime) -> ClaimId {
    claims_lead(tx, w, &w.tom, &w.euro, 10, now).await;
    let later = now + Micros::from_secs(60);
    let claim = claims_lead(tx, w, &w.ines, &w.euro, 10, later).await;
    judged(tx, w, &claim, true, later).await;
    claim
}

async fn waits_for_a_plan(tx: &mut Tx, w: &World, now: WallTime) -> ClaimId {
    let euro = leads::campaign(tx, &w.euro).await.unwrap().unwrap();
    let bare = leads::add_campaign(tx, &BY, &w.northlight, "Bare", &euro.checklist_id, now)
        .await
        .unwrap();
    let claim = claims_lead(tx, w, &w.ines, &bare, 7, now).await;
    judged(tx, w, &claim, true, now).await;
    claim
}

async fn waits_for_reading(tx: &mut Tx, w: &World, now: WallTime) -> ClaimId {
    let plan = NewPlan {
        campaign: &w.pound,
        amount: &Money::new(3600, "GBP"),
        payable_after_days: 0,
        from: None,
    };
    let draft = plans::propose(tx, &BY, &plan, now).await.unwrap();
    plans::approve(tx, &w.max, &draft, now).await.unwrap();
    let claim = claims_lead(tx, w, &w.ines, &w.pound, 8, now).await;
    judged(tx, w, &claim, true, now).await;
    claim
}

fn wanted(whose: Whose<'_>, after: Option<i64>, limit: i64) -> Wanted<'_> {
    Wanted {
        whose,
        from: None,
        before: None,
        after,
        limit,
    }
}

/// Page by page to the end.
async fn whole(tx: &mut Tx, whose: Whose<'_>, limit: i64) -> Vec<Extracted> {
    let mut all: Vec<Extracted> = Vec::new();
    loop {
        let after = all.last().map(|c| c.number);
        let page = extract::page(tx, &wanted(whose, after, limit))
            .await
            .unwrap();
        if page.is_empty() {
            return all;
        }
        all.extend(page);
    }
}

#[test]
fn every_claim_is_in_the_extract_once_whatever_became_of_it() {
    on_both(async |db| {
        let mut tx = db.write().await.unwrap();
        let (w, made) = seeded(&mut tx).await;
        numbers(&mut tx, &w, &[&w.ines], at("2026-12-01")).await;
        tx.commit().await.unwrap();
        let mut tx = db.read().await.unwrap();
        for limit in [1, 3, 1_000] {
            let all = whole(&mut tx, Whose::Own(&w.ines), limit).await;
            let found: Vec<_> = all.iter().map(|c| (c.id.clone(), c.fate)).collect();
            assert_eq!(found, made, "pages of {limit}");
        }
        let mine = Whose::Clients {
            viewer: &w.max,
            person: None,
        };
        assert_eq!(whole(&mut tx, mine, 4).await.len(), made.len() + 1);
        let toms = Whose::Clients {
            viewer: &w.max,
            person: Some(&w.tom),
        };
        let toms = whole(&mut tx, toms, 4).await;
        assert_eq!((toms.len(), toms[0].fate), (1, Fate::InQueue));
        let other = Whose::Clients {
            viewer: &w.cara,
            person: Some(&w.ines),
        };
        assert_eq!(whole(&mut tx, other, 4).await, []);
        assert_eq!(whole(&mut tx, Whose::All, 4).await.len(), made.len() + 1);
        let span = Wanted {
            from: Some(at("2026-11-10T10:00:00Z")),
            before: Some(at("2026-11-10T12:00:00Z")),
            ..wanted(Whose::Own(&w.ines), None, 100)
        };
        let within = extract::page(&mut tx, &span).await.unwrap();
        let within: Vec<_> = within.iter().map(|c| c.fate).collect();
        assert_eq!(within, [Fate::Withdrawn, Fate::SentBack]);
    });
}

#[test]
fn a_claim_says_its_verdict_entries_amounts_rulings_and_the_run_that_paid() {
    on_both(async |db| {
        let december = at("2026-12-01T08:00:00Z");
        let mut tx = db.write().await.unwrap();
        let (w, _) = seeded(&mut tx).await;
        numbers(&mut tx, &w, &[&w.ines], december).await;
        lock(&mut tx, &w, "2026-11", december).await;
        let csv = crate::world::wanted("2026-11", assay::commission::payroll::PayrollFormat::Csv);
        payroll::make(&mut tx, &w.max, &csv, &Zone::utc(), december)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let mut tx = db.read().await.unwrap();
        let all = whole(&mut tx, Whose::Own(&w.ines), 100).await;
        let of = |fate: Fate| all.iter().find(|c| c.fate == fate).unwrap();
        let earned = of(Fate::Earned);
        assert_eq!(earned.stands, [Money::new(4000, "EUR")]);
        assert_eq!(
            (earned.passed, earned.entries[0].run),
            (Some(true), Some(1))
        );
        let back = of(Fate::TakenBack);
        assert_eq!(back.stands, [Money::new(0, "EUR")]);
        let lines: Vec<_> = back
            .entries
            .iter()
            .map(|e| (e.amount_minor, e.run))
            .collect();
        assert_eq!(lines, [(4000, Some(1)), (-4000, Some(1))]);
        assert_eq!(back.rulings[0].note.reveal(), "Nobody called");
        assert!(back.rulings[0].confirmed_at.is_some());
        let sent = of(Fate::SentBack).sent_back_note.as_ref().unwrap();
        assert_eq!(sent.reveal(), "It is their landlord.");
        let lines: Vec<String> = all.iter().map(Extracted::csv).collect();
        let columns = extract::HEADER.split(',').count();
        assert!(
            lines
                .iter()
                .all(|l| l.trim_end().split(',').count() == columns),
            "{lines:?}"
        );
        let line = earned.csv();
        assert!(line.starts_with(&format!("C-{},Ines Okafor,Company 5,Fleet,", earned.number)));
        assert!(line.ends_with(",2026-11,1,,40.00,EUR\r\n"), "{line}");
        sums_are_the_ledgers(&mut tx, &all, &w.ines).await;
    });
}

async fn sums_are_the_ledgers(tx: &mut Tx, all: &[Extracted], person: &PersonId) {
    let booked = assay::store::commission::ledger::of_person(tx, person).await;
    let booked: BTreeSet<_> = booked.unwrap().into_iter().map(|e| e.id).collect();
    let extracted = all
        .iter()
        .flat_map(|c| c.entries.iter().map(|e| e.id.clone()));
    assert_eq!(extracted.collect::<BTreeSet<_>>(), booked);
}

/// What the page shows and what the file holds are the same claims.
#[test]
fn the_page_and_the_file_have_the_same_claims_and_the_file_is_logged() {
    let demo = crate::common::Demo::start();
    let numbers = |who: &crate::common::Client| {
        let page = who.get("/extract");
        let claims = page["claims"].as_array().unwrap().clone();
        let shown = claims.iter().map(|c| format!("C-{}", c["number"]));
        let (status, _, file) = who.range("/extract.csv", "bytes=0-");
        assert_eq!(status, 200);
        let file = String::from_utf8(file).unwrap();
        let lines = file.lines().skip(1);
        let written = lines.map(|l| l.split(',').next().unwrap().to_owned());
        (shown.collect::<Vec<_>>(), written.collect::<Vec<_>>())
    };
    let (max, tom) = (demo.sign_in("max"), demo.sign_in("tom"));
    let (shown, written) = numbers(&max);
    assert!(
        !shown.is_empty() && shown == written,
        "{shown:?}, {written:?}"
    );
    let (own, written) = numbers(&tom);
    assert!(
        own == written && own.len() < shown.len(),
        "{own:?}, {written:?}"
    );
    let logged = crate::common::in_store(&demo, async |tx| {
        assay::store::log::actions(tx, "ledger").await.unwrap()
    });
    assert_eq!(logged, ["books.extracted"]);
}
