import { beforeEach, describe, expect, test } from "vitest";
import { Box, nothing, refusal } from "../../../testing/box";
import { lead, listed, me } from "../../../testing/made";
import {
  alerts,
  cells,
  choose,
  options,
  press,
  screen,
  show,
  submit,
  textOf,
  unnamed,
  write,
  within,
} from "../../../testing/show";
import type { LeadEvent, ListedLead, ListedLeads, Role } from "../../api";
import { moment } from "../../format";
import { Leads } from "./Leads";

const AT = "2026-11-20T12:00:00Z";
const PASSED: LeadEvent = {
  kind: "verdict",
  at: AT,
  number: 7,
  passed: true,
  claim: "cl1",
  criteria: [{ id: "budget", title: "Budget" }],
};
let box: Box;
const open = async (role: Role, ...events: LeadEvent[]) => {
  box.answers["GET /leads/l1"] = { lead: lead({ interactions: "Met at the fair." }), events };
  await show(<Leads me={me(role)} />);
  await press("Brightwater Logistics");
};
const page = (leads: ListedLead[], more: Partial<ListedLeads> = {}): ListedLeads => ({
  leads,
  next: null,
  count: leads.length,
  now: AT,
  ...more,
});
const timeline = () => screen.getByRole("complementary", { name: "The lead’s timeline" });
const told = () =>
  within(timeline())
    .getAllByRole("listitem")
    .map((i) => textOf(i.querySelector("span")));

beforeEach(() => {
  history.replaceState(null, "", "/leads");
  box = new Box({
    "GET /leads": page([
      listed(),
      listed({
        id: "l2",
        company: "Halden",
        external_id: "B-02",
        contact: null,
        contact_role: null,
        source: null,
        grade: null,
        stage: "passed",
        act_at: null,
        due: null,
      }),
    ]),
    "GET /leads/choices": {
      sources: [{ id: "s1", name: "webinar", client: "Hollmann Fleet" }],
      campaigns: [{ id: "c1", name: "Fleet autumn", client: "Hollmann Fleet" }],
    },
    "POST /leads/l1/buyer-stage": nothing,
    "POST /claims/cl1/first": nothing,
  });
});

describe("the list", () => {
  test("what is not known is a word", async () => {
    await show(<Leads me={me("manager")} />);
    expect(cells()).toEqual([
      [
        "Brightwater LogisticsB-01",
        "A. Vanceoperations",
        `Suspectcontact by ${moment("2026-11-20T20:00:00Z")}`,
        "Fleet autumnfair, B",
      ],
      ["HaldenB-02", "unknown", "Passednothing to do", "Fleet autumnsource unknown"],
    ]);
    expect(screen.getByText("No lead chosen")).toBeTruthy();
  });

  test("what is past its time says by how much", async () => {
    const late = listed({ act_at: "2026-11-20T09:30:00Z" });
    box.answers["GET /leads"] = page([late, listed({ id: "l2" })]);
    await show(<Leads me={me("manager")} />);
    const stages = cells().map((c) => c[2]);
    expect(stages).toEqual([
      `Suspectcontact by ${moment("2026-11-20T09:30:00Z")} 2 h 30 min late`,
      `Suspectcontact by ${moment("2026-11-20T20:00:00Z")}`,
    ]);
  });

  test("an empty one says how leads come in", async () => {
    box.answers["GET /leads"] = page([]);
    await show(<Leads me={me("manager")} />);
    expect(screen.getByText("assay leads import")).toBeTruthy();
  });

  test("what is wanted and what is open stand in the address, and more comes by its place", async () => {
    history.replaceState(null, "", "/leads?view=late&q=halden");
    box.answers["GET /leads?view=late&q=halden"] = page([listed()], { next: "5.l1", count: 1001 });
    box.answers["GET /leads?view=late&q=halden&after=5.l1"] = page([
      listed({ id: "l9", company: "Ninth" }),
    ]);
    box.answers["GET /leads/l1"] = { lead: lead(), events: [] };
    await show(<Leads me={me("manager")} />);
    expect(textOf(screen.getByRole("status"))).toBe("more than 1,000 leads");
    await press("Show 50 more");
    expect(cells().map((c) => c[0])).toEqual(["Brightwater LogisticsB-01", "NinthB-01"]);
    await press("Brightwater Logistics");
    expect(location.search).toBe("?view=late&q=halden&lead=l1");
    expect(textOf(timeline())).toContain("No contact yet");
    await choose("The buyer’s stage", "purchase");
    expect(box.sent("POST /leads/l1/buyer-stage")).toEqual([{ stage: "purchase" }]);
    box.answers["GET /leads?view=late&q=halden&stage=won"] = page([]);
    await choose("Stage", "won");
    expect(screen.getByText("No lead fits")).toBeTruthy();
    await press("Show all leads");
    expect(location.search).toBe("?lead=l1");
    expect(unnamed()).toEqual([]);
  });

  test("trouble is said", async () => {
    box.answers["GET /leads"] = refusal(503, "Busy", "Try again.");
    await show(<Leads me={me("manager")} />);
    expect(alerts()).toEqual(["Busy. Try again.Try again"]);
  });
});

describe("the timeline", () => {
  test("everything that happened is a sentence, with its time", async () => {
    const event = (kind: LeadEvent["kind"], more: Partial<LeadEvent> = {}): LeadEvent => ({
      kind,
      at: AT,
      ...more,
    });
    await open(
      "manager",
      event("lead", { what: "import" }),
      event("lead"),
      event("call", { outcome: "answered", duration_ms: 65_000, disposition: "call_back" }),
      event("call", { outcome: "no_answer" }),
      event("claim", { number: 7 }),
      event("claim", { number: 8, came_by: "keys" }),
      event("interaction", { what: "read the fleet guide" }),
      event("reported", {
        what: "won",
        by: "EspoCRM",
        value: { minor: 1_780_000, currency: "EUR" },
        proof_of_concept: true,
        note: "Three years",
      }),
      event("reported", {
        what: "lost",
        by: "EspoCRM",
        value: null,
        proof_of_concept: null,
        note: "",
      }),
      event("reported", { what: "lost", by: "EspoCRM", value: null, proof_of_concept: false }),
      event("stage", { stage: "handed_over" }),
      event("stage", { buyer_stage: "purchase" }),
      event("content", { what: "the fleet guide" }),
      event("verdict", { number: 7, passed: true }),
      event("verdict", { number: 7, passed: false }),
      event("dispute", { number: 7, what: "She names it." }),
      event("dispute_decided", { number: 7, what: "changed" }),
      event("sales", { what: "reject", criterion: "Budget", note: "no money" }),
      event("sales", { what: "now" }),
      event("sales", { what: "of_its_own" }),
      event("comment", { by: "Marek", tag: "stall", what: "hesitates" }),
    );
    expect(told()).toEqual([
      "Came in by import",
      "Came in",
      "Call, answered, 1:05: Call back",
      "Call, no answer",
      "Claimed as qualified (C-7)",
      "Claimed as qualified (C-8), by the phone’s keys",
      "The contact: read the fleet guide",
      "EspoCRM: won, €17,800.00, with a proof of concept. Three years",
      "EspoCRM: lost",
      "EspoCRM: lost, without a proof of concept",
      "Handed over",
      "Buyer: Purchase",
      "Sent to the buyer: the fleet guide",
      "Passed (C-7)",
      "Not passed (C-7)",
      "Disputed (C-7): She names it.",
      "Dispute decided (C-7): the verdict was changed",
      "Sales rejects it (Budget): no money",
      "Sales takes it now",
      "Sales of_its_own",
      "Marek, stall: hesitates",
    ]);
    expect(
      textOf(within(timeline()).getAllByRole("listitem")[0]?.querySelector("time") ?? null),
    ).toBe(moment(AT));
    expect(textOf(timeline())).toContain("Met at the fair.");
  });

  test("what its list says of it is there, with all of its numbers", async () => {
    const known = lead({
      numbers: ["+49405550001", "+49405550002"],
      product: "Vans",
      owner: "sam",
    });
    box.answers["GET /leads/l1"] = { lead: known, events: [] };
    await show(<Leads me={me("marketing")} />);
    await press("Brightwater Logistics");
    const facts = [...timeline().querySelectorAll("dt")].map((dt) => [
      textOf(dt),
      textOf(dt.nextElementSibling),
    ]);
    expect(facts).toEqual([
      ["Contact", "A. Vance, operations"],
      ["Numbers", "+49405550001, +49405550002"],
      ["Product", "Vans"],
      ["Owner", "sam"],
      ["Source", "fair"],
    ]);
  });

  test("one number is one, and the buyer's stage is set, or it is said why not", async () => {
    const numbers = ["+49405550001"];
    box.answers["GET /leads/l1"] = { lead: lead({ numbers }), events: [] };
    await show(<Leads me={me("telemarketer")} />);
    await press("Brightwater Logistics");
    expect(textOf(timeline())).toContain("Number+49405550001");
    box.answers["GET /leads/l1"] = { lead: lead({ buyer_stage: "awareness" }), events: [] };
    await choose("The buyer’s stage", "awareness");
    expect(box.count("GET /leads/l1")).toBe(2);
    expect(screen.getByLabelText<HTMLSelectElement>("The buyer’s stage").value).toBe("awareness");
    box.answers["POST /leads/l1/buyer-stage"] = refusal(409, "Not now", "It is lost.");
    await choose("The buyer’s stage", "purchase");
    expect(alerts()).toEqual(["Not now. It is lost."]);
  });

  test("a lead that cannot be had says why", async () => {
    await show(<Leads me={me("manager")} />);
    await press("Halden");
    expect(alerts()).toEqual(["Not there. There is nothing under this address."]);
  });

  test("a manager puts a claim that waits first, and back into its turn", async () => {
    const waits = (first: boolean): LeadEvent => ({
      kind: "claim",
      at: AT,
      number: 7,
      waiting: { claim: "cl1", first },
    });
    await open("manager", waits(false));
    box.answers["GET /leads/l1"] = { lead: lead(), events: [waits(true)] };
    await press("Judge it first");
    await press("Leave it in its turn");
    await press("Judge it first");
    await write(/Why before the others/, "now ");
    await submit("Put it first");
    expect(box.count("POST /claims/cl1/first")).toBe(0);
    await write(/Why before the others/, " The buyer decides today. ");
    await submit("Put it first");
    expect(box.sent("POST /claims/cl1/first")).toEqual([
      { first: true, reason: "The buyer decides today." },
    ]);
    expect(told()).toEqual(["Claimed as qualified (C-7) judged first Back into its turn"]);
    box.answers["POST /claims/cl1/first"] = refusal(409, "Somebody was first", "It is judged.");
    await press("Back into its turn");
    expect(box.sent("POST /claims/cl1/first")[1]).toEqual({ first: false });
    expect(alerts()).toEqual(["Somebody was first. It is judged."]);
  });
});

test("what would tell what calls came to is not counted where nobody is singled out", async () => {
  box.answers["GET /leads"] = page([listed()], { count: null });
  await show(<Leads me={me("manager")} />);
  expect(textOf(screen.getByRole("status"))).toContain("promised that nobody is singled out");
});

test("a manager sees how a lead that passed stands with the CRM", async () => {
  box.answers["GET /handovers/cl1/crm"] = {
    sent: {
      kind: "espocrm",
      on: true,
      state: "given_up",
      record: null,
      written_at: null,
      attempts: 14,
      last_at: AT,
      last_status: 500,
      last_answer: "",
      last_error: "it answered 500: the fault is on its side",
      next_attempt_at: null,
      fields: { accountName: "Brightwater Logistics" },
    },
  };
  await open("manager", PASSED);
  const panel = screen.getByRole("region", { name: "CRM" });
  expect(textOf(panel)).toContain("Given up: it answered 500: the fault is on its side.");
});

test("a lead that has not passed stands in no CRM", async () => {
  await open("manager", { ...PASSED, passed: false });
  expect(screen.queryByRole("region", { name: "CRM" })).toBeNull();
  expect(box.count("GET /handovers/cl1/crm")).toBe(0);
});

test("sources of several clients are told with whose they are", async () => {
  const source = (id: string, client: string) => ({ id, name: "webinar", client });
  box.answers["GET /leads/choices"] = {
    sources: [source("s1", "Hollmann Fleet"), source("s2", "Calder")],
    campaigns: [{ id: "c1", name: "Fleet autumn", client: "Hollmann Fleet" }],
  };
  await show(<Leads me={me("manager")} />);
  expect(options("Source")).toEqual(["any", "webinar, Hollmann Fleet", "webinar, Calder"]);
  expect(options("Campaign")).toEqual(["any", "Fleet autumn"]);
});

describe("fraud", () => {
  test("is alleged on a judged claim, by a manager, with a reason", async () => {
    box.answers["POST /rulings"] = refusal(409, "It is ruled already", "Reload the page.");
    await open("manager", PASSED);
    await press("Allege fraud … on C-7");
    await press("Leave it");
    await press("Allege fraud … on C-7");
    await write(/Why is C-7 fraud\?/, "too short");
    await submit("Allege fraud");
    expect(box.count("POST /rulings")).toBe(0);
    await write(/Why is C-7 fraud\?/, " The number rings at a friend’s. ");
    await submit("Allege fraud");
    expect(alerts()).toEqual(["It is ruled already. Reload the page."]);
    box.answers["POST /rulings"] = { id: "rul1" };
    await submit("Allege fraud");
    expect(box.sent("POST /rulings")[1]).toEqual({
      claim: "cl1",
      kind: "fraud",
      note: "The number rings at a friend’s.",
    });
    expect(textOf(within(timeline()).getByRole("status"))).toContain(
      "until a second manager confirms it",
    );
    expect(screen.getByRole("link", { name: "Rulings" }).getAttribute("href")).toBe("/rulings");
  });

  test("nobody else alleges it", async () => {
    for (const role of ["sales", "marketing", "telemarketer"] as const) {
      box.answers["GET /leads/l1"] = { lead: lead(), events: [PASSED] };
      const { leave } = await show(<Leads me={me(role)} />);
      await press("Brightwater Logistics");
      expect(screen.queryByRole("button", { name: /Allege fraud/ })).toBeNull();
      await leave();
    }
  });
});
