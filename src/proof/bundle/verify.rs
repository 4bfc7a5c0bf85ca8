//! Verifies a bundle by itself: no box, no clock, no network.
//!
//! The order of the checks is part of the format, so that every verifier names the same first
//! fault: document, key, checkpoints with their time stamps, items, links, agreements, rules,
//! amounts, sound, and last the checkpoint from elsewhere.

use crate::proof::bundle::amount::check_amounts;
use crate::proof::bundle::broken::{Broken, Fault};
use crate::proof::bundle::document::{Bundle, Item, Step};
use crate::proof::bundle::links::{compare, follow_links};
use crate::proof::bundle::rules::check_rules;
use crate::proof::bundle::walk::text;
use crate::proof::check::{Head, is_consistent, is_included};
use crate::proof::checkpoint::{CheckpointError, open};
use crate::proof::commitment::leaf;
use crate::proof::cosign::cosigned_at;
use crate::proof::hash::Hash;
use crate::proof::json::MAX_INTEGER;
use crate::proof::key::VerifierKey;
use crate::proof::kind::Kind;
use crate::proof::note::Note;
use crate::proof::stamp;

/// Whom the verifier trusts, and what it holds in hand beside the bundle.
#[derive(Debug, Clone, Copy)]
pub struct Given<'a> {
    /// The log's key, from a source other than the bundle.
    pub log: &'a VerifierKey,
    /// Witnesses whose cosignatures are verified where there are any.
    pub witnesses: &'a [VerifierKey],
    /// SHA-256 of the sound files at hand; each must be one of the bundle's.
    pub audio: &'a [Hash],
    /// A checkpoint of the same log from elsewhere, as an old statement carries it.
    pub other_checkpoint: Option<&'a [u8]>,
}

/// What is proved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The subject of the entry.
    pub entry: String,
    /// The tree in which all items are.
    pub head: Head,
    /// Witnesses of the trees, with the time in seconds since 1970.
    pub cosigned: Vec<(String, u64)>,
    /// Trees with a time stamp; whether its signature holds is for others to say.
    pub stamped: Vec<Stamped>,
    /// Items that are erased: their place in the log is proved, and nothing of what they said.
    pub erased: Vec<String>,
    /// The chain in words, a line for each link.
    pub lines: Vec<String>,
}

/// A tree whose root was shown to an authority.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamped {
    pub head: Head,
    /// By the authority's clock, in seconds since 1970.
    pub at: u64,
    /// Its answer (RFC 3161).
    pub answer: Vec<u8>,
}

/// Verifies a bundle.
///
/// # Errors
/// The first thing that does not hold.
pub fn verify(bytes: &[u8], given: &Given) -> Result<Report, Broken> {
    let bundle = Bundle::parse(bytes)?;
    check_key(&bundle, given.log)?;
    let mut lines = vec![format!("the log is {}", given.log)];
    let (mut cosigned, mut stamped) = (Vec::new(), Vec::new());
    let heads = check_checkpoints(&bundle, given, &mut lines, (&mut cosigned, &mut stamped))?;
    let head = *heads.last().ok_or_else(no_checkpoint)?;
    for item in &bundle.items {
        check_item(item, head)?;
        lines.push(format!("{} is leaf {} of the log", item.name(), item.leaf));
    }
    lines.extend(check_chain(&bundle)?);
    lines.extend(check_audio(&bundle, given.audio)?);
    if let Some(note) = given.other_checkpoint {
        lines.push(check_other(note, given.log, &heads)?);
    }
    let erased = bundle.items.iter().filter(|item| item.opened.is_none());
    Ok(Report {
        head,
        cosigned,
        stamped,
        erased: erased.map(Item::name).collect(),
        entry: bundle.entry,
        lines,
    })
}

fn no_checkpoint() -> Broken {
    Broken::new(Fault::Frame, "checkpoints", "there is none")
}

fn check_key(bundle: &Bundle, trusted: &VerifierKey) -> Result<(), Broken> {
    if bundle.log == trusted.to_string() {
        return Ok(());
    }
    let why = format!("the bundle is of the log {}, not of {trusted}", bundle.log);
    Err(Broken::new(Fault::Key, "log", why))
}

fn check_checkpoints(
    bundle: &Bundle,
    given: &Given,
    lines: &mut Vec<String>,
    (cosigned, stamped): (&mut Vec<(String, u64)>, &mut Vec<Stamped>),
) -> Result<Vec<Head>, Broken> {
    let mut heads: Vec<Head> = Vec::new();
    for (n, step) in bundle.checkpoints.iter().enumerate() {
        let place = format!("checkpoints[{n}]");
        let broken = |why: String| Broken::new(Fault::Checkpoint, &place, why);
        let opened = open(step.note.as_bytes(), given.log);
        let (checkpoint, note) = opened.map_err(|e| broken(e.to_string()))?;
        let head = checkpoint.head;
        let smallest = heads.last().map_or(0, |before| before.size);
        if head.size <= smallest || head.size > MAX_INTEGER.unsigned_abs() {
            return Err(broken("is not larger than the one before".into()));
        }
        lines.push(format!("a checkpoint of {} leaves is signed", head.size));
        for (name, at) in check_witnesses(&note, given.witnesses).map_err(broken)? {
            lines.push(format!("{name} witnessed it {at} seconds after 1970"));
            cosigned.push((name, at));
        }
        check_step(heads.last().copied(), head, step, &place)?;
        if let Some(found) = check_stamp(step, head, &place)? {
            lines.push(format!(
                "a time stamp of it says {} seconds after 1970",
                found.at
            ));
            stamped.push(found);
        }
        heads.push(head);
    }
    Ok(heads)
}

fn check_witnesses(note: &Note, witnesses: &[VerifierKey]) -> Result<Vec<(String, u64)>, String> {
    let mut times = Vec::new();
    for witness in witnesses {
        let at = cosigned_at(note, witness).map_err(|e| e.to_string())?;
        times.extend(at.map(|at| (witness.name().to_owned(), at)));
    }
    Ok(times)
}

fn check_step(before: Option<Head>, head: Head, step: &Step, place: &str) -> Result<(), Broken> {
    let follows = match before {
        None => step.proof.is_empty(),
        Some(before) => is_consistent(before, head, &step.proof),
    };
    if follows {
        return Ok(());
    }
    let why = "is not shown to follow from the one before";
    Err(Broken::new(Fault::Consistency, place, why))
}

fn check_stamp(step: &Step, head: Head, place: &str) -> Result<Option<Stamped>, Broken> {
    let Some(answer) = &step.stamp else {
        return Ok(None);
    };
    let found = stamp::is_of(answer, head.root);
    let found = found.map_err(|why| Broken::new(Fault::Stamp, place, why.to_string()))?;
    Ok(Some(Stamped {
        head,
        at: found.at,
        answer: answer.clone(),
    }))
}

fn check_item(item: &Item, head: Head) -> Result<(), Broken> {
    if let Some(opened) = &item.opened
        && opened.record.commitment(&opened.salt) != item.commitment
    {
        let why = "the content is not what the log committed to";
        return Err(Broken::new(Fault::Commitment, item.name(), why));
    }
    let leaf = leaf(item.commitment);
    if !is_included(leaf, item.leaf, head.size, head.root, &item.proof) {
        let why = "is not shown to be in the log";
        return Err(Broken::new(Fault::Inclusion, item.name(), why));
    }
    Ok(())
}

fn check_chain(bundle: &Bundle) -> Result<Vec<String>, Broken> {
    if bundle.item(Kind::LedgerEntry, &bundle.entry).is_none() {
        let why = format!("the ledger_entry {} is not here", bundle.entry);
        return Err(Broken::new(Fault::Link, "entry", why));
    }
    let mut lines = follow_links(bundle)?;
    compare(bundle)?;
    check_rules(bundle)?;
    lines.extend(check_amounts(bundle)?);
    Ok(lines)
}

fn check_audio(bundle: &Bundle, at_hand: &[Hash]) -> Result<Vec<String>, Broken> {
    let mut lines = Vec::new();
    for audio in &bundle.audio {
        let place = format!("audio {}", audio.recording);
        let broken = |why| Err(Broken::new(Fault::Audio, &place, why));
        let recording = bundle.item(Kind::Recording, &audio.recording);
        let Some(opened) = recording.and_then(|item| item.opened.as_ref()) else {
            return broken("is of no recording that is here and not erased");
        };
        if text(opened.record.content(), "sha256") != Some(&audio.sha256.to_hex()) {
            return broken("is not the sound of the recording that was judged");
        }
        let how = match at_hand.contains(&audio.sha256) {
            true => "the file at hand is",
            false => "a file with this hash is",
        };
        let (hash, recording) = (audio.sha256, &audio.recording);
        lines.push(format!("{how} the sound of recording {recording}: {hash}"));
    }
    match at_hand.iter().find(|h| !holds_sound(bundle, h)) {
        Some(hash) => {
            let why = format!("the file at hand, {hash}, is no sound of this bundle");
            Err(Broken::new(Fault::Audio, "audio", why))
        }
        None => Ok(lines),
    }
}

fn holds_sound(bundle: &Bundle, hash: &Hash) -> bool {
    bundle.audio.iter().any(|audio| audio.sha256 == *hash)
}

fn check_other(note: &[u8], log: &VerifierKey, heads: &[Head]) -> Result<String, Broken> {
    let broken = |why: String| Broken::new(Fault::OtherCheckpoint, "other checkpoint", why);
    let (other, _) = open(note, log).map_err(|error| {
        broken(match error {
            CheckpointError::OtherLog { found, .. } => {
                format!("is of another log or another box: '{found}'")
            }
            error => error.to_string(),
        })
    })?;
    let size = other.head.size;
    match heads.iter().find(|head| head.size == size) {
        Some(head) if *head == other.head => {
            Ok(format!("the checkpoint at hand, of {size} leaves, fits"))
        }
        Some(_) => Err(broken(format!(
            "the log has been rewritten: its first {size} leaves are not those of the checkpoint \
             at hand"
        ))),
        None => Err(broken(format!(
            "the bundle has no proof from a tree of {size} leaves: ask for a bundle made for this \
             checkpoint"
        ))),
    }
}
