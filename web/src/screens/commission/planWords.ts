// A plan in few words, and what a version changes against the one before.
import type { PlanVersion } from "../../api";
import { day, money, time } from "../../format";
import { nth } from "../../ordinal";

export type Terms = Pick<PlanVersion, "amount" | "tiers" | "cap" | "split" | "payable_after_days">;

const days = ({ payable_after_days: n }: Terms) => `${n} ${n === 1 ? "day" : "days"}`;
export const payout = (terms: Terms) => `${days(terms)} after the verdict at the earliest`;

/** One sentence for each tier. */
export const tiers = (terms: Terms) =>
  terms.tiers.map(
    (t) =>
      `From your ${nth(t.from_lead)} passed lead of a month on, each earns ${money(t.amount)}.`,
  );
export const cap = (terms: Terms) =>
  terms.cap ? `at most ${money(terms.cap)} a month for each telemarketer` : "no limit";

const count = (n: number, one: string) => `${n} ${n === 1 ? one : `${one}s`}`;
/** Who has a share beside the claimant, and what it takes. */
export const share = ({ split: s }: Terms) =>
  s
    ? `${s.opener_percent} % of what a lead earns goes to whoever opened it: another telemarketer, ` +
      `by the first recorded call with at least ${count(s.min_seconds, "second")} of talk within ` +
      `${count(s.within_days, "day")} before the claim. The claimant has the rest.`
    : "The claimant has the whole.";

/** Whether an end was set that has come. */
export const hasEnded = ({ until }: Pick<PlanVersion, "until">, now: string) =>
  until !== null && Date.parse(until) <= Date.parse(now);

/** From when it holds, with the year. */
export const since = (at: string) => `${day(at)}, ${time(at)}`;

/** For which claims a proposed version will hold: none holds for claims made before its approval. */
export function holdsFrom(from: string | null, now: string): string {
  if (!from) return "claims made from its approval on";
  return Date.parse(from) <= Date.parse(now)
    ? `claims made from its approval on: ${since(from)}, the day that was proposed, is past, and no plan holds for what was claimed before it was approved`
    : `claims made from ${since(from)} on, or from its approval on if that is later`;
}

/** One sentence for each thing that is different. */
export function changes(version: Terms, before: (Terms & { version: number }) | undefined) {
  if (!before) return ["The first version of this campaign."];
  const found = [];
  if (money(version.amount) !== money(before.amount))
    found.push(`A passed lead earns ${money(version.amount)}; it was ${money(before.amount)}.`);
  if (tiers(version).join() !== tiers(before).join())
    found.push(before.tiers.length === 0 ? "Tiers are new." : "The tiers are others.");
  if (cap(version) !== cap(before))
    found.push(`A month's limit: ${cap(version)}; it was: ${cap(before)}.`);
  if (share(version) !== share(before))
    found.push(
      before.split
        ? `The opener's share is another. ${share(version)}`
        : `An opener's share is new. ${share(version)}`,
    );
  if (version.payable_after_days !== before.payable_after_days)
    found.push(`Payable ${payout(version)}; it was ${days(before)}.`);
  return found.length > 0 ? found : ["Nothing but the day from which it holds."];
}
