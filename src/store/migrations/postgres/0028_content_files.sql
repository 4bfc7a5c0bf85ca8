-- A piece of content that is a file and no link: the file lies here, since several boxes and both halves have the database in common.
CREATE TABLE content_files (
  content_id TEXT PRIMARY KEY REFERENCES content (id), name TEXT NOT NULL CHECK (name <> ''), bytes BIGINT NOT NULL CHECK (bytes > 0),
  sha256 TEXT NOT NULL, base64 TEXT NOT NULL
);
