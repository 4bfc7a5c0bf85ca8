#!/usr/bin/env python3
"""Computes reports again, written apart from the box's code: numbers and experiments. Lines of CSV in, JSON out.

  again.py numbers       number,campaign,day,minute,calls,connects,expected
  again.py experiment    arm,calls,hits     a line per person or day; one comparison, by all draws or by chance

Needs numpy and scipy (tests/statistics.sh).
"""
import json
import sys
from itertools import combinations

import numpy as np
from scipy import stats

rows = [line.split(",") for line in sys.stdin.read().split()]


def strata_rate(all_, campaign, stratum, mask):
    """The rate of a stratum's calls among those of the mask, leaning on its campaign's, and that on all."""
    lean = 50.0
    inside = mask & (all_["campaign"] == campaign)
    overall = all_["hits"][mask].sum() / max(all_["calls"][mask].sum(), 1)
    of_campaign = (all_["hits"][inside].sum() + lean * overall) / (all_["calls"][inside].sum() + lean)
    cell = inside & (all_["stratum"] == stratum)
    return (all_["hits"][cell].sum() + lean * of_campaign) / (all_["calls"][cell].sum() + lean)


def numbers():
    all_ = {
        "number": np.array([r[0] for r in rows]),
        "campaign": np.array([r[1] for r in rows]),
        "day": np.array([int(r[2]) for r in rows]),
        "minute": np.array([int(r[3]) for r in rows]),
        "calls": np.array([int(r[4]) for r in rows]),
        "hits": np.array([int(r[5]) for r in rows]),
    }
    theirs = np.array([float(r[6]) for r in rows])
    weekday = (all_["day"] + 3) % 7
    slot = (all_["minute"] - 10) % 1440 // 20
    all_["stratum"] = weekday * 100 + slot
    week = (all_["day"] + 3) // 7
    everybody = np.ones(len(rows), bool)
    keys = list(zip(all_["campaign"], all_["stratum"]))
    usual = {k: strata_rate(all_, *k, everybody) for k in set(keys)}
    ordinary = np.array([usual[k] for k in keys]) * all_["calls"]
    expected = np.zeros(len(rows))
    for number in np.unique(all_["number"]):
        own = all_["number"] == number
        rates = {k: strata_rate(all_, *k, ~own) for k in {keys[i] for i in np.flatnonzero(own)}}
        for i in np.flatnonzero(own):
            then = ~own & (all_["campaign"] == all_["campaign"][i]) & (week == week[i])
            went = (all_["hits"][then].sum() + 20.0) / (ordinary[then].sum() + 20.0)
            expected[i] = min(rates[keys[i]] * went, 0.95) * all_["calls"][i]
    days = all_["day"][-1] - all_["day"][0] + 1
    limit = max(np.log(ordinary.sum() * 91 / days) - 2.75, 4.0)
    found = {}
    for number in np.unique(all_["number"]):
        own = all_["number"] == number
        move = first_fall(all_["hits"][own], expected[own], all_["day"][own], limit)
        if move:
            found[str(number)] = move
    return {"furthest": float(np.abs(expected - theirs).max()), "limit": float(limit), "numbers": found}


def spread(hits, expected, day):
    level = hits.sum() / expected.sum()
    each = [((hits[day == d].sum() - level * expected[day == d].sum()) / np.sqrt(level * expected[day == d].sum())) for d in np.unique(day)]
    squares = np.diff(each) ** 2 / 2
    return max((squares.sum() + 10) / (len(squares) + 10), 1.0)


def first_fall(hits, expected, day, limit):
    """One fall at most: enough for what is planted here."""
    to, rough = 0.6, spread(hits, expected, day)
    before, since, alarm = np.zeros(2), np.zeros(2), None
    for i in range(len(hits)):
        since = since + (hits[i], expected[i])
        score = 0.0
        if before[1] >= 20:
            # Marginal likelihoods of the counts since, the level before being gamma distributed: negative
            # binomials, whose common factor falls out.
            shape, rate = before[0] + 0.5, before[1]
            n, e = since
            with_fall = stats.nbinom.logpmf(n, shape, rate / (rate + to * e))
            without = stats.nbinom.logpmf(n, shape, rate / (rate + e))
            score = with_fall - without
        if score <= 0 or since[1] > max(before[1], 20):
            before, since = before + since, np.zeros(2)
        if score / rough > limit:
            alarm = i
            break
    if alarm is None:
        return None
    # The likeliest moment among all calls: Poisson deviance of two levels against one.
    total, at_all = hits.cumsum(), expected.cumsum()
    best, deviance = None, np.full(len(hits), -np.inf)
    for i in range(1, len(hits)):
        a, b = (total[i - 1], at_all[i - 1]), (total[-1] - total[i - 1], at_all[-1] - at_all[i - 1])
        deviance[i] = sum(2 * (n * np.log(n / e) if n > 0 else 0.0) for n, e in (a, b))
        if b[0] / b[1] < a[0] / a[1] and (best is None or deviance[i] >= deviance[best]):
            best = i
    near = np.flatnonzero((deviance[best] - deviance) / rough <= 7.35)
    return {"day": int(day[best]), "first": int(day[near[0]]), "last": int(day[near[-1]]), "noticed": int(day[alarm])}


def experiment():
    arm = np.array([int(r[0]) for r in rows])
    calls = np.array([float(r[1]) for r in rows])
    hits = np.array([float(r[2]) for r in rows])

    def apart(arm):
        one, two = arm == 0, arm == 1
        rates = [hits[m].sum() / calls[m].sum() for m in (one, two)]
        errors = [np.var(hits[m] - r * calls[m], ddof=1) * m.sum() / calls[m].sum() ** 2 for m, r in zip((one, two), rates)]
        return rates[1] - rates[0], np.sqrt(sum(errors))

    difference, error = apart(arm)
    drawn = []
    for chosen in combinations(range(len(rows)), int((arm == 1).sum())):
        other = np.zeros(len(rows), int)
        other[list(chosen)] = 1
        d, e = apart(other)
        drawn.append(abs(d) / e)
    far = abs(difference) / error
    # scipy's own way through the draws, of the same statistic.
    def statistic(index):
        other = np.zeros(len(rows), int)
        other[np.asarray(index, int)] = 1
        d, e = apart(other)
        return abs(d) / e
    by_scipy = stats.permutation_test(
        (np.flatnonzero(arm == 1), np.flatnonzero(arm == 0)), lambda a, b: statistic(a), n_resamples=100_000, alternative="greater", vectorized=False
    )
    bound = np.sort(drawn)[-1 - int(len(drawn) * 0.05)]
    return {
        "difference": difference,
        "chance": float((np.array(drawn) >= far - 1e-9).mean()),
        "chance_scipy": float(by_scipy.pvalue),
        "low": max(difference - bound * error, -1.0),
        "high": min(difference + bound * error, 1.0),
        "draws": len(drawn),
    }


print(json.dumps({"numbers": numbers, "experiment": experiment}[sys.argv[1]]()))
