//! What became of leads by source, campaign, supplier and list, against a count by hand: what each
//! cost, what imports left out, months, and whose clients they are.

use super::*;
use assay::handover::cost::Bought;
use assay::handover::source::{Part, SourceKind};
use assay::identity::PayBasis;
use assay::store::handover::sources::{self as results, PartName, SourceLead, Wanted};
use assay::store::people::{self, NewPerson};
use assay::units::{ClientId, PersonId};
use std::collections::BTreeMap;

const FROM: &str = "2026-09-01";
const UNTIL: &str = "2026-12-01";
/// In Berlin it is November already.
const LATE: &str = "2026-10-31T23:30:00Z";

/// A lead that came in then; with a hand-over that sales gave this answer to, if any.
fn lead(
    house: &House,
    (id, source, received): (&str, &'static str, &str),
    talked: &[Option<i64>],
    answer: Option<(&'static str, Option<&'static str>, Option<&'static str>)>,
) -> Lead {
    let received = at(received);
    let dials = talked.iter().map(|talked| Dial {
        at: days_after(received, 1),
        talked: *talked,
        by: house.caller.clone(),
    });
    let by = house.reps[0].clone();
    Lead {
        id: id.to_owned(),
        source,
        received,
        dials: dials.collect(),
        handed: answer.map(|(answer, reason, criterion)| Handed {
            at: days_after(received, 2),
            answers: vec![("budget", "in_place")],
            to: Some(by.clone()),
            answer: Some(Said {
                at: days_after(received, 3),
                by,
                answer,
                reason,
                criterion,
                note: "",
            }),
            second: None,
        }),
    }
}

fn leads(house: &House) -> Vec<Lead> {
    let (first, talked) = ("2026-10-05T09:00:00Z", &[Some(60)][..]);
    let web = "website request";
    vec![
        lead(house, ("L1", web, first), talked, Some(("now", None, None))),
        lead(
            house,
            ("L2", web, first),
            talked,
            Some(("reject", Some("criterion"), Some("need"))),
        ),
        lead(
            house,
            ("L3", web, first),
            talked,
            Some(("reject", Some("no_capacity"), None)),
        ),
        lead(house, ("L4", "trade show", first), talked, None),
        lead(house, ("L5", "trade show", first), &[None], None),
        lead(house, ("L6", web, LATE), &[], None),
        lead(house, ("L7", "webinar", LATE), &[None, None], None),
        lead(
            house,
            ("L8", "referral", "2026-11-20T09:00:00Z"),
            talked,
            Some(("later", None, None)),
        ),
        lead(house, ("L9", web, LATE), &[], None),
    ]
}

/// Costs, suppliers and lists, and a client of others with a list and a lead.
fn around(house: &House, other: &ClientId) -> String {
    let client = &house.client;
    let list = |id: &str,
                (client, campaign): (&str, &str),
                supplier: &str,
                began: &str,
                undone: &str,
                skipped: i64| {
        let began = at(began).micros();
        format!(
            "INSERT INTO imports (id, client_id, campaign_id, supplier, file_name, actor, \
             began_at, ended_at, undone_at, total, added, skipped) VALUES ('{id}', '{client}', \
             '{campaign}', '{supplier}', '{id}.csv', 'shell', {began}, {}, {undone}, 9, 5, \
             {skipped});\n",
            began + 60_000_000
        )
    };
    let own = (client.as_str(), "campaign");
    let theirs = (other.as_str(), "theirs");
    let mut sql = format!(
        "UPDATE sources SET cost_minor = 250, currency = 'EUR', supplier = 'Portal Ltd' WHERE id = \
         'website request';
         UPDATE sources SET cost_minor = 900, currency = 'USD' WHERE id = 'trade show';
         INSERT INTO checklists (id, name, client_id) VALUES ('their list', 'Theirs', '{other}');
         INSERT INTO campaigns (id, client_id, name, checklist_id, created_at) VALUES ('theirs', \
         '{other}', 'Theirs', 'their list', 1);
         INSERT INTO leads (id, client_id, campaign_id, external_id, company, created_at) VALUES \
         ('X1', '{other}', 'theirs', 'X1', 'X', {});
         INSERT INTO lead_merges (id, lead_id, into_id, merged_at) VALUES ('m', 'L9', 'L6', 1);
         UPDATE calls SET sip_status = 404 WHERE lead_id = 'L5';\n",
        at(LATE).micros()
    );
    sql += &list("autumn", own, "Messe AG", "2026-10-05T08:59:00Z", "NULL", 3);
    sql += &list("november", own, "", LATE, "NULL", 1);
    sql += &list("undone", own, "Messe AG", LATE, "1", 50);
    sql += &list("old", own, "Messe AG", "2026-08-01", "NULL", 70);
    sql += &list("theirs", theirs, "Messe AG", LATE, "NULL", 90);
    for (list, leads) in [
        ("autumn", "'L1', 'L2', 'L3', 'L4', 'L5'"),
        ("november", "'L6', 'L7', 'L9'"),
        ("theirs", "'X1'"),
    ] {
        sql += &format!("UPDATE lead_work SET import_id = '{list}' WHERE lead_id IN ({leads});\n");
    }
    sql
}

/// By client and name.
async fn apart(db: &Db, person: &PersonId, by: SourceKind) -> BTreeMap<PartName, Part> {
    let span = (at(FROM), at(UNTIL));
    let zone: Zone = "Europe/Berlin".parse().unwrap();
    let mut tx = db.read().await.unwrap();
    let leads = results::leads(&mut tx, person, span, Wanted::default(), 1_000).await;
    let leads = leads.unwrap();
    let lists = results::lists(&mut tx, person, span).await.unwrap();
    let parts = results::parts((&leads, &lists), by, span.0, &zone);
    // One alone has the same leads.
    for of in parts.keys() {
        let wanted = Wanted {
            part: Some((by, &of.name)),
            client: Some(&of.client_id),
        };
        let own = results::leads(&mut tx, person, span, wanted, 1_000).await;
        let ids = |leads: &[SourceLead]| leads.iter().map(|l| l.id.clone()).collect::<Vec<_>>();
        let wanted = leads.iter().filter(|l| l.part(by) == *of).cloned();
        assert_eq!(
            ids(&own.unwrap()),
            ids(&wanted.collect::<Vec<_>>()),
            "{by} {of:?}"
        );
    }
    parts
}

/// The same of who has one client, by name.
async fn told(db: &Db, person: &PersonId, by: SourceKind) -> BTreeMap<String, Part> {
    let parts = apart(db, person, by).await;
    parts
        .into_iter()
        .map(|(of, part)| (of.name, part))
        .collect()
}

/// Delivered, duplicates, left out; not called, dead, never answered; reached, passed, accepted,
/// rejected; without a cost.
fn counts(part: &Part) -> [i64; 11] {
    let t = &part.whole;
    [
        t.delivered,
        t.duplicates,
        t.left_out,
        t.not_called,
        t.dead,
        t.never_answered,
        t.reached,
        t.passed,
        t.accepted,
        t.rejected,
        t.costs.unpriced,
    ]
}

/// The sum, and what each cost that was delivered, reached, passed and accepted.
fn costs(part: &Part, currency: &str) -> (i64, [Option<i64>; 4]) {
    let b: &Bought = &part.whole.costs.by_currency[currency];
    (
        b.minor,
        [b.delivered, b.reached, b.passed, b.accepted].map(|n| b.each(n)),
    )
}

async fn other_house(db: &Db) -> (ClientId, PersonId) {
    let mut tx = db.write().await.unwrap();
    let began = at(rows::BEGAN);
    let client = people::add_client(&mut tx, &Actor::Shell, "Calder", began)
        .await
        .unwrap();
    let new = NewPerson {
        login: "cara",
        name: "cara",
        role: Role::Manager,
        pay_basis: PayBasis::Fixed,
        password_hash: "x",
        clients: std::slice::from_ref(&client),
    };
    let person = people::add(&mut tx, &Actor::Shell, &new, began)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    (client, person)
}

#[test]
fn what_became_of_leads_and_what_each_cost_is_what_a_count_by_hand_says() {
    on_both(async |db, raw| {
        let house = built(&db, &raw, 1).await;
        let (other, cara) = other_house(&db).await;
        raw.run(&house.leads(&leads(&house), 1)).await;
        raw.run(&around(&house, &other)).await;
        let own = async |by| told(&db, &house.manager, by).await;

        let by = own(SourceKind::Source).await;
        assert_eq!(
            counts(&by["website request"]),
            [5, 1, 0, 1, 0, 0, 3, 3, 1, 2, 0]
        );
        // 12.50 for five; 4.17 for each of three.
        let each = [Some(250), Some(417), Some(417), Some(1_250)];
        assert_eq!(costs(&by["website request"], "EUR"), (1_250, each));
        assert_eq!(counts(&by["trade show"]), [2, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0]);
        assert_eq!(by["trade show"].whole.dead_by_cause[&404], 1);
        let each = [Some(900), Some(1_800), None, None];
        assert_eq!(costs(&by["trade show"], "USD"), (1_800, each));
        assert_eq!(counts(&by["webinar"]), [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]);
        assert!(by["webinar"].whole.costs.by_currency.is_empty());
        assert_eq!(counts(&by["referral"]), [1, 0, 0, 0, 0, 0, 1, 1, 1, 0, 1]);
        assert_eq!(by.len(), 4);

        let by = own(SourceKind::Supplier).await;
        let names: Vec<&str> = by.keys().map(String::as_str).collect();
        assert_eq!(names, ["", "Messe AG", "Portal Ltd"]);
        let messe = &by["Messe AG"];
        assert_eq!(counts(messe), [8, 3, 3, 0, 1, 0, 4, 3, 1, 2, 0]);
        assert_eq!(messe.whole.by_criterion["need"], 1);
        assert_eq!(messe.whole.by_reason[&RejectReason::NoCapacity], 1);
        let each = [Some(250), Some(250), Some(250), Some(750)];
        assert_eq!(costs(messe, "EUR"), (750, each), "of its own three alone");
        let each = [Some(900), Some(1_800), None, None];
        assert_eq!(costs(messe, "USD"), (1_800, each));
        assert_eq!(counts(&by["Portal Ltd"]), [2, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0]);
        // Nobody said whose the webinar, the referral and what the list left out are.
        assert_eq!(counts(&by[""]), [3, 1, 1, 0, 0, 1, 1, 1, 1, 0, 2]);

        let by = own(SourceKind::List).await;
        let names: Vec<&str> = by.keys().map(String::as_str).collect();
        assert_eq!(names, ["", "autumn", "november", "undone"]);
        assert_eq!(counts(&by["autumn"]), counts(messe));
        assert_eq!(counts(&by["november"]), [4, 2, 1, 1, 0, 1, 0, 0, 0, 0, 1]);
        assert_eq!(counts(&by["undone"]), [0; 11], "what it left out is undone");
        let months: Vec<(&str, i64)> = by["november"]
            .months
            .iter()
            .map(|(month, t)| (month.as_str(), t.delivered))
            .collect();
        assert_eq!(months, [("2026-11", 4)], "midnight is the house's");

        let by = own(SourceKind::Campaign).await;
        let all = &by["Euro"];
        assert_eq!(counts(all), [13, 5, 4, 1, 1, 1, 5, 4, 2, 2, 2]);
        let months: Vec<i64> = all.months.values().map(|t| t.delivered).collect();
        assert_eq!((by.len(), months), (1, vec![8, 5]));

        let theirs = told(&db, &cara, SourceKind::Supplier).await;
        assert_eq!(theirs.len(), 1);
        assert_eq!(theirs["Messe AG"].whole.delivered, 91, "their own alone");

        // A manager of both: each client's supplier of that name is its own.
        let (client, both) = (&other, &house.manager);
        raw.run(&format!(
            "INSERT INTO person_clients (person_id, client_id) VALUES ('{both}', '{client}');"
        ))
        .await;
        let by = apart(&db, both, SourceKind::Supplier).await;
        let messe = by.iter().filter(|(of, _)| of.name == "Messe AG");
        let messe: Vec<(&str, i64)> = messe
            .map(|(of, part)| (of.client.as_str(), part.whole.delivered))
            .collect();
        assert_eq!(messe, [("Calder", 91), ("Northlight", 8)]);
    });
}
