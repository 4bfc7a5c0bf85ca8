// Whose leads they are, and where a share lies, in words.
import type { Origin } from "../../api";

export const ORIGINS: Record<Origin, string> = {
  marketing: "Marketing",
  telemarketing: "Telemarketing",
  sales: "Sales’ own",
  unknown: "Nobody has said",
};

/** Where marketing's share lies, in words. */
export function bandOf(share: number): string {
  const of = share * 100;
  if (of < 25) return "under 25 %";
  if (of <= 35) return "within 25 to 35 %, the usual";
  if (of < 50) return "above 35 %, under half";
  return "half or more";
}
