// What may be open of a period, in words.
import type { Money, Period } from "../../api";
import type { Shape } from "../../parts/marks";

export interface Thing {
  count: number;
  shape: Shape;
  /** What it says while something is open. */
  open: string;
  /** What follows from it. */
  means: string;
  settled: string;
  /** Where it is settled. */
  to?: { path: string; label: string };
}

const many = (n: number, one: string, more: string) => (n === 1 ? `1 ${one}` : `${n} ${more}`);

export function openThings(p: Period): Thing[] {
  return [
    {
      count: p.undecided,
      shape: "review",
      open: many(p.undecided, "claim has no verdict", "claims have no verdict"),
      means: "reviewers judge them; what passes after the lock stands in the next open period",
      settled: "Every claim has a verdict",
    },
    {
      count: p.holds,
      shape: "review",
      open: many(p.holds, "verdict is on hold", "verdicts are on hold"),
      means: "ten seconds each; nothing is locked meanwhile",
      settled: "No verdict is on hold",
    },
    {
      count: p.waiting,
      shape: "open",
      open: many(p.waiting, "claim passed and waits", "claims passed and wait"),
      means: "for an earlier claim, for a plan to be approved, or for its claimant to read one",
      settled: "No passed claim waits",
      to: { path: "/plans", label: "Who has read which plan" },
    },
    {
      count: p.disputes,
      shape: "dispute",
      open: many(p.disputes, "dispute is open", "disputes are open"),
      means: "a second reviewer answers each",
      settled: "No dispute is open",
      to: { path: "/disputes", label: "See disputes" },
    },
    {
      count: p.allegations,
      shape: "open",
      open: `Fraud is alleged on ${many(p.allegations, "claim", "claims")}`,
      means: "nothing moves until a second person confirms it",
      settled: "No fraud is alleged",
      to: { path: "/rulings", label: "See rulings" },
    },
    {
      count: p.questions,
      shape: "open",
      open: many(p.questions, "question about money waits", "questions about money wait"),
      means: "a manager without an interest answers; an answer moves no money",
      settled: "Every question about money is answered",
      to: { path: "/questions", label: "See questions" },
    },
  ];
}

/** People whom no payroll file can name, each once, with what they would be paid. */
export function withoutNumber({ sums }: Period) {
  const people = new Map<string, { person: string; payee: string; sums: Money[]; lines: number }>();
  for (const s of sums.filter((s) => s.payroll_number === null)) {
    const known = people.get(s.person) ?? { person: s.person, payee: s.payee, sums: [], lines: 0 };
    known.sums.push(s.amount);
    known.lines += s.entries;
    people.set(s.person, known);
  }
  return [...people.values()];
}

/** Why nobody can ask to open it again. */
export const notToBeOpened = (p: Period) =>
  p.paid
    ? "A payroll run has paid of it: it stays locked, and what comes later stands in the next open period."
    : undefined;

/** Why nobody can ask for a lock now. */
export function notToBeLocked(p: Period): string | undefined {
  if (p.sums.length === 0) return "Nothing was booked in it: there is nothing to lock.";
  if (!p.over) return "It is not over yet: it can be locked when its month has ended.";
  if (p.holds > 0) return "A verdict is on hold, and may still be booked in it: wait ten seconds.";
  return undefined;
}
