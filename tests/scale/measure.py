#!/usr/bin/env python3
"""Serves a box that `year.py` and `books.py` have filled, and says how long its lists, reports, exports, commands and events take.

    tests/scale/measure.py ASSAY FOLDER [--times 40] [--rows 1000000] [--postgres] [--only lists|reports|events|import]

ASSAY is the program, FOLDER the data folder of a demo that is not running; with --postgres its rows are moved to a PostgreSQL of its
own first. Times are milliseconds as a client on the same machine sees them, and cpu what the box used for one, on a machine that others use as well; before what is over its bound (50 ms for a page of a list
and for a write, 500 ms for a report, by p99) stands "!". Addresses of the API that nothing here has asked for are named at the end.
Nothing here fails for being slow.
"""
import argparse, contextlib, datetime, http.client, http.cookiejar, itertools, json, os, re, resource, shutil, signal, socket, sqlite3
import subprocess, sys, threading, time, urllib.error, urllib.parse, urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "reports"))
from counting import postgres

args = argparse.ArgumentParser()
args.add_argument("assay")
args.add_argument("folder")
args.add_argument("--times", type=int, default=40)
args.add_argument("--rows", type=int, default=1_000_000)
args.add_argument("--postgres", action="store_true")
args.add_argument("--only", choices=("lists", "reports", "events", "import"))
args = args.parse_args()
ASSAY, SOURCE, TIMES, ROWS = args.assay, args.folder, args.times, args.rows
# A configuration of its own: a verdict may be given without hearing all of a call that is listened to in no time here.
DATA, CONFIG = SOURCE, os.path.join(SOURCE, "measured.toml")
with socket.socket() as s:
    s.bind(("127.0.0.1", 0))
    PORT = s.getsockname()[1]
BASE = f"http://127.0.0.1:{PORT}/api/v1"
asked = set()


def line(name, took, bound=None, more=""):
    took = sorted(took)
    p50, p99 = took[len(took) // 2], took[min(len(took) - 1, int(len(took) * 0.99))]
    over = "!" if bound and p99 > bound else " "
    print(f"{over} {name:52} p50 {p50:8.1f}  p99 {p99:8.1f}  {more}", flush=True)


def start():
    began = time.perf_counter()
    log = open(os.path.join(DATA, "measured.log"), "a")
    box = subprocess.Popen([ASSAY, "demo", "--data", DATA, "--config", CONFIG, "--listen", f"127.0.0.1:{PORT}"], stdout=log, stderr=log, env={**os.environ, "ASSAY_LOG": "info,assay::store=debug"})
    while True:
        try:
            if urllib.request.urlopen(f"http://127.0.0.1:{PORT}/readyz").status == 200:
                return box, (time.perf_counter() - began) * 1000
        except OSError:
            if box.poll() is not None:
                sys.exit(f"the box ended; see {log.name}")
            time.sleep(0.02)


class Person:
    def __init__(self, login):
        self.cookies = http.cookiejar.CookieJar()
        self.browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))
        body = json.dumps({"login": login, "password": "assay-demo"}).encode()
        self.browser.open(urllib.request.Request(BASE + "/session", body, {"content-type": "application/json"})).read()

    def get(self, path, **fields):
        asked.add(path)
        query = urllib.parse.urlencode({k: v for k, v in fields.items() if v is not None})
        began = time.perf_counter()
        answer = self.browser.open(f"{BASE}{path}{'?' + query if query else ''}").read()
        return answer, (time.perf_counter() - began) * 1000


    def post(self, path, body=None, method="POST"):
        """Sends, and says how long it took, in milliseconds."""
        self.keys = next(KEYS)
        headers = {"content-type": "application/json", "origin": f"http://127.0.0.1:{PORT}", "idempotency-key": f"measured-{self.keys}"}
        sent = urllib.request.Request(BASE + path, None if body is None else json.dumps(body).encode(), headers, method=method)
        began = time.perf_counter()
        answer = self.browser.open(sent).read()
        return json.loads(answer) if answer else None, (time.perf_counter() - began) * 1000


KEYS = itertools.count(int(time.time() * 1000))


def a_list(label, who, path, place, times=TIMES, **fields):
    if args.only not in (None, "lists"):
        return
    took, at, used = [], None, cpu_ms()
    for _ in range(times):
        answer, ms = who.get(path, **fields, **({place: at} if place and at is not None else {}))
        took.append(ms)
        answer = read(answer)
        at = next_place(answer, place)
    count = answer.get("count") if isinstance(answer, dict) else None if answer is None else len(answer)
    line(label, took, 50, f"cpu {(cpu_ms() - used) / times:6.1f}  " + ("" if count is None else f"count {json.dumps(count)}"))


def cpu_ms():
    """What the box has used of the processors; its own jobs are in it. On PostgreSQL the server's part is not."""
    with open(f"/proc/{box.pid}/stat") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")


def read(answer):
    """None where it is a sheet."""
    with contextlib.suppress(ValueError):
        return json.loads(answer)


def next_place(answer, place):
    """Where a list goes on, as it says itself; the first page again where it has an end."""
    return answer.get("next") if place and isinstance(answer, dict) else None


def a_report(label, who, path, times=7, bound=500, **fields):
    if args.only not in (None, "reports"):
        return
    took, used = [], cpu_ms()
    for _ in range(times):
        answer, ms = who.get(path, **fields)
        took.append(ms)
    line(label, took, bound, f"cpu {(cpu_ms() - used) / times:6.1f}  {len(answer):,} bytes")


def ids():
    """What of the year is asked for by its id; and people of it are given the demo's password, for pages of their own."""
    db = sqlite3.connect(os.path.join(SOURCE, "assay.db"))
    one = lambda sql: db.execute(sql).fetchone()[0]
    known = "SELECT password_hash FROM people WHERE login = 'sam'"
    db.execute(f"UPDATE people SET password_hash = ({known}) WHERE login IN ({','.join('?' * len(REPS))})", REPS)
    db.commit()
    of_ines = "JOIN people p ON p.id = c.person_id AND p.login = 'ines'"
    return {
        "client": one("SELECT id FROM clients WHERE name = 'Northlight Fleet'"),
        "ines": one("SELECT id FROM people WHERE login = 'ines'"),
        "call": one(f"SELECT MAX(c.id) FROM calls c {of_ines} WHERE c.lead_id IS NOT NULL AND c.id LIKE '0199%'"),
        "lead": one("SELECT h.lead_id FROM handovers h JOIN campaigns k ON k.id = h.campaign_id AND k.name = 'A year' JOIN people p ON p.id = h.sales_id AND p.login = 'sam' ORDER BY h.passed_at DESC LIMIT 1"),
        "handover": one("SELECT h.claim_id FROM handovers h JOIN people p ON p.id = h.sales_id AND p.login = 'sam' JOIN campaigns k ON k.id = h.campaign_id AND k.name = 'A year' ORDER BY h.passed_at DESC LIMIT 1"),
        "year": one("SELECT k.id FROM campaigns k JOIN clients c ON c.id = k.client_id AND c.name = 'Northlight Fleet' WHERE k.name = 'A year'"),
        "checklist": one("SELECT v.id FROM checklist_versions v JOIN checklists l ON l.id = v.checklist_id JOIN clients c ON c.id = l.client_id AND c.name = 'Northlight Fleet' WHERE l.name = 'A year'"),
        "receiver": one("SELECT COALESCE(MAX(id), '') FROM receivers"),
        "import": one("SELECT COALESCE(MAX(id), '') FROM imports"),
        "entry": one("SELECT COALESCE(MAX(id), '') FROM ledger"),
        "talks": [row[0] for row in db.execute(f"SELECT c.id FROM calls c {of_ines} JOIN recordings r ON r.call_id = c.id WHERE c.lead_id IS NOT NULL AND c.id LIKE '0199%' AND c.disposition = 'conversation'"
                                               " AND NOT EXISTS (SELECT 1 FROM claims k WHERE k.lead_id = c.lead_id) ORDER BY c.id DESC LIMIT 5")],
    }


def events(sam, people, pages_each):
    """So many open pages of sales; how long after an answer of one of them each is told."""
    heard, ready = [], threading.Barrier(len(people) * pages_each + 1)

    def page(cookie):
        connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=60)
        connection.request("GET", "/api/v1/events", headers={"cookie": cookie, "origin": f"http://127.0.0.1:{PORT}"})
        stream = connection.getresponse()
        if stream.status != 200:
            ready.abort()
            return
        ready.wait()
        while True:
            text = stream.readline()
            if not text or b"handovers" in text:
                heard.append(time.perf_counter())
                return

    threads = []
    for person in people:
        cookie = "; ".join(f"{c.name}={c.value}" for c in person.cookies)
        threads += [threading.Thread(target=page, args=(cookie,), daemon=True) for _ in range(pages_each)]
    for thread in threads:
        thread.start()
    ready.wait(60)
    claim = json.loads(sam.get("/handovers", which="unanswered")[0])["leads"][0]["claim"]
    began = time.perf_counter()
    body = json.dumps({"answer": "now"}).encode()
    headers = {"content-type": "application/json", "origin": f"http://127.0.0.1:{PORT}"}
    sam.browser.open(urllib.request.Request(f"{BASE}/claims/{claim}/sales-answer", body, headers)).read()
    answered = (time.perf_counter() - began) * 1000
    for thread in threads:
        thread.join(20)
    line(f"an answer of sales to {len(threads)} open pages", [(t - began) * 1000 for t in heard], None, f"{len(heard)} told; the answer itself {answered:.1f}")


def a_command(name, *words):
    began = time.perf_counter()
    done = subprocess.run([ASSAY, *words, "--data", DATA, "--config", CONFIG], capture_output=True, text=True)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    said = (done.stdout.strip().splitlines() or done.stderr.strip().splitlines() or [""])[-1]
    line(name, [(time.perf_counter() - began) * 1000], None, f"exit {done.returncode}, at most {peak} MB so far: {said[:90]}")


def a_token(scope):
    said = subprocess.run([ASSAY, "token", "add", f"measured {time.time()}", "--scope", scope, "--data", DATA, "--config", CONFIG], capture_output=True, text=True, check=True)
    return said.stdout.split()[-1]


class Machine:
    """Asks with a token."""

    def __init__(self, scope):
        self.token = a_token(scope)

    def get(self, path, **fields):
        asked.add(path)
        query = urllib.parse.urlencode({k: v for k, v in fields.items() if v is not None})
        began = time.perf_counter()
        wanted = urllib.request.Request(f"{BASE}{path}{'?' + query if query else ''}", headers={"authorization": f"Bearer {self.token}"})
        return urllib.request.urlopen(wanted).read(), (time.perf_counter() - began) * 1000


def rows(n, series="R"):
    """A list of so many leads, none of which is there."""
    path = os.path.join(DATA, "rows.csv")
    with open(path, "w") as f:
        f.write("id,company,contact,phone,email\n")
        f.writelines(f"{series}-{i:07},Werk {i % 9973} GmbH,Person {i % 7919},+4989{20_000_000 + i},p{i}@werk{i % 50021}.example\n" for i in range(n))
    return path


class Verdict:
    """A verdict of a reviewer: given and, in its ten seconds, taken back."""
    name = "a verdict"

    def __init__(self, reviewer):
        self.reviewer = reviewer
        item, _ = reviewer.post("/review/take")
        call = item["calls"][0]["call"]
        reviewer.get(f"/calls/{call}/audio")
        time.sleep(3)
        heard = {"call": call, "played": [{"from_ms": 0, "to_ms": 4000, "speed": 2.0}]}
        reviewer.post(f"/review/{item['id']}/heard", heard)
        proved = {"evidence": {"call": call, "from_ms": 0, "to_ms": 2000}}
        rows = [(c["id"], next(a["id"] for a in c["answers"] if a["passes"])) for c in item["checklist"]["criteria"] if c["must_pass"]]
        self.path = f"/review/{item['id']}/verdict"
        self.body = {"answers": [{"criterion": c, "answer": a, "words": "two hours a day are lost", **proved} for c, a in rows], "note": ""}

    def write(self):
        _, took = self.reviewer.post(self.path, self.body)
        _, back = self.reviewer.post(self.path, method="DELETE")
        return [took, back]


class Claim:
    """A claim of a telemarketer: made and withdrawn."""
    name = "a claim"

    def __init__(self, telemarketer, call):
        self.telemarketer = telemarketer
        self.body = {"calls": [call], "write_up": "All four.", "answers": {"budget": "in_place"}}

    def write(self):
        made, took = self.telemarketer.post("/claims", self.body)
        _, back = self.telemarketer.post(f"/claims/{made['id']}", method="DELETE")
        return [took, back]


class Said:
    """What a telemarketer says of a lead: said and taken back."""
    name = "a disposition"

    def __init__(self, telemarketer):
        self.telemarketer = telemarketer
        self.lead = json.loads(telemarketer.get("/leads")[0])["leads"][0]["id"]

    def write(self):
        said, took = self.telemarketer.post(f"/leads/{self.lead}/disposition", {"disposition": "no_answer"})
        _, back = self.telemarketer.post(f"/lead-dispositions/{said['id']}", method="DELETE")
        return [took, back]


def told_of(writers, took, more=""):
    for writer in writers:
        of = took[writer.name]
        line(f"{writer.name}{more}", of, 50, f"at most {max(of):.0f}, n {len(of)}, over 50 ms {sum(ms > 50 for ms in of)}")


def times_of(writers, goes_on, pause):
    """How long each write took, one after the other, as long as something goes on."""
    took = {writer.name: [] for writer in writers}
    while goes_on():
        for writer in writers:
            took[writer.name] += writer.write()
        time.sleep(pause)
    return took


def peak_of(pid):
    with contextlib.suppress(OSError), open(f"/proc/{pid}/status") as status:
        return max((int(said.split()[1]) // 1024 for said in status if said.startswith("VmHWM")), default=0)
    return 0


def held(person):
    metrics = urllib.request.urlopen(f"http://127.0.0.1:{PORT}/metrics").read().decode()
    found = dict(re.findall(r"assay_write_transaction_seconds_(\S+) (\S+)", metrics))
    print("  write transactions held:", ", ".join(f"{name.removeprefix('bucket')} {value}" for name, value in found.items()), flush=True)


def by_command(writers, n):
    """A list comes in by command, which is a process of its own; how long others write meanwhile."""
    words = [ASSAY, "leads", "import", rows(n), "--campaign", "Fleet autumn", "--data", DATA, "--config", CONFIG]
    began = time.perf_counter()
    running = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    peak = 0

    def goes_on():
        nonlocal peak
        peak = max(peak, peak_of(running.pid))
        return running.poll() is None

    try:
        took = times_of(writers, goes_on, 0.1)
    except BaseException:
        running.kill()
        running.wait()
        raise
    seconds = time.perf_counter() - began
    said = (running.stdout.read().strip().splitlines() or [""])[-1]
    told_of(writers, took, ", while a list comes in by command")
    print(f"  {n:,} rows imported in {seconds:.0f} s, {n / seconds:,.0f} a second, at most {peak} MB, exit {running.returncode}: {said[:90]}", flush=True)


def by_page(writers, manager, campaign, n, box):
    """The list comes in as by the page of imports: the box itself takes it in."""
    with open(rows(n, "Q"), "rb") as f:
        text = f.read()
    query = urllib.parse.urlencode({"campaign": campaign, "file": "rows.csv", "duplicates": "keep"})
    headers = {"content-type": "text/csv", "origin": f"http://127.0.0.1:{PORT}"}
    began = time.perf_counter()
    import_id = json.loads(manager.browser.open(urllib.request.Request(f"{BASE}/imports?{query}", text, headers)).read())["id"]
    state = lambda: next(i for i in json.loads(manager.get("/imports")[0])["imports"] if i["id"] == import_id)
    took = times_of(writers, lambda: state()["ended_at"] is None, 0.1)
    seconds = time.perf_counter() - began
    told_of(writers, took, ", while a list comes in by page")
    print(f"  {n:,} rows imported in {seconds:.0f} s, {n / seconds:,.0f} a second, the box at most {peak_of(box.pid)} MB: {state()['added']:,} new", flush=True)


def imports(box, reviewer, telemarketer, manager, campaign, call):
    writers = [Verdict(reviewer), Claim(telemarketer, call), Said(telemarketer)]
    ends = time.perf_counter() + 10
    told_of(writers, times_of(writers, lambda: time.perf_counter() < ends, 0.1), ", alone")
    by_command(writers, ROWS)
    by_page(writers, manager, campaign, min(ROWS, 100_000), box)
    held(manager)


def lists(of, fleet):
    """Every list, whoever sees it."""
    for name, person in (("telemarketer", ines), ("manager, 20 clients", max_), ("marketing", mia)):
        a_list(f"/leads, {name}", person, "/leads", "after")
        for view in ("work", "late", "untouched"):
            a_list(f"/leads {view}, {name}", person, "/leads", "after", view=view)
    for words in ("stein", "gmbh", "berglogistik gmbh", "100", "+49 40 0001", "nichts", "gmbh 77", "bau holz"):
        a_list(f"/leads q={words}, manager", max_, "/leads", "after", q=words)
    for stage in ("passed", "won", "contacted"):
        a_list(f"/leads {stage}, manager", max_, "/leads", "after", stage=stage)
    a_list("/leads campaign, manager", max_, "/leads", "after", campaign=of["year"])
    a_list("/leads source, manager", max_, "/leads", "after", source="webinar")
    a_list("/leads/choices, manager", max_, "/leads/choices", None)
    for name, person in (("telemarketer", ines), ("sales", sam), ("manager", max_)):
        a_list(f"a lead's timeline, {name}", person, f"/leads/{of['lead']}", None)
    a_list("/work, telemarketer", ines, "/work", "after")
    a_list("/work, manager", max_, "/work", "after")
    a_list("/work/escalated, manager", max_, "/work/escalated", None)
    a_list("/imports, manager", max_, "/imports", None)
    a_list("rows left out of a list, manager", max_, f"/imports/{of['import']}/bad.csv", None)
    a_list("duplicates left out of a list, manager", max_, f"/imports/{of['import']}/duplicates.csv", None)
    for path in ("/sources", "/suppressions"):
        a_list(f"{path}, marketing", mia, path, None)
    for campaign, size in ((fleet, "small"), (of["year"], "large")):
        for by in ("number", "mail", "company"):
            a_list(f"/duplicates {by}, {size} campaign, manager", max_, "/duplicates", "after", campaign=campaign, by=by)
        a_list(f"/merges, {size} campaign, manager", max_, "/merges", "after", campaign=campaign)
    a_list("/calls, telemarketer", ines, "/calls", "before")
    a_list("/calls, manager", max_, "/calls", "before")
    a_list("/calls of one, manager", max_, "/calls", "before", person=of["ines"])
    for words in ("stein", "gmbh", "berglogistik gmbh", "+49 40 0001"):
        a_list(f"/calls q={words}, manager", max_, "/calls", "before", q=words)
    a_list("/calls answered, manager", max_, "/calls", "before", outcome="answered")
    a_list("/calls meeting_made, manager", max_, "/calls", "before", disposition="meeting_made")
    a_list("/calls without a lead, manager", max_, "/calls", "before", without_lead="true")
    a_list("a call, telemarketer", ines, f"/calls/{of['call']}", None)
    a_list("leads that a call may be of, telemarketer", ines, f"/calls/{of['call']}/leads", None, q="stein")
    for part in ("checklist", "comments"):
        a_list(f"a call's {part}, telemarketer", ines, f"/calls/{of['call']}/{part}", None)
    a_list("a call's shares, manager", max_, f"/calls/{of['call']}/shares", None)
    a_list("/live, manager", max_, "/live", None)
    a_list("/repairs, manager", max_, "/repairs", None)
    a_list("/claims, telemarketer", ines, "/claims", "before")
    a_list("/claims q=stein, telemarketer", ines, "/claims", "before", q="stein")
    for which in ("unanswered", "not_called"):
        a_list(f"/handovers {which}, sales", sam, "/handovers", "after", which=which)
        a_list(f"/handovers {which}, manager", max_, "/handovers", "after", which=which)
    a_list("/handovers q=stein, sales", sam, "/handovers", "after", q="stein")
    a_list("/handovers q=stein, manager", max_, "/handovers", "after", q="stein")
    a_list("a hand-over's card, sales", sam, f"/handovers/{of['handover']}", None)
    a_list("content for a hand-over, sales", sam, f"/handovers/{of['handover']}/content", None, q="price")
    a_list("what its CRM was sent, sales", sam, f"/handovers/{of['handover']}/crm", None)
    a_list("/handed-over, telemarketer", ines, "/handed-over", "after")
    a_list("/handed-over to do, telemarketer", ines, "/handed-over", "after", to_do="true")
    a_list("/handed-over q=stein, telemarketer", ines, "/handed-over", "after", q="stein")
    for path in ("/content", "/pacts", "/campaign-needs"):
        a_list(f"{path}, marketing", mia, path, None)
    for path in ("/queue", "/review/current", "/review/record", "/second-reviews", "/second-reviews/current"):
        a_list(f"{path}, reviewer", marek, path, None)
    for path in ("/disputes", "/calibrations", "/checklists", "/plans", "/periods"):
        a_list(f"{path}, manager", max_, path, None)
    for path in ("/checklists/templates", f"/checklists/{of['checklist']}", f"/checklists/{of['checklist']}/toml"):
        a_list(f"{path.replace(of['checklist'], 'VERSION')}, manager", max_, path, None)
    for name, person in (("telemarketer", ines), ("manager", max_)):
        a_list(f"/questions, {name}", person, "/questions", "before")
        a_list(f"/extract, {name}", person, "/extract", "after")
    a_list("/rulings, manager", max_, "/rulings", "before")
    a_list(f"/periods/{month()}/open, manager", max_, f"/periods/{month()}/open", "after")
    for path in ("/people", "/lines", "/tokens", "/webhooks", "/crm"):
        a_list(f"{path}, administrator", ada, path, None)
    a_list("messages to a receiver, manager", max_, f"/webhooks/{of['receiver']}/messages", "before")
    a_list("messages given up, manager", max_, f"/webhooks/{of['receiver']}/messages", "before", state="dead")
    for path in ("/me", "/me/sessions", "/checkpoint"):
        a_list(f"{path}, telemarketer", ines, path, None)
    a_list("/machine/leads", Machine("crm"), "/machine/leads", "after")
    for crm in ("plain", "espocrm"):
        a_list(f"/machine/handovers as {crm}", Machine("crm"), "/machine/handovers", "after", **{"as": crm})
    a_list("/machine/payroll", Machine("payroll"), "/machine/payroll", None)


def month(days_ago=0):
    return (datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=days_ago)).strftime("%Y-%m")


def reports(of):
    """Every report and every sheet."""
    today = datetime.date.today()
    year = {"from": str(today - datetime.timedelta(days=364)), "to": str(today + datetime.timedelta(days=1))}
    large = {"client": of["client"]}
    a_report("overview, all clients", max_, "/reports/overview")
    a_report("overview, 92 days, the large client", max_, "/reports/overview", days=92, **large)
    for table in ("figures", "waiting", "days"):
        a_report(f"overview.csv, {table}", max_, "/reports/overview.csv", table=table, days=92)
    for report, fields in (("slots", year), ("funnel", year), ("waterfall", year), ("origin", year), ("gate", year), ("score", {}), ("forecast", {}), ("numbers", {}), ("numbers", year),
                           ("experiments", {}), ("promise", {})):
        a_report(f"{report}{', a year' if fields else ''}, the large client", max_, f"/reports/{report}", **large, **fields)
    for count in ("connects", "meetings"):
        a_report(f"slots by {count}, 15 minutes wide, a year", max_, "/reports/slots", **large, **year, count=count, width=15)
    a_report("slots of one, a year", max_, "/reports/slots", **large, **year, person=of["ines"])
    a_report("slots of a campaign, a year", max_, "/reports/slots", **large, **year, campaign=of["year"])
    for by in ("campaign", "source", "supplier", "origin", "month"):
        a_report(f"funnel by {by}, a year", max_, "/reports/funnel", **large, **year, by=by)
    a_report("score, sales' list", max_, "/reports/score", **large, list="sales")
    a_report("slots, own", ines, "/reports/slots")
    a_report("experiments, own", ines, "/reports/experiments/mine")
    a_report("gate, own", sam, "/reports/gate", **large, **year)
    for by in ("campaign", "source", "supplier", "list"):
        a_report(f"results by {by}, ninety days", max_, "/results", by=by)
        a_report(f"results by {by}, a year", max_, "/results", by=by, **{"from": year["from"], "until": year["to"]})
    a_report("results of one source, a year", max_, "/results", by="source", name="webinar", **large, **{"from": year["from"], "until": year["to"]})
    a_report("results.csv of one source, a year", max_, "/results.csv", times=3, by="source", name="webinar", **large, **{"from": year["from"], "until": year["to"]})
    a_report("results counts.csv by source, a year", max_, "/results/counts.csv", times=3, by="source", **{"from": year["from"], "until": year["to"]})
    a_report("coverage", max_, "/coverage")
    a_report("coverage of last month", max_, "/coverage", month=month(31))
    a_report("coverage.csv, 30 days", max_, "/coverage.csv", days=30)
    a_report("agreement", max_, "/agreement")
    a_report("a checklist tried on the last 90 days", max_, f"/checklists/{of['checklist']}/trial", days=90)
    a_report("statement", ines, "/statement")
    a_report("statement of last month", ines, "/statement", period=month(31))
    a_report("statement, saved page", ines, "/statement/saved", period=month(31))
    a_report("statement of one, manager", max_, f"/people/{of['ines']}/statement", period=month(31))
    a_report("a period", max_, f"/periods/{month(31)}")
    a_report("payroll of a period", max_, f"/periods/{month(62)}/payroll", format="csv")
    a_report("extract.csv, a year", max_, "/extract.csv", times=3)
    for sheet in ("slots", "funnel", "waterfall", "origin", "gate", "score", "forecast", "numbers", "numbers-calls", "experiments"):
        fields = {} if sheet in ("score", "forecast", "experiments") else year
        a_report(f"{sheet}.csv{', a year' if fields else ''}", max_, f"/reports/{sheet}.csv", times=3, **large, **fields)


def not_asked():
    """Addresses that the API gives and nothing here asked for; those of sound and files stand aside."""
    document = json.loads(subprocess.run([ASSAY, "openapi"], capture_output=True, text=True, check=True).stdout)
    gets = [path.removeprefix("/api/v1") for path, methods in document["paths"].items() if "get" in methods]
    matches = lambda path: any(re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", path), a) for a in asked)
    left = [path for path in gets if not matches(path) and not path.endswith(("/audio", "/peaks", "/listen", "/file", "/events"))]
    if args.only is None:
        print("  not asked for:", ", ".join(left) or "nothing")


def on_postgres(server):
    """The box's rows in a PostgreSQL, and a folder of its own beside them."""
    global DATA, CONFIG
    DATA = f"{SOURCE}-postgres"
    shutil.rmtree(DATA, ignore_errors=True)
    shutil.copytree(SOURCE, DATA, ignore=shutil.ignore_patterns("assay.db*", "rows.csv"))
    CONFIG = os.path.join(DATA, "measured.toml")
    with open(CONFIG, "a") as f:
        f.write(f'[database]\nurl = "{server.url}"\n')
    rebuild = [ASSAY, "report", "rebuild", "--data", DATA, "--config", CONFIG]
    # The first time it makes the tables.
    subprocess.run(rebuild, check=True, capture_output=True)
    began = time.perf_counter()
    server.take_over(os.path.join(SOURCE, "assay.db"))
    print(f"  moved to PostgreSQL in {time.perf_counter() - began:.0f} s", flush=True)
    began = time.perf_counter()
    subprocess.run(rebuild, check=True, capture_output=True)
    line("assay report rebuild", [(time.perf_counter() - began) * 1000])


REPS = [f"rep-0-{n}" for n in range(4)]
with open(CONFIG, "w") as f:
    f.write("[review]\nheard_percent = 0\n")
of = ids()
# Whoever ends this ends the box with it.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
with contextlib.ExitStack() as ends:
    if args.postgres:
        on_postgres(ends.enter_context(postgres.Postgres(("-c", "shared_buffers=1GB"))))
    box, ms = start()
    try:
        line("start-up until ready", [ms])
        ines, max_, mia, sam, marek, ada = (Person(login) for login in ("ines", "max", "mia", "sam", "marek", "ada"))
        fleet = next(c["id"] for c in json.loads(max_.get("/leads/choices")[0])["campaigns"] if c["name"] == "Fleet autumn")
        lists(of, fleet)
        reports(of)
        if args.only in (None, "events"):
            events(sam, [Person(login) for login in [*REPS, "sam"]], 20)
        if args.only in (None, "import"):
            imports(box, marek, ines, max_, fleet, of["talks"][0])
            if args.only is None and ROWS:
                print("\nThe lists again, with the rows that came in:")
                lists(of, fleet)
    finally:
        box.terminate()
        box.wait(20)
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
        print(f"  the box took at most {peak} MB")
    not_asked()
    if args.only is None:
        a_command("assay check", "check")
        a_command("assay report rebuild", "report", "rebuild")
        a_command("assay coverage", "coverage")
