-- What a house of a thousand seats asks for: the entries of a lead, which every booking looks at; calls of one person at one client;
-- hand-overs as they were made; what was decided last.
CREATE INDEX ledger_by_lead ON ledger (lead_id, campaign_id);
CREATE INDEX calls_of_one ON calls (client_id, person_id, started_at);
CREATE INDEX handovers_by_handing ON handovers (handed_at, claim_id) WHERE handed_at IS NOT NULL;
CREATE INDEX claims_by_decision ON claims (decided_at, id) WHERE state = 'decided';
