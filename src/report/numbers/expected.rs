//! What could be expected of a number's calls: the rates of the client's other numbers in the same
//! campaign, weekday and slot, moved by how the campaign's week went for them.

use crate::report::day::{Call, Day};
use crate::report::numbers::level::Level;
use crate::report::slots::{GRAIN, Grid};
use serde::Serialize;
use std::collections::HashMap;
use std::sync::Arc;
use utoipa::ToSchema;

/// A stratum leans on its campaign with so many calls, and a campaign on all.
const LEAN: f64 = 50.0;
/// A campaign's week leans on an ordinary one with so many expected connects.
const LEAN_WEEK: f64 = 20.0;
/// A number is held against others that have so many calls together.
const OTHERS: i64 = 500;
/// No call can be expected to connect more surely.
const SUREST: f64 = 0.95;

/// Calls that showed one number, for one campaign, within five minutes of a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dials {
    /// Empty: none was shown.
    pub shown: Arc<str>,
    /// Empty: no campaign is known.
    pub campaign: Arc<str>,
    /// Since 1970-01-01.
    pub day: i64,
    /// Of the day.
    pub minute: i64,
    pub calls: i64,
    pub connects: i64,
}

/// Calls of days, gathered in the order in which they were dialled.
#[derive(Debug, Default)]
pub struct Gathered {
    /// Numbers and campaigns, each once.
    names: HashMap<String, Arc<str>>,
    dials: Vec<Dials>,
}

impl Gathered {
    /// Adds a day's calls; a connect has so much of the other side's speech, in milliseconds. Days
    /// come oldest first.
    pub fn add(&mut self, day: &Day, connect_ms: i64) {
        let numbers: Vec<Arc<str>> = day.numbers.iter().map(|n| self.name(n)).collect();
        let campaigns: Vec<Arc<str>> = day.campaigns.iter().map(|c| self.name(c)).collect();
        let place = |c: &Call| (c.minute() / GRAIN, c.shown, c.campaign);
        let mut calls = day.calls.clone();
        calls.sort_unstable_by_key(place);
        for same in calls.chunk_by(|a, b| place(a) == place(b)) {
            let (five, shown, campaign) = place(&same[0]);
            let connects = same.iter().filter(|c| c.is_connect(connect_ms));
            self.dials.push(Dials {
                shown: Arc::clone(&numbers[shown as usize]),
                campaign: Arc::clone(&campaigns[campaign as usize]),
                day: day.day,
                minute: five * GRAIN,
                calls: count(same.len()),
                connects: count(connects.count()),
            });
        }
    }

    fn name(&mut self, text: &str) -> Arc<str> {
        if let Some(name) = self.names.get(text) {
            return Arc::clone(name);
        }
        let name: Arc<str> = text.into();
        self.names.insert(text.to_owned(), Arc::clone(&name));
        name
    }

    /// All of them, by day, five minutes, number and campaign.
    #[must_use]
    pub fn done(self) -> Vec<Dials> {
        self.dials
    }
}

fn count(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// What a number is held against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = NumbersAgainst)]
pub enum Against {
    /// The client's other numbers.
    Others,
    /// Its own calls: the others have too few.
    Itself,
}

/// For each of these calls, what its number is held against and the connects to be expected; and
/// those to be expected by the calls of all numbers in all weeks.
pub(super) fn expected(dials: &[Dials]) -> (Vec<(Against, f64)>, Vec<f64>) {
    let places = places(dials);
    let sums = Sums::of(dials, &places);
    let weeks = Weeks::of(dials, &places, &sums);
    let mut known: HashMap<(usize, usize, i64), f64> = HashMap::new();
    let of = |(dial, at): (&Dials, &Place)| {
        let against = sums.against(at.number);
        let rate = match against {
            Against::Itself => sums.rate(None, at),
            Against::Others => {
                let key = (at.number, at.campaign, at.stratum);
                let usual = known.entry(key);
                let usual = *usual.or_insert_with(|| sums.rate(Some(at.number), at));
                usual * weeks.went_for_others(at)
            }
        };
        (against, rate.min(SUREST) * dial.calls as f64)
    };
    let each = dials.iter().zip(&places).map(of).collect();
    (each, weeks.usual)
}

/// Where calls stand: numbers and campaigns are counted through.
#[derive(Debug, Clone, Copy)]
struct Place {
    number: usize,
    campaign: usize,
    /// Weekday and slot.
    stratum: i64,
    week: i64,
}

fn places<'a>(dials: &'a [Dials]) -> Vec<Place> {
    let grid = Grid::default();
    let (mut numbers, mut campaigns) = (HashMap::new(), HashMap::new());
    let place = |d: &'a Dials| {
        let start = grid.start_of(d.minute);
        // Just after midnight a slot of the evening before goes on.
        let evening = i64::from(start > d.minute);
        Place {
            number: nth(&mut numbers, &d.shown),
            campaign: nth(&mut campaigns, &d.campaign),
            stratum: (d.day - evening + 3).rem_euclid(7) * 1_440 + start,
            week: week_of(d.day),
        }
    };
    dials.iter().map(place).collect()
}

fn nth<'a>(known: &mut HashMap<&'a str, usize>, name: &'a str) -> usize {
    let next = known.len();
    *known.entry(name).or_insert(next)
}

#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    calls: i64,
    connects: i64,
}

impl Sum {
    fn add(&mut self, dials: &Dials) {
        self.calls += dials.calls;
        self.connects += dials.connects;
    }

    fn without(self, own: Sum) -> Sum {
        Sum {
            calls: self.calls - own.calls,
            connects: self.connects - own.connects,
        }
    }

    /// Its rate, leaning on another one with so many calls.
    fn leaning(self, on: f64) -> f64 {
        (self.connects as f64 + LEAN * on) / (self.calls as f64 + LEAN)
    }
}

/// Calls of all, and of each number, by campaign and stratum.
#[derive(Default)]
struct Sums {
    total: Sum,
    own: HashMap<usize, Sum>,
    campaigns: HashMap<usize, Sum>,
    own_campaigns: HashMap<(usize, usize), Sum>,
    strata: HashMap<(usize, i64), Sum>,
    own_strata: HashMap<(usize, usize, i64), Sum>,
}

impl Sums {
    fn of(dials: &[Dials], places: &[Place]) -> Sums {
        let mut sums = Sums::default();
        for (d, at) in dials.iter().zip(places) {
            let (number, campaign, stratum) = (at.number, at.campaign, at.stratum);
            sums.total.add(d);
            sums.own.entry(number).or_default().add(d);
            sums.campaigns.entry(campaign).or_default().add(d);
            let own = sums.own_campaigns.entry((number, campaign));
            own.or_default().add(d);
            sums.strata.entry((campaign, stratum)).or_default().add(d);
            let own = sums.own_strata.entry((number, campaign, stratum));
            own.or_default().add(d);
        }
        sums
    }

    fn against(&self, number: usize) -> Against {
        let own = self.own.get(&number).copied().unwrap_or_default();
        let others = self.total.without(own);
        if others.calls >= OTHERS && others.connects > 0 {
            Against::Others
        } else {
            Against::Itself
        }
    }

    /// The rate of a stratum's calls, all of them or all but one number's.
    fn rate(&self, without: Option<usize>, at: &Place) -> f64 {
        let (campaign, stratum) = (at.campaign, at.stratum);
        let mut sums = [
            Some(self.total),
            self.campaigns.get(&campaign).copied(),
            self.strata.get(&(campaign, stratum)).copied(),
        ]
        .map(Option::unwrap_or_default);
        if let Some(number) = without {
            let own = [
                self.own.get(&number),
                self.own_campaigns.get(&(number, campaign)),
                self.own_strata.get(&(number, campaign, stratum)),
            ];
            for (sum, own) in sums.iter_mut().zip(own) {
                *sum = sum.without(own.copied().unwrap_or_default());
            }
        }
        let [all, of_campaign, of_stratum] = sums;
        let overall = all.connects as f64 / all.calls.max(1) as f64;
        of_stratum.leaning(of_campaign.leaning(overall))
    }
}

/// Connects of each campaign's weeks beside those that could be expected by the rates of all.
#[derive(Default)]
struct Weeks {
    all: HashMap<(usize, i64), Level>,
    own: HashMap<(usize, usize, i64), Level>,
    /// Of each of the calls.
    usual: Vec<f64>,
}

impl Weeks {
    fn of(dials: &[Dials], places: &[Place], sums: &Sums) -> Weeks {
        let mut weeks = Weeks::default();
        let mut known: HashMap<(usize, i64), f64> = HashMap::new();
        for (d, at) in dials.iter().zip(places) {
            let usual = known.entry((at.campaign, at.stratum));
            let usual = *usual.or_insert_with(|| sums.rate(None, at));
            let level = Level {
                connects: d.connects as f64,
                expected: usual * d.calls as f64,
            };
            weeks.usual.push(level.expected);
            let all = weeks.all.entry((at.campaign, at.week)).or_default();
            all.add(level);
            let own = weeks.own.entry((at.number, at.campaign, at.week));
            own.or_default().add(level);
        }
        weeks
    }

    /// How many times as often as usual the others connected.
    fn went_for_others(&self, at: &Place) -> f64 {
        let all = self.all.get(&(at.campaign, at.week));
        let own = self.own.get(&(at.number, at.campaign, at.week));
        let (all, own) = (
            all.copied().unwrap_or_default(),
            own.copied().unwrap_or_default(),
        );
        let connects = (all.connects - own.connects).max(0.0);
        let expected = (all.expected - own.expected).max(0.0);
        (connects + LEAN_WEEK) / (expected + LEAN_WEEK)
    }
}

/// The week of a day, from Monday on: 1970 began on a Thursday.
pub(super) fn week_of(day: i64) -> i64 {
    (day + 3).div_euclid(7)
}
