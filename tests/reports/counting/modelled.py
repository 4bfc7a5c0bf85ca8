"""Sales' gate, our numbers and the forecast of hand-overs, computed again from raw rows by their definitions in src/report."""
import itertools
import json
import math
import tomllib

import numpy as np
import pandas as pd
from counting.counted import chosen, in_slots, rate
from counting.likeness import LIKE, Likeness
from counting.raw import (
    DAY,
    EPOCH,
    MONDAY_BEFORE,
    SECOND,
    date_of,
    day_number,
    midnight,
    wall,
)
from statsmodels.duration.survfunc import SurvfuncRight

KNOWN_AFTER = 30 * DAY

# Sales' gate.

NEEDS_WORDS = {"criterion", "poor_fit", "other"}
ACCEPTED = {"now": True, "later": True, "nurture": False, "reject": False}


def standing(answers, until):
    """The answer of each claim that no other replaces, of those that are given before a moment (by claim)."""
    a = answers[answers["at"] < answers.claim_id.map(until)]
    return a[~a.id.isin(a.replaces)].set_index("claim_id")


def contradicted(raw, h):
    """Claims of rejections for a criterion that a second reviewer, who does not know of it, finds met."""
    second = raw.read("SELECT r.verdict_id, r.answers, r.answered_at, r.id, v.claim_id, c.body FROM second_reviews r JOIN verdicts v ON v.id = r.verdict_id"
                      " JOIN checklist_versions c ON c.id = r.checklist_version_id WHERE r.reason <> 'dispute' AND r.answers IS NOT NULL"
                      " ORDER BY r.answered_at, r.id").groupby("claim_id").last()
    found = set()
    for claim, criterion in h.criterion.dropna().items():
        if claim in second.index:
            given = {g["criterion"]: g["answer"] for g in json.loads(second.answers[claim])}
            listed = next(c for c in tomllib.loads(second.body[claim])["criteria"] if c["id"] == criterion)
            if any(a["id"] == given.get(criterion) and a.get("passes") for a in listed["answers"]):
                found.add(claim)
    return found


def counted_attempts(calls, answered_at, days):
    """Attempts within the last days: what rings for ten seconds or reaches a telephone, an hour apart."""
    last, n = None, 0
    for c in calls.itertuples():
        rings = c.ended_at - c.started_at >= 10 * SECOND
        counts = c.outcome in ("answered", "busy", "rejected") or (c.outcome in ("no_answer", "cancelled") and rings)
        if counts and c.direction != "inbound" and answered_at - days * DAY <= c.started_at and (last is None or c.started_at >= last + 3_600 * SECOND):
            last, n = c.started_at, n + 1
    return n


def doubt(raw, h, by_lead, pacts, found):
    if h.Index in found:
        return "contradicted"
    if h.reason in NEEDS_WORDS and len(h.note.strip()) < 10:
        return "no_words"
    if h.reason != "unreachable":
        return None
    calls = by_lead.get(h.lead_id, raw.sales_calls[:0])
    calls = calls[(calls.started_at >= h.passed_at) & (calls.started_at < h.answered)]
    if (calls.ended_at - calls.answered_at >= 30 * SECOND).any():
        return "reached"
    owed = pacts[(pacts.client_id == h.client_id) & (pacts.in_force_from <= h.answered)].sort_values("version")
    attempts, days = (5, 10) if owed.empty else owed.iloc[-1][["attempts", "attempt_days"]]
    return "few_attempts" if counted_attempts(calls, h.answered, days) < attempts else None


def cases(raw, client, days, now):
    """Leads that are handed over in these days, with all that the gate tells of them."""
    h = raw.handovers
    h = h[(h.client_id == client) & raw.is_in(days, h.handed_at)].set_index("claim_id")
    a = standing(raw.answers, raw.handovers.set_index("claim_id").handed_at + KNOWN_AFTER)
    h = h.join(a[["person_id", "answer", "reason", "criterion", "note", "at"]].rename(columns={"at": "answered"}))
    h["whose"] = h.person_id.fillna(h.sales_id).fillna("")
    h["accepted"] = h.answer.map(ACCEPTED)
    first = raw.first_sales_calls(h.reset_index())
    long = first.ended_at - first.answered_at >= 30 * SECOND
    h["first_call"] = pd.Series(np.where(first.answered_at.isna(), "not_answered", np.where(long, "talked", "short")), index=first.index)
    h["first_call"] = h.first_call.fillna("none")
    asked = h.answer == "needs_information"
    h["answer_overdue"] = (h.answer.isna() & (h.answer_due_at < now)) | (asked & (h.handed_at + KNOWN_AFTER < now))
    h["call_overdue"] = (h.first_call == "none") & ~h.answer.isin(["reject", "nurture"]) & (h.call_due_at < now)
    pacts = raw.read("SELECT client_id, version, attempts, attempt_days, in_force_from FROM pacts WHERE in_force_from IS NOT NULL")
    by_lead, found = dict(list(raw.sales_calls.groupby("lead_id"))), contradicted(raw, h)
    h["doubt"] = [doubt(raw, row, by_lead, pacts, found) if isinstance(row.reason, str) else None for row in h.itertuples()]
    source = h.lead_id.map(raw.leads.source_id)
    h["grade"], h["source"] = source.map(raw.sources.grade).fillna(""), source.map(raw.sources["name"]).fillna("")
    h["answers"] = raw.given().reindex(h.index).fillna("")
    h["interactions"] = days_talked(raw, h)
    return h


def days_talked(raw, h):
    """Days with a conversation before the pass, in a word."""
    c = raw.calls[raw.calls.answered_at.notna() & (raw.calls.ended_at - raw.calls.answered_at >= 30 * SECOND)]
    c = h[["lead_id", "passed_at"]].reset_index().merge(c[["lead_id", "started_at"]], on="lead_id")
    c = c[c.started_at < c.passed_at]
    day = wall(c.started_at, raw.zone).dt.normalize()
    days = day.groupby(c.claim_id).nunique().reindex(h.index).fillna(0)
    return days.clip(upper=3).map({0: "no_conversation", 1: "1_day", 2: "2_days", 3: "3_days"})


def times(values, order, name):
    found = values.dropna().value_counts()
    return [{name: value, "times": int(found[value])} for value in order if value in found.index]


REASONS = ["criterion", "unreachable", "known_already", "wrong_person", "wrong_territory", "no_capacity", "poor_fit", "other"]
DOUBTS = ["contradicted", "reached", "few_attempts", "no_words"]
CALLS = ["talked", "short", "not_answered", "none"]


def one_gate(h):
    decided = h.accepted.dropna()
    return {
        "leads": len(h),
        "decided": len(decided),
        "accepted": int(decided.sum()),
        "raw": rate(int(decided.sum()), len(decided)),
        "adjusted": None,
        "reasons": times(h.reason, REASONS, "reason"),
        "doubts": times(h.doubt, DOUBTS, "doubt"),
        "first_calls": times(h.first_call, CALLS, "outcome"),
        "answers_overdue": int(h.answer_overdue.sum()),
        "calls_overdue": int(h.call_overdue.sum()),
        "bands": [],
    }


def on_like_leads(told, own, others, overall):
    """Everybody's rate, times what is accepted over what the others accept of such leads; the interval is as much wider as that is unsure."""
    if len(others) < 50:
        return
    model = Likeness(others)
    theirs = others.accepted.groupby(model.bands(others)).agg(["size", "mean"])
    ours = own.accepted.groupby(model.bands(own)).agg(["size", "sum"])
    told["bands"] = [{"from": int(b) * 10, "decided": int(row["size"]), "accepted": int(row["sum"])} for b, row in ours.iterrows()]
    told_by = {b: (row["mean"], row["size"]) for b, row in theirs.iterrows() if row["size"] >= 10}
    fallback = (others.accepted.mean(), len(others))
    expected = variance = 0.0
    for b, row in ours.iterrows():
        p, n = told_by.get(b, fallback)
        expected, variance = expected + row["size"] * p, variance + row["size"] ** 2 * p * (1 - p) / n
    if not expected or told["raw"] is None:
        return
    raw, n = told["raw"], told["decided"]
    # Relative variances of what is accepted and of what is expected add up.
    chance = (1 - raw["rate"]) / (raw["rate"] * n) if raw["rate"] else 0.0
    wider = math.sqrt(1 + variance / expected**2 / chance) if chance else 1.0
    low, high = max(raw["rate"] - (raw["rate"] - raw["low"]) * wider, 0.0), raw["rate"] + (raw["high"] - raw["rate"]) * wider
    by = overall * n / expected
    told["adjusted"] = {name: float(min(max(value * by, 0.0), 1.0)) for name, value in (("rate", raw["rate"]), ("low", low), ("high", high))}


def gate(raw, client, days, now):
    h = cases(raw, client, days, now)
    whole, people = one_gate(h), []
    for whose, own in h.groupby("whose"):
        told = one_gate(own)
        decided = h[h.accepted.notna()].astype({"accepted": float})
        on_like_leads(told, decided[decided.whose == whose], decided[decided.whose != whose], decided.accepted.mean())
        people.append({"person": whose or None, "name": raw.people.name[whose] if whose else None, "gate": told})
    return {"all": whole, "people": sorted(people, key=lambda p: (p["name"] is not None, p["name"]))}


# Our numbers.

BURN_IN, FALL, WIDTH = 20.0, 0.6, 7.35


def without(d, keys):
    """Calls and connects of all that share the keys; and the same less those of the row's own number."""
    whole = d.groupby(keys)[["calls", "connects"]].transform("sum") if keys else d[["calls", "connects"]].sum()
    return whole, whole - d.groupby(["shown", *keys])[["calls", "connects"]].transform("sum")


def leaning(sums, on):
    return (sums["connects"] + 50 * on) / (sums["calls"] + 50)


def expectations(d):
    """For each row, what its number is held against and the connects that its calls could have; and those by all calls."""
    total, others = without(d, [])
    of_campaign, others_of_campaign = without(d, ["campaign"])
    of_stratum, others_of_stratum = without(d, ["campaign", "stratum"])
    usual = leaning(of_stratum, leaning(of_campaign, total["connects"] / total["calls"]))
    by_others = leaning(others_of_stratum, leaning(others_of_campaign, others["connects"] / others["calls"].clip(lower=1)))
    d["usual"] = usual * d.calls
    of_week, own_week = (d.groupby(keys)[["connects", "usual"]].transform("sum") for keys in (["campaign", "week"], ["shown", "campaign", "week"]))
    of_week = of_week - own_week
    went = (of_week.connects + 20) / (of_week.usual.clip(lower=0) + 20)
    is_held = (others["calls"] >= 500) & (others["connects"] > 0)
    return is_held, (by_others * went).where(is_held, usual).clip(upper=0.95) * d.calls, d.usual


class Level:
    """A number's calls in their order, with the moments at which its level changes."""

    def __init__(self, d, expected, limit, fewest):
        self.day, self.calls, self.hits, self.expected = d.day.to_numpy(), d.calls.to_numpy(), d.connects.to_numpy(), expected.to_numpy()
        self.fewest, self.rough = fewest, self.spread()
        self.limit = limit * self.rough

    def spread(self):
        """How much more days vary than by chance, from each to the next."""
        if not self.hits.sum() or not self.expected.sum():
            return 1.0
        by_day = pd.DataFrame({"hits": self.hits, "expected": self.expected * self.hits.sum() / self.expected.sum()}).groupby(self.day).sum()
        by_day = by_day[by_day.expected > 0]
        squares = np.diff((by_day.hits - by_day.expected) / np.sqrt(by_day.expected)) ** 2 / 2
        return max((squares.sum() + 10) / (len(squares) + 10), 1.0)

    def alarm(self, start, has_fallen):
        """Where a chart first says that the level is another one, and whether it is lower."""
        ways = [(FALL, True)] + ([(1 / FALL, False)] if has_fallen else [])
        state = {to: [0.0, 0.0, 0.0, 0.0] for to, _ in ways}
        for n in range(start, len(self.hits)):
            for to, fell in ways:
                before, at_before, since, at_since = state[to]
                since, at_since = since + self.hits[n], at_since + self.expected[n]
                score = 0.0
                if at_before >= BURN_IN:
                    # Negative binomials: Poisson counts whose level is gamma distributed by what is before. Their common factor falls out.
                    shape, now, then = before + 0.5, at_before / (at_before + to * at_since), at_before / (at_before + at_since)
                    score = shape * math.log(now / then) + (since * math.log((1 - now) / (1 - then)) if since else 0.0)
                if score <= 0 or at_since > max(at_before, BURN_IN):
                    before, at_before, since, at_since = before + since, at_before + at_since, 0.0, 0.0
                state[to] = [before, at_before, since, at_since]
                if score > self.limit:
                    return n, fell
        return None

    def profile(self, a, b):
        """Twice the log-likelihood of two levels between two places, by where the second begins; and where it is lower."""
        hits, expected = self.hits[a:b].cumsum(), self.expected[a:b].cumsum()
        h1, e1, h2, e2 = hits[:-1], expected[:-1], hits[-1] - hits[:-1], expected[-1] - expected[:-1]
        with np.errstate(divide="ignore", invalid="ignore"):
            each = [np.where((h > 0) & (e > 0), 2 * h * np.log(h / e), 0.0) for h, e in ((h1, e1), (h2, e2))]
        return each[0] + each[1], h2 * e1 < h1 * e2

    def likeliest(self, a, b, fell, by):
        """The likeliest place, at the latest `by`."""
        twice, lower = self.profile(a, b)
        possible = np.flatnonzero((lower == fell) & (a + 1 + np.arange(len(twice)) <= by))
        return a + 1 + int(possible[np.flatnonzero(twice[possible] == twice[possible].max())[-1]]) if len(possible) else None

    def refit(self, found):
        """Dates each change by what is between the others; gives whether there are any."""
        for n, change in enumerate(found):
            a, b = (found[n - 1]["at"] if n else 0), (found[n + 1]["at"] if n + 1 < len(found) else len(self.hits))
            change["at"] = self.likeliest(a, b, change["fell"], change["alarm"]) or change["at"]
            twice, _ = self.profile(a, b)
            near = a + 1 + np.flatnonzero((twice[change["at"] - a - 1] - twice) / self.rough <= WIDTH)
            change["first"], change["last"] = min(near[0], change["at"]), max(near[-1], change["at"])
        return bool(found)

    def changes(self):
        found, start, has_fallen = [], 0, False
        while (heard := self.alarm(start, has_fallen)) is not None:
            at = self.likeliest(start, heard[0] + 1, heard[1], heard[0])
            if at is None:
                break
            found.append({"at": at, "alarm": heard[0], "fell": heard[1]})
            start, has_fallen = at, heard[1]
        # The last one goes where any place has become as likely as any other.
        while self.refit(found) and found[-1]["first"] <= (found[-2]["at"] if len(found) > 1 else 0) + 1 and found[-1]["last"] + 1 >= len(self.hits):
            found.pop()
        bounds = [0, *(c["at"] for c in found), len(self.hits)]
        return [
            {
                "fell": c["fell"],
                **{name: date_of(self.day[c[of]]) for name, of in (("day", "at"), ("first", "first"), ("last", "last"), ("noticed", "alarm"))},
                "after_calls": int(self.calls[c["at"]:c["alarm"] + 1].sum()),
                "before": self.stretch(bounds[n], c["at"]),
                "since": self.stretch(c["at"], bounds[n + 2]),
            }
            for n, c in enumerate(found)
        ]

    def stretch(self, a, b, day=None):
        calls, hits = int(self.calls[a:b].sum()), int(self.hits[a:b].sum())
        enough = calls >= max(self.fewest, 1)
        return {
            "day": date_of(self.day[a] if day is None else day),
            "calls": calls,
            "connects": hits,
            "rate": rate(hits, calls, self.fewest),
            "expected": float(self.expected[a:b].sum() / calls) if enough else None,
        }

    def told(self, shown, against):
        whole, week = self.stretch(0, len(self.day)), (self.day + MONDAY_BEFORE) // 7
        edges = [0, *(np.flatnonzero(np.diff(week)) + 1), len(week)]
        del whole["day"]
        return {
            "shown": shown,
            "against": against,
            "first": date_of(self.day[0]),
            "last": date_of(self.day[-1]),
            "days": len(np.unique(self.day)),
            **whole,
            "watched": bool(self.expected.sum() >= BURN_IN),
            "weeks": [self.stretch(a, b, week[a] * 7 - MONDAY_BEFORE) for a, b in itertools.pairwise(edges)],
            "changes": self.changes(),
        }


def numbers(raw, client, days, fewest=20):
    c = chosen(raw, client, days)
    if c.empty:
        return {"all": None, "numbers": []}
    c = in_slots(c, 20, 10).assign(five=c.minute // 5)
    c["stratum"] = c.weekday * 1_440 + c.start
    d = c.groupby(["day", "five", "shown", "campaign", "stratum"])[["calls", "connects"]].sum().reset_index()
    d["week"] = (d.day + MONDAY_BEFORE) // 7
    is_held, expected, usual = expectations(d)
    limit = max(math.log(max(usual.sum() * 91 / (d.day.max() - d.day.min() + 1), 1.0)) - 2.75, 4.0)
    each = [
        Level(own, expected[own.index], limit, fewest).told(shown, "others" if is_held[own.index].all() else "itself") for shown, own in d.groupby("shown")
    ]
    return {"all": Level(d, usual, limit, fewest).told("", "itself"), "numbers": sorted(each, key=lambda n: (-n["calls"], n["shown"]))}


# The forecast of hand-overs.

HORIZON = 120


def contacts(raw, client, since):
    """Leads by the day of their first contact and, where they were, of their hand-over."""
    leads = raw.leads[(raw.leads.client_id == client) & (raw.leads.contacted >= midnight(since, raw.zone))]

    def day(moments):
        return (wall(moments, raw.zone).dt.normalize() - pd.Timestamp(EPOCH)).dt.days

    d = pd.DataFrame({"day": day(leads.contacted)})
    d["handed"] = day(raw.handovers.set_index("lead_id").handed_at)
    d["handed"] = d[["day", "handed"]].max(axis=1).where(d.handed.notna())
    return d


class Curve:
    """The share that is handed over before an age in days, of leads as they are known before a day (Kaplan and Meier)."""

    def __init__(self, d, before):
        d = d[d.day < before]
        is_handed = (d.handed < before) & (d.handed - d.day < HORIZON)
        # Who is on the way at an age is not seen all of that day: it leaves just before. Ages count from one, none of them is zero.
        age = (d.handed.where(d.handed < before, before) - d.day).clip(upper=HORIZON) + 1 - 0.5 * ~is_handed
        self.found = SurvfuncRight(age, is_handed.astype(int))

    def at(self, age):
        nth = np.searchsorted(self.found.surv_times, np.clip(age, 0, HORIZON), side="right") - 1
        return np.where(nth < 0, 0.0, 1 - self.found.surv_prob[np.maximum(nth, 0)])

    def age_of(self, share):
        return int(np.argmax(self.at(np.arange(HORIZON + 1)) >= self.at(HORIZON) * share))


def expected(d, curve, first, after, today, is_later):
    """Hand-overs of a month that come of these leads, foretold on a day."""
    waits = d[(d.day < today) & ~(d.handed < today)].day.to_numpy()
    begins, left = max(first, today), 1 - curve.at(today - waits)
    in_month = curve.at(after - waits) - curve.at(begins - waits)
    come = np.clip(in_month[left > 1e-9] / left[left > 1e-9], 0, 1).sum()
    later = d[(d.day >= today) & (d.day < after)].day.to_numpy() if is_later else np.zeros(0)
    return come + (curve.at(after - later) - curve.at(begins - later)).sum()


def is_enough(d, before):
    known = d[d.day < before]
    return (known.handed < before).sum() >= 30 and before - known.day.min() >= 60


def months_after(day, n):
    """First day of the month that is so many after a day's, and of the one after it."""
    at = pd.Period(date_of(day), "M") + n
    return str(at), day_number(at.start_time.date()), day_number((at + 1).start_time.date())


def within(theirs, middle):
    """A band whose ends come of 200 draws of the box: they are only held against the middle."""
    is_in = theirs is not None and theirs["low"] <= theirs["middle"] <= theirs["high"]
    return {"middle": middle, "low": theirs["low"] if is_in else None, "high": theirs["high"] if is_in else None}


def forecast(raw, client, today, now, theirs, handovers=None):
    d = contacts(raw, client, today - 548)
    months = []
    for name, first, after in (months_after(today, n) for n in range(-12, 0)):
        if is_enough(d, first):
            came = int(((d.handed >= first) & (d.handed < after)).sum())
            band = next((m["foretold"] for m in theirs["months"] if m["month"] == name), None)
            foretold = within(band, expected(d, Curve(d, first), first, after, first, True))
            is_held = band is not None and math.floor(band["low"]) <= came <= math.ceil(band["high"])
            months.append({"month": name, "foretold": foretold, "came": came, "is_held": is_held})
    leads = raw.leads[(raw.leads.client_id == client) & (raw.leads.received >= now - 213 * DAY) & (raw.leads.received < now - 30 * DAY)]
    reached = rate(int((leads.contacted < leads.received + 30 * DAY).sum()), len(leads))
    name, first, after = months_after(today, 1)
    wanted = handovers or max(months[-1]["came"] if months else 0, 10)
    told = {"month": name, "handovers": wanted, "reached": reached, "months": months, "held": sum(m["is_held"] for m in months)}
    curve = Curve(d, today)
    way = expected(d, curve, first, after, today, False) + int(((d.handed >= first) & (d.handed < today)).sum())
    told |= {"on_the_way": within(theirs["on_the_way"], way), "plan": None, "no_plan": "enough" if wanted <= way else None}
    if wanted > way:
        begins, ends = max(today, first - curve.age_of(0.9)), after - 1 - curve.age_of(0.5)
        days = np.array([day for day in range(begins, ends + 1) if (day + MONDAY_BEFORE) % 7 < 5])
        share = float((curve.at(after - days) - curve.at(first - days)).mean())
        needed = (wanted - way) / share
        bands = theirs["plan"] or {"contacts": None, "suspects": None}
        told["plan"] = {
            "contacts": within(bands["contacts"], needed),
            "suspects": within(bands["suspects"], needed / reached["rate"]),
            "from": date_of(begins),
            "by": date_of(ends),
            "share": share,
            "median_days": curve.age_of(0.5),
        }
    return told
