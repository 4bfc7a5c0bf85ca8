//! What an audit pack of a period holds, read in one transaction (PRODUCT M6): its entries and what
//! booking again gives, plans with their approvals, who had which role when, rulings, payroll runs,
//! and of drawn entries the verdict with its evidence. Nothing is written.

use crate::commission::RulingKind;
use crate::identity::{PayBasis, Role};
use crate::pii::Pii;
use crate::review::{ClaimOutcome, Given};
use crate::store::commission::ledger::{self, Entry};
use crate::store::commission::payroll::{self, Run};
use crate::store::commission::periods::{self, Asked};
use crate::store::commission::plans::{self, Reader, Version};
use crate::store::commission::rebook::{self, Difference};
use crate::store::log::{self, Told};
use crate::store::review::{checklists, second_reviews, verdicts};
use crate::store::{Result, StoreError, Tx, all, calls, one, people};
use crate::units::{CallId, EntryId, PersonId, PlanId, RulingId, WallTime, Zone};
use sqlx::FromRow;
use std::collections::{BTreeMap, BTreeSet};

/// A period's books and what they rest on.
#[derive(Debug)]
pub struct Books {
    pub period: String,
    /// `None`: open.
    pub locked_at: Option<WallTime>,
    /// Who locked it and who opened it again, oldest first.
    pub acts: Vec<Asked>,
    /// Oldest first.
    pub entries: Vec<Entry>,
    /// What booking again gives, by the entry that it should be; a reversal by what it takes back.
    pub again: BTreeMap<String, Entry>,
    /// Where the two are not the same.
    pub differences: Vec<Difference>,
    pub plans: Vec<PlanOf>,
    pub people: Vec<PersonOf>,
    pub rulings: Vec<RulingOf>,
    /// Of the period, or that paid of it.
    pub runs: Vec<RunOf>,
    /// Entries of the period, each with the run that paid it.
    pub paid: BTreeMap<EntryId, i64>,
    /// What is wrong with payroll runs, of all periods.
    pub wrong_runs: Vec<String>,
    /// Lines of the audit chain, or the first that does not fit.
    pub chain: std::result::Result<u64, String>,
    /// Of the chain; `None` where it is empty.
    pub last_hash: Option<String>,
}

/// A plan version that entries were booked under.
#[derive(Debug)]
pub struct PlanOf {
    pub version: Version,
    /// A name, or `shell`; none: proposed before proposals were kept.
    pub proposed_by: Option<String>,
    /// `None` with the name.
    pub proposed_at: Option<WallTime>,
    pub readers: Vec<Reader>,
}

/// Somebody who earned, judged, approved, ruled, locked or paid.
#[derive(Debug)]
pub struct PersonOf {
    pub person: PersonRow,
    /// Names of the telemarketers whose pay carries theirs.
    pub paid_through: Vec<String>,
    pub clients: Vec<String>,
    /// What the log says of them, oldest first.
    pub log: Vec<Told>,
}

/// Somebody as the database has them now.
#[derive(Debug, Clone, FromRow)]
pub struct PersonRow {
    pub id: PersonId,
    pub name: Pii<String>,
    pub role: Role,
    pub pay_basis: PayBasis,
    pub created_at: WallTime,
    /// Null: they may sign in.
    pub disabled_at: Option<WallTime>,
}

/// A ruling by which an entry of the period was taken back.
#[derive(Debug, Clone, FromRow)]
pub struct RulingOf {
    pub id: RulingId,
    pub kind: RulingKind,
    pub note: Pii<String>,
    pub ruled_by: PersonId,
    pub ruled_at: WallTime,
    /// Of fraud: the second person.
    pub confirmed_by: Option<PersonId>,
    /// Null: not confirmed, or no second person is needed.
    pub confirmed_at: Option<WallTime>,
}

/// A payroll run, with whether its file is what was made.
#[derive(Debug)]
pub struct RunOf {
    pub run: Run,
    pub shares: crate::commission::payroll::Shares,
    /// Why its file is not what was made.
    pub wrong_file: Option<String>,
}

/// An entry that was drawn, and what it rests on.
#[derive(Debug)]
pub struct Drawn {
    pub entry: Entry,
    pub reviewer: PersonId,
    /// When the verdict became final; `None` of one on hold, on which no entry may rest.
    pub final_at: Option<WallTime>,
    /// What the claim came to.
    pub outcome: Option<ClaimOutcome>,
    /// What was heard, as the verdict sealed it; JSON.
    pub heard: Option<String>,
    /// The answers that it rests on: the verdict's, or the second review's that turned it.
    pub answers: Vec<Given>,
    /// The checklist's hash as the verdict sealed it.
    pub checklist_sha256: String,
    pub recordings: Vec<RecordingOf>,
    /// What does not fit together.
    pub wrong: Vec<String>,
}

/// A recording that a verdict rests on.
#[derive(Debug)]
pub struct RecordingOf {
    pub call: CallId,
    /// As the verdict sealed it.
    pub sha256: String,
    /// The object's name; none: there is no recording any more.
    pub path: Option<String>,
}

/// By what an entry is found in what was booked again.
#[must_use]
pub fn key(e: &Entry) -> String {
    match &e.corrects {
        Some(of) => format!("back {of}"),
        None => e.id.to_string(),
    }
}

/// Reads a period's books, in a transaction that must not be committed.
///
/// # Errors
/// [`StoreError::Refused`] when nothing was booked in it.
pub async fn books(tx: &mut Tx, period: &str, zone: &Zone) -> Result<Books> {
    let ledger = ledger::all_entries(tx).await?;
    let of_period = |all: &[Entry]| -> Vec<Entry> {
        all.iter().filter(|e| e.period == period).cloned().collect()
    };
    let entries = of_period(&ledger);
    let known = periods::all(tx)
        .await?
        .into_iter()
        .find(|p| p.name == period);
    let Some(known) = known.filter(|_| !entries.is_empty()) else {
        return Err(StoreError::Refused(format!(
            "nothing was booked in {period}: there is nothing to audit"
        )));
    };
    let acts = periods::acts(tx, period).await?;
    let rulings = rulings(tx, &entries).await?;
    let (plans, runs) = (plans_of(tx, &entries).await?, runs(tx, period).await?);
    let named = named(tx, period, (&entries, &rulings, &runs)).await?;
    let mut books = Books {
        period: period.to_owned(),
        locked_at: known.locked_at,
        acts,
        plans,
        people: people_of(tx, named).await?,
        rulings,
        runs,
        paid: paid(tx, period).await?,
        wrong_runs: payroll::differences(tx).await?,
        chain: match log::verify(tx).await {
            Ok(lines) => Ok(lines),
            Err(StoreError::Broken(why)) => Err(why),
            Err(error) => return Err(error),
        },
        last_hash: log::last_hash(tx).await?,
        entries,
        again: BTreeMap::new(),
        differences: Vec::new(),
    };
    let again = rebook::book_again(tx, zone).await?;
    books.differences = rebook::differences(&ledger, &again, period);
    books.again = of_period(&again)
        .into_iter()
        .map(|e| (key(&e), e))
        .collect();
    Ok(books)
}

async fn plans_of(tx: &mut Tx, entries: &[Entry]) -> Result<Vec<PlanOf>> {
    let ids: BTreeSet<&PlanId> = entries.iter().map(|e| &e.plan_id).collect();
    let mut found = Vec::new();
    for id in ids {
        let version = plans::version(tx, id).await?;
        let version = version.ok_or_else(|| StoreError::gone("plan", id))?;
        let proposed = one!(
            tx,
            (String, WallTime),
            "SELECT COALESCE(h.name, d.proposed_by), d.proposed_at FROM plan_drafts d LEFT JOIN \
             people h ON h.id = d.proposed_by WHERE d.plan_id = $1",
            id
        )?;
        found.push(PlanOf {
            readers: plans::readers(tx, id).await?,
            version,
            proposed_at: proposed.as_ref().map(|p| p.1),
            proposed_by: proposed.map(|p| p.0),
        });
    }
    Ok(found)
}

async fn rulings(tx: &mut Tx, entries: &[Entry]) -> Result<Vec<RulingOf>> {
    let mut found = Vec::new();
    let ids: BTreeSet<&RulingId> = entries
        .iter()
        .filter_map(|e| e.ruling_id.as_ref())
        .collect();
    for id in ids {
        let ruling = one!(
            tx,
            RulingOf,
            "SELECT id, kind, note, ruled_by, ruled_at, confirmed_by, confirmed_at FROM rulings \
             WHERE id = $1",
            id
        )?;
        found.push(ruling.ok_or_else(|| StoreError::gone("ruling", id))?);
    }
    Ok(found)
}

async fn runs(tx: &mut Tx, period: &str) -> Result<Vec<RunOf>> {
    let mut found = Vec::new();
    for run in payroll::of_period(tx, period, None).await? {
        let wrong_file = payroll::file(tx, &run).await.err();
        found.push(RunOf {
            shares: payroll::shares(tx, &run.id).await?,
            wrong_file: wrong_file.map(|why| why.to_string()),
            run,
        });
    }
    Ok(found)
}

async fn paid(tx: &mut Tx, period: &str) -> Result<BTreeMap<EntryId, i64>> {
    let found = all!(
        tx,
        (EntryId, i64),
        "SELECT e.entry_id, r.number FROM payroll_run_entries e JOIN payroll_runs r ON r.id = \
         e.run_id JOIN ledger g ON g.id = e.entry_id WHERE g.period = $1",
        period
    )?;
    Ok(found.into_iter().collect())
}

/// Everybody who had a hand in a period.
async fn named(
    tx: &mut Tx,
    period: &str,
    (entries, rulings, runs): (&[Entry], &[RulingOf], &[RunOf]),
) -> Result<BTreeSet<PersonId>> {
    let mut found: BTreeSet<PersonId> = entries.iter().map(|e| e.person_id.clone()).collect();
    for r in rulings {
        found.insert(r.ruled_by.clone());
        found.extend(r.confirmed_by.clone());
    }
    found.extend(runs.iter().map(|r| r.run.made_by.clone()));
    let acted = all!(
        tx,
        (PersonId,),
        "SELECT v.reviewer_id FROM ledger g JOIN verdicts v ON v.id = g.verdict_id WHERE g.period \
         = $1 UNION SELECT o.reviewer_id FROM ledger g JOIN second_reviews o ON o.id = \
         g.second_review_id WHERE g.period = $1 AND o.reviewer_id IS NOT NULL UNION SELECT \
         p.approved_by FROM ledger g JOIN plans p ON p.id = g.plan_id WHERE g.period = $1 UNION \
         SELECT asked_by FROM period_acts WHERE period = $1 UNION SELECT confirmed_by FROM \
         period_acts WHERE period = $1 AND confirmed_by IS NOT NULL",
        period
    )?;
    found.extend(acted.into_iter().map(|row| row.0));
    Ok(found)
}

async fn people_of(tx: &mut Tx, ids: BTreeSet<PersonId>) -> Result<Vec<PersonOf>> {
    let mut found = Vec::new();
    for id in ids {
        let person = one!(
            tx,
            PersonRow,
            "SELECT id, name, role, pay_basis, created_at, disabled_at FROM people WHERE id = $1",
            &id
        )?;
        let mut paid_through = Vec::new();
        for earner in people::interests_of(tx, &id).await? {
            let earner = people::by_id(tx, &earner).await?;
            paid_through.extend(earner.map(|p| p.name.into_inner()));
        }
        let clients = people::named_clients_of(tx, &id).await?;
        found.push(PersonOf {
            person: person.ok_or_else(|| StoreError::gone("person", &id))?,
            paid_through,
            clients: clients.into_iter().map(|c| c.1).collect(),
            log: log::lines_of(tx, &format!("person:{id}")).await?,
        });
    }
    Ok(found)
}

/// Reads what a drawn entry rests on, and names what does not fit together.
///
/// # Errors
/// When the database fails, or a row that it rests on is gone.
pub async fn drawn(tx: &mut Tx, entry: &Entry) -> Result<Drawn> {
    let verdict = verdicts::existing(tx, &entry.verdict_id).await?;
    let second = match &entry.second_review_id {
        Some(id) => Some(second_reviews::existing(tx, id).await?),
        None => None,
    };
    let answers = second.as_ref().and_then(|s| s.final_answers.as_ref());
    let answers = answers.unwrap_or(&verdict.answers).reveal();
    let version = checklists::existing(tx, &verdict.checklist_version_id).await?;
    let mut wrong = Vec::new();
    if let Err(why) = version.checklist() {
        wrong.push(why.to_string());
    }
    if version.sha256 != verdict.checklist_sha256 {
        wrong.push("the checklist is not the one that the verdict sealed".to_owned());
    }
    let passed = second.as_ref().and_then(|s| s.final_passed);
    if !passed.unwrap_or(verdict.passed) {
        wrong.push("the answers that it rests on did not pass".to_owned());
    }
    let recordings = recordings(tx, &verdict.recordings, &mut wrong).await?;
    let outcome = one!(
        tx,
        (Option<ClaimOutcome>,),
        "SELECT outcome FROM claims WHERE id = $1",
        &entry.claim_id
    )?;
    Ok(Drawn {
        entry: entry.clone(),
        reviewer: second
            .as_ref()
            .and_then(|s| s.reviewer_id.clone())
            .unwrap_or(verdict.reviewer_id),
        final_at: verdict.final_at,
        outcome: outcome.and_then(|row| row.0),
        heard: second
            .as_ref()
            .and_then(|s| s.heard.clone())
            .or(verdict.heard),
        answers: serde_json::from_str(answers)?,
        checklist_sha256: verdict.checklist_sha256,
        recordings,
        wrong,
    })
}

async fn recordings(
    tx: &mut Tx,
    sealed: &str,
    wrong: &mut Vec<String>,
) -> Result<Vec<RecordingOf>> {
    let sealed: BTreeMap<CallId, String> = serde_json::from_str(sealed)?;
    let mut found = Vec::new();
    for (call, sha256) in sealed {
        let stored = calls::recording(tx, &call).await?;
        if stored.as_ref().is_some_and(|r| r.sha256 != sha256) {
            wrong.push(format!(
                "the recording of call {call} is not the one that the verdict sealed"
            ));
        }
        found.push(RecordingOf {
            path: stored.map(|r| r.path),
            call,
            sha256,
        });
    }
    Ok(found)
}
