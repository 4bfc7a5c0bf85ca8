-- Leads that nobody has talked to, by when they are late: counted and named from the index alone.
CREATE INDEX lead_work_late ON lead_work (client_id, due_at, lead_id, source_id, received_at, campaign_id, is_open, first_contact_at)
  WHERE is_open = 1 AND first_contact_at IS NULL;
