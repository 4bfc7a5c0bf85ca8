//! The pages of a saved statement: each holds all lines, and the proofs of its own.

use crate::api::commission::saved::{PLACE, nodes};
use crate::api::commission::statement::Statement;
use crate::proof::bundle::{Bundle, Item};
use crate::proof::{Checkpoint, Note};
use crate::store::StoreError;
use crate::units::{EntryId, WallTime};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Write;
use std::ops::Range;

/// Bytes of a page at most: a mail takes it, and a telephone opens it.
pub(super) const MOST_BYTES: usize = 500_000;

/// A statement with what proves its lines.
pub(super) struct Whole {
    pub made_at: WallTime,
    /// The log's verifier key.
    pub log: String,
    /// The newest signed note.
    pub checkpoint: Option<String>,
    pub statement: Statement,
    /// Of the lines that are sealed.
    pub bundles: BTreeMap<EntryId, Bundle>,
}

impl Whole {
    /// All lines, oldest first.
    fn lines(&self) -> Vec<&EntryId> {
        let newest_first = self.statement.since.iter().chain(&self.statement.entries);
        let mut ids: Vec<&EntryId> = newest_first.map(|e| &e.id).collect();
        ids.reverse();
        ids
    }
}

/// Its pages, in as few parts as fit.
///
/// # Errors
/// [`StoreError::Refused`] when no number of parts does.
pub(super) fn of(template: &str, whole: &Whole) -> Result<Vec<String>, StoreError> {
    let lines = whole.lines().len();
    let mut parts = 1;
    while parts <= lines.max(1) {
        let made = in_parts(template, whole, parts)?;
        let largest = made.iter().map(String::len).max().unwrap_or(0);
        if largest < MOST_BYTES {
            return Ok(made);
        }
        // At once to about as many as are needed.
        parts = (parts + 1).max(parts * largest / MOST_BYTES);
    }
    Err(StoreError::Refused(format!(
        "{lines} lines are more than files of 500 kB can list: print this statement, and ask for \
         the proof of a line where it is open"
    )))
}

fn in_parts(template: &str, whole: &Whole, of: usize) -> Result<Vec<String>, StoreError> {
    let sizes = sizes(whole.lines().len(), of);
    let (mut from, mut pages) = (0, Vec::with_capacity(of));
    for (n, size) in sizes.iter().enumerate() {
        let part = json!({ "number": n + 1, "sizes": sizes });
        let data = data(
            whole,
            from..from + size,
            if of == 1 { Value::Null } else { part },
        )?;
        pages.push(template.replacen(PLACE, &packed(&data)?, 1));
        from += size;
    }
    Ok(pages)
}

/// How many lines each of some parts has: as many as any other, but for one.
fn sizes(lines: usize, parts: usize) -> Vec<usize> {
    let end = |n: usize| n * lines / parts;
    (0..parts).map(|n| end(n + 1) - end(n)).collect()
}

/// What the page of a part holds; `own` are the places of its lines, the oldest first.
fn data(whole: &Whole, own: Range<usize>, part: Value) -> Result<Value, StoreError> {
    let lines = whole.lines();
    let mut proofs = Proofs::default();
    for bundle in lines[own.clone()]
        .iter()
        .filter_map(|id| whole.bundles.get(*id))
    {
        proofs.add(bundle)?;
    }
    let size = proofs.size()?;
    let items = proofs.items.iter().map(|(item, _)| *item);
    let nodes: Vec<String> = nodes::beside(items, size)
        .iter()
        .map(ToString::to_string)
        .collect();
    Ok(json!({
        "made_at": whole.made_at,
        "log": whole.log,
        "checkpoint": whole.checkpoint,
        "part": part,
        "nodes": nodes,
        "items": proofs.items.into_iter().map(|(_, written)| written).collect::<Value>(),
        "checkpoints": proofs.checkpoints,
        "audio": proofs.audio,
        "bundles": proofs.bundles,
        "statement": statement(whole, &own, lines.len())?,
    }))
}

/// The statement; of lines that another part proves as much as sums and places need.
fn statement(whole: &Whole, own: &Range<usize>, lines: usize) -> Result<Value, StoreError> {
    let mut said = serde_json::to_value(&whole.statement)?;
    let mut place = lines;
    for list in ["since", "entries"] {
        for line in said[list].as_array_mut().into_iter().flatten() {
            place -= 1;
            if !own.contains(&place) {
                leave_to_another_part(line);
            }
        }
    }
    Ok(said)
}

fn leave_to_another_part(line: &mut Value) {
    let booked_at = line["booked_at"].clone();
    for moment in ["earned_at", "payable_at"] {
        line[moment] = booked_at.clone();
    }
    for id in ["claim", "verdict"] {
        line[id] = json!("");
    }
    for more in ["arithmetic", "ruling"] {
        line[more] = Value::Null;
    }
}

/// The data as the page takes it: compressed, since proofs are long and alike. Nothing in it can
/// end the element that holds it.
fn packed(data: &Value) -> Result<String, StoreError> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    let bytes = gzip
        .write_all(data.to_string().as_bytes())
        .and_then(|()| gzip.finish());
    let bytes = bytes.map_err(|why| StoreError::Broken(format!("a statement to save: {why}")))?;
    Ok(json!({ "gzip": STANDARD.encode(bytes) }).to_string())
}

/// The bundles of lines, what several rest on once.
#[derive(Default)]
struct Proofs<'a> {
    /// Each with what is written of it: no proof, which follows from the others.
    items: Vec<(&'a Item, Value)>,
    known: BTreeMap<String, usize>,
    checkpoints: Value,
    audio: Vec<Value>,
    heard: BTreeMap<String, usize>,
    bundles: Vec<Value>,
    /// The last checkpoint, in whose tree all items are proved.
    last: Option<&'a str>,
}

impl<'a> Proofs<'a> {
    fn add(&mut self, bundle: &'a Bundle) -> Result<(), StoreError> {
        let mut written: Value = serde_json::from_str(&bundle.to_json())?;
        let mut list = |name: &str| match written[name].take() {
            Value::Array(list) => list,
            _ => Vec::new(),
        };
        let (items, audio) = (list("items"), list("audio"));
        self.checkpoints = written["checkpoints"].take();
        self.last = bundle.checkpoints.last().map(|step| step.note.as_str());
        let items = bundle.items.iter().zip(items);
        let items: Vec<usize> = items
            .map(|(item, written)| self.item(item, written))
            .collect();
        let sounds = bundle.audio.iter().zip(audio);
        let audio: Vec<usize> = sounds
            .map(|(sound, written)| {
                let name = sound.recording.clone();
                once(&mut self.heard, &mut self.audio, name, written)
            })
            .collect();
        let entry = &bundle.entry;
        self.bundles
            .push(json!({ "entry": entry, "items": items, "audio": audio }));
        Ok(())
    }

    fn item(&mut self, item: &'a Item, mut written: Value) -> usize {
        if let Some(members) = written.as_object_mut() {
            members.remove("proof");
        }
        once(
            &mut self.known,
            &mut self.items,
            item.name(),
            (item, written),
        )
    }

    /// Leaves of the tree that the items are proved in; 0: there is none.
    fn size(&self) -> Result<u64, StoreError> {
        let Some(note) = self.last else {
            return Ok(0);
        };
        let broken = |why: &dyn std::fmt::Display| StoreError::Broken(why.to_string());
        let note = Note::parse(note.as_bytes()).map_err(|why| broken(&why))?;
        let checkpoint = Checkpoint::parse(note.text()).map_err(|why| broken(&why))?;
        Ok(checkpoint.head.size)
    }
}

/// The place of something in a list, put there where it is not yet.
fn once<T>(
    known: &mut BTreeMap<String, usize>,
    list: &mut Vec<T>,
    name: String,
    value: T,
) -> usize {
    *known.entry(name).or_insert_with(|| {
        list.push(value);
        list.len() - 1
    })
}
