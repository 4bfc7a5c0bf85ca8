#!/usr/bin/env python3
"""Fills a demo's SQLite file with a year of a large house: calls, leads, claims, a large client and nineteen small ones. The
same seed gives the same rows. The schema's own triggers count what the wire saw.

    assay demo --prepare-only --data FOLDER && tests/scale/fill.py FOLDER/assay.db [CALLS LEADS CLAIMS]
"""
import random, sqlite3, sys, time, uuid

PATH = sys.argv[1]
CALLS, LEADS, CLAIMS = (int(n) for n in (sys.argv[2:5] if len(sys.argv) > 4 else ("1000000", "300000", "60000")))
rng = random.Random(18)
NOW = int(time.time() * 1_000_000)
HOUR, DAY = 3_600_000_000, 86_400_000_000
db = sqlite3.connect(PATH, isolation_level=None)
db.execute("PRAGMA foreign_keys = ON")
db.execute("PRAGMA synchronous = OFF")
db.execute("PRAGMA cache_size = -400000")


def ident(kind, n):
    return str(uuid.UUID(int=(0x0199 << 112) | (7 << 76) | (2 << 62) | (kind << 48) | n))


def one(sql, *values):
    return db.execute(sql, values).fetchone()


northlight = one("SELECT id FROM clients WHERE name = 'Northlight Fleet'")[0]
campaign = one("SELECT id, checklist_id FROM campaigns WHERE client_id = ?", northlight)
plan = one("SELECT id FROM plans WHERE campaign_id = ?", campaign[0])[0]
version = one("SELECT id FROM checklist_versions WHERE checklist_id = ?", campaign[1])[0]
ines, max_ = (one("SELECT id FROM people WHERE login = ?", login)[0] for login in ("ines", "max"))
words_a = "Nord Blau Halb Stein Wasser Berg Silber Eichen Linden Rhein Elbe Alster Kiesel Feld Sonnen Birken".split()
words_b = "Logistik Bau Energie Reisen Papier Metall Holz Textil Medizin Druck Technik Werke Handel Service".split()

db.execute("BEGIN")
clients = [(northlight, campaign[0])]
for n in range(19):
    client, of, checklist = ident(1, n), ident(2, n), ident(3, n)
    db.execute("INSERT INTO clients (id, name, created_at) VALUES (?, ?, 1)", (client, f"Client {n}"))
    db.execute("INSERT INTO checklists (id, name, client_id) VALUES (?, 'BANT', ?)", (checklist, client))
    db.execute("INSERT INTO campaigns (id, client_id, name, checklist_id, created_at) VALUES (?, ?, 'All', ?, 1)", (of, client, checklist))
    db.execute("INSERT INTO person_clients (person_id, client_id) VALUES (?, ?)", (max_, client))
    clients.append((client, of))
sources = [row[0] for row in db.execute("SELECT id FROM sources WHERE client_id = ?", (northlight,))]
people = [ines]
for n in range(1000):
    person, client = ident(4, n), clients[0][0] if n < 500 else clients[1 + n % 19][0]
    db.execute("INSERT INTO people (id, login, name, role, pay_basis, password_hash, created_at) VALUES (?, ?, ?, 'telemarketer', 'commission', 'x', 1)",
               (person, f"t{n}", f"Agent {n}"))
    db.execute("INSERT INTO person_clients (person_id, client_id) VALUES (?, ?)", (person, client))
    people.append(person)
db.execute("COMMIT")

began = time.time()
# Half of everything is the large client's.
leads = []
db.execute("BEGIN")
for n in range(LEADS):
    client, of = clients[0] if n % 2 == 0 else clients[1 + n % 19]
    lead = ident(5, n)
    company = f"{rng.choice(words_a)}{rng.choice(words_b).lower()} {rng.choice(words_b)} {n} GmbH"
    source = rng.choice(sources) if n % 2 == 0 else None
    at = NOW - rng.randrange(1, 365 * DAY)
    number = f"+4940{n:08d}"
    db.execute("INSERT INTO leads (id, client_id, campaign_id, external_id, company, contact, source_id, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
               (lead, client, of, f"S-{n}", company, f"{rng.choice(words_a)} {rng.choice(words_b)}", source, at))
    db.execute("INSERT INTO lead_numbers (lead_id, e164, as_given) VALUES (?, ?, ?)", (lead, number, number))
    db.executemany("INSERT OR IGNORE INTO lead_words (client_id, word, lead_id) VALUES (?, ?, ?)",
                   [(client, word, lead) for word in company.lower().split() + ["s", str(n), number[1:]]])
    db.execute("INSERT INTO lead_stages (lead_id, nth, at, actor, stage) VALUES (?, 1, ?, 'shell', 'suspect')", (lead, at))
    leads.append((lead, client, of, number, at))
    if n % 50000 == 49999:
        db.execute("COMMIT"); db.execute("BEGIN")
db.execute("UPDATE lead_work SET is_worded = 1")
db.execute("COMMIT")
print(f"{LEADS} leads in {time.time() - began:.0f} s", flush=True)

began = time.time()
db.execute("BEGIN")
of_claims = []
for n in range(CALLS):
    lead, client, of, number, received = leads[rng.randrange(LEADS)]
    at = rng.randrange(received, NOW)
    draw = rng.random()
    answered = at + 8_000_000 if draw < 0.35 else None
    end = at + (rng.randrange(10, 400) * 1_000_000 if answered else 25_000_000)
    outcome = "answered" if answered else rng.choice(["no_answer", "busy", "cancelled", "rejected"])
    said = rng.choice(["conversation", "voicemail", "gatekeeper", None]) if answered else None
    person = people[0] if client == northlight and rng.random() < 0.004 else people[1 + rng.randrange(500)] if client == northlight else people[501 + rng.randrange(500)]
    # One in fifty is of no lead.
    known = rng.random() > 0.02
    call = ident(6, n)
    db.execute("INSERT INTO calls (id, started_at, answered_at, ended_at, outcome, direction, recovered, line, person_id, client_id, prospect_number, "
               "prospect_e164, lead_id, lead_by, disposition, disposition_at, facts, sealed_at) VALUES (?, ?, ?, ?, ?, 'outbound', 0, '201', ?, ?, ?, ?, ?, ?, ?, ?, '{}', ?)",
               (call, at, answered, end, outcome, person, client, number, number, lead if known else None, "number" if known else None,
                said, end if said else None, end))
    if answered and known and client == northlight and len(of_claims) < CLAIMS and rng.random() < 0.5:
        of_claims.append((call, lead, of, person, end))
    if n % 50000 == 49999:
        db.execute("COMMIT"); db.execute("BEGIN")
db.execute("COMMIT")
print(f"{CALLS} calls in {time.time() - began:.0f} s", flush=True)

began = time.time()
db.execute("BEGIN")
first = one("SELECT COALESCE(MAX(number), 1000) FROM claims")[0] + 1
for n, (call, lead, of, person, at) in enumerate(of_claims):
    # Ines has six hundred of them.
    person = ines if n < 600 else person
    claim = ident(7, n)
    db.execute("INSERT INTO claims (id, number, lead_id, campaign_id, person_id, write_up, own_answers, state, created_at, decided_at, outcome, place, "
               "checklist_version_id, plan_id, settled_at) VALUES (?, ?, ?, ?, ?, 'Money in the plan.', '{}', 'decided', ?, ?, ?, ?, ?, ?, ?)",
               (claim, first + n, lead, of, person, at, at + HOUR, "passed" if n % 2 else "failed", first + n, version, plan, at + HOUR))
    db.execute("INSERT INTO claim_calls (claim_id, call_id) VALUES (?, ?)", (claim, call))
db.execute("UPDATE lead_work SET stage = 'passed', is_open = 0 WHERE lead_id IN (SELECT lead_id FROM claims WHERE outcome = 'passed')")
db.execute("UPDATE lead_work SET stage = 'contacted' WHERE stage = 'suspect' AND first_contact_at IS NOT NULL")
db.execute("COMMIT")
print(f"{len(of_claims)} claims in {time.time() - began:.0f} s", flush=True)
