// What became of leads as marketing reads it: costs in words where there is nothing to divide by, lists, months, addresses.
import { afterEach, expect, test } from "vitest";
import { Box, settle } from "../../../testing/box";
import { result, resultCounts, resultsOf, sourceCost } from "../../../testing/made";
import { cells, click, press, screen, show, textOf, unnamed, within } from "../../../testing/show";
import type * as api from "../../api";
import { day } from "../../format";
import { Results } from "./Results";
import { compared, costs, rowsOf, uncounted, unbroken } from "./resultWords";

afterEach(() => history.replaceState(null, "", "/"));

const month = (
  at: string,
  more: Partial<api.SourceCounts> = {},
  whole = true,
): api.SourceMonth => ({
  month: at,
  whole,
  counts: resultCounts(more),
});
const eur = sourceCost("EUR", 25_000, [100, 40, 6, 0], [250, 625, 4_167, null]);
const usd = sourceCost("USD", 900, [1, 1, 0, 0], [900, 900, null, null]);
const text = () => textOf(document.body);
const table = (name: RegExp) => screen.getByRole("table", { name });

/** The page of one, at its address. */
async function one(by: api.SourceKind, name: string, report?: api.SourceReport) {
  const path = `/results/${by}/${encodeURIComponent(name)}`;
  history.replaceState(null, "", path);
  const box = new Box({
    [`GET /results?by=${by}&name=${encodeURIComponent(name)}`]: resultsOf(report ? [report] : []),
  });
  await show(<Results path={path} />);
  return box;
}

test("what none came to is said in words, and no number", async () => {
  const counts = resultCounts({ delivered: 100, reached: 40, passed: 6, costs: [eur] });
  await one("supplier", "Messe AG", result("Messe AG", { counts }));
  expect(cells(table(/for 100 leads in EUR/))).toEqual([
    ["Delivered", "100", "€2.50"],
    ["Reached", "40", "€6.25"],
    ["Passed", "6", "€41.67"],
    ["Accepted", "0", "none yet"],
  ]);
  expect(text()).toContain("€250.00 for 100 leads in EUR");
  expect(text()).toContain("No pay hangs on this.");
  expect(text()).not.toMatch(/NaN|Infinity|undefined|null/);
  expect(unnamed()).toEqual([]);
});

test("two currencies stand beside each other and are never added", async () => {
  await one(
    "source",
    "webinar",
    result("webinar", { counts: resultCounts({ costs: [eur, usd] }) }),
  );
  expect(cells(table(/in USD/))).toEqual([
    ["Delivered", "1", "$9.00"],
    ["Reached", "1", "$9.00"],
    ["Passed", "0", "none yet"],
    ["Accepted", "0", "none yet"],
  ]);
  expect(text()).toContain("$9.00 for 1 lead in USD");
  expect(text()).toContain("amounts of two are never added");
  expect(text()).not.toContain("€259");
  expect(costs(resultCounts({ costs: [eur, usd] }), "accepted")).toEqual([
    "none yet in EUR",
    "none yet in USD",
  ]);
});

test("a source that says no cost says so, and where to say it", async () => {
  await one("source", "webinar", result("webinar", { counts: resultCounts({ unpriced: 3 }) }));
  expect(text()).toContain("No source of these leads says what one costs.");
  expect(screen.getByRole("link", { name: "Say it under Sources" })).toBeTruthy();
  expect(costs(resultCounts(), "accepted")).toEqual(["not said"]);
});

test("what the costs do not count is said, of one and of several", () => {
  expect(uncounted(resultCounts({ unpriced: 1, left_out: 1 }))).toEqual([
    "1 lead is of sources that say no cost, and not counted here.",
    "1 duplicate left out at import is not counted here: which source it would have had is not kept.",
  ]);
  expect(uncounted(resultCounts({ unpriced: 12, left_out: 2 }))).toEqual([
    "12 leads are of sources that say no cost, and not counted here.",
    "2 duplicates left out at import are not counted here: which source they would have had is not kept.",
  ]);
  expect(uncounted(resultCounts())).toEqual([]);
});

test("a list says what came of its rows, and which duplicates it left out", async () => {
  const list: api.ListFacts = {
    file_name: "autumn.csv",
    client: "Northlight",
    campaign: "Fleet autumn",
    supplier: "Messe AG",
    began_at: "2026-11-20T09:00:00Z",
    undone_at: null,
    rows: 120,
    added: 100,
    changed: 8,
    bad: 2,
    left_out: 10,
  };
  const counts = resultCounts({ delivered: 110, duplicates: 11, left_out: 10 });
  await one("list", "i1", result("i1", { list, counts }));
  expect(screen.getByRole("heading", { level: 1 }).textContent).toBe("autumn.csv");
  expect(text()).toContain(`From Messe AG, for Northlight: Fleet autumn, ${day(list.began_at)}.`);
  expect(text()).toContain(
    "120 rows: 100 new, 8 brought leads up to date that were there, 10 duplicates left out, 2 could not be read.",
  );
  expect(text()).toContain("11 · 10 left out at import");
  const alone = { ...list, rows: 1, added: 1, changed: 0, bad: 0, left_out: 0 };
  expect(rowsOf(alone)).toBe("1 row: 1 new.");
  expect(rowsOf({ ...alone, undone_at: "2026-11-21T09:00:00Z" })).toContain(
    `Undone on ${day("2026-11-21T09:00:00Z")}`,
  );
});

test("a month is compared with the one before, both whole; with nothing to compare it says that", () => {
  const months = [
    month("2026-09", { delivered: 100, reached: 45, passed: 6, accepted: 3 }),
    month("2026-10", { delivered: 1_200, reached: 40, passed: 6, accepted: 0 }),
    month("2026-11", { delivered: 9 }, false),
  ];
  expect(compared(months)).toBe(
    "October 2026 against September 2026: 1,200 delivered, up from 100; 40 reached, down from 45; 6 passed, as before; 0 accepted, down from 3.",
  );
  const none = "There are no two whole months among these days to compare.";
  expect([compared([]), compared(months.slice(1))]).toEqual([none, none]);
});

test("a month in which nothing came in stands between the others", () => {
  const all = unbroken([month("2025-11"), month("2026-02", { delivered: 1 }, false)]);
  expect(all.map((m) => [m.month, m.whole, m.counts.delivered])).toEqual([
    ["2025-11", true, 0],
    ["2025-12", true, 0],
    ["2026-01", true, 0],
    ["2026-02", false, 1],
  ]);
  expect(unbroken([])).toEqual([]);
});

test("the months are figures, with a share from thirty leads on", async () => {
  const months = [
    month("2026-09", { delivered: 29, dead: 1, duplicates: 1, reached: 10 }),
    month("2026-10", { delivered: 30, reached: 10, passed: 3, accepted: 1, costs: [eur] }, false),
  ];
  await one("source", "webinar", result("webinar", { months }));
  expect(cells(table(/Months in figures/))).toEqual([
    ["September 2026", "29", "2 of 29", "10 of 29", "0 of 29", "0 of 0", "not said"],
    [
      "October 2026 in part",
      "30",
      "0 of 30, 0 %",
      "10 of 30, 33 %",
      "3 of 30, 10 %",
      "1 of 3",
      "none yet",
    ],
  ]);
  expect(text()).toContain("Hatched: only a part of the month’s days.");
});

test("nothing delivered, and a source that is not known, have pages", async () => {
  const box = await one("source", "");
  expect(box.count("GET /results?by=source&name=")).toBe(1);
  expect(screen.getByRole("heading", { level: 1 }).textContent).toBe("no source known");
  expect(text()).toContain("No leads came in");
  expect(text()).not.toContain("What each cost");
});

test("what leads are counted by and of which days is in the address, on both pages", async () => {
  history.replaceState(null, "", "/results?by=supplier&from=2026-01-01");
  const found = resultsOf([
    result("Messe AG", { counts: resultCounts({ delivered: 3, accepted: 1, costs: [eur] }) }),
    result("", {}),
  ]);
  const days = "from=2026-01-01";
  const box = new Box({
    [`GET /results?by=supplier&${days}`]: found,
    [`GET /results?by=list&${days}`]: resultsOf([]),
    [`GET /results?by=list&from=2025-12-01`]: resultsOf([]),
  });
  await show(<Results path="/results" />);
  const rows = cells();
  expect(rows.map((r) => [r[0], r[1], r.at(-1)])).toEqual([
    ["Messe AG", "3", "none yet"],
    ["no supplier known", "0", "not said"],
  ]);
  const link = screen.getByRole("link", { name: "Messe AG" });
  expect(link.getAttribute("href")).toBe(`/results/supplier/Messe%20AG?client=c1&${days}`);
  expect(
    within(screen.getByRole("group", { name: "Counted by" })).getAllByRole("button").length,
  ).toBe(4);
  await press("By list");
  expect(location.search).toBe("?by=list&from=2026-01-01");
  await press("12 months");
  expect(location.search).toBe("?by=list&from=2025-12-01");
  expect(box.count("GET /results?by=list&from=2025-12-01")).toBe(1);
});

const ofTwo = () => {
  const counts = (delivered: number) => ({ counts: resultCounts({ delivered }) });
  return [
    result("webinar", { client: "Calder", client_id: "c2", ...counts(91) }),
    result("webinar", counts(8)),
  ];
};

test("two clients' sources of one name stand apart, each with its client and its page", async () => {
  new Box({ "GET /results?by=source": resultsOf(ofTwo()) });
  await show(<Results path="/results" />);
  expect(cells().map((r) => r.slice(0, 2))).toEqual([
    ["webinarCalder", "91"],
    ["webinarNorthlight", "8"],
  ]);
  const links = screen.getAllByRole("link", { name: "webinar" });
  expect(links.map((l) => l.getAttribute("href"))).toEqual([
    "/results/source/webinar?client=c2",
    "/results/source/webinar?client=c1",
  ]);
});

test("an address that names no client asks whose is meant, and counts none together", async () => {
  const path = "/results/source/webinar";
  history.replaceState(null, "", path);
  const [calder, northlight] = ofTwo();
  if (!calder || !northlight) throw new Error("two");
  const box = new Box({
    "GET /results?by=source&name=webinar": resultsOf([calder, northlight]),
    "GET /results?by=source&client=c2&name=webinar": resultsOf([calder]),
  });
  await show(<Results path={path} />);
  expect(text()).toContain("Several clients have one of that name. Whose?");
  expect(text()).not.toContain("Delivered");
  await click(screen.getByRole("link", { name: "Calder" }));
  await settle();
  expect(location.search).toBe("?client=c2");
  history.replaceState(null, "", `${path}?client=c2`);
  await show(<Results path={path} />);
  expect(box.count("GET /results?by=source&client=c2&name=webinar")).toBeGreaterThan(0);
  expect(text()).toContain("of Calder");
  expect(text()).toContain("91");
});

test("the sheets are of what is shown", async () => {
  await one("campaign", "Northlight: Fleet & co", result("Northlight: Fleet & co", {}));
  const at = (name: RegExp) => screen.getByRole("link", { name }).getAttribute("href");
  const asked =
    "?by=campaign&client=c1&from=2026-09-01&until=2026-11-30&name=Northlight%3A%20Fleet%20%26%20co";
  expect(at(/^Counts to send/)).toBe(`/api/v1/results/counts.csv${asked}`);
  expect(at(/^Leads with call times/)).toBe(`/api/v1/results.csv${asked}`);
  await click(screen.getByRole("link", { name: "All campaigns" }));
  await settle();
  expect(location.pathname + location.search).toBe("/results?by=campaign");
});
