import { beforeEach, describe, expect, test, vi } from "vitest";
import { Box, pass, refusal, settle } from "../../../testing/box";
import { call } from "../../../testing/made";
import {
  alerts,
  cells,
  choose,
  click,
  key,
  press,
  screen,
  show,
  submit,
  textOf,
  unnamed,
  within,
  write,
} from "../../../testing/show";
import { FakeEventSource } from "../../../testing/stream";
import type { Call } from "../../api";
import { moment } from "../../format";
import { Calls } from "./Calls";

const CANDIDATES = [
  { id: "l1", company: "Brightwater Logistics", campaign: "Fleet autumn" },
  { id: "l2", company: "Brightwater Rail", campaign: "Fleet autumn" },
];
const FOUND = CANDIDATES.map((c) => ({ ...c, contact: "A. Vance" }));
const RAIL: Call["lead"] = {
  id: "l2",
  company: "Brightwater Rail",
  contact: null,
  found_by: "choice",
};
let box: Box;
function boxOf(calls: Call[], next: string | null = null) {
  box = new Box({
    "GET /calls": { calls, next },
    "GET /calls/c1/comments": { comments: [] },
    "GET /calls/c1/shares": { shares: [] },
    "GET /calls/c1/checklist": refusal(409, "Not yet", "No checklist is in force."),
    "POST /calls/c1/disposition": call({ disposition: "conversation" }),
    "POST /calls/c1/lead": call({ lead: RAIL }),
    "GET /calls/c1/leads?q=": { leads: FOUND },
    "GET /calls/c1/leads?q=rail": { leads: FOUND.slice(1) },
  });
}
const side = () => screen.getByRole("complementary", { name: "The call" });
const open = (mine = true) => show(<Calls mine={mine} />);

beforeEach(() => boxOf([call()]));

describe("the list", () => {
  test("where nobody is singled out, it says why there is no count", async () => {
    box.answers["GET /calls"] = { calls: [call()], next: null, count: null };
    await open(false);
    expect(textOf(document.body)).toContain("promised that nobody is singled out");
    box.answers["GET /calls"] = { calls: [call()], next: null, count: 1001 };
    await open(false);
    expect(textOf(document.body)).toContain("more than 1,000 in all");
  });

  test("with whom, what came of it, how long, and what was said of it", async () => {
    boxOf([
      call({ disposition: "call_back", gaps: 2 }),
      call({ id: "c2", lead: null, prospect: { number: null, name: null }, duration_ms: null }),
      call({ id: "c3", lead: null, candidates: CANDIDATES, recovered: true, gaps: 1 }),
      call({ id: "c4", outcome: "no_answer", lead: null }),
    ]);
    await open();
    expect(cells().map((r) => r.slice(1, 5))).toEqual([
      ["Brightwater LogisticsA. Vance", "answered2 gaps", "1:00", "Call back"],
      ["number withheld", "answered", "no sound", "not said"],
      ["+49405552 leads match", "answered1 gaprecovered after a restart", "1:00", "not said"],
      ["+4940555", "no answer", "1:00", "not said"],
    ]);
    expect(cells()[0]?.[0]).toBe(moment(call().started_at));
    expect(unnamed()).toEqual([]);
  });

  test("none yet, and none chosen, say what comes", async () => {
    boxOf([]);
    await open();
    expect(screen.getByText(/as soon as it has ended and was sealed/)).toBeTruthy();
    expect(textOf(side())).toContain("and to claim the lead");
  });

  test("a manager's list is not called one's own, and claims nothing", async () => {
    await open(false);
    expect(screen.getByRole("heading", { name: "Calls" })).toBeTruthy();
    await press(/Open the call/);
    expect(screen.queryByText("How did it come out?")).toBeNull();
    expect(screen.queryByRole("button", { name: "Claim this lead" })).toBeNull();
    expect(screen.getByRole("button", { name: "Share a clip" })).toBeTruthy();
  });

  test("earlier calls come after those that show; a new one comes first", async () => {
    boxOf([call()], "t/1");
    await open();
    box.answers["GET /calls?before=t%2F1"] = { calls: [call({ id: "c0" })], next: null };
    await press("Earlier calls");
    expect(cells().length).toBe(2);
    expect(screen.queryByRole("button", { name: "Earlier calls" })).toBeNull();
    box.answers["GET /calls"] = { calls: [call({ id: "c9" }), call()], next: null };
    FakeEventSource.last.changed("calls");
    await settle();
    expect(cells().length).toBe(2);
  });

  test("what is wanted is asked for and stands in the address; what fits nothing says so", async () => {
    history.replaceState(null, "", "/calls");
    await open();
    box.answers["GET /calls?without_lead=true"] = { calls: [], next: null };
    await choose("Lead", "true");
    expect(location.search).toBe("?without_lead=true");
    expect(screen.getByText("No call fits")).toBeTruthy();
    expect(screen.queryByText("No calls yet")).toBeNull();
    await choose("Lead", "");
    expect(cells().length).toBe(1);
  });

  test("an answer to what nobody wants any more is not shown", async () => {
    history.replaceState(null, "", "/calls");
    await open();
    let answer: (page: unknown) => void = () => undefined;
    box.answers["GET /calls?outcome=busy"] = () => new Promise((then) => (answer = then));
    await choose("Came to", "busy");
    await choose("Came to", "");
    answer({ calls: [], next: null });
    await settle();
    expect(cells().length).toBe(1);
  });

  test("trouble is said, and goes when the box answers again", async () => {
    const well = box.answers["GET /calls"];
    box.answers["GET /calls"] = refusal(503, "Busy", "Try again.");
    await open();
    expect(alerts().length).toBe(1);
    box.answers["GET /calls"] = well;
    await press("Try again");
    expect([alerts(), cells().length]).toEqual([[], 1]);
  });
});

describe("how it came out", () => {
  const choose = async () => {
    await open();
    await press(/Open the call with Brightwater/);
  };
  const pressed = () => screen.getAllByRole("button", { pressed: true }).map(textOf);

  test("a digit says it, and the list shows it", async () => {
    await choose();
    await key("4");
    expect(box.sent("POST /calls/c1/disposition")).toEqual([{ disposition: "conversation" }]);
    expect(pressed()).toEqual(["Conversation 4"]);
    expect(cells()[0]?.[4]).toBe("Conversation");
  });

  test("a digit that is typed, or part of a chord, says nothing", async () => {
    await choose();
    await press("Comment on a moment");
    await key("4", {}, screen.getByLabelText("Comment", { selector: "textarea" }));
    await key("4", { ctrlKey: true });
    await key("9");
    expect(box.count("POST /calls/c1/disposition")).toBe(0);
  });

  test("a meeting asks when and with whom", async () => {
    await choose();
    await key("5");
    expect(box.count("POST /calls/c1/disposition")).toBe(0);
    (screen.getByLabelText("When is the meeting?") as HTMLInputElement).value = "2026-12-01T10:30";
    (screen.getByLabelText("With whom?") as HTMLInputElement).value = "Sam Whitlock";
    box.answers["POST /calls/c1/disposition"] = call({
      disposition: "meeting_made",
      appointment: { at: "2026-12-01T10:30:00Z", with: "Sam Whitlock" },
    });
    await submit("Save: meeting made");
    expect(box.sent("POST /calls/c1/disposition")).toEqual([
      {
        disposition: "meeting_made",
        appointment_at: "2026-12-01T10:30:00.000Z",
        appointment_with: "Sam Whitlock",
      },
    ]);
    expect(textOf(side())).toContain(
      `Meeting made: ${moment("2026-12-01T10:30:00Z")}, with Sam Whitlock`,
    );
    expect(screen.queryByLabelText("With whom?")).toBeNull();
  });

  test("a call back asks only when", async () => {
    await choose();
    await press(/Call back/);
    expect(screen.getByLabelText("When do you call back?")).toBeTruthy();
    expect(screen.queryByLabelText("With whom?")).toBeNull();
  });

  test("what the box refuses is said", async () => {
    box.answers["POST /calls/c1/disposition"] = refusal(409, "Too late", "The call was claimed.");
    await choose();
    await key("6");
    await press(/Voicemail/);
    expect(alerts()).toEqual(["Too late. The call was claimed."]);
  });

  test("a call that is left takes no more digits", async () => {
    boxOf([call(), call({ id: "c2", lead: null, prospect: { number: "+4930", name: null } })]);
    box.answers["GET /calls/c2/comments"] = { comments: [] };
    await choose();
    await press("Open the call with +4930");
    await key("4");
    expect(box.count("POST /calls/c1/disposition")).toBe(0);
    expect(box.count("POST /calls/c2/disposition")).toBe(1);
  });
});

describe("from a call to a claim", () => {
  test("without sound nothing can be claimed, heard, or commented on", async () => {
    boxOf([call({ duration_ms: null })]);
    await open();
    await press(/Open the call/);
    expect(screen.queryByRole("group", { name: "Play the call" })).toBeNull();
    for (const name of ["Claim this lead", "Comment on a moment"])
      expect(screen.queryByRole("button", { name })).toBeNull();
  });

  test("the claim's form takes the button's place", async () => {
    await open();
    await press(/Open the call/);
    await press("Claim this lead");
    expect(screen.queryByRole("button", { name: "Claim this lead" })).toBeNull();
    expect(alerts()).toEqual(["Not yet. No checklist is in force.Try again"]);
  });
});

describe("which lead it was", () => {
  const LEAD = "POST /calls/c1/lead";
  const field = () => screen.getByRole("combobox", { name: "Which lead was it?" });
  const list = () => within(screen.getByRole("listbox"));
  const found = () => list().getAllByRole("option").map(textOf);
  const marked = () => textOf(list().getByRole("option", { selected: true }));
  async function search(of: Call, button = "Not this lead?") {
    boxOf([of]);
    await open();
    await press(/Open the call/);
    await press(button);
    await pass(0);
  }
  beforeEach(() => void vi.useFakeTimers());

  test("a call without one asks for it, those of its number first; then it can be claimed", async () => {
    await search(call({ lead: null, candidates: CANDIDATES }), "Choose the lead");
    expect(document.activeElement).toBe(field());
    expect(found()).toEqual([
      "Brightwater Logistics, A. Vance Fleet autumn",
      "Brightwater Rail, A. Vance Fleet autumn",
    ]);
    await key("ArrowDown");
    await key("ArrowDown");
    expect(marked()).toContain("Brightwater Rail");
    await key("ArrowUp");
    expect(marked()).toContain("Brightwater Logistics");
    await key("ArrowDown");
    await key("Enter");
    expect(box.sent(LEAD)).toEqual([{ lead: "l2" }]);
    expect(textOf(side())).toContain("Lead: Brightwater Rail (chosen by hand)");
    expect(screen.getByRole("button", { name: "Claim this lead" })).toBeTruthy();
  });

  test("a wrong one is set right by words, and the one that is chosen shows", async () => {
    await search(call());
    expect(found()[0]).toContain("chosen now");
    await write("Which lead was it?", "rail");
    await pass(250);
    expect([found().length, textOf(screen.getAllByRole("status").at(-1) ?? null)]).toEqual([
      1,
      "1 lead",
    ]);
    await click(list().getByRole("option"));
    expect(box.sent(LEAD)).toEqual([{ lead: "l2" }]);
  });

  test("Escape and Cancel lead back, to where the focus was", async () => {
    await search(call());
    await key("Escape");
    await pass(0);
    expect(document.activeElement).toBe(screen.getByRole("button", { name: "Not this lead?" }));
    await press("Not this lead?");
    await press("Cancel");
    expect(screen.queryByRole("combobox", { name: "Which lead was it?" })).toBeNull();
    expect(box.count(LEAD)).toBe(0);
  });

  test("what nothing answers to says what to do; trouble is said", async () => {
    await search(call());
    box.answers["GET /calls/c1/leads?q=x"] = { leads: [] };
    await write("Which lead was it?", "x");
    await pass(250);
    expect(textOf(side())).toContain("No lead has “x”. Try the company’s name");
    box.answers["GET /calls/c1/leads?q=xy"] = refusal(503, "Busy", "Try again.");
    await write("Which lead was it?", "xy");
    await pass(250);
    expect(alerts()).toEqual(["Busy. Try again."]);
  });

  test("a number that no lead has asks for words; many are counted, and the first is marked", async () => {
    const twenty = Array.from({ length: 20 }, (_, n) => ({ ...FOUND[0]!, id: `l${n}` }));
    boxOf([call()]);
    box.answers["GET /calls/c1/leads?q="] = { leads: [] };
    box.answers["GET /calls/c1/leads?q=b"] = { leads: twenty };
    box.answers["GET /calls/c1/leads?q=br"] = { leads: twenty };
    await open();
    await press(/Open the call/);
    await press("Not this lead?");
    await pass(0);
    expect(textOf(side())).toContain("No lead has this number. Write the company’s name");
    await write("Which lead was it?", "b");
    await pass(249);
    expect(box.count("GET /calls/c1/leads?q=b")).toBe(0);
    await pass(1);
    expect(textOf(side())).toContain("20 leads, the first ones; write more to narrow it");
    await key("ArrowDown");
    await write("Which lead was it?", "br");
    await pass(250);
    expect(list().getAllByRole("option")[0]?.getAttribute("aria-selected")).toBe("true");
  });

  test("once it is claimed it stays, and somebody who was quicker is said", async () => {
    await search(call());
    box.answers[LEAD] = refusal(409, "This call was claimed", "Its lead changes no more.");
    await key("Enter");
    expect(alerts()).toEqual(["This call was claimed. Its lead changes no more."]);
    await press("Cancel");
    boxOf([call({ lead_settled: true })]);
    FakeEventSource.last.changed("calls");
    await settle();
    expect(textOf(side())).toContain("This call was claimed, so its lead stays.");
    expect(screen.queryByRole("button", { name: "Not this lead?" })).toBeNull();
  });

  test("what is open stays open when the page is loaded again", async () => {
    history.replaceState(null, "", "/calls?call=c1");
    await open();
    expect(textOf(within(side()).getByRole("heading", { level: 2 }))).toBe("Brightwater Logistics");
  });
});
