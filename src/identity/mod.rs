//! Who may sign in and as what: roles, what somebody's pay hangs on, and when a login rests. Rules
//! only.

use crate::units::{Micros, WallTime};
use crate::words;

words! {
    /// What somebody comes to the box for (PRODUCT, "Who uses it").
    pub enum Role: "role" {
        /// Claims leads, sees verdicts and money.
        Telemarketer = "telemarketer",
        /// Listens and judges.
        Reviewer = "reviewer",
        /// Receives leads that passed, and answers for them.
        Sales = "sales",
        /// Brings leads and sources.
        Marketing = "marketing",
        /// Rules on eligibility, approves plans, reads reports.
        Manager = "manager",
        /// Runs the box.
        Admin = "admin",
    }
}

words! {
    /// What somebody's pay hangs on (PRODUCT I1).
    pub enum PayBasis: "pay basis" {
        /// On nothing that a verdict decides: only these may judge or approve.
        Fixed = "fixed",
        /// On the claims that pass.
        Commission = "commission",
        /// On the number of qualified leads.
        QualifiedLeads = "qualified_leads",
        /// On the pipeline that came of them.
        Pipeline = "pipeline",
    }
}

words! {
    /// The two houses whose heads sign a checklist (PRODUCT R3).
    pub enum House: "house" {
        Marketing = "marketing",
        Sales = "sales",
    }
}

impl House {
    /// The role of those who work there; its head is one of them.
    #[must_use]
    pub fn role(self) -> Role {
        match self {
            House::Marketing => Role::Marketing,
            House::Sales => Role::Sales,
        }
    }
}

/// Wrong passwords in a row from which on a login rests.
pub const WRONG_BEFORE_REST: i64 = 5;
/// How long a login rests.
pub const REST: Micros = Micros::from_secs(15 * 60);

/// Until when a login rests after one more wrong password; `wrong` counts those before it.
#[must_use]
pub fn rests_until(wrong: i64, now: WallTime) -> Option<WallTime> {
    (wrong + 1 >= WRONG_BEFORE_REST).then(|| now + REST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fifth_wrong_password_lets_a_login_rest() {
        let now = WallTime(0);
        assert_eq!(rests_until(3, now), None);
        assert_eq!(rests_until(4, now), Some(now + REST));
        assert_eq!(rests_until(9, now), Some(now + REST));
    }
}
