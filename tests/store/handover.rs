//! The hand-over on both databases: held back for a blank, answered with what an answer has to say,
//! tried as often as was agreed, and never edited.

use super::*;
use assay::handover::{
    Answer, Field, Given as Said, PromiseKind, PromiseState, Readiness, RejectReason,
};
use assay::store::handover::answers::{self, NewAnswer};
use assay::store::handover::list::{self, Wanted, Which};
use assay::store::handover::promises::{self, NewPromise};
use assay::store::handover::{flip, questions, ratings, seen, write_ups};
use assay::store::review::claims::Claim;

/// A lead of ines' that passed, and somebody of sales.
#[derive(Clone)]
pub(super) struct Passed {
    pub(super) world: World,
    pub(super) sam: PersonId,
    lead: LeadId,
    pub(super) claim: Claim,
    call: CallId,
    /// When it passed.
    pub(super) at: WallTime,
}

const NUMBER: &str = "+494055501010";

async fn somebody(tx: &mut Tx, login: &str, role: Role, client: &ClientId) -> PersonId {
    let new = NewPerson {
        login,
        name: login,
        role,
        pay_basis: PayBasis::Fixed,
        password_hash: "x",
        clients: std::slice::from_ref(client),
    };
    people::add(tx, &BY, &new, at("2026-11-01")).await.unwrap()
}

pub(super) async fn passed(tx: &mut Tx, needs: &[Field]) -> Passed {
    let world = world(tx).await;
    let sam = somebody(tx, "sam", Role::Sales, &world.northlight).await;
    give_line(tx, "301", &sam, &world.northlight, at("2026-11-01"), None).await;
    write_ups::need(tx, &world.max, &world.campaign, needs, at("2026-11-02"))
        .await
        .unwrap();
    let lead = add_lead(tx, &world, "L-1", NUMBER).await;
    let made = insert(tx, &call("2026-11-10T10:00:00Z", "201", NUMBER, None)).await;
    let now = at("2026-11-20T12:00:00Z");
    let claim = new_claim(tx, &world, &lead, &made.id, &world.ines, now).await;
    let held = verdict(tx, &world, &claim, true, now).await;
    let end = now + Micros::from_secs(10);
    assert_eq!(list::of_claim(tx, &claim).await.unwrap(), None, "on hold");
    verdicts::make_final(tx, &held.id, &rules(), end)
        .await
        .unwrap();
    Passed {
        claim: claims::by_id(tx, &claim).await.unwrap().unwrap(),
        call: made.id,
        world,
        sam,
        lead,
        at: end,
    }
}

pub(super) fn said(answer: Answer) -> Said<'static> {
    Said {
        answer,
        until: None,
        reason: None,
        criterion: None,
        note: "",
    }
}

pub(super) async fn answer(
    tx: &mut Tx,
    p: &Passed,
    given: Said<'_>,
    now: WallTime,
) -> Result<assay::units::AnswerId, StoreError> {
    let stands = list::of_claim(tx, &p.claim.id).await?.unwrap().answer_id;
    let new = NewAnswer {
        given,
        replaces: stands.as_ref(),
    };
    answers::add(tx, &Actor::from(&p.sam), &p.claim, &new, &rules(), now).await
}

/// A call of sales' line to the lead that rang so many seconds, and was answered or not.
pub(super) async fn sales_calls(
    tx: &mut Tx,
    started: &str,
    seconds: i64,
    answered: bool,
) -> CallId {
    let mut made = call(started, "301", NUMBER, None);
    made.facts.ended_at = Some(at(started) + Micros::from_secs(seconds));
    if !answered {
        made.facts.outcome = Outcome::NoAnswer;
        made.facts.answered_at = None;
    }
    insert(tx, &made).await.id
}

const fn of(which: Which) -> Wanted<'static> {
    Wanted {
        which,
        search: "",
        campaign: None,
        after: None,
    }
}

/// Another lead of ines' that passed: the nth.
async fn one_more(tx: &mut Tx, p: &Passed, nth: i64) -> Claim {
    let number = format!("+4940555010{nth}");
    let lead = add_lead(tx, &p.world, &format!("L-{nth}"), &number).await;
    let started = format!("2026-11-20T12:{nth:02}:00Z");
    let made = insert(tx, &call(&started, "201", &number, None)).await;
    let now = p.at + Micros::from_secs(60 * nth);
    let claim = new_claim(tx, &p.world, &lead, &made.id, &p.world.ines, now).await;
    let held = verdict(tx, &p.world, &claim, true, now).await;
    let end = now + Micros::from_secs(10);
    verdicts::make_final(tx, &held.id, &rules(), end)
        .await
        .unwrap();
    claims::by_id(tx, &claim).await.unwrap().unwrap()
}

/// Numbers of the claims of a list's pages, each of so many.
async fn paged(tx: &mut Tx, p: &Passed, wanted: Wanted<'_>, most: i64) -> Vec<Vec<i64>> {
    let (mut pages, mut after) = (Vec::new(), wanted.after);
    loop {
        let wanted = Wanted { after, ..wanted };
        let page = list::of_clients(tx, &p.sam, &wanted, most).await.unwrap();
        pages.push(page.leads.iter().map(|h| h.number).collect());
        after = page.next;
        if after.is_none() {
            return pages;
        }
    }
}

#[test]
fn hand_overs_come_in_pages_unanswered_first_and_are_found_and_narrowed() {
    on_both(async |open| {
        let mut tx = open.db.write().await.unwrap();
        let p = passed(&mut tx, &[]).await;
        for nth in 10..17 {
            one_more(&mut tx, &p, nth).await;
        }
        for number in [1001, 1005] {
            let claim = all_claims(&mut tx, &p, number).await;
            let answered = Passed { claim, ..p.clone() };
            answer(
                &mut tx,
                &answered,
                said(Answer::Now),
                p.at + Micros::from_secs(9_000),
            )
            .await
            .unwrap();
        }
        let all = paged(&mut tx, &p, of(Which::All), 3).await;
        assert_eq!(
            all,
            [
                vec![1002, 1003, 1004],
                vec![1006, 1007, 1008],
                vec![1005, 1001]
            ],
            "by when an answer is due; then the newest"
        );
        let waiting = paged(&mut tx, &p, of(Which::Unanswered), 6).await;
        assert_eq!(
            waiting,
            [vec![1002, 1003, 1004, 1006, 1007, 1008]],
            "no empty page follows"
        );
        let find = |search| Wanted {
            search,
            ..of(Which::All)
        };
        for (search, found) in [
            ("l-1", vec![1002, 1003, 1004, 1006, 1007, 1008, 1005, 1001]),
            ("COMPANY L-13", vec![1005]),
            ("c-1003", vec![1003]),
            ("%", vec![]),
        ] {
            assert_eq!(
                paged(&mut tx, &p, find(search), 9).await,
                [found],
                "{search}"
            );
        }
        let other = CampaignId::from("another");
        let narrowed = Wanted {
            campaign: Some(&other),
            ..of(Which::All)
        };
        assert_eq!(paged(&mut tx, &p, narrowed, 9).await, [vec![0; 0]]);
        let own = list::OwnWanted {
            search: "",
            to_do: false,
            after: None,
        };
        let newest = list::of_claimant(&mut tx, &p.world.ines, &own, 3)
            .await
            .unwrap();
        let last = newest.last().unwrap();
        let next = list::OwnWanted {
            after: Some((last.passed_at, last.number)),
            ..own
        };
        let rest = list::of_claimant(&mut tx, &p.world.ines, &next, 9)
            .await
            .unwrap();
        let numbers: Vec<i64> = newest.iter().chain(&rest).map(|h| h.number).collect();
        assert_eq!(numbers, (1001..=1008).rev().collect::<Vec<_>>());
        let to_do = list::OwnWanted { to_do: true, ..own };
        let waits = list::of_claimant(&mut tx, &p.world.ines, &to_do, 9).await;
        assert_eq!(waits.unwrap(), []);
    });
}

async fn all_claims(tx: &mut Tx, p: &Passed, number: i64) -> Claim {
    let wanted = list::OwnWanted {
        search: &format!("C-{number}"),
        to_do: false,
        after: None,
    };
    let found = list::of_claimant(tx, &p.world.ines, &wanted, 9)
        .await
        .unwrap();
    let id = &found.first().unwrap().claim_id;
    claims::by_id(tx, id).await.unwrap().unwrap()
}

#[test]
fn a_lead_that_passed_is_handed_over_in_the_transaction_that_makes_it_final() {
    on_both(async |db| {
        let mut tx = db.write().await.unwrap();
        let p = passed(&mut tx, &[]).await;
        let h = list::of_claim(&mut tx, &p.claim.id).await.unwrap().unwrap();
        let day = Micros::from_secs(86_400);
        assert_eq!(
            (h.handed_at, h.answer_due_at, h.call_due_at),
            (Some(p.at), Some(p.at + day), Some(p.at + day))
        );
        assert_eq!(h.sales_id.as_ref(), Some(&p.sam), "the only one of sales");
        let listed = list::of_clients(&mut tx, &p.sam, &of(Which::Unanswered), 9).await;
        assert_eq!(listed.unwrap().leads.len(), 1);
        let neighbour = somebody(&mut tx, "eve", Role::Sales, &p.world.calder).await;
        let theirs = list::of_clients(&mut tx, &neighbour, &of(Which::All), 9).await;
        assert!(theirs.unwrap().leads.is_empty());
        for (who, hears) in [(&p.sam, true), (&neighbour, false)] {
            let may = list::may_hear(&mut tx, &p.call, who).await.unwrap();
            let has = list::has_lead(&mut tx, &p.lead, who).await.unwrap();
            assert_eq!((may, has), (hears, hears));
        }
    });
}

#[test]
fn a_blank_that_the_campaign_asks_for_holds_a_hand_over_back() {
    on_both(async |db| {
        let mut tx = db.write().await.unwrap();
        let p = passed(&mut tx, &[Field::NextStep, Field::Deciders]).await;
        let later = p.at + Micros::from_secs(60);
        let h = list::of_claim(&mut tx, &p.claim.id).await.unwrap().unwrap();
        assert_eq!((h.handed_at, h.answer_due_at), (None, None));
        assert!(!list::may_hear(&mut tx, &p.call, &p.sam).await.unwrap());
        assert_eq!(list::counts(&mut tx, &p.sam).await.unwrap(), (0, 1));
        let refused = answer(&mut tx, &p, said(Answer::Now), later).await;
        assert!(refused.unwrap_err().to_string().contains("not handed over"));
        let fill = async |tx: &mut Tx, by: &PersonId, field, text| {
            write_ups::fill(tx, by, &p.claim, (field, text), later).await
        };
        assert!(
            fill(&mut tx, &p.world.tom, Field::NextStep, "Call her")
                .await
                .is_err(),
            "a colleague writes nothing up"
        );
        let ines = &p.world.ines;
        fill(&mut tx, ines, Field::NextStep, "Call her")
            .await
            .unwrap();
        let blanks = list::held_back_by(&mut tx, &p.claim.id).await.unwrap();
        assert_eq!(blanks, [Field::Deciders]);
        fill(&mut tx, ines, Field::Deciders, "Her brother")
            .await
            .unwrap();
        let h = list::of_claim(&mut tx, &p.claim.id).await.unwrap().unwrap();
        assert_eq!(h.handed_at, Some(later), "its times run from now on");
        fill(&mut tx, ines, Field::Deciders, "").await.unwrap();
        let h = list::of_claim(&mut tx, &p.claim.id).await.unwrap().unwrap();
        assert_eq!(h.handed_at, Some(later), "what was handed over stays so");
        let filled = write_ups::of_claim(&mut tx, &p.claim.id).await.unwrap();
        assert_eq!(filled.len(), 1, "the newest text stands, and it is blank");
    });
}

#[test]
fn a_campaign_that_asks_for_less_hands_over_what_waited() {
    on_both(async |db| {
        let mut tx = db.write().await.unwrap();
        let p = passed(&mut tx, &[Field::Sent]).await;
        let (later, campaign) = (p.at + Micros::from_secs(60), &p.world.campaign);
        write_ups::need(&mut tx, &p.world.max, campaign, &[], later)
            .await
            .unwrap();
        let h = list::of_claim(&mut tx, &p.claim.id).await.unwrap().unwrap();
        assert_eq!(h.handed_at, Some(later));
    });
}

#[test]
fn a_further_answer_replaces_the_one_that_stood_and_edits_nothing() {
    on_both(async |db| {
        let mut tx = db.write().await.unwrap();
        let p = passed(&mut tx, &[]).await;
        let now = p.at + Micros::from_secs(600);
        let empty = answer(&mut tx, &p, said(Answer::Later), now).await;
        assert!(empty.unwrap_err().to_string().contains("date"));
        let first = answer(&mut tx, &p, said(Answer::Now), now).await.unwrap();
        let blind = NewAnswer {
            given: said(Answer::Now),
            replaces: None,
        };
        let by = Actor::from(&p.sam);
        let twice = answers::add(&mut tx, &by, &p.claim, &blind, &rules(), now).await;
        assert!(
            twice
                .unwrap_err()
                .to_string()
                .contains("another answer stands")
        );
        let question = Said {
            note: "Who signs beside her?",
            ..said(Answer::NeedsInformation)
        };
        let second = answer(&mut tx, &p, question, now).await.unwrap();
        let all = answers::of_claim(&mut tx, &p.claim.id).await.unwrap();
        assert_eq!(all.len(), 2);
        assert_eq!(
            all.iter()
                .find(|a| a.id == second)
                .unwrap()
                .replaces
                .as_ref(),
            Some(&first)
        );
        let asked = questions::of_claim(&mut tx, &p.claim.id).await.unwrap();
        assert_eq!(asked.len(), 1, "it goes to whoever made the call");
        let ines = &p.world.ines;
        questions::answer(&mut tx, ines, &asked[0], "Her brother", now)
            .await
            .unwrap();
        assert!(
            questions::answer(&mut tx, ines, &asked[0], "Or not", now)
                .await
                .is_err()
        );
        tx.commit().await.unwrap();
        let (claim, sam) = (&p.claim.id, &p.sam);
        for wrong in [
            "UPDATE sales_answers SET answer = 'reject'".to_owned(),
            "DELETE FROM sales_answers".to_owned(),
            "DELETE FROM handovers".to_owned(),
            "UPDATE handovers SET handed_at = NULL, answer_due_at = NULL, call_due_at = NULL"
                .to_owned(),
            "UPDATE handover_questions SET text = 'other'".to_owned(),
            "DELETE FROM handover_questions".to_owned(),
            format!(
                "INSERT INTO sales_answers (id, claim_id, person_id, answer, note, at) VALUES ('x', '{claim}', '{sam}', 'now', '', 1)"
            ),
            format!(
                "INSERT INTO sales_answers (id, claim_id, person_id, answer, note, at, replaces) VALUES ('x', '{claim}', '{sam}', 'later', '', 1, '{second}')"
            ),
            format!(
                "INSERT INTO sales_answers (id, claim_id, person_id, answer, note, at, replaces) VALUES ('x', '{claim}', '{sam}', 'reject', '', 1, '{second}')"
            ),
            format!(
                "INSERT INTO sales_answers (id, claim_id, person_id, answer, note, at, replaces) VALUES ('x', '{claim}', '{sam}', 'now', '', 1, '{first}')"
            ),
            format!(
                "INSERT INTO sales_answers (id, claim_id, person_id, answer, note, at, replaces, reason, criterion) VALUES ('x', '{claim}', '{sam}', 'reject', '', 1, '{second}', 'other', 'need')"
            ),
            format!(
                "INSERT INTO sales_answers (id, claim_id, answer, note, at, replaces) VALUES ('x', '{claim}', 'now', '', 1, '{second}')"
            ),
        ] {
            assert!(execute(&db, &wrong).await.is_err(), "{wrong}");
        }
    });
}

#[test]
fn nobody_is_unreachable_whom_the_wire_has_not_seen_called_as_agreed() {
    on_both(async |db| {
        let mut tx = db.write().await.unwrap();
        let p = passed(&mut tx, &[]).await;
        let unreachable = Said {
            reason: Some(RejectReason::Unreachable),
            ..said(Answer::Reject)
        };
        let why = async |tx: &mut Tx, now: &str| {
            answer(tx, &p, unreachable, at(now))
                .await
                .unwrap_err()
                .to_string()
        };
        let told = why(&mut tx, "2026-11-20T13:00:00Z").await;
        assert!(told.contains("no call; agreed: 5 in 10 days"), "{told}");
        sales_calls(&mut tx, "2026-11-20T13:00:00Z", 14, true).await;
        let told = why(&mut tx, "2026-11-20T14:00:00Z").await;
        assert!(
            told.contains("1 call, 2026-11-20 13:00, 14 s; agreed: 5 in 10 days")
                && told.contains("mobiles are not seen"),
            "{told}"
        );
        // Five in five minutes, and five that were hung up at once, are no five attempts.
        for minute in 0..5 {
            let started = format!("2026-11-20T14:0{minute}:00Z");
            sales_calls(&mut tx, &started, 20, false).await;
        }
        for hour in 15..20 {
            let started = format!("2026-11-20T{hour}:00:00Z");
            sales_calls(&mut tx, &started, 2, false).await;
        }
        let told = why(&mut tx, "2026-11-20T20:30:00Z").await;
        assert!(told.contains("11 calls"), "{told}");
        for day in 21..24 {
            let started = format!("2026-11-{day}T09:00:00Z");
            sales_calls(&mut tx, &started, 25, false).await;
        }
        let late = why(&mut tx, "2026-12-05T09:00:00Z").await;
        assert!(
            late.contains("5 in 10 days"),
            "what is long ago counts no more: {late}"
        );
        answer(&mut tx, &p, unreachable, at("2026-11-24T09:00:00Z"))
            .await
            .unwrap();
        let listed = list::of_clients(&mut tx, &p.sam, &of(Which::NotCalled), 9).await;
        assert!(listed.unwrap().leads.is_empty());
    });
}

#[test]
fn the_wire_ticks_off_the_hand_over_call_and_the_promise() {
    on_both(async |db| {
        let mut tx = db.write().await.unwrap();
        let p = passed(&mut tx, &[]).await;
        give_line(
            &mut tx,
            "205",
            &p.world.ines,
            &p.world.northlight,
            at("2026-11-15"),
            None,
        )
        .await;
        let promise = NewPromise {
            kind: PromiseKind::Call,
            words: "Call me on Monday",
            from: at("2026-11-23T00:00:00Z"),
            until: at("2026-11-23T23:59:59Z"),
            moment: Some(&Evidence {
                call: p.call.clone(),
                from_ms: 10_000,
                to_ms: 14_000,
            }),
        };
        promises::add(&mut tx, &p.world.ines, &p.claim, &promise, p.at)
            .await
            .unwrap();
        let elsewhere = NewPromise {
            moment: Some(&Evidence {
                call: CallId::from("another"),
                from_ms: 0,
                to_ms: 1,
            }),
            ..promise.clone()
        };
        assert!(
            promises::add(&mut tx, &p.sam, &p.claim, &elsewhere, p.at)
                .await
                .is_err()
        );
        let one = promises::of_claim(&mut tx, &p.claim.id)
            .await
            .unwrap()
            .remove(0);
        let state =
            async |tx: &mut Tx, now: &str| promises::state(tx, &one, at(now)).await.unwrap().0;
        assert_eq!(
            state(&mut tx, "2026-11-22T12:00:00Z").await,
            PromiseState::Waits
        );
        assert_eq!(
            state(&mut tx, "2026-11-23T12:00:00Z").await,
            PromiseState::Due
        );
        assert_eq!(
            state(&mut tx, "2026-11-24T12:00:00Z").await,
            PromiseState::Missed
        );
        sales_calls(&mut tx, "2026-11-23T09:30:00Z", 90, true).await;
        assert_eq!(
            state(&mut tx, "2026-11-24T12:00:00Z").await,
            PromiseState::Kept
        );
        promises::withdraw(&mut tx, &p.sam, &one, p.at)
            .await
            .unwrap();
        assert!(
            promises::withdraw(&mut tx, &p.sam, &one, p.at)
                .await
                .is_err()
        );

        let between = async |tx: &mut Tx| {
            seen::between(tx, &p.world.ines, &p.world.northlight, p.at)
                .await
                .unwrap()
        };
        assert_eq!(between(&mut tx).await, None);
        for (started, seconds) in [("2026-11-20T13:00:00Z", 5), ("2026-11-20T13:10:00Z", 190)] {
            let mut made = call(started, "205", "301", None);
            made.facts.ended_at = Some(at(started) + Micros::from_secs(seconds));
            insert(&mut tx, &made).await;
        }
        let found = between(&mut tx).await.unwrap();
        assert_eq!(
            found.at,
            at("2026-11-20T13:10:00Z"),
            "a wrong number is no hand-over"
        );
    });
}

#[test]
fn booking_again_gives_the_same_whatever_sales_says() {
    on_both(async |db| {
        let mut tx = db.write().await.unwrap();
        let p = passed(&mut tx, &[]).await;
        answer(&mut tx, &p, said(Answer::Now), p.at).await.unwrap();
        ratings::rate(&mut tx, &p.sam, &p.claim, (true, ""), p.at)
            .await
            .unwrap();
        assert!(
            ratings::rate(&mut tx, &p.sam, &p.claim, (false, "no"), p.at)
                .await
                .is_err(),
            "a no says why"
        );
        let level = (Readiness::Comparing, "");
        ratings::add_readiness(&mut tx, &p.sam, &p.claim, level, p.at)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let mut tx = db.read().await.unwrap();
        let counts = rebook::flip_answers(&mut tx).await.unwrap();
        assert_eq!(
            counts[..3].iter().map(|c| c.1).collect::<Vec<_>>(),
            [1, 1, 1]
        );
        assert_eq!(differences(&mut tx).await, []);
        drop(tx);
        let mut tx = db.write().await.unwrap();
        let before = ledger::all_entries(&mut tx).await.unwrap();
        flip::flip(&mut tx, 10).await.unwrap();
        assert_eq!(ledger::all_entries(&mut tx).await.unwrap(), before);
        let h = list::of_claim(&mut tx, &p.claim.id).await.unwrap().unwrap();
        assert_eq!(
            h.answer,
            Some(Answer::Reject),
            "it was flipped where it stands"
        );
    });
}
