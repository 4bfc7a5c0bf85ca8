#!/usr/bin/env python3
"""Says how SQLite answers the lists of leads and of hand-overs and the results, in a box that `year.py` has filled.

    tests/scale/plans.py ASSAY FOLDER

ASSAY is the program, FOLDER the data folder of a demo that is not running. Each page is asked for once; the statements that it comes
from are taken from the box's own log, and explained (EXPLAIN QUERY PLAN). A step that walks through a whole table of calls, leads,
claims or hand-overs stands behind "!". Nothing here fails.
"""
import http.cookiejar, json, os, re, socket, sqlite3, subprocess, sys, time, urllib.parse, urllib.request

ASSAY, DATA = sys.argv[1], sys.argv[2]
LOG = os.path.join(DATA, "plans.log")
with socket.socket() as s:
    s.bind(("127.0.0.1", 0))
    PORT = s.getsockname()[1]
BASE = f"http://127.0.0.1:{PORT}/api/v1"
LARGE = ("calls", "leads", "lead_work", "lead_numbers", "lead_words", "claims", "handovers", "sales_answers")


def start():
    environment = {**os.environ, "ASSAY_LOG": "info,sqlx::query=debug"}
    box = subprocess.Popen([ASSAY, "demo", "--data", DATA, "--listen", f"127.0.0.1:{PORT}"], stdout=subprocess.DEVNULL, stderr=open(LOG, "w"), env=environment)
    while True:
        try:
            if urllib.request.urlopen(f"http://127.0.0.1:{PORT}/readyz").status == 200:
                return box
        except OSError:
            if box.poll() is not None:
                sys.exit(f"the box ended; see {LOG}")
            time.sleep(0.05)


def signed_in(login):
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
    body = json.dumps({"login": login, "password": "assay-demo"}).encode()
    browser.open(urllib.request.Request(BASE + "/session", body, {"content-type": "application/json"})).read()
    return browser


def said(log):
    """The statements that the log has gained."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", log.read())
    whole = re.findall(r'db\.statement="((?:[^"\\]|\\.)*)"', text)
    short = re.findall(r'summary="((?:[^"\\]|\\.)*)" db\.statement=""', text)
    told = [" ".join(json.loads(f'"{s}"').split()) for s in [*whole, *short] if s]
    return [s for s in dict.fromkeys(told) if re.search(r"\b(FROM|JOIN) (handovers|leads|lead_work|lead_words)\b", s)]


def statements(browser, idle, path, **fields):
    """What the box asks its database for a page, without what its jobs ask all the time."""
    with open(LOG) as log:
        log.seek(0, os.SEEK_END)
        browser.open(f"{BASE}{path}?{urllib.parse.urlencode(fields)}").read()
        time.sleep(0.3)
        return [s for s in said(log) if s not in idle]


def explain(db, name, found):
    print(f"\n{name}: {len(found)} statements")
    for sql in found:
        print(f"  {sql[:150]}{'…' if len(sql) > 150 else ''}")
        # Values change no plan: an empty text stands for each.
        plain = re.sub(r"\$\d+|\?\d*", "''", sql)
        aliases = {alias: table for table, alias in re.findall(r"\b(?:FROM|JOIN) (\w+) (\w+)", sql)}
        for _, _, _, step in db.execute(f"EXPLAIN QUERY PLAN {plain}"):
            walked = re.match(r"SCAN (\w+)(?! USING COVERING)", step)
            is_large = walked and aliases.get(walked[1], walked[1]) in LARGE
            print(f"  {'!' if is_large else ' '}   {step}")


box = start()
try:
    db = sqlite3.connect(os.path.join(DATA, "assay.db"))
    max_, sam, ines = signed_in("max"), signed_in("sam"), signed_in("ines")
    time.sleep(3)
    idle = set(said(open(LOG)))
    for name, browser, path, fields in (
        ("leads, newest", max_, "/leads", {}),
        ("leads, by urgency", max_, "/leads", {"view": "work"}),
        ("leads, found by words", max_, "/leads", {"q": "gmbh"}),
        ("leads, at a stage", max_, "/leads", {"stage": "passed"}),
        ("hand-overs", sam, "/handovers", {}),
        ("hand-overs, not called", sam, "/handovers", {"which": "not_called"}),
        ("hand-overs, found by name", sam, "/handovers", {"q": "stein"}),
        ("hand-overs, own", ines, "/handed-over", {}),
        ("results by source", max_, "/results", {"by": "source"}),
        ("results of one source", max_, "/results", {"by": "source", "name": "webinar"}),
        ("results by list", max_, "/results", {"by": "list"}),
    ):
        explain(db, name, statements(browser, idle, path, **fields))
finally:
    box.terminate()
    box.wait(20)
