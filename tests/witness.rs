//! The proof as its users have it: a bundle from the page, verified by a command that knows no box;
//! the log's copy, against which a rewritten database is found out; a statement as one file.

mod common;

use assay::clock::Clock;
use assay::commission::Terms;
use assay::identity::{PayBasis, Role};
use assay::leads::import::LeadRow;
use assay::store::commission::plans::{self, NewPlan};
use assay::store::review::claiming::{self, NewClaim};
use assay::store::review::verdicts::NewVerdict;
use assay::store::review::{claims, verdicts};
use assay::store::{Actor, Tx, calls, leads, people};
use assay::units::{CampaignId, ClientId, LeadId, Micros, Money, PersonId, WallTime};
use common::judging::{answers, hear, recorded, rules};
use common::{Client, Demo, assay, in_store, passing, root, take, tamper, until};
use serde_json::Value;
use std::path::Path;
use std::process::Command;

fn earns(demo: &Demo, company: &str) -> (Client, Value) {
    let (tom, marek) = (demo.sign_in("tom"), demo.sign_in("marek"));
    let review = take(&marek, company);
    let path = format!("/review/{}/verdict", review["id"].as_str().unwrap());
    marek.post(&path, passing(&review), "verdict-key-1");
    until("the entry is sealed into the log", || {
        let statement = tom.get("/statement");
        let entry = &statement["entries"][0]["id"];
        entry
            .as_str()
            .is_some_and(|id| tom.status_only(&format!("/entries/{id}/bundle")) == 200)
    });
    let statement = tom.get("/statement");
    (tom, statement)
}

fn verify(bundle: &Path, more: &[&str]) -> (bool, String) {
    let done = assay(&[&["verify", bundle.to_str().unwrap()], more].concat());
    let said =
        String::from_utf8_lossy(&done.stdout).into_owned() + &String::from_utf8_lossy(&done.stderr);
    (done.status.success(), said)
}

#[test]
fn an_entry_is_proved_away_from_the_box_and_a_touched_proof_is_not() {
    let demo = Demo::start();
    let (tom, statement) = earns(&demo, "Norvik Ferries");
    let entry = statement["entries"][0]["id"].as_str().unwrap();
    let key = statement["checkpoint"]["key"].as_str().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("entry.json");
    let bundle = tom.get(&format!("/entries/{entry}/bundle")).to_string();
    std::fs::write(&file, &bundle).unwrap();
    let (holds, said) = verify(&file, &["--key", key]);
    assert!(
        holds && said.contains(&format!("yes: entry {entry} holds")),
        "{said}"
    );
    // Without a key it says whose it took.
    let (holds, said) = verify(&file, &[]);
    assert!(
        holds && said.contains("The key is the bundle's own"),
        "{said}"
    );
    let (holds, said) = verify(&file, &["--key", "assay-other+00000000+AAAA"]);
    assert!(!holds && said.contains("is no key of a log"), "{said}");

    // The statement's checkpoint is a witness of what comes later.
    let old = folder.path().join("checkpoint");
    std::fs::write(&old, statement["checkpoint"]["note"].as_str().unwrap()).unwrap();
    let (done, said) = demo.run(&[
        "commission",
        "bundle",
        entry,
        "--out",
        file.to_str().unwrap(),
        "--with-audio",
        "--since",
        old.to_str().unwrap(),
    ]);
    assert!(done && said.contains("proved by the log"), "{said}");
    let made: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    let sound = folder
        .path()
        .join(made["audio"][0]["file"].as_str().unwrap());
    let with = ["--key", key, "--audio", sound.to_str().unwrap()];
    let (holds, said) = verify(
        &file,
        &[&with[..], &["--checkpoint", old.to_str().unwrap()]].concat(),
    );
    assert!(holds, "{said}");
    let mut bytes = std::fs::read(&sound).unwrap();
    bytes[100] ^= 1;
    std::fs::write(&sound, bytes).unwrap();
    let (holds, said) = verify(&file, &with);
    assert!(
        !holds && said.starts_with("no: "),
        "one byte of audio: {said}"
    );
    for (what, from, to) in [
        ("the amount", "\"amount\":4000", "\"amount\":9000"),
        (
            "a name",
            "\"company\":\"Norvik Ferries\"",
            "\"company\":\"Norvik Fairies\"",
        ),
        (
            "an answer",
            "\"answer\":\"in_place\"",
            "\"answer\":\"none\"",
        ),
        ("the format", "assay-bundle", "assay-bungle"),
    ] {
        let touched = bundle.replace(from, to);
        assert_ne!(touched, bundle, "{what}");
        std::fs::write(&file, touched).unwrap();
        let (holds, said) = verify(&file, &["--key", key]);
        assert!(!holds && said.starts_with("no: "), "{what}: {said}");
    }
    std::fs::write(&file, &bundle[..bundle.len() / 2]).unwrap();
    let (holds, said) = verify(&file, &["--key", key]);
    assert!(!holds && said.starts_with("no: "), "cut short: {said}");

    // Nobody sees a colleague's.
    let ines = demo.sign_in("ines");
    assert_eq!(ines.status_only(&format!("/entries/{entry}/bundle")), 404);
    let (_, page) = tom.text("/statement/saved");
    let said = unpacked(&page);
    assert!(said.contains("Norvik Ferries") && said.contains(key) && !page.contains("__DATA__"));
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(said["bundles"][0]["entry"], entry);
    assert!(page.len() < 500_000, "{}", page.len());
}

/// A box without its log's key says so, makes no other, and does the rest of its work.
#[test]
fn a_box_without_its_log_s_key_works_on_and_says_so() {
    let mut demo = Demo::start();
    let (_, statement) = earns(&demo, "Norvik Ferries");
    let entry = statement["entries"][0]["id"].as_str().unwrap();
    let (key, away) = (demo.data.join("log.key"), demo.data.join("log.key.away"));
    std::fs::rename(&key, &away).unwrap();
    demo.kill_and_restart_unready();
    let tom = demo.sign_in("tom");
    assert_eq!(tom.get("/statement")["entries"][0]["id"], entry);
    assert_eq!(tom.status_only(&format!("/entries/{entry}/bundle")), 503);
    let (whole, said) = demo.run(&["check"]);
    assert!(
        !whole && said.contains("put it back from your backup"),
        "{said}"
    );
    assert!(!key.exists());
    std::fs::rename(&away, &key).unwrap();
    demo.kill_and_restart();
    let tom = demo.sign_in("tom");
    assert_eq!(tom.status_only(&format!("/entries/{entry}/bundle")), 200);
}

#[test]
fn a_rewritten_database_is_found_out_by_name() {
    let demo = Demo::start();
    let (_, statement) = earns(&demo, "Norvik Ferries");
    let entry = statement["entries"][0]["id"].as_str().unwrap();
    let check = |more: &[&str]| demo.run(&[&["check"], more].concat());
    let (whole, said) = check(&[]);
    assert!(whole && said.contains("agrees with"), "{said}");
    // A copy left the box with the first checkpoint.
    let copy = demo.data.join("log");
    until("a copy has left", || copy.join("checkpoint").exists());
    tamper(&demo, "DROP TRIGGER ledger_keeps");
    tamper(&demo, "UPDATE ledger SET company = 'Somebody Else'");
    let (whole, said) = check(&["--log", copy.to_str().unwrap()]);
    assert!(
        !whole && said.contains(&format!("ledger_entry {entry} is not what it was")),
        "{said}"
    );
    tamper(&demo, "UPDATE ledger SET company = 'Norvik Ferries'");
    tamper(&demo, "DROP TRIGGER audit_stays");
    tamper(&demo, "DELETE FROM audit WHERE seq = 3");
    let (whole, said) = check(&[]);
    assert!(
        !whole && said.contains("log_line 3 was taken away"),
        "{said}"
    );
    let other = demo.data.join("other");
    std::fs::write(&other, "assay-other\n1\nAAAA\n\n— x AAAA\n").unwrap();
    let (whole, said) = check(&["--log", other.to_str().unwrap()]);
    assert!(
        !whole && said.contains("is no checkpoint of this log"),
        "{said}"
    );
}

/// The data of a saved statement, as its page reads it.
fn unpacked(page: &str) -> String {
    use base64::Engine;
    use std::io::Read;
    let (_, rest) = page.split_once("{\"gzip\":\"").unwrap();
    let (text, _) = rest.split_once('"').unwrap();
    let bytes = base64::engine::general_purpose::STANDARD
        .decode(text)
        .unwrap();
    let mut said = String::new();
    flate2::read::GzDecoder::new(&bytes[..])
        .read_to_string(&mut said)
        .unwrap();
    said
}

/// More lines than one file may hold: each part proves its own in a browser without a network, and
/// says what is wrong once a line of it is touched.
#[test]
fn a_statement_in_parts_holds_in_a_browser_part_by_part() {
    const LINES: u32 = 450;
    let demo = Demo::start();
    no_month_ends_soon();
    in_store(&demo, async |tx| books(tx, LINES).await);
    let tom = demo.sign_in("tom");
    let period = tom.get("/statement")["period"].clone();
    let of = format!("/statement?period={}", period.as_str().unwrap());
    // The last hold ends some seconds from now.
    until("all lines are sealed into the log", || {
        let entries = tom.get(&of)["entries"].clone();
        let sealed = |id: &Value| {
            tom.status_only(&format!("/entries/{}/bundle", id.as_str().unwrap())) == 200
        };
        entries.as_array().unwrap().len() == LINES as usize && sealed(&entries[0]["id"])
    });
    let folder = tempfile::tempdir().unwrap();
    let zip = folder.path().join("statement.zip");
    let (status, _, bytes) = tom.range(&of.replace("?", "/saved?"), "bytes=0-");
    assert_eq!(status, 200);
    std::fs::write(&zip, bytes).unwrap();
    let read = Command::new("node")
        .arg(root().join("web/e2e/saved-parts.mjs"))
        .args([&zip, folder.path()])
        .arg(LINES.to_string())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&read.stdout);
    let wrong = String::from_utf8_lossy(&read.stderr);
    println!("{said}");
    assert!(read.status.success(), "{said}{wrong}");
}

/// All of it stands in one month.
fn no_month_ends_soon() {
    let month = |at| assay::units::Zone::utc().month(at);
    let now = || Clock::System.now();
    while month(now()) != month(now() + Micros::from_secs(60)) {
        std::thread::sleep(std::time::Duration::from_secs(1));
    }
}

/// A plan's leads of a telemarketer, claimed, passed and booked, one after the other.
async fn books(tx: &mut Tx, lines: u32) {
    let now = Clock::System.now();
    let fleet = leads::campaigns_by_name(tx, "Fleet autumn").await;
    let fleet = fleet.unwrap().remove(0);
    let (client, checklist) = (fleet.client_id, fleet.checklist_id);
    let who = async |tx: &mut Tx, login: &str| {
        let found = people::by_login(tx, login).await.unwrap();
        found.unwrap().id
    };
    let (tom, max) = (who(tx, "tom").await, who(tx, "max").await);
    let by = Actor::Shell;
    let campaign = leads::add_campaign(tx, &by, &client, "Vans", &checklist, now).await;
    let campaign = campaign.unwrap();
    let plan = NewPlan {
        campaign: &campaign,
        amount: &Money::new(4_000, "EUR"),
        terms: &Terms::default(),
        payable_after_days: 14,
        from: None,
    };
    let draft = plans::propose(tx, &by, &plan, now).await.unwrap();
    let plan = plans::approve(tx, &max, &draft, now).await.unwrap();
    plans::acknowledge(tx, &tom, &plan, now).await.unwrap();
    let of = leads::campaign(tx, &campaign).await.unwrap().unwrap();
    let rows: Vec<_> = (0..lines).map(|n| (lead(n), Vec::new())).collect();
    leads::importing::import(tx, &by, &of, &rows, 0, now)
        .await
        .unwrap();
    let mut reviewer = None;
    for n in 0..lines {
        // Nobody hears more than the clock allows: each listens to ten.
        if n % 10 == 0 {
            reviewer = Some(entered(tx, &client, n / 10, now).await);
        }
        let at = now + Micros::from_secs(i64::from(n % 10) * 2);
        let lead = leads::in_campaign(tx, &campaign, &format!("V-{n}")).await;
        let claim = Claiming {
            lead: &lead.unwrap().unwrap().id,
            campaign: &campaign,
            tom: &tom,
        };
        passed(tx, &claim, reviewer.as_ref().unwrap(), at).await;
    }
}

struct Claiming<'a> {
    lead: &'a LeadId,
    campaign: &'a CampaignId,
    tom: &'a PersonId,
}

fn lead(n: u32) -> LeadRow {
    LeadRow {
        id: format!("V-{n}"),
        company: format!("Vans {n} & Søn"),
        ..LeadRow::default()
    }
}

async fn entered(tx: &mut Tx, client: &ClientId, n: u32, now: WallTime) -> PersonId {
    let login = format!("reviewer-{n}");
    let new = people::NewPerson {
        login: &login,
        name: &login,
        role: Role::Reviewer,
        pay_basis: PayBasis::Fixed,
        password_hash: "x",
        clients: std::slice::from_ref(client),
    };
    people::add(tx, &Actor::Shell, &new, now).await.unwrap()
}

async fn passed(tx: &mut Tx, of: &Claiming<'_>, by: &PersonId, now: WallTime) {
    let call = recorded(tx, now).await;
    calls::set_lead(tx, of.tom, &call, of.lead, now)
        .await
        .unwrap();
    let new = NewClaim {
        lead: of.lead,
        campaign: of.campaign,
        person: of.tom,
        calls: std::slice::from_ref(&call),
        write_up: "",
        own_answers: "{}",
        by: assay::leads::ClaimedBy::Page,
    };
    let claim = claiming::add(tx, &new, now).await.unwrap();
    claims::take(tx, by, &claim, now).await.unwrap();
    let now = now + Micros::from_secs(1);
    hear(tx, &claim, by, &call, now).await;
    let new = NewVerdict {
        reviewer: by,
        answers: &answers(&call, true),
        note: "",
    };
    let rules = rules();
    let v = verdicts::commit(tx, &claim, &new, &rules, now)
        .await
        .unwrap();
    let end = v.hold_until;
    verdicts::make_final(tx, &v.id, &rules, end).await.unwrap();
}
