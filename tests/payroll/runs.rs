//! Payroll runs: who is paid, once, and by which bytes (PRODUCT M3).

use crate::world::*;
use assay::commission::PeriodAct;
use assay::commission::payroll::PayrollFormat::{self, Csv, DatevLodas, Gusto};
use assay::store::commission::payroll::{self, Run, Wanted};
use assay::store::commission::{ledger, periods};
use assay::store::webhook::receivers::{self, NewReceiver};
use assay::store::{Actor, StoreError, Tx, log, people};
use assay::units::{Micros, WallTime, Zone, sum_by_currency};
use assay::webhook::Master;

const DECEMBER: &str = "2026-12-01T08:00:00Z";

/// November's books: Ines 80.00 EUR and 35.00 GBP, Tom 40.00 EUR less 40.00 EUR.
async fn november(tx: &mut Tx) -> World {
    let w = world(tx).await;
    let now = at("2026-11-10T10:00:00Z");
    earns(tx, &w, &w.ines, &w.euro, 1, now).await;
    earns(tx, &w, &w.ines, &w.euro, 2, now + Micros::from_secs(3600)).await;
    earns(tx, &w, &w.ines, &w.pound, 3, now + Micros::from_secs(7200)).await;
    let toms = earns(tx, &w, &w.tom, &w.euro, 4, now + Micros::from_secs(10_800)).await;
    taken_back(tx, &w, &toms, at("2026-11-20T10:00:00Z")).await;
    numbers(tx, &w, &[&w.ines, &w.tom], now).await;
    w
}

async fn made(tx: &mut Tx, w: &World, wanted: &Wanted<'_>, now: WallTime) -> Run {
    payroll::make(tx, &w.max, wanted, &Zone::utc(), now)
        .await
        .unwrap()
}

async fn refused(tx: &mut Tx, w: &World, wanted: &Wanted<'_>, now: WallTime) -> String {
    let made = payroll::make(tx, &w.max, wanted, &Zone::utc(), now).await;
    made.unwrap_err().to_string()
}

async fn text(tx: &mut Tx, run: &Run) -> String {
    String::from_utf8(payroll::file(tx, run).await.unwrap()).unwrap()
}

#[test]
fn a_run_pays_what_is_payable_of_locked_periods_once() {
    on_both(async |db| {
        let now = at(DECEMBER);
        let mut tx = db.write().await.unwrap();
        let w = november(&mut tx).await;
        // November ends open: nothing is paid of what may change.
        let open = refused(&mut tx, &w, &wanted("2026-11", Csv), now).await;
        assert!(open.contains("not locked"), "{open}");
        lock(&mut tx, &w, "2026-11", now).await;
        let run = made(&mut tx, &w, &wanted("2026-11", Csv), now).await;
        assert_eq!(
            (run.number, run.file_name().as_str()),
            (1, "assay-run-1-2026-11.csv")
        );
        assert_eq!(
            text(&mut tx, &run).await,
            "run,period,payroll_number,name,amount,currency,entries\r\n\
             1,2026-11,1047,Ines Okafor,80.00,EUR,2\r\n\
             1,2026-11,1047,Ines Okafor,35.00,GBP,1\r\n"
        );
        let shares = payroll::shares(&mut tx, &run.id).await.unwrap();
        let left: Vec<String> = shares
            .left_out
            .iter()
            .map(|l| {
                format!(
                    "{} {} {} {}",
                    l.payee.reveal(),
                    l.amount,
                    l.entries,
                    l.reason
                )
            })
            .collect();
        assert_eq!(left, ["Tom Brandt 0.00 EUR 2 nothing_to_pay"]);
        sums_are_the_statements(&mut tx, &w, &shares).await;
        tx.commit().await.unwrap();
        // The same bytes again, and who had them stands in the log.
        let mut tx = db.write().await.unwrap();
        let by = Actor::from(&w.petra);
        let again = payroll::hand_out(&mut tx, &by, &run, now).await.unwrap();
        assert_eq!(String::from_utf8(again).unwrap(), text(&mut tx, &run).await);
        let of_run = log::actions(&mut tx, &format!("payroll_run:{}", run.id)).await;
        assert_eq!(of_run.unwrap(), ["payroll.downloaded"]);
        // Nothing is left for a second one.
        let none = refused(&mut tx, &w, &wanted("2026-11", Csv), now).await;
        assert!(none.contains("nobody can be paid"), "{none}");
        assert_eq!(payroll::differences(&mut tx).await.unwrap(), [""; 0]);
    });
}

/// What a run pays in each currency is what the person's own statement says is payable.
async fn sums_are_the_statements(
    tx: &mut Tx,
    w: &World,
    shares: &assay::commission::payroll::Shares,
) {
    let entries = ledger::of_person(tx, &w.ines).await.unwrap();
    let stated = entries
        .iter()
        .map(|e| (e.currency.as_str(), e.amount_minor));
    let paid: Vec<_> = shares.rows.iter().map(|r| r.amount.clone()).collect();
    assert_eq!(paid, sum_by_currency(stated).unwrap());
    assert!(shares.rows.iter().all(|r| r.person == w.ines));
    let periods = periods::sums(tx, "2026-11", None).await.unwrap();
    let of_ines = periods.iter().filter(|s| s.person_id == w.ines);
    let page: Vec<_> = of_ines.map(|s| s.amount_minor).collect();
    assert_eq!(page, paid.iter().map(|m| m.minor).collect::<Vec<_>>());
}

#[test]
fn what_is_taken_back_after_it_was_paid_is_in_the_next_runs_sum_and_never_a_negative_row() {
    on_both(async |db| {
        let now = at(DECEMBER);
        let mut tx = db.write().await.unwrap();
        let w = world(&mut tx).await;
        let first = earns(&mut tx, &w, &w.ines, &w.euro, 1, at("2026-11-10T10:00:00Z")).await;
        numbers(&mut tx, &w, &[&w.ines], now).await;
        lock(&mut tx, &w, "2026-11", now).await;
        made(&mut tx, &w, &wanted("2026-11", Csv), now).await;
        taken_back(&mut tx, &w, &first, at("2026-12-05T10:00:00Z")).await;
        let january = at("2027-01-01T08:00:00Z");
        lock(&mut tx, &w, "2026-12", january).await;
        let owed = refused(&mut tx, &w, &wanted("2026-12", Csv), january).await;
        assert!(owed.contains("a sum of zero or less"), "{owed}");
        // Two new leads in January: 80.00 less the 40.00 that were paid for nothing.
        for nth in [2, 3] {
            let when = at("2027-01-10T10:00:00Z") + Micros::from_secs(3600 * i64::from(nth));
            earns(&mut tx, &w, &w.ines, &w.euro, nth, when).await;
        }
        let february = at("2027-02-01T08:00:00Z");
        lock(&mut tx, &w, "2027-01", february).await;
        let run = made(&mut tx, &w, &wanted("2027-01", Csv), february).await;
        let file = text(&mut tx, &run).await;
        assert!(
            file.ends_with("2,2027-01,1047,Ines Okafor,40.00,EUR,3\r\n"),
            "{file}"
        );
        tx.commit().await.unwrap();
    });
}

/// PRODUCT O6: a message names the run and its file's hash, and nobody who is paid.
#[test]
fn a_run_is_told_to_receivers_without_whom_it_pays() {
    on_both(async |db| {
        let mut tx = db.write().await.unwrap();
        let w = november(&mut tx).await;
        let all = NewReceiver {
            name: "payroll",
            url: "https://payroll.example/hook",
            topics: None,
            client: None,
        };
        let now = at("2026-12-15T09:00:00Z");
        receivers::add(&mut tx, &BY, &all, &Master::new([7; 32]), now)
            .await
            .unwrap();
        lock(&mut tx, &w, "2026-11", at(DECEMBER)).await;
        let run = made(&mut tx, &w, &wanted("2026-11", Csv), now).await;
        tx.commit().await.unwrap();
        let said = async |part: &str| {
            let sql = format!(
                "UPDATE deliveries SET attempts = attempts WHERE message_id IN (SELECT id FROM \
                 outbox WHERE topic = 'payroll.made' AND body LIKE '%{part}%')"
            );
            db.execute(&sql).await.unwrap()
        };
        assert_eq!(said(&format!("\"sha256\":\"{}\"", run.sha256)).await, 1);
        assert_eq!(said("\"number\":1").await, 1);
        assert_eq!(said("Ines").await, 0);
    });
}

#[test]
fn a_pay_day_takes_what_is_payable_by_it_and_a_slip_of_the_pen_is_refused() {
    on_both(async |db| {
        let now = at(DECEMBER);
        let mut tx = db.write().await.unwrap();
        let w = world(&mut tx).await;
        let euro = slow_plan(&mut tx, &w).await;
        earns(&mut tx, &w, &w.ines, &euro, 1, at("2026-11-25T10:00:00Z")).await;
        numbers(&mut tx, &w, &[&w.ines], now).await;
        lock(&mut tx, &w, "2026-11", now).await;
        let early = refused(&mut tx, &w, &wanted("2026-11", Csv), now).await;
        assert!(early.contains("payable later"), "{early}");
        let on = |day| Wanted {
            pay_day: Some(day),
            ..wanted("2026-11", Csv)
        };
        for (day, why) in [
            ("2026-11-29", "before the period's end"),
            ("2027-02-01", "too far ahead"),
            ("soon", "A pay day is a day"),
            ("2026-12-08", "payable later"),
        ] {
            let said = refused(&mut tx, &w, &on(day), now).await;
            assert!(said.contains(why), "{day}: {said}");
        }
        let run = made(&mut tx, &w, &on("2026-12-09"), now).await;
        assert_eq!(run.payable_by.to_string(), "2026-12-09T23:59:59.999999Z");
        tx.commit().await.unwrap();
    });
}

/// A plan of the first campaign that pays out after fourteen days.
async fn slow_plan(tx: &mut Tx, w: &World) -> assay::units::CampaignId {
    use assay::store::commission::plans::{self, NewPlan};
    let now = at("2026-10-02");
    let plan = NewPlan {
        campaign: &w.euro,
        amount: &assay::units::Money::new(4500, "EUR"),
        terms: &assay::commission::Terms::default(),
        payable_after_days: 14,
        from: None,
    };
    let draft = plans::propose(tx, &BY, &plan, now).await.unwrap();
    let plan = plans::approve(tx, &w.max, &draft, now).await.unwrap();
    plans::acknowledge(tx, &w.ines, &plan, now).await.unwrap();
    w.euro.clone()
}

#[test]
fn a_format_of_one_currency_is_made_for_that_alone() {
    on_both(async |db| {
        let now = at(DECEMBER);
        let mut tx = db.write().await.unwrap();
        let w = november(&mut tx).await;
        lock(&mut tx, &w, "2026-11", now).await;
        let mixed = refused(&mut tx, &w, &wanted("2026-11", DatevLodas), now).await;
        assert!(
            mixed.contains("holds EUR alone, and GBP is payable too"),
            "{mixed}"
        );
        let dollars = refused(&mut tx, &w, &wanted("2026-11", Gusto), now).await;
        assert!(dollars.contains("holds USD alone"), "{dollars}");
        let euros = Wanted {
            currency: Some("EUR"),
            ..wanted("2026-11", DatevLodas)
        };
        let unset = Wanted {
            datev: &assay::commission::payroll::Datev::default(),
            ..euros.clone()
        };
        let unset = refused(&mut tx, &w, &unset, now).await;
        assert!(unset.contains("datev_consultant_number"), "{unset}");
        let run = made(&mut tx, &w, &euros, now).await;
        let file = text(&mut tx, &run).await;
        assert!(
            file.ends_with("[Bewegungsdaten]\r\n1;01/11/2026;1047;202;2;80,00;\r\n"),
            "{file}"
        );
        // The pounds go by another, with the next number.
        let rest = made(&mut tx, &w, &wanted("2026-11", Csv), now).await;
        assert_eq!(rest.number, 2);
        assert!(text(&mut tx, &rest).await.ends_with(",35.00,GBP,1\r\n"));
        tx.commit().await.unwrap();
    });
}

#[test]
fn who_has_no_number_is_left_out_and_paid_by_the_next_run() {
    on_both(async |db| {
        let now = at(DECEMBER);
        let mut tx = db.write().await.unwrap();
        let w = world(&mut tx).await;
        earns(&mut tx, &w, &w.ines, &w.euro, 1, at("2026-11-10T10:00:00Z")).await;
        earns(&mut tx, &w, &w.tom, &w.euro, 2, at("2026-11-10T11:00:00Z")).await;
        numbers(&mut tx, &w, &[&w.ines], now).await;
        lock(&mut tx, &w, "2026-11", now).await;
        let first = made(&mut tx, &w, &wanted("2026-11", Csv), now).await;
        let shares = payroll::shares(&mut tx, &first.id).await.unwrap();
        assert_eq!(shares.left_out[0].reason.as_str(), "no_number");
        // Corrected on the page, logged, and nobody else's.
        let taken = periods::set_payroll_number(&mut tx, &w.max, &w.ines, "1049", now).await;
        taken.unwrap();
        periods::set_payroll_number(&mut tx, &w.max, &w.tom, "1052", now)
            .await
            .unwrap();
        let actions = log::actions(&mut tx, &format!("person:{}", w.ines)).await;
        let set = actions.unwrap();
        assert_eq!(
            set.iter().filter(|a| *a == "person.payroll_number").count(),
            2
        );
        let second = made(&mut tx, &w, &wanted("2026-11", Csv), now).await;
        let file = text(&mut tx, &second).await;
        assert!(
            file.ends_with("2,2026-11,1052,Tom Brandt,40.00,EUR,1\r\n"),
            "{file}"
        );
        // What went out stays, whatever is corrected later.
        assert!(text(&mut tx, &first).await.contains(",1047,"));
        tx.commit().await.unwrap();
        let mut tx = db.write().await.unwrap();
        let twice = periods::set_payroll_number(&mut tx, &w.max, &w.tom, "1049", now).await;
        assert!(twice.unwrap_err().is_duplicate());
    });
}

#[test]
fn nobody_with_an_interest_makes_a_run_and_the_refusal_is_logged() {
    on_both(async |db| {
        let now = at(DECEMBER);
        let mut tx = db.write().await.unwrap();
        let w = november(&mut tx).await;
        lock(&mut tx, &w, "2026-11", now).await;
        let tied = person(
            &mut tx,
            ("tied", "Tied"),
            assay::identity::Role::Manager,
            &w.northlight,
        );
        let tied = tied.await;
        people::add_interest(&mut tx, &BY, &tied, &w.ines, "bonus", now)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        for who in [&tied, &w.cara, &w.marek, &w.ines] {
            let mut tx = db.write().await.unwrap();
            let zone = Zone::utc();
            let seen = payroll::preview(&mut tx, who, &wanted("2026-11", Csv), &zone, now).await;
            assert!(matches!(seen, Err(StoreError::Interest(_))), "{who}");
            let made = payroll::make(&mut tx, who, &wanted("2026-11", Csv), &zone, now).await;
            let why = tx.refuse(made.unwrap_err()).await;
            assert!(matches!(why, StoreError::Interest(_)), "{who}: {why}");
        }
        let mut tx = db.write().await.unwrap();
        let actions = log::actions(&mut tx, "period:2026-11").await.unwrap();
        assert_eq!(actions.iter().filter(|a| *a == "act.refused").count(), 4);
        let run = made(&mut tx, &w, &wanted("2026-11", Csv), now).await;
        assert!(payroll::sees(&mut tx, &w.petra, &run.id).await.unwrap());
        assert!(!payroll::sees(&mut tx, &w.cara, &run.id).await.unwrap());
        let of_cara = payroll::of_period(&mut tx, "2026-11", Some(&w.cara)).await;
        assert_eq!(of_cara.unwrap(), []);
        tx.commit().await.unwrap();
    });
}

#[test]
fn a_name_that_is_a_formula_reaches_no_spreadsheet_as_one() {
    on_both(async |db| {
        let now = at(DECEMBER);
        let mut tx = db.write().await.unwrap();
        let w = world(&mut tx).await;
        earns(&mut tx, &w, &w.ines, &w.euro, 1, at("2026-11-10T10:00:00Z")).await;
        periods::set_payroll_number(&mut tx, &w.max, &w.ines, "1047", now)
            .await
            .unwrap();
        lock(&mut tx, &w, "2026-11", now).await;
        tx.commit().await.unwrap();
        db.execute("UPDATE people SET name = '=cmd|''/c calc''!A1' WHERE login = 'ines'")
            .await
            .unwrap();
        let mut tx = db.write().await.unwrap();
        let run = made(&mut tx, &w, &wanted("2026-11", Csv), now).await;
        let file = text(&mut tx, &run).await;
        assert!(file.contains(",1047,'=cmd|"), "{file}");
        tx.commit().await.unwrap();
    });
}

#[test]
fn two_runs_at_once_pay_a_line_once() {
    on_both(async |db| {
        let now = at(DECEMBER);
        let mut tx = db.write().await.unwrap();
        let w = november(&mut tx).await;
        lock(&mut tx, &w, "2026-11", now).await;
        tx.commit().await.unwrap();
        let one = async |by: &assay::units::PersonId| {
            let mut tx = db.write().await?;
            let wanted = wanted("2026-11", Csv);
            let run = payroll::make(&mut tx, by, &wanted, &Zone::utc(), now).await?;
            tx.commit().await?;
            Ok::<Run, StoreError>(run)
        };
        let all = futures_of_four(one, &w).await;
        let won: Vec<_> = all.iter().filter_map(|r| r.as_ref().ok()).collect();
        assert_eq!((won.len(), won[0].number), (1, 1));
        for lost in all.iter().filter_map(|r| r.as_ref().err()) {
            assert!(matches!(lost, StoreError::Conflict(_)), "{lost}");
        }
        let mut tx = db.read().await.unwrap();
        assert_eq!(payroll::all_runs(&mut tx).await.unwrap().len(), 1);
        assert_eq!(payroll::differences(&mut tx).await.unwrap(), [""; 0]);
    });
}

async fn futures_of_four<T>(one: impl AsyncFn(&assay::units::PersonId) -> T, w: &World) -> Vec<T> {
    let (a, b, c, d) = tokio::join!(one(&w.max), one(&w.petra), one(&w.max), one(&w.petra));
    vec![a, b, c, d]
}

#[test]
fn the_schema_keeps_a_run_as_it_was_made() {
    on_both(async |db| {
        let now = at(DECEMBER);
        let mut tx = db.write().await.unwrap();
        let w = november(&mut tx).await;
        lock(&mut tx, &w, "2026-11", now).await;
        let run = made(&mut tx, &w, &wanted("2026-11", Csv), now).await;
        // Of December, not locked.
        earns(&mut tx, &w, &w.ines, &w.euro, 9, at("2026-12-02T10:00:00Z")).await;
        tx.commit().await.unwrap();
        let id = &run.id;
        let columns = "INSERT INTO payroll_rows (run_id, person_id, payee, payroll_number, \
             currency, exponent, amount_minor)";
        let entry = "INSERT INTO payroll_run_entries (entry_id, run_id, person_id, currency) SELECT \
             g.id";
        let another = "INSERT INTO payroll_runs (id, number, period, payable_by, format, made_by, \
             made_at, file, sha256) SELECT 'another'";
        for wrong in [
            format!("UPDATE payroll_runs SET sha256 = '{}'", "0".repeat(64)),
            "UPDATE payroll_runs SET file = '00'".to_owned(),
            "DELETE FROM payroll_runs".to_owned(),
            "UPDATE payroll_rows SET amount_minor = 1".to_owned(),
            "DELETE FROM payroll_rows".to_owned(),
            "UPDATE payroll_run_entries SET currency = 'GBP'".to_owned(),
            "DELETE FROM payroll_run_entries".to_owned(),
            "UPDATE payroll_left_out SET amount_minor = 1".to_owned(),
            "DELETE FROM payroll_left_out".to_owned(),
            format!(
                "{columns} SELECT '{id}', id, name, '9', 'EUR', 2, 100 FROM people WHERE login = 'tom'"
            ),
            format!(
                "{columns} SELECT 'new', id, name, '9', 'EUR', 2, 0 FROM people WHERE login = 'tom'"
            ),
            format!(
                "{columns} SELECT 'new', id, name, '', 'EUR', 2, 1 FROM people WHERE login = 'tom'"
            ),
            // Paid already; of a period that is open; into a run that is made.
            format!(
                "{entry}, '{id}', g.person_id, g.currency FROM ledger g WHERE g.period = '2026-11'"
            ),
            format!(
                "{entry}, '{id}', g.person_id, g.currency FROM ledger g WHERE g.period = '2026-12'"
            ),
            format!(
                "{another}, 2, period, payable_by, format, made_by, made_at, file, sha256 FROM payroll_runs"
            ),
            format!(
                "{another}, 3, period, payable_by, format, made_by, made_at, file, sha256 FROM payroll_runs"
            ),
            "UPDATE periods SET locked_at = NULL WHERE name = '2026-11'".to_owned(),
        ] {
            let refused = db.execute(&wrong).await.unwrap_err().to_string();
            assert!(!refused.contains("syntax"), "{wrong}: {refused}");
        }
        let mut tx = db.write().await.unwrap();
        let reopen = (PeriodAct::Reopen, "2026-11");
        let asked = periods::ask(&mut tx, &w.max, reopen, "", &Zone::utc(), now).await;
        let why = asked.unwrap_err().to_string();
        assert!(
            why.contains("a payroll run has paid of this period"),
            "{why}"
        );
    });
}

#[test]
fn check_names_a_run_that_somebody_with_the_database_has_changed() {
    on_both(async |db| {
        if !db.is_sqlite() {
            return;
        }
        let now = at(DECEMBER);
        let mut tx = db.write().await.unwrap();
        let w = november(&mut tx).await;
        lock(&mut tx, &w, "2026-11", now).await;
        made(&mut tx, &w, &wanted("2026-11", PayrollFormat::Csv), now).await;
        tx.commit().await.unwrap();
        for rule in ["payroll_row_keeps", "payroll_run_keeps"] {
            db.execute(&format!("DROP TRIGGER {rule}")).await.unwrap();
        }
        let change = "UPDATE payroll_rows SET amount_minor = 9000 WHERE currency = 'EUR'";
        db.execute(change).await.unwrap();
        db.execute("UPDATE payroll_runs SET file = '00'")
            .await
            .unwrap();
        let mut tx = db.read().await.unwrap();
        let found = payroll::differences(&mut tx).await.unwrap();
        assert_eq!(found.len(), 3, "{found:?}");
        assert!(found[0].contains("not what its hash says"), "{found:?}");
        assert!(
            found[1].contains("90.00 EUR, and its entries come to 80.00 EUR"),
            "{found:?}"
        );
    });
}

/// What was in a run and what was not: whoever takes a line out of it could have it paid again.
#[test]
fn check_names_what_was_taken_out_of_a_run_or_put_into_it() {
    let taken = "is not what the log tells of it";
    let entry_of = "(SELECT e.entry_id FROM payroll_run_entries e WHERE e.currency = 'GBP')";
    let taken_out = [
        format!("DELETE FROM payroll_run_entries WHERE entry_id IN {entry_of}"),
        "DELETE FROM payroll_rows WHERE currency = 'GBP'".to_owned(),
    ];
    let put_in = "INSERT INTO payroll_run_entries (entry_id, run_id, person_id, currency) SELECT g.id, \
         p.id, g.person_id, g.currency FROM ledger g, payroll_runs p WHERE NOT EXISTS (SELECT 1 FROM \
         payroll_run_entries e WHERE e.entry_id = g.id)";
    let cases: [(&[&str], &str); 6] = [
        (&[&taken_out[0], &taken_out[1]], taken),
        (&[put_in], "is said to be paid, and no run pays it"),
        (&["DELETE FROM payroll_left_out"], taken),
        (&["UPDATE payroll_rows SET payroll_number = '9'"], taken),
        (&["UPDATE payroll_rows SET payee = 'Somebody Else'"], taken),
        (
            &["UPDATE payroll_runs SET made_by = (SELECT id FROM people WHERE login = 'petra')"],
            taken,
        ),
    ];
    for (changes, told) in cases {
        on_both(async |db| {
            if !db.is_sqlite() {
                return;
            }
            let now = at(DECEMBER);
            let mut tx = db.write().await.unwrap();
            let w = november(&mut tx).await;
            lock(&mut tx, &w, "2026-11", now).await;
            made(&mut tx, &w, &wanted("2026-11", PayrollFormat::Csv), now).await;
            assert_eq!(payroll::differences(&mut tx).await.unwrap(), [""; 0]);
            tx.commit().await.unwrap();
            for table in ["row", "entry", "left_out", "run"] {
                for rule in ["keeps", "stays"] {
                    let sql = format!("DROP TRIGGER payroll_{table}_{rule}");
                    db.execute(&sql).await.unwrap();
                }
            }
            for rule in ["payroll_entry_fits", "payroll_row_begins"] {
                db.execute(&format!("DROP TRIGGER {rule}")).await.unwrap();
            }
            for change in changes {
                let sql = format!("PRAGMA foreign_keys = OFF; {change}");
                db.execute(&sql).await.unwrap();
            }
            let mut tx = db.read().await.unwrap();
            let found = payroll::differences(&mut tx).await.unwrap();
            assert!(
                found.iter().any(|f| f.contains(told)),
                "{changes:?}: {found:?}"
            );
            drop(tx);
            // What was taken out would be paid again: nothing is.
            let mut tx = db.write().await.unwrap();
            let later = earns(&mut tx, &w, &w.ines, &w.euro, 9, at("2026-12-10T10:00:00Z")).await;
            let january = at("2027-01-02T08:00:00Z");
            lock(&mut tx, &w, "2026-12", january).await;
            let why = refused(&mut tx, &w, &wanted("2026-12", Csv), january).await;
            assert!(why.contains("changed past the program"), "{later:?}: {why}");
        });
    }
}
