// The lines, newest first. Each opens: its arithmetic, the verdict, and the chain behind it.
import type { Entry, Money } from "../src/api";
import { day, moment, money, signed } from "../src/format";
import {
  inFull,
  inRun,
  inShort,
  runningSums,
  takesBack,
  whereItIs,
  whyBack,
  whySo,
} from "../src/screens/commission/arithmetic";
import { answers, chain, outcome, type Answer } from "./behind";
import { el, state, type Shape } from "./dom";
import type { Checked, Line } from "./line";
import type { Records } from "./proved";
import { intOf } from "./proved";
import { momentOf } from "./shape";
import { count } from "./words";

const STATES: Record<Line["state"], [Shape, string]> = {
  proved: ["pass", "Proved"],
  unsealed: ["open", "Not sealed into the log yet"],
  broken: ["fail", "Does not hold"],
  unchecked: ["open", "Not checked"],
  elsewhere: ["open", "In another part"],
};

interface Shown {
  line: Line;
  /** What the lines of its currency came to with it. */
  sum: Money;
  all: Entry[];
  zone: string;
  /** What of the statement as a whole is wrong about it. */
  faults: string[];
}

export const idOf = (n: number) => `line-${n}`;

/** A table of some of the lines. */
export function table(checked: Checked, from: number, to: number): HTMLElement {
  const all = checked.lines.map(({ entry }) => entry);
  const sums = runningSums(all);
  const { zone } = checked.saved.statement;
  const body = el("tbody");
  for (const [n, line] of checked.lines.entries()) {
    if (n < from || n >= to) continue;
    const faults = checked.faults.filter((f) => f.line === line.entry.id).map(({ why }) => why);
    const sum = sums.get(line.entry.id) ?? line.entry.amount;
    body.append(...rows({ line, sum, all, zone, faults }, idOf(n)));
  }
  const heads = ["Booked", "Lead, claim", "How it comes about", "Proof"];
  return el(
    "table",
    { class: "stacking book" },
    el(
      "thead",
      {},
      el(
        "tr",
        {},
        ...heads.map((name) => el("th", { scope: "col" }, name)),
        ...["Amount", "Sum"].map((name) => el("th", { scope: "col", class: "num" }, name)),
      ),
    ),
    body,
  );
}

function rows(shown: Shown, id: string): HTMLElement[] {
  const { line, sum, zone } = shown;
  const { entry } = line;
  const [shape, said] = STATES[line.state];
  const word = line.part === undefined ? said : `In part ${line.part}`;
  const button = el(
    "button",
    { class: "link", "aria-expanded": "false", "aria-controls": `${id}-open` },
    el("b", {}, entry.company),
    " ",
    el("span", { class: "muted nowrap" }, `C-${entry.claim_number}`),
    el("span", { class: "vh" }, `, ${signed(entry.amount)}`),
  );
  const row = el(
    "tr",
    { id, class: line.state === "broken" ? "is-broken" : undefined },
    el("td", { class: "when" }, moment(entry.booked_at, zone)),
    el("td", { class: "what" }, button),
    el("td", { class: "how" }, inShort(entry), also(shown)),
    el("td", { class: "proof" }, state(shape, word)),
    el("td", { class: "num amt" }, el("b", {}, signed(entry.amount))),
    el("td", { class: "num run" }, money(sum)),
  );
  const opened = el("tr", { class: "opened", id: `${id}-open`, hidden: true });
  button.addEventListener("click", () => {
    const open = button.getAttribute("aria-expanded") !== "true";
    button.setAttribute("aria-expanded", String(open));
    row.classList.toggle("is-open", open);
    opened.hidden = !open;
    // Drawn when it is asked for: a page of many lines stays light.
    if (open && !opened.hasChildNodes()) opened.append(el("td", { colspan: 6 }, behind(shown)));
  });
  return [row, opened];
}

/** What a line takes back, or where its money is; and why it does not hold. */
function also({ line: { entry }, all, zone, faults }: Shown): HTMLElement {
  const why = faults.map((fault) => el("span", { class: "also broken" }, fault));
  if (entry.corrects) {
    const ruling = entry.ruling ? ` “${entry.ruling}” ` : " ";
    const back = el("b", {}, whyBack(entry));
    const run = entry.paid ? ` It is ${inRun(entry, zone) ?? ""}, by the box’s word.` : "";
    return el("span", { class: "also" }, back, ruling, takesBack(entry, all, zone), run, ...why);
  }
  const here = entry.taken_back_by === null || all.some(({ id }) => id === entry.taken_back_by);
  const word = entry.paid || !here ? ", by the box’s word" : "";
  return el("span", { class: "also" }, `${whereItIs(entry, all, zone)}${word}`, ...why);
}

function behind(shown: Shown): HTMLElement {
  const { records } = shown.line;
  if (!records) return el("div", { class: "single" }, unproved(shown));
  return el(
    "div",
    {},
    arithmetic(shown, records),
    verdict(records, shown.zone),
    ring(shown, records),
  );
}

function unproved({ line }: Shown): HTMLElement {
  const why =
    line.part !== undefined
      ? `Part ${line.part} of this statement proves this line, and shows what is behind it. Here it is only counted.`
      : line.state === "unsealed"
        ? "This line is so young that the log had not taken it up when the statement was saved. Until then it is the box’s word alone: save the statement again in some minutes."
        : "What you see of this line is the statement’s own word; nothing of it is proved.";
  return el("div", { class: "pad stack" }, el("p", {}, why), ...details(line.detail));
}

function details(lines: string[]): HTMLElement[] {
  if (lines.length === 0) return [];
  const list = el("ul", { class: "said" }, ...lines.map((line) => el("li", {}, line)));
  const title = "What the verifier says, word for word";
  return [el("details", { class: "more" }, el("summary", {}, title), list)];
}

function arithmetic({ line: { entry }, zone }: Shown, records: Records): HTMLElement {
  const { plan, entry: record } = records;
  const ack = records
    .all()
    .find((i) => i.kind === "plan_ack" && i.content?.plan === record.plan)?.content;
  const at = (value: number | undefined) =>
    value === undefined ? undefined : moment(momentOf(value), zone);
  const facts: [string, string | undefined][] = [
    ["Plan", `${entry.campaign} v${entry.plan_version}`],
    ["Approved", at(intOf(plan?.approved_at))],
    ["Read", ack && `by you, ${at(intOf(ack.at)) ?? ""}`],
    ["Earned", at(intOf(record.earned_at))],
    ["Payable", `from ${day(entry.payable_at, zone)}`],
  ];
  return el(
    "div",
    {},
    el("h3", {}, `How ${money(entry.amount)} comes about`),
    el("p", { class: "sum-line" }, inFull(entry)),
    ...whySo(entry).map((why) => el("p", { class: "why" }, why)),
    pairs(facts),
  );
}

function pairs(facts: [string, string | undefined][]): HTMLElement {
  const there = facts.filter((fact): fact is [string, string] => fact[1] !== undefined);
  const parts = there.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]);
  return el("dl", { class: "facts" }, ...parts);
}

function verdict(records: Records, zone: string): HTMLElement {
  const found = outcome(records, zone);
  if (!found) {
    const gone = "The verdict was erased since. That there was one is proved, not what it said.";
    return el("div", { class: "behind" }, el("h3", {}, "The verdict"), el("p", {}, gone));
  }
  const title = el(
    "h3",
    {},
    state(found.passed ? "pass" : "fail", found.passed ? "Passed" : "Not passed"),
    " ",
    el("span", { class: "second" }, `${found.second ? "second review" : "verdict"}${found.at}`),
  );
  return el(
    "div",
    { class: "behind" },
    title,
    el("ul", { class: "rows" }, ...answers(records).map(row)),
  );
}

function row(answer: Answer): HTMLElement {
  const bad = answer.mustPass && !answer.passes;
  const said = answer.mustPass
    ? state(answer.passes ? "pass" : "fail", answer.answer)
    : el("span", {}, answer.answer);
  const moments = answer.moments.join(", ");
  return el(
    "li",
    { class: bad ? "bad" : undefined },
    el("span", {}, answer.title),
    said,
    moments !== "" && el("span", { class: "nowrap second" }, moments),
    answer.words !== "" && el("p", {}, `“${answer.words}”`),
    answer.note !== "" && el("p", { class: "second" }, answer.note),
  );
}

function ring({ line, zone }: Shown, records: Records): HTMLElement {
  const rings = chain(records, zone);
  const items = rings.map(({ what, place, erased }) =>
    el(
      "li",
      {},
      el("span", {}, what, erased && " (only its place in the log is proved)"),
      el("span", { class: "muted nowrap" }, `no. ${place.toLocaleString()}`),
    ),
  );
  return el(
    "div",
    { class: "chain" },
    el(
      "h3",
      {},
      "What it rests on ",
      el("span", { class: "second" }, `${count(rings.length, "record")}, each proved in the log`),
    ),
    el("ul", { class: "rings" }, ...items),
    ...details(line.detail),
  );
}
