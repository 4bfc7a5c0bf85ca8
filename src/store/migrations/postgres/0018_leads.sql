-- Sources belong to a client and cost something; where each lead stands, from the wire and from what was said; stages, imports, numbers
-- that are never to be called, and words by which leads are found.
CREATE TABLE sources_before (id TEXT PRIMARY KEY, name TEXT NOT NULL, grade TEXT NOT NULL, hours BIGINT NOT NULL);
INSERT INTO sources_before SELECT id, name, grade, LEAST(contact_within_hours, 168) FROM sources;
ALTER TABLE leads DROP CONSTRAINT leads_source_id_fkey;
DROP TABLE sources;
CREATE TABLE sources (
  id TEXT PRIMARY KEY, client_id TEXT NOT NULL REFERENCES clients (id), name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 80),
  grade TEXT NOT NULL CHECK (length(grade) = 1), contact_within_hours BIGINT NOT NULL CHECK (contact_within_hours BETWEEN 1 AND 168),
  supplier TEXT, cost_minor BIGINT CHECK (cost_minor >= 0), currency TEXT CHECK (length(currency) = 3), retired_at BIGINT,
  CHECK ((cost_minor IS NULL) = (currency IS NULL))
);
-- Each client has its own of what was everybody's; the first keeps the ids.
INSERT INTO sources (id, client_id, name, grade, contact_within_hours)
  SELECT CASE WHEN c.id = (SELECT MIN(id) FROM clients) THEN b.id ELSE b.id || '-' || c.id END, c.id, b.name, substr(b.grade, 1, 1), b.hours FROM sources_before b CROSS JOIN clients c;
UPDATE leads SET source_id = source_id || '-' || client_id WHERE EXISTS (SELECT 1 FROM sources n WHERE n.id = leads.source_id || '-' || leads.client_id);
DROP TABLE sources_before;
CREATE UNIQUE INDEX one_source_name ON sources (client_id, LOWER(name));
ALTER TABLE leads ADD CONSTRAINT leads_source_id_fkey FOREIGN KEY (source_id) REFERENCES sources (id);
ALTER TABLE leads ADD COLUMN email TEXT;

-- Where each lead stands: what the wire saw, what was said last, and what is next. Triggers keep what follows from other rows.
CREATE TABLE imports (
  id TEXT PRIMARY KEY, client_id TEXT NOT NULL REFERENCES clients (id), campaign_id TEXT NOT NULL REFERENCES campaigns (id), supplier TEXT NOT NULL,
  file_name TEXT NOT NULL, actor TEXT NOT NULL, began_at BIGINT NOT NULL, ended_at BIGINT, undone_at BIGINT, trouble TEXT, total BIGINT NOT NULL DEFAULT 0,
  added BIGINT NOT NULL DEFAULT 0, changed BIGINT NOT NULL DEFAULT 0, bad BIGINT NOT NULL DEFAULT 0, skipped BIGINT NOT NULL DEFAULT 0, joined BIGINT NOT NULL DEFAULT 0,
  CHECK (undone_at IS NULL OR ended_at IS NOT NULL)
);
CREATE INDEX imports_by_client ON imports (client_id, began_at);
CREATE TABLE import_bad (
  import_id TEXT NOT NULL REFERENCES imports (id), nth BIGINT NOT NULL, line BIGINT NOT NULL, reason TEXT NOT NULL, content TEXT NOT NULL, PRIMARY KEY (import_id, nth)
);
CREATE TABLE import_maps (
  client_id TEXT NOT NULL REFERENCES clients (id), supplier TEXT NOT NULL, columns TEXT NOT NULL, at BIGINT NOT NULL, PRIMARY KEY (client_id, supplier)
);
CREATE TABLE suppressions (
  client_id TEXT NOT NULL REFERENCES clients (id), e164 TEXT NOT NULL, list TEXT NOT NULL, added_at BIGINT NOT NULL, PRIMARY KEY (client_id, e164)
);
CREATE INDEX suppressions_by_number ON suppressions (e164);
CREATE TABLE lead_work (
  lead_id TEXT PRIMARY KEY REFERENCES leads (id), client_id TEXT NOT NULL REFERENCES clients (id), campaign_id TEXT NOT NULL REFERENCES campaigns (id),
  source_id TEXT REFERENCES sources (id), import_id TEXT REFERENCES imports (id), received_at BIGINT NOT NULL, due_at BIGINT NOT NULL,
  attempts BIGINT NOT NULL DEFAULT 0 CHECK (attempts >= 0), first_attempt_at BIGINT, last_attempt_at BIGINT,
  contacts BIGINT NOT NULL DEFAULT 0 CHECK (contacts >= 0), first_contact_at BIGINT, last_contact_at BIGINT,
  said TEXT, said_at BIGINT, next_at BIGINT, next_with TEXT, next_for TEXT REFERENCES people (id),
  stage TEXT NOT NULL DEFAULT 'suspect' CHECK (stage IN ('suspect', 'contacted', 'claimed', 'passed', 'handed_over', 'accepted', 'opportunity', 'won', 'lost')),
  buyer_stage TEXT CHECK (buyer_stage IN ('awareness', 'consideration', 'purchase')),
  is_open BIGINT NOT NULL DEFAULT 1 CHECK (is_open IN (0, 1)), is_worded BIGINT NOT NULL DEFAULT 0 CHECK (is_worded IN (0, 1)),
  CHECK (due_at > received_at), CHECK ((said IS NULL) = (said_at IS NULL)), CHECK ((first_attempt_at IS NULL) = (attempts = 0)),
  CHECK ((first_contact_at IS NULL) = (contacts = 0))
);
CREATE INDEX lead_work_newest ON lead_work (client_id, received_at, lead_id);
CREATE INDEX lead_work_due ON lead_work (client_id, (CASE WHEN next_at IS NOT NULL THEN next_at WHEN first_contact_at IS NULL THEN due_at ELSE last_contact_at + 604800000000 END), lead_id) WHERE is_open = 1;
CREATE INDEX lead_work_untouched ON lead_work (client_id, received_at, lead_id) WHERE is_open = 1 AND first_contact_at IS NULL;
CREATE INDEX lead_work_by_stage ON lead_work (client_id, stage, received_at, lead_id);
CREATE INDEX lead_work_by_source ON lead_work (source_id, received_at, lead_id);
CREATE INDEX lead_work_by_import ON lead_work (import_id) WHERE import_id IS NOT NULL;
CREATE INDEX lead_work_unworded ON lead_work (lead_id) WHERE is_worded = 0;
CREATE TABLE lead_words (
  client_id TEXT NOT NULL, word TEXT COLLATE "C" NOT NULL, lead_id TEXT NOT NULL REFERENCES leads (id), PRIMARY KEY (client_id, word, lead_id)
);
CREATE INDEX lead_words_by_lead ON lead_words (lead_id, word);
CREATE TABLE lead_dispositions (
  id TEXT PRIMARY KEY, lead_id TEXT NOT NULL REFERENCES leads (id), call_id TEXT REFERENCES calls (id), person_id TEXT REFERENCES people (id),
  machine_key TEXT UNIQUE, kind TEXT NOT NULL CHECK (kind IN ('no_answer', 'voicemail', 'gatekeeper', 'conversation', 'meeting_made', 'call_back', 'not_interested', 'do_not_call', 'nurture')),
  next_at BIGINT, next_with TEXT, said_at BIGINT NOT NULL, taken_back_at BIGINT,
  CHECK ((person_id IS NULL) = (machine_key IS NOT NULL)),
  CHECK (next_at IS NOT NULL OR machine_key IS NOT NULL OR kind NOT IN ('meeting_made', 'call_back', 'nurture'))
);
CREATE INDEX lead_dispositions_by_lead ON lead_dispositions (lead_id, said_at);
CREATE TABLE lead_stages (
  lead_id TEXT NOT NULL REFERENCES leads (id), nth BIGINT NOT NULL CHECK (nth > 0), at BIGINT NOT NULL, actor TEXT NOT NULL,
  stage TEXT CHECK (stage IN ('suspect', 'contacted', 'claimed', 'passed', 'handed_over', 'accepted', 'opportunity', 'won', 'lost')),
  buyer_stage TEXT CHECK (buyer_stage IN ('awareness', 'consideration', 'purchase')),
  value_minor BIGINT CHECK (value_minor >= 0), currency TEXT CHECK (length(currency) = 3), proof_of_concept BIGINT CHECK (proof_of_concept IN (0, 1)),
  PRIMARY KEY (lead_id, nth), CHECK ((stage IS NULL) <> (buyer_stage IS NULL)), CHECK ((value_minor IS NULL) = (currency IS NULL))
);
CREATE INDEX lead_dispositions_early ON lead_dispositions (lead_id) WHERE machine_key IS NOT NULL AND call_id IS NULL;
CREATE INDEX leads_by_email ON leads (campaign_id, LOWER(email)) WHERE email IS NOT NULL;
CREATE INDEX leads_by_company ON leads (campaign_id, LOWER(company));
CREATE INDEX calls_by_number ON calls (prospect_e164, client_id) WHERE prospect_e164 IS NOT NULL;
CREATE INDEX calls_by_disposition ON calls (client_id, disposition, started_at) WHERE disposition IS NOT NULL;
CREATE INDEX calls_by_outcome ON calls (client_id, outcome, started_at);
CREATE INDEX calls_leadless ON calls (client_id, started_at) WHERE lead_id IS NULL;
CREATE INDEX claims_by_person ON claims (person_id, number);
INSERT INTO lead_work (lead_id, client_id, campaign_id, source_id, received_at, due_at, attempts, first_attempt_at, last_attempt_at, contacts, first_contact_at, last_contact_at, stage)
  SELECT l.id, l.client_id, l.campaign_id, l.source_id, l.created_at, l.created_at + COALESCE(s.contact_within_hours, 168) * 3600000000,
    COALESCE(k.attempts, 0), k.first_attempt_at, k.last_attempt_at, COALESCE(k.contacts, 0), k.first_contact_at, k.last_contact_at,
    CASE WHEN EXISTS (SELECT 1 FROM claims c WHERE c.lead_id = l.id AND c.outcome IN ('passed', 'passed_already_paid', 'passed_waiting')) THEN 'passed'
      WHEN EXISTS (SELECT 1 FROM claims c WHERE c.lead_id = l.id AND c.state IN ('open', 'in_review', 'held')) THEN 'claimed'
      WHEN k.contacts > 0 THEN 'contacted' ELSE 'suspect' END
  FROM leads l LEFT JOIN sources s ON s.id = l.source_id LEFT JOIN (SELECT lead_id, COUNT(CASE WHEN (k.direction IS NULL OR k.direction <> 'inbound') THEN 1 END) AS attempts,
    MIN(CASE WHEN (k.direction IS NULL OR k.direction <> 'inbound') THEN k.started_at END) AS first_attempt_at,
    MAX(CASE WHEN (k.direction IS NULL OR k.direction <> 'inbound') THEN k.started_at END) AS last_attempt_at,
    COUNT(CASE WHEN (k.answered_at IS NOT NULL AND (k.disposition IN ('conversation', 'meeting_made', 'call_back', 'not_interested', 'do_not_call') OR (k.disposition IS NULL AND k.ended_at - k.answered_at >= 30000000))) THEN 1 END) AS contacts,
    MIN(CASE WHEN (k.answered_at IS NOT NULL AND (k.disposition IN ('conversation', 'meeting_made', 'call_back', 'not_interested', 'do_not_call') OR (k.disposition IS NULL AND k.ended_at - k.answered_at >= 30000000))) THEN k.answered_at END) AS first_contact_at,
    MAX(CASE WHEN (k.answered_at IS NOT NULL AND (k.disposition IN ('conversation', 'meeting_made', 'call_back', 'not_interested', 'do_not_call') OR (k.disposition IS NULL AND k.ended_at - k.answered_at >= 30000000))) THEN k.answered_at END) AS last_contact_at FROM calls k WHERE lead_id IS NOT NULL GROUP BY lead_id) k ON k.lead_id = l.id;
-- What was said of the calls, newest first: it says what is next. Who is merged into another is that one.
UPDATE lead_work SET (said, said_at, next_at, next_with, next_for) = (SELECT c.disposition, c.disposition_at, c.appointment_at, c.appointment_with, CASE WHEN c.appointment_at IS NULL THEN NULL ELSE c.person_id END
  FROM calls c WHERE c.lead_id = lead_work.lead_id AND c.disposition IS NOT NULL ORDER BY c.disposition_at DESC, c.id DESC LIMIT 1)
  WHERE EXISTS (SELECT 1 FROM calls c WHERE c.lead_id = lead_work.lead_id AND c.disposition IS NOT NULL);
UPDATE lead_work SET is_open = 0 WHERE stage NOT IN ('suspect', 'contacted') OR said IN ('not_interested', 'do_not_call')
  OR EXISTS (SELECT 1 FROM lead_merges m WHERE m.lead_id = lead_work.lead_id AND m.split_at IS NULL);
INSERT INTO lead_stages (lead_id, nth, at, actor, stage) SELECT lead_id, 1, received_at, 'system', 'suspect' FROM lead_work;
INSERT INTO lead_stages (lead_id, nth, at, actor, stage) SELECT lead_id, 2, COALESCE(first_contact_at, received_at), 'system', stage FROM lead_work WHERE stage <> 'suspect';
-- A lead's row of work begins with it, and follows its source.
CREATE FUNCTION lead_begins() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  INSERT INTO lead_work (lead_id, client_id, campaign_id, source_id, received_at, due_at)
    VALUES (NEW.id, NEW.client_id, NEW.campaign_id, NEW.source_id, NEW.created_at, NEW.created_at + COALESCE((SELECT contact_within_hours FROM sources WHERE id = NEW.source_id), 168) * 3600000000);
  RETURN NULL; END $$;
CREATE TRIGGER lead_begins AFTER INSERT ON leads FOR EACH ROW EXECUTE FUNCTION lead_begins();
CREATE FUNCTION lead_source() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  UPDATE lead_work SET source_id = NEW.source_id, due_at = received_at + COALESCE((SELECT contact_within_hours FROM sources WHERE id = NEW.source_id), 168) * 3600000000 WHERE lead_id = NEW.id;
  RETURN NULL; END $$;
CREATE TRIGGER lead_source AFTER UPDATE OF source_id ON leads FOR EACH ROW WHEN (NEW.source_id IS DISTINCT FROM OLD.source_id) EXECUTE FUNCTION lead_source();
CREATE FUNCTION lead_source_client() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF NEW.source_id IS NOT NULL AND (SELECT client_id FROM sources WHERE id = NEW.source_id) IS DISTINCT FROM NEW.client_id THEN
    RAISE EXCEPTION 'a lead comes from a source of its own client';
  END IF; RETURN NEW; END $$;
CREATE TRIGGER lead_source_client BEFORE INSERT ON leads FOR EACH ROW EXECUTE FUNCTION lead_source_client();
-- First and last attempt, first and last contact: of the calls that are the lead's now.
CREATE FUNCTION call_counted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF TG_OP = 'UPDATE' AND OLD.lead_id IS NOT NULL THEN
    UPDATE lead_work SET (attempts, first_attempt_at, last_attempt_at, contacts, first_contact_at, last_contact_at) = (SELECT COUNT(CASE WHEN (k.direction IS NULL OR k.direction <> 'inbound') THEN 1 END),
    MIN(CASE WHEN (k.direction IS NULL OR k.direction <> 'inbound') THEN k.started_at END),
    MAX(CASE WHEN (k.direction IS NULL OR k.direction <> 'inbound') THEN k.started_at END),
    COUNT(CASE WHEN (k.answered_at IS NOT NULL AND (k.disposition IN ('conversation', 'meeting_made', 'call_back', 'not_interested', 'do_not_call') OR (k.disposition IS NULL AND k.ended_at - k.answered_at >= 30000000))) THEN 1 END),
    MIN(CASE WHEN (k.answered_at IS NOT NULL AND (k.disposition IN ('conversation', 'meeting_made', 'call_back', 'not_interested', 'do_not_call') OR (k.disposition IS NULL AND k.ended_at - k.answered_at >= 30000000))) THEN k.answered_at END),
    MAX(CASE WHEN (k.answered_at IS NOT NULL AND (k.disposition IN ('conversation', 'meeting_made', 'call_back', 'not_interested', 'do_not_call') OR (k.disposition IS NULL AND k.ended_at - k.answered_at >= 30000000))) THEN k.answered_at END) FROM calls k WHERE k.lead_id = OLD.lead_id) WHERE lead_id = OLD.lead_id;
  END IF;
  IF NEW.lead_id IS NOT NULL THEN
    UPDATE lead_work SET (attempts, first_attempt_at, last_attempt_at, contacts, first_contact_at, last_contact_at) = (SELECT COUNT(CASE WHEN (k.direction IS NULL OR k.direction <> 'inbound') THEN 1 END),
    MIN(CASE WHEN (k.direction IS NULL OR k.direction <> 'inbound') THEN k.started_at END),
    MAX(CASE WHEN (k.direction IS NULL OR k.direction <> 'inbound') THEN k.started_at END),
    COUNT(CASE WHEN (k.answered_at IS NOT NULL AND (k.disposition IN ('conversation', 'meeting_made', 'call_back', 'not_interested', 'do_not_call') OR (k.disposition IS NULL AND k.ended_at - k.answered_at >= 30000000))) THEN 1 END),
    MIN(CASE WHEN (k.answered_at IS NOT NULL AND (k.disposition IN ('conversation', 'meeting_made', 'call_back', 'not_interested', 'do_not_call') OR (k.disposition IS NULL AND k.ended_at - k.answered_at >= 30000000))) THEN k.answered_at END),
    MAX(CASE WHEN (k.answered_at IS NOT NULL AND (k.disposition IN ('conversation', 'meeting_made', 'call_back', 'not_interested', 'do_not_call') OR (k.disposition IS NULL AND k.ended_at - k.answered_at >= 30000000))) THEN k.answered_at END) FROM calls k WHERE k.lead_id = NEW.lead_id) WHERE lead_id = NEW.lead_id;
  END IF;
  RETURN NULL; END $$;
CREATE TRIGGER call_counted AFTER INSERT ON calls FOR EACH ROW EXECUTE FUNCTION call_counted();
CREATE TRIGGER call_counted_anew AFTER UPDATE OF lead_id, disposition, direction, started_at, answered_at, ended_at ON calls FOR EACH ROW EXECUTE FUNCTION call_counted();
CREATE TRIGGER stage_keeps BEFORE UPDATE ON lead_stages FOR EACH ROW EXECUTE FUNCTION refuse('a stage is never edited: enter another');
CREATE FUNCTION stage_stays() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF NOT EXISTS (SELECT 1 FROM lead_work w JOIN imports i ON i.id = w.import_id WHERE w.lead_id = OLD.lead_id AND i.undone_at IS NOT NULL) THEN RAISE EXCEPTION 'stages are never deleted'; END IF;
  RETURN OLD; END $$;
CREATE TRIGGER stage_stays BEFORE DELETE ON lead_stages FOR EACH ROW EXECUTE FUNCTION stage_stays();
