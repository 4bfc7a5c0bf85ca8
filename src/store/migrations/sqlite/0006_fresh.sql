-- Who has judged a call already; second looks that wait until a verdict can no longer be disputed.
ALTER TABLE looks ADD COLUMN opens_at BIGINT NOT NULL DEFAULT 0;
CREATE INDEX look_calls_by_call ON look_calls (call_id);
CREATE INDEX claim_calls_by_call ON claim_calls (call_id);
