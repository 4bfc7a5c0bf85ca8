//! How many leads come how far, and how long they take (PRODUCT P2).
//!
//! Leads are told by when they came in: a cohort. Of each stage the report says how many reached
//! it, how many of those are still there or on their way, and how long those took that went on. A
//! lead that skipped a stage has passed it: who was claimed without a contact that the wire saw was
//! contacted. A lead still on its way is not lost: conversion is given beside it as a range, from
//! what has happened to what would have if everybody still open went on.

use crate::report::interval::{Rate, percentile};
use crate::units::WallTime;
use serde::Serialize;
use utoipa::ToSchema;

/// The stages of the way, in their order; the last two are its ends.
pub const STAGES: [&str; 9] = [
    "suspect",
    "contacted",
    "claimed",
    "passed",
    "handed_over",
    "accepted",
    "opportunity",
    "won",
    "lost",
];
/// Stages that follow one another; `lost` stands beside `won`.
const WAY: usize = 8;
const LOST: usize = 8;

/// A lead: when it came in, and when it first entered each stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Traveller {
    pub received: WallTime,
    /// By place in [`STAGES`]; the first is when it came in.
    pub entered: [Option<WallTime>; 9],
    /// Nobody works on it any more: it ends where it stands.
    pub closed: bool,
}

impl Traveller {
    /// As it stood at a moment. Who was given up by then is not kept: nobody is told as such.
    #[must_use]
    pub fn as_of(mut self, at: WallTime) -> Traveller {
        for entered in &mut self.entered[1..] {
            entered.take_if(|e| *e >= at);
        }
        self.closed = false;
        self
    }
}

/// A stage of a funnel.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = FunnelStep)]
pub struct Step {
    pub stage: &'static str,
    /// Leads that came this far or farther.
    pub reached: i64,
    /// Of those, the ones that stand here and may go on.
    pub open: i64,
    /// Of all that came to the stage before: the share that came here; null of the first, and where
    /// none came.
    #[schema(required)]
    pub rate: Option<Rate>,
    /// The same if everybody who is still open before it came here.
    #[schema(required)]
    pub at_most: Option<f64>,
    /// Minutes from entering the farthest stage before this one that a lead entered to entering this
    /// one, of those that did.
    #[schema(required)]
    pub median: Option<f64>,
    /// Nine in ten of those took less; null, as the median is: none did, or it is the first.
    #[schema(required)]
    pub p90: Option<f64>,
}

/// How far a lead came: the last stage of the way that it entered.
fn reached(t: &Traveller) -> usize {
    let last = (0..WAY).rev().find(|at| t.entered[*at].is_some());
    let last = last.unwrap_or(0);
    // Who lost had an opportunity.
    if t.entered[LOST].is_some() {
        last.max(WAY - 2)
    } else {
        last
    }
}

/// The funnel of some leads; `lost` is told as the last step, of those that had an opportunity.
#[must_use]
pub fn funnel(travellers: &[Traveller]) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::with_capacity(STAGES.len());
    let far: Vec<usize> = travellers.iter().map(reached).collect();
    let count = |holds: &dyn Fn(&Traveller, usize) -> bool| {
        let all = travellers.iter().zip(&far);
        i64::try_from(all.filter(|(t, far)| holds(t, **far)).count()).unwrap_or(i64::MAX)
    };
    for (place, stage) in STAGES.iter().enumerate() {
        let is_lost = place == LOST;
        let came = match is_lost {
            true => count(&|t, _| t.entered[LOST].is_some()),
            false => count(&|_, far| far >= place),
        };
        let before = if is_lost {
            WAY - 2
        } else {
            place.saturating_sub(1)
        };
        let (from, waiting) = (
            count(&|_, far| far >= before),
            count(&|t, far| far == before && !is_over(t)),
        );
        let took = times(travellers, before, place);
        let minutes = |share: f64| percentile(&took, share).map(|s| s / 60.0);
        let first = place == 0;
        steps.push(Step {
            stage,
            reached: came,
            open: match place {
                // The ends.
                p if p >= WAY - 1 => 0,
                _ => count(&|t, far| far == place && !is_over(t)),
            },
            rate: if first {
                None
            } else {
                Rate::of(came.min(from), from)
            },
            at_most: (!first && from > 0)
                .then(|| ((came + waiting).min(from)) as f64 / from as f64),
            median: if first { None } else { minutes(0.5) },
            p90: if first { None } else { minutes(0.9) },
        });
    }
    steps
}

fn is_over(t: &Traveller) -> bool {
    t.closed || t.entered[WAY - 1].is_some() || t.entered[LOST].is_some()
}

/// Seconds to a stage from the farthest up to another that a lead entered before it, sorted: many
/// skip one.
fn times(travellers: &[Traveller], from: usize, to: usize) -> Vec<i64> {
    let took = |t: &Traveller| {
        let before = t.entered[1..=from].iter().rev().find_map(|at| *at);
        let began = before.unwrap_or(t.received);
        Some(t.entered[to]?.millis_since(began).max(0) / 1_000)
    };
    let mut all: Vec<i64> = travellers.iter().filter_map(took).collect();
    all.sort_unstable();
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Entered each of these stages a minute after the one before.
    fn lead(stages: &[usize], closed: bool) -> Traveller {
        let mut entered = [None; 9];
        entered[0] = Some(WallTime(0));
        for (nth, stage) in stages.iter().enumerate() {
            entered[*stage] = Some(WallTime((nth as i64 + 1) * 60_000_000));
        }
        Traveller {
            received: WallTime(0),
            entered,
            closed,
        }
    }

    #[test]
    fn a_funnel_is_that_of_a_count_by_hand() {
        let leads = [
            lead(&[], false),
            lead(&[], true),
            lead(&[1], false),
            lead(&[1, 2, 3, 4], false),
            // Nobody saw the contact: a mobile.
            lead(&[2, 3, 4, 5, 6, 7], false),
            lead(&[1, 2, 3, 4, 5, 6, 8], false),
        ];
        let made = funnel(&leads);
        let reached: Vec<i64> = made.iter().map(|s| s.reached).collect();
        assert_eq!(reached, [6, 4, 3, 3, 3, 2, 2, 1, 1]);
        let open: Vec<i64> = made.iter().map(|s| s.open).collect();
        assert_eq!(open, [1, 1, 0, 0, 1, 0, 0, 0, 0]);
        let contacted = &made[1];
        assert!((contacted.rate.unwrap().rate - 4.0 / 6.0).abs() < 1e-9);
        assert!(
            (contacted.at_most.unwrap() - 5.0 / 6.0).abs() < 1e-9,
            "one may yet be"
        );
        assert_eq!(contacted.median, Some(1.0));
        assert_eq!((made[0].rate, made[0].median), (None, None));
        assert!(
            (made[8].rate.unwrap().rate - 0.5).abs() < 1e-9,
            "of two opportunities"
        );
    }

    #[test]
    fn who_skips_a_stage_took_the_time_since_the_one_before() {
        let made = funnel(&[lead(&[1, 4], false)]);
        assert_eq!((made[3].median, made[4].median), (None, Some(1.0)));
    }

    #[test]
    fn no_leads_are_no_numbers() {
        for step in funnel(&[]) {
            assert_eq!((step.reached, step.open), (0, 0));
            assert!(step.rate.is_none() && step.median.is_none() && step.at_most.is_none());
        }
    }

    proptest! {
        /// No more come far than came near, and whoever stands somewhere stands in one place.
        #[test]
        fn a_funnel_narrows(
            ways in proptest::collection::vec((proptest::collection::vec(1usize..9, 0..6), any::<bool>()), 0..60),
        ) {
            let leads: Vec<Traveller> = ways.iter().map(|(w, closed)| lead(w, *closed)).collect();
            let made = funnel(&leads);
            for two in made[..8].windows(2) {
                prop_assert!(two[1].reached <= two[0].reached);
            }
            let open: i64 = made.iter().map(|s| s.open).sum();
            prop_assert!(open <= leads.len() as i64);
            for step in &made {
                let rate = step.rate.map_or(0.0, |r| r.rate);
                prop_assert!(step.at_most.is_none_or(|most| most >= rate - 1e-12 && most <= 1.0));
            }
        }
    }
}
