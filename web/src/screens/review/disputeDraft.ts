// A dispute while it is written: which rows, where it is said, and why; what is still missing. Kept
// in this browser.
import type * as api from "../../api";
import { lasting } from "../../parts/mirror";
import { type Moment, whole } from "../../parts/moment";

export interface Entry {
  on: boolean;
  call: string;
  moment: Moment;
  reason: string;
}
export type Entries = Record<string, Entry>;

export const LEAST_REASON = 10;

export const inBrowser = (claim: string) => lasting<Entries>(`dispute.${claim}`);
export const begunDispute = (claim: string) => inBrowser(claim).get() !== undefined;

/** Nothing is chosen for anybody, but where there is one call it is that one. */
export const blank = (calls: api.Call[]): Entry => ({
  on: false,
  call: calls.length === 1 ? (calls[0]?.id ?? "") : "",
  moment: {},
  reason: "",
});

export interface Missing {
  /** The field that it is missing from. */
  field: string;
  what: string;
}

export function missing(rows: api.Row[], entries: Entries): Missing[] {
  const on = rows.filter((r) => entries[r.criterion]?.on);
  if (on.length === 0)
    return [
      { field: `on-${rows[0]?.criterion}`, what: "Choose the rows that were judged wrongly" },
    ];
  return on.flatMap((r) => missingOf(r, entries[r.criterion]));
}

function missingOf({ criterion, title }: api.Row, entry: Entry | undefined): Missing[] {
  if (!entry) return [];
  const all: Missing[] = [];
  const length = entry.reason.trim().length;
  if (!entry.call) all.push({ field: `call-${criterion}`, what: `${title}: choose the call` });
  else if (!whole(entry.moment))
    all.push({ field: `player-${criterion}`, what: `${title}: mark where it is said` });
  if (length < LEAST_REASON)
    all.push({
      field: `reason-${criterion}`,
      what: `${title}: say why, in ${LEAST_REASON} characters or more (${length} so far)`,
    });
  return all;
}

/** What goes to the box, once nothing is missing. */
export const asRows = (rows: api.Row[], entries: Entries): api.DisputeRow[] =>
  rows.flatMap(({ criterion }) => {
    const entry = entries[criterion];
    const span = whole(entry?.moment);
    if (!entry?.on || !span) return [];
    return [{ criterion, clip: { call: entry.call, ...span }, reason: entry.reason.trim() }];
  });
