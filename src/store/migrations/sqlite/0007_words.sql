-- One word for one thing: second reviews (looks), final verdicts (sealed), entries of the ledger (lines).
DROP TRIGGER look_keeps;
DROP TRIGGER look_stays;
DROP TRIGGER verdict_keeps;
DROP INDEX looks_in_queue;
DROP INDEX look_calls_by_call;
ALTER TABLE looks RENAME TO second_reviews;
ALTER TABLE look_calls RENAME TO second_review_calls;
ALTER TABLE second_review_calls RENAME COLUMN look_id TO second_review_id;
ALTER TABLE disputes RENAME COLUMN look_id TO second_review_id;
ALTER TABLE verdicts RENAME COLUMN sealed_at TO final_at;
ALTER TABLE verdicts RENAME COLUMN ledger_line_id TO entry_id;
-- SQLite has no statement for a changed CHECK; making the table anew would break what points at it.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, '''sealed''', '''final''') WHERE type = 'table' AND name = 'verdicts';
PRAGMA writable_schema = RESET;
UPDATE verdicts SET state = 'final' WHERE state = 'sealed';
CREATE INDEX second_reviews_in_queue ON second_reviews (state, due_at);
CREATE INDEX second_review_calls_by_call ON second_review_calls (call_id);
CREATE TRIGGER second_review_keeps BEFORE UPDATE ON second_reviews WHEN OLD.state IN ('decided', 'withdrawn') OR (OLD.answers IS NOT NULL AND NEW.answers <> OLD.answers)
  BEGIN SELECT RAISE(ABORT, 'what a second review answered is never edited'); END;
CREATE TRIGGER second_review_stays BEFORE DELETE ON second_reviews BEGIN SELECT RAISE(ABORT, 'second reviews are never deleted'); END;
CREATE TRIGGER verdict_keeps BEFORE UPDATE ON verdicts WHEN OLD.state <> 'held' BEGIN SELECT RAISE(ABORT, 'a final verdict is never edited'); END;
