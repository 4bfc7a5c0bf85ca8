// A plan in few words, and what a version changes against the one before.
import type { PlanVersion } from "../../api";
import { day, money, time } from "../../format";

export type Terms = Pick<PlanVersion, "amount" | "payable_after_days">;

const days = ({ payable_after_days: n }: Terms) => `${n} ${n === 1 ? "day" : "days"}`;
export const payout = (terms: Terms) => `${days(terms)} after the verdict at the earliest`;

/** From when it holds, with the year. */
export const since = (at: string) => `${day(at)}, ${time(at)}`;

/** One sentence for each thing that is different. */
export function changes(version: Terms, before: (Terms & { version: number }) | undefined) {
  if (!before) return ["The first version of this campaign."];
  const found = [];
  if (money(version.amount) !== money(before.amount))
    found.push(`A passed lead earns ${money(version.amount)}; it was ${money(before.amount)}.`);
  if (version.payable_after_days !== before.payable_after_days)
    found.push(`Payable ${payout(version)}; it was ${days(before)}.`);
  return found.length > 0 ? found : ["Nothing but the day from which it holds."];
}
