-- What a claim says is a leaf of the log, each version of it: nobody changes it past the program unseen.
ALTER TABLE claims ADD COLUMN words_version BIGINT NOT NULL DEFAULT 0 CHECK (words_version >= 0);
DROP TRIGGER claim_over ON claims;
UPDATE claims SET words_version = (SELECT COUNT(*) FROM audit l WHERE l.action = 'claim.changed' AND l.subject = 'claim:' || claims.id);
CREATE TRIGGER claim_over BEFORE UPDATE ON claims FOR EACH ROW WHEN (OLD.state IN ('withdrawn', 'sent_back')) EXECUTE FUNCTION refuse('this claim is over');
INSERT INTO leaf_queue (kind, subject) SELECT 'claim_words', T.id || ':' || T.words_version FROM claims T WHERE 1 = 1;
CREATE FUNCTION claim_words_stand() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  INSERT INTO leaf_queue (kind, subject) VALUES ('claim_words', NEW.id || ':' || NEW.words_version) ON CONFLICT (kind, subject) DO NOTHING; RETURN NULL; END $$;
CREATE TRIGGER claim_words_stand AFTER INSERT ON claims FOR EACH ROW EXECUTE FUNCTION claim_words_stand();
CREATE TRIGGER claim_words_change AFTER UPDATE ON claims FOR EACH ROW WHEN (NEW.words_version <> OLD.words_version) EXECUTE FUNCTION claim_words_stand();
CREATE TRIGGER claim_words_keep BEFORE UPDATE ON claims FOR EACH ROW WHEN ((NEW.write_up IS DISTINCT FROM OLD.write_up OR NEW.own_answers IS DISTINCT FROM OLD.own_answers OR NEW.words_version <> OLD.words_version) AND (OLD.state <> 'open' OR NEW.words_version <> OLD.words_version + 1))
  EXECUTE FUNCTION refuse('what a claim says changes while nobody has it, as its next version');
