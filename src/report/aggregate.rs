//! Figures in which nobody can be singled out (PRODUCT P1).
//!
//! Where that was promised, calls are told in pieces that never change: four whole weeks, one
//! weekday, one slot of twenty minutes. A piece is told when five people or more made its calls,
//! and never otherwise; it is counted once, after the four weeks are over, and stays as it was
//! told. Whatever is asked is a sum of such pieces, so that what two answers differ by is a sum of
//! pieces too, and no difference in time, filter or grid leaves fewer than five people. What is
//! left out is not counted in any sum, nor is it told how much it is.

use crate::report::slots::Grid;

/// A piece is told of so many people or more.
pub const FEWEST_PEOPLE: i64 = 5;
/// A block's length in days.
pub const BLOCK: i64 = 28;
/// Days after a block's end at which it is counted: what a cut-off box delivers late is there.
pub const LATE: i64 = 3;
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
    fn only_sums_of_pieces_are_asked_for() {
        assert_eq!(fits(Grid::default(), None), Ok(()));
        assert_eq!(fits(Grid::default(), Some((630, 870))), Ok(()));
        assert_eq!(fits(Grid::default(), Some((0, 1_440))), Ok(()));
        assert_eq!(fits(Grid::default(), Some((625, 870))), Err(Refused::Cut));
        assert_eq!(fits(Grid::new(5, 0).unwrap(), None), Err(Refused::Grid));
        assert_eq!(fits(Grid::new(20, 0).unwrap(), None), Err(Refused::Grid));
    }
}
