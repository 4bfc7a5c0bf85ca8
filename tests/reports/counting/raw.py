"""The raw rows of a box as pandas frames: calls, speech, leads, claims, verdicts, hand-overs, answers, outcomes.

Nothing here reads what the box counts for its reports (call_figures, attempts and contacts in lead_work, scores).
"""
import datetime
import json
import sqlite3
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

SECOND = 1_000_000
DAY = 86_400 * SECOND
MONDAY_BEFORE = 3  # 1970-01-01 is a Thursday.
EPOCH = datetime.date(1970, 1, 1)
TALKED = {"conversation", "meeting_made", "call_back", "not_interested", "do_not_call"}


def day_number(day):
    return (day - EPOCH).days


def date_of(number):
    return str(EPOCH + datetime.timedelta(days=int(number)))


def midnight(day, zone):
    """The first moment of a day in a zone, in microseconds."""
    day = EPOCH + datetime.timedelta(days=int(day))
    return int(datetime.datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).timestamp()) * SECOND


def wall(moments, zone):
    """Clock time in a zone, without the zone."""
    return pd.to_datetime(moments, unit="us", utc=True).dt.tz_convert(ZoneInfo(zone)).dt.tz_localize(None)


def joined(spans, after):
    """Spans in milliseconds without overlaps, from a moment on."""
    out = []
    for a, b in sorted((max(a, after), b) for a, b in spans if b > max(a, after)):
        if out and a <= out[-1][1]:
            out[-1][1] = max(out[-1][1], b)
        else:
            out.append([a, b])
    return out


def talk(ours, theirs, answered):
    """Milliseconds of the other side's speech after the answer, and how often it replies: it takes the word when our side has spoken for two
    seconds since the reply before, and does not talk on for more than 0.7 s."""
    ours, theirs = joined(ours, answered), joined(theirs, answered)
    replies, last = 0, 0
    for a, _ in theirs:
        said = sum(max(0, min(end, a) - max(start, last)) for start, end in ours)
        if said >= 2_000 and not any(start < a < end - 700 for start, end in ours):
            replies, last = replies + 1, a
    return sum(b - a for a, b in theirs), replies


def connects(dials, connect_ms):
    """Which calls connect: answered, not by a machine, with so much speech of the other side, which answers twice."""
    reached = dials.answered_at.notna() & ~dials.disposition.isin(["no_answer", "voicemail"])
    return (reached & (dials.speech_ms >= connect_ms) & (dials.replies >= 2)).astype(int)


class Raw:
    """`zone` is the house's; a connect has `connect_seconds` of speech."""

    def __init__(self, database, zone, connect_seconds):
        self.zone = zone
        # Whoever reads it may be another thread than the one that opens it.
        db = sqlite3.connect(f"file:{database}?mode=ro", uri=True, check_same_thread=False)
        self.read = lambda sql: pd.read_sql_query(sql, db)
        self.people = self.read("SELECT id, name, role FROM people").set_index("id")
        self.clients = self.read("SELECT id, name FROM clients").set_index("name")["id"]
        self.campaigns = self.read("SELECT id, name, client_id FROM campaigns").set_index("id")
        self.sources = self.read("SELECT id, name, grade, COALESCE(supplier, '') AS supplier, origin FROM sources").set_index("id")
        self.calls = self.read("SELECT id, started_at, answered_at, ended_at, outcome, direction, line, person_id, client_id, prospect_e164, lead_id,"
                               " disposition, disposition_at FROM calls")
        self.candidates = self.read("SELECT call_id, lead_id FROM call_lead_candidates")
        self.stages = self.read("SELECT lead_id, nth, at, stage FROM lead_stages WHERE stage IS NOT NULL ORDER BY lead_id, nth")
        self.leads = self._leads()
        self.dials = self._dials(connect_seconds)
        self.claims = self.read("SELECT id, lead_id, campaign_id, state, outcome, created_at, taken_at FROM claims")
        self.claim_calls = self.read("SELECT claim_id, call_id FROM claim_calls")
        self.verdicts = self.read("SELECT id, claim_id, answers, passed, committed_at, checklist_version_id FROM verdicts WHERE state = 'final'")
        self.ledger = self.read("SELECT claim_id, booked_at FROM ledger WHERE kind = 'accrual'")
        self.handovers = self.read("SELECT claim_id, lead_id, client_id, sales_id, passed_at, handed_at, opened_at, answer_due_at, call_due_at FROM handovers"
                                   " WHERE handed_at IS NOT NULL")
        self.answers = self.read("SELECT id, claim_id, person_id, answer, reason, criterion, note, at, replaces FROM sales_answers")
        self.outcomes = self.read("SELECT lead_id, outcome, value_minor, currency, happened_at, proof_of_concept, origin, entered_at FROM crm_outcomes"
                                  " ORDER BY lead_id, happened_at, at, id")
        self.sales_calls = self._sales_calls()

    def _leads(self):
        leads = self.read("SELECT id, client_id, campaign_id, source_id, created_at FROM leads").set_index("id")
        # A list may say an earlier day than the one on which it was imported.
        leads["received"] = self.stages[self.stages.nth == 1].set_index("lead_id")["at"]
        leads["stage"] = self.stages.groupby("lead_id").stage.last()
        merged = self.read("SELECT lead_id FROM lead_merges WHERE split_at IS NULL")["lead_id"]
        leads["merged"] = leads.index.isin(merged)
        calls = self.calls[self.calls.lead_id.notna()]
        ours = calls[calls.direction.fillna("") != "inbound"]
        leads["dialled"] = ours.groupby("lead_id").started_at.min()
        long = calls.disposition.isna() & (calls.ended_at - calls.answered_at >= 30 * SECOND)
        contacts = calls[calls.answered_at.notna() & (calls.disposition.isin(TALKED) | long)]
        leads["contacted"] = contacts.groupby("lead_id").answered_at.min()
        said = self.read("SELECT lead_id, kind, said_at AS at FROM lead_dispositions WHERE taken_back_at IS NULL AND call_id IS NULL")
        of_calls = calls[calls.disposition.notna()].rename(columns={"disposition": "kind", "disposition_at": "at"})
        said = pd.concat([of_calls[["lead_id", "kind", "at"]], said]).sort_values("at", kind="stable")
        leads["said"] = said.groupby("lead_id").kind.last()
        return leads

    def _dials(self, connect_seconds):
        """Calls that somebody of the house makes for a client: what slots and numbers count."""
        spoken = {}
        for call, lane, speech in self.read("SELECT call_id, lane, speech FROM lanes").itertuples(index=False):
            spoken.setdefault(call, {})[lane] = [(s["from_ms"], s["to_ms"]) for s in json.loads(speech)]
        starts = dict(self.read("SELECT call_id, starts_at FROM recordings").itertuples(index=False))
        c = self.calls
        c = c[(c.direction == "outbound") & c.person_id.notna() & c.client_id.notna()].copy()
        speech, replies = [], []
        for call, answered in zip(c.id, c.answered_at):
            lanes, begins = spoken.get(call), starts.get(call)
            said = (0, 0)
            if lanes is not None and begins is not None and not np.isnan(answered):
                said = talk(lanes.get(0, []), lanes.get(1, []), max(0, (int(answered) - begins) // 1_000))
            speech.append(said[0])
            replies.append(said[1])
        c["speech_ms"], c["replies"] = speech, replies
        c["connects"] = connects(c, connect_seconds * 1_000)
        c["meetings"] = (c.disposition == "meeting_made").astype(int)
        c["calls"] = 1
        c["shown"] = c.line.fillna("")
        c["campaign"] = c.lead_id.map(self.leads.campaign_id).fillna("")
        c["wall"] = wall(c.started_at, self.zone)
        c["day"] = (c.wall.dt.normalize() - pd.Timestamp(EPOCH)).dt.days
        c["minute"] = c.wall.dt.hour * 60 + c.wall.dt.minute
        return c

    def _sales_calls(self):
        """Calls between sales and a lead; one whose number fits several leads counts for each."""
        c = self.calls[self.calls.person_id.map(self.people.role) == "sales"]
        several = self.candidates.merge(c[c.lead_id.isna()].drop(columns="lead_id"), left_on="call_id", right_on="id").drop(columns="call_id")
        return pd.concat([c[c.lead_id.notna()], several]).sort_values(["started_at", "id"])

    def given(self):
        """The answers of each final verdict in one text, by claim."""
        return self.verdicts.set_index("claim_id").answers.map(lambda text: ";".join(sorted(f"{g['criterion']}={g['answer']}" for g in json.loads(text))))

    def is_in(self, days, moments):
        """Whether moments are in these days, the second one not included."""
        return (moments >= midnight(days[0], self.zone)) & (moments < midnight(days[1], self.zone))

    def first_sales_calls(self, handovers):
        """The first call of each hand-over since the pass, by claim."""
        both = handovers[["claim_id", "lead_id", "passed_at"]].merge(self.sales_calls, on="lead_id")
        return both[both.started_at >= both.passed_at].drop_duplicates("claim_id").set_index("claim_id")
