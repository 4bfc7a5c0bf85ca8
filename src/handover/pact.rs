//! What marketing and sales have agreed to owe one another, and what holds until they have.

/// Both halves of the agreement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pact {
    /// Marketing's: leads handed over in a month; 0: nothing was said of it.
    pub leads_a_month: i64,
    /// Marketing's: how full a write-up is at least, 0 to 100.
    pub complete_percent: i64,
    /// Sales': hours from the hand-over to an answer.
    pub answer_hours: i64,
    /// Sales': hours from the hand-over to the first call.
    pub call_hours: i64,
    /// Sales': attempts before a lead is unreachable.
    pub attempts: i64,
    /// In so many days.
    pub attempt_days: i64,
}

impl Default for Pact {
    /// What holds where nothing is signed.
    fn default() -> Pact {
        Pact {
            leads_a_month: 0,
            complete_percent: 0,
            answer_hours: 24,
            call_hours: 24,
            attempts: 5,
            attempt_days: 10,
        }
    }
}

impl Pact {
    /// Whether somebody could keep it.
    ///
    /// # Errors
    /// Names the figure and its bounds.
    pub fn check(&self) -> Result<(), &'static str> {
        match self {
            p if !(0..=100_000).contains(&p.leads_a_month) => {
                Err("Leads a month are 0 to 100,000; 0 says nothing of them.")
            }
            p if !(0..=100).contains(&p.complete_percent) => {
                Err("How full a write-up is, is 0 to 100 percent.")
            }
            p if !(1..=720).contains(&p.answer_hours) => Err("An answer takes 1 to 720 hours."),
            p if !(1..=720).contains(&p.call_hours) => Err("A first call takes 1 to 720 hours."),
            p if !(1..=20).contains(&p.attempts) => Err("Attempts are 1 to 20."),
            p if !(1..=60).contains(&p.attempt_days) => Err("Attempts are made in 1 to 60 days."),
            p if p.attempts > p.attempt_days * 24 => {
                Err("No more than one attempt an hour counts: allow more days.")
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agreement_can_be_kept() {
        assert_eq!(Pact::default().check(), Ok(()));
        let with = |change: fn(&mut Pact)| {
            let mut pact = Pact::default();
            change(&mut pact);
            pact.check()
        };
        assert!(with(|p| p.attempts = 0).is_err());
        assert!(with(|p| p.call_hours = 0).is_err());
        assert!(with(|p| p.complete_percent = 101).is_err());
    }
}
