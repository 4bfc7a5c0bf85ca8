// The page as it is drawn from its data.
import { expect, test } from "vitest";
import axe from "axe-core";
import { inParts, madeSaved, packed } from "../testing/savedStatement";
import { cells, click, screen, textOf, within, write } from "../testing/show";
import type { Saved } from "./data";
import { open } from "./saved";

async function shown(data: Saved | string): Promise<HTMLElement> {
  const page = document.createElement("main");
  document.body.replaceChildren(page);
  await open(page, typeof data === "string" ? data : JSON.stringify(packed(data)));
  return page;
}

const says = () => textOf(screen.getAllByRole("status")[0] ?? null);
const panel = () => textOf(screen.getByRole("region", { name: "Does it hold?" }));

test("says first that every line holds, and how much they are", async () => {
  await shown(await madeSaved());
  expect(says()).toBe("Every line holds: 4 lines, €80.00, proved in the log of Nov 5, 2026");
});

test("shows the lines as the log has them, not as the statement says", async () => {
  const saved = await madeSaved();
  const [first] = saved.statement.entries;
  if (first) Object.assign(first, { company: "Halden", amount: { minor: 9000, currency: "EUR" } });
  await shown(saved);
  expect(says()).toBe("This statement does not hold");
  expect(panel()).toContain(
    "Nordhafen Kühlhaus, C-2187, Nov 5, 2026: The amount: the statement says +€90.00, the log says +€40.00.",
  );
  const [row] = cells(screen.getByRole("table"));
  expect(row?.[1]).toBe("Nordhafen Kühlhaus C-2187, +€40.00");
  expect(row?.slice(3)).toEqual(["Does not hold", "+€40.00", "€80.00"]);
});

test("a line opens: its sum, the verdict’s answers and moments, and the chain", async () => {
  await shown(await madeSaved());
  const button = screen.getByRole("button", { name: /Nordhafen Kühlhaus/ });
  await click(button);
  expect(button.getAttribute("aria-expanded")).toBe("true");
  const opened = document.getElementById(button.getAttribute("aria-controls") ?? "");
  const text = textOf(opened ?? document.body);
  expect(text).toContain("1 passed lead × €40.00 = €40.00");
  expect(text).toContain("Passed verdict on Nov 5, 2026, 12:00 PM");
  expect(text).toContain("NeedPain named2:24–2:42“We lose two vans a week to breakdowns.”");
  expect(text).toContain("The claim C-2187, made on Nov 5, 2026, 10:00 AM");
  expect(text).toContain("ledger_entry entry-3 rests on claim claim-3");
  await click(button);
  expect(opened?.hidden).toBe(true);
});

test("a line that is not sealed yet says so, and takes no credit", async () => {
  await shown(await madeSaved({ unsealed: 1 }));
  expect(says()).toBe(
    "3 lines, €40.00, proved in the log of Nov 5, 2026; not all lines are in it yet",
  );
  expect(cells(screen.getByRole("table"))[0]?.[3]).toBe("Not sealed into the log yet");
  await click(screen.getByRole("button", { name: /Nordhafen Kühlhaus/ }));
  expect(textOf(document.body)).toContain("it is the box’s word alone");
});

test("a month without a line says so", async () => {
  const saved = await madeSaved({ lines: 0 });
  await shown(saved);
  expect(says()).toBe("No line yet; the log’s checkpoint of Nov 2, 2026 holds");
  await shown({ ...saved, checkpoint: null, checkpoints: [] });
  expect(says()).toBe("No line yet, and nothing in the log");
});

test("key and checkpoint stand at the foot, with what they are good for", async () => {
  const saved = await madeSaved();
  await shown(saved);
  const log = screen.getByRole("region", { name: "The log" });
  expect(textOf(log)).toContain(saved.log);
  expect(textOf(within(log).getByLabelText("Checkpoint"))).toContain("kiel.assay.example/log");
  expect(textOf(log)).toContain("It does not prove that the key is your box’s");
});

test("another statement’s key is compared on the spot", async () => {
  const saved = await madeSaved();
  await shown(saved);
  const log = within(screen.getByRole("region", { name: "The log" }));
  await write(/of another statement/, (await madeSaved({ seed: 8 })).log);
  await click(log.getByRole("button", { name: "Compare" }));
  expect(textOf(log.getByRole("status"))).toContain("It is another key");
  await write(/of another statement/, saved.log);
  await click(log.getByRole("button", { name: "Compare" }));
  expect(textOf(log.getByRole("status"))).toContain("It is the same key");
});

test.each([
  ["", "What it holds cannot be read from beginning to end."],
  ["__DATA__", "What it holds cannot be read from beginning to end."],
  ["null", "A part of it is missing or is something else (data)."],
  ["{}", "A part of it is missing or is something else (data.made_at)."],
])("what is no statement any more says so: %j", async (json, why) => {
  await shown(json);
  expect(says()).toBe("This file is damaged");
  expect(panel()).toContain(why);
});

test("a statement cut short, or with a part of another form, says so", async () => {
  const saved = await madeSaved();
  await shown(JSON.stringify(saved).slice(0, -1));
  expect(says()).toBe("This file is damaged");
  const entries = saved.statement.entries.map((e) => ({ ...e, booked_at: "today" }));
  await shown({ ...saved, statement: { ...saved.statement, entries } });
  expect(panel()).toContain("(data.statement.entries[0].booked_at)");
  await shown({ ...saved, statement: { ...saved.statement, zone: "Mars/Olympus" } });
  expect(panel()).toContain("(data.statement.zone)");
});

test("items that are none at all are damage, never an exception", async () => {
  const saved = packed(await madeSaved({ between: 1 }));
  const [first, ...rest] = saved.items;
  for (const items of [[], [null, 1, "x"], [{}], rest, [...saved.items, first]]) {
    await shown(JSON.stringify({ ...saved, items }));
    expect(says()).toMatch(/^This (file is damaged|statement does not hold)$/);
  }
  await shown(JSON.stringify({ ...saved, items: [{ ...first, content: 3 }, ...rest] }));
  expect(says()).toBe("This statement does not hold");
  for (const nodes of [[], saved.nodes.slice(1), [...saved.nodes, saved.nodes[0]], ["x"]]) {
    await shown(JSON.stringify({ ...saved, nodes }));
    expect(says()).toBe("This file is damaged");
  }
  const other = [...saved.nodes.slice(1), saved.nodes[0]];
  await shown(JSON.stringify({ ...saved, nodes: other }));
  expect(says()).toBe("This statement does not hold");
});

test("a part proves its own lines, and adds up all of them", async () => {
  const saved = await madeSaved({ lines: 12, between: 3 });
  const [oldest, newest] = inParts(saved, [7, 5]);
  if (!oldest || !newest) throw new Error("two parts");
  await shown(newest);
  expect(says()).toBe("Part 2 of 2: each of its 5 lines holds, proved in the log of Nov 13, 2026");
  expect(panel()).toContain("Part 2 of 2 proves lines 8 to 12 of 12, the oldest first.");
  expect(panel()).toContain("All 12 are shown and added up here: €400.00.");
  const states = cells(screen.getByRole("table")).map((row) => row[3]);
  expect(states.slice(0, 6)).toEqual([...Array<string>(5).fill("Proved"), "In part 1"]);
  await shown(oldest);
  expect(says()).toContain("Part 1 of 2: each of its 7 lines holds");
  // A line of another part that was touched no longer adds up, or shows in its own part.
  const touched = structuredClone(newest);
  const last = touched.statement.entries.at(-1);
  if (last) last.amount.minor += 100;
  await shown(touched);
  expect(panel()).toContain("The statement says €400.00 earned; its lines come to €401.00.");
  // One that was left out is missed by those after it.
  const fewer = structuredClone(newest);
  const gone = fewer.statement.entries.pop();
  fewer.statement.earned_this_period = [{ minor: 36_000, currency: "EUR" }];
  if (fewer.part) fewer.part.sizes = [6, 5];
  expect(gone?.kind).toBe("accrual");
  await shown(fewer);
  expect(panel()).toContain("a line is missing, or one too many");
});

test.each([[[7, 4]], [[12]], [[7, 5, 0]]])("parts that are not of all lines: %j", async (sizes) => {
  const [, newest] = inParts(await madeSaved({ lines: 12 }), [7, 5]);
  if (newest) await shown({ ...newest, part: { number: 2, sizes } });
  expect(says()).not.toContain("Part 2 of");
  expect(says()).toBe("This statement does not hold");
});

test("nothing of the data is read as HTML", async () => {
  const saved = await madeSaved();
  saved.statement.payee = "<img src=x onerror=alert(1)>";
  const page = await shown(saved);
  expect(page.querySelector("img")).toBeNull();
  expect(textOf(page)).toContain("<img src=x onerror=alert(1)>");
});

test("says how far it is, and leaves the page usable after each line", async () => {
  const page = document.createElement("main");
  document.body.replaceChildren(page);
  const seen: (string | number | undefined)[][] = [];
  await open(page, JSON.stringify(packed(await madeSaved({ lines: 2 }))), () => {
    const bar = page.querySelector("progress");
    seen.push([textOf(bar?.previousElementSibling ?? null), bar?.value, bar?.max]);
    return Promise.resolve();
  });
  expect(seen).toEqual([
    ["Checking line 1 of 2", 0, 2],
    ["Checking line 2 of 2", 1, 2],
  ]);
  expect(page.querySelector("progress")).toBeNull();
});

async function gzipped(text: string): Promise<string> {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  return btoa(Array.from(bytes, (b) => String.fromCharCode(b)).join(""));
}

test("reads what is packed, and says so where it cannot", async () => {
  const gzip = await gzipped(JSON.stringify(packed(await madeSaved())));
  await shown(JSON.stringify({ gzip }));
  expect(says()).toContain("Every line holds: 4 lines");
  await shown(JSON.stringify({ gzip: gzip.slice(0, 400) }));
  expect(panel()).toContain("What it holds cannot be unpacked.");
});

test("it is readable by a screen reader", async () => {
  const page = await shown(await madeSaved());
  await click(screen.getByRole("button", { name: /Nordhafen Kühlhaus/ }));
  const rules = { "color-contrast": { enabled: false } };
  const { violations } = await axe.run(page, { rules });
  expect(violations.map(({ id, nodes }) => [id, nodes[0]?.html])).toEqual([]);
});
