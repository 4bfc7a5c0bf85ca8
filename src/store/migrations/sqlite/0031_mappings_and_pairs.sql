-- What a client's people changed of its CRM's mapping, and under which version a lead was sent; pairs of leads that are two; names by composed letters.
CREATE TABLE crm_mappings (
  client_id TEXT NOT NULL REFERENCES clients (id), kind TEXT NOT NULL CHECK (kind IN ('plain', 'espocrm', 'salesforce', 'hubspot')),
  version BIGINT NOT NULL CHECK (version >= 1), mapping TEXT NOT NULL, set_by TEXT NOT NULL, set_at BIGINT NOT NULL, PRIMARY KEY (client_id, kind, version)
);
CREATE TRIGGER crm_mapping_keeps BEFORE UPDATE ON crm_mappings BEGIN SELECT RAISE(ABORT, 'a mapping is never edited'); END;
CREATE TRIGGER crm_mapping_stays BEFORE DELETE ON crm_mappings BEGIN SELECT RAISE(ABORT, 'a mapping is never deleted'); END;
ALTER TABLE crm_sends ADD COLUMN tried_version BIGINT NOT NULL DEFAULT 0 CHECK (tried_version >= 0);
ALTER TABLE crm_sends ADD COLUMN written_version BIGINT NOT NULL DEFAULT 0 CHECK (written_version >= 0);
CREATE TABLE leads_apart (
  lead_id TEXT NOT NULL REFERENCES leads (id), other_id TEXT NOT NULL REFERENCES leads (id), said_by TEXT NOT NULL REFERENCES people (id), said_at BIGINT NOT NULL,
  PRIMARY KEY (lead_id, other_id), CHECK (lead_id < other_id)
);
-- Names and words are of composed letters: the program makes those anew that may be of others.
UPDATE lead_work SET is_worded = 0 WHERE lead_id IN (SELECT id FROM leads WHERE company || COALESCE(contact, '') || COALESCE(email, '') || external_id GLOB '*[^ -~]*');
