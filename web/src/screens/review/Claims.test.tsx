import { beforeEach, describe, expect, test, vi } from "vitest";
import { Box, refusal, settle } from "../../../testing/box";
import { claim, failedClaim, row } from "../../../testing/made";
import { alerts, cells, press, screen, show, textOf, within } from "../../../testing/show";
import { FakeEventSource } from "../../../testing/stream";
import type { Claim } from "../../api";
import { money } from "../../format";
import { Claims } from "./Claims";

const FORTY = { minor: 4000, currency: "EUR" };
const passed = (more: Partial<Claim> = {}) =>
  claim({
    id: "cl2",
    number: 8,
    company: "Halden Cold Chain",
    state: "decided",
    outcome: "passed",
    verdict: {
      id: "v1",
      passed: true,
      final_at: "2026-11-20T12:00:10Z",
      note: "Well led.",
      checklist_version: 3,
      rows: [row("budget", { title: "Budget" })],
    },
    entry: { id: "e1", amount: FORTY, earned_at: "2026-11-20T12:00:10Z", period: "2026-11" },
    ...more,
  });
let box: Box;
function boxOf(...claims: Claim[]) {
  box = new Box({
    "GET /claims": { claims },
    "GET /statement": { period: "2026-11", earned_this_period: [FORTY], payable: [], entries: [] },
  });
}
const detail = () => screen.getByRole("complementary", { name: "The claim" });
const shown = () => textOf(within(detail()).getByRole("heading", { level: 2 }));

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse("2026-11-21T12:00:00Z"), toFake: ["Date"] });
});

describe("the list", () => {
  test("a verdict, its reason and its money stand in one line", async () => {
    boxOf(
      failedClaim({ number: 1 }),
      passed(),
      passed({ id: "cl3", outcome: "passed_already_paid", entry: null }),
      claim({ id: "cl4", state: "in_review", position: null }),
      claim({ id: "cl5", position: 1 }),
      claim({ id: "cl6", position: 4 }),
      claim({ id: "cl7", position: null }),
    );
    await show(<Claims />);
    expect(cells().map((r) => r.slice(1))).toEqual([
      ["Not passed", "Budget: not asked", "none"],
      ["Passed", "all proven", money(FORTY)],
      ["Passed", "all proven; this lead has earned its one commission", "none"],
      ["In review", "somebody is listening", "open"],
      ["In the queue", "next in line", "open"],
      ["In the queue", "number 4 in line", "open"],
      ["In the queue", "waiting", "open"],
    ]);
  });

  test("a dispute that is open shows in place of the verdict", async () => {
    boxOf(
      failedClaim({
        dispute: {
          criterion: "budget",
          reason: "She names it.",
          state: "open",
          ruling: null,
          created_at: "2026-11-21T12:00:00Z",
          due_at: "2026-11-25T12:00:00Z",
          decided_at: null,
          rows: null,
          note: null,
        },
      }),
    );
    await show(<Claims />);
    expect(cells()[0]?.[1]).toBe("Disputed");
  });

  test("totals count what was earned and what waits", async () => {
    boxOf(passed(), claim({ id: "cl5" }), claim({ id: "cl6", state: "in_review" }));
    await show(<Claims />);
    const totals = textOf(screen.getByRole("region", { name: "Totals" }));
    expect(totals).toBe(
      `Earned this month${money(FORTY)}Payable by todaynothing yetWaiting for a verdict2 claims`,
    );
  });

  test("one claim is no plural", async () => {
    boxOf(claim());
    await show(<Claims />);
    expect(textOf(screen.getByRole("region", { name: "Totals" }))).toMatch(/1 claim$/);
  });

  test("without claims it says how to make one", async () => {
    boxOf();
    await show(<Claims />);
    expect(screen.getByRole("link", { name: "My calls" }).getAttribute("href")).toBe("/calls");
    expect(screen.getByText("No claim chosen")).toBeTruthy();
  });

  test("a verdict shows on an open page, where a reader of the screen hears it", async () => {
    boxOf(claim({ id: "cl2", state: "in_review" }));
    await show(<Claims />);
    const body = screen.getByRole("table").querySelector("tbody");
    expect(body?.getAttribute("aria-live")).toBe("polite");
    box.answers["GET /claims"] = { claims: [passed()] };
    FakeEventSource.last.changed("claims");
    await settle();
    expect(cells()[0]?.[1]).toBe("Passed");
    expect(box.count("GET /statement")).toBe(2);
  });

  test("a box in trouble is said, with the claims that are known", async () => {
    boxOf(passed());
    await show(<Claims />);
    box.answers["GET /claims"] = refusal(503, "Busy", "Try again.");
    FakeEventSource.last.changed("claims");
    await settle();
    expect([alerts().length, cells().length]).toEqual([1, 1]);
  });
});

describe("the claim", () => {
  test("the first shows by itself, another when it is chosen", async () => {
    boxOf(failedClaim(), passed());
    await show(<Claims />);
    expect(shown()).toBe("Brightwater Logistics");
    await press("Halden Cold Chain");
    expect(shown()).toBe("Halden Cold Chain");
    const chosen = screen
      .getAllByRole("row")
      .filter((r) => r.getAttribute("aria-selected") === "true");
    expect(chosen.map((r) => r.getAttribute("data-claim"))).toEqual(["8"]);
  });

  test("an entry of the statement leads to its claim", async () => {
    history.replaceState(null, "", "/claims?claim=8");
    boxOf(failedClaim(), passed());
    await show(<Claims />);
    expect(shown()).toBe("Halden Cold Chain");
  });

  test("each judged row has its answer, its words and its seconds", async () => {
    boxOf(failedClaim());
    await show(<Claims />);
    const rows = within(detail()).getAllByRole("listitem");
    expect(rows.map(textOf)).toEqual([
      "BudgetNot asked",
      "NeedYesPlay the moment for Need, 0:03–0:09“two hours a day”",
    ]);
    expect(rows.map((r) => r.className)).toEqual(["bad", ""]);
  });

  test("the verdict says its checklist, and the entry its month", async () => {
    boxOf(passed());
    await show(<Claims />);
    expect(textOf(detail())).toContain("checklist v3");
    expect(textOf(detail())).toContain(`${money(FORTY)}, earned in 2026-11`);
    expect(textOf(detail())).toContain("Well led.");
  });

  test("before the verdict it says what the reviewer does not see", async () => {
    boxOf(claim());
    await show(<Claims />);
    expect(textOf(detail())).toContain("sees neither your name nor your answers");
  });
});
