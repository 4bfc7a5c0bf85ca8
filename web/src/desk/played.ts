// What was played of a call (PRODUCT R8), from samples of the playhead. Samples may be seconds apart: the browser does
// not draw a page in the background, but its sound goes on. What counts as heard is what the box answers to a report.
import type { Played, Span } from "../api";
import { type Heard, union } from "./heard";

/** How far, in milliseconds, a playhead may be ahead of the clock and still have played its way there. */
const AHEAD_MS = 1_000;

const rounded = ({ from_ms, to_ms, speed }: Played): Played => ({
  from_ms: Math.round(from_ms),
  to_ms: Math.round(to_ms),
  speed,
});

export class PlayedRanges {
  private done: Played[] = [];
  private open: (Played & { at: number }) | undefined;
  /** Taken for a report that was not answered yet. */
  private told: Played[] = [];

  /** `credited` is what the box knows. */
  constructor(private credited: Heard = []) {}

  /** What the box credits. */
  get heard(): Heard {
    return this.credited;
  }

  /** What was played and that the box has not answered for yet. */
  get pending(): Span[] {
    return union([...this.told, ...this.untold()]);
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
    open.to_ms = now;
    open.at = at;
  }

  /** Ends the open range: the sound stopped, or the playhead was moved. */
  lift() {
    if (this.open) this.done.push(this.open);
    this.open = undefined;
  }

  /** Takes the ranges played since the last call, each with its speed. */
  take(): Played[] {
    const taken = this.untold();
    this.done = [];
    // The same rounding, so that the next begins where this one ended.
    if (this.open) this.open.from_ms = Math.round(this.open.to_ms);
    this.told = [...this.told, ...taken];
    return taken;
  }

  /** The box answered for all that was taken: it credits this, whatever was told. */
  credit(heard: Heard) {
    this.credited = heard;
    this.told = [];
  }

  /** The box will not answer for what was taken. */
  drop() {
    this.told = [];
  }

  /** Returns ranges that could not be reported, to be taken again. */
  putBack(played: Played[]) {
    this.told = [];
    this.done.unshift(...played);
  }

  private untold(): Played[] {
    return [...this.done, ...(this.open ? [this.open] : [])]
      .map(rounded)
      .filter((p) => p.to_ms > p.from_ms);
  }
}
