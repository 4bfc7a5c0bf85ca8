//! Whose leads become deals, and who would like them to be somebody else's.

use super::*;

#[test]
fn nobody_makes_a_lead_marketings_afterwards() {
    on_both(async |db, raw| {
        let now = at("2026-11-29T10:00:00Z");
        let house = built(&db, &raw, 1).await;
        let mut leads = handed_over(&house, 40, now, &[0.0]);
        for (nth, lead) in leads.iter_mut().enumerate() {
            lead.source = if nth % 4 == 0 { "webinar" } else { "referral" };
            // Sales' own were called a month before they were entered.
            if nth % 4 != 0 {
                lead.received = lead.handed.as_ref().unwrap().at - Micros(DAY.0);
            }
        }
        raw.run(&house.leads(&leads, 1)).await;
        let mut numbers = String::from(
            "INSERT INTO api_tokens (id, name, scopes, token_hash, created_at) VALUES ('t', 'crm', \
             'crm_write', 'h', 1);",
        );
        for (nth, lead) in leads.iter().enumerate() {
            let id = &lead.id;
            let won = lead.received + Micros(DAY.0 * 20);
            numbers.push_str(&format!(
                "INSERT INTO lead_numbers (lead_id, e164, as_given) VALUES ('{id}', '+49{nth}', '0{nth}');
                 UPDATE calls SET prospect_e164 = '+49{nth}' WHERE lead_id = '{id}';
                 INSERT INTO crm_outcomes (id, token_id, event, lead_id, outcome, value_minor, \
                 currency, happened_at, note, at, proof_of_concept, origin) VALUES ('c{nth}', 't', \
                 'e{nth}', '{id}', '{}', 100000, '{}', {}, '', 1, 1, 'marketing');",
                if nth % 5 == 0 { "lost" } else { "won" },
                if nth % 2 == 0 { "EUR" } else { "USD" },
                won.micros()
            ));
        }
        raw.run(&numbers).await;
        let figures = async || {
            let mut tx = db.read().await.unwrap();
            let span = (at("2025-01-01"), at("2027-12-31"));
            let deals = origin::deals(&mut tx, &house.client, span).await.unwrap();
            (deals.len(), assay::report::origin::figures(&deals))
        };
        let (deals, before) = figures().await;
        assert_eq!(deals, 40);
        let share = &before.shares[0];
        assert_eq!(
            (share.marketing, share.all),
            (8, 32),
            "a quarter of what is not lost"
        );
        assert_eq!(
            before.shares.len(),
            3,
            "deals, euro and dollar, never summed"
        );
        assert_eq!(
            before.said_otherwise, 30,
            "the CRM calls all of them marketing's"
        );
        let sales = before
            .parts
            .iter()
            .find(|p| p.origin == Origin::Sales)
            .unwrap();
        assert!(sales.late > 0 && sales.days_from > sales.days, "{sales:?}");
        // Marketing's manager calls the source theirs: what was there stays, and it is shown.
        let mut tx = db.write().await.unwrap();
        let all = sources::of_client(&mut tx, &house.client).await.unwrap();
        let referral = all.into_iter().find(|s| s.name == "referral").unwrap();
        let new = NewSource {
            name: "referral".into(),
            grade: "A".into(),
            contact_within_hours: 72,
            supplier: None,
            cost: None,
            origin: Origin::Marketing,
        };
        let by = Actor::from(&house.manager);
        sources::change(&mut tx, &by, &referral, (new, false), now)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        assert_eq!(figures().await.1, before);
        // Nor does it help to give the leads another source, or to write past the program.
        raw.run("UPDATE leads SET source_id = 'webinar';").await;
        assert_eq!(figures().await.1, before);
        assert!(
            raw.refuses("UPDATE lead_work SET origin = 'marketing' WHERE origin = 'sales'")
                .await
        );
        raw.run(
            "UPDATE leads SET source_id = 'referral' WHERE id IN (SELECT lead_id FROM lead_work \
                 WHERE origin = 'sales');",
        )
        .await;
        let mut tx = db.read().await.unwrap();
        let told = origin::relabelled(&mut tx, &house.client).await.unwrap();
        assert_eq!(told.len(), 1);
        assert_eq!(
            (told[0].now, told[0].kept, told[0].leads),
            (Origin::Marketing, Origin::Sales, 30)
        );
        let subject = format!("source:{}", referral.id);
        let said = assay::store::log::lines_of(&mut tx, &subject)
            .await
            .unwrap();
        assert!(
            said[0].detail.contains("\"origin\":\"marketing\""),
            "{said:?}"
        );
        drop(tx);
        // Leads that come in afterwards are marketing's.
        let late = Lead {
            id: "late".into(),
            source: "referral",
            received: now,
            dials: Vec::new(),
            handed: None,
        };
        raw.run(&house.leads(&[late], 900)).await;
        let mut tx = db.read().await.unwrap();
        let id = assay::units::LeadId::from("late".to_owned());
        let lead = assay::store::leads::by_id(&mut tx, &id)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(lead.source.as_deref(), Some("referral"));
        let told = origin::relabelled(&mut tx, &house.client).await.unwrap();
        assert_eq!(told[0].leads, 30, "the new one is as its source says");
    });
}

/// A CRM tells of the deal; of sales' own leads too, which nobody handed over.
#[test]
fn a_crm_says_what_a_deal_is_and_whose() {
    let demo = Demo::start();
    let max = demo.sign_in("max");
    tamper(
        &demo,
        "INSERT INTO leads (id, client_id, campaign_id, external_id, company, source_id, created_at) \
         SELECT 'own', c.client_id, c.id, 'OWN-1', 'Own Ltd', (SELECT s.id FROM sources s WHERE \
         s.client_id = c.client_id AND s.origin = 'sales' ORDER BY s.name LIMIT 1), \
         1763000000000000 FROM campaigns c JOIN clients k ON k.id = c.client_id AND k.name = \
         'Northlight Fleet' LIMIT 1",
    );
    let own = common::token(&demo, &["crm_write"], Some("Northlight Fleet"));
    let other = common::token(&demo, &["crm_write"], Some("Calder Insurance"));
    let say = |token: &str, lines: Value| {
        let (code, told) = common::by_token(
            &demo,
            token,
            "/machine/outcomes",
            &json!({ "lines": lines }),
        );
        assert_eq!(code, 200, "{told}");
        let states = told["lines"].as_array().unwrap().iter();
        states
            .map(|l| l["state"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let won = json!({
        "event": "o-1", "lead": "own", "outcome": "won", "value_minor": 500_000, "currency": "EUR",
        "proof_of_concept": true, "origin": "sales", "at": "2026-11-20T12:00:00Z",
        "entered_at": "2026-11-01T12:00:00Z",
    });
    let lines = json!([
        won,
        won,
        { "event": "o-2", "lead": "own", "answer": "now" },
        { "event": "o-3", "external_id": "OWN-1", "outcome": "opportunity", "at": "2026-11-02T00:00:00Z" },
        { "event": "o-4", "lead": "own", "outcome": "won", "entered_at": "2100-01-01T00:00:00Z" },
        { "event": "o-5", "lead": "own", "outcome": "won", "origin": "ours" },
    ]);
    let expected = [
        "accepted", "repeated", "refused", "accepted", "refused", "refused",
    ];
    assert_eq!(say(&own, lines), expected);
    assert_eq!(
        say(&other, json!([won])),
        ["refused"],
        "another client's CRM"
    );
    let client = north(&max, "/reports/origin");
    let report = max.get(&format!("/reports/origin?client={client}"));
    let part = &report["figures"]["parts"][0];
    assert_eq!(
        (&part["origin"], &part["won"], &part["proof"]),
        (&json!("sales"), &json!(1), &json!(1))
    );
    assert_eq!(part["days"], 19.0);
    assert_eq!(report["figures"]["shares"][1]["currency"], "EUR");
    assert_eq!(report["figures"]["shares"][0]["share"], 0.0);
    let (_, csv) = max.text(&format!("/reports/origin.csv?client={client}"));
    assert!(
        csv.contains("\r\nsales,1,1,1,0,1.0000,EUR,1,500000,500000,19.0"),
        "{csv}"
    );
}
