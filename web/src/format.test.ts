import { describe, expect, test } from "vitest";
import * as f from "./format";

test("times on the player read like a clock", () => {
  const times = [0, 999, 65_900, 599_000, 3_661_000, -5];
  expect(times.map(f.clock)).toEqual(["0:00", "0:00", "1:05", "9:59", "1:01:01", "0:00"]);
});

test("two days have their years, and one day stands once", () => {
  expect(f.daysBetween("2025-12-01", "2026-11-30")).toMatch(/2025 to .*2026$/);
  expect(f.daysBetween("2026-11-30", "2026-11-30")).not.toContain("to");
});

describe("money", () => {
  test("keeps the digits of its currency", () => {
    expect(f.money({ minor: 4000, currency: "EUR" })).toContain("40.00");
    expect(f.money({ minor: 4000, currency: "JPY" })).toContain("4,000");
    expect(f.money({ minor: 4000, currency: "KWD" })).toContain("4.000");
    expect(f.money({ minor: -4000, currency: "EUR" })).toMatch(/^[-−]/);
  });

  test("of several currencies is named one after the other, and none is a word", () => {
    expect(f.sum([])).toBe("nothing yet");
    const [euros, yen] = [
      { minor: 100, currency: "EUR" },
      { minor: 5, currency: "JPY" },
    ];
    expect(f.sum([euros, yen])).toBe(`${f.money(euros)} + ${f.money(yen)}`);
  });
});

test("a short while is told in minutes, then hours, then days", () => {
  const now = Date.parse("2026-11-20T12:00:00Z");
  const at = [
    "2026-11-20T12:05:00Z",
    "2026-11-20T11:59:50Z",
    "2026-11-20T11:30:00Z",
    "2026-11-20T11:01:00Z",
    "2026-11-20T02:00:00Z",
    "2026-11-18T13:00:00Z",
    "2026-11-16T12:00:00Z",
  ];
  expect(at.map((a) => f.ago(a, now))).toEqual([
    "just now",
    "just now",
    "30 min",
    "59 min",
    "10 h",
    "47 h",
    "4 days",
  ]);
});

test("a moment has its day and its minute, a day its year", () => {
  const at = "2026-11-20T09:05:00Z";
  for (const part of [/20/, /Nov/, /0?9:05/]) expect(f.moment(at)).toMatch(part);
  for (const part of [/20/, /Nov/, /2026/]) expect(f.day(at)).toMatch(part);
  expect(f.day(at)).not.toContain(":");
  expect(f.time(at)).toMatch(/^0?9:05/);
});

test("what the box calls it is a word, and what is not known shows as it is", () => {
  expect(f.outcome("cancelled")).toBe("given up");
  expect(f.outcome("of_its_own")).toBe("of_its_own");
  expect(f.disposition("do_not_call")).toBe("Do not call");
  expect(f.disposition("of_its_own")).toBe("of_its_own");
  expect(f.gapReason("paused")).toBe("the recording was paused");
  expect(f.gapReason("of_its_own")).toBe("of_its_own");
});

test("what a call came to has a digit each, and no two the same name", () => {
  expect(f.DISPOSITIONS.length).toBeLessThan(10);
  for (const side of [0, 1] as const)
    expect(new Set(f.DISPOSITIONS.map((d) => d[side])).size).toBe(f.DISPOSITIONS.length);
});

test("currencies are summed apart, and what is added has its sign", () => {
  const amounts = [
    { minor: 4000, currency: "EUR" },
    { minor: 3500, currency: "GBP" },
    { minor: -1000, currency: "EUR" },
  ];
  expect(f.totals(amounts)).toEqual([
    { minor: 3000, currency: "EUR" },
    { minor: 3500, currency: "GBP" },
  ]);
  expect(amounts.map(f.signed).map((t) => t.slice(0, 1))).toEqual(["+", "+", "-"]);
  expect(f.signed({ minor: 0, currency: "EUR" })).toBe(f.money({ minor: 0, currency: "EUR" }));
});

test("a period has a name; what is none stays as it is", () => {
  expect(["2026-11", "2026-13", "soon"].map(f.month)).toEqual(["November 2026", "2026-13", "soon"]);
});
