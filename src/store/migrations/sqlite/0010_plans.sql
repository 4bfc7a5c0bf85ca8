-- Plans have tiers and a cap; entries have a place, and say what stood before them.
ALTER TABLE plans ADD COLUMN terms TEXT NOT NULL DEFAULT '{}';
ALTER TABLE plan_drafts ADD COLUMN terms TEXT NOT NULL DEFAULT '{}';
DROP TRIGGER ledger_keeps;
ALTER TABLE ledger ADD COLUMN place BIGINT NOT NULL DEFAULT 0;
ALTER TABLE ledger ADD COLUMN leads_before BIGINT CHECK (leads_before >= 0);
ALTER TABLE ledger ADD COLUMN minor_before BIGINT CHECK (minor_before >= 0);
UPDATE ledger SET place = p.place FROM (SELECT id, ROW_NUMBER() OVER (ORDER BY booked_at, id) AS place FROM ledger) p WHERE p.id = ledger.id;
CREATE TRIGGER ledger_keeps BEFORE UPDATE ON ledger BEGIN SELECT RAISE(ABORT, 'ledger lines are never edited: add a correction'); END;
CREATE UNIQUE INDEX one_entry_per_place ON ledger (place);
CREATE INDEX ledger_by_payee ON ledger (campaign_id, person_id, period);
DROP TRIGGER entry_fits;
CREATE TRIGGER entry_fits BEFORE INSERT ON ledger WHEN NEW.kind = 'accrual' AND (NEW.payee = '' OR NEW.company = '' OR NEW.amount_minor > 10000000000000 OR NOT EXISTS (SELECT 1 FROM claims c JOIN verdicts v ON v.claim_id = c.id JOIN plans p ON p.id = NEW.plan_id AND p.campaign_id = c.campaign_id AND p.currency = NEW.currency AND (p.terms <> '{}' OR p.amount_minor = NEW.amount_minor) WHERE c.id = NEW.claim_id AND v.id = NEW.verdict_id AND v.state = 'final' AND c.person_id = NEW.person_id AND c.lead_id = NEW.lead_id AND c.campaign_id = NEW.campaign_id))
  BEGIN SELECT RAISE(ABORT, 'an entry rests on a final verdict of its own claim, under a plan of its campaign'); END;
CREATE TRIGGER entry_has_place BEFORE INSERT ON ledger WHEN NEW.place <> (SELECT COALESCE(MAX(place), 0) + 1 FROM ledger)
  BEGIN SELECT RAISE(ABORT, 'entries stand in the order in which they were booked, without a gap'); END;
