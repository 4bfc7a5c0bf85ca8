"""Boxes that run, and the manager who asks them for reports: one on SQLite, the same house on PostgreSQL, and the files of both."""
import http.cookiejar
import json
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from concurrent import futures

from counting import sheets
from counting.compared import Compared

# When each box made what it tells.
OWN_MOMENTS = {"counted_at", "since", "now"}


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
        return json.loads(self.text(report, **asked))

    def text(self, report, **asked):
        query = urllib.parse.urlencode({k: v for k, v in asked.items() if v is not None})
        return self.send(f"/api/v1/reports/{report}?{query}").decode()

    def text_or_none(self, report, **asked):
        """None where it is refused."""
        try:
            return self.text(report, **asked)
        except urllib.error.HTTPError as refused:
            if refused.code != 422:
                raise
            return None


class Boxes:
    """The same house on each database, asked alike; each report's CSV is held against its JSON, and each database against SQLite."""

    def __init__(self, out, by_database):
        self.out, self.by_database = out, by_database
        self.first, *self.others = by_database.items()
        self.threads = futures.ThreadPoolExecutor()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.threads.shutdown(cancel_futures=True)

    def sign_in(self):
        for box in self.by_database.values():
            box.sign_in()

    def send(self, path, body):
        for box in self.by_database.values():
            box.send(path, body)

    def until(self, report, is_ready, **asked):
        """Waits until all boxes have done what they do by themselves."""
        until = time.time() + 60
        while not all(is_ready(box.get(report, **asked)) for box in self.by_database.values()) and time.time() < until:
            time.sleep(0.2)

    def get(self, report, **asked):
        for is_last in (False, True):
            others = {database: self.threads.submit(box.get, report, **asked) for database, box in self.others}
            texts = self.threads.submit(files, self.first[1], report, asked)
            told, seen = self.first[1].get(report, **asked), Compared()
            hold(seen, report, asked, told, texts.result())
            for database, theirs in others.items():
                differ = Compared()
                differ.of(f"{report} on {database}, {asked}", without_moments(theirs.result()), without_moments(told), None)
                seen.database_figures += differ.figures
                seen.differing += differ.differing
            # A figure may hang on the clock, which goes on between two answers: what is a true difference is there again.
            if is_last or not seen.differing:
                break
        self.out.add(seen)
        return told


def without_moments(told):
    if isinstance(told, list):
        return [without_moments(one) for one in told]
    if isinstance(told, dict):
        return {key: without_moments(value) for key, value in told.items() if key not in OWN_MOMENTS or not isinstance(value, str)}
    return told


def files(box, report, asked):
    """The CSV files of a report, by name; none where one is refused."""
    kind, _, id = report.partition("/")
    names = {"numbers": ("numbers.csv", "numbers-calls.csv")}.get(kind, (f"{kind}.csv",) if kind in sheets.SHEETS else ())
    if id:
        names = (f"{report}/arms.csv", f"{report}/units.csv")
    return {name: box.text_or_none(name, **asked) for name in names}


def hold(out, report, asked, told, texts):
    """Holds the files against the JSON of the same question."""
    for file, text in texts.items():
        name = ", ".join([file, *map(str, asked.values())])
        if text is None or (told.get("is_promised") and file.endswith("units.csv")):
            # Where nobody is singled out there is no file of people.
            if text is not None or not told.get("is_promised"):
                out.differing.append(f"{name}: {'refused' if text is None else 'told where nobody is singled out'}")
        elif file == "numbers-calls.csv":
            sheets.calls_of_numbers(out, name, text, told)
        else:
            rows = sheets.SHEETS[file.rpartition("/")[2].removesuffix(".csv")](told)
            sheets.held(out, name, text, rows)
