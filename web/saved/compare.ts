// Holds a line of the statement against the line as the log has it.
import type { Entry } from "../src/api";
import { day, money, month, signed, time } from "../src/format";
import { microsOf } from "./shape";

interface Field {
  /** As in `The amount: …`. */
  name: string;
  of: (e: Entry, zone: string) => string;
  /** What is compared, where that is finer than what is written. */
  exact?: (e: Entry) => string | number | null | undefined;
}

const when =
  (which: "booked_at" | "earned_at" | "payable_at") =>
  (e: Entry, zone: string): string =>
    `${day(e[which], zone)}, ${time(e[which], zone)}`;

const KINDS: Record<string, string> = {
  accrual: "earned",
  reversal: "taken back",
  correction: "corrected",
};

const PARTS: Record<string, string> = {
  whole: "the whole",
  claimant: "the claimant’s part",
  opener: "the opener’s share",
};

const FIELDS: Field[] = [
  { name: "Whose part it is", of: (e) => PARTS[e.part] ?? e.part, exact: (e) => e.part },
  { name: "The amount", of: (e) => signed(e.amount), exact: (e) => JSON.stringify(e.amount.minor) },
  { name: "The currency", of: (e) => e.amount.currency },
  { name: "The company", of: (e) => e.company },
  { name: "The campaign", of: (e) => e.campaign },
  { name: "The claim", of: (e) => `C-${e.claim_number}` },
  { name: "The claim behind it", of: (e) => e.claim },
  { name: "The verdict behind it", of: (e) => e.verdict },
  { name: "The plan’s version", of: (e) => `v${e.plan_version}`, exact: (e) => e.plan_version },
  { name: "The plan behind it", of: (e) => e.plan },
  { name: "The month", of: (e) => month(e.period), exact: (e) => e.period },
  { name: "Booked", of: when("booked_at"), exact: (e) => microsOf(e.booked_at) },
  { name: "Earned", of: when("earned_at"), exact: (e) => microsOf(e.earned_at) },
  { name: "Payable", of: when("payable_at"), exact: (e) => microsOf(e.payable_at) },
  { name: "What it is", of: (e) => KINDS[e.kind] ?? e.kind, exact: (e) => e.kind },
  { name: "The line it takes back", of: (e) => e.corrects ?? "none" },
  { name: "The reason", of: (e) => e.reason ?? "none" },
  { name: "The ruling", of: (e) => (e.ruling === null ? "none" : `“${e.ruling}”`) },
  { name: "Its place in the month", of: (e) => String(e.arithmetic?.number ?? "none") },
  { name: "Its rate", of: ({ arithmetic: a }) => (a ? money(a.rate) : "none") },
  { name: "Its share", of: ({ arithmetic: a }) => (a ? `${a.percent ?? 100} %` : "none") },
  { name: "What the share comes to", of: ({ arithmetic: a }) => (a ? money(a.share) : "none") },
  { name: "Its tier", of: ({ arithmetic: a }) => String(a?.tier_from ?? "none") },
  { name: "The month’s limit", of: ({ arithmetic: a }) => (a?.cap ? money(a.cap) : "none") },
  { name: "What stood before it", of: ({ arithmetic: a }) => (a ? money(a.before) : "none") },
];

/** Where the statement and the log part, in words; empty where they agree. */
export function differences(stated: Entry, proved: Entry, zone: string): string[] {
  const differ = ({ of, exact }: Field) => {
    const value = exact ?? ((e: Entry) => of(e, zone));
    return value(stated) !== value(proved);
  };
  return FIELDS.filter(differ).map(({ name, of }) => {
    const [ours, theirs] = [of(stated, zone), of(proved, zone)];
    return ours === theirs
      ? `${name}: the statement and the log differ by a part of a minute.`
      : `${name}: the statement says ${ours}, the log says ${theirs}.`;
  });
}
