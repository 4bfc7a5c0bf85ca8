//! A split on both databases: whoever opened a lead has their share beside the claimant's part, taken
//! from the wire, frozen at the claim and booked with the verdict (PRODUCT M1, I3, I1).

use super::steps::broken_at_each_write;
use super::*;
use assay::commission::{Part, Split};
use assay::media::speech::SpeechSpan;

/// Lines of people whom only these stories know.
const ANA: &str = "202";
const EVA: &str = "203";

/// A world in which a plan shares what a lead earns.
pub(super) struct Shared {
    pub world: World,
    pub ana: PersonId,
    pub eva: PersonId,
}

pub(super) fn split_of(opener_percent: i64) -> Terms {
    Terms {
        split: Some(Split::of(opener_percent)),
        ..Terms::default()
    }
}

/// A telemarketer with a line.
pub(super) async fn telemarketer(tx: &mut Tx, world: &World, login: &str, line: &str) -> PersonId {
    let new = NewPerson {
        login,
        name: login,
        role: Role::Telemarketer,
        pay_basis: PayBasis::Commission,
        password_hash: "x",
        clients: std::slice::from_ref(&world.northlight),
    };
    let now = at("2026-11-01");
    let person = people::add(tx, &BY, &new, now).await.unwrap();
    give_line(tx, line, &person, &world.northlight, now, None).await;
    person
}

/// €40.01 for a passed lead; Eva has read every plan, and Ana where `ana_reads`.
pub(super) async fn shared(tx: &mut Tx, terms: &Terms, ana_reads: bool) -> Shared {
    let world = world(tx).await;
    let ana = telemarketer(tx, &world, "ana", ANA).await;
    let eva = telemarketer(tx, &world, "eva", EVA).await;
    let plan = NewPlan {
        campaign: &world.campaign,
        amount: &Money::new(4001, "EUR"),
        terms,
        payable_after_days: 14,
        from: None,
    };
    let mut readers = vec![world.ines.clone(), world.tom.clone(), eva.clone()];
    readers.extend(ana_reads.then(|| ana.clone()));
    approve(tx, &world.max, &readers, &plan, at("2026-11-02")).await;
    Shared { world, ana, eva }
}

/// An answered call of two minutes in which both sides speak for half of `seconds`.
pub(super) fn talk(started: &str, line: &str, number: &str, seconds: u32) -> SealedCall {
    let mut made = call(started, line, number, None);
    made.facts.ended_at = Some(at(started) + Micros::from_secs(120));
    let lane = |side, from_ms: u32| SealedLane {
        side,
        stats: LaneStats::default(),
        speech: vec![SpeechSpan {
            from_ms,
            to_ms: from_ms + seconds * 500,
        }],
    };
    made.lanes = vec![lane(Side::Caller, 0), lane(Side::Callee, 60_000)];
    made
}

fn number(n: u32) -> String {
    format!("+4940555030{n:02}")
}

/// A lead with the conversations that were had on it before, by line, day and seconds of talk; and
/// Ines's claim on it.
pub(super) async fn claimed(
    tx: &mut Tx,
    world: &World,
    n: u32,
    before: &[(&str, &str, u32)],
    now: WallTime,
) -> ClaimId {
    let (id, number) = (format!("S-{n}"), number(n));
    let lead = add_lead(tx, world, &id, &number).await;
    for (line, started, seconds) in before {
        let found = insert(tx, &talk(started, line, &number, *seconds)).await;
        assert_eq!(found.lead_id.as_ref(), Some(&lead), "found by its number");
    }
    let own = format!("2026-11-10T11:{n:02}:00Z");
    let found = insert(tx, &call(&own, "201", &number, Some(&id))).await;
    new_claim(tx, world, &lead, &found.id, &world.ines, now).await
}

pub(super) const OPENED: &[(&str, &str, u32)] = &[(ANA, "2026-11-03T09:00:00Z", 60)];

pub(super) async fn passes(tx: &mut Tx, world: &World, claim: &ClaimId, now: WallTime) -> WallTime {
    let v = verdict(tx, world, claim, true, now).await;
    let end = v.hold_until;
    verdicts::make_final(tx, &v.id, &rules(), end)
        .await
        .unwrap();
    end
}

pub(super) async fn of_claim(tx: &mut Tx, claim: &ClaimId) -> claims::Claim {
    claims::by_id(tx, claim).await.unwrap().unwrap()
}

async fn fraud(tx: &mut Tx, world: &World, claim: &ClaimId, now: WallTime) {
    let vera = manager(tx, world, "vera").await;
    let claim = of_claim(tx, claim).await;
    let said = rulings::accuse(tx, &world.max, &claim, "no such talk", now).await;
    rulings::confirm(tx, &vera, &said.unwrap(), &Zone::utc(), now)
        .await
        .unwrap();
}

/// Payee, part and minor units of all entries, oldest first.
async fn booked(tx: &mut Tx) -> Vec<(String, Part, i64)> {
    let all = ledger::all_entries(tx).await.unwrap();
    let said = all.into_iter();
    said.map(|e| (e.payee.into_inner(), e.part, e.amount_minor))
        .collect()
}

fn entry(payee: &str, part: Part, minor: i64) -> (String, Part, i64) {
    (payee.to_owned(), part, minor)
}

#[test]
fn both_parts_are_booked_to_the_cent_and_taken_back_together() {
    on_both(async |db| {
        let mut tx = db.write().await.unwrap();
        let s = shared(&mut tx, &split_of(30), true).await;
        let now = at("2026-11-12");
        let claim = claimed(&mut tx, &s.world, 1, OPENED, now).await;
        let made = of_claim(&mut tx, &claim).await;
        assert_eq!(made.opener_id.as_ref(), Some(&s.ana));
        assert_eq!(made.opened_at, Some(at("2026-11-03T09:00:00Z")));
        // A call that was had before and found later, another plan: the claim stays what it was.
        let earlier = talk("2026-11-02T08:00:00Z", EVA, &number(1), 60);
        insert(&mut tx, &earlier).await;
        let plan = NewPlan {
            campaign: &s.world.campaign,
            amount: &Money::new(9000, "EUR"),
            terms: &split_of(99),
            payable_after_days: 14,
            from: None,
        };
        let readers = [s.world.ines.clone(), s.world.tom.clone(), s.eva.clone()];
        let later = now + Micros::from_secs(1);
        approve(&mut tx, &s.world.max, &readers, &plan, later).await;
        let end = passes(&mut tx, &s.world, &claim, later).await;
        let (whole, opener) = (Part::Claimant, Part::Opener);
        let expected = [entry("ines", whole, 2801), entry("ana", opener, 1200)];
        assert_eq!(booked(&mut tx).await, expected);
        let all = ledger::all_entries(&mut tx).await.unwrap();
        let v = verdicts::of_claim(&mut tx, &claim).await.unwrap().unwrap();
        assert_eq!(all[0].id, v.entry_id);
        assert_eq!(all[1].id, ledger::opener_entry(&v.entry_id));
        assert_eq!(all[0].payable_at, all[1].payable_at);
        let own = ledger::of_verdict(&mut tx, &v.id).await.unwrap().unwrap();
        assert_eq!(own.amount_minor, 2801, "the claimant sees the own part");
        // Looked at again it books nothing more.
        assert!(
            !verdicts::take_opener_turn(&mut tx, &claim, &rules(), end)
                .await
                .unwrap()
        );
        assert_eq!(differences(&mut tx).await, []);
        fraud(&mut tx, &s.world, &claim, end + Micros::from_secs(1)).await;
        let back = [entry("ana", opener, -1200), entry("ines", whole, -2801)];
        assert_eq!(booked(&mut tx).await[2..], back);
        assert_eq!(differences(&mut tx).await, []);
        // The lead earns again, and whoever opened it by what is known then has their share.
        let lead = of_claim(&mut tx, &claim).await.lead_id;
        let made = call("2026-11-16T09:00:00Z", "201", &number(1), Some("S-1"));
        let made = insert(&mut tx, &made).await;
        let now = at("2026-11-17");
        let next = new_claim(&mut tx, &s.world, &lead, &made.id, &s.world.tom, now).await;
        assert_eq!(
            of_claim(&mut tx, &next).await.opener_id.as_ref(),
            Some(&s.eva)
        );
        // Marek has judged the lead before.
        let v = verdict_by(&mut tx, &s.world.rosa, &next, true, now).await;
        verdicts::make_final(&mut tx, &v.id, &rules(), v.hold_until)
            .await
            .unwrap();
        let again = [entry("tom", whole, 90), entry("eva", opener, 8910)];
        assert_eq!(booked(&mut tx).await[4..], again);
        assert_eq!(differences(&mut tx).await, []);
        tx.commit().await.unwrap();
    });
}

#[test]
fn an_opener_who_has_not_read_the_plan_waits_alone() {
    on_both(async |db| {
        let mut tx = db.write().await.unwrap();
        let s = shared(&mut tx, &split_of(30), false).await;
        let now = at("2026-11-12");
        let first = claimed(&mut tx, &s.world, 1, OPENED, now).await;
        let second = claimed(&mut tx, &s.world, 2, OPENED, now).await;
        let mut end = passes(&mut tx, &s.world, &first, now).await;
        passes(&mut tx, &s.world, &second, now).await;
        let alone = [
            entry("ines", Part::Claimant, 2801),
            entry("ines", Part::Claimant, 2801),
        ];
        assert_eq!(booked(&mut tx).await, alone);
        let claim = of_claim(&mut tx, &first).await;
        assert_eq!(claim.outcome, Some(ClaimOutcome::Passed));
        let plan = claim.plan_id.unwrap();
        let unread = plans::unread(&mut tx, &s.ana, end).await.unwrap();
        assert_eq!(unread, std::slice::from_ref(&plan));
        // One of the two is taken back before she reads it: nothing is ever booked of it.
        fraud(&mut tx, &s.world, &second, end + Micros::from_secs(1)).await;
        tx.commit().await.unwrap();
        end = end + Micros::from_secs(60);
        let mut holds = Holds::default();
        assert_eq!(holds.once(&db, &rules(), end).await.unwrap().trouble, None);
        let mut tx = db.write().await.unwrap();
        assert_eq!(booked(&mut tx).await.len(), 3);
        plans::acknowledge(&mut tx, &s.ana, &plan, end)
            .await
            .unwrap();
        assert_eq!(
            booked(&mut tx).await.len(),
            3,
            "its turn comes with the next pass"
        );
        tx.commit().await.unwrap();
        for _ in 0..2 {
            assert_eq!(holds.once(&db, &rules(), end).await.unwrap().trouble, None);
        }
        let mut tx = db.read().await.unwrap();
        let all = booked(&mut tx).await;
        assert_eq!(all[3..], [entry("ana", Part::Opener, 1200)]);
        assert_eq!(differences(&mut tx).await, []);
    });
}

#[test]
fn each_part_has_its_payee_s_own_cap_and_shares_are_no_leads_of_the_opener() {
    on_both(async |db| {
        let mut tx = db.write().await.unwrap();
        let terms = Terms {
            tiers: vec![Tier {
                from_lead: 2,
                amount_minor: 5001,
            }],
            cap_minor: Some(5000),
            ..split_of(30)
        };
        let s = shared(&mut tx, &terms, true).await;
        let now = at("2026-11-12");
        for n in 1..4 {
            let claim = claimed(&mut tx, &s.world, n, OPENED, now).await;
            passes(&mut tx, &s.world, &claim, now).await;
        }
        // Ana's own lead, which nobody shares.
        let lead = add_lead(&mut tx, &s.world, "S-9", &number(9)).await;
        let made = call("2026-11-04T10:00:00Z", ANA, &number(9), Some("S-9"));
        let made = insert(&mut tx, &made).await;
        let own = new_claim(&mut tx, &s.world, &lead, &made.id, &s.ana, now).await;
        passes(&mut tx, &s.world, &own, now).await;
        let all = ledger::all_entries(&mut tx).await.unwrap();
        let said: Vec<_> = all
            .iter()
            .map(|e| {
                let before = (e.leads_before.unwrap(), e.minor_before.unwrap());
                (e.payee.reveal().as_str(), e.part, e.amount_minor, before)
            })
            .collect();
        let expected = [
            ("ines", Part::Claimant, 2801, (0, 0)),
            ("ana", Part::Opener, 1200, (0, 0)),
            ("ines", Part::Claimant, 2199, (1, 2801)),
            ("ana", Part::Opener, 1500, (1, 1200)),
            ("ines", Part::Claimant, 0, (2, 5000)),
            // Where the rate begins, and not how many leads Ines has.
            ("ana", Part::Opener, 1500, (1, 2700)),
            ("ana", Part::Whole, 800, (0, 4200)),
        ];
        assert_eq!(said, expected);
        assert_eq!(differences(&mut tx).await, []);
        tx.commit().await.unwrap();
    });
}

#[test]
fn who_opened_a_lead_is_what_the_wire_says_when_it_is_claimed() {
    on_both(async |db| {
        let mut tx = db.write().await.unwrap();
        let s = shared(&mut tx, &split_of(30), true).await;
        let now = at("2026-11-12");
        let short = [
            (ANA, "2026-11-03T09:00:00Z", 2),
            (EVA, "2026-11-04T09:00:00Z", 60),
        ];
        let claim = claimed(&mut tx, &s.world, 1, &short, now).await;
        let opened = of_claim(&mut tx, &claim).await;
        assert_eq!(
            opened.opener_id.as_ref(),
            Some(&s.eva),
            "two seconds open nothing"
        );
        // That call's lead is settled with the claim.
        let call = opened.opener_call_id.unwrap();
        let other = add_lead(&mut tx, &s.world, "S-8", &number(8)).await;
        let moved = calls::set_lead(&mut tx, &s.eva, &call, &other, now).await;
        assert!(matches!(moved, Err(StoreError::Conflict(_))), "{moved:?}");
        // Said by hand, a call opens nothing.
        let stray = talk("2026-11-05T09:00:00Z", EVA, "+494055509999", 60);
        let stray = insert(&mut tx, &stray).await;
        calls::set_lead(&mut tx, &s.eva, &stray.id, &other, now)
            .await
            .unwrap();
        let made = super::call("2026-11-10T12:00:00Z", "201", &number(8), Some("S-8"));
        let made = insert(&mut tx, &made).await;
        let own = new_claim(&mut tx, &s.world, &other, &made.id, &s.world.ines, now).await;
        assert_eq!(of_claim(&mut tx, &own).await.opener_id, None);
        // One's own lead is shared with nobody, whoever called later.
        let mine = [
            ("201", "2026-11-03T09:00:00Z", 60),
            (ANA, "2026-11-04T09:00:00Z", 60),
        ];
        let claim = claimed(&mut tx, &s.world, 2, &mine, now).await;
        assert_eq!(of_claim(&mut tx, &claim).await.opener_id, None);
        let end = passes(&mut tx, &s.world, &claim, now).await;
        assert_eq!(booked(&mut tx).await, [entry("ines", Part::Whole, 4001)]);
        // Of leads that were ruled to be one, a call on either opens both.
        let first = claimed(&mut tx, &s.world, 3, OPENED, end).await;
        let twin = add_lead(&mut tx, &s.world, "S-33", &number(3)).await;
        let own = super::call("2026-11-11T13:00:00Z", "201", &number(3), Some("S-33"));
        let own = insert(&mut tx, &own).await;
        let later = end + Micros::from_secs(1);
        let second = new_claim(&mut tx, &s.world, &twin, &own.id, &s.world.ines, later).await;
        assert_eq!(of_claim(&mut tx, &second).await.opener_id, None);
        passes(&mut tx, &s.world, &first, later).await;
        let pair = (&second, &first);
        let ruling = (RulingKind::Duplicate, "the same buyer");
        rulings::rule_on_pair(&mut tx, &s.world.max, pair, ruling, &Zone::utc(), later)
            .await
            .unwrap();
        let row = of_claim(&mut tx, &second).await;
        claiming::withdraw(&mut tx, &row, later).await.unwrap();
        let now = at("2026-11-18");
        let made = super::call("2026-11-17T13:00:00Z", "201", &number(3), Some("S-33"));
        let made = insert(&mut tx, &made).await;
        let third = new_claim(&mut tx, &s.world, &twin, &made.id, &s.world.tom, now).await;
        assert_eq!(
            of_claim(&mut tx, &third).await.opener_id.as_ref(),
            Some(&s.ana)
        );
        passes(&mut tx, &s.world, &third, now).await;
        let outcome = of_claim(&mut tx, &third).await.outcome;
        assert_eq!(outcome, Some(ClaimOutcome::PassedAlreadyPaid));
        tx.commit().await.unwrap();
    });
}

#[test]
fn a_duplicate_takes_both_parts_back() {
    on_both(async |db| {
        let mut tx = db.write().await.unwrap();
        let s = shared(&mut tx, &split_of(50), true).await;
        let now = at("2026-11-12");
        let first = claimed(&mut tx, &s.world, 1, OPENED, now).await;
        let twin = add_lead(&mut tx, &s.world, "S-11", &number(1)).await;
        let opened = talk("2026-11-04T09:00:00Z", EVA, &number(1), 60);
        let mut opened = opened;
        opened
            .facts
            .headers
            .insert("X-Lead-Id".into(), "S-11".to_owned().into());
        insert(&mut tx, &opened).await;
        let own = call("2026-11-11T13:00:00Z", "201", &number(1), Some("S-11"));
        let own = insert(&mut tx, &own).await;
        let later = now + Micros::from_secs(1);
        let second = new_claim(&mut tx, &s.world, &twin, &own.id, &s.world.ines, later).await;
        passes(&mut tx, &s.world, &first, later).await;
        let end = passes(&mut tx, &s.world, &second, later).await + Micros::from_secs(1);
        let ruling = (RulingKind::Duplicate, "the same buyer");
        let pair = (&second, &first);
        rulings::rule_on_pair(&mut tx, &s.world.max, pair, ruling, &Zone::utc(), end)
            .await
            .unwrap();
        let expected = [
            entry("ines", Part::Claimant, 2001),
            entry("ana", Part::Opener, 2000),
            entry("ines", Part::Claimant, 2001),
            entry("eva", Part::Opener, 2000),
            entry("eva", Part::Opener, -2000),
            entry("ines", Part::Claimant, -2001),
        ];
        assert_eq!(booked(&mut tx).await, expected);
        assert_eq!(differences(&mut tx).await, []);
        tx.commit().await.unwrap();
    });
}

#[test]
fn parts_break_off_together() {
    on_both(async |open| {
        let mut tx = open.write().await.unwrap();
        let s = shared(&mut tx, &split_of(30), true).await;
        let now = at("2026-11-12");
        let claim = claimed(&mut tx, &s.world, 1, OPENED, now).await;
        let v = verdict(&mut tx, &s.world, &claim, true, now).await;
        tx.commit().await.unwrap();
        let end = v.hold_until;
        let booking = broken_at_each_write(&open, async |tx| {
            verdicts::make_final(tx, &v.id, &rules(), end)
                .await
                .map(drop)
        })
        .await;
        let mut tx = open.write().await.unwrap();
        let vera = manager(&mut tx, &s.world, "vera").await;
        let row = of_claim(&mut tx, &claim).await;
        let said = rulings::accuse(&mut tx, &s.world.max, &row, "n", end).await;
        let said = said.unwrap();
        tx.commit().await.unwrap();
        let reversing = broken_at_each_write(&open, async |tx| {
            let later = end + Micros::from_secs(1);
            rulings::confirm(tx, &vera, &said, &Zone::utc(), later).await
        })
        .await;
        assert!(booking >= 6 && reversing >= 5, "{booking} {reversing}");
        let mut tx = open.read().await.unwrap();
        let minor: Vec<i64> = booked(&mut tx).await.into_iter().map(|e| e.2).collect();
        assert_eq!(minor, [2801, 1200, -1200, -2801]);
        assert_eq!(differences(&mut tx).await, []);
    });
}
