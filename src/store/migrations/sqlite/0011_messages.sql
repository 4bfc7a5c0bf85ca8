-- Outgoing messages: who receives them, the generations of their secrets, and a delivery per message and receiver.
ALTER TABLE outbox ADD COLUMN seq BIGINT;
ALTER TABLE outbox ADD COLUMN client_id TEXT REFERENCES clients (id);
CREATE UNIQUE INDEX outbox_by_seq ON outbox (seq);
CREATE TABLE receivers (
  id TEXT PRIMARY KEY, name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 80), url TEXT NOT NULL CHECK (length(url) BETWEEN 8 AND 2000),
  all_topics BIGINT NOT NULL CHECK (all_topics IN (0, 1)), client_id TEXT REFERENCES clients (id), made_by TEXT NOT NULL, created_at BIGINT NOT NULL,
  paused_at BIGINT, paused_for TEXT CHECK (paused_for IN ('admin', 'gone')), removed_at BIGINT,
  failures BIGINT NOT NULL DEFAULT 0 CHECK (failures >= 0), next_attempt_at BIGINT NOT NULL, worked_at BIGINT,
  lease TEXT, lease_until BIGINT, CHECK ((lease IS NULL) = (lease_until IS NULL)), CHECK ((paused_at IS NULL) = (paused_for IS NULL))
);
CREATE UNIQUE INDEX one_receiver_name ON receivers (name) WHERE removed_at IS NULL;
CREATE TABLE receiver_topics (
  receiver_id TEXT NOT NULL REFERENCES receivers (id), topic TEXT NOT NULL, PRIMARY KEY (receiver_id, topic)
);
CREATE TABLE receiver_secrets (
  receiver_id TEXT NOT NULL REFERENCES receivers (id), generation BIGINT NOT NULL CHECK (generation > 0), fingerprint TEXT NOT NULL CHECK (length(fingerprint) = 16),
  from_at BIGINT NOT NULL, until_at BIGINT, PRIMARY KEY (receiver_id, generation), CHECK (until_at IS NULL OR until_at >= from_at)
);
CREATE UNIQUE INDEX one_newest_secret ON receiver_secrets (receiver_id) WHERE until_at IS NULL;
CREATE TABLE deliveries (
  receiver_id TEXT NOT NULL REFERENCES receivers (id), seq BIGINT NOT NULL, message_id TEXT NOT NULL REFERENCES outbox (id), since BIGINT NOT NULL,
  attempts BIGINT NOT NULL DEFAULT 0 CHECK (attempts >= 0), last_at BIGINT, last_status BIGINT, last_error TEXT, replays BIGINT NOT NULL DEFAULT 0 CHECK (replays >= 0),
  delivered_at BIGINT, dead_at BIGINT, PRIMARY KEY (receiver_id, seq), UNIQUE (receiver_id, message_id), CHECK (delivered_at IS NULL OR dead_at IS NULL)
);
CREATE INDEX deliveries_waiting ON deliveries (receiver_id, seq) WHERE delivered_at IS NULL AND dead_at IS NULL;
CREATE INDEX deliveries_dead ON deliveries (receiver_id, seq) WHERE dead_at IS NOT NULL;
CREATE INDEX deliveries_by_seq ON deliveries (seq);
CREATE TRIGGER message_keeps BEFORE UPDATE ON outbox WHEN NEW.id <> OLD.id OR NEW.topic <> OLD.topic OR NEW.body <> OLD.body OR NEW.created_at <> OLD.created_at OR COALESCE(NEW.seq, 0) <> COALESCE(OLD.seq, 0)
  BEGIN SELECT RAISE(ABORT, 'a message is never edited'); END;
CREATE TRIGGER delivered_keeps BEFORE UPDATE ON deliveries WHEN OLD.delivered_at IS NOT NULL OR NEW.message_id <> OLD.message_id OR NEW.seq <> OLD.seq OR NEW.receiver_id <> OLD.receiver_id
  BEGIN SELECT RAISE(ABORT, 'what was delivered stays so'); END;
CREATE TRIGGER waiting_stays BEFORE DELETE ON deliveries WHEN OLD.delivered_at IS NULL AND OLD.dead_at IS NULL
  BEGIN SELECT RAISE(ABORT, 'a message that waits is never deleted'); END;
