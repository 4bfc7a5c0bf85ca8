"""Figures of two origins, compared one by one."""

# Minutes and days of the reports; a second of each.
TIMES = {"median": 1 / 60, "p90": 1 / 60, "p95": 1 / 60, "days": 1 / 86_400, "late_days": 1 / 86_400, "days_from": 1 / 86_400, "days_to": 1 / 86_400,
         "told": 1 / 86_400, "from": 1 / 86_400, "to": 1 / 86_400}
ASIDE = {"client", "clients", "campaigns", "zone", "by", "count", "width", "offset", "fewest", "connect_seconds", "working_hours", "bands", "promise"}


class Compared:
    """Figures that were compared, and those that differ."""

    def __init__(self):
        self.figures, self.differing, self.by = 0, [], {}
        # Of files held against JSON, and of PostgreSQL held against SQLite.
        self.sheet_figures, self.database_figures = 0, 0

    def add(self, other):
        """What another one compared, without its figures by report."""
        self.sheet_figures += other.sheet_figures
        self.database_figures += other.database_figures
        self.differing += other.differing

    def report(self, name, theirs, ours):
        began = self.figures
        theirs = {key: value for key, value in theirs.items() if key not in ASIDE or key in ours}
        self.of(name, theirs, ours, None)
        kind = name.split(",")[0]
        self.by[kind] = self.by.get(kind, 0) + self.figures - began

    def of(self, name, theirs, ours, key):
        if isinstance(ours, dict) and isinstance(theirs, dict):
            for part in sorted(ours.keys() | theirs.keys()):
                if part in ours and part in theirs:
                    self.of(f"{name}.{part}", theirs[part], ours[part], part)
                else:
                    self.differing.append(f"{name}.{part}: {'the box has it alone' if part in theirs else 'the box does not have it'}")
        elif isinstance(ours, list) and isinstance(theirs, list):
            if len(theirs) != len(ours):
                self.differing.append(f"{name}: the box has {len(theirs)}, counted {len(ours)}")
            one, other = ({named(row, n): row for n, row in enumerate(rows)} for rows in (theirs, ours))
            for row in [*other, *(row for row in one if row not in other)]:
                if row in one and row in other:
                    self.of(f"{name}[{row}]", one[row], other[row], key)
                else:
                    self.differing.append(f"{name}[{row}]: {'the box has it alone' if row in one else 'the box does not have it'}")
            if one.keys() == other.keys() and list(one) != list(other):
                self.differing.append(f"{name}: the box has these in another order")
        else:
            self.figures += isinstance(ours, (int, float)) and not isinstance(ours, bool)
            if not same(theirs, ours, key):
                self.differing.append(f"{name}: the box says {theirs!r}, counted {ours!r}")


def named(row, n):
    """A row of a list as a person would name it."""
    keys = ("id", "person", "weekday", "start", "name", "shown", "stage", "origin", "currency", "source", "interactions", "kept", "reason", "doubt",
            "outcome", "day", "from")
    return (" ".join(str(row[k]) for k in keys if k in row) or n) if isinstance(row, dict) else n


def same(theirs, ours, key):
    if isinstance(theirs, float) or isinstance(ours, float):
        if not isinstance(theirs, (int, float)) or not isinstance(ours, (int, float)):
            return False
        return abs(theirs - ours) <= max(TIMES.get(key, 0.0), 1e-9 * max(1.0, abs(ours)))
    return theirs == ours
