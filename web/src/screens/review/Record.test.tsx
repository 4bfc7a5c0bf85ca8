import { expect, test } from "vitest";
import { Box, refusal } from "../../../testing/box";
import { alerts, cells, screen, show, textOf } from "../../../testing/show";
import type { OwnRecord } from "../../api";
import { day } from "../../format";
import { Record } from "./Record";

const record = (more: Partial<OwnRecord> = {}): OwnRecord => ({
  claims: 214,
  passed: 120,
  failed: 94,
  taken_back: 3,
  sent_back: 3,
  second_reviews_done: 12,
  median_ms: 412_000,
  heard_share: 0.874,
  speed: 1.43,
  agreement: { n: 31, percent: 0.9, kappa: 0.78, ac1: 0.81, prevalence: 0.56 },
  changed_on_dispute: 2,
  days: [
    { day: "2026-11-25", claims: 18, passed: 9, median_ms: 400_000 },
    { day: "2026-11-24", claims: 1, passed: 0, median_ms: null },
  ],
  ...more,
});
const page = () => textOf(screen.getByRole("main"));
const shown = (of: unknown) => {
  new Box({ "GET /review/record": of });
  return show(<Record />);
};

test("claims, pace, listening and agreement, each with what it counts", async () => {
  await shown(record());
  expect(page()).toContain("Claims judged214120 passed, 94 not; 3 taken back, 3 sent back");
  expect(page()).toContain("Pace6 min 52 s");
  expect(page()).toContain("Speech heard87 %on average, at 1.43×");
  expect(page()).toContain(
    "Agreement with second reviews90 %n 31, kappa 0.78, AC1 0.81, yes in 56 %; 2 changed on dispute",
  );
  expect(cells()).toEqual([
    [day("2026-11-25"), "18", "9", "6 min 40 s"],
    [day("2026-11-24"), "1", "0", "unknown"],
  ]);
});

test("nothing of it is money", async () => {
  await shown(record());
  expect(page()).not.toMatch(/€|earn|commission|paid/i);
});

test("what is not known is a word, never 0", async () => {
  await shown(
    record({
      median_ms: null,
      heard_share: null,
      speed: null,
      agreement: { n: 0, percent: null, kappa: null, ac1: null, prevalence: null },
    }),
  );
  expect(page()).toContain("Paceunknown");
  expect(page()).toContain("Speech heardunknownat an unknown speed");
  expect(page()).toContain("Agreementunknownnone of your verdicts was reviewed a second time yet");
});

test("before the first verdict it says when something will show", async () => {
  await shown(record({ claims: 0, second_reviews_done: 0, days: [] }));
  expect(screen.getByText("Nothing judged yet")).toBeTruthy();
  expect(screen.queryByRole("table")).toBeNull();
});

test("in trouble it says so, with a way to try again", async () => {
  await shown(refusal(503, "Busy", "Try again."));
  expect(alerts()).toEqual(["Busy. Try again.Try again"]);
});
