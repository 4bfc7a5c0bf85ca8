import { expect, test } from "vitest";
import { ago, clock, money, sum } from "./format";

test("times on the player read like a clock", () => {
  expect([clock(0), clock(65_900), clock(3_661_000)]).toEqual(["0:00", "1:05", "1:01:01"]);
});

test("money keeps the digits of its currency", () => {
  expect(money({ minor: 4000, currency: "EUR" })).toContain("40.00");
  expect(money({ minor: 4000, currency: "JPY" })).toContain("4,000");
  expect(sum([])).toBe("nothing yet");
});

test("a short while is told in minutes, then hours, then days", () => {
  const now = Date.parse("2026-11-20T12:00:00Z");
  expect([
    ago("2026-11-20T11:59:50Z", now),
    ago("2026-11-20T11:30:00Z", now),
    ago("2026-11-20T02:00:00Z", now),
    ago("2026-11-16T12:00:00Z", now),
  ]).toEqual(["just now", "30 min", "10 h", "4 days"]);
});
