import { beforeEach, expect, test } from "vitest";
import { Box, nothing, refusal } from "../../../testing/box";
import { EUR, openClaims, payroll, payrollRun, period, personSum } from "../../../testing/made";
import {
  alerts,
  cells,
  choose,
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
import { day } from "../../format";
import { Close } from "./Close";

const ZONE = "Europe/Berlin";
const LOCKED = "2026-12-03T09:00:00Z";
const RUNS = "GET /periods/2026-11/payroll?format=csv";
const MAKE = "POST /periods/2026-11/payroll";
const NEXT: api.PayrollPreview = {
  payable_by: "2026-11-30T22:59:59.999999Z",
  rows: payrollRun().rows,
  sums: [EUR(4000)],
  left_out: [
    { person: "p2", payee: "Tom Brandt", amount: EUR(0), entries: 2, reason: "nothing_to_pay" },
  ],
  later: [],
  paid: [],
};
const LATER: api.PayrollLater = {
  amount: EUR(36000),
  entries: 9,
  first_at: "2026-12-04T12:00:00Z",
  last_at: "2026-12-14T12:00:00Z",
};

let box: Box;
const open = () => show(<Close path="/close/2026-11" />);
const part = () => screen.getByRole("region", { name: "Payroll runs" });

beforeEach(() => {
  box = new Box({
    "GET /periods/2026-11": period({ locked_at: LOCKED }),
    "GET /periods/2026-11/open": openClaims(),
    "PUT /people/p1/payroll-number": nothing,
    [RUNS]: payroll({ next: NEXT }),
    [MAKE]: payrollRun(),
  });
});

test("a run is made of a locked period, after one has said so twice", async () => {
  await open();
  const pays = within(screen.getByRole("region", { name: "What the next run pays" }));
  expect(cells(pays.getByRole("table"))).toEqual([["Ines Okafor", "1047", "1", "€40.00"]]);
  expect(textOf(screen.getByRole("list", { name: "Would be left out" }))).toBe(
    "Tom Brandt, €0.00 in 2 lines: zero or less: it is carried over, and stands in the next run’s sum",
  );
  expect(unnamed()).toEqual([]);
  await press("Make the run");
  await press("Not yet");
  expect(box.count(MAKE)).toBe(0);
  await press("Make the run");
  box.answers[RUNS] = payroll({ runs: [payrollRun()], refusal: "nothing is left to pay: later" });
  await press("Make it: €40.00");
  expect(box.sent(MAKE)).toEqual([{ format: "csv" }]);
  expect(textOf(screen.getByRole("status"))).toBe("Run 1 is made. Download its file.");
});

test("a run that was made shows its hash, its file and whom it left out", async () => {
  const left: api.PayrollLeftOut = {
    person: "p2",
    payee: "Tom Brandt",
    amount: EUR(3500),
    entries: 1,
    reason: "no_number",
  };
  box.answers[RUNS] = payroll({
    runs: [payrollRun({ left_out: [left] })],
    refusal: "nothing is left to pay: what is payable by then is in a run already",
  });
  await open();
  const run = screen.getByRole("article", { name: "Run 1" });
  expect(textOf(run)).toContain("CSV, €40.00 to 1 row");
  expect(textOf(run)).toContain(`Payable by ${day("2026-11-30T22:59:59Z", ZONE)}`);
  expect(textOf(run)).toContain("ab".repeat(32));
  expect(textOf(run)).toContain("Tom Brandt, €35.00 in 1 line: no payroll number");
  const link = within(run).getByRole("link", { name: "Download the file of run 1" });
  expect(link.getAttribute("href")).toBe("/api/v1/payroll-runs/run1/file");
  expect(link.getAttribute("download")).toBe("assay-run-1-2026-11.csv");
  expect(textOf(part())).toContain("Nothing is left to pay: what is payable by then is in a run");
  expect(screen.queryByRole("button", { name: "Make the run" })).toBeNull();
});

const left = (who: string, minor: number, reason: api.LeftOutReason): api.PayrollLeftOut => ({
  ...{ person: who, payee: who, amount: EUR(minor), entries: 1, reason },
});

test("a run that would pay nobody says why, with the sums", async () => {
  const none = { ...NEXT, rows: [], sums: [] };
  const why = () => [...screen.getByRole("list", { name: /^Why nobody/ }).children].map(textOf);
  box.answers[RUNS] = payroll({
    next: {
      ...none,
      left_out: [
        left("Ines", 20000, "no_number"),
        left("Rhys", 4000, "no_number"),
        left("Sofia", 1000, "number_unfit"),
        left("Tom", -4000, "nothing_to_pay"),
      ],
      later: [LATER],
      paid: [{ run: 1, made_at: LOCKED, amount: EUR(28000), entries: 7 }],
    },
  });
  const { leave } = await open();
  expect(why()).toEqual([
    "Of 2 people (€240.00) there is no payroll number: set it above, and look again.",
    "The file cannot hold the payroll number of 1 person (€10.00): correct it above, or choose " +
      "another format.",
    "1 person (-€40.00) has zero or less to get: it is carried over to the next run’s sum.",
    `€360.00 in 9 lines is payable from ${day(LATER.first_at, ZONE)} on, all of it from ` +
      `${day(LATER.last_at, ZONE)} on. A pay day from then on takes it.`,
    `€280.00 in 7 lines of November 2026 is paid already, by run 1 on ${day(LOCKED, ZONE)}.`,
  ]);
  expect(unnamed()).toEqual([]);
  await leave();
  box.answers[RUNS] = payroll({ next: { ...none, left_out: [] } });
  await open();
  expect(why()).toEqual(["Nothing of November 2026 or of earlier locked periods is left to pay."]);
});

test("what a run leaves to a later pay day is said beside what it pays", async () => {
  const once = { ...LATER, entries: 1, last_at: LATER.first_at };
  box.answers[RUNS] = payroll({ next: { ...NEXT, later: [once] } });
  await open();
  expect(textOf(part())).toContain(
    `Not in it: €360.00 in 1 line is payable from ${day(LATER.first_at, ZONE)} on.`,
  );
});

test("a locked period says what it comes to, and how much of it is paid", async () => {
  const rows = [
    personSum({ amount: EUR(36000), paid: EUR(28000) }),
    personSum({ person: "p2", payee: "Tom Brandt", amount: EUR(28000) }),
  ];
  box.answers["GET /periods/2026-11"] = period({ locked_at: LOCKED, sums: rows });
  const { leave } = await open();
  const table = () => screen.getByRole("region", { name: "What November 2026 comes to" });
  expect(textOf(table())).toContain("of your clients; €280.00 of it is paid");
  const paid = cells(within(table()).getByRole("table")).map((r) => r.at(-1));
  expect(paid).toEqual(["Euro", "€280.00", "nothing yet", "€280.00"]);
  await leave();
  box.answers["GET /periods/2026-11"] = period({ locked_at: LOCKED });
  await open();
  expect(textOf(table())).toContain("of your clients; nothing of it is paid yet");
});

test("format, pay day and currency are asked for; what cannot be says why", async () => {
  box.answers["GET /periods/2026-11/payroll?format=datev_lodas"] = payroll({
    refusal: "datev_lodas holds EUR alone, and GBP is payable too: make a run of EUR by itself",
  });
  await open();
  await choose("Format", "datev_lodas");
  expect(textOf(part())).toContain("DATEV LODAS holds EUR alone");
  expect(textOf(part())).toContain("euros alone");
  box.answers["GET /periods/2026-11/payroll?format=datev_lodas&currency=EUR"] = payroll({
    next: NEXT,
  });
  await choose("Currency", "EUR");
  await press("Make the run");
  box.answers[MAKE] = refusal(409, "Nothing is left to pay", "It is in a run already.");
  await press("Make it: €40.00");
  expect(box.sent(MAKE)).toEqual([{ format: "datev_lodas", currency: "EUR" }]);
  expect(alerts()).toEqual(["Nothing is left to pay. It is in a run already."]);
});

test("a period that was paid of is not asked to be opened again", async () => {
  box.answers["GET /periods/2026-11"] = period({ locked_at: LOCKED, paid: true });
  await open();
  await submit("Ask to open November 2026 again");
  expect(box.count("POST /periods/2026-11/acts")).toBe(0);
  const two = screen.getByRole("region", { name: "Two people open it again" });
  expect(textOf(two)).toContain("A payroll run has paid of it: it stays locked");
});

test("an open period has no run to make", async () => {
  box.answers["GET /periods/2026-11"] = period();
  await open();
  expect(textOf(part())).toContain("Two people lock November 2026 first");
  expect(screen.queryByRole("button", { name: "Make the run" })).toBeNull();
});

test("a payroll number is corrected in its place", async () => {
  box.answers["GET /periods/2026-11"] = period({
    locked_at: LOCKED,
    sums: [personSum(), personSum({ person: "p2", payee: "Tom Brandt", payroll_number: null })],
  });
  await open();
  await press("Correct the payroll number of Ines Okafor");
  box.answers["PUT /people/p1/payroll-number"] = refusal(409, "Somebody has it", "Look it up.");
  await write("Payroll number of Ines Okafor", " 1049 ");
  await submit("Save for Ines Okafor");
  expect(alerts()).toEqual(["Somebody has it. Look it up."]);
  box.answers["PUT /people/p1/payroll-number"] = nothing;
  await submit("Save for Ines Okafor");
  expect(box.sent("PUT /people/p1/payroll-number").at(-1)).toEqual({ number: "1049" });
  expect(textOf(screen.getByRole("status"))).toBe("Saved: Ines Okafor has payroll number 1049.");
});
