// Our numbers as people read them.
import { fireEvent, screen, within } from "@testing-library/preact";
import { expect, test } from "vitest";
import { Box } from "../../../testing/box";
import { misnamed, show, textOf } from "../../../testing/show";
import type * as api from "../../api";
import { Numbers } from "./Numbers";
import { changeWords, daysOf, standing } from "./numberWords";

const rate = (r: number) => ({ rate: r, low: r * 0.8, high: r * 1.2 });
const week = (day: string, calls: number, connects: number) => ({
  day,
  calls,
  connects,
  rate: calls < 20 ? null : rate(connects / calls),
  expected: calls < 20 ? null : 0.09,
});
const change: api.NumberChange = {
  fell: true,
  day: "2026-11-12",
  first: "2026-11-09",
  last: "2026-11-14",
  noticed: "2026-11-18",
  after_calls: 380,
  before: week("2026-09-01", 4000, 364),
  since: week("2026-11-12", 900, 36),
};
const number = (shown: string, more: Partial<api.OurNumber> = {}): api.OurNumber => ({
  shown,
  against: "others",
  first: "2026-09-01",
  last: "2026-11-28",
  days: 60,
  calls: 4900,
  connects: 400,
  rate: rate(0.08),
  expected: 0.09,
  watched: true,
  weeks: [week("2026-11-02", 300, 27), week("2026-11-09", 290, 20), week("2026-11-16", 5, 0)],
  changes: [],
  ...more,
});
const report = (more: Partial<api.NumbersReport> = {}): api.NumbersReport => ({
  client: "n",
  clients: [{ id: "n", name: "Northlight" }],
  from: "2026-09-01",
  to: "2026-11-28",
  zone: "Europe/Berlin",
  fewest: 20,
  connect_seconds: 20,
  all: number(""),
  numbers: [number("+49301"), number("+49302", { changes: [change] })],
  waiting: 0,
  promise: null,
  ...more,
});
const open = (value: api.NumbersReport) => {
  new Box({ "GET /reports/numbers": value });
  return show(<Numbers />);
};

test("a change is said with its days and both rates", () => {
  expect(changeWords(change)).toBe("from 9.1\u00a0% to 4.0\u00a0% since 12 Nov (9 to 14 Nov)");
  expect(daysOf("2026-10-28", "2026-11-03")).toBe("28 Oct to 3 Nov");
  expect(daysOf("2026-11-03", "2026-11-03")).toBe("3 Nov");
  expect(standing(number("x", { watched: false }))).toBe("too few calls to watch");
  expect(standing(number("x", { changes: [{ ...change, fell: false }] }))).toBe("rose again");
});

test("a number that fell comes first, in words and as a picture", async () => {
  await open(report());
  expect(textOf(screen.getByRole("region", { name: "What has changed" }))).toBe(
    "+49302 fell from 9.1 % to 4.0 % since 12 Nov (9 to 14 Nov); noticed 18 Nov, after 380 calls.",
  );
  expect(screen.getByRole("heading", { name: "+49302" })).toBeTruthy();
  expect(screen.getByRole("img", { name: /Rate of \+49302 by week/ })).toBeTruthy();
  const weeks = screen.getByRole("table", { name: "Connects by week" });
  expect(textOf(within(weeks).getByRole("row", { name: /16 Nov/ }))).toContain("too few");
  expect(misnamed()).toEqual([]);
  const ends = document.querySelector(".ends");
  expect([...(ends?.children ?? [])].map(textOf)).toEqual(["2 Nov", "15 Nov"]);
  fireEvent.click(screen.getByRole("button", { name: "+49301" }));
  expect(await screen.findByRole("heading", { name: "+49301" })).toBeTruthy();
});

test("where none has fallen, and where all have, it says so", async () => {
  await open(report({ numbers: [number("+49301")], all: number("", { changes: [change] }) }));
  const changed = textOf(screen.getByRole("region", { name: "What has changed" }));
  expect(changed).toContain("No number has fallen.");
  expect(changed).toContain("All numbers together fell from 9.1 % to 4.0 %");
});

test("no calls are words, and so are too few", async () => {
  await open(report({ numbers: [], all: null }));
  expect(screen.getByText("No calls in these days")).toBeTruthy();
});

test("a number without a rate has no picture and no figure", async () => {
  const few = number("+49301", {
    calls: 5,
    rate: null,
    expected: null,
    watched: false,
    weeks: [week("2026-11-16", 5, 0)],
  });
  await open(report({ numbers: [few], all: { ...few, shown: "" } }));
  expect(screen.queryByRole("img", { name: /Rate of/ })).toBeNull();
  const changed = textOf(screen.getByRole("region", { name: "What has changed" }));
  expect(changed).toContain("No number has calls enough to tell.");
  expect(textOf(document.body)).toContain(
    "No week has calls enough for a rate; 5 calls in all. Too few calls to tell a change.",
  );
  expect(textOf(document.body)).not.toMatch(/NaN|undefined|Infinity/);
});

test("where nobody is singled out, no number is told, and it says why", async () => {
  const promise = {
    since: "2026-11-03T08:00:00Z",
    by: "Max",
    lift_asked_by: null,
    lift_asked_at: null,
    lifted_by: null,
    lifted_at: null,
  };
  await open(report({ promise, numbers: [], all: null }));
  expect(screen.getByText("No number is told here")).toBeTruthy();
  expect(screen.queryByRole("table")).toBeNull();
});
