"""Slots, funnel, waterfall and origin, counted with pandas from raw rows by the definitions in src/report and on the pages."""
import pandas as pd
from counting.raw import DAY, EPOCH, MONDAY_BEFORE, SECOND, date_of, wall
from statsmodels.stats.proportion import proportion_confint


def rate(hits, n, fewest=1):
    """A rate with Wilson's 95 % interval; none below so many."""
    if n < max(fewest, 1):
        return None
    low, high = proportion_confint(hits, n, alpha=0.05, method="wilson")
    return {"rate": hits / n, "low": float(low), "high": float(high)}


def quantile(values, share):
    """Of a pandas series, between neighbours; none of none."""
    values = values.dropna()
    return float(values.quantile(share)) if len(values) else None


def counts(sums):
    return {name: int(sums[name]) for name in ("calls", "connects", "meetings")}


# Slots.


def chosen(raw, client, days, person=None, campaign=None, shown=None):
    c = raw.dials
    c = c[(c.client_id == client) & (c.day >= days[0]) & (c.day < days[1])]
    for column, value in (("person_id", person), ("campaign", campaign), ("shown", shown)):
        c = c if value is None else c[c[column] == value]
    return c


def in_slots(c, width, offset):
    """Adds the weekday and the minute of the day at which each call's slot starts: after midnight it may be the evening before."""
    start = (c.wall - pd.Timedelta(minutes=offset)).dt.floor(f"{width}min") + pd.Timedelta(minutes=offset)
    return c.assign(weekday=start.dt.weekday, start=start.dt.hour * 60 + start.dt.minute)


def part(start, sums, whole, hits, fewest):
    """A slot with its shares; `sums.expected` is what its strata (a person with a number) have of such calls at all times."""
    told, n = rate(int(sums[hits]), int(sums.calls), fewest), int(sums.calls)
    return {
        "start": int(start),
        **counts(sums),
        "share_of_calls": n / whole.calls if whole.calls else 0.0,
        "share": sums[hits] / whole[hits] if whole[hits] else None,
        "rate": told,
        "adjusted": adjusted(told, sums, whole, hits),
        "prospects": None,
    }


def adjusted(told, sums, whole, hits):
    if not told or told["rate"] <= 0 or sums.expected <= 0:
        return None
    by = sums[hits] / sums.expected * whole[hits] / whole.calls / told["rate"]
    return {name: min(max(float(value * by), 0.0), 1.0) for name, value in told.items()}


def numbers(c, key, fewest):
    """Different numbers that are called in each slot, and those that a call of it connects with."""
    c = c[c.prospect_e164.notna()]
    each = c.groupby([key.loc[c.index].rename("slot"), "prospect_e164"]).connects.max()
    told = {}
    for slot, own in each.groupby("slot"):
        told[slot] = {"called": len(own), "reached": int(own.sum()), "rate": rate(int(own.sum()), len(own), fewest)}
    return told


COUNTED = ["calls", "connects", "meetings", "expected"]


def figures(c, width, offset, hits, fewest, cut, is_adjusted=True):
    c = in_slots(c, width, offset)
    c["expected"] = c.groupby(["person_id", "shown"])[hits].transform("mean") if is_adjusted else 0.0
    whole = c[COUNTED].sum()

    def parts(key):
        reach = numbers(c, key, fewest) if is_adjusted else {}
        rows = c.groupby(key)[COUNTED].sum().iterrows()
        return [{**part(start, sums, whole, hits, fewest), "prospects": reach.get(start)} for start, sums in rows]

    def cell(at, sums):
        told = rate(int(sums[hits]), int(sums.calls), fewest)
        return {"weekday": int(at[0]), "start": int(at[1]), **counts(sums), "rate": told, "adjusted": adjusted(told, sums, whole, hits)}

    cells = [cell(at, sums) for at, sums in c.groupby(["weekday", "start"])[COUNTED].sum().iterrows()]
    told = {"total": counts(whole), "rate": rate(int(whole[hits]), int(whole.calls)), "cells": cells, "cut": None}
    told |= {"slots": parts(c.start), "starts": parts(c.start % 60)}
    if cut:
        before, after = cut
        # A cut is not held against who calls.
        outside = (c.minute < before) | (c.minute >= after)
        sides = {side: c[at].assign(expected=0)[COUNTED].sum() for side, at in (("outside", outside), ("between", ~outside))}
        told["cut"] = {"before": before, "from": after}
        told["cut"] |= {side: part(start, sides[side], whole, hits, fewest) for side, start in (("outside", after), ("between", before))}
    return told


def voicemails(c):
    """Answered calls that were marked, beside whether the other side answers twice."""
    c = c[c.answered_at.notna()]

    def of(marked, told_so):
        told = int((marked & told_so).sum())
        return {"marked": int(marked.sum()), "told_so": told, "rate": rate(told, int(marked.sum()))}

    talked = c.disposition.isin(["conversation", "meeting_made", "call_back", "not_interested", "do_not_call"])
    return {"machines": of(c.disposition == "voicemail", c.replies < 2), "people": of(talked, c.replies >= 2)}


def slots(raw, client, days, width=20, offset=10, hits="connects", fewest=20, cut=None, **only):
    c = chosen(raw, client, days, **only)
    by_number = c[c.prospect_e164.notna()].groupby("prospect_e164").connects.max()

    def of(column, name):
        each = c.groupby(column)[["calls", "connects", "meetings"]].sum()
        rows = [{"id": id, "name": name(id), **counts(sums), "rate": rate(int(sums[hits]), int(sums.calls), fewest)} for id, sums in each.iterrows()]
        return sorted(rows, key=lambda row: (row["name"], row["id"]))

    return {
        **figures(c, width, offset, hits, fewest, cut),
        "prospects": {"called": len(by_number), "reached": int(by_number.sum()), "rate": rate(int(by_number.sum()), len(by_number))},
        "voicemails": voicemails(c),
        "people": of("person_id", raw.people.name.get),
        "numbers": of("shown", lambda id: id),
        "from": date_of(days[0]),
        "to": date_of(days[1] - 1),
        "blocks": [],
    }


def together(raw, client, days, today, hits="connects", fewest=20, cut=None):
    """Where nobody is to be singled out: four whole weeks, three days after they end, slots of five people or more."""
    c = in_slots(chosen(raw, client, (-10_000, 100_000)), 20, 10)
    first_monday = 4
    c["block"] = (c.day - first_monday) // 28
    over = (today - 3 - first_monday) // 28 - 1
    blocks = range(c.block.min(), over + 1)
    span = {b: (b * 28 + first_monday, b * 28 + first_monday + 27) for b in blocks}
    inside = [b for b in blocks if span[b][0] >= days[0] and span[b][1] < days[1]]
    people = c.groupby(["block", "weekday", "start"]).person_id.transform("nunique")
    c = c[c.block.isin(inside) & (people >= 5)]
    return {
        **figures(c, 20, 10, hits, fewest, cut, is_adjusted=False),
        "prospects": None,
        "voicemails": None,
        "people": [],
        "numbers": [],
        "from": date_of(span[inside[0]][0]),
        "to": date_of(span[inside[-1]][1]),
        "blocks": [{"from": date_of(a), "to": date_of(b)} for a, b in span.values()],
    }


# The funnel.

WAY = ["suspect", "contacted", "claimed", "passed", "handed_over", "accepted", "opportunity", "won"]
STAGES = [*WAY, "lost"]


def travellers(raw, client, days):
    """Leads that come in in these days, with the moment at which each first enters each stage."""
    leads = raw.leads
    leads = leads[(leads.client_id == client) & raw.is_in(days, leads.received) & ~leads.merged].copy()
    entered = raw.stages[raw.stages.lead_id.isin(leads.index)].groupby(["lead_id", "stage"])["at"].min().unstack()
    entered = entered.reindex(index=leads.index, columns=STAGES)
    stands = leads.stage.map(STAGES.index)
    for place, stage in enumerate(STAGES):
        # A stage that was entered and taken back since is not reached: a lead ends in one way.
        taken_back = (stands < place) | ((stage == "won") & (leads.stage == "lost"))
        entered.loc[taken_back, stage] = float("nan")
    leads["far"] = entered[WAY].notna().mul(range(len(WAY))).max(axis=1)
    lost = entered.lost.notna()
    leads.loc[lost, "far"] = leads.far[lost].clip(lower=WAY.index("opportunity"))
    closed = (stands <= 1) & leads.said.isin(["not_interested", "do_not_call"])
    leads["over"] = closed | entered.won.notna() | lost
    entered["suspect"] = leads.received
    return leads, entered


def steps(leads, entered):
    told = []
    for place, stage in enumerate(STAGES):
        is_lost = stage == "lost"
        before = WAY.index("opportunity") if is_lost else max(place - 1, 0)
        came = int(entered.lost.notna().sum()) if is_lost else int((leads.far >= place).sum())
        of = int((leads.far >= before).sum())
        waits = int(((leads.far == before) & ~leads.over).sum())
        # From the farthest stage before that a lead entered.
        began = entered[list(STAGES[: before + 1])].ffill(axis=1).iloc[:, -1]
        took = ((entered[stage] - began).clip(lower=0) / SECOND / 60) if place else pd.Series(dtype=float)
        told.append({
            "stage": stage,
            "reached": came,
            "open": 0 if place >= 7 else int(((leads.far == place) & ~leads.over).sum()),
            "rate": rate(came, of) if place else None,
            "at_most": (came + waits) / of if place and of else None,
            "median": quantile(took, 0.5),
            "p90": quantile(took, 0.9),
        })
    return told


def funnel(raw, client, days, by="source", origins=None):
    """`origins` is what each lead's source says when the lead comes in."""
    leads, entered = travellers(raw, client, days)
    month = wall(leads.received, raw.zone).dt.strftime("%Y-%m")
    source = leads.source_id.map(raw.sources[by]) if by == "supplier" else leads.source_id.map(raw.sources["name"])
    other = {"campaign": leads.campaign_id.map(raw.campaigns["name"]), "month": month, "origin": leads.index.to_series().map(origins or {})}
    name = other.get(by, source).fillna("")
    parts = [{"name": part, "steps": steps(own, entered.loc[own.index])} for part, own in leads.groupby(name)]
    return {"steps": steps(leads, entered), "parts": sorted(parts, key=lambda p: p["name"].encode())}


# The waterfall.


def working_minutes(moments, zone, hours):
    """Working minutes, Monday to Friday, from a Monday in 1970 to each moment, in whole minutes of the clock."""
    clock = wall(moments, zone)
    day = (clock.dt.normalize() - pd.Timestamp(EPOCH)).dt.days + MONDAY_BEFORE
    length = hours[1] - hours[0]
    today = (clock.dt.hour * 60 + clock.dt.minute - hours[0]).clip(0, length).where(day % 7 < 5, 0)
    return (day // 7 * 5 + (day % 7).clip(upper=5)) * length + today


def stretch(name, owner, begins, ends, zone, hours):
    ended = ends.notna()
    begins, open_, ends = begins[ended], int((~ended).sum()), ends[ended]
    took = ((ends - begins) / SECOND / 60).clip(lower=0)
    worked = (working_minutes(ends, zone, hours) - working_minutes(begins, zone, hours)).clip(lower=0)
    return {
        "name": name,
        "owner": owner,
        "ended": len(ends),
        "open": open_,
        "median": quantile(took, 0.5),
        "p95": quantile(took, 0.95),
        "working_median": quantile(worked, 0.5),
        "working_p95": quantile(worked, 0.95),
    }


def waterfall(raw, client, days, hours):
    """`hours` are minutes of the day at which work begins and ends."""
    leads = raw.leads[(raw.leads.client_id == client) & raw.is_in(days, raw.leads.received) & ~raw.leads.merged]
    claims = raw.claims[(raw.claims.campaign_id.map(raw.campaigns.client_id) == client) & raw.is_in(days, raw.claims.created_at)]
    claims = claims[~claims.state.isin(["withdrawn", "sent_back"])].set_index("id")
    calls = raw.claim_calls.merge(raw.calls[["id", "ended_at"]], left_on="call_id", right_on="id")
    claims["spoken"] = calls.groupby("claim_id").ended_at.max()
    claims = claims.join(raw.verdicts.set_index("claim_id")[["committed_at", "passed"]])
    claims["booked"] = raw.ledger.groupby("claim_id").booked_at.min()
    claims = claims.join(raw.handovers.set_index("claim_id")[["handed_at", "opened_at"]])
    claims["called"] = raw.first_sales_calls(raw.handovers).started_at
    claims["answered"] = raw.answers.groupby("claim_id")["at"].min()
    spoken, taken = claims[claims.spoken.notna()], claims[claims.taken_at.notna()]
    passed, handed = claims[(claims.passed == 1) & (claims.outcome != "passed_already_paid")], claims[claims.handed_at.notna()]
    each = [
        ("first_dial", "telemarketing", leads.received, leads.dialled),
        ("first_contact", "telemarketing", leads.received, leads.contacted),
        ("claim", "telemarketing", spoken.spoken, spoken.created_at),
        ("taken", "review", claims.created_at, claims.taken_at),
        ("verdict", "review", taken.taken_at, taken.committed_at),
        ("money", "house", passed.committed_at, passed.booked),
        ("card", "sales", handed.handed_at, handed.opened_at),
        ("sales_call", "sales", handed.handed_at, handed.called),
        ("answer", "sales", handed.handed_at, handed.answered),
    ]
    return {"stretches": [stretch(*one, raw.zone, hours) for one in each]}


# Origin.


def deals(raw, client, days, origins):
    """Opportunities that open in these days; `origins` is what each lead's source says when the lead comes in."""
    o = raw.outcomes
    o = o[o.lead_id.map(raw.leads.client_id) == client]
    by = o.groupby("lead_id")
    d = pd.DataFrame({"opened_at": by.happened_at.first(), "end": by.outcome.last(), "ended_at": by.happened_at.last()})
    d["proof"], d["said"], d["entered_at"] = by.proof_of_concept.last(), by["origin"].last(), by.entered_at.last()
    d[["value", "currency"]] = o[o.value_minor.notna()].groupby("lead_id")[["value_minor", "currency"]].last()
    d["entered_at"] = d.entered_at.fillna(raw.leads.created_at)
    d["origin"] = d.index.map(origins)
    numbers = raw.read("SELECT lead_id, e164 FROM lead_numbers")
    calls = numbers.merge(raw.calls[raw.calls.client_id == client][["prospect_e164", "started_at"]], left_on="e164", right_on="prospect_e164")
    d["called"] = calls.groupby("lead_id").started_at.min()
    d["lag"] = (d.entered_at - d.called).where(lambda lag: lag > 0)
    d["took"] = (d.ended_at - d.entered_at).clip(lower=0).where(d.end == "won")
    return d[raw.is_in(days, d.opened_at)]


def in_days(series):
    found = quantile(series, 0.5)
    return None if found is None else found / DAY


def won_rate(d):
    return rate(int((d.end == "won").sum()), int((d.end != "opportunity").sum()))


def of_origin(origin, d, closeable_of_all):
    closeable, late, won, said = d[d.end != "lost"], d[d.lag.notna()], d[d.end == "won"], d.proof.dropna()
    worth = closeable[closeable.value.notna()]
    delay = 0 if late.empty else quantile(late.lag, 0.5)
    return {
        "origin": origin,
        "opened": len(d),
        "lost": len(d) - len(closeable),
        "won": len(won),
        "closeable": len(closeable),
        "share": rate(len(closeable), closeable_of_all),
        "amounts": [
            {"currency": currency, "deals": len(own), "sum_minor": int(own.value.sum()), "median_minor": int(own.value.quantile(0.5) + 0.5)}
            for currency, own in worth.groupby("currency")
        ],
        "won_rate": won_rate(d),
        "won_rate_early": won_rate(d[d.lag.isna()]),
        "days": in_days(won.took),
        "late": len(late),
        "late_days": in_days(late.lag),
        "days_from": in_days(won.took + won.lag.fillna(0)),
        "days_to": in_days(won.took + won.lag.fillna(delay)),
        "proof_said": len(said),
        "proof": int(said.sum()),
        "proof_rate": rate(int(said.sum()), len(said)),
    }


def share(currency, d):
    size = pd.Series(1, index=d.index) if currency is None else d.value.where(d.currency == currency, 0)
    marketing, unknown, whole = (int(size[which].sum()) for which in (d.origin == "marketing", d.origin == "unknown", d.origin != ""))
    return {"currency": currency, "marketing": marketing, "all": whole, "share": marketing / whole, "at_most": (marketing + unknown) / whole}


def origin(raw, client, days, origins):
    d = deals(raw, client, days, origins)
    closeable = d[d.end != "lost"]
    parts = [of_origin(name, d[d.origin == name], len(closeable)) for name in ("marketing", "telemarketing", "sales", "unknown") if (d.origin == name).any()]
    by = {p["origin"]: p for p in parts}
    gap, ours, theirs = None, by.get("marketing"), by.get("sales")
    if ours and theirs and ours["days"] is not None and theirs["days"] is not None:
        ends = [a - b for a in (ours["days_from"], ours["days_to"]) for b in (theirs["days_from"], theirs["days_to"])]
        gap = {"told": ours["days"] - theirs["days"], "from": min(ends), "to": max(ends)}
    leads = raw.leads[(raw.leads.client_id == client) & raw.leads.source_id.notna()]
    leads = leads.assign(source=leads.source_id.map(raw.sources["name"]), now=leads.source_id.map(raw.sources.origin), kept=leads.index.map(origins))
    changed = leads[leads.now != leads.kept]
    return {
        "figures": {
            "parts": parts,
            "shares": [share(currency, closeable) for currency in [None, *sorted(closeable.currency.dropna().unique())]] if len(closeable) else [],
            "gap": gap,
            "said_otherwise": int((d.said.notna() & (d.said != d.origin)).sum()),
        },
        "relabelled": [
            {"source": source, "now": now, "kept": kept, "leads": len(own)} for (source, kept, now), own in changed.groupby(["source", "kept", "now"])
        ],
    }
