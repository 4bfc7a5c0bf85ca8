//! Questions about money: who may ask, who may answer, and that nothing moves (PRODUCT M5).

use crate::world::*;
use assay::commission::question::{About, PartKind, QuestionState, standing};
use assay::identity::Role;
use assay::store::commission::ledger;
use assay::store::commission::questions::{self, Answering, NewQuestion, Subject};
use assay::store::{StoreError, Tx, log, people};
use assay::units::{PersonId, QuestionId, WallTime, Zone};

/// A Thursday.
const ASKED: &str = "2026-11-12T10:00:00Z";

fn clock(zone: &Zone) -> Answering<'_> {
    Answering {
        within_days: 2,
        zone,
    }
}

async fn ask(
    tx: &mut Tx,
    by: &PersonId,
    about: About,
    subject: Subject<'_>,
) -> Result<QuestionId, StoreError> {
    let new = NewQuestion {
        about,
        subject,
        text: " Why is it not 45.00? ",
    };
    questions::ask(tx, by, &new, &clock(&Zone::utc()), at(ASKED)).await
}

#[test]
fn a_question_has_a_clock_an_answer_and_a_follow_up_and_moves_no_money() {
    on_both(async |db| {
        let mut tx = db.write().await.unwrap();
        let w = world(&mut tx).await;
        let claim = earns(&mut tx, &w, &w.ines, &w.euro, 1, at("2026-11-10T10:00:00Z")).await;
        let before = ledger::all_entries(&mut tx).await.unwrap();
        let entry = Subject::Entry(&before[0].id);
        let id = ask(&mut tx, &w.ines, About::WrongAmount, entry)
            .await
            .unwrap();
        let q = questions::by_id(&mut tx, &id).await.unwrap().unwrap();
        assert_eq!((q.number, q.claim_id.as_ref()), (1, Some(&claim)));
        assert_eq!(q.company.reveal(), "Company 1");
        // Friday and Monday are two working days.
        assert_eq!(q.due_at, at("2026-11-17"));
        let stands = |now: &str| standing(q.answered_at, q.due_at, at(now));
        assert_eq!(stands("2026-11-16T23:59:59Z"), QuestionState::Open);
        assert_eq!(stands("2026-11-17T00:00:00Z"), QuestionState::Overdue);
        let waiting = async |tx: &mut Tx, before: WallTime| {
            questions::open_before(tx, before, &w.max).await.unwrap()
        };
        assert_eq!(waiting(&mut tx, at("2026-12-01")).await, 1);
        assert_eq!(waiting(&mut tx, at("2026-11-01")).await, 0);

        let late = at("2026-11-18T09:00:00Z");
        questions::answer(&mut tx, &w.max, &id, "Plan v1 pays 40.00.", late)
            .await
            .unwrap();
        let q = questions::by_id(&mut tx, &id).await.unwrap().unwrap();
        assert_eq!(q.answered_at, Some(late));
        assert_eq!(waiting(&mut tx, at("2026-12-01")).await, 0);
        let twice = questions::answer(&mut tx, &w.petra, &id, "Indeed.", late).await;
        assert!(
            twice
                .unwrap_err()
                .to_string()
                .contains("answered it already")
        );

        // Asked on, it waits again, with a clock of its own.
        questions::follow_up(&mut tx, &w.ines, &id, "And v2?", &clock(&Zone::utc()), late)
            .await
            .unwrap();
        let q = questions::by_id(&mut tx, &id).await.unwrap().unwrap();
        assert_eq!((q.answered_at, q.due_at), (None, at("2026-11-21")));
        let parts = questions::parts(&mut tx, &id).await.unwrap();
        let said: Vec<_> = parts
            .iter()
            .map(|p| {
                (
                    p.kind,
                    p.said_by.reveal().as_str(),
                    p.text.reveal().as_str(),
                )
            })
            .collect();
        assert_eq!(
            said,
            [
                (PartKind::Question, "Ines Okafor", "Why is it not 45.00?"),
                (PartKind::Answer, "Max Oberg", "Plan v1 pays 40.00."),
                (PartKind::Question, "Ines Okafor", "And v2?"),
            ]
        );
        assert_eq!(ledger::all_entries(&mut tx).await.unwrap(), before);
        let actions = log::actions(&mut tx, &format!("question:{id}"))
            .await
            .unwrap();
        assert_eq!(
            actions,
            ["question.asked", "question.answered", "question.asked_on"]
        );
        tx.commit().await.unwrap();
    });
}

#[test]
fn a_question_is_about_what_is_ones_own() {
    on_both(async |db| {
        let mut tx = db.write().await.unwrap();
        let w = world(&mut tx).await;
        let claim = earns(&mut tx, &w, &w.ines, &w.euro, 1, at("2026-11-10T10:00:00Z")).await;
        let entries = ledger::all_entries(&mut tx).await.unwrap();
        let missing = |client, company, day| Subject::Missing {
            client,
            company,
            day,
        };
        for (who, about, subject, why) in [
            (
                &w.tom,
                About::WrongAmount,
                Subject::Entry(&entries[0].id),
                "no such line",
            ),
            (
                &w.tom,
                About::WrongPerson,
                Subject::Claim(&claim),
                "no such line",
            ),
            (
                &w.max,
                About::WrongPlan,
                Subject::Claim(&claim),
                "no such line",
            ),
            (
                &w.ines,
                About::MissingClaim,
                Subject::Claim(&claim),
                "by company and day",
            ),
            (
                &w.ines,
                About::Other,
                missing(&w.northlight, "Acme", "2026-11-09"),
                "by company",
            ),
            (
                &w.ines,
                About::MissingClaim,
                missing(&w.calder, "Acme", "2026-11-09"),
                "no client",
            ),
            (
                &w.ines,
                About::MissingClaim,
                missing(&w.northlight, " ", "2026-11-09"),
                "company",
            ),
            (
                &w.ines,
                About::MissingClaim,
                missing(&w.northlight, "Acme", "last week"),
                "day",
            ),
        ] {
            let said = ask(&mut tx, who, about, subject)
                .await
                .unwrap_err()
                .to_string();
            assert!(said.contains(why), "{about}: {said}");
        }
        let of_missing = missing(&w.northlight, "Acme", "2026-11-09");
        let id = ask(&mut tx, &w.ines, About::MissingClaim, of_missing)
            .await
            .unwrap();
        let q = questions::by_id(&mut tx, &id).await.unwrap().unwrap();
        assert_eq!(
            (q.company.reveal().as_str(), q.happened_on.as_deref()),
            ("Acme", Some("2026-11-09"))
        );
        let foreign =
            questions::follow_up(&mut tx, &w.tom, &id, "x", &clock(&Zone::utc()), at(ASKED)).await;
        assert!(foreign.is_err());
        for text in [" ", &"x".repeat(2_001)] {
            assert!(
                questions::answer(&mut tx, &w.max, &id, text, at(ASKED))
                    .await
                    .is_err()
            );
        }
        tx.commit().await.unwrap();
    });
}

#[test]
fn nobody_with_an_interest_answers_and_the_refusal_is_logged() {
    on_both(async |db| {
        let now = at(ASKED);
        let mut tx = db.write().await.unwrap();
        let w = world(&mut tx).await;
        let claim = earns(&mut tx, &w, &w.ines, &w.euro, 1, at("2026-11-10T10:00:00Z")).await;
        let id = ask(&mut tx, &w.ines, About::WrongPlan, Subject::Claim(&claim));
        let id = id.await.unwrap();
        let missing = Subject::Missing {
            client: &w.northlight,
            company: "Acme",
            day: "2026-11-09",
        };
        let other = ask(&mut tx, &w.ines, About::MissingClaim, missing)
            .await
            .unwrap();
        let tied = person(&mut tx, ("tied", "Tied"), Role::Manager, &w.northlight).await;
        people::add_interest(&mut tx, &BY, &tied, &w.ines, "bonus", now)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        for id in [&id, &other] {
            // Who asked, a colleague, a manager of another client, one whose pay hangs on it, and a
            // reviewer.
            for who in [&w.ines, &w.tom, &w.cara, &tied, &w.marek] {
                let mut tx = db.write().await.unwrap();
                let said = questions::answer(&mut tx, who, id, "Yes.", now).await;
                let why = tx.refuse(said.unwrap_err()).await;
                assert!(matches!(why, StoreError::Interest(_)), "{who}: {why}");
            }
            let mut tx = db.write().await.unwrap();
            let actions = log::actions(&mut tx, &format!("question:{id}"))
                .await
                .unwrap();
            assert_eq!(actions.iter().filter(|a| *a == "act.refused").count(), 5);
            questions::answer(&mut tx, &w.max, id, "Yes.", now)
                .await
                .unwrap();
            tx.commit().await.unwrap();
        }
        let mut tx = db.read().await.unwrap();
        let numbers = |found: Vec<questions::Question>| -> Vec<i64> {
            found.into_iter().map(|q| q.number).collect()
        };
        let all = questions::answered(&mut tx, &w.max, None, 9).await;
        assert_eq!(numbers(all.unwrap()), [2, 1]);
        let first = questions::answered(&mut tx, &w.max, None, 1).await;
        assert_eq!(numbers(first.unwrap()), [2]);
        let second = questions::answered(&mut tx, &w.max, Some(2), 1).await;
        assert_eq!(numbers(second.unwrap()), [1], "the next page");
        let own = questions::of_person(&mut tx, &w.ines, Some(2), 9).await;
        assert_eq!(numbers(own.unwrap()), [1]);
        let none = [
            questions::waiting(&mut tx, &w.max).await,
            questions::answered(&mut tx, &w.cara, None, 9).await,
            questions::of_person(&mut tx, &w.tom, None, 9).await,
        ];
        assert!(none.into_iter().all(|found| found.unwrap().is_empty()));
    });
}

#[test]
fn the_schema_keeps_what_was_said() {
    on_both(async |db| {
        let mut tx = db.write().await.unwrap();
        let w = world(&mut tx).await;
        let claim = earns(&mut tx, &w, &w.ines, &w.euro, 1, at("2026-11-10T10:00:00Z")).await;
        let id = ask(&mut tx, &w.ines, About::WrongPlan, Subject::Claim(&claim));
        let id = id.await.unwrap();
        tx.commit().await.unwrap();
        let part =
            "INSERT INTO question_parts (question_id, nth, kind, person_id, text, at) SELECT";
        let question = "INSERT INTO questions (id, number, person_id, client_id, about, claim_id, \
             period, asked_at, due_at) SELECT 'new', 2";
        for wrong in [
            "UPDATE question_parts SET text = 'other'".to_owned(),
            "DELETE FROM question_parts".to_owned(),
            "DELETE FROM questions".to_owned(),
            "UPDATE questions SET about = 'other'".to_owned(),
            // Answered by nobody.
            "UPDATE questions SET answered_at = 1".to_owned(),
            // An answer by the one who asked, a question by somebody else, one out of order.
            format!("{part} '{id}', 2, 'answer', person_id, 'Yes', 1 FROM questions"),
            format!("{part} '{id}', 2, 'question', id, 'Why', 1 FROM people WHERE login = 'max'"),
            format!("{part} '{id}', 3, 'answer', id, 'Yes', 1 FROM people WHERE login = 'max'"),
            format!(
                "{question}, h.id, q.client_id, q.about, q.claim_id, q.period, 1, 2 FROM questions \
                 q JOIN people h ON h.login = 'tom'"
            ),
        ] {
            let refused = db.execute(&wrong).await.unwrap_err().to_string();
            assert!(!refused.contains("syntax"), "{wrong}: {refused}");
        }
    });
}
