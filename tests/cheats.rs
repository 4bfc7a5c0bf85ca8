//! Whoever gains by bending a verdict, and what comes of it: the claimant, the rival, the manager,
//! the reviewer with an interest (PRODUCT I1, I3, R2, R9, R14).

mod common;

use assay::identity::Role;
use assay::store::{Actor, people};
use common::*;
use serde_json::{Value, json};

const RULES: &str = "heard_percent = 0\nsecond_review_percent = 0\n";

fn id(v: &Value) -> &str {
    v["id"].as_str().unwrap()
}

fn claim_of(who: &Client, company: &str) -> Value {
    let claims = who.get("/claims")["claims"].clone();
    let of = claims.as_array().unwrap().iter();
    of.clone()
        .find(|c| c["company"] == company)
        .unwrap_or_else(|| panic!("no claim on {company}"))
        .clone()
}

/// The log's lines, as (actor, action).
fn lines(demo: &Demo) -> Vec<(String, String)> {
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let path = demo.data.join("assay.db");
        let options = sqlx::sqlite::SqliteConnectOptions::new()
            .filename(path)
            .read_only(true);
        let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
        let rows = sqlx::query_as("SELECT actor, action FROM audit ORDER BY seq");
        let lines = rows.fetch_all(&pool).await.unwrap();
        pool.close().await;
        lines
    })
}

/// How often the log has this action.
fn logged(demo: &Demo, action: &str) -> usize {
    lines(demo).iter().filter(|(_, a)| a == action).count()
}

fn judge(reviewer: &Client, review: &Value, body: Value, key: &str) -> (u16, Value) {
    let path = format!("/review/{}/verdict", id(review));
    reviewer.send("POST", &path, Some(body), Some(key))
}

/// FINDINGS V3: nothing of the claimant reaches the reviewer before the verdict is final: names,
/// answers, words, line, not in bodies, headers, sound, errors or events' consequences.
#[test]
fn nothing_of_the_claimant_reaches_the_reviewer_before_the_verdict_is_final() {
    let demo = Demo::start_with(RULES);
    let tom = demo.sign_in("tom");
    let person = tom.get("/me")["id"].as_str().unwrap().to_owned();
    for sql in [
        "UPDATE people SET name = 'Zyxel Marker', login = 'zyxel' WHERE login = 'tom'",
        "UPDATE calls SET line = '77700077' WHERE line = '202'",
        "UPDATE claims SET write_up = 'Quagga wrote this', own_answers = '{\"budget\":\"quagga\"}', \
         words_version = words_version + 1 WHERE state = 'open'",
    ] {
        tamper(&demo, sql);
    }
    let marek = demo.sign_in("marek");
    let rana = demo.sign_in("rana");
    let secrets = [
        "Zyxel",
        "zyxel",
        "Quagga",
        "quagga",
        "77700077",
        person.as_str(),
    ];
    let clean = |who: &Client, step: &str| {
        let seen = String::from_utf8_lossy(&who.watch()).into_owned();
        assert!(!seen.is_empty(), "{step}: nothing was watched");
        for secret in secrets {
            let at = seen.find(secret);
            let around = at.map(|at| &seen[at.saturating_sub(80)..(at + 80).min(seen.len())]);
            assert_eq!(around, None, "{step}: {secret}");
        }
    };
    marek.watch();
    marek.get("/queue");
    let review = take(&marek, "Norvik Ferries");
    let call = review["calls"][0]["call"].as_str().unwrap().to_owned();
    marek.get("/review/current");
    marek.get(&format!("/review/{}", id(&review)));
    marek.range(&format!("/calls/{call}/audio"), "bytes=0-");
    for wrapping in ["webm", "wav"] {
        marek.range(&format!("/calls/{call}/audio?as={wrapping}"), "bytes=0-");
    }
    marek.get(&format!("/calls/{call}/peaks"));
    marek.get(&format!("/calls/{call}/comments"));
    marek.get("/review/record");
    marek.get("/second-reviews");
    marek.get("/checklists");
    clean(&marek, "taken");
    for (method, path, body) in [
        ("GET", format!("/calls/{call}"), None),
        (
            "POST",
            format!("/review/{}/verdict", id(&review)),
            Some(json!({ "answers": [] })),
        ),
        (
            "PUT",
            format!("/review/{}/draft", id(&review)),
            Some(json!({ "revision": 9, "draft": {} })),
        ),
        (
            "POST",
            format!("/review/{}/heard", id(&review)),
            Some(json!({ "call": "x", "played": [] })),
        ),
        ("POST", "/claims".to_owned(), Some(json!({}))),
        ("GET", format!("/leads/{}", id(&review)), None),
    ] {
        let (status, _) = marek.send(method, &path, body, Some("error-key-1"));
        assert!((400..500).contains(&status), "{method} {path}: {status}");
    }
    clean(&marek, "errors");
    let (status, given) = judge(&marek, &review, passing(&review), "verdict-key-1");
    assert_eq!((status, &given["claimant"]), (200, &Value::Null), "{given}");
    marek.get(&format!("/review/{}", id(&review)));
    marek.get("/review/current");
    clean(&marek, "on hold");
    let path = format!("/review/{}/verdict", id(&review));
    assert_eq!(marek.send("DELETE", &path, None, None).0, 200);
    marek.get("/review/current");
    clean(&marek, "taken back");
    // Put back: the sound, the picture and the claim are gone for whoever put it back.
    let release = format!("/review/{}/release", id(&review));
    let why = json!({ "reason": "language" });
    assert_eq!(marek.send("POST", &release, Some(why), None).0, 204);
    for (method, path, body) in [
        ("GET", format!("/review/{}", id(&review)), None),
        ("GET", format!("/calls/{call}/peaks"), None),
        ("GET", format!("/calls/{call}/comments"), None),
        (
            "PUT",
            format!("/review/{}/draft", id(&review)),
            Some(json!({ "revision": 0, "draft": {} })),
        ),
        (
            "POST",
            format!("/review/{}/heard", id(&review)),
            Some(json!({ "call": call, "played": [] })),
        ),
        ("DELETE", path.clone(), None),
    ] {
        assert_eq!(
            marek.send(method, &path, body, None).0,
            404,
            "{method} {path}"
        );
    }
    assert_eq!(
        marek.range(&format!("/calls/{call}/audio"), "bytes=0-9").0,
        404
    );
    clean(&marek, "put back");
    // Once it is final, the reviewer learns whose it was.
    rana.watch();
    let review = take(&rana, "Norvik Ferries");
    assert_eq!(
        judge(&rana, &review, passing(&review), "verdict-key-2").0,
        200
    );
    clean(&rana, "judged by another");
    let one = format!("/review/{}", id(&review));
    until("the verdict is final", || {
        rana.get(&one)["verdict"]["state"] == "final"
    });
    let claimant = &rana.get(&one)["verdict"]["claimant"];
    assert_eq!(
        (claimant["name"].as_str(), claimant["write_up"].as_str()),
        (Some("Zyxel Marker"), Some("Quagga wrote this"))
    );
}

/// PRODUCT R14, R9 and I3, as the claimant would get round them.
#[test]
fn a_claimant_gains_nothing_by_claiming_again_or_elsewhere() {
    let demo = Demo::start_with(RULES);
    let (ines, tom) = (demo.sign_in("ines"), demo.sign_in("tom"));
    let (marek, rana) = (demo.sign_in("marek"), demo.sign_in("rana"));
    let calls = ines.get("/calls");
    let call = call_with(&calls, "Brightwater Logistics").clone();
    // A draft outlives the browser and goes with the claim.
    let form = format!("/calls/{}/checklist", id(&call));
    let draft =
        json!({ "write_up": "half", "answers": { "budget": "in_place" }, "calls": [id(&call)] });
    let path = format!("/calls/{}/claim-draft", id(&call));
    assert_eq!(ines.send("PUT", &path, Some(draft.clone()), None).0, 200);
    assert_eq!(tom.send("PUT", &path, Some(draft.clone()), None).0, 404);
    let shown = ines.get(&form);
    assert_eq!((&shown["draft"], &shown["blocked"]), (&draft, &Value::Null));
    assert_eq!(shown["earns"]["amount"]["minor"], 4000);
    let claim = ines.post("/claims", claim_body(&call), "claim-key-1");
    let shown = ines.get(&form);
    assert_eq!(shown["draft"], Value::Null);
    assert!(
        shown["blocked"]
            .as_str()
            .unwrap()
            .contains("in the queue already")
    );
    // The lead is settled, the claim can be changed and withdrawn until it is taken.
    let listed = ines.get("/calls");
    assert_eq!(
        call_with(&listed, "Brightwater Logistics")["lead_settled"],
        true
    );
    let other_lead = call_with(&calls, "Halden Cold Chain")["lead"]["id"].clone();
    let lead = format!("/calls/{}/lead", id(&call));
    let right = |lead_id: &Value| {
        ines.send("POST", &lead, Some(json!({ "lead": lead_id })), None)
            .0
    };
    assert_eq!(right(&other_lead), 409);
    let own = format!("/claims/{}", id(&claim));
    let mut body = claim_body(&call);
    body["write_up"] = json!("Better words");
    assert_eq!(tom.send("PUT", &own, Some(body.clone()), None).0, 404);
    let (status, changed) = ines.send("PUT", &own, Some(body.clone()), None);
    assert_eq!(
        (status, changed["write_up"].as_str()),
        (200, Some("Better words"))
    );
    assert_eq!(tom.send("DELETE", &own, None, None).0, 404);
    assert_eq!(ines.send("DELETE", &own, None, None).0, 204);
    assert_eq!(ines.send("DELETE", &own, None, None).0, 409);
    let withdrawn = claim_of(&ines, "Brightwater Logistics");
    assert_eq!(
        (withdrawn["state"].as_str(), &withdrawn["outcome"]),
        (Some("withdrawn"), &Value::Null)
    );
    // A wrong lead is set right, and back, while nothing is claimed.
    assert_eq!((right(&other_lead), right(&call["lead"]["id"])), (200, 200));
    let found = ines.get(&format!("/calls/{}/leads?q=brightw", id(&call)));
    assert_eq!(found["leads"][0]["company"], "Brightwater Logistics");
    ines.post("/claims", claim_body(&call), "claim-key-2");

    // "This is another company": it comes back with the reason and costs nobody anything.
    let review = take(&marek, "Brightwater Logistics");
    assert_eq!(
        ines.send("DELETE", &format!("/claims/{}", id(&review)), None, None)
            .0,
        409
    );
    let back = format!("/review/{}/send-back", id(&review));
    assert_eq!(
        marek
            .send("POST", &back, Some(json!({ "note": "x" })), None)
            .0,
        422
    );
    assert_eq!(
        rana.send(
            "POST",
            &back,
            Some(json!({ "note": "Another company" })),
            None
        )
        .0,
        404
    );
    let note = json!({ "note": "They say Harbour Foods" });
    tamper(&demo, "DELETE FROM heard");
    let (status, problem) = marek.send("POST", &back, Some(note.clone()), None);
    assert!(
        status == 422 && problem.to_string().contains("can only be heard"),
        "{status}: {problem}"
    );
    hear(&marek, &review, 0, 2000);
    assert_eq!(marek.send("POST", &back, Some(note), None).0, 204);
    assert_eq!(marek.get("/review/record")["sent_back"], 1);
    let shown = claim_of(&ines, "Brightwater Logistics");
    assert_eq!(
        (shown["state"].as_str(), shown["sent_back"]["note"].as_str()),
        (Some("sent_back"), Some("They say Harbour Foods"))
    );
    assert_eq!(
        right(&call["lead"]["id"]),
        200,
        "the lead may be set right again"
    );
    ines.post("/claims", claim_body(&call), "claim-key-3");

    // It fails: not claimed again with the same conversation, nor while it is disputed.
    let review = take(&marek, "Brightwater Logistics");
    assert_eq!(
        judge(&marek, &review, failing(&review), "verdict-key-1").0,
        200
    );
    until("it has failed", || {
        claim_of(&ines, "Brightwater Logistics")["outcome"] == "failed"
    });
    let (status, problem) = ines.send(
        "POST",
        "/claims",
        Some(claim_body(&call)),
        Some("claim-key-4"),
    );
    assert!(
        status == 409
            && problem["detail"]
                .as_str()
                .unwrap()
                .contains("needs a conversation"),
        "{problem}"
    );
    let row = json!({
        "criterion": "budget", "reason": "She names the sum herself.",
        "clip": { "call": id(&call), "from_ms": 1000, "to_ms": 5000 }
    });
    let dispute = format!("/claims/{}/dispute", id(&review));
    for (what, rows) in [("no row", json!([])), ("one row twice", json!([row, row]))] {
        let sent = ines.send("POST", &dispute, Some(json!({ "rows": rows })), None);
        assert_eq!(sent.0, 422, "{what}: {}", sent.1);
    }
    let mut other = row.clone();
    other["criterion"] = json!("need");
    ines.post(&dispute, json!({ "rows": [row, other] }), "unused-key");
    let (_, problem) = ines.send(
        "POST",
        "/claims",
        Some(claim_body(&call)),
        Some("claim-key-5"),
    );
    assert!(
        problem["title"].as_str().unwrap().contains("still open"),
        "{problem}"
    );
    let own = claim_of(&ines, "Brightwater Logistics");
    assert_eq!(own["dispute"]["rows"].as_array().unwrap().len(), 2);
    // One conversation counts for one lead.
    let halden = call_with(&calls, "Halden Cold Chain").clone();
    let mut both = claim_body(&halden);
    both["calls"] = json!([id(&halden), id(&call)]);
    let (status, problem) = ines.send("POST", "/claims", Some(both), Some("claim-key-6"));
    assert_eq!(status, 422, "two leads in one claim: {problem}");
    // Nobody judges a lead twice: it is not offered to who judged it.
    assert_eq!(marek.get("/second-reviews")["second_reviews"], json!([]));
    let (well, said) = demo.run(&["check"]);
    assert!(well, "{said}");
}

/// PRODUCT I3: of two claims on a lead the one made first earns, though the other is judged first.
#[test]
fn who_claims_first_earns_whoever_is_judged_first() {
    let demo = Demo::start_with(RULES);
    let (ines, tom) = (demo.sign_in("ines"), demo.sign_in("tom"));
    let (marek, rana) = (demo.sign_in("marek"), demo.sign_in("rana"));
    // Tom has claimed Norvik Ferries already; Ines' call is set to it and claimed later.
    let lead = claim_of(&tom, "Norvik Ferries")["lead_id"].clone();
    let call = call_with(&ines.get("/calls"), "Brightwater Logistics").clone();
    let choose = format!("/calls/{}/lead", id(&call));
    assert_eq!(
        ines.send("POST", &choose, Some(json!({ "lead": lead })), None)
            .0,
        200
    );
    let later = ines.post("/claims", claim_body(&call), "claim-key-1");
    // A manager puts the later one first, and says why; the claimant reads it.
    let max = demo.sign_in("max");
    let first = format!("/claims/{}/first", id(&later));
    assert_eq!(
        max.send("POST", &first, Some(json!({ "first": true })), None)
            .0,
        422
    );
    let body = json!({ "first": true, "reason": "They decide on Friday." });
    assert_eq!(max.send("POST", &first, Some(body), None).0, 204);
    assert_eq!(
        claim_of(&ines, "Norvik Ferries")["first"]["reason"],
        "They decide on Friday."
    );
    let review = rana.post("/review/take", Value::Null, "unused-key");
    assert_eq!(id(&review), id(&later));
    hear(&rana, &review, 1000, 4000);
    assert_eq!(
        judge(&rana, &review, passing(&review), "verdict-key-1").0,
        200
    );
    until("the later one passed", || {
        claim_of(&ines, "Norvik Ferries")["outcome"] == "passed_waiting"
    });
    assert_eq!(
        ines.get("/statement")["entries"],
        json!([]),
        "nothing is earned yet"
    );
    let review = take(&marek, "Norvik Ferries");
    assert_eq!(
        judge(&marek, &review, passing(&review), "verdict-key-2").0,
        200
    );
    until("the earlier one earned", || {
        tom.get("/statement")["entries"].as_array().unwrap().len() == 1
    });
    until("the later one came to nothing", || {
        claim_of(&ines, "Norvik Ferries")["outcome"] == "passed_already_paid"
    });
    assert_eq!(ines.get("/statement")["entries"], json!([]));
    let (well, said) = demo.run(&["check"]);
    assert!(well, "{said}");
}

/// PRODUCT I1: asked again at every step, and every refusal is in the log.
#[test]
fn an_interest_that_comes_up_on_the_way_ends_it() {
    let demo = Demo::start_with(RULES);
    let (tom, marek, rana) = (
        demo.sign_in("tom"),
        demo.sign_in("marek"),
        demo.sign_in("rana"),
    );
    let review = take(&marek, "Norvik Ferries");
    let refused = |who: &Client, method: &str, path: &str, body: Value| {
        let before = logged(&demo, "act.refused");
        let (status, problem) = who.send(method, path, Some(body), Some("refused-key-1"));
        assert_eq!(status, 403, "{path}: {problem}");
        assert_eq!(logged(&demo, "act.refused"), before + 1, "{path} is logged");
    };
    let verdict = format!("/review/{}/verdict", id(&review));
    for sql in [
        "UPDATE people SET pay_basis = 'pipeline' WHERE login = 'marek'",
        "UPDATE people SET pay_basis = 'qualified_leads' WHERE login = 'marek'",
        "UPDATE people SET pay_basis = 'fixed', role = 'sales' WHERE login = 'marek'",
    ] {
        tamper(&demo, sql);
        refused(&marek, "POST", &verdict, passing(&review));
    }
    tamper(
        &demo,
        "UPDATE people SET role = 'reviewer' WHERE login = 'marek'",
    );
    tamper(
        &demo,
        "INSERT INTO interests (person_id, earner_id, reason) SELECT m.id, t.id, 'bonus' FROM \
         people m, people t WHERE m.login = 'marek' AND t.login = 'tom'",
    );
    refused(&marek, "POST", &verdict, passing(&review));
    let back = format!("/review/{}/send-back", id(&review));
    refused(&marek, "POST", &back, json!({ "note": "Another company" }));
    tamper(&demo, "DELETE FROM interests");
    // A reviewer who is taken off in the middle is signed out, and nothing is lost or judged.
    tamper(
        &demo,
        "UPDATE people SET disabled_at = 1 WHERE login = 'marek'",
    );
    assert_eq!(
        judge(&marek, &review, passing(&review), "verdict-key-1").0,
        401
    );
    tamper(
        &demo,
        "UPDATE people SET disabled_at = NULL WHERE login = 'marek'",
    );
    let mut wrong = passing(&review);
    wrong["answers"][0] = json!({ "criterion": "budget", "answer": "none" });
    assert_eq!(judge(&marek, &review, wrong, "verdict-key-2").0, 200);
    until("it has failed", || {
        claim_of(&tom, "Norvik Ferries")["outcome"] == "failed"
    });

    // A confirm is asked again too (FINDINGS V8).
    let row = json!({
        "criterion": "budget", "reason": "She names the sum herself.",
        "clip": { "call": review["calls"][0]["call"], "from_ms": 1000, "to_ms": 5000 }
    });
    let dispute = format!("/claims/{}/dispute", id(&review));
    tom.post(&dispute, json!({ "rows": [row] }), "unused-key");
    let second = rana.post("/second-reviews/take", Value::Null, "unused-key");
    hear(&rana, &second, 1000, 4000);
    let answers = json!({ "answers": passing(&second)["answers"] });
    rana.post(
        &format!("/second-reviews/{}/answer", id(&second)),
        answers.clone(),
        "unused-key",
    );
    tamper(
        &demo,
        "UPDATE people SET pay_basis = 'pipeline' WHERE login = 'rana'",
    );
    let confirm = format!("/second-reviews/{}/confirm", id(&second));
    refused(&rana, "POST", &confirm, answers.clone());
    assert_eq!(tom.get("/statement")["entries"], json!([]));
    // A rival who became a reviewer.
    tamper(
        &demo,
        "UPDATE people SET pay_basis = 'fixed' WHERE login = 'rana'",
    );
    rana.post(&confirm, answers, "unused-key");
    let entries = tom.get("/statement")["entries"].clone();
    assert_eq!(entries.as_array().unwrap().len(), 1);
    let decided = lines(&demo)
        .into_iter()
        .find(|(_, action)| action == "dispute.decided");
    let rana = rana.get("/me")["id"].as_str().unwrap().to_owned();
    assert_eq!(decided.unwrap().0, rana, "FINDINGS V9");
}

/// PRODUCT I1: a manager whose pay carries a telemarketer's hastens, draws and settles nothing.
#[test]
fn a_manager_with_an_interest_hastens_and_draws_nothing() {
    let demo = Demo::start_with(RULES);
    let (tom, marek) = (demo.sign_in("tom"), demo.sign_in("marek"));
    let boss = in_store(&demo, async |tx| {
        let tom = people::by_login(tx, "tom").await.unwrap().unwrap();
        let clients = people::clients_of(tx, &tom.id).await.unwrap();
        let client = enter(&demo, tx, "boss", Role::Manager, &clients).await;
        let boss = people::by_login(tx, "boss").await.unwrap().unwrap();
        let now = assay::clock::Clock::System.now();
        people::add_interest(tx, &Actor::Shell, &boss.id, &tom.id, "bonus", now)
            .await
            .unwrap();
        client
    });
    let claim = claim_of(&tom, "Norvik Ferries");
    let reviewers: Vec<Value> = boss.get("/calibrations")["reviewers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| r["id"].clone())
        .collect();
    let first = format!("/claims/{}/first", id(&claim));
    let body = json!({ "first": true, "reason": "He is my best." });
    let before = logged(&demo, "act.refused");
    assert_eq!(boss.send("POST", &first, Some(body), None).0, 403);
    let sample = json!({ "count": 1, "days": 30 });
    assert_eq!(boss.send("POST", "/samples", Some(sample), None).0, 403);
    let review = take(&marek, "Norvik Ferries");
    assert_eq!(
        judge(&marek, &review, failing(&review), "verdict-key-1").0,
        200
    );
    until("it has failed", || {
        claim_of(&tom, "Norvik Ferries")["outcome"] == "failed"
    });
    let others: Vec<&Value> = reviewers
        .iter()
        .filter(|r| **r != marek.get("/me")["id"])
        .collect();
    let third = in_store(&demo, async |tx| {
        let tom = people::by_login(tx, "tom").await.unwrap().unwrap();
        let clients = people::clients_of(tx, &tom.id).await.unwrap();
        let client = enter(&demo, tx, "third", Role::Reviewer, &clients).await;
        (
            client,
            people::by_login(tx, "third").await.unwrap().unwrap().id,
        )
    });
    let round =
        json!({ "claim": id(&claim), "reviewers": [others[0], third.1.as_str()], "days": 3 });
    assert_eq!(boss.send("POST", "/calibrations", Some(round), None).0, 403);
    assert_eq!(logged(&demo, "act.refused"), before + 3);
}

/// PRODUCT R2: nobody picks from the queue, by address or by skipping.
#[test]
fn nobody_picks_from_the_queue() {
    let demo = Demo::start_with(RULES);
    let marek = demo.sign_in("marek");
    let waiting = marek.get("/queue");
    let all = waiting["claims"].as_array().unwrap().clone();
    assert_eq!(waiting["waiting"].as_u64(), Some(all.len() as u64));
    let last = id(all.last().unwrap()).to_owned();
    let by_hand = marek.send("POST", &format!("/review/{last}/take"), None, None);
    assert!(matches!(by_hand.0, 404 | 405), "{by_hand:?}");
    assert_eq!(
        marek.send("GET", &format!("/review/{last}"), None, None).0,
        404
    );
    // Put back with a reason: another one comes, and the skipped ones come last.
    let release = |review: &Value, body: Option<Value>| {
        marek.send(
            "POST",
            &format!("/review/{}/release", id(review)),
            body,
            None,
        )
    };
    let one = marek.post("/review/take", Value::Null, "unused-key");
    assert_eq!(release(&one, Some(json!({ "reason": "bored" }))).0, 422);
    assert_eq!(release(&one, Some(json!({ "reason": "other" }))).0, 422);
    assert_eq!(release(&one, Some(json!({ "reason": "interest" }))).0, 204);
    let two = marek.post("/review/take", Value::Null, "unused-key");
    assert_ne!(id(&one), id(&two));
    assert_eq!(
        release(&two, None).0,
        204,
        "a page that goes away takes a break"
    );
    assert_eq!(
        marek.post("/review/take", Value::Null, "unused-key")["id"],
        two["id"]
    );
    assert_eq!(release(&two, Some(json!({ "reason": "language" }))).0, 204);
    let queue = marek.get("/queue");
    let left: Vec<&str> = queue["claims"].as_array().unwrap().iter().map(id).collect();
    assert!(
        !left.contains(&id(&one)),
        "never again where there is an interest"
    );
    assert_eq!(
        (left.last(), queue["skipped"].as_u64()),
        (Some(&id(&two)), Some(2))
    );
    // Who skips at will is stopped.
    tamper(
        &demo,
        "INSERT INTO skips (item_id, reviewer_id, reason, note, at) SELECT 'item' || l.value || \
         l.id, p.id, 'language', '', 9000000000000000 FROM people p, lines l WHERE p.login = 'marek'",
    );
    for n in 0..8 {
        tamper(
            &demo,
            match n % 2 {
                0 => {
                    "INSERT INTO skips (item_id, reviewer_id, reason, note, at) SELECT 'a' || COUNT(*), reviewer_id, 'language', '', 9000000000000000 FROM skips GROUP BY reviewer_id"
                }
                _ => {
                    "INSERT INTO skips (item_id, reviewer_id, reason, note, at) SELECT 'b' || COUNT(*), reviewer_id, 'language', '', 9000000000000000 FROM skips GROUP BY reviewer_id"
                }
            },
        );
    }
    let next = marek.post("/review/take", Value::Null, "unused-key");
    let (status, problem) = release(&next, Some(json!({ "reason": "language" })));
    assert!(
        status == 409 && problem["title"].as_str().unwrap().contains("ten"),
        "{problem}"
    );
    assert_eq!(release(&next, Some(json!({ "reason": "break" }))).0, 204);
    // Where everybody says that they have an interest, a manager is told, and nobody else waits on it.
    let rana = demo.sign_in("rana");
    let max = demo.sign_in("max");
    assert_eq!(max.get("/disputes")["nobody_left"], json!([]));
    loop {
        let other = rana.post("/review/take", Value::Null, "unused-key");
        let why = json!({ "reason": "interest" });
        let path = format!("/review/{}/release", id(&other));
        assert_eq!(rana.send("POST", &path, Some(why), None).0, 204);
        if id(&other) == id(&one) {
            break;
        }
    }
    let stuck = max.get("/disputes")["nobody_left"].clone();
    assert_eq!(
        (stuck[0]["id"].as_str(), stuck.as_array().unwrap().len()),
        (Some(id(&one)), 1)
    );
    // Their own record knows nothing of money.
    let record = marek.get("/review/record");
    assert_eq!(record["claims"], 0);
    assert!(!record.to_string().contains("minor"));
}

/// PRODUCT R3: a draft is tried on past verdicts and changes none.
#[test]
fn a_draft_is_tried_on_past_verdicts() {
    let demo = Demo::start_with(RULES);
    let (tom, marek, mia) = (
        demo.sign_in("tom"),
        demo.sign_in("marek"),
        demo.sign_in("mia"),
    );
    let review = take(&marek, "Norvik Ferries");
    assert_eq!(
        judge(&marek, &review, passing(&review), "verdict-key-1").0,
        200
    );
    until("it has passed", || {
        claim_of(&tom, "Norvik Ferries")["outcome"] == "passed"
    });
    let client = mia.get("/me")["clients"][0]["id"].clone();
    let templates = mia.get("/checklists/templates");
    let mut draft = templates["templates"][0]["checklist"].clone();
    assert_eq!(draft["name"], "BANT");
    let add = |draft: &Value| {
        let body = json!({ "client": client, "checklist": draft });
        mia.post("/checklists", body, "unused-key")["id"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    // Three months are too far off now.
    let timescale = draft["criteria"]
        .as_array()
        .unwrap()
        .iter()
        .position(|c| c["id"] == "timescale")
        .unwrap();
    for answer in draft["criteria"][timescale]["answers"]
        .as_array_mut()
        .unwrap()
    {
        if answer["id"] == "months_3" {
            answer["passes"] = json!(false);
        }
    }
    let stricter = add(&draft);
    let trial = mia.get(&format!("/checklists/{stricter}/trial?days=30"));
    assert_eq!(
        (
            trial["verdicts"].as_u64(),
            trial["now_passed"].as_u64(),
            trial["would_fail"].as_u64()
        ),
        (Some(1), Some(1), Some(1)),
        "{trial}"
    );
    let row = &trial["newly_failed"][0];
    assert_eq!(
        (row["company"].as_str(), row["why"].clone()),
        (Some("Norvik Ferries"), json!(["Timescale"]))
    );
    assert_eq!(
        trial["cost"],
        json!([{ "currency": "EUR", "lost_minor": 4000, "gained_minor": 0 }])
    );
    // What was not asked then cannot be told.
    draft["criteria"][timescale]["id"] = json!("champion");
    let asks_more = add(&draft);
    let trial = mia.get(&format!("/checklists/{asks_more}/trial"));
    assert_eq!(
        (
            trial["cannot_tell"].as_u64(),
            trial["cannot_tell_rows"][0]["criterion"].as_str()
        ),
        (Some(1), Some("champion"))
    );
    assert_eq!(
        mia.send(
            "GET",
            &format!("/checklists/{stricter}/trial?days=0"),
            None,
            None
        )
        .0,
        422
    );
    assert_eq!(claim_of(&tom, "Norvik Ferries")["outcome"], "passed");
}
