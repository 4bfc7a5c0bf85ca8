import { beforeEach, expect, test, vi } from "vitest";
import { Box, refusal, settle } from "../../../testing/box";
import {
  claim,
  entry,
  EUR,
  me,
  plans,
  planVersion,
  questions,
  row,
  statement,
  verdict,
} from "../../../testing/made";
import {
  alerts,
  cells,
  choose,
  click,
  options,
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
import type * as api from "../../api";
import { day, moment, money, month, time } from "../../format";
import { Statement } from "./Statement";

const ZONE = "Europe/Berlin";
const AT = entry().booked_at;
const BACK = "2026-11-22T08:00:00Z";
const REVERSAL = entry({
  id: "e2",
  kind: "reversal",
  amount: EUR(-4000),
  booked_at: BACK,
  corrects: "e1",
  reason: "duplicate",
  ruling: "Both are the Kiel branch of one company.",
});
const totals = () => textOf(screen.getByRole("region", { name: "Totals" }));
const table = (name: string) => within(screen.getByRole("region", { name })).getByRole("table");
const status = () => textOf(screen.getByRole("status"));

let box: Box;
const of = (more: Partial<api.Statement>) => {
  box.answers["GET /statement"] = statement(more);
};
const open = (claims: api.Claim[] = []) =>
  show(<Statement me={me("telemarketer")} claims={claims} />);

beforeEach(() => {
  box = new Box({
    "GET /statement": statement(),
    "GET /plans": plans(),
    "GET /questions": questions(),
  });
});

test("each line says when, for whom, how it comes about, how much, and what it came to", async () => {
  of({
    entries: [
      entry({ id: "e3", company: "Halden", claim_number: 9, amount: EUR(4500) }),
      REVERSAL,
      entry({ taken_back_by: "e2" }),
    ],
  });
  await open();
  expect(cells(table("Lines of November 2026"))).toEqual([
    [
      moment(AT, ZONE),
      "Halden C-9, +€45.00",
      `v2: 1 × €45.00payable from ${day("2026-12-20T00:00:00Z", ZONE)}`,
      "+€45.00",
      "€45.00",
    ],
    [
      moment(BACK, ZONE),
      "Brightwater Logistics C-7, -€40.00",
      "v2: −1 × €40.00Taken back: the lead was claimed before. “Both are the Kiel branch of one " +
        `company.” It takes back the line of ${day(AT, ZONE)}.`,
      "-€40.00",
      "€0.00",
    ],
    [
      moment(AT, ZONE),
      "Brightwater Logistics C-7, +€40.00",
      `v2: 1 × €40.00taken back on ${day(BACK, ZONE)}`,
      "+€40.00",
      "€40.00",
    ],
  ]);
  expect(screen.getByText(/3 lines, 1 of them taking back/)).toBeTruthy();
  expect(unnamed()).toEqual([]);
});

test("what was taken back for, and lines of other periods, are words", async () => {
  of({
    entries: [
      { ...REVERSAL, id: "a", reason: "overturned", corrects: "gone", ruling: null },
      { ...REVERSAL, id: "b", reason: "fraud", corrects: "gone" },
      { ...REVERSAL, id: "c", reason: "of_its_own", corrects: "gone" },
      entry({ taken_back_by: "gone" }),
    ],
  });
  await open();
  const how = cells().map((r) => r[2]);
  expect(how[0]).toContain(
    "Taken back: a second reviewer changed the verdict. It takes back a line of another period.",
  );
  expect(how[1]).toContain("Taken back: fraud, as two people ruled.");
  expect(how[2]).toContain("Taken back: of_its_own.");
  expect(how[3]).toContain("taken back by a line of another period");
});

test("the figures of the period; currencies are never added up, and nothing is a word", async () => {
  of({
    earned_this_period: [EUR(4000), { minor: 900, currency: "CHF" }],
    earned: [EUR(9000)],
    taken_back: [EUR(-4000)],
    undecided: 2,
    waiting: 1,
  });
  const { leave } = await open();
  const francs = money({ minor: 900, currency: "CHF" }).replace(/\s/g, " ");
  expect(totals()).toBe(
    `Earned in November 2026, so far€40.00 + ${francs}€90.00 in all periods` +
      "Paidnothing yetall periods; each line says by which run" +
      "Payable by today, not paidnothingall periods; nothing more is payable later" +
      "Taken back, in the sum already-€40.00in November 2026" +
      "Undecided now3 claims2 without a verdict, 1 passed and waits",
  );
  await leave();
  of({ locked_at: "2026-12-03T09:00:00Z" });
  await open();
  expect(totals()).toContain("Undecided nownonenothing waits");
  expect(totals()).toContain("Taken back, in the sum alreadynothing");
  expect(totals()).not.toContain("so far");
  expect(status()).toContain(`closed on ${day("2026-12-03T09:00:00Z", ZONE)}`);
  expect(screen.getByText("A passed claim books one, ten seconds after its verdict.")).toBeTruthy();
  expect(screen.queryByRole("table")).toBeNull();
});

test("what is paid is told apart from what is payable now and later, also on paper", async () => {
  of({
    paid: [EUR(16000)],
    payable: [EUR(8000)],
    payable_later: [EUR(24000)],
    payable_next: "2026-12-04T12:00:00Z",
    earned: [EUR(48000)],
  });
  await open();
  const from = day("2026-12-04T12:00:00Z", ZONE);
  expect(totals()).toContain(
    "Paid€160.00all periods; each line says by which run" +
      `Payable by today, not paid€80.00all periods; €240.00 more from ${from} on`,
  );
  expect(textOf(document.querySelector(".paper"))).toContain(
    `Paid by then, all periods€160.00Payable by then, not paid€80.00Payable later, from ${from}€240.00`,
  );
});

test("each line says by which run it was paid", async () => {
  const paid = { run: 7, made_at: "2026-12-03T09:00:00Z" };
  const later = { run: 8, made_at: "2027-01-04T09:00:00Z" };
  of({
    entries: [
      { ...REVERSAL, paid: later },
      entry({ id: "e3", paid }),
      entry({ taken_back_by: "e2", paid }),
    ],
  });
  await open();
  const by = `paid by run 7 on ${day(paid.made_at, ZONE)}`;
  const how = cells(table("Lines of November 2026")).map((r) => r[2]);
  expect(how[0]).toMatch(new RegExp(`It is deducted by run 8 on ${day(later.made_at, ZONE)}.$`));
  expect(how[1]).toBe(`v2: 1 × €40.00${by}`);
  expect(how[2]).toBe(`v2: 1 × €40.00${by}, taken back on ${day(BACK, ZONE)}`);
  const [first] = screen.getAllByRole("button", { name: /C-7.*\+€40/ });
  await click(first!);
  expect(textOf(table("Lines of November 2026"))).toContain(
    `Paidby run 7, ${moment(paid.made_at, ZONE)}`,
  );
});

test("a line opens in place, as arithmetic beside its verdict with the moments, and closes", async () => {
  of({ entries: [entry()] });
  await open([
    claim({
      verdict: verdict({
        rows: [
          row("budget", {
            title: "Budget",
            answer: "In place",
            evidence: { call: "c1", from_ms: 102_000, to_ms: 120_000 },
          }),
        ],
      }),
    }),
  ]);
  const line = screen.getByRole("button", { name: /Brightwater Logistics C-7/ });
  expect(line.getAttribute("aria-expanded")).toBe("false");
  // A button: Enter and Space press it.
  expect([line.tagName, line.tabIndex]).toEqual(["BUTTON", 0]);
  await click(line);
  expect(line.getAttribute("aria-expanded")).toBe("true");
  const opened = document.getElementById(line.getAttribute("aria-controls") ?? "");
  expect(textOf(opened)).toContain("1 passed lead × €40.00 = €40.00");
  expect(textOf(opened)).toContain(
    `by Max Oberg, ${moment("2026-10-26T09:00:00Z", ZONE)}Readby you, ` +
      moment("2026-10-29T09:02:00Z", ZONE),
  );
  expect(textOf(opened)).toContain("BudgetIn place");
  expect(
    screen.getByRole("button", { name: "Play the moment for Budget, 1:42–2:00" }),
  ).toBeTruthy();
  expect(screen.getByRole("link", { name: "Open claim C-7" }).getAttribute("href")).toBe(
    "/claims?claim=7",
  );
  await click(line);
  expect(screen.queryByText(/passed lead ×/)).toBeNull();
});

test("a line of a claim beyond the newest ones shows its verdict too, and a colleague's does not", async () => {
  of({
    entries: [entry(), entry({ id: "e5", part: "opener", claim_number: 8, company: "Halden" })],
  });
  const budget = { title: "Budget", answer: "In place" };
  const old = claim({ verdict: verdict({ rows: [row("budget", budget)] }) });
  box.answers["GET /claims?q=C-7"] = { claims: [claim({ number: 70 }), old], next: null };
  await open([claim({ id: "newer", number: 99 })]);
  await press(/Brightwater Logistics C-7/);
  expect(textOf(document.body)).toContain("BudgetIn place");
  await press(/Halden C-8/);
  expect(box.asked.filter((a) => a.path.startsWith("/claims?")).map((a) => a.path)).toEqual([
    "/claims?q=C-7",
  ]);
});

test("a line by a tier, up to the month's limit, says which lead it was and what was left", async () => {
  const arithmetic = {
    number: 12,
    rate: EUR(5000),
    percent: null,
    share: EUR(5000),
    tier_from: 11,
    cap: EUR(50000),
    before: EUR(48500),
  };
  of({ entries: [entry({ amount: EUR(1500), arithmetic })] });
  await open();
  await press(/Brightwater/);
  const opened = textOf(screen.getByText(/of which/).parentElement);
  expect(opened).toContain(
    "1 passed lead × €50.00, of which €15.00 was left of the month's limit = €15.00" +
      "Your 12th passed lead of the campaign in this month: the tier from the 11th on." +
      "The month's limit is €500.00; €485.00 stood.",
  );
  expect(textOf(table("Lines of November 2026"))).toContain(
    "v2: 1 × €50.00, up to the month's limit",
  );
});

test("a line that is shared says the share, and nothing of the colleague's money", async () => {
  const shared = { rate: EUR(4000), tier_from: null, cap: null, before: EUR(8000) };
  const claimant = { ...shared, number: 3, percent: 70, share: EUR(2800) };
  const opener = { ...shared, number: null, percent: 30, share: EUR(1200), cap: EUR(9000) };
  of({
    entries: [
      entry({ part: "claimant", amount: EUR(2800), arithmetic: claimant }),
      entry({
        ...{ id: "e2", company: "Alder & Ash", claim: "cl9", claim_number: 9 },
        ...{ part: "opener", amount: EUR(1000), arithmetic: opener },
      }),
    ],
  });
  await open();
  const all = textOf(table("Lines of November 2026"));
  expect(all).toContain("v2: 1 × €40.00, less 30 % to who opened it");
  expect(all).toContain("v2: 30 % of €40.00, for having opened the lead, up to the month's limit");
  await press(/Brightwater/);
  expect(
    screen.getByText("1 passed lead × €40.00, less 30 % to who opened it = €28.00"),
  ).toBeTruthy();
  expect(textOf(table("Lines of November 2026"))).not.toContain("€12.00");
  await press(/Alder/);
  const opened = textOf(screen.getByText(/of which/).parentElement);
  expect(opened).toContain(
    "30 % of €40.00, for having opened the lead, of which €10.00 was left of the month's limit " +
      "= €10.00You talked with this lead first; a colleague's claim on it passed. Your share is " +
      "rounded down.The month's limit is €90.00; €80.00 stood.",
  );
  expect(textOf(table("Lines of November 2026"))).toContain("It is a colleague's claim");
  expect(screen.getAllByRole("link", { name: /Open claim/ })).toHaveLength(1);
});

test("a line whose claim or plan is not known still opens", async () => {
  of({ entries: [entry({ plan: "gone", amount: EUR(-4000), corrects: "e0" })] });
  await open();
  await press(/Brightwater/);
  expect(screen.getByText("−1 passed lead × €40.00 = -€40.00")).toBeTruthy();
  expect(screen.queryByText("Approved")).toBeNull();
  expect(screen.getByRole("heading", { name: "The verdict C-7" })).toBeTruthy();
});

test("it shows its seal, and is saved as a file that proves itself", async () => {
  of({ entries: [entry()] });
  const { leave } = await open();
  const seal = textOf(screen.getByRole("region", { name: "Sealed" }));
  const { note, root } = statement().checkpoint!;
  expect(seal).toContain(`Root${root}Keyassay-1+12345678+AQ==`);
  expect(screen.getByLabelText("Signed checkpoint").textContent).toBe(note.trim());
  expect(note.split("\n")[2]).toBe(root);
  expect(screen.getByLabelText("Signed checkpoint").closest(".screen-only")).toBeNull();
  expect(seal).toContain("Copiednot yet; that happens daily and at each close");
  const save = screen.getByRole("link", { name: "Save as a file" });
  expect(save.getAttribute("href")).toBe("/api/v1/statement/saved?period=2026-11");
  expect(save.getAttribute("download")).toBe("");
  await press(/Brightwater/);
  const proof = screen.getByRole("link", { name: "Proof of this line as a file" });
  expect(proof.getAttribute("href")).toBe("/api/v1/entries/e1/bundle");
  expect(unnamed()).toEqual([]);
  await leave();
  of({ checkpoint: null });
  await open();
  expect(textOf(screen.getByRole("region", { name: "Sealed" }))).toContain("Nothing is sealed yet");
});

test("it says who else saw the log, and loudly when one of them saw another", async () => {
  const at = "2026-11-25T09:30:00Z";
  const checkpoint = {
    ...statement().checkpoint!,
    stamped: { by: "tsa.example", at, size: 4700 },
    cosigned: [{ by: "assay-witness-1", at, size: 4711 }],
  };
  of({ checkpoint });
  const { leave } = await open();
  const seal = () => textOf(screen.getByRole("region", { name: "Sealed" }));
  const when = `on ${day(at, ZONE)} at ${time(at, ZONE)}`;
  expect(seal()).toContain(`Stampedby tsa.example ${when}, at ${(4700).toLocaleString()} entries`);
  expect(seal()).toContain(
    `Cosignedby assay-witness-1 ${when}, at ${(4711).toLocaleString()} entries`,
  );
  expect(alerts()).toEqual([]);
  await leave();
  of({
    checkpoint: { ...checkpoint, alarms: ["the witness assay-witness-1 has seen another log"] },
  });
  await open();
  expect(textOf(screen.getByRole("alert"))).toBe(
    "Do not rely on these books: the witness assay-witness-1 has seen another log.",
  );
  expect(unnamed()).toEqual([]);
});

test("another period is asked for, and stays in the address", async () => {
  box.answers["GET /statement?period=2026-10"] = statement({ period: "2026-10" });
  const { leave } = await open();
  expect(options("Period")).toEqual(["November 2026", "October 2026"]);
  await choose("Period", "2026-10");
  expect(location.search).toBe("?period=2026-10");
  expect(screen.getByRole("heading", { name: "Lines of October 2026" })).toBeTruthy();
  await leave();
  await open();
  expect(box.count("GET /statement?period=2026-10")).toBe(2);
});

test("a period in the address that is none is not asked for", async () => {
  history.replaceState(null, "", "/statement?period=soon");
  await open();
  expect(screen.getByRole("heading", { name: `Lines of ${month("2026-11")}` })).toBeTruthy();
});

test("as it stood on a day, with what was booked since then", async () => {
  const then = "2026-11-21T22:59:59.999Z";
  const to = `GET /statement?as_of=${encodeURIComponent(then)}`;
  of({ entries: [REVERSAL, entry()] });
  box.answers[to] = statement({ as_of: then, entries: [entry()], since: [REVERSAL] });
  await open();
  expect(screen.queryByRole("region", { name: "Booked since then" })).toBeNull();
  await write("As it stood on", "2026-11-21");
  await submit("Show that day");
  expect(status()).toContain(`as it stood at the end of ${day(then, ZONE)}`);
  expect(cells(table("Lines of November 2026")).map((r) => r[4])).toEqual(["€40.00"]);
  expect(cells(table("Booked since then")).map((r) => [r[3], r[4]])).toEqual([
    ["-€40.00", "€0.00"],
  ]);
  box.answers[to] = statement({ as_of: then });
  FakeEventSource.last.changed("claims");
  await settle();
  expect(screen.getByText("Nothing since then")).toBeTruthy();
  await press("Back to now");
  expect(screen.queryByRole("region", { name: "Booked since then" })).toBeNull();
  expect(cells().length).toBe(2);
});

test("without a day nothing is asked for", async () => {
  await open();
  await submit("Show that day");
  expect(box.count("GET /statement")).toBe(1);
});

test("a plan that is not read yet is told of first, with the way to it", async () => {
  box.answers["GET /plans"] = plans({
    versions: [
      planVersion({
        id: "plan4",
        version: 4,
        from: "2026-12-01T00:00:00Z",
        read_at: null,
        to_read: true,
      }),
      planVersion(),
    ],
  });
  await open();
  const note = screen.getByRole("note");
  expect(textOf(note)).toBe(
    `Plan v4 not read yetFleet autumn v4 holds for claims made from ${day("2026-12-01T00:00:00Z", ZONE)} on. ` +
      "Nothing accrues under it until you have read it.Read v4 of Fleet autumn",
  );
  await click(screen.getByRole("link", { name: "Read v4 of Fleet autumn" }));
  expect(location.pathname).toBe("/plans");
});

test("what can move money is a closed list", async () => {
  await open();
  const moves = screen.getByRole("region", { name: "What can move your money" });
  expect([...moves.querySelectorAll("dt")].map(textOf)).toEqual([
    "A verdict",
    "A dispute",
    "A duplicate",
    "Fraud",
    "A plan",
  ]);
  expect(textOf(moves)).toContain("Nothing else does; sales’ answers never do.");
});

test("paper has a head of its own", async () => {
  const print = vi.fn();
  vi.stubGlobal("print", print);
  of({ payroll_number: null });
  await open();
  expect(textOf(document.querySelector(".paper"))).toContain(
    "Statement of commissionInes Okafor, no payroll numberFor Hollmann FleetNovember 2026, openas",
  );
  await press("Print");
  expect(print).toHaveBeenCalledOnce();
});

test("a verdict that ends its hold shows on an open page", async () => {
  await open();
  of({ entries: [entry()] });
  FakeEventSource.last.changed("claims");
  await settle();
  expect(cells().length).toBe(1);
});

test("trouble and loading take the page's place; later what is known stays", async () => {
  box.answers["GET /statement"] = refusal(503, "Busy", "Try again.");
  await open();
  expect(alerts()).toEqual(["Busy. Try again.Try again"]);
  of({ entries: [entry()] });
  await press("Try again");
  expect([alerts(), cells().length]).toEqual([[], 1]);
  box.answers["GET /statement?period=2026-10"] = refusal(503, "Busy", "Try again.");
  await choose("Period", "2026-10");
  expect([alerts().length, cells().length]).toEqual([1, 1]);
});

test("a copy beside the books is not said to have left them", async () => {
  const copied = { at: "2026-11-24T22:00:00Z", size: 1200, elsewhere: false };
  for (const elsewhere of [false, true]) {
    const { checkpoint } = statement();
    of({ checkpoint: checkpoint && { ...checkpoint, copied: { ...copied, elsewhere } } });
    const { leave } = await open();
    const seal = textOf(screen.getByRole("region", { name: "Sealed" }));
    expect(seal).toContain("at 1,200 entries");
    expect(seal.includes("whoever rewrites them can rewrite it")).toBe(!elsewhere);
    expect(seal.includes("to another disk")).toBe(elsewhere);
    await leave();
  }
});
