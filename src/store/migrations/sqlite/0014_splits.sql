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
CREATE TRIGGER plan_split_fits BEFORE INSERT ON plans WHEN json_type(NEW.terms, '$.split') IS NOT NULL AND (COALESCE(json_extract(NEW.terms, '$.split.opener_percent'), 0) NOT BETWEEN 1 AND 99 OR COALESCE(json_extract(NEW.terms, '$.split.min_seconds'), 0) NOT BETWEEN 1 AND 3600 OR COALESCE(json_extract(NEW.terms, '$.split.within_days'), 0) NOT BETWEEN 1 AND 3650)
  BEGIN SELECT RAISE(ABORT, 'this split is beyond any plan'); END;
CREATE TRIGGER claim_opener_fits BEFORE INSERT ON claims WHEN (NEW.opener_id IS NULL) <> (NEW.opener_call_id IS NULL) OR NEW.opener_waits_until IS NOT NULL OR NEW.opener_settled_at IS NOT NULL OR (NEW.opener_id IS NOT NULL AND (NEW.opener_id = NEW.person_id
    OR NOT EXISTS (SELECT 1 FROM plans p JOIN calls k ON k.id = NEW.opener_call_id JOIN recordings r ON r.call_id = k.id JOIN leads l ON l.id = k.lead_id AND l.campaign_id = NEW.campaign_id JOIN people h ON h.id = NEW.opener_id AND h.role = 'telemarketer'
      WHERE p.id = NEW.plan_id AND p.campaign_id = NEW.campaign_id AND k.person_id = NEW.opener_id AND k.outcome = 'answered' AND k.lead_by <> 'choice' AND k.ended_at <= NEW.created_at AND k.answered_at >= NEW.created_at - json_extract(p.terms, '$.split.within_days') * 86400000000)))
  BEGIN SELECT RAISE(ABORT, 'who opened a lead had an answered, recorded call on it before the claim, and the plan has a split'); END;
CREATE TRIGGER claim_keeps_opener BEFORE UPDATE ON claims WHEN NEW.opener_id IS NOT OLD.opener_id OR NEW.opener_call_id IS NOT OLD.opener_call_id OR (OLD.opener_id IS NULL AND (NEW.opener_waits_until IS NOT NULL OR NEW.opener_settled_at IS NOT NULL))
  BEGIN SELECT RAISE(ABORT, 'a claim keeps who opened its lead'); END;
DROP TRIGGER lead_earns_once;
CREATE TRIGGER lead_earns_once BEFORE INSERT ON ledger WHEN NEW.kind = 'accrual' AND EXISTS (SELECT 1 FROM ledger a WHERE a.campaign_id = NEW.campaign_id AND a.lead_id = NEW.lead_id AND a.kind = 'accrual' AND (NEW.part <> 'opener' OR a.part = 'opener') AND NOT EXISTS (SELECT 1 FROM ledger r WHERE r.corrects = a.id AND r.kind = 'reversal'))
  BEGIN SELECT RAISE(ABORT, 'a lead earns one commission in a campaign'); END;
DROP TRIGGER conversation_earns_once;
CREATE TRIGGER conversation_earns_once BEFORE INSERT ON ledger WHEN NEW.kind = 'accrual' AND EXISTS (SELECT 1 FROM ledger a WHERE a.lead_id <> NEW.lead_id AND a.kind = 'accrual' AND NOT EXISTS (SELECT 1 FROM ledger r WHERE r.corrects = a.id AND r.kind = 'reversal') AND a.claim_id IN (
    SELECT y.claim_id FROM claim_calls x JOIN claim_calls y ON y.call_id = x.call_id WHERE x.claim_id = NEW.claim_id
    UNION SELECT o.id FROM claim_calls x JOIN claims o ON o.opener_call_id = x.call_id WHERE x.claim_id = NEW.claim_id
    UNION SELECT y.claim_id FROM claims c JOIN claim_calls y ON y.call_id = c.opener_call_id WHERE c.id = NEW.claim_id
    UNION SELECT o.id FROM claims c JOIN claims o ON o.opener_call_id = c.opener_call_id WHERE c.id = NEW.claim_id))
  BEGIN SELECT RAISE(ABORT, 'one conversation earns for one lead'); END;
DROP TRIGGER entry_fits;
CREATE TRIGGER entry_fits BEFORE INSERT ON ledger WHEN NEW.kind = 'accrual' AND (NEW.payee = '' OR NEW.company = '' OR NEW.amount_minor > 10000000000000 OR NOT EXISTS (SELECT 1 FROM claims c JOIN verdicts v ON v.claim_id = c.id JOIN plans p ON p.id = NEW.plan_id AND p.campaign_id = c.campaign_id AND p.currency = NEW.currency AND (p.terms <> '{}' OR p.amount_minor = NEW.amount_minor)
    WHERE c.id = NEW.claim_id AND v.id = NEW.verdict_id AND v.state = 'final' AND c.lead_id = NEW.lead_id AND c.campaign_id = NEW.campaign_id AND NEW.person_id = CASE WHEN NEW.part = 'opener' THEN c.opener_id ELSE c.person_id END AND (NEW.part = 'whole') = (c.opener_id IS NULL) AND (NEW.part = 'whole' OR NEW.plan_id = c.plan_id)))
  BEGIN SELECT RAISE(ABORT, 'an entry rests on a final verdict of its own claim, under a plan of its campaign'); END;
CREATE TRIGGER part_fits BEFORE INSERT ON ledger WHEN NEW.kind = 'accrual' AND NEW.part <> 'whole' AND (NEW.leads_before IS NULL OR NEW.minor_before IS NULL OR NEW.amount_minor IS NOT (SELECT MIN(s.share, COALESCE(MAX(s.cap - NEW.minor_before, 0), s.share)) FROM (
    SELECT CASE WHEN NEW.part = 'opener' THEN q.rate * q.percent / 100 ELSE q.rate - q.rate * q.percent / 100 END AS share, q.cap FROM (
      SELECT COALESCE((SELECT t.amount_minor FROM (SELECT json_extract(j.value, '$.from_lead') AS from_lead, json_extract(j.value, '$.amount_minor') AS amount_minor FROM json_each(p.terms, '$.tiers') j) t WHERE t.from_lead <= NEW.leads_before + 1 ORDER BY t.from_lead DESC LIMIT 1), p.amount_minor) AS rate, json_extract(p.terms, '$.split.opener_percent') AS percent, json_extract(p.terms, '$.cap_minor') AS cap FROM plans p WHERE p.id = NEW.plan_id) q) s))
  BEGIN SELECT RAISE(ABORT, 'a part of a commission is what the plan gives to whoever has it'); END;
CREATE TRIGGER opener_beside_claimant BEFORE INSERT ON ledger WHEN NEW.kind = 'accrual' AND NEW.part = 'opener' AND NOT EXISTS (SELECT 1 FROM ledger a JOIN plans p ON p.id = a.plan_id WHERE a.claim_id = NEW.claim_id AND a.verdict_id = NEW.verdict_id AND a.kind = 'accrual' AND a.part = 'claimant' AND a.plan_id = NEW.plan_id AND a.nth = NEW.nth AND a.second_review_id IS NEW.second_review_id AND NOT EXISTS (SELECT 1 FROM ledger r WHERE r.corrects = a.id AND r.kind = 'reversal')
    AND NEW.leads_before <= a.leads_before AND NOT EXISTS (SELECT 1 FROM (SELECT json_extract(j.value, '$.from_lead') AS from_lead, json_extract(j.value, '$.amount_minor') AS amount_minor FROM json_each(p.terms, '$.tiers') j) t WHERE t.from_lead > NEW.leads_before + 1 AND t.from_lead <= a.leads_before + 1))
  BEGIN SELECT RAISE(ABORT, 'an opener has a share only beside the claimant''s part of the same verdict'); END;
DROP TRIGGER reversal_rests_on_ruling;
CREATE TRIGGER reversal_rests_on_ruling BEFORE INSERT ON ledger WHEN NEW.kind = 'reversal' AND NOT EXISTS (SELECT 1 FROM ledger a JOIN rulings d ON d.id = NEW.ruling_id AND d.claim_id = a.claim_id AND d.kind = NEW.reason AND (d.kind = 'duplicate' OR d.confirmed_by IS NOT NULL) WHERE a.id = NEW.corrects AND a.kind = 'accrual' AND a.part = NEW.part AND a.amount_minor = -NEW.amount_minor AND a.currency = NEW.currency AND a.person_id = NEW.person_id AND a.claim_id = NEW.claim_id)
  BEGIN SELECT RAISE(ABORT, 'an entry is taken back whole, by a ruling'); END;
CREATE TRIGGER parts_go_together BEFORE INSERT ON ledger WHEN NEW.kind = 'reversal' AND NEW.part = 'claimant' AND EXISTS (SELECT 1 FROM ledger a WHERE a.claim_id = NEW.claim_id AND a.kind = 'accrual' AND a.part = 'opener' AND NOT EXISTS (SELECT 1 FROM ledger r WHERE r.corrects = a.id AND r.kind = 'reversal'))
  BEGIN SELECT RAISE(ABORT, 'an opener''s share is taken back with the claimant''s part, and before it'); END;
DROP TRIGGER question_begins;
CREATE TRIGGER question_begins BEFORE INSERT ON questions WHEN NEW.answered_at IS NOT NULL OR (NEW.claim_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM claims c WHERE c.id = NEW.claim_id AND (c.person_id = NEW.person_id OR (c.opener_id = NEW.person_id AND NEW.entry_id IS NOT NULL))))
    OR (NEW.entry_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM ledger g WHERE g.id = NEW.entry_id AND g.claim_id = NEW.claim_id AND g.person_id = NEW.person_id))
  BEGIN SELECT RAISE(ABORT, 'a question is about an own claim or an own entry, and begins without an answer'); END;
