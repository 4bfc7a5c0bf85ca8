//! Every endpoint against every role and client, from the table of routes itself: no route without
//! an answer to who may.

mod common;

use assay::api::routes::{May, table};
use assay::commission::Terms;
use assay::commission::question::About;
use assay::identity::Role;
use assay::review::{Given, Rules};
use assay::store::commission::plans::{self, NewPlan};
use assay::store::commission::questions::{self, Answering, NewQuestion, Subject};
use assay::store::commission::rulings;
use assay::store::leads::imports::{self, NewImport};
use assay::store::leads::{self, sources};
use assay::store::review::second_reviews::When;
use assay::store::review::verdicts::NewVerdict;
use assay::store::review::{claims, disputes, second_reviews, verdicts};
use assay::store::{Actor, Tx, people};
use assay::units::{
    DisputeId, ImportId, Micros, Money, PersonId, PlanDraftId, PlanId, QuestionId, RulingId,
    SecondReviewId, SourceId, Word, Zone,
};
use common::*;
use serde_json::{Value, json};
use std::fmt::Write;

const TABLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/api/ACCESS.md");

fn may(may: May, role: Role) -> &'static str {
    match may {
        May::Anybody => "yes",
        May::Machine(_) => "no",
        May::Disinterested if role == Role::Reviewer => "without interest",
        May::Disinterested => "no, logged",
        May::Roles(roles) if roles.contains(&role) => "own",
        May::Roles(_) => "no",
    }
}

fn written() -> String {
    let mut text = "# Who may ask what\n\nMade from the table in `routes.rs` by \
        `tests/access.rs`, which tries each cell but signing in and out. *own*: what belongs to \
        them, their clients or\ntheir work; all else is a 404, as if it were not there. *no*: \
        403. Who is not signed in gets 401 everywhere but where it says yes. *token*: the scope that a machine's\ntoken needs; what \
        is for machines is for nobody who is signed in, 401.\n\n| route |"
        .to_owned();
    for role in Role::ALL {
        write!(text, " {role} |").unwrap();
    }
    write!(
        text,
        " not signed in | token |\n|---|{}\n",
        "---|".repeat(Role::ALL.len() + 2)
    )
    .unwrap();
    for route in table() {
        write!(text, "| {} {} |", route.method, route.path).unwrap();
        for role in Role::ALL {
            write!(text, " {} |", may(route.may, *role)).unwrap();
        }
        let anybody = ["no", "yes"][usize::from(route.may == May::Anybody)];
        let token = match route.may {
            May::Machine(scope) => scope.as_str(),
            _ => anybody,
        };
        writeln!(text, " {anybody} | {token} |").unwrap();
    }
    text
}

/// What stands behind an address of the first client.
struct Judged {
    second_review: SecondReviewId,
    dispute: DisputeId,
    plan: PlanId,
    draft: PlanDraftId,
    ruling: RulingId,
    question: QuestionId,
    claimant: PersonId,
}

/// A claim of the demo's that failed, is disputed, and was drawn for a second review too.
async fn judged(tx: &mut Tx) -> Judged {
    let now = assay::clock::Clock::System.now();
    let tom = people::by_login(tx, "tom").await.unwrap().unwrap();
    let rana = people::by_login(tx, "rana").await.unwrap().unwrap();
    let claim = claims::of_person(tx, &tom.id, &Default::default(), 9)
        .await
        .unwrap()
        .remove(0);
    claims::take(tx, &rana.id, &claim.id, now).await.unwrap();
    let rules = Rules {
        heard_share: 0.0,
        second_reviews: 0.0,
        second_review_within: Micros::from_secs(86_400),
        dispute_within: Micros::from_secs(86_400),
        read_within: Micros::from_secs(86_400),
        zone: Zone::utc(),
    };
    let answers = ["budget", "authority", "need", "timescale"].map(|c| Given {
        criterion: c.to_owned(),
        answer: "not_asked".to_owned(),
        ..Given::default()
    });
    let new = NewVerdict {
        reviewer: &rana.id,
        answers: &answers,
        note: "",
    };
    let verdict = verdicts::commit(tx, &claim.id, &new, &rules, now)
        .await
        .unwrap();
    let end = verdict.hold_until;
    let (v, claim) = verdicts::make_final(tx, &verdict.id, &rules, end)
        .await
        .unwrap()
        .unwrap();
    let when = When {
        opens: now,
        due: end,
    };
    let second_review = second_reviews::draw(tx, &v, &claim, now, when)
        .await
        .unwrap();
    let clip = json!({ "call": "c", "from_ms": 0, "to_ms": 1 }).to_string();
    let row = disputes::Row {
        criterion: "need".to_owned(),
        clip,
        reason: "She names it.".to_owned().into(),
    };
    let dispute = disputes::add(tx, &v, &claim, &[row], &rules, end)
        .await
        .unwrap();
    let max = people::by_login(tx, "max").await.unwrap().unwrap().id;
    let plan = claim.plan_id.clone().unwrap();
    let new = NewPlan {
        campaign: &claim.campaign_id,
        amount: &Money::new(4_500, "EUR"),
        terms: &Terms::default(),
        payable_after_days: 14,
        from: None,
    };
    let draft = plans::propose(tx, &Actor::Shell, &new, end).await.unwrap();
    let claim = claims::by_id(tx, &claim.id).await.unwrap().unwrap();
    let ruling = rulings::accuse(tx, &max, &claim, "Nobody called", end)
        .await
        .unwrap();
    let asked = NewQuestion {
        about: About::WrongPlan,
        subject: Subject::Claim(&claim.id),
        text: "Why?",
    };
    let clock = Answering {
        within_days: 3,
        zone: &Zone::utc(),
    };
    let question = questions::ask(tx, &claim.person_id, &asked, &clock, end)
        .await
        .unwrap();
    Judged {
        question,
        second_review,
        dispute,
        plan,
        draft,
        ruling,
        claimant: claim.person_id,
    }
}

/// A source of the first client, and a list that came in for it.
async fn listed(tx: &mut Tx) -> (SourceId, ImportId) {
    let now = assay::clock::Clock::System.now();
    let tom = people::by_login(tx, "tom").await.unwrap().unwrap();
    let campaign = leads::open_campaigns(tx, &tom.id).await.unwrap().remove(0);
    let sources = sources::of_client(tx, &campaign.client_id).await.unwrap();
    let new = NewImport {
        campaign: &campaign,
        supplier: "Messe AG",
        file_name: "northlight.csv",
        map: &[],
        total: 0,
    };
    let import = imports::begin(tx, &Actor::Shell, &new, now).await.unwrap();
    (sources[0].id.clone(), import)
}

#[test]
fn the_table_is_written_down() {
    let now = written();
    if std::env::var_os("WRITE").is_some() {
        std::fs::write(TABLE, &now).unwrap();
    }
    assert!(
        std::fs::read_to_string(TABLE).unwrap_or_default() == now,
        "src/api/ACCESS.md is not what the routes are: WRITE=1 cargo test --test access writes it"
    );
}

#[test]
fn every_route_answers_every_role_and_client_as_the_table_says() {
    let demo = Demo::start();
    let tom = demo.sign_in("tom");
    let call = tom.get("/calls")["calls"]
        .as_array()
        .unwrap()
        .iter()
        .find(|c| c["duration_ms"].is_u64())
        .unwrap()
        .clone();
    let claim = tom.get("/claims")["claims"][0].clone();
    let version = demo.sign_in("mia").get("/checklists")["checklists"][0]["versions"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let (own, other) = in_store(&demo, async |tx| {
        let tom = people::by_login(tx, "tom").await.unwrap().unwrap();
        let sofia = people::by_login(tx, "sofia").await.unwrap().unwrap();
        let (northlight, calder) = (
            people::clients_of(tx, &tom.id).await.unwrap(),
            people::clients_of(tx, &sofia.id).await.unwrap(),
        );
        let (mut own, mut other) = (Vec::new(), Vec::new());
        for role in Role::ALL {
            own.push(enter(&demo, tx, &format!("own-{role}"), *role, &northlight).await);
            other.push(enter(&demo, tx, &format!("other-{role}"), *role, &calder).await);
        }
        (own, other)
    });
    let share = {
        let (max, id) = (demo.sign_in("max"), call["id"].as_str().unwrap());
        let clip = json!({ "from_ms": 0, "to_ms": 1000, "reason": "access", "hours": 1 });
        max.post(&format!("/calls/{id}/shares"), clip, "access-share");
        let shares = max.get(&format!("/calls/{id}/shares"));
        shares["shares"][0]["id"].as_str().unwrap().to_owned()
    };
    let judged = in_store(&demo, async |tx| judged(tx).await);
    let (source, import) = in_store(&demo, async |tx| listed(tx).await);
    let nobody = Client::new(&demo.address);
    let filled = |path: &str| {
        let id = match path.split('/').nth(1).unwrap() {
            "calls" => call["id"].as_str().unwrap(),
            "claims" | "review" | "handovers" => claim["id"].as_str().unwrap(),
            "leads" => claim["lead_id"].as_str().unwrap(),
            "checklists" => &version,
            "second-reviews" => &judged.second_review,
            "disputes" => &judged.dispute,
            "plans" if path.contains("/drafts/") => &judged.draft,
            "plans" => &judged.plan,
            "rulings" => &judged.ruling,
            "questions" => &judged.question,
            "sources" => &source,
            "imports" => &import,
            "people" if path.ends_with("/payroll-number") => &judged.claimant,
            _ => "01990000-0000-7000-8000-000000000000",
        };
        path.replace("{id}", id)
            .replace("{name}", "2026-11")
            .replace("{instruction}", "pause")
            .replace("{share}", &share)
            .replace("{token}", "00")
    };
    let body = |path: &str| match path {
        "/session" => json!({ "login": "nobody", "password": "x" }),
        "/review/{id}/verdict" => json!({ "answers": [], "note": "" }),
        "/checklists" => json!({ "client": "01990000-0000-7000-8000-000000000000", "toml": "" }),
        _ => json!({}),
    };
    let mut cells = 0;
    for route in table() {
        let path = filled(route.path);
        let ask = |who: &Client| {
            if route.path == "/events" {
                return (who.status_only(&path), Value::Null);
            }
            let sent = (route.method != "GET").then(|| body(route.path));
            who.send(route.method.as_str(), &path, sent, Some("access-key-1"))
        };
        let (status, _) = ask(&nobody);
        assert_eq!(
            status == 401,
            route.may != May::Anybody || route.path == "/session" && route.method == "POST",
            "{} {path}, not signed in: {status}",
            route.method
        );
        for (clients, whose) in [(&own, "own"), (&other, "other")] {
            for (role, who) in Role::ALL.iter().zip(clients) {
                if route.path == "/session" {
                    continue;
                }
                let (status, answer) = ask(who);
                let what = format!(
                    "{} {path}, {role} of the {whose} client: {status} {answer}",
                    route.method
                );
                cells += 1;
                assert!(status < 500, "{what}");
                if !route.may.admits(*role) {
                    let machines = matches!(route.may, May::Machine(_));
                    assert_eq!(status, if machines { 401 } else { 403 }, "{what}");
                    continue;
                }
                // Signing takes a head; judging takes a client of one's own.
                let refused_by_rule = route.path.ends_with("/sign")
                    || (route.may == May::Disinterested && whose == "other");
                assert!(
                    status != 401 && (status != 403 || refused_by_rule),
                    "{what}"
                );
                // People and tokens are the house's, and so are its administrators.
                let of_the_house = route.may == May::Roles(&[Role::Admin]);
                if whose == "other" && !of_the_house {
                    let text = answer.to_string();
                    for secret in [
                        "Norvik",
                        "Brightwater",
                        "Tom Brandt",
                        call["id"].as_str().unwrap(),
                        claim["id"].as_str().unwrap(),
                        &judged.second_review,
                        &judged.dispute,
                        &judged.plan,
                        &judged.draft,
                        &judged.ruling,
                        &judged.question,
                        &judged.claimant,
                        &source,
                        &import,
                        "northlight.csv",
                    ] {
                        assert!(!text.contains(secret), "{secret} is in {what}");
                    }
                    // What is named in the address belongs to the first client.
                    let named = route.path.contains("{id}");
                    assert!(
                        !named || matches!(status, 400 | 403 | 404 | 415 | 422 | 426),
                        "{what}"
                    );
                }
            }
        }
    }
    println!("{} routes, {cells} cells tried", table().len());
}
