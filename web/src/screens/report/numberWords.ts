// Our numbers and their changes, in words.
import type { NumberChange, OurNumber } from "../../api";
import { many } from "../../format";
import { percent } from "./slotWords";

/** A day such as `2026-11-12` as `12 Nov`. */
export const dayOf = (day: string) =>
  new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" }).format(
    new Date(`${day}T12:00:00Z`),
  );

/** `9 to 14 Nov`, `28 Oct to 3 Nov`; one day is that day. */
export function daysOf(first: string, last: string): string {
  if (first === last) return dayOf(first);
  const from =
    first.slice(0, 7) === last.slice(0, 7) ? String(Number(first.slice(8))) : dayOf(first);
  return `${from} to ${dayOf(last)}`;
}

export const nameOf = (number: { shown: string }) =>
  number.shown === "" ? "none shown" : number.shown;

/** `from 9.1 % to 4.0 % since 12 Nov (9 to 14 Nov)`. */
export function changeWords(change: NumberChange): string {
  const rate = (of: NumberChange["before"]) =>
    of.rate ? percent(of.rate.rate, 1) : `${of.connects} of ${of.calls}`;
  const since = `since ${dayOf(change.day)} (${daysOf(change.first, change.last)})`;
  return `from ${rate(change.before)} to ${rate(change.since)} ${since}`;
}

/** How a number stands, in a word or two. */
export function standing(number: OurNumber): string {
  const last = number.changes.at(-1);
  if (last) return last.fell ? "fell" : "rose again";
  return number.watched ? "no change" : "too few calls to watch";
}

/** What the picture of a number says. */
export function pictureWords(number: OurNumber): string {
  const weeks = number.weeks.filter((w) => w.rate);
  const last = number.changes.at(-1);
  const none = number.watched ? "No change" : "Too few calls to tell a change";
  const change = last ? `${last.fell ? "Fell" : "Rose"} ${changeWords(last)}` : none;
  const over =
    weeks.length > 0
      ? `Connects in 100 calls over ${many(weeks.length, "week")}`
      : "No week has calls enough for a rate";
  return `${over}; ${many(number.calls, "call")} in all. ${change}.`;
}
