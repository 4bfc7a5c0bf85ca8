//! Units that live in types: time, samples, rates, money. Every room may use them.

pub mod ids;
mod money;
mod spans;
mod words;
mod zone;

pub use ids::{
    AnswerId, CalibrationId, CallId, CampaignId, ChecklistId, ClaimId, ClientId, CommentId,
    ContentId, CoverageNoteId, CrmId, DisputeId, EntryId, HandoverQuestionId, ImportId, ItemId,
    LeadDispositionId, LeadId, LineId, MessageId, PactId, PayrollRunId, PeriodActId, PersonId,
    PlanDraftId, PlanId, PromiseId, QuestionId, ReceiverId, RulingId, SecondReviewId, SessionId,
    ShareId, SourceId, TokenId, VerdictId, VersionId,
};
pub use money::{BadMoney, Money, Overflow, sum_by_currency};
pub use spans::Spans;
pub use words::{UnknownWord, Word};
pub use zone::{UnknownZone, Zone, day_number, numbered_day};

use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::{Add, Sub};
use std::str::FromStr;

/// A moment on the wall clock: microseconds since 1970-01-01T00:00:00Z. Outside the program it
/// reads as RFC 3339.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct WallTime(pub i64);

/// A length of time in microseconds; may be negative.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
pub struct Micros(pub i64);

impl WallTime {
    /// Microseconds since 1970 UTC.
    pub fn micros(self) -> i64 {
        self.0
    }

    /// Whole milliseconds from `earlier` to this moment; negative when it is before.
    pub fn millis_since(self, earlier: WallTime) -> i64 {
        self.0.saturating_sub(earlier.0).div_euclid(1000)
    }
}

impl Micros {
    /// A number of milliseconds.
    pub const fn from_millis(ms: i64) -> Micros {
        Micros(ms * 1_000)
    }

    /// A number of seconds.
    pub const fn from_secs(s: i64) -> Micros {
        Micros(s * 1_000_000)
    }
}

impl Add<Micros> for WallTime {
    type Output = WallTime;
    fn add(self, d: Micros) -> WallTime {
        WallTime(self.0.saturating_add(d.0))
    }
}

impl Sub<Micros> for WallTime {
    type Output = WallTime;
    fn sub(self, d: Micros) -> WallTime {
        WallTime(self.0.saturating_sub(d.0))
    }
}

impl Sub for WallTime {
    type Output = Micros;
    fn sub(self, other: WallTime) -> Micros {
        Micros(self.0.saturating_sub(other.0))
    }
}

impl fmt::Display for WallTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_microsecond(self.0) {
            Ok(t) => write!(f, "{t:.6}"),
            Err(_) => write!(f, "{} µs", self.0),
        }
    }
}

impl fmt::Debug for WallTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for WallTime {
    type Err = jiff::Error;
    /// RFC 3339, or a bare date, read as midnight UTC.
    fn from_str(text: &str) -> Result<WallTime, jiff::Error> {
        if let Ok(date) = text.parse::<jiff::civil::Date>() {
            return Ok(WallTime(
                date.to_zoned(jiff::tz::TimeZone::UTC)?
                    .timestamp()
                    .as_microsecond(),
            ));
        }
        Ok(WallTime(text.parse::<jiff::Timestamp>()?.as_microsecond()))
    }
}

impl Serialize for WallTime {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for WallTime {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<WallTime, D::Error> {
        let text = String::deserialize(d)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Samples or ticks per second.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Hertz(pub u32);

impl Hertz {
    /// How many samples fit into a length of time, rounded to the nearest; negative lengths give
    /// negative counts.
    pub fn samples_in(self, d: Micros) -> i64 {
        match d
            .0
            .checked_mul(i64::from(self.0))
            .and_then(|n| n.checked_add(500_000))
        {
            Some(n) => n.div_euclid(1_000_000),
            None => (i128::from(d.0) * i128::from(self.0) + 500_000).div_euclid(1_000_000) as i64,
        }
    }

    /// How long a number of samples lasts.
    pub fn duration(self, samples: i64) -> Micros {
        let rate = i64::from(self.0.max(1));
        Micros(match samples.checked_mul(1_000_000) {
            Some(n) => n / rate,
            None => (i128::from(samples) * 1_000_000 / i128::from(rate)) as i64,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_reads_back_from_rfc_3339() {
        let t: WallTime = "2026-11-20T10:52:07.000250Z".parse().unwrap();
        assert_eq!(t.to_string(), "2026-11-20T10:52:07.000250Z");
        assert_eq!(
            "2026-11-20".parse::<WallTime>().unwrap().to_string(),
            "2026-11-20T00:00:00.000000Z"
        );
    }

    #[test]
    fn samples_and_time_agree() {
        assert_eq!(Hertz(8000).samples_in(Micros::from_millis(20)), 160);
        assert_eq!(Hertz(8000).samples_in(Micros::from_millis(-20)), -160);
        assert_eq!(Hertz(48_000).duration(960), Micros::from_millis(20));
    }
}
