#!/usr/bin/env python3
"""A real baresip call on loopback, tapped live: the same recording as the capture file of it; and a kill in the middle.

    tests/live_call.py PATH/TO/assay

Needs root for the network namespace; says so and ends well where there is none.
"""
import glob, hashlib, json, os, shutil, signal, subprocess, sys, tempfile, time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "fixtures"))
if os.geteuid() != 0:
    print("live call: not run, a network namespace needs root")
    sys.exit(0)
import make_calls as m

ASSAY = os.path.abspath(sys.argv[1])
WORK = tempfile.mkdtemp(prefix="assay-live-")
m.HOSTS = {"L": ("127.0.0.1", "::1")}


def start_box(data):
    box = m.spawn("L", [ASSAY, "run", "--config", f"{WORK}/assay.toml", "--data", data, "-i", "lo", "-i", "mirror", "--listen", "127.0.0.1:8480"], f"{WORK}/box.log")
    for _ in range(3000):
        if "recording" in open(f"{WORK}/box.log").read():
            return box
        if box.poll() is not None:
            break
        time.sleep(0.02)
    raise RuntimeError(open(f"{WORK}/box.log").read())


def phone(user, address, audio, control):
    m.HOSTS = {"L": (address, "::1")}
    p = m.Phone("L", user, "", audio, "PCMA", control=control)
    return p


def recordings(data):
    return sorted(glob.glob(f"{data}/recordings/**/*.wav", recursive=True))


def wait_for(what, holds, seconds=60):
    until = time.time() + seconds
    while not holds():
        if time.time() > until:
            raise TimeoutError(f"{what}\n" + open(f"{WORK}/box.log").read())
        time.sleep(0.05)


ASK = """
import urllib.request, urllib.error
try:
    answer = urllib.request.urlopen(urllib.request.Request("http://127.0.0.1:8480/", headers={"Accept": "text/html"}))
except urllib.error.HTTPError as error:
    answer = error
print(answer.status, answer.read().decode())
"""


def hide(data):
    for part in ("assay.db", "assay.db-wal", "assay.db-shm"):
        if os.path.exists(f"{data}/{part}"):
            os.rename(f"{data}/{part}", f"{WORK}/{part}")
    # Nothing can be opened in its place.
    os.mkdir(f"{data}/assay.db")


def show(data):
    os.rmdir(f"{data}/assay.db")
    for part in ("assay.db", "assay.db-wal", "assay.db-shm"):
        if os.path.exists(f"{WORK}/{part}"):
            os.rename(f"{WORK}/{part}", f"{data}/{part}")


def milliseconds(path):
    return (os.path.getsize(path) - 44) // 4 * 1000 // 8000


def main():
    m.sh("ip netns del asL", check=False)
    # baresip speaks from no 127/8 address: loopback gets two others.
    m.sh("ip netns add asL; ip -n asL link set lo up; ip -n asL addr add 10.79.0.2/32 dev lo; ip -n asL addr add 10.79.0.3/32 dev lo")
    # A mirror port without an address: whatever leaves it, the tap has sent.
    m.sh("""ip -n asL link add mirror type veth peer name switch; ip netns exec asL sysctl -qw net.ipv6.conf.mirror.disable_ipv6=1 net.ipv6.conf.switch.disable_ipv6=1
         ip -n asL link set mirror arp off up; ip -n asL link set switch arp off up""")
    with open(f"{WORK}/assay.toml", "w") as f:
        f.write('[recording]\nformat = "wav"\nencrypt = false\n')
    turns, _ = m.talk([(1, "Brightwater Logistics."), (0, "Good morning, this is Ines."), (1, "Hello.")], ["slt", "rms"], f"{WORK}/talk", "PCMA")
    running = []
    try:
        data = f"{WORK}/data"
        for command in (["client", "add", "Northlight"], ["user", "add", "ines", "--name", "Ines", "--role", "telemarketer", "--client", "Northlight"], ["lines", "add", "201", "ines", "--client", "Northlight"]):
            subprocess.run([ASSAY, "--data", data] + command, check=True, capture_output=True)
        made = subprocess.run([ASSAY, "--data", data, "user", "add", "max", "--name", "Max", "--role", "manager", "--client", "Northlight"], check=True, capture_output=True, text=True).stdout
        password = made.split()[-1]
        box = start_box(data)
        running.append(box)
        capture = subprocess.Popen(["ip", "netns", "exec", "asL", "tcpdump", "-i", "lo", "-s", "0", "-U", "--immediate-mode", "-w", f"{WORK}/call.pcap", "udp"], stderr=open(f"{WORK}/tcpdump.log", "w"))
        running.append(capture)
        wait_for("tcpdump listens", lambda: "listening" in open(f"{WORK}/tcpdump.log").read())
        callee = phone("+494055501010", "10.79.0.3", f"{WORK}/talk.1.wav", 4445)
        caller = phone("201", "10.79.0.2", f"{WORK}/talk.0.wav", 4446)
        running += [callee.process, caller.process]

        def call(seconds):
            caller.do("dial", callee.uri)
            callee.wait("CALL_INCOMING")
            callee.do("accept")
            caller.wait("CALL_ESTABLISHED")
            time.sleep(seconds)

        call(5)
        caller.do("hangup")
        callee.wait("CALL_CLOSED")
        # What the phones still had under way.
        time.sleep(1)
        m.end(capture, signal.SIGINT)
        wait_for("the call is sealed", lambda: len(recordings(data)) == 1)
        replayed = json.loads(subprocess.run([ASSAY, "replay", f"{WORK}/call.pcap", "--json", "--format", "wav", "--data", f"{WORK}/again"], capture_output=True, text=True, check=True).stdout.splitlines()[0])
        live = hashlib.sha256(open(recordings(data)[0], "rb").read()).hexdigest()
        assert replayed["outcome"] == "answered" and replayed["from"]["number"] == "201", replayed
        assert live == replayed["recording"]["sha256"], f"live {milliseconds(recordings(data)[0])} ms, from the file {replayed['recording']['duration_ms']} ms"
        print("live call: the same recording as its capture file, to the byte")

        # Somebody listens in, and pauses for a moment.
        call(1.5)
        told = subprocess.run(["ip", "netns", "exec", "asL", sys.executable, os.path.join(os.path.dirname(os.path.abspath(__file__)), "listen_in.py"), password], capture_output=True, text=True)
        assert told.returncode == 0, told.stderr
        heard = json.loads(told.stdout)
        assert heard["call"]["telemarketer"] == "Ines" and min(heard["loudest"]) > 500, heard
        assert (heard["paused"], heard["resumed"], heard["announced"], heard["refused"]["ines"]) == (200, 200, 200, 401), heard
        print(f"live call: heard {1000 * heard['first_sound_s']:.0f} ms after the click, both sides")
        time.sleep(1)
        caller.do("hangup")
        callee.wait("CALL_CLOSED")
        # The file is there a moment before its row.
        wait_for("the paused call is sealed", lambda: stored(data, "SELECT COUNT(*) FROM recordings")[0][0] == 2)
        reasons = stored(data, "SELECT DISTINCT reason FROM gaps")
        assert reasons == [("paused",)], reasons
        actions = {a for (a,) in stored(data, "SELECT action FROM audit")}
        assert {"call.listened_live", "call.paused", "call.resumed", "call.announced"} <= actions, actions

        # The plug is pulled in the middle of a call.
        before = recordings(data)
        call(4)
        killed = time.time()
        box.send_signal(signal.SIGKILL)
        box.wait()
        restarted = time.time()
        box = start_box(data)
        running.append(box)
        print(f"live call: recording again {1000 * (time.time() - restarted):.0f} ms after the restart")
        wait_for("the killed call is recovered", lambda: len(recordings(data)) >= 3)
        recovered = [r for r in recordings(data) if r not in before][0]
        # Its file's name holds the second at which it was dialled; its media began with the answer, a moment later.
        lost = 1000 * (killed - answered_at(data, recovered)) - milliseconds(recovered)
        print(f"live call: kill -9 lost {lost:.0f} ms of the call")
        assert lost < 1000, lost
        caller.do("hangup")
        callee.wait("CALL_CLOSED")

        # The database is away when the box starts, and when it is killed: it records, and catches up.
        began = int(1e6 * time.time())
        box.send_signal(signal.SIGTERM)
        box.wait()
        hide(data)
        box = start_box(data)
        running.append(box)
        files = len(recordings(data))
        page = subprocess.run(["ip", "netns", "exec", "asL", sys.executable, "-c", ASK], capture_output=True, text=True).stdout
        assert page.startswith("503") and "box records" in page, page
        call(3)
        caller.do("hangup")
        callee.wait("CALL_CLOSED")
        # It is closed some seconds after its end, and its file is made then; its row waits for the database.
        wait_for("the first is closed", lambda: len(recordings(data)) > files)
        call(3)
        time.sleep(1)
        box.send_signal(signal.SIGKILL)
        box.wait()
        box = start_box(data)
        running.append(box)
        caller.do("hangup")
        callee.wait("CALL_CLOSED")
        show(data)
        late = f"SELECT c.recovered, r.duration_ms FROM calls c JOIN people p ON p.id = c.person_id JOIN recordings r ON r.call_id = c.id WHERE c.started_at >= {began} AND p.name = 'Ines' ORDER BY c.started_at"
        wait_for("what was recorded without the database is in it", lambda: len(stored(data, late)) >= 2)
        (first, length), (second, _) = stored(data, late)[:2]
        # The first had ended before the kill; the second was cut off by it.
        assert (first, second) == (0, 1) and length > 2000, stored(data, late)
        print("live call: recorded while the database was away, and caught up when it was back")
        sent = int(m.sh("ip netns exec asL cat /sys/class/net/mirror/statistics/tx_packets"))
        assert sent == 0, f"the tap sent {sent} packets onto the tapped network"
        print("live call: nothing was sent onto the mirror port")
    finally:
        for each in reversed(running):
            m.end(each)
        m.sh("ip netns del asL", check=False)
        shutil.rmtree(WORK, ignore_errors=True)
        shutil.rmtree(m.WORK, ignore_errors=True)


def stored(data, query):
    import sqlite3
    with sqlite3.connect(f"file:{data}/assay.db?mode=ro", uri=True) as db:
        return db.execute(query).fetchall()


def answered_at(data, recording):
    """When the first media packet of a recovered call was seen: the recording's own start, from the database."""
    import sqlite3
    name, found = os.path.relpath(recording, data), []

    def stored():
        with sqlite3.connect(f"file:{data}/assay.db?mode=ro", uri=True) as db:
            found.extend(db.execute("SELECT starts_at FROM recordings WHERE path = ?", (name,)))
        return found

    wait_for("the recovered call is stored", stored)
    return found[0][0] / 1e6


if __name__ == "__main__":
    main()
