//! The score as it is kept: by the job, in lists of work, and out of every queue.

use super::*;

/// The same rows as the rule wants them, without the program's SQL.
fn as_past(leads: &[Lead], now: WallTime) -> Vec<Past> {
    let mut past = Vec::new();
    for lead in leads {
        let h = lead.handed.as_ref().unwrap();
        let Some(said) = h
            .answer
            .as_ref()
            .filter(|_| h.at + Micros(DAY.0 * 30) <= now)
        else {
            continue;
        };
        if said.reason == Some("no_capacity") {
            continue;
        }
        past.push(Past {
            features: features_of(lead),
            at: h.at,
            known_at: days_after(h.at, 30),
            accepted: matches!(said.answer, "now" | "later"),
            counted: lead.dials.len() as i64,
        });
    }
    past
}

#[test]
fn a_question_that_stands_is_nothing_to_learn_from() {
    on_both(async |db, raw| {
        let (now, zone) = (at("2026-11-29T10:00:00Z"), Zone::utc());
        let house = built(&db, &raw, 3).await;
        let mut leads = handed_over(&house, 300, now, &[0.0, 0.0, 0.0]);
        let known = as_past(&leads, now).len() as i64;
        let mut asked = 0;
        for lead in leads.iter_mut().step_by(4) {
            let handed = lead.handed.as_mut().unwrap();
            let is_over = handed.at + Micros(DAY.0 * 30) <= now;
            let Some(said) = handed.answer.as_mut().filter(|_| is_over) else {
                continue;
            };
            asked += i64::from(said.reason != Some("no_capacity"));
            (said.answer, said.reason, said.note) = ("needs_information", None, "Which vans?");
        }
        assert!(asked > 20, "{asked}");
        raw.run(&house.leads(&leads, 1)).await;
        scores::learn(&db, &house.client, &zone, now).await.unwrap();
        let mut tx = db.read().await.unwrap();
        let learnt = score::learnt(&mut tx, &house.client, ScoreList::Sales).await;
        assert_eq!(learnt.unwrap().unwrap().1.past, known - asked);
        let telesales = score::learnt(&mut tx, &house.client, ScoreList::Telesales).await;
        let (_, telesales) = telesales.unwrap().unwrap();
        assert!(telesales.left_out >= asked, "{}", telesales.left_out);
    });
}

#[test]
fn scores_are_kept_by_the_job_and_made_again_they_are_the_same() {
    on_both(async |db, raw| {
        let (now, zone) = (at("2026-11-29T10:00:00Z"), Zone::utc());
        let house = built(&db, &raw, 3).await;
        let leads = handed_over(&house, 500, now, &[0.0, 0.0, 0.0]);
        raw.run(&house.leads(&leads, 1)).await;
        // Leads that are worked on, some of them late, and one with which something was agreed.
        let open = |nth: i64, source| Lead {
            id: format!("O{nth:03}"),
            source,
            received: days_after(now, -2),
            dials: Vec::new(),
            handed: None,
        };
        let open: Vec<Lead> = (0..40).map(|n| open(n, GRADES[n as usize % 4].0)).collect();
        raw.run(&house.leads(&open, 10_000)).await;
        let agreed = days_after(now, 1).micros();
        raw.run(&format!(
            "UPDATE lead_work SET next_at = {agreed}, said = 'call_back', said_at = 1 WHERE \
             lead_id = 'O003';"
        ))
        .await;
        scores::learn(&db, &house.client, &zone, now).await.unwrap();
        let kept = async || {
            let mut tx = db.read().await.unwrap();
            let claims: Vec<ClaimId> = leads
                .iter()
                .map(|l| ClaimId::from(format!("claim-{}", l.id)))
                .collect();
            let sales = score::learnt(&mut tx, &house.client, ScoreList::Sales).await;
            let (_, sales) = sales.unwrap().unwrap();
            let tele = score::learnt(&mut tx, &house.client, ScoreList::Telesales).await;
            let scores = score::of_claims(&mut tx, &claims).await.unwrap();
            (sales, tele.unwrap().unwrap().1, scores)
        };
        let (sales, telesales, hidden) = kept().await;
        assert!(hidden.is_empty(), "no campaign is worked on by it");
        let past = as_past(&leads, now);
        assert_eq!(sales.past, past.len() as i64);
        assert!(sales.left_out > 20 && sales.waiting > 20, "{sales:?}");
        let (kept_test, test) = (sales.back_test.unwrap(), tested_in(&past, &zone));
        assert!((kept_test.brier - test.brier).abs() < 1e-12);
        assert!((kept_test.counting.better_by - test.counting.better_by).abs() < 1e-12);
        let bins =
            |t: &BackTest| -> Vec<_> { t.bins.iter().map(|b| (b.from, b.n, b.accepted)).collect() };
        assert_eq!(bins(&kept_test), bins(&test));
        assert!(telesales.past > 300 && telesales.accepted > 0);
        // The manager says so: both lists follow, and the log has it.
        let mut tx = db.write().await.unwrap();
        score::set_order(
            &mut tx,
            &house.manager,
            &house.campaign,
            WorkOrder::Score,
            now,
        )
        .await
        .unwrap();
        tx.commit().await.unwrap();
        let mut tx = db.read().await.unwrap();
        let due = score::due(&mut tx, now - Micros(3_600_000_000))
            .await
            .unwrap();
        assert_eq!(due.as_ref(), Some(&house.client), "it is looked at next");
        let subject = format!("campaign:{}", house.campaign);
        let said = assay::store::log::actions(&mut tx, &subject).await.unwrap();
        assert_eq!(said, ["campaign.ordered"]);
        drop(tx);
        scores::learn(&db, &house.client, &zone, now).await.unwrap();
        let (_, _, told) = kept().await;
        assert_eq!(told.len(), 500);
        let model = Model::learn(&past);
        for lead in &leads {
            let id = ClaimId::from(format!("claim-{}", lead.id));
            let score = model.score(&features_of(lead)).unwrap();
            assert!((told[&id].share - score.share).abs() < 1e-12);
            assert_eq!(
                (told[&id].level, &told[&id].steps),
                (score.level, &score.steps)
            );
        }
        let mut tx = db.read().await.unwrap();
        let wanted = Wanted {
            view: View::Work,
            search: "",
            stage: None,
            source: None,
            campaign: None,
            of: None,
            after: None,
            now,
        };
        let clients = std::slice::from_ref(&house.client);
        let work = lists::page(&mut tx, clients, &wanted, 50).await.unwrap();
        let of = |id: &str| work.iter().position(|l| l.external_id == id).unwrap();
        assert_eq!(work.len(), 40);
        // All are due on one day: the likelier first, and what was agreed at its minute.
        let worth: Vec<i64> = work
            .iter()
            .filter(|l| l.next_at.is_none())
            .map(|l| l.worth.unwrap())
            .collect();
        assert!(worth.is_sorted_by(|a, b| a >= b), "{worth:?}");
        assert!(worth[0] > worth[38], "{worth:?}");
        assert_eq!(work[of("O003")].place, agreed);
        // A page further it goes on where it stopped.
        let mut seen: Vec<String> = Vec::new();
        let mut after: Option<(i64, assay::units::LeadId)> = None;
        loop {
            let wanted = Wanted {
                after: after.as_ref().map(|(at, id)| (*at, id)),
                ..wanted.clone()
            };
            let mut page = lists::page(&mut tx, clients, &wanted, 7).await.unwrap();
            let more = page.len() > 7;
            page.truncate(7);
            after = page.last().map(|l| (l.place, l.id.clone()));
            seen.extend(page.into_iter().map(|l| l.external_id));
            if !more {
                break;
            }
        }
        let whole: Vec<String> = work.iter().map(|l| l.external_id.clone()).collect();
        assert_eq!(seen, whole);
        let unanswered = list::Wanted {
            which: list::Which::Unanswered,
            search: "",
            campaign: None,
            after: None,
        };
        let handed = list::of_clients(&mut tx, &house.reps[0], &unanswered, 200).await;
        let handed = handed.unwrap().leads;
        // Page by page they are the same.
        let (mut pages, mut after) = (Vec::new(), None);
        loop {
            let wanted = list::Wanted {
                after,
                ..unanswered
            };
            let page = list::of_clients(&mut tx, &house.reps[0], &wanted, 7).await;
            let page = page.unwrap();
            after = page.next;
            pages.extend(page.leads);
            if after.is_none() {
                break;
            }
        }
        assert_eq!(pages, handed);
        let place = |h: &list::Handover| {
            let day = h.answer_due_at.unwrap().micros() / DAY.0;
            (day, -(told[&h.claim_id].share * 1e6).round() as i64)
        };
        assert!(handed.len() > 20 && handed.is_sorted_by_key(place));
        drop(tx);
        // Rebuilt, they are the same; what somebody wrote into them is not.
        let before = kept().await;
        raw.run(
            "UPDATE lead_scores SET share = 1, explained = '{}';
                 UPDATE lead_work SET worth = 7 WHERE worth IS NOT NULL;",
        )
        .await;
        scores::learn(&db, &house.client, &zone, now).await.unwrap();
        assert_eq!(kept().await, before);
        let mut tx = db.read().await.unwrap();
        let again = lists::page(&mut tx, clients, &wanted, 50).await.unwrap();
        assert_eq!(again, work);
        drop(tx);
        // By time again, nothing of it is left in the list.
        let mut tx = db.write().await.unwrap();
        score::set_order(
            &mut tx,
            &house.manager,
            &house.campaign,
            WorkOrder::Due,
            now,
        )
        .await
        .unwrap();
        tx.commit().await.unwrap();
        scores::learn(&db, &house.client, &zone, now).await.unwrap();
        let mut tx = db.read().await.unwrap();
        let by_time = lists::page(&mut tx, clients, &wanted, 50).await.unwrap();
        assert!(
            by_time
                .iter()
                .all(|l| l.worth.is_none() && l.place == l.act_at.micros())
        );
    });
}

/// The rooms that review, queue and book know no score: a reader would be named here.
#[test]
fn nothing_that_reviews_queues_or_books_reads_a_score() {
    let mut files = 0;
    for room in [
        "review",
        "commission",
        "store/review",
        "store/commission",
        "store/proof",
        "api/review",
        "api/commission",
    ] {
        let mut folders = vec![root().join("src").join(room)];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
                if entry.path().is_dir() {
                    folders.push(entry.path());
                    continue;
                }
                files += 1;
                let text = std::fs::read_to_string(entry.path()).unwrap();
                // The defect that `planted_coupling.sh` plants is one, and no part of a build.
                let text = text.replace("\"scores\" => \"SELECT claim_id FROM lead_scores", "");
                for word in [
                    "lead_scores",
                    "score_models",
                    "report::score",
                    "work_order",
                    ".worth",
                ] {
                    let path = entry.path();
                    assert!(!text.contains(word), "{} reads {word}", path.display());
                }
            }
        }
    }
    assert!(files > 40, "{files}");
}

/// The companies of the claims that a reviewer is given one after the other.
fn queue(demo: &Demo) -> Vec<Value> {
    let marek = demo.sign_in("marek");
    let next = |_| {
        let review = marek.post("/review/take", Value::Null, "worth-take");
        let path = format!("/review/{}/release", review["id"].as_str().unwrap());
        let why = json!({ "reason": "other", "note": "to look at the order" });
        assert_eq!(marek.send("POST", &path, Some(why), None).0, 204);
        assert!(!review.to_string().contains("score"), "{review}");
        review["company"].clone()
    };
    (0..3).map(next).collect()
}

/// What sales answers, and the order that a campaign wants, change nothing of what reviewers get.
#[test]
fn the_queue_of_claims_has_the_order_that_it_had() {
    let before = queue(&Demo::start());
    let demo = Demo::start();
    let max = demo.sign_in("max");
    let client = north(&max, "/reports/score");
    let report = max.get(&format!("/reports/score?client={client}"));
    let campaigns = report["campaigns"].as_array().unwrap();
    assert!(!campaigns.is_empty() && report["changes"] == true);
    for c in campaigns {
        let path = format!("/campaign-orders/{}", c["id"].as_str().unwrap());
        let body = json!({ "order": "score" });
        assert_eq!(max.send("PUT", &path, Some(body), None).0, 204);
    }
    // The last claim's lead is the likeliest.
    tamper(
        &demo,
        "UPDATE lead_work SET worth = (SELECT MAX(c.number) FROM claims c WHERE c.lead_id = \
         lead_work.lead_id)",
    );
    assert_eq!(queue(&demo), before);
}

/// Two leads of one day of UTC, between which the house's day ends.
#[test]
fn lists_by_the_score_cut_days_where_the_house_does() {
    on_both(async |db, raw| {
        let now = at("2026-11-29T10:00:00Z");
        let house = built(&db, &raw, 3).await;
        let mut leads = handed_over(&house, 500, now, &[0.0, 0.0, 0.0]);
        for lead in leads.iter_mut().rev().take(2) {
            lead.handed.as_mut().unwrap().answer = None;
        }
        // The better one of each pair is due later.
        let (poor, good) = (leads.len() - 2, leads.len() - 1);
        for (nth, source, budget) in [
            (poor, "webinar", "access"),
            (good, "website request", "in_place"),
        ] {
            leads[nth].source = source;
            let handed = leads[nth].handed.as_mut().unwrap();
            handed.answers = vec![("budget", budget), ("need", "pain")];
        }
        raw.run(&house.leads(&leads, 1)).await;
        let open = |id: &str, source| Lead {
            id: id.to_owned(),
            source,
            received: days_after(now, -2),
            dials: Vec::new(),
            handed: None,
        };
        let pair = [open("poor", "webinar"), open("good", "website request")];
        raw.run(&house.leads(&pair, 10_000)).await;
        // In Sydney it is half past eleven, and half past midnight.
        let (evening, night) = (at("2026-12-01T12:30:00Z"), at("2026-12-01T13:30:00Z"));
        let (evening, night) = (evening.micros(), night.micros());
        let (poor, good) = (&leads[poor].id, &leads[good].id);
        raw.run(&format!(
            "UPDATE lead_work SET due_at = {evening} WHERE lead_id = 'poor';
             UPDATE lead_work SET due_at = {night} WHERE lead_id = 'good';
             UPDATE handovers SET answer_due_at = {evening} WHERE lead_id = '{poor}';
             UPDATE handovers SET answer_due_at = {night} WHERE lead_id = '{good}';
             UPDATE campaigns SET work_order = 'score' WHERE id = 'campaign';"
        ))
        .await;
        for (zone, first) in [("UTC", "good"), ("Australia/Sydney", "poor")] {
            let zone: Zone = zone.parse().unwrap();
            scores::learn(&db, &house.client, &zone, now).await.unwrap();
            let mut tx = db.read().await.unwrap();
            let wanted = Wanted {
                view: View::Work,
                search: "",
                stage: None,
                source: None,
                campaign: None,
                of: None,
                after: None,
                now,
            };
            let clients = std::slice::from_ref(&house.client);
            let work = lists::page(&mut tx, clients, &wanted, 50).await.unwrap();
            assert_eq!(work[0].external_id, first, "{zone}");
            let unanswered = list::Wanted {
                which: list::Which::Unanswered,
                search: "",
                campaign: None,
                after: None,
            };
            let handed = list::of_clients(&mut tx, &house.reps[0], &unanswered, 200).await;
            let two = handed
                .unwrap()
                .leads
                .into_iter()
                .map(|l| l.lead_id.to_string());
            let two: Vec<String> = two.filter(|id| id == poor || id == good).collect();
            let is_first = if first == "good" { good } else { poor };
            assert_eq!((two.len(), &two[0]), (2, is_first), "{zone}");
        }
    });
}
