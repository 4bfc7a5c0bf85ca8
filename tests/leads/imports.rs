//! Lists that come in a piece at a time, and go again; what a dialler says; numbers never to call.

use crate::world::Open;
use crate::world::{BY, at, on_both, world};
use crate::{HOUR, call, named, seal};
use assay::clock::Clock;
use assay::jobs::importing::{self, List};
use assay::leads::import::DuplicateBy;
use assay::leads::interaction::Interaction;
use assay::leads::{Disposition, NewSource, Numbers, Origin, Stage};
use assay::store::leads::changing::GivenBack;
use assay::store::leads::early::{self, Said};
use assay::store::leads::imports::{self, Duplicates, Settling};
use assay::store::leads::{self, changing, interactions, lists, merges, sources, suppressions};
use assay::store::{StoreError, calls, log};
use assay::units::{CampaignId, ImportId, Micros};
use std::fmt::Write;
use std::time::{Duration, Instant};

async fn take_in(
    db: &Open,
    campaign: &CampaignId,
    text: &str,
    duplicates: Duplicates,
) -> Result<ImportId, StoreError> {
    let settling = Settling {
        duplicates,
        skip_companies: false,
    };
    take_in_settled(db, campaign, text, settling).await
}

async fn take_in_settled(
    db: &Open,
    campaign: &CampaignId,
    text: &str,
    settling: Settling,
) -> Result<ImportId, StoreError> {
    let mut tx = db.read().await.unwrap();
    let campaign = leads::campaign(&mut tx, campaign).await.unwrap().unwrap();
    drop(tx);
    let list = List {
        campaign,
        supplier: "Messe AG".to_owned(),
        file_name: "list.csv".to_owned(),
        text: text.to_owned(),
        map: vec![
            ("company".to_owned(), "Firma".to_owned()),
            ("phone".to_owned(), "Telefon".to_owned()),
            ("email".to_owned(), "Mail".to_owned()),
            ("id".to_owned(), "Nr".to_owned()),
        ],
        settling,
    };
    let (clock, numbers) = (Clock::System, Numbers::new("DE", "").unwrap());
    let id = importing::begin(&db.db, &BY, &list, &clock).await?;
    importing::run(&db.db, &BY, (&id, &list), &numbers, &clock).await?;
    Ok(id)
}

async fn one(db: &Open, id: &ImportId) -> imports::Import {
    let mut tx = db.read().await.unwrap();
    imports::by_id(&mut tx, id).await.unwrap().unwrap()
}

#[test]
fn a_list_comes_in_with_its_bad_rows_told_and_goes_where_nothing_hangs_on_it() {
    on_both(async |db| {
        let mut tx = db.write().await.unwrap();
        let w = world(&mut tx).await;
        tx.commit().await.unwrap();
        let mut text = "Nr;Firma;Telefon;Mail\n".to_owned();
        for n in 0..700 {
            writeln!(text, "{n};Company {n};0405550{n:04};a{n}@example.com").unwrap();
        }
        text.push_str("x;\"Never ends;040555;\ny;Good;0405559999;\n;;;\nz;Short\n7;Again;;\n");
        let id = take_in(db, &w.euro, &text, Duplicates::Skip).await.unwrap();
        let done = one(db, &id).await;
        assert_eq!(
            (
                done.total,
                done.added,
                done.bad,
                done.skipped,
                done.trouble.as_deref()
            ),
            (705, 701, 4, 0, None)
        );
        let mut tx = db.write().await.unwrap();
        let bad = imports::bad_rows(&mut tx, &id).await.unwrap();
        let lines: Vec<i64> = bad.iter().map(|b| b.0).collect();
        assert_eq!(lines, [702, 704, 705, 706]);
        assert!(bad[0].1.contains("never ends") && bad[0].2.contains("Never ends"));
        let kept = imports::kept_map(&mut tx, &w.northlight, "Messe AG")
            .await
            .unwrap();
        assert_eq!(kept.len(), 4);
        assert_eq!(
            imports::kept_map(&mut tx, &w.calder, "Messe AG")
                .await
                .unwrap(),
            []
        );
        // Somebody is called before it is undone.
        let called = call(Clock::System.now(), "+494055500005", Some(60));
        seal(&mut tx, &called).await;
        tx.commit().await.unwrap();
        let undone = importing::undo(&db.db, &BY, &done, &Clock::System)
            .await
            .unwrap();
        assert_eq!((undone.gone, undone.left), (700, 1));
        let again = importing::undo(&db.db, &BY, &done, &Clock::System).await;
        assert!(matches!(again, Err(StoreError::Conflict(_))), "{again:?}");
        let mut tx = db.write().await.unwrap();
        assert_eq!(named(&mut tx, &w.euro, "5").await.stage, Stage::Contacted);
        let subject = format!("import:{id}");
        assert_eq!(
            log::actions(&mut tx, &subject).await.unwrap(),
            ["import.began", "import.undone"]
        );
        drop(tx);
        // The same list again is the same leads again.
        take_in(db, &w.euro, &text, Duplicates::Keep).await.unwrap();
        let again = take_in(db, &w.euro, &text, Duplicates::Keep).await.unwrap();
        assert_eq!(
            (one(db, &again).await.added, one(db, &again).await.changed),
            (0, 701)
        );
    });
}

#[test]
fn duplicates_are_left_out_brought_up_to_date_or_leads_of_their_own() {
    on_both(async |db| {
        let mut tx = db.write().await.unwrap();
        let w = world(&mut tx).await;
        tx.commit().await.unwrap();
        let first = "Nr,Firma,Telefon,Mail\n1,Halden,040 5550001,jonas@halden.example\n";
        take_in(db, &w.euro, first, Duplicates::Skip).await.unwrap();
        // By number, by mail in other letters, by company alone, and one twice in the list.
        let list = "Nr,Firma,Telefon,Mail\n2,Halden Cold,0049405550001,\n3,Other,,JONAS@halden.example\n\
            4,halden,0405550004,\n5,New,0405550005,\n6,Newer,0405550005,\n";
        let id = take_in(db, &w.euro, list, Duplicates::Skip).await.unwrap();
        let done = one(db, &id).await;
        assert_eq!((done.added, done.skipped), (2, 3));
        let id = take_in(db, &w.pound, list, Duplicates::Skip).await.unwrap();
        assert_eq!(
            one(db, &id).await.skipped,
            1,
            "another campaign's leads are no duplicates"
        );
        let newer = "Nr,Firma,Telefon,Mail\n2,Halden Cold,0049405550001,\n";
        let id = take_in(db, &w.euro, newer, Duplicates::Update)
            .await
            .unwrap();
        assert_eq!(
            (one(db, &id).await.added, one(db, &id).await.changed),
            (0, 1)
        );
        let mut tx = db.read().await.unwrap();
        let halden = leads::in_campaign(&mut tx, &w.euro, "1")
            .await
            .unwrap()
            .unwrap();
        assert_eq!(halden.company.reveal(), "Halden Cold");
        drop(tx);
        let id = take_in(db, &w.euro, newer, Duplicates::Keep).await.unwrap();
        assert_eq!(one(db, &id).await.added, 1);
        for wrong in ["", "Firma\nx\n", "Nr,Firma,Telefon,Mail,Firma\n"] {
            let refused = take_in(db, &w.euro, wrong, Duplicates::Keep).await;
            assert!(
                matches!(refused, Err(StoreError::Refused(_))),
                "{wrong}: {refused:?}"
            );
        }
    });
}

#[test]
fn what_shares_nothing_but_the_company_is_left_out_where_that_is_wanted() {
    on_both(async |db| {
        let mut tx = db.write().await.unwrap();
        let w = world(&mut tx).await;
        tx.commit().await.unwrap();
        let first = "Nr,Firma,Telefon,Mail\n1,Halden,0405550001,\n";
        take_in(db, &w.euro, first, Duplicates::Skip).await.unwrap();
        // Of a firm that is there, twice of one that is not, and one of a number that is there.
        let list = "Nr,Firma,Telefon,Mail\n2,HALDEN,0405550002,\n3,New,0405550003,\n\
            4,new,0405550004,\n5,Third,0405550001,\n1,Halden,0405550009,\n";
        for (duplicates, skipped) in [(Duplicates::Keep, 2), (Duplicates::Skip, 3)] {
            let settling = Settling {
                duplicates,
                skip_companies: true,
            };
            let id = take_in_settled(db, &w.euro, list, settling).await.unwrap();
            assert_eq!(one(db, &id).await.skipped, skipped, "{duplicates:?}");
            let done = one(db, &id).await;
            let undone = importing::undo(&db.db, &BY, &done, &Clock::System);
            undone.await.unwrap();
        }
    });
}

#[test]
fn what_a_list_brought_up_to_date_is_as_before_once_it_is_undone() {
    on_both(async |db| {
        let mut tx = db.write().await.unwrap();
        let w = world(&mut tx).await;
        tx.commit().await.unwrap();
        let first = "Nr,Firma,Telefon,Mail\n1,Halden,0405550001,jonas@halden.example\n\
            2,Norvik,0405550002,\n3,Berg,0405550003,\n4,Same,0405550004,\n";
        take_in(db, &w.euro, first, Duplicates::Skip).await.unwrap();
        let wrong = "Nr,Firma,Telefon,Mail\n1,Mixed Up,0405550011,\n2,Mixed Too,0405550012,x@x.example\n\
            3,Third,0405550013,\n4,Same,0405550004,\n";
        let id = take_in(db, &w.euro, wrong, Duplicates::Keep).await.unwrap();
        let found = async |number: &str| {
            let mut tx = db.read().await.unwrap();
            let lead = named(&mut tx, &w.euro, number).await;
            (
                lead.company.into_inner(),
                lead.email.map(|e| e.into_inner()),
            )
        };
        // What the list does not speak of stays.
        let kept = Some("jonas@halden.example".to_owned());
        assert_eq!(found("1").await, ("Mixed Up".to_owned(), kept.clone()));
        // Since then one was called under its new number, and another was changed by a list.
        let mut tx = db.write().await.unwrap();
        seal(
            &mut tx,
            &call(Clock::System.now(), "+49405550012", Some(60)),
        )
        .await;
        tx.commit().await.unwrap();
        let later = "Nr,Firma,Telefon,Mail\n3,Right,0405550003,\n";
        take_in(db, &w.euro, later, Duplicates::Keep).await.unwrap();
        let done = one(db, &id).await;
        let undone = importing::undo(&db.db, &BY, &done, &Clock::System);
        let given = GivenBack {
            restored: 2,
            kept: 1,
        };
        assert_eq!(undone.await.unwrap().given, given);
        assert_eq!(found("1").await, ("Halden".to_owned(), kept));
        assert_eq!(found("2").await, ("Norvik".to_owned(), None));
        assert_eq!(found("3").await.0, "Right");
        let mut tx = db.read().await.unwrap();
        let mut numbers = Vec::new();
        for lead in ["1", "2"] {
            let id = named(&mut tx, &w.euro, lead).await.id;
            let own = lists::numbers(&mut tx, &[id]).await.unwrap();
            numbers.push(
                own.into_iter()
                    .map(|n| n.1.into_inner())
                    .collect::<Vec<_>>(),
            );
        }
        assert_eq!(numbers[0], ["+49405550001"]);
        assert_eq!(
            numbers[1],
            ["+49405550002", "+49405550012"],
            "it was reached by it"
        );
        for (words, hits) in [
            ("halden", 1),
            ("mixed", 0),
            ("0405550011", 0),
            ("0405550002", 1),
        ] {
            let wanted = lists::Wanted {
                view: lists::View::Newest,
                search: words,
                stage: None,
                source: None,
                campaign: None,
                of: None,
                after: None,
                now: Clock::System.now(),
            };
            let clients = std::slice::from_ref(&w.northlight);
            let count = lists::count(&mut tx, clients, &wanted).await.unwrap();
            assert_eq!(count, hits, "{words}");
        }
        drop(tx);
        // After thirty days nothing is kept of what people were called.
        let mut tx = db.write().await.unwrap();
        let now = Clock::System.now();
        assert_eq!(changing::forget_old(&mut tx, now).await.unwrap(), 0);
        let month = now + changing::KEPT + Micros::from_secs(1);
        assert_eq!(changing::forget_old(&mut tx, month).await.unwrap(), 1);
    });
}

/// The box ends within an undoing: the next start goes on with it.
#[test]
fn an_undoing_that_was_cut_off_goes_on() {
    on_both(async |db| {
        let mut tx = db.write().await.unwrap();
        let w = world(&mut tx).await;
        tx.commit().await.unwrap();
        let first = "Nr,Firma,Telefon,Mail\n1,Halden,0405550001,\n";
        take_in(db, &w.euro, first, Duplicates::Skip).await.unwrap();
        let list = "Nr,Firma,Telefon,Mail\n1,Other,0405550001,\n2,New,0405550002,\n";
        let id = take_in(db, &w.euro, list, Duplicates::Keep).await.unwrap();
        let done = one(db, &id).await;
        let mut tx = db.write().await.unwrap();
        let now = Clock::System.now();
        imports::undo(&mut tx, &BY, &done, now).await.unwrap();
        tx.commit().await.unwrap();
        for _ in 0..2 {
            importing::undo_the_rest(&db.db).await.unwrap();
        }
        let mut tx = db.read().await.unwrap();
        assert_eq!(imports::left(&mut tx, &id).await.unwrap(), 0);
        let halden = named(&mut tx, &w.euro, "1").await;
        assert_eq!(halden.company.reveal(), "Halden");
    });
}

/// A list that is sent again brings up to date what is there under its ids, whatever else is like
/// it.
#[test]
fn a_lead_under_its_own_id_is_no_duplicate() {
    on_both(async |db| {
        let mut tx = db.write().await.unwrap();
        let w = world(&mut tx).await;
        tx.commit().await.unwrap();
        let list = "Nr,Firma,Telefon,Mail\n1,Norvik,0405550001,\n2,Norvik,0405550001,\n";
        take_in(db, &w.euro, list, Duplicates::Keep).await.unwrap();
        let settling = Settling {
            duplicates: Duplicates::Skip,
            skip_companies: true,
        };
        let id = take_in_settled(db, &w.euro, list, settling).await.unwrap();
        let done = one(db, &id).await;
        assert_eq!((done.changed, done.skipped), (2, 0));
    });
}

#[test]
fn duplicates_are_known_in_any_alphabet_and_listed_with_line_reason_and_lead() {
    on_both(async |db| {
        let mut tx = db.write().await.unwrap();
        let w = world(&mut tx).await;
        tx.commit().await.unwrap();
        let first = "Nr,Firma,Telefon,Mail\n1,Müller & Söhne,0405550001,günther@müller.example\n";
        take_in(db, &w.euro, first, Duplicates::Skip).await.unwrap();
        let list = "Nr,Firma,Telefon,Mail\n2,MÜLLER & SÖHNE,0405550002,\n\
            3,Other,,GÜNTHER@MÜLLER.EXAMPLE\n4,Straße,0405550004,\n5,STRASSE,0405550005,\n\
            6,Sixth,0405550004,\nx,,0405550009,\n7,Seventh,0405550001,\n";
        let settling = Settling {
            duplicates: Duplicates::Skip,
            skip_companies: true,
        };
        let told = async || {
            let id = take_in_settled(db, &w.euro, list, settling).await.unwrap();
            let done = one(db, &id).await;
            let mut tx = db.read().await.unwrap();
            let left_out = imports::left_out(&mut tx, &id).await.unwrap();
            assert_eq!(done.skipped, left_out.len() as i64);
            drop(tx);
            importing::undo(&db.db, &BY, &done, &Clock::System)
                .await
                .unwrap();
            let told = left_out.into_iter();
            told.map(|d| (d.line, d.shares, d.with_external_id, d.content.into_inner()))
                .collect::<Vec<_>>()
        };
        let row = |line, shares, with: &str, content: &str| {
            (line, shares, with.to_owned(), content.to_owned())
        };
        let all = [
            row(2, DuplicateBy::Company, "1", "2,MÜLLER & SÖHNE,0405550002,"),
            row(3, DuplicateBy::Mail, "1", "3,Other,,GÜNTHER@MÜLLER.EXAMPLE"),
            row(5, DuplicateBy::Company, "4", "5,STRASSE,0405550005,"),
            row(6, DuplicateBy::Number, "4", "6,Sixth,0405550004,"),
            row(8, DuplicateBy::Number, "1", "7,Seventh,0405550001,"),
        ];
        assert_eq!(told().await, all);
        // As the upgrade leaves a lead that the program has not gone through yet.
        for sql in [
            "UPDATE leads SET company_folded = 'mÜller & söhne', email_folded = ''",
            "UPDATE lead_work SET is_worded = 0",
        ] {
            db.execute(sql).await.unwrap();
        }
        importing::word(&db.db, Clock::System.now()).await.unwrap();
        assert_eq!(told().await, all);
        // Names of sources are held against each other in the same way.
        let mut tx = db.write().await.unwrap();
        let source = |name: &str| NewSource {
            name: name.to_owned(),
            grade: "B".to_owned(),
            contact_within_hours: 24,
            supplier: None,
            cost: None,
            origin: Origin::Marketing,
        };
        let now = Clock::System.now();
        for (name, fits) in [("Straßenfest", true), ("STRASSENFEST", false)] {
            let added = sources::add(&mut tx, &BY, &w.northlight, source(name), now).await;
            assert_eq!(added.is_ok(), fits, "{name}: {added:?}");
        }
    });
}

#[test]
fn an_undoing_after_thirty_days_says_what_it_no_longer_knows() {
    on_both(async |db| {
        let mut tx = db.write().await.unwrap();
        let w = world(&mut tx).await;
        tx.commit().await.unwrap();
        let first = "Nr,Firma,Telefon,Mail\n1,Halden,0405550001,\n2,Norvik,0405550002,\n";
        take_in(db, &w.euro, first, Duplicates::Skip).await.unwrap();
        let list = "Nr,Firma,Telefon,Mail\n1,Other,0405550001,\n2,Others,0405550002,\n\
            3,New,0405550003,\n";
        let id = take_in(db, &w.euro, list, Duplicates::Keep).await.unwrap();
        let done = one(db, &id).await;
        let soon = done.began_at + changing::KEPT;
        assert!(!done.is_forgotten(soon), "all of it is known");
        let late = soon + Micros::from_secs(60);
        assert!(done.is_forgotten(late));
        importing::word(&db.db, late).await.unwrap();
        let undone = importing::undo(&db.db, &BY, &done, &Clock::manual(late)).await;
        let undone = undone.unwrap();
        assert_eq!((undone.gone, undone.left, undone.forgotten), (1, 0, 2));
        assert_eq!(undone.given, GivenBack::default());
        let mut tx = db.read().await.unwrap();
        let halden = named(&mut tx, &w.euro, "1").await;
        assert_eq!(halden.company.reveal(), "Other", "it stays as it is");
    });
}

#[test]
fn what_a_contact_read_is_told_by_its_day_once_and_goes_with_its_list() {
    on_both(async |db| {
        let mut tx = db.write().await.unwrap();
        let w = world(&mut tx).await;
        tx.commit().await.unwrap();
        let list = |told: &str| {
            format!("Nr,Firma,Telefon,Mail,interactions\n1,Halden,0405550001,,\"{told}\"\n")
        };
        let read = async || {
            let mut tx = db.read().await.unwrap();
            let lead = named(&mut tx, &w.euro, "1").await.id;
            let all = interactions::of_lead(&mut tx, &lead).await.unwrap();
            all.into_iter()
                .map(|r| r.what.into_inner())
                .collect::<Vec<_>>()
        };
        let first = list("2025-11-21 webinar on cost;2025-11-20 fleet guide; likes tea");
        take_in(db, &w.euro, &first, Duplicates::Keep)
            .await
            .unwrap();
        assert_eq!(read().await, ["fleet guide", "webinar on cost"]);
        take_in(db, &w.euro, &first, Duplicates::Keep)
            .await
            .unwrap();
        assert_eq!(read().await.len(), 2, "each once");
        let more = list("2025-11-20 fleet guide; 22.11.2025: asked for a price");
        let id = take_in(db, &w.euro, &more, Duplicates::Keep).await.unwrap();
        assert_eq!(read().await.len(), 3);
        let done = one(db, &id).await;
        importing::undo(&db.db, &BY, &done, &Clock::System)
            .await
            .unwrap();
        assert_eq!(read().await, ["fleet guide", "webinar on cost"]);
        // Of a lead that turns out to be this one, too; and a machine tells it once.
        let other = "Nr,Firma,Telefon,Mail,interactions\n2,Halden,0405550002,,2025-11-01 mailing\n";
        take_in(db, &w.euro, other, Duplicates::Keep).await.unwrap();
        let mut tx = db.write().await.unwrap();
        let one = named(&mut tx, &w.euro, "1").await;
        let two = named(&mut tx, &w.euro, "2").await;
        let now = Clock::System.now();
        merges::merge(&mut tx, &BY, &two, &one, now).await.unwrap();
        let said = Interaction::new(at("2025-11-22"), "trial", now).unwrap();
        for new in [true, false] {
            let told = interactions::tell(&mut tx, &BY, &one, said.clone(), now).await;
            assert_eq!(told.unwrap(), new);
        }
        let lines = log::actions(&mut tx, &format!("lead:{}", one.id))
            .await
            .unwrap();
        let told = lines.iter().filter(|l| *l == "lead.interaction").count();
        assert_eq!(told, 1);
        tx.commit().await.unwrap();
        assert_eq!(
            read().await,
            ["mailing", "fleet guide", "webinar on cost", "trial"]
        );
    });
}

#[test]
fn a_dialler_says_it_before_the_call_is_sealed_and_as_often_as_it_likes() {
    on_both(async |db| {
        let mut tx = db.write().await.unwrap();
        let w = world(&mut tx).await;
        let t = at("2026-11-02T09:00:00Z");
        let number = "+494055501010";
        crate::import(&mut tx, &w.euro, &[crate::row(1, "webinar", number)], t).await;
        let lead = named(&mut tx, &w.euro, "L-1").await;
        let said = Said {
            kind: Disposition::Voicemail,
            call: "V1120",
            at: None,
        };
        let now = t + HOUR;
        assert!(early::say(&mut tx, &BY, &lead, &said, now).await.unwrap());
        assert!(!early::say(&mut tx, &BY, &lead, &said, now).await.unwrap());
        // It began before the dialler spoke, and is sealed after.
        let talked = call(now - Micros::from_secs(60), number, Some(58));
        let sealed = seal(&mut tx, &talked).await;
        let found = calls::by_id(&mut tx, &sealed).await.unwrap().unwrap();
        assert_eq!(found.disposition, Some(Disposition::Voicemail));
        let lead = named(&mut tx, &w.euro, "L-1").await;
        assert_eq!((lead.attempts, lead.first_contact_at), (1, None));
        // The next call is not what was said of the first.
        let next = seal(&mut tx, &call(now + HOUR, number, Some(58))).await;
        let found = calls::by_id(&mut tx, &next).await.unwrap().unwrap();
        assert_eq!(found.disposition, None);
        let other = Said {
            kind: Disposition::NotInterested,
            call: "V1121",
            at: None,
        };
        let later = now + HOUR + Micros::from_secs(70);
        assert!(
            early::say(&mut tx, &BY, &lead, &other, later)
                .await
                .unwrap()
        );
        let found = calls::by_id(&mut tx, &next).await.unwrap().unwrap();
        assert_eq!(found.disposition, Some(Disposition::NotInterested));
        tx.commit().await.unwrap();
    });
}

#[test]
fn who_was_called_though_listed_is_told_and_each_client_has_its_own_list() {
    on_both(async |db| {
        let mut tx = db.write().await.unwrap();
        let w = world(&mut tx).await;
        let t = at("2026-11-02T09:00:00Z");
        let number = "+494055501010".to_owned();
        seal(&mut tx, &call(t - HOUR, &number, None)).await;
        let mine = (&w.northlight, " Robinson list ");
        let numbers = [number.clone()];
        assert_eq!(
            suppressions::add(&mut tx, &BY, mine, &numbers, t)
                .await
                .unwrap(),
            1
        );
        assert_eq!(
            suppressions::add(&mut tx, &BY, mine, &numbers, t + HOUR)
                .await
                .unwrap(),
            0
        );
        let theirs = (&w.calder, "Robinson list");
        suppressions::add(&mut tx, &BY, theirs, &numbers, t)
            .await
            .unwrap();
        let after = seal(&mut tx, &call(t + HOUR, &number, None)).await;
        let told = suppressions::called(&mut tx, &w.max).await.unwrap();
        // What was called before it was listed is none.
        assert_eq!(told.len(), 1);
        assert_eq!(
            (&told[0].call_id, told[0].list.as_str()),
            (&after, "Robinson list")
        );
        assert_eq!(suppressions::called(&mut tx, &w.cara).await.unwrap(), []);
        let gone = suppressions::remove(&mut tx, &BY, theirs, t + HOUR)
            .await
            .unwrap();
        assert_eq!(gone, 1);
        assert_eq!(
            suppressions::of_person(&mut tx, &w.max)
                .await
                .unwrap()
                .len(),
            1
        );
        tx.commit().await.unwrap();
    });
}

/// Run by hand: how long a verdict waits while a long list comes in.
#[test]
#[ignore = "takes minutes; ROWS=1000000 cargo test --release --test leads -- --ignored --nocapture"]
fn a_long_list_lets_others_write() {
    let rows: usize = std::env::var("ROWS").map_or(20_000, |n| n.parse().unwrap());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    runtime.block_on(async {
        let path = folder.path().join("assay.db");
        let db = Open::sqlite(&path).await;
        let mut tx = db.write().await.unwrap();
        let w = world(&mut tx).await;
        tx.commit().await.unwrap();
        let mut text = "Nr;Firma;Telefon;Mail\n".to_owned();
        for n in 0..rows {
            writeln!(text, "{n};Company {n} GmbH;+4940{n:08};a{n}@example.com").unwrap();
        }
        let other = db.db.clone();
        let waits = tokio::spawn(async move {
            let mut waits = Vec::new();
            loop {
                let began = Instant::now();
                let tx = other.write().await.unwrap();
                waits.push(began.elapsed());
                drop(tx);
                if waits.len() > 3 && other_is_done(&other).await {
                    waits.sort();
                    return waits;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
        let began = Instant::now();
        let id = take_in(&db, &w.euro, &text, Duplicates::Skip)
            .await
            .unwrap();
        let took = began.elapsed();
        let waits = waits.await.unwrap();
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let peak = status.lines().find(|l| l.starts_with("VmHWM")).unwrap();
        println!(
            "{rows} rows in {took:.1?}: {:.0} a second; {} writes waited {:?} (half), {:?} (99 in \
             100), {:?} at most; {peak}",
            rows as f64 / took.as_secs_f64(),
            waits.len(),
            waits[waits.len() / 2],
            waits[waits.len() * 99 / 100],
            waits.last().unwrap()
        );
        assert_eq!(one(&db, &id).await.added, rows as i64);
    });
}

async fn other_is_done(db: &assay::store::Db) -> bool {
    let mut tx = db.read().await.unwrap();
    !imports::any_under_way(&mut tx).await.unwrap()
}
