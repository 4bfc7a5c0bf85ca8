"""Puts rows that a year of a house has few of into the SQLite file that tests/scale/year.py has filled.

Calls at midnight and on a slot's edge, inbound calls, speech before the answer; leads that are merged, taken back, or lost and then won;
claims that wait, are sent back or are booked; answers that replace others; attempts of sales; second reviews; late entries of a CRM. The
choices are the same at every run. year.py's own rows have ids that begin with 0199; the demo's stay as they are.
"""
import hashlib
import json
import random
import sqlite3

from counting import covered
from counting.raw import DAY, SECOND, date_of

MINUTE, HOUR = 60 * SECOND, 3_600 * SECOND


class House:
    """The file, with ids of its own and the same choices at every run."""

    def __init__(self, database, now):
        self.db = sqlite3.connect(database, isolation_level=None)
        self.db.execute("PRAGMA synchronous = OFF")
        self.rng, self.now, self.made = random.Random(8), now, 0

    def ident(self):
        self.made += 1
        return f"0199ffff-0000-7000-8000-{self.made:012x}"

    def all(self, sql, *values):
        return self.db.execute(sql, values).fetchall()

    def one(self, sql, *values):
        """The first row; a single value without its row."""
        row = self.db.execute(sql, values).fetchone()
        return row[0] if row and len(row) == 1 else row

    def some(self, n, sql):
        """So many of these rows; the statement gives them an order."""
        rows = self.all(sql)
        return self.rng.sample(rows, min(n, len(rows)))

    def put(self, table, **columns):
        names, marks = ", ".join(columns), ", ".join("?" * len(columns))
        self.db.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", list(columns.values()))

    def change(self, table, key, column="id", **columns):
        sets = ", ".join(f"{name} = ?" for name in columns)
        self.db.execute(f"UPDATE {table} SET {sets} WHERE {column} = ?", [*columns.values(), key])

    def login(self, login):
        return self.one("SELECT id FROM people WHERE login = ?", login)


# Calls.

BY_TELEMARKETERS = "SELECT id, started_at, answered_at, ended_at FROM calls WHERE id LIKE '0199%' AND line <> '200' {} ORDER BY id"


def calls(h):
    odd = [("direction", "inbound", 300), ("direction", None, 60), ("direction", "internal", 60)]
    odd += [("line", None, 200), ("person_id", None, 100), ("prospect_e164", None, 100)]
    for column, value, n in odd:
        for id, *_ in h.some(n, BY_TELEMARKETERS.format("")):
            h.change("calls", id, **{column: value})
    for id, at, *_ in h.some(400, BY_TELEMARKETERS.format("AND answered_at IS NOT NULL")):
        h.change("calls", id, disposition=h.rng.choice(["voicemail", "no_answer", "gatekeeper"]), disposition_at=at)
    # On the edge of five minutes, and a microsecond before it.
    for id, *moments in h.some(600, BY_TELEMARKETERS.format("")):
        at = moments[0] // (5 * MINUTE) * 5 * MINUTE - h.rng.choice([0, 1])
        started, answered, ended = (m and m - moments[0] + at for m in moments)
        h.change("calls", id, started_at=started, answered_at=answered, ended_at=ended)
        h.change("recordings", id, "call_id", starts_at=at)
    spoken = """SELECT c.id, r.starts_at, c.answered_at FROM calls c JOIN recordings r ON r.call_id = c.id
                WHERE c.id LIKE '0199%' ORDER BY c.id"""
    for id, begins, answered in h.some(600, spoken):
        for lane in (0, 1):
            said = json.dumps(speech(h.rng, (answered - begins) // 1_000))
            h.db.execute("UPDATE lanes SET speech = ? WHERE call_id = ? AND lane = ?", (said, id, lane))
    for (id,) in h.some(60, "SELECT call_id FROM recordings WHERE call_id LIKE '0199%' ORDER BY call_id"):
        h.db.execute("DELETE FROM lanes WHERE call_id = ? AND lane = ?", (id, h.rng.randrange(2)))


def speech(rng, answered):
    """Spans that overlap, touch or begin before the answer; three in ten come to a connect, or to a millisecond less."""
    if rng.random() < 0.3:
        first = answered + rng.randrange(1, 5_000)
        return [{"from_ms": first, "to_ms": first + 15_000}, {"from_ms": first + 20_000, "to_ms": first + 35_000 - rng.choice([0, 1])}]
    starts = [rng.randrange(0, 90_000) for _ in range(rng.randrange(8))]
    return [{"from_ms": a, "to_ms": a + rng.randrange(1, 9_000)} for a in starts]


def conversations(h):
    """Leads that somebody talks to on more days than one before their pass, at all hours."""
    handed = """SELECT h.lead_id, h.client_id, k.person_id, h.passed_at FROM handovers h JOIN claims k ON k.id = h.claim_id
                WHERE h.claim_id LIKE '0199%' ORDER BY h.claim_id"""
    for lead, client, person, passed in h.some(500, handed):
        for _ in range(h.rng.randrange(1, 4)):
            at = passed - h.rng.randrange(2 * HOUR, 60 * HOUR)
            a_call(h, at, at + 5 * SECOND, at + h.rng.choice([20, 35, 90]) * SECOND, line="+49305999", person_id=person, client_id=client, lead_id=lead)


def a_call(h, at, answered, ended, outcome="answered", direction="outbound", lead_id=None, **more):
    id = h.ident()
    h.put("calls", id=id, started_at=at, answered_at=answered, ended_at=ended, outcome=outcome, direction=direction, recovered=0,
          lead_id=lead_id, lead_by=lead_id and "number", facts="{}", sealed_at=ended, **more)
    return id


# Leads.


def leads(h):
    for n, (id,) in enumerate(h.all("SELECT id FROM sources ORDER BY id")):
        h.change("sources", id, supplier=[None, '=Listhaus, "Nord"', "Adressen Nord"][n % 3])
    for (id,) in h.some(100, "SELECT id FROM leads WHERE id LIKE '0199%' ORDER BY id"):
        h.change("leads", id, source_id=None)
    said(h)
    open_ = """SELECT w.lead_id, w.campaign_id FROM lead_work w WHERE w.lead_id LIKE '0199%' AND w.stage = 'suspect' AND w.is_open = 1
               AND NOT EXISTS (SELECT 1 FROM claims c WHERE c.lead_id = w.lead_id) ORDER BY w.lead_id"""
    suspects = h.all(open_)
    for id, _ in suspects[:20]:
        # It is taken back, and closes nothing.
        h.put("lead_dispositions", id=h.ident(), lead_id=id, person_id=h.login("ines"), kind="do_not_call", said_at=h.now, taken_back_at=h.now)
    for id, _ in suspects[20:40]:
        enter(h, id, "contacted", h.now - 9 * DAY)
        enter(h, id, "suspect", h.now - 8 * DAY)
        h.put("lead_stages", lead_id=id, nth=9, at=h.now, actor="system", buyer_stage="awareness")
    for id, came in h.some(40, "SELECT lead_id, received_at FROM lead_work WHERE stage = 'contacted' AND lead_id LIKE '0199%' ORDER BY lead_id"):
        enter(h, id, "claimed", came + 2 * DAY)
        enter(h, id, h.rng.choice(["passed", "contacted", "handed_over"]), came + 3 * DAY + 7 * SECOND)
    merged(h, suspects[40:])


def said(h):
    """What year.py puts into lead_work alone somebody says of the lead, after whatever is said of its calls."""
    closed = """SELECT w.lead_id, w.said, MAX(w.said_at, COALESCE((SELECT MAX(c.disposition_at) FROM calls c WHERE c.lead_id = w.lead_id), 0) + 60000000)
                FROM lead_work w WHERE w.lead_id LIKE '0199%' AND w.said IN ('not_interested', 'do_not_call') ORDER BY w.lead_id"""
    for id, kind, at in h.all(closed):
        h.put("lead_dispositions", id=h.ident(), lead_id=id, person_id=h.login("ines"), kind=kind, said_at=at)


def enter(h, lead, stage, at):
    """A lead comes to a stage, as the box has it."""
    nth = h.one("SELECT MAX(nth) + 1 FROM lead_stages WHERE lead_id = ?", lead)
    h.put("lead_stages", lead_id=lead, nth=nth, at=at, actor="system", stage=stage)
    h.change("lead_work", lead, "lead_id", stage=stage)


def merged(h, suspects):
    """Each is merged into the next of its campaign, which gets its calls; one in five is split again."""
    while len(suspects) > 1:
        lead, campaign = suspects.pop()
        into = next((other for other, of in suspects if of == campaign), None)
        if into is None:
            continue
        suspects.remove((into, campaign))
        is_split = h.rng.random() < 0.2
        h.put("lead_merges", id=h.ident(), lead_id=lead, into_id=into, merged_at=h.now, split_at=h.now if is_split else None)
        if not is_split:
            h.change("calls", lead, "lead_id", lead_id=into)
            h.change("lead_work", lead, "lead_id", is_open=0)


# Claims.


def claims(h):
    for id, made in h.some(2_400, "SELECT id, created_at FROM claims WHERE id LIKE '0199%' ORDER BY id"):
        h.change("claims", id, taken_at=made + h.rng.choice([MINUTE, 5 * MINUTE, 20 * MINUTE]) + h.rng.randrange(20 * MINUTE))
    earlier = """SELECT k.id, MIN(c.id) FROM claims k JOIN calls c ON c.lead_id = k.lead_id AND c.ended_at < k.created_at
                 AND NOT EXISTS (SELECT 1 FROM claim_calls x WHERE x.call_id = c.id) WHERE k.id LIKE '0199%' GROUP BY k.id ORDER BY k.id"""
    for id, call in h.some(200, earlier):
        h.put("claim_calls", claim_id=id, call_id=call)
    free = """SELECT l.id, l.campaign_id, c.person_id, MIN(c.id), MIN(c.ended_at) FROM leads l JOIN calls c ON c.lead_id = l.id
              AND c.person_id IS NOT NULL AND c.line <> '200' AND c.answered_at IS NOT NULL WHERE l.id LIKE '0199%'
              AND NOT EXISTS (SELECT 1 FROM claims k WHERE k.lead_id = l.id) GROUP BY l.id ORDER BY l.id"""
    for n, row in enumerate(h.some(50, free)):
        unfinished(h, *row, state=["open", "in_review", "withdrawn", "sent_back", "held"][n % 5])
    booked(h)


def unfinished(h, lead, campaign, person, call, ended, state):
    """A claim without a final verdict."""
    reviewer, claim = h.login("marek"), h.ident()
    number, place = h.one("SELECT MAX(number) + 1, MAX(place) + 1 FROM claims")
    version = """SELECT v.id, v.sha256 FROM checklist_versions v JOIN campaigns k ON k.checklist_id = v.checklist_id
                 WHERE k.id = ? AND v.in_force_from IS NOT NULL"""
    version, sha = h.one(version, campaign)
    is_locked = state in ("in_review", "held")
    locked = {"locked_by": reviewer, "locked_until": h.now + DAY, "taken_at": ended + 9 * MINUTE} if is_locked else {}
    h.put("claims", id=claim, number=number, place=place, lead_id=lead, campaign_id=campaign, person_id=person, write_up="", own_answers="{}",
          state=state, created_at=ended + 8 * MINUTE, checklist_version_id=version, **locked)
    h.put("claim_calls", claim_id=claim, call_id=call)
    if state == "held":
        for of, until in (("held", h.now + DAY), ("taken_back", h.now)):
            h.put("verdicts", id=h.ident(), claim_id=claim, reviewer_id=reviewer, checklist_version_id=version, checklist_sha256=sha, recordings="[]",
                  answers="[]", passed=1, note="", committed_at=ended + 12 * MINUTE, hold_until=until, state=of, entry_id=h.ident())


def booked(h):
    """Seven of ten passed claims are booked, under a plan of their campaign; the leads of some others have earned already."""
    plans, period = {}, "2099-12"
    h.put("periods", name=period)
    passed = """SELECT k.id, k.lead_id, k.campaign_id, k.person_id, v.id, v.committed_at FROM claims k JOIN verdicts v ON v.claim_id = k.id
                AND v.state = 'final' AND v.passed = 1 WHERE k.id LIKE '0199%' ORDER BY k.id"""
    for claim, lead, campaign, person, verdict, given in h.all(passed):
        if campaign not in plans:
            plans[campaign] = h.ident()
            h.put("plans", id=plans[campaign], campaign_id=campaign, version=1, amount_minor=4_000, currency="EUR", from_at=1,
                  approved_by=h.login("max"), approved_at=1)
        if h.rng.random() < 0.7:
            at = given + h.rng.choice([0, 10 * SECOND, HOUR]) + h.rng.randrange(3 * HOUR)
            h.put("ledger", id=h.ident(), kind="accrual", person_id=person, campaign_id=campaign, lead_id=lead, claim_id=claim, verdict_id=verdict,
                  plan_id=plans[campaign], amount_minor=4_000, currency="EUR", earned_at=at, payable_at=at, period=period, booked_at=at,
                  payee="P", company="C", place=h.one("SELECT COALESCE(MAX(place), 0) + 1 FROM ledger"))
        elif h.rng.random() < 0.2:
            h.change("claims", claim, outcome="passed_already_paid")


# Hand-overs.


def handovers(h):
    client = h.one("SELECT id FROM clients WHERE name = 'Northlight Fleet'")
    for version, attempts, from_at in ((1, 2, h.now - 250 * DAY), (2, 4, h.now - 100 * DAY)):
        h.put("pacts", id=h.ident(), client_id=client, version=version, leads_a_month=10, complete_percent=90, answer_hours=24, call_hours=24,
              attempts=attempts, attempt_days=7, proposed_by=h.login("max"), proposed_at=from_at, signed_by_marketing=h.login("mia"),
              marketing_signed_at=from_at, signed_by_sales=h.login("sam"), sales_signed_at=from_at, in_force_from=from_at)
    for (claim,) in h.some(90, "SELECT claim_id FROM handovers WHERE claim_id LIKE '0199%' ORDER BY claim_id"):
        h.change("handovers", claim, "claim_id", sales_id=None)
    unanswered = """SELECT claim_id, handed_at, sales_id, lead_id, client_id, NULL, handed_at FROM handovers
                    WHERE answer_id IS NULL AND claim_id LIKE '0199%' ORDER BY claim_id"""
    answered = """SELECT h.claim_id, h.handed_at, a.person_id, h.lead_id, h.client_id, a.id, a.at FROM handovers h JOIN sales_answers a
                  ON a.id = h.answer_id WHERE h.claim_id LIKE '0199%' ORDER BY h.claim_id"""
    for row in h.some(90, unanswered) + h.some(300, answered):
        answer(h, *row)


def answer(h, claim, handed, rep, lead, client, before, at):
    """Sales, or a CRM, answers, or replaces an answer: one in eight after the thirty days within which answers count."""
    kind = h.rng.choice(["now", "later", "needs_information", "nurture", "reject", "reject", "reject"])
    reasons = ["criterion", "unreachable", "unreachable", "poor_fit", "other", "wrong_territory"]
    reason = h.rng.choice(reasons) if kind == "reject" else None
    is_crm = h.rng.random() < 0.2 or rep is None
    at = handed + 31 * DAY if h.rng.random() < 0.12 else at + h.rng.randrange(HOUR, 6 * DAY)
    token, id = h.one("SELECT MIN(id) FROM api_tokens"), h.ident()
    h.put("sales_answers", id=id, claim_id=claim, person_id=None if is_crm else rep, token_id=token if is_crm else None, answer=kind, reason=reason,
          replaces=before, at=at, criterion="budget" if reason == "criterion" else None,
          note=h.rng.choice(["", " too short ", "They have no money for it."]), until_at=h.now + 90 * DAY if kind in ("later", "nurture") else None)
    h.change("handovers", claim, "claim_id", answer_id=id)
    if reason == "criterion" and h.rng.random() < 0.8:
        second_reviews(h, claim)
    if reason == "unreachable" and rep:
        attempts(h, lead, client, rep, handed)


def second_reviews(h, claim):
    judged = """SELECT v.id, v.checklist_version_id, k.lead_id, k.campaign_id FROM verdicts v JOIN claims k ON k.id = v.claim_id WHERE k.id = ?"""
    verdict, version, lead, campaign = h.one(judged, claim)
    for n in range(h.rng.randrange(1, 3)):
        given = json.dumps([{"criterion": "budget", "answer": h.rng.choice(["in_place", "none", "not_asked"])}])
        h.put("second_reviews", id=h.ident(), number=90_000 + h.made, reason="sales_rejection", lead_id=lead, campaign_id=campaign,
              checklist_version_id=version, claim_id=claim, verdict_id=verdict, created_at=h.now, due_at=h.now, state="answered", answers=given,
              passed=1, answered_at=h.now - n * DAY)


def attempts(h, lead, client, rep, handed):
    """Calls of sales: some short, some within the hour, some whose number fits two leads, some a conversation."""
    for _ in range(h.rng.randrange(6)):
        at, outcome = handed + h.rng.randrange(5 * DAY), h.rng.choice(["no_answer", "no_answer", "busy", "failed", "answered", "cancelled"])
        ended = at + h.rng.choice([4, 10, 25, 70]) * SECOND
        answered = at + 2 * SECOND if outcome == "answered" and h.rng.random() < 0.5 else None
        is_several, direction = h.rng.random() < 0.3, h.rng.choice(["outbound", "outbound", "inbound"])
        id = a_call(h, at, answered, ended, outcome, direction, None if is_several else lead, line="300", person_id=rep, client_id=client)
        for one in (lead, h.one("SELECT MIN(id) FROM leads WHERE id <> ?", lead)) if is_several else ():
            h.put("call_lead_candidates", call_id=id, lead_id=one)


# What a CRM says.


def outcomes(h):
    known = """SELECT o.lead_id, l.created_at, MAX(o.happened_at), (SELECT x.outcome FROM crm_outcomes x WHERE x.lead_id = o.lead_id
               ORDER BY x.happened_at DESC, x.at DESC, x.id DESC LIMIT 1) FROM crm_outcomes o JOIN leads l ON l.id = o.lead_id
               WHERE l.id LIKE '0199%' GROUP BY o.lead_id ORDER BY o.lead_id"""
    for lead, came, at, last in h.some(300, known):
        again(h, lead, came, min(at + h.rng.randrange(HOUR, 9 * DAY), h.now), last)
    # Leads of sales' own, without a hand-over and without an amount.
    own = """SELECT l.id, l.created_at FROM leads l JOIN sources s ON s.id = l.source_id AND s.origin = 'sales' JOIN lead_work w ON w.lead_id = l.id
             WHERE w.stage = 'contacted' AND l.id LIKE '0199%' ORDER BY l.id"""
    for lead, came in h.some(120, own):
        at = came + h.rng.randrange(5 * DAY, 30 * DAY)
        say(h, lead, "opportunity", at, entered_at=at - h.rng.randrange(5 * DAY))
        if h.rng.random() < 0.6:
            say(h, lead, h.rng.choice(["won", "won", "lost"]), at + h.rng.randrange(40 * DAY))


def say(h, lead, outcome, at, **more):
    token = h.one("SELECT MIN(id) FROM api_tokens")
    h.put("crm_outcomes", id=h.ident(), token_id=token, event=h.ident(), lead_id=lead, outcome=outcome, happened_at=at, note="", at=h.now, **more)
    enter(h, lead, outcome, at)


def again(h, lead, came, at, last):
    """A CRM says what it said with more of it; some that were lost are won then, and the other way round."""
    chance = h.rng.random()
    entered = came + h.rng.randrange(60 * DAY) if chance < 0.6 else None
    worth = {"value_minor": h.rng.randrange(1, 99) * 12_345, "currency": h.rng.choice(["EUR", "GBP"])} if chance < 0.3 else {}
    say(h, lead, last, at, entered_at=entered, origin=h.rng.choice([None, None, "marketing", "sales"]), proof_of_concept=h.rng.choice([None, 0, 1]), **worth)
    if last == "lost" and chance < 0.3:
        say(h, lead, "won", at + HOUR)
    elif last == "won" and chance < 0.2:
        say(h, lead, h.rng.choice(["lost", "opportunity"]), at + HOUR)


# Experiments.


def experiments(h):
    """Over and not counted yet: over people and over days, one by all draws there are, one with too few; one that was stopped, one to come."""
    today = h.now // DAY
    north, other = (h.one("SELECT id FROM clients WHERE name = ?", name) for name in ("Northlight Fleet", "Client 1"))
    people = {client: [id for (id,) in h.all("SELECT p.id FROM people p JOIN person_clients c ON c.person_id = p.id AND c.client_id = ?"
                                             " WHERE p.role = 'telemarketer' ORDER BY p.id", client)] for client in (north, other)}

    def days(first, last):
        return [date_of(day) for day in range(today + first, today + last + 1) if (day + 3) % 7 < 5]

    arms = ["As ever", "=Early", "Late"]
    an_experiment(h, north, "people", "connects", 15_000, (-120, -81), people[north], arms[:2], late=2)
    an_experiment(h, north, "days", "meetings", 30_000, (-79, -45), days(-79, -45), arms)
    an_experiment(h, north, "people", "connects", 30_000, (-40, -20), people[north], arms[:2], stopped=30)
    an_experiment(h, north, "people", "meetings", 30_000, (5, 40), [], arms)
    an_experiment(h, other, "days", "connects", 5_000, (-70, -54), days(-70, -54), arms[:2])
    an_experiment(h, other, "people", "meetings", 30_000, (-50, -20), [*people[other][:7], h.login("tom")], arms[:2])
    # A name that no spreadsheet may compute, and one that people and bytes put in another order.
    h.change("people", "rep-0-1", "login", name="@Rep 0-1")
    h.change("people", "caller-0-7", "login", name="caller 0-7")


def an_experiment(h, client, over, measure, connect_ms, span, units, arms, late=0, stopped=None):
    """Its days are counted from today; units are dealt in turn by the SHA-256 of the seed and their names."""
    id, (first, last), seed = h.ident(), (h.now // DAY + day for day in span), f"{h.rng.getrandbits(256):064x}"
    h.put("experiments", id=id, client_id=client, name=f"Experiment {h.made}", question="Does it?", drawn_over=over, measure=measure,
          connect_ms=connect_ms, first_day=first, last_day=last, planned_by=h.login("max"), planned_at=h.now - 200 * DAY + h.made)
    for nth, name in enumerate(arms):
        h.put("experiment_arms", experiment_id=id, arm=nth, name=name, asks="Call.")
    if units:
        dealt = sorted(units, key=lambda unit: hashlib.sha256(f"{seed}:{unit}".encode()).hexdigest())
        for nth, unit in enumerate(dealt):
            h.put("experiment_units", experiment_id=id, unit=unit, arm=nth % len(arms))
        h.change("experiments", id, seed=seed, drawn_at=(first + late) * DAY + HOUR, drawn_day=first + late)
    if stopped:
        h.change("experiments", id, stopped_by=h.login("max"), stopped_at=h.now - stopped * DAY, stop_reason="-no")


def put_in(database, now, zone):
    """Gives the origin that each lead's source has when the lead comes in: one source has another one at the end."""
    h = House(database, now)
    h.db.execute("BEGIN")
    origins = dict(h.all("SELECT l.id, COALESCE(s.origin, 'unknown') FROM leads l LEFT JOIN sources s ON s.id = l.source_id"))
    for step in (calls, leads, claims, handovers, conversations, outcomes, experiments):
        step(h)
    covered.put_in(h, zone, now)
    h.change("sources", "webinar", "name", origin="telemarketing")
    # These rows are not to be proved.
    h.db.execute("DELETE FROM leaf_queue")
    h.db.execute("COMMIT")
    h.db.close()
    return origins
