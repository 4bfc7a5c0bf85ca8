//! Questions that a telemarketer asks about their money, and how each stands (PRODUCT M5). An
//! answer says something; it never moves money, and silence says nothing at all.

use crate::units::WallTime;
use crate::words;

words! {
    /// What somebody thinks is wrong.
    pub enum About: "subject of a question" {
        WrongPlan = "wrong_plan",
        WrongAmount = "wrong_amount",
        WrongPerson = "wrong_person",
        /// A claim of theirs has no line.
        MissingLine = "missing_line",
        /// There is no claim on what they did.
        MissingClaim = "missing_claim",
        Other = "other",
    }
}

words! {
    /// Who said a part of a question.
    pub enum PartKind: "part of a question" {
        /// Whoever asked.
        Question = "question",
        /// A manager.
        Answer = "answer",
    }
}

words! {
    /// How a question stands.
    pub enum QuestionState: "state of a question" {
        /// It waits for an answer, and is not due yet.
        Open = "open",
        /// It should have been answered by now.
        Overdue = "overdue",
        Answered = "answered",
    }
}

/// How a question stands at a moment.
#[must_use]
pub fn standing(answered: Option<WallTime>, due: WallTime, now: WallTime) -> QuestionState {
    match answered {
        Some(_) => QuestionState::Answered,
        None if now >= due => QuestionState::Overdue,
        None => QuestionState::Open,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_overdue_from_its_last_moment_on_until_it_is_answered() {
        let due = WallTime(100);
        let at = |now| standing(None, due, WallTime(now));
        assert_eq!(at(99), QuestionState::Open);
        assert_eq!(at(100), QuestionState::Overdue);
        let answered = standing(Some(WallTime(200)), due, WallTime(300));
        assert_eq!(answered, QuestionState::Answered);
    }
}
