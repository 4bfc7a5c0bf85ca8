#!/usr/bin/env python3
"""The box in two halves under users of their own (`assay run --role capture`, `--role review`): a real call, each half killed in turn.

    tests/live_halves.py PATH/TO/assay

Needs root for users and a network namespace; says so and ends well where there is none.
"""
import glob, json, os, shutil, signal, stat, subprocess, sys, tempfile, time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "fixtures"))
if os.geteuid() != 0:
    print("live halves: not run, users and a network namespace need root")
    sys.exit(0)
import make_calls as m

WORK = tempfile.mkdtemp(prefix="assay-halves-")
os.chmod(WORK, 0o755)
# A copy that other users may run.
ASSAY = shutil.copy(sys.argv[1], f"{WORK}/assay")
DATA = f"{WORK}/data"
# As sysusers.d has them; a stranger is in no group.
CAPTURE, REVIEW, STRANGER, GROUP = 64701, 64702, 64703, 64700
m.HOSTS = {"L": ("127.0.0.1", "::1")}


def as_user(user, *capabilities, group=GROUP):
    kept = ",".join(f"+{c}" for c in capabilities)
    held = [f"--inh-caps={kept}", f"--ambient-caps={kept}", f"--bounding-set=-all,{kept}"] if kept else ["--bounding-set=-all", "--inh-caps=-all"]
    return ["setpriv", f"--reuid={user}", f"--regid={group}", "--clear-groups", "--no-new-privs", *held]


def half(role, user, *more, capabilities=(), mask="0077"):
    log = f"{WORK}/{role}.log"
    command = [*as_user(user, *capabilities), "sh", "-c", f'umask {mask} && exec "$@"', "sh", ASSAY, "run", "--role", role, "--config", f"{WORK}/assay.toml", "--data", DATA, *more]
    return m.spawn("L", command, log)


def capture():
    return half("capture", CAPTURE, "-i", "lo", "-i", "mirror", capabilities=["net_raw"], mask="0027")


def review():
    return half("review", REVIEW, "--listen", "127.0.0.1:8480")


def phone(user, address, audio, control):
    m.HOSTS = {"L": (address, "::1")}
    return m.Phone("L", user, "", audio, "PCMA", control=control)


def logs():
    return "".join(f"== {log}\n{open(log).read()}" for log in glob.glob(f"{WORK}/*.log"))


def wait_for(what, holds, seconds=60):
    until = time.time() + seconds
    while not holds():
        if time.time() > until:
            raise TimeoutError(f"{what}\n{logs()}")
        time.sleep(0.05)


ASK = """
import sys, urllib.request, urllib.error
try:
    answer = urllib.request.urlopen(f"http://127.0.0.1:8480{sys.argv[1]}", timeout=10)
except urllib.error.HTTPError as error:
    answer = error
except OSError as error:
    print(0, error); sys.exit()
print(answer.status, answer.read().decode())
"""


def ask(path):
    inside = ["ip", "netns", "exec", "asL", sys.executable, "-c", ASK, path]
    return subprocess.run(inside, capture_output=True, text=True).stdout.strip()


def ready():
    return ask("/readyz") == "200 ready"


def assay(*words):
    done = subprocess.run([ASSAY, "--config", f"{WORK}/assay.toml", "--data", DATA, *words], capture_output=True, text=True)
    assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
    return done.stdout


def stored(query):
    import sqlite3
    with sqlite3.connect(f"file:{DATA}/assay.db?mode=ro", uri=True) as db:
        return db.execute(query).fetchall()


def count(query):
    return stored(query)[0][0]


def folders():
    """As the shipped tmpfiles.d makes them, elsewhere."""
    owners = {"assay-capture": CAPTURE, "assay-review": REVIEW}
    for line in open(f"{HERE}/../systemd/tmpfiles.d/assay-halves.conf"):
        if not line.startswith("d "):
            continue
        _, path, mode, owner, group = line.split()
        assert group == "assay", line
        path = path.replace("/var/lib/assay", DATA)
        os.mkdir(path)
        os.chown(path, owners[owner], GROUP)
        os.chmod(path, int(mode, 8))


TRIED = """
import os, socket, sys
data = sys.argv[1]
def tries(name, what):
    try:
        what()
    except OSError:
        return
    print(name)
for name in ("assay.db", "log.key", "webhooks.key", "second-factors.key"):
    tries(f"reads {name}", lambda: open(f"{data}/{name}", "rb").read(1))
    tries(f"replaces {name}", lambda: os.rename(f"{data}/{name}", f"{data}/taken"))
for name in os.listdir(f"{data}/keys"):
    if name.endswith(".private"):
        tries("reads a private key", lambda: open(f"{data}/keys/{name}").read())
    tries(f"changes {name}", lambda: open(f"{data}/keys/{name}", "r+"))
tries("replaces the keys", lambda: os.rename(f"{data}/keys", f"{data}/other"))
tries("adds a key", lambda: open(f"{data}/keys/new.public", "w"))
# SQLite plays what lies beside a database into it, whoever made it; the box closes keys in its folder at each start.
for name in ("assay.db-journal", "x.key", "other"):
    tries(f"adds {name}", lambda: open(f"{data}/{name}", "x"))
"""
MEETS = "import socket, sys; socket.socket(socket.AF_UNIX).connect(sys.argv[1] + '/spool/tap.sock'); print('connects')"


def tried(user, program, group=GROUP):
    return subprocess.run([*as_user(user, group=group), sys.executable, "-c", program, DATA], capture_output=True, text=True).stdout.split("\n")[:-1]


def plant():
    """Where the page's half will write: a file that a killed tap left, and links to what is not the tap's. Gives what they lead to."""
    import uuid
    calls = set()
    for path in glob.glob(f"{DATA}/spool/*.spool"):
        data, at = open(path, "rb").read(), 0
        while (at := data.find(b"BLK1", at)) >= 0:
            calls.add(uuid.UUID(bytes=data[at + 16:at + 32]))
            at += 4
    day = os.path.dirname(glob.glob(f"{DATA}/recordings/*/*/*/*.wav")[0])
    secret = glob.glob(f"{DATA}/keys/*.private")[0]
    for call in calls:
        for name, at in ((f"{call}.wav.tmp", None), (f"{call}.peaks.json.tmp", secret), (f"{call}.raw.tmp", f"{DATA}/assay.db")):
            path = f"{day}/{name}"
            if at:
                os.symlink(at, path)
            else:
                open(path, "w").write("half of a recording")
                os.chmod(path, 0o640)
            os.lchown(path, CAPTURE, GROUP)
    # A segment that is none, and never ends.
    os.mkfifo(f"{DATA}/spool/0000000000000000.spool")
    if not os.path.exists(f"{DATA}/spool/0000000000000001.spool"):
        os.symlink("/dev/zero", f"{DATA}/spool/0000000000000001.spool")
    return {secret: open(secret, "rb").read()}


def main():
    m.sh("ip netns del asL", check=False)
    m.sh("ip netns add asL; ip -n asL link set lo up; ip -n asL addr add 10.79.0.2/32 dev lo; ip -n asL addr add 10.79.0.3/32 dev lo")
    m.sh("""ip -n asL link add mirror type veth peer name switch; ip netns exec asL sysctl -qw net.ipv6.conf.mirror.disable_ipv6=1 net.ipv6.conf.switch.disable_ipv6=1
         ip -n asL link set mirror arp off up; ip -n asL link set switch arp off up""")
    with open(f"{WORK}/assay.toml", "w") as f:
        f.write('[recording]\nformat = "wav"\n')
    m.talk([(1, "Brightwater Logistics."), (0, "Good morning, this is Ines."), (1, "Hello.")], ["slt", "rms"], f"{WORK}/talk", "PCMA")
    folders()
    running = []

    def start(of):
        running.append(of())
        return running[-1]

    try:
        # The half that taps says what it lacks, and does not record in the open.
        early = start(capture)
        assert early.wait(20) != 0 and "no key to record under" in open(f"{WORK}/capture.log").read(), logs()
        page = start(review)
        wait_for("the page says what is missing", lambda: ask("/readyz").startswith("503") and "half that taps does not answer" in ask("/readyz"))
        assay("client", "add", "Northlight")
        assay("user", "add", "ines", "--name", "Ines", "--role", "telemarketer", "--client", "Northlight")
        assay("lines", "add", "201", "ines", "--client", "Northlight")
        password = assay("user", "add", "max", "--name", "Max", "--role", "manager", "--client", "Northlight").split()[-1]
        tap = start(capture)
        wait_for("both halves are ready", ready)
        wait_for("the tap knows the house's numbers", lambda: os.path.exists(f"{DATA}/spool/lines") and open(f"{DATA}/spool/lines").read().strip() == "201")
        callee = phone("+494055501010", "10.79.0.3", f"{WORK}/talk.1.wav", 4445)
        caller = phone("201", "10.79.0.2", f"{WORK}/talk.0.wav", 4446)
        running += [callee.process, caller.process]

        def call(seconds):
            caller.do("dial", callee.uri)
            callee.wait("CALL_INCOMING")
            callee.do("accept")
            caller.wait("CALL_ESTABLISHED")
            time.sleep(seconds)

        def hang_up():
            caller.do("hangup")
            callee.wait("CALL_CLOSED")

        # Listening in, pausing, announcing: all of it goes over the channel.
        call(2)
        told = subprocess.run(["ip", "netns", "exec", "asL", sys.executable, os.path.join(HERE, "listen_in.py"), password], capture_output=True, text=True)
        assert told.returncode == 0, told.stderr + logs()
        heard = json.loads(told.stdout)
        assert heard["call"]["telemarketer"] == "Ines" and min(heard["loudest"]) > 500, heard
        assert (heard["paused"], heard["resumed"], heard["announced"], heard["refused"]["ines"]) == (200, 200, 200, 401), heard
        print(f"live halves: heard {1000 * heard['first_sound_s']:.0f} ms after the click, through both processes")
        hang_up()
        wait_for("the call is committed by the page's half", lambda: count("SELECT COUNT(*) FROM recordings") == 1)
        assert stored("SELECT DISTINCT reason FROM gaps") == [("paused",)], stored("SELECT reason FROM gaps")
        sealed = glob.glob(f"{DATA}/recordings/**/*.wav", recursive=True)[0]
        about = os.stat(sealed)
        assert (about.st_uid, about.st_gid, stat.S_IMODE(about.st_mode)) == (CAPTURE, GROUP, 0o660), about
        assert open(sealed, "rb").read(4) != b"RIFF", "the recording lies in the open"
        # The frames that the tap saw stand in the page's metrics.
        frames = [line.split()[1] for line in ask("/metrics").split("\n") if line.startswith("assay_frames_total")]
        assert int(frames[0]) > 100, frames

        # Each half has what it needs, and strangers nothing.
        # Once: what it could add is there the second time.
        done = tried(CAPTURE, TRIED)
        assert done == [], (done, m.sh(f"ls -la {DATA} {DATA}/keys"))
        assert tried(STRANGER, TRIED, STRANGER) == [] and tried(STRANGER, MEETS, STRANGER) == [], "a stranger gets in"
        assert tried(REVIEW, MEETS) == ["connects"]
        print("live halves: the tap's user reads no database and no private key, and replaces neither")

        # The page's half is killed: the call is recorded, sealed, and waits to be committed.
        call(1)
        page.send_signal(signal.SIGKILL)
        page.wait()
        time.sleep(1.5)
        hang_up()
        wait_for("it is sealed without the page", lambda: len(glob.glob(f"{DATA}/recordings/**/*.wav", recursive=True)) == 2)
        page = start(review)
        wait_for("it is committed when the page is back", lambda: count("SELECT COUNT(*) FROM recordings") == 2)
        wait_for("both halves are ready", ready)

        # The half that taps is killed within a call: the one with the key seals what it left. What it was about to write, or
        # somebody who has taken it over puts there, is in nobody's way and leads nowhere.
        call(3)
        tap.send_signal(signal.SIGKILL)
        tap.wait()
        traps = plant()
        wait_for("the page says so", lambda: ask("/readyz").startswith("503"))
        tap = start(capture)
        hang_up()
        recovered = "SELECT COUNT(*) FROM calls c JOIN recordings r ON r.call_id = c.id WHERE c.recovered = 1 AND r.duration_ms > 2000"
        wait_for("what it left is sealed by the page's half", lambda: count(recovered) == 1)
        wait_for("both halves are ready", ready)
        for path, held in traps.items():
            assert open(path, "rb").read() == held, f"{path} was written over"
        # Its segment goes: the tap has heard that it is sealed.
        wait_for("the old segment is gone", lambda: len(glob.glob(f"{DATA}/spool/*.spool")) == 1)
        checked = subprocess.run([ASSAY, "check", "--config", f"{WORK}/assay.toml", "--data", DATA], capture_output=True, text=True)
        assert checked.returncode == 0, checked.stdout + checked.stderr
        owners = {os.lstat(p).st_uid for p in glob.glob(f"{DATA}/**", recursive=True)}
        assert owners == {CAPTURE, REVIEW}, owners
        print("live halves: each half killed within a call, and the call is whole or marked")
        sent = int(m.sh("ip netns exec asL cat /sys/class/net/mirror/statistics/tx_packets"))
        assert sent == 0, f"the tap sent {sent} packets onto the tapped network"
        for of in (tap, page):
            of.send_signal(signal.SIGTERM)
            assert of.wait(20) == 0, logs()
        assert not os.path.exists(f"{DATA}/spool/tap.sock")
    finally:
        for each in reversed(running):
            m.end(each)
        m.sh("ip netns del asL", check=False)
        shutil.rmtree(WORK, ignore_errors=True)
        shutil.rmtree(m.WORK, ignore_errors=True)


if __name__ == "__main__":
    main()
