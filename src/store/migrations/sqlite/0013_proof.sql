-- The proof log: what stands for good is queued by triggers, whoever writes it, and becomes a leaf.
CREATE TABLE leaf_queue (
  kind TEXT NOT NULL, subject TEXT NOT NULL, PRIMARY KEY (kind, subject)
);
CREATE TABLE leaves (
  idx BIGINT PRIMARY KEY CHECK (idx >= 0), kind TEXT NOT NULL, subject TEXT NOT NULL, salt TEXT NOT NULL CHECK (length(salt) = 64),
  commitment TEXT NOT NULL CHECK (length(commitment) = 64), at BIGINT NOT NULL, UNIQUE (kind, subject)
);
CREATE TABLE tiles (
  level BIGINT NOT NULL CHECK (level BETWEEN 0 AND 7), idx BIGINT NOT NULL CHECK (idx >= 0), hashes TEXT NOT NULL, PRIMARY KEY (level, idx)
);
CREATE TABLE checkpoints (
  size BIGINT PRIMARY KEY CHECK (size >= 0), root TEXT NOT NULL CHECK (length(root) = 64), note TEXT NOT NULL, at BIGINT NOT NULL, left_at BIGINT
);
INSERT INTO leaf_queue (kind, subject) SELECT 'ledger_entry', T.id FROM ledger T WHERE 1 = 1;
CREATE TRIGGER ledger_entry_stands AFTER INSERT ON ledger
  BEGIN INSERT INTO leaf_queue (kind, subject) VALUES ('ledger_entry', NEW.id) ON CONFLICT (kind, subject) DO NOTHING; END;
INSERT INTO leaf_queue (kind, subject) SELECT 'verdict', T.id FROM verdicts T WHERE T.state = 'final';
CREATE TRIGGER verdict_is_final AFTER UPDATE ON verdicts WHEN NEW.state = 'final' AND OLD.state <> 'final'
  BEGIN INSERT INTO leaf_queue (kind, subject) VALUES ('verdict', NEW.id) ON CONFLICT (kind, subject) DO NOTHING; END;
INSERT INTO leaf_queue (kind, subject) SELECT 'claim', T.id FROM claims T WHERE 1 = 1;
CREATE TRIGGER claim_stands AFTER INSERT ON claims
  BEGIN INSERT INTO leaf_queue (kind, subject) VALUES ('claim', NEW.id) ON CONFLICT (kind, subject) DO NOTHING; END;
INSERT INTO leaf_queue (kind, subject) SELECT 'recording', T.call_id || ':' || T.sha256 FROM recordings T WHERE 1 = 1;
CREATE TRIGGER recording_stands AFTER INSERT ON recordings
  BEGIN INSERT INTO leaf_queue (kind, subject) VALUES ('recording', NEW.call_id || ':' || NEW.sha256) ON CONFLICT (kind, subject) DO NOTHING; END;
INSERT INTO leaf_queue (kind, subject) SELECT 'checklist_version', T.id FROM checklist_versions T WHERE T.in_force_from IS NOT NULL;
CREATE TRIGGER checklist_version_stands AFTER INSERT ON checklist_versions WHEN NEW.in_force_from IS NOT NULL
  BEGIN INSERT INTO leaf_queue (kind, subject) VALUES ('checklist_version', NEW.id) ON CONFLICT (kind, subject) DO NOTHING; END;
CREATE TRIGGER checklist_version_is_final AFTER UPDATE ON checklist_versions WHEN NEW.in_force_from IS NOT NULL AND OLD.in_force_from IS NULL
  BEGIN INSERT INTO leaf_queue (kind, subject) VALUES ('checklist_version', NEW.id) ON CONFLICT (kind, subject) DO NOTHING; END;
INSERT INTO leaf_queue (kind, subject) SELECT 'plan', T.id FROM plans T WHERE 1 = 1;
CREATE TRIGGER plan_stands AFTER INSERT ON plans
  BEGIN INSERT INTO leaf_queue (kind, subject) VALUES ('plan', NEW.id) ON CONFLICT (kind, subject) DO NOTHING; END;
INSERT INTO leaf_queue (kind, subject) SELECT 'plan_ack', T.plan_id || ':' || T.person_id FROM plan_acks T WHERE 1 = 1;
CREATE TRIGGER plan_ack_stands AFTER INSERT ON plan_acks
  BEGIN INSERT INTO leaf_queue (kind, subject) VALUES ('plan_ack', NEW.plan_id || ':' || NEW.person_id) ON CONFLICT (kind, subject) DO NOTHING; END;
INSERT INTO leaf_queue (kind, subject) SELECT 'ruling', T.id FROM rulings T WHERE T.kind <> 'fraud' OR T.confirmed_at IS NOT NULL;
CREATE TRIGGER ruling_stands AFTER INSERT ON rulings WHEN NEW.kind <> 'fraud' OR NEW.confirmed_at IS NOT NULL
  BEGIN INSERT INTO leaf_queue (kind, subject) VALUES ('ruling', NEW.id) ON CONFLICT (kind, subject) DO NOTHING; END;
CREATE TRIGGER ruling_is_final AFTER UPDATE ON rulings WHEN NEW.confirmed_at IS NOT NULL AND OLD.confirmed_at IS NULL
  BEGIN INSERT INTO leaf_queue (kind, subject) VALUES ('ruling', NEW.id) ON CONFLICT (kind, subject) DO NOTHING; END;
INSERT INTO leaf_queue (kind, subject) SELECT 'period_act', T.id FROM period_acts T WHERE T.confirmed_at IS NOT NULL;
CREATE TRIGGER period_act_stands AFTER INSERT ON period_acts WHEN NEW.confirmed_at IS NOT NULL
  BEGIN INSERT INTO leaf_queue (kind, subject) VALUES ('period_act', NEW.id) ON CONFLICT (kind, subject) DO NOTHING; END;
CREATE TRIGGER period_act_is_final AFTER UPDATE ON period_acts WHEN NEW.confirmed_at IS NOT NULL AND OLD.confirmed_at IS NULL
  BEGIN INSERT INTO leaf_queue (kind, subject) VALUES ('period_act', NEW.id) ON CONFLICT (kind, subject) DO NOTHING; END;
INSERT INTO leaf_queue (kind, subject) SELECT 'second_review', T.id FROM second_reviews T WHERE T.state = 'decided';
CREATE TRIGGER second_review_is_final AFTER UPDATE ON second_reviews WHEN NEW.state = 'decided' AND OLD.state <> 'decided'
  BEGIN INSERT INTO leaf_queue (kind, subject) VALUES ('second_review', NEW.id) ON CONFLICT (kind, subject) DO NOTHING; END;
INSERT INTO leaf_queue (kind, subject) SELECT 'log_line', CAST(T.seq AS TEXT) FROM audit T WHERE 1 = 1;
CREATE TRIGGER log_line_stands AFTER INSERT ON audit
  BEGIN INSERT INTO leaf_queue (kind, subject) VALUES ('log_line', CAST(NEW.seq AS TEXT)) ON CONFLICT (kind, subject) DO NOTHING; END;
CREATE TRIGGER leaf_keeps BEFORE UPDATE ON leaves BEGIN SELECT RAISE(ABORT, 'a leaf of the log is never edited'); END;
CREATE TRIGGER leaf_stays BEFORE DELETE ON leaves BEGIN SELECT RAISE(ABORT, 'leaves of the log are never deleted'); END;
CREATE TRIGGER tile_stays BEFORE DELETE ON tiles BEGIN SELECT RAISE(ABORT, 'tiles of the log are never deleted'); END;
CREATE TRIGGER checkpoint_stays BEFORE DELETE ON checkpoints WHEN OLD.left_at IS NOT NULL BEGIN SELECT RAISE(ABORT, 'a checkpoint that has left the box is never deleted'); END;
CREATE TRIGGER checkpoint_keeps BEFORE UPDATE ON checkpoints WHEN OLD.left_at IS NOT NULL OR NEW.size <> OLD.size OR NEW.root <> OLD.root OR NEW.note <> OLD.note BEGIN SELECT RAISE(ABORT, 'a checkpoint is never edited'); END;
CREATE TRIGGER leaf_has_place BEFORE INSERT ON leaves WHEN NEW.idx <> (SELECT COALESCE(MAX(idx), -1) + 1 FROM leaves) BEGIN SELECT RAISE(ABORT, 'leaves follow each other without a gap'); END;
