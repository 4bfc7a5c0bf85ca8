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
CREATE TRIGGER stamp_keeps BEFORE UPDATE ON stamps FOR EACH ROW EXECUTE FUNCTION refuse('a time stamp is never edited');
CREATE TRIGGER stamp_stays BEFORE DELETE ON stamps FOR EACH ROW EXECUTE FUNCTION refuse('time stamps are never deleted');
CREATE TRIGGER cosignature_keeps BEFORE UPDATE ON cosignatures FOR EACH ROW EXECUTE FUNCTION refuse('a cosignature is never edited');
CREATE TRIGGER cosignature_stays BEFORE DELETE ON cosignatures FOR EACH ROW EXECUTE FUNCTION refuse('cosignatures are never deleted');
CREATE FUNCTION cosigned_stays() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF EXISTS (SELECT 1 FROM cosignatures c WHERE c.size = OLD.size) THEN RAISE EXCEPTION 'a checkpoint that was cosigned is never deleted'; END IF; RETURN OLD; END $$;
CREATE TRIGGER cosigned_stays BEFORE DELETE ON checkpoints FOR EACH ROW EXECUTE FUNCTION cosigned_stays();
CREATE TRIGGER witnessed_grows BEFORE UPDATE ON witnessed FOR EACH ROW WHEN (NEW.origin <> OLD.origin OR NEW.size < OLD.size OR (NEW.size = OLD.size AND NEW.root <> OLD.root)) EXECUTE FUNCTION refuse('a witness cosigns no smaller tree, and no other of the same size');
CREATE TRIGGER witnessed_stays BEFORE DELETE ON witnessed FOR EACH ROW EXECUTE FUNCTION refuse('what a witness has cosigned is never forgotten');
CREATE TRIGGER witness_refusal_keeps BEFORE UPDATE ON witness_refusals FOR EACH ROW EXECUTE FUNCTION refuse('what a witness refused is never edited');
CREATE TRIGGER witness_refusal_stays BEFORE DELETE ON witness_refusals FOR EACH ROW EXECUTE FUNCTION refuse('what a witness refused is never deleted');
