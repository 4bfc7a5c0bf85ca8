// A line as the log has it: drawn from the records that its proof carries, not from the statement.
import type { Item } from "../proof/document.mjs";
import type { Json, JsonObject } from "../proof/json.mjs";
import type { Entry, Money } from "../src/api";
import { momentOf } from "./shape";

/** The records behind one line, all of them proved. */
export class Records {
  constructor(
    private readonly items: Item[],
    private readonly entryId: string,
  ) {}

  all(): Item[] {
    return this.items;
  }

  /** Of this kind and subject; nothing if it is not there or erased. */
  of(kind: string, subject: Json | undefined): JsonObject | undefined {
    return this.items.find((i) => i.kind === kind && i.subject === subject)?.content;
  }

  get entry(): JsonObject {
    return this.of("ledger_entry", this.entryId) ?? {};
  }
  get claim() {
    return this.of("claim", this.entry.claim);
  }
  get plan() {
    return this.of("plan", this.entry.plan);
  }
  get verdict() {
    return this.of("verdict", this.entry.verdict);
  }
  /** What stands in the verdict's place, where it was judged again. */
  get second() {
    return this.of("second_review", this.entry.second_review);
  }
}

export const textOf = (value: Json | undefined) => (typeof value === "string" ? value : undefined);
export const intOf = (value: Json | undefined) => (typeof value === "number" ? value : undefined);
/** The objects of a list. */
export const objectsOf = (value: Json | undefined): JsonObject[] =>
  (Array.isArray(value) ? value : []).filter(
    (one): one is JsonObject => typeof one === "object" && one !== null && !Array.isArray(one),
  );

/** What a record says where it says nothing: no statement has these. */
const UNSAID = "(not said)";
const at = (value: Json | undefined) => momentOf(intOf(value) ?? 0);

/**
 * The line as its records say. `stated` gives what no record holds: what became of it since, and
 * the claim's number once the claim is erased.
 */
export function provedEntry(records: Records, stated: Entry): Entry {
  const { entry, claim } = records;
  const currency = textOf(entry.currency) ?? "XXX";
  return {
    id: stated.id,
    kind: (textOf(entry.entry_kind) ?? UNSAID) as Entry["kind"],
    part: (textOf(entry.part) ?? "whole") as Entry["part"],
    company: textOf(entry.company) ?? UNSAID,
    campaign: textOf(entry.campaign_name) ?? UNSAID,
    claim: textOf(entry.claim) ?? UNSAID,
    claim_number: intOf(claim?.number) ?? (claim ? 0 : stated.claim_number),
    verdict: textOf(entry.verdict) ?? UNSAID,
    plan: textOf(entry.plan) ?? UNSAID,
    plan_version: intOf(entry.plan_version) ?? 0,
    amount: { minor: intOf(entry.amount) ?? 0, currency },
    arithmetic: arithmetic(records, currency),
    earned_at: at(entry.earned_at),
    payable_at: at(entry.payable_at),
    booked_at: at(entry.booked_at),
    period: textOf(entry.period) ?? UNSAID,
    corrects: textOf(entry.corrects) ?? null,
    reason: textOf(entry.reason) ?? null,
    ruling: textOf(records.of("ruling", entry.ruling)?.note) ?? null,
    taken_back_by: stated.taken_back_by,
    paid: stated.paid,
  };
}

/** The plan's tier for the n-th passed lead of a month. */
function tierFor(plan: JsonObject | undefined, n: number): JsonObject | undefined {
  const reached = objectsOf(plan?.tiers).filter((t) => (intOf(t.from) ?? Infinity) <= n);
  return reached.toSorted((a, b) => (intOf(b.from) ?? 0) - (intOf(a.from) ?? 0))[0];
}

function arithmetic({ entry, plan }: Records, currency: string): Entry["arithmetic"] {
  const [leads, minor] = [intOf(entry.leads_before), intOf(entry.minor_before)];
  if (textOf(entry.corrects) !== undefined || leads === undefined || minor === undefined)
    return null;
  const money = (value: Json | undefined): Money => ({ minor: intOf(value) ?? 0, currency });
  const tier = tierFor(plan, leads + 1);
  const rate = money(tier ? tier.amount : plan?.amount);
  const split = objectsOf(entry.arithmetic).find((s) => s.what === "split");
  const perMille = intOf(split?.per_mille) ?? 1000;
  const share = Math.floor((rate.minor * perMille) / 1000) + (intOf(split?.rest) ?? 0);
  return {
    // Of an opener's share it says where the rate begins: the place is the claimant's.
    number: textOf(entry.part) === "opener" ? null : leads + 1,
    rate,
    percent: split ? perMille / 10 : null,
    share: money(share),
    tier_from: tier ? (intOf(tier.from) ?? null) : null,
    cap: intOf(plan?.cap) === undefined ? null : money(plan?.cap),
    before: money(minor),
  };
}

/** What the plan pays for it, by its own terms; nothing where the line does not say what stood. */
export function owed(records: Records): number | undefined {
  const found = arithmetic(records, "XXX");
  if (!found || textOf(records.entry.entry_kind) !== "accrual") return undefined;
  const left = found.cap ? Math.max(found.cap.minor - found.before.minor, 0) : Infinity;
  return Math.min(found.share.minor, left);
}
