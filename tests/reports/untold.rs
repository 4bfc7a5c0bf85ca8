//! Every answer that a manager, marketing, sales or a machine gets, before and after somebody calls
//! of whom it was promised that she is not singled out: none names her, and no number moves.

use super::*;
use assay::api::routes::table;
use assay::store::people::lines_named;
use assay::store::webhook::deliveries;
use assay::store::webhook::receivers::{self, NewReceiver};
use assay::webhook::{Master, Subject};
use common::{enter, in_store, read_by_token, token};
use serde_json::{Value, json};

const NAME: &str = "Zelda Quill";
const LOGIN: &str = "zelda-quill";
const LINE: &str = "74117411";
/// She calls them, and they are no lead's.
const STRANGER: &str = "+493055501234";

/// Rows that stay, without whose they are, and what is counted because it waits for somebody.
const ROWS: [(&str, &[&str]); 9] = [
    ("/calls", &["calls", "next"]),
    ("/leads", &["leads", "next"]),
    ("/leads/{id}", &["events", "lead"]),
    ("/work", &["leads", "next", "late", "over_7_days"]),
    ("/work/escalated", &["people"]),
    ("/suppressions", &["called"]),
    ("/coverage", &["differences"]),
    ("/reports/overview", &["sources"]),
    ("/machine/leads", &["leads"]),
];

/// What a route is asked for: what narrows it down and what it is told apart by.
fn questions(route: &str, client: &str, campaign: &str) -> Vec<String> {
    let today = assay::clock::Clock::System.now().to_string();
    let month = &today[..7];
    let of = |all: &[&str]| -> Vec<String> { all.iter().map(|q| (*q).to_owned()).collect() };
    match route {
        "/calls" => of(&[
            "outcome=answered",
            "outcome=no_answer",
            "disposition=conversation",
            "without_lead=true",
            "q=%2B49",
            "limit=1",
        ]),
        "/leads" => vec![
            "stage=contacted".to_owned(),
            "stage=suspect".to_owned(),
            format!("stage=suspect&campaign={campaign}"),
            format!("view=untouched&campaign={campaign}"),
            format!("view=late&campaign={campaign}"),
            format!("view=work&campaign={campaign}"),
        ],
        "/coverage" => {
            let days = (1..=9).map(|d| format!("days={d}"));
            days.chain([format!("month={month}")]).collect()
        }
        "/reports/overview" | "/reports/overview.csv" => (1..=9)
            .map(|d| format!("client={client}&days={d}"))
            .collect(),
        _ if route.starts_with("/reports/") && !route.contains('{') => {
            let spans = [
                (String::new(), String::new()),
                (format!("&from={month}-01"), format!("&to={}", &today[..10])),
            ];
            let whole = spans.iter().map(|(f, t)| format!("client={client}{f}{t}"));
            let by = ["source", "campaign", "supplier", "origin", "month"];
            let parts = by.map(|by| format!("client={client}&by={by}"));
            whole.chain(parts).collect()
        }
        _ if route.starts_with("/results") => vec![format!("client={client}&by=source")],
        _ => Vec::new(),
    }
}

/// Where the ids of an answer's routes lead.
struct Known {
    client: String,
    campaign: String,
    call: String,
    lead: String,
    claim: String,
}

impl Known {
    fn of(max: &Client, campaign: String) -> Known {
        let clients = max.get("/reports/overview")["clients"].clone();
        let mut clients = clients.as_array().unwrap().iter();
        let north = clients.find(|c| c["name"] == "Northlight Fleet").unwrap();
        let calls = max.get("/calls");
        let mut calls = calls["calls"].as_array().unwrap().iter();
        let settled = calls.find(|c| c["lead_settled"] == true).unwrap();
        let work = max.get("/handovers");
        let claim = work["handovers"][0]["claim"].as_str().unwrap_or("none");
        let text = |v: &Value| v.as_str().unwrap().to_owned();
        Known {
            client: text(&north["id"]),
            campaign,
            call: text(&settled["id"]),
            lead: text(&settled["lead"]["id"]),
            claim: claim.to_owned(),
        }
    }

    fn filled(&self, route: &str) -> String {
        let id = match route.split('/').nth(1).unwrap() {
            "calls" => &self.call,
            "leads" => &self.lead,
            _ => &self.claim,
        };
        route.replace("{id}", id).replace("{name}", "2026-11")
    }
}

/// Numbers by where they stand, and the words; rows that stay are left out of the numbers.
type Answer = (BTreeMap<String, Value>, String);

fn numbers(at: &str, value: &Value, found: &mut BTreeMap<String, Value>) {
    match value {
        Value::Object(fields) => fields
            .iter()
            .for_each(|(name, value)| numbers(&format!("{at}.{name}"), value, found)),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .for_each(|(nth, value)| numbers(&format!("{at}[{nth}]"), value, found)),
        Value::Number(_) => {
            found.insert(at.to_owned(), value.clone());
        }
        _ => {}
    }
}

fn answer(route: &str, mut value: Value) -> Answer {
    let words = value.to_string();
    let rows = ROWS.iter().find(|(of, _)| *of == route);
    if let (Some(fields), Some((_, rows))) = (value.as_object_mut(), rows) {
        fields.retain(|name, _| !rows.contains(&name.as_str()));
    }
    let mut found = BTreeMap::new();
    numbers("", &value, &mut found);
    (found, words)
}

/// Streams and sounds are no answers in figures or words.
fn is_read(path: &str) -> bool {
    !["/events", "/listen", "/audio", "/peaks", "/file"]
        .iter()
        .any(|end| path.ends_with(end))
}

/// All that somebody may read.
fn asked(role: Role, who: &Client, known: &Known) -> BTreeMap<String, Answer> {
    let mut all = BTreeMap::new();
    for route in table() {
        if route.method != "GET" || !route.may.admits(role) || !is_read(route.path) {
            continue;
        }
        let path = known.filled(route.path);
        let mut paths = vec![path.clone()];
        let questions = questions(route.path, &known.client, &known.campaign);
        paths.extend(questions.iter().map(|q| format!("{path}?{q}")));
        for path in paths {
            let (_, text) = who.text(&path);
            let value = serde_json::from_str(&text).unwrap_or(Value::String(text));
            let mut told = answer(route.path, value);
            if route.path.ends_with(".csv") && route.path != "/coverage.csv" {
                told.0
                    .insert("file".to_owned(), Value::String(told.1.clone()));
            }
            all.insert(format!("{role} {path}"), told);
        }
    }
    all
}

fn call_of(number: &str, talk: Talk, minutes_ago: i64) -> SealedCall {
    let now = assay::clock::Clock::System.now();
    let mut dial = Dial::new(now - Micros::from_secs(60 * minutes_ago), 0, talk);
    dial.number = number.to_owned();
    let mut call = dial.sealed();
    call.facts.from.number = Some(LINE.to_owned().into());
    call.facts.call_ids = vec![Uuid::now_v7().to_string()];
    call.facts.ended_at = call.facts.answered_at.map(|at| at + Micros::from_secs(120));
    call
}

async fn employ(tx: &mut Tx, client: &ClientId) -> PersonId {
    let new = NewPerson {
        login: LOGIN,
        name: NAME,
        role: Role::Telemarketer,
        pay_basis: PayBasis::Fixed,
        password_hash: "x",
        clients: std::slice::from_ref(client),
    };
    let id = people::add(tx, &BY, &new, at("2026-01-01")).await.unwrap();
    let line = NewLine {
        value: LINE,
        person: &id,
        client,
        from: at("2026-01-01"),
        to: None,
    };
    people::add_line(tx, &BY, &line, at("2026-01-01"))
        .await
        .unwrap();
    assert_eq!(lines_named(tx, &[LINE]).await.unwrap().len(), 1);
    id
}

/// Numbers of leads that nobody has claimed.
fn open_numbers(max: &Client) -> Vec<String> {
    let leads = max.get("/leads");
    let open = leads["leads"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|l| !l["due"].is_null());
    let numbers = open.filter_map(|l| l["numbers"][0].as_str());
    numbers.map(str::to_owned).collect()
}

fn attack(demo: &Demo) {
    let max = demo.sign_in("max");
    until("the calls are counted", || {
        max.get("/reports/slots")["waiting"] == 0
    });
    let campaign = max.get("/leads/choices")["campaigns"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let known = Known::of(&max, campaign);
    let client = ClientId::from(known.client.as_str());
    // He works for this client alone: nothing of another's hides what is told of it.
    let (zelda, boss, mia, sam) = in_store(demo, async |tx| {
        let own = std::slice::from_ref(&client);
        (
            employ(tx, &client).await,
            enter(demo, tx, "untold-boss", Role::Manager, own).await,
            enter(demo, tx, "untold-mia", Role::Marketing, own).await,
            enter(demo, tx, "untold-sam", Role::Sales, own).await,
        )
    });
    let called = open_numbers(&boss);
    assert!(called.len() > 2, "{called:?}");
    let list = format!("/suppressions?client={client}&list=Robinson");
    let (status, _) = boss.send_bytes("POST", &list, format!("{}\n", called[0]).as_bytes());
    assert_eq!(status, 200);
    let promise = json!({ "client": client, "act": "promise" });
    let (status, _) = boss.send("POST", "/reports/promise", Some(promise), None);
    assert_eq!(status, 204);
    let crm = token(demo, &["crm"], Some("Northlight Fleet"));
    let everything = || {
        let mut all = asked(Role::Manager, &boss, &known);
        all.extend(asked(Role::Marketing, &mia, &known));
        all.extend(asked(Role::Sales, &sam, &known));
        for path in ["/machine/leads", "/machine/handovers"] {
            let (_, value) = read_by_token(demo, &crm, path);
            all.insert(format!("machine {path}"), answer(path, value));
        }
        all
    };
    let before = everything();
    in_store(demo, async |tx| {
        let talks = [Talk::Person(60), Talk::Nobody, Talk::Machine];
        let numbers = called.iter().map(String::as_str).chain([STRANGER]);
        let made: Vec<SealedCall> = numbers
            .zip(talks.into_iter().cycle())
            .zip(0..)
            .map(|((number, talk), nth)| call_of(number, talk, nth))
            .collect();
        let plan = Numbers::new("DE", "").unwrap();
        let now = assay::clock::Clock::System.now();
        calls::insert(tx, &made, &plan, now).await.unwrap();
    });
    let of_her = || {
        let calls = boss.get("/calls");
        let all = calls["calls"].as_array().unwrap().clone();
        all.into_iter()
            .find(|c| c["prospect"]["number"] == STRANGER)
    };
    let hers = of_her().expect("her calls are listed");
    let after = everything();
    assert_eq!(after.len(), before.len());
    assert!(after.len() > 150, "{}", after.len());
    println!("SHOW {} answers on {}", after.len(), demo.database());
    let told = telling(&before, &after, &[NAME, LOGIN, LINE, zelda.as_str()]);
    assert!(told.is_empty(), "{told:#?}");
    names_of_acts(&boss, &called, &hers);
}

/// Which answers name somebody, and which numbers moved.
fn telling(
    before: &BTreeMap<String, Answer>,
    after: &BTreeMap<String, Answer>,
    names: &[&str],
) -> Vec<String> {
    let mut all = Vec::new();
    for (what, (numbers, words)) in after {
        let found = names.iter().filter(|name| words.contains(**name));
        // Who has read the plan that they earn by is told, and whose pay can be asked for.
        let of_pay = [" /plans", " /extract"].iter().any(|of| what.contains(of));
        let found = found.filter(|_| !of_pay);
        all.extend(found.map(|name| format!("{what} names {name}")));
        let was = &before[what].0;
        let moved = numbers
            .iter()
            .filter(|(at, value)| was.get(*at) != Some(value));
        // The log's length, of all clients and acts together.
        let moved = moved.filter(|_| !what.ends_with(" /checkpoint"));
        all.extend(moved.map(|(at, value)| format!("{what}{at}: {:?}, now {value}", was.get(at))));
        let gone = was.keys().filter(|at| !numbers.contains_key(*at));
        all.extend(gone.map(|at| format!("{what}{at} is gone")));
    }
    all
}

/// What is answered to what somebody does.
fn names_of_acts(boss: &Client, called: &[String], hers: &Value) {
    let leads = boss.get("/leads");
    let all = leads["leads"].as_array().unwrap().iter();
    let mut open = all.filter(|l| l["numbers"][0] == called[1] && !l["due"].is_null());
    let path = format!("/calls/{}/lead", hers["id"].as_str().unwrap());
    let body = json!({ "lead": open.next().unwrap()["id"] });
    let (status, settled) = boss.send("POST", &path, Some(body), None);
    assert_eq!(status, 200, "{settled}");
    assert!(
        settled["person_id"].is_null() && settled["line"].is_null(),
        "{settled}"
    );
    let listed = boss.get("/suppressions");
    assert_eq!(listed["called"][0]["number"], called[0], "{listed}");
    assert!(listed["called"][0]["person"].is_null(), "{listed}");
    let late = boss.get("/work/escalated");
    for one in late["people"].as_array().unwrap() {
        assert!(one["is_untold"] == true && one["name"].is_null(), "{late}");
    }
}

#[test]
fn no_answer_names_whose_calls_they_are_and_none_moves_by_one_persons_calls() {
    attack(&Demo::start());
    if let Some(postgres) = Postgres::start() {
        attack(&Demo::start_on(Some(postgres.url()), ""));
    }
}

/// A receiver that is told of calls from now on.
async fn receiver(db: &Db, master: &Master, name: &str) -> assay::units::ReceiverId {
    let new = NewReceiver {
        name,
        url: "https://crm.example/",
        topics: Some(&[Subject::CallRecorded]),
        client: None,
    };
    let mut tx = db.write().await.unwrap();
    let added = receivers::add(&mut tx, &BY, &new, master, at("2026-11-30")).await;
    tx.commit().await.unwrap();
    added.unwrap().0
}

#[test]
fn other_systems_are_told_whose_a_call_was_unless_nobody_is_singled_out() {
    on_both(async |db| {
        let mut tx = db.write().await.unwrap();
        let house = House::build(&mut tx, 1).await;
        tx.commit().await.unwrap();
        let master = Master::new([3; 32]);
        let told = async |is_promised: bool| {
            let receiver = receiver(&db, &master, &format!("{is_promised}")).await;
            let call = Dial::new(at("2026-11-30T09:00:00Z"), 0, Talk::Person(30));
            take_in(&db, &house, &[call]).await;
            let mut tx = db.write().await.unwrap();
            let taken = deliveries::take(&mut tx, &receiver, &master, at("2026-12-02")).await;
            let body: Value = serde_json::from_str(&taken.unwrap().unwrap().body).unwrap();
            assert_eq!(body["type"], "call.recorded");
            assert_eq!(body["data"]["outcome"], "answered");
            body["data"]["person"].clone()
        };
        assert_eq!(told(false).await, house.callers[0].as_str());
        let mut tx = db.write().await.unwrap();
        let [max, _] = &house.managers;
        aggregate::promise(&mut tx, max, &house.client, at("2026-11-30"))
            .await
            .unwrap();
        tx.commit().await.unwrap();
        assert_eq!(told(true).await, Value::Null);
    });
}
