//! What a reviewer has heard (PRODUCT R8): milliseconds of audio with the speed at which they were
//! played. A report is believed as far as the clock allows for that person and as far as the box
//! has served that sound to them. It deters and does not prove: a page can be left playing.

use crate::units::{Micros, Spans, WallTime};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A span of a call that the page says it played.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Played {
    pub from_ms: u64,
    pub to_ms: u64,
    /// 0.5 to 2: nobody hears at more than twice the speed.
    pub speed: f64,
}

/// Playing and reporting are not the same instant: so much more than the clock allows is no lie.
const SLACK: Micros = Micros::from_millis(1_500);
/// More than that too much is no mistake of an honest page.
const IMPLAUSIBLE_MS: u64 = 1_500;
/// A day; no recording is longer.
const LONGEST_MS: u64 = 86_400_000;
/// So much of an evidence clip may be unheard: a player stops a little early.
const CLIP_SLACK_MS: u64 = 250;

/// Why a report cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    #[error("audio is played at half to twice its speed")]
    Speed,
    #[error("a span that was played begins before it ends, within the recording")]
    Span,
}

/// What of a report is believed.
#[derive(Debug, Clone, PartialEq)]
pub struct Credit {
    /// How far the reviewer's time is used up now.
    pub used_until: WallTime,
    pub believed: Vec<Played>,
    /// Milliseconds that the clock did not allow.
    pub too_much_ms: u64,
    /// Milliseconds that the box has not served.
    pub not_served_ms: u64,
}

/// Credits a report. `used_until` is what the reviewer's last report gave, over all pages and
/// items; `taken_at` is when the item was taken; `served` is what they asked for of this sound.
///
/// # Errors
/// When the report cannot have come from a player.
pub fn credit(
    used_until: Option<WallTime>,
    taken_at: WallTime,
    now: WallTime,
    served: &Spans,
    played: &[Played],
) -> Result<Credit, Malformed> {
    for p in played {
        if !(0.5..=2.0).contains(&p.speed) {
            return Err(Malformed::Speed);
        }
        if p.from_ms >= p.to_ms || p.to_ms > LONGEST_MS {
            return Err(Malformed::Span);
        }
    }
    let latest = now + SLACK;
    let since = used_until.map_or(taken_at, |used| used.max(taken_at));
    // A clock that was set back would credit nothing until it caught up.
    let mut credit = Credit {
        used_until: since.min(latest),
        believed: Vec::new(),
        too_much_ms: 0,
        not_served_ms: 0,
    };
    for p in played {
        credit.add(p, served, latest);
    }
    Ok(credit)
}

impl Credit {
    fn add(&mut self, p: &Played, served: &Spans, latest: WallTime) {
        let said = Spans::of([(p.from_ms, p.to_ms)]);
        let was_served = said.intersection(served);
        self.not_served_ms += said.total() - was_served.total();
        for (from, to) in was_served.iter() {
            let left_us = latest.micros() - self.used_until.micros();
            let allowed = (left_us as f64 / 1_000.0 * p.speed).max(0.0) as u64;
            let end = to.min(from + allowed);
            self.too_much_ms += to - end;
            if end > from {
                let took_us = (end - from) as f64 * 1_000.0 / p.speed;
                self.used_until = self.used_until + Micros(took_us as i64);
                self.believed.push(Played {
                    from_ms: from,
                    to_ms: end,
                    speed: p.speed,
                });
            }
        }
    }

    /// Whether more was reported than an honest page reports by mistake.
    #[must_use]
    pub fn is_implausible(&self) -> bool {
        self.too_much_ms > IMPLAUSIBLE_MS
    }
}

/// A span that was heard, and the slowest speed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct HeardRange {
    pub from_ms: u64,
    pub to_ms: u64,
    /// 0.5 to 2, in quarters.
    pub speed: f64,
}

/// What was heard of one call: by speed in quarters, each millisecond under its slowest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Heard(BTreeMap<u8, Spans>);

impl Heard {
    /// Reads [`Heard::text`].
    #[must_use]
    pub fn parse(text: &str) -> Heard {
        let speeds = text.split(';').filter_map(|part| {
            let (quarters, spans) = part.split_once(':')?;
            Some((quarters.parse().ok()?, Spans::parse(spans)))
        });
        Heard(speeds.collect())
    }

    /// As a row keeps it: `4:0-5000;8:5000-9000`.
    #[must_use]
    pub fn text(&self) -> String {
        let speeds = self
            .0
            .iter()
            .map(|(q, spans)| format!("{q}:{}", spans.text()));
        speeds.collect::<Vec<_>>().join(";")
    }

    /// The spans in order.
    #[must_use]
    pub fn ranges(&self) -> Vec<HeardRange> {
        let mut all: Vec<HeardRange> = self
            .0
            .iter()
            .flat_map(|(quarters, spans)| {
                spans.iter().map(|(from_ms, to_ms)| HeardRange {
                    from_ms,
                    to_ms,
                    speed: f64::from(*quarters) / 4.0,
                })
            })
            .collect();
        all.sort_by_key(|r| r.from_ms);
        all
    }

    /// Adds what was played.
    pub fn add(&mut self, p: &Played) {
        let quarters = (p.speed * 4.0).round().clamp(2.0, 8.0) as u8;
        let mut new = Spans::of([(p.from_ms, p.to_ms)]);
        for slower in self.0.range(..quarters).map(|(_, spans)| spans) {
            new = new.minus(slower);
        }
        for (_, faster) in self.0.range_mut(quarters + 1..) {
            *faster = faster.minus(&new);
        }
        let at_speed = self.0.entry(quarters).or_default();
        *at_speed = at_speed.union(&new);
        self.0.retain(|_, spans| !spans.is_empty());
    }

    /// Every millisecond that was heard, at whatever speed.
    #[must_use]
    pub fn all(&self) -> Spans {
        Spans::of(self.0.values().flat_map(Spans::iter))
    }

    /// Whether a clip was heard, whatever its length: at most a quarter of a second of it was not,
    /// and at least half of it was.
    #[must_use]
    pub fn covers(&self, from_ms: u64, to_ms: u64) -> bool {
        let clip = Spans::of([(from_ms, to_ms)]);
        let heard = self.all().intersection(&clip).total();
        let unheard = clip.total() - heard;
        !clip.is_empty() && unheard <= CLIP_SLACK_MS && heard >= unheard
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
        let speech = Spans::of(speech.iter().copied());
        self.speech_ms += speech.total();
        for (quarters, spans) in &heard.0 {
            let ms = spans.intersection(&speech).total();
            if ms > 0 {
                self.heard_ms += ms;
                let speed = format!("{}", f64::from(*quarters) / 4.0);
                *self.by_speed.entry(speed).or_default() += ms;
            }
        }
    }

    /// 0 to 1; nothing to hear is all heard.
    #[must_use]
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

    fn after(ms: i64) -> WallTime {
        WallTime(0) + Micros::from_millis(ms)
    }

    fn all() -> Spans {
        Spans::of([(0, LONGEST_MS)])
    }

    /// How much of a report at `now` is believed.
    fn believed(used: Option<i64>, taken: i64, now: i64, served: &Spans, p: &[Played]) -> u64 {
        let used = used.map(after);
        let credit = credit(used, after(taken), after(now), served, p).unwrap();
        credit.believed.iter().map(|p| p.to_ms - p.from_ms).sum()
    }

    #[test]
    fn nobody_hears_more_than_the_clock_allows() {
        let five = [played(0, 5_000, 1.0)];
        assert_eq!(believed(None, 0, 5_000, &all(), &five), 5_000);
        assert_eq!(
            believed(None, 0, 2_500, &all(), &[played(0, 5_000, 2.0)]),
            5_000
        );
        assert_eq!(
            believed(None, 0, 2_000, &all(), &five),
            3_500,
            "two seconds and the slack"
        );
        assert_eq!(
            believed(Some(5_000), 0, 6_000, &all(), &five),
            2_500,
            "a second page plays in the same time"
        );
        assert_eq!(
            believed(Some(1_000), 60_000, 62_000, &all(), &five),
            3_500,
            "time before the claim was taken is not saved up"
        );
        assert_eq!(
            believed(Some(3_600_000), 0, 5_000, &all(), &five),
            0,
            "a clock set back"
        );
        let set_back = credit(
            Some(after(3_600_000)),
            after(0),
            after(5_000),
            &all(),
            &five,
        );
        let then = set_back.unwrap().used_until;
        let next = credit(Some(then), after(0), after(10_000), &all(), &five).unwrap();
        assert_eq!(next.believed, five, "goes on counting at once");
    }

    #[test]
    fn nobody_hears_what_was_not_served() {
        let served = Spans::of([(0, 2_000), (4_000, 4_500)]);
        let report = [played(1_000, 6_000, 1.0)];
        assert_eq!(believed(None, 0, 60_000, &served, &report), 1_500);
        assert_eq!(believed(None, 0, 60_000, &Spans::default(), &report), 0);
    }

    #[test]
    fn what_no_player_reports_is_refused() {
        let refused = |p| credit(None, after(0), after(9_000), &all(), &[p]).unwrap_err();
        for speed in [0.25, 4.0, f64::NAN, -1.0] {
            assert_eq!(refused(played(0, 1, speed)), Malformed::Speed);
        }
        for p in [
            played(5, 5, 1.0),
            played(9, 5, 1.0),
            played(0, u64::MAX, 2.0),
        ] {
            assert_eq!(refused(p), Malformed::Span);
        }
    }

    /// FINDINGS V1, V2: reports of a millisecond certified whole half seconds, and short evidence
    /// was heard by nobody and counted.
    #[test]
    fn a_millisecond_is_a_millisecond() {
        let mut heard = Heard::default();
        for half in 0..100 {
            heard.add(&played(half * 500 + 249, half * 500 + 250, 1.0));
        }
        assert_eq!(heard.all().total(), 100);
        for length in [1, 100, 500, 1_000, 2_000] {
            assert!(!heard.covers(10_300, 10_300 + length), "{length}");
        }
        heard.add(&played(10_000, 12_000, 1.0));
        assert!(heard.covers(10_000, 12_200) && !heard.covers(10_000, 12_300));
        assert!(
            !heard.covers(11_000, 11_000),
            "an empty clip proves nothing"
        );
    }

    #[test]
    fn what_was_heard_counts_once_and_at_its_slowest() {
        let mut heard = Heard::default();
        heard.add(&played(0, 4_000, 2.0));
        heard.add(&played(2_000, 3_000, 1.0));
        assert_eq!(heard.text(), "4:2000-3000;8:0-2000,3000-4000");
        heard.add(&played(0, 4_000, 1.5));
        assert_eq!(heard.text(), "4:2000-3000;6:0-2000,3000-4000");
        assert_eq!(Heard::parse(&heard.text()), heard);
        let mut all = Listened::default();
        all.add(&[(1_000, 3_000), (2_500, 6_000)], &heard);
        assert_eq!(
            (all.speech_ms, all.heard_ms, all.share()),
            (5_000, 3_000, 0.6)
        );
        assert_eq!(
            all.by_speed,
            BTreeMap::from([("1".to_owned(), 1_000), ("1.5".to_owned(), 2_000)])
        );
    }
}
