//! The hand-over over HTTP: a passed lead on its sales person's page in time, and what each of the
//! others may not see or do.

mod common;
#[path = "crm/fake.rs"]
mod fake;

use assay::handover::mapping::CrmKind;
use common::*;
use fake::{Fake, KEY};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// A demo with a claim of tom's that passed and is handed over; gives the claim.
fn handed_over(demo: &Demo) -> String {
    let marek = demo.sign_in("marek");
    let review = take(&marek, "Norvik Ferries");
    let claim = review["id"].as_str().unwrap().to_owned();
    let given = passing(&review);
    marek.post(&format!("/review/{claim}/verdict"), given, "verdict-key-1");
    let sam = demo.sign_in("sam");
    until("the lead is handed over", || {
        sam.get("/handovers")["leads"].as_array().unwrap().len() == 1
    });
    claim
}

fn status(who: &Client, method: &str, path: &str, body: Value) -> u16 {
    let sent = (method != "GET").then_some(body);
    who.send(method, path, sent, None).0
}

/// Moments at which the event stream named what it is asked for.
fn events(demo: &Demo, who: &Client, named: &'static str) -> mpsc::Receiver<Instant> {
    let mut stream = TcpStream::connect(&demo.address).unwrap();
    write!(
        stream,
        "GET /api/v1/events HTTP/1.1\r\nhost: {}\r\ncookie: {}\r\n\r\n",
        demo.address,
        who.cookie()
    )
    .unwrap();
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            if line == format!("data: {named}") && tell.send(Instant::now()).is_err() {
                return;
            }
        }
    });
    told
}

#[test]
fn a_passed_lead_is_on_sales_page_within_two_seconds_of_its_verdict_being_final() {
    let demo = Demo::start();
    let (sam, marek) = (demo.sign_in("sam"), demo.sign_in("marek"));
    assert_eq!(sam.get("/handovers")["leads"], json!([]));
    let told = events(&demo, &sam, "handovers");
    let review = take(&marek, "Norvik Ferries");
    let claim = review["id"].as_str().unwrap().to_owned();
    let committed = marek.post(
        &format!("/review/{claim}/verdict"),
        passing(&review),
        "verdict-key-1",
    );
    let hold = committed["hold_until"].as_str().unwrap().to_owned();
    let at = told.recv_timeout(Duration::from_secs(30)).unwrap();
    let listed = sam.get("/handovers");
    let passed = listed["leads"][0]["passed_at"].as_str().unwrap().to_owned();
    let late = micros(&passed) - micros(&hold);
    println!(
        "final {} ms after its hold, the list read {} ms after the event",
        late / 1000,
        at.elapsed().as_millis()
    );
    assert!(late >= 0, "not before its hold is over");
    assert_eq!(listed["leads"][0]["claim"], claim);
    assert_eq!(listed["waiting"], 1);

    let card = sam.get(&format!("/handovers/{claim}"));
    assert_eq!(card["proven"].as_array().unwrap().len(), 4);
    let seconds: u64 = card["proven"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| p["moment"]["to_ms"].as_u64().unwrap() - p["moment"]["from_ms"].as_u64().unwrap())
        .sum::<u64>()
        / 1000;
    assert!(seconds <= 90, "{seconds} s to hear all four");
    assert_eq!(card["brought_by"]["name"], "Tom Brandt");
    assert!(card["numbers"][0].as_str().unwrap().starts_with('+'));
    let text = card.to_string();
    for money in ["minor", "EUR", "ledger", "4000", "plan"] {
        assert!(!text.contains(money), "{money} is on the card");
    }
}

fn micros(text: &str) -> i64 {
    text.parse::<assay::units::WallTime>().unwrap().micros()
}

/// PRODUCT P6: from the hand-over to the card's first opening, which is sales'.
#[test]
fn a_card_is_first_opened_once_and_by_sales() {
    let demo = Demo::start();
    let claim = handed_over(&demo);
    let (sam, max) = (demo.sign_in("sam"), demo.sign_in("max"));
    let path = format!("/handovers/{claim}");
    let clients = max.get("/reports/overview")["clients"].clone();
    let north = clients
        .as_array()
        .unwrap()
        .iter()
        .find(|c| c["name"] == "Northlight Fleet")
        .unwrap()
        .clone();
    let stretch = |name: &str| -> (i64, i64) {
        let query = format!(
            "/reports/waterfall?client={}",
            north["id"].as_str().unwrap()
        );
        let made = max.get(&query);
        let all = made["stretches"].as_array().unwrap();
        let one = all.iter().find(|s| s["name"] == name).unwrap();
        (
            one["ended"].as_i64().unwrap(),
            one["open"].as_i64().unwrap(),
        )
    };
    // What was booked for it is what a manager sees first of the month's money.
    let earned = max.get("/reports/overview")["earned"].clone();
    let told = json!({ "minor": 4000, "currency": "EUR" });
    assert_eq!(
        (&earned[0]["amount"], &earned[0]["leads"]),
        (&told, &json!(1))
    );
    assert_eq!(
        (&earned[0]["readers"], &earned[0]["read"]),
        (&json!(2), &json!(2))
    );
    max.get(&path);
    assert_eq!(stretch("card"), (0, 1), "a manager's look is none");
    sam.get(&path);
    assert_eq!(stretch("card"), (1, 0));
    sam.get(&path);
    assert_eq!(stretch("sales_call"), (0, 1), "nobody has called");
    let lines = in_store(&demo, async |tx| {
        let lines = assay::store::log::lines_of(tx, &format!("claim:{claim}")).await;
        lines.unwrap()
    });
    let opened = lines.iter().filter(|l| l.action == "handover.opened");
    assert_eq!(opened.count(), 1, "{lines:?}");
    for sql in [
        "UPDATE handovers SET opened_at = opened_at + 1",
        "UPDATE handovers SET opened_at = NULL",
    ] {
        let past = std::panic::AssertUnwindSafe(|| tamper(&demo, sql));
        assert!(std::panic::catch_unwind(past).is_err(), "{sql}");
    }
}

#[test]
fn clips_leave_the_trace_that_every_other_way_of_listening_leaves() {
    let demo = Demo::start();
    let claim = handed_over(&demo);
    let sam = demo.sign_in("sam");
    let card = sam.get(&format!("/handovers/{claim}"));
    let call = card["proven"][0]["moment"]["call"]
        .as_str()
        .unwrap()
        .to_owned();
    let (status, shown, bytes) = sam.range(&format!("/calls/{call}/audio"), "bytes=0-999");
    assert_eq!((status, bytes.len()), (206, 1000), "{shown:?}");
    let (who, lines) = in_store(&demo, async |tx| {
        let sam = assay::store::people::by_login(tx, "sam").await.unwrap();
        let lines = assay::store::log::lines_of(tx, &format!("call:{call}")).await;
        (sam.unwrap().id, lines.unwrap())
    });
    let listened: Vec<_> = lines
        .iter()
        .filter(|l| l.action == "call.listened" && l.actor == who.as_str())
        .collect();
    assert_eq!(listened.len(), 1, "{lines:?}");
    assert!(listened[0].detail.contains("recording"));
}

/// What each of them tries, who would like to have what is not theirs.
#[test]
fn nobody_has_more_of_a_hand_over_than_is_theirs() {
    let demo = Demo::start();
    let claim = handed_over(&demo);
    let (sam, tom, ines, mia, rana) = (
        demo.sign_in("sam"),
        demo.sign_in("tom"),
        demo.sign_in("ines"),
        demo.sign_in("mia"),
        demo.sign_in("rana"),
    );
    let neighbour = in_store(&demo, async |tx| {
        let sofia = assay::store::people::by_login(tx, "sofia")
            .await
            .unwrap()
            .unwrap();
        let calder = assay::store::people::clients_of(tx, &sofia.id)
            .await
            .unwrap();
        enter(&demo, tx, "eve", assay::identity::Role::Sales, &calder).await
    });
    let card = sam.get(&format!("/handovers/{claim}"));
    let (call, lead) = (
        card["proven"][0]["moment"]["call"].as_str().unwrap(),
        card["lead"].as_str().unwrap(),
    );
    let of = |path: &str| format!("/handovers/{claim}{path}");
    let promise = json!({ "kind": "call", "words": "May", "from": "2027-05-01T00:00:00Z", "until": "2027-05-31T00:00:00Z" });
    let tries = [
        ("GET", of(""), json!({})),
        ("GET", format!("/calls/{call}/audio"), json!({})),
        ("GET", format!("/calls/{call}/peaks"), json!({})),
        ("GET", format!("/leads/{lead}"), json!({})),
        (
            "POST",
            format!("/claims/{claim}/sales-answer"),
            json!({ "answer": "now" }),
        ),
        ("POST", of("/rating"), json!({ "enough": true })),
        ("POST", of("/readiness"), json!({ "level": "ready" })),
        (
            "POST",
            of("/questions"),
            json!({ "text": "What did she say?" }),
        ),
        ("POST", of("/promises"), promise.clone()),
    ];
    for (method, path, body) in &tries {
        assert_eq!(
            status(&neighbour, method, path, body.clone()),
            404,
            "sales of another client: {method} {path}"
        );
    }
    assert_eq!(neighbour.get("/handovers")["leads"], json!([]));
    // Marketing, reviewers and telemarketers answer nothing, and the claimant reads no card.
    for (who, name) in [
        (&mia, "mia"),
        (&rana, "rana"),
        (&tom, "tom"),
        (&ines, "ines"),
    ] {
        for (method, path, body) in &tries[4..8] {
            assert_eq!(
                status(who, method, path, body.clone()),
                403,
                "{name} {path}"
            );
        }
        assert_eq!(status(who, "GET", &of(""), json!({})), 403, "{name}");
    }
    // A colleague neither writes the lead up nor promises anything on it.
    let field = json!({ "field": "situation", "text": "Mine" });
    assert_eq!(status(&ines, "PUT", &of("/write-up"), field.clone()), 404);
    assert_eq!(status(&ines, "POST", &of("/promises"), promise), 404);
    assert_eq!(status(&tom, "PUT", &of("/write-up"), field), 204);
    assert_eq!(ines.get("/handed-over")["leads"], json!([]));
    assert_eq!(
        tom.get("/handed-over")["leads"].as_array().unwrap().len(),
        1
    );
    // Sales sees what was handed over to it, and no other lead of its client.
    assert_eq!(status(&sam, "GET", "/leads", json!({})), 403);
    let other = tom.get("/leads")["leads"]
        .as_array()
        .unwrap()
        .iter()
        .find(|l| l["id"] != lead)
        .unwrap()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(
        status(&sam, "GET", &format!("/leads/{other}"), json!({})),
        404
    );
    assert_eq!(
        status(&sam, "GET", &format!("/leads/{lead}"), json!({})),
        200
    );
    let unclaimed = tom.get("/calls")["calls"]
        .as_array()
        .unwrap()
        .iter()
        .find(|c| c["lead"]["id"] != *lead && c["duration_ms"].is_u64())
        .unwrap()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(
        status(&sam, "GET", &format!("/calls/{unclaimed}/audio"), json!({})),
        404,
        "a call that stands in nothing that was handed over"
    );
    question_and_reply(&sam, &tom, &ines, &claim);
}

fn question_and_reply(sam: &Client, tom: &Client, ines: &Client, claim: &str) {
    let ask = json!({ "text": "Who else decides?", "field": "deciders" });
    let path = format!("/handovers/{claim}/questions");
    assert_eq!(status(sam, "POST", &path, ask), 204);
    let waits = tom.get("/handed-over")["leads"][0]["questions"][0].clone();
    let answer = format!(
        "/handover-questions/{}/answer",
        waits["id"].as_str().unwrap()
    );
    let reply = json!({ "text": "Her brother" });
    assert_eq!(
        status(ines, "POST", &answer, reply.clone()),
        404,
        "not her call"
    );
    assert_eq!(status(tom, "POST", &answer, reply.clone()), 204);
    assert_eq!(status(tom, "POST", &answer, reply), 409, "once");
    let card = sam.get(&format!("/handovers/{claim}"));
    assert_eq!(card["questions"][0]["answer"], "Her brother");
}

/// Sales that wants the lead and would not have it counted.
#[test]
fn a_rejection_is_reasoned_counted_and_heard_afresh() {
    let demo = Demo::start();
    let claim = handed_over(&demo);
    let (sam, tom, rana) = (
        demo.sign_in("sam"),
        demo.sign_in("tom"),
        demo.sign_in("rana"),
    );
    let path = format!("/claims/{claim}/sales-answer");
    let say = |body: Value| sam.send("POST", &path, Some(body), None);
    let (code, told) = say(json!({ "answer": "reject", "reason": "unreachable" }));
    assert_eq!(code, 422);
    assert!(
        told["detail"]
            .as_str()
            .unwrap()
            .contains("agreed: 5 in 10 days"),
        "{told}"
    );
    for empty in [
        json!({ "answer": "reject" }),
        json!({ "answer": "later" }),
        json!({ "answer": "nurture" }),
        json!({ "answer": "needs_information" }),
        json!({ "answer": "reject", "reason": "criterion", "criterion": "need" }),
        json!({ "answer": "reject", "reason": "other" }),
        json!({ "answer": "now", "criterion": "need" }),
        json!({ "answer": "later", "until": "1900-01-01T00:00:00Z" }),
        json!({ "answer": "reject", "reason": "invented" }),
    ] {
        assert_eq!(say(empty.clone()).0, 422, "{empty}");
    }
    assert_eq!(tom.get("/handed-over")["leads"][0]["answer"], Value::Null);
    let before = tom.get("/statement")["entries"].clone();
    let cited = json!({ "answer": "reject", "reason": "criterion", "criterion": "need", "note": "She names no pain" });
    assert_eq!(say(cited.clone()).0, 204);
    assert_eq!(
        say(cited).0,
        409,
        "it does not say that it replaces the first"
    );
    let queue = rana.get("/second-reviews");
    assert_eq!(queue["second_reviews"].as_array().unwrap().len(), 1);
    assert!(!queue.to_string().contains("sales"), "blind: {queue}");
    assert_eq!(tom.get("/statement")["entries"], before);
    let told = tom.get("/handed-over")["leads"][0]["answer"].clone();
    assert_eq!(
        (&told["criterion"], &told["preference"]),
        (&json!("Need"), &json!(false))
    );
}

/// A CRM that says again what it said, says what cannot be, and speaks of another client's lead.
#[test]
fn a_crm_is_heard_once_line_by_line_and_within_its_reach() {
    let demo = Demo::start();
    let claim = handed_over(&demo);
    let (sam, tom) = (demo.sign_in("sam"), demo.sign_in("tom"));
    let lead = sam.get(&format!("/handovers/{claim}"))["lead"].clone();
    let own = token(&demo, &["crm_write"], Some("Northlight Fleet"));
    let other = token(&demo, &["crm_write"], Some("Calder Insurance"));
    let reads = token(&demo, &["crm"], None);
    let say = |token: &str, lines: Value| {
        by_token(
            &demo,
            token,
            "/machine/outcomes",
            &json!({ "lines": lines }),
        )
    };
    let won = json!({ "event": "e-1", "lead": lead, "outcome": "won", "value_minor": 100, "currency": "EUR" });
    let answer =
        json!({ "event": "e-2", "lead": lead, "answer": "later", "until": "2027-05-03T12:00:00Z" });
    let before = tom.get("/statement")["entries"].clone();
    let (code, told) = say(
        &own,
        json!([
            won,
            answer,
            won,
            { "event": "e-1", "lead": lead, "outcome": "lost" },
            { "event": "e-3", "lead": "of-nobody", "outcome": "won" },
            { "event": "e-4", "lead": lead },
            { "event": "e-5", "lead": lead, "answer": "later" },
            { "event": "e-6", "lead": lead, "outcome": "won", "at": "2100-01-01T00:00:00Z" },
            { "event": "", "lead": lead, "outcome": "won" },
            { "event": "e-7", "lead": lead, "outcome": "perhaps" },
            { "event": "e-8", "lead": lead, "outcome": "won", "unknown": 1 },
            17,
        ]),
    );
    assert_eq!(code, 200, "{told}");
    let states: Vec<&str> = told["lines"]
        .as_array()
        .unwrap()
        .iter()
        .map(|l| l["state"].as_str().unwrap())
        .collect();
    assert_eq!(
        states,
        [
            "accepted", "accepted", "repeated", "refused", "refused", "refused", "refused",
            "refused", "refused", "refused", "refused", "refused"
        ],
        "{told}"
    );
    assert_eq!(told["refused"], 9);
    for line in told["lines"].as_array().unwrap() {
        let refused = line["state"] == "refused";
        assert_eq!(line["reason"].is_string(), refused, "{line}");
    }
    // Another client's CRM says that it won our lead.
    let (_, told) = say(&other, json!([won]));
    assert_eq!(told["lines"][0]["state"], "refused");
    assert!(
        told["lines"][0]["reason"]
            .as_str()
            .unwrap()
            .contains("reach"),
        "{told}"
    );
    assert_eq!(say(&reads, json!([won])).0, 403, "a token that reads alone");
    assert_eq!(say("assay_00", json!([won])).0, 401);
    let path = "/machine/handovers?as=salesforce";
    let (code, mapped) = read_by_token(&demo, &reads, path);
    assert_eq!(code, 200, "{mapped}");
    let fields = &mapped["leads"][0]["fields"];
    assert_eq!(
        (
            &fields["Company"],
            &fields["Status"],
            &fields["Assay_Claim__c"]
        ),
        (
            &json!("Norvik Ferries"),
            // It said itself that it won the lead: no earlier state is given back.
            &Value::Null,
            &json!(claim)
        )
    );
    let next = format!("{path}&after={}", mapped["next"].as_str().unwrap());
    assert_eq!(read_by_token(&demo, &reads, &next).1["leads"], json!([]));
    assert_eq!(
        read_by_token(&demo, &own, path).0,
        403,
        "a token that says alone"
    );
    let calder = token(&demo, &["crm"], Some("Calder Insurance"));
    assert_eq!(read_by_token(&demo, &calder, path).1["leads"], json!([]));
    let card = sam.get(&format!("/handovers/{claim}"));
    assert_eq!(card["answers"].as_array().unwrap().len(), 1);
    assert_eq!(card["answers"][0]["by"], "CRM");
    assert_eq!(tom.get("/statement")["entries"], before);
}

#[test]
fn a_lead_tells_what_its_contact_read_what_the_crm_reported_and_how_it_was_claimed() {
    let demo = Demo::start();
    let claim = handed_over(&demo);
    let (sam, max) = (demo.sign_in("sam"), demo.sign_in("max"));
    let lead = sam.get(&format!("/handovers/{claim}"))["lead"].clone();
    let northlight = Some("Northlight Fleet");
    let reads = token(&demo, &["leads"], northlight);
    let path = "/machine/interactions";
    let lines = json!({ "lines": [
        { "lead": lead, "at": "2025-11-20T10:00:00Z", "what": "read the fleet guide" },
        { "lead": lead, "at": "2025-11-20T10:00:00Z", "what": "read the fleet guide" },
        { "lead": "of-nobody", "at": "2025-11-20T10:00:00Z", "what": "x" },
        { "lead": lead, "at": "2100-01-01T00:00:00Z", "what": "x" },
        { "at": "2025-11-20T10:00:00Z", "what": "x" },
    ] });
    let (code, told) = by_token(&demo, &reads, path, &lines);
    assert_eq!(code, 200, "{told}");
    assert_eq!((&told["added"], &told["repeated"]), (&json!(1), &json!(1)));
    let refused = told["refused"].as_array().unwrap().iter();
    let refused: Vec<i64> = refused.map(|r| r["line"].as_i64().unwrap()).collect();
    assert_eq!(refused, [3, 4, 5]);
    let other = token(&demo, &["leads"], Some("Calder Insurance"));
    let (_, told) = by_token(&demo, &other, path, &lines);
    assert_eq!(
        (&told["added"], told["refused"].as_array().unwrap().len()),
        (&json!(0), 5)
    );
    let crm = token(&demo, &["crm_write"], northlight);
    assert_eq!(by_token(&demo, &crm, path, &lines).0, 403);
    let won = json!({ "lines": [{ "event": "e-1", "lead": lead, "outcome": "won", "value_minor":
        1_250_000, "currency": "EUR", "proof_of_concept": true, "note": "Forty trucks" }] });
    assert_eq!(by_token(&demo, &crm, "/machine/outcomes", &won).0, 200);
    let timeline = max.get(&format!("/leads/{}", lead.as_str().unwrap()));
    let events = timeline["events"].as_array().unwrap();
    let of = |kind: &str| events.iter().find(|e| e["kind"] == kind).unwrap();
    assert_eq!(of("interaction")["what"], "read the fleet guide");
    let reported = of("reported");
    assert_eq!(
        reported["value"],
        json!({ "minor": 1_250_000, "currency": "EUR" })
    );
    assert_eq!(
        (&reported["what"], &reported["note"]),
        (&json!("won"), &json!("Forty trucks"))
    );
    assert_eq!(
        (&reported["proof_of_concept"], &reported["by"]),
        (&json!(true), &json!("CRM"))
    );
    let stages = events
        .iter()
        .filter(|e| e["kind"] == "stage" && e["stage"] == "won");
    assert_eq!(stages.count(), 0, "it is told once");
    assert_eq!(of("claim")["came_by"], "page");
    let numbers = timeline["lead"]["numbers"].as_array().unwrap();
    assert!(numbers[0].as_str().unwrap().starts_with('+'), "{numbers:?}");
}

#[test]
fn marketing_sees_what_became_of_sources_and_agrees_with_sales_and_nobody_else() {
    let demo = Demo::start();
    handed_over(&demo);
    let (sam, mia, max, tom) = (
        demo.sign_in("sam"),
        demo.sign_in("mia"),
        demo.sign_in("max"),
        demo.sign_in("tom"),
    );
    let report = mia.get("/results?by=campaign")["sources"][0].clone();
    let counts = &report["counts"];
    assert_eq!(
        (&report["client"], &report["name"]),
        (&json!("Northlight Fleet"), &json!("Fleet autumn"))
    );
    assert_eq!(counts["passed"], 1, "{counts}");
    let (status_of, sheet) = mia.text("/results.csv?by=campaign");
    assert_eq!(status_of, 200);
    assert!(sheet.contains(",passed,"));
    assert_eq!(
        sheet.lines().next(),
        Some(
            "id,client,campaign,source,supplier,list,came_in,calls,first_call,last_call,first_answer,\
             became,sip_cause,reason,criterion,cost,currency"
        )
    );
    // A manager of two clients sends none of the one's leads to the other's supplier.
    for path in ["/results.csv?by=source", "/results/counts.csv?by=campaign"] {
        let (refused, told) = max.text(path);
        assert_eq!(refused, 422, "{path}");
        assert!(told.contains("several clients"), "{told}");
        let client = report["client_id"].as_str().unwrap();
        let (taken, sheet) = max.text(&format!("{path}&client={client}"));
        assert_eq!(taken, 200, "{path}");
        assert!(!sheet.contains("Calder"), "{sheet}");
    }
    let (status_of, counted) = mia.text("/results/counts.csv?by=campaign");
    assert_eq!(status_of, 200);
    let mut lines = counted.lines();
    assert_eq!(
        lines.next(),
        Some("client,of,list,month,what,which,leads,cost,cost_each,currency")
    );
    assert!(
        lines.any(|l| l == "Northlight Fleet,Fleet autumn,,,passed,,1,,,"),
        "{counted}"
    );
    for name in ["Norvik", "Tom", "+49"] {
        assert!(!sheet.contains(name), "{name} is in the sheet");
        assert!(!counted.contains(name), "{name} is in the counts");
    }
    assert_eq!(
        status(&mia, "GET", "/results?from=1900-13-01", json!({})),
        422
    );
    assert_eq!(status(&sam, "GET", "/results", json!({})), 403);
    // Both heads sign; nobody signs twice or for the other.
    let client = mia.get("/pacts")["clients"][0]["client"].clone();
    let figures = json!({ "leads_a_month": 20, "complete_percent": 60, "answer_hours": 1, "call_hours": 2, "attempts": 3, "attempt_days": 5 });
    let body = json!({ "client": client, "figures": figures });
    assert_eq!(status(&mia, "POST", "/pacts", body.clone()), 204);
    assert_eq!(status(&max, "POST", "/pacts", body), 403);
    let mut none = figures.clone();
    none["attempts"] = json!(0);
    let broken = json!({ "client": client, "figures": none });
    assert_eq!(status(&sam, "POST", "/pacts", broken), 422);
    let id = mia.get("/pacts")["clients"][0]["versions"][0]["id"].clone();
    let sign = format!("/pacts/{}/sign", id.as_str().unwrap());
    assert_eq!(status(&mia, "POST", &sign, json!({})), 204);
    assert_eq!(status(&mia, "POST", &sign, json!({})), 409);
    assert_eq!(
        sam.get("/pacts")["clients"][0]["holds"]["attempts"],
        5,
        "one half holds nothing"
    );
    assert_eq!(status(&sam, "POST", &sign, json!({})), 204);
    let holds = sam.get("/pacts")["clients"][0].clone();
    assert_eq!(
        (&holds["holds"]["attempts"], &holds["signed"]),
        (&json!(3), &json!(true))
    );
    assert_eq!(holds["measured"]["handed_over"], 1);
    assert_eq!(
        holds["measured"]["missed"][0]["owed"], "complete",
        "{holds}"
    );
    let claim = sam.get("/handovers")["leads"][0]["claim"].clone();
    let refused = json!({ "answer": "reject", "reason": "unreachable" });
    let path = format!("/claims/{}/sales-answer", claim.as_str().unwrap());
    let (_, told) = sam.send("POST", &path, Some(refused), None);
    assert!(
        told["detail"]
            .as_str()
            .unwrap()
            .contains("agreed: 3 in 5 days"),
        "{told}"
    );
    content_is_found_or_missed(&sam, &mia, &tom, claim.as_str().unwrap(), &client);
}

/// A file goes as it came, to who sees the client, and stands on the lead's timeline once it is
/// taken.
fn content_may_be_a_file(sam: &Client, mia: &Client, tom: &Client, claim: &str, client: &Value) {
    let client = client.as_str().unwrap();
    let path = |title: &str, file: &str| {
        format!("/content/file?client={client}&title={title}&file={file}&theme=prices")
    };
    let offer = |who: &Client, path: &str, bytes: &[u8]| who.send_bytes("POST", path, bytes).0;
    let pdf: Vec<u8> = (0..=255).cycle().take(300_000).collect();
    let price_list = path("Price%20list", "Preise%20%E2%82%AC.pdf");
    assert_eq!(offer(mia, &price_list, &pdf), 204);
    for (name, bytes) in [
        ("run.exe", &pdf[..]),
        ("page.html", &pdf[..]),
        ("empty.pdf", &[][..]),
    ] {
        assert_eq!(offer(mia, &path("x", name), bytes), 422, "{name}");
    }
    assert_eq!(
        offer(mia, &path("x", "large.pdf"), &vec![0; 5_000_001]),
        422
    );
    assert_eq!(offer(sam, &price_list, &pdf), 403);
    let other = price_list.replace(client, "of-nobody");
    assert_eq!(offer(mia, &other, &pdf), 404);
    let found = sam.get(&format!("/handovers/{claim}/content?q=price"));
    let piece = &found["content"][0];
    assert_eq!(piece["file"], "Preise €.pdf", "{found}");
    let link = piece["link"]
        .as_str()
        .unwrap()
        .strip_prefix("/api/v1")
        .unwrap();
    sam.watch();
    assert_eq!(sam.range(link, ""), (200, None, pdf));
    let headers = String::from_utf8_lossy(&sam.watch()).into_owned();
    for header in [
        "attachment; filename=",
        "Preise%20%E2%82%AC%2Epdf",
        "nosniff",
    ] {
        assert!(headers.contains(header), "{header}");
    }
    assert_eq!(tom.range(link, "").0, 403);
    let take = format!("/handovers/{claim}/content");
    let taken = json!({ "content": piece["id"] });
    assert_eq!(status(sam, "POST", &take, taken), 204);
    let card = sam.get(&format!("/handovers/{claim}"));
    let lead = card["lead"].as_str().unwrap();
    for who in [sam, mia] {
        let events = who.get(&format!("/leads/{lead}"))["events"].clone();
        let sent = events.as_array().unwrap().iter();
        let sent: Vec<&Value> = sent.filter(|e| e["kind"] == "content").collect();
        assert_eq!(sent.last().unwrap()["what"], "Price list", "{events}");
    }
}

fn content_is_found_or_missed(
    sam: &Client,
    mia: &Client,
    tom: &Client,
    claim: &str,
    client: &Value,
) {
    let piece =
        |link: &str| json!({ "client": client, "title": "Notes without paper", "link": link });
    assert_eq!(
        status(mia, "POST", "/content", piece("javascript:alert(1)")),
        422
    );
    assert_eq!(
        status(mia, "POST", "/content", piece("https://example.com/a")),
        204
    );
    let found = sam.get(&format!("/handovers/{claim}/content?q=paper"));
    let id = found["content"][0]["id"].clone();
    let take = format!("/handovers/{claim}/content");
    assert_eq!(status(sam, "POST", &take, json!({ "content": id })), 204);
    assert_eq!(
        status(sam, "POST", &take, json!({ "content": "of-nobody" })),
        404
    );
    assert_eq!(sam.get(&take)["used"][0]["title"], "Notes without paper");
    sam.get(&format!("/handovers/{claim}/content?q=tablets"));
    let all = mia.get("/content");
    assert_eq!(
        (&all["misses"][0]["words"], &all["content"][0]["uses"]),
        (&json!("tablets"), &json!(1))
    );
    assert_eq!(
        sam.get("/content")["misses"],
        json!([]),
        "for marketing alone"
    );
    assert_eq!(status(tom, "GET", "/content", json!({})), 403);
    content_may_be_a_file(sam, mia, tom, claim, client);
}

/// A client's CRM from the page: set up, tried, written to, and shown on the card.
#[test]
fn a_clients_crm_is_set_up_tried_and_written_to() {
    let mut demo = Demo::start();
    demo.configure("[webhooks]\nallowed_ranges = [\"127.0.0.1/32\"]\n");
    demo.start_again();
    let claim = handed_over(&demo);
    let (ada, max, sam) = (
        demo.sign_in("ada"),
        demo.sign_in("max"),
        demo.sign_in("sam"),
    );
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let fake = runtime.block_on(Fake::start(CrmKind::EspoCrm));
    let clients = ada.get("/crm")["clients"].clone();
    let mut clients = clients.as_array().unwrap().iter();
    let client = clients.find(|c| c["name"] == "Northlight Fleet").unwrap()["id"].clone();
    let path = format!("/crm/{}", client.as_str().unwrap());
    let card = format!("/handovers/{claim}/crm");
    assert_eq!(sam.get(&card)["sent"], Value::Null);
    assert_eq!(status(&sam, "POST", &card, json!({})), 409, "there is none");
    let body = |url: &str, key: Option<&str>| json!({ "kind": "espocrm", "url": url, "key": key, "from": "2026-01-01T00:00:00Z" });
    let url = fake.url();
    for (who, body, wanted) in [
        (&max, body(&url, Some(KEY)), 403),
        (&ada, body(&url, None), 422),
        (&ada, body(&url, Some("two words")), 422),
        (&ada, body("http://10.0.0.1/", Some(KEY)), 422),
        (&ada, body("https://127.0.0.2/", Some(KEY)), 422),
        (&ada, body(&format!("{url}?x=1"), Some(KEY)), 422),
        (&ada, body(&url, Some(KEY)), 204),
        (&ada, body(&url, None), 204),
    ] {
        assert_eq!(status(who, "PUT", &path, body.clone()), wanted, "{body}");
    }
    let elsewhere = "/crm/01990000-0000-7000-8000-000000000000";
    assert_eq!(status(&ada, "PUT", elsewhere, body(&url, Some(KEY))), 404);
    until("the lead is there", || {
        sam.get(&card)["sent"]["record"] == "r1"
    });
    let records = fake.records();
    assert_eq!(records.len(), 1);
    assert_eq!(
        (&records[0]["accountName"], &records[0]["cAssayClaim"]),
        (&json!("Norvik Ferries"), &json!(claim))
    );
    let sent = sam.get(&card)["sent"].clone();
    assert_eq!(
        (&sent["state"], &sent["last_status"], &sent["last_answer"]),
        (&json!("sent"), &json!(200), &json!("{\"id\":\"r1\"}"))
    );
    assert_eq!(sent["fields"]["status"], "Assigned");
    let lost = fake.kept.lock().unwrap().fields.pop_first().unwrap();
    let (code, told) = ada.send("POST", &format!("{path}/test"), Some(json!({})), None);
    assert_eq!((code, &told["missing"]), (200, &json!([lost])), "{told}");
    // Whoever asks again sends it whole once more, into the record that is there.
    let asked = fake.asked().len();
    assert_eq!(status(&sam, "POST", &card, json!({})), 204);
    until("it is sent again", || fake.asked().len() > asked + 1);
    assert_eq!(fake.records().len(), 1);
    for (who, url) in [
        (&ada, url.as_str()),
        (&max, url.strip_suffix("/base").unwrap()),
    ] {
        let listed = who.get("/crm");
        assert_eq!(listed["crms"][0]["url"], url);
        assert!(!listed.to_string().contains(KEY), "{listed}");
    }
    let lead = sam.get(&format!("/handovers/{claim}"))["lead"].clone();
    is_mapped(&demo, &path, &lead);
    for wanted in [204, 409] {
        let off = format!("{path}/off");
        assert_eq!(status(&ada, "POST", &off, json!({})), wanted);
    }
    assert_eq!(status(&sam, "POST", &card, json!({})), 409, "it is off");
}

/// Fields and states are changed by page and command, looked at first, and used in what a CRM says.
fn is_mapped(demo: &Demo, path: &str, lead: &Value) {
    let path = format!("{path}/mapping");
    let (max, sam) = (demo.sign_in("max"), demo.sign_in("sam"));
    let mapped = || max.get("/crm")["crms"][0]["mapped"].clone();
    assert_eq!(mapped()["version"], 0);
    let mut mapping = mapped()["mapping"].clone();
    mapping["fields"]["company"] = json!("cFirm");
    let example = format!("{path}/example");
    let (code, told) = max.send("POST", &example, Some(mapping.clone()), None);
    assert_eq!(code, 200, "{told}");
    assert_eq!(told["leads"][0]["fields"]["cFirm"], "Example Ferries Ltd");
    assert_eq!(told["leads"][4]["fields"]["status"], "Dead");
    assert!(told["make_first"].to_string().contains("cFirm"), "{told}");
    assert_eq!(mapped()["version"], 0, "nothing was changed");
    let body = |mapping: &Value| json!({ "mapping": mapping, "replaces": 0 });
    for (who, mapping, wanted) in [
        (&sam, json!({ "fields": { "claim": "x" } }), 403),
        (&max, json!({ "fields": { "colour": "cColour" } }), 422),
        (&max, json!({ "fields": { "claim": "x" } }), 422),
        (&max, mapping.clone(), 204),
        (
            &max,
            json!({ "fields": { "claim": "cAssayClaim", "contact": "lastName" } }),
            409,
        ),
    ] {
        assert_eq!(
            status(who, "PUT", &path, body(&mapping)),
            wanted,
            "{mapping}"
        );
    }
    let unknown = json!({ "fields": { "colour": "cColour" } });
    let (_, told) = max.send("PUT", &path, Some(body(&unknown)), None);
    assert!(
        told.to_string().contains("'colour' is no field of a lead"),
        "{told}"
    );
    assert_eq!(
        (&mapped()["version"], &mapped()["set_by"]),
        (&json!(1), &json!("Max Oberg"))
    );
    let of = ["--client", "Northlight Fleet"];
    let (worked, printed) = demo.run(&["crm", "mapping", of[0], of[1]]);
    assert!(
        worked && printed.contains("company = \"cFirm\""),
        "{printed}"
    );
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mapping.toml");
    let changed = printed.replace("Closed Won", "Bought");
    std::fs::write(&file, changed).unwrap();
    let (worked, told) = demo.run(&["crm", "map", file.to_str().unwrap(), of[0], of[1]]);
    assert!(worked && told.contains("version 2"), "{told}");
    let line = |state: &str| json!({ "lines": [{ "event": state, "lead": lead, "state": state }] });
    let own = token(demo, &["crm_write"], Some(of[1]));
    let other = token(demo, &["crm_write"], Some("Calder Insurance"));
    for (token, state, wanted) in [
        (&other, "Bought", "refused"),
        (&own, "Closed Won", "refused"),
        (&own, "Bought", "accepted"),
        (&own, "Bought", "repeated"),
    ] {
        let (_, told) = by_token(demo, token, "/machine/outcomes", &line(state));
        assert_eq!(told["lines"][0]["state"], wanted, "{told}");
    }
}
