-- Sessions with where they are from, second factors, browsers that are known, tokens of machines, and who has listened.
ALTER TABLE sessions ADD COLUMN address TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN agent TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN seen_at BIGINT;
ALTER TABLE sessions ADD COLUMN second_factor BIGINT NOT NULL DEFAULT 0 CHECK (second_factor IN (0, 1));
CREATE INDEX sessions_by_person ON sessions (person_id, created_at);
ALTER TABLE people ADD COLUMN totp_nonce TEXT;
ALTER TABLE people ADD COLUMN totp_since BIGINT;
ALTER TABLE people ADD COLUMN totp_step BIGINT;
CREATE TABLE recovery_codes (
  person_id TEXT NOT NULL REFERENCES people (id), code_hash TEXT NOT NULL, used_at BIGINT, PRIMARY KEY (person_id, code_hash)
);
CREATE TABLE known_browsers (
  token_hash TEXT PRIMARY KEY, person_id TEXT NOT NULL REFERENCES people (id), created_at BIGINT NOT NULL
);
CREATE INDEX known_browsers_by_person ON known_browsers (person_id, created_at);
CREATE TABLE api_tokens (
  id TEXT PRIMARY KEY, name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 80), client_id TEXT REFERENCES clients (id),
  scopes TEXT NOT NULL CHECK (scopes <> ''), token_hash TEXT NOT NULL UNIQUE, created_at BIGINT NOT NULL, expires_at BIGINT,
  revoked_at BIGINT, used_at BIGINT, used_from TEXT
);
CREATE TABLE listens (
  actor TEXT NOT NULL, call_id TEXT NOT NULL, way TEXT NOT NULL, session TEXT NOT NULL, address TEXT NOT NULL, quarter BIGINT NOT NULL,
  PRIMARY KEY (actor, call_id, way, session, address, quarter)
);
CREATE INDEX claims_by_settling ON claims (settled_at, id) WHERE settled_at IS NOT NULL;
