//! The house's time zone: days and months as people there count them.

use crate::units::{Micros, WallTime};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use std::fmt;
use std::str::FromStr;

/// A time zone of the IANA database, whose rules are built in: what a month is does not depend on
/// the machine.
#[derive(Clone, PartialEq, Eq)]
pub struct Zone(TimeZone);

/// A name that is no time zone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no time zone: write a name of the IANA database such as Europe/Berlin")]
pub struct UnknownZone(String);

impl Zone {
    /// Universal time.
    #[must_use]
    pub fn utc() -> Zone {
        Zone(TimeZone::UTC)
    }

    /// The month of a moment there: `2026-11`.
    #[must_use]
    pub fn month(&self, at: WallTime) -> String {
        self.day(at)[..7].to_owned()
    }

    /// The first moment after a month there; none for what is no month.
    #[must_use]
    pub fn end_of_month(&self, month: &str) -> Option<WallTime> {
        let first: jiff::civil::Date = format!("{month}-01").parse().ok()?;
        let next = first.checked_add(jiff::Span::new().months(1)).ok()?;
        self.midnight(next)
    }

    /// The first moment after a day there, `2026-12-15`; none for what is no day.
    #[must_use]
    pub fn end_of_day(&self, day: &str) -> Option<WallTime> {
        let day: jiff::civil::Date = day.parse().ok()?;
        self.midnight(day.tomorrow().ok()?)
    }

    /// The first moment of a day there; none for what is no day.
    #[must_use]
    pub fn start_of_day(&self, day: &str) -> Option<WallTime> {
        self.midnight(day.parse().ok()?)
    }

    /// The first moment after so many working days there, the day of the moment itself not counted:
    /// Saturdays and Sundays are none.
    #[must_use]
    pub fn after_working_days(&self, at: WallTime, days: u32) -> WallTime {
        let end = |day: &str, days: u32| {
            let mut day: jiff::civil::Date = day.parse().ok()?;
            let mut left = days;
            while left > 0 {
                day = day.tomorrow().ok()?;
                let weekend = [jiff::civil::Weekday::Saturday, jiff::civil::Weekday::Sunday];
                left -= u32::from(!weekend.contains(&day.weekday()));
            }
            self.midnight(day.tomorrow().ok()?)
        };
        end(&self.day(at), days).unwrap_or(at)
    }

    fn midnight(&self, day: jiff::civil::Date) -> Option<WallTime> {
        let moment = day.to_zoned(self.0.clone()).ok()?.timestamp();
        Some(WallTime(moment.as_microsecond()))
    }

    /// The day of a moment there: `2026-11-25`. Moments outside the years 0 to 9999 are their
    /// nearest.
    #[must_use]
    pub fn day(&self, at: WallTime) -> String {
        self.local(at).date().to_string()
    }

    /// The day of a moment there, counted from 1970-01-01, and the minute of that day as the clock
    /// on the wall shows it: an hour that comes twice has its minutes twice.
    #[must_use]
    pub fn day_and_minute(&self, at: WallTime) -> (i64, i64) {
        let local = self.local(at).datetime();
        let since = local.date().since(EPOCH).map_or(0, |span| span.get_days());
        let minute = i64::from(local.hour()) * 60 + i64::from(local.minute());
        (since.into(), minute)
    }

    /// Day and minute of a moment there: `2026-11-25 09:12`.
    #[must_use]
    pub fn minute(&self, at: WallTime) -> String {
        self.local(at).strftime("%Y-%m-%d %H:%M").to_string()
    }

    /// How far clocks there are ahead of UTC at a moment.
    #[must_use]
    pub fn east(&self, at: WallTime) -> Micros {
        Micros::from_secs(self.local(at).offset().seconds().into())
    }

    fn local(&self, at: WallTime) -> jiff::Zoned {
        const FIRST: i64 = -62_135_596_800_000_000;
        const LAST: i64 = 253_370_764_800_000_000;
        let within = at.micros().clamp(FIRST, LAST);
        let moment = jiff::Timestamp::from_microsecond(within).unwrap_or_default();
        moment.to_zoned(self.0.clone())
    }
}

/// A day's number counts from here.
const EPOCH: jiff::civil::Date = jiff::civil::date(1970, 1, 1);

/// A day, `2026-11-25`, counted from 1970-01-01; none for what is no day.
#[must_use]
pub fn day_number(day: &str) -> Option<i64> {
    let day: jiff::civil::Date = day.parse().ok()?;
    day.since(EPOCH).ok().map(|span| span.get_days().into())
}

/// The day of a number, `2026-11-25`; none outside the years that are told.
#[must_use]
pub fn numbered_day(number: i64) -> Option<String> {
    let span = jiff::Span::new().try_days(number).ok()?;
    EPOCH.checked_add(span).ok().map(|day| day.to_string())
}

impl Default for Zone {
    fn default() -> Zone {
        Zone::utc()
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.iana_name().unwrap_or("UTC"))
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Zone {
    type Err = UnknownZone;

    fn from_str(name: &str) -> Result<Zone, UnknownZone> {
        TimeZoneDatabase::bundled()
            .get(name)
            .map(Zone)
            .map_err(|_| UnknownZone(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_s_minutes_are_those_of_the_clock_on_the_wall() {
        let berlin: Zone = "Europe/Berlin".parse().unwrap();
        let at = |text: &str| berlin.day_and_minute(text.parse().unwrap());
        let (day, minute) = at("2026-11-25T08:10:59Z");
        assert_eq!(
            (day, minute),
            (day_number("2026-11-25").unwrap(), 9 * 60 + 10)
        );
        // Summer time begins at 01:00 UTC: an hour is missing; in autumn one comes twice.
        assert_eq!(at("2026-03-29T00:59:59Z").1, 119);
        assert_eq!(at("2026-03-29T01:00:00Z").1, 180);
        assert_eq!(at("2026-10-25T00:30:00Z"), at("2026-10-25T01:30:00Z"));
        assert_eq!(day_number("1970-01-01"), Some(0));
        assert_eq!(numbered_day(day), Some("2026-11-25".to_owned()));
        assert_eq!(
            (day_number("2026-02-30"), numbered_day(i64::MAX)),
            (None, None)
        );
    }

    #[test]
    fn a_month_ends_when_it_ends_there() {
        let late: WallTime = "2026-11-30T23:30:00Z".parse().unwrap();
        let month = |zone: &str| zone.parse::<Zone>().unwrap().month(late);
        assert_eq!(
            (month("UTC"), month("Europe/Berlin"), month("America/Lima")),
            ("2026-11".into(), "2026-12".into(), "2026-11".into())
        );
        // Summer time.
        let june: WallTime = "2026-06-30T22:30:00Z".parse().unwrap();
        assert_eq!(
            "Europe/Berlin".parse::<Zone>().unwrap().month(june),
            "2026-07"
        );
        let text = "Europe/Berlin".parse::<Zone>().unwrap().to_string();
        assert_eq!(
            (text.as_str(), Zone::utc().to_string().as_str()),
            ("Europe/Berlin", "UTC")
        );
        let berlin: Zone = "Europe/Berlin".parse().unwrap();
        assert_eq!(
            berlin.end_of_month("2026-11").unwrap().to_string(),
            "2026-11-30T23:00:00.000000Z"
        );
        assert_eq!(berlin.end_of_month("garbage"), None);
        assert_eq!(
            berlin.end_of_day("2026-06-30").unwrap().to_string(),
            "2026-06-30T22:00:00.000000Z"
        );
        assert_eq!(berlin.end_of_day("2026-06-31"), None);
        assert!("Berlin".parse::<Zone>().is_err());
        for far in [i64::MIN, i64::MAX] {
            assert_eq!(Zone::utc().month(WallTime(far)).len(), 7);
        }
    }

    #[test]
    fn working_days_leave_the_weekend_out_and_summer_time_moves_no_day() {
        let berlin: Zone = "Europe/Berlin".parse().unwrap();
        // A Thursday afternoon there; the clocks go forward on the Sunday.
        let asked: WallTime = "2026-03-26T15:00:00Z".parse().unwrap();
        let due = |days| berlin.after_working_days(asked, days).to_string();
        assert_eq!(due(1), "2026-03-27T23:00:00.000000Z");
        assert_eq!(due(2), "2026-03-30T22:00:00.000000Z");
        assert_eq!(due(5), "2026-04-02T22:00:00.000000Z");
        let saturday: WallTime = "2026-03-28T10:00:00Z".parse().unwrap();
        let due = berlin.after_working_days(saturday, 1).to_string();
        assert_eq!(due, "2026-03-30T22:00:00.000000Z");
    }
}
