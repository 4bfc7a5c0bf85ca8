-- Checklists belong to a client; a claim keeps the versions of the moment it was made, can be withdrawn or sent back, and
-- waits for its turn behind earlier claims; disputes have several rows; what the box served of a sound; drafts have revisions.
ALTER TABLE checklists ADD COLUMN client_id TEXT REFERENCES clients (id);
ALTER TABLE checklists DROP CONSTRAINT checklists_name_key;
ALTER TABLE checklists ADD UNIQUE (client_id, name);
UPDATE checklists SET client_id = COALESCE((SELECT MIN(c.client_id) FROM campaigns c WHERE c.checklist_id = checklists.id),
  (SELECT MIN(p.client_id) FROM person_clients p WHERE p.person_id = checklists.created_by));
-- A checklist that campaigns of several clients shared is copied for each but the first, with its signed versions.
INSERT INTO checklists (id, name, created_by, client_id) SELECT DISTINCT h.id || '-' || c.client_id, h.name, h.created_by, c.client_id
  FROM checklists h JOIN campaigns c ON c.checklist_id = h.id WHERE c.client_id <> h.client_id;
INSERT INTO checklist_versions (id, checklist_id, version, body, sha256, signed_by_marketing, signed_by_sales, in_force_from, review_on, marketing_signed_at, sales_signed_at)
  SELECT v.id || '-' || n.client_id, n.id, v.version, v.body, v.sha256, v.signed_by_marketing, v.signed_by_sales, v.in_force_from, v.review_on, v.marketing_signed_at, v.sales_signed_at
  FROM checklist_versions v JOIN checklists n ON n.id = v.checklist_id || '-' || n.client_id WHERE v.in_force_from IS NOT NULL;
UPDATE campaigns SET checklist_id = checklist_id || '-' || client_id WHERE EXISTS (SELECT 1 FROM checklists n WHERE n.id = campaigns.checklist_id || '-' || campaigns.client_id);
CREATE FUNCTION own_checklist() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF (SELECT client_id FROM checklists WHERE id = NEW.checklist_id) IS DISTINCT FROM NEW.client_id THEN
    RAISE EXCEPTION 'a campaign is judged by a checklist of its own client';
  END IF; RETURN NEW; END $$;
CREATE TRIGGER campaign_checklist BEFORE INSERT ON campaigns FOR EACH ROW EXECUTE FUNCTION own_checklist();

DROP INDEX one_undecided_claim;
DO $$
DECLARE c record;
BEGIN
  FOR c IN SELECT conname FROM pg_constraint WHERE conrelid = 'claims'::regclass AND contype = 'c'
      AND (pg_get_constraintdef(oid) LIKE '%''held''%''decided''%' OR pg_get_constraintdef(oid) LIKE '%passed_already_paid%') AND pg_get_constraintdef(oid) NOT LIKE '%locked_by%' LOOP
    EXECUTE format('ALTER TABLE claims DROP CONSTRAINT %I', c.conname);
  END LOOP;
END $$;
ALTER TABLE claims ADD CHECK (state IN ('open', 'in_review', 'held', 'decided', 'withdrawn', 'sent_back'));
ALTER TABLE claims ADD CHECK (outcome IN ('passed', 'failed', 'passed_already_paid', 'passed_waiting'));
CREATE UNIQUE INDEX one_undecided_claim ON claims (lead_id, campaign_id, person_id) WHERE state IN ('open', 'in_review', 'held');
ALTER TABLE claims ADD COLUMN checklist_version_id TEXT REFERENCES checklist_versions (id);
ALTER TABLE claims ADD COLUMN plan_id TEXT REFERENCES plans (id);
ALTER TABLE claims ADD COLUMN first_reason TEXT;
ALTER TABLE claims ADD COLUMN first_at BIGINT;
ALTER TABLE claims ADD COLUMN sent_back_note TEXT;
ALTER TABLE claims ADD COLUMN waits_until BIGINT;
ALTER TABLE claims ADD COLUMN settled_at BIGINT;
ALTER TABLE claims ADD COLUMN place BIGINT NOT NULL DEFAULT 0;
UPDATE claims SET place = number;
CREATE INDEX claims_by_lead ON claims (lead_id, created_at);
CREATE INDEX claims_waiting ON claims (waits_until) WHERE outcome = 'passed_waiting';
UPDATE claims SET checklist_version_id = COALESCE(
  (SELECT v.checklist_version_id FROM verdicts v WHERE v.claim_id = claims.id AND v.state <> 'taken_back'),
  (SELECT v.id FROM checklist_versions v JOIN campaigns k ON k.checklist_id = v.checklist_id WHERE k.id = claims.campaign_id AND v.in_force_from <= claims.created_at ORDER BY v.version DESC LIMIT 1),
  (SELECT v.id FROM checklist_versions v JOIN campaigns k ON k.checklist_id = v.checklist_id WHERE k.id = claims.campaign_id AND v.in_force_from IS NOT NULL ORDER BY v.version LIMIT 1));
UPDATE claims SET plan_id = COALESCE((SELECT g.plan_id FROM ledger g WHERE g.claim_id = claims.id AND g.campaign_id = claims.campaign_id AND g.lead_id = claims.lead_id AND g.kind = 'accrual'),
  (SELECT p.id FROM plans p WHERE p.campaign_id = claims.campaign_id AND p.from_at <= claims.created_at ORDER BY p.from_at DESC, p.version DESC LIMIT 1)),
  settled_at = CASE WHEN state = 'decided' THEN COALESCE((SELECT g.earned_at FROM ledger g WHERE g.claim_id = claims.id AND g.campaign_id = claims.campaign_id AND g.lead_id = claims.lead_id AND g.kind = 'accrual'), decided_at) END;
CREATE TRIGGER claim_begins BEFORE INSERT ON claims FOR EACH ROW WHEN (NEW.checklist_version_id IS NULL) EXECUTE FUNCTION refuse('a claim is made under a checklist version');
CREATE TRIGGER claim_keeps BEFORE UPDATE ON claims FOR EACH ROW WHEN ((OLD.checklist_version_id IS NOT NULL AND NEW.checklist_version_id IS DISTINCT FROM OLD.checklist_version_id) OR (OLD.plan_id IS NOT NULL AND NEW.plan_id IS DISTINCT FROM OLD.plan_id)
    OR NEW.person_id <> OLD.person_id OR NEW.lead_id <> OLD.lead_id OR NEW.campaign_id <> OLD.campaign_id OR NEW.created_at <> OLD.created_at OR NEW.place <> OLD.place) EXECUTE FUNCTION refuse('a claim keeps the versions that it was made under, its lead and its claimant');
CREATE TRIGGER claim_over BEFORE UPDATE ON claims FOR EACH ROW WHEN (OLD.state IN ('withdrawn', 'sent_back')) EXECUTE FUNCTION refuse('this claim is over');
CREATE TRIGGER claim_stays BEFORE DELETE ON claims FOR EACH ROW EXECUTE FUNCTION refuse('claims are never deleted');
CREATE FUNCTION own_version() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF NEW.checklist_version_id IS DISTINCT FROM (SELECT checklist_version_id FROM claims WHERE id = NEW.claim_id) THEN
    RAISE EXCEPTION 'a verdict answers the checklist version of its claim';
  END IF; RETURN NEW; END $$;
CREATE TRIGGER verdict_begins BEFORE INSERT ON verdicts FOR EACH ROW EXECUTE FUNCTION own_version();

CREATE TABLE dispute_rows (
  dispute_id TEXT NOT NULL REFERENCES disputes (id), criterion TEXT NOT NULL, clip TEXT NOT NULL, reason TEXT NOT NULL, PRIMARY KEY (dispute_id, criterion)
);
INSERT INTO dispute_rows SELECT id, criterion, clip, reason FROM disputes;
ALTER TABLE disputes DROP COLUMN criterion;
ALTER TABLE disputes DROP COLUMN clip;
ALTER TABLE disputes DROP COLUMN reason;
CREATE TRIGGER dispute_row_keeps BEFORE UPDATE ON dispute_rows FOR EACH ROW EXECUTE FUNCTION refuse('what was disputed is never edited');
CREATE TRIGGER dispute_row_stays BEFORE DELETE ON dispute_rows FOR EACH ROW EXECUTE FUNCTION refuse('what was disputed is never deleted');
CREATE INDEX disputes_by_claim ON disputes (claim_id);
CREATE INDEX disputes_by_second_review ON disputes (second_review_id);

DROP TRIGGER ledger_keeps ON ledger;
ALTER TABLE ledger ADD COLUMN second_review_id TEXT REFERENCES second_reviews (id);
UPDATE ledger SET second_review_id = (SELECT d.second_review_id FROM disputes d WHERE d.verdict_id = ledger.verdict_id AND d.state = 'changed') WHERE kind = 'accrual';
CREATE TRIGGER ledger_keeps BEFORE UPDATE ON ledger FOR EACH ROW EXECUTE FUNCTION refuse('ledger lines are never edited: add a correction');
CREATE INDEX ledger_by_verdict ON ledger (verdict_id);
CREATE INDEX verdicts_by_reviewer ON verdicts (reviewer_id, committed_at);
CREATE INDEX second_reviews_by_verdict ON second_reviews (verdict_id);
CREATE INDEX second_reviews_by_lead ON second_reviews (lead_id);

-- Half seconds that were rounded outward are believed no more: what lies on a desk now is heard again.
DELETE FROM heard;
ALTER TABLE heard RENAME COLUMN halves TO ranges;
CREATE TABLE served (
  person_id TEXT NOT NULL REFERENCES people (id), call_id TEXT NOT NULL REFERENCES calls (id), ranges TEXT NOT NULL, at BIGINT NOT NULL, PRIMARY KEY (person_id, call_id)
);
ALTER TABLE drafts ADD COLUMN revision BIGINT NOT NULL DEFAULT 1 CHECK (revision > 0);
CREATE TABLE claim_drafts (
  person_id TEXT NOT NULL REFERENCES people (id), call_id TEXT NOT NULL REFERENCES calls (id), body TEXT NOT NULL, saved_at BIGINT NOT NULL, PRIMARY KEY (person_id, call_id)
);
CREATE TABLE skips (
  item_id TEXT NOT NULL, reviewer_id TEXT NOT NULL REFERENCES people (id),
  reason TEXT NOT NULL CHECK (reason IN ('interest', 'language', 'no_sound', 'other')), note TEXT NOT NULL, at BIGINT NOT NULL, PRIMARY KEY (item_id, reviewer_id)
);
CREATE INDEX claims_by_campaign ON claims (campaign_id, decided_at);
CREATE INDEX second_reviews_by_reviewer ON second_reviews (reviewer_id, answered_at);
