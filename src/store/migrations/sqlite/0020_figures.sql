-- What reports count of calls, and what of it is told where nobody is to be singled out.
CREATE TABLE figures_due (call_id TEXT PRIMARY KEY);
CREATE TABLE figures_zone (one BIGINT PRIMARY KEY CHECK (one = 1), zone TEXT NOT NULL);
CREATE TABLE call_figures (
  call_id TEXT PRIMARY KEY REFERENCES calls (id), client_id TEXT NOT NULL REFERENCES clients (id), person_id TEXT NOT NULL REFERENCES people (id),
  campaign_id TEXT REFERENCES campaigns (id), shown TEXT NOT NULL, day BIGINT NOT NULL, minute BIGINT NOT NULL CHECK (minute BETWEEN 0 AND 1439),
  answered BIGINT NOT NULL CHECK (answered IN (0, 1)), speech_ms BIGINT NOT NULL CHECK (speech_ms >= 0), replies BIGINT NOT NULL CHECK (replies >= 0),
  nobody BIGINT NOT NULL CHECK (nobody IN (0, 1)), meeting BIGINT NOT NULL CHECK (meeting IN (0, 1)), prospect BIGINT
);
CREATE INDEX call_figures_by_day ON call_figures (client_id, day, minute, answered, speech_ms, replies, nobody, meeting, prospect, person_id, shown, campaign_id);
CREATE TRIGGER call_is_to_be_counted AFTER INSERT ON calls BEGIN
  INSERT INTO figures_due (call_id) VALUES (NEW.id) ON CONFLICT (call_id) DO NOTHING; END;
CREATE TRIGGER call_is_to_be_counted_again AFTER UPDATE OF disposition, lead_id, person_id, client_id ON calls BEGIN
  INSERT INTO figures_due (call_id) VALUES (NEW.id) ON CONFLICT (call_id) DO NOTHING; END;
CREATE TRIGGER lane_is_to_be_counted AFTER INSERT ON lanes BEGIN
  INSERT INTO figures_due (call_id) VALUES (NEW.call_id) ON CONFLICT (call_id) DO NOTHING; END;
INSERT INTO figures_due (call_id) SELECT id FROM calls;

CREATE TABLE aggregate_modes (
  id TEXT PRIMARY KEY, client_id TEXT NOT NULL REFERENCES clients (id), since BIGINT NOT NULL, put_by TEXT NOT NULL REFERENCES people (id),
  lift_asked_by TEXT REFERENCES people (id), lift_asked_at BIGINT, lifted_by TEXT REFERENCES people (id), lifted_at BIGINT,
  CHECK ((lift_asked_by IS NULL) = (lift_asked_at IS NULL)), CHECK ((lifted_by IS NULL) = (lifted_at IS NULL)),
  CHECK (lifted_by IS NULL OR (lift_asked_by IS NOT NULL AND lifted_by <> lift_asked_by))
);
CREATE UNIQUE INDEX aggregate_modes_in_force ON aggregate_modes (client_id) WHERE lifted_at IS NULL;
CREATE TRIGGER aggregate_modes_stay BEFORE DELETE ON aggregate_modes BEGIN SELECT RAISE(ABORT, 'a promise to count nobody apart is lifted, and never deleted'); END;
CREATE TRIGGER aggregate_modes_change_no_more BEFORE UPDATE ON aggregate_modes
  WHEN OLD.lifted_at IS NOT NULL OR NEW.id <> OLD.id OR NEW.client_id <> OLD.client_id OR NEW.since <> OLD.since OR NEW.put_by <> OLD.put_by BEGIN
  SELECT RAISE(ABORT, 'a promise to count nobody apart is lifted by two people, and changes in nothing else'); END;
CREATE TABLE slot_blocks (
  client_id TEXT NOT NULL REFERENCES clients (id), block BIGINT NOT NULL, made_at BIGINT NOT NULL, PRIMARY KEY (client_id, block)
);
CREATE TABLE slot_counts (
  client_id TEXT NOT NULL, block BIGINT NOT NULL, weekday BIGINT NOT NULL CHECK (weekday BETWEEN 0 AND 6), start BIGINT NOT NULL CHECK (start BETWEEN 0 AND 1439),
  people BIGINT NOT NULL CHECK (people >= 5), calls BIGINT NOT NULL, connects BIGINT NOT NULL, meetings BIGINT NOT NULL,
  PRIMARY KEY (client_id, block, weekday, start), FOREIGN KEY (client_id, block) REFERENCES slot_blocks (client_id, block)
);
CREATE TRIGGER slot_blocks_stay BEFORE DELETE ON slot_blocks BEGIN SELECT RAISE(ABORT, 'what was counted of four weeks stays as it was told'); END;
CREATE TRIGGER slot_blocks_change_no_more BEFORE UPDATE ON slot_blocks BEGIN SELECT RAISE(ABORT, 'what was counted of four weeks stays as it was told'); END;
CREATE TRIGGER slot_counts_stay BEFORE DELETE ON slot_counts BEGIN SELECT RAISE(ABORT, 'what was counted of four weeks stays as it was told'); END;
CREATE TRIGGER slot_counts_change_no_more BEFORE UPDATE ON slot_counts BEGIN SELECT RAISE(ABORT, 'what was counted of four weeks stays as it was told'); END;
