//! Every row held against its leaf, and the leaves against what has left the box (PRODUCT I10).

use crate::proof::{Edge, Hash, Head, Kind, Record, VerifierKey, leaf, open};
use crate::store::proof::log::{self, Leaf};
use crate::store::proof::sources::source;
use crate::store::proof::{checkpoints, records, states};
use crate::store::{ROWS_AT_A_TIME, Result, Tx, all, one};
use crate::units::Word;
use std::collections::BTreeMap;

/// The log as it was when it left the box: a checkpoint, and the leaf hashes where its tiles are
/// there too. Only these name a row when every hash on the box has been computed again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    pub head: Head,
    /// Of the first leaves, from 0 on; may be fewer than the checkpoint has.
    pub leaves: Vec<Hash>,
    /// What it is, for whoever reads the finding: a file's name.
    pub from: String,
}

/// What was looked at, and the first things that do not hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    pub leaves: u64,
    /// Rows that wait to become leaves.
    pub queued: i64,
    /// Checkpoints that the tree agrees with.
    pub checkpoints: usize,
    /// In the order of the log; at most [`MOST`].
    pub findings: Vec<String>,
}

/// More findings than these help nobody.
const MOST: usize = 20;

impl Outcome {
    fn found(&mut self, what: String) {
        if self.findings.len() < MOST {
            self.findings.push(what);
        }
    }
}

/// Reads everything again. Trust `key` from elsewhere than the database.
///
/// # Errors
/// When the database fails.
pub async fn all_rows(tx: &mut Tx, key: &VerifierKey, known: &[Known]) -> Result<Outcome> {
    let mut outcome = Outcome {
        queued: log::queued(tx).await?,
        ..Outcome::default()
    };
    let mut heads = signed(tx, key, &mut outcome).await?;
    heads.extend(known.iter().map(|k| (k.head, k.from.clone())));
    heads.sort_by_key(|(head, _)| head.size);
    let mut walk = Walk {
        edge: Edge::new(),
        heads,
        known,
    };
    let mut from = 0;
    loop {
        let leaves = page(tx, from).await?;
        let Some(last) = leaves.last() else { break };
        from = last.idx + 1;
        walk.rows(tx, &leaves, &mut outcome).await?;
        walk.hashes(&leaves, &mut outcome)?;
    }
    outcome.leaves = walk.edge.size();
    walk.rest(&mut outcome);
    if log::head(tx).await.ok().map(|head| head.root) != Some(walk.edge.root()) {
        outcome.found("the tiles of the log are not those of its leaves".to_owned());
    }
    unlogged(tx, &mut outcome).await?;
    stuck(tx, &mut outcome).await?;
    paid_for_nothing(tx, &mut outcome).await?;
    half_shared(tx, &mut outcome).await?;
    for finding in states::findings(tx).await? {
        outcome.found(finding);
    }
    has_left(tx, known, &mut outcome).await?;
    Ok(outcome)
}

/// The checkpoints that the database keeps.
async fn signed(
    tx: &mut Tx,
    key: &VerifierKey,
    outcome: &mut Outcome,
) -> Result<Vec<(Head, String)>> {
    let mut heads = Vec::new();
    for kept in checkpoints::kept(tx).await? {
        match open(kept.note.as_bytes(), key) {
            Ok((checkpoint, _)) => {
                let said = format!("the checkpoint of {}", kept.at);
                heads.push((checkpoint.head, said));
            }
            Err(why) => outcome.found(format!("the checkpoint of {}: {why}", kept.at)),
        }
    }
    Ok(heads)
}

async fn page(tx: &mut Tx, from: i64) -> Result<Vec<Leaf>> {
    Ok(all!(
        tx,
        Leaf,
        "SELECT idx, kind, subject, salt, commitment FROM leaves WHERE idx >= $1 ORDER BY idx \
         LIMIT $2",
        from,
        i64::try_from(ROWS_AT_A_TIME).unwrap_or(i64::MAX)
    )?)
}

struct Walk<'a> {
    edge: Edge,
    /// Trees that the leaves must come to, smallest first.
    heads: Vec<(Head, String)>,
    known: &'a [Known],
}

impl Walk<'_> {
    async fn rows(&self, tx: &mut Tx, leaves: &[Leaf], outcome: &mut Outcome) -> Result<()> {
        let mut by_kind: BTreeMap<Kind, Vec<String>> = BTreeMap::new();
        for l in leaves {
            by_kind.entry(l.kind).or_default().push(l.subject.clone());
        }
        let mut found = BTreeMap::new();
        for (kind, subjects) in &by_kind {
            found.insert(*kind, records::of(tx, *kind, subjects).await?);
        }
        for l in leaves {
            let of_kind = found.get(&l.kind);
            let unread = of_kind.and_then(|(_, unread)| unread.get(&l.subject));
            let record = of_kind.and_then(|(read, _)| read.get(&l.subject));
            let (salt, commitment) = (l.salt()?, l.commitment()?);
            let stands = record.map(|r| r.commitment(&salt)) == Some(commitment);
            match unread {
                Some(why) => outcome.found(why.clone()),
                None if stands || has_successor(tx, l, record).await? => {}
                None => outcome.found(said(l, record)),
            }
        }
        Ok(())
    }

    fn hashes(&mut self, leaves: &[Leaf], outcome: &mut Outcome) -> Result<()> {
        for l in leaves {
            let at = self.edge.size();
            if u64::try_from(l.idx) != Ok(at) {
                outcome.found(format!("leaf {at} of the log was taken away"));
            }
            let hash = leaf(l.commitment()?);
            let other = self.known.iter().find(|k| {
                let left = usize::try_from(at).ok().and_then(|at| k.leaves.get(at));
                left.is_some_and(|left| *left != hash)
            });
            if let Some(known) = other {
                outcome.found(format!(
                    "{} {}: leaf {at} is not the one that left the box ({})",
                    l.kind, l.subject, known.from
                ));
            }
            self.edge.grow([hash]);
            self.reached(outcome);
        }
        Ok(())
    }

    /// Compares the tree with those that have just this size.
    fn reached(&mut self, outcome: &mut Outcome) {
        let size = self.edge.size();
        while let Some((head, from)) = self.heads.first().filter(|(h, _)| h.size <= size) {
            match head.size < size || head.root == self.edge.root() {
                true => outcome.checkpoints += 1,
                false => outcome.found(format!(
                    "the first {size} leaves of the log are not those of {from}: something of them \
                     was changed, added or taken away"
                )),
            }
            self.heads.remove(0);
        }
    }

    /// Trees larger than the log is now.
    fn rest(&self, outcome: &mut Outcome) {
        for (head, from) in &self.heads {
            outcome.found(format!(
                "the log has {} leaves, and {from} has {}: the newest were taken away",
                self.edge.size(),
                head.size
            ));
        }
    }
}

fn said(l: &Leaf, record: Option<&Record>) -> String {
    let what = match record {
        Some(_) => "is not what it was",
        None => "was taken away",
    };
    format!("{} {} {what} (leaf {})", l.kind, l.subject, l.idx)
}

/// Whether a leaf's row is gone because another one has followed it.
async fn has_successor(tx: &mut Tx, l: &Leaf, record: Option<&Record>) -> Result<bool> {
    let Some((of, which)) = l.subject.split_once(':').filter(|_| record.is_none()) else {
        return Ok(false);
    };
    match l.kind {
        Kind::Recording => was_sealed_anew(tx, of, which).await,
        Kind::ClaimWords => were_changed(tx, of, which).await,
        _ => Ok(false),
    }
}

/// Whether a claim says something else by now; that its claimant said so is
/// [`states`]'s to say.
async fn were_changed(tx: &mut Tx, claim: &str, version: &str) -> Result<bool> {
    let Ok(version) = version.parse::<i64>() else {
        return Ok(false);
    };
    let later = one!(
        tx,
        (i64,),
        "SELECT words_version FROM claims WHERE id = $1 AND words_version > $2",
        claim,
        version
    )?;
    Ok(later.is_some())
}

/// Whether a call was sealed again, as a line of the log says. What was judged is never sealed
/// again.
async fn was_sealed_anew(tx: &mut Tx, call: &str, sha256: &str) -> Result<bool> {
    let judged = one!(
        tx,
        (i64,),
        "SELECT 1 FROM (SELECT recordings FROM verdicts WHERE state = 'final' UNION ALL SELECT \
         recordings FROM second_reviews WHERE state = 'decided') j WHERE j.recordings LIKE $1 \
         LIMIT 1",
        format!("%{sha256}%")
    )?;
    if judged.is_some() {
        return Ok(false);
    }
    let line = one!(
        tx,
        (i64,),
        "SELECT seq FROM audit WHERE subject = $1 AND action = 'call.sealed_again' AND detail LIKE \
         $2 LIMIT 1",
        format!("call:{call}"),
        format!("%\"instead_of\":\"{sha256}\"%")
    )?;
    Ok(line.is_some())
}

/// Rows that stand for good and came to the log by no trigger.
async fn unlogged(tx: &mut Tx, outcome: &mut Outcome) -> Result<()> {
    for kind in records::kinds() {
        let s = source(kind);
        let sql = format!(
            "SELECT {} FROM {} WHERE {} AND NOT EXISTS (SELECT 1 FROM leaves f WHERE f.kind = $1 \
             AND f.subject = {}) AND NOT EXISTS (SELECT 1 FROM leaf_queue q WHERE q.kind = $1 AND \
             q.subject = {}) ORDER BY {} LIMIT 3",
            s.subject, s.from, s.stands, s.subject, s.subject, s.key
        );
        for (subject,) in all!(tx, (String,), sqlx::AssertSqlSafe(sql), kind)? {
            outcome.found(format!("{kind} {subject} was added past the log"));
        }
    }
    Ok(())
}

/// Rows in the queue that cannot become leaves: of no kind, gone, or a leaf already that is put
/// there again.
async fn stuck(tx: &mut Tx, outcome: &mut Outcome) -> Result<()> {
    let queued = all!(
        tx,
        (String, String),
        "SELECT kind, subject FROM leaf_queue ORDER BY kind, subject LIMIT $1",
        i64::try_from(ROWS_AT_A_TIME).unwrap_or(i64::MAX)
    )?;
    for (word, subject) in queued {
        let Ok(kind) = Kind::from_word(&word) else {
            outcome.found(format!(
                "{word} {subject} waits for the log, and is nothing of it"
            ));
            continue;
        };
        let (read, unread) = records::of(tx, kind, std::slice::from_ref(&subject)).await?;
        if let Some(why) = unread.get(&subject) {
            outcome.found(why.clone());
        } else if !read.contains_key(&subject) && !log::has_successors(kind) {
            outcome.found(format!(
                "{kind} {subject} was taken away before it came to the log"
            ));
        }
    }
    Ok(())
}

/// Accruals that rest on no verdict that passed, nor on a second review of it that did.
async fn paid_for_nothing(tx: &mut Tx, outcome: &mut Outcome) -> Result<()> {
    let rows = all!(
        tx,
        (String,),
        "SELECT g.id FROM ledger g JOIN verdicts v ON v.id = g.verdict_id WHERE g.kind = \
         'accrual' AND (CASE WHEN g.second_review_id IS NULL THEN v.passed ELSE COALESCE((SELECT \
         s.final_passed FROM second_reviews s WHERE s.id = g.second_review_id AND s.state = \
         'decided' AND s.claim_id = g.claim_id AND s.verdict_id = g.verdict_id), 0) END) <> 1 \
         ORDER BY g.place LIMIT 3"
    )?;
    for (entry,) in rows {
        outcome.found(format!(
            "ledger_entry {entry} rests on no verdict that passed"
        ));
    }
    Ok(())
}

/// Openers' parts that are not beside the claimant's, that somebody else has, or of which one is
/// taken back and not the other.
async fn half_shared(tx: &mut Tx, outcome: &mut Outcome) -> Result<()> {
    let rows = all!(
        tx,
        (String,),
        "SELECT o.id FROM ledger o JOIN claims c ON c.id = o.claim_id WHERE o.kind = 'accrual' \
         AND o.part = 'opener' AND (c.opener_id IS NULL OR c.opener_id <> o.person_id OR NOT \
         EXISTS (SELECT 1 FROM ledger a WHERE a.verdict_id = o.verdict_id AND a.kind = 'accrual' \
         AND a.part = 'claimant' AND a.place < o.place AND (EXISTS (SELECT 1 FROM ledger r WHERE \
         r.corrects = a.id)) = (EXISTS (SELECT 1 FROM ledger r WHERE r.corrects = o.id)))) ORDER \
         BY o.place LIMIT 3"
    )?;
    for (entry,) in rows {
        outcome.found(format!(
            "ledger_entry {entry} is no opener's part beside its claimant's"
        ));
    }
    Ok(())
}

/// A checkpoint that is said to have left is in the copy.
async fn has_left(tx: &mut Tx, known: &[Known], outcome: &mut Outcome) -> Result<()> {
    let Some(left) = checkpoints::last_left(tx).await? else {
        return Ok(());
    };
    let largest = known.iter().map(|k| k.head.size).max();
    let size = u64::try_from(left.size).unwrap_or(0);
    if largest.is_some_and(|largest| largest < size) {
        outcome.found(format!(
            "the checkpoint of {size} leaves is said to have left, and no copy that was given has it"
        ));
    }
    Ok(())
}
