//! A number's level, connects over expected, and where it changed.

/// So many expected connects are a number's level before it is watched.
pub const BURN_IN: f64 = 20.0;
/// The fall that the chart is made for: to so much of the level before.
pub const FALL: f64 = 0.6;
/// Twice the log-likelihood by which a moment of a change may be less likely than the likeliest.
pub const WIDTH: f64 = 7.35;
/// A chart says that the level has changed above the logarithm of the connects that all numbers
/// together have in a quarter of a year, less this: measured so that they have at most one false
/// alarm in a quarter, few numbers or many.
const LIMIT: f64 = 2.75;
/// Days of a quarter of a year.
const QUARTER: f64 = 91.0;
/// However few calls there are, a chart waits for so much.
const LEAST_LIMIT: f64 = 4.0;
/// How much the days vary is believed with the weight of so many ordinary ones against it.
const ORDINARY_DAYS: f64 = 10.0;

/// A number's calls at a time, with the connects that could be expected of them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// Since 1970-01-01.
    pub day: i64,
    pub calls: i64,
    pub connects: i64,
    pub expected: f64,
}

impl Step {
    fn level(&self) -> Level {
        Level {
            connects: self.connects as f64,
            expected: self.expected,
        }
    }
}

/// Connects and those that could be expected.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Level {
    pub connects: f64,
    pub expected: f64,
}

impl Level {
    /// Of these steps together.
    #[must_use]
    pub fn of(steps: &[Step]) -> Level {
        let mut level = Level::default();
        steps.iter().for_each(|s| level.add(s.level()));
        level
    }

    /// Adds what came of more calls.
    pub fn add(&mut self, more: Level) {
        self.connects += more.connects;
        self.expected += more.expected;
    }

    /// The most that a Poisson likelihood comes to, in nats, less what is the same at each level.
    fn best(self) -> f64 {
        if self.connects > 0.0 && self.expected > 0.0 {
            self.connects * (self.connects / self.expected).ln()
        } else {
            0.0
        }
    }
}

/// Where a chart says that a level has changed, in nats.
#[must_use]
pub fn limit(all: &[Step]) -> f64 {
    let (Some(first), Some(last)) = (all.first(), all.last()) else {
        return LEAST_LIMIT;
    };
    let days = (last.day - first.day + 1) as f64;
    let a_quarter = Level::of(all).expected * QUARTER / days;
    (a_quarter.max(1.0).ln() - LIMIT).max(LEAST_LIMIT)
}

/// The level moved. Places are those of the steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Move {
    pub fell: bool,
    /// The likeliest first step of the new level; never the first of all.
    pub at: usize,
    /// It began between these, with 95 % confidence.
    pub first: usize,
    pub last: usize,
    /// The step at which there was enough to tell.
    pub alarm: usize,
}

/// The moves of a number's level, oldest first: falls, and what ended them. What rises without
/// having fallen is not asked for, and a watch for it would have false alarms too.
#[must_use]
pub fn moves(steps: &[Step], limit: f64) -> Vec<Move> {
    let spread = spread(steps);
    let mut found: Vec<Move> = Vec::new();
    let (mut start, mut has_fallen) = (0, false);
    while let Some((alarm, fell)) = watch(&steps[start..], spread * limit, has_fallen) {
        let Some(at) = likeliest(&steps[start..=start + alarm], fell, alarm) else {
            break;
        };
        start += at;
        found.push(Move {
            fell,
            at: start,
            first: start,
            last: start,
            alarm: start - at + alarm,
        });
        has_fallen = fell;
    }
    // With what came after, the moments can be told better. Where every moment has become as likely
    // as any other, the last move was chance, or is long over.
    loop {
        refit(&mut found, steps, spread);
        let from = found.iter().rev().nth(1).map_or(0, |before| before.at);
        let is_nowhere = |m: &Move| m.first <= from + 1 && m.last + 1 >= steps.len();
        if !found.last().is_some_and(is_nowhere) {
            return found;
        }
        found.pop();
    }
}

/// Dates each move by all calls from the one before it up to the next.
fn refit(found: &mut [Move], steps: &[Step], spread: f64) {
    for n in 0..found.len() {
        let from = n.checked_sub(1).map_or(0, |before| found[before].at);
        let to = found.get(n + 1).map_or(steps.len(), |next| next.at);
        let between = &steps[from..to];
        // It had happened when it was told.
        let by = found[n].alarm - from;
        let at = likeliest(between, found[n].fell, by).unwrap_or(found[n].at - from);
        let (first, last) = interval(between, at, spread);
        found[n].at = from + at;
        (found[n].first, found[n].last) = (from + first, from + last);
    }
}

/// A chart that watches for one change of the level.
struct Chart {
    /// To so much of the level before.
    to: f64,
    before: Level,
    since: Level,
}

impl Chart {
    fn new(to: f64) -> Chart {
        Chart {
            to,
            before: Level::default(),
            since: Level::default(),
        }
    }

    /// Takes in calls; gives the log-likelihood ratio of a change against none.
    fn take(&mut self, step: &Step) -> f64 {
        self.since.add(step.level());
        let score = if self.before.expected < BURN_IN {
            0.0
        } else {
            self.score()
        };
        // What lasts as long as all before it is no news. A lucky beginning would be kept for ever
        if score <= 0.0 || self.since.expected > self.before.expected.max(BURN_IN) {
            self.before.add(std::mem::take(&mut self.since));
        }
        score.max(0.0)
    }

    /// The level before is gamma distributed, with half a connect more than there were (Jeffreys).
    fn score(&self) -> f64 {
        let (shape, rate) = (self.before.connects + 0.5, self.before.expected);
        let (seen, expected) = (self.since.connects, self.since.expected);
        let moved = ((rate + expected) / (rate + self.to * expected)).ln();
        seen * self.to.ln() + (shape + seen) * moved
    }
}

/// How much more the days vary than chance lets them, from one day with calls to the next, so that
/// a single change counts once; 1 or more.
fn spread(steps: &[Step]) -> f64 {
    let level = Level::of(steps);
    if level.connects <= 0.0 || level.expected <= 0.0 {
        return 1.0;
    }
    let usual = level.connects / level.expected;
    let off = |day: &[Step]| {
        let day = Level::of(day);
        let expected = usual * day.expected;
        (day.connects - expected) / expected.max(f64::MIN_POSITIVE).sqrt()
    };
    let by_day: Vec<f64> = steps
        .chunk_by(|a, b| a.day == b.day)
        .filter(|d| Level::of(d).expected > 0.0)
        .map(off)
        .collect();
    let pairs = by_day.windows(2);
    let (many, sum) = pairs.fold((0.0, 0.0), |(many, sum), pair| match pair {
        [a, b] => (many + 1.0, sum + (b - a).powi(2) / 2.0),
        _ => (many, sum),
    });
    ((sum + ORDINARY_DAYS) / (many + ORDINARY_DAYS)).max(1.0)
}

/// Where a chart first says that the level has fallen, or, after a fall, that it has risen; and
/// whether it fell.
fn watch(steps: &[Step], limit: f64, has_fallen: bool) -> Option<(usize, bool)> {
    let (mut fall, mut rise) = (Chart::new(FALL), Chart::new(1.0 / FALL));
    for (n, step) in steps.iter().enumerate() {
        if fall.take(step) > limit {
            return Some((n, true));
        }
        if has_fallen && rise.take(step) > limit {
            return Some((n, false));
        }
    }
    None
}

/// The log-likelihood of two levels, for each place at which the second one may begin.
fn profile(steps: &[Step]) -> impl Iterator<Item = (usize, f64, bool)> {
    let all = Level::of(steps);
    let mut before = Level::default();
    steps.iter().enumerate().map(move |(n, step)| {
        let since = Level {
            connects: all.connects - before.connects,
            expected: all.expected - before.expected,
        };
        let fell = since.connects * before.expected < before.connects * since.expected;
        let told = (n, before.best() + since.best(), fell);
        before.add(step.level());
        told
    })
}

/// Where the second level begins, at the latest `by` a place, by the largest likelihood of a change
/// in this direction.
fn likeliest(steps: &[Step], fell: bool, by: usize) -> Option<usize> {
    let ways = profile(steps).filter(|(n, _, falls)| *n > 0 && *n <= by && *falls == fell);
    ways.max_by(|a, b| a.1.total_cmp(&b.1)).map(|way| way.0)
}

/// The first and the last place that is nearly as likely as this one.
fn interval(steps: &[Step], at: usize, spread: f64) -> (usize, usize) {
    let best = profile(steps).nth(at).map_or(0.0, |way| way.1);
    let near = |way: &(usize, f64, bool)| way.0 > 0 && 2.0 * (best - way.1) / spread <= WIDTH;
    let mut places = profile(steps).filter(near).map(|way| way.0);
    let first = places.next().unwrap_or(at);
    (first.min(at), places.last().unwrap_or(first).max(at))
}
