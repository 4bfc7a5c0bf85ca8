import { describe, expect, test } from "vitest";
import { committed, criterion, final, review, sound } from "../../testing/made";
import type { Problem, Review } from "../api";
import * as j from "./judging";
import {
  begin,
  lacking,
  type Listened,
  locked,
  pending,
  type Playhead,
  reduce,
  type Step,
  type Work,
} from "./work";

const all: Listened = {
  heard: () => [{ from_ms: 0, to_ms: 60_000 }],
  share: 1,
};
const none: Listened = { heard: () => [], share: 0 };
const at = (now: number): Playhead => ({ call: "c1", now, length: 60_000 });
const after = (work: Work, ...steps: Step[]) => steps.reduce(reduce, work);
const enter: Step = { do: "enter", listened: all };
const problem: Problem = { status: 409, title: "Somebody was first", detail: "It went." };

/** Both must-pass rows answered and proven. */
const proven = after(
  begin(review()),
  { do: "stamp", row: 0, at: at(10_000) },
  { do: "answer", letter: 0 },
  { do: "stamp", row: 1, at: at(20_000) },
  { do: "answer", letter: 0 },
  { do: "write", row: 1, text: "Drivers lose two hours a day" },
);
const failing = after(
  begin(review()),
  { do: "answer", row: 0, letter: 1 },
  { do: "answer", row: 1, letter: 2 },
);

describe("answers", () => {
  test("a stamp marks its row and says so", () => {
    const work = after(begin(review()), { do: "stamp", row: 1, at: at(30_000) });
    expect(work.judging.marked).toBe(1);
    expect(work.judging.rows.need?.evidence).toEqual({
      call: "c1",
      from_ms: 22_000,
      to_ms: 40_000,
    });
    expect(work.said).toBe("Need stamped.");
  });

  test("without sound there is no moment to stamp", () => {
    const work = begin(review());
    expect(reduce(work, { do: "stamp", row: 1, at: undefined })).toBe(work);
  });

  test("a row that is not there changes nothing and is named", () => {
    const work = begin(review());
    for (const step of [
      { do: "stamp", row: 8, at: at(0) },
      { do: "fail", row: 8 },
    ] satisfies Step[]) {
      const next = reduce(work, step);
      expect(next.judging).toBe(work.judging);
      expect(next.said).toBe("There is no row 9.");
    }
  });

  test("to fail a row, the digit after Shift and digit is its reason", () => {
    const work = after(begin(review()), { do: "fail", row: 0 });
    expect([work.judging.failing, work.said]).toEqual([
      true,
      "Budget: press a digit for the reason.",
    ]);
    const given = reduce(work, { do: "stamp", row: 1, at: at(0) });
    expect(given.judging.rows.budget).toEqual({ words: "", answer: "not_asked" });
    expect([given.judging.failing, given.judging.marked, given.said]).toEqual([
      false,
      0,
      "Budget: fails.",
    ]);
  });

  test("a letter answers the marked row, and a row that is named", () => {
    const work = after(begin(review()), { do: "mark", row: 1 }, { do: "answer", letter: 1 });
    expect([work.judging.rows.need?.answer, work.said]).toEqual(["no", "Need: No."]);
    const other = reduce(work, { do: "answer", row: 0, letter: 0 });
    expect([other.judging.rows.budget?.answer, other.judging.marked]).toEqual(["yes", 0]);
    expect(reduce(work, { do: "answer", letter: 7 }).said).toBe("Need: no such answer.");
  });

  test("only a row that may not apply takes that for an answer", () => {
    const work = begin(review());
    const refused = reduce(work, { do: "na" });
    expect([refused.judging, refused.said]).toEqual([
      work.judging,
      "Budget: it has to be answered.",
    ]);
    const given = reduce(work, { do: "na", row: 2 });
    expect(given.judging.rows.extra?.answer).toBe(j.NOT_APPLICABLE);
    expect([given.judging.marked, given.said]).toEqual([2, "Extra: does not apply."]);
  });

  test("the mark moves up and down and stops at the ends", () => {
    const work = begin(review());
    expect(reduce(work, { do: "move", step: -1 }).judging.marked).toBe(0);
    const down = after(work, { do: "move", step: 1 }, { do: "move", step: 1 });
    expect([down.judging.marked, down.said]).toEqual([2, "Extra"]);
    expect(reduce(down, { do: "move", step: 1 }).judging.marked).toBe(2);
  });

  test("a clip's edges go to the playhead, and the clip can go", () => {
    const work = after(
      begin(review()),
      { do: "stamp", row: 0, at: at(30_000) },
      { do: "edge", edge: "from", now: 25_000 },
      { do: "edge", edge: "to", now: 33_000 },
    );
    expect(work.judging.rows.budget?.evidence).toEqual({
      call: "c1",
      from_ms: 25_000,
      to_ms: 33_000,
    });
    expect(work.said).toBe("Budget: clip ends here.");
    const gone = reduce(work, { do: "remove" });
    expect([gone.judging.rows.budget?.evidence, gone.said]).toEqual([
      undefined,
      "Budget: clip removed.",
    ]);
  });

  test("words go to their row without being read out again", () => {
    const work = after(proven, { do: "say", words: "Quiet." }, { do: "write", row: 1, text: "Oh" });
    expect([work.judging.rows.need?.words, work.said]).toEqual(["Oh", "Quiet."]);
    // Its row is the marked one: the list stays there.
    expect(reduce(begin(review()), { do: "write", row: 1, text: "Oh" }).judging.marked).toBe(1);
    expect(reduce(work, { do: "write", row: 9, text: "Oh" })).toBe(work);
  });

  test("a checklist without rows takes no answer", () => {
    const empty = begin(review({ checklist: { ...review().checklist, criteria: [] } }));
    expect(reduce(empty, { do: "answer", letter: 0 })).toBe(empty);
    expect(reduce(empty, enter)).toBe(empty);
  });
});

describe("enter", () => {
  test("leads to the first thing that is missing", () => {
    const work = reduce(begin(review()), enter);
    expect([work.phase, work.said]).toEqual(["judging", "Budget has no answer yet."]);
    const second = reduce(after(work, { do: "answer", row: 0, letter: 1 }), enter);
    expect([second.judging.marked, second.said]).toEqual([1, "Need has no answer yet."]);
  });

  test("leads to what was not heard: a moment, then the share, of a fail too", () => {
    const moment = reduce(proven, { do: "enter", listened: none });
    expect([moment.phase, moment.said]).toEqual([
      "judging",
      "Budget: its moment was not heard to the end.",
    ]);
    const share = reduce(proven, { do: "enter", listened: { ...all, share: 0.4 } });
    expect(share.said).toBe("40 % of the speech heard; 50 % are needed.");
    expect(reduce(failing, { do: "enter", listened: none }).said).toBe(
      "0 % of the speech heard; 50 % are needed.",
    );
  });

  test("goes through all that is missing, one thing after the other, and begins again", () => {
    let work = begin(review());
    const said: string[] = [];
    for (let n = 0; n < 4; n++) {
      work = reduce(work, { do: "enter", listened: none });
      said.push(work.said);
    }
    expect(said).toEqual([
      "Budget has no answer yet.",
      "Need has no answer yet.",
      "0 % of the speech heard; 50 % are needed.",
      "Budget has no answer yet.",
    ]);
  });

  test("a fail can be given as soon as a row fails on a heard moment", () => {
    const early = after(
      begin(review()),
      { do: "stamp", row: 0, at: at(10_000) },
      { do: "answer", letter: 1 },
    );
    expect(reduce(early, { do: "enter", listened: none }).said).toBe(
      "Budget: its moment was not heard to the end.",
    );
    const heard: Listened = { heard: () => [{ from_ms: 2_000, to_ms: 20_000 }], share: 0.2 };
    const armed = reduce(early, { do: "enter", listened: heard });
    expect([armed.phase, armed.said]).toEqual([
      "armed",
      "Ready: does not pass. Not judged: Need. Enter again gives the verdict, Escape returns.",
    ]);
  });

  test("shows the verdict once more, and gives it the second time", () => {
    const armed = reduce(proven, enter);
    expect([armed.phase, armed.said]).toEqual([
      "armed",
      "Ready: passes. Enter again gives the verdict, Escape returns.",
    ]);
    expect(reduce(failing, enter).said).toContain("Ready: does not pass.");
    const giving = reduce(armed, enter);
    expect(giving.phase).toBe("giving");
    // A third press sends nothing more.
    expect(reduce(giving, enter)).toBe(giving);
  });

  test("what comes to be missing while it is armed is not given", () => {
    const armed = reduce(proven, enter);
    const back = reduce(armed, { do: "enter", listened: none });
    expect([back.phase, back.said]).toEqual([
      "judging",
      "Budget: its moment was not heard to the end.",
    ]);
  });

  test("Escape takes an armed verdict back, and one that is on its way it does not", () => {
    const armed = reduce(proven, enter);
    expect(reduce(armed, { do: "leave" }).phase).toBe("judging");
    const giving = reduce(armed, enter);
    expect(reduce(giving, { do: "leave" }).phase).toBe("giving");
  });

  test("every change of an answer takes an armed verdict back", () => {
    const armed = reduce(proven, enter);
    const changes: Step[] = [
      { do: "stamp", row: 0, at: at(11_000) },
      { do: "fail", row: 0 },
      { do: "answer", letter: 1 },
      { do: "na", row: 2 },
      { do: "move", step: 1 },
      { do: "mark", row: 0 },
      { do: "write", row: 1, text: "fewer words" },
      { do: "edge", edge: "to", now: 12_000 },
      { do: "remove" },
    ];
    for (const change of changes) expect(reduce(armed, change).phase).toBe("judging");
    const giving = reduce(armed, enter);
    for (const change of changes) expect(reduce(giving, change)).toBe(giving);
  });

  test("what does not touch the answers leaves it armed", () => {
    const armed = reduce(proven, enter);
    for (const step of [
      { do: "say", words: "All heard." },
      { do: "show", dialog: { show: "keys" } },
      { do: "close" },
      { do: "trouble", problem },
      { do: "dismiss" },
      { do: "kept", until: "2026-11-20T13:00:00Z" },
    ] satisfies Step[])
      expect(reduce(armed, step).phase).toBe("armed");
  });
});

describe("undo", () => {
  const undo: Step = { do: "undo" };
  const redo: Step = { do: "redo" };
  const rows = (work: Work) => work.judging.rows;

  test("takes back each kind of change, the last first, and says what", () => {
    const changes: Step[] = [
      { do: "stamp", row: 0, at: at(10_000) },
      { do: "answer", letter: 0 },
      { do: "edge", edge: "to", now: 15_000 },
      { do: "nudge", edge: "from", by: -250, length: 60_000 },
      { do: "remove" },
      { do: "na", row: 2 },
      { do: "write", row: 1, text: "Two hours" },
    ];
    const states = [begin(review())];
    for (const change of changes) states.push(reduce(states.at(-1) as Work, change));
    let work = states.at(-1) as Work;
    const said: string[] = [];
    for (let n = changes.length - 1; n >= 0; n--) {
      work = reduce(work, undo);
      expect(rows(work)).toEqual(rows(states[n] as Work));
      said.push(work.said);
    }
    expect(said).toEqual([
      "Undone: Words written.",
      "Undone: Extra: does not apply.",
      "Undone: Budget: clip removed.",
      "Undone: Budget: clip starts a quarter second earlier.",
      "Undone: Budget: clip ends here.",
      "Undone: Budget: Yes.",
      "Undone: Budget stamped.",
    ]);
    expect(reduce(work, undo).said).toBe("Nothing to undo.");
    for (let n = 1; n <= changes.length; n++) {
      work = reduce(work, redo);
      expect(rows(work)).toEqual(rows(states[n] as Work));
    }
    expect(work.said).toBe("Done again: Words written.");
    expect(reduce(work, redo).said).toBe("Nothing to do again.");
  });

  test("the letters of one text are one change; another row's are another", () => {
    const work = after(
      begin(review()),
      { do: "write", row: 1, text: "T" },
      { do: "write", row: 1, text: "Tw" },
      { do: "write", row: 0, text: "A" },
    );
    const once = reduce(work, undo);
    expect([rows(once).need?.words, rows(once).budget]).toEqual(["Tw", undefined]);
    expect(rows(reduce(once, undo))).toEqual({});
  });

  test("a mark that moves is no change, and a new change ends what could come again", () => {
    const work = after(begin(review()), { do: "answer", letter: 0 }, { do: "move", step: 1 });
    const back = reduce(work, undo);
    expect([rows(back), back.judging.marked]).toEqual([{}, 0]);
    const other = after(back, { do: "answer", row: 1, letter: 0 }, redo);
    expect(other.said).toBe("Nothing to do again.");
  });

  test("an armed verdict is judged again, and what is given stays", () => {
    const armed = reduce(proven, enter);
    expect(reduce(armed, undo).phase).toBe("judging");
    const giving = reduce(armed, enter);
    expect(reduce(giving, undo)).toBe(giving);
    const given = reduce(giving, {
      do: "given",
      review: review({ verdict: committed() }),
      said: "",
    });
    expect(reduce(given, undo)).toBe(given);
  });
});

describe("a clip's edges", () => {
  const stamped = after(begin(review()), { do: "stamp", row: 0, at: at(50_000) });
  const clip = (work: Work) => work.judging.rows.budget?.evidence;

  test("move by a quarter second, and end with the call", () => {
    const nudge = (edge: "from" | "to", by: number): Step => ({
      do: "nudge",
      edge,
      by,
      length: 60_000,
    });
    expect(clip(reduce(stamped, nudge("from", 250)))?.from_ms).toBe(42_250);
    expect(clip(after(stamped, nudge("to", 250), nudge("to", 250)))?.to_ms).toBe(60_000);
    expect(clip(reduce(stamped, nudge("to", -250)))?.to_ms).toBe(59_750);
  });

  test("of a row without a clip there are none, and that is said", () => {
    const other = reduce(stamped, { do: "mark", row: 1 });
    for (const step of [
      { do: "nudge", edge: "from", by: 250, length: 60_000 },
      { do: "edge", edge: "to", now: 1 },
      { do: "remove" },
    ] satisfies Step[]) {
      const next = reduce(other, step);
      expect([next.judging, next.said]).toEqual([other.judging, "Need has no clip."]);
    }
  });
});

describe("an item that is elsewhere", () => {
  test("is only shown: nothing changes it, and why is said", () => {
    const work = reduce(proven, { do: "away", why: "tab", problem });
    expect([work.away, work.problem, work.phase]).toEqual(["tab", problem, "judging"]);
    for (const step of [{ do: "answer", letter: 1 }, { do: "undo" }, enter] satisfies Step[])
      expect(reduce(work, step)).toBe(work);
  });

  test("what is not saved is read out once, and that it is again", () => {
    const unsaved = { is: "unsaved", at: null, why: "no connection, trying again" } as const;
    const once = reduce(proven, { do: "saved", saved: unsaved });
    expect(once.said).toBe("Not saved: no connection, trying again.");
    const quiet = after(once, { do: "say", words: "Quiet." }, { do: "saved", saved: unsaved });
    expect(quiet.said).toBe("Quiet.");
    expect(reduce(quiet, { do: "saved", saved: { is: "saved", at: 1 } }).said).toBe("Saved again.");
  });

  test("asked for again it is as the box has it, and the answers stay", () => {
    const held = reduce(proven, {
      do: "given",
      review: review({ verdict: committed() }),
      said: "",
    });
    const now = reduce(held, { do: "refreshed", review: review({ verdict: final() }) });
    expect([now.review.verdict?.claimant?.name, now.judging]).toEqual([
      "Ines Okafor",
      held.judging,
    ]);
  });
});

describe("the box", () => {
  const giving = after(proven, enter, enter);

  test("took it: the item is as the box says, and nothing can be changed", () => {
    const given: Review = review({ verdict: committed(), locked_until: null });
    const work = after(
      giving,
      { do: "trouble", problem },
      { do: "given", review: given, said: "Verdict given: passed." },
    );
    expect([work.phase, work.problem, work.until, work.said]).toEqual([
      "judging",
      undefined,
      null,
      "Verdict given: passed.",
    ]);
    expect(locked(work.review)).toBe(true);
    for (const step of [{ do: "answer", letter: 1 }, { do: "remove" }, enter] satisfies Step[])
      expect(reduce(work, step)).toBe(work);
    expect(lacking(work, none)).toEqual([]);
  });

  test("took it back: the answers are as they were", () => {
    const given = review({ verdict: committed() });
    const back = after(
      giving,
      { do: "given", review: given, said: "" },
      { do: "given", review: review(), said: "Taken back." },
    );
    expect(locked(back.review)).toBe(false);
    expect(back.judging).toBe(giving.judging);
    expect(back.until).toBe("2026-11-20T12:30:00Z");
    expect(reduce(back, enter).phase).toBe("armed");
  });

  test("refused it: why is shown, and it can be given again", () => {
    const work = reduce(giving, { do: "refused", problem });
    expect([work.phase, work.problem]).toEqual(["judging", problem]);
    expect(after(work, enter, enter).phase).toBe("giving");
    expect(reduce(work, { do: "dismiss" }).problem).toBeUndefined();
  });

  test("says until when the item stays here", () => {
    const work = reduce(proven, { do: "kept", until: "2026-11-20T12:45:00Z" });
    expect(work.until).toBe("2026-11-20T12:45:00Z");
  });
});

describe("what is on the desk", () => {
  test("an item that is begun anew has what was kept of it", () => {
    const kept = review({
      draft: { marked: 1, rows: { budget: { answer: "yes", words: "" } } },
    });
    expect(begin(kept).judging).toEqual({
      marked: 1,
      failing: false,
      rows: { budget: { answer: "yes", words: "" } },
    });
  });

  test("an item that was given shows what was given, whatever draft is left", () => {
    const answers = [
      { criterion: "budget", answer: "no", evidence: { call: "c1", from_ms: 0, to_ms: 9 } },
      { criterion: "need", answer: "yes", words: "two hours a day" },
    ];
    const draft = { marked: 1, rows: { extra: { answer: "yes", words: "" } } };
    const given = begin(review({ draft, verdict: committed({ answers }) }));
    expect(given.judging.rows).toEqual({
      budget: { answer: "no", words: "", evidence: { call: "c1", from_ms: 0, to_ms: 9 } },
      need: { answer: "yes", words: "two hours a day", evidence: undefined },
    });
    expect(locked(given.review)).toBe(true);
  });

  test("a dispute's reviewer may change the answer until the last word", () => {
    const answered = {
      passed: true,
      answers: [{ criterion: "budget", answer: "yes" }],
      decided: false,
      final_passed: null,
      dispute: null,
    };
    const open = review({ kind: "second_review", answered });
    expect([pending(open), locked(open)]).toEqual([true, false]);
    const work = reduce(begin(open), { do: "answer", row: 0, letter: 1 });
    expect(work.judging.rows.budget?.answer).toBe("no");
    const done = review({ kind: "second_review", answered: { ...answered, decided: true } });
    expect([pending(done), locked(done)]).toEqual([false, true]);
    const fresh = review({ kind: "second_review", answered: null });
    expect([pending(fresh), locked(fresh)]).toEqual([false, false]);
  });

  test("another call of the item, and what is shown over it", () => {
    const two = review({ calls: [sound(), sound({ call: "c2" })] });
    const work = reduce(begin(two), { do: "open", call: 1 });
    expect([work.shown, work.said]).toEqual([1, "Call 2 of 2."]);
    const keys = reduce(work, { do: "show", dialog: { show: "keys" } });
    expect(keys.dialog).toEqual({ show: "keys" });
    expect(reduce(keys, { do: "leave" }).dialog).toBeUndefined();
    const closed = reduce(keys, { do: "close" });
    expect([closed.dialog, closed.said]).toEqual([undefined, "Call 2 of 2."]);
    expect(reduce(keys, { do: "close", said: "Comment pinned." }).said).toBe("Comment pinned.");
  });

  test("a step leaves the state before it as it was", () => {
    const before = begin(
      review({ checklist: { ...review().checklist, criteria: [criterion("a")] } }),
    );
    const kept = structuredClone(before);
    after(before, { do: "stamp", row: 0, at: at(9_000) }, { do: "answer", letter: 0 }, enter);
    expect(before).toEqual(kept);
  });
});
