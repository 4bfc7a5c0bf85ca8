"""Experiments, computed again: calls of each unit from raw rows, and the comparison of the arms by scipy's way through the draws."""
import hashlib
import math

import numpy as np
import pandas as pd
from counting.raw import EPOCH, MONDAY_BEFORE, connects, date_of
from scipy import stats

DRAWS, FEWEST_UNITS, FEWEST_PEOPLE, LATE = 9_999, 4, 5, 3
# So many standard errors may two sets of draws by chance lie apart.
APART = 5


def moment(at):
    return None if at is None else (pd.Timestamp(EPOCH) + pd.Timedelta(microseconds=int(at))).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def of_client(raw, client):
    """A client's experiments in the order in which they are planned."""
    e = raw.read("SELECT * FROM experiments ORDER BY planned_at, id")
    e = e[e.client_id == client].reset_index(drop=True).astype(object)
    return e.where(e.notna(), None)


def phase(e, today):
    if e.stopped_at is not None:
        return "stopped"
    if e.counted_at is not None:
        return "counted"
    if e.seed is None:
        return "planned"
    return "waiting" if today > e.last_day else "running"


def line(raw, e, today):
    return {
        **{"id": e.id, "name": e.name_, "question": e.question, "over": e.drawn_over, "measure": e.measure, "connect_seconds": e.connect_ms // 1_000},
        **{"first": date_of(e.first_day), "last": date_of(e.last_day), "phase": phase(e, today), "was_drawn": e.seed is not None},
        **{"planned_by": raw.people.name[e.planned_by], "planned_at": moment(e.planned_at)},
        **{"stopped_by": e.stopped_by and raw.people.name[e.stopped_by], "stopped_at": moment(e.stopped_at), "stop_reason": e.stop_reason},
    }


def listed(raw, client, today):
    rows = of_client(raw, client).rename(columns={"name": "name_"}).sort_values(["first_day", "id"], ascending=False)
    return {"earliest": date_of(today + 1), "experiments": [line(raw, e, today) for e in rows.itertuples()]}


def units(raw, e):
    """Each unit with its arm, the calls of its days, hits, and how many people called."""
    u = raw.read("SELECT experiment_id, unit, arm FROM experiment_units")
    u = u[u.experiment_id == e.id].drop(columns="experiment_id").set_index("unit")
    c = raw.dials
    c = c[(c.client_id == e.client_id) & (c.day >= e.drawn_day) & (c.day <= e.last_day)]
    if e.drawn_over == "days":
        c = c[(c.day + MONDAY_BEFORE) % 7 < 5]
        c = c.assign(unit=c.day.map(date_of))
    else:
        c = c.assign(unit=c.person_id)
    c = c.assign(hits=connects(c, e.connect_ms) if e.measure == "connects" else c.meetings)
    by = c.groupby("unit")
    u["calls"], u["hits"], u["people"] = by.size(), by.hits.sum(), by.person_id.nunique()
    u = u.fillna(0).astype(int)
    u["name"] = raw.people.name.reindex(u.index).fillna(u.index.to_series()) if e.drawn_over == "people" else u.index
    return u.reset_index().sort_values(["arm", "name", "unit"])


def distances(calls, hits):
    """Of draws, given as places of units by arm: each arm's rate less the first one's, and the standard error of a difference of ratios."""
    def ratio(at):
        at = np.asarray(at, int)
        c, h = calls[at], hits[at]
        n, of = at.shape[-1], c.sum(axis=-1)
        r = h.sum(axis=-1) / of
        return r, n / (n - 1) * ((h - r[..., None] * c) ** 2).sum(axis=-1) / of**2

    def apart(*places):
        (first, variance), *others = map(ratio, places)
        return [(r - first, np.sqrt(v + variance)) for r, v in others]

    return apart


def far(difference, error):
    """In standard errors; finite where there is none."""
    return np.where(np.abs(difference) <= 1e-9, 0.0, np.abs(difference) / np.maximum(error, 1e-9))


def compared(u, arms):
    """The studentised randomisation test of the largest distance; the interval is as wide as 95 of 100 draws are far apart."""
    u = u[u.calls > 0].reset_index()
    places = [np.flatnonzero(u.arm == arm) for arm in range(arms)]
    if min(map(len, places)) < FEWEST_UNITS:
        nothing = {"verdict": "too_few", "difference": None, "low": None, "high": None, "chance": None}
        return {"versus": [{"arm": arm, **nothing} for arm in range(1, arms)], "draws": 0, "all_draws": False}
    apart = distances(u.calls.to_numpy(float), u.hits.to_numpy(float))

    def largest(*at, axis=-1):
        return np.max([far(*one) for one in apart(*at)], axis=0)

    ways, left = 1, len(u)
    for at in places:
        ways, left = ways * math.comb(left, len(at)), left - len(at)
    is_all = ways <= DRAWS
    by_scipy = stats.permutation_test(places, largest, vectorized=True, alternative="greater", n_resamples=np.inf if is_all else DRAWS,
                                      batch=1_000, axis=-1, random_state=8)
    drawn = by_scipy.null_distribution if is_all else np.append(by_scipy.null_distribution, largest(*places))
    # By chance one set of draws has its bound a little higher or lower than another one.
    room = 0.0 if is_all else APART * math.sqrt(2 * 0.05 * 0.95 / DRAWS)
    bound, least, most = (np.sort(drawn)[-1 - int(len(drawn) * share)] for share in (0.05, 0.05 + room, 0.05 - room))
    versus = []
    for arm, (difference, error) in enumerate(apart(*places), 1):
        chance = float((drawn >= far(difference, error) - 1e-9).mean())
        verdict = "open" if chance > 0.05 else "better" if difference > 0 else "worse"
        versus.append({"arm": arm, "verdict": verdict, "difference": float(difference), "chance": chance,
                       "low": max(float(difference - bound * error), -1.0), "high": min(float(difference + bound * error), 1.0)})
        versus[-1]["room"] = {"difference": 0.0, "low": float((most - least) * error), "high": float((most - least) * error),
                              "chance": 0.0 if is_all else APART * math.sqrt(2 * chance * (1 - chance) / DRAWS) + 1 / DRAWS}
    return {"versus": versus, "draws": len(drawn), "all_draws": is_all}


def within(theirs, ours, is_promised):
    """What hangs on draws by chance is held to what two sets of them may differ by, and what is rounded to its digits."""
    room = ours.pop("room", None)
    if room is None or theirs is None:
        return ours
    for name, wide in room.items():
        digits = {"chance": 2}.get(name, 3)
        if is_promised and round(theirs[name], digits) != theirs[name]:
            continue
        if abs(theirs[name] - ours[name]) <= wide + (0.5000001 * 10**-digits if is_promised else 1e-9):
            ours[name] = theirs[name]
    # Where the chance is as good as five in a hundred, either verdict may come of it.
    if abs(ours["chance"] - 0.05) <= room["chance"]:
        ours["verdict"] = theirs["verdict"]
    return ours


def told_result(theirs, u, arms, is_promised, tell):
    made = compared(u, arms)
    told = {v["arm"]: v for v in theirs["versus"]} if theirs else {}
    versus = [within(told.get(v["arm"]), v, is_promised) for v in made["versus"] if not is_promised or (tell(0) and tell(v["arm"]))]
    return {**made, "versus": versus}


def experiment(raw, client, id, today, theirs, is_promised=False):
    """What is told of one; `theirs` gives the middle of what hangs on draws by chance."""
    all_ = of_client(raw, client)
    nth = int(all_.index[all_.id == id][0]) + 1
    e = next(all_.rename(columns={"name": "name_"}).iloc[nth - 1:nth].itertuples())
    stands, u = phase(e, today), units(raw, e)
    arms = raw.read("SELECT experiment_id, arm, name, asks FROM experiment_arms ORDER BY arm")
    arms = arms[arms.experiment_id == id]
    is_counted = stands == "counted"

    def tell(arm):
        own = u[u.arm == arm].people
        return (own.sum() if e.drawn_over == "people" else own.max()) >= FEWEST_PEOPLE

    def of_arm(arm, name, asks):
        own = u[u.arm == arm]
        sums = {"units": int((own.calls > 0).sum()), "calls": int(own.calls.sum()), "hits": int(own.hits.sum())}
        rate = sums["hits"] / sums["calls"] if is_counted and sums["calls"] else None
        if is_promised and rate is not None:
            rate = math.floor(rate * 1_000 + 0.5) / 1_000 if tell(arm) else None
        has_sum = not is_promised and (is_counted or stands in ("running", "waiting"))
        return {"name": name, "asks": asks, "drawn": len(own), "sum": sums if has_sum else None, "rate": rate}

    has_calls, has_seed = is_counted and not is_promised, e.seed is not None and (e.drawn_over == "people" or stands in ("counted", "stopped"))
    return {
        **line(raw, e, today),
        "arms": [of_arm(arm, name, asks) for _, arm, name, asks in arms.itertuples(index=False)],
        "units": [{"unit": row.unit, "name": row.name, "arm": row.arm + 1, **{of: getattr(row, of) if has_calls else None for of in ("calls", "hits")}}
                  for row in u.itertuples(index=False)],
        "result": told_result(theirs["result"], u, len(arms), is_promised, tell) if is_counted else None,
        **{"drawn_at": moment(e.drawn_at), "counted_at": moment(e.counted_at), "seed": e.seed if has_seed else None},
        "seed_sha256": e.seed and hashlib.sha256(e.seed.encode()).hexdigest(),
        **{"waits_until": date_of(e.last_day + LATE), "nth": nth, "stopped": int(all_.stopped_at.notna().sum()), "is_promised": is_promised},
    }
