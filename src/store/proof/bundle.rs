//! A bundle: an entry with all that it rests on, proved in the log.

use crate::commission::Part;
use crate::proof::bundle::{Audio, Bundle, Contents, LINKS, Opened, Placed, compose, tiles_needed};
use crate::proof::{Checkpoint, Hash, Kind, Note, Object, Record, Value, VerifierKey, open};
use crate::store::commission::ledger;
use crate::store::proof::checkpoints::{self, Signed};
use crate::store::proof::{log, others, records, tiles};
use crate::store::{Result, StoreError, Tx};
use crate::units::EntryId;
use std::collections::{BTreeMap, BTreeSet};

/// Makes the bundle of an entry, proved in the newest checkpoint. `older` are checkpoints, as
/// notes, that it is to be held against: those of statements that somebody has.
///
/// # Errors
/// [`StoreError::Conflict`] while the entry, or what it rests on, waits to be sealed into the log;
/// [`StoreError::Refused`] when there is no such entry, or an older checkpoint is not of this log.
pub async fn of_entry(
    tx: &mut Tx,
    key: &VerifierKey,
    (entry, reader): (&EntryId, Reader),
    older: Vec<String>,
) -> Result<Bundle> {
    if ledger::by_id(tx, entry).await?.is_none() {
        return Err(StoreError::Refused(format!(
            "there is no entry {entry} in the ledger: `assay commission export` lists them"
        )));
    }
    let Some(newest) = checkpoints::latest(tx).await? else {
        return Err(NOT_YET);
    };
    let mut records = closure(tx, entry).await?;
    if reader == Reader::Payee {
        close_what_is_others(&mut records, entry);
    }
    if records
        .iter()
        .any(|r| i64::try_from(r.leaf).is_ok_and(|leaf| leaf >= newest.size))
    {
        return Err(NOT_YET);
    }
    let notes = checkpoints_for(tx, key, newest, older).await?;
    let contents = Contents {
        log: key,
        entry: entry.as_str(),
        audio: sounds(&records),
        records,
        checkpoints: notes,
    };
    let refused = |why: String| StoreError::Refused(why);
    let needed = tiles_needed(&contents).map_err(|why| refused(why.to_string()))?;
    let held = tiles::read(tx, needed).await?;
    let mut bundle = compose(contents, &held).map_err(|why| refused(why.to_string()))?;
    for step in &mut bundle.checkpoints {
        step.stamp = stamp_of(tx, &step.note).await?;
    }
    Ok(bundle)
}

/// The notes of a bundle, smallest tree first: the older ones that were given, the newest that has
/// a time stamp and the newest that was cosigned, and last the newest of all. A tree begins with
/// the smaller ones: what was said of those holds for each leaf that they have.
async fn checkpoints_for(
    tx: &mut Tx,
    key: &VerifierKey,
    newest: Signed,
    older: Vec<String>,
) -> Result<Vec<String>> {
    let size = newest.size;
    let mut notes = BTreeMap::new();
    for own in others::anchors(tx, size).await?.into_iter().chain([newest]) {
        notes.insert(own.size, others::note_of(tx, &own).await?);
    }
    for note in older {
        let opened = open(note.as_bytes(), key);
        let (checkpoint, _) = opened.map_err(|why| StoreError::Refused(why.to_string()))?;
        let of = i64::try_from(checkpoint.head.size).unwrap_or(i64::MAX);
        if of > size {
            return Err(StoreError::Refused(format!(
                "that checkpoint has {of} leaves, and this log {size}: it was cut off, or is another"
            )));
        }
        // Where the two differ, the verifier finds it.
        notes.entry(of).or_insert(note);
    }
    Ok(notes.into_values().collect())
}

/// The time stamp of a checkpoint, if it is of its root.
async fn stamp_of(tx: &mut Tx, note: &str) -> Result<Option<Vec<u8>>> {
    let text = Note::parse(note.as_bytes()).ok();
    let Some(checkpoint) = text.and_then(|note| Checkpoint::parse(note.text()).ok()) else {
        return Ok(None);
    };
    let size = i64::try_from(checkpoint.head.size).unwrap_or(i64::MAX);
    let stamped = others::stamp_of(tx, size).await?;
    stamped.map(|stamped| stamped.answer()).transpose()
}

/// Who is to read a bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// The entry's payee.
    Payee,
    /// Who answers for the campaign, or holds the box.
    Manager,
}

/// Of a colleague's claim a payee is shown that it is in the log, and not what it says. Who has an
/// opener's part is shown that the claim is shared with them, and not how it was judged.
fn close_what_is_others(records: &mut [Placed], entry: &EntryId) {
    let of_entry = |name: &str| {
        let own = records
            .iter()
            .find(|r| r.kind == Kind::LedgerEntry && r.subject == entry.as_str());
        let content = own?.opened.as_ref()?.record.content();
        content.get(name)?.text().map(str::to_owned)
    };
    let (own, part) = (of_entry("claim"), of_entry("part"));
    let opener = part.as_deref() == Some(Part::Opener.as_str());
    let others = |r: &&mut Placed| match r.kind {
        Kind::Claim => Some(&r.subject) != own.as_ref(),
        Kind::Verdict | Kind::SecondReview | Kind::Recording => opener,
        _ => false,
    };
    for other in records.iter_mut().filter(others) {
        other.opened = None;
    }
}

const NOT_YET: StoreError = StoreError::Conflict(
    "it is not sealed into the log yet: that takes some seconds; try again in a minute",
);

/// The entry, and whatever the links lead to from there.
async fn closure(tx: &mut Tx, entry: &EntryId) -> Result<Vec<Placed>> {
    let mut wanted = vec![(Kind::LedgerEntry, entry.to_string())];
    let (mut seen, mut placed) = (BTreeSet::new(), Vec::new());
    while let Some((kind, subject)) = wanted.pop() {
        if !seen.insert((kind, subject.clone())) {
            continue;
        }
        let Some(one) = place(tx, kind, &subject).await? else {
            // What the entry itself is missing for ever is a finding of `check`, not of a reader.
            if kind == Kind::LedgerEntry {
                return Err(NOT_YET);
            }
            continue;
        };
        if let Some(opened) = &one.opened {
            wanted.extend(leads_to(&opened.record));
        }
        placed.push(one);
    }
    placed.sort_by_key(|p| p.leaf);
    Ok(placed)
}

async fn place(tx: &mut Tx, kind: Kind, subject: &str) -> Result<Option<Placed>> {
    let Some(leaf) = log::find(tx, kind, subject).await? else {
        return Ok(None);
    };
    let salt = leaf.salt()?;
    let (mut found, _) = records::of(tx, kind, &[subject.to_owned()]).await?;
    let opened = found.remove(subject).map(|record| Opened { salt, record });
    Ok(Some(Placed {
        kind,
        subject: subject.to_owned(),
        leaf: u64::try_from(leaf.idx).unwrap_or(0),
        commitment: leaf.commitment()?,
        opened,
    }))
}

/// What a record points at, by the format's own table; and of an entry that its payee had read the
/// plan.
fn leads_to(record: &Record) -> Vec<(Kind, String)> {
    let mut found = Vec::new();
    for link in LINKS.iter().filter(|link| link.from == record.kind()) {
        let mut objects = vec![record.content()];
        for part in link.each.split('.').filter(|part| !part.is_empty()) {
            let name = part.trim_end_matches("[]");
            objects = objects.iter().flat_map(|o| members(o, name)).collect();
        }
        let subjects = objects.iter().filter_map(|o| o.get(link.field)?.text());
        found.extend(subjects.map(|subject| (link.to, subject.to_owned())));
    }
    let text = |name: &str| record.content().get(name).and_then(Value::text);
    if let (Kind::LedgerEntry, Some(plan), Some(payee)) =
        (record.kind(), text("plan"), text("payee"))
    {
        found.push((Kind::PlanAck, format!("{plan}:{payee}")));
    }
    found
}

fn members<'a>(object: &'a Object, name: &str) -> Vec<&'a Object> {
    let list = object.get(name).and_then(Value::list).unwrap_or_default();
    list.iter().filter_map(Value::object).collect()
}

fn sounds(records: &[Placed]) -> Vec<Audio> {
    let recordings = records.iter().filter(|r| r.kind == Kind::Recording);
    let sound = |r: &Placed| {
        let record = &r.opened.as_ref()?.record;
        let sha256 = record.content().get("sha256")?.text()?;
        Some(Audio {
            recording: r.subject.clone(),
            sha256: Hash::from_hex(sha256)?,
            file: None,
        })
    };
    recordings.filter_map(sound).collect()
}
