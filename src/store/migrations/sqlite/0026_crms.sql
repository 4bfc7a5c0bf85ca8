-- Writing leads that were handed over into a client's CRM: how it is set up, and what was sent of each lead and came back.
CREATE TABLE crms (
  id TEXT PRIMARY KEY, client_id TEXT NOT NULL REFERENCES clients (id), kind TEXT NOT NULL CHECK (kind IN ('plain', 'espocrm', 'salesforce', 'hubspot')),
  url TEXT NOT NULL CHECK (length(url) BETWEEN 8 AND 2000), secret TEXT NOT NULL CHECK (length(secret) BETWEEN 1 AND 4000),
  from_at BIGINT NOT NULL, set_by TEXT NOT NULL, set_at BIGINT NOT NULL, off_at BIGINT, replaced_at BIGINT,
  failures BIGINT NOT NULL DEFAULT 0 CHECK (failures >= 0), last_error TEXT, next_attempt_at BIGINT NOT NULL, worked_at BIGINT,
  lease TEXT, lease_until BIGINT, CHECK ((lease IS NULL) = (lease_until IS NULL)), CHECK (failures = 0 OR last_error IS NOT NULL)
);
CREATE UNIQUE INDEX one_crm_of_a_client ON crms (client_id) WHERE replaced_at IS NULL;
CREATE TABLE crm_sends (
  crm_id TEXT NOT NULL REFERENCES crms (id), claim_id TEXT NOT NULL REFERENCES handovers (claim_id), state TEXT NOT NULL CHECK (state IN ('waiting', 'sent', 'given_up')),
  since BIGINT NOT NULL, next_attempt_at BIGINT NOT NULL, attempts BIGINT NOT NULL DEFAULT 0 CHECK (attempts >= 0), tried TEXT, written TEXT, written_at BIGINT, record TEXT,
  last_at BIGINT, last_status BIGINT, last_answer TEXT CHECK (length(last_answer) <= 300), last_error TEXT, PRIMARY KEY (crm_id, claim_id),
  CHECK ((written IS NULL) = (written_at IS NULL)), CHECK (state <> 'sent' OR (written IS NOT NULL AND last_error IS NULL)), CHECK (state <> 'given_up' OR last_error IS NOT NULL)
);
CREATE INDEX crm_sends_waiting ON crm_sends (crm_id, attempts, since) WHERE state = 'waiting';
CREATE INDEX crm_sends_given_up ON crm_sends (crm_id) WHERE state = 'given_up';
CREATE INDEX handovers_handed ON handovers (client_id, handed_at, claim_id) WHERE handed_at IS NOT NULL;
