//! Every row held against its leaf, and the leaves against what has left the box (PRODUCT I10).

use crate::commission::PeriodAct;
use crate::proof::{Edge, Hash, Head, Kind, Record, VerifierKey, leaf, open};
use crate::store::proof::log::{self, Leaf};
use crate::store::proof::sources::source;
use crate::store::proof::{checkpoints, records};
use crate::store::{ROWS_AT_A_TIME, Result, Tx, all, one};
use crate::units::WallTime;
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
    /// Leaves whose row and salt were erased: the tree stands, and says nothing of them.
    pub erased: u64,
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
    unsigned_locks(tx, &mut outcome).await?;
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
        for l in leaves.iter().filter(|l| l.salt.is_some()) {
            by_kind.entry(l.kind).or_default().push(l.subject.clone());
        }
        let mut found = BTreeMap::new();
        for (kind, subjects) in &by_kind {
            found.insert(*kind, records::of(tx, *kind, subjects).await?);
        }
        for l in leaves {
            let record = found.get(&l.kind).and_then(|of| of.get(&l.subject));
            match l.salt()? {
                None => outcome.erased += 1,
                Some(salt) => {
                    let stands = record.map(|r| r.commitment(&salt)) == Some(l.commitment()?);
                    if !stands && !was_sealed_anew(tx, l, record).await? {
                        outcome.found(said(l, record));
                    }
                }
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

/// A recording that is gone because its call was sealed again, as a line of the log says.
async fn was_sealed_anew(tx: &mut Tx, l: &Leaf, record: Option<&Record>) -> Result<bool> {
    if l.kind != Kind::Recording || record.is_some() {
        return Ok(false);
    }
    let Some((call, sha256)) = l.subject.split_once(':') else {
        return Ok(false);
    };
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

/// Periods whose lock is not what two people last signed.
async fn unsigned_locks(tx: &mut Tx, outcome: &mut Outcome) -> Result<()> {
    let rows = all!(
        tx,
        (String, Option<WallTime>, Option<String>),
        "SELECT p.name, p.locked_at, (SELECT a.act FROM period_acts a WHERE a.period = p.name AND \
         a.confirmed_at IS NOT NULL ORDER BY a.confirmed_at DESC LIMIT 1) FROM periods p ORDER BY \
         p.name"
    )?;
    for (name, locked_at, act) in rows {
        let locked = act.is_some_and(|act| act == PeriodAct::Lock.as_str());
        if locked != locked_at.is_some() {
            outcome.found(format!(
                "period {name} is not locked or open as two people signed"
            ));
        }
    }
    Ok(())
}
