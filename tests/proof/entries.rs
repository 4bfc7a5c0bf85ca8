//! The money of the made-up team: accruals with their arithmetic, reversals, corrections, rulings.

use crate::seed::Seed;
use crate::stories::{HOUR, Names, Team, text};
use crate::world::{list, object};
use assay::proof::{Hash, Kind, Object, Value};

impl Team {
    fn entry_fields(&self, names: &Names, kind: &str, amount: i64, hours: i64) -> Object {
        object([
            ("entry_kind", text(kind)),
            ("payee", text(&names.claimant)),
            ("lead", text(&names.of("lead"))),
            ("campaign", text(&names.campaign)),
            ("claim", text(&names.of("claim"))),
            ("verdict", text(&names.of("verdict"))),
            ("checklist_version", text(&names.checklist)),
            ("plan", text(&names.plan)),
            ("plan_version", Value::Int(2)),
            ("amount", Value::Int(amount)),
            ("currency", text("EUR")),
            ("booked_at", Value::Int(names.claimed_at + hours * HOUR)),
        ])
    }

    pub fn accrual(&mut self, seed: &mut Seed, names: &Names, overturned: bool) -> u64 {
        let base = self.amounts[&names.plan];
        let (payee, steps, amount) = arithmetic(seed, base, &names.claimant);
        self.amounts.insert(names.of("entry"), amount);
        let mut fields = self.entry_fields(names, "accrual", amount, 3);
        fields.insert("payee".to_owned(), text(&payee));
        if let Some(steps) = steps {
            fields.insert("arithmetic".to_owned(), list(steps));
        }
        if overturned {
            fields.insert("second_review".to_owned(), text(&names.of("second")));
        }
        self.world
            .add(seed, Kind::LedgerEntry, &names.of("entry"), fields)
    }

    /// A reversal by a ruling, or a correction.
    pub fn take_back(
        &mut self,
        seed: &mut Seed,
        names: &Names,
        leaves: &mut Vec<u64>,
        sound: Hash,
    ) {
        let entry = self
            .world
            .placed(self.world.leaf_of(Kind::LedgerEntry, &names.of("entry")));
        let payee = entry.opened.unwrap().record.content()["payee"].clone();
        let (base, amount) = (self.amounts[&names.plan], self.amounts[&names.of("entry")]);
        let shared = payee != text(&names.claimant);
        let mut fields = if seed.one_in(3) && !shared {
            self.entry_fields(names, "correction", base - amount, 5)
        } else {
            self.reversal(seed, names, leaves, sound, amount)
        };
        fields.insert("payee".to_owned(), payee);
        fields.insert("corrects".to_owned(), text(&names.of("entry")));
        let name = names.of("back");
        leaves.push(self.world.add(seed, Kind::LedgerEntry, &name, fields));
        self.tell(&name, leaves, names, sound);
    }

    fn reversal(
        &mut self,
        seed: &mut Seed,
        names: &Names,
        leaves: &mut Vec<u64>,
        sound: Hash,
        amount: i64,
    ) -> Object {
        let reason = *seed.pick(&["duplicate", "fraud", "overturned"]);
        let mut fields = self.entry_fields(names, "reversal", -amount, 5);
        fields.insert("reason".to_owned(), text(reason));
        if reason == "overturned" {
            leaves.push(self.second_review(seed, names, sound, false));
            fields.insert("second_review".to_owned(), text(&names.of("second")));
        } else {
            leaves.extend(self.ruling(seed, names, reason));
            fields.insert("ruling".to_owned(), text(&names.of("ruling")));
        }
        fields
    }

    /// A ruling, and before it the claim that a duplicate is the same as.
    fn ruling(&mut self, seed: &mut Seed, names: &Names, kind: &str) -> Vec<u64> {
        let mut leaves = Vec::new();
        let mut fields = object([
            ("claim", text(&names.of("claim"))),
            ("ruling_kind", text(kind)),
            ("ruled_by", text("manager-1")),
            ("ruled_at", Value::Int(names.claimed_at + 4 * HOUR)),
            ("same_as", Value::Null),
        ]);
        if kind == "fraud" {
            fields.insert("confirmed_by".to_owned(), text("admin-1"));
        } else {
            let first = object([("claimant", text("person-2")), ("lead", text("lead-0"))]);
            let name = names.of("first");
            leaves.push(self.world.add(seed, Kind::Claim, &name, first));
            fields.insert("same_as".to_owned(), text(&name));
        }
        let name = names.of("ruling");
        leaves.push(self.world.add(seed, Kind::Ruling, &name, fields));
        leaves
    }
}

/// Who is paid, by which steps, how much.
fn arithmetic(seed: &mut Seed, base: i64, claimant: &str) -> (String, Option<Vec<Object>>, i64) {
    let step = |what: &str, members: &[(&str, i64)]| {
        let mut step = object([("what", text(what))]);
        step.extend(members.iter().map(|&(k, v)| (k.to_owned(), Value::Int(v))));
        step
    };
    if seed.one_in(2) {
        return (claimant.to_owned(), None, base);
    }
    let (mut payee, mut amount) = (claimant.to_owned(), base);
    let mut steps = vec![step("plan", &[("amount", base)])];
    if seed.one_in(2) {
        amount = base + 501;
        steps.push(step("tier", &[("from", 11), ("amount", amount)]));
    }
    if seed.one_in(2) {
        let rest = seed.between(0, 1);
        amount = amount * 300 / 1000 + rest;
        steps.push(step("split", &[("per_mille", 300), ("rest", rest)]));
        payee = "person-3".to_owned();
    }
    if seed.one_in(2) {
        let before = seed.between(90_000, 101_000);
        amount = amount.min((100_000 - before).max(0));
        steps.push(step("cap", &[("cap", 100_000), ("before", before)]));
    }
    (payee, Some(steps), amount)
}
