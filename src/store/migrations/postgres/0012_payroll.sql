-- Payroll runs: an entry is paid in one run only, by a file whose rows and hash are kept. Questions about money, with a clock.
CREATE TABLE payroll_runs (
  id TEXT PRIMARY KEY, number BIGINT NOT NULL UNIQUE CHECK (number > 0), period TEXT NOT NULL REFERENCES periods (name), payable_by BIGINT NOT NULL,
  format TEXT NOT NULL CHECK (format IN ('csv', 'datev_lodas', 'gusto')), made_by TEXT NOT NULL REFERENCES people (id), made_at BIGINT NOT NULL,
  file TEXT NOT NULL CHECK (file <> ''), sha256 TEXT NOT NULL CHECK (length(sha256) = 64)
);
CREATE INDEX payroll_runs_by_period ON payroll_runs (period, number);
-- Rows, entries and who was left out are written before their run: once it is there, nothing is added to it.
CREATE TABLE payroll_rows (
  run_id TEXT NOT NULL REFERENCES payroll_runs (id) DEFERRABLE INITIALLY DEFERRED, person_id TEXT NOT NULL REFERENCES people (id),
  payee TEXT NOT NULL CHECK (payee <> ''), payroll_number TEXT NOT NULL CHECK (payroll_number <> ''), currency TEXT NOT NULL CHECK (length(currency) = 3),
  exponent BIGINT NOT NULL CHECK (exponent BETWEEN 0 AND 4), amount_minor BIGINT NOT NULL CHECK (amount_minor > 0), PRIMARY KEY (run_id, person_id, currency)
);
CREATE TABLE payroll_run_entries (
  entry_id TEXT PRIMARY KEY REFERENCES ledger (id), run_id TEXT NOT NULL, person_id TEXT NOT NULL, currency TEXT NOT NULL,
  FOREIGN KEY (run_id, person_id, currency) REFERENCES payroll_rows (run_id, person_id, currency)
);
CREATE INDEX payroll_run_entries_by_row ON payroll_run_entries (run_id, person_id, currency);
CREATE TABLE payroll_left_out (
  run_id TEXT NOT NULL REFERENCES payroll_runs (id) DEFERRABLE INITIALLY DEFERRED, person_id TEXT NOT NULL REFERENCES people (id),
  payee TEXT NOT NULL CHECK (payee <> ''), currency TEXT NOT NULL CHECK (length(currency) = 3), exponent BIGINT NOT NULL CHECK (exponent BETWEEN 0 AND 4),
  amount_minor BIGINT NOT NULL, entries BIGINT NOT NULL CHECK (entries > 0), reason TEXT NOT NULL CHECK (reason IN ('no_number', 'number_unfit', 'nothing_to_pay')),
  PRIMARY KEY (run_id, person_id, currency)
);
CREATE FUNCTION payroll_row_begins() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF EXISTS (SELECT 1 FROM payroll_runs p WHERE p.id = NEW.run_id) THEN
    RAISE EXCEPTION 'nothing is added to a payroll run that is made';
  END IF; RETURN NEW; END $$;
CREATE TRIGGER payroll_row_begins BEFORE INSERT ON payroll_rows FOR EACH ROW EXECUTE FUNCTION payroll_row_begins();
CREATE FUNCTION payroll_left_out_begins() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF EXISTS (SELECT 1 FROM payroll_runs p WHERE p.id = NEW.run_id) THEN
    RAISE EXCEPTION 'nothing is added to a payroll run that is made';
  END IF; RETURN NEW; END $$;
CREATE TRIGGER payroll_left_out_begins BEFORE INSERT ON payroll_left_out FOR EACH ROW EXECUTE FUNCTION payroll_left_out_begins();
CREATE FUNCTION payroll_entry_fits() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF EXISTS (SELECT 1 FROM payroll_runs p WHERE p.id = NEW.run_id)
    OR NOT EXISTS (SELECT 1 FROM ledger g JOIN periods p ON p.name = g.period AND p.locked_at IS NOT NULL JOIN payroll_rows r ON r.run_id = NEW.run_id AND r.person_id = g.person_id AND r.currency = g.currency AND r.exponent = g.exponent
      WHERE g.id = NEW.entry_id AND g.person_id = NEW.person_id AND g.currency = NEW.currency) THEN
    RAISE EXCEPTION 'a payroll run pays entries of locked periods, each in its own row';
  END IF; RETURN NEW; END $$;
CREATE TRIGGER payroll_entry_fits BEFORE INSERT ON payroll_run_entries FOR EACH ROW EXECUTE FUNCTION payroll_entry_fits();
CREATE FUNCTION payroll_run_fits() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF NEW.number <> (SELECT COALESCE(MAX(p.number), 0) + 1 FROM payroll_runs p)
    OR NOT EXISTS (SELECT 1 FROM payroll_rows r WHERE r.run_id = NEW.id)
    OR EXISTS (SELECT 1 FROM payroll_rows r WHERE r.run_id = NEW.id AND r.amount_minor <> COALESCE((SELECT SUM(g.amount_minor) FROM payroll_run_entries e JOIN ledger g ON g.id = e.entry_id WHERE e.run_id = r.run_id AND e.person_id = r.person_id AND e.currency = r.currency), 0))
    OR EXISTS (SELECT 1 FROM payroll_run_entries e JOIN ledger g ON g.id = e.entry_id WHERE e.run_id = NEW.id AND (g.period > NEW.period OR g.payable_at > NEW.payable_by))
    OR NOT EXISTS (SELECT 1 FROM periods p WHERE p.name = NEW.period AND p.locked_at IS NOT NULL) THEN
    RAISE EXCEPTION 'a payroll run has the next number, and its rows are the sums of what is payable';
  END IF; RETURN NEW; END $$;
CREATE TRIGGER payroll_run_fits BEFORE INSERT ON payroll_runs FOR EACH ROW EXECUTE FUNCTION payroll_run_fits();
CREATE TRIGGER payroll_run_keeps BEFORE UPDATE ON payroll_runs FOR EACH ROW EXECUTE FUNCTION refuse('a payroll run is never edited');
CREATE TRIGGER payroll_run_stays BEFORE DELETE ON payroll_runs FOR EACH ROW EXECUTE FUNCTION refuse('payroll runs are never deleted');
CREATE TRIGGER payroll_row_keeps BEFORE UPDATE ON payroll_rows FOR EACH ROW EXECUTE FUNCTION refuse('a payroll run is never edited');
CREATE TRIGGER payroll_row_stays BEFORE DELETE ON payroll_rows FOR EACH ROW EXECUTE FUNCTION refuse('payroll runs are never deleted');
CREATE TRIGGER payroll_entry_keeps BEFORE UPDATE ON payroll_run_entries FOR EACH ROW EXECUTE FUNCTION refuse('a payroll run is never edited');
CREATE TRIGGER payroll_entry_stays BEFORE DELETE ON payroll_run_entries FOR EACH ROW EXECUTE FUNCTION refuse('payroll runs are never deleted');
CREATE TRIGGER payroll_left_out_keeps BEFORE UPDATE ON payroll_left_out FOR EACH ROW EXECUTE FUNCTION refuse('a payroll run is never edited');
CREATE TRIGGER payroll_left_out_stays BEFORE DELETE ON payroll_left_out FOR EACH ROW EXECUTE FUNCTION refuse('payroll runs are never deleted');
CREATE FUNCTION period_was_paid() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF OLD.locked_at IS NOT NULL AND NEW.locked_at IS NULL
    AND EXISTS (SELECT 1 FROM ledger g JOIN payroll_run_entries e ON e.entry_id = g.id WHERE g.period = OLD.name) THEN
    RAISE EXCEPTION 'a period of which a payroll run has paid is never opened again';
  END IF; RETURN NEW; END $$;
CREATE TRIGGER period_was_paid BEFORE UPDATE ON periods FOR EACH ROW EXECUTE FUNCTION period_was_paid();

CREATE TABLE questions (
  id TEXT PRIMARY KEY, number BIGINT NOT NULL UNIQUE CHECK (number > 0), person_id TEXT NOT NULL REFERENCES people (id), client_id TEXT NOT NULL REFERENCES clients (id),
  about TEXT NOT NULL CHECK (about IN ('wrong_plan', 'wrong_amount', 'wrong_person', 'missing_line', 'missing_claim', 'other')),
  claim_id TEXT REFERENCES claims (id), entry_id TEXT REFERENCES ledger (id), company TEXT, happened_on TEXT CHECK (length(happened_on) = 10),
  period TEXT NOT NULL CHECK (length(period) = 7), asked_at BIGINT NOT NULL, due_at BIGINT NOT NULL, answered_at BIGINT,
  CHECK ((claim_id IS NULL) = (about = 'missing_claim')), CHECK ((company IS NULL) = (claim_id IS NOT NULL)), CHECK ((happened_on IS NULL) = (claim_id IS NOT NULL)),
  CHECK (entry_id IS NULL OR claim_id IS NOT NULL), CHECK (due_at > asked_at)
);
CREATE INDEX questions_by_person ON questions (person_id, asked_at);
CREATE INDEX questions_by_client ON questions (client_id, due_at);
CREATE TABLE question_parts (
  question_id TEXT NOT NULL REFERENCES questions (id), nth BIGINT NOT NULL CHECK (nth > 0), kind TEXT NOT NULL CHECK (kind IN ('question', 'answer')),
  person_id TEXT NOT NULL REFERENCES people (id), text TEXT NOT NULL CHECK (text <> ''), at BIGINT NOT NULL, PRIMARY KEY (question_id, nth)
);
CREATE FUNCTION question_begins() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF NEW.answered_at IS NOT NULL OR (NEW.claim_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM claims c WHERE c.id = NEW.claim_id AND c.person_id = NEW.person_id))
    OR (NEW.entry_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM ledger g WHERE g.id = NEW.entry_id AND g.claim_id = NEW.claim_id AND g.person_id = NEW.person_id)) THEN
    RAISE EXCEPTION 'a question is about an own claim or an own entry, and begins without an answer';
  END IF; RETURN NEW; END $$;
CREATE TRIGGER question_begins BEFORE INSERT ON questions FOR EACH ROW EXECUTE FUNCTION question_begins();
CREATE FUNCTION question_keeps() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF NEW.id <> OLD.id OR NEW.number <> OLD.number OR NEW.person_id <> OLD.person_id OR NEW.client_id <> OLD.client_id OR NEW.about <> OLD.about OR NEW.asked_at <> OLD.asked_at
    OR COALESCE(NEW.claim_id, '') <> COALESCE(OLD.claim_id, '') OR COALESCE(NEW.entry_id, '') <> COALESCE(OLD.entry_id, '') OR COALESCE(NEW.company, '') <> COALESCE(OLD.company, '') OR COALESCE(NEW.happened_on, '') <> COALESCE(OLD.happened_on, '') OR NEW.period <> OLD.period
    OR (NEW.answered_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM question_parts a WHERE a.question_id = OLD.id AND a.kind = 'answer' AND a.at = NEW.answered_at)) THEN
    RAISE EXCEPTION 'what was asked is never edited';
  END IF; RETURN NEW; END $$;
CREATE TRIGGER question_keeps BEFORE UPDATE ON questions FOR EACH ROW EXECUTE FUNCTION question_keeps();
CREATE TRIGGER question_stays BEFORE DELETE ON questions FOR EACH ROW EXECUTE FUNCTION refuse('questions are never deleted');
CREATE FUNCTION question_part_fits() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF NEW.nth <> (SELECT COUNT(*) + 1 FROM question_parts a WHERE a.question_id = NEW.question_id)
    OR (NEW.kind = 'question') <> EXISTS (SELECT 1 FROM questions q WHERE q.id = NEW.question_id AND q.person_id = NEW.person_id) THEN
    RAISE EXCEPTION 'somebody else answers a question, and who asked it asks on';
  END IF; RETURN NEW; END $$;
CREATE TRIGGER question_part_fits BEFORE INSERT ON question_parts FOR EACH ROW EXECUTE FUNCTION question_part_fits();
CREATE TRIGGER question_part_keeps BEFORE UPDATE ON question_parts FOR EACH ROW EXECUTE FUNCTION refuse('what was asked or answered is never edited');
CREATE TRIGGER question_part_stays BEFORE DELETE ON question_parts FOR EACH ROW EXECUTE FUNCTION refuse('what was asked or answered is never deleted');
