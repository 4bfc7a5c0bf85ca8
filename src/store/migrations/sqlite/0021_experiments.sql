-- Experiments with slots: planned by a manager, drawn by the box when they begin, counted once after they end.
CREATE TABLE experiments (
  id TEXT PRIMARY KEY, client_id TEXT NOT NULL REFERENCES clients (id), name TEXT NOT NULL, question TEXT NOT NULL,
  drawn_over TEXT NOT NULL CHECK (drawn_over IN ('people', 'days')), measure TEXT NOT NULL CHECK (measure IN ('connects', 'meetings')),
  connect_ms BIGINT NOT NULL CHECK (connect_ms >= 0), first_day BIGINT NOT NULL, last_day BIGINT NOT NULL, planned_by TEXT NOT NULL REFERENCES people (id), planned_at BIGINT NOT NULL,
  seed TEXT, drawn_at BIGINT, drawn_day BIGINT, counted_at BIGINT, stopped_by TEXT REFERENCES people (id), stopped_at BIGINT, stop_reason TEXT,
  CHECK (last_day >= first_day), CHECK ((seed IS NULL) = (drawn_at IS NULL)), CHECK ((seed IS NULL) = (drawn_day IS NULL)), CHECK (drawn_day >= first_day),
  CHECK (counted_at IS NULL OR seed IS NOT NULL), CHECK (counted_at IS NULL OR stopped_at IS NULL),
  -- In whole days since 1970, whatever the zone: drawn no earlier than a day before the first, counted after the last, stopped no later than a day after it.
  CHECK (drawn_at / 86400000000 >= first_day - 1), CHECK (counted_at / 86400000000 > last_day), CHECK (stopped_at / 86400000000 <= last_day + 1),
  CHECK ((stopped_by IS NULL) = (stopped_at IS NULL)), CHECK ((stopped_by IS NULL) = (stop_reason IS NULL))
);
CREATE INDEX experiments_by_client ON experiments (client_id, first_day);
CREATE TABLE experiment_arms (
  experiment_id TEXT NOT NULL REFERENCES experiments (id), arm BIGINT NOT NULL CHECK (arm BETWEEN 0 AND 3), name TEXT NOT NULL, asks TEXT NOT NULL, PRIMARY KEY (experiment_id, arm)
);
CREATE TABLE experiment_units (
  experiment_id TEXT NOT NULL, unit TEXT NOT NULL, arm BIGINT NOT NULL, PRIMARY KEY (experiment_id, unit), FOREIGN KEY (experiment_id, arm) REFERENCES experiment_arms (experiment_id, arm)
);
CREATE TABLE experiment_counts (
  experiment_id TEXT NOT NULL, unit TEXT NOT NULL, people BIGINT NOT NULL CHECK (people >= 1), calls BIGINT NOT NULL CHECK (calls >= 1), connects BIGINT NOT NULL, meetings BIGINT NOT NULL,
  PRIMARY KEY (experiment_id, unit), FOREIGN KEY (experiment_id, unit) REFERENCES experiment_units (experiment_id, unit),
  CHECK (connects BETWEEN 0 AND calls), CHECK (meetings BETWEEN 0 AND calls)
);
CREATE TRIGGER experiments_stay BEFORE DELETE ON experiments BEGIN
  SELECT RAISE(ABORT, 'an experiment is stopped, and never deleted'); END;
CREATE TRIGGER experiments_change_no_more BEFORE UPDATE ON experiments
  WHEN OLD.stopped_at IS NOT NULL OR OLD.counted_at IS NOT NULL OR NEW.id <> OLD.id OR NEW.client_id <> OLD.client_id OR NEW.name <> OLD.name OR NEW.question <> OLD.question OR NEW.drawn_over <> OLD.drawn_over OR NEW.measure <> OLD.measure OR NEW.connect_ms <> OLD.connect_ms OR NEW.first_day <> OLD.first_day OR NEW.last_day <> OLD.last_day OR NEW.planned_by <> OLD.planned_by OR NEW.planned_at <> OLD.planned_at OR (OLD.seed IS NOT NULL AND (NEW.seed IS NULL OR NEW.seed <> OLD.seed OR NEW.drawn_at <> OLD.drawn_at OR NEW.drawn_day <> OLD.drawn_day)) OR (OLD.seed IS NULL AND NEW.counted_at IS NOT NULL) BEGIN
  SELECT RAISE(ABORT, 'an experiment is planned once; it is drawn, and counted or stopped, and nothing else of it changes'); END;
CREATE TRIGGER experiments_one_at_a_time BEFORE INSERT ON experiments
  WHEN EXISTS (SELECT 1 FROM experiments t WHERE t.client_id = NEW.client_id AND t.stopped_at IS NULL AND t.first_day <= NEW.last_day AND t.last_day >= NEW.first_day) BEGIN
  SELECT RAISE(ABORT, 'a client has one experiment at a time'); END;
CREATE TRIGGER experiments_begin_undrawn BEFORE INSERT ON experiments
  WHEN NEW.seed IS NOT NULL OR NEW.counted_at IS NOT NULL OR NEW.stopped_at IS NOT NULL BEGIN
  SELECT RAISE(ABORT, 'an experiment is drawn when it begins'); END;
CREATE TRIGGER experiment_arms_stay BEFORE DELETE ON experiment_arms BEGIN
  SELECT RAISE(ABORT, 'the arms of an experiment stay as they were planned'); END;
CREATE TRIGGER experiment_arms_change_no_more BEFORE UPDATE ON experiment_arms BEGIN
  SELECT RAISE(ABORT, 'the arms of an experiment stay as they were planned'); END;
CREATE TRIGGER experiment_arms_come_before_the_draw BEFORE INSERT ON experiment_arms
  WHEN EXISTS (SELECT 1 FROM experiments t WHERE t.id = NEW.experiment_id AND (t.seed IS NOT NULL OR t.stopped_at IS NOT NULL)) BEGIN
  SELECT RAISE(ABORT, 'the arms of an experiment stay as they were planned'); END;
CREATE TRIGGER experiment_units_stay BEFORE DELETE ON experiment_units BEGIN
  SELECT RAISE(ABORT, 'what was drawn stays drawn'); END;
CREATE TRIGGER experiment_units_change_no_more BEFORE UPDATE ON experiment_units BEGIN
  SELECT RAISE(ABORT, 'what was drawn stays drawn'); END;
CREATE TRIGGER experiment_units_are_drawn_once BEFORE INSERT ON experiment_units
  WHEN EXISTS (SELECT 1 FROM experiments t WHERE t.id = NEW.experiment_id AND (t.seed IS NOT NULL OR t.stopped_at IS NOT NULL)) BEGIN
  SELECT RAISE(ABORT, 'what was drawn stays drawn'); END;
CREATE TRIGGER experiment_counts_stay BEFORE DELETE ON experiment_counts BEGIN
  SELECT RAISE(ABORT, 'an experiment is counted once'); END;
CREATE TRIGGER experiment_counts_change_no_more BEFORE UPDATE ON experiment_counts BEGIN
  SELECT RAISE(ABORT, 'an experiment is counted once'); END;
CREATE TRIGGER experiment_counts_are_made_once BEFORE INSERT ON experiment_counts
  WHEN EXISTS (SELECT 1 FROM experiments t WHERE t.id = NEW.experiment_id AND (t.seed IS NULL OR t.counted_at IS NOT NULL OR t.stopped_at IS NOT NULL)) BEGIN
  SELECT RAISE(ABORT, 'an experiment is counted once'); END;
