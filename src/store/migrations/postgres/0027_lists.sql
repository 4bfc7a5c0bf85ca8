-- What a list changed of leads that were there, so that undoing it gives that back: both as JSON, before and after.
CREATE TABLE import_changes (
  import_id TEXT NOT NULL REFERENCES imports (id), lead_id TEXT NOT NULL REFERENCES leads (id), was TEXT NOT NULL, is_now TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (import_id, lead_id)
);
CREATE INDEX import_changes_by_lead ON import_changes (lead_id);
CREATE INDEX import_changes_by_age ON import_changes (at);
CREATE INDEX lead_merges_by_into ON lead_merges (into_id) WHERE split_at IS NULL;
-- Not "lead_id IS NULL": SQLite would go through every call without a lead, of any client, by the index of leads.
DROP INDEX calls_leadless;
CREATE INDEX calls_leadless ON calls (client_id, started_at, id) WHERE COALESCE(lead_id, '') = '';
