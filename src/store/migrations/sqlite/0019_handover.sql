-- The hand-over to sales and the way back: what sales says is only ever added to, and no path leads from here to the ledger.
CREATE TABLE sales_answers_before (id TEXT PRIMARY KEY, claim_id TEXT NOT NULL, person_id TEXT, answer TEXT NOT NULL, criterion TEXT, note TEXT NOT NULL, at BIGINT NOT NULL, replaces TEXT);
INSERT INTO sales_answers_before SELECT s.id, s.claim_id, s.person_id, s.answer, s.criterion, s.note, s.at, b.before FROM sales_answers s JOIN (SELECT s.id, LAG(s.id) OVER (PARTITION BY s.claim_id ORDER BY s.at, s.id) AS before FROM sales_answers s) b ON b.id = s.id;
DROP TABLE sales_answers;
CREATE TABLE sales_answers (
  id TEXT PRIMARY KEY, claim_id TEXT NOT NULL REFERENCES claims (id), person_id TEXT REFERENCES people (id), token_id TEXT REFERENCES api_tokens (id),
  answer TEXT NOT NULL CHECK (answer IN ('now', 'later', 'needs_information', 'nurture', 'reject')), criterion TEXT, note TEXT NOT NULL, at BIGINT NOT NULL,
  until_at BIGINT, reason TEXT CHECK (reason IN ('criterion', 'unreachable', 'known_already', 'wrong_person', 'wrong_territory', 'no_capacity', 'poor_fit', 'other')),
  replaces TEXT REFERENCES sales_answers (id)
);
-- In the order of time: an answer comes after the one that it replaces.
INSERT INTO sales_answers (id, claim_id, person_id, answer, criterion, note, at, reason, replaces) SELECT id, claim_id, person_id, answer, criterion, note, at,
  CASE WHEN answer <> 'reject' THEN NULL WHEN criterion IS NULL THEN 'other' ELSE 'criterion' END, replaces FROM sales_answers_before ORDER BY claim_id, at, id;
DROP TABLE sales_answers_before;
CREATE INDEX sales_answers_by_claim ON sales_answers (claim_id, at);
CREATE UNIQUE INDEX one_first_answer ON sales_answers (claim_id) WHERE replaces IS NULL;
CREATE UNIQUE INDEX one_answer_replaces ON sales_answers (replaces) WHERE replaces IS NOT NULL;
CREATE TABLE handovers (
  claim_id TEXT PRIMARY KEY REFERENCES claims (id), lead_id TEXT NOT NULL UNIQUE REFERENCES leads (id), campaign_id TEXT NOT NULL REFERENCES campaigns (id),
  client_id TEXT NOT NULL REFERENCES clients (id), sales_id TEXT REFERENCES people (id), passed_at BIGINT NOT NULL, handed_at BIGINT,
  answer_due_at BIGINT, call_due_at BIGINT, answer_id TEXT REFERENCES sales_answers (id),
  CHECK ((handed_at IS NULL) = (answer_due_at IS NULL)), CHECK ((handed_at IS NULL) = (call_due_at IS NULL)), CHECK (answer_id IS NULL OR handed_at IS NOT NULL)
);
CREATE INDEX handovers_by_client ON handovers (client_id, passed_at);
CREATE INDEX handovers_waiting ON handovers (client_id, answer_due_at) WHERE answer_id IS NULL;
-- Of the claims on a lead that passed the first is the one that was handed over; a day for each is what was agreed before anything was.
INSERT INTO handovers (claim_id, lead_id, campaign_id, client_id, passed_at, handed_at, answer_due_at, call_due_at, answer_id)
  SELECT c.id, c.lead_id, c.campaign_id, k.client_id, c.decided_at, c.decided_at, c.decided_at + 86400000000, c.decided_at + 86400000000,
    (SELECT a.id FROM sales_answers a WHERE a.claim_id = c.id AND NOT EXISTS (SELECT 1 FROM sales_answers r WHERE r.replaces = a.id))
  FROM claims c JOIN campaigns k ON k.id = c.campaign_id WHERE c.outcome IS NOT NULL AND c.outcome <> 'failed' AND c.decided_at IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM claims e WHERE e.lead_id = c.lead_id AND e.outcome IS NOT NULL AND e.outcome <> 'failed' AND (e.decided_at < c.decided_at OR (e.decided_at = c.decided_at AND e.number < c.number)));
CREATE INDEX candidates_by_lead ON call_lead_candidates (lead_id);
CREATE TABLE handover_fields (
  id TEXT PRIMARY KEY, claim_id TEXT NOT NULL REFERENCES claims (id),
  field TEXT NOT NULL CHECK (field IN ('situation', 'worth', 'tried', 'deciders', 'supplier', 'limits', 'next_step', 'sent')),
  text TEXT NOT NULL, person_id TEXT NOT NULL REFERENCES people (id), at BIGINT NOT NULL
);
CREATE INDEX handover_fields_by_claim ON handover_fields (claim_id, field, at);
CREATE TABLE campaign_needs (
  campaign_id TEXT NOT NULL REFERENCES campaigns (id),
  field TEXT NOT NULL CHECK (field IN ('situation', 'worth', 'tried', 'deciders', 'supplier', 'limits', 'next_step', 'sent')), PRIMARY KEY (campaign_id, field)
);
CREATE TABLE handover_questions (
  id TEXT PRIMARY KEY, claim_id TEXT NOT NULL REFERENCES claims (id), person_id TEXT REFERENCES people (id),
  field TEXT CHECK (field IN ('situation', 'worth', 'tried', 'deciders', 'supplier', 'limits', 'next_step', 'sent')),
  text TEXT NOT NULL CHECK (text <> ''), asked_at BIGINT NOT NULL, answer TEXT, answered_by TEXT REFERENCES people (id), answered_at BIGINT,
  CHECK ((answer IS NULL) = (answered_by IS NULL)), CHECK ((answer IS NULL) = (answered_at IS NULL))
);
CREATE INDEX handover_questions_by_claim ON handover_questions (claim_id, asked_at);
CREATE TABLE handover_ratings (
  id TEXT PRIMARY KEY, claim_id TEXT NOT NULL REFERENCES claims (id), person_id TEXT NOT NULL REFERENCES people (id),
  enough BIGINT NOT NULL CHECK (enough IN (0, 1)), why TEXT NOT NULL, at BIGINT NOT NULL, CHECK (enough = 1 OR why <> '')
);
CREATE INDEX handover_ratings_by_claim ON handover_ratings (claim_id, at);
CREATE TABLE readiness (
  id TEXT PRIMARY KEY, claim_id TEXT NOT NULL REFERENCES claims (id), person_id TEXT NOT NULL REFERENCES people (id),
  level TEXT NOT NULL CHECK (level IN ('not_ready', 'exploring', 'comparing', 'ready')), note TEXT NOT NULL, at BIGINT NOT NULL
);
CREATE INDEX readiness_by_claim ON readiness (claim_id, at);
CREATE TABLE promises (
  id TEXT PRIMARY KEY, claim_id TEXT NOT NULL REFERENCES claims (id), lead_id TEXT NOT NULL REFERENCES leads (id),
  kind TEXT NOT NULL CHECK (kind IN ('call', 'meet', 'send')), words TEXT NOT NULL CHECK (words <> ''), from_at BIGINT NOT NULL, until_at BIGINT NOT NULL,
  call_id TEXT REFERENCES calls (id), from_ms BIGINT, to_ms BIGINT, made_by TEXT NOT NULL REFERENCES people (id), at BIGINT NOT NULL,
  withdrawn_at BIGINT, withdrawn_by TEXT REFERENCES people (id),
  CHECK (until_at >= from_at), CHECK ((call_id IS NULL) = (from_ms IS NULL)), CHECK ((call_id IS NULL) = (to_ms IS NULL)), CHECK (to_ms IS NULL OR to_ms > from_ms),
  CHECK ((withdrawn_at IS NULL) = (withdrawn_by IS NULL))
);
CREATE INDEX promises_by_claim ON promises (claim_id, from_at);
CREATE TABLE pacts (
  id TEXT PRIMARY KEY, client_id TEXT NOT NULL REFERENCES clients (id), version BIGINT NOT NULL CHECK (version > 0),
  leads_a_month BIGINT NOT NULL CHECK (leads_a_month >= 0), complete_percent BIGINT NOT NULL CHECK (complete_percent BETWEEN 0 AND 100),
  answer_hours BIGINT NOT NULL CHECK (answer_hours > 0), call_hours BIGINT NOT NULL CHECK (call_hours > 0),
  attempts BIGINT NOT NULL CHECK (attempts > 0), attempt_days BIGINT NOT NULL CHECK (attempt_days > 0),
  proposed_by TEXT NOT NULL REFERENCES people (id), proposed_at BIGINT NOT NULL,
  signed_by_marketing TEXT REFERENCES people (id), marketing_signed_at BIGINT, signed_by_sales TEXT REFERENCES people (id), sales_signed_at BIGINT, in_force_from BIGINT,
  UNIQUE (client_id, version), CHECK ((signed_by_marketing IS NULL) = (marketing_signed_at IS NULL)), CHECK ((signed_by_sales IS NULL) = (sales_signed_at IS NULL)),
  CHECK (in_force_from IS NULL OR (signed_by_marketing IS NOT NULL AND signed_by_sales IS NOT NULL AND signed_by_marketing <> signed_by_sales))
);
CREATE TABLE content (
  id TEXT PRIMARY KEY, client_id TEXT NOT NULL REFERENCES clients (id), title TEXT NOT NULL CHECK (title <> ''), link TEXT NOT NULL CHECK (link <> ''),
  theme TEXT NOT NULL, topic TEXT NOT NULL, stage TEXT NOT NULL CHECK (stage IN ('', 'awareness', 'consideration', 'purchase')), pain TEXT NOT NULL,
  added_by TEXT NOT NULL REFERENCES people (id), added_at BIGINT NOT NULL, retired_at BIGINT
);
CREATE INDEX content_by_client ON content (client_id, added_at);
CREATE TABLE content_uses (
  id TEXT PRIMARY KEY, content_id TEXT NOT NULL REFERENCES content (id), claim_id TEXT NOT NULL REFERENCES claims (id), person_id TEXT NOT NULL REFERENCES people (id), at BIGINT NOT NULL
);
CREATE INDEX content_uses_by_claim ON content_uses (claim_id, at);
CREATE TABLE content_misses (
  id TEXT PRIMARY KEY, client_id TEXT NOT NULL REFERENCES clients (id), person_id TEXT NOT NULL REFERENCES people (id), words TEXT NOT NULL CHECK (words <> ''), at BIGINT NOT NULL
);
CREATE INDEX content_misses_by_client ON content_misses (client_id, at);
CREATE TABLE crm_events (
  token_id TEXT NOT NULL REFERENCES api_tokens (id), event TEXT NOT NULL CHECK (event <> ''), said TEXT NOT NULL, at BIGINT NOT NULL, PRIMARY KEY (token_id, event)
);
CREATE TABLE crm_outcomes (
  id TEXT PRIMARY KEY, token_id TEXT NOT NULL, event TEXT NOT NULL, lead_id TEXT NOT NULL REFERENCES leads (id),
  outcome TEXT NOT NULL CHECK (outcome IN ('opportunity', 'won', 'lost')), value_minor BIGINT CHECK (value_minor >= 0), currency TEXT CHECK (length(currency) = 3),
  happened_at BIGINT NOT NULL, note TEXT NOT NULL, at BIGINT NOT NULL, CHECK ((value_minor IS NULL) = (currency IS NULL))
);
CREATE INDEX crm_outcomes_by_lead ON crm_outcomes (lead_id, happened_at);
CREATE TRIGGER sales_answer_begins BEFORE INSERT ON sales_answers WHEN (NEW.answer IN ('later', 'nurture') AND NEW.until_at IS NULL) OR (NEW.answer = 'reject') <> (NEW.reason IS NOT NULL) OR (NEW.criterion IS NOT NULL) <> COALESCE(NEW.reason = 'criterion', 0) OR (NEW.person_id IS NULL) = (NEW.token_id IS NULL)
  BEGIN SELECT RAISE(ABORT, 'an answer of sales says when, or why, and whose it is'); END;
CREATE TRIGGER sales_answer_follows BEFORE INSERT ON sales_answers WHEN NEW.replaces IS NOT NULL AND NOT EXISTS (SELECT 1 FROM sales_answers b WHERE b.id = NEW.replaces AND b.claim_id = NEW.claim_id)
  BEGIN SELECT RAISE(ABORT, 'an answer replaces one of the same claim'); END;
CREATE TRIGGER sales_answer_keeps BEFORE UPDATE ON sales_answers
  BEGIN SELECT RAISE(ABORT, 'an answer of sales is never edited: another one replaces it'); END;
CREATE TRIGGER sales_answer_stays BEFORE DELETE ON sales_answers
  BEGIN SELECT RAISE(ABORT, 'answers of sales are never deleted'); END;
CREATE TRIGGER handover_keeps BEFORE UPDATE ON handovers WHEN NEW.claim_id <> OLD.claim_id OR NEW.lead_id <> OLD.lead_id OR NEW.passed_at <> OLD.passed_at OR (OLD.handed_at IS NOT NULL AND (NEW.handed_at IS NULL OR NEW.handed_at <> OLD.handed_at))
  BEGIN SELECT RAISE(ABORT, 'what was handed over stays so'); END;
CREATE TRIGGER handover_stays BEFORE DELETE ON handovers
  BEGIN SELECT RAISE(ABORT, 'hand-overs are never deleted'); END;
CREATE TRIGGER handover_field_keeps BEFORE UPDATE ON handover_fields
  BEGIN SELECT RAISE(ABORT, 'a write-up is added to, never edited'); END;
CREATE TRIGGER handover_field_stays BEFORE DELETE ON handover_fields
  BEGIN SELECT RAISE(ABORT, 'a write-up is added to, never shortened'); END;
CREATE TRIGGER handover_question_keeps BEFORE UPDATE ON handover_questions WHEN OLD.answer IS NOT NULL OR NEW.text <> OLD.text OR NEW.claim_id <> OLD.claim_id
  BEGIN SELECT RAISE(ABORT, 'a question is answered once, and never edited'); END;
CREATE TRIGGER handover_question_stays BEFORE DELETE ON handover_questions
  BEGIN SELECT RAISE(ABORT, 'questions about a hand-over are never deleted'); END;
CREATE TRIGGER handover_rating_keeps BEFORE UPDATE ON handover_ratings
  BEGIN SELECT RAISE(ABORT, 'a rating is never edited: add another'); END;
CREATE TRIGGER handover_rating_stays BEFORE DELETE ON handover_ratings
  BEGIN SELECT RAISE(ABORT, 'ratings are never deleted'); END;
CREATE TRIGGER readiness_keeps BEFORE UPDATE ON readiness
  BEGIN SELECT RAISE(ABORT, 'what is known of readiness is never edited: add to it'); END;
CREATE TRIGGER readiness_stays BEFORE DELETE ON readiness
  BEGIN SELECT RAISE(ABORT, 'what is known of readiness is never deleted'); END;
CREATE TRIGGER promise_keeps BEFORE UPDATE ON promises WHEN OLD.withdrawn_at IS NOT NULL OR NEW.claim_id <> OLD.claim_id OR NEW.words <> OLD.words OR NEW.kind <> OLD.kind OR NEW.from_at <> OLD.from_at OR NEW.until_at <> OLD.until_at OR NEW.call_id IS NOT OLD.call_id OR NEW.from_ms IS NOT OLD.from_ms OR NEW.to_ms IS NOT OLD.to_ms OR NEW.at <> OLD.at
  BEGIN SELECT RAISE(ABORT, 'a promise to a buyer is never edited: withdraw it and make another'); END;
CREATE TRIGGER promise_stays BEFORE DELETE ON promises
  BEGIN SELECT RAISE(ABORT, 'promises to buyers are never deleted'); END;
CREATE TRIGGER pact_keeps BEFORE UPDATE ON pacts WHEN NEW.client_id <> OLD.client_id OR NEW.version <> OLD.version OR NEW.leads_a_month <> OLD.leads_a_month OR NEW.complete_percent <> OLD.complete_percent OR NEW.answer_hours <> OLD.answer_hours OR NEW.call_hours <> OLD.call_hours OR NEW.attempts <> OLD.attempts OR NEW.attempt_days <> OLD.attempt_days OR OLD.in_force_from IS NOT NULL
  BEGIN SELECT RAISE(ABORT, 'a version of the agreement of marketing and sales never changes: propose another'); END;
CREATE TRIGGER pact_stays BEFORE DELETE ON pacts
  BEGIN SELECT RAISE(ABORT, 'versions of the agreement are never deleted'); END;
CREATE TRIGGER content_use_keeps BEFORE UPDATE ON content_uses
  BEGIN SELECT RAISE(ABORT, 'what was sent to a buyer is never edited'); END;
CREATE TRIGGER content_use_stays BEFORE DELETE ON content_uses
  BEGIN SELECT RAISE(ABORT, 'what was sent to a buyer is never deleted'); END;
CREATE TRIGGER crm_outcome_keeps BEFORE UPDATE ON crm_outcomes
  BEGIN SELECT RAISE(ABORT, 'what a CRM said is never edited'); END;
CREATE TRIGGER crm_outcome_stays BEFORE DELETE ON crm_outcomes
  BEGIN SELECT RAISE(ABORT, 'what a CRM said is never deleted'); END;
