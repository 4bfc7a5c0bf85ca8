#!/usr/bin/env python3
"""The box as its units have it, under a real systemd (a container of this machine's own files): set up by the very commands of README.md and
systemd/README.md, a call is recorded and sealed, by one process and by two; commands of root leave nothing that the service cannot read; what is
killed comes back. What systemd's filters refuse is seen nowhere else.

    tests/live_units.py PATH/TO/assay

Needs root, overlayfs and systemd-nspawn; says so and ends well where they are not.
"""
import ctypes, fcntl, glob, gzip, hashlib, os, re, shutil, signal, socket, sqlite3, struct, subprocess, sys, tempfile, time

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(HERE)
LACKS = [
    what
    for what, there in [
        ("root", os.geteuid() == 0),
        ("overlayfs", "overlay" in open("/proc/filesystems").read()),
        ("systemd-nspawn", shutil.which("systemd-nspawn")),
        ("the right to mount", subprocess.run(["unshare", "--mount", "true"], stderr=subprocess.DEVNULL).returncode == 0),
    ]
    if not there
]
if LACKS:
    print(f"units under systemd: not run without {', '.join(LACKS)}")
    sys.exit(0)

# Two such machines would share their control groups: one after the other.
LOCK = open("/run/lock/assay-units" if os.path.isdir("/run/lock") else "/tmp/assay-units.lock", "w")
fcntl.flock(LOCK, fcntl.LOCK_EX)
# Whoever ends it has nothing left mounted.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
WORK = tempfile.mkdtemp(prefix="assay-units-")
ROOT = f"{WORK}/root"
# As it lies in the container.
CLONE = "/root/assay"
ARCHITECTURE = subprocess.run(["dpkg", "--print-architecture"], capture_output=True, text=True, check=True).stdout.strip()
# A call of 26 s takes 6.
FASTER = 4


def block(path, begins):
    """The commands of the first block of a page that holds a text, for root."""
    blocks = re.findall(r"```sh\n(.*?)```", open(f"{TOP}/{path}").read(), re.S)
    found = next(b for b in blocks if begins in b)
    lines = [line for line in found.splitlines() if not line.startswith("make deb")]
    return "\n".join(lines).replace("sudo ", "")


class Container:
    def __init__(self, package):
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4g,mode=755", "tmpfs", WORK], check=True)
        for name in ["upper", "work", "root"]:
            os.mkdir(f"{WORK}/{name}")
        layers = f"lowerdir=/,upperdir={WORK}/upper,workdir={WORK}/work"
        subprocess.run(["mount", "-t", "overlay", "overlay", "-o", layers, ROOT], check=True)
        clone = f"{ROOT}{CLONE}"
        shutil.copytree(package, f"{clone}/target")
        # Of another machine, and nothing of this one's is started in it.
        open(f"{ROOT}/etc/machine-id", "w").write("a55a" * 8 + "\n")
        self.log = open(f"{WORK}/log", "w")
        boot = ["systemd-nspawn", f"--directory={ROOT}", "--register=no", "--keep-unit", "--private-network", "--console=pipe"]
        # A container refuses more than a machine does.
        boot += ["--system-call-filter=landlock_create_ruleset landlock_add_rule landlock_restrict_self"]
        boot += ["--machine=assay-units", "--boot", "systemd.unit=basic.target"]
        self.process = subprocess.Popen(boot, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        try:
            wait_for("systemd", self.is_up)
            self.run("ip link set lo up")
        except BaseException:
            self.end()
            raise

    def is_up(self):
        assert self.process.poll() is None, f"the container ended: {open(f'{WORK}/log').read()}"
        children = open(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read().split()
        self.leader = children[0] if children else None
        return self.leader and self.run("systemctl is-active basic.target", check=False).startswith("active")

    def run(self, command, check=True):
        enter = ["nsenter", "-t", self.leader, "-m", "-u", "-i", "-n", "-p", "--"]
        done = subprocess.run([*enter, "bash", "-ec", command], capture_output=True, text=True, cwd="/")
        if check and done.returncode:
            raise AssertionError(f"{command}\n{done.stdout}{done.stderr}{self.journal()}")
        return done.stdout

    def journal(self):
        return self.run("journalctl --no-pager -o cat -u 'assay*'", check=False)

    def all_heard(self):
        """No lane of any call is left undecoded."""
        read = "import sqlite3; print(sqlite3.connect('file:/var/lib/assay/assay.db?mode=ro', uri=True).execute(\"SELECT stats FROM lanes\").fetchall())"
        lanes = self.run(f"python3 - <<'END'\n{read}\nEND")
        assert '"unheard":"' not in lanes and '"unheard":null' in lanes, lanes + self.journal()

    def ask(self, path):
        return self.run(f"curl -s -k --max-time 5 http://127.0.0.1:8480{path}", check=False)

    def metric(self, name):
        found = re.search(rf"^assay_{name} (\d+)", self.ask("/metrics"), re.M)
        return int(found[1]) if found else None

    def play(self, frames):
        """Puts a capture's frames onto the container's loopback."""
        child = os.fork()
        if child == 0:
            try:
                with open(f"/proc/{self.leader}/ns/net") as net:
                    assert ctypes.CDLL(None, use_errno=True).setns(net.fileno(), 0) == 0
                out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
                out.bind(("lo", 0))
                began, first = time.monotonic(), frames[0][0]
                for at, frame in frames:
                    time.sleep(max(0, began + (at - first) / FASTER - time.monotonic()))
                    out.send(frame)
                os._exit(0)
            finally:
                os._exit(1)
        assert os.waitpid(child, 0)[1] == 0, "frames could not be played"

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def wait_for(what, holds, seconds=60):
    until = time.time() + seconds
    while not holds():
        if time.time() > until:
            raise TimeoutError(what)
        time.sleep(0.1)


def frames(path):
    """Of a little-endian microsecond pcap: seconds, bytes."""
    data, at, found = gzip.open(path).read(), 24, []
    while at < len(data):
        seconds, micros, length, _ = struct.unpack_from("<IIII", data, at)
        found.append((seconds + micros / 1e6, data[at + 16 : at + 16 + length]))
        at += 16 + length
    return found


# RFC 3551 §4.5.8; a frame of silence.
GSM = bytes.fromhex("d820a2e15a50004924924924" "50004924924924" "50004924924924" "50004924924924")


def gsm_call(number):
    """A call of 4 s in a codec that the box leaves to FFmpeg, frame by frame."""
    ends = [("10.9.0.1", 5060, 40_000), ("10.9.0.2", 5060, 42_000)]

    def datagram(sender, receiver, payload):
        (source, from_port), (target, to_port) = sender, receiver
        udp = struct.pack(">HHHH", from_port, to_port, 8 + len(payload), 0) + payload
        head = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, socket.inet_aton(source), socket.inet_aton(target))
        return bytes(12) + b"\x08\x00" + head + udp

    def message(first, sender, more="", side=None):
        body = ""
        if side is not None:
            address, _, port = ends[side]
            body = f"v=0\r\no=- 1 1 IN IP4 {address}\r\ns=-\r\nc=IN IP4 {address}\r\nt=0 0\r\nm=audio {port} RTP/AVP 3\r\n"
            more += "Content-Type: application/sdp\r\n"
        tag = ";tag=b" if first.startswith(("SIP", "ACK", "BYE")) else ""
        text = f"{first}\r\nVia: SIP/2.0/UDP 10.9.0.1;branch=z9hG4bK{first[:3]}{number}\r\nFrom: <sip:201@10.9.0.1>;tag=a\r\nTo: <sip:+49405000001@10.9.0.2>{tag}\r\n"
        text += f"Call-ID: gsm-{number}\r\nContact: <sip:x@{ends[sender][0]}>\r\n{more}Content-Length: {len(body)}\r\n\r\n{body}"
        return datagram(ends[sender][:2], ends[1 - sender][:2], text.encode())

    found = [
        (0.0, message("INVITE sip:+49405000001@10.9.0.2 SIP/2.0", 0, "CSeq: 1 INVITE\r\nMax-Forwards: 70\r\n", side=0)),
        (0.1, message("SIP/2.0 200 OK", 1, "CSeq: 1 INVITE\r\n", side=1)),
        (0.2, message("ACK sip:x@10.9.0.2 SIP/2.0", 0, "CSeq: 1 ACK\r\nMax-Forwards: 70\r\n")),
    ]
    for n in range(200):
        for side in (0, 1):
            rtp = struct.pack(">BBHII", 0x80, 3, n, 160 * n, 7 + side) + GSM
            pair = [(end[0], end[2]) for end in ends]
            found.append((0.3 + n / 50, datagram(pair[side], pair[1 - side], rtp)))
    found.append((4.5, message("BYE sip:x@10.9.0.2 SIP/2.0", 0, "CSeq: 2 BYE\r\nMax-Forwards: 70\r\n")))
    return found


def recorded(box, call, what):
    """A call is played, and recorded by what records now."""
    before = box.metric("calls_sealed_total")
    box.play(call)
    try:
        wait_for(f"{what}: sealed", lambda: (box.metric("calls_sealed_total") or 0) > before)
    except TimeoutError as error:
        raise AssertionError(f"{error}\n{box.journal()}") from None
    assert box.metric("packets_unaccounted") == 0
    files = box.run("find -L /var/lib/assay/recordings -name '*.opus'").split()
    print(f"units: {what}: a call is sealed, {len(files)} recordings")
    return len(files)


def main():
    call = frames(f"{HERE}/fixtures/calls/dtmf/call.pcap.gz")
    with tempfile.TemporaryDirectory(prefix="assay-package-") as package:
        # A package that cannot be built is a failure, whatever can be booted here.
        build = [f"{TOP}/systemd/deb/build.sh", sys.argv[1], ARCHITECTURE, package, "-Znone"]
        subprocess.run(build, check=True, stdout=subprocess.DEVNULL)
        in_a_machine(call, package)


def in_a_machine(call, package):
    try:
        box = Container(package)
    except (subprocess.CalledProcessError, AssertionError, OSError) as error:
        # As in a container that may boot no other.
        print(f"units under systemd: not run, no machine can be booted here: {error}")
        sys.exit(0)
    try:
        whole(box, call)
        halves(box, call)
        # Said by the half that is back first, and by a tap on a machine that has much else to do.
        awaited = ["the half that taps does not answer", "the kernel dropped packets"]
        errors = [line for line in box.journal().splitlines() if "ERROR" in line and not any(a in line for a in awaited)]
        assert not errors, "\n".join(errors)
    finally:
        box.end()


def whole(box, call):
    box.run(f"cd {CLONE}\n{block('README.md', 'enable --now')}")
    wait_for("ready", lambda: box.ask("/readyz").startswith("ready"))
    assert recorded(box, call, "one process") == 1
    # Commands of root find the box, and write what its user can read.
    box.run('assay client add "Northlight Fleet" && assay user add ada --name Ada --role admin && assay key new')
    stray = box.run("find -L /var/lib/assay -user root")
    assert not stray, f"the service cannot read {stray}"
    box.run("systemctl restart assay")
    wait_for("ready", lambda: box.ask("/readyz").startswith("ready"))
    process = box.run("systemctl show -p MainPID --value assay").strip()
    box.run("systemctl kill --kill-who=main -s KILL assay")
    ready = lambda: box.ask("/readyz").startswith("ready")
    wait_for("another process", lambda: box.run("systemctl show -p MainPID --value assay").strip() not in ("0", process) and ready())
    assert recorded(box, call, "one process, killed and back") == 2
    assert recorded(box, gsm_call(0), "one process, and decoders of its own user") == 3
    box.all_heard()
    # Each decoder is a user of its own.
    box.run("sed -i 's|^decoder_socket = .*|decoder_socket = \"/run/assay-decoder.socket\"|' /etc/assay/assay.toml && systemctl restart assay")
    wait_for("ready", ready)
    assert recorded(box, gsm_call(1), "one process, and decoders under users of their own") == 4
    box.all_heard()
    assert "assay-decoder@" in box.run("journalctl --no-pager -o short -u 'assay-decoder@*'"), box.journal()
    box.run("systemctl reload assay")
    assert box.run("systemctl is-active assay").strip() == "active"
    upgraded(box, ready)


def schema_of(path):
    with sqlite3.connect(f"file:{path}?immutable=1", uri=True) as database:
        return database.execute("SELECT MAX(version) FROM _sqlx_migrations").fetchone()[0]


def database_before(path, owned_as):
    """What the release before would have left: a database without the newest migration. Gives its schema, and the newest."""
    *before, newest = sorted(glob.glob(f"{TOP}/src/store/migrations/sqlite/*.sql"))
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute(
            "CREATE TABLE _sqlx_migrations (version BIGINT PRIMARY KEY, description TEXT NOT NULL, installed_on TIMESTAMP NOT NULL DEFAULT "
            "CURRENT_TIMESTAMP, success BOOLEAN NOT NULL, checksum BLOB NOT NULL, execution_time BIGINT NOT NULL)"
        )
        for migration in before:
            text = open(migration, "rb").read()
            version, name = os.path.basename(migration).removesuffix(".sql").split("_", 1)
            database.executescript(text.decode())
            row = (int(version), name.replace("_", " "), hashlib.sha384(text).digest())
            database.execute("INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (?, ?, 1, ?, 1)", row)
    database.close()
    owner = os.stat(owned_as)
    os.chown(path, owner.st_uid, owner.st_gid)
    os.chmod(path, 0o600)
    return int(version), int(os.path.basename(newest).split("_", 1)[0])


def upgraded(box, ready):
    """Another package goes on with what runs, and the release before takes the box back."""
    process = box.run("systemctl show -p MainPID --value assay").strip()
    box.run(f"dpkg -i --force-confold {CLONE}/target/assay_*.deb")
    wait_for("the new program", lambda: box.run("systemctl show -p MainPID --value assay").strip() not in ("0", process) and ready())
    kept = "/var/lib/assay-kept"
    box.run(f"systemctl stop assay && mkdir {kept} && mv /var/lib/assay/assay.db* {kept}/")
    schema, newest = database_before(f"{ROOT}/var/lib/assay/assay.db", f"{ROOT}{kept}/assay.db")
    box.run("systemctl start assay")
    wait_for("the upgrade", ready)
    copy = f"/var/lib/assay/assay.db.schema-{schema}"
    said = box.run(f"stat -c '%U %a' {copy}").strip()
    assert said == "assay 600", f"the copy before the upgrade: {said}"
    assert schema_of(f"{ROOT}{copy}") == schema
    # The release before takes back a copy of its own schema: here this one's.
    copy = f"cd /var/lib/assay && cp -a assay.db assay.db.schema-{newest}"
    refused = box.run(f"{copy} && ! assay undo-upgrade 2>&1")
    assert "stop the box first" in refused, refused
    said = box.run(f"systemctl stop assay && {copy} && assay undo-upgrade && systemctl start assay")
    assert "assay.db.undone" in said, said
    wait_for("ready", ready)
    box.run(f"systemctl stop assay && rm /var/lib/assay/assay.db* && mv {kept}/* /var/lib/assay/ && systemctl start assay")
    wait_for("ready", ready)
    stray = box.run("find -L /var/lib/assay -user root")
    assert not stray, f"the service cannot read {stray}"
    print("units: another package, a schema of the release before it, and back")


def halves(box, call):
    box.run(block("systemd/README.md", "disable --now assay"))
    box.run(f"cd {CLONE}\n{block('systemd/README.md', 'enable --now assay-decoder.socket assay-review')}")
    wait_for("ready", lambda: box.ask("/readyz").startswith("ready"))
    assert recorded(box, call, "two processes") == 5
    box.run("systemctl kill --kill-who=main -s KILL assay-review assay-capture")
    wait_for("ready", lambda: box.ask("/readyz").startswith("ready"))
    assert recorded(box, call, "two processes, killed and back") == 6
    assert recorded(box, gsm_call(2), "two processes, and decoders under users of their own") == 7
    box.all_heard()
    box.run("sed -i 's|^decoder_socket = .*|decoder_socket = \"\"|' /etc/assay/assay.toml && systemctl restart assay-capture")
    wait_for("ready", lambda: box.ask("/readyz").startswith("ready"))
    assert recorded(box, gsm_call(3), "two processes, and decoders of the tap's user") == 8
    box.all_heard()


try:
    main()
finally:
    subprocess.run(["umount", "-R", "-l", ROOT], check=False)
    subprocess.run(["umount", "-l", WORK], check=False)
    shutil.rmtree(WORK, ignore_errors=True)
print("units under systemd: recorded, sealed and back again, as one process and as two")
