import { expect, test } from "vitest";
import type { Criterion } from "../api";
import * as j from "./judging";
import { action, KEYS } from "./keys";

const criterion = (id: string, more: Partial<Criterion> = {}): Criterion => ({
  id,
  title: id,
  hint: "",
  definition: "",
  counts: "",
  does_not_count: "",
  must_pass: true,
  may_not_apply: false,
  words_needed: 0,
  moment_always: false,
  answers: [
    { id: "yes", label: "Yes", passes: true, absent: false },
    { id: "no", label: "No", passes: false, absent: false },
    { id: "not_asked", label: "Not asked", passes: false, absent: false },
  ],
  ...more,
});
const list = [
  criterion("budget"),
  criterion("need", { words_needed: 5 }),
  criterion("extra", { must_pass: false, may_not_apply: true }),
];
const key = (k: string, code = "", shiftKey = false) =>
  action({ key: k, code, shiftKey, ctrlKey: false, metaKey: false, altKey: false });

test("a stamp says where and never what", () => {
  const s = j.stamp(j.start(), list, 0, "c", 3000, 60_000);
  expect(s.rows.budget).toEqual({ words: "", evidence: { call: "c", from_ms: 0, to_ms: 13_000 } });
  expect(j.missing(s, list)[0]?.what).toBe("budget has no answer yet");
});

test("a pass needs an answer, a moment, and words where they are asked for", () => {
  let s = j.answer(j.start(), list, 0, 0);
  expect(j.result(s, list[0]!)).toBe("unproven");
  s = j.stamp(s, list, 0, "c", 30_000, 60_000);
  s = j.stamp(j.answer(s, list, 1, 0), list, 1, "c", 50_000, 55_000);
  expect(j.missing(s, list)).toEqual([
    { row: 1, what: "need: 0 words so far; 5 are needed", act: "words" },
  ]);
  s = j.words(s, list[1]!, "two hours a day on 4 forms");
  expect([j.passes(s, list), j.missing(s, list)]).toEqual([true, []]);
  expect(j.given(s, list)[1]).toEqual({
    criterion: "need",
    answer: "yes",
    evidence: { call: "c", from_ms: 42_000, to_ms: 55_000 },
    words: "two hours a day on 4 forms",
  });
});

test("a failing answer needs no moment, and its reason is one digit away", () => {
  const s = j.failBecause(j.fail(j.start(), list, 0), list, 1);
  expect([s.rows.budget?.answer, j.result(s, list[0]!)]).toEqual(["not_asked", "fail"]);
});

test("a kept draft cannot set aside a row that must be answered", () => {
  const at = { call: "c", from_ms: 0, to_ms: 5_000 };
  const kept = j.fromAnswers([{ criterion: "budget", answer: j.NOT_APPLICABLE, evidence: at }]);
  expect(j.result(kept, list[0]!)).toBe("fail");
  expect(j.result(kept, { ...list[0]!, may_not_apply: true })).toBe("pass");
});

test("clip edges move by key and never cross", () => {
  const s = j.stamp(j.start(), list, 0, "c", 20_000, 60_000);
  expect(j.edge(s, list[0]!, "from", 90_000).rows.budget?.evidence?.from_ms).toBe(29_500);
  expect(j.edge(s, list[0]!, "to", 15_000).rows.budget?.evidence?.to_ms).toBe(15_000);
  expect(j.edge(s, list[0]!, "from", -900).rows.budget?.evidence?.from_ms).toBe(0);
});

test("silence is skipped to just before the next word", () => {
  const speech = [
    { from_ms: 1000, to_ms: 2000 },
    { from_ms: 9000, to_ms: 9500 },
  ];
  expect([j.skipTo(speech, 1500), j.skipTo(speech, 4000), j.skipTo(speech, 20_000)]).toEqual([
    1500, 8850, 20_000,
  ]);
});

test("digits match by position, letters by the character, and chords are left alone", () => {
  expect(key("&", "Digit1")).toEqual({ do: "stamp", row: 0 });
  expect(key("!", "Digit1", true)).toEqual({ do: "fail", row: 0 });
  expect(key("b")).toEqual({ do: "answer", letter: 1 });
  expect(key("?", "Slash", true)).toEqual({ do: "keys" });
  expect(
    action({
      key: "s",
      code: "KeyS",
      shiftKey: false,
      ctrlKey: true,
      metaKey: false,
      altKey: false,
    }),
  ).toBeUndefined();
  expect(new Set(KEYS.map((k) => k.says)).size).toBe(KEYS.length);
});

const span = (from_ms: number, to_ms: number) => ({ from_ms, to_ms });
const whats = (all: j.Missing[]) => all.map((m) => m.what);

test("a moment must have been heard to its end, and a share of all that was said", () => {
  let at = j.stamp(j.start(), list, 0, "c", 9_000, 60_000);
  at = j.answer(at, list, 0, 0);
  expect(whats(j.unheard(at, list, () => [span(0, 5_000)], 0.9, 0.5))).toEqual([
    "budget: its moment was not heard to the end",
  ]);
  at = j.words(
    j.answer(j.stamp(at, list, 1, "c", 9_000, 60_000), list, 1, 0),
    list[1] as Criterion,
    "Drivers lose two hours daily",
  );
  expect(whats(j.unheard(at, list, () => [span(0, 30_000)], 0.2, 0.5))).toEqual([
    "20 % of the speech heard; 50 % are needed",
  ]);
});

test("a fail on a moment leaves the other rows unjudged, and needs no share", () => {
  const failed = j.answer(j.stamp(j.start(), list, 0, "c", 9_000, 60_000), list, 0, 1);
  expect(j.missing(failed, list)).toEqual([]);
  expect(j.notJudged(failed, list).map((c) => c.id)).toEqual(["need"]);
  expect(whats(j.unheard(failed, list, () => [], 0, 0.5))).toEqual([
    "budget: its moment was not heard to the end",
  ]);
  expect(j.unheard(failed, list, () => [span(0, 30_000)], 0, 0.5)).toEqual([]);
});

test("without a moment a fail needs every row and the share, as a pass does", () => {
  const failed = j.answer(j.start(), list, 0, 1);
  expect(whats(j.missing(failed, list))).toEqual(["need has no answer yet"]);
  expect(j.notJudged(failed, list)).toEqual([]);
  const both = j.answer(failed, list, 1, 1);
  expect(whats(j.unheard(both, list, () => [], 0.1, 0.5))).toEqual([
    "10 % of the speech heard; 50 % are needed",
  ]);
});

test("a row for information that does not pass decides nothing", () => {
  const extra = j.answer(j.stamp(j.start(), list, 2, "c", 9_000, 60_000), list, 2, 1);
  expect([j.failsOnMoment(extra, list), j.missing(extra, list).length]).toEqual([false, 2]);
});
