-- The phone system's own account of its calls.
CREATE TABLE cdrs (
  id TEXT PRIMARY KEY, call_id TEXT, caller TEXT NOT NULL, callee TEXT NOT NULL, started_at BIGINT NOT NULL, answered_at BIGINT, ended_at BIGINT, imported_at BIGINT NOT NULL
);
CREATE INDEX cdrs_by_start ON cdrs (started_at);
