//! Ends on both databases: of the time for which an unread plan keeps a later claim waiting, of a
//! campaign, and of a plan (PRODUCT I3, I4, M1); and the messages about them.

use super::*;
use assay::commission::OpenReason;
use assay::commission::question::About;
use assay::review::fate::Fate;
use assay::store::commission::extract;
use assay::store::commission::questions::{self, Answering, NewQuestion};
use assay::store::commission::unsettled;
use assay::store::webhook::receivers::{self, NewReceiver};
use assay::units::RulingId;
use assay::webhook::Master;

/// A lead with a claim of Ines, who has not read the plan, and a later one of Tom, who has; both
/// have passed.
struct Unread {
    world: World,
    ines: claims::Claim,
    tom: claims::Claim,
    plan: PlanId,
}

async fn of_claim(tx: &mut Tx, id: &ClaimId) -> claims::Claim {
    claims::by_id(tx, id).await.unwrap().unwrap()
}

async fn passed(tx: &mut Tx, by: &PersonId, claim: &ClaimId, now: WallTime) -> claims::Claim {
    let v = verdict_by(tx, by, claim, true, now).await;
    verdicts::make_final(tx, &v.id, &rules(), v.hold_until)
        .await
        .unwrap();
    of_claim(tx, claim).await
}

async fn next_plan(tx: &mut Tx, world: &World, readers: &[PersonId], now: WallTime) -> PlanId {
    let plan = NewPlan {
        campaign: &world.campaign,
        amount: &Money::new(4500, "EUR"),
        terms: &Terms::default(),
        payable_after_days: 14,
        from: None,
    };
    approve(tx, &world.max, readers, &plan, now).await;
    let found = plans::in_force(tx, &world.campaign, now).await.unwrap();
    found.unwrap().id
}

async fn unread(tx: &mut Tx) -> Unread {
    read_by(tx, true).await
}

/// As [`unread`]; Tom has read the plan too, or has not.
async fn read_by(tx: &mut Tx, tom: bool) -> Unread {
    let world = world(tx).await;
    let readers: Vec<PersonId> = tom.then(|| world.tom.clone()).into_iter().collect();
    let plan = next_plan(tx, &world, &readers, at("2026-11-09")).await;
    let number = "+494055501010";
    let lead = add_lead(tx, &world, "L-1", number).await;
    let first = call("2026-11-10T10:00:00Z", "201", number, Some("L-1"));
    let first = insert(tx, &first).await;
    let second = call("2026-11-16T10:00:00Z", "201", number, Some("L-1"));
    let second = insert(tx, &second).await;
    let (day, later) = (at("2026-11-17"), at("2026-11-18"));
    let ines = new_claim(tx, &world, &lead, &first.id, &world.ines, day).await;
    let tom = new_claim(tx, &world, &lead, &second.id, &world.tom, later).await;
    // The later is judged first.
    passed(tx, &world.rosa, &tom, at("2026-11-19")).await;
    let ines = passed(tx, &world.marek, &ines, at("2026-11-20")).await;
    let tom = of_claim(tx, &tom).await;
    Unread {
        world,
        ines,
        tom,
        plan,
    }
}

/// Lets all whose turn may have come have it, and gives what the two claims came to.
async fn turns(tx: &mut Tx, u: &Unread, now: WallTime) -> [Option<ClaimOutcome>; 2] {
    for _ in 0..3 {
        for due in claims::turns_due(tx, now).await.unwrap() {
            verdicts::take_turn(tx, &due, &rules(), now).await.unwrap();
        }
    }
    let (ines, tom) = (
        of_claim(tx, &u.ines.id).await,
        of_claim(tx, &u.tom.id).await,
    );
    [ines.outcome, tom.outcome]
}

#[test]
fn a_plan_left_unread_keeps_a_later_claim_waiting_for_so_long_and_no_longer() {
    use ClaimOutcome::{Passed, PassedAlreadyPaid, PassedWaiting};
    for reads in ["never", "in time", "too late"] {
        on_both(async |db| {
            let mut tx = db.write().await.unwrap();
            let u = unread(&mut tx).await;
            let since = u.ines.unread_since.unwrap();
            assert_eq!(
                since,
                u.ines.decided_at.unwrap(),
                "from when she would have earned"
            );
            let last = since + rules().read_within;
            let waits = turns(&mut tx, &u, last).await;
            assert_eq!(waits, [Some(PassedWaiting), Some(PassedWaiting)]);
            if reads == "in time" {
                plans::acknowledge(&mut tx, &u.world.ines, &u.plan, last)
                    .await
                    .unwrap();
            }
            let after = last + Micros::from_millis(1);
            let came = turns(&mut tx, &u, after).await;
            let late = [Some(PassedAlreadyPaid), Some(Passed)];
            match reads {
                "in time" => assert_eq!(came, [Some(Passed), Some(PassedAlreadyPaid)]),
                _ => assert_eq!(came, late),
            }
            if reads == "too late" {
                plans::acknowledge(&mut tx, &u.world.ines, &u.plan, after)
                    .await
                    .unwrap();
                assert_eq!(turns(&mut tx, &u, after).await, late);
            }
            assert_eq!(ledger::all_entries(&mut tx).await.unwrap().len(), 1);
            assert_eq!(differences(&mut tx).await, []);
        });
    }
}

/// Whose own plan is unread is not told to wait for somebody else.
#[test]
fn what_keeps_a_claim_waiting_is_said_as_it_is() {
    on_both(async |db| {
        let mut tx = db.write().await.unwrap();
        let u = read_by(&mut tx, false).await;
        let before = fates(&mut tx).await;
        assert_eq!(before, [Fate::WaitsForReading, Fate::WaitsForEarlier]);
        let after = u.ines.unread_since.unwrap() + rules().read_within + Micros::from_millis(1);
        turns(&mut tx, &u, after).await;
        assert_eq!(fates(&mut tx).await, [Fate::WaitsForReading; 2]);
    });
}

/// What became of all claims, by number.
async fn fates(tx: &mut Tx) -> Vec<Fate> {
    let all = extract::Wanted {
        whose: extract::Whose::All,
        from: None,
        before: None,
        after: None,
        limit: 9,
    };
    let found = extract::page(tx, &all).await.unwrap();
    found.into_iter().map(|claim| claim.fate).collect()
}

/// A claimant cannot leave their own first claim unread until a better plan earns.
#[test]
fn nobody_comes_to_another_plan_by_leaving_their_own_unread() {
    on_both(async |db| {
        let mut tx = db.write().await.unwrap();
        let world = world(&mut tx).await;
        next_plan(&mut tx, &world, &[], at("2026-11-05")).await;
        let number = "+494055501010";
        let lead = add_lead(&mut tx, &world, "L-1", number).await;
        let mut made = Vec::new();
        for (started, by) in [("2026-11-10", &world.marek), ("2026-11-12", &world.rosa)] {
            let now = at(started);
            let call = call(started, "201", number, Some("L-1"));
            let call = insert(&mut tx, &call).await;
            let then = now + Micros::from_secs(3_600);
            let claim = new_claim(&mut tx, &world, &lead, &call.id, &world.ines, then).await;
            made.push(passed(&mut tx, by, &claim, then).await);
            // The next claim is made under a plan that she has read.
            next_plan(&mut tx, &world, std::slice::from_ref(&world.ines), then).await;
        }
        let years = at("2028-01-01");
        for due in claims::turns_due(&mut tx, years).await.unwrap() {
            verdicts::take_turn(&mut tx, &due, &rules(), years)
                .await
                .unwrap();
        }
        for claim in made {
            let now = of_claim(&mut tx, &claim.id).await;
            assert_eq!(now.outcome, Some(ClaimOutcome::PassedWaiting));
        }
    });
}

/// A receiver of all that is told.
pub(super) async fn listener(tx: &mut Tx) {
    let all = NewReceiver {
        name: "all",
        url: "https://crm.example/hook",
        topics: None,
        client: None,
    };
    let master = Master::new([7; 32]);
    receivers::add(tx, &BY, &all, &master, at("2026-11-01"))
        .await
        .unwrap();
}

/// What was put of a topic: the bodies' data.
pub(super) async fn told(db: &Open, topic: &str) -> Vec<serde_json::Value> {
    let data = |body: String| {
        let body: serde_json::Value = serde_json::from_str(&body).unwrap();
        body["data"].clone()
    };
    let bodies = super::proof::messages(db, topic).await;
    bodies.into_iter().map(data).collect()
}

#[test]
fn a_campaign_ends_and_conversations_from_before_are_still_claimed_and_paid() {
    on_both(async |db| {
        let mut tx = db.write().await.unwrap();
        listener(&mut tx).await;
        let world = world(&mut tx).await;
        let number = "+494055501010";
        let lead = add_lead(&mut tx, &world, "L-1", number).await;
        let before = call("2026-11-10T10:00:00Z", "201", number, Some("L-1"));
        let before = insert(&mut tx, &before).await;
        let later = call("2026-11-12T10:00:00Z", "201", number, Some("L-1"));
        let later = insert(&mut tx, &later).await;
        let end = at("2026-11-11");
        let by = Actor::from(&world.max);
        leads::campaigns::close(&mut tx, &by, &world.campaign, end)
            .await
            .unwrap();
        let again = leads::campaigns::close(&mut tx, &by, &world.campaign, end).await;
        assert!(matches!(again, Err(StoreError::Conflict(_))));
        let wanted = |call| claiming::Wanted {
            lead: &lead,
            campaign: &world.campaign,
            person: &world.ines,
            calls: std::slice::from_ref(call),
            but: None,
        };
        let now = at("2026-11-13");
        let late = claiming::obstacle(&mut tx, &wanted(&later.id), now).await;
        assert_eq!(late.unwrap(), Some(claiming::Obstacle::CampaignOver));
        let claim = new_claim(&mut tx, &world, &lead, &before.id, &world.ines, now).await;
        let claim = passed(&mut tx, &world.marek, &claim, now).await;
        assert_eq!(claim.outcome, Some(ClaimOutcome::Passed));
        let of = leads::campaign(&mut tx, &world.campaign)
            .await
            .unwrap()
            .unwrap();
        let row = (LeadRow::default(), Vec::new());
        let taken = leads::importing::import(&mut tx, &BY, &of, &[row], 0, now).await;
        assert!(matches!(taken, Err(StoreError::Refused(_))));
        leads::campaigns::reopen(&mut tx, &by, &world.campaign, now)
            .await
            .unwrap();
        let reopened = claiming::obstacle(&mut tx, &wanted(&later.id), now).await;
        assert_ne!(reopened.unwrap(), Some(claiming::Obstacle::CampaignOver));
        let subject = format!("campaign:{}", world.campaign);
        let lines = log::actions(&mut tx, &subject).await.unwrap();
        assert_eq!(
            lines[lines.len() - 2..],
            ["campaign.closed", "campaign.reopened"]
        );
        tx.commit().await.unwrap();
        for topic in ["campaign.closed", "campaign.reopened"] {
            assert_eq!(told(&db, topic).await[0]["campaign"], &*world.campaign);
        }
    });
}

/// What waits for a plan to be read is not hidden by the campaign's end.
#[test]
fn a_plan_that_a_claim_waits_for_is_to_be_read_after_its_campaign_has_ended() {
    on_both(async |db| {
        let mut tx = db.write().await.unwrap();
        let u = unread(&mut tx).await;
        let now = at("2026-11-21");
        leads::campaigns::close(&mut tx, &BY, &u.world.campaign, now)
            .await
            .unwrap();
        let to_read = plans::unread(&mut tx, &u.world.ines, now).await.unwrap();
        assert_eq!(to_read, [u.plan]);
        let read = plans::unread(&mut tx, &u.world.tom, now).await.unwrap();
        assert!(read.is_empty());
    });
}

#[test]
fn nobody_whose_pay_hangs_on_leads_ends_a_campaign_or_a_plan() {
    on_both(async |db| {
        let mut tx = db.write().await.unwrap();
        let world = world(&mut tx).await;
        let pipeline = manager(&mut tx, &world, "petra").await;
        let plan = plans::in_force(&mut tx, &world.campaign, at("2026-11-05")).await;
        let version = plans::version(&mut tx, &plan.unwrap().unwrap().id).await;
        let (version, now) = (version.unwrap().unwrap(), at("2026-11-10"));
        tx.commit().await.unwrap();
        execute(
            &db,
            "UPDATE people SET pay_basis = 'pipeline' WHERE login = 'petra'",
        )
        .await
        .unwrap();
        let mut tx = db.write().await.unwrap();
        let by = Actor::from(&pipeline);
        let closed = leads::campaigns::close(&mut tx, &by, &world.campaign, now).await;
        assert!(matches!(closed, Err(StoreError::Interest(_))));
        let ended = plans::end(&mut tx, &pipeline, &version, None, now).await;
        assert!(matches!(ended, Err(StoreError::Interest(_))));
    });
}

#[test]
fn a_plan_ends_and_claims_made_after_wait_for_another() {
    on_both(async |db| {
        let mut tx = db.write().await.unwrap();
        listener(&mut tx).await;
        let world = world(&mut tx).await;
        let kept = claim_on_own_lead(&mut tx, &world, 1, at("2026-11-11")).await;
        let now = at("2026-11-12");
        let plan = plans::in_force(&mut tx, &world.campaign, now)
            .await
            .unwrap();
        let version = plans::version(&mut tx, &plan.unwrap().id).await.unwrap();
        let version = version.unwrap();
        let yesterday = Some(at("2026-11-11"));
        let past = plans::end(&mut tx, &world.max, &version, yesterday, now).await;
        assert!(matches!(past, Err(StoreError::Refused(_))));
        let end = at("2026-11-13");
        plans::end(&mut tx, &world.max, &version, Some(end), now)
            .await
            .unwrap();
        let twice = plans::end(&mut tx, &world.max, &version, Some(end), now).await;
        assert!(matches!(twice, Err(StoreError::Conflict(_))));
        let late = claim_on_own_lead(&mut tx, &world, 2, at("2026-11-14")).await;
        let (kept, late) = (
            passed(&mut tx, &world.marek, &kept, at("2026-11-15")).await,
            passed(&mut tx, &world.marek, &late, at("2026-11-16")).await,
        );
        let came = |c: &claims::Claim| (c.outcome, c.plan_id.clone());
        assert_eq!(
            came(&kept),
            (Some(ClaimOutcome::Passed), Some(version.id.clone()))
        );
        assert_eq!(came(&late), (Some(ClaimOutcome::PassedWaiting), None));
        let then = at("2026-11-17");
        next_plan(&mut tx, &world, std::slice::from_ref(&world.ines), then).await;
        for due in claims::turns_due(&mut tx, then).await.unwrap() {
            verdicts::take_turn(&mut tx, &due, &rules(), then)
                .await
                .unwrap();
        }
        let amounts = ledger::all_entries(&mut tx).await.unwrap();
        let amounts: Vec<i64> = amounts.iter().map(|e| e.amount_minor).collect();
        assert_eq!(amounts, [4000, 4500]);
        assert_eq!(differences(&mut tx).await, []);
        tx.commit().await.unwrap();
        assert_eq!(told(&db, "plan.ended").await[0]["plan"], &*version.id);
        for wrong in [
            "UPDATE plan_ends SET at = at + 1",
            "DELETE FROM plan_ends",
            "INSERT INTO plan_ends (plan_id, at, ended_by, ended_at) SELECT id, 1, approved_by, 2 \
             FROM plans WHERE id NOT IN (SELECT plan_id FROM plan_ends)",
            "UPDATE claims SET unread_since = 1 WHERE outcome = 'passed'",
            "UPDATE campaigns SET closed_by = 'shell'",
        ] {
            assert!(execute(&db, wrong).await.is_err(), "{wrong}");
        }
    });
}

/// Whoever has the database keeps others from being paid by an end that nobody set.
#[test]
fn an_end_that_the_log_does_not_tell_of_is_named() {
    on_both(async |db| {
        let mut tx = db.write().await.unwrap();
        let world = world(&mut tx).await;
        let (by, now) = (Actor::from(&world.max), at("2026-11-12"));
        let plan = plans::in_force(&mut tx, &world.campaign, now).await;
        let version = plans::version(&mut tx, &plan.unwrap().unwrap().id).await;
        let version = version.unwrap().unwrap();
        leads::campaigns::close(&mut tx, &by, &world.campaign, now)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let named = async || {
            let mut found = proof::findings(&db, &[]).await;
            found.retain(|f| f.contains("the end of"));
            found
        };
        assert_eq!(named().await, Vec::<String>::new());
        let changed = "is not the one that the log tells of";
        let campaign = format!("the end of campaign:{}", world.campaign);
        for (wrong, finding) in [
            (
                "UPDATE campaigns SET closed_at = closed_at - 1000000",
                changed,
            ),
            (
                "UPDATE campaigns SET closed_at = NULL, closed_by = NULL",
                "was taken away",
            ),
        ] {
            execute(&db, wrong).await.unwrap();
            assert_eq!(named().await, [format!("{campaign} {finding}")]);
        }
        let planted = "INSERT INTO plan_ends (plan_id, at, ended_by, ended_at) SELECT id, 9, \
                       approved_by, 8 FROM plans";
        execute(&db, planted).await.unwrap();
        let plan = format!("the end of plan:{} {changed}", version.id);
        assert_eq!(named().await, [plan, format!("{campaign} was taken away")]);
    });
}

#[test]
fn questions_and_hand_overs_are_told_to_receivers_without_their_words() {
    on_both(async |db| {
        let mut tx = db.write().await.unwrap();
        listener(&mut tx).await;
        let world = world(&mut tx).await;
        let now = at("2026-11-15");
        let claim = claim_on_own_lead(&mut tx, &world, 1, at("2026-11-11")).await;
        passed(&mut tx, &world.marek, &claim, at("2026-11-14")).await;
        let clock = Answering {
            zone: &Zone::utc(),
            within_days: 3,
        };
        let new = NewQuestion {
            subject: questions::Subject::Claim(&claim),
            about: About::WrongPlan,
            text: "Which plan was it?",
        };
        let id = questions::ask(&mut tx, &world.ines, &new, &clock, now)
            .await
            .unwrap();
        questions::answer(&mut tx, &world.max, &id, "The first.", now)
            .await
            .unwrap();
        questions::follow_up(&mut tx, &world.ines, &id, "Why?", &clock, now)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let asked = told(&db, "question.asked").await;
        let answered = told(&db, "question.answered").await;
        assert_eq!((asked.len(), answered.len()), (2, 1));
        assert_eq!(
            (
                &asked[0]["question"],
                &asked[0]["claim"],
                &asked[0]["about"]
            ),
            (
                &id.as_str().into(),
                &claim.as_str().into(),
                &"wrong_plan".into()
            )
        );
        assert!(answered[0]["answered_at"].is_string() && asked[1]["answered_at"].is_null());
        let handed = told(&db, "lead.handed_over").await;
        assert_eq!(handed[0]["claim"], &*claim);
        let all = format!("{asked:?}{answered:?}{handed:?}");
        for word in ["Which plan", "The first", "Company", "Why?"] {
            assert!(!all.contains(word), "{word}");
        }
    });
}

#[test]
fn what_a_close_waits_for_is_named_with_the_money_that_hangs_on_it() {
    on_both(async |db| {
        let mut tx = db.write().await.unwrap();
        let u = unread(&mut tx).await;
        let open = claim_on_own_lead(&mut tx, &u.world, 3, at("2026-11-12")).await;
        let end = at("2026-12-01");
        let of = (end, &u.world.max);
        let found = unsettled::page(&mut tx, of, 0, 9).await.unwrap();
        let said = |c: &unsettled::Unsettled| (c.number, c.why.clone(), c.unread_since);
        let euro = |minor| Some(Money::new(minor, "EUR"));
        let expected = [
            (
                u.ines.number,
                vec![OpenReason::WaitsForReading],
                u.ines.unread_since,
            ),
            (u.tom.number, vec![OpenReason::WaitsForEarlier], None),
            (
                of_claim(&mut tx, &open).await.number,
                vec![OpenReason::Undecided],
                None,
            ),
        ];
        assert_eq!(found.iter().map(said).collect::<Vec<_>>(), expected);
        assert!(found.iter().all(|c| c.at_stake == euro(4500)));
        assert_eq!(found[0].person.reveal(), "ines");
        let stake = unsettled::at_stake(&mut tx, end, &u.world.max).await;
        assert_eq!(stake.unwrap(), [Money::new(3 * 4500, "EUR")]);
        let second = unsettled::page(&mut tx, of, found[0].number, 1).await;
        assert_eq!(second.unwrap(), found[1..2], "the next page");
        let before = (at("2026-11-12"), &u.world.max);
        assert!(
            unsettled::page(&mut tx, before, 0, 9)
                .await
                .unwrap()
                .is_empty()
        );
        // Who looks after another client sees nothing of it.
        let new = NewPerson {
            login: "cara",
            name: "cara",
            role: Role::Manager,
            pay_basis: PayBasis::Fixed,
            password_hash: "x",
            clients: std::slice::from_ref(&u.world.calder),
        };
        let cara = people::add(&mut tx, &BY, &new, end).await.unwrap();
        assert!(
            unsettled::page(&mut tx, (end, &cara), 0, 9)
                .await
                .unwrap()
                .is_empty()
        );
        assert!(
            unsettled::at_stake(&mut tx, end, &cara)
                .await
                .unwrap()
                .is_empty()
        );
        let own = claims::open_of_person(&mut tx, &u.world.ines, Some(&u.world.max)).await;
        assert_eq!(own.unwrap().waiting, 1);
        let after = u.ines.unread_since.unwrap() + rules().read_within + Micros::from_millis(1);
        turns(&mut tx, &u, after).await;
        let seen = async |tx: &mut Tx, viewer: &PersonId| {
            let found = ledger::seen_of_person(tx, &u.world.tom, Some(viewer)).await;
            found.unwrap().len()
        };
        assert_eq!(seen(&mut tx, &u.world.max).await, 1);
        assert_eq!(seen(&mut tx, &cara).await, 0, "another client's entries");
        let hers = claims::open_of_person(&mut tx, &u.world.ines, Some(&cara)).await;
        assert_eq!(hers.unwrap(), claims::OwnOpen::default());
    });
}

#[test]
fn rulings_come_page_by_page_and_what_waits_for_a_second_person_first() {
    on_both(async |db| {
        let mut tx = db.write().await.unwrap();
        let world = world(&mut tx).await;
        let petra = manager(&mut tx, &world, "petra").await;
        let mut made = Vec::new();
        for n in 1..4 {
            let now = at("2026-11-12") + Micros::from_secs(i64::from(n) * 3_600);
            let claim = claim_on_own_lead(&mut tx, &world, n, now).await;
            let claim = passed(&mut tx, &world.marek, &claim, now).await;
            let then = now + Micros::from_secs(60);
            let said = rulings::accuse(&mut tx, &world.max, &claim, "no such talk", then).await;
            made.push(said.unwrap());
        }
        let now = at("2026-11-14");
        for ruling in &made[..2] {
            rulings::confirm(&mut tx, &petra, ruling, &Zone::utc(), now)
                .await
                .unwrap();
        }
        let ids = |found: Vec<rulings::Ruling>| -> Vec<RulingId> {
            found.into_iter().map(|r| r.id).collect()
        };
        let waiting = rulings::alleged(&mut tx, &world.max).await.unwrap();
        assert_eq!(ids(waiting), made[2..]);
        let first = rulings::of_clients(&mut tx, &world.max, None, 1).await;
        assert_eq!(ids(first.unwrap()), made[1..2], "the newest first");
        let before = Some(&made[1]);
        let second = rulings::of_clients(&mut tx, &world.max, before, 9).await;
        assert_eq!(ids(second.unwrap()), made[..1], "the next page");
    });
}
