//! Makes up what a team does in a month: campaigns, calls, claims, verdicts, entries.

use crate::seed::Seed;
use crate::world::{Story, World, list, object};
use assay::proof::bundle::Audio;
use assay::proof::{Hash, Kind, Object, Value, sha256};
use std::collections::BTreeMap;

const NOW: i64 = 1_790_000_000_000_000;
pub const HOUR: i64 = 3_600_000_000;

/// A log of some campaigns and many entries.
pub fn team(seed: &mut Seed, entries: usize) -> (World, Vec<Story>) {
    let mut team = Team::default();
    for campaign in 0..3 {
        team.campaign(seed, campaign);
    }
    for n in 0..entries {
        team.entry(seed, n);
        if seed.one_in(3) {
            team.checkpoint();
        }
    }
    team.checkpoint();
    (team.world, team.stories)
}

#[derive(Default)]
pub struct Team {
    pub world: World,
    pub stories: Vec<Story>,
    pub amounts: BTreeMap<String, i64>,
}

/// What a claim's records are called.
pub struct Names {
    pub n: usize,
    pub campaign: String,
    pub plan: String,
    pub checklist: String,
    pub claimant: String,
    pub reviewer: String,
    pub claimed_at: i64,
}

impl Names {
    pub fn of(&self, what: &str) -> String {
        format!("{what}-{}", self.n)
    }
}

pub fn text(text: &str) -> Value {
    text.into()
}

fn hash_of(text: &str) -> Hash {
    sha256(&[text.as_bytes()])
}

impl Team {
    fn checkpoint(&mut self) {
        let size = self.world.leaves.len();
        if self.world.sizes.last() != Some(&size) {
            self.world.sizes.push(size);
        }
    }

    fn campaign(&mut self, seed: &mut Seed, n: usize) {
        let amount = seed.between(1000, 9000);
        self.amounts.insert(format!("plan-{n}"), amount);
        let tier = object([
            ("from", Value::Int(11)),
            ("amount", Value::Int(amount + 501)),
        ]);
        let share = |per_mille| object([("per_mille", Value::Int(per_mille))]);
        let plan = object([
            ("campaign", text(&format!("campaign-{n}"))),
            ("version", Value::Int(2)),
            ("amount", Value::Int(amount)),
            ("currency", text("EUR")),
            ("approved_at", Value::Int(NOW)),
            ("tiers", list([tier])),
            ("splits", list([share(700), share(300)])),
            ("cap", Value::Int(100_000)),
        ]);
        self.world.add(seed, Kind::Plan, &format!("plan-{n}"), plan);
        for person in 0..4 {
            let ack = object([
                ("plan", text(&format!("plan-{n}"))),
                ("payee", text(&format!("person-{person}"))),
                ("at", Value::Int(NOW + HOUR)),
            ]);
            let name = format!("ack-{n}-{person}");
            self.world.add(seed, Kind::PlanAck, &name, ack);
        }
        let body = format!("{{\"criteria\":[\"need {}\"]}}", seed.words());
        let checklist = object([
            ("version", Value::Int(1)),
            ("sha256", text(&hash_of(&body).to_hex())),
            ("body", text(&body)),
        ]);
        let name = format!("checklist-{n}");
        self.world
            .add(seed, Kind::ChecklistVersion, &name, checklist);
    }

    fn entry(&mut self, seed: &mut Seed, n: usize) {
        let campaign = seed.below(3);
        let names = Names {
            n,
            campaign: format!("campaign-{campaign}"),
            plan: format!("plan-{campaign}"),
            checklist: format!("checklist-{campaign}"),
            claimant: format!("person-{}", seed.below(4)),
            reviewer: "reviewer-1".to_owned(),
            claimed_at: NOW + HOUR * (2 + n as i64),
        };
        let sound = hash_of(&names.of("sound"));
        let overturned = seed.one_in(6);
        let mut leaves = vec![
            self.world.leaf_of(Kind::Plan, &names.plan),
            self.world.leaf_of(Kind::ChecklistVersion, &names.checklist),
            self.recording(seed, &names, sound),
            self.claim(seed, &names),
            self.verdict(seed, &names, sound, !overturned),
        ];
        for person in 0..4 {
            let ack = names.plan.replace("plan", "ack") + &format!("-{person}");
            leaves.push(self.world.leaf_of(Kind::PlanAck, &ack));
        }
        if overturned {
            leaves.push(self.second_review(seed, &names, sound, true));
        }
        if seed.one_in(4) {
            leaves.push(self.log_line(seed, &names));
        }
        leaves.push(self.accrual(seed, &names, overturned));
        self.tell(&names.of("entry"), &leaves, &names, sound);
        if !overturned && seed.one_in(3) {
            self.take_back(seed, &names, &mut leaves, sound);
        }
    }

    pub fn tell(&mut self, entry: &str, leaves: &[u64], names: &Names, sound: Hash) {
        let file = names
            .n
            .is_multiple_of(2)
            .then(|| format!("call {}.opus", names.n));
        let audio = Audio {
            recording: names.of("recording"),
            sha256: sound,
            file,
        };
        self.stories.push(Story {
            entry: entry.to_owned(),
            leaves: leaves.to_vec(),
            audio: vec![audio],
        });
    }

    fn recording(&mut self, seed: &mut Seed, names: &Names, sound: Hash) -> u64 {
        let fields = object([
            ("sha256", text(&sound.to_hex())),
            ("duration_ms", Value::Int(seed.between(60_000, 600_000))),
            ("starts_at", Value::Int(names.claimed_at - HOUR)),
        ]);
        self.world
            .add(seed, Kind::Recording, &names.of("recording"), fields)
    }

    fn claim(&mut self, seed: &mut Seed, names: &Names) -> u64 {
        let mut fields = object([
            ("lead", text(&names.of("lead"))),
            ("campaign", text(&names.campaign)),
            ("claimant", text(&names.claimant)),
            ("shared_with", Value::List(vec![text("person-3")])),
            ("company", text(&seed.words())),
            ("write_up", text(&seed.words())),
            ("made_at", Value::Int(names.claimed_at)),
            (
                "recordings",
                list([object([("recording", text(&names.of("recording")))])]),
            ),
        ]);
        if seed.one_in(2) {
            fields.insert("plan".to_owned(), text(&names.plan));
            fields.insert("checklist_version".to_owned(), text(&names.checklist));
        }
        self.world
            .add(seed, Kind::Claim, &names.of("claim"), fields)
    }

    fn judged(&self, seed: &mut Seed, names: &Names, sound: Hash, passed: bool) -> Object {
        let from = seed.between(0, 30_000);
        let clip = object([
            ("recording", text(&names.of("recording"))),
            ("from_ms", Value::Int(from)),
            ("to_ms", Value::Int(from + seed.between(1, 30_000))),
        ]);
        let answer = object([
            ("criterion", text("need")),
            ("answer", text(if passed { "yes" } else { "no" })),
            ("clips", list([clip])),
        ]);
        let heard = object([
            ("recording", text(&names.of("recording"))),
            ("sha256", text(&sound.to_hex())),
        ]);
        object([
            ("claim", text(&names.of("claim"))),
            ("passed", passed.into()),
            ("recordings", list([heard])),
            ("answers", list([answer])),
            ("note", text(&seed.words())),
        ])
    }

    fn verdict(&mut self, seed: &mut Seed, names: &Names, sound: Hash, passed: bool) -> u64 {
        let mut fields = self.judged(seed, names, sound, passed);
        let claim = self
            .world
            .placed(self.world.leaf_of(Kind::Claim, &names.of("claim")));
        let rests_on = object([
            ("kind", text("claim")),
            ("subject", text(&names.of("claim"))),
            ("commitment", text(&claim.commitment.to_hex())),
        ]);
        let body = self
            .world
            .placed(self.world.leaf_of(Kind::ChecklistVersion, &names.checklist));
        let checklist = body.opened.unwrap().record.content()["sha256"].clone();
        fields.extend(object([
            ("reviewer", text(&names.reviewer)),
            ("checklist_version", text(&names.checklist)),
            ("checklist_sha256", checklist),
            ("committed_at", Value::Int(names.claimed_at + HOUR)),
            ("rests_on", list([rests_on])),
        ]));
        self.world
            .add(seed, Kind::Verdict, &names.of("verdict"), fields)
    }

    pub fn second_review(
        &mut self,
        seed: &mut Seed,
        names: &Names,
        sound: Hash,
        passed: bool,
    ) -> u64 {
        let mut fields = self.judged(seed, names, sound, passed);
        fields.extend(object([
            ("verdict", text(&names.of("verdict"))),
            ("reviewer", text("reviewer-2")),
            ("decided_at", Value::Int(names.claimed_at + 2 * HOUR)),
        ]));
        self.world
            .add(seed, Kind::SecondReview, &names.of("second"), fields)
    }

    fn log_line(&mut self, seed: &mut Seed, names: &Names) -> u64 {
        let fields = object([("action", text("verdict.final")), ("seq", Value::Int(4))]);
        self.world
            .add(seed, Kind::LogLine, &names.of("line"), fields)
    }
}
