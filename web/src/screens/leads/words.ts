// The words for stages, due times and what was said of a lead.
import type * as api from "../../api";
import { disposition, moment } from "../../format";

export const STAGES: [string, string][] = [
  ["suspect", "Suspect"],
  ["contacted", "Contacted"],
  ["claimed", "Claimed"],
  ["passed", "Passed"],
  ["handed_over", "Handed over"],
  ["accepted", "Accepted"],
  ["opportunity", "Opportunity"],
  ["won", "Won"],
  ["lost", "Lost"],
];
export const BUYER_STAGES: [string, string][] = [
  ["awareness", "Awareness"],
  ["consideration", "Consideration"],
  ["purchase", "Purchase"],
];
const wordOf = (list: [string, string][], word: string) =>
  list.find(([id]) => id === word)?.[1] ?? word;
export const stage = (word: string) => wordOf(STAGES, word);
export const buyerStage = (word: string) => wordOf(BUYER_STAGES, word);

export const VIEWS: [string, string][] = [
  ["newest", "All, newest first"],
  ["work", "To do, most urgent first"],
  ["late", "Late"],
  ["untouched", "Over 7 days without contact"],
];

const DUE: Record<string, string> = {
  contact: "contact by",
  call_back: "call back",
  meeting: "meeting",
  nurture: "look again",
  next_step: "next step by",
};
/** `call back Thu 20 Nov, 08:55`. */
export const dueBy = (lead: api.ListedLead) =>
  lead.act_at && lead.due ? `${DUE[lead.due]} ${moment(lead.act_at)}` : "nothing to do";

const MINUTE = 60_000;
const DAY = 24 * 60;

/** `1 h 23 min`, `4 days`; of what is over the same with `late`. */
export function timeLeft(at: string, now: number): string {
  const minutes = Math.floor(Math.abs(Date.parse(at) - now) / MINUTE);
  const over = Date.parse(at) < now;
  if (over && minutes === 0) return "just late";
  return `${span(minutes)}${over ? " late" : ""}`;
}

function span(minutes: number): string {
  if (minutes < 60) return `${minutes} min`;
  if (minutes < DAY) {
    const rest = minutes % 60;
    return `${Math.floor(minutes / 60)} h${rest > 0 ? ` ${rest} min` : ""}`;
  }
  const days = Math.floor(minutes / DAY);
  return days === 1 ? "1 day" : `${days} days`;
}

/** Late: past its time; soon: within a day, as the design has it within two hours of work. */
export function urgency(at: string, now: number): "late" | "soon" | "" {
  const left = Date.parse(at) - now;
  if (left < 0) return "late";
  return left < 2 * 60 * MINUTE ? "soon" : "";
}

/** `1` to `9`. */
export const said = (word: string) => (word === "nurture" ? "Not ready" : disposition(word));

/** More than a thousand are not counted. */
export const counted = (n: number) => (n > 1000 ? "more than 1,000" : String(n));
