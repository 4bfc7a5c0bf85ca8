// The steps that change answers, each of which can be undone, and Enter.
import * as j from "./judging";
import {
  type Answering,
  type Change,
  type Listened,
  nextMissing,
  type Playhead,
  type Work,
} from "./state";

const MOST_UNDONE = 200;

/** Changes the answers, and with them returns to judging. A mark that moves is no change. */
function judged(work: Work, judging: j.Judging, said = work.said, typing?: number): Work {
  const next: Work = { ...work, judging, phase: "judging", said };
  if (judging.rows === work.judging.rows) return next;
  const goesOn = typing !== undefined && work.past.at(-1)?.typing === typing;
  const what = typing === undefined ? said : "Words written.";
  const past = goesOn
    ? work.past
    : [...work.past, { judging: work.judging, what, typing }].slice(-MOST_UNDONE);
  return { ...next, past, future: [] };
}

const say = (work: Work, said: string): Work => ({ ...work, said });

export function answering(work: Work, step: Answering): Work {
  const { judging, review } = work;
  const list = review.checklist.criteria;
  const marked = list[judging.marked];
  if (!marked) return work;
  switch (step.do) {
    case "stamp":
      return judging.failing
        ? judged(work, j.failBecause(judging, list, step.row), `${marked.title}: fails.`)
        : stamped(work, step.row, step.at);
    case "fail":
      return toFail(work, step.row);
    case "answer":
      return answered(work, step.row ?? judging.marked, step.letter);
    case "na":
      return setAside(work, step.row ?? judging.marked);
    case "move":
      return markedRow(work, judging.marked + step.step);
    case "mark":
      return markedRow(work, step.row);
    case "write": {
      const to = list[step.row];
      // Where one writes is where one is.
      const here = { ...judging, marked: step.row };
      return to ? judged(work, j.words(here, to, step.text), work.said, step.row) : work;
    }
    case "edge":
      return edged(work, step.edge, step.now, "here");
    case "nudge":
      return nudged(work, step.edge, step.by, step.length);
    case "remove":
      return j.row(judging, marked).evidence
        ? judged(work, j.removeClip(judging, marked), `${marked.title}: clip removed.`)
        : say(work, `${marked.title} has no clip.`);
    case "undo":
      return undone(work);
    case "redo":
      return redone(work);
    case "enter":
      return entered(work, step.listened);
  }
}

const noRow = (work: Work, row: number) => say(work, `There is no row ${row + 1}.`);

function toFail(work: Work, row: number): Work {
  const list = work.review.checklist.criteria;
  const title = list[row]?.title;
  return title === undefined
    ? noRow(work, row)
    : judged(work, j.fail(work.judging, list, row), `${title}: press a digit for the reason.`);
}

function answered(work: Work, row: number, letter: number): Work {
  const list = work.review.checklist.criteria;
  const label = list[row]?.answers[letter]?.label ?? "no such answer";
  return judged(work, j.answer(work.judging, list, row, letter), `${list[row]?.title}: ${label}.`);
}

function setAside(work: Work, row: number): Work {
  const list = work.review.checklist.criteria;
  const to = list[row];
  return to?.may_not_apply
    ? judged(work, j.notApplicable(work.judging, list, row), `${to.title}: does not apply.`)
    : say(work, `${to?.title}: it has to be answered.`);
}

function stamped(work: Work, row: number, at: Playhead | undefined): Work {
  const list = work.review.checklist.criteria;
  const title = list[row]?.title;
  if (title === undefined) return noRow(work, row);
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

function edged(work: Work, edge: "from" | "to", now: number, where: string): Work {
  const marked = work.review.checklist.criteria[work.judging.marked];
  if (!marked) return work;
  if (!j.row(work.judging, marked).evidence) return say(work, `${marked.title} has no clip.`);
  const does = edge === "from" ? "starts" : "ends";
  return judged(
    work,
    j.edge(work.judging, marked, edge, now),
    `${marked.title}: clip ${does} ${where}.`,
  );
}

function nudged(work: Work, edge: "from" | "to", by: number, length: number): Work {
  const marked = work.review.checklist.criteria[work.judging.marked];
  const clip = marked && j.row(work.judging, marked).evidence;
  const from = clip ? clip[edge === "from" ? "from_ms" : "to_ms"] : 0;
  const so = `a quarter second ${by < 0 ? "earlier" : "later"}`;
  return edged(work, edge, Math.min(length, from + by), so);
}

/** Answers as they were before the last change; what it was is said. */
function undone(work: Work): Work {
  const last = work.past.at(-1);
  if (!last) return say(work, "Nothing to undo.");
  return turned(work, last, `Undone: ${last.what}`, {
    past: work.past.slice(0, -1),
    future: [...work.future, { ...last, judging: work.judging }],
  });
}

function redone(work: Work): Work {
  const last = work.future.at(-1);
  if (!last) return say(work, "Nothing to do again.");
  return turned(work, last, `Done again: ${last.what}`, {
    past: [...work.past, { ...last, judging: work.judging, typing: undefined }],
    future: work.future.slice(0, -1),
  });
}

const turned = (
  work: Work,
  to: Change,
  said: string,
  stacks: Pick<Work, "past" | "future">,
): Work => ({
  ...work,
  ...stacks,
  judging: { ...to.judging, failing: false },
  phase: "judging",
  said,
});

/** Leads to what is missing, one thing after the other; else arms the verdict; else gives it. */
function entered(work: Work, listened: Listened): Work {
  const list = work.review.checklist.criteria;
  const next = nextMissing(work, listened);
  if (next)
    return {
      ...judged(work, j.mark(work.judging, list, next.row), `${next.what}.`),
      led: next.what,
    };
  if (work.phase === "armed") return { ...work, phase: "giving" };
  const comes = j.passes(work.judging, list) ? "passes" : "does not pass";
  return {
    ...work,
    phase: "armed",
    led: undefined,
    said: `Ready: ${comes}. ${leftOut(work)}Enter again gives the verdict, Escape returns.`,
  };
}

/** Rows that need no answer since the claim fails elsewhere. */
function leftOut({ judging, review }: Work): string {
  const left = j.notJudged(judging, review.checklist.criteria);
  return left.length > 0 ? `Not judged: ${left.map((c) => c.title).join(", ")}. ` : "";
}
