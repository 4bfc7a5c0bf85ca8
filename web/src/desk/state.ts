// What the desk knows of one item, and the steps that change it.
import type { Draft, Evidence, Problem, Review } from "../api";
import type { Heard } from "./heard";
import * as j from "./judging";

export type Phase = "judging" | "armed" | "giving";
export type Dialog = { show: "keys" } | { show: "skip" } | { show: "comment"; clip: Evidence };

/** Whether the box has what was answered. */
export interface Saved {
  is: "nothing" | "saving" | "saved" | "unsaved";
  /** When the box last took it. */
  at: number | null;
  /** Why it did not. */
  why?: string;
}

/** What was changed, and the answers from before. */
export interface Change {
  judging: j.Judging;
  what: string;
  /** The row whose words were written: letters of one row are one change. */
  typing?: number;
}

export interface Work {
  review: Review;
  judging: j.Judging;
  phase: Phase;
  /** Which of the item's calls is on the desk. */
  shown: number;
  dialog: Dialog | undefined;
  problem: Problem | undefined;
  /** What is read out to those who do not see the page. */
  said: string;
  /** Until when the item stays with this page. */
  until: string | null;
  /** Changes that can be undone, oldest first; undone ones, the last first to come again. */
  past: Change[];
  future: Change[];
  saved: Saved;
  /** The item is at work in another tab, or with nobody here: this page only shows it. */
  away: "tab" | "gone" | undefined;
  /** What Enter led to last. */
  led: string | undefined;
}

/** Where the sound stands, in milliseconds. */
export interface Playhead {
  call: string;
  now: number;
  length: number;
}

/** What the box credits as heard: by call, and the share of all speech. */
export interface Listened {
  heard: (call: string) => Heard;
  share: number;
}

export type Answering =
  | { do: "stamp"; row: number; at: Playhead | undefined }
  | { do: "fail"; row: number }
  /** Without a row it is the marked one. */
  | { do: "answer"; row?: number; letter: number }
  | { do: "na"; row?: number }
  | { do: "move"; step: number }
  | { do: "mark"; row: number }
  | { do: "write"; row: number; text: string }
  /** To a place in the call, or by so much from where it is. */
  | { do: "edge"; edge: "from" | "to"; now: number }
  | { do: "nudge"; edge: "from" | "to"; by: number; length: number }
  | { do: "remove" }
  | { do: "undo" }
  | { do: "redo" }
  | { do: "enter"; listened: Listened };

export type Step =
  | Answering
  | { do: "leave" }
  | { do: "open"; call: number }
  | { do: "show"; dialog: Dialog }
  | { do: "close"; said?: string }
  | { do: "say"; words: string }
  /** A problem that does not change the phase. */
  | { do: "trouble"; problem: Problem }
  | { do: "dismiss" }
  /** The box did not take what was given. */
  | { do: "refused"; problem: Problem }
  | { do: "kept"; until: string }
  | { do: "saved"; saved: Saved }
  | { do: "away"; why: "tab" | "gone"; problem: Problem }
  /** The item as the box has it now; nothing was given. */
  | { do: "refreshed"; review: Review }
  /** The box has it: the item as it is now. */
  | { do: "given"; review: Review; said: string };

/** A dispute that was answered and waits for its reviewer's last word. */
export const pending = ({ answered }: Review) => answered != null && !answered.decided;
/** Nothing about it can be changed any more, unless it is taken back. */
export const locked = (review: Review) =>
  review.verdict !== undefined || (review.answered != null && !pending(review));
/** The page cannot change it. */
export const fixed = (work: Work) => work.away !== undefined || locked(work.review);

/** `left` is what this tab has of it and the box has not. */
export function begin(review: Review, left?: Draft): Work {
  const earlier = review.verdict?.answers ?? review.answered?.answers;
  return {
    review,
    judging: earlier ? j.fromAnswers(earlier) : { ...j.start(), ...(left ?? review.draft) },
    phase: "judging",
    shown: 0,
    dialog: undefined,
    problem: undefined,
    said: "",
    until: review.locked_until,
    past: [],
    future: [],
    saved: { is: "nothing", at: null },
    away: undefined,
    led: undefined,
  };
}

/** What still stands between the answers and a verdict. */
export function lacking({ review, judging }: Work, { heard, share }: Listened): j.Missing[] {
  const list = review.checklist.criteria;
  return locked(review)
    ? []
    : [...j.missing(judging, list), ...j.unheard(judging, list, heard, share, review.heard_needed)];
}

/** What Enter leads to: the first that is missing, or the one after that to which it led last. */
export function nextMissing(work: Work, listened: Listened): j.Missing | undefined {
  const all = lacking(work, listened);
  const last = all.findIndex((m) => m.what === work.led);
  return all[(last + 1) % Math.max(1, all.length)];
}
