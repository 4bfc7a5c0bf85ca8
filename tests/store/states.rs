//! What changes after its row is a leaf, or is none, is held against the log's lines: with the schema
//! out of the way, each change of it is named, and put back is whole again (PRODUCT I10, S8).

use super::proof::{everything, findings, seal};
use super::*;

/// What somebody with the database changes, how it was, and what is said of it.
type Change = (&'static str, &'static str, &'static str);

/// `{...}` is filled in from the world.
const CHANGES: &[Change] = &[
    (
        "UPDATE periods SET locked_at = locked_at + 1 WHERE name = '2026-11'",
        "UPDATE periods SET locked_at = locked_at - 1 WHERE name = '2026-11'",
        "period 2026-11 is not locked or open as two people signed",
    ),
    (
        "UPDATE periods SET locked_by = '{ines}' WHERE name = '2026-11'",
        "UPDATE periods SET locked_by = '{vera}' WHERE name = '2026-11'",
        "period 2026-11 is not locked or open as two people signed",
    ),
    (
        "INSERT INTO period_acts (id, period, act, note, sums, asked_by, asked_at) VALUES \
         ('planted', '2026-11', 'reopen', '', '[]', '{max}', 5)",
        "DELETE FROM period_acts WHERE id = 'planted'",
        "period:2026-11 waits for a second person, and the log does not tell of a period.asked",
    ),
    (
        "INSERT INTO rulings (id, kind, claim_id, lead_id, note, ruled_by, ruled_at) SELECT \
         'planted', 'fraud', c.id, c.lead_id, 'n', '{max}', 5 FROM claims c WHERE c.id = '{open}'",
        "DELETE FROM rulings WHERE id = 'planted'",
        "claim:{open} waits for a second person, and the log does not tell of a fraud.alleged",
    ),
    (
        "UPDATE rulings SET dismissed_by = '{max}', dismissed_at = 5 WHERE id = '{fraud}'",
        "UPDATE rulings SET dismissed_by = NULL, dismissed_at = NULL WHERE id = '{fraud}'",
        "ruling {fraud} is not dismissed as the log tells",
    ),
    (
        "UPDATE rulings SET dismissed_by = NULL, dismissed_at = NULL WHERE id = '{dismissed}'",
        "UPDATE rulings SET dismissed_by = '{max}', dismissed_at = {then} WHERE id = '{dismissed}'",
        "ruling {dismissed} is not dismissed as the log tells",
    ),
    (
        "INSERT INTO plan_drafts (id, campaign_id, amount_minor, currency, payable_after_days, \
         proposed_by, proposed_at) VALUES ('planted', '{campaign}', 1, 'EUR', 14, '{max}', 5)",
        "DELETE FROM plan_drafts WHERE id = 'planted'",
        "plan_draft:planted waits for a second person",
    ),
    (
        "UPDATE claims SET state = 'withdrawn' WHERE id = '{open}'",
        "UPDATE claims SET state = 'open' WHERE id = '{open}'",
        "is withdrawn, and the log does not tell of it",
    ),
    (
        "UPDATE claims SET state = 'open' WHERE id = '{withdrawn}'",
        "UPDATE claims SET state = 'withdrawn' WHERE id = '{withdrawn}'",
        "claim:{withdrawn} was withdrawn, as the log tells, and is not any more",
    ),
    (
        "UPDATE claims SET outcome = 'failed' WHERE id = '{passed}'",
        "UPDATE claims SET outcome = 'passed' WHERE id = '{passed}'",
        "came to something else than its verdict",
    ),
    (
        "UPDATE claims SET outcome = 'passed_already_paid' WHERE id = '{passed}'",
        "UPDATE claims SET outcome = 'passed' WHERE id = '{passed}'",
        "is not what it was settled as",
    ),
    (
        "UPDATE claims SET outcome = 'passed_waiting' WHERE id = '{passed}'",
        "UPDATE claims SET outcome = 'passed' WHERE id = '{passed}'",
        "is said to wait, and has earned",
    ),
    (
        "UPDATE claims SET state = 'open', outcome = NULL WHERE id = '{passed}'",
        "UPDATE claims SET state = 'decided', outcome = 'passed' WHERE id = '{passed}'",
        "is decided without a verdict, or has one and is not decided",
    ),
    (
        "UPDATE claim_calls SET call_id = '{other_call}' WHERE claim_id = '{passed}'",
        "UPDATE claim_calls SET call_id = '{call}' WHERE claim_id = '{passed}'",
        "stands on other calls than the log tells",
    ),
    (
        "UPDATE people SET pay_basis = 'qualified_leads' WHERE id = '{marek}'",
        "UPDATE people SET pay_basis = 'fixed' WHERE id = '{marek}'",
        "the pay basis of person:{marek} is not the one that the log tells of",
    ),
    (
        "UPDATE people SET role = 'manager' WHERE id = '{marek}'",
        "UPDATE people SET role = 'reviewer' WHERE id = '{marek}'",
        "the role of person:{marek} is not the one that the log tells of",
    ),
    (
        "UPDATE people SET payroll_number = '4711' WHERE id = '{ines}'",
        "UPDATE people SET payroll_number = 'P-1' WHERE id = '{ines}'",
        "the payroll number of person:{ines} is not the one that the log tells of",
    ),
    (
        "UPDATE people SET payroll_number = '4712' WHERE id = '{tom}'",
        "UPDATE people SET payroll_number = NULL WHERE id = '{tom}'",
        "the payroll number of person:{tom} is not the one that the log tells of",
    ),
    (
        "INSERT INTO people (id, login, name, role, pay_basis, password_hash, created_at) VALUES \
         ('planted', 'planted', 'Planted', 'manager', 'fixed', 'x', 5)",
        "DELETE FROM people WHERE id = 'planted'",
        "person:planted was added past the log",
    ),
];

async fn let_go(open: &Open) {
    let tables = [
        "periods",
        "period_acts",
        "rulings",
        "claims",
        "claim_calls",
        "people",
        "plan_drafts",
    ];
    match &open.raw {
        Raw::Sqlite(pool) => {
            let sql = "SELECT name FROM sqlite_schema WHERE type = 'trigger'";
            let names: Vec<(String,)> = sqlx::query_as(sql).fetch_all(pool).await.unwrap();
            for (name,) in names {
                execute(open, &format!("DROP TRIGGER {name}"))
                    .await
                    .unwrap();
            }
        }
        Raw::Postgres(_) => {
            for table in tables {
                let sql = format!("ALTER TABLE {table} DISABLE TRIGGER USER");
                execute(open, &sql).await.unwrap();
            }
        }
    }
}

#[test]
fn what_no_leaf_says_is_held_against_the_log() {
    on_both(async |db| {
        let mut tx = db.write().await.unwrap();
        let (world, entries) = everything(&mut tx).await;
        let vera = manager(&mut tx, &world, "vera").await;
        let now = at("2026-12-01T01:00:00Z");
        periods::set_payroll_number(&mut tx, &world.max, &world.ines, "P-1", now)
            .await
            .unwrap();
        let taken_back =
            |e: &ledger::Entry| entries.iter().any(|r| r.corrects.as_ref() == Some(&e.id));
        let passed = entries
            .iter()
            .find(|e| {
                e.corrects.is_none() && !taken_back(e) && e.part != assay::commission::Part::Opener
            })
            .unwrap();
        let calls = claims::calls(&mut tx, &passed.claim_id).await.unwrap();
        let (open, withdrawn) = (
            claim_on_own_lead(&mut tx, &world, 7, now).await,
            claim_on_own_lead(&mut tx, &world, 8, now).await,
        );
        let other = claims::calls(&mut tx, &open).await.unwrap();
        let row = claims::by_id(&mut tx, &withdrawn).await.unwrap().unwrap();
        claiming::withdraw(&mut tx, &row, now).await.unwrap();
        let row = claims::by_id(&mut tx, &passed.claim_id)
            .await
            .unwrap()
            .unwrap();
        let fraud = rulings::accuse(&mut tx, &vera, &row, "n", now)
            .await
            .unwrap();
        rulings::dismiss(&mut tx, &world.max, &fraud, now)
            .await
            .unwrap();
        let another = entries
            .iter()
            .find(|e| e.part == assay::commission::Part::Claimant)
            .unwrap();
        let row = claims::by_id(&mut tx, &another.claim_id).await.unwrap();
        let alleged = rulings::accuse(&mut tx, &vera, &row.unwrap(), "n", now)
            .await
            .unwrap();
        seal(&mut tx, at("2026-12-02")).await;
        tx.commit().await.unwrap();
        let_go(&db).await;
        let filled = |text: &str| {
            [
                ("{ines}", world.ines.as_str()),
                ("{tom}", world.tom.as_str()),
                ("{max}", world.max.as_str()),
                ("{marek}", world.marek.as_str()),
                ("{vera}", vera.as_str()),
                ("{campaign}", world.campaign.as_str()),
                ("{passed}", passed.claim_id.as_str()),
                ("{open}", open.as_str()),
                ("{withdrawn}", withdrawn.as_str()),
                ("{dismissed}", fraud.as_str()),
                ("{fraud}", alleged.as_str()),
                ("{then}", &now.micros().to_string()),
                ("{call}", calls[0].as_str()),
                ("{other_call}", other[0].as_str()),
            ]
            .iter()
            .fold(text.to_owned(), |text, (name, id)| text.replace(name, id))
        };
        assert_eq!(findings(&db, &[]).await, Vec::<String>::new());
        for (wrong, right, told) in CHANGES {
            execute(&db, &filled(wrong)).await.unwrap();
            let (found, told) = (findings(&db, &[]).await, filled(told));
            assert!(
                found.iter().any(|f| f.contains(&told)),
                "{wrong}: {found:?}"
            );
            execute(&db, &filled(right)).await.unwrap();
            assert_eq!(findings(&db, &[]).await, Vec::<String>::new(), "{right}");
        }
        // Foreign keys stand in the way of this one in PostgreSQL.
        if matches!(db.raw, Raw::Sqlite(_)) {
            let sql = "PRAGMA foreign_keys = OFF; DELETE FROM periods WHERE name = '2026-11'";
            execute(&db, sql).await.unwrap();
            let found = findings(&db, &[]).await;
            assert_eq!(found, ["period 2026-11 was taken away"]);
        }
    });
}

/// An index that holds a rule is a rule, as a trigger is.
#[test]
fn a_rule_that_is_gone_or_says_something_else_is_told() {
    on_both(async |db| {
        let wanted = assay::store::rules_wanted().await.unwrap();
        let wrong = async || {
            let found = db.read().await.unwrap().rules().await.unwrap();
            assay::store::rules_broken(&wanted, &found)
        };
        assert_eq!(wrong().await, Vec::<String>::new());
        execute(&db, "DROP INDEX one_commission_per_lead")
            .await
            .unwrap();
        let gone =
            "the index 'one_commission_per_lead' is gone: somebody with the database took it away";
        assert_eq!(wrong().await, [gone]);
        let plain = "CREATE INDEX one_commission_per_lead ON ledger (lead_id)";
        execute(&db, plain).await.unwrap();
        let other = "the index 'one_commission_per_lead' says something else than it came with";
        assert_eq!(wrong().await, [other]);
        // An index more is the house's own affair.
        execute(&db, "CREATE INDEX of_the_house ON ledger (payee)")
            .await
            .unwrap();
        assert_eq!(wrong().await, [other]);
    });
}
