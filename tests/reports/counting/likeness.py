"""How likely sales accepts a lead: shrunken rates of past leads that are like it, as src/report/score.rs defines them."""
import numpy as np
from scipy import stats

LIKE = ["grade", "source", "answers", "interactions"]
LEVELS = ["all", *LIKE]
FEWEST, FEWEST_PAST = 10, 50


class Likeness:
    """Each level's rate, pulled to that of the level above (beta-binomial, moments). `past` has the columns of LIKE, and `accepted`."""

    def __init__(self, past):
        n, hits = len(past), int(past.accepted.sum())
        # By level: leads, accepted ones, and the two parameters of the beta distribution of each group.
        self.groups, self.pulls = [{(): (n, hits, hits + 0.5, n - hits + 0.5)}], []
        for level in range(1, len(LEVELS)):
            g = past.groupby(LIKE[:level]).accepted.agg(["size", "sum"])
            g.index = [key if isinstance(key, tuple) else (key,) for key in g.index]
            above = np.array([self.mean(level - 1, key[:-1]) for key in g.index])
            size, seen = g["size"].to_numpy(float), g["sum"].to_numpy(float)
            chance = size * above * (1 - above)
            beyond, room = ((seen - size * above) ** 2).sum() - chance.sum(), (chance * (size - 1)).sum()
            pull = 10_000.0 if beyond <= 0 or room <= 0 else min(max(room / beyond - 1, 4.0), 10_000.0)
            self.pulls.append(float(pull))
            self.groups.append(dict(zip(g.index, zip(size, seen, pull * above + seen, pull * (1 - above) + size - seen))))

    def mean(self, level, key):
        _, _, a, b = self.groups[level][key]
        return a / (a + b)

    def used(self, key):
        """The closest likeness of which there are ten, as there are at each level before it."""
        last = 0
        for level in range(1, len(LEVELS)):
            if self.groups[level].get(key[:level], (0,))[0] < FEWEST:
                break
            last = level
        return last

    def shares(self, leads):
        """The score of each of these leads."""
        found = {key: self.mean(self.used(key), key[:self.used(key)]) for key in set(leads[LIKE].itertuples(index=False, name=None))}
        return np.array([found[key] for key in leads[LIKE].itertuples(index=False, name=None)])

    def bands(self, leads):
        """Which tenth of the score each lead is in."""
        return np.minimum((self.shares(leads) * 10).astype(int), 9)

    def score(self, key):
        """A score with its interval, the middle 95 % of the distribution, and how many are alike at each level."""
        level = self.used(key)
        n, hits, a, b = self.groups[level][key[:level]]
        low, high = stats.beta.ppf([0.025, 0.975], a, b)
        alike = [self.groups[nth].get(key[:nth], (0, 0)) for nth in range(len(LEVELS))]
        return {
            **{"share": a / (a + b), "low": float(low), "high": float(high), "level": LEVELS[level], "n": int(n), "accepted": int(hits)},
            "steps": [{"level": name, "n": int(of[0]), "accepted": int(of[1])} for name, of in zip(LEVELS, alike)],
        }
