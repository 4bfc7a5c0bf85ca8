-- Which word of the other side is a reply is told in another way (report/talk.rs): all calls are counted anew. What was told of whole weeks
-- where nobody is to be singled out stays as it was told.
INSERT INTO figures_due (call_id) SELECT id FROM calls WHERE 1 = 1 ON CONFLICT (call_id) DO NOTHING;
