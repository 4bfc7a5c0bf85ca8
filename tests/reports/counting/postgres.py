"""A PostgreSQL of the test's own on loopback, gone with it, and the rows of a box's SQLite file in it."""
import glob
import os
import shutil
import sqlite3
import subprocess
import tempfile

from counting.box import free_port

# What a box makes of the other rows: each makes its own.
MADE = {"call_figures", "figure_days", "score_models", "lead_scores", "slot_blocks", "slot_counts"}


def programs():
    """The folder of PostgreSQL's programs; none where it is not installed."""
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"))
    return os.path.dirname(found[-1]) if found else None


def as_text(value):
    """A value as COPY reads it."""
    if value is None:
        return "\\N"
    text = str(value)
    for char, name in (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r")):
        text = text.replace(char, name)
    return text


class Postgres:
    """A server that runs as long as it is entered; its database sorts text as people do, so that an order left to it shows. `options` are
    words of `postgres`; -F keeps nothing safe from a power cut."""

    def __init__(self, options=("-F",)):
        self.options = " ".join(options)

    def __enter__(self):
        self.folder, self.port = tempfile.mkdtemp(prefix="assay-postgres-"), free_port()
        self.data = os.path.join(self.folder, "data")
        # PostgreSQL refuses to run as root.
        self.as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.geteuid() == 0 else []
        if self.as_user:
            shutil.chown(self.folder, "postgres")
        try:
            self.run("initdb", "-D", self.data, "-U", "assay", "--auth=trust", "--no-sync", "-E", "UTF8", "--locale-provider=icu", "--icu-locale=en-US")
            options = f"{self.options} -h 127.0.0.1 -p {self.port} -k {self.folder}"
            self.run("pg_ctl", "-D", self.data, "-w", "-l", os.path.join(self.folder, "log"), "-o", options, "start")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if os.path.exists(os.path.join(self.data, "postmaster.pid")):
            self.run("pg_ctl", "-D", self.data, "-m", "immediate", "-w", "stop")
        shutil.rmtree(self.folder)

    def run(self, program, *words):
        command = [*self.as_user, os.path.join(programs(), program), *words]
        subprocess.run(command, check=True, cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)

    @property
    def url(self):
        return f"postgres://assay@127.0.0.1:{self.port}/postgres"

    def take_over(self, database):
        """Puts all rows of a box's SQLite file where a box has made its tables; triggers and keys of others keep still meanwhile."""
        db = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
        tables = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT LIKE '_sqlx%'"
        names = [name for (name,) in db.execute(tables)]
        words = ["-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", str(self.port), "-U", "assay", "postgres"]
        psql = subprocess.Popen([os.path.join(programs(), "psql"), *words], stdin=subprocess.PIPE, text=True, encoding="utf-8")
        with psql.stdin as to:
            to.write(f"SET session_replication_role = replica;\nTRUNCATE {', '.join(names)};\n")
            for name in names:
                if name not in MADE:
                    rows = db.execute(f"SELECT * FROM {name}")
                    to.write(f"COPY {name} ({', '.join(column[0] for column in rows.description)}) FROM STDIN;\n")
                    to.writelines("\t".join(map(as_text, row)) + "\n" for row in rows)
                    to.write("\\.\n")
            to.write("ANALYZE;\n")
        db.close()
        if psql.wait():
            raise RuntimeError("psql did not take the rows")
