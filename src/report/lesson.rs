//! What was learnt of past leads, as it is kept and told (PRODUCT P4): the score's groups, and the
//! test.

use crate::report::back_test::{BackTest, back_test};
use crate::report::score::{Features, Model, Past, Score, ScoreLevel};
use crate::units::WallTime;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// What was learnt of a client's leads for a list, as it is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Learnt {
    /// Leads that were learnt from, and how many of them sales accepted.
    pub past: i64,
    pub accepted: i64,
    /// Their time is over, and nothing was said that tells of the lead.
    pub left_out: i64,
    /// Their time is not over.
    pub waiting: i64,
    /// The pull to each level from the one above, in leads.
    pub strengths: Vec<(ScoreLevel, f64)>,
    /// `None` where no lead could be scored before its time.
    pub back_test: Option<BackTest>,
    /// By source, and for telesales by what was tried.
    pub groups: Vec<Group>,
}

/// Leads that are scored alike.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = ScoreGroup)]
pub struct Group {
    pub source: String,
    /// Empty: of all.
    pub interactions: String,
    pub score: Score,
}

impl Learnt {
    /// The score of leads of a source with which so much was tried; `None`: there were none.
    #[must_use]
    pub fn of_group(&self, source: &str, interactions: &str) -> Option<&Score> {
        let mut groups = self.groups.iter();
        let found = groups.find(|g| g.source == source && g.interactions == interactions);
        found.map(|g| &g.score)
    }

    /// From past leads; `left_out` and `waiting` are told with it.
    #[must_use]
    pub fn of<M: Ord + Clone>(
        past: &[Past],
        (left_out, waiting): (i64, i64),
        month: impl Fn(WallTime) -> (M, WallTime),
    ) -> (Learnt, Model) {
        let model = Model::learn(past);
        let mut groups: BTreeMap<(String, String), Features> = BTreeMap::new();
        for lead in past {
            let f = &lead.features;
            // Answers are many: their groups are told lead by lead.
            let interactions = if f.answers.is_empty() {
                f.interactions.clone()
            } else {
                String::new()
            };
            groups
                .entry((f.source.clone(), interactions.clone()))
                .or_insert_with(|| Features {
                    interactions,
                    answers: String::new(),
                    ..f.clone()
                });
        }
        let told = groups
            .into_iter()
            .filter_map(|((source, interactions), f)| {
                Some(Group {
                    score: model.score(&f)?,
                    source,
                    interactions,
                })
            });
        let learnt = Learnt {
            past: model.n(),
            accepted: model.hits(),
            left_out,
            waiting,
            strengths: model.strengths().to_vec(),
            back_test: back_test(past, month),
            groups: told.collect(),
        };
        (learnt, model)
    }
}
