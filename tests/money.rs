//! Money: booked once, whatever comes twice, at once, or in the middle of a crash; and never moved
//! by sales.

mod common;

use common::*;
use serde_json::{Value, json};

fn wait_for_line(client: &Client) -> Value {
    let mut found = Value::Null;
    until("a ledger line is booked", || {
        found = client.get("/statement")["entries"].clone();
        found.as_array().is_some_and(|l| !l.is_empty())
    });
    found
}

fn ledger(demo: &Demo) -> Vec<String> {
    let done = assay(&[
        "commission",
        "export",
        "--data",
        demo.data.to_str().unwrap(),
    ]);
    String::from_utf8_lossy(&done.stdout)
        .lines()
        .skip(1)
        .map(str::to_owned)
        .collect()
}

#[test]
fn a_hundred_verdicts_at_once_and_a_kill_before_the_reply_book_one_line() {
    let mut demo = Demo::start();
    let (ines, marek, rana) = (
        demo.sign_in("ines"),
        demo.sign_in("marek"),
        demo.sign_in("rana"),
    );
    let calls = ines.get("/calls");
    ines.post(
        "/claims",
        claim_body(call_with(&calls, "Brightwater Logistics")),
        "claim-key-1",
    );
    let review = take(&marek, "Brightwater Logistics");
    let path = format!("/review/{}/verdict", review["id"].as_str().unwrap());

    // Two people and a hundred requests: half of them the same one sent again.
    let outcomes: Vec<(u16, Value)> = std::thread::scope(|scope| {
        let sent: Vec<_> = (0..100)
            .map(|i| {
                let (who, path, body) = (
                    if i % 4 == 3 {
                        rana.clone()
                    } else {
                        marek.clone()
                    },
                    path.clone(),
                    passing(&review),
                );
                let key = if i % 2 == 0 {
                    "the-same-key".to_owned()
                } else {
                    format!("another-key-{i}")
                };
                scope.spawn(move || who.send("POST", &path, Some(body), Some(&key)))
            })
            .collect();
        sent.into_iter().map(|s| s.join().unwrap()).collect()
    });
    let accepted: Vec<&Value> = outcomes
        .iter()
        .filter(|(status, _)| *status == 200)
        .map(|(_, body)| body)
        .collect();
    assert!(!accepted.is_empty());
    assert!(
        accepted.windows(2).all(|w| w[0]["entry"] == w[1]["entry"]),
        "one verdict alone is accepted"
    );
    assert!(
        outcomes
            .iter()
            .all(|(status, _)| matches!(status, 200 | 409)),
        "{:?}",
        outcomes.iter().map(|o| o.0).collect::<Vec<_>>()
    );
    let line = accepted[0]["entry"].as_str().unwrap().to_owned();

    // Killed after the commit: the reply of whoever waits is lost. The same request sent again
    // gives the same line.
    let winner = passing(&review);
    demo.kill_and_restart();
    let marek = Client::new(&demo.address);
    let (status, _) = marek.send(
        "POST",
        "/session",
        Some(json!({ "login": "marek", "password": "assay-demo" })),
        None,
    );
    assert_eq!(status, 200);
    let again: Vec<(u16, Value)> = (0..100)
        .map(|i| {
            if i % 2 == 0 {
                "the-same-key".to_owned()
            } else {
                format!("another-key-{i}")
            }
        })
        .map(|key| marek.send("POST", &path, Some(winner.clone()), Some(&key)))
        .collect();
    let same: Vec<&Value> = again
        .iter()
        .filter(|(status, _)| *status == 200)
        .map(|(_, body)| body)
        .collect();
    assert!(
        !same.is_empty() && same.iter().all(|b| b["entry"] == *line),
        "{again:?}"
    );

    let ines = demo.sign_in("ines");
    let lines = wait_for_line(&ines);
    assert_eq!(
        (lines.as_array().unwrap().len(), lines[0]["id"].as_str()),
        (1, Some(line.as_str()))
    );
    assert_eq!(
        (
            lines[0]["amount"]["minor"].as_i64(),
            lines[0]["amount"]["currency"].as_str()
        ),
        (Some(4000), Some("EUR"))
    );
    assert_eq!(ledger(&demo).len(), 1);
    let checked = assay(&["check", "--data", demo.data.to_str().unwrap()]);
    assert!(
        checked.status.success(),
        "{}",
        String::from_utf8_lossy(&checked.stdout)
    );
}

#[test]
fn ten_claims_on_one_lead_book_one_line() {
    let demo = Demo::start();
    let (ines, marek) = (demo.sign_in("ines"), demo.sign_in("marek"));
    let calls = ines.get("/calls");
    let body = claim_body(call_with(&calls, "Brightwater Logistics"));
    // Ten at once: one is in the queue, the others are told so.
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let sent: Vec<_> = (0..10)
            .map(|i| {
                let (ines, body) = (ines.clone(), body.clone());
                scope.spawn(move || {
                    ines.send(
                        "POST",
                        "/claims",
                        Some(body),
                        Some(&format!("claim-number-{i}")),
                    )
                    .0
                })
            })
            .collect();
        sent.into_iter().map(|s| s.join().unwrap()).collect()
    });
    assert_eq!(
        statuses.iter().filter(|s| **s == 200).count(),
        1,
        "{statuses:?}"
    );
    assert!(
        statuses.iter().all(|s| matches!(s, 200 | 409)),
        "{statuses:?}"
    );
    let review = take(&marek, "Brightwater Logistics");
    let path = format!("/review/{}/verdict", review["id"].as_str().unwrap());
    marek.post(&path, passing(&review), "first-verdict");
    wait_for_line(&ines);
    // Claimed again with the same conversation: it is judged already, and is not judged again.
    for n in 0..3 {
        let key = format!("claim-again-{n}");
        let (status, problem) = ines.send("POST", "/claims", Some(body.clone()), Some(&key));
        assert_eq!(status, 409, "{problem}");
    }
    assert_eq!(ledger(&demo).len(), 1);
}

#[test]
fn a_verdict_on_hold_is_not_there_and_can_be_taken_back_even_if_the_browser_is_gone_it_ends() {
    let demo = Demo::start();
    let (tom, marek, rana) = (
        demo.sign_in("tom"),
        demo.sign_in("marek"),
        demo.sign_in("rana"),
    );
    let review = take(&marek, "Norvik Ferries");
    let path = format!("/review/{}/verdict", review["id"].as_str().unwrap());
    // What is missing is named; nothing is stored.
    let mut half = passing(&review);
    half["answers"][2]["words"] = json!("200 vans");
    let (status, problem) = marek.send("POST", &path, Some(half), Some("half-a-verdict"));
    assert_eq!(
        (status, problem["missing"][0]["criterion"].as_str()),
        (422, Some("need"))
    );
    assert!(problem["detail"].as_str().unwrap().contains("5 are needed"));

    let given = marek.post(&path, passing(&review), "verdict-key-1");
    assert_eq!(given["claimant"], Value::Null, "it can still be taken back");
    let shown = tom.get("/claims")["claims"][0].clone();
    assert_eq!(
        (shown["state"].as_str(), &shown["verdict"], &shown["entry"]),
        (Some("in_review"), &Value::Null, &Value::Null)
    );
    assert_eq!(
        rana.send("DELETE", &path, None, None).0,
        404,
        "somebody else's verdict"
    );
    let (status, back) = marek.send("DELETE", &path, None, None);
    assert_eq!(
        (status, back["state"].as_str(), &back["verdict"]),
        (200, Some("in_review"), &Value::Null)
    );
    assert!(!back.to_string().contains("Tom Brandt"), "blind again");

    marek.post(&path, passing(&review), "verdict-key-2");
    // No browser any more: the hold ends all the same.
    drop(marek);
    let lines = wait_for_line(&tom);
    assert_eq!(lines.as_array().unwrap().len(), 1);
    let (status, problem) = demo.sign_in("marek").send("DELETE", &path, None, None);
    assert_eq!(
        (status, problem["detail"].as_str()),
        (409, Some("The verdict stands."))
    );
}

#[test]
fn nobody_judges_what_they_have_an_interest_in_or_sees_what_is_not_theirs() {
    let demo = Demo::start();
    let everybody = [
        "ines", "tom", "sofia", "marek", "rana", "sam", "mia", "max", "ada",
    ];
    let clients: std::collections::HashMap<&str, Client> = everybody
        .into_iter()
        .map(|l| (l, demo.sign_in(l)))
        .collect();
    let own = clients["ines"].get("/calls");
    let call = call_with(&own, "Halden Cold Chain")["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let queue = clients["marek"].get("/queue");
    let halden = queue["claims"]
        .as_array()
        .unwrap()
        .iter()
        .find(|c| c["company"] == "Halden Cold Chain")
        .unwrap()["id"]
        .as_str()
        .unwrap()
        .to_owned();

    // A claimant, and everybody who is no reviewer, is kept out, by the address typed by hand too.
    for login in ["ines", "tom", "sofia", "sam", "mia", "max", "ada"] {
        let (status, _) = clients[login].send("POST", "/review/take", None, None);
        assert_eq!(status, 403, "{login} takes a claim");
        let (status, _) = clients[login].send(
            "POST",
            &format!("/review/{halden}/verdict"),
            Some(json!({ "answers": [], "note": "" })),
            Some("no-reviewer-key"),
        );
        assert_eq!(status, 403, "{login} judges a claim");
        // The role alone is refused: the answer is the same for what is not there.
        let there = clients[login].send("GET", &format!("/review/{halden}"), None, None);
        assert_eq!(
            (there.0, &there),
            (
                403,
                &clients[login].send("GET", "/review/nothing", None, None)
            ),
            "{login} sees a review"
        );
    }
    // A call is seen by its telemarketer and a manager of its client; a reviewer has to take its
    // claim first.
    for (login, expected) in [
        ("ines", 200),
        ("max", 200),
        ("tom", 404),
        ("sofia", 404),
        ("marek", 404),
        ("sam", 404),
        ("mia", 403),
        ("ada", 403),
    ] {
        let (status, ..) = clients[login].range(&format!("/calls/{call}/audio"), "bytes=0-99");
        let expected = if expected == 200 { 206 } else { expected };
        assert_eq!(status, expected, "{login} hears a call");
    }
    let review = take(&clients["marek"], "Halden Cold Chain");
    for hidden in [
        "Ines Okafor",
        "\"201\"",
        "brothers decide",
        "write_up",
        "own_answers",
        "person_id",
    ] {
        assert!(
            !review.to_string().contains(hidden),
            "a review shows '{hidden}'"
        );
    }
    assert_eq!(
        clients["marek"]
            .range(&format!("/calls/{call}/audio"), "bytes=0-99")
            .0,
        206
    );
    assert_eq!(
        clients["marek"]
            .send("GET", &format!("/calls/{call}"), None, None)
            .0,
        403,
        "the view that names the claimant"
    );
    let verdict = format!("/review/{halden}/verdict");
    let body = Some(passing(&review));
    assert_eq!(
        clients["rana"]
            .send("POST", &verdict, body, Some("not-hers"))
            .0,
        409,
        "two at one claim"
    );
    // Money is nobody's but the earner's; a lead stays with its client.
    for login in ["marek", "sam", "mia", "max", "ada"] {
        assert_eq!(
            clients[login].send("GET", "/statement", None, None).0,
            403,
            "{login}"
        );
    }
    let leads = clients["sofia"].get("/leads");
    assert!(
        leads["leads"]
            .as_array()
            .unwrap()
            .iter()
            .all(|l| l["campaign"] == "Cyber cover")
    );
    let lead = clients["ines"].get("/leads")["leads"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(
        clients["sofia"]
            .send("GET", &format!("/leads/{lead}"), None, None)
            .0,
        404
    );
    for path in [
        "/me",
        "/calls",
        "/claims",
        "/queue",
        "/statement",
        "/leads",
        "/events",
    ] {
        assert_eq!(
            Client::new(&demo.address).send("GET", path, None, None).0,
            401,
            "{path} without signing in"
        );
    }
    // Ranges: part, past the end.
    let (status, shown, bytes) =
        clients["ines"].range(&format!("/calls/{call}/audio"), "bytes=10-19");
    assert_eq!((status, bytes.len()), (206, 10));
    let total: u64 = shown.unwrap().rsplit('/').next().unwrap().parse().unwrap();
    let (status, shown, _) =
        clients["ines"].range(&format!("/calls/{call}/audio"), &format!("bytes={total}-"));
    assert_eq!((status, shown), (416, Some(format!("bytes */{total}"))));
}

#[test]
fn wrong_passwords_lock_a_login_for_a_while() {
    let demo = Demo::start();
    let client = Client::new(&demo.address);
    let attempt = |login: &str, password: &str| {
        client.send(
            "POST",
            "/session",
            Some(json!({ "login": login, "password": password })),
            None,
        )
    };
    assert_eq!(attempt("nobody", "x").0, 401);
    for _ in 0..5 {
        let (status, problem) = attempt("tom", "wrong");
        assert_eq!(status, 401);
        assert!(
            problem["detail"]
                .as_str()
                .unwrap()
                .contains("do not belong together")
        );
    }
    assert_eq!(attempt("tom", "assay-demo").0, 429);
    assert_eq!(attempt("ines", "assay-demo").0, 200);
}

#[test]
fn a_port_in_use_an_unknown_key_and_a_missing_interface_are_told() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("d");
    let at = taken.local_addr().unwrap().to_string();
    let done = assay(&["demo", "--listen", &at, "--data", data.to_str().unwrap()]);
    assert!(!done.status.success());
    assert!(
        String::from_utf8_lossy(&done.stderr).contains("is in use"),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    let config = folder.path().join("assay.toml");
    std::fs::write(&config, "[capture]\ninterface = [\"eth0\"]\n").unwrap();
    let done = assay(&[
        "run",
        "--config",
        config.to_str().unwrap(),
        "--data",
        data.to_str().unwrap(),
    ]);
    let error = String::from_utf8_lossy(&done.stderr);
    assert!(
        !done.status.success() && error.contains("line 2") && error.contains("interface"),
        "{error}"
    );
    let listen = format!("127.0.0.1:{}", free_port());
    let done = assay(&[
        "run",
        "-i",
        "nosuch0",
        "--listen",
        &listen,
        "--data",
        data.to_str().unwrap(),
    ]);
    let error = String::from_utf8_lossy(&done.stderr);
    assert!(
        !done.status.success()
            && (error.contains("no interface is called 'nosuch0'")
                || error.contains("CAP_NET_RAW")),
        "{error}"
    );
}

#[test]
fn bad_rows_of_a_csv_are_told_and_cost_no_other() {
    let demo = Demo::start();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("leads.csv");
    std::fs::write(
        &file,
        "id,company,phone,email\nL-1,Brightwater Logistics,+49 40 55501010,\nL-90,Neue \
        Firma,040/1234567,kim@neue.example\nL-91,Kaputt,030/x,\n\
        L-92,Andere,040/1234568,KIM@neue.example\n",
    )
    .unwrap();
    let done = assay(&[
        "leads",
        "import",
        "--campaign",
        "Fleet autumn",
        "--data",
        demo.data.to_str().unwrap(),
        file.to_str().unwrap(),
    ]);
    assert_eq!(done.status.code(), Some(1));
    assert!(
        String::from_utf8_lossy(&done.stdout)
            .contains("3 new leads, 0 brought up to date, 1 rows left out")
    );
    let told = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(
        told.contains("line 4: phone '030/x' is no number"),
        "{told}"
    );
    // L-1 has the number of L-1001.
    assert!(
        told.contains("L-1 and L-1001 share the number +494055501010"),
        "{told}"
    );
    for (by, pair) in [
        ("number", "L-1 and L-1001 share the number +494055501010"),
        (
            "mail",
            "L-90 and L-92 share the mail address kim@neue.example",
        ),
        (
            "company",
            "L-1 and L-1001 share the company Brightwater Logistics",
        ),
    ] {
        let words = [
            "leads",
            "duplicates",
            "--by",
            by,
            "--campaign",
            "Fleet autumn",
        ];
        let (worked, told) = demo.run(&words);
        let (_, shared) = pair.split_once("share the ").unwrap();
        let kind = shared.split(' ').next().unwrap();
        let is_alike = |line: &str| line.contains(&format!("share the {kind} "));
        assert!(worked && told.lines().all(is_alike), "{by}: {told}");
        assert!(told.contains(pair), "{by}: {told}");
    }
}

/// Whatever sales can say beside its answer: a rating, readiness, a promise, and what its CRM says.
fn say_the_rest(demo: &Demo, sam: &Client, claim: &str) {
    let at = |path: &str| format!("/handovers/{claim}/{path}");
    let promise = json!({ "kind": "call", "words": "Call me in May", "from": "2026-12-01T00:00:00Z", "until": "2026-12-31T00:00:00Z" });
    for (path, body) in [
        ("rating", json!({ "enough": true })),
        ("readiness", json!({ "level": "ready" })),
        ("promises", promise),
    ] {
        let (status, told) = sam.send("POST", &at(path), Some(body), None);
        assert_eq!(status, 204, "{path}: {told}");
    }
    let lead = sam.get(&format!("/handovers/{claim}"))["lead"].clone();
    let won = json!({ "lines": [{ "event": "e-1", "lead": lead, "outcome": "won" }] });
    let crm = token(demo, &["crm_write"], Some("Northlight Fleet"));
    let (status, told) = by_token(demo, &crm, "/machine/outcomes", &won);
    assert_eq!((status, &told["refused"]), (200, &json!(0)), "{told}");
    // As the job keeps it where enough is known.
    tamper(
        demo,
        "INSERT INTO lead_scores (claim_id, client_id, share, explained, made_at) SELECT claim_id, \
         client_id, 900000, '{}', 1 FROM handovers",
    );
}

/// PRODUCT I2. The build with a planted coupling must fail here: `tests/planted_coupling.sh`.
#[test]
fn sales_answers_change_no_entry() {
    let demo = Demo::start();
    let (tom, marek) = (demo.sign_in("tom"), demo.sign_in("marek"));
    let review = take(&marek, "Norvik Ferries");
    let claim = review["id"].as_str().unwrap().to_owned();
    marek.post(
        &format!("/review/{claim}/verdict"),
        passing(&review),
        "verdict-key-1",
    );
    let line = wait_for_line(&tom)[0].clone();
    let sam = demo.sign_in("sam");
    assert_eq!(
        sam.send(
            "POST",
            &format!("/claims/{claim}/sales-answer"),
            Some(json!({ "answer": "now" })),
            None
        )
        .0,
        204
    );
    say_the_rest(&demo, &sam, &claim);
    let prove = |period: &str| {
        let data = demo.data.to_str().unwrap();
        let done = assay(&["prove", "sales-neutral", "--period", period, "--data", data]);
        let said = String::from_utf8_lossy(&done.stdout).into_owned();
        println!("{said}");
        (done.status.success(), said)
    };
    let period = line["period"].as_str().unwrap().to_owned();
    let (same, said) = prove(&period);
    assert!(
        same && said.contains(
            "1 entries, 1 answers of sales, 1 ratings, 1 words on readiness, 1 promises to buyers, 1 \
             outcomes of a CRM, 1 scores of leads in all"
        ) && said.matches("no difference").count() == 3,
        "{said}"
    );
    assert!(!prove("garbage").0, "a period that is none proves nothing");
    assert_eq!(ledger(&demo).len(), 1, "nothing of the proof stands");

    // Somebody with the database couples them, or writes into the ledger: each is found.
    let check = || demo.run(&["check"]).1;
    assert!(check().contains("ledger: 1 entries, 1 as their verdicts and rulings book them"));
    tamper(&demo, "DROP TRIGGER no_other_entries");
    assert!(check().contains("the trigger 'no_other_entries' is gone"));
    tamper(
        &demo,
        "CREATE TRIGGER planted AFTER INSERT ON sales_answers WHEN NEW.answer = 'reject' BEGIN INSERT \
         INTO ledger SELECT 'planted', 'correction', person_id, campaign_id, lead_id, claim_id, \
         verdict_id, plan_id, -4000, currency, earned_at, payable_at, period, id, 'upheld', \
         booked_at, second_review_id, payee, company, campaign, plan_version, checklist_version_id, \
         exponent, zone, 7, NULL, (SELECT MAX(place) + 1 FROM ledger), NULL, NULL, 'whole' FROM ledger WHERE \
         claim_id = NEW.claim_id AND kind = 'accrual'; END",
    );
    let (same, said) = prove(&period);
    assert!(
        !same && said.contains("flipped where they stand: 1 differences"),
        "a trigger on answers: {said}"
    );
    assert!(check().contains("the trigger 'planted' is none of ours"));
    tamper(&demo, "DROP TRIGGER planted");
    assert!(prove(&period).0);
    tamper(&demo, "DROP TRIGGER ledger_keeps");
    for (change, back, told) in [
        (
            "UPDATE ledger SET amount_minor = 999900",
            "UPDATE ledger SET amount_minor = 4000",
            "9999.00 EUR",
        ),
        (
            "UPDATE ledger SET person_id = (SELECT id FROM people WHERE login = 'ines')",
            "UPDATE ledger SET person_id = (SELECT id FROM people WHERE login = 'tom')",
            "is right",
        ),
        (
            "UPDATE ledger SET payable_at = payable_at + 1000000",
            "UPDATE ledger SET payable_at = payable_at - 1000000",
            "is right",
        ),
        (
            "UPDATE ledger SET part = 'claimant'",
            "UPDATE ledger SET part = 'whole'",
            "(the claimant's part)",
        ),
    ] {
        tamper(&demo, change);
        let (same, said) = prove(&period);
        assert!(!same && said.contains(told), "{change}: {said}");
        assert!(check().contains("ledger: C-1"), "{change}");
        tamper(&demo, back);
    }
    assert!(prove(&period).0);
    tamper(
        &demo,
        "INSERT INTO ledger SELECT 'more', 'correction', person_id, campaign_id, lead_id, claim_id, \
         verdict_id, plan_id, 5000000, currency, earned_at, payable_at, period, id, 'upheld', \
         booked_at, second_review_id, payee, company, campaign, plan_version, checklist_version_id, \
         exponent, zone, 7, NULL, (SELECT MAX(place) + 1 FROM ledger), NULL, NULL, 'whole' FROM ledger",
    );
    let (same, said) = prove(&period);
    assert!(!same && said.contains("nothing books that"), "{said}");
    tamper(&demo, "DROP TRIGGER ledger_stays");
    tamper(&demo, "DELETE FROM ledger WHERE id = 'more'");
    tamper(&demo, "DELETE FROM ledger");
    let (same, said) = prove(&period);
    assert!(!same && said.contains("is missing"), "{said}");
}

/// Versions and drafts, without when they were told.
fn plans_of(manager: &Client) -> (Value, Value) {
    let all = manager.get("/plans");
    (all["versions"].clone(), all["drafts"].clone())
}

/// What is no amount, currency, period or day is told in words, and nothing comes of it.
#[test]
fn bad_input_about_money_is_told_and_books_nothing() {
    let demo = Demo::start();
    let (max, ines) = (demo.sign_in("max"), demo.sign_in("ines"));
    let campaign = max.get("/plans")["campaigns"][0]["id"].clone();
    let plan = |change: &[(&str, Value)]| {
        let mut body = json!({
            "campaign": campaign,
            "amount": "40.00",
            "currency": "EUR",
            "payable_after_days": 14
        });
        for (field, value) in change {
            body[*field] = value.clone();
        }
        body
    };
    let before = (
        ledger(&demo),
        plans_of(&max),
        ines.get("/statement")["entries"].clone(),
    );
    assert!(before.1.0.as_array().is_some_and(|all| all.len() == 2));
    let tier = |from: i64, amount: &str| json!([{ "from_lead": from, "amount": amount }]);
    let plans = [
        plan(&[("amount", json!("-1.00"))]),
        plan(&[("amount", json!("40.001"))]),
        plan(&[("amount", json!("99999999999999999999.00"))]),
        plan(&[("amount", json!("a lot"))]),
        plan(&[("amount", json!(""))]),
        plan(&[("amount", json!("NaN"))]),
        plan(&[("currency", json!("EURO"))]),
        plan(&[("currency", json!("ZZZ"))]),
        plan(&[("cap", json!("-5.00"))]),
        plan(&[("tiers", tier(0, "45.00"))]),
        plan(&[("tiers", tier(3, "-45.00"))]),
        plan(&[("split", json!({ "opener_percent": 100 }))]),
        plan(&[("payable_after_days", json!(-1))]),
        plan(&[("payable_after_days", json!(i64::MAX))]),
    ];
    for body in plans {
        let (status, told) = max.send("POST", "/plans", Some(body.clone()), None);
        assert_eq!(status, 422, "{body}: {told}");
        assert!(
            told["detail"].as_str().is_some_and(|d| d.len() > 10),
            "{told}"
        );
    }
    let lock = json!({ "act": "lock" });
    let payroll = |more: Value| {
        let mut body = json!({ "format": "csv" });
        for (field, value) in more.as_object().unwrap() {
            body[field] = value.clone();
        }
        body
    };
    for (method, path, body) in [
        ("GET", "/periods/2026-13", Value::Null),
        ("GET", "/periods/november", Value::Null),
        ("POST", "/periods/2026-13/acts", lock.clone()),
        ("POST", "/periods/1999-01/acts", lock.clone()),
        ("POST", "/periods/2999-01/acts", lock),
        ("POST", "/periods/1999-01/payroll", payroll(json!({}))),
        ("POST", "/periods/2026-00/payroll", payroll(json!({}))),
        (
            "POST",
            "/periods/1999-01/payroll",
            payroll(json!({ "currency": "euro" })),
        ),
        (
            "POST",
            "/periods/1999-01/payroll",
            payroll(json!({ "pay_day": "2026-02-30" })),
        ),
        ("GET", "/extract?from=2026-02-30", Value::Null),
        ("GET", "/extract?from=2026-11-02&to=2026-11-01", Value::Null),
    ] {
        let sent = (!body.is_null()).then_some(body);
        let (status, told) = max.send(method, path, sent, None);
        assert!(
            [404, 409, 422].contains(&status),
            "{method} {path}: {status} {told}"
        );
        assert!(
            told["detail"].as_str().is_some_and(|d| d.len() > 10),
            "{path}: {told}"
        );
    }
    let (status, told) = ines.send("GET", "/statement?as_of=2026-02-30", None, None);
    assert_eq!(status, 422, "{told}");
    let after = (
        ledger(&demo),
        plans_of(&max),
        ines.get("/statement")["entries"].clone(),
    );
    assert_eq!(before, after);
}
