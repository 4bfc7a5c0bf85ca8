//! Requests and answers of each CRM, by the interfaces' documents.

use super::{
    Came, Credential, Crm, Fields, LONGEST_SHOWN, Lead, Push, Reply, Request, Step, Told, Trial,
};
use crate::handover::mapping::{self, CrmKind, LeadField, Mapping};
use crate::units::Word;
use serde_json::{Value, json};

const CLAIM: &str = "0199-claim";

fn crm(kind: CrmKind) -> Crm {
    keyed(kind, "the-key")
}

fn keyed(kind: CrmKind, key: &str) -> Crm {
    Crm {
        kind,
        path: "/base/".to_owned(),
        credential: Credential::parse(kind, key).unwrap(),
        mapping: Mapping::of(kind),
    }
}

fn fields(kind: CrmKind, first_call: &str) -> Fields {
    let lead = mapping::Lead {
        company: "Norvik",
        contact: "Kim",
        title: "",
        phone: "+494055501010",
        source: "webinar",
        write_up: "Paper notes",
        claim: CLAIM,
        first_call,
        answer: None,
        is_reported: false,
    };
    mapping::fields(kind, &Mapping::of(kind), &lead)
}

/// A conversation with a CRM that gives these answers; what it was asked, and what came of it.
fn talk(crm: &Crm, lead: Lead<'_>, answers: &[(u16, Value)]) -> (Vec<Request>, Came) {
    let (mut push, request) = Push::begin(crm, lead).expect("there is something to write");
    let mut asked = vec![request];
    for (status, body) in answers {
        let body = body.to_string();
        let reply = Reply {
            status: *status,
            body: body.as_bytes(),
        };
        match push.answered(&reply) {
            Step::Ask(next) => asked.push(next),
            Step::End(came) => return (asked, came),
        }
    }
    panic!("it asks on: {asked:?}");
}

fn new(fields: &Fields) -> Lead<'_> {
    Lead {
        claim: CLAIM,
        fields,
        written: None,
        record: None,
    }
}

fn header<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    let mut all = request.headers.iter();
    all.find(|(n, _)| *n == name)
        .map(|(_, value)| value.as_str())
}

fn body(request: &Request) -> Value {
    serde_json::from_str(request.body.as_deref().unwrap()).unwrap()
}

fn lines(asked: &[Request]) -> Vec<String> {
    asked
        .iter()
        .map(|r| format!("{} {}", r.method, r.path))
        .collect()
}

#[test]
fn espocrm_is_searched_before_a_lead_is_made() {
    let (crm, all) = (crm(CrmKind::EspoCrm), fields(CrmKind::EspoCrm, ""));
    let none = (200, json!({ "total": 0, "list": [] }));
    let (asked, came) = talk(&crm, new(&all), &[none, (200, json!({ "id": "64a" }))]);
    assert_eq!(came, Came::Written(Some("64a".to_owned())));
    assert_eq!(
        lines(&asked),
        [
            "GET /base/api/v1/Lead?where%5B0%5D%5Btype%5D=equals&where%5B0%5D%5Battribute%5D=\
             cAssayClaim&where%5B0%5D%5Bvalue%5D=0199%2Dclaim&select=id,cAssayClaim&orderBy=\
             createdAt&order=asc&maxSize=2",
            "POST /base/api/v1/Lead"
        ]
    );
    assert!(
        asked
            .iter()
            .all(|r| header(r, "x-api-key") == Some("the-key"))
    );
    assert_eq!(header(&asked[1], "x-skip-duplicate-check"), Some("true"));
    assert_eq!(body(&asked[1])["accountName"], "Norvik");
    assert_eq!(body(&asked[1])["cAssayClaim"], CLAIM);
    // The record of an attempt whose answer was lost.
    let there = json!({ "total": 1, "list": [{ "id": "64a", "cAssayClaim": CLAIM }] });
    for (state, is_ours) in [("Assigned", true), ("Converted", false)] {
        let stands = json!({ "list": [{ "id": "64a", "status": state }] });
        let answers = [(200, there.clone()), (200, stands), (200, json!({}))];
        let (asked, came) = talk(&crm, new(&all), &answers);
        assert_eq!(lines(&asked)[2], "PUT /base/api/v1/Lead/64a");
        assert_eq!(body(&asked[2]).get("status").is_some(), is_ours, "{state}");
        assert_eq!(came, Came::Written(Some("64a".to_owned())));
    }
}

#[test]
fn espocrm_that_passes_another_lead_off_as_this_one_overwrites_none() {
    let (crm, all) = (crm(CrmKind::EspoCrm), fields(CrmKind::EspoCrm, ""));
    for list in [
        json!([{ "id": "64b", "cAssayClaim": "another" }]),
        json!([{ "id": "64b" }]),
        json!([{ "id": "../User/1", "cAssayClaim": CLAIM }]),
        json!("none"),
    ] {
        let (asked, came) = talk(&crm, new(&all), &[(200, json!({ "list": list }))]);
        assert!(matches!(came, Came::Down(_)), "{came:?}");
        assert_eq!(asked.len(), 1, "{asked:?}");
    }
}

#[test]
fn salesforce_is_asked_for_the_claim_before_a_record_is_made() {
    let (crm, all) = (crm(CrmKind::Salesforce), fields(CrmKind::Salesforce, ""));
    let none = (404, json!([{ "errorCode": "NOT_FOUND" }]));
    let made = (
        201,
        json!({ "id": "00Q1", "success": true, "created": true }),
    );
    let (asked, came) = talk(&crm, new(&all), &[none.clone(), made]);
    assert_eq!(came, Came::Written(Some("00Q1".to_owned())));
    let path = "/base/services/data/v61.0/sobjects/Lead/Assay_Claim__c/0199%2Dclaim";
    assert_eq!(
        lines(&asked),
        [
            format!("GET {path}?fields=Id,Status"),
            format!("PATCH {path}")
        ]
    );
    for request in &asked {
        assert_eq!(header(request, "authorization"), Some("Bearer the-key"));
    }
    let sent = body(&asked[1]);
    assert_eq!(
        (&sent["Company"], &sent["LastName"]),
        (&json!("Norvik"), &json!("Kim"))
    );
    assert_eq!(sent["Assay_Claim__c"], Value::Null, "it is in the path");
    let after = |answer| talk(&crm, new(&all), &[none.clone(), answer]).1;
    let unnamed = after((204, Value::Null));
    assert_eq!(
        unnamed,
        Came::Written(None),
        "an older version says no more"
    );
    assert!(matches!(after((300, json!(["a", "b"]))), Came::Never(_)));
    assert!(
        matches!(after((404, Value::Null)), Came::Down(_)),
        "no such field"
    );
    let converted = json!([{ "errorCode": "CANNOT_UPDATE_CONVERTED_LEAD" }]);
    assert!(matches!(after((400, converted)), Came::Never(_)));
    let (_, came) = talk(&crm, new(&all), &[(300, json!(["a", "b"]))]);
    assert!(matches!(came, Came::Never(_)), "{came:?}");
}

#[test]
fn salesforce_without_a_state_is_written_in_one_request() {
    let (mut crm, mut all) = (crm(CrmKind::Salesforce), fields(CrmKind::Salesforce, ""));
    all.remove(crm.state());
    crm.mapping.fields.remove(&LeadField::State);
    let (asked, came) = talk(&crm, new(&all), &[(201, json!({ "id": "00Q1" }))]);
    assert_eq!(came, Came::Written(Some("00Q1".to_owned())));
    assert_eq!(asked[0].method, "PATCH");
}

#[test]
fn a_record_that_was_lost_sight_of_keeps_the_state_that_people_gave_it() {
    for (kind, id) in [(CrmKind::Salesforce, "Id"), (CrmKind::HubSpot, "id")] {
        let (crm, all) = (crm(kind), fields(kind, ""));
        let own = all[crm.state()].clone();
        for (state, is_ours) in [(own.as_str(), true), ("Converted", false)] {
            let mut there = stands(&crm, state);
            there[id] = json!("r7");
            let answers = [(200, there), (200, json!({ "id": "r7" }))];
            let (asked, came) = talk(&crm, new(&all), &answers);
            assert_eq!(came, Came::Written(Some("r7".to_owned())), "{kind}");
            assert_eq!(
                (asked[0].method, asked[1].method),
                ("GET", "PATCH"),
                "{kind}"
            );
            assert!(asked[1].path.ends_with("/r7"), "{:?}", asked[1]);
            let sent = asked[1].body.as_deref().unwrap();
            let state_is_sent = sent.contains(&format!("\"{}\"", crm.state()));
            assert_eq!(state_is_sent, is_ours, "{kind}: {sent}");
        }
    }
}

#[test]
fn salesforce_makes_a_token_of_a_connected_apps_key_and_secret() {
    let crm = keyed(CrmKind::Salesforce, "consumer:se+cret");
    let all = fields(CrmKind::Salesforce, "");
    let token = (
        200,
        json!({ "access_token": "00D!t", "token_type": "Bearer" }),
    );
    let answers = [token, (404, Value::Null), (200, json!({ "id": "00Q1" }))];
    let (asked, came) = talk(&crm, new(&all), &answers);
    assert_eq!(came, Came::Written(Some("00Q1".to_owned())));
    assert_eq!(asked[0].path, "/base/services/oauth2/token");
    assert_eq!(
        asked[0].body.as_deref(),
        Some("grant_type=client_credentials&client_id=consumer&client_secret=se%2Bcret")
    );
    assert_eq!(header(&asked[1], "authorization"), Some("Bearer 00D!t"));
    for (status, answer) in [(400, json!({})), (200, json!({ "access_token": "a\nb" }))] {
        let (asked, came) = talk(&crm, new(&all), &[(status, answer)]);
        assert!(matches!(came, Came::Down(_)), "{came:?}");
        assert_eq!(asked.len(), 1);
    }
}

#[test]
fn hubspot_is_asked_for_the_claim_before_a_contact_is_made() {
    let (crm, all) = (crm(CrmKind::HubSpot), fields(CrmKind::HubSpot, ""));
    let answers = [
        (404, json!({ "status": "error" })),
        (201, json!({ "id": "512" })),
    ];
    let (asked, came) = talk(&crm, new(&all), &answers);
    assert_eq!(came, Came::Written(Some("512".to_owned())));
    assert_eq!(
        lines(&asked),
        [
            "GET /base/crm/v3/objects/contacts/0199%2Dclaim?idProperty=assay_claim&properties=\
             hs_lead_status",
            "POST /base/crm/v3/objects/contacts"
        ]
    );
    assert_eq!(body(&asked[1])["properties"]["assay_claim"], CLAIM);
    // A page to sign in is no contact.
    let (_, came) = talk(&crm, new(&all), &[(200, json!("sign in"))]);
    assert!(matches!(came, Came::Down(_)), "{came:?}");
    // Somebody else made it between the two requests.
    let race = [
        (404, json!({})),
        (409, json!({ "message": "Contact already exists" })),
    ];
    let (_, came) = talk(&crm, new(&all), &race);
    assert!(matches!(came, Came::Refused(_)), "{came:?}");
}

#[test]
fn a_plain_receiver_drops_a_repeat_by_its_key() {
    let crm = keyed(CrmKind::Plain, "");
    let (before, after) = (
        fields(CrmKind::Plain, ""),
        fields(CrmKind::Plain, "2026-11-20"),
    );
    let key = |fields: &Fields| {
        let (asked, came) = talk(&crm, new(fields), &[(204, Value::Null)]);
        assert_eq!(came, Came::Written(None));
        assert_eq!(lines(&asked), ["POST /base/"]);
        assert_eq!(header(&asked[0], "authorization"), None);
        assert_eq!(body(&asked[0])["claim"], CLAIM);
        header(&asked[0], "idempotency-key").unwrap().to_owned()
    };
    assert_eq!(key(&before), key(&before));
    assert_ne!(key(&before), key(&after));
    let (_, came) = talk(&crm, new(&before), &[(404, Value::Null)]);
    assert!(matches!(came, Came::Down(_)), "{came:?}");
}

#[test]
fn a_record_that_is_known_is_changed_in_what_differs_alone() {
    for kind in [CrmKind::EspoCrm, CrmKind::Salesforce, CrmKind::HubSpot] {
        let (before, after) = (
            fields(kind, ""),
            fields(kind, "2026-11-20T12:00:00.000000Z"),
        );
        let crm = crm(kind);
        let sent = |written: &Fields, fields| {
            let lead = Lead {
                claim: CLAIM,
                fields,
                written: Some(written),
                record: Some("r1"),
            };
            let there = (200, stands(&crm, &written[crm.state()]));
            let (asked, came) = talk(&crm, lead, &[there, (200, json!({ "id": "r1" }))]);
            assert_eq!(came, Came::Written(Some("r1".to_owned())), "{kind}");
            assert!(asked[1].path.ends_with("/r1"), "{:?}", asked[1]);
            let body = body(&asked[1]);
            body.get("properties").cloned().unwrap_or(body)
        };
        let changed = sent(&before, &after);
        assert_eq!(changed.as_object().unwrap().len(), 2, "{kind}: {changed}");
        assert!(changed.to_string().contains("2026-11-20"), "{changed}");
        // The call turned out to be another's.
        let gone = sent(&after, &before);
        let cleared = if kind == CrmKind::HubSpot {
            json!("")
        } else {
            Value::Null
        };
        assert!(
            gone.as_object().unwrap().values().any(|v| *v == cleared),
            "{gone}"
        );
        let lead = Lead {
            claim: CLAIM,
            fields: &after,
            written: Some(&before),
            record: Some("r1"),
        };
        let (_, came) = talk(&crm, lead, &[(404, json!({}))]);
        assert!(
            matches!(came, Came::Never(why) if why.contains("gone there")),
            "{kind}"
        );
    }
}

/// A record's state, as each CRM answers what it is.
fn stands(crm: &Crm, state: &str) -> Value {
    match crm.kind {
        CrmKind::EspoCrm => json!({ "list": [{ "id": "r1", (crm.state()): state }] }),
        CrmKind::HubSpot => json!({ "properties": { (crm.state()): state } }),
        _ => json!({ (crm.state()): state }),
    }
}

#[test]
fn a_state_that_is_not_what_was_written_last_is_left_alone() {
    for kind in [CrmKind::EspoCrm, CrmKind::Salesforce, CrmKind::HubSpot] {
        let crm = crm(kind);
        let (before, after) = (fields(kind, ""), fields(kind, "2026-11-20T12:00:00Z"));
        let lead = Lead {
            claim: CLAIM,
            fields: &after,
            written: Some(&before),
            record: Some("r1"),
        };
        let there = (200, stands(&crm, "Converted"));
        let (asked, came) = talk(&crm, lead, &[there.clone(), (200, json!({ "id": "r1" }))]);
        assert_eq!(asked[0].method, "GET", "{kind}");
        assert!(matches!(came, Came::Written(_)), "{kind}: {came:?}");
        let sent = asked[1].body.as_deref().unwrap();
        assert!(!sent.contains(&format!("\"{}\"", crm.state())), "{sent}");
        assert!(sent.contains("2026-11-20"), "{kind}: {sent}");
        // Nothing but the state: there is nothing to write.
        let mut state = before.clone();
        state.insert(crm.state().to_owned(), "another".to_owned());
        let lead = Lead {
            fields: &state,
            ..lead
        };
        let (asked, came) = talk(&crm, lead, &[there]);
        assert_eq!((asked.len(), came), (1, Came::Same), "{kind}");
        // Whether it is down, and that the record is gone, is seen there too.
        let (_, came) = talk(&crm, lead, &[(503, Value::Null)]);
        assert!(matches!(came, Came::Down(_)), "{kind}: {came:?}");
        let gone = match kind {
            CrmKind::EspoCrm => (200, json!({ "list": [] })),
            _ => (404, Value::Null),
        };
        let (_, came) = talk(&crm, lead, &[gone]);
        assert!(matches!(came, Came::Never(_)), "{kind}: {came:?}");
    }
}

/// Whether something is asked where these fields were written last.
fn asks(crm: &Crm, fields: &Fields, written: &Fields) -> bool {
    let lead = Lead {
        claim: CLAIM,
        fields,
        written: Some(written),
        record: Some("r1"),
    };
    Push::begin(crm, lead).is_some()
}

#[test]
fn where_nothing_differs_nothing_is_asked_and_a_field_that_is_not_ours_is_not_cleared() {
    for kind in CrmKind::ALL {
        let (crm, all) = (crm(*kind), fields(*kind, ""));
        assert!(!asks(&crm, &all, &all), "{kind}");
        // Written by a version that had one field more.
        let mut older = all.clone();
        older.insert("assay_older".to_owned(), "x".to_owned());
        assert!(!asks(&crm, &all, &older), "{kind}");
        let called = fields(*kind, "2026-11-20T12:00:00Z");
        assert!(asks(&crm, &all, &called), "{kind}");
    }
}

#[test]
fn what_is_wrong_for_all_leads_is_told_from_what_is_wrong_with_one() {
    for kind in CrmKind::ALL {
        let (crm, all) = (crm(*kind), fields(*kind, ""));
        for status in [301, 302, 401, 403, 408, 429, 500, 502, 503, 599] {
            let (_, came) = talk(&crm, new(&all), &[(status, json!({}))]);
            assert!(matches!(came, Came::Down(_)), "{kind} {status}: {came:?}");
        }
        // A page to sign in, and nothing at all, where a record's id is wanted.
        if *kind != CrmKind::Plain {
            let (_, came) = talk(&crm, new(&all), &[(200, json!("<html>"))]);
            assert!(matches!(came, Came::Down(_)), "{kind}: {came:?}");
        }
    }
    let none = (200, json!({ "list": [] }));
    let bad = (400, json!({ "message": "lastName" }));
    let (crm, all) = (crm(CrmKind::EspoCrm), fields(CrmKind::EspoCrm, ""));
    let (_, came) = talk(&crm, new(&all), &[none, bad]);
    assert!(matches!(came, Came::Refused(_)), "{came:?}");
}

#[test]
fn what_is_shown_of_an_answer_is_one_line_without_the_key() {
    let reply = |body: &'static str| Reply {
        status: 400,
        body: body.as_bytes(),
    };
    let key = Credential::parse(CrmKind::EspoCrm, "the-key").unwrap();
    assert_eq!(reply("no\nthe-key\u{0}!").shown(&key), "no … !");
    let long = "é".repeat(400);
    let long = Reply {
        status: 200,
        body: long.as_bytes(),
    };
    assert_eq!(long.shown(&key).chars().count(), LONGEST_SHOWN);
    let (crm, all) = (crm(CrmKind::EspoCrm), fields(CrmKind::EspoCrm, ""));
    let (_, request) = Push::begin(&crm, new(&all)).unwrap();
    let shown = format!("{request:?} {crm:?}");
    for secret in ["the-key", CLAIM, "Norvik"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}

fn tried(crm: &Crm, answers: &[(u16, Value)]) -> Told {
    let (mut trial, mut request) = Trial::begin(crm);
    for (status, body) in answers {
        let body = body.to_string();
        let reply = Reply {
            status: *status,
            body: body.as_bytes(),
        };
        match trial.answered(&reply) {
            Step::Ask(next) => request = next,
            Step::End(told) => return told,
        }
    }
    panic!("it asks on: {request:?}");
}

#[test]
fn a_test_names_the_fields_that_are_missing() {
    let there = (200, json!({ "list": [] }));
    let espo = crm(CrmKind::EspoCrm);
    let all = [
        there.clone(),
        (200, json!("varchar")),
        (200, json!("varchar")),
        (200, json!("datetime")),
    ];
    assert_eq!(
        tried(&espo, &all).words,
        "It lets us in, and has all the fields."
    );
    let some = [
        there.clone(),
        (200, json!("varchar")),
        (200, Value::Null),
        (200, Value::Null),
    ];
    let other = json!({ "list": [{ "id": "1", "cAssayClaim": null }] });
    let unknown = [
        (200, other),
        some[1].clone(),
        some[2].clone(),
        some[3].clone(),
    ];
    assert_eq!(tried(&espo, &unknown), tried(&espo, &some));
    let told = tried(&espo, &some);
    assert_eq!(told.missing, ["cAssayClaim", "cAssayFirstCall"]);
    assert!(
        !told.works && told.words.contains("make them there first"),
        "{told:?}"
    );
    let older = tried(&espo, &[there, (404, json!({}))]);
    assert!(older.works && older.words.contains("8.2"), "{older:?}");
    let force = crm(CrmKind::Salesforce);
    let unknown = json!([{ "errorCode": "INVALID_FIELD", "message": "No such column" }]);
    let told = tried(&force, &[(200, json!({ "records": [] })), (400, unknown)]);
    assert_eq!(told.missing, ["Assay_First_Call__c"]);
    let hub = crm(CrmKind::HubSpot);
    let of = |unique: bool| {
        json!({ "results": [
            { "name": "assay_claim", "hasUniqueValue": unique }, { "name": "assay_source" },
            { "name": "assay_write_up" }, { "name": "assay_first_call" },
        ] })
    };
    assert!(tried(&hub, &[(200, of(true))]).works);
    let told = tried(&hub, &[(200, of(false))]);
    assert!(
        !told.works && told.words.contains("unique values"),
        "{told:?}"
    );
    let told = tried(&hub, &[(207, json!({ "results": [] }))]);
    assert_eq!(told.missing.len(), 4);
    assert!(tried(&crm(CrmKind::Plain), &[(204, Value::Null)]).works);
    for kind in CrmKind::ALL {
        let told = tried(&crm(*kind), &[(401, json!({}))]);
        assert!(
            !told.works && told.words.contains("401"),
            "{kind}: {told:?}"
        );
    }
}
