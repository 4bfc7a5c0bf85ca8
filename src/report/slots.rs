//! When calls connect: counts by weekday and time of day, in slots of a width and an offset that
//! are free (PRODUCT P1).
//!
//! **Adjusted.** A slot is not better because the better callers work in it. Beside the raw rate of
//! a slot stands one by indirect standardisation: each person with each number they showed is a
//! stratum, whose own rate over the whole period says how many connects it could be expected to
//! have from the calls that it made in the slot; the slot's connects over the sum of what was
//! expected, times the overall rate, is its adjusted rate. Its interval is the raw one, scaled
//! alike: the strata's rates are taken as known.

mod tally;

pub use tally::{Marks, Reach, Tallied, Tally, Which};

use crate::report::interval::Rate;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Counts are kept by this many minutes of the day: widths, offsets and cuts are multiples of it.
pub const GRAIN: i64 = 5;
const DAY: i64 = 1_440;

/// Why a grid or a cut is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadGrid {
    #[error("a slot is 5, 10, 15, 20, 30 or 60 minutes wide")]
    Width,
    #[error("slots start at a minute that is a multiple of 5 and less than their width")]
    Offset,
    #[error(
        "a cut is a time of day such as 10:30, at a minute that is a multiple of 5, the first before the second"
    )]
    Cut,
}

/// The slots of a day: one starts at `offset` minutes after each hour that `width` divides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grid {
    width: i64,
    offset: i64,
}

impl Default for Grid {
    /// Twenty minutes from :10, :30 and :50 on.
    fn default() -> Grid {
        Grid {
            width: 20,
            offset: 10,
        }
    }
}

impl Grid {
    /// # Errors
    /// For a width that does not divide the hour, and an offset that is not within it.
    pub fn new(width: i64, offset: i64) -> Result<Grid, BadGrid> {
        if ![5, 10, 15, 20, 30, 60].contains(&width) {
            return Err(BadGrid::Width);
        }
        if !(0..width).contains(&offset) || offset % GRAIN != 0 {
            return Err(BadGrid::Offset);
        }
        Ok(Grid { width, offset })
    }

    /// In minutes.
    #[must_use]
    pub fn width(self) -> i64 {
        self.width
    }

    /// In minutes after the hour.
    #[must_use]
    pub fn offset(self) -> i64 {
        self.offset
    }

    /// The minute of the day at which the slot of a minute starts. What is before the day's first
    /// slot belongs to the last one of the day before, which started at 23:50 or so; its weekday is
    /// its own.
    #[must_use]
    pub fn start_of(self, minute: i64) -> i64 {
        let into = (minute - self.offset).rem_euclid(DAY);
        (into - into % self.width + self.offset) % DAY
    }

    /// Weekday and start of the slot of a minute: before the day's first slot it is still the one
    /// that began the day before.
    #[must_use]
    pub fn cell_of(self, weekday: i64, minute: i64) -> (i64, i64) {
        let start = self.start_of(minute);
        let weekday = if start > minute { weekday + 6 } else { weekday };
        (weekday % 7, start)
    }
}

/// A minute of the day from `10:30`.
///
/// # Errors
/// For what is no time of day, and for minutes that are no multiple of five.
pub fn time_of_day(text: &str) -> Result<i64, BadGrid> {
    let (hours, minutes) = text.split_once(':').ok_or(BadGrid::Cut)?;
    let number = |part: &str| {
        let digits = part.len() <= 2 && part.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| part.parse::<i64>().ok()).flatten()
    };
    match (number(hours), number(minutes)) {
        (Some(h @ 0..=24), Some(m @ 0..=59)) if m % GRAIN == 0 && h * 60 + m <= DAY => {
            Ok(h * 60 + m)
        }
        _ => Err(BadGrid::Cut),
    }
}

/// Calls of a weekday that were dialled within five minutes of the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dialled {
    /// 0 is Monday.
    pub weekday: i64,
    /// Of the day, at the start of the five.
    pub minute: i64,
    pub counts: Counts,
}

/// What came of calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, ToSchema)]
#[schema(as = SlotsCounts)]
pub struct Counts {
    pub calls: i64,
    pub connects: i64,
    pub meetings: i64,
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Counts) {
        self.calls += other.calls;
        self.connects += other.connects;
        self.meetings += other.meetings;
    }
}

impl Slots {
    /// Adds how many numbers were called and reached, by slot and by the minute of the hour; a rate
    /// is told from `fewest` on.
    pub fn reach(&mut self, found: &Tallied, fewest: i64) {
        let parts = |parts: &mut [Part], of: &BTreeMap<i64, Reach>| {
            for part in parts {
                let reach = of.get(&part.start);
                part.prospects = reach.map(|reach| Prospects::new(*reach, fewest));
            }
        };
        parts(&mut self.slots, &found.reach_by_slot);
        parts(&mut self.starts, &found.reach_by_start);
    }
}

impl Counts {
    /// Connects, or meetings, per call; none below so many calls.
    #[must_use]
    pub fn rate(self, of: What, fewest: i64) -> Option<Rate> {
        (self.calls >= fewest.max(1))
            .then(|| Rate::of(of.of(self), self.calls))
            .flatten()
    }
}

/// What is counted of calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum What {
    #[default]
    Connects,
    Meetings,
}

impl What {
    fn of(self, counts: Counts) -> i64 {
        match self {
            What::Connects => counts.connects,
            What::Meetings => counts.meetings,
        }
    }
}

/// A slot, a start or a part of the day, with its shares.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = SlotsPart)]
pub struct Part {
    /// Minute of the day, or of the hour, at which it starts.
    pub start: i64,
    #[serde(flatten)]
    pub counts: Counts,
    /// Of all calls, from 0 to 1.
    pub share_of_calls: f64,
    /// Of all connects, or meetings, from 0 to 1; null where there are none.
    #[schema(required)]
    pub share: Option<f64>,
    /// Null under the fewest calls.
    #[schema(required)]
    pub rate: Option<Rate>,
    /// Held against who called and under which number; null where it cannot be told.
    #[schema(required)]
    pub adjusted: Option<Rate>,
    /// Of the numbers that were called in it; null where nobody is singled out, and of a cut.
    #[schema(required)]
    pub prospects: Option<Prospects>,
}

/// Different numbers that were called, and those of them that a call connected with.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
#[schema(as = SlotsProspects)]
pub struct Prospects {
    pub called: i64,
    pub reached: i64,
    /// Null under the fewest calls.
    #[schema(required)]
    pub rate: Option<Rate>,
}

/// Answered calls that their telemarketers marked in one way, and those of them of which the lanes
/// say the same.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
#[schema(as = SlotsMarked)]
pub struct Marked {
    pub marked: i64,
    pub told_so: i64,
    /// Null: none was marked so.
    #[schema(required)]
    pub rate: Option<Rate>,
}

impl Marked {
    #[must_use]
    pub fn new(marked: i64, told_so: i64) -> Marked {
        Marked {
            marked,
            told_so,
            rate: Rate::of(told_so, marked),
        }
    }
}

impl Prospects {
    /// So many numbers, of which a rate is told from `fewest` on.
    #[must_use]
    pub fn new(Reach { called, reached }: Reach, fewest: i64) -> Prospects {
        let rate = Rate::of(reached, called).filter(|_| called >= fewest);
        Prospects {
            called,
            reached,
            rate,
        }
    }
}

/// A weekday's slot.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = SlotsCell)]
pub struct Cell {
    /// 0 is Monday.
    pub weekday: i64,
    /// Minute of the day.
    pub start: i64,
    #[serde(flatten)]
    pub counts: Counts,
    /// Null under the fewest calls.
    #[schema(required)]
    pub rate: Option<Rate>,
    /// Held against who called and under which number; null where it cannot be told.
    #[schema(required)]
    pub adjusted: Option<Rate>,
}

/// The day before one time and from another on, beside what lies between.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = SlotsCut)]
pub struct Cut {
    /// Minutes of the day.
    pub before: i64,
    pub from: i64,
    pub outside: Part,
    pub between: Part,
}

/// A report.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Slots {
    pub total: Counts,
    /// Null without a call.
    #[schema(required)]
    pub rate: Option<Rate>,
    /// By weekday and start; those without a call are left out.
    pub cells: Vec<Cell>,
    /// By start, all weekdays together.
    pub slots: Vec<Part>,
    /// By the minute of the hour at which slots start.
    pub starts: Vec<Part>,
    /// Null: none was asked for.
    #[schema(required)]
    pub cut: Option<Cut>,
}

/// A stratum's calls in a slot: a person with the number that they showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stratum {
    /// Place of the person and the number in [`Strata::names`].
    pub of: usize,
    /// 0 is Monday.
    pub weekday: i64,
    /// Minute of the day.
    pub minute: i64,
    pub counts: Counts,
}

/// Calls by person with number, weekday and five minutes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Strata {
    /// Person and number of each stratum.
    pub names: Vec<(String, String)>,
    pub cells: Vec<Stratum>,
}

impl Strata {
    /// What came of the calls of each stratum.
    fn own(&self) -> Vec<Counts> {
        let mut own = vec![Counts::default(); self.names.len()];
        for cell in &self.cells {
            own[cell.of] += cell.counts;
        }
        own
    }
}

/// What came of the calls of each person, or under each number, as `key` tells them apart.
#[must_use]
pub fn sums<'a>(
    strata: &'a Strata,
    key: impl Fn(&'a (String, String)) -> &'a str,
) -> BTreeMap<&'a str, Counts> {
    let mut sums: BTreeMap<&str, Counts> = BTreeMap::new();
    for (name, counts) in strata.names.iter().zip(strata.own()) {
        *sums.entry(key(name)).or_default() += counts;
    }
    sums
}

/// How a report is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    pub grid: Grid,
    pub what: What,
    /// A rate is told from so many calls on.
    pub fewest: i64,
    /// Minutes of the day.
    pub cut: Option<(i64, i64)>,
}

/// Makes the report of what was dialled; without strata nothing is adjusted.
#[must_use]
pub fn report(dialled: &[Dialled], strata: &Strata, asked: &Asked) -> Slots {
    let mut total = Counts::default();
    let mut cells: BTreeMap<(i64, i64), Counts> = BTreeMap::new();
    let mut slots: BTreeMap<i64, Counts> = BTreeMap::new();
    let mut starts: BTreeMap<i64, Counts> = BTreeMap::new();
    for d in dialled {
        let start = asked.grid.start_of(d.minute);
        total += d.counts;
        *cells
            .entry(asked.grid.cell_of(d.weekday, d.minute))
            .or_default() += d.counts;
        *slots.entry(start).or_default() += d.counts;
        *starts.entry(start % 60).or_default() += d.counts;
    }
    let slot = |s: &Stratum| asked.grid.start_of(s.minute);
    let by_slot = expected(strata, asked, total, &slot);
    let by_start = expected(strata, asked, total, &|s| slot(s) % 60);
    let by_cell = expected(strata, asked, total, &|s| {
        asked.grid.cell_of(s.weekday, s.minute)
    });
    let parts = |counts: BTreeMap<i64, Counts>, ratio: &BTreeMap<i64, f64>| {
        let part = |(start, counts)| part(start, counts, total, ratio.get(&start), asked);
        counts.into_iter().map(part).collect()
    };
    let cell = |((weekday, start), counts): ((i64, i64), Counts)| Cell {
        weekday,
        start,
        counts,
        rate: counts.rate(asked.what, asked.fewest),
        adjusted: adjusted(counts, total, by_cell.get(&(weekday, start)), asked),
    };
    Slots {
        total,
        rate: total.rate(asked.what, 1),
        cells: cells.into_iter().map(cell).collect(),
        slots: parts(slots, &by_slot),
        starts: parts(starts, &by_start),
        cut: asked.cut.map(|at| cut(dialled, total, at, asked)),
    }
}

fn part(start: i64, counts: Counts, total: Counts, ratio: Option<&f64>, asked: &Asked) -> Part {
    let (hits, all) = (asked.what.of(counts), asked.what.of(total));
    Part {
        start,
        counts,
        share_of_calls: share(counts.calls, total.calls).unwrap_or(0.0),
        share: share(hits, all),
        rate: counts.rate(asked.what, asked.fewest),
        adjusted: adjusted(counts, total, ratio, asked),
        prospects: None,
    }
}

/// The raw rate moved to what its ratio to the expected makes of the overall one.
fn adjusted(counts: Counts, total: Counts, ratio: Option<&f64>, asked: &Asked) -> Option<Rate> {
    let raw = counts.rate(asked.what, asked.fewest)?;
    let overall = total.rate(asked.what, 1)?.rate;
    let ratio = ratio?;
    (raw.rate > 0.0).then(|| raw.scaled(ratio * overall / raw.rate))
}

fn share(part: i64, all: i64) -> Option<f64> {
    (all > 0).then(|| part as f64 / all as f64)
}

/// By slot, or whatever `key` says: its connects over those that its strata could be expected to
/// have.
fn expected<K: Ord>(
    strata: &Strata,
    asked: &Asked,
    total: Counts,
    key: &dyn Fn(&Stratum) -> K,
) -> BTreeMap<K, f64> {
    if asked.what.of(total) == 0 {
        return BTreeMap::new();
    }
    let own = strata.own();
    let mut sums: BTreeMap<K, (f64, i64)> = BTreeMap::new();
    for s in &strata.cells {
        let Some(rate) = share(asked.what.of(own[s.of]), own[s.of].calls) else {
            continue;
        };
        let sum = sums.entry(key(s)).or_insert((0.0, 0));
        sum.0 += rate * s.counts.calls as f64;
        sum.1 += asked.what.of(s.counts);
    }
    let ratio = |(at, (expected, seen)): (K, (f64, i64))| {
        (expected > 0.0).then_some((at, seen as f64 / expected))
    };
    sums.into_iter().filter_map(ratio).collect()
}

fn cut(dialled: &[Dialled], total: Counts, (before, from): (i64, i64), asked: &Asked) -> Cut {
    let (mut outside, mut between) = (Counts::default(), Counts::default());
    for d in dialled {
        if d.minute < before || d.minute >= from {
            outside += d.counts;
        } else {
            between += d.counts;
        }
    }
    Cut {
        before,
        from,
        outside: part(from, outside, total, None, asked),
        between: part(before, between, total, None, asked),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::day::{Day, Mark, Row};
    use proptest::prelude::*;

    fn counts(calls: i64, connects: i64) -> Counts {
        Counts {
            calls,
            connects,
            meetings: 0,
        }
    }

    fn asked(cut: Option<(i64, i64)>) -> Asked {
        Asked {
            grid: Grid::default(),
            what: What::Connects,
            fewest: 20,
            cut,
        }
    }

    #[test]
    fn slots_start_at_ten_thirty_and_fifty() {
        let grid = Grid::default();
        for (minute, start) in [
            (10, 10),
            (29, 10),
            (30, 30),
            (50, 50),
            (69, 50),
            (70, 70),
            (1_430, 1_430),
            (1_439, 1_430),
            // Ten minutes past midnight begins the day's first.
            (0, 1_430),
            (9, 1_430),
        ] {
            assert_eq!(grid.start_of(minute), start, "{minute}");
        }
        assert_eq!(Grid::new(25, 0), Err(BadGrid::Width));
        assert_eq!(Grid::new(20, 20), Err(BadGrid::Offset));
        assert_eq!(Grid::new(20, 7), Err(BadGrid::Offset));
        assert_eq!(Grid::new(0, 0), Err(BadGrid::Width));
    }

    #[test]
    fn what_is_dialled_at_midnight_is_of_the_slot_of_the_evening_before() {
        let monday = Dialled {
            weekday: 0,
            minute: 5,
            counts: counts(1, 0),
        };
        let made = report(&[monday], &Strata::default(), &asked(None));
        assert_eq!((made.cells[0].weekday, made.cells[0].start), (6, 1_430));
    }

    #[test]
    fn times_of_day_are_read_strictly() {
        assert_eq!(time_of_day("10:30"), Ok(630));
        assert_eq!(time_of_day("0:00"), Ok(0));
        assert_eq!(time_of_day("24:00"), Ok(1_440));
        for wrong in [
            "", "10", "10:31", "25:00", "24:05", "-1:00", "10:3x", "1 :00", "+1:00",
        ] {
            assert_eq!(time_of_day(wrong), Err(BadGrid::Cut), "{wrong}");
        }
    }

    /// The story that this comes from: 52 % of connects in the slots from x:50 on, 81 % before
    /// 10:30 and from 14:30 on.
    #[test]
    fn the_story_can_be_read_off() {
        let mut dialled = Vec::new();
        let mut put = |minute: i64, calls: i64, connects: i64| {
            dialled.push(Dialled {
                weekday: minute % 5,
                minute,
                counts: counts(calls, connects),
            });
        };
        // 100 connects: by minute of the hour 52 at :50; by time 81 outside.
        put(9 * 60 + 50, 100, 42);
        put(16 * 60 + 10, 100, 20);
        put(15 * 60 + 30, 100, 19);
        put(11 * 60 + 50, 100, 10);
        put(13 * 60 + 10, 100, 9);
        let made = report(&dialled, &Strata::default(), &asked(Some((630, 870))));
        let fifty = made.starts.iter().find(|p| p.start == 50).unwrap();
        assert_eq!(fifty.share, Some(0.52));
        assert_eq!(fifty.share_of_calls, 0.4);
        let cut = made.cut.unwrap();
        assert_eq!(cut.outside.share, Some(0.81));
        assert_eq!(cut.outside.counts, counts(300, 81));
        assert_eq!(cut.between.counts, counts(200, 19));
    }

    #[test]
    fn a_slot_is_not_praised_for_who_called_in_it() {
        let stratum = |of, minute, calls, connects| Stratum {
            weekday: 0,
            of,
            minute,
            counts: counts(calls, connects),
        };
        // Anna connects three times as often as Ben, whatever the time; she calls at 9:50, he at
        // 11:10.
        let strata = Strata {
            names: ["anna", "ben"]
                .map(|w| (w.to_owned(), "+49301".to_owned()))
                .into(),
            cells: vec![
                stratum(0, 590, 300, 90),
                stratum(0, 670, 100, 30),
                stratum(1, 590, 100, 10),
                stratum(1, 670, 300, 30),
            ],
        };
        let dialled: Vec<Dialled> = strata
            .cells
            .iter()
            .map(|s| Dialled {
                weekday: 0,
                minute: s.minute,
                counts: s.counts,
            })
            .collect();
        let made = report(&dialled, &strata, &asked(None));
        let raw: Vec<f64> = made.slots.iter().map(|p| p.rate.unwrap().rate).collect();
        assert_eq!(raw, [0.25, 0.15]);
        for slot in &made.slots {
            let adjusted = slot.adjusted.unwrap();
            assert!((adjusted.rate - 0.2).abs() < 1e-9, "{adjusted:?}");
            assert!(adjusted.low < 0.2 && adjusted.high > 0.2);
        }
    }

    /// Monday, 5 January 1970, 9:52: a call of somebody under a number to another number.
    fn dial<'a>(person: &'a str, shown: &'a str, prospect: i64, speech_ms: i64) -> Row<'a> {
        Row {
            minute: 592,
            person,
            shown,
            campaign: "",
            answered: true,
            nobody: false,
            meeting: false,
            mark: None,
            speech_ms,
            replies: 2,
            prospect: Some(prospect),
        }
    }

    fn two_days() -> [Day; 2] {
        let monday = [
            dial("ben", "201", 7, 20_000),
            dial("anna", "200", 7, 19_999),
            Row {
                minute: 595,
                meeting: true,
                ..dial("anna", "200", 8, 0)
            },
        ];
        // Its dictionary has another order; at 11:01 it is another slot that starts at :50.
        let tuesday = [
            Row {
                minute: 661,
                ..dial("anna", "200", 7, 0)
            },
            Row {
                mark: Some(Mark::Voicemail),
                replies: 1,
                prospect: None,
                ..dial("anna", "", 0, 1)
            },
            Row {
                mark: Some(Mark::Person),
                campaign: "k",
                ..dial("anna", "200", 9, 0)
            },
            Row {
                mark: Some(Mark::Person),
                answered: false,
                ..dial("carl", "200", 9, 0)
            },
        ];
        [Day::of(4, &monday), Day::of(5, &tuesday)]
    }

    fn count(which: Which<'_>) -> Tallied {
        let mut tally = Tally::new(which);
        two_days().iter().for_each(|day| tally.add(day));
        tally.done()
    }

    fn of_all() -> Which<'static> {
        Which {
            person: None,
            campaign: None,
            shown: None,
            connect_ms: 20_000,
            grid: Grid::default(),
        }
    }

    #[test]
    fn days_are_counted_as_by_hand() {
        let all = count(of_all());
        let cells: Vec<(i64, i64, i64, i64)> = all
            .dialled
            .iter()
            .map(|d| (d.weekday, d.minute, d.counts.calls, d.counts.connects))
            .collect();
        assert_eq!(
            cells,
            [
                (0, 590, 2, 1),
                (0, 595, 1, 0),
                (1, 590, 3, 0),
                (1, 660, 1, 0)
            ]
        );
        let names: Vec<(&str, &str)> = all.strata.names.iter().map(|(a, b)| (&**a, &**b)).collect();
        assert_eq!(
            names,
            [
                ("anna", ""),
                ("anna", "200"),
                ("ben", "201"),
                ("carl", "200")
            ]
        );
        let own: Vec<(i64, i64, i64)> = all
            .strata
            .own()
            .iter()
            .map(|c| (c.calls, c.connects, c.meetings))
            .collect();
        assert_eq!(own, [(1, 0, 0), (4, 0, 1), (1, 1, 0), (1, 0, 0)]);
        let reach = |called, reached| Reach { called, reached };
        assert_eq!(all.reach, reach(3, 1));
        assert_eq!(
            all.reach_by_slot,
            [(590, reach(3, 1)), (650, reach(1, 0))].into()
        );
        assert_eq!(all.reach_by_start, [(50, reach(3, 1))].into());
        let marks = (
            all.marks.machines,
            all.marks.machines_told,
            all.marks.people,
        );
        assert_eq!(
            (marks, all.marks.people_told),
            ((1, 1, 1), 1),
            "carl's was not answered"
        );
    }

    #[test]
    fn one_persons_and_one_numbers_calls_are_counted_by_hand() {
        let which = of_all();
        let of = |which| {
            count(which)
                .dialled
                .iter()
                .map(|d| d.counts.calls)
                .sum::<i64>()
        };
        assert_eq!(
            of(Which {
                person: Some("anna"),
                ..which
            }),
            5
        );
        assert_eq!(
            of(Which {
                shown: Some("200"),
                campaign: Some("k"),
                ..which
            }),
            1
        );
        assert_eq!(
            of(Which {
                person: Some("dora"),
                ..which
            }),
            0
        );
    }

    #[test]
    fn nothing_and_little_are_words_and_no_numbers() {
        let made = report(&[], &Strata::default(), &asked(Some((600, 600))));
        assert_eq!(made.total, Counts::default());
        assert_eq!((made.rate, made.cells.len()), (None, 0));
        let cut = made.cut.unwrap();
        assert_eq!((cut.outside.share, cut.outside.rate), (None, None));
        let one = Dialled {
            weekday: 2,
            minute: 600,
            counts: counts(19, 19),
        };
        let made = report(&[one], &Strata::default(), &asked(None));
        assert_eq!(made.cells[0].rate, None, "under the fewest");
        assert_eq!(made.slots[0].share, Some(1.0));
    }

    proptest! {
        /// Whatever the grid, no call is lost and none is counted twice.
        #[test]
        fn every_grid_counts_the_same_calls(
            calls in proptest::collection::vec((0i64..7, 0i64..288, 1i64..50, 0i64..50), 0..200),
            width in prop_oneof![Just(5i64), Just(10), Just(15), Just(20), Just(30), Just(60)],
            shift in 0i64..12,
        ) {
            let dialled: Vec<Dialled> = calls
                .iter()
                .map(|(weekday, five, calls, connects)| Dialled {
                    weekday: *weekday,
                    minute: five * GRAIN,
                    counts: counts(*calls, (*connects).min(*calls)),
                })
                .collect();
            let grid = Grid::new(width, shift * GRAIN % width).unwrap();
            let made = report(&dialled, &Strata::default(), &Asked { grid, ..asked(Some((630, 870))) });
            let sum = |all: Vec<Counts>| all.into_iter().fold(Counts::default(), |mut a, b| { a += b; a });
            prop_assert_eq!(sum(made.cells.iter().map(|c| c.counts).collect()), made.total);
            prop_assert_eq!(sum(made.slots.iter().map(|c| c.counts).collect()), made.total);
            prop_assert_eq!(sum(made.starts.iter().map(|c| c.counts).collect()), made.total);
            let cut = made.cut.unwrap();
            prop_assert_eq!(sum(vec![cut.outside.counts, cut.between.counts]), made.total);
        }
    }
}
