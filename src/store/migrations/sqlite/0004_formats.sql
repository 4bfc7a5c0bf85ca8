-- FLAC, and G.711 as it was received. SQLite changes a CHECK by making the table anew.
CREATE TABLE recordings_new (
  call_id TEXT PRIMARY KEY REFERENCES calls (id), path TEXT NOT NULL UNIQUE, peaks TEXT NOT NULL, raw TEXT,
  format TEXT NOT NULL CHECK (format IN ('opus', 'wav', 'g711', 'flac')), cipher BIGINT NOT NULL DEFAULT 0, key_id TEXT,
  sample_rate BIGINT NOT NULL CHECK (sample_rate > 0), duration_ms BIGINT NOT NULL CHECK (duration_ms >= 0), starts_at BIGINT NOT NULL,
  sha256 TEXT NOT NULL CHECK (length(sha256) = 64), bytes BIGINT NOT NULL CHECK (bytes >= 0),
  CHECK ((cipher = 0) = (key_id IS NULL))
);
INSERT INTO recordings_new SELECT call_id, path, peaks, raw, format, cipher, key_id, sample_rate, duration_ms, starts_at, sha256, bytes FROM recordings;
DROP TABLE recordings;
ALTER TABLE recordings_new RENAME TO recordings;
