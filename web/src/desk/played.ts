// What was played of a call (PRODUCT R8), from samples of the playhead. Samples may be seconds apart: the browser does
// not draw a page in the background, but its sound goes on.
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

  /** A sample while the sound plays: playhead at `now`, monotonic clock at `at`, both in milliseconds. A jump or another speed begins a new range. */
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

  /** Ends the open range: the sound stopped, or the playhead was moved. */
  lift() {
    if (this.open)
      this.done.push({
        from_ms: this.open.from_ms,
        to_ms: this.open.to_ms,
        speed: this.open.speed,
      });
    this.open = undefined;
  }

  /** Takes the ranges played since the last call, each with its speed. */
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

  /** Returns ranges that could not be reported, to be taken again. */
  putBack(played: Played[]) {
    this.done.unshift(...played);
  }
}
