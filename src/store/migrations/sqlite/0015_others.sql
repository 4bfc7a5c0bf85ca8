-- What others say of this box's checkpoints (time stamps, cosignatures), and what this box has cosigned as a witness of other logs.
CREATE TABLE stamps (
  size BIGINT PRIMARY KEY REFERENCES checkpoints (size), authority TEXT NOT NULL, answer TEXT NOT NULL, stamped_at BIGINT NOT NULL, at BIGINT NOT NULL
);
CREATE TABLE cosignatures (
  size BIGINT NOT NULL REFERENCES checkpoints (size), witness TEXT NOT NULL, line TEXT NOT NULL, cosigned_at BIGINT NOT NULL, at BIGINT NOT NULL,
  PRIMARY KEY (size, witness)
);
CREATE TABLE witnessed (
  origin TEXT PRIMARY KEY, size BIGINT NOT NULL CHECK (size >= 0), root TEXT NOT NULL CHECK (length(root) = 64), note TEXT NOT NULL, at BIGINT NOT NULL
);
CREATE TABLE witness_refusals (
  origin TEXT PRIMARY KEY, note TEXT NOT NULL, why TEXT NOT NULL, at BIGINT NOT NULL
);
CREATE TRIGGER stamp_keeps BEFORE UPDATE ON stamps BEGIN SELECT RAISE(ABORT, 'a time stamp is never edited'); END;
CREATE TRIGGER stamp_stays BEFORE DELETE ON stamps BEGIN SELECT RAISE(ABORT, 'time stamps are never deleted'); END;
CREATE TRIGGER cosignature_keeps BEFORE UPDATE ON cosignatures BEGIN SELECT RAISE(ABORT, 'a cosignature is never edited'); END;
CREATE TRIGGER cosignature_stays BEFORE DELETE ON cosignatures BEGIN SELECT RAISE(ABORT, 'cosignatures are never deleted'); END;
CREATE TRIGGER cosigned_stays BEFORE DELETE ON checkpoints WHEN EXISTS (SELECT 1 FROM cosignatures c WHERE c.size = OLD.size) BEGIN SELECT RAISE(ABORT, 'a checkpoint that was cosigned is never deleted'); END;
CREATE TRIGGER witnessed_grows BEFORE UPDATE ON witnessed WHEN NEW.origin <> OLD.origin OR NEW.size < OLD.size OR (NEW.size = OLD.size AND NEW.root <> OLD.root) BEGIN SELECT RAISE(ABORT, 'a witness cosigns no smaller tree, and no other of the same size'); END;
CREATE TRIGGER witnessed_stays BEFORE DELETE ON witnessed BEGIN SELECT RAISE(ABORT, 'what a witness has cosigned is never forgotten'); END;
CREATE TRIGGER witness_refusal_keeps BEFORE UPDATE ON witness_refusals BEGIN SELECT RAISE(ABORT, 'what a witness refused is never edited'); END;
CREATE TRIGGER witness_refusal_stays BEFORE DELETE ON witness_refusals BEGIN SELECT RAISE(ABORT, 'what a witness refused is never deleted'); END;
