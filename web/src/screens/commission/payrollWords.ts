// Payroll runs in words.
import type {
  LeftOutReason,
  PayrollFormat,
  PayrollLater,
  PayrollLeftOut,
  PayrollPaid,
  PayrollPreview,
} from "../../api";
import { day, many, money, month, sum, totals } from "../../format";

export const FORMATS: [PayrollFormat, string, string][] = [
  ["csv", "CSV", "names, payroll numbers and sums, in any currency"],
  ["datev_lodas", "DATEV LODAS", "euros alone; payroll numbers are 1 to 99999"],
  ["gusto", "Gusto", "US dollars alone; payroll numbers are Gusto’s employee IDs"],
];
export const formatName = (format: PayrollFormat) =>
  FORMATS.find(([id]) => id === format)?.[1] ?? format;

const REASONS: Record<LeftOutReason, string> = {
  no_number: "no payroll number yet: set it above, and the next run takes it",
  number_unfit:
    "the file cannot hold the payroll number: correct it above, or choose another format",
  nothing_to_pay: "zero or less: it is carried over, and stands in the next run’s sum",
};
export const whyLeftOut = (reason: LeftOutReason) => REASONS[reason];

/** Lines that a run leaves to a later one: `€360.00 in 9 lines is payable from … on`. */
export function notYet({ amount, entries, first_at, last_at }: PayrollLater, zone: string): string {
  const [first, last] = [day(first_at, zone), day(last_at, zone)];
  const until = first === last ? "" : `, all of it from ${last} on`;
  return `${money(amount)} in ${many(entries, "line")} is payable from ${first} on${until}.`;
}

const inRun = ({ run, made_at, amount, entries }: PayrollPaid, period: string, zone: string) =>
  `${money(amount)} in ${many(entries, "line")} of ${month(period)} is paid already, by run ${run} on ${day(made_at, zone)}.`;

const LEFT: Record<LeftOutReason, (who: string) => string> = {
  no_number: (who) => `Of ${who} there is no payroll number: set it above, and look again.`,
  number_unfit: (who) =>
    `The file cannot hold the payroll number of ${who}: correct it above, or choose another format.`,
  nothing_to_pay: (who) =>
    `${who.charAt(0).toUpperCase()}${who.slice(1)} has zero or less to get: it is carried over to the next run’s sum.`,
};

/** Whom it leaves out for one reason, with what they have to get. */
function leftFor(left: PayrollLeftOut[], reason: LeftOutReason): string[] {
  const those = left.filter((l) => l.reason === reason);
  if (those.length === 0) return [];
  const people = new Set(those.map((l) => l.person)).size;
  const who = `${many(people, "person", "people")} (${sum(totals(those.map((l) => l.amount)))})`;
  return [LEFT[reason](who)];
}

/** Why a run would pay nobody, a sentence each. */
export function whyNobody(
  { left_out, later, paid }: PayrollPreview,
  { name, zone }: { name: string; zone: string },
): string[] {
  const reasons: LeftOutReason[] = ["no_number", "number_unfit", "nothing_to_pay"];
  const waits = later.map((l) => `${notYet(l, zone)} A pay day from then on takes it.`);
  const found = [
    ...reasons.flatMap((reason) => leftFor(left_out, reason)),
    ...waits,
    ...paid.map((p) => inRun(p, name, zone)),
  ];
  if (left_out.length > 0 || later.length > 0 || paid.length > 0) return found;
  return [`Nothing of ${month(name)} or of earlier locked periods is left to pay.`];
}
