#!/usr/bin/env python3
"""Signs in as a manager, finds the call in progress, listens to it until both sides were heard, pauses and resumes it.

    tests/listen_in.py PASSWORD

Prints what it found as JSON. Runs where the box listens (tests/live_call.py puts it into the namespace).
"""
import base64, http.client, json, os, socket, struct, sys, time

BOX = ("127.0.0.1", 8480)


def ask(method, path, cookie=None, body=None):
    c = http.client.HTTPConnection(*BOX, timeout=30)
    headers = {"content-type": "application/json", "origin": f"http://{BOX[0]}:{BOX[1]}"}
    if cookie:
        headers["cookie"] = cookie
    c.request(method, "/api/v1" + path, json.dumps(body) if body is not None else None, headers)
    r = c.getresponse()
    return r.status, r.headers, json.loads(r.read() or b"null")


def frames(s):
    """Messages of a server: unmasked, whole."""
    data = b""
    while True:
        while len(data) < 2 or len(data) < need(data):
            more = s.recv(65536)
            if not more:
                return
            data += more
        head, total = 2 + (2 if data[1] == 126 else 0), need(data)
        yield data[0] & 15, data[head:total]
        data = data[total:]


def need(data):
    if data[1] == 126:
        return 4 + struct.unpack(">H", data[2:4])[0] if len(data) >= 4 else 4
    return 2 + data[1]


def main():
    status, headers, _ = ask("POST", "/session", body={"login": "max", "password": sys.argv[1]})
    assert status == 200, status
    cookie = headers["set-cookie"].split(";")[0]
    for _ in range(200):
        _, _, shown = ask("GET", "/live", cookie)
        if shown["calls"]:
            break
        time.sleep(0.1)
    call = shown["calls"][0]
    clicked = time.time()
    s = socket.create_connection(BOX, timeout=30)
    key = base64.b64encode(os.urandom(16)).decode()
    s.sendall(f"GET /api/v1/live/{call['id']}/listen HTTP/1.1\r\nHost: {BOX[0]}:{BOX[1]}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\nCookie: {cookie}\r\nOrigin: http://{BOX[0]}:{BOX[1]}\r\n\r\n".encode())
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += s.recv(1)
    assert b" 101 " in head, head
    first, loudest, received = None, [0, 0], 0
    for kind, message in frames(s):
        if kind == 2:
            samples = struct.unpack(f"<{len(message) // 2}h", message)
            received += len(samples) // 2
            loudest = [max(loudest[n], max(abs(x) for x in samples[n::2])) for n in (0, 1)]
            if first is None and max(loudest) > 500:
                first = time.time() - clicked
        if received >= 16000 and min(loudest) > 500 or time.time() - clicked > 30:
            break
    s.close()
    refused = {}
    for login in ("ines",):
        refused[login] = ask("GET", f"/live/{call['id']}/listen", None)[0]
    paused = ask("POST", f"/live/{call['id']}/pause", cookie)
    time.sleep(0.6)
    resumed = ask("POST", f"/live/{call['id']}/resume", cookie)
    announced = ask("POST", f"/live/{call['id']}/announced", cookie)
    print(json.dumps({"call": call, "first_sound_s": first, "loudest": loudest, "seconds": received / 16000, "paused": paused[0], "resumed": resumed[0], "announced": announced[0], "refused": refused}))


main()
