//! Commission: what a passed verdict earns. Rules only, and this room never names the hand-over: no
//! path leads from a sales answer to the ledger (PRODUCT I2).

pub mod draw;
mod open;
pub mod payroll;
pub mod question;
mod ruling;
mod split;
mod terms;

pub use open::OpenReason;
pub use ruling::{Claimed, NotRuled, RulingKind, ruling_on};
pub use split::{Conversation, Part, Split};
pub use terms::{BadTerms, Earned, SoFar, Terms, Tier};

use crate::units::{Micros, Money, PlanId, WallTime, Zone};
use crate::words;

words! {
    /// What an entry of the ledger is.
    pub enum EntryKind: "kind of ledger entry" {
        /// A passed lead earns.
        Accrual = "accrual",
        /// Takes an accrual back.
        Reversal = "reversal",
        /// Corrects another entry.
        Correction = "correction",
    }
}

words! {
    /// Why an entry may be reversed; there is no other reason (PRODUCT M2).
    pub enum ReversalReason: "reason of a reversal" {
        Overturned = "overturned",
        Duplicate = "duplicate",
        Fraud = "fraud",
    }
}

words! {
    /// What two people do to a period.
    pub enum PeriodAct: "act on a period" {
        /// What comes later is booked into the next.
        Lock = "lock",
        Reopen = "reopen",
    }
}

/// A campaign's plan as approved: each entry keeps the version that it was booked under.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    pub id: PlanId,
    /// Counted from 1 within its campaign.
    pub version: i64,
    pub amount: Money,
    pub terms: Terms,
    /// How long after it is earned an entry is paid out at the earliest.
    pub payable_after_days: i64,
    pub from: WallTime,
    /// Claims made from then on are not paid under it; none: until another follows.
    pub until: Option<WallTime>,
}

/// A verdict that has just become final, as far as money is concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FinalVerdict {
    pub passed: bool,
    pub at: WallTime,
    /// Another claim on the same lead in the same campaign has earned already (PRODUCT I3).
    pub lead_already_earned: bool,
    /// Two people have ruled that the claim was made by fraud.
    pub fraud: bool,
    /// The claimant has read the plan (PRODUCT M1).
    pub plan_read: bool,
    /// Somebody else opened the lead, and the plan gives them a share.
    pub shared: bool,
}

/// What to book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Booking {
    Accrue(Accrual),
    /// The verdict failed.
    Nothing,
    /// The verdict passed, but the lead has earned its one commission.
    AlreadyEarned,
    /// The verdict passed, and two people have ruled that the claim was made by fraud.
    RuledOut,
    /// The verdict passed, and no plan is in force: the claim waits until a manager approves one.
    NoPlan,
    /// The verdict passed, and the claimant has not read the plan: the claim waits until they have.
    NotRead,
}

/// An entry that earns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accrual {
    pub part: Part,
    pub plan_id: PlanId,
    pub amount: Money,
    /// What stood in the period before it: tiers and cap count from there.
    pub so_far: SoFar,
    pub earned_at: WallTime,
    pub payable_at: WallTime,
    /// `2026-11`: the month it is earned in, in the house's time zone, or the next that is not
    /// locked.
    pub period: String,
}

/// The plan in force at a moment: the newest that had begun, unless it had ended. No older one
/// comes back by that.
pub fn plan_at(plans: &[Plan], at: WallTime) -> Option<&Plan> {
    plans
        .iter()
        .filter(|p| p.from <= at)
        .max_by_key(|p| (p.from, p.version))
        .filter(|p| p.until.is_none_or(|until| at < until))
}

/// Decides what a final verdict books under the plan that its claim was made under, into `period`.
/// `so_far` is what stands of the payee in the campaign's period.
pub fn book(verdict: &FinalVerdict, plan: Option<&Plan>, period: &str, so_far: SoFar) -> Booking {
    if !verdict.passed {
        return Booking::Nothing;
    }
    if verdict.lead_already_earned {
        return Booking::AlreadyEarned;
    }
    if verdict.fraud {
        return Booking::RuledOut;
    }
    let Some(plan) = plan else {
        return Booking::NoPlan;
    };
    if !verdict.plan_read {
        return Booking::NotRead;
    }
    let part = match verdict.shared {
        true => Part::Claimant,
        false => Part::Whole,
    };
    Booking::Accrue(accrual(plan, part, so_far, (verdict.at, period)))
}

/// What the opener's part books into `period` beside the claimant's entry, which was booked after
/// `claimant_leads` of the claimant's. `minor` is what stands of the opener in the campaign's
/// period.
#[must_use]
pub fn opener_accrual(
    plan: &Plan,
    claimant_leads: i64,
    minor: i64,
    (at, period): (WallTime, &str),
) -> Accrual {
    let leads = plan.terms.rate_begins(claimant_leads);
    accrual(plan, Part::Opener, SoFar { leads, minor }, (at, period))
}

fn accrual(plan: &Plan, part: Part, so_far: SoFar, (at, period): (WallTime, &str)) -> Accrual {
    let earned = plan.terms.earns(plan.amount.minor, part, so_far);
    Accrual {
        part,
        plan_id: plan.id.clone(),
        amount: Money::new(earned.minor, &plan.amount.currency),
        so_far,
        earned_at: at,
        payable_at: at + Micros::from_secs(plan.payable_after_days * 86_400),
        period: period.to_owned(),
    }
}

/// The period of a moment, or the first one after it that is not locked.
pub fn open_period(at: WallTime, locked: &[String], zone: &Zone) -> String {
    let mut name = zone.month(at);
    while locked.contains(&name) {
        name = next_period(&name);
    }
    name
}

/// Whether something is the name of a period: `2026-11`.
#[must_use]
pub fn is_period(name: &str) -> bool {
    let Some((year, month)) = name.split_once('-') else {
        return false;
    };
    let digits = |text: &str, n| text.len() == n && text.bytes().all(|b| b.is_ascii_digit());
    digits(year, 4) && digits(month, 2) && ("01"..="12").contains(&month)
}

fn next_period(name: &str) -> String {
    let (year, month) = name.split_once('-').unwrap_or((name, "12"));
    match (
        year.parse::<i32>().unwrap_or(0),
        month.parse::<i32>().unwrap_or(12),
    ) {
        (year, 12) => format!("{:04}-01", year + 1),
        (year, month) => format!("{year:04}-{:02}", month + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> WallTime {
        text.parse().unwrap()
    }

    fn plans() -> Vec<Plan> {
        let plan = |id: &str, version, minor, from| Plan {
            id: id.into(),
            version,
            amount: Money::new(minor, "EUR"),
            terms: Terms::default(),
            payable_after_days: 14,
            from: at(from),
            until: None,
        };
        vec![
            plan("p1", 1, 4000, "2026-01-01"),
            plan("p2", 2, 4500, "2026-11-10"),
        ]
    }

    fn booked(verdict: &FinalVerdict) -> Booking {
        let plans = plans();
        book(
            verdict,
            plan_at(&plans, verdict.at),
            "2026-11",
            SoFar::default(),
        )
    }

    fn passed(when: &str) -> FinalVerdict {
        FinalVerdict {
            passed: true,
            at: at(when),
            lead_already_earned: false,
            fraud: false,
            plan_read: true,
            shared: false,
        }
    }

    #[test]
    fn a_pass_books_the_plan_of_its_day() {
        let Booking::Accrue(entry) = booked(&passed("2026-11-09")) else {
            panic!()
        };
        assert_eq!(
            (entry.amount.minor, entry.period.as_str(), entry.payable_at),
            (4000, "2026-11", at("2026-11-23"))
        );
        let Booking::Accrue(entry) = booked(&passed("2026-11-11")) else {
            panic!()
        };
        assert_eq!((entry.amount.minor, entry.plan_id.as_str()), (4500, "p2"));
    }

    #[test]
    fn a_plan_that_has_ended_is_in_force_no_more_and_brings_back_no_older_one() {
        let mut plans = plans();
        plans[1].until = Some(at("2026-11-20"));
        let version = |when| plan_at(&plans, at(when)).map(|p| p.version);
        assert_eq!(version("2026-11-09"), Some(1));
        assert_eq!(version("2026-11-19"), Some(2));
        assert_eq!(version("2026-11-20"), None);
    }

    #[test]
    fn a_shared_lead_books_two_parts_of_one_rate() {
        let mut plan = plans().remove(0);
        plan.terms.split = Some(Split::of(33));
        let verdict = FinalVerdict {
            shared: true,
            ..passed("2026-11-09")
        };
        let booked = book(&verdict, Some(&plan), "2026-11", SoFar::default());
        let Booking::Accrue(claimant) = booked else {
            panic!()
        };
        let opener = opener_accrual(&plan, 0, 0, (verdict.at, "2026-11"));
        assert_eq!(
            (
                claimant.part,
                claimant.amount.minor,
                opener.part,
                opener.amount.minor
            ),
            (Part::Claimant, 2680, Part::Opener, 1320)
        );
        assert_eq!(claimant.payable_at, opener.payable_at);
    }

    #[test]
    fn nothing_is_earned_twice_or_by_failing_or_without_a_plan() {
        assert_eq!(
            booked(&FinalVerdict {
                lead_already_earned: true,
                ..passed("2026-11-09")
            }),
            Booking::AlreadyEarned
        );
        assert_eq!(
            booked(&FinalVerdict {
                passed: false,
                ..passed("2026-11-09")
            }),
            Booking::Nothing
        );
        assert_eq!(
            booked(&FinalVerdict {
                fraud: true,
                ..passed("2026-11-09")
            }),
            Booking::RuledOut
        );
        assert_eq!(
            booked(&FinalVerdict {
                plan_read: false,
                ..passed("2026-11-09")
            }),
            Booking::NotRead
        );
        assert_eq!(booked(&passed("2025-11-09")), Booking::NoPlan);
    }

    #[test]
    fn a_locked_month_is_left_for_the_next_open_one() {
        let locked = ["2026-12".to_owned(), "2027-01".to_owned()];
        let period = |when| open_period(at(when), &locked, &Zone::utc());
        assert_eq!(period("2026-12-31"), "2027-02");
        assert_eq!(period("2026-11-30"), "2026-11");
    }

    #[test]
    fn a_period_is_a_month() {
        assert!(["2026-11", "2026-01", "2026-12"].into_iter().all(is_period));
        for bad in [
            "garbage",
            "2026-13",
            "2026-00",
            "2026-1",
            "26-11",
            "2026-11-01",
            "",
            "-",
        ] {
            assert!(!is_period(bad), "{bad}");
        }
    }
}
