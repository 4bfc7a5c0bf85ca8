import { beforeEach, describe, expect, test } from "vitest";
import { Box, nothing, refusal } from "../../../testing/box";
import {
  entry,
  EUR,
  openClaim,
  openClaims,
  payroll,
  period,
  periodStep,
  personSum,
  plans,
  statement,
} from "../../../testing/made";
import {
  alerts,
  cells,
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
import { day, moment } from "../../format";
import { Close } from "./Close";

const ZONE = "Europe/Berlin";
const LOCKED = "2026-12-03T09:00:00Z";

let box: Box;
const of = (more: Partial<api.Period>) => {
  box.answers["GET /periods/2026-11"] = period(more);
};
const open = (path = "/close/2026-11") => show(<Close path={path} />);
const status = () => textOf(screen.getByRole("status"));
const part = (name: string | RegExp) => screen.getByRole("region", { name });
const things = () => within(part("What is still open")).getAllByRole("listitem").map(textOf);
const focused = async () => {
  await new Promise((then) => setTimeout(then, 5));
  return textOf(document.activeElement);
};

beforeEach(() => {
  box = new Box({
    "GET /periods/2026-11": period(),
    "GET /periods/2026-11/open": openClaims(),
    "GET /periods/2026-11/payroll?format=csv": payroll(),
    "PUT /people/p2/payroll-number": nothing,
    "POST /periods/2026-11/acts": nothing,
    "POST /period-acts/act1/confirm": nothing,
    "DELETE /period-acts/act1": nothing,
  });
});

describe("the periods", () => {
  const list = (periods: api.Periods["periods"]) => {
    box.answers["GET /periods"] = { periods, current: "2026-11", zone: ZONE };
  };

  test("each is a way to its page, with how it stands; today's is always there", async () => {
    list([
      { name: "2026-10", locked_at: null },
      { name: "2026-09", locked_at: LOCKED },
    ]);
    const { leave } = await open("/close");
    expect(cells()).toEqual([
      ["November 2026", "open, nothing booked in it yet"],
      ["October 2026", "over, and still open"],
      ["September 2026", `locked on ${day(LOCKED, ZONE)}`],
    ]);
    await click(screen.getByRole("link", { name: "October 2026" }));
    expect(location.pathname).toBe("/close/2026-10");
    await leave();
    list([{ name: "2026-11", locked_at: null }]);
    await open("/close/soon");
    expect(cells()).toEqual([["November 2026", "open until its month has ended"]]);
  });

  test("none says when there is one; trouble is said", async () => {
    list([]);
    const { leave } = await open("/close");
    expect(screen.getByText("Nothing was booked yet")).toBeTruthy();
    expect(
      screen.getByRole("link", { name: "what is open of November 2026" }).getAttribute("href"),
    ).toBe("/close/2026-11");
    await leave();
    box.answers["GET /periods"] = refusal(503, "Busy", "Try again.");
    await open("/close");
    expect(alerts()).toEqual(["Busy. Try again.Try again"]);
  });
});

describe("what is still open", () => {
  test("stands first, with where it is settled; what is settled comes after", async () => {
    of({ undecided: 2, waiting: 1, disputes: 1, allegations: 1 });
    await open();
    expect(textOf(part("What is still open"))).toContain("4 to settle");
    const heads = [
      "Open2 claims have no verdict",
      "Open1 claim passed and waits",
      "Open1 dispute is open",
      "OpenFraud is alleged on 1 claim",
      "SettledEverybody who would be paid has a payroll number",
      "SettledNo verdict is on hold",
      "SettledEvery question about money is answered",
    ];
    expect(things().map((t, n) => t.slice(0, heads[n]?.length))).toEqual(heads);
    const links = within(part("What is still open")).getAllByRole("link");
    expect(links.map((a) => a.getAttribute("href"))).toEqual(["/plans", "/disputes", "/rulings"]);
    expect(textOf(part("Two people close it"))).toContain("4 things are still open.");
  });

  test("a payroll number is set in its place, once for each person", async () => {
    const tom = personSum({ person: "p2", payee: "Tom Brandt", payroll_number: null });
    of({ sums: [personSum(), tom, { ...tom, amount: { minor: 3500, currency: "GBP" } }] });
    await open();
    expect(things()[0]).toContain("Tom Brandt has no payroll number€40.00 + £35.00 in 6 lines");
    expect(unnamed()).toEqual([]);
    box.answers["PUT /people/p2/payroll-number"] = refusal(
      409,
      "Somebody else has this number",
      "Look both up in the payroll.",
    );
    await write("Payroll number of Tom Brandt", " 1052 ");
    await submit("Save for Tom Brandt");
    expect(alerts()).toEqual(["Somebody else has this number. Look both up in the payroll."]);
    box.answers["PUT /people/p2/payroll-number"] = nothing;
    of({});
    await submit("Save for Tom Brandt");
    expect(box.sent("PUT /people/p2/payroll-number")).toEqual([
      { number: "1052" },
      { number: "1052" },
    ]);
    expect(status()).toBe("Saved: Tom Brandt has payroll number 1052.");
    expect(await focused()).toBe("What is still open");
  });
});

describe("what would be paid", () => {
  test("is summed per person inside each currency, and never across", async () => {
    of({
      sums: [
        personSum(),
        personSum({ person: "p2", payee: "Tom Brandt", payroll_number: null, taken_back: 0 }),
        personSum({ person: "p3", payee: "Rhys Morgan", amount: { minor: 3500, currency: "GBP" } }),
      ],
    });
    await open();
    expect(cells()).toEqual([
      ["Euro"],
      ["Ines Okafor", "1047Correct the payroll number of Ines Okafor", "3", "1", "€40.00"],
      ["Tom Brandt", "missing", "3", "0", "€40.00"],
      ["2 people", "", "6", "1", "€80.00"],
      ["British Pound"],
      ["Rhys Morgan", "1047Correct the payroll number of Rhys Morgan", "3", "1", "£35.00"],
      ["1 person", "", "3", "1", "£35.00"],
    ]);
  });

  test("an empty period says why it is empty", async () => {
    for (const [more, why] of [
      [{ over: false }, /has been booked in November 2026 yet/],
      [{}, /No claim of your clients was booked in November 2026\.$/],
      [{ undecided: 1, waiting: 2 }, /3 claims are still open/],
      [{ locked_at: LOCKED }, /It is locked/],
    ] as const) {
      of({ sums: [], ...more });
      const { leave } = await open();
      expect(screen.getByText(why)).toBeTruthy();
      expect(screen.queryByRole("table")).toBeNull();
      await leave();
    }
  });
});

describe("two people", () => {
  test("one asks, with a note or without", async () => {
    await open();
    await write("A note, if you like", " Sums are checked. ");
    of({ acts: [periodStep({ own: true, note: "Sums are checked." })] });
    await submit("Ask to lock November 2026");
    expect(box.sent("POST /periods/2026-11/acts")).toEqual([
      { act: "lock", note: "Sums are checked." },
    ]);
    expect(status()).toBe("Asked to lock November 2026. Another manager confirms it.");
    expect(await focused()).toBe("Two people close it");
    expect(textOf(part("Two people close it"))).toContain(
      "You asked to lock November 2026" +
        `${moment("2026-12-03T08:00:00Z", ZONE)}: “Sums are checked.”`,
    );
    expect(screen.queryByRole("button", { name: /Confirm/ })).toBeNull();
    expect(textOf(part("Two people close it"))).toContain("somebody else confirms");
    of({});
    await press("Take it back");
    expect(box.count("DELETE /period-acts/act1")).toBe(1);
    expect(status()).toBe("No longer asked for: lock November 2026.");
  });

  test("another confirms, and is told where the sums have changed", async () => {
    of({ acts: [periodStep()] });
    box.answers["POST /period-acts/act1/confirm"] = refusal(
      409,
      "The sums have changed since they were signed first",
      "Take it back, look again, and ask anew.",
    );
    await open();
    await press("Confirm: lock November 2026");
    expect(alerts()).toEqual([
      "The sums have changed since they were signed first. Take it back, look again, and ask anew.",
    ]);
    box.answers["POST /period-acts/act1/confirm"] = nothing;
    await press("Confirm: lock November 2026");
    expect(status()).toBe("November 2026 is locked.");
    expect(box.count("GET /periods/2026-11")).toBe(2);
  });

  test("what is locked is opened again in the same way, and what was done stays", async () => {
    const locked = periodStep({ id: "act0", confirmed_by: "Max Oberg", confirmed_at: LOCKED });
    of({ locked_at: LOCKED, acts: [locked], undecided: 1 });
    await open();
    const two = part("Two people open it again");
    expect(textOf(within(two).getByRole("list", { name: "What was done" }))).toBe(
      `Locked: asked by Petra Hollmann, ${moment("2026-12-03T08:00:00Z", ZONE)}; confirmed by ` +
        `Max Oberg, ${moment(LOCKED, ZONE)}`,
    );
    await submit("Ask to open November 2026 again");
    expect(box.sent("POST /periods/2026-11/acts")).toEqual([{ act: "reopen", note: "" }]);
  });

  test("what cannot be locked yet says why, and asks for nothing", async () => {
    const cases: [Partial<api.Period>, string][] = [
      [{ over: false }, "It is not over yet: it can be locked when its month has ended."],
      [{ holds: 1 }, "A verdict is on hold, and may still be booked in it: wait ten seconds."],
      [{ sums: [] }, "Nothing was booked in it: there is nothing to lock."],
    ];
    for (const [more, why] of cases) {
      of(more);
      const { leave } = await open();
      const ask = screen.getByRole("button", { name: "Ask to lock November 2026" });
      expect(ask.getAttribute("aria-disabled")).toBe("true");
      const described = document.getElementById(ask.getAttribute("aria-describedby") ?? "");
      expect(textOf(described)).toBe(why);
      await submit("Ask to lock November 2026");
      await leave();
    }
    expect(box.count("POST /periods/2026-11/acts")).toBe(0);
  });

  test("a refusal is said, and the note stays", async () => {
    box.answers["POST /periods/2026-11/acts"] = refusal(403, "You earn in it", "It was logged.");
    await open();
    await write("A note, if you like", "Checked.");
    await submit("Ask to lock November 2026");
    expect(alerts()).toEqual(["You earn in it. It was logged."]);
    expect((screen.getByLabelText("A note, if you like") as HTMLInputElement).value).toBe(
      "Checked.",
    );
  });

  test("a period that cannot be had says why", async () => {
    box.answers["GET /periods/2026-11"] = refusal(503, "Busy", "Try again.");
    await open();
    expect(alerts()).toEqual(["Busy. Try again.Try again"]);
  });
});

test("amounts of one currency add up to the smallest unit", async () => {
  of({ sums: [personSum({ amount: EUR(1) }), personSum({ person: "p2", amount: EUR(2) })] });
  await open();
  expect(cells().at(-1)?.[4]).toBe("€0.03");
});

describe("what is open, claim by claim", () => {
  test("is named with its person, why it is open, and the money that hangs on it", async () => {
    box.answers["GET /periods/2026-11/open"] = openClaims({
      claims: [
        openClaim(),
        openClaim({
          ...{ id: "cl10", number: 10, person: "Tom Brandt", company: "Halden", at_stake: null },
          why: ["waits_for_reading", "alleged"],
          read_until: "2026-12-04T10:00:00Z",
        }),
      ],
      next: 10,
      at_stake: [EUR(12_000)],
    });
    box.answers["GET /periods/2026-11/open?after=10"] = openClaims({
      claims: [openClaim({ id: "cl11", number: 11, why: ["disputed"] })],
    });
    await open();
    const claims = part("Claim by claim");
    expect(textOf(claims)).toContain("€120.00 at stake, before tiers and limits");
    const rows = () => cells(within(claims).getByRole("table"));
    expect(rows()).toEqual([
      [
        `Brightwater Logistics C-9Fleet autumn, made ${day("2026-11-20T10:00:00Z", ZONE)}`,
        ...["Ines Okafor", "no verdict yet", "€40.00"],
      ],
      [
        `Halden C-10Fleet autumn, made ${day("2026-11-20T10:00:00Z", ZONE)}`,
        "Tom Brandt",
        "passed; waits for its claimant to read the plan; fraud is alleged" +
          `after ${day("2026-12-04T10:00:00Z", ZONE)} a later claim on the lead may earn instead`,
        "no plan",
      ],
    ]);
    await press("Show more");
    expect(rows()[2]?.[2]).toBe("disputed");
    expect(within(claims).queryByRole("button")).toBeNull();
  });

  test("nothing is a word", async () => {
    await open();
    expect(textOf(part("Claim by claim"))).toContain("No claim is open");
  });
});

test("a sum leads to the person’s statement, of one’s clients alone", async () => {
  of({ sums: [personSum()] });
  const { leave } = await open();
  const link = screen.getByRole("link", { name: "Ines Okafor" });
  expect(link.getAttribute("href")).toBe("/close/statement/p1?period=2026-11");
  await leave();
  history.replaceState(null, "", "/close/statement/p1?period=2026-11");
  box.answers["GET /people/p1/statement?period=2026-11"] = statement({ entries: [entry()] });
  box.answers["GET /plans"] = plans();
  await open("/close/statement/p1");
  expect(textOf(screen.getByRole("heading", { level: 1 }))).toBe("Statement of Ines Okafor");
  expect(textOf(screen.getByRole("status"))).toContain("of your clients alone");
  const line = screen.getByRole("button", { name: /Brightwater Logistics/ });
  await click(line);
  expect(textOf(screen.getByRole("region", { name: /Lines of/ }))).toContain("How €40.00 comes");
  // The claims behind the lines are not the manager's own.
  expect(box.count("GET /claims?q=C-7")).toBe(0);
  expect(unnamed()).toEqual([]);
  history.replaceState(null, "", "/");
});
