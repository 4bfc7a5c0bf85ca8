//! What claims come to in money, written from PRODUCT.md alone and not from the code (I1 to I4, M1
//! to M3): two leads that share a number, two telemarketers, three claims, two managers without an
//! interest and one who has one. A judgement is one step here; `life.rs` walks its parts.

use crate::explore::{Explored, explore};

/// Somebody who claims: 0 or 1.
pub type Claimant = usize;
/// The lead that a claim is on: 0 or 1.
pub type Lead = usize;
/// Claims by the order in which they were made.
pub type Slot = usize;
/// A month: 0 is the first.
pub type Month = usize;
/// A version of the plan: 0 is in force from the beginning.
pub type Version = usize;

pub const CLAIMS: usize = 3;
pub const MONTHS: usize = 3;
pub const VERSIONS: usize = 2;

/// A version as the world has it: what a lead earns, what each from the second in a month on earns,
/// and the most in a month.
pub struct Terms {
    pub amount: i64,
    pub second: Option<i64>,
    pub cap: Option<i64>,
}

/// The first pays more for a month's second lead; the other pays less, and never more than 7,000.
pub const PLANS: [Terms; VERSIONS] = [
    Terms {
        amount: 4_000,
        second: Some(5_000),
        cap: None,
    },
    Terms {
        amount: 3_700,
        second: None,
        cap: Some(7_000),
    },
];

/// What stands of a payee in a month before an entry: leads, and money.
type SoFar = (usize, i64);

impl Terms {
    fn earns(&self, (leads, money): SoFar) -> i64 {
        let full = self.second.filter(|_| leads > 0).unwrap_or(self.amount);
        self.cap.map_or(full, |cap| full.min(cap - money))
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Outcome {
    Failed,
    Passed,
    AlreadyPaid,
    Waiting,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Fraud {
    Alleged,
    Confirmed,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Claim {
    pub who: Claimant,
    pub lead: Lead,
    /// The plan in force when it was made.
    pub plan: Version,
    /// None: nobody has judged it.
    pub outcome: Option<Outcome>,
    /// It is its turn, and its claimant has not read its plan.
    pub unread: bool,
    /// They have left it unread for longer than it keeps others waiting.
    pub lapsed: bool,
    /// Its failing verdict may still be disputed.
    pub disputable: bool,
    pub fraud: Option<Fraud>,
    /// Claims made before that it was ruled to be the duplicate of, by their bits.
    pub duplicate_of: u8,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Why {
    Duplicate,
    Fraud,
}

/// A line of the ledger.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Line {
    pub slot: Slot,
    pub minor: i64,
    pub month: Month,
    /// None: it earns.
    pub back: Option<Why>,
    /// A payroll run has it.
    pub paid: bool,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Books {
    pub claims: [Option<Claim>; CLAIMS],
    /// In the order in which they were booked.
    pub ledger: Vec<Line>,
    pub month: Month,
    pub locked: [bool; MONTHS],
    pub plan: Version,
    /// Who has read which version.
    pub read: [[bool; VERSIONS]; 2],
    /// The second lead was merged into the first.
    pub merged: bool,
}

impl Default for Books {
    fn default() -> Books {
        Books {
            claims: [None; CLAIMS],
            ledger: Vec::new(),
            month: 0,
            locked: [false; MONTHS],
            plan: 0,
            // The second telemarketer has not read what is in force.
            read: [[true, false], [false, false]],
            merged: false,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Op {
    Claim(Claimant, Lead),
    /// Taken, heard, judged, and the hold has ended.
    Judge(Slot, bool),
    /// Disputed, judged again and confirmed.
    Dispute(Slot, bool),
    Read(Claimant, Version),
    Approve,
    /// The later claim, and the first.
    Same(Slot, Slot),
    Merge,
    Accuse(Slot),
    /// By the second manager, or by the one who accused.
    Confirm(Slot, bool),
    /// What was alleged is dismissed by the second manager.
    Dismiss(Slot),
    Lock(Month),
    Reopen(Month),
    /// Asked for and confirmed by one and the same.
    LockAlone(Month),
    /// A payroll run for a month and those before it.
    Pay(Month),
    /// The month ends, and with it the time to dispute, and to read a plan before others earn.
    MonthEnds,
    /// Sales answers: it takes the lead, or rejects it.
    Sales(Slot, bool),
    /// The manager who is paid by leads tries to rule, to approve, or to lock.
    Interested(Interested),
    Restart,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Interested {
    Same,
    Accuse,
    Dismiss,
    Approve,
    Lock,
    Pay,
}

/// Every state that books can come to by these operations, with so many claims at most. Here, and
/// not where it is asked for, so that an optimizer works on it.
///
/// # Panics
/// Where what moves nothing moves something, or something that must hold does not.
pub fn explored(begin: &Books, claims: usize, ops: &[Op]) -> Explored<Op> {
    // Who claims first, and which lead, are names only where all have read the plan.
    let skips = |books: &Books, op| {
        let made = books.claims.iter().flatten().count();
        let named = made == 0 && claims == 3 && op != Op::Claim(0, 0);
        matches!(op, Op::Claim(..)) && (made == claims || named)
    };
    let step = |books: &Books, op| {
        let after = books.after(op)?;
        if matches!(op, Op::Sales(..) | Op::Restart) {
            assert_eq!(after, *books, "{op:?} moves nothing");
        }
        Some(after)
    };
    explore(begin.clone(), ops, step, Books::broken, skips)
}

/// Every operation there is.
pub fn all_ops() -> Vec<Op> {
    let mut ops = vec![Op::Approve, Op::Merge, Op::MonthEnds, Op::Restart];
    for who in 0..2 {
        ops.extend((0..2).map(|lead| Op::Claim(who, lead)));
        ops.extend((0..VERSIONS).map(|version| Op::Read(who, version)));
    }
    for slot in 0..CLAIMS {
        ops.extend([Op::Accuse(slot), Op::Dismiss(slot)]);
        ops.extend((0..slot).map(|first| Op::Same(slot, first)));
        for yes in [true, false] {
            ops.extend([
                Op::Judge(slot, yes),
                Op::Dispute(slot, yes),
                Op::Confirm(slot, yes),
                Op::Sales(slot, yes),
            ]);
        }
    }
    // The last month is never over.
    for month in 0..MONTHS - 1 {
        ops.extend([
            Op::Lock(month),
            Op::Reopen(month),
            Op::LockAlone(month),
            Op::Pay(month),
        ]);
    }
    ops.extend(
        [
            Interested::Same,
            Interested::Accuse,
            Interested::Dismiss,
            Interested::Approve,
            Interested::Lock,
            Interested::Pay,
        ]
        .map(Op::Interested),
    );
    ops
}

impl Claim {
    /// Whether it keeps a later claim of somebody else waiting.
    fn goes_before_others(&self) -> bool {
        match self.outcome {
            None => true,
            Some(Outcome::Waiting) => !self.lapsed,
            Some(Outcome::Failed) => self.disputable,
            Some(Outcome::Passed | Outcome::AlreadyPaid) => false,
        }
    }

    fn is_fraud(&self) -> bool {
        self.fraud == Some(Fraud::Confirmed)
    }
}

impl Books {
    /// The books after an operation; `None` where it must be refused.
    pub fn after(&self, op: Op) -> Option<Books> {
        let mut next = self.clone();
        next.apply(op)?;
        next.turns();
        Some(next)
    }

    fn at(&mut self, slot: Slot) -> Option<&mut Claim> {
        self.claims[slot].as_mut()
    }

    fn apply(&mut self, op: Op) -> Option<()> {
        match op {
            Op::Claim(who, lead) => self.claim(who, lead),
            Op::Judge(slot, passed) => {
                self.at(slot)?.outcome.is_none().then_some(())?;
                self.settle(slot, passed);
                Some(())
            }
            Op::Dispute(slot, passes) => self.dispute(slot, passes),
            Op::Read(who, version) => {
                (version <= self.plan).then_some(())?;
                self.read[who][version] = true;
                Some(())
            }
            Op::Approve => {
                (self.plan + 1 < VERSIONS).then_some(())?;
                self.plan += 1;
                Some(())
            }
            Op::Same(later, first) => self.same(later, first),
            Op::Merge => {
                let claimed = self.claims.iter().flatten().any(|c| c.lead == 1);
                (!self.merged && !claimed).then_some(())?;
                self.merged = true;
                Some(())
            }
            Op::Accuse(slot) => {
                let c = self.at(slot)?;
                (c.outcome.is_some() && c.fraud.is_none()).then_some(())?;
                c.fraud = Some(Fraud::Alleged);
                Some(())
            }
            Op::Confirm(slot, by_another) => self.confirm(slot, by_another),
            Op::Dismiss(slot) => {
                let c = self.at(slot)?;
                (c.fraud == Some(Fraud::Alleged)).then_some(())?;
                c.fraud = None;
                Some(())
            }
            Op::Lock(month) => {
                let booked = self.ledger.iter().any(|l| l.month == month);
                (month < self.month && booked && !self.locked[month]).then_some(())?;
                self.locked[month] = true;
                Some(())
            }
            Op::Reopen(month) => {
                let paid = self.ledger.iter().any(|l| l.month == month && l.paid);
                (self.locked[month] && !paid).then_some(())?;
                self.locked[month] = false;
                Some(())
            }
            Op::Pay(month) => self.pay(month),
            Op::MonthEnds => {
                (self.month + 1 < MONTHS).then_some(())?;
                self.month += 1;
                for c in self.claims.iter_mut().flatten() {
                    c.disputable = false;
                    c.lapsed |= c.unread;
                }
                Some(())
            }
            Op::Sales(slot, _) => {
                // What sales says changes nothing here; it is asked once a lead was handed over.
                let c = self.at(slot)?;
                c.outcome
                    .is_some_and(|o| o != Outcome::Failed)
                    .then_some(())
            }
            Op::LockAlone(_) | Op::Interested(_) => None,
            Op::Restart => Some(()),
        }
    }

    /// Each claim comes with a new conversation.
    fn claim(&mut self, who: Claimant, lead: Lead) -> Option<()> {
        let slot = self.claims.iter().position(Option::is_none)?;
        (lead == 0 || !self.merged).then_some(())?;
        let own = |c: &&Claim| c.who == who && c.lead == lead;
        let mut own = self.claims.iter().flatten().filter(own);
        own.all(|c| c.outcome.is_some()).then_some(())?;
        self.claims[slot] = Some(Claim {
            who,
            lead,
            plan: self.plan,
            outcome: None,
            unread: false,
            lapsed: false,
            disputable: false,
            fraud: None,
            duplicate_of: 0,
        });
        Some(())
    }

    fn dispute(&mut self, slot: Slot, passes: bool) -> Option<()> {
        let c = self.claims[slot]?;
        let again = self.claims[slot..].iter().flatten();
        let mut again = again.filter(|o| o.who == c.who && o.lead == c.lead);
        let waits = again.any(|o| o.outcome.is_none());
        (c.outcome == Some(Outcome::Failed) && c.disputable && !waits).then_some(())?;
        self.at(slot)?.disputable = false;
        if passes {
            self.settle(slot, true);
        }
        Some(())
    }

    /// Whether the two leads are one, as far as anybody has ruled.
    fn are_one(&self) -> bool {
        self.claims.iter().flatten().any(|c| c.duplicate_of != 0)
    }

    fn on_lead(&self, lead: Lead) -> impl Fn(&(Slot, &Claim)) -> bool + use<> {
        let one = self.are_one();
        move |(_, c)| one || c.lead == lead
    }

    fn of_lead(&self, lead: Lead) -> Vec<(Slot, &Claim)> {
        let all = self.claims.iter().enumerate();
        all.filter_map(|(slot, c)| Some((slot, c.as_ref()?)))
            .filter(self.on_lead(lead))
            .collect()
    }

    /// A claim's entry that nobody has taken back.
    pub fn standing(&self, slot: Slot) -> Option<Line> {
        let of = self.ledger.iter().filter(|l| l.slot == slot);
        of.fold(None, |_, line| line.back.is_none().then_some(*line))
    }

    fn has_earned(&self, lead: Lead) -> bool {
        let of = self.of_lead(lead);
        of.iter().any(|(slot, _)| self.standing(*slot).is_some())
    }

    /// The month that something is booked in now.
    fn open_month(&self) -> Month {
        (self.month..MONTHS)
            .find(|m| !self.locked[*m])
            .unwrap_or(MONTHS)
    }

    fn so_far(&self, who: Claimant, month: Month) -> SoFar {
        let slots = (0..CLAIMS).filter(|s| self.claims[*s].is_some_and(|c| c.who == who));
        let standing = slots.filter_map(|s| self.standing(s));
        standing
            .filter(|l| l.month == month)
            .fold((0, 0), |(n, sum), l| (n + 1, sum + l.minor))
    }

    /// The valid claim that was made first earns; a later one waits for it, and for its plan to be
    /// read.
    fn settle(&mut self, slot: Slot, passed: bool) {
        let Some(c) = self.claims[slot] else { return };
        let mut unread = false;
        let outcome = if !passed {
            Outcome::Failed
        } else if self.waits_for_another(slot, &c) {
            Outcome::Waiting
        } else if self.has_earned(c.lead) {
            Outcome::AlreadyPaid
        } else if c.is_fraud() {
            Outcome::Passed
        } else if !self.read[c.who][c.plan] {
            unread = true;
            Outcome::Waiting
        } else {
            self.earn(slot, &c);
            Outcome::Passed
        };
        self.claims[slot] = Some(Claim {
            outcome: Some(outcome),
            unread,
            lapsed: unread && c.lapsed,
            disputable: outcome == Outcome::Failed,
            ..c
        });
    }

    fn waits_for_another(&self, slot: Slot, c: &Claim) -> bool {
        let of = self.of_lead(c.lead);
        of.iter()
            .filter(|(s, _)| *s < slot)
            .any(|(_, e)| match e.who == c.who {
                true => e.outcome == Some(Outcome::Waiting),
                false => e.goes_before_others(),
            })
    }

    fn earn(&mut self, slot: Slot, c: &Claim) {
        let month = self.open_month();
        self.ledger.push(Line {
            slot,
            minor: PLANS[c.plan].earns(self.so_far(c.who, month)),
            month,
            back: None,
            paid: false,
        });
    }

    fn take_back(&mut self, slot: Slot, why: Why) -> bool {
        let Some(line) = self.standing(slot) else {
            return false;
        };
        self.ledger.push(Line {
            minor: -line.minor,
            month: self.open_month(),
            back: Some(why),
            paid: false,
            ..line
        });
        true
    }

    /// Whose line it is.
    fn payee(&self, line: &Line) -> Option<Claimant> {
        self.claims[line.slot].map(|c| c.who)
    }

    /// What a run for a month would take: lines of locked months up to it that are in none.
    fn unpaid(&self, who: Claimant, month: Month) -> Vec<usize> {
        let all = self.ledger.iter().enumerate();
        let takes = |l: &Line| !l.paid && l.month <= month && self.locked[l.month];
        all.filter(|(_, l)| takes(l) && self.payee(l) == Some(who))
            .map(|(at, _)| at)
            .collect()
    }

    /// Who has nothing to get is carried over whole, and a run that pays nobody is none.
    fn pay(&mut self, month: Month) -> Option<()> {
        self.locked[month].then_some(())?;
        let mut pays = false;
        for who in 0..2 {
            let lines = self.unpaid(who, month);
            if lines.iter().map(|at| self.ledger[*at].minor).sum::<i64>() > 0 {
                lines.iter().for_each(|at| self.ledger[*at].paid = true);
                pays = true;
            }
        }
        pays.then_some(())
    }

    /// A manager rules that two claims are on one lead: the later one earns nothing by it.
    fn same(&mut self, later: Slot, first: Slot) -> Option<()> {
        let (l, f) = (self.claims[later]?, self.claims[first]?);
        let bit = 1 << first;
        (l.lead != f.lead && l.duplicate_of & bit == 0).then_some(())?;
        // Nobody loses by it before the other has earned, and the one lead has earned once after it.
        if self.standing(later).is_some() && self.standing(first).is_none() {
            return None;
        }
        let others = (0..CLAIMS).filter(|s| *s != later && self.standing(*s).is_some());
        (others.count() <= 1).then_some(())?;
        self.at(later)?.duplicate_of |= bit;
        self.take_back(later, Why::Duplicate);
        Some(())
    }

    fn confirm(&mut self, slot: Slot, by_another: bool) -> Option<()> {
        let c = self.claims[slot]?;
        (c.fraud == Some(Fraud::Alleged) && by_another).then_some(())?;
        self.at(slot)?.fraud = Some(Fraud::Confirmed);
        if self.take_back(slot, Why::Fraud) {
            // Who claimed the lead too, and came to nothing because of it, has their turn.
            let behind: Vec<Slot> = self.of_lead(c.lead).iter().map(|(s, _)| *s).collect();
            for other in behind.into_iter().filter(|s| *s != slot) {
                let robbed = self.was_taken_back_as_duplicate(other);
                let Some(o) = self.at(other) else { continue };
                if o.outcome == Some(Outcome::AlreadyPaid) || robbed {
                    o.outcome = Some(Outcome::Waiting);
                }
            }
        }
        Some(())
    }

    fn was_taken_back_as_duplicate(&self, slot: Slot) -> bool {
        let of = self.ledger.iter().rfind(|l| l.slot == slot);
        of.is_some_and(|l| l.back == Some(Why::Duplicate))
    }

    /// Once more for those whom a later one has kept from earning.
    fn turns(&mut self) {
        for slot in (0..CLAIMS).chain(0..CLAIMS) {
            if self.claims[slot].is_some_and(|c| c.outcome == Some(Outcome::Waiting)) {
                self.settle(slot, true);
            }
        }
    }

    /// What must hold in every state; the first thing that does not.
    pub fn broken(&self) -> Option<&'static str> {
        let slots = (0..CLAIMS).filter(|s| self.claims[*s].is_some());
        let standing: Vec<Slot> = slots
            .clone()
            .filter(|s| self.standing(*s).is_some())
            .collect();
        for a in &standing {
            let c = self.claims[*a].as_ref()?;
            if self
                .of_lead(c.lead)
                .iter()
                .any(|(s, _)| s != a && standing.contains(s))
            {
                return Some("a lead earns once");
            }
            if c.is_fraud() || c.outcome != Some(Outcome::Passed) {
                return Some("what earns has passed, and nobody found fraud in it");
            }
            if !self.read[c.who][c.plan] {
                return Some("nobody earns under a plan that they have not read");
            }
        }
        for slot in slots {
            if self.robbed(slot) {
                return Some("the valid claim that was made first earns");
            }
            if self.is_held_up(slot) {
                return Some("nobody waits for ever for somebody who does not read a plan");
            }
            if self.lost(slot) {
                return Some(
                    "a valid claim that comes to nothing has another before it that earned",
                );
            }
        }
        if self.ledger.iter().any(|l| l.paid && !self.locked[l.month]) {
            return Some("what is paid stands: its month stays locked");
        }
        let owes = |of: fn(&Line) -> bool| {
            (0..2).any(|who| {
                let own = self.ledger.iter().filter(|l| self.payee(l) == Some(who));
                own.filter(|l| of(l)).map(|l| l.minor).sum::<i64>() < 0
            })
        };
        if owes(|_| true) {
            return Some("nobody owes more than they have earned");
        }
        owes(|l| l.paid).then_some("no run takes money from anybody")
    }

    /// Whether a claim waits only because somebody has left another plan unread for too long.
    fn is_held_up(&self, slot: Slot) -> bool {
        let Some(c) = self.claims[slot] else {
            return false;
        };
        let of = self.of_lead(c.lead);
        let mut before = of.iter().filter(|(s, _)| *s < slot);
        let ready = c.outcome == Some(Outcome::Waiting) && self.read[c.who][c.plan];
        let is_over = |e: &Claim| match e.outcome {
            None => false,
            Some(Outcome::Waiting) => e.lapsed,
            Some(Outcome::Failed) => !e.disputable,
            Some(Outcome::Passed | Outcome::AlreadyPaid) => true,
        };
        ready && before.all(|(_, e)| e.who != c.who && is_over(e))
    }

    /// Whether a later claim of somebody else earned while a claim was to be read, in time.
    fn robbed(&self, slot: Slot) -> bool {
        let Some(c) = self.claims[slot] else {
            return false;
        };
        let of = self.of_lead(c.lead);
        let mut later = of.iter().filter(|(s, e)| *s > slot && e.who != c.who);
        c.unread && !c.lapsed && later.any(|(s, _)| self.standing(*s).is_some())
    }

    /// Whether a claim passed and earns nothing, though nothing stands in its way.
    fn lost(&self, slot: Slot) -> bool {
        let Some(c) = self.claims[slot] else {
            return false;
        };
        let passed = matches!(c.outcome, Some(Outcome::Passed | Outcome::AlreadyPaid));
        passed && !c.is_fraud() && !self.has_earned(c.lead)
    }
}
