import { expect, test } from "vitest";
import type { Checklist, Criterion } from "../../api";
import { moved } from "./compare";
import { shifted } from "./shifted";

const row = (id: string, more: Partial<Criterion> = {}): Criterion => ({
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
  ],
  ...more,
});
const list = (...criteria: Criterion[]): Checklist => ({ name: "BANT", criteria });

test("what moved between two versions is said, and nothing else", () => {
  const old = list(row("budget"), row("need"));
  expect(moved(old, old)).toEqual([]);
  expect(moved(old, list(row("need"), row("budget")))).toEqual(["The order of the rows changed."]);
  expect(
    moved(old, list(row("budget", { words_needed: 5 }), row("time", { must_pass: false }))),
  ).toEqual([
    "“need” is gone.",
    "budget: words needed for the pain was “0”, is “5”.",
    "“time” is new, for information.",
  ]);
  expect(
    moved(
      old,
      list(
        row("budget", {
          answers: [
            { id: "yes", label: "Yes", passes: false, absent: false },
            { id: "maybe", label: "Maybe", passes: true, absent: false },
          ],
        }),
        row("need"),
      ),
    ),
  ).toEqual([
    "budget: the answer “No” is gone.",
    "budget: “Yes” fails now.",
    "budget: the answer “Maybe” is new and passes.",
  ]);
});

test("a row moves by one and no further than the ends", () => {
  expect(shifted(["a", "b", "c"], 0, 1)).toEqual(["b", "a", "c"]);
  expect(shifted(["a", "b", "c"], 2, -1)).toEqual(["a", "c", "b"]);
  expect(shifted(["a", "b", "c"], 0, -1)).toEqual(["a", "b", "c"]);
  expect(shifted(["a", "b"], 1, 1)).toEqual(["a", "b"]);
});
