import { act, fireEvent } from "@testing-library/preact";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { Box, nothing, refusal, settle } from "../../../testing/box";
import {
  claim,
  claimForm,
  dispute,
  failedClaim,
  me,
  plans,
  planVersion,
  row,
  verdict,
} from "../../../testing/made";
import { alerts, cells, press, screen, show, textOf, within } from "../../../testing/show";
import { FakeEventSource } from "../../../testing/stream";
import type { Claim } from "../../api";
import { day, moment, money } from "../../format";
import { Claims } from "./Claims";
import { useOwnClaims } from "./news";

const FORTY = { minor: 4000, currency: "EUR" };
const AT = "2026-11-20T12:00:10Z";
const passed = (more: Partial<Claim> = {}) =>
  claim({
    id: "cl2",
    number: 8,
    company: "Halden Cold Chain",
    state: "decided",
    outcome: "passed",
    decided_at: AT,
    verdict: verdict({ note: "Well led." }),
    entry: { id: "e1", amount: FORTY, earned_at: AT, period: "2026-11" },
    ...more,
  });
let box: Box;
function boxOf(...claims: Claim[]) {
  box = new Box({
    "GET /claims": { claims },
    "GET /statement": { period: "2026-11", earned_this_period: [FORTY], payable: [], entries: [] },
    "GET /calls/c1/checklist": claimForm(),
  });
}
function Page() {
  const own = useOwnClaims(me("telemarketer"));
  return (
    <>
      <output>{own.unseen.map((c) => c.company).join()}</output>
      <p id="said">{own.said}</p>
      <Claims own={own} />
    </>
  );
}
const open = () => show(<Page />);
const news = () => textOf(document.querySelector("output"));
const said = () => textOf(document.getElementById("said"));
const detail = () => screen.getByRole("complementary", { name: "The claim" });
const shown = () => textOf(within(detail()).getByRole("heading", { level: 2 }));
async function now(...claims: Claim[]) {
  box.answers["GET /claims"] = { claims };
  act(() => FakeEventSource.last.changed("claims"));
  await settle();
}

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
      claim({ id: "cl8", first: { reason: "Decides today", at: AT } }),
      claim({ id: "cl9", state: "withdrawn", position: null }),
      claim({ id: "cl10", state: "sent_back", sent_back: { note: "Other firm", at: AT } }),
      passed({ id: "cl11", outcome: "passed_waiting", entry: null, waits_until: AT }),
      passed({ id: "cl12", dispute: dispute({ state: "changed" }) }),
    );
    await open();
    expect(cells().map((r) => r.slice(1))).toEqual([
      ["Not passed", "Budget: not asked", "none"],
      ["Passed", "all proven", money(FORTY)],
      ["Passed", "all proven; this lead has earned its one commission", "none"],
      ["In review", "somebody is listening", "open"],
      ["In the queue", "next in line", "open"],
      ["In the queue", "number 4 in line", "open"],
      ["In the queue", "waiting", "open"],
      ["In the queue", "put first by your manager", "open"],
      ["Withdrawn", "you withdrew it", "none"],
      ["Came back to you", "another company: set the lead right", "none"],
      ["Passed, waiting", `a colleague claimed it before you; known by ${day(AT)}`, "open"],
      ["Passed", "all proven, after your dispute", money(FORTY)],
    ]);
  });

  test("totals count what was earned, what waits and what is disputed", async () => {
    const disputed = failedClaim({ id: "cl7", dispute: dispute() });
    boxOf(passed(), claim({ id: "cl5" }), claim({ id: "cl6", state: "in_review" }), disputed);
    await open();
    expect(textOf(screen.getByRole("region", { name: "Totals" }))).toBe(
      `Earned this month${money(FORTY)}Payable by todaynothing yet` +
        "Waiting for a verdict2 claimsIn dispute1 claim",
    );
    expect(cells()[3]?.[1]).toBe("Disputed");
  });

  test("without claims it says how to make one", async () => {
    boxOf();
    await open();
    expect(screen.getByRole("link", { name: "My calls" }).getAttribute("href")).toBe("/calls");
    expect(screen.getByText("No claim chosen")).toBeTruthy();
  });

  test("a box in trouble is said, with the claims that are known", async () => {
    boxOf(passed());
    await open();
    box.answers["GET /claims"] = refusal(503, "Busy", "Try again.");
    FakeEventSource.last.changed("claims");
    await settle();
    expect([alerts().length, cells().length]).toEqual([1, 1]);
  });
});

describe("news", () => {
  test("what was decided before one first came is none; what comes is, read out once", async () => {
    boxOf(failedClaim(), claim({ id: "cl2", state: "in_review" }));
    await open();
    expect([news(), said()]).toEqual(["", ""]);
    await now(failedClaim(), passed({ decided_at: "2026-11-21T12:00:00Z" }));
    expect(news()).toBe("Halden Cold Chain");
    expect(said()).toBe(`Halden Cold Chain: passed, ${money(FORTY)}.`);
    expect(cells()[1]?.[0]).toContain("Halden Cold Chain new");
    expect(box.count("GET /statement")).toBe(2);
  });

  test("opening it is seeing it, also after the page is loaded again", async () => {
    boxOf(failedClaim(), claim({ id: "cl2", number: 8, state: "in_review" }));
    const first = await open();
    const later = passed({ decided_at: "2026-11-21T12:00:00Z" });
    await now(failedClaim(), later);
    await first.leave();
    const second = await open();
    expect(news()).toBe("Halden Cold Chain");
    await press("Halden Cold Chain");
    expect(news()).toBe("");
    await second.leave();
    await open();
    expect(news()).toBe("");
  });

  test("behind another window nothing is seen, until one comes back", async () => {
    boxOf(claim({ id: "cl2", number: 8, state: "in_review" }));
    history.replaceState(null, "", "/claims?claim=8");
    const hidden = vi.spyOn(document, "visibilityState", "get").mockReturnValue("hidden");
    await open();
    await now(passed({ decided_at: "2026-11-21T12:00:00Z" }));
    expect(news()).toBe("Halden Cold Chain");
    hidden.mockReturnValue("visible");
    fireEvent(document, new Event("visibilitychange"));
    await settle();
    expect(news()).toBe("");
  });

  test("several are marked as seen at once; a dispute decided and a claim come back are news", async () => {
    boxOf(claim({ id: "cl1", state: "in_review" }), claim({ id: "cl2", state: "in_review" }));
    await open();
    await now(
      failedClaim({ dispute: dispute({ state: "stands", decided_at: "2026-11-21T13:00:00Z" }) }),
      claim({ id: "cl2", state: "sent_back", sent_back: { note: "Other firm", at: AT } }),
    );
    expect(said()).toContain("your claim came back to you");
    await press("Mark 2 verdicts as seen");
    expect(news()).toBe("");
  });
});

describe("the claim", () => {
  test("the first shows by itself, another when it is chosen, and after a reload", async () => {
    boxOf(failedClaim(), passed());
    await open();
    expect(shown()).toBe("Brightwater Logistics");
    await press("Halden Cold Chain");
    expect(shown()).toBe("Halden Cold Chain");
    expect(location.search).toBe("?claim=8");
    const chosen = screen
      .getAllByRole("row")
      .filter((r) => r.getAttribute("aria-selected") === "true");
    expect(chosen.map((r) => r.getAttribute("data-claim"))).toEqual(["8"]);
  });

  test("each judged row has its answer, its words and its seconds; one not judged says why", async () => {
    const of = failedClaim();
    of.verdict?.rows.push(row("time", { title: "Timescale", judged: false, answer: null }));
    boxOf(of);
    await open();
    const rows = within(detail()).getAllByRole("listitem");
    expect(rows.map(textOf)).toEqual([
      "BudgetNot asked",
      "NeedYesPlay the moment for Need, 0:03–0:09“two hours a day”",
      "TimescaleNot judged: the claim had failed already",
    ]);
    expect(rows.map((r) => r.className)).toEqual(["bad", "", ""]);
  });

  test("says how much was heard, and what that is worth", async () => {
    boxOf(passed());
    await open();
    const text = textOf(detail());
    expect(text).toContain("The reviewer heard 84 % of the speech; it deters and does not prove.");
    expect(text).toContain("checklist v3");
    expect(text).toContain(`${money(FORTY)}, earned in 2026-11`);
    expect(text).toContain("Well led.");
  });

  test("what a second reviewer changed is what shows, with the first answers behind it", async () => {
    boxOf(
      passed({
        verdict: verdict({
          changed: true,
          rows: [row("budget", { title: "Budget", answer: "In place" })],
          first_rows: [row("budget", { title: "Budget", answer: "Not asked", passes: false })],
        }),
        dispute: dispute({ state: "changed", decided_at: AT }),
      }),
    );
    await open();
    const [holds, before] = within(detail()).getAllByRole("listitem").map(textOf);
    expect([holds, before]).toEqual(["BudgetIn place", "BudgetNot asked"]);
    expect(textOf(detail())).toContain("A second reviewer changed this.");
    expect(textOf(detail())).toContain("Passes now: in place");
    expect(textOf(detail())).toContain("You were right: the claim passes.");
  });

  test("before the verdict: what the reviewer does not see, why it was put first, own answers", async () => {
    boxOf(claim({ first: { reason: "The buyer decides today.", at: AT } }));
    await open();
    const text = textOf(detail());
    expect(text).toContain("sees neither your name nor your answers");
    expect(text).toContain(
      `Your manager put this claim first: “The buyer decides today.” (${moment(AT)})`,
    );
    expect(text).toContain("BudgetYesNeedblank");
  });

  test("one that came back says what to do and leads there", async () => {
    boxOf(claim({ state: "sent_back", sent_back: { note: "Halden, not Brightwater", at: AT } }));
    await open();
    expect(textOf(detail())).toContain("“Halden, not Brightwater”");
    expect(textOf(detail())).toContain("It has cost you nothing.");
    expect(screen.getByRole("link", { name: "Set the lead right" }).getAttribute("href")).toBe(
      "/calls?call=c1",
    );
  });

  test("one that passed behind a colleague's says until when, and why", async () => {
    boxOf(passed({ outcome: "passed_waiting", entry: null, waits_until: AT }));
    await open();
    expect(textOf(detail())).toContain(
      "A colleague claimed this lead before you: if that claim passes, theirs earns, else yours " +
        `does. You know by ${day(AT)} at the latest.`,
    );
  });

  test("one that passed and waits for its plan says which to read, or that there is none", async () => {
    boxOf(passed({ outcome: "passed_waiting", entry: null }));
    const unread = planVersion({ version: 4, to_read: true, read_at: null });
    box.answers["GET /plans"] = plans({ versions: [unread] });
    const { leave } = await open();
    expect(textOf(detail())).toContain("It passed and waits: read plan v4 first.");
    expect(screen.getByRole("link", { name: "Read the plan" }).getAttribute("href")).toBe("/plans");
    expect(cells()[0]?.[2]).toBe("all proven; it waits for a plan or an earlier claim");
    await leave();
    box.answers["GET /plans"] = plans({ versions: [] });
    await open();
    expect(textOf(detail())).toContain("waits until a manager approves a plan for its campaign");
  });

  test("its call is loaded only when it is asked for", async () => {
    boxOf(failedClaim());
    await open();
    expect(box.count("GET /calls/c1/peaks")).toBe(0);
    const more = screen.getByText("The whole call").closest("details") as HTMLDetailsElement;
    more.open = true;
    fireEvent(more, new Event("toggle"));
    await settle();
    expect(box.count("GET /calls/c1/peaks")).toBe(1);
    expect(screen.getByRole("button", { name: /^Need/ })).toBeTruthy();
  });
});

describe("until somebody takes it", () => {
  const mine = () => claim({ changeable: true });

  test("it is withdrawn, after one question", async () => {
    boxOf(mine());
    box.answers["DELETE /claims/cl1"] = nothing;
    await open();
    await press("Withdraw");
    expect(document.activeElement).toBe(screen.getByRole("button", { name: "Keep it" }));
    await press("Keep it");
    await press("Withdraw");
    expect(box.count("DELETE /claims/cl1")).toBe(0);
    box.answers["GET /claims"] = { claims: [claim({ state: "withdrawn" })] };
    await press("Withdraw it");
    expect(box.count("DELETE /claims/cl1")).toBe(1);
    expect(textOf(detail())).toContain("You withdrew this claim.");
  });

  test("one that was taken meanwhile says so", async () => {
    boxOf(mine());
    box.answers["DELETE /claims/cl1"] = refusal(409, "Somebody took it", "It is being judged.");
    await open();
    await press("Withdraw");
    box.answers["GET /claims"] = { claims: [claim({ state: "in_review" })] };
    await press("Withdraw it");
    expect(alerts()).toEqual(["Somebody took it. It is being judged."]);
    expect(screen.queryByRole("button", { name: "Withdraw" })).toBeNull();
  });

  test("it is changed in the form that it was made with", async () => {
    boxOf(mine());
    await open();
    await press("Change this claim");
    expect(screen.getByRole("form", { name: "Change this claim" })).toBeTruthy();
    await press("Leave it as it was");
    expect(screen.getByRole("button", { name: "Change this claim" })).toBeTruthy();
  });

  test("one that was taken has neither", async () => {
    boxOf(claim({ state: "in_review" }));
    await open();
    expect(screen.queryByRole("button", { name: "Change this claim" })).toBeNull();
  });
});

test("a dispute takes the page, and leads back to the claim", async () => {
  boxOf(failedClaim());
  await open();
  await press("Dispute this verdict");
  expect(screen.getByRole("form", { name: "Dispute this verdict" })).toBeTruthy();
  expect(textOf(document.activeElement)).toBe("Dispute: Brightwater Logistics");
  await press("Back to the claims");
  expect(shown()).toBe("Brightwater Logistics");
  await vi.waitFor(() =>
    expect(document.activeElement).toBe(within(detail()).getByRole("heading", { level: 2 })),
  );
});
