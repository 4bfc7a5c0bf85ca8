import { expect, test } from "vitest";
import { dateThere, endOfDay, startOfDay } from "./zone";

test("a day begins and ends by the clocks of its zone", () => {
  expect(startOfDay("2026-11-20", "Europe/Berlin")).toBe("2026-11-19T23:00:00.000Z");
  expect(endOfDay("2026-11-20", "Europe/Berlin")).toBe("2026-11-20T22:59:59.999Z");
  expect(endOfDay("2026-11-20", "America/New_York")).toBe("2026-11-21T04:59:59.999Z");
  expect(endOfDay("2026-12-31", "UTC")).toBe("2026-12-31T23:59:59.999Z");
});

test("a day on which the clocks change has 23 or 25 hours", () => {
  const hours = (date: string) =>
    (Date.parse(endOfDay(date, "Europe/Berlin")) +
      1 -
      Date.parse(startOfDay(date, "Europe/Berlin"))) /
    3_600_000;
  expect(["2026-03-29", "2026-07-01", "2026-10-25"].map(hours)).toEqual([23, 24, 25]);
});

test("a moment belongs to the day of its zone", () => {
  expect(dateThere("2026-11-20T23:30:00Z", "Europe/Berlin")).toBe("2026-11-21");
  expect(dateThere("2026-11-20T23:30:00Z", "UTC")).toBe("2026-11-20");
});
