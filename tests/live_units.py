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
        kept = "/var/lib/assay-kept"
    box.run(f"systemctl stop assay && mkdir {kept} && mv /var/lib/assay/assay.db* {kept}/")
    schema = database_before(f"{ROOT}/var/lib/assay/assay.db", f"{ROOT}{kept}/assay.db")
    box.run("systemctl start assay")
    wait_for("the upgrade", ready)
    copy = f"/var/lib/assay/assay.db.schema-{schema}"
    said = box.run(f"stat -c '%U %a' {copy}").strip()
    assert said == "assay 600", f"the copy before the upgrade: {said}"
    refused = box.run("! assay undo-upgrade 2>&1")
    assert "stop the box first" in refused, refused
    said = box.run("systemctl stop assay && assay undo-upgrade")
    assert "assay.db.undone" in said, said
    assert schema_of(f"{ROOT}/var/lib/assay/assay.db") == schema
    box.run("systemctl start assay")
    wait_for("the upgrade again", ready)
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
