#!/usr/bin/env python3
"""Says how SQLite answers lists and results, in a box that `year.py` and `books.py` have filled.

    tests/scale/plans.py ASSAY FOLDER

ASSAY is the program, FOLDER the data folder of a demo that is not running. Each page is asked for once; the statements that it comes
from are taken from the box's own log, and explained (EXPLAIN QUERY PLAN). A step that walks through a whole large table stands behind
"!", and their number at the end. Nothing here fails.
"""
import http.cookiejar, json, os, re, socket, sqlite3, subprocess, sys, time, urllib.error, urllib.parse, urllib.request

ASSAY, DATA = sys.argv[1], sys.argv[2]
LOG = os.path.join(DATA, "plans.log")
with socket.socket() as s:
    s.bind(("127.0.0.1", 0))
    PORT = s.getsockname()[1]
BASE = f"http://127.0.0.1:{PORT}/api/v1"
LARGE = ("calls", "leads", "lead_work", "lead_numbers", "lead_words", "lead_stages", "lead_interactions", "claims", "claim_calls", "verdicts", "handovers", "sales_answers",
         "recordings", "lanes", "ledger", "outbox", "deliveries", "second_reviews", "promises", "crm_sends", "crm_outcomes", "audit")


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
    return [s for s in dict.fromkeys(told) if re.search(rf"\b(FROM|JOIN) ({'|'.join(LARGE)})\b", s)]


def statements(browser, idle, path, **fields):
    """What the box asks its database for a page, without what its jobs ask all the time."""
    with open(LOG) as log:
        log.seek(0, os.SEEK_END)
        try:
            browser.open(f"{BASE}{path}?{urllib.parse.urlencode(fields)}").read()
        except urllib.error.HTTPError as refused:
            print(f"\n{path}: {refused}")
        time.sleep(0.3)
        return [s for s in said(log) if s not in idle]


def explain(db, name, found):
    """Gives how many steps walk through a large table."""
    walks = 0
    print(f"\n{name}: {len(found)} statements")
    for sql in found:
        print(f"  {sql[:150]}{'…' if len(sql) > 150 else ''}")
        # Values change no plan: an empty text stands for each.
        plain = re.sub(r"\$\d+|\?\d*", "''", sql)
        aliases = {alias: table for table, alias in re.findall(r"\b(?:FROM|JOIN) (\w+) (\w+)", sql)}
        for _, _, _, step in db.execute(f"EXPLAIN QUERY PLAN {plain}"):
            walked = re.match(r"SCAN (\w+)(?! USING COVERING)", step)
            is_large = bool(walked) and aliases.get(walked[1], walked[1]) in LARGE
            walks += is_large
            print(f"  {'!' if is_large else ' '}   {step}")
    return walks


box = start()
try:
    db = sqlite3.connect(os.path.join(DATA, "assay.db"))
    max_, sam, ines, marek = signed_in("max"), signed_in("sam"), signed_in("ines"), signed_in("marek")
    one = lambda sql: db.execute(sql).fetchone()[0]
    large = one("SELECT id FROM campaigns WHERE name = 'A year' AND client_id = (SELECT id FROM clients WHERE name = 'Northlight Fleet')")
    handover = one("SELECT h.claim_id FROM handovers h JOIN people p ON p.id = h.sales_id AND p.login = 'sam' ORDER BY h.passed_at DESC LIMIT 1")
    call = one("SELECT MAX(c.id) FROM calls c JOIN people p ON p.id = c.person_id AND p.login = 'ines' WHERE c.lead_id IS NOT NULL")
    receiver = one("SELECT COALESCE(MAX(id), '') FROM receivers")
    month = time.strftime("%Y-%m", time.gmtime())
    walks = 0
    time.sleep(3)
    idle = set(said(open(LOG)))
    for name, browser, path, fields in (
        ("leads, newest", max_, "/leads", {}),
        ("leads, by urgency", max_, "/leads", {"view": "work"}),
        ("leads, found by words", max_, "/leads", {"q": "gmbh"}),
        ("leads, at a stage", max_, "/leads", {"stage": "passed"}),
        ("leads, of a campaign", max_, "/leads", {"campaign": large}),
        ("a lead's timeline", max_, f"/leads/{one(f'SELECT lead_id FROM handovers WHERE claim_id = {handover!r}')}", {}),
        ("work", ines, "/work", {}),
        ("work, escalated", max_, "/work/escalated", {}),
        ("calls", max_, "/calls", {}),
        ("calls, found by words", max_, "/calls", {"q": "stein"}),
        ("calls, by disposition", max_, "/calls", {"disposition": "meeting_made"}),
        ("calls, without a lead", max_, "/calls", {"without_lead": "true"}),
        ("calls, own", ines, "/calls", {}),
        ("a call", ines, f"/calls/{call}", {}),
        ("claims, own", ines, "/claims", {}),
        ("claims, found by words", ines, "/claims", {"q": "stein"}),
        ("duplicates by number", max_, "/duplicates", {"campaign": large, "by": "number"}),
        ("duplicates by mail", max_, "/duplicates", {"campaign": large, "by": "mail"}),
        ("duplicates by company", max_, "/duplicates", {"campaign": large, "by": "company"}),
        ("merges", max_, "/merges", {"campaign": large}),
        ("hand-overs", sam, "/handovers", {}),
        ("hand-overs, not called", sam, "/handovers", {"which": "not_called"}),
        ("hand-overs, found by name", sam, "/handovers", {"q": "stein"}),
        ("hand-overs, own", ines, "/handed-over", {}),
        ("hand-overs, own, to do", ines, "/handed-over", {"to_do": "true"}),
        ("hand-overs, own, found by name", ines, "/handed-over", {"q": "stein"}),
        ("a hand-over's card", sam, f"/handovers/{handover}", {}),
        ("what a CRM was sent", sam, f"/handovers/{handover}/crm", {}),
        ("the queue", marek, "/queue", {}),
        ("a reviewer's record", marek, "/review/record", {}),
        ("second reviews", marek, "/second-reviews", {}),
        ("disputes", max_, "/disputes", {}),
        ("questions", max_, "/questions", {}),
        ("rulings", max_, "/rulings", {}),
        ("extract", max_, "/extract", {}),
        ("extract, own", ines, "/extract", {}),
        ("a period's open claims", max_, f"/periods/{month}/open", {}),
        ("a statement", ines, "/statement", {}),
        ("messages", max_, f"/webhooks/{receiver}/messages", {}),
        ("messages given up", max_, f"/webhooks/{receiver}/messages", {"state": "dead"}),
        ("results by source", max_, "/results", {"by": "source"}),
        ("results of one source", max_, "/results", {"by": "source", "name": "webinar"}),
        ("results by list", max_, "/results", {"by": "list"}),
        ("results by supplier", max_, "/results", {"by": "supplier"}),
    ):
        walks += explain(db, name, statements(browser, idle, path, **fields))
    print(f"\n{walks} steps walk through a whole large table")
finally:
    box.terminate()
    box.wait(20)
