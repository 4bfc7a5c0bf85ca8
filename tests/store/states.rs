//! What changes after its row is a leaf, or is none, is held against the log's lines: with the schema
//! out of the way, each change of it is named, and put back is whole again (PRODUCT I10, S8).

use super::proof::{everything, findings, seal};
use super::*;
use assay::store::leads::merges;
use assay::store::rules;
use assay::store::webhook::receivers::{self, NewReceiver};
use assay::units::{LineId, ReceiverId};
use assay::webhook::{Master, Subject};

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
        "period:2026-11 was put there past the log: it does not tell of this period.asked",
    ),
    (
        "INSERT INTO rulings (id, kind, claim_id, lead_id, note, ruled_by, ruled_at) SELECT \
         'planted', 'fraud', c.id, c.lead_id, 'n', '{max}', 5 FROM claims c WHERE c.id = '{open}'",
        "DELETE FROM rulings WHERE id = 'planted'",
        "claim:{open} was put there past the log: it does not tell of this fraud.alleged",
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
        "plan_draft:planted was put there past the log",
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
        "UPDATE claims SET write_up = write_up || ', signs today' WHERE id = '{passed}'",
        "UPDATE claims SET write_up = replace(write_up, ', signs today', '') WHERE id = '{passed}'",
        "claim_words {passed}:0 is not what it was",
    ),
    (
        "UPDATE claims SET own_answers = own_answers || ' ' WHERE id = '{withdrawn}'",
        "UPDATE claims SET own_answers = replace(own_answers, ' ', '') WHERE id = '{withdrawn}'",
        "claim_words {withdrawn}:1 is not what it was",
    ),
    (
        "UPDATE claims SET write_up = write_up || '!', words_version = 2 WHERE id = '{open}'",
        "UPDATE claims SET write_up = replace(write_up, '!', ''), words_version = 1 WHERE id = '{open}'",
        "was changed more or less often than the log tells",
    ),
    (
        "UPDATE claims SET words_version = 0 WHERE id = '{open}'",
        "UPDATE claims SET words_version = 1 WHERE id = '{open}'",
        "claim_words {open}:1 was taken away",
    ),
    (
        "INSERT INTO lead_merges (id, lead_id, into_id, merged_at) VALUES ('planted', '{lead}', \
         '{into}', 5)",
        "DELETE FROM lead_merges WHERE id = 'planted'",
        "lead:{lead} is merged past the log",
    ),
    (
        "UPDATE lead_merges SET into_id = '{lead}' WHERE lead_id = '{merged}'",
        "UPDATE lead_merges SET into_id = '{into}' WHERE lead_id = '{merged}'",
        "lead:{merged} is merged past the log",
    ),
    (
        "UPDATE lead_merges SET split_at = {then} WHERE lead_id = '{merged}'",
        "UPDATE lead_merges SET split_at = NULL WHERE lead_id = '{merged}'",
        "lead:{merged} was split again past the log",
    ),
    (
        "INSERT INTO lines (id, value, person_id, client_id, from_at) SELECT 'planted', '999', \
         person_id, client_id, 5 FROM lines WHERE id = '{line}'",
        "DELETE FROM lines WHERE id = 'planted'",
        "line:planted was given past the log",
    ),
    (
        "UPDATE lines SET person_id = '{tom}' WHERE id = '{line}'",
        "UPDATE lines SET person_id = '{ines}' WHERE id = '{line}'",
        "line:{line} is not whose the log tells",
    ),
    (
        "UPDATE lines SET value = '777' WHERE id = '{line}'",
        "UPDATE lines SET value = '778' WHERE id = '{line}'",
        "line:{line} is not whose the log tells",
    ),
    (
        "UPDATE lines SET from_at = from_at - 1 WHERE id = '{line}'",
        "UPDATE lines SET from_at = from_at + 1 WHERE id = '{line}'",
        "line:{line} is not whose the log tells",
    ),
    (
        "INSERT INTO receivers (id, name, url, all_topics, made_by, created_at, next_attempt_at) \
         VALUES ('planted', 'planted', 'https://elsewhere.example/in', 1, 'x', 5, 5)",
        "DELETE FROM receivers WHERE id = 'planted'",
        "receiver:planted was added past the log",
    ),
    (
        "UPDATE receivers SET url = 'https://hooks.example/theirs' WHERE id = '{receiver}'",
        "UPDATE receivers SET url = 'https://hooks.example/ours' WHERE id = '{receiver}'",
        "receiver:{receiver} is not the one that the log tells of",
    ),
    (
        "UPDATE receivers SET client_id = NULL WHERE id = '{receiver}'",
        "UPDATE receivers SET client_id = '{client}' WHERE id = '{receiver}'",
        "receiver:{receiver} is not the one that the log tells of",
    ),
    (
        "INSERT INTO receiver_topics (receiver_id, topic) VALUES ('{receiver}', 'ledger.booked')",
        "DELETE FROM receiver_topics WHERE topic = 'ledger.booked'",
        "receiver:{receiver} is not the one that the log tells of",
    ),
    (
        "UPDATE receivers SET removed_at = {then} WHERE id = '{receiver}'",
        "UPDATE receivers SET removed_at = NULL WHERE id = '{receiver}'",
        "receiver:{receiver} was taken away",
    ),
    (
        "INSERT INTO plans (id, campaign_id, version, amount_minor, currency, payable_after_days, \
         from_at, approved_by, approved_at) SELECT 'planted', campaign_id, 99, 990000, currency, 0, \
         from_at, approved_by, approved_at FROM plans WHERE version = 1 AND campaign_id = \
         '{campaign}'",
        "DELETE FROM plans WHERE id = 'planted'",
        "plan:planted was put there past the log: it does not tell of this plan.approved",
    ),
    (
        "INSERT INTO plan_acks (plan_id, person_id, at) SELECT id, '{marek}', 5 FROM plans WHERE \
         campaign_id = '{campaign}' AND version = 1",
        "DELETE FROM plan_acks WHERE person_id = '{marek}'",
        "it does not tell of this plan.acknowledged",
    ),
    (
        "INSERT INTO period_acts (id, period, act, note, sums, asked_by, asked_at, confirmed_by, \
         confirmed_at) VALUES ('planted', '2026-11', 'reopen', '', '[]', '{max}', 5, '{vera}', 6)",
        "DELETE FROM period_acts WHERE id = 'planted'",
        "period:2026-11 was put there past the log: it does not tell of this period.reopened",
    ),
    (
        "INSERT INTO aggregate_modes (id, client_id, since, put_by) VALUES ('planted', '{client}', \
         5, '{max}')",
        "DELETE FROM aggregate_modes WHERE id = 'planted'",
        "client:{client} was put there past the log: it does not tell of this report.aggregate_only",
    ),
    (
        "INSERT INTO api_tokens (id, name, scopes, token_hash, created_at) VALUES ('planted', \
         'planted', 'payroll', 'x', 5)",
        "DELETE FROM api_tokens WHERE id = 'planted'",
        "token:planted was put there past the log",
    ),
    (
        "INSERT INTO interests (person_id, earner_id, reason) VALUES ('{marek}', '{ines}', 'n')",
        "DELETE FROM interests WHERE person_id = '{marek}' AND earner_id = '{ines}'",
        "person:{marek} was put there past the log",
    ),
    (
        "UPDATE people SET password_hash = password_hash || 'y' WHERE id = '{max}'",
        "UPDATE people SET password_hash = RTRIM(password_hash, 'y') WHERE id = '{max}'",
        "the password of person:{max} is not the one that the log tells of",
    ),
    (
        "UPDATE claims SET checklist_version_id = NULL WHERE id = '{open}'",
        "UPDATE claims SET checklist_version_id = '{version}' WHERE id = '{open}'",
        "is under another checklist version than it was made under",
    ),
    (
        "UPDATE people SET disabled_at = 5 WHERE id = '{max}'",
        "UPDATE people SET disabled_at = NULL WHERE id = '{max}'",
        "the login of person:{max} is not the one that the log tells of",
    ),
    (
        "UPDATE verdicts SET passed = 1 - passed WHERE claim_id = '{passed}'",
        "UPDATE verdicts SET passed = 1 - passed WHERE claim_id = '{passed}'",
        "it does not tell of this verdict.committed",
    ),
    (
        "UPDATE verdicts SET answers = answers || ' ' WHERE claim_id = '{passed}'",
        "UPDATE verdicts SET answers = RTRIM(answers) WHERE claim_id = '{passed}'",
        "are not those that were given",
    ),
    (
        "UPDATE rulings SET ruled_by = '{max}' WHERE id = '{fraud}'",
        "UPDATE rulings SET ruled_by = '{vera}' WHERE id = '{fraud}'",
        "it does not tell of this fraud.alleged",
    ),
    (
        "UPDATE claims SET person_id = '{tom}' WHERE id = '{open}'",
        "UPDATE claims SET person_id = '{ines}' WHERE id = '{open}'",
        "it does not tell of this claim.made",
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
        "lead_merges",
        "lines",
        "receivers",
        "receiver_topics",
        "plans",
        "plan_acks",
        "verdicts",
        "aggregate_modes",
        "api_tokens",
        "interests",
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
        // Changed before what it said first could become a leaf.
        let calls_of = claims::calls(&mut tx, &withdrawn).await.unwrap();
        says(&mut tx, &row, &calls_of, now).await;
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
        let others = Others::set_up(&mut tx, &world, now).await;
        seal(&mut tx, at("2026-12-02")).await;
        // Of a claim that says something else by now, what it said is a leaf without a row.
        let row = claims::by_id(&mut tx, &open).await.unwrap().unwrap();
        says(&mut tx, &row, &other, now).await;
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
                ("{client}", world.northlight.as_str()),
                ("{version}", world.version.as_str()),
                ("{lead}", others.leads[0].as_str()),
                ("{into}", others.leads[1].as_str()),
                ("{merged}", others.leads[2].as_str()),
                ("{line}", others.line.as_str()),
                ("{receiver}", others.receiver.as_str()),
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

async fn says(tx: &mut Tx, claim: &claims::Claim, calls: &[CallId], now: WallTime) {
    let change = claiming::Change {
        calls,
        write_up: "They sign in May",
        own_answers: "{}",
    };
    claiming::change(tx, claim, &change, now).await.unwrap();
}

/// Leads of which the third is merged into the second, a line of Ines, and a receiver that was
/// changed once.
struct Others {
    leads: [LeadId; 3],
    line: LineId,
    receiver: ReceiverId,
}

impl Others {
    async fn set_up(tx: &mut Tx, world: &World, now: WallTime) -> Others {
        let mut leads = Vec::new();
        for n in 0..3 {
            let (id, number) = (format!("O-{n}"), format!("+49405550309{n}"));
            let lead = add_lead(tx, world, &id, &number).await;
            leads.push(leads::existing(tx, &lead).await.unwrap());
        }
        merges::merge(tx, &BY, &leads[2], &leads[1], now)
            .await
            .unwrap();
        let line = NewLine {
            value: "778",
            person: &world.ines,
            client: &world.northlight,
            from: now,
            to: None,
        };
        let line = people::add_line(tx, &BY, &line, now).await.unwrap();
        let mut to = NewReceiver {
            name: "payroll",
            url: "https://hooks.example/first",
            topics: None,
            client: Some(&world.northlight),
        };
        let (receiver, _) = receivers::add(tx, &BY, &to, &Master::new([7; 32]), now)
            .await
            .unwrap();
        let topics: &[Subject] = &[Subject::VerdictFinal, Subject::ClaimMade];
        (to.url, to.topics, to.client) = ("https://hooks.example/ours", Some(topics), None);
        receivers::change(tx, &BY, &receiver, &to, now)
            .await
            .unwrap();
        Others {
            leads: leads
                .into_iter()
                .map(|l| l.id)
                .collect::<Vec<_>>()
                .try_into()
                .unwrap(),
            line,
            receiver,
        }
    }
}

/// Whoever writes: words that nobody said a next time, or that somebody has before them, stay.
#[test]
fn what_a_claim_says_changes_as_its_next_version_while_nobody_has_it() {
    on_both(async |db| {
        let mut tx = db.write().await.unwrap();
        let world = world(&mut tx).await;
        let claim = claim_on_own_lead(&mut tx, &world, 1, at("2026-11-20")).await;
        tx.commit().await.unwrap();
        let change = async |what: &str| {
            let sql = format!("UPDATE claims SET {what} WHERE id = '{claim}'");
            execute(&db, &sql).await.map_err(|why| why.to_string())
        };
        let refused = [
            "write_up = 'signs today'",
            "own_answers = '{\"budget\":\"yes\"}'",
            "write_up = 'signs today', words_version = 2",
            "words_version = words_version - 1",
        ];
        for what in refused {
            let why = change(what).await.unwrap_err();
            assert!(why.contains("as its next version"), "{what}: {why}");
        }
        let next = "write_up = 'signs today', words_version = words_version + 1";
        change(next).await.unwrap();
        change("state = 'in_review', locked_by = person_id")
            .await
            .unwrap();
        let why = change(next).await.unwrap_err();
        assert!(why.contains("while nobody has it"), "{why}");
    });
}

/// An index that holds a rule is a rule, as a trigger is.
#[test]
fn a_rule_that_is_gone_or_says_something_else_is_told() {
    on_both(async |db| {
        let wanted = db.rules_wanted().await.unwrap();
        let wrong = async || rules::broken(&wanted, &db.rules().await.unwrap());
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

/// What PostgreSQL alone can be told to let through.
#[test]
fn a_rule_that_postgresql_no_longer_holds_is_told() {
    let by_hand: &[(&str, &str)] = &[
        (
            "ALTER TABLE ledger DROP CONSTRAINT {check}",
            "the constraint 'ledger.{check}' is gone",
        ),
        (
            "ALTER TABLE ledger ADD CONSTRAINT {check} CHECK (amount_minor > -1)",
            "the constraint 'ledger.{check}' says something else",
        ),
        (
            "ALTER TABLE ledger ALTER COLUMN payee DROP NOT NULL",
            "the table 'ledger' says something else",
        ),
        (
            "CREATE OR REPLACE FUNCTION lead_earns_once() RETURNS trigger LANGUAGE plpgsql AS $$ \
             BEGIN RETURN NEW; END $$",
            "the trigger 'lead_earns_once' says something else",
        ),
        (
            "ALTER TABLE ledger DISABLE TRIGGER entry_fits",
            "the trigger 'entry_fits' is gone",
        ),
        (
            "ALTER TABLE verdicts DISABLE TRIGGER ALL",
            "the constraint 'verdicts.verdicts_claim_id_fkey' is gone",
        ),
        (
            "CREATE RULE hush AS ON INSERT TO audit DO INSTEAD NOTHING",
            "the rewrite rule 'audit.hush' is none of ours",
        ),
        (
            "ALTER TABLE disputes ENABLE ROW LEVEL SECURITY",
            "the table 'disputes' says something else",
        ),
    ];
    on_both(async |db| {
        let Raw::Postgres(pool) = &db.raw else {
            return;
        };
        let sql = "SELECT CAST(conname AS TEXT) FROM pg_constraint WHERE conrelid = \
                   'ledger'::regclass AND contype = 'c' AND pg_get_constraintdef(oid) LIKE \
                   '%currency%' LIMIT 1";
        let (check,): (String,) = sqlx::query_as(sql).fetch_one(pool).await.unwrap();
        let wanted = db.rules_wanted().await.unwrap();
        let mut known = rules::broken(&wanted, &db.rules().await.unwrap());
        assert_eq!(known, Vec::<String>::new());
        for (sql, told) in by_hand {
            let (sql, told) = (
                sql.replace("{check}", &check),
                told.replace("{check}", &check),
            );
            execute(&db, &sql).await.unwrap();
            let found = rules::broken(&wanted, &db.rules().await.unwrap());
            assert!(found.iter().any(|f| f.contains(&told)), "{sql}: {found:?}");
            assert!(!known.iter().any(|f| f.contains(&told)), "{sql}: {known:?}");
            known = found;
        }
    });
}
