// Days, times and rates of the slot report, in words.
import type { Rate } from "../../api";

export const WEEKDAYS = [
  "Monday",
  "Tuesday",
  "Wednesday",
  "Thursday",
  "Friday",
  "Saturday",
  "Sunday",
] as const;

/** A minute of the day as `09:50`. */
export const clockOf = (minute: number) =>
  `${String(Math.floor(minute / 60) % 24).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;

/** A share as `31 %`, which no line ends within; a small one keeps a decimal. */
export const percent = (share: number, decimals = 0) =>
  `${(share * 100).toFixed(share > 0 && share < 0.1 ? Math.max(decimals, 1) : decimals)}\u00a0%`;

/** `12.4 to 15.8`. */
export const range = (rate: Rate) =>
  `${(rate.low * 100).toFixed(1)} to ${(rate.high * 100).toFixed(1)}`;

/** Which of five steps of the heat map a rate is on, by how it stands to the highest. */
export const step = (rate: number, highest: number) =>
  highest > 0 ? Math.min(4, Math.floor((rate / highest) * 5)) : 0;

/** What a cell says to who cannot see it, and above the map. */
export function cellWords(
  cell: {
    weekday: number;
    start: number;
    calls: number;
    rate: Rate | null;
    adjusted?: Rate | null;
  },
  hits: number,
  width: number,
  count: "connects" | "meetings",
): { head: string; rest: string } {
  const when = `${WEEKDAYS[cell.weekday] ?? ""}s, ${clockOf(cell.start)} to ${clockOf(cell.start + width)}`;
  const calls = `${cell.calls.toLocaleString()} ${cell.calls === 1 ? "call" : "calls"}`;
  if (!cell.rate) return { head: `${when}: too few for a rate`, rest: calls };
  const adjusted = cell.adjusted
    ? `; adjusted ${(cell.adjusted.rate * 100).toFixed(1)} in 100, ${range(cell.adjusted)}`
    : "";
  const made = count === "meetings" ? "led to a meeting" : "connected";
  return {
    head: `${when}: ${Math.round(cell.rate.rate * 100)} in 100`,
    rest: `${hits} of ${calls} ${made}, 95 % interval ${range(cell.rate)}${adjusted}`,
  };
}
