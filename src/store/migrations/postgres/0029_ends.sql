-- Ends: of a campaign, of a plan, and of the time for which an unread plan keeps a later claim on the same lead waiting.
ALTER TABLE claims ADD COLUMN unread_since BIGINT CHECK (unread_since IS NULL OR COALESCE(outcome, '') = 'passed_waiting');
-- What waits is looked at once more, so that it learns since when.
UPDATE claims SET waits_until = 0 WHERE outcome = 'passed_waiting';
ALTER TABLE campaigns ADD COLUMN closed_by TEXT CHECK (closed_by IS NULL OR closed_at IS NOT NULL);
CREATE TABLE plan_ends (
  plan_id TEXT PRIMARY KEY REFERENCES plans (id), at BIGINT NOT NULL, ended_by TEXT NOT NULL REFERENCES people (id), ended_at BIGINT NOT NULL, CHECK (at >= ended_at)
);
CREATE TRIGGER plan_end_keeps BEFORE UPDATE ON plan_ends FOR EACH ROW EXECUTE FUNCTION refuse('the end of a plan is never edited');
CREATE TRIGGER plan_end_stays BEFORE DELETE ON plan_ends FOR EACH ROW EXECUTE FUNCTION refuse('the end of a plan is never deleted');
