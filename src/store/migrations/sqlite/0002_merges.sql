-- Two rows that were one lead, and back again.
CREATE TABLE lead_merges (
  id TEXT PRIMARY KEY, lead_id TEXT NOT NULL REFERENCES leads (id), into_id TEXT NOT NULL REFERENCES leads (id), merged_at BIGINT NOT NULL, split_at BIGINT,
  CHECK (lead_id <> into_id), CHECK (split_at IS NULL OR split_at >= merged_at)
);
CREATE UNIQUE INDEX one_merge ON lead_merges (lead_id) WHERE split_at IS NULL;
CREATE TABLE lead_merge_calls (
  merge_id TEXT NOT NULL REFERENCES lead_merges (id), call_id TEXT NOT NULL REFERENCES calls (id), PRIMARY KEY (merge_id, call_id)
);
