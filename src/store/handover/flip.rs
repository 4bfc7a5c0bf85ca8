//! Whatever sales says, turned into its opposite: what is coupled to it moves (PRODUCT I2).

use crate::store::{Result, Tx, run};

/// A table of what sales says.
#[derive(Debug, Clone, Copy)]
pub struct Said {
    pub table: &'static str,
    /// As `assay prove` counts it.
    pub what: &'static str,
    /// Its rows turned into their opposite, where they may be edited.
    pub opposite: &'static str,
}

/// All of them: a new path from sales is entered here, and in `tests/planted_coupling.sh`.
pub const SAID: [Said; 6] = [
    Said {
        table: "sales_answers",
        what: "answers of sales",
        opposite: "answer = CASE WHEN answer = 'reject' THEN 'now' ELSE 'reject' END, criterion = \
            CASE WHEN answer = 'reject' THEN NULL ELSE 'need' END, reason = CASE WHEN answer = \
            'reject' THEN NULL ELSE 'criterion' END",
    },
    Said {
        table: "handover_ratings",
        what: "ratings",
        opposite: "enough = 1 - enough",
    },
    Said {
        table: "readiness",
        what: "words on readiness",
        opposite: "level = CASE WHEN level IN ('not_ready', 'exploring') THEN 'ready' ELSE \
            'not_ready' END",
    },
    Said {
        table: "promises",
        what: "promises to buyers",
        opposite: "withdrawn_at = CASE WHEN withdrawn_at IS NULL THEN at ELSE NULL END",
    },
    Said {
        table: "crm_outcomes",
        what: "outcomes of a CRM",
        opposite: "outcome = CASE WHEN outcome = 'lost' THEN 'won' ELSE 'lost' END",
    },
    // Made of the answers, and kept.
    Said {
        table: "lead_scores",
        what: "scores of leads",
        opposite: "share = 1000000 - share",
    },
];

/// Says the opposite of the newest of each, at most `limit`, in a transaction that is never
/// committed: what is coupled to them within the database moves now.
///
/// # Errors
/// When the database fails.
pub async fn flip(tx: &mut Tx, limit: i64) -> Result<()> {
    run!(
        tx,
        "INSERT INTO sales_answers (id, claim_id, person_id, token_id, answer, criterion, note, \
         at, reason, replaces) SELECT 'flip-' || s.id, s.claim_id, s.person_id, s.token_id, CASE \
         WHEN s.answer = 'reject' THEN 'now' ELSE 'reject' END, CASE WHEN s.answer = 'reject' \
         THEN NULL ELSE 'need' END, 'flipped', s.at, CASE WHEN s.answer = 'reject' THEN NULL ELSE \
         'criterion' END, s.id FROM sales_answers s WHERE NOT EXISTS (SELECT 1 FROM sales_answers \
         r WHERE r.replaces = s.id) ORDER BY s.at DESC, s.id LIMIT $1",
        limit
    )?;
    run!(
        tx,
        "UPDATE handovers SET answer_id = 'flip-' || answer_id WHERE EXISTS (SELECT 1 FROM \
         sales_answers f WHERE f.id = 'flip-' || handovers.answer_id)"
    )?;
    run!(
        tx,
        "INSERT INTO handover_ratings (id, claim_id, person_id, enough, why, at) SELECT 'flip-' \
         || id, claim_id, person_id, 1 - enough, 'flipped', at FROM handover_ratings ORDER BY at \
         DESC, id LIMIT $1",
        limit
    )?;
    run!(
        tx,
        "INSERT INTO readiness (id, claim_id, person_id, level, note, at) SELECT 'flip-' || id, \
         claim_id, person_id, CASE WHEN level IN ('not_ready', 'exploring') THEN 'ready' ELSE \
         'not_ready' END, 'flipped', at FROM readiness ORDER BY at DESC, id LIMIT $1",
        limit
    )?;
    run!(
        tx,
        "INSERT INTO promises (id, claim_id, lead_id, kind, words, from_at, until_at, made_by, at) \
         SELECT 'flip-' || id, claim_id, lead_id, kind, 'flipped', from_at, until_at, made_by, at \
         FROM promises ORDER BY at DESC, id LIMIT $1",
        limit
    )?;
    run!(
        tx,
        "UPDATE promises SET withdrawn_at = at, withdrawn_by = made_by WHERE withdrawn_at IS NULL \
         AND id IN (SELECT p.id FROM promises p ORDER BY p.at DESC, p.id LIMIT $1)",
        limit
    )?;
    run!(
        tx,
        "UPDATE lead_scores SET share = 1000000 - share WHERE claim_id IN (SELECT z.claim_id FROM \
         lead_scores z ORDER BY z.made_at DESC, z.claim_id LIMIT $1)",
        limit
    )?;
    run!(
        tx,
        "INSERT INTO crm_outcomes (id, token_id, event, lead_id, outcome, happened_at, note, at) \
         SELECT 'flip-' || id, token_id, event, lead_id, CASE WHEN outcome = 'lost' THEN 'won' \
         ELSE 'lost' END, happened_at, 'flipped', at FROM crm_outcomes ORDER BY at DESC, id LIMIT \
         $1",
        limit
    )?;
    Ok(())
}
