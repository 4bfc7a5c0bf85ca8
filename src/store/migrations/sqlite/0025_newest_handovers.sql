-- Sales' list of all clients ends after what it shows.
CREATE INDEX handovers_by_time ON handovers (passed_at);
