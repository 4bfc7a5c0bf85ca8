-- A split: a claim keeps who opened its lead, and that person's share stands in the ledger beside the claimant's part.
ALTER TABLE claims ADD COLUMN opener_id TEXT REFERENCES people (id);
ALTER TABLE claims ADD COLUMN opener_call_id TEXT REFERENCES calls (id);
ALTER TABLE claims ADD COLUMN opener_waits_until BIGINT;
ALTER TABLE claims ADD COLUMN opener_settled_at BIGINT;
CREATE INDEX claims_by_opener ON claims (opener_id, plan_id) WHERE opener_id IS NOT NULL;
CREATE INDEX claims_by_opener_call ON claims (opener_call_id) WHERE opener_call_id IS NOT NULL;
CREATE INDEX claims_opener_waits ON claims (opener_waits_until) WHERE opener_waits_until IS NOT NULL;
ALTER TABLE ledger ADD COLUMN part TEXT NOT NULL DEFAULT 'whole' CHECK (part IN ('whole', 'claimant', 'opener'));
DROP INDEX one_commission_per_lead;
CREATE UNIQUE INDEX one_commission_per_lead ON ledger (campaign_id, lead_id, nth) WHERE kind = 'accrual' AND part <> 'opener';
CREATE UNIQUE INDEX one_opener_per_lead ON ledger (campaign_id, lead_id, nth) WHERE kind = 'accrual' AND part = 'opener';
CREATE FUNCTION plan_split_fits() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF CAST(NEW.terms AS json) -> 'split' IS NOT NULL AND (COALESCE(CAST(CAST(NEW.terms AS json) #>> '{split,opener_percent}' AS BIGINT), 0) NOT BETWEEN 1 AND 99 OR COALESCE(CAST(CAST(NEW.terms AS json) #>> '{split,min_seconds}' AS BIGINT), 0) NOT BETWEEN 1 AND 3600 OR COALESCE(CAST(CAST(NEW.terms AS json) #>> '{split,within_days}' AS BIGINT), 0) NOT BETWEEN 1 AND 3650) THEN
    RAISE EXCEPTION 'this split is beyond any plan';
  END IF; RETURN NEW; END $$;
CREATE TRIGGER plan_split_fits BEFORE INSERT ON plans FOR EACH ROW EXECUTE FUNCTION plan_split_fits();
CREATE FUNCTION claim_opener_fits() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF (NEW.opener_id IS NULL) <> (NEW.opener_call_id IS NULL) OR NEW.opener_waits_until IS NOT NULL OR NEW.opener_settled_at IS NOT NULL OR (NEW.opener_id IS NOT NULL AND (NEW.opener_id = NEW.person_id
    OR NOT EXISTS (SELECT 1 FROM plans p JOIN calls k ON k.id = NEW.opener_call_id JOIN recordings r ON r.call_id = k.id JOIN leads l ON l.id = k.lead_id AND l.campaign_id = NEW.campaign_id JOIN people h ON h.id = NEW.opener_id AND h.role = 'telemarketer'
      WHERE p.id = NEW.plan_id AND p.campaign_id = NEW.campaign_id AND k.person_id = NEW.opener_id AND k.outcome = 'answered' AND k.lead_by <> 'choice' AND k.ended_at <= NEW.created_at AND k.answered_at >= NEW.created_at - CAST(CAST(p.terms AS json) #>> '{split,within_days}' AS BIGINT) * 86400000000))) THEN
    RAISE EXCEPTION 'who opened a lead had an answered, recorded call on it before the claim, and the plan has a split';
  END IF; RETURN NEW; END $$;
CREATE TRIGGER claim_opener_fits BEFORE INSERT ON claims FOR EACH ROW EXECUTE FUNCTION claim_opener_fits();
CREATE FUNCTION claim_keeps_opener() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF NEW.opener_id IS DISTINCT FROM OLD.opener_id OR NEW.opener_call_id IS DISTINCT FROM OLD.opener_call_id OR (OLD.opener_id IS NULL AND (NEW.opener_waits_until IS NOT NULL OR NEW.opener_settled_at IS NOT NULL)) THEN
    RAISE EXCEPTION 'a claim keeps who opened its lead';
  END IF; RETURN NEW; END $$;
CREATE TRIGGER claim_keeps_opener BEFORE UPDATE ON claims FOR EACH ROW EXECUTE FUNCTION claim_keeps_opener();
CREATE OR REPLACE FUNCTION lead_earns_once() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF NEW.kind = 'accrual' AND EXISTS (SELECT 1 FROM ledger a WHERE a.campaign_id = NEW.campaign_id AND a.lead_id = NEW.lead_id AND a.kind = 'accrual' AND (NEW.part <> 'opener' OR a.part = 'opener') AND NOT EXISTS (SELECT 1 FROM ledger r WHERE r.corrects = a.id AND r.kind = 'reversal')) THEN
    RAISE EXCEPTION 'a lead earns one commission in a campaign';
  END IF; RETURN NEW; END $$;
CREATE OR REPLACE FUNCTION conversation_earns_once() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF NEW.kind = 'accrual' AND EXISTS (SELECT 1 FROM ledger a WHERE a.lead_id <> NEW.lead_id AND a.kind = 'accrual' AND NOT EXISTS (SELECT 1 FROM ledger r WHERE r.corrects = a.id AND r.kind = 'reversal') AND a.claim_id IN (
    SELECT y.claim_id FROM claim_calls x JOIN claim_calls y ON y.call_id = x.call_id WHERE x.claim_id = NEW.claim_id
    UNION SELECT o.id FROM claim_calls x JOIN claims o ON o.opener_call_id = x.call_id WHERE x.claim_id = NEW.claim_id
    UNION SELECT y.claim_id FROM claims c JOIN claim_calls y ON y.call_id = c.opener_call_id WHERE c.id = NEW.claim_id
    UNION SELECT o.id FROM claims c JOIN claims o ON o.opener_call_id = c.opener_call_id WHERE c.id = NEW.claim_id)) THEN
    RAISE EXCEPTION 'one conversation earns for one lead';
  END IF; RETURN NEW; END $$;
CREATE OR REPLACE FUNCTION entry_fits() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF NEW.kind = 'accrual' AND (NEW.payee = '' OR NEW.company = '' OR NEW.amount_minor > 10000000000000 OR NOT EXISTS (SELECT 1 FROM claims c JOIN verdicts v ON v.claim_id = c.id JOIN plans p ON p.id = NEW.plan_id AND p.campaign_id = c.campaign_id AND p.currency = NEW.currency AND (p.terms <> '{}' OR p.amount_minor = NEW.amount_minor)
    WHERE c.id = NEW.claim_id AND v.id = NEW.verdict_id AND v.state = 'final' AND c.lead_id = NEW.lead_id AND c.campaign_id = NEW.campaign_id AND NEW.person_id = CASE WHEN NEW.part = 'opener' THEN c.opener_id ELSE c.person_id END AND (NEW.part = 'whole') = (c.opener_id IS NULL) AND (NEW.part = 'whole' OR NEW.plan_id = c.plan_id))) THEN
    RAISE EXCEPTION 'an entry rests on a final verdict of its own claim, under a plan of its campaign';
  END IF; RETURN NEW; END $$;
CREATE FUNCTION part_fits() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF NEW.kind = 'accrual' AND NEW.part <> 'whole' AND (NEW.leads_before IS NULL OR NEW.minor_before IS NULL OR NEW.amount_minor IS DISTINCT FROM (SELECT LEAST(s.share, COALESCE(GREATEST(s.cap - NEW.minor_before, CASE WHEN s.cap IS NOT NULL THEN 0 END), s.share)) FROM (
    SELECT CASE WHEN NEW.part = 'opener' THEN q.rate * q.percent / 100 ELSE q.rate - q.rate * q.percent / 100 END AS share, q.cap FROM (
      SELECT COALESCE((SELECT t.amount_minor FROM (SELECT CAST(j.value ->> 'from_lead' AS BIGINT) AS from_lead, CAST(j.value ->> 'amount_minor' AS BIGINT) AS amount_minor FROM json_array_elements(COALESCE(CAST(p.terms AS json) -> 'tiers', '[]')) j) t WHERE t.from_lead <= NEW.leads_before + 1 ORDER BY t.from_lead DESC LIMIT 1), p.amount_minor) AS rate, CAST(CAST(p.terms AS json) #>> '{split,opener_percent}' AS BIGINT) AS percent, CAST(CAST(p.terms AS json) #>> '{cap_minor}' AS BIGINT) AS cap FROM plans p WHERE p.id = NEW.plan_id) q) s)) THEN
    RAISE EXCEPTION 'a part of a commission is what the plan gives to whoever has it';
  END IF; RETURN NEW; END $$;
CREATE TRIGGER part_fits BEFORE INSERT ON ledger FOR EACH ROW EXECUTE FUNCTION part_fits();
CREATE FUNCTION opener_beside_claimant() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF NEW.kind = 'accrual' AND NEW.part = 'opener' AND NOT EXISTS (SELECT 1 FROM ledger a JOIN plans p ON p.id = a.plan_id WHERE a.claim_id = NEW.claim_id AND a.verdict_id = NEW.verdict_id AND a.kind = 'accrual' AND a.part = 'claimant' AND a.plan_id = NEW.plan_id AND a.nth = NEW.nth AND a.second_review_id IS NOT DISTINCT FROM NEW.second_review_id AND NOT EXISTS (SELECT 1 FROM ledger r WHERE r.corrects = a.id AND r.kind = 'reversal')
    AND NEW.leads_before <= a.leads_before AND NOT EXISTS (SELECT 1 FROM (SELECT CAST(j.value ->> 'from_lead' AS BIGINT) AS from_lead, CAST(j.value ->> 'amount_minor' AS BIGINT) AS amount_minor FROM json_array_elements(COALESCE(CAST(p.terms AS json) -> 'tiers', '[]')) j) t WHERE t.from_lead > NEW.leads_before + 1 AND t.from_lead <= a.leads_before + 1)) THEN
    RAISE EXCEPTION 'an opener has a share only beside the claimant''s part of the same verdict';
  END IF; RETURN NEW; END $$;
CREATE TRIGGER opener_beside_claimant BEFORE INSERT ON ledger FOR EACH ROW EXECUTE FUNCTION opener_beside_claimant();
CREATE OR REPLACE FUNCTION reversal_rests_on_ruling() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF NEW.kind = 'reversal' AND NOT EXISTS (SELECT 1 FROM ledger a JOIN rulings d ON d.id = NEW.ruling_id AND d.claim_id = a.claim_id AND d.kind = NEW.reason AND (d.kind = 'duplicate' OR d.confirmed_by IS NOT NULL) WHERE a.id = NEW.corrects AND a.kind = 'accrual' AND a.part = NEW.part AND a.amount_minor = -NEW.amount_minor AND a.currency = NEW.currency AND a.person_id = NEW.person_id AND a.claim_id = NEW.claim_id) THEN
    RAISE EXCEPTION 'an entry is taken back whole, by a ruling';
  END IF; RETURN NEW; END $$;
CREATE FUNCTION parts_go_together() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF NEW.kind = 'reversal' AND NEW.part = 'claimant' AND EXISTS (SELECT 1 FROM ledger a WHERE a.claim_id = NEW.claim_id AND a.kind = 'accrual' AND a.part = 'opener' AND NOT EXISTS (SELECT 1 FROM ledger r WHERE r.corrects = a.id AND r.kind = 'reversal')) THEN
    RAISE EXCEPTION 'an opener''s share is taken back with the claimant''s part, and before it';
  END IF; RETURN NEW; END $$;
CREATE TRIGGER parts_go_together BEFORE INSERT ON ledger FOR EACH ROW EXECUTE FUNCTION parts_go_together();
CREATE OR REPLACE FUNCTION question_begins() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF NEW.answered_at IS NOT NULL OR (NEW.claim_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM claims c WHERE c.id = NEW.claim_id AND (c.person_id = NEW.person_id OR (c.opener_id = NEW.person_id AND NEW.entry_id IS NOT NULL))))
    OR (NEW.entry_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM ledger g WHERE g.id = NEW.entry_id AND g.claim_id = NEW.claim_id AND g.person_id = NEW.person_id)) THEN
    RAISE EXCEPTION 'a question is about an own claim or an own entry, and begins without an answer';
  END IF; RETURN NEW; END $$;
