// Lines of a statement: the sum as it ran, and each line as arithmetic that a reader can do by hand.
import type { Entry, Money, Statement } from "../../api";
import { day, money, sum, totals } from "../../format";
import { nth } from "../../ordinal";

/** What the lines of its currency had come to with each line; lines come newest first. */
export function runningSums(entries: Entry[]): Map<string, Money> {
  const sums = new Map<string, number>();
  const after = new Map<string, Money>();
  for (const { id, amount } of entries.toReversed()) {
    const minor = (sums.get(amount.currency) ?? 0) + amount.minor;
    sums.set(amount.currency, minor);
    after.set(id, { minor, currency: amount.currency });
  }
  return after;
}

export const sumOf = (entries: Entry[]) => totals(entries.map((e) => e.amount));

const leads = ({ amount }: Entry) => (amount.minor < 0 ? "−1" : "1");
const each = ({ amount, arithmetic: a }: Entry) =>
  money(a?.rate ?? { ...amount, minor: Math.abs(amount.minor) });
const isCapped = ({ amount, arithmetic: a }: Entry) => !!a && a.share.minor !== amount.minor;
/** Of what the lead earns, in percent: the payee's share and the other's. */
const shares = ({ arithmetic: a }: Entry) =>
  [a?.percent ?? 100, 100 - (a?.percent ?? 100)] as const;

/** What is multiplied, and whose share of it this is. */
function product(e: Entry, lead: string): string {
  const [own, other] = shares(e);
  const whole = `${leads(e)}${lead} × ${each(e)}`;
  if (other === 0) return whole;
  return e.part === "opener"
    ? `${own} % of ${each(e)}, for having opened the lead`
    : `${whole}, less ${other} % to who opened it`;
}

/** In the table: `v3: 1 × €40.00`; shared: `…, less 30 % to who opened it`. */
export const inShort = (e: Entry) =>
  `v${e.plan_version}: ${product(e, "")}${isCapped(e) ? ", up to the month's limit" : ""}`;
/** In full: `1 passed lead × €40.00 = €40.00`; up to a limit: `…, of which €15.00 was left`. */
export const inFull = (e: Entry) => {
  const what = product(e, " passed lead");
  return isCapped(e)
    ? `${what}, of which ${money(e.amount)} was left of the month's limit = ${money(e.amount)}`
    : `${what} = ${money(e.amount)}`;
};

/** Why the plan pays that much for it, where it has tiers or a limit. */
export function whySo({ arithmetic: a, part }: Entry): string[] {
  if (!a) return [];
  const limit = a.cap ? [`The month's limit is ${money(a.cap)}; ${money(a.before)} stood.`] : [];
  const from = a.tier_from === null ? "" : `the tier from the ${nth(a.tier_from)} on`;
  if (part === "opener" || a.number === null) {
    const whose = "You talked with this lead first; a colleague's claim on it passed";
    return [`${whose}${from && ` and earns by ${from}`}. Your share is rounded down.`, ...limit];
  }
  if (!a.cap && !from) return [];
  const place = `Your ${nth(a.number)} passed lead of the campaign in this month`;
  return [`${place}${from && `: ${from}`}.`, ...limit];
}

const REASONS: Record<string, string> = {
  overturned: "a second reviewer changed the verdict",
  duplicate: "the lead was claimed before",
  fraud: "fraud, as two people ruled",
};

/** Why a line takes another back. */
export const whyBack = ({ reason }: Entry) =>
  `Taken back: ${REASONS[reason ?? ""] ?? reason ?? "without a reason"}.`;

/** The line that it takes back, by its day; `all` may not hold one of another period. */
export function takesBack({ corrects }: Entry, all: Entry[], zone: string): string {
  const line = all.find((e) => e.id === corrects);
  return `It takes back ${line ? `the line of ${day(line.booked_at, zone)}` : "a line of another period"}.`;
}

/** When a line was taken back. */
export function wasTakenBack({ taken_back_by }: Entry, all: Entry[], zone: string): string {
  const line = all.find((e) => e.id === taken_back_by);
  return `taken back ${line ? `on ${day(line.booked_at, zone)}` : "by a line of another period"}`;
}

/** By which run it was paid; one that takes another back is deducted. */
export const inRun = ({ paid, corrects }: Entry, zone: string) =>
  paid && `${corrects ? "deducted" : "paid"} by run ${paid.run} on ${day(paid.made_at, zone)}`;

/** Where the money of a line that takes none back is now. */
export function whereItIs(line: Entry, all: Entry[], zone: string): string {
  const back = line.taken_back_by ? wasTakenBack(line, all, zone) : undefined;
  const run = inRun(line, zone);
  if (!back && !run) return `payable from ${day(line.payable_at, zone)}`;
  return [run, back].filter(Boolean).join(", ");
}

/** What is payable later, and from when. */
export const laterOf = ({ payable_later, payable_next, zone }: Statement) =>
  payable_next
    ? `${sum(payable_later)} more from ${day(payable_next, zone)} on`
    : "nothing more is payable later";

export const standing = (s: Statement) =>
  s.locked_at ? `closed on ${day(s.locked_at, s.zone)}` : "open";
export const claimsOf = (n: number) => (n === 0 ? "none" : `${n} ${n === 1 ? "claim" : "claims"}`);
