// The work on one item as a pure state machine: `reduce(work, step)` returns the next state and has no effects.
//
// Phases: judging; armed (the verdict is shown once more); giving (it is sent, and the box answers). A change of an
// answer returns an armed verdict to judging. While a verdict is being sent, answers cannot change.
import { answering } from "./answering";
import { type Answering, fixed, type Step, type Work } from "./state";

export * from "./state";

const ANSWERING: ReadonlySet<Step["do"]> = new Set<Answering["do"]>([
  "stamp",
  "fail",
  "answer",
  "na",
  "move",
  "mark",
  "write",
  "edge",
  "nudge",
  "remove",
  "undo",
  "redo",
  "enter",
]);
const isAnswering = (step: Step): step is Answering => ANSWERING.has(step.do);

export function reduce(work: Work, step: Step): Work {
  if (isAnswering(step))
    return fixed(work) || work.phase === "giving" ? work : answering(work, step);
  switch (step.do) {
    case "leave":
      // A dialog that is about to open does not.
      if (work.dialog) return { ...work, dialog: undefined };
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
    case "saved":
      return { ...work, saved: step.saved, said: saidOf(work, step.saved) };
    case "away":
      return { ...work, away: step.why, problem: step.problem, phase: "judging" };
    case "refreshed":
      return { ...work, review: step.review };
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

/** That nothing is saved any more is read out once, and so is that it is again. */
function saidOf({ saved: before, said }: Work, now: Work["saved"]): string {
  if (now.is === "unsaved" && before.is !== "unsaved") return `Not saved: ${now.why}.`;
  return now.is === "saved" && before.is === "unsaved" ? "Saved again." : said;
}
