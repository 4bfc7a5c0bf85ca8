#!/usr/bin/env python3
"""Serves a box that `year.py` has filled, and says how long its lists, reports, exports, commands and events take.

    tests/scale/measure.py ASSAY FOLDER [TIMES [ROWS]]

ASSAY is the program, FOLDER the data folder of a demo that is not running. Times are milliseconds as a client on the same machine
sees them; before what is over its bound (50 ms for a page of a list, 500 ms for a report, by p99) stands "!". Nothing here fails for
being slow.
"""
import datetime, http.client, http.cookiejar, json, os, re, resource, socket, sqlite3, subprocess, sys, threading, time
import urllib.parse, urllib.request

ASSAY, DATA = sys.argv[1], sys.argv[2]
TIMES = int(sys.argv[3]) if len(sys.argv) > 3 else 40
ROWS = int(sys.argv[4]) if len(sys.argv) > 4 else 1_000_000
with socket.socket() as s:
    s.bind(("127.0.0.1", 0))
    PORT = s.getsockname()[1]
BASE = f"http://127.0.0.1:{PORT}/api/v1"


def line(name, took, bound=None, more=""):
    took = sorted(took)
    p50, p99 = took[len(took) // 2], took[min(len(took) - 1, int(len(took) * 0.99))]
    over = "!" if bound and p99 > bound else " "
    print(f"{over} {name:52} p50 {p50:8.1f}  p99 {p99:8.1f}  {more}", flush=True)


def start():
    began = time.perf_counter()
    log = open(os.path.join(DATA, "measured.log"), "a")
    box = subprocess.Popen([ASSAY, "demo", "--data", DATA, "--listen", f"127.0.0.1:{PORT}"], stdout=log, stderr=log, env={**os.environ, "ASSAY_LOG": "info,assay::store=debug"})
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
        query = urllib.parse.urlencode({k: v for k, v in fields.items() if v is not None})
        began = time.perf_counter()
        answer = self.browser.open(f"{BASE}{path}{'?' + query if query else ''}").read()
        return answer, (time.perf_counter() - began) * 1000


def a_list(name, person, path, place, times=TIMES, **fields):
    took, at = [], None
    for _ in range(times):
        answer, ms = person.get(path, **fields, **({place: at} if place and at is not None else {}))
        took.append(ms)
        answer = json.loads(answer)
        at = answer.get("next") if place and isinstance(answer, dict) else None
    count = answer.get("count") if isinstance(answer, dict) else len(answer)
    line(name, took, 50, "" if count is None else f"count {json.dumps(count)}")


def a_report(name, person, path, times=7, bound=500, **fields):
    took = []
    for _ in range(times):
        answer, ms = person.get(path, **fields)
        took.append(ms)
    line(name, took, bound, f"{len(answer):,} bytes")


def let_in(representatives):
    """People of the year who have the demo's password, for pages of their own."""
    db = sqlite3.connect(os.path.join(DATA, "assay.db"))
    known = "SELECT password_hash FROM people WHERE login = 'sam'"
    db.execute(f"UPDATE people SET password_hash = ({known}) WHERE login IN ({','.join('?' * len(representatives))})", representatives)
    db.commit()


def events(people, pages_each):
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
    done = subprocess.run([ASSAY, *words, "--data", DATA], capture_output=True, text=True)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    said = (done.stdout.strip().splitlines() or done.stderr.strip().splitlines() or [""])[-1]
    line(name, [(time.perf_counter() - began) * 1000], None, f"exit {done.returncode}, at most {peak} MB so far: {said[:90]}")


def rows(n):
    """A list of so many leads, none of which is there."""
    path = os.path.join(DATA, "rows.csv")
    with open(path, "w") as f:
        f.write("id,company,contact,phone,email\n")
        f.writelines(f"R-{i:07},Werk {i % 9973} GmbH,Person {i % 7919},+4989{20_000_000 + i},p{i}@werk{i % 50021}.example\n" for i in range(n))
    return path


def a_write(person, lead):
    """What a telemarketer says of a lead, and takes back: two short transactions, as a verdict is one."""
    began = time.perf_counter()
    origin = {"content-type": "application/json", "origin": f"http://127.0.0.1:{PORT}"}
    body = json.dumps({"disposition": "no_answer"}).encode()
    said = json.loads(person.browser.open(urllib.request.Request(f"{BASE}/leads/{lead}/disposition", body, origin)).read())
    person.browser.open(urllib.request.Request(f"{BASE}/lead-dispositions/{said['id']}", None, origin, method="DELETE")).read()
    return (time.perf_counter() - began) * 1000


def an_import(person, n):
    """A list comes in by command; how long others write meanwhile."""
    lead = json.loads(person.get("/leads")[0])["leads"][0]["id"]
    line("two writes of a telemarketer, alone", [a_write(person, lead) for _ in range(40)])
    words = [ASSAY, "leads", "import", rows(n), "--campaign", "Fleet autumn", "--data", DATA]
    began = time.perf_counter()
    running = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    took, peak = [], 0
    try:
        while running.poll() is None:
            took.append(a_write(person, lead))
            with open(f"/proc/{running.pid}/status") as status:
                peak = max([peak, *(int(said.split()[1]) // 1024 for said in status if said.startswith("VmHWM"))])
            time.sleep(0.1)
    except BaseException:
        running.kill()
        running.wait()
        raise
    seconds = time.perf_counter() - began
    said = (running.stdout.read().strip().splitlines() or [""])[-1]
    line("the same, while a list comes in", took, None, f"at most {max(took):.0f}")
    print(f"  {n:,} rows imported in {seconds:.0f} s, {n / seconds:,.0f} a second, at most {peak} MB, exit {running.returncode}: {said[:90]}")


REPS = [f"rep-0-{n}" for n in range(4)]
let_in(REPS)
box, ms = start()
try:
    line("start-up until ready", [ms])
    ines, max_, mia, sam = Person("ines"), Person("max"), Person("mia"), Person("sam")
    for name, person in (("telemarketer", ines), ("manager, 20 clients", max_), ("marketing", mia)):
        a_list(f"/leads, {name}", person, "/leads", "after")
        for view in ("work", "late", "untouched"):
            a_list(f"/leads {view}, {name}", person, "/leads", "after", view=view)
    for words in ("stein", "gmbh", "berglogistik gmbh", "100", "+49 40 0001", "nichts", "gmbh 77", "bau holz"):
        a_list(f"/leads q={words}, manager", max_, "/leads", "after", q=words)
    for stage in ("passed", "won", "contacted"):
        a_list(f"/leads {stage}, manager", max_, "/leads", "after", stage=stage)
    a_list("/work, telemarketer", ines, "/work", "after")
    a_list("/work, manager", max_, "/work", "after")
    a_list("/work/escalated, manager", max_, "/work/escalated", None)
    a_list("/calls, telemarketer", ines, "/calls", "before")
    a_list("/calls, manager", max_, "/calls", "before")
    for words in ("stein", "gmbh", "berglogistik gmbh", "+49 40 0001"):
        a_list(f"/calls q={words}, manager", max_, "/calls", "before", q=words)
    a_list("/calls answered, manager", max_, "/calls", "before", outcome="answered")
    a_list("/calls meeting_made, manager", max_, "/calls", "before", disposition="meeting_made")
    a_list("/calls without a lead, manager", max_, "/calls", "before", without_lead="true")
    a_list("/claims, telemarketer", ines, "/claims", "before")
    a_list("/claims q=stein, telemarketer", ines, "/claims", "before", q="stein")
    for which in ("unanswered", "not_called"):
        a_list(f"/handovers {which}, sales", sam, "/handovers", "after", which=which)
        a_list(f"/handovers {which}, manager", max_, "/handovers", "after", which=which)
    a_list("/handovers q=stein, sales", sam, "/handovers", "after", q="stein")
    a_list("/handed-over, telemarketer", ines, "/handed-over", "after")
    a_list("/queue, reviewer", Person("marek"), "/queue", None)
    a_list("/repairs, manager", max_, "/repairs", None)
    fleet = next(c["id"] for c in json.loads(max_.get("/leads/choices")[0])["campaigns"] if c["name"] == "Fleet autumn")
    for by in ("number", "mail", "company"):
        a_list(f"/duplicates {by}, manager", max_, "/duplicates", "after", campaign=fleet, by=by)

    northlight = sqlite3.connect(os.path.join(DATA, "assay.db")).execute("SELECT id FROM clients WHERE name = 'Northlight Fleet'").fetchone()[0]
    today = datetime.date.today()
    year = {"from": str(today - datetime.timedelta(days=364)), "to": str(today + datetime.timedelta(days=1))}
    large = {"client": northlight}
    a_report("overview, all clients", max_, "/reports/overview")
    for report, fields in (("slots", year), ("funnel", year), ("waterfall", year), ("origin", year), ("gate", year), ("score", {}), ("forecast", {}), ("numbers", {}), ("numbers", year)):
        a_report(f"{report}{', a year' if fields else ''}, the large client", max_, f"/reports/{report}", **large, **fields)
    a_report("slots, own", ines, "/reports/slots")
    for by in ("source", "list"):
        a_report(f"results by {by}, ninety days", max_, "/results", by=by)
    a_report("coverage", max_, "/coverage")
    a_report("rulings", max_, "/rulings")
    a_report("statement", ines, "/statement")
    a_report("slots.csv, a year", max_, "/reports/slots.csv", **large, **year)
    a_report("waterfall.csv, a year", max_, "/reports/waterfall.csv", times=3, **large, **year)
    events([Person(login) for login in [*REPS, "sam"]], 20)
    an_import(ines, ROWS)
    metrics = urllib.request.urlopen(f"http://127.0.0.1:{PORT}/metrics").read().decode()
    held = dict(re.findall(r"assay_write_transaction_seconds_(\S+) (\S+)", metrics))
    print("  write transactions held:", ", ".join(f"{name.removeprefix('bucket')} {value}" for name, value in held.items()))
finally:
    box.terminate()
    box.wait(20)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    print(f"  the box took at most {peak} MB")
a_command("assay check", "check")
a_command("assay report rebuild", "report", "rebuild")
a_command("assay coverage", "coverage")
