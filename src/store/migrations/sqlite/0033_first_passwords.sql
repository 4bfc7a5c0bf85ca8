-- Who made somebody's password for them: an administrator's own act, after which nothing else answers before they have set one that
-- nobody else knows.
ALTER TABLE people ADD COLUMN password_by TEXT REFERENCES people (id);
