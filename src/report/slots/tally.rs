//! Calls are counted day by day, once for all that the report tells of them.

use crate::report::day::{Call, Day, Mark};
use crate::report::slots::{Counts, Dialled, GRAIN, Grid, Strata, Stratum};
use std::collections::{BTreeMap, HashMap};

/// Fives of a day.
const FIVES: usize = 288;
const HOUR: i64 = 60;

/// Which calls are counted, and how.
#[derive(Debug, Clone, Copy)]
pub struct Which<'a> {
    /// One person's alone.
    pub person: Option<&'a str>,
    /// Of leads of one campaign alone.
    pub campaign: Option<&'a str>,
    /// Those that showed this number.
    pub shown: Option<&'a str>,
    /// A connect has so much of the other side's speech, in milliseconds.
    pub connect_ms: i64,
    /// The slots in which prospects' numbers are counted.
    pub grid: Grid,
}

/// Answered calls that were marked, by what the lanes tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Marks {
    /// Marked as voicemail, and those of them that answered nothing.
    pub machines: i64,
    pub machines_told: i64,
    /// Marked as somebody who was talked to, and those of them that took the word again.
    pub people: i64,
    pub people_told: i64,
}

/// Different numbers that were called, and those of them that a call connected with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reach {
    pub called: i64,
    pub reached: i64,
}

impl Reach {
    fn add(&mut self, is_reached: bool) {
        self.called += 1;
        self.reached += i64::from(is_reached);
    }
}

/// What is counted of calls.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tallied {
    /// By weekday and five minutes; those without a call are left out.
    pub dialled: Vec<Dialled>,
    pub strata: Strata,
    pub marks: Marks,
    pub reach: Reach,
    /// By the minute of the day at which a slot starts.
    pub reach_by_slot: BTreeMap<i64, Reach>,
    /// By the minute of the hour at which slots start.
    pub reach_by_start: BTreeMap<i64, Reach>,
}

/// A call of a stratum: the stratum, weekday and five as one place, and what came of it.
type Own = (u32, u16, bool, bool);
/// A call to a number: what tells it apart, when its slot starts, and whether it connected.
type To = (i64, u16, bool);

/// Counts calls.
pub struct Tally<'a> {
    which: Which<'a>,
    /// By weekday and five.
    dialled: Vec<Counts>,
    /// Of a person and the number that they showed, in the order in which they came.
    strata: HashMap<(String, String), u32>,
    own: Vec<Own>,
    to: Vec<To>,
    marks: Marks,
}

impl<'a> Tally<'a> {
    #[must_use]
    pub fn new(which: Which<'a>) -> Tally<'a> {
        Tally {
            which,
            dialled: vec![Counts::default(); 7 * FIVES],
            strata: HashMap::new(),
            own: Vec::new(),
            to: Vec::new(),
            marks: Marks::default(),
        }
    }

    /// Counts a day's calls.
    pub fn add(&mut self, day: &Day) {
        let at = |list: &[String], wanted: Option<&str>| match wanted {
            None => Some(None),
            Some(one) => list.iter().position(|text| text == one).map(Some),
        };
        let (Some(person), Some(campaign), Some(shown)) = (
            at(&day.people, self.which.person),
            at(&day.campaigns, self.which.campaign),
            at(&day.numbers, self.which.shown),
        ) else {
            return;
        };
        let is = |wanted: Option<usize>, place: u32| wanted.is_none_or(|w| w == place as usize);
        let mut strata: HashMap<(u32, u32), u32> = HashMap::new();
        for call in &day.calls {
            if is(person, call.person) && is(campaign, call.campaign) && is(shown, call.shown) {
                let own = strata.entry((call.person, call.shown));
                let stratum = *own.or_insert_with(|| self.stratum(day, call));
                self.count(day.day, stratum, call);
            }
        }
    }

    fn stratum(&mut self, day: &Day, call: &Call) -> u32 {
        let (person, shown) = (call.person as usize, call.shown as usize);
        let of = (day.people[person].clone(), day.numbers[shown].clone());
        let next = u32::try_from(self.strata.len()).unwrap_or(u32::MAX);
        *self.strata.entry(of).or_insert(next)
    }

    fn count(&mut self, day: i64, stratum: u32, call: &Call) {
        // 1970 began on a Thursday.
        let weekday = usize::try_from((day + 3).rem_euclid(7)).unwrap_or(0);
        let five = usize::try_from(call.minute() / GRAIN).unwrap_or(0);
        let place = weekday * FIVES + five;
        let (connects, meets) = (call.is_connect(self.which.connect_ms), call.is_meeting());
        self.dialled[place] += came(connects, meets);
        let place = u16::try_from(place).unwrap_or(0);
        self.own.push((stratum, place, connects, meets));
        if let Some(prospect) = call.prospect() {
            let start = self.which.grid.start_of(call.minute());
            let start = u16::try_from(start).unwrap_or(0);
            self.to.push((prospect, start, connects));
        }
        self.mark(call);
    }

    fn mark(&mut self, call: &Call) {
        let marks = &mut self.marks;
        match call.mark().filter(|_| call.is_answered()) {
            None => {}
            Some(Mark::Voicemail) => {
                marks.machines += 1;
                marks.machines_told += i64::from(!call.is_replied());
            }
            Some(Mark::Person) => {
                marks.people += 1;
                marks.people_told += i64::from(call.is_replied());
            }
        }
    }

    /// What was counted.
    #[must_use]
    pub fn done(self) -> Tallied {
        let dialled = self.dialled.iter().enumerate();
        let dialled = dialled
            .filter(|(_, counts)| counts.calls > 0)
            .map(|(place, counts)| {
                let (weekday, minute) = weekday_and_minute(place);
                let counts = *counts;
                Dialled {
                    weekday,
                    minute,
                    counts,
                }
            });
        let mut tallied = Tallied {
            dialled: dialled.collect(),
            marks: self.marks,
            strata: strata(self.strata, self.own),
            ..Tallied::default()
        };
        reach(&mut tallied, self.to);
        tallied
    }
}

fn came(connects: bool, meets: bool) -> Counts {
    Counts {
        calls: 1,
        connects: i64::from(connects),
        meetings: i64::from(meets),
    }
}

fn weekday_and_minute(place: usize) -> (i64, i64) {
    let of = |n: usize| i64::try_from(n).unwrap_or(0);
    (of(place / FIVES), of(place % FIVES) * GRAIN)
}

/// Strata in the order of their names, each in the order of the week: sums of them are the same
/// wherever the calls come from.
fn strata(found: HashMap<(String, String), u32>, mut own: Vec<Own>) -> Strata {
    let mut names: Vec<((String, String), u32)> = found.into_iter().collect();
    names.sort_unstable();
    let mut ranks = vec![0; names.len()];
    for (rank, (_, came)) in (0..).zip(&names) {
        ranks[*came as usize] = rank;
    }
    own.iter_mut().for_each(|o| o.0 = ranks[o.0 as usize]);
    own.sort_unstable();
    let cells = own.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)).map(|calls| {
        let (of, place, ..) = calls[0];
        let (weekday, minute) = weekday_and_minute(usize::from(place));
        let mut counts = Counts::default();
        calls.iter().for_each(|c| counts += came(c.2, c.3));
        Stratum {
            of: of as usize,
            weekday,
            minute,
            counts,
        }
    });
    Strata {
        cells: cells.collect(),
        names: names.into_iter().map(|(name, _)| name).collect(),
    }
}

/// Numbers that were called and reached: of all calls, by slot, and by the minute of the hour.
fn reach(tallied: &mut Tallied, mut to: Vec<To>) {
    to.sort_unstable();
    for calls in to.chunk_by(|a, b| a.0 == b.0) {
        tallied.reach.add(calls.iter().any(|c| c.2));
        let mut starts = [None; 60];
        for slot in calls.chunk_by(|a, b| a.1 == b.1) {
            let (start, is_reached) = (i64::from(slot[0].1), slot.iter().any(|c| c.2));
            tallied
                .reach_by_slot
                .entry(start)
                .or_default()
                .add(is_reached);
            let seen = &mut starts[usize::try_from(start % HOUR).unwrap_or(0)];
            *seen = Some(is_reached || *seen == Some(true));
        }
        for (start, is_reached) in (0..).zip(starts) {
            if let Some(is_reached) = is_reached {
                let by_start = tallied.reach_by_start.entry(start);
                by_start.or_default().add(is_reached);
            }
        }
    }
}
