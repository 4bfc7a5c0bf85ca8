// A moment of a call that is marked by ear: its beginning and its end, one after the other, in
// whichever order.
import type { Span } from "../api";

export type Moment = Partial<Span>;

/** A shorter one holds no word. */
const SHORTEST_MS = 1_000;

/** Begins here. An end that came before is to be marked again. */
export function begun({ to_ms }: Moment, now: number, length: number): Moment {
  const from_ms = Math.round(Math.min(now, Math.max(0, length - SHORTEST_MS)));
  return to_ms !== undefined && to_ms >= from_ms + SHORTEST_MS ? { from_ms, to_ms } : { from_ms };
}

/** Ends here. A beginning that came after is to be marked again. */
export function ended({ from_ms }: Moment, now: number, length: number): Moment {
  const to_ms = Math.round(Math.min(length, Math.max(now, SHORTEST_MS)));
  return from_ms !== undefined && from_ms <= to_ms - SHORTEST_MS ? { from_ms, to_ms } : { to_ms };
}

/** The moment, once both of its ends are marked. */
export const whole = (m: Moment | undefined): Span | undefined =>
  m?.from_ms !== undefined && m.to_ms !== undefined
    ? { from_ms: m.from_ms, to_ms: m.to_ms }
    : undefined;

/** What lies between two places, a second at least. */
export function between(a: number, b: number, length: number): Span {
  const from = Math.min(a, b, Math.max(0, length - SHORTEST_MS));
  const to = Math.min(length, Math.max(a, b, from + SHORTEST_MS));
  return { from_ms: Math.round(from), to_ms: Math.round(to) };
}
