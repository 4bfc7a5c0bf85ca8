// Score, sales' gate, origin and forecast as people read them.
import { fireEvent } from "@testing-library/preact";
import { expect, test } from "vitest";
import { Box, nothing, settle } from "../../../testing/box";
import { cells, misnamed, press, screen, show, textOf, within, write } from "../../../testing/show";
import type * as api from "../../api";
import { Forecast } from "./Forecast";
import { Funnel } from "./Funnel";
import { GatePage } from "./Gate";
import { OriginPage } from "./Origin";
import { ScorePage } from "./Score";
import { Waterfall } from "./Waterfall";
import { bandOf } from "./originWords";
import { because } from "./scoreWords";

const frame = { client: "n", clients: [{ id: "n", name: "Northlight" }], zone: "Europe/Berlin" };
const days = { ...frame, from: "2026-06-01", to: "2026-11-29" };
const rate = (r: number) => ({ rate: r, low: r / 2, high: Math.min(1, r * 1.5) });
const steps = (...n: number[]): api.LeadScore["steps"] =>
  (["all", "grade", "source", "answers", "interactions"] as const).map((level, at) => ({
    level,
    n: n[at] ?? 0,
    accepted: 0,
  }));
const score: api.LeadScore = {
  share: 0.334,
  low: 0.27,
  high: 0.4,
  level: "source",
  n: 212,
  accepted: 71,
  steps: steps(900, 400, 212, 4, 1),
};
const against = (is_beaten: boolean): api.ScoreAgainst => ({
  brier: 0.25,
  better_by: is_beaten ? 0.06 : 0.0003,
  low: is_beaten ? 0.05 : -0.002,
  high: 0.07,
  is_beaten,
});
const learnt = (beaten: boolean): api.ScoreReport => ({
  ...frame,
  list: "sales",
  made_at: "2026-11-29T10:00:00Z",
  known_after_days: 30,
  fewest_past: 50,
  fewest: 10,
  past: 900,
  accepted: 410,
  left_out: 31,
  waiting: 44,
  pulls: [{ level: "source", leads: 9.4 }],
  back_test: {
    n: 700,
    accepted: 320,
    months: 8,
    brier: 0.19,
    base: against(beaten),
    counting: against(beaten),
    bins: [
      { from: 30, to: 40, n: 120, accepted: 41, foretold: 0.35, rate: rate(0.34) },
      { from: 90, to: 100, n: 3, accepted: 3, foretold: 0.93, rate: rate(1) },
    ],
  },
  groups: [{ source: "webinar", interactions: "", score }],
  campaigns: [{ id: "c", name: "Fleet", order: "due" }],
  changes: true,
});
const text = () => textOf(document.body);
const table = (name: string) => screen.getByRole("table", { name });

test("a score says of which leads it is, and why not of closer ones", () => {
  expect(because(score)).toBe(
    "Of 212 leads from the same source, sales accepted 71. Only 4 were with the same answers, too few to go by.",
  );
  expect(because({ ...score, level: "interactions", steps: steps(9, 9, 9, 9, 9) })).toBe(
    "Of 212 leads from the same source, with the same answers and interactions, sales accepted 71.",
  );
});

test("the score shows its test, and a campaign is put in its order", async () => {
  const box = new Box({
    "GET /reports/score": learnt(true),
    "PUT /campaign-orders/c": nothing,
  });
  await show(<ScorePage />);
  expect(text()).toContain("It tells leads apart.");
  expect(
    cells(table("Leads by what was foretold, and how many were accepted"))[0]?.slice(0, 4),
  ).toEqual(["30 to 40 %", "120", "35 %", "34 %"]);
  expect(misnamed()).toEqual([]);
  expect(screen.queryByLabelText("From")).toBeNull();
  fireEvent.click(screen.getByLabelText(/the likelier first/));
  await settle();
  expect(box.sent("PUT /campaign-orders/c")).toEqual([{ order: "score" }]);
});

test("a score that beats nothing says so", async () => {
  new Box({ "GET /reports/score": learnt(false) });
  await show(<ScorePage />);
  expect(text()).toContain("It does not beat a plain rate for everybody or counting calls.");
});

test("without a past, with all alike and without a test, it says that", async () => {
  const told = async (more: Partial<api.ScoreReport>) => {
    new Box({ "GET /reports/score": { ...learnt(true), ...more } });
    const page = await show(<ScorePage />);
    const said = text();
    await page.leave();
    return said;
  };
  const few = await told({ past: 3, back_test: null, groups: [] });
  expect(few).toContain("Too few past leads to learn fromIt takes 50, and 3 are known so far; 44");
  expect(few).toContain("more came within the last 30 days.");
  expect(few).toContain("as by so many leads of it: not learnt yet.");
  expect(await told({ accepted: 900 })).toContain("All of 900 were accepted");
  expect(await told({ accepted: 0 })).toContain("None of 900 were accepted");
  expect(await told({ back_test: null })).toContain("Not tested yet");
});

const gate = (more: Partial<api.Gate> = {}): api.Gate => ({
  leads: 60,
  decided: 50,
  accepted: 20,
  raw: rate(0.4),
  adjusted: rate(0.3),
  reasons: [{ reason: "poor_fit", times: 9 }],
  doubts: [{ doubt: "contradicted", times: 2 }],
  first_calls: [{ outcome: "none", times: 7 }],
  answers_overdue: 3,
  calls_overdue: 5,
  bands: [{ from: 40, decided: 50, accepted: 20 }],
  ...more,
});
const manager = { id: "m", name: "Max", role: "manager" } as api.Me;
const seller = { id: "s", name: "Sam", role: "sales" } as api.Me;

test("sales' gate has each by name, what speaks against rejections, and what lies", async () => {
  const people = [
    { person: "s", name: "Sam", gate: gate() },
    { person: null, name: null, gate: gate({ decided: 4, raw: rate(0.5), adjusted: null }) },
  ];
  new Box({ "GET /reports/gate": { ...days, fewest: 20, all: gate({ adjusted: null }), people } });
  await show(<GatePage me={manager} />);
  const rows = cells(table("Acceptance by representative"));
  expect(rows.map((r) => r[0])).toEqual(["Everybody", "Sam", "nobody’s, or answered by the CRM"]);
  expect(rows[1]?.slice(4)).toEqual(["30 % 15.0 to 45.0", "", "2", "3", "5"]);
  expect(rows[2]?.[4]).toBe("not told");
  expect(misnamed()).toEqual([]);
  expect(text()).toContain("2 a second reviewer found the criterion met");
  expect(text()).toContain("9 Preference: does not fit what we sell");
});

test("where nothing is decided, the rate is a word", async () => {
  const all = gate({ decided: 0, accepted: 0, raw: null, adjusted: null });
  new Box({ "GET /reports/gate": { ...days, fewest: 20, all, people: [] } });
  await show(<GatePage me={manager} />);
  expect(cells(table("Acceptance by representative"))[0]?.[3]).toBe("none decided");
});

test("with few colleagues who sells sees their own alone, and why", async () => {
  const people = [{ person: "s", name: "Sam", gate: gate({ adjusted: null }) }];
  new Box({ "GET /reports/gate": { ...days, fewest: 20, all: null, people } });
  await show(<GatePage me={seller} />);
  expect(text()).toContain("Yours alone.");
  new Box({ "GET /reports/gate": { ...days, fewest: 20, all: null, people: [] } });
  await show(<GatePage me={seller} />);
  expect(text()).toContain("No lead is yours in these days");
});

const part = (more: Partial<api.OriginPart>): api.OriginPart => ({
  origin: "marketing",
  opened: 10,
  lost: 2,
  won: 4,
  closeable: 8,
  share: rate(0.4),
  amounts: [{ currency: "EUR", deals: 8, sum_minor: 800_000, median_minor: 90_000 }],
  won_rate: rate(0.6),
  won_rate_early: rate(0.5),
  days: 60,
  late: 0,
  late_days: null,
  days_from: 60,
  days_to: 60,
  proof_said: 0,
  proof: 0,
  proof_rate: null,
  ...more,
});
const origin: api.OriginReport = {
  ...days,
  bands: [25, 35, 50],
  figures: {
    parts: [
      part({}),
      part({ origin: "sales", days: 20, late: 6, late_days: 35, days_from: 40, days_to: 55 }),
    ],
    shares: [{ currency: null, marketing: 8, all: 20, share: 0.4, at_most: 0.45 }],
    gap: { told: 40, from: 5, to: 20 },
    said_otherwise: 3,
  },
  relabelled: [{ source: "referral", now: "marketing", kept: "sales", leads: 12 }],
};

test("marketing's share is read against its bands, and late entry is told in days", async () => {
  expect([0.2, 0.3, 0.4, 0.5].map(bandOf)).toEqual([
    "under 25 %",
    "within 25 to 35 %, the usual",
    "above 35 %, under half",
    "half or more",
  ]);
  new Box({ "GET /reports/origin": origin });
  await show(<OriginPage me={manager} />);
  expect(text()).toContain("40 % of 20 deals: 8, above 35 %, under half. At most 45 %");
  expect(text()).toContain("sales’ own close 40 days sooner than marketing’s");
  expect(text()).toContain("they close 5 to 20 days sooner: what lies between the two could be");
  expect(text()).toContain("referral is Marketing now; 12 earlier leads keep Sales’ own");
  expect(misnamed()).toEqual([]);
  expect(text()).toContain("Sales’ own leads are entered late, and so look better.");
  expect(cells(table("Deals by origin"))[0]?.slice(3, 6)).toEqual([
    "4 of 6, 60 % 30.0 to 90.0",
    "€900 n 8",
    "60 n 4",
  ]);
  expect(cells(table("Deals by origin"))[1]?.slice(6, 8)).toEqual([
    "6 of 10 by 35 days",
    "40 to 55",
  ]);
});

test("where sales' own were not seen to be entered late, it does not say so", async () => {
  const parts = [part({ origin: "sales", won: 0, won_rate: null, days: null, late: 0 })];
  new Box({ "GET /reports/origin": { ...origin, figures: { ...origin.figures, parts } } });
  await show(<OriginPage me={manager} />);
  expect(text()).toContain("Of sales’ own leads here, none was seen to be entered late.");
  expect(cells(table("Deals by origin"))[0]?.slice(3, 6)).toEqual([
    "none ended",
    "€900 n 8",
    "none won",
  ]);
});

test("late entry is said to make no difference where it makes none, and which way the days go", async () => {
  for (const [gap, words] of [
    [{ told: -5.3, from: -5.3, to: -5.3 }, "they close 5.3 days later: late entry makes no"],
    [{ told: 9, from: -4, to: -2 }, "they close 2 to 4 days later: what lies"],
    [{ told: 9, from: -4, to: 2 }, "they close between 4 days later and 2 days sooner"],
  ] as const) {
    new Box({ "GET /reports/origin": { ...origin, figures: { ...origin.figures, gap } } });
    const page = await show(<OriginPage me={manager} />);
    expect(text()).toContain(words);
    await page.leave();
  }
});

test("no opportunity, and no won deal of one of the two, are said", async () => {
  const none = { parts: [], shares: [], gap: null, said_otherwise: 0 };
  new Box({ "GET /reports/origin": { ...origin, figures: none, relabelled: [] } });
  const page = await show(<OriginPage me={manager} />);
  expect(text()).toContain("No opportunity opened in these days");
  expect(screen.getByRole("link", { name: "What is connected" }).getAttribute("href")).toBe("/crm");
  await page.leave();
  const marketing = await show(<OriginPage me={{ ...manager, role: "marketing" }} />);
  expect(screen.queryByRole("link", { name: "What is connected" })).toBeNull();
  await marketing.leave();
  new Box({ "GET /reports/origin": { ...origin, figures: { ...origin.figures, gap: null } } });
  await show(<OriginPage me={manager} />);
  expect(text()).toContain("cannot be told");
});

const forecast: api.ForecastReport = {
  ...frame,
  month: "2026-12",
  handovers: 40,
  promise: null,
  on_the_way: { middle: 12.4, low: 8, high: 17 },
  plan: {
    contacts: { middle: 120.2, low: 90, high: 160 },
    suspects: { middle: 360, low: 270, high: 480 },
    from: "2026-11-30",
    by: "2026-12-18",
    share: 0.23,
    median_days: 12,
  },
  no_plan: null,
  reached: rate(0.33),
  months: [
    { month: "2026-10", foretold: { middle: 30, low: 24, high: 36 }, came: 31, is_held: true },
    { month: "2026-11", foretold: { middle: 30, low: 24, high: 36 }, came: 40, is_held: false },
  ],
  held: 1,
};

test("the forecast says how many by when, its band and how often such bands held", async () => {
  const box = new Box({
    "GET /reports/forecast?client=n": forecast,
    "GET /reports/forecast?month=2026-12&handovers=80&client=n": {
      ...forecast,
      plan: null,
      no_plan: "too_late",
    },
  });
  await show(<Forecast client="n" />);
  expect(text()).toContain("talk to 120 further leads (90 to 160) from 30 Nov to 18 Dec");
  expect(text()).toContain("For 40 hand-overs in December 2026");
  expect(text()).toContain("Figures in brackets hold in eight of ten months");
  expect(text()).toContain("dial 360 (270 to 480)");
  expect(misnamed()).toEqual([]);
  expect(text()).toContain("Of 2 months, the band held in 1");
  const over = table("Months as they would have been foretold, and what came");
  expect(within(over).getAllByRole("row")).toHaveLength(3);
  await write("Hand-overs", "80");
  await press("Tell what it takes");
  expect(box.count("GET /reports/forecast?month=2026-12&handovers=80&client=n")).toBe(1);
  expect(text()).toContain("Too late");
});

test("a forecast without a figure explains none", async () => {
  const nothing = { plan: null, on_the_way: null, reached: null, months: [], held: 0 };
  new Box({ "GET /reports/forecast?client=n": { ...forecast, ...nothing, no_plan: "too_few" } });
  await show(<Forecast client="n" />);
  expect(text()).toContain("Too little is known: it takes 30 hand-overs");
  expect(text()).not.toContain("Figures in brackets");
});

const reached = (stage: api.FunnelStep["stage"], n: number, median: number | null) => ({
  stage,
  reached: n,
  open: 0,
  rate: n > 0 ? rate(0.5) : null,
  at_most: n > 0 ? 0.9 : null,
  median,
  p90: median,
});

test("the funnel has a time for each stage, or a word why not", async () => {
  const steps = [
    reached("suspect", 24, null),
    reached("contacted", 10, 90),
    reached("passed", 6, null),
    reached("accepted", 0, null),
  ];
  const report = { ...days, by: "source", steps, parts: [], promise: null };
  new Box({ "GET /reports/funnel": report, "GET /reports/forecast?client=n": forecast });
  await show(<Funnel />);
  const stages = table("All leads");
  expect(cells(stages).map((row) => row.at(-2))).toEqual([
    "",
    "1 h 30 min",
    "not known",
    "nobody yet",
  ]);
  expect(misnamed()).toEqual([]);
  expect(text()).toMatch(/came in \D*1\D* 2026 to \D*29\D* 2026, times of Europe\/Berlin/);
});

test("a stretch has its bar explained, and its figures named", async () => {
  const stretches = [
    {
      name: "claim",
      owner: "telemarketing",
      ended: 6,
      open: 1,
      median: 29,
      p95: 48,
      working_median: 20,
      working_p95: 40,
    },
  ];
  new Box({
    "GET /reports/waterfall": { ...days, working_hours: "08:00-18:00", stretches, promise: null },
  });
  await show(<Waterfall />);
  expect(text()).toContain("Half, filled; 95 of 100, framed");
  expect(cells(screen.getByRole("table"))[0]?.slice(2, 6)).toEqual(["6", "1", "29 min", "48 min"]);
  expect(misnamed()).toEqual([]);
});
