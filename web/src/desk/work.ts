// The work on one item as a pure state machine: `reduce(work, step)` returns the next state and has no effects.
//
// Phases: judging; armed (the verdict is shown once more); giving (it is sent, and the box answers). A change of an
// answer returns an armed verdict to judging. While a verdict is being sent, answers cannot change.
import type { Evidence, Problem, Review } from "../api";
import * as j from "./judging";

export type Phase = "judging" | "armed" | "giving";
export type Dialog = { show: "keys" } | { show: "comment"; clip: Evidence };

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
}

/** Where the sound stands, in milliseconds. */
export interface Playhead {
  call: string;
  now: number;
  length: number;
}

/** What was heard so far: by call, and the share of all speech. */
export interface Listened {
  heard: (call: string) => j.Heard;
  share: number;
}

type Answering =
  | { do: "stamp"; row: number; at: Playhead | undefined }
  | { do: "fail"; row: number }
  /** Without a row it is the marked one. */
  | { do: "answer"; row?: number; letter: number }
  | { do: "na"; row?: number }
  | { do: "move"; step: number }
  | { do: "mark"; row: number }
  | { do: "write"; row: number; text: string }
  | { do: "edge"; edge: "from" | "to"; now: number }
  | { do: "remove" }
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
  /** The box has it: the item as it is now. */
  | { do: "given"; review: Review; said: string };

const ANSWERING: ReadonlySet<Step["do"]> = new Set<Answering["do"]>([
  "stamp",
  "fail",
  "answer",
  "na",
  "move",
  "mark",
  "write",
  "edge",
  "remove",
  "enter",
]);
const isAnswering = (step: Step): step is Answering => ANSWERING.has(step.do);

/** A dispute that was answered and waits for its reviewer's last word. */
export const pending = ({ answered }: Review) => answered != null && !answered.decided;
/** Nothing about it can be changed any more, unless it is taken back. */
export const locked = (review: Review) =>
  review.verdict !== undefined || (review.answered != null && !pending(review));

export function begin(review: Review): Work {
  const earlier = review.verdict?.answers ?? review.answered?.answers;
  return {
    review,
    judging: earlier ? j.fromAnswers(earlier) : { ...j.start(), ...review.draft },
    phase: "judging",
    shown: 0,
    dialog: undefined,
    problem: undefined,
    said: "",
    until: review.locked_until,
  };
}

/** What still stands between the answers and a verdict. */
export function lacking({ review, judging }: Work, { heard, share }: Listened): j.Missing[] {
  const list = review.checklist.criteria;
  return locked(review)
    ? []
    : [...j.missing(judging, list), ...j.unheard(judging, list, heard, share, review.heard_needed)];
}

export function reduce(work: Work, step: Step): Work {
  if (isAnswering(step))
    return locked(work.review) || work.phase === "giving" ? work : answering(work, step);
  switch (step.do) {
    case "leave":
      return work.phase === "armed" ? { ...work, phase: "judging" } : work;
    case "open":
      return {
        ...work,
        shown: step.call,
        said: `Call ${step.call + 1} of ${work.review.calls.length}.`,
      };
    case "show":
      return { ...work, dialog: step.dialog };
    case "close":
      return { ...work, dialog: undefined, said: step.said ?? work.said };
    case "say":
      return { ...work, said: step.words };
    case "trouble":
      return { ...work, problem: step.problem };
    case "dismiss":
      return { ...work, problem: undefined };
    case "refused":
      return { ...work, problem: step.problem, phase: "judging" };
    case "kept":
      return { ...work, until: step.until };
    case "given":
      return {
        ...work,
        review: step.review,
        until: step.review.locked_until,
        phase: "judging",
        problem: undefined,
        said: step.said,
      };
  }
}

/** Changes the answers, and with them returns to judging. */
const judged = (work: Work, judging: j.Judging, said = work.said): Work => ({
  ...work,
  judging,
  phase: "judging",
  said,
});

function answering(work: Work, step: Answering): Work {
  const { judging, review } = work;
  const list = review.checklist.criteria;
  const marked = list[judging.marked];
  if (!marked) return work;
  const noRow = (row: number) => ({ ...work, said: `There is no row ${row + 1}.` });
  switch (step.do) {
    case "stamp":
      return judging.failing
        ? judged(work, j.failBecause(judging, list, step.row), `${marked.title}: fails.`)
        : stamped(work, step.row, step.at);
    case "fail": {
      const title = list[step.row]?.title;
      if (title === undefined) return noRow(step.row);
      return judged(
        work,
        j.fail(judging, list, step.row),
        `${title}: press a digit for the reason.`,
      );
    }
    case "answer": {
      const [row, to] = [step.row ?? judging.marked, list[step.row ?? judging.marked]];
      const label = to?.answers[step.letter]?.label ?? "no such answer";
      return judged(work, j.answer(judging, list, row, step.letter), `${to?.title}: ${label}.`);
    }
    case "na": {
      const to = list[step.row ?? judging.marked];
      if (!to?.may_not_apply) return { ...work, said: `${to?.title}: it has to be answered.` };
      return judged(work, j.notApplicable(judging, list, step.row), `${to.title}: does not apply.`);
    }
    case "move":
      return markedRow(work, judging.marked + step.step);
    case "mark":
      return markedRow(work, step.row);
    case "write": {
      const to = list[step.row];
      return to ? judged(work, j.words(judging, to, step.text)) : work;
    }
    case "edge":
      return judged(
        work,
        j.edge(judging, marked, step.edge, step.now),
        `${marked.title}: clip ${step.edge === "from" ? "starts" : "ends"} here.`,
      );
    case "remove":
      return judged(work, j.removeClip(judging, marked), `${marked.title}: clip removed.`);
    case "enter":
      return entered(work, step.listened);
  }
}

function stamped(work: Work, row: number, at: Playhead | undefined): Work {
  const list = work.review.checklist.criteria;
  const title = list[row]?.title;
  if (title === undefined) return { ...work, said: `There is no row ${row + 1}.` };
  if (!at) return work;
  return judged(
    work,
    j.stamp(work.judging, list, row, at.call, at.now, at.length),
    `${title} stamped.`,
  );
}

function markedRow(work: Work, row: number): Work {
  const list = work.review.checklist.criteria;
  const judging = j.mark(work.judging, list, row);
  return judged(work, judging, list[judging.marked]?.title);
}

/** Marks the first row that lacks something; else arms the verdict; else gives it. */
function entered(work: Work, listened: Listened): Work {
  const list = work.review.checklist.criteria;
  const [first] = lacking(work, listened);
  if (first) return judged(work, j.mark(work.judging, list, first.row), `${first.what}.`);
  if (work.phase === "armed") return { ...work, phase: "giving" };
  const comes = j.passes(work.judging, list) ? "passes" : "does not pass";
  return {
    ...work,
    phase: "armed",
    said: `Ready: ${comes}. Enter again gives the verdict, Escape returns.`,
  };
}
