-- Names as the program folds them, since SQLite's LOWER knows ASCII alone and PostgreSQL's goes by its locale. What has other letters
-- is folded by the program, which goes through the leads that are not worded.
ALTER TABLE leads ADD COLUMN company_folded TEXT NOT NULL DEFAULT '';
ALTER TABLE leads ADD COLUMN contact_folded TEXT NOT NULL DEFAULT '';
ALTER TABLE leads ADD COLUMN email_folded TEXT NOT NULL DEFAULT '';
UPDATE leads SET company_folded = LOWER(company), contact_folded = LOWER(COALESCE(contact, '')), email_folded = LOWER(COALESCE(email, ''));
UPDATE lead_work SET is_worded = 0 WHERE lead_id IN (SELECT id FROM leads WHERE company || COALESCE(contact, '') || COALESCE(email, '') ~ '[^ -~]');
DROP INDEX leads_by_email;
DROP INDEX leads_by_company;
CREATE INDEX leads_by_email ON leads (campaign_id, email_folded) WHERE email_folded <> '';
CREATE INDEX leads_by_company ON leads (campaign_id, company_folded);
-- Rows that an import left out as duplicates, and the lead of the campaign that each fits.
CREATE TABLE import_left_out (
  import_id TEXT NOT NULL REFERENCES imports (id), nth BIGINT NOT NULL, line BIGINT NOT NULL CHECK (line > 0),
  shares TEXT NOT NULL CHECK (shares IN ('number', 'mail', 'company')), with_external_id TEXT NOT NULL CHECK (with_external_id <> ''),
  content TEXT NOT NULL, PRIMARY KEY (import_id, nth)
);
-- What a contact read or attended, each once, by when.
CREATE TABLE lead_interactions (
  lead_id TEXT NOT NULL REFERENCES leads (id), at BIGINT NOT NULL, what TEXT NOT NULL CHECK (what <> '' AND length(what) <= 200),
  told_at BIGINT NOT NULL, actor TEXT NOT NULL, import_id TEXT REFERENCES imports (id), PRIMARY KEY (lead_id, at, what)
);
-- How a claim was made; null: before this was kept.
ALTER TABLE claims ADD COLUMN came_by TEXT CHECK (came_by IN ('page', 'header', 'keys', 'machine'));
