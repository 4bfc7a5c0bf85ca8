// The page: one plain sentence on whether it holds, the figures, the lines, and what the key at the
// foot is good for.
import type { Statement } from "../src/api";
import { day, month, sum, time } from "../src/format";
import { claimsOf, laterOf, standing, sumOf } from "../src/screens/commission/arithmetic";
import { el, fill, state, type Shape } from "./dom";
import { foot } from "./foot";
import { idOf, table } from "./lines";
import type { Part } from "./data";
import type { Checked, Fault } from "./line";
import { count } from "./words";

/** Says how far the checking is. */
export function progress(page: Element, payee: string, lines: number) {
  const bar = el("progress", { max: lines, value: 0, "aria-label": "Checking the lines" });
  const text = el("p", { "aria-hidden": true });
  const said = el("p", { role: "status", class: "vh" }, `Checking ${count(lines, "line")}.`);
  fill(
    page,
    el("h1", {}, `Statement of ${payee}`),
    el("section", { class: "panel pad stack holds" }, text, bar, said),
  );
  return (done: number) => {
    bar.value = done;
    fill(text, `Checking line ${done + 1} of ${lines}`);
  };
}

/** The file is no statement, or is one no more. */
export function damaged(page: Element, why: string): void {
  const then = "Do not rely on it: save the statement again from Assay.";
  fill(
    page,
    el("h1", {}, "Statement"),
    banner("fail", "This file is damaged", [el("p", {}, `${why} ${then}`)]),
  );
}

export function draw(page: Element, checked: Checked): void {
  const { saved, lines } = checked;
  const { statement: s } = saved;
  const since = s.since.length;
  fill(
    page,
    paperHead(checked),
    title(checked),
    verdict(checked),
    figures(checked),
    section(
      `Lines of ${month(s.period)}`,
      lines.length > since && table(checked, since, Infinity),
      {
        said: "a line opens: its sum, its verdict, and what it rests on",
      },
    ),
    since > 0 && section(`Booked since ${day(s.as_of, s.zone)}`, table(checked, 0, since), {}),
    foot(checked),
  );
  document.title = `Statement of ${s.payee}, ${month(s.period)}`;
}

function title({ saved: { statement: s, made_at } }: Checked): HTMLElement {
  const print = el("button", { class: "btn end" }, "Print");
  print.addEventListener("click", () => window.print());
  const number = s.payroll_number ? `, payroll number ${s.payroll_number}` : "";
  return el(
    "div",
    { class: "title" },
    el("h1", {}, `Statement, ${month(s.period)}`),
    el("span", {}, `${s.payee}${number}`),
    el(
      "span",
      { class: "second" },
      `${standing(s)} when it was saved, ${day(made_at, s.zone)}, ${time(made_at, s.zone)}`,
    ),
    print,
  );
}

function banner(shape: Shape, says: string, more: (Node | false)[]): HTMLElement {
  return el(
    "section",
    { class: `panel pad stack holds is-${shape}`, "aria-label": "Does it hold?" },
    el("p", { role: "status", class: "says" }, state(shape, says)),
    ...more,
  );
}

/** The one verdict on all of it. */
function verdict(checked: Checked): HTMLElement {
  const { faults, leaves, lines, saved, sum: sums } = checked;
  const [first, ...others] = faults;
  if (first) {
    const rest = others.map((fault) => el("li", {}, ...told(checked, fault)));
    const title = `${count(others.length, "more thing does", "more things do")} not hold`;
    return banner("fail", "This statement does not hold", [
      el("p", { class: "first" }, ...told(checked, first)),
      rest.length > 0 &&
        el(
          "details",
          { class: "rest" },
          el("summary", {}, title),
          el("ul", { class: "said" }, ...rest),
        ),
      el("p", { class: "second" }, HOLD_ON),
    ]);
  }
  const on = day(saved.made_at, saved.statement.zone);
  if (lines.length === 0)
    return leaves === undefined
      ? banner("open", "No line yet, and nothing in the log", [])
      : banner("pass", `No line yet; the log’s checkpoint of ${on} holds`, []);
  const since = saved.statement.since.length;
  const more = since > 0 ? ` (and ${since} booked since)` : "";
  const { part } = saved;
  if (part) return ofPart(checked, part, on);
  const unsealed = lines.filter((line) => line.state === "unsealed").length;
  if (unsealed === 0) {
    const all = `${count(lines.length - since, "line")}${more}, ${sum(sums)}`;
    return banner("pass", `Every line holds: ${all}, proved in the log of ${on}`, []);
  }
  const proved = lines.slice(since).filter((line) => line.state === "proved");
  const some = `${count(proved.length, "line")}, ${sum(sumOf(proved.map(({ entry }) => entry)))}`;
  const waits = unsealed === 1 ? "One line is" : `${unsealed} lines are`;
  return banner("open", `${some}, proved in the log of ${on}; not all lines are in it yet`, [
    el("p", {}, `${waits} not sealed into the log yet: ${SOON}`),
  ]);
}

/** A file proves its own lines, and adds up all of them. */
function ofPart({ lines, saved, sum: sums }: Checked, part: Part, on: string): HTMLElement {
  const own = lines.filter((line) => line.state !== "elsewhere");
  const unsealed = own.filter((line) => line.state === "unsealed").length;
  const before = part.sizes.slice(0, part.number - 1).reduce((all, size) => all + size, 0);
  const which = `Part ${part.number} of ${part.sizes.length}`;
  const lot = `lines ${before + 1} to ${before + own.length} of ${lines.length}, the oldest first`;
  const since = saved.statement.since.length;
  const booked = since > 0 ? `, and what was booked since` : "";
  const more = [
    el("p", {}, `${which} proves ${lot}. They come to ${sum(sumOf(own.map((l) => l.entry)))}.`),
    el(
      "p",
      {},
      `All ${lines.length} are shown and added up here: ${sum(sums)}${booked}. The other parts prove the others; open each of them.`,
    ),
    unsealed > 0 && el("p", {}, `${unsealed} of them are not sealed into the log yet: ${SOON}`),
  ];
  return unsealed > 0
    ? banner("open", `${which}: not all of its lines are in the log yet`, more)
    : banner(
        "pass",
        `${which}: each of its ${count(own.length, "line")} holds, proved in the log of ${on}`,
        more,
      );
}

const SOON =
  "that takes some minutes. Until then the box’s word is all there is; save the statement again later.";
const HOLD_ON =
  "The file was changed, or what the box gave out was not right. Save the statement again; if that does not hold either, show both files to somebody whom you trust.";

function told({ lines, saved }: Checked, { line, why }: Fault): (Node | string)[] {
  const n = lines.findIndex(({ entry }) => entry.id === line);
  const entry = lines[n]?.entry;
  if (!entry) return [why];
  const name = `${entry.company}, C-${entry.claim_number}, ${day(entry.booked_at, saved.statement.zone)}`;
  return [el("a", { href: `#${idOf(n)}` }, name), `: ${why}`];
}

function tile(label: string, figure: string, note: string, first = false): HTMLElement {
  return el(
    "div",
    { class: first ? "first" : undefined },
    el("span", { class: "label" }, label),
    el("b", {}, figure),
    el("span", { class: "small second" }, note),
  );
}

function figures({ saved, sum: sums, takenBack }: Checked): HTMLElement {
  const s = saved.statement;
  const open = claimsOf(s.undecided + s.waiting);
  const others = "of all months, by the box’s word";
  return el(
    "section",
    { class: "panel tiles", "aria-label": "Totals" },
    tile(`Earned in ${month(s.period)}`, sum(sums), "added up here, line by line", true),
    tile(
      "Taken back, in the sum already",
      takenBack.length > 0 ? sum(takenBack) : "nothing",
      "added up here",
    ),
    tile(`Paid by ${day(s.as_of, s.zone)}`, sum(s.paid), others),
    tile(
      `Payable by ${day(s.as_of, s.zone)}, not paid`,
      s.payable.length > 0 ? sum(s.payable) : "nothing",
      `${others}; ${laterOf(s)}`,
    ),
    tile("Undecided then", open, "by the box’s word"),
  );
}

function section(
  name: string,
  body: HTMLElement | false,
  { said }: { said?: string },
): HTMLElement {
  const id = name.toLowerCase().replaceAll(" ", "-");
  return el(
    "section",
    { class: "panel", "aria-labelledby": id },
    el(
      "header",
      {},
      el("h2", { id }, name),
      body !== false &&
        said !== undefined &&
        el("span", { class: "end muted small screen-only" }, said),
    ),
    body || el("p", { class: "pad" }, "There is none."),
  );
}

function paperHead(checked: Checked): HTMLElement {
  const { saved, sum: sums, takenBack } = checked;
  const s: Statement = saved.statement;
  const number = s.payroll_number ? `payroll number ${s.payroll_number}` : "no payroll number";
  const figure = (name: string, value: string) =>
    el("div", {}, el("dt", {}, name), el("dd", {}, value));
  return el(
    "div",
    { class: "print-only paper" },
    el(
      "div",
      {},
      el("p", { class: "paper-title" }, "Statement of commission"),
      el("p", {}, `${s.payee}, ${number}`),
    ),
    el(
      "div",
      { class: "to" },
      el("p", {}, `${month(s.period)}, ${standing(s)}`),
      el(
        "p",
        { class: "muted" },
        `as it stood on ${day(s.as_of, s.zone)}, ${time(s.as_of, s.zone)}; times of ${s.zone}`,
      ),
    ),
    el(
      "dl",
      {},
      figure("Earned", sum(sums)),
      figure("Taken back, in the sum", takenBack.length > 0 ? sum(takenBack) : "nothing"),
      figure("Paid by then, all months", sum(s.paid)),
      figure("Payable by then, not paid", s.payable.length > 0 ? sum(s.payable) : "nothing"),
      figure("Payable later", s.payable_next ? sum(s.payable_later) : "nothing"),
      figure("Undecided then", claimsOf(s.undecided + s.waiting)),
    ),
  );
}
