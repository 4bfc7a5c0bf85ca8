//! Leads that may be one: listed by what they share, settled by a manager without an interest, and
//! never paid twice for (PRODUCT L1, I3).

use super::*;
use assay::leads::import::DuplicateBy;
use assay::pii::Pii;
use assay::store::leads::Lead;
use assay::store::leads::duplicates::{self, Merged, Pair, Place, Side};
use assay::units::CampaignId;
use serde_json::json;

/// A row of a list: its id, company, mail and number.
type Row<'a> = (&'a str, &'a str, &'a str, &'a str);

async fn import(tx: &mut Tx, campaign: &CampaignId, rows: &[Row<'_>]) -> Vec<Lead> {
    let campaign = leads::campaign(tx, campaign).await.unwrap().unwrap();
    let new = rows.iter().map(|(id, company, mail, number)| {
        let row = LeadRow {
            id: (*id).into(),
            company: (*company).into(),
            email: (*mail).to_owned().into(),
            source: "webinar".into(),
            ..LeadRow::default()
        };
        (row, vec![((*number).into(), (*number).into())])
    });
    let new: Vec<_> = new.collect();
    let now = at("2026-11-02");
    leads::importing::import(tx, &BY, &campaign, &new, 0, now)
        .await
        .unwrap();
    let mut found = Vec::new();
    for (id, ..) in rows {
        let lead = leads::in_campaign(tx, &campaign.id, id).await.unwrap();
        found.push(lead.unwrap());
    }
    found
}

const ROWS: [Row<'static>; 5] = [
    ("L-1", "Müller AG", "kim@mueller.example", "+494055501010"),
    // The same name as another program writes it: a letter and its accent.
    ("L-2", "MU\u{308}LLER AG", "", "+494055501020"),
    ("L-3", "Norvik", "KIM@mueller.example", "+494055501030"),
    ("L-4", "Halden", "", "+494055501010"),
    ("L-5", "Calmar", "a@calmar.example", "+494055501050"),
];

async fn pairs(tx: &mut Tx, world: &World, by: DuplicateBy) -> Vec<Pair> {
    let begin = Place::default();
    let found = duplicates::pairs(tx, &world.campaign, by, &begin, (20, 2)).await;
    found.unwrap().0
}

/// Pairs of the world's leads that share a number, with it.
pub(super) async fn sharing_a_number(tx: &mut Tx, world: &World) -> Vec<(Lead, Lead, Pii<String>)> {
    let found = pairs(tx, world, DuplicateBy::Number).await.into_iter();
    found
        .map(|p| (p.one.lead, p.other.lead, p.shared))
        .collect()
}

fn ids(pairs: &[Pair]) -> Vec<(String, String)> {
    let id = |side: &Side| side.lead.external_id.clone();
    pairs.iter().map(|p| (id(&p.one), id(&p.other))).collect()
}

fn pair(one: &str, other: &str) -> (String, String) {
    (one.to_owned(), other.to_owned())
}

#[test]
fn leads_that_may_be_one_are_listed_by_what_they_share_until_they_are_settled() {
    on_both(async |open| {
        let mut tx = open.db.write().await.unwrap();
        let world = world(&mut tx).await;
        let all = import(&mut tx, &world.campaign, &ROWS).await;
        let by_number = pairs(&mut tx, &world, DuplicateBy::Number).await;
        assert_eq!(ids(&by_number), [pair("L-1", "L-4")]);
        assert_eq!(by_number[0].shared.reveal(), "+494055501010");
        assert_eq!(by_number[0].one.numbers.len(), 1);
        let by_mail = pairs(&mut tx, &world, DuplicateBy::Mail).await;
        assert_eq!(ids(&by_mail), [pair("L-1", "L-3")]);
        let by_company = pairs(&mut tx, &world, DuplicateBy::Company).await;
        assert_eq!(ids(&by_company), [pair("L-1", "L-2")]);
        let now = at("2026-11-19");
        let (max, other) = (&world.max, at("2026-11-20"));
        duplicates::set_apart(&mut tx, max, (&all[3], &all[0]), now)
            .await
            .unwrap();
        let twice = duplicates::set_apart(&mut tx, max, (&all[0], &all[3]), now).await;
        assert!(twice.unwrap_err().to_string().contains("already"));
        assert_eq!(pairs(&mut tx, &world, DuplicateBy::Number).await, []);
        let by = Actor::from(max);
        ends::listener(&mut tx).await;
        merges::merge(&mut tx, &by, &all[1], &all[0], now)
            .await
            .unwrap();
        assert_eq!(pairs(&mut tx, &world, DuplicateBy::Company).await, []);
        let none = LeadId::from("");
        let merged = duplicates::merged(&mut tx, &world.campaign, (other, &none), 20).await;
        let merged: Vec<Merged> = merged.unwrap();
        let told = (
            merged[0].external_id.as_str(),
            merged[0].into_external_id.as_str(),
        );
        assert_eq!((told, merged.len()), (("L-2", "L-1"), 1));
        merges::split(&mut tx, &by, &all[1], now).await.unwrap();
        let by_company = pairs(&mut tx, &world, DuplicateBy::Company).await;
        assert_eq!(ids(&by_company), [pair("L-1", "L-2")]);
        let lines = log::lines_of(&mut tx, &format!("lead:{}", all[1].id))
            .await
            .unwrap();
        let acts: Vec<&str> = lines.iter().map(|l| l.action.as_str()).collect();
        assert_eq!(acts, ["lead.merged", "lead.split"]);
        tx.commit().await.unwrap();
        for (topic, into) in [("lead.merged", "into"), ("lead.split", "from")] {
            let told = ends::told(&open, topic).await;
            let [told] = told.as_slice() else {
                panic!("{topic}: {told:?}")
            };
            let ids = (&told["lead"], &told[into], &told["campaign"]);
            let (lead, other) = (json!(all[1].id), json!(all[0].id));
            assert_eq!(ids, (&lead, &other, &json!(world.campaign)), "{topic}");
            let names = (&told["external_id"], &told[format!("{into}_external_id")]);
            assert_eq!(names, (&json!("L-2"), &json!("L-1")), "{topic}");
        }
    });
}

#[test]
fn a_page_of_pairs_goes_on_behind_the_last_and_has_each_once() {
    on_both(async |open| {
        let mut tx = open.db.write().await.unwrap();
        let world = world(&mut tx).await;
        let rows = ["L-1", "L-2", "L-3", "L-4", "L-5", "L-6"];
        let rows = rows.map(|id| (id, "Norvik", "", "+494055501010"));
        import(&mut tx, &world.campaign, &rows).await;
        let kinds = [DuplicateBy::Number, DuplicateBy::Company];
        for (by, at_once) in kinds
            .into_iter()
            .flat_map(|by| [(by, 1), (by, 2), (by, 99)])
        {
            let (mut seen, mut place) = (Vec::new(), Some(Place::default()));
            while let Some(after) = place {
                let most = (4, at_once);
                let found = duplicates::pairs(&mut tx, &world.campaign, by, &after, most).await;
                let (page, next) = found.unwrap();
                let page = page.into_iter();
                seen.extend(page.map(|p| (p.one.lead.external_id, p.other.lead.external_id)));
                place = next;
            }
            assert_eq!(seen.len(), 15, "{by}, {at_once}");
            assert!(seen.is_sorted(), "{by}: {seen:?}");
            seen.dedup();
            assert_eq!(seen.len(), 15, "{by}, {at_once}");
        }
    });
}

/// PRODUCT I1: who gains by it does not decide which leads are one.
#[test]
fn who_has_an_interest_merges_splits_and_sets_nothing_apart() {
    on_both(async |open| {
        let mut tx = open.db.write().await.unwrap();
        let world = world(&mut tx).await;
        let all = import(&mut tx, &world.campaign, &ROWS).await;
        let (one, two) = (&all[0], &all[3]);
        insert(
            &mut tx,
            &call("2026-11-10T10:00:00Z", "201", "+494055501010", Some("L-4")),
        )
        .await;
        let now = at("2026-11-19");
        let vera = manager(&mut tx, &world, "vera").await;
        people::add_interest(&mut tx, &BY, &vera, &world.ines, "her team", now)
            .await
            .unwrap();
        let new = NewPerson {
            login: "mia",
            name: "mia",
            role: Role::Marketing,
            pay_basis: PayBasis::Fixed,
            password_hash: "x",
            clients: std::slice::from_ref(&world.northlight),
        };
        let mia = people::add(&mut tx, &BY, &new, now).await.unwrap();
        tx.commit().await.unwrap();
        for (who, why) in [
            (&vera, "hangs on a telemarketer's"),
            (&mia, "for managers"),
            (&world.ines, "your own claim"),
            (&world.marek, "for managers"),
        ] {
            let by = Actor::from(who);
            let mut tx = open.db.write().await.unwrap();
            let merged = merges::merge(&mut tx, &by, two, one, now)
                .await
                .unwrap_err();
            assert!(merged.to_string().contains(why), "{merged}");
            let apart = duplicates::set_apart(&mut tx, who, (one, two), now).await;
            assert!(apart.unwrap_err().to_string().contains(why), "{why}");
        }
        let mut tx = open.db.write().await.unwrap();
        let by = Actor::from(&world.max);
        assert_eq!(merges::merge(&mut tx, &by, two, one, now).await.unwrap(), 1);
        let split = merges::split(&mut tx, &Actor::from(&vera), two, now).await;
        assert!(split.unwrap_err().to_string().contains("hangs on"));
        assert_eq!(merges::split(&mut tx, &by, two, now).await.unwrap(), (1, 0));
    });
}

/// PRODUCT I3: a split gives a second lead to claim. Two that were one once are held against each
/// other, though they share no number.
#[test]
fn leads_that_were_one_once_are_held_against_each_other() {
    on_both(async |open| {
        let mut tx = open.db.write().await.unwrap();
        let world = world(&mut tx).await;
        let all = import(&mut tx, &world.campaign, &ROWS).await;
        let (one, two) = (&all[0], &all[2]);
        let (now, by) = (at("2026-11-20"), Actor::from(&world.max));
        let pass = async |tx: &mut Tx, n: i64, lead: &Lead, number: &str| {
            let began = format!("2026-11-10T1{n}:00:00Z");
            let made = call(&began, "201", number, Some(&lead.external_id));
            let made = insert(tx, &made).await;
            let at = now + Micros::from_secs(n);
            let claim = new_claim(tx, &world, &lead.id, &made.id, &world.ines, at).await;
            let v = verdict(tx, &world, &claim, true, at).await;
            verdicts::make_final(tx, &v.id, &rules(), v.hold_until)
                .await
                .unwrap();
            claim
        };
        let first = pass(&mut tx, 1, one, "+494055501010").await;
        merges::merge(&mut tx, &by, two, one, now).await.unwrap();
        let away = merges::merge(&mut tx, &by, one, two, now).await;
        assert!(away.is_err(), "a lead that was claimed is not merged away");
        merges::split(&mut tx, &by, two, now).await.unwrap();
        assert_eq!(ledger::all_entries(&mut tx).await.unwrap().len(), 1);
        // Part of a third by now, which is what is claimed.
        let third = &all[4];
        merges::merge(&mut tx, &by, two, third, now).await.unwrap();
        let later = pass(&mut tx, 3, third, "+494055501050").await;
        let open_pairs = rulings::open_pairs(&mut tx, &world.max, 200).await.unwrap();
        assert_eq!(open_pairs.len(), 1, "{open_pairs:?}");
        let pair = (&open_pairs[0].later, &open_pairs[0].first);
        assert_eq!(pair, (&later, &first));
        assert_eq!(open_pairs[0].number.reveal(), "");
        tx.commit().await.unwrap();
        let mut tx = open.db.write().await.unwrap();
        let (zone, ruled) = (Zone::utc(), (RulingKind::Duplicate, "They were one lead"));
        let at = now + Micros::from_secs(60);
        rulings::rule_on_pair(&mut tx, &world.max, (&later, &first), ruled, &zone, at)
            .await
            .unwrap();
        let entries = ledger::all_entries(&mut tx).await.unwrap();
        let standing: i64 = entries.iter().map(|e| e.amount_minor).sum();
        assert_eq!((entries.len(), standing), (3, 4000), "{entries:?}");
        assert_eq!(differences(&mut tx).await, []);
    });
}
