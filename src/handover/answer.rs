//! What sales answers, and what an answer has to say.

use crate::units::{Micros, WallTime};
use crate::words;

words! {
    /// What sales answers (PRODUCT H2).
    pub enum Answer: "answer of sales" {
        /// Takes the lead now.
        Now = "now",
        /// Takes it at the buyer's date.
        Later = "later",
        /// Asks the telemarketer something first.
        NeedsInformation = "needs_information",
        /// Not ready: looked at again at a date.
        Nurture = "nurture",
        /// Turns it down, for a reason.
        Reject = "reject",
    }
}

words! {
    /// Why sales turns a lead down: eight at most (PRODUCT H2).
    pub enum RejectReason: "reason of a rejection" {
        /// A must-pass criterion of the agreed definition is not met: somebody hears it afresh.
        Criterion = "criterion",
        /// Nobody answers, as often as was agreed; the wire counts.
        Unreachable = "unreachable",
        KnownAlready = "known_already",
        WrongPerson = "wrong_person",
        WrongTerritory = "wrong_territory",
        NoCapacity = "no_capacity",
        PoorFit = "poor_fit",
        Other = "other",
    }
}

impl RejectReason {
    /// Whether it is a preference: no fault of the lead by the agreed definition.
    #[must_use]
    pub fn is_preference(self) -> bool {
        !matches!(self, RejectReason::Criterion | RejectReason::Unreachable)
    }

    /// Whether it says nothing without words.
    #[must_use]
    pub fn needs_words(self) -> bool {
        matches!(
            self,
            RejectReason::Criterion | RejectReason::PoorFit | RejectReason::Other
        )
    }
}

/// What was given with an answer.
#[derive(Debug, Clone, Copy)]
pub struct Given<'a> {
    pub answer: Answer,
    /// The buyer's date, or when a lead that is nurtured is looked at again.
    pub until: Option<WallTime>,
    /// Of a rejection alone.
    pub reason: Option<RejectReason>,
    /// What a rejection cites.
    pub criterion: Option<&'a str>,
    /// In the answerer's words; of `needs_information` the question.
    pub note: &'a str,
}

/// Characters that a question or a reason has at least.
pub const FEWEST_WORDS: usize = 10;
/// And at most.
pub const LONGEST_NOTE: usize = 2_000;
/// A date further away than this is a slip of the pen.
const FURTHEST: Micros = Micros::from_secs(3 * 366 * 86_400);
const HALF_A_DAY: Micros = Micros::from_secs(43_200);

impl Given<'_> {
    /// Whether the answer says all that it has to.
    ///
    /// # Errors
    /// Says what is missing, or what does not belong to it.
    pub fn check(&self, now: WallTime) -> Result<(), &'static str> {
        if self.note.chars().count() > LONGEST_NOTE {
            return Err("A note has at most 2,000 characters.");
        }
        self.check_date(now)?;
        match (self.answer, self.reason) {
            (Answer::Reject, None) => Err("Say why you reject it: one of the eight reasons."),
            (Answer::Reject, Some(reason)) => self.check_reason(reason),
            (_, Some(_)) => Err("A reason belongs to a rejection alone."),
            _ if self.criterion.is_some() => Err("A criterion is cited by a rejection alone."),
            (Answer::NeedsInformation, _) if self.is_short() => {
                Err("Ask the telemarketer something: ten characters at least.")
            }
            _ => Ok(()),
        }
    }

    fn is_short(&self) -> bool {
        self.note.trim().chars().count() < FEWEST_WORDS
    }

    fn check_date(&self, now: WallTime) -> Result<(), &'static str> {
        let dated = matches!(self.answer, Answer::Later | Answer::Nurture);
        match self.until {
            None if self.answer == Answer::Later => Err("Give the date that the buyer named."),
            None if dated => Err("Give the date on which it is looked at again."),
            Some(_) if !dated => Err("A date belongs to 'later' and 'nurture' alone."),
            // A day that is named at its noon is still to come while it lasts.
            Some(at) if at + HALF_A_DAY < now => {
                Err("This date is over: give one that is to come.")
            }
            Some(at) if at > now + FURTHEST => Err("This date is more than three years away."),
            _ => Ok(()),
        }
    }

    fn check_reason(&self, reason: RejectReason) -> Result<(), &'static str> {
        match (reason, self.criterion) {
            (RejectReason::Criterion, None) => {
                Err("Say which criterion of the agreed definition is not met.")
            }
            (RejectReason::Criterion, Some(_)) if self.is_short() => {
                Err("Say what you heard that does not meet it: ten characters at least.")
            }
            (r, Some(_)) if r != RejectReason::Criterion => {
                Err("A criterion is cited by the reason 'criterion' alone.")
            }
            (r, _) if r.needs_words() && self.is_short() => {
                Err("Say it in your words: ten characters at least.")
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Word;

    const NOW: WallTime = WallTime(1_764_000_000_000_000);

    fn given(answer: Answer) -> Given<'static> {
        Given {
            answer,
            until: None,
            reason: None,
            criterion: None,
            note: "",
        }
    }

    #[test]
    fn an_answer_says_what_it_has_to_and_nothing_else() {
        assert_eq!(given(Answer::Now).check(NOW), Ok(()));
        for answer in [
            Answer::Later,
            Answer::Nurture,
            Answer::NeedsInformation,
            Answer::Reject,
        ] {
            assert!(given(answer).check(NOW).is_err(), "{answer} goes out empty");
        }
        let day = Micros::from_secs(86_400);
        let at = |until| Given {
            until: Some(until),
            ..given(Answer::Later)
        };
        assert_eq!(at(NOW + day).check(NOW), Ok(()));
        assert!(at(NOW - day).check(NOW).is_err());
        assert!(at(WallTime(-2_208_988_800_000_000)).check(NOW).is_err());
        assert!(at(WallTime(i64::MAX / 2)).check(NOW).is_err());
        assert!(
            Given {
                until: Some(NOW + day),
                ..given(Answer::Now)
            }
            .check(NOW)
            .is_err()
        );
    }

    #[test]
    fn a_rejection_has_one_of_eight_reasons() {
        assert!(RejectReason::ALL.len() <= 8);
        let with = |reason, criterion, note| Given {
            reason: Some(reason),
            criterion,
            note,
            ..given(Answer::Reject)
        };
        let words = "They only have vans";
        for (reason, criterion, note, fits) in [
            (RejectReason::Criterion, Some("need"), words, true),
            (RejectReason::Criterion, None, words, false),
            (RejectReason::Criterion, Some("need"), "no", false),
            (RejectReason::KnownAlready, None, "", true),
            (RejectReason::KnownAlready, Some("need"), "", false),
            (RejectReason::Other, None, "", false),
            (RejectReason::Other, None, words, true),
        ] {
            let checked = with(reason, criterion, note).check(NOW);
            assert_eq!(checked.is_ok(), fits, "{reason} {criterion:?} {note}");
        }
    }
}
