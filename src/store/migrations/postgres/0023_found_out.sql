-- What somebody found out about a difference between our account of the calls and the phone system's.
CREATE TABLE coverage_notes (
  id TEXT PRIMARY KEY, call_id TEXT REFERENCES calls (id), cdr_id TEXT REFERENCES cdrs (id), person_id TEXT NOT NULL REFERENCES people (id),
  text TEXT NOT NULL CHECK (length(text) BETWEEN 1 AND 2000), at BIGINT NOT NULL, CHECK (call_id IS NOT NULL OR cdr_id IS NOT NULL)
);
CREATE INDEX coverage_notes_by_call ON coverage_notes (call_id, at) WHERE call_id IS NOT NULL;
CREATE INDEX coverage_notes_by_cdr ON coverage_notes (cdr_id, at) WHERE cdr_id IS NOT NULL;
CREATE FUNCTION coverage_notes_stay() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  RAISE EXCEPTION 'what was found out stays as it was written'; END $$;
CREATE TRIGGER coverage_notes_stay BEFORE DELETE ON coverage_notes FOR EACH ROW EXECUTE FUNCTION coverage_notes_stay();
CREATE FUNCTION coverage_notes_change_no_more() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  RAISE EXCEPTION 'what was found out stays as it was written'; END $$;
CREATE TRIGGER coverage_notes_change_no_more BEFORE UPDATE ON coverage_notes FOR EACH ROW EXECUTE FUNCTION coverage_notes_change_no_more();

-- When sales first opened the card of a lead that was handed over.
ALTER TABLE handovers ADD COLUMN opened_at BIGINT;
CREATE TRIGGER handover_opening_stays BEFORE UPDATE OF opened_at ON handovers FOR EACH ROW
  WHEN (OLD.opened_at IS NOT NULL OR OLD.handed_at IS NULL OR NEW.opened_at < OLD.handed_at) EXECUTE FUNCTION refuse('a card is first opened once, after it was handed over');
