#!/usr/bin/env python3
"""Measures the rule that tells a voicemail on labelled calls.

    tests/voicemails/measured.py ASSAY

ASSAY is the program. The script makes calls of which it is known who answered (calls.py): people, people with a long greeting,
answering machines, menus, call screening and music on hold. They are written as a capture, read by the program as it reads a mirror
port, decoded, and counted for the reports. What it stored of each is held against who answered: the table is printed, and the rule must
not get worse than the page says (src/report/talk.rs). Needs Debian's flite and sox, and numpy (tests/statistics.sh).
"""
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile

import calls

# [reports] connect_seconds, and `FEWEST_REPLIES` of src/report/talk.rs.
CONNECT_MS, FEWEST_REPLIES = 20_000, 2
# Per cent of calls that are told rightly: of those with nobody, and of those with a person who talks long enough and is answered now and then.
NOBODY, PEOPLE = 97, 97
# One of whom the rule cannot know better: he is asked once, and the telemarketer only listens.
UNTOLD = "a person with one long story"


def run(*words):
    done = subprocess.run(words, check=False, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"voicemails: {' '.join(words)}\n{done.stdout}{done.stderr}")


def counted(assay, folder, made):
    """What the program has counted of each call: milliseconds of the other side's speech, and its replies, by number called."""
    data, capture = os.path.join(folder, "demo"), os.path.join(folder, "calls.pcap")
    calls.write(capture, made)
    run(assay, "demo", "--prepare-only", "--data", data)
    run(assay, "replay", capture, "--data", data)
    run(assay, "report", "rebuild", "--data", data)
    rows = sqlite3.connect(os.path.join(data, "assay.db")).execute(
        "SELECT k.prospect_number, f.speech_ms, f.replies FROM call_figures f JOIN calls k ON k.id = f.call_id"
    )
    return {number: (speech, replies) for number, speech, replies in rows}


def told(speech, replies):
    """What a call is by the rule, disposition apart."""
    if replies < FEWEST_REPLIES:
        return "nobody"
    return "connect" if speech >= CONNECT_MS else "person"


def table(made, found):
    by_kind = {}
    for call in made:
        counts = by_kind.setdefault((call.kind, call.is_person), {"connect": 0, "person": 0, "nobody": 0})
        counts[told(*found[call.number])] += 1
    print(f"{'who answered':<34} {'calls':>6} {'connect':>8} {'a person':>9} {'nobody':>7}")
    for (kind, is_person), n in by_kind.items():
        print(f"{kind:<34} {sum(n.values()):>6} {n['connect']:>8} {n['person']:>9} {n['nobody']:>7}")
    return by_kind


def share(part, whole):
    return 100 * part / whole


def main():
    assay = os.path.abspath(sys.argv[1])
    if not all(map(shutil.which, ("flite", "sox"))):
        print("voicemails: not measured, flite or sox is not installed; tests/setup.sh test does it")
        sys.exit("CI" in os.environ)
    with tempfile.TemporaryDirectory(prefix="assay-voicemails-") as folder:
        made = calls.make(folder)
        found = counted(assay, folder, made)
        missing = [c for c in made if c.number not in found]
        if missing:
            sys.exit(f"voicemails: {len(missing)} of {len(made)} calls were not counted, {missing[0].number} among them")
        table(made, found)
        if "-v" in sys.argv:
            for call in made:
                print(call.kind, call.number, found[call.number], call.heard_ms)
    long_enough = [c for c in made if c.is_person and c.kind != UNTOLD and c.heard_ms >= CONNECT_MS * 1.15]
    connects = [c for c in long_enough if told(*found[c.number]) == "connect"]
    nobody = [c for c in made if not c.is_person]
    kept_out = [c for c in nobody if told(*found[c.number]) != "connect"]
    print(f"voicemails: of {len(long_enough)} people who talked long enough, and not at one stretch, {len(connects)} are connects ({share(len(connects), len(long_enough)):.1f} %), "
          f"of {len(nobody)} calls with nobody {len(kept_out)} are none ({share(len(kept_out), len(nobody)):.1f} %)")
    is_right = share(len(connects), len(long_enough)) >= PEOPLE and share(len(kept_out), len(nobody)) >= NOBODY
    sys.exit(not is_right)


if __name__ == "__main__":
    main()
