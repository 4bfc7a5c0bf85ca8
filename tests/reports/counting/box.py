"""Boxes that run, and the manager who asks them for reports: one on SQLite, the same house on PostgreSQL, and the files of both."""
import http.cookiejar
import json
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request

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


class Boxes:
    """The same house on each database, asked alike; each report's CSV is held against its JSON, and each database against SQLite."""

    def __init__(self, out, by_database):
        self.out, self.by_database = out, by_database
        self.first = next(iter(by_database.values()))

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
            told, seen = self.first.get(report, **asked), Compared()
            files(seen, self.first, report, asked, told)
            for database, box in list(self.by_database.items())[1:]:
                differ = Compared()
                differ.of(f"{report} on {database}, {asked}", without_moments(box.get(report, **asked)), without_moments(told), None)
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


def files(out, box, report, asked, told):
    """Each CSV of a report against its JSON."""
    def name(file):
        return f"{file}, {', '.join(str(value) for value in asked.values())}"

    kind, _, id = report.partition("/")
    if id:
        for file, rows in (("arms", sheets.arms), ("units", sheets.units)):
            # Where nobody is singled out there is no file of people.
            if file == "arms" or not told["is_promised"]:
                sheets.held(out, name(f"{kind} {file}"), box.text(f"{report}/{file}.csv"), rows(told))
    elif kind in sheets.SHEETS:
        sheets.held(out, name(f"{kind}.csv"), box.text(f"{kind}.csv", **asked), sheets.SHEETS[kind](told))
    if kind == "numbers":
        sheets.calls_of_numbers(out, name("numbers-calls.csv"), box.text("numbers-calls.csv", **asked), told)
