// What was played of a call (PRODUCT R8), from where the playhead stands at moments that may lie far apart: a page in the
// background is drawn no more and its sound goes on.
import type { Played } from "../api";

/** How far, in milliseconds, a playhead may be ahead of the clock and still have played its way there. */
const AHEAD_MS = 1_000;

export class PlayedRanges {
  /** Half seconds that were played for their larger part, so that seeking back counts nothing twice. */
  readonly heard = new Set<number>();
  private done: Played[] = [];
  private open: (Played & { at: number }) | undefined;

  /** `before` is what the box knows: a character for each half second, `0` where it was not heard. */
  constructor(before = "") {
    [...before].forEach((speed, half) => speed !== "0" && this.heard.add(half));
  }

  /** It plays, and the playhead stands at `now`; both in milliseconds, `at` by a clock that runs on. A jump or another speed begins anew. */
  playing(now: number, speed: number, at: number) {
    const open = this.open;
    const on =
      open &&
      open.speed === speed &&
      now >= open.to_ms &&
      now - open.to_ms <= (at - open.at) * speed + AHEAD_MS;
    if (!on) {
      this.lift();
      this.open = { from_ms: now, to_ms: now, speed, at };
      return;
    }
    // As the box counts: the larger part of a half second.
    for (
      let half = Math.floor((open.to_ms + 250) / 500);
      half < Math.floor((now + 250) / 500);
      half++
    )
      if (half * 500 + 250 >= open.from_ms) this.heard.add(half);
    open.to_ms = now;
    open.at = at;
  }

  /** It stopped, or the playhead was moved: whatever comes next has nothing to do with what came before. */
  lift() {
    if (this.open)
      this.done.push({
        from_ms: this.open.from_ms,
        to_ms: this.open.to_ms,
        speed: this.open.speed,
      });
    this.open = undefined;
  }

  /** What was played since the last time this was asked, each range with its speed. */
  take(): Played[] {
    const open = this.open;
    const taken = [
      ...this.done,
      ...(open ? [{ from_ms: open.from_ms, to_ms: open.to_ms, speed: open.speed }] : []),
    ]
      .map((p) => ({ ...p, from_ms: Math.round(p.from_ms), to_ms: Math.round(p.to_ms) }))
      .filter((p) => p.to_ms > p.from_ms);
    this.done = [];
    // The same rounding, so that the next begins where this one ended.
    if (open) open.from_ms = Math.round(open.to_ms);
    return taken;
  }

  /** What could not be told comes again with the next. */
  putBack(played: Played[]) {
    this.done.unshift(...played);
  }
}
