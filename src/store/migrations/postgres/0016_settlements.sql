-- Each time that a claim came to something, or its opener's part (outcome 'opener'): it may earn again when what it earned was taken back.
CREATE TABLE settlements (
  claim_id TEXT NOT NULL REFERENCES claims (id), nth BIGINT NOT NULL CHECK (nth > 0), at BIGINT NOT NULL,
  outcome TEXT NOT NULL CHECK (outcome IN ('failed', 'passed', 'passed_already_paid', 'opener')), PRIMARY KEY (claim_id, nth)
);
CREATE INDEX settlements_by_time ON settlements (at);
INSERT INTO settlements (claim_id, nth, at, outcome) SELECT id, 1, settled_at, outcome FROM claims WHERE settled_at IS NOT NULL AND outcome IS NOT NULL;
INSERT INTO settlements (claim_id, nth, at, outcome) SELECT id, 2, opener_settled_at, 'opener' FROM claims WHERE opener_settled_at IS NOT NULL AND settled_at IS NOT NULL AND outcome IS NOT NULL;
CREATE TRIGGER settlement_keeps BEFORE UPDATE ON settlements FOR EACH ROW EXECUTE FUNCTION refuse('what a claim came to is never edited');
CREATE TRIGGER settlement_stays BEFORE DELETE ON settlements FOR EACH ROW EXECUTE FUNCTION refuse('what a claim came to is never deleted');
