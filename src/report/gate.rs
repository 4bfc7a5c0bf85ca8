//! What sales lets in (PRODUCT P5): acceptance by representative, on like leads.
//!
//! *Like* is the score ([`crate::report::score`]), learnt for each representative from the others'
//! leads alone: who turns down much does not make their own leads look poor by it. The others'
//! leads fall into bands of ten per cent of that score, and what the others accept of a band is
//! what is expected of it; a band of fewer than ten of their leads has their rate of all. Adjusted
//! is the rate of everybody, times what was accepted over what was expected (indirect
//! standardisation), with the raw rate's interval moved alike, and widened by how unsure the
//! others' rates are.
//!
//! Every rejection counts, whatever its reason. What was answered with a question is not decided
//! and does not count; what is not answered does not either. Both stand beside it as overdue, a
//! question after thirty days: who leaves leads lying turns none down.

use crate::handover::{Answer, RejectReason};
use crate::report::back_test::band;
use crate::report::interval::Rate;
use crate::report::score::{FEWEST, FEWEST_PAST, Features, Model, Past};
use crate::units::WallTime;
use crate::words;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

words! {
    /// Why a rejection is not supported by what is known.
    pub enum Doubt: "doubt about a rejection" {
        /// A second reviewer, who did not know of it, found the criterion met.
        Contradicted = "contradicted",
        /// Called unreachable, and the wire saw them talk before.
        Reached = "reached",
        /// Called unreachable after fewer attempts than were agreed.
        FewAttempts = "few_attempts",
        /// Its reason says nothing without words, and has none.
        NoWords = "no_words",
    }
}

words! {
    /// What came of sales' first call.
    pub enum FirstCall: "outcome of a first call" {
        /// Half a minute or more.
        Talked = "talked",
        /// Answered, and over sooner.
        Short = "short",
        NotAnswered = "not_answered",
        /// The wire saw none.
        None = "none",
    }
}

/// A lead that was handed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// Whose it is: who answered, else whose it was given to; empty: nobody's, or a CRM's.
    pub whose: String,
    pub features: Features,
    /// What sales said in time; `None`: nothing.
    pub answer: Option<Answer>,
    /// Of a rejection alone.
    pub reason: Option<RejectReason>,
    /// `None`: it was not rejected, or nothing that is known speaks against that.
    pub doubt: Option<Doubt>,
    pub first_call: FirstCall,
    /// Not answered, and the answer is due; or a question stands for thirty days.
    pub answer_overdue: bool,
    /// Not called nor turned down, and the call is due.
    pub call_overdue: bool,
}

impl Case {
    /// Whether it was let in; `None`: it is not decided.
    #[must_use]
    pub fn accepted(&self) -> Option<bool> {
        match self.answer? {
            Answer::Now | Answer::Later => Some(true),
            Answer::Nurture | Answer::Reject => Some(false),
            Answer::NeedsInformation => None,
        }
    }
}

/// Something and how often it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReasonTimes {
    pub reason: RejectReason,
    /// How many rejections have it.
    pub times: i64,
}

/// A doubt and how often it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct DoubtTimes {
    pub doubt: Doubt,
    /// How many rejections it is about.
    pub times: i64,
}

/// An outcome of first calls and how often it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct CallTimes {
    pub outcome: FirstCall,
    /// How many leads have it.
    pub times: i64,
}

/// A band of ten per cent of the score.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct GateBand {
    /// Percent, from this on.
    pub from: i64,
    pub decided: i64,
    pub accepted: i64,
}

/// What somebody, or everybody, let in.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Gate {
    /// Leads that are theirs.
    pub leads: i64,
    /// Accepted, turned down or put off.
    pub decided: i64,
    pub accepted: i64,
    /// Null: nothing was decided.
    #[schema(required)]
    pub raw: Option<Rate>,
    /// On like leads; null: the others' leads are too few to tell what is like, or it is
    /// everybody's.
    #[schema(required)]
    pub adjusted: Option<Rate>,
    pub reasons: Vec<ReasonTimes>,
    /// Rejections that what is known does not support.
    pub doubts: Vec<DoubtTimes>,
    pub first_calls: Vec<CallTimes>,
    pub answers_overdue: i64,
    pub calls_overdue: i64,
    pub bands: Vec<GateBand>,
}

fn count(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// Each thing that is there and how often.
fn times<T: Ord + Copy>(all: impl Iterator<Item = T>) -> Vec<(T, i64)> {
    let mut by: BTreeMap<T, i64> = BTreeMap::new();
    for one in all {
        *by.entry(one).or_default() += 1;
    }
    by.into_iter().collect()
}

fn past(case: &Case) -> Option<Past> {
    Some(Past {
        features: case.features.clone(),
        at: WallTime(0),
        known_at: WallTime(0),
        accepted: case.accepted()?,
        counted: 0,
    })
}

/// What these cases come to, unadjusted.
#[must_use]
pub fn gate<'a>(cases: impl IntoIterator<Item = &'a Case>) -> Gate {
    let cases: Vec<&Case> = cases.into_iter().collect();
    let decided = cases.iter().filter_map(|c| c.accepted());
    let accepted = count(decided.clone().filter(|a| *a).count());
    let decided = count(decided.count());
    let all = || cases.iter();
    Gate {
        leads: count(cases.len()),
        decided,
        accepted,
        raw: Rate::of(accepted, decided),
        adjusted: None,
        reasons: times(all().filter_map(|c| c.reason))
            .into_iter()
            .map(|(reason, times)| ReasonTimes { reason, times })
            .collect(),
        doubts: times(all().filter_map(|c| c.doubt))
            .into_iter()
            .map(|(doubt, times)| DoubtTimes { doubt, times })
            .collect(),
        first_calls: times(all().map(|c| c.first_call))
            .into_iter()
            .map(|(outcome, times)| CallTimes { outcome, times })
            .collect(),
        answers_overdue: count(all().filter(|c| c.answer_overdue).count()),
        calls_overdue: count(all().filter(|c| c.call_overdue).count()),
        bands: Vec::new(),
    }
}

/// Everybody, and each by whose the leads are; what is nobody's has a row of its own.
#[must_use]
pub fn gates(cases: &[Case]) -> (Gate, BTreeMap<String, Gate>) {
    let whole = gate(cases);
    let mut by: BTreeMap<&str, Vec<&Case>> = BTreeMap::new();
    for case in cases {
        by.entry(case.whose.as_str()).or_default().push(case);
    }
    let each = by.into_iter().map(|(whose, own)| {
        let others: Vec<&Case> = cases.iter().filter(|c| c.whose != whose).collect();
        let made = adjusted(gate(own.iter().copied()), &own, &others, &whole);
        (whose.to_owned(), made)
    });
    let each = each.collect();
    (whole, each)
}

/// The same with its bands, adjusted for what the others' leads tell of its own.
fn adjusted(mut own: Gate, cases: &[&Case], others: &[&Case], whole: &Gate) -> Gate {
    let past: Vec<Past> = others.iter().filter_map(|c| past(c)).collect();
    if count(past.len()) < FEWEST_PAST {
        return own;
    }
    let model = Model::learn(&past);
    let band = |features: &Features| model.share(features).map_or(0, band);
    let mut theirs: BTreeMap<i64, (i64, i64)> = BTreeMap::new();
    for lead in &past {
        let counted = theirs.entry(band(&lead.features)).or_default();
        counted.0 += 1;
        counted.1 += i64::from(lead.accepted);
    }
    let base = model.hits() as f64 / model.n() as f64;
    // What is expected of a band, and its variance.
    let expect = |band: i64| {
        let (rate, n) = match theirs.get(&band) {
            Some((n, hits)) if *n >= FEWEST => (*hits as f64 / *n as f64, *n as f64),
            _ => (base, model.n() as f64),
        };
        (rate, rate * (1.0 - rate) / n)
    };
    let mut bands: BTreeMap<i64, GateBand> = BTreeMap::new();
    for case in cases {
        let Some(accepted) = case.accepted() else {
            continue;
        };
        let at = band(&case.features);
        let into = bands.entry(at).or_insert(GateBand {
            from: at * 10,
            decided: 0,
            accepted: 0,
        });
        into.decided += 1;
        into.accepted += i64::from(accepted);
    }
    let (mut expected, mut variance) = (0.0, 0.0);
    for (at, own) in &bands {
        let (rate, unsure) = expect(*at);
        expected += own.decided as f64 * rate;
        variance += (own.decided as f64).powi(2) * unsure;
    }
    own.bands = bands.into_values().collect();
    if let (Some(raw), Some(all)) = (own.raw, whole.raw)
        && expected > 0.0
    {
        let chance = (1.0 - raw.rate) / (raw.rate * own.decided as f64);
        let more = match chance > 0.0 && chance.is_finite() {
            true => (1.0 + variance / expected.powi(2) / chance).sqrt(),
            false => 1.0,
        };
        let wider = Rate {
            rate: raw.rate,
            low: (raw.rate - (raw.rate - raw.low) * more).max(0.0),
            high: raw.rate + (raw.high - raw.rate) * more,
        };
        own.adjusted = Some(wider.scaled(all.rate * own.decided as f64 / expected));
    }
    own
}
