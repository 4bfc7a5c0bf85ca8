import { cleanup } from "@testing-library/preact";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { Box, nothing, refusal } from "../../../testing/box";
import { me } from "../../../testing/made";
import {
  alerts,
  choose,
  click,
  press,
  screen,
  show,
  submit,
  textOf,
  unnamed,
  within,
  write,
} from "../../../testing/show";
import type * as api from "../../api";
import { moment } from "../../format";
import { Crm } from "./Crm";
import { sentLine } from "./words";

const AT = "2026-11-28T10:00:00Z";
const LATER = "2026-11-28T12:00:00Z";

const crm = (more: Partial<api.CrmSetup> = {}): api.CrmSetup => ({
  client: "k1",
  client_name: "Northlight",
  kind: "espocrm",
  url: "https://crm.example",
  from: AT,
  set_at: AT,
  set_by: "Ada",
  off_at: null,
  waiting: 0,
  given_up: 0,
  failures: 0,
  last_error: null,
  next_attempt_at: null,
  worked_at: AT,
  mapped: {
    mapping: {
      fields: {
        company: "accountName",
        contact: "lastName",
        state: "status",
        claim: "cAssayClaim",
      },
      states: {
        new: "Assigned",
        called: "In Process",
        later: "Assigned",
        nurture: "Recycled",
        rejected: "Dead",
      },
      means: [{ state: "Closed Won", means: "won" }],
    },
    version: 0,
    set_at: null,
    set_by: null,
    make_first: ["cAssayClaim"],
  },
  ...more,
});

let box: Box;
const of = (...crms: api.CrmSetup[]) =>
  (box.answers["GET /crm"] = {
    crms,
    clients: [
      { id: "k1", name: "Northlight" },
      { id: "k2", name: "Calder" },
    ],
    kinds: [
      { kind: "plain", fields: [] },
      { kind: "espocrm", fields: ["cAssayClaim", "cAssayFirstCall"] },
      { kind: "salesforce", fields: ["Assay_Claim__c"] },
      { kind: "hubspot", fields: ["assay_claim"] },
    ],
  } satisfies api.Crms);
const open = (role: api.Role = "admin") => show(<Crm me={me(role)} />);
const one = () => screen.getByRole("article", { name: /Northlight/ });

beforeEach(() => {
  box = new Box({
    "PUT /crm/k1": nothing,
    "PUT /crm/k2": nothing,
    "PUT /crm/k1/mapping": nothing,
    "POST /crm/k1/on": nothing,
    "POST /crm/k1/off": nothing,
  });
  of(crm());
});

describe("an administrator", () => {
  test("sets a client's CRM up with what its kind needs", async () => {
    await open();
    await click(screen.getByText("Set a CRM up"));
    const form = screen.getByRole("form", { name: "The CRM of Calder" });
    expect(within(form).getByText(/Make these fields/).textContent).toContain(
      "cAssayClaim, cAssayFirstCall",
    );
    await choose("Which CRM?", "salesforce");
    expect(textOf(form)).toContain("Assay_Claim__c");
    expect(textOf(form)).toContain("consumer key, a colon");
    await write("Address", "https://a.my.salesforce.com ");
    await write("Key", "consumer:secret");
    expect(unnamed()).toEqual([]);
    await submit("Set it up");
    expect(box.sent("PUT /crm/k2")).toEqual([
      {
        kind: "salesforce",
        url: "https://a.my.salesforce.com",
        key: "consumer:secret",
        from: null,
      },
    ]);
    expect(textOf(screen.getAllByRole("status")[0] ?? null)).toBe(
      "Calder’s CRM is set up. Test it.",
    );
  });

  test("reads in words how each CRM stands", async () => {
    for (const [more, words] of [
      [{}, `Working: last written ${moment(AT)}.`],
      [{ worked_at: null }, "Nothing sent yet. Test it, and see."],
      [{ waiting: 1 }, "1 lead on the way."],
      [{ off_at: AT }, `Off since ${moment(AT)}; leads wait.`],
      [
        {
          failures: 2,
          waiting: 3,
          given_up: 1,
          last_error: "it answered 500: the fault is on its side",
          next_attempt_at: LATER,
        },
        `Failing: it answered 500: the fault is on its side. 3 leads waiting, tried again ${moment(LATER)}. 1 lead given up: see their cards.`,
      ],
    ] as const) {
      of(crm(more));
      await open();
      expect(textOf(one())).toContain(words);
      cleanup();
    }
  });

  test("tests it, and is told in words", async () => {
    box.answers["POST /crm/k1/test"] = {
      works: false,
      words: "It lets us in, but has no field cAssayClaim: make it there first.",
      missing: ["cAssayClaim"],
    } satisfies api.CrmTested;
    await open();
    await press("Test the CRM of Northlight");
    expect(textOf(within(one()).getByRole("status"))).toContain("no field cAssayClaim");
    box.answers["POST /crm/k1/test"] = refusal(409, "Another key", "Enter the CRM’s key again.");
    await press("Test the CRM of Northlight");
    expect(alerts().join()).toContain("Enter the CRM’s key again.");
  });

  test("changes it without entering the key again, and turns it off", async () => {
    of(crm(), crm({ client: "k2", client_name: "Calder" }));
    await open();
    await press("Change the CRM of Northlight");
    const key = screen.getByLabelText("Key") as HTMLInputElement;
    expect([key.type, key.required]).toEqual(["password", false]);
    await write("Address", "https://elsewhere.example");
    expect(key.required).toBe(true);
    await write("Address", "https://crm.example");
    await write("Send leads handed over since", "2026-11-01");
    await submit("Save");
    expect(box.sent("PUT /crm/k1")).toEqual([
      { kind: "espocrm", url: "https://crm.example", key: null, from: "2026-11-01T00:00:00Z" },
    ]);
    await vi.waitFor(() => expect(document.activeElement).toBe(within(one()).getByRole("heading")));
    await press("Turn off the CRM of Northlight");
    expect(box.count("POST /crm/k1/off")).toBe(1);
  });

  test("is told why it cannot be set so", async () => {
    box.answers["PUT /crm/k1"] = refusal(422, "Not like that", "Use https://.");
    await open();
    await press("Change the CRM of Northlight");
    await submit("Save");
    expect(alerts().join()).toContain("Use https://.");
  });
});

describe("a manager", () => {
  const mapping = "Fields and states the CRM of Northlight";

  test("changes fields and states, and nothing else", async () => {
    await open("manager");
    expect(within(one()).queryAllByRole("button").map(textOf)).toEqual([mapping]);
    expect(screen.queryByText("Set a CRM up")).toBeNull();
    expect(textOf(one())).toContain("as EspoCRM comes");
    await press(mapping);
    expect(unnamed()).toEqual([]);
    await write("Company", "cFirm");
    await write("Called by sales", "Reached");
    await press("Add a state");
    await write("State 2 of theirs", "No budget");
    await choose("What state 2 means", "lost");
    await press("Add a state");
    await submit("Save");
    expect(box.sent("PUT /crm/k1/mapping")).toEqual([
      {
        mapping: {
          fields: { company: "cFirm", contact: "lastName", state: "status", claim: "cAssayClaim" },
          states: {
            new: "Assigned",
            called: "Reached",
            later: "Assigned",
            nurture: "Recycled",
            rejected: "Dead",
          },
          means: [
            { state: "Closed Won", means: "won" },
            { state: "No budget", means: "lost" },
          ],
        },
        replaces: 0,
      },
    ]);
    await vi.waitFor(() => expect(document.activeElement).toBe(within(one()).getByRole("heading")));
  });

  test("sees what would be sent before it is saved, and why it cannot be", async () => {
    box.answers["POST /crm/k1/mapping/example"] = {
      leads: [
        { state: "new", fields: { accountName: "Example", status: "Assigned" } },
        { state: "called", fields: { accountName: "Example", status: "In Process" } },
        { state: "later", fields: { accountName: "Example", status: "Assigned" } },
      ],
      make_first: ["cAssayClaim"],
    } satisfies api.CrmExample;
    await open("manager");
    await press(mapping);
    await press("Show what would be sent");
    const shown = textOf(screen.getByRole("status", { name: "What would be sent" }));
    expect(shown).toContain("Called by sales: status In Process");
    expect(shown).toContain("Later: the same");
    expect(shown).toContain("cAssayClaim");
    const why = "'status' is named for two fields";
    box.answers["POST /crm/k1/mapping/example"] = refusal(422, "Not like that", why);
    await write("Company", "status");
    await press("Show what would be sent");
    expect(alerts().join()).toContain(why);
    expect(screen.queryByRole("status", { name: "What would be sent" })).toBeNull();
    expect(box.count("PUT /crm/k1/mapping")).toBe(0);
  });

  test("sends no words for states where no field takes the state", async () => {
    await open("manager");
    await press(mapping);
    await write("State", "");
    expect(screen.queryByLabelText("Called by sales")).toBeNull();
    await submit("Save");
    const [sent] = box.sent("PUT /crm/k1/mapping") as [{ mapping: api.CrmMapping }];
    expect(sent.mapping.states).toEqual({});
  });
});

test("how a lead stands is one line", () => {
  const sent = (more: Partial<api.SentToCrm>): api.SentToCrm => ({
    kind: "espocrm",
    on: true,
    state: "sent",
    record: "64a",
    written_at: AT,
    attempts: 1,
    last_at: AT,
    last_status: 200,
    last_answer: "{}",
    last_error: null,
    next_attempt_at: null,
    fields: {},
    ...more,
  });
  expect(sentLine(sent({}))).toBe(`Sent ${moment(AT)}, record 64a, answered 200.`);
  expect(sentLine(sent({ state: "waiting", attempts: 0, last_at: null }))).toBe("On the way.");
  expect(sentLine(sent({ state: "waiting", on: false }))).toBe("Waits: the CRM is turned off.");
  expect(
    sentLine(sent({ state: "waiting", last_error: "it answered 500", next_attempt_at: LATER })),
  ).toBe(`Not sent yet: it answered 500. Tried again ${moment(LATER)}.`);
  expect(sentLine(sent({ state: "given_up", last_error: "it was converted there" }))).toBe(
    "Given up: it was converted there.",
  );
});
