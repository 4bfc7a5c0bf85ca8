//! Where a lead's time goes: the stretches of its way, each with who answers for it (PRODUCT P6).
//!
//! A stretch that has not ended yet is counted as open and is in no median: what is told is how
//! long those took that ended, beside how many have not. Hours are those of the calendar, and
//! beside them those in which the house works, Monday to Friday; holidays are not known here.

use crate::report::interval::percentile;
use crate::units::{WallTime, Zone};
use serde::Serialize;
use std::fmt;
use std::str::FromStr;
use utoipa::ToSchema;

/// The hours of a working day, in minutes of the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorkingHours {
    from: i64,
    to: i64,
}

impl Default for WorkingHours {
    /// Eight to six.
    fn default() -> WorkingHours {
        WorkingHours {
            from: 480,
            to: 1_080,
        }
    }
}

/// What is no working day.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("working hours are written as 08:00-18:00, the first before the second")]
pub struct BadHours;

impl FromStr for WorkingHours {
    type Err = BadHours;

    fn from_str(text: &str) -> Result<WorkingHours, BadHours> {
        let minute = |text: &str| {
            let (hours, minutes) = text.split_once(':')?;
            let two = |part: &str| {
                let digits = part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
                digits.then(|| part.parse::<i64>().ok()).flatten()
            };
            let (hours, minutes) = (two(hours)?, two(minutes)?);
            (minutes < 60 && hours * 60 + minutes <= 1_440).then_some(hours * 60 + minutes)
        };
        let (from, to) = text.split_once('-').ok_or(BadHours)?;
        match (minute(from), minute(to)) {
            (Some(from), Some(to)) if from < to => Ok(WorkingHours { from, to }),
            _ => Err(BadHours),
        }
    }
}

impl fmt::Display for WorkingHours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (from, to) = (self.from, self.to);
        let time = |minute: i64| format!("{:02}:{:02}", minute / 60, minute % 60);
        write!(f, "{}-{}", time(from), time(to))
    }
}

impl WorkingHours {
    /// Working minutes from 1970 to a moment.
    fn until(self, zone: &Zone, at: WallTime) -> i64 {
        let (day, minute) = zone.day_and_minute(at);
        // 1970-01-01 was a Thursday: days count from the Monday before.
        let since_monday = day + 3;
        let (weeks, weekday) = (since_monday.div_euclid(7), since_monday.rem_euclid(7));
        let length = self.to - self.from;
        let today = match weekday {
            0..=4 => (minute - self.from).clamp(0, length),
            _ => 0,
        };
        (weeks * 5 + weekday.min(5)) * length + today
    }

    /// Working minutes between two moments.
    #[must_use]
    pub fn between(self, zone: &Zone, from: WallTime, to: WallTime) -> i64 {
        (self.until(zone, to) - self.until(zone, from)).max(0)
    }
}

/// Who answers for a stretch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Owner {
    Telemarketing,
    Review,
    /// The box and whoever runs it.
    House,
    Sales,
}

/// A stretch of the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Name {
    /// From a lead's coming in to the first dial of its number.
    FirstDial,
    /// … and to the first conversation.
    FirstContact,
    /// From a call's end to the claim on it.
    Claim,
    /// From the claim to a reviewer's taking it.
    Taken,
    /// From its being taken to the verdict's being given.
    Verdict,
    /// From the verdict to the money's being booked.
    Money,
    /// From the hand-over to sales' first opening of its card.
    Card,
    /// … to the first call between sales and the buyer that the wire saw.
    SalesCall,
    /// … and to the first answer of sales.
    Answer,
}

impl Name {
    /// In the order of the way.
    pub const ALL: [Name; 9] = [
        Name::FirstDial,
        Name::FirstContact,
        Name::Claim,
        Name::Taken,
        Name::Verdict,
        Name::Money,
        Name::Card,
        Name::SalesCall,
        Name::Answer,
    ];

    /// Who answers for it.
    #[must_use]
    pub fn owner(self) -> Owner {
        match self {
            Name::FirstDial | Name::FirstContact | Name::Claim => Owner::Telemarketing,
            Name::Taken | Name::Verdict => Owner::Review,
            Name::Money => Owner::House,
            Name::Card | Name::SalesCall | Name::Answer => Owner::Sales,
        }
    }
}

/// One lead's or claim's stretch; without an end it goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Passage {
    pub from: WallTime,
    pub to: Option<WallTime>,
}

impl Passage {
    /// As it stood at a moment; `None`: it had not begun.
    #[must_use]
    pub fn as_of(mut self, at: WallTime) -> Option<Passage> {
        self.to.take_if(|to| *to >= at);
        (self.from < at).then_some(self)
    }
}

/// How long a stretch takes.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Stretch {
    pub name: Name,
    pub owner: Owner,
    /// Those that ended.
    pub ended: i64,
    /// Those that go on.
    pub open: i64,
    /// Of those that ended, in minutes of the calendar; null: none ended.
    #[schema(required)]
    pub median: Option<f64>,
    /// 19 of 20 took less; null with the median.
    #[schema(required)]
    pub p95: Option<f64>,
    /// The same in working minutes.
    #[schema(required)]
    pub working_median: Option<f64>,
    /// 19 of 20 took less; null with the median.
    #[schema(required)]
    pub working_p95: Option<f64>,
}

/// Of all passages of a stretch. One that ends before it begins took no time: clocks differ.
#[must_use]
pub fn stretch(name: Name, passages: &[Passage], hours: WorkingHours, zone: &Zone) -> Stretch {
    let mut took = Vec::new();
    let mut worked = Vec::new();
    for p in passages {
        if let Some(to) = p.to {
            took.push(to.millis_since(p.from).max(0) / 1_000);
            worked.push(hours.between(zone, p.from, to));
        }
    }
    took.sort_unstable();
    worked.sort_unstable();
    let minutes = |seconds: Option<f64>| seconds.map(|s| s / 60.0);
    let ended = i64::try_from(took.len()).unwrap_or(i64::MAX);
    Stretch {
        name,
        owner: name.owner(),
        ended,
        open: i64::try_from(passages.len()).unwrap_or(i64::MAX) - ended,
        median: minutes(percentile(&took, 0.5)),
        p95: minutes(percentile(&took, 0.95)),
        working_median: percentile(&worked, 0.5),
        working_p95: percentile(&worked, 0.95),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> WallTime {
        text.parse().unwrap()
    }

    #[test]
    fn working_hours_leave_nights_and_weekends_out() {
        let (hours, zone) = (
            WorkingHours::default(),
            "Europe/Berlin".parse::<Zone>().unwrap(),
        );
        let between = |from: &str, to: &str| hours.between(&zone, at(from), at(to));
        // Friday, 27 November 2026, 17:00 there, to Monday 09:30.
        assert_eq!(between("2026-11-27T16:00:00Z", "2026-11-30T08:30:00Z"), 150);
        assert_eq!(between("2026-11-28T10:00:00Z", "2026-11-29T10:00:00Z"), 0);
        assert_eq!(between("2026-11-24T02:00:00Z", "2026-11-24T22:00:00Z"), 600);
        assert_eq!(
            between("2026-11-02T00:00:00Z", "2026-11-30T00:00:00Z"),
            20 * 600
        );
        assert_eq!(between("2026-11-24T10:00:00Z", "2026-11-24T09:00:00Z"), 0);
        // The clocks go forward in the night: the day is as long as any other.
        assert_eq!(between("2026-03-27T23:00:00Z", "2026-03-31T00:00:00Z"), 600);
    }

    #[test]
    fn hours_are_read_strictly() {
        assert_eq!("08:00-18:00".parse(), Ok(WorkingHours::default()));
        for wrong in [
            "",
            "8-18",
            "18:00-08:00",
            "08:00-24:01",
            "08:60-18:00",
            "0+:00-18:00",
        ] {
            assert_eq!(wrong.parse::<WorkingHours>(), Err(BadHours), "{wrong}");
        }
    }

    #[test]
    fn what_goes_on_is_in_no_median_and_is_told() {
        let passage = |minutes: Option<i64>| Passage {
            from: at("2026-11-24T09:00:00Z"),
            to: minutes
                .map(|m| at("2026-11-24T09:00:00Z") + crate::units::Micros::from_secs(m * 60)),
        };
        let all = [
            passage(Some(10)),
            passage(Some(20)),
            passage(None),
            passage(Some(-5)),
        ];
        let made = stretch(Name::Claim, &all, WorkingHours::default(), &Zone::utc());
        assert_eq!((made.ended, made.open), (3, 1));
        assert_eq!((made.median, made.working_median), (Some(10.0), Some(10.0)));
        let none = stretch(Name::Money, &[], WorkingHours::default(), &Zone::utc());
        assert_eq!((none.ended, none.median, none.p95), (0, None, None));
    }
}
