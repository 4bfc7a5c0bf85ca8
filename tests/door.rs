//! The door of the page and the API, as somebody who wants in meets it: guesses, second factors,
//! sessions, tokens, floods of connections, other sites' pages; and the trace that listening leaves.

mod common;

use assay::hex::hex;
use common::*;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpSocket;

fn demo_with(server: &str) -> Demo {
    let mut demo = Demo::start();
    demo.configure(&format!("[server]\n{server}\n"));
    demo.start_again();
    demo
}

/// A connection from an address of loopback's own, such as 127.0.0.9.
fn connect(to: &str, from: &str) -> TcpStream {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let stream = runtime.block_on(async {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(format!("{from}:0").parse().unwrap()).unwrap();
        socket.connect(to.parse().unwrap()).await.unwrap()
    });
    let stream = stream.into_std().unwrap();
    stream.set_nonblocking(false).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(30)))
        .unwrap();
    stream
}

/// A request as bytes, and the whole answer as text.
fn raw(demo: &Demo, from: &str, head: &str, body: &str) -> String {
    let mut stream = connect(&demo.address, from);
    let length = body.len();
    let text = format!(
        "{head}\r\nHost: {}\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\n\r\n{body}",
        demo.address
    );
    stream.write_all(text.as_bytes()).unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

fn status(answer: &str) -> u16 {
    answer
        .split(' ')
        .nth(1)
        .and_then(|s| s.parse().ok())
        .unwrap_or(0)
}

fn sign_in_from(demo: &Demo, from: &str, login: &str, password: &str, cookie: &str) -> String {
    let body = json!({ "login": login, "password": password }).to_string();
    let head = format!("POST /api/v1/session HTTP/1.1\r\nCookie: {cookie}");
    raw(demo, from, &head, &body)
}

/// One answer on a connection that stays open.
fn answer(stream: &mut TcpStream) -> String {
    let mut text = Vec::new();
    while !text.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        text.push(byte[0]);
    }
    let head = String::from_utf8(text).unwrap().to_lowercase();
    let length = head.split("content-length: ").nth(1).unwrap();
    let length = length.lines().next().unwrap().parse().unwrap();
    let mut body = vec![0; length];
    stream.read_exact(&mut body).unwrap();
    head + &String::from_utf8(body).unwrap()
}

/// A refusal came while the body was on its way, and the connection was closed under what came next.
#[test]
fn who_is_refused_while_they_still_send_is_answered_and_may_go_on() {
    let demo = Demo::start();
    for cookie in [demo.sign_in("mia").cookie(), "none=here".to_owned()] {
        let mut stream = connect(&demo.address, "127.0.0.1");
        let head = format!("Host: {}\r\nCookie: {cookie}\r\n", demo.address);
        let post = "POST /api/v1/people HTTP/1.1\r\nContent-Type: application/json\r\n";
        let length = "Content-Length: 2\r\n\r\n";
        stream
            .write_all(format!("{post}{head}{length}").as_bytes())
            .unwrap();
        std::thread::sleep(Duration::from_millis(200));
        stream.write_all(b"{}").unwrap();
        let refused = answer(&mut stream);
        assert!([401, 403].contains(&status(&refused)), "{refused}");
        assert!(!refused.contains("connection: close"), "{refused}");
        stream
            .write_all(format!("GET /healthz HTTP/1.1\r\n{head}\r\n").as_bytes())
            .unwrap();
        assert_eq!(status(&answer(&mut stream)), 200);
    }
    // Whose body does not come is answered too, and goes.
    let head = "POST /api/v1/people HTTP/1.1\r\nContent-Length: 9\r\n";
    let mut stream = connect(&demo.address, "127.0.0.1");
    stream
        .write_all(format!("{head}Host: {}\r\n\r\n", demo.address).as_bytes())
        .unwrap();
    let refused = answer(&mut stream);
    assert_eq!(status(&refused), 401);
    assert!(refused.contains("connection: close"), "{refused}");
}

/// FINDINGS S10: 54 of 60 guesses at once were checked, and one wrong guess a quarter of an hour
/// kept anybody out for ever.
#[test]
fn guesses_at_once_are_counted_before_they_are_checked_and_the_owner_gets_in() {
    let demo = Demo::start();
    let ines = demo.sign_in("ines");
    let guess = |login: &'static str, from: &str| {
        let tries: Vec<u16> = std::thread::scope(|s| {
            let all: Vec<_> = (0..30)
                .map(|_| s.spawn(|| status(&sign_in_from(&demo, from, login, "wrong", ""))))
                .collect();
            all.into_iter().map(|t| t.join().unwrap()).collect()
        });
        let mut counts = BTreeMap::new();
        for status in tries {
            *counts.entry(status).or_insert(0) += 1;
        }
        counts
    };
    // Whether there is such a login cannot be told.
    let expected = BTreeMap::from([(401, 5), (429, 25)]);
    assert_eq!(guess("ines", "127.0.0.7"), expected);
    assert_eq!(guess("nobody", "127.0.0.8"), expected);
    // The owner: at once where they have signed in before, and slowly from anywhere.
    let known = sign_in_from(&demo, "127.0.0.7", "ines", "assay-demo", &ines.cookie());
    assert_eq!(status(&known), 200, "{known}");
    assert_eq!(
        status(&sign_in_from(&demo, "127.0.0.7", "ines", "assay-demo", "")),
        429
    );
    assert_eq!(
        status(&sign_in_from(&demo, "127.0.0.9", "ines", "assay-demo", "")),
        200
    );
    // Somebody else's browser is not the owner's.
    let tom = demo.sign_in("tom");
    let other = sign_in_from(&demo, "127.0.0.7", "ines", "assay-demo", &tom.cookie());
    assert_eq!(status(&other), 429, "{other}");
    let lines = in_store(&demo, async |tx| {
        let id = assay::store::people::by_login(tx, "ines")
            .await
            .unwrap()
            .unwrap()
            .id;
        let of = assay::store::log::lines_of(tx, &format!("person:{id}"))
            .await
            .unwrap();
        let unknown = assay::store::log::lines_of(tx, "person:unknown")
            .await
            .unwrap();
        (of, unknown)
    });
    let failed = |lines: &[assay::store::log::Told]| {
        lines
            .iter()
            .filter(|l| l.action == "sign_in.failed")
            .count()
    };
    assert_eq!((failed(&lines.0), failed(&lines.1)), (5, 5));
    assert!(lines.0.iter().any(|l| l.detail.contains("127.0.0.7")));
}

/// Memory: Argon2 takes 19 MiB a password, and at most two are hashed at a time.
#[test]
fn a_hundred_and_fifty_sign_ins_at_once_take_no_memory_that_stays() {
    let demo = Demo::start();
    let resident = || {
        let status = format!("/proc/{}/status", demo.running.0.id());
        let text = std::fs::read_to_string(status).unwrap();
        let of = |name: &str| -> u64 {
            let line = text.lines().find(|l| l.starts_with(name)).unwrap();
            line.split_whitespace().nth(1).unwrap().parse().unwrap()
        };
        (of("VmRSS:") / 1024, of("VmHWM:") / 1024)
    };
    let before = resident();
    let statuses: Vec<u16> = std::thread::scope(|s| {
        let all: Vec<_> = (0..150)
            .map(|i| {
                let demo = &demo;
                let from = format!("127.0.1.{}", i + 1);
                let who = ["ines", "tom", "marek", "rana", "max"][i % 5];
                s.spawn(move || status(&sign_in_from(demo, &from, who, "assay-demo", "")))
            })
            .collect();
        all.into_iter().map(|t| t.join().unwrap()).collect()
    });
    let after = resident();
    println!(
        "150 sign-ins: resident {} -> {} MiB, most {} MiB",
        before.0, after.0, after.1
    );
    assert!(
        after.1 < before.1.max(before.0) + 150,
        "{before:?} {after:?}"
    );
    // Right ones: whoever was asked to wait was told so.
    assert!(
        statuses.iter().all(|s| matches!(s, 200 | 429)),
        "{statuses:?}"
    );
    assert!(statuses.iter().filter(|s| **s == 200).count() >= 20);
}

fn code(secret: &str, steps_later: i64) -> String {
    let key = data_encoding::BASE32_NOPAD
        .decode(secret.as_bytes())
        .unwrap();
    let now = assay::clock::Clock::System.now();
    let step = now.micros() / 30_000_000 + steps_later;
    let mut mac = <Hmac<sha1::Sha1> as KeyInit>::new_from_slice(&key).unwrap();
    mac.update(&step.to_be_bytes());
    let sum = mac.finalize().into_bytes();
    let at = usize::from(sum[19] & 15);
    let number = u32::from_be_bytes([sum[at] & 0x7f, sum[at + 1], sum[at + 2], sum[at + 3]]);
    format!("{:06}", number % 1_000_000)
}

#[test]
fn a_second_factor_is_set_up_asked_for_good_once_and_recovered() {
    let demo = demo_with("second_factor = [\"admin\"]");
    let ada = demo.sign_in("ada");
    let me = ada.get("/me");
    assert_eq!(
        (&me["second_factor"], &me["second_factor_missing"]),
        (&json!(false), &json!(true))
    );
    // Nothing else is theirs to do.
    for path in ["/people", "/coverage", "/webhooks", "/me/sessions"] {
        let (status, problem) = ada.send("GET", path, None, None);
        assert_eq!(
            (status, &problem["type"]),
            (403, &json!("urn:assay:second-factor-missing"))
        );
    }
    let wrong = json!({ "password": "wrong" });
    assert_eq!(
        ada.send("POST", "/me/second-factor", Some(wrong), None).0,
        422
    );
    let begun = ada.post(
        "/me/second-factor",
        json!({ "password": "assay-demo" }),
        "begin",
    );
    let secret = begun["secret"].as_str().unwrap();
    assert!(begun["uri"].as_str().unwrap().contains(secret));
    assert!(begun["picture"].as_str().unwrap().contains("<svg"));
    let confirm = |code: &str| {
        ada.send(
            "POST",
            "/me/second-factor/confirm",
            Some(json!({ "code": code })),
            None,
        )
    };
    let off = format!(
        "{:06}",
        (code(secret, 0).parse::<u32>().unwrap() + 7) % 1_000_000
    );
    assert_eq!(confirm(&off).0, 422);
    // Somebody who knows the password alone was in before: not any more.
    let stale = demo.sign_in("ada");
    let first = code(secret, 0);
    let (status, answer) = confirm(&first);
    assert_eq!(status, 200, "{answer}");
    assert_eq!(stale.send("GET", "/me", None, None).0, 401);
    let recovery = answer["codes"].as_array().unwrap().clone();
    assert_eq!(recovery.len(), 10);
    assert_eq!(ada.send("GET", "/people", None, None).0, 200);
    // The database has neither the secret nor the codes.
    let kept = in_store(&demo, async |tx| {
        let ada = assay::store::people::by_login(tx, "ada")
            .await
            .unwrap()
            .unwrap();
        format!("{:?}", ada.totp_nonce)
    });
    assert!(!kept.contains(secret));

    let fresh = Client::new(&demo.address);
    let enter = |code: Option<&str>| {
        let body = json!({ "login": "ada", "password": "assay-demo", "code": code });
        fresh.send("POST", "/session", Some(body), None)
    };
    let (status, problem) = enter(None);
    assert_eq!(
        (status, &problem["type"]),
        (401, &json!("urn:assay:second-factor"))
    );
    // Used already, or an earlier one.
    assert_eq!(enter(Some(&first)).0, 401);
    // Whoever does not know the password learns nothing of the code.
    let body = json!({ "login": "ada", "password": "wrong", "code": "000000" });
    let (status, problem) = fresh.send("POST", "/session", Some(body), None);
    assert_eq!(
        (status, &problem["type"]),
        (401, &json!("urn:assay:not-signed-in"))
    );
    let next = code(secret, 1);
    assert_eq!(enter(Some(&next)).0, 200);
    assert_eq!(enter(Some(&next)).0, 401);
    let spare = recovery[3].as_str().unwrap().to_uppercase();
    assert_eq!(enter(Some(&spare)).0, 200);
    assert_eq!(enter(Some(&spare)).0, 401);
    assert_eq!(fresh.get("/me/sessions")["recovery_codes_left"], 9);
    // Codes cannot be guessed at the way out either.
    let off = json!({ "password": "assay-demo", "code": "000000" });
    let guesses: Vec<u16> = (0..7)
        .map(|_| {
            fresh
                .send("DELETE", "/me/second-factor", Some(off.clone()), None)
                .0
        })
        .collect();
    assert_eq!(guesses, [422, 422, 422, 422, 422, 429, 429]);
    // Lost: an administrator takes it off, here from the shell.
    assert!(demo.run(&["user", "second-factor", "ada"]).0);
    assert_eq!(enter(None).0, 200);
}

#[test]
fn sessions_are_listed_and_end_with_their_streams_and_a_login_that_is_switched_off() {
    let demo = Demo::start();
    let marek = demo.sign_in("marek");
    let other = demo.sign_in("marek");
    let taken = marek.post("/review/take", json!({}), "take");
    assert!(taken["id"].is_string());
    let listed = marek.get("/me/sessions")["sessions"]
        .as_array()
        .unwrap()
        .clone();
    assert_eq!(listed.len(), 2);
    assert!(listed.iter().all(|s| s["address"] == "127.0.0.1"));
    let id = listed.iter().find(|s| s["own"] == false).unwrap()["id"]
        .as_str()
        .unwrap();
    let rana = demo.sign_in("rana");
    assert_eq!(
        rana.send("DELETE", &format!("/me/sessions/{id}"), None, None)
            .0,
        404
    );
    assert_eq!(
        marek
            .send("DELETE", &format!("/me/sessions/{id}"), None, None)
            .0,
        204
    );
    assert_eq!(other.send("GET", "/me", None, None).0, 401);

    // A stream that is open when the login is switched off ends, and so does the lock.
    let mut stream = connect(&demo.address, "127.0.0.1");
    let head = format!(
        "GET /api/v1/events HTTP/1.1\r\nHost: {}\r\nAccept: text/event-stream\r\nCookie: {}\r\n\r\n",
        demo.address,
        marek.cookie()
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut first = [0; 12];
    stream.read_exact(&mut first).unwrap();
    assert_eq!(&first, b"HTTP/1.1 200");
    let ada = demo.sign_in("ada");
    let people = ada.get("/people")["people"].as_array().unwrap().clone();
    let of = |login: &str| people.iter().find(|p| p["login"] == login).unwrap()["id"].clone();
    let disable = |login: &str| {
        let path = format!("/people/{}/disable", of(login).as_str().unwrap());
        ada.send("POST", &path, Some(json!({})), None)
    };
    assert_eq!(disable("marek").0, 204);
    // Read to its end: it ends.
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).unwrap();
    assert_eq!(marek.send("GET", "/me", None, None).0, 401);
    let again = sign_in_from(&demo, "127.0.0.1", "marek", "assay-demo", "");
    assert_eq!(status(&again), 401);
    let next = rana.post("/review/take", json!({}), "take");
    assert_eq!(next["id"], taken["id"], "it is back in the queue");
    // Not oneself, and not the last administrator.
    assert_eq!(disable("ada").0, 422);
    assert!(!demo.run(&["user", "disable", "ada"]).0);
    assert!(demo.run(&["user", "enable", "marek"]).0);
    demo.sign_in("marek");
}

#[test]
fn a_new_password_ends_the_other_sessions_and_no_more_streams_are_open_than_a_person_needs() {
    let demo = Demo::start();
    let (tom, other) = (demo.sign_in("tom"), demo.sign_in("tom"));
    let change = |current: &str, new: &str| {
        let body = json!({ "current": current, "new": new });
        tom.send("PUT", "/me/password", Some(body), None)
    };
    assert_eq!(change("assay-demo", "short").0, 422);
    assert_eq!(change("wrong", "horse battery staple").0, 422);
    assert_eq!(change("assay-demo", "horse battery staple").0, 204);
    assert_eq!(other.send("GET", "/me", None, None).0, 401);
    assert_eq!(tom.send("GET", "/me", None, None).0, 200);
    let with_new = sign_in_from(&demo, "127.0.0.1", "tom", "horse battery staple", "");
    assert_eq!(status(&with_new), 200);
    let open = |client: &Client| {
        let mut stream = connect(&demo.address, "127.0.0.1");
        let head = format!(
            "GET /api/v1/events HTTP/1.1\r\nHost: {}\r\nCookie: {}\r\n\r\n",
            demo.address,
            client.cookie()
        );
        stream.write_all(head.as_bytes()).unwrap();
        let mut first = [0; 12];
        stream.read_exact(&mut first).unwrap();
        (stream, String::from_utf8_lossy(&first).into_owned())
    };
    let streams: Vec<_> = (0..25).map(|_| open(&tom)).collect();
    let ok = streams.iter().filter(|s| s.1.ends_with("200")).count();
    assert_eq!((ok, streams[24].1.as_str()), (24, "HTTP/1.1 429"));
    drop(streams);
    until("the streams are closed", || open(&tom).1.ends_with("200"));
}

#[test]
fn a_token_is_good_for_its_scopes_its_client_and_its_time() {
    let demo = Demo::start();
    let ada = demo.sign_in("ada");
    let clients = ada.get("/tokens")["clients"].clone();
    let client = |name: &str| {
        let found = clients
            .as_array()
            .unwrap()
            .iter()
            .find(|c| c["name"] == name);
        found.unwrap()["id"].clone()
    };
    let make = |scopes: Value, client: Value| {
        let body = json!({ "name": "PBX", "scopes": scopes, "client": client, "days": 1 });
        ada.send("POST", "/tokens", Some(body), None)
    };
    assert_eq!(make(json!([]), Value::Null).0, 422);
    assert_eq!(make(json!(["everything"]), Value::Null).0, 422);
    assert_eq!(make(json!(["pause"]), json!("nobody")).0, 422);
    let text = |made: (u16, Value)| made.1["token"].as_str().unwrap().to_owned();
    let northlight = text(make(
        json!(["disposition", "claim"]),
        client("Northlight Fleet"),
    ));
    let calder = text(make(
        json!(["disposition", "claim"]),
        client("Calder Insurance"),
    ));
    let reads = text(make(json!(["crm", "payroll", "metrics"]), Value::Null));
    let ask = |token: &str, method: &str, path: &str, body: &str| {
        let head = format!("{method} /api/v1{path} HTTP/1.1\r\nAuthorization: Bearer {token}");
        status(&raw(&demo, "127.0.0.1", &head, body))
    };
    let ines = demo.sign_in("ines");
    let calls = ines.get("/calls");
    let call = call_with(&calls, "Brightwater Logistics")["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let said = json!({ "disposition": "conversation" }).to_string();
    let (disposition, claim) = (
        format!("/machine/calls/{call}/disposition"),
        format!("/machine/calls/{call}/claim"),
    );
    assert_eq!(ask(&northlight, "POST", &disposition, &said), 204);
    assert_eq!(ask(&calder, "POST", &disposition, &said), 404);
    assert_eq!(ask(&reads, "POST", &disposition, &said), 403);
    assert_eq!(ask(&northlight, "GET", "/machine/leads", ""), 403);
    assert_eq!(ask("assay_00", "POST", &disposition, &said), 401);
    assert_eq!(ask(&northlight, "POST", &claim, ""), 204);
    // Said again, it is the same claim.
    assert_eq!(ask(&northlight, "POST", &claim, ""), 204);
    let claims = ines.get("/claims")["claims"].as_array().unwrap().clone();
    assert_eq!(
        claims
            .iter()
            .filter(|c| c["calls"][0]["id"] == call.as_str())
            .count(),
        1
    );
    // No call is in progress, and a line is needed.
    let pause = text(make(json!(["pause"]), Value::Null));
    assert_eq!(ask(&pause, "POST", "/machine/live/pause", "{}"), 422);
    assert_eq!(
        ask(&pause, "POST", "/machine/live/pause", "{\"line\":\"201\"}"),
        404
    );
    assert_eq!(ask(&reads, "GET", "/machine/leads", ""), 200);
    assert_eq!(ask(&reads, "GET", "/machine/leads?after=x", ""), 422);
    assert_eq!(ask(&reads, "GET", "/machine/payroll", ""), 200);
    // A person's session is no token, and a token no session.
    assert_eq!(ines.send("GET", "/machine/leads", None, None).0, 401);
    assert_eq!(ask(&reads, "GET", "/claims", ""), 401);
    let metrics = |more: &str| {
        status(&raw(
            &demo,
            "127.0.0.1",
            &format!("GET /metrics HTTP/1.1{more}"),
            "",
        ))
    };
    assert_eq!(metrics(""), 200);
    assert_eq!(metrics("\r\nX-Forwarded-For: 192.0.2.1"), 401);
    let by_token = format!("\r\nX-Forwarded-For: 192.0.2.1\r\nAuthorization: Bearer {reads}");
    assert_eq!(metrics(&by_token), 200);
    let listed = ada.get("/tokens")["tokens"].as_array().unwrap().clone();
    assert!(!json!(listed).to_string().contains(&northlight[6..]));
    let used = listed
        .iter()
        .find(|t| t["scopes"] == json!(["claim", "disposition"]));
    assert!(used.is_some(), "{listed:?}");
    for token in &listed {
        let path = format!("/tokens/{}", token["id"].as_str().unwrap());
        assert_eq!(ada.send("DELETE", &path, None, None).0, 204);
        assert_eq!(ada.send("DELETE", &path, None, None).0, 409);
    }
    assert_eq!(ask(&northlight, "POST", &disposition, &said), 401);
    let (ok, told) = demo.run(&["token", "add", "prometheus", "--scope", "metrics"]);
    assert!(ok && told.contains("assay_"), "{told}");
    assert!(demo.run(&["token", "list"]).1.contains("prometheus"));
}

#[test]
fn what_changes_or_streams_is_asked_by_our_own_pages_alone() {
    let demo = Demo::start();
    let tom = demo.sign_in("tom");
    let (cookie, address) = (tom.cookie(), demo.address.clone());
    let ask = |head: &str, origin: &str| {
        let head = format!("{head}\r\nCookie: {cookie}\r\nOrigin: {origin}");
        status(&raw(&demo, "127.0.0.1", &head, ""))
    };
    let own = format!("http://{address}");
    let elsewhere = ["http://127.0.0.1:8088", "null", "https://evil.example"];
    for origin in elsewhere {
        assert_eq!(
            ask("DELETE /api/v1/me/sessions HTTP/1.1", origin),
            403,
            "{origin}"
        );
        let events = "GET /api/v1/events HTTP/1.1\r\nAccept: text/event-stream";
        assert_eq!(ask(events, origin), 403, "{origin}");
        let live = "GET /api/v1/live/x/listen HTTP/1.1\r\nUpgrade: websocket";
        assert_eq!(ask(live, origin), 403, "{origin}");
    }
    assert_eq!(ask("DELETE /api/v1/me/sessions HTTP/1.1", &own), 204);
}

/// FINDINGS S8: ranges that do not begin at the start, other wrappings, pictures and commands left
/// no line.
#[test]
fn every_way_in_which_sound_leaves_is_one_line_a_quarter_of_an_hour() {
    let demo = Demo::start();
    let ines = demo.sign_in("ines");
    let calls = ines.get("/calls");
    let call = call_with(&calls, "Brightwater Logistics")["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let lines = || {
        in_store(&demo, async |tx| {
            let lines = assay::store::log::lines_of(tx, &format!("call:{call}"))
                .await
                .unwrap();
            let listened = lines
                .into_iter()
                .filter(|l| l.action.starts_with("call.listened"));
            listened
                .map(|l| (l.actor, serde_json::from_str(&l.detail).unwrap()))
                .collect::<Vec<(String, Value)>>()
        })
    };
    let audio = format!("/calls/{call}/audio");
    for range in [
        "bytes=1-",
        "bytes=-20",
        "bytes=0-0",
        "bytes=0-5,9-10",
        "",
        "bytes=100-200",
    ] {
        let (status, ..) = ines.range(&audio, range);
        assert!(matches!(status, 200 | 206), "{range}: {status}");
    }
    assert_eq!(lines().len(), 1, "{:?}", lines());
    let (_, detail) = &lines()[0];
    assert_eq!(
        (&detail["way"], &detail["address"]),
        (&json!("recording"), &json!("127.0.0.1"))
    );
    let own = ines.get("/me/sessions")["sessions"][0]["id"].clone();
    assert_eq!(detail["session"], own);
    for _ in 0..2 {
        assert_eq!(ines.range(&format!("{audio}?as=wav"), "bytes=1-9").0, 206);
        assert_eq!(ines.range(&format!("{audio}?as=webm"), "bytes=1-9").0, 206);
        ines.get(&format!("/calls/{call}/peaks"));
    }
    let ways: Vec<String> = lines()
        .iter()
        .map(|l| l.1["way"].as_str().unwrap().into())
        .collect();
    assert_eq!(ways, ["recording", "wav", "webm", "picture"]);
    // Another session of the same person is another line; a link's holder too, by address.
    let again = demo.sign_in("ines");
    again.range(&audio, "bytes=5-");
    let max = demo.sign_in("max");
    let clip = json!({ "from_ms": 0, "to_ms": 1000, "reason": "coach", "hours": 1 });
    let shared = max.post(&format!("/calls/{call}/shares"), clip, "share");
    let path = shared["path"].as_str().unwrap().to_owned();
    for from in ["127.0.0.1", "127.0.0.1", "127.0.0.6"] {
        let answer = raw(&demo, from, &format!("GET /api/v1{path} HTTP/1.1"), "");
        assert_eq!(status(&answer), 200);
        assert!(answer.to_lowercase().contains("cache-control: no-store"));
    }
    let ways: Vec<String> = lines()
        .iter()
        .map(|l| l.1["way"].as_str().unwrap().into())
        .collect();
    assert_eq!(ways[4..], ["recording", "shared", "shared"]);
    // No browser keeps sound.
    let head = format!("GET /api/v1{audio} HTTP/1.1\r\nCookie: {}", ines.cookie());
    let answer = raw(&demo, "127.0.0.1", &head, "");
    assert!(answer.to_lowercase().contains("cache-control: no-store"));
}

/// FINDINGS S9: 40 requests for a WAV made the whole call 40 times, and took 376 MB.
#[test]
fn a_wav_is_the_same_whole_or_in_ranges() {
    let demo = Demo::start();
    let ines = demo.sign_in("ines");
    let calls = ines.get("/calls");
    let call = call_with(&calls, "Brightwater Logistics")["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let wav = format!("/calls/{call}/audio?as=wav");
    let (status, _, whole) = ines.range(&wav, "");
    assert_eq!(
        (status, &whole[..4], &whole[8..16]),
        (200, &b"RIFF"[..], &b"WAVEfmt "[..])
    );
    let (status, shown, part) = ines.range(&wav, "bytes=1000000-1000999");
    assert_eq!((status, part.len()), (206, 1000));
    assert_eq!(
        shown.unwrap(),
        format!("bytes 1000000-1000999/{}", whole.len())
    );
    let sample =
        |bytes: &[u8], at: usize| i32::from(i16::from_le_bytes([bytes[at], bytes[at + 1]]));
    let off = (0..500).map(|i| sample(&part, 2 * i) - sample(&whole, 1_000_000 + 2 * i));
    assert!(off.map(i32::abs).max().unwrap() < 300);
}

/// FINDINGS S11: half-sent heads lived on, and 1,100 idle connections left no descriptor.
#[test]
fn idle_and_half_sent_connections_make_room_for_who_asks() {
    let demo = demo_with("connections = 100\nconnections_per_address = 40");
    let mut held = Vec::new();
    for i in 0..300 {
        let from = format!("127.0.0.{}", 10 + i % 5);
        let mut stream = connect(&demo.address, &from);
        if i % 3 == 0 {
            let _ = stream.write_all(b"GET / HTTP/1.1\r\nHost: half");
        }
        held.push(stream);
    }
    // The page answers, to those addresses and to others.
    for from in ["127.0.0.1", "127.0.0.10", "127.0.0.99"] {
        let answer = raw(&demo, from, "GET / HTTP/1.1", "");
        assert_eq!(status(&answer), 200, "{from}");
    }
    let tom = demo.sign_in("tom");
    assert_eq!(tom.send("GET", "/claims", None, None).0, 200);
    let metrics = raw(&demo, "127.0.0.1", "GET /metrics HTTP/1.1", "");
    let number = |name: &str| -> u64 {
        let line = metrics.lines().find(|l| l.starts_with(name)).unwrap();
        line.rsplit(' ').next().unwrap().parse().unwrap()
    };
    assert!(number("assay_connections ") <= 100);
    assert!(number("assay_connections_closed_for_others_total ") >= 200);
    // The sign-in wrote; every transaction that wrote is in the histogram.
    let writes = number("assay_write_transaction_seconds_count ");
    assert!(writes > 0);
    assert_eq!(
        number("assay_write_transaction_seconds_bucket{le=\"+Inf\"}"),
        writes
    );
    // A head that never ends is given up.
    let mut half = connect(&demo.address, "127.0.0.50");
    half.write_all(b"GET / HTTP/1.1\r\nHost: half").unwrap();
    let mut rest = Vec::new();
    let _ = half.read_to_end(&mut rest);
    assert!(rest.is_empty() || status(&String::from_utf8_lossy(&rest)) == 408);
}

/// What a client sees of TLS: the certificate's hash, and the answer.
fn over_tls(address: &str, roots: &[u8], request: &str) -> Result<(String, String), String> {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio_rustls::rustls::pki_types::pem::PemObject;
    use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
    use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto::ring};
    let mut store = RootCertStore::empty();
    for root in CertificateDer::pem_slice_iter(roots) {
        store.add(root.unwrap()).unwrap();
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(store)
        .with_no_client_auth();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let tcp = tokio::net::TcpStream::connect(address)
            .await
            .map_err(|e| e.to_string())?;
        let name = ServerName::try_from("localhost").unwrap();
        let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
        let mut tls = connector
            .connect(name, tcp)
            .await
            .map_err(|e| e.to_string())?;
        let certificate = tls.get_ref().1.peer_certificates().unwrap()[0].clone();
        tls.write_all(request.as_bytes())
            .await
            .map_err(|e| e.to_string())?;
        let mut answer = Vec::new();
        let _ = tls.read_to_end(&mut answer).await;
        let hash = <sha2::Sha256 as sha2::Digest>::digest(&certificate);
        Ok((hex(&hash), String::from_utf8_lossy(&answer).into_owned()))
    })
}

/// A demo that speaks TLS, without waiting for its plain answer.
fn secure_demo(server: &str) -> (Demo, String) {
    let mut demo = Demo::start();
    demo.configure(&format!("[server]\n{server}\n"));
    demo.running.kill();
    let address = format!("127.0.0.1:{}", free_port());
    let child = std::process::Command::new(env!("CARGO_BIN_EXE_assay"))
        .args(["demo", "--listen", &address, "--config"])
        .arg(demo.data.with_file_name("assay.toml"))
        .arg("--data")
        .arg(&demo.data)
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    demo.running = Running(child);
    until("it listens", || {
        let to: SocketAddr = address.parse().unwrap();
        TcpStream::connect_timeout(&to, Duration::from_secs(1)).is_ok()
    });
    (demo, address)
}

const ASK: &str = "GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

#[test]
fn a_box_signs_its_own_certificate_and_tells_plain_http_to_speak_tls() {
    let (demo, address) = secure_demo("tls = \"on\"");
    // It listens before it has made one.
    let made = || std::fs::read(demo.data.join("tls/certificate.pem")).unwrap_or_default();
    until("its certificate", || {
        made()
            .trim_ascii_end()
            .ends_with(b"-----END CERTIFICATE-----")
    });
    let own = made();
    let (first, answer) = over_tls(&address, &own, ASK).unwrap();
    assert_eq!(status(&answer), 200, "{answer}");
    // Nobody vouches for it: no browser is told to insist.
    assert!(!answer.to_lowercase().contains("strict-transport-security"));
    let mut plain = TcpStream::connect(&address).unwrap();
    plain.write_all(ASK.as_bytes()).unwrap();
    let mut told = String::new();
    let _ = plain.read_to_string(&mut told);
    assert!(
        told.starts_with("HTTP/1.1 400") && told.contains("https://"),
        "{told}"
    );
    let signed_in = over_tls(
        &address,
        &own,
        "POST /api/v1/session HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: \
         application/json\r\nContent-Length: 43\r\n\r\n{\"login\":\"tom\",\"password\":\"assay-demo\"    }",
    );
    let answer = signed_in.unwrap().1;
    assert!(
        answer.contains("assay_session=") && answer.contains("Secure"),
        "{answer}"
    );
    assert_eq!(over_tls(&address, &own, ASK).unwrap().0, first);
}

#[test]
fn a_certificate_of_the_house_is_read_again_at_sighup_and_browsers_insist() {
    use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
    let folder = tempfile::tempdir().unwrap();
    let ca_key = KeyPair::generate().unwrap();
    let mut ca = CertificateParams::new(Vec::new()).unwrap();
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    ca.distinguished_name
        .push(rcgen::DnType::CommonName, "House CA");
    let root = ca.self_signed(&ca_key).unwrap().pem();
    let issuer = Issuer::new(ca, ca_key);
    let (at, key_at) = (folder.path().join("c.pem"), folder.path().join("k.pem"));
    let issue = || {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params
            .distinguished_name
            .push(rcgen::DnType::CommonName, "box");
        let made = params.signed_by(&key, &issuer).unwrap();
        std::fs::write(&at, made.pem()).unwrap();
        std::fs::write(&key_at, key.serialize_pem()).unwrap();
    };
    issue();
    let (demo, address) = secure_demo(&format!(
        "certificate = \"{}\"\ncertificate_key = \"{}\"",
        at.display(),
        key_at.display()
    ));
    let (first, answer) = over_tls(&address, root.as_bytes(), ASK).unwrap();
    assert!(
        answer.to_lowercase().contains("strict-transport-security"),
        "{answer}"
    );
    let hangup = || {
        // SAFETY: a signal to the test's own child.
        unsafe { libc::kill(demo.running.0.id() as i32, libc::SIGHUP) };
    };
    // A broken file leaves what is served.
    std::fs::write(&at, "nothing").unwrap();
    hangup();
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(over_tls(&address, root.as_bytes(), ASK).unwrap().0, first);
    issue();
    hangup();
    until("the new certificate is served", || {
        over_tls(&address, root.as_bytes(), ASK).is_ok_and(|(hash, _)| hash != first)
    });
}

/// FINDINGS S14: a recording that was replaced by a file in the open was played.
#[test]
fn a_box_with_a_key_serves_only_what_its_key_wrote_and_adopts_what_is_still_as_it_was() {
    let mut demo = Demo::start();
    let max = demo.sign_in("max");
    let calls = max.get("/calls");
    let call = call_with(&calls, "Brightwater Logistics")["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let audio = format!("/calls/{call}/audio");
    let (status, _, sound) = max.range(&audio, "");
    assert_eq!(status, 200);
    let stored = in_store(&demo, async |tx| {
        let all = assay::store::calls::all_recordings(tx).await.unwrap();
        all.into_iter()
            .find(|r| r.call_id.as_str() == call)
            .unwrap()
    });
    let path = demo.data.join(&stored.path);
    let locked = std::fs::read(&path).unwrap();
    assert!(
        !locked.starts_with(b"OggS"),
        "it lies in the open from the start"
    );
    // The very same sound, in the open, and another one.
    let mut forged = sound.clone();
    let last = forged.len() - 1;
    forged[last] ^= 1;
    for bytes in [&sound, &forged] {
        std::fs::write(&path, bytes).unwrap();
        assert_eq!(max.range(&audio, "").0, 500);
        let (whole, said) = demo.run(&["check"]);
        assert!(!whole && said.contains("lies in the open"), "{said}");
    }
    demo.running.kill();
    assert!(
        !demo.run(&["key", "adopt"]).0,
        "the forged one is not taken in"
    );
    assert_eq!(std::fs::read(&path).unwrap(), forged);
    std::fs::write(&path, &sound).unwrap();
    let (ok, said) = demo.run(&["key", "adopt"]);
    assert!(
        ok && said.contains("1 recordings are encrypted now"),
        "{said}"
    );
    assert!(!std::fs::read(&path).unwrap().starts_with(b"OggS"));
    demo.start_again();
    assert_eq!(demo.sign_in("max").range(&audio, "").2, sound);
}

/// FINDINGS S18: a manager saw another client's counts.
#[test]
fn coverage_counts_the_calls_of_ones_own_clients() {
    let demo = Demo::start();
    let all = demo.sign_in("ada");
    let own = in_store(&demo, async |tx| {
        let sofia = assay::store::people::by_login(tx, "sofia")
            .await
            .unwrap()
            .unwrap();
        let calder = assay::store::people::clients_of(tx, &sofia.id)
            .await
            .unwrap();
        let manager = assay::identity::Role::Manager;
        enter(&demo, tx, "of-calder", manager, &calder).await
    });
    let calls = |who: &Client| who.get("/coverage")["totals"]["calls"].as_i64().unwrap();
    let own_calls = own.get("/calls")["calls"].as_array().unwrap().len() as i64;
    assert_eq!(calls(&own), own_calls);
    assert!(calls(&all) > own_calls, "{own_calls}");
}

/// FINDINGS S15: the README's commands wrote to ./assay-data while the box was elsewhere.
#[test]
fn commands_find_the_running_box_and_say_which_it_is() {
    if !is_root() {
        return not_run("it taps loopback");
    }
    let folder = tempfile::tempdir().unwrap();
    let (run, data, elsewhere) = (
        folder.path().join("run"),
        folder.path().join("data"),
        folder.path().join("elsewhere"),
    );
    for made in [&run, &elsewhere] {
        std::fs::create_dir(made).unwrap();
    }
    let program = env!("CARGO_BIN_EXE_assay");
    let address = format!("127.0.0.1:{}", free_port());
    let child = std::process::Command::new(program)
        .args(["run", "-i", "lo", "--listen", &address, "--data"])
        .arg(&data)
        .env("ASSAY_RUN", &run)
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let running = Running(child);
    until("it says where it is", || run.join("box").exists());
    let add = || {
        let done = std::process::Command::new(program)
            .args(["client", "add", "Northlight Fleet"])
            .current_dir(&elsewhere)
            .env("ASSAY_RUN", &run)
            .output()
            .unwrap();
        (
            done.status.success(),
            String::from_utf8_lossy(&done.stderr).into_owned(),
        )
    };
    let (ok, said) = add();
    assert!(ok && said.contains(data.to_str().unwrap()), "{said}");
    let (ok, said) = add();
    assert!(!ok, "it is there already: {said}");
    assert!(!elsewhere.join("assay-data").exists());
    // A box that is gone is nobody's.
    drop(running);
    let (_, said) = add();
    assert!(!said.contains(data.to_str().unwrap()), "{said}");
}

/// A password that an administrator has made and knows opens nothing but the way to another.
fn sets_an_own_password(demo: &Demo, first: &str) {
    let tina = Client::new(&demo.address);
    let (status, me) = tina.send(
        "POST",
        "/session",
        Some(json!({ "login": "tina", "password": first })),
        None,
    );
    assert_eq!((status, &me["password_is_first"]), (200, &json!(true)));
    let refused = tina.send("GET", "/calls", None, None);
    assert_eq!(
        (refused.0, &refused.1["type"]),
        (403, &json!("urn:assay:first-password"))
    );
    let set = |new: &str| {
        let body = json!({ "current": first, "new": new });
        tina.send("PUT", "/me/password", Some(body), None).0
    };
    assert_eq!(set(first), 422, "it is the same");
    assert_eq!(set("four words of mine"), 204);
    assert_eq!(tina.get("/me")["password_is_first"], false);
    assert_eq!(tina.send("GET", "/calls", None, None).0, 200);
}

/// A box is filled from its page: a client, who calls for it, and on which line.
#[test]
fn who_is_new_is_entered_by_an_administrator_and_signs_in_with_a_password_shown_once() {
    let demo = Demo::start();
    let ada = demo.sign_in("ada");
    let send = |path: &str, body: Value| ada.send("POST", path, Some(body), None);
    let (status, client) = send("/clients", json!({ "name": "Hollmann Fleet" }));
    assert_eq!(status, 200, "{client}");
    let person = |login: &str, name: &str, client: &Value| {
        json!({
            "login": login, "name": name, "role": "telemarketer", "pay_basis": "commission",
            "clients": [client],
        })
    };
    let (status, tina) = send("/people", person("tina", "Tina Roth", &client["id"]));
    assert_eq!(status, 200, "{tina}");
    let first = tina["password"].as_str().unwrap().to_owned();
    let enters = |password: &str| {
        let answer = sign_in_from(&demo, "127.0.0.1", "tina", password, "");
        self::status(&answer)
    };
    assert_eq!(enters(&first), 200);
    sets_an_own_password(&demo, &first);
    let me = ada.get("/people");
    assert!(!me.to_string().contains(&first), "it is shown once");
    // What is refused, and told why; nothing of it is entered.
    let nowhere = json!("01a00000-0000-7000-8000-000000000000");
    for (path, body, wanted) in [
        ("/people", person("tina", "Another", &client["id"]), 409),
        ("/people", person("tina roth", "Tina", &client["id"]), 422),
        ("/people", person("", "Tina", &client["id"]), 422),
        ("/people", person("tina2", " ", &client["id"]), 422),
        ("/people", person("tina2", "Ti\u{0}na", &client["id"]), 422),
        ("/people", person("tina2", "Tina", &nowhere), 422),
        ("/clients", json!({ "name": "Hollmann Fleet" }), 409),
        ("/clients", json!({ "name": "" }), 422),
    ] {
        let (status, problem) = send(path, body.clone());
        assert_eq!(status, wanted, "{body} {problem}");
        assert!(problem["detail"].as_str().unwrap().len() > 10, "{problem}");
    }
    let people = ada.get("/people");
    assert!(!people.to_string().contains("tina2"), "{people}");
    assert_eq!(people["clients"].as_array().unwrap().len(), 3, "{people}");

    // Her line, since ever; and from a moment on somebody else's.
    let line = |person: &Value, from: Value| json!({ "value": "231", "person": person, "client": client["id"], "from": from });
    assert_eq!(send("/lines", line(&tina["id"], Value::Null)).0, 204);
    let (status, problem) = send("/lines", line(&tina["id"], Value::Null));
    assert_eq!(status, 422, "{problem}");
    let (status, problem) = send("/lines", line(&nowhere, json!("2026-11-20T00:00:00Z")));
    assert_eq!(status, 422, "{problem}");
    let tom = people["people"].as_array().unwrap().iter();
    let tom = tom.clone().find(|p| p["login"] == "tom").unwrap();
    assert_eq!(
        send("/lines", line(&tom["id"], json!("2026-11-20T00:00:00Z"))).0,
        204
    );
    let lines = ada.get("/lines")["lines"].clone();
    let lines: Vec<&Value> = lines
        .as_array()
        .unwrap()
        .iter()
        .filter(|l| l["value"] == "231")
        .collect();
    let told = |l: &Value| (l["person"].clone(), l["from"].clone());
    assert_eq!(
        lines.into_iter().map(told).collect::<Vec<_>>(),
        [
            (json!("Tina Roth"), Value::Null),
            (tom["name"].clone(), json!("2026-11-20T00:00:00.000000Z")),
        ]
    );

    // Lost: a new one is made, the old one and its sessions end; one's own goes another way.
    let path = format!("/people/{}/password", tina["id"].as_str().unwrap());
    let (status, again) = send(&path, json!({}));
    assert_eq!(status, 200, "{again}");
    assert_eq!(enters(&first), 401);
    assert_eq!(enters("four words of mine"), 401);
    assert_eq!(enters(again["password"].as_str().unwrap()), 200);
    let own = people["people"].as_array().unwrap().iter();
    let own = own.clone().find(|p| p["login"] == "ada").unwrap();
    let path = format!("/people/{}/password", own["id"].as_str().unwrap());
    assert_eq!(send(&path, json!({})).0, 422);
    // Nobody else does any of it.
    for login in ["max", "tom", "marek"] {
        let other = demo.sign_in(login);
        for path in ["/people", "/clients", "/lines"] {
            assert_eq!(other.send("POST", path, Some(json!({})), None).0, 403);
        }
        assert_eq!(other.send("GET", "/lines", None, None).0, 403);
    }
}
