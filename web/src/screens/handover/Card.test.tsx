import { beforeEach, describe, expect, test, vi } from "vitest";
import { Box, nothing, refusal } from "../../../testing/box";
import { me } from "../../../testing/made";
import {
  alerts,
  choose,
  click,
  options,
  press,
  screen,
  show,
  submit,
  textOf,
  unnamed,
} from "../../../testing/show";
import { FakeAudio } from "../../../testing/sound";
import type { HandoverCard } from "../../api";
import { complete } from "./AnswerFields";
import { Card } from "./Card";
import { levels } from "./Context";
import { left, promiseState, when } from "./words";

const AT = "2026-11-20T12:00:00Z";
const SENT = "POST /claims/cl1/sales-answer";
const card = (more: Partial<HandoverCard> = {}): HandoverCard => ({
  claim: "cl1",
  number: 7,
  lead: "l1",
  company: "Brightwater Logistics",
  contact: "Karin Feld",
  contact_role: "operations",
  numbers: ["+494315550142"],
  campaign: "Fleet",
  passed_at: AT,
  answer_due_at: AT,
  call_due_at: AT,
  whose: "Sam",
  mine: true,
  promises: [],
  proven: [
    {
      criterion: "need",
      title: "Need",
      answer: "Pain named",
      passes: true,
      words: "two hours a day",
      moment: { call: "c1", from_ms: 1_000, to_ms: 19_000 },
    },
  ],
  write_up: {
    text: "Paper notes.",
    fields: [
      { field: "deciders", text: null, needed: false },
      { field: "next_step", text: "Call her on Monday", needed: false },
    ],
    filled: 9,
    of: 11,
  },
  brought_by: { name: "Ines Okafor", line: "214", call: null },
  sales_calls: { calls: [], counted: 1, agreed: 5, agreed_days: 10, told: "1 call, 09:12, 14 s" },
  context: {
    came_in_at: AT,
    source: "website request",
    source_event: null,
    theme: null,
    segment: null,
    interactions: null,
    conversations: 2,
    talked_ms: 484_000,
    first_contact_at: AT,
  },
  answers: [],
  answer: null,
  criteria: [{ id: "need", title: "Need" }],
  questions: [],
  rating: null,
  readiness: null,
  ...more,
});

let box: Box;
const open = async (more: Partial<HandoverCard> = {}, role: "sales" | "manager" = "sales") => {
  box.answers["GET /handovers/cl1"] = card(more);
  await show(<Card claim="cl1" me={me(role)} />);
};

beforeEach(() => {
  FakeAudio.all = [];
  vi.stubGlobal("Audio", FakeAudio);
  box = new Box({
    [SENT]: nothing,
    "GET /handovers/cl1/content": { content: [], used: [] },
    "GET /calls/c1/peaks": refusal(404, "None", "No picture."),
    "POST /handovers/cl1/questions": nothing,
    "POST /handovers/cl1/rating": nothing,
    "POST /handovers/cl1/readiness": nothing,
  });
});

test("the way to the answer is at hand, chooses nothing, and says what was answered", async () => {
  box.answers["GET /handovers/cl1"] = card();
  const { leave } = await show(<Card claim="cl1" me={me("sales")} />);
  await click(screen.getByRole("link", { name: "Your answer" }));
  expect(document.activeElement?.id).toBe("answer");
  expect(screen.getAllByRole("radio").some((r) => (r as HTMLInputElement).checked)).toBe(false);
  await leave();
  await show(<Card claim="cl1" me={me("manager")} />);
  expect(screen.queryByRole("link", { name: /^Your answer/ })).toBeNull();
});

describe("the CRM", () => {
  const sent = {
    kind: "hubspot",
    on: true,
    state: "sent",
    record: "512",
    written_at: AT,
    attempts: 1,
    last_at: AT,
    last_status: 200,
    last_answer: '{"id":"512"}',
    last_error: null,
    next_attempt_at: null,
    fields: { company: "Brightwater Logistics", hs_lead_status: "NEW" },
  };

  test("nothing is said of it where the client has none", async () => {
    box.answers["GET /handovers/cl1/crm"] = { sent: null };
    await open();
    expect(screen.queryByRole("region", { name: "CRM" })).toBeNull();
  });

  test("what was sent, what came back, and once more", async () => {
    box.answers["GET /handovers/cl1/crm"] = { sent };
    box.answers["POST /handovers/cl1/crm"] = nothing;
    await open();
    const panel = screen.getByRole("region", { name: "CRM" });
    expect(textOf(panel)).toContain("In HubSpot");
    expect(textOf(panel)).toMatch(/Sent .*, record 512, answered 200\./);
    expect(textOf(panel)).toContain('{"id":"512"}');
    expect(textOf(panel)).toContain("hs_lead_status");
    expect(unnamed()).toEqual([]);
    await press("Send again");
    expect(box.count("POST /handovers/cl1/crm")).toBe(1);
    box.answers["POST /handovers/cl1/crm"] = refusal(409, "Not now", "The CRM is off.");
    await press("Send again");
    expect(alerts().join()).toContain("The CRM is off.");
  });
});

describe("the answer", () => {
  test("nothing is chosen before somebody chooses, and the page says that pay does not move", async () => {
    await open();
    expect(screen.getAllByRole("radio").map((r) => (r as HTMLInputElement).checked)).toEqual(
      Array(5).fill(false),
    );
    expect(
      screen.getByText("Your answer moves nobody’s pay. It goes back to the source."),
    ).toBeTruthy();
    expect(unnamed()).toEqual([]);
    await submit("Choose an answer first");
    expect(alerts()).toEqual(["Choose an answer first."]);
    expect(box.count(SENT)).toBe(0);
  });

  test("it counts once it is confirmed", async () => {
    await open();
    await click(screen.getByRole("radio", { name: /Accept/ }));
    await submit("Save: accept");
    expect(box.count(SENT)).toBe(0);
    await press("Look again");
    await submit("Save: accept");
    await press("Save: accept");
    expect(box.sent(SENT)).toEqual([{ answer: "now", note: "" }]);
  });

  test("a further answer says which one it replaces", async () => {
    await open({
      answer: "a1",
      answers: [
        {
          id: "a1",
          answer: "now",
          until: null,
          reason: null,
          preference: false,
          criterion: null,
          note: "",
          at: AT,
          by: "Sam",
          replaced: false,
        },
      ],
    });
    await click(screen.getByRole("radio", { name: /Accept/ }));
    await submit("Save: accept");
    expect(textOf(screen.getByRole("alertdialog"))).toContain("replaces the answer of Sam");
    await press("Save: accept");
    expect(box.sent(SENT)).toEqual([{ answer: "now", note: "", replaces: "a1" }]);
  });

  test("a rejection has one of eight reasons, and unreachable shows what the wire saw", async () => {
    await open();
    await click(screen.getByRole("radio", { name: /Reject/ }));
    expect(options("Why").length - 1).toBeLessThanOrEqual(8);
    await choose("Why", "unreachable");
    expect(screen.getByText("1 call, 09:12, 14 s")).toBeTruthy();
    box.answers[SENT] = refusal(422, "Not tried often enough", "1 call; agreed: 5 in 10 days.");
    await submit("Save: reject");
    await press("Save: reject");
    expect(alerts()).toEqual(["Not tried often enough. 1 call; agreed: 5 in 10 days."]);
  });

  test("what goes out empty is refused before it is sent", () => {
    expect(complete({ note: "" })).toBeTruthy();
    expect(complete({ answer: "now", note: "" })).toBeUndefined();
    expect(complete({ answer: "later", note: "" })).toContain("date");
    expect(complete({ answer: "later", until: "2026-12-01", note: "" })).toBeUndefined();
    expect(complete({ answer: "needs_information", note: "Who?" })).toContain("question");
    expect(complete({ answer: "reject", note: "" })).toContain("why");
    expect(complete({ answer: "reject", reason: "criterion", note: "" })).toContain("criterion");
    expect(complete({ answer: "reject", reason: "other", note: "no" })).toContain("words");
    expect(complete({ answer: "reject", reason: "no_capacity", note: "" })).toBeUndefined();
  });
});

describe("the card", () => {
  test("a manager reads it and answers nothing", async () => {
    await open({}, "manager");
    expect(screen.queryAllByRole("radio")).toEqual([]);
    expect(screen.queryByRole("button", { name: /Ask Ines/ })).toBeNull();
  });

  test("a blank has the button that asks whoever made the call", async () => {
    await open();
    await press(/Ask Ines/);
    expect(box.sent("POST /handovers/cl1/questions")).toEqual([
      { field: "deciders", text: "Please fill in: Others who decide." },
    ]);
  });

  test("a no says what was missing", async () => {
    await open();
    await press("No, because…");
    await submit("Save: not enough");
    expect(box.count("POST /handovers/cl1/rating")).toBe(0);
    await press("Leave it");
    await press("Yes");
    expect(box.sent("POST /handovers/cl1/rating")).toEqual([{ enough: true, why: "" }]);
  });

  test("context has its levels in order, and says how far it reaches", () => {
    expect(levels(card()).map(([name]) => name)).toEqual([
      "Who",
      "The firm",
      "What they did",
      "What they said",
      "What they want next",
    ]);
    expect(levels(card())[3]?.[1]).toBe("2 conversations, 8:04; 1 proven answers");
    const unproven = card().proven.map((p) => ({ ...p, passes: false }));
    expect(levels(card({ proven: unproven }))[3]?.[1]).toContain("; 0 proven answers");
    expect(levels(card({ contact: null, contact_role: null, numbers: [] }))[0]?.[1]).toBe("");
  });

  test("time that is over is late, and the wire says what became of a promise", () => {
    const now = Date.parse(AT);
    expect(left("2026-11-20T14:10:00Z", now)).toEqual({ late: false, words: "in 2 h 10 min" });
    expect(left("2026-11-20T11:40:00Z", now)).toEqual({ late: true, words: "late by 20 min" });
    const promise = {
      id: "p",
      kind: "call",
      words: "May",
      from: AT,
      until: AT,
      by: "Ines",
    } as const;
    expect(when({ from: "2027-05-03T09:00:00", until: "2027-05-03T10:00:00" })).toMatch(/, .+ to /);
    expect(when({ from: "2027-05-03T00:00:00", until: "2027-05-03T23:59:59" })).not.toMatch(/ to /);
    expect(promiseState({ ...promise, moment: null, called_at: null, state: "missed" })).toBe(
      "missed: the wire saw no call",
    );
  });
});
