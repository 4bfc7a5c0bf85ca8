"""The CSV of a report held against its JSON of the same question: columns by name, rows, and every figure to the digits that are written."""
import csv
import io
import re

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
RATE = ("rate", "low", "high")


class Text(str):
    """What somebody wrote: in the file it is no formula."""


class Share(float):
    """Four digits after the point."""


class Tenths(float):
    """One digit after the point."""


def share(of, name=None):
    """A share, or a part of a rate; none where there is none."""
    value = of[name] if name and of else of
    return None if value is None else Share(value)


def tenths(value):
    return None if value is None else Tenths(value)


def three(rate, names=RATE):
    return {column: share(rate, name) for column, name in zip(names, RATE)}


def slots(told):
    for c in told["cells"]:
        start = f"{c['start'] // 60:02}:{c['start'] % 60:02}"
        yield {"weekday": DAYS[c["weekday"]], "start": start, **{name: c[name] for name in ("calls", "connects", "meetings")}, **three(c["rate"]),
               **three(c["adjusted"], ("adjusted", "adjusted_low", "adjusted_high"))}


def funnel(told):
    for part in [{"name": "all", "steps": told["steps"]}, *told["parts"]]:
        for s in part["steps"]:
            counts = {name: s[name] for name in ("stage", "reached", "open")}
            times = {"median_minutes": tenths(s["median"]), "p90_minutes": tenths(s["p90"])}
            yield {"part": Text(part["name"]), **counts, **three(s["rate"]), "at_most": share(s["at_most"]), **times}


def waterfall(told):
    for s in told["stretches"]:
        times = {f"{name}_minutes": tenths(s[name]) for name in ("median", "p95", "working_median", "working_p95")}
        yield {"stretch": s["name"], "owner": s["owner"], "ended": s["ended"], "open": s["open"], **times}


def origin(told):
    for p in told["figures"]["parts"]:
        for amount in p["amounts"] or [dict.fromkeys(("currency", "deals", "sum_minor", "median_minor"))]:
            yield {
                **{name: p[name] for name in ("origin", "opened", "closeable", "won", "lost")},
                "share_of_deals": share(p["share"], "rate"),
                "currency": amount["currency"] and Text(amount["currency"]),
                "deals_with_amount": amount["deals"],
                "sum_minor": amount["sum_minor"],
                "median_minor": amount["median_minor"],
                "days_to_close": tenths(p["days"]),
                "entered_late": p["late"],
                "late_by_days": tenths(p["late_days"]),
                "days_from_first_call_from": tenths(p["days_from"]),
                "days_from_first_call_to": tenths(p["days_to"]),
                "proof_of_concept": p["proof"],
                "proof_of_concept_said": p["proof_said"],
            }


def gate(told):
    for name, g in [("all", told["all"]), *((p["name"] or "", p["gate"]) for p in told["people"])]:
        yield {
            "person": Text(name),
            **{name: g[name] for name in ("leads", "decided", "accepted")},
            **three(g["raw"]),
            **three(g["adjusted"], ("adjusted", "adjusted_low", "adjusted_high")),
            "unsupported": sum(d["times"] for d in g["doubts"]),
            "answers_overdue": g["answers_overdue"],
            "calls_overdue": g["calls_overdue"],
        }


def numbers(told):
    for n in told["numbers"]:
        last = n["changes"][-1] if n["changes"] else None
        yield {
            "number": Text(n["shown"]),
            **{name: n[name] for name in ("against", "first", "last", "days", "calls", "connects")},
            **three(n["rate"]),
            "expected": share(n["expected"]),
            "change": last and ("fell" if last["fell"] else "rose"),
            **{column: last and last[name] for column, name in (("since", "day"), ("since_first", "first"), ("since_last", "last"))},
            **{column: share(last[name]["rate"], "rate") if last else None for column, name in (("rate_before", "before"), ("rate_since", "since"))},
        }


def forecast(told):
    for m in told["months"]:
        band = {column: Tenths(m["foretold"][name]) for column, name in (("foretold", "middle"), ("low", "low"), ("high", "high"))}
        yield {"month": m["month"], **band, "came": m["came"], "held": int(m["is_held"])}


def score(told):
    for b in (told["back_test"] or {"bins": []})["bins"]:
        counts = {"from_percent": b["from"], "below_percent": b["to"], "leads": b["n"], "accepted": b["accepted"]}
        yield {**counts, "foretold": share(b["foretold"]), **three(b["rate"])}


def arms(told):
    versus = {v["arm"]: v for v in (told["result"] or {"versus": []})["versus"]}
    for n, arm in enumerate(told["arms"]):
        one = versus.get(n, {})
        sums = {name: arm["sum"] and arm["sum"][name] for name in ("units", "calls", "hits")}
        apart = {name: share(one.get(name)) for name in ("difference", "low", "high", "chance")}
        yield {"arm": Text(arm["name"]), "drawn": arm["drawn"], **sums, "rate": share(arm["rate"]), **apart, "verdict": one.get("verdict")}


def units(told):
    for u in told["units"]:
        yield {"unit": u["unit"], "name": Text(u["name"]), **{name: u[name] for name in ("arm", "calls", "hits")}}


SHEETS = {"slots": slots, "funnel": funnel, "waterfall": waterfall, "origin": origin, "gate": gate, "numbers": numbers, "forecast": forecast,
          "score": score, "arms": arms, "units": units}


def is_same(cell, told):
    """Whether a cell says what the JSON does; a formula of a spreadsheet has an apostrophe in front."""
    if told is None:
        return cell == ""
    if isinstance(told, Text):
        is_formula = told.lstrip()[:1] in tuple("=+-@＝＋－＠")
        return cell == f"{chr(39) if is_formula else ''}{told}"
    if isinstance(told, float):
        digits = 4 if isinstance(told, Share) else 1
        return bool(re.fullmatch(rf"-?\d+\.\d{{{digits}}}", cell)) and abs(float(cell) - told) <= 0.5000001 * 10**-digits
    return cell == str(told)


def read(text):
    """Columns and rows of a file."""
    columns, *rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    return columns, rows


def held(out, name, text, wanted):
    """Holds a file against the rows that it should have."""
    columns, rows = read(text)
    wanted = list(wanted)
    if len(rows) != len(wanted):
        out.differing.append(f"{name}: the file has {len(rows)} rows, the JSON {len(wanted)}")
    for n, (row, told) in enumerate(zip(rows, wanted)):
        if columns != list(told) or len(row) != len(columns):
            out.differing.append(f"{name}: the columns are {columns} with {len(row)} cells, not {list(told)}")
            return
        for column, cell in zip(columns, row):
            out.sheet_figures += isinstance(told[column], (int, float))
            if not is_same(cell, told[column]):
                out.differing.append(f"{name}[{n}].{column}: the file says {cell!r}, the JSON {told[column]!r}")


def calls_of_numbers(out, name, text, told):
    """The calls that a report on numbers is made of, added up by number."""
    columns, rows = read(text)
    if columns != ["number", "campaign", "day", "minute", "calls", "connects", "expected"]:
        out.differing.append(f"{name}: the columns are {columns}")
        return
    sums = {}
    for number, _, day, _, *figures in rows:
        own = sums.setdefault(number, [day, day, 0, 0, 0.0])
        own[1:] = [day, own[2] + int(figures[0]), own[3] + int(figures[1]), own[4] + float(figures[2])]
    shown = {f"{chr(39) if n['shown'][:1] == '+' else ''}{n['shown']}": n for n in told["numbers"]}
    if shown.keys() != sums.keys():
        out.differing.append(f"{name}: the file has {sorted(sums)}, the JSON {sorted(shown)}")
    for number in shown.keys() & sums.keys():
        n, (first, last, calls, connects, expected) = shown[number], sums[number]
        out.sheet_figures += 3
        near = n["expected"] is None or abs(expected / calls - n["expected"]) < 1e-8
        if (first, last, calls, connects) != (n["first"], n["last"], n["calls"], n["connects"]) or not near:
            out.differing.append(f"{name}[{number}]: the file adds up to {first}, {last}, {calls}, {connects}, {expected}; the JSON says {n}")


def results(out, name, text, told):
    """The counts of sources as lines: what is counted, and of it which."""
    _, rows = read(text)
    written = {(of, month, what, which): int(leads) for _, of, _, month, what, which, leads, *_ in rows if which != "of_this_currency"}
    wanted = {}
    for part in told["sources"]:
        name_of = f"{chr(39) if part['name'][:1] in tuple('=+-@') else ''}{part['name']}"
        for month, c in [("", part["counts"]), *((m["month"], m["counts"]) for m in part["months"])]:
            whole = {what: c[what] for what in ("delivered", "duplicates", "not_called", "dead", "never_answered", "reached", "passed", "accepted", "rejected")}
            wanted |= {(name_of, month, what, ""): n for what, n in whole.items()}
            wanted |= {(name_of, month, "dead", f"SIP {cause}"): n for cause, n in c["dead_by_cause"].items()}
            wanted |= {(name_of, month, "rejected", which): n for which, n in c["rejected_by_criterion"].items()}
            wanted |= {(name_of, month, "rejected", r["reason"]): r["count"] for r in c["rejected_for"]}
            wanted |= {(name_of, month, "duplicates", "left_out_at_import"): c["left_out"], (name_of, month, "delivered", "no_cost_said"): c["unpriced"]}
    out.sheet_figures += len(wanted)
    for line in sorted(wanted.keys() | written.keys()):
        if wanted.get(line) != written.get(line):
            out.differing.append(f"{name}, {line}: the file says {written.get(line)}, the JSON {wanted.get(line)}")
