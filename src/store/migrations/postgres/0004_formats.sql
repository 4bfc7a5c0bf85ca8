-- FLAC, and G.711 as it was received.
ALTER TABLE recordings DROP CONSTRAINT recordings_format_check;
ALTER TABLE recordings ADD CONSTRAINT recordings_format_check CHECK (format IN ('opus', 'wav', 'g711', 'flac'));
