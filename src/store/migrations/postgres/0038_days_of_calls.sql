-- A client's calls of a day as reports of long periods read them: one text each, once the day is over (report/day.rs).
CREATE TABLE figure_days (client_id TEXT NOT NULL REFERENCES clients (id), day BIGINT NOT NULL, body TEXT, PRIMARY KEY (client_id, day));
CREATE INDEX figure_days_to_pack ON figure_days (day, client_id) WHERE body IS NULL;
INSERT INTO figure_days (client_id, day) SELECT DISTINCT client_id, day FROM call_figures;
CREATE FUNCTION day_is_to_be_packed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  INSERT INTO figure_days (client_id, day) VALUES (NEW.client_id, NEW.day) ON CONFLICT (client_id, day) DO UPDATE SET body = NULL WHERE figure_days.body IS NOT NULL; RETURN NULL; END $$;
CREATE TRIGGER day_is_to_be_packed AFTER INSERT ON call_figures FOR EACH ROW EXECUTE FUNCTION day_is_to_be_packed();
CREATE FUNCTION day_is_to_be_packed_less() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  UPDATE figure_days SET body = NULL WHERE client_id = OLD.client_id AND day = OLD.day AND body IS NOT NULL; RETURN NULL; END $$;
CREATE TRIGGER day_is_to_be_packed_less AFTER DELETE ON call_figures FOR EACH ROW EXECUTE FUNCTION day_is_to_be_packed_less();
CREATE FUNCTION day_is_to_be_packed_again() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  UPDATE figure_days SET body = NULL WHERE client_id = OLD.client_id AND day = OLD.day AND body IS NOT NULL;
  INSERT INTO figure_days (client_id, day) VALUES (NEW.client_id, NEW.day) ON CONFLICT (client_id, day) DO UPDATE SET body = NULL WHERE figure_days.body IS NOT NULL; RETURN NULL; END $$;
CREATE TRIGGER day_is_to_be_packed_again AFTER UPDATE ON call_figures FOR EACH ROW EXECUTE FUNCTION day_is_to_be_packed_again();

-- What counts of a year ask for, without a row read beside its index.
CREATE INDEX leads_newest ON leads (created_at, id, client_id);
DROP INDEX calls_by_lead;
CREATE INDEX calls_by_lead ON calls (lead_id, started_at, answered_at, ended_at, sip_status, person_id);
CREATE INDEX calls_answered ON calls (person_id, prospect_number, started_at) WHERE outcome = 'answered';
DROP INDEX lead_work_newest;
CREATE INDEX lead_work_newest ON lead_work (client_id, received_at, lead_id, first_attempt_at, first_contact_at);
DROP INDEX lead_work_by_stage;
CREATE INDEX lead_work_by_stage ON lead_work (client_id, stage, received_at, lead_id, is_open, campaign_id, source_id, origin);
