import { beforeEach, describe, expect, test, vi } from "vitest";
import { pass } from "../../testing/box";
import { review } from "../../testing/made";
import type { Draft, Kept, Result } from "../api";
import { inTab, Saver, unsaved } from "./saver";
import type { Saved } from "./state";

const draft = (answer: string): Draft => ({ rows: { budget: { answer, words: "" } }, marked: 0 });
const took = (revision: number): Result<Kept> => ({
  ok: true,
  value: { revision, locked_until: "2026-11-20T12:30:00Z" },
});
const refused = (status: number, title = "No"): Result<Kept> => ({
  ok: false,
  problem: { status, title, detail: "" },
});

let sent: [number, Draft][];
let answers: (() => Promise<Result<Kept>> | Result<Kept>)[];
let shown: Saved[];
const [kept, away] = [vi.fn(), vi.fn()];
let saver: Saver;
const parts = {
  tab: inTab("r1"),
  send: async (revision: number, d: Draft) => {
    sent.push([revision, d]);
    return (await answers.shift()?.()) ?? took(revision + 1);
  },
  current: () => Promise.resolve(current),
  shown: (saved: Saved) => void shown.push(saved),
  kept,
  refused: away,
};
let current: { revision: number; draft: Draft | null } | undefined;
const is = () => shown.map((s) => s.is);

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000 });
  [sent, answers, shown, current] = [[], [], [], undefined];
  kept.mockClear();
  away.mockClear();
  saver = new Saver(3, parts);
});

describe("what was answered", () => {
  test("is saved a moment after the last change, with the revision that this page knows", async () => {
    saver.changed(draft("yes"));
    await pass(500);
    saver.changed(draft("no"));
    await pass(599);
    expect(sent).toEqual([]);
    await pass(1);
    expect(sent).toEqual([[3, draft("no")]]);
    expect(is()).toEqual(["saving", "saving", "saved"]);
    expect(shown.at(-1)?.at).toBe(2_100);
    expect(kept).toHaveBeenCalledWith("2026-11-20T12:30:00Z");
    saver.changed(draft("yes"));
    await pass(600);
    expect(sent.at(-1)).toEqual([4, draft("yes")]);
  });

  test("while the box does not answer, it is tried again and said, at growing distances", async () => {
    answers = [() => refused(0), () => refused(429), () => refused(0)];
    saver.changed(draft("yes"));
    await pass(600);
    expect(shown.at(-1)).toMatchObject({ is: "unsaved", why: "no connection, trying again" });
    await pass(1_000);
    expect(shown.at(-1)?.why).toBe("the box is busy, trying again");
    await pass(1_999);
    expect(sent.length).toBe(2);
    await pass(1);
    expect(sent.length).toBe(3);
    await pass(4_000);
    expect([sent.length, is().at(-1)]).toEqual([4, "saved"]);
    // After a success the distances begin anew.
    answers = [() => refused(0)];
    saver.changed(draft("no"));
    await pass(600 + 1_000);
    expect(sent.length).toBe(6);
  });

  test("what was changed while it was on its way goes after it", async () => {
    let answer: (r: Result<Kept>) => void = () => undefined;
    answers = [() => new Promise((resolve) => (answer = resolve))];
    saver.changed(draft("yes"));
    await pass(600);
    saver.changed(draft("no"));
    await pass(600);
    expect(sent.length).toBe(1);
    answer(took(4));
    await pass(0);
    expect(sent).toEqual([
      [3, draft("yes")],
      [4, draft("no")],
    ]);
    expect(is().at(-1)).toBe("saved");
  });

  test("of two answers the newer is tried again", async () => {
    let answer: (r: Result<Kept>) => void = () => undefined;
    answers = [() => new Promise((resolve) => (answer = resolve))];
    saver.changed(draft("yes"));
    await pass(600);
    saver.changed(draft("no"));
    answer(refused(0));
    await pass(2_000);
    expect(sent.at(-1)).toEqual([3, draft("no")]);
  });
});

describe("a page that goes", () => {
  test("saves at once what was just answered, and nothing twice", async () => {
    saver.changed(draft("yes"));
    saver.leave();
    expect(sent.length).toBe(1);
    await pass(5_000);
    saver.leave();
    expect(sent.length).toBe(1);
  });

  test("does so past a request that is on its way", async () => {
    answers = [() => new Promise(() => undefined)];
    saver.changed(draft("yes"));
    await pass(600);
    saver.changed(draft("no"));
    saver.leave();
    expect(sent.at(-1)).toEqual([4, draft("no")]);
  });
});

describe("this tab", () => {
  const here = () => inTab("r1").get();
  const onBox = (draft_revision: number, on: Draft | null) =>
    unsaved(review({ draft_revision, draft: on }));

  test("has what the box does not have yet, and no more of it then", async () => {
    saver.changed(draft("yes"));
    expect(onBox(3, null)).toEqual(draft("yes"));
    answers = [() => refused(0)];
    await pass(600);
    expect(onBox(3, null)).toEqual(draft("yes"));
    await pass(1_000);
    expect(here()).toBeUndefined();
  });

  test("has it while it is on its way", async () => {
    answers = [() => new Promise(() => undefined)];
    saver.changed(draft("yes"));
    await pass(600);
    expect(onBox(3, null)).toEqual(draft("yes"));
    // It arrived, and the answer did not.
    expect(onBox(4, draft("yes"))).toBeUndefined();
    saver.changed(draft("no"));
    expect(onBox(4, draft("yes"))).toEqual(draft("no"));
  });

  test("knows what it sent before it was loaded again, and that arrives only now", async () => {
    answers = [() => new Promise(() => undefined)];
    saver.changed(draft("yes"));
    await pass(600);
    saver.changed(draft("no"));
    answers = [() => refused(409, "Open in another tab")];
    current = { revision: 4, draft: draft("yes") };
    const anew = new Saver(3, parts);
    anew.changed(draft("no"));
    await pass(600);
    await pass(10);
    expect(away).not.toHaveBeenCalled();
    expect(sent.at(-1)).toEqual([4, draft("no")]);
  });

  test("gives way to what was saved elsewhere since", () => {
    saver.changed(draft("yes"));
    expect(onBox(4, draft("c"))).toBeUndefined();
  });
});

describe("two requests at once, as when a page is put away and comes back", () => {
  let settle: ((r: Result<Kept>) => void)[];
  beforeEach(async () => {
    settle = [];
    const later = () => new Promise<Result<Kept>>((resolve) => settle.push(resolve));
    answers = [later, later];
    saver.changed(draft("yes"));
    await pass(600);
    saver.changed(draft("no"));
    saver.leave();
  });

  test("of which both are lost, leave the newer to be tried again", async () => {
    settle[0]?.(refused(0));
    settle[1]?.(refused(0));
    await pass(2_000);
    expect(sent.slice(2)).toEqual([[3, draft("no")]]);
    expect(is().at(-1)).toBe("saved");
  });

  test("of which the second overtakes the first, are no other tab", async () => {
    settle[1]?.(refused(409, "Open in another tab"));
    await pass(0);
    settle[0]?.(took(4));
    await pass(0);
    expect(sent.slice(2)).toEqual([[4, draft("no")]]);
    expect(away).not.toHaveBeenCalled();
  });

  test("both arrive, and the next goes by the later revision", async () => {
    settle[0]?.(took(4));
    settle[1]?.(took(5));
    await pass(0);
    expect([is().at(-1), inTab("r1").get()]).toEqual(["saved", undefined]);
    saver.changed(draft("yes"));
    await pass(600);
    expect(sent.slice(2)).toEqual([[5, draft("yes")]]);
  });
});

test("a verdict that the box did not get leaves what was not saved to be tried again", async () => {
  answers = [() => refused(0)];
  saver.changed(draft("yes"));
  await saver.flush();
  saver.stop();
  await pass(60_000);
  expect(sent.length).toBe(1);
  saver.resume();
  await pass(2_000);
  expect([sent.length, is().at(-1)]).toEqual([2, "saved"]);
});

test("so does one that was given while a draft was on its way", async () => {
  let answer: (r: Result<Kept>) => void = () => undefined;
  answers = [() => new Promise((resolve) => (answer = resolve))];
  saver.changed(draft("yes"));
  await pass(600);
  saver.stop();
  answer(refused(0));
  await pass(0);
  saver.resume();
  await pass(1_000);
  expect([sent.length, is().at(-1)]).toEqual([2, "saved"]);
});

describe("a page that may not", () => {
  test("because another tab saved meanwhile, says so once and saves no more", async () => {
    answers = [() => refused(409, "Open in another tab")];
    saver.changed(draft("yes"));
    await pass(600);
    await pass(0);
    expect(away).toHaveBeenCalledTimes(1);
    expect(shown.at(-1)).toMatchObject({ is: "unsaved", why: "Open in another tab" });
    saver.changed(draft("no"));
    saver.leave();
    await pass(60_000);
    expect(sent.length).toBe(1);
  });

  test("unless what is newer is its own, whose answer was lost on the way", async () => {
    answers = [() => refused(0), () => refused(409, "Open in another tab")];
    // The box has it, with its fields in another order.
    current = { revision: 4, draft: { marked: 0, rows: { budget: { words: "", answer: "yes" } } } };
    saver.changed(draft("yes"));
    await pass(600);
    saver.changed(draft("no"));
    await pass(600);
    await pass(10);
    expect(away).not.toHaveBeenCalled();
    expect(sent.at(-1)).toEqual([4, draft("no")]);
    expect(is().at(-1)).toBe("saved");
  });

  test("another tab's draft is not taken for its own", async () => {
    answers = [() => refused(0), () => refused(409, "Open in another tab")];
    current = { revision: 9, draft: draft("c") };
    saver.changed(draft("yes"));
    await pass(2_000);
    expect([away.mock.calls.length, sent.length]).toEqual([1, 2]);
  });

  test("because the item is over, is still until it is taken back", async () => {
    saver.changed(draft("yes"));
    saver.stop();
    await pass(5_000);
    expect(sent).toEqual([]);
    saver.resume(7);
    saver.changed(draft("no"));
    await pass(600);
    expect(sent).toEqual([[7, draft("no")]]);
  });
});
