#!/usr/bin/env python3
"""Asks a box's lists again and again, page after page, and says how long it took: p50 and p99 in milliseconds.

    tests/scale/measure.py http://127.0.0.1:8480 [TIMES]
"""
import http.cookiejar, json, random, sys, time, urllib.parse, urllib.request

BASE = sys.argv[1].rstrip("/") + "/api/v1"
TIMES = int(sys.argv[2]) if len(sys.argv) > 2 else 60
rng = random.Random(18)


class Person:
    def __init__(self, login):
        self.browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
        body = json.dumps({"login": login, "password": "assay-demo"}).encode()
        self.browser.open(urllib.request.Request(BASE + "/session", body, {"content-type": "application/json"})).read()

    def get(self, path, **fields):
        query = urllib.parse.urlencode({k: v for k, v in fields.items() if v is not None})
        began = time.perf_counter()
        answer = self.browser.open(f"{BASE}{path}{'?' + query if query else ''}").read()
        return json.loads(answer), (time.perf_counter() - began) * 1000


def measure(name, person, path, place, times=TIMES, **fields):
    took, at = [], None
    for _ in range(times):
        answer, ms = person.get(path, **fields, **({place: at} if place and at is not None else {}))
        took.append(ms)
        at = answer.get("next") if place else None
    took.sort()
    count = answer.get("count", "")
    print(f"{name:44} p50 {took[len(took) // 2]:7.1f}  p99 {took[min(len(took) - 1, int(len(took) * 0.99))]:7.1f}  count {count}", flush=True)


ines, max_, mia = Person("ines"), Person("max"), Person("mia")
who = [("telemarketer", ines), ("manager, 21 clients", max_), ("marketing", mia)]
for name, person in who:
    measure(f"/leads, {name}", person, "/leads", "after")
    for view in ("work", "late", "untouched"):
        measure(f"/leads {view}, {name}", person, "/leads", "after", view=view)
for words in ("stein", "gmbh", "berglogistik gmbh", "100", "+49 40 0001", "nichts", "gmbh 77", "bau holz"):
    measure(f"/leads q={words}, manager", max_, "/leads", "after", q=words)
for stage in ("passed", "won", "contacted"):
    measure(f"/leads {stage}, manager", max_, "/leads", "after", stage=stage)
measure("/work, telemarketer", ines, "/work", "after")
measure("/work, manager", max_, "/work", "after")
measure("/work/escalated, manager", max_, "/work/escalated", None)
measure("/calls, telemarketer", ines, "/calls", "before")
measure("/calls, manager", max_, "/calls", "before")
for words in ("stein", "gmbh", "berglogistik gmbh", "+49 40 0001"):
    measure(f"/calls q={words}, manager", max_, "/calls", "before", q=words)
measure("/calls answered, manager", max_, "/calls", "before", outcome="answered")
measure("/calls meeting_made (rare), manager", max_, "/calls", "before", disposition="meeting_made")
measure("/calls without a lead, manager", max_, "/calls", "before", without_lead="true")
measure("/claims, telemarketer with 600", ines, "/claims", "before")
measure("/claims q=stein, telemarketer", ines, "/claims", "before", q="stein")
