//! What another client's people, sales and a dialler may not, by the box's own addresses.

use crate::common::{Demo, in_store};
use assay::store::{leads, people};
use serde_json::{Value, json};

/// A campaign of somebody's, and a lead of it by its own number.
fn of(demo: &Demo, login: &str) -> (String, String) {
    in_store(demo, async |tx| {
        let person = people::by_login(tx, login).await.unwrap().unwrap();
        let campaign = leads::open_campaigns(tx, &person.id)
            .await
            .unwrap()
            .remove(0);
        let lead = leads::in_campaign(tx, &campaign.id, "L-1003")
            .await
            .unwrap();
        let lead = lead.map_or_else(String::new, |l| l.id.to_string());
        (campaign.id.to_string(), lead)
    })
}

fn opened(demo: &Demo, method: &str, query: &str) -> (u16, Value) {
    let url = format!("http://{}/api/v1/machine/disposition?{query}", demo.address);
    let request = ureq::http::Request::builder().method(method).uri(url);
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .build()
        .into();
    let mut answer = agent.run(request.body(()).unwrap()).unwrap();
    let text = answer.body_mut().read_to_string().unwrap();
    let body = serde_json::from_str(&text).unwrap_or_default();
    (answer.status().as_u16(), body)
}

#[test]
fn another_clients_people_sales_and_a_foreign_token_reach_nothing() {
    let demo = Demo::start();
    let ((northlight, norvik), (calder, _)) = (of(&demo, "tom"), of(&demo, "sofia"));
    let (sofia, mia, sam) = (
        demo.sign_in("sofia"),
        demo.sign_in("mia"),
        demo.sign_in("sam"),
    );
    // A neighbour's lead: nothing is there to see, to say or to narrow by.
    let word = json!({ "disposition": "do_not_call" });
    let said = format!("/leads/{norvik}/disposition");
    assert_eq!(sofia.send("POST", &said, Some(word.clone()), None).0, 404);
    let stage = json!({ "stage": "purchase" });
    let buyer = format!("/leads/{norvik}/buyer-stage");
    assert_eq!(sofia.send("POST", &buyer, Some(stage), None).0, 404);
    for query in [
        format!("campaign={northlight}"),
        "q=norvik".to_owned(),
        "q=L-1003".to_owned(),
    ] {
        let list = sofia.get(&format!("/leads?{query}"));
        assert_eq!(
            (&list["leads"], &list["count"]),
            (&json!([]), &json!(0)),
            "{query}"
        );
    }
    assert_eq!(sofia.get("/calls?q=norvik")["count"], 0);
    let choices = sofia.get("/leads/choices").to_string();
    assert!(!choices.contains("Northlight"), "{choices}");
    // Marketing of one client brings no list to another's campaign; sales brings none at all.
    for path in ["/imports/preview", "/imports"] {
        let path = format!("{path}?campaign={calder}");
        assert_eq!(
            mia.send("POST", &path, Some(json!({})), None).0,
            404,
            "{path}"
        );
        assert_eq!(
            sam.send("POST", &path, Some(json!({})), None).0,
            403,
            "{path}"
        );
    }
    let foreign = in_store(&demo, async |tx| {
        let sofia = people::by_login(tx, "sofia").await.unwrap().unwrap();
        people::clients_of(tx, &sofia.id).await.unwrap().remove(0)
    });
    let source = json!({ "name": "x", "grade": "A", "contact_within_hours": 1 });
    let source = json!({ "client": foreign, "source": source });
    assert_eq!(mia.send("POST", "/sources", Some(source), None).0, 404);
    let list = format!("/suppressions?client={foreign}&list=x");
    assert_eq!(mia.send("POST", &list, Some(json!({})), None).0, 404);
    assert_eq!(mia.send("DELETE", &list, None, None).0, 404);
    // A place that was made up is told, and no fault of the box.
    for query in ["after=x", "after=1", "view=all", "limit=9", "stage=nice"] {
        assert_eq!(
            mia.send("GET", &format!("/leads?{query}"), None, None).0,
            422,
            "{query}"
        );
    }
    a_dialler(&demo, foreign.as_str());
}

/// A token for Calder says nothing of Northlight's leads, and one for other things says nothing.
fn a_dialler(demo: &Demo, foreign: &str) {
    let ada = demo.sign_in("ada");
    let token = |name: &str, client: Option<&str>, scope: &str| {
        let body = json!({ "name": name, "client": client, "scopes": [scope] });
        let made = ada.post("/tokens", body, name);
        made["token"].as_str().unwrap().to_owned()
    };
    let (house, calder) = (
        token("all", None, "dialler"),
        token("c", Some(foreign), "dialler"),
    );
    let other = token("other", None, "claim");
    let of = |token: &str, more: &str| format!("token={token}&lead_id=L-1003&{more}");
    assert_eq!(
        opened(demo, "GET", &of(&calder, "dispo=NI&call_id=V1")).0,
        404
    );
    assert_eq!(
        opened(demo, "GET", &of(&other, "dispo=NI&call_id=V1")).0,
        403
    );
    assert_eq!(
        opened(demo, "GET", &of("assay_00", "dispo=NI&call_id=V1")).0,
        401
    );
    for (method, said) in [("GET", "noted"), ("POST", "known"), ("GET", "known")] {
        let (status, body) = opened(demo, method, &of(&house, "dispo=NI&call_id=V1&user=201"));
        assert_eq!(
            (status, body["said"].as_str()),
            (200, Some(said)),
            "{method}: {body}"
        );
    }
    let (status, body) = opened(demo, "GET", &of(&house, "dispo=QUEUE"));
    assert_eq!(status, 200, "{body}");
    // The address is good for a token in it there alone.
    let elsewhere = format!("http://{}/api/v1/machine/leads?token={house}", demo.address);
    let asked = ureq::get(elsewhere)
        .config()
        .http_status_as_error(false)
        .build()
        .call();
    assert_eq!(asked.unwrap().status().as_u16(), 401);
}
