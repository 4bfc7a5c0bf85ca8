import { expect, test } from "vitest";
import { Box, refusal, settle } from "../../../testing/box";
import { alerts, cells, press, screen, show, textOf } from "../../../testing/show";
import { FakeEventSource } from "../../../testing/stream";
import type * as api from "../../api";
import { day, money } from "../../format";
import { Statement } from "./Statement";

const EUR = (minor: number) => ({ minor, currency: "EUR" });
const entry = (more: Partial<api.Statement["entries"][number]> = {}) => ({
  id: "e1",
  kind: "accrual" as const,
  company: "Brightwater Logistics",
  campaign: "Fleet autumn",
  claim_number: 7,
  plan_version: 2,
  amount: EUR(4000),
  earned_at: "2026-11-20T12:00:10Z",
  payable_at: "2026-12-20T00:00:00Z",
  period: "2026-11",
  claim: "cl1",
  verdict: "v1",
  corrects: null,
  reason: null,
  ...more,
});
const statement = (entries: api.Statement["entries"]): api.Statement => ({
  period: "2026-11",
  earned_this_period: [EUR(4000), { minor: 900, currency: "CHF" }],
  payable: [],
  earned: [],
  entries,
});
const totals = () => textOf(screen.getByRole("region", { name: "Totals" }));

test("each entry says when, for whom, by which plan, and how much", async () => {
  new Box({
    "GET /statement": statement([
      entry(),
      entry({ id: "e2", amount: EUR(-4000), reason: "overturned" }),
      entry({ id: "e3", reason: "of_its_own" }),
    ]),
  });
  await show(<Statement />);
  const [first, second, third] = cells();
  expect(first).toEqual([
    day("2026-11-20T12:00:10Z"),
    "Brightwater Logistics",
    "C-7",
    "Fleet autumn v2",
    day("2026-12-20T00:00:00Z"),
    money(EUR(4000)),
  ]);
  expect(second?.[1]).toBe("Brightwater Logistics verdict overturned");
  expect(second?.[5]).toBe(money(EUR(-4000)));
  expect(third?.[1]).toBe("Brightwater Logistics of_its_own");
  expect(screen.getAllByRole("link", { name: "C-7" })[0]?.getAttribute("href")).toBe(
    "/claims?claim=7",
  );
});

test("currencies are never added up, and nothing is a word", async () => {
  new Box({ "GET /statement": statement([]) });
  await show(<Statement />);
  const francs = money({ minor: 900, currency: "CHF" }).replace(/\s/g, " ");
  expect(totals()).toBe(
    `Earned in 2026-11${money(EUR(4000))} + ${francs}Payable by todaynothing yet`,
  );
  expect(screen.getByText("A passed claim books one, ten seconds after its verdict.")).toBeTruthy();
  expect(screen.queryByRole("table")).toBeNull();
});

test("a verdict that ends its hold shows on an open page", async () => {
  const box = new Box({ "GET /statement": statement([]) });
  await show(<Statement />);
  box.answers["GET /statement"] = statement([entry()]);
  FakeEventSource.last.changed("claims");
  await settle();
  expect(cells().length).toBe(1);
});

test("trouble and loading take the page's place", async () => {
  const box = new Box({ "GET /statement": refusal(503, "Busy", "Try again.") });
  await show(<Statement />);
  expect(alerts()).toEqual(["Busy. Try again.Try again"]);
  box.answers["GET /statement"] = statement([entry()]);
  await press("Try again");
  expect([alerts(), cells().length]).toEqual([[], 1]);
});
