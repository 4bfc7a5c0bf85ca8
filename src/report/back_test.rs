//! A score held against what came later (PRODUCT P4): each month's leads are scored by what was
//! known when the month began, beside two simpler ways of doing it.

use crate::report::interval::Rate;
use crate::report::score::{FEWEST_PAST, Features, Model, Past};
use crate::units::WallTime;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// The standard normal's 97.5th percentile.
const Z: f64 = 1.959_963_984_540_054;
/// What is better by less than this, in Brier scores, is not better.
const LEAST: f64 = 0.001;

/// Leads that were scored alike, and what became of them.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = ScoreBin)]
pub struct Bin {
    /// Percent, from this on.
    pub from: i64,
    /// Below this.
    pub to: i64,
    /// How many leads these are.
    pub n: i64,
    pub accepted: i64,
    /// What was foretold on average.
    pub foretold: f64,
    /// What came of them, with its interval.
    pub rate: Rate,
}

/// How much nearer the score came than something simpler: the difference of the Brier scores and
/// its 95 % interval. Above 0 throughout, and by a thousandth at least, it beats it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = ScoreAgainst)]
pub struct Against {
    /// Brier score of the simpler one: the mean squared error, 0 the best.
    pub brier: f64,
    /// The simpler one's Brier score less the score's own.
    pub better_by: f64,
    /// The interval's lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
    pub is_beaten: bool,
}

/// The score held against what came later. Each month's leads are scored by what was known when the
/// month began.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = ScoreBackTest)]
pub struct BackTest {
    /// Leads that were scored so.
    pub n: i64,
    pub accepted: i64,
    /// Months in which leads were scored.
    pub months: i64,
    pub brier: f64,
    /// Everybody given the rate of all that were known.
    pub base: Against,
    /// Everybody given the rate of those with as many calls, shrunken in the same way.
    pub counting: Against,
    pub bins: Vec<Bin>,
}

/// A lead that was scored by what was known before.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scored {
    /// In the order in which the past was given.
    pub nth: usize,
    /// How likely it was to be accepted, by the score: 0 to 1.
    pub share: f64,
    /// The rate of all leads that were known.
    pub base: f64,
    /// The same by how often it was called, and nothing else.
    pub counting: f64,
    pub accepted: bool,
}

fn counted(lead: &Past) -> Features {
    Features {
        grade: lead.counted.min(8).to_string(),
        ..Features::default()
    }
}

/// Each lead of a month scored by what was known when the month began. `month` gives a moment's
/// month and when that began. Leads of months before [`FEWEST_PAST`] were known are not scored.
pub fn scored_before<M: Ord + Clone>(
    past: &[Past],
    month: impl Fn(WallTime) -> (M, WallTime),
) -> (Vec<Scored>, i64) {
    let mut by_month: BTreeMap<M, (WallTime, Vec<usize>)> = BTreeMap::new();
    for (nth, lead) in past.iter().enumerate() {
        let (name, begins) = month(lead.at);
        by_month
            .entry(name)
            .or_insert_with(|| (begins, Vec::new()))
            .1
            .push(nth);
    }
    let mut known: Vec<usize> = (0..past.len()).collect();
    known.sort_by_key(|nth| past[*nth].known_at);
    let mut known = known.into_iter().peekable();
    let (mut model, mut simple) = (Model::default(), Model::default());
    let (mut scored, mut months) = (Vec::new(), 0);
    for (begins, leads) in by_month.into_values() {
        while let Some(nth) = known.next_if(|nth| past[*nth].known_at <= begins) {
            let path = model.tree.enter(&past[nth].features);
            model.count(path, past[nth].accepted);
            let path = simple.tree.enter(&counted(&past[nth]));
            simple.count(path, past[nth].accepted);
        }
        if model.n() < FEWEST_PAST {
            continue;
        }
        model.fit();
        simple.fit();
        months += 1;
        for nth in leads {
            let base = model.rates[0];
            scored.push(Scored {
                nth,
                share: model.share(&past[nth].features).unwrap_or(base),
                base,
                counting: simple.share(&counted(&past[nth])).unwrap_or(base),
                accepted: past[nth].accepted,
            });
        }
    }
    (scored, months)
}

/// The score held against what came later; `None` where no lead could be scored before its time.
pub fn back_test<M: Ord + Clone>(
    past: &[Past],
    month: impl Fn(WallTime) -> (M, WallTime),
) -> Option<BackTest> {
    let (scored, months) = scored_before(past, month);
    if scored.is_empty() {
        return None;
    }
    let miss = |share: f64, s: &Scored| (share - f64::from(u8::from(s.accepted))).powi(2);
    let n = scored.len() as f64;
    let brier = scored.iter().map(|s| miss(s.share, s)).sum::<f64>() / n;
    let against = |other: &dyn Fn(&Scored) -> f64| {
        let better: Vec<f64> = scored
            .iter()
            .map(|s| miss(other(s), s) - miss(s.share, s))
            .collect();
        let mean = better.iter().sum::<f64>() / n;
        let spread = better.iter().map(|d| (d - mean).powi(2)).sum::<f64>() / n;
        let half = Z * (spread / n).sqrt();
        Against {
            brier: scored.iter().map(|s| miss(other(s), s)).sum::<f64>() / n,
            better_by: mean,
            low: mean - half,
            high: mean + half,
            is_beaten: mean - half > 0.0 && mean >= LEAST,
        }
    };
    Some(BackTest {
        n: i64::try_from(scored.len()).unwrap_or(i64::MAX),
        accepted: scored.iter().map(|s| i64::from(s.accepted)).sum(),
        months,
        brier,
        base: against(&|s| s.base),
        counting: against(&|s| s.counting),
        bins: bins(&scored),
    })
}

/// The band of ten per cent of a share.
#[must_use]
pub fn band(share: f64) -> i64 {
    ((share * 10.0) as i64).clamp(0, 9)
}

fn bins(scored: &[Scored]) -> Vec<Bin> {
    let mut by: BTreeMap<i64, (i64, i64, f64)> = BTreeMap::new();
    for s in scored {
        let bin = by.entry(band(s.share)).or_default();
        bin.0 += 1;
        bin.1 += i64::from(s.accepted);
        bin.2 += s.share;
    }
    let told = by.into_iter().filter_map(|(band, (n, accepted, sum))| {
        Some(Bin {
            from: band * 10,
            to: band * 10 + 10,
            n,
            accepted,
            foretold: sum / n as f64,
            rate: Rate::of(accepted, n)?,
        })
    });
    told.collect()
}
