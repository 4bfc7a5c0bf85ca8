//! How likely sales accepts a lead, from what became of those like it (PRODUCT P4).
//!
//! **Accepted** and not *an opportunity*: sales answers every lead within days, and an opportunity
//! is told months later and only where a CRM is connected, so that most houses would have no
//! figure.
//!
//! A lead is like others of its grade; closer, of its source; closer still, of the same answers in
//! the verdict and the same interactions before it. That order is fixed. At each level the rate is
//! the level's own count, pulled to the rate of the level above as by `strength` leads of it (the
//! beta- binomial's posterior mean). How strong the pull is, each level says itself: where its
//! groups differ from their parents no more than chance makes them, the pull is as good as total,
//! so that figures out of which nothing can be learnt come to the rate of all. A group of fewer
//! than
//! [`FEWEST`] is not used, nor any below it: the score falls back to the last level that has them,
//! and says so. The interval is the middle 95 % of that level's beta distribution; how sure the
//! level above is, is not in it.
//!
//! Only a lead whose time is over counts: [`Past::known_at`] is a fixed time after its moment, and
//! what was said later counts for nobody. So a lead on its way is not one that was not accepted,
//! and quick answers do not count sooner than slow ones. Nothing that happened after the moment is
//! in the likeness, and nothing about the person who called. Interactions are days, not dials: ten
//! calls in an afternoon are one.
//!
//! It orders work and nothing else. The list of telesales is ordered by what was learnt from
//! answers of sales, which is allowed for a work list and for nothing that moves money (PRODUCT
//! I2): no room of `review`, `commission` or the queue of claims reads a score, and
//! `tests/worth.rs` shows it.

use crate::report::beta;
use crate::units::WallTime;
use crate::words;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::ToSchema;

/// A group of fewer tells nothing by itself.
pub const FEWEST: i64 = 10;
/// With fewer past leads than this none is scored.
pub const FEWEST_PAST: i64 = 50;
/// Bounds of the pull, in leads of the level above.
const WEAKEST: f64 = 4.0;
const STRONGEST: f64 = 10_000.0;

words! {
    /// In which order a campaign's leads are worked on.
    pub enum WorkOrder: "order of work" {
        /// By when something is due.
        Due = "due",
        /// By the day on which something is due, and within it the likelier first.
        Score = "score",
    }
}

words! {
    /// Whose list leads are scored for.
    pub enum ScoreList: "list" {
        /// Leads that were handed over.
        Sales = "sales",
        /// Leads that are worked on.
        Telesales = "telesales",
    }
}

words! {
    /// By what a lead is like others, from the widest to the closest.
    pub enum ScoreLevel: "level of likeness" {
        All = "all",
        Grade = "grade",
        Source = "source",
        /// The same answers too.
        Answers = "answers",
        /// The same interactions too.
        Interactions = "interactions",
    }
}

/// So many levels.
pub(super) const LEVELS: usize = 5;

/// What a lead is like by. Empty: not known, which is a likeness of its own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Features {
    pub grade: String,
    pub source: String,
    /// The verdict's answers by criterion, `authority=decides;budget=in_place`.
    pub answers: String,
    /// What was tried before the moment, in a word.
    pub interactions: String,
}

impl Features {
    /// Its groups' names from the widest to the closest; a closer one has the wider ones in it.
    fn groups(&self) -> [String; LEVELS] {
        let mut name = String::new();
        let parts = [
            "",
            &self.grade,
            &self.source,
            &self.answers,
            &self.interactions,
        ];
        parts.map(|part| {
            name.push_str(part);
            name.push('\u{1f}');
            name.clone()
        })
    }
}

/// A lead of which it is known whether sales accepted it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Past {
    pub features: Features,
    /// When it stood as the features say.
    pub at: WallTime,
    /// When its time was over.
    pub known_at: WallTime,
    pub accepted: bool,
    /// How often it was called before, as somebody counts who counts interactions.
    pub counted: i64,
}

/// Groups of leads and the way from each to the one that it is part of.
#[derive(Debug, Clone, Default)]
pub(super) struct Tree {
    ids: HashMap<String, usize>,
    parent: Vec<usize>,
    level: Vec<usize>,
}

impl Tree {
    /// Its groups, made where they are new.
    pub(super) fn enter(&mut self, features: &Features) -> [usize; LEVELS] {
        let mut above = 0;
        let mut level = 0;
        features.groups().map(|name| {
            let next = self.parent.len();
            let id = *self.ids.entry(name).or_insert(next);
            if id == next {
                self.parent.push(above);
                self.level.push(level);
            }
            above = id;
            level += 1;
            id
        })
    }
}

/// How many of a group, and how many of them were accepted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Tally {
    n: i64,
    hits: i64,
}

/// What was learnt.
#[derive(Debug, Clone, Default)]
pub struct Model {
    pub(super) tree: Tree,
    tallies: Vec<Tally>,
    /// Shrunken rates of the groups.
    pub(super) rates: Vec<f64>,
    strength: [f64; LEVELS],
}

impl Model {
    /// From past leads.
    #[must_use]
    pub fn learn<'a>(past: impl IntoIterator<Item = &'a Past>) -> Model {
        let mut model = Model::default();
        for lead in past {
            let path = model.tree.enter(&lead.features);
            model.count(path, lead.accepted);
        }
        model.fit();
        model
    }

    pub(super) fn count(&mut self, path: [usize; LEVELS], accepted: bool) {
        self.tallies
            .resize(self.tree.parent.len(), Tally::default());
        for id in path {
            self.tallies[id].n += 1;
            self.tallies[id].hits += i64::from(accepted);
        }
    }

    /// Leads that were learnt from.
    #[must_use]
    pub fn n(&self) -> i64 {
        self.tallies.first().map_or(0, |t| t.n)
    }

    /// Of those, the accepted ones.
    #[must_use]
    pub fn hits(&self) -> i64 {
        self.tallies.first().map_or(0, |t| t.hits)
    }

    /// The pull to each level from the one above, in leads.
    #[must_use]
    pub fn strengths(&self) -> [(ScoreLevel, f64); LEVELS] {
        let mut nth = 0;
        LEVEL_ORDER.map(|level| {
            let one = (level, self.strength[nth]);
            nth += 1;
            one
        })
    }

    pub(super) fn fit(&mut self) {
        self.rates = vec![0.5; self.tallies.len()];
        let Some(all) = self.tallies.first() else {
            return;
        };
        self.rates[0] = (all.hits as f64 + 0.5) / (all.n as f64 + 1.0);
        self.strength = [1.0; LEVELS];
        for level in 1..LEVELS {
            self.strength[level] = self.pull(level);
            for id in 1..self.tallies.len() {
                if self.tree.level[id] == level {
                    self.rates[id] = self.mean(id);
                }
            }
        }
    }

    /// How much the groups of a level differ beyond chance, as the strength of the pull against it:
    /// the beta-binomial's variance is `n m (1 - m) (1 + (n - 1) / (strength + 1))`, and its sum
    /// over the groups is set to what was seen (method of moments).
    fn pull(&self, level: usize) -> f64 {
        let (mut seen, mut chance, mut room) = (0.0, 0.0, 0.0);
        for (id, tally) in self.tallies.iter().enumerate() {
            if self.tree.level[id] != level || tally.n == 0 {
                continue;
            }
            let (n, m) = (tally.n as f64, self.rates[self.tree.parent[id]]);
            seen += (tally.hits as f64 - n * m).powi(2);
            chance += n * m * (1.0 - m);
            room += n * (n - 1.0) * m * (1.0 - m);
        }
        if room <= 0.0 || seen <= chance {
            return STRONGEST;
        }
        let alike = (seen - chance) / room;
        (1.0 / alike - 1.0).clamp(WEAKEST, STRONGEST)
    }

    /// The parameters of a group's beta distribution.
    fn beta(&self, id: usize) -> (f64, f64) {
        let tally = self.tallies[id];
        let (hits, misses) = (tally.hits as f64, (tally.n - tally.hits) as f64);
        if id == 0 {
            return (hits + 0.5, misses + 0.5);
        }
        let (above, pull) = (
            self.rates[self.tree.parent[id]],
            self.strength[self.tree.level[id]],
        );
        (pull * above + hits, pull * (1.0 - above) + misses)
    }

    fn mean(&self, id: usize) -> f64 {
        let (a, b) = self.beta(id);
        a / (a + b)
    }

    /// The groups of a lead as far as there are any, from the widest on.
    fn path(&self, features: &Features) -> Vec<usize> {
        let names = features.groups();
        let known = names.iter().map_while(|name| self.tree.ids.get(name));
        known.copied().collect()
    }

    /// The last group of these that is used: `None` where too few were ever seen.
    fn used(&self, path: &[usize]) -> Option<usize> {
        if self.n() < FEWEST_PAST {
            return None;
        }
        let enough = path.iter().take_while(|id| self.tallies[**id].n >= FEWEST);
        enough.last().copied()
    }

    /// How likely it is that a lead with these is accepted, without the interval; `None` as in
    /// [`Model::score`].
    #[must_use]
    pub fn share(&self, features: &Features) -> Option<f64> {
        let used = self.used(&self.path(features))?;
        Some(self.mean(used))
    }

    /// How likely it is that a lead with these is accepted, and how that is known; `None` with
    /// fewer than [`FEWEST_PAST`] past leads.
    #[must_use]
    pub fn score(&self, features: &Features) -> Option<Score> {
        let path = self.path(features);
        let used = self.used(&path)?;
        let (a, b) = self.beta(used);
        let (low, high) = beta::interval(a, b);
        let steps = LEVEL_ORDER.iter().enumerate().map(|(nth, level)| {
            let tally = path
                .get(nth)
                .map_or(Tally::default(), |id| self.tallies[*id]);
            Likeness {
                level: *level,
                n: tally.n,
                accepted: tally.hits,
            }
        });
        Some(Score {
            share: a / (a + b),
            low,
            high,
            level: LEVEL_ORDER[self.tree.level[used]],
            n: self.tallies[used].n,
            accepted: self.tallies[used].hits,
            steps: steps.collect(),
        })
    }
}

const LEVEL_ORDER: [ScoreLevel; LEVELS] = [
    ScoreLevel::All,
    ScoreLevel::Grade,
    ScoreLevel::Source,
    ScoreLevel::Answers,
    ScoreLevel::Interactions,
];

/// Past leads that are like one at a level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Likeness {
    pub level: ScoreLevel,
    /// How many these are.
    pub n: i64,
    pub accepted: i64,
}

/// How likely sales accepts a lead, and how that is known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = LeadScore)]
pub struct Score {
    /// 0 to 1.
    pub share: f64,
    /// The lower end of the 95 % interval.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
    /// The closest likeness of which there are enough.
    pub level: ScoreLevel,
    /// Past leads that are like it so.
    pub n: i64,
    pub accepted: i64,
    /// Every level from the widest on, with how many there are: closer than `level` there are fewer
    /// than ten.
    pub steps: Vec<Likeness>,
}

/// What was tried with a lead that nobody has talked to yet, or that somebody has: the state of a
/// lead on telesales' list. More calls never make it more than *reached*.
#[must_use]
pub fn tried(attempts: i64, is_reached: bool) -> &'static str {
    match (is_reached, attempts) {
        (true, _) => "reached",
        (false, ..=0) => "not_called",
        (false, 1..=2) => "called_1_2",
        (false, 3..=5) => "called_3_5",
        (false, _) => "called_6",
    }
}

/// The states that a lead went through: called so often before somebody was reached.
#[must_use]
pub fn states_of(before: i64, is_reached: bool) -> Vec<&'static str> {
    let mut states: Vec<&'static str> = Vec::new();
    for attempts in [0, 1, 3, 6] {
        if attempts <= before {
            states.push(tried(attempts, false));
        }
    }
    if is_reached {
        states.push(tried(before, true));
    }
    states
}

/// Days with a conversation before the hand-over, in a word.
#[must_use]
pub fn days(with_conversation: i64) -> &'static str {
    match with_conversation {
        ..=0 => "no_conversation",
        1 => "1_day",
        2 => "2_days",
        _ => "3_days",
    }
}
