import { fireEvent } from "@testing-library/preact";
import { beforeEach, describe, expect, test } from "vitest";
import { Box, refusal, settle } from "../../../testing/box";
import { criterion, me, version } from "../../../testing/made";
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
  within,
} from "../../../testing/show";
import type { Checklist, ChecklistList, Role, Trial as Tried } from "../../api";
import { day, money } from "../../format";
import { Checklists } from "./Checklists";

const BANT: Checklist = {
  name: "BANT",
  criteria: [criterion("budget", { title: "Budget" }), criterion("need", { title: "Need" })],
};
const MONEY: Checklist = {
  name: "BANT",
  criteria: [criterion("budget", { title: "Money" }), criterion("need", { title: "Need" })],
};
const DRAFT = version({
  id: "ver2",
  version: 2,
  state: "draft",
  signed_by_marketing: null,
  signed_by_sales: null,
  in_force_from: null,
});
let box: Box;
const lists = (more: Partial<ChecklistList> = {}): ChecklistList => ({
  checklists: [
    {
      id: "ch1",
      name: "BANT",
      client: "Hollmann Fleet",
      client_id: "k1",
      campaigns: ["Fleet autumn"],
      review_due: false,
      versions: [DRAFT, version({ review_on: "2027-01-01T00:00:00Z" })],
    },
  ],
  head_of: null,
  name: "Mia Castell",
  ...more,
});
const CLIENTS = [
  { id: "k1", name: "Hollmann Fleet" },
  { id: "k2", name: "Norvik" },
];
const open = (role: Role = "manager", more = {}) => show(<Checklists me={me(role, more)} />);
const trial = (more: Partial<Tried> = {}): Tried => ({
  from: "2026-08-27T00:00:00Z",
  verdicts: 40,
  now_passed: 25,
  now_failed: 15,
  would_pass: 20,
  would_fail: 17,
  cannot_tell: 3,
  newly_failed: [
    {
      claim_number: 7,
      company: "Brightwater Logistics",
      decided_at: "2026-11-20T12:00:00Z",
      was: "passed",
      why: ["Need", "Timescale"],
      sales: "now",
      called_after: 1,
    },
  ],
  newly_passed: [],
  cannot_tell_rows: [{ criterion: "size", title: "Size", n: 3, why: "it was not asked then" }],
  cost: [{ currency: "EUR", lost_minor: 4500, gained_minor: 0 }],
  ...more,
});
const side = () => screen.getByRole("complementary", { name: "The version" });

beforeEach(() => {
  box = new Box({
    "GET /checklists": lists(),
    "GET /checklists/ver1": { ...version(), checklist: BANT },
    "GET /checklists/ver2": { ...DRAFT, checklist: MONEY },
    "PUT /checklists/ver2": { id: "ver2" },
    "POST /checklists": { id: "ver3" },
    "GET /checklists/templates": { templates: [{ name: "BANT", checklist: BANT }] },
    "GET /checklists/ver2/trial?days=90": trial(),
    "POST /checklists/ver2/sign": { in_force: false },
  });
});

describe("the versions", () => {
  test("each says its state, whose names it has, and when it is looked at again", async () => {
    await open();
    expect(cells().map((r) => r.slice(0, 4))).toEqual([
      ["v2", "Draft", "marketing: not yetsales: not yet", "not set"],
      [
        "v1",
        `In forcesince ${day("2026-01-01T00:00:00Z")}`,
        "Mia CastellSam Whitlock",
        day("2027-01-01T00:00:00Z"),
      ],
    ]);
    expect(screen.getByText("used by Fleet autumn")).toBeTruthy();
    // Whose it is.
    expect(document.querySelector(".tag")?.textContent).toBe("Hollmann Fleet");
    expect(unnamed()).toEqual([]);
  });

  test("only a draft can be changed, and a reviewer changes nothing", async () => {
    const { leave } = await open();
    expect(screen.getAllByRole("button", { name: "Change" }).length).toBe(1);
    await leave();
    await open("reviewer");
    for (const name of ["Change", "New version", "Begin with nothing"])
      expect(screen.queryByRole("button", { name })).toBeNull();
    expect(screen.getAllByRole("button", { name: "Read" }).length).toBe(2);
  });

  test("its TOML can be had", async () => {
    await open();
    expect(screen.getAllByRole("link", { name: "TOML" })[1]?.getAttribute("href")).toBe(
      "/api/v1/checklists/ver1/toml",
    );
  });

  test("a date that has come is said, and a list that nobody uses", async () => {
    const due = lists();
    Object.assign(due.checklists[0] ?? {}, { review_due: true, campaigns: [] });
    box.answers["GET /checklists"] = due;
    await open();
    expect(textOf(screen.getByRole("status"))).toContain("meant to look at this checklist again");
    expect(screen.getByText("not used by a campaign yet")).toBeTruthy();
  });

  test("without one it says so", async () => {
    box.answers["GET /checklists"] = lists({ checklists: [] });
    await open();
    expect(screen.getByText("No checklist yet")).toBeTruthy();
    expect(screen.getByText("No version chosen")).toBeTruthy();
  });

  test("trouble is said, of the list and of a version", async () => {
    box.answers["GET /checklists/ver1"] = refusal(503, "Busy", "Try again.");
    await open();
    await press("v1");
    expect(alerts()).toEqual(["Busy. Try again."]);
  });
});

describe("one version", () => {
  test("is read as the reviewer sees it, and what moved since another is said", async () => {
    await open();
    await press("v2");
    expect(textOf(within(side()).getByRole("heading", { level: 2 }))).toBe("BANT v2");
    expect(
      within(side())
        .getAllByRole("listitem")
        .map((i) => textOf(i.querySelector("b"))),
    ).toEqual(["Money", "Need"]);
    expect(options("What moved since")).toEqual(["choose a version", "v1"]);
    await choose("What moved since", "ver1");
    expect(textOf(screen.getByRole("list", { name: "Changes from v1" }))).toBe(
      "Money: the title was “Budget”, is “Money”.",
    );
  });

  test("in force it says who signed it and its hash", async () => {
    await open();
    await press("v1");
    expect(textOf(side())).toContain("Signed by Mia Castell and Sam Whitlock. It never changes;");
    expect(textOf(side())).toContain("hash 0123456789ab.");
  });

  test("who heads nothing reads when it comes into force", async () => {
    await open();
    await press("v2");
    expect(textOf(side())).toContain("when the heads of marketing and sales have both signed");
    expect(screen.queryByRole("form", { name: "Sign this version" })).toBeNull();
  });

  test("a head signs by name, for exactly what was read", async () => {
    box.answers["GET /checklists"] = lists({ head_of: "marketing" });
    await open("marketing");
    await press("v2");
    expect(screen.getByRole("heading", { name: "Sign for marketing" })).toBeTruthy();
    const name = screen.getByLabelText("Your name, written out") as HTMLInputElement;
    name.value = "Mia Castell";
    const on = screen.getByLabelText("Look at it again on") as HTMLInputElement;
    on.value = "2027-02-01";
    await submit("Sign v2");
    expect(box.sent("POST /checklists/ver2/sign")).toEqual([
      { name: "Mia Castell", sha256: DRAFT.sha256, review_on: "2027-02-01T00:00:00.000Z" },
    ]);
    // List and version are asked for again.
    expect([box.count("GET /checklists"), box.count("GET /checklists/ver2")]).toEqual([2, 2]);
  });

  test("without a date there is none, and a name that does not match is refused", async () => {
    box.answers["GET /checklists"] = lists({ head_of: "sales" });
    box.answers["POST /checklists/ver2/sign"] = refusal(422, "Cannot be read", "Not your name.");
    await open("sales");
    await press("v2");
    await submit("Sign v2");
    expect(box.sent("POST /checklists/ver2/sign")).toMatchObject([{ review_on: null }]);
    expect(alerts()).toEqual(["Cannot be read. Not your name."]);
  });

  test("who has signed waits for the other", async () => {
    box.answers["GET /checklists"] = lists({ head_of: "sales" });
    box.answers["GET /checklists/ver2"] = {
      ...DRAFT,
      state: "half_signed",
      signed_by_sales: "Sam Whitlock",
      checklist: MONEY,
    };
    await open("sales");
    await press("v2");
    expect(textOf(side())).toContain("You have signed.");
    expect(textOf(side())).toContain("Waits for one signature");
  });
});

describe("building", () => {
  const row = (name: string) => screen.getByRole("region", { name });
  const type = async (at: HTMLElement, value: string) => {
    fireEvent.input(at, { target: { value } });
    await settle();
  };
  const tick = async (at: HTMLElement) => {
    fireEvent.click(at);
    await settle();
  };
  const saved = () => (box.sent("PUT /checklists/ver2")[0] as { checklist: Checklist }).checklist;

  async function change() {
    await open();
    await press("Change");
  }

  test("a draft is changed in place, word by word", async () => {
    await change();
    expect(screen.getByRole("heading", { name: "Change the draft" })).toBeTruthy();
    expect(unnamed()).toEqual([]);
    const first = row("Row 1 Money");
    await type(within(first).getByLabelText("Title"), "Budget");
    await type(within(row("Row 1 Budget")).getByLabelText("What counts"), "a sum");
    await type(screen.getByLabelText("Answer B of row 1"), "Never");
    await press("Save the draft");
    expect(saved()).toMatchObject({
      name: "BANT",
      criteria: [
        { id: "budget", title: "Budget", counts: "a sum", answers: [{}, { label: "Never" }, {}] },
        { id: "need", title: "Need" },
      ],
    });
    // And the list is back, asked for again.
    expect(box.count("GET /checklists")).toBe(2);
    expect(screen.getByRole("table")).toBeTruthy();
  });

  test("rules are ticked, and words are never fewer than none", async () => {
    await change();
    const first = within(row("Row 1 Money"));
    await tick(first.getByLabelText("Must pass"));
    await tick(first.getByLabelText("N/A allowed"));
    await tick(first.getByLabelText("A moment whatever the answer"));
    await type(first.getByLabelText(/Pain in words/), "-4");
    await press("Save the draft");
    expect(saved().criteria[0]).toMatchObject({
      must_pass: false,
      may_not_apply: true,
      moment_always: true,
      words_needed: 0,
    });
  });

  test("rows move, go and come, and moving is read out", async () => {
    await change();
    const headings = () => screen.getAllByRole("heading", { level: 2 }).map(textOf).slice(0, -1);
    expect(screen.getByRole("button", { name: "Move row 1 up" })).toHaveProperty("disabled", true);
    expect(screen.getByRole("button", { name: "Move row 2 down" })).toHaveProperty(
      "disabled",
      true,
    );
    await press("Move row 2 up");
    expect(headings()).toEqual(["1. Need", "2. Money"]);
    expect(textOf(screen.getByRole("status"))).toBe("Row 2 is row 1 now.");
    await press("Remove row 1");
    await press("Add a row");
    expect(headings()).toEqual(["1. Money", "2. A new row"]);
  });

  test("nine rows are the most: each has a digit", async () => {
    await change();
    for (let n = 2; n < 9; n++) await press("Add a row");
    expect(screen.queryByRole("button", { name: "Add a row" })).toBeNull();
    await press("Save the draft");
    expect(new Set(saved().criteria.map((c) => c.id)).size).toBe(9);
  });

  test("answers are two to five: each has a letter", async () => {
    await change();
    const first = within(row("Row 1 Money"));
    await tick(first.getByRole("button", { name: "Add an answer" }));
    await tick(first.getByRole("button", { name: "Add an answer" }));
    expect(first.queryByRole("button", { name: "Add an answer" })).toBeNull();
    await type(screen.getByLabelText("Answer E of row 1"), "Perhaps");
    await tick(first.getByRole("button", { name: "Move answer Perhaps up" }));
    await tick(first.getByRole("button", { name: "Remove answer Yes" }));
    await press("Save the draft");
    expect(saved().criteria[0]?.answers.map((a) => a.label)).toEqual([
      "No",
      "Not asked",
      "Perhaps",
      "",
    ]);
    expect(saved().criteria[0]?.answers.map((a) => a.passes)).toEqual([false, false, false, false]);
  });

  test("beside it the reviewer's view changes with every word", async () => {
    await change();
    const preview = () => textOf(screen.getByRole("list", { name: "As the reviewer sees it" }));
    await type(within(row("Row 1 Money")).getByLabelText("Title"), "Budget");
    expect(preview()).toContain("1 Budget");
    await type(screen.getByLabelText("Answer A of row 1"), "");
    expect(preview()).toContain("A(no words yet)");
    await tick(within(row("Row 1 Budget")).getByLabelText("Must pass"));
    expect(preview()).toContain("Budget for information");
  });

  test("what the box refuses stays as it was written", async () => {
    box.answers["PUT /checklists/ver2"] = refusal(422, "Cannot be read", "A title is missing.");
    await change();
    await type(within(row("Row 1 Money")).getByLabelText("Title"), "");
    await press("Save the draft");
    expect(alerts()).toEqual(["Cannot be read. A title is missing."]);
    await press("Leave without saving");
    expect(screen.getByRole("table")).toBeTruthy();
  });

  test("a new version begins with the newest one's rows, under the same name", async () => {
    await open();
    await press("New version");
    expect(screen.getByRole("heading", { name: "A new version" })).toBeTruthy();
    expect(screen.getByLabelText("Name of the checklist")).toHaveProperty("readOnly", true);
    await press("Save the draft");
    expect(box.sent("POST /checklists")).toEqual([{ client: "k1", checklist: MONEY }]);
  });

  test("another checklist begins with nothing, or with a file that the box reads", async () => {
    await open();
    await press("Begin with nothing");
    await type(screen.getByLabelText("Name of the checklist"), "MEDDIC");
    await press("Save the draft");
    expect(box.sent("POST /checklists")).toEqual([
      { client: "k1", checklist: { name: "MEDDIC", criteria: [] } },
    ]);
    box.answers["POST /checklists/check"] = { checklist: BANT, toml: "" };
    const file = new File(['name = "BANT"'], "bant.toml", { type: "text/plain" });
    Object.defineProperty(file, "text", { value: () => Promise.resolve('name = "BANT"') });
    const input = screen.getByLabelText("From a TOML file");
    Object.defineProperty(input, "files", { value: [file] });
    fireEvent.change(input);
    await settle();
    expect(box.sent("POST /checklists/check")).toEqual([{ toml: 'name = "BANT"' }]);
    expect(row("Row 1 Budget")).toBeTruthy();
  });
});

describe("another checklist", () => {
  test("asks for the client where there are several, before anything is begun", async () => {
    await open("manager", { clients: CLIENTS });
    expect(options("For which client?")).toEqual([
      "Choose the client first",
      "Hollmann Fleet",
      "Norvik",
    ]);
    expect(screen.queryByRole("button", { name: "Begin with nothing" })).toBeNull();
    await choose("For which client?", "k2");
    await press("Copy the template BANT");
    const name = screen.getByLabelText("Name of the checklist") as HTMLInputElement;
    expect([name.value, name.readOnly]).toEqual(["BANT", false]);
    await press("Save the draft");
    expect(box.sent("POST /checklists")).toEqual([{ client: "k2", checklist: BANT }]);
  });

  test("one client is chosen by itself; without any it says who can help", async () => {
    const { leave } = await open();
    const which = screen.getByLabelText("For which client?") as HTMLSelectElement;
    expect(which.value).toBe("k1");
    await leave();
    await open("manager", { clients: [] });
    expect(screen.getByText(/The administrator can enter you/)).toBeTruthy();
  });

  test("a file that cannot be read says why", async () => {
    box.answers["POST /checklists/check"] = refusal(422, "Not a checklist", "Line 3: no title.");
    await open();
    const file = new File(["x"], "x.toml");
    Object.defineProperty(file, "text", { value: () => Promise.resolve("x") });
    const input = screen.getByLabelText("From a TOML file");
    Object.defineProperty(input, "files", { value: [file] });
    fireEvent.change(input);
    await settle();
    expect(alerts()).toEqual(["Not a checklist. Line 3: no title."]);
  });
});

describe("a draft tried on past verdicts", () => {
  async function tried() {
    await open();
    await press("v2");
    await press("Try on past verdicts");
  }
  const page = () => textOf(screen.getByRole("main"));

  test("a version in force has nothing to try, and a reviewer tries nothing", async () => {
    const { leave } = await open("reviewer");
    await press("v2");
    expect(screen.queryByRole("button", { name: "Try on past verdicts" })).toBeNull();
    await leave();
    await open();
    await press("v1");
    expect(screen.queryByRole("button", { name: "Try on past verdicts" })).toBeNull();
  });

  test("counts then and now, who would have failed and why, and the cost", async () => {
    await tried();
    expect(textOf(document.activeElement)).toBe("BANT v2, tried on past verdicts");
    expect(page()).toContain("This changes no verdict.");
    expect(cells(screen.getAllByRole("table")[0])).toEqual([
      ["Passed", "25", "20"],
      ["Not passed", "15", "17"],
      ["Cannot be told", "0", "3"],
    ]);
    expect(cells(screen.getByRole("table", { name: "Passed then, would not pass now" }))).toEqual([
      [
        "Brightwater Logistics C-7",
        day("2026-11-20T12:00:00Z"),
        "Need, Timescale",
        "takes it now",
        "1 call",
      ],
    ]);
    expect(page()).toContain("No claim that failed would pass.");
    expect(page()).toContain(`${money({ minor: 4500, currency: "EUR" })} less`);
    expect(page()).toContain("Size, 3 verdicts: it was not asked then");
    expect(unnamed()).toEqual([]);
  });

  test("other days are tried at once, and while it takes seconds that is said", async () => {
    await tried();
    let answer: (value: unknown) => void = () => undefined;
    box.answers["GET /checklists/ver2/trial?days=365"] = () =>
      new Promise((resolve) => (answer = resolve));
    await choose("Verdicts of the last", "365");
    expect(textOf(screen.getByRole("status"))).toContain("the verdicts of 365 days");
    expect(screen.queryByRole("table")).toBeNull();
    answer(trial({ cost: [], newly_failed: [], cannot_tell: 0 }));
    await settle();
    expect(page()).toContain("It would have moved no money.");
    expect(page()).toContain("No claim that passed would fail.");
    expect(page()).not.toContain("What past answers cannot tell");
  });

  test("without verdicts there is nothing to try it on; trouble is said; the way back leads back", async () => {
    box.answers["GET /checklists/ver2/trial?days=90"] = trial({ verdicts: 0 });
    box.answers["GET /checklists/ver2/trial?days=30"] = refusal(503, "Busy", "Try again.");
    await tried();
    expect(page()).toContain(`No final verdict since ${day("2026-08-27T00:00:00Z")}`);
    await choose("Verdicts of the last", "30");
    expect(alerts()).toEqual(["Busy. Try again.Try again"]);
    await press("Back to the checklists");
    expect(side()).toBeTruthy();
  });
});
