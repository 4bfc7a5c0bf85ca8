-- What one manager alleges does not stand for ever: who said it takes it back, or another without an interest dismisses it.
ALTER TABLE rulings ADD COLUMN dismissed_by TEXT REFERENCES people (id);
ALTER TABLE rulings ADD COLUMN dismissed_at BIGINT CHECK ((dismissed_at IS NULL) = (dismissed_by IS NULL)) CHECK (dismissed_at IS NULL OR (kind = 'fraud' AND confirmed_at IS NULL));
DROP INDEX one_ruling;
CREATE UNIQUE INDEX one_ruling ON rulings (claim_id, kind, COALESCE(same_as, '')) WHERE dismissed_at IS NULL;
DROP TRIGGER ruling_keeps ON rulings;
CREATE TRIGGER ruling_keeps BEFORE UPDATE ON rulings FOR EACH ROW WHEN (OLD.kind <> 'fraud' OR OLD.confirmed_by IS NOT NULL OR OLD.dismissed_by IS NOT NULL OR NEW.claim_id <> OLD.claim_id OR NEW.kind <> OLD.kind OR NEW.ruled_by <> OLD.ruled_by) EXECUTE FUNCTION refuse('a ruling is never edited');
