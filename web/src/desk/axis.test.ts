import { expect, test } from "vitest";
import { axis, ticks } from "./axis";

test("a place is a share of the call", () => {
  const at = axis(60_000);
  expect(at.left(15_000)).toBe("25%");
  expect(at.span({ from_ms: 30_000, to_ms: 36_000 })).toEqual({ left: "50%", width: "10%" });
});

test("the ruler has round times, and never too many", () => {
  expect(ticks(20_000)).toEqual([0, 5_000, 10_000, 15_000, 20_000]);
  for (const length of [60_000, 372_000, 3_600_000, 4 * 3_600_000])
    expect(ticks(length).length).toBeLessThanOrEqual(15);
});
