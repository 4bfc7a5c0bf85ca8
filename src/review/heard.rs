//! What a reviewer has heard (PRODUCT R8): half seconds of audio with the speed at which they were
//! played, and a limit to what can have been played in the time that has passed. It deters and does
//! not prove: a page can be left playing.

use crate::units::{Micros, WallTime};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A stretch of a call that the page says it played.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Played {
    pub from_ms: u64,
    pub to_ms: u64,
    /// 0.5 to 2: nobody hears at more than twice the speed.
    pub speed: f64,
}

/// The unit of what was heard.
const HALF_MS: u64 = 500;
/// Playing and reporting are not the same instant: so much more than the clock allows is no lie.
const SLACK: Micros = Micros::from_millis(1_500);
/// A day; no recording is longer.
const LONGEST_MS: u64 = 86_400_000;

/// Why a report is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Implausible {
    #[error("audio is played at half to twice its speed")]
    Speed,
    #[error("a stretch that was played begins before it ends, within the recording")]
    Stretch,
    #[error("more was reported as played than the time that has passed allows")]
    TooMuch,
}

/// How far a reviewer's time is used up by what they reported, over all pages and claims.
/// `used_until` is what the last report gave, `taken_at` when the claim was taken.
///
/// # Errors
/// When more audio is reported than could be played since.
pub fn allow(
    used_until: Option<WallTime>,
    taken_at: WallTime,
    now: WallTime,
    played: &[Played],
) -> Result<WallTime, Implausible> {
    let mut needed = 0.0;
    for p in played {
        if !(0.5..=2.0).contains(&p.speed) {
            return Err(Implausible::Speed);
        }
        if p.from_ms >= p.to_ms || p.to_ms > LONGEST_MS {
            return Err(Implausible::Stretch);
        }
        needed += (p.to_ms - p.from_ms) as f64 / p.speed;
    }
    let since = used_until.map_or(taken_at, |used| used.max(taken_at));
    let until = since + Micros::from_millis(needed as i64);
    if until > now + SLACK {
        Err(Implausible::TooMuch)
    } else {
        Ok(until)
    }
}

/// What was heard of one call, a character per half second: `0` not at all, else the slowest speed
/// in quarters.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Heard(Vec<u8>);

impl Heard {
    pub fn parse(halves: &str) -> Heard {
        Heard(
            halves
                .bytes()
                .map(|b| b.saturating_sub(b'0').min(8))
                .collect(),
        )
    }

    pub fn text(&self) -> String {
        self.0.iter().map(|q| char::from(b'0' + q)).collect()
    }

    /// Half seconds count that were played for their larger part.
    pub fn add(&mut self, p: &Played) {
        let quarters = (p.speed * 4.0).round().clamp(2.0, 8.0) as u8;
        let (first, end) = (
            (p.from_ms + HALF_MS / 2) / HALF_MS,
            (p.to_ms + HALF_MS / 2) / HALF_MS,
        );
        if self.0.len() < end as usize {
            self.0.resize(end as usize, 0);
        }
        for half in &mut self.0[first as usize..end as usize] {
            *half = if *half == 0 {
                quarters
            } else {
                quarters.min(*half)
            };
        }
    }

    fn at(&self, half: u64) -> u8 {
        self.0.get(half as usize).copied().unwrap_or(0)
    }

    /// Whether a stretch was heard, but for a half second at its ends.
    pub fn covers(&self, from_ms: u64, to_ms: u64) -> bool {
        let (first, end) = (from_ms.div_ceil(HALF_MS), to_ms / HALF_MS);
        (first + 1..end.saturating_sub(1)).all(|half| self.at(half) > 0)
    }
}

/// What was heard of a claim's speech, as it is kept on the verdict.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Listened {
    pub speech_ms: u64,
    pub heard_ms: u64,
    /// Milliseconds of speech by the slowest speed at which they were heard, as `1.25`.
    pub by_speed: BTreeMap<String, u64>,
}

impl Listened {
    /// Adds a call: its speech, of both lanes, and what was heard of it.
    pub fn add(&mut self, speech: &[(u64, u64)], heard: &Heard) {
        let mut halves: Vec<u64> = speech
            .iter()
            .flat_map(|(from, to)| from / HALF_MS..to.div_ceil(HALF_MS))
            .collect();
        halves.sort_unstable();
        halves.dedup();
        for half in halves {
            self.speech_ms += HALF_MS;
            let quarters = heard.at(half);
            if quarters > 0 {
                self.heard_ms += HALF_MS;
                *self
                    .by_speed
                    .entry(format!("{}", f64::from(quarters) / 4.0))
                    .or_default() += HALF_MS;
            }
        }
    }

    /// 0 to 1; nothing to hear is all heard.
    pub fn share(&self) -> f64 {
        if self.speech_ms == 0 {
            1.0
        } else {
            self.heard_ms as f64 / self.speech_ms as f64
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn played(from_ms: u64, to_ms: u64, speed: f64) -> Played {
        Played {
            from_ms,
            to_ms,
            speed,
        }
    }

    #[test]
    fn nobody_hears_more_than_the_clock_allows() {
        let (start, after) = (WallTime(0), |ms| WallTime(0) + Micros::from_millis(ms));
        let five = [played(0, 5_000, 1.0)];
        assert_eq!(allow(None, start, after(5_000), &five), Ok(after(5_000)));
        assert_eq!(
            allow(None, start, after(2_500), &[played(0, 5_000, 2.0)]),
            Ok(after(2_500))
        );
        assert_eq!(
            allow(None, start, after(3_000), &five),
            Err(Implausible::TooMuch)
        );
        assert_eq!(
            allow(Some(after(5_000)), start, after(6_000), &five),
            Err(Implausible::TooMuch),
            "a second page plays in the same time"
        );
        assert_eq!(
            allow(Some(after(5_000)), start, after(10_000), &five),
            Ok(after(10_000))
        );
        assert_eq!(
            allow(Some(after(1_000)), after(60_000), after(62_000), &five),
            Err(Implausible::TooMuch),
            "time before the claim was taken is not saved up"
        );
        for speed in [0.25, 4.0, f64::NAN, -1.0] {
            assert_eq!(
                allow(None, start, after(9_000), &[played(0, 1, speed)]),
                Err(Implausible::Speed)
            );
        }
        assert_eq!(
            allow(None, start, after(9_000), &[played(5, 5, 1.0)]),
            Err(Implausible::Stretch)
        );
        assert_eq!(
            allow(None, start, after(9_000), &[played(0, u64::MAX, 2.0)]),
            Err(Implausible::Stretch)
        );
    }

    #[test]
    fn what_was_heard_counts_once_and_at_its_slowest() {
        let mut heard = Heard::default();
        heard.add(&played(0, 4_000, 2.0));
        heard.add(&played(2_000, 3_000, 1.0));
        assert_eq!(heard.text(), "88884488");
        assert_eq!(Heard::parse(&heard.text()), heard);
        assert!(heard.covers(0, 4_000) && heard.covers(500, 4_400) && !heard.covers(0, 6_000));
        let mut all = Listened::default();
        all.add(&[(1_000, 3_000), (2_500, 6_000)], &heard);
        assert_eq!(
            (all.speech_ms, all.heard_ms, all.share()),
            (5_000, 3_000, 0.6)
        );
        assert_eq!(
            all.by_speed,
            BTreeMap::from([("1".to_owned(), 1_000), ("2".to_owned(), 2_000)])
        );
    }
}
