//! Tampering by whoever can write the log anew: with the old signatures, with another key, or with
//! the box's own.

use crate::disturb::{change_a_value, disturb};
use crate::seed::Seed;
use crate::tamper::{Case, Told, refused, unknown};
use crate::world::{log_key, other_key};
use assay::proof::{Kind, Object, Value};

pub fn rewritten_unsigned(told: &Told, seed: &mut Seed) -> Case {
    let leaf = *seed.pick(&told.story.leaves);
    let world = told.rewritten(leaf, |fields| change_a_value(fields, seed));
    let mut log = world.log(&log_key());
    let good = |note: &str| note.split("\n\n").nth(1).unwrap().to_owned();
    let signatures: Vec<String> = told
        .log
        .notes
        .iter()
        .map(|(_, n)| good(&n.to_string()))
        .collect();
    let mut bundle = told.document(&world, &log);
    for (step, &n) in bundle.checkpoints.iter_mut().zip(&told.checkpoints) {
        let text = log.notes[n].1.text().to_owned();
        step.note = format!("{text}\n{}", signatures[n]);
    }
    log.notes.clear();
    // A checkpoint before the changed record is what it was; the last is not.
    refused(told.case(&bundle))
}

pub fn rewritten_other_key(told: &Told, seed: &mut Seed) -> Case {
    let leaf = *seed.pick(&told.story.leaves);
    let world = told.rewritten(leaf, |fields| change_a_value(fields, seed));
    let (log, forged) = (world.log(&log_key()), world.log(&other_key()));
    let mut bundle = told.document(&world, &log);
    for (step, &n) in bundle.checkpoints.iter_mut().zip(&told.checkpoints) {
        step.note = forged.notes[n].1.to_string();
    }
    if seed.one_in(2) {
        bundle.log = other_key().verifier().to_string();
    }
    refused(told.case(&bundle))
}

/// The box itself, with its own key, wrote a log of records that contradict each other.
pub fn lie(told: &Told, seed: &mut Seed) -> Case {
    let number = |fields: &mut Object, name: &str, by: i64| {
        let value = fields[name].int().unwrap() + by;
        fields.insert(name.to_owned(), Value::Int(value));
    };
    let to = |fields: &mut Object, name: &str, text: &str| {
        fields.insert(name.to_owned(), text.into());
    };
    let which = seed.below(8);
    let world = told.rewritten(told.entry_leaf(), |fields| match which {
        0 => number(fields, "amount", 1),
        1 => to(fields, "payee", "person-9"),
        2 => to(fields, "lead", "lead-x"),
        3 => to(fields, "currency", "USD"),
        4 => to(fields, "campaign", "campaign-x"),
        5 => to(fields, "claim", "claim-x"),
        6 => number(fields, "booked_at", -1_000_000_000_000_000),
        _ => to(fields, "entry_kind", "bonus"),
    });
    let log = world.log(&log_key());
    // The other checkpoint would be of the log before it was rewritten.
    let case = told.case(&told.document(&world, &log));
    let erased_claim = told.erased.iter().any(|&n| {
        let leaf = told.story.leaves[n] as usize;
        told.world.leaves[leaf].record.kind() == Kind::Claim
    });
    match which == 1 || (which == 2 && erased_claim) {
        // No acknowledgement is of person-9; a lead is compared with the claim only.
        true => unknown(Case {
            other: None,
            ..case
        }),
        false => refused(Case {
            other: None,
            ..case
        }),
    }
}

pub fn any_field(told: &Told, seed: &mut Seed) -> Case {
    let leaf = *seed.pick(&told.story.leaves);
    let world = told.rewritten(leaf, |fields| {
        let mut value = Value::Object(std::mem::take(fields));
        disturb(&mut value, seed);
        if let Value::Object(changed) = value {
            *fields = changed;
        }
    });
    let log = world.log(&log_key());
    let case = told.case(&told.document(&world, &log));
    unknown(Case {
        other: None,
        ..case
    })
}

pub fn other_rewritten(told: &Told, seed: &mut Seed) -> Case {
    let world = told.rewritten(0, |fields| change_a_value(fields, seed));
    let mut case = told.honest();
    let n = *seed.pick(&told.checkpoints);
    case.other = Some(world.log(&log_key()).notes[n].1.to_string());
    refused(case)
}

pub fn other_without_proof(told: &Told, seed: &mut Seed) -> Case {
    let mut case = told.honest();
    let n = seed.below(told.log.notes.len());
    let size = |n: usize| told.log.notes[n].0;
    case.other = Some(told.log.notes[n].1.to_string());
    match told.checkpoints.iter().any(|&c| size(c) == size(n)) {
        true => case,
        false => refused(case),
    }
}
