//! Our account of the calls beside the phone system's (PRODUCT C16): what is missing, what was
//! recorded in error, lengths that differ, the month's target, and what somebody found out.

mod common;

use common::{Client, Demo, Postgres};
use serde_json::{Value, json};

#[test]
fn two_accounts_are_held_against_each_other_and_what_is_found_out_stays() {
    story(&Demo::start());
    if let Some(postgres) = Postgres::start() {
        story(&Demo::start_on(Some(postgres.url()), ""));
    }
}

/// The number that a call was made to, or came from.
fn other(call: &Value) -> &str {
    call["prospect"]["number"].as_str().unwrap_or_default()
}

fn story(demo: &Demo) {
    let (max, ada, ines) = (
        demo.sign_in("max"),
        demo.sign_in("ada"),
        demo.sign_in("ines"),
    );
    let listed = max.get("/calls");
    let answered: Vec<&Value> = listed["calls"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|c| c["line"] == "201" && c["direction"] == "outbound")
        .filter(|c| c["outcome"] == "answered" && !other(c).is_empty())
        .collect();
    let [first, second] = answered[..2] else {
        panic!("{listed}")
    };
    let at = |call: &Value| call["started_at"].as_str().unwrap().to_owned();
    // The first rang and nobody answered; the second lasted an hour; a third the tap never saw.
    let rows = [
        format!("201,{},{},,0", other(first), at(first)),
        format!("201,{},{},{},3600", other(second), at(second), at(second)),
        format!("201,+494055599999,{},{},60", at(second), at(second)),
    ];
    let csv = format!(
        "from,to,started_at,answered_at,duration_seconds\n{}\n",
        rows.join("\n")
    );
    let file = demo.data.join("cdr.csv");
    std::fs::write(&file, csv).unwrap();
    // It says that they differ by its exit code.
    let (agree, told) = demo.run(&["coverage", "--cdr", file.to_str().unwrap()]);
    assert!(!agree, "{told}");
    let seen = max.get("/coverage");
    let of = |kind: &str| -> Vec<Value> {
        let all = seen["differences"].as_array().unwrap();
        all.iter().filter(|d| d["kind"] == kind).cloned().collect()
    };
    assert_eq!(of("recorded_in_error").len(), 1, "{seen:#}");
    assert_eq!(of("recorded_in_error")[0]["call"], first["id"]);
    assert_eq!(of("length").len(), 1);
    assert_eq!(of("length")[0]["call"], second["id"]);
    let missing = of("not_seen");
    assert_eq!(missing.len(), 1);
    assert_eq!(missing[0]["answered"], true);
    // Of two that were answered one is recorded: the month has missed its target.
    let months = seen["months"].as_array().unwrap();
    assert_eq!(months.len(), 1, "{months:?}");
    assert_eq!(
        (&months[0]["answered"], &months[0]["recorded"]),
        (&json!(2), &json!(1))
    );
    assert_eq!(
        (&months[0]["met"], &seen["target_percent"]),
        (&json!(false), &json!(99.0))
    );
    let month = months[0]["month"].as_str().unwrap();
    let whole = max.get(&format!("/coverage?month={month}"));
    assert_eq!(whole["months"], seen["months"]);

    notes(
        demo,
        (&max, &ada, &ines),
        &missing[0]["record"],
        &first["id"],
    );
    wrong(&max);
    // Where nobody is to be singled out, whose line it was is not told; a note is no way around it.
    let clients = max.get("/reports/overview")["clients"].clone();
    let north = clients.as_array().unwrap().iter();
    let north = north
        .clone()
        .find(|c| c["name"] == "Northlight Fleet")
        .unwrap();
    let promise = json!({ "client": north["id"], "act": "promise" });
    assert_eq!(
        max.send("POST", "/reports/promise", Some(promise), None).0,
        204
    );
    let told = max.get("/coverage").to_string();
    assert!(told.contains("+494055599999"), "whom they called is told");
    assert!(
        !told.contains("\"201\"") && !told.contains("\"202\""),
        "{told}"
    );
    assert!(
        ada.get("/coverage").to_string().contains("\"201\""),
        "who mends the mirror needs it"
    );
}

fn notes(demo: &Demo, (max, ada, ines): (&Client, &Client, &Client), record: &Value, call: &Value) {
    let note = |who: &Client, body: Value| who.send("POST", "/coverage/notes", Some(body), None).0;
    assert_eq!(
        note(
            ada,
            json!({ "record": record, "text": "The mirror was off." })
        ),
        204
    );
    assert_eq!(
        note(max, json!({ "call": call, "text": "An announcement." })),
        204
    );
    for (wrong, status) in [
        (json!({ "text": "About nothing." }), 422),
        (json!({ "record": record, "text": "  " }), 422),
        (json!({ "record": record, "text": "x".repeat(2001) }), 422),
        (json!({ "record": "none", "text": "Of nothing." }), 404),
        (json!({ "call": "none", "text": "Of nothing." }), 404),
        (json!({ "call": call, "text": "More.", "by": "ines" }), 422),
    ] {
        assert_eq!(note(max, wrong.clone()), status, "{wrong}");
    }
    assert_eq!(
        note(ines, json!({ "call": call, "text": "Not mine to say." })),
        403
    );
    let all = max.get("/coverage");
    let found: Vec<(String, String)> = all["differences"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|d| d["notes"].as_array().unwrap())
        .map(|n| {
            (
                n["by"].as_str().unwrap().into(),
                n["text"].as_str().unwrap().into(),
            )
        })
        .collect();
    assert!(
        found.contains(&("Ada Voss".into(), "The mirror was off.".into())),
        "{found:?}"
    );
    let refused = |sql: &'static str| {
        let done =
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| common::tamper(demo, sql)));
        assert!(done.is_err(), "{sql}");
    };
    refused("UPDATE coverage_notes SET text = 'It was on.'");
    refused("DELETE FROM coverage_notes");
}

fn wrong(max: &Client) {
    let status = |query: &str| max.send("GET", &format!("/coverage{query}"), None, None).0;
    for query in [
        "?month=2026-13",
        "?month=november",
        "?month=",
        "?month=2026-11&days=7",
    ] {
        assert_eq!(status(query), 422, "{query}");
    }
    assert!([400, 422].contains(&status("?weeks=1")));
    assert_eq!(max.get("/coverage?month=2001-01")["totals"]["calls"], 0);
}
