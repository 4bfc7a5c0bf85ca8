-- What leads are worth: how likely sales accepts one, whose origin a lead is, and what a CRM says of its deal.
ALTER TABLE campaigns ADD COLUMN work_order TEXT NOT NULL DEFAULT 'due' CHECK (work_order IN ('due', 'score'));
ALTER TABLE sources ADD COLUMN origin TEXT NOT NULL DEFAULT 'unknown' CHECK (origin IN ('marketing', 'telemarketing', 'sales', 'unknown'));
UPDATE sources SET origin = CASE LOWER(name) WHEN 'website request' THEN 'marketing' WHEN 'webinar' THEN 'marketing' WHEN 'trade show' THEN 'marketing' WHEN 'mailing' THEN 'marketing'
  WHEN 'self-generated' THEN 'telemarketing' WHEN 'referral' THEN 'sales' WHEN 'personal relationship' THEN 'sales' WHEN 'existing customer' THEN 'sales' WHEN 'former customer in a new role' THEN 'sales' ELSE 'unknown' END;
ALTER TABLE lead_work ADD COLUMN origin TEXT NOT NULL DEFAULT 'unknown' CHECK (origin IN ('marketing', 'telemarketing', 'sales', 'unknown'));
ALTER TABLE lead_work ADD COLUMN worth BIGINT CHECK (worth BETWEEN 0 AND 1000000);
UPDATE lead_work SET origin = COALESCE((SELECT s.origin FROM sources s WHERE s.id = lead_work.source_id), 'unknown');
CREATE INDEX lead_work_ordered ON lead_work (client_id, (CASE WHEN next_at IS NOT NULL THEN next_at WHEN worth IS NOT NULL THEN (CASE WHEN first_contact_at IS NULL THEN due_at ELSE last_contact_at + 604800000000 END) / 86400000000 * 86400000000 + (1000000 - worth) * 86399 WHEN first_contact_at IS NULL THEN due_at ELSE last_contact_at + 604800000000 END), lead_id) WHERE is_open = 1;
CREATE INDEX lead_work_worth ON lead_work (client_id, campaign_id) WHERE worth IS NOT NULL;
CREATE INDEX lead_work_contacted ON lead_work (client_id, first_contact_at) WHERE first_contact_at IS NOT NULL;
CREATE TABLE score_models (
  client_id TEXT NOT NULL REFERENCES clients (id), list TEXT NOT NULL CHECK (list IN ('sales', 'telesales')), made_at BIGINT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (client_id, list)
);
CREATE TABLE lead_scores (
  claim_id TEXT PRIMARY KEY REFERENCES handovers (claim_id), client_id TEXT NOT NULL REFERENCES clients (id), share BIGINT NOT NULL CHECK (share BETWEEN 0 AND 1000000), explained TEXT NOT NULL, made_at BIGINT NOT NULL
);
CREATE INDEX lead_scores_by_client ON lead_scores (client_id, claim_id);
ALTER TABLE crm_outcomes ADD COLUMN proof_of_concept BIGINT CHECK (proof_of_concept IN (0, 1));
ALTER TABLE crm_outcomes ADD COLUMN origin TEXT CHECK (origin IN ('marketing', 'telemarketing', 'sales', 'unknown'));
ALTER TABLE crm_outcomes ADD COLUMN entered_at BIGINT;
DROP TRIGGER lead_begins;
CREATE TRIGGER lead_begins AFTER INSERT ON leads BEGIN
  INSERT INTO lead_work (lead_id, client_id, campaign_id, source_id, received_at, due_at, origin)
    VALUES (NEW.id, NEW.client_id, NEW.campaign_id, NEW.source_id, NEW.created_at, NEW.created_at + COALESCE((SELECT contact_within_hours FROM sources WHERE id = NEW.source_id), 168) * 3600000000,
      COALESCE((SELECT origin FROM sources WHERE id = NEW.source_id), 'unknown'));
END;
CREATE TRIGGER origin_keeps BEFORE UPDATE OF origin ON lead_work WHEN NEW.origin <> OLD.origin
  BEGIN SELECT RAISE(ABORT, 'a lead keeps the origin that its source had when it came in'); END;
