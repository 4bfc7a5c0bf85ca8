//! Reports of leads under the promise that nobody is singled out, attacked over HTTP: whatever days,
//! parts and files are asked for, now and later, a figure is a sum of pieces of five people or more.

use super::*;
use assay::identity::PayBasis;
use assay::report::aggregate::{days_of, settled_on, settled_within};
use assay::store::people::{self, NewPerson};
use assay::units::{ClientId, PersonId, day_number, numbered_day};
use common::{Client, enter, until};
use std::collections::{BTreeMap, BTreeSet};

const BY: Actor = Actor::Shell;
/// A source, whose its leads are, and who calls them in even and in odd blocks.
type Called = (&'static str, &'static str, [(usize, usize); 2]);

/// By source, who calls its leads in even and in odd blocks, of six: from the first to the last.
const CALLED: [Called; 4] = [
    ("website request", "marketing", [(0, 5), (0, 5)]),
    // Five, and four.
    ("trade show", "marketing", [(0, 4), (0, 3)]),
    // One alone.
    ("webinar", "marketing", [(5, 5), (5, 5)]),
    // Four; the fifth comes too late.
    ("referral", "sales", [(1, 4), (1, 4)]),
];
const EACH: usize = 4;

/// What the test knows of a lead.
struct Known {
    block: i64,
    source: &'static str,
    is_told: bool,
    contacted: bool,
    rep: Option<usize>,
}

struct Floor {
    house: House,
    callers: Vec<PersonId>,
    blocks: Vec<i64>,
    leads: Vec<Lead>,
    known: Vec<Known>,
}

async fn person(tx: &mut Tx, login: &str, role: Role, client: &ClientId) -> PersonId {
    let new = NewPerson {
        login,
        name: login,
        role,
        pay_basis: PayBasis::Fixed,
        password_hash: "x",
        clients: std::slice::from_ref(client),
    };
    people::add(tx, &BY, &new, at("2025-01-01")).await.unwrap()
}

fn noon(day: i64) -> WallTime {
    at(&format!("{}T12:00:00Z", numbered_day(day).unwrap()))
}

impl Floor {
    async fn enter(demo: &Demo, tx: &mut Tx) -> (Floor, Client) {
        let client = people::add_client(tx, &BY, "Alone", at("2025-01-01"))
            .await
            .unwrap();
        let max = enter(
            demo,
            tx,
            "floor-max",
            Role::Manager,
            std::slice::from_ref(&client),
        )
        .await;
        let mut callers = Vec::new();
        let mut reps = Vec::new();
        for n in 0..6 {
            let login = |role: &str| format!("floor-{role}-{n}");
            callers.push(person(tx, &login("t"), Role::Telemarketer, &client).await);
            reps.push(person(tx, &login("s"), Role::Sales, &client).await);
        }
        let house = House {
            caller: callers[0].clone(),
            reviewer: person(tx, "floor-r", Role::Reviewer, &client).await,
            manager: callers[0].clone(),
            reps,
            campaign: "campaign".to_owned().into(),
            version: "version".to_owned(),
            client,
        };
        let today = day_number(&assay::clock::Clock::System.now().to_string()[..10]).unwrap();
        // The house's day may be another one.
        let last = *settled_within(None, today - 1).end();
        let mut floor = Floor {
            house,
            callers,
            blocks: (last - 3..=last).collect(),
            leads: Vec::new(),
            known: Vec::new(),
        };
        floor.fill();
        (floor, max)
    }

    fn fill(&mut self) {
        let mut random = Seeded(5);
        for block in self.blocks.clone() {
            let odd = usize::from(block % 2 != 0);
            for (source, _, called) in CALLED {
                let (first, last) = called[odd];
                for caller in first..=last {
                    for _ in 0..EACH {
                        let day = days_of(block).0 + random.below(20) as i64;
                        self.lead(&mut random, (block, source), noon(day), caller);
                    }
                }
            }
            // She comes to a lead of the four after the block is told.
            let late = noon(settled_on(block) + 1);
            let dial = self.dial(late, Some(90), 5);
            let of_four = self.leads.iter_mut().rev().find(|l| l.source == "referral");
            of_four.unwrap().dials.push(dial);
        }
        for known in &mut self.known {
            let called = CALLED.iter().find(|c| c.0 == known.source).unwrap();
            let (first, last) = called.2[usize::from(known.block % 2 != 0)];
            known.is_told = last - first + 1 >= 5;
        }
    }

    fn dial(&self, at: WallTime, talked: Option<i64>, by: usize) -> Dial {
        Dial {
            at,
            talked,
            by: self.callers[by].clone(),
        }
    }

    fn lead(
        &mut self,
        random: &mut Seeded,
        (block, source): (i64, &'static str),
        received: WallTime,
        caller: usize,
    ) {
        let contacted = random.hits(0.6);
        let rep = (contacted && random.hits(0.6)).then(|| match block % 2 {
            0 => random.below(6) as usize,
            _ => random.below(3) as usize,
        });
        let mut dials = vec![self.dial(days_after(received, 1), contacted.then_some(60), caller)];
        if !contacted {
            // What comes of it later changes nothing.
            dials.push(self.dial(noon(settled_on(block) + 2), Some(70), caller));
        }
        let handed = rep.map(|rep| Handed {
            at: days_after(received, 3),
            answers: vec![("budget", "in_place")],
            to: Some(self.house.reps[rep].clone()),
            answer: Some(Said {
                at: days_after(received, 5),
                by: self.house.reps[rep].clone(),
                answer: "now",
                reason: None,
                criterion: None,
                note: "",
            }),
            second: None,
        });
        self.leads.push(Lead {
            id: format!("floor-{}", self.leads.len()),
            source,
            received,
            dials,
            handed,
        });
        self.known.push(Known {
            block,
            source,
            is_told: false,
            contacted,
            rep,
        });
    }

    /// Leads that somebody talked to and that came no farther stand there since.
    fn stages(&self) -> String {
        let mut sql = String::new();
        for (lead, known) in self.leads.iter().zip(&self.known) {
            let talked = lead.dials.iter().find(|d| d.talked.is_some());
            let (Some(dial), None) = (talked, known.rep) else {
                continue;
            };
            let (id, at) = (&lead.id, dial.at.micros() + 9_000_000);
            sql.push_str(&format!(
                "INSERT INTO lead_stages (lead_id, nth, at, actor, stage) VALUES ('{id}', 1, {at}, \
                 'tap', 'contacted');\nUPDATE lead_work SET stage = 'contacted' WHERE lead_id = \
                 '{id}';\n"
            ));
        }
        sql
    }

    /// Blocks that lie whole between two days, the last included.
    fn within(&self, from: i64, to: i64) -> BTreeSet<i64> {
        let is_whole = |b: &&i64| from <= days_of(**b).0 && days_of(**b).1 <= to + 1;
        self.blocks.iter().filter(is_whole).copied().collect()
    }

    fn count(&self, blocks: &BTreeSet<i64>, holds: impl Fn(&Known) -> bool) -> i64 {
        let told = self.known.iter().filter(|k| blocks.contains(&k.block));
        told.filter(|k| holds(k)).count() as i64
    }
}

/// Leads that came in, were contacted and handed over, of the whole and of each part.
type Came = BTreeMap<String, [i64; 3]>;

fn came(steps: &Value) -> [i64; 3] {
    let of = |nth: usize| steps[nth]["reached"].as_i64().unwrap();
    [of(0), of(1), of(4)]
}

fn expected(floor: &Floor, blocks: &BTreeSet<i64>, by: &str) -> Came {
    let mut all = Came::new();
    all.insert("all".to_owned(), [0; 3]);
    let told = floor
        .known
        .iter()
        .filter(|k| k.is_told && blocks.contains(&k.block));
    for known in told {
        let origin = CALLED.iter().find(|c| c.0 == known.source).unwrap().1;
        let part = match by {
            "source" => known.source.to_owned(),
            "campaign" => "Euro".to_owned(),
            "origin" => origin.to_owned(),
            "month" => numbered_day(days_of(known.block).0).unwrap(),
            _ => String::new(),
        };
        for name in ["all".to_owned(), format!("of {part}")] {
            let counts = all.entry(name).or_default();
            counts[0] += 1;
            counts[1] += i64::from(known.contacted);
            counts[2] += i64::from(known.rep.is_some());
        }
    }
    all
}

/// Asks for the funnel of all these days and parts; gives how many answers there were.
fn ask_funnels(max: &Client, floor: &Floor, days: &[i64]) -> usize {
    let mut asked = 0;
    let client = &floor.house.client;
    for from in days {
        for to in days.iter().filter(|to| *to >= from) {
            let span = |day| numbered_day(day).unwrap();
            let span = format!("client={client}&from={}&to={}", span(*from), span(*to));
            let blocks = floor.within(*from, *to);
            for by in ["source", "campaign", "supplier", "origin", "month"] {
                let expected = expected(floor, &blocks, by);
                let made = max.get(&format!("/reports/funnel?{span}&by={by}"));
                let mut found = Came::new();
                found.insert("all".to_owned(), came(&made["steps"]));
                for part in made["parts"].as_array().unwrap() {
                    let name = format!("of {}", part["name"].as_str().unwrap());
                    found.insert(name, came(&part["steps"]));
                }
                assert_eq!(found, expected, "{span} by {by}");
                let (_, csv) = max.text(&format!("/reports/funnel.csv?{span}&by={by}"));
                let whole = csv
                    .lines()
                    .find(|l| l.starts_with("all,contacted,"))
                    .unwrap();
                let contacted = expected["all"][1];
                assert!(
                    whole.starts_with(&format!("all,contacted,{contacted},")),
                    "{whole}"
                );
                asked += 2;
            }
        }
    }
    asked
}

/// The waterfall and the gate of all these days.
fn ask_others(max: &Client, floor: &Floor, days: &[i64]) -> usize {
    let mut asked = 0;
    let client = &floor.house.client;
    for from in days {
        for to in days.iter().filter(|to| *to >= from) {
            let span = |day| numbered_day(day).unwrap();
            let span = format!("client={client}&from={}&to={}", span(*from), span(*to));
            let blocks = floor.within(*from, *to);
            let way = max.get(&format!("/reports/waterfall?{span}"));
            let stretch = |nth: usize| {
                let of = |what| way["stretches"][nth][what].as_i64().unwrap();
                [of("ended"), of("open")]
            };
            let told = floor.count(&blocks, |k| k.is_told);
            let contacted = floor.count(&blocks, |k| k.is_told && k.contacted);
            assert_eq!(stretch(0), [told, 0], "{span}");
            assert_eq!(stretch(1), [contacted, told - contacted], "{span}");
            // One claims, and one judges.
            for nth in [2, 3, 4] {
                assert_eq!(stretch(nth), [0, 0], "{span}: {nth}");
            }
            // In odd blocks three have all.
            let handed = floor.count(&blocks, |k| k.block % 2 == 0 && k.rep.is_some());
            assert_eq!(stretch(8), [handed, 0], "{span}");
            let gate = max.get(&format!("/reports/gate?{span}"));
            assert_eq!(gate["people"], json!([]), "{span}");
            assert_eq!(gate["all"]["leads"], handed, "{span}");
            let (_, csv) = max.text(&format!("/reports/gate.csv?{span}"));
            assert_eq!(csv.lines().count(), 2, "{csv}");
            let (_, csv) = max.text(&format!("/reports/waterfall.csv?{span}"));
            assert!(
                csv.contains(&format!("first_contact,telemarketing,{contacted},")),
                "{csv}"
            );
            asked += 4;
        }
    }
    asked
}

/// What came of leads, as a list and as sheets, by all that they are told apart by.
fn ask_results(max: &Client, floor: &Floor, days: &[i64]) -> usize {
    let mut asked = 0;
    let client = &floor.house.client;
    for pair in days.windows(2) {
        let day = |day| numbered_day(day).unwrap();
        let span = format!(
            "client={client}&from={}&until={}",
            day(pair[0]),
            day(pair[1])
        );
        for by in ["source", "campaign", "supplier", "list"] {
            let made = max.get(&format!("/results?{span}&by={by}"));
            for part in made["sources"].as_array().unwrap() {
                let months = part["months"].as_array().unwrap().iter();
                for counts in months.map(|m| &m["counts"]).chain([&part["counts"]]) {
                    for what in ["not_called", "never_answered", "reached"] {
                        let is_told = counts["untold"] == 0;
                        assert_eq!(counts[what].is_null(), !is_told, "{counts}");
                    }
                    let sum: i64 = ["duplicates", "dead", "passed", "untold"]
                        .iter()
                        .map(|what| counts[*what].as_i64().unwrap())
                        .sum();
                    assert_eq!(counts["delivered"], sum, "{counts}");
                }
            }
            let (_, csv) = max.text(&format!("/results/counts.csv?{span}&by={by}"));
            for line in csv.lines().filter(|l| l.contains(",never_answered,")) {
                assert!(line.ends_with(",never_answered,,0,,,"), "{line}");
            }
            asked += 2;
        }
        let (_, csv) = max.text(&format!("/results.csv?{span}"));
        for line in csv.lines().skip(1) {
            assert!(
                line.contains(",,,,,untold,")
                    || line.contains(",,,,,passed,")
                    || line.contains(",,,,,accepted,"),
                "{line}"
            );
        }
        asked += 1;
    }
    asked
}

fn attack(demo: &Demo, raw: impl AsyncFn(&str)) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (floor, max) = in_store(demo, async |tx| Floor::enter(demo, tx).await);
    let sql = format!(
        "{}{}{}",
        floor.house.begin(),
        floor.house.leads(&floor.leads, 5_000),
        floor.stages()
    );
    runtime.block_on(raw(&sql));
    until("the calls are counted", || {
        max.get("/reports/slots")["waiting"] == 0
    });
    let client = &floor.house.client;
    let before = max.get(&format!("/reports/overview?client={client}&days=90"));
    assert!(!before["calls"].is_null());
    let body = json!({ "client": client, "act": "promise" });
    assert_eq!(
        max.send("POST", "/reports/promise", Some(body), None).0,
        204
    );
    // Every border of a block, a day before and after it, and days in between.
    let mut days: Vec<i64> = Vec::new();
    for block in &floor.blocks {
        let (from, to) = days_of(*block);
        days.extend([from - 1, from, from + 1, to - 2, to - 1]);
    }
    days.push(days_of(*floor.blocks.last().unwrap()).1 + 20);
    days.sort_unstable();
    days.dedup();
    let mut asked = ask_funnels(&max, &floor, &days);
    asked += ask_others(&max, &floor, &days);
    asked += ask_results(&max, &floor, &days);
    for days in 1..=92 {
        let seen = max.get(&format!("/reports/overview?client={client}&days={days}"));
        assert!(seen["calls"].is_null(), "{seen}");
        assert!(max.get(&format!("/reports/overview?days={days}"))["calls"].is_null());
        asked += 2;
    }
    let foretold = max.get(&format!("/reports/forecast?client={client}"));
    assert!(foretold["reached"].is_null(), "{foretold}");
    println!("SHOW {asked} questions on {}", demo.database());
    assert!(asked > 2_500, "{asked}");
    // She, who is one alone, calls the leads of the others today: nothing that was told moves.
    let mut more = String::new();
    let now = assay::clock::Clock::System.now().micros() - 3_600_000_000;
    for (nth, lead) in floor.leads.iter().enumerate().step_by(3) {
        more.push_str(&format!(
            "INSERT INTO calls (id, started_at, answered_at, ended_at, outcome, direction, \
             recovered, person_id, client_id, lead_id, lead_by, facts, sealed_at) VALUES \
             ('late-{nth}', {now}, {now}, {}, 'answered', 'outbound', 0, '{}', '{client}', '{}', \
             'choice', '{{}}', {now});\n",
            now + 90_000_000,
            floor.callers[5],
            lead.id
        ));
    }
    runtime.block_on(raw(&more));
    let few: Vec<i64> = days.iter().step_by(4).copied().collect();
    ask_funnels(&max, &floor, &few);
    ask_others(&max, &floor, &few);
}

#[test]
fn nobody_is_singled_out_of_leads_by_thousands_of_questions() {
    let demo = Demo::start();
    let path = demo.data.join("assay.db");
    attack(&demo, async |sql: &str| {
        let pool = sqlx::SqlitePool::connect(&format!("sqlite:{}", path.display())).await;
        Raw::Sqlite(pool.unwrap()).run(sql).await;
    });
    let Some(postgres) = Postgres::start() else {
        return;
    };
    let demo = Demo::start_on(Some(postgres.url()), "");
    attack(&demo, async |sql: &str| {
        let pool = sqlx::PgPool::connect(&postgres.url()).await;
        Raw::Postgres(pool.unwrap()).run(sql).await;
    });
}
