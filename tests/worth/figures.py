#!/usr/bin/env python3
"""Figures of `assay`'s reports computed apart, from the same rows: read from standard input as JSON, told as JSON.

  figures.py score | gate < rows.json

It shares nothing with the program: the rule is written down again from `report/score.rs`'s words. Intervals are SciPy's where it is
there; without it they are integrated here, which is slower and says so on standard error.
"""
import json
import math
import sys
from collections import defaultdict

try:
    from scipy.stats import beta as scipy_beta
except ImportError:
    scipy_beta = None
    print("SciPy is not here: beta intervals are integrated by Simpson's rule", file=sys.stderr)

FEWEST, FEWEST_PAST, WEAKEST, STRONGEST, Z = 10, 50, 4.0, 10_000.0, 1.959963984540054


def beta_quantile(share, a, b):
    if scipy_beta:
        return float(scipy_beta.ppf(share, a, b))
    steps, log_b = 20_000, math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)
    density = lambda x: math.exp((a - 1) * math.log(x) + (b - 1) * math.log1p(-x) - log_b) if 0 < x < 1 else 0.0
    total, before = 0.0, density(0.0)
    for n in range(steps):
        x = (n + 1) / steps
        here = density(x)
        piece = (before + 4 * density(x - 0.5 / steps) + here) / (6 * steps)
        if total + piece >= share:
            return x - (1 - (share - total) / piece) / steps
        total, before = total + piece, here
    return 1.0


class Model:
    """Beta-binomial along: all, grade, source, answers, interactions."""

    def __init__(self, leads):
        self.n, self.k = defaultdict(int), defaultdict(int)
        for lead in leads:
            for depth in range(5):
                key = tuple(lead["features"][:depth])
                self.n[key] += 1
                self.k[key] += lead["accepted"]
        self.mean, self.pull = {}, [1.0] * 5
        all_n, all_k = self.n[()], self.k[()]
        self.mean[()] = (all_k + 0.5) / (all_n + 1)
        for depth in range(1, 5):
            keys = [key for key in self.n if len(key) == depth]
            seen = sum((self.k[key] - self.n[key] * self.mean[key[:-1]]) ** 2 for key in keys)
            spread = {key: self.mean[key[:-1]] * (1 - self.mean[key[:-1]]) for key in keys}
            chance = sum(self.n[key] * spread[key] for key in keys)
            room = sum(self.n[key] * (self.n[key] - 1) * spread[key] for key in keys)
            self.pull[depth] = STRONGEST
            if room > 0 and seen > chance:
                self.pull[depth] = min(STRONGEST, max(WEAKEST, room / (seen - chance) - 1))
            for key in keys:
                a, b = self.beta(key)
                self.mean[key] = a / (a + b)

    def beta(self, key):
        n, k = self.n[key], self.k[key]
        if not key:
            return k + 0.5, n - k + 0.5
        above, pull = self.mean[key[:-1]], self.pull[len(key)]
        return pull * above + k, pull * (1 - above) + n - k

    def used(self, features):
        key = ()
        for depth in range(1, 5):
            longer = tuple(features[:depth])
            if self.n.get(longer, 0) < FEWEST:
                break
            key = longer
        return key

    def share(self, features):
        a, b = self.beta(self.used(features))
        return a / (a + b)

    def score(self, features):
        a, b = self.beta(self.used(features))
        return [a / (a + b), beta_quantile(0.025, a, b), beta_quantile(0.975, a, b), self.n[self.used(features)]]


def score(rows):
    leads = rows["leads"]
    simple = lambda lead: [str(min(lead["counted"], 8)), "", "", ""]
    scored = []
    for month in sorted({lead["month"] for lead in leads}):
        begins = next(lead["begins"] for lead in leads if lead["month"] == month)
        known = [lead for lead in leads if lead["known_at"] <= begins]
        if len(known) < FEWEST_PAST:
            continue
        model = Model(known)
        counting = Model([{"features": simple(lead), "accepted": lead["accepted"]} for lead in known])
        for lead in leads:
            if lead["month"] == month:
                scored.append((model.share(lead["features"]), model.mean[()], counting.share(simple(lead)), lead["accepted"]))
    brier = lambda nth: sum((s[nth] - s[3]) ** 2 for s in scored) / len(scored)
    bins = defaultdict(lambda: [0, 0])
    for s in scored:
        bins[min(9, int(s[0] * 10))][0] += 1
        bins[min(9, int(s[0] * 10))][1] += s[3]
    whole = Model(leads)
    return {
        "n": len(scored),
        "brier": [brier(0), brier(1), brier(2)],
        "bins": [[band * 10, n, k] for band, (n, k) in sorted(bins.items())],
        "scores": [whole.score(features) for features in rows["asked"]],
    }


def wilson(k, n):
    p, z2 = k / n, Z * Z
    middle, half = p + z2 / (2 * n), Z * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n))
    return [p, max(0.0, min(p, (middle - half) / (1 + z2 / n))), min(1.0, max(p, (middle + half) / (1 + z2 / n)))]


def gate(rows):
    """By representative: raw with interval, and adjusted for the bands that the others' leads put theirs in."""
    leads, told = rows["leads"], {}
    answered = [lead for lead in leads if lead["accepted"] is not None]
    whole = sum(lead["accepted"] for lead in answered) / max(1, len(answered))
    for rep in sorted({lead["rep"] for lead in answered}):
        own = [lead for lead in answered if lead["rep"] == rep]
        others = [lead for lead in answered if lead["rep"] != rep]
        k, n = sum(lead["accepted"] for lead in own), len(own)
        adjusted = None
        if len(others) >= FEWEST_PAST:
            model = Model(others)
            band = lambda lead: min(9, int(model.share(lead["features"]) * 10))
            count = defaultdict(lambda: [0, 0])
            for lead in others:
                count[band(lead)][0] += 1
                count[band(lead)][1] += lead["accepted"]
            base = sum(lead["accepted"] for lead in others) / len(others)
            rate = {b: c[1] / c[0] for b, c in count.items() if c[0] >= FEWEST}
            mine = defaultdict(int)
            for lead in own:
                mine[band(lead)] += 1
            known = lambda b: (rate[b], count[b][0]) if b in rate else (base, len(others))
            expected = sum(m * known(b)[0] for b, m in mine.items())
            variance = sum(m * m * known(b)[0] * (1 - known(b)[0]) / known(b)[1] for b, m in mine.items())
            if expected > 0:
                by, (p, low, high) = whole * n / expected, wilson(k, n)
                more = math.sqrt(1 + variance / expected**2 / ((1 - p) / (p * n))) if 0 < p < 1 else 1.0
                adjusted = [min(1.0, max(0.0, x * by)) for x in (p, max(0.0, p - (p - low) * more), p + (high - p) * more)]
        told[rep] = {"n": n, "accepted": k, "raw": wilson(k, n), "adjusted": adjusted}
    return told


print(json.dumps({"score": score, "gate": gate}[sys.argv[1]](json.load(sys.stdin))))
