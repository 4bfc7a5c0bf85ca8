// Score, sales' gate, origin and forecast as people read them.
import { fireEvent } from "@testing-library/preact";
import { expect, test } from "vitest";
import { Box, nothing, settle } from "../../../testing/box";
import { cells, press, screen, show, textOf, within, write } from "../../../testing/show";
import type * as api from "../../api";
import { Forecast } from "./Forecast";
import { GatePage } from "./Gate";
import { OriginPage } from "./Origin";
import { ScorePage } from "./Score";
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
  expect(await told({ past: 3, back_test: null, groups: [] })).toContain("Too few past leads");
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
  expect(text()).toContain("2 a second reviewer found the criterion met");
  expect(text()).toContain("9 Preference: does not fit what we sell");
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
  await show(<OriginPage />);
  expect(text()).toContain("40 % of 20 deals: 8, above 35 %, under half. At most 45 %");
  expect(text()).toContain("sales’ own close 40 days sooner than marketing’s");
  expect(text()).toContain("they close 5 to 20 days sooner: what lies between the two could be");
  expect(text()).toContain("referral is Marketing now; 12 earlier leads keep Sales’ own");
  expect(cells(table("Deals by origin"))[1]?.slice(6, 8)).toEqual([
    "6 of 10 by 35 days",
    "40 to 55",
  ]);
});

test("late entry is said to make no difference where it makes none, and which way the days go", async () => {
  for (const [gap, words] of [
    [{ told: -5.3, from: -5.3, to: -5.3 }, "they close 5.3 days later: late entry makes no"],
    [{ told: 9, from: -4, to: -2 }, "they close 2 to 4 days later: what lies"],
    [{ told: 9, from: -4, to: 2 }, "they close between 4 days later and 2 days sooner"],
  ] as const) {
    new Box({ "GET /reports/origin": { ...origin, figures: { ...origin.figures, gap } } });
    const page = await show(<OriginPage />);
    expect(text()).toContain(words);
    await page.leave();
  }
});

test("no opportunity, and no won deal of one of the two, are said", async () => {
  const none = { parts: [], shares: [], gap: null, said_otherwise: 0 };
  new Box({ "GET /reports/origin": { ...origin, figures: none, relabelled: [] } });
  const page = await show(<OriginPage />);
  expect(text()).toContain("No opportunity opened in these days");
  await page.leave();
  new Box({ "GET /reports/origin": { ...origin, figures: { ...origin.figures, gap: null } } });
  await show(<OriginPage />);
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
  expect(text()).toContain("talk to 120 further leads (90 to 160) from 2026-11-30 to 2026-12-18");
  expect(text()).toContain("dial 360 (270 to 480)");
  expect(text()).toContain("Of 2 months, the band held in 1");
  const over = table("Months as they would have been foretold, and what came");
  expect(within(over).getAllByRole("row")).toHaveLength(3);
  await write("Hand-overs", "80");
  await press("Tell what it takes");
  expect(box.count("GET /reports/forecast?month=2026-12&handovers=80&client=n")).toBe(1);
  expect(text()).toContain("Too late");
});
