-- What was heard, drafts, disputes, second looks, calibration, comments and shared clips; who signs checklists.
CREATE TABLE drafts (
  item_id TEXT NOT NULL, reviewer_id TEXT NOT NULL REFERENCES people (id), body TEXT NOT NULL, saved_at BIGINT NOT NULL, PRIMARY KEY (item_id, reviewer_id)
);
CREATE TABLE heard (
  item_id TEXT NOT NULL, reviewer_id TEXT NOT NULL REFERENCES people (id), call_id TEXT NOT NULL REFERENCES calls (id), halves TEXT NOT NULL,
  PRIMARY KEY (item_id, reviewer_id, call_id)
);
CREATE TABLE listening (
  reviewer_id TEXT PRIMARY KEY REFERENCES people (id), used_until BIGINT NOT NULL
);
ALTER TABLE verdicts ADD COLUMN heard TEXT;
ALTER TABLE claims ADD COLUMN taken_at BIGINT;
CREATE TABLE calibrations (
  id TEXT PRIMARY KEY, claim_id TEXT NOT NULL REFERENCES claims (id), created_by TEXT NOT NULL REFERENCES people (id), created_at BIGINT NOT NULL, due_at BIGINT NOT NULL
);
CREATE TABLE looks (
  id TEXT PRIMARY KEY, number BIGINT NOT NULL UNIQUE, reason TEXT NOT NULL CHECK (reason IN ('random', 'dispute', 'sales_rejection', 'calibration', 'unclaimed')),
  lead_id TEXT NOT NULL REFERENCES leads (id), campaign_id TEXT NOT NULL REFERENCES campaigns (id),
  checklist_version_id TEXT NOT NULL REFERENCES checklist_versions (id), claim_id TEXT REFERENCES claims (id), verdict_id TEXT REFERENCES verdicts (id),
  calibration_id TEXT REFERENCES calibrations (id), assigned_to TEXT REFERENCES people (id), criterion TEXT,
  created_at BIGINT NOT NULL, due_at BIGINT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('open', 'in_review', 'answered', 'decided', 'withdrawn')), locked_by TEXT REFERENCES people (id), locked_until BIGINT, taken_at BIGINT,
  reviewer_id TEXT REFERENCES people (id), recordings TEXT, answers TEXT, passed BIGINT CHECK (passed IN (0, 1)), heard TEXT, answered_at BIGINT,
  final_answers TEXT, final_passed BIGINT CHECK (final_passed IN (0, 1)), final_note TEXT, decided_at BIGINT,
  CHECK ((state = 'in_review') = (locked_by IS NOT NULL)), CHECK ((state IN ('answered', 'decided')) = (answers IS NOT NULL)), CHECK ((state = 'decided') = (decided_at IS NOT NULL)),
  CHECK ((reason = 'unclaimed') = (claim_id IS NULL)), CHECK ((reason = 'calibration') = (calibration_id IS NOT NULL))
);
CREATE INDEX looks_in_queue ON looks (state, due_at);
CREATE TABLE look_calls (
  look_id TEXT NOT NULL REFERENCES looks (id), call_id TEXT NOT NULL REFERENCES calls (id), PRIMARY KEY (look_id, call_id)
);
CREATE TABLE disputes (
  id TEXT PRIMARY KEY, verdict_id TEXT NOT NULL UNIQUE REFERENCES verdicts (id), claim_id TEXT NOT NULL REFERENCES claims (id), person_id TEXT NOT NULL REFERENCES people (id),
  look_id TEXT NOT NULL REFERENCES looks (id), criterion TEXT NOT NULL, clip TEXT NOT NULL, reason TEXT NOT NULL, created_at BIGINT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('open', 'stands', 'changed', 'ineligible')), ruled_by TEXT REFERENCES people (id), ruling TEXT CHECK (ruling IN ('duplicate', 'wrong_claimant')),
  decided_at BIGINT, CHECK ((state = 'open') = (decided_at IS NULL)), CHECK ((state = 'ineligible') = (ruling IS NOT NULL))
);
CREATE TABLE comments (
  id TEXT PRIMARY KEY, call_id TEXT NOT NULL REFERENCES calls (id), person_id TEXT NOT NULL REFERENCES people (id), from_ms BIGINT NOT NULL CHECK (from_ms >= 0), to_ms BIGINT NOT NULL,
  tag TEXT CHECK (tag IN ('stall', 'objection', 'bridge', 'coaching')), text TEXT NOT NULL, created_at BIGINT NOT NULL, CHECK (to_ms > from_ms)
);
CREATE INDEX comments_by_call ON comments (call_id, from_ms);
CREATE TABLE shares (
  id TEXT PRIMARY KEY, token_hash TEXT NOT NULL UNIQUE, call_id TEXT NOT NULL REFERENCES calls (id), from_ms BIGINT NOT NULL, to_ms BIGINT NOT NULL,
  created_by TEXT NOT NULL REFERENCES people (id), reason TEXT NOT NULL, created_at BIGINT NOT NULL, expires_at BIGINT NOT NULL, revoked_at BIGINT, opened BIGINT NOT NULL DEFAULT 0,
  CHECK (to_ms > from_ms), CHECK (expires_at > created_at)
);
ALTER TABLE people ADD COLUMN head_of TEXT CHECK (head_of IN ('marketing', 'sales'));
ALTER TABLE checklists ADD COLUMN created_by TEXT REFERENCES people (id);
ALTER TABLE checklist_versions ADD COLUMN marketing_signed_at BIGINT;
ALTER TABLE checklist_versions ADD COLUMN sales_signed_at BIGINT;
CREATE TRIGGER look_keeps BEFORE UPDATE ON looks FOR EACH ROW WHEN (OLD.state IN ('decided', 'withdrawn') OR (OLD.answers IS NOT NULL AND NEW.answers <> OLD.answers)) EXECUTE FUNCTION refuse('what a second look answered is never edited');
CREATE TRIGGER look_stays BEFORE DELETE ON looks FOR EACH ROW EXECUTE FUNCTION refuse('second looks are never deleted');
CREATE TRIGGER dispute_keeps BEFORE UPDATE ON disputes FOR EACH ROW WHEN (OLD.state <> 'open') EXECUTE FUNCTION refuse('a decided dispute is never edited');
CREATE TRIGGER signature_keeps BEFORE UPDATE ON checklist_versions FOR EACH ROW
  WHEN ((OLD.signed_by_marketing IS NOT NULL OR OLD.signed_by_sales IS NOT NULL) AND NEW.body <> OLD.body) EXECUTE FUNCTION refuse('a signed checklist version never changes: make another');
