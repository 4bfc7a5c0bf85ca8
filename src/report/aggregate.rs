//! Figures in which nobody can be singled out (PRODUCT P1).
//!
//! Where that was promised, calls are told in pieces that never change: four whole weeks, one
//! weekday, one slot of twenty minutes. A piece is told when five people or more made its calls,
//! and never otherwise; it is counted once, after the four weeks are over, and stays as it was
//! told. Whatever is asked is a sum of such pieces, so that what two answers differ by is a sum of
//! pieces too, and no difference in time, filter or grid leaves fewer than five people. What is
//! left out is not counted in any sum, nor is it told how much it is.
//!
//! Reports of leads and hand-overs follow the same rule: their pieces are those that came in within
//! four whole weeks, told apart as finely as any question can tell them apart, as they stood five
//! weeks later. What comes of them after that changes no answer.

use crate::report::slots::Grid;
use std::ops::RangeInclusive;

/// A piece is told of so many people or more.
pub const FEWEST_PEOPLE: i64 = 5;
/// A block's length in days.
pub const BLOCK: i64 = 28;
/// Days after a block's end at which it is counted: what a cut-off box delivers late is there.
pub const LATE: i64 = 3;
/// Days after a block's end as of which it is told what became of its leads: sales' answers count
/// for thirty days.
pub const SETTLED: i64 = 35;
/// So many blocks are told where no days are asked for: a year.
const USUAL_BLOCKS: i64 = 13;
/// Blocks begin on Mondays: 1970-01-05 was one.
const FIRST_MONDAY: i64 = 4;

/// The block of a day, counted from 1970-01-01.
#[must_use]
pub fn block_of(day: i64) -> i64 {
    (day - FIRST_MONDAY).div_euclid(BLOCK)
}

/// A block's first day, and the first day after it.
#[must_use]
pub fn days_of(block: i64) -> (i64, i64) {
    let first = block * BLOCK + FIRST_MONDAY;
    (first, first + BLOCK)
}

/// The last block that may be counted on a day.
#[must_use]
pub fn last_to_count(today: i64) -> i64 {
    block_of(today - LATE) - 1
}

/// The day as of which it is told what became of a block's leads: what happens on it or later is
/// not.
#[must_use]
pub fn settled_on(block: i64) -> i64 {
    days_of(block).1 + SETTLED
}

/// The first day after the last block that is over and counted.
#[must_use]
pub fn counted_until(today: i64) -> i64 {
    days_of(last_to_count(today)).1
}

/// Blocks of which it is told on a day what became of their leads: those that lie whole within the
/// days asked for, oldest first; without days, a year's.
#[must_use]
pub fn settled_within(days: Option<(i64, i64)>, today: i64) -> RangeInclusive<i64> {
    let last = block_of(today - LATE - SETTLED) - 1;
    match days {
        None => last - USUAL_BLOCKS + 1..=last,
        Some((from, to)) => {
            let first = block_of(from + BLOCK - 1);
            first..=last.min(block_of(to) - 1)
        }
    }
}

/// Whether a piece of so many people is told.
#[must_use]
pub fn is_told(people: i64) -> bool {
    people >= FEWEST_PEOPLE
}

/// Why an answer would not be one about at least five people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error(
        "it was promised that nobody is singled out here: slots are told of everybody together, not by person, campaign or number"
    )]
    Filtered,
    #[error(
        "it was promised that nobody is singled out here: slots are 20 minutes from :10, :30 and :50 on"
    )]
    Grid,
    #[error("it was promised that nobody is singled out here: a cut is at :10, :30 or :50")]
    Cut,
}

/// Whether a grid and a cut are sums of pieces.
///
/// # Errors
/// When they are not.
pub fn fits(grid: Grid, cut: Option<(i64, i64)>) -> Result<(), Refused> {
    if grid != Grid::default() {
        return Err(Refused::Grid);
    }
    let on_grid = |minute: i64| minute % 1_440 == grid.start_of(minute % 1_440);
    let edge = |minute: i64| minute == 0 || minute == 1_440 || on_grid(minute);
    match cut {
        Some((before, from)) if !edge(before) || !edge(from) => Err(Refused::Cut),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_four_weeks_from_a_monday_on() {
        assert_eq!(days_of(0), (4, 32));
        for day in -60..60 {
            let (first, after) = days_of(block_of(day));
            assert!(first <= day && day < after, "{day}");
            assert_eq!((first - FIRST_MONDAY).rem_euclid(7), 0);
        }
        // A block is counted three days after its last.
        assert_eq!(last_to_count(34), -1);
        assert_eq!(last_to_count(35), 0);
    }

    #[test]
    fn leads_are_told_of_whole_blocks_five_weeks_after_their_end() {
        let (first, after) = days_of(10);
        let asked = |from, to, today| settled_within(Some((from, to)), today).collect::<Vec<_>>();
        let today = after + SETTLED + LATE;
        assert_eq!(settled_on(10), after + SETTLED);
        assert_eq!(asked(first, after, today), [10]);
        assert_eq!(asked(first, after, today - 1), [0_i64; 0]);
        assert_eq!(asked(first + 1, after, today), [0_i64; 0]);
        assert_eq!(asked(first, after - 1, today), [0_i64; 0]);
        assert_eq!(asked(first - BLOCK - 1, after + 1, today), [9, 10]);
        assert_eq!(asked(first, after + 400, today), [10]);
        let usual = settled_within(None, today);
        assert_eq!((usual.clone().count(), usual.last()), (13, Some(10)));
        assert_eq!(counted_until(after + LATE), after);
        assert_eq!(counted_until(after + LATE - 1), first);
    }

    #[test]
    fn only_sums_of_pieces_are_asked_for() {
        assert_eq!(fits(Grid::default(), None), Ok(()));
        assert_eq!(fits(Grid::default(), Some((630, 870))), Ok(()));
        assert_eq!(fits(Grid::default(), Some((0, 1_440))), Ok(()));
        assert_eq!(fits(Grid::default(), Some((625, 870))), Err(Refused::Cut));
        assert_eq!(fits(Grid::new(5, 0).unwrap(), None), Err(Refused::Grid));
        assert_eq!(fits(Grid::new(20, 0).unwrap(), None), Err(Refused::Grid));
    }
}
