#!/usr/bin/env python3
"""What became of the hundred calls of a live siege: waits until they are sealed, counts their packets and gaps.

    tests/siege/look.py DATABASE SECONDS FLOOD FRAMES DROPPED UNACCOUNTED CPU_TICKS PEAK_MB
"""
import json, sqlite3, sys, time

path, seconds, flood, frames, dropped, unaccounted, ticks, peak = sys.argv[1:]
expected = 100 * 2 * (int(seconds) * 600_000 // 20_000)


def look():
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    calls = {}
    for call, facts in db.execute("SELECT id, facts FROM calls WHERE facts LIKE '%honest-%'"):
        facts = json.loads(facts)
        if any(i.startswith("honest-") for i in facts["call_ids"]):
            calls[call] = facts
    packets = gaps = 0
    for call in calls:
        packets += sum(json.loads(stats)["packets"] for (stats,) in db.execute("SELECT stats FROM lanes WHERE call_id = ?", (call,)))
        gaps += db.execute("SELECT COUNT(*) FROM gaps WHERE call_id = ?", (call,)).fetchone()[0]
    return len(calls), packets, gaps, sum(f.get("foreign_packets", 0) for f in calls.values())


until = time.time() + 300
calls = 0
while calls < 100 and time.time() < until:
    time.sleep(1)
    calls, packets, gaps, foreign = look()
cost = int(ticks) / 100 / max(int(frames), 1) * 1e6
print(f"{flood:<12} {calls} calls of people, {expected - packets} of {expected} packets lost, {gaps} gaps, {foreign} foreign; "
      f"{frames} frames, {dropped} dropped by the kernel, {unaccounted} unaccounted; {peak} MB, {cost:.1f} µs a frame")
sys.exit(0 if (calls, packets, gaps, int(dropped)) == (100, expected, 0, 0) else 1)
