//! What a call's two lanes tell of a connect: how long the other side spoke once the call was
//! answered, and whether it answered what was said.
//!
//! An answering machine speaks first and is silent while a message is left; a person takes the word
//! again. So the times are counted at which the word passes from the telemarketer to the other
//! side: a greeting that is talked into makes one of them, a conversation makes many.

use crate::units::Spans;

/// With fewer replies than this a call was with a machine, or with nobody.
pub const FEWEST_REPLIES: i64 = 2;

/// What the other side said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Talk {
    /// Its speech in milliseconds.
    pub speech_ms: i64,
    /// How often it took the word after the telemarketer.
    pub replies: i64,
}

impl Talk {
    /// Of the lanes' speech, in milliseconds on one axis, from when the call was answered.
    #[must_use]
    pub fn of(telemarketer: &Spans, prospect: &Spans, answered_ms: u64) -> Talk {
        let answered = Spans::of([(answered_ms, u64::MAX)]);
        let (ours, theirs) = (
            telemarketer.intersection(&answered),
            prospect.intersection(&answered),
        );
        let mut turns: Vec<(u64, bool)> = ours.iter().map(|(from, _)| (from, true)).collect();
        turns.extend(theirs.iter().map(|(from, _)| (from, false)));
        turns.sort_unstable();
        let passes = turns.windows(2).filter(|two| two[0].1 && !two[1].1);
        Talk {
            speech_ms: i64::try_from(theirs.total()).unwrap_or(i64::MAX),
            replies: i64::try_from(passes.count()).unwrap_or(i64::MAX),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans(seconds: &[(u64, u64)]) -> Spans {
        Spans::of(seconds.iter().map(|(from, to)| (from * 1_000, to * 1_000)))
    }

    #[test]
    fn a_machine_speaks_and_does_not_answer() {
        // A greeting of 22 s into which somebody says hello, and a message after it.
        let machine = Talk::of(
            &spans(&[(3, 4), (24, 50)]),
            &spans(&[(1, 9), (10, 24)]),
            500,
        );
        assert_eq!(machine.speech_ms, 22_000);
        assert!(machine.replies < FEWEST_REPLIES);
        let person = Talk::of(
            &spans(&[(2, 6), (9, 15), (20, 30)]),
            &spans(&[(0, 1), (7, 8), (16, 19), (31, 35)]),
            500,
        );
        assert_eq!(person.speech_ms, 500 + 1_000 + 3_000 + 4_000);
        assert_eq!(person.replies, 3);
    }

    #[test]
    fn an_announcement_before_the_answer_is_nobodys_talk() {
        let early = Talk::of(&spans(&[]), &spans(&[(0, 12)]), 12_000);
        assert_eq!(early, Talk::default());
    }
}
