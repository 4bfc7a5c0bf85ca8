#!/usr/bin/env python3
"""Adds to a year that `year.py` has made what an office writes on top: plans and entries, second reviews, disputes, questions, lists
that came in, what contacts read and when, promises, messages to a receiver and what was written into a CRM.

  books.py assay.db [--seed 1]

For figures at size, never for a test of what is right: the entries rest on no bundle, and nobody is written to, since receiver and CRM
are switched off. Needs nothing but Python.
"""
import argparse
import datetime
import json
import random
import sqlite3
import time

args = argparse.ArgumentParser()
args.add_argument("database")
args.add_argument("--seed", type=int, default=1)
args = args.parse_args()
rng = random.Random(args.seed)

MINUTE, HOUR, DAY = 60_000_000, 3_600_000_000, 86_400_000_000
now = int(time.time() * 1e6)
began = time.time()
db = sqlite3.connect(args.database, isolation_level=None)
for pragma in ("synchronous = OFF", "cache_size = -400000", "temp_store = MEMORY"):
    db.execute(f"PRAGMA {pragma}")
one = lambda sql, *values: db.execute(sql, values).fetchone()
counters = {}


def ident(kind):
    """A UUID of version 7 by its looks; those of a kind ascend."""
    counters[kind] = n = counters.get(kind, 0) + 1
    return f"0199{args.seed:04x}-{0x100 + kind:04x}-7000-8000-{n:012x}"


PLAN, ENTRY, REVIEW, DISPUTE, QUESTION, IMPORT, PROMISE, MESSAGE = range(1, 9)


def many(sql, rows, what):
    db.execute("BEGIN")
    count = db.executemany(sql, rows).rowcount
    db.execute("COMMIT")
    print(f"{count:,} {what} after {time.time() - began:.0f} s", flush=True)


month = lambda at: datetime.datetime.fromtimestamp(at / 1e6, datetime.timezone.utc).strftime("%Y-%m")
max_, marek, rana = (one("SELECT id FROM people WHERE login = ?", login)[0] for login in ("max", "marek", "rana"))
large = one("SELECT id FROM clients WHERE name LIKE 'Northlight%'")[0]
campaigns = db.execute("SELECT id, client_id, name FROM campaigns WHERE name = 'A year'").fetchall()
claims = db.execute("SELECT c.id, c.lead_id, c.campaign_id, k.client_id, c.person_id, p.name, l.company, c.outcome, c.checklist_version_id, v.id, v.final_at, v.answers"
                    " FROM claims c JOIN campaigns k ON k.id = c.campaign_id JOIN people p ON p.id = c.person_id JOIN leads l ON l.id = c.lead_id"
                    " JOIN verdicts v ON v.claim_id = c.id WHERE k.name = 'A year' ORDER BY v.final_at, c.id").fetchall()

# What a lead is worth, and what was earned.
plans = {campaign: ident(PLAN) for campaign, _, _ in campaigns}
many("INSERT INTO plans (id, campaign_id, version, amount_minor, currency, payable_after_days, from_at, approved_by, approved_at) VALUES (?, ?, 1, 4000, 'EUR', 30, ?, ?, ?)",
     [(plan, campaign, now - 400 * DAY, max_, now - 400 * DAY) for campaign, plan in plans.items()], "plans")
many("INSERT INTO periods (name) VALUES (?) ON CONFLICT (name) DO NOTHING", sorted({(month(c[10]),) for c in claims}), "periods at most")
place, entries = one("SELECT COALESCE(MAX(place), 0) FROM ledger")[0], {}


def entry_rows():
    for nth, (claim, lead, campaign, _, person, payee, company, outcome, version, verdict, final, _) in enumerate((c for c in claims if c[7] == "passed"), place + 1):
        entries[claim] = ident(ENTRY)
        yield (entries[claim], person, campaign, lead, claim, verdict, plans[campaign], final, final + 30 * DAY, month(final), final, payee, company, version, nth)


many("INSERT INTO ledger (id, kind, person_id, campaign_id, lead_id, claim_id, verdict_id, plan_id, amount_minor, currency, earned_at, payable_at, period, booked_at, payee,"
     " company, campaign, plan_version, checklist_version_id, place) VALUES (?, 'accrual', ?, ?, ?, ?, ?, ?, 4000, 'EUR', ?, ?, ?, ?, ?, ?, 'A year', 1, ?, ?)",
     entry_rows(), "entries")

# Each twentieth verdict was heard again, and each hundredth disputed.
number = one("SELECT COALESCE(MAX(number), 0) FROM second_reviews")[0]
reviews, disputes = [], []
for claim, lead, campaign, _, person, _, _, outcome, version, verdict, final, answers in claims:
    drawn = rng.random()
    if drawn > 0.06:
        continue
    number, reason, passed = number + 1, "dispute" if drawn < 0.01 else "random", outcome == "passed"
    said = passed if rng.random() < 0.9 else not passed
    reviews.append((ident(REVIEW), number, reason, lead, campaign, version, claim, verdict, final, final + 2 * DAY, rana, answers, int(said), final + DAY, answers, int(passed), final + DAY))
    if reason == "dispute":
        disputes.append((ident(DISPUTE), verdict, claim, person, reviews[-1][0], final + HOUR, final + DAY))
many("INSERT INTO second_reviews (id, number, reason, lead_id, campaign_id, checklist_version_id, claim_id, verdict_id, created_at, due_at, state, reviewer_id, recordings, answers,"
     " passed, heard, answered_at, final_answers, final_passed, final_note, decided_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'decided', ?, '[]', ?, ?, '{}', ?, ?, ?, '', ?)",
     reviews, "second reviews")
many("INSERT INTO disputes (id, verdict_id, claim_id, person_id, second_review_id, created_at, state, decided_at) VALUES (?, ?, ?, ?, ?, ?, 'stands', ?)", disputes, "disputes")

# Questions about pay, most of them answered.
number = one("SELECT COALESCE(MAX(number), 0) FROM questions")[0]
questions = []
for claim, _, _, client, person, _, _, _, _, _, final, _ in claims:
    if rng.random() < 0.03:
        number += 1
        questions.append((ident(QUESTION), number, person, client, claim, entries.get(claim), month(final), final + DAY, final + 8 * DAY))
many("INSERT INTO questions (id, number, person_id, client_id, about, claim_id, entry_id, period, asked_at, due_at) VALUES (?, ?, ?, ?, 'wrong_amount', ?, ?, ?, ?, ?)", questions, "questions")
many("INSERT INTO question_parts (question_id, nth, kind, person_id, text, at) VALUES (?, 1, 'question', ?, 'Is this all?', ?)", [(q[0], q[2], q[7]) for q in questions], "first parts")
answered = [q for q in questions if rng.random() < 0.97 and q[7] + DAY < now]
many("INSERT INTO question_parts (question_id, nth, kind, person_id, text, at) VALUES (?, 2, 'answer', ?, 'It is.', ?)", [(q[0], max_, q[7] + DAY) for q in answered], "answers")
many("UPDATE questions SET answered_at = ? WHERE id = ?", [(q[7] + DAY, q[0]) for q in answered], "questions answered")

# Two lists a week came to each campaign, of three suppliers.
HALF_WEEK = 7 * DAY // 2
lists = {}
for campaign, client, _ in campaigns:
    for n in range(365 * DAY // HALF_WEEK + 2):
        lists[campaign, n] = (ident(IMPORT), client, campaign, f"Supplier {n % 3}", f"list-{n}.csv", max_, now - 366 * DAY + n * HALF_WEEK, now - 366 * DAY + n * HALF_WEEK + MINUTE)
many("INSERT INTO imports (id, client_id, campaign_id, supplier, file_name, actor, began_at, ended_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", lists.values(), "lists")
came = db.execute("SELECT l.id, l.campaign_id, l.created_at, l.interactions FROM leads l JOIN campaigns k ON k.id = l.campaign_id WHERE k.name = 'A year'").fetchall()
of_list = [(lists[campaign, max(0, (at - now + 366 * DAY) // HALF_WEEK)][0], lead) for lead, campaign, at, _ in came]
many("UPDATE lead_work SET import_id = ? WHERE lead_id = ?", of_list, "leads of lists")
many("INSERT INTO lead_interactions (lead_id, at, what, told_at, actor) VALUES (?, ?, ?, ?, ?)",
     ((lead, at - rng.randrange(HOUR, 20 * DAY), what, at, max_) for lead, _, at, text in came if text for what in text.split("; ")), "interactions")

# After the hand-over: promises, a CRM that was written to, and a receiver that was told.
handed = db.execute("SELECT h.claim_id, h.lead_id, h.client_id, h.passed_at, c.person_id FROM handovers h JOIN claims c ON c.id = h.claim_id JOIN campaigns k ON k.id = h.campaign_id"
                    " WHERE k.name = 'A year' ORDER BY h.passed_at").fetchall()
many("INSERT INTO promises (id, claim_id, lead_id, kind, words, from_at, until_at, made_by, at) VALUES (?, ?, ?, 'call', 'Call me again', ?, ?, ?, ?)",
     ((ident(PROMISE), claim, lead, passed + 10 * DAY, passed + 11 * DAY, person, passed) for claim, lead, _, passed, person in handed if rng.random() < 0.3), "promises")
crm, receiver = ident(MESSAGE), ident(MESSAGE)
db.execute("INSERT INTO crms (id, client_id, kind, url, secret, from_at, set_by, set_at, off_at, next_attempt_at) VALUES (?, ?, 'espocrm', 'https://crm.example/', 'none', ?, ?, ?, ?, ?)",
           (crm, large, now - 400 * DAY, max_, now - 400 * DAY, now, now))
many("INSERT INTO crm_sends (crm_id, claim_id, state, since, next_attempt_at, attempts, written, written_at, record, last_at, last_status) VALUES (?, ?, 'sent', ?, ?, 1, '{}', ?, ?, ?, 200)",
     ((crm, claim, at, at, at + MINUTE, f"r{n}", at + MINUTE) for n, (claim, _, client, at, _) in enumerate(handed) if client == large), "leads in a CRM")
db.execute("INSERT INTO receivers (id, name, url, all_topics, made_by, created_at, paused_at, paused_for, next_attempt_at) VALUES (?, 'Data warehouse', 'https://warehouse.example/', 1, ?, ?, ?, 'admin', ?)",
           (receiver, max_, now - 400 * DAY, now, now))
seq = one("SELECT COALESCE(MAX(seq), 0) FROM outbox")[0]
told = [(ident(MESSAGE), n, c[3], c[10], json.dumps({"type": "verdict.sealed", "data": {"claim": c[0], "verdict": c[9], "passed": c[7] == "passed"}})) for n, c in enumerate(claims, seq + 1)]
many("INSERT INTO outbox (id, topic, body, created_at, next_attempt_at, delivered_at, seq, client_id) VALUES (?, 'verdict.sealed', ?, ?, ?, ?, ?, ?)",
     ((id, body, at, at, at, n, client) for id, n, client, at, body in told), "messages")
many("INSERT INTO deliveries (receiver_id, seq, message_id, since, attempts, last_at, last_status, delivered_at, dead_at) VALUES (?, ?, ?, ?, 1, ?, ?, ?, ?)",
     ((receiver, n, id, at, at, 500 if dead else 200, None if dead else at, at if dead else None) for id, n, _, at, _ in told for dead in [rng.random() < 0.01]), "deliveries")
# Nothing of it is proved.
db.execute("DELETE FROM leaf_queue")
db.execute("ANALYZE")
