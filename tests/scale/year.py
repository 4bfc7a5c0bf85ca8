#!/usr/bin/env python3
"""Fills a box's SQLite file with a year of a large house, the same at every run: for figures at size, never for a test of what is right.

  year.py assay.db [--calls 1000000] [--leads 300000] [--claims 60000] [--clients 20] [--people 1000] [--client NAME] [--seed 1] [--first 2]

The file is one that `assay demo --prepare-only` made; what is in it stays. Each second lead is the first client's (--first 20: each
twentieth, so that twenty clients have about as much each), the rest is spread.
Leads come over the year, are dialled in working hours, talked to, claimed, judged, handed over, answered by sales, won or lost. Connects
lie as in the story that the slot report comes from: better at x:50, before 10:30 and from 14:30 on; one number of ours falls to half
in the middle of the year; what sales accepts hangs on source, budget and on how often the contact wrote. The schema's own triggers
count what the wire saw. Needs nothing but Python.
"""
import argparse
import bisect
import itertools
import json
import random
import sqlite3
import time

args = argparse.ArgumentParser()
args.add_argument("database")
args.add_argument("--calls", type=int, default=1_000_000)
args.add_argument("--leads", type=int, default=300_000)
args.add_argument("--claims", type=int, default=60_000)
args.add_argument("--clients", type=int, default=20)
args.add_argument("--people", type=int, default=1_000)
args.add_argument("--client", default=None, help="all is this client's, by the beginning of its name")
args.add_argument("--seed", type=int, default=1)
args.add_argument("--first", type=int, default=2, help="each so manieth lead is the first client's")
args = args.parse_args()
rng = random.Random(args.seed)

MINUTE, HOUR, DAY = 60_000_000, 3_600_000_000, 86_400_000_000
now = int(time.time() * 1e6)
first_day = now // DAY - 365
db = sqlite3.connect(args.database, isolation_level=None)
for pragma in ("synchronous = OFF", "cache_size = -400000", "temp_store = MEMORY"):
    db.execute(f"PRAGMA {pragma}")
one = lambda sql, *values: db.execute(sql, values).fetchone()
began = time.time()
counters = {}


def ident(kind):
    """A UUID of version 7 by its looks; those of a kind ascend, as those of a box do."""
    counters[kind] = n = counters.get(kind, 0) + 1
    return f"0199{args.seed:04x}-{kind:04x}-7000-8000-{n:012x}"


PERSON, CLIENT, CAMPAIGN, LEAD, CALL, CLAIM, VERDICT, ANSWER, OTHER = range(1, 10)


def many(sql, rows, what):
    """Rows by the hundred thousand, a transaction each."""
    rows, done = iter(rows), 0
    while part := list(itertools.islice(rows, 100_000)):
        db.execute("BEGIN")
        db.executemany(sql, part)
        db.execute("COMMIT")
        done += len(part)
    print(f"{done:,} {what} after {time.time() - began:.0f} s", flush=True)


# Who there is.
facts = one("SELECT facts FROM calls LIMIT 1")[0]
by_login = lambda login: one("SELECT id FROM people WHERE login = ?", login)[0]
ines, max_, marek, sam = (by_login(login) for login in ("ines", "max", "marek", "sam"))
body, sha = one("SELECT body, sha256 FROM checklist_versions WHERE in_force_from IS NOT NULL LIMIT 1")
SOURCES = [("website request", "A", 12, "marketing", 0.8), ("referral", "A", 24, "sales", 0.65), ("trade show", "B", 72, "marketing", 0.5),
           ("mailing", "C", 168, "marketing", 0.4), ("webinar", "C", 120, "marketing", 0.3), ("self-generated", "B", 168, "telemarketing", 0.5)]
large = one("SELECT id FROM clients WHERE name LIKE ? || '%'", args.client or "Northlight")[0]
clients = [large]
db.execute("BEGIN")
if not args.client:
    for n in range(1, args.clients):
        clients.append(ident(CLIENT))
        db.execute("INSERT INTO clients (id, name, created_at) VALUES (?, ?, ?)", (clients[-1], f"Client {n}", now - 400 * DAY))
        db.execute("INSERT INTO person_clients (person_id, client_id) VALUES (?, ?)", (max_, clients[-1]))


def person(login, name, role, client):
    id = ident(PERSON)
    pay = "commission" if role == "telemarketer" else "fixed"
    db.execute("INSERT INTO people (id, login, name, role, pay_basis, password_hash, created_at) VALUES (?, ?, ?, ?, ?, '', ?)",
               (id, login, name, role, pay, now - 400 * DAY))
    db.execute("INSERT INTO person_clients (person_id, client_id) VALUES (?, ?)", (id, client))
    return id


class House:
    """A client with its campaign, sources, callers and representatives."""

    def __init__(self, n, client):
        self.client, self.campaign, self.version = client, ident(CAMPAIGN), ident(OTHER)
        checklist = ident(OTHER)
        db.execute("INSERT INTO checklists (id, name, client_id) VALUES (?, 'A year', ?)", (checklist, client))
        db.execute("INSERT INTO checklist_versions (id, checklist_id, version, body, sha256, signed_by_marketing, signed_by_sales, in_force_from,"
                   " marketing_signed_at, sales_signed_at) VALUES (?, ?, 1, ?, ?, 'a', 'b', 1, 1, 1)", (self.version, checklist, body, sha))
        db.execute("INSERT INTO campaigns (id, client_id, name, checklist_id, created_at) VALUES (?, ?, 'A year', ?, ?)",
                   (self.campaign, client, checklist, now - 400 * DAY))
        self.sources = []
        for name, grade, hours, origin, likely in SOURCES:
            found = one("SELECT id FROM sources WHERE client_id = ? AND name = ?", client, name)
            id = found[0] if found else ident(OTHER)
            if not found:
                db.execute("INSERT INTO sources (id, client_id, name, grade, contact_within_hours, origin) VALUES (?, ?, ?, ?, ?, ?)",
                           (id, client, name, grade, hours, origin))
            self.sources.append((id, likely, origin))
        share = args.people // args.first if n == 0 else (args.people - args.people // args.first) // max(1, len(clients) - 1)
        self.callers = [(person(f"caller-{n}-{k}", f"Caller {n}-{k}", "telemarketer", client), f"+4930{5000 + n * 100 + k // 10}", rng.uniform(0.6, 1.5))
                        for k in range(max(1, share if not args.client else min(args.people, 40)))]
        if n == 0:
            # Ines has ten times as much on her lists as others: what is slow for one person shows.
            self.callers += [(ines, "201", 1.0)] * 10
        self.reps = [person(f"rep-{n}-{k}", f"Rep {n}-{k}", "sales", client) for k in range(8)] + ([sam] if n == 0 else [])


houses = [House(n, client) for n, client in enumerate(clients)]
token = ident(OTHER)
db.execute("INSERT INTO api_tokens (id, name, scopes, token_hash, created_at) VALUES (?, 'CRM at size', 'crm_write', ?, ?)", (token, token, now))
db.execute("COMMIT")

# Leads, as they came.
WORDS_A = "Nord Blau Halb Stein Wasser Berg Silber Eichen Linden Rhein Elbe Alster Kiesel Feld Sonnen Birken".split()
WORDS_B = "Logistik Bau Energie Reisen Papier Metall Holz Textil Medizin Druck Technik Werke Handel Service".split()
INTERACTIONS = ["read the price list", "attended the webinar", "asked for a call", "downloaded the guide", "came to the stand"]


class Lead:
    __slots__ = ("id", "house", "number", "company", "contact", "source", "likely", "came", "interactions", "stage", "said", "ends")


leads = []
for n, came in enumerate(sorted(now - rng.randrange(HOUR, 365 * DAY) for _ in range(args.leads))):
    lead = Lead()
    lead.id, lead.came = ident(LEAD), came
    lead.house = houses[0] if n % args.first == 0 or len(houses) == 1 else houses[1 + n // 2 % (len(houses) - 1)]
    lead.number = f"+4940{n:08d}"
    lead.company = f"{rng.choice(WORDS_A)}{rng.choice(WORDS_B).lower()} {rng.choice(WORDS_B)} {n} GmbH"
    lead.contact = f"{rng.choice(WORDS_A)} {rng.choice(WORDS_B)}"
    lead.source, lead.likely, _ = rng.choice(lead.house.sources)
    lead.interactions = rng.sample(INTERACTIONS, rng.choice([0, 0, 1, 1, 2, 3]))
    lead.likely += 0.05 * len(lead.interactions) - 0.05
    lead.stage, lead.said, lead.ends = "suspect", None, None
    leads.append(lead)
many("INSERT INTO leads (id, client_id, campaign_id, external_id, company, company_folded, contact, contact_folded, source_id, interactions, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
     ((l.id, l.house.client, l.house.campaign, f"S-{args.seed}-{n}", l.company, l.company.upper().lower(), l.contact, (l.contact or "").upper().lower(), l.source, "; ".join(l.interactions) or None, l.came) for n, l in enumerate(leads)), "leads")
many("INSERT INTO lead_numbers (lead_id, e164, as_given) VALUES (?, ?, ?)", ((l.id, l.number, l.number) for l in leads), "numbers")
many("INSERT OR IGNORE INTO lead_words (client_id, word, lead_id) VALUES (?, ?, ?)",
     sorted({(l.house.client, word, l.id) for n, l in enumerate(leads) for word in l.company.lower().split() + ["s", str(n), l.number[1:]]}), "words")
db.execute("UPDATE lead_work SET is_worded = 1 WHERE is_worded = 0")

# Calls: when somebody is at work, with more luck in some slots than in others.
half = now - 182 * DAY
falling = houses[0].callers[0][1]


def work_time(after):
    """A minute of a working day's hours (UTC) after a moment."""
    while True:
        day = (after // DAY) + rng.choice([0, 1, 1, 2, 3])
        at = day * DAY + rng.randrange(8 * 60 + 10, 17 * 60 + 50) * MINUTE + rng.randrange(MINUTE)
        if at > after and (day + 3) % 7 < 5:
            return at
        after += DAY // 2


def chance(minute, skill):
    odds = 0.11 * skill
    if (minute - 10) % 60 >= 40:
        odds *= 1.6
    if minute < 630 or minute >= 870:
        odds *= 1.5
    return odds


calls, per_lead = [], args.calls / args.leads
for lead in leads:
    who = rng.choice(lead.house.callers)
    at = lead.came
    for _ in range(rng.randrange(int(per_lead * 2) + 1) + (rng.random() < per_lead % 1)):
        at = work_time(at)
        if at > now:
            break
        by, line, skill = who if rng.random() < 0.8 else rng.choice(lead.house.callers)
        odds = chance(at // MINUTE % 1440, skill) * (0.45 if line == falling and at > half else 1)
        reached, machine = rng.random() < odds, rng.random() < 0.12
        calls.append([at, lead, by, line, reached, machine and not reached, None])
        # Who was talked to is seldom dialled again.
        if reached and rng.random() < 0.8:
            break
# The rest are calls of no lead, or of one that is dialled once more.
while len(calls) < args.calls:
    lead = rng.choice(leads)
    at = work_time(lead.came)
    if at < now:
        by, line, skill = rng.choice(lead.house.callers)
        reached = rng.random() < chance(at // MINUTE % 1440, skill)
        calls.append([at, lead if rng.random() < 0.93 else None, by, line, reached, not reached and rng.random() < 0.12, lead])
calls.sort(key=lambda c: c[0])
del calls[args.calls:]
client_of = {by: h.client for h in houses for by, _, _ in h.callers}


def call_rows():
    for c in calls:
        at, lead, by, line, reached, machine, about = c
        c.append(ident(CALL))
        length = rng.randrange(40, 400) if reached else rng.randrange(20, 45)
        c.append(at + length * 1_000_000)
        number = (lead or about).number
        said = rng.choice(["conversation", "gatekeeper", None, None]) if reached else "voicemail" if machine and rng.random() < 0.5 else None
        if reached and rng.random() < 0.06:
            said = "meeting_made"
        answered = at + 9_000_000 if reached or machine else None
        outcome = "answered" if answered else rng.choice(["no_answer", "no_answer", "busy", "cancelled", "rejected"])
        yield (c[-2], at, answered, c[-1], outcome, line, by, client_of[by], number, number, lead and lead.id, "number" if lead else None,
               said, c[-1] if said else None, facts, c[-1])


many("INSERT INTO calls (id, started_at, answered_at, ended_at, outcome, direction, recovered, line, person_id, client_id, prospect_number, prospect_e164,"
     " lead_id, lead_by, disposition, disposition_at, facts, sealed_at) VALUES (?, ?, ?, ?, ?, 'outbound', 0, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
     call_rows(), "calls")
heard = [c for c in calls if c[4] or c[5]]
many("INSERT INTO recordings (call_id, path, peaks, format, sample_rate, duration_ms, starts_at, sha256, bytes) VALUES (?, ?, ?, 'opus', 8000, ?, ?, ?, 1)",
     ((c[-2], f"recordings/{c[-2]}.opus", f"recordings/{c[-2]}.json", (c[-1] - c[0]) // 1000, c[0], "0" * 64) for c in heard), "recordings")
seconds = lambda *spans: json.dumps([{"from_ms": int(a * 1000), "to_ms": int(b * 1000)} for a, b in spans])


def lane_rows():
    for c in heard:
        length = (c[-1] - c[0]) / 1e6
        lanes = (((11, 15), (25, 33), (50, 60)), ((9, 10), (16, 24), (34, 34 + length / 3))) if c[4] else (((30, 38),), ((9, 29),))
        for lane, (side, speech) in enumerate(zip(("caller", "callee"), lanes)):
            yield c[-2], lane, side, seconds(*speech)


many("INSERT INTO lanes (call_id, lane, side, stats, speech) VALUES (?, ?, ?, '{}', ?)", lane_rows(), "lanes")

# Claims: of conversations, a lead at most one.
talks, seen = [], set()
for c in calls:
    if c[4] and c[1] and c[2] in client_of and c[1].id not in seen and c[-1] + 2 * DAY < now:
        seen.add(c[1].id)
        talks.append(c)
chosen = sorted(rng.sample(talks, min(args.claims, len(talks))), key=lambda c: c[-1])
number = one("SELECT COALESCE(MAX(number), 1000) FROM claims")[0]
place = one("SELECT COALESCE(MAX(place), 0) FROM claims")[0]
claims, stages = [], {}
for c in chosen:
    lead, number, place = c[1], number + 1, place + 1
    budget = rng.choice(["in_place", "access"])
    given = [{"criterion": "budget", "answer": budget}, {"criterion": "need", "answer": "pain"},
             {"criterion": "timescale", "answer": rng.choice(["weeks_4", "months_3", "months_6"])}]
    passed = rng.random() < 0.6
    likely = lead.likely + (0.12 if budget == "in_place" else -0.12)
    claims.append((ident(CLAIM), ident(VERDICT), number, place, c, given, passed, likely))
many("INSERT INTO claims (id, number, lead_id, campaign_id, person_id, write_up, own_answers, state, created_at, decided_at, outcome, place, checklist_version_id, settled_at)"
     " VALUES (?, ?, ?, ?, ?, 'Money in the plan.', '{}', 'decided', ?, ?, ?, ?, ?, ?)",
     ((id, number, c[1].id, c[1].house.campaign, c[2], c[-1] + 5 * MINUTE, c[-1] + HOUR, "passed" if passed else "failed", place, c[1].house.version, c[-1] + HOUR)
      for id, _, number, place, c, _, passed, _ in claims), "claims")
many("INSERT INTO claim_calls (claim_id, call_id) VALUES (?, ?)", ((id, c[-2]) for id, _, _, _, c, *_ in claims), "calls of claims")
many("INSERT INTO verdicts (id, claim_id, reviewer_id, checklist_version_id, checklist_sha256, recordings, answers, passed, note, committed_at, hold_until, state,"
     " final_at, entry_id) VALUES (?, ?, ?, ?, ?, '[]', ?, ?, '', ?, ?, 'final', ?, ?)",
     ((verdict, id, marek, c[1].house.version, sha, json.dumps(given), int(passed), c[-1] + HOUR - 10_000_000, c[-1] + HOUR, c[-1] + HOUR, ident(OTHER))
      for id, verdict, _, _, c, given, passed, _ in claims), "verdicts")
handed = [(id, c, likely, rng.choice(c[1].house.reps)) for id, _, _, _, c, _, passed, likely in claims if passed]
many("INSERT INTO handovers (claim_id, lead_id, campaign_id, client_id, sales_id, passed_at, handed_at, opened_at, answer_due_at, call_due_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
     ((id, c[1].id, c[1].house.campaign, c[1].house.client, rep, c[-1] + HOUR, c[-1] + HOUR, c[-1] + HOUR + rng.randrange(DAY) if rng.random() < 0.9 else None,
       c[-1] + HOUR + DAY, c[-1] + HOUR + DAY) for id, c, _, rep in handed), "hand-overs")
answers, sales_calls, outcomes = [], [], []
for id, c, likely, rep in handed:
    lead, at = c[1], c[-1] + HOUR
    lead.stage = "handed_over"
    stages[lead.id] = [(at, "handed_over")]
    if rng.random() > 0.93:
        continue
    accepted = rng.random() < likely
    kind, reason = ("now", None) if accepted else ("reject", rng.choice(["known_already", "wrong_person", "no_capacity", "poor_fit"]))
    answers.append((ident(ANSWER), id, rep, kind, at + rng.randrange(HOUR, 2 * DAY), reason))
    called = at + rng.randrange(HOUR, 3 * DAY)
    if rng.random() < 0.85 and called < now:
        talked = rng.random() < 0.4
        sales_calls.append((ident(CALL), called, called + 9_000_000 if talked else None, called + 90_000_000, "answered" if talked else "no_answer", rep,
                            lead.house.client, lead.number, lead.number, lead.id, facts, called))
    if not accepted:
        continue
    lead.stage = "accepted"
    stages[lead.id].append((at + DAY, "accepted"))
    for outcome, after in [("opportunity", 10), (rng.choice(["won", "lost"]), rng.randrange(20, 90))]:
        if rng.random() < 0.5 or at + after * DAY > now:
            break
        lead.stage = outcome
        stages[lead.id].append((at + after * DAY, outcome))
        outcomes.append((ident(OTHER), token, ident(OTHER), lead.id, outcome, rng.randrange(10, 900) * 10_000, rng.choice(["EUR", "EUR", "USD"]), at + after * DAY, now,
                         rng.randrange(2)))
many("INSERT INTO sales_answers (id, claim_id, person_id, answer, note, at, reason) VALUES (?, ?, ?, ?, 'They have no budget', ?, ?)", answers, "answers of sales")
many("UPDATE handovers SET answer_id = ? WHERE claim_id = ?", ((a[0], a[1]) for a in answers), "hand-overs answered")
many("INSERT INTO calls (id, started_at, answered_at, ended_at, outcome, direction, recovered, line, person_id, client_id, prospect_number, prospect_e164, lead_id,"
     " lead_by, facts, sealed_at) VALUES (?, ?, ?, ?, ?, 'outbound', 0, '200', ?, ?, ?, ?, ?, 'number', ?, ?)", sales_calls, "calls by sales")
many("INSERT INTO crm_outcomes (id, token_id, event, lead_id, outcome, value_minor, currency, happened_at, note, at, proof_of_concept) VALUES (?, ?, ?, ?, ?, ?, ?, ?, '', ?, ?)",
     outcomes, "outcomes")

# Where each lead stands.
judged = {c[1].id: passed for _, _, _, _, c, _, passed, _ in claims}
first_talk = {c[1].id: c[0] for c in reversed(calls) if c[1] and c[4]}
over = []


def stage_rows():
    for lead in leads:
        nth, at = itertools.count(1), lead.came
        yield lead.id, next(nth), at, "suspect"
        talk = first_talk.get(lead.id)
        if talk and lead.id not in stages:
            yield lead.id, next(nth), talk, "contacted"
            lead.stage = "contacted"
        for at, stage in stages.get(lead.id, ()):
            yield lead.id, next(nth), at, stage
        if lead.stage != "suspect" and (lead.stage != "contacted" or rng.random() < 0.5):
            said = ("not_interested", talk) if lead.stage == "contacted" else (None, None)
            over.append((lead.stage, 0, *said, lead.id))
        elif lead.came < now - 8 * DAY and rng.random() < 0.97:
            over.append((lead.stage, 0, "do_not_call", lead.came + 7 * DAY, lead.id))
        elif lead.stage != "suspect":
            over.append((lead.stage, 1, None, None, lead.id))


many("INSERT INTO lead_stages (lead_id, nth, at, actor, stage) VALUES (?, ?, ?, 'system', ?)", stage_rows(), "stages")
many("UPDATE lead_work SET stage = ?, is_open = ?, said = ?, said_at = ? WHERE lead_id = ?", over, "leads that have moved on")
# These recordings have no sound and these verdicts no commission: they are not to be proved.
db.execute("DELETE FROM leaf_queue")
db.execute("ANALYZE")
print(f"{len(calls) + len(sales_calls):,} calls, {len(leads):,} leads, {len(claims):,} claims of {len(clients)} clients in {time.time() - began:.0f} s")
