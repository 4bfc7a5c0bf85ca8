// Places on the time axis, as CSS wants them.
import type { Span } from "../api";

export interface Axis {
  length: number;
  left: (ms: number) => string;
  span: (s: Span) => { left: string; width: string };
}

export function axis(length: number): Axis {
  const left = (ms: number) => `${(ms / length) * 100}%`;
  return {
    length,
    left,
    span: (s) => ({ left: left(s.from_ms), width: left(s.to_ms - s.from_ms) }),
  };
}

/** Round times for the ruler, at most fifteen of them. */
export function ticks(length: number): number[] {
  const seconds = length / 1000;
  const step = [5, 10, 15, 30, 60, 120, 300, 600].find((s) => seconds / s <= 14) ?? 1200;
  return Array.from({ length: Math.floor(seconds / step) + 1 }, (_, i) => i * step * 1000);
}
