//! What may happen to the claims on one lead, written from PRODUCT.md alone and not from the code:
//! two claims, two reviewers, one manager. Times are events: a hold ends, a lock lapses, the time
//! to dispute is over.

use crate::explore::{Explored, explore};

/// Somebody who claims: 0 or 1. Claims are named by the order in which they were made.
pub type Claimant = usize;
/// A reviewer: 0 or 1.
pub type Reviewer = usize;
/// The first claim or the second.
pub type Slot = usize;

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Desk {
    Waiting,
    With { who: Reviewer, lapsed: bool },
    Over,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Stage {
    InQueue(Desk),
    Held {
        who: Reviewer,
        passed: bool,
        later: bool,
    },
    Decided,
    Withdrawn,
    SentBack,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Outcome {
    Failed,
    Passed,
    AlreadyPaid,
    Waiting,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Ended {
    Stands,
    Changed,
    RuledOut,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Dispute {
    pub desk: Desk,
    /// Who answered blind.
    pub answered: Option<Reviewer>,
    pub ended: Option<Ended>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Claim {
    pub who: Claimant,
    /// The checklist version in force when it was made.
    pub version: u8,
    pub stage: Stage,
    /// Whose verdict is final.
    pub judge: Option<Reviewer>,
    pub outcome: Option<Outcome>,
    /// Its verdict may still be disputed.
    pub disputable: bool,
    pub dispute: Option<Dispute>,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Life {
    pub claims: [Option<Claim>; 2],
    /// Reviewers whose pay hangs on leads now.
    pub paid_on_leads: [bool; 2],
    /// The version in force, 0 or 1.
    pub version: u8,
    /// Whose claim earned.
    pub earned: Option<Slot>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Op {
    Claim(Claimant),
    Withdraw(Slot),
    Take(Reviewer, Slot),
    PutBack(Reviewer, Slot),
    SendBack(Reviewer, Slot),
    Commit(Reviewer, Slot, bool),
    TakeBack(Reviewer, Slot),
    HoldsEnd,
    LocksLapse,
    DisputesEnd,
    Dispute(Slot),
    TakeAgain(Reviewer, Slot),
    PutBackAgain(Reviewer, Slot),
    AnswerAgain(Reviewer, Slot, bool),
    Confirm(Reviewer, Slot, bool),
    RuleOut(Slot),
    Pay(Reviewer, bool),
    Publish,
    Restart,
}

/// Every state that a life can come to by these operations.
///
/// # Panics
/// At the first state in which something that must hold does not.
pub fn explored(ops: &[Op]) -> Explored<Op> {
    let step = |life: &Life, op| life.after(op);
    explore(Life::default(), ops, step, Life::broken, |_, _| false)
}

/// Every operation there is.
pub fn all_ops() -> Vec<Op> {
    let mut ops = vec![
        Op::HoldsEnd,
        Op::LocksLapse,
        Op::DisputesEnd,
        Op::Publish,
        Op::Restart,
    ];
    for one in 0..2 {
        ops.extend([
            Op::Claim(one),
            Op::Withdraw(one),
            Op::Dispute(one),
            Op::RuleOut(one),
        ]);
        for other in 0..2 {
            ops.extend([
                Op::Take(one, other),
                Op::PutBack(one, other),
                Op::SendBack(one, other),
                Op::TakeBack(one, other),
                Op::TakeAgain(one, other),
                Op::PutBackAgain(one, other),
            ]);
            for yes in [true, false] {
                ops.extend([
                    Op::Commit(one, other, yes),
                    Op::AnswerAgain(one, other, yes),
                    Op::Confirm(one, other, yes),
                ]);
            }
        }
        ops.extend([Op::Pay(one, true), Op::Pay(one, false)]);
    }
    ops
}

impl Desk {
    fn take(self, r: Reviewer) -> Option<Desk> {
        let free = match self {
            Desk::Waiting => true,
            Desk::With { who, lapsed } => lapsed || who == r,
            Desk::Over => false,
        };
        free.then_some(Desk::With {
            who: r,
            lapsed: false,
        })
    }

    fn is_with(self, r: Reviewer) -> bool {
        self == Desk::With {
            who: r,
            lapsed: false,
        }
    }

    fn put_back(self, r: Reviewer) -> Option<Desk> {
        matches!(self, Desk::With { who, .. } if who == r).then_some(Desk::Waiting)
    }

    fn lapse(&mut self) {
        if let Desk::With { lapsed, .. } = self {
            *lapsed = true;
        }
    }
}

impl Claim {
    fn is_undecided(&self) -> bool {
        matches!(self.stage, Stage::InQueue(_) | Stage::Held { .. })
    }

    fn is_disputed(&self) -> bool {
        self.dispute.is_some_and(|d| d.ended.is_none())
    }

    /// Whether it may still come to earn.
    fn may_still_earn(&self) -> bool {
        self.is_undecided()
            || (self.stage == Stage::SentBack && self.disputable)
            || self.outcome == Some(Outcome::Waiting)
            || (self.outcome == Some(Outcome::Failed)
                && (self.is_disputed() || (self.dispute.is_none() && self.disputable)))
    }
}

impl Life {
    /// The life after an operation; `None` where it must be refused.
    pub fn after(&self, op: Op) -> Option<Life> {
        let mut next = self.clone();
        next.apply(op)?;
        next.turns();
        Some(next)
    }

    fn at(&mut self, slot: Slot) -> Option<&mut Claim> {
        self.claims[slot].as_mut()
    }

    /// Who has judged the lead: by a verdict that stands or is on hold, or by a second review.
    fn has_judged(&self, r: Reviewer) -> bool {
        self.claims.iter().flatten().any(|c| {
            let held = matches!(c.stage, Stage::Held { who, .. } if who == r);
            held || c.judge == Some(r) || c.dispute.is_some_and(|d| d.answered == Some(r))
        })
    }

    /// Whether a reviewer may judge anything of this lead now.
    fn may_judge(&self, r: Reviewer) -> Option<()> {
        (!self.paid_on_leads[r] && !self.has_judged(r)).then_some(())
    }

    fn apply(&mut self, op: Op) -> Option<()> {
        match op {
            Op::Claim(who) => self.claim(who),
            Op::Withdraw(slot) => {
                let c = self.at(slot)?;
                (c.stage == Stage::InQueue(Desk::Waiting)).then_some(())?;
                c.stage = Stage::Withdrawn;
                Some(())
            }
            Op::Take(r, slot) => self.take(r, slot),
            Op::PutBack(r, slot) => {
                let c = self.at(slot)?;
                let Stage::InQueue(desk) = c.stage else {
                    return None;
                };
                c.stage = Stage::InQueue(desk.put_back(r)?);
                Some(())
            }
            Op::SendBack(r, slot) => {
                self.may_judge(r)?;
                let c = self.working(r, slot)?;
                c.stage = Stage::SentBack;
                // Its place is kept for as long as a verdict may be disputed.
                c.disputable = true;
                Some(())
            }
            Op::Commit(r, slot, passed) => {
                self.may_judge(r)?;
                let later = self
                    .claims
                    .iter()
                    .flatten()
                    .any(|c| matches!(c.stage, Stage::Held { .. }));
                self.working(r, slot)?.stage = Stage::Held {
                    who: r,
                    passed,
                    later,
                };
                Some(())
            }
            Op::TakeBack(r, slot) => {
                let c = self.at(slot)?;
                matches!(c.stage, Stage::Held { who, .. } if who == r).then_some(())?;
                c.stage = Stage::InQueue(Desk::With {
                    who: r,
                    lapsed: false,
                });
                Some(())
            }
            Op::HoldsEnd => {
                self.holds_end();
                Some(())
            }
            Op::LocksLapse | Op::DisputesEnd => {
                self.holds_end();
                self.time_passes(op == Op::DisputesEnd);
                Some(())
            }
            Op::Dispute(slot) => self.dispute(slot),
            Op::TakeAgain(r, slot) => {
                self.may_judge(r)?;
                let d = self.at(slot)?.dispute.as_mut()?;
                d.desk = d.desk.take(r)?;
                Some(())
            }
            Op::PutBackAgain(r, slot) => {
                let d = self.at(slot)?.dispute.as_mut()?;
                d.desk = d.desk.put_back(r)?;
                Some(())
            }
            Op::AnswerAgain(r, slot, _) => {
                self.may_judge(r)?;
                let d = self.at(slot)?.dispute.as_mut()?;
                d.desk.is_with(r).then_some(())?;
                d.desk = Desk::Over;
                d.answered = Some(r);
                Some(())
            }
            Op::Confirm(r, slot, passed) => self.confirm(r, slot, passed),
            Op::RuleOut(slot) => {
                let d = self.at(slot)?.dispute.as_mut()?;
                (d.ended.is_none() && d.desk != Desk::Over).then_some(())?;
                d.desk = Desk::Over;
                d.ended = Some(Ended::RuledOut);
                Some(())
            }
            Op::Pay(r, on_leads) => {
                self.paid_on_leads[r] = on_leads;
                Some(())
            }
            Op::Publish => {
                (self.version == 0).then_some(())?;
                self.version = 1;
                Some(())
            }
            Op::Restart => Some(()),
        }
    }

    /// Each claim comes with a new conversation.
    fn claim(&mut self, who: Claimant) -> Option<()> {
        let slot = self.claims.iter().position(Option::is_none)?;
        let own = self.claims.iter().flatten().filter(|c| c.who == who);
        for c in own {
            (!c.is_undecided() && !c.is_disputed()).then_some(())?;
        }
        self.claims[slot] = Some(Claim {
            who,
            version: self.version,
            stage: Stage::InQueue(Desk::Waiting),
            judge: None,
            outcome: None,
            disputable: false,
            dispute: None,
        });
        Some(())
    }

    fn take(&mut self, r: Reviewer, slot: Slot) -> Option<()> {
        self.may_judge(r)?;
        let other = self.claims[1 - slot];
        let busy = other.is_some_and(|c| matches!(c.stage, Stage::InQueue(d) if d.is_with(r)));
        (!busy).then_some(())?;
        let c = self.at(slot)?;
        let Stage::InQueue(desk) = c.stage else {
            return None;
        };
        c.stage = Stage::InQueue(desk.take(r)?);
        Some(())
    }

    /// A claim that this reviewer is at work on.
    fn working(&mut self, r: Reviewer, slot: Slot) -> Option<&mut Claim> {
        self.at(slot)
            .filter(|c| matches!(c.stage, Stage::InQueue(d) if d.is_with(r)))
    }

    fn holds_end(&mut self) {
        for late in [false, true] {
            for slot in 0..2 {
                let Some(c) = self.at(slot) else { continue };
                if let Stage::Held { who, passed, later } = c.stage
                    && later == late
                {
                    c.stage = Stage::Decided;
                    c.judge = Some(who);
                    c.disputable = !passed;
                    if passed {
                        self.settle(slot);
                    } else {
                        c.outcome = Some(Outcome::Failed);
                    }
                }
            }
        }
    }

    /// The valid claim that was made first earns; a later one waits for it.
    fn settle(&mut self, slot: Slot) {
        let Some(c) = self.claims[slot] else { return };
        let earlier = self.claims[..slot].iter().flatten();
        let waits = earlier
            .filter(|e| e.who != c.who)
            .any(Claim::may_still_earn);
        let outcome = match (waits, self.earned) {
            (true, _) => Outcome::Waiting,
            (false, Some(_)) => Outcome::AlreadyPaid,
            (false, None) => Outcome::Passed,
        };
        if outcome == Outcome::Passed {
            self.earned = Some(slot);
        }
        self.claims[slot] = Some(Claim {
            outcome: Some(outcome),
            ..c
        });
    }

    fn turns(&mut self) {
        for slot in 0..2 {
            if self.claims[slot].is_some_and(|c| c.outcome == Some(Outcome::Waiting)) {
                self.settle(slot);
            }
        }
    }

    fn time_passes(&mut self, disputes_end: bool) {
        for c in self.claims.iter_mut().flatten() {
            if let Stage::InQueue(desk) = &mut c.stage {
                desk.lapse();
            }
            if let Some(d) = &mut c.dispute {
                d.desk.lapse();
            }
            c.disputable &= !disputes_end;
        }
    }

    fn dispute(&mut self, slot: Slot) -> Option<()> {
        let c = self.claims[slot]?;
        let again = self.claims[slot..].iter().flatten();
        let again = again.filter(|o| o.who == c.who).any(|o| o.is_undecided());
        let may =
            c.outcome == Some(Outcome::Failed) && c.disputable && c.dispute.is_none() && !again;
        may.then_some(())?;
        self.at(slot)?.dispute = Some(Dispute {
            desk: Desk::Waiting,
            answered: None,
            ended: None,
        });
        Some(())
    }

    fn confirm(&mut self, r: Reviewer, slot: Slot, passed: bool) -> Option<()> {
        (!self.paid_on_leads[r]).then_some(())?;
        let d = self.at(slot)?.dispute.as_mut()?;
        (d.answered == Some(r) && d.ended.is_none()).then_some(())?;
        d.ended = Some(if passed {
            Ended::Changed
        } else {
            Ended::Stands
        });
        if passed {
            self.settle(slot);
        }
        Some(())
    }

    /// What must hold in every state; the first thing that does not.
    pub fn broken(&self) -> Option<&'static str> {
        let claims: Vec<(Slot, &Claim)> = (0..2)
            .filter_map(|s| Some((s, self.claims[s].as_ref()?)))
            .collect();
        let passed: Vec<Slot> = claims
            .iter()
            .filter(|(_, c)| c.outcome == Some(Outcome::Passed))
            .map(|(s, _)| *s)
            .collect();
        if passed != self.earned.into_iter().collect::<Vec<_>>() {
            return Some("a lead earns once, for the claim that passed");
        }
        if let Some(earned) = self.earned {
            let (_, later) = claims[earned];
            let robbed = claims[..earned].iter().any(|(_, c)| {
                c.who != later.who
                    && matches!(c.outcome, Some(Outcome::Waiting | Outcome::AlreadyPaid))
            });
            if robbed {
                return Some("the valid claim that was made first earns");
            }
        }
        for r in 0..2 {
            let judged = claims.iter().map(|(_, c)| {
                let verdict =
                    c.judge == Some(r) || matches!(c.stage, Stage::Held { who, .. } if who == r);
                usize::from(verdict) + usize::from(c.dispute.is_some_and(|d| d.answered == Some(r)))
            });
            if judged.sum::<usize>() > 1 {
                return Some("nobody judges a lead twice");
            }
        }
        let idle = claims.iter().any(|(slot, c)| {
            let earlier = self.claims[..*slot].iter().flatten();
            c.outcome == Some(Outcome::Waiting)
                && !earlier
                    .filter(|e| e.who != c.who)
                    .any(Claim::may_still_earn)
        });
        idle.then_some("a claim waits for nobody")
    }
}
