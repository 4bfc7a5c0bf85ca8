-- Work lists that are ordered by the score cut days where the house does: `east_us` is how far its clocks are ahead of UTC then.
ALTER TABLE lead_work ADD COLUMN east_us BIGINT NOT NULL DEFAULT 0 CHECK (east_us BETWEEN -93600000000 AND 93600000000);
ALTER TABLE lead_scores ADD COLUMN east_us BIGINT NOT NULL DEFAULT 0 CHECK (east_us BETWEEN -93600000000 AND 93600000000);
DROP INDEX lead_work_ordered;
CREATE INDEX lead_work_ordered ON lead_work (client_id, (CASE WHEN next_at IS NOT NULL THEN next_at WHEN worth IS NOT NULL THEN ((CASE WHEN first_contact_at IS NULL THEN due_at ELSE last_contact_at + 604800000000 END) + east_us) / 86400000000 * 86400000000 - east_us + (1000000 - worth) * 86399 WHEN first_contact_at IS NULL THEN due_at ELSE last_contact_at + 604800000000 END), lead_id) WHERE is_open = 1;
-- Answers that are kept are removed by their age.
CREATE INDEX idempotency_by_age ON idempotency (created_at);
-- A score is learnt anew where the definition of what it learns from has changed.
UPDATE score_models SET made_at = 0;
