//! What became of the leads of a source, a campaign, a supplier or a list, counted from what the
//! wire saw and what sales answered (PRODUCT H3).

use crate::handover::cost::{Came, Costs};
use crate::handover::{Answer, RejectReason};
use crate::units::Money;
use crate::words;
use std::collections::BTreeMap;

words! {
    /// What leads are told apart by.
    pub enum SourceKind: "kind of source" {
        Campaign = "campaign",
        Source = "source",
        /// Who sent the list that a lead came in with; where that says nobody, the source's.
        Supplier = "supplier",
        /// The import that a lead came in with.
        List = "list",
    }
}

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
        /// Whether it was called and reached is not told: it was promised that nobody is singled
        /// out.
        Untold = "untold",
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
    /// What its source says that one costs; `None`: not said.
    pub cost: Option<Money>,
    /// It was promised that nobody is singled out: what calls came to is not told. That a number is
    /// none says nothing of who dialled it.
    pub untold: bool,
}

impl Reach {
    /// Where it came by on its way.
    #[must_use]
    pub fn came(self) -> Came {
        let passed = matches!(self, Reach::Passed | Reach::Accepted | Reach::Rejected);
        Came {
            reached: passed || self == Reach::Reached,
            passed,
            accepted: self == Reach::Accepted,
        }
    }
}

impl LeadFacts {
    /// How far it came.
    #[must_use]
    pub fn reach(&self) -> Reach {
        match (self.passed, self.answer) {
            (true, Some(Answer::Now | Answer::Later)) => Reach::Accepted,
            (true, Some(Answer::Reject)) => Reach::Rejected,
            (true, _) => Reach::Passed,
            _ if self.untold && self.answered => Reach::Untold,
            _ if self.answered => Reach::Reached,
            _ if self.merged => Reach::Duplicate,
            _ if self.dead.is_some() => Reach::Dead,
            _ if self.untold => Reach::Untold,
            _ if self.attempts > 0 => Reach::NeverAnswered,
            _ => Reach::NotCalled,
        }
    }
}

/// The sums of many leads. What came further has been where it came by: an accepted lead was passed
/// and reached too.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Leads that came in, and the duplicates that were left out at import.
    pub delivered: i64,
    /// Those that were left out among them.
    pub duplicates: i64,
    /// Of the duplicates, those that an import left out: they are no leads.
    pub left_out: i64,
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
    /// Those of which it is not told whether they were called and reached.
    pub untold: i64,
    /// Rejections by the criterion that they cite.
    pub by_criterion: BTreeMap<String, i64>,
    /// Rejections by their other reasons.
    pub by_reason: BTreeMap<RejectReason, i64>,
    /// Of the leads that came in.
    pub costs: Costs,
}

impl Tally {
    /// Adds duplicates that an import left out. Which source they would have had is not kept, and
    /// so not what they cost.
    pub fn leave_out(&mut self, many: i64) {
        self.delivered += many;
        self.duplicates += many;
        self.left_out += many;
    }

    /// Adds a lead.
    pub fn add(&mut self, lead: &LeadFacts) {
        let reach = lead.reach();
        let came = reach.came();
        self.costs.add(lead.cost.as_ref(), came);
        self.delivered += 1;
        self.reached += i64::from(came.reached);
        self.passed += i64::from(came.passed);
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
            Reach::Untold => self.untold += 1,
            Reach::Reached | Reach::Passed | Reach::Accepted | Reach::Rejected => {}
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

/// A source, campaign, supplier or list: all of its leads, and those of each month.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Part {
    pub whole: Tally,
    /// By the month in which they came in, `2026-11`.
    pub months: BTreeMap<String, Tally>,
}

impl Part {
    /// Adds a lead that came in in a month.
    pub fn add(&mut self, month: String, lead: &LeadFacts) {
        self.whole.add(lead);
        self.months.entry(month).or_default().add(lead);
    }

    /// Adds duplicates that an import of a month left out.
    pub fn leave_out(&mut self, month: String, many: i64) {
        self.whole.leave_out(many);
        self.months.entry(month).or_default().leave_out(many);
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
        assert_eq!(tally.costs.unpriced, 8);
    }

    #[test]
    fn what_an_import_left_out_was_delivered_is_a_duplicate_and_costs_nothing_known() {
        let mut part = Part::default();
        let lead = LeadFacts {
            answered: true,
            cost: Some(Money::new(250, "EUR")),
            ..LeadFacts::default()
        };
        part.add("2026-10".to_owned(), &lead);
        part.leave_out("2026-11".to_owned(), 3);
        let all = &part.whole;
        assert_eq!(
            (all.delivered, all.duplicates, all.left_out, all.reached),
            (4, 3, 3, 1)
        );
        let eur = all.costs.by_currency["EUR"];
        assert_eq!((eur.minor, eur.delivered, all.costs.unpriced), (250, 1, 0));
        let months: Vec<i64> = part.months.values().map(|t| t.delivered).collect();
        assert_eq!(months, [1, 3]);
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
