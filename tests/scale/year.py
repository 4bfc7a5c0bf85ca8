#!/usr/bin/env python3
"""Fills a box's SQLite file with a year of calls, the same at every run: for figures at size, never for a test of what is right.

  year.py assay.db [--calls 1000000] [--people 1000] [--clients 20] [--days 250] [--seed 1]

The file is one that `assay demo --prepare-only` made: its clients, people and lines stay, and those of the year are added beside them.
Connects lie as in the story that the slot report comes from: better at x:50, before 10:30 and from 14:30 on. Needs nothing but Python.
"""
import argparse
import datetime
import json
import random
import sqlite3
import uuid

args = argparse.ArgumentParser()
args.add_argument("database")
args.add_argument("--calls", type=int, default=1_000_000)
args.add_argument("--people", type=int, default=1_000)
args.add_argument("--clients", type=int, default=20)
args.add_argument("--days", type=int, default=250)
args.add_argument("--seed", type=int, default=1)
args.add_argument("--until", default=None, help="the last day, 2026-11-27; without it, yesterday")
args.add_argument("--client", default=None, help="all calls are this client's, by the beginning of its name")
args = args.parse_args()
random.seed(args.seed)

db = sqlite3.connect(args.database)
db.execute("PRAGMA synchronous = OFF")
db.execute("PRAGMA foreign_keys = ON")
last = datetime.date.fromisoformat(args.until) if args.until else datetime.date.today() - datetime.timedelta(days=1)
days, day = [], last
while len(days) < args.days:
    if day.weekday() < 5:
        days.append(day)
    day -= datetime.timedelta(days=1)
facts = db.execute("SELECT facts FROM calls LIMIT 1").fetchone()[0]
manager = db.execute("SELECT id FROM people WHERE role = 'manager' LIMIT 1").fetchone()[0]
now = int(datetime.datetime.now(datetime.timezone.utc).timestamp() * 1e6)

own = lambda: str(uuid.UUID(int=random.getrandbits(128), version=4))
clients = [r[0] for r in db.execute("SELECT id FROM clients ORDER BY name") ]
if args.client:
    clients = [db.execute("SELECT id FROM clients WHERE name LIKE ? || '%'", (args.client,)).fetchone()[0]]
else:
    for n in range(len(clients), args.clients):
        clients.append(own())
        db.execute("INSERT INTO clients (id, name, created_at) VALUES (?, ?, ?)", (clients[-1], f"Client {n}", now))
        db.execute("INSERT INTO person_clients (person_id, client_id) VALUES (?, ?)", (manager, clients[-1]))
people = []
for n in range(args.people):
    person, client = own(), clients[n % len(clients)]
    db.execute(
        "INSERT INTO people (id, login, name, role, pay_basis, password_hash, created_at) VALUES (?, ?, ?, 'telemarketer', 'commission', '', ?)",
        (person, f"p{args.seed}-{n}", f"Person {n}", now),
    )
    db.execute("INSERT INTO person_clients (person_id, client_id) VALUES (?, ?)", (person, client))
    people.append((person, client, f"+4930{5000 + n // 10}", random.uniform(0.6, 1.5)))


def calls():
    for n in range(args.calls):
        person, client, line, skill = random.choice(people)
        day = random.choice(days)
        minute = random.randrange(8 * 60 + 10, 17 * 60 + 50)
        at = datetime.datetime.combine(day, datetime.time(minute // 60, minute % 60, random.randrange(60)), datetime.timezone.utc)
        yield n, person, client, line, skill, minute, int(at.timestamp() * 1e6)


def chance(minute, skill):
    odds = 0.11 * skill
    if (minute - 10) % 60 >= 40:
        odds *= 1.6
    if minute < 630 or minute >= 870:
        odds *= 1.5
    return odds


def seconds(*spans):
    return json.dumps([{"from_ms": int(a * 1000), "to_ms": int(b * 1000)} for a, b in spans])


done = 0
for n, person, client, line, skill, minute, at in calls():
    call = own()
    reached, machine = random.random() < chance(minute, skill), random.random() < 0.12
    answered = at + 9_000_000 if reached or machine else None
    length = random.randrange(40, 400) if reached else random.randrange(20, 45)
    number = f"+4940{random.randrange(1_000_000, 1_300_000)}"
    disposition = "meeting_made" if reached and random.random() < 0.06 else None
    db.execute(
        "INSERT INTO calls (id, started_at, answered_at, ended_at, outcome, direction, recovered, line, person_id, client_id,"
        " prospect_number, prospect_e164, disposition, disposition_at, facts, sealed_at)"
        " VALUES (?, ?, ?, ?, ?, 'outbound', 0, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (call, at, answered, at + length * 1_000_000, "answered" if answered else "no_answer", line, person, client,
         number, number, disposition, disposition and at, facts, at),
    )
    if answered:
        db.execute(
            "INSERT INTO recordings (call_id, path, peaks, format, sample_rate, duration_ms, starts_at, sha256, bytes)"
            " VALUES (?, ?, ?, 'opus', 8000, ?, ?, ?, 1)",
            (call, f"recordings/{call}.opus", f"recordings/{call}.json", length * 1000, at, "0" * 64),
        )
        if reached:
            lanes = seconds((11, 15), (25, 33), (50, 60)), seconds((9, 10), (16, 24), (34, 34 + length / 3))
        else:
            lanes = seconds((30, 38)), seconds((9, 29))
        for lane, (side, speech) in enumerate(zip(("caller", "callee"), lanes)):
            db.execute("INSERT INTO lanes (call_id, lane, side, stats, speech) VALUES (?, ?, ?, '{}', ?)", (call, lane, side, speech))
    done += 1
    if done % 20_000 == 0:
        db.commit()
        print(f"\r{done:,} of {args.calls:,} calls", end="", flush=True)
# These recordings have no sound: they are not to be proved.
db.execute("DELETE FROM leaf_queue WHERE kind = 'recording'")
db.commit()
print(f"\r{done:,} calls of {args.people:,} people for {len(clients)} clients")
