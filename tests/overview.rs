//! What a manager sees first: each figure is what its page says, and nothing is told before it may be.

mod common;

use assay::identity::Role;
use assay::store::people;
use common::{Client, Demo, Postgres, enter, failing, in_store, take, tamper, until};
use serde_json::{Value, json};

fn n(value: &Value) -> i64 {
    value.as_i64().unwrap()
}

#[test]
fn each_figure_is_what_its_page_says() {
    let rules = "heard_percent = 0\nsecond_review_percent = 0\n";
    figures(&Demo::start_with(rules));
    if let Some(postgres) = Postgres::start() {
        figures(&Demo::start_on(Some(postgres.url()), rules));
    }
}

fn figures(demo: &Demo) {
    let (max, tom, marek) = (
        demo.sign_in("max"),
        demo.sign_in("tom"),
        demo.sign_in("marek"),
    );
    let seen = |query: &str| max.get(&format!("/reports/overview{query}"));
    let before = seen("");
    assert_eq!(before["queue"]["claims"], 2);
    assert!(before["queue"]["at_work"].as_array().unwrap().is_empty());
    assert_eq!(before["verdicts"]["now"]["verdicts"], 0);
    assert!(before["verdicts"]["now"]["rate"].is_null());
    assert!(before["verdicts"]["change"].is_null());
    // Both clients together are all; each has its own.
    let clients = before["clients"].as_array().unwrap();
    assert_eq!(clients.len(), 2);
    let sum = |of: &dyn Fn(&Value) -> i64| {
        let each = clients
            .iter()
            .map(|c| of(&seen(&format!("?client={}", c["id"].as_str().unwrap()))));
        assert_eq!(each.sum::<i64>(), of(&before));
    };
    sum(&|o| n(&o["queue"]["claims"]));
    sum(&|o| n(&o["calls"]["calls"]));
    sum(&|o| {
        o["sources"]
            .as_array()
            .unwrap()
            .iter()
            .map(|s| n(&s["leads"]))
            .sum()
    });
    let untouched: i64 = before["sources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| n(&s["over_7_days"]))
        .sum();
    assert_eq!(untouched, n(&max.get("/work")["over_7_days"]));

    // A claim that is taken is with somebody; its verdict is nobody's to see while it can be taken
    // back.
    let review = take(&marek, "Norvik Ferries");
    assert_eq!(seen("")["queue"]["at_work"], json!(["Marek Dvořák"]));
    assert_eq!(seen("")["queue"]["claims"], 1);
    let path = format!("/review/{}/verdict", review["id"].as_str().unwrap());
    let given = marek.post(&path, failing(&review), "one-verdict");
    assert!(given.is_object(), "{given}");
    assert_eq!(seen("")["verdicts"]["now"]["verdicts"], 0, "it is on hold");
    until("the verdict is final", || {
        n(&seen("")["verdicts"]["now"]["verdicts"]) == 1
    });
    let after = seen("?days=7");
    assert_eq!(after["verdicts"]["now"]["passed"], 0);
    assert_eq!(after["verdicts"]["days"].as_array().unwrap().len(), 1);
    assert_eq!(after["verdicts"]["waited"]["verdicts"], 1);

    // What is asked and disputed runs against its clock, the next first.
    let claim = review["id"].as_str().unwrap();
    let about = json!({ "about": "other", "claim": claim, "text": "Which plan is it under?" });
    assert_eq!(tom.send("POST", "/questions", Some(about), None).0, 200);
    let clip = json!({ "call": review["calls"][0]["call"], "from_ms": 1000, "to_ms": 5000 });
    let row =
        json!({ "criterion": "budget", "clip": clip, "reason": "Sixty thousand are planned." });
    let body = json!({ "rows": [row] });
    let answer = tom.send(
        "POST",
        &format!("/claims/{claim}/dispute"),
        Some(body),
        None,
    );
    assert_eq!(answer.0, 200, "{}", answer.1);
    let waits = seen("");
    assert_eq!((n(&waits["questions"]), n(&waits["disputes"])), (1, 1));
    let due: Vec<&str> = waits["waiting"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|w| w["due_at"].as_str())
        .collect();
    assert!(due.len() == 2 && due.is_sorted(), "{due:?}");
    let kinds: Vec<&str> = waits["waiting"]
        .as_array()
        .unwrap()
        .iter()
        .map(|w| w["kind"].as_str().unwrap())
        .collect();
    assert!(kinds.contains(&"question") && kinds.contains(&"dispute"));
    assert_eq!(waits["waiting"][0]["whose"], "Tom Brandt");

    wrong_questions(&max, &tom, &marek);
}

fn wrong_questions(max: &Client, tom: &Client, marek: &Client) {
    let status = |who: &Client, query: &str| {
        let path = format!("/reports/overview{query}");
        who.send("GET", &path, None, None).0
    };
    for (query, wanted) in [
        ("?days=0", 422),
        ("?days=93", 422),
        ("?days=-7", 422),
        ("?client=nobody", 404),
    ] {
        assert_eq!(status(max, query), wanted, "{query}");
    }
    assert!([400, 422].contains(&status(max, "?since=now")));
    for who in [tom, marek] {
        assert_eq!(status(who, ""), 403);
        assert_eq!(who.send("GET", "/repairs", None, None).0, 403);
    }
}

/// What the box needs is told with what to do about it, the worst first.
#[test]
fn what_is_to_be_repaired_is_found_and_goes_when_it_is() {
    let demo = Demo::start();
    let (max, ada) = (demo.sign_in("max"), demo.sign_in("ada"));
    let found = |kind: &str| -> Vec<Value> {
        let all = max.get("/repairs");
        let all = all["repairs"].as_array().unwrap();
        all.iter().filter(|r| r["kind"] == kind).cloned().collect()
    };
    let lines = found("line");
    for line in &lines {
        assert!(
            line["todo"].as_str().unwrap().contains("under Access"),
            "{line}"
        );
    }
    // Somebody takes a person's calls away: they belong to nobody.
    tamper(
        &demo,
        "UPDATE calls SET person_id = NULL WHERE line = '203' AND NOT EXISTS (SELECT 1 FROM \
         claim_calls c WHERE c.call_id = calls.id)",
    );
    let more = found("line");
    assert_eq!(more.len(), lines.len() + 1, "{more:?}");
    assert!(
        more.iter()
            .any(|l| l["what"].as_str().unwrap().contains("line 203"))
    );
    assert_eq!(
        ada.get("/repairs")["repairs"].as_array().unwrap().len(),
        max.get("/repairs")["repairs"].as_array().unwrap().len()
    );
    // The worst first.
    let levels: Vec<String> = max.get("/repairs")["repairs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| r["level"].as_str().unwrap().to_owned())
        .collect();
    assert!(levels.is_sorted(), "{levels:?}");
}

/// A receiver of one client's messages is no other client's manager's to know of.
#[test]
fn a_receiver_that_fails_is_told_to_those_whose_messages_wait() {
    let demo = Demo::start();
    let (max, ada) = (demo.sign_in("max"), demo.sign_in("ada"));
    let clients = max.get("/reports/overview")["clients"].clone();
    let named = |name: &str| -> Value {
        let all = clients.as_array().unwrap();
        all.iter().find(|c| c["name"] == name).unwrap()["id"].clone()
    };
    for (name, client) in [("North", named("Northlight Fleet")), ("House", Value::Null)] {
        let body = json!({ "name": name, "url": "https://receiver.invalid/x", "client": client });
        let answer = ada.send("POST", "/webhooks", Some(body), None);
        assert!([200, 201].contains(&answer.0), "{}", answer.1);
    }
    tamper(&demo, "UPDATE receivers SET failures = 7");
    let other = in_store(&demo, async |tx| {
        let sofia = people::by_login(tx, "sofia").await.unwrap().unwrap();
        let calder = people::clients_of(tx, &sofia.id).await.unwrap();
        enter(&demo, tx, "cal", Role::Manager, &calder).await
    });
    let told = |who: &Client| -> Vec<String> {
        let all = who.get("/repairs");
        let all = all["repairs"].as_array().unwrap();
        all.iter()
            .filter(|r| r["kind"] == "receiver")
            .map(|r| r["what"].as_str().unwrap().to_owned())
            .collect()
    };
    for who in [&max, &ada] {
        let all = told(who).join(" ");
        assert!(all.contains("North") && all.contains("House"), "{all}");
    }
    assert_eq!(told(&other), [] as [String; 0]);
}
