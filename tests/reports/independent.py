#!/usr/bin/env python3
"""Holds the reports of a large house against figures that pandas, statsmodels and scipy compute from the raw rows of its database.

    tests/reports/independent.py ASSAY

ASSAY is the program. The script makes a demo, fills it with a year (tests/scale/year.py) and with rare rows (counting/rare.py), asks for
its reports as a manager does, and compares every figure: counts and days exactly, shares to 1e-9, times to a second. A figure is what
src/report and the pages say it is. The CSV of each question is held against its JSON, and a box on PostgreSQL that has the same rows
against the one on SQLite. Needs what tests/statistics.sh installs, and PostgreSQL.
"""
import argparse
import contextlib
import datetime
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.parse
from concurrent import futures
from zoneinfo import ZoneInfo

from counting import counted, covered, drawn, learnt, modelled, overseen, postgres, rare, sheets
from counting.box import Box, Boxes, files, free_port, hold
from counting.compared import Compared
from counting.raw import Raw, date_of, day_number

HERE = os.path.dirname(os.path.abspath(__file__))
# Working days of the calls, in UTC, reach over midnight there, and its clocks change twice.
ZONE, HOURS, CONNECT_SECONDS, FEWEST = "Australia/Sydney", (1_020, 1_440), 30, 25
RECORDED_PERCENT = 75
CLIENTS = ("Northlight Fleet", "Client 1")
CONFIG = f"""[house]
time_zone = "{ZONE}"
working_hours = "17:00-24:00"
[reports]
connect_seconds = {CONNECT_SECONDS}
recorded_percent = {RECORDED_PERCENT}
fewest_calls = {FEWEST}
"""

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
    origins = rare.put_in(database, moment(), ZONE)
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
        for by in ("source", "campaign", "supplier", "origin", "month"):
            out.report(f"funnel, {label} by {by}", box.get("funnel", by=by, **of), {**counted.funnel(raw, client, days, by, origins), **told(days)})
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


def scores(boxes, raw, out, name):
    """Both lists of a client. Each box learns for itself, at a moment of its own."""
    client = raw.clients[name]
    for name_of_list in ("sales", "telesales"):
        asked = {"client": client, "list": name_of_list}
        for database, box in boxes.by_database.items():
            theirs = box.get("score", **asked)
            at = round(datetime.datetime.fromisoformat(theirs["made_at"]).timestamp() * 1_000_000)
            ours = {**learnt.score(raw, client, name_of_list, at), "made_at": theirs["made_at"]}
            out.report(f"score, {name} {name_of_list} on {database}", theirs, ours)
            hold(out, "score", asked, theirs, files(box, "score", asked))


def experiments(box, raw, out, name, is_promised=False):
    """Those of a client; the boxes have counted what is over."""
    client, day = raw.clients[name], today()
    theirs = box.get("experiments", client=client)
    out.report(f"experiments, {name}", theirs, drawn.listed(raw, client, day))
    for one in theirs["experiments"]:
        theirs = box.get(f"experiments/{one['id']}")
        label = f"experiments, {one['name']} of {name}{', promised' if is_promised else ''}"
        out.report(label, theirs, drawn.experiment(raw, client, one["id"], day, theirs, is_promised))


def promised(box, raw, out, name):
    """The same where a manager promises that nobody is singled out."""
    client, ends = raw.clients[name], today() + 2
    box.send("/api/v1/reports/promise", {"client": client, "act": "promise"})
    days = (ends - 366, ends)
    box.until("slots", lambda report: report["blocks"], client=client)
    for label, asked in (("connects", {}), ("meetings", {"count": "meetings", "before": "20:10", "after": "23:30"})):
        theirs = box.get("slots", client=client, **told(days), **asked)
        cut = (minutes(asked["before"]), minutes(asked["after"])) if asked else None
        ours = counted.together(raw, client, days, today(), asked.get("count", "connects"), FEWEST, cut)
        out.report(f"slots, {name} promised, {label}", theirs, {**ours, "waiting": 0})
    experiments(box, raw, out, name, is_promised=True)


def overviews(boxes, raw, out, name):
    """What a manager sees first; each box at a moment of its own."""
    client = raw.clients[name]
    boxes.get("overview", client=client)
    for days in (7, 30, 92):
        for database, box in boxes.by_database.items():
            theirs = box.get("overview", client=client, days=days)
            ours = overseen.overview(raw, client, overseen.micros(theirs["now"]), days, theirs["period"])
            out.report(f"overview, {name} {days} days on {database}", overseen.told(theirs), ours)


def results(boxes, raw, out, name):
    """What became of the leads of each source, campaign, supplier and list."""
    client, ends = raw.clients[name], today() + 1
    for by in ("source", "campaign", "supplier", "list"):
        for days in ((ends - 366, ends), (ends - 60, ends - 20)):
            ours = overseen.results(raw, client, days, by)
            asked = urllib.parse.urlencode({"client": client, "by": by, "from": date_of(days[0]), "until": date_of(days[1] - 1)})
            for database, box in boxes.by_database.items():
                theirs = json.loads(box.send(f"/api/v1/results?{asked}"))
                out.report(f"results, {name} by {by} on {database}", overseen.told_results(theirs), ours)
                sheets.results(out, f"results.csv, {name} by {by}", box.send(f"/api/v1/results/counts.csv?{asked}").decode(), theirs)


def covered_months(boxes, raw, out):
    """What was recorded beside what the phone system says, where the two differ in every way."""
    for month in covered.told_of(raw):
        for database, box in boxes.by_database.items():
            theirs = covered.told(json.loads(box.send(f"/api/v1/coverage?month={month}")))
            out.report(f"coverage, {month} on {database}", theirs, covered.coverage(raw, month, RECORDED_PERCENT / 100))


def on_postgres(assay, config, data, server):
    """The same house on PostgreSQL; gives its folder and its configuration."""
    folder = f"{data}-postgres"
    shutil.copytree(data, folder, ignore=shutil.ignore_patterns("assay.db*"))
    own = os.path.join(folder, os.path.basename(config))
    with open(own, "a") as f:
        f.write(f'[database]\nurl = "{server.url}"\n')
    rebuild = [assay, "report", "rebuild", "--data", folder, "--config", own]
    # The first time it makes the tables.
    run(*rebuild)
    server.take_over(os.path.join(data, "assay.db"))
    run(*rebuild)
    return folder, own


def compare(assay, folder):
    """Makes the house, starts its boxes, and compares; all of them end whatever happens."""
    data, out = os.path.join(folder, "demo"), Compared()
    config, origins = prepared(assay, data)
    with contextlib.ExitStack() as ends:
        # Each counts and learns for itself what comes of the same rows.
        beside = ends.enter_context(futures.ThreadPoolExecutor())
        counting = beside.submit(run, assay, "report", "rebuild", "--data", data, "--config", config)
        reading = beside.submit(Raw, os.path.join(data, "assay.db"), ZONE, CONNECT_SECONDS)
        places = {"SQLite": (data, config)}
        if postgres.programs():
            places["PostgreSQL"] = on_postgres(assay, config, data, ends.enter_context(postgres.Postgres()))
        raw, _ = reading.result(), counting.result()
        box = ends.enter_context(Boxes(out, {database: ends.enter_context(Box(assay, *place)) for database, place in places.items()}))
        box.sign_in()
        for name in CLIENTS:
            client_reports(box, raw, out, name, origins)
            scores(box, raw, out, name)
            box.until("experiments", lambda told: all(one["phase"] != "waiting" for one in told["experiments"]), client=raw.clients[name])
            experiments(box, raw, out, name)
            overviews(boxes=box, raw=raw, out=out, name=name)
            results(box, raw, out, name)
        covered_months(box, raw, out)
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
    more = [f"{out.sheet_figures:,} of the CSV files"]
    if postgres.programs():
        more.append(f"{out.database_figures:,} of PostgreSQL beside SQLite")
    else:
        print("independent reports: PostgreSQL not compared, it is not installed; tests/setup.sh test does it")
    compared = f"{out.figures:,} figures compared ({by}), {', '.join(more)}"
    print(f"independent reports: {compared}, {len(out.differing):,} differences, {time.time() - began:.0f} s")
    sys.exit(bool(out.differing) or (not postgres.programs() and "CI" in os.environ))


if __name__ == "__main__":
    main()
