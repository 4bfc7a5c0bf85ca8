//! Who may do and see what of a split, and what the schema and the proofs refuse (PRODUCT I1, I7, I10).

use super::proof::{findings, seal};
use super::splits::{OPENED, claimed, of_claim, passes, shared, split_of};
use super::*;
use assay::commission::question::About;
use assay::review::Refusal;
use assay::store::commission::extract::{self, Whose};
use assay::store::commission::questions;

#[test]
fn whoever_opened_the_lead_decides_nothing_about_its_claim() {
    on_both(async |db| {
        let mut tx = db.write().await.unwrap();
        let s = shared(&mut tx, &split_of(30), true).await;
        let now = at("2026-11-12");
        let claim = claimed(&mut tx, &s.world, 1, OPENED, now).await;
        let taken = claims::take(&mut tx, &s.ana, &claim, now).await;
        assert!(
            matches!(taken, Err(StoreError::Interest(Refusal::Opener))),
            "{taken:?}"
        );
        // A manager whose pay carries hers, and no other.
        let vera = manager(&mut tx, &s.world, "vera").await;
        people::add_interest(&mut tx, &BY, &vera, &s.ana, "her team", now)
            .await
            .unwrap();
        let row = of_claim(&mut tx, &claim).await;
        let first = claims::put_first(&mut tx, &vera, &row, Some("urgent"), now).await;
        assert!(
            matches!(first, Err(StoreError::Interest(Refusal::PaidThroughEarner))),
            "{first:?}"
        );
        claims::put_first(&mut tx, &s.world.max, &row, Some("urgent"), now)
            .await
            .unwrap();
        // A reviewer of whose pay the same is true is not offered it, and one without may judge it.
        people::add_interest(&mut tx, &BY, &s.world.rosa, &s.ana, "her sister", now)
            .await
            .unwrap();
        let taken = claims::take(&mut tx, &s.world.rosa, &claim, now).await;
        assert!(matches!(taken, Err(StoreError::Interest(_))), "{taken:?}");
        let end = passes(&mut tx, &s.world, &claim, now).await;
        let row = of_claim(&mut tx, &claim).await;
        let said = rulings::accuse(&mut tx, &vera, &row, "n", end).await;
        assert!(
            matches!(said, Err(StoreError::Interest(Refusal::PaidThroughEarner))),
            "{said:?}"
        );
        let v = verdicts::of_claim(&mut tx, &claim).await.unwrap().unwrap();
        let when = second_reviews::When {
            opens: end,
            due: end + Micros::from_secs(60),
        };
        let second = second_reviews::draw(&mut tx, &v, &row, end, when)
            .await
            .unwrap();
        let taken = second_reviews::take(&mut tx, &s.world.rosa, &second, end).await;
        assert!(
            matches!(taken, Err(StoreError::Interest(Refusal::PaidThroughEarner))),
            "{taken:?}"
        );
        tx.commit().await.unwrap();
    });
}

/// Nobody sees a colleague's money, and each can ask about their own.
#[test]
fn each_sees_their_own_part_and_asks_about_it() {
    on_both(async |db| {
        let mut tx = db.write().await.unwrap();
        let s = shared(&mut tx, &split_of(30), true).await;
        let now = at("2026-11-12");
        let claim = claimed(&mut tx, &s.world, 1, OPENED, now).await;
        let end = passes(&mut tx, &s.world, &claim, now).await;
        let (ines, max) = (&s.world.ines, &s.world.max);
        let clients = |person| Whose::Clients {
            viewer: max,
            person,
        };
        let (own, both) = (vec![2801], vec![2801, 1200]);
        for (whose, expected) in [
            (Whose::Own(ines), &own),
            (Whose::Person(ines), &own),
            (clients(Some(ines)), &own),
            (clients(None), &both),
            (Whose::All, &both),
        ] {
            let wanted = extract::Wanted {
                whose,
                from: None,
                before: None,
                after: None,
                limit: 10,
            };
            let found = extract::page(&mut tx, &wanted).await.unwrap().remove(0);
            let minor: Vec<i64> = found.entries.iter().map(|e| e.amount_minor).collect();
            assert_eq!(minor, *expected, "{whose:?}");
            let sum = expected.iter().sum();
            assert_eq!(found.stands, [Money::new(sum, "EUR")], "{whose:?}");
        }
        let hers = ledger::of_person(&mut tx, &s.ana).await.unwrap();
        assert_eq!(hers.len(), 1);
        let earned = ledger::earned_by_claim(&mut tx, &claim).await.unwrap();
        assert_eq!(earned, Some(Money::new(4001, "EUR")));
        let zone = Zone::utc();
        let clock = questions::Answering {
            within_days: 3,
            zone: &zone,
        };
        let about = |subject| questions::NewQuestion {
            about: About::WrongAmount,
            subject,
            text: "why not more?",
        };
        let entry = about(questions::Subject::Entry(&hers[0].id));
        questions::ask(&mut tx, &s.ana, &entry, &clock, end)
            .await
            .unwrap();
        let colleague = about(questions::Subject::Claim(&claim));
        let refused = questions::ask(&mut tx, &s.ana, &colleague, &clock, end).await;
        assert!(
            matches!(refused, Err(StoreError::Refused(_))),
            "{refused:?}"
        );
        tx.commit().await.unwrap();
    });
}

/// An entry like the claimant's, as somebody past the program would write it.
fn forged(changes: &[(&str, &str)]) -> String {
    let columns = "id kind person_id campaign_id lead_id claim_id verdict_id plan_id amount_minor \
        currency earned_at payable_at period booked_at exponent zone payee company campaign \
        plan_version checklist_version_id nth leads_before minor_before part place";
    let columns: Vec<&str> = columns.split_whitespace().collect();
    let value = |column: &&str| {
        let change = changes.iter().rfind(|(name, _)| name == column);
        let kept = match *column {
            "id" => "'forged'",
            "place" => "(SELECT MAX(place) + 1 FROM ledger)",
            other => other,
        };
        change.map_or(kept, |(_, value)| value).to_owned()
    };
    let values: Vec<String> = columns.iter().map(value).collect();
    format!(
        "INSERT INTO ledger ({}) SELECT {} FROM ledger WHERE part = 'claimant'",
        columns.join(", "),
        values.join(", ")
    )
}

#[test]
fn the_schema_refuses_a_share_that_is_not_the_plan_s() {
    on_both(async |open| {
        let mut tx = open.write().await.unwrap();
        let s = shared(&mut tx, &split_of(30), false).await;
        let now = at("2026-11-12");
        let claim = claimed(&mut tx, &s.world, 1, OPENED, now).await;
        passes(&mut tx, &s.world, &claim, now).await;
        let tom = s.world.tom.to_string();
        tx.commit().await.unwrap();
        let ana = format!("'{}'", s.ana);
        let opener = [("part", "'opener'"), ("person_id", ana.as_str())];
        let with = |more: &[(&str, &str)]| forged(&[&opener, more].concat());
        let tom = format!("'{tom}'");
        for (sql, why) in [
            (with(&[("amount_minor", "1201")]), "what the plan gives"),
            (with(&[("amount_minor", "1199")]), "what the plan gives"),
            (
                with(&[("amount_minor", "1200"), ("person_id", &tom)]),
                "final verdict of its own",
            ),
            (
                with(&[("amount_minor", "1200"), ("leads_before", "1")]),
                "beside the claimant",
            ),
            (
                with(&[("amount_minor", "1200"), ("nth", "1")]),
                "beside the claimant",
            ),
            (forged(&[]), "one commission"),
            (
                forged(&[("part", "'whole'"), ("nth", "1")]),
                "an entry rests on",
            ),
            (forged(&[("part", "'half'")]), ""),
            (
                "UPDATE claims SET opener_id = NULL, opener_call_id = NULL".to_owned(),
                "keeps who opened",
            ),
            (
                format!("UPDATE claims SET opener_id = {tom}"),
                "keeps who opened",
            ),
            (
                "UPDATE ledger SET part = 'whole'".to_owned(),
                "never edited",
            ),
            (
                "INSERT INTO plans (id, campaign_id, version, amount_minor, currency, from_at, \
                 approved_by, approved_at, terms) SELECT 'p9', campaign_id, 99, 1, 'EUR', from_at, \
                 approved_by, approved_at, '{\"split\":{\"opener_percent\":100,\"min_seconds\":60,\
                 \"within_days\":90}}' FROM plans WHERE version = 2"
                    .to_owned(),
                "beyond any plan",
            ),
        ] {
            let refused = execute(&open, &sql).await;
            let refused = refused.expect_err(&sql).to_string();
            assert!(refused.contains(why), "{sql}: {refused}");
        }
        execute(&open, &with(&[("amount_minor", "1200")]))
            .await
            .unwrap();
        let twice = with(&[("amount_minor", "1200"), ("id", "'twice'")]);
        execute(&open, &twice).await.unwrap_err();
    });
}

/// Somebody with the database makes the claimant's part a whole: `check` names the row, and booking
/// again does not give it.
#[test]
fn a_part_that_was_changed_is_named() {
    on_both(async |open| {
        let mut tx = open.write().await.unwrap();
        let s = shared(&mut tx, &split_of(30), true).await;
        let now = at("2026-11-12");
        let claim = claimed(&mut tx, &s.world, 1, OPENED, now).await;
        passes(&mut tx, &s.world, &claim, now).await;
        seal(&mut tx, at("2026-11-13")).await;
        tx.commit().await.unwrap();
        assert_eq!(findings(&open, &[]).await, Vec::<String>::new());
        let off = match &open.raw {
            Raw::Sqlite(_) => {
                "DROP INDEX one_commission_per_lead; DROP TRIGGER ledger_keeps; DROP TRIGGER \
                 claim_keeps_opener"
            }
            Raw::Postgres(_) => {
                "DROP INDEX one_commission_per_lead; ALTER TABLE ledger DISABLE TRIGGER USER; ALTER TABLE claims DISABLE TRIGGER USER"
            }
        };
        for sql in off.split("; ") {
            execute(&open, sql).await.unwrap();
        }
        for (change, back) in [
            (
                "'whole' WHERE part = 'claimant'",
                "'claimant' WHERE part = 'whole'",
            ),
            (
                "'claimant' WHERE part = 'opener'",
                "'opener' WHERE place = 2",
            ),
        ] {
            execute(&open, &format!("UPDATE ledger SET part = {change}"))
                .await
                .unwrap();
            let mut tx = open.read().await.unwrap();
            let found = differences(&mut tx).await;
            assert!(!found.is_empty(), "{change}");
            drop(tx);
            let found = findings(&open, &[]).await;
            assert!(
                found.iter().any(|f| f.contains("ledger_entry")),
                "{found:?}"
            );
            execute(&open, &format!("UPDATE ledger SET part = {back}"))
                .await
                .unwrap();
        }
        assert_eq!(findings(&open, &[]).await, Vec::<String>::new());
        execute(&open, &format!("UPDATE claims SET opener_id = '{}'", s.eva))
            .await
            .unwrap();
        let found = findings(&open, &[]).await;
        assert!(found.iter().any(|f| f.contains("claim ")), "{found:?}");
        assert!(
            found.iter().any(|f| f.contains("no opener's part beside")),
            "{found:?}"
        );
    });
}
