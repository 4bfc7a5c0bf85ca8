//! Leads on SQLite and PostgreSQL: what the wire says of them, what is said of them, and lists.

mod common;
#[path = "leads/imports.rs"]
mod imports;
#[path = "leads/neighbours.rs"]
mod neighbours;
#[allow(dead_code, reason = "made for the payroll; a part of it is used here")]
#[path = "payroll/world.rs"]
mod world;

use assay::archive::SealedCall;
use assay::call::{Direction, Outcome};
use assay::leads::import::LeadRow;
use assay::leads::{BuyerStage, Disposition, LeadDisposition, NewSource, Numbers, Stage};
use assay::review::checklist::BANT;
use assay::store::calls::NewDisposition;
use assay::store::leads::lists::{self, Listed, View, Wanted};
use assay::store::leads::saying::{self, NewWord};
use assay::store::leads::{Lead, importing, merges, sources, stages};
use assay::store::review::checklists;
use assay::store::{StoreError, Tx, calls, leads, log};
use assay::units::{CallId, CampaignId, ClientId, LeadId, Micros, WallTime};
use world::{BY, World, at, on_both, sealed, world};

const HOUR: Micros = Micros::from_secs(3600);

fn row(nth: u32, source: &str, number: &str) -> (LeadRow, Vec<(String, String)>) {
    let row = LeadRow {
        id: format!("L-{nth}"),
        company: format!("Company {nth}"),
        source: source.to_owned(),
        ..LeadRow::default()
    };
    (row, vec![(number.to_owned(), number.to_owned())])
}

async fn import(
    tx: &mut Tx,
    campaign: &CampaignId,
    rows: &[(LeadRow, Vec<(String, String)>)],
    now: WallTime,
) {
    let campaign = leads::campaign(tx, campaign).await.unwrap().unwrap();
    importing::import(tx, &BY, &campaign, rows, 0, now)
        .await
        .unwrap();
}

async fn named(tx: &mut Tx, campaign: &CampaignId, external: &str) -> Lead {
    leads::in_campaign(tx, campaign, external)
        .await
        .unwrap()
        .unwrap()
}

/// A call of Ines to a number that lasted so many seconds; none: nobody answered.
fn call(started: WallTime, number: &str, seconds: Option<i64>) -> SealedCall {
    let mut call = sealed(started, "201", number);
    let end = started + Micros::from_secs(seconds.unwrap_or(20));
    call.facts.ended_at = Some(end);
    call.facts.direction = Some(Direction::Outbound);
    if seconds.is_none() {
        call.facts.answered_at = None;
        call.facts.outcome = Outcome::NoAnswer;
        call.recording = None;
    }
    call
}

async fn seal(tx: &mut Tx, call: &SealedCall) -> CallId {
    let numbers = Numbers::new("DE", "").unwrap();
    let end = call.facts.ended_at.unwrap();
    calls::insert(tx, std::slice::from_ref(call), &numbers, end)
        .await
        .unwrap();
    CallId::from(call.facts.id.to_string())
}

fn word(kind: LeadDisposition, at: Option<WallTime>) -> NewWord<'static> {
    NewWord {
        kind,
        at,
        with: Some("A. Vance"),
    }
}

async fn steps(tx: &mut Tx, lead: &LeadId) -> Vec<Stage> {
    let all = stages::of_lead(tx, lead).await.unwrap();
    all.into_iter().filter_map(|s| s.stage).collect()
}

#[test]
fn attempts_and_contacts_are_the_wires_and_follow_a_call_to_another_lead() {
    on_both(async |db| {
        let mut tx = db.write().await.unwrap();
        let w = world(&mut tx).await;
        let t = at("2026-11-02T09:00:00Z");
        let (a, b) = ("+494055501010", "+494055501020");
        let rows = [row(1, "website request", a), row(2, "webinar", b)];
        import(&mut tx, &w.euro, &rows, t).await;
        let first = named(&mut tx, &w.euro, "L-1").await;
        assert_eq!(
            (first.due_at, first.stage),
            (t + Micros(12 * HOUR.0), Stage::Suspect)
        );
        // Rang, and nobody answered.
        seal(&mut tx, &call(t + HOUR, a, None)).await;
        // Answered, and too short for a conversation.
        seal(&mut tx, &call(t + Micros(2 * HOUR.0), a, Some(29))).await;
        let lead = named(&mut tx, &w.euro, "L-1").await;
        assert_eq!(
            (lead.attempts, lead.first_attempt_at, lead.first_contact_at),
            (2, Some(t + HOUR), None)
        );
        let long = seal(&mut tx, &call(t + Micros(3 * HOUR.0), a, Some(30))).await;
        let lead = named(&mut tx, &w.euro, "L-1").await;
        assert_eq!(
            (lead.first_contact_at, lead.stage),
            (Some(t + Micros(3 * HOUR.0)), Stage::Contacted)
        );
        // It was the voicemail that talked for so long.
        let said = |kind| NewDisposition {
            kind,
            appointment_at: None,
            appointment_with: None,
        };
        let ines = (&w.ines).into();
        let (kind, later) = (said(Disposition::Voicemail), t + Micros(4 * HOUR.0));
        calls::set_disposition(&mut tx, &ines, &long, &kind, later)
            .await
            .unwrap();
        let lead = named(&mut tx, &w.euro, "L-1").await;
        assert_eq!((lead.attempts, lead.first_contact_at), (3, None));
        assert_eq!(
            steps(&mut tx, &lead.id).await,
            [Stage::Suspect, Stage::Contacted, Stage::Suspect]
        );
        // It was talked to, and it was the other lead.
        let kind = said(Disposition::Conversation);
        calls::set_disposition(&mut tx, &ines, &long, &kind, later)
            .await
            .unwrap();
        let other = named(&mut tx, &w.euro, "L-2").await;
        calls::set_lead(&mut tx, &w.ines, &long, &other.id, later)
            .await
            .unwrap();
        let (lead, other) = (
            named(&mut tx, &w.euro, "L-1").await,
            named(&mut tx, &w.euro, "L-2").await,
        );
        assert_eq!(
            (lead.attempts, lead.first_contact_at, lead.stage),
            (2, None, Stage::Suspect)
        );
        assert_eq!((other.attempts, other.stage), (1, Stage::Contacted));
        // Two leads that are one share what was done, and split it again.
        merges::merge(&mut tx, &BY, &lead, &other, later)
            .await
            .unwrap();
        let one = named(&mut tx, &w.euro, "L-2").await;
        assert_eq!((one.attempts, one.first_attempt_at), (3, Some(t + HOUR)));
        merges::split(&mut tx, &BY, &lead, later).await.unwrap();
        assert_eq!(named(&mut tx, &w.euro, "L-2").await.attempts, 1);
        assert_eq!(named(&mut tx, &w.euro, "L-1").await.attempts, 2);
        // Whatever is said of it, a call that nobody answered is no contact; one that came in is
        // no attempt of ours.
        let rang = seal(&mut tx, &call(t + Micros(5 * HOUR.0), a, None)).await;
        calls::set_disposition(&mut tx, &ines, &rang, &kind, later)
            .await
            .unwrap();
        let mut back = call(t + Micros(6 * HOUR.0), a, Some(60));
        back.facts.direction = Some(Direction::Inbound);
        seal(&mut tx, &back).await;
        let lead = named(&mut tx, &w.euro, "L-1").await;
        assert_eq!(
            (lead.attempts, lead.first_contact_at),
            (3, Some(t + Micros(6 * HOUR.0)))
        );
        tx.commit().await.unwrap();
    });
}

#[test]
fn a_lead_that_comes_in_later_gets_the_calls_to_its_number() {
    on_both(async |db| {
        let mut tx = db.write().await.unwrap();
        let w = world(&mut tx).await;
        let t = at("2026-11-02T09:00:00Z");
        let number = "+494055501010";
        let early = seal(&mut tx, &call(t, number, Some(40))).await;
        // Of a line that is another client's: it stays where it is.
        let mut foreign = call(t, number, Some(40));
        foreign.facts.from.number = Some("999".to_owned().into());
        let foreign = seal(&mut tx, &foreign).await;
        let later = t + Micros(24 * HOUR.0);
        import(&mut tx, &w.euro, &[row(1, "", number)], later).await;
        let lead = named(&mut tx, &w.euro, "L-1").await;
        assert_eq!((lead.attempts, lead.stage), (1, Stage::Contacted));
        let found = calls::by_id(&mut tx, &early).await.unwrap().unwrap();
        assert_eq!(found.lead_id.as_ref(), Some(&lead.id));
        let found = calls::by_id(&mut tx, &foreign).await.unwrap().unwrap();
        assert_eq!(found.lead_id, None);
        // Two leads with the number: which it was is asked.
        let other = "+494055501020";
        let asked = seal(&mut tx, &call(t, other, Some(40))).await;
        import(
            &mut tx,
            &w.euro,
            &[row(2, "", other), row(3, "", other)],
            later,
        )
        .await;
        let fitting = calls::candidates(&mut tx, std::slice::from_ref(&asked)).await;
        assert_eq!(fitting.unwrap()[&asked].len(), 2);
        let found = calls::by_id(&mut tx, &asked).await.unwrap().unwrap();
        assert_eq!(found.lead_id, None);
        tx.commit().await.unwrap();
    });
}

#[test]
fn a_sources_deadline_holds_for_what_nobody_has_talked_to_and_for_its_client_alone() {
    on_both(async |db| {
        let mut tx = db.write().await.unwrap();
        let w = world(&mut tx).await;
        let t = at("2026-11-02T09:00:00Z");
        let talked = "+494055501010";
        let rows = [
            row(1, "webinar", talked),
            row(2, "Webinar", "+494055501020"),
        ];
        import(&mut tx, &w.euro, &rows, t).await;
        seal(&mut tx, &call(t + HOUR, talked, Some(40))).await;
        let all = sources::of_client(&mut tx, &w.northlight).await.unwrap();
        let webinar = all.iter().find(|s| s.name == "webinar").unwrap().clone();
        assert_eq!(
            (webinar.grade.as_str(), webinar.contact_within_hours),
            ("C", 120)
        );
        let new = NewSource {
            name: "Webinar live".to_owned(),
            grade: "B".to_owned(),
            contact_within_hours: 24,
            supplier: Some("Messe AG".to_owned()),
            cost: Some(assay::units::Money::new(4_250, "EUR")),
            origin: assay::leads::Origin::Marketing,
        };
        let moved = sources::change(&mut tx, &BY, &webinar, (new.clone(), false), t).await;
        assert_eq!(moved.unwrap(), 1);
        assert_eq!(
            named(&mut tx, &w.euro, "L-1").await.due_at,
            t + Micros(120 * HOUR.0)
        );
        assert_eq!(
            named(&mut tx, &w.euro, "L-2").await.due_at,
            t + Micros(24 * HOUR.0)
        );
        let kept = sources::by_id(&mut tx, &webinar.id).await.unwrap().unwrap();
        assert_eq!(kept.cost(), new.cost);
        let subject = format!("source:{}", webinar.id);
        assert_eq!(
            log::actions(&mut tx, &subject).await.unwrap(),
            ["source.changed"]
        );
        let again = sources::add(&mut tx, &BY, &w.northlight, new.clone(), t).await;
        assert!(matches!(again, Err(StoreError::Conflict(_))), "{again:?}");
        let long = NewSource {
            contact_within_hours: 169,
            name: "slow".to_owned(),
            ..new.clone()
        };
        let refused = sources::add(&mut tx, &BY, &w.northlight, long, t).await;
        assert!(
            matches!(refused, Err(StoreError::Refused(_))),
            "{refused:?}"
        );
        // The other client may have one of the same name, and nobody has a lead from it but they.
        let foreign = sources::add(&mut tx, &BY, &w.calder, new, t).await.unwrap();
        tx.commit().await.unwrap();
        let sql = format!(
            "INSERT INTO leads (id, client_id, campaign_id, external_id, company, source_id, \
             created_at) VALUES ('x', '{}', '{}', 'x', 'x', '{foreign}', 1)",
            w.northlight, w.euro
        );
        let refused = db.execute(&sql).await.unwrap_err().to_string();
        assert!(refused.contains("source of its own client"), "{refused}");
    });
}

#[test]
fn one_key_says_what_became_of_a_lead_and_one_takes_it_back() {
    on_both(async |db| {
        let mut tx = db.write().await.unwrap();
        let w = world(&mut tx).await;
        let t = at("2026-11-02T09:00:00Z");
        let number = "+494055501010";
        import(&mut tx, &w.euro, &[row(1, "webinar", number)], t).await;
        let lead = named(&mut tx, &w.euro, "L-1").await;
        let called = seal(&mut tx, &call(t + HOUR, number, Some(90))).await;
        let now = t + Micros(2 * HOUR.0);
        let then = now + Micros(20 * HOUR.0);
        let later = word(LeadDisposition::CallBack, Some(then));
        let said = saying::say(&mut tx, &w.ines, &lead, &later, now)
            .await
            .unwrap();
        // It is said of the call that was just made, too.
        let of_call = calls::by_id(&mut tx, &called).await.unwrap().unwrap();
        assert_eq!(of_call.disposition, Some(Disposition::CallBack));
        let own = listed(&mut tx, &w, View::Work, Some(&w.ines), now).await;
        assert_eq!(
            (own.len(), own[0].act_at, own[0].next_for.as_ref()),
            (1, then, Some(&w.ines))
        );
        // What she agreed is no colleague's work.
        assert_eq!(listed(&mut tx, &w, View::Work, Some(&w.tom), now).await, []);
        // Somebody else cannot take it back, and she can, once.
        let none = saying::take_back(&mut tx, &w.tom, &said, now)
            .await
            .unwrap();
        assert_eq!(none, None);
        let back = saying::take_back(&mut tx, &w.ines, &said, now)
            .await
            .unwrap();
        assert_eq!(back, Some(lead.id.clone()));
        assert_eq!(
            saying::take_back(&mut tx, &w.ines, &said, now)
                .await
                .unwrap(),
            None
        );
        let of_call = calls::by_id(&mut tx, &called).await.unwrap().unwrap();
        assert_eq!((of_call.disposition, of_call.appointment_at), (None, None));
        let own = listed(&mut tx, &w, View::Work, Some(&w.tom), now).await;
        assert_eq!(own[0].act_at, t + HOUR + Micros(7 * 24 * HOUR.0));
        // A call back that the wire saw is done, whether or not anybody says so.
        saying::say(&mut tx, &w.ines, &lead, &later, now)
            .await
            .unwrap();
        let third = then + Micros(2 * HOUR.0);
        seal(&mut tx, &call(then + HOUR, number, Some(90))).await;
        let own = listed(&mut tx, &w, View::Work, Some(&w.tom), third).await;
        assert_eq!(own[0].next_at, None);
        // Never again: off the list, and back on it when that was a slip.
        let never = NewWord {
            with: None,
            ..word(LeadDisposition::DoNotCall, None)
        };
        let said = saying::say(&mut tx, &w.ines, &lead, &never, third)
            .await
            .unwrap();
        assert_eq!(listed(&mut tx, &w, View::Work, None, third).await, []);
        saying::take_back(&mut tx, &w.ines, &said, third)
            .await
            .unwrap();
        assert_eq!(listed(&mut tx, &w, View::Work, None, third).await.len(), 1);
        for (kind, when) in [
            (LeadDisposition::Nurture, None),
            (LeadDisposition::CallBack, Some(now)),
            (LeadDisposition::NoAnswer, Some(third + HOUR)),
            (
                LeadDisposition::Nurture,
                Some(third + Micros(1_000 * 24 * HOUR.0)),
            ),
        ] {
            let refused = saying::say(&mut tx, &w.ines, &lead, &word(kind, when), third).await;
            assert!(
                matches!(refused, Err(StoreError::Refused(_))),
                "{kind}: {refused:?}"
            );
        }
        let by = (&w.ines).into();
        stages::set_buyer(&mut tx, &by, &lead, BuyerStage::Consideration, third)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        for sql in ["UPDATE lead_stages SET at = 1", "DELETE FROM lead_stages"] {
            assert!(db.execute(sql).await.is_err(), "{sql}");
        }
    });
}

async fn listed(
    tx: &mut Tx,
    w: &World,
    view: View,
    of: Option<&assay::units::PersonId>,
    now: WallTime,
) -> Vec<Listed> {
    let wanted = Wanted {
        of,
        ..all(view, now)
    };
    let clients: [ClientId; 1] = [w.northlight.clone()];
    lists::page(tx, &clients, &wanted, 50).await.unwrap()
}

fn all<'a>(view: View, now: WallTime) -> Wanted<'a> {
    Wanted {
        view,
        search: "",
        stage: None,
        source: None,
        campaign: None,
        of: None,
        after: None,
        now,
    }
}

/// A page of several clients is one list, whichever is read first: those behind a whole page of
/// the others' are not read, and none is left out by it.
#[test]
fn pages_of_several_clients_are_one_list_whichever_is_read_first() {
    on_both(async |db| {
        let mut tx = db.write().await.unwrap();
        let w = world(&mut tx).await;
        let t = at("2026-11-02");
        let (checklist, _) = checklists::add(&mut tx, &BY, &w.calder, BANT, t)
            .await
            .unwrap();
        let other = leads::add_campaign(&mut tx, &BY, &w.calder, "Cover", &checklist, t)
            .await
            .unwrap();
        for (campaign, days) in [
            (&w.pound, [1, 2, 5, 8, 9, 12]),
            (&other, [3, 4, 5, 6, 7, 13]),
        ] {
            let rows = days.map(|day| {
                let mut row = row(day, "webinar", &format!("+4930555{day:03}"));
                row.0.received = format!("2026-10-{day:02}");
                row
            });
            import(&mut tx, campaign, &rows, t).await;
        }
        let now = t + HOUR;
        let clients = [w.northlight.clone(), w.calder.clone()];
        let turned = [w.calder.clone(), w.northlight.clone()];
        for view in [View::Newest, View::Work, View::Late, View::Untouched] {
            for search in ["", "company"] {
                let wanted = Wanted {
                    search,
                    ..all(view, now)
                };
                let whole = lists::page(&mut tx, &clients, &wanted, 50).await.unwrap();
                assert_eq!(whole.len(), 12, "{view:?}");
                for clients in [&clients, &turned] {
                    let some = lists::page(&mut tx, clients, &wanted, 3).await.unwrap();
                    assert_eq!(some, whole[..4], "{view:?} {search}");
                }
            }
        }
        let wanted = Wanted {
            campaign: Some(&other),
            ..all(View::Newest, now)
        };
        let own = lists::page(&mut tx, &clients, &wanted, 50).await.unwrap();
        let count = lists::count(&mut tx, &clients, &wanted).await.unwrap();
        assert_eq!((own.len(), count), (6, 6));
        let elsewhere = lists::page(&mut tx, &clients[..1], &wanted, 50).await;
        assert_eq!(elsewhere.unwrap(), []);
        let late = lists::escalated(&mut tx, &turned, now).await.unwrap();
        assert_eq!((late.len(), late[0].leads), (1, 12));
        tx.commit().await.unwrap();
    });
}

#[test]
fn lists_are_walked_page_by_page_found_by_words_and_end_at_the_client() {
    on_both(async |db| {
        let mut tx = db.write().await.unwrap();
        let w = world(&mut tx).await;
        let t = at("2026-11-02T09:00:00Z");
        // Many at one moment: a page's end stands between them.
        let rows: Vec<_> = (0..130)
            .map(|n| row(n, "mailing", &format!("+4940555{n:05}")))
            .collect();
        import(&mut tx, &w.euro, &rows, t).await;
        let mut odd = row(900, "webinar", "+493055501144");
        odd.0.company = "Berger Möbel & Söhne".to_owned();
        odd.0.contact = "Özlem Ümit".to_owned().into();
        odd.0.received = "2026-10-20".to_owned();
        import(&mut tx, &w.pound, &[odd], t).await;
        let now = t + HOUR;
        let own = [w.northlight.clone()];
        let (mut seen, mut after): (Vec<LeadId>, Option<(i64, LeadId)>) = (Vec::new(), None);
        loop {
            let wanted = Wanted {
                after: after.as_ref().map(|(at, id)| (*at, id)),
                ..all(View::Newest, now)
            };
            let mut page = lists::page(&mut tx, &own, &wanted, 50).await.unwrap();
            let more = page.len() > 50;
            page.truncate(50);
            seen.extend(page.iter().map(|l| l.id.clone()));
            after = page.last().map(|l| (l.place, l.id.clone()));
            if !more {
                break;
            }
        }
        assert_eq!(seen.len(), 131);
        let mut once = seen.clone();
        once.sort();
        once.dedup();
        assert_eq!(once.len(), 131, "a lead is on two pages");
        for (search, count) in [
            ("berger", 1),
            ("MÖB bERG", 1),
            ("özlem", 1),
            ("030 555 011", 0),
            ("+49 30 5550", 1),
            ("comp", 130),
            ("company 7", 1 + 10),
            ("berger company", 0),
            ("%", 131),
            ("l 900", 1),
        ] {
            let wanted = Wanted {
                search,
                ..all(View::Newest, now)
            };
            let counted = lists::count(&mut tx, &own, &wanted).await.unwrap();
            let found = lists::page(&mut tx, &own, &wanted, 200).await.unwrap();
            assert_eq!((counted, found.len()), (count, count as usize), "{search}");
        }
        // It came in two weeks before it was imported, and nobody has called.
        let untouched = lists::page(&mut tx, &own, &all(View::Untouched, now), 50)
            .await
            .unwrap();
        assert_eq!(untouched.len(), 1);
        assert_eq!(untouched[0].received_at, at("2026-10-20"));
        let late = lists::count(&mut tx, &own, &all(View::Late, now))
            .await
            .unwrap();
        assert_eq!(late, 1);
        let escalated = lists::escalated(&mut tx, &own, now).await.unwrap();
        assert_eq!(
            (
                escalated.len(),
                escalated[0].leads,
                escalated[0].name.clone()
            ),
            (1, 1, None)
        );
        for view in [View::Newest, View::Work, View::Late, View::Untouched] {
            let calder = [w.calder.clone()];
            assert_eq!(
                lists::page(&mut tx, &calder, &all(view, now), 50)
                    .await
                    .unwrap(),
                []
            );
        }
        tx.commit().await.unwrap();
    });
}
