// What was heard of a call, to the millisecond (PRODUCT R8). Pure: the box counts by the same rules.
import type { Span } from "../api";

/** Ranges in order that do not overlap. */
export type Heard = readonly Span[];

/** So much of a clip may be unheard, all its gaps together. */
const FORGIVEN_MS = 250;
/** A piece shorter than this is no place to go on from. */
const SLIVER_MS = 250;

/** The same time as ranges in order that neither overlap nor touch. */
export function union(spans: readonly Span[]): Span[] {
  const all: Span[] = [];
  for (const { from_ms, to_ms } of [...spans].sort((a, b) => a.from_ms - b.from_ms)) {
    const last = all.at(-1);
    if (to_ms <= from_ms) continue;
    if (last && from_ms <= last.to_ms) last.to_ms = Math.max(last.to_ms, to_ms);
    else all.push({ from_ms, to_ms });
  }
  return all;
}

export const length = (spans: readonly Span[]): number =>
  union(spans).reduce((sum, s) => sum + s.to_ms - s.from_ms, 0);

/** What of `spans` is not in `without`. */
export function subtract(spans: readonly Span[], without: readonly Span[]): Span[] {
  const away = union(without);
  return union(spans).flatMap((span) => {
    const left: Span[] = [];
    let from = span.from_ms;
    for (const { from_ms, to_ms } of away) {
      if (to_ms <= from || from_ms >= span.to_ms) continue;
      if (from_ms > from) left.push({ from_ms: from, to_ms: from_ms });
      from = Math.max(from, to_ms);
    }
    if (from < span.to_ms) left.push({ from_ms: from, to_ms: span.to_ms });
    return left;
  });
}

/** Whether a clip was heard: but for 250 ms in all, and never less than half of it. */
export function covered(heard: Heard, from_ms: number, to_ms: number): boolean {
  const missed = length(subtract([{ from_ms, to_ms }], heard));
  return missed <= FORGIVEN_MS && 2 * missed <= to_ms - from_ms;
}

/** Where a clip was first not heard: the start of its first gap, or of its longest where all are slivers. */
export function firstUnheard(heard: Heard, clip: Span): number | undefined {
  const gaps = subtract([clip], heard);
  const long = gaps.find((g) => g.to_ms - g.from_ms >= SLIVER_MS);
  return (long ?? gaps.sort((a, b) => b.to_ms - b.from_ms - (a.to_ms - a.from_ms))[0])?.from_ms;
}

/** The share of speech that was heard, over all calls; both lanes at once count once. */
export function shareHeard(calls: { speech: readonly Span[]; heard: Heard }[]): number {
  let [all, missed] = [0, 0];
  for (const { speech, heard } of calls) {
    all += length(speech);
    missed += length(subtract(speech, heard));
  }
  return all === 0 ? 1 : (all - missed) / all;
}

/** Where speech goes on that was not heard, from here and then from the start. */
export function nextUnheard(
  speech: readonly Span[],
  heard: Heard,
  now: number,
): number | undefined {
  const gaps = subtract(speech, heard);
  const long = gaps.filter((g) => g.to_ms - g.from_ms >= SLIVER_MS);
  const places = long.length > 0 ? long : gaps;
  const next = places.find((g) => g.to_ms - SLIVER_MS > now) ?? places[0];
  if (!next) return undefined;
  return next.from_ms < now && now < next.to_ms ? now : next.from_ms;
}
