//! Small changes of values.

use crate::seed::Seed;
use assay::proof::{Object, Value};

/// Changes one value of a record, and not its kind or subject.
pub fn change_a_value(fields: &mut Object, seed: &mut Seed) {
    let names = fields.keys().filter(|k| *k != "kind" && *k != "subject");
    let names: Vec<String> = names.cloned().collect();
    let name = seed.pick(&names).clone();
    let changed = match &fields[&name] {
        Value::Int(int) => Value::Int(int + seed.between(1, 9)),
        Value::Text(text) => Value::Text(format!("{text}x")),
        Value::Bool(bool) => Value::Bool(!bool),
        Value::Null => Value::Int(0),
        Value::List(_) => Value::List(Vec::new()),
        Value::Object(_) => Value::Null,
    };
    let same = changed == fields[&name];
    fields.insert(name, if same { Value::Int(1) } else { changed });
}

/// Puts any value anywhere, or takes one out.
pub fn disturb(value: &mut Value, seed: &mut Seed) {
    match value {
        Value::Object(object) if !object.is_empty() && !seed.one_in(12) => {
            let names: Vec<String> = object.keys().cloned().collect();
            let name = seed.pick(&names).clone();
            match seed.below(10) {
                0 => drop(object.remove(&name)),
                1 => drop(object.insert("more".to_owned(), Value::Null)),
                _ => disturb(object.get_mut(&name).unwrap(), seed),
            }
        }
        Value::List(list) if !list.is_empty() && !seed.one_in(12) => {
            let n = seed.below(list.len());
            match seed.below(10) {
                0 => drop(list.remove(n)),
                1 => list.push(list[n].clone()),
                _ => disturb(&mut list[n], seed),
            }
        }
        value => *value = another(value, seed),
    }
}

fn another(value: &Value, seed: &mut Seed) -> Value {
    match (value, seed.below(8)) {
        (Value::Int(int), 0..3) => Value::Int(int + seed.between(-2, 2)),
        (Value::Int(int), 3) => Value::Int(-int),
        (Value::Text(text), 0..3) => Value::Text(format!("{text}{}", seed.words())),
        (Value::Text(text), 3) => Value::Text(text.to_uppercase()),
        (_, 4) => Value::Null,
        (_, 5) => Value::Bool(seed.one_in(2)),
        (_, 6) => Value::Int(seed.between(-5, 5_000_000_000)),
        (_, 7) => Value::List(vec![Value::Object(Object::new())]),
        _ => Value::Text(seed.words()),
    }
}
