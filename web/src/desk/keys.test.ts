import { describe, expect, test } from "vitest";
import { type Action, action, KEYS, type KeyLike, singleKeys } from "./keys";

const pressed = (key: string, more: Partial<KeyLike> = {}) =>
  action({
    key,
    code: "",
    shiftKey: false,
    ctrlKey: false,
    metaKey: false,
    altKey: false,
    ...more,
  });

describe("each key", () => {
  const TABLE: [string, Action, Partial<KeyLike>?][] = [
    [" ", { do: "play" }],
    ["j", { do: "seek", ms: -10_000 }],
    ["l", { do: "seek", ms: 10_000 }],
    ["ArrowLeft", { do: "seek", ms: -5_000 }],
    ["ArrowRight", { do: "seek", ms: 5_000 }],
    [",", { do: "rate", step: -0.25 }],
    [".", { do: "rate", step: 0.25 }],
    ["-", { do: "volume", step: -0.1 }],
    ["+", { do: "volume", step: 0.1 }],
    ["=", { do: "volume", step: 0.1 }],
    ["u", { do: "unheard" }],
    ["s", { do: "skip" }],
    ["v", { do: "call" }],
    ["g", { do: "lanes" }],
    ["1", { do: "stamp", row: 0 }, { code: "Digit1" }],
    ["9", { do: "stamp", row: 8 }, { code: "Numpad9" }],
    ["!", { do: "fail", row: 0 }, { code: "Digit1", shiftKey: true }],
    ["a", { do: "answer", letter: 0 }],
    ["E", { do: "answer", letter: 4 }],
    ["0", { do: "na" }, { code: "Digit0" }],
    ["ArrowUp", { do: "move", step: -1 }],
    ["ArrowDown", { do: "move", step: 1 }],
    ["t", { do: "words" }],
    ["p", { do: "clip", loop: false }],
    ["P", { do: "clip", loop: true }, { shiftKey: true }],
    ["i", { do: "edge", edge: "from" }],
    ["o", { do: "edge", edge: "to" }],
    ["x", { do: "remove" }],
    ["m", { do: "comment" }],
    ["Enter", { do: "enter" }],
    ["z", { do: "back" }],
    ["n", { do: "next" }],
    ["q", { do: "skip-item" }],
    ["w", { do: "pause" }],
    ["[", { do: "nudge", edge: "from", by: -250 }],
    ["ü", { do: "nudge", edge: "from", by: -250 }, { code: "BracketLeft" }],
    ["]", { do: "nudge", edge: "from", by: 250 }],
    ["{", { do: "nudge", edge: "to", by: -250 }, { shiftKey: true }],
    ["}", { do: "nudge", edge: "to", by: 250 }, { shiftKey: true }],
    ["z", { do: "undo" }, { ctrlKey: true }],
    ["z", { do: "undo" }, { metaKey: true }],
    ["Z", { do: "redo" }, { ctrlKey: true, shiftKey: true }],
    ["?", { do: "keys" }],
    ["Escape", { do: "leave" }],
  ];
  for (const [key, does, more] of TABLE)
    test(`${more?.ctrlKey ? "Ctrl+" : ""}${more?.metaKey ? "Cmd+" : ""}${more?.shiftKey ? "Shift+" : ""}${key === " " ? "Space" : key} is ${JSON.stringify(does)}`, () =>
      expect(pressed(key, more)).toEqual(does));

  test("one that is not in the table does nothing", () => {
    for (const key of ["f", "F5", "Tab", "Shift", "ö", "0"]) expect(pressed(key)).toBeUndefined();
  });

  test("a chord belongs to the browser, but for what is undone", () => {
    expect(pressed("z", { altKey: true })).toBeUndefined();
    for (const chord of ["ctrlKey", "metaKey", "altKey"])
      expect(pressed("s", { [chord]: true })).toBeUndefined();
  });
});

test("no key stands twice in the overlay, and every group has some", () => {
  const shown = KEYS.flatMap((k) => k.shown.filter((s) => s !== "…"));
  expect(shown.length).toBe(new Set(shown).size);
  expect(new Set(KEYS.map((k) => k.group))).toEqual(
    new Set(["Play", "Answer", "Evidence", "Claim"]),
  );
});

test("single keys can be switched off; those with a name stay", () => {
  singleKeys.set(false);
  for (const key of ["a", "q", "?", "j"]) expect(pressed(key)).toBeUndefined();
  expect(pressed("1", { code: "Digit1" })).toBeUndefined();
  expect(pressed("z", { ctrlKey: true })).toEqual({ do: "undo" });
  for (const key of [" ", "Enter", "Escape", "ArrowLeft"]) expect(pressed(key)).toBeDefined();
  singleKeys.set(true);
  expect(pressed("a")).toEqual({ do: "answer", letter: 0 });
});
