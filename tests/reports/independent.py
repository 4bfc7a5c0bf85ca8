#!/usr/bin/env python3
"""Holds the reports of a large house against figures that pandas and statsmodels compute from the raw rows of its database.

    tests/reports/independent.py ASSAY

ASSAY is the program. The script makes a demo, fills it with a year (tests/scale/year.py) and with rare rows (counting/rare.py), asks for
its reports as a manager does, and compares every figure: counts and days exactly, shares to 1e-9, times to a second. A figure is what
src/report and the pages say it is. Needs what tests/statistics.sh installs.
"""
import argparse
import datetime
import http.cookiejar
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from zoneinfo import ZoneInfo

from counting import counted, modelled, rare
from counting.raw import Raw, date_of, day_number

HERE = os.path.dirname(os.path.abspath(__file__))
# Working days of the calls, in UTC, reach over midnight there, and its clocks change twice.
ZONE, HOURS, CONNECT_SECONDS, FEWEST = "Australia/Sydney", (1_020, 1_440), 30, 25
CLIENTS = ("Northlight Fleet", "Client 1")
CONFIG = f"""[house]
time_zone = "{ZONE}"
working_hours = "17:00-24:00"
[reports]
connect_seconds = {CONNECT_SECONDS}
fewest_calls = {FEWEST}
"""
# Minutes and days of the reports; a second of each.
TIMES = {"median": 1 / 60, "p90": 1 / 60, "p95": 1 / 60, "days": 1 / 86_400, "late_days": 1 / 86_400, "days_from": 1 / 86_400, "days_to": 1 / 86_400,
         "told": 1 / 86_400, "from": 1 / 86_400, "to": 1 / 86_400}
ASIDE = {"client", "clients", "campaigns", "zone", "by", "count", "width", "offset", "fewest", "connect_seconds", "working_hours", "bands", "promise"}


class Compared:
    """Figures that were compared, and those that differ."""

    def __init__(self):
        self.figures, self.differing, self.by = 0, [], {}

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
    keys = ("id", "person", "weekday", "start", "name", "shown", "stage", "origin", "currency", "source", "kept", "reason", "doubt", "outcome", "day", "from")
    return (" ".join(str(row[k]) for k in keys if k in row) or n) if isinstance(row, dict) else n


def same(theirs, ours, key):
    if isinstance(theirs, float) or isinstance(ours, float):
        if not isinstance(theirs, (int, float)) or not isinstance(ours, (int, float)):
            return False
        return abs(theirs - ours) <= max(TIMES.get(key, 0.0), 1e-9 * max(1.0, abs(ours)))
    return theirs == ours


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Box:
    """A running box, and a manager who is signed in."""

    def __init__(self, assay, data, config):
        self.port = free_port()
        self.log = f"{data}.log"
        words = [assay, "demo", "--data", data, "--config", config, "--listen", f"127.0.0.1:{self.port}"]
        with open(self.log, "w") as log:
            self.running = subprocess.Popen(words, stdout=log, stderr=log)
        self.browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.running.terminate()
        try:
            self.running.wait(20)
        except subprocess.TimeoutExpired:
            self.running.kill()
            self.running.wait()

    def send(self, path, body=None):
        base = f"http://127.0.0.1:{self.port}"
        asked = urllib.request.Request(base + path, None if body is None else json.dumps(body).encode(), {"content-type": "application/json", "origin": base})
        return self.browser.open(asked, timeout=60).read()

    def sign_in(self):
        until = time.time() + 60
        while True:
            try:
                self.send("/readyz")
                break
            except OSError:
                if self.running.poll() is not None or time.time() > until:
                    with open(self.log) as log:
                        sys.exit(f"independent reports: the box does not start\n{log.read()}")
                time.sleep(0.05)
        self.send("/api/v1/session", {"login": "max", "password": "assay-demo"})

    def get(self, report, **asked):
        query = urllib.parse.urlencode({k: v for k, v in asked.items() if v is not None})
        return json.loads(self.send(f"/api/v1/reports/{report}?{query}"))


def run(*words):
    done = subprocess.run(words, check=False, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"independent reports: {' '.join(words)}\n{done.stdout}{done.stderr}")


def prepared(assay, data):
    """A demo with a year of a house; gives its configuration, and the origin that each lead has when it comes in."""
    config, database = os.path.join(data, "assay.toml"), os.path.join(data, "assay.db")
    os.makedirs(data)
    with open(config, "w") as f:
        f.write(CONFIG)
    run(assay, "demo", "--prepare-only", "--data", data, "--config", config, "--listen", f"127.0.0.1:{free_port()}")
    size = ["--calls", "30000", "--leads", "9000", "--claims", "3000", "--clients", "3", "--people", "100"]
    run(sys.executable, os.path.join(HERE, "..", "scale", "year.py"), database, *size)
    origins = rare.put_in(database, moment())
    run(assay, "report", "rebuild", "--data", data, "--config", config)
    return config, origins


def minutes(text):
    return int(text[:2]) * 60 + int(text[3:])


def slots(box, raw, out, client, days, cuts):
    for name, asked in cuts.items():
        theirs = box.get("slots", client=client, **told(days), **asked)
        cut = (minutes(asked["before"]), minutes(asked["after"])) if "before" in asked else None
        width = asked.get("width", 20)
        offset = asked.get("offset", 0 if "width" in asked else 10)
        only = {key: asked[key] for key in ("person", "campaign", "shown") if key in asked}
        ours = counted.slots(raw, client, days, width, offset, asked.get("count", "connects"), asked.get("fewest", FEWEST), cut, **only)
        out.report(f"slots, {name}", theirs, {**ours, "waiting": 0})


def told(days):
    return {"from": date_of(days[0]), "to": date_of(days[1] - 1)}


def moment():
    return time.time_ns() // 1_000


def today():
    return day_number(datetime.datetime.now(ZoneInfo(ZONE)).date())


def client_slots(box, raw, out, name, client, year, quarter):
    own = raw.dials[raw.dials.client_id == client]
    most = {column: own[column][own[column] != ""].value_counts().index[0] for column in ("person_id", "shown", "campaign")}
    cuts = {
        name: {},
        f"{name} by the hour": {"width": 60},
        f"{name} by quarters of an hour": {"width": 15, "offset": 5, "fewest": 1},
        f"{name} meetings": {"count": "meetings", "width": 30, "offset": 15},
        f"{name} cut": {"before": "19:30", "after": "22:05", "width": 5},
        f"{name} a person": {"person": most["person_id"], "fewest": 3},
        f"{name} a number": {"shown": most["shown"], "count": "meetings"},
        f"{name} a campaign": {"campaign": most["campaign"], "before": "00:00", "after": "20:00"},
    }
    slots(box, raw, out, client, year, cuts)
    slots(box, raw, out, client, quarter, {f"{name} a quarter": {}})


def client_reports(box, raw, out, name, origins):
    """All reports of a client, over a year and over some months."""
    client, ends = raw.clients[name], today() + 2
    year, quarter = (ends - 366, ends), (ends - 102, ends - 11)
    client_slots(box, raw, out, name, client, year, quarter)
    for days, label in ((year, f"{name} a year"), (quarter, f"{name} a quarter")):
        of = {"client": client, **told(days)}
        for by in ("source", "campaign", "supplier", "month"):
            out.report(f"funnel, {label} by {by}", box.get("funnel", by=by, **of), {**counted.funnel(raw, client, days, by), **told(days)})
        out.report(f"waterfall, {label}", box.get("waterfall", **of), {**counted.waterfall(raw, client, days, HOURS), **told(days)})
        out.report(f"origin, {label}", box.get("origin", **of), {**counted.origin(raw, client, days, origins), **told(days)})
        out.report(f"gate, {label}", box.get("gate", **of), {**modelled.gate(raw, client, days, moment()), **told(days)})
        for fewest in (FEWEST, 200):
            ours = modelled.numbers(raw, client, days, fewest)
            out.report(f"numbers, {label}, {fewest} calls", box.get("numbers", fewest=fewest, **of), {**ours, **told(days), "waiting": 0})
    for handovers in (None, 900):
        day = today()
        theirs = box.get("forecast", client=client, handovers=handovers)
        out.report(f"forecast, {name}, {handovers} hand-overs", theirs, modelled.forecast(raw, client, day, moment(), theirs, handovers))


def promised(box, raw, out, name):
    """The same where a manager promises that nobody is singled out."""
    client, ends = raw.clients[name], today() + 2
    box.send("/api/v1/reports/promise", {"client": client, "act": "promise"})
    until, days = time.time() + 60, (ends - 366, ends)
    for label, asked in (("connects", {}), ("meetings", {"count": "meetings", "before": "20:10", "after": "23:30"})):
        while not (theirs := box.get("slots", client=client, **told(days), **asked))["blocks"] and time.time() < until:
            time.sleep(0.2)
        cut = (minutes(asked["before"]), minutes(asked["after"])) if asked else None
        ours = counted.together(raw, client, days, today(), asked.get("count", "connects"), FEWEST, cut)
        out.report(f"slots, {name} promised, {label}", theirs, {**ours, "waiting": 0})


def compare(assay, folder):
    """Makes the house, starts its box, and compares; the box is stopped whatever happens."""
    data, out = os.path.join(folder, "demo"), Compared()
    config, origins = prepared(assay, data)
    with Box(assay, data, config) as box:
        box.sign_in()
        raw = Raw(os.path.join(data, "assay.db"), ZONE, CONNECT_SECONDS)
        for name in CLIENTS:
            client_reports(box, raw, out, name, origins)
        promised(box, raw, out, CLIENTS[0])
    return out


def main():
    args = argparse.ArgumentParser()
    args.add_argument("assay")
    args = args.parse_args()
    began = time.time()
    # Whoever ends this script ends the box with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with tempfile.TemporaryDirectory(prefix="assay-independent-") as folder:
        out = compare(os.path.abspath(args.assay), folder)
    for line in out.differing[:60]:
        print(f"  {line}")
    by = ", ".join(f"{name} {n:,}" for name, n in out.by.items())
    print(f"independent reports: {out.figures:,} figures compared ({by}), {len(out.differing):,} differences, {time.time() - began:.0f} s")
    sys.exit(bool(out.differing))


if __name__ == "__main__":
    main()
