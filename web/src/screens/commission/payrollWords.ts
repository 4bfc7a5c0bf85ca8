// Payroll runs in words.
import type { LeftOutReason, PayrollFormat } from "../../api";

export const FORMATS: [PayrollFormat, string, string][] = [
  ["csv", "CSV", "names, payroll numbers and sums, in any currency"],
  ["datev_lodas", "DATEV LODAS", "euros alone; payroll numbers are 1 to 99999"],
  ["gusto", "Gusto", "US dollars alone; payroll numbers are Gusto’s employee IDs"],
];
export const formatName = (format: PayrollFormat) =>
  FORMATS.find(([id]) => id === format)?.[1] ?? format;

const REASONS: Record<LeftOutReason, string> = {
  no_number: "no payroll number yet: set it above, and the next run takes it",
  number_unfit: "the format cannot hold the payroll number: correct it, or make a run as CSV",
  nothing_to_pay: "zero or less: it is carried over, and stands in the next run’s sum",
};
export const whyLeftOut = (reason: LeftOutReason) => REASONS[reason];
