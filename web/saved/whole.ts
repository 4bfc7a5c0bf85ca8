// What only all lines together show: sums, lines that are missing or too many, whose they are.
import type { Money } from "../src/api";
import { day, money, month, totals } from "../src/format";
import { nth } from "../src/ordinal";
import { sumOf } from "../src/screens/commission/arithmetic";

import type { Saved } from "./data";
import type { Fault, Line } from "./line";
import { intOf, textOf } from "./proved";

/** Faults that are of no line alone. */
export function faultsOfWhole(saved: Saved, lines: Line[]): Fault[] {
  return [
    ...inParts(saved, lines),
    ...once(lines),
    ...withoutALine(saved, lines),
    ...takenBack(lines),
    ...inTime(saved, lines),
    ...ofOnePerson(saved, lines),
    ...addsUp(saved, lines),
    ...leftOut(lines),
  ];
}

/** Each line is of one part, and this file is one of them. */
function inParts({ part }: Saved, lines: Line[]): Fault[] {
  if (!part) return [];
  const whole = part.sizes.reduce((all, size) => all + size, 0) === lines.length;
  const right = part.sizes[part.number - 1] !== undefined && part.sizes.every((size) => size > 0);
  return whole && right ? [] : [{ why: "The file does not say which lines its part is of." }];
}

function once(lines: Line[]): Fault[] {
  const ids = new Set<string>();
  const again = lines.find(({ entry }) => ids.size === ids.add(entry.id).size);
  return again ? [{ line: again.entry.id, why: "This line stands here twice." }] : [];
}

/** Proofs of lines that are not shown, or two of one. */
function withoutALine({ bundles, items }: Saved, lines: Line[]): Fault[] {
  const shown = new Set(lines.map(({ entry }) => entry.id));
  const names = bundles.map(({ entry }) => entry);
  const twice = names.find((name, n) => names.indexOf(name) < n);
  if (twice !== undefined) return [{ line: twice, why: "The file has two proofs of this line." }];
  return names
    .filter((name) => !shown.has(name))
    .map((name) => {
      const record = items.find((i) => i?.kind === "ledger_entry" && i.subject === name)?.content;
      const company = textOf(record?.company);
      const of = company === undefined ? "" : ` for ${company}`;
      return { why: `A line${of} is missing: the file has its proof, but does not show it.` };
    });
}

/** Each line that takes another back is named by that one, and no other is. */
function takenBack(lines: Line[]): Fault[] {
  const backs = lines.filter(({ entry }) => entry.kind === "reversal");
  const by = new Map(backs.map((l) => [l.entry.corrects, l]));
  const all = new Map(lines.map((l) => [l.entry.id, l]));
  return lines.flatMap(({ entry }) => {
    const back = by.get(entry.id);
    const named = entry.taken_back_by === null ? undefined : all.get(entry.taken_back_by);
    if (back && entry.taken_back_by !== back.entry.id)
      return [
        { line: entry.id, why: "It was taken back by another line, which is not said here." },
      ];
    if (named && named !== back)
      return [
        { line: entry.id, why: "It is said to be taken back by a line that does not do so." },
      ];
    return [];
  });
}

/** The month, the day that it is shown as of, and the day of saving, against the lines. */
function inTime({ statement: s, made_at }: Saved, lines: Line[]): Fault[] {
  const asOf = Date.parse(s.as_of);
  return lines.flatMap(({ entry: e }, n) => {
    const [booked, since] = [Date.parse(e.booked_at), n < s.since.length];
    const why =
      e.period !== s.period
        ? `It is a line of ${month(e.period)}, not of ${month(s.period)}.`
        : booked > Date.parse(made_at)
          ? "It was booked after the moment at which this file says that it was saved."
          : booked > asOf !== since
            ? `It stands on the wrong side of ${day(s.as_of, s.zone)}, the day that this is shown as of.`
            : undefined;
    return why === undefined ? [] : [{ line: e.id, why }];
  });
}

const mostOf = <T>(values: T[]): T | undefined => {
  const times = (one: T) => values.filter((value) => value === one).length;
  return values.toSorted((a, b) => times(b) - times(a))[0];
};

/** One person's lines, under a name that one of them was booked in. */
function ofOnePerson({ statement: s }: Saved, lines: Line[]): Fault[] {
  const proved = lines.filter(({ records }) => records);
  const payees = proved.map(({ records }) => textOf(records?.entry.payee));
  const owner = mostOf(payees);
  const other = proved.find((_, n) => payees[n] !== owner);
  if (other) return [{ line: other.entry.id, why: "It is another person’s line." }];
  const names = new Set(proved.flatMap(({ records }) => textOf(records?.entry.payee_name) ?? []));
  if (names.size === 0 || names.has(s.payee)) return [];
  return [
    {
      why: `The statement is headed ${s.payee}, but its lines were booked for ${[...names].join(", ")}. If that is you, your name was changed since; otherwise the file was.`,
    },
  ];
}

/** What the lines that stood come to, and what of it is taken back, as the log has them. */
export function sums({ statement: s }: Saved, lines: Line[]) {
  const stood = lines.slice(s.since.length).map(({ entry }) => entry);
  return { sum: sumOf(stood), takenBack: sumOf(stood.filter((e) => e.corrects !== null)) };
}

function addsUp(saved: Saved, lines: Line[]): Fault[] {
  const { sum: earned, takenBack } = sums(saved, lines);
  const { earned_this_period, taken_back } = saved.statement;
  return [
    ...same("earned", earned, earned_this_period),
    ...same("taken back", takenBack, taken_back),
    ...allMonths(saved),
  ];
}

/** What all months come to is the box's word; its parts are that sum all the same. */
function allMonths({ statement: { earned, ...s } }: Saved): Fault[] {
  const parts = [...s.paid, ...s.payable, ...s.payable_later];
  const why = `The statement says ${said(earned)} earned in all months; what is paid, payable and payable later comes to ${said(totals(parts))}.`;
  return differ(parts, earned) ? [{ why }] : [];
}

const said = (sums: Money[]) => (sums.length > 0 ? sums.map(money).join(" + ") : "nothing");

/** Whether two sums come to something else in any currency. */
function differ(one: Money[], other: Money[]): boolean {
  const of = (sums: Money[], currency: string) =>
    sums.reduce((all, m) => (m.currency === currency ? all + m.minor : all), 0);
  const currencies = new Set([...one, ...other].map(({ currency }) => currency));
  return [...currencies].some((c) => of(one, c) !== of(other, c));
}

function same(what: string, lines: Money[], stated: Money[]): Fault[] {
  const why = `The statement says ${said(stated)} ${what}; its lines come to ${said(lines)}.`;
  return differ(lines, stated) ? [{ why }] : [];
}

/**
 * A proved line says how many passed leads of the campaign stood in the month before it, and what
 * they came to. Fewer in the file means that a line was left out.
 */
function leftOut(lines: Line[]): Fault[] {
  const proved = lines.filter(({ entry, records }) => records && entry.kind === "accrual");
  const shown = inOrder(lines);
  const found = proved.filter((line) => !fits(line, shown));
  const first = found.at(-1);
  if (!first) return [];
  const { entry } = first;
  const number = entry.arithmetic?.number;
  const said =
    entry.part === "opener"
      ? `Something else stood of ${entry.campaign} in this month before it than the file shows`
      : `It is the ${nth(number ? number : 1)} passed lead of ${entry.campaign} in this month, but the file does not show as many before it`;
  const why = `${said}: a line is missing, or one too many.`;
  return [{ line: entry.id, why }];
}

/** Whether what the file shows before a line is what the line says stood. */
function fits(line: Line, { order, takesBack, ids }: Shown): boolean {
  const { entry, records } = line;
  const leads = intOf(records?.entry.leads_before);
  if (leads === undefined) return true;
  const isEarlier = (l: Line) => isBefore(order.get(l), order.get(line));
  const before = [...order.keys()].filter(
    (l) => l.entry.kind === "accrual" && ofSameCampaign(l, line) && isEarlier(l),
  );
  const gone = (l: Line) => (takesBack.get(l.entry.id) ?? []).some(isEarlier);
  // Taken back by a line of another month: the file cannot say whether before or after this one.
  const elsewhere = (l: Line) => l.entry.taken_back_by !== null && !ids.has(l.entry.taken_back_by);
  const most = before.filter((l) => !gone(l));
  const least = most.filter((l) => !elsewhere(l));
  const minor = intOf(records?.entry.minor_before);
  const sums = most.length > least.length || total(most) === minor;
  // An opener's share is in no lead of theirs, and says nothing of how many they have.
  if (entry.part === "opener") return sums;
  const own = (of: Line[]) => of.filter((l) => l.entry.part !== "opener").length;
  return leads >= own(least) && leads <= own(most) && sums;
}

/** By its id, which both records say; a name may change. */
function ofSameCampaign(a: Line, b: Line): boolean {
  const [one, other] = [a, b].map(({ records }) => textOf(records?.entry.campaign));
  return one !== undefined && other !== undefined
    ? one === other
    : a.entry.campaign === b.entry.campaign;
}

const total = (lines: Line[]) => lines.reduce((all, { entry }) => all + entry.amount.minor, 0);

interface Order {
  /** In the ledger, as a record says. */
  place: number | undefined;
  /** In the file, oldest first: several lines may be booked at one moment. */
  shown: number;
}

/** The lines as they follow each other. */
interface Shown {
  order: Map<Line, Order>;
  /** By the line that is taken back. */
  takesBack: Map<string, Line[]>;
  ids: Set<string>;
}

function inOrder(lines: Line[]): Shown {
  const order = new Map(
    lines.map((l, n) => [l, { place: intOf(l.records?.entry.place), shown: -n }]),
  );
  const takesBack = new Map<string, Line[]>();
  for (const line of lines) {
    const { corrects } = line.entry;
    if (corrects !== null) takesBack.set(corrects, [...(takesBack.get(corrects) ?? []), line]);
  }
  return { order, takesBack, ids: new Set(lines.map(({ entry }) => entry.id)) };
}

const isBefore = (a: Order | undefined, b: Order | undefined) =>
  a !== undefined &&
  b !== undefined &&
  (a.place !== undefined && b.place !== undefined ? a.place < b.place : a.shown < b.shown);
