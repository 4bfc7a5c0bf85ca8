//! A split: whoever opened a lead has a share of what another telemarketer's claim on it earns
//! (PRODUCT M1, I3). Who that was is taken from the wire, and never said by anybody.

use crate::units::{CallId, Micros, PersonId, Spans, WallTime};
use crate::words;
use serde::{Deserialize, Serialize};

/// A conversation longer than this opens nothing more.
pub const MOST_SECONDS: i64 = 3_600;
/// Ten years.
pub const MOST_DAYS: i64 = 3_650;

words! {
    /// Whose part of a lead's commission an entry is.
    pub enum Part: "part of a commission" {
        /// Nobody else has a share in it.
        Whole = "whole",
        /// What is left to the claimant beside the opener's share.
        Claimant = "claimant",
        /// The share of whoever opened the lead.
        Opener = "opener",
    }
}

/// The opener's share, and what it takes to be the opener.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Split {
    /// Of what the lead earns, rounded down: 1 to 99.
    pub opener_percent: i64,
    /// The opener's conversation had so many seconds of talk, 1 to [`MOST_SECONDS`]: who calls every
    /// lead for a moment opens none.
    pub min_seconds: i64,
    /// It was within so many days before the claim, 1 to [`MOST_DAYS`].
    pub within_days: i64,
}

impl Split {
    /// What a plan says where it says no more than the percentage.
    #[must_use]
    pub fn of(opener_percent: i64) -> Split {
        Split {
            opener_percent,
            min_seconds: 60,
            within_days: 90,
        }
    }

    /// What of `rate` minor units a part is; those of claimant and opener sum to it exactly.
    #[must_use]
    pub fn share(&self, part: Part, rate: i64) -> i64 {
        let opener = rate.saturating_mul(self.opener_percent) / 100;
        match part {
            Part::Whole => rate,
            Part::Claimant => rate - opener,
            Part::Opener => opener,
        }
    }

    /// The earliest moment at which the conversation may have begun.
    #[must_use]
    pub fn since(&self, claimed_at: WallTime) -> WallTime {
        claimed_at - Micros::from_secs(self.within_days.clamp(0, MOST_DAYS) * 86_400)
    }

    /// Who opened the lead that somebody claims: whoever had the first of these conversations that
    /// is long enough, where that is another telemarketer.
    #[must_use]
    pub fn opener<'a>(
        &self,
        conversations: &'a [Conversation],
        claimant: &PersonId,
        claimed_at: WallTime,
    ) -> Option<&'a Conversation> {
        let counts = |c: &&Conversation| {
            c.answered_at >= self.since(claimed_at)
                && c.ended_at <= claimed_at
                && i64::try_from(c.talk_ms()).is_ok_and(|ms| ms >= self.min_seconds * 1_000)
        };
        let first = conversations
            .iter()
            .filter(counts)
            .min_by_key(|c| (c.answered_at, &c.call));
        first.filter(|c| c.telemarketer && c.person != *claimant)
    }
}

/// An answered and recorded call on a lead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conversation {
    pub call: CallId,
    /// Whose line it was.
    pub person: PersonId,
    /// That person is a telemarketer: nobody else is paid by the lead.
    pub telemarketer: bool,
    pub answered_at: WallTime,
    pub ended_at: WallTime,
    /// Milliseconds of speech, lane by lane.
    pub speech: Vec<Spans>,
}

/// Nobody's talk counts for more than so many times what the other side said.
const TALKS_ALONE: u64 = 10;

impl Conversation {
    /// Milliseconds in which anybody spoke; but a monologue, to a machine or into a line that is
    /// held open, counts for no more than ten times what the quieter side said. A recording of one
    /// lane holds both sides.
    #[must_use]
    pub fn talk_ms(&self) -> u64 {
        let both = Spans::of(self.speech.iter().flat_map(|lane| lane.iter()));
        let quieter = self.speech.iter().map(Spans::total).min().unwrap_or(0);
        both.total().min(quieter.saturating_mul(TALKS_ALONE))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> WallTime {
        text.parse().unwrap()
    }

    fn spoke(call: &str, person: &str, answered: &str, lanes: [u64; 2]) -> Conversation {
        let answered_at = at(answered);
        let (left, right) = (lanes[0] * 1_000, lanes[1] * 1_000);
        Conversation {
            call: call.into(),
            person: person.into(),
            telemarketer: person != "max",
            answered_at,
            ended_at: answered_at + Micros::from_secs(600),
            speech: vec![
                Spans::of([(0, left)]),
                Spans::of([(300_000, 300_000 + right)]),
            ],
        }
    }

    fn opener<'a>(all: &'a [Conversation], claimant: &str) -> Option<&'a str> {
        let found = Split::of(30).opener(all, &claimant.into(), at("2026-11-20"));
        found.map(|c| c.call.as_str())
    }

    #[test]
    fn the_first_conversation_that_is_long_enough_opens_the_lead() {
        let all = [
            spoke("later", "tom", "2026-11-10", [40, 40]),
            spoke("short", "eva", "2026-11-01", [20, 30]),
            spoke("first", "ana", "2026-11-03", [40, 20]),
        ];
        assert_eq!(opener(&all, "ines"), Some("first"));
        assert_eq!(
            opener(&all, "ana"),
            None,
            "one's own lead is shared with nobody"
        );
        assert_eq!(opener(&all[..1], "ines"), Some("later"));
        assert_eq!(opener(&all[1..2], "ines"), None);
        assert_eq!(opener(&[], "ines"), None);
    }

    #[test]
    fn a_monologue_opens_nothing() {
        let alone = [spoke("machine", "ana", "2026-11-03", [200, 5])];
        assert_eq!(opener(&alone, "ines"), None);
        let answered = [spoke("answered", "ana", "2026-11-03", [54, 6])];
        assert_eq!(opener(&answered, "ines"), Some("answered"));
        let silent = [spoke("silent", "ana", "2026-11-03", [200, 0])];
        assert_eq!(opener(&silent, "ines"), None);
    }

    #[test]
    fn what_is_too_old_or_not_over_or_no_telemarketer_s_opens_nothing() {
        for (when, opens) in [
            ("2026-08-21T23:59:59Z", None),
            ("2026-08-22T00:00:00Z", Some("c")),
            ("2026-11-19T23:50:00Z", Some("c")),
            ("2026-11-19T23:50:01Z", None),
        ] {
            let all = [spoke("c", "ana", when, [60, 60])];
            assert_eq!(opener(&all, "ines"), opens, "{when}");
        }
        let manager = [
            spoke("m", "max", "2026-11-03", [60, 60]),
            spoke("t", "tom", "2026-11-04", [60, 60]),
        ];
        assert_eq!(opener(&manager, "ines"), None, "a manager opened it");
    }
}
