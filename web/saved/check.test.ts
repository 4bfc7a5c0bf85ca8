// What is whole says so, and each kind of touch is found.
import { beforeAll, expect, test } from "vitest";
import { madeSaved } from "../testing/savedStatement";
import { check } from "./check";
import type { Saved } from "./data";
import type { Checked } from "./line";

let whole: Saved;
beforeAll(async () => {
  whole = await madeSaved();
});

function checked(saved: Saved): Checked {
  const slices = check(saved);
  for (;;) {
    const { done, value } = slices.next();
    if (done) return value;
  }
}

test("a whole one holds, line by line", () => {
  const { faults, lines, sum, takenBack, leaves } = checked(whole);
  expect(faults).toEqual([]);
  expect(lines.map(({ state }) => state)).toEqual(["proved", "proved", "proved", "proved"]);
  expect([sum, takenBack]).toEqual([
    [{ minor: 8000, currency: "EUR" }],
    [{ minor: -4000, currency: "EUR" }],
  ]);
  expect(leaves).toBe(17);
});
