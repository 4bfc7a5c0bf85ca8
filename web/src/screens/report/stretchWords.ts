// The stretches of a lead's way and how long they take, in words.
import type { Stretch } from "../../api";

export const STRETCHES: Record<Stretch["name"], string> = {
  first_dial: "Lead came in → first dial",
  first_contact: "Lead came in → first contact",
  claim: "Call ended → claim",
  taken: "Claim → a reviewer takes it",
  verdict: "Taken → verdict given",
  money: "Verdict given → money booked",
  card: "Handed over → sales opens its card",
  sales_call: "Handed over → sales’ first call",
  answer: "Handed over → sales answers",
};

export const OWNERS: Record<Stretch["owner"], string> = {
  telemarketing: "Telemarketing",
  review: "Review",
  house: "The house",
  sales: "Sales",
};

/** Minutes as people say them: `12 s`, `7 min`, `3 h 20 min`, `2 days 4 h`. */
export function lasts(minutes: number | null): string {
  if (minutes === null) return "none ended";
  if (minutes < 1) return `${Math.round(minutes * 60)} s`;
  const whole = Math.round(minutes);
  if (whole < 60) return `${whole} min`;
  if (whole < 48 * 60) {
    const rest = whole % 60;
    return `${Math.floor(whole / 60)} h${rest ? ` ${rest} min` : ""}`;
  }
  const hours = Math.round(whole / 60);
  return `${Math.floor(hours / 24)} days${hours % 24 ? ` ${hours % 24} h` : ""}`;
}
