-- Entries say for ever what they are for; a lead earns again once its entry is taken back; rulings, locks and plans are acts of
-- people without an interest; nobody accrues under a plan that they have not read.
ALTER TABLE claims ADD COLUMN sent_back_by TEXT REFERENCES people (id);
ALTER TABLE people ADD COLUMN payroll_number TEXT;
CREATE UNIQUE INDEX one_payroll_number ON people (payroll_number);
CREATE TABLE rulings (
  id TEXT PRIMARY KEY, kind TEXT NOT NULL CHECK (kind IN ('duplicate', 'distinct', 'fraud')),
  claim_id TEXT NOT NULL REFERENCES claims (id), same_as TEXT REFERENCES claims (id),
  lead_id TEXT NOT NULL REFERENCES leads (id), same_lead_id TEXT REFERENCES leads (id), note TEXT NOT NULL,
  ruled_by TEXT NOT NULL REFERENCES people (id), ruled_at BIGINT NOT NULL, confirmed_by TEXT REFERENCES people (id), confirmed_at BIGINT,
  CHECK ((kind = 'fraud') = (same_as IS NULL)), CHECK ((same_as IS NULL) = (same_lead_id IS NULL)),
  CHECK (confirmed_by IS NULL OR confirmed_by <> ruled_by), CHECK ((confirmed_by IS NULL) = (confirmed_at IS NULL)), CHECK (kind = 'fraud' OR confirmed_by IS NULL)
);
CREATE INDEX rulings_by_lead ON rulings (lead_id);
CREATE INDEX rulings_by_same_lead ON rulings (same_lead_id);
CREATE UNIQUE INDEX one_ruling ON rulings (claim_id, kind, COALESCE(same_as, ''));
CREATE TABLE period_acts (
  id TEXT PRIMARY KEY, period TEXT NOT NULL REFERENCES periods (name), act TEXT NOT NULL CHECK (act IN ('lock', 'reopen')), note TEXT NOT NULL,
  sums TEXT NOT NULL, asked_by TEXT NOT NULL REFERENCES people (id), asked_at BIGINT NOT NULL,
  confirmed_by TEXT REFERENCES people (id), confirmed_at BIGINT, withdrawn_at BIGINT,
  CHECK (confirmed_by IS NULL OR confirmed_by <> asked_by), CHECK ((confirmed_by IS NULL) = (confirmed_at IS NULL)), CHECK (withdrawn_at IS NULL OR confirmed_at IS NULL)
);
CREATE UNIQUE INDEX one_period_act ON period_acts (period) WHERE confirmed_at IS NULL AND withdrawn_at IS NULL;
CREATE TABLE plan_drafts (
  id TEXT PRIMARY KEY, campaign_id TEXT NOT NULL REFERENCES campaigns (id), amount_minor BIGINT NOT NULL CHECK (amount_minor BETWEEN 0 AND 10000000000000),
  currency TEXT NOT NULL CHECK (length(currency) = 3), payable_after_days BIGINT NOT NULL CHECK (payable_after_days BETWEEN 0 AND 3660), from_at BIGINT,
  proposed_by TEXT NOT NULL, proposed_at BIGINT NOT NULL, withdrawn_at BIGINT, plan_id TEXT REFERENCES plans (id)
);
CREATE INDEX plan_drafts_by_campaign ON plan_drafts (campaign_id);
CREATE TABLE plan_acks (
  plan_id TEXT NOT NULL REFERENCES plans (id), person_id TEXT NOT NULL REFERENCES people (id), at BIGINT NOT NULL, PRIMARY KEY (plan_id, person_id)
);
INSERT INTO plan_acks SELECT DISTINCT p.id, c.person_id, p.approved_at FROM plans p JOIN claims c ON c.campaign_id = p.campaign_id WHERE p.from_at <= c.created_at;
INSERT INTO plan_acks SELECT DISTINCT p.id, x.person_id, p.approved_at FROM plans p JOIN campaigns k ON k.id = p.campaign_id JOIN person_clients x ON x.client_id = k.client_id
  JOIN people h ON h.id = x.person_id AND h.role = 'telemarketer' ON CONFLICT (plan_id, person_id) DO NOTHING;
DROP TRIGGER ledger_keeps ON ledger;
ALTER TABLE ledger ADD COLUMN payee TEXT NOT NULL DEFAULT '';
ALTER TABLE ledger ADD COLUMN company TEXT NOT NULL DEFAULT '';
ALTER TABLE ledger ADD COLUMN campaign TEXT NOT NULL DEFAULT '';
ALTER TABLE ledger ADD COLUMN plan_version BIGINT NOT NULL DEFAULT 0;
ALTER TABLE ledger ADD COLUMN checklist_version_id TEXT REFERENCES checklist_versions (id);
ALTER TABLE ledger ADD COLUMN exponent BIGINT NOT NULL DEFAULT 2;
ALTER TABLE ledger ADD COLUMN zone TEXT NOT NULL DEFAULT 'UTC';
ALTER TABLE ledger ADD COLUMN nth BIGINT NOT NULL DEFAULT 0;
ALTER TABLE ledger ADD COLUMN ruling_id TEXT REFERENCES rulings (id);
UPDATE ledger SET payee = (SELECT name FROM people WHERE id = ledger.person_id), company = (SELECT company FROM leads WHERE id = ledger.lead_id),
  campaign = (SELECT name FROM campaigns WHERE id = ledger.campaign_id), plan_version = (SELECT version FROM plans WHERE id = ledger.plan_id),
  checklist_version_id = (SELECT checklist_version_id FROM verdicts WHERE id = ledger.verdict_id),
  exponent = CASE WHEN currency IN ('BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX', 'UYI', 'VND', 'VUV', 'XAF', 'XOF', 'XPF') THEN 0
    WHEN currency IN ('BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND') THEN 3 WHEN currency IN ('CLF', 'UYW') THEN 4 ELSE 2 END;
CREATE TRIGGER ledger_keeps BEFORE UPDATE ON ledger FOR EACH ROW EXECUTE FUNCTION refuse('ledger lines are never edited: add a correction');
DROP INDEX one_commission_per_lead;
CREATE UNIQUE INDEX one_commission_per_lead ON ledger (campaign_id, lead_id, nth) WHERE kind = 'accrual';
CREATE INDEX ledger_by_claim ON ledger (claim_id);
CREATE INDEX ledger_by_period ON ledger (period, booked_at);
CREATE FUNCTION lead_earns_once() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF NEW.kind = 'accrual' AND EXISTS (SELECT 1 FROM ledger a WHERE a.campaign_id = NEW.campaign_id AND a.lead_id = NEW.lead_id AND a.kind = 'accrual' AND NOT EXISTS (SELECT 1 FROM ledger r WHERE r.corrects = a.id AND r.kind = 'reversal')) THEN
    RAISE EXCEPTION 'a lead earns one commission in a campaign';
  END IF; RETURN NEW; END $$;
CREATE TRIGGER lead_earns_once BEFORE INSERT ON ledger FOR EACH ROW EXECUTE FUNCTION lead_earns_once();
CREATE FUNCTION same_lead_earns_once() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF NEW.kind = 'accrual' AND EXISTS (SELECT 1 FROM rulings d JOIN ledger a ON a.campaign_id = NEW.campaign_id AND a.lead_id = CASE WHEN d.lead_id = NEW.lead_id THEN d.same_lead_id ELSE d.lead_id END AND a.kind = 'accrual' AND NOT EXISTS (SELECT 1 FROM ledger r WHERE r.corrects = a.id AND r.kind = 'reversal') WHERE d.kind = 'duplicate' AND (d.lead_id = NEW.lead_id OR d.same_lead_id = NEW.lead_id)) THEN
    RAISE EXCEPTION 'leads that were ruled to be one earn once';
  END IF; RETURN NEW; END $$;
CREATE TRIGGER same_lead_earns_once BEFORE INSERT ON ledger FOR EACH ROW EXECUTE FUNCTION same_lead_earns_once();
CREATE FUNCTION conversation_earns_once() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF NEW.kind = 'accrual' AND EXISTS (SELECT 1 FROM claim_calls x JOIN claim_calls y ON y.call_id = x.call_id JOIN ledger a ON a.claim_id = y.claim_id AND a.lead_id <> NEW.lead_id AND a.kind = 'accrual' AND NOT EXISTS (SELECT 1 FROM ledger r WHERE r.corrects = a.id AND r.kind = 'reversal') WHERE x.claim_id = NEW.claim_id) THEN
    RAISE EXCEPTION 'one conversation earns for one lead';
  END IF; RETURN NEW; END $$;
CREATE TRIGGER conversation_earns_once BEFORE INSERT ON ledger FOR EACH ROW EXECUTE FUNCTION conversation_earns_once();
CREATE FUNCTION entry_fits() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF NEW.kind = 'accrual' AND (NEW.payee = '' OR NEW.company = '' OR NEW.amount_minor > 10000000000000 OR NOT EXISTS (SELECT 1 FROM claims c JOIN verdicts v ON v.claim_id = c.id JOIN plans p ON p.id = NEW.plan_id AND p.campaign_id = c.campaign_id AND p.currency = NEW.currency WHERE c.id = NEW.claim_id AND v.id = NEW.verdict_id AND v.state = 'final' AND c.person_id = NEW.person_id AND c.lead_id = NEW.lead_id AND c.campaign_id = NEW.campaign_id)) THEN
    RAISE EXCEPTION 'an entry rests on a final verdict of its own claim, under a plan of its campaign';
  END IF; RETURN NEW; END $$;
CREATE TRIGGER entry_fits BEFORE INSERT ON ledger FOR EACH ROW EXECUTE FUNCTION entry_fits();
CREATE FUNCTION reversal_rests_on_ruling() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF NEW.kind = 'reversal' AND NOT EXISTS (SELECT 1 FROM ledger a JOIN rulings d ON d.id = NEW.ruling_id AND d.claim_id = a.claim_id AND d.kind = NEW.reason AND (d.kind = 'duplicate' OR d.confirmed_by IS NOT NULL) WHERE a.id = NEW.corrects AND a.kind = 'accrual' AND a.amount_minor = -NEW.amount_minor AND a.currency = NEW.currency AND a.person_id = NEW.person_id AND a.claim_id = NEW.claim_id) THEN
    RAISE EXCEPTION 'an entry is taken back whole, by a ruling';
  END IF; RETURN NEW; END $$;
CREATE TRIGGER reversal_rests_on_ruling BEFORE INSERT ON ledger FOR EACH ROW EXECUTE FUNCTION reversal_rests_on_ruling();
CREATE FUNCTION no_other_entries() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF NEW.kind = 'correction' THEN
    RAISE EXCEPTION 'an entry is taken back by a ruling, and booked again by a verdict';
  END IF; RETURN NEW; END $$;
CREATE TRIGGER no_other_entries BEFORE INSERT ON ledger FOR EACH ROW EXECUTE FUNCTION no_other_entries();
CREATE TRIGGER plan_bounds BEFORE INSERT ON plans FOR EACH ROW WHEN (NEW.amount_minor > 10000000000000 OR NEW.payable_after_days > 3660) EXECUTE FUNCTION refuse('this plan is beyond any commission');
CREATE TRIGGER plan_keeps BEFORE UPDATE ON plans FOR EACH ROW EXECUTE FUNCTION refuse('a plan is never edited: approve another version');
CREATE TRIGGER plan_stays BEFORE DELETE ON plans FOR EACH ROW EXECUTE FUNCTION refuse('plans are never deleted');
CREATE TRIGGER plan_ack_keeps BEFORE UPDATE ON plan_acks FOR EACH ROW EXECUTE FUNCTION refuse('what somebody has read is never edited');
CREATE TRIGGER plan_ack_stays BEFORE DELETE ON plan_acks FOR EACH ROW EXECUTE FUNCTION refuse('what somebody has read is never deleted');
CREATE TRIGGER ruling_keeps BEFORE UPDATE ON rulings FOR EACH ROW WHEN (OLD.kind <> 'fraud' OR OLD.confirmed_by IS NOT NULL OR NEW.claim_id <> OLD.claim_id OR NEW.kind <> OLD.kind OR NEW.ruled_by <> OLD.ruled_by) EXECUTE FUNCTION refuse('a ruling is never edited');
CREATE TRIGGER ruling_stays BEFORE DELETE ON rulings FOR EACH ROW EXECUTE FUNCTION refuse('rulings are never deleted');
CREATE TRIGGER period_act_keeps BEFORE UPDATE ON period_acts FOR EACH ROW WHEN (OLD.confirmed_at IS NOT NULL OR OLD.withdrawn_at IS NOT NULL OR NEW.asked_by <> OLD.asked_by OR NEW.act <> OLD.act OR NEW.period <> OLD.period OR NEW.sums <> OLD.sums) EXECUTE FUNCTION refuse('who locked a period is never edited');
CREATE TRIGGER period_act_stays BEFORE DELETE ON period_acts FOR EACH ROW EXECUTE FUNCTION refuse('who locked a period is never deleted');
CREATE FUNCTION period_changes() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF (NEW.locked_at IS NULL) <> (OLD.locked_at IS NULL) AND NOT EXISTS (SELECT 1 FROM period_acts a WHERE a.period = NEW.name
    AND a.act = CASE WHEN NEW.locked_at IS NULL THEN 'reopen' ELSE 'lock' END AND a.confirmed_at = (SELECT MAX(b.confirmed_at) FROM period_acts b WHERE b.period = NEW.name)) THEN
    RAISE EXCEPTION 'it takes two people to lock a period, or to open it again';
  END IF; RETURN NEW; END $$;
CREATE TRIGGER period_changes BEFORE UPDATE ON periods FOR EACH ROW EXECUTE FUNCTION period_changes();
CREATE TRIGGER period_begins BEFORE INSERT ON periods FOR EACH ROW WHEN (NEW.locked_at IS NOT NULL) EXECUTE FUNCTION refuse('it takes two people to lock a period');
CREATE TRIGGER period_stays BEFORE DELETE ON periods FOR EACH ROW EXECUTE FUNCTION refuse('periods are never deleted');
