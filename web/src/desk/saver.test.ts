import { beforeEach, describe, expect, test, vi } from "vitest";
import { pass } from "../../testing/box";
import type { Draft, Kept, Result } from "../api";
import { Saver } from "./saver";
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
let current: { revision: number; draft: Draft | null } | undefined;
const is = () => shown.map((s) => s.is);

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000 });
  [sent, answers, shown] = [[], [], []];
  kept.mockClear();
  away.mockClear();
  saver = new Saver(3, {
    send: async (revision, d) => {
      sent.push([revision, d]);
      return (await answers.shift()?.()) ?? took(revision + 1);
    },
    current: () => Promise.resolve(current),
    shown: (saved) => shown.push(saved),
    kept,
    refused: away,
  });
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
    answers = [() => refused(0), () => refused(503), () => refused(0)];
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

describe("a page that may not", () => {
  test("because another tab saved meanwhile, says so once and saves no more", async () => {
    answers = [() => refused(409, "Open in another tab")];
    saver.changed(draft("yes"));
    await pass(600);
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
