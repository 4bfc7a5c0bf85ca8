-- One word for one thing: second reviews (looks), final verdicts (sealed), entries of the ledger (lines).
DROP TRIGGER look_keeps ON looks;
DROP TRIGGER look_stays ON looks;
DROP TRIGGER verdict_keeps ON verdicts;
DROP INDEX looks_in_queue;
DROP INDEX look_calls_by_call;
ALTER TABLE looks RENAME TO second_reviews;
ALTER TABLE look_calls RENAME TO second_review_calls;
ALTER TABLE second_review_calls RENAME COLUMN look_id TO second_review_id;
ALTER TABLE disputes RENAME COLUMN look_id TO second_review_id;
ALTER TABLE verdicts RENAME COLUMN sealed_at TO final_at;
ALTER TABLE verdicts RENAME COLUMN ledger_line_id TO entry_id;
DO $$
DECLARE c record;
BEGIN
  FOR c IN SELECT conname FROM pg_constraint WHERE conrelid = 'verdicts'::regclass AND contype = 'c' AND pg_get_constraintdef(oid) LIKE '%sealed%' LOOP
    EXECUTE format('ALTER TABLE verdicts DROP CONSTRAINT %I', c.conname);
  END LOOP;
END $$;
UPDATE verdicts SET state = 'final' WHERE state = 'sealed';
ALTER TABLE verdicts ADD CHECK (state IN ('held', 'taken_back', 'final'));
ALTER TABLE verdicts ADD CHECK ((state = 'final') = (final_at IS NOT NULL));
CREATE INDEX second_reviews_in_queue ON second_reviews (state, due_at);
CREATE INDEX second_review_calls_by_call ON second_review_calls (call_id);
CREATE TRIGGER second_review_keeps BEFORE UPDATE ON second_reviews FOR EACH ROW WHEN (OLD.state IN ('decided', 'withdrawn') OR (OLD.answers IS NOT NULL AND NEW.answers <> OLD.answers))
  EXECUTE FUNCTION refuse('what a second review answered is never edited');
CREATE TRIGGER second_review_stays BEFORE DELETE ON second_reviews FOR EACH ROW EXECUTE FUNCTION refuse('second reviews are never deleted');
CREATE TRIGGER verdict_keeps BEFORE UPDATE ON verdicts FOR EACH ROW WHEN (OLD.state <> 'held') EXECUTE FUNCTION refuse('a final verdict is never edited');
