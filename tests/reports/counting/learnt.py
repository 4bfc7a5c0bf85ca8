"""What a score is learnt from, and how it stands the test, computed again from raw rows by what src/report/score.rs and the page say."""
import numpy as np
import pandas as pd
from counting.counted import rate
from counting.likeness import FEWEST, FEWEST_PAST, LIKE, Likeness
from counting.modelled import (
    ACCEPTED,
    KNOWN_AFTER,
    contradicted,
    days_talked,
    standing,
)
from counting.raw import DAY, wall
from scipy import stats

TELESALES_KNOWN, LONGEST_AGO = 90 * DAY, 732 * DAY


def sales_said(raw, h, known_at):
    """Whether sales took each lead (by claim), by what it had said when the time was over; none where it said nothing that tells of it."""
    a = standing(raw.answers, known_at)
    h = h.join(a[["answer", "reason", "criterion"]])
    # Asked for information and never said more: that is undecided.
    said = h.answer.map(ACCEPTED).astype(object)
    said[(h.reason == "no_capacity") | h.index.isin(list(contradicted(raw, h)))] = None
    return said


def like(raw, leads):
    """Grade and source of leads, by their ids."""
    source = leads.map(raw.leads.source_id)
    return source.map(raw.sources.grade).fillna(""), source.map(raw.sources["name"]).fillna("")


def of_sales(raw, client, now):
    """Leads that were handed over: those to learn from, and how many are left out and wait."""
    h = raw.handovers[(raw.handovers.client_id == client) & (raw.handovers.handed_at >= now - LONGEST_AGO)]
    h = h.sort_values(["handed_at", "claim_id"]).set_index("claim_id")
    h["grade"], h["source"] = like(raw, h.lead_id)
    h["answers"] = raw.given().reindex(h.index).fillna("")
    h["interactions"] = days_talked(raw, h)
    calls = h[["lead_id", "passed_at"]].reset_index().merge(raw.calls[["lead_id", "started_at"]], on="lead_id")
    h["counted"] = calls[calls.started_at < calls.passed_at].groupby("claim_id").size().reindex(h.index).fillna(0)
    h["accepted"] = sales_said(raw, h, raw.handovers.set_index("claim_id").handed_at + KNOWN_AFTER)
    h["at"], h["known_at"] = h.handed_at, h.handed_at + KNOWN_AFTER
    over = h[h.known_at <= now]
    return over[over.accepted.notna()].astype({"accepted": int}), int(over.accepted.isna().sum()), int((h.known_at > now).sum())


def of_telesales(raw, client, now):
    """Leads that came in, once in each state that they went through."""
    own = raw.leads[(raw.leads.client_id == client) & (raw.leads.received >= now - LONGEST_AGO) & ~raw.leads.merged]
    own = own.assign(known_at=own.received + TELESALES_KNOWN)
    waiting, own = int((own.known_at > now).sum()), own[own.known_at <= now].copy()
    h = raw.handovers[raw.handovers.lead_id.isin(own.index)].set_index("claim_id")
    h = h[h.handed_at < h.lead_id.map(own.known_at)]
    h["accepted"] = sales_said(raw, h, raw.handovers.set_index("claim_id").lead_id.map(own.known_at))
    by_lead = h.set_index("lead_id")
    own["until"] = by_lead.handed_at.reindex(own.index).fillna(own.known_at)
    own["accepted"] = by_lead.accepted.reindex(own.index).where(own.index.isin(by_lead.index), False)
    own["grade"], own["source"] = like(raw, own.index.to_series())
    own["answers"] = ""
    own["contact"] = own.contacted.where(own.contacted < own.until)
    told = own[own.accepted.notna()].astype({"accepted": int})
    return in_states(raw, told), int(own.accepted.isna().sum()), waiting


def in_states(raw, leads):
    """A row for each state: not called, called once, three and six times before somebody was reached, and reached."""
    c = raw.calls[raw.calls.lead_id.isin(leads.index) & (raw.calls.direction.fillna("") != "inbound")]
    lead = leads.loc[c.lead_id]
    before = (c.started_at.to_numpy() < lead.until.to_numpy()) & ~(c.answered_at.fillna(c.started_at).to_numpy() >= lead.contacted.to_numpy())
    c = c[before].sort_values(["started_at", "id"])
    c["nth"] = c.groupby("lead_id").cumcount() + 1
    states = [leads.assign(interactions="not_called", at=leads.received, counted=0)]
    for nth, name in ((1, "called_1_2"), (3, "called_3_5"), (6, "called_6")):
        at = c[c.nth == nth].set_index("lead_id").started_at
        states.append(leads.loc[leads.index.isin(at.index)].assign(interactions=name, at=at, counted=nth))
    reached = leads[leads.contact.notna()]
    dials = c.groupby("lead_id").size().reindex(reached.index).fillna(0) + 1
    states.append(reached.assign(interactions="reached", at=reached.contact, counted=dials))
    return pd.concat(states)


def back_test(raw, past):
    """Each month's leads scored by what was known when it began, beside one rate for all and beside counting calls."""
    month = wall(past["at"], raw.zone).dt.to_period("M")
    scored, months = [], 0
    for name, leads in past.groupby(month):
        begins = name.start_time.tz_localize(raw.zone).value // 1_000
        known = past[past.known_at <= begins]
        if len(known) < FEWEST_PAST:
            continue
        months += 1
        model = Likeness(known)
        counting = Likeness(by_calls(known)).shares(by_calls(leads))
        told = {"share": model.shares(leads), "base": model.mean(0, ()), "counting": counting, "accepted": leads.accepted.to_numpy()}
        scored.append(pd.DataFrame(told))
    if not scored:
        return None
    s = pd.concat(scored)
    miss = {name: (s[name] - s.accepted) ** 2 for name in ("share", "base", "counting")}
    bins = s.groupby(np.minimum((s.share * 10).astype(int), 9))
    return {
        "n": len(s),
        "accepted": int(s.accepted.sum()),
        "months": months,
        "brier": float(miss["share"].mean()),
        **{name: against(miss[name], miss["share"]) for name in ("base", "counting")},
        "bins": [
            {
                "from": int(band) * 10,
                "to": int(band) * 10 + 10,
                "n": len(own),
                "accepted": int(own.accepted.sum()),
                "foretold": float(own.share.mean()),
                "rate": rate(int(own.accepted.sum()), len(own)),
            }
            for band, own in bins
        ],
    }


def by_calls(leads):
    """Alike by how often they were called, eight times or more together, and by nothing else."""
    number = leads.counted.clip(upper=8).astype(int).astype(str)
    return leads.assign(grade=number, source="", answers="", interactions="")


def against(simpler, own):
    better = simpler - own
    low, high = stats.norm.interval(0.95, loc=better.mean(), scale=stats.sem(better, ddof=0))
    is_beaten = bool(low > 0 and better.mean() >= 0.001)
    return {"brier": float(simpler.mean()), "better_by": float(better.mean()), "low": float(low), "high": float(high), "is_beaten": is_beaten}


def groups(past, model):
    """By source, and where there are no answers by interactions."""
    told = past.assign(interactions=past.interactions.where(past.answers == "", "")).drop_duplicates(["source", "interactions"])
    keys = sorted(told[["source", "interactions", "grade"]].itertuples(index=False, name=None))
    return [{"source": source, "interactions": tried, "score": model.score((grade, source, "", tried))} for source, tried, grade in keys]


def score(raw, client, name, now):
    """The report for a list, as it was learnt at a moment."""
    past, left_out, waiting = (of_sales if name == "sales" else of_telesales)(raw, client, now)
    model = Likeness(past)
    orders = raw.read("SELECT id, name, client_id, work_order FROM campaigns WHERE closed_at IS NULL ORDER BY name, id")
    orders = orders[orders.client_id == client]
    return {
        "list": name,
        "known_after_days": 30 if name == "sales" else 90,
        "fewest": FEWEST,
        "fewest_past": FEWEST_PAST,
        "past": len(past),
        "accepted": int(past.accepted.sum()),
        "left_out": left_out,
        "waiting": waiting,
        "pulls": [{"level": level, "leads": pull} for level, pull in zip(LIKE, model.pulls)],
        "back_test": back_test(raw, past),
        "groups": groups(past, model) if len(past) >= FEWEST_PAST else [],
        "campaigns": [{"id": id, "name": name, "order": order} for id, name, _, order in orders.itertuples(index=False)],
        "changes": True,
    }
