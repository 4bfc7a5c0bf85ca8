#!/usr/bin/env python3
"""Fills a box's SQLite file with leads on their way, the same at every run: for figures at size, never for a test of what is right.

  leads.py assay.db [--leads 300000] [--claims 60000] [--clients 20] [--calls 2] [--days 420] [--seed 1]

The file is one that `assay demo --prepare-only` made. Each lead has some calls; a part is handed over and answered by sales, and of
those a part becomes an opportunity, won or lost. What sales accepts hangs on source and budget. Needs nothing but Python.
"""
import argparse
import json
import random
import sqlite3
import time
import uuid

args = argparse.ArgumentParser()
args.add_argument("database")
args.add_argument("--leads", type=int, default=300_000)
args.add_argument("--claims", type=int, default=60_000)
args.add_argument("--clients", type=int, default=20)
args.add_argument("--calls", type=int, default=2, help="of a lead, on average")
args.add_argument("--days", type=int, default=420)
args.add_argument("--seed", type=int, default=1)
args.add_argument("--client", default=None, help="all leads are this client's, by the beginning of its name")
args = args.parse_args()
random.seed(args.seed)

db = sqlite3.connect(args.database)
db.execute("PRAGMA synchronous = OFF")
now, DAY = int(time.time() * 1e6), 86_400_000_000
own = lambda: str(uuid.UUID(int=random.getrandbits(128), version=4))
one = lambda sql, *values: db.execute(sql, values).fetchone()
facts = one("SELECT facts FROM calls LIMIT 1")[0]
manager = one("SELECT id FROM people WHERE role = 'manager' LIMIT 1")[0]
reviewer = one("SELECT id FROM people WHERE role = 'reviewer' LIMIT 1")[0]
body, sha = one("SELECT body, sha256 FROM checklist_versions WHERE in_force_from IS NOT NULL LIMIT 1")
token = own()
db.execute("INSERT INTO api_tokens (id, name, scopes, token_hash, created_at) VALUES (?, 'CRM at size', 'crm_write', ?, ?)", (token, token, now))
SOURCES = [("website request", "A", 12, "marketing", 0.8), ("referral", "A", 24, "sales", 0.65), ("trade show", "B", 72, "marketing", 0.5),
           ("mailing", "C", 168, "marketing", 0.4), ("webinar", "C", 120, "marketing", 0.3), ("self-generated", "B", 168, "telemarketing", 0.5)]


def person(login, role, client):
    id = own()
    db.execute("INSERT INTO people (id, login, name, role, pay_basis, password_hash, created_at) VALUES (?, ?, ?, ?, 'fixed', '', ?)",
               (id, login, login, role, now - 500 * DAY))
    db.execute("INSERT INTO person_clients (person_id, client_id) VALUES (?, ?)", (id, client))
    return id


clients = [r[0] for r in db.execute("SELECT id FROM clients ORDER BY name")]
if args.client:
    clients = [one("SELECT id FROM clients WHERE name LIKE ? || '%'", args.client)[0]]
for n in range(len(clients), 1 if args.client else args.clients):
    clients.append(own())
    db.execute("INSERT INTO clients (id, name, created_at) VALUES (?, ?, ?)", (clients[-1], f"Client {n}", now))
    db.execute("INSERT INTO person_clients (person_id, client_id) VALUES (?, ?)", (manager, clients[-1]))
houses = []
for n, client in enumerate(clients):
    campaign, checklist, version = own(), own(), own()
    db.execute("INSERT INTO checklists (id, name, client_id) VALUES (?, 'At size', ?)", (checklist, client))
    db.execute("INSERT INTO checklist_versions (id, checklist_id, version, body, sha256, signed_by_marketing, signed_by_sales, in_force_from, marketing_signed_at,"
               " sales_signed_at) VALUES (?, ?, 1, ?, ?, 'a', 'b', 1, 1, 1)", (version, checklist, body, sha))
    db.execute("INSERT INTO campaigns (id, client_id, name, checklist_id, created_at) VALUES (?, ?, ?, ?, ?)", (campaign, client, "At size", checklist, now - 500 * DAY))
    sources = []
    for name, grade, hours, origin, likely in SOURCES:
        found = one("SELECT id FROM sources WHERE client_id = ? AND name = ?", client, name)
        id = found[0] if found else own()
        if not found:
            db.execute("INSERT INTO sources (id, client_id, name, grade, contact_within_hours, origin) VALUES (?, ?, ?, ?, ?, ?)", (id, client, name, grade, hours, origin))
        sources.append((id, likely))
    callers = [person(f"caller-{n}-{k}", "telemarketer", client) for k in range(10)]
    reps = [person(f"rep-{n}-{k}", "sales", client) for k in range(6)]
    houses.append((client, campaign, version, sources, callers, reps))

number = one("SELECT COALESCE(MAX(number), 0) FROM claims")[0]


def call(lead, client, by, at, seconds):
    db.execute(
        "INSERT INTO calls (id, started_at, answered_at, ended_at, outcome, direction, recovered, line, person_id, client_id, prospect_number,"
        " prospect_e164, lead_id, lead_by, facts, sealed_at) VALUES (?, ?, ?, ?, ?, 'outbound', 0, '200', ?, ?, ?, ?, ?, 'number', ?, ?)",
        (own(), at, at + 9_000_000 if seconds else None, at + (9 + (seconds or 16)) * 1_000_000, "answered" if seconds else "no_answer",
         by, client, number_of(lead), number_of(lead), lead, facts, at))


number_of = lambda lead: "+4940" + str(int(lead[:8], 16))


def hand_over(lead, client, campaign, version, by, reps, likely, at):
    global number
    number += 1
    claim, verdict = own(), own()
    budget, timescale = random.choice(["in_place", "access"]), random.choice(["weeks_4", "months_3", "months_6"])
    likely += 0.12 if budget == "in_place" else -0.12
    given = [{"criterion": "budget", "answer": budget}, {"criterion": "need", "answer": "pain"}, {"criterion": "timescale", "answer": timescale}]
    db.execute("INSERT INTO claims (id, number, lead_id, campaign_id, person_id, write_up, own_answers, state, created_at, decided_at, outcome, checklist_version_id)"
               " VALUES (?, ?, ?, ?, ?, 'w', '{}', 'decided', ?, ?, 'passed', ?)", (claim, number, lead, campaign, by, at - DAY // 2, at, version))
    db.execute("INSERT INTO verdicts (id, claim_id, reviewer_id, checklist_version_id, checklist_sha256, recordings, answers, passed, note, committed_at,"
               " hold_until, state, final_at, entry_id) VALUES (?, ?, ?, ?, ?, '[]', ?, 1, '', ?, ?, 'final', ?, ?)",
               (verdict, claim, reviewer, version, sha, json.dumps(given), at - 10_000_000, at, at, own()))
    rep = random.choice(reps)
    db.execute("INSERT INTO handovers (claim_id, lead_id, campaign_id, client_id, sales_id, passed_at, handed_at, answer_due_at, call_due_at)"
               " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", (claim, lead, campaign, client, rep, at, at, at + DAY, at + DAY))
    stage = "handed_over"
    if random.random() < 0.93 and at + DAY < now:
        answer, accepted = own(), random.random() < likely
        kind, reason = ("now", None) if accepted else ("reject", random.choice(["known_already", "wrong_person", "no_capacity", "poor_fit"]))
        db.execute("INSERT INTO sales_answers (id, claim_id, person_id, answer, note, at, reason) VALUES (?, ?, ?, ?, 'They have no budget', ?, ?)",
                   (answer, claim, rep, kind, at + DAY // 3, reason))
        db.execute("UPDATE handovers SET answer_id = ? WHERE claim_id = ?", (answer, claim))
        call(lead, client, rep, at + DAY // 2, random.choice([None, 15, 90]))
        if accepted:
            stage = "accepted"
            for outcome, after in [("opportunity", 10), (random.choice(["won", "lost"]), random.randrange(20, 90))]:
                if random.random() < 0.5 or at + after * DAY > now:
                    break
                stage = outcome
                db.execute("INSERT INTO crm_outcomes (id, token_id, event, lead_id, outcome, value_minor, currency, happened_at, note, at, proof_of_concept)"
                           " VALUES (?, ?, ?, ?, ?, ?, ?, ?, '', ?, ?)",
                           (own(), token, own(), lead, outcome, random.randrange(10, 900) * 10_000, random.choice(["EUR", "EUR", "USD"]), at + after * DAY, now, random.randrange(2)))
    db.execute("UPDATE lead_work SET stage = ?, is_open = 0 WHERE lead_id = ?", (stage, lead))
    for nth, (name, when) in enumerate([("suspect", at - 10 * DAY), ("handed_over", at)] + ([(stage, at + DAY)] if stage != "handed_over" else [])):
        db.execute("INSERT INTO lead_stages (lead_id, nth, at, actor, stage) VALUES (?, ?, ?, 'system', ?)", (lead, nth + 1, when, name))


for n in range(args.leads):
    client, campaign, version, sources, callers, reps = houses[n % len(houses)]
    lead, (source, likely), by = own(), random.choice(sources), random.choice(callers)
    came = now - random.randrange(args.days * 86_400) * 1_000_000
    db.execute("INSERT INTO leads (id, client_id, campaign_id, external_id, company, source_id, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
               (lead, client, campaign, f"S-{args.seed}-{n}", f"Company {n}", source, came))
    db.execute("INSERT INTO lead_numbers (lead_id, e164, as_given) VALUES (?, ?, ?)", (lead, number_of(lead), number_of(lead)))
    at, goes_on = came, random.random() < args.claims / args.leads
    for k in range(random.randrange(1, args.calls * 2)):
        at += random.randrange(1, 3 * 86_400) * 1_000_000
        if at < now:
            call(lead, client, by, at, 120 if random.random() < 0.3 else None)
    at += random.randrange(1, 9 * 86_400) * 1_000_000
    if goes_on and at < now:
        call(lead, client, by, at - DAY // 2, 300)
        hand_over(lead, client, campaign, version, by, reps, likely, at)
    elif random.random() < 0.5 and came < now - 30 * DAY:
        db.execute("UPDATE lead_work SET is_open = 0, said = 'not_interested', said_at = ? WHERE lead_id = ?", (at, lead))
    if n % 10_000 == 0:
        db.commit()
        print(f"\r{n:,} of {args.leads:,} leads", end="", flush=True)
# These verdicts have no sound and no commission: they are not to be proved.
db.execute("DELETE FROM leaf_queue")
db.commit()
print(f"\r{args.leads:,} leads for {len(clients)} clients, {one('SELECT COUNT(*) FROM handovers')[0]:,} handed over")
