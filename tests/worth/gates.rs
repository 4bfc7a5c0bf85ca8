//! Sales' gate: like leads, doubts, and who sees whom.

use super::*;

fn case(whose: &str, source: usize, accepted: bool) -> Case {
    let (source, grade) = GRADES[source];
    Case {
        whose: whose.into(),
        features: Features {
            grade: grade.into(),
            source: source.into(),
            answers: "budget=in_place".into(),
            interactions: "1_day".into(),
        },
        answer: Some(if accepted {
            Answer::Now
        } else {
            Answer::Reject
        }),
        reason: (!accepted).then_some(RejectReason::Other),
        doubt: None,
        first_call: FirstCall::Talked,
        answer_overdue: false,
        call_overdue: false,
    }
}

/// What others take of a source.
const TAKEN: [f64; 4] = [0.8, 0.6, 0.45, 0.2];

#[test]
fn who_turns_down_good_leads_is_told_from_who_has_poor_ones() {
    let mut random = Seeded(21);
    let mut cases = Vec::new();
    for nth in 0..4_800 {
        let source = random.below(4) as usize;
        cases.push(case(
            &format!("rep-{}", nth % 6),
            source,
            random.hits(TAKEN[source]),
        ));
    }
    for _ in 0..400 {
        // Poor leads alone, judged like everybody's.
        cases.push(case("poor", 3, random.hits(TAKEN[3])));
        // Good leads, of which half of what others take is turned down, to look choosy.
        cases.push(case("choosy", 0, random.hits(TAKEN[0] / 2.0)));
    }
    let (all, each) = told(&cases);
    let of = |name: &str| -> &Gate { &each[name] };
    let (poor, choosy) = (of("poor"), of("choosy"));
    let rate = |g: &Gate| (g.raw.unwrap().rate, g.adjusted.unwrap());
    let whole = all.raw.unwrap().rate;
    println!(
        "SHOW all {whole:.2}, poor {:?}, choosy {:?}",
        rate(poor),
        rate(choosy)
    );
    assert!(
        rate(poor).0 < 0.3,
        "raw, the two look like each other turned round"
    );
    assert!(rate(choosy).0 > rate(poor).0);
    assert!(
        rate(poor).1.low <= whole && whole <= rate(poor).1.high,
        "on like leads: as all"
    );
    assert!(rate(choosy).1.high < whole, "on like leads: far below all");
    for nth in 0..6 {
        let adjusted = of(&format!("rep-{nth}")).adjusted.unwrap();
        assert!((adjusted.rate - whole).abs() < 0.15, "{nth}: {adjusted:?}");
    }
    // Turning down still more makes the own leads look no poorer: what is expected stays the same.
    let stricter: Vec<Case> = cases
        .iter()
        .map(|c| match c.whose.as_str() {
            "choosy" => case("choosy", 0, false),
            _ => c.clone(),
        })
        .collect();
    let (_, strict) = told(&stricter);
    assert_eq!(strict["choosy"].adjusted.unwrap().rate, 0.0);
    assert_eq!(strict["choosy"].bands[0].from, choosy.bands[0].from);
    // Leaving leads lie instead of turning them down shows, and is no acceptance.
    let lying = Case {
        answer: None,
        reason: None,
        answer_overdue: true,
        ..case("late", 1, false)
    };
    let (_, late) = told(&[lying.clone(), lying]);
    assert_eq!((late["late"].answers_overdue, late["late"].raw), (2, None));
}

#[test]
fn a_question_that_stands_is_decided_neither_way() {
    let asked = Case {
        answer: Some(Answer::NeedsInformation),
        reason: None,
        ..case("rep", 1, false)
    };
    let (all, each) = told(&[case("rep", 1, true), case("rep", 1, false), asked]);
    for gate in [&all, &each["rep"]] {
        assert_eq!((gate.leads, gate.decided, gate.accepted), (3, 2, 1));
    }
}

#[test]
fn no_lead_one_lead_and_all_alike_are_no_nan_at_the_gate() {
    assert_eq!(told(&[]).0.raw, None);
    let (all, each) = told(&[case("one", 0, true)]);
    assert_eq!((all.decided, each["one"].adjusted), (1, None));
    for accepted in [true, false] {
        let mut cases: Vec<Case> = (0..200).map(|n| case("a", n % 4, accepted)).collect();
        cases.extend((0..200).map(|n| case("b", n % 4, accepted)));
        let (all, each) = told(&cases);
        let adjusted = each["a"].adjusted.map(|r| r.rate);
        if accepted {
            assert!((adjusted.unwrap() - 1.0).abs() < 0.05, "{adjusted:?}");
        } else {
            // Nothing is expected of anybody: there is nothing to hold it against.
            assert_eq!(adjusted.unwrap_or(0.0), 0.0);
        }
        assert!(all.raw.unwrap().low.is_finite());
    }
}

#[test]
fn the_gate_is_that_of_another_computation() {
    on_both(async |db, raw| {
        let now = at("2026-11-29T10:00:00Z");
        let house = built(&db, &raw, 5).await;
        let taste = [0.1, 0.0, 0.0, -0.1, -0.3];
        let mut leads = handed_over(&house, 700, now, &taste);
        // What is known speaks against some rejections.
        let rep = house.reps[0].clone();
        let mut doubted = |nth: usize, reason, criterion, note| {
            let h = leads[nth].handed.as_mut().unwrap();
            h.answer = Some(Said {
                at: h.at + Micros(DAY.0 * 20),
                by: rep.clone(),
                answer: "reject",
                reason: Some(reason),
                criterion,
                note,
            });
        };
        doubted(3, "criterion", Some("need"), "They only have vans");
        doubted(5, "unreachable", None, "");
        doubted(7, "unreachable", None, "");
        doubted(9, "other", None, "");
        doubted(11, "criterion", Some("need"), "They only have vans");
        let second = |answer| Some(vec![("budget", "in_place"), ("need", answer)]);
        leads[3].handed.as_mut().unwrap().second = second("pain");
        leads[11].handed.as_mut().unwrap().second = second("firmographics");
        // Of the first unreachable one sales talked to the buyer; of the other it called once.
        for (nth, talked) in [(5, Some(90)), (7, None)] {
            let at = leads[nth].handed.as_ref().unwrap().at + Micros(DAY.0);
            leads[nth].dials.push(Dial {
                at,
                talked,
                by: rep.clone(),
            });
        }
        raw.run(&house.leads(&leads, 1)).await;
        let mut tx = db.read().await.unwrap();
        let span = (at("2026-01-01"), now);
        let cases = gate::cases(&mut tx, &house.client, span, now, &Zone::utc())
            .await
            .unwrap();
        assert_eq!(cases.len(), 700);
        let (all, each) = told(&cases);
        let own = &each[house.reps[0].as_str()];
        let doubts: Vec<String> = own
            .doubts
            .iter()
            .map(|d| format!("{} {}", d.doubt, d.times))
            .collect();
        assert_eq!(
            doubts,
            [
                "contradicted 1",
                "reached 1",
                "few_attempts 1",
                "no_words 1"
            ]
        );
        let calls: i64 = own.first_calls.iter().map(|c| c.times).sum();
        assert_eq!(calls, own.leads);
        let of = |o| {
            own.first_calls
                .iter()
                .find(|c| c.outcome == o)
                .unwrap()
                .times
        };
        assert_eq!((of(FirstCall::Talked), of(FirstCall::NotAnswered)), (1, 1));
        // The same from the test's own rows.
        let rows: Vec<Value> = leads
            .iter()
            .filter_map(|l| {
                let said = l.handed.as_ref().unwrap().answer.as_ref()?;
                let accepted = i64::from(matches!(said.answer, "now" | "later"));
                let features = listed(&features_of(l));
                Some(json!({ "rep": said.by.as_str(), "accepted": accepted, "features": features }))
            })
            .collect();
        let Some(there) = apart("gate", &json!({ "leads": rows })) else {
            return;
        };
        for rep in &house.reps {
            let (here, there) = (&each[rep.as_str()], &there[rep.as_str()]);
            assert_eq!(
                (&there["n"], &there["accepted"]),
                (&json!(here.decided), &json!(here.accepted))
            );
            let (r, a) = (here.raw.unwrap(), here.adjusted.unwrap());
            for (nth, (raw, adjusted)) in [(r.rate, a.rate), (r.low, a.low), (r.high, a.high)]
                .into_iter()
                .enumerate()
            {
                near(raw, &there["raw"][nth], 1e-9);
                near(adjusted, &there["adjusted"][nth], 1e-9);
            }
        }
        let choosy = each[house.reps[4].as_str()].adjusted.unwrap();
        assert!(choosy.high < all.raw.unwrap().rate, "{choosy:?}");
    });
}

/// Who sells sees no colleague, by subtraction either.
#[test]
fn a_representative_sees_their_own_gate_alone() {
    let demo = Demo::start();
    let marek = demo.sign_in("marek");
    let review = common::take(&marek, "Norvik Ferries");
    let claim = review["id"].as_str().unwrap().to_owned();
    marek.post(
        &format!("/review/{claim}/verdict"),
        common::passing(&review),
        "gate-verdict",
    );
    let (sam, max) = (demo.sign_in("sam"), demo.sign_in("max"));
    common::until("the lead is handed over", || {
        sam.get("/handovers")["leads"].as_array().unwrap().len() == 1
    });
    let body = json!({ "answer": "reject", "reason": "known_already" });
    assert_eq!(
        sam.send(
            "POST",
            &format!("/claims/{claim}/sales-answer"),
            Some(body),
            None
        )
        .0,
        204
    );
    let own = sam.get("/reports/gate");
    assert_eq!(own["all"], Value::Null, "there are no five colleagues");
    let people = own["people"].as_array().unwrap();
    assert_eq!(people.len(), 1);
    assert_eq!(people[0]["gate"]["adjusted"], Value::Null);
    assert_eq!(
        people[0]["gate"]["reasons"],
        json!([{ "reason": "known_already", "times": 1 }])
    );
    let client = north(&max, "/reports/gate");
    let all = max.get(&format!("/reports/gate?client={client}"));
    assert_eq!(all["all"]["decided"], 1);
    let colleague = in_store(&demo, async |tx| {
        let sam = assay::store::people::by_login(tx, "sam")
            .await
            .unwrap()
            .unwrap();
        let clients = assay::store::people::clients_of(tx, &sam.id).await.unwrap();
        common::enter(&demo, tx, "sally", Role::Sales, &clients).await
    });
    assert_eq!(colleague.get("/reports/gate")["people"], json!([]));
    let (_, csv) = colleague.text("/reports/gate.csv");
    assert_eq!(csv.lines().count(), 1, "{csv}");
}
