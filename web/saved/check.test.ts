// What is whole says so, and each kind of touch is found.
import { beforeAll, expect, test } from "vitest";
import type { JsonObject } from "../proof/json.mjs";
import { madeSaved, packed } from "../testing/savedStatement";
import { EUR } from "../testing/made";
import { check } from "./check";
import { Damaged, read, type Packed, type Saved } from "./data";
import { WORD } from "./foot";
import type { Checked } from "./line";
import { microsOf, momentOf } from "./shape";

let whole: Saved;
beforeAll(async () => {
  whole = await madeSaved();
});

function checked(saved: Saved): Checked {
  const slices = check(saved);
  for (;;) {
    const { done, value } = slices.next();
    if (done) return value;
  }
}

test("a whole one holds, line by line", () => {
  const { faults, lines, sum, takenBack, leaves } = checked(whole);
  expect(faults).toEqual([]);
  expect(lines.map(({ state }) => state)).toEqual(["proved", "proved", "proved", "proved"]);
  expect([sum, takenBack]).toEqual([
    [{ minor: 8000, currency: "EUR" }],
    [{ minor: -4000, currency: "EUR" }],
  ]);
  expect(leaves).toBe(19);
});

/** What is said first of a copy of the whole one that was touched. */
function touched(touch: (saved: Saved) => void): string {
  const saved = structuredClone(whole);
  touch(saved);
  const { faults, lines } = checked(saved);
  const [first] = faults;
  const line = lines.find(({ entry }) => entry.id === first?.line)?.entry;
  return `${line ? `${line.company}: ` : ""}${first?.why}`;
}

const firstLine = ({ statement }: Saved) => statement.entries[0]!;
/** A record, in all bundles that have it. */
function record(saved: Saved, kind: string) {
  return saved.items.find((i) => i.kind === kind)!;
}

test.each<[string, string, (saved: Saved) => void]>([
  [
    "an amount",
    "Nordhafen Kühlhaus: The amount: the statement says +€45.00, the log says +€40.00.",
    (s) => (firstLine(s).amount.minor = 4500),
  ],
  [
    "a currency",
    "Nordhafen Kühlhaus: The currency: the statement says USD, the log says EUR.",
    (s) => (firstLine(s).amount.currency = "USD"),
  ],
  [
    "a company",
    "Nordhafen Kühlhaus: The company: the statement says Halden, the log says Nordhafen Kühlhaus.",
    (s) => (firstLine(s).company = "Halden"),
  ],
  [
    "a campaign",
    "Nordhafen Kühlhaus: The campaign: the statement says Vans, the log says Fleet autumn.",
    (s) => (firstLine(s).campaign = "Vans"),
  ],
  [
    "a claim’s number",
    "Nordhafen Kühlhaus: The claim: the statement says C-9, the log says C-2187.",
    (s) => (firstLine(s).claim_number = 9),
  ],
  [
    "a plan’s version",
    "Nordhafen Kühlhaus: The plan’s version: the statement says v4, the log says v3.",
    (s) => (firstLine(s).plan_version = 4),
  ],
  [
    "the moment from which it is payable, by less than a minute",
    "Nordhafen Kühlhaus: Payable: the statement and the log differ by a part of a minute.",
    (s) => (firstLine(s).payable_at = "2026-11-19T10:59:59.000001Z"),
  ],
  [
    "the day of booking",
    "Nordhafen Kühlhaus: Booked: the statement says Nov 4, 2026, 12:00 PM, the log says Nov 5, 2026, 12:00 PM.",
    (s) => (firstLine(s).booked_at = "2026-11-04T11:00:00Z"),
  ],
  [
    "what a line takes back",
    "Brae Seafoods: The line it takes back: the statement says entry-0, the log says entry-1.",
    (s) => (s.statement.entries[1]!.corrects = "entry-0"),
  ],
  [
    "the ruling’s words",
    "Brae Seafoods: The ruling: the statement says “So be it.”, the log says “Both are the Kiel branch of one company.”.",
    (s) => (s.statement.entries[1]!.ruling = "So be it."),
  ],
  [
    "how many stood before",
    "Nordhafen Kühlhaus: Its place in the month: the statement says 1, the log says 2.",
    (s) => (firstLine(s).arithmetic!.number = 1),
  ],
  [
    "the name at its head",
    "The statement is headed Oskar Lind, but its lines were booked for Ines Okafor. If that is you, your name was changed since; otherwise the file was.",
    (s) => (s.statement.payee = "Oskar Lind"),
  ],
  [
    "the month",
    "Nordhafen Kühlhaus: It is a line of November 2026, not of October 2026.",
    (s) => (s.statement.period = "2026-10"),
  ],
  [
    "the day of saving, before the last line",
    "Nordhafen Kühlhaus: It was booked after the moment at which this file says that it was saved.",
    (s) => (s.made_at = "2026-11-05T10:00:00Z"),
  ],
  [
    "the day that it is shown as of",
    "Nordhafen Kühlhaus: It stands on the wrong side of Nov 5, 2026, the day that this is shown as of.",
    (s) => (s.statement.as_of = "2026-11-05T10:00:00Z"),
  ],
  [
    "that a line was taken back",
    "Brae Seafoods: It was taken back by another line, which is not said here.",
    (s) => (s.statement.entries[2]!.taken_back_by = null),
  ],
  [
    "the sum",
    "The statement says €90.00 earned; its lines come to €80.00.",
    (s) => (s.statement.earned_this_period[0]!.minor = 9000),
  ],
  [
    "the sum of what is taken back",
    "The statement says nothing taken back; its lines come to -€40.00.",
    (s) => (s.statement.taken_back = []),
  ],
  [
    "a line removed",
    "A line for Nordhafen Kühlhaus is missing: the file has its proof, but does not show it.",
    (s) => s.statement.entries.shift(),
  ],
  [
    "a line removed with its proof",
    "The statement says €80.00 earned; its lines come to €40.00.",
    (s) => {
      s.statement.entries.shift();
      s.bundles = s.bundles.filter(({ entry }) => entry !== "entry-3");
    },
  ],
  [
    "a line removed with its proof, and the sum with it",
    "Brae Seafoods: It is the 2nd passed lead of Fleet autumn in this month, but the file does not show as many before it: a line is missing, or one too many.",
    (s) => {
      s.statement.entries.pop();
      s.bundles = s.bundles.filter(({ entry }) => entry !== "entry-0");
      s.statement.earned_this_period[0]!.minor = 4000;
    },
  ],
  [
    "a line that took another back removed, and all that speaks of it",
    "Nordhafen Kühlhaus: It is the 2nd passed lead of Fleet autumn in this month, but the file does not show as many before it: a line is missing, or one too many.",
    (s) => {
      s.statement.entries.splice(1, 1);
      s.statement.entries[1]!.taken_back_by = null;
      s.bundles = s.bundles.filter(({ entry }) => entry !== "entry-2");
      s.statement.earned_this_period[0]!.minor = 12000;
      s.statement.taken_back = [];
    },
  ],
  [
    "a line shown twice",
    "Nordhafen Kühlhaus: This line stands here twice.",
    (s) => s.statement.entries.unshift(firstLine(s)),
  ],
  [
    "an old line added without a proof",
    "Halden: It has no proof, though it was booked more than an hour before this was saved; a line is sealed within minutes.",
    (s) =>
      s.statement.entries.push({
        ...firstLine(s),
        id: "made-up",
        company: "Halden",
        booked_at: "2026-11-02T09:00:00Z",
      }),
  ],
  [
    "a line added with another’s proof",
    "Halden: The record of the line itself is missing.",
    (s) => {
      s.statement.entries.unshift({ ...firstLine(s), id: "made-up", company: "Halden" });
      s.bundles.push({ ...s.bundles.at(-1)!, entry: "made-up" });
    },
  ],
  [
    "a record’s amount",
    "Nordhafen Kühlhaus: What the file says of the line is not what was sealed in the log.",
    (s) => (s.items.findLast((i) => i.kind === "ledger_entry")!.content!.amount = 4500),
  ],
  [
    "a record’s day",
    "Nordhafen Kühlhaus: What the file says of the plan is not what was sealed in the log.",
    (s) => (record(s, "plan").content!.approved_at = 1),
  ],
  [
    "items exchanged",
    "Nordhafen Kühlhaus: The record of the line itself is missing.",
    (s) => (s.bundles.at(-1)!.items = s.bundles[0]!.items),
  ],
  [
    "a place that no item has",
    "Nordhafen Kühlhaus: Its proof is damaged: a part is missing, comes twice, or is something else.",
    (s) => s.bundles.at(-1)!.items.push(999),
  ],
  [
    "the way to the root",
    "Nordhafen Kühlhaus: The file does not show that the recording is in the log.",
    (s) => (s.items.findLast((i) => i.kind === "recording")!.proof[0] = "00".repeat(32)),
  ],
  [
    "a salt",
    "Nordhafen Kühlhaus: What the file says of the claim is not what was sealed in the log.",
    (s) => (s.items.findLast((i) => i.kind === "claim")!.salt = "00".repeat(32)),
  ],
  [
    "a recording’s hash",
    "Nordhafen Kühlhaus: A recording is not the one that was judged.",
    (s) => (s.audio.at(-1)!.sha256 = "00".repeat(32)),
  ],
  [
    "two proofs of a line",
    "Nordhafen Kühlhaus: The file has two proofs of this line.",
    (s) => s.bundles.push(s.bundles.at(-1)!),
  ],
  [
    "the checkpoint’s size",
    "The checkpoint at the foot was not signed by the log with this key, or was changed.",
    (s) => {
      s.checkpoint = whole.checkpoint!.replace("\n19\n", "\n20\n");
      s.checkpoints[0]!.note = s.checkpoint;
    },
  ],
  [
    "a letter of the key",
    "The log’s key cannot be read: it was changed.",
    (s) => (s.log = s.log.replace("kiel", "kjel")),
  ],
  [
    "no checkpoint behind the lines",
    "Nordhafen Kühlhaus: Its proof is damaged: a part is missing, comes twice, or is something else.",
    (s) => (s.checkpoints = []),
  ],
])("is found: %s", (_, says, touch) => {
  expect(touched(touch)).toBe(says);
});

test("is found: the checkpoint of another log", async () => {
  const other = await madeSaved({ log: "berlin.assay.example/log" });
  const says = touched((s) => (s.checkpoint = other.checkpoint));
  expect(says).toBe(
    "The checkpoint at the foot was not signed by the log with this key, or was changed.",
  );
});

test("is found: another checkpoint of the same log than that of the lines", async () => {
  const other = await madeSaved({ lines: 5 });
  const says = touched((s) => (s.checkpoint = other.checkpoint));
  expect(says).toBe("The checkpoint at the foot is not the one that the lines are proved in.");
});

test("is found: another key of the same name", async () => {
  const other = await madeSaved({ seed: 8 });
  const says = touched((s) => (s.log = other.log));
  expect(says).toBe(
    "The checkpoint at the foot was not signed by the log with this key, or was changed.",
  );
});

test("is found: the items of another log, under its own key", async () => {
  const change = (kind: string, fields: JsonObject): JsonObject =>
    kind === "ledger_entry" ? { ...fields, company: "Halden" } : fields;
  const other = await madeSaved({ change });
  expect(touched((s) => (s.items = other.items))).toBe(
    "Nordhafen Kühlhaus: The file does not show that the recording is in the log.",
  );
});

test("is found: a line of another person", async () => {
  const { faults } = checked(await madeSaved({ others: 1 }));
  expect(faults[0]).toEqual({ line: "entry-3", why: "It is another person’s line." });
});

test("a log that pays by the wrong tier is found, also where its own arithmetic fits", async () => {
  const change = (kind: string, fields: JsonObject): JsonObject =>
    kind === "ledger_entry" && fields.leads_before === 10
      ? { ...fields, amount: 4000, arithmetic: [{ what: "plan", amount: 4000 }] }
      : fields;
  const { faults } = checked(await madeSaved({ lines: 13, change }));
  expect(faults.map(({ why }) => why)).toContain(
    "The amount is not what the plan pays after what stood in the month before it.",
  );
});

test("tiers that were reached in the month hold", async () => {
  const { faults, sum } = checked(await madeSaved({ lines: 16 }));
  expect([faults, sum]).toEqual([[], [{ minor: 10 * 4000 + 4 * 4500, currency: "EUR" }]]);
});

test("a line that is younger than the log’s last checkpoint waits, and is no fault", async () => {
  const { faults, lines } = checked(await madeSaved({ unsealed: 1 }));
  expect(faults).toEqual([]);
  expect(lines.map(({ state }) => state)).toEqual(["unsealed", "proved", "proved", "proved"]);
});

test("a box whose log has no checkpoint yet says so, and lends its lines no proof", async () => {
  const young = await madeSaved({ lines: 1, unsealed: 1 });
  const { faults, lines } = checked({ ...young, checkpoint: null, checkpoints: [] });
  expect(faults).toEqual([]);
  expect(lines.map(({ state }) => state)).toEqual(["unsealed"]);
  expect(touched((s) => (s.checkpoint = null))).toBe("The checkpoint at the foot is missing.");
});

test("what was erased since is no fault", () => {
  const saved = structuredClone(whole);
  for (const item of saved.items.filter(({ kind }) => kind === "claim" || kind === "verdict")) {
    delete item.salt;
    delete item.content;
    item.erased = true;
  }
  expect(checked(saved).faults).toEqual([]);
});

/** A line of which Ines has a part. */
const shared =
  (part: "claimant" | "opener", per_mille: number, amount: number) =>
  (kind: string, fields: JsonObject): JsonObject => {
    if (kind === "plan") return { ...fields, splits: [{ per_mille: 700 }, { per_mille: 300 }] };
    if (kind === "claim" && part === "opener")
      return { ...fields, claimant: "p2", shared_with: ["p1"] };
    if (kind !== "ledger_entry") return fields;
    const split = { what: "split", per_mille, rest: 0 };
    return { ...fields, part, amount, arithmetic: [{ what: "plan", amount: 4000 }, split] };
  };

test.each([
  ["claimant", 700, 2800, 1],
  ["opener", 300, 1200, null],
] as const)("a shared line holds, for the %s", async (part, per_mille, minor, number) => {
  const saved = await madeSaved({ lines: 1, change: shared(part, per_mille, minor) });
  const { faults, lines } = checked(saved);
  expect(faults).toEqual([]);
  const { arithmetic, amount } = lines[0]!.entry;
  expect([arithmetic?.percent, arithmetic?.number, amount.minor]).toEqual([
    per_mille / 10,
    number,
    minor,
  ]);
  const other = structuredClone(saved);
  other.statement.entries[0]!.part = "whole";
  expect(checked(other).faults[0]?.why).toMatch(/^Whose part it is: the statement says the whole/);
  const more = await madeSaved({ lines: 1, change: shared(part, per_mille, minor + 1) });
  expect(
    checked(more)
      .faults.map(({ why }) => why)
      .join(),
  ).toContain("amount");
});

test("a campaign that was renamed within the month is the same one", async () => {
  const change = (kind: string, fields: JsonObject): JsonObject =>
    kind === "ledger_entry" && fields.leads_before === 0
      ? { ...fields, campaign_name: "Fleet" }
      : fields;
  expect(checked(await madeSaved({ change })).faults).toEqual([]);
});

/** All texts and numbers of a value, with the way to each. */
function leaves(value: unknown, way: string[] = []): string[][] {
  if (typeof value !== "object" || value === null) return value === null ? [] : [way];
  return Object.entries(value).flatMap(([name, inner]) => leaves(inner, [...way, name]));
}

/** What the foot says of each thing that nothing in the file proves; what is not shown is not. */
const BY_WORD: Record<string, string | null> = {
  made_at: "the day of saving",
  "statement.payroll_number": "the payroll number",
  "statement.locked_at": "whether the month is closed",
  "statement.periods.0": null,
  "statement.periods.1": null,
  "statement.as_of": null,
  "statement.payable_next": "payable later",
  "statement.undecided": "what is undecided",
  "statement.waiting": "what is undecided",
  "statement.entries.0.taken_back_by": "that a line was taken back by one of another month",
  "statement.entries.0.paid.run": "which run paid a line",
  "statement.entries.0.paid.made_at": "which run paid a line",
};

/** The same with another text or number there; a moment is another by a microsecond. */
function changed(saved: Packed, way: string[]): string {
  const copy = JSON.parse(JSON.stringify(saved)) as object;
  const last = way.at(-1) ?? "";
  const at = way.slice(0, -1).reduce((v, name) => v[name as never], copy);
  const was: unknown = at[last as never];
  const other = () => {
    if (typeof was === "number") return was + 1;
    if (typeof was === "boolean") return !was;
    const micros = microsOf(String(was));
    return micros === undefined ? `${String(was)}x` : momentOf(micros + 1);
  };
  Object.assign(at, { [last]: other() });
  return JSON.stringify(copy);
}

test("any other text or number in it is found, but for what stands by the box’s word", async () => {
  const made = await madeSaved({ lines: 1, between: 1 });
  // What is null is changed, too: to a word, or as it would be in another statement.
  const at = "2026-12-03T09:00:00Z";
  Object.assign(made.statement, { locked_at: at, payable_next: at });
  firstLine(made).paid = { run: 7, made_at: at };
  firstLine(made).taken_back_by = "an entry of December";
  const saved = packed(made);
  const unfound = leaves(saved).filter((way) => {
    try {
      return checked(read(changed(saved, way))).faults.length === 0;
    } catch (error) {
      if (error instanceof Damaged) return false;
      throw error;
    }
  });
  expect(leaves(saved).length).toBeGreaterThan(150);
  const names = unfound.map((way) => way.join("."));
  expect(names.toSorted()).toEqual(Object.keys(BY_WORD).toSorted());
  for (const name of names) expect(WORD).toContain(BY_WORD[name] ?? "");
});

test("what all months come to is the sum of what is paid, payable and payable later", () => {
  const says = touched((s) => (s.statement.earned[0]!.minor = 9000));
  expect(says).toBe(
    "The statement says €90.00 earned in all months; what is paid, payable and payable later " +
      "comes to €80.00.",
  );
  for (const part of ["paid", "payable", "payable_later"] as const)
    expect(touched((s) => s.statement[part].push(EUR(1)))).toMatch(/^The statement says €80.00/);
});
