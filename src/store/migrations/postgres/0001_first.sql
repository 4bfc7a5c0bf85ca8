-- The first schema. What each table and column means stands in SCHEMA.md.
CREATE TABLE clients (
  id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, created_at BIGINT NOT NULL
);
CREATE TABLE people (
  id TEXT PRIMARY KEY, login TEXT NOT NULL UNIQUE, name TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('telemarketer', 'reviewer', 'sales', 'marketing', 'manager', 'admin')),
  pay_basis TEXT NOT NULL CHECK (pay_basis IN ('fixed', 'commission', 'qualified_leads', 'pipeline')),
  password_hash TEXT NOT NULL, failed_sign_ins BIGINT NOT NULL DEFAULT 0 CHECK (failed_sign_ins >= 0), locked_until BIGINT,
  disabled_at BIGINT, created_at BIGINT NOT NULL
);
CREATE TABLE person_clients (
  person_id TEXT NOT NULL REFERENCES people (id), client_id TEXT NOT NULL REFERENCES clients (id), PRIMARY KEY (person_id, client_id)
);
CREATE TABLE interests (
  person_id TEXT NOT NULL REFERENCES people (id), earner_id TEXT NOT NULL REFERENCES people (id), reason TEXT NOT NULL,
  PRIMARY KEY (person_id, earner_id), CHECK (person_id <> earner_id)
);
CREATE TABLE sessions (
  token_hash TEXT PRIMARY KEY, person_id TEXT NOT NULL REFERENCES people (id), created_at BIGINT NOT NULL, expires_at BIGINT NOT NULL, revoked_at BIGINT
);
CREATE TABLE lines (
  id TEXT PRIMARY KEY, value TEXT NOT NULL, person_id TEXT NOT NULL REFERENCES people (id), client_id TEXT NOT NULL REFERENCES clients (id),
  from_at BIGINT NOT NULL, to_at BIGINT, CHECK (to_at IS NULL OR to_at > from_at)
);
CREATE INDEX lines_by_value ON lines (value, from_at);
CREATE TABLE checklists (
  id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE
);
CREATE TABLE checklist_versions (
  id TEXT PRIMARY KEY, checklist_id TEXT NOT NULL REFERENCES checklists (id), version BIGINT NOT NULL CHECK (version > 0),
  body TEXT NOT NULL, sha256 TEXT NOT NULL,
  signed_by_marketing TEXT, signed_by_sales TEXT, in_force_from BIGINT, review_on BIGINT,
  UNIQUE (checklist_id, version),
  CHECK (in_force_from IS NULL OR (signed_by_marketing IS NOT NULL AND signed_by_sales IS NOT NULL))
);
CREATE TABLE campaigns (
  id TEXT PRIMARY KEY, client_id TEXT NOT NULL REFERENCES clients (id), name TEXT NOT NULL, checklist_id TEXT NOT NULL REFERENCES checklists (id),
  created_at BIGINT NOT NULL, closed_at BIGINT, UNIQUE (client_id, name)
);
CREATE TABLE plans (
  id TEXT PRIMARY KEY, campaign_id TEXT NOT NULL REFERENCES campaigns (id), version BIGINT NOT NULL CHECK (version > 0),
  amount_minor BIGINT NOT NULL CHECK (amount_minor >= 0), currency TEXT NOT NULL CHECK (length(currency) = 3),
  payable_after_days BIGINT NOT NULL DEFAULT 0 CHECK (payable_after_days >= 0),
  from_at BIGINT NOT NULL, approved_by TEXT NOT NULL REFERENCES people (id), approved_at BIGINT NOT NULL, UNIQUE (campaign_id, version)
);
CREATE TABLE sources (
  id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, grade TEXT NOT NULL, contact_within_hours BIGINT NOT NULL CHECK (contact_within_hours > 0)
);
CREATE TABLE leads (
  id TEXT PRIMARY KEY, client_id TEXT NOT NULL REFERENCES clients (id), campaign_id TEXT NOT NULL REFERENCES campaigns (id), external_id TEXT NOT NULL,
  company TEXT NOT NULL, contact TEXT, contact_role TEXT, source_id TEXT REFERENCES sources (id), source_event TEXT, theme TEXT, segment TEXT, owner TEXT, product TEXT,
  interactions TEXT, created_at BIGINT NOT NULL, UNIQUE (campaign_id, external_id)
);
CREATE TABLE lead_numbers (
  lead_id TEXT NOT NULL REFERENCES leads (id), e164 TEXT NOT NULL, as_given TEXT NOT NULL, PRIMARY KEY (lead_id, e164)
);
CREATE INDEX lead_numbers_by_e164 ON lead_numbers (e164);
CREATE TABLE calls (
  id TEXT PRIMARY KEY, started_at BIGINT NOT NULL, ringing_at BIGINT, answered_at BIGINT, ended_at BIGINT,
  outcome TEXT NOT NULL CHECK (outcome IN ('answered', 'busy', 'rejected', 'cancelled', 'no_answer', 'failed', 'incomplete')),
  sip_status BIGINT, ended_by TEXT, direction TEXT CHECK (direction IN ('inbound', 'outbound', 'internal')), recovered BIGINT NOT NULL CHECK (recovered IN (0, 1)),
  line TEXT, person_id TEXT REFERENCES people (id), client_id TEXT REFERENCES clients (id),
  prospect_number TEXT, prospect_e164 TEXT, prospect_name TEXT,
  lead_id TEXT REFERENCES leads (id), lead_by TEXT CHECK (lead_by IN ('header', 'number', 'choice')),
  disposition TEXT CHECK (disposition IN ('no_answer', 'voicemail', 'gatekeeper', 'conversation', 'meeting_made', 'call_back', 'not_interested', 'do_not_call')),
  disposition_at BIGINT, appointment_at BIGINT, appointment_with TEXT, facts TEXT NOT NULL, sealed_at BIGINT NOT NULL,
  CHECK ((lead_id IS NULL) = (lead_by IS NULL)), CHECK ((disposition IS NULL) = (disposition_at IS NULL))
);
CREATE INDEX calls_by_person ON calls (person_id, started_at);
CREATE INDEX calls_by_client ON calls (client_id, started_at);
CREATE INDEX calls_by_start ON calls (started_at);
CREATE INDEX calls_by_lead ON calls (lead_id, started_at);
CREATE TABLE call_lead_candidates (
  call_id TEXT NOT NULL REFERENCES calls (id), lead_id TEXT NOT NULL REFERENCES leads (id), PRIMARY KEY (call_id, lead_id)
);
CREATE TABLE recordings (
  call_id TEXT PRIMARY KEY REFERENCES calls (id), path TEXT NOT NULL UNIQUE, peaks TEXT NOT NULL, raw TEXT,
  format TEXT NOT NULL CHECK (format IN ('opus', 'wav')), cipher BIGINT NOT NULL DEFAULT 0, key_id TEXT,
  sample_rate BIGINT NOT NULL CHECK (sample_rate > 0), duration_ms BIGINT NOT NULL CHECK (duration_ms >= 0), starts_at BIGINT NOT NULL,
  sha256 TEXT NOT NULL CHECK (length(sha256) = 64), bytes BIGINT NOT NULL CHECK (bytes >= 0),
  CHECK ((cipher = 0) = (key_id IS NULL))
);
CREATE TABLE lanes (
  call_id TEXT NOT NULL REFERENCES calls (id), lane BIGINT NOT NULL CHECK (lane IN (0, 1)), side TEXT NOT NULL CHECK (side IN ('caller', 'callee')),
  stats TEXT NOT NULL, speech TEXT NOT NULL, PRIMARY KEY (call_id, lane)
);
CREATE TABLE gaps (
  call_id TEXT NOT NULL REFERENCES calls (id), lane BIGINT NOT NULL CHECK (lane IN (0, 1)), from_ms BIGINT NOT NULL, to_ms BIGINT NOT NULL, reason TEXT NOT NULL,
  CHECK (to_ms >= from_ms)
);
CREATE INDEX gaps_by_call ON gaps (call_id);
CREATE TABLE claims (
  id TEXT PRIMARY KEY, number BIGINT NOT NULL UNIQUE, lead_id TEXT NOT NULL REFERENCES leads (id), campaign_id TEXT NOT NULL REFERENCES campaigns (id),
  person_id TEXT NOT NULL REFERENCES people (id), write_up TEXT NOT NULL, own_answers TEXT NOT NULL, priority BIGINT NOT NULL DEFAULT 0,
  state TEXT NOT NULL CHECK (state IN ('open', 'in_review', 'held', 'decided')), locked_by TEXT REFERENCES people (id), locked_until BIGINT,
  created_at BIGINT NOT NULL, decided_at BIGINT, outcome TEXT CHECK (outcome IN ('passed', 'failed', 'passed_already_paid')),
  CHECK ((state = 'decided') = (outcome IS NOT NULL)), CHECK ((locked_by IS NULL) = (state NOT IN ('in_review', 'held')))
);
CREATE UNIQUE INDEX one_undecided_claim ON claims (lead_id, campaign_id, person_id) WHERE state <> 'decided';
CREATE INDEX claims_in_queue ON claims (state, priority, created_at);
CREATE TABLE claim_calls (
  claim_id TEXT NOT NULL REFERENCES claims (id), call_id TEXT NOT NULL REFERENCES calls (id), PRIMARY KEY (claim_id, call_id)
);
CREATE TABLE verdicts (
  id TEXT PRIMARY KEY, claim_id TEXT NOT NULL REFERENCES claims (id), reviewer_id TEXT NOT NULL REFERENCES people (id),
  checklist_version_id TEXT NOT NULL REFERENCES checklist_versions (id), checklist_sha256 TEXT NOT NULL, recordings TEXT NOT NULL,
  answers TEXT NOT NULL, passed BIGINT NOT NULL CHECK (passed IN (0, 1)), note TEXT NOT NULL,
  committed_at BIGINT NOT NULL, hold_until BIGINT NOT NULL CHECK (hold_until > committed_at),
  state TEXT NOT NULL CHECK (state IN ('held', 'taken_back', 'sealed')), sealed_at BIGINT, ledger_line_id TEXT NOT NULL UNIQUE,
  CHECK ((state = 'sealed') = (sealed_at IS NOT NULL))
);
CREATE UNIQUE INDEX one_verdict ON verdicts (claim_id) WHERE state <> 'taken_back';
CREATE INDEX verdicts_on_hold ON verdicts (hold_until) WHERE state = 'held';
CREATE TABLE periods (
  name TEXT PRIMARY KEY CHECK (length(name) = 7), locked_at BIGINT, locked_by TEXT REFERENCES people (id)
);
CREATE TABLE ledger (
  id TEXT PRIMARY KEY, kind TEXT NOT NULL CHECK (kind IN ('accrual', 'reversal', 'correction')),
  person_id TEXT NOT NULL REFERENCES people (id), campaign_id TEXT NOT NULL REFERENCES campaigns (id), lead_id TEXT NOT NULL REFERENCES leads (id),
  claim_id TEXT NOT NULL REFERENCES claims (id), verdict_id TEXT NOT NULL REFERENCES verdicts (id), plan_id TEXT NOT NULL REFERENCES plans (id),
  amount_minor BIGINT NOT NULL, currency TEXT NOT NULL CHECK (length(currency) = 3),
  earned_at BIGINT NOT NULL, payable_at BIGINT NOT NULL CHECK (payable_at >= earned_at), period TEXT NOT NULL REFERENCES periods (name),
  corrects TEXT REFERENCES ledger (id), reason TEXT CHECK (reason IN ('overturned', 'duplicate', 'fraud', 'upheld')), booked_at BIGINT NOT NULL,
  CHECK ((kind = 'accrual') = (corrects IS NULL)), CHECK ((kind = 'accrual') = (reason IS NULL)), CHECK (kind <> 'accrual' OR amount_minor >= 0),
  CHECK (kind <> 'reversal' OR (amount_minor <= 0 AND reason IN ('overturned', 'duplicate', 'fraud')))
);
CREATE UNIQUE INDEX one_commission_per_lead ON ledger (campaign_id, lead_id) WHERE kind = 'accrual';
CREATE UNIQUE INDEX one_reversal_per_line ON ledger (corrects) WHERE kind = 'reversal';
CREATE INDEX ledger_by_person ON ledger (person_id, period);
CREATE TABLE sales_answers (
  id TEXT PRIMARY KEY, claim_id TEXT NOT NULL REFERENCES claims (id), person_id TEXT NOT NULL REFERENCES people (id),
  answer TEXT NOT NULL CHECK (answer IN ('now', 'later', 'needs_information', 'nurture', 'reject')), criterion TEXT, note TEXT NOT NULL, at BIGINT NOT NULL
);
CREATE INDEX sales_answers_by_claim ON sales_answers (claim_id, at);
CREATE TABLE outbox (
  id TEXT PRIMARY KEY, topic TEXT NOT NULL, body TEXT NOT NULL, created_at BIGINT NOT NULL, next_attempt_at BIGINT NOT NULL,
  attempts BIGINT NOT NULL DEFAULT 0, delivered_at BIGINT
);
CREATE INDEX outbox_due ON outbox (next_attempt_at) WHERE delivered_at IS NULL;
CREATE TABLE audit (
  seq BIGINT PRIMARY KEY, at BIGINT NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL, subject TEXT NOT NULL, detail TEXT NOT NULL,
  previous TEXT NOT NULL, hash TEXT NOT NULL UNIQUE
);
CREATE TABLE idempotency (
  person_id TEXT NOT NULL REFERENCES people (id), key TEXT NOT NULL, request_sha256 TEXT NOT NULL, status BIGINT NOT NULL, response TEXT NOT NULL,
  created_at BIGINT NOT NULL, PRIMARY KEY (person_id, key)
);
-- Money, the chain and what is in force are only ever added to.
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '%', TG_ARGV[0]; END $$;
CREATE TRIGGER ledger_keeps BEFORE UPDATE ON ledger FOR EACH ROW EXECUTE FUNCTION refuse('ledger lines are never edited: add a correction');
CREATE TRIGGER ledger_stays BEFORE DELETE ON ledger FOR EACH ROW EXECUTE FUNCTION refuse('ledger lines are never deleted: add a correction');
CREATE TRIGGER audit_keeps BEFORE UPDATE ON audit FOR EACH ROW EXECUTE FUNCTION refuse('the audit chain is never edited');
CREATE TRIGGER audit_stays BEFORE DELETE ON audit FOR EACH ROW EXECUTE FUNCTION refuse('the audit chain is never shortened');
CREATE TRIGGER verdict_keeps BEFORE UPDATE ON verdicts FOR EACH ROW WHEN (OLD.state <> 'held') EXECUTE FUNCTION refuse('a sealed verdict is never edited');
CREATE TRIGGER verdict_stays BEFORE DELETE ON verdicts FOR EACH ROW EXECUTE FUNCTION refuse('verdicts are never deleted');
CREATE TRIGGER checklist_keeps BEFORE UPDATE ON checklist_versions FOR EACH ROW
  WHEN (OLD.in_force_from IS NOT NULL AND (NEW.body <> OLD.body OR NEW.sha256 <> OLD.sha256 OR NEW.version <> OLD.version)) EXECUTE FUNCTION refuse('a checklist version in force never changes: publish another');
CREATE FUNCTION refuse_locked_period() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF (SELECT locked_at FROM periods WHERE name = NEW.period) IS NOT NULL THEN RAISE EXCEPTION 'the period is locked: book into the next'; END IF;
  RETURN NEW; END $$;
CREATE TRIGGER period_closed BEFORE INSERT ON ledger FOR EACH ROW EXECUTE FUNCTION refuse_locked_period();
