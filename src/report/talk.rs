//! What a call's two lanes tell of a connect: how long the other side spoke once the call was
//! answered, and whether it answered what was said.
//!
//! An answering machine speaks first and is silent while a message is left; a person takes the word
//! again. So replies are counted: the other side takes the word, the telemarketer lets it, and has
//! spoken for two seconds since the reply before. Who says "Hello?" into the pauses of a greeting
//! gets no reply by that, nor who talks on over it; a message with a closing prompt gets one, a
//! conversation many.
//!
//! `tests/voicemails` measures it on calls that are made so, through tap, decoder and store.

use crate::units::Spans;

/// With fewer replies than this a call was with a machine, or with nobody.
pub const FEWEST_REPLIES: i64 = 2;
/// What is replied to: so much of the telemarketer's speech since the reply before.
const SPOKEN_MS: u64 = 2_000;
/// Whoever talks on for longer than this did not let the other side reply.
const TALKED_ON_MS: u64 = 700;

/// What the other side said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Talk {
    /// Its speech in milliseconds.
    pub speech_ms: i64,
    /// How often it replied.
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
        Talk {
            speech_ms: i64::try_from(theirs.total()).unwrap_or(i64::MAX),
            replies: replies(&ours, &theirs),
        }
    }
}

/// How often they reply to what our side has said.
fn replies(ours: &Spans, theirs: &Spans) -> i64 {
    let (mut replies, mut replied_at) = (0, 0);
    for (from, _) in theirs.iter() {
        let since = Spans::of([(replied_at, from)]);
        let talks_on = ours
            .iter()
            .any(|(a, b)| a < from && b > from + TALKED_ON_MS);
        if !talks_on && ours.intersection(&since).total() >= SPOKEN_MS {
            replies += 1;
            replied_at = from;
        }
    }
    replies
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
    fn nobody_replies_who_speaks_on_whatever_is_said() {
        // "Hello?" into each pause of a menu, and a pitch over the rest of it.
        let hellos = spans(&[(5, 6), (10, 11), (15, 16)]);
        let menu = spans(&[(0, 5), (6, 10), (11, 15), (16, 20)]);
        assert_eq!(Talk::of(&hellos, &menu, 0).replies, 1);
        let pitch = spans(&[(5, 19)]);
        assert_eq!(Talk::of(&pitch, &menu, 0).replies, 0);
        // A message, and the prompt that closes it in two breaths.
        let left = Talk::of(&spans(&[(9, 20)]), &spans(&[(0, 8), (21, 23), (24, 26)]), 0);
        assert_eq!(left.replies, 1);
        // Who asks in a word or two is replied to all the same.
        let asked = spans(&[(2, 7), (15, 16), (25, 26), (35, 36)]);
        let person = spans(&[(0, 1), (7, 15), (16, 25), (26, 35), (36, 40)]);
        assert_eq!(Talk::of(&asked, &person, 0).replies, 2);
    }

    #[test]
    fn an_announcement_before_the_answer_is_nobodys_talk() {
        let early = Talk::of(&spans(&[]), &spans(&[(0, 12)]), 12_000);
        assert_eq!(early, Talk::default());
    }
}
