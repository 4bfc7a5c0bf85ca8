// What a manager sees first, and what the box needs.
import { beforeEach, expect, test } from "vitest";
import { Box } from "../../../testing/box";
import { overview, repair } from "../../../testing/made";
import { choose, misnamed, screen, show, textOf, unnamed } from "../../../testing/show";
import { Overview } from "./Overview";
import { told } from "./OverviewVerdicts";
import { Repairs } from "./Repairs";

let box: Box;
beforeEach(() => {
  box = new Box({
    "GET /reports/overview": overview(),
    "GET /reports/overview?client=n": overview({ client: "n" }),
    "GET /handovers?which=unanswered": { leads: [], next: null, waiting: 0, held_back: 0 },
    "GET /repairs": { repairs: [repair()], now: "2026-11-20T11:00:00Z" },
  });
});

test("each figure is the way to its page", async () => {
  await show(<Overview repairs={[repair(), repair({ what: "Another.", level: "bad" })]} />);
  const doors = screen.getByRole("navigation", { name: "Figures, each the way to its page" });
  const told = [...doors.querySelectorAll("a")].map((a) => [a.getAttribute("href"), textOf(a)]);
  expect(told).toEqual([
    ["/leads?view=untouched", "Leads over 7 days without contact0as it must be; 1 late in all"],
    ["/leads?stage=claimed", "In the queue14 claimsthe oldest for 19 h 58 min"],
    ["/handovers", "Passed, of 7 days’ verdicts63 %26 of 41, range 48 to 76"],
    ["/questions", "Disputes, questions, rulings2 open0, 1 and 1"],
    ["/books", "Earned in November 2026€2,000.0050 passed leads"],
    ["/repairs", "The box2 to repair395 of 400 answered calls recorded"],
  ]);
  expect(unnamed()).toEqual([]);
});

test("what waits says how long it has, whose it is and who answers", async () => {
  await show(<Overview repairs={[]} />);
  const clocks = screen.getByRole("region", { name: "What runs against a clock" });
  const rows = [...clocks.querySelectorAll("tbody tr")].map(textOf);
  expect(rows[0]).toContain("5 h left");
  expect(rows[0]).toContain("QuestionHarbour Mills, Q-4");
  expect(rows[1]).toContain("no deadline");
  expect(rows[1]).toContain("C-2271 and C-2253");
  const late = screen.getByRole("region", { name: "Leads that nobody has talked to" });
  expect(textOf(late)).toContain("Weserwerk, 1 h 12 min late");
  expect(textOf(late)).toContain("source not known");
  expect(textOf(screen.getByRole("region", { name: "Money in November 2026" }))).toContain(
    "3 of 5",
  );
});

test("a number that connects less than it did is told with its day and both rates", async () => {
  const rate = (of: number) => ({ rate: of, low: 0, high: 1 });
  const fell = { client: "Northlight", since: "2026-11-12", before: rate(0.091), now: rate(0.04) };
  box.answers["GET /reports/overview"] = overview({
    fallen: [
      { ...fell, shown: "0211555" },
      { ...fell, shown: "", now: null },
    ],
  });
  await show(<Overview repairs={[]} />);
  const told = textOf(screen.getByRole("region", { name: "Numbers that connect less" }));
  expect(told).toContain("2 numbers, found within the last hour");
  expect(told).toContain("02115554.0 % of its calls since 12 Nov, 9.1 % before; Northlight");
  expect(told).toContain("none showntoo few calls of its calls since 12 Nov");
  expect(unnamed()).toEqual([]);
});

test("leads that sales has not answered for are told, and nothing where it has", async () => {
  const page = await show(<Overview repairs={[]} />);
  expect(textOf(document.body)).not.toContain("Sales has not answered");
  await page.leave();
  const answer = { leads: [], next: null, waiting: 6, held_back: 0 };
  box.answers["GET /handovers?which=unanswered"] = answer;
  await show(<Overview repairs={[]} />);
  const clocks = screen.getByRole("region", { name: "What runs against a clock" });
  expect(textOf(clocks)).toContain("Sales has not answered for 6 leads that passed (all clients).");
  expect(screen.getByRole("link", { name: "6 leads" }).getAttribute("href")).toBe(
    "/handovers?which=unanswered",
  );
});

test("each figure of a card says what it is", async () => {
  await show(<Overview repairs={[]} />);
  expect(misnamed()).toEqual([]);
});

test("one client's figures are asked for alone", async () => {
  await show(<Overview repairs={undefined} />);
  await choose("Client", "n");
  expect(box.count("GET /reports/overview?client=n")).toBe(1);
});

test("a house without anything yet has words, and no figure that is none", async () => {
  const none = { verdicts: 0, passed: 0, rate: null };
  box.answers["GET /reports/overview"] = overview({
    queue: { claims: 0, under_4_h: 0, under_24_h: 0, over_24_h: 0, oldest: null, at_work: [] },
    verdicts: {
      days: [],
      now: none,
      before: none,
      change: null,
      waited: { verdicts: 0, median: null, p95: null },
    },
    waiting: [],
    questions: 0,
    rulings: 0,
    sources: [],
    earned: [],
    calls: { calls: 0, answered: 0, recorded: 0 },
  });
  await show(<Overview repairs={[]} />);
  const text = textOf(screen.getByRole("main"));
  for (const words of [
    "nobody waits for a verdict",
    "no verdict in these days",
    "No question, ruling or dispute waits.",
    "Every open lead was talked to.",
    "Nothing is booked yet this month.",
    "Nothing to repair.",
  ])
    expect(text).toContain(words);
  expect(text).not.toMatch(/NaN|undefined|Infinity/);
});

test("a change is said only where the interval says it", () => {
  expect(told({ low: -0.18, high: 0.23 })).toContain("between −18 and +23 points: no change");
  expect(told({ low: 0.02, high: 0.3 })).toContain("it has changed");
  expect(told(null)).toContain("nothing to hold them against");
});

test("what is to be repaired says what to do, and leads there", async () => {
  await show(<Repairs />);
  expect(textOf(screen.getByRole("region", { name: "To repair" }))).toContain(
    "says whose it is, under Access",
  );
  expect(screen.getByRole("link", { name: "Coverage" }).getAttribute("href")).toBe("/coverage");
});

test("a box that needs nothing says so", async () => {
  box.answers["GET /repairs"] = { repairs: [], now: "2026-11-20T11:00:00Z" };
  await show(<Repairs />);
  expect(screen.getByRole("heading", { name: "Nothing to repair" })).toBeTruthy();
});
