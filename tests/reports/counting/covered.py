"""Coverage: two months in which the phone system's account differs from the box's in every way, and what that comes to by another count.

Nothing else tells of these months: their calls are nobody's, and lie before the year.
"""
import datetime
import json
from zoneinfo import ZoneInfo

import pandas as pd

from counting.counted import rate
from counting.raw import SECOND, wall

CALLS, CLOCKS, ROUNDING = 400, 10 * SECOND, 5 * SECOND
REASONS = ["policy", "paused", "overload", "disk", "encrypted", "not_captured"]


def months(today):
    """Two whole months one after the other, of the house's; the younger one ended more than a year ago."""
    last = (today.replace(day=1) - datetime.timedelta(days=400)).replace(day=1)
    return (last - datetime.timedelta(days=1)).replace(day=1), last


def told_of(raw):
    """Those two, of the records that were put in: by now it may be another month."""
    records = raw.read("SELECT started_at AS began FROM cdrs WHERE id LIKE 'record-%'")
    found = sorted(set(wall(records.began, raw.zone).dt.strftime("%Y-%m")))
    assert len(found) == 2, found
    return found


def put_in(h, zone, now):
    """Calls and the phone system's records of them. Each begins a minute or more after the one before; a record of one that says no Call-ID begins so
    near that it is taken by its number and its time."""
    rng, today = h.rng, datetime.datetime.fromtimestamp(now / SECOND, ZoneInfo(zone)).date()
    first, second = months(today)
    at = int(datetime.datetime(second.year, second.month, 1, tzinfo=ZoneInfo(zone)).timestamp() * SECOND) - CALLS // 2 * 300 * SECOND
    for n in range(CALLS):
        at += rng.randrange(60, 540) * SECOND + rng.randrange(SECOND)
        call, has_answer = h.ident(), rng.random() < 0.7
        length = rng.randrange(20, 400) * SECOND
        answered, ended = at + 7 * SECOND if has_answer else None, at + 7 * SECOND + length
        is_orphan, is_recorded = n % 40 == 7, rng.random() < (0.85 if has_answer else 0.1)
        numbers = {"from": {"number": None if is_orphan else "201"}, "to": {"number": None if is_orphan else f"+4930{9_000_000 + n}"}}
        facts = {"call_ids": [] if is_orphan else [f"covered-{n}@box"], **numbers}
        outcome = "answered" if has_answer else rng.choice(["no_answer", "busy", "failed", "rejected"])
        h.put("calls", id=call, started_at=at, answered_at=answered, ended_at=ended, outcome=outcome, direction="outbound", recovered=0,
              facts=json.dumps(facts), sealed_at=ended)
        if is_recorded:
            h.put("recordings", call_id=call, path=f"recordings/{call}.opus", peaks=f"recordings/{call}.json", format="opus", sample_rate=8_000,
                  duration_ms=length // 1_000, starts_at=at, sha256="0" * 64, bytes=1)
        for reason in rng.sample(REASONS, rng.choice([0, 0, 1, 2])):
            h.put("gaps", call_id=call, lane=0, from_ms=rng.randrange(9_000), to_ms=9_000, reason=reason)
        a_record(h, n, at, (answered, ended), is_orphan)


def a_record(h, n, at, moments, is_orphan):
    rng, (answered, ended) = h.rng, moments
    if is_orphan or rng.random() < 0.06:
        # Of one in ten the phone system knows nothing; of media without signalling the box knows no number.
        return
    told = {"answered_at": answered, "ended_at": ended}
    if rng.random() < 0.1:
        told["answered_at"] = None if answered else at + 9 * SECOND
    told["ended_at"] += rng.choice([0, 0, 0, 4, 5, 6, -90]) * SECOND
    number = rng.choice(["+4930{}", "0049 30 {}", "030{}"]).format(9_000_000 + n)
    call_id = f"covered-{n}@box" if n % 2 else None
    away = rng.choice([-10, -3, 0, 2, 10]) if call_id is None else rng.randrange(-30, 30)
    if rng.random() < 0.07:
        # One that the tap did not see: half a minute from every call, and of no number of theirs.
        call_id, number, away = None, f"03055{n}", 30
    h.put("cdrs", id=f"record-{n}", call_id=call_id, caller="201" if call_id else "trunk", callee=number, started_at=at + away * SECOND,
          answered_at=told["answered_at"], ended_at=told["ended_at"], imported_at=ended)


def e164(number):
    digits = number.replace(" ", "")
    return "+" + digits[2:] if digits.startswith("00") else "+49" + digits[1:] if digits.startswith("0") else digits


class Account:
    """Both accounts of a month of the house's, `2025-08`."""

    def __init__(self, raw, month):
        calls = raw.read("SELECT c.id, c.facts, c.started_at, c.answered_at, c.ended_at, r.call_id IS NOT NULL AS recorded FROM calls c LEFT JOIN"
                         " recordings r ON r.call_id = c.id")
        records = raw.read("SELECT id AS record, call_id, callee, started_at AS began, answered_at AS said, ended_at AS ends FROM cdrs")
        of = lambda moments: wall(moments, raw.zone).dt.strftime("%Y-%m") == month
        self.calls, self.records = calls[of(calls.started_at)].copy(), records[of(records.began)].copy()
        facts = self.calls.facts.map(json.loads)
        self.calls["named"] = facts.map(lambda f: f["call_ids"][0] if f["call_ids"] else None)
        self.calls["to"] = facts.map(lambda f: f["to"]["number"])
        gaps = raw.read("SELECT call_id, reason FROM gaps ORDER BY call_id, from_ms")
        self.gaps = gaps[gaps.call_id.isin(self.calls.id)]

    def matched(self):
        """Each record with its call, if there is one: by Call-ID, else by number within ten seconds."""
        by_id = self.records[self.records.call_id.notna()].merge(self.calls, left_on="call_id", right_on="named", how="left")
        rest = self.records[self.records.call_id.isna()]
        both = rest.assign(to=rest.callee.map(e164)).merge(self.calls[~self.calls.named.isin(by_id.call_id)], on="to", how="left")
        near = (both.began - both.started_at).abs() <= CLOCKS
        found = both[near]
        lost = rest[~rest.record.isin(found.record)]
        return pd.concat([by_id, found, lost], ignore_index=True)

    def kinds(self):
        """How many differences there are of each kind."""
        m = self.matched()
        seen, ours, theirs, recorded = m.id.notna(), m.answered_at.notna(), m.said.notna(), m.recorded == 1
        apart = ((m.ended_at - m.answered_at) - (m.ends - m.said)).abs() > ROUNDING
        kinds = {
            "not_seen": ~seen,
            "not_recorded": seen & theirs & ~recorded,
            "recorded_in_error": seen & ~theirs & recorded,
            "differs": seen & ((~ours & theirs & recorded) | (ours & ~theirs & ~recorded)),
            "length": seen & ours & theirs & recorded & apart,
        }
        spoken_of = self.calls.started_at.between(m.began.min() - CLOCKS, m.began.max() + CLOCKS)
        kinds = {kind: m[which] for kind, which in kinds.items()}
        kinds["no_record"] = self.calls[spoken_of & self.calls.named.notna() & ~self.calls.id.isin(m.id)]
        return kinds

    def month(self, name, target):
        kinds, answered = self.kinds(), self.records[self.records.said.notna()]
        missed = sum(int(kinds[kind].said.notna().sum()) for kind in ("not_seen", "not_recorded"))
        recorded = len(answered) - missed
        share = rate(recorded, len(answered))
        return {"month": name, "answered": len(answered), "recorded": recorded, "in_error": len(kinds["recorded_in_error"]),
                "lengths": len(kinds["length"]), "rate": share, "met": share["rate"] >= target}

    def totals(self):
        c = self.calls
        has_answer, recorded = c.answered_at.notna() | c.named.isna(), c.recorded == 1
        first = self.gaps.drop_duplicates("call_id").set_index("call_id").reason
        why = c[has_answer & ~recorded].id.map(first).fillna("no_media").value_counts()
        with_gap = self.gaps.drop_duplicates().reason.value_counts()
        return {"calls": len(c), "answered": int(has_answer.sum()), "recorded": int(recorded.sum()), "without_signalling": int(c.named.isna().sum()),
                "not_recorded": {k: int(n) for k, n in why.items()}, "with_gap": {k: int(n) for k, n in with_gap.items()}}


def coverage(raw, month, target):
    account = Account(raw, month)
    return {"totals": account.totals(), "records": len(account.records), "months": [account.month(month, target)],
            "kinds": {kind: len(rows) for kind, rows in account.kinds().items() if len(rows)},
            "subjects": sorted([*account.kinds()["no_record"].id, *(r for kind, rows in account.kinds().items() if kind != "no_record" for r in rows.record)])}


def told(answer):
    """What the box says of a month, as far as it is counted here: its differences by their kind and what they are about."""
    differences = answer["differences"]
    kinds = {}
    for one in differences:
        kinds[one["kind"]] = kinds.get(one["kind"], 0) + 1
    return {"totals": answer["totals"], "records": answer["records"], "months": answer["months"], "kinds": kinds,
            "subjects": sorted(one["record"] or one["call"] for one in differences)}
