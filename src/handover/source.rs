//! What became of the leads of a source, a campaign or a supplier, counted from what the wire saw
//! and what sales answered (PRODUCT H3).

use crate::handover::{Answer, RejectReason};
use crate::words;
use std::collections::BTreeMap;

words! {
    /// How far a lead came: each is counted once, at its furthest.
    pub enum Reach: "reach of a lead" {
        /// It was there already, from elsewhere or from before.
        Duplicate = "duplicate",
        NotCalled = "not_called",
        /// The number is none, or nobody's: the phone system said so.
        Dead = "dead",
        /// Called, and nobody ever answered.
        NeverAnswered = "never_answered",
        /// A call was answered: by somebody, or by a machine. A *contact* is more (`leads`).
        Reached = "reached",
        /// A reviewer passed it.
        Passed = "passed",
        /// Sales took it.
        Accepted = "accepted",
        /// Sales turned it down.
        Rejected = "rejected",
    }
}

/// Final answers of SIP that say that a number is none or nobody's (RFC 3261 §21.4.5, §21.4.11,
/// §21.4.23, §21.6.3; RFC 3398 maps ISDN causes 1, 22 and 28 onto them).
pub const DEAD: [i64; 5] = [404, 410, 484, 485, 604];

/// What is known of one lead.
#[derive(Debug, Clone, Default)]
pub struct LeadFacts {
    pub merged: bool,
    pub attempts: i64,
    pub answered: bool,
    /// The largest final answer that says that the number is none; `None`: none did.
    pub dead: Option<i64>,
    pub passed: bool,
    /// The answer that stands; `None` while sales has given none.
    pub answer: Option<Answer>,
    /// Of a rejection alone.
    pub reason: Option<RejectReason>,
    /// Of a rejection that cites one.
    pub criterion: Option<String>,
}

impl LeadFacts {
    /// How far it came.
    #[must_use]
    pub fn reach(&self) -> Reach {
        match (self.passed, self.answer) {
            (true, Some(Answer::Now | Answer::Later)) => Reach::Accepted,
            (true, Some(Answer::Reject)) => Reach::Rejected,
            (true, _) => Reach::Passed,
            _ if self.answered => Reach::Reached,
            _ if self.merged => Reach::Duplicate,
            _ if self.dead.is_some() => Reach::Dead,
            _ if self.attempts > 0 => Reach::NeverAnswered,
            _ => Reach::NotCalled,
        }
    }
}

/// The sums of many leads. What came further has been where it came by: an accepted lead was passed
/// and reached too.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    pub delivered: i64,
    pub duplicates: i64,
    pub not_called: i64,
    /// Neither reached nor a duplicate, and a final answer said that the number is none.
    pub dead: i64,
    /// By final answer of SIP.
    pub dead_by_cause: BTreeMap<i64, i64>,
    pub never_answered: i64,
    pub reached: i64,
    pub passed: i64,
    pub accepted: i64,
    pub rejected: i64,
    /// Rejections by the criterion that they cite.
    pub by_criterion: BTreeMap<String, i64>,
    /// Rejections by their other reasons.
    pub by_reason: BTreeMap<RejectReason, i64>,
}

impl Tally {
    /// Adds a lead.
    pub fn add(&mut self, lead: &LeadFacts) {
        let reach = lead.reach();
        self.delivered += 1;
        match reach {
            Reach::Duplicate => self.duplicates += 1,
            Reach::NotCalled => self.not_called += 1,
            Reach::Dead => {
                self.dead += 1;
                *self
                    .dead_by_cause
                    .entry(lead.dead.unwrap_or(0))
                    .or_default() += 1;
            }
            Reach::NeverAnswered => self.never_answered += 1,
            Reach::Reached | Reach::Passed | Reach::Accepted | Reach::Rejected => {
                self.reached += 1;
            }
        }
        if matches!(reach, Reach::Passed | Reach::Accepted | Reach::Rejected) {
            self.passed += 1;
        }
        match (reach, &lead.criterion, lead.reason) {
            (Reach::Accepted, ..) => self.accepted += 1,
            (Reach::Rejected, criterion, reason) => {
                self.rejected += 1;
                match (criterion, reason) {
                    (Some(c), _) => *self.by_criterion.entry(c.clone()).or_default() += 1,
                    (None, Some(r)) => *self.by_reason.entry(r).or_default() += 1,
                    (None, None) => {}
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn each_lead_counts_once_and_what_came_further_was_where_it_came_by() {
        let mut tally = Tally::default();
        let lead = |change: fn(&mut LeadFacts)| {
            let mut facts = LeadFacts::default();
            change(&mut facts);
            facts
        };
        for facts in [
            lead(|_| {}),
            lead(|l| l.merged = true),
            lead(|l| (l.attempts, l.dead) = (1, Some(404))),
            lead(|l| l.attempts = 3),
            lead(|l| (l.attempts, l.answered) = (3, true)),
            lead(|l| (l.answered, l.passed, l.answer) = (true, true, Some(Answer::Now))),
            lead(|l| {
                (l.answered, l.passed, l.answer) = (true, true, Some(Answer::Reject));
                l.criterion = Some("need".to_owned());
            }),
            lead(|l| {
                (l.answered, l.passed, l.answer) = (true, true, Some(Answer::Reject));
                l.reason = Some(RejectReason::NoCapacity);
            }),
        ] {
            tally.add(&facts);
        }
        assert_eq!(
            (tally.delivered, tally.duplicates, tally.not_called),
            (8, 1, 1)
        );
        assert_eq!((tally.dead, tally.never_answered, tally.reached), (1, 1, 4));
        assert_eq!((tally.passed, tally.accepted, tally.rejected), (3, 1, 2));
        assert_eq!(tally.by_criterion["need"], 1);
        assert_eq!(tally.by_reason[&RejectReason::NoCapacity], 1);
        assert_eq!(tally.dead_by_cause[&404], 1);
    }

    proptest! {
        #[test]
        fn the_parts_are_the_whole(leads in proptest::collection::vec(
            (any::<bool>(), 0_i64..4, any::<bool>(), any::<bool>(), any::<bool>()), 0..50,
        )) {
            let mut t = Tally::default();
            for (merged, attempts, answered, dead, passed) in &leads {
                t.add(&LeadFacts {
                    merged: *merged,
                    attempts: *attempts,
                    answered: *answered,
                    dead: dead.then_some(404),
                    passed: *passed,
                    ..LeadFacts::default()
                });
            }
            prop_assert_eq!(t.delivered, leads.len() as i64);
            prop_assert_eq!(t.delivered, t.duplicates + t.not_called + t.dead + t.never_answered + t.reached);
            prop_assert!(t.passed <= t.reached && t.accepted + t.rejected <= t.passed);
        }
    }
}
