#!/usr/bin/env python3
"""Sets receivers up on a demo box, acts, and verifies what arrives. Called by webhooks.sh."""
import http.server
import json
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

ADDRESS, VERIFIERS = sys.argv[1:]
GOT = []
# The npm verifier, in its own words: gives what it was handed, or throws.
NODE = """
const { Webhook } = require("standardwebhooks");
for (const m of JSON.parse(require("fs").readFileSync(0, "utf8"))) {
  let fits = true;
  try { new Webhook(m.secret).verify(m.body, m.headers); } catch { fits = false; }
  if (fits !== m.fits) { console.error(`npm: ${fits} for`, m); process.exit(1); }
}
"""


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        GOT.append((dict((k.lower(), v) for k, v in self.headers.items()), body))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


class Person:
    def __init__(self, login):
        self.cookie = ""
        self.ask("POST", "/session", {"login": login, "password": "assay-demo"})

    def ask(self, method, path, body=None, key="webhooks-key-1"):
        headers = {"content-type": "application/json", "cookie": self.cookie, "idempotency-key": key}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{ADDRESS}/api/v1{path}", data, headers, method=method)
        with urllib.request.urlopen(request) as answer:
            self.cookie = (answer.headers["set-cookie"] or self.cookie).split(";")[0]
            text = answer.read()
            return json.loads(text) if text else None

    def refused(self, method, path, body):
        try:
            self.ask(method, path, body)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)["title"]
        raise SystemExit(f"{method} {path} was not refused")


def arrived(topic, times=1):
    """The newest message of a topic, once so many have come."""
    for _ in range(600):
        found = [got for got in GOT if json.loads(got[1])["type"] == topic]
        if len(found) >= times:
            return found[-1]
        time.sleep(0.1)
    raise SystemExit(f"no {topic} came; came: {[json.loads(b)['type'] for _, b in GOT]}")


CHECKS = []


def check(secret, got, fits=True):
    """By the verifier from PyPI now, by the one from npm at the end."""
    headers, body = got
    try:
        Webhook(secret).verify(body, headers)
        verified = True
    except WebhookVerificationError:
        verified = False
    assert verified == fits, f"PyPI: {verified} for {secret} {headers} {body}"
    CHECKS.append({"secret": secret, "headers": headers, "body": body, "fits": fits})


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
threading.Thread(target=server.serve_forever, daemon=True).start()
URL = f"http://127.0.0.1:{server.server_port}/hook"
ada, marek, tom = Person("ada"), Person("marek"), Person("tom")

new = {"name": "Payroll", "url": URL, "topics": None, "client": None}
for url, title in [
    ("https://10.0.0.1/", "10.0.0.1 is a private address"),
    ("http://127.0.0.2:9000/", "127.0.0.2 is this box itself"),
    ("ftp://crm.example/", "A receiver's URL begins with https"),
]:
    status, said = ada.refused("POST", "/webhooks", {**new, "url": url})
    assert status == 422 and said.startswith(title), (status, said)
assert marek.refused("POST", "/webhooks", new)[0] == 403
made = ada.ask("POST", "/webhooks", new)
receiver, first = made["id"], made["secret"]

# An act of a telemarketer, and a verdict with its hold.
claim = next(c for c in tom.ask("GET", "/claims")["claims"] if c["state"] == "open")
tom.ask("DELETE", f"/claims/{claim['id']}")
withdrawn = arrived("claim.withdrawn")
check(first, withdrawn)
assert json.loads(withdrawn[1])["data"]["claim"] == claim["id"]
review = marek.ask("POST", "/review/take")
answers = [{"criterion": c, "answer": "not_asked"} for c in ("budget", "authority", "need", "timescale")]
marek.ask("POST", f"/review/{review['id']}/verdict", {"answers": answers, "note": ""})
sealed = arrived("verdict.sealed")
check(first, sealed)
assert json.loads(sealed[1])["data"]["outcome"] == "failed"

# Both secrets sign for a day; then the earlier one is ended at once.
second = ada.ask("POST", f"/webhooks/{receiver}/rotate", {"at_once": False})["secret"]
ada.ask("POST", f"/webhooks/{receiver}/test")
both = arrived("webhook.test")
check(first, both)
check(second, both)
third = ada.ask("POST", f"/webhooks/{receiver}/rotate", {"at_once": True})["secret"]
ada.ask("POST", f"/webhooks/{receiver}/test")
last = arrived("webhook.test", 2)
check(third, last)
check(second, last, False)
check(first, last, False)
assert ada.ask("POST", f"/webhooks/{receiver}/secret")["secret"] == third
headers, body = last
check(third, (headers, body.replace("test", "text")), False)
check(third, ({**headers, "webhook-id": "other"}, body), False)

names = [company for company in ("Norvik", "Brightwater", "Tom Brandt", "+49") if any(company in b for _, b in GOT)]
assert not names, f"names or numbers went out: {names}"
listed = ada.ask("GET", f"/webhooks/{receiver}/messages?state=delivered")["messages"]
assert len(listed) == len(GOT) and all(m["attempts"] == 1 for m in listed), listed
metrics = urllib.request.urlopen(f"{ADDRESS}/metrics").read().decode()
assert f'assay_receiver_waiting{{receiver="{receiver}"}} 0' in metrics
subprocess.run(["node", "-e", NODE], input=json.dumps(CHECKS).encode(), cwd=VERIFIERS, check=True)
print(f"{len(GOT)} messages, {len(CHECKS)} verifications by standardwebhooks from PyPI and npm each")
